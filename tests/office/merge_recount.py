"""The figures of an invented school counted a second time, by other and simpler code.

It shares nothing with the program but the meaning of the words: plain lists, Fractions, statistics.NormalDist.
Source: spec §4.1–4.4, §6.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

from office.merge_samples import DAYS, SUBJECTS, Classroom

NORMAL = statistics.NormalDist()


@dataclass
class Group:
    """A reference: its results, mean and deviation."""

    results: list[Fraction]

    @cached_property
    def mean(self) -> Fraction:
        return sum(self.results, Fraction(0)) / len(self.results)

    @cached_property
    def sd(self) -> float:
        m = self.mean
        return math.sqrt(sum((x - m) ** 2 for x in self.results) / len(self.results))

    def z(self, x: Fraction) -> float:
        return float(x - self.mean) / self.sd if self.sd else 0.0

    @cached_property
    def cut(self) -> Fraction | None:
        """Of the bottom fifth."""
        ordered = sorted(self.results)
        found = ordered[math.ceil(Fraction(1, 5) * len(ordered)) - 1]
        below_top = [x for x in ordered if x < ordered[-1]]
        if not below_top:
            return None
        return below_top[-1] if found == ordered[-1] else found


class Recount:
    """States and chances of every listed row, and the figures of any set of them."""

    def __init__(self, school: list[Classroom], skip: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.school, self.skip = school, skip
        self.rows = [row for room in school for row in self._rows_of(room)]

    # who was there, and what they got

    @staticmethod
    def present(room: Classroom, pupil: str, exam: str) -> bool:
        status, day = room.pupils[pupil]
        if status == "在读":
            return True
        if day is None:
            return status == "转入"
        return day <= DAYS[exam] if status == "转入" else day > DAYS[exam]

    def results(self, room: Classroom, exam: str, subject: str) -> dict[str, Fraction]:
        return {
            p: Fraction(str(x))
            for p, x in room.scores.get((exam, subject), {}).items()
            if isinstance(x, (int, float)) and self.present(room, p, exam)
        }

    # references

    def _same_grade(self, room: Classroom) -> list[Classroom]:
        return [r for r in self.school if r.grade == room.grade]

    @cache  # noqa: B019  the object lives as long as its test
    def _group(self, path: str, exam: str, subject: str) -> tuple[Group | None, float | None]:
        return self._find_group(next(r for r in self.school if r.path == path), exam, subject)

    def in_force(self, room: Classroom, exam: str, subject: str) -> tuple[Group | None, float | None]:
        return self._group(room.path, exam, subject)

    def _find_group(self, room: Classroom, exam: str, subject: str) -> tuple[Group | None, float | None]:
        """The grade's norms for that exam and subject, with r: carried by all alike, else made, else none."""
        peers = self._same_grade(room)
        carried = [r.norms.get((exam, subject)) for r in peers]
        if all(c is not None and c == carried[0] for c in carried):
            results, r = carried[0]
            return Group(results), r
        by_grade = any(c["subject"] == subject and c["reference"] == "年级" for r in peers for c in r.listed)
        if not any(carried) and not by_grade:
            return None, None
        merged = [x for r in peers for p, x in self.results(r, exam, subject).items() if (r.path, p) not in self.skip]
        if not merged:
            return None, None
        return Group(merged), self._merged_r(peers, exam, subject) if exam != "入学" else None

    def _merged_r(self, peers: list[Classroom], exam: str, subject: str) -> float | None:
        pairs = []
        for room in peers:
            first, second = self.results(room, "入学", subject), self.results(room, exam, subject)
            pairs += [(first[p], second[p]) for p in first if p in second and (room.path, p) not in self.skip]
        return correlation(pairs)

    def _reference(self, room: Classroom, kind: str, exam: str, subject: str) -> Group | None:
        if kind == "年级":
            return self.in_force(room, exam, subject)[0]
        return self._own(room.path, exam, subject)

    @cache  # noqa: B019
    def _own(self, path: str, exam: str, subject: str) -> Group | None:
        room = next(r for r in self.school if r.path == path)
        own = list(self.results(room, exam, subject).values())
        return Group(own) if own else None

    @cache  # noqa: B019
    def _r(self, path: str, exam: str, subject: str) -> float | None:
        room = next(r for r in self.school if r.path == path)
        group, r = self.in_force(room, exam, subject)
        if group is not None and r is not None:
            return r
        first, second = self.results(room, "入学", subject), self.results(room, exam, subject)
        pairs = [(first[p], second[p]) for p in first if p in second]
        return correlation(pairs) if len(pairs) >= 20 else None

    # one row

    def _rows_of(self, room: Classroom) -> list[dict[str, Any]]:
        found = []
        for case in room.listed:
            if case["case_type"] == "关注" or (room.path, case["pupil_id"]) in self.skip:
                continue
            for phase in ("期中", "期末"):
                state, chance = self._judge(room, case, phase)
                found.append(
                    {
                        "room": room, "年级": room.grade, "班级": room.name, "学科": case["subject"], "阶段": phase,
                        "任课教师": room.teachers[case["subject"]], "state": state, "chance": chance,
                        "target": room.targets[phase == "期末"],
                    }
                )  # fmt: skip
        return found

    def _judge(self, room: Classroom, case: Mapping[str, Any], exam: str) -> tuple[str, float | None]:
        pupil, subject, kind = case["pupil_id"], case["subject"], case["reference"]
        status, _ = room.pupils[pupil]
        here = self.present(room, pupil, exam)
        if status in ("转出", "休学") and not here:
            return "转出", None
        cells = room.scores.get((exam, subject), {})
        if all(x is None for x in cells.values()):
            return "未考", None
        group = self._reference(room, kind, exam, subject)
        if group is None:
            return ("待常模" if kind == "年级" else "缺考"), None
        if room.exit == "zone" and group.cut is None:
            return "不适用", None
        r = self._r(room.path, exam, subject)
        x = cells.get(pupil)
        if not isinstance(x, (int, float)) or (status == "流失" and not here):
            return "缺考", None if r is None else 0.0
        return self._converted(room, case, group, Fraction(str(x)), r)

    def _converted(
        self, room: Classroom, case: Mapping[str, Any], group: Group, x: Fraction, r: float | None
    ) -> tuple[str, float | None]:
        before = self._reference(room, case["reference"], "入学", case["subject"])
        x0 = room.scores["入学", case["subject"]].get(case["pupil_id"])
        z0 = before.z(Fraction(str(x0))) if before is not None and isinstance(x0, (int, float)) else None
        above = sorted(v for v in group.results if group.cut is not None and v > group.cut)
        if room.exit == "zone":
            met, b = x > group.cut, float((group.cut + above[0]) / 2 - group.mean) / group.sd
        elif room.exit == "mean":
            under = [v for v in group.results if v < group.mean]
            over = [v for v in group.results if v >= group.mean]
            met = x >= group.mean
            b = float((max(under) + min(over)) / 2 - group.mean) / group.sd if under else -math.inf
        else:
            met = z0 is not None and group.z(x) - z0 >= 0.5 - 1e-9
            b = math.inf if z0 is None else z0 + 0.5
        return ("已转化" if met else "未转化"), None if r is None else chance_of(b, z0, r)

    # figures

    def _with_absent_classes(self, mine: list[dict[str, Any]], where: Mapping[str, str]) -> list[dict[str, Any]]:
        """未考 is said of a set of classes: where another class of the set sat, a class that entered nothing is 缺考."""
        sat = set()
        for room in self.school:
            for s in SUBJECTS:
                place = {
                    "年级": room.grade,
                    "班级": room.name,
                    "学科": s,
                    "任课教师": room.teachers[s],
                    "阶段": where["阶段"],
                }
                cells = room.scores.get((where["阶段"], s), {})
                if all(place[k] == v for k, v in where.items()) and any(x is not None for x in cells.values()):
                    sat.add((room.grade, s))
        return [
            {**row, "state": "缺考", "chance": 0.0}
            if row["state"] == "未考" and (row["年级"], row["学科"]) in sat
            else row
            for row in mine
        ]

    def figures(self, **where: str) -> dict[str, Any]:
        """Counts, rate, interval, expectation and luck of the rows with these values."""
        mine = self._with_absent_classes(
            [row for row in self.rows if all(row[k] == v for k, v in where.items())], where
        )
        based = [row for row in mine if row["state"] in ("已转化", "未转化", "缺考")]
        n, k = len(based), sum(row["state"] == "已转化" for row in based)
        chances = [row["chance"] for row in based]
        expected = sum(chances) / n if n and None not in chances else None
        return {
            "基数": n,
            **{s: sum(row["state"] == s for row in mine) for s in ("已转化", "未转化", "缺考", "转出")},
            "转化率": f"{k}/{n}" if n else None,
            "区间": wilson(k, n) if n else None,
            "预期自然转化率": expected,
            "净转化率": k / n - expected if expected is not None else None,
            "chances": chances,
            "n": n,
            "k": k,
        }


def correlation(pairs: list[tuple[Fraction, Fraction]]) -> float | None:
    if len(pairs) < 2 or len({a for a, _ in pairs}) < 2 or len({b for _, b in pairs}) < 2:
        return None
    return statistics.correlation([float(a) for a, _ in pairs], [float(b) for _, b in pairs])


def chance_of(b: float, z0: float | None, r: float) -> float:
    if math.isinf(b):
        return 0.0 if b > 0 else 1.0
    if z0 is None:
        return 1 - NORMAL.cdf(b)
    r = min(max(r, 0.0), 0.99)
    return 1 - NORMAL.cdf((b - r * z0) / math.sqrt(1 - r * r))


def wilson(k: int, n: int) -> list[float]:
    z, p = 1.959964, k / n
    reach = z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    low, high = ((p + z * z / 2 / n + sign * reach) / (1 + z * z / n) for sign in (-1, 1))
    return [0.0 if k == 0 else low, 1.0 if k == n else high]


def tail(chances: list[float], needed: int) -> float:
    """P(at least `needed`), by the polynomial of the chances."""
    ways = defaultdict(float, {0: 1.0})
    for p in chances:
        after: dict[int, float] = defaultdict(float)
        for k, w in ways.items():
            after[k] += w * (1 - p)
            after[k + 1] += w * p
        ways = after
    return sum(w for k, w in ways.items() if k >= needed)
