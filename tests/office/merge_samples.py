"""An invented school as plain data, and as `Parts` for the merge."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
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
    process: list[dict[str, Any]] = field(default_factory=list)
    conversions: list[dict[str, Any]] = field(default_factory=list)
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
        schema.PROCESS: room.process,
        schema.CONVERSIONS: room.conversions,
    }  # fmt: skip
    parts = Parts(room.path, f"{hash_text(room.path):064x}", 1000, settings, last_log=room.log)
    for sheet, values in tables.items():
        parts.tables[sheet.code] = Table([c.code for c in sheet.columns], rows(values))
        parts.headers[sheet.code] = {c.code: i for i, c in enumerate(sheet.columns, 1)}
    parts.frozen = read_frozen_list(settings.get("freeze_check"), parts.rows(schema.CASELOAD), rows(room.conversions))
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
