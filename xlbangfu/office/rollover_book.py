"""Writing the next term's workbook: the current template, its tables filled. Columns that teachers added come along.

Source: spec §3 (a teacher may add own columns), §6 (rollover), §8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from xlbangfu import schema
from xlbangfu.issues import Issue, reminder
from xlbangfu.office.newbook import copy_template, settings_change
from xlbangfu.office.rollover_tables import CARRIED_SHEETS, NextBook
from xlbangfu.schema import LOG, PAIRS, PLANS, PROFILES, ROSTER, SCORES, SETTINGS, TEACHING, Sheet
from xlbangfu.table import Row
from xlbangfu.workbook.cells import is_blank
from xlbangfu.workbook.changes import SheetChange, plan_change
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.parsing import Grid, Parsed, own_labels

LOG_WORD = "结转"
_WITH_OWN_COLUMNS = (TEACHING, ROSTER, PROFILES, PLANS, PAIRS)


class OwnColumns:
    """Columns that a teacher added to one sheet. labels: 1-based column → header, as in the old workbook."""

    def __init__(self, parsed: Parsed, grid: Grid) -> None:
        self.sheet, self.grid = parsed.sheet, grid
        taken = {c.label.casefold() for c in parsed.sheet.columns}
        self.labels: dict[int, str] = {}
        for number, label in own_labels(parsed, grid).items():
            if label.casefold() not in taken:
                taken.add(label.casefold())
                self.labels[number] = label

    def note(self) -> list[Issue]:
        """What a person should know about them."""
        if not self.labels:
            return []
        shown = "、".join(f"“{label}”" for label in self.labels.values())
        message = f"自己加的列{shown}照原样带走，公式只带走结果"
        return [reminder(self.sheet.label, "rollover.own_columns", message)]

    def added_to(self, change: SheetChange | None, parsed: Parsed, rows: Sequence[Row]) -> SheetChange | None:
        """The change with these columns to the right of the sheet's own. rows: with their place in the old sheet."""
        if not self.labels:
            return change
        first = parsed.width + 1
        cells: dict[tuple[int, int], Any] = dict(change.cells) if change is not None else {}
        for index, row in enumerate(rows):
            for place, old in enumerate(self.labels):
                if (value := self._value(row.at, old)) is not None:
                    cells[parsed.header_row + 1 + index, first + place] = value
        base = change or SheetChange(self.sheet.label, {}, self.sheet.table, parsed.last_row, parsed.header_row)
        return replace(base, cells=cells, new_columns=dict(enumerate(self.labels.values(), first)))

    def _value(self, at: int | None, column: int) -> Any:
        """A cell as it stands; of dates the text, for a new column has no date format."""
        cells = self.grid[at - 1] if at is not None and at <= len(self.grid) else ()
        value = cells[column - 1] if column <= len(cells) else None
        if is_blank(value):
            return None
        return value if isinstance(value, (str, int, float)) else str(value)


def own_columns(door: ClosedWorkbook) -> dict[str, OwnColumns]:
    """By label of the sheet. 成绩 is left out: there every column is a subject's and comes along by its name."""
    return {s.label: OwnColumns(door.read(s), door.grid(s.label)) for s in _WITH_OWN_COLUMNS}


def own_sheets(door: ClosedWorkbook) -> list[Issue]:
    """A reminder for every sheet that a person added; those stay behind."""
    ours = {*schema.TAB_ORDER, *schema.BY_LABEL}
    mend = "需要时请自己复制到新工作簿。"
    return [
        reminder(sheet.name, "rollover.own_sheet", f"自己加的工作表“{sheet.name}”没有带走", mend)
        for sheet in door.package().sheets
        if sheet.name not in ours
    ]


def make_workbook(path: Path, found: NextBook, own: Mapping[str, OwnColumns], at: datetime) -> None:
    """A new workbook at `path` with these tables. at: for 日志. Raises Refused, WorkbookError."""
    door = ClosedWorkbook(copy_template(path))
    fixed = [c.label for c in SCORES.columns]
    door.package().set_table_columns(SCORES.table, [*fixed, *found.score_columns])
    door.write([])  # the rows of 成绩 go under the new header
    changes = [settings_change(door.read(SETTINGS), found.settings), _log(door, found, at)]
    changes += [_table(door.read(sheet), sheet, found.tables[sheet.label], own) for sheet in CARRIED_SHEETS]
    door.write([change for change in changes if change is not None])


def _table(parsed: Parsed, sheet: Sheet, rows: Sequence[Row], own: Mapping[str, OwnColumns]) -> SheetChange | None:
    # compact: 任课 of the template has rows already, and a blank row of the old sheet is no gap in the new one
    change = plan_change(parsed, [Row(row) for row in rows], compact=True)
    return own[sheet.label].added_to(change, parsed, rows) if sheet.label in own else change


def _log(door: ClosedWorkbook, found: NextBook, at: datetime) -> SheetChange | None:
    counts = found.counts
    result = f"由上一学期的工作簿结转：{found.label}，{counts['学生']} 人"
    row = Row({"at": at.replace(microsecond=0), "action": LOG_WORD, "result": result, "seconds": Fraction(0)})
    return plan_change(door.read(LOG), [row])
