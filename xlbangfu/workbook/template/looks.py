"""Colours, fonts and cell formats of the template, in one place.

The hues are told apart by people with colour-blindness (blue, bluish green, orange, grey) and never carry a
meaning alone: every coloured cell also says it in words.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from xlbangfu.schema import Writer

FONT = "微软雅黑"  # on every school PC with Office; LibreOffice falls back to Noto or WenQuanYi
BLUE, GREEN, ORANGE, GREY = "#1F5FA8", "#2E7D5B", "#B85C00", "#6B7280"
PALE_BLUE, PALE_GREEN, PALE_ORANGE, PALE_GREY = "#E8F0FA", "#E6F3EC", "#FDF1E3", "#F3F4F6"
INK, MUTED, LINE, BAND, WHITE = "#1F2937", "#6B7280", "#C9D1DB", "#F7F9FC", "#FFFFFF"

WRITER_COLOUR = {
    Writer.TEACHER: BLUE,
    Writer.PROGRAM: GREEN,
    Writer.DRAFT: ORANGE,
    Writer.SYSTEM: GREY,
    Writer.OFFICE: GREY,
}
WRITER_WORDS = {
    Writer.TEACHER: "由教师填写。",
    Writer.PROGRAM: "由程序填写，请勿改动。",
    Writer.DRAFT: "由程序起草，教师可以修改。",
    Writer.SYSTEM: "由程序填写，请勿改动。",
    Writer.OFFICE: "由教务处下发，请勿改动。",
}

# What a conditional format looks like, by meaning.
SIGNALS: dict[str, dict[str, Any]] = {
    "attention": {"bg_color": "#FFF1CC", "font_color": "#7A4B00"},
    "good": {"bg_color": "#DDEFF5", "font_color": "#0F5A6B"},
    "weak": {"bg_color": "#FCE6D6", "font_color": "#8F3A00"},
    "muted": {"font_color": "#9AA1AB"},
    "error": {"bg_color": "#F9DADA", "font_color": "#9B1C1C", "bold": True},
    "small": {"font_color": "#8A8F98", "italic": True},
}

# Filled rows have thin borders; LibreOffice applies only the first rule that holds, so every signal has them too.
FILLED: dict[str, Any] = {"border": 1, "border_color": LINE}


def default_style() -> dict[str, Any]:
    """XlsxWriter's options for the Normal style, which is the unit of column widths: 8 pixels a digit.

    Chinese Office starts from it, and hosts without the font fall back to one of nearly that width (Calibri's 7
    would widen every column by a third). The row height comes without customHeight, so rows grow with wrapped text.
    A new dict each time: XlsxWriter writes into it.
    """
    return {
        "default_format_properties": {"font_name": "宋体", "font_size": 11},
        "default_row_height": 24,
        "default_column_width": 72,
    }


class Looks:
    """The formats of one workbook: asks XlsxWriter for each combination once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def cell(self, **properties: Any) -> Format:
        """A cell format: the house font and vertical centring, changed by `properties` (XlsxWriter's names)."""
        full = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "vcenter", **properties}
        if "indent" in full:
            full.setdefault("align", "left")  # LibreOffice ignores an indent without an alignment
        return self._format(full)

    def signal(self, name: str) -> Format:
        """A conditional format by meaning: attention, good, weak, muted, error or small."""
        return self._format({**SIGNALS[name], **FILLED})

    def filled_row(self, band: bool) -> Format:
        """The thin border (and every second row a pale band) that appears once a row holds something."""
        return self._format({**FILLED, "bg_color": BAND} if band else FILLED)

    def _format(self, properties: dict[str, Any]) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(properties)
        return self._made[key]
