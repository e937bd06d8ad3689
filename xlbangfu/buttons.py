"""What a button starts: `run` in Excel through xlwings, `click` for the command that a macro starts.

RunPython calls `run`; RunFrozenPython and LibreOffice's macros start `xlbangfu click`.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

NO_CALLER = "没有找到调用的工作簿，请在 Excel 中打开班级工作簿后点按钮。"


def run(action_id: str) -> int:
    """The action on the workbook that calls; an exit code, REFUSED with a sentence where no workbook calls."""
    from xlbangfu.click.press import REFUSED, press

    book = _caller(action_id)
    return REFUSED if book is None else press(book, action_id)


def click(action_id: str, path: Path | None, *, today: date | None = None) -> int:
    """The action on a workbook that is open in LibreOffice; without a path, on the one that calls from Excel.

    A workbook that cannot be reached is told on standard error: there is no status cell to write to.
    """
    from xlbangfu.click import log
    from xlbangfu.click.press import REFUSED, press
    from xlbangfu.workbook.errors import WorkbookError

    if path is None:
        return _click_in_excel(action_id, today)
    from xlbangfu.workbook.libreoffice import attach

    try:
        book = attach(path)
    except WorkbookError as problem:
        log.note_failure(action_id, problem)
        print(problem.message, file=sys.stderr)
        return REFUSED
    return press(book, action_id, today=today)


def _click_in_excel(action_id: str, today: date | None) -> int:
    from xlbangfu.click.press import DONE, REFUSED, press

    book = _caller(action_id)
    if book is None:
        return REFUSED
    press(book, action_id, today=today)
    return DONE  # the workbook has been told how it went; for any other code xlwings shows a box "Error" besides


def _caller(action_id: str) -> Any | None:
    """The workbook whose button was pressed; None, once that has been said and noted."""
    from xlbangfu.click import log
    from xlbangfu.workbook.lightxlwings import import_xlwings

    xlwings = import_xlwings()
    try:
        return xlwings.Book.caller()
    except Exception as problem:  # xlwings raises a bare Exception, pywin32 its own, and without Excel anything
        log.note_failure(action_id, problem)
        _tell(NO_CALLER)
        return None


def _tell(sentence: str) -> None:
    """Print on standard error, to Excel on Windows in the code page in which xlwings' box reads it."""
    if sys.platform == "win32" and "--from_xl=1" in sys.argv and hasattr(sys.stderr, "reconfigure"):
        import locale

        sys.stderr.reconfigure(encoding=locale.getencoding(), errors="replace")
    print(sentence, file=sys.stderr)
