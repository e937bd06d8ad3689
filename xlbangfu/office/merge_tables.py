"""The rows of every school table that is made from classes: figures, pupils, teachers, detail. Pure.

Source: spec §6 (sheets of the school workbook).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from xlbangfu import schema
from xlbangfu.issues import Issue
from xlbangfu.office import merge_columns as sheets
from xlbangfu.office.merge_choice import Seats
from xlbangfu.office.merge_figures import Followed, Lesson, group, stats_of
from xlbangfu.office.merge_norms import Member
from xlbangfu.office.merge_order import natural_key
from xlbangfu.office.merge_support import award_rows, dosage_rows, teacher_rows, teaching_of
from xlbangfu.office.parts import Parts
from xlbangfu.programme.classroom import Classroom
from xlbangfu.programme.freezing import is_added, key_of
from xlbangfu.programme.progress import Dosage, dosage
from xlbangfu.table import Row

# Sheets that go into the Parquet folder as the class keeps them, narrowed to the columns that may leave it.
_PLAIN_TABLES = {
    sheets.ROSTER: schema.ROSTER,
    sheets.PROCESS: schema.PROCESS,
    sheets.SESSIONS: schema.SESSIONS,
    sheets.PAPERS: schema.WRITTEN,
}


@dataclass
class CountedClass:
    """One adopted class after counting. room: with the norms in force. lessons: by 学科."""

    member: Member
    room: Classroom
    lessons: dict[str, Lesson]
    followed: list[Followed]
    issues: list[Issue]

    @property
    def parts(self) -> Parts:
        """The workbook as read."""
        return self.member.parts


def latest_phase(classes: Iterable[CountedClass]) -> str:
    """期末 once anybody on a list has a result there, else 期中."""
    results = (schema.CONVERTED, schema.NOT_CONVERTED)
    sat = any(f.tallied and f.state(schema.FINAL) in results for c in classes for f in c.followed)
    return schema.FINAL if sat else schema.MIDTERM


def figures_and_tables(classes: Sequence[CountedClass], phase: str) -> tuple[list[Row], dict[str, list[Row]]]:
    """(stats of every level, rows by table). phase: what 帮扶投入 looks at."""
    followed = [f for c in classes for f in c.followed]
    dosages = {id(f): held for c in classes for f, held in _dosages(c, phase)}
    groups = group([lesson for c in classes for lesson in c.lessons.values()], followed)
    stats = stats_of(groups)
    listed = {(c.parts.file, f.row["subject"]) for c in classes for f in c.followed if f.tallied}
    teaching = teaching_of([c.member for c in classes], {c.parts.file: c.lessons for c in classes}, listed)
    tables = {
        sheets.STATISTICS: stats,
        sheets.GRADES: [r for r in stats if r["level"] == sheets.GRADES],
        sheets.CLASSES: [r for r in stats if r["level"] == sheets.CLASSES],
        sheets.SUBJECTS: [r for r in stats if r["level"] == sheets.SUBJECTS],
        sheets.TEACHERS: teacher_rows(groups, teaching),
        sheets.AWARDS: award_rows(groups, teaching),
        sheets.PUPILS: [_pupil_row(c, f, dosages[id(f)]) for c in classes for f in c.followed],
        sheets.DOSAGE: dosage_rows(groups, dosages, phase),
        sheets.AUDIT_DETAIL: [
            _with_class(c, r, policy=c.member.policy.id) for c in classes for r in c.parts.rows(schema.AUDIT)
        ],
        sheets.SCORES: [row for c in classes for row in _score_rows(c)],
    }
    for name, sheet in _PLAIN_TABLES.items():
        tables[name] = [_with_class(c, r) for c in classes for r in c.parts.rows(sheet)]
    return stats, tables


def _dosages(own: CountedClass, phase: str) -> list[tuple[Followed, Dosage]]:
    """Sessions of every followed row up to that phase; those without a subject count for each."""
    by_pupil: dict[str, list[Row]] = {}
    for row in own.parts.rows(schema.SESSIONS):
        by_pupil.setdefault(row["pupil_id"], []).append(row)
    until = own.room.day(phase)
    return [(f, dosage(by_pupil.get(f.row["pupil_id"], ()), key_of(f.row), until, own.room)) for f in own.followed]


def _with_class(own: CountedClass, row: Mapping[str, Any], **more: Any) -> Row:
    settings = own.parts.settings
    where = {"grade": settings["grade"], "class_name": settings["class_name"]}
    return Row({**row, **where, **more, "file": own.parts.file, "sha256": own.parts.sha256})


def _pupil_row(own: CountedClass, followed: Followed, held: Dosage) -> Row:
    return _with_class(
        own,
        followed.row,
        teacher=followed.lesson.place.teacher,
        reference=followed.reference,
        sessions=held.sessions,
        minutes=held.minutes,
        counted=_counted_words(followed),
    )


def _counted_words(followed: Followed) -> str:
    if not followed.counted:
        return f"否：计入{followed.elsewhere}" if followed.elsewhere else "否：两班在读，未定"
    if is_added(followed.row):
        return "否：新增"
    if followed.row["subject"] == schema.GENERAL_SUBJECT:
        return "否：综合"
    return schema.YES if followed.tallied else "否：只关注"


def _score_rows(own: CountedClass) -> list[Row]:
    """One row per pupil, exam and subject with a cell that counts."""
    room, rows = own.room, []
    exams = dict.fromkeys(r["exam"] for r in own.parts.rows(schema.SCORES) if r.get("exam"))
    for exam in sorted(exams, key=natural_key):
        for subject in (s.name for s in room.subjects):
            column = room.column(exam, subject)
            for pupil_id in sorted({*column.results, *column.absences}):
                result = column.results.get(pupil_id)
                values = {
                    "exam": exam,
                    "subject": subject,
                    "pupil_id": pupil_id,
                    "name": room.pupils[pupil_id].get("name"),
                    "mark": result if isinstance(result, Fraction) else None,
                    "level_name": result if isinstance(result, str) else None,
                    "absence": column.absences.get(pupil_id) if result is None else None,
                }
                rows.append(_with_class(own, values))
    return rows


def care_counts(classes: Iterable[CountedClass], seats: Seats) -> dict[str, int]:
    """Pupils on a list per 关爱类别: counts only. Source: spec §7."""
    counted: Counter[str] = Counter()
    for own in classes:
        listed = {f.row["pupil_id"] for f in own.followed}
        for row in own.parts.rows(schema.ROSTER):
            if row["pupil_id"] in listed and seats.counts(own.parts.file, row["pupil_id"]):
                counted.update(row.get("care") or ())
    return {category: counted[category] for category in schema.CARE if counted[category]}
