"""Where norms come from: score files, and class workbooks with their 名册 and 任课.

Source: spec §4 (who counts, zero rows), §6 (norms), §9.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from xlbangfu.actions.book import Book, Refused
from xlbangfu.actions.catalogue import OFFICE, Action
from xlbangfu.actions.runner import class_workbooks, open_closed, resolve_places
from xlbangfu.imports import words
from xlbangfu.imports.accounting import NOTHING_READ, Accounting
from xlbangfu.imports.classes import class_label, class_of, grade_in_class, grade_key, grade_label
from xlbangfu.imports.exams import exam_key, exams_of
from xlbangfu.imports.filerows import SCORE_FILE, FileRow
from xlbangfu.imports.headers import FoundColumn, Header
from xlbangfu.imports.identify import Who, who_is
from xlbangfu.imports.mapping import SeenColumn
from xlbangfu.imports.roster import broken_cells
from xlbangfu.imports.scores import quoted_labels, row_subject, subject_columns
from xlbangfu.imports.tables import Opening, read_table
from xlbangfu.issues import Issue
from xlbangfu.office.norms_pool import Limits, Pool, Pupil, Sitting
from xlbangfu.programme.classroom import BASELINE, Classroom, Subject
from xlbangfu.programme.scores import Reading, is_zero_row, read_score
from xlbangfu.schema import ABSENT, ERROR, NO, REMINDER, ROSTER, SCORES, SETTINGS, TEACHING
from xlbangfu.table import Row
from xlbangfu.workbook.closed import looks_like_class_workbook
from xlbangfu.workbook.errors import WorkbookError, WorkbookUnreadable
from xlbangfu.workbook.parsing import Parsed

_READS = Action("norms", "常模", OFFICE, "norms", "", tuple(s.label for s in (SETTINGS, TEACHING, ROSTER, SCORES)))


@dataclass
class Gathered:
    """What the sources hold. shares, baselines: what the class workbooks of a grade set, by grade as compared.

    accounting: of the score files' rows. files, workbooks: how many were read. opening: what score files are opened
    with; columns: as they were seen there.
    """

    pool: Pool = field(default_factory=Pool)
    shares: dict[str, Counter[Fraction]] = field(default_factory=dict)
    baselines: dict[str, Counter[str]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    accounting: Accounting = NOTHING_READ
    files: int = 0
    workbooks: int = 0
    opening: Opening = field(default_factory=Opening)
    columns: list[SeenColumn] = field(default_factory=list)


def is_class_source(path: Path) -> bool:
    """True for a folder and for a file that is a class workbook."""
    return path.is_dir() or looks_like_class_workbook(path) is True


def workbooks_of(sources: Iterable[Path], gathered: Gathered) -> list[Path]:
    """The class workbooks among the sources and in their folders, each once; other files there are said."""
    found: dict[Path, Path] = {}
    for source in sources:
        skipped: list[str] = []
        for path in class_workbooks(source, skipped) if source.is_dir() else [source]:
            found.setdefault(path.resolve(), path)
        for name in skipped:
            message = "不是班级工作簿，没有计入"
            gathered.issues.append(Issue(REMINDER, SETTINGS.label, "norms.skipped", message, "", file=Path(name).name))
    return [found[key] for key in sorted(found)]


# ---- score files ---------------------------------------------------------------------------------------


def gather_file(path: Path, gathered: Gathered, *, grade: str | None, exam: str | None) -> None:
    """Every valid row of a score file. Raises WorkbookError where the file or its exam cannot be read."""
    file = read_table(path, SCORE_FILE, gathered.opening)
    gathered.columns += file.columns
    exams = exams_of(file, exam)
    gathered.files += 1
    gathered.issues += file.issues
    sittings = _Sittings(gathered, grade)
    taken = 0
    for n, row in enumerate(file.rows):
        if n not in exams:
            column = row.header.role("exam")
            gathered.issues.append(row.issue(REMINDER, "norms.other_exam", "是另一次考试，没有计入", "", column))
            continue
        taken += sittings.take(row, exams[n])
    sittings.settle()
    base = file.accounting
    gathered.accounting += replace(base, taken=taken, listed=base.listed + len(file.rows) - taken)


@dataclass
class _Cell:
    """One result of a score file on its way to the norms."""

    row: FileRow
    pupil: Pupil
    subject: str
    reading: Reading
    column: FoundColumn


@dataclass
class _Sittings:
    """The results of one score file, gathered by pupil and exam: whoever has 0 in every subject was not there."""

    gathered: Gathered
    grade: str | None
    columns: dict[tuple[str, int, str], dict[str, FoundColumn]] = field(default_factory=dict)
    cells: dict[tuple[Any, ...], list[_Cell]] = field(default_factory=dict)

    def take(self, row: FileRow, exams: Sequence[str]) -> bool:
        """Take one row; False where it is listed."""
        who, issues = who_is(row), self.gathered.issues
        label = _grade_of(row, self.grade)
        if not label:
            message = "看不出年级，这一行没有计入"
            issues.append(row.error("norms.no_grade", message, "请加上“年级”列，或用 --grade 给出年级。"))
            return False
        if not who.pupil_id and not who.name and who.problem is None:
            issues.append(row.error("norms.no_identity", "没有学号，也没有姓名，这一行没有计入", "请补上学号或姓名。"))
            return False
        if who.problem is not None:
            message = f"{who.problem.message}，这一行没有计入"
            rule = who.problem.rule.replace("cell.", "norms.")
            issues.append(row.error(rule, message, who.problem.mend, "pupil_id"))
            return False
        if not exams:
            message = "没有写是哪次考试，文件里又有几次，这一行没有计入"
            issues.append(row.error("norms.no_exam", message, "请在文件里补上考试名称。", "exam"))
            return False
        issues += broken_cells(row)
        pupil, found = _file_pupil(row, who, label), 0
        for exam in exams:
            for subject, column in self._columns(row, exam).items():
                if not (reading := read_score(row.value(column))).blank:
                    found += 1
                    key = (label, *_one_pupil(pupil, row), exam)
                    self.cells.setdefault(key, []).append(_Cell(row, pupil, subject, reading, column))
        if not found:
            issues.append(row.issue(REMINDER, "norms.no_result", "这一行没有填成绩，没有计入"))
        return bool(found)

    def _columns(self, row: FileRow, exam: str) -> dict[str, FoundColumn]:
        if row.header.result is not None:
            subject = row_subject(row)
            return {subject: row.header.result} if subject else {}
        key = (row.sheet, id(row.header), exam)
        if key not in self.columns:
            self.columns[key] = _subjects(row, exam, self.gathered.issues)
        return self.columns[key]

    def settle(self) -> None:
        """Everything gathered goes into the pool, rows of zeros as 缺考."""
        for (label, *_, exam), cells in self.cells.items():
            zeros = is_zero_row(c.reading for c in cells)
            if zeros:
                message = f"“{exam}”各科都是 0，按缺考计"
                first = cells[0].row.issue(REMINDER, "score.zero_row", message, "没有参加考试请填“缺考”。")
                self.gathered.issues.append(first)
            for n, c in enumerate(cells):
                reading = _absent(c.reading) if zeros else c.reading
                self.gathered.pool.add(_file_sitting(c.row, c.pupil, exam, c.subject, reading, c.column, n), label)


def _one_pupil(pupil: Pupil, row: FileRow) -> tuple[Any, ...]:
    """What the rows of one pupil share where a row is about one subject; elsewhere every row is for itself."""
    if row.header.result is None:
        return (id(row),)
    return (pupil.pupil_id, *pupil.called)


def _subjects(row: FileRow, exam: str, issues: list[Issue]) -> dict[str, FoundColumn]:
    """The one result column of each subject; a subject with several is said and left out."""
    header: Header = row.header
    chosen: dict[str, FoundColumn] = {}
    of_exam = [c for c in header.scores if not header.exams or exam_key(c.group) == exam_key(exam)]
    for subject in dict.fromkeys(c.subject for c in of_exam):
        found = [c for c in subject_columns(header, subject, exam) if c.subject == subject]
        if len(found) == 1:
            chosen[subject] = found[0]
            if not words.is_known_subject(subject):
                message = f"“{found[0].label}”不是常见学科，已按学科计入"
                issues.append(_of_header(row, REMINDER, found[0], message, "不是学科请在文件里删去这一列再算。"))
        else:
            labels = quoted_labels(found)
            message = f"{subject}有 {len(found)} 列（{labels}），分不清哪一列，没有计入"
            issues.append(_of_header(row, ERROR, found[1], message, "请只留一列再算。"))
    return chosen


def _of_header(row: FileRow, level: str, column: FoundColumn, message: str, mend: str) -> Issue:
    header = row.header
    at = header.place(column)
    return Issue(level, row.sheet, "norms.column", message, mend, header.last_row, column.label, at, row.file)


def _absent(reading: Reading) -> Reading:
    return reading if reading.blank else Reading(absence=ABSENT)


def _grade_of(row: FileRow, grade: str | None) -> str:
    """年级 of the row: its cell, else the one given, else what the class's name says for certain."""
    if row.raw("grade") is not None:
        return grade_label(row.raw("grade"))
    if grade is not None:
        return grade_label(grade)
    if row.titled.grade:
        return grade_label(row.titled.grade)
    return grade_in_class(row.class_text()) if row.class_text() is not None else ""


def _file_pupil(row: FileRow, who: Who, grade: str) -> Pupil:
    name = row.class_text()
    class_name = class_of(grade, name) if name is not None else None
    return Pupil(grade_key(grade), who.pupil_id if who.own else "", who.name, class_name)


def _file_sitting(
    row: FileRow, pupil: Pupil, exam: str, subject: str, reading: Reading, column: FoundColumn, n: int
) -> Sitting:
    def issue(level: str, rule: str, message: str, mend: str) -> Issue:
        return row.issue(level, rule, message, mend, column)

    return Sitting(pupil, exam, subject, reading, issue, (row.file, row.sheet, row.number * 1000 + n))


# ---- class workbooks -----------------------------------------------------------------------------------


def gather_workbook(path: Path, gathered: Gathered, today: date) -> None:
    """Results of those who were there on each exam's date. A workbook that cannot be read is a problem."""
    try:
        book = Book(open_closed(path), _READS, today=today)
        room = book.room
    except (Refused, WorkbookError) as refusal:
        issue = Issue(
            ERROR, SETTINGS.label, "norms.unreadable", f"没有计入：{refusal}", "处理好以后再算一次。", file=path.name
        )
        gathered.issues.append(issue)
        return
    if not room.grade:
        issue = Issue(
            ERROR,
            SETTINGS.label,
            "norms.no_grade",
            "没有计入：设置里没有填年级",
            "请填好年级再算一次。",
            file=path.name,
        )
        gathered.issues.append(issue)
        return
    gathered.workbooks += 1
    _WorkbookReader(path.name, book, room, gathered).read()
    found = resolve_places(book, book.all_issues())
    gathered.issues += [replace(i, file=path.name) for i in found]


class _WorkbookReader:
    """One class workbook on its way into the pool."""

    def __init__(self, file: str, book: Book, room: Classroom, gathered: Gathered) -> None:
        self.file, self.room, self.gathered = file, room, gathered
        self.rows = book.table(SCORES).rows
        self.parsed: Parsed = book.parsed[SCORES.label]
        self.grade = grade_key(room.grade)
        self.class_name = class_of(room.grade, class_label(room.settings.get("class_name") or ""))
        self.zeros_count = room.settings.get("zeros_absent") == NO

    def read(self) -> None:
        shares = self.gathered.shares.setdefault(self.grade, Counter())
        shares[self.room.share] += 1
        if baseline := self.room.exam(BASELINE):
            self.gathered.baselines.setdefault(self.grade, Counter())[baseline] += 1
        there = {exam: self.room.there(exam) for exam in {row["exam"] for row in self.rows if row.get("exam")}}
        for row in self.rows:
            if row.get("exam") and row["pupil_id"] in there[row["exam"]]:
                self._row(row)

    def _row(self, row: Row) -> None:
        readings = {s.name: read_score(row.get(s.name)) for s in self.room.subjects}
        if not self.zeros_count and is_zero_row(readings.values()):
            found = Issue(
                REMINDER, SCORES.label, "score.zero_row", f"“{row['exam']}”各科都是 0，按缺考计", "", row.at, "考试"
            )
            self.gathered.issues.append(self._placed(found))
            readings = {name: _absent(r) for name, r in readings.items()}
        info: Mapping[str, Any] = self.room.pupils[row["pupil_id"]]
        pupil = Pupil(self.grade, row["pupil_id"], info.get("name") or "", self.class_name, info.get("status_date"))
        for n, subject in enumerate(self.room.subjects):
            reading = readings[subject.name]
            if not reading.blank:
                self.gathered.pool.add(self._sitting(row, pupil, subject, reading, n), self.room.grade)

    def _sitting(self, row: Row, pupil: Pupil, subject: Subject, reading: Reading, n: int) -> Sitting:
        at, name = row.at or 0, subject.name

        def issue(level: str, rule: str, message: str, mend: str) -> Issue:
            return self._placed(Issue(level, SCORES.label, rule, message, mend, at, name))

        limits = Limits(subject.scoring, subject.full_points, subject.levels)
        return Sitting(pupil, row["exam"], name, reading, issue, (self.file, SCORES.label, at * 1000 + n), limits)

    def _placed(self, issue: Issue) -> Issue:
        return replace(self.parsed.locate(issue), file=self.file)


def missing_sources(sources: Iterable[Path]) -> None:
    """Raise WorkbookUnreadable for the first source that is not there."""
    for source in sources:
        if not source.exists():
            raise WorkbookUnreadable(f"找不到“{source}”，请核对路径。", path=source)
