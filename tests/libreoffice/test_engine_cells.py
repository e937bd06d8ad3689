"""Cells of a workbook that is open in LibreOffice, through xlwings' public API; everything in both doors."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import office_host
from office_host import attached, needs_soffice, running_office
from xlbangfu.workbook.errors import WorkbookError

pytestmark = [pytest.mark.libreoffice, needs_soffice, pytest.mark.xdist_group("libreoffice")]

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[office_host.OfficeHost]:
    with running_office(tmp_path_factory.mktemp("cells")) as host:
        yield host


@pytest.fixture(scope="module", params=[False, True], ids=["in-process", "bridge"])
def book(office, request) -> Iterator[Any]:
    with attached(office, office.open_copy(), bridge=request.param) as found:
        yield found


@pytest.fixture
def sheet(book) -> Any:
    """An empty sheet of the test's own, with a name that needs quotes."""
    return book.sheets.add(f"试 {next(_numbers)}", after=book.sheets[-1])


def two_d(cells: Any, **options: Any) -> Any:
    return cells.options(ndim=2, **options).value


class TestReading:
    def test_gives_what_was_written(self, sheet):
        rows = [
            ["张三", 1.5, 3.0, True, dt.datetime(2024, 9, 1)],
            ["李四", -2.0, 0.0, False, dt.datetime(2024, 9, 1, 8, 30, 15)],
            [None, None, None, None, None],
        ]
        sheet.range("B2").value = rows
        assert two_d(sheet.range((2, 2), (4, 6))) == rows

    def test_squeezes_as_xlwings_does(self, sheet):
        sheet["A1"].value = [[1, 2], [3, 4]]
        assert sheet["A1"].value == 1.0
        assert sheet["A1:B1"].value == [1.0, 2.0]
        assert sheet["A1:A2"].value == [1.0, 3.0]
        assert sheet["A1:A2"].options(ndim=2).value == [[1.0], [3.0]]

    def test_gives_truth_values_as_bool_and_numbers_as_float(self, sheet):
        sheet["A1"].value = [[True, 1, 0, 12]]
        assert [type(v) for v in sheet["A1:D1"].value] == [bool, float, float, float]
        assert sheet["A1:D1"].options(numbers=int).value == [True, 1, 0, 12]

    def test_has_a_word_for_empty_cells(self, sheet):
        sheet["A1"].value = "x"
        assert sheet["A1:B1"].options(empty="无").value == ["x", "无"]

    def test_gives_dates_as_asked(self, sheet):
        sheet["A1"].value = dt.date(2024, 9, 1)
        assert sheet["A1"].value == dt.datetime(2024, 9, 1)
        assert sheet["A1"].options(dates=dt.date).value == dt.date(2024, 9, 1)
        assert sheet["A1"].options(dates=lambda year, month, day, **_: f"{year}.{month}.{day}").value == "2024.9.1"

    def test_gives_errors_as_none_or_as_their_text(self, sheet):
        for i, formula in enumerate(["=1/0", "=NA()", "=nosuch()", '="a"+1', "=SQRT(-1)", "=A1"]):
            sheet[i, 0].formula = formula
        assert sheet["A1:A6"].value == [None] * 6
        assert sheet["A1:A6"].options(err_to_str=True).value == [
            *["#DIV/0!", "#N/A", "#NAME?", "#VALUE!", "#NUM!", "#DIV/0!"],
        ]

    def test_gives_results_of_formulas(self, sheet):
        sheet["A1"].value = [[2, "=A1*3", '="总"&A1', "=A1>1", '=""']]
        assert sheet["A1:E1"].value == [2.0, 6.0, "总2", True, None]

    def test_sees_dates_that_formulas_give(self, sheet):
        sheet["A1"].value = [[dt.date(2024, 9, 1), "=A1+1", "=DATE(2024,12,31)", "=TODAY()", "=A1-A1"]]
        found = sheet["A1:E1"].value
        assert found[:3] == [dt.datetime(2024, 9, 1), dt.datetime(2024, 9, 2), dt.datetime(2024, 12, 31)]
        assert isinstance(found[3], dt.datetime)

    def test_tells_a_date_from_a_share_and_from_a_time(self, sheet):
        sheet["A1:E1"].value = 0.5
        for cell, code in zip(sheet["A1:E1"], ["0%", "h:mm", "yyyy-mm-dd", "0.00", "yyyy/m/d h:mm"], strict=True):
            cell.number_format = code
        noon = dt.datetime(1899, 12, 30, 12)
        assert sheet["A1:E1"].value == [0.5, 0.5, noon, 0.5, noon]  # a time is a number in xlwings with Excel, too

    def test_takes_a_number_in_a_date_cell_for_a_date(self, sheet):
        sheet["A1"].number_format = "yyyy/m/d"
        sheet["A1"].value = 45000
        assert sheet["A1"].value == dt.datetime(2023, 3, 15)

    @pytest.mark.parametrize("number", [-1.0, 0.0, 1.0, 59.0, 60.0, -700_000.0, 2_958_465.0, 3_000_000.0, 1e300])
    def test_survives_dates_that_are_none(self, sheet, number):
        sheet["A1"].number_format = "yyyy-mm-dd"
        sheet["A1"].value = number
        found = sheet["A1"].value
        if -693_593 <= number <= 2_958_465:
            assert found == dt.datetime(1899, 12, 30) + dt.timedelta(days=number)
        else:
            assert found == number

    def test_reads_what_the_template_holds(self, book):
        roster = book.sheets["名册"]
        assert roster.range("A1:B1").value == ["学号", "姓名"]
        assert book.sheets["设置"].tables["tblSettings"].range[0, 0].value == "项目"

    def test_gives_nothing_for_an_empty_slice(self, sheet):
        assert len(sheet.range("A1:B2")[2:, :]) == 0
        assert sheet.range("A1:B2")[2:, :].raw_value is None

    def test_gives_raw_values_like_excel(self, sheet):
        sheet["A1"].value = [1, None]
        assert sheet["A1"].raw_value == 1.0
        assert sheet["A1:B1"].raw_value == [[1.0, None]]


class TestWriting:
    def test_keeps_text_as_text(self, sheet):
        texts = [
            "001",
            "2024-01-02",
            "1e5",
            "50%",
            "TRUE",
            "1/2",
            " 空格 ",
            "a\nb",
            "🙂",
            "+1",
            "-",
            "@x",
            "=",
            "12:30",
        ]
        sheet["A1"].value = [texts]
        assert sheet.range((1, 1), (1, len(texts))).value == texts

    def test_takes_an_apostrophe_for_the_mark_of_text(self, sheet):
        sheet["A1"].value = [["'001", "'=A1", "''x", "'"]]
        assert sheet["A1:D1"].value == ["001", "=A1", "'x", None]
        assert sheet["B1"].formula == "=A1"  # as in Excel, where only the prefix character tells

    def test_empties_cells(self, sheet):
        sheet["A1"].value = [[1, "x", True]]
        sheet["A1"].value = [[None, "", float("nan")]]
        assert sheet["A1:C1"].value == [None] * 3
        assert sheet["A1:C1"].formula == (("", "", ""),)

    def test_fills_a_range_with_a_scalar(self, sheet):
        sheet["A1:B2"].value = "x"
        assert sheet["A1:B3"].value == [["x", "x"], ["x", "x"], [None, None]]

    def test_shifts_a_formula_that_fills_a_range(self, sheet):
        sheet["A1"].value = [[1], [2], [3]]
        sheet["B1:B3"].value = "=A1*10"
        assert sheet["B1:B3"].value == [10.0, 20.0, 30.0]
        assert sheet["B3"].formula == "=A3*10"

    def test_takes_the_numbers_of_the_programme(self, sheet):
        sheet["A1"].value = [[Fraction(1, 4), Decimal("0.1"), 7]]
        assert sheet["A1:C1"].value == [0.25, 0.1, 7.0]

    def test_refuses_what_no_cell_can_hold_before_writing(self, sheet):
        sheet["A1"].value = "before"
        for value, error in ((float("inf"), ValueError), (object(), TypeError)):
            with pytest.raises(error):
                sheet["A1"].value = [["after", value]]
        assert sheet["A1"].value == "before"

    def test_gives_dates_a_format_where_the_cell_has_none(self, sheet):
        sheet["A1"].value = [[dt.date(2024, 9, 1), dt.datetime(2024, 9, 1), dt.datetime(2024, 9, 1, 8), dt.time(8, 30)]]
        assert [cell.number_format for cell in sheet["A1:D1"]] == [
            *["yyyy-mm-dd", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss"],
        ]

    def test_keeps_the_date_format_of_the_cell(self, sheet):
        sheet["A1:B1"].number_format = 'yyyy"年"m"月"d"日"'
        sheet["A1"].value = [[dt.date(2024, 9, 1), dt.datetime(2024, 9, 1, 8)]]
        assert sheet["A1:B1"].number_format == 'yyyy"年"m"月"d"日"'

    def test_takes_the_truth_out_of_a_format_when_a_number_follows(self, sheet):
        sheet["A1"].value = [[True, True]]
        sheet["A1"].value = [[1, False]]
        assert sheet["A1:B1"].value == [1.0, False]
        assert type(sheet["A1"].value) is float

    def test_keeps_a_number_in_a_text_cell_a_number(self, sheet):
        """Excel would make it text."""
        sheet["A1:B1"].number_format = "@"
        sheet["A1"].value = [[5, "=1+1"]]
        assert sheet["A1:B1"].value == [5.0, "=1+1"]  # a formula stays text, as in Excel

    def test_writes_into_hidden_rows(self, sheet):
        sheet["A1"].value = [[i] for i in range(6)]
        sheet["A2:A4"].rows.hidden = True
        sheet["A1"].value = [[i * 10] for i in range(6)]
        assert sheet["A1:A6"].value == [0, 10, 20, 30, 40, 50]
        sheet["A2:A5"].clear_contents()
        assert sheet["A1:A6"].value == [0, None, None, None, None, 50]

    def test_writes_the_first_cell_of_a_merged_one(self, sheet):
        sheet["A1:C2"].merge()
        sheet["A1"].value = "标题"
        assert sheet["A1"].value == "标题"
        assert sheet["B2"].merge_area.address == "$A$1:$C$2"
        assert sheet["B2"].merge_cells and not sheet["D1"].merge_cells
        assert sheet["A1:D1"].merge_cells is None
        sheet["A1:C2"].unmerge()
        assert not sheet["A1:C2"].merge_cells

    def test_refuses_values_of_another_shape(self, sheet):
        with pytest.raises(ValueError, match="another shape"):
            sheet["A1:B2"].raw_value = [[1, 2, 3]]


class TestAProtectedSheet:
    @pytest.fixture
    def protected(self, book, office, sheet) -> Any:
        """B1:B3 may be written."""
        sheet["A1"].value = [["a", 1], ["b", 2], ["c", 3]]
        document = office_host.document(office, book.fullname)
        page = document.Sheets.getByName(sheet.name)
        cells = page.getCellRangeByName("B1:B3")
        protection = cells.CellProtection
        protection.IsLocked = False
        cells.CellProtection = protection
        page.protect("")
        return sheet

    def test_lets_open_cells_be_written(self, protected):
        protected["B1"].value = [[10], [dt.date(2024, 9, 1)], ["=A1"]]
        assert protected["B1:B3"].value == [10.0, dt.datetime(2024, 9, 1), "a"]
        protected["B1:B3"].clear_contents()
        assert protected["B1:B3"].value == [None] * 3

    @pytest.mark.parametrize(
        "change",
        [
            lambda sheet: setattr(sheet["A1"], "value", "x"),
            lambda sheet: setattr(sheet["B1"], "value", [["x"], ["x"], ["x"], ["x"]]),
            lambda sheet: setattr(sheet["A1"], "value", [["x", dt.date(2024, 9, 1)]]),
            lambda sheet: setattr(sheet["A1"], "formula", "=1"),
            lambda sheet: sheet["A1:B3"].clear_contents(),
            lambda sheet: sheet["A1"].add_hyperlink("#'名册'!A1", "x"),
            lambda sheet: setattr(sheet["A1"], "color", (1, 2, 3)),
            lambda sheet: setattr(sheet["A1"], "number_format", "0.00"),
            lambda sheet: sheet["B1"].copy(sheet["A1"]),
        ],
    )
    def test_refuses_a_change_of_locked_cells_and_changes_nothing(self, protected, change):
        before = protected["A1:C5"].value, protected["A1:C5"].number_format, protected["A1"].color
        with pytest.raises(WorkbookError, match=f"“{protected.name}”有保护") as caught:
            change(protected)
        assert caught.value.sheet == protected.name
        assert (protected["A1:C5"].value, protected["A1:C5"].number_format, protected["A1"].color) == before


class TestADocumentThatIsReadOnly:
    def test_refuses_changes(self, office, book, tmp_path):
        path = tmp_path / "只读.xlsx"
        new = openpyxl.Workbook()
        new.active.append(["学号", "姓名"])
        new.save(path)
        office.open(path, read_only=True)
        other = book.app.books[path.name]
        cells = other.sheets[0]["A1:B1"]
        for change in (lambda: setattr(cells, "value", "x"), cells.clear_contents, lambda: setattr(cells, "color", 1)):
            with pytest.raises(WorkbookError, match="只读"):
                change()
        assert cells.value == ["学号", "姓名"]
        other.close()


class TestAWorkbookThatCountsFrom1904:
    def test_gives_the_same_dates(self, office, book):
        other = book.app.books.add()
        office_host.document(office, other.impl.key).NullDate = office_host.struct(
            "com.sun.star.util.Date", Day=1, Month=1, Year=1904
        )
        cell = other.sheets[0]["A1"]
        cell.value = dt.date(2024, 9, 1)
        assert cell.value == dt.datetime(2024, 9, 1)
        assert cell.formula == "44074"
        other.close()


class TestPartOfAnArray:
    def test_is_not_changed(self, book, office, sheet):
        page = office_host.document(office, book.fullname).Sheets.getByName(sheet.name)
        page.getCellRangeByName("A1:A3").setArrayFormula("=ROW(A1:A3)")
        for change in (lambda: setattr(sheet["A3:A4"], "value", [["x"], ["y"]]), sheet["A3:A4"].clear_contents):
            with pytest.raises(WorkbookError, match="没有接受"):
                change()
        assert sheet["A1:A4"].value == [1.0, 2.0, 3.0, None]
        assert sheet["A1"].formula == "=ROW(A1:A3)"


class TestFormulas:
    def test_speaks_excels_english(self, sheet):
        formulas = [
            "=SUM(A1:A3,C$4)",
            "=IF(名册!$A$2>1,\"a,b;c\",'使用说明'!B5)",
            f"='{sheet.name}'!A1&\"“”\"",
            '=COUNTIFS($A$1:$A$9,">="&B2,A1:A9,"<>")',
            '=IFERROR(AVERAGE(A:A),"")',
            "=名册!A:A",
            "=1.5+50%",
            '="it\'s ""q"""',
        ]
        sheet["F1"].formula = [[f] for f in formulas]
        found = [row[0] for row in sheet["F1:F8"].formula]
        assert [f.replace("名册!A:A", "名册!A:A") for f in found] == [
            *formulas[:1],
            '=IF(名册!$A$2>1,"a,b;c",使用说明!B5)',
            *formulas[2:],
        ]

    def test_keeps_truth_in_formulas(self, sheet):
        sheet["A1"].formula = '=IF(TRUE,FALSE,"TRUE")'
        assert sheet["A1"].value is False

    def test_gives_constants_as_text(self, sheet):
        sheet["A1"].value = [["abc", "001", 5, 0.25, True, None, dt.date(2024, 9, 1), "'=x", "'a", "=1+1"]]
        assert sheet["A1:J1"].formula == (("abc", "001", "5", "0.25", "TRUE", "", "45536", "=x", "a", "=1+1"),)

    def test_takes_a_truth_value_of_the_file_for_a_constant(self, sheet):
        """LibreOffice reads TRUE in Excel's files as the formula TRUE()."""
        sheet["A1"].formula = "=TRUE()"
        assert sheet["A1"].formula == "TRUE"

    def test_names_tables(self, book, sheet):
        sheet["A1"].value = [["甲", "乙"], [1, 2], [3, 4]]
        name = f"tblSum{next(_numbers)}"
        sheet.tables.add(sheet["A1:B3"], name=name)
        formula = f'=SUM({name}[甲],名册!$A$2,{name}[[#All],[乙]])&"a,b;c!d"'
        sheet["D1"].formula = formula
        assert sheet["D1"].value == "10a,b;c!d"
        assert sheet["D1"].formula == formula

    def test_gives_one_text_for_one_cell(self, sheet):
        assert sheet["A1"].formula == ""


class TestHowCellsLook:
    @pytest.mark.parametrize(
        "code", ["General", "@", "0", "0.00", "0.0%", "yyyy-mm-dd", "yyyy/m/d h:mm", "#,##0.00", "h:mm:ss", "mmm d"]
    )
    def test_keeps_number_formats(self, sheet, code):
        sheet["A1:B2"].number_format = code
        assert sheet["A1:B2"].number_format == code

    def test_has_no_word_for_a_mixture(self, sheet):
        sheet["A1"].number_format = "0.00"
        sheet["A1"].color = (255, 0, 0)
        sheet["A1"].font.bold = True
        cells = sheet["A1:B1"]
        assert cells.number_format is None and cells.font.bold is None

    def test_reads_the_formats_of_the_template(self, book):
        assert book.sheets["名册"]["A2"].number_format == "@"
        assert book.sheets["名册"]["E2"].number_format == "yyyy-mm-dd"

    def test_keeps_colours_and_fonts(self, sheet):
        cells = sheet["A1:B2"]
        assert cells.color is None
        cells.color = (255, 199, 206)
        cells.font.bold = True
        cells.font.italic = True
        cells.font.color = "#9C0006"
        cells.font.size = 12
        cells.font.name = "微软雅黑"
        cells.wrap_text = True
        cells.horizontal_alignment, cells.vertical_alignment = "center", "top"
        assert cells.color == (255, 199, 206)
        font = cells.font
        assert (font.bold, font.italic, font.color, font.size, font.name) == (True, True, (156, 0, 6), 12, "微软雅黑")
        assert (cells.wrap_text, cells.horizontal_alignment, cells.vertical_alignment) == (True, "center", "top")
        cells.color = None
        assert cells.color is None

    def test_makes_chinese_bold_too(self, book, office, sheet):
        sheet["A1"].value = "张三"
        sheet["A1"].font.bold = True
        sheet["A1"].font.size = 18
        cell = office_host.document(office, book.fullname).Sheets.getByName(sheet.name).getCellRangeByName("A1")
        assert (cell.CharWeightAsian, cell.CharHeightAsian) == (150.0, 18.0)

    def test_clears_formats_and_contents_apart(self, sheet):
        cells = sheet["A1:B2"]
        cells.value = 1
        cells.color = (1, 2, 3)
        cells.clear_formats()
        assert cells.color is None and cells.value == [[1, 1], [1, 1]]
        cells.color = (1, 2, 3)
        cells.clear_contents()
        assert cells.color == (1, 2, 3) and cells.value == [[None, None], [None, None]]
        cells.value = 1
        cells.clear()
        assert cells.color is None and sheet["A1"].value is None

    def test_sets_widths_and_heights(self, sheet):
        sheet["A1:B1"].column_width = 20
        sheet["A1:A2"].row_height = 30
        assert sheet["A1:B1"].column_width == pytest.approx(20, abs=0.1)
        assert sheet["A2"].row_height == pytest.approx(30, abs=0.1)
        assert sheet["A1:C1"].column_width is None

    def test_fits_rows_to_their_text(self, sheet):
        sheet["A1"].value = "长" * 60
        sheet["A1"].wrap_text = True
        sheet["A1"].row_height = 12
        sheet["A1"].rows.autofit()
        assert sheet["A1"].row_height > 40
        sheet["A1"].columns.autofit()
        sheet.autofit()

    def test_hides_rows_and_columns(self, sheet):
        sheet["A2:A3"].rows.hidden = True
        assert sheet["A2:A3"].rows.hidden is True
        assert sheet["A1:A3"].rows.hidden is None
        assert sheet["A4:A9"].rows.hidden is False
        sheet["B1"].columns.hidden = True
        assert sheet["B1"].columns.hidden is True and sheet["A1"].columns.hidden is False

    def test_copies_cells_with_their_looks(self, sheet):
        sheet["A1"].value = [[1, "=A1*2"]]
        sheet["A1"].color = (9, 9, 9)
        sheet["A1:B1"].copy(sheet["A3"])
        assert sheet["A3"].color == (9, 9, 9)
        assert sheet["B3"].formula == "=A3*2"


class TestMovingAbout:
    @pytest.fixture
    def filled(self, sheet) -> Any:
        sheet["B2"].value = [["a", "b", "c"], [1, None, 3], [4, 5, 6], [None, None, None], [7, 8, 9]]
        return sheet

    @pytest.mark.parametrize(
        ("start", "direction", "end"),
        [
            ("B2", "down", "B4"),
            ("B4", "down", "B6"),
            ("B6", "down", "B1048576"),
            ("A1", "down", "A1048576"),
            ("B1", "down", "B2"),
            ("B2", "right", "D2"),
            ("B3", "right", "D3"),
            ("D3", "right", "XFD3"),
            ("C6", "up", "C4"),
            ("C4", "up", "C4"),
            ("D4", "left", "B4"),
            ("A2", "left", "A2"),
            ("B1048576", "up", "B6"),
            ("A1048576", "up", "A1"),
        ],
    )
    def test_jumps_like_ctrl_and_arrow(self, filled, start, direction, end):
        end = "C2" if (start, direction) == ("C4", "up") else end
        assert filled[start].end(direction).get_address(False, False) == end

    def test_expands(self, filled):
        assert filled["B2"].expand().address == "$B$2:$D$4"
        assert filled["B2"].expand("down").address == "$B$2:$B$4"
        assert filled["B2"].expand("right").address == "$B$2:$D$2"

    def test_knows_the_region_around(self, filled):
        assert filled["C3"].current_region.address == "$B$2:$D$4"

    def test_knows_what_is_used(self, filled):
        assert filled.used_range.address == "$B$2:$D$6"

    def test_knows_an_unused_sheet(self, sheet):
        assert sheet.used_range.address == "$A$1"

    def test_addresses_cells(self, sheet):
        cells = sheet.range((2, 3), (4, 5))
        assert cells.address == "$C$2:$E$4"
        assert cells.get_address(False, False, include_sheetname=True) == f"'{sheet.name}'!C2:E4"
        assert (cells.row, cells.column, cells.shape, len(cells)) == (2, 3, (3, 3), 9)
        assert cells[0, 0].address == "$C$2" and cells(2, 2).address == "$D$3" and cells(5).address == "$D$3"
        assert cells.last_cell.address == "$E$4" and cells.offset(1, 1).address == "$D$3:$F$5"
        assert [r.address for r in cells.rows][1] == "$C$3:$E$3" and cells.columns[0].address == "$C$2:$C$4"
        assert sheet.range("B:C").shape == (1_048_576, 2) and sheet.range("2:3").shape == (2, 16_384)
        assert sheet.range(sheet["A1"], sheet["B2"]).address == "$A$1:$B$2"
        assert sheet.cells[1, 2].address == "$C$2" and sheet[0, 0].address == "$A$1"

    def test_knows_no_cell_outside(self, sheet):
        with pytest.raises(IndexError):
            sheet.range((0, 1))
        with pytest.raises(KeyError):
            sheet.range("没有这个")


class TestLinks:
    @pytest.mark.parametrize("name", ["名册", "数据问题"])
    def test_links_inside_the_workbook(self, book, office, sheet, name):
        sheet["A1"].add_hyperlink(f"#'{name}'!B5", "去看", "提示")
        assert sheet["A1"].value == "去看"
        assert sheet["A1"].hyperlink == f"#'{name}'!B5"
        page = office_host.document(office, book.fullname).Sheets.getByName(sheet.name)
        url = page.getCellRangeByName("A1").TextFields.getByIndex(0).URL
        assert url == f"#'{name}'.B5"  # what LibreOffice itself makes of a link in Excel's file

    def test_links_to_sheets_whose_names_need_quotes(self, sheet):
        sheet["A1"].add_hyperlink(f"#'{sheet.name}'!B5", "去看")
        assert sheet["A1"].hyperlink == f"#'{sheet.name}'!B5"

    def test_links_outside(self, sheet):
        sheet["A1"].add_hyperlink("https://example.org/a?b=1", "网页")
        assert (sheet["A1"].value, sheet["A1"].hyperlink) == ("网页", "https://example.org/a?b=1")

    def test_reads_links_of_the_template(self, book):
        page = book.sheets["首页"]
        links = [cell for cell in page["H4:H8"] if cell.value == "名册"]
        assert links[0].hyperlink.startswith("#'名册'!")

    def test_says_where_there_is_none(self, sheet):
        with pytest.raises(Exception, match="hyperlink"):
            _ = sheet["A1"].hyperlink

    def test_loses_the_link_when_a_value_is_written_over_it(self, sheet):
        sheet["A1"].add_hyperlink("#'名册'!B5", "去看")
        sheet["A1"].value = "字"
        with pytest.raises(Exception, match="hyperlink"):
            _ = sheet["A1"].hyperlink


# ---- what comes back is what went in ------------------------------------------------------------------

moments = st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(9999, 12, 31)).map(
    lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)
)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=30)
cells = st.one_of(
    st.none(),
    texts.filter(lambda t: t and not t.startswith(("'", "="))),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0),
    st.booleans(),
    moments,
)
blocks = st.tuples(st.integers(1, 6), st.integers(1, 5)).flatmap(
    lambda shape: st.lists(st.lists(cells, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0])
)
few = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def playground(book) -> Any:
    return book.sheets.add("往返", after=book.sheets[-1])


class TestARoundTrip:
    @few
    @given(block=blocks)
    def test_gives_back_any_block(self, playground, block):
        """Formats of earlier blocks stay where they are: dates and truth values must not leak into the next one."""
        area = playground.range((3, 2)).resize(len(block), len(block[0]))
        area.clear_formats()
        area.value = block
        assert two_d(area) == block
        assert [[type(v) for v in row] for row in two_d(area)] == [[type(v) for v in row] for row in block]

    @few
    @given(block=blocks)
    def test_overwrites_any_block(self, playground, block):
        """Without clearing: numbers over truth values are numbers, dates over anything are dates."""
        area = playground.range((20, 2)).resize(len(block), len(block[0]))
        area.value = block
        for row, found in zip(block, two_d(area), strict=True):
            for value, back in zip(row, found, strict=True):
                if type(value) is not float:  # a number in a cell that was given a date format is a date
                    assert back == value and type(back) is type(value)

    @few
    @given(text=texts)
    def test_gives_back_any_text_behind_an_apostrophe(self, playground, text):
        playground["A1"].value = "'" + text
        assert playground["A1"].value == (text or None)
