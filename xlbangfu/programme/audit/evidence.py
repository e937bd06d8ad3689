"""What a class workbook can show for its 制度: the tables of one class, asked the way the audit asks. Pure.

Source: spec §5 (checks read only the workbook).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from xlbangfu import schema
from xlbangfu.programme.classroom import Classroom, in_term, is_active
from xlbangfu.programme.conversion import CODES, IN_BASE, Conversions
from xlbangfu.programme.periods import Period, asked_of, due, periods
from xlbangfu.programme.plans import STOPPED
from xlbangfu.schema import GENERAL_SUBJECT, Sheet
from xlbangfu.table import Row

LONGEST_TERM_DAYS = 366  # more is a slip of the year (1926-09-01), and would ask for thousands of weeks


@dataclass(frozen=True)
class Pupil:
    """Somebody who gets support. since: day of the first 识别日期, None if unknown."""

    pupil_id: str
    name: str
    since: date | None


@dataclass
class Evidence:
    """One class as the audit sees it.

    followed: rows of 学困生 that get support. caseload: all of them. tables: rows by label of the sheet.
    conversions: recomputed from the rows, so that nobody's typing decides. frozen: whether the list is frozen.
    """

    room: Classroom
    today: date
    followed: Sequence[Row]
    caseload: Sequence[Row] = ()
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    conversions: Conversions = field(default_factory=lambda: Conversions([], []))
    frozen: bool = False

    def rows(self, sheet: Sheet) -> list[Row]:
        """Rows of a sheet; of events those of the term up to today."""
        found = self.tables.get(sheet.label, ())
        if not sheet.has("date"):
            return list(found)
        return [r for r in found if in_term(r, self.settings) and (r.get("date") is None or r["date"] <= self.today)]

    @property
    def settings(self) -> Mapping[str, Any]:
        """设置 by code name."""
        return self.room.settings

    @cached_property
    def pupils(self) -> list[Pupil]:
        """Everybody who gets support, each once, in the order of 学困生."""
        found: dict[str, list[Row]] = {}
        for row in self.followed:
            found.setdefault(row["pupil_id"], []).append(row)
        return [
            Pupil(
                pupil_id,
                self.name(pupil_id),
                min((r["screened_on"] for r in rows if r.get("screened_on")), default=None),
            )
            for pupil_id, rows in found.items()
        ]

    @property
    def subjects(self) -> list[str]:
        """学科 with somebody on the list that counts for a rate, in the order of 任课."""
        listed = {r["subject"] for r in self.followed if r.get("case_type") != schema.WATCH and r.get("subject")}
        listed -= {GENERAL_SUBJECT}
        order = [s.name for s in self.room.subjects]
        return [s for s in order if s in listed] + sorted(listed - set(order))

    @cached_property
    def everyone(self) -> list[Row]:
        """Rows of 名册 of those who are in the class now."""
        return [row for row in self.room.pupils.values() if is_active(row)]

    def name(self, pupil_id: str) -> str:
        """姓名, or the 学号 where there is none; both where two pupils of the class have one name."""
        name = self.room.name_of(pupil_id)
        return f"{name} {pupil_id}" if name in self._shared_names else name or pupil_id

    @cached_property
    def _shared_names(self) -> set[str]:
        counted = Counter(row.get("name") for row in self.room.pupils.values())
        return {name for name, n in counted.items() if name and n > 1}

    def case(self, row: Mapping[str, Any], phase: str = "") -> str:
        """A pupil and a subject as `missing` tells them: 示例甲（语文）."""
        return f"{self.name(row['pupil_id'])}（{row.get('subject') or '没有学科'}{phase}）"

    # -- time ------------------------------------------------------------------------------------------

    def over(self, phase: str) -> bool:
        """True once the phase's date has passed; a phase without a date is over when it has results."""
        day = self.room.day(phase)
        return self.today >= day if day is not None else self.has_results(phase)

    def has_results(self, phase: str) -> bool:
        """True if anybody on the list was judged at that phase; 关注, 转出 and 新增 say nothing about it."""
        return any(r.get(f"{CODES[phase]}_state") in IN_BASE for r in self.conversions.rows)

    @property
    def dated(self) -> bool:
        """True if 学期开始 and 学期结束 make a term: without one no period can be counted."""
        start, end = self.settings.get("term_start"), self.settings.get("term_end")
        return start is not None and end is not None and 0 <= (end - start).days <= LONGEST_TERM_DAYS

    def due_periods(self, per: str) -> list[Period]:
        """Periods of the term that can be judged today. Needs `dated`."""
        return due(self.all_periods(per), self.today, self.room.day(schema.FINAL))

    def all_periods(self, per: str) -> list[Period]:
        """The term in periods. Needs `dated`."""
        start, end = self.settings["term_start"], self.settings["term_end"]
        return periods(per, start, end, self.room.day(schema.MIDTERM))

    def asked_periods(self, per: str, pupil: Pupil) -> list[Period]:
        """Those that this pupil has to show for; somebody listed late is not asked for what was before."""
        return asked_of(self.due_periods(per), pupil.since)


def of_pupil(rows: Iterable[Row], pupil_id: str) -> list[Row]:
    """The rows about one pupil."""
    return [r for r in rows if r.get("pupil_id") == pupil_id]


def running(plans: Iterable[Row]) -> list[Row]:
    """Rows of 帮扶计划 that were not stopped."""
    return [r for r in plans if r.get("state") != STOPPED]
