"""How often something happened, recounted by hand, day by day. Source: spec §5 (sessions per pupil per period)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_class import FIRST, MONTHS, SECOND, THIRD, World, kept
from builders import FINAL_DAY, MIDTERM_DAY, SETTINGS, case_row
from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.audit import CHECK_FUNCTIONS, Finding
from xlbangfu.programme.periods import periods

START, END = SETTINGS["term_start"], SETTINGS["term_end"]
DAY = timedelta(1)
AROUND = st.dates(START - 40 * DAY, END + 40 * DAY)
LISTED = (FIRST, SECOND)


def class_of(sessions: Sequence[tuple[str, date | None, str]], today: date, since: Sequence[date | None]) -> World:
    """Two pupils on the list since those days, and sessions (pupil, day, form)."""
    w = World(today=today)
    w.caseload = [case_row(p, screened_on=day, frozen_on=day) for p, day in zip(LISTED, since, strict=True)]
    for pupil, day, form in sessions:
        w.add(schema.SESSIONS, pupil_id=pupil, date=day, form=form)
    return w


def find(check: str, world: World, **given_ones: Any) -> Finding:
    return CHECK_FUNCTIONS[check](world.evidence(), given_ones)


def days_over(per: str, today: date) -> list[list[date]]:
    """The days of every period that can be judged: begun by 期末日期, and past or that day has come."""
    found = [[p.first + n * DAY for n in range(p.days)] for p in periods(per, START, END, MIDTERM_DAY)]
    return [days for days in found if days[0] <= FINAL_DAY and (days[-1] < today or today >= FINAL_DAY)]


SESSION = st.tuples(st.sampled_from((*LISTED, THIRD)), st.none() | AROUND, st.sampled_from(["一对一", "家访", "小组"]))


class TestPerPupil:
    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(SESSION, max_size=40),
        AROUND,
        st.tuples(st.none() | AROUND, st.none() | AROUND),
        st.integers(1, 3),
        st.sampled_from(rules.PERIODS),
    )
    def test_every_period_is_counted_as_by_hand(self, sessions, today, since, times, per):
        found = find("sessions_per_pupil", class_of(sessions, today, since), times=times, per=per, forms=("一对一",))
        asked = kept_ones = 0
        missing = []
        for pupil, first in zip(LISTED, since, strict=True):
            short = 0
            for days in days_over(per, today):
                if first is not None and 2 * sum(day >= first for day in days) < len(days):
                    continue  # listed when most of it was over
                held = sum(
                    (day in days and day <= today) or (day is None and per == "学期")
                    for who, day, form in sessions
                    if who == pupil and form == "一对一"
                )
                asked, kept_ones, short = asked + 1, kept_ones + (held >= times), short + (held < times)
            if short:
                missing.append((pupil[-3:], short))
        if not asked:
            assert found.result in ("落实", "不适用")
        else:
            assert found.result == ("落实" if kept_ones == asked else "部分" if kept_ones else "未落实")
            whole = len(LISTED) - len(missing)
            assert f"2 人中 {whole} 人每个周期都做到，合计 {kept_ones}/{asked}，" in found.figures
        told = [(item[2:5], int("".join(c for c in item[5:] if c.isdecimal()))) for item in found.missing]
        assert told == missing

    @pytest.mark.parametrize(
        ("per", "words"), [("周", "缺 2 周"), ("两周", "缺 1 个两周"), ("月", "缺 1 个月"), ("半学期", "缺 1 个半学期")]
    )
    def test_what_is_missing_is_counted_in_the_words_of_the_period(self, per, words):
        world = class_of([], START + 15 * DAY if "周" in per else MIDTERM_DAY + DAY, (None, None))
        if per == "月":
            world.today = START + 31 * DAY
        found = find("sessions_per_pupil", world, times=1, per=per)
        assert found.missing == (f"测试101（{words}）", f"测试102（{words}）")

    def test_somebody_listed_late_is_not_asked_for_what_was_before(self):
        world = class_of([(FIRST, day, "家访") for day in MONTHS], END + DAY, (START, MONTHS[-1]))
        found = find("sessions_per_pupil", world, times=1, per="月")
        assert found.result == "落实", found
        world.caseload[1] = world.caseload[1].changed(screened_on=MONTHS[2])
        assert find("sessions_per_pupil", world, times=1, per="月").missing == ("测试102（缺 3 个月）",)

    def test_a_period_that_still_runs_is_not_held_against_anybody(self):
        world = class_of([], START + 6 * DAY, (None, None))
        assert find("sessions_per_pupil", world, times=1, per="周").result == "不适用"
        world.today += DAY
        assert find("sessions_per_pupil", world, times=1, per="周").result == "未落实"

    def test_what_is_done_before_the_first_period_is_over_is_done(self):
        world = class_of([(p, START, "一对一") for p in LISTED], START, (None, None))
        assert find("sessions_per_pupil", world, times=1, per="学期").result == "落实"

    def test_a_term_of_one_day_is_a_term(self):
        world = class_of([], START + DAY, (None, None))
        world.settings = {"term_start": START, "term_end": START}
        assert find("sessions_per_pupil", world, times=1, per="周").missing == (
            "测试101（缺 1 周）",
            "测试102（缺 1 周）",
        )

    @pytest.mark.parametrize("day", [START - DAY, END + DAY, date(2026, 10, 2)])
    def test_rows_of_other_terms_and_days_ahead_do_not_count(self, day):
        world = class_of([(p, day, "一对一") for p in LISTED], date(2026, 10, 1), (None, None))
        assert find("sessions_per_pupil", world, times=1, per="月").result == "未落实"


class TestPerClass:
    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(st.tuples(st.none() | AROUND, st.sampled_from(schema.ACTIVITIES[:3])), max_size=30),
        AROUND,
        st.integers(1, 3),
        st.sampled_from(rules.PERIODS),
    )
    def test_every_period_is_counted_as_by_hand(self, held, today, times, per):
        world = World(today=today)
        for day, category in held:
            world.add(schema.ACTIVITY, date=day, category=category)
        asked = schema.ACTIVITIES[:2]
        found = find("activities_held", world, times=times, per=per, categories=asked)
        days = [d for d, c in held if c in asked and (d is None or (START <= d <= END and d <= today))]
        over = days_over(per, today)
        short = [p for p in over if sum(d in p or (d is None and per == "学期") for d in days) < times]
        assert found.missing == tuple(f"{p[0]:%m-%d} 至 {p[-1]:%m-%d}" for p in short)
        assert f"记录 {len(days)} 次" in found.figures or f"已有 {len(days)} 次" in found.figures
        if over:
            met = len(over) - len(short)
            assert found.result == ("落实" if met == len(over) else "部分" if met else "未落实")
            assert f"{len(over)} 个周期做到 {met} 个" in found.figures
        else:
            assert found.result == ("落实" if len(days) >= times else "不适用")

    def test_only_the_forms_and_people_asked_for_count(self):
        world = kept()
        given_ones = {"times": 1, "per": "学期"}
        assert find("sessions_held", world, **given_ones, forms=("课后辅导",)).result == "未落实"
        assert find("sessions_held", world, **given_ones, forms=("课后辅导", "家访")).result == "落实"
        assert find("sessions_by_staff", world, **given_ones, staff=("志愿者",)).result == "未落实"
        assert find("activities_held", world, **given_ones, categories=("技能培训",)).result == "未落实"
        assert find("parents_contacted", world, times=2, per="学期").result == "落实"
        world.drop(schema.SESSIONS, lambda r: r["form"] == "家访")
        assert find("parents_contacted", world, times=1, per="学期").result == "未落实"


class TestATermWithoutDates:
    """spec §3 (设置): without its days nothing can be counted by period, and the two cells are named."""

    @pytest.mark.parametrize(
        ("start", "end", "missing", "words"),
        [
            (None, None, "学期开始、学期结束", "没有填学期开始和学期结束"),
            (START, None, "学期结束", "没有填学期结束"),
            (None, END, "学期开始", "没有填学期开始"),
            (END, START, "学期开始、学期结束", "对不上"),
            (date(1926, 9, 1), END, "学期开始、学期结束", "对不上"),  # a slip of the year, not 5,000 weeks
        ],
    )
    @pytest.mark.parametrize("check", ["sessions_per_pupil", "parents_contacted", "activities_held"])
    def test_is_told_by_the_cells_to_fill(self, check, start, end, missing, words):
        world = kept()
        world.settings = {"term_start": start, "term_end": end}
        found = find(check, world, times=1, per="周", categories=("家长会",))
        assert (found.result, found.missing) == ("未落实", (missing,))
        assert words in found.figures
        assert found.place == (schema.SETTINGS, "value", None)
