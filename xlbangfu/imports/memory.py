"""What the office has said of the columns of its files, kept as 导入对照.xlsx in the folder that it works in.

A class workbook keeps the same table as a sheet of its own. Source: spec §3.1 (the mapping is remembered).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from xlbangfu.documents.places import IMPORT_COLUMNS
from xlbangfu.imports.mapping import Choices, SeenColumn, mapping_rows, read_choices
from xlbangfu.imports.reading import read_table_file
from xlbangfu.schema import MAPPING
from xlbangfu.table import Row
from xlbangfu.workbook.parsing import parse


class Memory:
    """The table of one folder. choices: what it says, with what the command line says on top."""

    def __init__(self, folder: Path, named: Mapping[str, str] | None = None) -> None:
        self.path = folder / IMPORT_COLUMNS
        self.rows = self._read()
        self.choices: Choices = read_choices(self.rows).with_named(named or {})

    def _read(self) -> list[Row]:
        """Raises WorkbookError for a file that is there and cannot be read: what was said must not be lost."""
        if not self.path.exists():
            return []
        for grid in read_table_file(self.path):
            if grid.name == MAPPING.label:
                return list(parse(MAPPING, grid.rows).table.rows)
        return []

    def after(self, columns: Iterable[SeenColumn]) -> list[Row] | None:
        """The rows once these columns were seen, None where nothing is new or everything was known anyway."""
        seen = list(columns)
        if not self.rows and not self.choices and all(c.known for c in seen):
            return None
        rows = mapping_rows(self.rows, seen, self.choices)
        return None if rows == self.rows else rows

    def keep(self, columns: Iterable[SeenColumn]) -> str:
        """Write what is new; gives the path, "" where nothing is. Raises WorkbookError."""
        rows = self.after(columns)
        if rows is None:
            return ""
        from xlbangfu.workbook.tablefile import table_bytes, write_table_file

        write_table_file(self.path, table_bytes(MAPPING, rows, MAPPING.label, frozen=2))
        return str(self.path)
