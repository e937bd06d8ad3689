"""Any file a school sends gives grids or one sentence, never a traceback (spec §3.1, §8)."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlrd
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.tablefiles import text_file, workbook
from xlbangfu.imports import reading, textfiles, xlsxfiles
from xlbangfu.imports.reading import CellError, read_table_file
from xlbangfu.workbook.errors import WorkbookError, WorkbookLocked

ROWS = [["学号", "姓名", "语文"], ["0260001", "测试甲", "85"], ["0260002", "测试乙", "缺考"]]


ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16"]
CELL = st.text(st.sampled_from("学号姓名示例甲乙缺考0189.,;\t\"' 病假（）𬀩\n"), max_size=8)
NUMBER = st.one_of(st.integers(0, 150), st.decimals(0, 150, places=2).map(float))
DATA = Path(__file__).parent / "data"
XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
needs_posix = pytest.mark.skipif(
    os.name != "posix", reason="Windows has no such files, or asks for rights to make them"
)


def without_blank_ends(rows: list[list[Any]]) -> list[list[Any]]:
    """Without blank cells at the end of a row and blank rows at the end of all."""
    rows = [list(row) for row in rows]
    for row in rows:
        while row and row[-1] is None:
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def raising(problem: BaseException) -> Callable[..., Any]:
    """A function that only raises."""

    def raise_it(*_: Any, **__: Any) -> Any:
        raise problem

    return raise_it


def refusal(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(WorkbookError) as caught:
        read_table_file(path)
    return caught.value.message


class TestTextFiles:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
    @pytest.mark.parametrize("delimiter", [",", "\t", ";"])
    def test_encodings_and_delimiters_of_spec_3_1_are_told_apart(self, tmp_path, encoding, delimiter):
        (grid,) = read_table_file(text_file(tmp_path / "成绩.csv", ROWS, encoding, delimiter))
        assert grid.rows == ROWS
        assert grid.name == "成绩"

    def test_rare_characters_survive_gb18030(self, tmp_path):
        rows = [["学号", "姓名"], ["1", "测试𬀩"], ["2", "测试㛃"]]
        (grid,) = read_table_file(text_file(tmp_path / "a.csv", rows, "gb18030"))
        assert grid.rows == rows

    def test_leading_zeros_that_an_export_protects_by_a_formula_are_kept(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text('学号,姓名\n"=""007""",测试甲\n', encoding="utf-8")
        assert read_table_file(path)[0].rows[1][0] == "007"

    def test_a_comma_inside_quotes_does_not_make_a_column(self, tmp_path):
        rows = [["学号", "姓名", "备注"], *([str(i), f"测试{i}", "一,二;三"] for i in range(20))]
        assert read_table_file(text_file(tmp_path / "a.csv", rows))[0].rows == rows

    def test_a_blank_line_keeps_its_row_number(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("学号,姓名\n\n1,测试甲\n", encoding="utf-8")
        assert read_table_file(path)[0].rows == [["学号", "姓名"], [], ["1", "测试甲"]]

    def test_a_cell_of_more_characters_than_csv_takes_is_named_by_its_line(self, tmp_path):
        path = text_file(tmp_path / "a.csv", [*ROWS, ["1", "测试丙", "很长" * 70_000]])
        assert "第 4 行" in (words := refusal(path)) and "131072" in words

    def test_more_cells_than_any_school_has_are_refused_before_they_are_read(self, tmp_path):
        (tmp_path / "a.csv").write_bytes(b"," * 2_500_000)
        assert "超出了能导入的范围" in refusal(tmp_path / "a.csv")

    def test_a_text_of_more_than_20_mb_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(textfiles, "MAX_TEXT_BYTES", 50)
        assert "MB" in refusal(text_file(tmp_path / "a.csv", ROWS))

    def test_a_long_cell_within_quotes_is_read_up_to_a_hundred_lines(self, tmp_path):
        rows = [*ROWS, ["0260003", "测试丙", "\n".join("评语" for _ in range(100))]]
        assert read_table_file(text_file(tmp_path / "a.csv", rows))[0].rows == rows
        rows[-1][2] += "\n评语"
        assert "第 4 行的引号" in refusal(text_file(tmp_path / "a.csv", rows))

    @settings(deadline=None)
    @given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=3, max_size=12), st.sampled_from(ENCODINGS))
    def test_what_csv_wrote_is_read_back_or_refused_but_never_altered(self, tmp_path_factory, rows, encoding):
        path = tmp_path_factory.getbasetemp() / "property.csv"
        written = [["学号", "姓名", "备注"], *rows]
        text_file(path, written, encoding)
        try:
            (grid,) = read_table_file(path)
        except WorkbookError:
            assert any("\n" in cell or "\r" in cell for row in rows for cell in row)
        else:
            assert grid.rows == written


class TestSpreadsheets:
    def test_an_xls_of_the_old_kind_is_read(self):
        (grid,) = read_table_file(DATA / "roster.xls")
        assert [row[1] for row in grid.rows[2:]] == ["测试甲", "测试乙"]

    @settings(deadline=None)
    @given(
        st.lists(st.lists(st.one_of(st.none(), NUMBER, CELL.map(str.strip)), min_size=1, max_size=4), max_size=6),
        st.booleans(),
    )
    def test_what_a_program_wrote_into_cells_is_read_back(self, tmp_path_factory, rows, inline):
        path = tmp_path_factory.getbasetemp() / "property.xlsx"
        book = xlsxwriter.Workbook(str(path), {"constant_memory": inline})
        sheet = book.add_worksheet()
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                sheet.write_string(r, c, value) if isinstance(value, str) else sheet.write(r, c, value)
        book.close()
        read = [[None if v == "" else v for v in row] for row in read_table_file(path)[0].rows]
        assert without_blank_ends(read) == without_blank_ends([[None if v == "" else v for v in row] for row in rows])

    def test_hidden_sheets_are_marked(self, tmp_path):
        path = workbook(tmp_path / "a.xlsx", {"甲": ROWS, "乙": ROWS}, hidden=["乙"])
        assert [(g.name, g.hidden) for g in read_table_file(path)] == [("甲", False), ("乙", True)]

    def test_zeros_that_only_the_number_format_shows_are_kept(self, tmp_path):
        book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
        sheet = book.add_worksheet()
        sheet.write(0, 0, "学号")
        sheet.write_number(1, 0, 7, book.add_format({"num_format": "0000"}))
        sheet.write_number(2, 0, 8, book.add_format({"num_format": "0.00"}))
        book.close()
        assert [row[0] for row in read_table_file(tmp_path / "a.xlsx")[0].rows] == ["学号", "0007", 8]

    def test_error_cells_and_uncalculated_formulas_are_no_blanks(self, tmp_path):
        book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
        sheet = book.add_worksheet()
        sheet.write_formula(0, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write(2, 0, "末行")
        book.close()
        path = tmp_path / "a.xlsx"
        _edit(path, "xl/worksheets/sheet1.xml", b"<v>2</v>", b"")
        rows = read_table_file(path)[0].rows
        assert isinstance(rows[0][0], CellError)
        assert "#DIV/0!" in rows[0][0].words
        assert isinstance(rows[1][0], CellError)
        assert "没有计算" in rows[1][0].words


def _edit(path: Path, part: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


class TestRefusals:
    @pytest.mark.parametrize("name", ["a.xlsx", "a.xlsm", "a.xls", "a.csv"])
    def test_an_empty_file(self, tmp_path, name):
        (tmp_path / name).write_bytes(b"")
        assert "空文件" in refusal(tmp_path / name)

    def test_a_file_that_is_not_there(self, tmp_path):
        assert "找不到文件" in refusal(tmp_path / "没有.xlsx")

    def test_a_folder(self, tmp_path):
        (tmp_path / "a.xlsx").mkdir()
        assert "不是一个文件" in refusal(tmp_path / "a.xlsx")

    def test_an_owner_file(self, tmp_path):
        (tmp_path / "~$a.xlsx").write_bytes(b"x")
        assert "临时文件" in refusal(tmp_path / "~$a.xlsx")

    def test_an_owner_file_of_libreoffice(self, tmp_path):
        (tmp_path / ".~lock.a.xlsx#").write_bytes(b"x")
        assert "临时文件" in refusal(tmp_path / ".~lock.a.xlsx#")

    @needs_posix
    def test_a_pipe_keeps_nobody_waiting(self, tmp_path):
        os.mkfifo(tmp_path / "a.xlsx")
        assert "不是一个文件" in refusal(tmp_path / "a.xlsx")

    @needs_posix
    @pytest.mark.parametrize("target", ["/dev/zero", "/dev/null"])
    def test_a_device(self, tmp_path, target):
        (tmp_path / "a.xlsx").symlink_to(target)
        assert "不是一个文件" in refusal(tmp_path / "a.xlsx")

    @needs_posix
    def test_a_link_that_leads_nowhere(self, tmp_path):
        (tmp_path / "a.xlsx").symlink_to(tmp_path / "gone.xlsx")
        assert "找不到文件" in refusal(tmp_path / "a.xlsx")

    @needs_posix
    def test_a_link_in_a_circle(self, tmp_path):
        (tmp_path / "a.xlsx").symlink_to(tmp_path / "a.xlsx")
        assert "“a.xlsx”读不出来" in refusal(tmp_path / "a.xlsx")

    @needs_posix
    def test_a_name_of_two_lines_is_one_line_of_the_sentence(self, tmp_path):
        (tmp_path / "a\nb.xlsx").write_bytes(b"")
        assert "“a b.xlsx”是空文件" in refusal(tmp_path / "a\nb.xlsx")
        assert "\n" not in refusal(tmp_path / "c\nd.xlsx")

    def test_a_name_that_no_file_can_have(self, tmp_path):
        assert "找不到文件" in refusal(tmp_path / "a\0b.xlsx")

    def test_a_file_that_another_program_keeps_closed(self, tmp_path, monkeypatch):
        path = workbook(tmp_path / "a.xlsx", ROWS)
        monkeypatch.setattr(Path, "open", raising(PermissionError(13, "in use")))
        with pytest.raises(WorkbookLocked) as caught:
            read_table_file(path)
        assert "“a.xlsx”" in caught.value.message and "关闭" in caught.value.message

    def test_a_file_that_may_only_be_read_is_read(self, tmp_path):
        """As one received by WeChat; nothing is written beside it either."""
        folder = tmp_path / "received"
        folder.mkdir()
        path = workbook(folder / "a.xlsx", ROWS)
        path.chmod(0o444)
        folder.chmod(0o555)
        try:
            assert [list(r) for r in read_table_file(path)[0].rows] == ROWS
            assert [p.name for p in folder.iterdir()] == ["a.xlsx"]
        finally:
            folder.chmod(0o755)
            path.chmod(0o644)

    @pytest.mark.parametrize("kind", [".ods", ".xlsb", ".et", ".numbers", ".xltx", ".html", ".xml"])
    def test_another_kind_of_table_is_told_how_to_become_one(self, tmp_path, kind):
        (tmp_path / f"a{kind}").write_bytes(b"x")
        assert "另存为 .xlsx" in refusal(tmp_path / f"a{kind}")

    def test_another_kind_of_file(self, tmp_path):
        (tmp_path / "a.pdf").write_bytes(b"%PDF")
        assert ".xlsx" in refusal(tmp_path / "a.pdf")

    def test_a_web_page_renamed_to_xls(self, tmp_path):
        (tmp_path / "a.xls").write_text("<html><table><tr><td>学号</td></tr></table></html>", encoding="utf-8")
        assert "网页" in refusal(tmp_path / "a.xls")

    def test_a_workbook_renamed_to_csv(self, tmp_path):
        path = workbook(tmp_path / "a.xlsx", ROWS)
        assert "改回" in refusal(path.rename(tmp_path / "a.csv"))

    def test_bytes_that_are_no_text(self, tmp_path):
        (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 20)
        assert "编码" in refusal(tmp_path / "a.csv")

    @pytest.mark.parametrize("kept", [100, 3000])
    def test_a_truncated_workbook(self, tmp_path, kept):
        path = workbook(tmp_path / "a.xlsx", ROWS)
        path.write_bytes(path.read_bytes()[:kept])
        assert "损坏" in refusal(path)

    def test_an_encrypted_workbook(self, tmp_path):
        ooxml = pytest.importorskip("msoffcrypto.format.ooxml")
        plain = workbook(tmp_path / "a.xlsx", ROWS)
        with plain.open("rb") as file, (tmp_path / "b.xlsx").open("wb") as out:
            ooxml.OOXMLFile(file).encrypt("测试", out)
        assert "密码" in refusal(tmp_path / "b.xlsx")

    def test_an_old_format_that_only_begins_like_one(self, tmp_path):
        (tmp_path / "a.xls").write_bytes(XLS + b"\0" * 4000)
        assert "打不开" in refusal(tmp_path / "a.xls")

    def test_a_file_above_50_mb(self, tmp_path, monkeypatch):
        monkeypatch.setattr(reading, "MAX_FILE_BYTES", 1000)
        path = workbook(tmp_path / "a.xlsx", ROWS)
        assert path.stat().st_size > 1000
        assert "超过" in refusal(path)

    def test_a_cell_so_far_out_that_the_grid_would_not_fit_in_memory(self, tmp_path):
        book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
        sheet = book.add_worksheet()
        sheet.write(0, 0, "学号")
        sheet.write(1_048_575, 16_383, "x")
        book.close()
        assert "第 1048576 行" in refusal(tmp_path / "a.xlsx")

    @pytest.mark.parametrize("problem", [MemoryError, RecursionError])
    def test_what_the_machine_cannot_hold_is_a_sentence_too(self, tmp_path, monkeypatch, problem):
        path = workbook(tmp_path / "a.xlsx", ROWS)
        monkeypatch.setattr(xlsxfiles, "Archive", raising(problem()))
        assert "超出了能导入的范围" in refusal(path)

    def test_whatever_the_library_for_xls_raises_is_a_sentence_and_none_of_its_words(self, monkeypatch):
        monkeypatch.setattr(xlrd, "open_workbook", raising(AssertionError("index out of bounds")))
        assert "index" not in refusal(DATA / "roster.xls")

    @pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
    def test_stopping_the_program_is_no_damaged_file(self, monkeypatch, stop):
        monkeypatch.setattr(xlrd, "open_workbook", raising(stop()))
        with pytest.raises(stop):
            read_table_file(DATA / "roster.xls")

    def test_no_sentence_is_in_english(self, tmp_path):
        (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04" + b"x" * 200)
        words = (
            refusal(tmp_path / "a.xlsx")
            .replace("a.xlsx", "")
            .replace(".xlsx", "")
            .replace("Excel", "")
            .replace(".bak", "")
        )
        assert not any("a" <= letter.lower() <= "z" for letter in words), words
