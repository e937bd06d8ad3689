"""A4 pages drawn line by line into an .xlsx: what all printed sheets have in common.

A line is a row of cells, each over some columns of the page's grid; its height follows from the longest text, since
no program fits the height of merged cells. Text is written as text whatever it begins with, nothing is hidden, the
properties hold a title and no person, and the same words give the same bytes. Source: spec §3 (A4), §7, §8.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from xlbangfu.programme.numbers import plain
from xlbangfu.workbook.template.looks import BAND, BLUE, INK, LINE, MUTED, PALE_BLUE, Looks, default_style

A4 = 9
PAGE_PIXELS = 680  # an A4 page 210 mm wide, at 96 dots per inch, less its margins
MARGIN_INCHES = 0.55
PIXELS_PER_POINT = 4 / 3
LINE_HEIGHT = 1.45  # of the font size; Chinese fonts are tall
CELL_PADDING_PIXELS = 9
NARROW = 0.56  # of the font size: Latin letters and digits
LONGEST_TEXT = 1_000  # characters in one cell
BLANK = ""
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_TABS = re.compile(r"[\[\]:*?/\\']")
_TAB_CHARACTERS = 15  # Excel takes 31, and counts a rare character as two
_FOOTER_CHARACTERS = 60

# Looks of cells, in XlsxWriter's words.
LABEL: dict[str, Any] = {"font_color": MUTED, "border": 1, "border_color": LINE, "align": "center", "bg_color": BAND}
VALUE: dict[str, Any] = {"border": 1, "border_color": LINE, "align": "left", "text_wrap": True, "indent": 1}
CENTRED: dict[str, Any] = {"border": 1, "border_color": LINE, "align": "center", "text_wrap": True}
HEADER: dict[str, Any] = {**CENTRED, "bold": True, "bg_color": PALE_BLUE, "font_color": INK}
HEADING: dict[str, Any] = {"bold": True, "font_size": 11, "font_color": BLUE, "align": "left"}
TITLE: dict[str, Any] = {"bold": True, "font_size": 20, "font_color": BLUE, "align": "center"}
PLAIN: dict[str, Any] = {"align": "left", "text_wrap": True, "valign": "top"}
SMALL: dict[str, Any] = {**PLAIN, "font_size": 8.5, "font_color": MUTED}


@dataclass(frozen=True)
class Cell:
    """One text over the columns `first` to `last` (from 0) of a line. most: lines shown, the rest is cut with …."""

    first: int
    last: int
    text: object = BLANK
    look: dict[str, Any] = field(default_factory=dict)
    most: int = 8


def words(value: object) -> str:
    """A value as it is printed: dates as 2026-09-10, exact numbers in short, lists with 、, nothing for None."""
    if value is None:
        return BLANK
    if isinstance(value, (tuple, list)):
        return "、".join(words(v) for v in value)
    if isinstance(value, (Fraction, float)):
        return plain(value)
    text = _CONTROLS.sub(BLANK, str(value).replace("\r\n", "\n").replace("\r", "\n"))
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def text_pixels(text: str, points: float) -> float:
    """Width of one line of text in a font of that size."""
    wide = sum(unicodedata.east_asian_width(c) in "WFA" for c in text)
    return (wide + NARROW * (len(text) - wide)) * points * PIXELS_PER_POINT


def wrapped(text: str, pixels: float, points: float) -> int:
    """Lines that the text takes in a cell of that width; at least one."""
    room = max(pixels - CELL_PADDING_PIXELS, points * PIXELS_PER_POINT)
    return sum(max(1, math.ceil(text_pixels(part, points) / room)) for part in text.split("\n"))


def shortened(text: str, pixels: float, points: float, most: int) -> str:
    """The text, cut with … where it would take more than `most` lines."""
    if wrapped(text, pixels, points) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = wrapped(text[:middle] + "…", pixels, points) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip() + "…"


class Paper:
    """One .xlsx file in memory. title: the only document property. made_on: stands as the file's date."""

    def __init__(self, title: str, made_on: date) -> None:
        self._stream = io.BytesIO()
        plain_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = Workbook(self._stream, {"in_memory": True, **plain_text, **default_style()})
        self._book.set_properties({"title": title, "created": datetime.combine(made_on, time())})
        self._looks = Looks(self._book)

    def page(self, tab: str, widths: Sequence[int], *, points: float = 10) -> Page:
        """A new sheet. widths: of the columns of its grid, in pixels. points: font size unless a look says other."""
        return Page(self._book.add_worksheet(self._free_tab(tab)), self._looks, widths, points)

    def _free_tab(self, wanted: str) -> str:
        """The name as Excel takes it for a tab, with a number where another tab has it."""
        name = _NOT_IN_TABS.sub("_", words(wanted)).replace("\n", " ").strip()[:_TAB_CHARACTERS] or "_"
        known = {ws.get_name().lower() for ws in self._book.worksheets()}
        free, number = name, 1
        while free.lower() in known:
            number += 1
            free = f"{name[: _TAB_CHARACTERS - 4]}_{number}"
        return free

    def close(self) -> bytes:
        """The finished file."""
        self._book.close()
        return self._stream.getvalue()


class Page:
    """One sheet, filled from the top. row: the next line, from 0."""

    def __init__(self, ws: Worksheet, looks: Looks, widths: Sequence[int], points: float) -> None:
        self._ws, self._looks, self._widths, self._points = ws, looks, widths, points
        self.row = 0
        ws.hide_gridlines(2)
        for column, pixels in enumerate(widths):
            ws.set_column_pixels(column, column, pixels)

    @property
    def last(self) -> int:
        """The last column of the grid, from 0."""
        return len(self._widths) - 1

    def line(self, *cells: Cell, least: float = 0) -> None:
        """One line of cells, as high as its longest text needs, at least `least` points."""
        height = least
        for cell in cells:
            height = max(height, self._write(cell))
        self._ws.set_row(self.row, height)
        self.row += 1

    def gap(self, points: float = 6) -> None:
        """An empty line."""
        self._ws.set_row(self.row, points)
        self.row += 1

    def _write(self, cell: Cell) -> float:
        """Write one cell; the height in points that it asks for."""
        look = {"font_size": self._points, **cell.look}
        size, pixels = look["font_size"], sum(self._widths[cell.first : cell.last + 1])
        text = words(cell.text)
        lines = 1
        if look.get("text_wrap"):
            text = shortened(text, pixels - 12 * look.get("indent", 0), size, cell.most)
            lines = wrapped(text, pixels - 12 * look.get("indent", 0), size)
        else:
            text = text.replace("\n", " ")
            look["shrink"] = True
        form = self._looks.cell(**look)
        if cell.last > cell.first:
            self._ws.merge_range(self.row, cell.first, self.row, cell.last, BLANK, form)
        if text:
            self._ws.write_string(self.row, cell.first, text, form)
        elif cell.last == cell.first:
            self._ws.write_blank(self.row, cell.first, None, form)
        return float(lines * size * LINE_HEIGHT + 6)

    def finish(self, footer: str = BLANK, *, pages_long: int = 1, repeat: tuple[int, int] | None = None) -> None:
        """Print set-up: A4 upright, one page wide. pages_long: the text is made as small as that takes.

        repeat: first and last line that stand on every page. footer: its left part; page numbers where it is long.
        """
        ws = self._ws
        ws.set_paper(A4)
        ws.set_portrait()
        ws.fit_to_pages(1, pages_long)
        ws.set_margins(left=MARGIN_INCHES, right=MARGIN_INCHES, top=MARGIN_INCHES, bottom=0.7)
        ws.center_horizontally()
        ws.print_area(0, 0, self.row - 1, self.last)
        if repeat is not None:
            ws.repeat_rows(*repeat)
        left = words(footer).replace("\n", " ")[:_FOOTER_CHARACTERS].replace("&", "&&")
        ws.set_footer(f"&L&9 {left}" + ("" if pages_long == 1 else "&R&9 第 &P 页，共 &N 页"))
