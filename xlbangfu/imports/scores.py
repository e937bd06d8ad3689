"""What a score file changes in one 成绩: which exam, which columns, and the cells that are blank so far.

Source: spec §3 (imports), §3.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from xlbangfu.imports import words
from xlbangfu.imports.exams import exam_key
from xlbangfu.imports.filerows import FileRow, TableFile
from xlbangfu.imports.headers import ROLE, SCORE, FoundColumn, Header
from xlbangfu.imports.identify import Crowd, Roll, Who, find_pupil, who_is
from xlbangfu.imports.roster import Merged, broken_cells
from xlbangfu.issues import Issue
from xlbangfu.programme.classroom import Subject
from xlbangfu.programme.numbers import plain
from xlbangfu.programme.scores import Reading, is_zero_row, ladder_for, looks_like_a_date, read_score
from xlbangfu.schema import ERROR, REMINDER
from xlbangfu.table import Row
from xlbangfu.workbook.cells import is_blank

# ---- which columns -------------------------------------------------------------------------------------


def subject_columns(header: Header, subject: str, exam: str) -> list[FoundColumn]:
    """Columns that hold this subject's results; more than one where the file does not tell which.

    The subject's own name counts before another name of it; of several marks (平时 | 期末) the one that is
    headed by the exam's name. Where a header holds several exams, only columns of this one.
    """
    labelled = [c for c in header.columns if c.kind != ROLE and c.subject]
    labelled = [c for c in labelled if not words.other_exam(c.group, exam)]
    if header.exams:
        labelled = [c for c in labelled if exam_key(c.group) == exam_key(exam)]
    found = [c for c in labelled if c.subject == subject]
    found = found or [c for c in labelled if words.same_subject(c.subject, subject)]
    if len(found) > 1:
        of_exam = [c for c in found if exam_key(c.group) == exam_key(exam)]
        found = of_exam if len(of_exam) == 1 else found
    return found


def quoted_labels(columns: Sequence[FoundColumn]) -> str:
    """「“语文”、“数学”」."""
    return "、".join(f"“{c.label}”" for c in columns)


@dataclass
class _Columns:
    """The result columns of one header, for one workbook and one exam."""

    by_subject: dict[str, FoundColumn] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def choose_columns(file: str, sheet: str, header: Header, subjects: Mapping[str, Subject], exam: str) -> _Columns:
    """One column for each subject of 任课 that the header has; the others are said, and 满分 that differ."""
    chosen = _Columns()
    used: set[int] = {c.number for c in header.scores if header.exams and exam_key(c.group) != exam_key(exam)}

    def say(level: str, rule: str, message: str, mend: str, column: FoundColumn) -> None:
        at = header.place(column)
        chosen.issues.append(Issue(level, sheet, rule, message, mend, header.last_row, column.label, at, file))

    for subject, known in subjects.items():
        found = subject_columns(header, subject, exam)
        used |= {c.number for c in found}
        if len(found) == 1:
            chosen.by_subject[subject] = found[0]
            if message := _other_full_marks(known, found[0]):
                mend = "请核对“任课”里的满分；不改则按“任课”检查。"
                say(REMINDER, "import.full_points", message, mend, found[0])
        elif found:
            labels = quoted_labels(found)
            mend = "请只留一列，或让上一行的标题与考试名称相同，再导入。"
            say(
                ERROR,
                "import.column_twice",
                f"{subject}有 {len(found)} 列（{labels}），分不清哪一列，没有导入",
                mend,
                found[1],
            )
    others = [c for c in header.columns if c.kind == SCORE and c.number not in used]
    parts = [c for c in others if any(s == c.subject or words.same_subject(s, c.subject) for s in subjects) and c.group]
    if parts:
        labels = quoted_labels(parts)
        say(REMINDER, "import.other_marks", f"{labels}不是“{exam}”的成绩，没有导入", "", parts[0])
    others = [c for c in others if c not in parts]
    adrift = [c for c in others if header.exams and not c.group]
    if adrift:
        labels = quoted_labels(adrift)
        mend = "请在它上面一行写上考试名称，再导入。"
        say(REMINDER, "import.no_exam", f"{labels}没有写是哪次考试，没有导入", mend, adrift[0])
    if others := [c for c in others if c not in adrift]:
        labels = quoted_labels(others)
        mend = "需要时请先在“任课”里加上这些学科，再导入一次。"
        say(REMINDER, "import.no_subject", f"{labels}不在本班“任课”里，没有导入", mend, others[0])
    return chosen


def _other_full_marks(subject: Subject, column: FoundColumn) -> str:
    """The sentence that the file gives another 满分 than 任课, "" where it does not."""
    if column.full is None or column.full == subject.full_points:
        return ""
    known = "没有填" if subject.full_points is None else f"是 {plain(subject.full_points, 6)}"
    return f"文件里{subject.name}的满分是 {plain(column.full, 6)}，“任课”里{known}"


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
    zeros_absent: a pupil whose results of one exam are all 0 will count as 缺考, which is said.
    """

    def __init__(
        self,
        existing: Sequence[Row],
        roll: Roll,
        subjects: Sequence[Subject],
        *,
        overwrite: bool = False,
        zeros_absent: bool = True,
    ) -> None:
        self.known: dict[Place, Row] = {}
        for row in existing:
            self.known.setdefault((row.get("exam") or "", row["pupil_id"]), row)
        self.existing, self.roll, self.overwrite, self.zeros_absent = existing, roll, overwrite, zeros_absent
        self.subjects = {s.name: s for s in subjects}
        self.result = Merged()
        self.columns: dict[tuple[str, int, str], _Columns] = {}
        self.entries: dict[Place, dict[str, list[Entry]]] = {}
        self.useful: set[int] = set()  # rows of which a cell was taken, or stood there already
        self.repeated: dict[int, FileRow] = {}  # rows that say again what another row said
        self.troubled: set[int] = set()  # rows of which a cell was listed
        self.new: dict[Place, Row] = {}

    def take(self, file: TableFile, exams: Mapping[int, tuple[str, ...]]) -> Merged:
        """All rows of the file; every one is taken, listed, or about another class or exam."""
        people = {n: who_is(row) for n, row in enumerate(file.rows) if n in exams}
        self.result.elsewhere += len(file.rows) - len(people)
        self._say_other_exams([row for n, row in enumerate(file.rows) if n not in exams])
        every = sorted({exam for names in exams.values() for exam in names})  # a row without one may be of any
        crowd = Crowd(
            (exam, subject, who)
            for n, who in people.items()
            for exam in exams[n] or every
            for subject in self._columns(file.rows[n], exam) or ("",)
        )
        mine = [n for n, who in people.items() if self._gather(file.rows[n], who, exams[n], crowd)]
        for place in sorted(self.entries):
            if self.zeros_absent:
                self._say_zeros(place, [e for found in self.entries[place].values() for e in found])
            for subject, entries in self.entries[place].items():
                self._settle(place, subject, entries)
        for n in mine:
            self._account(file.rows[n])
        self.result.mine = [file.rows[n] for n in mine]
        self.result.rows = [
            self.known.get(_place(row), row) if _is_first(self.known, row) else row for row in self.existing
        ]
        self.result.rows += self.new.values()
        return self.result

    def _say_other_exams(self, rows: Sequence[FileRow]) -> None:
        """Rows that the file itself says are about another exam are counted, and said once."""
        if rows:
            message = f"{rows[0].line}起有 {len(rows)} 行是另一次考试，没有导入"
            mend = "需要时请选那次考试再导入一次。"
            self.result.issues.append(rows[0].issue(REMINDER, "import.other_exam", message, mend))

    def _gather(self, row: FileRow, who: Who, exams: Sequence[str], crowd: Crowd) -> bool:
        """Note the results of one row; False where the row is listed or about another class."""
        if not exams:
            message = "没有写是哪次考试，文件里又有几次，这一行没有导入"
            self.result.list_row(row.error("import.no_exam", message, "请在文件里补上考试名称。", "exam"))
            return False
        found = find_pupil(who, self.roll, crowd, exams[0])
        if found.elsewhere:
            self.result.elsewhere += 1
            return False
        if not found.pupil_id:
            self.result.list_row(found.issue(row))
            return False
        for issue in broken_cells(row):
            self._trouble(row, issue)
        for exam in exams:
            gathered = self.entries.setdefault((exam, found.pupil_id), {})
            for subject, column in self._columns(row, exam).items():
                reading = read_score(row.value(column))
                if not reading.blank and self._understood(row, column, subject, reading):
                    gathered.setdefault(subject, []).append(Entry(row, column, reading))
        return True

    def _columns(self, row: FileRow, exam: str) -> Mapping[str, FoundColumn]:
        """Subject of 任课 → the column in which the row has its result."""
        if row.header.result is not None:
            subject = self._own_subject(row_subject(row))
            return {subject: row.header.result} if subject else {}
        key = (row.sheet, id(row.header), exam)
        if key not in self.columns:
            chosen = choose_columns(row.file, row.sheet, row.header, self.subjects, exam)
            self.columns[key] = chosen
            self.result.issues += chosen.issues
        return self.columns[key].by_subject

    def _own_subject(self, label: str) -> str:
        """The subject of 任课 that a cell 学科 names, "" for none or several."""
        alike = [label] if label in self.subjects else [s for s in self.subjects if words.same_subject(s, label)]
        return alike[0] if len(alike) == 1 else ""

    def _say_zeros(self, place: Place, entries: Sequence[Entry]) -> None:
        if is_zero_row(e.reading for e in entries):
            message = "各科都是 0，已照原样填入，统计时按缺考计"
            mend = "没有参加考试请填“缺考”；确是 0 分请在“设置”里把“全零视为缺考”改为否。"
            self.result.issues.append(entries[0].row.issue(REMINDER, "import.zero_row", message, mend))

    def _understood(self, row: FileRow, column: FoundColumn, subject: str, reading: Reading) -> bool:
        """True if the cell means something; what does not, and marks out of range, are listed."""
        result, known = reading.result, self.subjects[subject]
        if isinstance(result, str) and result not in (ladder_for([result], known.levels) or ()):
            message, mend = _not_understood(row.value(column), result)
            self._trouble(row, row.issue(ERROR, "import.unknown_score", message, mend, column))
            return False
        if isinstance(result, Fraction) and known.full_points is not None and not 0 <= result <= known.full_points:
            message = (
                f"{subject} {plain(result, 6)} 不在 0 到 {plain(known.full_points, 6)} 之间，已照原样填入，不计入统计"
            )
            self._trouble(row, row.issue(ERROR, "import.range", message, "请核对分数，或“任课”里的满分。", column))
        if reading.note:
            self.result.issues.append(row.issue(REMINDER, "import.excluded", reading.note, "", column))
        return True

    def _settle(self, place: Place, subject: str, entries: list[Entry]) -> None:
        """One value for one cell of 成绩; rows of the file that contradict each other give none."""
        if len({e.meaning for e in entries}) > 1:
            for entry in entries:
                others = "、".join(f"{e.row.sheet}!{e.row.place(e.column)}" for e in entries if e is not entry)
                message = f"{subject}与 {others} 不一致（同一名学生、同一次考试），没有导入"
                mend = "请在文件里改正后再导入。"
                issue = entry.row.issue(ERROR, "import.contradiction", message, mend, entry.column)
                self._trouble(entry.row, issue)
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

    def _trouble(self, row: FileRow, issue: Issue) -> None:
        """A cell of a row that is not taken: the row has its reason then."""
        self.troubled.add(id(row))
        self.result.issues.append(issue)

    def _account(self, row: FileRow) -> None:
        """A matched row is taken if a cell of it counts; else it is listed with the reason."""
        if id(row) in self.useful:
            self.result.taken += 1
            return
        self.result.listed += 1
        if id(row) in self.repeated:
            first = self.repeated[id(row)]
            message = f"与 {first.sheet} {first.line}重复"
        elif id(row) in self.troubled:
            return
        elif any(not is_blank(row.value(c)) for c in result_columns(row.header)):
            subject = row_subject(row)
            message = f"“{subject}”不在本班“任课”里" if subject else "这一行没有本班学科的成绩"
        else:
            message = "这一行没有填成绩"
        self.result.issues.append(row.issue(REMINDER, "import.no_result", f"{message}，没有导入"))


def row_subject(row: FileRow) -> str:
    """The subject of a row that is about one subject alone, "" in other tables."""
    return words.subject_label(row.raw("subject")) if row.header.result is not None else ""


def result_columns(header: Header) -> list[FoundColumn]:
    """Columns whose cells are results, in wide tables and in those with one subject a row."""
    return [header.result] if header.result is not None else header.scores


def _not_understood(raw: Any, text: str) -> tuple[str, str]:
    """What is wrong with a cell that is no result, and how to mend it."""
    if looks_like_a_date(raw):
        message = f"“{_shown(raw)}”是日期，不是成绩（表格程序会把 3-2 这样的内容变成日期），没有导入"
        return message, "请在文件里把这一格设为文本或数值，重新填写后再导入。"
    return f"“{text}”不是分数，也不是等级或缺考、免考、缓考，没有导入", "请在文件里改正后再导入。"


def _place(row: Row) -> Place:
    return (row.get("exam") or "", row["pupil_id"])


def _is_first(known: Mapping[Place, Row], row: Row) -> bool:
    return known[_place(row)].at == row.at


def _shown(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        value = value.date()
    return str(value).strip()
