"""What a file changes in one workbook: blanks are filled, differences said, nobody guessed (spec §3, §3.1)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.tablefiles import table
from xlbangfu.imports.exams import exams_of
from xlbangfu.imports.filerows import ROSTER_FILE
from xlbangfu.imports.identify import Found, Roll, Rolls, who_is
from xlbangfu.imports.roster import RosterMerge
from xlbangfu.imports.scores import ScoreMerge
from xlbangfu.programme.classroom import Subject
from xlbangfu.programme.identity import Directory
from xlbangfu.schema import ERROR, REMINDER
from xlbangfu.table import Row
from xlbangfu.workbook.errors import WorkbookError

SUBJECTS = (Subject("语文", full_points=Fraction(100)), Subject("数学"), Subject("道德与法治"))
PUPILS = {"0260001": "测试甲", "0260002": "测试乙", "0260003": "测试丙", "0260004": "测试丙"}


def roll(grade: str = "三年级", name: str = "2班", pupils: dict[str, str] = PUPILS) -> Roll:
    directory = Directory.of([{"pupil_id": p, "name": n} for p, n in pupils.items()])
    return Roll.of(directory, grade, name, pupils)


def existing(*more: dict) -> list[Row]:
    rows = [Row({"pupil_id": p, "name": n, "status": "在读"}, at=i) for i, (p, n) in enumerate(PUPILS.items(), 2)]
    return [row.changed(**(more[i] if i < len(more) else {})) for i, row in enumerate(rows)]


def take_roster(rows, *, before=None, **options):
    known = existing() if before is None else before
    who = roll() if before is None else roll(pupils={r["pupil_id"]: r["name"] for r in before})
    return RosterMerge(known, who, **options).take(table(rows, ROSTER_FILE).rows)


def take_scores(rows, *, exam="期中", before=(), **options):
    file = table(rows)
    return ScoreMerge(before, roll(), SUBJECTS, **options).take(file, exams_of(file, exam))


def rules(merged, level=None):
    return sorted(i.rule for i in merged.issues if level in (None, i.level))


class TestRoster:
    HEAD = ("学号", "姓名", "性别", "电话")

    def test_new_pupils_are_added_as_在读(self):
        merged = take_roster([self.HEAD, ["0260009", "测试己", "女生", 13800000000]])
        assert merged.rows[-1] == {
            "pupil_id": "0260009",
            "name": "测试己",
            "gender": "女",
            "phone": "13800000000",
            "status": "在读",
        }
        assert (merged.added, merged.taken, merged.listed) == (1, 1, 0)

    def test_blanks_are_filled_and_what_differs_is_said_with_both_values(self):
        before = existing({"gender": "男"}, {})
        merged = take_roster(
            [self.HEAD, ["0260001", "测试甲", "女", "1"], ["0260002", "测试乙", "女", ""]], before=before
        )
        assert [(r["gender"], r.get("phone")) for r in merged.rows[:2]] == [("男", "1"), ("女", None)]
        (issue,) = merged.issues
        assert issue.level == REMINDER
        assert "“男”" in issue.message
        assert "“女”" in issue.message
        assert issue.cell == "C2"

    def test_what_differs_is_replaced_only_when_asked(self):
        before = existing({"gender": "男"})
        merged = take_roster([self.HEAD, ["0260001", "测试甲", "女", ""]], before=before, overwrite=True)
        assert merged.rows[0]["gender"] == "女"
        assert rules(merged) == ["import.differs"]

    def test_a_number_under_another_name_is_refused(self):
        merged = take_roster([self.HEAD, ["0260001", "测试戊", "女", ""]])
        assert rules(merged, ERROR) == ["import.contradiction"]
        assert merged.rows == existing()

    def test_blanks_and_dots_in_a_name_are_no_difference(self):
        before = existing({"name": "阿·测试"})
        merged = take_roster([self.HEAD, ["0260001", "阿 • 测试", "", ""]], before=before)
        assert merged.issues == []
        assert merged.rows[0]["name"] == "阿·测试"

    def test_a_known_name_under_a_new_number_is_not_guessed(self):
        merged = take_roster([self.HEAD, ["0260099", "测试甲", "", ""]])
        assert rules(merged, ERROR) == ["import.number_differs"]
        assert merged.added == 0

    def test_two_pupils_of_one_name_in_the_file_stay_two(self):
        merged = take_roster([self.HEAD, ["0260011", "测试庚", "", ""], ["0260012", "测试庚", "", ""]])
        assert merged.added == 2

    def test_a_number_given_to_two_names_takes_neither(self):
        merged = take_roster([self.HEAD, ["0260011", "测试庚", "", ""], ["0260011", "测试辛", "", ""]])
        assert (merged.added, merged.listed) == (0, 2)

    def test_the_same_pupil_twice_is_taken_once(self):
        merged = take_roster([self.HEAD, ["0260011", "测试庚", "", ""], ["0260011", "测试庚", "", ""]])
        assert (merged.added, merged.taken, merged.listed) == (1, 1, 1)

    def test_without_a_number_a_unique_name_will_do(self):
        merged = take_roster([self.HEAD, ["", "测试甲", "男", ""], ["", "测试丙", "男", ""], ["", "测试壬", "男", ""]])
        assert merged.rows[0]["gender"] == "男"
        assert rules(merged, ERROR) == ["import.ambiguous", "import.no_number"]

    def test_a_row_that_only_had_a_name_gets_its_number(self):
        waiting = Row({"pupil_id": None, "name": "测试己"}, at=9)
        merged = RosterMerge(existing(), roll(), unnumbered=[waiting]).take(
            table([self.HEAD, ["0260009", "测试己", "", ""]], ROSTER_FILE).rows
        )
        assert [(r["pupil_id"], r.at) for r in merged.rows if r["name"] == "测试己"] == [("0260009", 9)]

    def test_a_number_of_18_digits_in_a_number_cell_is_refused_and_never_guessed(self):
        merged = take_roster(
            [self.HEAD, [320102201501011234, "测试甲", "", ""], ["320102201501011235", "测试癸", "", ""]]
        )
        assert rules(merged, ERROR) == ["import.id_digits"]
        assert merged.rows[-1]["pupil_id"] == "320102201501011235"

    def test_rows_of_other_classes_are_counted_and_no_errors(self):
        rows = [
            ["年级", "班级", "学号", "姓名"],
            ["三年级", "2班", "0260021", "测试子"],
            ["三年级", "3班", "0260022", "测试丑"],
            ["四年级", "2班", "0260023", "测试寅"],
            [3, "（二）班", "0260024", "测试卯"],
        ]
        merged = take_roster(rows)
        assert (merged.added, merged.elsewhere, merged.issues) == (2, 2, [])

    def test_a_cell_that_cannot_be_taken_is_listed_and_the_row_taken(self):
        merged = take_roster([self.HEAD, ["0260009", "测试己", "未知", ""]])
        assert merged.added == 1
        assert [(i.level, i.cell) for i in merged.issues] == [(ERROR, "C2")]


class TestExams:
    def test_without_a_name_the_exam_is_never_guessed(self):
        with pytest.raises(WorkbookError, match="--exam"):
            exams_of(table([["期中考试成绩"], ["学号", "姓名", "语文"], ["1", "测试甲", 80]]), None)

    def test_a_column_of_exams_names_them_row_by_row(self):
        file = table([["考试", "学号", "语文"], ["期中", "1", 80], ["期末", "1", 90]])
        assert exams_of(file, None) == {0: ("期中",), 1: ("期末",)}
        assert exams_of(file, "期末") == {1: ("期末",)}

    def test_a_row_without_exam_is_refused_unless_one_is_given(self):
        file = table([["考试", "学号", "语文"], ["期中", "1", 80], ["", "2", 90]])
        with pytest.raises(WorkbookError, match="--exam"):
            exams_of(file, None)
        assert exams_of(file, "期中") == {0: ("期中",), 1: ("期中",)}

    def test_the_given_name_holds_for_a_file_of_one_exam(self):
        assert exams_of(table([["考试", "学号", "语文"], ["2026年期中测试", "1", 80]]), "期中") == {0: ("期中",)}

    def test_a_given_name_that_a_file_of_several_exams_does_not_know_is_refused(self):
        with pytest.raises(WorkbookError, match="入学"):
            exams_of(table([["考试", "学号", "语文"], ["期中", "1", 80], ["期末", "1", 90]]), "入学")


class TestScores:
    HEAD = ("学号", "姓名", "语文", "数学")

    def cells(self, merged):
        return {
            (r["exam"], r["pupil_id"]): {s: r[s] for s in ("语文", "数学") if r.get(s) is not None} for r in merged.rows
        }

    def test_cells_go_in_as_they_are_meant(self):
        merged = take_scores([self.HEAD, ["0260001", "测试甲", "８５分", "病假"], ["0260002", "", "N", "优"]])
        assert self.cells(merged) == {
            ("期中", "0260001"): {"语文": Fraction(85), "数学": "缺考"},
            ("期中", "0260002"): {"语文": "免考", "数学": "优"},
        }
        assert merged.rows[0]["name"] == "测试甲"

    def test_a_mark_that_does_not_count_is_免考_and_the_number_is_kept_in_the_list(self):
        merged = take_scores([self.HEAD, ["0260001", "测试甲", "36，剔除", ""]])
        assert self.cells(merged) == {("期中", "0260001"): {"语文": "免考"}}
        (issue,) = merged.issues
        assert issue.level == REMINDER
        assert "36" in issue.message

    def test_blanks_are_filled_and_differences_listed_with_both_values(self):
        before = [Row({"exam": "期中", "pupil_id": "0260001", "name": "测试甲", "语文": 80, "数学": None}, at=2)]
        merged = take_scores([self.HEAD, ["0260001", "", 85, 90]], before=before)
        assert self.cells(merged) == {("期中", "0260001"): {"语文": 80, "数学": Fraction(90)}}
        assert merged.rows[0].at == 2
        (issue,) = merged.issues
        assert issue.level == REMINDER
        assert "“80”" in issue.message
        assert "“85”" in issue.message

    def test_differences_are_replaced_only_when_asked(self):
        before = [Row({"exam": "期中", "pupil_id": "0260001", "语文": 80}, at=2)]
        merged = take_scores([self.HEAD, ["0260001", "", 85, ""]], before=before, overwrite=True)
        assert self.cells(merged) == {("期中", "0260001"): {"语文": Fraction(85)}}

    @pytest.mark.parametrize(
        ("old", "new"), [("缺考", "Q"), (85, "85分"), (85.0, 85), ("36，剔除", "免考"), ("优", "优")]
    )
    def test_the_same_meaning_is_no_difference(self, old, new):
        before = [Row({"exam": "期中", "pupil_id": "0260001", "语文": old, "数学": 1}, at=2)]
        merged = take_scores([self.HEAD, ["0260001", "", new, 1]], before=before)
        assert merged.differing == merged.filled == 0
        assert merged.rows[0]["语文"] == old

    def test_rows_of_one_pupil_that_contradict_each_other_give_nothing(self):
        merged = take_scores([self.HEAD, ["0260001", "", 85, 70], ["0260001", "", 58, 70]])
        assert self.cells(merged) == {("期中", "0260001"): {"数学": Fraction(70)}}
        assert sorted(i.cell for i in merged.issues if i.level == ERROR) == ["C2", "C3"]

    def test_subjects_on_sheets_of_their_own_come_together(self):
        merged = take_scores([("学号", "语文"), ["0260001", 85], ("学号", "数学"), ["0260001", 70]])
        assert self.cells(merged) == {("期中", "0260001"): {"语文": Fraction(85), "数学": Fraction(70)}}
        assert (merged.taken, merged.listed) == (2, 0)

    def test_words_that_mean_nothing_are_listed_and_not_written(self):
        merged = take_scores([self.HEAD, ["0260001", "", "很好", 70]])
        assert self.cells(merged) == {("期中", "0260001"): {"数学": Fraction(70)}}
        assert rules(merged, ERROR) == ["import.unknown_score"]

    def test_a_mark_above_满分_is_written_as_typed_and_said(self):
        merged = take_scores([self.HEAD, ["0260001", "", 850, 850]])
        assert self.cells(merged) == {("期中", "0260001"): {"语文": Fraction(850), "数学": Fraction(850)}}
        assert rules(merged, ERROR) == ["import.range"]

    def test_a_row_without_results_is_listed(self):
        merged = take_scores([self.HEAD, ["0260001", "", "", ""], ["0260002", "", 80, ""]])
        assert (merged.taken, merged.listed) == (1, 1)
        assert rules(merged) == ["import.no_result"]

    def test_another_name_of_the_subject_will_do(self):
        merged = take_scores([("学号", "姓名", "道法"), ["0260001", "", 50]])
        assert merged.rows[0]["道德与法治"] == Fraction(50)

    def test_subjects_that_任课_lacks_are_said(self):
        merged = take_scores([("学号", "姓名", "语文", "物理"), ["0260001", "", 50, 60]])
        (issue,) = merged.issues
        assert "“物理”" in issue.message
        assert issue.cell == "D1"

    def test_of_several_marks_the_one_headed_by_the_exam_is_taken(self):
        rows = [["学号", "姓名", "语文", ""], ["", "", "平时", "期末"], ["0260001", "测试甲", 80, 90]]
        assert self.cells(take_scores(rows, exam="期末")) == {("期末", "0260001"): {"语文": Fraction(90)}}
        unsure = take_scores(rows, exam="期中")
        assert self.cells(unsure) == {}
        assert "import.other_marks" in rules(unsure, REMINDER)
        assert (unsure.taken, unsure.listed) == (0, 1)

    def test_namesakes_without_numbers_are_never_guessed(self):
        merged = take_scores([("姓名", "语文"), ["测试丙", 80], ["测试甲", 70]])
        assert self.cells(merged) == {("期中", "0260001"): {"语文": Fraction(70)}}
        assert rules(merged, ERROR) == ["import.ambiguous"]

    def test_a_name_that_stands_twice_in_the_file_is_not_guessed(self):
        merged = take_scores([("姓名", "语文"), ["测试甲", 80], ["测试甲", 70]])
        assert self.cells(merged) == {}
        assert rules(merged, ERROR) == ["import.ambiguous"] * 2

    def test_the_number_of_one_exam_is_no_学号(self):
        merged = take_scores([("考号", "姓名", "语文"), ["0260002", "测试甲", 80], ["777", "测试乙", 70]])
        assert self.cells(merged) == {
            ("期中", "0260001"): {"语文": Fraction(80)},
            ("期中", "0260002"): {"语文": Fraction(70)},
        }

    def test_numbers_that_begin_anew_in_every_class_do_not_cross_classes(self):
        who = roll(pupils={"1": "测试甲"})
        file = table([("班级", "学号", "姓名", "语文"), ["1班", 1, "测试乙", 50], ["2班", 1, "测试甲", 80]])
        merged = ScoreMerge((), who, SUBJECTS).take(file, exams_of(file, "期中"))
        assert self.cells(merged) == {("期中", "1"): {"语文": Fraction(80)}}
        assert (merged.elsewhere, merged.issues) == (1, [])


class TestManyWorkbooks:
    ROLLS = Rolls(
        [
            roll("三年级", "1班", {"1": "测试甲", "2": "测试同名", "9": "测试转"}),
            roll("三年级", "2班", {"3": "测试乙", "4": "测试同名", "9": "测试转"}),
            roll("四年级", "1班", {"5": "测试独"}),
        ]
    )

    def place(self, head, *cells):
        (row,) = table([head, cells], ROSTER_FILE).rows
        return self.ROLLS.place(who_is(row))

    def test_by_number_first(self):
        assert self.place(["学号", "姓名"], "3", "测试乙") == 1

    def test_then_by_class(self):
        assert self.place(["班级", "学号", "姓名"], "四年级1班", "77", "测试新") == 2
        assert self.place(["年级", "班级", "姓名"], "三年级", 2, "测试同名") == 1

    def test_then_by_a_name_that_only_one_workbook_has(self):
        assert self.place(["姓名", "性别"], "测试独", "男") == 2

    @pytest.mark.parametrize(
        ("head", "cells", "rule"),
        [
            (["姓名", "性别"], ("测试同名", "男"), "import.ambiguous"),
            (["姓名", "性别"], ("测试无", "男"), "import.unknown"),
            (["学号", "姓名"], ("77", "测试独"), "import.unknown"),
            (["班级", "学号"], ("1班", "77"), "import.class_twice"),
            (["班级", "学号"], ("五年级1班", "77"), "import.unknown"),
            (["学号", "姓名"], ("9", "测试转"), "import.pupil_twice"),
        ],
    )
    def test_else_it_is_listed_and_not_guessed(self, head, cells, rule):
        found = self.place(head, *cells)
        assert isinstance(found, Found)
        assert found.rule == rule

    def test_a_pupil_who_moved_belongs_where_they_are_now(self):
        one, two = roll("三年级", "1班", {"9": "测试转"}), roll("三年级", "2班", {"9": "测试转"})
        one.active = frozenset()
        (row,) = table([["学号", "姓名"], ["9", "测试转"]], ROSTER_FILE).rows
        assert Rolls([one, two]).place(who_is(row)) == 1


CELL = st.sampled_from(["", 80, "缺考", "很好", 70, "优"])
ID = st.sampled_from(["", *PUPILS, "0269999", 123456789012345678])
NAME = st.sampled_from(["", *PUPILS.values(), "测试无"])
CLASS = st.sampled_from(["", "2班", "三年级2班", "3班", "四年级2班"])


@given(st.lists(st.tuples(CLASS, ID, NAME, CELL, CELL), max_size=15), st.randoms(use_true_random=False))
def test_every_row_is_taken_listed_or_of_another_class_and_order_does_not_matter(rows, chance):
    head = ("班级", "学号", "姓名", "语文", "数学")

    def run(some):
        file = table([head, *some])
        merged = ScoreMerge((), roll(), SUBJECTS).take(file, exams_of(file, "期中"))
        assert len(file.rows) == merged.taken + merged.listed + merged.elsewhere
        assert merged.listed == 0 or merged.issues
        return {(r["pupil_id"], r.get("语文"), r.get("数学")) for r in merged.rows}

    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert run(rows) == run(shuffled)


@given(st.lists(st.tuples(CLASS, ID, NAME), max_size=15))
def test_every_row_of_a_roster_is_taken_listed_or_of_another_class(rows):
    file = table([("班级", "学号", "姓名"), *rows], ROSTER_FILE)
    merged = RosterMerge(existing(), roll()).take(file.rows)
    assert len(file.rows) == merged.taken + merged.listed + merged.elsewhere
    numbers = [r["pupil_id"] for r in merged.rows]
    assert len(numbers) == len(set(numbers))
    assert merged.rows[: len(PUPILS)] == existing()


class TestLostDigits:
    def test_18_digit_numbers_that_all_end_in_zeros_went_through_a_number_cell(self):
        ids = ["360111201512123000", "360111201602021000"]
        file = table([["学号", "姓名"], *([i, f"测试{n}"] for n, i in enumerate(ids))], ROSTER_FILE)
        merged = RosterMerge((), Roll(Directory())).take(file.rows)
        assert [i.rule for i in merged.issues] == ["import.id_digits"] * 2
        assert "重新导出" in merged.issues[0].mend
        assert merged.rows == []

    def test_one_that_ends_otherwise_clears_all_of_them(self):
        ids = ["360111201512123000", "360111201602021234"]
        file = table([["学号", "姓名"], *([i, f"测试{n}"] for n, i in enumerate(ids))], ROSTER_FILE)
        assert [r["pupil_id"] for r in RosterMerge((), Roll(Directory())).take(file.rows).rows] == ids


def test_a_number_that_lost_its_zeros_is_listed_and_nobody_is_added():
    known = [Row({"pupil_id": "02600001", "name": "测试甲"}, 2)]
    file = table([["学号", "性别"], [2600001, "女"]], ROSTER_FILE)
    merged = RosterMerge(known, Roll(Directory.of(known))).take(file.rows)
    assert [i.rule for i in merged.issues] == ["import.id_zeros"]
    assert [r["pupil_id"] for r in merged.rows] == ["02600001"]
