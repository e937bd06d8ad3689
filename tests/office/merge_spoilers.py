"""Ways in which a class workbook in the office's folder can be no class workbook (spec §6, §8)."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl

from classbooks import fill


def spoil_zip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3000])


def spoil_sheet(path: Path) -> None:
    """A part that is no XML."""
    parts = {}
    with zipfile.ZipFile(path) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data[: len(data) // 2] if name.endswith("sheet3.xml") else data)


def other_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "成绩单"
    book.save(path)


def newer_version(path: Path) -> None:
    fill(path, {}, {"schema_version": 99})


def lost_sheet(path: Path) -> None:
    book = openpyxl.load_workbook(path, keep_vba=True)
    book["名册"].title = "学生名单"
    book.save(path)


# what happened → (how to do it, words of the reason in 来源)
BAD_FILES = {
    "empty": (lambda p: p.write_bytes(b""), "0 字节"),
    "cut off": (spoil_zip, "损坏"),
    "half a sheet": (spoil_sheet, ""),
    "encrypted": (
        lambda p: p.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16le")),
        "密码",
    ),
    "old format": (lambda p: p.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)), "旧格式"),
    "text": (lambda p: p.write_bytes("学号,姓名".encode()), "不是 Excel 工作簿"),
    "another workbook": (other_workbook, "不是班级工作簿"),
    "a newer version": (newer_version, "新"),
    "a sheet renamed": (lost_sheet, "“名册”"),
}
