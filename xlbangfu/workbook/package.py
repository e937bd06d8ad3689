"""A workbook as its zip package: read what is needed, change a few cells, leave every other part alone.

    package = Package.open(path)
    package.edit_cells("名册", [Edit(2, 1, "2026030101")])
    package.save()

What a change touches beside its own cells: the reference of a table that grows; `fullCalcOnLoad` in the
workbook part; the stored results of formulas that rest on changed cells (see `formulas`); `calcChain`, if a
formula cell went. Nothing else changes by a byte. Source: spec §8; ECMA-376 part 2 (packages).
"""

from __future__ import annotations

import os

from xlbangfu.workbook import (
    atomic,
    locks,
    packageparts,
    sheetindex,
    sheetxml,
    tablexml,
    xmlbytes,
)
from xlbangfu.workbook.cellxml import LAST_ROW, Link, SharedTexts, address
from xlbangfu.workbook.errors import WorkbookError, WorkbookLocked, WorkbookRearranged, WorkbookUnreadable
from xlbangfu.workbook.packageparts import Sheet
from xlbangfu.workbook.sheetxml import Edit
from xlbangfu.workbook.tablexml import Table
from xlbangfu.workbook.ziparchive import MAX_ARCHIVE_BYTES, Archive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xlbangfu.workbook.formulas import Place

__all__ = ["Edit", "Link", "Package", "Sheet", "Table"]


class Package:
    """An .xlsx or .xlsm in memory, with the changes made so far.

    sheets: in workbook order. defined_names: text by (name, sheet it is local to or None). date1904: which
    calendar its dates count in. A method that raises has changed nothing.
    """

    def __init__(self, data: bytes, path: str | os.PathLike[str] | None = None) -> None:
        """Raises WorkbookUnreadable."""
        self.path = path
        self.seen: atomic.Stamp | None = None
        self._original = data
        self._new: dict[str, bytes] = {}
        self._edited: list[tuple[str, list[tuple[int, int]]]] = []
        self._grown: list[Place] = []
        self._formula_gone = False
        self._settled: dict[str, bytes | None] | None = None
        self._tables: dict[str, list[Table]] = {}
        try:
            packageparts.refuse_other_files(data)
            self._archive = Archive(data)
            self._parts = packageparts.Parts(self._archive, self._part)
            book = self._parts.workbook()
        except WorkbookError as error:
            raise error.placed(path) from None
        self.sheets, self.defined_names, self.date1904 = book.sheets, book.defined_names, book.date1904
        self._shared: SharedTexts | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Package:
        """The package of a file. Raises WorkbookUnreadable, WorkbookLocked (may not be read)."""
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_size > MAX_ARCHIVE_BYTES:
                    raise WorkbookUnreadable("文件过大，不像班级工作簿，不能打开。", path=path)
                data = file.read()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            message = f"找不到文件“{os.path.basename(path)}”；请检查文件名和所在文件夹。"
            raise WorkbookUnreadable(message, path=path) from None
        except OSError:
            name = os.path.basename(path)
            message = f"文件“{name}”读不出来（没有权限，或正被占用）；请关闭它后再试。"
            raise WorkbookLocked(message, path=path) from None
        package = cls(data, path)
        package.seen = atomic.stamp(status)
        return package

    # ---- looking -------------------------------------------------------------------------------------

    def sheet(self, name: str) -> Sheet:
        """The worksheet of that name. Raises WorkbookRearranged."""
        for sheet in self.sheets:
            if sheet.name == name and sheet.kind == "worksheet":
                return sheet
        message = f"工作簿里找不到工作表“{name}”（可能改了名或删除了）；请改回原名后再试。"
        raise WorkbookRearranged(message, path=self.path, sheet=name)

    def sheet_bytes(self, name: str) -> bytes:
        """The XML of a worksheet as it is now. Raises WorkbookRearranged, WorkbookUnreadable."""
        try:
            return self._part(self.sheet(name).part)
        except WorkbookError as error:
            raise error.placed(self.path, name) from None

    def tables_on(self, sheet_name: str) -> list[Table]:
        """The tables of one sheet as they are now. Raises WorkbookRearranged, WorkbookUnreadable."""
        if sheet_name not in self._tables:
            try:
                parts = self._parts.related(self.sheet(sheet_name).part, "table")
                self._tables[sheet_name] = [Table(xmlbytes.parse(self._part(part)), sheet_name, part) for part in parts]
            except WorkbookError as error:
                raise error.placed(self.path, sheet_name) from None
        return list(self._tables[sheet_name])

    def tables(self) -> list[Table]:
        """All tables, by sheet."""
        sheets = [sheet.name for sheet in self.sheets if sheet.kind == "worksheet"]
        return [table for name in sheets for table in self.tables_on(name)]

    def table(self, name: str) -> Table:
        """The table of that displayName, compared without case. Raises WorkbookRearranged if it is gone."""
        found = self._find_table(name)
        if found is not None:
            return found
        message = f"工作簿里找不到表格“{name}”（可能已转换为普通区域）；请恢复它，或改用备份（.bak）。"
        raise WorkbookRearranged(message, path=self.path)

    @property
    def changed(self) -> bool:
        """True once an edit made a difference."""
        return bool(self._new)

    # ---- changing ------------------------------------------------------------------------------------

    def edit_cells(
        self,
        sheet_name: str,
        edits: Iterable[Edit],
        *,
        first_data_row: int | None = None,
        style_from: Mapping[int, int] | None = None,
        heights: Mapping[int, float] | None = None,
    ) -> list[tuple[int, int]]:
        """Write values into cells of one sheet; gives the cells that changed, as (row, column).

        A rewritten cell keeps its style. A new one takes its row's, else that of the nearest cell above in
        its column, from `first_data_row` on (by default: the row below the header of the table there), else
        that of another column of its row (`style_from`: column → column to borrow from), else its column's.
        Cells that show their value already stay as they are. heights: points that a row gets unless a person
        chose its height.
        Raises WorkbookRearranged (merged cells, parts of array or shared formulas, a totals row), ValueError
        (a value no cell holds, two edits of one cell, a header cell of a table).
        """
        tables = self.tables_on(sheet_name)

        def data_from(column: int) -> int:
            if first_data_row is not None:
                return first_data_row
            below = [t.first_data_row for t in tables if t.first_column <= column <= t.last_column]
            return max(below, default=1)

        options = sheetxml.Options(self._shared_texts(), self.date1904, data_from, style_from, heights)
        patch = self._patched(sheet_name, edits, options)
        if patch is None:
            return []
        for row, column in patch.cells:
            for table in tables:
                _refuse_table_frame(table, row, column)
        self._commit(sheet_name, patch)
        return patch.cells

    def extend_table(self, table: Table | str, last_row: int) -> bool:
        """Let a table reach down to `last_row`, its filter along; it never shrinks. True if it grew.

        Raises WorkbookRearranged: a totals row, another table or merged cells in the way.
        """
        now = self._current(table)
        if last_row <= now.last_row:
            return False
        below = now.last_row + 1
        if now.has_totals:
            cell = address(now.last_row, now.first_column)
            message = f"工作表“{now.sheet}”的表格有汇总行（{cell}），不能在下面添加行；请先取消汇总行再试。"
            raise WorkbookRearranged(message, path=self.path, sheet=now.sheet, cell=cell)
        place = (below, now.first_column, min(last_row, LAST_ROW), now.last_column)
        if last_row > LAST_ROW:
            raise ValueError(f"no row {last_row}")
        self._refuse_in_the_way(now, place)
        self._replace(now.part, tablexml.with_reference(self._part(now.part), now, last_row, now.last_column))
        self._tables.pop(now.sheet)
        self._grown.append((now.sheet, *place))
        return True

    def shrink_table(self, table: Table | str, last_row: int) -> bool:
        """Let a table end at `last_row` already, where everything below it is blank. True if it shrank.

        A table keeps at least one data row. Raises WorkbookRearranged: something stands below, a totals row.
        """
        now = self._current(table)
        last_row = max(last_row, now.first_data_row)
        if last_row >= now.last_row:
            return False
        data = self._part(self.sheet(now.sheet).part)
        below = (last_row + 1, now.first_column, now.last_row, now.last_column)
        self._refuse_filled(now.sheet, sheetindex.filled_cells(data, now.sheet, below), "已有内容，表格不能缩短")
        self._replace(now.part, tablexml.with_reference(self._part(now.part), now, last_row, now.last_column))
        self._tables.pop(now.sheet)
        self._grown.append((now.sheet, *below))
        return True

    def set_table_columns(self, table: Table | str, labels: Sequence[str]) -> bool:
        """Give a table these columns, header cells and definition alike. True if that made a difference.

        With data in the table, columns can only be added on the right, where the cells must be empty, and taken
        away there once they are empty. Without data they may be renamed, added and taken away freely.
        Raises WorkbookRearranged, naming the cell in the way; ValueError for no labels.
        """
        now = self._current(table)
        if tuple(labels) == now.columns:
            return False
        tablexml.check_labels(now, labels)
        self._refuse_columns(now, labels)
        first, row = now.first_column, now.first_row
        cells = [Edit(row, first + number, label) for number, label in enumerate(labels)]
        cells += [Edit(row, column, None) for column in range(first + len(labels), now.last_column + 1)]
        beside = dict.fromkeys(range(now.last_column + 1, first + len(labels)), now.last_column)
        options = sheetxml.Options(self._shared_texts(), self.date1904, lambda column: row, beside)
        patch = self._patched(now.sheet, cells, options)
        part = tablexml.with_columns(self._part(now.part), now, labels)
        if patch is not None:
            self._commit(now.sheet, patch)
        self._replace(now.part, part)
        self._tables.pop(now.sheet)
        right = max(now.last_column, first + len(labels) - 1)
        self._grown.append((now.sheet, row, first, now.last_row, right))
        return True

    # ---- writing -------------------------------------------------------------------------------------

    def changed_parts(self) -> dict[str, bytes | None]:
        """The parts that differ from the file read, with their new content; None for a part that goes."""
        if self._settled is None:
            parts: dict[str, bytes | None] = {}
            if self._new:
                parts = {**self._new, **self._without_stale_results()}
                workbook = self._parts.workbook_part
                parts[workbook] = packageparts.with_full_calculation(self._part(workbook))
                if self._formula_gone:
                    parts.update(self._parts.without_calculation_chain())
            old = self._archive
            self._settled = {n: new for n, new in parts.items() if new is None or new != old.read(n)}
        return dict(self._settled)

    def to_bytes(self) -> bytes:
        """The new file. Untouched parts keep their compressed bytes; without a change it is the old file."""
        parts = self.changed_parts()
        if not parts:
            return self._original
        new = {name: data for name, data in parts.items() if data is not None}
        for data in new.values():
            xmlbytes.check(data)
        return self._archive.rebuilt(new, [name for name, data in parts.items() if data is None])

    def save(self) -> bool:
        """Put the changed workbook in place of the file it was read from, keeping that as `.bak`.

        False if there is nothing to write. Raises WorkbookLocked (open elsewhere, changed since it was read,
        folder not writable); the file is then as it was.
        """
        if self.path is None:
            raise ValueError("this package was not read from a file")
        if not self.changed:
            return False
        locks.refuse_if_open(self.path)
        data = self.to_bytes()
        atomic.replace_file(self.path, data, lambda written: self.check_written(written, data), self.seen)
        with open(self.path, "rb") as file:
            self.seen = atomic.stamp(os.fstat(file.fileno()))
        return True

    def check_written(self, path: str | os.PathLike[str], data: bytes) -> None:
        """Raise WorkbookUnreadable unless the file at `path` opens as the workbook that `data` is.

        Beyond comparing the bytes: the archive is read back, its changed parts are inflated, and every other
        part is stored as it was.
        """
        with open(path, "rb") as file:
            written = file.read()
        message = "写好的文件核对不上（磁盘可能有问题），原文件没有改动；请换个位置再试。"
        wrong = WorkbookUnreadable(message, path=path)
        if written != data:
            raise wrong
        archive = Archive(written)
        parts = self.changed_parts()
        if archive.names != [name for name in self._archive.names if parts.get(name, b"") is not None]:
            raise wrong
        for name in archive.names:
            new = parts.get(name)
            alike = archive.stored_alike(name, self._archive) if new is None else archive.read(name) == new
            if not alike:
                raise wrong

    # ---- within --------------------------------------------------------------------------------------

    def _part(self, name: str) -> bytes:
        """A part as it is now."""
        known = self._new.get(name)
        return known if known is not None else self._archive.read(name)

    def _replace(self, part: str, data: bytes) -> None:
        self._settled = None
        self._new[part] = data
        if data == self._archive.read(part):
            del self._new[part]

    def _commit(self, sheet_name: str, patch: sheetxml.Patch) -> None:
        self._replace(self.sheet(sheet_name).part, patch.data)
        self._edited.append((sheet_name, patch.cells))
        self._formula_gone = self._formula_gone or patch.formula_gone

    def _patched(self, sheet_name: str, edits: Iterable[Edit], options: sheetxml.Options) -> sheetxml.Patch | None:
        try:
            return sheetxml.patch(self._part(self.sheet(sheet_name).part), sheet_name, edits, options)
        except WorkbookError as error:
            raise error.placed(self.path, sheet_name) from None

    def _shared_texts(self) -> SharedTexts:
        if self._shared is None:
            parts = self._parts.related(self._parts.workbook_part, "sharedStrings")
            self._shared = SharedTexts(self._part(parts[0]) if parts else None)
        return self._shared

    def _current(self, table: Table | str) -> Table:
        """The table as it is now, under the name that a caller or an older Table gives."""
        return self.table(table if isinstance(table, str) else table.name)

    def _find_table(self, name: str) -> Table | None:
        """The table of a name, looked for first on the sheets that are known already."""
        wanted = name.casefold()
        known = list(self._tables)
        others = (s.name for s in self.sheets if s.kind == "worksheet" and s.name not in self._tables)
        for sheet_name in (*known, *others):
            for table in self.tables_on(sheet_name):
                if table.name.casefold() == wanted:
                    return table
        return None

    def _refuse_columns(self, table: Table, labels: Sequence[str]) -> None:
        """Refuse new columns where they would take data or run into something."""
        name = table.sheet
        if not table.has_header or table.has_totals:
            what = "有汇总行" if table.has_header else "没有表头"
            message = f"工作表“{name}”的表格{what}，不能改列；请先在“表设计”里改过来再试。"
            raise WorkbookRearranged(message, path=self.path, sheet=name)
        data = self._part(self.sheet(name).part)
        last = table.first_column + len(labels) - 1
        if tuple(labels[: len(table.columns)]) != table.columns:
            gone = tuple(labels) == table.columns[: len(labels)]
            first = last + 1 if gone else table.first_column
            body = (table.first_data_row, first, LAST_ROW, table.last_column)
            self._refuse_filled(name, sheetindex.filled_cells(data, name, body), "已有内容，不能改列名")
        if last > table.last_column:
            place = (table.first_row, table.last_column + 1, table.last_row, last)
            self._refuse_in_the_way(table, place)
            self._refuse_filled(name, sheetindex.filled_cells(data, name, place), "已有内容，表格不能向右加列")

    def _refuse_filled(self, sheet_name: str, filled: list[tuple[int, int]], what: str) -> None:
        if filled:
            cell = address(*filled[0])
            message = f"工作表“{sheet_name}”的 {cell} {what}；请先移走或清空再试。"
            raise WorkbookRearranged(message, path=self.path, sheet=sheet_name, cell=cell)

    def _refuse_in_the_way(self, table: Table, place: tuple[int, int, int, int]) -> None:
        """Refuse an area that holds a piece of another table or of merged cells."""
        name = table.sheet
        others = [t for t in self.tables_on(name) if t.name != table.name]
        areas = [(t.first_row, t.first_column, t.last_row, t.last_column) for t in others]
        data = self._part(self.sheet(name).part)
        kinds = ["另一个表格"] * len(areas)
        if b"mergeCell" in data:
            merges = sheetindex.index(data, name).merges
            areas += merges
            kinds += ["合并单元格"] * len(merges)
        for area, kind in zip(areas, kinds, strict=True):
            if area[0] <= place[2] and place[0] <= area[2] and area[1] <= place[3] and place[1] <= area[3]:
                cell = address(area[0], area[1])
                message = f"工作表“{name}”的 {cell} 处有{kind}，表格不能扩展到那里；请把它移开再试。"
                raise WorkbookRearranged(message, path=self.path, sheet=name, cell=cell)

    def _without_stale_results(self) -> dict[str, bytes]:
        """New worksheet parts whose formulas that rest on a change have lost their stored result."""
        parts = {sheet.name: sheet.part for sheet in self.sheets if sheet.kind == "worksheet"}
        sheets = {name: self._part(part) for name, part in parts.items()}
        sheets = {name: data for name, data in sheets.items() if sheetxml.has_formulas(data)}
        if not sheets:
            return {}
        from xlbangfu.workbook import formulas, results  # needed only here, and slow to import

        names = formulas.Names([sheet.name for sheet in self.sheets], self._find_table, self.defined_names)
        changed = list(self._grown)
        for sheet_name, cells in self._edited:
            changed += formulas.runs(sheet_name, cells)
        new = results.without_stale(sheets, changed, names)
        return {parts[name]: data for name, data in new.items()}


def _refuse_table_frame(table: Table, row: int, column: int) -> None:
    """Refuse a change of a table's header or totals row."""
    if not table.first_column <= column <= table.last_column:
        return
    if row == table.header_row:
        raise ValueError(f"{address(row, column)} is a header cell: use set_table_columns")
    if table.has_totals and row == table.last_row:
        cell = address(row, column)
        message = f"工作表“{table.sheet}”的 {cell} 在表格的汇总行里，不能写入；请先取消汇总行再试。"
        raise WorkbookRearranged(message, sheet=table.sheet, cell=cell)
