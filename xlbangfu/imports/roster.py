"""What a roster file changes in one 名册: blanks are filled, new pupils added, everything else is said.

Source: spec §3 (imports), §3.1 (identity).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xlbangfu.imports.classes import class_in_text
from xlbangfu.imports.filerows import FileRow
from xlbangfu.imports.identify import Crowd, Found, Roll, Who, classless, find_pupil, who_is, zeros_lost
from xlbangfu.issues import Issue
from xlbangfu.programme.identity import name_key
from xlbangfu.programme.numbers import clean_text
from xlbangfu.schema import ACTIVE, ERROR, REMINDER, ROSTER, Column
from xlbangfu.table import Row
from xlbangfu.workbook.cells import encode, is_blank, same, take

_STATUS_WORDS = {"在校": ACTIVE, "正常": ACTIVE, "在籍": ACTIVE, "在校生": ACTIVE, "正常在校": ACTIVE}
_GENDER_WORDS = {"男生": "男", "女生": "女", "男性": "男", "女性": "女"}
_WORDS = {"status": _STATUS_WORDS, "gender": _GENDER_WORDS}


@dataclass
class Merged:
    """A table after an import. rows: known ones with their place, new ones without; the counts are of rows or cells.

    replaced: whether differing values were. mine: rows of the file that are about pupils of this class.
    """

    rows: list[Row] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    taken: int = 0
    listed: int = 0
    elsewhere: int = 0
    added: int = 0
    filled: int = 0
    differing: int = 0
    replaced: bool = False
    mine: list[FileRow] = field(default_factory=list)

    def list_row(self, issue: Issue) -> None:
        """One row that is not taken, with its reason."""
        self.listed += 1
        self.issues.append(issue)


def roster_values(row: FileRow, pupil_id: str) -> tuple[Row, list[Issue]]:
    """The columns of 名册 that a row fills, and its cells that cannot be taken."""
    values, issues = Row({"pupil_id": pupil_id}), []
    for column in ROSTER.columns:
        found = row.header.role(column.code)
        if found is None or column.code == "pupil_id" or is_blank(raw := row.value(found)):
            continue
        value, problem = take(column, _usual_word(column, raw))
        if problem is not None:
            issues.append(
                row.issue(ERROR, problem.rule.replace("cell.", "import."), problem.message, problem.mend, found)
            )
        if not is_blank(encode(value)):
            values[column.code] = value
    return values, issues + broken_cells(row)


def _usual_word(column: Column, raw: Any) -> Any:
    return _WORDS.get(column.code, {}).get(clean_text(raw), raw)


def broken_cells(row: FileRow) -> list[Issue]:
    """Cells of a row whose value cannot be known, each listed."""
    mend = "请在文件里改成数值或文字，或重新计算后保存，再导入。"
    return [
        row.issue(ERROR, "import.cell_error", f"{error.words}，没有导入", mend, column)
        for column, error in row.broken()
    ]


class RosterMerge:
    """Takes the rows of a roster file into one 名册.

    existing: rows of 名册 that count. unnumbered: rows that have a name but no 学号 (a file may bring it).
    fill: blanks of known pupils are filled, else they are listed as differences. overwrite: differing values too.
    """

    def __init__(
        self,
        existing: Sequence[Row],
        roll: Roll,
        *,
        unnumbered: Sequence[Row] = (),
        fill: bool = True,
        overwrite: bool = False,
    ) -> None:
        self.known = {row["pupil_id"]: row for row in existing}
        self.unnumbered = {key: rows[0] for key, rows in _by_name(unnumbered).items() if len(rows) == 1}
        self.roll, self.fill, self.overwrite = roll, fill, overwrite
        self.new: dict[str, Row] = {}
        self.seen: dict[str, FileRow] = {}
        self.result = Merged()

    def take(self, rows: Iterable[FileRow]) -> Merged:
        """All rows of the file; every one is taken, listed or about another class."""
        people = [(row, who_is(row)) for row in rows]
        crowd = Crowd((None, None, who) for _, who in people)
        twice = _contradicting([who for _, who in people if self._may_hold(who)])
        for row, who in people:
            self._row(row, who, crowd, twice)
        self.result.rows = [*self.known.values(), *self.new.values()]
        return self.result

    def _may_hold(self, who: Who) -> bool:
        return self.roll.may_hold(who.class_name)

    def _row(self, row: FileRow, who: Who, crowd: Crowd, twice: frozenset[str]) -> None:
        if who.pupil_id in twice and self._may_hold(who):
            message = f"学号 {who.pupil_id} 在文件里用于不同的姓名，这一行没有导入"
            self.result.list_row(row.error("import.duplicate", message, "请在文件里改正学号。", "pupil_id"))
            return
        found = self._find(who, crowd)
        if found.elsewhere:
            self.result.elsewhere += 1
        elif not found.pupil_id:
            self.result.list_row(found.issue(row))
        elif (earlier := self.seen.get(found.pupil_id)) is not None:
            message = f"与{earlier.line}是同一名学生（学号 {found.pupil_id}），这一行没有导入"
            self.result.list_row(row.issue(REMINDER, "import.duplicate", message, "请在文件里删去一行。"))
        else:
            self.seen[found.pupil_id] = row
            self.result.mine.append(row)
            self._take_row(row, found.pupil_id)
            if not who.name and row.header.role("name") is not None and found.pupil_id in self.new:
                message = f"学号 {found.pupil_id} 没有姓名，已按学号加入"
                self.result.issues.append(row.issue(REMINDER, "import.no_name", message, "请在名册里补上姓名。"))

    def _find(self, who: Who, crowd: Crowd) -> Found:
        if not who.own or not who.pupil_id or who.problem is not None or not self._may_hold(who):
            return self._without_number(who, find_pupil(who, self.roll, crowd))
        if who.pupil_id in self.known:
            return self._known(who, find_pupil(who, self.roll, crowd))
        if unfit := no_number(who) or zeros_lost(who, self.roll.directory) or classless(who, self.roll, crowd):
            return unfit
        namesakes = self.roll.directory.by_name.get(name_key(who.name), []) if who.name else []
        if namesakes:
            message = f"名册里已有“{who.name}”，学号是 {'、'.join(namesakes)}，文件里是 {who.pupil_id}"
            mend = "同一个人请改正学号；确是两个人请在名册里手工添加。"
            return Found(rule="import.number_differs", message=message, mend=mend)
        return Found(who.pupil_id)

    def _known(self, who: Who, found: Found) -> Found:
        """A known 学号 under another name is taken only where differing values may be replaced."""
        return Found(who.pupil_id) if not found.pupil_id and self.overwrite and who.name else found

    def _without_number(self, who: Who, found: Found) -> Found:
        if found.rule == "import.unknown":
            message = f"“{who.name}”没有学号，名册里也没有这个姓名"
            return replace(found, rule="import.no_number", message=message, mend="请在文件里补上学号。")
        return found

    def _take_row(self, row: FileRow, pupil_id: str) -> None:
        values, issues = roster_values(row, pupil_id)
        self.result.issues += issues
        self.result.taken += 1
        if pupil_id in self.known:
            self.known[pupil_id] = self._merged(self.known[pupil_id], values, row)
            return
        waiting = self.unnumbered.pop(name_key(values.get("name")), None) if self.fill else None
        if waiting is not None:
            self.result.filled += 1
            self.known[pupil_id] = self._merged(waiting.changed(pupil_id=pupil_id), values, row)
            return
        self.result.added += 1
        self.new[pupil_id] = Row({"status": ACTIVE, **values})

    def _merged(self, before: Row, values: Row, row: FileRow) -> Row:
        after = before
        for code, value in values.items():
            old = before.get(code)
            if same(old, value) or (code == "name" and name_key(old) == name_key(value)):
                continue
            blank = is_blank(encode(old))
            if blank and self.fill:
                self.result.filled += 1
                after = after.changed(**{code: value})
                continue
            self.result.differing += 1
            if self.overwrite and not blank:
                after = after.changed(**{code: value})
            self.result.issues.append(self._difference(row, code, old, value))
        return after

    def _difference(self, row: FileRow, code: str, old: Any, value: Any) -> Issue:
        label, was = ROSTER.column(code).label, "空白" if is_blank(encode(old)) else shown(old)
        done = "已替换" if self.overwrite else "没有改动"
        message = f"{row.raw('name') or ''}的“{label}”：名册里是“{was}”，文件里是“{shown(value)}”，{done}"
        mend = "" if self.overwrite else "请核对；要用文件里的，请在名册里改，或导入时选择替换。"
        return row.issue(REMINDER, "import.differs", message, mend, row.header.role(code))


def shown(value: Any) -> str:
    """A plain value as a sentence shows it."""
    found = encode(value)
    return str(int(found)) if isinstance(found, float) and found.is_integer() else str(found)


def no_number(who: Who) -> Found | None:
    """Words where a 学号 should stand (转入, 备用, 三年级2班) bring nobody in."""
    if any(c.isdigit() for c in who.pupil_id) and not class_in_text(who.pupil_id):
        return None
    message = f"“{who.pupil_id}”不像学号（没有数字）"
    return Found(rule="import.id", message=message, mend="是学生请填上学号；不是学生请删去这一行，再导入。")


def _by_name(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(name_key(row.get("name")), []).append(row)
    return found


def _contradicting(people: Iterable[Who]) -> frozenset[str]:
    """学号 that the file gives to several names."""
    pairs = {(who.pupil_id, name_key(who.name)) for who in people if who.pupil_id and who.own and who.name}
    counted = Counter(pupil_id for pupil_id, _ in pairs)
    return frozenset(p for p, n in counted.items() if n > 1)
