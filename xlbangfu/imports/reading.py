"""A spreadsheet or text table as grids of raw cell values; whatever goes wrong is one Chinese sentence.

Source: spec §3.1 (kinds of files), §8 (bounds, untrusted files).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlbangfu.workbook.errors import WorkbookError, WorkbookLocked, WorkbookUnreadable

MAX_FILE_BYTES = 50 * 2**20
SNIFF_CHARACTERS = 64 * 1024
SPREADSHEETS = (".xlsx", ".xlsm", ".xls")
TEXTS = (".csv", ".tsv", ".txt")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DELIMITERS = ",\t;"
_QUOTED_FORMULA = re.compile(r'="([^"]*)"\Z')  # how exports keep leading zeros in a text file


@dataclass(frozen=True)
class CellError:
    """A cell whose value cannot be known: an error value, or a formula that was never calculated."""

    words: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class SheetGrid:
    """One sheet. rows: raw values from A1 on, blanks None or ''. hidden: the sheet is not shown."""

    name: str
    rows: Sequence[Sequence[Any]] = field(repr=False)
    hidden: bool = False


def read_table_file(path: Path) -> list[SheetGrid]:
    """The sheets of .xlsx .xlsm .xls .csv .tsv .txt, in the file's order; a text file is one sheet.

    Raises WorkbookUnreadable or WorkbookLocked with a sentence for the teacher.
    """
    data = _bytes_of(path)
    if path.suffix.lower() in TEXTS:
        return [SheetGrid(path.stem, _text_rows(path, data))]
    if data[:4] not in (_ZIP, _OLE):
        raise _unreadable(
            path, "的内容不是 Excel 工作簿（可能是改了扩展名的网页或文本）", "请用 Excel 打开后另存为 .xlsx 再试"
        )
    return _spreadsheet(path, data)


def _unreadable(path: Path, what: str, mend: str) -> WorkbookUnreadable:
    return WorkbookUnreadable(f"“{path.name}”{what}，{mend}。", path=path)


def _bytes_of(path: Path) -> bytes:
    if path.name.startswith(("~$", ".~")):
        raise _unreadable(path, "是表格程序的临时文件，不是成绩或名册", "请选择没有“~$”开头的那个文件")
    if path.suffix.lower() not in SPREADSHEETS + TEXTS:
        raise _unreadable(path, "不是能导入的文件类型", "可以导入 .xlsx、.xlsm、.xls、.csv 和 .tsv")
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise _unreadable(path, "不是一个文件", "请选择一个文件")
        if size > MAX_FILE_BYTES:
            raise _unreadable(path, f"超过 {MAX_FILE_BYTES // 2**20} MB", "请删去多余的工作表或图片后再试")
        data = path.read_bytes()
    except FileNotFoundError as problem:
        raise WorkbookUnreadable(f"找不到文件“{path}”，请核对路径。", path=path) from problem
    except OSError as problem:
        raise WorkbookLocked(f"“{path.name}”读不出来，请关闭正在使用它的程序后再试。", path=path) from problem
    if not data:
        raise _unreadable(path, "是空文件", "请重新导出或下载")
    return data


# ---- text ----------------------------------------------------------------------------------------------


def _decode(path: Path, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _unreadable(path, "不是文本表格（或编码认不出来）", "请用 Excel 打开后另存为 .xlsx 或“CSV UTF-8”再试")


def _delimiter(text: str) -> str:
    """The delimiter that csv's sniffer finds in the first lines; else the most frequent one there."""
    sample = text[:SNIFF_CHARACTERS]
    sample = sample[: sample.rfind("\n") + 1] or sample
    most = max(_DELIMITERS, key=sample.count)
    try:
        found = csv.Sniffer().sniff(sample[:4096], delimiters=_DELIMITERS).delimiter
    except csv.Error:
        return most
    return found if sample.count(found) * 2 >= sample.count(most) else most


def _text_rows(path: Path, data: bytes) -> list[list[str]]:
    if data[:4] in (_ZIP, _OLE):
        raise _unreadable(path, "其实是 Excel 工作簿", "请把扩展名改回 .xlsx 或 .xls 再试")
    text = _decode(path, data)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error as problem:
        raise _unreadable(path, "的分隔或引号有问题，读不出来", "请用 Excel 打开后另存为 .xlsx 再试") from problem
    return [[_plain_text(cell) for cell in row] for row in rows]


def _plain_text(cell: str) -> str:
    quoted = _QUOTED_FORMULA.match(cell.strip())
    return quoted[1] if quoted else cell


# ---- spreadsheets --------------------------------------------------------------------------------------


def _spreadsheet(path: Path, data: bytes) -> list[SheetGrid]:
    if data.startswith(_ZIP):
        _check_archive(path, data)
    grids = _calamine_sheets(path, data)
    if data.startswith(_ZIP):
        from xlbangfu.imports.cellnotes import cells_beyond_calamine

        for grid, special in zip(grids, cells_beyond_calamine(data, [g.name for g in grids]), strict=True):
            _put(grid, special)
    return grids


def _put(grid: SheetGrid, special: dict[tuple[int, int], Any]) -> None:
    """Lay cells that calamine leaves out, or shows otherwise than the file does, over the grid."""
    rows: list[list[Any]] = grid.rows  # type: ignore[assignment]
    for (row, column), value in special.items():
        while len(rows) < row:
            rows.append([])
        cells = rows[row - 1]
        cells.extend([None] * (column - len(cells)))
        cells[column - 1] = value


def _check_archive(path: Path, data: bytes) -> None:
    """Bounds before anything is unpacked in full: sizes, and how far out a filled cell lies."""
    from xlbangfu.workbook.bounds import too_far_out
    from xlbangfu.workbook.ziparchive import Archive

    try:
        archive = Archive(data)
        parts = [archive.read(name) for name in archive.names if "worksheets/" in name and name.endswith(".xml")]
    except WorkbookError as problem:
        raise problem.placed(path) from problem
    for part in parts:
        if far := too_far_out(part):
            raise _unreadable(path, f"有内容远在第 {far[0]} 行、第 {far[1]} 列，读不下", "请删去表格以外的内容后再试")


def _calamine_sheets(path: Path, data: bytes) -> list[SheetGrid]:
    import python_calamine

    mend = "请用 Excel 打开后另存一份 .xlsx 再试"
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [m for m in book.sheets_metadata if m.typ == python_calamine.SheetTypeEnum.WorkSheet]
        return [
            SheetGrid(
                m.name,
                book.get_sheet_by_name(m.name).to_python(skip_empty_area=False),
                m.visible != python_calamine.SheetVisibleEnum.Visible,
            )
            for m in sheets
        ]
    except (KeyboardInterrupt, SystemExit):
        raise
    except python_calamine.PasswordError as problem:
        raise _unreadable(path, "加了密码", "请在 Excel 里去掉密码另存一份再试") from problem
    except BaseException as problem:  # pyo3's PanicException is no Exception
        raise _unreadable(path, "打不开，可能已损坏、加了密码或不是 Excel 工作簿", mend) from problem
