"""What calamine does not tell of an .xlsx: error cells, uncalculated formulas, zeros that only a format shows.

Such cells read as blank or as a shorter number there; here they become `CellError` or the text as shown.
Source: spec §3.1 (leading zeros held by number format).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from xlbangfu.imports.reading import CellError
from xlbangfu.workbook.errors import WorkbookError

_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?)(?:/>|>(.*?)(?=<(?:\w+:)?c[\s>]|</(?:\w+:)?row>|\Z))", re.DOTALL)
_REFERENCE = re.compile(rb'(?:^|\s)r="([A-Z]{1,3})([0-9]{1,7})"')
_STYLE = re.compile(rb'(?:^|\s)s="([0-9]+)"')
_TYPE = re.compile(rb'(?:^|\s)t="(\w+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\s[^>]*?>")
_ATTRIBUTE = re.compile(rb'\b(numFmtId|formatCode)="([^"]*)"')
_CELL_FORMATS = re.compile(rb"<(?:\w+:)?cellXfs[\s>].*?</(?:\w+:)?cellXfs>", re.DOTALL)
_ONE_FORMAT = re.compile(rb"<(?:\w+:)?xf\s[^>]*?>")
_ZEROS = re.compile(rb"(0{2,20})(?:;.*)?\Z")


def cells_beyond_calamine(data: bytes, names: Sequence[str]) -> list[dict[tuple[int, int], Any]]:
    """For each named sheet of an .xlsx: (row, column) → `CellError` or the number's text with its zeros.

    A file whose parts cannot be walked (calamine is more lenient) gives no such cells.
    """
    from xlbangfu.workbook.package import Package
    from xlbangfu.workbook.ziparchive import Archive

    try:
        package = Package(data)
        archive = Archive(data)
        styles = next((n for n in archive.names if n.endswith("/styles.xml")), None)
        padded = _padded_styles(archive.read(styles)) if styles else {}
        return [_special_cells(package.sheet_bytes(name), padded) for name in names]
    except WorkbookError:
        return [{} for _ in names]


def _padded_styles(styles: bytes) -> dict[int, int]:
    """Cell style number → digits, for number formats of zeros only."""
    widths: dict[bytes, int] = {}
    for match in _FORMAT.finditer(styles):
        found = dict(_ATTRIBUTE.findall(match[0]))
        zeros = _ZEROS.match(found.get(b"formatCode", b""))
        if zeros and b"numFmtId" in found:
            widths[found[b"numFmtId"]] = len(zeros[1])
    block = _CELL_FORMATS.search(styles)
    if not widths or block is None:
        return {}
    ids = [dict(_ATTRIBUTE.findall(m[0])).get(b"numFmtId", b"") for m in _ONE_FORMAT.finditer(block[0])]
    return {number: widths[i] for number, i in enumerate(ids) if i in widths}


def _special_cells(part: bytes, padded: dict[int, int]) -> dict[tuple[int, int], Any]:
    if not padded and b't="e"' not in part and not _FORMULA.search(part):
        return {}
    found: dict[tuple[int, int], Any] = {}
    for match in _CELL.finditer(part):
        place = _REFERENCE.search(match[1])
        value = _special_value(match[1], match[2] or b"", padded)
        if place is not None and value is not None:
            column = 0
            for letter in place[1]:
                column = column * 26 + letter - 64
            found[int(place[2]), column] = value
    return found


def _special_value(attributes: bytes, content: bytes, padded: dict[int, int]) -> Any:
    kind = _TYPE.search(attributes)
    value = _VALUE.search(content)
    if kind and kind[1] == b"e":
        shown = value[1].decode("utf-8", "replace") if value else ""
        return CellError(f"单元格是错误值 {shown}".strip())
    if _FORMULA.search(content) and (value is None or not value[1]) and not (kind and kind[1] == b"str"):
        return CellError("公式还没有计算过")
    style = _STYLE.search(attributes)
    width = padded.get(int(style[1])) if style else None
    if width and value is not None and (kind is None or kind[1] == b"n") and value[1].isdigit():
        return value[1].decode().zfill(width)
    return None
