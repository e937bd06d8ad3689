"""A made-up school: pupils, teachers and four exams, the same every time. Pure; standard library only.

Nobody here exists. Names are put together from 天干 and 地支, 学号 are seven digits, there are no telephone numbers.
The marks know nothing of any support: whoever leaves the bottom fifth does so by chance, so an honest program must
find a net conversion near zero. Exams correlate like real ones (r about 0.8), with ceilings and half points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from random import Random

SEED = "2026秋"
SCHOOL, TERM = "示例小学", "2026秋"
TERM_START, TERM_END = date(2026, 9, 1), date(2027, 1, 22)
PREVIOUS, BASELINE, MIDTERM, FINAL = "上学期期末", "开学测", "期中", "期末"
EXAM_DAYS = {BASELINE: date(2026, 9, 4), MIDTERM: date(2026, 11, 6), FINAL: date(2027, 1, 13)}
SUBJECTS = ("语文", "数学", "英语")
LEVELS = ("优", "良", "合格", "待合格")
MIDTERM_BY_PROCESS = ("二年级",)  # no paper exam in grades 1 and 2: the midterm rests on process evidence
OWN_POLICY_GRADE, OWN_POLICY = "五年级", "五年级双困"  # this grade's own copy of S7, with behaviour beside it
MESSY_CLASS = ("四年级", "3班")
RELIABILITY = 0.78  # share of an exam's variance that the next exam shares

_STEMS, _BRANCHES, _PREFIXES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥", "示例样测试"
_INTERESTS = ("画画", "下棋", "篮球", "跳绳", "唱歌", "看书", "手工", "种植", "足球", "航模")
_CARE = ("留守", "单亲", "经济困难", "随迁", "其他")

Cell = float | str | None
Marks = Mapping[str, Cell]  # by 学科


@dataclass(frozen=True)
class Scale:
    """How one grade's subject is marked. mean, sd: in points; full: 满分, None for levels.

    steps: in standard deviations; at or above the first is 优, below the last 待合格.
    """

    mean: float = 0.0
    sd: float = 1.0
    full: int | None = 100
    steps: tuple[float, ...] = (0.35, -0.55, -1.4)

    @property
    def by_level(self) -> bool:
        """True for 等级."""
        return self.full is None


SCALES: dict[tuple[str, str], Scale] = {
    **{("二年级", subject): Scale(full=None) for subject in SUBJECTS},
    ("四年级", "语文"): Scale(82, 9.5),
    ("四年级", "数学"): Scale(87, 11),
    ("四年级", "英语"): Scale(84, 14),
    ("五年级", "语文"): Scale(80, 10),
    ("五年级", "数学"): Scale(96, 18, 120),
    ("五年级", "英语"): Scale(full=None, steps=(0.3, -0.7, -1.5)),
}


@dataclass(frozen=True)
class Pupil:
    """One pupil as the homeroom teacher knows them. joined, left: dates of a transfer; left_as: 转出, 休学, 流失."""

    pupil_id: str
    name: str
    gender: str
    seat: str
    interests: str = ""
    volunteer: bool = False
    good_at: str = ""
    care: str = ""
    avoid: str = ""
    joined: date | None = None
    left: date | None = None
    left_as: str = ""

    def sits(self, day: date) -> bool:
        """True if the office's list of that day has the pupil."""
        return (self.joined is None or self.joined <= day) and (self.left is None or self.left > day)


@dataclass(frozen=True)
class SchoolClass:
    """One class. teachers: by 学科. strength: a pupil's standing in a subject, in standard deviations."""

    grade: str
    name: str
    homeroom: str
    teachers: Mapping[str, str]
    pupils: tuple[Pupil, ...]
    strength: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)

    @property
    def label(self) -> str:
        """「四年级3班」."""
        return self.grade + self.name

    @property
    def key(self) -> tuple[str, str]:
        """年级 and 班级."""
        return self.grade, self.name

    def weakest(self) -> list[Pupil]:
        """Pupils by mean standing, weakest first."""
        return sorted(self.pupils, key=lambda p: (sum(self.strength[p.pupil_id].values()), p.pupil_id))

    def chance(self, purpose: str) -> Random:
        """Random numbers of this class for one purpose: the same in every run and every process."""
        return Random(f"{SEED}|{self.label}|{purpose}")


@dataclass(frozen=True)
class School:
    """The school. marks: exam → 学号 → cells as the office holds them (None: no mark came in)."""

    classes: tuple[SchoolClass, ...]
    marks: Mapping[str, Mapping[str, Marks]]

    def of(self, grade: str, name: str) -> SchoolClass:
        """The class of that name. Raises KeyError."""
        for found in self.classes:
            if found.key == (grade, name):
                return found
        raise KeyError(grade + name)

    def only(self, wanted: Sequence[str]) -> School:
        """The same school with these grades (四年级) or classes (四年级1班) alone; all for (). Raises KeyError."""
        if unknown := set(wanted) - {c.grade for c in self.classes} - {c.label for c in self.classes}:
            raise KeyError("、".join(sorted(unknown)))
        kept = tuple(c for c in self.classes if not wanted or {c.grade, c.label} & set(wanted))
        return replace(self, classes=kept)


@dataclass(frozen=True)
class _Plan:
    """What a class is to be. seat: rows × columns follow from size."""

    grade: str
    name: str
    entry: str
    size: int
    homeroom: str
    maths: str
    english: str


_PLANS = (
    _Plan("二年级", "1班", "02501", 38, "甲老师", "子老师", "辰老师"),
    _Plan("二年级", "2班", "02502", 40, "乙老师", "子老师", "辰老师"),
    _Plan("四年级", "1班", "02301", 45, "丙老师", "丑老师", "巳老师"),
    _Plan("四年级", "2班", "02302", 44, "丁老师", "丑老师", "巳老师"),
    _Plan("四年级", "3班", "02303", 46, "戊老师", "寅老师", "巳老师"),
    _Plan("五年级", "1班", "02201", 48, "己老师", "卯老师", "巳老师"),
    _Plan("五年级", "2班", "02202", 41, "庚老师", "卯老师", "午老师"),
)
# Who comes and goes: class → (place among the weakest, day, status). A place of -1 is a newcomer.
_MOVES: dict[tuple[str, str], tuple[tuple[int, date, str], ...]] = {
    ("二年级", "1班"): ((4, date(2027, 1, 15), "转出"),),  # after the final: still counts
    ("二年级", "2班"): ((-1, date(2026, 9, 21), "转入"),),
    ("四年级", "1班"): ((3, date(2026, 10, 20), "转出"), (-1, date(2026, 10, 12), "转入")),
    ("四年级", "2班"): ((2, date(2026, 11, 20), "休学"),),
    ("四年级", "3班"): ((5, date(2026, 12, 11), "转出"),),
    ("五年级", "1班"): ((1, date(2026, 12, 1), "流失"),),
    ("五年级", "2班"): ((20, date(2026, 9, 2), "转出"), (-1, date(2026, 11, 16), "转入")),
}
# Pupils who have to share a name: (class, place) pairs; the first two sit in one class.
_NAMESAKES = (
    (("四年级", "3班", 6), ("四年级", "3班", 31)),
    (("四年级", "1班", 10), ("五年级", "2班", 17)),
)


def _names() -> list[str]:
    found = [p + s + b for p in _PREFIXES for s in _STEMS for b in _BRANCHES]
    Random(f"{SEED}|names").shuffle(found)
    return found


def _strengths(chance: Random, pupil_ids: list[str]) -> dict[str, dict[str, float]]:
    """A pupil's true standing by subject; the subjects share about half of it."""
    lift = chance.gauss(0, 0.12)
    found = {}
    for pupil_id in pupil_ids:
        general = chance.gauss(0, 1)
        own = math.sqrt(1 - 0.72**2)
        found[pupil_id] = {s: 0.72 * general + own * chance.gauss(0, 1) + lift for s in SUBJECTS}
    return found


def _pupil(chance: Random, plan: _Plan, place: int, name: str, strength: Mapping[str, float]) -> Pupil:
    best = max(SUBJECTS, key=lambda s: strength[s])
    strong = strength[best] > 0.6
    return Pupil(
        f"{plan.entry}{place:02d}",
        name,
        chance.choice("男女"),
        f"{(place - 1) // 8 + 1}-{(place - 1) % 8 + 1}",
        "、".join(chance.sample(_INTERESTS, chance.choice((1, 2, 2, 3)))),
        strong and chance.random() < 0.45,
        best if strong and chance.random() < 0.7 else "",
        chance.choice(_CARE) if chance.random() < 0.12 else "",
    )


def _apart(chance: Random, pupils: list[Pupil]) -> None:
    """Two or three pairs of classmates who had better not work together, written down on one side only."""
    for _ in range(chance.choice((2, 3))):
        one, other = chance.sample(range(len(pupils)), 2)
        pupils[one] = replace(pupils[one], avoid=pupils[other].pupil_id)


def _with_moves(made: SchoolClass) -> SchoolClass:
    pupils = {p.pupil_id: p for p in made.pupils}
    newest = made.pupils[-1].pupil_id
    moves = _MOVES.get(made.key, ())
    newcomers = {newest for place, _, _ in moves if place < 0}
    standing = [p for p in made.weakest() if p.pupil_id not in newcomers]
    for place, day, status in moves:
        target = newest if place < 0 else standing[place].pupil_id
        moved = {"joined": day} if place < 0 else {"left": day, "left_as": status}
        pupils[target] = replace(pupils[target], **moved)
    return replace(made, pupils=tuple(pupils.values()))


def _make_class(plan: _Plan, names: list[str]) -> SchoolClass:
    chance = Random(f"{SEED}|{plan.grade}{plan.name}|people")
    size = plan.size + any(place < 0 for place, _, _ in _MOVES.get((plan.grade, plan.name), ()))
    ids = [f"{plan.entry}{i:02d}" for i in range(1, size + 1)]
    strength = _strengths(chance, ids)
    if size > plan.size:  # the newcomer finds the going hard, so that a teacher will want to add them
        strength[ids[-1]] = {s: -1.6 - 0.1 * i for i, s in enumerate(SUBJECTS)}
    pupils = [_pupil(chance, plan, i, names.pop(), strength[p]) for i, p in enumerate(ids, 1)]
    _apart(chance, pupils)
    teachers = dict(zip(SUBJECTS, (plan.homeroom, plan.maths, plan.english), strict=True))
    made = SchoolClass(plan.grade, plan.name, plan.homeroom, teachers, tuple(pupils), strength)
    return _with_moves(made)


def _share_names(classes: list[SchoolClass]) -> list[SchoolClass]:
    places = {c.key: i for i, c in enumerate(classes)}
    for (grade, name, one), (other_grade, other_name, other) in _NAMESAKES:
        shared = classes[places[grade, name]].pupils[one].name
        there = classes[places[other_grade, other_name]]
        pupils = list(there.pupils)
        pupils[other] = replace(pupils[other], name=shared)
        classes[places[other_grade, other_name]] = replace(there, pupils=tuple(pupils))
    return classes


# ---- exams ---------------------------------------------------------------------------------------------


def _cell(scale: Scale, x: float) -> Cell:
    """A standing on the day as a mark in half points, or as a level."""
    if scale.full is None:
        return next((level for level, step in zip(LEVELS, scale.steps, strict=False) if x >= step), LEVELS[-1])
    bent = min(x, 3.0) - 0.12 * (min(x, 3.0) ** 2 - 1)  # a longer tail below than above, as easy papers have
    mark = scale.mean + scale.sd * bent
    return max(4.0, min(float(scale.full), round(mark * 2) / 2))


def _row(chance: Random, made: SchoolClass, pupil: Pupil) -> dict[str, Cell]:
    known, noise = math.sqrt(RELIABILITY), math.sqrt(1 - RELIABILITY)
    strength = made.strength[pupil.pupil_id]
    row = {s: _cell(SCALES[made.grade, s], known * strength[s] + noise * chance.gauss(0, 1)) for s in SUBJECTS}
    away = chance.random()
    if away < 0.012:
        return dict.fromkeys(SUBJECTS, "缺考")
    if away < 0.02:
        row[chance.choice(SUBJECTS)] = "缺考"
    return row


def _exam(made: SchoolClass, exam: str) -> dict[str, dict[str, Cell]]:
    """Cells of everybody on the office's list that day; one sick pupil has no mark in one subject yet."""
    chance = made.chance(exam)
    day = EXAM_DAYS.get(exam, date(2026, 7, 1))
    rows = {}
    for pupil in made.pupils:
        row = _row(chance, made, pupil)  # drawn for everybody, so that a move changes nobody else's marks
        if pupil.sits(day):
            rows[pupil.pupil_id] = row
    sick = chance.choice(sorted(rows))
    rows[sick][chance.choice(SUBJECTS)] = None
    return rows


def _special_rows(marks: dict[str, dict[str, dict[str, Cell]]], school: list[SchoolClass]) -> None:
    """What every school has: a pupil who was not there and stands with zeros, and one who is exempt."""
    by_key = {c.key: c for c in school}
    absent = by_key["四年级", "2班"].weakest()[4].pupil_id
    marks[MIDTERM][absent] = dict.fromkeys(SUBJECTS, 0.0)
    exempt = by_key["四年级", "1班"].weakest()[0].pupil_id
    for exam in marks:
        marks[exam][exempt]["英语"] = "免考"


@cache
def make_school() -> School:
    """The whole school with its four exams; equal in every run."""
    names = _names()
    classes = _share_names([_make_class(plan, names) for plan in _PLANS])
    marks: dict[str, dict[str, dict[str, Cell]]] = {}
    for exam in (PREVIOUS, BASELINE, MIDTERM, FINAL):
        marks[exam] = {}
        for made in classes:
            if not (exam == MIDTERM and made.grade in MIDTERM_BY_PROCESS):
                marks[exam].update(_exam(made, exam))
    _special_rows(marks, classes)
    return School(tuple(classes), marks)
