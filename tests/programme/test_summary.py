"""The class on one page: figures by subject, and what to read with care (spec §3, 汇总; §4.4)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from builders import case_row, classroom, policy, pupil_ids
from xlbangfu.programme import rules
from xlbangfu.programme.summary import summarise
from xlbangfu.table import Row

ONE, TWO, THREE = pupil_ids(3)
SUBJECTS = [{"subject": "语文", "teacher": "测试师"}, "数学"]


def stat(subject="语文", phase="期中", **values):
    return Row(
        {
            "subject": subject,
            "phase": phase,
            "base": 10,
            "converted": 4,
            "rate": Fraction(2, 5),
            "expected": 0.3,
            "target": Fraction(2, 5),
            "met": "是",
            "luck": 0.31,
            "note": "",
            **values,
        }
    )


def page(caseload=(), plans=(), pairs=(), sessions=(), activities=(), stats=(), progress=(), **more):
    room = classroom({}, pupils=[{"pupil_id": p} for p in (ONE, TWO, THREE)], subjects=SUBJECTS, **more)
    return summarise(room, caseload, plans, pairs, sessions, activities, stats, progress)


class TestBlocks:
    """One row per subject in each block, in the order of 任课."""

    def test_an_empty_class_has_its_subjects_and_no_division_by_nought(self):
        found = page()
        assert [r["subject"] for r in found.conversion] == ["语文", "数学"] == [r["subject"] for r in found.progress]
        assert [r["subject"] for r in found.support] == ["语文", "数学", "全班"]
        assert all(r["per_pupil"] is None and r["sessions"] == 0 for r in found.support)

    def test_listed_are_frozen_rows_and_confirmed_ones_that_still_qualify(self):
        rows = [
            case_row(ONE),
            case_row(TWO, confirmed="否", standing="不再符合", frozen_on=date(2026, 9, 12)),
            case_row(THREE, confirmed="待定"),
            case_row(THREE, "数学", standing="不再符合"),
        ]
        assert [r["listed"] for r in page(rows).conversion] == [2, 0]

    def test_conversion_carries_both_phases_beside_the_base(self):
        [row, other] = page(
            stats=[stat(), stat(phase="期末", base=5, converted=1), stat("数学", converted=0)]
        ).conversion
        assert (row["teacher"], row["midterm_base"], row["midterm_converted"], row["midterm_rate"]) == (
            "测试师",
            10,
            4,
            Fraction(2, 5),
        )
        assert (row["final_base"], row["final_converted"], row["midterm_expected"], row["midterm_met"]) == (
            5,
            1,
            0.3,
            "是",
        )
        assert other["midterm_converted"] == 0 and "final_base" not in other

    def test_support_counts_sessions_of_the_term_pairs_in_force_and_plans_once(self):
        sessions = [
            Row({"subject": "语文", "minutes": 30, "date": date(2026, 10, 1)}),
            Row({"subject": "语文", "minutes": None, "date": None}),
            Row({"subject": "语文", "minutes": 90, "date": date(2026, 7, 1)}),
            Row({"subject": None, "minutes": 10, "date": date(2026, 10, 1)}),
        ]
        pairs = [
            Row({"subject": "语文", "confirmed": c, "state": s})
            for c, s in [("是", "进行"), ("是", "结束"), ("待定", "拟定")]
        ]
        plans = [
            Row({"subject": "语文", "plan_id": "a"}),
            Row({"subject": "语文", "plan_id": "a"}),
            Row({"subject": "语文", "plan_id": None}),
        ]
        activities = [Row({"date": date(2026, 10, 1)}), Row({"date": date(2026, 7, 1)})]
        chinese, _, everybody = page([case_row(ONE), case_row(TWO)], plans, pairs, sessions, activities).support
        assert (chinese["sessions"], chinese["minutes"], chinese["per_pupil"], chinese["pairs"], chinese["plans"]) == (
            2,
            30,
            1.0,
            1,
            1,
        )
        assert (everybody["sessions"], everybody["minutes"], everybody["activities"]) == (3, 40, 1)

    def test_progress_counts_the_latest_phase(self):
        rows = [
            Row({"subject": "语文", "phase": "期中", "trend": "上升"}),
            Row({"subject": "语文", "phase": "期末", "trend": "可靠进步"}),
            Row({"subject": "语文", "phase": "期末", "trend": None}),
        ]
        [row, other] = page(progress=rows).progress
        assert (row["reliable_up"], row["up"], row["level"], row["down"], row["reliable_down"]) == (1, 0, 0, 0, 0)
        assert set(other.values()) == {"数学", 0}


class TestNotes:
    """§4.4: a rate is never shown bare; base under 5 is 「人数少，仅供参考」."""

    def test_the_policy_is_said_in_words(self):
        notes = page(rules_in_force=policy(rules.BelowMean(), rules.ReachAverage())).notes
        assert notes[0] == "制度：测试制度；识别：低于均分；转化：达到平均分。"

    def test_small_bases_luck_and_waiting_phases_are_named(self):
        stats = [stat(base=4), stat("数学"), stat("数学", "期末", base=0, rate=None, luck=None, note="未考：名单 3 人")]
        text = "\n".join(page(stats=stats).notes)
        assert "人数少，仅供参考：语文期中。" in text
        assert "没有任何作用也能达标的概率：语文期中 31%、数学期中 31%。" in text
        assert "还没有转化率：数学期末" in text

    def test_a_chance_of_nought_is_a_chance(self):
        assert any("语文期中 0%" in note for note in page(stats=[stat(luck=0.0)]).notes)

    def test_nothing_is_said_of_what_is_not_there(self):
        assert len(page().notes) == 2
