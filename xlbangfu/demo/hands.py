"""The teacher's hands: type into a class workbook as a person would, cell by cell.

No rule is applied here and no action is called; what is typed goes through the same door that the actions use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xlbangfu.schema import SETTINGS, Sheet
from xlbangfu.table import Row
from xlbangfu.workbook.changes import SheetChange, plan_change
from xlbangfu.workbook.door import Door
from xlbangfu.workbook.parsing import Parsed, set_setting, with_rows

Wanted = Callable[[Row], bool]


def where(**values: Any) -> Wanted:
    """Rows in which these columns say just this."""
    return lambda row: all(row.get(code) == value for code, value in values.items())


def row_at(number: int | None) -> Wanted:
    """The row in that place of the sheet."""
    return lambda row: row.at == number


class Hands:
    """One sitting at one class workbook: look, type, save once. Nothing is written before `save`."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._parsed: dict[str, Parsed] = {}
        self._rows: dict[str, list[Row]] = {}

    def see(self, sheet: Sheet) -> list[Row]:
        """The filled rows of a sheet, with what was typed in this sitting."""
        if sheet.label not in self._rows:
            self._parsed[sheet.label] = self._door.read(sheet)
            self._rows[sheet.label] = list(self._parsed[sheet.label].table.rows)
        return self._rows[sheet.label]

    def add(self, sheet: Sheet, *rows: Mapping[str, Any], blank_rows: int = 0) -> None:
        """Type new rows under the last filled one (code name → value), leaving so many rows blank first."""
        standing = self.see(sheet)
        at = max([self._parsed[sheet.label].last_row, *(r.at or 0 for r in standing)]) + blank_rows
        standing += [Row(row, at + i) for i, row in enumerate(rows, 1)]

    def change(self, sheet: Sheet, wanted: Wanted, **values: Any) -> int:
        """Type over some cells of the rows that are wanted; how many rows that were."""
        standing = self.see(sheet)
        found = [i for i, row in enumerate(standing) if wanted(row)]
        for i in found:
            standing[i] = standing[i].changed(**values)
        return len(found)

    def set(self, **values: Any) -> None:
        """Fill cells of 设置, by code name."""
        self.see(SETTINGS)
        for code, value in values.items():
            shown = with_rows(self._parsed[SETTINGS.label], self._rows[SETTINGS.label])
            self._rows[SETTINGS.label] = set_setting(shown, code, value)

    def save(self) -> bool:
        """Write what was typed; False if nothing differs. Raises WorkbookError."""
        planned = [plan_change(self._parsed[label], rows) for label, rows in self._rows.items()]
        changes = [c for c in planned if c is not None]
        if changes:
            self.put(changes)
        return bool(changes)

    def put(self, changes: Sequence[SheetChange]) -> None:
        """Carry out what was typed. Raises WorkbookError."""
        self._door.write(changes)
