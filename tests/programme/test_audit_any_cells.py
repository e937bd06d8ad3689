"""Whatever stands in the cells, the audit says something and breaks on nothing. Source: spec §5, §3."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit_class import AFTER_TERM, EVERYBODY, World, kept
from builders import SETTINGS
from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.audit import CHECK_FUNCTIONS
from xlbangfu.programme.checks import CHECKS, Parameter
from xlbangfu.schema import Column, Kind, Sheet
from xlbangfu.table import Row

PUPILS = EVERYBODY[:4]
DAYS = st.dates(date(2026, 8, 1), date(2027, 2, 28))
TEXTS = st.sampled_from(["写了", "语文", "数学", "体育", "综合", "1", "M01", "=1+1"])
EVENTS = (
    schema.OBSERVATIONS, schema.PROFILES, schema.PLANS, schema.PAIRS, schema.GROUPS, schema.CONTEST, schema.SESSIONS,
    schema.ACTIVITY, schema.PROCESS, schema.WRITTEN,
)  # fmt: skip
OF_KIND = {
    Kind.DATE: DAYS,
    Kind.INTEGER: st.integers(0, 5),
    Kind.NUMBER: st.fractions(0, 5, max_denominator=4),
    Kind.SHARE: st.fractions(0, 1, max_denominator=4),
    Kind.SCORE: st.sampled_from([Fraction(60), "良", "缺考"]),
    Kind.IDS: st.just(()),
}


def cells(column: Column) -> st.SearchStrategy[Any]:
    """What the parser gives for a cell of the column: a value of its kind, or a blank."""
    if column.code in ("pupil_id", "tutee_id"):  # rows that name nobody do not reach a rule (spec §3)
        return st.sampled_from(PUPILS)
    if column.kind is Kind.CHOICES:
        return st.lists(st.sampled_from(column.choices), unique=True, max_size=2).map(tuple)
    if column.choices:
        return st.none() | st.sampled_from(column.choices)
    return st.none() | OF_KIND.get(column.kind, TEXTS)


def rows(sheet: Sheet, most: int = 4) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.fixed_dictionaries({c.code: cells(c) for c in sheet.columns}).map(Row), max_size=most)


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    if parameter.kind == "count":
        return st.integers(1, 6)
    if parameter.kind == "flag":
        return st.booleans()
    one = st.sampled_from(parameter.choices)
    return one if parameter.kind == "choice" else st.lists(one, min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def clauses(draw: st.DrawFn) -> tuple[rules.Clause, ...]:
    """One clause of every check, with parameters that lint lets through."""
    found = []
    for check in CHECKS.values():
        asked = [p for p in check.parameters if p.required or draw(st.booleans())]
        parameters = {p.name: draw(values(p)) for p in asked}
        found.append(rules.Clause(check.name, "一", rules.COMPUTED, "要求", check.name, parameters))
    return tuple(found)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A class with anything in its sheets, dates and roles of 设置 included."""
    w = World(today=draw(DAYS), tables={sheet.label: draw(rows(sheet)) for sheet in EVENTS})
    w.caseload = [r.changed(case_type=r["case_type"] or "学困") for r in draw(rows(schema.CASELOAD, 6))]
    dates = [c for c in SETTINGS if c.endswith(("_date", "_start", "_end"))]
    w.settings = {c: draw(st.none() | DAYS) for c in dates}
    w.settings |= {c: draw(st.none() | st.just(SETTINGS[c])) for c in ("baseline_exam", "midterm_exam", "final_exam")}
    w.roster = {
        p: {"status": draw(st.none() | st.sampled_from(schema.STATUSES)), "status_date": draw(st.none() | DAYS)}
        for p in draw(st.sets(st.sampled_from(EVERYBODY)))
    }
    marks = st.none() | st.sampled_from([50, 70, 90, "缺考", "良", "?"])
    w.cells = {
        exam: {s: {p: draw(marks) for p in PUPILS} for s in ("语文", "数学")} for exam in ("入学", "期中", "期末")
    }
    w.frozen = draw(st.booleans())
    return w


def check_finding(check: str, found: Any) -> None:
    assert found.result in schema.AUDIT_RESULTS, check
    assert found.figures.strip(), check
    assert all(isinstance(item, str) and item for item in found.missing), check
    assert "None" not in "".join((found.figures, *found.missing)), check
    assert bool(found.missing) == (found.result in ("部分", "未落实")) or check == "no_sanction_recorded", check
    if found.place is not None:
        sheet, code, _ = found.place
        assert sheet.has(code), check


class TestAnything:
    @settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
    @given(worlds(), clauses())
    def test_in_the_cells_gives_a_finding_for_every_check(self, world, asked):
        evidence = world.evidence()
        for clause in asked:
            check_finding(clause.check, CHECK_FUNCTIONS[clause.check](evidence, clause.parameters))

    @settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
    @given(clauses(), st.sampled_from(["roster", "settings", "cells", "tables", "caseload", "teaching"]))
    def test_taken_away_whole_gives_a_finding_for_every_check(self, asked, what):
        world = kept()
        if what == "settings":
            world.settings = dict.fromkeys(c.code for c in schema.SETTING_ROWS)
        else:
            setattr(world, what, type(getattr(world, what))())
        for clause in asked:
            check_finding(clause.check, CHECK_FUNCTIONS[clause.check](world.evidence(), clause.parameters))

    @settings(deadline=None, max_examples=30)
    @given(DAYS, st.integers(-400, 400), clauses())
    def test_as_a_term_is_counted_or_said_to_be_none(self, start, days, asked):
        """A term that ends before it starts, or of more than a year, has no periods to be held against."""
        world = kept()
        world.settings = {"term_start": start, "term_end": start + timedelta(days)}
        for clause in asked:
            found = CHECK_FUNCTIONS[clause.check](world.evidence(), clause.parameters)
            check_finding(clause.check, found)
            if "per" in clause.parameters:
                assert ("对不上" in found.figures) == (not 0 <= days <= 366)


A_MONTH = {"times": 1, "per": "月"}


def test_an_audit_before_the_term_and_long_after_it_judges_the_same_class():
    """The clock is an argument: nothing else decides on what is over."""
    world, clause = (
        kept(),
        rules.Clause("T", "一", rules.COMPUTED, "x", "activities_held", {"categories": ("家长会",), **A_MONTH}),
    )
    results = {}
    for today in (date(2026, 8, 1), AFTER_TERM, date(2030, 1, 1)):
        world.today = today
        results[today.year, today.month] = CHECK_FUNCTIONS[clause.check](world.evidence(), clause.parameters).result
    assert list(results.values()) == ["不适用", "落实", "落实"]
