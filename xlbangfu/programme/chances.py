"""What chance alone would do: intervals, regression to the mean, luck.

Source: spec §4.4 (Wilson 1927 interval; conditional normal; Poisson–binomial tail by convolution).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

WILSON_Z = 1.959964
RELIABLE = 1.96
EXACT_TAIL_ROWS = 5_000  # beyond: normal approximation with half-step


def upper_tail(x: float) -> float:
    """1 − Φ(x)."""
    return 0.5 * math.erfc(x / math.sqrt(2))


def clip_correlation(r: float) -> float:
    """r within [0, 0.99], as the formulas of §4.4 take it."""
    return min(max(r, 0.0), 0.99)


def natural_chance(threshold: float, baseline_z: float | None, r: float) -> float:
    """Probability of passing `threshold` (in z at t) unaided, given the baseline z; in [0, 1].

    baseline_z None: no valid baseline, P = 1 − Φ(b). Source: spec §4.4.
    """
    if math.isinf(threshold):
        return 0.0 if threshold > 0 else 1.0
    if baseline_z is None:
        return upper_tail(threshold)
    r = clip_correlation(r)
    return upper_tail((threshold - r * baseline_z) / math.sqrt(1 - r * r))


def wilson_interval(successes: int, n: int) -> tuple[float, float] | None:
    """The 95 % interval of a share; None for n = 0. Lower bound 0 if none, upper 1 if all.

    Source: Wilson 1927, z = 1.959964.
    """
    if n == 0:
        return None
    share, square = successes / n, WILSON_Z**2
    middle = share + square / (2 * n)
    reach = WILSON_Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    scale = 1 + square / n
    low = 0.0 if successes == 0 else (middle - reach) / scale
    high = 1.0 if successes == n else (middle + reach) / scale
    return max(low, 0.0), min(high, 1.0)


def successes_needed(target: Fraction, base: int) -> int:
    """⌈target·base⌉, exactly."""
    return -((-target.numerator * base) // target.denominator)


def luck(chances: Sequence[float], needed: int) -> float:
    """P(X ≥ needed) for independent successes with these chances. Source: spec §4.4."""
    if needed <= 0:
        return 1.0
    if needed > len(chances):
        return 0.0
    ordered = sorted(chances)  # the result must not depend on row order
    if len(ordered) > EXACT_TAIL_ROWS:
        mean = math.fsum(ordered)
        sd = math.sqrt(math.fsum(p * (1 - p) for p in ordered))
        return upper_tail((needed - 0.5 - mean) / sd) if sd else float(mean >= needed)
    exactly = [1.0]
    for p in ordered:
        exactly.append(0.0)
        for k in range(len(exactly) - 1, 0, -1):
            exactly[k] = exactly[k] * (1 - p) + exactly[k - 1] * p
        exactly[0] *= 1 - p
    return min(max(math.fsum(exactly[needed:]), 0.0), 1.0)


def reliable_change(before: float, after: float, r: float) -> float:
    """RCI = (z_t − z_0)/√(2(1 − r)). Source: spec §4.4 (Jacobson & Truax 1991)."""
    return (after - before) / math.sqrt(2 * (1 - clip_correlation(r)))


def beyond_regression(before: float, after: float, r: float) -> float:
    """(z_t − r·z_0)/√(1 − r²): the change corrected for regression to the mean. Source: spec §4.4."""
    r = clip_correlation(r)
    return (after - r * before) / math.sqrt(1 - r * r)
