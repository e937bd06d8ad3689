"""What a score file changes in one 成绩: which exam, which columns, and the cells that are blank so far.

Source: spec §3 (imports), §3.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from xlbangfu.imports import words
from xlbangfu.imports.headers import ROLE, SCORE, FoundColumn, Header
from xlbangfu.imports.identify import Crowd, Roll, Who, by_id, find_pupil, who_is
from xlbangfu.imports.roster import Merged, broken_cells
from xlbangfu.imports.tables import FileRow, TableFile
from xlbangfu.issues import Issue
from xlbangfu.programme.classroom import Subject
from xlbangfu.programme.numbers import clean_text, plain
from xlbangfu.programme.scores import Reading, ladder_for, read_score
from xlbangfu.schema import ERROR, REMINDER
from xlbangfu.table import Row
from xlbangfu.workbook.cells import is_blank
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.parsing import address

# ---- which exam ----------------------------------------------------------------------------------------


def exam_text(value: Any) -> str:
    """The name of an exam in a cell or option, as it is kept."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean_text(value)


class ExamUnknown(WorkbookError):
    """The file does not say which exam it is about; a button asks."""

    needs = "exam"


def exams_of(file: TableFile, given: str | None) -> dict[int, str]:
    """The exam of each data row, by its place in `file.rows`; rows of other exams are left out.

    given: the name that the user gave. A file that names one exam takes the given name; of a file that names
    several, only the rows of the given one. Raises WorkbookError where the exam is not told, never guesses it.
    """
    told = {n: exam_text(row.raw("exam")) for n, row in enumerate(file.rows)}
    named = sorted({name for name in told.values() if name})
    wanted = exam_text(given)
    if not wanted:
        if named and all(told.values()):
            return told
        what = "有几行没有写考试" if named else "没有“考试”列"
        raise ExamUnknown(
            f"“{file.name}”{what}，请给出考试名称（命令里加 --exam 期中考试，或在文件里加一列“考试”）再导入。"
        )
    if len(named) > 1:
        if wanted not in named:
            raise WorkbookError(f"“{file.name}”里有{'、'.join(named)}，没有“{wanted}”；请给出其中一个（--exam）。")
        return {n: wanted for n, name in told.items() if name in ("", wanted)}
    return dict.fromkeys(told, wanted)


# ---- which columns -------------------------------------------------------------------------------------


def subject_columns(header: Header, subject: str, exam: str) -> list[FoundColumn]:
    """Columns that hold this subject's results; more than one where the file does not tell which.

    The subject's own name counts before another name of it; of several marks (平时 | 期末) the one that is
    headed by the exam's name.
    """
    labelled = [c for c in header.columns if c.kind != ROLE and c.subject]
    found = [c for c in labelled if c.subject == subject]
    found = found or [c for c in labelled if words.same_subject(c.subject, subject)]
    if len(found) > 1:
        of_exam = [c for c in found if words.header_key(c.group) == words.header_key(exam)]
        found = of_exam if len(of_exam) == 1 else found
    return found


@dataclass
class _Columns:
    """The result columns of one header, for one workbook and one exam."""

    by_subject: dict[str, FoundColumn] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def choose_columns(file: str, sheet: str, header: Header, subjects: Sequence[str], exam: str) -> _Columns:
    """One column for each subject of 任课 that the header has; the others are said."""
    chosen = _Columns()
    used: set[int] = set()

    def say(level: str, rule: str, message: str, mend: str, column: FoundColumn) -> None:
        at = address(header.last_row, column.number)
        chosen.issues.append(Issue(level, sheet, rule, message, mend, header.last_row, column.label, at, file))

    for subject in subjects:
        found = subject_columns(header, subject, exam)
        used |= {c.number for c in found}
        if len(found) == 1:
            chosen.by_subject[subject] = found[0]
        elif found:
            labels = "、".join(f"“{c.label}”" for c in found)
            mend = "请只留一列，或让上一行的标题与考试名称相同，再导入。"
            say(
                ERROR,
                "import.column_twice",
                f"{subject}有 {len(found)} 列（{labels}），分不清哪一列，没有导入",
                mend,
                found[1],
            )
    others = [c for c in header.columns if c.kind == SCORE and c.number not in used]
    if others:
        labels = "、".join(f"“{c.label}”" for c in others)
        mend = "需要时请先在“任课”里加上这些学科，再导入一次。"
        say(REMINDER, "import.no_subject", f"{labels}不在本班“任课”里，没有导入", mend, others[0])
    return chosen


# ---- which cells ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One result cell of the file that is meant for one pupil, exam and subject."""

    row: FileRow
    column: FoundColumn
    reading: Reading

    @property
    def meaning(self) -> tuple[Any, Any]:
        """What two cells must agree in to say the same."""
        return (self.reading.result, self.reading.absence)


Place = tuple[str, str]  # exam, 学号


class ScoreMerge:
    """Takes the rows of a score file into one 成绩.

    existing: rows of 成绩 that count. subjects: of 任课. overwrite: values that differ are replaced.
    """

    def __init__(
        self, existing: Sequence[Row], roll: Roll, subjects: Sequence[Subject], *, overwrite: bool = False
    ) -> None:
        self.known: dict[Place, Row] = {}
        for row in existing:
            self.known.setdefault((row.get("exam") or "", row["pupil_id"]), row)
        self.existing, self.roll, self.overwrite = existing, roll, overwrite
        self.subjects = {s.name: s for s in subjects}
        self.result = Merged()
        self.columns: dict[tuple[str, int, str], _Columns] = {}
        self.entries: dict[Place, dict[str, list[Entry]]] = {}
        self.useful: set[int] = set()  # rows of which a cell was taken, or stood there already
        self.repeated: dict[int, FileRow] = {}  # rows that say again what another row said
        self.new: dict[Place, Row] = {}

    def take(self, file: TableFile, exams: Mapping[int, str]) -> Merged:
        """All rows of the file; every one is taken, listed, or about another class or exam."""
        people = {n: who_is(row) for n, row in enumerate(file.rows) if n in exams}
        self.result.elsewhere += len(file.rows) - len(people)
        crowd = Crowd((exams[n], who) for n, who in people.items() if not by_id(who, self.roll.directory))
        mine = [n for n, who in people.items() if self._gather(file.rows[n], who, exams[n], crowd)]
        for place in sorted(self.entries):
            for subject, entries in self.entries[place].items():
                self._settle(place, subject, entries)
        troubled = {(i.sheet, i.row) for i in self.result.issues if i.level == ERROR}
        for n in mine:
            self._account(file.rows[n], troubled)
        self.result.rows = [
            self.known.get(_place(row), row) if _is_first(self.known, row) else row for row in self.existing
        ]
        self.result.rows += self.new.values()
        return self.result

    def _gather(self, row: FileRow, who: Who, exam: str, crowd: Crowd) -> bool:
        """Note the results of one row; False where the row is listed or about another class."""
        found = find_pupil(who, self.roll, crowd, exam)
        if found.elsewhere:
            self.result.elsewhere += 1
            return False
        if not found.pupil_id:
            self.result.list_row(found.issue(row))
            return False
        self.result.issues += broken_cells(row)
        gathered = self.entries.setdefault((exam, found.pupil_id), {})
        for subject, column in self._columns(row, exam).by_subject.items():
            reading = read_score(row.value(column))
            if not reading.blank and self._understood(row, column, subject, reading):
                gathered.setdefault(subject, []).append(Entry(row, column, reading))
        return True

    def _columns(self, row: FileRow, exam: str) -> _Columns:
        key = (row.sheet, row.header.first_row, exam)
        if key not in self.columns:
            chosen = choose_columns(row.file, row.sheet, row.header, list(self.subjects), exam)
            self.columns[key] = chosen
            self.result.issues += chosen.issues
        return self.columns[key]

    def _understood(self, row: FileRow, column: FoundColumn, subject: str, reading: Reading) -> bool:
        """True if the cell means something; what does not, and marks out of range, are listed."""
        result, known = reading.result, self.subjects[subject]
        if isinstance(result, str) and result not in (ladder_for([result], known.levels) or ()):
            message = f"“{result}”不是分数，也不是等级或缺考、免考、缓考，没有导入"
            self.result.issues.append(
                row.issue(ERROR, "import.unknown_score", message, "请在文件里改正后再导入。", column)
            )
            return False
        if isinstance(result, Fraction) and known.full_points is not None and not 0 <= result <= known.full_points:
            message = (
                f"{subject} {plain(result, 6)} 不在 0 到 {plain(known.full_points, 6)} 之间，已照原样填入，不计入统计"
            )
            self.result.issues.append(
                row.issue(ERROR, "import.range", message, "请核对分数，或“任课”里的满分。", column)
            )
        if reading.note:
            self.result.issues.append(row.issue(REMINDER, "import.excluded", reading.note, "", column))
        return True

    def _settle(self, place: Place, subject: str, entries: list[Entry]) -> None:
        """One value for one cell of 成绩; rows of the file that contradict each other give none."""
        if len({e.meaning for e in entries}) > 1:
            for entry in entries:
                others = "、".join(f"{e.row.sheet}!{e.row.place(e.column)}" for e in entries if e is not entry)
                message = f"{subject}与 {others} 不一致（同一名学生、同一次考试），没有导入"
                self.result.issues.append(
                    entry.row.issue(ERROR, "import.contradiction", message, "请在文件里改正后再导入。", entry.column)
                )
            return
        entry = entries[0]
        self.useful.add(id(entry.row))
        self.repeated.update({id(e.row): entry.row for e in entries[1:] if e.row is not entry.row})
        row = self.known.get(place) or self._new_row(place)
        before = read_score(row.get(subject))
        if is_blank(row.get(subject)):
            self.result.filled += 1
        elif (before.result, before.absence) == entry.meaning:
            return
        else:
            self.result.differing += 1
            self._say_difference(place, subject, row.get(subject), entry)
            if not self.overwrite:
                return
        value = entry.reading.absence if entry.reading.result is None else entry.reading.result
        changed = row.changed(**{subject: value})
        if place in self.known:
            self.known[place] = changed
        else:
            self.new[place] = changed

    def _new_row(self, place: Place) -> Row:
        if place not in self.new:
            exam, pupil_id = place
            name = self.roll.directory.names.get(pupil_id) or None
            self.new[place] = Row({"exam": exam, "pupil_id": pupil_id, "name": name})
            self.result.added += 1
        return self.new[place]

    def _say_difference(self, place: Place, subject: str, old: Any, entry: Entry) -> None:
        name = self.roll.directory.names.get(place[1]) or place[1]
        done = "已替换" if self.overwrite else "没有改动"
        message = f"{name} {place[0]} {subject}：成绩表里是“{_shown(old)}”，文件里是“{_shown(entry.row.value(entry.column))}”，{done}"
        mend = "" if self.overwrite else "请核对；要用文件里的，请在成绩表里改，或导入时选择替换。"
        self.result.issues.append(entry.row.issue(REMINDER, "import.differs", message, mend, entry.column))

    def _account(self, row: FileRow, troubled: set[tuple[str, int | None]]) -> None:
        """A matched row is taken if a cell of it counts; else it is listed with the reason."""
        if id(row) in self.useful:
            self.result.taken += 1
            return
        self.result.listed += 1
        if id(row) in self.repeated:
            first = self.repeated[id(row)]
            message = f"与 {first.sheet} 第 {first.number} 行重复"
        elif (row.sheet, row.number) in troubled:
            return
        elif any(not is_blank(row.value(c)) for c in row.header.scores):
            message = "这一行没有本班学科的成绩"
        else:
            message = "这一行没有填成绩"
        self.result.issues.append(row.issue(REMINDER, "import.no_result", f"{message}，没有导入"))


def _place(row: Row) -> Place:
    return (row.get("exam") or "", row["pupil_id"])


def _is_first(known: Mapping[Place, Row], row: Row) -> bool:
    return known[_place(row)].at == row.at


def _shown(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
