"""What a grade and a class are called a year later: 三年级 → 四年级, 302 → 402, 2班 stays 2班. Pure.

What a name does not say for certain is kept, and that is told. Source: spec §3.1, §6 (rollover).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from xlbangfu.imports.classes import grade_in_class, grade_key, grades_agree, parse_class
from xlbangfu.programme.numbers import clean_text

_NUMERALS = ("零", *"一二三四五六七八九十", "十一", "十二")
_NUMBER = r"十[一二]?|[一二三四五六七八九]|1[0-2]|[1-9]"
_GRADE = re.compile(rf"(?P<stage>小学|初中|高中|[小初高])?\s*(?P<number>{_NUMBER})\s*(?:年级)?\Z")
_FIRST_NUMBER = re.compile(_NUMBER)
_BARE_NUMBER = re.compile(r"[(]?\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[)]?\s*班?\Z")
_OF_A_YEAR = re.compile(r"(?:20)?\d\d级")  # 2023级3班 says when the pupils came, and that stays true
_PARTED = re.compile(
    r"(?P<grade>[1-9一二三四五六七八九])\s*(?:[-.–—·_/]\s*[(]?\d{1,2}[)]?|[(]\s*\d{1,2}\s*[)])\s*班?\Z"
)
_ANY_NUMBER = re.compile(r"[0-9一二三四五六七八九十]")
_PRIMARY, _JUNIOR, _SENIOR = 6, 9, 12
_STAGE_YEARS = 3  # of 初中 and 高中, where they count from one


@dataclass(frozen=True)
class NextName:
    """A name a number of years later. told: False where it could not be told, and `text` is as before."""

    text: str
    told: bool = True


def next_grade(grade: str, years: int) -> NextName | None:
    """The grade after so many Septembers, written as before; None where the pupils have left school by then.

    六年级 is the last of a primary school, 九年级 and 初三, 十二年级 and 高三 of the others. Words that are no
    grade (混合班) are kept and not told. Source: spec §6.

    >>> next_grade("三年级", 1), next_grade("六年级", 1)
    (NextName(text='四年级', told=True), None)
    """
    text = grade.strip()
    match = _GRADE.match(clean_text(text))
    if years == 0 or match is None:
        return NextName(text, told=years == 0)
    number = _value(match["number"])
    if number + years > _last_year(match["stage"] or "", number):
        return None
    return NextName(_replaced(text, match.span("number"), years))


def _last_year(stage: str, number: int) -> int:
    if stage.startswith(("初", "高")) and number <= _STAGE_YEARS + 1:  # 初四 is the last of its kind
        return _STAGE_YEARS
    return next((last for last in (_PRIMARY, _JUNIOR, _SENIOR) if number <= last), number)


def next_class(grade: str, name: str, years: int) -> NextName:
    """The class's name after so many Septembers, within the grade that it has now ("" where 年级 is blank).

    Only the grade in it moves (三年级2班, 三(2)班, 302 and 3.2 in 三年级). A number that is the class's own (2班),
    a name without any (阳光班) and one by the year of entry (2023级2班) stay. Source: spec §6.

    >>> next_class("三年级", "302", 1).text, next_class("三年级", "2班", 1).text
    ('402', '2班')
    """
    shown = name.strip()
    text = clean_text(shown)
    key = grade_key(grade) if grade else ""
    if years == 0 or _OF_A_YEAR.match(text) or not _ANY_NUMBER.search(text):
        return NextName(shown)
    if _BARE_NUMBER.match(text):  # 32 in 三年级 may be class 32, or 三(2)
        return NextName(shown, told=not (key and re.match(rf"{re.escape(key)}\d", text)))
    place = _grade_place(text, key)
    if place is None or _value(text[slice(*place)]) + years >= len(_NUMERALS):
        return NextName(shown, told=False)
    return NextName(_replaced(shown, place, years))


def grade_of(grade: str, name: str) -> str:
    """年级, or the grade that the class's name writes out where 年级 is blank; "" where neither says it."""
    return grade or (grade_in_class(name) if parse_class(name).certain else "")


def _grade_place(text: str, key: str) -> tuple[int, int] | None:
    """Where in a class's name its grade stands; None where that is not certain."""
    found = parse_class(text)
    if found.grade and found.certain:
        match = _FIRST_NUMBER.search(text)
        return match.span() if match is not None and (not key or grades_agree(key, found.grade)) else None
    if found.grade:  # three digits
        return (0, 1) if key == found.grade else None
    parted = _PARTED.match(text)
    return parted.span("grade") if parted is not None and key == str(_value(parted["grade"])) else None


def _value(number: str) -> int:
    return int(number) if number.isdecimal() else _NUMERALS.index(number)


def _replaced(shown: str, place: tuple[int, int], years: int) -> str:
    """The name with its grade moved on; all other characters stay as they were typed."""
    text = clean_text(shown)
    start, end = place
    number = text[start:end]
    moved = _value(number) + years
    said = str(moved) if number.isdecimal() else _NUMERALS[moved]
    kept = shown if len(shown) == len(text) else text  # folding full-width forms keeps the length, 「㈢」 does not
    return kept[:start] + said + kept[end:]
