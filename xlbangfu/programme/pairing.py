"""Who tutors whom: the best peer tutor for every confirmed row of the caseload that still needs one.

Hard rules first, then as few tutees as possible without a tutor, then the largest total score; the answer
is the only one there is and never depends on the order of the rows. Plain values in, plain values out.
Source: spec §4.5.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from fractions import Fraction

from xlbangfu.programme.assignment import best_assignment
from xlbangfu.schema import ACTIVE, NO, PEER, YES

LEAST_GAP = 0.5  # SD between tutor and tutee, and back for mutual help
Z_TOLERANCE = 1e-9  # spec §4.1: differences of z are compared inclusively
POINTS = 1000  # score points per unit of weight
_NANO = 10**9  # gaps are taken in billionths of an SD, so that the last binary digit cannot matter
_FAR_SEAT = 5  # Manhattan distance from which a seat is no longer near
_FULL = _NANO * (_FAR_SEAT - 1)  # a feature at its full strength, in one unit common to all features

_CHINESE_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", start=1)}
_SEAT_NUMBER = re.compile(r"\d+|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]")
_SEAT_REST = re.compile(r"[\s第排行列组座号位.,、;:/\\\-—–―_()#]*")


@dataclass(frozen=True)
class PairPupil:
    """One pupil of the class.

    status: 名册.状态. seat: as typed. interests, good_at: words and subjects. volunteer: as a tutor.
    avoid: pupil_ids never to be paired with this pupil; it holds whichever of the two names the other.
    z: subject to standard score at the baseline exam, in SD; a missing subject means no valid score.
    """

    pupil_id: str
    name: str
    gender: str = ""
    status: str = ACTIVE
    seat: str = ""
    interests: frozenset[str] = frozenset()
    volunteer: bool = False
    good_at: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    z: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, order=True)
class PairNeed:
    """A confirmed row of the caseload that should have a tutor."""

    pupil_id: str
    subject: str


@dataclass(frozen=True, order=True)
class PriorPair:
    """A row that stands on the sheet 结对 already.

    form: 生生/师生/志愿者/家长志愿者. decision: 待定/是/否. ended: 状态 is 结束; such a confirmed row fills
    neither the need nor the tutor's time any more, is not proposed again, and counts as confirmed before.
    """

    tutee_id: str
    subject: str
    form: str
    tutor_id: str
    decision: str
    ended: bool = False


@dataclass(frozen=True)
class PairWeights:
    """Weight of each feature of a pair; a feature runs from 0 to 1, a weight of 1 is 1000 points.

    same_gender is 0 unless the school sets it.
    """

    volunteer: Fraction | Decimal | int = 1
    good_at: Fraction | Decimal | int = 1
    gap: Fraction | Decimal | int = 2
    same_gender: Fraction | Decimal | int = 0
    near_seat: Fraction | Decimal | int = Fraction(1, 2)
    shared_interests: Fraction | Decimal | int = Fraction(1, 2)
    mutual_help: Fraction | Decimal | int = 1
    kept: Fraction | Decimal | int = 1


@dataclass(frozen=True)
class Pair:
    """A tutor for one tutee in one subject; fixed = the teacher confirmed it, the program only repeats it."""

    tutee_id: str
    subject: str
    tutor_id: str
    score_points: int
    reason: str
    fixed: bool


@dataclass(frozen=True)
class Unmatched:
    """A need for which there is no peer tutor, and why, in Chinese; the caller makes it 师生."""

    tutee_id: str
    subject: str
    reason: str


@dataclass(frozen=True)
class BrokenPair:
    """A confirmed pair that breaks a hard rule now, and which, in Chinese; it stays."""

    tutee_id: str
    subject: str
    tutor_id: str
    reason: str


@dataclass(frozen=True)
class PairingPlan:
    """pairs, unmatched and broken, each in order of tutee_id, subject, tutor_id."""

    pairs: tuple[Pair, ...]
    unmatched: tuple[Unmatched, ...]
    broken: tuple[BrokenPair, ...]


def plan_pairs(
    pupils: Iterable[PairPupil],
    needs: Iterable[PairNeed],
    on_caseload: Iterable[tuple[str, str]],
    prior: Iterable[PriorPair],
    weights: PairWeights | None = None,
    max_tutees: int = 2,
) -> PairingPlan:
    """The pairs for all needs: confirmed ones first, and the best peer tutors for the rest.

    pupils: the whole class, each pupil_id once. needs: rows to be served, of pupils still in the class.
    on_caseload: (pupil_id, subject) that may not tutor in that subject. prior: rows of 结对 so far; 是 is a
    fixed point, 否 is never proposed again, 待定 has no influence. max_tutees: rows per tutor over all
    subjects. In this order: most needs served, largest total score, ties to the smaller tutee_id, then
    subject, then tutor_id.
    Raises ValueError for a pupil_id given twice or a negative max_tutees.
    Source: spec §4.5.
    """
    if max_tutees < 0:
        raise ValueError("max_tutees must not be negative")
    ordered = sorted(pupils, key=lambda pupil: pupil.pupil_id)
    by_id = {pupil.pupil_id: pupil for pupil in ordered}
    if len(by_id) != len(ordered):
        raise ValueError("a pupil_id occurs twice among the pupils")
    planner = _Planner(by_id, frozenset(on_caseload), sorted(set(prior)), weights or PairWeights(), max_tutees)
    return planner.plan(sorted(set(needs)))


class _Planner:
    """One run: the class, what the teacher decided, and the weights as integers."""

    def __init__(
        self,
        pupils: dict[str, PairPupil],
        on_caseload: frozenset[tuple[str, str]],
        prior: list[PriorPair],
        weights: PairWeights,
        max_tutees: int,
    ) -> None:
        self.pupils = pupils
        self.on_caseload = on_caseload
        self.max_tutees = max_tutees
        confirmed = [row for row in prior if row.decision == YES]
        running = [row for row in confirmed if not row.ended]
        self.fixed = list({_key(row): row for row in running if row.form == PEER}.values())
        self.served = {(row.tutee_id, row.subject) for row in running}
        self.closed = {_key(row) for row in prior if row.decision == NO or (row.decision == YES and row.ended)}
        self.together: dict[tuple[str, str], set[str]] = defaultdict(set)  # (tutee, tutor): subjects
        for row in confirmed:
            self.together[row.tutee_id, row.tutor_id].add(row.subject)
        self.load = Counter(row.tutor_id for row in self.fixed)
        exact = {item.name: Fraction(getattr(weights, item.name)) for item in fields(weights)}
        self.denominator = math.lcm(*(weight.denominator for weight in exact.values()))
        self.weights = {name: int(weight * self.denominator) for name, weight in exact.items()}
        self.seats = {pupil_id: seat_place(pupil.seat) for pupil_id, pupil in pupils.items()}

    def plan(self, needs: list[PairNeed]) -> PairingPlan:
        """Fixed pairs, then the optimal assignment of the open needs to the places tutors have left."""
        pairs = [self._pair(row.tutee_id, row.subject, row.tutor_id, fixed=True) for row in self.fixed]
        unmatched: list[Unmatched] = []
        open_needs = [need for need in needs if (need.pupil_id, need.subject) not in self.served]
        options = [self._options(need) for need in open_needs]
        for need, able, tutor_id in zip(open_needs, options, self._assign(open_needs, options), strict=True):
            if tutor_id is not None:
                pairs.append(self._pair(need.pupil_id, need.subject, tutor_id, fixed=False))
            else:
                unmatched.append(Unmatched(need.pupil_id, need.subject, self._why_unmatched(need, able)))
        pairs.sort(key=lambda pair: (pair.tutee_id, pair.subject, pair.tutor_id))
        return PairingPlan(tuple(pairs), tuple(unmatched), tuple(self._broken()))

    def _options(self, need: PairNeed) -> list[str]:
        """Tutors that the hard rules allow for this need, whatever their capacity; in order."""
        tutee = self.pupils.get(need.pupil_id)
        if tutee is None or need.subject not in tutee.z:
            return []
        return [
            tutor_id
            for tutor_id, tutor in self.pupils.items()
            if next(self._rule_breaks(tutee, tutor, need.subject), None) is None
        ]

    def _assign(self, needs: list[PairNeed], options: list[list[str]]) -> list[str | None]:
        """The tutor of each need. A tutor stands in as many columns as places are left."""
        tutors = sorted({tutor_id for able in options for tutor_id in able})
        places = [
            tutor_id
            for tutor_id in tutors
            for _ in range(min(len(needs), max(0, self.max_tutees - self.load[tutor_id])))
        ]
        matrix: list[list[int | None]] = []
        for need, able in zip(needs, options, strict=True):
            points = {
                tutor_id: self._score(need.pupil_id, need.subject, tutor_id)[0]
                for tutor_id in able
                if (need.pupil_id, need.subject, tutor_id) not in self.closed
            }
            matrix.append([points.get(tutor_id) for tutor_id in places])
        return [None if column is None else places[column] for column in best_assignment(matrix)]

    def _rule_breaks(self, tutee: PairPupil, tutor: PairPupil, subject: str) -> Iterator[str]:
        """The hard rules that this pair breaks, as Chinese sentences; nothing when it may stand."""
        if tutor.pupil_id == tutee.pupil_id:
            yield "小帮手和帮扶对象是同一人"
        if tutor.status != ACTIVE:
            yield f"小帮手的状态不是“{ACTIVE}”"
        if (tutor.pupil_id, subject) in self.on_caseload:
            yield f"小帮手本人也在{subject}学困生名单中"
        if tutor.pupil_id in tutee.avoid or tutee.pupil_id in tutor.avoid:
            yield "两人不宜结对"
        tutor_z, tutee_z = tutor.z.get(subject), tutee.z.get(subject)
        if tutor_z is None:
            yield f"小帮手没有{subject}的基线成绩"
        elif not _at_least(tutor_z, 0.0):
            yield f"小帮手的{subject}基线成绩低于平均"
        if tutee_z is None:
            yield f"帮扶对象没有{subject}的基线成绩"
        elif tutor_z is not None and not _at_least(tutor_z - tutee_z, LEAST_GAP):
            yield f"两人的{subject}基线成绩差距不足"

    def _broken(self) -> Iterator[BrokenPair]:
        """Fixed pairs that break a hard rule now, in order."""
        rows_of_tutor: Counter[str] = Counter()
        rows_of_need: Counter[tuple[str, str]] = Counter()
        for row in self.fixed:
            tutee, tutor = self.pupils.get(row.tutee_id), self.pupils.get(row.tutor_id)
            reasons = []
            if tutee is None:
                reasons.append("帮扶对象不在名册中")
            if tutor is None:
                reasons.append("小帮手不在名册中")
            if tutee and tutor:
                reasons.extend(self._rule_breaks(tutee, tutor, row.subject))
            rows_of_tutor[row.tutor_id] += 1
            if rows_of_tutor[row.tutor_id] > self.max_tutees:
                reasons.append(f"小帮手的帮扶对象超过 {self.max_tutees} 名")
            rows_of_need[row.tutee_id, row.subject] += 1
            if rows_of_need[row.tutee_id, row.subject] > 1:
                reasons.append(f"{row.subject}已有另一位小帮手")
            if reasons:
                yield BrokenPair(row.tutee_id, row.subject, row.tutor_id, "；".join(reasons))

    def _why_unmatched(self, need: PairNeed, able: list[str]) -> str:
        tutee = self.pupils.get(need.pupil_id)
        if tutee is None:
            return "名册中没有这名学生"
        if need.subject not in tutee.z:
            return f"没有{need.subject}的基线成绩，无法推荐小帮手"
        if not able:
            return "没有符合条件的小帮手"
        if all((need.pupil_id, need.subject, tutor_id) in self.closed for tutor_id in able):
            return "符合条件的小帮手都已确认为“否”或已结束"
        return "符合条件的小帮手名额已满"

    def _pair(self, tutee_id: str, subject: str, tutor_id: str, fixed: bool) -> Pair:
        points, words = 0, list[str]()
        if tutee_id in self.pupils and tutor_id in self.pupils:
            points, words = self._score(tutee_id, subject, tutor_id)
        reason = "教师已确认" if fixed else "；".join(words) or "该学科学有余力"
        return Pair(tutee_id, subject, tutor_id, points, reason, fixed)

    def _score(self, tutee_id: str, subject: str, tutor_id: str) -> tuple[int, list[str]]:
        """Score points (weight × 1000, rounded once) and the reasons in words."""
        total, words = 0, list[str]()
        for weight, strength, word in self._features(tutee_id, subject, tutor_id):
            if weight and strength:
                total += weight * strength
                if weight > 0 and word:
                    words.append(word)
        return round(Fraction(total * POINTS, _FULL * self.denominator)), words

    def _features(self, tutee_id: str, subject: str, tutor_id: str) -> Iterator[tuple[int, int, str]]:
        """(weight × denominator, strength from 0 to _FULL, word for the reason) of each feature."""
        tutee, tutor, weights = self.pupils[tutee_id], self.pupils[tutor_id], self.weights
        yield weights["volunteer"], _FULL * tutor.volunteer, "志愿帮扶"
        yield weights["good_at"], _FULL * (subject in tutor.good_at), f"擅长{subject}"
        gap = _gap_strength(tutor.z.get(subject), tutee.z.get(subject))
        yield weights["gap"], gap, "差距适中" if 2 * gap >= _FULL else ""
        same = tutee.gender == tutor.gender != ""
        yield weights["same_gender"], _FULL * same, "同性别"
        near = _seat_strength(self.seats[tutee_id], self.seats[tutor_id])
        yield weights["near_seat"], near, "座位相邻" if near == _FULL else "座位较近"
        yield weights["shared_interests"], _FULL * bool(tutee.interests & tutor.interests), "有共同爱好"
        back = _stronger_subjects(tutee, tutor, subject)
        yield weights["mutual_help"], _FULL * bool(back), f"{'、'.join(back)}可互助"
        kept = self.together.get((tutee_id, tutor_id), set()) - {subject}
        yield weights["kept"], _FULL * bool(kept), "曾结对"


def seat_place(seat: str) -> tuple[int, int] | None:
    """(row, column) of a seat as typed, 「3-4」 「3排4列」 「4列3排」 「第三排第四列」; None if it is none.

    >>> seat_place("3-4"), seat_place("第4列第3排"), seat_place("靠窗")
    ((3, 4), (3, 4), None)
    """
    text = unicodedata.normalize("NFKC", seat)
    found = list(_SEAT_NUMBER.finditer(text))
    if len(found) != 2 or not _SEAT_REST.fullmatch(_SEAT_NUMBER.sub("", text)):
        return None
    first, second = (_seat_number(match[0]) for match in found)
    column_first = "列" in text[found[0].end() : found[1].start()]
    return (second, first) if column_first else (first, second)


def _seat_number(digits: str) -> int:
    """The number, in digits or in Chinese up to 九十九."""
    if digits.isdecimal():
        return int(digits)
    tens, ten, ones = digits.rpartition("十")
    return 10 * bool(ten) * _CHINESE_DIGITS.get(tens, 1) + _CHINESE_DIGITS.get(ones, 0)


def _seat_strength(one: tuple[int, int] | None, other: tuple[int, int] | None) -> int:
    """Full for neighbours, falling linearly to 0 at Manhattan distance 5."""
    if one is None or other is None:
        return 0
    distance = max(1, abs(one[0] - other[0]) + abs(one[1] - other[1]))
    return _NANO * max(0, _FAR_SEAT - distance)


def _gap_strength(tutor_z: float | None, tutee_z: float | None) -> int:
    """Full at a gap of 1 SD, falling linearly to 0 at gaps of 0 and 2 SD."""
    if tutor_z is None or tutee_z is None:
        return 0
    gap = tutor_z - tutee_z
    if not 0 < gap < 2:
        return 0
    return (_NANO - abs(round(gap * _NANO) - _NANO)) * (_FAR_SEAT - 1)


def _stronger_subjects(tutee: PairPupil, tutor: PairPupil, subject: str) -> list[str]:
    """Other subjects in which the tutee could help the tutor, in order."""
    return sorted(
        other
        for other, z in tutee.z.items()
        if other != subject and other in tutor.z and _at_least(z - tutor.z[other], LEAST_GAP)
    )


def _at_least(value: float, bound: float) -> bool:
    return value >= bound - Z_TOLERANCE


def _key(row: PriorPair) -> tuple[str, str, str]:
    return row.tutee_id, row.subject, row.tutor_id
