"""A file as rows under known columns: what a reader of files hands on to whoever takes the rows. Source: spec §3.1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlbangfu.imports import words
from xlbangfu.imports.accounting import NOTHING_READ, Accounting
from xlbangfu.imports.headers import ROLE, SCORE, Cells, FoundColumn, Header, cell
from xlbangfu.imports.mapping import SeenColumn
from xlbangfu.imports.reading import CellError
from xlbangfu.issues import Issue, short
from xlbangfu.schema import ERROR
from xlbangfu.workbook.cells import is_blank
from xlbangfu.workbook.errors import WorkbookUnreadable


@dataclass(frozen=True)
class Titled:
    """What the title over a row, or its sheet's name, speaks of: one class, one grade, one point of the term."""

    class_name: str = ""
    grade: str = ""
    phase: str = ""

    def over(self, earlier: Titled) -> Titled:
        """What this title says, and where it says nothing what an earlier one did."""
        return Titled(self.class_name or earlier.class_name, self.grade or earlier.grade, self.phase or earlier.phase)


UNTITLED = Titled()


@dataclass(frozen=True)
class FileRow:
    """One data row of a file. number: 1-based row in its table, which is that of the sheet unless it is turned.

    titled: what the title above it says. exams: those that it has results of, once that was settled for the whole file.
    lost_id: its 学号 went through a number cell and has lost digits, as those of the other rows tell. block: tables under
    different titles, or on different sheets, have different numbers; loose: the file has several, and nothing says
    which class this row's is about.
    """

    file: str
    sheet: str
    number: int
    cells: Cells = field(repr=False)
    header: Header = field(repr=False)
    titled: Titled = UNTITLED
    exams: tuple[str, ...] = ()
    lost_id: bool = False
    block: int = 0
    loose: bool = False

    def raw(self, role: str) -> Any:
        """The raw value in the column of that role; None without the column, for blanks and for error cells.

        A cell that a merge down the page covers has the value that is shown over it.
        """
        column = self.header.role(role)
        if column is None:
            return None
        found = cell(self.cells, column.number)
        if is_blank(found):
            found = self.header.origin.covering(self.number, column.number, self.header.last_row)
        return None if is_blank(found) or isinstance(found, CellError) else found

    def class_text(self) -> Any:
        """The class as the row's own cell says it, else as the title does; None if nothing says it."""
        own = self.raw("class_name")
        return own if own is not None else self.titled.class_name or None

    def grade_text(self) -> Any:
        """The grade, in the same way."""
        own = self.raw("grade")
        return own if own is not None else self.titled.grade or None

    @property
    def line(self) -> str:
        """「第 5 行」, or 「E 列」 in a table that is turned."""
        return self.header.origin.line(self.number)

    def value(self, column: FoundColumn) -> Any:
        """The raw value in that column; None for blanks and error cells."""
        found = cell(self.cells, column.number)
        return None if is_blank(found) or isinstance(found, CellError) else found

    def broken(self) -> list[tuple[FoundColumn, CellError]]:
        """Cells of roles and results whose value cannot be known."""
        known = [c for c in self.header.columns if c.kind in (ROLE, SCORE) or c is self.header.result]
        return [(c, v) for c in known if isinstance(v := cell(self.cells, c.number), CellError)]

    def place(self, column: FoundColumn | None = None) -> str:
        """A1 address of the cell in that column, by default that of the first filled cell."""
        number = (
            column.number
            if column is not None
            else next((n for n, v in enumerate(self.cells, 1) if not is_blank(v)), 1)
        )
        return self.header.origin.address(self.number, number)

    def issue(self, level: str, rule: str, message: str, mend: str = "", column: FoundColumn | None = None) -> Issue:
        """A problem of this row or of one of its cells; what it quotes is cut, for a cell may hold 32,767 characters."""
        label = column.label if column is not None else ""
        return Issue(level, self.sheet, rule, short(message), mend, self.number, label, self.place(column), self.file)

    def error(self, rule: str, message: str, mend: str = "", role: str = "") -> Issue:
        """A 错误 of this row, at the cell of that role where the file has one."""
        return self.issue(ERROR, rule, message, mend, self.header.role(role) if role else None)


@dataclass(frozen=True)
class TableFile:
    """A file as read. rows: data rows. issues: what was left out or cannot be taken, rows included.

    accounting: all rows of the file; `taken` and `elsewhere` are 0 until somebody takes the data rows, so
    read = len(rows) + listed + skipped + unread. columns: what each column was recognised as.
    """

    name: str
    rows: tuple[FileRow, ...] = ()
    issues: tuple[Issue, ...] = ()
    accounting: Accounting = NOTHING_READ
    columns: tuple[SeenColumn, ...] = ()

    @property
    def headers(self) -> list[tuple[str, Header]]:
        """Sheet name and header of every block of rows, each once."""
        found: dict[tuple[str, int, Any], Header] = {}
        for row in self.rows:
            found.setdefault((row.sheet, row.header.first_row, row.header.origin.left), row.header)
        return [(key[0], header) for key, header in found.items()]

    def share(self, rows: Iterable[FileRow]) -> TableFile:
        """Some of the rows as a file of their own: what is said about the whole file stays behind."""
        some = tuple(rows)
        return TableFile(self.name, some, (), Accounting(read=len(some)))

    def __add__(self, other: TableFile) -> TableFile:
        seen = dict.fromkeys((*self.columns, *other.columns))
        return TableFile(
            self.name,
            self.rows + other.rows,
            self.issues + other.issues,
            self.accounting + other.accounting,
            tuple(seen),
        )


class NoHeader(WorkbookUnreadable):
    """No sheet has a header that fits. columns: those of the likeliest header row, for a person to say what they are."""

    needs = "mapping"

    def __init__(self, message: str, columns: tuple[SeenColumn, ...], *, path: Path | None = None) -> None:
        super().__init__(message, path=path)
        self.columns = columns


@dataclass(frozen=True)
class Wanted:
    """What a table must have to be of use. identity: roles that make a header. scores: result columns needed.

    roles: those that somebody makes use of; columns of other roles are said to be left out. pupils: rows are pupils,
    so that a table may be turned or stand beside another one.
    """

    name: str
    needed: str
    roles: frozenset[str]
    identity: frozenset[str] = words.IDENTITY_ROLES
    scores: bool = False
    pupils: bool = True


_WHERE = frozenset({"grade", "class_name"})
ROSTER_FILE = Wanted("名册", "“学号”“姓名”", words.ROSTER_ROLES | _WHERE)
SCORE_FILE = Wanted(
    "成绩",
    "“学号”（或“班级”“姓名”）和各学科",
    words.IDENTITY_ROLES | _WHERE | {"exam", "subject"},
    scores=True,
)
TEACHING_FILE = Wanted(
    "任课",
    "“学科”“任课教师”",
    _WHERE | {"subject", "teacher", "full_points", "scoring", "levels", "homeroom_teacher"},
    frozenset({"subject"}),
    pupils=False,
)
