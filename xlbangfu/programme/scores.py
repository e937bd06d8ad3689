"""What a score cell says: a mark, a level, or that the pupil did not sit the exam.

A valid result is a `Fraction` (marks) or a `str` (level). Source: spec §3.1, §4.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from xlbangfu.programme.numbers import clean_text, exact, plain
from xlbangfu.schema import ABSENT, DEFERRED, EXEMPT, LEVELS, MARKS

Result = Fraction | str

_ABSENCE_WORDS = {
    **dict.fromkeys(("缺", "缺考", "病假", "事假", "请假", "缺席", "旷考", "—", "——", "-", "--", "–", "×", "x", "X", "/", "\\", "q", "Q", "未扫"), ABSENT),
    **dict.fromkeys(("未扫,不计排名", "未扫不计排名"), ABSENT),
    **dict.fromkeys(("免考", "免修", "免", "随班就读", "n", "N"), EXEMPT),
    **dict.fromkeys(("缓考", "缓"), DEFERRED),
}  # fmt: skip
_MARK_WITH_UNIT = re.compile(r"([+-]?\d{1,6}(?:\.\d{1,6})?)\s*分\Z")
_EXCLUDED_MARK = re.compile(r"([+-]?\d{1,6}(?:\.\d{1,6})?)\s*分?\s*[,(、;:]?\s*(?:剔除|不计排名|不计)\)?\Z")

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

    note: a sentence for 数据问题 where something was set aside (a mark that does not count).
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
    number = exact(value)
    if number is not None and (number * 10**FINEST_PLACES).denominator == 1:
        return Reading(result=number)
    text = clean_text(value)
    if not text:
        return BLANK
    if word := _ABSENCE_WORDS.get(text.replace(" ", "")):
        return Reading(absence=word)
    if match := _MARK_WITH_UNIT.match(text):
        return Reading(result=Fraction(match[1]))
    if match := _EXCLUDED_MARK.match(text):
        return Reading(absence=EXEMPT, note=f"“{text}”不计入，按免考处理，原分 {plain(Fraction(match[1]))}")
    return Reading(result=text)


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
