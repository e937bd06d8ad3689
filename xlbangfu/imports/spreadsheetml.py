"""A SpreadsheetML 2003 page, as many school systems export it under the name .xls, as grids.

One XML text: rows and cells count on unless ss:Index says otherwise, a merged cell pushes the next one aside,
styles carry the number formats. Source: spec §3.1; Microsoft, XML Spreadsheet Reference (2003).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from xlbangfu.imports.grids import (
    MAX_COLUMN,
    NOT_CALCULATED,
    Damaged,
    GridBuilder,
    SheetGrid,
    Unreadable,
    error_value,
)
from xlbangfu.imports.numberformats import Format, number_as_shown, read_format
from xlbangfu.imports.xmlstream import Reader, finite_number

SPACE = b"urn:schemas-microsoft-com:office:spreadsheet"
_SS = SPACE.decode() + " "
_EXCEL = "urn:schemas-microsoft-com:office:excel "
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,30})["'][^>]{0,200}\?>""")
_CHINESE = ("gb2312", "gbk", "gb18030", "gb_2312-80", "cp936")
_PIECE = 2**18
_FIRST_DAY = 1900  # a time of day is written with a day of the year before
_NAMED_FORMAT = re.compile(r"(?:General|Short|Medium|Long) (Date|Time|Number)\Z|[A-Z][a-z]+(?:[ /][A-Z][a-z]+)?\Z")


def read_spreadsheetml(data: bytes) -> list[SheetGrid]:
    """The worksheets in order. Raises Unreadable."""
    reader = _Workbook()
    reader.run(*_as_unicode(data))
    if reader.root != "Workbook":
        raise Damaged
    if not reader.grids:
        raise Unreadable("里没有工作表", "请核对是不是选错了文件")
    return reader.grids


def _as_unicode(data: bytes) -> tuple[Iterator[bytes], str | None]:
    """The pieces of the page and their encoding, where the parser does not know the one declared."""
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    name = declared[1].decode().lower() if declared else ""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data, name = _recoded(data, "utf-16"), "utf-8"
    elif data.startswith(b"\xef\xbb\xbf"):
        name = "utf-8"  # whatever is declared
    elif name in _CHINESE:
        data, name = _recoded(data, "gb18030"), "utf-8"
    elif data[:2] in (b"<\0", b"\0<"):
        data, name = _recoded(data, "utf-16-le" if data[1] == 0 else "utf-16-be"), "utf-8"
    elif name.startswith("utf-16"):  # declared, and plainly not so
        name = "utf-8"
    return (data[at : at + _PIECE] for at in range(0, len(data), _PIECE)), name or None


def _recoded(data: bytes, encoding: str) -> bytes:
    try:
        return data.decode(encoding).encode()
    except UnicodeError as problem:
        raise Damaged from problem


class _Workbook(Reader):
    """The whole page. A number format is that of the cell's style, else of its row's, else of its column's."""

    def __init__(self) -> None:
        super().__init__()
        self.grids: list[SheetGrid] = []
        self._formats: dict[str, Format | None] = {}
        self._parents: dict[str, str] = {}
        self._defined = ""  # the style being defined
        self._builder = GridBuilder(self.budget)
        self._name, self._hidden = "", False
        self._row = self._column = self._next_row = self._next_column = 1
        self._row_style = self._cell_style = self._kind = ""
        self._column_styles: dict[int, str] = {}
        self._value: list[str] | None = None
        self._formula = self._comment = False
        self.starts = {
            "Style": self._begin_style, "NumberFormat": self._number_format,
            "Worksheet": self._begin_sheet, "Column": self._begin_column, "Row": self._begin_row,
            "Cell": self._begin_cell, "Data": self._begin_data, "Comment": self._begin_comment,
            _EXCEL + "Visible": self._begin_visible,
        }  # fmt: skip
        self.ends = {
            "Worksheet": self._end_sheet, "Cell": self._end_cell, "Data": self._end_data,
            "Comment": self._end_comment, _EXCEL + "Visible": self._end_visible,
        }  # fmt: skip

    # -- styles --------------------------------------------------------------------------------------------

    def _begin_style(self, attributes: Mapping[str, str]) -> None:
        self._defined = attributes.get(_SS + "ID", "")
        self._parents[self._defined] = attributes.get(_SS + "Parent", "Default")

    def _number_format(self, attributes: Mapping[str, str]) -> None:
        code = attributes.get(_SS + "Format", "")
        named = _NAMED_FORMAT.match(code)
        if named:
            self._formats[self._defined] = Format(is_date=True) if named[1] in ("Date", "Time") else None
        else:
            self._formats[self._defined] = read_format(0, code)

    def _format(self) -> Format | None:
        style = self._cell_style or self._row_style or self._column_styles.get(self._column, "Default")
        for _ in range(len(self._parents) + 1):  # a style that descends from itself ends too
            if style in self._formats:
                return self._formats[style]
            style = self._parents.get(style, "Default")
            if style == "Default":
                break
        return self._formats.get("Default")

    # -- rows and columns ----------------------------------------------------------------------------------

    def _begin_sheet(self, attributes: Mapping[str, str]) -> None:
        self._builder = GridBuilder(self.budget)
        self._name, self._hidden = attributes.get(_SS + "Name", ""), False
        self._next_row = self._next_column = 1
        self._column_styles = {}

    def _end_sheet(self) -> None:
        self.grids.append(self._builder.grid(self._name, self._hidden))

    def _begin_visible(self, attributes: Mapping[str, str]) -> None:
        self.text = self._value = []

    def _end_visible(self) -> None:
        self._hidden = "".join(self._value or ()).strip() in ("SheetHidden", "SheetVeryHidden")
        self.text = None

    def _begin_column(self, attributes: Mapping[str, str]) -> None:
        first = int(attributes.get(_SS + "Index", self._next_column))
        self._next_column = first + int(attributes.get(_SS + "Span", "0")) + 1
        style = attributes.get(_SS + "StyleID", "")
        if style and 0 < first < self._next_column <= MAX_COLUMN + 1:
            self._column_styles.update(dict.fromkeys(range(first, self._next_column), style))

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        self._row = int(attributes.get(_SS + "Index", self._next_row))
        self._next_row = self._row + int(attributes.get(_SS + "Span", "0")) + 1
        self._next_column = 1
        self._row_style = attributes.get(_SS + "StyleID", "")
        if attributes.get(_SS + "Hidden") == "1" or attributes.get(_SS + "Height") == "0":
            self._builder.hide(self._row)

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        self._column = int(attributes.get(_SS + "Index", self._next_column))
        across, down = int(attributes.get(_SS + "MergeAcross", "0")), int(attributes.get(_SS + "MergeDown", "0"))
        self._next_column = self._column + max(across, 0) + 1
        if across > 0 or down > 0:
            self._builder.merge(self._row, self._column, self._row + down, self._column + across)
        self._cell_style = attributes.get(_SS + "StyleID", "")
        self._formula = _SS + "Formula" in attributes
        self._kind, self._value = "String", None

    # -- values --------------------------------------------------------------------------------------------

    def _begin_data(self, attributes: Mapping[str, str]) -> None:
        if not self._comment:
            self._kind = attributes.get(_SS + "Type", "String")
            self.text = self._value = []

    def _end_data(self) -> None:
        self.text = None

    def _begin_comment(self, attributes: Mapping[str, str]) -> None:
        self._comment = True

    def _end_comment(self) -> None:
        self._comment = False

    def _end_cell(self) -> None:
        written = "".join(self._value or ())
        if self._formula and not written and self._kind != "String":
            value: Any = NOT_CALCULATED
        elif self._formula and self._value is None:
            value = NOT_CALCULATED
        else:
            value = self._taken(written)
        if value is not None and value != "":
            self._builder.put(self._row, self._column, value)

    def _taken(self, written: str) -> Any:
        if self._kind == "Error":
            return error_value(written.strip())
        if self._kind == "String" or not written.strip():
            return written
        if self._kind == "Boolean":
            return written.strip() == "1"
        if self._kind == "DateTime":
            return _moment(written.strip())
        return number_as_shown(finite_number(written), self._format())


def _moment(written: str) -> date | time | str:
    try:
        moment = datetime.fromisoformat(written).replace(tzinfo=None)
    except ValueError:
        return written
    if moment.year < _FIRST_DAY:
        return moment.time()
    return moment if moment.time() != time.min else moment.date()
