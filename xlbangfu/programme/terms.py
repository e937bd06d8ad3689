"""Terms as schools write them, 2026秋 or 2026-2027学年第一学期, and what lies between two of them. Pure.

Source: spec §3 (设置.学期), §6 (rollover).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from xlbangfu.programme.numbers import clean_text

AUTUMN, SPRING = 1, 2
_HALVES = {"秋": AUTUMN, "春": SPRING, "上": AUTUMN, "下": SPRING, "一": AUTUMN, "二": SPRING, "1": AUTUMN, "2": SPRING}

_YEAR = r"(?P<year>20\d\d)"
_SEASON = r"(?P<season>[春秋])季?(?:学?期)?"
_NUMBERED = r"(?:第(?P<number>[一二12])学期|\(?(?P<part>[上下])\)?(?:学期)?)"
_BY_SEASON = re.compile(rf"{_YEAR}年?{_SEASON}\Z")
_SECOND_YEAR = r"年?[-–—~至到/](?P<second>(?:20)?\d\d)"
# Without a second year only 学年 tells a school year from a calendar year.
_BY_YEAR = re.compile(rf"{_YEAR}(?:{_SECOND_YEAR}(?:学年度?)?|学年度?)(?:{_NUMBERED}|\(?{_SEASON}\)?)\Z")
_BY_CODE = re.compile(rf"{_YEAR}{_SECOND_YEAR}-?\(?(?P<number>[12])\)?\Z")
_FORMS = (_BY_SEASON, _BY_YEAR, _BY_CODE)

_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_YEAR_IN_WORDS = re.compile(r"二[〇零][〇零一二三四五六七八九]{2}")
# What makes a name of an exam one that no later term uses again: a year, or 三上 and 三年级下学期.
_TELLS_ITS_TERM = re.compile(r"20\d\d|\d\d(?=年?[春秋])|\d\d[-–—]\d\d(?=学年)|[一二三四五六七八九1-9](?:年级)?[上下]")


@dataclass(frozen=True, order=True)
class Term:
    """One term; later terms compare greater.

    school_year: the calendar year in whose September the school year began. half: 1 autumn, 2 spring.
    """

    school_year: int
    half: int

    @property
    def label(self) -> str:
        """「2026秋」 or 「2027春」."""
        return f"{self.school_year + self.half - 1}{'秋' if self.half == AUTUMN else '春'}"

    def septembers_to(self, later: Term) -> int:
        """How many times pupils move up a grade from this term to a later one."""
        return later.school_year - self.school_year

    def terms_to(self, later: Term) -> int:
        """How many terms on the later one is; 1 for the next."""
        return 2 * (later.school_year - self.school_year) + later.half - self.half


def read_term(text: object) -> Term | None:
    """The term that a text names; None where it names none for certain.

    2026秋, 2026年秋季学期, 2026-2027学年第一学期, 2026学年上学期, 2026-2027-1 are one term. A calendar year with
    第一学期 is none: schools mean either half by it.

    >>> read_term("2026-2027学年第二学期").label
    '2027春'
    >>> read_term("2027年第一学期") is None
    True
    """
    plain = re.sub(r"\s+", "", clean_text(text))
    plain = _YEAR_IN_WORDS.sub(lambda found: found[0].translate(_DIGITS), plain)
    for form in _FORMS:
        if (match := form.match(plain)) is not None:
            return _term(match.groupdict())
    return None


def _term(found: dict[str, str | None]) -> Term | None:
    year = int(found["year"] or 0)
    word = found.get("season") or found.get("number") or found.get("part") or ""
    half = _HALVES[word]
    if "second" not in found:  # by season: the year is the calendar's
        return Term(year if half == AUTUMN else year - 1, half)
    second = found["second"]
    if second is not None and int(second) % 100 != (year + 1) % 100:
        return None
    return Term(year, half)


def exam_in_term(exam: str, term: Term) -> str:
    """The exam's name where exams of other terms stand beside it: 期末 of 2026秋 is 「2026秋期末」.

    A name that tells its term already stays as it is.
    """
    return exam if _TELLS_ITS_TERM.search(clean_text(exam)) else f"{term.label}{exam}"
