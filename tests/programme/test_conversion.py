"""Conversion by worked example: base, exit rules at their edges, rates and what chance alone would do (spec §4.4)."""

from __future__ import annotations

import math
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from builders import LADDER, MIDTERM_DAY, TODAY, case_row, classroom, norms_row, policy, process_row, pupil_ids
from xlbangfu.programme import rules
from xlbangfu.programme.conversion import Tally, convert, latest_goals, stats_row, target_met
from xlbangfu.programme.freezing import freeze, read_frozen_list

IDS = pupil_ids(30)
ONE, TWO, THREE, FOUR, FIVE = IDS[:5]
LEAVE, AVERAGE, GOAL = rules.LeaveZone(), rules.ReachAverage(), rules.GoalMet()
GRADE_0 = [50, 55, 60, 60, 70, 70, 75, 80, 85, 95]  # μ = 70, σ² = 180, cut of 20 % = 55
GRADE_T = [40, 50, 60, 60, 70, 70, 75, 80, 90, 95]  # μ = 69, σ² = 264, cut of 20 % = 50, next = 60
SD_0, SD_T = math.sqrt(180), math.sqrt(264)


def marks(*values):
    """One mark per pupil, from pupil ONE on."""
    return dict(zip(IDS, values, strict=False))


def room_of(first, second, exit_rule=LEAVE, *, r="0.8", norms=None, levels=False, **more):
    """A class of a grade whose figures are known by hand; first, second: cells at baseline and midterm."""
    known = norms if norms is not None else [norms_row("入学", GRADE_0), norms_row("期中", GRADE_T, r=r)]
    declared = ",".join(LADDER) if levels else None
    subjects = [{"subject": "语文", "levels": declared, "full_points": more.pop("full_points", None)}]
    cells = {"入学": {"语文": marks(*first)}, "期中": {"语文": marks(*second)}}
    given_pupils = more.pop("pupils", None) or [{"pupil_id": p} for p in IDS[: max(len(first), len(second))]]
    rules_in_force = more.pop("rules_in_force", None) or policy(exit_rule=exit_rule)
    return classroom(cells, subjects=subjects, norms=known, pupils=given_pupils, rules_in_force=rules_in_force, **more)


def of_grade(*pupils, **values):
    return [case_row(p, reference="年级", **values) for p in pupils]


def midterm(room, caseload, process=(), frozen=None, known=()):
    """(状态 by pupil, 转化统计 of midterm)."""
    found = convert(room, caseload, process, frozen, known)
    [row] = [r for r in found.stats if (r["subject"], r["phase"]) == ("语文", "期中")]
    return {r["pupil_id"]: r["midterm_state"] for r in found.rows}, row


def state(first, second, exit_rule=LEAVE, goal=None, **more):
    """期中状态 of pupil ONE with this baseline and this midterm."""
    process = [process_row(ONE, goal)] if goal else ()
    return midterm(room_of([first, 60], [second, 60], exit_rule, **more), of_grade(ONE), process)[0][ONE]


def chance(first, second, exit_rule=LEAVE, **more):
    """期中自然概率 of pupil ONE."""
    room = room_of([first, 60], [second, 60], exit_rule, **more)
    return convert(room, of_grade(ONE)).rows[0]["midterm_chance"]


class TestExitRulesAtTheirEdges:
    """已转化 iff the pupil has a valid result at t and the policy's exit rule holds there."""

    @pytest.mark.parametrize(
        ("x", "wanted"), [(50, "未转化"), ("50.5", "已转化"), (51, "已转化"), (49, "未转化"), (1, "未转化")]
    )
    def test_leave_zone_is_above_the_cut(self, x, wanted):
        assert state(50, x) == wanted

    @pytest.mark.parametrize(("x", "wanted"), [("68.9", "未转化"), (69, "已转化"), ("69.1", "已转化")])
    def test_reach_average_is_at_the_mean_or_above(self, x, wanted):
        assert state(50, x, AVERAGE) == wanted

    def test_reach_average_is_exact_where_floats_are_not(self):
        norms = [norms_row("入学", GRADE_0), norms_row("期中", ["0.1", "0.2", "0.3"], r="0.8")]
        assert state(50, "0.2", AVERAGE, norms=norms) == "已转化"

    def test_gain_of_just_d_counts(self):
        """z_0 = (50 − 70)/√180, z_t = (69 − 69)/√264 = 0: the gain is 20/√180."""
        gain = Fraction(20 / SD_0)
        for nudge, wanted in ((0, "已转化"), (9e-10, "已转化"), (2e-9, "未转化"), (-1e-6, "已转化")):
            assert state(50, 69, rules.Gain(gain + Fraction(nudge))) == wanted

    def test_gain_needs_a_baseline(self):
        assert state("缺考", 95, rules.Gain(Fraction(1, 10))) == "未转化"

    @pytest.mark.parametrize(
        ("first", "second", "levels", "wanted"),
        [
            ("待合格", "合格", 1, "已转化"),
            ("待合格", "待合格", 1, "未转化"),
            ("待合格", "优", 1, "已转化"),
            ("待合格", "合格", 2, "未转化"),
            ("待合格", "良", 2, "已转化"),
            ("优", "优", 1, "未转化"),
            ("合格", "待合格", 1, "未转化"),
            ("缺考", "优", 1, "未转化"),
        ],
    )
    def test_level_up(self, first, second, levels, wanted):
        grade = [*["待合格"] * 2, *["合格"] * 3, *["良"] * 3, *["优"] * 2]
        norms = [norms_row("入学", grade, levels=LADDER), norms_row("期中", grade, levels=LADDER, r="0.8")]
        room = room_of([first, "良"], [second, "良"], rules.LevelUp(levels), norms=norms, levels=True)
        assert midterm(room, of_grade(ONE))[0][ONE] == wanted

    def test_level_up_counts_a_level_that_nobody_of_the_grade_has_any_more(self):
        """Nobody is 待合格 at t; from 待合格 to 合格 is one level up all the same, declared in 任课 or not."""
        norms = [
            norms_row("入学", ["待合格", "合格", "良", "优"], levels=LADDER),
            norms_row("期中", ["合格", "合格", "良", "优"], levels=LADDER, r="0.8"),
        ]
        for declared in (True, False):
            room = room_of(["待合格", "良"], ["合格", "良"], rules.LevelUp(1), norms=norms, levels=declared)
            assert midterm(room, of_grade(ONE))[0][ONE] == "已转化"

    @pytest.mark.parametrize(("x", "wanted"), [(50, "未转化"), (51, "已转化")])
    def test_level_up_on_a_baseline_in_marks_is_leave_zone_and_said(self, x, wanted):
        states, row = midterm(room_of([50, 60], [x, 60], rules.LevelUp(1)), of_grade(ONE))
        assert states[ONE] == wanted and "基线是分数，升级无法判断，按离开识别区计" in row["note"]

    @pytest.mark.parametrize(
        ("goal", "wanted"),
        [("未达成", "未转化"), ("基本达成", "未转化"), ("达成", "已转化"), ("超额", "已转化"), (None, "未转化")],
    )
    def test_goal_met_beside_an_exam(self, goal, wanted):
        """S10: any-of(gain, goal_met) in a phase that rests on an exam."""
        assert state(50, 40, rules.ExitAny((rules.Gain(Fraction(1, 2)), GOAL)), goal) == wanted

    @pytest.mark.parametrize(("x", "above", "average"), [(45, False, False), (60, True, False), (80, True, True)])
    def test_any_of_and_all_of(self, x, above, average):
        said = {True: "已转化", False: "未转化"}
        assert state(50, x, rules.ExitAny((AVERAGE, LEAVE))) == said[above or average]
        assert state(50, x, rules.ExitAll((AVERAGE, LEAVE))) == said[above and average]
        assert state(50, x, rules.ExitAll((LEAVE, rules.ExitAny((AVERAGE, GOAL))))) == said[above and average]

    @pytest.mark.parametrize("x", ["缺考", "免考", "缓考", None, 101])
    @pytest.mark.parametrize("rule", [LEAVE, AVERAGE, rules.ExitAny((GOAL, LEAVE))])
    def test_without_a_valid_result_a_row_is_absent_whatever_the_rule(self, x, rule):
        room = room_of([50, 60], [x, 60], rule, full_points=Fraction(100))
        assert midterm(room, of_grade(ONE), [process_row(ONE, "超额")])[0][ONE] == "缺考"


class TestBase:
    """base = 学困 or 双困 of the list minus 转出; 基数 = 已转化 + 未转化 + 缺考."""

    def test_the_arithmetic(self):
        room = room_of(
            [50] * 5 + [60],
            [60, 40, "缺考", 60, 70, 60],
            pupils=[{"pupil_id": p} for p in IDS[:4]] + [{"pupil_id": FIVE, "status": "转出"}, {"pupil_id": IDS[5]}],
        )
        states, row = midterm(room, [*of_grade(ONE, TWO, THREE, FIVE), *of_grade(FOUR, case_type="双困")])
        assert states == {ONE: "已转化", TWO: "未转化", THREE: "缺考", FOUR: "已转化", FIVE: "转出"}
        assert [row[c] for c in ("base", "converted", "not_converted", "absent", "transferred", "added")] == [
            4,
            2,
            1,
            1,
            1,
            0,
        ]
        assert row["rate"] == Fraction(2, 4)

    def test_watched_and_general_rows_are_followed_and_never_counted(self):
        room = room_of([50, 50], [60, 60])
        found = convert(room, [*of_grade(ONE, case_type="关注"), case_row(TWO, "综合", case_type="学困")])
        assert [(r["subject"], r["midterm_state"], r["midterm_chance"]) for r in found.rows] == [
            ("语文", "不适用", None),
            ("综合", "不适用", None),
        ]
        assert [r["base"] for r in found.stats] == [0, 0] and {r["subject"] for r in found.stats} == {"语文"}
        assert found.rows[0]["midterm"] == 60

    @pytest.mark.parametrize("status", ["转出", "休学", "流失"])
    @pytest.mark.parametrize(("since", "gone"), [(-1, True), (0, True), (1, False), (None, True)])
    def test_who_left_and_when(self, status, since, gone):
        day = MIDTERM_DAY + timedelta(since) if since is not None else None
        pupils = [{"pupil_id": ONE, "status": status, "status_date": day}, {"pupil_id": TWO}]
        states, row = midterm(room_of([50, 60], [60, 60], pupils=pupils), of_grade(ONE))
        wanted = "已转化" if not gone else "缺考" if status == "流失" else "转出"
        assert states[ONE] == wanted
        assert row["base"] == (0 if wanted == "转出" else 1)

    def test_a_pupil_lost_stays_in_the_base_of_a_phase_by_process_too(self):
        pupils = [{"pupil_id": ONE, "status": "流失", "status_date": date(2026, 10, 1)}, {"pupil_id": TWO}]
        room = room_of([50, 60], [], midterm_basis="过程评价", pupils=pupils)
        states, _ = midterm(room, of_grade(ONE, TWO), [process_row(ONE, "达成"), process_row(TWO, "达成")])
        assert states == {ONE: "缺考", TWO: "已转化"}

    def test_a_pupil_taken_off_the_roster_counts_as_absent(self):
        room = room_of([50, 60], [60, 60], pupils=[{"pupil_id": TWO}])
        assert midterm(room, of_grade(ONE))[0] == {ONE: "缺考"}

    @pytest.mark.parametrize(
        "values",
        [
            {"confirmed": "否"},
            {"confirmed": "待定"},
            {"standing": "不再符合"},
            {"case_type": "关注"},
            {"frozen_on": None},
        ],
    )
    def test_nobody_leaves_a_frozen_base(self, values):
        room = room_of([50, 50], [60, 40])
        after, listed, check = freeze(of_grade(ONE, TWO), TODAY)
        later = [after[0].changed(**values), after[1]]
        frozen = read_frozen_list(check, later, listed)
        states, row = midterm(room, later, frozen=frozen, known=listed)
        assert (states, row["base"]) == ({ONE: "已转化", TWO: "未转化"}, 2)

    def test_a_deleted_row_is_counted_by_the_reference_of_today(self):
        room = room_of([50, 50], [60, 40])
        after, listed, check = freeze(of_grade(ONE, TWO), TODAY)
        frozen = read_frozen_list(check, after[1:], listed)
        states, row = midterm(room, after[1:], frozen=frozen, known=listed)
        assert (states, row["base"], row["reference"]) == ({ONE: "已转化", TWO: "未转化"}, 2, "年级")

    @pytest.mark.parametrize(
        ("values", "listed"),
        [
            ({}, True),
            ({"confirmed": "待定"}, False),
            ({"confirmed": "否"}, False),
            ({"standing": "不再符合"}, False),
            ({"case_type": "双困"}, True),
        ],
    )
    def test_while_nothing_is_frozen(self, values, listed):
        _, row = midterm(room_of([50, 60], [60, 60]), of_grade(ONE, **values))
        assert row["base"] == (1 if listed else 0)

    def test_rows_added_after_the_freezing_stand_apart_and_stay_so(self):
        room = room_of([50, 50, 60], [60, 40, 60])
        after, listed, check = freeze(of_grade(ONE), TODAY)
        rows = [*after, *of_grade(TWO)]
        frozen = read_frozen_list(check, rows, listed)
        first = convert(room, rows, (), frozen, listed)
        states = {r["pupil_id"]: (r["midterm_state"], r["final_state"], r["midterm_chance"]) for r in first.rows}
        assert states[TWO] == ("新增", "新增", None) and states[ONE][0] == "已转化"
        assert (first.stats[0]["base"], first.stats[0]["added"]) == (1, 1)
        again = convert(room, rows, (), read_frozen_list(check, rows, first.rows), first.rows)
        assert (again.rows, again.stats) == (first.rows, first.stats)
        unconfirmed = [*after, *of_grade(TWO, confirmed="否")]
        later = convert(room, unconfirmed, (), read_frozen_list(check, unconfirmed, first.rows), first.rows)
        assert (later.stats[0]["base"], later.stats[0]["added"]) == (1, 1)

    def test_order_of_rows_does_not_matter(self):
        room = room_of([50] * 5, [60, 40, "缺考", 90, 70])
        rows = of_grade(ONE, TWO, THREE, FOUR, FIVE)
        one, two = convert(room, rows), convert(room, rows[::-1])
        assert (one.rows, one.stats) == (two.rows, two.stats)

    def test_nobody_at_all(self):
        found = convert(classroom({}, pupils=[]), [])
        assert found.rows == []
        assert [(r["base"], r["rate"], r["met"], r["expected"]) for r in found.stats] == [(0, None, "不适用", None)] * 2


class TestPhases:
    """未考, 待常模, 不适用."""

    def test_not_sat_while_every_cell_is_blank(self):
        states, row = midterm(room_of([50, 60], [None, None]), of_grade(ONE))
        assert states[ONE] == "未考" and (row["base"], row["rate"], row["met"], row["low"]) == (0, None, None, None)
        assert "未考" in row["note"]

    def test_a_typed_absence_is_not_blank(self):
        states, row = midterm(room_of([50, 60], ["缺考", None]), of_grade(ONE))
        assert states[ONE] == "缺考" and row["rate"] == 0

    def test_no_exam_named_but_an_exam_wanted_is_not_sat(self):
        assert (
            midterm(room_of([50, 60], [60, 60], midterm_exam=None, midterm_basis="考试"), of_grade(ONE))[0][ONE]
            == "未考"
        )

    def test_a_list_flagged_by_the_grade_waits_for_the_grade(self):
        """§4.1: with 年级 and no row of 常模 for t, the phase shows 「待常模」 and no rate."""
        states, row = midterm(room_of([50, 60], [60, 60], norms=[norms_row("入学", GRADE_0)]), of_grade(ONE))
        assert states[ONE] == "待常模" and (row["rate"], row["met"]) == (None, None) and "待常模" in row["note"]

    def test_a_list_flagged_by_the_class_stays_with_the_class_for_both_exams(self):
        room = room_of([50, 60, 70, 80, 90], [60, 61, 70, 80, 90])
        found = convert(room, [case_row(ONE, reference="本班")])
        assert found.rows[0]["midterm_z"] == room.z("期中", "语文", ONE, "本班")
        assert found.rows[0]["baseline_z"] == room.z("入学", "语文", ONE, "本班")
        assert found.rows[0]["midterm_state"] == "未转化"  # the class's own cut is 60
        assert found.stats[0]["reference"] == "本班"

    def test_all_equal_at_t_is_not_applicable_and_said(self):
        room = room_of([50, 60], [60, 60], norms=[])
        states, row = midterm(room, [case_row(ONE)])
        assert states[ONE] == "不适用" and "区分度不足" in row["note"]
        assert (row["base"], row["rate"], row["met"]) == (0, None, "不适用")

    def test_all_equal_at_t_does_not_hinder_another_rule(self):
        assert midterm(room_of([50, 60], [60, 60], AVERAGE, norms=[]), [case_row(ONE)])[0][ONE] == "已转化"

    def test_too_many_at_the_top_lowers_the_cut_and_is_said(self):
        norms = [norms_row("入学", GRADE_0), norms_row("期中", [90, *[100] * 9], r="0.8")]
        room = room_of([50, 60], [95, 90], norms=norms)
        states, row = midterm(room, of_grade(ONE, TWO))
        assert states == {ONE: "已转化", TWO: "未转化"} and "区分度不足" in row["note"]

    def test_base_nought_is_not_applicable_and_not_nought_per_cent(self):
        pupils = [{"pupil_id": ONE, "status": "转出"}, {"pupil_id": TWO}]
        _, row = midterm(room_of([50, 60], [60, 60], pupils=pupils), of_grade(ONE))
        assert [row[c] for c in ("base", "transferred", "rate", "met", "low", "high", "expected", "net", "luck")] == [
            0,
            1,
            None,
            "不适用",
            *[None] * 5,
        ]


class TestProcessEvidence:
    """Where a phase rests on 过程评价 the latest row decides, of one 日期 the lower one."""

    def room(self):
        return room_of([50, 60], [], midterm_exam=None)

    @pytest.mark.parametrize(
        ("rows", "wanted"),
        [
            ([("达成", 1)], "已转化"),
            ([("超额", 1)], "已转化"),
            ([("基本达成", 1)], "未转化"),
            ([("未达成", 1), ("达成", 2)], "已转化"),
            ([("达成", 1), ("未达成", 2)], "未转化"),
            ([("达成", 2), ("未达成", 1)], "已转化"),
            ([("达成", 1), ("基本达成", 1)], "未转化"),
            ([("超额", 1), ("达成", 1)], "已转化"),
            ([("达成", None), ("未达成", 1)], "未转化"),
        ],
    )
    def test_latest_and_of_one_day_the_lower(self, rows, wanted):
        process = [process_row(ONE, goal, date=date(2026, 11, day) if day else None) for goal, day in rows]
        for order in (process, process[::-1]):
            assert midterm(self.room(), of_grade(ONE), order)[0][ONE] == wanted

    def test_no_row_is_absent_and_no_row_for_anybody_is_not_sat(self):
        assert midterm(self.room(), of_grade(ONE), [process_row(TWO, "达成")])[0][ONE] == "缺考"
        assert midterm(self.room(), of_grade(ONE), [])[0][ONE] == "未考"

    @pytest.mark.parametrize("values", [{"subject": "数学"}, {"phase": "期末"}, {"goal": None}])
    def test_rows_of_another_subject_or_phase_or_without_a_word_are_none(self, values):
        assert midterm(self.room(), of_grade(ONE), [process_row(ONE, "达成").changed(**values)])[0][ONE] == "未考"

    def test_expectation_is_blank_with_the_reason(self):
        _, row = midterm(self.room(), of_grade(ONE), [process_row(ONE, "达成")])
        assert (row["rate"], row["expected"], row["net"], row["luck"]) == (1, None, None, None)
        assert "过程评价" in row["note"] and row["low"] is not None and row["met"] == "是"

    def test_goals_by_pupil_and_the_subjects_that_have_any(self):
        goals, subjects = latest_goals([process_row(ONE, "达成"), process_row(TWO, "未达成", subject="数学")], "期中")
        assert goals == {(ONE, "语文"): "达成", (TWO, "数学"): "未达成"} and subjects == {"语文", "数学"}


class TestTarget:
    """Target met iff 已转化 ≥ target × base, exactly."""

    @pytest.mark.parametrize(
        ("won", "base", "target", "met"),
        [(2, 5, "2/5", True), (3, 5, "3/5", True), (1, 5, "2/5", False), (2, 5, "3/5", False), (7, 10, "7/10", True)],
    )
    def test_two_of_five_meets_forty_per_cent(self, won, base, target, met):
        assert target_met(won, base, Fraction(target)) is met

    def test_floats_would_fail_a_teacher_who_met_the_target(self):
        """0.07 × 100 is 7.000000000000001 in floats: 7 of 100 would not meet 7 %."""
        failed = [
            (p, n) for p in range(1, 100) for n in range(1, 101) if p * n % 100 == 0 and not p * n // 100 >= p / 100 * n
        ]
        assert (7, 100) in failed and (55, 100) in failed
        assert all(target_met(p * n // 100, n, Fraction(p, 100)) for p, n in failed)

    @given(st.integers(0, 60), st.integers(1, 60), st.integers(1, 100))
    def test_one_success_fewer_fails_where_it_was_just_met(self, won, base, percent):
        assert target_met(won, base, Fraction(percent, 100)) is (won * 100 >= percent * base)

    @pytest.mark.parametrize(("converted", "met"), [(1, "否"), (2, "是")])
    def test_in_the_table(self, converted, met):
        second = [60] * converted + [40] * (5 - converted)
        _, row = midterm(room_of([50] * 5, second), of_grade(*IDS[:5]))
        assert (row["met"], row["target"], row["rate"]) == (met, Fraction(2, 5), Fraction(converted, 5))

    def test_without_a_target_nothing_is_met_or_missed(self):
        _, row = midterm(room_of([50, 60], [60, 60], rules_in_force=policy(midterm=None)), of_grade(ONE))
        assert (row["target"], row["met"], row["luck"]) == (None, None, None)
        assert "未设目标" in row["note"] and row["expected"] is not None


class TestChance:
    """P(pupil meets the rule unaided) = 1 − Φ((b − r·z_0)/√(1 − r²)), b the rule's threshold on z_t."""

    Z_CUT = (55 - 69) / SD_T  # half-way between the cut 50 and the next score that occurs, 60

    @staticmethod
    def by_hand(b, x0, r=0.8):
        return float(norm.sf((b - r * (x0 - 70) / SD_0) / math.sqrt(1 - r * r)))

    @pytest.mark.parametrize("x0", [50, 55, 60])
    def test_leave_zone_with_the_half_step(self, x0):
        assert chance(x0, 60) == pytest.approx(self.by_hand(self.Z_CUT, x0))

    def test_reach_average_with_the_midpoint_around_the_mean(self):
        """Largest occurring below 69 is 60, smallest at or above is 70: 65."""
        assert chance(50, 60, AVERAGE) == pytest.approx(self.by_hand((65 - 69) / SD_T, 50))

    def test_gain(self):
        b = (50 - 70) / SD_0 + 0.5
        assert chance(50, 60, rules.Gain(Fraction(1, 2))) == pytest.approx(self.by_hand(b, 50))

    def test_any_of_takes_the_smallest_and_all_of_the_largest(self):
        low, high = chance(50, 60, AVERAGE), chance(50, 60, LEAVE)
        assert low < high
        assert chance(50, 60, rules.ExitAny((AVERAGE, LEAVE))) == high
        assert chance(50, 60, rules.ExitAll((AVERAGE, LEAVE))) == low

    def test_level_up_with_the_lower_edge_of_the_target_level(self):
        grade = [*["待合格"] * 2, *["合格"] * 3, *["良"] * 3, *["优"] * 2]
        norms = [norms_row("入学", grade, levels=LADDER), norms_row("期中", grade, levels=LADDER, r="0.8")]
        room = room_of(["待合格", "优"], ["良", "良"], rules.LevelUp(1), norms=norms, levels=True)
        z0 = room.z("入学", "语文", ONE, "年级")
        rows = {r["pupil_id"]: r["midterm_chance"] for r in convert(room, of_grade(ONE, TWO)).rows}
        assert rows[ONE] == pytest.approx(float(norm.sf((norm.ppf(0.2) - 0.8 * z0) / 0.6)))
        assert rows[TWO] == 0.0  # nothing is above 优

    def test_level_up_on_marks_has_the_chance_of_leave_zone(self):
        assert chance(50, 60, rules.LevelUp(1)) == chance(50, 60, LEAVE)

    def test_without_a_baseline_the_bare_tail_and_gain_not_met(self):
        assert chance("缺考", 60) == pytest.approx(float(norm.sf(self.Z_CUT)))
        assert chance(None, 60, AVERAGE) == pytest.approx(float(norm.sf((65 - 69) / SD_T)))
        assert chance("缺考", 60, rules.Gain(Fraction(1, 2))) == 0.0
        assert chance("缺考", 60, rules.LevelUp(1)) == 0.0
        assert chance("缺考", 60, rules.ExitAny((rules.Gain(Fraction(1, 2)), LEAVE))) == chance("缺考", 60)
        assert chance("缺考", 60, rules.ExitAll((rules.Gain(Fraction(1, 2)), LEAVE))) == 0.0

    def test_without_a_result_nought(self):
        assert chance(50, "缺考") == 0.0

    @pytest.mark.parametrize(("r", "used"), [("1.2", 0.99), ("1", 0.99), ("-0.4", 0.0), ("0", 0.0)])
    def test_r_is_clipped(self, r, used):
        assert chance(50, 60, r=r) == pytest.approx(self.by_hand(self.Z_CUT, 50, used))

    def test_expected_net_and_luck_of_a_group(self):
        first, second = [50, 55, 60, 50, 50], [60, 40, 70, "缺考", 60]
        pupils = [{"pupil_id": p} for p in IDS[:4]] + [{"pupil_id": FIVE, "status": "转出"}]
        _, row = midterm(room_of(first, second, pupils=pupils), of_grade(*IDS[:5]))
        p = [self.by_hand(self.Z_CUT, x) for x in first[:3]]
        assert row["base"] == 4
        assert row["expected"] == pytest.approx(sum(p) / 4) and row["net"] == pytest.approx(2 / 4 - sum(p) / 4)
        none, one = (
            math.prod(1 - x for x in p),
            sum(x * math.prod(1 - y for j, y in enumerate(p) if j != i) for i, x in enumerate(p)),
        )
        assert row["luck"] == pytest.approx(1 - none - one)  # 40 % of 4 are 1.6: two or more

    def test_goal_met_in_the_rule_leaves_the_expectation_blank_with_the_reason(self):
        _, row = midterm(room_of([50, 60], [60, 60], rules.ExitAny((LEAVE, GOAL))), of_grade(ONE))
        assert (row["expected"], row["net"], row["luck"]) == (None, None, None) and row["note"]
        assert row["rate"] == 1

    def test_the_class_gives_r_from_twenty_pairs(self):
        first, second = [30 + i for i in range(20)], [40 + (i * 7) % 23 for i in range(20)]
        _, row = midterm(room_of(first, second, norms=[]), [case_row(ONE)])
        assert row["expected"] is not None
        _, row = midterm(room_of(first[:19], second[:19], norms=[]), [case_row(ONE)])
        assert (row["expected"], row["net"], row["luck"]) == (None, None, None) and "20" in row["note"]
        assert row["rate"] is not None and row["low"] is not None


class TestNeverBare:
    """A rate is never shown bare."""

    def test_small_bases_are_marked(self):
        for n, marked in ((1, True), (4, True), (5, False)):
            _, row = midterm(room_of([50] * n, [60] * n), of_grade(*IDS[:n]))
            assert ("人数少，仅供参考" in row["note"]) is marked

    def test_mixed_references_are_said(self):
        room = room_of([50, 50, 70, 80, 90], [60, 40, 70, 80, 90])
        _, row = midterm(room, [case_row(ONE, reference="本班"), case_row(TWO, reference="年级")])
        assert "参照不一" in row["note"] and "年级 1 人" in row["note"]

    def test_one_unknown_chance_leaves_the_sum_blank(self):
        tally = Tally("期中", "语文", target=Fraction(2, 5))
        tally.add("已转化", 0.3, "年级")
        tally.add("未转化", None, "年级")
        row = stats_row(tally)
        assert (row["expected"], row["luck"], row["rate"]) == (None, None, Fraction(1, 2))

    def test_every_subject_has_both_phases_also_without_rows(self):
        room = classroom({}, subjects=("语文", "数学"), pupils=[{"pupil_id": ONE}])
        found = convert(room, [case_row(ONE, "体育")])
        assert [(r["subject"], r["phase"]) for r in found.stats] == [
            (s, p) for s in ("语文", "数学", "体育") for p in ("期中", "期末")
        ]

    def test_teacher_and_reference_stand_in_the_row(self):
        _, row = midterm(room_of([50, 60], [60, 60]), of_grade(ONE))
        assert (row["teacher"], row["reference"]) == ("测试班主任", "年级")
