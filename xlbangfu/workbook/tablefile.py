"""A workbook of one table and nothing else, such as 常模.xlsx: the same rows give the same bytes. Imports XlsxWriter."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from xlbangfu.schema import Kind, Sheet
from xlbangfu.table import Row
from xlbangfu.workbook import atomic, locks
from xlbangfu.workbook.cells import encode

_MADE = datetime(2020, 1, 1)  # in the file's properties


class _Unrounded(float):
    """A number that XlsxWriter writes with all its digits; its own 16 lose the last bit of some."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


def table_bytes(sheet: Sheet, rows: Sequence[Row], title: str, *, frozen: int) -> bytes:
    """The rows under the sheet's header as .xlsx bytes. frozen: columns that stay in sight."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": title, "created": _MADE})
    page = book.add_worksheet(sheet.label)
    formats = {
        Kind.SHARE: book.add_format({"num_format": "0.##%"}),
        Kind.NUMBER: book.add_format({"num_format": "0.00"}),
    }
    labels = [{"header": c.label} for c in sheet.columns]
    area = {"name": sheet.table, "columns": labels, "style": "Table Style Medium 2"}
    page.add_table(0, 0, max(len(rows), 1), len(labels) - 1, area)
    for number, column in enumerate(sheet.columns):
        page.set_column(number, number, max(column.width, 10))
        if column.choices and column.kind is Kind.TEXT:
            page.data_validation(
                1, number, max(len(rows), 1), number,
                {"validate": "list", "source": list(column.choices), "error_type": "warning"},
            )  # fmt: skip
        for at, row in enumerate(rows, 1):
            value = encode(row.get(column.code))
            if isinstance(value, str):
                page.write_string(at, number, value)
            elif value is not None:
                page.write_number(at, number, _Unrounded(value), formats.get(column.kind))
    page.freeze_panes(1, frozen)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    book.close()
    return buffer.getvalue()


def write_table_file(path: Path, data: bytes) -> None:
    """The bytes as a file, checked by opening it, the former one kept as .bak. Raises WorkbookError."""
    from xlbangfu.workbook.closed import open_calamine

    locks.refuse_if_open(path)
    path.parent.mkdir(parents=True, exist_ok=True)

    def reopens(written: Path) -> None:
        open_calamine(written)

    atomic.replace_file(path, data, reopens)
