"""Score files as schools send them: a clean class, and the messes that are laid over it, drawn by hypothesis.

The class is 三年级2班. Every mess is a small function; what a row is really about is noted beside it, so that the
import can be held against the truth. Source: spec §3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from imports.messyfiles import (
    HEADING,
    LOST,
    PUPIL,
    Key,
    Mark,
    MessyFile,
    MessySheet,
    Record,
    Spot,
)
from imports.messypeople import (
    CLASS_LABELS,
    OUR_CLASS,
    OUR_SHEETS,
    OUR_TITLES,
    THEIR_CLASS,
    THEIR_SHEETS,
    THEIR_TITLES,
    Class,
    Hand,
    Ident,
    Inking,
    Person,
    clean_class,
    outsider_row,
    pupil_row,
    stranger_row,
)
from imports.messysheets import (
    TITLES,
    Col,
    Group,
    Line,
    Plan,
    blank_line,
    heading_lines,
    identity_columns,
    noise_columns,
    ordered,
    pupil_line,
    sheet_of,
    subject_label,
    table_lines,
    transposed_sheet,
)

GRADE, CLASS = "三年级", "2班"

# ---- layouts -------------------------------------------------------------------------------------------


@dataclass
class Draft:
    """A file that is being drawn."""

    hand: Hand
    room: Class
    ident: Ident
    ink: Inking
    exam: str
    odd: bool  # odd headers of subjects
    sheets: list[MessySheet] = field(default_factory=list)
    records: list[tuple[Record, Spot]] = field(default_factory=list)
    given: str | None = None
    roster: bool = False
    phones: int = 0
    left_out: tuple[str, ...] = ()
    by_rows: bool = True
    may_refuse: str = ""

    @property
    def subjects(self) -> list[str]:
        return [s.name for s in self.room.subjects]

    def numbered(self, people: list[Person]) -> list[Person]:
        """The rows of a roster, each with a telephone number of its own."""
        for person in people if self.roster else ():
            self.phones += 1
            phone = f"139{self.phones:08}"
            person.cells.update({"电话": phone, "性别": "男女"[self.phones % 2]})
            person.record = replace(person.record, phone=phone)
        return people

    def add(self, made: tuple[MessySheet, list[tuple[Record, Spot]]]) -> None:
        self.sheets.append(made[0])
        self.records += made[1]

    def marks(self, exams: Sequence[str], subjects: Sequence[str] = ()) -> dict[Key, Mark]:
        keys = [(e, s) for e in exams for s in (subjects or self.subjects)]
        if self.ink.words and self.hand.rarely(8):
            return {k: Mark(0, Fraction(0)) for k in keys}  # a row of zeros
        return {k: self.ink.mark(self.hand) for k in keys}

    def people(self, exams: Sequence[str], subjects: Sequence[str] = ()) -> list[Person]:
        """The rows of the class in its order, spoiled, doubled or left out as the file's messes say."""
        twice = self.hand.mess("pupils twice", 6)
        found: list[Person] = []
        for pupil_id in self.room.pupils:
            marks = self.marks(exams, subjects)
            fault = self.hand.one(("", "", "", *self.ident.faults)) if self.ident.faults else ""
            if fault == "stranger":
                person = stranger_row(self.hand, self.ident, marks, self.roster)
            else:
                person = pupil_row(self.hand, self.room, self.ident, pupil_id, marks, fault)
            found.append(person)
            if fault == "namesake":
                found.append(pupil_row(self.hand, self.room, self.ident, pupil_id, self.marks(exams, subjects)))
            if twice and self.hand.rarely(3):
                again = person.record.marks if self.hand.rarely(2) else self.marks(exams, subjects)
                record = replace(person.record, marks=again)
                found.append(Person({**person.cells, **{k: m.raw for k, m in again.items()}}, record))
        return (
            self.hand.shuffled(self.numbered(found))
            if self.hand.mess("pupils in another order", 5)
            else self.numbered(found)
        )

    def outsiders(self, exams: Sequence[str]) -> list[Person]:
        n = self.hand.number(1, 3)
        return self.numbered([outsider_row(self.hand, self.room, self.ident, self.marks(exams), i) for i in range(n)])

    def plan(self, marks: list[Group], labels: dict[str, str] | None = None, left: Sequence[str] = ()) -> Plan:
        more = [[Col(label, label)] for label in ("性别", "电话")] if self.roster else noise_columns(self.hand, left)
        columns = ordered(self.hand, [*identity_columns(self.ident, labels or {}), *marks, *more])
        low, repeat = self.hand.rarely(3), self.hand.rarely(4)
        if low:  # a label of the second row with nothing above it would stand under its left neighbour's merged one
            columns.sort(key=lambda c: bool(c.top))
        return Plan(columns, low, repeat)

    def wide(self, exam: str) -> list[Group]:
        """One column for each subject."""
        return [[Col(subject_label(self.hand, s, self.odd), (exam, s))] for s in self.subjects]


def _wide(d: Draft) -> None:
    """One row a pupil, one column a subject."""
    people, marks = d.people([d.exam]), d.wide(d.exam)
    if marks and d.hand.mess("a subject twice", 5):
        people = [_doubled(d.hand, p, (d.exam, d.subjects[0])) for p in people]
        marks.append([Col(d.subjects[0], ("twin", (d.exam, d.subjects[0])))])
    d.add(sheet_of("Sheet1", table_lines(d.hand, d.plan(marks), people)))


def _class_column(d: Draft) -> None:
    """The same with a column that tells the class, and perhaps pupils of other classes."""
    labels = {"class": d.hand.one(CLASS_LABELS if d.odd else CLASS_LABELS[:1])}
    others = d.outsiders([d.exam]) if d.hand.mess("pupils of other classes", 2) else []
    people = _with_classes(d, d.people([d.exam]), others)
    d.add(sheet_of("Sheet1", table_lines(d.hand, d.plan(d.wide(d.exam), labels), people)))


def _with_classes(d: Draft, ours: list[Person], theirs: list[Person]) -> list[Person]:
    """A class cell in every row, or only in the first row of each class."""
    our, their = d.hand.one(OUR_CLASS), d.hand.one(THEIR_CLASS)
    for person, told in [*((p, our) for p in ours), *((p, their) for p in theirs)]:
        person.cells["class"] = told
    blocks = [theirs, ours] if d.hand.rarely(2) else [ours, theirs]
    if d.hand.mess("the class only in its first row", 4):
        for person in (p for block in blocks for p in block[1:]):
            person.cells["class"] = None  # a merge would tell that it is the one above, a blank does not
            person.record = replace(person.record, classed=not theirs)
        return [p for block in blocks for p in block]
    return d.hand.shuffled([*ours, *theirs]) if theirs and d.hand.rarely(2) else [p for block in blocks for p in block]


def _doubled(hand: Hand, person: Person, key: Key) -> Person:
    """A second column under the same subject, with the same mark or another one: nobody knows which counts."""
    same = hand.rarely(2)
    cells = {**person.cells, ("twin", key): person.cells[key] if same else 77.5}
    mark = person.record.marks[key]
    unsure = replace(mark, sure=False) if same else Mark(mark.raw, LOST, sure=False)
    return Person(cells, replace(person.record, marks={**person.record.marks, key: unsure}))


def _under(d: Draft) -> None:
    """Two header rows: 成绩, 班排, 年排 under each subject."""
    marks = []
    for n, subject in enumerate(d.subjects):
        below = d.hand.one((("成绩", "班排", "年排"), ("得分", "名次"), ("分数", "年级排名")))
        marks.append([
            Col(word, (d.exam, subject) if i == 0 else ("noise", f"{n}{i}", 3), subject) for i, word in enumerate(below)
        ])  # fmt: skip
    d.add(sheet_of("Sheet1", table_lines(d.hand, d.plan(marks), d.people([d.exam]))))


def _unknowable(mark: Mark) -> Mark:
    return Mark(mark.raw, None if mark.meaning is None else LOST, sure=False)


def _parts(d: Draft) -> None:
    """Two header rows: 平时 and 期末 under each subject; the exam's own name heads its marks."""
    d.exam = d.given = "期末" if not d.hand.rarely(4) else "期中"
    parts = d.hand.one((("平时", "期末"), ("平时", "期中", "期末"), ("平时", "期末", "总评")))
    known = d.exam in parts
    marks = []
    for subject in d.subjects:
        key = (d.exam, subject)
        mine = d.exam if known else "期末"
        marks.append([Col(p, key if p == mine else ("noise", f"{p}{subject}", 90), subject) for p in parts])
    people = d.people([d.exam])
    if not known:  # none of the parts is that exam
        people = [
            Person(p.cells, replace(p.record, marks={k: _unknowable(m) for k, m in p.record.marks.items()}))
            for p in people
        ]
    d.add(sheet_of("Sheet1", table_lines(d.hand, d.plan(marks), people)))


def _exam_groups(d: Draft) -> None:
    """Two header rows: exams over their subjects, or each subject over its exams."""
    exams, over = d.room.exams, d.hand.rarely(3)
    if over:
        marks = [[Col(e, (e, s), s) for e in exams] for s in d.subjects]
    else:
        marks = [[Col(s, (e, s), e) for s in d.subjects] for e in exams]
    d.given = d.hand.one((*exams, None))
    d.add(sheet_of("Sheet1", table_lines(d.hand, d.plan(marks), d.people(exams))))


def _exam_rows(d: Draft) -> None:
    """One row for each pupil and exam, with a column that names the exam."""
    exams = d.room.exams if d.hand.rarely(3) else d.room.exams[:1]
    people = [(e, p) for e in exams for p in d.people([e])]
    if d.hand.mess("exams of one pupil together", 3):
        people.sort(key=lambda pair: pair[1].record.pupil)
    d.given = d.hand.one((None, exams[0]))
    told = {e: (f"2026年{e}考试" if len(exams) == 1 and d.given and d.hand.rarely(2) else e) for e in exams}
    sparse, before = len(exams) > 1 and d.hand.mess("the exam only in the first of its rows", 4), ""
    for exam, person in people:
        person.cells["exam"] = told[exam]
        if sparse and exam == before:
            person.cells["exam"] = None
            unsure = {k: replace(m, sure=False) for k, m in person.record.marks.items()}
            person.record = replace(person.record, marks=unsure)
        before = exam
    if sparse:
        d.may_refuse = "考试"
    rows = [
        Person(
            {**p.cells, **{("any", s): m.raw for (_, s), m in p.record.marks.items()}},
            replace(p.record, away=d.given not in (None, e)),
        )
        for e, p in people
    ]
    marks = [[Col(subject_label(d.hand, s, d.odd), ("any", s))] for s in d.subjects]
    d.add(
        sheet_of("Sheet1", table_lines(d.hand, d.plan(marks, {"exam": d.hand.one(("考试", "考试名称", "考次"))}), rows))
    )


def _class_blocks(d: Draft) -> None:
    """Classes one under the other, each below a title that names it."""
    plan = d.plan(d.wide(d.exam))
    blocks = [(d.hand.one(OUR_TITLES), d.people([d.exam])), (d.hand.one(THEIR_TITLES), d.outsiders([d.exam]))]
    lines: list[Line] = []
    for title, people in reversed(blocks) if d.hand.rarely(2) else blocks:
        lines += [blank_line(d.hand)] if lines and d.hand.rarely(2) else []
        lines += table_lines(d.hand, plan, people, [title])
    d.add(sheet_of("Sheet1", lines))


def _class_sheets(d: Draft) -> None:
    """One sheet a class, named after it."""
    sheets = [(d.hand.one(OUR_SHEETS), d.people([d.exam])), (d.hand.one(THEIR_SHEETS), d.outsiders([d.exam]))]
    for name, people in reversed(sheets) if d.hand.rarely(2) else sheets:
        d.add(sheet_of(name, table_lines(d.hand, d.plan(d.wide(d.exam)), people)))


def _exam_sheets(d: Draft) -> None:
    """One sheet an exam, named after it."""
    d.given = d.hand.one((*d.room.exams, None))
    d.may_refuse = "考试" if d.given is None else ""
    for exam in d.room.exams:
        people = [Person(p.cells, replace(p.record, away=d.given not in (None, exam))) for p in d.people([exam])]
        d.add(sheet_of(exam, table_lines(d.hand, d.plan(d.wide(exam)), people)))


def _subject_sheets(d: Draft) -> None:
    """One sheet a subject, named after it, with one column of marks."""
    for subject in d.subjects:
        label = d.hand.one(("成绩", "得分", "分数")) if subject != "国学" else subject
        plan = d.plan([[Col(label, (d.exam, subject))]])
        d.add(sheet_of(subject, table_lines(d.hand, plan, d.people([d.exam], [subject]))))


def _side_by_side(d: Draft) -> None:
    """Two blocks of pupils beside each other, under one header each."""
    plan, people = d.plan(d.wide(d.exam), left=[""]), d.people([d.exam])
    half, width = (len(people) + 1) // 2, len(plan.columns)
    gap = d.hand.number(0, 1)
    lines = heading_lines([d.hand.one(TITLES)]) if d.hand.mess("titles above the header", 3) else []
    lines += heading_lines(row + [None] * gap + row for row in plan.header())
    for i in range(half):
        line = pupil_line(plan, people[i], i)
        if i + half < len(people):
            right = pupil_line(plan, people[i + half], i + half)
            shift = width + gap
            ((record, _, _, marks),) = right.parts
            line.cells += [None] * gap + right.cells
            line.parts.append(
                (record, shift + 1, shift + width, {k: [c + shift for c in cs] for k, cs in marks.items()})
            )
        lines.append(line)
    d.by_rows = False
    d.add(sheet_of("Sheet1", lines))


def _one_each(d: Draft, exams: Sequence[str]) -> list[Person]:
    """One row for each pupil, exam and subject."""
    found = []
    for exam in exams:
        for person in d.people([exam]):
            for key, mark in person.record.marks.items():
                cells = {**person.cells, "exam": exam, "subject": key[1], "mark": mark.raw}
                found.append(Person(cells, replace(person.record, marks={key: mark}, away=d.given not in (None, exam))))
    return found


def _long(d: Draft) -> None:
    """One row for each pupil and subject, perhaps with a column of exams."""
    several = d.hand.rarely(3)
    labels = {"subject": d.hand.one(("学科", "科目", "课程名称"))}
    if several:
        labels["exam"] = "考试"
        d.given = d.hand.one((None, *d.room.exams))
    people = _one_each(d, d.room.exams if several else [d.exam])
    plan = d.plan([[Col(d.hand.one(("成绩", "分数", "得分")), "mark")]], labels, ["物理"])
    d.add(sheet_of("Sheet1", table_lines(d.hand, plan, people)))


def _turned(d: Draft) -> None:
    """Pupils as columns."""
    d.by_rows = False
    d.add(transposed_sheet(d.hand, "Sheet1", d.plan(d.wide(d.exam)), d.people([d.exam])))


LAYOUTS: dict[str, Callable[[Draft], None]] = {
    "wide": _wide,
    "a column of classes": _class_column,
    "成绩 and ranks under each subject": _under,
    "平时 and 期末 under each subject": _parts,
    "exams over subjects": _exam_groups,
    "a column of exams": _exam_rows,
    "class blocks under titles": _class_blocks,
    "a sheet for each class": _class_sheets,
    "a sheet for each exam": _exam_sheets,
    "a sheet for each subject": _subject_sheets,
    "side by side": _side_by_side,
    "long": _long,
    "transposed": _turned,
}


ROSTERS = (
    "wide",
    "a column of classes",
    "class blocks under titles",
    "a sheet for each class",
    "side by side",
    "transposed",
)
_TELL_EXAMS = (
    "exams over subjects",
    "a column of exams",
    "a sheet for each exam",
    "long",
    "平时 and 期末 under each subject",
)


def _more_sheets(d: Draft) -> None:
    """Sheets that are no results: an explanation, an empty one, a hidden one with marks of last year."""
    if not d.hand.mess("other sheets beside", 6):
        return
    head = [d.ident.id_label or "姓名", *d.subjects]
    stale = [[next(iter(d.room.pupils)), *[11] * len(d.subjects)]]
    extra = (
        MessySheet("填写说明", [["说明"], ["缺考填 Q，免考填 N"]], [HEADING, HEADING]),
        MessySheet("旧", [head, *stale], [HEADING, PUPIL], hidden=True),
        MessySheet("空", [], []),
    )
    chosen = extra[d.hand.number(0, 2) :]
    d.sheets += chosen
    d.left_out = tuple(s.name for s in chosen if s.rows)


def _hidden_rows(d: Draft) -> None:
    """Rows that a filter hides in a real .xlsx are rows like the others."""
    if d.hand.mess("hidden rows", 8):
        first = d.sheets[0]
        d.sheets[0] = replace(first, hidden_rows=[n for n, kind in enumerate(first.kinds) if kind == PUPIL][::2])


def _finished(d: Draft, known: Sequence[str]) -> MessyFile:
    _more_sheets(d)
    _hidden_rows(d)
    return MessyFile(
        tuple(d.sheets),
        d.room.pupils,
        tuple(known),
        d.room.subjects,
        d.given,
        tuple(d.records),
        tuple(d.hand.said),
        d.left_out,
        d.by_rows,
        d.may_refuse,
    )


def _draft(hand: Hand, room: Class) -> Draft:
    ident, ink = Ident.drawn(hand, room.style), Inking.drawn(hand)
    exam = hand.one(room.exams)
    return Draft(hand, room, ident, ink, exam, "headers with blanks, stars, brackets" in hand.said, given=exam)


@st.composite
def messy_files(draw: Callable[[Any], Any], layouts: Sequence[str] = tuple(LAYOUTS)) -> MessyFile:
    """A score file in one of these layouts with any messes, for a class whose 名册 and 任课 are right."""
    hand = Hand(draw)
    layout = hand.layout(layouts)
    d = _draft(hand, clean_class(hand))
    LAYOUTS[layout](d)
    if layout not in _TELL_EXAMS and hand.mess("no exam told", 12):
        d.given, d.may_refuse = None, "考试"
    return _finished(d, list(d.room.pupils))


# ---- rosters -------------------------------------------------------------------------------------------

_ROSTER_FAULTS = ("no id", "no name", "nobody", "stranger", "namesake", "error cell", "other form")


@st.composite
def messy_rosters(draw: Callable[[Any], Any]) -> MessyFile:
    """A roster file with any messes; `known` of its pupils stand in 名册 already."""
    hand = Hand(draw)
    layout = hand.layout(ROSTERS)
    room = replace(clean_class(hand), subjects=())
    d = _draft(hand, room)
    d.given, d.roster = None, True
    d.ident = replace(d.ident, faults=_ROSTER_FAULTS if d.ident.faults else ())
    if room.style == "zeros" and d.ident.form in ("int", "float", "text.0"):  # lost zeros cannot be told in a new 学号
        d.ident.form = "text"
    if room.style == "zeros":
        d.ident = replace(d.ident, faults=tuple(f for f in d.ident.faults if f != "other form"))
    LAYOUTS[layout](d)
    ids = list(room.pupils)
    return _finished(d, ids[: hand.number(0, len(ids))])
