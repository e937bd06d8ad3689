"""The reference group: means, cut scores, levels (spec §4.1, §4.2)."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, pearsonr

from builders import LADDER, level_reference, marks, reference
from xlbangfu.programme.norms import (
    Reference,
    correlation,
    normal_quantile,
    paired_values,
    place_of_share,
    read_distribution,
    result_text,
)
from xlbangfu.schema import LEVELS, MARKS

half_points = st.integers(0, 200).map(lambda x: Fraction(x, 2))
some_marks = st.lists(half_points, min_size=1, max_size=60)
few_marks = st.lists(st.integers(0, 6).map(Fraction), min_size=1, max_size=40)
shares = st.fractions(min_value=Fraction(1, 100), max_value=Fraction(99, 100), max_denominator=100)
level_counts = st.dictionaries(st.sampled_from(LADDER), st.integers(1, 30), min_size=1)
fine_marks = st.lists(
    st.decimals(min_value=-100, max_value=100, places=6, allow_nan=False).map(lambda d: Fraction(str(d))),
    min_size=1,
    max_size=20,
)


def cut_by_brute_force(scores, share):
    """§4.2 sentence by sentence: sort, take the ⌈p·n⌉-th; if it is the highest, the largest below it."""
    ranked = sorted(scores)
    place = math.ceil(share * len(ranked))  # exact: Fraction * int
    found = ranked[place - 1]
    if found == ranked[-1]:
        return max((x for x in ranked if x < ranked[-1]), default=None)
    return found


class TestExactMeans:
    """§4.1: sums run over exact fractions, so x < μ and x ≥ μ are exact."""

    def test_a_tenth_and_two_tenths_make_three_tenths(self):
        """Floats say 0.1 + 0.2 + 0.3 = 0.6000000000000001, whose third is above 0.2."""
        assert sum((0.1, 0.2, 0.3)) / 3 > 0.2
        assert not reference(0.1, 0.2, 0.3).below_mean(Fraction(1, 5))

    def test_the_pupil_at_the_mean_is_not_below_it(self):
        found = reference(*[0.1] * 10)
        assert found.mean == Fraction(1, 10) and not found.below_mean(Fraction(1, 10))
        assert sum([0.1] * 10) / 10 < 0.1

    @given(fine_marks)
    def test_below_the_mean_is_the_naive_comparison_of_fractions(self, scores):
        found = Reference.of(scores)
        mean = sum(scores, Fraction(0)) / len(scores)
        assert found.mean == mean
        assert [found.below_mean(x) for x in scores] == [x < mean for x in scores]

    @given(some_marks)
    def test_sd_is_the_population_sd(self, scores):
        found = Reference.of(scores)
        assert found.sd == pytest.approx(pstdev(scores), rel=1e-12, abs=1e-12)

    @given(st.one_of(fine_marks, few_marks))
    def test_sd_is_zero_exactly_when_all_scores_are_equal(self, scores):
        assert (Reference.of(scores).sd == 0) is (len(set(scores)) == 1)

    def test_sd_is_not_zero_for_scores_that_floats_cannot_tell_apart(self):
        big = Fraction(10**20)
        assert Reference.of([big, big + Fraction(1, 10**10)]).sd > 0

    @given(some_marks)
    def test_z_is_zero_where_nothing_varies_and_standard_otherwise(self, scores):
        found = Reference.of(scores)
        for x in set(scores):
            wanted = 0.0 if found.sd == 0 else float(x - found.mean) / found.sd
            assert found.z(x) == pytest.approx(wanted)

    @given(st.one_of(fine_marks, few_marks), st.randoms(use_true_random=False))
    def test_row_order_cannot_matter(self, scores, chance):
        shuffled = chance.sample(scores, len(scores))
        one, two = Reference.of(scores), Reference.of(shuffled)
        assert one == two and (one.mean, one.sd) == (two.mean, two.sd)

    @given(few_marks)
    def test_percentile_is_the_share_below_plus_half_of_those_equal(self, scores):
        """§3, 常模."""
        found = Reference.of(scores)
        for x in (*scores, Fraction(-1), Fraction(7), Fraction(5, 2)):
            below, equal = sum(s < x for s in scores), sum(s == x for s in scores)
            assert found.percentile(x) == (below + Fraction(equal, 2)) / len(scores)

    def test_one_pupil_is_a_reference_of_its_own(self):
        """style: a class of one pupil is not a special case."""
        found = reference(58)
        assert (found.n, found.mean, found.sd, found.z(Fraction(58))) == (1, 58, 0.0, 0.0)
        assert found.cut(Fraction(1, 5)) is None and not found.below_mean(Fraction(58))

    def test_nobody_is_no_reference(self):
        assert Reference.of([]) is None


class TestCutScore:
    """§4.2."""

    @given(few_marks, shares)
    def test_cut_by_brute_force_for_any_share_and_any_ties(self, scores, share):
        assert Reference.of(scores).cut(share) == cut_by_brute_force(scores, share)

    @given(few_marks, shares)
    def test_equal_scores_are_treated_equally_and_inclusively(self, scores, share):
        found = Reference.of(scores)
        cut = cut_by_brute_force(scores, share)
        for x in scores:
            assert found.in_bottom(x, share) is (cut is not None and x <= cut)

    @given(few_marks, shares)
    def test_the_top_score_is_never_in_the_bottom_share(self, scores, share):
        assert not Reference.of(scores).in_bottom(max(scores), share)

    @given(few_marks, shares)
    def test_the_bottom_holds_the_share_unless_too_many_have_the_top_score(self, scores, share):
        found = Reference.of(scores)
        inside, lowered = sum(found.in_bottom(x, share) for x in scores), found.cut_is_lowered(share)
        if len(set(scores)) > 1:
            assert (inside >= share * len(scores)) is not lowered

    @pytest.mark.parametrize("share", ["0.07", "0.14", "0.28", "0.55"])
    def test_the_place_is_exact_where_floats_go_wrong(self, share):
        p, trapped = Fraction(share), 0
        for n in range(1, 3001):
            exactly = math.ceil(Fraction(share) * n)
            assert place_of_share(p, n) == exactly
            trapped += math.ceil(float(share) * n) != exactly
        assert trapped > 0, "no trap, no proof"

    @given(shares, st.integers(1, 10**7))
    def test_the_place_is_the_ceiling(self, share, n):
        assert share * n <= place_of_share(share, n) < share * n + 1

    def test_twenty_per_cent_of_fifty_five_is_eleven(self):
        scores = [Fraction(x) for x in range(1, 56)]
        assert place_of_share(Fraction(1, 5), 55) == 11
        assert sum(Reference.of(scores).in_bottom(x, Fraction(1, 5)) for x in scores) == 11

    def test_fraction_of_the_float_would_flag_a_twelfth(self):
        """§4.2: never Fraction(0.2), which is more than 1/5."""
        assert place_of_share(Fraction(0.2), 55) == 12

    def test_more_than_the_rest_at_the_top_gives_the_largest_score_below(self):
        found = reference(100, 100, 100, 100, 100, 100, 100, 100, 100, 70, 60)
        assert found.cut(Fraction(1, 5)) == 100 - 40 + 10 and found.cut(Fraction(1, 5)) == 70
        assert not found.cut_is_lowered(Fraction(1, 11)) and found.cut_is_lowered(Fraction(1, 3))
        assert found.cut(Fraction(1, 3)) == 70

    def test_all_equal_has_no_cut_and_nobody_in_the_bottom(self):
        found = reference(60, 60, 60)
        assert found.cut(Fraction(1, 5)) is None and not found.in_bottom(Fraction(60), Fraction(1, 5))
        assert not found.cut_is_lowered(Fraction(1, 5)) and found.zone_threshold(Fraction(1, 5)) is None

    @pytest.mark.parametrize("share", [Fraction(0), Fraction(1), Fraction(-1, 5), Fraction(6, 5)])
    def test_a_share_outside_the_open_unit_interval_is_refused(self, share):
        with pytest.raises(ValueError, match="share"):
            reference(50, 60).cut(share)

    def test_heavy_ties_flag_more_than_the_share(self):
        """data/README: 111 of 395 are flagged, not 79."""
        scores = [5] * 30 + [8] * 81 + [9] * 100 + [12] * 184
        found = reference(*scores)
        assert place_of_share(Fraction(1, 5), 395) == 79 and found.cut(Fraction(1, 5)) == 8
        assert sum(found.in_bottom(x, Fraction(1, 5)) for x in marks(*scores)) == 111


class TestThresholds:
    """§4.4: b on z_t."""

    def test_leaving_the_zone_is_the_half_step_above_the_cut_by_hand(self):
        found = reference(50, 60, 60, 70, 80)  # μ = 64, σ² = 104
        assert found.cut(Fraction(2, 5)) == 60 and found.next_above(Fraction(60)) == 70
        assert found.zone_threshold(Fraction(2, 5)) == pytest.approx((65 - 64) / math.sqrt(104))

    def test_reaching_the_mean_is_half_way_between_the_scores_around_it_by_hand(self):
        found = reference(50, 60, 60, 70, 80)
        assert found.mean_threshold() == pytest.approx((65 - 64) / math.sqrt(104))
        assert reference(40, 50, 60).mean_threshold() == pytest.approx((45 - 50) / math.sqrt(200 / 3))

    @given(few_marks, shares)
    def test_z_passes_the_zone_threshold_exactly_when_the_score_passes_the_cut(self, scores, share):
        found = Reference.of(scores)
        if (b := found.zone_threshold(share)) is not None:
            assert all((found.z(x) > b) is not found.in_bottom(x, share) for x in scores)

    @given(few_marks)
    def test_z_passes_the_mean_threshold_exactly_when_the_score_is_at_the_mean(self, scores):
        found = Reference.of(scores)
        b = found.mean_threshold()
        assert all((found.z(x) > b) is not found.below_mean(x) for x in scores)

    @given(level_counts, shares)
    def test_levels_pass_their_thresholds_likewise(self, counts, share):
        found = level_reference(counts)
        for level in counts:
            edges = [x for x in counts if found.order(x) > found.order(level)]
            mean = found.mean_threshold()
            assert (found.lower_edge(level) >= mean) is not found.below_mean(level)
            if (b := found.zone_threshold(share)) is not None:
                assert (found.lower_edge(level) >= b) is not found.in_bottom(level, share)
            assert all(found.lower_edge(x) > found.lower_edge(level) for x in edges)


class TestLevels:
    """§4.1: a level's value is Φ⁻¹ of its mid-cumulative share, clipped; better is larger."""

    @given(level_counts)
    def test_values_by_the_formula(self, counts):
        found = level_reference(counts)
        n, below = sum(counts.values()), 0
        for level in reversed(LADDER):
            own = counts.get(level, 0)
            share = min(max((below + own / 2) / n, 1 / (2 * n)), 1 - 1 / (2 * n))
            assert float(found.value(level)) == pytest.approx(norm.ppf(share), abs=1e-9)
            assert found.lower_edge(level) == pytest.approx(norm.ppf(below / n), abs=1e-9)
            below += own

    @given(level_counts)
    def test_better_levels_have_larger_values(self, counts):
        found = level_reference(counts)
        values = [found.value(x) for x in reversed(LADDER) if x in counts]
        assert values == sorted(set(values))

    def test_edges_may_be_infinite(self):
        found = level_reference({"良": 3, "合格": 2})
        assert found.lower_edge("合格") == -math.inf and found.lower_edge("待合格") == -math.inf
        assert found.lower_edge("优") == math.inf

    @pytest.mark.parametrize("tail", [1, 2, 3, 4])
    def test_the_middle_of_a_symmetric_class_is_at_the_mean(self, tail):
        """x ≥ μ must not hang on the last bit of Φ⁻¹: 合格 is the very middle here."""
        for middle in range(1, 40):
            found = Reference.of([*["C"] * tail, *["B"] * middle, *["A"] * tail], LEVELS, ("A", "B", "C"))
            assert found.mean == 0 and not found.below_mean("B"), (tail, middle)

    @given(st.fractions(min_value=0, max_value=1))
    def test_the_quantile_is_odd_about_one_half(self, share):
        assert normal_quantile(share) == -normal_quantile(1 - share)

    def test_the_quantile_is_infinite_at_the_ends_and_right_between(self):
        assert normal_quantile(Fraction(0)) == -math.inf and normal_quantile(Fraction(1)) == math.inf
        for k in range(1, 100):
            assert normal_quantile(Fraction(k, 100)) == pytest.approx(norm.ppf(k / 100), abs=1e-12)

    @given(level_counts, shares)
    def test_cut_of_levels_by_brute_force(self, counts, share):
        rank = {level: i for i, level in enumerate(reversed(LADDER))}
        cut = cut_by_brute_force([rank[x] for x, n in counts.items() for _ in range(n)], share)
        found = level_reference(counts).cut(share)
        assert (None if found is None else rank[found]) == cut

    def test_all_at_one_level_has_no_spread(self):
        found = level_reference({"良": 5})
        assert (found.sd, found.z("良"), found.z("优")) == (0.0, 0.0, 0.0) and not found.below_mean("良")

    def test_a_level_that_the_ladder_does_not_know_is_refused(self):
        with pytest.raises(ValueError, match="甲"):
            Reference.of(["甲"], LEVELS, LADDER)

    def test_a_reference_knows_its_own_kind_only(self):
        levels, numbers = level_reference({"优": 1, "良": 2}), reference(50, 60)
        assert (
            levels.knows("待合格")
            and not levels.knows("甲")
            and not levels.knows(Fraction(5))
            and not levels.knows(None)
        )
        assert numbers.knows(Fraction(5)) and not numbers.knows("优") and not numbers.knows(None)


class TestDistribution:
    """§3, 常模.分布: every score or level with its count, ascending; figures unrounded (§4.1)."""

    def test_the_form_of_the_spec(self):
        assert reference(58.5, 58, 58, 58).distribution() == "58:3;58.5:1"
        assert level_reference({"优": 2, "合格": 3}).distribution() == "合格:3;优:2"

    @given(st.one_of(some_marks, fine_marks))
    def test_marks_go_round(self, scores):
        found = Reference.of(scores)
        assert read_distribution(found.distribution()) == found

    @given(
        st.lists(
            st.floats(min_value=-1e20, max_value=1e20).filter(lambda x: x == 0 or abs(x) > 1e-20),
            min_size=1,
            max_size=8,
        )
    )
    def test_any_decimal_a_cell_can_hold_goes_round(self, numbers):
        found = reference(*numbers)
        assert read_distribution(found.distribution()) == found

    @pytest.mark.parametrize("text", ["0.00001", "-0.0000012", "0.12345678901234567890123", "12345678901234567.5"])
    def test_a_fine_mark_is_written_out_and_not_in_powers_of_ten(self, text):
        found = reference(text, 1)
        assert "e" not in found.distribution() and read_distribution(found.distribution()) == found

    @given(level_counts)
    def test_levels_go_round_with_the_ladder_of_the_subject(self, counts):
        found = level_reference(counts)
        assert read_distribution(found.distribution(), LADDER) == found

    @given(level_counts)
    def test_levels_without_a_declared_ladder_know_the_usual_one(self, counts):
        """A level that nobody of the grade got is still a step: level_up counts it."""
        found = read_distribution(level_reference(counts).distribution())
        assert found.counts == level_reference(counts).counts
        if "待合格" in counts:
            assert found.ladder == tuple(reversed(LADDER))

    def test_a_ladder_that_contradicts_the_distribution_is_not_believed(self):
        found = read_distribution("优:3;合格:2", LADDER)  # here 优 stands below 合格
        assert found.ladder == ("优", "合格") and found.order("优") < found.order("合格")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            ";",
            "58",
            "58:",
            ":3",
            "58:0",
            "58:-1",
            "58:x",
            "60:1;58:2",
            "58:1;58:2",
            "58:3;优:2",
            "优:1;优:2",
            "58:3;;59:1",
            "58:1.5",
            "58:፩",
        ],
    )
    def test_anything_else_is_refused(self, text):
        with pytest.raises(ValueError):  # noqa: PT011 - int() names its own trouble
            read_distribution(text)

    @given(st.text(alphabet="0123456789.:;优良- ", max_size=20))
    def test_no_text_gives_another_exception(self, text):
        try:
            found = read_distribution(text)
        except ValueError:
            return
        assert found.n >= 1 and found.kind in (MARKS, LEVELS)

    def test_three_thousand_different_scores_fit_a_cell(self):
        """A cell holds 32,767 characters."""
        text = Reference.of([Fraction(x, 2) for x in range(3000)]).distribution()
        assert len(text) < 32_767

    def test_results_as_text(self):
        assert [result_text(x) for x in (Fraction(58), Fraction(117, 2), "优")] == ["58", "58.5", "优"]


class TestCorrelation:
    """§4.1: r works on the same values; exact sums, so order cannot matter."""

    @given(st.lists(st.tuples(half_points, half_points), min_size=2, max_size=40))
    def test_pearson(self, pairs):
        xs, ys = ([float(v) for v in side] for side in zip(*pairs, strict=True))
        found = correlation(pairs)
        if len(set(xs)) == 1 or len(set(ys)) == 1:
            assert found is None
        else:
            assert found == pytest.approx(pearsonr(xs, ys).statistic, abs=1e-9)
            assert found == correlation(pairs[::-1])
            assert -1 <= found <= 1

    def test_too_few_pairs_have_none(self):
        assert correlation([]) is None and correlation([(Fraction(1), Fraction(2))]) is None

    def test_perfect_lines_are_one_and_minus_one(self):
        line = [(Fraction(x, 10), Fraction(3 * x + 1, 10)) for x in range(7)]
        assert correlation(line) == 1.0 and correlation([(x, -y) for x, y in line]) == -1.0

    def test_pairs_are_those_who_have_both_in_units_of_the_references(self):
        one, two = reference(50, 60), level_reference({"优": 1, "良": 1})
        first = {"a": Fraction(50), "b": Fraction(60), "c": Fraction(70)}
        second = {"b": "优", "a": "良", "d": "良", "c": "甲"}
        assert paired_values(first, second, one, two) == [
            (Fraction(50), two.value("良")),
            (Fraction(60), two.value("优")),
        ]


def test_a_grade_of_fifty_thousand_scores_is_counted_not_sorted_pupil_by_pupil():
    """§6: a district's grade; the figures are those of the naive formulas."""
    chance = random.Random(5)
    scores = [Fraction(round(chance.gauss(70, 12) * 2), 2) for _ in range(50_000)]
    found = Reference.of(scores)
    assert found.mean == sum(scores, Fraction(0)) / len(scores)
    assert found.cut(Fraction(1, 5)) == sorted(scores)[9_999]
