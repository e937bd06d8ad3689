"""What a file is by its first bytes, whatever its name says; what no table is gets its sentence.

Source: spec §3.1 (kinds of files), §8.
"""

from __future__ import annotations

import re

from xlbangfu.imports.grids import Unreadable
from xlbangfu.imports.spreadsheetml import SPACE

ZIP, COMPOUND, BIFF, SPREADSHEETML, TEXT = "zip", "compound", "biff", "spreadsheetml", "text"
COMPOUND_START = b"\xd0\xcf\x11\xe0"
_HEAD_BYTES = 4096
_BIFF = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x10]\x00")
_PAGE = re.compile(r"<(?:!doctype html|html|head|body|table|meta|style|script|div|center|title)\b")
_MARKUP = re.compile(r"<[?!a-z]")
_MAIL = re.compile(r"mime-version:|content-type: ?multipart/|from: ?<")
_AS_XLSX = "请用 Excel 或 WPS 打开后另存为 .xlsx 再试"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_SIGNATURES = (
    (b"%PDF", "是 PDF，不是表格", "请向发文件的人要 Excel 表格"),
    (b"\x89PNG", "是图片，不是表格", "请向发文件的人要 Excel 表格"),
    (b"\xff\xd8\xff", "是图片，不是表格", "请向发文件的人要 Excel 表格"),
    (b"Rar!", "是压缩包，不是工作簿", "请先解压，再选择里面的表格"),
    (b"7z\xbc\xaf", "是压缩包，不是工作簿", "请先解压，再选择里面的表格"),
    (b"\x1f\x8b", "是压缩包，不是工作簿", "请先解压，再选择里面的表格"),
    (b"{\\rtf", "是 RTF 文档，不是表格", "请把里面的表格粘贴到 Excel，存为 .xlsx 再试"),
)


def kind_of(data: bytes) -> str:
    """ZIP, COMPOUND, BIFF (an .xls without its container), SPREADSHEETML or, for anything else, TEXT.

    Raises Unreadable for web pages, documents, pictures and archives of other kinds.
    """
    if data.startswith(_ZIPS):
        return ZIP
    if data.startswith(COMPOUND_START):
        return COMPOUND
    if _BIFF.match(data):
        return BIFF
    for signature, what, mend in _SIGNATURES:
        if data.startswith(signature):
            raise Unreadable(what, mend)
    head = _head(data)
    if SPACE.decode() in head and _MARKUP.match(head):
        return SPREADSHEETML
    if _MARKUP.match(head) and _PAGE.search(head):
        raise Unreadable("其实是网页（HTML），只是改了扩展名", _AS_XLSX)
    if _MAIL.match(head):
        raise Unreadable("其实是网页（MHTML），只是改了扩展名", _AS_XLSX)
    if head.startswith("<?xml"):
        raise Unreadable("是 XML 文件，不是能导入的表格", _AS_XLSX)
    return TEXT


def _head(data: bytes) -> str:
    """The first characters in small letters, those beyond ASCII as they come."""
    head = data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:2] in (b"<\0", b"\0<"):
        head = head.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return head.decode("latin-1").lstrip().lower()
