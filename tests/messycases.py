"""Messy files for one class, with what a teacher answers at the window and what the command is told instead.

From tests/imports/corpus where a file there fits, else made here. The class is 三年级1班 of `make_messy_class`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from classbooks import fill, make_class
from imports.corpusfiles import CORPUS, PASSWORD
from imports.messyfiles import Broken, MessyFile, MessySheet, Padded, write_xlsx
from imports.tablefiles import text_file, workbook
from xlbangfu import schema

LONG_ID = "320102201501011234"  # as a number cell keeps it, its last digits are gone
PUPILS = {
    "0260301": "示例甲",
    "0260302": "测试乙",
    "0260303": "样本丙",
    "0260304": "示例丁",
    "0260305": "测试同",
    "0260306": "测试同",
    LONG_ID: "样本长",
}
HEAD = ["学号", "姓名", "语文", "数学"]
ODD = [["childid", "called", "yuwen", "rank"], ["0260301", "示例甲", 80, 3], ["0260302", "测试乙", 70, 5]]
YES, NO = "Yes", "No"  # buttons of a box, in a LibreOffice without a language pack
WRONG = "abc-2027"
Make = Callable[[Path], Path]


def make_messy_class(folder: Path) -> Path:
    """三年级1班 with seven pupils, two of one name, and one mark that a file may contradict."""
    path = make_class(folder, n=0)
    roster = [{"pupil_id": p, "name": n, "status": "在读"} for p, n in PUPILS.items()]
    score = {"exam": "期末", "pupil_id": "0260301", "name": "示例甲", "语文": 80}
    fill(path, {schema.ROSTER: roster, schema.SCORES: [score]})
    return path


@dataclass(frozen=True)
class Case:
    """One file. answers: buttons of the boxes that come, in order. passwords: lines typed into the window for it.

    words: what the command is told beside book and file. ask_columns: the click lists them, which no command does.
    taken: rows of 名册 or 成绩 that the file adds. rules: of the lines that 数据问题 has about it.
    """

    make: Make
    words: tuple[str, ...] = ()
    action: str = "import_scores"
    answers: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()
    ask_columns: bool = False
    taken: int = 0
    rules: tuple[str, ...] = ()
    kept: bool = False  # refused: nothing is written


def from_corpus(name: str) -> Make:
    return lambda folder: Path(shutil.copy(CORPUS / name, folder / name))


def made(name: str, rows: Sequence[Sequence[Any]]) -> Make:
    return lambda folder: workbook(folder / name, rows)


def as_saved(name: str, rows: list[list[Any]]) -> Make:
    """With number formats, error cells and dates, as a spreadsheet program saves them."""
    sheet = MessySheet("成绩", rows, ["pupil"] * len(rows))
    file = MessyFile((sheet,), {}, (), (), None, (), ())
    return lambda folder: write_xlsx(file, folder / name)


def _roster_csv(folder: Path) -> Path:
    rows = [
        ["某小学学生名册", "", "", ""],
        ["班级", "学　号", "姓名", "性别"],
        ["三(1)班", "0260308", "样本己", "男生"],
        ["302", "0260401", "示例庚", "女"],
        ["三年级一班", "0260301", "示 例 甲", "女"],
        ["", "", "", ""],
        ["合计", "3", "", ""],
    ]
    return text_file(folder / "名册.csv", rows, "gbk")


_FIRST_EXAM = {"words": ("--exam", "入学"), "answers": (YES,)}
_ALL_THREE = {"taken": 3, **_FIRST_EXAM}
_MIDTERM = {
    "words": ("--exam", "期中"),
    "answers": (NO, YES),
}  # the title says so, and the first exam is asked for first

CASES: dict[str, Case] = {
    # ---- kinds of files
    "SpreadsheetML 2003": Case(
        from_corpus("仿制-SpreadsheetML2003.xls"),
        taken=2,
        rules=("import.cell_error", "import.cell_error", "import.unknown_score"),
        **_MIDTERM,
    ),
    "xls of LibreOffice": Case(from_corpus("LibreOffice存的.xls"), taken=3, rules=("import.cell_error",), **_MIDTERM),
    "GBK text": Case(from_corpus("仿制-GBK.csv"), **_ALL_THREE),
    "Strict OOXML": Case(from_corpus("仿制-Strict.xlsx"), taken=2, **_FIRST_EXAM),
    "xlsx under a password": Case(
        from_corpus("加密-密码是123456.xlsx"), passwords=(WRONG, PASSWORD), **_ALL_THREE
    ),
    # ---- rosters
    "roster of a school in GBK": Case(_roster_csv, action="import_roster", taken=1),
    "roster with 学号 that lost digits": Case(
        made(
            "名册.xlsx",
            [["学号", "姓名", "性别"], [float(LONG_ID), "样本长", "男"], [260303, "样本丙", "男"], ["", "测试同", "女"]],
        ),
        action="import_roster",
        rules=("import.ambiguous", "import.id_digits"),
    ),
    # ---- layouts of scores
    "turned": Case(
        made("a.xlsx", [["三年级1班成绩"], ["姓名", "示例甲", "测试乙", "样本丙"], ["语文", 80, "缺", 90], ["总分", 80, 0, 90]]),
        rules=("import.turned",),
        **_ALL_THREE,
    ),
    "side by side": Case(
        made("a.xlsx", [[*HEAD, None, *HEAD], ["0260301", "示例甲", 80, "优", None, "0260302", "测试乙", "85分", "见附表"]]),
        taken=2,
        rules=("import.unknown_score",),
        **_FIRST_EXAM,
    ),
    "one subject a row": Case(
        made(
            "a.xlsx",
            [
                ["学号", "姓名", "学科", "成绩"],
                ["0260301", "示例甲", "语文", 80],
                ["0260301", "示例甲", "数学", "病假"],
                ["0260302", "", "语文", "36，剔除"],
            ],
        ),
        taken=2,
        **_FIRST_EXAM,
    ),
    "several exams": Case(
        made(
            "a.xlsx",
            [["学号", "入学", None, "期中", None], [None, "语文", "数学", "语文", "数学"], ["0260301", 1, 2, 3, 4]],
        ),
        taken=2,
    ),
    "blocks of classes": Case(
        made(
            "a.xlsx",
            [
                ["三年级1班期中成绩"], ["姓名", "语文", "数学"], ["示例甲", 81, 82], ["平均分", 81, 82],
                ["三（2）班"], ["姓名", "语文", "数学"], ["示例甲", 1, 2],
            ],
        ),
        taken=1,
        words=("--exam", "期中"),
        answers=(NO, YES),
    ),
    # ---- contents of cells
    "zeros held by a number format, error cells, dates": Case(
        as_saved(
            "a.xlsx",
            [
                HEAD,
                [Padded(260301, 7), "示例甲", Broken(), date(2024, 3, 2)],
                [Padded(260302, 7), "测试乙", 850, "是"],
                [Padded(260303, 7), "样本丙", 0, 0],
            ],
        ),
        taken=2,
        rules=("import.cell_error", "import.unknown_score", "import.zero_row"),
        **_FIRST_EXAM,
    ),
    "digits lost, namesakes, strangers": Case(
        made(
            "a.xlsx",
            [HEAD, [float(LONG_ID), "样本长", 70, 71], ["", "测试同", 70, 71], ["0260399", "示例无", 1, 2], ["", "示例丁", 5, 6]],
        ),
        taken=1,
        **_FIRST_EXAM,
    ),
    # ---- what differs
    "another mark, to be replaced": Case(
        made("期末.xlsx", [["考试", *HEAD], ["期末", "0260301", "示例甲", 95, 60]]),
        answers=(YES,),
        words=("--replace",),
        rules=("import.differs",),
    ),
    # ---- headers that nobody knows
    "unknown header, listed": Case(made("a.xlsx", ODD), answers=(YES,), ask_columns=True),
    "unknown header, left alone": Case(made("a.xlsx", ODD), answers=(NO,), kept=True),
    # ---- refusals
    "page named .xls": Case(from_corpus("仿制-网页.xls"), kept=True),
    "xls cut off": Case(from_corpus("LibreOffice存的截断.xls"), action="import_roster", kept=True),
}  # fmt: skip
