"""Finding the header of a sheet, in one row or two, and saying what each column is.

Source: spec §3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from xlbangfu.imports import words
from xlbangfu.imports.layouts import PLAIN, Origin
from xlbangfu.imports.reading import CellError
from xlbangfu.programme.letters import visible_text
from xlbangfu.programme.scores import ladder_for, read_score
from xlbangfu.workbook.cells import is_blank

ROLE, SCORE, TOTAL, OTHER = "role", "score", "total", "other"
HEADER_SEARCH_ROWS = 40
LIKE_SCORES = Fraction(4, 5)  # this share of a column's filled cells must read as results
_SAMPLE_ROWS = 400
_NOT_OF_A_PUPIL = frozenset({"remark", "full_points", "scoring", "levels", "teacher", "homeroom_teacher"})
_LONG_NUMBER = re.compile(r"\d{4}")  # of a pupil's row, not of a header
_FAMILY = re.compile(r"家长|监护|父|母|家庭|紧急联系")
_LEVEL_WORDS = frozenset({"等第", "等级"})  # of 成绩 | 等级 of one subject the mark counts
_LARGEST_MARK = 10_000

Cells = Sequence[Any]


@dataclass(frozen=True)
class FoundColumn:
    """One column of a file. number: 1-based. kind: ROLE, SCORE, TOTAL or OTHER.

    label: header text as shown. subject: for SCORE and OTHER the subject it would be. group: the other one of
    two header rows (「期末」 of 语文 | 期末, or the exam above 语文), or the exam in the label itself (期末语文).
    full: the 满分 that the file gives, in points. refused: a person has said that it is not to be taken.
    """

    number: int
    label: str
    kind: str
    role: str = ""
    rank: int = 0
    subject: str = ""
    group: str = ""
    full: Fraction | None = None
    refused: bool = False


@dataclass(frozen=True)
class Header:
    """A header as found. first_row, last_row: 1-based. doubled: labels of two columns that name one pupil each.

    origin: where the table stands in its sheet.
    """

    first_row: int
    last_row: int
    columns: tuple[FoundColumn, ...]
    doubled: tuple[str, ...] = ()
    origin: Origin = field(default=PLAIN, repr=False, compare=False)

    def role(self, role: str) -> FoundColumn | None:
        """The column of that role, the best word first, then the left one."""
        return self._roles.get(role)

    @cached_property
    def _roles(self) -> dict[str, FoundColumn]:
        found: dict[str, FoundColumn] = {}
        for column in sorted(self.columns, key=lambda c: (c.rank, c.number)):
            if column.role:
                found.setdefault(column.role, column)
        return found

    @cached_property
    def scores(self) -> list[FoundColumn]:
        """Columns whose cells are results."""
        return [c for c in self.columns if c.kind == SCORE]

    @cached_property
    def result(self) -> FoundColumn | None:
        """Of a table with one row per pupil and subject (学科 | 成绩) the column of the results; None for other tables."""
        if self.role("subject") is None or any(words.is_known_subject(c.subject) for c in self.scores):
            return None
        marks = [
            c
            for c in self.columns
            if c.kind != ROLE and (words.is_score_word(c.label) or words.is_score_word(c.subject))
        ]
        return min(marks, key=lambda c: (words.header_key(c.label) in _LEVEL_WORDS, c.number), default=None)

    @cached_property
    def exams(self) -> tuple[str, ...]:
        """Exams that its columns are headed by, where it holds several side by side (期中 | 期末 over the subjects)."""
        groups = tuple(dict.fromkeys(c.group for c in self.scores if c.group))
        return groups if len(groups) > 1 and all(words.is_exam_label(g) for g in groups) else ()

    @property
    def recognised(self) -> int:
        """How many different things its columns name by their words, whatever stands below them; sums are no help."""
        named = {c.role for c in self.columns if c.role} - _NOT_OF_A_PUPIL
        named |= {c.subject for c in self.columns if words.is_known_subject(c.subject)}
        return len(named) + any(words.is_score_word(c.label) for c in self.columns)

    def place(self, column: FoundColumn) -> str:
        """A1 address of the column's header cell."""
        return self.origin.address(self.last_row, column.number)

    @property
    def labels(self) -> tuple[tuple[int, str], ...]:
        """Column numbers and header texts, to tell a repeated header from a new one."""
        return tuple((c.number, words.header_key(c.label)) for c in self.columns)


def text_of(value: Any) -> str:
    """A cell as text for looking at headers; error cells and numbers are no header text."""
    return "" if isinstance(value, (CellError, int, float)) else visible_text(value)


def cell(row: Cells, number: int) -> Any:
    """The value in a 1-based column; None beyond the row's end."""
    return row[number - 1] if 0 < number <= len(row) else None


def looks_like_scores(values: Iterator[Any] | Sequence[Any]) -> bool:
    """True if at least one value is a result and most of the filled ones read as results or 缺考, 免考…"""
    results = fitting = filled = 0
    for value in values:
        if is_blank(value) or isinstance(value, CellError):
            continue
        filled += 1
        reading = read_score(value)
        if isinstance(reading.result, Fraction):
            good = abs(reading.result) < _LARGEST_MARK
        else:
            good = reading.result is not None and ladder_for([reading.result]) is not None
        results += good
        fitting += good or reading.absence is not None
    return results > 0 and fitting >= LIKE_SCORES * filled


def find_header(
    grid: Sequence[Cells], start: int = 0, *, identity: frozenset[str] = words.IDENTITY_ROLES
) -> Header | None:
    """The first header at or below 0-based row `start`, within the first rows of a sheet; None if there is none.

    A header row names an identity column (by default 学号 or 姓名) and something else that is known, or a column
    under which results stand.
    """
    for at in range(start, min(len(grid), start + HEADER_SEARCH_ROWS)):
        if (header := header_at(grid, at, identity)) is not None:
            return header
    return None


def likely_header(grid: Sequence[Cells]) -> Header | None:
    """The row that looks most like a header, whatever its words: the most texts, with something below it."""
    best, texts = -1, 1
    for at, row in enumerate(grid[:HEADER_SEARCH_ROWS]):
        labels = [text for v in row if (text := text_of(v))]
        count = 0 if any(_LONG_NUMBER.search(text) for text in labels) else len(labels)
        if count > texts and any(not is_blank(v) for below in grid[at + 1 : at + 3] for v in below):
            best, texts = at, count
    if best < 0:
        return None
    return Header(best + 1, best + 1, tuple(_columns(grid[best], None, grid[best + 1 : best + 1 + _SAMPLE_ROWS])))


def header_at(grid: Sequence[Cells], at: int, identity: frozenset[str] = words.IDENTITY_ROLES) -> Header | None:
    """The header whose row of identity labels is 0-based row `at`; None if that row is no header."""
    roles = {n: r for n, v in enumerate(grid[at], 1) if (r := words.role_of(text_of(v))) is not None}
    named = [n for n, (role, _) in roles.items() if role in identity]
    if not named:
        return None
    first, last = _header_rows(grid, at, named)
    below = grid[last + 1 : last + 1 + _SAMPLE_ROWS]
    columns = tuple(_columns(grid[first], grid[last] if last > first else None, below))
    known = [c for c in columns if c.kind != OTHER]
    if len(known) < 2:
        return None
    return Header(first + 1, last + 1, columns, doubled_labels(columns, identity))


def doubled_labels(columns: tuple[FoundColumn, ...], identity: frozenset[str]) -> tuple[str, ...]:
    """Labels that two columns carry of which each alone names a pupil: tables that stand beside each other."""
    seen = [(c.role, c.rank) for c in columns if c.role in identity]
    return tuple(sorted({c.label for c in columns if seen.count((c.role, c.rank)) > 1}))


def _header_rows(grid: Sequence[Cells], at: int, named: list[int]) -> tuple[int, int]:
    """First and last 0-based row of the header whose identity labels stand in row `at`."""
    if at + 1 < len(grid) and _is_second_row(grid[at], grid[at + 1], named):
        return at, at + 1
    if at > 0 and _is_first_row(grid[at - 1], grid[at], named):
        return at - 1, at
    return at, at


def _is_second_row(upper: Cells, lower: Cells, named: list[int]) -> bool:
    """True if `lower` carries only labels, such as 成绩 | 班排, under the labels of `upper`."""
    filled = [(n, v) for n, v in enumerate(lower, 1) if not is_blank(v)]
    if not filled or any(n in named for n, _ in filled) or any(not text_of(v) for _, v in filled):
        return False
    return all(_is_sub_label(v) for _, v in filled)


def _is_first_row(upper: Cells, lower: Cells, named: list[int]) -> bool:
    """True if `upper` names subjects over a row that holds the identity labels and 成绩 | 班排…

    A pupil's row, or one of means, has something above those labels, or a mark, or a subject over other words.
    """
    if any(not is_blank(cell(upper, n)) for n in named):
        return False
    filled = [(text_of(v), text_of(cell(lower, n))) for n, v in enumerate(upper, 1) if not is_blank(v)]
    if not all(top and (not sub or _may_be_below(sub)) for top, sub in filled):
        return False
    over = [text_of(v) for v in upper if not is_blank(v)]
    subjects = [v for v in over if words.is_known_subject(words.subject_label(v)) or words.is_total_label(v)]
    exams = [v for v in over if words.is_exam_label(v)]
    if len(exams) > 1 and any(words.is_known_subject(words.subject_label(text_of(v))) for v in lower):
        return True  # 期中 | 期末 over 语文 | 数学
    return bool(subjects) and any(_is_part(text_of(v)) for v in lower)


def _may_be_below(text: str) -> bool:
    return _is_part(text) or words.is_total_label(text) or words.is_known_subject(words.subject_label(text))


def _is_part(text: str) -> bool:
    return words.is_score_word(text) or words.is_part_word(text) or words.is_exam_label(text)


def _is_sub_label(value: Any) -> bool:
    text = text_of(value)
    reading = read_score(value)
    if reading.absence is not None or isinstance(reading.result, Fraction):
        return False  # 72（不计排名） is a mark, whatever words are in it
    return (
        words.is_score_word(text)
        or words.is_part_word(text)
        or words.is_exam_label(text)
        or words.is_total_label(text)
        or words.is_known_subject(words.subject_label(text))
        or words.role_of(text) is not None
    )


def _columns(upper: Cells, lower: Cells | None, below: Sequence[Cells]) -> Iterator[FoundColumn]:
    over, before = "", False
    for number in range(1, max(len(upper), len(lower or ())) + 1):
        top, sub = text_of(cell(upper, number)), text_of(cell(lower, number)) if lower is not None else ""
        if lower is not None:
            if not top and sub and before:
                top = over  # a merged label reaches over the columns of its second row
            over, before = top, bool(sub)
        if top or sub:
            values = [cell(row, number) for row in below]
            yield _column(number, top, sub, values)


def _column(number: int, top: str, sub: str, values: list[Any]) -> FoundColumn:
    if top and sub:
        return _two_row_column(number, top, sub, values)
    label = top or sub
    if (found := words.role_of(label)) is not None:
        return FoundColumn(number, label, ROLE, *found)
    subject, full = words.subject_label(label), words.full_marks(label)
    exam, of_exam = words.split_exam(label)
    if exam or words.is_known_subject(subject):
        return FoundColumn(number, label, SCORE, subject=of_exam if exam else subject, group=exam, full=full)
    if words.is_total_label(label):
        return FoundColumn(number, label, TOTAL, subject=subject)
    if words.is_score_word(label) or (not words.is_other_label(label) and looks_like_scores(values)):
        return FoundColumn(number, label, SCORE, subject=subject, full=full)
    return FoundColumn(number, label, OTHER, subject=subject)


def _two_row_column(number: int, top: str, sub: str, values: list[Any]) -> FoundColumn:
    label, subject = f"{top}{sub}", words.subject_label(top)
    if _FAMILY.search(top) and words.role_of(sub) is not None:  # 家长信息 over 姓名 | 电话
        role = {"name": "parent", "phone": "phone"}.get((words.role_of(sub) or ("",))[0], "")
        return FoundColumn(number, label, ROLE if role else OTHER, role)
    under_subject = words.is_known_subject(subject) or words.is_total_label(top)
    if (found := words.role_of(sub)) is not None and not words.is_score_word(sub) and not under_subject:
        return FoundColumn(number, sub, ROLE, *found)
    if words.is_total_label(sub):
        return FoundColumn(number, label, TOTAL)
    if words.is_total_label(top) and not words.is_known_subject(subject):
        return FoundColumn(number, label, TOTAL, subject=subject if words.is_score_word(sub) else "")
    under, full = words.subject_label(sub), words.full_marks(sub) or words.full_marks(top)
    if words.is_known_subject(under):
        return FoundColumn(number, label, SCORE, subject=under, group=top, full=full)
    if words.is_score_word(sub):
        return FoundColumn(number, label, SCORE, subject=subject, full=full)
    fits = words.is_part_word(sub) or words.is_exam_label(sub) or looks_like_scores(values)
    return FoundColumn(number, label, SCORE if fits else OTHER, subject=subject, group=sub, full=full)
