"""编排小组: mixed study groups and their contest. Source: spec §3, §4.6."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from xlbangfu import schema
from xlbangfu.actions.book import Book, Outcome, Replace
from xlbangfu.actions.support import supported
from xlbangfu.issues import Issue, reminder
from xlbangfu.programme.classroom import BASELINE, Classroom, in_term, is_active
from xlbangfu.programme.records import running_pairs
from xlbangfu.schema import CONTEST, GROUPS, PAIRS, SESSIONS
from xlbangfu.table import Row

if TYPE_CHECKING:
    from xlbangfu.programme.groups import GroupPupil


def group(book: Book) -> Outcome:
    """Mixed groups for the whole class, and the contest where a phase has scores.

    A grouping in which every pupil stands once is kept as it is: groups must last for a contest to mean anything.
    Otherwise groups that a person edited are kept and the rest is planned anew.
    """
    room, existing = book.room, book.table(GROUPS).rows
    active = [p for p, row in room.pupils.items() if is_active(row)]
    complete = sorted(r["pupil_id"] for r in existing if r.get("group_id")) == sorted(active)
    rows, issues, message = (list(existing), [], "小组保持不变") if complete and active else _regroup(book, active)
    contest = _contest(book, rows)
    groups = len({r["group_id"] for r in rows if r.get("group_id")})
    check = _group_check(rows) if not complete else book.settings.get("group_check")
    return Outcome(
        f"{message}：{groups} 组、{len(rows)} 人；小组评比 {len(contest)} 行",
        {"小组": groups, "人数": len(rows), "评比": len(contest)},
        {GROUPS.label: rows if complete else Replace(rows), CONTEST.label: Replace(contest)},
        {"group_check": check} if check else {},
        rows=(GROUPS, rows),
        stats=(CONTEST, contest),
        issues=issues,
    )


def _by_group(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.get("group_id"):
            found.setdefault(row["group_id"], []).append(row)
    return found


def _group_hash(rows: Sequence[Row]) -> str:
    lines = sorted("|".join(str(r.get(c) or "") for c in ("pupil_id", "group_name", "role")) for r in rows)
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()[:12]


def _group_check(rows: Sequence[Row]) -> str:
    """What the program wrote, by group: 「1:hash;2:hash」; a group that hashes otherwise was edited by hand."""
    return ";".join(f"{g}:{_group_hash(members)}" for g, members in sorted(_by_group(rows).items(), key=_natural))


def _natural(item: tuple[str, object]) -> tuple[int, str]:
    return (int(item[0]) if item[0].isdigit() else 10**6, item[0])


def _regroup(book: Book, active: Sequence[str]) -> tuple[list[Row], list[Issue], str]:
    from xlbangfu.programme.groups import plan_groups

    room = book.room
    written = dict(part.split(":", 1) for part in (book.settings.get("group_check") or "").split(";") if ":" in part)
    present = set(active)
    kept: dict[str, list[Row]] = {}
    for group_id, members in _by_group(book.table(GROUPS).rows).items():
        if written.get(group_id) != _group_hash(members):
            kept[group_id] = [r for r in members if r["pupil_id"] in present]
    kept = {g: members for g, members in kept.items() if members}
    planned = plan_groups(
        _group_pupils(book, active), _confirmed_pairs(book), [[r["pupil_id"] for r in m] for m in kept.values()]
    )
    rows: list[Row] = []
    numbers = (str(n) for n in range(1, len(active) + len(kept) + 1) if str(n) not in kept)
    kept_ids = {frozenset(r["pupil_id"] for r in members): g for g, members in kept.items()}
    for found in planned.groups:
        same = kept_ids.get(frozenset(found.members)) if found.kept else None
        if same is not None:
            rows += kept[same]
            continue
        group_id = next(numbers)
        rows += [
            Row(
                {
                    "group_id": group_id,
                    "group_name": f"第 {group_id} 组",
                    "pupil_id": p,
                    "name": room.pupils[p].get("name"),
                    "role": found.roles[p],
                }
            )
            for p in found.members
        ]
    rows.sort(key=lambda r: _natural((r["group_id"], None)))
    issues = [
        reminder(
            GROUPS.label,
            "group.avoid",
            f"{room.pupils[a].get('name')} 与 {room.pupils[b].get('name')} 不宜同组，但无法全部分开",
            "请自行调整，或修改名册的“不宜结对”。",
        )
        for a, b in planned.conflicts
    ]
    return rows, issues, "编排小组完成"


def _group_pupils(book: Book, active: Sequence[str]) -> list[GroupPupil]:
    from xlbangfu.programme.groups import GroupPupil

    room, exam = book.room, book.room.exam(BASELINE)
    caseload = {r["pupil_id"] for r in supported(book)}
    kinds = {s.name: room.best_reference(exam, s.name)[1] for s in room.subjects}
    pupils: list[GroupPupil] = []
    for p in active:
        z = [v for s, kind in kinds.items() if (v := room.z(exam, s, p, kind)) is not None]
        row = room.pupils[p]
        pupils.append(
            GroupPupil(
                p,
                row.get("name") or "",
                row.get("gender") or "",
                p in caseload,
                frozenset(row.get("avoid") or ()),
                sum(z) / len(z) if z else None,
            )
        )
    return pupils


def _confirmed_pairs(book: Book) -> list[tuple[str, str]]:
    return [(r["tutee_id"], r["tutor_id"]) for r in running_pairs(book.table(PAIRS)) if r.get("tutor_id")]


def _contest(book: Book, rows: Sequence[Row]) -> list[Row]:
    """小组评比: one row per group and phase that has scores."""
    from xlbangfu.programme.groups import contest_scores

    room, contest = book.room, []
    members = {g: [r["pupil_id"] for r in m] for g, m in sorted(_by_group(rows).items(), key=_natural)}
    for phase in schema.PHASES:
        exam = room.exam(phase)
        if not exam or not any(room.column(exam, s.name).typed for s in room.subjects):
            continue
        scored = contest_scores(
            {p: _mean_change(room, p, phase) for group in members.values() for p in group},
            _sessions_until(book, phase),
            members,
            Fraction(room.policy.contest_progress_weight),
            Fraction(room.policy.contest_session_weight),
        )
        contest += [
            Row(
                {
                    "group_id": s.group_id,
                    "phase": phase,
                    "mean_change": s.mean_change,
                    "sessions": s.sessions,
                    "score": s.score,
                }
            )
            for s in scored
        ]
    return contest


def _mean_change(room: Classroom, pupil: str, phase: str) -> float | None:
    """Mean z change over the pupil's subjects, each against the same kind of reference at both exams."""
    changes = []
    for subject in room.subjects:
        kind = room.best_reference(room.exam(phase), subject.name)[1]
        before = room.z(room.exam(BASELINE), subject.name, pupil, kind)
        after = room.z(room.exam(phase), subject.name, pupil, kind)
        if before is not None and after is not None:
            changes.append(after - before)
    return sum(changes) / len(changes) if changes else None


def _sessions_until(book: Book, phase: str) -> dict[str, int]:
    day, counted = book.room.day(phase), dict[str, int]()
    for row in book.table(SESSIONS):
        if in_term(row, book.settings) and (day is None or row.get("date") is None or row["date"] <= day):
            counted[row["pupil_id"]] = counted.get(row["pupil_id"], 0) + 1
    return counted
