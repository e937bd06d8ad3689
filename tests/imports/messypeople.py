"""One row about one pupil as a school types it: the marks, the 学号, the name, and whom it is really about (spec §3.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from hypothesis import strategies as st

from imports.messyfiles import (
    LOST,
    Broken,
    Key,
    Mark,
    Padded,
    Record,
)
from xlbangfu.programme.classroom import Subject
from xlbangfu.programme.identity import name_key

# ---- drawing -------------------------------------------------------------------------------------------


@cache
def _below(n: int) -> st.SearchStrategy[int]:
    return st.integers(0, n - 1)


class Hand:
    """Draws of one example; every choice shrinks to the first, plainest one. said: the messes so far, in words."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw
        self.said: list[str] = []

    def number(self, low: int, high: int) -> int:
        return low + self.draw(_below(high - low + 1))

    def one(self, choices: Sequence[Any]) -> Any:
        return choices[self.draw(_below(len(choices)))]

    def rarely(self, n: int = 4) -> bool:
        """True once in n times or so."""
        return bool(self.draw(_below(n)) == n - 1)

    def mess(self, words: str, n: int = 4) -> bool:
        """True once in n times or so, and then noted under these words."""
        if found := self.rarely(n):
            self.said.append(words)
        return found

    def layout(self, choices: Sequence[str]) -> str:
        """One of the words, noted."""
        found: str = self.one(choices)
        self.said.append(found)
        return found

    def shuffled(self, things: Sequence[Any]) -> list[Any]:
        found = list(things)
        for i in range(len(found) - 1, 0, -1):
            j = i - self.number(0, i)  # 0 leaves the order as it is
            found[i], found[j] = found[j], found[i]
        return found


# ---- one cell ------------------------------------------------------------------------------------------

MARKS: tuple[Any, ...] = (85, 60, Fraction(119, 2), 100, Fraction(147, 2), 0, 36)
WORDS: tuple[Any, ...] = ("缺考", "免考", "缓考", "优", "良", "待合格", None)
ABSENCES = {
    "缺考": ("缺考", "缺", "病假", "—", "×", "Q", "q", "未扫", "事假", "未扫，不计排名", " 缺 考 "),
    "免考": ("免考", "免修", "随班就读", "N", "36，剔除", "72（不计排名）"),
    "缓考": ("缓考", "缓"),
}
BLANKS = (None, "", " ", "　")
SPOILED = (
    "见附表",
    date(2026, 3, 2),
    Broken(),
    Broken("#N/A"),
    "很好",
    "85/90",
    "3-2",
    "八十五",
    "?",
    True,
    "NaN",
    "85 90",
)
OUTSIDE = (850, -3, "850分", 100.5)
_WIDE = str.maketrans("0123456789.", "０１２３４５６７８９．")


def _as_typed(meaning: Any) -> tuple[Any, ...]:
    """The ways in which schools write one meaning, the plainest first."""
    if meaning is None:
        return BLANKS
    if isinstance(meaning, str):
        return ABSENCES.get(meaning, (meaning, f" {meaning}", f"{meaning}　"))
    number: Any = float(meaning) if Fraction(meaning).denominator > 1 else int(meaning)
    text = str(number)
    wide = text.translate(_WIDE)
    return (
        number,
        float(number),
        text,
        f"{text}分",
        wide,
        f" {text} ",
        f"{text} 分",
        f"{wide}分",
        f"{float(number):.2f}",
    )


@dataclass
class Inking:
    """How the marks of one file are written."""

    odd: bool = False  # other forms than plain numbers and 缺考
    words: bool = False  # absences and levels among the marks
    spoiled: bool = False  # text, dates, error cells
    outside: bool = False  # marks beyond 满分

    @classmethod
    def drawn(cls, hand: Hand) -> Inking:
        return cls(
            hand.mess("marks as text, 85分, full-width", 2),
            hand.mess("缺考、免考 and levels among marks", 2),
            hand.mess("dates, error cells and remarks for marks"),
            hand.mess("marks out of range", 6),
        )

    def mark(self, hand: Hand) -> Mark:
        if self.spoiled and hand.rarely():
            return Mark(hand.one(SPOILED), LOST)
        if self.outside and hand.rarely():
            raw = hand.one(OUTSIDE)
            return Mark(raw, Fraction(str(raw).removesuffix("分")))
        meaning = hand.one(MARKS + WORDS if self.words else MARKS)
        forms = _as_typed(meaning)
        raw = hand.one(forms) if self.odd else forms[0]
        return Mark(raw, Fraction(meaning) if isinstance(meaning, (int, Fraction)) else meaning)


# ---- who -----------------------------------------------------------------------------------------------

NAMES = (
    "示例甲", "测试乙", "样本丙", "示例丁", "测试戊", "阿·示例", "示例𠮷", "测试㛃", "Demo Lee", "样本成绩", "示 例", "测试·乙",
)  # fmt: skip
STRANGERS = ("陌生甲", "陌生乙", "陌·生", "陌生丁")
STRONG = ("学号", "学籍号", " 学 号 ", "*学号", "学号（必填）", "学生学号", "全国学籍号", "学　号：")
WEAK = ("考号", "准考证号")
NAME_LABELS = ("姓名", "学生姓名", "姓  名", "姓　名", "*姓名", "姓名(必填)", "名字")
CLASS_LABELS = ("班级", "班别", " 班 级", "所在班级", "行政班", "班")
OUR_CLASS: tuple[Any, ...] = (
    "三年级2班", "2班", 2, 2.0, "302", 302, "三年级二班", "三(2)班", "三（二）班", "（2）班", "二班", "302班", "３年级２班", "三 年级 2 班",
    "3.2", 3.2, "三.2", "3（2）班", date(2026, 3, 2),
)  # fmt: skip
THEIR_CLASS: tuple[Any, ...] = (
    "三年级1班", "1班", 1, 1.0, "301", 301, "三年级一班", "三(1)班", "（1）班", "四年级2班", "402", "三年级12班", "初三2班", "3.1", 3.1, date(2026, 3, 1),
)  # fmt: skip
OUR_TITLES = ("三年级2班成绩表", "三年级二班考试成绩统计", "班级：三（2）班", "三（2）班")
THEIR_TITLES = ("三年级1班成绩表", "三年级一班考试成绩统计", "班级：三（1）班", "三（1）班", "四年级2班成绩表")
OUR_SHEETS = ("三年级2班", "2班", "302", "三(2)班", "二班", "3.2")
THEIR_SHEETS = ("三年级1班", "1班", "301", "三(1)班", "一班", "3.1")


def _ids(style: str, n: int) -> list[str]:
    patterns = {
        "zeros": "02600{:03}",
        "plain": "2026030{}",
        "small": "{}",
        "eighteen": "32010220150101{:04}",
        "letters": "G3201022015{:03}X",
    }
    return [patterns[style].format(i) for i in range(1, n + 1)]


@dataclass
class Class:
    """The clean side: 名册 and 任课 of the workbook, and the exams."""

    pupils: dict[str, str]
    subjects: tuple[Subject, ...]
    exams: tuple[str, ...]
    style: str


def clean_class(hand: Hand) -> Class:
    style = hand.one(("zeros", "plain", "small", "eighteen", "letters"))
    ids = _ids(style, hand.number(1, 8) if hand.rarely(3) else hand.number(1, 4))
    names = [NAMES[i] for i in range(len(ids))] if not hand.rarely(3) else [hand.one(NAMES) for _ in ids]
    first = hand.one(("语文", "数学", "英语", "道德与法治"))
    more = [s for s in ("语文", "数学", "国学") if s != first]
    taught = [first, *more[: hand.number(0, 2)]]
    subjects = tuple(Subject(s, full_points=Fraction(100) if s != "国学" else None) for s in taught)
    return Class(dict(zip(ids, names, strict=True)), subjects, ("期中", "期末"), style)


@dataclass
class Ident:
    """How one file tells who a row is about. weak: by 考号. faults: what may be wrong in a row."""

    id_label: str
    name_label: str
    weak: bool = False
    form: str = "text"
    faults: tuple[str, ...] = ()
    odd_names: bool = False

    @classmethod
    def drawn(cls, hand: Hand, style: str) -> Ident:
        weak = hand.mess("only 考号", 8)
        no_id = not weak and hand.mess("no 学号", 5)
        no_name = not weak and not no_id and hand.mess("no 姓名", 6)
        odd = hand.mess("headers with blanks, stars, brackets")
        id_label = "" if no_id else hand.one((WEAK if weak else STRONG) if odd else (WEAK if weak else STRONG)[:1])
        name_label = "" if no_name else hand.one(NAME_LABELS if odd else NAME_LABELS[:1])
        forms = {
            "zeros": ("text", "padded", "apostrophe", "full-width", "spaced", "int", "float", "text.0"),
            "plain": ("text", "int", "float", "apostrophe", "full-width", "spaced", "text.0"),
            "small": ("text", "int", "float", "apostrophe", "full-width", "text.0"),
            "eighteen": ("text", "apostrophe", "full-width", "spaced", "int", "float"),
            "letters": ("text", "apostrophe", "full-width", "spaced"),
        }[style]
        form = hand.one(forms) if hand.mess("学号 in another form", 2) else "text"
        if form != "text":
            hand.said.append(f"学号 as {form}")
        faults: tuple[str, ...] = ()
        if hand.mess("rows whose identity is spoiled", 3):
            faults = (
                "no id",
                "no name",
                "nobody",
                "wrong name",
                "stranger",
                "namesake",
                "unknown id",
                "error cell",
                "other form",
            )
        return cls(id_label, name_label, weak, form, faults=faults, odd_names=hand.mess("blanks and dots in names"))

    def number(self, hand: Hand, pupil_id: str, form: str = "") -> tuple[Any, bool]:
        """The cell of a 学号, and whether the 学号 can be read from it."""
        form = form or self.form
        as_number = pupil_id.isdecimal() and len(pupil_id) <= 15
        if form in ("int", "float") and pupil_id.isdecimal():
            lossy = int(float(pupil_id))
            return (lossy if form == "int" else float(lossy)), as_number and str(lossy) == pupil_id
        if form == "padded" and as_number:
            return Padded(int(pupil_id), len(pupil_id)), True
        if form == "text.0" and as_number:
            return f"{int(pupil_id)}.0", str(int(pupil_id)) == pupil_id
        texts = {
            "apostrophe": f"'{pupil_id}",
            "full-width": pupil_id.translate(_WIDE),
            "spaced": f" {pupil_id[:4]} {pupil_id[4:]} ",
        }
        return texts.get(form, pupil_id), True

    def name(self, hand: Hand, name: str) -> str:
        if not self.odd_names or not hand.rarely(2):
            return name
        return hand.one((
            f"{name[0]} {name[1:]}", f"{name[0]}　{name[1:]}", f" {name} ", name.replace("·", "•"), name.replace("·", "．"), name.replace("·", " ・ "),
        ))  # fmt: skip


@dataclass
class Person:
    """One row before it is laid out: its cells by the keys of the columns, and its record."""

    cells: dict[Any, Any]
    record: Record


def pupil_row(hand: Hand, room: Class, ident: Ident, pupil_id: str, marks: dict[Key, Mark], fault: str = "") -> Person:
    """A row about a pupil of the class, or one that looks like it."""
    both = bool(ident.id_label and ident.name_label)
    number, readable = ident.number(
        hand, pupil_id, hand.one(("int", "float", "full-width")) if fault == "other form" else ""
    )
    shown = ident.name(hand, room.pupils[pupil_id])
    if ident.weak and hand.rarely(2):
        number, readable = hand.number(1, 99), True  # the number of one exam, which may be somebody else's 学号
    by_number = bool(ident.id_label) and not ident.weak
    record = Record(pupil_id, marks, shown, number=by_number and readable, sound=readable or not ident.id_label)
    if fault == "no id":
        number, record = None, replace(record, number=False, sound=True)
    elif fault == "no name" and by_number:
        shown = ""
    elif fault == "nobody" and any(m.meaning is not None for m in marks.values()):
        number, shown, record = None, "", replace(record, number=False, sound=False)
    elif fault == "wrong name" and both and not ident.weak:
        names = [n for p, n in room.pupils.items() if name_key(n) != name_key(room.pupils[pupil_id])]
        shown, record = hand.one((*STRANGERS, *names)), replace(record, pupil="")
    elif fault == "namesake":  # another child of that name, whom 名册 does not know
        number, record = None, replace(record, pupil="", number=False)
    elif fault == "unknown id" and by_number:
        number, record = "9990001", replace(record, pupil="")
    elif fault == "error cell" and by_number:
        number, record = Broken("#REF!"), replace(record, number=False, sound=False)
    return _with_cells(ident, record, number, shown)


def stranger_row(hand: Hand, ident: Ident, marks: dict[Key, Mark], new: bool) -> Person:
    name, number = hand.one(STRANGERS), f"999{hand.number(1000, 9999)}"
    numbered = bool(ident.id_label) and not ident.weak
    pupil = number if new else ""  # a roster brings new pupils
    return _with_cells(ident, Record(pupil, marks, name, numbered, sound=numbered or not new), number, name)


def _with_cells(ident: Ident, record: Record, number: Any, shown: str) -> Person:
    cells: dict[Any, Any] = {"id": number, "name": shown, **{key: mark.raw for key, mark in record.marks.items()}}
    return Person(cells, replace(record, name=shown if ident.name_label else ""))


def outsider_row(hand: Hand, room: Class, ident: Ident, marks: dict[Key, Mark], i: int) -> Person:
    """A row about a pupil of another class, who may have a 学号 or a name that is one of ours too, but not both."""
    like_ours = hand.one(("", "id", "name"))
    numbers, names = list(room.pupils), list(room.pupils.values())
    number = hand.one(numbers) if like_ours == "id" and ident.name_label else f"77{i:04}"
    name = hand.one(names) if like_ours == "name" else STRANGERS[i % len(STRANGERS)]
    number, _ = ident.number(hand, number)
    return _with_cells(ident, Record("", marks, name, away=True), number, name)
