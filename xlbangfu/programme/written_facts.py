"""What a written summary needs to know of one subject of a class. Gathers and counts, says nothing.

Source: spec §3, §4.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from xlbangfu import schema
from xlbangfu.programme.classroom import Classroom, in_term
from xlbangfu.programme.conversion import CODES, base_list, latest_goals
from xlbangfu.programme.freezing import FrozenList, is_added, key_of
from xlbangfu.programme.plans import CLOSED, STOPPED, is_adjusted
from xlbangfu.programme.profiles import draft_causes
from xlbangfu.programme.progress import LEVEL_WITHIN_SD, dosage
from xlbangfu.programme.records import running_pairs
from xlbangfu.table import Row

_BLANK = Row()


@dataclass(frozen=True)
class Records:
    """The tables of a class as they stand, each by the code name of its sheet."""

    caseload: Sequence[Row] = ()
    observations: Sequence[Row] = ()
    plans: Sequence[Row] = ()
    pairs: Sequence[Row] = ()
    groups: Sequence[Row] = ()
    sessions: Sequence[Row] = ()
    activities: Sequence[Row] = ()
    process: Sequence[Row] = ()
    conversions: Sequence[Row] = ()
    conversion_stats: Sequence[Row] = ()
    progress: Sequence[Row] = ()


class Course:
    """One subject with its list.

    pupils: 学号 of everybody followed, ascending. counted: those of them that the base is made of (not 关注).
    """

    def __init__(self, room: Classroom, records: Records, frozen: FrozenList | None, subject: str) -> None:
        self.room, self.records, self.frozen, self.subject = room, records, frozen, subject
        self.teacher = room.teacher_of(subject)
        types = {pupil: kind for (pupil, s), kind in base_list(records.caseload, frozen).items() if s == subject}
        self.types = dict(sorted(types.items()))
        self.pupils = tuple(self.types)
        self.counted = tuple(p for p in self.pupils if self.types[p] != schema.WATCH)
        self.watched = tuple(p for p in self.pupils if self.types[p] == schema.WATCH)
        self.cases = {r["pupil_id"]: r for r in self._own(records.caseload)}

    def _own(self, rows: Iterable[Row]) -> list[Row]:
        return [r for r in rows if r.get("subject") == self.subject and r.get("pupil_id")]

    def name_of(self, pupil: str) -> str:
        """姓名 as 名册 has it, else as the lists keep it, else the 学号."""
        kept = [rows[pupil].get("name") for rows in (self.cases, self.conversions) if pupil in rows]
        return next((name for name in (self.room.name_of(pupil), *kept) if name), pupil)

    def names(self, pupils: Iterable[str]) -> str:
        """「示例甲、测试乙」."""
        return "、".join(self.name_of(p) for p in pupils)

    # -- the list ------------------------------------------------------------------------------------

    @property
    def pending(self) -> int:
        """Rows that the teacher has still to decide; 0 once the list is frozen."""
        if self.frozen is not None:
            return 0
        return sum(
            r.get("confirmed") in (None, schema.PENDING) and r.get("standing") != schema.NO_LONGER
            for r in self.cases.values()
        )

    @property
    def frozen_on(self) -> date | None:
        """冻结日期."""
        days = [r["frozen_on"] for p, r in self.cases.items() if p in self.types and r.get("frozen_on")]
        return min(days, default=None)

    def causes_of(self, pupil: str) -> tuple[str, ...]:
        """困难原因 of the plan, else as 观察 of the term has them. At least one."""
        planned = next((r["causes"] for r in self.plans.get(pupil, ()) if r.get("causes")), None)
        if planned:
            return tuple(planned)
        return draft_causes(pupil, self.subject, [r for r in self.records.observations if in_term(r, self._settings)])

    # -- what was planned and done -------------------------------------------------------------------

    @property
    def _settings(self) -> Any:
        return self.room.settings

    @cached_property
    def plans(self) -> dict[str, list[Row]]:
        """学号 → rows of 帮扶计划, one per measure."""
        found: dict[str, list[Row]] = {}
        for row in self._own(self.records.plans):
            if row["pupil_id"] in self.types:
                found.setdefault(row["pupil_id"], []).append(row)
        return found

    def measures(self, pupils: Iterable[str], *, without: Sequence[str] = (STOPPED,)) -> list[Row]:
        """Rows of these pupils' plans whose 状态 is not among `without`."""
        return [r for p in pupils for r in self.plans.get(p, ()) if r.get("state") not in without]

    @property
    def pairs(self) -> list[Row]:
        """Rows of 结对 that a teacher confirmed and that have not ended."""
        return [
            r
            for r in running_pairs(self.records.pairs)
            if r.get("subject") == self.subject and r.get("tutee_id") in self.types
        ]

    def sessions(self, phase: str) -> dict[str, list[Row]]:
        """学号 → sessions up to the phase's day, for every pupil of the list; what counts is what 进步 counts."""
        until = self.room.day(phase)
        found: dict[str, list[Row]] = {p: [] for p in self.pupils}
        for row in self.records.sessions:
            pupil = row.get("pupil_id")
            if pupil in found and dosage((row,), (pupil, self.subject), until, self.room).sessions:
                found[pupil].append(row)
        return found

    def activities(self, phase: str) -> list[Row]:
        """Rows of 活动 of the term up to the phase's day, with a 类别."""
        until = self.room.day(phase)
        return [
            r
            for r in self.records.activities
            if r.get("category")
            and in_term(r, self._settings)
            and (until is None or r.get("date") is None or r["date"] <= until)
        ]

    # -- what came of it -----------------------------------------------------------------------------

    @cached_property
    def conversions(self) -> dict[str, Row]:
        """学号 → row of 转化, those that came after the freezing too."""
        return {r["pupil_id"]: r for r in self._own(self.records.conversions)}

    @property
    def added(self) -> list[str]:
        """学号 of those who came after the freezing."""
        return sorted(p for p, row in self.conversions.items() if is_added(row))

    def stat(self, phase: str) -> Row | None:
        """The row of 转化统计."""
        rows = self.records.conversion_stats
        return next((r for r in rows if (r.get("subject"), r.get("phase")) == (self.subject, phase)), None)

    def state(self, pupil: str, phase: str) -> str | None:
        """期中状态 or 期末状态."""
        return self.conversions.get(pupil, _BLANK).get(f"{CODES[phase]}_state")

    def in_state(self, state: str, phase: str) -> list[str]:
        """学号 of the base's pupils in that state."""
        return [p for p in self.counted if self.state(p, phase) == state]

    def by_process(self, phase: str) -> bool:
        """True where the phase rests on 过程评价."""
        return self.room.basis(phase) == schema.BY_PROCESS

    def absent_word(self, phase: str) -> str:
        """What 缺考 is called: a phase without an exam has nobody who missed one."""
        return "没有过程评价" if self.by_process(phase) else schema.ABSENT

    def progress(self, phase: str) -> dict[str, Row]:
        """学号 → row of 进步."""
        return {r["pupil_id"]: r for r in self._own(self.records.progress) if r.get("phase") == phase}

    def trends(self, phase: str) -> dict[str, str]:
        """学号 → 趋势; without one (no r, or 进步 not made yet) the bare direction of z; missing if unknown."""
        rows = self.progress(phase)
        found: dict[str, str] = {}
        for pupil in self.pupils:
            row, kept = rows.get(pupil, _BLANK), self.conversions.get(pupil, _BLANK)
            before, after = kept.get("baseline_z"), kept.get(f"{CODES[phase]}_z")
            change = row.get("change")
            if change is None and before is not None and after is not None:
                change = after - before
            if row.get("trend"):
                found[pupil] = row["trend"]
            elif change is not None:
                found[pupil] = _direction(change)
        return found

    def goals(self, phase: str) -> dict[str, str]:
        """学号 → 目标达成."""
        return {p: goal for (p, s), goal in latest_goals(self.records.process, phase)[0].items() if s == self.subject}

    def unadjusted(self, pupils: Iterable[str]) -> list[str]:
        """Those of the pupils who have a plan in which nothing was adjusted or brought to an end."""
        return [
            p
            for p in pupils
            if p in self.plans
            and not any(is_adjusted(r) for r in self.plans[p])
            and not all(r.get("state") in CLOSED for r in self.plans[p])
        ]


def _direction(change: Any) -> str:
    if abs(change) < LEVEL_WITHIN_SD:
        return schema.LEVEL
    return schema.UP if change > 0 else schema.DOWN


def courses(room: Classroom, records: Records, frozen: FrozenList | None) -> list[Course]:
    """Every subject with somebody on the list, as 任课 has them in order; 综合 has no teacher and no paper."""
    followed = {subject for _, subject in base_list(records.caseload, frozen)} | {
        key_of(r)[1] for r in records.caseload if r.get("confirmed") in (None, schema.PENDING) and all(key_of(r))
    }
    known = [s.name for s in room.subjects]
    others = sorted(followed - {*known, schema.GENERAL_SUBJECT})
    return [Course(room, records, frozen, s) for s in (*known, *others) if s in followed]
