"""What a person at the command line sees: a progress bar, one line when done, the problems, or one JSON object."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from xlbangfu.issues import Issue
from xlbangfu.schema import ERROR

SHOWN_ISSUES = 20
WITHOUT_A_SHEET = ("distribute", "norms", "rollover")  # what these list stands in no workbook
BAR_AFTER_SECONDS = 1.0  # shorter work shows no bar

Tick = Callable[[int, int], None]


@contextmanager
def progress(label: str, *, quiet: bool = False) -> Iterator[Tick]:
    """A bar on stderr for work of over a second, when a person is looking. Yields tick(done, total)."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    started = time.monotonic()
    shown: list[Any] = []

    def tick(done: int, total: int) -> None:
        if not shown and time.monotonic() - started < BAR_AFTER_SECONDS:
            return
        if not shown:
            from rich.console import Console
            from rich.progress import Progress

            bar = Progress(console=Console(stderr=True), transient=True)
            bar.start()
            shown[:] = [bar, bar.add_task(label, total=total)]
        shown[0].update(shown[1], completed=done, total=total)

    try:
        yield tick
    finally:
        if shown:
            shown[0].stop()


def show(report: Any, *, as_json: bool, plan: bool = False) -> int:
    """Print a report for a person or as JSON; returns its exit code."""
    if as_json:
        print(json.dumps(report.as_json(), ensure_ascii=False, default=str))
        return int(report.exit_code)
    books = getattr(report, "books", None)
    if books is None:
        _show_one(report, plan)
    else:
        _show_folder(report, plan)
    return int(report.exit_code)


def _show_folder(report: Any, plan: bool) -> None:
    if report.accounting is not None:
        print(f"整个文件：{report.accounting.sentence()}")
    _show_columns(report.columns)
    for one in report.books:
        print(f"【{_short(one.book)}】", end="")
        _show_one(one, plan)
    if report.skipped:
        print(f"跳过 {len(report.skipped)} 个不是班级工作簿的文件：{'、'.join(_short(p) for p in report.skipped[:5])}")
    if not report.books:
        print("这个文件夹里没有班级工作簿，请核对文件夹。", file=sys.stderr)
    _show_issues(report.issues, everything=True)  # no sheet lists what no workbook took


def _show_columns(columns: Sequence[Mapping[str, str]]) -> None:
    """What each column of an imported file was taken for."""
    if not columns:
        return
    print("各列认作（认错了用 --map 列=是什么 指定）：")
    for column in columns:
        said = f"，改为 {column['改为']}" if column["改为"] else ""
        sample = f"（{column['样例']}）" if column["样例"] else ""
        print(f"  {column['工作表']}!{column['列']} “{column['表头']}”{sample} → {column['认作']}{said}")


def _short(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _show_one(report: Any, plan: bool) -> None:
    stream = sys.stdout if report.ok else sys.stderr
    print(report.message, file=stream)
    _show_columns(report.columns)
    if plan:
        planned = getattr(report, "planned", [])
        print(f"（只列出，不写入）会改 {len(planned)} 处" if planned else "（只列出，不写入）没有要改的")
        for line in planned:
            print(f"  {line}")
    _show_issues(report.issues, everything=plan or report.action in WITHOUT_A_SHEET)


def _show_issues(issues: Sequence[Issue], *, everything: bool = False) -> None:
    """Errors first. Past the first screen the sheet 数据问题 has them, unless there is none."""
    shown = sorted(issues, key=lambda i: i.level != ERROR)
    for issue in shown if everything else shown[:SHOWN_ISSUES]:
        print(f"  {issue.level} {issue.place}：{issue.message}" + (f"　→ {issue.mend}" if issue.mend else ""))
    if len(issues) > SHOWN_ISSUES and not everything:
        print(f"  ……共 {len(issues)} 条，其余见“数据问题”表。")


def say(action: str, message: str, *, as_json: bool, code: int = 0, **more: Any) -> int:
    """One sentence, or the JSON object that says it; returns the exit code."""
    if as_json:
        print(
            json.dumps({"action": action, "ok": code < 2, "message": message, **more}, ensure_ascii=False, default=str)
        )
    else:
        print(message, file=sys.stdout if code == 0 else sys.stderr)
    return code
