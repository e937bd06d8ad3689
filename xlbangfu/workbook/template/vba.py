"""The VBA project: macros/Bangfu.bas with its generated button Subs, and the vbaProject.bin made of it.

Source: pyOpenVBA makes the document modules (ThisWorkbook, Sheet1…SheetN) that XlsxWriter's code names expect.
VBA source is ASCII only: pyOpenVBA stores code page 1252 and would turn Chinese into question marks.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from pyopenvba import ExcelFile
from xlsxwriter import Workbook

from xlbangfu.actions.catalogue import ACTIONS
from xlbangfu.workbook.template.sources import MODULE, RIBBON, WORKBOOK_MODULE, macro_source

BUTTONS_START = "' ---- buttons: generated from the catalogue of actions ----"
BUTTONS_END = "' ---- end of buttons ----"


def button_macro(action_id: str) -> str:
    """The Sub that a form button on 首页 calls.

    >>> button_macro("screen")
    'Btn_screen'
    """
    return f"Btn_{action_id}"


def refreshed_module() -> str:
    """macros/Bangfu.bas with its button Subs generated anew. Raises ValueError when the markers are gone."""
    source = macro_source(MODULE)
    head, start, rest = source.partition(BUTTONS_START)
    _, end, tail = rest.partition(BUTTONS_END)
    if not start or not end:
        raise ValueError(f"{MODULE}: no line {BUTTONS_START!r} … {BUTTONS_END!r}")
    subs = "\n\n".join(
        f'Public Sub {button_macro(a.id)}()\n    RunAction "{a.id}", "{a.picks}"\nEnd Sub' for a in ACTIONS
    )
    return f"{head}{start}\n\n{subs}\n\n{end}{tail}"


def generated_macros() -> dict[str, str]:
    """Every file of macros/ as it has to be: name → text."""
    from xlbangfu.workbook.template.ribbon import ribbon_xml

    return {MODULE: refreshed_module(), WORKBOOK_MODULE: macro_source(WORKBOOK_MODULE), RIBBON: ribbon_xml()}


def vba_project(sheets: int) -> bytes:
    """vbaProject.bin with our module and the document modules of a workbook of `sheets` sheets.

    Raises UnicodeEncodeError for VBA source that is not ASCII.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "project.xlsm"
        book = Workbook(str(path))
        for _ in range(sheets):
            book.add_worksheet()
        book.close()
        with ExcelFile(path) as host:
            host.add_vba_project()
            host.vba_project().add_module(Path(MODULE).stem, _stored(refreshed_module()))
            host.set_module(Path(WORKBOOK_MODULE).stem, _stored(macro_source(WORKBOOK_MODULE)))
            host.save(path)
        with ExcelFile(path) as host:
            return bytes(host.vba_project_bytes())


def _stored(source: str) -> str:
    """The source as a project keeps it, with CRLF line ends."""
    source.encode("ascii")
    return source.replace("\n", "\r\n")
