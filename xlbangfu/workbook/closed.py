"""The closed door: read a workbook file fast, change it by patching only the parts concerned.

Reading is calamine's; what calamine leaves out (error cells, formulas that were never calculated) is looked up
in the sheet part, so that such a cell is listed and not taken for blank. Source: spec §8, hosts.md B.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlbangfu.issues import Issue, error
from xlbangfu.schema import CONVERSIONS, ROSTER, SETTINGS, Sheet
from xlbangfu.workbook.bounds import too_far_out
from xlbangfu.workbook.cellxml import column_number
from xlbangfu.workbook.changes import Jump, SheetChange
from xlbangfu.workbook.contents import Area, Content, Formula, Place
from xlbangfu.workbook.errors import WorkbookLocked, WorkbookRearranged, WorkbookUnreadable, no_table
from xlbangfu.workbook.parsing import Grid, Parsed, absent, parse, with_issues

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

    from xlbangfu.workbook.package import Package, Table

_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?)(/?)>(.*?)(?=<(?:\w+:)?c[\s>]|</(?:\w+:)?row>|\Z)", re.DOTALL)
_REFERENCE = re.compile(rb'(?:^|\s)r="([A-Z]{1,3}[0-9]{1,7})"')
_MARKERS = (b't="e"', b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/")


def open_calamine(path: Path) -> CalamineWorkbook:
    """The file as calamine sees it. Raises WorkbookUnreadable for whatever it chokes on, its panics included."""
    from python_calamine import CalamineWorkbook

    try:
        with path.open("rb"):
            pass  # calamine's own errors do not tell a missing file from a damaged one
        return CalamineWorkbook.from_path(str(path))
    except OSError as problem:
        raise _not_opened(path, problem) from problem
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # pyo3's PanicException is no Exception: one file must not end a run
        raise WorkbookUnreadable(
            f"“{path.name}”打不开，可能已损坏、加了密码或不是 Excel 工作簿；请用 Excel 打开后另存一份再试。",
            path=path,
        ) from problem


def _not_opened(path: Path, problem: OSError) -> WorkbookUnreadable | WorkbookLocked:
    if isinstance(problem, FileNotFoundError):
        return WorkbookUnreadable(f"找不到文件“{path}”，请核对路径。", path=path)
    if isinstance(problem, PermissionError):
        return WorkbookLocked(f"没有权限打开“{path.name}”，请关闭正在使用它的程序后再试。", path=path)
    return WorkbookUnreadable(f"“{path.name}”打不开，请用 Excel 打开后另存一份再试。", path=path)


def looks_like_class_workbook(path: Path) -> bool | None:
    """True for a workbook with 设置, 名册 and 转化; False for another spreadsheet; None if it cannot be read."""
    try:
        names = set(open_calamine(path).sheet_names)
    except (WorkbookUnreadable, WorkbookLocked):
        return None
    return {SETTINGS.label, ROSTER.label, CONVERSIONS.label} <= names


class ClosedWorkbook:
    """A class workbook that no program has open."""

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        self._calamine = open_calamine(self._path)
        self._stamp = self._file_stamp()
        self._parsed: dict[str, Parsed] = {}
        self._package: Package | None = None

    @property
    def path(self) -> Path:
        """Where the workbook lies."""
        return self._path

    @property
    def all_at_once(self) -> bool:
        """True: the file is replaced whole."""
        return True

    @property
    def calculation(self) -> str:
        """Nobody calculates a closed file."""
        return ""

    def calculate_as(self, mode: str) -> None:
        """Nothing to do."""

    def _file_stamp(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_mtime_ns, found.st_size

    def package(self) -> Package:
        """The file's parts, opened once. Raises WorkbookUnreadable."""
        from xlbangfu.workbook.package import Package

        if self._package is None:
            self._package = Package.open(self._path)
        return self._package

    # -- reading -------------------------------------------------------------------------------------

    def read(self, sheet: Sheet) -> Parsed:
        """The sheet as a checked table; error cells and uncalculated formulas are problems, not blanks."""
        if sheet.label not in self._parsed:
            self._parsed[sheet.label] = self._read(sheet)
        return self._parsed[sheet.label]

    def _read(self, sheet: Sheet) -> Parsed:
        if sheet.label not in self._calamine.sheet_names:
            return absent(sheet)
        parsed = parse(sheet, self.grid(sheet.label))
        unread = self._unread_cells(sheet, parsed)
        return parsed if not unread else with_issues(parsed, unread)

    def grid(self, label: str) -> Grid:
        """Raw values of a sheet from A1 on. Raises WorkbookUnreadable."""
        if far := too_far_out(self.package().sheet_bytes(label)):
            raise WorkbookUnreadable(
                f"“{label}”有内容远在第 {far[0]} 行、第 {far[1]} 列，读不下；请删去表格以外的内容后再试。",
                path=self._path,
                sheet=label,
            )
        try:
            grid: Grid = self._calamine.get_sheet_by_name(label).to_python(skip_empty_area=False)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:
            raise WorkbookUnreadable(
                f"“{label}”这张表读不出来，请用 Excel 打开后另存一份再试。", path=self._path
            ) from problem
        return grid

    def contents(self, label: str, places: Collection[Place], formats: Collection[Place] = ()) -> dict[Place, Content]:
        """What stands in these cells of the file: values as read, formulas as stored. A cell keeps its format here."""
        grid = self.grid(label)
        formulas = self._formulas(label, set(places))
        found = {}
        for row, column in places:
            cells = grid[row - 1] if row <= len(grid) else ()
            value = cells[column - 1] if column <= len(cells) else None
            found[row, column] = Content(None if value == "" else value, formulas.get((row, column), ""))
        return found

    def _formulas(self, label: str, places: set[Place]) -> dict[Place, str]:
        """Formulas of these cells, "=…"; of one shared with other cells, the cell's own."""
        from xlbangfu.workbook import sheetindex, sheetxml

        part = self.package().sheet_bytes(label)
        if not sheetxml.has_formulas(part):
            return {}
        return sheetxml.formula_texts(sheetindex.index(part, label, quick=False), places)

    def table_area(self, label: str, table: str) -> Area | None:
        """Where the sheet's Excel table lies, header row included."""
        found = _find_table(self.package(), label, table)
        if found is None:
            return None
        return found.first_row, found.first_column, found.last_row, found.last_column

    def _unread_cells(self, sheet: Sheet, parsed: Parsed) -> list[Issue]:
        part = self.package().sheet_bytes(sheet.label)
        part = part[part.find(b"sheetData") : part.rfind(b"sheetData")]  # rules and lists have formulas of their own
        if not any(marker in part for marker in _MARKERS):
            return []
        by_column = {n: code for code, n in parsed.header.items()}
        issues = []
        for match in _CELL.finditer(part):
            reference = _REFERENCE.search(match[1])
            if reference is None or not (words := _unread(match[1], match[3])):
                continue
            letters, row = re.fullmatch(r"([A-Z]+)(\d+)", reference[1].decode()).groups()  # type: ignore[union-attr]
            column = column_number(letters)
            if int(row) > parsed.header_row and column in by_column:
                found = error(
                    sheet.label,
                    "cell.error",
                    words,
                    "请改成数值或文字，或按 F9 重新计算后保存。",
                    row=int(row),
                )
                issues.append(found.at(f"{letters}{row}"))
        return issues

    # -- writing -------------------------------------------------------------------------------------

    def write(self, changes: Sequence[SheetChange]) -> None:
        """Patch the sheet parts and put the file in place atomically. Raises WorkbookError; then nothing changed."""
        package = self.package()
        self._refuse_if_changed()
        try:
            for change in changes:
                _apply(package, change)
            package.save()
        finally:
            self._forget()

    def refuse_if_busy(self) -> None:
        """Raises WorkbookLocked where somebody has the file open or has changed it since it was read."""
        from xlbangfu.workbook import locks

        locks.refuse_if_open(self._path)
        self._refuse_if_changed()

    def _refuse_if_changed(self) -> None:
        if self._file_stamp() != self._stamp:
            raise WorkbookLocked(
                f"“{self._path.name}”在处理期间被别的程序改过，本次没有写入；请再点一次。", path=self._path
            )

    def _forget(self) -> None:
        """What was read no longer holds: the next read opens the file anew."""
        self._parsed.clear()
        self._package = None
        self._calamine = open_calamine(self._path)
        self._stamp = self._file_stamp()


def _apply(package: Package, change: SheetChange) -> None:
    """One sheet's cells, after the columns they need and before the table that must reach them."""
    from xlbangfu.workbook.package import Edit

    if change.table and change.new_columns:
        table = _table(package, change)
        labels = [*table.columns, *(change.new_columns[c] for c in sorted(change.new_columns))]
        package.set_table_columns(table, labels)
    edits = [Edit(row, column, _as_cell(value)) for (row, column), value in sorted(change.cells.items())]
    first = change.header_row + 1 if change.table else None
    package.edit_cells(change.sheet, edits, first_data_row=first, heights=change.heights)
    if change.table and change.last_row:
        package.extend_table(_table(package, change), change.last_row)
    if change.table and change.area is not None:
        _fit_table(package, _table(package, change), change.area)


def _as_cell(value: Any) -> Any:
    """The value as the package writes it."""
    from xlbangfu.workbook.cellxml import Link, Restored

    if isinstance(value, Jump):
        return Link(value.sheet, value.cell, str(value))
    if isinstance(value, Formula):
        return Restored(value[1:], value.shown)
    return value


def _fit_table(package: Package, table: Table, area: Area) -> None:
    """Let the table end where `area` ends: columns and rows that a step had added go again, once they are blank."""
    columns = area[3] - area[1] + 1
    with suppress(WorkbookRearranged):  # somebody has typed there since: the table rather stays as large as it is
        if columns < len(table.columns):
            package.set_table_columns(table, table.columns[:columns])
        package.shrink_table(table, area[2])


def _find_table(package: Package, label: str, name: str) -> Table | None:
    """The Excel table of a sheet, by its name; one that lost its name is found by its sheet."""
    on_sheet = package.tables_on(label)
    for table in on_sheet:
        if table.name.casefold() == name.casefold() or len(on_sheet) == 1:
            return table
    return None


def _table(package: Package, change: SheetChange) -> Table:
    table = _find_table(package, change.sheet, change.table)
    if table is None:
        raise no_table(change.sheet, package.path)
    return table


def _unread(attributes: bytes, content: bytes) -> str:
    if b't="e"' in attributes:
        value = re.search(rb"<(?:\w+:)?v>([^<]*)", content)
        return f"单元格是错误值 {value[1].decode() if value else ''}，没有计入"
    formula = re.search(rb"<(?:\w+:)?f[\s>/]", content)
    if formula and not re.search(rb"<(?:\w+:)?v>[^<]", content) and b't="str"' not in attributes:
        return "公式还没有计算过，没有计入"
    return ""
