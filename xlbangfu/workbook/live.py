"""The live door: a class workbook that is open in a spreadsheet program, through xlwings' public API only.

One block is read per sheet and as few as possible are written; nothing is selected, filters stay, hidden rows
are read and written like others. A write that fails is taken back. Source: spec §3, §8; hosts.md E.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from xlbangfu.issues import error
from xlbangfu.schema import Sheet
from xlbangfu.workbook import livecells
from xlbangfu.workbook.blocks import guarded, may_reformat
from xlbangfu.workbook.bounds import MAX_SHEET_CELLS
from xlbangfu.workbook.changes import SheetChange
from xlbangfu.workbook.contents import Area, Content, Place, bounding, content_of
from xlbangfu.workbook.errors import (
    WorkbookError,
    WorkbookHalfWritten,
    WorkbookLocked,
    WorkbookRearranged,
    WorkbookUnreadable,
    no_table,
)
from xlbangfu.workbook.livecells import Look
from xlbangfu.workbook.parsing import Grid, Parsed, absent, address, parse, with_issues

ERROR_VALUES = frozenset(
    ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!",
     "#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!")
)  # fmt: skip


class LiveWorkbook:
    """A class workbook open in Excel or LibreOffice. book: an xlwings Book."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._path = Path(book.fullname)
        self._grids: dict[str, Grid] = {}
        self._parsed: dict[str, Parsed] = {}
        self._sheets: dict[str, Any] = {}
        self._looks: dict[tuple[str, Area], Look] = {}
        self._codes: dict[tuple[str, Place], str] = {}
        self._areas: dict[tuple[str, str], Area | None] = {}
        self._tables: dict[tuple[str, str], Any] = {}

    @property
    def path(self) -> Path:
        """Where the workbook lies."""
        return self._path

    @property
    def all_at_once(self) -> bool:
        """False: an open workbook is changed sheet by sheet."""
        return False

    @property
    def calculation(self) -> str:
        """How the host calculates now."""
        return str(self.book.app.calculation)

    def calculate_as(self, mode: str) -> None:
        """Give the host a mode back, and its screen: a write that was killed may have left both switched off."""
        app = self.book.app
        app.screen_updating = True
        if mode and app.calculation != mode:
            app.calculation = mode

    def sheet(self, label: str) -> Any:
        """The xlwings sheet. Raises WorkbookUnreadable."""
        if label not in self._sheets:
            try:
                self._sheets[label] = self.book.sheets[label]
            except Exception as problem:  # each host has an error of its own for it
                message = f"工作簿里没有“{label}”这张表，请从备份恢复，不要改名或删除。"
                raise WorkbookUnreadable(message, path=self._path, sheet=label) from problem
        return self._sheets[label]

    # -- reading -------------------------------------------------------------------------------------

    def read(self, sheet: Sheet) -> Parsed:
        """The sheet as a checked table; error cells are problems, not blanks."""
        if sheet.label not in self._parsed:
            try:
                self.sheet(sheet.label)
            except WorkbookUnreadable:
                self._parsed[sheet.label] = absent(sheet)
            else:
                self._parsed[sheet.label] = _parsed(sheet, self.grid(sheet.label))
        return self._parsed[sheet.label]

    def grid(self, label: str) -> Grid:
        """Raw values of a sheet from A1 on, error values as their text. Raises WorkbookUnreadable."""
        if label not in self._grids:
            sheet = self.sheet(label)
            last = sheet.used_range.last_cell
            if last.row * last.column > MAX_SHEET_CELLS:
                raise WorkbookUnreadable(
                    f"“{label}”有内容远在第 {last.row} 行、第 {last.column} 列，读不下；请删去表格以外的内容后再试。",
                    path=self._path,
                    sheet=label,
                )
            self._grids[label] = livecells.values(sheet, (1, 1, last.row, last.column))
        return self._grids[label]

    def contents(self, label: str, places: Collection[Place], formats: Collection[Place] = ()) -> dict[Place, Content]:
        """What stands in these cells now: one look at the area around them, and at each run of `formats`."""
        if not places:
            return {}
        look = self._look(label, bounding(places))
        if unknown := [place for place in formats if (label, place) not in self._codes]:
            codes = livecells.formats(self.sheet(label), unknown)
            self._codes |= {(label, place): code for place, code in codes.items()}
        wanted = set(formats)
        return {
            place: replace(look.content(place), number_format=self._codes[label, place] if place in wanted else "")
            for place in places
        }

    def _look(self, label: str, area: Area) -> Look:
        """An area as it stands, looked at once between two writes."""
        if (label, area) not in self._looks:
            self._looks[label, area] = livecells.look(self.sheet(label), area)
        return self._looks[label, area]

    def table_area(self, label: str, table: str) -> Area | None:
        """Where the sheet's Excel table lies, header row included."""
        if (label, table) not in self._areas:
            found = self._table(label, table)
            self._areas[label, table] = None if found is None else livecells.area_of(found.range)
        return self._areas[label, table]

    def _table(self, label: str, name: str) -> Any:
        if (label, name) not in self._tables:
            tables = self.sheet(label).tables
            try:
                found = tables[name]
            except Exception:  # each host has an error of its own for it; a table may have lost its name
                found = tables[0] if len(tables) == 1 else None
            self._tables[label, name] = found
        return self._tables[label, name]

    # -- writing -------------------------------------------------------------------------------------

    def write(self, changes: Sequence[SheetChange]) -> None:
        """Carry out all changes or none. Raises WorkbookError; WorkbookHalfWritten where taking back failed too."""
        undo: list[SheetChange] = []
        try:
            self._refuse_if_edited(changes)
            self._refuse_merged(changes)
            with quiet(self.book.app):
                for change in changes:
                    undo.append(self._way_back(change))
                    self._apply(change)
        except BaseException as problem:
            self._take_back(undo)
            if isinstance(problem, WorkbookError) or not isinstance(problem, Exception):
                raise
            raise _not_taken(undo[-1].sheet if undo else changes[0].sheet, self._path) from problem
        finally:
            self.forget()

    def refuse_if_busy(self) -> None:
        """Nothing: it is open here, and what was edited in between is seen when it is written."""

    def forget(self) -> None:
        """What was read no longer holds."""
        for known in (self._grids, self._parsed, self._looks, self._codes, self._areas, self._tables):
            known.clear()

    def _refuse_if_edited(self, changes: Sequence[SheetChange]) -> None:
        """Somebody who typed between the reading and the writing must not lose it."""
        for change in changes:
            grid = self._grids.get(change.sheet)
            if grid is None or not change.cells:
                continue
            look = self._look(change.sheet, bounding(change.cells))
            for row, column in change.cells:
                cells = grid[row - 1] if row <= len(grid) else ()
                read = Content(cells[column - 1] if column <= len(cells) else None)
                if not read.says_the_same(Content(look.content((row, column)).value)):
                    cell = address(row, column)
                    message = f"“{change.sheet}”的 {cell} 在处理期间被改过，没有写入；请再点一次。"
                    raise WorkbookLocked(message, path=self._path, sheet=change.sheet, cell=cell)

    def _refuse_merged(self, changes: Sequence[SheetChange]) -> None:
        """Cells that a merged area covers show nothing, and Excel drops what they are given (spec §8)."""
        for change in changes:
            if not (change.table and change.cells):
                continue  # a page of ours has merged cells, and is written by their first ones
            sheet = self.sheet(change.sheet)
            for place in livecells.merged(sheet, sorted(change.cells)):
                area = sheet.range(place).merge_area
                if (area.row, area.column) != place:
                    cell, whole = address(*place), area.get_address(False, False)
                    message = f"“{change.sheet}”的 {cell} 在合并单元格 {whole} 里，没有写入；请取消合并后再点一次。"
                    raise WorkbookRearranged(message, path=self._path, sheet=change.sheet, cell=cell)

    def _way_back(self, change: SheetChange) -> SheetChange:
        """The change that takes a change back, number formats and the table's place included."""
        before = self.contents(change.sheet, change.cells, [p for p, v in change.cells.items() if may_reformat(v)])
        area = self.table_area(change.sheet, change.table) if change.table else None
        return SheetChange(
            change.sheet,
            {place: content.typed for place, content in before.items()},
            change.table if area else "",
            area[2] if area else 0,
            change.header_row,
            formats={place: content.number_format for place, content in before.items() if content.number_format},
            area=area,
        )

    def _take_back(self, undo: list[SheetChange]) -> None:
        """Put back what was written, the last sheet first; one that will not take it keeps no other from it."""
        failure: Exception | None = None
        for change in reversed(undo):
            try:
                self.forget()
                if not self._stands(change):
                    with quiet(self.book.app):
                        self._apply(change, check=False)
            except Exception as problem:
                failure = problem
        if failure is not None:
            message = "没有写完就停下了，请点“撤销上一步”恢复原样，再检查工作表是否被保护。"
            raise WorkbookHalfWritten(message, path=self._path) from failure

    def _stands(self, change: SheetChange) -> bool:
        """True if the sheet already says all that: nothing had been written to it, it may be protected."""
        now = self.contents(change.sheet, change.cells, change.formats)
        return (
            all(now[place].says_the_same(content_of(value)) for place, value in change.cells.items())
            and all(now[place].number_format == code for place, code in change.formats.items())
            and (change.area is None or self.table_area(change.sheet, change.table) == change.area)
        )

    def _apply(self, change: SheetChange, *, check: bool = True) -> None:
        """One sheet's columns, cells and table."""
        sheet = self.sheet(change.sheet)
        table = self._table(change.sheet, change.table) if change.table else None
        if change.table and table is None:
            raise no_table(change.sheet, self._path)
        for column, text in sorted(change.new_columns.items()):
            sheet.range((change.header_row, column)).value = guarded(text)
        if change.cells:
            livecells.write_cells(sheet, change, self._look(change.sheet, bounding(change.cells)), check=check)
        if table is not None:
            self._fit(sheet, table, change)

    def _fit(self, sheet: Any, table: Any, change: SheetChange) -> None:
        """Let the table reach the rows and columns written, or lie just where a step back wants it."""
        now = self.table_area(change.sheet, change.table)
        if now is None:
            return
        top, left, bottom, right = now
        wanted = change.area or (top, left, max(bottom, change.last_row), max([right, *change.new_columns]))
        if wanted == now or (change.area and self._holds_more(change.sheet, now, wanted)):
            return
        table.resize(sheet.range(wanted[:2], (max(wanted[2], top + 1), wanted[3])))
        self._areas.clear()
        for column in range(wanted[3] + 1, right + 1):  # a column that a step had added goes with its header
            sheet.range((change.header_row, column)).clear_contents()

    def _holds_more(self, label: str, now: Area, wanted: Area) -> bool:
        """True if somebody has typed where the table would end: it rather stays as large as it is."""
        beyond = [
            (row, column)
            for row in range(now[0] + 1, now[2] + 1)
            for column in range(now[1], now[3] + 1)
            if row > wanted[2] or column > wanted[3]
        ]
        if not beyond:
            return False
        held = livecells.values(self.sheet(label), now)
        return any(held[row - now[0]][column - now[1]] not in (None, "") for row, column in beyond)


def _not_taken(sheet: str, path: Path) -> WorkbookError:
    message = (
        f"“{sheet}”写不进去，没有做任何改动。表可能被保护了，或正在编辑单元格："
        "请按 Enter 结束编辑、撤销工作表保护后再点一次。"
    )
    return WorkbookError(message, path=path, sheet=sheet)


@contextmanager
def quiet(app: Any) -> Iterator[None]:
    """No repainting and no recalculation meanwhile; both as they were afterwards, whatever happens."""
    with app.properties(screen_updating=False, calculation="manual"):
        yield


def _parsed(sheet: Sheet, grid: Grid) -> Parsed:
    """The table of a grid in which error values are text: each is a problem of its own and no value."""
    spoilt = [(r, c, v) for r, row in enumerate(grid, 1) for c, v in enumerate(row, 1) if _is_error(v)]
    if not spoilt:
        return parse(sheet, grid)
    clean = [list(row) for row in grid]
    for row, column, _ in spoilt:
        clean[row - 1][column - 1] = None
    parsed = parse(sheet, clean)
    columns = set(parsed.header.values())
    issues = [
        error(
            sheet.label,
            "cell.error",
            f"单元格是错误值 {value}，没有计入",
            "请改成数值或文字，或按 F9 重新计算后保存。",
            row=row,
        ).at(address(row, column))
        for row, column, value in spoilt
        if row > parsed.header_row and column in columns
    ]
    return with_issues(parsed, issues)


def _is_error(value: Any) -> bool:
    """Error values come as their text; LibreOffice numbers some of its own."""
    return isinstance(value, str) and value[:1] in "#E" and (value in ERROR_VALUES or value.startswith("Err:"))
