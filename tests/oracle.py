"""A second, slow and simple reading of spec §4: bottom share, leave_zone, expected rate, luck. Written from the sentences.

Nothing of the project is imported: lists and loops over pupils, numbers from scipy. One subject; everybody flagged
is confirmed and frozen. The sentences are quoted where they are carried out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import product

from scipy.special import ndtr, ndtri

POINTS = ("基线", "期中", "期末")
ABSENCES = ("缺考", "免考", "缓考")


@dataclass
class World:
    """One class in one subject. ladder: levels low to high. grade: results of the whole grade, None = no 常模."""

    share: Fraction
    target: dict[str, Fraction]
    pupils: dict[str, tuple[str, date | None]]  # 学号 → 状态, 状态日期
    days: dict[str, date | None]
    cells: dict[str, dict[str, object]]
    ladder: tuple[str, ...] = ()
    full_points: Fraction | None = None
    zeros_absent: bool = True
    grade: dict[str, list | None] = field(default_factory=dict)
    grade_r: dict[str, Fraction | None] = field(default_factory=dict)


def was_there(status, since, day):
    """在读; 转入 with 状态日期 on or before it; 转出/休学 with 状态日期 after it; a blank date: 状态 decides."""
    if status == "在读":
        return True
    if since is None or day is None:
        return status == "转入"
    if status == "转入":
        return since <= day
    return since > day


def valid_results(world, point):
    """缺考, 免考, 缓考, blank and out-of-range values are never zero; a row of noughts is computed as 缺考."""
    found = {}
    for pupil, cell in world.cells[point].items():
        if cell is None or cell in ABSENCES:
            continue
        if cell in world.ladder:
            found[pupil] = cell
            continue
        number = Fraction(str(cell))
        if number == 0 and world.zeros_absent:
            continue
        if world.full_points is not None and (number < 0 or number > world.full_points):
            continue
        found[pupil] = number
    return found


def group_results(world, point, kind):
    """The grade, through 常模; else the class itself, those who were there."""
    if kind == "年级":
        return world.grade.get(point)
    day, everybody = world.days[point], valid_results(world, point)
    return [x for p, x in everybody.items() if was_there(*world.pupils[p], day)]


def rank(world, result):
    return world.ladder.index(result) if isinstance(result, str) else result


def value(world, result, group):
    """Φ⁻¹ of (number below + half its own)/n, clipped to [1/(2n), 1 − 1/(2n)]; a mark is itself."""
    if not isinstance(result, str):
        return float(result)
    n = len(group)
    below = sum(rank(world, x) < rank(world, result) for x in group)
    own = sum(x == result for x in group)
    share = (below + own / 2) / n
    return float(ndtri(min(max(share, 1 / (2 * n)), 1 - 1 / (2 * n))))


def mean_and_sd(world, group):
    values = [value(world, x, group) for x in group]
    mean = math.fsum(values) / len(values)
    if len(set(group)) == 1:
        return mean, 0.0
    return mean, math.sqrt(math.fsum((v - mean) ** 2 for v in values) / len(values))


def z_score(world, result, group):
    mean, sd = mean_and_sd(world, group)
    return 0.0 if sd == 0 else (value(world, result, group) - mean) / sd


def cut_score(world, group):
    """Sort ascending, take the ⌈p·n⌉-th; if it is the highest that occurs, the largest below it; all equal: none."""
    ranked = sorted(group, key=lambda x: rank(world, x))
    if len(set(ranked)) == 1:
        return None
    place = 1
    while place < world.share * len(ranked):
        place += 1
    found = ranked[place - 1]
    if found == ranked[-1]:
        found = [x for x in ranked if x != ranked[-1]][-1]
    return found


def z_cut(world, group):
    """((cut_t + next_t)/2 − μ_t)/σ_t; for levels the lower edge of the next occurring level above the cut."""
    cut = cut_score(world, group)
    above = min((x for x in group if rank(world, x) > rank(world, cut)), key=lambda x: rank(world, x))
    if isinstance(cut, str):
        return float(ndtri(sum(rank(world, x) < rank(world, above) for x in group) / len(group)))
    mean, sd = mean_and_sd(world, group)
    return ((float(cut) + float(above)) / 2 - mean) / sd


def screened(world):
    """学号 → 基线成绩, 标准分, 百分位, 参照 of everybody in the bottom share at the baseline."""
    kind = "年级" if world.grade.get("基线") is not None else "本班"
    group = group_results(world, "基线", kind)
    if not group or cut_score(world, group) is None:
        return {}
    cut, found = cut_score(world, group), {}
    for pupil, x in valid_results(world, "基线").items():
        status, since = world.pupils[pupil]
        in_class = was_there(status, since, world.days["基线"]) or status in ("在读", "转入")
        if in_class and rank(world, x) <= rank(world, cut):
            below = sum(rank(world, y) < rank(world, x) for y in group)
            percentile = Fraction(2 * below + sum(y == x for y in group), 2 * len(group))
            found[pupil] = (x, z_score(world, x, group), percentile, kind)
    return found


def correlation(world, phase):
    """r from 常模; without it, from the class if at least 20 pupils have both exams; clipped to [0, 0.99]."""
    r = world.grade_r.get(phase)
    if r is None:
        first, second = valid_results(world, "基线"), valid_results(world, phase)
        both = [
            p
            for p in first
            if p in second and all(was_there(*world.pupils[p], world.days[point]) for point in ("基线", phase))
        ]
        if len(both) < 20:
            return None
        groups = [group_results(world, point, "本班") for point in ("基线", phase)]
        xs = [value(world, first[p], groups[0]) for p in both]
        ys = [value(world, second[p], groups[1]) for p in both]
        if len({first[p] for p in both}) == 1 or len({second[p] for p in both}) == 1:
            return None
        mx, my = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
        sxy = math.fsum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True))
        r = sxy / math.sqrt(math.fsum((x - mx) ** 2 for x in xs) * math.fsum((y - my) ** 2 for y in ys))
    return min(max(float(r), 0.0), 0.99)


def states(world, phase):
    """学号 → (状态, P) for everybody on the frozen list."""
    base = screened(world)
    results, typed = valid_results(world, phase), any(c is not None for c in world.cells[phase].values())
    r, found = correlation(world, phase), {}
    for pupil, (x0, _, _, kind) in base.items():
        status, since = world.pupils[pupil]
        gone = not was_there(status, since, world.days[phase])
        if status in ("转出", "休学") and gone:
            found[pupil] = ("转出", None)
            continue
        if not typed:
            found[pupil] = ("未考", None)
            continue
        group = group_results(world, phase, kind)
        if group is None:
            found[pupil] = ("待常模", None)
            continue
        if group and cut_score(world, group) is None:
            found[pupil] = ("不适用", None)
            continue
        if pupil not in results or not group or (status == "流失" and gone):
            found[pupil] = ("缺考", None if r is None else 0.0)
            continue
        cut = cut_score(world, group)
        converted = rank(world, results[pupil]) > rank(world, cut)
        chance = None
        if r is not None:
            z0 = z_score(world, x0, group_results(world, "基线", kind))
            chance = float(ndtr(-(z_cut(world, group) - r * z0) / math.sqrt(1 - r * r)))
        found[pupil] = ("已转化" if converted else "未转化", chance)
    return found


def figures(world, phase):
    """The row of 转化统计: counts, rate, interval, expected rate, luck."""
    rows = list(states(world, phase).values())
    counts = {s: sum(state == s for state, _ in rows) for s in ("已转化", "未转化", "缺考", "转出")}
    base = counts["已转化"] + counts["未转化"] + counts["缺考"]
    found = {**counts, "基数": base, "转化率": None, "区间": None, "达标": None, "预期": None, "净": None, "偶然": None}
    if base == 0:
        return found
    won, target = counts["已转化"], world.target[phase]
    found["转化率"] = Fraction(won, base)
    found["达标"] = Fraction(won) >= target * base
    found["区间"] = wilson(won, base)
    chances = [p for state, p in rows if state in ("已转化", "未转化", "缺考")]
    if None not in chances:
        found["预期"] = math.fsum(chances) / base
        found["净"] = won / base - found["预期"]
        found["偶然"] = at_least(chances, target * base)
    return found


def wilson(won, n):
    z = 1.959964
    centre = (won + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(won * (n - won) / n + z * z / 4)
    return (0.0 if won == 0 else centre - half, 1.0 if won == n else centre + half)


def at_least(chances, needed):
    """P(X ≥ needed): every outcome up to ten rows, else by adding one pupil after another."""
    if len(chances) <= 10:
        outcomes = product((0, 1), repeat=len(chances))
        return math.fsum(
            math.prod(p if won else 1 - p for p, won in zip(chances, outcome, strict=True))
            for outcome in outcomes
            if sum(outcome) >= needed
        )
    ways = {0: 1.0}
    for p in chances:
        further: dict[int, float] = {}
        for k, weight in ways.items():
            further[k] = further.get(k, 0.0) + weight * (1 - p)
            further[k + 1] = further.get(k + 1, 0.0) + weight * p
        ways = further
    return math.fsum(weight for k, weight in ways.items() if k >= needed)
