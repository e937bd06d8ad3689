"""One class workbook as the merge needs it: path → parts. Nothing that must not leave the class is taken.

Runs in a worker process: it imports no more than reading needs, gives back plain picklable values, and turns
whatever a file does to it into a sentence. Source: spec §6, §7, §8.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from xlbangfu import schema
from xlbangfu.issues import Issue
from xlbangfu.office.merge_files import Candidate, Unread
from xlbangfu.programme.freezing import FrozenList, read_frozen_list
from xlbangfu.programme.identity import Directory, resolve, resolve_roster
from xlbangfu.schema import Sheet
from xlbangfu.table import Row, Table
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.parsing import Parsed, parse_settings

# What is read of each sheet; every other column stays where it is (spec §7). None: all columns.
READ_COLUMNS: dict[Sheet, tuple[str, ...] | None] = {
    schema.TEACHING: None,
    schema.ROSTER: ("pupil_id", "name", "gender", "status", "status_date", "care"),
    schema.SCORES: None,
    schema.NORMS: None,
    schema.CASELOAD: ("pupil_id", "name", "subject", "case_type", "confirmed", "standing", "reference", "frozen_on"),
    schema.CONVERSIONS: None,
    schema.CONVERSION_STATS: None,
    schema.PROCESS: ("date", "pupil_id", "name", "subject", "phase", "goal"),
    schema.SESSIONS: ("date", "pupil_id", "name", "subject", "form", "minutes", "by", "staff", "effect"),
    schema.WRITTEN: ("subject", "teacher", "document", "state", "handed_in_on"),
    schema.AUDIT: ("clause", "requirement", "result", "figures"),
}
Reader: TypeAlias = Callable[[Sheet], Parsed]

# Problems in these columns are told without what stands in the cell.
_UNTOLD = frozenset(("家长", "电话", "关爱类别", "家庭状况", "描述", "内容", "备注"))
_EARLIER_RESULT = frozenset(("来源", "总览"))
_CLASS_SHEETS = (schema.SETTINGS.label, schema.ROSTER.label, schema.CONVERSIONS.label)
_SOME_CLASS_SHEETS = 4  # so many of our sheets make a file a class workbook that lost one
_ADVICE = re.compile("[，；。]请")  # where a sentence turns from what is wrong to what to do
_ASK_AGAIN = "请用 Excel 打开后另存为 .xlsm 再合并；打不开时请用同一文件夹里的备份（.bak）。"


@dataclass
class Parts:
    """One class workbook as read.

    file: path below the merged folder. settings: 设置 by code name. tables: rows that count, by code of the
    sheet. headers: code of the sheet → column code → 1-based column, to name cells. frozen: the frozen list, read
    from the rows as they stand (taking a pupil off 名册 takes nobody out of it). last_log: latest time in 日志.
    """

    file: str
    sha256: str
    size: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    headers: dict[str, dict[str, int]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    frozen: FrozenList | None = None
    last_log: datetime | None = None

    def rows(self, sheet: Sheet) -> list[Row]:
        """The rows of a sheet that count; none if it was not read."""
        table = self.tables.get(sheet.code)
        return table.rows if table is not None else []

    def table(self, sheet: Sheet) -> Table:
        """The same as a table."""
        return self.tables.get(sheet.code) or Table([c.code for c in sheet.columns])

    def locate(self, issue: Issue) -> Issue:
        """A problem of this workbook with its file and A1 address."""
        sheet = schema.BY_LABEL.get(issue.sheet)
        header = self.headers.get(sheet.code) if sheet is not None else None
        if sheet is not None and header and not issue.cell:
            issue = Parsed(sheet, Table(()), header=header).locate(issue)
        return replace(issue, file=self.file)


def read_parts(candidate: Candidate) -> Parts | Unread:
    """Read one workbook. Whatever is wrong with the file comes back as `Unread`; raises nothing but an interrupt."""
    try:
        return _read(candidate)
    except WorkbookError as problem:
        told = _ADVICE.split(problem.message, maxsplit=1)
        return _unread(candidate, told[0].rstrip("。"), f"请{told[1]}" if len(told) > 1 else _ASK_AGAIN)
    except MemoryError:
        return _unread(candidate, "文件太大，内存不够", "请确认它是班级工作簿，删去多余的行和图片后再合并一次。")
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as problem:  # a reader's panic is no Exception; one file must not end the merge
        return _unread(candidate, f"读取时出错（{type(problem).__name__}）", _ASK_AGAIN)


def _unread(candidate: Candidate, reason: str, mend: str = "") -> Unread:
    return Unread(candidate.file, reason, mend, candidate.sha256, candidate.size, harmless=not mend)


def _read(candidate: Candidate) -> Parts | Unread:
    from xlbangfu.workbook.closed import ClosedWorkbook
    from xlbangfu.workbook.package import Package

    before = _stamp(candidate)
    names = [sheet.name for sheet in Package.open(candidate.path).sheets]  # its bounds hold before anything inflates
    if (refusal := _no_class_workbook(candidate, names)) is not None:
        return refusal
    door = ClosedWorkbook(candidate.path)
    taken = _take(candidate, door.read, set(names))
    if isinstance(taken, Parts) and (_stamp(candidate) != before or before[1] != candidate.size):
        return _unread(candidate, "合并期间文件被改写，没有读完整", "请保存并关闭这个工作簿后再合并一次。")
    return taken


def _stamp(candidate: Candidate) -> tuple[int, int]:
    found = candidate.path.stat()
    return found.st_mtime_ns, found.st_size


def _no_class_workbook(candidate: Candidate, names: Sequence[str]) -> Unread | None:
    """Why the workbook is not read, told by its sheets; None for a class workbook."""
    if set(names) >= _EARLIER_RESULT:
        return _unread(candidate, "以前的学校汇总，不作为来源")
    if schema.NORMS.label in names and not set(names) & set(_CLASS_SHEETS):
        return _unread(candidate, "教务处的常模文件，不作为来源")
    missing = [label for label in _CLASS_SHEETS if label not in names]
    if not missing:
        return None
    if len(set(names) & schema.BY_LABEL.keys()) >= _SOME_CLASS_SHEETS:
        shown = "、".join(f"“{label}”" for label in missing)
        return _unread(candidate, f"缺少工作表{shown}，不能合并", "请恢复工作表的名称，或从备份恢复后再合并一次。")
    return _unread(candidate, "不是班级工作簿", "如果它是班级工作簿，请核对工作表名称；不是的话请移出这个文件夹。")


def _take(candidate: Candidate, read: Reader, names: set[str]) -> Parts | Unread:
    """The parts, sheet by sheet. read: sheet → Parsed."""
    setup = read(schema.SETTINGS)
    settings, issues = parse_settings(setup)
    version = settings["schema_version"]
    if version > schema.SCHEMA_VERSION:
        reason = f"模板版本 {version} 比本程序（{schema.SCHEMA_VERSION}）新"
        return _unread(candidate, reason, "请先升级程序，再合并一次。")
    parts = Parts(candidate.file, candidate.sha256, candidate.size, settings)
    problems = [setup.locate(i) for i in (*setup.issues, *issues)]
    directory = Directory()
    for sheet, columns in READ_COLUMNS.items():
        parsed = read(sheet)
        if sheet is schema.ROSTER:
            rows, directory, unclear = resolve_roster(parsed.table)
        else:
            rows, unclear = resolve(sheet, parsed.table, directory)
        problems += [parsed.locate(i) for i in (*parsed.issues, *unclear)]
        parts.headers[sheet.code] = dict(parsed.header)
        parts.tables[sheet.code] = _narrowed(parsed.table.columns, rows, columns)
    as_typed = [list(read(sheet).original.values()) for sheet in (schema.CASELOAD, schema.CONVERSIONS)]
    parts.frozen = read_frozen_list(settings["freeze_check"], *as_typed)
    if parts.frozen is not None:
        problems += [read(schema.BY_LABEL[i.sheet]).locate(i) for i in parts.frozen.issues]
    parts.issues = [replace(_untold(i), file=candidate.file) for i in dict.fromkeys(problems)]
    parts.last_log = _last_log(read, names)
    return parts


def _last_log(read: Reader, names: set[str]) -> datetime | None:
    if schema.LOG.label not in names:
        return None
    return max((row["at"] for row in read(schema.LOG).table if row.get("at")), default=None)


def _narrowed(all_columns: Sequence[str], rows: Iterable[Row], columns: tuple[str, ...] | None) -> Table:
    if columns is None:
        return Table(all_columns, rows)
    return Table(columns, [Row({c: row.get(c) for c in columns}, row.at) for row in rows])


def _untold(issue: Issue) -> Issue:
    """The problem without the content of a cell that must not leave the class."""
    if issue.column not in _UNTOLD:
        return issue
    return replace(issue, message=f"“{issue.column}”填得不对", mend="请在班级工作簿里查看并改正。")
