"""The doors that one suite runs over: closed files, LibreOffice in both ways of reaching it, and Excel where there is one.

XLBANGFU_EXCEL=1 python -m pytest tests/doors        on a machine with Excel and xlwings
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from office_host import SOFFICE, running_office
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.live import LiveWorkbook

CLOSED, LIBREOFFICE, BRIDGE, EXCEL = "closed", "libreoffice", "libreoffice-bridge", "excel"
KINDS = (CLOSED, LIBREOFFICE, BRIDGE, EXCEL)
LIVE_KINDS = KINDS[1:]


def why_not(kind: str) -> str:
    """Why this machine has no such door, "" if it has."""
    if kind in (LIBREOFFICE, BRIDGE) and SOFFICE is None:
        return "the soffice program is not installed"
    if kind == EXCEL and os.environ.get("XLBANGFU_EXCEL") != "1":
        return "XLBANGFU_EXCEL=1 is not set: no Excel to drive"
    return ""


class Host:
    """Opens copies of workbooks for one kind of door."""

    def __init__(self, kind: str, folder: Path, office: Any = None) -> None:
        self.kind, self.folder, self.office = kind, folder, office
        self._books: list[Any] = []
        self._copies = 0

    def open(self, source: Path) -> Callable[[], Any]:
        """A function that gives a fresh door to one copy of the workbook, as every run gets one of its own."""
        if self.kind == CLOSED:
            self._copies += 1
            path = self.folder / f"第 {self._copies} 本" / source.name
            path.parent.mkdir()
            shutil.copyfile(source, path)
            return lambda: ClosedWorkbook(path)
        book = self._attach(source)
        self._books.append(book)
        return lambda: LiveWorkbook(book)

    def _attach(self, source: Path) -> Any:
        if self.kind == EXCEL:
            from xlbangfu.workbook.lightxlwings import import_xlwings

            path = self.folder / f"第 {len(self._books) + 1} 本" / source.name
            path.parent.mkdir()
            shutil.copyfile(source, path)
            return import_xlwings().Book(path)
        from xlbangfu.workbook.libreoffice import attach

        return attach(self.office.open_copy(source, source.name), soffice_pid=self.office.pid)

    def close(self) -> None:
        """Close the copies without saving."""
        for book in self._books:
            book.close()
        self._books.clear()


@contextmanager
def host(kind: str, folder: Path) -> Iterator[Host]:
    """One kind of door for the length of a module's tests."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind in (CLOSED, EXCEL):
        yield Host(kind, folder)
        return
    before = os.environ.get("XLBANGFU_BRIDGE")
    if kind == BRIDGE:
        os.environ["XLBANGFU_BRIDGE"] = "1"
    try:
        with running_office(folder) as office:
            yield Host(kind, folder, office)
    finally:
        os.environ.pop("XLBANGFU_BRIDGE", None)
        if before is not None:
            os.environ["XLBANGFU_BRIDGE"] = before
