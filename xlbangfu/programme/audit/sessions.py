"""How often: sessions, contacts with parents and activities, period by period. Pure. Source: spec §5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from xlbangfu import schema
from xlbangfu.programme.audit.evidence import Evidence, of_pupil
from xlbangfu.programme.audit.finding import (
    DONE,
    NOBODY,
    NOT_APPLICABLE,
    NOT_DONE,
    Finding,
    Parameters,
    Place,
    judged,
    nothing_to_judge,
)
from xlbangfu.programme.periods import TERM, Period, asked_of
from xlbangfu.schema import ACTIVITY, SESSIONS, SETTINGS
from xlbangfu.table import Row

TO_PARENTS = ("家访", "家长沟通")


def _no_term(evidence: Evidence) -> Finding:
    """The days of the term are not there, or make none."""
    labels = {code: schema.setting(code).label for code in ("term_start", "term_end")}
    blank = [label for code, label in labels.items() if evidence.settings.get(code) is None]
    what = f"没有填{'和'.join(blank)}" if blank else "的学期开始和学期结束对不上"
    return Finding(
        NOT_DONE, f"“设置”里{what}，算不出周期", ("、".join(blank or labels.values()),), (SETTINGS, "value", None)
    )


def _per_words(times: int, per: str) -> str:
    return f"每{per} {times} 次"


def _in(rows: Sequence[Row], period: Period, per: str) -> int:
    """Rows of the period; one without a date counts where the whole term is one period."""
    return sum(period.has(r.get("date")) or (per == TERM and r.get("date") is None) for r in rows)


def _each_pupil_each_period(evidence: Evidence, given: Parameters, rows: Sequence[Row], what: str) -> Finding:
    """Every supported pupil has at least `times` rows in every period that is over."""
    times, per = int(given["times"]), str(given["per"])
    place: Place = (SESSIONS, "date", None)
    if not evidence.pupils:
        return nothing_to_judge(NOBODY)
    if not evidence.dated:
        return _no_term(evidence)
    asked = kept = whole = 0
    missing: list[str] = []
    for pupil in evidence.pupils:
        own = of_pupil(rows, pupil.pupil_id)
        wanted = evidence.asked_periods(per, pupil)
        met = sum(_in(own, period, per) >= times for period in wanted)
        asked, kept, whole = asked + len(wanted), kept + met, whole + (met == len(wanted))
        if met < len(wanted):
            missing.append(f"{pupil.name}（缺 {len(wanted) - met} {_COUNTED.get(per, per)}）")
    if not asked:
        return _not_over(evidence, given, rows)
    figures = f"{what}{_per_words(times, per)}：{len(evidence.pupils)} 人中 {whole} 人每个周期都做到，"
    return judged(kept, asked, figures + f"合计 {kept}/{asked}，记录 {len(rows)} 次", missing, place)


_COUNTED = {"周": "周", "两周": "个两周", "月": "个月", "半学期": "个半学期", "学期": "个学期"}


def _not_over(evidence: Evidence, given: Parameters, rows: Sequence[Row]) -> Finding:
    """No period is over yet: what is done is done, the rest can wait."""
    times, per = int(given["times"]), str(given["per"])
    done = all(len(of_pupil(rows, p.pupil_id)) >= times for p in evidence.pupils)
    return Finding(DONE if done else NOT_APPLICABLE, f"第一个周期（{per}）还没有结束，已有 {len(rows)} 次")


def _held_for_the_list(evidence: Evidence, given: Parameters, rows: Sequence[Row], what: str, place: Place) -> Finding:
    """Sessions are for those on the list: none are asked for without one, nor before anybody was listed."""
    if not evidence.pupils:
        return nothing_to_judge(NOBODY)
    days = [p.since for p in evidence.pupils]
    since = None if None in days else min(d for d in days if d is not None)
    return _each_period(evidence, given, rows, what, place, since)


def _each_period(
    evidence: Evidence, given: Parameters, rows: Sequence[Row], what: str, place: Place, since: date | None = None
) -> Finding:
    """The class has at least `times` rows in every period that is over. since: nothing is asked before that day."""
    times, per = int(given["times"]), str(given["per"])
    if not evidence.dated:
        return _no_term(evidence)
    wanted = asked_of(evidence.due_periods(per), since)
    if not wanted:
        result = DONE if len(rows) >= times else NOT_APPLICABLE
        return Finding(result, f"第一个周期（{per}）还没有结束，已有 {len(rows)} 次")
    short = [p for p in wanted if _in(rows, p, per) < times]
    met = len(wanted) - len(short)
    figures = f"{what}{_per_words(times, per)}：{len(wanted)} 个周期做到 {met} 个，记录 {len(rows)} 次"
    missing = [f"{p.first:%m-%d} 至 {p.last:%m-%d}" for p in short]
    return judged(met, len(wanted), figures, missing, place)


def _held(evidence: Evidence, code: str, wanted: Sequence[str]) -> list[Row]:
    return [r for r in evidence.rows(SESSIONS) if r.get(code) in wanted]


def sessions_per_pupil(evidence: Evidence, given: Parameters) -> Finding:
    """Each supported pupil has so many sessions in every period, of the forms asked for if any."""
    forms = given.get("forms")
    rows = _held(evidence, "form", forms) if forms else evidence.rows(SESSIONS)
    return _each_pupil_each_period(evidence, given, rows, "、".join(forms) if forms else "辅导")


def sessions_held(evidence: Evidence, given: Parameters) -> Finding:
    """The class has so many sessions of these forms in every period."""
    forms = given["forms"]
    return _held_for_the_list(
        evidence, given, _held(evidence, "form", forms), "、".join(forms), (SESSIONS, "form", None)
    )


def sessions_by_staff(evidence: Evidence, given: Parameters) -> Finding:
    """The class has so many sessions by these 身份 in every period."""
    staff = given["staff"]
    rows = _held(evidence, "staff", staff)
    return _held_for_the_list(evidence, given, rows, f"{'、'.join(staff)}辅导", (SESSIONS, "staff", None))


def parents_contacted(evidence: Evidence, given: Parameters) -> Finding:
    """The parents of each supported pupil were contacted so often in every period."""
    return _each_pupil_each_period(evidence, given, _held(evidence, "form", TO_PARENTS), "联系家长")


def activities_held(evidence: Evidence, given: Parameters) -> Finding:
    """The class has so many activities of these kinds in every period."""
    kinds = given["categories"]
    rows = [r for r in evidence.rows(ACTIVITY) if r.get("category") in kinds]
    return _each_period(evidence, given, rows, "、".join(kinds), (ACTIVITY, "category", None))
