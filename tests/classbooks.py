"""Class workbooks for tests: the real template, filled through the real door."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.runner import Report, run_closed
from xlbangfu.schema import Sheet
from xlbangfu.table import Row
from xlbangfu.workbook.changes import plan_change
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.parsing import set_setting, with_rows
from xlbangfu.workbook.template import template_path

TODAY = date(2026, 9, 10)
SETTINGS = {
    "school": "测试小学",
    "term": "2026秋",
    "grade": "三年级",
    "class_name": "1班",
    "homeroom_teacher": "测试班主任",
    "baseline_exam": "入学",
    "midterm_exam": "期中",
    "final_exam": "期末",
    "term_start": date(2026, 9, 1),
    "term_end": date(2027, 1, 20),
    "baseline_date": date(2026, 9, 5),
    "midterm_date": date(2026, 11, 5),
    "final_date": date(2027, 1, 15),
}
SUBJECTS = ("语文", "数学", "英语")
TERM = ("check", "screen", "confirm", "freeze", "profile", "plan", "pair", "group", "convert", "progress", "summarise")
# Every action on one workbook that may be pressed twice; those beside the term come after what they rest on.
ACTIONS_ON_A_CLASS = (*TERM, "restricted", "written", "slips", "cards", "poster", "audit")
PASSWORD = "test-2026"


def pupil_ids(n: int) -> list[str]:
    """学号 with a leading zero, which must survive everything."""
    return [f"0260{i:04d}" for i in range(1, n + 1)]


def roster_rows(n: int) -> list[dict[str, Any]]:
    """n invented pupils; every fourth volunteers as a tutor."""
    return [
        {
            "pupil_id": p,
            "name": f"测试{i:02d}",
            "gender": "男女"[i % 2],
            "status": "在读",
            "seat": f"{i // 8 + 1}-{i % 8 + 1}",
            "volunteer": "是" if i % 4 == 0 else None,
        }
        for i, p in enumerate(pupil_ids(n), 1)
    ]


def score_rows(n: int, exams: Sequence[str] = ("入学", "期中", "期末"), seed: int = 1) -> list[dict[str, Any]]:
    """Half-point scores, correlated between exams as real ones are."""
    chance = random.Random(seed)
    ability = {p: chance.gauss(0, 1) for p in pupil_ids(n)}
    return [
        {
            "exam": exam,
            "pupil_id": p,
            "name": None,
            **{s: _score(chance, ability[p], 70 + 3 * i) for s in SUBJECTS},
        }
        for i, exam in enumerate(exams)
        for p in pupil_ids(n)
    ]


def _score(chance: random.Random, ability: float, mean: float) -> float:
    return min(100.0, max(1.0, round((mean + 12 * (0.9 * ability + 0.45 * chance.gauss(0, 1))) * 2) / 2))


def fill(
    path: Path, tables: Mapping[Sheet, Sequence[Mapping[str, Any]]], settings: Mapping[str, Any] | None = None
) -> None:
    """Append rows to sheets and set settings, as a person's typing would leave them."""
    door = ClosedWorkbook(path)
    changes = [
        plan_change(door.read(sheet), [*door.read(sheet).table.rows, *(Row(r) for r in rows)])
        for sheet, rows in tables.items()
    ]
    parsed = filled = door.read(schema.SETTINGS)
    for code, value in (settings or {}).items():
        filled = with_rows(filled, set_setting(filled, code, value))
    changes.append(plan_change(parsed, filled.table.rows))
    if found := [c for c in changes if c is not None]:
        door.write(found)


def set_cells(path: Path, sheet: Sheet, change: Mapping[int, Mapping[str, Any]]) -> None:
    """Type into existing rows: {index of the row among the filled ones: {code: value}}."""
    door = ClosedWorkbook(path)
    parsed = door.read(sheet)
    rows = [row.changed(**change.get(i, {})) for i, row in enumerate(parsed.table.rows)]
    planned = plan_change(parsed, rows)
    assert planned is not None, "the typing changed nothing"
    door.write([planned])


def make_class(folder: Path, n: int = 24, name: str = "三年级1班.xlsm", **settings: Any) -> Path:
    """A class workbook with n pupils and three exams in three subjects."""
    path = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(template_path(), path)
    tables = {schema.ROSTER: roster_rows(n), schema.SCORES: score_rows(n)}
    fill(path, tables if n else {}, {**SETTINGS, **settings})
    return path


def run(action_id: str, path: Path, *, today: date = TODAY, plan: bool = False, **options: Any) -> Report:
    """One action on one workbook, as the command runs it; no PDFs, which take seconds, unless asked for."""
    given = {"pdf": False, "password": PASSWORD, **options}
    return run_closed(BY_ID[action_id], path, today=today, options=given, plan=plan)


def steps_before(action_id: str) -> tuple[str, ...]:
    """The actions of the term that come before this one."""
    last = {"restricted": "plan"}.get(action_id, action_id if action_id in TERM else "summarise")
    return TERM[: TERM.index(last)]


def run_term(path: Path, upto: str = "summarise") -> None:
    """The actions of the term in order, up to and with the named one."""
    for action_id in TERM[: TERM.index(upto) + 1]:
        report = run(action_id, path)
        assert report.ok, report.message


def rows_of(path: Path, sheet: Sheet) -> list[Row]:
    """The rows of a sheet as they stand in the file."""
    return ClosedWorkbook(path).read(sheet).table.rows
