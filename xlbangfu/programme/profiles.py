"""First drafts of 档案: why a pupil struggles, from what people saw this term, and what the roster knows.

Source: spec §3 (档案), §4.7 (困难原因).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from xlbangfu import schema
from xlbangfu.table import Row

Observations = Iterable[Mapping[str, Any]]


def observed_causes(pupil_id: str, subject: str | None, observations: Observations) -> tuple[str, ...]:
    """类别 of a pupil's 观察, most often seen first, then the gravest in total, then in schema.CAUSES order.

    subject: only rows of that 学科 or without one count; None or 综合 takes every row of the pupil.
    observations: rows of 观察 of the term, in any order; 程度 blank counts as 0. () where there are none.
    Source: spec §4.7.
    """
    anywhere = subject is None or subject == schema.GENERAL_SUBJECT
    seen: dict[str, list[int]] = {}
    for row in observations:
        place = row.get("subject")
        if row.get("pupil_id") == pupil_id and (anywhere or not place or place == subject):
            seen.setdefault(row.get("category") or "", []).append(row.get("severity") or 0)
    known = [cause for cause in schema.CAUSES if cause in seen]
    return tuple(sorted(known, key=lambda cause: (-len(seen[cause]), -sum(seen[cause]))))


def draft_causes(pupil_id: str, subject: str | None, observations: Observations) -> tuple[str, ...]:
    """困难原因 as a first draft: what was observed, 基础薄弱 where nothing was. At least one.

    Arguments as for `observed_causes`. Source: spec §4.7.
    """
    return observed_causes(pupil_id, subject, observations) or (schema.WEAK_FOUNDATION,)


def draft_profiles(
    caseload: Iterable[Mapping[str, Any]],
    roster: Iterable[Mapping[str, Any]],
    observations: Observations,
    existing: Collection[str],
    today: date,
    by: str | None,
) -> list[Row]:
    """One row of 档案 for each confirmed pupil who has none, in the order of the caseload.

    caseload: rows of 学困生; those with 确认 = 是 count, a pupil with several subjects once.
    existing: 学号 that have a 档案 already. by: 建档人. Columns: schema.PROFILES; what only the teacher can
    know (家庭状况, 学习态度, 学习方法, and 优势 beyond 擅长学科) is left blank.
    Source: spec §3, §4.7.
    """
    observed = list(observations)
    pupils = {row.get("pupil_id"): row for row in reversed(list(roster))}
    drafted: dict[str, Row] = {}
    for case in caseload:
        pupil_id = case.get("pupil_id")
        if case.get("confirmed") != schema.YES or not pupil_id or pupil_id in existing or pupil_id in drafted:
            continue
        pupil = pupils.get(pupil_id, {})
        row = Row({column.code: None for column in schema.PROFILES.columns})
        row.update(
            pupil_id=pupil_id,
            name=pupil.get("name") or case.get("name"),
            causes=draft_causes(pupil_id, None, observed),
            interests=pupil.get("interests") or None,
            strengths=f"擅长{pupil['good_at']}" if pupil.get("good_at") else None,
            created_on=today,
            created_by=by or None,
        )
        drafted[pupil_id] = row
    return list(drafted.values())
