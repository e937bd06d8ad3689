"""Run one action on one workbook or a folder of them: read, decide, write, log, report.

Everything that all actions share is here and nowhere else: the write is planned first and carried out at once,
a run that changes nothing writes nothing, problems go to 数据问题, one log row per run that changed something.
Source: spec §3, §8, §9.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from xlbangfu import schema
from xlbangfu.actions.book import Book, Outcome, Refused, Replace
from xlbangfu.actions.catalogue import Action
from xlbangfu.actions.recovery import set_right
from xlbangfu.actions.report import FolderReport as FolderReport
from xlbangfu.actions.report import Report as Report
from xlbangfu.actions.report import json_row as json_row
from xlbangfu.actions.report import json_value as json_value
from xlbangfu.actions.report import preview
from xlbangfu.actions.report import stats_fields as stats_fields
from xlbangfu.issues import Issue, sort_key
from xlbangfu.schema import ISSUES, LOG, SETTINGS
from xlbangfu.table import Row
from xlbangfu.workbook.cells import is_blank, same
from xlbangfu.workbook.changes import Jump, SheetChange, plan_change
from xlbangfu.workbook.door import Door
from xlbangfu.workbook.errors import WorkbookError, WorkbookHalfWritten
from xlbangfu.workbook.journal import Journal, Step, note_step
from xlbangfu.workbook.parsing import set_setting, with_rows

UNDO_LOST = "（撤销用的记录存不下，这一步不能撤销；请检查磁盘空间）"
SHEET_FAMILIES = ("cell", "table", "identity")  # problems that any reading of the sheet finds again
SCORE_FAMILIES = ("score", "norms")  # problems that any look at all exams finds again


# ---- one workbook --------------------------------------------------------------------------------------


def run_action(
    action: Action,
    door: Door,
    *,
    today: date,
    now: Callable[[], datetime] = datetime.now,
    options: Mapping[str, Any] | None = None,
    plan: bool = False,
) -> Report:
    """Run the action on one workbook. A refusal is a report with ok = False; nothing is then written."""
    started = time.perf_counter()
    report = Report(action.command, str(door.path))
    try:
        found = "" if plan else set_right(door)
        if found and action.id == "undo":  # taking the broken step back is what was asked for
            report.message, report.written = found, [str(door.path)]
            return report
        book = Book(door, action, today=today, options=options)
        outcome: Outcome = action.load()(book)
        for label in action.writes:
            if (sheet := schema.BY_LABEL.get(label)) is not None and label in action.reads:
                book.table(sheet)
        if schema.SCORES.label not in outcome.sheets:  # after an import the next look finds what is wrong
            book.examine()
        issues = resolve_places(book, [*book.all_issues(), *outcome.issues])
        changes = plan_changes(book, outcome, issues)
        with_pdf = book.options.get("pdf", True)
        if plan:
            from xlbangfu.actions.outputs import files_to_write

            report.planned = [line for change in changes for line in change.describe()]
            report.planned += [f"生成文件 {path}" for path in files_to_write(outcome.files, pdf=with_pdf)]
            changes = []
        elif outcome.files:  # first: a file that is open elsewhere must leave the workbook as it was
            from xlbangfu.actions.outputs import write_files

            if changes:
                door.refuse_if_busy()
            made, told = write_files(outcome.files, pdf=with_pdf)
            report.written += made
            outcome.message += told
        if changes:
            at = now()
            title, undoes = outcome.step or (action.label, False)
            log = _log_change(book, action, outcome.message, at, time.perf_counter() - started)
            kept = write_kept(door, note_step(door, title, changes, at, undoes=undoes), [*changes, log])
            outcome.message += "" if kept else UNDO_LOST
            report.written.insert(0, str(door.path))
    except (Refused, WorkbookError) as refusal:
        report.refuse_for(refusal)
    else:
        outcome.message = f"{found}；{outcome.message}" if found else outcome.message
        _fill(report, outcome, issues)
    report.seconds = time.perf_counter() - started
    return report


def write_kept(door: Door, step: Step, changes: Sequence[SheetChange]) -> bool:
    """Write, with the step noted before and settled after. False if it could not be noted: no undo then.

    A write that is refused leaves no trace; one that broke off stays pending, for the next run to set right.
    """
    journal, noted = Journal(door.path), True
    try:
        journal.begin(step)
    except OSError:
        noted = False
    try:
        door.write(changes)
    except WorkbookHalfWritten:
        raise
    except BaseException:
        if noted:
            journal.drop()
        raise
    if noted:
        journal.settle()
    return noted


def _sentence(refusal: Exception) -> str:
    return getattr(refusal, "message", None) or str(refusal)


def _fill(report: Report, outcome: Outcome, issues: list[Issue]) -> None:
    report.message, report.counts, report.issues = outcome.message, outcome.counts, issues
    report.columns = preview(outcome.columns)
    if outcome.rows is not None:
        report.rows = [json_row(outcome.rows[0], row) for row in outcome.rows[1]]
    if outcome.stats is not None:
        report.stats = [json_row(outcome.stats[0], row) for row in outcome.stats[1]]


def resolve_places(book: Book, issues: Iterable[Issue]) -> list[Issue]:
    """Each problem once, with its A1 address, in an order that does not depend on how it was found."""
    placed: dict[Issue, None] = {}
    for issue in issues:
        parsed = book.parsed.get(issue.sheet)
        located = parsed.locate(issue) if parsed is not None and not issue.cell and not issue.file else issue
        placed[located] = None
    return sorted(placed, key=sort_key)


def plan_changes(book: Book, outcome: Outcome, issues: Sequence[Issue]) -> list[SheetChange]:
    """Every cell that the run changes, the log row excepted. Raises Refused where a sheet was rearranged."""
    if outcome.changes is not None:
        return list(outcome.changes)
    changes: list[SheetChange] = []
    for label in book.action.writes:
        sheet = schema.BY_LABEL.get(label)
        if sheet is None or sheet is SETTINGS:
            continue
        given = outcome.sheets.get(label)
        rows = given if given is not None else book.parsed[label].table.rows if label in book.parsed else None
        if rows is None:
            continue
        if given is not None and not book.parsed[label].header:  # there is no sheet to write what was found to
            raise Refused(f"{book.parsed[label].rearranged}，为免写错位置，本次没有写入；请先恢复这张表再点一次。")
        change = (
            plan_change(book.parsed[label], rows.rows, compact=True)
            if isinstance(rows, Replace)
            else plan_change(book.parsed[label], rows)
        )
        if change is not None:
            if reason := book.parsed[label].rearranged:
                raise Refused(f"{reason}，为免写错位置，本次没有写入；请先恢复表头再点一次。")
            changes.append(change)
    if (change := _settings_change(book, outcome.settings)) is not None:
        changes.append(change)
    changes += [SheetChange(label, cells) for label, cells in _page_changes(book, outcome)]
    if (change := _issues_change(book, issues)) is not None:
        changes.append(change)
    return changes


def _page_changes(book: Book, outcome: Outcome) -> Iterable[tuple[str, dict[tuple[int, int], Any]]]:
    """Cells of pages without a table that say something else now; a new date alone is no reason to write."""
    for label, cells in outcome.pages.items():
        grid = book.door.grid(label)
        differing = {at: value for at, value in cells.items() if not _page_says(grid, at, value)}
        if any(not isinstance(value, date) for value in differing.values()):
            yield label, differing


def _page_says(grid: Any, at: tuple[int, int], value: Any) -> bool:
    row, column = at
    cells = grid[row - 1] if row <= len(grid) else ()
    standing = cells[column - 1] if column <= len(cells) else None
    return same(None if is_blank(standing) else standing, value)


def _settings_change(book: Book, settings: Mapping[str, Any]) -> SheetChange | None:
    parsed = book.parsed[SETTINGS.label]
    original = parsed
    for code, value in settings.items():
        parsed = with_rows(parsed, set_setting(parsed, code, value))
    return plan_change(original, parsed.table.rows) if settings else None


def _issues_change(book: Book, issues: Sequence[Issue]) -> SheetChange | None:
    """数据问题 after this run: what other runs found stays, what this run looks at is said anew."""
    parsed = book.door.read(ISSUES)
    if parsed.rearranged:
        return None
    kept = [row for row in parsed.table if not _is_ours(book, row)]
    shown = {(row.get("place"), row.get("problem")) for row in kept}
    fresh = [issue_row(i) for i in issues]
    rows = kept + [row for row in fresh if (row["place"], row["problem"]) not in shown]
    return plan_change(parsed, sorted(rows, key=_by_place), compact=True)


_PLACE = re.compile(r"(.*?)(?:!([A-Z]+)(\d+))?")


def _by_place(row: Row) -> tuple[bool, int, str, int, int, str, str, str]:
    """错误 first, then the order of the tabs and of the cells: whichever button found what."""
    found = _PLACE.fullmatch(row.get("place") or "")
    sheet, column, number = found.groups("") if found else ("", "", "")
    tab = schema.TAB_ORDER.index(sheet) if sheet in schema.TAB_ORDER else len(schema.TAB_ORDER)
    level = row.get("level") != schema.ERROR
    words = (column, str(row.get("rule")), str(row.get("problem")))
    return (level, tab, sheet, int(number or 0), len(column), *words)


def _is_ours(book: Book, row: Row) -> bool:
    """True for a row of 数据问题 that this run finds again if it still holds."""
    family = (row.get("rule") or "").partition(".")[0]
    place: str = row.get("place") or ""
    if "：" in place:  # about an imported file: replaced when a file of that name is imported again
        return bool(book.options.get("file_name")) and place.startswith(f"{book.options['file_name']}：")
    if family in SHEET_FAMILIES:
        return place.partition("!")[0] in book.parsed
    if family in SCORE_FAMILIES:
        return book.examined
    return book.frozen_read if family == "freeze" else family == book.action.id


def issue_row(issue: Issue) -> Row:
    """A problem as a row of 数据问题."""
    place = issue.place
    jump = Jump(place, issue.sheet, issue.cell) if issue.cell and not issue.file else place
    return Row(
        {
            "level": issue.level,
            "place": jump,
            "problem": issue.message,
            "mend": issue.mend or None,
            "rule": issue.rule,
        }
    )


def _log_change(book: Book, action: Action, message: str, at: datetime, seconds: float) -> SheetChange:
    parsed = book.door.read(LOG)
    row = Row(
        {
            "at": at.replace(microsecond=0),
            "action": action.label,
            "result": message,
            "seconds": Fraction(round(seconds * 100), 100),
        }
    )
    change = plan_change(parsed, [*parsed.table.rows, row])
    if change is None:  # cannot be: a new row always differs
        raise Refused("“日志”写不进去，请检查“日志”表的表头。")
    return change


# ---- a folder ------------------------------------------------------------------------------------------

WORKBOOK_ENDINGS = (".xlsm", ".xlsx")


def workbook_files(folder: Path) -> list[Path]:
    """Every spreadsheet below the folder, at any depth, in an order of their own; owner files are not workbooks."""
    return sorted(
        p
        for p in folder.rglob("*")
        if p.suffix.lower() in WORKBOOK_ENDINGS and not p.name.startswith(("~$", ".~", ".")) and p.is_file()
    )


Progress = Callable[[int, int], None]


def open_closed(path: Path) -> Door:
    """The closed door to a workbook (imported only here: a click pays for what it needs)."""
    from xlbangfu.workbook.closed import ClosedWorkbook

    return ClosedWorkbook(path)


def run_path(
    action: Action,
    path: Path,
    *,
    today: date,
    options: Mapping[str, Any] | None = None,
    plan: bool = False,
    progress: Progress | None = None,
) -> Report | FolderReport:
    """Run the action on one workbook, or on every class workbook below a folder."""
    if not path.is_dir():
        return run_closed(action, path, today=today, options=options, plan=plan)
    report = FolderReport(action.command)
    books = class_workbooks(path, report.skipped)
    for done, book in enumerate(books):
        if progress is not None:
            progress(done, len(books))
        in_folder = {**(options or {}), "in_folder": True}
        report.books.append(run_closed(action, book, today=today, options=in_folder, plan=plan))
    if progress is not None:
        progress(len(books), len(books))
    _note_absent_pupils(report, (options or {}).get("pupils") or ())
    return report


def _note_absent_pupils(report: FolderReport, wanted: Sequence[str]) -> None:
    """A pupil asked for by 学号 whom no workbook of the folder has on its list is said, not passed over."""
    found = {row.get("学号") for one in report.books for row in one.rows}
    for pupil in sorted(set(wanted) - found):
        message = f"没有一个工作簿的名单里有学号 {pupil}"
        report.issues.append(Issue(schema.ERROR, schema.CASELOAD.label, "confirm.unknown", message, "请核对学号。"))


def run_closed(
    action: Action,
    path: Path,
    *,
    today: date,
    options: Mapping[str, Any] | None = None,
    plan: bool = False,
) -> Report:
    """Run the action on one closed workbook; a file that cannot be opened is a refusal, not a crash."""
    try:
        door = open_closed(path)
    except WorkbookError as refusal:
        return Report(action.command, str(path), ok=False, message=_sentence(refusal))
    return run_action(action, door, today=today, options=options, plan=plan)


def class_workbooks(folder: Path, skipped: list[str] | None = None) -> list[Path]:
    """The class workbooks below a folder; other spreadsheets go to `skipped`, but for those that buttons made.

    A file that cannot be read is kept in: the run on it says why.
    """
    from xlbangfu.documents.places import is_our_output, is_restricted
    from xlbangfu.workbook.closed import looks_like_class_workbook

    found = []
    for path in workbook_files(folder):
        if is_restricted(path) or is_our_output(path):
            continue
        if looks_like_class_workbook(path) is False:
            if skipped is not None:
                skipped.append(str(path))
        else:
            found.append(path)
    return found
