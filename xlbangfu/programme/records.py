"""The tables of a class that a paper about one pupil is drawn from, and what of them is about that pupil."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from xlbangfu import schema
from xlbangfu.table import Row

_ABOUT = ("pupil_id", "tutee_id", "tutor_id")


@dataclass(frozen=True)
class Records:
    """Rows of 学困生 (those that get support), 档案, 帮扶计划, 结对, 小组, 辅导记录, 过程评价, 转化, 进步."""

    caseload: Sequence[Row] = ()
    profiles: Sequence[Row] = ()
    plans: Sequence[Row] = ()
    pairs: Sequence[Row] = ()
    groups: Sequence[Row] = ()
    sessions: Sequence[Row] = ()
    process: Sequence[Row] = ()
    conversions: Sequence[Row] = ()
    progress: Sequence[Row] = ()

    def of(self, pupil_id: str) -> Records:
        """The rows about one pupil; of 结对 those in which the pupil helps or is helped."""
        found: dict[str, Any] = {
            f.name: [r for r in getattr(self, f.name) if pupil_id in (r.get(c) for c in _ABOUT)] for f in fields(self)
        }
        return Records(**found)

    @property
    def profile(self) -> Row | None:
        """The first 档案, None without one."""
        return next(iter(self.profiles), None)


def running_pairs(pairs: Iterable[Row]) -> list[Row]:
    """Rows of 结对 that a teacher confirmed and that have not ended."""
    return [r for r in pairs if r.get("confirmed") == schema.YES and r.get("state") != schema.ENDED]
