"""Cell text to plain values and back, by the kind that the schema declares.

Both doors read and write through here, so a cell means the same in Excel, in LibreOffice and in a closed file.
A cell that cannot be taken gives no value and a sentence saying why. Source: spec §3.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from xlbangfu.programme.numbers import clean_text, exact, exact_share, plain
from xlbangfu.schema import Column, Kind

_SERIAL_DAY_0 = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)  # 1954 … 2119: a plain number in a date column that can only be a date
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\Z")
_TIME = re.compile(r"\d{4}\D+\d{1,2}\D+\d{1,2}\D*\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\Z")
LIST_PARTS = re.compile(r"[、,;/\s]+")
ID_DIGITS_KEPT = 15  # a number cell keeps no more; a longer 学号 in one has lost digits
_TELLING_ZEROS = 3
_WHOLE_FLOAT = re.compile(r"(\d+)\.0+")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d+[eE][+-]?|(?:\.\d*)?[eE][+-])\d{1,3}")  # 3.60111E+17; 3E17 may be a 学号
_NO_ID = frozenset({"", "无", "暂无", "没有", "空", "待定", "未知", "nan", "none", "null", "n/a", "#n/a"})


@dataclass(frozen=True)
class CellProblem:
    """Why a cell could not be taken: rule id, what is wrong, how to mend it."""

    rule: str
    message: str
    mend: str


Taken = tuple[Any, CellProblem | None]


def _text(value: Any) -> str | None:
    if type(value) is str:
        return value.strip() or None
    if isinstance(value, datetime):
        value = value.strftime("%Y-%m-%d" if value.time() == datetime.min.time() else "%Y-%m-%d %H:%M")
    elif isinstance(value, float) and not isinstance(value, bool):
        value = str(int(value)) if value.is_integer() and abs(value) < 10**15 else repr(value)
    elif isinstance(value, Fraction):
        value = plain(value, 6)
    text = str(value).strip()
    return text or None


def _take_text(_: Column, value: Any) -> Taken:
    return _text(value), None


def read_id(value: Any) -> Taken:
    """学号 as text. A number that has lost digits, or was never a 学号 (1.5, a date), is refused, never guessed.

    Text is taken as typed but for blanks, unseen characters, a leading ' and ="…". Words for none (无, -, nan) are none.
    """
    if isinstance(value, (bool, date, time, timedelta)):
        return None, _no_id(value)
    if isinstance(value, (int, float, Fraction)):
        return _id_of_number(value)
    text = _id_text(value)
    if text.casefold() in _NO_ID or not any(c.isalnum() for c in text):
        return None, None
    if match := _WHOLE_FLOAT.fullmatch(text):
        lost = len(match[1]) > ID_DIGITS_KEPT
        return (None, _lost_digits(f"是超过 {ID_DIGITS_KEPT} 位的数字")) if lost else (match[1], None)
    if _SCIENTIFIC.fullmatch(text):
        return None, _lost_digits(f"成了“{text}”")
    return text, None


def _id_of_number(value: float | Fraction) -> Taken:
    if abs(value) >= 10**ID_DIGITS_KEPT:
        return None, _lost_digits(f"是超过 {ID_DIGITS_KEPT} 位的数字")
    if value < 0 or value != value or value % 1:
        return None, _no_id(value)
    return str(int(value)), None


def _id_text(value: Any) -> str:
    """The characters of a number that are seen; no number holds blanks or control characters."""
    folded = "" if value is None else unicodedata.normalize("NFKC", str(value))
    text = "".join(c for c in folded if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"))
    return text[2:-1] if text.startswith('="') and text.endswith('"') else text.lstrip("'")


def _lost_digits(what: str) -> CellProblem:
    mend = "请把学号列设为文本格式后重新导出（导出时选“文本”；CSV 请改导 .xlsx）。"
    return CellProblem("cell.id_digits", f"学号{what}，末尾几位已丢失", mend)


def _no_id(value: Any) -> CellProblem:
    return CellProblem("cell.id", f"“{_text(value)}”不是学号", "请改成学号；学号列请设为文本格式，没有学号就留空。")


def lost_digits(texts: Iterable[str]) -> frozenset[str]:
    """Of the 学号 of one column those that a spreadsheet has cut to 15 digits, the rest being zeros.

    texts: the column's cells as text (a CSV that Excel has saved does not say which were numbers). Only where it is
    telling: all numbers of more than 15 digits end so, and together they have at least three digits beyond the
    15th. Where those digits are as good as random, true numbers look so once in a thousand files of one pupil with an
    18-digit number, and once in 10⁶ of two; numbers that are made to end in zeros (…000, …0000) look so always.

    >>> sorted(lost_digits(["360111201512123000", "360111201602021000"]))
    ['360111201512123000', '360111201602021000']
    >>> lost_digits(["360111201512123000", "360111201602021234"])
    frozenset()
    """
    long = {text: digits for text in texts if len(digits := _id_text(text)) > ID_DIGITS_KEPT and digits.isdecimal()}
    beyond = [digits[ID_DIGITS_KEPT:] for digits in set(long.values())]
    telling = sum(map(len, beyond)) >= _TELLING_ZEROS and not any(rest.strip("0") for rest in beyond)
    return frozenset(long) if telling else frozenset()


def _take_id(_: Column, value: Any) -> Taken:
    return read_id(value)


def _take_ids(_: Column, value: Any) -> Taken:
    first, problem = read_id(value)
    if problem is not None or first is None:
        return (), problem
    parts = [p for p in LIST_PARTS.split(clean_text(_text(value))) if p]
    return tuple(dict.fromkeys(parts)), None


def _range_words(column: Column) -> str:
    low = "" if column.low is None else f"不小于 {column.low}"
    high = "" if column.high is None else f"不大于 {column.high}"
    return "、".join(w for w in (low, high) if w)


def _number(column: Column, value: Any, read: Callable[[Any], Fraction | None]) -> Taken:
    number = read(value)
    if number is None:
        return None, CellProblem("cell.number", f"“{column.label}”应填数字，这里是“{_text(value)}”", "请改成数字。")
    outside = (column.low is not None and number < column.low) or (column.high is not None and number > column.high)
    if outside:
        return None, CellProblem(
            "cell.range",
            f"“{column.label}”超出范围：{plain(number, 6)}",
            f"请填{_range_words(column)}的数字。",
        )
    return number, None


def _take_number(column: Column, value: Any) -> Taken:
    return _number(column, value, exact)


def _take_share(column: Column, value: Any) -> Taken:
    return _number(column, value, exact_share)


def _take_integer(column: Column, value: Any) -> Taken:
    number, problem = _number(column, value, exact)
    if problem is not None or number is None:
        return None, problem
    if number.denominator != 1:
        return None, CellProblem("cell.integer", f"“{column.label}”应填整数，这里是 {plain(number, 6)}", "请改成整数。")
    return int(number), None


def _is_serial(value: float) -> bool:
    """False for NaN and infinities too, which int() does not take."""
    return _SERIALS.start <= value < _SERIALS.stop


def read_date(value: Any) -> date | None:
    """A date from a date cell, a serial number or text such as 2026-09-01, 2026/9/1, 2026年9月1日."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and _is_serial(value):
        return _SERIAL_DAY_0 + timedelta(days=int(value))
    if match := _DATE.match(clean_text(value)):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return None
    return None


def _take_date(column: Column, value: Any) -> Taken:
    day = read_date(value)
    if day is None:
        return None, CellProblem(
            "cell.date", f"“{column.label}”不是日期：“{_text(value)}”", "请按 2026-09-01 的样子填写。"
        )
    return day, None


def _take_datetime(column: Column, value: Any) -> Taken:
    if isinstance(value, datetime):
        return value.replace(microsecond=0), None
    if isinstance(value, float) and _is_serial(value):
        moment = datetime.combine(_SERIAL_DAY_0, datetime.min.time()) + timedelta(seconds=round(value * 86_400))
        return moment, None
    day, problem = _take_date(column, value)
    if day is None:
        return None, problem
    clock = _TIME.match(clean_text(value))
    hour, minute, second = (int(p or 0) for p in clock.groups()) if clock else (0, 0, 0)
    try:
        return datetime(day.year, day.month, day.day, hour, minute, second), None
    except ValueError:
        return datetime(day.year, day.month, day.day), None


def _choices(column: Column) -> str:
    return "、".join(column.choices)


def _take_choice(column: Column, value: Any) -> Taken:
    if value in column.choices:
        return value, None
    if is_blank(value):
        return None, None
    text = clean_text(_text(value)).replace(" ", "")
    for choice in column.choices:
        if text == clean_text(choice).replace(" ", ""):
            return choice, None
    if not text:
        return None, None
    return None, CellProblem("cell.choice", f"“{column.label}”不能填“{text}”", f"请从下拉框选择：{_choices(column)}。")


def _take_choices(column: Column, value: Any) -> Taken:
    parts = [p for p in LIST_PARTS.split(clean_text(_text(value))) if p]
    unknown = [p for p in parts if p not in column.choices]
    problem = (
        CellProblem(
            "cell.choice",
            f"“{column.label}”里不认识“{'、'.join(unknown)}”",
            f"可以填：{_choices(column)}，用顿号隔开。",
        )
        if unknown
        else None
    )
    return tuple(c for c in column.choices if c in parts), problem


def _take_score(_: Column, value: Any) -> Taken:
    number = exact(value)
    return (number if number is not None else _text(value)), None


_TAKE: dict[Kind, Callable[[Column, Any], Taken]] = {
    Kind.TEXT: _take_text,
    Kind.LINK: _take_text,
    Kind.ID: _take_id,
    Kind.IDS: _take_ids,
    Kind.INTEGER: _take_integer,
    Kind.NUMBER: _take_number,
    Kind.SHARE: _take_share,
    Kind.DATE: _take_date,
    Kind.DATETIME: _take_datetime,
    Kind.CHOICE: _take_choice,
    Kind.CHOICES: _take_choices,
    Kind.SCORE: _take_score,
}
_EMPTY: dict[Kind, Any] = {Kind.IDS: (), Kind.CHOICES: ()}


def is_blank(value: Any) -> bool:
    """True for an empty cell or one that holds only blanks."""
    return value is None or (isinstance(value, str) and not value.strip())


def empty_value(kind: Kind) -> Any:
    """What a blank cell of that kind reads as."""
    return _EMPTY.get(kind)


def take(column: Column, value: Any) -> Taken:
    """The plain value of a cell, or no value and why."""
    if is_blank(value):
        return empty_value(column.kind), None
    return _TAKE[column.kind](column, value)


def encode(value: Any) -> Any:
    """A plain value as a cell takes it: lists joined with 、, fractions as numbers, blanks as None."""
    if isinstance(value, (tuple, frozenset, list)):
        return "、".join(str(v) for v in value) or None
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    if isinstance(value, str):
        return value or None
    return value


def same(one: Any, other: Any) -> bool:
    """True if two plain values stand alike in a cell."""
    one, other = encode(one), encode(other)
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        try:
            return float(one) == float(other)
        except OverflowError:  # a whole number of more than 308 digits
            return one == other
    return one is other or (type(one) is type(other) and bool(one == other))
