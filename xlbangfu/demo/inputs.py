"""The files that the school office has: roster, teaching, exam results. Written by XlsxWriter, equal in every run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from xlbangfu.demo.school import LEVELS, SCALES, SCHOOL, SUBJECTS, TERM, School, SchoolClass

ROSTER_FILE, TEACHING_FILE = "全校名册.xlsx", "任课表.xlsx"
_MADE = datetime(2026, 9, 1, 8, 0)  # XlsxWriter would put in the clock


def scores_file(exam: str) -> str:
    """「成绩_期中.xlsx」."""
    return f"成绩_{exam}.xlsx"


def _write(path: Path, title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """One sheet with a title over the header, as offices make them; 学号 stays text."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        book.set_properties({"title": title, "author": SCHOOL, "created": _MADE})
        sheet = book.add_worksheet("Sheet1")
        bold = book.add_format({"bold": True})
        sheet.merge_range(0, 0, 0, len(header) - 1, title, bold)
        sheet.write_row(1, 0, header, bold)
        for at, row in enumerate(rows, 2):
            sheet.write_row(at, 0, row)
        sheet.set_column(0, len(header) - 1, 11)
        sheet.freeze_panes(2, 0)
    return path


def write_roster(folder: Path, school: School) -> Path:
    """全校名册.xlsx: everybody who was there when the term began."""
    rows = [
        (made.grade, made.name, p.pupil_id, p.name, p.gender)
        for made in school.classes
        for p in made.pupils
        if p.joined is None
    ]
    title = f"{SCHOOL}{TERM}全校名册（虚构）"
    return _write(folder / ROSTER_FILE, title, ("年级", "班级", "学号", "姓名", "性别"), rows)


def _teaching_rows(made: SchoolClass) -> Iterable[tuple[Any, ...]]:
    for subject in SUBJECTS:
        scale = SCALES[made.grade, subject]
        marked = ("等级", ",".join(LEVELS)) if scale.by_level else ("分数", None)
        yield made.grade, made.name, subject, made.teachers[subject], scale.full, *marked


def _shortened(rows: Sequence[tuple[Any, ...]], school: School) -> list[tuple[Any, ...]]:
    """Where every class of a grade has the same teacher, one row with a blank 班级 says it."""
    classes = Counter(made.grade for made in school.classes)
    alike = Counter((grade, *rest) for grade, _, *rest in rows)
    short: dict[tuple[Any, ...], None] = {}
    for grade, name, *rest in rows:
        whole_grade = alike[(grade, *rest)] == classes[grade]
        short[(grade, None if whole_grade else name, *rest)] = None
    return list(short)


def write_teaching(folder: Path, school: School) -> Path:
    """任课表.xlsx: by grade and subject; one row for the whole grade where one teacher has all its classes."""
    rows = [row for made in school.classes for row in _teaching_rows(made)]
    grades = [made.grade for made in school.classes]
    rows.sort(key=lambda row: (grades.index(row[0]), SUBJECTS.index(row[2])))
    title = f"{SCHOOL}{TERM}任课表（虚构）"
    header = ("年级", "班级", "学科", "任课教师", "满分", "计分方式", "等级")
    return _write(folder / TEACHING_FILE, title, header, _shortened(rows, school))


def write_scores(folder: Path, school: School, exam: str) -> Path:
    """成绩_….xlsx: one row per pupil on that day's list, one column per subject, blank where no mark came in."""
    rows = [
        (exam, made.grade, made.name, p.pupil_id, p.name, *(school.marks[exam][p.pupil_id][s] for s in SUBJECTS))
        for made in school.classes
        for p in made.pupils
        if p.pupil_id in school.marks[exam]
    ]
    title = f"{SCHOOL}{TERM}{exam}成绩（虚构）"
    return _write(folder / scores_file(exam), title, ("考试", "年级", "班级", "学号", "姓名", *SUBJECTS), rows)
