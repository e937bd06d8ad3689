"""Reading a 常模 file, and what its rows change in one workbook's 常模.

A row of 常模 is one piece: its figures belong together, so a row that differs is kept or replaced as a whole.
Source: spec §3 (常模, imports), §4.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlbangfu.imports.accounting import NOTHING_READ, Accounting
from xlbangfu.imports.classes import grade_key
from xlbangfu.imports.reading import SheetGrid, read_table_file
from xlbangfu.imports.roster import Merged, shown
from xlbangfu.imports.words import same_subject
from xlbangfu.issues import Issue
from xlbangfu.programme.norms import read_distribution
from xlbangfu.schema import ERROR, NORMS, REMINDER
from xlbangfu.table import Row
from xlbangfu.workbook.cells import encode, is_blank, same
from xlbangfu.workbook.errors import WorkbookUnreadable
from xlbangfu.workbook.parsing import address, parse

_LAST_DIGITS = 1e-12
_KEY = ("grade", "exam", "subject")


@dataclass(frozen=True)
class NormsFile:
    """Rows of 常模 as the office publishes them. rows: with their place in `sheet` where they come from a file."""

    name: str
    sheet: str
    rows: tuple[Row, ...]
    issues: tuple[Issue, ...] = ()
    accounting: Accounting = NOTHING_READ

    def issue(self, level: str, rule: str, message: str, mend: str, row: Row) -> Issue:
        """A problem of one of the rows."""
        at = address(row.at, 1) if row.at is not None else ""
        return Issue(level, self.sheet, rule, message, mend, row.at, "", at, self.name)


def read_norms_file(path: Path, grids: Sequence[SheetGrid] | None = None) -> NormsFile:
    """The rows of the first sheet that has the header of 常模; grids: the file's sheets, if it was read. Raises WorkbookUnreadable."""
    for grid in grids if grids is not None else read_table_file(path):
        parsed = parse(NORMS, grid.rows)
        if set(_KEY) | {"distribution"} <= parsed.header.keys():
            rows = tuple(parsed.table.rows)
            issues = tuple(_of_file(i, parsed.locate(i).cell, path.name, grid.name) for i in parsed.issues)
            above = parsed.header_row
            blanks = len(grid.rows) - above - len(rows)
            accounting = Accounting(read=len(grid.rows), headings=above, blanks=blanks)
            return NormsFile(path.name, grid.name, rows, issues, accounting)
    labels = "、".join(f"“{c.label}”" for c in NORMS.columns if c.key or c.code == "distribution")
    raise WorkbookUnreadable(f"“{path.name}”不是常模文件：找不到表头{labels}；请选择教务处下发的常模文件。", path=path)


def _of_file(issue: Issue, cell: str, file: str, sheet: str) -> Issue:
    rule = issue.rule.replace("cell.", "import.").replace("table.", "import.")
    return Issue(issue.level, sheet, rule, issue.message, issue.mend, issue.row, issue.column, cell, file)


class NormsMerge:
    """Takes the rows of a 常模 file into one workbook.

    existing: rows of its 常模. grade: its 设置.年级, under which the rows are kept. levels: subject of 任课 → levels
    high to low; a row is kept under that name of its subject. overwrite: rows that differ are replaced.
    """

    def __init__(
        self,
        existing: Sequence[Row],
        grade: str,
        levels: Mapping[str, Sequence[str]],
        *,
        overwrite: bool = False,
    ) -> None:
        self.grade, self.levels, self.overwrite = grade, levels, overwrite
        self.known = {tuple(row.get(k) for k in _KEY): row for row in existing}
        self.new: dict[tuple[Any, ...], Row] = {}
        self.result = Merged()

    def take(self, file: NormsFile) -> Merged:
        """Rows of this grade; the others are elsewhere."""
        twice = _repeated(file.rows)
        for row in file.rows:
            if reason := self._refusal(row, twice):
                self.result.list_row(
                    file.issue(ERROR, "import.norms", f"{reason}，这一行没有导入", "请向教务处重新索取常模。", row)
                )
            elif grade_key(row["grade"]) != grade_key(self.grade):
                self.result.elsewhere += 1
            else:
                self.result.taken += 1
                self._take_row(file, row)
        self.result.rows = [*self.known.values(), *self.new.values()]
        return self.result

    def _refusal(self, row: Row, twice: frozenset[tuple[Any, ...]]) -> str:
        key = tuple(row.get(k) for k in _KEY)
        if not all(key):
            return "缺少年级、考试或学科"
        if _compared(row) in twice:
            return f"“{key[1]}”{key[2]}有两行不同的常模"
        try:
            read_distribution(row.get("distribution") or "", self.levels.get(self._subject(str(key[2])), ()))
        except ValueError:
            return f"“{key[1]}”{key[2]}的“分布”读不出来"
        return ""

    def _subject(self, name: str) -> str:
        """The subject under the name that 任课 has for it."""
        alike = [own for own in self.levels if same_subject(own, name)]
        return alike[0] if len(alike) == 1 and name not in self.levels else name

    def _take_row(self, file: NormsFile, row: Row) -> None:
        own = {"grade": self.grade, "subject": self._subject(row["subject"])}
        values = Row({c.code: row.get(c.code) for c in NORMS.columns} | own)
        key = tuple(values[k] for k in _KEY)
        before = self.known.get(key)
        if before is None:
            if key not in self.new:
                self.new[key] = values
                self.result.added += 1
            return
        blank = [c for c in values if is_blank(encode(before.get(c))) and not is_blank(encode(values[c]))]
        unlike = [c for c in values if c not in blank and not _alike(before.get(c), values[c])]
        if unlike:
            self.result.differing += 1
            self.result.issues.append(self._difference(file, row, before, values, unlike))
        if unlike and not self.overwrite:
            return
        self.result.filled += bool(blank)
        changed = values if unlike else {c: values[c] for c in blank}
        self.known[key] = before.changed(**changed)

    def _difference(self, file: NormsFile, row: Row, before: Row, values: Row, unlike: Sequence[str]) -> Issue:
        parts = [
            f"{NORMS.column(c).label} {_short(before.get(c))} → {_short(values[c])}"
            for c in unlike
            if c != "distribution"
        ] or ["分布"]
        done = "已替换" if self.overwrite else "没有改动"
        message = f"“{values['exam']}”{values['subject']}的常模与表里的不同（{'、'.join(parts)}），{done}"
        mend = "" if self.overwrite else "要用文件里的，导入时请选择替换。"
        return file.issue(REMINDER, "import.differs", message, mend, row)


def _alike(one: Any, other: Any) -> bool:
    """True if two figures are one, whichever program wrote the last digit of them."""
    one, other = encode(one), encode(other)
    if isinstance(one, float) or isinstance(other, float):
        numbers = isinstance(one, (int, float)) and isinstance(other, (int, float))
        return numbers and math.isclose(one, other, rel_tol=_LAST_DIGITS)
    return same(one, other)


def _short(value: Any) -> str:
    return "空白" if is_blank(encode(value)) else shown(value)


def _compared(row: Row) -> tuple[Any, ...]:
    return (grade_key(row.get("grade")), row.get("exam"), row.get("subject"))


def _repeated(rows: Iterable[Row]) -> frozenset[tuple[Any, ...]]:
    """Keys under which rows with different distributions stand."""
    seen: dict[tuple[Any, ...], set[Any]] = {}
    for row in rows:
        seen.setdefault(_compared(row), set()).add(row.get("distribution"))
    return frozenset(key for key, texts in seen.items() if len(texts) > 1)
