"""Workbooks as other programs leave them: LibreOffice, openpyxl, Excel and WPS themselves (§8)."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import openpyxl
import pytest
from pyopenvba.integrity import check_file
from python_calamine import CalamineWorkbook

from workbook.sample_books import (
    XLSM_FILTER,
    class_book,
    converted,
    differing,
    needs_libreoffice,
    parts,
    repacked,
    without_cached_results,
)
from xlbangfu.workbook import sheetindex
from xlbangfu.workbook.package import Edit, Link, Package

ROOT = Path(__file__).resolve().parents[2]
REAL = os.environ.get("XLBANGFU_REAL_DATA")


def cells(book: Path, sheet: str) -> dict[tuple[int, int], object]:
    """Values of a sheet as openpyxl reads them, formulas as text."""
    read = openpyxl.load_workbook(book)[sheet]
    return {(c.row, c.column): c.value for row in read.iter_rows() for c in row if c.value is not None}


def shown(book: Path, sheet: str) -> list[list]:
    return CalamineWorkbook.from_path(str(book)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def add_a_pupil(book: Path) -> set[str]:
    """Rename one pupil and add another below the table; the parts that changed."""
    before = book.read_bytes()
    package = Package.open(book)
    table = package.tables_on("名册")[0]
    row = table.last_row + 1
    package.edit_cells("名册", [Edit(2, 2, "改名"), Edit(row, 1, "2026030199"), Edit(row, 2, "测试新")])
    package.extend_table(table, row)
    assert package.save()
    return differing(before, book)


def figure(book: Path, profile: Path, cell: str, sheet: str = "首页") -> object:
    """What LibreOffice shows in a cell once it has loaded the book."""
    copy = converted([book], book.parent / "loaded", profile)[0]
    return openpyxl.load_workbook(copy, data_only=True)[sheet][cell].value


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    return tmp_path_factory.mktemp("profile")


@pytest.mark.libreoffice
@needs_libreoffice
class TestLibreOffice:
    @pytest.mark.parametrize(
        "application", ["Microsoft Excel", "LibreOffice/7.4.7.2$Linux_X86_64 LibreOffice_project/40", "WPS", None]
    )
    def test_figures_that_rest_on_a_change_are_right_when_it_loads(self, tmp_path, profile, application):
        """LibreOffice trusts stored numbers whatever the file says it was written by, so stale ones must go."""
        book = class_book(tmp_path / "a.xlsx", pupils=4)
        if application is None:
            links = {"_rels/.rels": lambda xml: re.sub(rb'<Relationship [^>]*app\.xml"/>', b"", xml)}
            types = {"[Content_Types].xml": lambda xml: re.sub(rb'<Override PartName="/docProps/app[^>]*/>', b"", xml)}
            repacked(book, {**links, **types, "docProps/app.xml": None})
        else:
            named = f"<Application>{application}</Application>".encode()
            repacked(book, {"docProps/app.xml": lambda xml: re.sub(b"<Application>.*</Application>", named, xml)})
        package = Package.open(book)
        package.edit_cells("成绩", [Edit(row, 3, 10 * row) for row in range(2, 6)])
        package.edit_cells("首页", [Edit(20, 1, Link("名册", "B2", "跳转"))])
        package.save()
        assert package.changed_parts().keys().isdisjoint({"docProps/app.xml", "xl/workbook.xml"})
        loaded = converted([book], tmp_path / "loaded", profile)[0]
        home = openpyxl.load_workbook(loaded, data_only=True)["首页"]
        # The average of 20, 30, 40, 50 and twice that; what does not rest on it as it was stored.
        assert [home[cell].value for cell in ("B2", "B3", "B4", "B5", "B6", "A20")] == [4, 35, 70, "共4人", 2, "跳转"]
        assert openpyxl.load_workbook(loaded, data_only=True)["成绩"]["I2"].value == 20 + 94.5

    def test_a_book_that_libreoffice_saved_in_between(self, tmp_path, profile):
        book = converted([class_book(tmp_path / "a.xlsx", pupils=12)], tmp_path, profile)[0]
        before = cells(book, "名册")
        changed = add_a_pupil(book)
        assert len(changed & {name for name in changed if "tables/" in name}) == 1
        assert {name for name in changed if "tables/" not in name and "worksheets/" not in name} == {"xl/workbook.xml"}
        after = cells(book, "名册")
        assert after == {**before, (2, 2): "改名", (14, 1): "2026030199", (14, 2): "测试新"}
        row = shown(book, "名册")[13]
        assert row[:2] == ["2026030199", "测试新"]
        assert check_file(str(book)).ok
        assert figure(book, profile, "B2") == 13

    def test_and_with_macros(self, tmp_path, profile):
        book = class_book(tmp_path / "a.xlsm", pupils=5, macros=True)
        book = converted([book], tmp_path / "stored", profile, XLSM_FILTER)[0]
        project = parts(book)["xl/vbaProject.bin"]
        add_a_pupil(book)
        assert parts(book)["xl/vbaProject.bin"] == project
        assert check_file(str(book)).ok

    def test_a_patched_book_loads_with_all_that_was_in_it(self, tmp_path, profile):
        book = class_book(tmp_path / "a.xlsx", pupils=12)
        untouched = converted([book], tmp_path / "before", profile)[0]
        add_a_pupil(book)
        patched = converted([book], tmp_path / "after", profile)[0]
        old, new = openpyxl.load_workbook(untouched)["名册"], openpyxl.load_workbook(patched)["名册"]
        assert new["B2"].comment.text == old["B2"].comment.text
        assert new.data_validations.count == old.data_validations.count
        assert new["A14"].number_format == old["A13"].number_format == "@"
        for sheet in ("成绩", "辅导记录", "学困生", "设置"):
            assert cells(patched, sheet) == cells(untouched, sheet)


class TestOpenpyxl:
    def test_a_book_that_openpyxl_saved_in_between(self, tmp_path):
        book = class_book(tmp_path / "a.xlsx", pupils=12)
        with pytest.warns(UserWarning, match="extension"):
            openpyxl.load_workbook(book).save(book)
        before = cells(book, "名册")
        changed = add_a_pupil(book)
        assert {name for name in changed if "worksheets/" not in name and "tables/" not in name} <= {"xl/workbook.xml"}
        assert cells(book, "名册") == {**before, (2, 2): "改名", (14, 1): "2026030199", (14, 2): "测试新"}
        assert check_file(str(book)).ok
        openpyxl.load_workbook(book).save(book)
        assert cells(book, "名册")[14, 2] == "测试新"


class TestOwnTemplate:
    @pytest.fixture
    def book(self, tmp_path):
        return Path(shutil.copy(ROOT / "workbook_template.xlsm", tmp_path / "三年级2班.xlsm"))

    def test_every_sheet_is_read_the_quick_way(self, book):
        package = Package.open(book)
        for sheet in package.sheets:
            assert sheetindex.quick_index(package.sheet_bytes(sheet.name), sheet.name) is not None, sheet.name

    def test_every_table_takes_a_row_and_no_other_part_changes(self, book):
        for name in [table.name for table in Package.open(book).tables()]:
            before = book.read_bytes()
            package = Package.open(book)
            table = package.table(name)
            row = table.last_row + 1
            package.edit_cells(table.sheet, [Edit(row, table.first_column, "x"), Edit(row, table.last_column, 1)])
            package.extend_table(table, row)
            package.save()
            meant = {package.sheet(table.sheet).part, table.part}
            others = differing(before, book) - meant
            assert meant <= differing(before, book)
            for part in others:  # formulas elsewhere that rest on the row have lost their stored result
                assert part.startswith("xl/worksheets/sheet")
                old, new = parts(before)[part], parts(book)[part]
                assert without_types(without_cached_results(old)) == without_types(without_cached_results(new))
        assert check_file(str(book)).ok

    @pytest.mark.libreoffice
    @needs_libreoffice
    def test_its_front_page_counts_what_was_added(self, book, profile):
        package = Package.open(book)
        table = package.tables_on("学困生")[0]
        labels = {label: table.first_column + number for number, label in enumerate(table.columns)}
        for row in (2, 3, 4):
            given = {"学号": f"202603010{row}", "学科": "语文", "确认": "是", "现状": "仍符合"}
            package.edit_cells("学困生", [Edit(row, labels[label], value) for label, value in given.items()])
        package.extend_table(table, 4)
        package.save()
        loaded = converted([book], book.parent / "loaded", profile)[0]
        values = [value for row in openpyxl.load_workbook(loaded, data_only=True)["首页"].values for value in row]
        assert values.count(3) >= 2


def without_types(xml: bytes) -> bytes:
    """Sheet XML without the types of formula cells, which go with their stored results."""
    return re.sub(rb'(<c r="[A-Z0-9]+"(?: s="\d+")?) t="\w+"(><f)', rb"\1\2", xml)


@pytest.mark.skipif(REAL is None, reason="XLBANGFU_REAL_DATA names no folder of real workbooks")
class TestRealFiles:
    def books(self) -> list[Path]:
        return [path for path in Path(REAL).rglob("*.xlsx") if not path.name.startswith("~$")]

    def test_any_of_them_can_be_patched_and_reads_back(self, tmp_path):
        assert self.books()
        for number, source in enumerate(self.books()):
            book = Path(shutil.copy(source, tmp_path / f"{number}.xlsx"))
            before = Package.open(book)
            sheet = next(one for one in before.sheets if one.kind == "worksheet")
            old = cells(book, sheet.name)
            row = max((place[0] for place in old), default=0) + 5
            before.edit_cells(sheet.name, [Edit(row, 1, "新增"), Edit(row, 3, 58.5)])
            before.save()
            assert cells(book, sheet.name) == {**old, (row, 1): "新增", (row, 3): 58.5}
            changed = differing(source, book)
            assert sheet.part in changed
            assert all(name.startswith("xl/work") for name in changed)

    def test_both_ways_to_an_index_agree_on_them(self):
        usual = 0
        for source in self.books():
            package = Package.open(source)
            for sheet in package.sheets:
                data = package.sheet_bytes(sheet.name) if sheet.kind == "worksheet" else b""
                quick = sheetindex.quick_index(data, sheet.name) if data else None
                if quick is None:
                    continue
                usual += 1
                full = sheetindex.full_index(data, sheet.name)
                assert [row.number for row in quick.rows] == [row.number for row in full.rows]
                for mine, theirs in zip(quick.rows, full.rows, strict=True):
                    one = [(c.column, c.start, c.end, c.content) for c in quick.cells(mine)]
                    assert one == [(c.column, c.start, c.end, c.content) for c in full.cells(theirs)]
        assert usual > 0
