"""Where the rows and cells of a worksheet part stand, as byte offsets.

Two ways to the same index. `quick_index` reads the part as Excel, LibreOffice and XlsxWriter write it, with
bytes.find and regular expressions that must account for every byte between the tags; it gives up (None) at
the first thing it does not know. `full_index` reads any well-formed part through expat: prefixes, missing
`r` attributes, comments, CDATA. tests/workbook/test_package.py holds the two against each other.
Source: ECMA-376 part 1, 18.3.1 (worksheet, sheetData, row, c, cols, mergeCells, dimension).
"""

from __future__ import annotations

import re
from bisect import bisect_left

from xlbangfu.workbook import cellxml, xmlbytes
from xlbangfu.workbook.cellxml import LAST_COLUMN, LAST_ROW
from xlbangfu.workbook.errors import WorkbookRearranged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xlbangfu.workbook.xmlbytes import Element

_ATTRIBUTES = rb'((?: [\w:]+="[^"<>&]*")*)'
_ROOT = re.compile(rb"^(?:\xef\xbb\xbf)?(?:<\?xml [^<>]*\?>)?\s*<worksheet([^<>]*)>")
_ROW = re.compile(rb"\s*<row" + _ATTRIBUTES + rb" ?(/?)>")
_ROW_NUMBER = re.compile(rb' r="([0-9]{1,7})"')
_CELL = re.compile(rb'\s*<c r="([A-Z]{1,3})([0-9]{1,7})"' + _ATTRIBUTES + rb" ?(?:/>|>(.*?)</c>)", re.S)
_DIMENSION = re.compile(rb'<dimension ref="([A-Z0-9:$]+)"\s*/>')
_COL = re.compile(rb"<col( [^<>]*)/>")
_MERGE = re.compile(rb'<mergeCell ref="([A-Z0-9:$]+)"\s*/>')

_DISORDER = "工作表“{}”第 {} 行附近的内容次序混乱；请用 Excel 打开并另存一次后再试。"


class Cell:
    """One `c` element: data[start:end]. attributes: as written, without `r`. content: None: empty tag."""

    __slots__ = ("attributes", "column", "content", "end", "start")

    def __init__(self, column: int, start: int, end: int, attributes: bytes, content: bytes | None) -> None:
        self.column, self.start, self.end = column, start, end
        self.attributes, self.content = attributes, content


class Row:
    """One `row` element: data[start:end], its start tag data[start:inner]; empty tags have inner == end."""

    __slots__ = ("cells", "end", "inner", "inner_end", "number", "start")

    def __init__(self, number: int, start: int, inner: int, inner_end: int, end: int) -> None:
        self.number, self.start, self.inner, self.inner_end, self.end = number, start, inner, inner_end, end
        self.cells: list[Cell] | None = None


class SheetIndex:
    """A worksheet part with the places of its rows; cells are looked up row by row.

    prefix: of the main namespace with its colon, or b"". merges: rectangles as (row, column, row, column).
    columns: (first, last, style) of `<cols>` entries that carry a style. dimension: (start, end, reference)
    of the reference's text, or None. body: (start, inner, inner_end, end) of sheetData, as in Row.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.data, self.name = data, name
        self.prefix = b""
        self.rows: list[Row] = []
        self.numbers: list[int] = []
        self.merges: list[tuple[int, int, int, int]] = []
        self.columns: list[tuple[int, int, bytes]] = []
        self.dimension: tuple[int, int, str] | None = None
        self.body = (0, 0, 0, 0)

    def position(self, number: int) -> int:
        """How many rows stand before the row of that number."""
        return bisect_left(self.numbers, number)

    def row(self, number: int) -> Row | None:
        """The row of that number, None where the part has none."""
        at = self.position(number)
        return self.rows[at] if at < len(self.numbers) and self.numbers[at] == number else None

    def cells(self, row: Row) -> list[Cell]:
        """The cells of a row, left to right."""
        if row.cells is None:
            row.cells = self._quick_cells(row)
        return row.cells

    def cell(self, row: Row, column: int) -> Cell | None:
        """The cell of a row in that column."""
        for cell in self.cells(row):
            if cell.column >= column:
                return cell if cell.column == column else None
        return None

    def _quick_cells(self, row: Row) -> list[Cell]:
        cells: list[Cell] = []
        position, last = row.inner, 0
        number = b"%d" % row.number
        while (match := _CELL.match(self.data, position, row.inner_end)) is not None:
            letters, digits, attributes, content = match.groups()
            column = _column(letters)
            if digits != number or column <= last:
                break
            start = position if self.data[position] == 60 else self.data.index(b"<", position)
            position, last = match.end(), column
            cells.append(Cell(column, start, position, attributes, content))
        if self.data[position : row.inner_end].strip():
            raise Unusual
        return cells


class Unusual(Exception):
    """The quick index met something it does not know."""


def index(data: bytes, name: str, quick: bool = True) -> SheetIndex:
    """The index of a worksheet part. `quick` False goes through expat at once.

    Raises WorkbookUnreadable (not well-formed), WorkbookRearranged (rows or cells out of order).
    """
    if quick:
        xmlbytes.check(data)
    try:
        found = quick_index(data, name) if quick else None
        return found if found is not None else full_index(data, name)
    except (KeyError, ValueError):  # an attribute that is missing or no number
        raise disorder(name, 1) from None


def quick_index(data: bytes, name: str) -> SheetIndex | None:
    """The index of a part that looks as usual, or None. `data` must be well-formed."""
    found = SheetIndex(data, name)
    root = _ROOT.match(data)
    usual = root is not None and any(b' xmlns="%b"' % space.encode() in root[1] for space in xmlbytes.MAIN)
    if root is None or not usual or b"<!" in data or data.find(b"<?", 1) > root.start(1):
        return None
    if data.count(b"<sheetData") != 1 or b"<AlternateContent" in data:
        return None
    start = data.index(b"<sheetData")
    inner, end = start + 11, data.find(b"</sheetData>", start)
    if data.startswith(b"<sheetData/>", start):
        found.body = (start, start + 12, start + 12, start + 12)
    elif data.startswith(b"<sheetData>", start) and end > 0:
        found.body = (start, inner, end, end + 12)
    else:
        return None
    if not _quick_surroundings(found) or not _quick_rows(found):
        return None
    return found


def _quick_surroundings(found: SheetIndex) -> bool:
    """Take dimension, cols and merged cells from before and after the rows."""
    data, (start, _, _, end) = found.data, found.body
    head, tail = data[:start], data[end:]
    if (match := _DIMENSION.search(head)) is not None:
        found.dimension = (*match.span(1), match[1].decode())
    columns = _COL.findall(head)
    for one in columns:
        values = dict(xmlbytes.attributes(one))
        if b"style" in values:
            found.columns.append((int(values[b"min"]), int(values[b"max"]), values[b"style"]))
    merges = _MERGE.findall(tail)
    try:
        found.merges = [cellxml.corners(merge.decode()) for merge in merges]
    except ValueError:
        return False
    counted = (head.count(b"<dimension"), head.count(b"<col "), tail.count(b"<mergeCell "))
    return counted == (found.dimension is not None, len(columns), len(merges))


def _quick_rows(found: SheetIndex) -> bool:
    data, (_, position, body_end, _) = found.data, found.body
    last, rows = 0, found.rows
    if data.find(b"xmlns", position, body_end) >= 0 or data.find(b"extLst", position, body_end) >= 0:
        return False
    while (match := _ROW.match(data, position, body_end)) is not None:
        number = _ROW_NUMBER.search(match[1])
        inner = inner_end = end = match.end()
        if not match[2]:
            inner_end = data.find(b"</row>", inner, body_end)
            end = inner_end + 6
        if number is None or inner_end < 0 or not last < int(number[1]) <= LAST_ROW:
            return False
        last = int(number[1])
        rows.append(Row(last, data.index(b"<", position), inner, inner_end, end))
        position = end
    if data[position:body_end].strip():
        return False
    found.numbers = [row.number for row in rows]
    return True


def full_index(data: bytes, name: str) -> SheetIndex:
    """The index of any well-formed worksheet part. Raises as `index`."""
    found = SheetIndex(data, name)
    root = xmlbytes.parse(data)
    body = root.child("sheetData")
    if root.space not in xmlbytes.MAIN or root.name != "worksheet" or body is None:
        raise WorkbookRearranged(f"“{name}”不是普通工作表，不能写入；请检查工作表名称。")
    found.prefix = body.prefix.encode() + b":" if body.prefix else b""
    found.body = (body.start, body.inner, body.inner_end, body.end)
    _full_surroundings(found, root)
    last = 0
    for element in body.children:
        number = _position(element.attributes.get("r"), last)
        if element.name != "row" or element.space not in xmlbytes.MAIN or not last < number <= LAST_ROW:
            raise disorder(name, last or 1)
        last = number
        row = Row(number, element.start, element.inner, element.inner_end, element.end)
        row.cells = _full_cells(found, element, number)
        found.rows.append(row)
    found.numbers = [row.number for row in found.rows]
    return found


def _full_surroundings(found: SheetIndex, root: Element) -> None:
    for element in root.children:
        if element.space not in xmlbytes.MAIN:
            continue
        if element.name == "dimension" and "ref" in element.attributes:
            at = found.data.index(element.attributes["ref"].encode(), element.start)
            found.dimension = (at, at + len(element.attributes["ref"]), element.attributes["ref"])
        elif element.name == "cols":
            for one in element.all("col"):
                style = one.attributes.get("style")
                if style is not None:
                    bounds = int(one.attributes["min"]), int(one.attributes["max"])
                    found.columns.append((*bounds, style.encode()))
        elif element.name == "mergeCells":
            found.merges += [cellxml.corners(one.attributes["ref"]) for one in element.all("mergeCell")]


def _full_cells(found: SheetIndex, row: Element, number: int) -> list[Cell]:
    cells: list[Cell] = []
    last = 0
    for element in row.children:
        if element.name == "extLst":
            continue
        given = element.attributes.get("r")
        column = last + 1
        if given is not None:
            row_number, column, *_ = cellxml.corners(given)
            if row_number != number:
                raise disorder(found.name, number)
        if element.name != "c" or element.space not in xmlbytes.MAIN or not last < column <= LAST_COLUMN:
            raise disorder(found.name, number)
        last = column
        attributes = xmlbytes.attributes_without(found.data[element.start : element.inner], (b"r",))
        empty = element.inner == element.end
        content = None if empty else found.data[element.inner : element.inner_end]
        cells.append(Cell(column, element.start, element.end, attributes, content))
    return cells


def filled_cells(data: bytes, name: str, place: tuple[int, int, int, int]) -> list[tuple[int, int]]:
    """(row, column) of the cells with any content inside a rectangle of a worksheet part."""
    try:
        return _filled(index(data, name), place)
    except Unusual:
        return _filled(index(data, name, quick=False), place)


def _filled(sheet: SheetIndex, place: tuple[int, int, int, int]) -> list[tuple[int, int]]:
    top, left, bottom, right = place
    found: list[tuple[int, int]] = []
    for row in sheet.rows:
        if top <= row.number <= bottom:
            cells = sheet.cells(row)
            found += [(row.number, c.column) for c in cells if left <= c.column <= right and _holds(c)]
    return found


def _holds(cell: Cell) -> bool:
    if not cell.content:
        return False
    content = cellxml.content(cell.content)
    return content.formula is not None or bool(content.value) or bool(content.text)


def disorder(sheet: str, row: int) -> WorkbookRearranged:
    """The refusal of a sheet whose rows, cells or references cannot be relied on."""
    return WorkbookRearranged(_DISORDER.format(sheet, row), sheet=sheet)


def _position(given: str | None, last: int) -> int:
    return last + 1 if given is None else int(given)


_columns: dict[bytes, int] = {}


def _column(letters: bytes) -> int:
    number = _columns.get(letters)
    if number is None:
        number = _columns[letters] = cellxml.column_number(letters)
    return number
