"""What came of it: evaluation by phase, conversion, improvement, interest, the contest. Pure. Source: spec §4.4, §5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlbangfu import schema
from xlbangfu.programme.audit.evidence import Evidence
from xlbangfu.programme.audit.finding import (
    DONE,
    NOBODY,
    NOT_DONE,
    PARTLY,
    Finding,
    Parameters,
    Place,
    judged,
    nothing_to_judge,
    per_pupil,
)
from xlbangfu.programme.conversion import CODES, IN_BASE, latest_goals
from xlbangfu.programme.exits import GOAL_RANK
from xlbangfu.programme.numbers import percent
from xlbangfu.schema import (
    CONTEST,
    CONVERSION_STATS,
    CONVERSIONS,
    FINAL,
    GENERAL_SUBJECT,
    GROUPS,
    OBSERVATIONS,
    PROCESS,
    SCORES,
)
from xlbangfu.table import Row

GOAL_IMPROVED = GOAL_RANK["基本达成"]


def evaluated(evidence: Evidence, given: Parameters) -> Finding:
    """Everybody on the list was evaluated at each phase that is over, by exam or by process evidence."""
    phases = [p for p in given["phases"] if evidence.over(p)]
    if not phases:
        return nothing_to_judge(f"还没有到{given['phases'][0]}")
    asked = met = 0
    missing: list[str] = []
    lacking: list[str] = []
    for phase in phases:
        rows = [r for r in _counted(evidence) if r.get(f"{CODES[phase]}_state") not in _NOT_ASKED]
        without = [r for r in rows if not _has_result(r, CODES[phase])]
        asked, met = asked + len(rows), met + len(rows) - len(without)
        missing += [evidence.case(r, phase) for r in without]
        lacking += [phase] * bool(without)
    if not asked:
        return nothing_to_judge("没有要评估的学生" if evidence.pupils else NOBODY)
    by_process = bool(lacking) and evidence.room.basis(lacking[0]) == schema.BY_PROCESS
    place: Place = (PROCESS, "goal", None) if by_process else (SCORES, "exam", None)
    return judged(met, asked, f"{'、'.join(phases)}已评 {met}/{asked} 条", missing, place)


def _counted(evidence: Evidence) -> list[Row]:
    """Rows of 转化 that a rate can count: no 关注, no 综合. Source: spec §4.4."""
    return [
        r
        for r in evidence.conversions.rows
        if r.get("case_type") != schema.WATCH and r.get("subject") != GENERAL_SUBJECT
    ]


_NOT_ASKED = (schema.TRANSFERRED, schema.ADDED)


def _has_result(row: Row, code: str) -> bool:
    """True for a row that was judged, and for one with a score that cannot be (待常模, 人人同分)."""
    return row.get(f"{code}_state") in (schema.CONVERTED, schema.NOT_CONVERTED) or row.get(code) is not None


def conversion_reached(evidence: Evidence, given: Parameters) -> Finding:
    """The conversion rate of each subject meets the target; the rate stands with its base."""
    phase = given["phase"]
    stats = [r for r in evidence.conversions.stats if r["phase"] == phase]
    rated = [r for r in stats if r.get("met") in schema.YES_NO]
    if evidence.room.target(phase) is None:
        return nothing_to_judge(f"没有设{phase}目标")
    waiting = _unrated(evidence, stats, phase) if evidence.over(phase) else []
    if not rated and not waiting:
        return nothing_to_judge(f"{phase}还没有可以计算的转化率")
    figures = "；".join(
        f"{r['subject']} {r['converted']}/{r['base']}，目标 {percent(r['target'])}"
        + (f"，预期自然转化率 {percent(r['expected'], 0)}" if r.get("expected") is not None else "")
        for r in rated
    )
    if waiting:
        figures += f"{'；' if figures else ''}没有转化率：{'、'.join(waiting)}"
    short = [f"{r['subject']}（{r['converted']}/{r['base']}）" for r in rated if r["met"] == schema.NO]
    missing = [*short, *(f"{subject}没有转化率" for subject in waiting)]
    total = len(rated) + len(waiting)
    return judged(total - len(missing), total, figures, missing, (CONVERSION_STATS, "met", None))


def _unrated(evidence: Evidence, stats: Sequence[Row], phase: str) -> list[str]:
    """Subjects with somebody on the list whose phase is over and that have no rate: 未考, 待常模."""
    state = f"{CODES[phase]}_state"
    waiting = {r["subject"] for r in _counted(evidence) if r.get(state) in (schema.NOT_SAT, schema.AWAITING_NORMS)}
    return [r["subject"] for r in stats if r.get("met") is None and r["subject"] in waiting]


def everyone_improved(evidence: Evidence, given: Parameters) -> Finding:
    """Every row of the base improved: z_t > z_0, or 目标达成 at least 基本达成."""
    phase = given["phase"]
    code = CODES[phase]
    goals, _ = latest_goals(evidence.rows(PROCESS), phase)
    base = [r for r in _counted(evidence) if r.get(f"{code}_state") in IN_BASE]
    if not base:
        return nothing_to_judge(f"{phase}还没有结果" if evidence.pupils else NOBODY)

    def improved(row: Row) -> bool:
        before, after = row.get("baseline_z"), row.get(f"{code}_z")
        goal = goals.get((row["pupil_id"], row["subject"]))
        risen = before is not None and after is not None and after > before
        return risen or (goal is not None and GOAL_RANK[goal] >= GOAL_IMPROVED)

    without = [evidence.case(r) for r in base if not improved(r)]
    met = len(base) - len(without)
    return judged(met, len(base), f"{phase}有提高 {met}/{len(base)} 条", without, (CONVERSIONS, "name", None))


def interest_assessed(evidence: Evidence, given: Parameters) -> Finding:
    """主动性, 兴趣 or 参与度 of each supported pupil was assessed on two days: before, and after."""
    days: dict[str, set[Any]] = {}
    for r in evidence.rows(OBSERVATIONS):
        if any(r.get(c) is not None for c in ("initiative", "interest", "participation")):
            days.setdefault(r["pupil_id"], set()).add(r.get("date"))
    wanted = 2 if evidence.over(FINAL) or evidence.room.day(FINAL) is None else 1
    what = "学习兴趣前后各评过" if wanted == 2 else "学习兴趣已评第一次"
    has = lambda p: len(days.get(p.pupil_id, ())) >= wanted  # noqa: E731
    return per_pupil(evidence, has, what, (OBSERVATIONS, "initiative", None))


def groups_scored(evidence: Evidence, given: Parameters) -> Finding:
    """Everybody stands in a group, and the contest has a score for each phase that is over."""
    grouped = {r["pupil_id"] for r in evidence.rows(GROUPS) if r.get("group_id")}
    alone = [evidence.name(r["pupil_id"]) for r in evidence.everyone if r["pupil_id"] not in grouped]
    if not evidence.everyone:
        return nothing_to_judge("名册里没有学生")
    if not grouped:
        return Finding(NOT_DONE, "没有编组", ("请点“编排小组”",), (GROUPS, "group_id", None))
    phases = [p for p in given.get("phases") or () if evidence.over(p)]
    scored = {r.get("phase") for r in evidence.rows(CONTEST) if r.get("score") is not None}
    unscored = [f"{p}没有评比" for p in phases if p not in scored]
    groups = len({r.get("group_id") for r in evidence.rows(GROUPS) if r.get("group_id")})
    everyone = len(evidence.everyone)
    figures = f"{everyone - len(alone)}/{everyone} 人编入 {groups} 组"
    figures += f"；评比 {len(phases) - len(unscored)}/{len(phases)} 次" if phases else ""
    missing = [*(f"{name}没有编组" for name in alone), *unscored]
    place: Place = (GROUPS, "pupil_id", None) if alone else (CONTEST, "score", None)
    return Finding(PARTLY, figures, tuple(missing), place) if missing else Finding(DONE, figures)
