"""A spreadsheet or text table as grids of raw cell values; whatever goes wrong is one Chinese sentence.

What a file holds is told from its content; its name must be that of a table. Source: spec §3.1 (kinds of files),
§8 (bounds, untrusted files).
"""

from __future__ import annotations

from pathlib import Path

from xlbangfu.imports import kinds
from xlbangfu.imports.grids import CellError, SheetGrid, TooMuch, Unreadable, shown_name
from xlbangfu.imports.passwords import PasswordNeeded, WrongImportPassword
from xlbangfu.workbook.errors import WorkbookLocked, WorkbookUnreadable

__all__ = ["CellError", "PasswordNeeded", "SheetGrid", "WrongImportPassword", "read_table_file"]

MAX_FILE_BYTES = 50 * 2**20
SPREADSHEETS = (".xlsx", ".xlsm", ".xls")
TEXTS = (".csv", ".tsv", ".txt")
_OTHER_TABLES = (".xlsb", ".xltx", ".xltm", ".ods", ".fods", ".et", ".ett", ".numbers", ".xml", ".htm", ".html", ".mht")


def read_table_file(path: Path, password: str = "") -> list[SheetGrid]:
    """The sheets of .xlsx .xlsm .xls .csv .tsv .txt, in the file's order; a text file is one sheet.

    password: opens the file if it is under one, and is not looked at otherwise.
    Raises PasswordNeeded (WrongImportPassword), WorkbookUnreadable or WorkbookLocked with a sentence for the teacher.
    """
    try:
        _check_name(path)
        data = _bytes_of(path)
        if path.suffix.lower() in TEXTS:
            return _text(path, data)
        return _spreadsheet(path, data, password)
    except Unreadable as problem:
        raise problem.sentence(path) from problem.__cause__
    except (MemoryError, RecursionError) as problem:
        raise TooMuch().sentence(path) from problem


def _check_name(path: Path) -> None:
    if path.name.startswith(("~$", ".~")):
        raise Unreadable("是表格程序的临时文件，不是成绩或名册", "请选择没有“~$”或“.~”开头的那个文件")
    kind = path.suffix.lower()
    if kind in _OTHER_TABLES:
        raise Unreadable("不是能导入的文件类型", "请用 Excel 或 WPS 打开后另存为 .xlsx 再试")
    if kind not in SPREADSHEETS + TEXTS:
        raise Unreadable("不是能导入的文件类型", "可以导入 .xlsx、.xlsm、.xls、.csv 和 .tsv")


def _bytes_of(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # a pipe would keep the reader waiting
            raise Unreadable("不是一个文件", "请选择一个文件")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, ValueError) as problem:
        shown = str(path.with_name(shown_name(path)))
        raise WorkbookUnreadable(f"找不到文件“{shown}”，请核对路径。", path=path) from problem
    except OSError as problem:
        message = f"“{shown_name(path)}”读不出来，请关闭正在使用它的程序后再试。"
        raise WorkbookLocked(message, path=path) from problem
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable(f"超过 {MAX_FILE_BYTES // 2**20} MB", "请删去多余的工作表或图片后再试")
    if not data:
        raise Unreadable("是空文件", "请重新导出或下载")
    return data


def _text(path: Path, data: bytes) -> list[SheetGrid]:
    from xlbangfu.imports.textfiles import read_text

    kind = kinds.kind_of(data)
    if kind == kinds.SPREADSHEETML:
        raise Unreadable("其实是 Excel 的 XML 表格", "请把扩展名改为 .xls 再试")
    if kind != kinds.TEXT:
        raise Unreadable("其实是 Excel 工作簿", "请把扩展名改回 .xlsx 或 .xls 再试")
    return [read_text(path.stem, data)]


def _spreadsheet(path: Path, data: bytes, password: str) -> list[SheetGrid]:
    kind = kinds.kind_of(data)
    if kind == kinds.COMPOUND:
        from xlbangfu.imports.passwords import unsealed

        data = unsealed(path, data, password)
        kind = kinds.kind_of(data)
    if kind == kinds.ZIP:
        from xlbangfu.imports.xlsxfiles import read_xlsx

        return read_xlsx(data)
    if kind in (kinds.COMPOUND, kinds.BIFF):
        from xlbangfu.imports.xlsfiles import read_xls

        return read_xls(data)
    if kind == kinds.SPREADSHEETML:
        from xlbangfu.imports.spreadsheetml import read_spreadsheetml

        return read_spreadsheetml(data)
    raise _no_workbook(data)


def _no_workbook(data: bytes) -> Unreadable:
    from xlbangfu.imports.textcoding import decode

    try:
        decode(data)
    except Unreadable:
        return Unreadable("的内容不是 Excel 工作簿，可能已损坏", "请重新下载，或用 Excel 打开后另存为 .xlsx 再试")
    return Unreadable("其实是文本表格，只是改了扩展名", "请把扩展名改为 .csv 再试")
