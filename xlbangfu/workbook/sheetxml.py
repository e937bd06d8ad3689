"""New values spliced into a worksheet part: only the rows and cells concerned change.

What cannot be kept whole is refused with the cell: merged cells, array formulas, a shared formula on which
other cells rest. Source: spec §8; ECMA-376 part 1, 18.3.1.4 (c), 18.3.1.40 (f), 18.3.1.73 (row).
"""

from __future__ import annotations

import re
from bisect import bisect_right

from xlbangfu.workbook import cellxml, sheetindex, xmlbytes
from xlbangfu.workbook.cellxml import SharedTexts, address, area, corners
from xlbangfu.workbook.errors import WorkbookRearranged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeAlias

    from xlbangfu.workbook.cellxml import CellValue
    from xlbangfu.workbook.sheetindex import Cell, Row, SheetIndex

    # column, new type, new content, the cell that is there, whether a formula stands there afterwards
    Change: TypeAlias = tuple[int, bytes, bytes, Cell | None, bool]

_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
_FORMULA_TAG = re.compile(rb"<(?:[\w.-]+:)?f(\s[^>]*)>")
_EXTENSION = re.compile(rb"<((?:[\w.-]+:)?extLst)[\s>].*</\1\s*>|<(?:[\w.-]+:)?extLst\s*/>", re.S)


class Edit:
    """A value for one cell. row, column: 1-based. value: None or "" clears the content, the style stays.

    Text always stays text; numbers are written as shortest decimal text; dates as serial numbers, so their
    cell needs a date format; a Link becomes a HYPERLINK formula.
    Raises ValueError for a place outside the sheet.
    """

    __slots__ = ("column", "row", "value")

    def __init__(self, row: int, column: int, value: CellValue) -> None:
        if not (1 <= row <= cellxml.LAST_ROW and 1 <= column <= cellxml.LAST_COLUMN):
            raise ValueError(f"no cell in row {row}, column {column}")
        self.row, self.column, self.value = row, column, value

    def __repr__(self) -> str:
        return f"Edit({address(self.row, self.column)}, {self.value!r})"


class Options:
    """What edits of one sheet need to know beside the cells.

    shared: the workbook's shared strings. date1904: its calendar. first_data_row: for a column, the row above
    which no style is borrowed. style_from: for a column, another one whose style a new cell borrows when its
    own column has none. heights: points for rows whose height nobody chose.
    """

    __slots__ = ("date1904", "first_data_row", "heights", "shared", "style_from")

    def __init__(
        self,
        shared: SharedTexts,
        date1904: bool = False,
        first_data_row: Callable[[int], int] = lambda column: 1,
        style_from: Mapping[int, int] | None = None,
        heights: Mapping[int, float] | None = None,
    ) -> None:
        self.heights = heights or {}
        self.shared, self.date1904, self.first_data_row = shared, date1904, first_data_row
        self.style_from = style_from or {}


class Patch:
    """The outcome: the new part, the cells that changed as (row, column), and whether a formula cell went."""

    __slots__ = ("cells", "data", "formula_gone")

    def __init__(self, data: bytes, cells: list[tuple[int, int]], formula_gone: bool) -> None:
        self.data, self.cells, self.formula_gone = data, cells, formula_gone


def patch(data: bytes, name: str, edits: Iterable[Edit], options: Options) -> Patch | None:
    """The worksheet part with `edits` applied, None if every cell shows its value already.

    name: of the sheet, for messages. Raises ValueError (two edits of one cell, a value no cell holds),
    WorkbookRearranged, WorkbookUnreadable; `data` is untouched in any case.
    """
    wanted: dict[int, dict[int, CellValue]] = {}
    for edit in edits:
        if edit.column in wanted.setdefault(edit.row, {}):
            raise ValueError(f"two edits of {address(edit.row, edit.column)}")
        wanted[edit.row][edit.column] = edit.value
    try:
        return _Patcher(sheetindex.index(data, name), options).run(wanted)
    except sheetindex.Unusual:
        return _Patcher(sheetindex.index(data, name, quick=False), options).run(wanted)


def has_formulas(data: bytes) -> bool:
    """True if a worksheet part may hold formula cells."""
    return b"</f>" in data or (b"<worksheet" not in data and b":f>" in data)


class _Patcher:
    """One pass over one sheet; holds what the steps share."""

    def __init__(self, index: SheetIndex, options: Options) -> None:
        self.index, self.options = index, options
        self.splices: list[tuple[int, int, bytes]] = []
        self.changed: list[tuple[int, int]] = []
        self.formula_gone = False
        self.styles_above: dict[int, tuple[int, bytes | None]] = {}
        self.first_rows: dict[int, int] = {}

    def run(self, wanted: dict[int, dict[int, CellValue]]) -> Patch | None:
        todo: list[tuple[int, Row | None, list[Change]]] = []
        for number in sorted(wanted):
            row = self.index.row(number)
            changes = self._changes(number, row, wanted[number])
            if changes:
                todo.append((number, row, changes))
                self.changed += [(number, change[0]) for change in changes]
        if not todo:
            return None
        self._refuse_merged()
        self._refuse_array_formulas()
        fresh: dict[int, bytes] = {}
        for number, row, changes in todo:
            if row is None:
                fresh[number] = self._new_row(number, changes)
            else:
                self._edit_row(row, changes)
        self._insert_rows(fresh)
        self._widen_dimension()
        return Patch(xmlbytes.splice(self.index.data, self.splices), self.changed, self.formula_gone)

    def _changes(self, number: int, row: Row | None, wanted: dict[int, CellValue]) -> list[Change]:
        """The edits of one row that change something, left to right."""
        cells = {cell.column: cell for cell in self.index.cells(row)} if row is not None else {}
        shared, date1904, prefix = self.options.shared, self.options.date1904, self.index.prefix
        changes: list[Change] = []
        for column in sorted(wanted):
            value, cell = wanted[column], cells.get(column)
            try:
                new_type, content = cellxml.rendered(value, prefix, date1904)
            except WorkbookRearranged as error:
                place = address(number, column)
                message = f"工作表“{self.index.name}”的 {place}：{error.message}"
                raise WorkbookRearranged(message, sheet=self.index.name, cell=place) from None
            if cell is None:
                if not content:
                    continue
            else:
                cell_type = cellxml.kept_attributes(cell.attributes)[1]
                as_we_write = content != b"" and content == cell.content and new_type == cell_type
                if as_we_write or cellxml.stands_already(value, cell_type, cell.content, shared, date1904):
                    continue
            changes.append((column, new_type, content, cell, isinstance(value, (cellxml.Link, cellxml.Restored))))
        return changes

    def _refuse_merged(self) -> None:
        for merge in self.index.merges:
            top, left, bottom, right = merge
            for row, column in self.changed:
                anchor = (row, column) == (top, left)  # shows the area's value; the others show nothing
                if not anchor and top <= row <= bottom and left <= column <= right:
                    cell = address(row, column)
                    raise WorkbookRearranged(
                        f"工作表“{self.index.name}”的 {cell} 在合并单元格 {area(*merge)} 里，不能写入；"
                        "请取消合并后再试。",
                        sheet=self.index.name,
                        cell=cell,
                    )

    def _refuse_array_formulas(self) -> None:
        """Refuse to take a piece out of a formula that fills several cells."""
        _, start, end, _ = self.index.body
        if not any(self.index.data.find(word, start, end) >= 0 for word in (b"shared", b"array", b"dataTable")):
            return
        touched = set(self.changed)
        masters: dict[bytes, tuple[int, int]] = {}
        dependants: dict[bytes, tuple[int, int]] = {}
        for row, cell in formula_cells(self.index):
            here = (row.number, cell.column)
            values = formula_attributes(cell)
            if values.get(b"t") in (b"array", b"dataTable") and b"ref" in values:
                self._refuse_part_of(formula_area(self.index.name, row.number, values), touched)
            elif values.get(b"t") == b"shared":
                group = values.get(b"si", b"")
                if b"ref" in values and here in touched:
                    masters[group] = here
                elif here not in touched:
                    dependants.setdefault(group, here)
        for group, here in masters.items():
            if group in dependants:
                raise self._formula_refused(here, address(*dependants[group]))

    def _refuse_part_of(self, place: tuple[int, int, int, int], touched: set[tuple[int, int]]) -> None:
        top, left, bottom, right = place
        inside = [(r, c) for r, c in self.changed if top <= r <= bottom and left <= c <= right]
        if inside and len(inside) < (bottom - top + 1) * (right - left + 1):
            raise self._formula_refused(inside[0], area(*place))

    def _formula_refused(self, here: tuple[int, int], others: str) -> WorkbookRearranged:
        cell = address(*here)
        return WorkbookRearranged(
            f"工作表“{self.index.name}”的 {cell} 的公式与 {others} 是一组，不能只改其中一格；"
            f"请先把这组公式复制、选择性粘贴为数值，再试。",
            sheet=self.index.name,
            cell=cell,
        )

    def _edit_row(self, row: Row, changes: list[Change]) -> None:
        data, p = self.index.data, self.index.prefix
        tag = data[row.start : row.inner]
        new_tag = _wider_spans(tag, [change[0] for change in changes if change[3] is None])
        if (points := self.options.heights.get(row.number)) is not None:
            new_tag = _fitted(new_tag, points)
        if row.inner == row.end:
            cells = b"".join(self._cell(row.number, row, change) for change in changes)
            opened = new_tag[:-2].rstrip() + b">"
            self.splices.append((row.start, row.end, b"%b%b</%brow>" % (opened, cells, p)))
            return
        if new_tag != tag:
            self.splices.append((row.start, row.inner, new_tag))
        present = self.index.cells(row)
        for change in changes:
            cell = change[3]
            new = self._cell(row.number, row, change)
            if cell is not None:
                self.splices.append((cell.start, cell.end, new))
            else:
                at = next((one.start for one in present if one.column > change[0]), None)
                at = at if at is not None else _end_of_cells(row, present)
                self.splices.append((at, at, new))

    def _new_row(self, number: int, changes: list[Change]) -> bytes:
        p = self.index.prefix
        cells = b"".join(self._cell(number, None, change) for change in changes)
        points = self.options.heights.get(number)
        height = b' ht="%b"' % f"{points:g}".encode() if points is not None else b""
        return b'<%brow r="%d"%b>%b</%brow>' % (p, number, height, cells, p)

    def _cell(self, number: int, row: Row | None, change: Change) -> bytes:
        """The new `c` element."""
        column, new_type, content, old, is_formula = change
        p = self.index.prefix
        if old is not None:
            attributes = cellxml.kept_attributes(old.attributes)[0]
            if old.content is not None:
                plain = old.content.startswith((b"<v>", b"<is>"))
                if not plain and not is_formula and _FORMULA.search(old.content) is not None:
                    self.formula_gone = True
                content += _extension(old.content)
        else:
            style = self._style(number, row, column)
            attributes = b' s="%b"' % style if style else b""
        if new_type != b"n":
            attributes += b' t="%b"' % new_type
        start = b'<%bc r="%b"%b' % (p, address(number, column).encode(), attributes)
        return start + (b">%b</%bc>" % (content, p) if content else b"/>")

    def _style(self, number: int, row: Row | None, column: int) -> bytes | None:
        """The style of a new cell: its row's, else the nearest above in its column, else the column's."""
        if row is not None and self.index.data.find(b"customFormat", row.start, row.inner) >= 0:
            values = dict(xmlbytes.attributes(self.index.data[row.start : row.inner]))
            if values.get(b"customFormat") in (b"1", b"true"):
                return values.get(b"s")
        found = self._style_above(number, column)
        if found is None and column in self.options.style_from:
            source = self.options.style_from[column]
            beside = self.index.cell(row, source) if row is not None else None
            found = _style_of(beside) if beside is not None else self._style_above(number, source)
        if found is None:
            for first, last, style in self.index.columns:
                if first <= column <= last:
                    return style
        return found

    def _style_above(self, number: int, column: int) -> bytes | None:
        """The style of the nearest cell above, b"" for a cell without one; None if there is no cell."""
        if column not in self.first_rows:
            self.first_rows[column] = self.options.first_data_row(column)
        first = self.first_rows[column]
        searched, found = self.styles_above.get(column, (0, None))
        index = self.index
        for at in range(index.position(number) - 1, -1, -1):
            above = index.rows[at]
            if above.number < first or above.number < searched:
                break
            cell = index.cell(above, column)
            if cell is not None:
                found = _style_of(cell)
                break
        self.styles_above[column] = (number, found)
        return found

    def _insert_rows(self, fresh: dict[int, bytes]) -> None:
        if not fresh:
            return
        p = self.index.prefix
        start, inner, inner_end, end = self.index.body
        if inner == end:
            rows = b"".join(fresh[number] for number in sorted(fresh))
            tag = self.index.data[start:end][:-2].rstrip() + b">"
            self.splices.append((start, end, b"%b%b</%bsheetData>" % (tag, rows, p)))
            return
        for number in sorted(fresh):
            at = self.index.position(number)
            place = self.index.rows[at].start if at < len(self.index.rows) else inner_end
            self.splices.append((place, place, fresh[number]))

    def _widen_dimension(self) -> None:
        if self.index.dimension is None:
            return
        start, end, reference = self.index.dimension
        try:
            top, left, bottom, right = corners(reference)
        except ValueError:
            return
        rows = [row for row, _ in self.changed]
        columns = [column for _, column in self.changed]
        wide = min(top, *rows), min(left, *columns), max(bottom, *rows), max(right, *columns)
        if wide != (top, left, bottom, right):
            self.splices.append((start, end, area(*wide).encode()))


def formula_cells(index: SheetIndex) -> list[tuple[Row, Cell]]:
    """The cells that hold an `f` element, in order. Raises sheetindex.Unusual."""
    found: list[tuple[Row, Cell]] = []
    data, (_, position, end, _) = index.data, index.body
    mark = b":f" if index.prefix else b"<f"
    row_starts = [row.start for row in index.rows]
    while (position := data.find(mark, position, end)) >= 0:
        row = index.rows[bisect_right(row_starts, position) - 1]
        position = row.end
        for cell in index.cells(row):
            content = cell.content
            if content is not None and mark in content and _FORMULA.search(content) is not None:
                found.append((row, cell))
    return found


def formula_texts(index: SheetIndex, places: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """The formulas in these cells, "=…"; a cell that shares one gets its own, moved to its place."""
    found: dict[tuple[int, int], str] = {}
    masters: dict[bytes, tuple[str, str]] = {}
    for row, cell in formula_cells(index):
        values = formula_attributes(cell)
        text = cellxml.content(cell.content or b"").formula or ""
        shared = values.get(b"si", b"") if values.get(b"t") == b"shared" else b""
        if shared and text:
            masters[shared] = (text, address(row.number, cell.column))
        place = (row.number, cell.column)
        if place not in places:
            continue
        if shared and not text and shared in masters:
            text = _moved(*masters[shared], address(*place))
        found[place] = f"={text}"
    return {place: text for place, text in found.items() if text != "="}


def _moved(text: str, origin: str, target: str) -> str:
    from openpyxl.formula.translate import Translator  # slow to import, and shared formulas are rare in a table

    return str(Translator(f"={text}", origin).translate_formula(target))[1:]


def formula_attributes(cell: Cell) -> dict[bytes, bytes]:
    """The attributes of a cell's `f` element."""
    tag = _FORMULA_TAG.search(cell.content or b"")
    return dict(xmlbytes.attributes(tag[1])) if tag is not None else {}


def formula_area(sheet: str, row: int, values: Mapping[bytes, bytes]) -> tuple[int, int, int, int]:
    """The cells that an array formula or a data table fills. Raises WorkbookRearranged."""
    try:
        return corners(values[b"ref"].decode())
    except ValueError:
        raise sheetindex.disorder(sheet, row) from None


def _extension(content: bytes) -> bytes:
    """What stays of a cell's content when its value goes: its extensions."""
    found = _EXTENSION.search(content) if b"extLst" in content else None
    return found[0] if found is not None else b""


def _style_of(cell: Cell) -> bytes:
    return dict(xmlbytes.attributes(cell.attributes)).get(b"s", b"")


def _end_of_cells(row: Row, present: list[Cell]) -> int:
    """Where a new last cell goes: behind the last cell, before what else a row may hold."""
    return present[-1].end if present else row.inner


def _fitted(tag: bytes, points: float) -> bytes:
    """The row's start tag with that height; one that a person pulled to size (customHeight) stays as it is."""
    given = dict(xmlbytes.attributes(tag))
    if given.get(b"customHeight") in (b"1", b"true"):
        return tag
    return xmlbytes.with_attribute(tag, b"ht", f"{points:g}".encode())


def _wider_spans(tag: bytes, new_columns: list[int]) -> bytes:
    """The row's start tag with its `spans` taking in the new columns."""
    spans = dict(xmlbytes.attributes(tag)).get(b"spans") if new_columns else None
    if not spans:
        return tag
    ends = re.findall(rb"[0-9]+", spans)
    bounds = [int(end) for end in ends] or new_columns
    if min(bounds) <= min(new_columns) and max(new_columns) <= max(bounds):
        return tag
    wide = b"%d:%d" % (min(*bounds, *new_columns), max(*bounds, *new_columns))
    return xmlbytes.with_attribute(tag, b"spans", wide)
