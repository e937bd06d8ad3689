"""A step whose process was killed in mid-write is set right before anything else is done. Source: spec §8."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from xlbangfu.workbook.contents import Place
from xlbangfu.workbook.door import Door
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.journal import Journal, SheetStep, Standing, Step, compare


def set_right(door: Door) -> str:
    """Finish or take back what a killed run left behind; the sentence to tell, "" if there was nothing to do.

    Cells that still say what the broken step put there go back to what stood before; rows in which a person has
    typed since stay. Raises WorkbookError where the workbook cannot be written.
    """
    journal = Journal(door.path)
    step = journal.pending
    if step is None:
        return ""
    door.calculate_as(step.mode)
    standing = compare(door, step)
    if standing.after and (door.all_at_once or not standing.before):
        _write_rest(door, step, ())  # killed after the last cell: its table may not reach that yet
        journal.settle()  # the step was taken, and can be undone
        return ""
    _write_rest(door, step.reversed(), _untouched(standing))
    journal.drop()
    if not standing.after:
        return ""
    kept = f"，{standing.named()} 保留您后来的填写" if standing.else_ else ""
    if step.undoes:
        return f"上次撤销“{step.title}”中途停止，已回到撤销之前{kept}"
    return f"上次“{step.title}”中途停止，已恢复原样{kept}"


def _untouched(standing: Standing) -> list[tuple[str, Place]]:
    """Cells that the step has written, in rows where a person has changed none of its cells: half a row helps nobody."""
    touched = {(sheet, row) for sheet, (row, _) in standing.else_}
    return [(sheet, place) for sheet, place in standing.after if (sheet, place[0]) not in touched]


def _write_rest(door: Door, step: Step, cells: Collection[tuple[str, Place]]) -> None:
    """Write those cells of the step, and let a table that lies where it lay before it lie where it does after it."""
    if door.all_at_once:
        return
    chosen, rest = set(cells), []
    for sheet in step.sheets:
        left = replace(sheet, cells=tuple(cell for cell in sheet.cells if (sheet.sheet, cell[0]) in chosen))
        if left.cells or _lies_as_before(door, sheet):
            rest.append(left.change(door))
    if rest:
        door.write(rest)


def _lies_as_before(door: Door, sheet: SheetStep) -> bool:
    """True if the step moves the borders of the sheet's table and has not done so yet."""
    if sheet.area_before == sheet.area_after:
        return False
    try:
        return door.table_area(sheet.sheet, sheet.table) == sheet.area_before
    except WorkbookError:  # the sheet is gone
        return False
