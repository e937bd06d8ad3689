"""Who leads, who was found and by whom, who works with whom. Pure. Source: spec §5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.audit.evidence import Evidence, running
from xlbangfu.programme.audit.finding import (
    DONE,
    NOT_APPLICABLE,
    NOT_DONE,
    PARTLY,
    Finding,
    Parameters,
    Place,
    judged,
    nothing_to_judge,
    per_pupil,
)
from xlbangfu.programme.freezing import freezable, still_pending
from xlbangfu.schema import CASELOAD, GROUPS, OBSERVATIONS, PAIRS, PLANS, ROSTER, SESSIONS, SETTINGS, TEACHING, YES

ENCOURAGEMENT = schema.MEASURE_CATEGORIES[-1]  # 激励
PLAIN_MEMBER = schema.ROLES[-1]  # 组员


def roles_named(evidence: Evidence, given: Parameters) -> Finding:
    """Every role asked for has a holder."""
    vacant = [role for role in given["roles"] if not _holder(evidence, role)]
    met = len(given["roles"]) - len(vacant)
    return judged(met, len(given["roles"]), f"有人担任 {met}/{len(given['roles'])} 个角色", vacant, _role_place(vacant))


def _role_place(vacant: Sequence[str]) -> Place:
    """Where the first vacant role is filled in."""
    first = vacant[0] if vacant else ""
    if first == rules.SUBJECT_TEACHER:
        return (TEACHING, "teacher", None)
    if first == rules.PARENT:
        return (PLANS, "with_parents", None)
    return (PAIRS, "form", None) if first in (rules.TUTOR, *schema.PAIR_FORMS) else (SETTINGS, "value", None)


def _holder(evidence: Evidence, role: str) -> bool:
    if role == rules.SUBJECT_TEACHER:
        return bool(evidence.room.subjects) and all(s.teacher for s in evidence.room.subjects)
    if role == rules.CLASS_TEACHER:
        return bool(evidence.settings.get("homeroom_teacher"))
    codes = {row.label: row.code for row in schema.SETTING_ROWS}
    if role in codes:
        return bool(evidence.settings.get(codes[role]))
    if role == rules.PARENT:
        return any(r.get("with_parents") == YES for r in evidence.rows(PLANS))
    form = schema.PEER if role == rules.TUTOR else role
    paired = any((r.get("form") or schema.PEER) == form and r.get("confirmed") == YES for r in evidence.rows(PAIRS))
    return paired or any(r.get("staff") == role for r in evidence.rows(SESSIONS))


def list_decided(evidence: Evidence, given: Parameters) -> Finding:
    """Every flagged row was decided by a teacher, and the list is frozen where anybody was confirmed."""
    waiting = still_pending(evidence.caseload)
    decided = [r for r in evidence.caseload if r.get("confirmed") in schema.YES_NO]
    asked = len(waiting) + len(decided)
    if not asked:
        return nothing_to_judge("还没有识别出学生")
    to_freeze = not evidence.frozen and bool(waiting or any(freezable(r) for r in decided))
    figures = f"已作决定 {len(decided)}/{asked} 条，名单{'已' if evidence.frozen else '没有'}冻结"
    missing = [evidence.case(r) for r in waiting] + ["请点“冻结名单”"] * to_freeze
    if not missing:
        return Finding(DONE, figures)
    place: Place = (CASELOAD, "confirmed", waiting[0].at if waiting else None)
    return Finding(PARTLY if decided else NOT_DONE, figures, tuple(missing), place)


def discovery_sources(evidence: Evidence, given: Parameters) -> Finding:
    """Difficulties were reported by at least so many different 来源."""
    counted = Counter(r["source"] for r in evidence.rows(OBSERVATIONS) if r.get("source"))
    wanted = int(given["sources"])
    figures = "、".join(f"{s} {counted[s]} 条" for s in schema.SIGNAL_SOURCES if counted[s]) or "没有反映的记录"
    silent = [f"没有{s}的反映" for s in schema.SIGNAL_SOURCES if not counted[s]]
    return judged(min(len(counted), wanted), wanted, figures, silent, (OBSERVATIONS, "source", None))


def responsibility_given(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported pupil has a measure of 激励 or a role in the group."""
    chosen = {r.get("pupil_id") for r in running(evidence.rows(PLANS)) if r.get("category") == ENCOURAGEMENT}
    chosen |= {r.get("pupil_id") for r in evidence.rows(GROUPS) if r.get("role") not in (None, "", PLAIN_MEMBER)}
    return per_pupil(evidence, lambda p: p.pupil_id in chosen, "有激励措施或小组角色", (PLANS, "category", None))


def tutors_exist(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported pupil has a partner whom the teacher confirmed, in one of the forms asked for."""
    forms = given.get("forms") or schema.PAIR_FORMS
    paired = {
        r.get("tutee_id")
        for r in evidence.rows(PAIRS)
        if r.get("confirmed") == YES and (r.get("form") or schema.PEER) in forms
    }
    what = "有结对的人" if not given.get("forms") else f"有结对的人（{'、'.join(forms)}）"
    return per_pupil(evidence, lambda p: p.pupil_id in paired, what, (PAIRS, "confirmed", None))


def no_sanction_recorded(evidence: Evidence, given: Parameters) -> Finding:
    """Known to the office alone; the class can only say how many pupils 名册 has as 流失."""
    lost = sum(r.get("status") == schema.DROPPED_OUT for r in evidence.room.pupils.values())
    words = "由教务处登记，班级工作簿里不记"
    if schema.DROPPED_OUT in (given.get("kinds") or (schema.DROPPED_OUT,)) and lost:
        return Finding(NOT_APPLICABLE, f"{words}；名册里流失 {lost} 人", ("请教务处核实",), (ROSTER, "status", None))
    return nothing_to_judge(words)
