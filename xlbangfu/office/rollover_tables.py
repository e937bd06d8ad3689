"""What a rollover reads of a class workbook and what the next one is made of. Plain values.

Source: spec §3, §6 (rollover).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xlbangfu.issues import Issue
from xlbangfu.programme.terms import Term
from xlbangfu.schema import NORMS, PAIRS, PLANS, PROFILES, ROSTER, SCORES, TEACHING
from xlbangfu.table import Row, Table

CARRIED_SHEETS = (TEACHING, ROSTER, SCORES, NORMS, PROFILES, PLANS, PAIRS)


@dataclass(frozen=True)
class NewTerm:
    """The term to come, the same for all workbooks of a run. text: as 设置 is to say it."""

    term: Term
    text: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class OldBook:
    """A class workbook at the end of its term.

    settings: 设置 by code name, blanks None. setting_rows: its rows as they stand. roster: all rows of 名册 as
    they stand, in order. tables: rows that count, by label, of CARRIED_SHEETS. score_columns: headers of 成绩
    beyond the fixed ones, in sheet order.
    """

    settings: Mapping[str, Any]
    setting_rows: Sequence[Row]
    roster: Sequence[Row]
    tables: Mapping[str, Table]
    score_columns: Sequence[str]


@dataclass(frozen=True)
class Fate:
    """One row of the old 名册. reason: why it stays behind, "" if it is carried."""

    row: Row
    reason: str = ""


@dataclass
class NextBook:
    """The new workbook as tables.

    settings: 设置 by code name, without blanks. tables: rows by label; `at` is their place in the old workbook.
    score_columns: headers of 成绩 beyond the fixed ones. fates: one per row of the old 名册, in its order.
    """

    settings: dict[str, Any]
    tables: dict[str, list[Row]]
    score_columns: tuple[str, ...]
    fates: list[Fate]
    issues: list[Issue] = field(default_factory=list)

    @property
    def label(self) -> str:
        """「四年级2班」."""
        grade, name = self.settings.get("grade") or "", self.settings.get("class_name") or ""
        return str(name if name.startswith(grade) else grade + name)

    @property
    def counts(self) -> dict[str, int]:
        """What a report counts; 计划 are plans, not measures."""
        return {
            "学生": len(self.tables[ROSTER.label]),
            "未带走": sum(bool(f.reason) for f in self.fates),
            "档案": len(self.tables[PROFILES.label]),
            "计划": len({r.get("plan_id") for r in self.tables[PLANS.label]}),
            "结对": len(self.tables[PAIRS.label]),
        }
