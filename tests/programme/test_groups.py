"""plan_groups against brute force over all partitions, snake order and hand-made classes (spec §4.6)."""

from __future__ import annotations

import math
import random
from collections import Counter
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlbangfu.programme.groups import ContestRow, GroupPupil, contest_scores, group_sizes, plan_groups
from xlbangfu.programme.partition import Problem, Steps, find_groups, least_conflicts, rank


def pupil(number, **more):
    return GroupPupil(f"20260301{number:02d}", f"测试{number}", **more)


def plain_class(size, **more):
    return [pupil(number, **more) for number in range(1, size + 1)]


def random_class(rng, size, conflicts, caseload=0.3, boys=0.5):
    """A class and its confirmed pairs; `conflicts` counts avoid entries, some of them the same twice."""
    ids = [f"20260301{number:02d}" for number in range(1, size + 1)]
    avoid = {one: set() for one in ids}
    for _ in range(conflicts if size > 1 else 0):
        one, other = rng.sample(ids, 2)
        avoid[one].add(other)
    pupils = [
        GroupPupil(
            one,
            f"测试{one}",
            "男" if rng.random() < boys else rng.choice(["女", ""]),
            rng.random() < caseload,
            frozenset(avoid[one]),
            None if rng.random() < 0.05 else rng.uniform(-2, 2),
        )
        for one in ids
    ]
    pairs = [tuple(rng.sample(ids, 2)) for _ in range(size // 2)] if size > 1 else []
    return pupils, pairs


def conflicts_inside(groups, by_id):
    return sum(
        other in by_id[one].avoid or one in by_id[other].avoid
        for group in groups
        for one, other in combinations(group, 2)
    )


def excess(counts):
    return max(0, max(counts) - min(counts) - 1)


def first_three(groups, by_id):
    """The first three criteria of spec §4.6, written down once more."""
    return (
        conflicts_inside(groups, by_id),
        excess([sum(by_id[one].on_caseload for one in group) for group in groups]),
        excess([sum(by_id[one].gender == "男" for one in group) for group in groups]),
    )


def all_five(groups, pupils, pairs):
    """All five criteria, smaller is better; the variance as an exact fraction."""
    by_id = {one.pupil_id: one for one in pupils}
    together = len(
        {frozenset(pair) for pair in pairs for group in groups if set(pair) <= set(group) and len(set(pair)) == 2}
    )
    means = [
        Fraction(sum(round((by_id[one].mean_z or 0) * 10**9) for one in group), 10**9 * len(group)) for group in groups
    ]
    mean = sum(means) / len(means)
    return (*first_three(groups, by_id), -together, sum((value - mean) ** 2 for value in means) / len(means))


def partitions(ids, sizes):
    """Every way to fill groups of these sizes; groups that are all of one size are not told apart."""
    if not sizes:
        yield []
        return
    all_alike = len(set(sizes)) == 1
    for group in combinations(ids, sizes[0]):
        if all_alike and group[0] != ids[0]:
            return
        rest = [one for one in ids if one not in group]
        for others in partitions(rest, sizes[1:]):
            yield [group, *others]


def snake_order(pupils):
    """Best to worst dealt 1 … g, g … 1, and so on."""
    count = len(group_sizes(len(pupils)))
    ranked = sorted(pupils, key=lambda one: (-round((one.mean_z or 0) * 10**9), one.pupil_id))
    groups = [[] for _ in range(count)]
    for position, one in enumerate(ranked):
        row, place = divmod(position, count)
        groups[count - 1 - place if row % 2 else place].append(one.pupil_id)
    return groups


def members_of(plan):
    return [group.members for group in plan.groups]


class TestSizes:
    @pytest.mark.parametrize("size", range(61))
    def test_everybody_is_in_exactly_one_of_the_fewest_groups_of_five(self, size):
        plan = plan_groups(plain_class(size))
        sizes = [len(group.members) for group in plan.groups]
        assert sorted(one for group in members_of(plan) for one in group) == [p.pupil_id for p in plain_class(size)]
        assert len(sizes) == math.ceil(size / 5)
        assert size == 0 or max(sizes) - min(sizes) <= 1
        assert tuple(sizes) == group_sizes(size)

    @pytest.mark.parametrize(("size", "sizes"), [(0, ()), (1, (1,)), (2, (2,)), (3, (3,)), (6, (3, 3)), (7, (4, 3))])
    def test_small_classes(self, size, sizes):
        assert tuple(len(group.members) for group in plan_groups(plain_class(size)).groups) == sizes

    def test_a_pupil_given_twice_is_refused(self):
        with pytest.raises(ValueError, match="twice"):
            plan_groups([pupil(1), pupil(1)])


class TestFirstThreeCriteria:
    @settings(max_examples=250, deadline=None)
    @given(st.integers(0, 10**9), st.integers(6, 8), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1.5))
    def test_small_classes_reach_the_brute_force_optimum_and_say_so(self, seed, size, caseload, boys, density):
        rng = random.Random(seed)
        pupils, pairs = random_class(rng, size, int(density * size * (size - 1) / 2), caseload, boys)
        by_id = {one.pupil_id: one for one in pupils}
        plan = plan_groups(pupils, pairs)
        best = min(first_three(groups, by_id) for groups in partitions(sorted(by_id), group_sizes(size)))
        assert first_three(members_of(plan), by_id) == best
        assert plan.proven

    @pytest.mark.parametrize("seed", range(12))
    def test_three_groups_of_eleven_reach_the_brute_force_optimum(self, seed):
        rng = random.Random(seed)
        pupils, pairs = random_class(rng, 11, rng.randint(10, 70), rng.random(), rng.random())
        by_id = {one.pupil_id: one for one in pupils}
        plan = plan_groups(pupils, pairs)
        best = min(first_three(groups, by_id) for groups in partitions(sorted(by_id), group_sizes(11)))
        assert first_three(members_of(plan), by_id) == best
        assert plan.proven

    @pytest.mark.parametrize("seed", range(15))
    def test_a_class_of_55_with_a_few_conflicts_meets_all_three(self, seed):
        rng = random.Random(seed)
        pupils, pairs = random_class(rng, 55 - seed % 3, rng.randint(0, 60), rng.random(), rng.random())
        plan = plan_groups(pupils, pairs)
        assert first_three(members_of(plan), {one.pupil_id: one for one in pupils}) == (0, 0, 0)
        assert plan.proven
        assert plan.conflicts == ()

    def test_unknown_gender_is_not_a_boy(self):
        pupils = [pupil(n, gender="男" if n <= 2 else "") for n in range(1, 11)]
        boys = [sum(one in ("2026030101", "2026030102") for one in group) for group in members_of(plan_groups(pupils))]
        assert boys == [1, 1]

    def test_conflicts_come_before_the_balance_of_the_caseload(self):
        """Three caseload pupils each kept from all five strong ones can only be together."""
        strong = frozenset(f"20260301{n:02d}" for n in range(4, 9))
        pupils = [pupil(n, on_caseload=n <= 3, avoid=strong if n <= 3 else frozenset()) for n in range(1, 9)]
        plan = plan_groups(pupils)
        by_id = {one.pupil_id: one for one in pupils}
        best = min(first_three(groups, by_id) for groups in partitions(sorted(by_id), (4, 4)))
        assert first_three(members_of(plan), by_id) == best == (3, 2, 0)


class TestUnavoidableConflicts:
    @pytest.mark.parametrize(("clique", "least"), [(11, 0), (12, 1), (13, 2), (22, 11), (24, 15)])
    def test_a_clique_larger_than_the_number_of_groups_doubles_up_as_little_as_possible(self, clique, least):
        ids = [f"20260301{n:02d}" for n in range(1, 56)]
        pupils = [
            pupil(n, avoid=frozenset(ids[:clique]) if n <= clique else frozenset(), gender="男" if n % 2 else "女")
            for n in range(1, 56)
        ]
        plan = plan_groups(pupils)
        assert len(plan.conflicts) == least
        assert plan.proven
        assert all(one < other for one, other in plan.conflicts)
        inside = {pair for group in members_of(plan) for pair in combinations(group, 2)}
        assert set(plan.conflicts) <= inside

    def test_a_pupil_kept_from_everybody_costs_one_smallest_group(self):
        everybody = frozenset(f"20260301{n:02d}" for n in range(1, 55))
        pupils = [pupil(n, avoid=everybody if n == 20 else frozenset(), on_caseload=n < 15) for n in range(1, 55)]
        plan = plan_groups(pupils)
        assert len(plan.conflicts) == 3
        assert all("2026030120" in pair for pair in plan.conflicts)
        assert plan.proven

    def test_two_pupils_kept_from_everybody_sit_together(self):
        """Together they cost 1 + 3 + 3, apart 4 + 4."""
        everybody = frozenset(f"20260301{n:02d}" for n in range(1, 56))
        pupils = [pupil(n, avoid=everybody if n in (7, 8) else frozenset()) for n in range(1, 56)]
        plan = plan_groups(pupils)
        assert len(plan.conflicts) == 7
        assert plan.proven

    def test_one_group_reports_every_conflict_in_it(self):
        pupils = [pupil(1, avoid=frozenset({"2026030102", "2026030103"})), pupil(2), pupil(3)]
        assert plan_groups(pupils).conflicts == (("2026030101", "2026030102"), ("2026030101", "2026030103"))

    def test_oneself_and_unknown_pupils_in_avoid_mean_nothing(self):
        pupils = [pupil(n, avoid=frozenset({f"20260301{n:02d}", "x"})) for n in range(1, 4)]
        assert plan_groups(pupils).conflicts == ()

    def test_where_the_search_gives_up_the_plan_says_so_and_is_whole(self):
        rng = random.Random(1)
        pupils, pairs = random_class(rng, 55, 900)
        plan = plan_groups(pupils, pairs)
        assert not plan.proven
        assert sorted(one for group in members_of(plan) for one in group) == sorted(p.pupil_id for p in pupils)
        assert len(plan.conflicts) == conflicts_inside(members_of(plan), {p.pupil_id: p for p in pupils})


class TestExactSearch:
    """The search is held against brute force on its own, since swaps seldom leave it anything to do."""

    @pytest.mark.parametrize("seed", range(150))
    def test_it_finds_groups_exactly_where_there_are_any(self, seed):
        rng = random.Random(seed)
        size = rng.choice([6, 7, 8, 9])
        sizes = rng.choice([group_sizes(size), group_sizes(size, 3)])
        links = [0] * size
        for _ in range(rng.randint(0, size * 2)):
            one, other = rng.sample(range(size), 2)
            links[one] |= 1 << other
            links[other] |= 1 << one
        caseload, boys = (sum(1 << n for n in range(size) if rng.random() < rng.random()) for _ in range(2))
        problem = Problem(sizes, tuple(links), caseload, boys, (0,) * size, (0,) * size)
        ranks = {
            rank(problem, [sum(1 << one for one in group) for group in groups])
            for groups in partitions(range(size), sizes)
        }
        fewest = min(ranks)[0]
        assert least_conflicts(problem) <= fewest
        for limit in (fewest - 1, fewest, fewest + 1):
            for spreads in ((None, None), (1, None), (1, 1), (2, 1), (1, 2)):
                found = find_groups(problem, limit, spreads, Steps(10**7))
                allowed = [
                    r
                    for r in ranks
                    if r[0] <= limit and all(s is None or r[i] <= s - 1 for i, s in enumerate(spreads, start=1))
                ]
                assert (found is not None) == bool(allowed)
                if found is not None:
                    assert [group.bit_count() for group in found] == list(sizes)
                    assert sum(found) == (1 << size) - 1
                    assert rank(problem, found)[0] <= limit
                    assert all(s is None or rank(problem, found)[i] <= s - 1 for i, s in enumerate(spreads, start=1))


class TestLastTwoCriteria:
    @pytest.mark.parametrize("seed", range(25))
    def test_never_worse_than_snake_order_on_all_five(self, seed):
        rng = random.Random(seed)
        pupils, pairs = random_class(rng, rng.randint(1, 58), rng.choice([0, 0, 10, 60]), rng.random(), rng.random())
        plan = plan_groups(pupils, pairs)
        assert all_five(members_of(plan), pupils, pairs) <= all_five(snake_order(pupils), pupils, pairs)

    @pytest.mark.parametrize("seed", [698, 1151, 1602, 1998, 2249])
    def test_classes_where_swaps_from_even_groups_alone_would_end_worse_than_snake_order(self, seed):
        rng = random.Random(seed)
        size = rng.choice([6, 7, 8, 9, 10, 12, 14, 16, 20])
        steps = [-3, -2, -1, 0, 1, 2, 3, 5, 8]
        pupils = [pupil(n, mean_z=float(rng.choice(steps)), on_caseload=rng.random() < 0.2) for n in range(1, size + 1)]
        assert all_five(members_of(plan_groups(pupils)), pupils, []) <= all_five(snake_order(pupils), pupils, [])

    @pytest.mark.parametrize("seed", range(12))
    def test_no_exchange_of_two_pupils_would_be_better_on_all_five(self, seed):
        rng = random.Random(seed)
        pupils, pairs = random_class(rng, rng.choice([7, 9, 13, 18, 22]), rng.choice([0, 10, 40]))
        groups = [set(group) for group in members_of(plan_groups(pupils, pairs))]
        reached = all_five(groups, pupils, pairs)
        for first, second in combinations(range(len(groups)), 2):
            for one in groups[first]:
                for other in groups[second]:
                    swapped = list(groups)
                    swapped[first] = groups[first] - {one} | {other}
                    swapped[second] = groups[second] - {other} | {one}
                    assert all_five(swapped, pupils, pairs) >= reached

    def test_a_snake_that_is_even_in_everything_is_still_not_beaten(self):
        pupils = [pupil(n, mean_z=float(-n)) for n in range(1, 17)]
        assert all_five(snake_order(pupils), pupils, [])[4] == 0
        assert all_five(members_of(plan_groups(pupils)), pupils, [])[4] == 0

    def test_confirmed_pairs_sit_together_where_nothing_forbids_it(self):
        pupils = [pupil(n, on_caseload=n <= 10, mean_z=n / 10) for n in range(1, 51)]
        pairs = [(f"20260301{n:02d}", f"20260301{n + 30:02d}") for n in range(1, 11)]
        plan = plan_groups(pupils, pairs)
        assert all_five(members_of(plan), pupils, pairs)[:4] == (0, 0, 0, -10)

    def test_a_pair_better_kept_apart_is_apart_even_if_confirmed(self):
        pupils = [pupil(n, avoid=frozenset({"2026030102"} if n == 1 else ())) for n in range(1, 9)]
        plan = plan_groups(pupils, [("2026030101", "2026030102")])
        assert plan.conflicts == ()
        assert not any({"2026030101", "2026030102"} <= set(group) for group in members_of(plan))

    def test_group_means_are_close_in_a_class_of_55(self):
        rng = random.Random(3)
        pupils, _ = random_class(rng, 55, 10)
        variance = all_five(members_of(plan_groups(pupils)), pupils, [])[4]
        assert variance < Fraction(1, 10_000)


class TestOrderOfInput:
    @pytest.mark.parametrize("seed", range(8))
    def test_it_does_not_matter(self, seed):
        rng = random.Random(seed)
        pupils, pairs = random_class(rng, rng.choice([7, 23, 55]), rng.choice([0, 20, 200]))
        plan = plan_groups(pupils, pairs)
        flipped = [(other, one) for one, other in rng.sample(pairs, len(pairs))]
        assert plan_groups(rng.sample(pupils, len(pupils)), flipped) == plan

    def test_groups_are_larger_first_then_by_their_first_pupil(self):
        groups = members_of(plan_groups(random_class(random.Random(2), 53, 10)[0]))
        assert groups == sorted(groups, key=lambda group: (-len(group), group))
        assert all(list(group) == sorted(group) for group in groups)


class TestKeptGroups:
    ids = tuple(f"20260301{n:02d}" for n in range(1, 24))

    def test_they_stay_as_they_are_and_the_others_are_spread_over_the_rest(self):
        kept = [self.ids[4:8], (self.ids[0], self.ids[2], self.ids[22])]
        plan = plan_groups(plain_class(23), kept=kept)
        assert [group.kept for group in plan.groups] == [True, True, False, False, False]
        assert members_of(plan)[:2] == [tuple(kept[0]), tuple(kept[1])]
        assert [len(group) for group in members_of(plan)[2:]] == [6, 5, 5]
        assert sorted(one for group in members_of(plan) for one in group) == list(self.ids)

    def test_pupils_who_left_drop_out_and_nobody_is_in_two(self):
        kept = [(*self.ids[:3], "2026030199"), (self.ids[2], self.ids[3]), ("2026030198",)]
        plan = plan_groups(plain_class(23), kept=kept)
        assert members_of(plan)[:2] == [self.ids[:3], self.ids[3:4]]
        assert Counter(one for group in members_of(plan) for one in group) == Counter(self.ids)

    def test_a_new_pupil_beside_nothing_but_kept_groups_gets_a_group(self):
        plan = plan_groups(plain_class(11), kept=[self.ids[:5], self.ids[5:8], self.ids[8:10]])
        assert members_of(plan)[3:] == [(self.ids[10],)]

    def test_tiny_kept_groups_do_not_crowd_the_others(self):
        plan = plan_groups(plain_class(23), kept=[self.ids[:1], self.ids[1:2], self.ids[2:3], self.ids[3:4]])
        assert [len(group) for group in members_of(plan)[4:]] == [5, 5, 5, 4]

    def test_everybody_kept_leaves_nothing_to_plan(self):
        plan = plan_groups(plain_class(4), kept=[self.ids[:2], self.ids[2:4]])
        assert members_of(plan) == [self.ids[:2], self.ids[2:4]]
        assert plan.proven

    def test_conflicts_inside_a_kept_group_are_reported(self):
        pupils = [pupil(n, avoid=frozenset({self.ids[1]} if n == 1 else ())) for n in range(1, 9)]
        plan = plan_groups(pupils, kept=[self.ids[:3]])
        assert plan.conflicts == ((self.ids[0], self.ids[1]),)

    def test_its_own_groups_kept_come_back_unchanged(self):
        pupils, pairs = random_class(random.Random(4), 41, 30)
        plan = plan_groups(pupils, pairs)
        assert members_of(plan_groups(pupils, pairs, members_of(plan))) == members_of(plan)


class TestRoles:
    def test_the_strongest_leads_and_the_others_follow_their_number(self):
        z = {1: -1.5, 2: 0.4, 3: 1.2, 4: -0.8, 5: 0.9}
        (group,) = plan_groups([pupil(n, mean_z=value) for n, value in z.items()]).groups
        assert list(group.roles.values()) == ["学科代表", "记录员", "组长", "材料员", "组员"]

    def test_no_role_gives_away_who_is_on_the_caseload(self):
        """Spec §7: the sheet is posted."""
        z = {1: -1.5, 2: 0.4, 3: 1.2, 4: -0.8, 5: 0.9}
        (plain,) = plan_groups([pupil(n, mean_z=value) for n, value in z.items()]).groups
        (marked,) = plan_groups([pupil(n, mean_z=value, on_caseload=value < 0) for n, value in z.items()]).groups
        assert plain.roles == marked.roles

    def test_ties_go_to_the_smaller_id_and_no_z_comes_last(self):
        pupils = [pupil(1), pupil(2, mean_z=-0.5), pupil(3, mean_z=-0.5)]
        (group,) = plan_groups(pupils).groups
        assert group.roles == {"2026030101": "学科代表", "2026030102": "组长", "2026030103": "记录员"}

    def test_a_group_of_one_has_a_leader(self):
        assert plan_groups([pupil(1)]).groups[0].roles == {"2026030101": "组长"}

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 23, 55])
    def test_every_group_has_each_special_role_once_as_far_as_it_has_members(self, size):
        pupils, pairs = random_class(random.Random(size), size, size)
        for group in plan_groups(pupils, pairs).groups:
            assert tuple(group.roles) == group.members
            wanted = (["组长", "学科代表", "记录员", "材料员"] + ["组员"] * 5)[: len(group.members)]
            assert sorted(group.roles.values()) == sorted(wanted)


class TestContest:
    weights = Fraction(10), Fraction(1, 2)

    def test_progress_and_sessions_per_member_add_up(self):
        changes = {"a": 0.5, "b": -0.25, "c": None}
        rows = contest_scores(changes, {"a": 3, "c": 3}, {"1": ["a", "b", "c"], "2": ["d"]}, *self.weights)
        assert rows == [ContestRow("1", 0.125, 6, 1.25 + 1.0), ContestRow("2", None, 0, 0.0)]

    def test_a_group_without_any_change_scores_by_its_sessions_alone(self):
        assert contest_scores({"a": None}, {"a": 4}, {"1": ["a"]}, *self.weights) == [ContestRow("1", None, 4, 2.0)]

    def test_an_empty_group_scores_nothing(self):
        assert contest_scores({}, {}, {"1": []}, *self.weights) == [ContestRow("1", None, 0, 0.0)]

    def test_the_order_of_members_cannot_change_a_digit(self):
        rng = random.Random(0)
        changes = {str(n): rng.uniform(-1, 1) for n in range(9)}
        first = contest_scores(changes, {}, {"1": list(changes)}, *self.weights)
        assert all(
            contest_scores(changes, {}, {"1": rng.sample(list(changes), 9)}, *self.weights) == first for _ in range(20)
        )

    def test_only_sessions_of_members_count(self):
        (row,) = contest_scores({}, {"a": 1, "z": 50}, {"1": ["a"]}, *self.weights)
        assert row.sessions == 1
