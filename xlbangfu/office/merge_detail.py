"""The Parquet folder beside the school workbook: one file per table, every row with where it came from.

Only columns of merge_columns leave a class. Source: spec §6, §7.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlbangfu.office.combine import School
from xlbangfu.office.merge_columns import DETAIL_COLUMNS
from xlbangfu.programme.norms import result_text
from xlbangfu.schema import Column, Kind
from xlbangfu.table import Row

if TYPE_CHECKING:
    import pyarrow

FOLDER_ENDING = "_明细"
SUFFIX = ".parquet"


def detail_folder(out: Path) -> Path:
    """The folder that goes with a school workbook: 「学校汇总_明细」 beside 学校汇总.xlsx."""
    return out.with_name(out.stem + FOLDER_ENDING)


def detail_files(school: School) -> dict[str, bytes]:
    """File name → content, the same bytes for the same school."""
    return {name + SUFFIX: _parquet(columns, school.tables.get(name, [])) for name, columns in DETAIL_COLUMNS.items()}


def write_detail(school: School, out: Path) -> list[Path]:
    """Write every table; what else lies in the folder stays. Raises WorkbookError. Returns the files."""
    from xlbangfu.workbook.errors import WorkbookError

    folder = detail_folder(out)
    files = detail_files(school)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_replace(folder / name, data) for name, data in files.items()]
    except OSError as problem:
        message = f"“{folder.name}”写不进去（正被打开、没有权限或磁盘已满）；请处理后再合并一次。"
        raise WorkbookError(message, path=folder) from problem


def _replace(path: Path, data: bytes) -> Path:
    """The whole new file or the old one, whenever the process is killed."""
    passing = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with passing.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(passing, path)
    finally:
        passing.unlink(missing_ok=True)
    return path


def _parquet(columns: Sequence[Column], rows: Sequence[Row]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    arrays = [pa.array([_value(c, row.get(c.code)) for row in rows], type=_arrow_type(c)) for c in columns]
    table = pa.Table.from_arrays(arrays, names=[c.label for c in columns])
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _arrow_type(column: Column) -> pyarrow.DataType:
    import pyarrow as pa

    types = {
        Kind.INTEGER: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.SHARE: pa.float64(),
        Kind.DATE: pa.date32(),
        Kind.DATETIME: pa.timestamp("s"),
    }
    return types.get(column.kind, pa.string())


def _value(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.kind is Kind.INTEGER:
        return int(value)
    if column.kind in (Kind.NUMBER, Kind.SHARE):
        return float(value)
    if isinstance(value, date):  # dates and times
        return value
    return result_text(value) if isinstance(value, Fraction) else str(value)
