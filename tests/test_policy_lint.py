"""What lint says of a policy, and that it says nothing of a sound one. Source: spec §5, §4.4."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlbangfu import schema
from xlbangfu.policy import find_policy, lint_policy
from xlbangfu.programme import checks, rules
from xlbangfu.programme.conversion import Standing, meets
from xlbangfu.programme.exam_rules import needs_exam
from xlbangfu.programme.lint import natural_rate, policy_issues
from xlbangfu.programme.norms import Reference

MIDTERM_EXAM = "policy.exam_midterm_exam"
SMALLEST = """
id = "我校"
name = "测试制度"
[screening]
academic = { rule = "bottom_share" }
[exit]
rule = "leave_zone"
"""


class TestLint:
    """spec §5: what is missing or contradictory."""

    def issues(self, folder: Path, text: str) -> dict[str, str]:
        (folder / "我校.toml").write_text(text, "utf-8")
        return {issue.rule: issue.problem for issue in lint_policy("我校", [folder])}

    def s7(self, folder: Path, old: str, new: str) -> dict[str, str]:
        """What is found of S7 with one change, beyond what is found of S7 itself."""
        text = find_policy("S7").read_text("utf-8").replace('id = "S7"', 'id = "我校"')
        assert old in text
        found = self.issues(folder, text.replace(old, new, 1))
        return {rule: problem for rule, problem in found.items() if rule != MIDTERM_EXAM}

    def test_an_undefined_转化_is_told(self, tmp_path: Path) -> None:
        found = self.s7(tmp_path, 'rule = "leave_zone"', "")
        assert list(found) == ["policy.load"]
        assert "exit.rule 没有填" in found["policy.load"]

    def test_a_missing_section_on_转化_is_told_with_file_key_and_what_is_allowed(self, tmp_path: Path) -> None:
        (told,) = self.issues(tmp_path, SMALLEST.split("[exit]")[0]).values()
        for part in ("我校.toml", "exit 没有填", "写明什么算“转化”", 'rule = "leave_zone"'):
            assert part in told

    def test_a_target_above_all_is_told(self, tmp_path: Path) -> None:
        assert "targets.final" in self.s7(tmp_path, 'final = "60%"', 'final = "160%"')["policy.load"]

    def test_a_missing_file_is_told(self) -> None:
        assert [issue.rule for issue in lint_policy("没有这份")] == ["policy.load"]

    @pytest.mark.parametrize("line", ['rule = "gain"\nsd = 0', 'rule = "level_up"\nlevels = 0'])
    def test_an_exit_that_the_flagging_exam_meets(self, tmp_path: Path, line: str) -> None:
        assert "policy.exit_at_once" in self.s7(tmp_path, 'rule = "leave_zone"', line)

    def test_a_wider_screening_than_the_zone_to_leave(self, tmp_path: Path) -> None:
        found = self.s7(tmp_path, '{ rule = "bottom_share" }', '{ rule = "bottom_share", share = "30%" }')
        assert "policy.exit_at_once" in found

    def test_a_stricter_exit_is_no_problem(self, tmp_path: Path) -> None:
        assert self.s7(tmp_path, 'rule = "leave_zone"', 'rule = "reach_average"') == {}

    @pytest.mark.parametrize("line", ['rule = "gain"\nsd = 4', 'rule = "level_up"\nlevels = 4'])
    def test_an_exit_out_of_reach(self, tmp_path: Path, line: str) -> None:
        assert list(self.s7(tmp_path, 'rule = "leave_zone"', line)) == ["policy.exit_never"]

    def test_a_way_out_that_is_out_of_reach_does_no_harm_beside_another(self, tmp_path: Path) -> None:
        two = 'rule = "any_of"\nof = [ { rule = "gain", sd = 4 }, { rule = "leave_zone" } ]'
        assert self.s7(tmp_path, 'rule = "leave_zone"', two) == {}

    def test_a_level_rise_beyond_the_best_flagged_pupil(self, tmp_path: Path) -> None:
        levels = '{ rule = "level_at_most", level = "合格" }'
        text = find_policy("S7").read_text("utf-8").replace('{ rule = "bottom_share" }', levels)
        three = text.replace('rule = "leave_zone"', 'rule = "level_up"\nlevels = 3')
        assert "policy.exit_never" in self.issues(tmp_path, three)
        assert "policy.exit_never" not in self.issues(tmp_path, three.replace("levels = 3", "levels = 2"))

    def test_the_lowest_level_never_meets_leave_zone_at_once(self, tmp_path: Path) -> None:
        for level, told in (("待合格", False), ("合格", True)):
            found = self.s7(tmp_path, '{ rule = "bottom_share" }', f'{{ rule = "level_at_most", level = "{level}" }}')
            assert ("policy.exit_at_once" in found) is told, level

    def test_a_target_that_chance_alone_meets(self, tmp_path: Path) -> None:
        """spec §4.4: unaided, 35.5 % of the bottom fifth leave it at r = 0.8."""
        assert list(self.s7(tmp_path, 'midterm = "40%"', 'midterm = "35%"')) == ["policy.target_by_chance"]
        assert self.s7(tmp_path, 'midterm = "40%"', 'midterm = "36%"') == {}

    def test_targets_that_fall(self, tmp_path: Path) -> None:
        assert list(self.s7(tmp_path, 'midterm = "40%"', 'midterm = "70%"')) == ["policy.target_order"]

    def test_a_target_left_blank_and_the_clause_that_needs_it(self, tmp_path: Path) -> None:
        assert list(self.s7(tmp_path, 'midterm = "40%"', "")) == [
            "policy.target_missing",
            "policy.clause_target",
        ]

    def test_every_problem_names_a_key_of_the_file_and_what_to_do(self, tmp_path: Path) -> None:
        """spec §5: file, key and what is allowed."""
        (tmp_path / "我校.toml").write_text(SMALLEST, "utf-8")
        for issue in lint_policy("我校", [tmp_path]):
            assert issue.key in ("targets.midterm", "targets.final", "measures", "clauses")
            assert issue.mend

    def test_a_定期_without_a_number(self, tmp_path: Path) -> None:
        found = self.s7(tmp_path, 'times = 1\nper = "周"\n', "")
        assert set(found) == {"policy.cadence", "policy.clause_cadence"}

    def test_a_cadence_that_no_clause_uses(self, tmp_path: Path) -> None:
        found = self.s7(tmp_path, 'cadence = "talk"', 'cadence = "tutoring"')
        assert list(found) == ["policy.cadence_unused"]
        assert "师生谈话" in found["policy.cadence_unused"]

    def test_a_clause_with_figures_of_its_own_beside_its_cadence(self, tmp_path: Path) -> None:
        own = 'parameters = { times = 3, per = "周", staff = ["小帮手"] }'
        assert list(self.s7(tmp_path, 'parameters = { staff = ["小帮手"] }', own)) == ["policy.clause_cadence_twice"]

    def test_a_cadence_for_a_check_that_counts_no_times(self, tmp_path: Path) -> None:
        found = self.s7(tmp_path, 'check = "tutors_exist"', 'check = "tutors_exist"\ncadence = "talk"')
        assert list(found) == ["policy.clause_cadence"]

    @pytest.mark.parametrize(
        ("requirement", "told"),
        [
            ("定期检查课堂气氛。", True),
            ("平时多听课。", True),
            ("定期检查课堂气氛，每月一次。", False),
            ("期中、期末定期检查。", False),
            ("课堂气氛平等和谐。", False),
        ],
    )
    def test_an_evidenced_定期_without_any_number(self, tmp_path: Path, requirement: str, told: bool) -> None:
        found = self.s7(tmp_path, "课堂创建平等、和谐、愉悦的学习环境。", requirement)
        assert list(found) == (["policy.clause_vague"] if told else [])

    def test_an_evidenced_定期_with_a_cadence_has_its_number(self, tmp_path: Path) -> None:
        old = '"课堂创建平等、和谐、愉悦的学习环境。"'
        assert self.s7(tmp_path, old, '"定期检查课堂气氛。"\ncadence = "talk"') == {}

    def test_a_computed_定期_that_its_check_does_not_count(self, tmp_path: Path) -> None:
        found = self.s7(tmp_path, "结对帮扶：每名帮扶对象有结对的人。", "定期结对。")
        assert list(found) == ["policy.clause_vague"]
        assert "tutors_exist 不按次数核对" in found["policy.clause_vague"]
        assert self.s7(tmp_path, "小组评比：编好互助小组", "定期评比：编好互助小组") == {}

    def test_a_paper_that_no_clause_asks_for(self, tmp_path: Path) -> None:
        found = self.s7(
            tmp_path, 'parameters = { documents = ["中期总结"] }', 'parameters = { documents = ["期末总结"] }'
        )
        assert list(found) == ["policy.documents_unasked"]
        assert "中期总结" in found["policy.documents_unasked"]

    def test_a_duty_that_nobody_asks_after(self, tmp_path: Path) -> None:
        found = self.s7(tmp_path, "[roles]", '[roles]\n"学习顾问" = "指导学法"\n"组员" = "参加会议"')
        assert list(found) == ["policy.roles_unused"]
        assert found["policy.roles_unused"].startswith("组员写了职责")

    def test_a_measure_missing_for_a_cause(self, tmp_path: Path) -> None:
        text = find_policy("S7").read_text("utf-8").replace('"身体健康"', '"生活"')
        text = text.replace('["生活"]', '["心理"]').replace('["生活", "生活"]', '["生活"]')
        assert "身体健康" in self.issues(tmp_path, text)["policy.measures_cause"]

    @pytest.mark.parametrize(
        ("old", "new", "rule"),
        [
            ('check = "tutors_exist"', 'check = "tutor_exists"', "policy.clause_check"),
            ('check = "tutors_exist"', "", "policy.clause_check"),
            ('parameters = { phase = "期中" }', "", "policy.clause_parameter"),
            ('parameters = { phase = "期中" }', 'parameters = { phase = "月考" }', "policy.clause_parameter"),
            (
                'parameters = { kinds = ["失误"] }',
                'parameters = { kind = ["失误"] }',
                "policy.clause_parameter",
            ),
            ('kind = "佐证"', 'kind = "佐证"\ncheck = "plans_exist"', "policy.clause_kind"),
            (
                '"转化方案", "中期总结", "期末总结"]  #',
                '"转化方案", "中期总结"]  #',
                "policy.clause_contradiction",
            ),
        ],
    )
    def test_a_clause_that_the_audit_could_not_check(self, tmp_path: Path, old: str, new: str, rule: str) -> None:
        assert rule in self.s7(tmp_path, old, new)

    def test_the_smallest_file_is_told_what_it_lacks(self, tmp_path: Path) -> None:
        assert set(self.issues(tmp_path, SMALLEST)) == {
            "policy.target_missing",
            "policy.measures_few",
            "policy.clauses_none",
        }

    def test_every_check_names_its_parameters_once(self) -> None:
        for check in checks.CHECKS.values():
            names = [p.name for p in check.parameters]
            assert len(names) == len(set(names))
            for p in check.parameters:
                assert bool(p.choices) == p.kind.startswith("choice")


class TestAMidtermThatRestsOnAnExam:
    """spec §5: a midterm exam gets a reminder and the advice to use 过程评价; it is no error."""

    def reminders(self, folder: Path, old: str, new: str) -> list[str]:
        text = find_policy("S7").read_text("utf-8").replace('id = "S7"', 'id = "我校"')
        assert old in text
        (folder / "我校.toml").write_text(text.replace(old, new), "utf-8")
        found = [issue for issue in lint_policy("我校", [folder]) if issue.rule == MIDTERM_EXAM]
        assert all(issue.level == schema.REMINDER and "过程评价" in issue.mend for issue in found)
        return [issue.key for issue in found]

    def test_is_told_of_the_default_policy_once(self) -> None:
        assert [(i.rule, i.key, i.level) for i in lint_policy("S7")] == [
            (MIDTERM_EXAM, "clauses.S7-5-1", schema.REMINDER)
        ]

    def test_is_told_of_the_target_where_no_clause_asks(self, tmp_path: Path) -> None:
        assert self.reminders(tmp_path, '{ phase = "期中" }', '{ phase = "期末" }') == ["targets.midterm"]

    def test_is_not_told_where_process_evidence_can_decide(self, tmp_path: Path) -> None:
        goal = '{ rule = "goal_met" }, { rule = "leave_zone" }'
        assert self.reminders(tmp_path, 'rule = "leave_zone"', 'rule = "goal_met"') == []
        assert self.reminders(tmp_path, 'rule = "leave_zone"', f'rule = "any_of"\nof = [ {goal} ]') == []
        assert self.reminders(tmp_path, 'rule = "leave_zone"', f'rule = "all_of"\nof = [ {goal} ]') != []

    def test_is_not_told_where_the_midterm_has_no_figure(self, tmp_path: Path) -> None:
        text = find_policy("S7").read_text("utf-8").replace('midterm = "40%"', "")
        (tmp_path / "我校.toml").write_text(text.replace('{ phase = "期中" }', '{ phase = "期末" }'), "utf-8")
        assert MIDTERM_EXAM not in {issue.rule for issue in lint_policy("我校", [tmp_path])}


SHARES = st.sampled_from([Fraction(1, 10), Fraction(1, 5), Fraction(3, 10), Fraction(1, 2)])
CRITERIA = st.recursive(
    st.one_of(
        st.builds(rules.BottomShare, st.one_of(st.none(), SHARES)),
        st.just(rules.BelowMean()),
        st.just(rules.Referral(1, ("学习态度",), 3)),
        st.just(rules.Decline(Fraction(1, 2))),
    ),
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda parts: st.sampled_from([rules.AllOf(tuple(parts)), rules.AnyOf(tuple(parts))])
    ),
    max_leaves=6,
)
EXITS = st.recursive(
    st.one_of(
        st.just(rules.LeaveZone()),
        st.just(rules.ReachAverage()),
        st.just(rules.GoalMet()),
        st.builds(rules.Gain, st.sampled_from([Fraction(0), Fraction(1, 2)])),
    ),
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda parts: st.sampled_from([rules.ExitAll(tuple(parts)), rules.ExitAny(tuple(parts))])
    ),
    max_leaves=6,
)


class TestAnExitMetAtOnceIsFoundAsBruteForceFindsIt:
    """spec §5: everybody of an even reference, each signal given, judged by the programme's own exit rules."""

    scores = tuple(Fraction(x) for x in range(1, 101))
    reference = Reference.of(scores)

    def flagged(self, rule: rules.Criterion, score: Fraction, share: Fraction) -> bool:
        match rule:
            case rules.BottomShare():
                return score <= 100 * (rule.share or share)
            case rules.BelowMean():
                return score < Fraction(101, 2)
            case rules.AllOf():
                return all(self.flagged(part, score, share) for part in rule.of)
            case rules.AnyOf():
                return any(self.flagged(part, score, share) for part in rule.of)
            case _:
                return True

    @settings(deadline=None)
    @given(CRITERIA, EXITS, SHARES)
    def test_for_any_tree_of_rules(self, academic: rules.Criterion, leaving: rules.ExitRule, share: Fraction) -> None:
        policy = rules.Policy("x", "x", academic, leaving, share=share)
        brute = any(
            self.flagged(academic, score, share)
            and meets(leaving, Standing(share, score, self.reference, score, self.reference))
            for score in self.scores
        )
        assert any(issue.rule == "policy.exit_at_once" for issue in policy_issues(policy)) is brute


class TestAnExitThatNeedsAnExamIsFoundAsBruteForceFindsIt:
    """spec §4.4: who was at no exam but reached the goal is converted iff the rule needs no exam."""

    @given(EXITS)
    def test_for_any_tree_of_rules(self, leaving: rules.ExitRule) -> None:
        no_exam = Standing(Fraction(1, 5), None, None, None, None, schema.GOAL_LEVELS[-1])
        assert needs_exam(leaving) is not meets(leaving, no_exam)


class TestNaturalRate:
    """spec §4.4: 0.355 of the bottom fifth leave it unaided at r = 0.8."""

    def rate(self, academic: rules.Criterion, leaving: rules.ExitRule) -> float | None:
        return natural_rate(rules.Policy("x", "x", academic, leaving))

    def test_of_the_bottom_fifth(self) -> None:
        assert self.rate(rules.BottomShare(), rules.LeaveZone()) == pytest.approx(0.355, abs=0.001)

    def test_is_smaller_for_a_stricter_exit_and_for_both_together(self) -> None:
        zone, mean = rules.LeaveZone(), rules.ReachAverage()
        easy, hard = self.rate(rules.BottomShare(), zone), self.rate(rules.BottomShare(), mean)
        assert easy is not None
        assert hard is not None
        assert hard < easy
        assert self.rate(rules.BottomShare(), rules.ExitAll((zone, mean))) == hard
        assert self.rate(rules.BottomShare(), rules.ExitAny((zone, mean))) == easy

    def test_is_not_said_where_no_exam_decides(self) -> None:
        assert self.rate(rules.BottomShare(), rules.GoalMet()) is None
        assert self.rate(rules.BottomShare(), rules.LevelUp(1)) is None
        assert self.rate(rules.LevelAtMost("待合格"), rules.LeaveZone()) is None
        assert self.rate(rules.Decline(Fraction(1)), rules.LeaveZone()) is None
