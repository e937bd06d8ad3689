"""The demo's figures by hand: read with openpyxl, computed in plain Python, nothing of the programme imported.

What the office had is read from its files; what teachers decided (确认, 状态, 过程评价) from the sheets they typed on.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from functools import cache
from math import ceil, fsum, sqrt
from pathlib import Path
from statistics import NormalDist

import openpyxl

SUBJECTS = ("语文", "数学", "英语")
LADDER = ("待合格", "合格", "良", "优")
EXAMS = {"基线": "开学测", "期中": "期中", "期末": "期末"}
DAYS = {"基线": date(2026, 9, 4), "期中": date(2026, 11, 6), "期末": date(2027, 1, 13)}
BY_PROCESS = ("二年级",)  # at midterm


@cache
def read(path: Path, _: int) -> dict[str, list[tuple]]:
    """Every sheet of a workbook, read once for as long as the file stays the same."""
    workbook = openpyxl.load_workbook(path, data_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in workbook}


def sheets(path: Path) -> dict[str, list[tuple]]:
    return read(path, path.stat().st_mtime_ns)


def sheet_rows(path: Path, sheet: str | None = None, header: int = 1) -> list[dict]:
    found = sheets(path)
    rows = found[sheet] if sheet else next(iter(found.values()))
    return [dict(zip(rows[header - 1], r, strict=True)) for r in rows[header:] if any(v is not None for v in r)]


def books(folder: Path) -> list[Path]:
    return sorted((folder / "班级").glob("*.xlsm"))


def identity(path: Path) -> tuple[str, str]:
    settings = {r["项目"]: r["值"] for r in sheet_rows(path, "设置")}
    return settings["年级"], settings["班级"]


def order(value: object) -> Fraction | None:
    """A number that grows with the result; None for 缺考, 免考 and blanks."""
    if isinstance(value, (int, float)):
        return Fraction(str(value))
    return Fraction(LADDER.index(value)) if value in LADDER else None


def results(folder: Path, exam: str) -> dict[tuple[str, str], dict[str, Fraction]]:
    """(年级, 学科) → 学号 → result, from the office's score file; rows of zeros were not there (spec §4)."""
    found: dict[tuple[str, str], dict[str, Fraction]] = defaultdict(dict)
    for row in sheet_rows(folder / f"成绩_{exam}.xlsx", header=2):
        entered = [row[s] for s in SUBJECTS if row[s] is not None]
        if entered and all(v == 0 for v in entered):
            continue
        for subject in SUBJECTS:
            if (value := order(row[subject])) is not None:
                found[row["年级"], subject][row["学号"]] = value
    return found


def cut_of(values: list[Fraction]) -> Fraction:
    """The ⌈n/5⌉-th result from below, or the largest below the top where that is the top (spec §4.2)."""
    ranked = sorted(values)
    cut = ranked[ceil(Fraction(len(ranked), 5)) - 1]
    return cut if cut < ranked[-1] else max(v for v in ranked if v < ranked[-1])


def gone(pupil: dict, day: date) -> str | None:
    """状态 of a pupil who was no longer there on that day."""
    since = pupil["状态日期"].date() if pupil["状态日期"] else None
    return pupil["状态"] if pupil["状态"] in ("转出", "休学", "流失") and since and since <= day else None


def frozen_rows(path: Path) -> list[dict]:
    return [r for r in sheet_rows(path, "学困生") if r["冻结日期"] is not None and r["类型"] in ("学困", "双困")]


def goals(path: Path, phase: str) -> dict[tuple[str, str], str]:
    """目标达成 by 学号 and 学科: the latest row decides, of one day the lower one."""
    ladder = ("未达成", "基本达成", "达成", "超额")
    rows = [r for r in sheet_rows(path, "过程评价") if r["阶段"] == phase]
    rows.sort(key=lambda r: (r["日期"], -ladder.index(r["目标达成"])))
    return {(r["学号"], r["学科"]): r["目标达成"] for r in rows}


def outcomes(path: Path, grade: str, phase: str, result: dict) -> dict[tuple[str, str], str]:
    """What became of every frozen row that counts, by 学号 and 学科 (spec §4.4)."""
    roster = {r["学号"]: r for r in sheet_rows(path, "名册")}
    by_process = phase == "期中" and grade in BY_PROCESS
    judged = goals(path, phase)
    found = {}
    for row in frozen_rows(path):
        key = row["学号"], row["学科"]
        left = gone(roster[row["学号"]], DAYS[phase])
        reference = result[grade, row["学科"]]
        if left in ("转出", "休学"):
            found[key] = "转出"
        elif by_process:
            found[key] = {None: "缺考", "达成": "已转化", "超额": "已转化"}.get(judged.get(key), "未转化")
        elif left == "流失" or row["学号"] not in reference:
            found[key] = "缺考"
        else:
            above = reference[row["学号"]] > cut_of(list(reference.values()))
            found[key] = "已转化" if above else "未转化"
    return found


def recomputed(folder: Path, phase: str) -> dict[tuple[str, str, str], Counter]:
    """(年级, 班级, 学科) → how many rows in which state."""
    result = results(folder, EXAMS[phase])
    found: dict[tuple[str, str, str], Counter] = defaultdict(Counter)
    for path in books(folder):
        grade, name = identity(path)
        for (_, subject), state in outcomes(path, grade, phase, result).items():
            found[grade, name, subject][state] += 1
    return found


def base_of(counts: Counter) -> int:
    return counts["已转化"] + counts["未转化"] + counts["缺考"]


def pearson(first: dict[str, Fraction], second: dict[str, Fraction]) -> float:
    pairs = [(first[p], second[p]) for p in first.keys() & second.keys()]
    mx, my = (sum(v) / len(pairs) for v in zip(*pairs, strict=True))
    over = sum((x - mx) * (y - my) for x, y in pairs)
    return float(over) / sqrt(sum((x - mx) ** 2 for x, _ in pairs) * sum((y - my) ** 2 for _, y in pairs))


def moments(values: list[Fraction]) -> tuple[Fraction, float]:
    mean = sum(values) / len(values)
    return mean, sqrt(sum((v - mean) ** 2 for v in values) / len(values))


def unaided(first: dict[str, Fraction], second: dict[str, Fraction], pupil: str) -> float:
    """Chance to be above the cut of the second exam, given the first alone (spec §4.4, leave_zone, marks)."""
    (m0, s0), (m1, s1) = moments(list(first.values())), moments(list(second.values()))
    cut = cut_of(list(second.values()))
    following = min(v for v in second.values() if v > cut)
    r = pearson(first, second)
    bar = float((cut + following) / 2 - m1) / s1
    expected = r * float(first[pupil] - m0) / s0
    return 1 - NormalDist().cdf((bar - expected) / sqrt(1 - r * r))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def at_least(chances: list[float], needed: int) -> float:
    """P(X ≥ needed), by the definition: a sum over how many succeed, convolved one pupil at a time."""
    spread = {0: 1.0}
    for p in chances:
        following: dict[int, float] = defaultdict(float)
        for hits, weight in spread.items():
            following[hits] += weight * (1 - p)
            following[hits + 1] += weight * p
        spread = following
    return fsum(weight for hits, weight in spread.items() if hits >= needed)
