"""Exit rules: when a pupil counts as converted, and the threshold on z that a rule comes to.

Source: spec §4.4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.norms import TOLERANCE, Reference
from xlbangfu.programme.scores import Result

GOAL_RANK = {goal: i for i, goal in enumerate(schema.GOAL_LEVELS)}
GOAL_MET = GOAL_RANK["达成"]


@dataclass(frozen=True)
class Standing:
    """Where a pupil stands for an exit rule.

    x0, reference0: baseline result and reference (None without); x, reference: the same at t. goal: 目标达成.
    """

    share: Fraction
    x0: Result | None
    reference0: Reference | None
    x: Result | None
    reference: Reference | None
    goal: str | None = None

    @property
    def z0(self) -> float | None:
        """Baseline z, None without a valid baseline."""
        if self.x0 is None or self.reference0 is None or not self.reference0.knows(self.x0):
            return None
        return self.reference0.z(self.x0)


def levels_comparable(x0: Result | None) -> bool:
    """level_up can be judged only where the baseline is a level."""
    return isinstance(x0, str)


def _up(rule: rules.LevelUp, s: Standing) -> str | None:
    """The level that is `levels` above the baseline's on the ladder at t; "" beyond its top, None if unknown."""
    if s.reference is None or not isinstance(s.x0, str) or s.x0 not in s.reference.ladder:
        return None
    place = s.reference.ladder.index(s.x0) + rule.levels
    return s.reference.ladder[place] if place < len(s.reference.ladder) else ""


def meets(rule: rules.ExitRule, s: Standing) -> bool:
    """True if the exit rule holds for a pupil with a valid result at t. Source: spec §4.4.

    leave_zone needs a cut (the caller shows 不适用 without one); level_up on a baseline in marks is leave_zone.
    """
    match rule:
        case rules.ExitAll():
            return all(meets(part, s) for part in rule.of)
        case rules.ExitAny():
            return any(meets(part, s) for part in rule.of)
        case rules.GoalMet():
            return s.goal is not None and GOAL_RANK[s.goal] >= GOAL_MET
    if s.x is None or s.reference is None or not s.reference.knows(s.x):
        return False
    match rule:
        case rules.ReachAverage():
            return not s.reference.below_mean(s.x)
        case rules.Gain():
            return s.z0 is not None and s.reference.z(s.x) - s.z0 >= rule.sd - TOLERANCE
        case rules.LevelUp() if levels_comparable(s.x0):
            aim = _up(rule, s)
            return bool(aim) and s.reference.order(s.x) >= s.reference.order(str(aim))
        case rules.LevelUp() if s.x0 is None:
            return False
    return not s.reference.in_bottom(s.x, s.share)


def threshold(rule: rules.ExitRule, s: Standing) -> float | None:
    """b: what z at t must pass to meet the rule; None where the rule has none. Source: spec §4.4.

    Never called for a rule with goal_met in it. Without a baseline, gain and level_up cannot be met: +∞.
    """
    if s.reference is None:
        return None
    match rule:
        case rules.ExitAll() | rules.ExitAny():
            parts = [threshold(part, s) for part in rule.of]
            known = [b for b in parts if b is not None]
            if len(known) < len(parts):
                return None
            return min(known) if isinstance(rule, rules.ExitAny) else max(known)
        case rules.ReachAverage():
            return s.reference.mean_threshold()
        case rules.Gain():
            return math.inf if s.z0 is None else s.z0 + float(rule.sd)
        case rules.LevelUp() if levels_comparable(s.x0):
            aim = _up(rule, s)
            return s.reference.lower_edge(aim) if aim else math.inf
        case rules.LevelUp() if s.x0 is None:
            return math.inf
    return s.reference.zone_threshold(s.share)
