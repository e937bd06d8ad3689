"""建立档案, 起草计划, 推荐结对, 编排小组. Source: spec §3, §4.5–4.7."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from xlbangfu import schema
from xlbangfu.actions.book import Book, Outcome, Replace
from xlbangfu.issues import Issue, reminder
from xlbangfu.programme import freezing
from xlbangfu.programme.classroom import BASELINE, Classroom, in_term, is_active
from xlbangfu.programme.identity import pair_id
from xlbangfu.programme.numbers import clean_text
from xlbangfu.schema import (
    BY_TEACHER,
    CASELOAD,
    CONTEST,
    GENERAL_SUBJECT,
    GROUPS,
    NO,
    OBSERVATIONS,
    PAIRS,
    PEER,
    PENDING,
    PLANS,
    PROFILES,
    SESSIONS,
    STILL,
    YES,
)
from xlbangfu.table import Row
from xlbangfu.workbook.cells import LIST_PARTS

if TYPE_CHECKING:
    from xlbangfu.programme.groups import GroupPupil
    from xlbangfu.programme.pairing import PairingPlan, PairPupil
    from xlbangfu.programme.plans import GoalFigures

ENDED = "结束"


def supported(book: Book) -> list[Row]:
    """Rows of 学困生 that get support: confirmed, still qualifying or frozen, of pupils still in the class."""
    return [
        r
        for r in book.table(CASELOAD)
        if r.get("confirmed") == YES
        and (freezing.freezable(r) or r.get("frozen_on"))
        and is_active(book.room.pupils.get(r["pupil_id"]) or {})
    ]


def term_observations(book: Book) -> list[Row]:
    """Rows of 观察 of this term."""
    return [r for r in book.table(OBSERVATIONS) if in_term(r, book.settings)]


# ---- 档案 and 帮扶计划 ---------------------------------------------------------------------------------


def profile(book: Book) -> Outcome:
    """A draft 档案 for every confirmed pupil who has none; existing ones are left as they are."""
    from xlbangfu.programme.profiles import draft_profiles

    existing = book.table(PROFILES).rows
    fresh = draft_profiles(
        supported(book),
        book.room.pupils.values(),
        term_observations(book),
        {r["pupil_id"] for r in existing},
        book.today,
        book.settings.get("homeroom_teacher"),
    )
    return Outcome(
        f"建立档案完成：新建 {len(fresh)} 份，共 {len(existing) + len(fresh)} 份",
        {"新建": len(fresh), "档案": len(existing) + len(fresh)},
        {PROFILES.label: [*existing, *fresh]},
        rows=(PROFILES, fresh),
    )


def plan(book: Book) -> Outcome:
    """A draft plan of two to four measures for every confirmed row that has none."""
    from xlbangfu.programme import rules
    from xlbangfu.programme.plans import draft_plans, goal_text, goal_value

    room, existing = book.room, book.table(PLANS).rows
    confirmed = supported(book)
    targets = {}
    for row in confirmed:
        if row["subject"] != GENERAL_SUBJECT:
            figures = _goal_figures(room, row)
            targets[row["pupil_id"], row["subject"]] = (
                goal_text(room.policy.exit, figures),
                goal_value(room.policy.exit, figures),
            )
    roles = {name: book.settings.get(code) or "" for name, code in _role_settings().items()}
    fresh = draft_plans(
        confirmed,
        {r["pupil_id"]: r for r in book.table(PROFILES)},
        term_observations(book),
        room.policy,
        targets,
        term_start=book.settings.get("term_start"),
        term_end=book.settings.get("term_end"),
        roles={**roles, rules.CLASS_TEACHER: book.settings.get("homeroom_teacher") or ""},
        teachers={s.name: s.teacher for s in room.subjects},
        homeroom=book.settings.get("homeroom_teacher") or "",
        existing_plan_ids={r["plan_id"] for r in existing if r.get("plan_id")},
    )
    plans = len({r["plan_id"] for r in fresh})
    return Outcome(
        f"起草计划完成：新起草 {plans} 份计划、{len(fresh)} 条措施",
        {"新计划": plans, "新措施": len(fresh)},
        {PLANS.label: [*existing, *fresh]},
        rows=(PLANS, fresh),
    )


def _role_settings() -> dict[str, str]:
    """Role name → code of the row of 设置 that names its holder."""
    codes = ("leader", "members", "academic_office", "moral_office", "counsellor", "study_adviser")
    return {schema.setting(code).label: code for code in codes}


def _goal_figures(room: Classroom, row: Row) -> GoalFigures:
    """What makes the exit rule concrete for one pupil and subject: the baseline's figures."""
    from xlbangfu.programme.plans import GoalFigures

    exam, subject = room.exam(BASELINE), row["subject"]
    kind = row.get("reference") or room.best_reference(exam, subject)[1]
    reference = room.reference(exam, subject, kind)
    if reference is None:
        return GoalFigures(room.share, reference=kind)
    reached = next((x for x, _ in reference.counts if not reference.below_mean(x)), None)
    mean = reached if isinstance(reached, str) else reference.mean
    return GoalFigures(
        room.share,
        reference.cut(room.share),
        mean,
        kind,
        room.result(exam, subject, row["pupil_id"]),
        reference.ladder,
    )


# ---- 结对 ----------------------------------------------------------------------------------------------


def pair(book: Book) -> Outcome:
    """Tutors for every confirmed row; 是 stays, 否 is never proposed again, 待定 may be replaced."""
    from xlbangfu.programme.pairing import PairNeed, PairWeights, PriorPair, plan_pairs

    room, existing = book.room, book.table(PAIRS).rows
    needs = [PairNeed(r["pupil_id"], r["subject"]) for r in supported(book)]
    on_caseload = {
        (r["pupil_id"], r["subject"])
        for r in book.table(CASELOAD)
        if r.get("confirmed") != NO and (r.get("standing") == STILL or r.get("frozen_on"))
    }
    prior = [
        PriorPair(
            r["tutee_id"],
            r.get("subject") or "",
            r.get("form") or PEER,
            r.get("tutor_id") or "",
            r.get("confirmed") or PENDING,
            r.get("state") == ENDED,
        )
        for r in existing
    ]
    weights = PairWeights(**dict(room.policy.pair_weights))
    planned = plan_pairs(_pair_pupils(room), needs, on_caseload, prior, weights, room.max_tutees)
    drafts, notes = _drafts(room, planned, existing)
    rows = _place(existing, drafts, {(n.pupil_id, n.subject) for n in needs})
    peers = sum(d["form"] == PEER for d in drafts)
    fixed = sum(p.fixed for p in planned.pairs)
    return Outcome(
        f"推荐结对完成：生生 {peers} 对、师生 {len(drafts) - peers} 对待确认；已确认的 {fixed} 对保持不变",
        {"生生": peers, "师生": len(drafts) - peers, "已确认": fixed},
        {PAIRS.label: rows},
        rows=(PAIRS, drafts),
        issues=[*notes, *_broken_notes(planned, existing)],
    )


def _pair_pupils(room: Classroom) -> list[PairPupil]:
    from xlbangfu.programme.pairing import PairPupil

    exam = room.exam(BASELINE)
    kinds = {s.name: room.best_reference(exam, s.name)[1] for s in room.subjects}
    pupils = []
    for pupil_id, row in room.pupils.items():
        z = {s: room.z(exam, s, pupil_id, kind) for s, kind in kinds.items()}
        pupils.append(
            PairPupil(
                pupil_id,
                row.get("name") or "",
                row.get("gender") or "",
                row.get("status") or schema.ACTIVE,
                row.get("seat") or "",
                _words(row.get("interests")),
                row.get("volunteer") == YES,
                _words(row.get("good_at")),
                frozenset(row.get("avoid") or ()),
                {s: value for s, value in z.items() if value is not None},
            )
        )
    return pupils


def _words(text: str | None) -> frozenset[str]:
    return frozenset(w for w in LIST_PARTS.split(clean_text(text)) if w)


def _drafts(room: Classroom, planned: PairingPlan, existing: Sequence[Row]) -> tuple[list[Row], list[Issue]]:
    """New rows of 结对: peers, and the subject's teacher where no tutor could be found."""
    refused = {r.get("pair_id") for r in existing if r.get("confirmed") == NO}
    drafts = [
        _pair_row(room, p.tutee_id, p.subject, PEER, p.tutor_id, p.score_points, p.reason)
        for p in planned.pairs
        if not p.fixed
    ]
    notes = []
    for lone in planned.unmatched:
        row = _pair_row(room, lone.tutee_id, lone.subject, BY_TEACHER, None, None, lone.reason)
        if row["pair_id"] in refused:
            message = f"{row['tutee']} {lone.subject} 没有合适的小帮手，师生结对也已标为“否”"
            notes.append(reminder(PAIRS.label, "pair.none", message, "请自行安排志愿者，或把“否”改为“待定”后再推荐。"))
        else:
            drafts.append(row)
    return sorted(drafts, key=lambda r: (r["tutee_id"], r["subject"])), notes


def _pair_row(
    room: Classroom, tutee: str, subject: str, form: str, tutor: str | None, points: int | None, reason: str
) -> Row:
    helper = room.pupils[tutor].get("name") if tutor else room.teacher_of(subject)
    return Row(
        {
            "pair_id": pair_id(tutee, subject, form, tutor),
            "tutee_id": tutee,
            "tutee": room.pupils[tutee].get("name"),
            "subject": subject,
            "form": form,
            "tutor_id": tutor,
            "tutor": helper or None,
            "match": points,
            "reason": reason,
            "confirmed": PENDING,
            "state": "拟定",
        }
    )


def _place(existing: Sequence[Row], drafts: Sequence[Row], needs: set[tuple[str, str]]) -> list[Row]:
    """结对 after a proposal: a waiting row of the same need takes the new draft, unless it says the same.

    Waiting rows of a need that is no more are marked 结束, never removed.
    """
    fresh = {(d["tutee_id"], d["subject"]): d for d in drafts}
    rows = []
    for row in existing:
        key = (row["tutee_id"], row.get("subject"))
        waiting = (row.get("confirmed") or PENDING) == PENDING and row.get("state") != ENDED
        if waiting and key in fresh:
            draft = fresh.pop(key)
            row = row if row.get("pair_id") == draft["pair_id"] else row.changed(**draft)
        elif waiting and key not in needs:
            row = row.changed(state=ENDED)
        rows.append(row)
    return [*rows, *(d for d in drafts if (d["tutee_id"], d["subject"]) in fresh)]


def _broken_notes(planned: PairingPlan, existing: Sequence[Row]) -> list[Issue]:
    places = {(r["tutee_id"], r.get("subject"), r.get("tutor_id") or ""): r.at for r in existing}
    return [
        reminder(
            PAIRS.label,
            "pair.broken",
            f"已确认的结对现在不合要求：{b.reason}；仍然保留",
            "如要更换，请把“确认”改为“否”后再推荐。",
            row=places.get((b.tutee_id, b.subject, b.tutor_id)),
        )
        for b in planned.broken
    ]


# ---- 小组 ----------------------------------------------------------------------------------------------


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
    return [
        (r["tutee_id"], r["tutor_id"])
        for r in book.table(PAIRS)
        if r.get("confirmed") == YES and r.get("tutor_id") and r.get("state") != ENDED
    ]


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
