"""合并班级工作簿: a folder of class workbooks → one school workbook and a Parquet folder beside it.

Gather, combine, write: the files are read in worker processes, the counting is pure, and nothing is written
before everything is known. Source: spec §6, §9.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from xlbangfu.actions.book import Refused
from xlbangfu.actions.runner import Report, json_row, json_value
from xlbangfu.issues import sort_key
from xlbangfu.office.combine import Gathered, School, combine
from xlbangfu.office.merge_columns import SCHOOL_COLUMNS, SOURCES
from xlbangfu.office.merge_figures import SCHOOL
from xlbangfu.office.merge_files import Candidate, Unread, apart_from_copies, find_files
from xlbangfu.office.merge_pool import map_items
from xlbangfu.office.merge_sources import file_issues
from xlbangfu.office.parts import Parts, read_parts
from xlbangfu.policy import PolicyError, load_policy, policy_folders
from xlbangfu.programme.numbers import percent
from xlbangfu.programme.rules import Policy
from xlbangfu.schema import CONVERSION_STATS
from xlbangfu.table import Row
from xlbangfu.workbook.errors import WorkbookError

Progress = Callable[[int, int], None]


@dataclass
class MergeReport(Report):
    """What a merge did: `counts`, `stats` of every level, `rows` of 来源. school: the tables behind them."""

    school: School | None = None


def merge(
    folder: Path,
    out: Path,
    *,
    jobs: int | None = None,
    term: str | None = None,
    today: date,
    plan: bool = False,
    progress: Progress | None = None,
) -> MergeReport:
    """Merge every class workbook below `folder` into the school workbook `out`.

    jobs: worker processes, None = one per processor, 1 = none. term: 学期 to merge, None = the most frequent.
    plan: count and report, write nothing. progress: called with (files done, files). A refusal is a report with
    ok = False; nothing is then written. Source: spec §6, §9.
    """
    started = time.perf_counter()
    folder, out = Path(folder), Path(out)
    report = MergeReport("merge", str(folder))
    try:
        _check_targets(folder, out)
        gathered, policies, bad = _gather(folder, out, jobs, progress)
        _refuse_nothing(gathered, folder, report)
        school = combine(gathered, policies, bad_policies=bad, term=term)
        _fill(report, school)
        _refuse_no_class(school, term)
        _write(school, out, today, report, plan)
    except (Refused, WorkbookError) as refusal:
        report.ok, report.message = False, getattr(refusal, "message", None) or str(refusal)
    report.seconds = time.perf_counter() - started
    return report


# ---- before --------------------------------------------------------------------------------------------


def _check_targets(folder: Path, out: Path) -> None:
    """Raise Refused for a folder that is none, or an output that must not be overwritten."""
    from xlbangfu.workbook import locks
    from xlbangfu.workbook.closed import looks_like_class_workbook

    if not folder.is_dir():
        raise Refused(f"找不到文件夹“{folder}”，请核对路径。")
    if out.suffix.lower() != ".xlsx":
        raise Refused(f"汇总要写成 .xlsx 文件，“{out.name}”不是；请改输出文件的名称。")
    if out.is_dir():
        raise Refused(f"“{out.name}”是一个文件夹，请换一个输出文件名。")
    if out.exists():
        if looks_like_class_workbook(out):
            raise Refused(f"“{out.name}”是班级工作簿，不会覆盖；请换一个输出文件名。")
        locks.refuse_if_open(out)


# ---- reading -------------------------------------------------------------------------------------------


def _gather(
    folder: Path, out: Path, jobs: int | None, progress: Progress | None
) -> tuple[Gathered, dict[str, Policy], dict[str, str]]:
    candidates, left_out = find_files(folder, out)
    unique, copies = apart_from_copies(candidates)
    results = map_items(read_parts, unique, crashed=_crashed, jobs=jobs, progress=progress)
    read = [r for r in results if isinstance(r, Parts)]
    refused = {r.file: r for r in results if isinstance(r, Unread)}
    left_out += refused.values()
    left_out += [replace(refused[same], file=file) for file, same in copies.items() if same in refused]
    copies = {file: same for file, same in copies.items() if same not in refused}
    unread = sorted(left_out, key=lambda u: (u.file, u.reason))
    policies, bad = _load_policies(unique, read)
    return Gathered(read, unread, copies), policies, bad


def _crashed(candidate: Candidate) -> Parts | Unread:
    """What is said of a file whose worker process died over it."""
    mend = "文件可能已损坏，请用 Excel 打开后另存一份，或改用备份（.bak），再合并一次。"
    return Unread(candidate.file, "读取时程序崩溃", mend, candidate.sha256, candidate.size)


def _load_policies(candidates: Sequence[Candidate], read: Sequence[Parts]) -> tuple[dict[str, Policy], dict[str, str]]:
    """(file → its 制度, file → why there is none); each 制度 is loaded once per folder."""
    places = {c.file: c.path.parent for c in candidates}
    known: dict[tuple[str, Path], Policy | str] = {}
    policies: dict[str, Policy] = {}
    bad: dict[str, str] = {}
    for parts in read:
        key = (str(parts.settings["policy"]), places[parts.file])
        if key not in known:
            known[key] = _load_policy(*key)
        found = known[key]
        if isinstance(found, str):
            bad[parts.file] = found
        else:
            policies[parts.file] = found
    return policies, bad


def _load_policy(name: str, place: Path) -> Policy | str:
    """As the class itself finds it, or why there is none."""
    try:
        return load_policy(name, policy_folders(place))
    except PolicyError as problem:
        return str(problem)


# ---- after ---------------------------------------------------------------------------------------------


def _refuse_nothing(gathered: Gathered, folder: Path, report: MergeReport) -> None:
    if gathered.read:
        return
    report.issues = sorted(file_issues(gathered), key=sort_key)
    if gathered.unread:
        raise Refused(f"“{folder}”里没有一个能合并的班级工作簿，没有写出汇总；原因见各文件的问题。")
    raise Refused(f"“{folder}”里没有班级工作簿，请核对文件夹。")


def _refuse_no_class(school: School, term: str | None) -> None:
    if not school.classes:
        asked = f"学期 {term} 的" if term else "能用的"
        raise Refused(f"文件夹里没有{asked}班级工作簿，没有写出汇总；原因见各文件的问题。")


def _fill(report: MergeReport, school: School) -> None:
    report.school, report.counts, report.issues = school, school.counts, school.issues
    report.stats = [stats_json(row) for row in school.stats]
    columns = SCHOOL_COLUMNS[SOURCES]
    report.rows = [{c.label: json_value(row.get(c.code)) for c in columns} for row in school.tables[SOURCES]]
    report.message = _message(school)


def stats_json(row: Row) -> dict[str, object]:
    """One row of stats under its Chinese labels: 层级, 年级, 班级, then the columns of 转化统计. Source: spec §9."""
    where = {"层级": row["level"], "年级": row["grade"], "班级": row["class_name"]}
    return where | json_row(CONVERSION_STATS, row)


def _message(school: School) -> str:
    counts = school.counts
    words = [f"合并完成：{school.term} {counts['班级']} 个班，学生 {counts['学生']} 人，名单 {counts['名单']} 人次"]
    for row in school.stats:
        if row["level"] == SCHOOL and row["rate"] is not None:
            expected = f"，预期自然转化率 {percent(row['expected'])}" if row["expected"] is not None else ""
            words.append(f"{row['phase']}转化率 {row['converted']}/{row['base']}（{percent(row['rate'])}{expected}）")
    words += [f"{label} {counts[label]} 个文件" for label in ("未采用", "相同", "读不了") if counts[label]]
    return "；".join(words)


def _write(school: School, out: Path, today: date, report: MergeReport, plan: bool) -> None:
    """The Parquet folder first, the workbook last: a workbook never tells of detail that is not there yet."""
    from xlbangfu.office.merge_detail import detail_folder, write_detail
    from xlbangfu.office.report import workbook_bytes, write_workbook

    if plan:
        report.planned = [f"写出 {out}", f"写出 {detail_folder(out)}"]
        return
    data = workbook_bytes(school, out, today)
    out.parent.mkdir(parents=True, exist_ok=True)
    written = write_detail(school, out)
    write_workbook(out, data)
    report.written = [str(out), *(str(path) for path in written)]
