"""An .xls (BIFF 2 to 8) as grids, by olefile and xlrd: rows as long as they are filled, so that a far cell costs nothing.

Source: spec §3.1, §8; [MS-XLS] for what the records mean.
"""

from __future__ import annotations

import io
import math
from typing import Any

from xlbangfu.imports.grids import Budget, Damaged, GridBuilder, SheetGrid, Unreadable, error_value
from xlbangfu.imports.kinds import COMPOUND_START
from xlbangfu.imports.numberformats import Format, number_as_shown, read_format

_BIFF8 = 80
_CHINESE = "gb18030"
_WESTERN = (None, 0, 1252)  # what programs declare, or forget, that write Chinese text into BIFF 2 to 5


def read_xls(data: bytes) -> list[SheetGrid]:
    """The worksheets in order, of a compound file or of the bare stream of one. Raises Unreadable.

    A file whose formats cannot be followed is read without them, unless one of them holds leading zeros.
    """
    data = _stream(data)
    try:
        grids = _grids(data, formats=True)
    except (Unreadable, MemoryError, RecursionError):
        raise
    except Exception:
        try:
            grids = _grids(data, formats=False)
        except (Unreadable, MemoryError, RecursionError):
            raise
        except Exception as problem:  # xlrd raises whatever Python does for a torn or odd file
            raise Damaged from problem
    if not grids:
        raise Unreadable("里没有工作表", "请核对是不是选错了文件")
    return grids


def _stream(data: bytes) -> bytes:
    """The records. xlrd's own way to them stops at harmless faults, or with those ignored runs in circles for good."""
    if not data.startswith(COMPOUND_START):
        return data
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            name = next(n for n in ("Workbook", "Book") if container.exists(n))
            with container.openstream(name) as stream:
                found: bytes = stream.read()
    except Exception as problem:  # olefile, too, raises whatever Python does
        raise Damaged from problem
    return found


def _grids(data: bytes, formats: bool) -> list[SheetGrid]:
    book = _book(data, formats)
    if book.biff_version < _BIFF8 and book.codepage in _WESTERN:
        try:
            return _of_book(_book(data, formats, _CHINESE))
        except UnicodeDecodeError:
            book = _book(data, formats)
    return _of_book(book)


def _book(data: bytes, formats: bool, encoding: str | None = None) -> Any:
    import xlrd

    return xlrd.open_workbook(
        file_contents=data,
        logfile=io.StringIO(),
        formatting_info=formats,
        on_demand=True,
        ragged_rows=True,
        encoding_override=encoding,
    )


def _of_book(book: Any) -> list[SheetGrid]:
    known = {key: read_format(key, form.format_str) for key, form in book.format_map.items()}
    if not book.formatting_info and any(form is not None and form.width for form in known.values()):
        raise Damaged
    styles = [known.get(style.format_key) for style in book.xf_list]
    budget = Budget()
    grids = []
    for number in range(book.nsheets):
        sheet = book.sheet_by_index(number)
        grids.append(_grid(sheet, styles, bool(book.datemode), budget))
        if book.on_demand:
            book.unload_sheet(number)
    return grids


def _grid(sheet: Any, styles: list[Format | None], date1904: bool, budget: Budget) -> SheetGrid:
    builder = GridBuilder(budget)
    for row in range(sheet.nrows):
        kinds, values = sheet.row_types(row), sheet.row_values(row)
        for column, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            if kind and (taken := _taken(sheet, styles, date1904, row, column, kind, value)) not in (None, ""):
                builder.put(row + 1, column + 1, taken)
    for row, info in sheet.rowinfo_map.items():
        if info.hidden or info.height == 0:
            builder.hide(row + 1)
    for first_row, end_row, first_column, end_column in sheet.merged_cells:
        builder.merge(first_row + 1, first_column + 1, end_row, end_column)
    return builder.grid(sheet.name, sheet.visibility != 0)


def _taken(
    sheet: Any, styles: list[Format | None], date1904: bool, row: int, column: int, kind: int, value: Any
) -> Any:
    import xlrd

    if kind == xlrd.XL_CELL_TEXT:
        return value
    if kind == xlrd.XL_CELL_ERROR:
        return error_value(xlrd.error_text_from_code.get(value, ""))
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if kind not in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        return None
    if not math.isfinite(value):
        raise Damaged
    form = None
    if sheet.formatting_info:
        style = sheet.cell_xf_index(row, column)
        form = styles[style] if 0 <= style < len(styles) else None
    elif kind == xlrd.XL_CELL_DATE:
        form = Format(is_date=True)
    return number_as_shown(float(value), form, date1904)
