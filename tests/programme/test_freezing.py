"""The frozen list: who is in the base for good (spec §4.4)."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import case_row, pupil_ids
from xlbangfu.programme.freezing import freeze, freeze_check, list_hash, read_frozen_list, still_pending

DAY = date(2026, 9, 12)
ONE, TWO, THREE, FOUR = pupil_ids(4)
keys = st.lists(
    st.tuples(st.text("0123456789", min_size=1, max_size=12), st.sampled_from(["语文", "数学", "英语"])),
    unique=True,
    max_size=12,
)


def sha256_of_lines(*lines):
    """The sum as `sha256sum` gives it for the sorted lines joined with a newline."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def frozen_class():
    """Three confirmed rows (one of them 关注), one refused; frozen: (学困生, 转化, 冻结校验)."""
    rows = [
        case_row(ONE, at=2),
        case_row(TWO, "数学", case_type="双困"),
        case_row(THREE, case_type="关注"),
        case_row(FOUR, confirmed="否"),
    ]
    return freeze(rows, DAY)


def kinds(frozen):
    return dict(frozen.types)


ALL = {(ONE, "语文"): "学困", (TWO, "数学"): "双困", (THREE, "语文"): "关注"}


class TestHash:
    """§4.4: SHA-256 over the sorted 学号|学科 lines."""

    def test_two_lines_by_an_independent_sum(self):
        assert list_hash([("02", "语文"), ("01", "数学")]) == sha256_of_lines("01|数学", "02|语文")

    def test_a_fixed_figure(self):
        """printf '1|语文' | sha256sum"""
        assert list_hash([("1", "语文")]) == sha256_of_lines("1|语文")
        assert list_hash([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @given(keys, st.randoms(use_true_random=False))
    def test_order_does_not_matter(self, found, chance):
        assert (
            list_hash(found)
            == list_hash(chance.sample(found, len(found)))
            == sha256_of_lines(*(f"{p}|{s}" for p, s in found))
        )

    @given(keys.filter(bool))
    def test_every_row_matters(self, found):
        assert list_hash(found) != list_hash(found[1:])

    def test_date_count_and_sum(self):
        day, count, total = freeze_check(DAY, [("1", "语文"), ("2", "语文")]).split(";")
        assert (day, count, total) == ("2026-09-12", "2", sha256_of_lines("1|语文", "2|语文"))


class TestFreezing:
    """§4.4: 冻结日期 on its rows, the same rows in 转化, 冻结校验 in 设置."""

    def test_confirmed_rows_are_dated_listed_and_summed(self):
        after, listed, check = frozen_class()
        assert [r["frozen_on"] for r in after] == [DAY, DAY, DAY, None]
        assert [(r["pupil_id"], r["subject"], r["case_type"]) for r in listed] == [(*k, v) for k, v in ALL.items()]
        assert check == f"2026-09-12;3;{sha256_of_lines(*(f'{p}|{s}' for p, s in ALL))}"

    @pytest.mark.parametrize(
        "row",
        [
            case_row(ONE, confirmed="否"),
            case_row(ONE, confirmed="待定"),
            case_row(ONE, confirmed=None),
            case_row(ONE, standing="不再符合"),
            case_row(ONE, subject=None),
            case_row(""),
        ],
    )
    def test_what_is_not_confirmed_or_no_longer_qualifies_or_names_no_subject_is_not_frozen(self, row):
        after, listed, check = freeze([row], DAY)
        assert after == [row] and listed == [] and check == f"2026-09-12;0;{list_hash([])}"

    def test_a_hand_typed_row_without_a_subject_does_not_spoil_the_sum(self):
        after, listed, check = freeze([case_row(ONE), case_row(TWO, subject=None)], DAY)
        found = read_frozen_list(check, after, listed)
        assert kinds(found) == {(ONE, "语文"): "学困"} and found.issues == ()

    def test_rows_keep_their_place_in_the_sheet(self):
        row = case_row(ONE)
        row.at = 7
        assert freeze([row], DAY)[0][0].at == 7

    def test_what_still_waits_for_the_teacher(self):
        rows = [
            case_row(ONE),
            case_row(TWO, confirmed="待定"),
            case_row(THREE, confirmed=None),
            case_row(FOUR, confirmed="待定", standing="不再符合"),
        ]
        assert [r["pupil_id"] for r in still_pending(rows)] == [TWO, THREE]


class TestReading:
    """§4.4: rows of 转化 other than 新增 are the list; what is missing or changed in 学困生 is an error and still counts."""

    def test_nothing_frozen(self):
        assert read_frozen_list(None, [case_row(ONE)], []) is None
        assert read_frozen_list("", [case_row(ONE)], [case_row(ONE)]) is None

    def test_as_frozen(self):
        after, listed, check = frozen_class()
        found = read_frozen_list(check, after, listed)
        assert kinds(found) == ALL and found.issues == ()
        assert found.references[ONE, "语文"] == "本班"

    def test_rows_shown_as_added_are_no_part_of_it(self):
        after, listed, check = frozen_class()
        added = case_row(FOUR, midterm_state="新增", final_state="新增")
        found = read_frozen_list(check, after, [*listed, added])
        assert kinds(found) == ALL and found.issues == ()

    def test_later_marks_in_the_caseload_change_nothing(self):
        """Whatever 现状 says later; 学困 and 双困 are both in the base."""
        after, listed, check = frozen_class()
        later = [after[0].changed(standing="不再符合", case_type="双困"), *after[1:]]
        found = read_frozen_list(check, later, listed)
        assert kinds(found) == ALL and found.issues == ()

    @pytest.mark.parametrize(
        "values",
        [{"confirmed": "否"}, {"confirmed": "待定"}, {"confirmed": None}, {"case_type": "关注"}, {"frozen_on": None}],
    )
    def test_a_row_changed_by_hand_still_counts_and_is_an_error(self, values):
        after, listed, check = frozen_class()
        found = read_frozen_list(check, [after[0].changed(**values), *after[1:]], listed)
        assert kinds(found) == ALL
        assert [(i.level, i.sheet, i.rule) for i in found.issues] == [("错误", "学困生", "freeze.missing")]
        assert ONE in found.issues[0].message

    def test_a_row_deleted_from_the_caseload_still_counts_and_is_an_error(self):
        after, listed, check = frozen_class()
        found = read_frozen_list(check, after[1:], listed)
        assert kinds(found) == ALL
        assert [(i.level, i.sheet, ONE in i.message) for i in found.issues] == [("错误", "学困生", True)]

    def test_a_row_deleted_from_the_conversions_still_counts_and_is_an_error(self):
        after, listed, check = frozen_class()
        found = read_frozen_list(check, after, listed[1:])
        assert kinds(found) == ALL
        assert [(i.level, i.sheet) for i in found.issues] == [("错误", "转化")]

    def test_everything_deleted_from_the_conversions(self):
        after, _, check = frozen_class()
        assert kinds(read_frozen_list(check, after, [])) == ALL

    def test_a_row_called_added_by_hand_still_counts(self):
        after, listed, check = frozen_class()
        found = read_frozen_list(check, after, [listed[0].changed(midterm_state="新增"), *listed[1:]])
        assert kinds(found) == ALL and len(found.issues) == 1

    def test_one_deleted_here_and_another_there_both_count(self):
        after, listed, check = frozen_class()
        found = read_frozen_list(check, after[1:], listed[:-1])
        assert kinds(found) == ALL and {i.sheet for i in found.issues} == {"转化", "学困生"}

    def test_a_row_slipped_into_the_conversions_is_not_believed(self):
        after, listed, check = frozen_class()
        found = read_frozen_list(check, after, [*listed, case_row(FOUR)])
        assert kinds(found) == ALL and [i.sheet for i in found.issues] == ["转化"]

    def test_a_sum_that_agrees_with_nothing_keeps_every_row_known(self):
        after, listed, _ = frozen_class()
        found = read_frozen_list("2026-09-12;3;0000", after[1:], listed[:-1])
        assert kinds(found) == ALL and found.issues

    def test_a_cleared_sum_does_not_undo_the_freezing(self):
        after, listed, _ = frozen_class()
        found = read_frozen_list(None, after, listed)
        assert kinds(found) == ALL
        assert [(i.level, i.sheet, i.rule) for i in found.issues] == [("错误", "设置", "freeze.cleared")]

    def test_a_date_typed_by_hand_before_any_freezing_freezes_nothing(self):
        assert read_frozen_list(None, [case_row(ONE, frozen_on=DAY)], []) is None

    @given(st.sets(st.integers(0, 2)), st.randoms(use_true_random=False))
    def test_no_deletion_in_one_sheet_and_no_order_of_rows_lets_a_row_leave(self, gone, chance):
        after, listed, check = frozen_class()
        thinned = [r for i, r in enumerate(listed) if i not in gone]
        rows, conversions = chance.sample(after, len(after)), chance.sample(thinned, len(thinned))
        assert kinds(read_frozen_list(check, rows, conversions)) == ALL
