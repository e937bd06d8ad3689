"""Text and boxes on the desk, without LibreOffice: formulas, links and number formats in two languages, blocks of cells.

Runs in our process and, beside `desk`, in LibreOffice's own Python: standard library only, Python 3.8.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable, Iterable, Sequence  # noqa: UP035 - LibreOffice 7 brings Python 3.8

if TYPE_CHECKING:
    Place = tuple[int, int]  # row, column
    Box = tuple[int, int, int, int]  # top, left, bottom, right; the ends are inside
    Block = tuple[Any, int, int, int, int]  # a value and the box where it holds

GENERAL, TRUTH = "General", "BOOLEAN"
DATE_FORMATS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm:ss", "time": "hh:mm:ss"}


def is_formula(value: Any) -> bool:
    """Is it a formula, of what `Desk.write` takes?"""
    return isinstance(value, dict) and "formula" in value


def wanted_format(value: Any, kind: str) -> str | None:
    """The number format that a cell needs for a value, seeing what its format makes of numbers; None: keep it."""
    if isinstance(value, bool):
        return None if kind == "bool" else TRUTH
    if isinstance(value, (int, float)):
        return GENERAL if kind == "bool" else None  # or 5 would be shown as TRUE
    if is_formula(value) or kind in ("date", "datetime", value["kind"]):
        return None
    return DATE_FORMATS[value["kind"]]


def content(value: Any, shift: int, parsed: bool) -> str | float:
    """A value for setDataArray, which takes text and numbers; "" for a formula that is parsed and put in later."""
    if value is None or parsed:
        return ""
    if isinstance(value, str):
        return value
    if is_formula(value):
        return str(value["formula"])
    return float(value["date"]) + shift if isinstance(value, dict) else float(value)


DIFFERS = re.compile(r"""[;.$'"{}\[\]|~!#]""")  # without any of these both languages write a formula alike
_QUOTED = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')""")
_CALL_OF_TEXTS = re.compile(r"""=[A-Z]+\("(?:[^"]|"")*"(?:[,;]"(?:[^"]|"")*")*\)""")
_SHEET = r"""('(?:[^']|'')+'|[^\W\d]\w*)"""
_CELL = r"(\$?[A-Za-z]{1,3}\$?\d+)"


def outside_quotes(change: Callable[[str], str], text: str) -> str:
    """The formula with a change made everywhere but in texts and quoted names."""
    parts = _QUOTED.split(text)
    return "".join(part if i % 2 else change(part) for i, part in enumerate(parts))


def truth_calls(text: str) -> str:
    """TRUE and FALSE as calls: LibreOffice reads the bare words of Excel's English as the numbers 1 and 0."""
    return outside_quotes(lambda t: re.sub(r"(?<![\w.!])(TRUE|FALSE)(?![\w.(!])", r"\1()", t, flags=re.I), text)


def calls_texts(formula: str) -> bool:
    """Is it one function of texts alone, like HYPERLINK("#'名册'!B5","名册!B5")? Only the separators differ then."""
    return _CALL_OF_TEXTS.fullmatch(formula) is not None


def separated_by(separator: str, formula: str) -> str:
    """The formula with that separator between arguments."""
    return outside_quotes(lambda t: t.replace(",", separator).replace(";", separator), formula)


def names_table(formula: str) -> bool:
    """Does it name a table ("tblRoster[姓名]")? LibreOffice's parser of Excel's language cannot read or print that."""
    return "[" in _QUOTED.sub("", formula)


def office_text(formula: str) -> str:
    """A formula with table names in LibreOffice's language, by its text: ; between arguments, $表.A1."""
    return re.sub(_SHEET + "!" + _CELL, r"$\1.\2", outside_quotes(lambda t: t.replace(",", ";"), formula))


def excel_text(formula: str) -> str:
    """The way back from `office_text`."""
    return re.sub(r"\$?" + _SHEET + r"\." + _CELL, r"\1!\2", outside_quotes(lambda t: t.replace(";", ","), formula))


def in_quotes(sheet: str) -> str:
    """A sheet's name in quotes, as any name may stand in a reference."""
    return "'" + sheet.replace("'", "''") + "'"


def office_link(target: str) -> str:
    """Where LibreOffice jumps for Excel's "#'表'!B5": #'表'.B5, which is also what it makes of Excel's files."""
    if not target.startswith("#") or "!" not in target:
        return target
    sheet, cell = target[1:].rsplit("!", 1)
    if sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    return "#" + in_quotes(sheet) + "." + cell.replace("$", "")


def small_letters(code: str) -> str:
    """LibreOffice's YYYY-MM-DD HH:MM as Excel writes it; quoted text and AM/PM stay."""
    parts = re.split(r'("[^"]*"|AM/PM|A/P|\[\$[^\]]*\])', code)
    return "".join(
        part if i % 2 else re.sub("[YMDHSN]", lambda m: m.group().lower(), part) for i, part in enumerate(parts)
    )


def box_of(address: Any) -> list[int]:
    """Top, left, bottom, right of a UNO CellRangeAddress."""
    return [address.StartRow, address.StartColumn, address.EndRow, address.EndColumn]


def each(enumeration: Any) -> Iterable[Any]:
    """What a UNO enumeration holds."""
    while enumeration.hasMoreElements():
        yield enumeration.nextElement()


def items(container: Any) -> Iterable[Any]:
    """What a UNO container holds."""
    for i in range(container.Count):
        yield container.getByIndex(i)


def places_of(box: Sequence[int]) -> Iterable[Place]:
    """Every place in a box."""
    top, left, bottom, right = box
    return ((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1))


def bounds(places: Iterable[Place]) -> Box:
    """The smallest box around the places (at least one)."""
    places = list(places)
    rows, columns = [p[0] for p in places], [p[1] for p in places]
    return min(rows), min(columns), max(rows), max(columns)


def blocks(cells: dict[Place, Any]) -> list[Block]:
    """Cells with equal values as few boxes: runs down a column, then equal runs side by side."""
    runs: list[Block] = []
    for r, c in sorted(cells, key=lambda place: (place[1], place[0])):
        value = cells[r, c]
        if runs and runs[-1][0] == value and runs[-1][2] == c and runs[-1][3] == r - 1:
            runs[-1] = (value, runs[-1][1], c, r, c)
        else:
            runs.append((value, r, c, r, c))
    open_at: dict[tuple[Any, int, int, int], int] = {}
    found: list[Block] = []
    for value, top, left, bottom, right in runs:
        at = open_at.pop((value, top, bottom, left - 1), None)
        if at is None:
            at = len(found)
            found.append((value, top, left, bottom, right))
        else:
            found[at] = (value, top, found[at][2], bottom, right)
        open_at[value, top, bottom, right] = at
    return found
