"""Mixed groups: the least rank proven where it can be, then partners together and even means.

Dealing and swaps find the groups, the bounds and the exact search of `partition` prove the first three
criteria or beat what the swaps found; the last two are left to the swaps. Source: spec §4.6.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from xlbangfu.programme.partition import (
    Exhausted,
    Groups,
    Problem,
    Rank,
    Steps,
    excess_spread,
    find_groups,
    least_conflicts,
    members,
    objective,
    rank,
)

_PASSES = 40  # rounds of swaps; a class settles within ten or so
_STARTS = 8  # deals tried before the exact search; nearly every class needs one
_MORE_STARTS = (1, 2)  # further deals to refine: one or two pairs more of forty, for 10 ms each
_ALL_STEPS = 600_000  # of all searches, some 80 ms; counted, since a clock would make results differ
_SEARCH_STEPS = 300_000  # of one search, so that something is left for the criteria after it
_SCATTER = 7919, 104_729  # primes: an order of pupils unlike that of any other deal


def best_partition(problem: Problem) -> tuple[Groups, bool]:
    """Groups with the best objective found, and whether their rank is proven to be the least possible.

    The rank comes from bounds and exact search; pairs and variance from swaps, from several starts, one of
    them snake order, so that the result is never worse than snake order. Source: spec §4.6.
    """
    if not problem.sizes:
        return [], True
    balanced, proven = _least_rank(problem)
    starts = [balanced, _snake(problem)]
    if proven:  # otherwise the time went into the search
        starts += [_deal(problem, attempt) for attempt in _MORE_STARTS]
    least = rank(problem, balanced)
    repaired = [
        start if rank(problem, start) == least else _Swaps(problem, start).settle(_Swaps.repairs) for start in starts
    ]
    found = [_Swaps(problem, start).settle(_Swaps.refines) for start in repaired]
    return min(found, key=lambda groups: objective(problem, groups)), proven


def _deal(problem: Problem, attempt: int) -> Groups:
    """Everybody dealt round in an order that keeps caseload pupils together, and boys together.

    Then sizes, caseload pupils and boys all differ by at most 1, whatever their numbers. Within a kind the
    first attempt goes by mean z, every other one by an order of its own.
    """

    def order(pupil: int) -> tuple[int, int]:
        on_caseload, boy = problem.caseload >> pupil & 1, problem.boys >> pupil & 1
        block = 1 + (not boy) if on_caseload else 3 * (not boy)
        scattered = (pupil + 1) * (attempt + 1) * _SCATTER[0] % _SCATTER[1]
        return block, scattered if attempt else -problem.values[pupil]

    groups = [0] * len(problem.sizes)
    for position, pupil in enumerate(sorted(range(len(problem.values)), key=order)):
        groups[position % len(groups)] |= 1 << pupil
    return groups


def _snake(problem: Problem) -> Groups:
    """Best, second best … to groups 1 … g, then back from g to 1, and so on."""
    count = len(problem.sizes)
    groups = [0] * count
    for position, pupil in enumerate(sorted(range(len(problem.values)), key=lambda p: -problem.values[p])):
        row, place = divmod(position, count)
        groups[count - 1 - place if row % 2 else place] |= 1 << pupil
    return sorted(groups, key=lambda group: -group.bit_count())


def _least_rank(problem: Problem) -> tuple[Groups, bool]:
    """Groups of the least rank found, and whether the rank is proven least.

    Swaps nearly always reach the lower bound; the exact search is for the classes where they do not.
    """
    lower = least_conflicts(problem)
    best: Groups = []
    for attempt in range(_STARTS):
        dealt = _Swaps(problem, _deal(problem, attempt)).settle(_Swaps.repairs)
        if not best or rank(problem, dealt) < rank(problem, best):
            best = dealt
        if rank(problem, best) == (lower, 0, 0):
            return best, True
    search = _Improvement(problem, best)
    search.fewer_conflicts(lower)
    search.evener_counts()
    return search.best, search.proven


class _Improvement:
    """The best groups so far, improved one criterion after the other by exact searches."""

    def __init__(self, problem: Problem, best: Groups) -> None:
        self.problem = problem
        self.best = best
        self.proven = True
        self.steps_left = _ALL_STEPS

    def fewer_conflicts(self, lower: int) -> None:
        """One conflict fewer each time, until the bound is reached or the search finds none."""
        while (conflicts := rank(self.problem, self.best)[0]) > lower:
            if not self._search(conflicts - 1, (None, None)):
                return

    def evener_counts(self) -> None:
        """The least spread of caseload pupils, then of boys, that the conflicts reached allow."""
        conflicts, caseload_excess, _ = rank(self.problem, self.best)
        for excess in range(caseload_excess):
            if self._search(conflicts, (1 + excess, None)):
                break
        _, caseload_excess, boys_excess = rank(self.problem, self.best)
        for excess in range(boys_excess):
            if self._search(conflicts, (1 + caseload_excess, 1 + excess)):
                break

    def _search(self, limit: int, spreads: tuple[int | None, int | None]) -> bool:
        """True if better groups were found; without an answer nothing is proven any more."""
        allowed = min(self.steps_left, _SEARCH_STEPS)
        steps = Steps(allowed)
        try:
            found = find_groups(self.problem, limit, spreads, steps)
        except Exhausted:
            self.proven, found = False, None
        self.steps_left -= allowed - max(0, steps.left)
        if found is not None:
            self.best = _Swaps(self.problem, found).settle(_Swaps.repairs)
        return found is not None


class _Swaps:
    """Groups improved by exchanging two pupils at a time, first improvement first, until none is left."""

    def __init__(self, problem: Problem, groups: Groups) -> None:
        self.problem = problem
        self.groups = list(groups)
        self.home = [0] * len(problem.values)
        for index, group in enumerate(groups):
            for pupil in members(group):
                self.home[pupil] = index
        self.caseload = [(group & problem.caseload).bit_count() for group in groups]
        self.boys = [(group & problem.boys).bit_count() for group in groups]
        self.sums = [sum(problem.values[pupil] for pupil in members(group)) for group in groups]
        lcm = math.lcm(*problem.sizes)
        self.scale = [lcm // group.bit_count() for group in groups]
        self.total = sum(value * scale for value, scale in zip(self.sums, self.scale, strict=True))

    def settle(self, improves: Callable[[_Swaps, int, int], bool]) -> Groups:
        """The groups after all swaps that improve, at most _PASSES rounds over all pairs of pupils."""
        pupils = range(len(self.home))
        for _ in range(_PASSES):
            swapped = False
            for one in pupils:
                for other in range(one + 1, len(self.home)):
                    if self.home[one] != self.home[other] and improves(self, one, other):
                        self._swap(one, other)
                        swapped = True
            if not swapped:
                break
        return self.groups

    def repairs(self, one: int, other: int) -> bool:
        """True if the swap improves the rank, or keeps it and evens out the counts."""
        shift = self._rank_shift(one, other)
        if shift[0] > 0:
            return False
        uneven = [
            self._uneven_shift(mask, counts, one, other)
            for mask, counts in ((self.problem.caseload, self.caseload), (self.problem.boys, self.boys))
        ]
        return (*shift, *uneven) < (0, 0, 0, 0, 0)

    def refines(self, one: int, other: int) -> bool:
        """True if the swap brings more partners together, or as many and evener means, at no worse rank."""
        together = self._links_shift(self.problem.partners, one, other)
        if together < 0 or (together == 0 and self._variance_shift(one, other) >= 0):
            return False
        return self._rank_shift(one, other) <= (0, 0, 0)

    def _swap(self, one: int, other: int) -> None:
        here, there = self.home[one], self.home[other]
        both = 1 << one | 1 << other
        self.groups[here] ^= both
        self.groups[there] ^= both
        self.home[one], self.home[other] = there, here
        for mask, counts in ((self.problem.caseload, self.caseload), (self.problem.boys, self.boys)):
            step = (mask >> other & 1) - (mask >> one & 1)
            counts[here] += step
            counts[there] -= step
        gain = self.problem.values[other] - self.problem.values[one]
        self.sums[here] += gain
        self.sums[there] -= gain
        self.total += gain * (self.scale[here] - self.scale[there])

    def _rank_shift(self, one: int, other: int) -> Rank:
        """Change of the rank if the two change places."""
        return (
            self._links_shift(self.problem.conflicts, one, other),
            self._excess_shift(self.problem.caseload, self.caseload, one, other),
            self._excess_shift(self.problem.boys, self.boys, one, other),
        )

    def _links_shift(self, links: tuple[int, ...], one: int, other: int) -> int:
        """Change of the number of links inside groups; a link between the two is in neither group."""
        of_one, of_other = links[one], links[other]
        if not of_one and not of_other:
            return 0
        here, there = self.groups[self.home[one]], self.groups[self.home[other]]
        gained = (of_one & there & ~(1 << other)).bit_count() + (of_other & here & ~(1 << one)).bit_count()
        return gained - (of_one & here).bit_count() - (of_other & there).bit_count()

    def _excess_shift(self, mask: int, counts: list[int], one: int, other: int) -> int:
        step = (mask >> other & 1) - (mask >> one & 1)
        if not step:
            return 0
        after = list(counts)
        after[self.home[one]] += step
        after[self.home[other]] -= step
        return excess_spread(after) - excess_spread(counts)

    def _uneven_shift(self, mask: int, counts: list[int], one: int, other: int) -> int:
        """Change of the sum of squared counts, halved: its least value is reached by even counts only."""
        step = (mask >> other & 1) - (mask >> one & 1)
        return step * (counts[self.home[one]] - counts[self.home[other]]) + step * step

    def _variance_shift(self, one: int, other: int) -> int:
        """Change of the scaled variance of the group means, exactly."""
        here, there = self.home[one], self.home[other]
        gain = self.problem.values[other] - self.problem.values[one]
        up, down = gain * self.scale[here], gain * self.scale[there]
        mean_here, mean_there = self.sums[here] * self.scale[here], self.sums[there] * self.scale[there]
        squares = up * (2 * mean_here + up) - down * (2 * mean_there - down)
        moved = up - down
        return len(self.groups) * squares - moved * (2 * self.total + moved)
