"""Conversion: who left the caseload's zone by midterm or final, and what chance alone would have done.

Source: spec §4.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.chances import luck, natural_chance, successes_needed, wilson_interval
from xlbangfu.programme.classroom import BASELINE, Classroom, left_by, there_on
from xlbangfu.programme.exits import GOAL_MET, GOAL_RANK, Standing, meets, threshold
from xlbangfu.programme.freezing import FrozenList, Key, is_added, key_of
from xlbangfu.programme.norms import Reference
from xlbangfu.programme.scores import Result
from xlbangfu.schema import (
    ABSENT,
    ADDED,
    AWAITING_NORMS,
    CLASS_REFERENCE,
    CONVERTED,
    DROPPED_OUT,
    GENERAL_SUBJECT,
    GRADE_REFERENCE,
    NOT_APPLICABLE,
    NOT_CONVERTED,
    NOT_SAT,
    TRANSFERRED,
)
from xlbangfu.table import Row

SMALL_BASE = 5
IN_BASE = (CONVERTED, NOT_CONVERTED, ABSENT)  # states that a base is made of
CODES = {schema.MIDTERM: "midterm", schema.FINAL: "final"}


@dataclass
class Tally:
    """What one subject and phase adds up to. chances: P of every base row, None = unknown."""

    phase: str
    subject: str
    teacher: str = ""
    target: Fraction | None = None
    states: dict[str, int] = field(default_factory=dict)
    chances: list[float | None] = field(default_factory=list)
    references: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    by_process: bool = False

    def count(self, state: str) -> int:
        """Number of rows with that state."""
        return self.states.get(state, 0)

    @property
    def base(self) -> int:
        """基数 = 已转化 + 未转化 + 缺考."""
        return self.count(CONVERTED) + self.count(NOT_CONVERTED) + self.count(ABSENT)

    def add(self, state: str, chance: float | None, reference: str) -> None:
        """Count one row."""
        self.states[state] = self.states.get(state, 0) + 1
        if state in IN_BASE:
            self.chances.append(chance)
            self.references[reference] = self.references.get(reference, 0) + 1

    def remark(self, sentence: str) -> None:
        """Keep a sentence for 说明, once."""
        if sentence and sentence not in self.notes:
            self.notes.append(sentence)


def target_met(converted: int, base: int, target: Fraction) -> bool:
    """已转化 ≥ target × base, exactly: 2 of 5 meets 40 %. Source: spec §4.4."""
    return converted >= target * base


def stats_row(tally: Tally) -> Row:
    """The row of 转化统计 for a tally: rate as an exact Fraction, never bare. Source: spec §4.4."""
    base, converted = tally.base, tally.count(CONVERTED)
    interval = wilson_interval(converted, base)
    rate = Fraction(converted, base) if base else None
    expected, chance_of_target = _expectation(tally, base)
    notes = list(tally.notes)
    if 0 < base < SMALL_BASE:
        notes.insert(0, "人数少，仅供参考")
    met: str | None = None
    if tally.target is None:
        notes.append("未设目标")
    elif base:
        met = schema.YES if target_met(converted, base, tally.target) else schema.NO
    elif not any(tally.count(s) for s in (NOT_SAT, AWAITING_NORMS)):
        met = NOT_APPLICABLE
    if len(tally.references) > 1:
        notes.append("参照不一：" + "、".join(f"{k} {v} 人" for k, v in sorted(tally.references.items())))
    return Row(
        {
            "subject": tally.subject,
            "teacher": tally.teacher,
            "phase": tally.phase,
            "reference": max(sorted(tally.references), key=lambda k: tally.references[k], default=None),
            "base": base,
            "converted": converted,
            "not_converted": tally.count(NOT_CONVERTED),
            "absent": tally.count(ABSENT),
            "transferred": tally.count(TRANSFERRED),
            "added": tally.count(ADDED),
            "rate": rate,
            "low": interval[0] if interval else None,
            "high": interval[1] if interval else None,
            "target": tally.target,
            "met": met,
            "expected": expected,
            "net": float(rate) - expected if rate is not None and expected is not None else None,
            "luck": chance_of_target,
            "note": "；".join(dict.fromkeys(n for n in notes if n)),
        }
    )


def _expectation(tally: Tally, base: int) -> tuple[float | None, float | None]:
    known = [p for p in tally.chances if p is not None]
    if not base or len(known) < base:
        return None, None
    expected = math.fsum(known) / base
    if tally.target is None:
        return expected, None
    return expected, luck(known, successes_needed(tally.target, base))


class _Phase:
    """One subject at one phase: everything that does not depend on the pupil."""

    def __init__(self, room: Classroom, subject: str, phase: str, process: Mapping[Key, str], seen: bool) -> None:
        self.room, self.subject, self.phase = room, subject, phase
        self.by_process = room.basis(phase) == schema.BY_PROCESS
        self.rule: rules.ExitRule = rules.GoalMet() if self.by_process else room.policy.exit
        self.process, self.seen = process, seen
        self.exam, self.day = room.exam(phase), room.day(phase)
        self.has_goal = rules.uses(self.rule, rules.GoalMet)
        self.r = None if self.has_goal else room.correlation(phase, subject)
        self.tally = Tally(phase, subject, room.teacher_of(subject), room.target(phase), by_process=self.by_process)

    @property
    def not_sat(self) -> bool:
        """未考: nothing entered for anybody."""
        if self.by_process:
            return not self.seen
        return not self.exam or not self.room.column(self.exam, self.subject).typed

    def state(self, pupil_id: str, kind: str) -> tuple[str, float | None, float | None]:
        """(state, natural chance, z at t) of one base row of the frozen list."""
        pupil = self.room.pupils.get(pupil_id)
        if pupil is not None and left_by(pupil, self.day):
            return TRANSFERRED, None, None
        if self.not_sat:
            return NOT_SAT, None, None
        goal = self.process.get((pupil_id, self.subject))
        if self.by_process:
            return self._by_goal(None if self._dropped_out(pupil) else goal), None, None
        return self._by_exam(pupil_id, pupil, kind, goal)

    def _dropped_out(self, pupil: Row | None) -> bool:
        """True for a pupil 流失 by the phase's date: stays in the base and counts as 缺考 (spec §3)."""
        return pupil is not None and pupil.get("status") == DROPPED_OUT and not there_on(pupil, self.day)

    def _by_goal(self, goal: str | None) -> str:
        if goal is None:
            return ABSENT
        return CONVERTED if GOAL_RANK[goal] >= GOAL_MET else NOT_CONVERTED

    def _by_exam(
        self, pupil_id: str, pupil: Row | None, kind: str, goal: str | None
    ) -> tuple[str, float | None, float | None]:
        reference = self.room.reference(self.exam, self.subject, kind)
        if reference is None and kind == GRADE_REFERENCE:
            return AWAITING_NORMS, None, None
        if reference is not None and rules.uses(self._needed(pupil_id), rules.LeaveZone):
            if reference.cut(self.room.share) is None:
                self.tally.remark("区分度不足：人人同分，没有识别线")
                return NOT_APPLICABLE, None, None
            self._remark_lowered(reference)
        result = self._valid_result(pupil_id, pupil, reference)
        standing = self._standing(pupil_id, result, reference, kind, goal)
        if result is None or reference is None:
            return ABSENT, None if self.has_goal or self.r is None else 0.0, None
        state = CONVERTED if meets(self.rule, standing) else NOT_CONVERTED
        return state, self._chance(standing), reference.z(result)

    def _needed(self, pupil_id: str) -> rules.ExitRule:
        """The rule as it applies here: level_up on a baseline in marks falls back to leave_zone."""
        x0 = self.room.result(self.room.exam(BASELINE), self.subject, pupil_id)
        if rules.uses(self.rule, rules.LevelUp) and isinstance(x0, Fraction):
            self.tally.remark("基线是分数，升级无法判断，按离开识别区计")
            return rules.LeaveZone()
        return self.rule

    def _remark_lowered(self, reference: Reference) -> None:
        if reference.cut_is_lowered(self.room.share):
            self.tally.remark("区分度不足：识别线取最高分以下")

    def _valid_result(self, pupil_id: str, pupil: Row | None, reference: Reference | None) -> Result | None:
        result = self.room.result(self.exam, self.subject, pupil_id)
        if result is None or reference is None or not reference.knows(result):
            return None
        return None if self._dropped_out(pupil) else result

    def _standing(
        self, pupil_id: str, result: Result | None, reference: Reference | None, kind: str, goal: str | None
    ) -> Standing:
        baseline = self.room.exam(BASELINE)
        return Standing(
            self.room.share,
            self.room.result(baseline, self.subject, pupil_id),
            self.room.reference(baseline, self.subject, kind),
            result,
            reference,
            goal,
        )

    def _chance(self, standing: Standing) -> float | None:
        if self.has_goal or self.r is None:
            return None
        b = threshold(self.rule, standing)
        return None if b is None else natural_chance(b, standing.z0, self.r)

    def close(self) -> Row:
        """The row of 转化统计, with the reasons for what is blank."""
        tally = self.tally
        if waiting := tally.count(NOT_SAT):
            tally.remark(f"未考：名单 {waiting} 人")
        if waiting := tally.count(AWAITING_NORMS):
            tally.remark(f"待常模：“{self.exam}”的年级常模还没有导入，名单 {waiting} 人")
        if tally.base and self.has_goal:
            tally.remark("按过程评价，没有预期自然转化率")
        elif tally.base and self.r is None:
            tally.remark("缺少与基线的相关系数（无常模，且本班两次都考的不足 20 人），没有预期自然转化率")
        if not tally.base and not tally.notes:
            tally.remark("名单上没有人，不适用")
        return stats_row(tally)


def latest_goals(process: Iterable[Row], phase: str) -> tuple[dict[Key, str], set[str]]:
    """目标达成 by (学号, 学科) at that phase, and the subjects that have any row.

    The latest row decides; of rows of one date the lower one. Source: spec §4.4.
    """
    best: dict[Key, tuple[date, int]] = {}
    subjects: set[str] = set()
    for row in process:
        goal = row.get("goal")
        if row.get("phase") != phase or goal not in GOAL_RANK or not all(key_of(row)):
            continue
        subjects.add(row["subject"])
        entry = (row.get("date") or date.min, -GOAL_RANK[goal])
        if key_of(row) not in best or entry > best[key_of(row)]:
            best[key_of(row)] = entry
    return {key: schema.GOAL_LEVELS[-rank] for key, (_, rank) in best.items()}, subjects


def _reference_kinds(room: Classroom, caseload: Iterable[Row]) -> dict[Key, str]:
    """参照 of every row of 学困生; rows without one are taken as they would be flagged today."""
    return {key_of(r): r["reference"] for r in caseload if r.get("reference")}


def base_list(caseload: Sequence[Row], frozen: FrozenList | None) -> dict[Key, str]:
    """(学号, 学科) → 类型 of the rows to follow: the frozen list, else what is confirmed and qualifies now."""
    if frozen is not None:
        return dict(frozen.types)
    return {
        key_of(r): r.get("case_type") or schema.STRUGGLING
        for r in caseload
        if r.get("confirmed") == schema.YES and r.get("standing") != schema.NO_LONGER and all(key_of(r))
    }


@dataclass(frozen=True)
class Conversions:
    """Rows for 转化 (one per followed row) and 转化统计 (one per subject and phase)."""

    rows: list[Row]
    stats: list[Row]


def convert(
    room: Classroom,
    caseload: Sequence[Row],
    process: Sequence[Row] = (),
    frozen: FrozenList | None = None,
    known: Sequence[Row] = (),
) -> Conversions:
    """Hold the list against midterm and final. known: the rows of 转化 as they stand. Source: spec §4.4."""
    listed = base_list(caseload, frozen)
    added = _added_rows(caseload, known, listed) if frozen is not None else {}
    kinds = {**(frozen.references if frozen is not None else {}), **_reference_kinds(room, caseload)}
    order = {s.name: i for i, s in enumerate(room.subjects)}
    keys = sorted((*listed, *added), key=lambda k: (order.get(k[1], len(order)), k[1], k[0]))
    rows = {key: _start_row(room, key, listed.get(key) or added[key], kinds) for key in keys}
    stats: list[Row] = []
    subjects = [*order, *sorted({s for _, s in keys} - set(order) - {GENERAL_SUBJECT})]
    phases = {phase: latest_goals(process, phase) for phase in schema.PHASES}
    for subject in (*subjects, GENERAL_SUBJECT):
        for phase in schema.PHASES:
            goals, seen = phases[phase]
            at = _Phase(room, subject, phase, goals, subject in seen)
            for key in (k for k in keys if k[1] == subject):
                _fill(at, rows[key], key, kinds, is_new=key in added)
            if subject != GENERAL_SUBJECT:
                stats.append(at.close())
    return Conversions([rows[k] for k in keys], stats)


def _added_rows(caseload: Sequence[Row], known: Sequence[Row], listed: Mapping[Key, str]) -> dict[Key, str]:
    """Confirmed after the freezing, or shown as 新增 before: apart from the list, never in the base."""
    now = {key: kind for key, kind in base_list(caseload, None).items() if key not in listed}
    before = {key_of(r): r.get("case_type") or schema.STRUGGLING for r in known if is_added(r)}
    return {key: kind for key, kind in {**before, **now}.items() if key not in listed and all(key)}


def _start_row(room: Classroom, key: Key, case_type: str, kinds: Mapping[Key, str]) -> Row:
    pupil_id, subject = key
    baseline = room.exam(BASELINE)
    values: dict[str, Any] = {
        "pupil_id": pupil_id,
        "name": room.name_of(pupil_id),
        "subject": subject,
        "case_type": case_type,
        "baseline": room.result(baseline, subject, pupil_id),
        "baseline_z": room.z(baseline, subject, pupil_id, reference_kind(room, key, kinds)),
    }
    return Row(values)


def reference_kind(room: Classroom, key: Key, kinds: Mapping[Key, str]) -> str:
    """参照 of a followed row; one without it is taken as it would be flagged today."""
    if key in kinds:
        return kinds[key]
    return GRADE_REFERENCE if room.norms_row(room.exam(BASELINE), key[1]) is not None else CLASS_REFERENCE


def _fill(at: _Phase, row: Row, key: Key, kinds: Mapping[Key, str], *, is_new: bool) -> None:
    code, kind = CODES[at.phase], reference_kind(at.room, key, kinds)
    state, chance, z = at.state(key[0], kind)
    counted = row["case_type"] != schema.WATCH and key[1] != GENERAL_SUBJECT
    row[code] = at.room.result(at.exam, key[1], key[0])
    row[f"{code}_z"] = z if z is not None else at.room.z(at.exam, key[1], key[0], kind)
    row[f"{code}_state"] = ADDED if is_new else state if counted else NOT_APPLICABLE
    row[f"{code}_chance"] = chance if counted and not is_new else None
    if is_new:
        at.tally.add(ADDED, None, kind)
    elif counted:
        at.tally.add(state, chance, kind)
