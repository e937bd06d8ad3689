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
    *,
    everyone: bool = False,
) -> list[Row]:
    """One row of 档案 for each confirmed pupil who has none, in the order of the caseload.

    caseload: rows of 学困生; those with 确认 = 是 count, a pupil with several subjects once.
    everyone: the 制度 wants one for every pupil of `roster`; those not on the caseload follow in its order, with
    the causes that were observed and no others.
    existing: 学号 that have a 档案 already. by: 建档人. Columns: schema.PROFILES; what only the teacher can
    know (家庭状况, 学习态度, 学习方法, and 优势 beyond 擅长学科) is left blank.
    Source: spec §3, §4.7.
    """
    observed = list(observations)
    roster = list(roster)
    pupils = {row.get("pupil_id"): row for row in reversed(roster)}
    drafted: dict[str, Row] = {}

    def draft(pupil_id: str | None, name: str | None, *, supported: bool) -> None:
        if pupil_id and pupil_id not in existing and pupil_id not in drafted:
            causes = draft_causes if supported else observed_causes
            found = causes(pupil_id, None, observed)
            drafted[pupil_id] = _draft(pupil_id, name, pupils.get(pupil_id, {}), found, today, by)

    for case in caseload:
        if case.get("confirmed") == schema.YES:
            draft(case.get("pupil_id"), case.get("name"), supported=True)
    for pupil in roster if everyone else ():
        draft(pupil.get("pupil_id"), pupil.get("name"), supported=False)
    return list(drafted.values())


def _draft(
    pupil_id: str,
    name: str | None,
    pupil: Mapping[str, Any],
    causes: tuple[str, ...],
    today: date,
    by: str | None,
) -> Row:
    row = Row({column.code: None for column in schema.PROFILES.columns})
    row.update(
        pupil_id=pupil_id,
        name=pupil.get("name") or name,
        causes=causes,
        interests=pupil.get("interests") or None,
        strengths=f"擅长{pupil['good_at']}" if pupil.get("good_at") else None,
        created_on=today,
        created_by=by or None,
    )
    return row
