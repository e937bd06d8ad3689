"""A value far outside the table is refused before it can take all memory (spec §8)."""

from __future__ import annotations

import openpyxl
import pytest

from classbooks import make_class, run
from xlbangfu import schema
from xlbangfu.workbook.bounds import MAX_SHEET_CELLS, extent, too_far_out


def part(*cells: str, tail: str = "") -> bytes:
    rows = "".join(f'<row r="{c.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"><c r="{c}"><v>1</v></c></row>' for c in cells)
    return f"<worksheet><sheetData>{rows}{tail}</sheetData></worksheet>".encode()


class TestExtent:
    def test_counts_filled_cells_only(self):
        assert extent(part("A1", "C7", tail='<row r="1048576"><c r="XFD1048576" s="3"/></row>')) == (7, 3)

    def test_of_an_empty_sheet_is_nothing(self):
        assert extent(part()) == (0, 0)


class TestTooFarOut:
    @pytest.mark.parametrize("cells", [("A1",), ("A1", "ZZ49999"), ("A1", "B400000"), ("A1", "XFD1")])
    def test_a_grid_that_fits_is_ordinary(self, cells):
        assert too_far_out(part(*cells)) is None

    @pytest.mark.parametrize("cells", [("A1", "XFD1048576"), ("A1", "AAA60000"), ("A1", "ZZ1048576")])
    def test_a_grid_that_does_not_is_refused(self, cells):
        rows, columns = too_far_out(part(*cells))
        assert rows * columns > MAX_SHEET_CELLS

    def test_formatting_down_to_the_last_cell_is_no_content(self):
        assert too_far_out(part("A1", tail='<row r="1048576"><c r="XFD1048576" s="3"/></row>')) is None


def test_an_action_refuses_such_a_sheet_with_its_name_and_leaves_the_file_alone(tmp_path):
    path = make_class(tmp_path, n=3)
    workbook = openpyxl.load_workbook(path, keep_vba=True)
    workbook[schema.SCORES.label]["XFD1048576"] = "远"
    workbook.save(path)
    before = path.read_bytes()
    report = run("screen", path)
    assert not report.ok
    assert "成绩" in report.message and "1048576" in report.message
    assert path.read_bytes() == before
