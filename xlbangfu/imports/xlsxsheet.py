"""One worksheet part of an .xlsx, read in a stream into a grid.

Source: spec §3.1; ECMA-376 part 1, 18.3.1 (sheetData, row, c, mergeCell), 18.18.11 (kinds of cells).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from xlbangfu.imports.grids import NOT_CALCULATED, Budget, Damaged, GridBuilder, TooMuch, error_value
from xlbangfu.imports.numberformats import Format, number_as_shown
from xlbangfu.imports.xmlstream import MAX_TAG_BYTES, Reader, finite_number
from xlbangfu.workbook import xmlbytes

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?\Z")
_DIGITS = "0123456789"
# Runs of formatted but empty cells and rows, by the million where somebody formatted whole columns: taken out before
# they are parsed, where the next cell or row tells its own place.
_EMPTY_CELLS = re.compile(rb'(?:<c r="[^<>]*/>)+(?=<c r="|</row>)')
_EMPTY_ROWS = re.compile(rb'(?:<row r="[^<>]*(?:/>|></row>))+(?=<row r="|</sheetData>)')


@dataclass(frozen=True)
class Book:
    """What the cells of all sheets refer to. formats: by cell style number."""

    strings: list[str]
    formats: Mapping[int, Format]
    date1904: bool
    budget: Budget


class SheetReader(Reader):
    """Reads one worksheet part."""

    def __init__(self, book: Book) -> None:
        super().__init__(book.budget)
        self._book = book
        self._builder = GridBuilder(book.budget)
        self._columns: dict[str, int] = {}
        self._row = self._column = 0
        self._kind = self._style = ""
        self._value: list[str] | None = None
        self._inline: list[str] | None = None
        self._formula = self._phonetic = False
        self.starts = {
            "row": self._begin_row, "c": self._begin_cell, "v": self._begin_value, "f": self._begin_formula,
            "is": self._begin_inline, "t": self._begin_text, "rPh": self._begin_phonetic,
            "mergeCell": self._merge,
        }  # fmt: skip
        self.ends = {"c": self._end_cell, "v": self._end_text, "t": self._end_text, "rPh": self._end_phonetic}

    def read(self, pieces: Iterable[bytes]) -> GridBuilder:
        """The sheet's grid. Raises Unreadable."""
        self.run(_without_empty(pieces))
        if self.root != "worksheet":
            raise Damaged
        return self._builder

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        given = attributes.get("r")
        self._row = self._row + 1 if given is None else int(given)
        self._column = 0
        if attributes.get("hidden") in ("1", "true") or attributes.get("ht") == "0":
            self._builder.hide(self._row)

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        given = attributes.get("r")
        if given is None:
            self._column += 1
        else:
            letters = given.rstrip(_DIGITS)
            column = self._columns.get(letters)
            if column is None:
                column = self._columns[letters] = _column_number(letters)
            if given[len(letters) :] != str(self._row):
                self._row = int(given[len(letters) :])
            self._column = column
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._value = self._inline = None
        self._formula = False

    def _begin_value(self, attributes: Mapping[str, str]) -> None:
        self.text = self._value = []

    def _begin_formula(self, attributes: Mapping[str, str]) -> None:
        self._formula = True

    def _begin_inline(self, attributes: Mapping[str, str]) -> None:
        self._inline = []

    def _begin_text(self, attributes: Mapping[str, str]) -> None:
        self.text = None if self._phonetic else self._inline

    def _end_text(self) -> None:
        self.text = None

    def _begin_phonetic(self, attributes: Mapping[str, str]) -> None:
        self._phonetic = True

    def _end_phonetic(self) -> None:
        self._phonetic = False

    def _end_cell(self) -> None:
        if self._value is None and self._inline is None and not self._formula:
            return
        written = "".join(self._value if self._value is not None else self._inline or ())
        value = self._taken(written)
        if value is not None and value != "":
            self._builder.put(self._row, self._column, value)

    def _taken(self, written: str) -> Any:
        kind = self._kind
        if self._inline is not None and self._value is None:
            return clean(written)
        if kind == "str" or kind == "inlineStr":
            return clean(written)
        if kind == "e":
            return error_value(written.strip())
        if not written.strip():
            return NOT_CALCULATED if self._formula else None
        reader = _KINDS.get(kind)
        if reader is not None:
            return reader(self._book, written)
        return self._number(written)

    def _number(self, written: str) -> Any:
        number = finite_number(written)
        form = self._book.formats.get(int(self._style)) if self._style else None
        return number_as_shown(number, form, self._book.date1904)

    def _merge(self, attributes: Mapping[str, str]) -> None:
        if match := _RANGE.match(attributes.get("ref", "")):
            first, last = (match[2], match[1]), (match[4] or match[2], match[3] or match[1])
            self._builder.merge(int(first[0]), _column_number(first[1]), int(last[0]), _column_number(last[1]))


def clean(text: str) -> str:
    """Text with _xHHHH_ decoded; half a character that is left over is shown as one that is unknown.

    >>> clean("甲_x000D_乙_x005F_x000D_")
    '甲\\r乙_x000D_'
    """
    if "_x" not in text:
        return text
    text = xmlbytes.decoded(text)
    if _LONE_SURROGATE.search(text):  # two halves may follow each other
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _shared(book: Book, written: str) -> str:
    number = int(written)
    if not 0 <= number < len(book.strings):
        raise Damaged
    return book.strings[number]


def _truth(book: Book, written: str) -> bool:
    return written.strip() in ("1", "true")


def _moment(book: Book, written: str) -> date | str:
    try:
        moment = datetime.fromisoformat(written.strip()).replace(tzinfo=None)
    except ValueError:
        return written
    return moment if moment.time() != datetime.min.time() else moment.date()


_KINDS: dict[str, Callable[[Book, str], Any]] = {"s": _shared, "b": _truth, "d": _moment}


def _column_number(letters: str) -> int:
    if not 0 < len(letters) <= 3:
        raise Damaged
    number = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            raise Damaged
        number = number * 26 + ord(letter) - 64
    return number


def _without_empty(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The part without its empty cells and rows, cut between tags."""
    rest = b""
    plain = True
    for piece in pieces:
        data = rest + piece
        plain = plain and b"<!" not in data  # in a comment or CDATA what looks like a cell is none
        cut = data.rfind(b"<") if plain else len(data)
        if cut < 0:
            cut = len(data)
        rest = data[cut:]
        if len(rest) > MAX_TAG_BYTES:
            raise TooMuch
        yield _EMPTY_ROWS.sub(b"", _EMPTY_CELLS.sub(b"", data[:cut])) if plain else data[:cut]
    yield rest
