"""The value of one cell: what stands in its XML, whether a new value differs, and how a new one is written.

Source: ECMA-376 part 1, 18.3.1.4 (c), 18.18.11 (cell types), 18.17.4.1 (dates as serial numbers).
"""

from __future__ import annotations

import datetime as dt
import re

from xlbangfu.workbook import xmlbytes
from xlbangfu.workbook.errors import WorkbookRearranged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction
    from typing import TypeAlias

    Number: TypeAlias = int | float | Fraction | Decimal
    CellValue: TypeAlias = "str | bool | Number | dt.date | Link | Restored | None"

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
MAX_TEXT_UNITS = 32_767  # UTF-16 units in one cell
MAX_FORMULA_TEXT_UNITS = 255  # in one text constant of a formula

_EPOCH = dt.datetime(1899, 12, 30)
_EPOCH_BEFORE_MARCH_1900 = dt.datetime(1899, 12, 31)  # Excel counts a 29 February 1900 that never was
_EPOCH_1904 = dt.datetime(1904, 1, 1)
_PLAIN_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f(?:\s[^>]*)?(?:/>|>([^<]*)<)")
_PLAIN_VALUE = re.compile(rb"<(?:[\w.-]+:)?v(?:\s[^>]*)?(?:/>|>([^<]*)<)")
_PLAIN_TEXT = re.compile(rb"<(?:[\w.-]+:)?t(?:\s[^>]*)?>([^<]*)<")
_PHONETIC = re.compile(rb"<((?:[\w.-]+:)?rPh)[\s>].*?</\1>", re.S)
_NOT_KEPT = frozenset((b"t", b"cm", b"vm"))  # type, and metadata of the content that goes
_PLAIN_INLINE = b"<is><t>", b"</t></is>"
_kept: dict[bytes, tuple[bytes, bytes]] = {}
_letters: dict[int, str] = {}


class Link:
    """A cell that jumps to another one: HYPERLINK("#'名册'!B5","名册!B5"), its text cached.

    sheet: name of the sheet; cell: A1 address; text: what is shown, `sheet!cell` if not given.
    Raises ValueError for a text longer than 255 UTF-16 units (a formula holds no longer ones).
    """

    __slots__ = ("cell", "sheet", "text")

    def __init__(self, sheet: str, cell: str, text: str = "") -> None:
        self.sheet, self.cell, self.text = sheet, cell, text or f"{sheet}!{cell}"
        if _units(self.text) > MAX_FORMULA_TEXT_UNITS:
            raise ValueError("the text of a link holds at most 255 characters")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Link) and self.formula() == other.formula()

    def __hash__(self) -> int:
        return hash(self.formula())

    def __repr__(self) -> str:
        return f"Link({self.sheet!r}, {self.cell!r}, {self.text!r})"

    def formula(self) -> str:
        """The formula without its equals sign."""
        place = f"#'{self.sheet.replace(chr(39), chr(39) * 2)}'!{self.cell}"
        quoted = [text.replace('"', '""') for text in (place, self.text)]
        return 'HYPERLINK("{}","{}")'.format(*quoted)


class Restored:
    """A formula put back as it stood: text without the equals sign; shown: its last result, None if unknown."""

    __slots__ = ("shown", "text")

    def __init__(self, text: str, shown: str | bool | Number | dt.date | None = None) -> None:
        self.text, self.shown = text, shown

    def __repr__(self) -> str:
        return f"Restored({self.text!r})"


class Content:
    """What stands in a cell: formula (text, "" for a dependant of a shared one, None), stored value, text."""

    __slots__ = ("formula", "text", "value")

    def __init__(self, formula: str | None, value: str | None, text: str | None) -> None:
        self.formula, self.value, self.text = formula, value, text


def content(raw: bytes) -> Content:
    """The content of a cell, `raw` being what stands between its tags."""
    if b"<!" in raw or b"<?" in raw:
        return _unusual_content(raw)
    formula = value = text = None
    if (match := _PLAIN_FORMULA.search(raw)) is not None:
        formula = xmlbytes.unescape(match[1] or b"")
    if (match := _PLAIN_VALUE.search(raw)) is not None:
        value = xmlbytes.unescape(match[1] or b"")
    if b"is>" in raw:
        text = rich_text(raw)
    return Content(formula, value, text)


def rich_text(raw: bytes) -> str:
    """The text of a string item (`si` or `is`): its runs joined, phonetic guides left out."""
    if b"<!" in raw or b"<?" in raw:
        return xmlbytes.decoded(_joined_text(xmlbytes.texts(raw)))
    if b"rPh" in raw:
        raw = _PHONETIC.sub(b"", raw)
    return "".join(map(xmlbytes.unescape, _PLAIN_TEXT.findall(raw)))


def kept_attributes(raw: bytes) -> tuple[bytes, bytes]:
    """(attributes that stay when the content changes, cell type) of a cell's attributes without `r`."""
    known = _kept.get(raw)
    if known is None:
        cell_type = dict(xmlbytes.attributes(raw)).get(b"t", b"n")
        known = xmlbytes.attributes_without(raw, _NOT_KEPT), cell_type
        if len(_kept) > 1_000:  # styles are few, whatever a stranger's file may hold
            _kept.clear()
        _kept[raw] = known
    return known


def stands_already(new: CellValue, cell_type: bytes, raw: bytes | None, shared: SharedTexts, date1904: bool) -> bool:
    """True if a cell already shows `new`: numbers equal, texts equal, blank is blank.

    A formula whose stored result equals `new` counts: the teacher's formula is better kept than replaced.
    """
    if raw is None or raw == b"":
        return new is None or new == ""
    tags = raw.count(b"<")
    if tags == 2 and raw.startswith(b"<v>"):
        found = Content(None, xmlbytes.unescape(raw[3:-4]), None)
    elif tags == 4 and raw.startswith(_PLAIN_INLINE[0]) and raw.endswith(_PLAIN_INLINE[1]):
        found = Content(None, None, xmlbytes.unescape(raw[7:-9]))
    else:
        found = content(raw)
    if isinstance(new, Link):
        return found.formula == new.formula() and found.value == new.text
    if isinstance(new, Restored):
        return found.formula == new.text
    shown = _shown(cell_type, found.value, found.text, shared)
    if new is None or new == "":
        return shown is None or shown == ""
    if isinstance(new, str):
        return isinstance(shown, str) and shown == new
    if isinstance(new, bool):
        return shown is new
    if isinstance(new, dt.date):
        new = serial(new, date1904)
        if isinstance(shown, dt.datetime):
            shown = serial(shown, date1904)
    return type(shown) is float and shown == _double(new)


def rendered(new: CellValue, prefix: bytes, date1904: bool) -> tuple[bytes, bytes]:
    """(type, content) of a cell that shows `new`. Raises ValueError, WorkbookRearranged."""
    p = prefix
    if new is None or new == "":
        return b"n", b""
    if isinstance(new, str):
        return b"inlineStr", b"<%bis><%bt%b>%b</%bt></%bis>" % (p, p, *_text(new), p, p)
    if isinstance(new, bool):
        return b"b", b"<%bv>%d</%bv>" % (p, new, p)
    if isinstance(new, Link):
        parts = (p, xmlbytes.escape(new.formula()), p, p, xmlbytes.escape(new.text), p)
        return b"str", b"<%bf>%b</%bf><%bv>%b</%bv>" % parts
    if isinstance(new, Restored):
        return _restored(new, p, date1904)
    number = serial(new, date1904) if isinstance(new, dt.date) else new
    return b"n", b"<%bv>%b</%bv>" % (p, number_text(number).encode(), p)


def _restored(new: Restored, p: bytes, date1904: bool) -> tuple[bytes, bytes]:
    formula = b"<%bf>%b</%bf>" % (p, xmlbytes.escape(new.text), p)
    if isinstance(new.shown, str):
        return b"str", b"%b<%bv>%b</%bv>" % (formula, p, xmlbytes.escape(new.shown), p)
    kind, value = rendered(new.shown, p, date1904)
    return kind, formula + value


def number_text(number: Number) -> str:
    """The shortest decimal text that reads back as the same double, as Excel stores numbers.

    Raises ValueError for what a cell cannot hold: not finite, or a whole number that a double would round
    (a long 学号 is text). TypeError for what is no number.
    """
    if not hasattr(number, "as_integer_ratio"):
        raise TypeError(f"no value for a cell: {number!r}")
    double = _double(number)
    if double != double or double in (float("inf"), float("-inf")):
        raise ValueError(f"no number for a cell: {number!r}")
    if isinstance(number, int) and int(double) != number:
        raise ValueError(f"a cell would round this whole number, write it as text: {number!r}")
    if double.is_integer() and abs(double) < 1e15:
        return str(int(double))
    return repr(double)


def serial(day: dt.date, date1904: bool) -> float:
    """The number that stands for a date or datetime. Raises ValueError before the calendar's first day."""
    moment = day if isinstance(day, dt.datetime) else dt.datetime(day.year, day.month, day.day)
    if moment.tzinfo is not None:
        raise ValueError("a cell holds no time zone")
    if date1904:
        epoch = _EPOCH_1904
    else:
        epoch = _EPOCH if moment >= dt.datetime(1900, 3, 1) else _EPOCH_BEFORE_MARCH_1900
    days = (moment - epoch) / dt.timedelta(days=1)
    if days < 0 or (not date1904 and days < 1):
        raise ValueError(f"before the first day of the workbook's calendar: {day}")
    return days


class SharedTexts:
    """The shared string table, split once and decoded item by item. `data` None: the workbook has none."""

    def __init__(self, data: bytes | None) -> None:
        self._data = data
        self._items: list[bytes] | None = None

    def __getitem__(self, index: int) -> str:
        """The text of one item. Raises IndexError."""
        if self._items is None:
            self._items = self._split()
        if index < 0:
            raise IndexError(index)
        return rich_text(self._items[index])

    def _split(self) -> list[bytes]:
        if self._data is None:
            return []
        if b"<!" not in self._data and b"<si>" in self._data and b"<si/>" not in self._data:
            pieces = self._data.split(b"<si>")[1:]
            if len(pieces) == self._data.count(b"</si>"):
                return pieces
        root = xmlbytes.parse(self._data)
        return [self._data[item.inner : item.inner_end] for item in root.all("si")]


def column_letters(column: int) -> str:
    """A for 1, Z for 26, AA for 27. Raises ValueError outside 1…16384."""
    known = _letters.get(column)
    if known is None:
        if not 1 <= column <= LAST_COLUMN:
            raise ValueError(f"no column {column}")
        known, left = "", column
        while left:
            left, rest = divmod(left - 1, 26)
            known = chr(65 + rest) + known
        _letters[column] = known
    return known


def column_number(letters: str | bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters if isinstance(letters, bytes) else letters.encode():
        number = number * 26 + letter - 64
    return number


def address(row: int, column: int) -> str:
    """The A1 address of a cell. Raises ValueError outside the sheet."""
    if not 1 <= row <= LAST_ROW:
        raise ValueError(f"no row {row}")
    return f"{column_letters(column)}{row}"


def area(first_row: int, first_column: int, last_row: int, last_column: int) -> str:
    """The A1 reference of a rectangle, one address if it is one cell."""
    first, last = address(first_row, first_column), address(last_row, last_column)
    return first if first == last else f"{first}:{last}"


def corners(reference: str) -> tuple[int, int, int, int]:
    """(first row, first column, last row, last column) of "B2:D9" or "B2". Raises ValueError."""
    first, _, last = reference.replace("$", "").partition(":")
    ends = []
    for corner in (first, last or first):
        letters = corner.rstrip("0123456789")
        digits = corner[len(letters) :]
        if not (letters.isascii() and letters.isalpha() and letters.isupper() and digits):
            raise ValueError(f"no reference of cells: {reference!r}")
        row, column = int(digits), column_number(letters)
        if not (1 <= row <= LAST_ROW and column <= LAST_COLUMN):
            raise ValueError(f"outside the sheet: {reference!r}")
        ends.append((row, column))
    (row1, column1), (row2, column2) = ends
    return min(row1, row2), min(column1, column2), max(row1, row2), max(column1, column2)


def _double(number: Number) -> float:
    try:
        return float(number)
    except OverflowError:
        raise ValueError(f"no number for a cell: {number!r}") from None


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text(text: str) -> tuple[bytes, bytes]:
    """(space attribute, escaped text) of an inline text."""
    if len(text) > MAX_TEXT_UNITS // 2 and _units(text) > MAX_TEXT_UNITS:
        raise WorkbookRearranged(f"文字有 {_units(text)} 字，一个单元格最多放 {MAX_TEXT_UNITS} 字；请缩短后再试。")
    plain = text.isprintable() and text[0] != " " and text[-1] != " " and "  " not in text
    return b"" if plain else b' xml:space="preserve"', xmlbytes.escape(text)


def _shown(
    cell_type: bytes, stored: str | None, inline: str | None, shared: SharedTexts
) -> str | bool | float | dt.datetime | bytes | None:
    """The value a reader sees; bytes stand for what equals nothing (an error, a damaged value)."""
    if cell_type == b"inlineStr":
        return inline
    if stored is None or (stored == "" and cell_type != b"str"):
        return None
    try:
        if cell_type == b"s":
            return shared[int(stored)]
        if cell_type == b"str":
            return stored
        if cell_type == b"b":
            return stored.strip() in ("1", "true")
        if cell_type == b"d":
            return dt.datetime.fromisoformat(stored).replace(tzinfo=None)
        return float(stored) if cell_type == b"n" else stored.encode()
    except (ValueError, IndexError):
        return stored.encode()


def _unusual_content(raw: bytes) -> Content:
    found = xmlbytes.texts(raw)
    named = dict(found)
    formula, value = named.get("f"), named.get("v")
    inline = [pair for pair in found if pair[0] == "is" or pair[0].startswith("is/")]
    text = xmlbytes.decoded(_joined_text(inline)) if inline else None
    return Content(formula, value, text)


def _joined_text(found: list[tuple[str, str]]) -> str:
    return "".join(own for path, own in found if path.rpartition("/")[2] == "t" and "rPh" not in path)
