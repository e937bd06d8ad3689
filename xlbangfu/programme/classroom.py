"""One class's tables seen as a rule sees them: who was there, who got what, against which reference.

A `Classroom` reads nothing and writes nothing; it holds checked tables and answers questions about them,
and gathers the problems it meets. Source: spec §3, §4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from xlbangfu import schema
from xlbangfu.issues import Issue, error, reminder
from xlbangfu.programme.norms import Reference, correlation, paired_values, read_distribution
from xlbangfu.programme.numbers import clean_text
from xlbangfu.programme.rules import Policy
from xlbangfu.programme.scores import (
    BLANK,
    COMMON_LADDERS,
    ExamColumn,
    Reading,
    Result,
    is_zero_row,
    ladder_for,
    read_column,
    read_score,
    split_ladder,
)
from xlbangfu.table import Row, Table

BASELINE = "基线"
POINTS = (BASELINE, *schema.PHASES)
_POINT_CODES = {BASELINE: "baseline", schema.MIDTERM: "midterm", schema.FINAL: "final"}
_LEFT = (schema.MOVED_OUT, schema.ON_LEAVE)
_USUAL_LEVELS = frozenset(level for ladder in COMMON_LADDERS for level in ladder)
CLASS_CORRELATION_PUPILS = 20  # fewer pairs give no r of a class's own (spec §4.4)


@dataclass(frozen=True)
class Subject:
    """One row of 任课. full_points: in points, None = not checked. levels: high to low."""

    name: str
    teacher: str = ""
    full_points: Fraction | None = None
    scoring: str = schema.MARKS
    levels: tuple[str, ...] = ()


def there_on(pupil: Mapping[str, Any], day: date | None) -> bool:
    """True if the pupil belonged to the class on that day.

    在读 always; 转入 from the 状态日期 on; 转出, 休学 and 流失 before theirs. Where either date is blank the
    status as it stands now decides. Source: spec §4.1.
    """
    status, since = pupil.get("status") or schema.ACTIVE, pupil.get("status_date")
    if status == schema.ACTIVE:
        return True
    if day is None or since is None:
        return status == schema.MOVED_IN
    return bool(since <= day) if status == schema.MOVED_IN else bool(since > day)


def left_by(pupil: Mapping[str, Any], day: date | None) -> bool:
    """True if the pupil became 转出 or 休学 on or before that day (blank dates: as it stands now)."""
    return pupil.get("status") in _LEFT and not there_on(pupil, day)


def is_active(pupil: Mapping[str, Any]) -> bool:
    """True for 在读 and 转入, as it stands now."""
    return (pupil.get("status") or schema.ACTIVE) in (schema.ACTIVE, schema.MOVED_IN)


def read_subjects(teaching: Table) -> tuple[Subject, ...]:
    """The subjects of 任课 in sheet order, the first row of each name."""
    found: dict[str, Subject] = {}
    for row in teaching:
        if name := row.get("subject"):
            found.setdefault(
                name,
                Subject(
                    name,
                    row.get("teacher") or "",
                    row.get("full_points"),
                    row.get("scoring") or schema.MARKS,
                    split_ladder(row.get("levels") or ""),
                ),
            )
    return tuple(found.values())


class Classroom:
    """A class for the rules.

    settings: 设置 by code name, parsed, blanks None. teaching, roster, scores, norms: checked tables.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        policy: Policy,
        teaching: Table,
        roster: Table,
        scores: Table | None = None,
        norms: Table | None = None,
    ) -> None:
        self.settings = settings
        self.policy = policy
        self.subjects = read_subjects(teaching)
        self.pupils: dict[str, Row] = {}
        for row in roster:
            if row.get("pupil_id"):
                self.pupils.setdefault(row["pupil_id"], row)
        self._issues: dict[Issue, None] = {}
        self._rows: dict[str, dict[str, Row]] = {}
        for row in scores or ():
            if row.get("exam") and row.get("pupil_id") in self.pupils:
                self._rows.setdefault(row["exam"], {}).setdefault(row["pupil_id"], row)
        self._norms = norms or Table(())
        self._levels: dict[str, tuple[str, ...]] = {}
        self._columns: dict[tuple[str, str], ExamColumn] = {}
        self._references: dict[tuple[str, str, str], Reference | None] = {}
        self._readings: dict[str, dict[str, dict[str, Reading]]] = {}
        self._zero_pupils: dict[str, frozenset[str]] = {}

    # -- figures in force ----------------------------------------------------------------------------

    @property
    def issues(self) -> list[Issue]:
        """Problems met so far, each once."""
        return list(self._issues)

    def note(self, issue: Issue) -> None:
        """Keep a problem."""
        self._issues.setdefault(issue)

    @property
    def grade(self) -> str:
        """设置.年级."""
        return self.settings.get("grade") or ""

    @property
    def share(self) -> Fraction:
        """识别比例: the workbook's override, else the policy's."""
        return self.settings.get("share") or self.policy.share

    def target(self, phase: str) -> Fraction | None:
        """Share of the base to be converted at that phase; None where the school has set none."""
        code = _POINT_CODES[phase]
        override = self.settings.get(f"{code}_target")
        if override is not None:
            return Fraction(override)
        return self.policy.midterm_target if phase == schema.MIDTERM else self.policy.final_target

    @property
    def max_tutees(self) -> int:
        """每名小帮手最多对象数."""
        return self.settings.get("max_tutees") or self.policy.max_tutees

    def exam(self, point: str) -> str:
        """Name of the exam at 基线, 期中 or 期末; "" where none is named."""
        return self.settings.get(f"{_POINT_CODES[point]}_exam") or ""

    def day(self, point: str) -> date | None:
        """Date of 基线, 期中 or 期末."""
        return self.settings.get(f"{_POINT_CODES[point]}_date")

    def basis(self, phase: str) -> str:
        """考试 or 过程评价; blank means 考试 iff an exam is named."""
        chosen: str | None = self.settings.get(f"{_POINT_CODES[phase]}_basis")
        return chosen or (schema.BY_EXAM if self.exam(phase) else schema.BY_PROCESS)

    def subject(self, name: str) -> Subject:
        """The subject of that name; one without a row in 任课 has no teacher and no limits."""
        return next((s for s in self.subjects if s.name == name), Subject(name))

    def levels(self, subject: str) -> tuple[str, ...]:
        """The ladder, high to low: that of 任课, else the usual one that knows every level entered in any exam.

        One ladder for the term: a level that nobody has any more at midterm is still a step (level_up).
        """
        if subject not in self._levels:
            cells = (row.get(subject) for rows in self._rows.values() for row in rows.values())
            entered = _USUAL_LEVELS.intersection(map(clean_text, cells))
            usual = ladder_for(entered) if entered else None
            self._levels[subject] = self.subject(subject).levels or usual or ()
        return self._levels[subject]

    def teacher_of(self, subject: str) -> str:
        """任课教师, or the homeroom teacher for 综合 and subjects without one."""
        return self.subject(subject).teacher or self.settings.get("homeroom_teacher") or ""

    def name_of(self, pupil_id: str) -> str | None:
        """姓名 in 名册; None for a pupil who is not there."""
        row = self.pupils.get(pupil_id)
        return row.get("name") if row is not None else None

    # -- who was there, who got what -----------------------------------------------------------------

    def exam_day(self, exam: str) -> date | None:
        """The date set for the point that this exam is; None for other exams."""
        return next((self.day(p) for p in POINTS if exam and self.exam(p) == exam), None)

    def there(self, exam: str) -> set[str]:
        """学号 of everybody who belonged to the class on the exam's date."""
        day = self.exam_day(exam)
        return {p for p, row in self.pupils.items() if there_on(row, day)}

    def _exam_readings(self, exam: str) -> dict[str, dict[str, Reading]]:
        if exam not in self._readings:
            names = [s.name for s in self.subjects]
            self._readings[exam] = {
                pupil: {name: read_score(row.get(name)) for name in names}
                for pupil, row in self._rows.get(exam, {}).items()
            }
            self._zero_pupils[exam] = self._find_zero_rows(exam)
        return self._readings[exam]

    def _find_zero_rows(self, exam: str) -> frozenset[str]:
        if self.settings.get("zeros_absent") == schema.NO:
            return frozenset()
        zero = frozenset(p for p, cells in self._readings[exam].items() if is_zero_row(cells.values()))
        for pupil in sorted(zero):
            self.note(
                reminder(
                    schema.SCORES.label,
                    "score.zero_row",
                    f"“{exam}”各科都是 0，按缺考计",
                    "没有参加考试请填“缺考”；确实得 0 分请把“设置”里的“全零视为缺考”改为“否”。",
                    row=self._rows[exam][pupil].at,
                )
            )
        return zero

    def column(self, exam: str, subject: str) -> ExamColumn:
        """What the class got in that exam and subject; cells that do not count are noted."""
        key = (exam, subject)
        if key not in self._columns:
            readings = self._exam_readings(exam)
            known = self.subject(subject)
            column = read_column(
                {p: cells.get(subject, BLANK) for p, cells in readings.items()},
                scoring=known.scoring,
                full_points=known.full_points,
                levels=self.levels(subject),
                zero_pupils=self._zero_pupils[exam],
            )
            self._note_rejected(exam, subject, column)
            self._columns[key] = column
        return self._columns[key]

    def _note_rejected(self, exam: str, subject: str, column: ExamColumn) -> None:
        for r in column.rejected:
            row = self._rows[exam][r.pupil_id].at
            mend = "请核对后改正；这一格没有计入。"
            self.note(error(schema.SCORES.label, r.rule, r.message, mend, row=row, column=subject))
        for pupil, cells in self._exam_readings(exam).items():
            if note := cells.get(subject, BLANK).note:
                self.note(
                    reminder(
                        schema.SCORES.label,
                        "score.excluded",
                        note,
                        row=self._rows[exam][pupil].at,
                        column=subject,
                    )
                )

    def examine(self) -> None:
        """Look at every exam and subject once; what is wrong is among `issues` afterwards."""
        for exam in sorted(self._rows):
            for subject in self.subjects:
                self.column(exam, subject.name)
                self.reference(exam, subject.name, schema.GRADE_REFERENCE)

    def result(self, exam: str, subject: str, pupil: str) -> Result | None:
        """The pupil's valid result, None without one."""
        return self.column(exam, subject).results.get(pupil) if exam else None

    # -- references ----------------------------------------------------------------------------------

    def reference(self, exam: str, subject: str, kind: str) -> Reference | None:
        """The reference of that kind (年级 or 本班); None where there is none. Source: spec §4.1."""
        key = (exam, subject, kind)
        if not exam:
            return None
        if key not in self._references:
            make = self._grade_reference if kind == schema.GRADE_REFERENCE else self._class_reference
            self._references[key] = make(exam, subject)
        return self._references[key]

    def best_reference(self, exam: str, subject: str) -> tuple[Reference | None, str]:
        """The grade's reference where 常模 has one, else the class's own, with its kind."""
        if (grade := self.reference(exam, subject, schema.GRADE_REFERENCE)) is not None:
            return grade, schema.GRADE_REFERENCE
        return self.reference(exam, subject, schema.CLASS_REFERENCE), schema.CLASS_REFERENCE

    def _class_reference(self, exam: str, subject: str) -> Reference | None:
        column, there = self.column(exam, subject), self.there(exam)
        results = [x for p, x in column.results.items() if p in there]
        return Reference.of(results, column.kind, column.ladder)

    def norms_row(self, exam: str, subject: str) -> Row | None:
        """The row of 常模 for this grade, exam and subject."""
        for row in self._norms:
            if (row.get("grade"), row.get("exam"), row.get("subject")) == (self.grade, exam, subject):
                found: Row = row
                return found
        return None

    def _grade_reference(self, exam: str, subject: str) -> Reference | None:
        row = self.norms_row(exam, subject)
        if row is None:
            return None
        try:
            reference = read_distribution(row.get("distribution") or "", self.levels(subject))
        except ValueError:
            self.note(
                error(
                    schema.NORMS.label,
                    "norms.distribution",
                    f"“{exam}”{subject} 的分布读不出来",
                    "请向教务处重新索取常模并导入。",
                    row=row.at,
                    column=schema.NORMS.column("distribution").label,
                )
            )
            return None
        self._check_norms_kind(exam, subject, reference, row)
        return reference

    def _check_norms_kind(self, exam: str, subject: str, reference: Reference, row: Row) -> None:
        column = self.column(exam, subject)
        if column.results and column.kind != reference.kind:
            self.note(
                error(
                    schema.NORMS.label,
                    "norms.kind",
                    f"“{exam}”{subject}：常模是{reference.kind}，本班成绩是{column.kind}，不能比较",
                    "请核对考试名称，或向教务处重新索取常模。",
                    row=row.at,
                )
            )

    def z(self, exam: str, subject: str, pupil: str, kind: str) -> float | None:
        """The pupil's z against that kind of reference; None without a valid result or reference."""
        reference, result = self.reference(exam, subject, kind), self.result(exam, subject, pupil)
        if reference is None or result is None or not reference.knows(result):
            return None
        return reference.z(result)

    def correlation(self, phase: str, subject: str) -> float | None:
        """r between the baseline and the phase's exam: from 常模, else from a class of at least 20 pairs.

        Source: spec §4.4.
        """
        baseline, exam = self.exam(BASELINE), self.exam(phase)
        row = self.norms_row(exam, subject)
        if row is not None and row.get("baseline_r") is not None and row.get("baseline_exam") == baseline:
            return float(row["baseline_r"])
        one = self.reference(baseline, subject, schema.CLASS_REFERENCE)
        two = self.reference(exam, subject, schema.CLASS_REFERENCE)
        if one is None or two is None:
            return None
        there = self.there(baseline) & self.there(exam)
        first = {p: x for p, x in self.column(baseline, subject).results.items() if p in there}
        second = {p: x for p, x in self.column(exam, subject).results.items() if p in there}
        pairs = paired_values(first, second, one, two)
        return correlation(pairs) if len(pairs) >= CLASS_CORRELATION_PUPILS else None


def in_term(row: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """True if the row's 日期 lies in the term; blank dates count as in it."""
    day, start, end = row.get("date"), settings.get("term_start"), settings.get("term_end")
    return day is None or ((start is None or day >= start) and (end is None or day <= end))
