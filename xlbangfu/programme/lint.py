"""What is missing or contradictory in a policy, as far as the policy alone tells.

Source: spec §5 (`policy lint`), §4.2–4.4, §4.7.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from statistics import NormalDist

from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.chances import natural_chance
from xlbangfu.programme.exam_rules import exam_issues
from xlbangfu.programme.lint_clauses import clause_issues
from xlbangfu.programme.lint_issue import PolicyIssue, error, reminder
from xlbangfu.programme.numbers import percent, plain

__all__ = ["PolicyIssue", "natural_rate", "policy_issues"]

USUAL_CORRELATION = 0.8  # between two exams of one term; spec §4.4 argues with the same figure
UNREACHABLE_GAIN = Fraction(3)  # in standard deviations; from −1 to +2 is more than a term has ever done
_QUANTILES = 400


def policy_issues(policy: rules.Policy) -> list[PolicyIssue]:
    """Everything found, in the order of the file's sections; empty for a sound policy. Source: spec §5."""
    parts = (_exit_issues, _target_issues, _measure_issues, clause_issues, exam_issues)
    return [issue for part in parts for issue in part(policy)]


# ---- exit against screening ----------------------------------------------------------------------------
# A pupil's place is the share of the reference at or below them, q in (0, 1]; the mean lies at 1/2. Criteria
# and exits are monotone (all-of, any-of, no "not"), so what q does not settle is taken at its worst.


def _ladder(policy: rules.Policy) -> tuple[str, ...]:
    """Levels high to low: the bands for parents, since a policy file does not know 任课.等级."""
    return tuple(name for name, _ in policy.bands)


def _flagged_up_to(rule: rules.Criterion, policy: rules.Policy) -> Fraction:
    """Highest q at which a pupil can be flagged, all signals given."""
    match rule:
        case rules.BottomShare():
            return rule.share or policy.share
        case rules.BelowMean():
            return Fraction(1, 2)
        case rules.LevelAtMost() if rule.level == _ladder(policy)[-1]:
            return Fraction(0)  # whoever has the lowest level is never above the cut score nor the mean
        case rules.AllOf():
            return min(_flagged_up_to(part, policy) for part in rule.of)
        case rules.AnyOf():
            return max(_flagged_up_to(part, policy) for part in rule.of)
        case _:
            return Fraction(1)


def _met_above(rule: rules.ExitRule, share: Fraction) -> Fraction:
    """The q above which a pupil meets the exit rule on the very exam that flags them; 1 where nobody does."""
    match rule:
        case rules.LeaveZone():
            return share
        case rules.ReachAverage():
            return Fraction(1, 2)
        case rules.Gain():
            return Fraction(0) if rule.sd <= 0 else Fraction(1)
        case rules.LevelUp():
            return Fraction(0) if rule.levels <= 0 else Fraction(1)
        case rules.GoalMet():
            return Fraction(1)
        case rules.ExitAll():
            return max(_met_above(part, share) for part in rule.of)
        case rules.ExitAny():
            return min(_met_above(part, share) for part in rule.of)


def _levels_left(rule: rules.Criterion, ladder: tuple[str, ...]) -> int:
    """Levels that lie above the best flagged pupil on `ladder` (high to low)."""
    named = [part.level for part in rules.named_criteria(rule) if isinstance(part, rules.LevelAtMost)]
    return max((ladder.index(level) for level in named if level in ladder), default=len(ladder) - 1)


def _reachable(rule: rules.ExitRule, levels_left: int) -> bool:
    match rule:
        case rules.Gain():
            return rule.sd <= UNREACHABLE_GAIN
        case rules.LevelUp():
            return rule.levels <= levels_left
        case rules.ExitAll():
            return all(_reachable(part, levels_left) for part in rule.of)
        case rules.ExitAny():
            return any(_reachable(part, levels_left) for part in rule.of)
        case _:
            return True


def _exit_issues(policy: rules.Policy) -> Iterator[PolicyIssue]:
    left = _levels_left(policy.academic, _ladder(policy))
    told = rules.describe_exit(policy.exit)
    if not _reachable(policy.exit, left):
        mend = f"标准分提高不超过 {plain(UNREACHABLE_GAIN)}，等级提高不超过 {left} 级"
        yield error("exit", f"转化条件“{told}”，识别出的学生达不到", mend, "exit_never")
    if _met_above(policy.exit, policy.share) < _flagged_up_to(policy.academic, policy):
        who = rules.describe_criterion(policy.academic, policy.share)
        problem = f"按“{who}”识别出的学生，在识别那次考试上就可能已符合转化条件“{told}”"
        yield error("exit", problem, "把转化条件改得高于识别条件", "exit_at_once")


# ---- targets -------------------------------------------------------------------------------------------


def _target_issues(policy: rules.Policy) -> Iterator[PolicyIssue]:
    targets = {
        schema.MIDTERM: ("targets.midterm", policy.midterm_target),
        schema.FINAL: ("targets.final", policy.final_target),
    }
    expected = natural_rate(policy)
    for phase, (key, target) in targets.items():
        if target is None:
            mend = f"填{phase}的转化率目标，例如 40%；也可以由学校在“设置”里填"
            yield reminder(key, f"{phase}目标没有填", mend, "target_missing")
        elif not 0 < target <= 1:
            yield error(key, f"{phase}目标 {percent(target)} 不在 0 到 100% 之间", "填大于 0、不超过 1 的数", "target")
        elif expected is not None and float(target) <= expected:
            chance = f"预期自然转化率（约 {percent(expected, 0)}）"
            problem = f"{phase}目标 {percent(target)} 不高于{chance}，不帮扶也可能达到"
            yield reminder(key, problem, "提高目标，或把转化条件改得更严", "target_by_chance")
    if policy.midterm_target and policy.final_target and policy.midterm_target > policy.final_target:
        yield reminder("targets", "期中目标高于期末目标", "核对两个目标", "target_order")


def natural_rate(policy: rules.Policy) -> float | None:
    """预期自然转化率 of this policy in a large normal reference with r = 0.8; None where it cannot be said.

    The mean of spec §4.4's P over everyone that the academic rule can flag; None with goal_met or
    level_up, and where levels or signals alone decide who is flagged.

    >>> policy = rules.Policy("x", "x", rules.BottomShare(), rules.LeaveZone())
    >>> round(natural_rate(policy), 3)
    0.355
    """
    reach = float(_flagged_up_to(policy.academic, policy))
    if rules.uses(policy.exit, (rules.GoalMet, rules.LevelUp)) or not 0 < reach < 1:
        return None
    normal = NormalDist()
    cut = normal.inv_cdf(float(policy.share))
    places = (normal.inv_cdf(reach * (i + 0.5) / _QUANTILES) for i in range(_QUANTILES))
    chances = (natural_chance(_threshold(policy.exit, cut, z), z, USUAL_CORRELATION) for z in places)
    return math.fsum(chances) / _QUANTILES


def _threshold(rule: rules.ExitRule, cut: float, baseline_z: float) -> float:
    match rule:
        case rules.LeaveZone():
            return cut
        case rules.Gain():
            return baseline_z + float(rule.sd)
        case rules.ExitAll():
            return max(_threshold(part, cut, baseline_z) for part in rule.of)
        case rules.ExitAny():
            return min(_threshold(part, cut, baseline_z) for part in rule.of)
        case _:
            return 0.0


# ---- 措施库 -----------------------------------------------------------------------------------------------


def _measure_issues(policy: rules.Policy) -> Iterator[PolicyIssue]:
    if len(policy.measures) < 2:
        yield error("measures", "措施库不足两条，起草不了计划", "每份计划需要 2 到 4 条措施", "measures_few")
        return
    covered = {cause for measure in policy.measures for cause in measure.causes}
    missing = [cause for cause in schema.CAUSES if cause not in covered]
    if missing:
        problem = f"这些困难原因没有措施：{'、'.join(missing)}"
        yield reminder("measures", problem, "给每个困难原因至少一条措施", "measures_cause")
    if not any(measure.category == schema.MEASURE_CATEGORIES[0] for measure in policy.measures):
        yield reminder("measures", "措施库里没有教学类措施", "至少写一条教学类措施", "measures_teaching")
