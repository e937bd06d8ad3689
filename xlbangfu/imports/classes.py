"""Names of grades and classes, as schools write them: 三年级二班, 三(2)班, 302, 初三1班, 2.

What a name does not say for certain it does not say at all: 「2」 has no grade, 1012 is only itself.
Source: spec §3.1, §9 (班级 is the class's name, unique within 年级).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from xlbangfu.programme.numbers import clean_text

_NUMERALS = "零一二三四五六七八九十"
_GRADE = r"(?:小学|初中|高中)?([一二三四五六七八九十]|1?\d)年级|([初高])([一二三四1-4])|小([一二三四五六])"
_GRADE_ONLY = re.compile(rf"(?:{_GRADE})\Z")
_NUMBER = r"[(]?(\d{1,2}|[一二三四五六七八九十]{1,3})[)]?"
_NAMED = re.compile(rf"(?P<grade>{_GRADE}|[一二三四五六七八九](?=[(\d]))?{_NUMBER}班?\Z")
_THREE_DIGITS = re.compile(r"([1-9])(\d\d)班?\Z")
_JUNIOR_AS_YEARS = {"初1": ("6", "7"), "初2": ("7", "8"), "初3": ("8", "9"), "初4": ("9",)}
_SENIOR_AS_YEARS = {"高1": "10", "高2": "11", "高3": "12"}


@dataclass(frozen=True)
class ClassName:
    """What the name of a class says, for comparing. grade: "3", "初3", "高1" or "". number: "2", else the text.

    certain: the grade is written out, not read from three digits.
    """

    grade: str
    number: str
    certain: bool = True


def _number(text: str) -> int:
    """一 → 1, 十二 → 12, 12 → 12."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _NUMERALS.index(text) if len(text) == 1 else 0
    return (_NUMERALS.index(tens) if len(tens) == 1 else 1) * 10 + (_NUMERALS.index(ones) if ones else 0)


def _cell_text(value: Any) -> str:
    """A class or grade cell as text: 2.0 is 2. A date is no name (Excel made it of 3-2), nor is 3.1 a number."""
    if isinstance(value, (date, bool)):
        return ""
    if isinstance(value, (int, float, Fraction)):
        return str(int(value)) if value == int(value) else ""
    return re.sub(r"\s+", "", clean_text(value))


def grade_key(value: Any) -> str:
    """A grade for comparing: 三年级, 3年级, 3 and 小三 are all "3"; 初三 is "初3"; other words are themselves."""
    text = _cell_text(value)
    if match := _GRADE_ONLY.match(text):
        return _matched_grade(match, 1)
    if text in _NUMERALS[1:] and len(text) == 1:
        return str(_NUMERALS.index(text))
    return str(int(text)) if text.isdecimal() and len(text) <= 2 else text.casefold()


def _matched_grade(match: re.Match[str], first: int) -> str:
    years, stage, year, junior = match.group(first, first + 1, first + 2, first + 3)
    if years:
        return str(_number(years))
    return f"{stage}{_number(year)}" if stage else str(_number(junior)) if junior else ""


def grade_label(value: Any) -> str:
    """A grade as it is shown: as given, a bare number 3 as 「三年级」."""
    text = _cell_text(value)
    if text.isdecimal() and 1 <= int(text) <= 9:
        return f"{_NUMERALS[int(text)]}年级"
    return f"{text}年级" if len(text) == 1 and text in _NUMERALS[1:-1] else class_label(value)


def class_label(value: Any) -> str:
    """A class as it is shown and kept: as given, a number without decimals; "" for what is no name."""
    return value.strip() if isinstance(value, str) else _cell_text(value)


def parse_class(value: Any) -> ClassName:
    """What a class's name says. A text that follows no usual pattern is its own number, without a grade."""
    text = _cell_text(value)
    if match := _THREE_DIGITS.match(text):
        return ClassName(match[1], str(int(match[2])), certain=False) if int(match[2]) else ClassName("", text)
    if match := _NAMED.match(text):
        number = _number(match.groups()[-1])
        grade = match["grade"] or ""
        key = _matched_grade(match, 2) if grade else ""
        if grade and not key:
            key = str(_NUMERALS.index(grade))
        return ClassName(key, str(number)) if number else ClassName("", text.casefold())
    return ClassName("", text.casefold().removesuffix("班") or text.casefold())


def class_of(grade: Any, name: Any) -> ClassName:
    """The class that a grade cell (may be blank) and a class cell name together.

    Three digits are grade and class only where the grade agrees: 302 in 三年级 is class 2, in 五年级 it is 302.
    """
    given, found = grade_key(grade), parse_class(name)
    if not given:
        return found
    if found.grade and not found.certain and not grades_agree(given, found.grade):
        return ClassName(given, _cell_text(name).casefold())
    return ClassName(given, found.number)


def contradicts(grade: Any, name: Any) -> bool:
    """True where the grade cell and a grade written out in the class's name cannot both hold."""
    given, found = grade_key(grade), parse_class(name)
    return bool(given and found.grade and found.certain) and not grades_agree(given, found.grade)


def grades_agree(one: str, other: str) -> bool:
    """True if two grade keys can be one grade; 初三 may be 九年级, and 八年级 where primary school has five years."""
    if one == other:
        return True
    for a, b in ((one, other), (other, one)):
        if b in _JUNIOR_AS_YEARS.get(a, ()) or _SENIOR_AS_YEARS.get(a) == b:
            return True
    return False


def same_class(one: ClassName, other: ClassName) -> bool:
    """True if two names can be one class: the same number, and no two grades that exclude each other."""
    if one.number != other.number:
        return False
    return not one.grade or not other.grade or grades_agree(one.grade, other.grade)


def grade_in_class(name: Any) -> str:
    """The grade that a class's name says, as it is shown: 三年级二班, 三(2)班 and 302 give 「三年级」; else ""."""
    key = parse_class(name).grade
    if not key:
        return ""
    stage, years = (key[0], key[1:]) if key[0] in "初高" else ("", key)
    number = int(years)
    shown = _NUMERALS[number] if number <= 10 else f"十{_NUMERALS[number - 10]}"
    return f"{stage}{shown}" if stage else f"{shown}年级"
