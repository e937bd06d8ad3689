"""Names of grades and classes, as schools write them: 三年级二班, 三(2)班, 302, 3.2, 初三1班, 2024级1班, 2.

What a name does not say for certain it does not say at all: 「2」 has no grade, 1012 is only itself.
Source: spec §3.1, §9 (班级 is the class's name, unique within 年级).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from fractions import Fraction
from typing import Any

from xlbangfu.programme.letters import solid_text

_NUMERALS = "零一二三四五六七八九十"
# 初中一年级 is 初一, not the first grade of a school; 小学三年级 is 三年级, as 小三 is.
_GRADE = (
    r"(?:(?P<stage>[初高])(?:中(?=.年级))?(?P<of_stage>[一二三四1-4])(?:年级)?"
    r"|(?:小学|初中|高中)?(?P<years>十[一二]?|[一二三四五六七八九]|1?\d)年级"
    r"|小(?P<primary>[一二三四五六1-6])(?:年级)?)"
)
_DIGITS = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_NUMBER = rf"[(]?第?(?P<number>{_DIGITS})[)]?"
_GRADE_ONLY = re.compile(rf"{_GRADE}\Z")
_GRADED = re.compile(rf"{_GRADE}(?:{_NUMBER}班?|(?P<rest>(?!年级|班\Z).+?)班?)\Z")
_SPOKEN = re.compile(
    rf"(?P<grade>[一二三四五六七八九])(?=[(\d]){_NUMBER}班?\Z|(?P<year>[一二三四五六七八九1-9])年[(]?(?P<of_year>{_DIGITS})[)]?班\Z"
)
_UNGRADED = re.compile(rf"{_NUMBER}班?\Z")
# What reads as grade and class, but need not be: it holds where the grade agrees.
_LIKELY = re.compile(
    r"(?P<grade>[1-9])(?P<number>\d\d)班?\Z"
    rf"|(?P<parted>[1-9一二三四五六七八九])(?:[-–—.。·•・_][(]?(?P<part>{_DIGITS})[)]?|[(](?P<inner>{_DIGITS})[)])班?\Z"
    r"|(?P<first>[一二三四五六七八九])(?P<second>[一二三四五六七八九])班\Z"
)
_COHORT = re.compile(
    r"(?P<stage>小学|初中|高中|[小初高])?(?P<year>20\d\d|[12]\d)(?P<kind>[级届])"
    rf"(?:{_NUMBER}班?|(?P<rest>.+?)班?)?\Z"
)
_HEADCOUNT = re.compile(r"[(]共?\d{1,3}[人名][)]\Z")
_NUMBER_CELL = re.compile(r"[1-9]\.(?:[2-9]|\d[1-9])\Z")
_FLOAT_TEXT = re.compile(r"(\d{1,2})\.0\Z")
# A class in a title or a sheet's name says 班: Excel calls a copy of the sheet 三年级 「三年级 (2)」.
_ANY_GRADE = (
    _GRADE.replace("?P<stage>", "?:")
    .replace("?P<of_stage>", "?:")
    .replace("?P<years>", "?:")
    .replace("?P<primary>", "?:")
)
_CLASS_END = r"班(?!级|会(?!考)|主任|次|车|干部|长|务|组|费|规|歌|服|机)"
_IN_TEXT = re.compile(
    rf"(?<![\d零〇一二三四五六七八九十第.])(?:{_ANY_GRADE}[(]?(?:第?{_DIGITS}|[A-Za-z甲乙丙丁])[)]?"
    rf"|[一二三四五六七八九](?:[(]{_DIGITS}[)]|\d{{1,2}})|[1-9](?:0[1-9]|[1-3]\d)|[1-9][(]{_DIGITS}[)]"
    rf"|(?<![-级])[1-9一二三四五六七八九][-–—.。·][(]?\d{{1,2}}[)]?|[一二三四五六七八九1-9]年[(]?{_DIGITS}[)]?"
    rf"|(?:小学|初中|高中|[小初高])?(?:20\d\d|[12]\d)[级届][(]?{_DIGITS}[)]?){_CLASS_END}"
)
_PLAIN_IN_TEXT = re.compile(rf"(?:\A|班[级别]:)([(]?{_DIGITS}[)]?班){_CLASS_END[1:]}")
_ANY_CLASS = re.compile(rf"{_DIGITS}[)]?{_CLASS_END}")
_GRADE_IN_TEXT = re.compile(
    r"(?<![\d一二三四五六七八九十、至-])(?:[一二三四五六七八九]|\d)年级(?!部)|[初高][一二三](?![\u4e00-\u9fff]*中学)"
)
_SEVERAL_GRADES = re.compile(r"[一二三四五六七八九\d][、至到~-]+[一二三四五六七八九\d]年级")
_SAYS_GRADE = re.compile(r"年级|[初高][一二三四1-4]|\d级")
_RANGE = re.compile(r"([1-9])[-–—][(]?(\d{1,2})")
_JUNIOR_AS_YEARS = {"初1": ("6", "7"), "初2": ("7", "8"), "初3": ("8", "9"), "初4": ("9",)}
_SENIOR_AS_YEARS = {"高1": "10", "高2": "11", "高3": "12"}


@dataclass(frozen=True)
class ClassName:
    """What the name of a class says, for comparing. grade: "3", "初3", "高1" or "". number: "2", else the text.

    certain: the grade is written out, not read from three digits or 3.2. cohort: 「2024级」 where the name says
    when its pupils came (or, with 届, leave): no grade, since 2024级 is 三年级 in one school and 九年级 in another.
    """

    grade: str
    number: str
    certain: bool = field(default=True, compare=False)
    cohort: str = ""


def _number(text: str) -> int:
    """一 → 1, 十二 → 12, 12 → 12; 0 for what is no number."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return 0
    if not ten:
        return _NUMERALS.index(ones)
    return (_NUMERALS.index(tens) if tens else 1) * 10 + (_NUMERALS.index(ones) if ones else 0)


def _cell_text(value: Any) -> str:
    """A class or grade cell as text: 2.0 is 2. A date is no name (Excel made it of 3-2).

    Of a number with decimals 3.1 may have been 3.10 and is no name; 3.2 could only have been 3.20 where a grade
    has twenty classes, and in a file of such a school every pupil of 3.1 and 3.10 is listed with the remedy.
    """
    if isinstance(value, (date, time, timedelta, bool)):
        return ""
    if isinstance(value, Fraction):
        value = int(value) if value.denominator == 1 else float(value)
    if isinstance(value, float) and not value.is_integer():
        return text if _NUMBER_CELL.match(text := repr(value)) else ""
    if isinstance(value, (int, float)):
        return str(int(value)) if abs(value) < 10**15 else ""
    text = solid_text(value)
    return whole[1] if (whole := _FLOAT_TEXT.match(text)) else text


def grade_key(value: Any) -> str:
    """A grade for comparing: 三年级, 3年级, 3 and 小三 are all "3"; 初三 is "初3"; other words are themselves."""
    text = _cell_text(value)
    if match := _GRADE_ONLY.match(text):
        return _matched_grade(match)
    if text in _NUMERALS[1:] and len(text) == 1:
        return str(_NUMERALS.index(text))
    if text.isdecimal() and len(text) <= 2:
        return str(int(text))
    return _cohort(match) if (match := _COHORT.match(text)) and match.end("kind") == len(text) else text.casefold()


def _matched_grade(match: re.Match[str]) -> str:
    if match["stage"]:
        return f"{match['stage']}{_number(match['of_stage'])}"
    return str(_number(match["years"] or match["primary"]))


def _cohort(match: re.Match[str]) -> str:
    stage = (match["stage"] or "")[:1]
    return f"{stage}20{match['year'][-2:]}{match['kind']}"


def grade_label(value: Any) -> str:
    """A grade as it is shown: as given, a bare number 3 as 「三年级」."""
    text = _cell_text(value)
    if text.isdecimal() and 1 <= int(text) <= 9:
        return f"{_NUMERALS[int(text)]}年级"
    return f"{text}年级" if len(text) == 1 and text in _NUMERALS[1:-1] else class_label(value)


def class_label(value: Any) -> str:
    """A class as it is shown and kept: as given, a number without decimals; "" for what is no name."""
    return value.strip() if isinstance(value, str) and not _FLOAT_TEXT.match(value.strip()) else _cell_text(value)


def parse_class(value: Any) -> ClassName:
    """What a class's name says. A text that follows no usual pattern is its own number, without a grade.

    >>> parse_class("三年级（2）班") == parse_class("三2班") == parse_class("302")
    True
    >>> parse_class("2024级（1）班").number, parse_class("三年级甲班").number, parse_class("实验班").number
    ('1', '甲', '实验')
    """
    text = _cell_text(value)
    name = _HEADCOUNT.sub("", text.rstrip("*※★"))
    found = _likely(name) or _of_cohort(name) or _graded(name) or _spoken(name) or _ungraded(name)
    return found or ClassName("", name.casefold().removesuffix("班") or name.casefold())


def _likely(name: str) -> ClassName | None:
    if (match := _LIKELY.match(name)) is None:
        return None
    grade = match["grade"] or match["parted"] or match["first"]
    number = _number(match["number"] or match["part"] or match["inner"] or match["second"])
    certain = match["inner"] is not None and not grade.isdecimal()  # 三(2)班
    return ClassName(str(_number(grade)), str(number), certain) if number else None


def _graded(name: str) -> ClassName | None:
    if (match := _GRADED.match(name)) is None:
        return None
    number = str(_number(match["number"]) or "") if match["number"] else match["rest"].casefold()
    return ClassName(_matched_grade(match), number) if number else None


def _spoken(name: str) -> ClassName | None:
    """三2班, 1年1班."""
    if (match := _SPOKEN.match(name)) is None:
        return None
    number = _number(match["number"] or match["of_year"])
    return ClassName(str(_number(match["grade"] or match["year"])), str(number)) if number else None


def _of_cohort(name: str) -> ClassName | None:
    if (match := _COHORT.match(name)) is None or not (match["number"] or match["rest"]):
        return None
    number = str(_number(match["number"]) or "") if match["number"] else match["rest"].casefold()
    return ClassName("", number, cohort=_cohort(match)) if number else None


def _ungraded(name: str) -> ClassName | None:
    match = _UNGRADED.match(name)
    return ClassName("", str(number)) if match and (number := _number(match["number"])) else None


def class_of(grade: Any, name: Any) -> ClassName:
    """The class that a grade cell (may be blank) and a class cell name together.

    What only reads as grade and class is that where the grade agrees: 302 in 三年级 is class 2, in 五年级 it is
    302. A grade cell that gives the year of entry (2024级) is no grade beside a class's name.
    """
    given, found = grade_key(grade), parse_class(name)
    if not given:
        return found
    if found.number and _is_cohort(given):
        return ClassName(found.grade, found.number, found.certain, given)
    if found.grade and not found.certain and not grades_agree(given, found.grade):
        return ClassName(given, _cell_text(name).casefold())
    return ClassName(given, found.number, cohort=found.cohort)


def _is_cohort(key: str) -> bool:
    return key.endswith(("级", "届")) and _COHORT.match(key) is not None


def contradicts(grade: Any, name: Any) -> bool:
    """True where the grade cell and a grade written out in the class's name cannot both hold."""
    given, found = grade_key(grade), parse_class(name)
    if _is_cohort(given):
        return bool(found.cohort) and found.cohort != given
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
    """True if two names can be one class: the same number, and nothing else that excludes or cannot be compared.

    2024级1班 is not 2023级1班, and is 三年级1班 only where a grade beside it says so: otherwise nobody knows.
    """
    if one.number != other.number:
        return False
    if one.cohort and other.cohort and one.cohort != other.cohort:
        return False
    if one.grade and other.grade:
        return grades_agree(one.grade, other.grade)
    if one.cohort and other.cohort:
        return True
    return not (one.grade or one.cohort) or not (other.grade or other.cohort)


def grade_in_class(name: Any) -> str:
    """The grade that a class's name says, as it is shown: 三年级二班, 三(2)班 and 302 give 「三年级」; else ""."""
    key = parse_class(name).grade
    if not key:
        return ""
    stage, years = (key[0], key[1:]) if key[0] in "初高" else ("", key)
    number = int(years)
    shown = _NUMERALS[number] if number <= 10 else f"十{_NUMERALS[number - 10]}"
    return f"{stage}{shown}" if stage else f"{shown}年级"


def grade_in_text(text: str) -> str:
    """The one grade that a title or a sheet's name speaks of, as written there; "" for none or several.

    >>> grade_in_text("某某小学三年级期中成绩表"), grade_in_text("三、四年级名册"), grade_in_text("2026年级部")
    ('三年级', '', '')
    """
    solid = solid_text(text)
    found = {match[0] for match in _GRADE_IN_TEXT.finditer(solid)}
    return found.pop() if len(found) == 1 and not _SEVERAL_GRADES.search(solid) else ""


def class_in_text(text: str) -> str:
    """The one class that a title or a sheet's name speaks of, as written there; "" where that is not certain.

    "" too for several classes, and for numbers that may be anything: 302, 三年级 (2), 1-3班.

    >>> class_in_text("某某小学三年级（2）班期中成绩表"), class_in_text("三年级1班、2班"), class_in_text("2026秋三年级")
    ('三年级(2)班', '', '')
    """
    solid = solid_text(text)
    found = [name for match in _IN_TEXT.finditer(solid) if (name := _told_class(match))]
    if len({parse_class(name) for name in found}) == 1 and not _ANY_CLASS.search(_IN_TEXT.sub(" ", solid)):
        return found[0]
    plain = _PLAIN_IN_TEXT.findall(solid)
    if not _SAYS_GRADE.search(solid) and len(_ANY_CLASS.findall(solid)) == len(plain) == 1:
        return plain[0] if parse_class(plain[0]).number.isdecimal() else ""
    return ""


def _told_class(match: re.Match[str]) -> str:
    """The class that a match names; "" for 1-3班 (three classes?) and 中学三年级2班 (初三? 高三?)."""
    name = match[0].removeprefix("小学")
    if (parted := _RANGE.match(name)) and int(parted[1]) < int(parted[2]):
        return ""
    told = parse_class(name)
    at_middle_school = match.string[: match.start()].endswith("中学") and told.grade in ("1", "2", "3", "4")
    return name if (told.grade or told.cohort) and not at_middle_school else ""
