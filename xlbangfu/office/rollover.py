"""The next term's class workbooks from this term's; the old ones are only read, and nothing is overwritten.

Source: spec §2 (step 10), §6 (rollover), §9.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xlbangfu.actions.book import Book, Refused
from xlbangfu.actions.catalogue import OFFICE, Action
from xlbangfu.actions.runner import FolderReport, Report, class_workbooks, json_value, resolve_places
from xlbangfu.documents.places import RESTRICTED
from xlbangfu.issues import Issue, error, reminder, sort_key
from xlbangfu.office.distribute_plan import ClassKey, ClassPlan
from xlbangfu.office.newbook import SCRATCH, UNFINISHED, class_key, move_new, settings_of_classes
from xlbangfu.office.rollover_book import OwnColumns, make_workbook, own_columns, own_sheets
from xlbangfu.office.rollover_plan import LEFT, TAKEN, plan_next
from xlbangfu.office.rollover_tables import CARRIED_SHEETS, NewTerm, NextBook, OldBook
from xlbangfu.policy import PolicyError, find_policy, policy_folders
from xlbangfu.programme.numbers import clean_text
from xlbangfu.programme.terms import read_term
from xlbangfu.schema import ERROR, PROFILES, ROSTER, SCORES, SETTINGS
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.locks import who_has_it_open

COMMAND = "rollover"
Progress = Callable[[int, int], None]
_READING = Action(COMMAND, "结转", OFFICE, COMMAND, "", tuple(s.label for s in (SETTINGS, *CARRIED_SHEETS)))


def rollover(
    book_or_folder: Path,
    out: Path,
    *,
    term: str,
    today: date,
    start: date | None = None,
    end: date | None = None,
    now: Callable[[], datetime] = datetime.now,
    plan: bool = False,
    progress: Progress | None = None,
) -> Report | FolderReport:
    """One workbook of the new term in `out` for the class workbook, or for every one below the folder.

    term: 2027春, 2026-2027学年第二学期 …, later than that of the workbook. start, end: of the new term. plan: nothing
    is written. rows of a report: one per row of the old 名册 (学号, 姓名, 状态, 去向, 原因); issues name the old
    workbook. A workbook that is refused (六年级, a target that exists, a file that cannot be read …) does not stop
    the others; an option that cannot be is one refused report, and nothing is written. Source: spec §6, §9.
    """
    source, out = Path(book_or_folder), Path(out)
    try:
        new = _new_term(term, start, end)
        if out.exists() and not out.is_dir():
            raise Refused(f"“{out}”是一个文件，不是文件夹；请用 -o 另给一个文件夹。")
        office = _Office(out, new, today, now, plan)
    except Refused as refusal:
        return Report(COMMAND, str(source), ok=False, message=str(refusal))
    if not source.is_dir():
        return office.one(source)
    report = FolderReport(COMMAND)
    books = _sources(source, out, report.skipped)
    tick = progress or (lambda done, total: None)
    for done, path in enumerate(books):
        tick(done, len(books))
        report.books.append(office.one(path))
    tick(len(books), len(books))
    return report


def _new_term(text: str, start: date | None, end: date | None) -> NewTerm:
    found = read_term(text)
    if found is None:
        raise Refused(f"学期“{text}”看不懂；请写成 2027春 或 2026-2027学年第二学期 的样子。")
    if start is not None and end is not None and end < start:
        raise Refused(f"学期结束 {end} 早于学期开始 {start}，请核对日期。")
    return NewTerm(found, clean_text(text), start, end)


def _sources(folder: Path, out: Path, skipped: list[str]) -> list[Path]:
    """The class workbooks below the folder, but for those that an earlier run put into `out` below it."""
    made = out.resolve()
    within = folder.resolve() in made.parents
    return [p for p in class_workbooks(folder, skipped) if not (within and made in p.resolve().parents)]


class _Office:
    """Makes workbooks of one new term in one folder."""

    def __init__(self, out: Path, new: NewTerm, today: date, now: Callable[[], datetime], plan: bool) -> None:
        self.out, self.new, self.today, self.now, self.plan = out, new, today, now, plan
        self.there = _of_term(out, new) if out.is_dir() else {}
        self.promised: set[str] = set()  # names of the files that this run makes, for --plan too

    def one(self, path: Path) -> Report:
        """One workbook; a refusal is a report with ok = False."""
        started = time.perf_counter()
        report = Report(COMMAND, str(path))
        try:
            self._roll(path, report)
        except (Refused, WorkbookError) as refusal:
            report.refuse(getattr(refusal, "message", None) or str(refusal))
        except OSError:
            report.refuse(f"文件夹“{self.out}”写不进去，请检查权限和磁盘空间后再试。")
        report.seconds = time.perf_counter() - started
        return report

    def _roll(self, path: Path, report: Report) -> None:
        door = ClosedWorkbook(path)
        book = Book(door, _READING, today=self.today)
        found = plan_next(_read(book), self.new)
        target = self._target(found, path)
        own = own_columns(door)
        issues = [*found.issues, *own_sheets(door), *(i for o in own.values() for i in o.note())]
        issues += [*_note_open(path), *_note_restricted(path, target)]
        policy = self._policy_file(book, issues)
        lost = [i for i in book.all_issues() if i.level == ERROR]  # reminders are of no use to the new workbook
        placed = resolve_places(book, [*lost, *issues])
        self.promised.add(target.name.casefold())
        if self.plan:
            report.planned = _planned(target, found, policy)
        else:
            report.written = self._write(target, found, own, policy)
        report.issues = sorted((replace(i, file=path.name) for i in placed), key=sort_key)
        _fill(report, found, target, self.plan)

    def _target(self, found: NextBook, source: Path) -> Path:
        """Where the new workbook goes. Raises Refused where something stands there already."""
        grade, name = found.settings.get("grade") or "", found.settings.get("class_name") or ""
        key = class_key(grade, name)
        if (standing := self.there.get(key)) is not None:
            raise Refused(f"{found.label}已有“{self.new.text}”的工作簿“{standing.name}”，没有改动它；请移走它再试。")
        file = ClassPlan(key, grade, name).file_name if grade or name else f"{source.stem}.xlsm"
        target = self.out / file
        if target.exists() or file.casefold() in self.promised:
            raise Refused(f"“{file}”已经存在，没有覆盖；请移走它，或用 -o 换一个文件夹。")
        return target

    def _policy_file(self, book: Book, issues: list[Issue]) -> Path | None:
        """The school's own 制度 that the new workbook would not find from its folder; None where it finds one."""
        name = book.settings["policy"]
        try:
            find_policy(name, policy_folders(self.out))
            return None
        except PolicyError:
            pass
        try:
            return find_policy(name, policy_folders(book.path.parent))
        except PolicyError as problem:
            issues.append(error(SETTINGS.label, "rollover.policy", str(problem), "改好以前，新工作簿里不能识别。"))
            return None

    def _write(self, target: Path, found: NextBook, own: dict[str, OwnColumns], policy: Path | None) -> list[str]:
        self.out.mkdir(parents=True, exist_ok=True)
        written = [target]
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self.out) as scratch:
            made = Path(scratch) / UNFINISHED
            make_workbook(made, found, own, self.now())
            if policy is not None:
                copy = Path(scratch) / policy.name
                copy.write_bytes(policy.read_bytes())
                move_new(copy, self.out / policy.name)
                written.append(self.out / policy.name)
            move_new(made, target)
        return [str(p) for p in written]


# ---- reading -------------------------------------------------------------------------------------------


def _read(book: Book) -> OldBook:
    """The tables that are carried. Raises Refused where a header is gone: a column would be lost unseen."""
    tables = {sheet.label: book.table(sheet) for sheet in CARRIED_SHEETS}
    for label in _READING.reads:
        if reason := book.parsed[label].rearranged:
            raise Refused(f"{reason}，没有结转；请先恢复再试。")
    scores = book.parsed[SCORES.label].header
    fixed = {c.code for c in SCORES.columns}
    return OldBook(
        book.settings,
        book.parsed[SETTINGS.label].table.rows,
        list(book.parsed[ROSTER.label].original.values()),
        tables,
        [code for code in scores if code not in fixed],
    )


def _of_term(folder: Path, new: NewTerm) -> dict[ClassKey, Path]:
    """Class workbooks of the new term that are in the folder already."""
    found: dict[ClassKey, Path] = {}
    for path, settings in settings_of_classes(folder):
        grade, name = settings.get("grade") or "", settings.get("class_name") or ""
        if (grade or name) and read_term(settings.get("term")) == new.term:
            found.setdefault(class_key(grade, name), path)
    return found


def _note_open(path: Path) -> Iterable[Issue]:
    """What somebody has typed and not saved is not in the file."""
    if who_has_it_open(path) is None:
        return []
    message = f"“{path.name}”正打开着，没有保存的改动没有带走"
    mend = "如果有没保存的改动，请保存并关闭它，删去新工作簿再结转一次。"
    return [reminder(SETTINGS.label, "rollover.open", message, mend)]


def _note_restricted(path: Path, target: Path) -> Iterable[Issue]:
    """The passworded workbook is its keeper's to move; under a new name it is found without asking whose it is."""
    for name in (f"{path.stem}_{RESTRICTED}.xlsx", f"{RESTRICTED}.xlsx"):
        if (path.parent / name).exists():
            message = f"“{name}”没有带走，“心理档案日期”“资助日期”已照原样带走"
            mend = f"请班主任自己复制到新工作簿旁边，改名为“{target.stem}_{RESTRICTED}.xlsx”。"
            return [reminder(PROFILES.label, "rollover.restricted", message, mend)]
    return []


# ---- the report ----------------------------------------------------------------------------------------


def _planned(target: Path, found: NextBook, policy: Path | None) -> list[str]:
    counts = "、".join(f"{word} {n}" for word, n in found.counts.items())
    return [f"新建 {target.name}：{counts}", *([f"复制制度文件 {policy.name}"] if policy is not None else [])]


def _fill(report: Report, found: NextBook, target: Path, plan: bool) -> None:
    report.counts = {"工作簿": 1, **found.counts}
    report.rows = [_row(fate.row, fate.reason) for fate in found.fates]
    report.message = f"{'结转计划' if plan else '结转完成'}：{found.settings['term']} {found.label}（{target.name}），{_words(found)}"


def _words(found: NextBook) -> str:
    counts, exam = found.counts, found.settings.get("previous_exam")
    left = f"，{counts['未带走']} 人没有带走" if counts["未带走"] else ""
    plans = f"计划 {counts['计划']} 份" + ("（请核对目标，填上结束日期）" if counts["计划"] else "")
    words = f"学生 {counts['学生']} 人{left}；档案 {counts['档案']} 份、{plans}、结对 {counts['结对']} 对"
    return words + (f"；上次考试“{exam}”" if exam else "")


def _row(row: Any, reason: str) -> dict[str, Any]:
    values = {ROSTER.column(code).label: json_value(row.get(code)) for code in ("pupil_id", "name", "status")}
    return {**values, "去向": LEFT if reason else TAKEN, "原因": reason}
