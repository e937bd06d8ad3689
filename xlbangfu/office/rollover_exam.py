"""The exam of the old term that declines are measured from in the new one: which it is, and its 常模. Pure.

Source: spec §3 (上次考试), §4.3 (decline), §6 (rollover).
"""

from __future__ import annotations

from xlbangfu.issues import Issue, reminder
from xlbangfu.office.rollover_tables import OldBook
from xlbangfu.programme.scores import read_score
from xlbangfu.schema import NORMS, SCORES, TEACHING
from xlbangfu.table import Row


def subjects_of(old: OldBook) -> list[str]:
    """学科 of 任课, in its order."""
    return [r["subject"] for r in old.tables[TEACHING.label] if r.get("subject")]


def score_columns(old: OldBook) -> tuple[str, ...]:
    """Columns of 成绩 beyond the fixed ones: those that stand there, then subjects of 任课 that have none."""
    return tuple(dict.fromkeys([*old.score_columns, *subjects_of(old)]))


def previous_exam(old: OldBook) -> str:
    """The first of 期末, 期中, 基线, the others from the last in 成绩 up, and 上次考试 that has results; "" for none.

    A result is a mark above zero or a level; what only holds 缺考 or zeros was not held.
    """
    subjects = subjects_of(old)
    held = dict.fromkeys(
        row["exam"]
        for row in reversed(old.tables[SCORES.label].rows)
        if row.get("exam") and any(read_score(row.get(s)).result not in (None, 0) for s in subjects)
    )
    named = [old.settings.get(f"{point}_exam") for point in ("final", "midterm", "baseline")]
    earlier = old.settings.get("previous_exam")
    others = [exam for exam in held if exam != earlier]
    return next((exam for exam in [*named, *others, earlier] if exam and exam in held), "")


def note_exam(old: OldBook, exam: str, issues: list[Issue]) -> None:
    """Said where it is not the final's results that go on: the workbook may have been rolled over too early."""
    final = old.settings.get("final_exam")
    if exam and exam == final:
        return
    missing = f"“{final}”没有成绩" if final else "没有填期末考试"
    message = f"{missing}，“上次考试”" + (f"用的是“{exam}”" if exam else "留空，新学期看不出成绩下降")
    mend = "期末成绩登记以后，删去新工作簿再结转一次；本来就没有期末考试的不用改。"
    issues.append(reminder(SCORES.label, "rollover.exam", message, mend))


def carried_norms(old: OldBook, exam: str, *, grade: str, exam_name: str) -> list[Row]:
    """常模 of that exam for the cohort's new grade; r went to an exam that stays behind."""
    return [
        row.changed(grade=grade, exam=exam_name, baseline_exam=None, baseline_r=None)
        for row in old.tables[NORMS.label]
        if exam and row.get("exam") == exam and row.get("grade") == old.settings.get("grade")
    ]
