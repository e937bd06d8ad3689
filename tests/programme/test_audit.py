"""Every check of the audit held against a class that keeps it, half keeps it, and does not. Source: spec §5."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_class import EVERYBODY, World, kept
from audit_trials import TRIALS, Trial
from xlbangfu import schema
from xlbangfu.programme.audit import CHECK_FUNCTIONS
from xlbangfu.programme.checks import CHECKS

DONE, PARTLY, NOT_DONE, NOT_APPLICABLE = schema.AUDIT_RESULTS
UNJUDGED = "no_sanction_recorded"  # known to the office alone

every_check = pytest.mark.parametrize("trial", TRIALS, ids=lambda t: f"{t.check}-{'-'.join(t.given) or 'plain'}")
STATES = ("kept", "half kept", "not kept")

FIGURES = (  # of the class that half keeps the check, in the order of TRIALS
    "有人担任 4/5 个角色",
    "已作决定 3/4 条，名单已冻结",
    "教师 7 条、同学 1 条",
    "有激励措施或小组角色 2/3 人",
    "有结对的人 2/3 人",
    "档案（写明困难原因、优势） 2/3 人",
    "全班档案 9/10 人",
    "有计划 2/4 条",
    "计划写明目标、措施、周期 2/4 条",
    "计划有学生、家长参与 2/4 条",
    "期中未转化 4 条，计划已调整 2 条",
    "有学法类措施 2/3 人",
    "计划写明资源 2/4 条",
    "一对一每月 1 次：3 人中 2 人每个周期都做到，合计 14/15，记录 14 次",
    "联系家长每月 1 次：3 人中 2 人每个周期都做到，合计 14/15，记录 14 次",
    "一对一、课后辅导每月 1 次：5 个周期做到 4 个，记录 12 次",
    "小帮手辅导每月 1 次：5 个周期做到 4 个，记录 12 次",
    "家长会每月 1 次：5 个周期做到 4 个，记录 4 次",
    "已交 5/6 份（有提交日期）",
    "已交 1/2 份（有提交日期）",
    "有心理档案 2/3 人",
    "有资助记录 1/2 人",
    "有家长反馈单 2/3 人",
    "期中、期末已评 7/8 条",
    "语文 0/2，目标 60%；数学 2/2，目标 60%",
    "期末有提高 3/4 条",
    "学习兴趣前后各评过 2/3 人",
    "9/10 人编入 2 组；评比 2/2 次",
)


def in_state(trial: Trial, state: str) -> World:
    return trial.world(*{"kept": (), "half kept": (trial.some,), "not kept": (trial.every,)}[state])


def test_there_is_one_function_for_every_check_and_no_other():
    """spec §5: a clause names one of the checks that lint knows."""
    assert set(CHECK_FUNCTIONS) == set(CHECKS)


def test_every_check_is_tried_here():
    assert {t.check for t in TRIALS} | {UNJUDGED} == set(CHECKS)


@every_check
class TestEveryCheck:
    """spec §5: every clause yields 落实/部分/未落实/不适用, figures, and the names that are missing."""

    def test_is_落实_where_all_is_there(self, trial):
        found = trial.find(trial.world())
        assert (found.result, found.missing, found.place) == (DONE, (), None)

    def test_is_部分_where_something_is_missing_and_names_just_that(self, trial):
        found = trial.find(trial.world(trial.some))
        assert (found.result, sorted(found.missing)) == (PARTLY, sorted(trial.missing))

    def test_is_未落实_where_nothing_is_there(self, trial):
        found = trial.find(trial.world(trial.every))
        assert found.result == NOT_DONE
        assert found.missing

    def test_is_不适用_where_there_is_nothing_to_judge(self, trial):
        for change in trial.unasked:
            found = trial.find(trial.world(change))
            assert (found.result, found.missing, found.place) == (NOT_APPLICABLE, (), None)

    def test_says_in_its_figures_how_much_is_there(self, trial):
        assert trial.find(trial.world(trial.some)).figures == FIGURES[TRIALS.index(trial)]

    @pytest.mark.parametrize("state", STATES[1:])
    def test_is_落实_once_just_what_is_missing_is_mended(self, trial, state):
        world = in_state(trial, state)
        for item in trial.find(world).missing:
            trial.mend(world, item)
        assert trial.find(world).result == DONE

    @pytest.mark.parametrize("state", STATES)
    def test_leads_to_a_column_that_exists(self, trial, state):
        found = trial.find(in_state(trial, state))
        assert (found.place is None) == (found.result == DONE)
        if found.place is not None:
            sheet, code, _ = found.place
            assert sheet.has(code)

    @settings(deadline=None, max_examples=8)
    @given(st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_rows(self, trial, shuffle):
        for state in STATES:
            world = in_state(trial, state)
            plain, mixed = trial.find(world), trial.find(world, shuffle)
            assert (mixed.result, mixed.figures) == (plain.result, plain.figures)
            assert sorted(mixed.missing) == sorted(plain.missing)
            assert (mixed.place or ())[:2] == (plain.place or ())[:2]

    @settings(deadline=None, max_examples=8)
    @given(st.lists(st.text(min_size=1, max_size=12), min_size=len(EVERYBODY), max_size=len(EVERYBODY), unique=True))
    def test_never_lets_a_name_into_its_figures(self, trial, names):
        """spec §6, §7: figures go to the office. The same class under any other names has the same figures."""
        for state in STATES:
            world = in_state(trial, state)
            plain = trial.find(world)
            world.names = dict(zip(EVERYBODY, names, strict=True))
            renamed = trial.find(world)
            assert (renamed.result, renamed.figures) == (plain.result, plain.figures)
            assert len(renamed.missing) == len(plain.missing)


class TestSanctions:
    """spec §5, §6: 失误 and 普遍不满 are the office's; a class knows who is 流失."""

    def find(self, world, *kinds):
        return CHECK_FUNCTIONS[UNJUDGED](world.evidence(), {"kinds": kinds} if kinds else {})

    @pytest.mark.parametrize("kinds", [(), ("失误",), ("流失", "普遍不满")])
    def test_are_never_judged_in_the_class(self, kinds):
        world = kept()
        assert (self.find(world, *kinds).result, self.find(world, *kinds).missing) == (NOT_APPLICABLE, ())

    def test_say_how_many_dropped_out_and_not_who(self):
        world = kept()
        world.roster[EVERYBODY[7]]["status"] = "流失"
        found = self.find(world, "流失")
        assert "流失 1 人" in found.figures
        assert world.names[EVERYBODY[7]] not in "".join((found.figures, *found.missing))
        assert "流失" not in self.find(world, "失误").figures


def test_a_shuffle_mixes_something():
    """The order test above would prove nothing on a class that stays as it is."""
    world = kept()
    assert world.evidence(random.Random(1)).tables["辅导记录"] != world.evidence().tables["辅导记录"]
