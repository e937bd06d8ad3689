"""A file read as tables: which sheets have one, how they stand in it, and the rows of each. Source: spec §3.1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from xlbangfu.imports import layouts, words
from xlbangfu.imports.accounting import Accounting
from xlbangfu.imports.classes import class_in_text, parse_class
from xlbangfu.imports.filerows import FileRow, NoHeader, TableFile, Wanted
from xlbangfu.imports.headers import OTHER, SCORE, TOTAL, Header, find_header, likely_header, text_of
from xlbangfu.imports.layouts import Table
from xlbangfu.imports.mapping import NO_CHOICES, Choices, SeenColumn, seen_columns, with_choices
from xlbangfu.imports.reading import SheetGrid, WrongImportPassword, read_table_file
from xlbangfu.imports.sheetrows import SheetReader
from xlbangfu.issues import Issue
from xlbangfu.schema import REMINDER
from xlbangfu.workbook.cells import is_blank, lost_digits

_ROWS_SHOWN = 8
_PLAINLY_UPRIGHT = 3  # columns known by their words: such a header is no row of a turned table


@dataclass(frozen=True)
class Opening:
    """What a file is opened with. choices: what a person has said that columns are. passwords: any of them may fit."""

    choices: Choices = NO_CHOICES
    passwords: tuple[str, ...] = field(default=(), repr=False)

    def grids(self, path: Path) -> list[SheetGrid]:
        """The file's sheets. Raises PasswordNeeded where no password fits."""
        for password in self.passwords[:-1]:
            with suppress(WrongImportPassword):
                return read_table_file(path, password)
        return read_table_file(path, self.passwords[-1] if self.passwords else "")


def read_table(path: Path, wanted: Wanted, opening: Opening | None = None) -> TableFile:
    """Read a file and take every sheet of it that has a fitting header.

    Raises WorkbookUnreadable when the file cannot be read, PasswordNeeded when it is locked with another password,
    NoHeader when no sheet has such a header.
    """
    with_ = opening or Opening()
    return tables_of(path.name, with_.grids(path), wanted, with_.choices)


def tables_of(name: str, grids: Sequence[SheetGrid], wanted: Wanted, choices: Choices = NO_CHOICES) -> TableFile:
    """The same from grids in memory."""
    found, guesses = TableFile(name), TableFile(name)
    taken, titles = False, _titles_of_sheets(grids)
    for grid in grids:
        tables = [] if grid.hidden else _tables(grid, wanted, choices)
        if not tables:
            found += _left_out(name, grid, wanted)
            guesses += _guess(name, grid, wanted, choices)
            continue
        taken = True
        for table, header in tables:
            found += SheetReader(name, grid.name, table, wanted, choices, titles.get(grid.name, "")).read(header)
        found += TableFile(name, issues=tuple(_remarks(name, grid, tables, wanted)))
    found += TableFile(name, issues=tuple(_names_not_there(name, grids, found.columns + guesses.columns, choices)))
    if not taken:
        message = f"“{name}”里找不到{wanted.name}的表头；表头要有{wanted.needed}，请补上表头，或指定哪一列是什么（命令里加 --map 列=学号），再导入。"
        raise NoHeader(message, guesses.columns)
    return replace(found, rows=_loose(_with_lost_ids(found.rows))) if wanted.pupils else found


def _names_not_there(
    name: str, grids: Sequence[SheetGrid], seen: Sequence[SeenColumn], choices: Choices
) -> Iterable[Issue]:
    """Columns that the command line speaks of and the file has not."""
    labels = {words.header_key(column.label) for column in seen}
    for label in choices.named:
        if label not in labels and grids:
            message = f"没有“{label}”这一列，--map 里的这一项没有用上"
            yield Issue(REMINDER, grids[0].name, "import.map", message, "请核对列名。", file=name)


def _loose(rows: tuple[FileRow, ...]) -> tuple[FileRow, ...]:
    """The rows, those marked that may be about any class because the file has several tables and says nothing.

    Sheets that are named after subjects or exams are one table in parts.
    """
    sheets = {row.sheet for row in rows}
    parts = all(words.is_exam_label(s) or words.is_known_subject(words.subject_label(s)) for s in sheets)
    blocks = {(row.sheet, row.block, row.titled.class_name) for row in rows}
    if len(blocks) < 2 or (parts and len(blocks) == len(sheets)):
        return rows
    return tuple(replace(row, loose=row.class_text() is None) for row in rows)


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
    numbered = {name: parse_class(name) for name in names if not titles[name]}
    numbered = {name: told for name, told in numbered.items() if told.number.isdecimal() or name.endswith("班")}
    if any(titles.values()) or len(numbered) > 1:
        titles |= {name: name for name in numbered}
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


def _left_out(name: str, grid: SheetGrid, wanted: Wanted) -> TableFile:
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
    return TableFile(
        name, columns=seen_columns(name, grid.name, header, grid.rows, wanted.roles, wanted.scores, choices)
    )


def _remarks(name: str, grid: SheetGrid, tables: Sequence[tuple[Table, Header]], wanted: Wanted) -> Iterable[Issue]:
    """How the sheet was read, where that is not plain to see."""

    def remark(rule: str, message: str, mend: str = "") -> Issue:
        return Issue(REMINDER, grid.name, rule, message, mend, file=name)

    if any(table.origin.turned for table, _ in tables):
        yield remark("import.turned", "这张表一列是一名学生，已按列读取；下面的“行”指列")
    if len(tables) > 1:
        yield remark("import.beside", f"这张表左右并排了 {len(tables)} 组，已分组读取；每一组各算一行")
    if grid.hidden_rows:
        shown = "、".join(map(str, grid.hidden_rows[:_ROWS_SHOWN]))
        more = f"等 {len(grid.hidden_rows)} 行" if len(grid.hidden_rows) > _ROWS_SHOWN else "行"
        yield remark("import.hidden_rows", f"第 {shown} {more}是隐藏的，已一并读取", "不要导入的请先在文件里删去。")
