"""落实检查: every clause of a 制度 held against the evidence of one class.

A clause is 计算 (a check counts), 佐证 (a dated text of the teacher) or 声明 (not checked). Source: spec §3, §5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.audit import organisation, outcomes, plans, records, sessions
from xlbangfu.programme.audit.dates import Named, dates_in
from xlbangfu.programme.audit.evidence import Evidence
from xlbangfu.programme.audit.finding import DONE, NOT_APPLICABLE, NOT_DONE, Finding, Parameters

__all__ = ["CHECK_FUNCTIONS", "Audited", "Evidence", "Finding", "audit", "dates_in"]

CHECK_FUNCTIONS: dict[str, Callable[[Evidence, Parameters], Finding]] = {
    function.__name__: function
    for function in (
        organisation.roles_named,
        organisation.list_decided,
        organisation.discovery_sources,
        organisation.responsibility_given,
        organisation.tutors_exist,
        organisation.no_sanction_recorded,
        plans.profiles_exist,
        plans.plans_exist,
        plans.plans_complete,
        plans.plans_made_with,
        plans.study_plans_exist,
        plans.resources_named,
        plans.plans_adjusted,
        sessions.sessions_per_pupil,
        sessions.sessions_held,
        sessions.sessions_by_staff,
        sessions.parents_contacted,
        sessions.activities_held,
        records.documents_handed_in,
        records.psych_file_exists,
        records.aid_given,
        records.slips_produced,
        outcomes.evaluated,
        outcomes.conversion_reached,
        outcomes.everyone_improved,
        outcomes.interest_assessed,
        outcomes.groups_scored,
    )
}
_EVIDENCE = (schema.AUDIT, "evidence")


@dataclass(frozen=True)
class Audited:
    """One clause with what was found."""

    clause: rules.Clause
    finding: Finding


def audit(policy: rules.Policy, evidence: Evidence, texts: Mapping[str, str | None]) -> list[Audited]:
    """Every clause of the policy, in its order. texts: id of a clause → 佐证 as the teacher typed it.

    Raises KeyError for a check or a parameter that does not exist (such a file does not pass `policy lint`).
    """
    return [Audited(clause, _judge(clause, evidence, texts.get(clause.id))) for clause in policy.clauses]


def _judge(clause: rules.Clause, evidence: Evidence, text: str | None) -> Finding:
    if clause.kind == rules.DECLARED:
        return Finding(NOT_APPLICABLE, "理念或由学校办理，不逐班核对")
    if clause.kind == rules.EVIDENCED:
        return _attested(evidence, text)
    return CHECK_FUNCTIONS[clause.check](evidence, clause.parameters)


def _attested(evidence: Evidence, text: str | None) -> Finding:
    """落实 with a text that has a date of this term. A date without a year is taken to lie in it."""
    place = (*_EVIDENCE, None)
    if not text or not text.strip():
        return Finding(NOT_DONE, "没有佐证", ("请在“佐证”里写日期和做了什么",), place)
    found = dates_in(text)
    if not found:
        return Finding(NOT_DONE, "佐证没有日期", ("请在“佐证”里补上日期，写到哪一天",), place)
    start, end = evidence.settings.get("term_start"), evidence.settings.get("term_end")
    inside = [d for d in found if _in_term(d, start, min(end, evidence.today) if end else evidence.today)]
    if not inside:
        return Finding(NOT_DONE, "佐证的日期不在本学期，或还没有到", ("请核对“佐证”里的日期",), place)
    return Finding(DONE, f"有佐证，{len(inside)} 个日期")


def _in_term(named: Named, start: date | None, last: date) -> bool:
    """True if the day lies in the term and not ahead; one without a year needs only one year that fits."""
    year, month, day = named
    years = [year] if year is not None else range(start.year if start else last.year - 1, last.year + 1)
    for each in years:
        try:
            when = date(each, month, day)
        except ValueError:
            continue
        if when <= last and (start is None or when >= start):
            return True
    return False


# ---- the sheet -------------------------------------------------------------------------------------------


def gap_text(finding: Finding, most: int) -> str | None:
    """缺口: who or what is missing, at most so many UTF-16 units; what does not fit is counted.

    >>> gap_text(Finding(NOT_DONE, "", ("示例甲", "示例乙", "示例丙")), 9)
    '示例甲等 3 项'
    """
    missing = finding.missing
    if not missing:
        return None
    whole = "、".join(missing)
    if _units(whole) <= most:
        return whole
    tail = f"等 {len(missing)} 项"
    kept: list[str] = []
    for item in missing:
        if _units("、".join([*kept, item]) + tail) > most:
            break
        kept.append(item)
    return ("、".join(kept) or _beginning(missing[0], most - len(tail))) + tail


def _units(text: str) -> int:
    """Length as a workbook counts it: a rare character (𠮷) is two."""
    return len(text.encode("utf-16-le")) // 2


def _beginning(text: str, most: int) -> str:
    while _units(text) > most:
        text = text[:-1]
    return text


def count_results(audited: Sequence[Audited]) -> dict[str, int]:
    """Number of clauses by result, every result named."""
    return {result: sum(a.finding.result == result for a in audited) for result in schema.AUDIT_RESULTS}
