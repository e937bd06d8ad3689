"""Every figure of every level against a second, simpler counting over the same plain rows (spec §6, §4.4)."""

from __future__ import annotations

import math
import random
from datetime import date
from fractions import Fraction
from functools import cache

import pytest

from office.merge_recount import Recount, tail
from office.merge_samples import SUBJECTS, Classroom, merged, parts_of, random_school
from xlbangfu.office.combine import Gathered, combine
from xlbangfu.office.merge import stats_json
from xlbangfu.programme.freezing import freeze_check

LEVEL_KEYS = {
    "全校": (),
    "年级": ("年级",),
    "班级": ("年级", "班级"),
    "学科": ("学科",),
    "教师": ("任课教师",),
}
COUNTS = ("基数", "已转化", "未转化", "缺考", "转出", "转化率")


def where_of(row: dict) -> dict:
    """What the rows of a group share: its level's key, its subject if it has one, and the phase."""
    keys = [*LEVEL_KEYS[row["层级"]], *(["学科"] if row["学科"] is not None else [])]
    return {k: row[k] for k in keys} | {"阶段": row["阶段"]}


@cache
def counted(seed: int):
    """(plain classes, their second counting, the program's stats)."""
    rooms = random_school(seed)
    return rooms, Recount(rooms), [stats_json(r) for r in merged(rooms).stats]


@pytest.mark.parametrize("seed", range(30))
class TestARandomSchool:
    """Grades with the same, differing or no norms; mixed policies, targets, statuses; classes that sat nothing."""

    def test_every_figure_is_what_a_second_counting_finds(self, seed):
        _, recount, stats = counted(seed)
        assert {s["层级"] for s in stats} == set(LEVEL_KEYS)
        for row in stats:
            right = recount.figures(**where_of(row))
            assert {k: row[k] for k in COUNTS} == {k: right[k] for k in COUNTS}, where_of(row)
            for label in ("预期自然转化率", "净转化率"):
                assert_close(row[label], right[label])
            assert_close(*((row["区间"] or [None])[0], (right["区间"] or [None])[0]))
            assert_close(*((row["区间"] or [None])[-1], (right["区间"] or [None])[-1]))

    def test_targets_are_judged_exactly_and_luck_is_the_tail_of_the_chances(self, seed):
        rooms, recount, stats = counted(seed)
        for row in stats:
            where = where_of(row)
            targets = {
                room.targets[row["阶段"] == "期末"]
                for room in rooms
                for subject in SUBJECTS
                if all(
                    {"年级": room.grade, "班级": room.name, "学科": subject, "任课教师": room.teachers[subject]}[k] == v
                    for k, v in where.items()
                    if k != "阶段"
                )
            }
            right = recount.figures(**where)
            if len(targets) > 1:
                assert row["目标"] is None
                assert row["达标"] is None
                assert "目标不一" in row["说明"]
                continue
            (target,) = targets
            assert row["目标"] == pytest.approx(float(target))
            if right["n"]:
                assert row["达标"] == ("是" if Fraction(right["k"]) >= target * right["n"] else "否")
            if right["预期自然转化率"] is not None:
                assert_close(row["偶然达标概率"], tail(right["chances"], math.ceil(target * right["n"])))

    def test_the_order_of_the_files_does_not_matter(self, seed):
        rooms, _, _ = counted(seed)
        parts = [parts_of(r) for r in rooms]
        policies = {r.path: r.policy() for r in rooms}
        schools = []
        for turn in range(2):
            random.Random(turn).shuffle(parts)
            schools.append(combine(Gathered(parts), policies))
        assert schools[0] == schools[1]


def assert_close(one, other):
    if one is None or other is None:
        assert one is other
    else:
        assert one == pytest.approx(other, abs=1e-9)


def stats_by(school, **wanted):
    rows = [stats_json(r) for r in school.stats]
    return [r for r in rows if all(r[k] == v for k, v in wanted.items())]


def simple_class(name: str, marks: list[float], **more) -> Classroom:
    """Ten pupils, the first four on the list of 语文 against their own class; `marks` are theirs at midterm."""
    room = Classroom("三年级", name, teachers={"语文": "测试甲", "数学": "测试乙"}, **more)
    ids = room.add_pupils(10)
    room.scores["入学", "语文"] = {p: 40 + 5 * i for i, p in enumerate(ids)}
    room.scores["期中", "语文"] = {p: 60 + i for i, p in enumerate(ids)} | dict(zip(ids, marks, strict=False))
    room.listed = [{"pupil_id": p, "subject": "语文", "case_type": "学困", "reference": "本班"} for p in ids[:4]]
    return room


class TestWhatIsSaidBesideAFigure:
    def test_rates_of_different_policies_are_named(self):
        rooms = [
            simple_class("1班", [1, 90, 91, 92]),
            simple_class("2班", [1, 90, 91, 92], policy_id="S1", exit="mean"),
        ]
        (row,) = stats_by(merged(rooms), 层级="全校", 阶段="期中")
        assert "制度不一：S1 4 人次、S7 4 人次" in row["说明"]

    def test_one_policy_name_with_two_contents_is_two_policies(self):
        rooms = [simple_class("1班", [1, 90, 91, 92]), simple_class("2班", [1, 90, 91, 92], exit="mean")]
        (row,) = stats_by(merged(rooms), 层级="全校", 阶段="期中")
        assert "制度不一：S7 4 人次、S7（三年级2班的版本） 4 人次" in row["说明"]

    def test_different_shares_are_named(self):
        rooms = [
            simple_class("1班", [1, 90, 91, 92]),
            simple_class("2班", [1, 90, 91, 92], settings={"share": Fraction(3, 10)}),
        ]
        (row,) = stats_by(merged(rooms), 层级="全校", 阶段="期中")
        assert "识别比例不一：20%、30%" in row["说明"]

    def test_different_references_are_named(self):
        one, two = simple_class("1班", [1, 90, 91, 92]), simple_class("2班", [1, 90, 91, 92])
        for case in two.listed:
            case["reference"] = "年级"
        (row,) = stats_by(merged([one, two]), 层级="全校", 阶段="期中")
        assert "参照不一：年级 4 人、本班 4 人" in row["说明"]

    def test_a_phase_nobody_sat_has_no_rate_and_says_so(self):
        (row,) = stats_by(merged([simple_class("1班", [1, 90, 91, 92])]), 层级="全校", 阶段="期末")
        assert (row["转化率"], row["达标"]) == (None, None)
        assert "未考：名单 4 人次" in row["说明"]

    def test_a_class_subject_without_a_list_is_shown_as_not_applicable(self):
        (row,) = stats_by(merged([simple_class("1班", [1, 90, 91, 92])]), 层级="班级", 学科="数学", 阶段="期中")
        assert (row["基数"], row["转化率"], row["达标"]) == (0, None, "不适用")

    def test_a_teacher_of_two_classes_is_one_row_over_all_own_pupils(self):
        rooms = [simple_class("1班", [1, 90, 91, 92]), simple_class("2班", [1, 2, 91, 92])]
        (row,) = stats_by(merged(rooms), 层级="教师", 任课教师="测试甲", 阶段="期中")
        assert row["转化率"] == "5/8"  # 3 of 4 above the cut of 1班, 2 of 4 above that of 2班

    def test_a_name_written_with_a_blank_is_the_same_teacher(self):
        rooms = [simple_class("1班", [1, 90, 91, 92]), simple_class("2班", [1, 2, 91, 92])]
        rooms[1].teachers["语文"] = "测试 甲"
        rows = stats_by(merged(rooms), 层级="教师", 阶段="期中")
        assert sorted(r["基数"] for r in rows) == [0, 8]


class TestAPupilInTwoClasses:
    def two(self, first, second):
        one, two = simple_class("1班", [1, 90, 91, 92]), simple_class("2班", [1, 2, 91, 92])
        shared, moved = next(iter(one.pupils)), list(two.pupils)[1]
        for table in (two.pupils, two.names, *two.scores.values()):
            table[shared] = table.pop(moved)
        two.names[shared] = one.names[shared]
        two.listed[1]["pupil_id"] = shared
        one.pupils[shared], two.pupils[shared] = ("在读", first), ("在读", second)
        return one, two, shared

    def test_counts_where_the_date_is_later(self):
        one, two, shared = self.two(date(2026, 9, 1), date(2026, 10, 8))
        school = merged([one, two])
        right = Recount([one, two], frozenset({(one.path, shared)}))
        for row in (stats_json(r) for r in school.stats):
            assert row["转化率"] == right.figures(**where_of(row))["转化率"]
        (own,) = stats_by(school, 层级="班级", 班级="1班", 学科="语文", 阶段="期中")
        assert own["基数"] == 3
        assert "另有 1 人次因学生在两个班在读，不在这里计" in own["说明"]

    @pytest.mark.parametrize("day", [None, date(2026, 9, 1)])
    def test_counts_in_neither_when_the_dates_do_not_decide(self, day):
        one, two, _ = self.two(day, day)
        school = merged([one, two])
        (row,) = stats_by(school, 层级="全校", 阶段="期中")
        assert row["基数"] == 6
        assert [i.rule for i in school.issues if i.level == "错误"] == ["merge.pupil_twice"] * 2

    def test_both_rows_are_shown_in_the_list_of_all_pupils(self):
        one, two, shared = self.two(None, None)
        shown = [
            (r["class_name"], r["counted"]) for r in merged([one, two]).tables["学困生总册"] if r["pupil_id"] == shared
        ]
        assert shown == [("1班", "否：两班在读，未定"), ("2班", "否：两班在读，未定")]


class TestWithoutAnExam:
    def by_process(self, goals: list[str | None]) -> Classroom:
        room = simple_class("1班", [], settings={"midterm_exam": None})
        room.process = [
            {"date": date(2026, 11, 1), "pupil_id": c["pupil_id"], "subject": "语文", "phase": "期中", "goal": goal}
            for c, goal in zip(room.listed, goals, strict=True)
            if goal
        ]
        return room

    def test_a_phase_on_process_evidence_has_a_rate_and_no_expectation(self):
        (row,) = stats_by(merged([self.by_process(["达成", "超额", "基本达成", None])]), 层级="全校", 阶段="期中")
        assert (row["转化率"], row["缺考"], row["预期自然转化率"], row["净转化率"], row["偶然达标概率"]) == (
            "2/4",
            1,
            None,
            None,
            None,
        )
        assert "过程评价" in row["说明"]

    def test_classes_with_and_without_an_exam_are_never_summed_in_silence(self):
        other = simple_class("2班", [1, 90, 91, 92])
        (row,) = stats_by(merged([self.by_process(["达成"] * 4), other]), 层级="全校", 阶段="期中")
        assert row["基数"] == 8
        assert "依据不一：考试 4 人次、过程评价 4 人次" in row["说明"]
        assert row["预期自然转化率"] is None


class TestAFrozenList:
    def frozen(self) -> Classroom:
        room = simple_class("1班", [1, 90, 91, 92])
        keys = [(c["pupil_id"], "语文") for c in room.listed]
        room.settings["freeze_check"] = freeze_check(date(2026, 9, 10), keys)
        room.conversions = [{"pupil_id": p, "subject": s, "case_type": "学困"} for p, s in keys]
        for case in room.listed:
            case["frozen_on"] = date(2026, 9, 10)
        return room

    def test_takes_in_nobody_later_and_shows_them_apart(self):
        room = self.frozen()
        late = list(room.pupils)[5]
        room.listed.append({"pupil_id": late, "subject": "语文", "case_type": "学困", "reference": "本班"})
        school = merged([room])
        (row,) = stats_by(school, 层级="全校", 阶段="期中")
        assert (row["基数"], row["新增"]) == (4, 1)
        assert {r["pupil_id"]: r["counted"] for r in school.tables["学困生总册"]}[late] == "否：新增"

    def test_lets_nobody_out_who_is_taken_off_the_roster(self):
        room = self.frozen()
        gone = room.listed[1]["pupil_id"]
        del room.pupils[gone]
        (row,) = stats_by(merged([room]), 层级="全校", 阶段="期中")
        assert (row["基数"], row["已转化"], row["缺考"]) == (4, 2, 1)


def test_a_class_without_pupils_is_merged_with_the_others():
    school = merged([simple_class("1班", [1, 90, 91, 92]), Classroom("三年级", "2班")])
    assert school.counts["班级"] == 2
    (row,) = stats_by(school, 层级="班级", 班级="2班", 学科=None, 阶段="期中")
    assert (row["基数"], row["转化率"], row["达标"]) == (0, None, "不适用")


def test_levels_are_merged_into_norms_of_levels():
    rooms = [simple_class("1班", []), simple_class("2班", [])]
    for room in rooms:
        room.scores["期中", "语文"] = dict(zip(room.pupils, ["待合格", "合格", "良", "优"] + ["良"] * 6, strict=True))
        for case in room.listed:
            case["reference"] = "年级"
    (row,) = stats_by(merged(rooms), 层级="全校", 阶段="期中")
    assert row["转化率"] == "4/8"  # of 20 the 4th lowest is 合格: 良 and 优 are above it
