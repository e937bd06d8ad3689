"""A score file with its truth: which pupil every row or column is really about, and what must come of it (spec §3.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from imports.tablefiles import text_file
from xlbangfu.imports.reading import CellError, SheetGrid
from xlbangfu.programme.classroom import Subject
from xlbangfu.programme.identity import name_key

HEADING, BLANK, TOTAL, PUPIL = "heading", "blank", "total", "pupil"
LOST = "（读不出）"  # the meaning of a cell that nobody can know: it must never give a value
Key = tuple[str, str]  # exam, subject
Place = tuple[str, str, str]  # exam, 学号, subject


@dataclass(frozen=True)
class Padded:
    """A number whose zeros only its format shows."""

    number: int
    width: int

    def __str__(self) -> str:
        return str(self.number).zfill(self.width)


@dataclass(frozen=True)
class Broken:
    """An error cell."""

    shown: str = "#DIV/0!"


@dataclass(frozen=True)
class Mark:
    """One result cell. meaning: points, level or absence; None for a blank; LOST.

    sure: a careful reader takes it; else it may stay out, but never becomes anything else.
    """

    raw: Any
    meaning: Any
    sure: bool = True


@dataclass(frozen=True)
class Record:
    """What one row about one pupil says, and who that is in truth.

    pupil: 学号 of a pupil of the class, "" for anybody else. away: it is about another class or exam, which the
    file tells. number: the row has the pupil's own 学号 and it can be read. name: as written. sound: nothing
    about the identity is spoiled. classed: its class cell is filled where there are others' classes too.
    """

    pupil: str
    marks: dict[Key, Mark]
    name: str = ""
    number: bool = True
    sound: bool = True
    away: bool = False
    classed: bool = True
    phone: str = ""  # of a row of a roster


@dataclass(frozen=True)
class Spot:
    """Where a record stands. row: 1-based, 0 where the record is a whole column. marks: cells of each mark."""

    sheet: str
    row: int
    first: int
    last: int
    marks: dict[Key, list[tuple[int, int]]] = field(default_factory=dict)

    def holds(self, sheet: str, row: int, column: int) -> bool:
        """True for a cell of this record."""
        return sheet == self.sheet and self.row in (0, row) and self.first <= column <= self.last


@dataclass(frozen=True)
class MessySheet:
    """One sheet. rows: raw cells. kinds: what each row is. merges: 0-based first row, first column, last row, last column."""

    name: str
    rows: list[list[Any]]
    kinds: list[str]
    hidden: bool = False
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class MessyFile:
    """Sheets, the class they are for, and the truth.

    known: 学号 that stand in 名册 already. left_out: sheets that nobody should read. by_rows: each grid row of the other sheets is one record or none.
    may_refuse: a word of the sentence with which the file may be refused, "" if it must be taken.
    """

    sheets: tuple[MessySheet, ...]
    pupils: dict[str, str]
    known: tuple[str, ...]
    subjects: tuple[Subject, ...]
    given: str | None
    records: tuple[tuple[Record, Spot], ...]
    messes: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    by_rows: bool = True
    may_refuse: str = ""

    def __repr__(self) -> str:
        lines = [
            "",
            f"messes: {'；'.join(self.messes) or 'none'}",
            f"名册: {self.pupils}",
            f"任课: {'、'.join(s.name for s in self.subjects)}; --exam {self.given}",
        ]
        for sheet in self.sheets:
            lines.append(f"--- {sheet.name}{' (hidden)' if sheet.hidden else ''}")
            lines += [f"{n:3} {k:7} {r!r}" for n, (k, r) in enumerate(zip(sheet.kinds, sheet.rows, strict=True), 1)]
        lines += [f"truth: {_place(spot)} {self._told(record)}" for record, spot in self.records]
        return "\n".join(lines)

    def _told(self, record: Record) -> str:
        marks = [f"{e} {s} {m.meaning}{'' if m.sure else '?'}" for (e, s), m in record.marks.items()]
        who = f"{record.pupil or 'nobody'}{'' if self.certain(record) else '?'}{' (elsewhere)' if record.away else ''}"
        return f"{who}: {', '.join(marks)}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis shows a failing file."""
        printer.text(repr(self))

    def grids(self) -> list[SheetGrid]:
        """The sheets as a reader of an .xlsx gives them."""
        return [SheetGrid(s.name, [[as_read(v) for v in row] for row in s.rows], s.hidden) for s in self.sheets]

    def wanted(self, key: Key) -> bool:
        """True for marks of the exam that was asked for."""
        return self.given is None or key[0] == self.given

    @property
    def taught(self) -> frozenset[str]:
        """Names of the subjects of 任课."""
        return frozenset(s.name for s in self.subjects)

    def certain(self, record: Record) -> bool:
        """True if a careful reader knows who the row is about."""
        if not record.pupil or not record.sound:
            return False
        strangers = [r for r, _ in self.records if not r.pupil and not r.number and not r.away]
        if any(name_key(r.name) == name_key(record.name) != "" for r in strangers):
            return False  # another row of that name, without 学号, is of somebody else
        return record.number or (record.classed and self._named(record))

    def _named(self, record: Record) -> bool:
        """True if the name alone will do: nobody else in 名册 or in the file has it, nor has a second row of the same."""
        key = name_key(record.name)
        if not key or [name_key(n) for n in self.pupils.values()].count(key) != 1:
            return False
        alike = [r for r, _ in self.records if name_key(r.name) == key]
        people = [{r.pupil if r.number else id(r) for r in alike if k in r.marks} for r in alike for k in r.marks]
        told = all(mark.sure for r in alike for mark in r.marks.values())  # else one of them may be of any exam
        return told and all(r.pupil == record.pupil for r in alike) and all(len(found) == 1 for found in people)

    def results(self) -> tuple[dict[Place, Any], dict[Place, Any]]:
        """What must come of the file, and what may, each with its one meaning; anything else is wrong."""
        said: dict[Place, list[tuple[Any, bool]]] = {}
        for record, _ in self.records:
            if record.pupil and not record.away and (record.number or record.classed):  # else nobody can place the row
                certain = self.certain(record)
                for (exam, subject), mark in record.marks.items():
                    if mark.meaning not in (None, LOST) and self.wanted((exam, subject)) and subject in self.taught:
                        place = (exam, record.pupil, subject)
                        said.setdefault(place, []).append((mark.meaning, certain and mark.sure))
        must: dict[Place, Any] = {}
        may: dict[Place, Any] = {}
        for place, told in said.items():
            sure = {meaning for meaning, certain in told if certain}
            every = {meaning for meaning, _ in told}
            if len(every) == 1 and sure:
                must[place] = sure.pop()
            elif len(every) == 1 or len(sure) == 1:
                may[place] = (sure or every).pop()
        return must, may


def _place(spot: Spot) -> str:
    where = f"row {spot.row}" if spot.row else "columns"
    return f"{spot.sheet} {where} {spot.first}-{spot.last}"


def as_read(raw: Any) -> Any:
    """A cell as a reader of an .xlsx gives it."""
    if isinstance(raw, Broken):
        return CellError(f"单元格是错误值 {raw.shown}")
    return str(raw) if isinstance(raw, Padded) else raw


# ---- real files ----------------------------------------------------------------------------------------


def write_xlsx(file: MessyFile, path: Path) -> Path:
    """The file as a spreadsheet program saves it: merged labels, number formats, dates, error cells, hidden rows."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "m月d日"})
    for sheet in file.sheets:
        page = book.add_worksheet(sheet.name)
        if sheet.hidden:
            page.hide()
        for place in sheet.merges:
            page.merge_range(*place, "")
        for i, row in enumerate(sheet.rows):
            for j, raw in enumerate(row):
                if isinstance(raw, Padded):
                    page.write_number(i, j, raw.number, book.add_format({"num_format": "0" * raw.width}))
                elif isinstance(raw, Broken):
                    page.write_formula(i, j, "=1/0", None, raw.shown)
                elif isinstance(raw, date):
                    page.write_datetime(i, j, raw, day)
                elif isinstance(raw, str):
                    page.write_string(i, j, raw)
                elif raw is not None:
                    page.write(i, j, raw)
        for number in sheet.hidden_rows:
            page.set_row(number, None, None, {"hidden": True})
    book.close()
    return path


def write_text(file: MessyFile, path: Path, encoding: str, delimiter: str) -> Path:
    """The first sheet as a text table."""
    return text_file(path, [[_as_text(v) for v in row] for row in file.sheets[0].rows], encoding, delimiter)


def _as_text(raw: Any) -> Any:
    if isinstance(raw, Broken):
        return raw.shown
    if isinstance(raw, date):
        return f"{raw.month}月{raw.day}日"
    return "" if raw is None else str(raw)
