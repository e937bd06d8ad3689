"""What a button starts: `run` in Excel through xlwings, `click` for the command that LibreOffice's macro starts."""

from __future__ import annotations

from datetime import date
from pathlib import Path


def run(action_id: str) -> int:
    """The action on the workbook that calls: xlwings' RunPython or RunFrozenPython."""
    from xlbangfu.press import press
    from xlbangfu.workbook.lightxlwings import import_xlwings

    return press(import_xlwings().Book.caller(), action_id)


def click(action_id: str, path: Path | None, *, today: date | None = None) -> int:
    """The action on a workbook that is open in LibreOffice; without a path, on the one that calls from Excel.

    A workbook that cannot be reached is told on standard error: there is no status cell to write to.
    """
    if path is None:
        return run(action_id)
    import sys

    from xlbangfu import clicklog
    from xlbangfu.press import REFUSED, press
    from xlbangfu.workbook.errors import WorkbookError
    from xlbangfu.workbook.libreoffice import attach

    try:
        book = attach(path)
    except WorkbookError as problem:
        clicklog.note_failure(action_id, problem)
        print(problem.message, file=sys.stderr)
        return REFUSED
    return press(book, action_id, today=today)
