"""One table of a sheet on its way to rows: every row is data, a heading, blank, a total, or listed. Source: spec §3.1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from xlbangfu.imports import words
from xlbangfu.imports.accounting import Accounting
from xlbangfu.imports.classes import class_in_text, grade_in_text
from xlbangfu.imports.filerows import UNTITLED, FileRow, TableFile, Titled, Wanted
from xlbangfu.imports.headers import (
    OTHER,
    ROLE,
    SCORE,
    TOTAL,
    Cells,
    FoundColumn,
    Header,
    cell,
    header_at,
    text_of,
)  # fmt: skip
from xlbangfu.imports.layouts import Table
from xlbangfu.imports.mapping import Choices, SeenColumn, seen_columns, with_choices
from xlbangfu.imports.rowkinds import BLANK_ROW, HEADING, TOTAL_ROW, is_lone_text, names_a_post, row_kind
from xlbangfu.issues import Issue
from xlbangfu.programme.numbers import exact
from xlbangfu.schema import REMINDER
from xlbangfu.workbook.cells import is_blank

_LABELS_SHOWN, _LABEL_SHOWN = 8, 20
_CLASS_LABEL = re.compile(r"(?:年级)?班[级别]?:")
_FIGURES_ABOVE = 3  # filled cells, all but one of them numbers, that make a row above the header more than a title


class SheetReader:
    """One table of a sheet on its way to rows."""

    def __init__(self, file: str, sheet: str, table: Table, wanted: Wanted, choices: Choices, named: str = "") -> None:
        self.file, self.sheet, self.table, self.wanted, self.choices = file, sheet, table, wanted, choices
        self.grid = table.rows
        self.rows: list[FileRow] = []
        self.issues: list[Issue] = []
        self.columns: dict[SeenColumn, None] = {}
        self.counted = {HEADING: 0, BLANK_ROW: 0, TOTAL_ROW: 0}
        self.listed = 0
        told = title_of([sheet]) if wanted.pupils else UNTITLED
        self.named = self.titled = replace(told, class_name=named) if wanted.pupils else UNTITLED
        self.fresh, self.block, self.title = True, 0, ""
        self.unlabelled: list[str] = []

    def read(self, header: Header) -> TableFile:
        for at in range(header.first_row - 1):
            self._above(at, header)
        at, header = header.first_row - 1, self._started(header)
        self.counted[HEADING] += header.last_row - at
        at = header.last_row
        while at < len(self.grid):
            if self._repeats(at, header):
                self.fresh = True
                self.counted[HEADING] += 1
                at += 1
                continue
            if (found := self._header_here(at, header)) is not None:
                if found.labels != header.labels:
                    header = self._started(found)
                self.counted[HEADING] += found.last_row - at
                at, self.fresh = found.last_row, True
                continue
            header = self._row(at, header)
            at += 1
        self._say_unlabelled()
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
        """What a title speaks of holds for the rows below it, until another title than 续表 follows."""
        if not self.wanted.pupils or at >= len(self.table.titles):
            return
        own = [text for value in self.grid[at] if (text := text_of(value))]
        texts = own or [text for value in self.table.titles[at] if (text := text_of(value))]
        whole = "".join(texts)
        if not whole or "续" in whole:
            return
        if self.fresh and whole != self.title:
            self.titled, self.title, self.fresh = self.named, whole, False
            self.block += 1
        self.titled = title_of(texts).over(self.titled)

    def _repeats(self, at: int, header: Header) -> bool:
        """True for a header row that stands there once more, whether its words are known or a person said what they are."""
        if header.first_row != header.last_row or not header.columns:
            return False
        row = self.grid[at]
        return all(words.header_key(text_of(cell(row, c.number))) == words.header_key(c.label) for c in header.columns)

    def _header_here(self, at: int, header: Header | None = None) -> Header | None:
        """The header that begins at this row, if one does. header: the one in force, under whose labels data may stand."""
        if header is not None and self._is_data(at, header):
            return None
        for row in (at, at + 1):
            if row < len(self.grid) and (header is None or not self._is_data(row, header)):
                found = header_at(self.grid, row, self.wanted.identity)
                if found is not None and found.first_row == at + 1:
                    return with_choices(replace(found, origin=self.table.origin), self.choices, self.wanted.identity)
        return None

    def _is_data(self, at: int, header: Header) -> bool:
        """True for a row that names somebody under the labels in force: words beside it make it no header."""
        for column in header.columns:
            value = cell(self.grid[at], column.number)
            if column.role in self.wanted.identity and not is_blank(value):
                text = text_of(value)
                if not text or (words.role_of(text) is None and not words.is_known_subject(words.subject_label(text))):
                    return True
        return False

    def _started(self, header: Header) -> Header:
        """A header comes into force: its columns that nobody takes are said once."""
        header = _with_sheet_subject(header, self.sheet)
        if header.origin.turned:  # its title is a label of the first column
            labels = [c.label for c in header.columns if c.kind == OTHER]
            self.titled = title_of(labels).over(self.titled)
        seen = seen_columns(
            self.file, self.sheet, header, self.grid, self.wanted.roles, self.wanted.scores, self.choices
        )
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
            elif (self.wanted.scores and column is header.result) or (
                header.origin.turned and title_of([column.label]) != UNTITLED
            ):
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
        if not kind and is_lone_text(row, header) and self._header_here(at + 1) is not None:
            kind = HEADING  # whatever text stands alone right above a header is its title
        if kind == TOTAL_ROW and not self.wanted.pupils and names_a_post(row, header):
            kind = ""
        if not kind and self._is_label_row(at, header):
            kind = HEADING
        if not kind and header.result is not None and words.is_total_label(text_of(_under(row, header, "subject"))):
            kind = TOTAL_ROW  # 总分 as a subject of its own
        if kind:
            self.counted[kind] += 1
            if kind == HEADING or any(_CLASS_LABEL.match(text_of(v)) for v in row):
                self._note_title(at)
            return _with_full_marks(header, row) if kind == TOTAL_ROW and self.wanted.scores else header
        self.rows.append(FileRow(self.file, self.sheet, at + 1, row, header, self.titled, block=self.block))
        self.fresh = True
        self._note_unlabelled(self.rows[-1])
        return header

    def _is_label_row(self, at: int, header: Header) -> bool:
        """True for a further row of labels: those that name a pupil reach down to it from the header, merged."""
        named = [c.number for c in header.columns if c.role in self.wanted.identity]
        first = [header.origin.merged.get((at + 1, n), (header.last_row + 1, None))[0] for n in named]
        return bool(first) and max(first) <= header.last_row

    def _note_unlabelled(self, row: FileRow) -> None:
        """Cells that no label of the header stands over."""
        labelled = {c.number for c in row.header.columns}
        self.unlabelled += [
            row.header.origin.address(row.number, n)
            for n, v in enumerate(row.cells, 1)
            if n not in labelled and not is_blank(v)
        ]

    def _say_unlabelled(self) -> None:
        if self.unlabelled:
            shown = "、".join(self.unlabelled[:_LABELS_SHOWN])
            more = f"等 {len(self.unlabelled)} 格" if len(self.unlabelled) > _LABELS_SHOWN else ""
            message = f"{shown}{more}没有表头，没有导入"
            mend = "是学生的成绩或资料的话，请补上表头再导入。"
            at = self.unlabelled[0]
            self.issues.append(Issue(REMINDER, self.sheet, "import.unlabelled", message, mend, None, "", at, self.file))


def title_of(texts: Sequence[str]) -> Titled:
    """What titles speak of; of several classes, grades or points of the term, none."""
    told = ({found for t in texts if (found := read(t))} for read in (class_in_text, grade_in_text, words.exam_phase))
    return Titled(*(found.pop() if len(found) == 1 else "" for found in told))


def _under(row: Cells, header: Header, role: str) -> object:
    column = header.role(role)
    return None if column is None else cell(row, column.number)


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
    shown = list(dict.fromkeys(f"“{c.label[:_LABEL_SHOWN]}”" for c in columns))
    return "、".join(shown[:_LABELS_SHOWN]) + (f"等 {len(columns)} 列" if len(shown) > _LABELS_SHOWN else "")


def _with_sheet_subject(header: Header, sheet: str) -> Header:
    """「成绩」 alone on a sheet that is named after a subject is that subject's column."""
    subject = words.subject_label(sheet)
    alone = [c for c in header.columns if c.kind != ROLE and words.is_score_word(c.label)]
    if len(alone) != 1 or header.result is not None or not words.is_known_subject(subject):
        return header
    named = tuple(replace(c, subject=subject, kind=SCORE) if c is alone[0] else c for c in header.columns)
    return replace(header, columns=named)
