"""Any mess over a clean class: what comes in is right, and what does not come in is named (spec §3.1)."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from classbooks import make_class, rows_of, run
from imports.messes import CLASS, GRADE, LAYOUTS, messy_files, messy_rosters
from imports.messyfiles import BLANK, HEADING, LOST, PUPIL, Key, MessyFile, Place, Record, Spot, write_text, write_xlsx
from xlbangfu import schema
from xlbangfu.imports.accounting import Accounting
from xlbangfu.imports.exams import exams_of
from xlbangfu.imports.filerows import ROSTER_FILE, SCORE_FILE, TableFile
from xlbangfu.imports.identify import Roll
from xlbangfu.imports.roster import RosterMerge
from xlbangfu.imports.scores import ScoreMerge
from xlbangfu.imports.tables import read_table, tables_of
from xlbangfu.issues import Issue
from xlbangfu.programme.identity import Directory, name_key
from xlbangfu.programme.scores import read_score
from xlbangfu.table import Row
from xlbangfu.workbook.cells import is_blank
from xlbangfu.workbook.changes import plan_change
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.errors import WorkbookError

CHINESE = re.compile(r"[一-鿿]")
CELL = re.compile(r"([A-Z]+)(\d+)\Z")
TEXTS = (("utf-8", ","), ("utf-8-sig", ","), ("gb18030", ","), ("gb18030", "\t"), ("utf-16", "\t"))


def messes(examples: int, *, shrink: bool = True) -> settings:
    """Settings of a test of so many files; those on a disk take too long to be shrunk."""
    slow = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
    phases = [p for p in Phase if shrink or p not in (Phase.shrink, Phase.explain)]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow, print_blob=True, phases=phases)


@dataclass
class Came:
    """What an import gave: results by place, the accounting of all rows, what was said. refusal: the sentence, or ""."""

    results: dict[Place, Any] = field(default_factory=dict)
    accounting: Accounting | None = None
    issues: list[Issue] = field(default_factory=list)
    pupils: list[Row] = field(default_factory=list)
    refusal: str = ""

    def __str__(self) -> str:
        told = [f"{i.rule} {i.sheet}!{i.cell} {i.message}" for i in self.issues]
        return "\n   ".join([self.refusal or str(self.accounting), f"came: {self.results or self.pupils}", *told])

    def named(self, sheet: str) -> list[tuple[int, int]]:
        """Row and column of every cell that an issue names on this sheet."""
        return [place for i in self.issues if i.sheet == sheet and (place := _at(i.cell)) is not None]


def _at(cell: str) -> tuple[int, int] | None:
    """Row and column of an A1 address."""
    if not (match := CELL.match(cell)):
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


# ---- importing -----------------------------------------------------------------------------------------


def _roll(file: MessyFile) -> Roll:
    directory = Directory.of([{"pupil_id": p, "name": file.pupils[p]} for p in file.known])
    return Roll.of(directory, GRADE, CLASS, file.known)


def take_scores(file: MessyFile, table: TableFile) -> Came:
    """The results of one file for the class, as 导入成绩 takes them into an empty 成绩."""
    merged = ScoreMerge((), _roll(file), file.subjects).take(table, exams_of(table, file.given))
    accounting = table.accounting + Accounting(0, merged.taken, merged.listed, merged.elsewhere)
    return Came(_results(file, merged.rows), accounting, [*table.issues, *merged.issues])


def _results(file: MessyFile, rows: list[Row]) -> dict[Place, Any]:
    """The filled cells of 成绩 by what they mean."""
    found: dict[Place, Any] = {}
    for row in rows:
        for subject in file.subjects:
            if not is_blank(row.get(subject.name)):
                reading = read_score(row[subject.name])
                place = (row["exam"], row["pupil_id"], subject.name)
                assert place not in found, f"twice in 成绩: {place}"
                found[place] = reading.absence or reading.result
    return found


def take_roster(file: MessyFile, table: TableFile) -> Came:
    """The pupils of one file, as 导入名册 takes them."""
    before = [Row({"pupil_id": p, "name": file.pupils[p], "status": "在读"}, n) for n, p in enumerate(file.known, 2)]
    merged = RosterMerge(before, _roll(file)).take(table.rows)
    accounting = table.accounting + Accounting(0, merged.taken, merged.listed, merged.elsewhere)
    return Came({}, accounting, [*table.issues, *merged.issues], merged.rows)


def in_memory(file: MessyFile) -> Came:
    """导入成绩 of the grids."""
    try:
        return take_scores(file, tables_of("测试.xlsx", file.grids(), SCORE_FILE))
    except WorkbookError as refusal:
        return Came(refusal=str(refusal))


# ---- what must hold of results -------------------------------------------------------------------------


def check(file: MessyFile, came: Came) -> None:
    """Everything that holds of 导入成绩, whatever the file."""
    if came.refusal:
        assert file.may_refuse or not any(file.results()), f"refused: {came.refusal}"
        assert file.may_refuse in came.refusal, f"the sentence does not say why: {came.refusal}"
        return
    check_results(file, came)
    check_accounting(file, came)
    check_issues(file, came)
    for record, spot in file.records:
        check_record(file, came, record, spot)


def check_results(file: MessyFile, came: Came) -> None:
    """Nothing stands under a pupil, exam or subject that is not his; what can be read came in."""
    must, may = file.results()
    wrong = {place: found for place, found in came.results.items() if {**may, **must}.get(place) != found}
    assert not wrong, f"never said by the file: {wrong}\n{came}"
    missing = {place: meaning for place, meaning in must.items() if place not in came.results}
    assert not missing, f"readable, but not taken: {missing}\n{came}"


def check_accounting(file: MessyFile, came: Came) -> None:
    """Every row is counted once, and no pupil among headings, blanks and totals."""
    a = came.accounting
    if a is None:
        return
    assert a.balanced, a
    if file.by_rows:
        unread = _unread(file, came)
        left = [s.kinds for s in file.sheets if s.name in unread]
        kinds = [s.kinds for s in file.sheets if s.name not in unread]
        pupils, rows = sum(k.count(PUPIL) for k in kinds), sum(map(len, kinds))
        assert a.unread == sum(map(len, left)), f"rows of sheets that are left out\n{came}"
        assert rows - sum(map(_trailing_blanks, kinds)) <= a.read - a.unread <= rows, f"rows read\n{came}"
        assert a.taken + a.listed + a.elsewhere == pupils, f"{pupils} rows are about pupils\n{came}"


def _unread(file: MessyFile, came: Came) -> set[str]:
    """Sheets that are left out, and those without a single result that the import left out too and named."""
    no_result = (None, LOST)
    marked = {s.sheet for record, s in file.records if any(m.meaning not in no_result for m in record.marks.values())}
    told = {i.sheet for i in came.issues if i.rule == "import.sheet"}
    return {*file.left_out, *(told - marked if file.subjects else ())}


def _trailing_blanks(kinds: list[str]) -> int:
    return next((n for n, kind in enumerate(reversed(kinds)) if kind != BLANK), len(kinds))


def check_issues(file: MessyFile, came: Came) -> None:
    """Every issue has a sheet of the file and a Chinese sentence; sheets that were left out are named."""
    names = {sheet.name for sheet in file.sheets}
    for issue in came.issues:
        assert issue.sheet in names and issue.rule and CHINESE.search(issue.message), issue
    for name in file.left_out:
        assert any(i.sheet == name for i in came.issues), f"nothing said about the sheet {name}\n{came}"


def check_record(file: MessyFile, came: Came, record: Record, spot: Spot) -> None:
    """A row that was not taken is named, and so is every cell of a row that gave nothing or is out of range."""
    if record.away or spot.sheet in _unread(file, came):
        return
    named = came.named(spot.sheet)
    here = {place for place in named if spot.holds(spot.sheet, *place)}
    wanted = {k: m for k, m in record.marks.items() if file.wanted(k)}
    arrived = {k for k, m in wanted.items() if _arrived(came, record, k, m.meaning)}
    assert arrived or here, f"not taken and not named: {spot}\n{came}"
    for key, mark in wanted.items():
        if mark.meaning is not None and key not in arrived:
            assert here or _heads(file, spot, key, named), f"{key} at {spot} is lost\n{came}"
        if file.certain(record) and mark.sure and (mark.meaning == LOST or _outside(file, key, mark.meaning)):
            there = here & set(spot.marks[key])
            assert there or _heads(file, spot, key, named), f"the cell of {key} at {spot} is not named\n{came}"


def _arrived(came: Came, record: Record, key: Key, meaning: Any) -> bool:
    return meaning is not None and came.results.get((key[0], record.pupil, key[1])) == meaning


def _outside(file: MessyFile, key: Key, meaning: Any) -> bool:
    full = next((s.full_points for s in file.subjects if s.name == key[1]), None)
    return isinstance(meaning, Fraction) and full is not None and not 0 <= meaning <= full


def _heads(file: MessyFile, spot: Spot, key: Key, named: list[tuple[int, int]]) -> bool:
    """True if an issue names a heading over the cells of a mark."""
    (kinds,) = [s.kinds for s in file.sheets if s.name == spot.sheet]
    columns = {column for _, column in spot.marks[key]}
    return any(kinds[row - 1] == HEADING and column in columns for row, column in named)


# ---- what must hold of pupils --------------------------------------------------------------------------


def check_roster(file: MessyFile, came: Came) -> None:
    """Everything that holds of 导入名册, whatever the file."""
    assert not came.refusal, f"refused: {came.refusal}"
    check_accounting(file, came)
    check_issues(file, came)
    records = [r for r, _ in file.records if r.pupil and not r.away]
    after = {row["pupil_id"]: row for row in came.pupils}
    assert len(after) == len(came.pupils), f"one 学号 twice\n{came}"
    for pupil_id, row in after.items():
        about = [r for r in records if r.pupil == pupil_id]
        names = {name_key(r.name) for r in about if r.number and r.sound}
        names |= {name_key(file.pupils[pupil_id])} if pupil_id in file.known else set()
        assert name_key(row.get("name")) in names, f"{row} is nobody in the file\n{came}"
        assert row.get("phone") in {None, *(r.phone for r in about)}, f"{row} has somebody else's telephone\n{came}"
    taken = {name_key(file.pupils[p]) for p in file.known}
    for record, spot in file.records:
        if not record.away:
            arrived = record.pupil in after and after[record.pupil].get("phone") == record.phone
            here = [place for place in came.named(spot.sheet) if spot.holds(spot.sheet, *place)]
            assert arrived or here, f"not taken and not named: {spot}\n{came}"
        alike = {name_key(r.name) for r in records if r.pupil == record.pupil}
        readable = record.number and record.sound and record.pupil and not record.away
        readable = readable and all(r.classed for r, _ in file.records)
        if readable and len(alike) == 1 and name_key(record.name) not in taken:
            doubted = {_at(i.cell) for i in came.issues if i.rule == "import.duplicate"}  # another name has the number
            assert record.pupil in after or any(spot.holds(spot.sheet, *p) for p in doubted if p), (
                f"{record.pupil} can be read, but was not added\n{came}"
            )


# ---- real files ----------------------------------------------------------------------------------------


@contextmanager
def written(file: MessyFile, text: tuple[str, str] | None) -> Iterator[Path]:
    """The file on the disk: as a text table where one sheet says all, else as .xlsx."""
    with tempfile.TemporaryDirectory() as folder:
        if text is not None and len(file.sheets) == 1:
            yield write_text(file, Path(folder) / f"{file.sheets[0].name}.csv", *text)
        else:
            yield write_xlsx(file, Path(folder) / "成绩.xlsx")


def from_disk(file: MessyFile, text: tuple[str, str] | None) -> Came:
    """导入成绩 of a real file."""
    with written(file, text) as path:
        try:
            return take_scores(file, read_table(path, SCORE_FILE))
        except WorkbookError as refusal:
            return Came(refusal=str(refusal))


def _class_of(file: MessyFile, folder: Path) -> Path:
    """A real workbook of 三年级2班 with this 名册 and 任课."""
    book = make_class(folder, n=0, grade=GRADE, class_name=CLASS)
    door = ClosedWorkbook(book)
    pupils = [Row({"pupil_id": p, "name": n, "status": "在读"}) for p, n in file.pupils.items()]
    teaching = door.read(schema.TEACHING)  # comes with three subjects
    taught = [{"subject": s.name, "full_points": s.full_points} for s in file.subjects]
    taught += [{"subject": None, "scoring": None}] * (len(teaching.table) - len(taught))
    subjects = [row.changed(**new) for row, new in zip(teaching.table.rows, taught, strict=True)]
    changes = [plan_change(door.read(schema.ROSTER), pupils), plan_change(teaching, subjects)]
    door.write([c for c in changes if c is not None])
    return book


def by_action(file: MessyFile) -> Came:
    """The real action on a real workbook; what came is what then stands in 成绩 and 数据问题."""
    with written(file, None) as path:
        book = _class_of(file, path.parent / "班")
        report = run("import_scores", book, file=path, file_name=path.name, exam=file.given)
        if not report.ok:
            assert rows_of(book, schema.SCORES) == [], "nothing is written by a refused import"
            return Came(refusal=report.message)
        issues = [_issue(row) for row in rows_of(book, schema.ISSUES) if row["place"].startswith(f"{path.name}：")]
        return Came(_results(file, rows_of(book, schema.SCORES)), None, [i for i in issues if i.rule != "import.exam"])


def _issue(row: Row) -> Issue:
    """A row of 数据问题 as what it tells: 「file：sheet!cell」."""
    sheet, _, cell = row["place"].partition("：")[2].partition("!")
    return Issue(row["level"], sheet, row["rule"], row["problem"], row["mend"] or "", cell=cell)


# ---- the tests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
@messes(200)
@given(data=st.data())
def test_any_mess_in_a_layout_gives_the_clean_table_or_names_what_is_missing(layout, data):
    file = data.draw(messy_files(layouts=(layout,)))
    check(file, in_memory(file))


@messes(200)
@given(messy_files(), st.sampled_from([None, *TEXTS]))
def test_the_same_holds_for_files_on_a_disk(file, text):
    check(file, from_disk(file, text))


@messes(100)
@given(messy_rosters())
def test_every_pupil_of_a_roster_comes_in_once_or_is_named(file):
    check_roster(file, take_roster(file, tables_of("测试.xlsx", file.grids(), ROSTER_FILE)))


@messes(30, shrink=False)
@given(messy_files())
def test_the_button_leaves_it_all_in_成绩_and_数据问题(file):
    check(file, by_action(file))
