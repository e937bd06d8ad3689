"""Whose row is it: by 学号, then by class and name; two people of one name are never merged or guessed.

Source: spec §3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from xlbangfu.imports import words
from xlbangfu.imports.classes import ClassName, class_of, parse_class, same_class
from xlbangfu.imports.filerows import FileRow
from xlbangfu.imports.headers import text_of
from xlbangfu.issues import Issue
from xlbangfu.programme.identity import Directory, match, name_key
from xlbangfu.workbook.cells import CellProblem, read_id

_TELLING_ID = 4  # characters; shorter ones are numbers within a class, which every class has
_CUT_NUMBER = 1e18  # what a 学号 that has lost digits is read as
_DATE = re.compile(r"(?:\d{4}[-/年])?(\d{1,2})[-/月](\d{1,2})日?(?: 00:00(?::00)?)?")  # a date that a text table has


@dataclass(frozen=True)
class Who:
    """What a row of a file says about its pupil.

    pupil_id: "" where it says none that holds. own: the 学号 is the pupil's own, not a 考号 of one exam.
    class_name: None where the file does not tell the class. unclear: the text of a class cell that names none. loose: the
    file has several tables, and nothing says which class this one is about.
    """

    pupil_id: str
    name: str
    class_name: ClassName | None
    own: bool = True
    problem: CellProblem | None = None
    unclear: str = ""
    loose: bool = False


def who_is(row: FileRow) -> Who:
    """Read the identity cells of a row."""
    column = row.header.role("pupil_id")
    pupil_id, problem = read_id(_CUT_NUMBER if row.lost_id else row.raw("pupil_id"))
    own = column is None or words.header_key(words.bare_label(column.label)) not in words.WEAK_IDS
    name = text_of(row.raw("name")) or _plain(row.raw("name"))
    class_name, unclear = _class_of(row)
    return Who(pupil_id or "", name, class_name, own, problem, unclear, row.loose)


def _class_of(row: FileRow) -> tuple[ClassName | None, str]:
    """The class that a row tells, and the text of a class cell that names none."""
    grade, cell = row.grade_text(), _undated(row.class_text())
    by_grade = class_of(grade, None) if grade is not None else None
    if cell is None:
        return by_grade, ""
    written = parse_class(cell)
    if row.raw("grade") is None and written.grade and written.certain:
        grade = None  # the class's name says it itself, whatever the title does
    found = class_of(grade, cell)
    return (found, "") if found.number else (by_grade, _plain(cell))


def _undated(value: object) -> object:
    """A class cell: 3-2 that a spreadsheet program made the second of March is 3.2 again (302, not for certain)."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return f"{value.month}.{value.day}"
    found = _DATE.fullmatch(text_of(value))
    return f"{int(found[1])}.{int(found[2])}" if found else value


def _plain(value: object) -> str:
    return "" if value is None else str(value).strip()


@dataclass
class Roll:
    """One workbook's pupils. class_name: by its 设置. active: 学号 of those who are there now."""

    directory: Directory
    class_name: ClassName | None = None
    active: frozenset[str] = frozenset()

    @classmethod
    def of(cls, directory: Directory, grade: object, name: object, active: Iterable[str] = ()) -> Roll:
        """From 设置.年级 and 设置.班级 (either may be blank)."""
        known = class_of(grade, name) if grade or name else None
        return cls(directory, known, frozenset(active))

    def may_hold(self, class_name: ClassName | None) -> bool:
        """False if a row of that class is certainly about another class."""
        if class_name is None or self.class_name is None:
            return True
        if not class_name.number or not self.class_name.number:
            return same_class(ClassName(class_name.grade, ""), ClassName(self.class_name.grade, ""))
        return same_class(class_name, self.class_name)


@dataclass(frozen=True)
class Found:
    """pupil_id where the row names one pupil; elsewhere: it is about another class; else why not."""

    pupil_id: str = ""
    elsewhere: bool = False
    rule: str = ""
    message: str = ""
    mend: str = ""

    def issue(self, row: FileRow, role: str = "pupil_id") -> Issue:
        """The row as a listed one."""
        where = role if row.header.role(role) is not None else "name"
        return row.error(self.rule, f"{self.message}，这一行没有导入", self.mend, where)


def _no_id(problem: CellProblem) -> Found:
    """A 学号 that does not hold."""
    return Found(rule=problem.rule.replace("cell.", "import."), message=problem.message, mend=problem.mend)


class Crowd:
    """Who else is in a file: a name tells a pupil only where no other row may mean somebody of that name.

    people: (scope, part, who) of every row; two rows of one scope (exam) and one part of it (subject) with the same
    name are two people, or one typed twice, which cannot be told.
    """

    def __init__(self, people: Iterable[tuple[object, object, Who]]) -> None:
        self._named: dict[tuple[object, str], dict[object, list[Who]]] = {}
        self._classes: dict[ClassName, None] = {}
        self._unclear: set[str] = set()
        for scope, part, who in people:
            if who.class_name is not None:
                self._classes.setdefault(who.class_name)
            if who.unclear:
                self._unclear.add(who.unclear)
            if who.name:
                parts = self._named.setdefault((scope, name_key(who.name)), {})
                parts.setdefault(part, []).append(who)

    def several(self, who: Who, scope: object = None) -> bool:
        """True if another row with the same name may be about somebody else of the same class."""
        parts = self._named.get((scope, name_key(who.name)), {})
        return any(self._people(who, rows) > 1 for rows in parts.values())

    def _people(self, who: Who, rows: Iterable[Who]) -> int:
        """How many the rows may be about: one for each number, one for each row without."""
        numbers = [row.pupil_id for row in rows if _may_be_one(row.class_name, who.class_name)]
        return len(set(numbers) - {""}) + numbers.count("")

    def unclear(self, who: Who) -> bool:
        """True if the row's class cell says nothing that can be read, while other rows say something else there."""
        return bool(who.unclear) and (bool(self._classes) or len(self._unclear) > 1)

    def strangers(self, roll: Roll) -> bool:
        """True if the file names a class that is not this one, or one that cannot be read."""
        return bool(self._unclear) or any(not roll.may_hold(class_name) for class_name in self._classes)


def _may_be_one(one: ClassName | None, other: ClassName | None) -> bool:
    return one is None or other is None or not (one.number and other.number) or same_class(one, other)


def _certain(who: Who, roll: Roll) -> bool:
    """True if number and name together are a pupil of this workbook, whatever the class cell says."""
    return who.own and len(who.pupil_id) >= _TELLING_ID and bool(who.name) and _is_called(roll, who)


def by_id(who: Who) -> bool:
    """True if the row's number decides who it is: a 学号, not a 考号, which may be another pupil's 学号 by chance."""
    return bool(who.pupil_id) and who.own


def find_pupil(who: Who, roll: Roll, crowd: Crowd, scope: object = None) -> Found:
    """The pupil of one workbook that a row is about. scope: rows of another scope (exam) are not namesakes."""
    if who.problem is not None:
        return _no_id(who.problem)
    if not who.pupil_id and not who.name:
        return Found(rule="import.no_identity", message="没有学号，也没有姓名", mend="请在文件里补上学号或姓名。")
    if not roll.may_hold(who.class_name) and not _certain(who, roll):
        return _not_readable(who) if _is_vague(who) and _has(roll, who) else Found(elsewhere=True)
    if by_id(who):
        if found := zeros_lost(who, roll.directory):
            return found
        matched = match(roll.directory, who.pupil_id, who.name)
        rule = matched.rule.replace("identity.", "import.")
        return Found(matched.pupil_id or "", rule=rule, message=matched.message, mend=matched.mend)
    return _by_name(who, roll, crowd, scope)


def classless(who: Who, roll: Roll, crowd: Crowd) -> Found | None:
    """A row that may be of any class, in a file that has several."""
    if crowd.unclear(who):
        return _not_readable(who)
    if who.class_name is None and (who.loose or crowd.strangers(roll)):
        why = "有几张表，没有写是哪个班" if who.loose else "又有别的班"
        message = f"“{who.name or who.pupil_id}”没有写班级，文件里{why}"
        mend = "请在文件里补上班级（或加一行“三年级2班”的标题），或只留本班的表，再导入。"
        return Found(rule="import.no_class", message=message, mend=mend)
    return None


def _not_readable(who: Who) -> Found:
    shown = who.unclear or (who.class_name.number if who.class_name is not None else "")
    message = f"“{who.name or who.pupil_id}”的班级“{shown}”看不懂"
    return Found(rule="import.no_class", message=message, mend="请核对学号和姓名，把班级写成“三年级2班”。")


def _is_vague(who: Who) -> bool:
    """True for the name of a class that follows no usual pattern: it may be another class, or ours in other words."""
    return who.class_name is not None and not who.class_name.number.isdecimal()


def _has(roll: Roll, who: Who) -> bool:
    return bool(who.name) and name_key(who.name) in roll.directory.by_name


def zeros_lost(who: Who, directory: Directory) -> Found | None:
    """A 学号 that is unknown but for zeros in front of it: a number cell has lost them. Listed, never guessed."""
    if not who.pupil_id or who.pupil_id in directory.names:
        return None
    alike = [known for known in directory.names if known.lstrip("0") == who.pupil_id.lstrip("0")]
    if not alike:
        return None
    message = f"学号 {who.pupil_id} 名册里没有，有的是 {'、'.join(alike)}，可能丢了开头的 0"
    return Found(rule="import.id_zeros", message=message, mend="请把文件里的学号列设为文本格式，补上开头的 0。")


def _by_name(who: Who, roll: Roll, crowd: Crowd, scope: object) -> Found:
    if not who.name:
        return Found(
            rule="import.no_identity", message=f"只有考号 {who.pupil_id}，没有姓名", mend="请在文件里补上学号或姓名。"
        )
    if crowd.several(who, scope):
        message = f"文件里有几行都叫“{who.name}”，没有学号分不清"
        return Found(rule="import.ambiguous", message=message, mend="请在文件里补上学号。")
    if found := classless(who, roll, crowd):
        return found
    matched = match(roll.directory, None, who.name)
    rule = matched.rule.replace("identity.", "import.")
    return Found(matched.pupil_id or "", rule=rule, message=matched.message, mend=matched.mend)


# ---- one file over many workbooks ----------------------------------------------------------------------


@dataclass
class Rolls:
    """The pupils of many workbooks, to find the one workbook that a row belongs to."""

    rolls: Sequence[Roll]
    _ids: dict[str, list[int]] = field(default_factory=dict)
    _names: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, roll in enumerate(self.rolls):
            for pupil_id in roll.directory.names:
                self._ids.setdefault(pupil_id, []).append(number)
            for key in roll.directory.by_name:
                self._names.setdefault(key, []).append(number)

    def place(self, who: Who) -> int | Found:
        """Number of the workbook that the row belongs to, else why there is none.

        By 学号; of several workbooks that have it, the one where the pupil is there now. Then by class, then
        by a name that only one workbook has.
        """
        if who.problem is not None:
            return _no_id(who.problem)
        held = [n for n in self._ids.get(who.pupil_id, []) if who.own and self._fits(who, self.rolls[n])]
        if held:
            return self._of_several(who, held)
        fitting = [
            n for n, roll in enumerate(self.rolls) if who.class_name is not None and _is_class(roll, who.class_name)
        ]
        if len(fitting) == 1:
            return fitting[0]
        if len(fitting) > 1:
            message = f"有 {len(fitting)} 个工作簿都是这个班"
            return Found(rule="import.class_twice", message=message, mend="请只留一个，或核对“设置”里的年级和班级。")
        return self._by_name(who)

    def _fits(self, who: Who, roll: Roll) -> bool:
        return roll.may_hold(who.class_name) or _certain(who, roll)

    def _of_several(self, who: Who, held: list[int]) -> int | Found:
        there = [n for n in held if who.pupil_id in self.rolls[n].active] or held
        there = [n for n in there if who.name and _is_called(self.rolls[n], who)] or there
        of_class = [n for n in there if self.rolls[n].may_hold(who.class_name)] or there
        if len(of_class) == 1:
            return of_class[0]
        message = f"学号 {who.pupil_id} 在 {len(of_class)} 个工作簿的名册里"
        mend = "请在文件里补上班级；同一名学生在两个班，请在其中一个把状态改为转出，再导入。"
        return Found(rule="import.pupil_twice", message=message, mend=mend)

    def _by_name(self, who: Who) -> int | Found:
        if not who.pupil_id and not who.name:
            return Found(rule="import.no_identity", message="没有学号，也没有姓名", mend="请在文件里补上学号或姓名。")
        if who.pupil_id and who.own:
            message = f"没有一个工作簿的名册里有学号 {who.pupil_id}"
            return Found(rule="import.unknown", message=message, mend="请核对学号，或先把学生加进名册。")
        named = self._names.get(name_key(who.name), []) if who.class_name is None else []
        if len(named) == 1:
            return named[0]
        if named:
            message = f"有 {len(named)} 个班都有“{who.name}”，没有班级和学号分不清"
            return Found(rule="import.ambiguous", message=message, mend="请在文件里补上学号，或班级。")
        shown = who.name or who.pupil_id
        where = "没有这个班的工作簿" if who.class_name is not None else "没有一个工作簿的名册里有这个姓名"
        return Found(rule="import.unknown", message=f"“{shown}”：{where}", mend="请核对班级、学号和姓名。")


def _is_called(roll: Roll, who: Who) -> bool:
    return name_key(roll.directory.names.get(who.pupil_id, "")) == name_key(who.name)


def _is_class(roll: Roll, class_name: ClassName) -> bool:
    """True if the workbook is of just that class; a name without a grade fits only where no grade is known."""
    mine = roll.class_name
    if mine is None or not mine.number or not class_name.number:
        return False
    return same_class(mine, class_name)
