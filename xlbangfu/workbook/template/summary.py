"""汇总: one A4 page drawn from `summary_layout`; the action 班级汇总 fills it, two charts follow its cells."""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from xlbangfu import schema
from xlbangfu.schema import Writer
from xlbangfu.workbook.summary_layout import (
    COLUMN_PIXELS,
    LAST_COLUMN,
    MAX_SUBJECTS,
    SUMMARY_CELLS,
    TOTAL,
    SummaryBlock,
    SummaryColumn,
)
from xlbangfu.workbook.template import figures
from xlbangfu.workbook.template.looks import (
    BLUE,
    FONT,
    INK,
    LINE,
    MUTED,
    PALE_BLUE,
    WHITE,
    WRITER_COLOUR,
    Looks,
)

TITLE_PIXELS, FIELD_PIXELS = 40, 24
HEAD_PIXELS, HEADER_PIXELS, ROW_PIXELS = 24, 38, 19
GAP_PIXELS, NOTE_PIXELS, CHART_ROW_PIXELS = 8, 20, 26
FIRST_NOTE = "点“班级汇总”按钮后，本页由程序填写。"
HELPER = LAST_COLUMN + 1  # first hidden column, from 0
ORANGE_MARK, TARGET_MARK, PALE_BAR = "#B85C00", "#1F2937", "#9DBFE3"


class SummaryPage:
    """Draws 汇总 from SUMMARY_CELLS (whose rows and columns count from 1)."""

    def __init__(self, book: Workbook, ws: Worksheet, looks: Looks) -> None:
        self.book, self.ws, self.looks = book, ws, looks

    def draw(self) -> None:
        """The whole page."""
        self._grid()
        self._head()
        for block in SUMMARY_CELLS.blocks:
            self._block(block)
        self._notes()
        self._charts()
        self._page()

    def _grid(self) -> None:
        ws = self.ws
        ws.hide_gridlines(2)
        ws.set_tab_color(WRITER_COLOUR[Writer.PROGRAM])
        for column, pixels in enumerate(COLUMN_PIXELS):
            ws.set_column_pixels(column, column, pixels, self.looks.cell(font_size=9))
        for row in range(1, SUMMARY_CELLS.last_row + 1):
            ws.set_row_pixels(row - 1, self._row_pixels(row))

    def _row_pixels(self, row: int) -> int:
        if row == SUMMARY_CELLS.title[0]:
            return TITLE_PIXELS
        if row in {field.row for field in SUMMARY_CELLS.fields}:
            return FIELD_PIXELS
        if SUMMARY_CELLS.chart_row <= row < SUMMARY_CELLS.chart_row + SUMMARY_CELLS.chart_rows:
            return CHART_ROW_PIXELS
        if SUMMARY_CELLS.notes.first_row <= row <= SUMMARY_CELLS.notes.last_row:
            return NOTE_PIXELS
        for block in (*SUMMARY_CELLS.blocks, SUMMARY_CELLS.notes):
            if row == block.title_row:
                return HEAD_PIXELS
            if row == block.header_row:
                return HEADER_PIXELS
            if block.title_row < row <= block.last_row:
                return ROW_PIXELS
        return GAP_PIXELS

    def _head(self) -> None:
        cell = self.looks.cell
        row, column = SUMMARY_CELLS.title
        title = cell(font_size=18, bold=True, font_color=BLUE, align="center")
        self._merge(row, column, LAST_COLUMN, "班级学困生帮扶汇总", title)
        for field in SUMMARY_CELLS.fields:
            label = cell(font_size=9, font_color=MUTED, align="center", bottom=1, bottom_color=LINE)
            self.ws.write_string(field.row - 1, field.label_col - 1, field.label, label)
            value = cell(
                font_size=10, bold=True, align="left", bottom=1, bottom_color=LINE, num_format=field.number_format,
                shrink=True,
            )  # fmt: skip
            self._merge(field.row, field.col, field.last_col, None, value)

    def _block(self, block: SummaryBlock) -> None:
        self._block_title(block)
        header = self.looks.cell(**self._frame(), font_size=9, bold=True, bg_color=PALE_BLUE, text_wrap=True)
        for column in block.columns:
            self._merge(block.header_row, column.col, column.last_col, column.label, header)
            for row in range(block.first_row, block.last_row + 1):
                form = self.looks.cell(**self._frame(), font_size=9, num_format=column.number_format, shrink=True)
                self._merge(row, column.col, column.last_col, None, form)
        self._groups(block, header)

    def _groups(self, block: SummaryBlock, form: Any) -> None:
        """The line of headings above the header (期中, 期末) where the block has one."""
        if block.header_row == block.title_row + 1:
            return
        row = block.header_row - 1
        groups: dict[str, list[SummaryColumn]] = {}
        for column in block.columns:
            groups.setdefault(column.group, []).append(column)
        for name, columns in groups.items():
            self._merge(row, columns[0].col, columns[-1].last_col, name, form)

    def _block_title(self, block: SummaryBlock) -> None:
        form = self.looks.cell(font_size=11, bold=True, font_color=WHITE, bg_color=BLUE, indent=1)
        self._merge(block.title_row, block.first_col, block.last_col, block.title, form)

    def _notes(self) -> None:
        notes = SUMMARY_CELLS.notes
        self._block_title(notes)
        form = self.looks.cell(font_size=9, bottom=4, bottom_color=LINE, indent=1, shrink=True)
        for row in range(notes.first_row, notes.last_row + 1):
            self._merge(row, 1, LAST_COLUMN, FIRST_NOTE if row == notes.first_row else None, form)

    def _frame(self) -> dict[str, Any]:
        return {"border": 1, "border_color": LINE, "align": "center"}

    def _merge(self, row: int, first: int, last: int, value: str | None, form: Any) -> None:
        if first == last:
            self.ws.write(row - 1, first - 1, value, form)
        else:
            self.ws.merge_range(row - 1, first - 1, row - 1, last - 1, value or "", form)

    def _charts(self) -> None:
        """Two charts side by side; their figures are spread over hidden columns, so few subjects fill the width."""
        self._chart_cells()
        half = sum(COLUMN_PIXELS[:8])
        self._insert(self._rate_chart(), 1, half - 6)
        self._insert(self._session_chart(), 9, sum(COLUMN_PIXELS) - half)

    def _insert(self, chart: Any, column: int, width: int) -> None:
        chart.set_size({"width": width, "height": SUMMARY_CELLS.chart_rows * CHART_ROW_PIXELS - 4})
        self.ws.insert_chart(SUMMARY_CELLS.chart_row - 1, column - 1, chart, {"object_position": 2, "y_offset": 2})

    def _chart_cells(self) -> None:
        """Per slot: 学科, 期中 and 期末 rate, 预期 and 目标 of the latest phase; then 学科 and 辅导次数."""
        rates, support = SUMMARY_CELLS.block("conversion"), SUMMARY_CELLS.block("support")
        for slot in range(1, MAX_SUBJECTS + 1):
            row = rates.first_row + slot - 2
            self._formula(row, 0, figures.spread_subject(slot, _range(rates, "subject")))
            for place, code in enumerate(("midterm_rate", "final_rate"), start=1):
                self._formula(row, place, _found(row, HELPER, rates, code, "0"))
            for place, code in enumerate(("expected", "target"), start=3):
                latest = _found(row, HELPER, rates, f"midterm_{code}", "NA()").formula[1:]
                self._formula(row, place, _found(row, HELPER, rates, f"final_{code}", latest))
            self._formula(row, 5, figures.spread_subject(slot, _range(support, "subject"), TOTAL))
            self._formula(row, 6, _found(row, HELPER + 5, support, "sessions", "0"))
        self.ws.set_column(HELPER, HELPER + 6, None, None, {"hidden": True})

    def _formula(self, row: int, place: int, figure: figures.Figure) -> None:
        self.ws.write_formula(row, HELPER + place, figure.formula, self.looks.cell(), figure.empty)

    def _rate_chart(self) -> Any:
        chart = self._column_chart("转化率（预期、目标按最近阶段）")
        for place, (name, colour) in enumerate((("期中", PALE_BAR), ("期末", BLUE)), start=1):
            chart.add_series({**self._series(name, 0, place), "fill": {"color": colour}, "gap": 40, "overlap": -5})
        marks: Any = self.book.add_chart({"type": "line"})
        for place, (name, shape, colour) in enumerate(
            (("预期", "long_dash", ORANGE_MARK), ("目标", "diamond", TARGET_MARK)),
            start=3,
        ):
            marker = {"type": shape, "size": 7, "fill": {"color": colour}, "border": {"color": colour}}
            marks.add_series({**self._series(name, 0, place), "line": {"none": True}, "marker": marker})
        chart.combine(marks)
        chart.set_y_axis({**self._value_axis("0%"), "min": 0, "max": 1, "major_unit": 0.25})
        return chart

    def _session_chart(self) -> Any:
        chart = self._column_chart("各学科辅导次数")
        labels = {"value": True, "num_format": "0;;", "font": self._font()}
        chart.add_series({**self._series("辅导次数", 5, 6), "fill": {"color": BLUE}, "gap": 60, "data_labels": labels})
        chart.set_legend({"none": True})
        chart.set_y_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
        return chart

    def _column_chart(self, title: str) -> Any:
        chart: Any = self.book.add_chart({"type": "column"})
        chart.set_title({"name": title, "name_font": {"name": FONT, "size": 10, "bold": True, "color": INK}})
        chart.set_legend({"position": "bottom", "font": self._font()})
        chart.set_x_axis({"num_font": self._font(), "line": {"color": LINE}, "major_tick_mark": "none"})
        chart.set_chartarea({"border": {"color": LINE}})
        chart.show_hidden_data()
        return chart

    def _value_axis(self, number: str) -> dict[str, Any]:
        return {
            "num_font": self._font(), "num_format": number, "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": "#E3E7EC", "width": 0.5}},
        }  # fmt: skip

    def _font(self) -> dict[str, Any]:
        return {"name": FONT, "size": 8, "color": MUTED, "bold": False}

    def _series(self, name: str, categories: int, values: int) -> dict[str, Any]:
        first = SUMMARY_CELLS.block("conversion").first_row - 1
        last = first + MAX_SUBJECTS - 1
        return {
            "name": name,
            "categories": [schema.SUMMARY, first, HELPER + categories, last, HELPER + categories],
            "values": [schema.SUMMARY, first, HELPER + values, last, HELPER + values],
        }

    def _page(self) -> None:
        ws = self.ws
        ws.set_paper(9)
        ws.fit_to_pages(1, 1)
        ws.print_area(0, 0, SUMMARY_CELLS.last_row - 1, LAST_COLUMN - 1)
        ws.center_horizontally()
        ws.set_margins(left=0.5, right=0.5, top=0.5, bottom=0.6)
        ws.set_footer("&L&D&C第 &P 页，共 &N 页&R内部资料，请妥善保管")


def _range(block: SummaryBlock, code: str) -> str:
    column = next(c for c in block.columns if c.code == code)
    return str(xl_range_abs(block.first_row - 1, column.col - 1, block.last_row - 1, column.col - 1))


def _found(row: int, subject_column: int, block: SummaryBlock, code: str, otherwise: str) -> figures.Figure:
    """The block's figure for the subject in this slot where it is a number, else `otherwise` (formula text)."""
    subject = xl_rowcol_to_cell(row, subject_column, col_abs=True)
    value = f"INDEX({_range(block, code)},MATCH({subject},{_range(block, 'subject')},0))"
    empty: figures.Value = "#N/A" if "NA()" in otherwise else 0
    return figures.Figure(f'=IF({subject}="",{_blank(otherwise)},IF(ISNUMBER({value}),{value},{otherwise}))', empty)


def _blank(otherwise: str) -> str:
    return "NA()" if "NA()" in otherwise else "0"


def draw_summary(book: Workbook, ws: Worksheet, looks: Looks) -> None:
    """汇总 into `ws`."""
    SummaryPage(book, ws, looks).draw()
