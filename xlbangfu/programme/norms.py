"""The reference group: how many got which result, and what follows from that.

Everything is counted, never sorted pupil by pupil: a distribution of (result, count) pairs is the reference.
Sums run over exact fractions and are rounded once. Source: spec §4.1, §4.2.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from statistics import NormalDist

from xlbangfu.programme.numbers import clean_text, exact
from xlbangfu.programme.scores import COMMON_LADDERS, FINEST_PLACES, Result, ladder_for
from xlbangfu.schema import LEVELS, MARKS

TOLERANCE = 1e-9  # differences of z are compared inclusively with this much room (spec §4.1)
_NORMAL = NormalDist()


def normal_quantile(share: Fraction | float) -> float:
    """Φ⁻¹, with −∞ at 0 and +∞ at 1; odd about 1/2 to the last bit.

    Odd, so that the middle level of a symmetric class stands at the mean and not a rounding error below it.
    """
    if share <= 0:
        return -math.inf
    if share > Fraction(1, 2):
        return -normal_quantile(1 - share)
    return _NORMAL.inv_cdf(float(share))


def place_of_share(share: Fraction, n: int) -> int:
    """⌈p·n⌉, exactly: the place of the cut score among n sorted results. Source: spec §4.2."""
    return -((-share.numerator * n) // share.denominator)


@dataclass(frozen=True)
class Reference:
    """One exam and subject in one reference group.

    kind: 分数 or 等级. counts: (result, number of pupils) ascending, counts above zero, at least one.
    ladder: for levels all of them, worst first; empty for marks.
    Source: spec §4.1.
    """

    kind: str
    counts: tuple[tuple[Result, int], ...]
    ladder: tuple[str, ...] = ()

    @classmethod
    def of(cls, results: Iterable[Result], kind: str = MARKS, levels: Sequence[str] = ()) -> Reference | None:
        """The reference made of these valid results; None for no results.

        levels: the ladder high to low (as 任课 gives it), needed for levels only.
        Raises ValueError for a level that the ladder does not know.
        """
        counted = Counter(results)
        if not counted:
            return None
        if kind == MARKS:
            return cls(MARKS, tuple(sorted((Fraction(x), c) for x, c in counted.items())))
        ladder = tuple(reversed(ladder_for((str(x) for x in counted), levels) or ()))
        order = {level: i for i, level in enumerate(ladder)}
        if unknown := [str(x) for x in counted if x not in order]:
            raise ValueError(f"levels not on the ladder: {unknown}")
        ranked = sorted(((str(x), c) for x, c in counted.items()), key=lambda pair: order[pair[0]])
        return cls(LEVELS, tuple(ranked), ladder)

    @cached_property
    def n(self) -> int:
        """Number of pupils with a valid result."""
        return sum(c for _, c in self.counts)

    def order(self, result: Result) -> Fraction:
        """A number that grows with the result; marks are themselves, levels their place on the ladder."""
        return result if isinstance(result, Fraction) else Fraction(self._steps[result])

    @cached_property
    def _steps(self) -> dict[str, int]:
        return {level: i for i, level in enumerate(self.ladder)}

    def knows(self, result: Result | None) -> bool:
        """True if the result can be placed in this reference (right kind, level on the ladder)."""
        if result is None:
            return False
        return isinstance(result, Fraction) if self.kind == MARKS else result in self._steps

    def below(self, result: Result) -> int:
        """Number of the reference with a lower result."""
        place = self.order(result)
        return sum(c for x, c in self.counts if self.order(x) < place)

    def equal(self, result: Result) -> int:
        """Number of the reference with just this result."""
        return next((c for x, c in self.counts if x == result), 0)

    def percentile(self, result: Result) -> Fraction:
        """Share of the reference below plus half of those equal."""
        return (self.below(result) + Fraction(self.equal(result), 2)) / self.n

    def value(self, result: Result) -> Fraction:
        """The number that statistics run on: the mark, or Φ⁻¹ of the level's mid-cumulative share.

        The share is clipped to [1/(2n), 1 − 1/(2n)]. Source: spec §4.1 (ridit).
        """
        if isinstance(result, Fraction):
            return result
        return self._level_values[result]

    @cached_property
    def _level_values(self) -> dict[str, Fraction]:
        half = Fraction(1, 2 * self.n)
        return {
            level: Fraction(normal_quantile(min(max(self.percentile(level), half), 1 - half))) for level in self.ladder
        }

    @cached_property
    def mean(self) -> Fraction:
        """μ of the values, exact."""
        return sum((self.value(x) * c for x, c in self.counts), Fraction(0)) / self.n

    @cached_property
    def sd(self) -> float:
        """σ of the values (population, ddof = 0), rounded once; 0 iff all results are equal."""
        if len(self.counts) == 1:
            return 0.0
        squares = sum((self.value(x) ** 2 * c for x, c in self.counts), Fraction(0))
        return math.sqrt(squares / self.n - self.mean**2)

    def z(self, result: Result) -> float:
        """(x − μ)/σ in standard deviations; 0 where σ = 0."""
        return float(self.value(result) - self.mean) / self.sd if self.sd else 0.0

    def below_mean(self, result: Result) -> bool:
        """x < μ, exactly."""
        return self.value(result) < self.mean

    def cut(self, share: Fraction) -> Result | None:
        """The highest result that is still in the bottom `share`; None when all are equal.

        The ⌈p·n⌉-th result of the sorted reference; where that is the highest that occurs, the largest below it.
        Raises ValueError for a share outside (0, 1). Source: spec §4.2.

        >>> Reference.of([Fraction(x) for x in (50, 60, 60, 70, 80)]).cut(Fraction(2, 5))
        Fraction(60, 1)
        """
        if not 0 < share < 1:
            raise ValueError(f"share {share} is not in (0, 1)")
        if len(self.counts) == 1:
            return None
        place, passed = place_of_share(share, self.n), 0
        for result, count in self.counts[:-1]:
            passed += count
            if passed >= place:
                return result
        return self.counts[-2][0]

    def cut_is_lowered(self, share: Fraction) -> bool:
        """True where more than 1 − p have the top result, so that the cut is the largest below it (spec §4.2)."""
        return len(self.counts) > 1 and self.n - self.counts[-1][1] < place_of_share(share, self.n)

    def in_bottom(self, result: Result, share: Fraction) -> bool:
        """x ≤ cut, inclusively. Source: spec §4.2."""
        cut = self.cut(share)
        return cut is not None and self.order(result) <= self.order(cut)

    def next_above(self, result: Result) -> Result | None:
        """The smallest result that occurs above this one."""
        place = self.order(result)
        return next((x for x, _ in self.counts if self.order(x) > place), None)

    def lower_edge(self, level: str) -> float:
        """Φ⁻¹ of the share of the reference below the level, ±∞ allowed. Source: spec §4.1."""
        return normal_quantile(Fraction(self.below(level), self.n))

    def zone_threshold(self, share: Fraction) -> float | None:
        """z_cut: what z must pass to leave the bottom share; None without a cut. Source: spec §4.4."""
        cut = self.cut(share)
        if cut is None:
            return None
        following = self.next_above(cut)
        if following is None:  # cannot be: the cut is never the highest result
            raise ValueError("no result above the cut")
        if isinstance(cut, str) or isinstance(following, str):
            return self.lower_edge(str(following))
        return float((cut + following) / 2 - self.mean) / self.sd

    def mean_threshold(self) -> float:
        """What z must pass to reach the mean: half-way between the results around it. Source: spec §4.4."""
        over = next(x for x, _ in self.counts if self.value(x) >= self.mean)
        if isinstance(over, str):
            return self.lower_edge(over)
        under = [x for x, _ in self.counts if self.value(x) < self.mean]
        if not under or not self.sd:
            return -math.inf  # all equal: everybody is at the mean
        return float((self.value(under[-1]) + over) / 2 - self.mean) / self.sd

    def distribution(self) -> str:
        """The reference as the text of 常模.分布: 「58:3;58.5:1」, ascending."""
        return ";".join(f"{result_text(x)}:{c}" for x, c in self.counts)


def result_text(result: Result) -> str:
    """A mark as its decimal text, unrounded and without powers of ten; a level as it is.

    >>> result_text(Fraction(117, 2)), result_text(Fraction(-1, 10**5))
    ('58.5', '-0.00001')
    """
    if isinstance(result, str):
        return result
    whole, rest = divmod(abs(result), 1)
    places = next(k for k in range(FINEST_PLACES + 1) if (rest * 10**k).denominator == 1 or k == FINEST_PLACES)
    decimals = f".{math.floor(rest * 10**places):0{places}d}" if places else ""
    return ("-" if result < 0 else "") + str(whole) + decimals


def read_distribution(text: str, levels: Sequence[str] = ()) -> Reference:
    """The reference that a text of 常模.分布 says.

    levels: the ladder high to low, for levels that did not occur; else a usual one that fits. Raises ValueError on anything but
    ascending 「result:count」 pairs parted by semicolons.
    """
    pairs: list[tuple[str, int]] = []
    for part in clean_text(text).split(";"):
        result, colon, count = part.strip().rpartition(":")
        if not colon or not result.strip() or not count.strip().isdigit() or int(count) < 1:
            raise ValueError(f"not a result:count pair: {part!r}")
        pairs.append((result.strip(), int(count)))
    numbers = [exact(result) for result, _ in pairs]
    if all(x is not None for x in numbers):
        marks = tuple((x, c) for x, (_, c) in zip(numbers, pairs, strict=True) if x is not None)
        if any(a[0] >= b[0] for a, b in pairwise(marks)):
            raise ValueError("the distribution is not ascending")
        return Reference(MARKS, marks)
    if any(x is not None for x in numbers) or len({r for r, _ in pairs}) < len(pairs):
        raise ValueError("marks and levels are mixed, or a level stands twice")
    occurring = [r for r, _ in pairs]
    ladders = (tuple(reversed(ladder)) for ladder in (levels, *COMMON_LADDERS))
    fitting = (ladder for ladder in ladders if [level for level in ladder if level in occurring] == occurring)
    return Reference(LEVELS, tuple(pairs), next(fitting, tuple(occurring)))


def correlation(pairs: Iterable[tuple[Fraction, Fraction]]) -> float | None:
    """Pearson's r over exact pairs; None for fewer than two pairs or where one side does not vary."""
    counted = Counter(pairs)
    n = sum(counted.values())
    if n < 2:
        return None
    sums = [Fraction(0)] * 5
    for (x, y), c in counted.items():
        for i, term in enumerate((x, y, x * x, y * y, x * y)):
            sums[i] += term * c
    sx, sy, sxx, syy, sxy = sums
    over, under_x, under_y = n * sxy - sx * sy, n * sxx - sx * sx, n * syy - sy * sy
    if under_x <= 0 or under_y <= 0:
        return None
    square = Fraction(over * over, 1) / (under_x * under_y)
    return math.copysign(math.sqrt(square), over)


def paired_values(
    first: Mapping[str, Result], second: Mapping[str, Result], one: Reference, two: Reference
) -> list[tuple[Fraction, Fraction]]:
    """The values of everybody who has a result that both references can place, in 学号 order."""
    return [
        (one.value(first[p]), two.value(second[p]))
        for p in sorted(first.keys() & second.keys())
        if one.knows(first[p]) and two.knows(second[p])
    ]
