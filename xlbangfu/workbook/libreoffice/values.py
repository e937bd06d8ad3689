"""Cells on the way between xlwings and the desk: what a value is there, what an address means.

Excel counts days from 1899-12-30 and so do we; where a workbook counts from 1904 the desk shifts.
"""

from __future__ import annotations

import datetime as dt
import math
import numbers
import re
from collections.abc import Sequence
from typing import Any

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
DAY_ZERO = dt.datetime(1899, 12, 30)
ONE_DAY = dt.timedelta(days=1)

Box = tuple[int, int, int, int]  # row, column from 1, rows, columns


class ErrorText(str):
    """The text of an error cell ("#DIV/0!"); "" where nobody asked for texts."""

    __slots__ = ()


def plain(value: Any) -> Any:
    """`value` as a plain Python value that a cell can hold: None, str, bool, int, float, date, datetime, time.

    NaN, NaT and pandas' NA are None; numpy's scalars, Fraction and Decimal are what they stand for. Raises ValueError
    for infinity and TypeError for anything else, before anything is written.
    """
    if value is None or type(value) in (str, bool, int, dt.date):
        return value
    if isinstance(value, float):
        if math.isinf(value):
            raise ValueError("a cell cannot hold infinity")
        return None if math.isnan(value) else float(value)
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value if value == value else None  # NaT differs from itself
    if type(value).__name__ == "NAType":
        return None
    if type(value).__name__ == "datetime64":
        return plain(value.astype("datetime64[us]").item())
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "item"):
        return plain(value.item())
    if isinstance(value, numbers.Number) or hasattr(value, "as_tuple"):
        return plain(float(value))
    raise TypeError(f"a cell cannot hold {type(value).__name__}")


def clean(rows: Any, dates: Any, empty: Any, number: Any, errors: bool) -> list[list[Any]]:
    """xlwings' clean_value_data: the options dates=, empty=, numbers=, err_to_str= applied to rows as read."""
    return [[_clean(value, dates, empty, number, errors) for value in row] for row in rows]


def _clean(value: Any, dates: Any, empty: Any, number: Any, errors: bool) -> Any:
    if isinstance(value, ErrorText):
        return str(value) if errors else None
    if value is None or value == "":
        return empty
    if isinstance(value, dt.datetime):
        parts = {name: getattr(value, name) for name in ("year", "month", "day", "hour", "minute", "second")}
        return dates(**parts, microsecond=value.microsecond, tzinfo=None)
    if number is not None and isinstance(value, float):
        return number(value)
    return value


def decode(found: dict[str, Any]) -> list[list[Any]]:
    """Rows of Python values from what `Desk.read` gives."""
    rows: list[list[Any]] = [
        [(ErrorText(v[0]) if isinstance(v, list) else None if v == "" else v) for v in row] for row in found["rows"]
    ]
    zero = dt.datetime(*found["zero"])
    for kind, top, left, bottom, right in found["marks"]:
        for row in rows[top : bottom + 1]:
            for column in range(left, right + 1):
                if type(row[column]) is float:
                    row[column] = _meaning(kind, row[column], zero)
    return rows


def _meaning(kind: str, number: float, zero: dt.datetime) -> Any:
    if kind == "bool":
        return bool(number) if number in (0.0, 1.0) else number
    if kind == "time":  # Excel gives those as numbers, too
        return number
    try:
        return zero + dt.timedelta(milliseconds=round(number * 86_400_000))
    except OverflowError:  # no day of our calendar; Excel shows ####
        return number


def encode(value: Any, row: int, column: int) -> Any:
    """What `Desk.write` takes for a value that stands at row, column (from 1) or is filled in from there."""
    value = plain(value)
    if isinstance(value, str):
        if value.startswith("'"):  # Excel's mark for "text, whatever it looks like"
            return value[1:] or None
        if value.startswith("=") and len(value) > 1:
            return {"formula": value, "row": row - 1, "column": column - 1}
        return value or None
    if isinstance(value, dt.datetime):
        moment = value.replace(tzinfo=None)
        kind = "date" if moment.time() == dt.time() else "datetime"
        return {"date": (moment - DAY_ZERO) / ONE_DAY, "kind": kind}
    if isinstance(value, dt.date):
        return {"date": float((dt.datetime(value.year, value.month, value.day) - DAY_ZERO).days), "kind": "date"}
    if isinstance(value, dt.time):
        moment = dt.datetime.combine(DAY_ZERO, value.replace(tzinfo=None))
        return {"date": (moment - DAY_ZERO) / ONE_DAY, "kind": "time"}
    return value


def as_rows(value: Any, rows: int, columns: int) -> list[list[Any]]:
    """A 2-D list of that shape: a scalar fills it, a flat sequence is one row. Raises ValueError for another shape."""
    if not isinstance(value, (list, tuple)):
        return [[value] * columns for _ in range(rows)]
    lines: Sequence[Any] = value
    if not lines or not isinstance(lines[0], (list, tuple)):
        lines = [lines]
    if len(lines) != rows or any(len(line) != columns for line in lines):
        raise ValueError(f"values of another shape than the range of {rows} rows and {columns} columns")
    return [list(line) for line in lines]


# ---- addresses ----------------------------------------------------------------------------------------

_CELLS = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})(?::\$?([A-Za-z]{1,3})\$?(\d{1,7}))?")
_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_ROWS = re.compile(r"\$?(\d{1,7}):\$?(\d{1,7})")


def letters(column: int) -> str:
    """The letters of a column.

    >>> letters(1), letters(28)
    ('A', 'AB')
    """
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def column_number(text: str) -> int:
    """The number of a column's letters, from 1.

    >>> column_number("ab")
    28
    """
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - 64
    return number


def parse_address(text: str) -> Box | None:
    """Row, column, rows, columns of "B2", "$A$1:C3", "A:B" or "2:4"; None for anything else.

    >>> parse_address("C3:A1")
    (1, 1, 3, 3)
    """
    if found := _CELLS.fullmatch(text):
        first, top, last, bottom = found.groups()
        rows = [int(top), int(bottom or top)]
        columns = [column_number(first), column_number(last or first)]
    elif found := _COLUMNS.fullmatch(text):
        rows, columns = [1, LAST_ROW], [column_number(t) for t in found.groups()]
    elif found := _ROWS.fullmatch(text):
        rows, columns = [int(t) for t in found.groups()], [1, LAST_COLUMN]
    else:
        return None
    if not 1 <= min(rows) <= max(rows) <= LAST_ROW or max(columns) > LAST_COLUMN:
        return None
    return min(rows), min(columns), max(rows) - min(rows) + 1, max(columns) - min(columns) + 1


def address(box: Box, row_absolute: bool = True, column_absolute: bool = True) -> str:
    """The address of a box as Excel writes it.

    >>> address((1, 1, 2, 3)), address((1, 2, 1_048_576, 1)), address((5, 1, 1, 1), False, False)
    ('$A$1:$C$2', '$B:$B', 'A5')
    """
    row, column, rows, columns = box
    d, c = "$" * row_absolute, "$" * column_absolute
    if rows == LAST_ROW:
        return f"{c}{letters(column)}:{c}{letters(column + columns - 1)}"
    if columns == LAST_COLUMN:
        return f"{d}{row}:{d}{row + rows - 1}"
    first = f"{c}{letters(column)}{d}{row}"
    return first if (rows, columns) == (1, 1) else f"{first}:{c}{letters(column + columns - 1)}{d}{row + rows - 1}"


def quoted(sheet: str) -> str:
    """A sheet's name as it stands in a formula before the "!".

    >>> quoted("名册"), quoted("一 班")
    ('名册', "'一 班'")
    """
    return sheet if re.fullmatch(r"[^\W\d]\w*", sheet) else "'" + sheet.replace("'", "''") + "'"
