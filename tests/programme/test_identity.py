"""Who a row is about: by 学号, else by a name unique in 名册, never a guess (spec §3, §3.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu import schema
from xlbangfu.programme.identity import Directory, match, name_key, pair_id, resolve, resolve_roster
from xlbangfu.table import Row

ANNA, BERTA, TWIN_1, TWIN_2, DOT, NAMELESS = "01", "02", "03", "04", "05", "06"
ROSTER = [
    {"pupil_id": ANNA, "name": "测试甲"},
    {"pupil_id": BERTA, "name": "测试乙"},
    {"pupil_id": TWIN_1, "name": "测试双"},
    {"pupil_id": TWIN_2, "name": "测试双"},
    {"pupil_id": DOT, "name": "测试·艾山"},
    {"pupil_id": NAMELESS, "name": None},
]
CLASS = Directory.of(ROSTER)


class TestNames:
    """§3.1: names with inner spaces, `·` variants, rare characters."""

    @pytest.mark.parametrize("name", ["测试甲", "测 试 甲", " 测试甲 ", "测\u3000试甲"])
    def test_blanks_do_not_part_a_name(self, name):
        assert match(CLASS, None, name).pupil_id == ANNA

    @pytest.mark.parametrize("dot", "·•・‧∙⋅.")
    def test_all_middle_dots_are_one(self, dot):
        assert match(CLASS, None, f"测试{dot}艾山").pupil_id == DOT

    def test_rare_characters_are_told_apart(self):
        assert name_key("测试𬭎") != name_key("测试𬭛")

    @given(st.text("测试甲𬭎 ·•.Ａa　１", max_size=8))
    def test_a_key_is_its_own_key(self, name):
        assert name_key(name_key(name)) == name_key(name)


class TestMatching:
    """§3: an ambiguous, unknown or contradicting pair is a 数据问题."""

    @pytest.mark.parametrize(
        ("pupil_id", "name", "found", "rule"),
        [
            (ANNA, None, ANNA, ""),
            (ANNA, "", ANNA, ""),
            (None, "测试乙", BERTA, ""),
            ("", "测试乙", BERTA, ""),
            (ANNA, "测试甲", ANNA, ""),
            (ANNA, "测 试甲", ANNA, ""),
            (TWIN_2, "测试双", TWIN_2, ""),
            (NAMELESS, "谁", NAMELESS, ""),
            (ANNA, "测试乙", None, "identity.contradiction"),
            ("99", None, None, "identity.unknown"),
            ("99", "测试甲", None, "identity.unknown"),
            ("1", None, None, "identity.unknown"),
            (None, "无此人", None, "identity.unknown"),
            (None, "测试双", None, "identity.ambiguous"),
            (None, None, None, "identity.missing"),
            ("", "", None, "identity.missing"),
        ],
    )
    def test_pairs(self, pupil_id, name, found, rule):
        answer = match(CLASS, pupil_id, name)
        assert (answer.pupil_id, answer.rule) == (found, rule)
        assert bool(answer.message and answer.mend) is (found is None)

    @given(
        st.sampled_from([None, "", ANNA, BERTA, TWIN_1, TWIN_2, "99"]),
        st.sampled_from([None, "", "测试甲", "测试乙", "测试双", "谁"]),
    )
    def test_an_answer_never_contradicts_what_was_typed(self, pupil_id, name):
        found = match(CLASS, pupil_id, name).pupil_id
        if found is not None:
            assert not pupil_id or found == pupil_id
            assert not name or name_key(name) == name_key(CLASS.names[found])


class TestRoster:
    """§3, 名册: 学号 is the key."""

    def test_rows_without_a_number_or_with_one_taken_do_not_count(self):
        rows = [
            Row({"pupil_id": "1", "name": "测试甲"}, 2),
            Row({"pupil_id": None, "name": "测试乙"}, 3),
            Row({"pupil_id": "1", "name": "测试丙"}, 4),
        ]
        kept, directory, issues = resolve_roster(rows)
        assert [r["name"] for r in kept] == ["测试甲"] and directory.names == {"1": "测试甲"}
        assert [(i.level, i.sheet, i.rule, i.row, i.column) for i in issues] == [
            ("错误", "名册", "identity.missing", 3, "学号"),
            ("错误", "名册", "identity.duplicate", 4, "学号"),
        ]

    def test_namesakes_are_two_people(self):
        kept, directory, issues = resolve_roster(
            [Row({"pupil_id": "1", "name": "测试双"}), Row({"pupil_id": "2", "name": "测试双"})]
        )
        assert len(kept) == 2 and directory.by_name == {name_key("测试双"): ["1", "2"]} and not issues

    def test_rows_read_are_rows_taken_plus_rows_listed(self):
        rows = [
            Row({"pupil_id": p, "name": n}) for p, n in [("1", "a"), ("", "b"), ("1", "c"), (None, None), ("2", None)]
        ]
        kept, _, issues = resolve_roster(rows)
        assert len(kept) + len(issues) == len(rows)


class TestSheets:
    """§3: every action takes a row by 学号, else by a name unique in 名册, and fills the other cell."""

    def test_the_other_cell_is_filled_in_place(self):
        rows = [Row({"pupil_id": ANNA, "name": None}, 2), Row({"pupil_id": None, "name": "测试乙"}, 3)]
        kept, issues = resolve(schema.SESSIONS, rows, CLASS)
        assert [(r["pupil_id"], r["name"], r.at) for r in kept] == [(ANNA, "测试甲", 2), (BERTA, "测试乙", 3)]
        assert not issues

    def test_a_name_as_typed_is_left_as_typed(self):
        [row], _ = resolve(schema.SESSIONS, [Row({"pupil_id": None, "name": "测 试 甲"})], CLASS)
        assert row["name"] == "测 试 甲" and row["pupil_id"] == ANNA

    def test_rows_about_nobody_are_listed_with_their_place_and_not_counted(self):
        rows = [
            Row({"pupil_id": "99"}, 5),
            Row({"name": "测试双"}, 6),
            Row({"pupil_id": ANNA, "name": "测试乙"}, 7),
            Row({}, 8),
        ]
        kept, issues = resolve(schema.SESSIONS, rows, CLASS)
        assert kept == [] and [(i.sheet, i.row, i.level) for i in issues] == [
            ("辅导记录", n, "错误") for n in (5, 6, 7, 8)
        ]
        assert all("没有计入" in i.message and i.mend for i in issues)

    def test_identical_events_all_count(self):
        row = {"pupil_id": ANNA, "name": "测试甲", "subject": "语文", "minutes": 30}
        kept, issues = resolve(schema.SESSIONS, [Row(row), Row(row)], CLASS)
        assert len(kept) == 2 and not issues

    def test_of_rows_with_one_key_the_first_counts(self):
        rows = [
            Row({"exam": "入学", "pupil_id": ANNA, "语文": 60}, 2),
            Row({"exam": "入学", "name": "测试甲", "语文": 90}, 3),
        ]
        kept, issues = resolve(schema.SCORES, rows, CLASS)
        assert [r["语文"] for r in kept] == [60]
        assert [(i.rule, i.row) for i in issues] == [("identity.duplicate", 3)]

    def test_rows_whose_key_is_not_complete_are_not_called_equal(self):
        rows = [Row({"exam": None, "pupil_id": ANNA}), Row({"exam": None, "pupil_id": ANNA})]
        kept, issues = resolve(schema.SCORES, rows, CLASS)
        assert len(kept) == 2 and not issues

    def test_a_hand_typed_plan_gets_its_number(self):
        rows = [
            Row({"name": "测试甲", "subject": "语文", "measure_id": "M01"}),
            Row({"plan_id": "自编", "pupil_id": BERTA, "subject": "语文", "measure_id": "M01"}),
            Row({"pupil_id": BERTA, "subject": None, "measure_id": "M02"}),
        ]
        kept, _ = resolve(schema.PLANS, rows, CLASS)
        assert [r.get("plan_id") for r in kept] == [f"{ANNA}-语文", "自编", None]

    def test_tables_without_pupils_pass(self):
        rows = [Row({"date": None, "topic": "家长会"}), Row({"date": None, "topic": "家长会"})]
        assert resolve(schema.ACTIVITY, rows, CLASS) == (rows, [])

    def test_tables_without_pupils_have_keys_too(self):
        rows = [
            Row({"subject": "语文", "document": "转化方案"}, 2),
            Row({"subject": "语文", "document": "转化方案"}, 3),
        ]
        kept, issues = resolve(schema.WRITTEN, rows, CLASS)
        assert len(kept) == 1 and [i.row for i in issues] == [3]

    @given(
        st.lists(
            st.tuples(st.sampled_from([None, ANNA, BERTA, TWIN_1, "99"]), st.sampled_from([None, "测试甲", "测试双"])),
            max_size=8,
        )
    )
    def test_nothing_is_dropped_in_silence(self, pairs):
        for sheet in (schema.SESSIONS, schema.PROFILES, schema.CASELOAD):
            rows = [Row({"pupil_id": p, "name": n, "subject": "语文"}, i) for i, (p, n) in enumerate(pairs, 2)]
            kept, issues = resolve(sheet, rows, CLASS)
            assert sorted([r.at for r in kept] + [i.row for i in issues]) == [r.at for r in rows]


class TestPairs:
    """§3, 结对: two people in one row; 结对号 = 学号-学科-小帮手学号 (师生: -师)."""

    def pair(self, **values):
        return Row({"tutee_id": ANNA, "subject": "语文", "form": "生生", "tutor_id": BERTA, **values}, 4)

    def test_both_are_found_and_the_number_is_made(self):
        kept, issues = resolve(
            schema.PAIRS, [self.pair(tutee_id=None, tutee="测试甲", tutor_id=None, tutor="测试乙")], CLASS
        )
        assert not issues and kept[0]["pair_id"] == f"{ANNA}-语文-{BERTA}"
        assert (kept[0]["tutee_id"], kept[0]["tutor_id"]) == (ANNA, BERTA)

    def test_a_number_that_stands_is_kept(self):
        kept, _ = resolve(schema.PAIRS, [self.pair(pair_id="自编")], CLASS)
        assert kept[0]["pair_id"] == "自编"

    def test_a_teacher_needs_no_number(self):
        kept, issues = resolve(schema.PAIRS, [self.pair(form="师生", tutor_id=None, tutor="测试老师")], CLASS)
        assert not issues and kept[0]["pair_id"] == f"{ANNA}-语文-师"

    @pytest.mark.parametrize(
        ("values", "column"),
        [
            ({"tutee_id": "99"}, "帮扶对象学号"),
            ({"tutor_id": "99"}, "小帮手学号"),
            ({"tutor_id": None, "tutor": "测试双"}, "小帮手学号"),
            ({"tutor_id": None}, "小帮手学号"),
            ({"tutee": "测试乙"}, "帮扶对象学号"),
        ],
    )
    def test_whoever_is_not_found_is_named_by_column(self, values, column):
        kept, issues = resolve(schema.PAIRS, [self.pair(**values)], CLASS)
        assert kept == [] and [(i.column, i.row) for i in issues] == [(column, 4)]

    @pytest.mark.parametrize(
        ("form", "tutor", "number"),
        [
            ("生生", "02", "01-语文-02"),
            ("师生", None, "01-语文-师"),
            (None, None, "01-语文-师"),
            ("志愿者", None, "01-语文-志愿者"),
        ],
    )
    def test_numbers(self, form, tutor, number):
        assert pair_id("01", "语文", form, tutor) == number
