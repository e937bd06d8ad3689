"""What the office has said of the columns of its files, kept as 导入对照.xlsx in the folder that it works in.

A class workbook keeps the same table as a sheet of its own. Source: spec §3.1 (the mapping is remembered).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from xlbangfu.documents.places import IMPORT_COLUMNS
from xlbangfu.imports.mapping import Choices, SeenColumn, mapping_rows, read_choices
from xlbangfu.imports.reading import read_table_file
from xlbangfu.issues import Issue
from xlbangfu.schema import MAPPING, REMINDER
from xlbangfu.table import Row
from xlbangfu.workbook.errors import WorkbookError, WorkbookUnreadable
from xlbangfu.workbook.parsing import parse


class Memory:
    """The table of one folder. choices: what it says, with what the command line says on top."""

    def __init__(self, folder: Path | None, named: Mapping[str, str] | None = None) -> None:
        self.path = folder / IMPORT_COLUMNS if folder is not None else None
        self.rows = self._read()
        self.choices: Choices = read_choices(self.rows).with_named(named or {})

    def _read(self) -> list[Row]:
        """Raises WorkbookError for a file that is there and cannot be read: what was said must not be lost."""
        if self.path is None or not self.path.exists():
            return []
        for grid in read_table_file(self.path):
            if grid.name == MAPPING.label:
                return list(parse(MAPPING, grid.rows).table.rows)
        message = f"“{self.path.name}”里没有“{MAPPING.label}”这张表，不是程序写的那个文件；请改个名字或移走，再试一次。"
        raise WorkbookUnreadable(message, path=self.path)

    def after(self, columns: Iterable[SeenColumn]) -> list[Row] | None:
        """The rows once these columns were seen, None where nothing is new or everything was known anyway."""
        seen = list(columns)
        if not self.rows and not self.choices and all(c.known for c in seen):
            return None
        rows = mapping_rows(self.rows, seen, self.choices)
        return None if rows == self.rows else rows

    def remember(self, columns: Iterable[SeenColumn], written: list[str], issues: list[Issue]) -> None:
        """Write what is new, once the work is done; a file that cannot be written then is a 提醒, no failure of the work."""
        rows = self.after(columns)
        if rows is None or self.path is None:
            return
        from xlbangfu.workbook.tablefile import table_bytes, write_table_file

        try:
            write_table_file(self.path, table_bytes(MAPPING, rows, MAPPING.label, frozen=2))
            written.append(str(self.path))
        except WorkbookError as problem:
            message = f"各列认作什么没有记下来：{problem}"
            issues.append(Issue(REMINDER, MAPPING.label, "import.memory", message, "关闭它以后再导入一次。"))
