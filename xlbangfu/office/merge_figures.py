"""Figures of a school from followed rows: every rate is counted anew over its own rows, never averaged. Pure.

Source: spec §6 (figures), §4.4 (rate, interval, expectation).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from xlbangfu import schema
from xlbangfu.office.merge_choice import Seats
from xlbangfu.office.merge_norms import Member, reference_kinds
from xlbangfu.office.merge_order import natural_key, squeezed, subject_key
from xlbangfu.programme.classroom import Classroom
from xlbangfu.programme.conversion import CODES, IN_BASE, Conversions, Tally, reference_kind, stats_row
from xlbangfu.programme.freezing import is_added, key_of
from xlbangfu.programme.identity import name_key
from xlbangfu.programme.numbers import percent
from xlbangfu.schema import ABSENT, AWAITING_NORMS, NOT_APPLICABLE, NOT_SAT
from xlbangfu.table import Row

SCHOOL, GRADE, CLASS, SUBJECT, TEACHER = "全校", "年级", "班级", "学科", "教师"
NO_TEACHER = "（未填）"
_SAID_AGAIN = ("人数少，仅供参考", "未设目标", "参照不一：")  # sentences that stats_row adds by itself


@dataclass(frozen=True)
class Place:
    """Where a figure belongs; None = all of them. Teachers are told apart by their names alone."""

    grade: str | None = None
    class_name: str | None = None
    subject: str | None = None
    teacher: str | None = None


@dataclass(frozen=True)
class Lesson:
    """One subject taught in one class: what its rows share. policy: how the 制度 is named in 说明."""

    place: Place
    policy: str
    shares: Mapping[str, Fraction | None]  # target by phase
    zone: Fraction  # 识别比例
    by_process: Mapping[str, bool]
    sat: Mapping[str, bool]  # False while nothing is entered for anybody of the class, by phase
    notes: Mapping[str, str]  # 说明 of the class's own row, by phase


@dataclass(frozen=True)
class Followed:
    """One row of the list: a pupil in a subject. counted: False where the pupil counts in another class or nowhere."""

    lesson: Lesson
    row: Row
    reference: str
    counted: bool
    elsewhere: str = ""

    def state(self, phase: str) -> str | None:
        """期中状态 or 期末状态."""
        return self.row.get(f"{CODES[phase]}_state")

    def chance(self, phase: str) -> float | None:
        """期中自然概率 or 期末自然概率."""
        return self.row.get(f"{CODES[phase]}_chance")

    @property
    def tallied(self) -> bool:
        """True for rows that stand in 转化统计 at all: no 综合, no 关注 but as 新增, counted here."""
        followed_only = self.row["case_type"] == schema.WATCH and not is_added(self.row)
        return self.counted and not followed_only and self.row["subject"] != schema.GENERAL_SUBJECT


def lessons_of(member: Member, room: Classroom, found: Conversions, label: str) -> dict[str, Lesson]:
    """Every subject of the class with what its rows share; label: the 制度 as 说明 names it."""
    settings = member.parts.settings
    notes = {(r["subject"], r["phase"]): r.get("note") or "" for r in found.stats}
    names = [s.name for s in room.subjects] + [r["subject"] for r in found.rows]
    return {
        name: Lesson(
            Place(settings["grade"], settings["class_name"], name, room.teacher_of(name) or NO_TEACHER),
            label,
            {phase: room.target(phase) for phase in schema.PHASES},
            room.share,
            {phase: room.basis(phase) == schema.BY_PROCESS for phase in schema.PHASES},
            {phase: _sat(room, found, name, phase) for phase in schema.PHASES},
            {phase: notes.get((name, phase), "") for phase in schema.PHASES},
        )
        for name in dict.fromkeys(names)
    }


def _sat(room: Classroom, found: Conversions, subject: str, phase: str) -> bool:
    """True if anything was entered for the class in that subject and phase (else the phase is 未考 for it)."""
    if room.basis(phase) == schema.BY_PROCESS:
        states = {r[f"{CODES[phase]}_state"] for r in found.rows if r["subject"] == subject}
        return bool(states & set(IN_BASE))
    exam = room.exam(phase)
    return bool(exam) and room.column(exam, subject).typed


def followed_rows(
    member: Member, room: Classroom, found: Conversions, lessons: Mapping[str, Lesson], seats: Seats
) -> list[Followed]:
    """The rows of 转化 with what the school needs to know about each."""
    kinds = reference_kinds(member.parts)
    file = member.parts.file
    return [
        Followed(
            lessons[row["subject"]],
            row,
            reference_kind(room, key_of(row), kinds),
            seats.counts(file, row["pupil_id"]),
            seats.elsewhere.get((file, row["pupil_id"]), ""),
        )
        for row in found.rows
    ]


# ---- adding up ----------------------------------------------------------------------------------------


def add_up(rows: Iterable[Followed], lessons: Sequence[Lesson], place: Place, phase: str) -> Row:
    """The figures of one group at one phase, as a row of 转化统计 with 年级 and 班级.

    lessons: all that belong to the group, also those without a row. Targets that differ between them leave 目标
    and 达标 blank. Source: spec §4.4, §6.
    """
    tally = Tally(phase, place.subject or "", place.teacher or "", _one_target(lessons, phase))
    everybody = list(rows)
    sat = _sat_somewhere(lessons, phase)
    missed = 0
    for followed in everybody:
        if not followed.tallied:
            continue
        state, chance = followed.state(phase) or NOT_SAT, followed.chance(phase)
        if state == NOT_SAT and (followed.lesson.place.grade, followed.lesson.place.subject) in sat:
            state, chance, missed = ABSENT, None if followed.lesson.by_process[phase] else 0.0, missed + 1
        tally.add(state, chance, followed.reference)
    tally.notes += _notes(tally, everybody, lessons, phase)
    if missed:
        tally.notes.append(f"有的班没有登记这次成绩，其中 {missed} 人次按缺考计")
    row = stats_row(tally)
    if _targets_differ(lessons, phase):
        row["note"] = "；".join(n for n in row["note"].split("；") if n != "未设目标")
    return row.changed(grade=place.grade, class_name=place.class_name, subject=place.subject, teacher=place.teacher)


def _sat_somewhere(lessons: Iterable[Lesson], phase: str) -> set[tuple[str | None, str | None]]:
    """(年级, 学科) that some class of the group has entered.

    未考 is said of a set of classes: while every cell of the set is blank. Where one class has sat the exam, the
    pupils of a class that entered nothing were not there, and count as 缺考. Source: spec §4.4.
    """
    return {(lesson.place.grade, lesson.place.subject) for lesson in lessons if lesson.sat[phase]}


def _targets(lessons: Iterable[Lesson], phase: str) -> list[Fraction | None]:
    return list(dict.fromkeys(lesson.shares[phase] for lesson in lessons))


def _targets_differ(lessons: Iterable[Lesson], phase: str) -> bool:
    return len(_targets(lessons, phase)) > 1


def _one_target(lessons: Iterable[Lesson], phase: str) -> Fraction | None:
    found = _targets(lessons, phase)
    return found[0] if len(found) == 1 else None


def _notes(tally: Tally, rows: Sequence[Followed], lessons: Sequence[Lesson], phase: str) -> list[str]:
    if (own := _own_notes(lessons, rows, phase)) is not None:
        return own
    notes = []
    if apart := sum(not f.counted for f in rows):
        notes.append(f"另有 {apart} 人次因学生在两个班在读，不在这里计")
    if waiting := tally.count(NOT_SAT):
        notes.append(f"未考：名单 {waiting} 人次")
    if waiting := tally.count(AWAITING_NORMS):
        notes.append(f"待常模：{waiting} 人次")
    if without := tally.count(NOT_APPLICABLE):
        notes.append(f"区分度不足：{without} 人次不适用")
    based = [f for f in rows if f.tallied and f.state(phase) in IN_BASE]
    notes += _mixed(based, phase)
    if _targets_differ(lessons, phase):
        shown = "、".join(percent(t, 2) if t is not None else "未设" for t in _sorted_targets(lessons, phase))
        notes.append(f"目标不一（{shown}），达标按班看")
    notes += _unknown_chances(based, phase)
    if not tally.base and not notes:
        notes.append("名单上没有人，不适用")
    return notes


def _own_notes(lessons: Sequence[Lesson], rows: Sequence[Followed], phase: str) -> list[str] | None:
    """For a single class's subject the sentences of its own 转化统计, which know the reasons."""
    if len(lessons) != 1 or not lessons[0].notes[phase] or not all(f.counted for f in rows):
        return None
    sentences = lessons[0].notes[phase].split("；")
    return [n for n in sentences if not n.startswith(_SAID_AGAIN)]


def _sorted_targets(lessons: Iterable[Lesson], phase: str) -> list[Fraction | None]:
    return sorted(_targets(lessons, phase), key=lambda t: (t is None, t or 0))


def _mixed(based: Sequence[Followed], phase: str) -> list[str]:
    """What rows counted together do not share: 制度, 识别比例, 依据 (参照 is said by stats_row). Source: spec §6."""
    notes = []
    policies = Counter(f.lesson.policy for f in based)
    if len(policies) > 1:
        named = sorted(policies.items(), key=lambda item: natural_key(item[0]))
        notes.append("制度不一：" + "、".join(f"{name} {n} 人次" for name, n in named))
    zones = sorted({f.lesson.zone for f in based})
    if len(zones) > 1:
        notes.append("识别比例不一：" + "、".join(percent(z, 2) for z in zones))
    bases = Counter(f.lesson.by_process[phase] for f in based)
    if len(bases) > 1:
        notes.append(f"依据不一：考试 {bases[False]} 人次、过程评价 {bases[True]} 人次")
    return notes


def _unknown_chances(based: Sequence[Followed], phase: str) -> list[str]:
    unknown = sum(f.chance(phase) is None for f in based)
    if not unknown:
        return []
    return [f"{unknown} 人次没有自然概率（过程评价，或缺少与基线的相关系数），没有预期自然转化率"]


# ---- groups --------------------------------------------------------------------------------------------

Cut = Callable[[Place], Place]
# 层级, then which parts of the place a group keeps; totals stand before what they are made of.
GROUPINGS: tuple[tuple[str, tuple[Cut, ...]], ...] = (
    (SCHOOL, (lambda p: Place(),)),
    (GRADE, (lambda p: Place(p.grade), lambda p: Place(p.grade, None, p.subject))),
    (CLASS, (lambda p: Place(p.grade, p.class_name), lambda p: p)),
    (SUBJECT, (lambda p: Place(None, None, p.subject),)),
    (TEACHER, (lambda p: Place(None, None, None, p.teacher),)),
)


def compared(place: Place) -> Place:
    """The place without differences of blanks and full-width forms, so that one class is one group."""
    grade, name, subject = (None if v is None else squeezed(v) for v in (place.grade, place.class_name, place.subject))
    return Place(grade, name, subject, None if place.teacher is None else name_key(place.teacher))


@dataclass
class Group:
    """All lessons and followed rows of one place at one level."""

    level: str
    place: Place
    lessons: list[Lesson]
    rows: list[Followed]

    def figures(self, phase: str) -> Row:
        """The row of stats at that phase."""
        return add_up(self.rows, self.lessons, self.place, phase).changed(level=self.level)


def group(lessons: Iterable[Lesson], rows: Iterable[Followed]) -> list[Group]:
    """Every group of every level, in school order."""
    found: dict[tuple[str, int, Place], Group] = {}
    places: dict[int, list[Group]] = {}
    for lesson in lessons:
        if lesson.place.subject == schema.GENERAL_SUBJECT:
            continue
        for level, cuts in GROUPINGS:
            for i, cut in enumerate(cuts):
                kept = cut(lesson.place)
                own = found.setdefault((level, i, compared(kept)), Group(level, kept, [], []))
                own.lessons.append(lesson)
                places.setdefault(id(lesson), []).append(own)
    for followed in rows:
        for own in places.get(id(followed.lesson), ()):
            own.rows.append(followed)
    order = [level for level, _ in GROUPINGS]
    return [g for _, g in sorted(found.items(), key=lambda item: (order.index(item[0][0]), *_place_key(item[1].place)))]


def _place_key(place: Place) -> tuple[Any, ...]:
    return (
        natural_key(place.grade or ""),
        natural_key(place.class_name or ""),
        (place.subject is not None, subject_key(place.subject or "")),
        place.teacher or "",
    )


def stats_of(groups: Iterable[Group]) -> list[Row]:
    """One row per group and phase."""
    return [g.figures(phase) for g in groups for phase in schema.PHASES]
