"""One finding of `policy lint`. Source: spec §5."""

from __future__ import annotations

from dataclasses import dataclass

from xlbangfu import schema


@dataclass(frozen=True)
class PolicyIssue:
    """One finding. level: 错误 or 提醒. key: dotted key of the file. rule: id of the check, family first."""

    level: str
    key: str
    problem: str
    mend: str
    rule: str


def error(key: str, problem: str, mend: str, rule: str) -> PolicyIssue:
    """A finding that leaves the 制度 wrong as it stands."""
    return PolicyIssue(schema.ERROR, key, problem, mend, f"policy.{rule}")


def reminder(key: str, problem: str, mend: str, rule: str) -> PolicyIssue:
    """A finding for people to think about."""
    return PolicyIssue(schema.REMINDER, key, problem, mend, f"policy.{rule}")
