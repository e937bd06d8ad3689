"""A text table (.csv .tsv .txt) as one grid: which character divides the columns, and no quote that swallows rows.

Source: spec §3.1.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from xlbangfu.imports.grids import MAX_CELLS, MAX_COLUMN, Budget, SheetGrid, TooMuch, Unreadable
from xlbangfu.imports.textcoding import MEND, decode

MAX_TEXT_BYTES = 20 * 2**20
MAX_LINES_OF_A_FIELD = 100
MAX_FIELD_CHARACTERS = 131_072  # csv's own
_DELIMITERS = ",\t;"
_SAMPLE_LINES, _SAMPLE_CHARACTERS = 200, 64 * 1024
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?\s*\Z', re.IGNORECASE)  # a first line by which Excel is told
_QUOTED_FORMULA = re.compile(r'="([^"]*)"\Z')  # how exports keep leading zeros in a text file


def read_text(name: str, data: bytes) -> SheetGrid:
    """The one sheet of a text file; row n of it is record n, a blank line a row without cells. Raises Unreadable."""
    if len(data) > MAX_TEXT_BYTES:
        raise TooMuch(f"超过 {MAX_TEXT_BYTES // 2**20} MB")
    lines = _LINE.findall(decode(data))
    told = _SEPARATOR.match(lines[0]) if lines else None
    if told:
        lines[0] = "\n"
    delimiter, width = _delimiter(lines, told[1] if told else "")
    if sum(line.count(delimiter) for line in lines) + len(lines) > MAX_CELLS:
        raise TooMuch
    return SheetGrid(name, [[_plain(cell) for cell in row] for row in _records(lines, delimiter, width)])


def _plain(cell: str) -> str:
    quoted = _QUOTED_FORMULA.match(cell.strip()) if '="' in cell else None
    return quoted[1] if quoted else cell


def _delimiter(lines: Sequence[str], told: str) -> tuple[str, int]:
    """The character that divides most of the first lines into equally many columns, and how many these are."""
    sample: list[str] = []
    room = _SAMPLE_CHARACTERS
    for line in lines[:_SAMPLE_LINES]:
        room -= len(line)
        if room < 0 and sample:
            break
        sample.append(line)
    best = (0, 1, told or ",")
    for delimiter in told or _DELIMITERS:
        widths: Counter[int] = Counter()
        for cells, count in _leniently(sample, delimiter):
            if cells > 1:
                widths[cells] += count
        if widths:
            width, rows = max(widths.items(), key=lambda item: (item[1], item[0]))
            best = max(best, (rows, width, delimiter), key=lambda found: found[:2])
    return best[2], best[1]


def _leniently(lines: Sequence[str], delimiter: str) -> list[tuple[int, int]]:
    """Of each record how many cells it has and over how many lines it goes; nothing where that fails."""
    reader, found, before = csv.reader(lines, delimiter=delimiter), [], 0
    try:
        for row in reader:
            found.append((len(row), reader.line_num - before))
            before = reader.line_num
    except csv.Error:
        return []
    return found


def _records(lines: Sequence[str], delimiter: str, width: int) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter)
    budget = Budget()
    first = 0
    try:
        for row in reader:
            last = reader.line_num
            if last - first > 1 or last == len(lines):
                _check_quotes(lines[first:last], row, delimiter, width, first + 1)
            if len(row) > MAX_COLUMN:
                raise TooMuch(f"第 {first + 1} 行有 {len(row)} 列，读不下")
            budget.take_cells(len(row))
            first = last
            yield row
    except csv.Error as problem:
        if any(len(line) > MAX_FIELD_CHARACTERS for line in lines[first : reader.line_num]):
            raise Unreadable(
                f"第 {first + 1} 行有一格超过 {MAX_FIELD_CHARACTERS} 个字", "请核对这一格再试"
            ) from problem
        raise _unbalanced(first + 1) from problem


def _check_quotes(lines: Sequence[str], row: Sequence[str], delimiter: str, width: int, number: int) -> None:
    """Refuse a record over several lines that is no cell with line breaks but rows that a stray quote swallowed.

    These break off inside the quotes, go on after the closing quote, or hold whole lines of the table's width.
    """
    is_open = len(_leniently([*lines, "\n", "\n"], delimiter)) < 2
    if is_open or len(lines) > MAX_LINES_OF_A_FIELD:
        raise _unbalanced(number)
    if len(lines) == 1:
        return
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as problem:
        raise _unbalanced(number) from problem
    inner = [line for cell in row for line in _LINE.findall(cell)[1:-1]]
    whole = sum(line.count(delimiter) == width - 1 for line in inner)
    if whole >= (1 if width > 2 else 2) and width > 1:
        raise _unbalanced(number)


def _unbalanced(line: int) -> Unreadable:
    return Unreadable(f"第 {line} 行的引号没有配对，后面的行会被吞掉", "请补上或删去这一行的引号再试，或" + MEND[1:])
