"""A workbook that is open in LibreOffice, served through xlwings' public API.

`attach` gives an `xlwings.Book`; code written for Excel (without `.api`) runs on it unchanged. Three layers: `desk`
(with `deskbase`, `desktext`) operates LibreOffice over UNO and imports nothing of ours, `connect` finds and reaches a
running LibreOffice, and `engine`, `books`, `sheets`, `named`, `ranges`, `values` are xlwings' classes on top. What
differs from Excel stands in `ranges`.
Importing this package costs nothing; xlwings is imported by the first call, without pandas and numpy.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xlwings


def attach(path: str | os.PathLike[str], *, soffice_pid: int | None = None) -> xlwings.Book:
    """The workbook `path` as it is open in a running LibreOffice; xlwings' active engine is LibreOffice then.

    soffice_pid: process id of the LibreOffice to ask; without it the one that started this process, else every one
    of this user. Raises WorkbookError when none of them has it open, or none can be reached.
    """
    from xlbangfu.workbook.lightxlwings import import_xlwings

    import_xlwings()  # first: the engine's modules import it too
    from xlbangfu.workbook.libreoffice import engine

    return engine.attach(os.path.abspath(path), soffice_pid)


def pick_file(book: xlwings.Book, title: str, patterns: Sequence[tuple[str, str]] = ()) -> str | None:
    """The path of a file chosen in LibreOffice's own dialog, None if cancelled.

    patterns: (label, "*.xlsx;*.xlsm") each; the first one is preset.
    """
    chosen: str | None = book.impl.do("pick", title, False, [list(pattern) for pattern in patterns])
    return chosen


def pick_folder(book: xlwings.Book, title: str) -> str | None:
    """The path of a folder chosen in LibreOffice's own dialog, None if cancelled."""
    chosen: str | None = book.impl.do("pick", title, True, [])
    return chosen
