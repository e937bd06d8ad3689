"""What a write would change: rows of a table against the sheet as it stands, cell by cell. Pure.

Both doors carry out the same `SheetChange`; `--plan` prints it, undo will put it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlbangfu.table import Row
from xlbangfu.workbook.cells import encode, same
from xlbangfu.workbook.contents import Area, Formula
from xlbangfu.workbook.parsing import Parsed, address
from xlbangfu.workbook.rowheights import row_points


class Jump(str):
    """Text of a cell that jumps to another cell of the workbook when clicked."""

    sheet: str
    cell: str

    def __new__(cls, text: str, sheet: str, cell: str) -> Jump:
        """Text shown, and where it leads."""
        made = super().__new__(cls, text)
        made.sheet, made.cell = sheet, cell
        return made

    def formula(self) -> Formula:
        """The formula that shows the text and jumps; every host knows HYPERLINK."""
        from xlbangfu.workbook.cellxml import Link

        return Formula(f"={Link(self.sheet, self.cell, str(self)).formula()}", str(self))


@dataclass(frozen=True)
class SheetChange:
    """Cells of one sheet to be set: (row, column) → value, None clears. last_row: the table must reach it.

    new_columns: header texts to be added on the right of the table first, by column number.
    heights: points for rows that hold text of several lines.
    formats: number formats to be given back to cells, where a step is undone.
    area: the table must lie just there afterwards (undo takes rows and columns away again), None: it only grows.
    """

    sheet: str
    cells: Mapping[tuple[int, int], Any]
    table: str = ""
    last_row: int = 0
    header_row: int = 1
    new_columns: Mapping[int, str] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)
    formats: Mapping[tuple[int, int], str] = field(default_factory=dict)
    area: Area | None = None

    def describe(self) -> list[str]:
        """One line per cell, for `--plan`."""
        lines = [f"{self.sheet}!{address(self.header_row, c)}：新增列“{text}”" for c, text in self.new_columns.items()]
        for (row, column), value in sorted(self.cells.items()):
            shown = "（清空）" if value is None else value
            lines.append(f"{self.sheet}!{address(row, column)}：{shown}")
        return lines


def plan_change(parsed: Parsed, rows: Sequence[Row], *, compact: bool = False) -> SheetChange | None:
    """What must be set so that the sheet says `rows`; None if it already does.

    A row with `at` stays in its place, one without is put under the last filled row. compact: all rows are
    laid from the first data row on and what is left over is cleared (for tables that only the program writes).
    """
    header = dict(parsed.header)
    spoilt = _unreadable(parsed) if compact else frozenset[tuple[int, int]]()
    new_columns = _new_columns(parsed, rows, header)
    cells: dict[tuple[int, int], Any] = {}
    heights: dict[int, float] = {}
    following = parsed.last_row + 1
    last = parsed.last_row
    for index, row in enumerate(rows):
        if compact:
            at = parsed.header_row + 1 + index
        elif row.at is not None:
            at = row.at
        else:
            at, following = following, following + 1
        if _set_row(cells, parsed, header, row, at, spoilt):
            last = max(last, at)
            if (points := row_points(parsed.sheet, row)) is not None:
                heights[at] = points
    if compact:
        for at in parsed.original:
            if at > parsed.header_row + len(rows):
                _set_row(cells, parsed, header, Row(), at, spoilt)
    if not cells and not new_columns:
        return None
    return SheetChange(parsed.sheet.label, cells, parsed.sheet.table, last, parsed.header_row, new_columns, heights)


def _unreadable(parsed: Parsed) -> frozenset[tuple[int, int]]:
    """Cells (row, column) whose content was no value of their column: blank as read, yet not empty."""
    columns = {c.label: parsed.header.get(c.code) for c in parsed.sheet.columns}
    return frozenset(
        (issue.row, column)
        for issue in parsed.issues
        if issue.family == "cell" and issue.row is not None and (column := columns.get(issue.column)) is not None
    )


def _new_columns(parsed: Parsed, rows: Sequence[Row], header: dict[str, int]) -> dict[int, str]:
    """Subjects that rows bring and the sheet has no column for; `header` learns them."""
    if not parsed.sheet.by_subject:
        return {}
    added: dict[int, str] = {}
    following = max((parsed.width, *header.values())) + 1
    for row in rows:
        for code, value in row.items():
            if code not in header and value is not None and not parsed.sheet.has(code):
                header[code] = following
                added[following] = code
                following += 1
    return added


def _set_row(
    cells: dict[tuple[int, int], Any],
    parsed: Parsed,
    header: Mapping[str, int],
    row: Row,
    at: int,
    spoilt: frozenset[tuple[int, int]] = frozenset(),
) -> bool:
    """Note the cells of one row that differ or hold something that could not be read; True if any does."""
    before = parsed.original.get(at, Row())
    changed = False
    for code, column in header.items():
        old, new = before.get(code), row.get(code)
        if (at, column) in spoilt or not _shows(old, new):
            cells[at, column] = new if isinstance(new, Jump) else encode(new)
            changed = True
    return changed


def _shows(standing: Any, wanted: Any) -> bool:
    """True if the cell shows the value already; of a jump only the text is read back."""
    return standing == str(wanted) if isinstance(wanted, Jump) else same(standing, wanted)
