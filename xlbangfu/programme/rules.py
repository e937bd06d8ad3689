"""The words a 制度 is written in: criteria, exit rules, checks, and the policy that holds them.

Data only, nothing is evaluated here: screening judges the criteria, conversion the exit rules, the audit
the clauses (by the checks of programme.checks).
Source: spec §4.3 (criteria), §4.4 (exit rules), §4.7 (measures), §5 (policies and clauses).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias, overload

from xlbangfu.programme.numbers import percent, plain

# ---- criteria: who is flagged (spec §4.3) --------------------------------------------------------------


@dataclass(frozen=True)
class BottomShare:
    """x ≤ the cut score of the bottom share; share None = the policy's figure or the school's own in 设置."""

    share: Fraction | None = None


@dataclass(frozen=True)
class BelowMean:
    """x < μ."""


@dataclass(frozen=True)
class LevelAtMost:
    """A level not better than `level`."""

    level: str


@dataclass(frozen=True)
class Decline:
    """z(上次考试) − z(基线考试) ≥ `sd`, in standard deviations."""

    sd: Fraction


@dataclass(frozen=True)
class Referral:
    """Rows of 观察 from at least `sources` different 来源 in `categories` at 程度 ≥ `severity` (1–5)."""

    sources: int
    categories: tuple[str, ...]
    severity: int


@dataclass(frozen=True)
class Behaviour:
    """The same as Referral over the 类别 行为."""

    sources: int
    severity: int


@dataclass(frozen=True)
class Care:
    """The pupil's 关爱类别 is among `categories`."""

    categories: tuple[str, ...]


@dataclass(frozen=True)
class AllOf:
    """Every one of the criteria holds; at least one."""

    of: tuple[Criterion, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of the criteria holds; at least one."""

    of: tuple[Criterion, ...]


Criterion: TypeAlias = BottomShare | BelowMean | LevelAtMost | Decline | Referral | Behaviour | Care | AllOf | AnyOf

# ---- exit rules: what counts as 转化 (spec §4.4) --------------------------------------------------------


@dataclass(frozen=True)
class LeaveZone:
    """x_t > cut_t."""


@dataclass(frozen=True)
class ReachAverage:
    """x_t ≥ μ_t."""


@dataclass(frozen=True)
class Gain:
    """z_t − z_0 ≥ `sd`, in standard deviations."""

    sd: Fraction


@dataclass(frozen=True)
class LevelUp:
    """At least `levels` levels above the baseline."""

    levels: int


@dataclass(frozen=True)
class GoalMet:
    """目标达成 at least 达成 in 过程评价."""


@dataclass(frozen=True)
class ExitAll:
    """Every one of the rules holds; at least one."""

    of: tuple[ExitRule, ...]


@dataclass(frozen=True)
class ExitAny:
    """At least one of the rules holds; at least one."""

    of: tuple[ExitRule, ...]


ExitRule: TypeAlias = LeaveZone | ReachAverage | Gain | LevelUp | GoalMet | ExitAll | ExitAny
_COMBINED = (AllOf, AnyOf, ExitAll, ExitAny)


@overload
def named_criteria(rule: Criterion) -> Iterator[Criterion]: ...
@overload
def named_criteria(rule: ExitRule) -> Iterator[ExitRule]: ...
def named_criteria(rule: Criterion | ExitRule) -> Iterator[Criterion | ExitRule]:
    """The single criteria or exit rules of a tree, left to right, without the all-of and any-of."""
    if isinstance(rule, _COMBINED):
        for part in rule.of:
            yield from named_criteria(part)
    else:
        yield rule


def uses(rule: Criterion | ExitRule, kind: type | tuple[type, ...]) -> bool:
    """True if the rule is of that kind, or has a part anywhere that is."""
    if isinstance(rule, kind):
        return True
    return isinstance(rule, _COMBINED) and any(uses(part, kind) for part in rule.of)


def describe_criterion(rule: Criterion, share: Fraction | None = None) -> str:
    """The criterion in short Chinese. share: the figure in force where the rule leaves it open.

    >>> describe_criterion(AllOf((BelowMean(), Care(("残疾",)))))
    '低于均分，且关爱类别为残疾'
    """
    match rule:
        case BottomShare():
            figure = rule.share or share
            return f"后{percent(figure, 4)}" if figure is not None else "在识别线及以下"
        case BelowMean():
            return "低于均分"
        case LevelAtMost():
            return f"等级不高于“{rule.level}”"
        case Decline():
            return f"标准分比上次下降 {plain(rule.sd, 4)} 以上"
        case Referral():
            return f"至少 {rule.sources} 方反映{'、'.join(rule.categories)}（程度 {rule.severity} 以上）"
        case Behaviour():
            return f"至少 {rule.sources} 方反映行为偏差（程度 {rule.severity} 以上）"
        case Care():
            return f"关爱类别为{'、'.join(rule.categories)}"
        case AllOf() | AnyOf():
            joint = "，且" if isinstance(rule, AllOf) else "，或"
            return joint.join(_bracketed(describe_criterion(part, share), part) for part in rule.of)


def describe_exit(rule: ExitRule) -> str:
    """What counts as 转化 under this rule, in short Chinese.

    >>> describe_exit(ExitAny((Gain(Fraction(1, 2)), GoalMet())))
    '标准分比基线提高 0.5 以上，或过程评价达成目标'
    """
    match rule:
        case LeaveZone():
            return "高于识别线"
        case ReachAverage():
            return "达到平均分"
        case Gain():
            return f"标准分比基线提高 {plain(rule.sd, 4)} 以上"
        case LevelUp():
            return f"等级比基线提高 {rule.levels} 级以上"
        case GoalMet():
            return "过程评价达成目标"
        case ExitAll() | ExitAny():
            joint = "，且" if isinstance(rule, ExitAll) else "，或"
            return joint.join(_bracketed(describe_exit(part), part) for part in rule.of)


def _bracketed(text: str, rule: Criterion | ExitRule) -> str:
    return f"（{text}）" if isinstance(rule, _COMBINED) and len(rule.of) > 1 else text


# ---- who does what, how often ---------------------------------------------------------------------------

CLASS_TEACHER, SUBJECT_TEACHER = "班主任", "任课教师"
COUNSELLOR, STUDY_ADVISER, TUTOR, PARENT = "心理教师", "学习顾问", "小帮手", "家长"
ACADEMIC_OFFICE, MORAL_OFFICE = "教务", "德育"
ROLE_NAMES = (
    CLASS_TEACHER,
    SUBJECT_TEACHER,
    "组长",
    "组员",
    ACADEMIC_OFFICE,
    MORAL_OFFICE,
    COUNSELLOR,
    STUDY_ADVISER,
    TUTOR,
    "志愿者",
    "家长志愿者",
    PARENT,
)
PERIODS = ("周", "两周", "月", "半学期", "学期")
COMPUTED, EVIDENCED, DECLARED = "计算", "佐证", "声明"
CLAUSE_KINDS = (COMPUTED, EVIDENCED, DECLARED)

# ---- the policy ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measure:
    """One entry of the 措施库. per_week: times a week. who: one of ROLE_NAMES."""

    id: str
    name: str
    category: str
    causes: tuple[str, ...]
    per_week: Fraction
    who: str
    resources: str = ""


@dataclass(frozen=True)
class Cadence:
    """One 定期 with its number. times None: the source gives none and the school has not filled it in."""

    id: str
    about: str
    times: int | None = None
    per: str = ""


ParameterValue: TypeAlias = "int | str | bool | tuple[str, ...]"


@dataclass(frozen=True)
class Clause:
    """One sentence of the 制度. kind: 计算/佐证/声明; check: a name of checks.CHECKS, "" unless 计算.

    cadence: id of the cadence that `times` and `per` were taken from, "" for none.
    """

    id: str
    article: str
    kind: str
    requirement: str
    check: str = ""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    cadence: str = ""


# Keys are the fields of pairing.PairWeights. kept: a pair that the teacher confirmed before.
PAIR_WEIGHTS: dict[str, Fraction] = {
    "volunteer": Fraction(1),
    "good_at": Fraction(1),
    "gap": Fraction(2),
    "same_gender": Fraction(0),
    "near_seat": Fraction(1, 2),
    "shared_interests": Fraction(1, 2),
    "mutual_help": Fraction(1),
    "kept": Fraction(1),
}
BANDS: tuple[tuple[str, Fraction], ...] = (
    ("优", Fraction(85, 100)),
    ("良", Fraction(70, 100)),
    ("合格", Fraction(60, 100)),
    ("待合格", Fraction(0)),
)


@dataclass(frozen=True)
class Policy:
    """One school's 制度 as data.

    share: the bottom share that cut scores are taken for, in (0, 1). academic: the rule behind 学困;
    beside: criteria listed beside it (behaviour makes 双困). midterm_target, final_target: in (0, 1], None
    where the source leaves them blank. bands: level names with the least share of 满分,
    high to low, the last at 0. pair_weights: keys of PAIR_WEIGHTS. roles: role name to duty.
    our_defaults: dotted keys of the file whose figures are ours and not the source's.
    """

    id: str
    name: str
    academic: Criterion
    exit: ExitRule
    source: str = ""
    date: str = ""
    beside: tuple[Criterion, ...] = ()
    share: Fraction = Fraction(1, 5)
    midterm_target: Fraction | None = None
    final_target: Fraction | None = None
    max_tutees: int = 2
    max_gap_days: int = 14
    pair_weights: Mapping[str, Fraction] = field(default_factory=lambda: dict(PAIR_WEIGHTS))
    contest_progress_weight: Fraction = Fraction(10)
    contest_session_weight: Fraction = Fraction(1, 2)
    bands: tuple[tuple[str, Fraction], ...] = BANDS
    roles: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    cadences: tuple[Cadence, ...] = ()
    measures: tuple[Measure, ...] = ()
    clauses: tuple[Clause, ...] = ()
    our_defaults: frozenset[str] = frozenset()

    def is_ours(self, key: str) -> bool:
        """True if the figure under that dotted key, or a table around it, is marked `our_default`."""
        parts = key.split(".")
        return "" in self.our_defaults or any(".".join(parts[: i + 1]) in self.our_defaults for i in range(len(parts)))

    def measure(self, measure_id: str) -> Measure | None:
        """The measure of that id, or None."""
        return next((m for m in self.measures if m.id == measure_id), None)
