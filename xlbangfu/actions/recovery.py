"""A step whose process was killed in mid-write is set right before anything else is done. Source: spec §8."""

from __future__ import annotations

from xlbangfu.workbook.door import Door
from xlbangfu.workbook.journal import Journal, compare, only


def set_right(door: Door) -> str:
    """Finish or take back what a killed run left behind; the sentence to tell, "" if there was nothing to do.

    Cells that still say what the broken step put there go back to what stood before; cells that a person has
    typed since stay. Raises WorkbookError where the workbook cannot be written.
    """
    journal = Journal(door.path)
    step = journal.pending
    if step is None:
        return ""
    door.calculate_as(step.mode)
    standing = compare(door, step)
    if standing.taken or (standing.after and door.all_at_once):
        journal.settle()  # killed after the write: the step was taken, and can be undone
        return ""
    if standing.after:
        door.write(only(step.reversed(), standing.after).changes())
    journal.drop()
    if not standing.after:
        return ""
    kept = f"，{standing.named()} 保留您后来的填写" if standing.else_ else ""
    return f"上次“{step.title}”中途停止，已恢复原样{kept}"
