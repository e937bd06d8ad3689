"""The eleven 制度 that come with the program, held against the specification. Source: spec §5, §4.7."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest

from xlbangfu import schema
from xlbangfu.actions.policies import policy_command
from xlbangfu.policy import BUILT_IN, lint_policy, list_policies, load_policy
from xlbangfu.programme import rules
from xlbangfu.programme.checks import CHECKS
from xlbangfu.programme.plans import FEWEST, MOST, TEACHING, choose_measures

NAMES = tuple(f"S{n}" for n in range(1, 12))
BOTTOM, ZONE, AVERAGE = rules.BottomShare(), rules.LeaveZone(), rules.ReachAverage()
HABITS = rules.Referral(1, ("学习习惯", "学习方法", "学习态度"), 3)
BELOW_WITH_HABITS = rules.AllOf((rules.BelowMean(), HABITS))

# spec §5, the paragraph on defaults: who is flagged, what counts as 转化.
RULES: dict[str, tuple[rules.Criterion, rules.ExitRule]] = {
    "S1": (BELOW_WITH_HABITS, AVERAGE),
    "S2": (BOTTOM, ZONE),
    "S3": (BOTTOM, ZONE),
    "S4": (BOTTOM, ZONE),
    "S5": (BELOW_WITH_HABITS, AVERAGE),
    "S6": (BOTTOM, ZONE),
    "S7": (BOTTOM, ZONE),
    "S8": (BOTTOM, ZONE),
    "S9": (rules.AllOf((rules.BelowMean(), rules.Care(("经济困难", "残疾")))), AVERAGE),
    "S10": (
        rules.AnyOf((rules.Decline(Fraction(1, 2)), rules.Referral(1, ("学习态度", "学习方法"), 3))),
        rules.ExitAny((rules.Gain(Fraction(1, 2)), rules.GoalMet())),
    ),
    "S11": (BOTTOM, AVERAGE),
}
FROM_THE_SOURCE = {"S8": ("screening.share", "screening.academic")}  # 后20% stands in line 140 itself

# spec §5, the table: what each file must carry, as names of checks and values of their parameters.
CARRIES: dict[str, tuple[str, ...]] = {
    "S1": (
        "组长", "班主任", "plans_exist|documents_handed_in|plans_complete", "一对一", "tutors_exist", "志愿者",
        "课外辅导班", "psych_file_exists", "生活关爱", "技能培训", "家长会", "家长志愿者活动",
    ),
    "S2": ("困难原因", "家庭状况", "兴趣爱好", "一对一", "学习方法指导", "心理健康讲座", "家长会", "实践活动"),
    "S3": (
        "转化方案", "中期总结", "期末总结", "conversion_reached", "tutors_exist", "groups_scored",
        "responsibility_given", "失误", "流失", "普遍不满",
    ),
    "S4": ("组长", "目标", "措施", "周期", "一对一", "小组", "心理辅导", "evaluated", "plans_adjusted", "slips_produced"),
    "S5": (
        "组长", "心理教师", "困难原因", "家庭状况", "tutors_exist", "课后辅导", "课外辅导班", "志愿者", "心理健康讲座",
        "aid_given|生活关爱",
    ),
    "S6": ("困难原因", "目标", "措施", "resources_named", "evaluated", "学习方法指导", "心理辅导"),
    "S7": (
        "转化方案", "中期总结", "期末总结", "conversion_reached", "everyone_improved", "tutors_exist", "groups_scored",
        "responsibility_given", "失误", "流失", "普遍不满",
    ),
    "S8": ("list_decided", "plans_exist"),
    "S9": ("aid_given", "心理辅导", "parents_contacted|家长沟通", "sessions_per_pupil"),
    "S10": (
        "discovery_sources", "everyone", "学习顾问", "sessions_per_pupil|sessions_held", "学生", "groups_scored",
        "技能培训", "evaluated", "plans_adjusted",
    ),
    "S11": (
        "plans_exist|plans_complete", "一对一", "小组", "兴趣课", "学科竞赛", "师生谈话", "profiles_exist", "evaluated",
        "interest_assessed",
    ),
}  # fmt: skip


def carried(policy: rules.Policy) -> Iterator[str]:
    """Names of checks, and names and values of parameters, that its computed clauses use."""
    for clause in policy.clauses:
        if clause.kind == rules.COMPUTED:
            yield clause.check
            for name, value in clause.parameters.items():
                yield name
                yield from value if isinstance(value, tuple) else [str(value)]


def test_eleven_come_with_the_program() -> None:
    assert tuple(list_policies()) == NAMES


def test_policy_list_has_a_row_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    """spec §9: rows with id, 名称, 来源, 期中目标, 期末目标."""
    assert policy_command("list", "", None, as_json=True) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["id"] for row in rows] == list(NAMES)
    assert all(set(row) == {"id", "名称", "来源", "期中目标", "期末目标"} for row in rows)
    assert all(row["名称"] and row["来源"] for row in rows)
    assert {row["id"]: (row["期中目标"], row["期末目标"]) for row in rows if row["期中目标"]} == {"S7": ("40%", "60%")}


@pytest.mark.parametrize("name", NAMES)
class TestEachPolicy:
    """spec §5."""

    def test_has_no_error_and_only_reminders_that_the_source_leaves_us(self, name: str) -> None:
        """Targets that the source does not give, and a midterm that an exam would have to decide."""
        found = lint_policy(name)
        assert [issue for issue in found if issue.level == schema.ERROR] == []
        left_open = {"policy.target_missing", "policy.clause_target", "policy.exam_midterm_exam"}
        assert {issue.rule for issue in found} <= left_open

    def test_flags_and_releases_as_the_specification_says(self, name: str) -> None:
        policy = load_policy(name)
        assert (policy.academic, policy.exit) == RULES[name]
        assert policy.share == Fraction(1, 5)
        assert policy.beside == ((rules.Behaviour(1, 3),) if name == "S8" else ())

    def test_marks_the_rules_that_are_ours(self, name: str) -> None:
        policy = load_policy(name)
        written = FROM_THE_SOURCE.get(name, ())
        for key in ("screening.academic", "screening.share", "exit.rule", "screening.beside"):
            if key != "screening.beside" or policy.beside:
                assert policy.is_ours(key) is (key not in written), key

    def test_has_targets_only_where_the_source_gives_them(self, name: str) -> None:
        policy = load_policy(name)
        targets = (policy.midterm_target, policy.final_target)
        assert targets == ((Fraction(2, 5), Fraction(3, 5)) if name == "S7" else (None, None))

    def test_has_a_date_only_where_the_source_gives_one(self, name: str) -> None:
        assert load_policy(name).date == ("2014-10-28" if name == "S3" else "")

    @pytest.mark.parametrize("teaching", [True, False])
    def test_has_two_to_four_measures_for_every_cause_and_pair_of_causes(self, name: str, teaching: bool) -> None:
        """spec §4.7: a plan has two to four, and they are to the point."""
        library = load_policy(name).measures
        for causes in [*((c,) for c in schema.CAUSES), *combinations(schema.CAUSES, 2)]:
            chosen = choose_measures(causes, library, teaching=teaching)
            assert FEWEST <= len(chosen) <= MOST, causes
            assert set(causes) <= {cause for measure in chosen for cause in measure.causes}, causes
            assert not teaching or TEACHING in {measure.category for measure in chosen}, causes

    def test_has_a_number_behind_every_cadence_and_says_whose_it_is(self, name: str) -> None:
        policy = load_policy(name)
        used = {clause.cadence for clause in policy.clauses}
        for cadence in policy.cadences:
            assert cadence.times is not None and cadence.per and cadence.about
            assert cadence.id in used, cadence.id
            assert policy.is_ours(f"cadences.{cadence.id}.times"), cadence.id

    def test_carries_what_the_specification_lists(self, name: str) -> None:
        found = set(carried(load_policy(name)))
        for wanted in CARRIES[name]:
            assert found & set(wanted.split("|")), wanted

    def test_gives_each_clause_an_id_of_its_own_and_one_short_sentence(self, name: str) -> None:
        for clause in load_policy(name).clauses:
            assert clause.id.startswith(f"{name}-")
            assert clause.requirement.count("。") == 1 and clause.requirement.endswith("。"), clause.id
            assert clause.check in CHECKS or clause.kind != rules.COMPUTED

    def test_tells_in_its_file_how_a_school_makes_it_its_own(self, name: str) -> None:
        text = (BUILT_IN / f"{name}.toml").read_text("utf-8")
        assert text.startswith("#")
        assert "设置" in text.split("[screening]")[0]
        assert re.search(rf'^id = "{name}"$', text, re.MULTILINE)


def test_roles_of_every_file_are_ones_that_the_settings_know() -> None:
    """A duty of the source lands on somebody who can be named in 设置, 任课 or the class itself."""
    for name in NAMES:
        assert set(load_policy(name).roles) <= set(rules.ROLE_NAMES)


def test_no_other_file_lies_among_them() -> None:
    assert sorted(path.name for path in Path(BUILT_IN).iterdir()) == sorted(f"{name}.toml" for name in NAMES)
