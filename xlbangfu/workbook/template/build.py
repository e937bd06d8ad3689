"""Puts the template together: sheets by XlsxWriter, the VBA project by pyOpenVBA, the ribbon into the zip.

Byte for byte the same on every run: the creation date is fixed, and so is every date inside the zip.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

from xlsxwriter import Workbook

from xlbangfu import schema
from xlbangfu.workbook.template import sources
from xlbangfu.workbook.template.guide import draw_guide
from xlbangfu.workbook.template.home import draw_home
from xlbangfu.workbook.template.looks import FONT, Looks, default_style
from xlbangfu.workbook.template.ranges import defined_names
from xlbangfu.workbook.template.ribbon import RELATIONSHIP
from xlbangfu.workbook.template.sources import RIBBON, in_checkout
from xlbangfu.workbook.template.summary import draw_summary
from xlbangfu.workbook.template.tables import draw_tables
from xlbangfu.workbook.template.vba import generated_macros, vba_project

RIBBON_PART = "customUI/customUI.xml"
RELATIONSHIPS_PART = "_rels/.rels"
CREATED = datetime(2026, 1, 1)
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def build() -> bytes:
    """The template as .xlsm bytes. Raises OSError and ValueError when macros/ is missing or malformed."""
    return _with_ribbon(_workbook(), generated_macros()[RIBBON])


def write(path: Path) -> Path:
    """Build into `path`; in a checkout also bring the generated parts of macros/ up to date."""
    folder = sources.CHECKOUT / "macros"
    if in_checkout():
        for name, text in generated_macros().items():
            target = folder / name
            if target.read_text(encoding="utf-8") != text:
                target.write_text(text, encoding="utf-8", newline="\n")
    path.write_bytes(build())
    return path


def _workbook() -> bytes:
    """Every sheet and the VBA project, without the ribbon."""
    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True, **default_style()})
    book.set_properties({"title": "学困生帮扶工作簿", "author": "xlbangfu", "created": CREATED})
    looks = Looks(book)
    sheets = {label: book.add_worksheet(label) for label in schema.TAB_ORDER}
    for name, formula in defined_names().items():
        book.define_name(name, formula)
    draw_home(book, sheets[schema.HOME], looks)
    draw_tables(book, looks)
    draw_summary(book, sheets[schema.SUMMARY], looks)
    draw_guide(book, sheets[schema.GUIDE], looks)
    _attach_macros(book, len(sheets))
    book.close()
    return stream.getvalue()


def _attach_macros(book: Workbook, sheets: int) -> None:
    """The VBA project and the code names that tie its document modules to the sheets."""
    book.add_vba_project(io.BytesIO(vba_project(sheets)), True)
    book.set_vba_name("ThisWorkbook")
    for number, ws in enumerate(book.worksheets(), start=1):
        ws.set_vba_name(f"Sheet{number}")


def _with_ribbon(workbook: bytes, ribbon: str) -> bytes:
    """The same package with customUI.xml, its relationship, and button captions in our font."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            _store(target, name, _patched(name, source.read(name)))
        _store(target, RIBBON_PART, ribbon.encode("utf-8"))
    return out.getvalue()


def _patched(name: str, data: bytes) -> bytes:
    if name == RELATIONSHIPS_PART:
        entry = f'<Relationship Id="rIdRibbon" Type="{RELATIONSHIP}" Target="{RIBBON_PART}"/></Relationships>'
        return data.replace(b"</Relationships>", entry.encode())
    if name.endswith(".vml"):
        return data.replace(b'<font face="Calibri"', f'<font face="{FONT}"'.encode())
    return data


def _store(target: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, ZIP_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 0  # the same on Windows and Linux
    target.writestr(entry, data)
