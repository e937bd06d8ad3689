"""Restricted workbooks for tests: made by the program, filled as a teacher would, saved by other programs."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from window import observer_python
from xlbangfu.restricted.crypt import decrypt, encrypt
from xlbangfu.restricted.make import make_workbook

PASSWORD = "abc-2026"
MARKER = "绝密QX7标记"  # stands in every cell that says something about a pupil
Rows = Sequence[Mapping[str, Any]]


def plain_workbook(tables: Mapping[str, Rows] | None = None, grade: str = "三年级", class_name: str = "1班") -> bytes:
    """A filled workbook before it is encrypted. tables: label of the sheet → rows by header."""
    return filled(make_workbook("测试小学", grade, class_name), tables or {})


def filled(plain: bytes, tables: Mapping[str, Rows]) -> bytes:
    """The workbook with rows typed under what stands there, saved by openpyxl."""
    book = openpyxl.load_workbook(io.BytesIO(plain))
    for label, rows in tables.items():
        sheet = book[label]
        header = [cell.value for cell in sheet[1]]
        at = last_filled(sheet) + 1
        for number, row in enumerate(rows, start=at):
            for column, word in enumerate(header, start=1):
                sheet.cell(number, column).value = row.get(word)
    return saved(book)


def last_filled(sheet: Any) -> int:
    """The last row with anything in it."""
    return max(row[0].row for row in sheet.iter_rows() if any(cell.value is not None for cell in row))


def saved(book: Any) -> bytes:
    """An openpyxl workbook as bytes."""
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def type_into(path: Path, tables: Mapping[str, Rows], password: str = PASSWORD) -> None:
    """Open the file with its password, type rows, save it with the password."""
    path.write_bytes(encrypt(filled(decrypt(path.read_bytes(), password, path.name), tables), password))


def psych(pupil_id: Any, day: Any, **more: Any) -> dict[str, Any]:
    """A row of 心理档案 whose words are the marker."""
    return {"学号": pupil_id, "日期": day, "观察": MARKER, "辅导": MARKER, "记录人": MARKER, **more}


def aid(pupil_id: Any, day: Any, **more: Any) -> dict[str, Any]:
    """A row of 资助, likewise; 项目 and 来源 hold what no dropdown offers."""
    return {
        "学号": pupil_id, "日期": day, "项目": MARKER, "来源": MARKER, "金额": 7731.5, "经办人": MARKER, **more,
    }  # fmt: skip


def everything_in(paths: Iterable[Path]) -> bytes:
    """The bytes of files, and of the parts of those that are archives, run together for a search."""
    found = []
    for path in paths:
        data = path.read_bytes()
        found.append(data)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found += [archive.read(name) for name in archive.namelist()]
    return b"\n".join(found)


_SAVE = """
import subprocess, sys, time
sys.path.append('/usr/lib/python3/dist-packages')
import uno
from com.sun.star.beans import PropertyValue
url, password, profile, pipe, sheet, cell, text = sys.argv[1:]
office = subprocess.Popen(['soffice', '--headless', '--norestore', '--nologo', '-env:UserInstallation=' + profile,
                           '--accept=pipe,name=' + pipe + ';urp;'], stdout=-3, stderr=-3)
resolver = uno.getComponentContext().ServiceManager.createInstance('com.sun.star.bridge.UnoUrlResolver')
for _ in range(120):
    try:
        context = resolver.resolve('uno:pipe,name=' + pipe + ';urp;StarOffice.ComponentContext')
        break
    except Exception:
        time.sleep(0.5)
desktop = context.ServiceManager.createInstanceWithContext('com.sun.star.frame.Desktop', context)
document = desktop.loadComponentFromURL(url, '_blank', 0, (PropertyValue('Hidden', 0, True, 0),
                                                           PropertyValue('Password', 0, password, 0)))
document.Sheets.getByName(sheet).getCellRangeByName(cell).setFormula(text)
document.store()
document.close(True)
try:
    desktop.terminate()
except Exception:
    pass
office.wait(30)
"""


def save_in_libreoffice(path: Path, folder: Path, sheet: str, cell: str, text: str) -> None:
    """Open the file in LibreOffice with its password, type into a cell, save it in place. folder: for its profile."""
    words = [path.as_uri(), PASSWORD, (folder / "profile").as_uri(), f"xlbangfu_{folder.name}_{id(path)}"]
    python = str(observer_python())
    subprocess.run([python, "-c", _SAVE, *words, sheet, cell, text], check=True, timeout=120, capture_output=True)
