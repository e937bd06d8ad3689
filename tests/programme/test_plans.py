"""First drafts of 帮扶计划: targets, measures, responsible people. Source: spec §4.7."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlbangfu import schema
from xlbangfu.policy import load_policy
from xlbangfu.programme import rules
from xlbangfu.programme.plans import (
    GoalFigures,
    choose_measures,
    draft_plans,
    goal_text,
    goal_value,
    plan_causes,
    responsible_person,
)

PUPIL = "2026030101"
FIFTH = Fraction(1, 5)
S7 = load_policy("S7")
START, END = date(2026, 9, 1), date(2027, 1, 20)
ZONE, MEAN, GOAL = rules.LeaveZone(), rules.ReachAverage(), rules.GoalMet()
GAIN = rules.Gain(Fraction(1, 2))


def seen(category: str, subject: str | None = None, pupil: str = PUPIL, severity: int = 3) -> dict[str, Any]:
    return {"pupil_id": pupil, "subject": subject, "category": category, "severity": severity, "date": START}


def case(
    pupil: str = PUPIL, subject: str = "语文", case_type: str = "学困", teacher: str | None = None
) -> dict[str, Any]:
    return {"pupil_id": pupil, "name": "测试甲", "subject": subject, "case_type": case_type, "teacher": teacher}


def draft(confirmed: Sequence[Any], **changes: Any) -> list[Any]:
    given_ones: dict[str, Any] = {
        "profiles": {},
        "observations": [],
        "policy": S7,
        "targets": {(PUPIL, "语文"): ("期末高于识别线 61 分", Fraction(61))},
        "term_start": START,
        "term_end": END,
        "roles": {"心理教师": "测试心理", "教务": ""},
        "teachers": {"语文": "测试语文", "数学": "测试数学"},
        "homeroom": "测试班主任",
        "existing_plan_ids": (),
    }
    return draft_plans(confirmed, **{**given_ones, **changes})


class TestGoal:
    """spec §4.7: the exit rule made concrete, in words and number."""

    @pytest.mark.parametrize(
        ("rule", "figures", "text", "value"),
        [
            (ZONE, {"cut": Fraction(61)}, "期末高于识别线 61 分", Fraction(61)),
            (ZONE, {"cut": Fraction("60.50")}, "期末高于识别线 60.5 分", Fraction("60.5")),
            (ZONE, {"cut": "合格"}, "期末高于“合格”", "合格"),
            (ZONE, {}, "期末离开后 20%", None),
            (MEAN, {"mean": Fraction("72.5")}, "期末达到年级平均 72.5 分", Fraction("72.5")),
            (MEAN, {"mean": Fraction(217, 3), "reference": "本班"}, "期末达到本班平均 72.33 分", Fraction("72.33")),
            (MEAN, {"mean": "良"}, "期末达到年级平均水平“良”", "良"),
            (MEAN, {}, "期末达到年级平均", None),
            (GAIN, {"cut": Fraction(61)}, "期末标准分比基线提高 0.5", None),
            (GOAL, {}, "过程评价达成目标", None),
            (rules.LevelUp(1), {"baseline": "合格", "ladder": ("待合格", "合格", "良")}, "期末等级达到“良”", "良"),
            (
                rules.LevelUp(2),
                {"baseline": "合格", "ladder": ("待合格", "合格", "良")},
                "期末等级比基线提高 2 级",
                None,
            ),
            (rules.LevelUp(1), {}, "期末等级比基线提高 1 级", None),
            (rules.LevelUp(1), {"baseline": Fraction(58), "cut": Fraction(61)}, "期末高于识别线 61 分", Fraction(61)),
        ],
    )
    def test_of_a_single_rule(self, rule: Any, figures: dict[str, Any], text: str, value: Any) -> None:
        known = GoalFigures(FIFTH, **figures)
        assert (goal_text(rule, known), goal_value(rule, known)) == (text, value)

    @pytest.mark.parametrize(
        ("rule", "text", "value"),
        [
            (rules.ExitAll((ZONE, MEAN)), "期末高于识别线 61 分，且达到年级平均 72 分", Fraction(72)),
            (rules.ExitAny((ZONE, MEAN)), "期末高于识别线 61 分，或达到年级平均 72 分", Fraction(61)),
            (rules.ExitAny((GAIN, GOAL)), "期末标准分比基线提高 0.5，或过程评价达成目标", None),
            (
                rules.ExitAll((MEAN, rules.ExitAny((GAIN, GOAL)))),
                "期末达到年级平均 72 分，且（标准分比基线提高 0.5，或过程评价达成目标）",
                Fraction(72),
            ),
        ],
    )
    def test_of_rules_together(self, rule: Any, text: str, value: Any) -> None:
        known = GoalFigures(FIFTH, cut=Fraction(61), mean=Fraction(72))
        assert (goal_text(rule, known), goal_value(rule, known)) == (text, value)

    def test_names_the_phase_and_the_share_in_force(self) -> None:
        assert goal_text(ZONE, GoalFigures(Fraction(1, 8), phase="期中")) == "期中离开后 12.5%"

    def test_has_no_value_where_points_and_levels_mix(self) -> None:
        known = GoalFigures(FIFTH, cut="合格", mean=Fraction(72))
        assert goal_value(rules.ExitAll((ZONE, MEAN)), known) is None


class TestPlanCauses:
    """spec §4.7: several causes, drafted from 观察 of the term; the 档案 adds what a teacher knows."""

    def test_observed_ones_go_first_and_the_profile_adds_its_own(self) -> None:
        assert plan_causes(PUPIL, "语文", ("身体健康", "心理"), [seen("心理")]) == ("心理", "身体健康")

    def test_a_cause_seen_in_another_subject_only_stays_out(self) -> None:
        rows = [seen("学习方法", "数学")]
        assert plan_causes(PUPIL, "语文", ("学习方法", "生活"), rows) == ("生活",)
        assert plan_causes(PUPIL, "数学", ("学习方法", "生活"), rows) == ("学习方法", "生活")

    def test_nothing_known_gives_基础薄弱(self) -> None:
        assert plan_causes(PUPIL, "语文", (), []) == ("基础薄弱",)
        assert plan_causes(PUPIL, "语文", ("学习方法",), [seen("学习方法", "数学")]) == ("基础薄弱",)


CAUSES = st.lists(st.sampled_from(schema.CAUSES), min_size=1, max_size=5, unique=True).map(tuple)
MEASURES = st.builds(
    lambda category, causes: (category, tuple(causes)),
    st.sampled_from(schema.MEASURE_CATEGORIES[:4]),
    st.lists(st.sampled_from(schema.CAUSES), min_size=1, max_size=3, unique=True),
)
LIBRARIES = st.lists(MEASURES, max_size=9).map(
    lambda found: tuple(
        rules.Measure(f"M{i}", f"措施{i}", category, causes, Fraction(1), "班主任")
        for i, (category, causes) in enumerate(found)
    )
)


def best_by_trying_all(causes: Sequence[str], library: Sequence[rules.Measure], teaching: bool) -> Any:
    """Every choice of two to four of the whole library, judged by the words of `choose_measures`."""
    must = teaching and any(m.category == "教学" for m in library)

    def judged(chosen: tuple[rules.Measure, ...]) -> tuple[Any, ...]:
        met = [any(cause in m.causes for m in chosen) for cause in causes]
        pointed = sum(any(cause in causes for cause in m.causes) for m in chosen)
        places = [library.index(m) for m in chosen]
        return (-sum(met), [not m for m in met], len(chosen), -pointed, -len({m.category for m in chosen}), places)

    most = min(4, len(library))
    sizes = range(min(max(2, len(causes)), most), most + 1)
    choices = [c for size in sizes for c in combinations(library, size)]
    allowed = [c for c in choices if not must or any(m.category == "教学" for m in c)]
    return min(allowed, key=judged)


class TestMeasures:
    """spec §4.7: two to four measures through the 措施库."""

    @settings(deadline=None, max_examples=300)
    @given(CAUSES, LIBRARIES, st.booleans())
    def test_the_choice_is_the_best_of_all(self, causes: Any, library: Any, teaching: bool) -> None:
        assert choose_measures(causes, library, teaching=teaching) == best_by_trying_all(causes, library, teaching)

    @given(CAUSES, st.booleans())
    def test_S7_covers_every_cause_with_two_to_four(self, causes: Any, teaching: bool) -> None:
        chosen = choose_measures(causes, S7.measures, teaching=teaching)
        assert 2 <= len(chosen) <= 4
        assert set(causes) <= {cause for m in chosen for cause in m.causes}
        assert len({m.category for m in chosen}) >= 2
        if teaching:
            assert any(m.category == "教学" for m in chosen)

    def test_S7_covers_all_ten_causes_at_once_with_four(self) -> None:
        chosen = choose_measures(schema.CAUSES, S7.measures, teaching=True)
        assert len(chosen) == 4
        assert {cause for m in chosen for cause in m.causes} == set(schema.CAUSES)

    def test_where_not_all_can_be_covered_the_lightest_cause_waits(self) -> None:
        singly = tuple(rules.Measure(c, c, "教学", (c,), Fraction(1), "班主任") for c in schema.CAUSES[:5])
        causes = tuple(reversed(schema.CAUSES[:5]))
        chosen = choose_measures(causes, singly, teaching=True)
        assert {m.id for m in chosen} == set(causes[:4])

    def test_a_library_too_small_gives_what_it_has(self) -> None:
        assert choose_measures(("心理",), S7.measures[:1], teaching=True) == S7.measures[:1]
        assert choose_measures(("心理",), (), teaching=True) == ()


class TestResponsible:
    """spec §4.7: responsible person by role, and somebody else where the role is vacant."""

    @pytest.mark.parametrize(
        ("who", "roles", "teacher", "homeroom", "person"),
        [
            ("任课教师", {}, "测试语文", "测试班主任", "测试语文"),
            ("任课教师", {}, "", "测试班主任", "测试班主任"),
            ("班主任", {}, "测试语文", "测试班主任", "测试班主任"),
            ("班主任", {}, "测试语文", "", "测试语文"),
            ("心理教师", {"心理教师": "测试心理"}, "测试语文", "测试班主任", "测试心理"),
            ("心理教师", {"心理教师": ""}, "测试语文", "测试班主任", "测试班主任"),
            ("学习顾问", {}, "", "", "学习顾问"),
            ("小帮手", {}, "测试语文", "测试班主任", "测试语文"),
            ("家长", {}, "测试语文", "测试班主任", "家长"),
        ],
    )
    def test_is_the_nearest_known(self, who: str, roles: Any, teacher: str, homeroom: str, person: str) -> None:
        assert responsible_person(who, roles, teacher, homeroom) == person

    @given(st.sampled_from(rules.ROLE_NAMES), st.sampled_from(["", "甲"]), st.sampled_from(["", "乙"]))
    def test_is_never_blank(self, who: str, teacher: str, homeroom: str) -> None:
        assert responsible_person(who, {}, teacher, homeroom)


class TestDraft:
    """spec §3, §4.7: a draft per confirmed row, one row per measure; existing plans are left alone."""

    def test_a_row_holds_the_whole_plan(self) -> None:
        first, *_ = draft([case()])
        assert list(first) == [c.code for c in schema.PLANS.columns]
        measure = S7.measure(first["measure_id"])
        assert measure is not None
        assert {code: value for code, value in first.items() if value is not None} == {
            "plan_id": f"{PUPIL}-语文",
            "measure_id": measure.id,
            "pupil_id": PUPIL,
            "name": "测试甲",
            "subject": "语文",
            "causes": ("基础薄弱",),
            "goal": "期末高于识别线 61 分",
            "goal_value": Fraction(61),
            "measure": measure.name,
            "category": "教学",
            "per_week": measure.per_week,
            "responsible": "测试语文",
            "resources": measure.resources,
            "starts": START,
            "ends": END,
            "state": "草案",
        }

    def test_a_plan_that_exists_gets_no_row_even_if_a_measure_is_missing(self) -> None:
        rows = draft([case(), case(subject="数学")], existing_plan_ids={f"{PUPIL}-语文"})
        assert {r["plan_id"] for r in rows} == {f"{PUPIL}-数学"}

    def test_running_again_adds_nothing(self) -> None:
        confirmed = [case(), case(subject="数学"), case("2026030102", "综合", "关注")]
        first = draft(confirmed)
        assert draft(confirmed, existing_plan_ids={r["plan_id"] for r in first}) == []

    def test_nobody_confirmed_gives_no_rows(self) -> None:
        assert draft([]) == []

    def test_a_row_that_stands_twice_is_planned_once(self) -> None:
        assert draft([case(), case()]) == draft([case()])

    def test_the_teacher_named_on_the_list_goes_before_任课(self) -> None:
        assert {r["responsible"] for r in draft([case(teacher="测试代课")])} == {"测试代课"}

    def test_a_watched_pupil_needs_no_teaching_measure(self) -> None:
        rows = draft([case(subject="综合", case_type="关注")], observations=[seen("行为")])
        assert rows[0]["goal"] == "过程评价达成目标"
        assert "教学" not in {r["category"] for r in rows}

    def test_a_row_without_target_gets_the_exit_rule_without_figures(self) -> None:
        assert draft([case(subject="数学")])[0]["goal"] == "期末离开后 20%"

    @settings(deadline=None)
    @given(
        st.lists(
            st.builds(
                seen,
                st.sampled_from(schema.SIGNAL_CATEGORIES),
                st.sampled_from([None, "语文", "数学"]),
                st.sampled_from([PUPIL, "2026030102"]),
                st.integers(1, 5),
            ),
            max_size=10,
        ),
        st.dictionaries(st.sampled_from([PUPIL, "2026030102"]), CAUSES.map(lambda causes: {"causes": causes})),
        st.randoms(use_true_random=False),
    )
    def test_invariants(self, observations: list[Any], profiles: Any, shuffler: Any) -> None:
        confirmed = [case(p, s, t) for p in (PUPIL, "2026030102") for s, t in (("语文", "学困"), ("数学", "双困"))]
        rows = draft(confirmed, observations=observations, profiles=profiles)
        shuffled = list(observations)
        shuffler.shuffle(shuffled)
        assert rows == draft(confirmed, observations=shuffled, profiles=profiles)
        keys = [(r["plan_id"], r["measure_id"]) for r in rows]
        assert len(set(keys)) == len(keys)
        assert list(dict.fromkeys(r["plan_id"] for r in rows)) == [f"{c['pupil_id']}-{c['subject']}" for c in confirmed]
        for plan_id in {r["plan_id"] for r in rows}:
            plan = [r for r in rows if r["plan_id"] == plan_id]
            assert 2 <= len(plan) <= 4
            assert "教学" in {r["category"] for r in plan}
            assert {r["category"] for r in plan} <= set(schema.MEASURE_CATEGORIES)
            assert set(plan[0]["causes"]) <= set(schema.CAUSES)
            assert all(r["responsible"] and r["goal"] for r in plan)
