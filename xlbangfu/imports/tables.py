"""A file as rows under known columns, and the accounting that no row of it is lost.

Every row of a sheet with a header is one of: a data row, a heading (titles, repeated headers), blank, a
total (平均分, 合计, 制表人…), or listed with the reason why it cannot be taken. Source: spec §3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xlbangfu.imports import words
from xlbangfu.imports.accounting import NOTHING_READ, Accounting
from xlbangfu.imports.headers import (
    OTHER,
    ROLE,
    SCORE,
    TOTAL,
    Cells,
    FoundColumn,
    Header,
    cell,
    find_header,
    header_at,
    text_of,
)
from xlbangfu.imports.reading import CellError, SheetGrid, read_table_file
from xlbangfu.issues import Issue
from xlbangfu.programme.numbers import exact
from xlbangfu.schema import ERROR, REMINDER
from xlbangfu.workbook.cells import is_blank
from xlbangfu.workbook.errors import WorkbookUnreadable
from xlbangfu.workbook.parsing import address

_LABELS_SHOWN = 8
_FIGURES_ABOVE = 3  # filled cells, all but one of them numbers, that make a row above the header more than a title
HEADING, BLANK_ROW, TOTAL_ROW = "heading", "blank", "total"
_TITLE_WORDS = (
    "成绩",
    "名册",
    "名单",
    "花名册",
    "统计",
    "一览",
    "登记",
    "情况",
    "汇总",
    "考试",
    "学校",
    "小学",
    "中学",
)


@dataclass(frozen=True)
class FileRow:
    """One data row of a file. number: 1-based row in its sheet."""

    file: str
    sheet: str
    number: int
    cells: Cells = field(repr=False)
    header: Header = field(repr=False)

    def raw(self, role: str) -> Any:
        """The raw value in the column of that role; None without the column, for blanks and for error cells."""
        column = self.header.role(role)
        return None if column is None else self.value(column)

    def value(self, column: FoundColumn) -> Any:
        """The raw value in that column; None for blanks and error cells."""
        found = cell(self.cells, column.number)
        return None if is_blank(found) or isinstance(found, CellError) else found

    def broken(self) -> list[tuple[FoundColumn, CellError]]:
        """Cells of roles and results whose value cannot be known."""
        known = [c for c in self.header.columns if c.kind in (ROLE, SCORE)]
        return [(c, v) for c in known if isinstance(v := cell(self.cells, c.number), CellError)]

    def place(self, column: FoundColumn | None = None) -> str:
        """A1 address of the cell in that column, by default that of the first filled cell."""
        if column is not None:
            return address(self.number, column.number)
        return address(self.number, next((n for n, v in enumerate(self.cells, 1) if not is_blank(v)), 1))

    def issue(self, level: str, rule: str, message: str, mend: str = "", column: FoundColumn | None = None) -> Issue:
        """A problem of this row or of one of its cells."""
        label = column.label if column is not None else ""
        return Issue(level, self.sheet, rule, message, mend, self.number, label, self.place(column), self.file)

    def error(self, rule: str, message: str, mend: str = "", role: str = "") -> Issue:
        """A 错误 of this row, at the cell of that role where the file has one."""
        return self.issue(ERROR, rule, message, mend, self.header.role(role) if role else None)


@dataclass(frozen=True)
class TableFile:
    """A file as read. rows: data rows. issues: what was left out or cannot be taken, rows included.

    accounting: all rows of the sheets that have a header; `taken` and `elsewhere` are 0 until somebody takes
    the data rows, so read = len(rows) + listed + skipped.
    """

    name: str
    rows: tuple[FileRow, ...] = ()
    issues: tuple[Issue, ...] = ()
    accounting: Accounting = NOTHING_READ

    @property
    def headers(self) -> list[tuple[str, Header]]:
        """Sheet name and header of every block of rows, each once."""
        found: dict[tuple[str, int], Header] = {}
        for row in self.rows:
            found.setdefault((row.sheet, row.header.first_row), row.header)
        return [(sheet, header) for (sheet, _), header in found.items()]

    def share(self, rows: Iterable[FileRow]) -> TableFile:
        """Some of the rows as a file of their own: what is said about the whole file stays behind."""
        some = tuple(rows)
        return TableFile(self.name, some, (), Accounting(read=len(some)))


@dataclass(frozen=True)
class Wanted:
    """What a table must have to be of use. identity: roles that make a header. scores: result columns needed.

    roles: those that somebody makes use of; columns of other roles are said to be left out. refuse: a sentence
    why a header's layout cannot be taken yet, "" if it can.
    """

    name: str
    needed: str
    roles: frozenset[str]
    identity: frozenset[str] = words.IDENTITY_ROLES
    scores: bool = False
    refuse: Callable[[Header], str] = field(default=lambda header: "")


def _unfit_roster(header: Header) -> str:
    return f"有两列都叫“{header.doubled[0]}”（左右并排的表），目前还不能导入" if header.doubled else ""


def _unfit_scores(header: Header) -> str:
    if header.role("subject") is not None and any(words.is_score_word(c.label) for c in header.columns):
        return "一行一科的排法（有“学科”列）目前还不能导入，请改为每个学科一列"
    return _unfit_roster(header)


_WHERE = frozenset({"grade", "class_name"})
ROSTER_FILE = Wanted("名册", "“学号”“姓名”", words.ROSTER_ROLES | _WHERE, refuse=_unfit_roster)
SCORE_FILE = Wanted(
    "成绩",
    "“学号”（或“班级”“姓名”）和各学科",
    words.IDENTITY_ROLES | _WHERE | {"exam"},
    scores=True,
    refuse=_unfit_scores,
)
TEACHING_FILE = Wanted(
    "任课",
    "“学科”“任课教师”",
    _WHERE | {"subject", "teacher", "full_points", "scoring", "levels", "homeroom_teacher"},
    frozenset({"subject"}),
)


def read_table(path: Path, wanted: Wanted) -> TableFile:
    """Read a file and take every sheet of it that has a fitting header.

    Raises WorkbookUnreadable when the file cannot be read or no sheet has such a header.
    """
    return tables_of(path.name, read_table_file(path), wanted)


def tables_of(name: str, grids: Sequence[SheetGrid], wanted: Wanted) -> TableFile:
    """The same from grids in memory."""
    found = TableFile(name)
    taken = False
    for grid in grids:
        header = None if grid.hidden else find_header(grid.rows, identity=wanted.identity)
        if header is None or (wanted.scores and not _has_results(header)):
            found = replace(found, issues=(*found.issues, *_left_out(name, grid, wanted, header)))
            continue
        taken = True
        part = _Sheet(name, grid, wanted).read(header)
        found = TableFile(name, found.rows + part.rows, found.issues + part.issues, found.accounting + part.accounting)
    if not taken:
        raise WorkbookUnreadable(f"“{name}”里找不到{wanted.name}的表头；表头要有{wanted.needed}，请补上表头再导入。")
    return found


def _has_results(header: Header) -> bool:
    return any(c.kind in (SCORE, OTHER, TOTAL) for c in header.columns)


def _left_out(name: str, grid: SheetGrid, wanted: Wanted, header: Header | None) -> list[Issue]:
    """A sheet that was not read is said, unless it is empty."""
    filled = sum(any(not is_blank(v) for v in row) for row in grid.rows)
    if not filled:
        return []
    if grid.hidden:
        words_, mend = "是隐藏的，没有读取", "需要导入请先取消隐藏。"
    elif header is not None:
        words_, mend = "没有成绩列，没有读取", "需要导入请核对表头。"
    else:
        words_, mend = f"没有{wanted.name}的表头，没有读取", "说明页可不理会；需要导入请补上表头。"
    message = f"工作表“{grid.name}”（{filled} 行）{words_}"
    return [Issue(REMINDER, grid.name, "import.sheet", message, mend, file=name)]


class _Sheet:
    """One sheet on its way to rows."""

    def __init__(self, file: str, grid: SheetGrid, wanted: Wanted) -> None:
        self.file, self.grid, self.wanted = file, grid, wanted
        self.rows: list[FileRow] = []
        self.issues: list[Issue] = []
        self.counted = {HEADING: 0, BLANK_ROW: 0, TOTAL_ROW: 0}
        self.listed = 0

    def read(self, header: Header) -> TableFile:
        for at in range(header.first_row - 1):
            self._above(at, header)
        at, header = header.first_row - 1, self._started(header)
        while at < len(self.grid.rows):
            if (found := self._header_here(at)) is not None:
                if found.labels != header.labels:
                    header = self._started(found)
                self.counted[HEADING] += found.last_row - at
                at = found.last_row
                continue
            self._row(at, header)
            at += 1
        counted = self.counted
        accounting = Accounting(
            read=len(self.grid.rows),
            listed=self.listed,
            headings=counted[HEADING],
            blanks=counted[BLANK_ROW],
            totals=counted[TOTAL_ROW],
        )
        return TableFile(self.file, tuple(self.rows), tuple(self.issues), accounting)

    def _above(self, at: int, header: Header) -> None:
        """A row above the header: a title, a blank, or figures that nobody can assign, which are listed."""
        row = self.grid.rows[at]
        filled = [v for v in row if not is_blank(v)]
        if len(filled) >= _FIGURES_ABOVE and sum(exact(v) is not None for v in filled) >= _FIGURES_ABOVE - 1:
            found = FileRow(self.file, self.grid.name, at + 1, row, header)
            mend = "是学生的话，请移到表头下面再导入。"
            self.listed += 1
            self.issues.append(found.issue(REMINDER, "import.layout", "这一行在表头上面，没有导入", mend))
        else:
            self.counted[HEADING if filled else BLANK_ROW] += 1

    def _header_here(self, at: int) -> Header | None:
        """The header that begins at this row, if one does."""
        for row in (at, at + 1):
            if row < len(self.grid.rows):
                found = header_at(self.grid.rows, row, self.wanted.identity)
                if found is not None and found.first_row == at + 1:
                    return found
        return None

    def _started(self, header: Header) -> Header:
        """A header comes into force: its columns that nobody takes are said once."""
        header = _with_sheet_subject(header, self.grid.name)
        for columns, text, mend in self._unused(header):
            if columns:
                message = f"{_labels(columns)}{text}，没有导入"
                at = address(header.first_row, columns[0].number)
                found = Issue(
                    REMINDER, self.grid.name, "import.column", message, mend, header.first_row, "", at, self.file
                )
                self.issues.append(found)
        return header

    def _unused(self, header: Header) -> list[tuple[list[FoundColumn], str, str]]:
        """Columns that nobody takes, with what they are and what to do."""
        totals: list[FoundColumn] = []
        idle: list[FoundColumn] = []
        unknown: list[FoundColumn] = []
        for column in header.columns:
            if column.kind == TOTAL:
                totals.append(column)
            elif column.kind == ROLE:
                used = column.role in self.wanted.roles and header.role(column.role) is column
                idle += [] if used else [column]
            elif column.kind == OTHER or not self.wanted.scores:
                (idle if words.is_other_label(column.label) else unknown).append(column)
        mend = "是学科的话，请在“任课”里加上同名的学科再导入。" if self.wanted.scores else ""
        return [
            (totals, "是合计、平均或名次", ""),
            (idle, f"不属于{self.wanted.name}", ""),
            (unknown, "没有认出来", mend),
        ]

    def _row(self, at: int, header: Header) -> None:
        row = self.grid.rows[at]
        kind = row_kind(row, header, self.wanted.identity)
        if kind:
            self.counted[kind] += 1
            return
        found = FileRow(self.file, self.grid.name, at + 1, row, header)
        if reason := self.wanted.refuse(header):
            self.listed += 1
            self.issues.append(
                found.error("import.layout", f"{reason}；这一行没有导入", "请按一人一行、一科一列整理后再导入。")
            )
        else:
            self.rows.append(found)


def _labels(columns: Sequence[FoundColumn]) -> str:
    shown = list(dict.fromkeys(f"“{c.label}”" for c in columns))
    return "、".join(shown[:_LABELS_SHOWN]) + (f"等 {len(columns)} 列" if len(shown) > _LABELS_SHOWN else "")


def _with_sheet_subject(header: Header, sheet: str) -> Header:
    """「成绩」 alone on a sheet that is named after a subject is that subject's column."""
    subject = words.subject_label(sheet)
    alone = [c for c in header.scores if words.is_score_word(c.label)]
    if len(alone) != 1 or not words.is_known_subject(subject):
        return header
    named = tuple(replace(c, subject=subject) if c is alone[0] else c for c in header.columns)
    return replace(header, columns=named)


def row_kind(row: Cells, header: Header, identity: frozenset[str] = words.IDENTITY_ROLES) -> str:
    """HEADING, BLANK_ROW or TOTAL_ROW; "" for a row with data."""
    filled = [(n, v) for n, v in enumerate(row, 1) if not is_blank(v)]
    if not filled:
        return BLANK_ROW
    named = {c.number: v for c in header.columns if c.role in identity and not is_blank(v := cell(row, c.number))}
    told = [text_of(v) for v in ([*named.values()] if named else [filled[0][1]])]
    first = text_of(filled[0][1])
    if all(words.is_total_text(text) for text in told) or (not _is_named(named) and words.is_total_text(first)):
        return TOTAL_ROW
    if len(filled) == 1 and _is_title(first, filled[0][0], header):
        return HEADING
    return ""


def _is_named(named: dict[int, Any]) -> bool:
    return any(not words.is_total_text(text_of(v)) for v in named.values())


def _is_title(text: str, number: int, header: Header) -> bool:
    """True for a line of its own such as 「三年级2班期中成绩表」; a lone name under 姓名 is no title."""
    name = header.role("name")
    if name is not None and name.number == number:
        return False
    return any(word in text for word in _TITLE_WORDS)
