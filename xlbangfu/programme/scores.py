"""What a score cell says: a mark, a level, or that the pupil did not sit the exam.

A valid result is a `Fraction` (marks) or a `str` (level). Source: spec §3.1, §4.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from fractions import Fraction

from xlbangfu.programme.letters import visible_text
from xlbangfu.programme.numbers import clean_text, exact, plain
from xlbangfu.schema import ABSENT, DEFERRED, EXEMPT, LEVELS, MARKS

Result = Fraction | str

_ABSENCE_WORDS = {
    **dict.fromkeys(("缺", "缺考", "缺席", "缺试", "旷考", "未考", "没考", "未参加", "未参加考试", "未参考", "未到", "病", "病假", "事", "事假", "公假",
                     "请假", "未扫", "未扫描", "q", "—", "——", "———", "-", "--", "---", "–", "――", "―", "─", "──", "−", "×", "x", "✕", "✖", "✗", "✘",
                     "╳", "/", "\\"), ABSENT),
    **dict.fromkeys(("免考", "免修", "免", "免试", "随班就读", "随班就读生", "剔除", "不计排名", "n"), EXEMPT),
    **dict.fromkeys(("缓考", "缓"), DEFERRED),
}  # fmt: skip
_LEAVERS = frozenset({"休学", "转学", "转出", "退学"})  # no mark either, and 名册 should say so
_REASON = r"因?(?:病|事|公|伤|丧)(?:假|请假)?|请(?:病|事|公)?假|生病|住院|手术|隔离|外出|集训|比赛|参赛"
_ONLY_REASON = re.compile(r"(?:因?[病事公伤丧]假?请假|因[病事公伤]|请[病事公]假|[病事公丧]假|生病|住院)+\Z")
_SET_ASIDE = r"剔除|不计(?:入)?(?:排名|总分|成绩|统计)?"
_WITH_REASON = re.compile(
    rf"(?:{_REASON})*[,、:(-]?(?P<word>缺考|缺席|缺|未考|没考|未参加|未扫描?|免考|免修|缓考)[)]?"
    rf"[,、;:/(\[-]*(?:(?:{_REASON}|{_SET_ASIDE})[,、;]?)*[)\]]*\Z"
)
_MARK_WITH_UNIT = re.compile(r"(-?\d{1,6}(?:\.\d{1,6})?)\s*分\Z")
_EXCLUDED_MARK = re.compile(
    rf"(-?\d{{1,6}}(?:\.\d{{1,6}})?)\s*分?\s*[,(、;:\[]?\s*(?:{_SET_ASIDE})(?:[,、;]\s*(?:{_SET_ASIDE}))*\s*[)\]]?\Z"
)
_UNSEEN_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\u00ad\u200b-\u200f\u2060\ufeff]+(?=\d)")
_DAY = re.compile(
    r"(?:(?:\d{4}|\d{2})\s*[-/.年]\s*)?\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\Z"
    r"|\d{1,2}:\d{2}(?::\d{2})?\Z|\d{1,2}-[a-z]{3}(?:-\d{2,4})?\Z|[a-z]{3}-\d{2,4}\Z",
    re.IGNORECASE,
)
_AS_TYPED = re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\Z")

FINEST_PLACES = 40  # decimals; a finer mark is a slip of a formula, and its square would vanish in a float

# Ladders that schools use where 任课 does not say one; high to low.
COMMON_LADDERS: tuple[tuple[str, ...], ...] = (
    ("优", "良", "合格", "待合格"),
    ("优秀", "良好", "合格", "待合格"),
    ("优", "良", "中", "差"),
    ("优秀", "良好", "及格", "不及格"),
    ("优", "良", "及格", "不及格"),
    ("优秀", "良好", "合格", "不合格"),
    ("优", "良", "合格", "不合格"),
    ("A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D", "E"),
)


@dataclass(frozen=True)
class Reading:
    """What one cell says. Exactly one of result / absence is set, or neither for a blank cell.

    note: a sentence for 数据问题 where something was set aside (a mark that does not count) or is for 名册 to say.
    """

    result: Result | None = None
    absence: str | None = None
    note: str = ""

    @property
    def blank(self) -> bool:
        """True for a cell in which nothing was entered."""
        return self.result is None and self.absence is None


BLANK = Reading()


def read_score(value: object) -> Reading:
    """Take a cell as mark, level or absence. Source: spec §3.1.

    >>> read_score("85分").result, read_score("病假").absence, read_score("36，剔除").absence
    (Fraction(85, 1), '缺考', '免考')
    """
    if not isinstance(value, str):
        return _number(exact(value)) or (_read_words(text) if (text := visible_text(value)) else BLANK)
    text = visible_text(_UNSEEN_BETWEEN_DIGITS.sub(" ", value))
    if not text:
        return BLANK
    if _has_odd_digits(value):
        return Reading(result=value.strip())
    number = None if text.startswith("+") else exact(text)  # +5 may be what a pupil gained
    return _number(number) or _read_words(text)


def _number(number: Fraction | None) -> Reading | None:
    fine = number is not None and (number * 10**FINEST_PLACES).denominator == 1
    return Reading(result=number) if fine else None


def _read_words(text: str) -> Reading:
    """A cell that is no bare number."""
    solid = re.sub(r"\s+", "", text)
    word = solid[1:-1] if solid[:1] in ("(", "[", "【") and solid[-1:] in (")", "]", "】") else solid
    if absence := _ABSENCE_WORDS.get(word.lower()):
        return Reading(absence=absence)
    if _ONLY_REASON.match(word):
        return Reading(absence=ABSENT)
    if match := _WITH_REASON.match(word):
        return Reading(absence=_ABSENCE_WORDS[match["word"]])
    if word in _LEAVERS:
        return Reading(absence=ABSENT, note=f"“{word}”按缺考处理；学生已经离开的，请在“名册”的“状态”里写明")
    if match := _MARK_WITH_UNIT.match(text):
        return Reading(result=Fraction(match[1]))
    if match := _EXCLUDED_MARK.match(text):
        return Reading(absence=EXEMPT, note=f"“{text}”不计入，按免考处理，原分 {plain(Fraction(match[1]), 6)}")
    return Reading(result=text if re.search(r"\d", text) else solid)


def _has_odd_digits(text: str) -> bool:
    """True if a digit of the folded text is none in the text as written: 8² is not 82."""
    return any(c.isnumeric() and not ("0" <= c <= "9" or "０" <= c <= "９") and exact(c) is not None for c in text)


def looks_like_a_date(value: object) -> bool:
    """True for dates, times, and texts that only a date makes: the program that made the file took 3-2 for a day.

    「3-2」 and 「3.2」 as text are just what was typed: False.

    >>> looks_like_a_date("3月2日"), looks_like_a_date("2026-03-02 00:00:00"), looks_like_a_date("3-2")
    (True, True, False)
    """
    if isinstance(value, (date, time, timedelta)):
        return True
    text = visible_text(value) if isinstance(value, str) else ""
    return _DAY.match(text) is not None and _AS_TYPED.match(text) is None


def split_ladder(text: str) -> tuple[str, ...]:
    """Levels high to low from 任课.等级, parted by any usual comma."""
    return tuple(part for part in re.split(r"[,、;/\s>]+", clean_text(text)) if part)


def ladder_for(levels: Iterable[str], declared: Sequence[str] = ()) -> tuple[str, ...] | None:
    """The ladder, high to low, that knows all these levels: the declared one first, then the usual ones."""
    seen = set(levels)
    for ladder in (tuple(declared), *COMMON_LADDERS):
        if ladder and seen <= set(ladder):
            return ladder
    return tuple(declared) or None


@dataclass(frozen=True)
class Rejected:
    """A cell that does not count, with the reason as a rule id and a sentence."""

    pupil_id: str
    rule: str
    message: str


@dataclass(frozen=True)
class ExamColumn:
    """One exam in one subject for one class or grade.

    kind: 分数 or 等级. results: valid results by 学号. absences: 缺考/免考/缓考 by 学号 (zero rows included).
    typed: False while every cell is blank (the phase is 未考). ladder: levels high to low, empty for marks.
    """

    kind: str = MARKS
    results: Mapping[str, Result] = field(default_factory=dict)
    absences: Mapping[str, str] = field(default_factory=dict)
    typed: bool = False
    ladder: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()


def is_zero_row(readings: Iterable[Reading]) -> bool:
    """True for a row whose entered cells are all 0, at least one: a pupil who was not there (spec §4)."""
    entered = [r for r in readings if not r.blank]
    return bool(entered) and all(isinstance(r.result, Fraction) and r.result == 0 for r in entered)


def read_column(
    cells: Mapping[str, Reading],
    *,
    scoring: str = MARKS,
    full_points: Fraction | None = None,
    levels: Sequence[str] = (),
    zero_pupils: frozenset[str] = frozenset(),
) -> ExamColumn:
    """Decide marks or levels from the cells and set aside what does not count. Source: spec §4.1.

    cells: one reading per 学号. scoring: the default of 任课, used on a tie. full_points: upper bound in points,
    None = not checked (then marks below zero are allowed too). zero_pupils: rows taken as 缺考.
    """
    absences = {p: r.absence for p, r in cells.items() if r.absence is not None}
    entered = {p: r.result for p, r in cells.items() if r.result is not None}
    for pupil in zero_pupils & entered.keys():
        absences[pupil] = ABSENT
        del entered[pupil]
    marks = {p: x for p, x in entered.items() if isinstance(x, Fraction)}
    words = {p: x for p, x in entered.items() if isinstance(x, str)}
    known_ladder = ladder_for(words.values(), levels) or ()
    known = {p: x for p, x in words.items() if x in known_ladder}
    kind = scoring if len(marks) == len(known) else (MARKS if len(marks) > len(known) else LEVELS)
    rejected = [
        Rejected(p, "score.unknown", f"“{x}”不是分数，也不是等级或缺考、免考、缓考")
        for p, x in words.items()
        if p not in known
    ]
    results: dict[str, Result] = {}
    if kind == MARKS:
        rejected += [Rejected(p, "score.mixed", f"本科本次考试是分数，这里写的是等级“{x}”") for p, x in known.items()]
        for pupil, mark in marks.items():
            if full_points is not None and not 0 <= mark <= full_points:
                rejected.append(
                    Rejected(pupil, "score.range", f"{plain(mark, 6)} 不在 0 到 {plain(full_points, 6)} 之间")
                )
            else:
                results[pupil] = mark
    else:
        results.update(known)
        rejected += [
            Rejected(p, "score.mixed", f"本科本次考试是等级，这里写的是分数 {plain(x, 6)}") for p, x in marks.items()
        ]
    return ExamColumn(
        kind=kind,
        results=results,
        absences=absences,
        typed=any(not r.blank for r in cells.values()),
        ladder=tuple(known_ladder) if kind == LEVELS else (),
        rejected=tuple(sorted(rejected, key=lambda r: (r.pupil_id, r.rule))),
    )
