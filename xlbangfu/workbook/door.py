"""What every door to a workbook offers: read a sheet, write changes, all at once or not at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

from xlbangfu.schema import Sheet
from xlbangfu.workbook.changes import SheetChange
from xlbangfu.workbook.contents import Area, Content, Place
from xlbangfu.workbook.parsing import Grid, Parsed


class Door(Protocol):
    """A class workbook, closed or open in a spreadsheet program."""

    @property
    def path(self) -> Path:
        """Where the workbook lies."""
        ...

    @property
    def all_at_once(self) -> bool:
        """True if a write that is killed halfway leaves the workbook as it was (a closed file is replaced whole)."""
        ...

    @property
    def calculation(self) -> str:
        """How the host calculates ("automatic", "manual"), "" for a closed file."""
        ...

    def calculate_as(self, mode: str) -> None:
        """Give the host back the mode that a killed write took from it; nothing for a closed file."""
        ...

    def read(self, sheet: Sheet) -> Parsed:
        """The sheet as a checked table with cell-addressed problems; an absent sheet is a problem too."""
        ...

    def grid(self, label: str) -> Grid:
        """Raw values of any sheet from A1 on, blanks None or "". Raises WorkbookError."""
        ...

    def contents(self, label: str, places: Collection[Place], formats: Collection[Place] = ()) -> dict[Place, Content]:
        """What stands in these cells right now, exactly enough to put it back. Raises WorkbookError.

        formats: those of the cells whose number format a write might change; it is noted where that can happen.
        """
        ...

    def table_area(self, label: str, table: str) -> Area | None:
        """Where the sheet's Excel table lies, header row included; None if there is none."""
        ...

    def refuse_if_busy(self) -> None:
        """Raises WorkbookError where a write would be refused because somebody has or had the workbook open."""
        ...

    def write(self, changes: Sequence[SheetChange]) -> None:
        """Carry out all changes or none. Raises WorkbookError."""
        ...
