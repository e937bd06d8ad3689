"""A problem in the data: where it is, what is wrong, and how to mend it.

Problems are rows, never exceptions: a bad cell is listed with the rest, and the work goes on without it.
Source: spec §3 (数据问题), §9 (issues).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from xlbangfu.schema import ERROR, REMINDER


@dataclass(frozen=True)
class Issue:
    """One row of 数据问题.

    level: 错误 or 提醒. sheet: label of the sheet. rule: dotted id of the check (family first).
    row: 1-based sheet row, None for the sheet as a whole. column: header label, "" for the whole row.
    cell: A1 address once the door has resolved row and column. file: name of the imported file, if it is there.
    """

    level: str
    sheet: str
    rule: str
    message: str
    mend: str = ""
    row: int | None = None
    column: str = ""
    cell: str = ""
    file: str = ""

    @property
    def family(self) -> str:
        """The part of the rule id before the first dot."""
        return self.rule.partition(".")[0]

    @property
    def place(self) -> str:
        """Where it is, as a teacher reads it: 「名册!B5」, or with the file's name in front."""
        where = f"{self.sheet}!{self.cell}" if self.cell else self.sheet
        return f"{self.file}：{where}" if self.file else where

    def at(self, cell: str) -> Issue:
        """The same problem with its cell address resolved."""
        return replace(self, cell=cell)


LONGEST_MESSAGE = 400  # characters; what a message quotes may be a cell of 32,767


def short(message: str) -> str:
    """The message, its end left out where it is too long for a cell and for a reader."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE // 2]}……（太长，没有全列）"


def error(sheet: str, rule: str, message: str, mend: str = "", *, row: int | None = None, column: str = "") -> Issue:
    """A problem because of which something is not counted."""
    return Issue(ERROR, sheet, rule, message, mend, row, column)


def reminder(sheet: str, rule: str, message: str, mend: str = "", *, row: int | None = None, column: str = "") -> Issue:
    """Something a person should know; everything is counted."""
    return Issue(REMINDER, sheet, rule, message, mend, row, column)


def sort_key(issue: Issue) -> tuple[str, str, int, str, str, str]:
    """Order that does not depend on how the problems were found."""
    return (issue.file, issue.sheet, issue.row or 0, issue.column, issue.rule, issue.message)
