"""The periods that a 定期 is counted over. Source: spec §5 (sessions per pupil per period)."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xlbangfu.programme import rules
from xlbangfu.programme.periods import Period, asked_of, due, periods

DAY = timedelta(1)
DAYS = st.dates(date(2023, 1, 1), date(2029, 12, 31))
TERMS = st.builds(lambda start, n: (start, start + timedelta(n)), DAYS, st.integers(0, 366))
PER = st.sampled_from(rules.PERIODS)
NEAR = st.integers(-20, 386)  # days from the start of the term: most of them lie in it


def days_of(start: date, end: date) -> list[date]:
    return [start + timedelta(n) for n in range((end - start).days + 1)]


def begins(per: str, day: date, start: date, number: int) -> bool:
    """True if a new period begins on that day, the `number`-th of the term from 0, told by the calendar alone."""
    if per == "月":
        last = calendar.monthrange(day.year, day.month)[1]
        return day.day == start.day or (day.day == last and start.day > last)
    return number % {"周": 7, "两周": 14}[per] == 0


def walked(per: str, start: date, end: date) -> list[list[date]]:
    """The term cut by walking through it day by day, in lists of days."""
    found: list[list[date]] = []
    for number, day in enumerate(days_of(start, end)):
        if number == 0 or begins(per, day, start, number):
            found.append([])
        found[-1].append(day)
    if len(found) > 1:
        full = len(found[-1])
        day = end + DAY
        while not begins(per, day, start, (day - start).days):  # how long the last piece would have been
            full, day = full + 1, day + DAY
        if 2 * len(found[-1]) < full:
            found[-2:] = [found[-2] + found[-1]]
    return found


class TestPeriods:
    """spec §5: the term is cut without a gap and without a day counted twice."""

    @given(PER, TERMS, NEAR)
    def test_tile_the_term_from_its_first_day_to_its_last(self, per, term, middle):
        start, end = term
        found = periods(per, start, end, start + middle * DAY)
        assert [day for p in found for day in days_of(p.first, p.last)] == days_of(start, end)
        assert [p.days for p in found] == [len(days_of(p.first, p.last)) for p in found]

    @given(st.sampled_from(["周", "两周", "月"]), TERMS)
    @example("月", (date(2024, 1, 31), date(2024, 6, 30)))
    @example("月", (date(2023, 1, 31), date(2023, 6, 30)))
    @example("月", (date(2024, 8, 30), date(2025, 3, 1)))
    @example("月", (date(2023, 11, 29), date(2024, 3, 28)))
    def test_are_those_of_a_walk_through_the_calendar(self, per, term):
        assert [(p.first, p.last) for p in periods(per, *term)] == [(w[0], w[-1]) for w in walked(per, *term)]

    @given(PER, TERMS, NEAR, NEAR)
    def test_have_every_day_of_the_term_once_and_no_other(self, per, term, middle, day):
        found = periods(per, *term, term[0] + middle * DAY)
        assert sum(p.has(term[0] + day * DAY) for p in found) == (0 <= day <= (term[1] - term[0]).days)
        assert not any(p.has(None) for p in found)

    @given(st.sampled_from(["周", "两周"]), TERMS)
    def test_of_weeks_are_a_week_but_for_the_last_which_is_half_to_one_and_a_half(self, per, term):
        usual = 7 if per == "周" else 14
        *whole, last = [p.days for p in periods(per, *term)]
        assert set(whole) <= {usual}
        assert last < 1.5 * usual
        assert 2 * last >= usual or not whole

    @given(PER, DAYS)
    def test_of_a_term_of_one_day_is_that_day(self, per, day):
        assert periods(per, day, day, day) == [Period(day, day)]

    @given(TERMS)
    def test_the_whole_term_is_one(self, term):
        assert periods("学期", *term) == [Period(*term)]

    @given(TERMS, st.none() | NEAR)
    def test_halves_part_at_the_given_day_else_in_the_middle(self, term, at):
        start, end = term
        middle = start + at * DAY if at is not None else None
        first, *rest = periods("半学期", start, end, middle)
        if middle is not None and start <= middle < end:
            assert first.last == middle
        else:
            assert 0 <= first.days - sum(p.days for p in rest) <= 1
        assert len(rest) == (start < end)

    @pytest.mark.parametrize("per", rules.PERIODS)
    def test_of_a_term_that_ends_before_it_starts_are_refused(self, per):
        with pytest.raises(ValueError, match="ends before"):
            periods(per, date(2026, 9, 2), date(2026, 9, 1))

    @pytest.mark.parametrize(
        ("start", "end", "firsts"),
        [
            (date(2026, 8, 31), date(2027, 1, 20), ["08-31", "09-30", "10-31", "11-30", "12-31"]),
            (date(2024, 1, 31), date(2024, 4, 29), ["01-31", "02-29", "03-31"]),  # leap year
            (date(2023, 1, 31), date(2023, 4, 29), ["01-31", "02-28", "03-31"]),
            (date(2026, 9, 1), date(2026, 10, 15), ["09-01"]),  # 15 of 31 days are less than half
            (date(2026, 9, 1), date(2026, 10, 16), ["09-01", "10-01"]),
        ],
    )
    def test_of_months_begin_on_the_day_of_the_start_or_the_last_of_a_shorter_month(self, start, end, firsts):
        assert [f"{p.first:%m-%d}" for p in periods("月", start, end)] == firsts


class TestDue:
    """spec §5: only what is over is judged; 期末日期 closes what is still running, and nothing begins after it."""

    @given(PER, TERMS, NEAR, st.none() | NEAR)
    def test_are_those_with_every_day_past_or_begun_once_the_term_has_closed(self, per, term, now, closing):
        found = periods(per, *term)
        today, closes = term[0] + now * DAY, term[0] + closing * DAY if closing is not None else None
        over = [p for p in found if all(day < today for day in days_of(p.first, p.last))]
        if closes is None:
            assert due(found, today) == over
            return
        before_the_end = [p for p in found if any(day <= closes for day in days_of(p.first, p.last))]
        asked = before_the_end if closes <= today else [p for p in over if p in before_the_end]
        assert due(found, today, closes) == asked

    @given(PER, TERMS, NEAR, NEAR, st.none() | NEAR)
    def test_never_become_fewer_as_days_go_by(self, per, term, now, then, closing):
        today, later = sorted((term[0] + now * DAY, term[0] + then * DAY))
        closes = term[0] + closing * DAY if closing is not None else None
        found = periods(per, *term)
        assert set(due(found, today, closes)) <= set(due(found, later, closes))

    @given(PER, TERMS)
    def test_are_none_before_the_term_and_all_after_it(self, per, term):
        found = periods(per, *term)
        assert due(found, term[0] - DAY) == []
        assert due(found, term[1] + DAY) == found


class TestAsked:
    """spec §5: somebody listed late is not asked for what was before."""

    @given(PER, TERMS, NEAR)
    def test_are_those_with_at_least_half_of_their_days_ahead(self, per, term, joined):
        found, since = periods(per, *term), term[0] + joined * DAY
        brute = []
        for p in found:
            ahead = [day for day in days_of(p.first, p.last) if day >= since]
            if len(ahead) >= len(days_of(p.first, p.last)) - len(ahead):
                brute.append(p)
        assert asked_of(found, since) == brute

    @pytest.mark.parametrize(("joined", "asked"), [(3, 1), (4, 0)])
    def test_of_a_week_need_four_days_ahead(self, joined, asked):
        week = periods("周", date(2026, 9, 1), date(2026, 9, 7))
        assert len(asked_of(week, date(2026, 9, 1) + joined * DAY)) == asked

    @given(PER, TERMS)
    def test_are_all_of_somebody_without_a_date_or_there_from_the_start(self, per, term):
        found = periods(per, *term)
        assert asked_of(found, None) == asked_of(found, term[0]) == found
        assert asked_of(found, term[1] + DAY) == []
