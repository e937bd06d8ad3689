"""Splitting a class into groups of given sizes: the measures, a lower bound, and the exact search.

Pupils are numbers 0 … n − 1 in order of 学号 and a group is a bit mask of them, so that counting conflicts,
caseload pupils or boys inside a group is one `bit_count`. Everything is an integer; no order of input, no
float and no clock decides anything. Source: spec §4.6.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

Groups = list[int]  # one bit mask of pupils per group, in the order of Problem.sizes
Rank = tuple[int, int, int]  # conflicts inside groups, excess spread of caseload pupils, of boys
Window = tuple[int, int]  # least and largest count allowed in every group


@dataclass(frozen=True)
class Problem:
    """sizes: group sizes, largest first, adding up to the number of pupils. caseload, boys: masks of pupils.

    conflicts, partners: per pupil the mask of those better apart, and of confirmed partners (symmetric).
    values: mean z of each pupil in billionths of an SD.
    """

    sizes: tuple[int, ...]
    conflicts: tuple[int, ...]
    caseload: int
    boys: int
    partners: tuple[int, ...]
    values: tuple[int, ...]


def members(mask: int) -> Iterator[int]:
    """The pupils of a mask, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def rank(problem: Problem, groups: Sequence[int]) -> Rank:
    """The first three criteria, smaller is better. Excess = spread of the counts beyond 1."""
    return (
        inside(problem.conflicts, groups),
        excess_spread([(group & problem.caseload).bit_count() for group in groups]),
        excess_spread([(group & problem.boys).bit_count() for group in groups]),
    )


def objective(problem: Problem, groups: Sequence[int]) -> tuple[Rank, int, int]:
    """All five criteria, smaller is better: rank, minus pairs together, variance of means (scaled)."""
    lcm = math.lcm(*problem.sizes)
    means = [sum(problem.values[pupil] for pupil in members(g)) * (lcm // g.bit_count()) for g in groups]
    variance = len(means) * sum(mean * mean for mean in means) - sum(means) ** 2
    return rank(problem, groups), -inside(problem.partners, groups), variance


def inside(links: Sequence[int], groups: Sequence[int]) -> int:
    """How many linked pairs are inside a group."""
    return sum((links[pupil] & group).bit_count() for group in groups for pupil in members(group)) // 2


def excess_spread(counts: Sequence[int]) -> int:
    """By how much the counts differ beyond the 1 that is allowed."""
    return max(0, max(counts) - min(counts) - 1)


def least_conflicts(problem: Problem) -> int:
    """A number of conflicts inside groups that no arrangement can fall below.

    A clique larger than the number of groups must double up; a pupil with fewer strangers than places in
    the smallest group must sit with someone.
    """
    count, smallest, pupils = len(problem.sizes), min(problem.sizes), len(problem.conflicts)
    forced = [max(0, smallest - pupils + links.bit_count()) for links in problem.conflicts]
    cliques, left = 0, (1 << pupils) - 1
    by_degree = sorted(range(pupils), key=lambda pupil: -problem.conflicts[pupil].bit_count())
    for start in by_degree:
        if left >> start & 1:
            clique, candidates = 1 << start, problem.conflicts[start] & left
            for pupil in by_degree:
                if candidates >> pupil & 1:
                    clique |= 1 << pupil
                    candidates &= problem.conflicts[pupil]
            left &= ~clique
            each, more = divmod(clique.bit_count(), count)
            cliques += (count - more) * math.comb(each, 2) + more * math.comb(each + 1, 2)
    return max(cliques, max(forced), (sum(forced) + 1) // 2)


class Exhausted(Exception):
    """The search used up its steps."""


class Steps:
    """How many steps searches may still take."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, number: int) -> None:
        """Count steps. Raises Exhausted when fewer are left."""
        self.left -= number
        if self.left < 0:
            raise Exhausted


def find_groups(problem: Problem, limit: int, spreads: tuple[int | None, int | None], steps: Steps) -> Groups | None:
    """Groups with at most `limit` conflicts and the spreads of caseload pupils and boys; None if impossible.

    A spread of None leaves that count free. Raises Exhausted when `steps` run out.
    """
    caseload = problem.caseload if spreads[0] is not None else 0
    boys = problem.boys if spreads[1] is not None else 0
    search = _Search(replace(problem, caseload=caseload, boys=boys), limit, steps)
    count = len(problem.sizes)
    for caseload_window in _windows(caseload.bit_count(), count, spreads[0] or 1):
        for boys_window in _windows(boys.bit_count(), count, spreads[1] or 1):
            found = search.run(caseload_window, boys_window)
            if found is not None:
                return found
    return None


def _windows(total: int, groups: int, spread: int) -> list[Window]:
    """Every (least, largest) count per group of that spread that can add up to `total`."""
    return [(least, least + spread) for least in range(total // groups + 1) if total < groups * (least + spread)]


class _Search:
    """Depth first over the pupils who have conflicts; the others are exchangeable and filled in by kind."""

    def __init__(self, problem: Problem, limit: int, steps: Steps) -> None:
        self.problem = problem
        self.limit = limit
        self.steps = steps
        self.order = self._order()
        self.free = [p for p, links in enumerate(problem.conflicts) if not links]
        everybody = (1 << len(problem.conflicts)) - 1
        placed = accumulate((1 << pupil for pupil in self.order), initial=0)
        self.to_come = [everybody & ~mask for mask in placed]  # by depth
        self.windows: tuple[Window, Window] = ((0, 0), (0, 0))
        self.groups: Groups = []
        self.left: list[int] = []

    def run(self, caseload_window: Window, boys_window: Window) -> Groups | None:
        """Groups within the limit and both windows, or None."""
        self.windows = (caseload_window, boys_window)
        self.groups = [0] * len(self.problem.sizes)
        self.left = list(self.problem.sizes)
        return self._place(0, 0)

    def _order(self) -> list[int]:
        """Pupils with conflicts, each next one tied to as many before as possible."""
        conflicts = self.problem.conflicts
        waiting, placed, order = [p for p, links in enumerate(conflicts) if links], 0, list[int]()
        while waiting:
            pupil = max(waiting, key=lambda p: ((conflicts[p] & placed).bit_count(), conflicts[p].bit_count(), -p))
            waiting.remove(pupil)
            order.append(pupil)
            placed |= 1 << pupil
        return order

    def _place(self, depth: int, cost: int) -> Groups | None:
        if not self._promising(depth, cost):
            return None
        if depth == len(self.order):
            return self._fill()
        pupil = self.order[depth]
        for _, group in self._choices(pupil):
            extra = (self.problem.conflicts[pupil] & self.groups[group]).bit_count()
            self.groups[group] |= 1 << pupil
            self.left[group] -= 1
            found = self._place(depth + 1, cost + extra)
            self.groups[group] ^= 1 << pupil
            self.left[group] += 1
            if found is not None:
                return found
        return None

    def _choices(self, pupil: int) -> list[tuple[tuple[int, int, int], int]]:
        """Groups with room, fewest conflicts first, then fewest of the pupil's own kind.

        Of empty groups of one size a single one is tried: they are exchangeable.
        """
        problem, empty = self.problem, set[int]()
        kinds = [mask for mask in (problem.caseload, problem.boys) if mask >> pupil & 1]
        choices = []
        for group, (mask, left) in enumerate(zip(self.groups, self.left, strict=True)):
            if not left or (not mask and left in empty):
                continue
            if not mask:
                empty.add(left)
            alike = sum((mask & kind).bit_count() for kind in kinds)
            key = ((problem.conflicts[pupil] & mask).bit_count(), alike, -left)
            choices.append((key, group))
        return sorted(choices)

    def _promising(self, depth: int, cost: int) -> bool:
        """False when neither limit nor windows can be met any more."""
        waiting = self.order[depth:]
        self.steps.take(5 + (3 + len(waiting)) * len(self.groups))
        if cost > self.limit:
            return False
        for kind, (least, most) in zip((self.problem.caseload, self.problem.boys), self.windows, strict=True):
            if not self._window_open(kind, least, most, (self.to_come[depth] & kind).bit_count()):
                return False
        return cost + self._conflicts_to_come(waiting) <= self.limit

    def _window_open(self, kind: int, least: int, most: int, to_come: int) -> bool:
        """True while every group can still get at least `least` and at most `most` of that kind."""
        needed = room = 0
        for group, left in zip(self.groups, self.left, strict=True):
            have = (group & kind).bit_count()
            if have > most or have + left < least:
                return False
            needed += max(0, least - have)
            room += min(left, most - have)
        return needed <= to_come <= room

    def _conflicts_to_come(self, waiting: list[int]) -> int:
        """A lower bound: each waiting pupil at its best group, or each group with its best pupils."""
        if not waiting:
            return 0
        open_groups = [(g, left) for g, left in zip(self.groups, self.left, strict=True) if left]
        costs = [[(self.problem.conflicts[pupil] & group).bit_count() for pupil in waiting] for group, _ in open_groups]
        by_pupil: int = sum(min(column) for column in zip(*costs, strict=True))
        by_group: int = 0
        for (_, left), row in zip(open_groups, costs, strict=True):
            if left > len(self.free):
                by_group += sum(sorted(row)[: left - len(self.free)])
        return max(by_pupil, by_group)

    def _fill(self) -> Groups | None:
        """The pupils without conflicts put into the places left, within the windows; None if impossible.

        Per group, choose how many of the free places go to caseload pupils and how many to boys; the
        number who are both may then be anything in an interval. Layers hold, per sums of the two, the set
        of possible sums of the third as a bit mask.
        """
        problem = self.problem
        pools: dict[tuple[int, int], list[int]] = {(a, b): [] for a in (0, 1) for b in (0, 1)}
        for pupil in reversed(self.free):
            pools[problem.caseload >> pupil & 1, problem.boys >> pupil & 1].append(pupil)
        both = len(pools[1, 1])
        goal = (both + len(pools[1, 0]), both + len(pools[0, 1]))
        layers = [{(0, 0): 1}]
        for group, left in zip(self.groups, self.left, strict=True):
            layers.append(self._next_layer(layers[-1], self._tables(group, left), goal))
        if not layers[-1].get(goal, 0) >> both & 1:
            return None
        return self._read_back(layers, goal, both, pools)

    def _tables(self, group: int, left: int) -> list[tuple[int, int, range]]:
        """(caseload pupils, boys, possible numbers of both) that may fill the `left` places of a group."""
        spans = []
        for kind, (least, most) in zip((self.problem.caseload, self.problem.boys), self.windows, strict=True):
            have = (group & kind).bit_count()
            spans.append(range(max(0, least - have), min(left, most - have) + 1))
        return [(c, b, range(max(0, c + b - left), min(c, b) + 1)) for c in spans[0] for b in spans[1]]

    def _next_layer(
        self, layer: dict[tuple[int, int], int], tables: list[tuple[int, int, range]], goal: tuple[int, int]
    ) -> dict[tuple[int, int], int]:
        self.steps.take(3 * len(layer) * len(tables))
        following: dict[tuple[int, int], int] = {}
        for (caseload, boys), sums in layer.items():
            for c, b, both in tables:
                key = (caseload + c, boys + b)
                if key[0] <= goal[0] and key[1] <= goal[1]:
                    reached = following.get(key, 0)
                    for number in both:
                        reached |= sums << number
                    following[key] = reached
        return following

    def _read_back(
        self,
        layers: list[dict[tuple[int, int], int]],
        goal: tuple[int, int],
        both: int,
        pools: dict[tuple[int, int], list[int]],
    ) -> Groups:
        """The groups along one path through the layers, from the last group to the first."""
        groups = list(self.groups)
        for index in reversed(range(len(groups))):
            left = self.left[index]
            c, b, x = next(
                (c, b, x)
                for c, b, numbers in self._tables(groups[index], left)
                for x in numbers
                if x <= both and layers[index].get((goal[0] - c, goal[1] - b), 0) >> (both - x) & 1
            )
            goal, both = (goal[0] - c, goal[1] - b), both - x
            for kind, number in (((1, 1), x), ((1, 0), c - x), ((0, 1), b - x), ((0, 0), left - c - b + x)):
                for _ in range(number):
                    groups[index] |= 1 << pools[kind].pop()
        return groups
