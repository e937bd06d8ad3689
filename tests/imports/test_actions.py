"""导入名册, 导入成绩, 导入常模 on real workbooks, one and many (spec §3, §3.1, §9)."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from classbooks import TODAY, fill, make_class, rows_of, run
from imports.tablefiles import text_file, workbook
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.imports import import_into_folder
from xlbangfu.cli import main
from xlbangfu.schema import ERROR
from xlbangfu.workbook import locks
from xlbangfu.workbook.errors import WorkbookLocked

SCORE_HEAD = ["学号", "姓名", "语文", "数学", "英语"]


def imported(action_id: str, book: Path, file: Path, **options):
    """One import as the command runs it."""
    return run(action_id, book, file=file, file_name=file.name, **options)


def spread(action_id: str, folder: Path, file: Path, **options):
    """One file over a folder."""
    return import_into_folder(BY_ID[action_id], folder, file, today=TODAY, options=options)


def balanced(counts):
    """True if every row read is accounted for."""
    return counts["读取行"] == sum(counts[k] for k in ("导入行", "列出行", "跳过行", "其他班级行", "其他工作表行"))


@pytest.fixture
def book(tmp_path) -> Path:
    """三年级1班 with six pupils, 026000x."""
    return make_class(tmp_path / "班", n=6)


class TestOneWorkbook:
    def test_a_roster_adds_pupils_and_keeps_leading_zeros(self, tmp_path):
        empty = make_class(tmp_path, n=0)
        file = text_file(
            tmp_path / "名册.csv", [["三年级1班名册"], ["学号", "姓名", "性别"], ["0269001", "测试甲", "男"]], "gbk"
        )
        report = imported("import_roster", empty, file)
        assert report.ok
        assert [(r["pupil_id"], r["name"], r["gender"], r["status"]) for r in rows_of(empty, schema.ROSTER)] == [
            ("0269001", "测试甲", "男", "在读")
        ]
        assert balanced(report.counts)

    def test_scores_fill_blank_cells_and_a_second_run_changes_nothing(self, tmp_path, book):
        rows = [SCORE_HEAD, ["02600001", "", 80, "", ""], ["02600002", "", "缺考", 70.5, "90分"]]
        file = workbook(tmp_path / "月考.xlsx", rows)
        report = imported("import_scores", book, file, exam="月考")
        assert report.ok
        assert balanced(report.counts)
        found = {
            r["pupil_id"]: (r["语文"], r["数学"], r["英语"])
            for r in rows_of(book, schema.SCORES)
            if r["exam"] == "月考"
        }
        assert found == {"02600001": (80, None, None), "02600002": ("缺考", 70.5, 90)}
        before = book.read_bytes()
        again = imported("import_scores", book, file, exam="月考")
        assert again.written == []
        assert book.read_bytes() == before

    def test_a_mark_of_0_is_a_mark_and_no_blank(self, tmp_path, book):
        file = workbook(tmp_path / "月考.xlsx", [SCORE_HEAD, ["02600001", "", 0, 70, ""]])
        imported("import_scores", book, file, exam="月考")
        (row,) = [r for r in rows_of(book, schema.SCORES) if r["exam"] == "月考"]
        assert (row["语文"], row["数学"], row["英语"]) == (0, 70, None)

    def test_a_difference_stands_in_数据问题_with_its_file_until_it_is_gone(self, tmp_path, book):
        old = next(r for r in rows_of(book, schema.SCORES) if r["exam"] == "期中")
        file = workbook(tmp_path / "期中.xlsx", [SCORE_HEAD, [old["pupil_id"], "", old["语文"] + 1, "", ""]])
        report = imported("import_scores", book, file, exam="期中")
        assert report.exit_code == 0
        (row,) = [r for r in rows_of(book, schema.ISSUES) if r["rule"] == "import.differs"]
        assert row["place"] == "期中.xlsx：Sheet1!C2"
        report = imported("import_scores", book, file, exam="期中", replace=True)
        now = next(r for r in rows_of(book, schema.SCORES) if r["exam"] == "期中")
        assert now["语文"] == old["语文"] + 1
        imported("import_scores", book, file, exam="期中")
        assert [r for r in rows_of(book, schema.ISSUES) if r["rule"] == "import.differs"] == []

    def test_an_exam_that_设置_does_not_know_is_said(self, tmp_path, book):
        file = workbook(tmp_path / "a.xlsx", [SCORE_HEAD, ["02600001", "", 80, "", ""]])
        report = imported("import_scores", book, file, exam="其中")
        assert [i.rule for i in report.issues] == ["import.exam"]

    @pytest.mark.parametrize("action_id", ["import_roster", "import_scores", "import_norms"])
    def test_a_file_that_cannot_be_read_is_a_refusal_and_nothing_is_written(self, tmp_path, book, action_id):
        file = tmp_path / "坏.xlsx"
        file.write_bytes(b"PK\x03\x04 broken")
        before = book.read_bytes()
        report = imported(action_id, book, file, exam="期中")
        assert report.exit_code == 3
        assert book.read_bytes() == before

    def test_without_a_file_the_one_named_in_设置_is_taken(self, tmp_path):
        file = workbook(tmp_path / "名册.xlsx", [["学号", "姓名"], ["0269001", "测试甲"]])
        book = make_class(tmp_path / "班", n=0, import_file=str(file))
        assert run("import_roster", book).ok
        assert len(rows_of(book, schema.ROSTER)) == 1
        nothing = make_class(tmp_path / "别", n=0)
        assert "导入文件" in run("import_roster", nothing).message

    def test_planning_writes_nothing(self, tmp_path, book):
        file = workbook(tmp_path / "名册.xlsx", [["学号", "姓名"], ["0269001", "测试甲"]])
        before = book.read_bytes()
        report = imported("import_roster", book, file, plan=True)
        assert any("0269001" in line for line in report.planned)
        assert book.read_bytes() == before

    def test_a_row_of_名册_without_number_gets_it_from_the_file(self, tmp_path):
        book = make_class(tmp_path, n=0)
        fill(book, {schema.ROSTER: [{"pupil_id": None, "name": "测试甲"}]})
        file = workbook(tmp_path / "名册.xlsx", [["学号", "姓名", "性别"], ["0269001", "测试甲", "男"]])
        report = imported("import_roster", book, file)
        assert report.issues == []
        assert [(r["pupil_id"], r["gender"]) for r in rows_of(book, schema.ROSTER)] == [("0269001", "男")]

    def test_text_that_begins_like_a_formula_stays_text(self, tmp_path):
        book = make_class(tmp_path, n=0)
        file = workbook(tmp_path / "名册.xlsx", [["学号", "姓名", "备注"], ["0269001", "测试甲", '=HYPERLINK("x")']])
        imported("import_roster", book, file)
        assert rows_of(book, schema.ROSTER)[0]["remark"] == '=HYPERLINK("x")'

    def test_the_message_counts_what_happened(self, tmp_path, book):
        rows = [
            ["第三次月考成绩"],
            SCORE_HEAD,
            ["02600001", "", 80, "", ""],
            ["0269999", "", 70, "", ""],
            ["平均分", "", 75, "", ""],
        ]
        report = imported("import_scores", book, workbook(tmp_path / "a.xlsx", rows), exam="月考")
        assert (
            report.message
            == "导入成绩完成：新增 1 行，填入 1 格；读取 5 行：导入 1 行，列出 1 行，跳过标题、空行、合计 3 行"
        )
        assert report.exit_code == 1


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two classes of 三年级; 学号 are 02600001… in 1班 and 0269001… in 2班."""
    made = tmp_path / "班"
    make_class(made, n=3)
    other = make_class(made, n=0, name="三年级2班.xlsm", class_name="2班")
    fill(other, {schema.ROSTER: [{"pupil_id": f"026900{i}", "name": f"别班{i}", "status": "在读"} for i in (1, 2)]})
    (made / "说明.txt").write_text("x", encoding="utf-8")
    return made


class TestAFolder:
    def test_every_row_lands_in_one_workbook_or_in_the_list(self, tmp_path, folder):
        rows = [
            ["班级", "学号", "姓名", "语文"],
            ["", "02600001", "测试01", 80],
            ["", "0269001", "别班1", 70],
            ["三年级2班", "", "别班2", 60],
            ["", "7777", "测试无", 50],
            ["三年级9班", "", "测试无", 50],
            ["", "", "", 40],
            ["平均分", "", "", 66],
        ]
        report = spread("import_scores", folder, workbook(tmp_path / "月考.xlsx", rows), exam="月考")
        found = {
            book: [(r["pupil_id"], r["语文"]) for r in rows_of(folder / book, schema.SCORES) if r["exam"] == "月考"]
            for book in ("三年级1班.xlsm", "三年级2班.xlsm")
        }
        assert found == {"三年级1班.xlsm": [("02600001", 80)], "三年级2班.xlsm": [("0269001", 70), ("0269002", 60)]}
        assert [(i.cell, i.rule) for i in report.issues if i.level == ERROR] == [
            ("B5", "import.unknown"),
            ("B6", "import.unknown"),
            ("B7", "import.no_identity"),
        ]
        assert sum(b.counts["导入行"] for b in report.books) == 3
        assert report.accounting.balanced
        assert (report.accounting.read, report.accounting.taken, report.accounting.listed) == (8, 3, 3)
        assert all(balanced(b.counts) for b in report.books)
        assert report.exit_code == 1

    def test_new_pupils_go_to_the_workbook_of_their_class(self, tmp_path, folder):
        rows = [
            ["年级", "班级", "学号", "姓名"],
            ["三年级", "1班", "0270001", "测试新"],
            ["三年级", "2", "0270002", "测试新"],
        ]
        report = spread("import_roster", folder, workbook(tmp_path / "名册.xlsx", rows))
        assert report.exit_code == 0
        assert rows_of(folder / "三年级1班.xlsm", schema.ROSTER)[-1]["pupil_id"] == "0270001"
        assert rows_of(folder / "三年级2班.xlsm", schema.ROSTER)[-1]["pupil_id"] == "0270002"

    def test_rows_of_a_workbook_that_is_open_are_listed(self, tmp_path, folder, monkeypatch):
        def refuse(path):
            if Path(path).name == "三年级2班.xlsm":
                raise WorkbookLocked("正被打开，请先关闭它再试。", path=path)

        monkeypatch.setattr(locks, "refuse_if_open", refuse)
        rows = [["学号", "语文"], ["02600001", 80], ["0269001", 70]]
        report = spread("import_scores", folder, workbook(tmp_path / "a.xlsx", rows), exam="月考")
        assert [b.ok for b in report.books] == [True, False]
        assert [i.cell for i in report.issues if i.rule == "import.refused"] == ["A3"]
        assert report.accounting.balanced
        assert report.exit_code == 1

    def test_rows_for_a_workbook_that_cannot_be_read_are_listed(self, tmp_path, folder):
        (folder / "三年级2班.xlsm").write_bytes(b"broken")
        rows = [["学号", "语文"], ["02600001", 80], ["0269001", 70]]
        report = spread("import_scores", folder, workbook(tmp_path / "a.xlsx", rows), exam="月考")
        assert [b.ok for b in report.books] == [True, False]
        assert [i.cell for i in report.issues if i.level == ERROR] == ["A3"]
        assert report.accounting.balanced

    def test_without_an_exam_nothing_is_written_anywhere(self, tmp_path, folder):
        before = [p.read_bytes() for p in sorted(folder.glob("*.xlsm"))]
        report = spread("import_scores", folder, workbook(tmp_path / "期中.xlsx", [["学号", "语文"], ["02600001", 80]]))
        assert report.exit_code == 3
        assert "--exam" in report.books[0].message
        assert [p.read_bytes() for p in sorted(folder.glob("*.xlsm"))] == before

    def test_the_command_prints_one_json_object(self, tmp_path, folder):
        file = workbook(tmp_path / "a.xlsx", [["学号", "语文"], ["02600001", 80], ["7777", 1]])
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = main(["import-scores", str(folder), str(file), "--exam", "月考", "--json"])
        found = json.loads(out.getvalue())
        assert code == 1
        assert [b["ok"] for b in found["books"]] == [True, True]
        assert found["issues"][0]["cell"] == "A3"


NORMS_HEAD = [c.label for c in schema.NORMS.columns]


def norms_row(grade="三年级", exam="入学", subject="语文", distribution="58:3;60:2", **more):
    """A row of a 常模 file."""
    values = {"年级": grade, "考试": exam, "学科": subject, "人数": 5, "均分": 58.8, "分布": distribution, **more}
    return [values.get(label) for label in NORMS_HEAD]


class TestNorms:
    def test_rows_of_the_own_grade_are_taken_under_its_name(self, tmp_path, book):
        file = workbook(tmp_path / "常模.xlsx", [NORMS_HEAD, norms_row("3年级"), norms_row("四年级")])
        report = imported("import_norms", book, file)
        assert [(r["grade"], r["distribution"]) for r in rows_of(book, schema.NORMS)] == [("三年级", "58:3;60:2")]
        assert balanced(report.counts)
        assert report.counts["其他班级行"] == 1

    def test_a_row_that_differs_is_kept_or_replaced_as_a_whole(self, tmp_path, book):
        imported("import_norms", book, workbook(tmp_path / "常模.xlsx", [NORMS_HEAD, norms_row()]))
        newer = workbook(tmp_path / "新.xlsx", [NORMS_HEAD, norms_row(distribution="58:3;61:2", 均分=59.2)])
        report = imported("import_norms", book, newer)
        assert [i.rule for i in report.issues] == ["import.differs"]
        assert rows_of(book, schema.NORMS)[0]["distribution"] == "58:3;60:2"
        imported("import_norms", book, newer, replace=True)
        row = rows_of(book, schema.NORMS)[0]
        assert (row["distribution"], float(row["mean"])) == ("58:3;61:2", 59.2)

    @pytest.mark.parametrize("text", ["", "58", "60:1;58:2", "58:0", "优:1;60:2"])
    def test_a_distribution_that_cannot_be_read_is_listed(self, tmp_path, book, text):
        report = imported(
            "import_norms", book, workbook(tmp_path / "常模.xlsx", [NORMS_HEAD, norms_row(distribution=text)])
        )
        assert rows_of(book, schema.NORMS) == []
        assert [i.rule for i in report.issues if i.level == ERROR] == ["import.norms"]

    def test_another_file_is_refused(self, tmp_path, book):
        report = imported("import_norms", book, workbook(tmp_path / "a.xlsx", [SCORE_HEAD, ["1", "测试甲", 1, 2, 3]]))
        assert "不是常模文件" in report.message
        assert not report.ok

    def test_over_a_folder_rows_of_a_grade_without_workbook_are_listed(self, tmp_path, folder):
        file = workbook(tmp_path / "常模.xlsx", [NORMS_HEAD, norms_row(), norms_row("六年级")])
        report = spread("import_norms", folder, file)
        assert all(len(rows_of(b, schema.NORMS)) == 1 for b in sorted(folder.glob("*.xlsm")))
        assert [i.rule for i in report.issues] == ["import.no_workbook"]
