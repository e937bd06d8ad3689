"""How the tables of a sheet stand in it: upright, turned (a pupil per column), or several beside each other.

Every table is handed on upright, one pupil a row, with the way back to the cells of the sheet. Source: spec §3.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlbangfu.workbook.parsing import address, column_letters

Cells = Sequence[Any]
Range = tuple[int, int, int, int]  # first row, first column, last row, last column, 1-based
MERGED_CELLS = 200_000  # more than any table has; a merge over a whole sheet is formatting


@dataclass(frozen=True)
class Origin:
    """The way from a table back to its sheet. turned: rows and columns are exchanged. left: columns before the table.

    merged: cells (row, column of the table) that a merge down the page covers → its first row, and the value it shows.
    """

    turned: bool = False
    left: int = 0
    merged: Mapping[tuple[int, int], tuple[int, Any]] = field(default_factory=dict, repr=False)

    def address(self, row: int, column: int) -> str:
        """A1 address in the sheet of a cell of the table, both 1-based."""
        return address(column, row) if self.turned else address(row, column + self.left)

    def covering(self, row: int, column: int, above: int) -> Any:
        """What a merge that begins below row `above` shows over a cell; None for none. One that begins in the header is a label."""
        first, value = self.merged.get((row, column), (0, None))
        return value if first > above else None

    def line(self, row: int) -> str:
        """A row of the table as a teacher calls it: 「第 5 行」, in a turned table 「E 列」."""
        return f"{column_letters(row)} 列" if self.turned else f"第 {row} 行"


PLAIN = Origin()


@dataclass(frozen=True)
class Table:
    """One table of a sheet, upright. rows: its cells from the sheet's first row on. titles: the whole rows of the
    sheet, of which a table beside another one sees only its part."""

    rows: Sequence[Cells] = field(repr=False)
    titles: Sequence[Cells] = field(repr=False)
    origin: Origin = PLAIN


def upright(rows: Sequence[Cells], merges: Sequence[Range] = ()) -> Table:
    """The sheet as it stands."""
    return Table(rows, rows, Origin(merged=_merged(rows, merges)))


def turned(rows: Sequence[Cells], merges: Sequence[Range] = ()) -> Table:
    """The sheet with rows and columns exchanged."""
    width = max((len(row) for row in rows), default=0)
    across = [[row[n] if n < len(row) else None for row in rows] for n in range(width)]
    swapped = [(left, top, right, bottom) for top, left, bottom, right in merges]
    return Table(across, across, Origin(turned=True, merged=_merged(across, swapped)))


def side_by_side(table: Table, starts: Sequence[int]) -> list[Table]:
    """The parts of a table that begin at these 1-based columns; the first one begins at the left edge."""
    edges = [1, *sorted(starts)[1:]]
    ends = [*(edge - 1 for edge in edges[1:]), None]
    parts = []
    for first, last in zip(edges, ends, strict=True):
        inside = {
            (row, column - first + 1): value
            for (row, column), value in table.origin.merged.items()
            if first <= column and (last is None or column <= last)
        }
        rows = [row[first - 1 : last] for row in table.rows]
        parts.append(Table(rows, table.titles, Origin(left=table.origin.left + first - 1, merged=inside)))
    return parts


def _merged(rows: Sequence[Cells], merges: Sequence[Range]) -> dict[tuple[int, int], tuple[int, Any]]:
    """The cells below the first row of each merge, with the value of its first cell."""
    found: dict[tuple[int, int], tuple[int, Any]] = {}
    for top, left, bottom, _ in merges:
        if bottom <= top or len(found) + bottom - top > MERGED_CELLS or top > len(rows):
            continue
        first = rows[top - 1]
        value = first[left - 1] if left <= len(first) else None
        found.update({(row, left): (top, value) for row in range(top + 1, bottom + 1)})
    return found
