"""Which exam a row of a score file is about: told by the file or by the user, never guessed. Source: spec §3.1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from xlbangfu.imports import words
from xlbangfu.imports.filerows import FileRow, TableFile
from xlbangfu.programme.letters import visible_text
from xlbangfu.workbook.errors import WorkbookError

_EXAM_ENDING = re.compile(r"(?:考试|测试|测验|成绩|考)\Z")


def exam_text(value: Any) -> str:
    """The name of an exam in a cell or option, as it is kept."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return visible_text(value)


class ExamUnknown(WorkbookError):
    """The file does not say which exam it is about; a button asks."""

    needs = "exam"


Exams = dict[int, tuple[str, ...]]  # place of a row in `TableFile.rows` → the exams that it has results of


def exams_of(file: TableFile, given: str | None) -> Exams:
    """The exams of each data row, by its place in `file.rows`; rows of other exams are left out.

    A row says it in its cell 考试, by the names of the sheets (one exam each), or has several side by side (期中 | 期末
    over the subjects). given: the name that the user gave. A file that names one exam takes the given name; of a file
    that names several, only what is of the given one; a row that names none there has none, (). What a title says is
    of another point of the term is left out. Raises WorkbookError where the exam is not told, never guesses.
    """
    sheets = _exam_sheets(file)
    told = {n: _told(row, sheets) for n, row in enumerate(file.rows)}
    named = sorted({*sheets.values(), *(name for names in told.values() for name in names)})
    wanted = exam_text(given)
    if not wanted:
        if named and all(told.values()):
            return told
        what = "有几行没有写考试" if named else "没有“考试”列"
        raise ExamUnknown(
            f"“{file.name}”{what}，请给出考试名称（命令里加 --exam 期中考试，或在文件里加一列“考试”）再导入。"
        )
    if len(named) > 1:
        meant = [name for name in named if name == wanted] or [n for n in named if exam_key(n) == exam_key(wanted)]
        if len(meant) != 1:
            raise WorkbookError(f"“{file.name}”里有{'、'.join(named)}，没有“{wanted}”；请给出其中一个（--exam）。")
        return {
            n: (wanted,) if names else ()
            for n, names in told.items()
            if (meant[0] in names if names else not _is_other(file.rows[n], names, wanted))
        }
    found: Exams = {n: (wanted,) for n, row in enumerate(file.rows) if not _is_other(row, told[n], wanted)}
    if file.rows and not found:
        shown = named[0] if named else file.rows[0].titled.phase
        raise WorkbookError(f"“{file.name}”里写的是“{shown}”，不是“{wanted}”；请核对选的文件和考试名称。")
    return found


def _is_other(row: FileRow, told: tuple[str, ...], wanted: str) -> bool:
    """True if the row's own words or its title are certainly about another exam: 期末 where 期中 is wanted."""
    return words.other_exam(told[0], wanted) if told else words.other_exam(row.titled.phase, wanted)


def exam_key(name: str) -> str:
    """An exam's name for comparing: 期末, 期末考试 and 期末成绩 are one."""
    return _EXAM_ENDING.sub("", words.header_key(name)) or words.header_key(name)


def _told(row: FileRow, sheets: Mapping[str, str]) -> tuple[str, ...]:
    if row.exams:
        return row.exams
    if name := exam_text(row.raw("exam")):
        return (name,)
    if row.header.exams:
        return row.header.exams
    return (sheets[row.sheet],) if row.sheet in sheets else ()


def _exam_sheets(file: TableFile) -> dict[str, str]:
    """Sheet → exam, where a file has several sheets and each is named after an exam of its own."""
    sheets = list(dict.fromkeys([*(c.sheet for c in file.columns), *(row.sheet for row in file.rows)]))
    one_each = len(sheets) > 1 and len({exam_key(name) for name in sheets}) == len(sheets)
    return {name: exam_text(name) for name in sheets} if one_each and all(map(words.is_exam_label, sheets)) else {}
