"""`xlbangfu demo`: a made-up school runs the whole term, through the same actions that a school uses.

The folder it writes is replaced by the next run; any other folder is left alone. Source: spec §9.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlbangfu.demo.term import Term

__all__ = ["MARKER", "run_demo"]

MARKER = "示例数据说明.txt"
_MARKED = "xlbangfu demo 生成的示例文件夹"
_ABOUT = f"""{_MARKED}

这里的学校、教师、学生和成绩全部是虚构的，可以随意打开、修改，也可以整个删除。
再次运行 xlbangfu demo 时，这个文件夹会被整个替换；要保留请先改名或复制，并删去本文件。
"""
DONE, NOT_ALL_DONE, REFUSED = 0, 1, 3


class _Refused(Exception):
    """Nothing was written; the sentence says why and what to do."""


def run_demo(
    folder: Path,
    *,
    as_json: bool = False,
    today: date | None = None,
    jobs: int = 2,
    policy: str = "",
    grades: Sequence[str] = (),
) -> int:
    """Run the term into `folder` and tell what happened; the exit code of spec §9.

    today: the day of the merge (default: the last week of the made-up term). jobs: processes. policy: the 制度
    of every class, "" for the default one and one grade's own. grades: only these, () for the whole school.
    0 done; 1 a step was refused (the story says which); 3 the folder is not a demo folder, nothing written.
    """
    from xlbangfu import console
    from xlbangfu.demo.school import TERM_END
    from xlbangfu.workbook.errors import WorkbookError

    started = time.perf_counter()
    folder = Path(folder)
    try:
        _check_wish(policy, grades)
        _make_way(folder)
    except _Refused as refusal:
        return console.say("demo", str(refusal), as_json=as_json, code=REFUSED, issues=[])
    try:
        from xlbangfu.demo.term import run_term

        with console.progress("示例学期", quiet=as_json) as tick:
            day = today or TERM_END
            term = run_term(folder, today=day, jobs=jobs, tick=tick, policy=policy, grades=grades)
    except WorkbookError as refusal:  # a workbook was opened by somebody while the term ran
        return console.say("demo", str(refusal), as_json=as_json, code=NOT_ALL_DONE, issues=[])
    return _tell(term, time.perf_counter() - started, as_json)


def _check_wish(policy: str, grades: Sequence[str]) -> None:
    """Raises _Refused for a 制度 or a grade that is not there."""
    from xlbangfu.demo.school import make_school
    from xlbangfu.policy import PolicyError, load_policy

    try:
        if policy:
            load_policy(policy)
        make_school().only(grades)
    except PolicyError as problem:
        raise _Refused(str(problem)) from problem
    except KeyError as problem:
        known = "、".join(dict.fromkeys(made.grade for made in make_school().classes))
        raise _Refused(f"示例学校没有{problem.args[0]}；可以是：{known}。") from problem


def _make_way(folder: Path) -> None:
    """An empty folder with the marker in it. Raises _Refused for a folder that is not ours or is in use."""
    if folder.exists():
        _remove(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).write_text(_ABOUT, encoding="utf-8")
    except OSError as problem:
        raise _Refused(f"“{folder}”建不了，请换一个有写权限的文件夹。") from problem


def _remove(folder: Path) -> None:
    if not folder.is_dir():
        raise _Refused(f"“{folder}”是一个文件，不是文件夹；请换一个文件夹名称。")
    if not any(folder.iterdir()):
        return
    if folder.is_symlink() or not _is_demo_folder(folder):
        raise _Refused(
            f"“{folder}”里有别的文件，不是示例文件夹，没有写入；请换一个文件夹名称，例如 xlbangfu demo 示例。"
        )
    if opened := [p.name for p in folder.rglob("*") if p.name.startswith(("~$", ".~lock."))]:
        raise _Refused(f"“{folder}”里有工作簿正在打开（{opened[0]}），没有写入；请关闭后再运行。")
    try:
        shutil.rmtree(folder)
    except OSError as problem:
        name = os.path.basename(problem.filename or folder)
        raise _Refused(f"“{folder}”里的“{name}”删不掉，可能正在使用；请关闭后再运行。") from problem


def _is_demo_folder(folder: Path) -> bool:
    try:
        return (folder / MARKER).read_text(encoding="utf-8").startswith(_MARKED)
    except (OSError, UnicodeDecodeError):
        return False


def _tell(term: Term, seconds: float, as_json: bool) -> int:
    from xlbangfu.demo.story import figures, tell

    found = figures(term)
    refusals = term.refusals()
    if as_json:
        print(json.dumps(_as_json(term, found, refusals, seconds), ensure_ascii=False, default=str))
    else:
        print("\n".join(tell(term, found, seconds)))
        for sentence in refusals:
            print(f"没有完成：{sentence}", file=sys.stderr)
    return NOT_ALL_DONE if refusals else DONE


def _as_json(term: Term, found: Any, refusals: list[str], seconds: float) -> dict[str, Any]:
    """The one object of `--json`, shaped like that of every other command."""
    files = sorted(str(p) for p in term.folder.rglob("*") if p.suffix in (".xlsx", ".xlsm", ".parquet"))
    return {
        "action": "demo",
        "ok": True,
        "book": str(term.folder),
        "counts": found.counts,
        "rows": found.classes,
        "stats": term.merged.stats,
        "issues": [{"level": "错误", "sheet": "", "cell": "", "rule": "demo.step", "message": s} for s in refusals],
        "written": files,
        "seconds": round(seconds, 3),
    }
