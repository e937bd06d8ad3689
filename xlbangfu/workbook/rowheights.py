"""How wide a column is shown and how tall a row must be for its text to show whole.

LibreOffice does not fit row heights when it opens a file, so a row that the program writes says its own.
The height is a suggestion (no customHeight): Excel and LibreOffice fit the row again when it is edited.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from xlbangfu.schema import Column, Kind, Sheet
from xlbangfu.workbook.cells import encode

LONG, PAGE = 24.0, 60.0  # characters: a text column wraps from LONG on; from PAGE on it holds whole paragraphs
LINE_POINTS = 14.5
MOST_LINES = 12
# Widths in the cells' font, in characters of the column width (a digit of the Normal style).
WIDE, NARROW, OTHER = 1.66, 0.5, 0.95
_NARROW = frozenset(" .,;:!|'()[]iljft")
MARGIN = 1.5  # characters lost to indent and cell borders


def column_width(column: Column) -> float:
    """Width in characters: room for the header beside its filter arrow; long text gets a quarter more."""
    width = column.width * 1.25 if LONG < column.width < PAGE else column.width
    return max(width, len(column.label) * 1.7 + 4.2)


def wraps(column: Column) -> bool:
    """True for columns whose text runs over several lines."""
    text = column.kind in (Kind.TEXT, Kind.IDS, Kind.CHOICES, Kind.LINK)
    return text and (column.width >= LONG or column.kind is Kind.CHOICES)


def _text_width(text: str) -> float:
    return sum(WIDE if unicodedata.east_asian_width(c) in "WF" else NARROW if c in _NARROW else OTHER for c in text)


def lines_needed(text: str, width: float) -> int:
    """Lines that the text takes in a column of that many characters."""
    room = max(width - MARGIN, 4.0)
    return sum(max(1, math.ceil(_text_width(part) / room)) for part in text.split("\n"))


def row_points(sheet: Sheet, row: Mapping[str, Any]) -> float | None:
    """Height in points that shows the row's longest text; None where one line is enough."""
    most = 1
    for column in sheet.columns:
        value = encode(row.get(column.code)) if wraps(column) else None
        if isinstance(value, str):
            most = max(most, lines_needed(value, column_width(column)))
    return min(most, MOST_LINES) * LINE_POINTS if most > 1 else None
