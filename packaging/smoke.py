"""Tries the built program as a school would: python packaging/smoke.py [dist/xlbangfu]. Exit 1 on any failure.

It runs in a bare environment, in a folder with blanks and Chinese in its name. Commands that touch nothing but their
own folder run a second time by this Python's package, in another folder: rows and files have to be the same.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import contents  # beside this file
from openpyxl import Workbook

WINDOWS = sys.platform == "win32"
SUFFIX = ".exe" if WINDOWS else ""
PUPILS = 12  # in each of the two classes
SUBJECTS = ("语文", "数学", "英语")
TIMED_STARTS = 10
TODAY = ("--today", "2026-11-20")
UNEQUAL = ("sha256", "最后日志")  # differ between any two runs: a log holds the time


@dataclass(frozen=True)
class Step:
    """One command: its words, and what has to be there afterwards.

    json: it prints one JSON object. same: run by the package too, which must say the same; not for what depends on
    the account. leaves: pattern of the files it must have left. copy: a file that must be the same, byte by byte.
    """

    name: str
    words: tuple[str, ...]
    json: bool = True
    same: bool = True
    leaves: str = ""
    copy: str = ""


STEPS = (
    Step("--version", ("--version",), json=False),
    Step("policy list", ("policy", "list")),
    Step("policy lint", ("policy", "lint", "S7")),
    Step("template build", ("template", "build", "模板.xlsm"), copy="模板.xlsm"),
    Step("template verify", ("template", "verify", "模板.xlsm")),
    Step(
        "distribute",
        (
            "distribute", "全校 名册.xlsx", "-o", "班级", "--term", "2026秋", "--baseline", "基线@2026-09-10",
            "--midterm", "期中@2026-11-10", "--start", "2026-09-01", "--end", "2027-01-20", *TODAY,
        ),
        leaves="班级/*2班.xlsm",
    ),
    Step("import-scores xlsx", ("import-scores", "班级", "基线.xlsx", "--exam", "基线", *TODAY)),
    Step("screen", ("screen", "班级", *TODAY)),
    Step("confirm --all", ("confirm", "班级", "--all", *TODAY)),
    Step("freeze", ("freeze", "班级", *TODAY)),
    Step("import-scores csv", ("import-scores", "班级", "期中.csv", "--exam", "期中", *TODAY)),
    Step("convert", ("convert", "班级", *TODAY)),
    Step("pair", ("pair", "班级", *TODAY)),
    Step("group", ("group", "班级", *TODAY)),
    Step("profile", ("profile", "班级", *TODAY)),
    Step("plan", ("plan", "班级", *TODAY)),
    Step("audit", ("audit", "班级", *TODAY)),
    Step(
        "documents", ("documents", "班级", "--kind", "书面总结", "--no-pdf", *TODAY),
        leaves="班级/*_输出/书面总结/*.docx",
    ),
    Step("summarise", ("summarise", "班级", *TODAY)),
    Step("merge", ("merge", "班级", "-o", "学校汇总.xlsx", "--jobs", "2", *TODAY), leaves="学校汇总_明细/*.parquet"),
    Step("install", ("install",), same=False),
    Step("doctor", ("doctor",), same=False),
    Step("uninstall", ("uninstall",), same=False),
)  # fmt: skip

REFUSED = 3
REFUSALS = (  # what a click of RunFrozenPython says without an Excel; a template into the program's own folder
    ("click", "screen", "--wb=班级.xlsm", "--from_xl=1", "--app=Excel", "--hwnd=1"),
    ("template", "build"),
)


def write_inputs(folder: Path) -> None:
    """A roster of two classes and two exams, one as a workbook and one as a text file."""
    pupils = [(f"{c}班", f"2026{c:02}{n:02}", f"学生{c}{n:02}") for c in (1, 2) for n in range(1, PUPILS + 1)]
    _write_book(folder / "全校 名册.xlsx", ("年级", "班级", "学号", "姓名"), [("七年级", *pupil) for pupil in pupils])
    for exam, step in (("基线", 7), ("期中", 11)):
        rows = [
            (number, name, *(30 + (i * step + s * 13) % 71 for s in range(len(SUBJECTS))))
            for i, (_, number, name) in enumerate(pupils)
        ]
        header = ("学号", "姓名", *SUBJECTS)
        _write_book(folder / f"{exam}.xlsx", header, rows)
        with (folder / f"{exam}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([header, *rows])


def _write_book(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    book = Workbook()
    sheet = book.active
    for row in (header, *rows):
        sheet.append(row)
    book.save(path)


# ---- running -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """What one command gave back."""

    code: int
    out: str
    err: str
    seconds: float


@dataclass(frozen=True)
class Program:
    """A command to start, the folder it works in, and the environment it gets."""

    command: tuple[str, ...]
    folder: Path
    environment: dict[str, str]

    def run(self, words: Sequence[str]) -> Done:
        started = time.perf_counter()
        done = subprocess.run(
            [*self.command, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        return Done(done.returncode, done.stdout, done.stderr, time.perf_counter() - started)

    def start_time(self) -> float:
        """Shortest of several starts, in seconds."""
        return min(self.run(("--version",)).seconds for _ in range(TIMED_STARTS))


def bare_environment(home: Path) -> dict[str, str]:
    """As little as a program can live with: no PYTHONPATH, no locale, a home that is empty."""
    home.mkdir(parents=True, exist_ok=True)
    if not WINDOWS:
        return {"HOME": str(home), "PATH": os.defpath}
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "COMSPEC", "TEMP", "TMP") if name in os.environ}
    path = os.path.join(os.environ["SYSTEMROOT"], "System32")
    return {**kept, "PATH": path, "USERPROFILE": str(home), "LOCALAPPDATA": str(home), "APPDATA": str(home)}


# ---- judging -------------------------------------------------------------------------------------------


def complaints(step: Step, frozen: Program, done: Done, plain: Program, expected: Done | None) -> Iterator[str]:
    """What is wrong with the built program's answer; nothing if it is right. expected: the package's answer."""
    if done.code != 0:
        yield f"退出码 {done.code}：{(done.err or done.out).strip()[-400:]}"
        return
    if step.leaves and not list(frozen.folder.glob(step.leaves)):
        yield f"没有写出 {step.leaves}"
    if step.copy and (frozen.folder / step.copy).read_bytes() != (plain.folder / step.copy).read_bytes():
        yield f"{step.copy} 与未打包的程序写出的不同"
    if not step.json:
        if expected and done.out != expected.out:
            yield f"输出是 {done.out.strip()}，应当是 {expected.out.strip()}"
        return
    try:
        found = json.loads(done.out)
    except ValueError:
        yield f"标准输出不是一个 JSON 对象：{done.out[:200]}"
        return
    if found["ok"] is not True:
        yield f"没有成功：{done.out[:200]}"
    if expected and rows_of(found) != rows_of(json.loads(expected.out)):
        yield "结果与未打包的程序不同"


def rows_of(found: dict[str, Any]) -> list[Any]:
    """Rows, counts and problems of a report or of a folder's reports, without what no two runs share."""
    told = []
    for report in found.get("books", [found]):
        rows = [{k: v for k, v in row.items() if k not in UNEQUAL} for row in report.get("rows", [])]
        told.append([rows, report.get("counts"), report.get("stats"), report.get("issues")])
    return told


def check_modules(frozen: Program) -> Iterator[str]:
    """Modules that the build lacks."""
    apart = {"xlbangfu." + name.removesuffix(".py").replace("/", ".") for name in contents.STANDALONE}
    done = frozen.run(("--import-all", *sorted(set(contents.hidden_imports()) - apart)))
    if done.code != 0:
        yield (done.out + done.err).strip()


def check_refusals(frozen: Program) -> Iterator[str]:
    """Commands that should have ended in a sentence and did not."""
    for words in REFUSALS:
        done = frozen.run(words)
        if done.code != REFUSED or not done.err.strip() or "Traceback" in done.err:
            yield f"{' '.join(words[:2])}：退出码 {done.code}，应当是 {REFUSED}：{done.err.strip()[-400:]}"


def check_twin(twin: Path, frozen: Program) -> Iterator[str]:
    """Whether the program without a console window runs; it says nothing, having nowhere to say it."""
    done = Program((str(twin),), frozen.folder, frozen.environment).run(("policy", "list"))
    if done.code != 0:
        yield f"退出码 {done.code}"


def size_mb(folder: Path) -> float:
    """MB of the files in a folder, links not counted."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def tell(name: str, problems: list[str], *seconds: float) -> bool:
    """Print one line of the table; True if there were no problems."""
    times = "".join(f"{value:>9.2f}" for value in seconds)
    print(f"{'失败' if problems else '通过'}  {name:<20}{times}", *(f"\n      {p}" for p in problems), flush=True)
    return not problems


def main(arguments: Sequence[str]) -> int:
    """Run everything; 0 if all of it is right."""
    built = Path(arguments[0] if arguments else contents.ROOT / "dist" / "xlbangfu").resolve()
    with tempfile.TemporaryDirectory(prefix="打包 试用 ") as scratch:
        place = Path(scratch)
        folders = [place / "甲 学校", place / "乙 学校"]
        for folder in folders:
            folder.mkdir()
            write_inputs(folder)
        frozen = Program((str(built / f"xlbangfu{SUFFIX}"),), folders[0], bare_environment(place / "家 目录"))
        plain = Program((sys.executable, "-m", "xlbangfu.cli"), folders[1], dict(os.environ))
        print(f"结果  {'命令':<18}{'打包':>7}{'未打包':>6}（秒）")
        fine = True
        for step in STEPS:
            words = (*step.words, "--json") if step.json else step.words
            done, expected = frozen.run(words), plain.run(words) if step.same else None
            problems = list(complaints(step, frozen, done, plain, expected))
            fine &= tell(step.name, problems, done.seconds, *([expected.seconds] if expected else []))
        fine &= tell("所有模块", list(check_modules(frozen)))
        fine &= tell("应当拒绝的", list(check_refusals(frozen)))
        if WINDOWS:
            fine &= tell("xlbangfuw.exe", list(check_twin(built / "xlbangfuw.exe", frozen)))
        print(f"启动（--version，{TIMED_STARTS} 次中最快）：打包 {frozen.start_time():.3f} 秒，", end="")
        print(f"未打包 {plain.start_time():.3f} 秒；文件夹 {size_mb(built):.0f} MB")
    return 0 if fine else 1


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")  # a Windows runner's pipe is not
    sys.exit(main(sys.argv[1:]))
