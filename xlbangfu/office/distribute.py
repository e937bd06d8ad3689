"""One class workbook for every class of a whole-school roster; an existing workbook only gains new pupils.

Source: spec §6 (distribute), §9.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from xlbangfu import schema
from xlbangfu.actions.book import Refused
from xlbangfu.actions.report import preview
from xlbangfu.actions.runner import Report
from xlbangfu.imports.accounting import NOTHING_READ, Accounting
from xlbangfu.imports.filerows import ROSTER_FILE, TEACHING_FILE, TableFile
from xlbangfu.imports.identify import Roll
from xlbangfu.imports.memory import Memory
from xlbangfu.imports.roster import Merged, RosterMerge, shown
from xlbangfu.imports.tables import Opening, read_table
from xlbangfu.issues import Issue, sort_key
from xlbangfu.office.distribute_plan import ClassKey, ClassPlan, SchoolPlan, assign_teaching, sort_roster
from xlbangfu.office.newbook import (
    SCRATCH,
    UNFINISHED,
    class_key,
    copy_template,
    move_new,
    settings_change,
    settings_of_classes,
)  # fmt: skip
from xlbangfu.policy import PolicyError, load_policy, policy_folders
from xlbangfu.programme.identity import Directory, resolve_roster
from xlbangfu.programme.numbers import clean_text
from xlbangfu.schema import ERROR, LOG, REMINDER, ROSTER, SCORES, SETTINGS, TEACHING
from xlbangfu.table import Row
from xlbangfu.workbook.cells import encode, is_blank, read_date, same
from xlbangfu.workbook.changes import SheetChange, plan_change
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.parsing import Parsed, parse_settings

CREATED, EXTENDED, UNCHANGED, FAILED = "新建", "新增学生", "没有改动", "没有写入"
Progress = Callable[[int, int], None]


@dataclass
class DistributeReport(Report):
    """What was handed out. rows: one per class (年级, 班级, 人数, 新增, 结果, 文件). accounting: of the roster."""

    accounting: Accounting = NOTHING_READ


def distribute(
    roster_file: Path,
    out_dir: Path,
    *,
    teaching: Path | None = None,
    policy: str = "S7",
    term: str | None = None,
    previous: str | None = None,
    baseline: str | None = None,
    midterm: str | None = None,
    final: str | None = None,
    start: date | None = None,
    end: date | None = None,
    grade: str | None = None,
    columns: Mapping[str, str] | None = None,
    passwords: Sequence[str] = (),
    today: date,
    now: Callable[[], datetime] = datetime.now,
    plan: bool = False,
    progress: Progress | None = None,
) -> DistributeReport:
    """Class workbooks for a whole-school roster, one file <年级><班级>.xlsm per class in `out_dir`.

    baseline, midterm, final: NAME or NAME@DATE of the exams. grade: for rows without 年级. columns: header text →
    what that column is. passwords: of the files, any may fit any. plan: nothing is written. A file or option that cannot be used is a report with ok = False; nothing is then written.
    """
    started = time.perf_counter()
    report = DistributeReport("distribute", str(out_dir))
    try:
        exams = {"baseline": baseline, "midterm": midterm, "final": final}
        settings = _settings(policy, term, previous, exams, start, end, Path(out_dir))
        memory = Memory(Path(out_dir), columns)
        opening = Opening(memory.choices, tuple(passwords))
        roster = read_table(Path(roster_file), ROSTER_FILE, opening)
        report.columns = preview(roster.columns)
        school = _school(roster, teaching, grade, opening)
        report.accounting, report.issues = school.accounting, school.issues
        if not school.classes:
            raise Refused(f"“{Path(roster_file).name}”里没有一行能分到班级，没有生成工作簿；原因逐行列出。")
        office = _Office(Path(out_dir), settings, now, plan)
        office.hand_out(school, report, progress or (lambda done, total: None))
        if not plan:
            memory.remember(roster.columns, report.written, report.issues)
        _summarise(report, plan)
    except (Refused, WorkbookError, PolicyError) as refusal:
        report.refuse_for(refusal)
    report.issues = sorted(dict.fromkeys(report.issues), key=sort_key)
    report.seconds = time.perf_counter() - started
    return report


def _school(roster: TableFile, teaching: Path | None, grade: str | None, opening: Opening) -> SchoolPlan:
    school = sort_roster(roster, grade)
    if teaching is not None:
        school.issues += assign_teaching(school, read_table(Path(teaching), TEACHING_FILE, opening), grade)
    return school


def _settings(
    policy: str,
    term: str | None,
    previous: str | None,
    exams: Mapping[str, str | None],
    start: date | None,
    end: date | None,
    folder: Path,
) -> dict[str, Any]:
    """What goes into 设置 of every class, blanks left out. Raises Refused, PolicyError."""
    load_policy(policy, policy_folders(folder))
    found: dict[str, Any] = {"policy": policy, "term": clean_text(term), "previous_exam": clean_text(previous)}
    for point, text in exams.items():
        name, day = _exam(text)
        found |= {f"{point}_exam": name, f"{point}_date": day}
    if start is not None and end is not None and end < start:
        raise Refused(f"学期结束 {end} 早于学期开始 {start}，请核对日期。")
    found |= {"term_start": start, "term_end": end}
    return {code: value for code, value in found.items() if not is_blank(value)}


def _exam(text: str | None) -> tuple[str, date | None]:
    """NAME or NAME@DATE; a name may itself hold an @ that no date follows."""
    name, at, day = clean_text(text).rpartition("@")
    if not at:
        return clean_text(text), None
    found = read_date(day)
    if found is None or not name.strip():
        raise Refused(f"考试“{text}”看不懂；请写成 名称 或 名称@日期，例如 期中@2026-11-05。")
    return name.strip(), found


def _summarise(report: DistributeReport, plan: bool) -> None:
    results = [row["结果"] for row in report.rows]
    made, failed = results.count(CREATED), results.count(FAILED)
    added = sum(row["新增"] for row in report.rows if row["结果"] == EXTENDED)
    words = [f"新建 {made} 个班级工作簿"]
    words += [f"已有 {len(results) - made - failed} 个，新增学生 {added} 人"] if len(results) > made + failed else []
    words += [f"{failed} 个没有写入"] if failed else []
    head = "分发计划" if plan else "分发完成"
    report.message = f"{head}：{'，'.join(words)}；{report.accounting.sentence().replace('导入', '分到班级')}"
    counts = report.accounting.counts()
    counts["分到班级行"] = counts.pop("导入行")
    del counts["其他班级行"]
    report.counts = {"新建": made, "已有": len(results) - made - failed, "没有写入": failed, **counts}
    if failed == len(results):
        report.ok = False


# ---- the folder ----------------------------------------------------------------------------------------


class _Office:
    """Writes the classes of a plan into one folder."""

    def __init__(self, out_dir: Path, settings: Mapping[str, Any], now: Callable[[], datetime], plan: bool) -> None:
        self.out_dir, self.settings, self.now, self.plan = out_dir, settings, now, plan

    def hand_out(self, school: SchoolPlan, report: DistributeReport, progress: Progress) -> None:
        """Every class, in order; a class whose workbook cannot be written does not stop the others."""
        if self.out_dir.exists() and not self.out_dir.is_dir():
            raise Refused(f"“{self.out_dir}”是一个文件，不是文件夹；请用 -o 另给一个文件夹。")
        existing = _existing(self.out_dir) if self.out_dir.is_dir() else {}
        with self._scratch() as scratch:
            for done, one in enumerate(school.classes):
                progress(done, len(school.classes))
                report.rows.append(self._class(one, existing, scratch, report))
        progress(len(school.classes), len(school.classes))

    def _scratch(self) -> Any:
        if self.plan:
            return tempfile.TemporaryDirectory(prefix=SCRATCH)
        self.out_dir.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self.out_dir)

    def _class(
        self, one: ClassPlan, existing: Mapping[ClassKey, Path], scratch: str, report: DistributeReport
    ) -> dict[str, Any]:
        path = existing.get(one.key, self.out_dir / one.file_name)
        row = {"年级": one.grade, "班级": one.name, "人数": len(one.rows), "新增": 0, "结果": FAILED, "文件": str(path)}
        try:
            if one.key in existing:
                row["新增"] = self._extend(one, path, report)
                row["结果"] = EXTENDED if row["新增"] else UNCHANGED
            else:
                row["新增"] = self._create(one, path, Path(scratch), report)
                row["结果"] = CREATED
        except (Refused, WorkbookError, OSError) as problem:
            self._failed(one, path, problem, report)
        return row

    def _failed(self, one: ClassPlan, path: Path, problem: Exception, report: DistributeReport) -> None:
        """The class's pupils are listed: they are in no workbook."""
        reason = "文件夹写不进去" if isinstance(problem, OSError) else str(problem)
        report.issues.append(
            Issue(
                ERROR,
                SETTINGS.label,
                "distribute.failed",
                f"没有写入：{reason}",
                "处理好以后再分发一次。",
                file=path.name,
            )
        )
        for row in one.rows:
            message = f"“{path.name}”没有写入，这一行没有分到班级"
            report.issues.append(row.error("distribute.failed", message, "处理好以后再分发一次。", "pupil_id"))
        _not_taken(report, len(one.rows))

    # -- a new workbook ------------------------------------------------------------------------------

    def _create(self, one: ClassPlan, path: Path, scratch: Path, report: DistributeReport) -> int:
        if path.exists():
            raise Refused(f"“{path.name}”已经存在，但不是{one.grade}{one.name}的工作簿；请移走它或换一个文件夹")
        merged = RosterMerge((), Roll(Directory())).take(one.rows)
        report.issues += merged.issues
        _not_taken(report, merged.listed)
        if self.plan:
            report.planned.append(f"新建 {path.name}（{merged.added} 人）")
            return merged.added
        made = copy_template(scratch / UNFINISHED)
        door = ClosedWorkbook(made)
        if one.teaching:
            fixed = [c.label for c in SCORES.columns]
            door.package().set_table_columns(SCORES.table, [*fixed, *(t["subject"] for t in one.teaching)])
        door.write(self._first_changes(one, door, merged))
        move_new(made, path)
        report.written.append(str(path))
        return merged.added

    def _first_changes(self, one: ClassPlan, door: ClosedWorkbook, merged: Merged) -> list[SheetChange]:
        found = [settings_change(door.read(SETTINGS), self._values(one)), plan_change(door.read(ROSTER), merged.rows)]
        if one.teaching:
            found.append(plan_change(door.read(TEACHING), one.teaching, compact=True))
        found.append(self._log(door, f"新建 {one.grade}{one.name}，{merged.added} 人"))
        return [change for change in found if change is not None]

    def _values(self, one: ClassPlan) -> dict[str, Any]:
        values = {"grade": one.grade, "class_name": one.name, **self.settings}
        return values | ({"homeroom_teacher": one.homeroom} if one.homeroom else {})

    def _log(self, door: ClosedWorkbook, result: str) -> SheetChange | None:
        parsed = door.read(LOG)
        at = self.now().replace(microsecond=0)
        row = Row({"at": at, "action": "分发", "result": result, "seconds": Fraction(0)})
        return plan_change(parsed, [*parsed.table.rows, row])

    # -- an existing one -----------------------------------------------------------------------------

    def _extend(self, one: ClassPlan, path: Path, report: DistributeReport) -> int:
        """Add pupils whose 学号 is new; every other difference is listed and left as it is."""
        door = ClosedWorkbook(path)
        settings = parse_settings(door.read(SETTINGS))[0]
        if self.settings.get("term") and settings["term"] and settings["term"] != self.settings["term"]:
            raise Refused(f"它是“{settings['term']}”的工作簿，这次是“{self.settings['term']}”；请换一个文件夹")
        parsed = door.read(ROSTER)
        known, directory, _ = resolve_roster(parsed.table)
        merged = RosterMerge(known, Roll(directory), fill=False).take(one.rows)
        report.issues += merged.issues
        _not_taken(report, merged.listed)
        report.issues += _differences(door, path.name, one, self._values(one), settings)
        report.issues += _gone(parsed, path.name, known, one)
        if not merged.added:
            return 0
        if parsed.rearranged:
            raise Refused(f"{parsed.rearranged}；请先恢复表头")
        change = plan_change(parsed, merged.rows)
        if self.plan:
            report.planned += [f"{path.name}：{line}" for line in (change.describe() if change else ())]
        else:
            log = self._log(door, f"名册新增 {merged.added} 人")
            door.write([c for c in (change, log) if c is not None])
            report.written.append(str(path))
        return merged.added


def _not_taken(report: DistributeReport, n: int) -> None:
    """Rows that were sorted to a class but could not be taken there are listed rows."""
    a = report.accounting
    report.accounting = replace(a, taken=a.taken - n, listed=a.listed + n)


def _existing(folder: Path) -> dict[ClassKey, Path]:
    """Class workbooks in the folder by their 年级 and 班级; of two of one class the first by name."""
    found: dict[ClassKey, Path] = {}
    shallowest_first = sorted(settings_of_classes(folder), key=lambda found: (len(found[0].parts), found[0]))
    for path, settings in shallowest_first:
        grade, name = settings.get("grade"), settings.get("class_name")
        if grade and name:
            found.setdefault(class_key(grade, name), path)
    return found


def _differences(
    door: ClosedWorkbook, file: str, one: ClassPlan, values: Mapping[str, Any], settings: Mapping[str, Any]
) -> Iterator[Issue]:
    """Where 设置 and 任课 of an existing workbook say something else than this run."""
    parsed = door.read(SETTINGS)
    at = {clean_text(row.get("item")): row.at for row in parsed.table}
    for code, value in values.items():
        if same(settings.get(code), value) or (code in ("grade", "class_name") and settings.get(code)):
            continue
        label = schema.setting(code).label
        yield _difference(parsed, file, f"“{label}”", settings.get(code), value, at.get(label), "值")
    teaching = door.read(TEACHING)
    held = {row.get("subject"): row for row in teaching.table}
    for given in one.teaching:
        subject = given["subject"]
        if subject not in held:
            yield _difference(teaching, file, f"学科“{subject}”", None, given.get("teacher") or subject, None, "学科")
            continue
        for code in ("teacher", "full_points", "scoring", "levels"):
            if not is_blank(encode(given.get(code))) and not same(held[subject].get(code), given[code]):
                label = TEACHING.column(code).label
                old = held[subject].get(code)
                yield _difference(teaching, file, f"{subject}“{label}”", old, given[code], held[subject].at, label)


def _difference(parsed: Parsed, file: str, what: str, old: Any, new: Any, row: int | None, column: str) -> Issue:
    was = "空白" if is_blank(encode(old)) else f"“{shown(old)}”"
    message = f"{what}：工作簿里是{was}，这次是“{shown(new)}”，没有改动"
    found = Issue(REMINDER, parsed.sheet.label, "distribute.differs", message, "需要时请在工作簿里改。", row, column)
    return replace(parsed.locate(found), file=file)


def _gone(parsed: Parsed, file: str, known: Sequence[Row], one: ClassPlan) -> Iterator[Issue]:
    """Pupils of the workbook whom the roster does not name."""
    from xlbangfu.imports.identify import who_is

    named = {who_is(row).pupil_id for row in one.rows}
    for row in known:
        if row["pupil_id"] not in named:
            message = f"{row.get('name') or ''}（学号 {row['pupil_id']}）不在这次的总名册里，没有改动"
            found = Issue(
                REMINDER, ROSTER.label, "distribute.not_listed", message, "已离校请把状态改为转出。", row.at, "学号"
            )
            yield replace(parsed.locate(found), file=file)
