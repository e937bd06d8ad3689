"""A class for the printed sheets: long and rare names, much recorded, and words that must not leave.

Everything is invented; nobody has these names.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl

from classbooks import fill, make_class, pupil_ids, rows_of, run, set_cells
from xlbangfu import schema

SECRET_TALK = "谈话内容甲乙丙丁"  # of a 心理辅导
SECRET_PHONE, SECRET_PARENT, SECRET_FAMILY = "13900000000", "样家长", "家中情况样本"
ODD_NAMES = ("测试古丽·样本江·甲", "示例欧阳长名乙", "样𠮷丙", "示例阿卜杜热合曼丁", "=样本戊", "测试 己")


def name_of(i: int) -> str:
    """The i-th invented name, from 0: the odd ones first, then 示例甲子 and on."""
    if i < len(ODD_NAMES):
        return ODD_NAMES[i]
    stems, branches = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
    return f"例{stems[i % 10]}{branches[i % 12]}{'' if i < 60 else i}"


STEPS = ("screen", "confirm", "freeze", "profile", "plan", "pair", "group")


def full_class(folder: Path, n: int = 55, *, full_points: int | None = 100) -> Path:
    """A class workbook with everything that the printed sheets draw from: half its pairs are confirmed."""
    path = make_class(folder, n)
    set_cells(
        path,
        schema.ROSTER,
        {
            i: {
                "name": name_of(i),
                "parent": SECRET_PARENT,
                "phone": SECRET_PHONE,
                "care": ("经济困难",),
                "interests": "画画、足球",
            }
            for i in range(n)
        },
    )
    if full_points:
        set_cells(path, schema.TEACHING, {0: {"full_points": full_points, "teacher": "测试教师"}})
    fill(path, {schema.OBSERVATIONS: _observations(n)})
    for action_id in STEPS:
        assert run(action_id, path).ok
    pairs = rows_of(path, schema.PAIRS)
    set_cells(path, schema.PAIRS, {i: {"confirmed": "是", "state": "进行"} for i in range(0, len(pairs), 2)})
    profiles = rows_of(path, schema.PROFILES)
    typed = {
        "family": SECRET_FAMILY,
        "strengths": "字写得工整；爱劳动，乐于助人。",
        "attitude": "上课能跟着想",
        "methods": "会预习",
    }
    set_cells(path, schema.PROFILES, dict.fromkeys(range(len(profiles)), typed))
    cases = rows_of(path, schema.CASELOAD)
    fill(path, {schema.SESSIONS: _sessions(cases), schema.PROCESS: _process(cases)})
    for action_id in ("convert", "progress"):
        assert run(action_id, path).ok
    return path


def _observations(n: int) -> list[dict[str, Any]]:
    kinds = ("学习习惯", "学习态度", "心理", "学习兴趣")
    rows: list[dict[str, Any]] = []
    for i, pupil in enumerate(pupil_ids(n)):
        common = {"pupil_id": pupil, "source": "教师", "severity": 3}
        rows.append({**common, "date": date(2026, 9, 7), "category": kinds[i % 4], "text": SECRET_TALK})
        for day, value in ((date(2026, 9, 8), 2), (date(2026, 11, 2), 4)):
            rows.append({**common, "date": day, "category": "学习兴趣", "initiative": value, "interest": value})
    return rows


def _sessions(cases: list[Any]) -> list[dict[str, Any]]:
    forms = ("一对一", "师生谈话", "家长沟通", "心理辅导")
    return [
        {
            "date": date(2026, 9, 14) + timedelta(days=7 * k),
            "pupil_id": case["pupil_id"],
            "subject": case["subject"],
            "form": forms[k % 4],
            "minutes": 20 + 5 * k,
            "by": "测试教师",
            "staff": "教师",
            "content": SECRET_TALK if forms[k % 4] == "心理辅导" else "讲一道题，听写一课生字，订正当天的作业",
            "effect": 4,
        }
        for case in cases
        for k in range(8)
    ]


def _process(cases: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "date": date(2026, 11, 1),
            "pupil_id": case["pupil_id"],
            "subject": case["subject"],
            "phase": "期中",
            "goal": schema.GOAL_LEVELS[i % 4],
            "evidence": "作业",
            "by": "测试教师",
        }
        for i, case in enumerate(cases)
    ]


# ---- reading what was printed --------------------------------------------------------------------------


def cell_texts(content: bytes) -> list[str]:
    """Every text in every cell of every sheet, with the names of the sheets, headers and footers."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    found = []
    for sheet in book.worksheets:
        found.append(sheet.title)
        found += [str(c.value) for row in sheet.iter_rows() for c in row if c.value is not None]
        found += [part.text or "" for f in (sheet.oddHeader, sheet.oddFooter) for part in (f.left, f.center, f.right)]
    return [text for text in found if text]


def raw_texts(content: bytes) -> Iterator[str]:
    """Every part of the package as text: what a curious person finds with an archive program."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield archive.read(name).decode("utf-8", "replace")
