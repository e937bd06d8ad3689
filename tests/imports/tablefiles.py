"""Files for the tests of imports: invented pupils in workbooks and text files as schools type them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from xlbangfu.imports.filerows import SCORE_FILE, TableFile, Wanted
from xlbangfu.imports.mapping import NO_CHOICES, Choices
from xlbangfu.imports.reading import SheetGrid
from xlbangfu.imports.tables import tables_of

Rows = Sequence[Sequence[Any]]


def workbook(
    path: Path,
    sheets: Mapping[str, Rows] | Rows,
    *,
    hidden: Iterable[str] = (),
    merges: Mapping[str, str] | None = None,
) -> Path:
    """An .xlsx with these rows; merges: A1 range → text on the first sheet."""
    book = xlsxwriter.Workbook(str(path))
    named = sheets if isinstance(sheets, Mapping) else {"Sheet1": sheets}
    for name, rows in named.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if value is not None:
                    sheet.write_string(i, j, value) if isinstance(value, str) else sheet.write(i, j, value)
    for place, text in (merges or {}).items():
        book.worksheets()[0].merge_range(place, text)
    book.close()
    return path


def text_file(path: Path, rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """A text table."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def table(rows: Rows, wanted: Wanted = SCORE_FILE, sheet: str = "Sheet1", choices: Choices = NO_CHOICES) -> TableFile:
    """Rows read as one sheet of a file."""
    return tables_of("测试.xlsx", [SheetGrid(sheet, [list(r) for r in rows])], wanted, choices)
