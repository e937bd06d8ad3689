"""Cells of an open workbook in blocks, through xlwings' public API: what they hold, and how they are given values.

Excel parses what it is given, so text that it might take for a number, a date or a formula is marked as text, and
what was written is read back and compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlbangfu.workbook.blocks import Block, blocks, guarded
from xlbangfu.workbook.changes import Jump, SheetChange
from xlbangfu.workbook.contents import Area, Content, Formula, Place, bounding, content_of
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.parsing import address

LONG_TEXT = 8_000  # Excel refuses a block with a text of more than 8203 characters; one cell takes 32767
TEXT_FORMAT = "@"


@dataclass(frozen=True)
class Look:
    """What an area holds: values and formulas, row by row from its first cell."""

    area: Area
    values: Sequence[Sequence[Any]]
    formulas: Sequence[Sequence[Any]]

    def content(self, place: Place) -> Content:
        """One cell of the area."""
        row, column = place[0] - self.area[0], place[1] - self.area[1]
        value, formula = self.values[row][column], self.formulas[row][column]
        return Content(value, formula if _is_formula(formula, value) else "")


def _is_formula(formula: Any, value: Any) -> bool:
    """A text that merely begins with "=" shows itself; a formula shows its result."""
    return isinstance(formula, str) and formula.startswith("=") and formula != value


def area_of(cells: Any) -> Area:
    """Where an xlwings range lies."""
    last = cells.last_cell
    return cells.row, cells.column, last.row, last.column


def look(sheet: Any, area: Area) -> Look:
    """An area as it stands now: two calls to the host."""
    return Look(area, values(sheet, area), _formulas(sheet, area))


def values(sheet: Any, area: Area) -> list[list[Any]]:
    """Values of an area, one list per row, error values as their text, blanks as None."""
    found = sheet.range(area[:2], area[2:]).options(ndim=2, err_to_str=True).value
    return [list(row) for row in found]


def _formulas(sheet: Any, area: Area) -> list[list[Any]]:
    """Formulas or constants of an area, always as rows of cells, which one cell or one row alone are not."""
    found = sheet.range(area[:2], area[2:]).formula
    if not isinstance(found, (tuple, list)):
        return [[found]]
    if found and not isinstance(found[0], (tuple, list)):
        return [list(found)] if area[0] == area[2] else [[cell] for cell in found]
    return [list(row) for row in found]


# ---- number formats ------------------------------------------------------------------------------------


def formats(sheet: Any, places: Collection[Place]) -> dict[Place, str]:
    """Number formats of some cells: one call for a run of one column that is uniform."""
    found: dict[Place, str] = {}
    for first, last, column in _column_runs(places):
        found |= _run_formats(sheet, first, last, column)
    return found


def _run_formats(sheet: Any, first: int, last: int, column: int) -> dict[Place, str]:
    code = sheet.range((first, column), (last, column)).number_format
    if code is not None or first == last:
        return {(row, column): str(code or "") for row in range(first, last + 1)}
    middle = (first + last) // 2
    return _run_formats(sheet, first, middle, column) | _run_formats(sheet, middle + 1, last, column)


def merged(sheet: Any, places: Collection[Place]) -> Iterator[Place]:
    """Those of some cells that lie in merged areas; one call where the sheet has none above, beside or among them.

    From A1 on, and then cell by cell: LibreOffice knows a merged area by its first cell alone.
    """
    _, _, bottom, right = bounding(places)
    if sheet.range((1, 1), (bottom, right)).merge_cells is not False:
        yield from (place for place in places if sheet.range(place).merge_cells)


def _give_formats(sheet: Any, wanted: Mapping[Place, str]) -> None:
    """Give cells their number formats back, a run at a time, where they have another one now."""
    for code in sorted(set(wanted.values())):
        for first, last, column in _column_runs([p for p, c in wanted.items() if c == code]):
            run = sheet.range((first, column), (last, column))
            if run.number_format != code:
                run.number_format = code


def _column_runs(places: Collection[Place]) -> Iterator[tuple[int, int, int]]:
    """(first row, last row, column) of the unbroken runs of cells, column by column."""
    run: tuple[int, int, int] | None = None
    for column, row in sorted((c, r) for r, c in places):
        if run is not None and run[2] == column and row == run[1] + 1:
            run = (run[0], row, column)
            continue
        if run is not None:
            yield run
        run = (row, row, column)
    if run is not None:
        yield run


# ---- writing -------------------------------------------------------------------------------------------


def write_cells(sheet: Any, change: SheetChange, standing: Look, *, check: bool) -> None:
    """The cells of one sheet in as few blocks as possible. standing: the area around them as it is.

    check: read back and compare. Raises WorkbookError naming the first cell that will not take its value.
    """
    for block in blocks(change.cells, standing.values, standing.formulas, standing.area):
        _write_block(sheet, block)
    for place, value in change.cells.items():
        if isinstance(value, Formula):
            _insist(sheet.range(place), value)
    _give_formats(sheet, change.formats)
    if check:
        _check(sheet, change, standing.area)


def _insist(cell: Any, formula: Formula) -> None:
    """A cell of format text takes a formula for text, though one that was there before got that format stays one."""
    if cell.value == str(formula):
        code = cell.number_format
        cell.number_format = "General"
        cell.formula = str(formula)
        cell.number_format = code


def _write_block(sheet: Any, block: Block) -> None:
    rows = [[_given(value) for value in row] for row in block.rows]
    long = [
        (r, c, text)
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
        if isinstance(text, str) and len(text) > LONG_TEXT
    ]
    for r, c, _ in long:
        rows[r][c] = None
    end = (block.row + len(rows) - 1, block.column + len(rows[0]) - 1)
    sheet.range((block.row, block.column), end).value = rows
    for r, c, text in long:
        sheet.range((block.row + r, block.column + c)).value = text


def _given(value: Any) -> Any:
    """A value as xlwings is given it: formulas as such, text marked as text where a host might parse it."""
    if isinstance(value, Jump):
        return str(value.formula())
    if isinstance(value, Formula):
        return str(value)
    return guarded(value) if isinstance(value, str) else value


def _check(sheet: Any, change: SheetChange, area: Area) -> None:
    wrong = _differing(sheet, change, area)
    for place in wrong:
        value = change.cells[place]
        if isinstance(value, str) and not isinstance(value, (Jump, Formula)):
            cell = sheet.range(place)  # parsed after all: as text in a text cell
            cell.number_format = TEXT_FORMAT
            cell.value = value
    if wrong and (left := _differing(sheet, change, area)):
        cell = address(*left[0])
        raise WorkbookError(
            f"“{change.sheet}”的 {cell} 写入后和要写的不一样，已恢复原样；请清除筛选、取消合并单元格后再点一次。",
            sheet=change.sheet,
            cell=cell,
        )


def _differing(sheet: Any, change: SheetChange, area: Area) -> list[Place]:
    now = values(sheet, area)
    found = []
    for (row, column), value in change.cells.items():
        if isinstance(value, (Jump, Formula)):
            continue  # its result is the host's business, and not there before it calculates again
        if not content_of(value).says_the_same(Content(now[row - area[0]][column - area[1]])):
            found.append((row, column))
    return sorted(found)
