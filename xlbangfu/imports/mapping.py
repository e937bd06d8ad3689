"""What each column of a file was taken for, shown with sample values; what a person says of a column counts.

A file's shape is its header row: what was said once holds for every file with the same one. Source: spec §3.1.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xlbangfu.imports import words
from xlbangfu.imports.headers import (
    OTHER,
    ROLE,
    SCORE,
    TOTAL,
    Cells,
    FoundColumn,
    Header,
    cell,
    doubled_labels,
    text_of,
)
from xlbangfu.imports.reading import CellError
from xlbangfu.programme.numbers import clean_text, exact
from xlbangfu.schema import LEAVE_OUT
from xlbangfu.table import Row
from xlbangfu.workbook.cells import is_blank

_LEAVE_OUT_WORDS = frozenset({LEAVE_OUT, "不要", "忽略", "跳过", "无"})
_SHAPE_DIGITS = 8
_NOT_KNOWN = "没有认出来"
_SAMPLES, _SAMPLE_ROWS, _SAMPLE_LENGTH = 3, 200, 12
_PERSONAL = frozenset({"pupil_id", "name", "parent", "phone", "homeroom_teacher", "teacher"})
_NUMBERS = re.compile(r"\d[\d\s-]{3,}[\dXx]")
_HIDDEN, _HIDDEN_AT_MOST = "※", 4


@dataclass(frozen=True)
class SeenColumn:
    """One column of a file as a teacher sees it. shape: of the header. place: column letter (row number where the
    table is turned). found: what the program takes it for. chosen: what a person has said."""

    file: str
    sheet: str
    shape: str
    place: str
    label: str
    sample: str
    found: str
    chosen: str = ""
    known: bool = True


@dataclass(frozen=True)
class Choices:
    """What people have said that columns are. placed: (shape, place) → words; named: header text → words, for any file."""

    placed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.placed or self.named)

    def of(self, shape: str, place: str, label: str) -> str:
        """What was said of one column, "" for nothing."""
        return self.named.get(words.header_key(label), "") or self.placed.get((shape, place), "")

    def knows(self, header: Header) -> bool:
        """True if something was said of a column of this header."""
        shape = shape_of(header)
        return any(self.of(shape, column_place(header, c), c.label) for c in header.columns)

    def with_named(self, pairs: Mapping[str, str]) -> Choices:
        """The same with what the command line says, which goes first."""
        return Choices(self.placed, {words.header_key(k): clean_text(v) for k, v in pairs.items()})


NO_CHOICES = Choices()


def read_choices(rows: Iterable[Mapping[str, str]]) -> Choices:
    """From rows of 导入对照."""
    said = {(row.get("shape") or "", row.get("place") or ""): clean_text(row.get("chosen")) for row in rows}
    return Choices({key: text for key, text in said.items() if all(key) and text})


def shape_of(header: Header) -> str:
    """A short name of a header row: the same for every file that has the same labels in the same columns."""
    text = "|".join(f"{c.number}:{words.header_key(c.label)}" for c in header.columns)
    return hashlib.sha256(text.encode()).hexdigest()[:_SHAPE_DIGITS].upper()


def column_place(header: Header, column: FoundColumn) -> str:
    """The letter of a column in its sheet; the number of the row where the table is turned."""
    at = header.origin.address(1, column.number)
    return at.lstrip("A") if header.origin.turned else at.rstrip("1")


# ---- what was said takes effect --------------------------------------------------------------------------


def with_choices(header: Header, choices: Choices, identity: frozenset[str]) -> Header:
    """The header with the columns that a person has said something of."""
    if not choices or not choices.knows(header):
        return header
    shape = shape_of(header)
    columns = tuple(_chosen(c, choices.of(shape, column_place(header, c), c.label)) for c in header.columns)
    return replace(header, columns=columns, doubled=doubled_labels(columns, identity))


def _chosen(column: FoundColumn, said: str) -> FoundColumn:
    if not said:
        return column
    if said in _LEAVE_OUT_WORDS:
        return FoundColumn(column.number, column.label, OTHER, refused=True)
    if (role := words.role_of(said)) is not None:
        return FoundColumn(column.number, column.label, ROLE, role[0])
    exam, subject = words.split_exam(said)
    return FoundColumn(column.number, column.label, SCORE, subject=subject or said, group=exam, full=column.full)


# ---- what is shown ---------------------------------------------------------------------------------------


def seen_columns(
    file: str, sheet: str, header: Header, rows: Sequence[Cells], roles: frozenset[str], scores: bool, choices: Choices
) -> tuple[SeenColumn, ...]:
    """Every column of a header with what it is taken for. roles, scores: what the import makes use of."""
    shape, below = shape_of(header), rows[header.last_row : header.last_row + _SAMPLE_ROWS]
    seen = []
    for column in header.columns:
        place = column_place(header, column)
        found, known = _taken_for(header, column, roles, scores)
        sample = "、".join(_samples(column, below))
        chosen = choices.of(shape, place, column.label)
        label = " ".join(column.label.split())
        seen.append(SeenColumn(file, sheet, shape, place, label, sample, found, chosen, known))
    return tuple(seen)


def _taken_for(header: Header, column: FoundColumn, roles: frozenset[str], scores: bool) -> tuple[str, bool]:
    """What a column is taken for, in words, and whether the program knew it."""
    if column.refused:
        return LEAVE_OUT, True
    if column.kind == TOTAL:
        return f"合计、平均或名次（{LEAVE_OUT}）", True
    if column.kind == ROLE:
        used = column.role in roles and header.role(column.role) is column
        label = words.ROLE_WORDS[column.role][0]
        return (label, True) if used else (f"{label}（{LEAVE_OUT}）", True)
    if scores and column is header.result:
        return "成绩", True
    if scores and column.kind == SCORE:
        return f"{column.group}{column.subject}" if column.group != column.subject else column.subject, True
    if words.is_other_label(column.label):
        return f"其他（{LEAVE_OUT}）", True
    return f"{_NOT_KNOWN}（{LEAVE_OUT}）", False


def _samples(column: FoundColumn, below: Iterable[Cells]) -> list[str]:
    """The first different values, not telling who: names and long numbers are shown in part."""
    found: dict[str, None] = {}
    for row in below:
        value = cell(row, column.number)
        if is_blank(value):
            continue
        text = "错误值" if isinstance(value, CellError) else " ".join(_shown(value).split())
        found.setdefault(_hidden(text, column.kind == OTHER or column.role in _PERSONAL)[:_SAMPLE_LENGTH])
        if len(found) == _SAMPLES:
            break
    return list(found)


def _shown(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else text_of(value) or str(value)


def _hidden(text: str, personal: bool) -> str:
    """A value that may tell who it is about, in part: the first character of a text, the ends of a long number."""
    digits = _NUMBERS.sub(lambda found: f"{found[0][:2]}…{found[0][-1]}", text)
    if not personal or exact(text) is not None:
        return digits
    return digits if digits != text and text.isascii() else text[:1] + _HIDDEN * min(len(text) - 1, _HIDDEN_AT_MOST)


def own_samples(columns: Iterable[SeenColumn], rows: Sequence[Any]) -> tuple[SeenColumn, ...]:
    """The columns with samples from these rows (imports.filerows.FileRow) alone, those of one class: a file of the whole
    grade must not leave other classes' values in its workbook."""
    headers = {id(row.header): row.header for row in rows}
    at = {
        (shape, column_place(header, column)): (header, column)
        for header in headers.values()
        for shape in (shape_of(header),)
        for column in header.columns
    }

    def sample(seen: SeenColumn) -> str:
        if (seen.shape, seen.place) not in at:
            return ""
        header, column = at[seen.shape, seen.place]
        return "、".join(_samples(column, (row.cells for row in rows if row.header is header)))

    return tuple(replace(seen, sample=sample(seen)) for seen in columns)


def mapping_rows(before: Sequence[Row], columns: Iterable[SeenColumn], choices: Choices) -> list[Row]:
    """Rows of 导入对照 after a file was seen: known ones stay as they are, new shapes are added.

    What was not recognised in one file with that header may be in another (认作 is then filled in, and stays: two files
    must not change it to and fro). What the command line says of a column is kept as 改为.
    """
    known = {(row.get("shape"), row.get("place")): n for n, row in enumerate(before)}
    rows = list(before)
    for column in columns:
        key = (column.shape, column.place)
        named = choices.named.get(words.header_key(column.label))
        if key in known:
            kept = rows[known[key]]
            news = {"found": column.found} if str(kept.get("found") or "").startswith(_NOT_KNOWN) else {}
            rows[known[key]] = kept.changed(**news, **({"chosen": named} if named else {}))
            continue
        known[key] = len(rows)
        values = {code: getattr(column, code) for code in ("shape", "place", "label", "sample", "found", "file")}
        rows.append(Row(values | ({"chosen": named} if named else {})))
    return rows
