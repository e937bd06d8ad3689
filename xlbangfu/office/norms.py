"""Norms of every grade, exam and subject from score files or class workbooks, as 常模.xlsx and into the workbooks.

Source: spec §4.1, §6 (norms), §9.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from xlbangfu.actions.book import Refused
from xlbangfu.actions.imports import norms_into_folder
from xlbangfu.actions.report import preview
from xlbangfu.actions.runner import FolderReport, Report, json_row
from xlbangfu.imports.accounting import NOTHING_READ, Accounting
from xlbangfu.imports.exams import exam_text
from xlbangfu.imports.memory import Memory
from xlbangfu.imports.norms import NormsFile
from xlbangfu.imports.tables import Opening
from xlbangfu.issues import Issue, sort_key
from xlbangfu.office.norms_pool import norms_rows
from xlbangfu.office.norms_sources import (
    Gathered,
    gather_file,
    gather_workbook,
    is_class_source,
    missing_sources,
    workbooks_of,
)
from xlbangfu.schema import ERROR, NORMS, REMINDER
from xlbangfu.table import Row
from xlbangfu.workbook.errors import WorkbookError

DEFAULT_SHARE = Fraction(1, 5)
DEFAULT_NAME = "常模.xlsx"
Progress = Callable[[int, int], None]


@dataclass
class NormsReport(Report):
    """rows: rows of 常模 under their labels. accounting: rows of the score files. into: what the workbooks took."""

    accounting: Accounting = NOTHING_READ
    into: FolderReport | None = None


def norms(
    sources: Sequence[Path],
    out_file: Path | None = None,
    *,
    baseline: str | None = None,
    grade: str | None = None,
    exam: str | None = None,
    into: Path | None = None,
    share: Fraction | None = None,
    columns: Mapping[str, str] | None = None,
    passwords: Sequence[str] = (),
    today: date,
    plan: bool = False,
    progress: Progress | None = None,
) -> NormsReport:
    """Norms from score files (every valid row) and class workbooks (those who were there on the exam's date).

    baseline: exam that r is taken against; None = the 基线考试 of the grade's workbooks. grade, exam: for score
    files without that column. share: None = that of the grade's workbooks, else 1/5. out_file: where 常模.xlsx is
    written. into: folder of class workbooks that get the rows of their grade; rows that differ are replaced and
    said. columns: header text → what that column is. passwords: of score files, any may fit any.
    A refusal is a report with ok = False; nothing is then written.
    """
    started = time.perf_counter()
    report = NormsReport("norms", str(out_file or ""))
    try:
        memory = Memory(_folder(out_file, into), columns)
        gathered = Gathered(opening=Opening(memory.choices, tuple(passwords)))
        _gather([Path(s) for s in sources], gathered, grade, exam, today, progress or (lambda done, total: None))
        report.columns = preview(gathered.columns)
        try:
            rows = _rows(gathered, baseline, share)
        finally:  # the reasons why there is nothing are needed most of all
            report.issues = [*gathered.issues, *gathered.pool.issues]
        report.accounting = gathered.accounting
        _publish(rows, report, out_file, into, today, plan)
        if not plan:
            memory.remember(gathered.columns, report.written, report.issues)
        _summarise(rows, gathered, report, plan)
    except (Refused, WorkbookError) as refusal:
        report.refuse_for(refusal)
    report.issues = sorted(dict.fromkeys(report.issues), key=sort_key)
    report.seconds = time.perf_counter() - started
    return report


def _folder(out_file: Path | None, into: Path | None) -> Path | None:
    """Where what was said of columns is kept: beside the norms, else in the folder of the class workbooks, else nowhere."""
    return out_file.parent if out_file is not None else into


def _gather(
    sources: Sequence[Path], gathered: Gathered, grade: str | None, exam: str | None, today: date, progress: Progress
) -> None:
    missing_sources(sources)
    files = [s for s in sources if not is_class_source(s)]
    books = workbooks_of([s for s in sources if is_class_source(s)], gathered)
    for done, path in enumerate([*files, *books]):
        progress(done, len(files) + len(books))
        if done < len(files):
            gather_file(path, gathered, grade=grade, exam=exam)
        else:
            gather_workbook(path, gathered, today)
    progress(len(files) + len(books), len(files) + len(books))


# ---- figures in force ----------------------------------------------------------------------------------


def _rows(gathered: Gathered, baseline: str | None, share: Fraction | None) -> list[Row]:
    if share is not None and not 0 < share < 1:
        raise Refused("识别比例应在 0 到 100% 之间，例如 20%。")
    grades = sorted(gathered.pool.grades)
    shares = {g: share or _agreed(gathered, gathered.shares, g, "识别比例", DEFAULT_SHARE) for g in grades}
    named = exam_text(baseline)
    baselines = {g: named or _agreed(gathered, gathered.baselines, g, "基线考试", "") for g in grades}
    rows = norms_rows(gathered.pool, shares.__getitem__, baselines.__getitem__)
    if not rows:
        raise Refused("来源里没有一个有效成绩，没有生成常模；请核对文件、年级和考试名称。")
    if named and all(row["exam"] != named for row in rows):
        message = f"来源里没有基线考试“{named}”的成绩，“与基线相关”留空"
        gathered.issues.append(Issue(REMINDER, NORMS.label, "norms.no_baseline", message, "请核对基线考试的名称。"))
    return rows


def _agreed(gathered: Gathered, found: Mapping[str, Counter[Any]], grade: str, what: str, default: Any) -> Any:
    """The figure that the workbooks of a grade set; where they differ the most frequent one, and that is said."""
    counted = found.get(grade)
    if not counted:
        return default
    chosen = min(counted, key=lambda v: (-counted[v], str(v)))
    if len(counted) > 1:
        label = gathered.pool.grade_label(grade)
        message = f"{label}各班的{what}不一致，按多数取“{chosen}”"
        gathered.issues.append(Issue(REMINDER, NORMS.label, "norms.disagree", message, "请统一各班“设置”里的写法。"))
    return chosen


# ---- what is written -----------------------------------------------------------------------------------


def _publish(
    rows: Sequence[Row], report: NormsReport, out_file: Path | None, into: Path | None, today: date, plan: bool
) -> None:
    name = out_file.name if out_file is not None else DEFAULT_NAME
    if into is not None and not into.is_dir():
        raise Refused(f"找不到文件夹“{into}”，没有写入；请核对 --into。")
    report.rows = [json_row(NORMS, row) for row in rows]
    if out_file is not None:
        if plan:
            report.planned.append(f"写入 {out_file.name}：{len(rows)} 行")
        else:
            write_norms_file(out_file, rows)
            report.written.append(str(out_file))
    if into is not None:
        file = NormsFile(name, NORMS.label, tuple(rows), (), Accounting(read=len(rows)))
        report.into = norms_into_folder(into, file, today=today, plan=plan, replace_differing=True)
        _take_over(report, report.into)


def _take_over(report: NormsReport, folder: FolderReport) -> None:
    """What happened to the workbooks, as part of the report on the norms."""
    report.issues += folder.issues
    for book in folder.books:
        file = Path(book.book).name
        report.written += book.written
        report.planned += [f"{file}：{line}" for line in book.planned]
        if not book.ok:
            issue = Issue(
                ERROR, NORMS.label, "norms.refused", f"常模没有写入：{book.message}", "处理好以后再算一次。", file=file
            )
            report.issues.append(issue)
        report.issues += [i for i in book.issues if i.file]


def _summarise(rows: Sequence[Row], gathered: Gathered, report: NormsReport, plan: bool) -> None:
    grades = len({row["grade"] for row in rows})
    exams = len({row["exam"] for row in rows})
    words = [f"{grades} 个年级、{exams} 次考试，共 {len(rows)} 行"]
    if report.into is not None:
        words.append(f"写入 {sum(b.ok and bool(b.written) for b in report.into.books)} 个班级工作簿")
    if gathered.files:
        words.append(gathered.accounting.sentence().replace("导入", "计入"))
    report.message = f"{'常模计划' if plan else '常模完成'}：{'；'.join(words)}"
    a = gathered.accounting
    report.counts = {"行数": len(rows), "成绩文件": gathered.files, "班级工作簿": gathered.workbooks}
    if gathered.files:
        report.counts |= {
            "读取行": a.read,
            "计入行": a.taken,
            "列出行": a.listed,
            "跳过行": a.skipped,
            "其他工作表行": a.unread,
        }


def write_norms_file(path: Path, rows: Sequence[Row]) -> None:
    """常模 as a workbook of one table, the former file kept as .bak. Raises WorkbookError."""
    from xlbangfu.workbook.tablefile import write_table_file

    write_table_file(path, norms_bytes(rows))


def norms_bytes(rows: Sequence[Row]) -> bytes:
    """The workbook as .xlsx bytes; the same rows give the same bytes."""
    from xlbangfu.workbook.tablefile import table_bytes

    return table_bytes(NORMS, rows, "年级常模", frozen=len(NORMS.key))
