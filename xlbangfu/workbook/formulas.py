"""Which formulas rest, directly or through others, on cells that changed: their stored results are stale.

Excel computes everything afresh when the workbook says fullCalcOnLoad. LibreOffice ignores that and trusts
every stored number, whoever wrote the file, but computes a formula without stored result; it does not pass
that on to formulas that have one. So every formula that rests on a changed cell must lose its result, and no
other should: results that still hold are what the next closed reading sees.
Wherever a reference cannot be followed (INDIRECT, OFFSET, a range ending in a function, an unknown name) the
formula counts as resting on everything. Source: spec §8; LibreOffice sc/source/filter/oox/formulabuffer.cxx.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort

from xlbangfu.workbook.cellxml import LAST_COLUMN, LAST_ROW, column_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from xlbangfu.workbook.tablexml import Table

    Place: TypeAlias = tuple[str, int, int, int, int]  # sheet, first row, first column, last row, last column

MAX_PASSES = 20
MAX_NAME_DEPTH = 20

REACHES_ANYWHERE = frozenset(("INDIRECT", "OFFSET", "EVALUATE"))
_WIDENS_ITS_RANGE = frozenset(("SUMIF", "AVERAGEIF"))  # the sum range takes the shape of the first one
_CONSTANTS = frozenset(("TRUE", "FALSE"))

_CELL = r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}"
_INNER = r"\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*\]"
_TOKEN = re.compile(
    rf"""(?P<text>"(?:[^"]|"")*")
    | (?P<sheet>'(?:[^']|'')*'!|(?:\[[0-9]+\])?[\w.]+(?::[\w.]+)?!)?
      (?: (?P<area>{_CELL}(?::{_CELL})?|\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}|\$?[0-9]{{1,7}}:\$?[0-9]{{1,7}})
          (?![\w.(\[\\?!])
        | (?P<name>[^\W0-9][\w.\\?]*)(?P<inner>{_INNER})?(?P<call>\()?
        | (?P<error>\#[A-Z0-9/]+[!?]?)
      )
    | (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)
    | (?P<hard>[\[\]{{}}:\#])
    """,
    re.X | re.S,
)
_TEXT = re.compile('"[^"]*"')
_WORD = re.compile(r"[\w.$!:?\\]+\(?")
_NOT_IN_WORDS = re.compile("['\\[{#]")
_CORNER = re.compile(r"(\$?)([A-Za-z]{1,3})?(\$?)([0-9]{1,7})?$")
_THIS_ROW = re.compile(r"@|\[#This Row\]", re.I)


class Formula:
    """One formula cell. reads: the areas it reads; None if that cannot be told. fills: its own cells."""

    __slots__ = ("fills", "reads")

    def __init__(self, fills: Place, reads: list[Place] | None) -> None:
        self.fills, self.reads = fills, reads


class Untraceable(Exception):
    """A formula reads what cannot be told from its text."""


class Names:
    """What names in formulas stand for.

    sheets: all sheet names in workbook order. find_table: the table of a displayName, or None. defined: text
    by (name, sheet it is local to or None). Names are compared without case.
    """

    def __init__(
        self,
        sheets: Sequence[str],
        find_table: Callable[[str], Table | None],
        defined: Mapping[tuple[str, str | None], str],
    ) -> None:
        self.sheets = list(sheets)
        self.by_case = {name.casefold(): name for name in sheets}
        self.find_table = find_table
        self.defined_names = sorted({name for name, _ in defined})
        self.known_words: dict[tuple[str, str], list[Place]] = {}
        self.defined = {
            (name.casefold(), sheet.casefold() if sheet is not None else None): text
            for (name, sheet), text in defined.items()
        }

    def span(self, first: str, last: str) -> list[str]:
        """The sheets from one to another, in workbook order. Raises Untraceable for an unknown one."""
        try:
            ends = sorted(self.sheets.index(self.by_case[one.casefold()]) for one in (first, last))
        except KeyError:
            raise Untraceable from None
        return self.sheets[ends[0] : ends[1] + 1]


def reads(text: str, sheet: str, row: int, column: int, names: Names, shift: tuple[int, int] = (0, 0)) -> list[Place]:
    """The areas that a formula at a cell reads.

    shift: rows and columns by which the relative references move, for a dependant of a shared formula.
    Raises Untraceable.
    """
    found: dict[Place, None] = {}
    whole = _Reader(sheet, row, column, names, shift, 0)
    if shift != (0, 0) or _NOT_IN_WORDS.search(text) is not None:
        return whole.read(text)
    # The same words (references, functions) recur in most formulas of a sheet: read each of them once.
    for word in set(_WORD.findall(_TEXT.sub(" ", text))):
        known = names.known_words.get((sheet, word))
        if known is None:
            if word[:-1].upper() in _WIDENS_ITS_RANGE:
                return whole.read(text)
            reader = _Reader(sheet, row, column, names, shift, 0)
            try:
                known = reader.read(word)
            except Untraceable:
                return whole.read(text)  # a word like the 1E of 1E+3 says nothing by itself
            if not reader.met_name:  # what a name stands for may depend on the cell
                names.known_words[sheet, word] = known
        found.update(dict.fromkeys(known))
    return list(found)


def runs(sheet_name: str, cells: Sequence[tuple[int, int]]) -> list[Place]:
    """The cells as areas, each a run of cells one below the other; `cells` are ordered by row."""
    found: list[Place] = []
    openruns: dict[int, tuple[int, int]] = {}
    for row, column in cells:
        top, bottom = openruns.get(column, (row, row))
        if row > bottom + 1:
            found.append((sheet_name, top, column, bottom, column))
            top = row
        openruns[column] = (top, row)
    found += [(sheet_name, top, column, bottom, column) for column, (top, bottom) in openruns.items()]
    return found


def stale(formulas: Sequence[Formula], changed: Iterable[Place]) -> list[int]:
    """Numbers (positions in `formulas`) of those that rest on changed cells or areas, ascending."""
    cells = _Cells()
    for place in changed:
        cells.add(place)
    waiting = list(range(len(formulas)))
    found: list[int] = []
    met: set[Place] = set()

    def reached(place: Place) -> bool:
        if place not in met and cells.meet(place):
            met.add(place)
        return place in met

    for _ in range(MAX_PASSES):
        still: list[int] = []
        for number in waiting:
            formula = formulas[number]
            if formula.reads is None or any(map(reached, formula.reads)):
                found.append(number)
                cells.add(formula.fills)
            else:
                still.append(number)
        if len(still) == len(waiting):
            return sorted(found)
        waiting = still
    return list(range(len(formulas)))  # a long chain against the reading order: all of them, to be safe


class _Cells:
    """Single cells by sheet and column with their rows sorted, and larger areas by sheet."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, list[int]]] = {}
        self._areas: dict[str, list[Place]] = {}

    def add(self, place: Place) -> None:
        sheet, top, left, bottom, right = place
        if (top, left) == (bottom, right):
            insort(self._rows.setdefault(sheet, {}).setdefault(left, []), top)
        else:
            self._areas.setdefault(sheet, []).append(place)

    def meet(self, place: Place) -> bool:
        """True if any of the cells lies in the area."""
        sheet, top, left, bottom, right = place
        for column, rows in self._rows.get(sheet, {}).items():
            if left <= column <= right:
                at = bisect_left(rows, top)
                if at < len(rows) and rows[at] <= bottom:
                    return True
        return any(
            top <= area[3] and area[1] <= bottom and left <= area[4] and area[2] <= right
            for area in self._areas.get(sheet, ())
        )


class _Reader:
    """Follows the references of one formula; `depth` guards against names that name each other."""

    def __init__(self, sheet: str, row: int, column: int, names: Names, shift: tuple[int, int], depth: int) -> None:
        self.sheet, self.row, self.column, self.names = sheet, row, column, names
        self.shift, self.depth = shift, depth
        self.found: list[Place] = []
        self.met_name = False

    def read(self, text: str) -> list[Place]:
        if self.depth > MAX_NAME_DEPTH:
            raise Untraceable
        widened = False
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup
            if kind in ("text", "number", "error"):
                continue
            if kind == "hard":
                if match[0] in "{}":
                    continue  # an array constant
                raise Untraceable
            if match["call"]:
                function = match["name"].upper().rpartition(".")[2]
                if function in REACHES_ANYWHERE:
                    raise Untraceable
                widened = widened or function in _WIDENS_ITS_RANGE
                continue
            self._reference(match)
        if widened:
            self.found = [(place[0], 1, 1, LAST_ROW, LAST_COLUMN) for place in self.found]
        return self.found

    def _reference(self, match: re.Match[str]) -> None:
        prefix, area, name, inner = match.group("sheet", "area", "name", "inner")
        if prefix is not None and "[" in prefix:
            return  # another workbook
        sheets = self._sheets(prefix)
        if area is not None:
            self.found += [(sheet, *self._area(area)) for sheet in sheets]
        elif inner is not None:
            self._table(name, inner)
        elif name is not None:
            self._name(name, sheets[0])

    def _sheets(self, prefix: str | None) -> list[str]:
        if prefix is None:
            return [self.sheet]
        plain = prefix[:-1]
        if plain.startswith("'"):
            plain = plain[1:-1].replace("''", "'")
        if plain.casefold() in self.names.by_case:
            return [self.names.by_case[plain.casefold()]]
        first, _, last = plain.partition(":")
        return self.names.span(first, last or first)

    def _area(self, area: str) -> tuple[int, int, int, int]:
        first, _, last = area.partition(":")
        row1, column1 = self._corner(first, 1, 1)
        row2, column2 = self._corner(last or first, LAST_ROW, LAST_COLUMN)
        return min(row1, row2), min(column1, column2), max(row1, row2), max(column1, column2)

    def _corner(self, corner: str, row: int, column: int) -> tuple[int, int]:
        """Row and column of one corner; the given ones stand for whole columns and whole rows."""
        match = _CORNER.match(corner)
        if match is None:
            raise Untraceable
        fixed_first, letters, fixed_second, digits = match.groups()
        if letters:
            column = column_number(letters.upper()) + (0 if fixed_first else self.shift[1])
        if digits:
            row_fixed = fixed_second if letters else fixed_first or fixed_second
            row = int(digits) + (0 if row_fixed else self.shift[0])
        if not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
            raise Untraceable  # Excel wraps round the sheet's edge
        return row, column

    def _table(self, name: str, inner: str) -> None:
        table = self.names.find_table(name)
        if table is None:
            raise Untraceable
        top, bottom = table.first_row, table.last_row
        if _THIS_ROW.search(inner) is not None and top <= self.row <= bottom:
            top = bottom = self.row
        left, right = table.first_column, table.last_column
        only = inner.replace("[#This Row],", "").strip("[]@ ")
        if only in table.columns:
            left = right = left + table.columns.index(only)
        self.found.append((table.sheet, top, left, bottom, right))

    def _name(self, name: str, sheet: str) -> None:
        if name.upper() in _CONSTANTS or name.lower().startswith("_xlpm."):
            return  # a constant, or a variable of LET and LAMBDA
        table = self.names.find_table(name)
        if table is not None:
            self.found.append((table.sheet, table.first_row, table.first_column, table.last_row, table.last_column))
            return
        self.met_name = True
        text = self.names.defined.get((name.casefold(), sheet.casefold()))
        if text is None:
            text = self.names.defined.get((name.casefold(), None))
        if text is None:
            raise Untraceable
        # A name's relative references are kept as seen from A1.
        shift = self.row - 1, self.column - 1
        self.found += _Reader(sheet, self.row, self.column, self.names, shift, self.depth + 1).read(text)
