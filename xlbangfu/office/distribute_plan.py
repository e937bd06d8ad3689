"""Which class gets which pupils and teachers: a roster file and a teaching file sorted by class. Pure.

Source: spec §6 (distribute), §9 (ROSTER, TEACHING).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xlbangfu.imports.accounting import NOTHING_READ, Accounting
from xlbangfu.imports.classes import (
    class_label,
    class_of,
    contradicts,
    grade_in_class,
    grade_key,
    grade_label,
    grades_agree,
)
from xlbangfu.imports.filerows import FileRow, TableFile
from xlbangfu.imports.identify import Who, who_is
from xlbangfu.issues import Issue
from xlbangfu.programme.identity import name_key
from xlbangfu.programme.numbers import clean_text
from xlbangfu.schema import REMINDER, TEACHING
from xlbangfu.table import Row
from xlbangfu.workbook.cells import is_blank, same, take

HOMEROOM = "班主任"
ENDING = ".xlsm"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_SEVERAL = re.compile(r"[、,;/]")
_LONGEST_NAME = 80

ClassKey = tuple[str, str]  # grade and class as they are compared


@dataclass
class ClassPlan:
    """One class of the roster. grade, name: as kept in 设置. rows: its pupils in file order."""

    key: ClassKey
    grade: str
    name: str
    rows: list[FileRow] = field(default_factory=list)
    teaching: list[Row] = field(default_factory=list)
    homeroom: str = ""

    @property
    def file_name(self) -> str:
        """<年级><班级>.xlsm, without what a file name cannot hold; a name that says its grade says it once."""
        whole = self.name if self.name.startswith(self.grade) else self.grade + self.name
        safe = _FORBIDDEN.sub("_", clean_text(whole)).strip(" .")[:_LONGEST_NAME]
        return (f"_{safe}" if safe.startswith(("~", "_")) or not safe else safe) + ENDING


@dataclass
class SchoolPlan:
    """All classes, in order of grade and class, with every row of the roster accounted for."""

    classes: list[ClassPlan] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    accounting: Accounting = NOTHING_READ


@dataclass(frozen=True)
class _Placed:
    row: FileRow
    who: Who
    grade: str
    name: str

    @property
    def key(self) -> ClassKey:
        return (grade_key(self.grade), class_of(self.grade, self.name).number)


# ---- the roster ----------------------------------------------------------------------------------------


def sort_roster(file: TableFile, grade: str | None = None) -> SchoolPlan:
    """The classes of a whole-school roster. grade: for rows without 年级.

    A row that names no class, no grade or no pupil for certain is listed; of a 学号 that stands for two names
    or classes no row is taken.
    """
    plan = SchoolPlan(issues=list(file.issues))
    placed = [found for row in file.rows if (found := _placed(row, grade, plan.issues)) is not None]
    grades = _usual_spelling((grade_key(p.grade), p.grade) for p in placed)
    names = _usual_spelling((p.key, p.name) for p in placed)
    placed = _without_duplicates(placed, plan.issues)
    classes: dict[ClassKey, ClassPlan] = {}
    for one in placed:
        made = classes.setdefault(one.key, ClassPlan(one.key, grades[one.key[0]], names[one.key]))
        made.rows.append(one.row)
        if one.name != made.name:
            message = f"班级“{one.name}”按“{made.name}”归为同一个班"
            plan.issues.append(
                one.row.issue(REMINDER, "distribute.spelling", message, "", one.row.header.role("class_name"))
            )
    plan.classes = sorted(classes.values(), key=lambda c: (_natural(c.key[0]), _natural(c.key[1])))
    _refuse_one_file(plan)
    taken = sum(len(c.rows) for c in plan.classes)
    base = file.accounting
    plan.accounting = replace(base, taken=taken, listed=base.listed + len(file.rows) - taken)
    return plan


def _placed(row: FileRow, grade: str | None, issues: list[Issue]) -> _Placed | None:
    """The row with its grade and class; None where it is listed."""
    who = who_is(row)
    name = class_label(row.class_text()) if row.class_text() is not None else ""
    given = row.grade_text() if row.grade_text() is not None else grade
    shown = grade_label(given) if given is not None else grade_in_class(name)
    if who.problem is not None:
        problem = (who.problem.message, who.problem.mend, "pupil_id")
    elif not who.pupil_id or not who.own:
        problem = ("没有学号", "请补上学号。", "pupil_id")
    elif grade is not None and row.titled.grade and not grades_agree(grade_key(grade), grade_key(row.titled.grade)):
        problem = (f"标题里是“{row.titled.grade}”，给出的年级是“{grade}”", "请核对 --grade，或标题。", "")
    elif not name:
        problem = ("没有班级，或班级看不懂", "请按“2班”或“三年级2班”的样子填写班级。", "class_name")
    elif not shown:
        problem = (f"从“{name}”看不出年级", "请加上“年级”列，或用 --grade 给出年级。", "class_name")
    elif contradicts(given, name):
        problem = (f"年级“{shown}”与班级“{name}”对不上", "请核对年级和班级。", "class_name")
    else:
        return _Placed(row, who, shown, name)
    message, mend, role = problem
    issues.append(row.error("distribute.row", f"{message}，这一行没有分到班级", mend, role))
    return None


def _without_duplicates(placed: Sequence[_Placed], issues: list[Issue]) -> list[_Placed]:
    groups: dict[str, list[_Placed]] = {}
    for one in placed:
        groups.setdefault(one.who.pupil_id, []).append(one)
    dropped: set[int] = set()
    for pupil_id, same_id in groups.items():
        if len(same_id) == 1:
            continue
        people = {(name_key(p.who.name), p.key) for p in same_id}
        alike = len(people) == 1
        rows = "、".join(f"{p.row.sheet}!{p.row.number}" for p in same_id)
        for one in same_id[1:] if alike else same_id:
            dropped.add(id(one.row))
            reason = "重复的行只取第一行" if alike else "姓名或班级不同，都没有分到班级"
            message = f"学号 {pupil_id} 出现了 {len(same_id)} 次（第 {rows} 行），{reason}"
            level_issue = one.row.error("distribute.duplicate", message, "请改正学号或删去一行。", "pupil_id")
            issues.append(replace(level_issue, level=REMINDER) if alike else level_issue)
    return [p for p in placed if id(p.row) not in dropped]


def _usual_spelling(pairs: Iterable[tuple[Any, str]]) -> dict[Any, str]:
    """For each key the way it is written most often, of equals the first in order of text."""
    counted: dict[Any, Counter[str]] = {}
    for key, text in pairs:
        counted.setdefault(key, Counter())[text] += 1
    return {key: min(texts, key=lambda t: (-texts[t], t)) for key, texts in counted.items()}


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|\D+", text)
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]


def _refuse_one_file(plan: SchoolPlan) -> None:
    """Two classes never go to one file: the later ones are listed."""
    seen: dict[str, ClassPlan] = {}
    kept = []
    for one in plan.classes:
        earlier = seen.setdefault(one.file_name.casefold(), one)
        if earlier is one:
            kept.append(one)
            continue
        for row in one.rows:
            message = f"“{one.grade}{one.name}”与“{earlier.grade}{earlier.name}”的文件名相同，这一行没有分到班级"
            plan.issues.append(row.error("distribute.file_name", message, "请改一改班级的写法。", "class_name"))
    plan.classes = kept


# ---- the teaching file ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Assignment:
    """One row of the teaching file, for one class or (class_number "") for a whole grade."""

    row: FileRow
    subject: str
    values: Row
    homeroom: str
    grade: str
    class_number: str

    def fits(self, plan: ClassPlan) -> bool:
        return (not self.grade or self.grade == plan.key[0]) and self.class_number in ("", plan.key[1])


def assign_teaching(plan: SchoolPlan, file: TableFile, grade: str | None = None) -> list[Issue]:
    """Give every class its rows of 任课 and its 班主任; returns what was not used, row by row.

    A row for a class counts before one for the whole grade. grade: for rows without 年级.
    """
    issues = list(file.issues)
    assignments = [a for row in file.rows for a in _assignments(row, grade, plan, issues)]
    for one in plan.classes:
        _teach(one, [a for a in assignments if a.fits(one)], issues)
    used = {id(a.row) for a in assignments if any(a.fits(c) for c in plan.classes)}
    listed = {id(a.row): a.row for a in assignments if id(a.row) not in used}
    message = "名册里没有这个年级或班级，这一行没有用上"
    issues += [row.issue(REMINDER, "distribute.teaching", message, "请核对年级和班级。") for row in listed.values()]
    return issues


def _assignments(row: FileRow, grade: str | None, plan: SchoolPlan, issues: list[Issue]) -> list[_Assignment]:
    subject = clean_text(row.raw("subject"))
    homeroom = _text(row.raw("homeroom_teacher"))
    if not subject and not homeroom:
        issues.append(row.error("distribute.teaching", "没有学科，这一行没有用上", "请补上学科。", "subject"))
        return []
    values = Row({"subject": subject})
    for code in ("teacher", "full_points", "scoring", "levels"):
        column = row.header.role(code)
        if column is None or is_blank(raw := row.value(column)):
            continue
        value, problem = take(TEACHING.column(code), raw)
        if problem is not None:
            issues.append(row.error("distribute.teaching", f"{problem.message}，这一格没有用上", problem.mend, code))
        values[code] = value
    if subject == HOMEROOM:
        subject, homeroom = "", _text(values.get("teacher"))
    class_cells = [c for c in _SEVERAL.split(_text(row.raw("class_name"))) if c.strip()]
    given = row.raw("grade") if row.raw("grade") is not None else grade
    known = {c.key[0] for c in plan.classes}
    found = []
    for name in class_cells or [""]:
        key = grade_key(given) if given is not None else grade_key(grade_in_class(name)) if name else ""
        if not key and len(known) > 1:
            message = "没有年级，不知道是哪个年级，这一行没有用上"
            issues.append(row.error("distribute.teaching", message, "请补上年级，或用 --grade 给出。", "class_name"))
            return []
        number = class_of(given, name).number if name else ""
        found.append(_Assignment(row, subject, values, homeroom, key, number))
    return found


def _text(value: Any) -> str:
    """A cell as text, a whole number without decimals."""
    return class_label(value) if value is not None else ""


def _teach(plan: ClassPlan, assignments: Sequence[_Assignment], issues: list[Issue]) -> None:
    """Rows of 任课 in the order in which the subjects first occur; the class's own rows count first."""
    chosen: dict[str, _Assignment] = {}
    homerooms: list[_Assignment] = []
    for one in assignments:
        if one.homeroom:
            homerooms.append(one)
        if not one.subject:
            continue
        before = chosen.get(one.subject)
        if before is None or (one.class_number and not before.class_number):
            chosen[one.subject] = one
        elif bool(before.class_number) == bool(one.class_number) and not _alike(before.values, one.values):
            message = f"{plan.grade}{plan.name} {one.subject}有两行不同的任课（第 {before.row.number} 行、第 {one.row.number} 行），取前一行"
            issues.append(one.row.error("distribute.teaching_twice", message, "请在任课表里只留一行。", "subject"))
    order = list(dict.fromkeys(a.subject for a in assignments if a.subject))
    plan.teaching = [Row({"scoring": TEACHING.column("scoring").default, **chosen[s].values}) for s in order]
    homerooms.sort(key=lambda a: not a.class_number)
    if homerooms:
        plan.homeroom = homerooms[0].homeroom


def _alike(one: Row, other: Row) -> bool:
    return all(same(one.get(c), other.get(c)) for c in {*one, *other})
