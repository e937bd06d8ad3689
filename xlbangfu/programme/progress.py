"""Progress: how far each supported pupil moved, whether that is more than noise, and what was done.

Source: spec §3 (进步), §4.4 (RCI).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from xlbangfu import schema
from xlbangfu.programme.chances import RELIABLE, beyond_regression, reliable_change
from xlbangfu.programme.classroom import BASELINE, Classroom, in_term
from xlbangfu.programme.conversion import base_list, reference_kind
from xlbangfu.programme.freezing import FrozenList, Key, key_of
from xlbangfu.schema import DOWN, GENERAL_SUBJECT, LEVEL, RELIABLE_DOWN, RELIABLE_UP, UP
from xlbangfu.table import Row

LEVEL_WITHIN_SD = 0.1  # smaller changes are called 持平
_INTEREST = ("initiative", "interest", "participation")


def trend(before: float, after: float, r: float) -> str:
    """What the change may be called, for a pupil chosen for a low score. Source: spec §4.4."""
    rci = reliable_change(before, after, r)
    if rci >= RELIABLE and beyond_regression(before, after, r) >= RELIABLE:
        return RELIABLE_UP
    if rci <= -RELIABLE:
        return RELIABLE_DOWN
    if abs(after - before) < LEVEL_WITHIN_SD:
        return LEVEL
    return UP if after > before else DOWN


@dataclass(frozen=True)
class Dosage:
    """Sessions held for a pupil in a subject up to a day: count and minutes."""

    sessions: int = 0
    minutes: int = 0


def dosage(sessions: Sequence[Row], key: Key, until: date | None, room: Classroom) -> Dosage:
    """Sessions of the term for that pupil and subject (those without a subject count for each)."""
    rows = [
        r
        for r in sessions
        if r.get("pupil_id") == key[0]
        and r.get("subject") in (None, "", key[1])
        and in_term(r, room.settings)
        and (until is None or r.get("date") is None or r["date"] <= until)
    ]
    return Dosage(len(rows), sum(r.get("minutes") or 0 for r in rows))


def last_session_days(
    supported: Sequence[Row], sessions: Sequence[Row], settings: Mapping[str, Any], today: date
) -> list[tuple[Row, date, bool]]:
    """Each supported pupil's first row of 学困生, with the day of the last session up to today, and True.

    Without any session the day is 识别日期, and False. Not listed: who has neither, and who has a row without a
    date, which shows that there was one, not when. Source: spec §3 (最长辅导间隔天数).
    """
    last: dict[str, date] = {}
    undated: set[str] = set()
    for row in sessions:
        day = row.get("date")
        if day is None:
            undated.add(row["pupil_id"])
        elif in_term(row, settings) and day <= today:
            last[row["pupil_id"]] = max(day, last.get(row["pupil_id"], day))
    found: dict[str, tuple[Row, date, bool]] = {}
    for row in supported:
        pupil = row["pupil_id"]
        if pupil in found or (pupil not in last and (pupil in undated or row.get("screened_on") is None)):
            continue
        found[pupil] = (row, last[pupil], True) if pupil in last else (row, row["screened_on"], False)
    return list(found.values())


def _interest(observations: Sequence[Row], key: Key, room: Classroom, until: date | None) -> list[Fraction]:
    """Mean of 主动性, 兴趣, 参与度 per dated row, oldest first."""
    rows = []
    for r in observations:
        points = [r[c] for c in _INTEREST if r.get(c) is not None]
        if not points or r.get("pupil_id") != key[0] or r.get("subject") not in (None, "", key[1]):
            continue
        day = r.get("date")
        if in_term(r, room.settings) and (until is None or day is None or day <= until):
            rows.append((day or date.min, Fraction(sum(points), len(points))))
    return [value for _, value in sorted(rows)]


def progress(
    room: Classroom,
    caseload: Sequence[Row],
    sessions: Sequence[Row],
    observations: Sequence[Row],
    frozen: FrozenList | None = None,
) -> list[Row]:
    """One row of 进步 per followed pupil, subject and phase that was sat. Source: spec §3, §4.4."""
    kinds = dict(frozen.references) if frozen is not None else {}
    kinds |= {key_of(r): r["reference"] for r in caseload if r.get("reference")}
    order = {s.name: i for i, s in enumerate(room.subjects)}
    keys = sorted(base_list(caseload, frozen), key=lambda k: (order.get(k[1], len(order)), k[1], k[0]))
    rows = []
    for key in keys:
        for phase in schema.PHASES:
            exam = room.exam(phase)
            if key[1] != GENERAL_SUBJECT and exam and room.column(exam, key[1]).typed:
                rows.append(_row(room, key, phase, reference_kind(room, key, kinds), sessions, observations))
    return rows


def _row(room: Classroom, key: Key, phase: str, kind: str, sessions: Sequence[Row], observations: Sequence[Row]) -> Row:
    pupil_id, subject = key
    before = room.z(room.exam(BASELINE), subject, pupil_id, kind)
    after = room.z(room.exam(phase), subject, pupil_id, kind)
    r = room.correlation(phase, subject)
    both = before is not None and after is not None
    held = dosage(sessions, key, room.day(phase), room)
    interest = _interest(observations, key, room, room.day(phase))
    return Row(
        {
            "pupil_id": pupil_id,
            "name": room.name_of(pupil_id),
            "subject": subject,
            "phase": phase,
            "score": room.result(room.exam(phase), subject, pupil_id),
            "z": after,
            "change": after - before if before is not None and after is not None else None,
            "rci": reliable_change(before, after, r) if both and r is not None else None,  # type: ignore[arg-type]
            "trend": trend(before, after, r) if both and r is not None else None,  # type: ignore[arg-type]
            "interest_before": interest[0] if interest else None,
            "interest_after": interest[-1] if len(interest) > 1 else None,
            "sessions": held.sessions,
            "minutes": held.minutes,
        }
    )
