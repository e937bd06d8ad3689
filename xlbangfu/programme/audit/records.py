"""Papers handed in, slips for parents, and records whose dates alone are known here. Pure. Source: spec §3, §5."""

from __future__ import annotations

from xlbangfu.programme.audit.evidence import Evidence
from xlbangfu.programme.audit.finding import NOBODY, Finding, Parameters, Place, judged, nothing_to_judge, per_pupil
from xlbangfu.schema import CARE, FINAL, MIDTERM, PROFILES, WRITTEN

POOR = CARE[2]  # 经济困难


def documents_handed_in(evidence: Evidence, given: Parameters) -> Finding:
    """Every subject with somebody on the list handed in the papers that are due, or all of one early."""
    subjects = evidence.subjects
    if not subjects:
        return nothing_to_judge(NOBODY)
    dated = {
        (r.get("subject"), r.get("document"))
        for r in evidence.rows(WRITTEN)
        if r.get("handed_in_on") is not None and r["handed_in_on"] <= evidence.today
    }
    waiting = [
        d
        for d in given["documents"]
        if (phase := _PAPER_PHASES.get(d)) and not evidence.over(phase) and any((s, d) not in dated for s in subjects)
    ]
    asked = [(s, d) for d in given["documents"] if d not in waiting for s in subjects]
    if not asked:
        return nothing_to_judge(f"{'、'.join(waiting)}还没有到交的时候")
    missing = [f"{s}{d}" for s, d in asked if (s, d) not in dated]
    met = len(asked) - len(missing)
    place: Place = (WRITTEN, "handed_in_on", None)
    return judged(met, len(asked), f"已交 {met}/{len(asked)} 份（有提交日期）", missing, place)


_PAPER_PHASES = {"中期总结": MIDTERM, "期末总结": FINAL}


def _dated_in_profile(evidence: Evidence, code: str, *, this_term: bool = False) -> set[str]:
    """学号 with a date up to today, and of this term if asked for."""
    start = evidence.settings.get("term_start") if this_term else None
    return {
        r["pupil_id"]
        for r in evidence.rows(PROFILES)
        if r.get(code) is not None and r[code] <= evidence.today and (start is None or r[code] >= start)
    }


def psych_file_exists(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported pupil has a psychological record (its date alone is known here)."""
    dated = _dated_in_profile(evidence, "psych_on")
    return per_pupil(evidence, lambda p: p.pupil_id in dated, "有心理档案", (PROFILES, "psych_on", None))


def aid_given(evidence: Evidence, given: Parameters) -> Finding:
    """Each pupil in 经济困难 has a record of aid of this term (its date alone is known here)."""
    poor = [r for r in evidence.everyone if POOR in (r.get("care") or ())]
    if not poor:
        return nothing_to_judge("名册里没有登记经济困难的学生")
    dated = _dated_in_profile(evidence, "aid_on", this_term=True)
    without = [evidence.name(r["pupil_id"]) for r in poor if r["pupil_id"] not in dated]
    met = len(poor) - len(without)
    return judged(met, len(poor), f"有资助记录 {met}/{len(poor)} 人", without, (PROFILES, "aid_on", None))


def slips_produced(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported pupil's parents got a slip this term."""
    dated = _dated_in_profile(evidence, "slip_on", this_term=True)
    return per_pupil(evidence, lambda p: p.pupil_id in dated, "有家长反馈单", (PROFILES, "slip_on", None))
