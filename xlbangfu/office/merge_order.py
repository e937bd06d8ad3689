"""In which order a school reads its own figures: grades, classes and subjects, never the order of the files."""

from __future__ import annotations

import re

from xlbangfu.programme.numbers import clean_text

SUBJECTS = (
    "语文", "数学", "英语", "道德与法治", "科学", "历史", "地理", "物理", "化学", "生物", "信息科技", "体育", "音乐", "美术",
    "劳动",
)  # fmt: skip
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")}
_CHINESE_NUMBER = re.compile(r"[一二三四五六七八九]?十[一二三四五六七八九]?|[零一二三四五六七八九]")
_PIECES = re.compile(r"\d+|\D+")

NaturalKey = tuple[tuple[int, int, str], ...]


def _to_digits(match: re.Match[str]) -> str:
    text = match[0]
    if "十" not in text:
        return str(_DIGITS[text])
    tens, _, units = text.partition("十")
    return str(_DIGITS.get(tens, 1) * 10 + _DIGITS.get(units, 0))


def squeezed(text: object) -> str:
    """A name for comparing: full-width forms folded, all blanks gone.

    >>> squeezed(" 三年级 （２）班")
    '三年级(2)班'
    """
    return re.sub(r"\s+", "", clean_text(text))


def natural_key(text: object) -> NaturalKey:
    """Sorts 2班 before 10班 and 三年级 before 十年级.

    >>> sorted(["十年级", "二年级", "初一"], key=natural_key)
    ['二年级', '十年级', '初一']
    """
    plain = _CHINESE_NUMBER.sub(_to_digits, squeezed(text))
    pieces = tuple((0, int(p[:18]), p) if p.isdecimal() else (1, 0, p) for p in _PIECES.findall(plain))
    return (*pieces, (-1, 0, clean_text(text)))


def subject_key(subject: str) -> tuple[int, str]:
    """The usual order of the timetable, other subjects after it."""
    return (SUBJECTS.index(subject) if subject in SUBJECTS else len(SUBJECTS), subject)
