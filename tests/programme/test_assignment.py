"""best_assignment against brute force, scipy and hand-made cases (spec §4.5)."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from xlbangfu.programme.assignment import best_assignment


def order_key(scores, columns):
    """The order of spec §4.5: most rows, then largest total, then smallest columns, unassigned last."""
    chosen = [scores[row][column] for row, column in enumerate(columns) if column is not None]
    width = len(scores[0]) if scores else 0
    return -len(chosen), -sum(chosen), [width if column is None else column for column in columns]


def all_assignments(scores, row=0, used=frozenset()):
    """Every way to give rows distinct allowed columns, or none."""
    if row == len(scores):
        yield []
        return
    for rest in all_assignments(scores, row + 1, used):
        yield [None, *rest]
    for column, score in enumerate(scores[row]):
        if score is not None and column not in used:
            for rest in all_assignments(scores, row + 1, used | {column}):
                yield [column, *rest]


def brute_force(scores):
    return min(all_assignments(scores), key=lambda columns: order_key(scores, columns))


def random_matrix(rng, rows, columns, largest, forbidden):
    return [
        [None if rng.random() < forbidden else rng.randint(-largest, largest) for _ in range(columns)]
        for _ in range(rows)
    ]


class TestHandMadeCases:
    @pytest.mark.parametrize(
        ("scores", "expected"),
        [
            ([], []),
            ([[]], [None]),
            ([[], [], []], [None, None, None]),
            ([[None]], [None]),
            ([[None, None], [None, None]], [None, None]),
            ([[7]], [0]),
            ([[-7]], [0]),
            ([[0, 0], [0, 0]], [0, 1]),
            ([[1, 2], [2, 1]], [1, 0]),
            ([[5], [5], [5]], [0, None, None]),
        ],
    )
    def test_small_matrices_give_the_expected_columns(self, scores, expected):
        assert best_assignment(scores) == expected

    def test_more_rows_assigned_beats_any_score(self):
        assert best_assignment([[10**9, -(10**9)], [10**9, None]]) == [1, 0]

    def test_a_larger_total_beats_smaller_columns(self):
        assert best_assignment([[3, 4], [4, 3]]) == [1, 0]

    def test_an_earlier_row_is_assigned_first_among_equals(self):
        assert best_assignment([[5], [5]]) == [0, None]

    def test_a_later_row_wins_when_it_scores_more(self):
        assert best_assignment([[5], [6]]) == [None, 0]

    def test_an_all_forbidden_row_stays_out_of_the_way_of_the_others(self):
        assert best_assignment([[1, 1], [None, None], [1, 1]]) == [0, None, 1]

    def test_huge_scores_stay_exact(self):
        big = 10**30
        assert best_assignment([[big, big + 1], [big, big + 2]]) == [0, 1]
        assert best_assignment([[big, big + 2], [big, big + 1]]) == [1, 0]

    def test_rows_of_unequal_length_are_refused(self):
        with pytest.raises(ValueError, match="same length"):
            best_assignment([[1, 2], [1]])

    def test_the_input_is_left_as_it_was(self):
        scores = [[1, None], [2, 3]]
        best_assignment(scores)
        assert scores == [[1, None], [2, 3]]


class TestAgainstBruteForce:
    @pytest.mark.parametrize("largest", [0, 1, 2, 50])
    def test_five_hundred_random_matrices_have_exactly_the_brute_force_answer(self, largest):
        rng = random.Random(largest)
        for _ in range(500):
            scores = random_matrix(rng, rng.randint(0, 5), rng.randint(0, 5), largest, rng.random())
            assert best_assignment(scores) == brute_force(scores), scores

    @settings(max_examples=200, deadline=None)
    @given(
        st.integers(0, 4).flatmap(
            lambda width: st.lists(st.lists(st.none() | st.integers(-3, 3), min_size=width, max_size=width), max_size=5)
        )
    )
    def test_hypothesis_finds_no_matrix_with_another_answer(self, scores):
        assert best_assignment(scores) == brute_force(scores)


class TestAgainstScipy:
    @pytest.mark.parametrize("largest", [0, 1, 8000])
    def test_large_matrices_have_scipys_count_and_total(self, largest):
        rng = random.Random(largest + 1)
        for _ in range(60):
            rows, columns = rng.randint(1, 45), rng.randint(1, 80)
            scores = random_matrix(rng, rows, columns, largest, rng.choice([0, 0.3, 0.9, 0.98]))
            ours = best_assignment(scores)
            taken = [column for column in ours if column is not None]
            assert len(set(taken)) == len(taken)
            # One more row assigned is worth more than any total, so one optimum carries both.
            bonus = 2 * largest * (rows + 1) + 1
            gain = np.array([[0 if s is None else bonus + s for s in row] for row in scores], dtype=np.int64)
            theirs = gain[linear_sum_assignment(gain, maximize=True)].sum()
            assert sum(bonus + scores[row][c] for row, c in enumerate(ours) if c is not None) == theirs

    def test_on_many_ties_no_row_could_have_a_smaller_column(self):
        """With the earlier rows held as they are, scipy finds no optimum that gives a row less."""
        rng = random.Random(5)
        for _ in range(6):
            scores = random_matrix(rng, 12, 14, 1, 0.6)
            ours = best_assignment(scores)
            best = order_key(scores, ours)[:2]
            assert key_with(scores, ours) == best
            for row, column in enumerate(ours):
                for smaller in range(14 if column is None else column):
                    if scores[row][smaller] is not None and smaller not in ours[:row]:
                        assert key_with(scores, [*ours[:row], smaller]) > best


def key_with(scores, held):
    """(minus rows assigned, minus total) of the best assignment, by scipy, whose first rows are `held`."""
    taken = {column for column in held if column is not None}
    bonus = 1000
    gain = np.array(
        [[0 if s is None or c in taken else bonus + s for c, s in enumerate(row)] for row in scores[len(held) :]]
    ).reshape(len(scores) - len(held), len(scores[0]))
    chosen = [int(value) for value in gain[linear_sum_assignment(gain, maximize=True)] if value > 0]
    total = sum(scores[row][column] for row, column in enumerate(held) if column is not None)
    return -len(taken) - len(chosen), -total - sum(value - bonus for value in chosen)
