"""The term: what the office does for the whole school, and between its steps every class's own part.

Only public actions: the same functions that the command line calls, in the order of spec §2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.runner import FolderReport, Report, class_workbooks
from xlbangfu.demo import inputs
from xlbangfu.demo.desk import PARTS, count_class, run_part
from xlbangfu.demo.school import (
    BASELINE,
    EXAM_DAYS,
    FINAL,
    MIDTERM,
    OWN_POLICY,
    PREVIOUS,
    TERM,
    TERM_END,
    TERM_START,
    School,
    make_school,
)
from xlbangfu.schema import SETTINGS, setting

BOOKS, MERGED = "班级", "学校汇总.xlsx"
POLICY_FOLDER = "制度"
DEFAULT_POLICY = setting("policy").default
Tick = Callable[[int, int], None]
Key = tuple[str, str]
_STEPS = 13  # distribute, four imports of results, three norms, four parts of the classes, merge


@dataclass
class Term:
    """What happened. policy: the 制度 handed out; own_policy: one grade has its own.
    books: workbook by 年级 and 班级. parts: what every button said, by part and class."""

    folder: Path
    policy: str = DEFAULT_POLICY
    own_policy: bool = True
    books: dict[Key, Path] = field(default_factory=dict)
    steps: list[Any] = field(default_factory=list)  # reports of the office's own steps, in order
    parts: dict[str, dict[Key, list[Report]]] = field(default_factory=dict)
    tallies: dict[Key, dict[str, int]] = field(default_factory=dict)
    merged: Any = None

    def reports(self) -> Iterator[Any]:
        """Every report of the term, a folder's workbooks one by one."""
        for step in self.steps:
            yield from step.books if isinstance(step, FolderReport) else [step]
        for by_class in self.parts.values():
            for reports in by_class.values():
                yield from reports

    def refusals(self) -> list[str]:
        """The sentences of steps that wrote nothing; empty if all went well."""
        return [r.message for r in self.reports() if isinstance(r, Report) and not r.ok]


class _Office:
    """The office's desk: its input files, its steps, one tick per step."""

    def __init__(self, folder: Path, policy: str, school: School, pool: Executor | None, tick: Tick) -> None:
        self.term = Term(folder, policy or DEFAULT_POLICY, own_policy=not policy)
        self.school = school
        self.books = folder / BOOKS
        self.pool, self.tick, self.done = pool, tick, 0

    def step(self, report: Any = None) -> None:
        """One step is done."""
        if report is not None:
            self.term.steps.append(report)
        self.done += 1
        self.tick(self.done, _STEPS)

    def hand_out(self) -> None:
        """Roster and teaching files → one workbook per class; one grade's own policy beside them."""
        from xlbangfu.office.distribute import distribute

        school, folder = self.school, self.term.folder
        report = distribute(
            inputs.write_roster(folder, school),
            self.books,
            teaching=inputs.write_teaching(folder, school),
            policy=self.term.policy,
            term=TERM,
            previous=PREVIOUS,
            baseline=_dated(BASELINE),
            midterm=_dated(MIDTERM),
            final=_dated(FINAL),
            start=TERM_START,
            end=TERM_END,
            today=TERM_START,
            progress=_quiet,
        )
        if self.term.own_policy:
            own_policy(self.books / POLICY_FOLDER)
        self.term.books = find_books(self.books, school)
        self.step(report)

    def results(self, exam: str) -> None:
        """An exam's results come in and are spread over the class workbooks by 学号; none where nobody sits it."""
        from xlbangfu.actions.imports import import_into_folder

        if not self._sat(exam):
            self.step()
            return
        file = inputs.write_scores(self.term.folder, self.school, exam)
        options = {"file": file, "file_name": file.name}
        self.step(
            import_into_folder(
                BY_ID["import_scores"], self.books, file, today=_day_after(exam), options=options, progress=_quiet
            )
        )

    def _sat(self, exam: str) -> bool:
        """True if anybody of these classes sits the exam: grades 1 and 2 have no midterm."""
        return any(p.pupil_id in self.school.marks[exam] for made in self.school.classes for p in made.pupils)

    def norms(self, exam: str, *others: str) -> None:
        """The grade's norms of the exam, made from the score files and handed out into the class workbooks."""
        from xlbangfu.office.norms import norms

        if not self._sat(exam):
            self.step()
            return
        sources = [self.term.folder / inputs.scores_file(e) for e in (*others, exam)]
        self.step(
            norms(
                sources,
                self.term.folder / f"常模_{exam}.xlsx",
                baseline=BASELINE,
                into=self.books,
                today=_day_after(exam),
                progress=_quiet,
            )
        )

    def classes(self, part: str) -> None:
        """Every class's part of the term, in processes of their own where there is a pool."""
        keys, paths = list(self.term.books), list(self.term.books.values())
        run = self.pool.map if self.pool is not None else map
        self.term.parts[part] = dict(zip(keys, run(run_part, [part] * len(keys), paths, keys), strict=True))
        self.step()

    def merge(self, jobs: int, today: date) -> None:
        """All class workbooks → the school workbook and its Parquet."""
        from xlbangfu.office.merge import merge

        out = self.term.folder / MERGED
        self.term.merged = merge(self.books, out, jobs=jobs, term=TERM, today=today, progress=_quiet)
        self.step(self.term.merged)

    def count(self) -> None:
        """What stands in the workbooks at the end."""
        run = self.pool.map if self.pool is not None else map
        self.term.tallies = dict(zip(self.term.books, run(count_class, self.term.books.values()), strict=True))


def _dated(exam: str) -> str:
    """「期中@2026-11-06」, as the command line takes it."""
    return f"{exam}@{EXAM_DAYS[exam]}"


def _day_after(exam: str) -> date:
    return EXAM_DAYS.get(exam, TERM_START) + timedelta(3)


def _quiet(done: int, total: int) -> None:
    """The term has a bar of its own."""


def own_policy(folder: Path) -> Path:
    """A school's own 制度: S7 copied, with behaviour and decline as signals beside the marks. Source: spec §5."""
    from xlbangfu.policy import find_policy

    text = find_policy("S7").read_text(encoding="utf-8")
    beside = 'beside = [{ rule = "behaviour", sources = 1, severity = 3 }, { rule = "decline", sd = 1 }]'
    for old, new in (
        ('id = "S7"', f'id = "{OWN_POLICY}"'),
        ('name = "学困生帮扶制度（标准化文件）"', 'name = "五年级双困生帮扶制度（由 S7 复制）"'),
        ("beside = []", beside),
    ):
        if old not in text:
            raise LookupError(f"S7.toml has no line {old!r}")
        text = text.replace(old, new, 1)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{OWN_POLICY}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def find_books(folder: Path, school: School) -> dict[Key, Path]:
    """The class workbooks below a folder by 年级 and 班级 of their 设置, in the school's order."""
    from xlbangfu.workbook.closed import ClosedWorkbook
    from xlbangfu.workbook.parsing import parse_settings

    found: dict[Key, Path] = {}
    for path in class_workbooks(folder):
        settings, _ = parse_settings(ClosedWorkbook(path).read(SETTINGS))
        found[settings["grade"], settings["class_name"]] = path
    return {made.key: found[made.key] for made in school.classes}


@contextmanager
def _pool(jobs: int) -> Iterator[Executor | None]:
    if jobs < 2:
        yield None
        return
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        yield pool


def run_term(
    folder: Path,
    *,
    today: date,
    jobs: int,
    tick: Tick,
    policy: str = "",
    grades: Sequence[str] = (),
) -> Term:
    """The whole term in an empty folder. policy: the 制度 of every class, "" for the default one and
    one grade's own; grades: () for the whole school.

    Raises WorkbookError where a workbook cannot be written, KeyError for a grade that is not there.
    """
    opening, listing, midterm, closing = PARTS
    with _pool(jobs) as pool:
        office = _Office(folder, policy, make_school().only(grades), pool, tick)
        office.hand_out()
        office.classes(opening)
        office.results(PREVIOUS)
        office.results(BASELINE)
        office.norms(BASELINE, PREVIOUS)
        office.classes(listing)
        office.results(MIDTERM)
        office.norms(MIDTERM, BASELINE)
        office.classes(midterm)
        office.results(FINAL)
        office.norms(FINAL, BASELINE)
        office.classes(closing)
        office.count()
        office.merge(jobs, today)
    return office.term
