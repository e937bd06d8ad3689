"""The periods of a term that a 定期 is counted over: weeks, fortnights, months, halves, the term. Pure.

Source: spec §5 (sessions per pupil per period).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEK, FORTNIGHT, MONTH, HALF, TERM = "周", "两周", "月", "半学期", "学期"
_DAYS = {WEEK: 7, FORTNIGHT: 14}


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    def has(self, day: date | None) -> bool:
        """True if the day lies in it."""
        return day is not None and self.first <= day <= self.last


def periods(per: str, start: date, end: date, middle: date | None = None) -> list[Period]:
    """The term from `start` to `end` cut into periods, oldest first; at least one.

    per: one of rules.PERIODS. middle: last day of the first half, the middle of the term if None or outside it.
    Months run from the day of the start. A last piece shorter than half a period joins the one before it.
    Raises ValueError for an end before the start.

    >>> [str(p.first) for p in periods("月", date(2026, 9, 1), date(2026, 11, 10))]
    ['2026-09-01', '2026-10-01']
    """
    if end < start:
        raise ValueError("the term ends before it starts")
    if per == TERM:
        return [Period(start, end)]
    if per == HALF:
        if middle is None or not start <= middle < end:
            middle = start + (end - start) // 2
        return [Period(start, middle), *([Period(middle + timedelta(1), end)] if middle < end else [])]
    firsts = [start]
    while (following := _next(per, start, len(firsts))) <= end:
        firsts.append(following)
    usual = (following - firsts[-1]).days
    if len(firsts) > 1 and 2 * ((end - firsts[-1]).days + 1) < usual:
        firsts.pop()
    lasts = [first - timedelta(1) for first in firsts[1:]] + [end]
    return [Period(first, last) for first, last in zip(firsts, lasts, strict=True)]


def _next(per: str, start: date, number: int) -> date:
    """First day of the period of that number, the first being 0."""
    if per != MONTH:
        return start + timedelta(_DAYS[per] * number)
    years, month = divmod(start.month - 1 + number, 12)
    for day in range(start.day, 27, -1):  # 31 January, then the last of February
        try:
            return date(start.year + years, month + 1, day)
        except ValueError:
            continue
    return date(start.year + years, month + 1, min(start.day, 28))


def due(found: Sequence[Period], today: date, closes: date | None = None) -> list[Period]:
    """Those that can be judged on that day: over, or begun once the term's work has closed.

    closes: the day of the final exam. What began after it is asked of nobody; from that day on what is still
    running counts as over.
    """
    asked = [p for p in found if closes is None or p.first <= closes]
    closed = closes is not None and today >= closes
    return [p for p in asked if closed or p.last < today]


def asked_of(found: Sequence[Period], since: date | None) -> list[Period]:
    """Those that somebody who joined on that day has to show: at least half of the period lay ahead of them."""
    if since is None:
        return list(found)
    return [p for p in found if 2 * ((p.last - max(since, p.first)).days + 1) >= p.days]
