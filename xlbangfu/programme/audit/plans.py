"""Files on pupils and what is planned for them. Pure. Source: spec §5."""

from __future__ import annotations

from collections.abc import Callable

from xlbangfu import schema
from xlbangfu.programme.audit.evidence import Evidence, running
from xlbangfu.programme.audit.finding import Finding, Parameters, judged, nothing_to_judge, per_pupil, per_row
from xlbangfu.programme.conversion import CODES
from xlbangfu.programme.plans import is_adjusted
from xlbangfu.schema import PLANS, PROFILES, YES
from xlbangfu.table import Row

STUDY_METHODS = schema.MEASURE_CATEGORIES[1]  # 学法


def profiles_exist(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported pupil, or everyone in the class, has a 档案 with the fields asked for."""
    labels = given.get("fields") or ()
    codes = {c.label: c.code for c in PROFILES.columns}
    full = {
        r["pupil_id"] for r in evidence.rows(PROFILES) if r.get("pupil_id") and all(r.get(codes[x]) for x in labels)
    }
    what = f"档案（写明{'、'.join(labels)}）" if labels else "档案"
    if not given.get("everyone"):
        return per_pupil(evidence, lambda p: p.pupil_id in full, what, (PROFILES, "pupil_id", None))
    if not evidence.everyone:
        return nothing_to_judge("名册里没有学生")
    without = [evidence.name(r["pupil_id"]) for r in evidence.everyone if r["pupil_id"] not in full]
    met = len(evidence.everyone) - len(without)
    figures = f"全班{what} {met}/{len(evidence.everyone)} 人"
    return judged(met, len(evidence.everyone), figures, without, (PROFILES, "pupil_id", None))


def _plans_of(evidence: Evidence, row: Row) -> list[Row]:
    return [
        r
        for r in running(evidence.rows(PLANS))
        if r.get("pupil_id") == row["pupil_id"] and r.get("subject") == row["subject"] and r.get("measure")
    ]


def plans_exist(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported row has a plan that is not stopped."""
    return per_row(evidence, lambda r: bool(_plans_of(evidence, r)), "有计划", (PLANS, "plan_id", None))


def plans_complete(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported row has a plan with the parts asked for."""
    parts = given["parts"]

    def complete(row: Row) -> bool:
        plans = _plans_of(evidence, row)
        return bool(plans) and all(_PLAN_PARTS[part](plan) for plan in plans for part in parts)

    return per_row(evidence, complete, f"计划写明{'、'.join(parts)}", (PLANS, "goal", None))


_PLAN_PARTS: dict[str, Callable[[Row], bool]] = {
    "目标": lambda plan: bool(plan.get("goal")),
    "措施": lambda plan: bool(plan.get("measure")),
    "周期": lambda plan: plan.get("starts") is not None and plan.get("ends") is not None,
}


def plans_made_with(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported row has a plan in whose making the partners asked for took part."""
    codes = {"学生": "with_pupil", "家长": "with_parents"}
    partners = given["partners"]

    def together(row: Row) -> bool:
        plans = _plans_of(evidence, row)
        return all(any(plan.get(codes[who]) == YES for plan in plans) for who in partners)

    return per_row(evidence, together, f"计划有{'、'.join(partners)}参与", (PLANS, codes[partners[0]], None))


def study_plans_exist(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported pupil has a study plan: a measure of 学法."""
    with_plan = {r.get("pupil_id") for r in running(evidence.rows(PLANS)) if r.get("category") == STUDY_METHODS}
    return per_pupil(evidence, lambda p: p.pupil_id in with_plan, "有学法类措施", (PLANS, "category", None))


def resources_named(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported row has a plan that names a resource."""
    has = lambda r: any(plan.get("resources") for plan in _plans_of(evidence, r))  # noqa: E731
    return per_row(evidence, has, "计划写明资源", (PLANS, "resources", None))


def plans_adjusted(evidence: Evidence, given: Parameters) -> Finding:
    """The plan of each row that was not converted at the phase was adjusted."""
    phase = given["phase"]
    if not evidence.over(phase):
        return nothing_to_judge(f"还没有到{phase}")
    behind = [r for r in evidence.conversions.rows if r.get(f"{CODES[phase]}_state") == schema.NOT_CONVERTED]
    if not behind:
        return nothing_to_judge(f"{phase}没有未转化的学生")
    adjusted = {(p.get("pupil_id"), p.get("subject")) for p in evidence.rows(PLANS) if is_adjusted(p)}
    kept = [r for r in behind if (r["pupil_id"], r["subject"]) not in adjusted]
    names = [evidence.case(r) for r in kept]
    met = len(behind) - len(kept)
    figures = f"{phase}未转化 {len(behind)} 条，计划已调整 {met} 条"
    return judged(met, len(behind), figures, names, (PLANS, "adjustment", None))
