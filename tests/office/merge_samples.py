"""An invented school as plain data, as `Parts` for the merge, and counted a second time by other, simpler code.

The second counting (`Recount`) shares nothing with the program but the meaning of the words: plain lists,
Fractions, statistics.NormalDist. Source: spec §4.1–4.4, §6.
"""

from __future__ import annotations

import math
import os
import random
import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

from xlbangfu import schema
from xlbangfu.office.combine import Gathered, School, combine
from xlbangfu.office.merge_files import Candidate, Unread
from xlbangfu.office.parts import Parts, read_parts
from xlbangfu.programme import rules
from xlbangfu.programme.freezing import read_frozen_list
from xlbangfu.table import Row, Table

TODAY = date(2027, 1, 22)
SUBJECTS = ("语文", "数学")
EXAMS = ("入学", "期中", "期末")
DAYS = {"入学": date(2026, 9, 5), "期中": date(2026, 11, 5), "期末": date(2027, 1, 15)}
EXITS = {"zone": rules.LeaveZone(), "mean": rules.ReachAverage(), "gain": rules.Gain(Fraction(1, 2))}


@dataclass
class Classroom:
    """One class as plain data. scores: (exam, subject) → 学号 → mark, 缺考 or nothing. listed: rows of 学困生."""

    grade: str
    name: str
    exit: str = "zone"
    policy_id: str = "S7"
    targets: tuple[Fraction | None, Fraction | None] = (Fraction(2, 5), Fraction(3, 5))
    pupils: dict[str, tuple[str, date | None]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    scores: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    listed: list[dict[str, Any]] = field(default_factory=list)
    teachers: dict[str, str] = field(default_factory=dict)
    norms: dict[tuple[str, str], tuple[list[Fraction], float | None]] = field(default_factory=dict)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)
    term: str = "2026秋"
    file: str = ""
    log: datetime | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.file or f"{self.grade}{self.name}.xlsm"

    def policy(self) -> rules.Policy:
        midterm, final = self.targets
        return rules.Policy(
            self.policy_id,
            "测试制度",
            rules.BottomShare(),
            EXITS[self.exit],
            midterm_target=midterm,
            final_target=final,
            documents=schema.DOCUMENTS,
        )

    def add_pupils(self, n: int, first: int = 1, prefix: str | None = None) -> list[str]:
        known = prefix if prefix is not None else f"{abs(hash_text(self.grade + self.name)) % 10**6:06d}"
        ids = [f"{known}{i:02d}" for i in range(first, first + n)]
        for p in ids:
            self.pupils[p] = ("在读", None)
            self.names[p] = f"测试{p}"
        return ids


def hash_text(text: str) -> int:
    """A number that is the same in every process."""
    return sum(ord(c) * 131**i for i, c in enumerate(text)) % 10**9


def distribution(results: list[Fraction]) -> str:
    return ";".join(f"{float(x):g}:{results.count(x)}" for x in sorted(set(results)))


def rows(values: list[dict[str, Any]], start: int = 2) -> list[Row]:
    return [Row(v, at=i) for i, v in enumerate(values, start)]


def parts_of(room: Classroom) -> Parts:
    """The class as a worker would have read it."""
    settings: dict[str, Any] = {s.code: None for s in schema.SETTING_ROWS}
    settings |= {
        "school": "测试小学", "term": room.term, "grade": room.grade, "class_name": room.name, "policy": room.policy_id,
        "schema_version": 1, "homeroom_teacher": "测试班主任", "baseline_exam": "入学", "midterm_exam": "期中",
        "final_exam": "期末", "baseline_date": DAYS["入学"], "midterm_date": DAYS["期中"], "final_date": DAYS["期末"],
        "term_start": date(2026, 9, 1), "term_end": date(2027, 1, 20), **room.settings,
    }  # fmt: skip
    tables = {
        schema.TEACHING: [
            {"subject": s, "teacher": room.teachers.get(s), "full_points": None, "scoring": "分数", "levels": None}
            for s in SUBJECTS
        ],
        schema.ROSTER: [
            {"pupil_id": p, "name": room.names[p], "status": status, "status_date": day, "care": ()}
            for p, (status, day) in room.pupils.items()
        ],
        schema.SCORES: [
            {"exam": e, "pupil_id": p, "name": room.names[p], **{s: room.scores.get((e, s), {}).get(p) for s in SUBJECTS}}
            for e in EXAMS
            for p in room.pupils
        ],
        schema.NORMS: [
            {
                "grade": room.grade, "exam": e, "subject": s, "n": len(results), "distribution": distribution(results),
                "baseline_exam": "入学" if r is not None else None,
                "baseline_r": Fraction(repr(r)) if r is not None else None,
            }
            for (e, s), (results, r) in room.norms.items()
        ],
        schema.CASELOAD: [
            {"confirmed": "是", "standing": "仍符合", "name": room.names.get(c["pupil_id"]), "frozen_on": None, **c}
            for c in room.listed
        ],
        schema.SESSIONS: room.sessions,
        schema.WRITTEN: room.written,
    }  # fmt: skip
    parts = Parts(room.path, f"{hash_text(room.path):064x}", 1000, settings, last_log=room.log)
    for sheet, values in tables.items():
        parts.tables[sheet.code] = Table([c.code for c in sheet.columns], rows(values))
        parts.headers[sheet.code] = {c.code: i for i, c in enumerate(sheet.columns, 1)}
    parts.frozen = read_frozen_list(settings.get("freeze_check"), parts.rows(schema.CASELOAD), [])
    return parts


def merged(rooms: list[Classroom], **options: Any) -> School:
    """The school of these classes, files in random order."""
    read = [parts_of(r) for r in rooms]
    random.Random(len(rooms)).shuffle(read)
    return combine(Gathered(read), {r.path: r.policy() for r in rooms}, **options)


# ---- a random school ------------------------------------------------------------------------------------


def random_school(seed: int) -> list[Classroom]:
    """Grades of one to three classes; norms carried alike, differing or not at all; mixed policies and targets."""
    chance = random.Random(seed)
    school = []
    for grade in ("三年级", "四年级", "五年级")[: chance.randint(1, 3)]:
        carried = chance.choice(["all", "none", "some"])
        same_grade = []
        for i in range(1, chance.randint(1, 3) + 1):
            room = Classroom(grade, f"{i}班")
            if chance.random() < 0.3:
                room.exit, room.policy_id = chance.choice([("mean", "S1"), ("gain", "S10")])
            if chance.random() < 0.3:
                room.targets = (Fraction(1, 2), Fraction(7, 10))
            room.teachers = {s: chance.choice(["测试甲", "测试乙", "测试丙"]) for s in SUBJECTS}
            _fill(room, chance)
            same_grade.append(room)
        if carried != "none":
            _carry(same_grade, chance, differing=carried == "some")
        for room in same_grade:
            room.listed = _list(room, chance)
        school += same_grade
    return school


def _fill(room: Classroom, chance: random.Random) -> None:
    ids = room.add_pupils(chance.randint(8, 30))
    for p in ids:
        if chance.random() < 0.1:
            room.pupils[p] = (
                chance.choice(["转入", "转出", "休学", "流失"]),
                chance.choice([None, date(2026, 10, 1), date(2026, 12, 1)]),
            )
    ability = {p: chance.gauss(0, 1) for p in ids}
    for s in SUBJECTS:
        for e in EXAMS:
            room.scores[e, s] = {}
            for p in ids:
                mark = round((70 + 12 * (ability[p] + chance.gauss(0, 0.6))) * 2) / 2
                draw = chance.random()
                room.scores[e, s][p] = "缺考" if draw < 0.05 else None if draw < 0.08 else mark
    if chance.random() < 0.2:  # a phase that nobody has entered yet
        for s in SUBJECTS:
            room.scores["期末", s] = {}


def _carry(same_grade: list[Classroom], chance: random.Random, *, differing: bool) -> None:
    for s in SUBJECTS:
        for e in EXAMS:
            results = [Fraction(round(chance.gauss(70, 14) * 2), 2) for _ in range(60)]
            r = round(chance.uniform(0.5, 0.9), 3) if e != "入学" else None
            for room in same_grade:
                if differing and chance.random() < 0.4:
                    continue
                room.norms[e, s] = (results, r)


def _list(room: Classroom, chance: random.Random) -> list[dict[str, Any]]:
    listed = []
    for s in SUBJECTS:
        kind = "年级" if room.norms and chance.random() < 0.8 else "本班"
        for p in room.pupils:
            if chance.random() < 0.3:
                case_type = chance.choice(["学困", "学困", "双困", "关注"])
                listed.append({"pupil_id": p, "subject": s, "case_type": case_type, "reference": kind})
    return listed


# ---- counted again, simply ------------------------------------------------------------------------------

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


# ---- for the process pool: importable by name in a worker --------------------------------------------------


def double_or_die(item: int) -> int:
    """Twice the item; 13 ends its process at once, 7 raises."""
    if item == 13:
        os._exit(1)
    if item == 7:
        raise RuntimeError("seven")
    return 2 * item


def read_or_die(candidate: Candidate) -> Parts | Unread:
    """A reader that a certain file kills."""
    if candidate.file.endswith("1班.xlsm"):
        os._exit(1)
    return read_parts(candidate)
