"""Files in which a careless reader puts something under the wrong pupil, class, subject or exam (spec §3.1)."""

from __future__ import annotations

from datetime import date

import pytest

from classbooks import make_class, rows_of
from imports.tablefiles import table, workbook
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.imports import import_into_folder
from xlbangfu.actions.runner import run_closed
from xlbangfu.imports.exams import exams_of
from xlbangfu.imports.filerows import ROSTER_FILE, SCORE_FILE
from xlbangfu.imports.gathering import gathered
from xlbangfu.imports.identify import Roll, Rolls, who_is
from xlbangfu.imports.reading import SheetGrid
from xlbangfu.imports.roster import RosterMerge
from xlbangfu.imports.scores import ScoreMerge
from xlbangfu.imports.tables import tables_of
from xlbangfu.issues import Issue
from xlbangfu.office.distribute_plan import sort_roster
from xlbangfu.office.norms import norms
from xlbangfu.programme.classroom import Subject
from xlbangfu.programme.identity import Directory
from xlbangfu.schema import ERROR
from xlbangfu.workbook.errors import WorkbookError

HEAD = ["学号", "姓名", "语文"]
A, B, C = ["230301", "示例甲"], ["230302", "示例乙"], ["230303", "同名子"]
TODAY = date(2026, 11, 5)


def roll(class_name="1班"):
    return Roll.of(Directory.of({"pupil_id": i, "name": n} for i, n in (A, B, C)), "三年级", class_name)


def added(grids, who=None):
    """学号 and names that a roster file brings into 三年级1班, which is empty."""
    file = tables_of("a.xlsx", grids, ROSTER_FILE)
    merged = RosterMerge((), who or Roll.of(Directory(), "三年级", "1班")).take(file.rows)
    return [(r["pupil_id"], r.get("name")) for r in merged.rows], [i.rule for i in merged.issues], merged


def marks(file, exam="期中考试", class_name="1班"):
    """(学号, exam) → mark in 语文."""
    merged = ScoreMerge((), roll(class_name), [Subject("语文"), Subject("数学")]).take(file, exams_of(file, exam))
    return {(r["pupil_id"], r["exam"]): r.get("语文") for r in merged.rows}


class TestWhoseClass:
    @pytest.mark.parametrize("names", [("1", "2", "3"), ("三(1)", "三(2)", "三(3)"), ("3-1", "3-2", "3-3")])
    def test_sheets_named_by_numbers_are_classes(self, names):
        grids = [SheetGrid(n, [["学号", "姓名"], [f"24041{i}", f"新生{i}"]]) for i, n in enumerate(names)]
        found, _, merged = added(grids)
        assert found == [("240410", "新生0")]
        assert merged.elsewhere == 2

    @pytest.mark.parametrize("names", [("Sheet1", "Sheet2"), ("301语文", "302语文"), ("男生", "女生")])
    def test_several_sheets_of_which_nothing_says_whose_bring_nobody_in(self, names):
        grids = [SheetGrid(n, [["学号", "姓名"], [f"24041{i}", f"新生{i}"]]) for i, n in enumerate(names)]
        assert added(grids)[:2] == ([], ["import.no_class"] * 2)

    def test_tables_under_titles_without_a_class_bring_nobody_in(self):
        rows = [
            ["三（1）名单"],
            ["学号", "姓名"],
            ["240411", "新生甲"],
            ["三（2）名单"],
            ["学号", "姓名"],
            ["240412", "新生乙"],
        ]
        assert added([SheetGrid("表", rows)])[0] == []

    def test_titles_over_tables_beside_each_other_hold_each_for_its_own(self):
        rows = [["三年级1班", None, "三年级2班", None], ["学号", "姓名"] * 2, ["240411", "新生甲", "240412", "新生乙"]]
        assert added([SheetGrid("表", rows)])[0] == [("240411", "新生甲")]
        scores = [["三年级2班", None, "三年级3班", None], ["姓名", "语文"] * 2, ["示例甲", 77, "同名子", 66]]
        assert marks(table(scores)) == {}

    def test_the_grade_in_a_title_holds_for_a_class_cell_without_one(self):
        assert marks(table([["一年级期中考试成绩表"], ["班级", "姓名", "语文"], ["1班", "示例甲", 11]])) == {}
        rows = [["一年级学生名册"], ["班级", "学号", "姓名"], ["1班", "240411", "一年新"]]
        assert added([SheetGrid("表", rows)])[0] == []

    def test_sheets_of_grades_give_classes_of_those_grades(self):
        grids = [
            SheetGrid(g, [["班级", "学号", "姓名"], ["1班", f"2{n}0411", f"新生{n}"]])
            for n, g in enumerate(("一年级", "二年级"))
        ]
        file = tables_of("a.xlsx", grids, ROSTER_FILE)
        assert [(c.grade, c.name) for c in sort_roster(file).classes] == [("一年级", "1班"), ("二年级", "1班")]
        assert len(sort_roster(file, "一年级").classes) == 1
        assert sum(i.level == ERROR for i in sort_roster(file, "一年级").issues) == 1

    def test_the_title_of_a_turned_table_is_read(self):
        rows = [["三年级2班期中成绩"], ["姓名", "同名子", "示例甲"], ["语文", 1, 2], ["数学", 3, 4]]
        file = table(rows)
        assert marks(file) == {}
        assert not any("期中成绩" in i.message for i in file.issues)

    def test_numbers_within_a_class_do_not_overrule_another_class(self):
        small = Roll.of(Directory.of([{"pupil_id": "1", "name": "示例甲"}]), "三年级", "1班")
        file = table([["班级", "学号", "姓名", "语文"], ["四(1)班", "1", "示例甲", 50]])
        merged = ScoreMerge((), small, [Subject("语文")]).take(file, exams_of(file, "期中"))
        assert merged.rows == []

    def test_of_several_classes_with_one_number_the_name_tells(self):
        rolls = [
            Roll.of(Directory.of([{"pupil_id": "1", "name": n}]), "三年级", f"{c}班", ["1"])
            for c, n in ((1, "示例甲"), (2, "示例乙"))
        ]
        (row,) = table([HEAD, ["1", "示例乙", 50]]).rows
        assert Rolls(rolls).place(who_is(row)) == 1


class TestWhoIsAPupil:
    @pytest.mark.parametrize(
        "footer",
        [["合计", 45], ["制表人", "张示例"], ["人数", 45], ["男生", 20], ["班主任", "王示例"], ["备注", "无"], ["转入", "赵示例"],
         ["备用", ""], ["三年级2班", "班主任王示例"]],
        ids=lambda f: str(f[0]),
    )  # fmt: skip
    def test_a_footer_under_number_and_name_is_nobody(self, footer):
        assert added([SheetGrid("表", [["学号", "姓名"], ["240411", "新生甲"], footer])])[0] == [("240411", "新生甲")]

    def test_labels_merged_over_three_rows_are_no_pupil(self):
        rows = [["学号", "姓名", "情况"], [None, None, "住址"], [None, None, "镇"], ["240411", "新生甲", "某"]]
        file = tables_of("a.xlsx", [SheetGrid("表", rows, merges=((1, 1, 3, 1), (1, 2, 3, 2)))], ROSTER_FILE)
        assert [r.raw("pupil_id") for r in file.rows] == ["240411"]
        assert file.accounting.headings == 3

    def test_a_small_table_to_the_right_takes_nothing_from_the_one_beside_it(self):
        rows = [HEAD, [*A, 80], [*B, 82, None, "姓名", "语文"], [*C, 84, None, "示例壬", 59]]
        file = table(rows)
        assert marks(file) == {(p[0], "期中考试"): m for p, m in ((A, 80), (B, 82), (C, 84))}
        (said,) = [i for i in file.issues if i.rule == "import.unlabelled"]
        assert said.cell == "E3"

    def test_the_names_of_parents_are_no_second_table(self):
        rows = [["学号", "姓名", "家长信息", None], [None, None, "姓名", "电话"], ["240411", "新生甲", "父示例", "138"]]
        file = tables_of("a.xlsx", [SheetGrid("表", rows)], ROSTER_FILE)
        assert [(r.raw("name"), r.raw("parent"), r.raw("phone")) for r in file.rows] == [("新生甲", "父示例", "138")]


class TestWhichExam:
    @pytest.mark.parametrize(
        "rows",
        [[["考试", *HEAD], ["期末考试", *A, 80]], [["三年级1班期末考试成绩"], HEAD, [*A, 80]]],
        ids=["column", "title"],
    )
    def test_a_file_of_another_exam_is_refused(self, rows):
        with pytest.raises(WorkbookError, match="期末"):
            marks(table(rows))

    @pytest.mark.parametrize(
        "rows",
        [
            [["学号", "姓名", "期末语文", "期末数学"], [*A, 80, 90]],
            [["学号", "姓名", "语文"], [None, None, "平时"], [*A, 80]],
        ],
        ids=["of another exam", "daily marks"],
    )
    def test_columns_of_other_marks_are_said_and_not_taken(self, rows):
        file = table(rows)
        assert marks(file) == {}
        merged = ScoreMerge((), roll(), [Subject("语文")]).take(file, exams_of(file, "期中考试"))
        assert "import.other_marks" in [i.rule for i in merged.issues]

    def test_of_two_exams_under_each_other_only_the_one_asked_for(self):
        rows = [["期中考试成绩"], HEAD, [*A, 70], ["期末考试成绩"], HEAD, [*A, 80], [*B, 92]]
        assert marks(table(rows)) == {(A[0], "期中考试"): 70}
        beside = [["期中", None, None, "期末", None, None], HEAD * 2, [*A, 70, *A, 80]]
        assert marks(table(beside)) == {(A[0], "期中考试"): 70}

    def test_of_sheets_of_which_only_some_are_exams_those_of_others_stay_out(self):
        grids = [SheetGrid(n, [HEAD, [*A, m]]) for n, m in (("期中", 70), ("期末", 80), ("平时", 90))]
        assert marks(tables_of("a.xlsx", grids, SCORE_FILE)) == {(A[0], "期中考试"): 70}

    def test_the_exam_of_the_settings_gets_its_own_name(self, tmp_path):
        book = make_class(tmp_path, n=2, midterm_exam="期中考试")
        file = workbook(tmp_path / "a.xlsx", [["学号", "考试", "语文"], ["02600001", "期中", 50]])
        run_closed(BY_ID["import_scores"], book, today=TODAY, options={"file": file, "file_name": file.name})
        assert [r["exam"] for r in rows_of(book, schema.SCORES) if r["语文"] == 50] == ["期中考试"]


class TestNorms:
    def test_rows_that_name_nobody_are_listed_and_sums_are_no_subject(self, tmp_path):
        rows = [HEAD, [*A, 80], [*B, 90], [None, None, 85.5], ["三年级平均", None, 86]]
        report = norms([workbook(tmp_path / "a.xlsx", rows)], grade="三年级", exam="期中", today=TODAY)
        assert [r["人数"] for r in report.rows] == [2]
        assert "norms.no_identity" in [i.rule for i in report.issues]
        long = [["学号", "姓名", "学科", "成绩"], [*A, "语文", 80], [*A, "总分", 180]]
        report = norms([workbook(tmp_path / "b.xlsx", long)], grade="三年级", exam="期中", today=TODAY)
        assert [r["学科"] for r in report.rows] == ["语文"]

    def test_a_refusal_comes_with_its_reasons(self, tmp_path):
        sheets = {"甲": [["学号", "语文"], ["1", 80]], "乙": [["学号", "语文"], ["1", 70]]}
        report = norms([workbook(tmp_path / "a.xlsx", sheets)], grade="三年级", exam="期中", today=TODAY)
        assert not report.ok
        assert report.issues

    def test_without_a_place_to_write_nothing_is_written(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        file = workbook(tmp_path / "a.xlsx", [["编号", "语文"], ["1", 80]])
        assert norms([file], grade="三年级", exam="期中", columns={"编号": "学号"}, today=TODAY).ok
        assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]


class TestTheOfficesMemory:
    ODD = (["编码", "姓名", "语文"], ["02600001", "测试01", 80])

    def _spread(self, folder, tmp_path):
        file = workbook(tmp_path / "a.xlsx", self.ODD)
        options = {"exam": "月考", "columns": {"编码": "学号"}}
        return import_into_folder(BY_ID["import_scores"], folder, file, today=TODAY, options=options)

    def test_open_in_a_spreadsheet_program_it_is_a_reminder_after_the_work(self, tmp_path):
        folder = make_class(tmp_path / "班", n=1).parent
        assert self._spread(folder, tmp_path).exit_code == 0
        memory = folder / "导入对照.xlsx"
        memory.unlink()
        (folder / "~$导入对照.xlsx").write_bytes(b"\x06Someone")
        memory.write_bytes(workbook(tmp_path / "m.xlsx", {"导入对照": [["表头式样", "列"]]}).read_bytes())
        report = self._spread(folder, tmp_path)
        assert report.books[0].ok
        assert [i.rule for i in report.issues] == ["import.memory"]

    def test_another_file_of_that_name_is_never_written_over(self, tmp_path):
        folder = make_class(tmp_path / "班", n=1).parent
        other = workbook(folder / "导入对照.xlsx", [["别的内容"]]).read_bytes()
        report = self._spread(folder, tmp_path)
        assert report.exit_code == 3
        assert (folder / "导入对照.xlsx").read_bytes() == other


def test_other_classes_leave_no_value_in_the_workbook_of_this_one(tmp_path):
    book = make_class(tmp_path, n=1)
    rows = [
        ["学号", "姓名", "语文", "曾用名", "住处"],
        ["9990001", "别班甲", 33, "旧示例", "某路12号"],
        ["02600001", "测试01", 80, None, None],
    ]
    file = workbook(tmp_path / "a.xlsx", rows)
    report = run_closed(
        BY_ID["import_scores"], book, today=TODAY, options={"file": file, "file_name": file.name, "exam": "月考"}
    )
    assert report.ok
    kept = "".join(str(r.get("sample") or "") for r in rows_of(book, schema.MAPPING))
    assert "80" in kept
    assert not [value for value in ("别", "旧", "某", "33") if value in kept]


def test_a_pupils_row_is_never_offered_as_a_header(tmp_path):
    with pytest.raises(WorkbookError) as caught:
        table([["230301", "示例甲", "优"], ["230302", "示例乙", "良"]])
    assert caught.value.columns == ()


def test_a_text_of_any_length_in_a_cell_ends_no_import(tmp_path):
    book = make_class(tmp_path, n=2)
    file = workbook(tmp_path / "a.xlsx", [["学号", "语文"], ["02600001", "缺" * 32_760], ["02600002", 80]])
    report = run_closed(
        BY_ID["import_scores"], book, today=TODAY, options={"file": file, "file_name": file.name, "exam": "月考"}
    )
    assert report.ok
    assert all(len(i.message) < 500 for i in report.issues)


def test_many_rows_of_one_reason_are_one_line_that_names_their_cells():
    one = [
        Issue(ERROR, "表", "import.unknown", f"没有 {n}", "核对", n, "学号", f"A{n}", "a.xlsx")
        for n in (*range(2, 40), 50)
    ]
    other = Issue(ERROR, "表", "import.range", "超出", "", 3, "语文", "B3", "a.xlsx")
    (line, kept) = gathered([*one, other])
    assert kept == other
    assert (line.cell, line.level) == ("A2", ERROR)
    assert "39 行" in line.message
    assert "A2–A39、A50" in line.message
    assert gathered(one[:10]) == one[:10]
