"""What chance alone would do: intervals, regression to the mean, luck (spec §4.4)."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, multivariate_normal, norm

from xlbangfu.programme.chances import (
    EXACT_TAIL_ROWS,
    beyond_regression,
    clip_correlation,
    luck,
    natural_chance,
    reliable_change,
    successes_needed,
    upper_tail,
    wilson_interval,
)

probabilities = st.floats(0, 1)
z_scores = st.floats(-5, 5)
correlations = st.floats(-1, 1)


def tail_by_enumeration(chances, needed):
    """P(X ≥ needed) by adding up every possible outcome."""
    total = 0.0
    for outcome in product((False, True), repeat=len(chances)):
        if sum(outcome) >= needed:
            total += math.prod(p if won else 1 - p for p, won in zip(chances, outcome, strict=True))
    return total


def wilson_by_roots(successes, n):
    """The interval as the roots of (p̂ − p)² = z²·p(1 − p)/n, solved as a quadratic."""
    z2, p = 1.959964**2, successes / n
    a, b, c = 1 + z2 / n, -(2 * p + z2 / n), p * p
    root = math.sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


class TestTheTwoCheckFigures:
    """§4.4, "why": the figures every implementation must reach."""

    def test_mean_chance_over_the_bottom_group_of_a_hundred_thousand_pairs_is_0_355(self):
        chance, rho = random.Random(20260901), 0.8
        pairs = []
        for _ in range(100_000):
            z0 = chance.gauss(0, 1)
            pairs.append((z0, rho * z0 + math.sqrt(1 - rho * rho) * chance.gauss(0, 1)))
        cut_0, cut_t = (sorted(side)[20_000 - 1] for side in zip(*pairs, strict=True))
        bottom = [z0 for z0, _ in pairs if z0 <= cut_0]
        mean = math.fsum(natural_chance(cut_t, z0, rho) for z0 in bottom) / len(bottom)
        assert mean == pytest.approx(0.355, abs=0.005)
        left = sum(zt > cut_t for z0, zt in pairs if z0 <= cut_0) / len(bottom)
        assert left == pytest.approx(mean, abs=0.01)  # the formula foretells what the simulation does

    def test_the_closed_form_says_the_same(self):
        a = norm.ppf(0.2)
        both = multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]]).cdf([a, a])
        assert 1 - both / 0.2 == pytest.approx(0.355, abs=0.001)

    def test_eight_such_pupils_reach_four_of_eight_by_luck_with_0_304(self):
        assert luck([0.3548] * 8, 4) == pytest.approx(0.304, abs=0.001)


class TestNaturalChance:
    """§4.4: P = 1 − Φ((b − r·z_0)/√(1 − r²))."""

    @given(z_scores, z_scores, correlations)
    def test_by_the_formula(self, b, z0, r):
        clipped = min(max(r, 0), 0.99)
        wanted = norm.sf((b - clipped * z0) / math.sqrt(1 - clipped**2))
        assert natural_chance(b, z0, r) == pytest.approx(wanted, abs=1e-12)

    @given(z_scores, correlations)
    def test_without_a_baseline_it_is_the_bare_tail(self, b, r):
        assert natural_chance(b, None, r) == pytest.approx(norm.sf(b), abs=1e-12)

    @pytest.mark.parametrize("z0", [None, -2.0, 0.0])
    def test_an_infinite_threshold_is_never_or_always_passed(self, z0):
        assert natural_chance(math.inf, z0, 0.8) == 0.0 and natural_chance(-math.inf, z0, 0.8) == 1.0

    @pytest.mark.parametrize(
        ("r", "clipped"), [(-0.5, 0.0), (0.0, 0.0), (0.7, 0.7), (0.99, 0.99), (1.0, 0.99), (1.5, 0.99)]
    )
    def test_r_is_clipped(self, r, clipped):
        assert clip_correlation(r) == clipped
        assert natural_chance(-0.8, -1.3, r) == natural_chance(-0.8, -1.3, clipped)

    @given(st.floats(-40, 40))
    def test_the_tail_is_a_probability(self, x):
        assert 0 <= upper_tail(x) <= 1 and upper_tail(x) == pytest.approx(norm.sf(x), rel=1e-9, abs=1e-300)


class TestWilsonInterval:
    """§4.4: 95 %, z = 1.959964."""

    @given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_by_the_roots_of_the_quadratic(self, pair):
        successes, n = pair
        low, high = wilson_interval(successes, n)
        by_roots = wilson_by_roots(successes, n)
        assert (low, high) == pytest.approx(
            (0.0 if successes == 0 else by_roots[0], 1.0 if successes == n else by_roots[1]), abs=1e-9
        )
        assert 0 <= low <= successes / n <= high <= 1

    def test_four_of_ten_by_hand(self):
        low, high = wilson_interval(4, 10)
        assert (round(low, 4), round(high, 4)) == (0.1682, 0.6873)

    def test_no_base_has_no_interval(self):
        assert wilson_interval(0, 0) is None

    @pytest.mark.parametrize("n", [1, 2, 5, 40, 1000])
    def test_none_converted_starts_at_exactly_nought_and_all_ends_at_exactly_one(self, n):
        assert wilson_interval(0, n)[0] == 0.0 and wilson_interval(n, n)[1] == 1.0
        assert 0 < wilson_interval(0, n)[1] < 1 and 0 < wilson_interval(n, n)[0] < 1


class TestTarget:
    """§4.4: P(X ≥ ⌈target·base⌉), the product exact."""

    @given(st.fractions(min_value=Fraction(1, 100), max_value=1, max_denominator=100), st.integers(0, 500))
    def test_the_number_needed_is_the_smallest_that_meets_the_target(self, target, base):
        needed = successes_needed(target, base)
        assert needed >= target * base > needed - 1

    def test_floats_would_ask_for_one_too_many(self):
        wrong = [
            (percent, base)
            for percent in range(1, 100)
            for base in range(1, 101)
            if math.ceil(percent / 100 * base) != successes_needed(Fraction(percent, 100), base)
        ]
        assert (55, 100) in wrong and (7, 100) in wrong, "no trap, no proof"
        assert all(successes_needed(Fraction(p, 100), n) == -(-p * n // 100) for p, n in wrong)


class TestLuck:
    """§4.4: Poisson–binomial by convolution."""

    @given(st.lists(probabilities, max_size=10), st.integers(-1, 11))
    def test_against_every_outcome(self, chances, needed):
        assert luck(chances, needed) == pytest.approx(tail_by_enumeration(chances, needed), abs=1e-12)

    @given(st.lists(probabilities, max_size=60), st.integers(0, 60), st.randoms(use_true_random=False))
    def test_row_order_does_not_matter_to_the_last_bit(self, chances, needed, order):
        assert luck(chances, needed) == luck(order.sample(chances, len(chances)), needed)

    @given(st.lists(probabilities, max_size=40), st.integers(0, 41))
    def test_it_is_a_probability_that_falls_as_more_is_asked(self, chances, needed):
        assert 0 <= luck(chances, needed + 1) <= luck(chances, needed) + 1e-12 <= 1 + 1e-12

    @pytest.mark.parametrize(("n", "p", "k"), [(1, 0.3, 1), (20, 0.35, 8), (300, 0.2, 70), (1000, 0.5, 520)])
    def test_equal_chances_are_binomial(self, n, p, k):
        assert luck([p] * n, k) == pytest.approx(binom.sf(k - 1, n, p), abs=1e-10)

    def test_the_ends(self):
        assert luck([], 0) == 1.0 and luck([], 1) == 0.0
        assert luck([0.0, 1.0], 1) == 1.0 and luck([0.0, 1.0], 2) == 0.0
        assert luck([0.5], 2) == 0.0 and luck([0.5], 0) == 1.0

    def test_a_school_is_within_the_normal_approximation_of_the_exact_tail(self):
        """§4.4: above 5,000 rows, with half-step; 5,000 themselves are still exact."""
        n = EXACT_TAIL_ROWS + 1
        assert EXACT_TAIL_ROWS == 5_000
        assert luck([0.35] * n, 1_800) == pytest.approx(
            norm.sf((1_799.5 - 0.35 * n) / math.sqrt(n * 0.35 * 0.65)), abs=1e-12
        )
        assert luck([0.35] * n, 1_800) == pytest.approx(binom.sf(1_799, n, 0.35), abs=2e-3)

    def test_a_school_where_nothing_is_left_to_chance(self):
        certain = [1.0] * 3_000 + [0.0] * 3_000
        assert luck(certain, 3_000) == 1.0 and luck(certain, 3_001) == 0.0


class TestReliableChange:
    """§4.4: RCI = (z_t − z_0)/√(2(1 − r)), and the same corrected for regression to the mean."""

    @given(z_scores, z_scores, correlations)
    def test_by_the_formulas(self, before, after, r):
        clipped = min(max(r, 0), 0.99)
        assert reliable_change(before, after, r) == pytest.approx((after - before) / math.sqrt(2 * (1 - clipped)))
        assert beyond_regression(before, after, r) == pytest.approx(
            (after - clipped * before) / math.sqrt(1 - clipped**2)
        )

    def test_by_hand(self):
        assert reliable_change(-1.5, -0.5, 0.8) == pytest.approx(1.5811, abs=1e-4)
        assert beyond_regression(-1.5, -0.5, 0.8) == pytest.approx(1.1667, abs=1e-4)
