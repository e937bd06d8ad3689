"""The locked cupboard: what the counsellor types into 受限档案 under its password."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xlbangfu.schema import Sheet

PASSWORD = "demo-2026"


def type_records(file: Path, rows: Mapping[Sheet, Sequence[Mapping[str, Any]]]) -> None:
    """Add rows under those that stand in the sheets, and save under the same password."""
    import openpyxl

    from xlbangfu.restricted.crypt import decrypt, encrypt

    book = openpyxl.load_workbook(io.BytesIO(decrypt(file.read_bytes(), PASSWORD, file.name)))
    for sheet, new in rows.items():
        page = book[sheet.label]
        places = {cell.value: cell.column for cell in page[1]}
        at = max((c.row for column in page.iter_cols(max_col=2) for c in column if c.value is not None), default=1)
        for row in new:
            at += 1
            for code, value in row.items():
                page.cell(at, places[sheet.column(code).label], value)
    plain = io.BytesIO()
    book.save(plain)
    file.write_bytes(encrypt(plain.getvalue(), PASSWORD))
