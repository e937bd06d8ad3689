"""How a table of the school workbook looks: one writer for every sheet, formats by kind of column.

Source: spec §6; print-ready A4 landscape, headers repeated on every page.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from xlbangfu import schema
from xlbangfu.programme.conversion import SMALL_BASE
from xlbangfu.programme.norms import result_text
from xlbangfu.schema import Column, Kind
from xlbangfu.table import Row
from xlbangfu.workbook.template.looks import BAND, BLUE, INK, LINE, MUTED, PALE_BLUE, SIGNALS, WHITE, Looks

EXCEL_ROWS = 1_048_576
EXCEL_TEXT = 32_000  # characters; a cell holds 32,767 UTF-16 units
A4 = 9
NUMBER_FORMATS = {
    Kind.INTEGER: "0",
    Kind.NUMBER: "0.00",
    Kind.SHARE: "0.0%",
    Kind.DATE: "yyyy-mm-dd",
    Kind.DATETIME: "yyyy-mm-dd hh:mm",
    Kind.SCORE: "General",
}
WIDE = 20.0  # characters; columns from here on wrap and stand on the left
_CHARACTER_PIXELS, _WIDE_CHARACTER_PIXELS = 7.4, 14.0  # of a 10 point font, a little generous
_LINE_PIXELS, _ROW_PIXELS = 18, 24
_MOST_LINES = 12
TITLE_ROW, ABOUT_ROW, HEADER_ROW = 0, 1, 2
_SIGNAL_OF: Mapping[tuple[str, Any], str] = {
    ("met", schema.YES): "good",
    ("met", schema.NO): "weak",
    ("midterm_met", schema.NO): "weak",
    ("final_met", schema.NO): "weak",
    ("both_met", schema.YES): "good",
    ("level", schema.ERROR): "error",
    ("level", schema.REMINDER): "attention",
    ("result", "未落实"): "weak",
    ("result", "部分"): "attention",
}


class Book:
    """The workbook being written, with its formats. subtitle: what stands in every page header."""

    def __init__(self, workbook: Workbook, subtitle: str) -> None:
        self.workbook, self.subtitle = workbook, subtitle
        self.looks = Looks(workbook)

    def sheet(self, name: str, colour: str = BLUE) -> Worksheet:
        """A new sheet, ready for print: A4 landscape, as wide as one page, numbered."""
        sheet = self.workbook.add_worksheet(name)
        sheet.set_tab_color(colour)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        header = self.subtitle.replace("&", "&&")
        sheet.set_header(f"&L{header}&R{name}")
        sheet.set_footer("&L仅供教务处使用，请勿外传&C第 &P 页，共 &N 页")
        return sheet

    def title(self, sheet: Worksheet, text: str, about: str) -> None:
        """Title and one sentence on top of a sheet."""
        sheet.set_row(TITLE_ROW, 28)
        sheet.write_string(TITLE_ROW, 0, text, self.looks.cell(font_size=16, bold=True, font_color=BLUE))
        sheet.set_row(ABOUT_ROW, 20)
        sheet.write_string(ABOUT_ROW, 0, about, self.looks.cell(font_color=MUTED))


def text_of(value: Any) -> str:
    """A value as the text of a cell, cut where Excel would refuse it."""
    if isinstance(value, Fraction):
        return result_text(value)
    text = "、".join(str(v) for v in value) if isinstance(value, (tuple, list)) else str(value)
    return text if len(text) <= EXCEL_TEXT else text[:EXCEL_TEXT] + "…"


def write_cell(sheet: Worksheet, at: tuple[int, int], value: Any, look: Any) -> None:
    """One value; text is always written as text, whatever it starts with. Source: spec §8."""
    if value is None or value == ():
        sheet.write_blank(*at, None, look)
    elif isinstance(value, datetime):
        sheet.write_datetime(*at, value, look)
    elif isinstance(value, date):
        sheet.write_datetime(*at, datetime(value.year, value.month, value.day), look)
    elif isinstance(value, (int, float, Fraction)) and not isinstance(value, bool):
        sheet.write_number(*at, float(value), look)
    else:
        sheet.write_string(*at, text_of(value), look)


def cell_look(book: Book, column: Column, row: Row, *, band: bool, strong: bool = False) -> Any:
    """The format of one cell: by kind of column, banded, totals strong, answers in colour."""
    align = "left" if column.width >= WIDE else "center"
    properties: dict[str, Any] = {"border": 1, "border_color": LINE, "align": align}
    if _is_wrapped(column):
        properties["text_wrap"] = True
    elif column.kind is Kind.ID:
        properties["shrink"] = True
    if (number := NUMBER_FORMATS.get(column.kind)) is not None:
        properties["num_format"] = number
    if strong:
        properties |= {"bold": True, "bg_color": PALE_BLUE}
    elif band:
        properties["bg_color"] = BAND
    if signal := _SIGNAL_OF.get((column.code, row.get(column.code))):
        properties |= SIGNALS[signal]
    if column.code == "rate" and 0 < (row.get("base") or 0) < SMALL_BASE:
        properties |= SIGNALS["small"]
    return book.looks.cell(**properties)


def shown_value(column: Column, row: Row) -> Any:
    """What the cell says; a rate without a base is 「不适用」, never 0 %. Source: spec §4.4."""
    value = row.get(column.code)
    if column.code == "rate" and value is None and row.get("met") == schema.NOT_APPLICABLE:
        return schema.NOT_APPLICABLE
    return value


def _is_wrapped(column: Column) -> bool:
    return column.width >= WIDE or column.kind is Kind.TEXT


def row_pixels(columns: Sequence[Column], row: Row) -> int:
    """Height that the wrapped cells of a row need: hosts do not all fit rows to their text when they open a file."""
    lines = 1
    for column in columns:
        value = row.get(column.code)
        if isinstance(value, str) and _is_wrapped(column):
            room = column.width * 8 - 4
            lines = max(lines, *(math.ceil(_pixels(part) / room) for part in value.split("\n")))
    return _ROW_PIXELS + _LINE_PIXELS * (min(lines, _MOST_LINES) - 1)


def _pixels(text: str) -> float:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return wide * _WIDE_CHARACTER_PIXELS + (len(text) - wide) * _CHARACTER_PIXELS


def header_text(column: Column) -> str:
    """The header, with its unit."""
    return f"{column.label}（{column.unit}）" if column.unit else column.label


def write_table(
    book: Book,
    sheet: Worksheet,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    top: int = HEADER_ROW,
    strong: Callable[[Row], bool] = lambda row: False,
    elsewhere: str = "",
) -> int:
    """A table with its header in row `top` (from 0), filter and print titles; returns the last row used.

    strong: which rows are totals. elsewhere: where the rows are if they are more than a sheet holds.
    """
    head = book.looks.cell(
        bold=True, font_color=WHITE, bg_color=BLUE, text_wrap=True, align="center", border=1, border_color=LINE
    )
    sheet.set_row(top, 32)
    for i, column in enumerate(columns):
        sheet.set_column(i, i, column.width)
        sheet.write_string(top, i, header_text(column), head)
    sheet.repeat_rows(top)
    if not rows or top + 1 + len(rows) > EXCEL_ROWS:
        words = f"共 {len(rows)} 行，超过 Excel 一张表的上限，全部在“{elsewhere}”里。" if rows else "没有内容。"
        sheet.write_string(top + 1, 0, words, book.looks.cell(font_color=INK))
        return top + 1
    band = False
    for i, row in enumerate(rows):
        is_strong = strong(row)
        if (height := row_pixels(columns, row)) != _ROW_PIXELS:
            sheet.set_row_pixels(top + 1 + i, height)
        for j, column in enumerate(columns):
            look = cell_look(book, column, row, band=band, strong=is_strong)
            write_cell(sheet, (top + 1 + i, j), shown_value(column, row), look)
        band = not band
    sheet.autofilter(top, 0, top + len(rows), len(columns) - 1)
    return top + len(rows)
