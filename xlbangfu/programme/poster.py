"""The sheet for the wall: every pupil of the class with the partners they study with.

It must not tell who is on the caseload, so this module is given nothing that could: which of the two helps, in what
subject, who was confirmed, which marks; it sees unordered pairs of 学号. What is left to guess from is the shape:

- A helper has at most two pupils to help, so whoever stood beside three names would be a pupil who is helped. Pairs
  that hang together are therefore drawn as circles of up to four who are all partners of each other: beside
  everybody stand the others of the circle, the one in its middle looks like the rest, and nobody is in more than
  two circles, as a helper may well be.
- A child whom a teacher or a parent helps would stand alone, and so would everybody who neither helps nor is helped.
  Whoever has no pair is joined to pupils of the own study group, and to those first who have none either; a circle
  of two or three may be the one as well as the other.

What a sheet of real pairs cannot hide: that of two partners from different study groups one helps the other.
Which of them, it does not say. Source: spec §7, §4.5, §4.6.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any, TypeAlias

from xlbangfu.programme.classroom import is_active
from xlbangfu.programme.records import running_pairs
from xlbangfu.table import Row

CIRCLE = 4  # pupils; few enough to sit around one table
MOST_CIRCLES = 2  # of one pupil
JOINT = "、"
ALONE = "—"
Circle: TypeAlias = frozenset[int]  # places in the order of 学号, from 0


def poster_rows(
    roster: Iterable[Mapping[str, Any]], pairs: Iterable[tuple[str, str]], groups: Iterable[Mapping[str, Any]]
) -> list[Row]:
    """One row per pupil of the class in 学号 order: name, partners (names joined with 、).

    roster: rows of 名册; 在读 and 转入 stand on the sheet. pairs: as `between_pupils` gives them. groups: rows of 小组; a pupil without one counts as being
    together with all others without one. The 学号 orders the rows and does not stand on the sheet: names are
    enough for a class to find itself, and a posted number opens other doors. Namesakes are told apart by seat.
    Source: spec §7.
    """
    pupils = sorted((r for r in roster if r.get("pupil_id") and is_active(r)), key=id_order)
    place = {r["pupil_id"]: i for i, r in enumerate(pupils)}
    joined = {frozenset((place[a], place[b])) for a, b in pairs}
    group_of = {r["pupil_id"]: r.get("group_id") or "" for r in groups if r.get("pupil_id")}
    circles = study_circles([group_of.get(r["pupil_id"], "") for r in pupils], joined)
    names = shown_names(pupils)
    partners = [sorted({j for c in circles if i in c for j in c} - {i}) for i in range(len(pupils))]
    return [
        Row({"name": names[i], "partners": JOINT.join(names[j] for j in found) or ALONE})
        for i, found in enumerate(partners)
    ]


def between_pupils(pairs: Iterable[Row], pupils: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """The two 学号 of each pair that counts, smaller first: confirmed, not ended, both among the pupils."""
    there = {r["pupil_id"] for r in pupils}
    found = [sorted((r.get("tutee_id") or "", r.get("tutor_id") or "")) for r in running_pairs(pairs)]
    return {(one, two) for one, two in found if one != two and {one, two} <= there}


def id_order(row: Mapping[str, Any]) -> tuple[int, str]:
    """Order of 学号: shorter numbers first, so that 9 stands before 10."""
    return len(row["pupil_id"]), row["pupil_id"]


def shown_names(pupils: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names as they stand on the sheet; namesakes with their seat, or numbered in order where that says nothing."""
    names = [r.get("name") or ALONE for r in pupils]
    often = Counter(names)
    seats = Counter((name, r.get("seat") or "") for name, r in zip(names, pupils, strict=True))
    seen: Counter[str] = Counter()
    shown = []
    for name, pupil in zip(names, pupils, strict=True):
        seen[name] += 1
        seat = pupil.get("seat") or ""
        told = seat if seat and seats[name, seat] == 1 else str(seen[name])
        shown.append(f"{name}（{told}）" if often[name] > 1 else name)
    return shown


def study_circles(group_of: Sequence[str], pairs: Iterable[frozenset[int]]) -> list[Circle]:
    """Circles that hold every pair and every pupil, in order; at most two for anybody.

    group_of: the study group of each pupil in 学号 order. pairs: unordered, by place in that order.
    They depend on nothing else, and not on the order of the pairs. Who has no pair: those of one group by twos,
    the last three together; one alone joins the smallest circle that holds a pupil of the group; those left over,
    one from a group, likewise by twos, and a last one the smallest circle of all. A class of one has no circle.
    """
    circles = _limited(_gathered(_ordered(pairs)))
    lonely: dict[str, list[int]] = {}
    for pupil, group in enumerate(group_of):
        if not any(pupil in c for c in circles):
            lonely.setdefault(group, []).append(pupil)
    circles += [c for alone in lonely.values() if len(alone) > 1 for c in _by_twos(alone)]
    strays = []
    for group, alone in sorted(lonely.items()):
        own = [c for c in circles if any(group_of[p] == group for p in c)]
        if own and len(alone) == 1:
            circles = _joined(circles, own, alone[0])
        elif len(alone) == 1:
            strays += alone
    if len(strays) > 1:
        circles += _by_twos(sorted(strays))
    elif strays and circles:
        circles = _joined(circles, circles, strays[0])
    return _ordered(circles)


def _ordered(circles: Iterable[Circle]) -> list[Circle]:
    return sorted(set(circles), key=sorted)


def _merged(circles: Sequence[Circle], union: Circle) -> list[Circle]:
    """The circles with `union` in place of all that lie within it."""
    return _ordered([*(c for c in circles if not c <= union), union])


def _gathered(circles: list[Circle]) -> list[Circle]:
    """Circles that share a pupil made one, smallest first, as long as it holds no more than CIRCLE."""
    while True:
        unions = {a | b for a, b in combinations(circles, 2) if a & b and len(a | b) <= CIRCLE}
        if not unions:
            return circles
        circles = _merged(circles, min(unions, key=lambda u: (len(u), sorted(u))))


def _limited(circles: list[Circle]) -> list[Circle]:
    """The two smallest circles of whoever is in too many made one, whatever its size, until nobody is."""
    while True:
        often = Counter(pupil for c in circles for pupil in c)
        crowded = min((p for p, n in often.items() if n > MOST_CIRCLES), default=None)
        if crowded is None:
            return circles
        small = sorted((c for c in circles if crowded in c), key=lambda c: (len(c), sorted(c)))
        circles = _merged(circles, small[0] | small[1])


def _by_twos(lonely: Sequence[int]) -> list[Circle]:
    """Circles of two in order, the last of three where the number is odd. At least two pupils."""
    cuts = [*range(0, len(lonely) - 1, 2), len(lonely)]
    return [frozenset(lonely[a:b]) for a, b in pairwise(cuts)]


def _joined(circles: Sequence[Circle], candidates: Iterable[Circle], pupil: int) -> list[Circle]:
    """The circles with one pupil more in the smallest of the candidates."""
    smallest = min(candidates, key=lambda c: (len(c), sorted(c)))
    return _merged(circles, smallest | {pupil})
