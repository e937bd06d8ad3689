"""What every door to a workbook offers: read a sheet, write changes, all at once or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from xlbangfu.schema import Sheet
from xlbangfu.workbook.changes import SheetChange
from xlbangfu.workbook.parsing import Grid, Parsed


class Door(Protocol):
    """A class workbook, closed or open in a spreadsheet program."""

    @property
    def path(self) -> Path:
        """Where the workbook lies."""
        ...

    def read(self, sheet: Sheet) -> Parsed:
        """The sheet as a checked table with cell-addressed problems; an absent sheet is a problem too."""
        ...

    def grid(self, label: str) -> Grid:
        """Raw values of any sheet from A1 on, blanks None or "". Raises WorkbookError."""
        ...

    def write(self, changes: Sequence[SheetChange]) -> None:
        """Carry out all changes or none. Raises WorkbookError."""
        ...
