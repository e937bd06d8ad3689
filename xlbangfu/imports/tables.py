"""A file as rows under known columns, and the accounting that no row of it is lost.

Every row of a sheet with a header is one of: a data row, a heading (titles, repeated headers), blank, a
total (平均分, 合计, 制表人…), or listed with the reason why it cannot be taken. Source: spec §3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xlbangfu.imports import layouts, words
from xlbangfu.imports.accounting import NOTHING_READ, Accounting
from xlbangfu.imports.classes import class_in_text
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
    likely_header,
    text_of,
)
from xlbangfu.imports.layouts import Table
from xlbangfu.imports.mapping import NO_CHOICES, Choices, SeenColumn, seen_columns, with_choices
from xlbangfu.imports.reading import CellError, SheetGrid, read_table_file
from xlbangfu.issues import Issue
from xlbangfu.programme.numbers import exact
from xlbangfu.programme.scores import ladder_for, read_score
from xlbangfu.schema import ERROR, REMINDER
from xlbangfu.workbook.cells import is_blank, lost_digits
from xlbangfu.workbook.errors import WorkbookUnreadable

_LABELS_SHOWN = 8
_CLASS_NUMBER = re.compile(r"[1-9]\d\d|[1-9]\.\d{1,2}")
_CLASS_LABEL = re.compile(r"(?:年级)?班[级别]?:")
_PLAINLY_UPRIGHT = 3  # columns known by their words: such a header is no row of a turned table
_FIGURES_ABOVE = 3  # filled cells, all but one of them numbers, that make a row above the header more than a title
_LONGEST_LABEL = 6
_SHORTEST_TITLE = 6  # characters of a title that stands where names do
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
    """One data row of a file. number: 1-based row in its table, which is that of the sheet unless it is turned.

    titled: the class that the title above it, or the sheet's name, speaks of. exams: those that it has results of, once
    that was settled for the whole file. lost_id: its 学号 went through a number cell and has lost digits, as those of
    the other rows tell.
    """

    file: str
    sheet: str
    number: int
    cells: Cells = field(repr=False)
    header: Header = field(repr=False)
    titled: str = ""
    exams: tuple[str, ...] = ()
    lost_id: bool = False

    def raw(self, role: str) -> Any:
        """The raw value in the column of that role; None without the column, for blanks and for error cells.

        A cell that a merge down the page covers has the value that is shown over it.
        """
        column = self.header.role(role)
        if column is None:
            return None
        found = cell(self.cells, column.number)
        if is_blank(found):
            found = self.header.origin.merged.get((self.number, column.number))
        return None if is_blank(found) or isinstance(found, CellError) else found

    def class_text(self) -> Any:
        """The class as the row's own cell says it, else as the title does; None if nothing says it."""
        own = self.raw("class_name")
        return own if own is not None else self.titled or None

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
        """A problem of this row or of one of its cells."""
        label = column.label if column is not None else ""
        return Issue(level, self.sheet, rule, message, mend, self.number, label, self.place(column), self.file)

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


@dataclass(frozen=True)
class Opening:
    """What a file is opened with. choices: what a person has said that columns are. password: "" for none."""

    choices: Choices = NO_CHOICES
    password: str = field(default="", repr=False)


def read_table(path: Path, wanted: Wanted, opening: Opening | None = None) -> TableFile:
    """Read a file and take every sheet of it that has a fitting header.

    Raises WorkbookUnreadable when the file cannot be read, PasswordNeeded when it is locked with another password,
    NoHeader when no sheet has such a header.
    """
    with_ = opening or Opening()
    return tables_of(path.name, read_table_file(path, with_.password), wanted, with_.choices)


def tables_of(name: str, grids: Sequence[SheetGrid], wanted: Wanted, choices: Choices = NO_CHOICES) -> TableFile:
    """The same from grids in memory."""
    found, guesses = TableFile(name), TableFile(name)
    taken, titles = False, _titles_of_sheets(grids)
    for grid in grids:
        tables = [] if grid.hidden else _tables(grid, wanted, choices)
        if not tables:
            found += _left_out(name, grid, wanted, choices)
            guesses += _guess(name, grid, wanted, choices)
            continue
        taken = True
        for table, header in tables:
            found += _Sheet(name, grid.name, table, wanted, choices, titles.get(grid.name, "")).read(header)
        found += TableFile(name, issues=tuple(_remarks(name, grid, tables, wanted)))
    if not taken:
        message = f"“{name}”里找不到{wanted.name}的表头；表头要有{wanted.needed}，请补上表头，或指定哪一列是什么（命令里加 --map 列=学号），再导入。"
        raise NoHeader(message, guesses.columns)
    return replace(found, rows=_with_lost_ids(found.rows)) if wanted.pupils else found


def _with_lost_ids(rows: tuple[FileRow, ...]) -> tuple[FileRow, ...]:
    """The rows, those marked whose 学号 ends in the zeros that a spreadsheet program puts for lost digits."""
    numbers = [text_of(row.raw("pupil_id")) for row in rows]
    lost = lost_digits(numbers)
    if not lost:
        return rows
    return tuple(replace(row, lost_id=number in lost) for row, number in zip(rows, numbers, strict=True))


def _tables(grid: SheetGrid, wanted: Wanted, choices: Choices) -> list[tuple[Table, Header]]:
    """The tables of a sheet that have a fitting header, each with its first one."""
    table = layouts.upright(grid.rows, grid.merges)
    header = _first_header(table, wanted, choices)
    if not wanted.pupils:
        return [(table, header)] if header is not None else []
    if header is None or header.recognised < _PLAINLY_UPRIGHT:
        across = layouts.turned(grid.rows, grid.merges)
        other = _first_header(across, wanted, choices)
        if (
            other is not None
            and not other.doubled
            and other.recognised > (header.recognised if header is not None else 1)
        ):
            table, header = across, other
    if header is None or (wanted.scores and not _has_results(header)):
        return []
    if not header.doubled:
        return [(table, header)]
    parts = layouts.side_by_side(table, starts_of_parts(header))
    return [(part, found) for part in parts if (found := _first_header(part, wanted, choices)) is not None]


def _titles_of_sheets(grids: Sequence[SheetGrid]) -> dict[str, str]:
    """Sheet → the class that its name speaks of. 302 alone might be a room: it counts beside sheets of other classes."""
    names = [grid.name for grid in grids if not grid.hidden and grid.rows]
    titles = {name: class_in_text(name) for name in names}
    if any(titles.values()) or sum(bool(_CLASS_NUMBER.fullmatch(name)) for name in names) > 1:
        titles |= {name: name for name in names if _CLASS_NUMBER.fullmatch(name)}
    return titles


def _first_header(table: Table, wanted: Wanted, choices: Choices) -> Header | None:
    """The first header of a table, by its words or by what a person has said of its columns."""
    header = find_header(table.rows, identity=wanted.identity)
    if choices:
        guess = likely_header(table.rows)
        if guess is not None and (header is None or guess.first_row < header.first_row) and choices.knows(guess):
            header = guess
    return None if header is None else with_choices(replace(header, origin=table.origin), choices, wanted.identity)


def starts_of_parts(header: Header) -> list[int]:
    """1-based columns at which the tables that stand beside each other begin."""
    labels = {c.number: words.header_key(c.label) for c in header.columns}
    first = [n for n, label in labels.items() if label == words.header_key(header.doubled[0])]
    back = 0
    while all(labels.get(n - back - 1) == labels.get(first[0] - back - 1) for n in first) and labels.get(
        first[0] - back - 1
    ):
        back += 1
    return [n - back for n in first]


def _has_results(header: Header) -> bool:
    return any(c.kind in (SCORE, OTHER, TOTAL) for c in header.columns)


def _left_out(name: str, grid: SheetGrid, wanted: Wanted, choices: Choices) -> TableFile:
    """A sheet that was not read is said, unless it is empty; its rows count as not read."""
    filled = sum(any(not is_blank(v) for v in row) for row in grid.rows)
    if not filled:
        return TableFile(name)
    if grid.hidden:
        words_, mend = "是隐藏的，没有读取", "需要导入请先取消隐藏。"
    elif find_header(grid.rows, identity=wanted.identity) is not None:
        words_, mend = "没有成绩列，没有读取", "需要导入请核对表头。"
    else:
        words_, mend = f"没有{wanted.name}的表头，没有读取", "说明页可不理会；需要导入请补上表头。"
    message = f"工作表“{grid.name}”（{filled} 行）{words_}"
    issue = Issue(REMINDER, grid.name, "import.sheet", message, mend, file=name)
    return TableFile(name, issues=(issue,), accounting=Accounting(read=len(grid.rows), unread=len(grid.rows)))


def _guess(name: str, grid: SheetGrid, wanted: Wanted, choices: Choices) -> TableFile:
    """The columns of the row that is likeliest to be the header of a sheet that has none we know."""
    header = None if grid.hidden else likely_header(grid.rows)
    if header is None:
        return TableFile(name)
    return TableFile(name, columns=seen_columns(grid.name, header, grid.rows, wanted.roles, wanted.scores, choices))


def _remarks(name: str, grid: SheetGrid, tables: Sequence[tuple[Table, Header]], wanted: Wanted) -> Iterable[Issue]:
    """How the sheet was read, where that is not plain to see."""

    def remark(rule: str, message: str, mend: str = "") -> Issue:
        return Issue(REMINDER, grid.name, rule, message, mend, file=name)

    if any(table.origin.turned for table, _ in tables):
        yield remark("import.turned", "这张表一列是一名学生，已按列读取；下面的“行”指列")
    if len(tables) > 1:
        yield remark("import.beside", f"这张表左右并排了 {len(tables)} 组，已分组读取；每一组各算一行")
    if grid.hidden_rows:
        shown = "、".join(map(str, grid.hidden_rows[:_LABELS_SHOWN]))
        more = f"等 {len(grid.hidden_rows)} 行" if len(grid.hidden_rows) > _LABELS_SHOWN else "行"
        yield remark("import.hidden_rows", f"第 {shown} {more}是隐藏的，已一并读取", "不要导入的请先在文件里删去。")


class _Sheet:
    """One table of a sheet on its way to rows."""

    def __init__(self, file: str, sheet: str, table: Table, wanted: Wanted, choices: Choices, titled: str = "") -> None:
        self.file, self.sheet, self.table, self.wanted, self.choices = file, sheet, table, wanted, choices
        self.grid = table.rows
        self.rows: list[FileRow] = []
        self.issues: list[Issue] = []
        self.columns: dict[SeenColumn, None] = {}
        self.counted = {HEADING: 0, BLANK_ROW: 0, TOTAL_ROW: 0}
        self.listed = 0
        self.named = self.titled = titled if wanted.pupils else ""

    def read(self, header: Header) -> TableFile:
        for at in range(header.first_row - 1):
            self._above(at, header)
        at, header = header.first_row - 1, self._started(header)
        self.counted[HEADING] += header.last_row - at
        at = header.last_row
        while at < len(self.grid):
            if self._repeats(at, header):
                self.counted[HEADING] += 1
                at += 1
                continue
            if (found := self._header_here(at)) is not None:
                if found.labels != header.labels:
                    header = self._started(found)
                self.counted[HEADING] += found.last_row - at
                at = found.last_row
                continue
            header = self._row(at, header)
            at += 1
        counted = self.counted
        accounting = Accounting(
            read=len(self.grid),
            listed=self.listed,
            headings=counted[HEADING],
            blanks=counted[BLANK_ROW],
            totals=counted[TOTAL_ROW],
        )
        return TableFile(self.file, tuple(self.rows), tuple(self.issues), accounting, tuple(self.columns))

    def _above(self, at: int, header: Header) -> None:
        """A row above the header: a title, a blank, or figures that nobody can assign, which are listed."""
        row = self.grid[at]
        filled = [v for v in row if not is_blank(v)]
        if len(filled) >= _FIGURES_ABOVE and sum(exact(v) is not None for v in filled) >= _FIGURES_ABOVE - 1:
            found = FileRow(self.file, self.sheet, at + 1, row, header)
            mend = "是学生的话，请移到表头下面再导入。"
            self.listed += 1
            message = f"这一{self._unit}在表头{'左' if header.origin.turned else '上'}面，没有导入"
            self.issues.append(found.issue(REMINDER, "import.layout", message, mend))
        else:
            self.counted[HEADING if filled else BLANK_ROW] += 1
            self._note_title(at)

    @property
    def _unit(self) -> str:
        return "列" if self.table.origin.turned else "行"

    def _note_title(self, at: int) -> None:
        """The class that a title speaks of holds for the rows below it; another title than 续表 ends the former one."""
        if not self.wanted.pupils or at >= len(self.table.titles):
            return
        texts = [text_of(value) for value in self.table.titles[at]]
        told = {found for text in texts if (found := class_in_text(text))}
        if len(told) == 1:
            self.titled = told.pop()
        elif told or any("班" in text for text in texts):
            self.titled = self.named

    def _repeats(self, at: int, header: Header) -> bool:
        """True for a header row that stands there once more, whether its words are known or a person said what they are."""
        if header.first_row != header.last_row or not header.columns:
            return False
        row = self.grid[at]
        return all(words.header_key(text_of(cell(row, c.number))) == words.header_key(c.label) for c in header.columns)

    def _header_here(self, at: int) -> Header | None:
        """The header that begins at this row, if one does."""
        for row in (at, at + 1):
            if row < len(self.grid):
                found = header_at(self.grid, row, self.wanted.identity)
                if found is not None and found.first_row == at + 1:
                    return with_choices(replace(found, origin=self.table.origin), self.choices, self.wanted.identity)
        return None

    def _started(self, header: Header) -> Header:
        """A header comes into force: its columns that nobody takes are said once."""
        header = _with_sheet_subject(header, self.sheet)
        seen = seen_columns(self.sheet, header, self.grid, self.wanted.roles, self.wanted.scores, self.choices)
        self.columns.update(dict.fromkeys(seen))
        for columns, text, mend in self._unused(header):
            if columns:
                at = header.place(columns[0])
                message = f"{_labels(columns)}{text}，没有导入"
                self.issues.append(
                    Issue(REMINDER, self.sheet, "import.column", message, mend, header.first_row, "", at, self.file)
                )
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
                used = used and (column.role != "subject" or header.result is not None or not self.wanted.scores)
                idle += [] if used else [column]
            elif self.wanted.scores and column is header.result:
                continue
            elif column.kind == OTHER or not self.wanted.scores:
                (idle if words.is_other_label(column.label) or column.refused else unknown).append(column)
        mend = "是学科的话，请在“任课”里加上同名的学科；也可以在“导入对照”里指定它是什么，再导入。"
        return [
            (totals, "是合计、平均或名次", ""),
            (idle, f"不属于{self.wanted.name}", ""),
            (unknown, "没有认出来", mend if self.wanted.scores else "需要时请在“导入对照”里指定它是什么，再导入。"),
        ]

    def _row(self, at: int, header: Header) -> Header:
        """One row below a header; gives the header, which a row of 满分 completes."""
        row = self.grid[at]
        kind = row_kind(row, header, self.wanted.identity)
        if not kind and _is_lone_text(row, header) and self._header_here(at + 1) is not None:
            kind = HEADING  # whatever text stands alone right above a header is its title
        if kind == TOTAL_ROW and not self.wanted.pupils and _names_a_post(row, header):
            kind = ""
        if kind:
            self.counted[kind] += 1
            if kind == HEADING or any(_CLASS_LABEL.match(text_of(v)) for v in row):
                self._note_title(at)
            return _with_full_marks(header, row) if kind == TOTAL_ROW and self.wanted.scores else header
        self.rows.append(FileRow(self.file, self.sheet, at + 1, row, header, self.titled))
        return header


def _names_a_post(row: Cells, header: Header) -> bool:
    """True for 「班主任」 in the column 学科 of a teaching table: who has the post, and no signature below a table."""
    column = header.role("subject")
    return column is not None and words.role_of(text_of(cell(row, column.number))) is not None


def _with_full_marks(header: Header, row: Cells) -> Header:
    """The header with the 满分 that a row of its own gives for each subject."""
    first = next((text for v in row if (text := text_of(v))), "")
    if not words.is_full_marks_row(first):
        return header
    columns = tuple(
        replace(c, full=found) if c.kind == SCORE and (found := exact(cell(row, c.number))) else c
        for c in header.columns
    )
    return replace(header, columns=columns)


def _labels(columns: Sequence[FoundColumn]) -> str:
    shown = list(dict.fromkeys(f"“{c.label}”" for c in columns))
    return "、".join(shown[:_LABELS_SHOWN]) + (f"等 {len(columns)} 列" if len(shown) > _LABELS_SHOWN else "")


def _with_sheet_subject(header: Header, sheet: str) -> Header:
    """「成绩」 alone on a sheet that is named after a subject is that subject's column."""
    subject = words.subject_label(sheet)
    alone = [c for c in header.columns if c.kind != ROLE and words.is_score_word(c.label)]
    if len(alone) != 1 or header.result is not None or not words.is_known_subject(subject):
        return header
    named = tuple(replace(c, subject=subject, kind=SCORE) if c is alone[0] else c for c in header.columns)
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
        return "" if not named and _is_result(filled[0], header) else TOTAL_ROW
    if len(filled) == 1 and _is_title(first, filled[0][0], header):
        return HEADING
    return HEADING if all(_is_remark(v) for _, v in filled) else ""


def _is_lone_text(row: Cells, header: Header) -> bool:
    """A text that stands alone in its row and may be a title: no result, no number of a pupil, too long for a name."""
    filled = [(n, v) for n, v in enumerate(row, 1) if not is_blank(v)]
    if len(filled) != 1:
        return False
    (number, value), text = filled[0], text_of(filled[0][1])
    column = next((c for c in header.columns if c.number == number), None)
    if column is None or column.kind == OTHER:
        return bool(text)
    if column.kind == SCORE or column is header.result:
        return False
    return len(text) >= _SHORTEST_TITLE and not text.isascii()


def _is_result(first: tuple[int, Any], header: Header) -> bool:
    """True for 缺考 or 85分 in a column of results: the row is about somebody, though it does not say whom."""
    if first[0] not in {c.number for c in header.scores}:
        return False
    reading = read_score(first[1])
    if isinstance(reading.result, str):
        return ladder_for([reading.result]) is not None
    return not reading.blank


def _is_remark(value: Any) -> bool:
    """True for 「班级：三年级2班」, 「班主任：某」: a label and what it says in one cell."""
    label, colon, _ = text_of(value).partition(":")
    return bool(colon) and 1 < len(label) <= _LONGEST_LABEL


def _is_named(named: dict[int, Any]) -> bool:
    return any(not words.is_total_text(text_of(v)) for v in named.values())


def _is_title(text: str, number: int, header: Header) -> bool:
    """True for a line of its own such as 「三年级2班期中成绩表」; a lone name under 姓名 is no title."""
    if class_in_text(text):
        return True
    name = header.role("name")
    if name is not None and name.number == number and len(text) < _SHORTEST_TITLE:
        return False
    return any(word in text for word in _TITLE_WORDS)
