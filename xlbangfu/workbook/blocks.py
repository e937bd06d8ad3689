"""Scattered cells as a few rectangles that can be written in one go each, and text that no host mistakes. Pure.

A rectangle may cover cells that do not change only where writing back what was read leaves them as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from xlbangfu.workbook.contents import Area, Place

# What Excel in Chinese might read as a number, a date, a time, a share or a sum of money: nothing but these.
_PARSABLE = re.compile(
    r"[\s\d０-９.,，．:：/／\\+\-－()（）%％$￥¥€'’年月日号时分秒点上下午一二三四五六七八九十〇○零eEaApPmM]*", re.ASCII
)
_MONTH = re.compile(
    r"(?i)(?:.*\d)?[\s\-/.,]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s\-/.,]*(?:\d.*)?"
)
_STARTS = tuple("=+-@'#\t\r\n＝＋－＠")
_WORDS = frozenset(("TRUE", "FALSE"))
MOST_GAP_ROWS = 3  # rows without a change between two that change, written along where that is safe


@dataclass(frozen=True)
class Block:
    """A rectangle of values. row, column: its first cell, 1-based."""

    row: int
    column: int
    rows: list[list[Any]]


def guarded(text: str) -> str:
    """The text as it has to be handed over so that it stays text: with Excel's text mark where it might be parsed.

    >>> guarded("张三"), guarded("001"), guarded("=1+1"), guarded("3-2")
    ('张三', "'001", "'=1+1", "'3-2")
    """
    if not text:
        return text
    risky = text.startswith(_STARTS) or text.upper() in _WORDS or _PARSABLE.fullmatch(text) or _MONTH.fullmatch(text)
    return f"'{text}" if risky else text


def may_reformat(value: Any) -> bool:
    """True if a host might change the cell's number format when it is given this value: dates, and marked text."""
    return isinstance(value, date) or (isinstance(value, str) and guarded(value) != value)


def is_safe(value: Any, formula: Any) -> bool:
    """True if writing back what was read leaves a cell as it is: blanks, and text that needs no mark.

    Numbers are not: a number in a cell of format text would become text, a date could lose its fraction.
    """
    if isinstance(formula, str) and formula.startswith("="):
        return False
    return value is None or value == "" or (isinstance(value, str) and guarded(value) == value and "\n" not in value)


def blocks(
    cells: Mapping[Place, Any], standing: Sequence[Sequence[Any]], formulas: Sequence[Sequence[Any]], area: Area
) -> list[Block]:
    """The cells as rectangles, top to bottom. standing, formulas: what the area holds now.

    Every cell of `cells` is in exactly one block; every other cell of a block is written back as it stands. In a
    column that the change does not write, which may be the teacher's own, only blanks are: colours within a text and
    links do not show in what was read, and would be lost.
    """
    top, left = area[0], area[1]
    written = {column for _, column in cells}

    def safe(row: int, column: int) -> bool:
        value = standing[row - top][column - left]
        return (column in written or value in (None, "")) and is_safe(value, formulas[row - top][column - left])

    def value(row: int, column: int) -> Any:
        return cells[row, column] if (row, column) in cells else standing[row - top][column - left]

    strips = [strip for row in _rows(cells) for strip in _strips(row, safe)]
    return [
        Block(r1, c1, [[value(r, c) for c in range(c1, c2 + 1)] for r in range(r1, r2 + 1)])
        for r1, r2, c1, c2 in _stacked(strips, safe)
    ]


def _rows(cells: Mapping[Place, Any]) -> Iterator[tuple[int, list[int]]]:
    by_row: dict[int, list[int]] = {}
    for row, column in sorted(cells):
        by_row.setdefault(row, []).append(column)
    yield from by_row.items()


def _strips(row: tuple[int, list[int]], safe: Any) -> Iterator[tuple[int, int, int]]:
    """(row, first, last column) of the runs of one row, bridged over safe cells."""
    number, columns = row
    first = last = columns[0]
    for column in columns[1:]:
        if not all(safe(number, c) for c in range(last + 1, column)):
            yield number, first, last
            first = column
        last = column
    yield number, first, last


def _stacked(strips: Sequence[tuple[int, int, int]], safe: Any) -> list[tuple[int, int, int, int]]:
    """Strips of following rows as rectangles (first row, last row, first column, last column)."""
    found: list[tuple[int, int, int, int]] = []
    single = _alone(strips)
    for row, first, last in strips:
        above = found[-1] if found else None
        if above is not None and row in single and above[1] in single and 0 < row - above[1] <= MOST_GAP_ROWS:
            c1, c2 = min(above[2], first), max(above[3], last)
            bridged = [(r, c) for r in range(above[1] + 1, row) for c in range(c1, c2 + 1)]
            widened = [(row, c) for c in range(c1, c2 + 1) if not first <= c <= last]
            if (c1, c2) != (above[2], above[3]):
                widened += [(r, c) for r in range(above[0], above[1] + 1) for c in range(c1, c2 + 1)
                            if not above[2] <= c <= above[3]]  # fmt: skip
            if all(safe(r, c) for r, c in bridged + widened):
                found[-1] = (above[0], row, c1, c2)
                continue
        found.append((row, row, first, last))
    return found


def _alone(strips: Sequence[tuple[int, int, int]]) -> set[int]:
    """Rows that have just one strip: only these are stacked, so that no cell is covered twice."""
    seen: dict[int, int] = {}
    for row, _, _ in strips:
        seen[row] = seen.get(row, 0) + 1
    return {row for row, times in seen.items() if times == 1}
