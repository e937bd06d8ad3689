"""What stands in a cell, exactly enough to put it back: value or formula, and a number format where that matters.

The same content reads alike through both doors, so that a step taken on a closed file can be undone in the open
workbook and the other way round. Source: spec §3 (撤销上一步).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from xlbangfu.workbook.cells import encode

Place = tuple[int, int]  # row and column, 1-based
Area = tuple[int, int, int, int]  # first row, first column, last row, last column
_DAY_0 = datetime(1899, 12, 30)
_DAY = timedelta(days=1)


class Formula(str):
    """A formula as a cell holds it, "=…" in English with A1 references. shown: its last result, None if unknown."""

    shown: Any

    def __new__(cls, text: str, shown: Any = None) -> Formula:
        """The formula, and what it last showed."""
        made = super().__new__(cls, text)
        made.shown = shown
        return made


@dataclass(frozen=True)
class Content:
    """What stands in one cell.

    value: None, str, float, bool, date or datetime (of a formula its result). formula: "=…", "" for a constant.
    number_format: Excel's code, "" where it was not looked at.
    """

    value: Any = None
    formula: str = ""
    number_format: str = ""

    @property
    def typed(self) -> Any:
        """What has to be typed for the cell to stand like this again."""
        return Formula(self.formula, self.value) if self.formula else self.value

    def says_the_same(self, other: Content) -> bool:
        """True if both show the same: equal formulas, or values that differ in spelling only."""
        if self.formula or other.formula:
            return _bare(self.formula) == _bare(other.formula)
        return _plain(self.value) == _plain(other.value)


def content_of(value: Any) -> Content:
    """The content that a written value leaves behind."""
    if isinstance(value, Formula):
        return Content(value.shown, str(value))
    return Content(encode(value))


def _bare(formula: str) -> str:
    return formula.replace(" ", "")


def _plain(value: Any) -> tuple[str, Any]:
    """One value however a program hands it: dates as serial numbers, whole numbers as floats, blank text as None."""
    value = encode(value)
    if value is None or value == "":
        return "blank", None
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, date):
        return "number", round(serial_number(value), 6)
    if isinstance(value, (int, float)):
        return "number", round(float(value), 12) if abs(value) < 1e15 else float(value)
    return "text", str(value).replace("\r\n", "\n")


def serial_number(day: date) -> float:
    """The number that stands for a date or datetime in a cell (1900 calendar)."""
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    return (moment.replace(tzinfo=None) - _DAY_0) / _DAY


# ---- as JSON -------------------------------------------------------------------------------------------


def to_json(content: Content) -> list[Any]:
    """[kind, value] or [kind, value, number format]; "f" formula, "s" text, "n" number, "b" truth, "d" and "t" dates."""
    found = _value_to_json(content.value)
    if content.formula:
        found = ["f", [content.formula, found]]
    return [*found, content.number_format] if content.number_format else found


def _value_to_json(value: Any) -> list[Any]:
    if value is None or value == "":
        return ["", None]
    if isinstance(value, bool):
        return ["b", value]
    if isinstance(value, datetime):
        return ["t", value.replace(tzinfo=None).isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, (int, float)):
        return ["n", value]
    return ["s", str(value)]


def from_json(found: list[Any]) -> Content:
    """The content that `to_json` wrote down. Raises ValueError, KeyError, TypeError for anything else."""
    kind, value, *rest = found
    number_format = str(rest[0]) if rest else ""
    if kind == "f":
        text, shown = value
        return Content(from_json(shown).value, str(text), number_format)
    return Content(_FROM[kind](value), "", number_format)


_FROM: Mapping[str, Any] = {
    "": lambda _: None,
    "b": bool,
    "n": lambda v: v,
    "s": str,
    "d": date.fromisoformat,
    "t": datetime.fromisoformat,
}


def bounding(places: Iterable[Place]) -> Area:
    """The smallest area that holds all places, at least one."""
    rows, columns = zip(*places, strict=True)
    return min(rows), min(columns), max(rows), max(columns)
