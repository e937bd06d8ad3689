"""What is missing or contradictory in the clauses of a policy and in the figures behind their 「定期」.

Source: spec §5 (`policy lint`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.checks import CHECKS, Parameter
from xlbangfu.programme.lint_issue import PolicyIssue, error, reminder

_VAGUE = ("定期", "经常", "平时", "时时", "常常")
_SAYS_WHEN = re.compile(
    r"\d|[一两二三四五六]次|[每各][天日周月]|每(?:半?学期|两周)|(?:学期|开学)初|期中|中期|期末|假期"
)
_TIMED = ("times", "phase", "phases", "documents")  # parameters that say when, or how often
_OFTEN = ("times", "per")


def clause_issues(policy: rules.Policy) -> Iterator[PolicyIssue]:
    """Everything found in [cadences], documents, [roles] and [[clauses]], in that order."""
    yield from _cadence_issues(policy)
    yield from _unused(policy)
    yield from _clause_issues(policy)


def _cadence_issues(policy: rules.Policy) -> Iterator[PolicyIssue]:
    for cadence in policy.cadences:
        if cadence.times is None:
            problem = f"“{cadence.about}”没有写多久几次"
            yield error(f"cadences.{cadence.id}", problem, '填 times 和 per，例如 times = 1、per = "月"', "cadence")


def _unused(policy: rules.Policy) -> Iterator[PolicyIssue]:
    """Figures, papers and duties that no clause asks for: changing them would change nothing."""
    if not policy.clauses:
        return
    named = {clause.cadence for clause in policy.clauses}
    for cadence in policy.cadences:
        if cadence.id not in named:
            problem = f"没有条款用到“{cadence.about}”的次数"
            mend = f'在条款里写 cadence = "{cadence.id}"，或删去这一节'
            yield reminder(f"cadences.{cadence.id}", problem, mend, "cadence_unused")
    asked = {paper for clause in policy.clauses for paper in _values(clause, "documents")}
    spare = [paper for paper in policy.documents if paper not in asked]
    if spare:
        problem = f"没有条款要求交{'、'.join(spare)}"
        yield reminder(
            "documents",
            problem,
            '补一条 check = "documents_handed_in" 的条款，或从 documents 里删去',
            "documents_unasked",
        )

    busy = {m.who for m in policy.measures} | {
        r for c in policy.clauses for r in _values(c, "roles") + _values(c, "staff")
    }
    idle = [role for role in policy.roles if role not in busy]
    if idle:
        problem = f"{'、'.join(idle)}写了职责，但没有条款核对由谁担任，也没有措施由其负责"
        yield reminder("roles", problem, '补一条 check = "roles_named" 的条款，或从 [roles] 里删去', "roles_unused")


def _values(clause: rules.Clause, parameter: str) -> tuple[str, ...]:
    value = clause.parameters.get(parameter)
    return value if isinstance(value, tuple) else ()


def _clause_issues(policy: rules.Policy) -> Iterator[PolicyIssue]:
    if not policy.clauses:
        yield reminder("clauses", "没有条款，落实检查无从对照", "逐句写成条款", "clauses_none")
    for clause in policy.clauses:
        key = f"clauses.{clause.id}"
        if clause.kind != rules.COMPUTED:
            yield from _uncomputed(clause, key)
        elif clause.check not in CHECKS:
            yield error(f"{key}.check", f"不认识的检查“{clause.check}”", f"可用：{'、'.join(CHECKS)}", "clause_check")
        else:
            yield from _parameter_issues(clause, key)
            yield from _often_issues(clause, key, policy)
            yield from _contradictions(clause, key, policy)


def _uncomputed(clause: rules.Clause, key: str) -> Iterator[PolicyIssue]:
    if clause.check:
        mend = f"把 kind 改成“{rules.COMPUTED}”，或删去 check"
        yield error(f"{key}.check", f"“{clause.kind}”条款不用 check", mend, "clause_kind")
    word = _vague_word(clause)
    if word and clause.kind == rules.EVIDENCED and not clause.cadence and not _SAYS_WHEN.search(clause.requirement):
        problem = f"要求写着“{word}”，没有写多久几次"
        mend = "在要求里写明，例如每学期 1 次；或用 cadence 指向 [cadences] 里的一项"
        yield reminder(f"{key}.requirement", problem, mend, "clause_vague")


def _vague_word(clause: rules.Clause) -> str:
    return next((word for word in _VAGUE if word in clause.requirement), "")


def _often_issues(clause: rules.Clause, key: str, policy: rules.Policy) -> Iterator[PolicyIssue]:
    """A 「定期」 against the figure that the check counts by."""
    known = {parameter.name for parameter in CHECKS[clause.check].parameters}
    word = _vague_word(clause)
    if word and not clause.cadence and known.isdisjoint(_TIMED) and not _SAYS_WHEN.search(clause.requirement):
        problem = f"要求写着“{word}”，但检查 {clause.check} 不按次数核对"
        mend = "写明多久几次，换成按次数核对的检查；或从要求里删去这个词"
        yield reminder(f"{key}.requirement", problem, mend, "clause_vague")
    cadence = next((c for c in policy.cadences if c.id == clause.cadence), None)
    if cadence is None or cadence.times is None:
        return
    if known.isdisjoint(_OFTEN):
        problem = f"检查 {clause.check} 不按次数核对，用不上 cadence"
        yield error(f"{key}.cadence", problem, "删去 cadence，或换成按次数核对的检查", "clause_cadence")
    elif (cadence.times, cadence.per) != tuple(clause.parameters.get(name) for name in _OFTEN):
        problem = "条款自己写的次数与 cadence 里的不同，按条款的算"
        yield reminder(
            f"{key}.parameters", problem, "只留一处：删去条款里的 times 和 per，或删去 cadence", "clause_cadence_twice"
        )


def _parameter_issues(clause: rules.Clause, key: str) -> Iterator[PolicyIssue]:
    check = CHECKS[clause.check]
    for name in clause.parameters:
        if check.parameter(name) is None and not (clause.cadence and name in _OFTEN):
            known = "、".join(p.name for p in check.parameters) or "无"
            problem = f"检查 {check.name} 没有参数 {name}"
            yield error(f"{key}.parameters.{name}", problem, f"可用的参数：{known}", "clause_parameter")
    for parameter in check.parameters:
        place, value = f"{key}.parameters.{parameter.name}", clause.parameters.get(parameter.name)
        if value is None and parameter.required:
            yield _missing(clause, parameter, place)
        elif value is not None and not _FITS[parameter.kind](value, parameter):
            yield error(place, f"参数 {parameter.name} 的值不对", f"这里填：{_allowed(parameter)}", "clause_parameter")


def _missing(clause: rules.Clause, parameter: Parameter, place: str) -> PolicyIssue:
    if parameter.name in _OFTEN:
        mend = "写明 times 和 per，例如每月 1 次；或用 cadence 指向 [cadences] 里的一项"
        return error(place, f"“{_vague_word(clause) or '定期'}”没有写多久几次", mend, "clause_cadence")
    return error(place, f"缺少参数 {parameter.name}", f"填 {parameter.name}：{_allowed(parameter)}", "clause_parameter")


_FITS: dict[str, Callable[[object, Parameter], bool]] = {
    "count": lambda value, p: type(value) is int and value >= 1,
    "flag": lambda value, p: type(value) is bool,
    "choice": lambda value, p: value in p.choices,
    "choices": lambda value, p: isinstance(value, tuple) and all(v in p.choices for v in value),
}


def _allowed(parameter: Parameter) -> str:
    if parameter.kind == "count":
        return "1 以上的整数"
    if parameter.kind == "flag":
        return "true 或 false"
    return ("方括号里的一项或几项：" if parameter.kind == "choices" else "") + "、".join(parameter.choices)


def _contradictions(clause: rules.Clause, key: str, policy: rules.Policy) -> Iterator[PolicyIssue]:
    """Clauses that ask for what the rest of the file does not provide."""
    given = clause.parameters
    if clause.check == "conversion_reached":
        target = policy.midterm_target if given.get("phase") == schema.MIDTERM else policy.final_target
        if target is None:
            problem = f"条款要求{given.get('phase', '')}转化率达标，但目标没有填"
            yield reminder(key, problem, "在 [targets] 里填目标，或在“设置”里填", "clause_target")
    for check, parameter, known, where in (
        ("documents_handed_in", "documents", policy.documents, "documents"),
        ("roles_named", "roles", tuple(policy.roles), "[roles]"),
    ):
        extra = [value for value in _values(clause, parameter) if value not in known]
        if clause.check == check and extra:
            problem = f"条款要求的{'、'.join(extra)}不在 {where} 里"
            yield error(
                f"{key}.parameters.{parameter}",
                problem,
                f"在 {where} 里补上，或改条款",
                "clause_contradiction",
            )
