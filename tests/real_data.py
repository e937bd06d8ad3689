"""Real score data as the files an office would have: ROSTER, TEACHING and one score FILE per exam.

Only what a source lacks is added: 年级, 班级, a row number as 学号, names of exams. No score is rounded or left
out. The folder is named by XLBANGFU_REAL_DATA; none of the data is copied into the repository.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl

FOLDER = Path(os.environ.get("XLBANGFU_REAL_DATA") or "")
MISSING = "XLBANGFU_REAL_DATA 没有设置" if not os.environ.get("XLBANGFU_REAL_DATA") else ""
GRADE = "全年级"


@dataclass(frozen=True)
class Source:
    """Files of one data set. exams: name of the exam → score file, the first is the baseline."""

    name: str
    roster: Path
    teaching: Path
    exams: dict[str, Path]
    grade: str = GRADE


@dataclass(frozen=True)
class Expected:
    """One line of the table in the data's README."""

    subject: str
    valid: int
    cut: float
    flagged: int
    exam: str
    valid_later: int
    cut_later: float
    converted: int
    absent: int
    r: float
    expected_percent: float


EXPECTED: dict[str, tuple[Expected, ...]] = {
    "grade9": (
        Expected("语文", 289, 77.5, 62, "九上期末", 290, 77, 16, 1, 0.868, 30.1),
        Expected("数学", 288, 53.5, 58, "九上期末", 290, 60.5, 9, 1, 0.878, 13.9),
        Expected("英语", 289, 54.5, 58, "九上期末", 290, 49.6, 12, 1, 0.926, 18.9),
    ),
    "student-mat": (
        Expected("数学", 395, 8, 111, "G2", 382, 8, 34, 9, 0.908, 27.7),
        Expected("数学", 395, 8, 111, "G3", 357, 9, 25, 27, 0.892, 17.2),
    ),
    "egsingle": (
        Expected("数学", 541, -1.76, 111, "0.5", 579, -1.34, 36, 8, 0.779, 37.8),
        Expected("数学", 541, -1.76, 111, "1.5", 501, -0.67, 35, 31, 0.748, 32.6),
    ),
}


def _write(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in rows:
        sheet.append(list(row))
    workbook.save(path)
    return path


def _csv(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def grade9(out: Path) -> Source:
    """The Chinese files go in as they are; only the teaching sheet is ours."""
    subjects = ("语文", "数学", "英语", "物理", "化学", "道法", "历史")
    teaching = _write(out / "任课.xlsx", [("年级", "班级", "学科"), *(("初三", None, s) for s in subjects)])
    folder = FOLDER / "grade9"
    exams = {name: folder / f"{name}.xlsx" for name in ("八下期末", "九上期末")}
    return Source("grade9", folder / "学生信息.xlsx", teaching, exams, "初三")


def student_mat(out: Path) -> Source:
    """Rows have no number of their own: the row number is the 学号, the school is the class."""
    rows = _csv("student-mat.csv")
    ids = [f"{i:04d}" for i in range(1, len(rows) + 1)]
    roster = [(GRADE, r["school"], i) for i, r in zip(ids, rows, strict=True)]
    scores = {
        exam: _write(
            out / f"{exam}.xlsx", [("学号", "数学"), *((i, float(r[exam])) for i, r in zip(ids, rows, strict=True))]
        )
        for exam in ("G1", "G2", "G3")
    }
    return _source("student-mat", out, roster, scores)


def egsingle(out: Path) -> Source:
    """`year` is the exam, the school is the class; IRT scores, fractional and often negative."""
    rows = _csv("egsingle_20_schools.csv")
    pupils = {r["childid"]: r["schoolid"] for r in rows}
    roster = [(GRADE, school, child) for child, school in pupils.items()]
    scores = {
        year: _write(
            out / f"{year}.xlsx",
            [("学号", "数学"), *((r["childid"], float(r["math"])) for r in rows if r["year"] == year)],
        )
        for year in ("-0.5", "0.5", "1.5")
    }
    return _source("egsingle", out, roster, scores)


def _source(name: str, out: Path, roster: Iterable[Sequence[object]], exams: dict[str, Path]) -> Source:
    return Source(
        name,
        _write(out / "名册.xlsx", [("年级", "班级", "学号"), *roster]),
        _write(out / "任课.xlsx", [("年级", "班级", "学科"), (GRADE, None, "数学")]),
        exams,
    )


SOURCES = {"grade9": grade9, "student-mat": student_mat, "egsingle": egsingle}
