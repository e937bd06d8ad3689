"""Tables that are turned, stand beside each other, are long, or hold several exams (spec §3.1)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from imports.tablefiles import table, workbook
from xlbangfu.imports.exams import ExamUnknown, exams_of
from xlbangfu.imports.filerows import ROSTER_FILE, SCORE_FILE
from xlbangfu.imports.identify import Roll
from xlbangfu.imports.layouts import turned, upright
from xlbangfu.imports.reading import SheetGrid
from xlbangfu.imports.scores import ScoreMerge
from xlbangfu.imports.tables import read_table, tables_of
from xlbangfu.programme.classroom import Subject
from xlbangfu.programme.identity import Directory
from xlbangfu.schema import ERROR
from xlbangfu.workbook.errors import WorkbookError

PUPILS = [("01", "测试甲"), ("02", "测试乙"), ("03", "测试丙")]
SUBJECTS = (Subject("语文"), Subject("数学"))


def merged(file, exam=None, class_name="2班", **options):
    """The file taken into an empty 成绩 of 三年级2班."""
    directory = Directory.of({"pupil_id": i, "name": n} for i, n in PUPILS)
    merge = ScoreMerge((), Roll.of(directory, "三年级", class_name), SUBJECTS, **options)
    return merge.take(file, exams_of(file, exam))


def values(result):
    """(exam, 学号) → (语文, 数学)."""
    return {(r["exam"], r["pupil_id"]): (r.get("语文"), r.get("数学")) for r in result.rows}


class TestTurned:
    ROWS = (
        ["三年级2班成绩", None, None, None],
        ["学号", "01", "02", "03"],
        ["姓名", "测试甲", "测试乙", "测试丙"],
        ["语文", 80, "缺考", 90],
        ["数学", 70, 60, "见附表"],
        ["总分", 150, 60, 90],
    )

    def test_a_pupil_per_column_is_read_as_a_pupil_per_row(self):
        file = table(self.ROWS)
        result = merged(file, "期中")
        assert values(result) == {("期中", "01"): (80, 70), ("期中", "02"): ("缺考", 60), ("期中", "03"): (90, None)}
        assert [(i.cell, i.rule) for i in result.issues if i.level == ERROR] == [("D5", "import.unknown_score")]
        assert any(i.rule == "import.turned" for i in file.issues)

    def test_its_columns_are_counted_as_the_rows_are_elsewhere(self):
        a = table(self.ROWS).accounting
        assert (a.read, a.headings) == (4, 1)

    def test_names_alone_are_enough_to_see_it(self):
        file = table([["姓名", "测试甲", "测试乙"], ["语文", 80, 90], ["数学", 70, 60]])
        assert values(merged(file, "期中")) == {("期中", "01"): (80, 70), ("期中", "02"): (90, 60)}

    @pytest.mark.parametrize("rows", [[["学号", "语文"], ["01", 80], ["02", 90]], [["姓名", "语文"], ["测试甲", 80]]])
    def test_an_upright_table_is_not_turned(self, rows):
        assert not any(i.rule == "import.turned" for i in table(rows).issues)

    def test_a_roster_may_be_turned_too(self):
        file = table([["学号", "01", "02"], ["姓名", "测试甲", "测试乙"], ["性别", "男", "女"]], ROSTER_FILE)
        assert [(r.raw("pupil_id"), r.raw("gender")) for r in file.rows] == [("01", "男"), ("02", "女")]

    def test_a_place_leads_back_to_the_cell_of_the_sheet(self):
        assert turned([[1, 2, 3]]).origin.address(3, 1) == "C1"
        assert upright([[1, 2, 3]]).origin.address(3, 1) == "A3"
        assert turned([[1, 2, 3]]).origin.line(3) == "C 列"


class TestBesideEachOther:
    ROWS = (
        ["三年级2班成绩"],
        ["序号", "学号", "姓名", "语文", "数学", None, "序号", "学号", "姓名", "语文", "数学"],
        [1, "01", "测试甲", 80, 70, None, 3, "03", "测试丙", 90, "见附表"],
        [2, "02", "测试乙", 85, 75],
        ["平均分", None, None, 82, 72],
    )

    def test_each_part_is_a_table_of_its_own(self):
        file = table(self.ROWS)
        result = merged(file, "期中")
        assert values(result) == {("期中", "01"): (80, 70), ("期中", "02"): (85, 75), ("期中", "03"): (90, None)}
        assert [i.cell for i in result.issues if i.level == ERROR] == ["K3"]

    def test_the_rows_of_each_part_are_counted(self):
        a = table(self.ROWS).accounting
        assert (a.read, a.read - a.skipped) == (10, 3)

    def test_the_title_over_all_parts_names_the_class_of_each(self):
        rows = [["三年级1班成绩"], ["姓名", "语文", "姓名", "语文"], ["测试甲", 80, "测试乙", 90]]
        assert {r.class_text() for r in table(rows).rows} == {"三年级1班"}


class TestOneSubjectARow:
    def test_each_row_gives_the_one_result_it_has(self):
        rows = [
            ["学号", "姓名", "学科", "成绩"],
            ["01", "测试甲", "语文", 80],
            ["01", "测试甲", "数学", "良"],
            ["02", "测试乙", "语文", "缺考"],
            ["03", "测试丙", "体育", 99],
            ["03", "测试丙", "语文", "见附表"],
        ]
        result = merged(table(rows), "期中")
        assert values(result) == {("期中", "01"): (80, "良"), ("期中", "02"): ("缺考", None)}
        assert {(i.cell, i.rule) for i in result.issues} == {("A5", "import.no_result"), ("D6", "import.unknown_score")}
        assert (result.taken, result.listed) == (3, 2)

    def test_two_subjects_of_one_name_are_one_pupil_and_two_of_one_subject_are_not(self):
        rows = [
            ["姓名", "科目", "得分", "考试"],
            ["测试甲", "语文", 80, "期中"],
            ["测试甲", "数学", 81, "期中"],
            ["测试乙", "语文", 82, "期中"],
            ["测试乙", "语文", 83, "期中"],
            ["测试乙", "数学", 84, "期中"],
        ]
        result = merged(table(rows))
        assert values(result) == {("期中", "01"): (80, 81)}
        assert [i.rule for i in result.issues] == ["import.ambiguous"] * 3

    def test_the_mark_counts_and_not_the_level_beside_it(self):
        rows = [["学号", "学科", "等级", "成绩"], ["01", "语文", "优", 95]]
        assert values(merged(table(rows), "期中")) == {("期中", "01"): (95, None)}

    def test_zeros_in_every_subject_are_said_though_they_stand_in_several_rows(self):
        rows = [["学号", "学科", "成绩"], ["01", "语文", 0], ["01", "数学", 0], ["02", "语文", 0], ["02", "数学", 50]]
        result = merged(table(rows), "期中")
        assert [i.cell for i in result.issues if i.rule == "import.zero_row"] == ["A2"]
        assert values(result)["期中", "01"] == (0, 0)


class TestSeveralExams:
    BOTH = {("期中", "01"): (1, 2), ("期末", "01"): (3, 4)}

    @pytest.mark.parametrize(
        "rows",
        [
            [["学号", "期中", None, "期末", None], [None, "语文", "数学", "语文", "数学"], ["01", 1, 2, 3, 4]],
            [["学号", "语文", None, "数学", None], [None, "期中", "期末", "期中", "期末"], ["01", 1, 3, 2, 4]],
            [["学号", "期中语文", "期末语文", "数学(期中)", "数学(期末)"], ["01", 1, 3, 2, 4]],
        ],
        ids=["exams over subjects", "subjects over exams", "in one label"],
    )
    def test_exams_beside_each_other_are_all_taken_or_just_the_one_asked_for(self, rows):
        assert values(merged(table(rows))) == self.BOTH
        assert values(merged(table(rows), "期末")) == {("期末", "01"): (3, 4)}
        assert values(merged(table(rows), "期末考试")) == {("期末考试", "01"): (3, 4)}
        with pytest.raises(WorkbookError, match="期中、期末"):
            merged(table(rows), "入学")

    def test_daily_marks_are_no_exam(self):
        rows = [["学号", "语文", None], [None, "平时", "期末"], ["01", 1, 2]]
        with pytest.raises(ExamUnknown):
            exams_of(table(rows), None)
        assert values(merged(table(rows), "期末")) == {("期末", "01"): (2, None)}

    def test_sheets_named_after_exams_are_one_each(self, tmp_path):
        head = ["学号", "语文", "数学"]
        path = workbook(tmp_path / "a.xlsx", {"期中": [head, ["01", 1, 2]], "期末": [head, ["01", 3, 4]]})
        assert values(merged(read_table(path, SCORE_FILE))) == self.BOTH
        assert values(merged(read_table(path, SCORE_FILE), "期末")) == {("期末", "01"): (3, 4)}

    def test_one_sheet_named_after_an_exam_is_no_statement(self, tmp_path):
        path = workbook(tmp_path / "a.xlsx", {"期中": [["学号", "语文"], ["01", 1]]})
        with pytest.raises(ExamUnknown):
            exams_of(read_table(path, SCORE_FILE), None)

    def test_a_name_merged_over_its_exams_holds_for_all_of_them(self):
        rows = [["姓名", "考试", "语文"], ["测试甲", "期中", 1], [None, "期末", 3], ["测试乙", "期中", 5]]
        grid = SheetGrid("表", rows, merges=((2, 1, 3, 1),))
        found = values(merged(tables_of("a.xlsx", [grid], SCORE_FILE)))
        assert found == {("期中", "01"): (1, None), ("期末", "01"): (3, None), ("期中", "02"): (5, None)}

    def test_without_the_merge_the_row_has_no_name_and_is_listed(self):
        result = merged(table([["姓名", "考试", "语文"], ["测试甲", "期中", 1], [None, "期末", 3]]))
        assert [i.rule for i in result.issues] == ["import.no_identity"]


class TestClassesByTitle:
    ROWS = (
        ["某小学三年级1班期中成绩"],
        ["姓名", "语文", "数学"],
        ["测试甲", 1, 2],
        ["三年级（2）班"],
        ["姓名", "语文", "数学"],
        ["测试甲", 3, 4],
    )

    def test_the_title_over_a_block_tells_whose_pupils_they_are(self):
        result = merged(table(self.ROWS), "期中")
        assert values(result) == {("期中", "01"): (3, 4)}
        assert result.elsewhere == 1

    def test_so_does_the_name_of_a_sheet(self, tmp_path):
        head = ["姓名", "语文", "数学"]
        sheets = {"三(1)班": [head, ["测试甲", 1, 2]], "三(2)班": [head, ["测试甲", 3, 4]]}
        result = merged(read_table(workbook(tmp_path / "a.xlsx", sheets), SCORE_FILE), "期中")
        assert values(result) == {("期中", "01"): (3, 4)}

    def test_a_cell_in_the_row_goes_before_the_title(self):
        rows = [["三年级1班"], ["班级", "姓名", "语文"], ["三年级2班", "测试甲", 5]]
        assert values(merged(table(rows), "期中")) == {("期中", "01"): (5, None)}

    def test_a_merged_class_cell_holds_for_the_rows_it_covers(self):
        rows = [["班级", "姓名", "语文"], ["三年级1班", "测试甲", 1], [None, "测试乙", 2], ["三年级2班", "测试丙", 3]]
        grid = SheetGrid("表", rows, merges=((2, 1, 3, 1),))
        result = merged(tables_of("a.xlsx", [grid], SCORE_FILE), "期中")
        assert values(result) == {("期中", "03"): (3, None)}
        assert result.elsewhere == 2


class TestFullMarks:
    def test_another_full_mark_than_that_of_the_class_is_said(self):
        file = table([["学号", "语文(120)", "数学"], ["满分", 120, 150], ["01", 110, 140]])
        directory = Directory.of([{"pupil_id": "01", "name": "测试甲"}])
        subjects = (Subject("语文", full_points=Fraction(120)), Subject("数学", full_points=Fraction(100)))
        result = ScoreMerge((), Roll(directory), subjects).take(file, exams_of(file, "期中"))
        said = [(i.rule, i.cell) for i in result.issues]
        assert said == [("import.full_points", "C1"), ("import.range", "C3")]
        assert "150" in result.issues[0].message
