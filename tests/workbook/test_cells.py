"""Cells to plain values and back: every kind goes round, every bad cell is a problem and never an exception (spec §3)."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.schema import ABSENCES, Column, Kind
from xlbangfu.workbook.cells import CellProblem, empty_value, encode, is_blank, read_date, read_id, same, take

CHOICES = ("是", "否", "待定")
COLUMNS = {kind: Column("列", "c", kind, choices=CHOICES) for kind in Kind}
BOUNDED = Column("程度", "severity", Kind.INTEGER, low=1, high=5)
ids = st.text("0123456789", min_size=1, max_size=19)
odd_text = st.text(max_size=12)
raw_cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.decimals(),
    odd_text,
    st.sampled_from(
        [
            "",
            " ",
            "\u3000",
            "#REF!",
            "#N/A",
            "=1+1",
            "１２",
            "1e5",
            "nan",
            "inf",
            "20%",
            "1/5",
            "2026-09-01",
            "٣",
            "\x00",
            "\ud800",
        ]
    ),
)
exact_numbers = st.integers(-(10**9), 10**9).map(lambda n: Fraction(n, 1000))
plain_values = {
    Kind.TEXT: st.text("测试甲abc 123-/、", min_size=1, max_size=9).map(str.strip).filter(bool),
    Kind.ID: ids,
    Kind.IDS: st.lists(ids, max_size=4, unique=True).map(tuple),
    Kind.INTEGER: st.integers(-(10**9), 10**9),
    Kind.NUMBER: exact_numbers,
    Kind.SHARE: st.integers(0, 1000).map(lambda n: Fraction(n, 1000)),
    Kind.DATE: st.dates(date(1955, 1, 1), date(2118, 1, 1)),
    Kind.DATETIME: st.datetimes(datetime(1955, 1, 1), datetime(2118, 1, 1)).map(lambda d: d.replace(microsecond=0)),
    Kind.CHOICE: st.sampled_from(CHOICES),
    Kind.CHOICES: st.sets(st.sampled_from(CHOICES)).map(lambda found: tuple(c for c in CHOICES if c in found)),
    Kind.SCORE: st.one_of(exact_numbers, st.sampled_from(["优", "待合格", *ABSENCES])),
    Kind.LINK: st.sampled_from(["名册!B5", "成绩"]),
}


class TestGoingRound:
    """design: both doors read and write through here."""

    def test_every_kind_is_tested(self):
        assert set(plain_values) == set(Kind)

    @given(st.data(), st.sampled_from(list(Kind)))
    def test_what_is_written_is_read_again(self, data, kind):
        value = data.draw(plain_values[kind])
        assert take(COLUMNS[kind], encode(value)) == (value, None)
        assert same(value, take(COLUMNS[kind], encode(value))[0])

    @pytest.mark.parametrize("kind", list(Kind))
    @pytest.mark.parametrize("cell", [None, "", "  ", "\u3000", "\n\t"])
    def test_a_blank_cell_is_a_blank_of_its_kind(self, kind, cell):
        assert take(COLUMNS[kind], cell) == (empty_value(kind), None) and is_blank(cell)
        assert encode(empty_value(kind)) is None

    @given(st.sampled_from(list(Kind)), raw_cells)
    def test_any_cell_is_a_value_or_a_problem_with_a_sentence(self, kind, cell):
        value, problem = take(COLUMNS[kind], cell)
        if problem is not None:
            assert (
                isinstance(problem, CellProblem)
                and problem.message
                and problem.mend
                and problem.rule.startswith("cell.")
            )
        elif value is not None and value != ():
            again, trouble = take(COLUMNS[kind], encode(value))
            assert trouble is None and same(again, value)
        assert isinstance(same(value, cell), bool)


class TestPupilNumbers:
    """§3.1: 学号 as number, text, with leading zeros; a number cell of 18 digits has lost some: refused, never guessed."""

    @pytest.mark.parametrize(
        ("cell", "number"),
        [
            ("0260001", "0260001"),
            (" 0260001 ", "0260001"),
            ("０２６０００１", "0260001"),
            ("'0260001", "0260001"),
            ("026 0001", "0260001"),
            (2026030101, "2026030101"),
            (20240101.0, "20240101"),
            ("20240101.0", "20240101"),
            (123456789012345, "123456789012345"),
            ("310104201512123456", "310104201512123456"),
            ("31010420151212345X", "31010420151212345X"),
            ("G2024-7", "G2024-7"),
        ],
    )
    def test_as_text_without_losing_anything(self, cell, number):
        assert read_id(cell) == (number, None)

    @pytest.mark.parametrize(
        "cell", [310104201512123456, 310104201512123456.0, 10**15, 1e15, -(10**15), math.inf, 10**400]
    )
    def test_a_number_of_more_than_fifteen_digits_is_refused(self, cell):
        for kind in (Kind.ID, Kind.IDS):
            value, problem = take(COLUMNS[kind], cell)
            assert not value and problem.rule == "cell.id_digits"

    @given(st.integers(0, 10**15 - 1))
    def test_shorter_numbers_keep_every_digit(self, number):
        assert read_id(number) == read_id(float(number)) == (str(number), None)

    def test_several_numbers_in_one_cell_each_once(self):
        assert take(COLUMNS[Kind.IDS], "01、02，03;01 04") == (("01", "02", "03", "04"), None)
        assert take(COLUMNS[Kind.IDS], 2026030101) == (("2026030101",), None)


class TestDates:
    """§3: dates as typed."""

    @pytest.mark.parametrize(
        "cell",
        [
            date(2026, 9, 1), datetime(2026, 9, 1), datetime(2026, 9, 1, 8, 30), 46266, 46266.0, 46266.75,
            "2026-09-01", "2026/9/1", "2026.9.1", "2026年9月1日", "２０２６－９－１", " 2026-09-01 ", "2026-09-01 08:30", "2026年 9月 1日",
        ],
    )  # fmt: skip
    def test_the_first_of_september_however_it_is_written(self, cell):
        assert take(COLUMNS[Kind.DATE], cell) == (date(2026, 9, 1), None)

    @pytest.mark.parametrize(
        "cell",
        [
            "2026-13-01",
            "2026-02-30",
            "9月1日",
            "开学",
            20260901,
            5,
            -1,
            0,
            True,
            math.nan,
            math.inf,
            -math.inf,
            1e300,
            time(8),
            timedelta(1),
            Decimal("NaN"),
        ],
    )
    def test_what_is_no_date_is_a_problem(self, cell):
        assert read_date(cell) is None
        for kind in (Kind.DATE, Kind.DATETIME):
            value, problem = take(COLUMNS[kind], cell)
            assert value is None and problem.rule == "cell.date"

    def test_a_moment_keeps_its_time(self):
        moment = datetime(2026, 9, 1, 8, 30)
        for cell in (moment, "2026-09-01 08:30", "2026/9/1 8:30:00", 46266 + 8.5 / 24):
            assert take(COLUMNS[Kind.DATETIME], cell) == (moment, None)
        assert take(COLUMNS[Kind.DATETIME], "2026-09-01 25:99")[0] == datetime(2026, 9, 1)


class TestNumbers:
    """§4.2: exactly as the decimal text says."""

    def test_a_share_however_it_is_written(self):
        for cell in (0.2, "0.2", "20%", "２０％", "1/5"):
            assert take(COLUMNS[Kind.SHARE], cell) == (Fraction(1, 5), None)

    @pytest.mark.parametrize(
        ("cell", "rule"),
        [
            (0, "cell.range"),
            (6, "cell.range"),
            ("很重", "cell.number"),
            (2.5, "cell.integer"),
            (True, "cell.number"),
            (math.nan, "cell.number"),
        ],
    )
    def test_what_does_not_fit_is_named(self, cell, rule):
        value, problem = take(BOUNDED, cell)
        assert value is None and problem.rule == rule and "程度" in problem.message

    @pytest.mark.parametrize("cell", [1, 5, "3", 4.0, "５"])
    def test_what_fits_is_taken(self, cell):
        value, problem = take(BOUNDED, cell)
        assert problem is None and type(value) is int

    def test_a_score_is_a_number_or_its_words(self):
        assert take(COLUMNS[Kind.SCORE], "５８.5") == (Fraction(117, 2), None)
        assert take(COLUMNS[Kind.SCORE], "优 ") == ("优", None)


class TestChoices:
    """§3: dropdowns."""

    @pytest.mark.parametrize("cell", ["是", " 是 ", "是\u3000"])
    def test_blanks_do_not_matter(self, cell):
        assert take(COLUMNS[Kind.CHOICE], cell) == ("是", None)

    @pytest.mark.parametrize("cell", ["对", 1, True, "是否", math.nan, 0])
    def test_other_words_are_a_problem_that_lists_the_right_ones(self, cell):
        value, problem = take(COLUMNS[Kind.CHOICE], cell)
        assert value is None and problem.rule == "cell.choice" and "是、否、待定" in problem.mend

    def test_several_in_the_order_of_the_list_and_unknown_ones_named(self):
        assert take(COLUMNS[Kind.CHOICES], "待定，是、是") == (("是", "待定"), None)
        value, problem = take(COLUMNS[Kind.CHOICES], "是、也许")
        assert value == ("是",) and "也许" in problem.message


class TestEncoding:
    """What a cell takes."""

    @pytest.mark.parametrize(
        ("value", "cell"),
        [
            (Fraction(3), 3),
            (Fraction(1, 2), 0.5),
            ((), None),
            (("留守", "单亲"), "留守、单亲"),
            ("", None),
            ("00", "00"),
            (0, 0),
            (None, None),
            (date(2026, 9, 1), date(2026, 9, 1)),
        ],
    )
    def test_values(self, value, cell):
        assert encode(value) == cell and type(encode(value)) is type(cell)

    @pytest.mark.parametrize(
        ("one", "other", "alike"),
        [
            (1, 1.0, True),
            (Fraction(1, 2), 0.5, True),
            (Fraction(1, 3), 1 / 3, True),
            (None, "", True),
            (None, (), True),
            (None, 0, False),
            (0, "", False),
            ("1", 1, False),
            (("a", "b"), "a、b", True),
            (date(2026, 9, 1), datetime(2026, 9, 1), False),
            pytest.param(10**400, 10**400, True, id="huge"),
            pytest.param(10**400, 1, False, id="huge and one"),
            pytest.param(math.inf, 10**400, False, id="infinite and huge"),
        ],
    )
    def test_alike_in_a_cell(self, one, other, alike):
        assert same(one, other) is alike is same(other, one)
