"""Opening a workbook package and writing it back with every other part untouched (§8)."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys

import openpyxl
import pytest
from pyopenvba.integrity import check_file
from python_calamine import CalamineWorkbook

from workbook.sample_books import (
    MAIN,
    PACKAGE,
    RELATIONS,
    class_book,
    differing,
    hand_made,
    pack,
    parts,
    without_cached_results,
    worksheet,
)
from xlbangfu.workbook.errors import WorkbookError, WorkbookLocked, WorkbookRearranged, WorkbookUnreadable
from xlbangfu.workbook.package import Edit, Link, Package

HOME, ROSTER, SCORES = (f"xl/worksheets/sheet{number}.xml" for number in (1, 3, 4))


@pytest.fixture
def book(tmp_path):
    return class_book(tmp_path / "三年级2班.xlsx")


class TestOpening:
    def test_a_class_workbook_tells_its_sheets_tables_and_names(self, book):
        package = Package.open(book)
        assert [sheet.name for sheet in package.sheets][:4] == ["首页", "设置", "名册", "成绩"]
        roster = package.table("tblroster")
        assert (roster.sheet, roster.reference, roster.header_row) == ("名册", "A1:E56", 1)
        assert roster.columns == ("学号", "姓名", "性别", "状态", "状态日期")
        assert package.defined_names["XB_STATUS", None] == "首页!$B$9"
        assert package.defined_names["名单", "成绩"] == "成绩!$A$2:$A$60"
        assert not package.date1904
        assert not package.changed

    def test_sheet_states_and_the_other_calendar(self):
        data = hand_made(worksheet(""), more_sheets=[("密", worksheet(""))])
        xml = parts(data)["xl/workbook.xml"].decode().replace('name="密"', 'name="密" state="veryHidden"')
        xml = xml.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
        package = Package(pack({**parts(data), "xl/workbook.xml": xml}))
        assert [sheet.state for sheet in package.sheets] == ["visible", "veryHidden"]
        assert package.date1904

    def test_parts_are_found_by_relationship_whatever_their_names_and_spelling(self):
        contents = {
            "[Content_Types].xml": parts(hand_made(worksheet("")))["[Content_Types].xml"],
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
            f'Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/XL/Book.xml"/></Relationships>',
            "xl/book.xml": f'<x:workbook xmlns:x="{MAIN}" xmlns:q="{RELATIONS}"><x:sheets>'
            '<x:sheet name="a&amp;b" sheetId="1" q:id="z"/></x:sheets></x:workbook>',
            "xl/_rels/book.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="z" '
            f'Type="{RELATIONS}/worksheet" Target="../data/One.xml"/></Relationships>',
            "data\\one.xml": worksheet(""),
        }
        package = Package(pack(contents))
        assert package.edit_cells("a&b", [Edit(1, 1, 5)]) == [(1, 1)]
        assert b'<x:calcPr fullCalcOnLoad="1"/></x:workbook>' in parts(package.to_bytes())["xl/book.xml"]

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "空的"),
            (b"PK\3\4half a file", "不完整"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧格式"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
            (b"<html><table>", "不是 Excel 工作簿"),
            ("学号,姓名\n".encode("gbk"), "不是 Excel 工作簿"),
            (pack({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "ods"),
            (pack({"readme.txt": "x"}), "不是 .xlsx"),
        ],
    )
    def test_other_files_are_called_what_they_are(self, tmp_path, data, sentence):
        path = tmp_path / "改了名.xlsx"
        path.write_bytes(data)
        with pytest.raises(WorkbookUnreadable, match=sentence) as error:
            Package.open(path)
        assert error.value.path == path

    def test_a_missing_file_is_a_sentence(self, tmp_path):
        with pytest.raises(WorkbookUnreadable, match=r"找不到文件“无\.xlsx”"):
            Package.open(tmp_path / "无.xlsx")

    def test_entities_are_never_expanded(self):
        laughs = f'<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><workbook xmlns="{MAIN}">&b;</workbook>'
        with pytest.raises(WorkbookUnreadable, match="DOCTYPE"):
            Package(pack({**parts(hand_made(worksheet(""))), "xl/workbook.xml": laughs}))

    def test_errors_cross_process_borders_whole(self):
        import pickle

        error = pickle.loads(pickle.dumps(WorkbookRearranged("不行", path="a.xlsx", sheet="名册", cell="B5")))
        assert (error.message, error.path, error.sheet, error.cell, str(error)) == (
            "不行",
            "a.xlsx",
            "名册",
            "B5",
            "不行",
        )


class TestWriting:
    def test_only_the_sheet_s_part_changes(self, book):
        before = book.read_bytes()
        package = Package.open(book)
        changed = package.edit_cells("设置", [Edit(2, 2, "四年级"), Edit(9, 1, "新项目")])
        assert changed == [(2, 2), (9, 1)]
        assert package.save()
        # XlsxWriter asks for a full calculation already, so the workbook part stays too.
        assert differing(before, book) == {"xl/worksheets/sheet2.xml"}
        assert book.with_name(book.name + ".bak").read_bytes() == before
        assert check_file(str(book)).ok

    def test_figures_that_rest_on_a_change_lose_their_stored_result_and_nothing_else(self, book):
        before = book.read_bytes()
        package = Package.open(book)
        package.edit_cells("成绩", [Edit(2, 3, 99)])
        package.save()
        assert differing(before, book) == {HOME, SCORES}
        old, new = parts(before)[HOME], parts(book)[HOME]
        assert without_cached_results(old) == without_cached_results(new)
        kept = dict(re.findall(rb'<c r="(\w+)"[^>]*><f[^>]*>[^<]*</f><v>([^<]*)</v>', new))
        # The average of 语文 and what doubles it went; the count of pupils, 1+1 and the sum of 数学 still hold.
        assert kept.keys() == {b"B2", b"B5", b"B6", b"D2"}
        scores = re.findall(rb'<c r="(I\d)"[^>]*><f>[^<]*</f>(<v>)?', parts(book)[SCORES])
        assert scores == [(b"I2", b""), (b"I3", b"<v>")]

    def test_a_macro_workbook_keeps_its_project_and_its_buttons(self, tmp_path):
        book = class_book(tmp_path / "班.xlsm", macros=True)
        before = book.read_bytes()
        package = Package.open(book)
        package.edit_cells("名册", [Edit(57, 1, "2026030199"), Edit(57, 2, "测试新")])
        package.extend_table("tblRoster", 57)
        package.save()
        assert differing(before, book) == {HOME, ROSTER, "xl/tables/table1.xml"}
        assert check_file(str(book)).ok
        assert parts(book)["xl/vbaProject.bin"] == parts(before)["xl/vbaProject.bin"]

    def test_values_read_back_through_openpyxl_and_calamine(self, book):
        package = Package.open(book)
        values = ["文字", 12, 58.5, True, dt.date(2026, 9, 1), Link("名册", "B5"), "=1+1", None]
        package.edit_cells("名册", [Edit(60, column, value) for column, value in enumerate(values, 1)])
        package.edit_cells("名册", [Edit(60, 5, dt.date(2026, 9, 1)), Edit(60, 8, "末")])
        package.save()
        sheet = openpyxl.load_workbook(book)["名册"]
        link = '=HYPERLINK("#\'名册\'!B5","名册!B5")'
        when = dt.datetime(2026, 9, 1)
        assert [cell.value for cell in sheet[60]] == ["文字", 12, 58.5, True, when, link, "=1+1", "末"]
        assert [cell.data_type for cell in sheet[60]] == ["s", "n", "n", "b", "d", "f", "s", "s"]
        row = CalamineWorkbook.from_path(str(book)).get_sheet_by_name("名册").to_python()[59]
        assert row[:8] == ["文字", 12, 58.5, True, dt.date(2026, 9, 1), "名册!B5", "=1+1", "末"]

    def test_what_teachers_added_is_still_there(self, book):
        package = Package.open(book)
        package.edit_cells("名册", [Edit(2, 2, "改名"), Edit(80, 1, "2026030180")])
        package.save()
        sheet = openpyxl.load_workbook(book)["名册"]
        assert sheet["B2"].comment.text == "请核对姓名"
        assert {str(rule.sqref) for rule in sheet.data_validations.dataValidation} == {"C2:C201", "D2:D201"}
        assert sheet["A80"].number_format == "@"
        old = parts(book.with_name(f"{book.name}.bak"))[ROSTER]
        assert re.findall(rb' s="(\d+)"', parts(book)[ROSTER])[: old.count(b' s="')] == re.findall(rb' s="(\d+)"', old)
        home = parts(book)[HOME]
        assert b"<mergeCell " in home
        assert b"x14:sparkline" in parts(book)[SCORES]

    def test_a_run_that_would_change_nothing_changes_nothing(self, book):
        before, seen = book.read_bytes(), os.stat(book)
        package = Package.open(book)
        sheet = openpyxl.load_workbook(book)["名册"]
        edits = [Edit(c.row, c.column, c.value) for row in sheet.iter_rows() for c in row]
        assert len(edits) > 200
        assert package.edit_cells("名册", edits) == []
        assert not package.extend_table("tblRoster", 40)
        assert not package.set_table_columns("tblRoster", ["学号", "姓名", "性别", "状态", "状态日期"])
        assert not package.changed
        assert not package.save()
        assert package.to_bytes() == before
        assert os.stat(book).st_mtime_ns == seen.st_mtime_ns
        assert os.listdir(book.parent) == [book.name]

    def test_a_change_taken_back_leaves_the_old_file(self, book):
        package = Package.open(book)
        package.edit_cells("设置", [Edit(9, 1, "x")])
        rows = package.sheet_bytes("设置")
        package.edit_cells("设置", [Edit(9, 1, None)])
        assert package.sheet_bytes("设置") != rows
        package = Package(hand_made(worksheet('<row r="1"><c r="A1"><v>1</v></c></row>')))
        package.edit_cells("表", [Edit(1, 1, 2)])
        package.edit_cells("表", [Edit(1, 1, 1)])
        assert not package.changed
        assert package.changed_parts() == {}

    def test_the_same_edits_give_the_same_bytes(self, book):
        results = []
        for _ in range(2):
            package = Package.open(book)
            package.edit_cells("成绩", [Edit(2, 3, 99), Edit(70, 2, "x")])
            results.append(package.to_bytes())
        assert results[0] == results[1]

    def test_an_edit_that_is_refused_leaves_no_trace(self, book):
        package = Package.open(book)
        with pytest.raises(WorkbookRearranged, match="“首页”的 B10 在合并单元格 A10:C10 里") as error:
            package.edit_cells("首页", [Edit(20, 1, "x"), Edit(10, 2, "y")])
        assert (error.value.path, error.value.sheet, error.value.cell) == (book, "首页", "B10")
        with pytest.raises(WorkbookRearranged, match="找不到工作表“名单”"):
            package.edit_cells("名单", [Edit(1, 1, "x")])
        assert not package.changed

    def test_a_header_cell_of_a_table_is_not_edited_as_a_cell(self, book):
        package = Package.open(book)
        with pytest.raises(ValueError, match="B1 is a header cell"):
            package.edit_cells("名册", [Edit(1, 2, "名字")])
        assert package.edit_cells("名册", [Edit(1, 2, "姓名"), Edit(1, 9, "旁边")]) == [(1, 9)]

    def test_a_file_changed_since_it_was_read_is_not_overwritten(self, book):
        package = Package.open(book)
        package.edit_cells("设置", [Edit(2, 2, "x")])
        other = Package.open(book)
        other.edit_cells("设置", [Edit(3, 2, "y")])
        other.save()
        before = book.read_bytes()
        with pytest.raises(WorkbookLocked, match="又被别的程序改过"):
            package.save()
        assert book.read_bytes() == before

    def test_a_package_can_be_saved_again_and_again(self, book):
        package = Package.open(book)
        for number in range(3):
            package.edit_cells("设置", [Edit(2, 2, f"第{number}次")])
            assert package.save()
        assert Package.open(book).edit_cells("设置", [Edit(2, 2, "第2次")]) == []


class TestCalculationChainAndSettings:
    def with_chain(self, rows: str, calc: str = "") -> bytes:
        contents = parts(hand_made(worksheet(rows), book_extra=calc))
        contents["xl/calcChain.xml"] = f'<calcChain xmlns="{MAIN}"><c r="A1" i="1"/></calcChain>'.encode()
        link = f'<Relationship Id="rIdC" Type="{RELATIONS}/calcChain" Target="calcChain.xml"/></Relationships>'
        rels = contents["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", link.encode())
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
        override = f'<Override PartName="/xl/calcChain.xml" ContentType="{kind}"/></Types>'
        types = contents["[Content_Types].xml"].replace(b"</Types>", override.encode())
        return pack({**contents, "xl/_rels/workbook.xml.rels": rels, "[Content_Types].xml": types})

    def test_the_chain_goes_with_its_links_when_a_formula_cell_goes(self, tmp_path):
        before = self.with_chain('<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>')
        package = Package(before)
        package.edit_cells("表", [Edit(1, 1, 5)])
        new = parts(package.to_bytes())
        plain = parts(hand_made(worksheet("")))
        assert "xl/calcChain.xml" not in new
        assert new["[Content_Types].xml"] == plain["[Content_Types].xml"]
        assert new["xl/_rels/workbook.xml.rels"] == plain["xl/_rels/workbook.xml.rels"]
        written = tmp_path / "written.xlsx"
        written.write_bytes(package.to_bytes())
        package.check_written(written, package.to_bytes())
        written.write_bytes(before)
        with pytest.raises(WorkbookUnreadable, match="核对不上"):
            package.check_written(written, package.to_bytes())

    @pytest.mark.parametrize("value", [5, Link("表", "A1")])
    def test_and_stays_otherwise(self, value):
        formula = '<c r="A1" t="str"><f>HYPERLINK("x","y")</f><v>y</v></c>'
        before = self.with_chain(f'<row r="1">{formula}</row>')
        package = Package(before)
        package.edit_cells("表", [Edit(1, 1 if isinstance(value, Link) else 2, value)])
        assert differing(before, package.to_bytes()) == {"xl/worksheets/sheet1.xml", "xl/workbook.xml"}

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("", '<calcPr fullCalcOnLoad="1"/>'),
            ("<definedNames/>", '<definedNames/><calcPr fullCalcOnLoad="1"/>'),
            ('<calcPr calcId="1"/>', '<calcPr calcId="1" fullCalcOnLoad="1"/>'),
            ('<calcPr fullCalcOnLoad="0" calcId="1" />', '<calcPr fullCalcOnLoad="1" calcId="1" />'),
            (
                "<calcPr calcId='1' fullCalcOnLoad='true'></calcPr>",
                "<calcPr calcId='1' fullCalcOnLoad='true'></calcPr>",
            ),
            ("<oleSize ref='A1'/>", "<calcPr fullCalcOnLoad=\"1\"/><oleSize ref='A1'/>"),
        ],
    )
    def test_full_calculation_is_asked_for_and_nothing_else(self, old, new):
        before = hand_made(worksheet(""), book_extra=old)
        package = Package(before)
        package.edit_cells("表", [Edit(1, 1, 5)])
        xml = parts(before)["xl/workbook.xml"].decode()
        assert parts(package.to_bytes())["xl/workbook.xml"].decode() == xml.replace(
            f"</sheets>{old}", f"</sheets>{new}"
        )


class TestCost:
    def test_the_closed_door_imports_nothing_slow(self):
        code = "import sys, xlbangfu.workbook.package; print(*sys.modules)"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        slow = {"zipfile", "pathlib", "typing", "dataclasses", "fractions", "tempfile", "shutil", "openpyxl", "pandas"}
        assert not slow & set(loaded)

    def test_every_error_is_one_short_chinese_sentence(self, tmp_path):
        path = tmp_path / "a.xlsx"
        path.write_bytes(b"x")
        with pytest.raises(WorkbookError) as error:
            Package.open(path)
        assert error.value.message.endswith("。")
        assert len(error.value.message) < 60
