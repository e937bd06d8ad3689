"""First drafts of 帮扶计划: causes lead to measures, the exit rule to a target in words and number.

Source: spec §4.7.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations
from typing import Any, TypeAlias

from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.numbers import percent, plain
from xlbangfu.programme.profiles import draft_causes, observed_causes
from xlbangfu.table import Row

FEWEST, MOST = 2, 4  # measures of a plan
TEACHING = schema.MEASURE_CATEGORIES[0]
DRAFT, RUNNING, ADJUSTED, FINISHED, STOPPED = schema.PLAN_STATES
CLOSED = (FINISHED, STOPPED)  # leave nothing to carry on
ADVICE = "期中未转化，建议增加这一条；同意请把状态改为“调整”，不同意请改为“终止”"
Result: TypeAlias = Fraction | str
Goal: TypeAlias = tuple[str, Result | None]  # 目标 in words, 目标值

# ---- the target ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GoalFigures:
    """What makes the exit rule concrete; the exam to come has no figures yet, so these are the baseline's.

    share: the bottom share in force. cut: 识别线, in points or a level; None where there is none.
    mean: of the reference in points, or the lowest level that reaches it. reference: 年级 or 本班.
    baseline: the pupil's own result. ladder: the levels, worst first, for level_up.
    """

    share: Fraction
    cut: Result | None = None
    mean: Result | None = None
    reference: str = schema.GRADE_REFERENCE
    baseline: Result | None = None
    ladder: tuple[str, ...] = ()
    phase: str = schema.FINAL


def goal_text(rule: rules.ExitRule, figures: GoalFigures) -> str:
    """The exit rule as a pupil's target in words. Source: spec §4.7.

    >>> goal_text(rules.LeaveZone(), GoalFigures(Fraction(1, 5), cut=Fraction(61)))
    '期末高于识别线 61 分'
    """
    text = _part(rule, figures)[0]
    return text if isinstance(rule, rules.GoalMet) else f"{figures.phase}{text}"


def goal_value(rule: rules.ExitRule, figures: GoalFigures) -> Result | None:
    """目标值: the points or the level that the target names; None where it names none or more than one kind.

    All-of takes the highest, any-of the lowest. Source: spec §4.7.
    """
    return _part(rule, figures)[1]


def _part(rule: rules.ExitRule, figures: GoalFigures) -> Goal:
    match rule:
        case rules.LeaveZone():
            return _leave_zone(figures)
        case rules.ReachAverage():
            mean, whose = figures.mean, f"达到{figures.reference}平均"
            if isinstance(mean, Fraction):
                return f"{whose} {plain(mean)} 分", Fraction(plain(mean))
            return (whose, None) if mean is None else (f"{whose}水平“{mean}”", mean)
        case rules.Gain():
            return f"标准分比基线提高 {plain(rule.sd)}", None
        case rules.LevelUp():
            return _level_up(rule, figures)
        case rules.GoalMet():
            return "过程评价达成目标", None
        case rules.ExitAll() | rules.ExitAny():
            return _joined(rule, [_part(part, figures) for part in rule.of])


def _leave_zone(figures: GoalFigures) -> Goal:
    if figures.cut is None:
        return f"离开后 {percent(figures.share)}", None
    if isinstance(figures.cut, Fraction):
        return f"高于识别线 {plain(figures.cut)} 分", figures.cut
    return f"高于“{figures.cut}”", figures.cut


def _level_up(rule: rules.LevelUp, figures: GoalFigures) -> Goal:
    """The level itself where the baseline is one; marks fall back to leave_zone (spec §4.1)."""
    if isinstance(figures.baseline, Fraction):
        return _leave_zone(figures)
    if figures.baseline in figures.ladder:
        place = figures.ladder.index(figures.baseline) + rule.levels
        if place < len(figures.ladder):
            return f"等级达到“{figures.ladder[place]}”", figures.ladder[place]
    return f"等级比基线提高 {rule.levels} 级", None


def _joined(rule: rules.ExitAll | rules.ExitAny, parts: Sequence[Goal]) -> Goal:
    together = isinstance(rule, rules.ExitAll)
    texts = list(dict.fromkeys(_bracketed(text, part) for (text, _), part in zip(parts, rule.of, strict=True)))
    points = [value for _, value in parts if isinstance(value, Fraction)]
    levels = {value for _, value in parts if isinstance(value, str)}
    value: Result | None = None
    if points and not levels:
        value = max(points) if together else min(points)
    elif len(levels) == 1 and not points:
        (value,) = levels
    return ("，且" if together else "，或").join(texts), value


def _bracketed(text: str, rule: rules.ExitRule) -> str:
    return f"（{text}）" if isinstance(rule, rules.ExitAll | rules.ExitAny) and len(rule.of) > 1 else text


# ---- causes and measures -------------------------------------------------------------------------------


def plan_causes(
    pupil_id: str,
    subject: str,
    profile_causes: Sequence[str],
    observations: Sequence[Mapping[str, Any]],
) -> tuple[str, ...]:
    """困难原因 of one plan: what was observed in the subject, then what else the 档案 names. At least one.

    A cause of the 档案 that was observed in other subjects only stays out. Source: spec §4.7.
    """
    here = observed_causes(pupil_id, subject, observations)
    elsewhere = set(observed_causes(pupil_id, None, observations)) - set(here)
    further = [cause for cause in profile_causes if cause not in here and cause not in elsewhere]
    return (*here, *dict.fromkeys(further)) or draft_causes(pupil_id, subject, ())


def choose_measures(
    causes: Sequence[str], library: Sequence[rules.Measure], *, teaching: bool
) -> tuple[rules.Measure, ...]:
    """Two to four measures for these causes, in library order; fewer only if the library has fewer.

    causes: weightiest first. teaching: at least one 教学 measure where the library has one.
    As many measures as causes, or more where that covers more. In this order: most causes covered, the
    weightiest of them, fewest measures, most of them to the point, most categories, earliest in the library.
    Source: spec §4.7.
    """
    weight = {cause: 1 << i for i, cause in enumerate(reversed(causes))}
    pool = _candidates(library, weight, teaching=teaching)
    teaching = teaching and any(m.category == TEACHING for m, _ in pool)
    whole = _union(mask for _, mask in pool)
    best: tuple[rules.Measure, ...] = ()
    best_rank: tuple[int, ...] | None = None
    most = min(MOST, len(pool))
    for size in range(min(max(len(causes), FEWEST), most), most + 1):
        for chosen in combinations(pool, size):
            categories = {m.category for m, _ in chosen}
            if teaching and TEACHING not in categories:
                continue
            covered = _union(mask for _, mask in chosen)
            to_the_point = sum(mask > 0 for _, mask in chosen)
            rank = (-covered.bit_count(), -covered, size, -to_the_point, -len(categories))
            if best_rank is None or rank < best_rank:
                best, best_rank = tuple(m for m, _ in chosen), rank
        if best_rank is not None and best_rank[1] == -whole:
            break
    return best


_Weighed: TypeAlias = tuple[rules.Measure, int]


def _candidates(library: Sequence[rules.Measure], weight: Mapping[str, int], *, teaching: bool) -> list[_Weighed]:
    """Measures with the causes they meet, as bits.

    Those that meet none are left out where they can never be in the best choice, and so is the fifth and any
    further one of measures alike in causes and category.
    """
    weighed = [(m, _union(weight.get(cause, 0) for cause in m.causes)) for m in library]
    pointed = [(m, mask) for m, mask in weighed if mask]
    if len(pointed) >= MOST and (not teaching or any(m.category == TEACHING for m, _ in pointed)):
        weighed = pointed
    alike: dict[tuple[int, str], int] = {}
    kept = []
    for measure, mask in weighed:
        kind = (mask, measure.category)
        alike[kind] = alike.get(kind, 0) + 1
        if alike[kind] <= MOST:
            kept.append((measure, mask))
    return kept


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


# ---- who -----------------------------------------------------------------------------------------------


def responsible_person(who: str, roles: Mapping[str, str], teacher: str, homeroom: str) -> str:
    """Name of who carries a measure out; the role's own name where nobody is known.

    who: one of rules.ROLE_NAMES. roles: role → person as named in 设置, blanks allowed. teacher: of the
    subject. A child or a volunteer without a name is stood for by the subject's teacher, other vacant
    roles by the homeroom teacher. Source: spec §4.7.
    """
    if who == rules.PARENT:
        return roles.get(who) or who
    if who in (rules.SUBJECT_TEACHER, rules.TUTOR, "志愿者", "家长志愿者"):
        return roles.get(who) or teacher or homeroom or who
    return roles.get(who) or homeroom or teacher or who


# ---- the rows ------------------------------------------------------------------------------------------


def plan_id_of(pupil_id: str, subject: str) -> str:
    """计划号. Source: spec §3."""
    return f"{pupil_id}-{subject}"


def draft_plans(
    confirmed: Iterable[Mapping[str, Any]],
    profiles: Mapping[str, Mapping[str, Any]],
    observations: Iterable[Mapping[str, Any]],
    policy: rules.Policy,
    targets: Mapping[tuple[str, str], Goal],
    *,
    term_start: date | None,
    term_end: date | None,
    roles: Mapping[str, str],
    teachers: Mapping[str, str],
    homeroom: str,
    existing_plan_ids: Collection[str],
) -> list[Row]:
    """New rows of 帮扶计划, one per measure, for each confirmed row that has no plan, in their order.

    confirmed: rows of 学困生. profiles: 档案 by 学号. observations: 观察 of the term, any order.
    targets: (学号, 学科) → 目标 and 目标值; a row without one gets the exit rule without figures.
    teachers: 学科 → 任课教师; the row's own 责任教师 goes first.
    existing_plan_ids: 计划号 that get no new rows at all.
    Source: spec §3, §4.7.
    """
    observed = list(observations)
    taken = set(existing_plan_ids)
    chosen_for = _remembering(policy.measures)
    drafted: list[Row] = []
    for case in confirmed:
        pupil_id, subject = case["pupil_id"], case["subject"]
        plan_id = plan_id_of(pupil_id, subject)
        if plan_id in taken:
            continue
        taken.add(plan_id)
        causes = plan_causes(pupil_id, subject, profiles.get(pupil_id, {}).get("causes") or (), observed)
        goal, value = targets.get((pupil_id, subject)) or _bare_goal(policy, subject)
        teacher = case.get("teacher") or teachers.get(subject) or ""
        for measure in chosen_for(causes, _is_academic(case)):
            drafted.append(
                _row(
                    measure,
                    plan_id=plan_id,
                    pupil_id=pupil_id,
                    name=case.get("name"),
                    subject=subject,
                    causes=causes,
                    goal=goal,
                    goal_value=value,
                    responsible=responsible_person(measure.who, roles, teacher, homeroom),
                    starts=term_start,
                    ends=term_end,
                )
            )
    return drafted


def is_adjusted(plan: Mapping[str, Any]) -> bool:
    """True for a row of 帮扶计划 that a teacher adjusted: 状态 调整, or an 调整说明 in a plan that is no draft.

    A proposal of the program that is still a draft, or was declined (终止), is none.
    """
    state, words = plan.get("state"), plan.get("adjustment")
    declined = state == STOPPED and words == ADVICE
    return state == ADJUSTED or (bool(words) and state != DRAFT and not declined)


def _looked_at(plan: Mapping[str, Any], since: date | None) -> bool:
    """True if the row shows that the midterm was answered, or that a proposal stands there already."""
    begun = since is not None and plan.get("starts") is not None and plan["starts"] >= since
    return begun or bool(plan.get("adjustment")) or plan.get("state") == ADJUSTED


def further_measures(
    behind: Iterable[tuple[str, str]],
    plans: Sequence[Mapping[str, Any]],
    library: Sequence[rules.Measure],
    today: date,
    roles: Mapping[str, str],
    teacher_of: Callable[[str], str],
    *,
    since: date | None = None,
) -> list[Row]:
    """One more measure, as a draft, for each running plan of a row that the midterm did not convert.

    behind: (学号, 学科) not converted. plans: rows of 帮扶计划. since: day of the midterm. A plan that was adjusted
    already (状态 调整, any 调整说明, a measure begun since) gets none, nor one that has every measure of the library
    or was stopped altogether.
    Source: spec §2 (7: plans adjusted), §4.7.
    """
    rows = []
    for pupil_id, subject in behind:
        own = [r for r in plans if r.get("pupil_id") == pupil_id and r.get("subject") == subject]
        open_ones = [r for r in own if r.get("state") not in CLOSED]
        if not open_ones or any(_looked_at(r, since) for r in own):
            continue
        first = open_ones[0]
        causes = tuple(first.get("causes") or (schema.WEAK_FOUNDATION,))
        used = {r.get("measure_id") for r in own}
        pool = [m for m in library if m.id not in used]
        if not pool:
            continue
        measure = max(pool, key=lambda m: len(set(m.causes) & set(causes)))  # of equals the first of the library
        teacher = teacher_of(subject)
        row = _row(
            measure,
            plan_id=first.get("plan_id") or plan_id_of(pupil_id, subject),
            pupil_id=pupil_id,
            name=first.get("name"),
            subject=subject,
            causes=causes,
            goal=first.get("goal"),
            goal_value=first.get("goal_value"),
            responsible=responsible_person(measure.who, roles, teacher, roles.get(rules.CLASS_TEACHER, teacher)),
            starts=today,
            ends=first.get("ends"),
        )
        rows.append(row.changed(adjustment=ADVICE))
    return rows


def _remembering(
    library: Sequence[rules.Measure],
) -> Callable[[tuple[str, ...], bool], tuple[rules.Measure, ...]]:
    """`choose_measures` that works out each combination of causes once: a class has few."""
    known: dict[tuple[tuple[str, ...], bool], tuple[rules.Measure, ...]] = {}

    def choose(causes: tuple[str, ...], teaching: bool) -> tuple[rules.Measure, ...]:
        if (causes, teaching) not in known:
            known[causes, teaching] = choose_measures(causes, library, teaching=teaching)
        return known[causes, teaching]

    return choose


def _is_academic(case: Mapping[str, Any]) -> bool:
    return case["subject"] != schema.GENERAL_SUBJECT and case.get("case_type") != schema.WATCH


def _bare_goal(policy: rules.Policy, subject: str) -> Goal:
    """A target without figures; 综合 has no exam, so process evidence decides."""
    rule = rules.GoalMet() if subject == schema.GENERAL_SUBJECT else policy.exit
    figures = GoalFigures(policy.share)
    return goal_text(rule, figures), goal_value(rule, figures)


def _row(measure: rules.Measure, **values: Any) -> Row:
    row = Row({column.code: None for column in schema.PLANS.columns})
    row.update(
        values,
        measure_id=measure.id,
        measure=measure.name,
        category=measure.category,
        per_week=measure.per_week,
        resources=measure.resources or None,
        state=DRAFT,
    )
    return row
