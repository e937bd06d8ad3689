"""Exact numbers from cells: decimal text, never the binary number beside it (spec §4.1, §4.2)."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.programme.numbers import clean_text, exact, exact_share, percent, plain

decimals = st.decimals(min_value=-(10**6), max_value=10**6, places=4, allow_nan=False, allow_infinity=False)


class TestExactNumbers:
    """§4.2: p, targets and d come from the cell as decimal text."""

    @pytest.mark.parametrize(
        ("cell", "number"),
        [
            (0.2, Fraction(1, 5)),
            (0.1 + 0.2, Fraction("0.30000000000000004")),
            (58, Fraction(58)),
            (58.5, Fraction(117, 2)),
            (1e-07, Fraction(1, 10**7)),
            (-0.0, Fraction(0)),
            ("８５．５", Fraction(171, 2)),
            (" 85 ", Fraction(85)),
            ("\u300085\u3000", Fraction(85)),
            ("85.", Fraction(85)),
            (".5", Fraction(1, 2)),
            ("+3", Fraction(3)),
            ("-1.76", Fraction(-176, 100)),
            ("007", Fraction(7)),
            (Decimal("0.07"), Fraction(7, 100)),
            (Fraction(1, 3), Fraction(1, 3)),
        ],
    )
    def test_a_number_is_what_its_text_says(self, cell, number):
        assert exact(cell) == number

    @pytest.mark.parametrize(
        "cell",
        [
            None, "", " ", "缺考", "85分", "1e5", "1,000", "1/2", "12a", "--3", "0x1F", "1_000", "nan", "inf", "٣.٣.٣",
            True, False, math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("Infinity"),
            date(2026, 9, 1), datetime(2026, 9, 1, 8), [], (), object(),
        ],
    )  # fmt: skip
    def test_what_is_no_number_gives_none(self, cell):
        assert exact(cell) is None

    @pytest.mark.parametrize("cell", ["9" * 100, 10**400, 1e300, -1e300, Decimal(10) ** 50, "0." + "0" * 60 + "1"])
    def test_a_number_beyond_every_bound_is_none_so_that_no_sum_can_overflow(self, cell):
        assert exact(cell) is None

    @given(decimals)
    def test_a_decimal_is_read_exactly_as_text_and_as_float(self, number):
        assert exact(str(number)) == exact(number) == exact(float(number)) == Fraction(number)

    @given(st.floats(min_value=1e-30, max_value=1e30))
    def test_a_float_is_its_shortest_decimal_text(self, x):
        assert exact(x) == Fraction(repr(x))

    @given(
        st.one_of(st.text(max_size=50), st.floats(), st.integers(), st.booleans(), st.dates(), st.binary(max_size=9))
    )
    def test_any_cell_is_a_fraction_or_none_and_never_an_exception(self, cell):
        for read in (exact, exact_share):
            assert read(cell) is None or isinstance(read(cell), Fraction)


class TestExactShares:
    """§4.2: 「20%」, 0.2 and 1/5 are one share."""

    @pytest.mark.parametrize(
        "cell", ["20%", "２０％", "20 %", " 20% ", 0.2, "0.2", "0.20", "1/5", "2 / 10", Fraction(1, 5)]
    )
    def test_one_fifth_however_it_is_written(self, cell):
        assert exact_share(cell) == Fraction(1, 5)

    @pytest.mark.parametrize("cell", ["%", "1/0", "a/b", "20%%", "", None, "百分之二十", True, "1/2/3"])
    def test_what_is_no_share_gives_none(self, cell):
        assert exact_share(cell) is None

    @given(st.integers(0, 10_000))
    def test_a_percentage_is_its_hundredth_exactly(self, hundredths):
        text = f"{Decimal(hundredths) / 100}%"
        assert exact_share(text) == Fraction(hundredths, 10_000)


class TestShownNumbers:
    """§4.3: figures in 依据 are read by people."""

    @pytest.mark.parametrize(
        ("value", "digits", "text"),
        [
            (Fraction(174, 10), 2, "17.4"),
            (Fraction(61), 2, "61"),
            (Fraction(1, 8), 2, "0.13"),
            (Fraction(-1, 8), 2, "-0.13"),
            (Fraction(-1, 1000), 2, "0"),
            (0.125, 2, "0.13"),
            (2.675, 2, "2.68"),
            (Fraction(999, 1000), 2, "1"),
            (Fraction(5, 2), 0, "3"),
            (100, 2, "100"),
            (math.inf, 2, "inf"),
        ],
    )
    def test_rounded_half_up_without_trailing_zeros(self, value, digits, text):
        assert plain(value, digits) == text

    @pytest.mark.parametrize(
        ("value", "text"), [(Fraction(1, 5), "20%"), (0.2, "20%"), (Fraction(1, 3), "33.3%"), (1, "100%")]
    )
    def test_shares_as_percentages(self, value, text):
        assert percent(value) == text

    @given(st.fractions(min_value=-1000, max_value=1000), st.integers(0, 6))
    def test_what_is_shown_is_within_half_a_unit_of_the_last_place(self, value, digits):
        shown = Fraction(plain(value, digits))
        assert abs(shown - value) * 2 <= Fraction(1, 10**digits)


class TestCleanText:
    """§3.1: full-width digits and spaces are folded."""

    def test_full_width_forms_are_folded_and_outer_blanks_go(self):
        assert clean_text("　Ａ１　２ ") == "A1 2"
        assert clean_text(None) == ""
        assert clean_text(12) == "12"
