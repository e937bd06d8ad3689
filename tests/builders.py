"""Small builders for tests of the rules: a class from plain data, a 制度 with one rule, a reference from a list.

Everything is invented: 学号 are 2026030101 and on, names 测试1 and on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from xlbangfu.programme import rules
from xlbangfu.programme.classroom import Classroom
from xlbangfu.programme.norms import Reference
from xlbangfu.programme.numbers import exact
from xlbangfu.schema import LEVELS, MARKS
from xlbangfu.table import Row, Table

LADDER = ("优", "良", "合格", "待合格")
TODAY = date(2026, 9, 10)
BASELINE_DAY, MIDTERM_DAY, FINAL_DAY = date(2026, 9, 5), date(2026, 11, 5), date(2027, 1, 15)
SETTINGS: dict[str, Any] = {
    "grade": "三年级",
    "class_name": "1班",
    "homeroom_teacher": "测试班主任",
    "baseline_exam": "入学",
    "midterm_exam": "期中",
    "final_exam": "期末",
    "baseline_date": BASELINE_DAY,
    "midterm_date": MIDTERM_DAY,
    "final_date": FINAL_DAY,
    "term_start": date(2026, 9, 1),
    "term_end": date(2027, 1, 20),
}


def pupil_id(i: int) -> str:
    """学号 of the i-th invented pupil, from 1."""
    return f"20260301{i:02d}" if i < 100 else f"2026031{i:03d}"


def pupil_ids(n: int) -> list[str]:
    """学号 of n invented pupils."""
    return [pupil_id(i) for i in range(1, n + 1)]


def marks(*values: Any) -> list[Fraction]:
    """Marks as the rules hold them."""
    found = [exact(v) for v in values]
    assert None not in found, values
    return [x for x in found if x is not None]


def reference(*values: Any) -> Reference:
    """A reference of marks. At least one."""
    found = Reference.of(marks(*values))
    assert found is not None
    return found


def level_reference(counts: Mapping[str, int], ladder: Sequence[str] = LADDER) -> Reference:
    """A reference of levels: level → number of pupils."""
    found = Reference.of([x for x, n in counts.items() for _ in range(n)], LEVELS, ladder)
    assert found is not None
    return found


def policy(
    academic: rules.Criterion | None = None,
    exit_rule: rules.ExitRule | None = None,
    *,
    beside: Sequence[rules.Criterion] = (),
    share: str | None = "1/5",
    midterm: str | None = "40%",
    final: str | None = "60%",
) -> rules.Policy:
    """A 制度 with these rules; bottom share and leave_zone unless told."""
    return rules.Policy(
        "T1",
        "测试制度",
        academic or rules.BottomShare(),
        exit_rule or rules.LeaveZone(),
        beside=tuple(beside),
        share=Fraction(share or "1/5"),
        midterm_target=_share(midterm),
        final_target=_share(final),
    )


def _share(text: str | None) -> Fraction | None:
    if text is None:
        return None
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


Cells = Mapping[str, Mapping[str, Mapping[str, Any]]]


def classroom(
    cells: Cells,
    *,
    subjects: Sequence[Any] = ("语文",),
    pupils: Iterable[Mapping[str, Any]] | None = None,
    rules_in_force: rules.Policy | None = None,
    norms: Sequence[Mapping[str, Any]] = (),
    **settings: Any,
) -> Classroom:
    """A class. cells: exam → 学科 → 学号 → what the cell holds. subjects: names or rows of 任课.

    pupils: rows of 名册; None = everybody in `cells`, 在读.
    """
    known = [dict(p) for p in pupils] if pupils is not None else [{"pupil_id": p} for p in _everybody(cells)]
    roster = [Row({"status": "在读", "name": f"测试{p['pupil_id'][-3:]}", **p}) for p in known]
    teaching = [Row({"subject": s} if isinstance(s, str) else s) for s in subjects]
    return Classroom(
        {**SETTINGS, **settings},
        rules_in_force or policy(),
        Table(("subject", "teacher", "full_points", "scoring", "levels"), teaching),
        Table(("pupil_id", "name", "status", "status_date"), roster),
        score_table(cells),
        Table(("grade", "exam", "subject"), [Row(r) for r in norms]),
    )


def _everybody(cells: Cells) -> list[str]:
    return sorted({p for columns in cells.values() for column in columns.values() for p in column})


def score_table(cells: Cells) -> Table:
    """成绩 as rows, one per exam and pupil."""
    rows = []
    for exam, columns in cells.items():
        for pupil in sorted({p for column in columns.values() for p in column}):
            got = {subject: column[pupil] for subject, column in columns.items() if pupil in column}
            rows.append(Row({"exam": exam, "pupil_id": pupil, **got}, at=len(rows) + 2))
    return Table(("exam", "pupil_id", "name"), rows)


def norms_row(
    exam: str,
    results: Iterable[Any],
    *,
    subject: str = "语文",
    levels: Sequence[str] = (),
    r: Any = None,
    grade: str = "三年级",
    baseline: str = "入学",
) -> dict[str, Any]:
    """A row of 常模 made of these results of the grade."""
    made = Reference.of(results, LEVELS, levels) if levels else Reference.of(marks(*results), MARKS)
    assert made is not None
    return {
        "grade": grade,
        "exam": exam,
        "subject": subject,
        "n": made.n,
        "distribution": made.distribution(),
        "baseline_exam": baseline if r is not None else None,
        "baseline_r": exact(r),
    }


def case_row(pupil: str, subject: str = "语文", **values: Any) -> Row:
    """A confirmed row of 学困生, flagged against the class itself."""
    return Row(
        {
            "pupil_id": pupil,
            "name": f"测试{pupil[-3:]}",
            "subject": subject,
            "case_type": "学困",
            "confirmed": "是",
            "standing": "仍符合",
            "reference": "本班",
            "frozen_on": None,
            **values,
        }
    )


def report_row(pupil: str, **values: Any) -> Row:
    """A row of 观察."""
    return Row(
        {
            "date": date(2026, 9, 8),
            "pupil_id": pupil,
            "subject": "语文",
            "source": "教师",
            "category": "学习习惯",
            "severity": 3,
            **values,
        }
    )


def process_row(pupil: str, goal: str, **values: Any) -> Row:
    """A row of 过程评价 at midterm."""
    return Row(
        {
            "date": date(2026, 11, 1),
            "pupil_id": pupil,
            "subject": "语文",
            "phase": "期中",
            "goal": goal,
            **values,
        }
    )
