"""Any file a school sends gives grids or one sentence, never a traceback (spec §3.1, §8)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from imports.tablefiles import text_file, workbook
from xlbangfu.imports import reading
from xlbangfu.imports.reading import CellError, read_table_file
from xlbangfu.workbook.errors import WorkbookError, WorkbookUnreadable

ROWS = [["学号", "姓名", "语文"], ["0260001", "测试甲", "85"], ["0260002", "测试乙", "缺考"]]


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


class TestSpreadsheets:
    def test_an_xls_of_the_old_kind_is_read(self):
        (grid,) = read_table_file(Path(__file__).parent / "data" / "roster.xls")
        assert [row[1] for row in grid.rows[2:]] == ["测试甲", "测试乙"]

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
        (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000)
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

    def test_a_panic_of_the_reading_library_is_a_sentence_too(self, tmp_path, monkeypatch):
        import python_calamine

        class PanicException(BaseException):
            pass

        class Broken:
            @staticmethod
            def from_filelike(file: io.BytesIO) -> None:
                raise PanicException("index out of bounds")

        path = workbook(tmp_path / "a.xlsx", ROWS)
        monkeypatch.setattr(python_calamine, "CalamineWorkbook", Broken)
        with pytest.raises(WorkbookUnreadable) as caught:
            read_table_file(path)
        assert "index" not in caught.value.message

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
