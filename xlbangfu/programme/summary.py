"""The class on one page: conversion, support given, progress, and what to read with care.

Figures only, no page: the sheet's layout takes them by code name. Source: spec §3 (汇总).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from xlbangfu import schema
from xlbangfu.programme.classroom import Classroom, in_term
from xlbangfu.programme.numbers import percent, plain
from xlbangfu.programme.records import running_pairs
from xlbangfu.programme.rules import describe_criterion, describe_exit
from xlbangfu.table import Row

_CODES = {schema.MIDTERM: "midterm", schema.FINAL: "final"}
_TREND_CODES = {
    schema.RELIABLE_UP: "reliable_up",
    schema.UP: "up",
    schema.LEVEL: "level",
    schema.DOWN: "down",
    schema.RELIABLE_DOWN: "reliable_down",
}


@dataclass(frozen=True)
class Summary:
    """One row per subject in each block; `notes` are sentences."""

    conversion: list[dict[str, Any]]
    support: list[dict[str, Any]]
    progress: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)


def _listed(caseload: Sequence[Row]) -> Counter[str]:
    return Counter(
        r["subject"]
        for r in caseload
        if r.get("subject")
        and (r.get("frozen_on") or (r.get("confirmed") == schema.YES and r.get("standing") != schema.NO_LONGER))
    )


def summarise(
    room: Classroom,
    caseload: Sequence[Row],
    plans: Sequence[Row],
    pairs: Sequence[Row],
    sessions: Sequence[Row],
    activities: Sequence[Row],
    stats: Sequence[Row],
    progress: Sequence[Row],
) -> Summary:
    """The page's figures. Arguments are the tables of the class as they stand. Source: spec §3."""
    listed = _listed(caseload)
    subjects = [s.name for s in room.subjects]
    held = [r for r in sessions if in_term(r, room.settings)]
    support = [_support(s, listed[s], held, pairs, plans) for s in subjects]
    support.append(_whole_class(room, listed, held, activities, pairs, plans))
    return Summary(
        [_conversion(room, s, listed[s], stats) for s in subjects],
        support,
        [_progress(s, progress) for s in subjects],
        _notes(room, stats),
    )


def _conversion(room: Classroom, subject: str, listed: int, stats: Sequence[Row]) -> dict[str, Any]:
    found: dict[str, Any] = {"subject": subject, "teacher": room.subject(subject).teacher or None, "listed": listed}
    for row in stats:
        if row.get("subject") == subject and row.get("phase") in _CODES:
            prefix = _CODES[row["phase"]]
            found |= {
                f"{prefix}_{code}": row.get(code) for code in ("base", "converted", "rate", "expected", "target", "met")
            }
            found[f"{prefix}_interval"] = _interval(row)
    return found


def _interval(row: Row) -> str | None:
    """「17–69%」: the Wilson interval in the width that a small column has."""
    if row.get("low") is None or row.get("high") is None:
        return None
    return f"{plain(Fraction(row['low']) * 100, 0)}–{plain(Fraction(row['high']) * 100, 0)}%"


def _figures(listed: int, held: Sequence[Row], pairs: Sequence[Row], plans: Sequence[Row]) -> dict[str, Any]:
    return {
        "sessions": len(held),
        "minutes": sum(r.get("minutes") or 0 for r in held),
        "per_pupil": len(held) / listed if listed else None,
        "pairs": len(running_pairs(pairs)),
        "plans": len({r.get("plan_id") for r in plans if r.get("plan_id")}),
    }


def _support(
    subject: str, listed: int, held: Sequence[Row], pairs: Sequence[Row], plans: Sequence[Row]
) -> dict[str, Any]:
    own = [[r for r in rows if r.get("subject") == subject] for rows in (held, pairs, plans)]
    return {"subject": subject, **_figures(listed, *own)}


def _whole_class(
    room: Classroom,
    listed: Counter[str],
    held: Sequence[Row],
    activities: Sequence[Row],
    pairs: Sequence[Row],
    plans: Sequence[Row],
) -> dict[str, Any]:
    in_this_term = sum(in_term(r, room.settings) for r in activities)
    return {"subject": "全班", **_figures(sum(listed.values()), held, pairs, plans), "activities": in_this_term}


def _progress(subject: str, progress: Sequence[Row]) -> dict[str, Any]:
    """Counts of 趋势 at the latest phase that the subject has rows for."""
    rows = [r for r in progress if r.get("subject") == subject]
    latest = next((p for p in reversed(schema.PHASES) if any(r.get("phase") == p for r in rows)), None)
    counted = Counter(r.get("trend") for r in rows if r.get("phase") == latest)
    return {"subject": subject, **{code: counted[trend] for trend, code in _TREND_CODES.items()}}


def _notes(room: Classroom, stats: Sequence[Row]) -> list[str]:
    rule = describe_criterion(room.policy.academic, room.share)
    notes = [
        f"制度：{room.policy.name}；识别：{rule}；转化：{describe_exit(room.policy.exit)}。",
        "“预期”是不做任何帮扶时也会自然转化的比例；只看转化率会高估帮扶的作用，一个班的差别仅供参考。",
    ]
    small = [f"{r['subject']}{r['phase']}" for r in stats if 0 < (r.get("base") or 0) < 5]
    if small:
        notes.append(f"人数少，仅供参考：{'、'.join(small)}。")
    luck = [
        f"{r['subject']}{r['phase']} {percent(r['luck'])}" for r in stats if r.get("luck") is not None and r.get("base")
    ]
    if luck:
        notes.append(f"没有任何作用也能达标的概率：{'、'.join(luck[:6])}。")
    waiting = [f"{r['subject']}{r['phase']}" for r in stats if r.get("rate") is None and r.get("note")]
    if waiting:
        notes.append(f"还没有转化率：{'、'.join(waiting[:8])}，原因见“转化统计”。")
    return notes
