"""What a click shows and asks in the open workbook: the status line, a cell to look at, a question, a picker.

Through xlwings' public API, so it is the same in Excel and in LibreOffice; only the picker is LibreOffice's own,
since in Excel the macro has asked before Python starts. Source: spec §3 (a click).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from xlbangfu import schema

TITLE = "学困生帮扶"
YES, NO, CANCEL = "yes", "no", "cancel"
CANCELLED = "-"


class Face:
    """How one click talks to the teacher. book: an xlwings Book."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._status: Any = None

    @property
    def in_libreoffice(self) -> bool:
        """True where Python has to open the pickers itself."""
        return "libreoffice" in str(self.book.app.engine.name).casefold()

    def say(self, text: str) -> None:
        """One line in the status cell of 首页 and in the program's status bar. Never fails a click.

        On standard error where the cell cannot take it: the workbook is gone, or was opened for reading only.
        """
        try:
            self._named(schema.STATUS_CELL).value = text
        except Exception:
            print(text, file=sys.stderr)
        with suppress(Exception):
            self.book.app.status_bar = text

    def show(self, sheet: str, cell: str) -> None:
        """Go to a cell that needs the teacher's eye."""
        with suppress(Exception):  # a hidden sheet cannot be shown; the sentence names the cell anyway
            target = self.book.sheets[sheet]
            target.activate()
            target.range(cell).select()

    def selected(self) -> tuple[str, int, int] | None:
        """Sheet, first and last row of what is selected; None for what is no cells."""
        try:
            cells = self.book.selection
            return None if cells is None else (str(cells.sheet.name), int(cells.row), int(cells.last_cell.row))
        except Exception:
            return None

    @contextmanager
    def sheet_in_front(self, label: str) -> Iterator[None]:
        """Another sheet for a moment, to see what is selected there; then back."""
        before = self.book.sheets.active
        self.book.sheets[label].activate()
        try:
            yield
        finally:
            before.activate()

    def open_sheet(self, label: str) -> None:
        """Show a sheet."""
        self.book.sheets[label].activate()

    def ask(self, question: str, *, cancel: bool = False) -> str:
        """Yes or no (or cancel) in a box; NO where no box can be shown."""
        try:
            return str(self.book.app.alert(question, TITLE, "yes_no_cancel" if cancel else "yes_no"))
        except Exception:
            return NO

    def tell(self, text: str) -> None:
        """Several lines in a box that the teacher closes."""
        with suppress(Exception):
            self.book.app.alert(text, TITLE, "ok", "info")

    def chosen(self, asks: str) -> str:
        """The path that the teacher chose; CANCELLED, or "" where there was no picker."""
        from xlbangfu.actions.catalogue import FILE

        cell = self._named(schema.PICKED_CELL)
        if given := cell.value:
            cell.clear_contents()
            return str(given)
        if not self.in_libreoffice:
            return ""
        from xlbangfu.workbook import libreoffice

        try:
            if asks == FILE:
                found = libreoffice.pick_file(self.book, "请选择要导入的文件", FILE_PATTERNS)
            else:
                found = libreoffice.pick_folder(self.book, "请选择放班级工作簿的文件夹")
        except Exception:
            return ""
        return found or CANCELLED

    def _named(self, name: str) -> Any:
        if name == schema.STATUS_CELL and self._status is not None:
            return self._status
        found = self.book.names[name].refers_to_range
        if name == schema.STATUS_CELL:
            self._status = found
        return found


FILE_PATTERNS = (("表格文件", "*.xlsx;*.xlsm;*.xls;*.csv"),)
