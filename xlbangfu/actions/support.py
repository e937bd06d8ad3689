"""建立档案, 起草计划. Source: spec §3, §4.7."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlbangfu import schema
from xlbangfu.actions.book import Book, Outcome
from xlbangfu.programme import freezing
from xlbangfu.programme.classroom import BASELINE, Classroom, in_term, is_active
from xlbangfu.schema import (
    CASELOAD,
    GENERAL_SUBJECT,
    OBSERVATIONS,
    PLANS,
    PROFILES,
    YES,
)
from xlbangfu.table import Row

if TYPE_CHECKING:
    from xlbangfu.programme.plans import GoalFigures


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
    """A draft 档案 for every confirmed pupil who has none; existing ones are left as they are.

    For everybody in the class where the 制度 has a clause that asks for it.
    """
    from xlbangfu.programme.profiles import draft_profiles

    existing = book.table(PROFILES).rows
    fresh = draft_profiles(
        supported(book),
        [row for row in book.room.pupils.values() if is_active(row)],
        term_observations(book),
        {r["pupil_id"] for r in existing},
        book.today,
        book.settings.get("homeroom_teacher"),
        everyone=any(c.check == "profiles_exist" and c.parameters.get("everyone") for c in book.policy.clauses),
    )
    return Outcome(
        f"建立档案完成：新建 {len(fresh)} 份，共 {len(existing) + len(fresh)} 份",
        {"新建": len(fresh), "档案": len(existing) + len(fresh)},
        {PROFILES.label: [*existing, *fresh]},
        rows=(PROFILES, fresh),
    )


def plan(book: Book) -> Outcome:
    """A draft plan of two to four measures for every confirmed row that has none."""
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
    fresh = draft_plans(
        confirmed,
        {r["pupil_id"]: r for r in book.table(PROFILES)},
        term_observations(book),
        room.policy,
        targets,
        term_start=book.settings.get("term_start"),
        term_end=book.settings.get("term_end"),
        roles=_roles(book),
        teachers={s.name: s.teacher for s in room.subjects},
        homeroom=book.settings.get("homeroom_teacher") or "",
        existing_plan_ids={r["plan_id"] for r in existing if r.get("plan_id")},
    )
    plans = len({r["plan_id"] for r in fresh})
    further = _further_measures(book, confirmed, existing)
    told = f"；期中未转化的 {len(further)} 份计划各建议加一条措施" if further else ""
    return Outcome(
        f"起草计划完成：新起草 {plans} 份计划、{len(fresh)} 条措施{told}",
        {"新计划": plans, "新措施": len(fresh), "调整建议": len(further)},
        {PLANS.label: [*existing, *fresh, *further]},
        rows=(PLANS, [*fresh, *further]),
    )


def _further_measures(book: Book, confirmed: list[Row], existing: list[Row]) -> list[Row]:
    """After the midterm: one more measure, as a draft, for the plans of rows that were not converted."""
    from xlbangfu.programme.plans import further_measures

    room, end = book.room, book.settings.get("term_end")
    midterm, last = room.day(schema.MIDTERM), room.day(schema.FINAL) or end
    if (midterm is not None and book.today < midterm) or (last is not None and book.today >= last):
        return []
    behind = {
        (r["pupil_id"], r["subject"])
        for r in book.table(schema.CONVERSIONS)
        if r.get("midterm_state") == schema.NOT_CONVERTED and r.get("final_state") != schema.CONVERTED
    }
    keys = [(r["pupil_id"], r["subject"]) for r in confirmed if (r["pupil_id"], r["subject"]) in behind]
    return further_measures(
        keys, existing, book.policy.measures, book.today, _roles(book), room.teacher_of, since=midterm
    )


def _roles(book: Book) -> dict[str, str]:
    """Role name → person as 设置 names them, "" for nobody."""
    from xlbangfu.programme import rules

    codes = ("leader", "members", "academic_office", "moral_office", "counsellor", "study_adviser")
    found = {schema.setting(code).label: book.settings.get(code) or "" for code in codes}
    return found | {rules.CLASS_TEACHER: book.settings.get("homeroom_teacher") or ""}


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
