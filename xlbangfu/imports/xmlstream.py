"""XML from elsewhere, read piece by piece: no DOCTYPE, no deep nesting, no endless tag, never whole in memory.

Source: spec §8 (bounds, XML entities are not expanded).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from xml.parsers import expat

from xlbangfu.imports.grids import Budget, Damaged, TooMuch, Unreadable

MAX_DEPTH = 64
MAX_TAG_BYTES = 2 * 2**20  # of one tag or comment, which the parser holds whole
MAX_ELEMENTS = 20_000_000  # of one part

Start = Callable[[Mapping[str, str]], None]
End = Callable[[], None]


class Reader:
    """The elements of interest of one XML part. A subclass fills `starts` and `ends`, by name.

    A name of the root's namespace stands alone, any other and those of attributes follow their namespace and a
    blank. `text` is a list while text is wanted, else None; what goes into it is taken from the budget.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self.starts: dict[str, Start] = {}
        self.ends: dict[str, End] = {}
        self.root = ""
        self.text: list[str] | None = None
        self._named_starts: dict[str, Start] = {}
        self._named_ends: dict[str, End] = {}
        self._depth = self._elements = 0

    def run(self, pieces: Iterable[bytes], encoding: str | None = None) -> None:
        """Read the part. Raises Damaged (not well-formed), Unreadable (declarations), TooMuch."""
        parser = expat.ParserCreate(encoding, " ")
        parser.buffer_text = True
        parser.StartElementHandler = self._opened
        parser.EndElementHandler = self._closed
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse_declarations
        fed = 0
        try:
            for piece in pieces:
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > MAX_TAG_BYTES:
                    raise TooMuch
            parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, UnicodeError, OverflowError, ValueError) as problem:
            raise Damaged from problem

    def _opened(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth == 1 and not self.root:
            space, _, self.root = name.rpartition(" ")
            front = f"{space} " if space else ""
            self._named_starts = {n if " " in n else front + n: known for n, known in self.starts.items()}
            self._named_ends = {n if " " in n else front + n: known for n, known in self.ends.items()}
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise TooMuch
        known = self._named_starts.get(name)
        if known is not None:
            known(attributes)

    def _closed(self, name: str) -> None:
        self._depth -= 1
        known = self._named_ends.get(name)
        if known is not None:
            known()

    def _characters(self, piece: str) -> None:
        if self.text is not None:
            self.budget.take_characters(len(piece))
            self.text.append(piece)


def finite_number(written: str) -> float:
    """The number that a cell's text says. Raises Damaged for what no spreadsheet writes, ValueError for words."""
    number = float(written)
    if "_" in written or not math.isfinite(number):
        raise Damaged
    return number


def _refuse_declarations(*_: object) -> None:
    raise Unreadable("里有普通工作簿不会有的声明，为安全起见不打开", "请用 Excel 打开后另存一份 .xlsx 再试")
