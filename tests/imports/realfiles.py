"""What becomes of every file of real data when it is imported by the commands: the table in docs/imports.md.

`XLBANGFU_REAL_DATA=… python -m imports.realfiles` in tests/ prints it. None of the data is copied into the repository.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import real_data
from classbooks import make_class
from xlbangfu.cli import main

HEAD = "| file | by | read | taken | listed | other class | skipped | other sheets | listed because |"
RULES = {
    "import.no_result": "no result in a subject of the class",
    "import.duplicate": "the same pupil again",
    "import.ambiguous": "several pupils of one name, no 学号",
}
EGSINGLE = ("--map", "childid=学号", "--map", "year=考试", "--map", "math=数学", "--map", "grade=不导入")


@dataclass(frozen=True)
class Line:
    """One import. counts: the figures that the command gives, None where it refused the file with `why`."""

    file: str
    by: str
    counts: dict[str, int] | None
    why: str

    def __str__(self) -> str:
        if self.counts is None:
            return f"| {self.file} | `{self.by}` | refused | | | | | | {self.why} |"
        words = ("读取行", "导入行", "列出行", "其他班级行", "跳过行", "其他工作表行")
        figures = " | ".join(str(self.counts[word]) for word in words)
        return f"| {self.file} | `{self.by}` | {figures} | {self.why} |"

    @property
    def balanced(self) -> bool:
        """True if every row read is accounted for."""
        if self.counts is None:
            return True
        parts = ("导入行", "列出行", "其他班级行", "跳过行", "其他工作表行")
        return self.counts["读取行"] == sum(self.counts[part] for part in parts)


def _json(words: Sequence[object]) -> dict[str, Any]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main([*map(str, words), "--json"])
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def _line(name: str, command: str, place: Path, *more: str) -> Line:
    """Run an import and read its figures. place: a workbook or a folder of them."""
    file = real_data.FOLDER / name
    report = _json([command, place, file, *more])
    by = " ".join([command, *more])
    books = report.get("books", [report])
    if not any(book["ok"] for book in books):
        return Line(name, by, None, books[0]["message"].replace("|", "\\|"))
    counts = report["counts"]
    issues = [*report.get("issues", []), *(issue for book in report.get("books", []) for issue in book["issues"])]
    reasons = Counter(RULES[i["rule"]] for i in issues if i["rule"] in RULES and i.get("file"))
    return Line(name, by, counts, "; ".join(f"{reason}: {n}" for reason, n in sorted(reasons.items())))


def _distributed(name: str, out: Path, roster: Path, *more: str, teaching: Path | None = None) -> Line:
    words = ["distribute", roster, "-o", out, *more, *(["--teaching", teaching] if teaching else [])]
    report = _json(words)
    counts = report["counts"]
    counts |= {"导入行": counts["分到班级行"], "其他班级行": 0}
    return Line(name, " ".join(["distribute", *more]), counts, "")


def lines() -> Iterator[Line]:
    """Every file of the folder, in the order of its README."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        grade9 = real_data.grade9(out)
        yield _distributed(
            "grade9/学生信息.xlsx", out / "9", grade9.roster, "--grade", "初三", teaching=grade9.teaching
        )
        for exam in grade9.exams:
            yield _line(f"grade9/{exam}.xlsx", "import-scores", out / "9", "--exam", exam)
        for name in ("各科成绩表_模板.xlsx", "成绩条_V4.0.xlsx"):
            book = make_class(out / name, n=0)
            yield _line(name, "import-roster", book)
            yield _line(name, "import-scores", book, "--exam", "期末")
        yield _line("student-mat.csv", "import-scores", make_class(out / "mat", n=0), "--exam", "G1")
        egsingle = real_data.egsingle(out)
        _distributed("", out / "eg", egsingle.roster, teaching=egsingle.teaching)
        yield _line("egsingle_20_schools.csv", "import-scores", out / "eg", *EGSINGLE)


if __name__ == "__main__":
    print(HEAD, "|---" * 9 + "|", *lines(), sep="\n", file=sys.stdout)
