"""Compound files (.xls, and any workbook under a password): what is in one, and its content once it is opened.

No password and no key ever reaches a message or a log. Source: spec §3.1, §8; MS-OFFCRYPTO; MS-XLS 2.4.117 (FilePass).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xlbangfu.imports.grids import Unreadable, shown_name
from xlbangfu.workbook.encryption import ooxml_file, quiet, refuse_odd_header
from xlbangfu.workbook.errors import WorkbookUnreadable

PLAIN, SEALED_XLSX, SEALED_XLS = "plain", "sealed xlsx", "sealed xls"
_EVERYBODYS = "VelvetSweatshop"  # Excel's own, for a book whose structure alone is protected: nobody is asked for it
_RECORDS_LOOKED_AT = 200
_FILE_PASS, _SHEET, _END = 0x2F, 0x85, 0x0A
_UNKNOWN_SCHEME = ("的加密方式不能识别，或文件已损坏", "请在 Excel 里去掉密码，另存一份再试")


class PasswordNeeded(WorkbookUnreadable):
    """The file is under a password and none was given."""

    needs = "import_password"  # a click may ask for it


class WrongImportPassword(PasswordNeeded):
    """The password given does not open the file."""


def unsealed(path: Path, data: bytes, password: str) -> bytes:
    """The content of a compound file: itself, or the workbook inside it if a password seals it.

    Raises PasswordNeeded, WrongImportPassword, Unreadable (no workbook, an unknown scheme). What is inside is
    untrusted and not looked at here.
    """
    kind = _kind(data)
    if kind == PLAIN:
        return data
    opened = _xlsx_opened if kind == SEALED_XLSX else _xls_opened
    for candidate in ([password] if password else []) + [_EVERYBODYS]:
        inside = _tried(opened, data, candidate)
        if inside is not None:
            return inside
    name = shown_name(path)
    if password:
        message = f"密码打不开“{name}”，请核对后再输一次（注意大小写和输入法）。"
        raise WrongImportPassword(message, path=path)
    raise PasswordNeeded(f"“{name}”加了打开密码，请输入密码。", path=path)


def _tried(opened: Callable[[bytes, str], bytes], data: bytes, password: str) -> bytes | None:
    from msoffcrypto.exceptions import InvalidKeyError

    quiet()
    try:
        return opened(data, password)
    except InvalidKeyError:
        return None
    except Exception:  # a dozen kinds for a file that was cut off or made up; a chained one could tell the password
        raise Unreadable(*_UNKNOWN_SCHEME) from None


def _xlsx_opened(data: bytes, password: str) -> bytes:
    refuse_odd_header(data)
    file, inside = ooxml_file(data), io.BytesIO()
    file.load_key(password, verify_password=True)
    file.decrypt(inside)
    return inside.getvalue()


def _xls_opened(data: bytes, password: str) -> bytes:
    from msoffcrypto.format.xls97 import Xls97File

    file, inside = Xls97File(io.BytesIO(data)), io.BytesIO()
    file.load_key(password)
    file.decrypt(inside)
    return inside.getvalue()


def _kind(data: bytes) -> str:
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            return _kind_of(container)
    except Unreadable:
        raise
    except Exception:  # this library is stricter than the one that reads .xls, which says what is wrong
        return PLAIN


def _kind_of(container: Any) -> str:
    if container.exists("EncryptedPackage"):
        if not container.exists("EncryptionInfo"):
            raise Unreadable(*_UNKNOWN_SCHEME)
        return SEALED_XLSX
    for name in ("Workbook", "Book"):
        if container.exists(name):
            with container.openstream(name) as stream:
                return SEALED_XLS if _has_file_pass(stream.read(2**16)) else PLAIN
    if container.exists("WordDocument"):
        raise Unreadable("是 Word 文档，不是表格", "请把里面的表格粘贴到 Excel，存为 .xlsx 再试")
    if container.exists("PowerPoint Document"):
        raise Unreadable("是演示文稿，不是表格", "请把里面的表格粘贴到 Excel，存为 .xlsx 再试")
    raise Unreadable("里没有工作簿的内容，不是 Excel 文件", "请核对是不是选错了文件")


def _has_file_pass(stream: bytes) -> bool:
    """True if the record that announces encryption stands where it must, before the list of sheets."""
    at = 0
    for _ in range(_RECORDS_LOOKED_AT):
        if at + 4 > len(stream):
            break
        record, length = struct.unpack_from("<HH", stream, at)
        if record in (_FILE_PASS, _SHEET, _END):
            return bool(record == _FILE_PASS)
        at += 4 + length
    return False
