"""How far out a sheet's filled cells lie, told before anything lays the sheet out as a grid.

A fast reader makes a dense grid: one value in XFD1048576 would ask for all the memory there is. Source: spec §8.
"""

from __future__ import annotations

import re

from xlbangfu.workbook.cellxml import column_number

MAX_SHEET_CELLS = 20_000_000
_FAR_ROW = 50_000  # nearer than this in columns A to ZZ, a grid is small enough without counting
_ROW_START = re.compile(rb'<(?:\w+:)?row\s[^>]*?r="(\d{1,7})"')
_THREE_LETTERS = re.compile(rb'\sr="[A-Z]{3}\d')
_FILLED_CELL = re.compile(rb'<(?:\w+:)?c\s(?:[^>]*?\s)?r="([A-Z]{1,3})([0-9]{1,7})"(?:[^>]*[^/>])?>')


def extent(part: bytes) -> tuple[int, int]:
    """(last row, last column) of the filled cells of a worksheet part, 1-based; (0, 0) for none."""
    rows = columns = 0
    for match in _FILLED_CELL.finditer(part):
        rows, columns = max(rows, int(match[2])), max(columns, column_number(match[1]))
    return rows, columns


def too_far_out(part: bytes) -> tuple[int, int] | None:
    """The extent of a worksheet part whose grid would be too large, None for an ordinary one."""
    last = part.rfind(b"row ")
    start = _ROW_START.match(part, part.rfind(b"<", 0, last)) if last > 0 else None
    if start is not None and int(start[1]) < _FAR_ROW and not _THREE_LETTERS.search(part):
        return None
    rows, columns = extent(part)
    return (rows, columns) if rows * columns > MAX_SHEET_CELLS else None
