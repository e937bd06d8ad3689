"""An Excel table as its part tells it, and the part with a new reference or new columns.

Source: ECMA-376 part 1, 18.5.1.2 (table), 18.5.1.3 (tableColumn), 18.5.1.4 (tableColumns).
"""

from __future__ import annotations

from xlbangfu.workbook import xmlbytes
from xlbangfu.workbook.cellxml import address, area, corners
from xlbangfu.workbook.errors import WorkbookRearranged, WorkbookUnreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlbangfu.workbook.xmlbytes import Element


class Table:
    """An Excel table.

    name: its displayName. sheet: name of its sheet. part: name of its part. columns: header texts, left to
    right. first_row … last_column: the rectangle of its reference, header and totals row included.
    """

    __slots__ = (
        "columns", "first_column", "first_row", "has_header", "has_totals", "last_column", "last_row", "name",
        "part", "sheet",
    )  # fmt: skip

    def __init__(self, root: Element, sheet: str, part: str) -> None:
        values = root.attributes
        try:
            self.name = xmlbytes.decoded(values.get("displayName") or values["name"])
            self.first_row, self.first_column, self.last_row, self.last_column = corners(values["ref"])
        except (KeyError, ValueError):
            message = f"工作表“{sheet}”的表格定义已损坏；请用 Excel 打开并另存一次后再试。"
            raise WorkbookUnreadable(message, sheet=sheet) from None
        self.sheet, self.part = sheet, part
        self.has_header = values.get("headerRowCount", "1") != "0"
        self.has_totals = values.get("totalsRowCount", "0") != "0"
        names = root.child("tableColumns")
        found = [] if names is None else names.all("tableColumn")
        self.columns = tuple(xmlbytes.decoded(one.attributes.get("name", "")) for one in found)

    def __repr__(self) -> str:
        return f"Table({self.name!r}, {self.sheet!r}, {self.reference!r})"

    @property
    def reference(self) -> str:
        """The rectangle as A1 text."""
        return area(self.first_row, self.first_column, self.last_row, self.last_column)

    @property
    def header_row(self) -> int | None:
        """The row of the header cells, None for a table without."""
        return self.first_row if self.has_header else None

    @property
    def first_data_row(self) -> int:
        """The first row below the header."""
        return self.first_row + self.has_header


def with_reference(data: bytes, table: Table, last_row: int, last_column: int) -> bytes:
    """The table part reaching to another row and column, its auto filter along; nothing else changes."""
    root = xmlbytes.parse(data)
    return xmlbytes.splice(data, _reference_changes(data, root, table, last_row, last_column))


def with_columns(data: bytes, table: Table, labels: Sequence[str]) -> bytes:
    """The table part with these column names.

    Existing `tableColumn` elements keep everything but a changed name; further labels get new ones with ids
    that no other column has; elements beyond the labels go. Raises WorkbookRearranged when columns would go
    under a filter.
    """
    root = xmlbytes.parse(data)
    holder = root.child("tableColumns")
    if holder is None:
        raise WorkbookRearranged(f"表格“{table.name}”没有列定义；请用 Excel 打开并另存一次后再试。")
    columns = holder.all("tableColumn")
    changes = _reference_changes(data, root, table, table.last_row, table.first_column + len(labels) - 1)
    for element, old, new in zip(columns, table.columns, labels, strict=False):
        if old != new:
            tag = data[element.start : element.inner]
            renamed = xmlbytes.with_attribute(tag, b"name", xmlbytes.escape_attribute(new))
            changes.append((element.start, element.inner, renamed))
    if len(labels) < len(columns):
        auto_filter = root.child("autoFilter")
        if auto_filter is not None and auto_filter.children:
            message = f"工作表“{table.sheet}”的表格正在筛选，不能减少列；请先清除筛选再试。"
            raise WorkbookRearranged(message, sheet=table.sheet)
        changes += [(element.start, element.end, b"") for element in columns[len(labels) :]]
    fresh = _new_columns(holder, columns, labels[len(columns) :])
    changes.append((holder.inner_end, holder.inner_end, fresh))
    if len(labels) != len(columns):
        tag = data[holder.start : holder.inner]
        counted = xmlbytes.with_attribute(tag, b"count", b"%d" % len(labels))
        changes.append((holder.start, holder.inner, counted))
    return xmlbytes.splice(data, changes)


def check_labels(table: Table, labels: Sequence[str]) -> None:
    """Raise WorkbookRearranged for column names that no table can have: none, blank, or twice the same."""
    seen: set[str] = set()
    for number, label in enumerate(labels):
        cell = address(table.first_row, table.first_column + number)
        if not label or label.casefold() in seen:
            reason = "不能为空" if not label else f"“{label}”重复了"
            message = f"工作表“{table.sheet}”的表头 {cell} {reason}；请改好列名后再试。"
            raise WorkbookRearranged(message, sheet=table.sheet, cell=cell)
        seen.add(label.casefold())
    if not labels:
        raise ValueError("a table has at least one column")


def _reference_changes(
    data: bytes, root: Element, table: Table, last_row: int, last_column: int
) -> list[tuple[int, int, bytes]]:
    changes: list[tuple[int, int, bytes]] = []
    reference = area(table.first_row, table.first_column, last_row, last_column).encode()
    tag = data[root.start : root.inner]
    new = xmlbytes.with_attribute(tag, b"ref", reference)
    if last_row > table.last_row:
        # The blank row that Excel shows in an empty table is a data row from now on.
        for name in (b"insertRow", b"insertRowShift"):
            new = xmlbytes.with_attribute(new, name, None)
    if new != tag:
        changes.append((root.start, root.inner, new))
    auto_filter = root.child("autoFilter")
    if auto_filter is not None and "ref" in auto_filter.attributes:
        # A filter covers header and data, never the totals row.
        bottom = last_row - table.has_totals
        filtered = area(table.first_row, table.first_column, bottom, last_column).encode()
        tag = data[auto_filter.start : auto_filter.inner]
        new = xmlbytes.with_attribute(tag, b"ref", filtered)
        if new != tag:
            changes.append((auto_filter.start, auto_filter.inner, new))
    return changes


def _new_columns(holder: Element, columns: Sequence[Element], labels: Sequence[str]) -> bytes:
    prefix = holder.prefix.encode() + b":" if holder.prefix else b""
    ids = (one.attributes.get("id", "") for one in columns)
    last_id = max((int(given) for given in ids if given.isdecimal()), default=0)
    fresh = b""
    for number, label in enumerate(labels, last_id + 1):
        fresh += b'<%btableColumn id="%d" name="%b"/>' % (prefix, number, xmlbytes.escape_attribute(label))
    return fresh
