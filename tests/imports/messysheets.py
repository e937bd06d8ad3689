"""Columns, header rows, and what stands above, between and below the rows of a table (spec §3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from imports.messyfiles import (
    BLANK,
    HEADING,
    PUPIL,
    TOTAL,
    Key,
    MessySheet,
    Record,
    Spot,
)
from imports.messypeople import (
    Hand,
    Ident,
    Person,
)
from xlbangfu.workbook.cells import is_blank

# ---- columns -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Col:
    """A column to be laid out. key: what stands in it ("id", "name", a mark's key, or other words for the rest)."""

    label: str
    key: Any
    top: str = ""


Group = list[Col]  # columns that stay together
REMARKS = (
    ("序号", 1), ("总分", 150), ("名次", 1), ("性别", "男"), ("备注", ""), ("班排", 3), ("年级名次", 12), ("平均分", 75.5), ("特长", "画画"),
    ("物理", 70), ("", None), ("考场", 2), ("学校", "示例小学"), ("进退名次", -2), ("总分排名", 5), ("语数英总分", 230), ("出生日期", date(2017, 5, 6)),
    ("身份证号", "32010220170506001X"), ("联系电话", 13800000000), ("等级", "A"),
)  # fmt: skip


def noise_columns(hand: Hand, left_out: Sequence[str]) -> list[Group]:
    """Columns that are no results of the class: sums, ranks, remarks, a subject that 任课 lacks, blank ones."""
    if not hand.mess("columns of sums, ranks, remarks", 2):
        return []
    found = [hand.one(REMARKS) for _ in range(hand.number(1, 3))]
    found = [f for f in found if f[0] not in left_out]
    return [[Col(label, ("noise", n, value))] for n, (label, value) in enumerate(dict(found).items())]


def identity_columns(ident: Ident, labels: dict[str, str]) -> list[Group]:
    named = {"id": ident.id_label, "name": ident.name_label, **labels}
    return [[Col(label, key)] for key, label in named.items() if label]


def subject_label(hand: Hand, subject: str, odd: bool) -> str:
    if not odd:
        return subject
    spaced = " ".join(subject)
    alias = {"道德与法治": "道法"}.get(subject, subject)
    return hand.one(
        (
            subject,
            f"{subject}成绩",
            f"{subject}（满分100）",
            f"{subject}(100)",
            f" {spaced} ",
            f"*{subject}",
            f"{subject}得分",
            alias,
            f"{subject}：",
            f"{subject}\n（100分）",
        )
    )


@dataclass
class Plan:
    """The columns of one sheet, in order. ident_low: identity labels in the second of two header rows."""

    columns: list[Col]
    ident_low: bool = False
    repeat_top: bool = False

    def header(self) -> list[list[Any]]:
        """One header row, or two where a column has something above it."""
        if not any(c.top for c in self.columns):
            return [[c.label for c in self.columns]]
        upper: list[Any] = []
        lower: list[Any] = []
        before = ""
        for c in self.columns:
            if c.top:
                upper.append(None if c.top == before and not self.repeat_top else c.top)
                lower.append(c.label)
            else:
                upper.append(None if self.ident_low else c.label)
                lower.append(c.label if self.ident_low else None)
            before = c.top
        return [upper, lower]

    def merges(self) -> list[tuple[int, int, int, int]]:
        """Merged cells of the header, 0-based from its first cell: labels over their columns, and over two rows."""
        if not any(c.top for c in self.columns):
            return []
        found, tops = [], [c.top for c in self.columns]
        for n, c in enumerate(self.columns):
            last = n
            while c.top and last + 1 < len(tops) and tops[last + 1] == c.top:
                last += 1
            if c.top and not self.repeat_top and last > n and (n == 0 or tops[n - 1] != c.top):
                found.append((0, n, 0, last))
            elif not c.top and c.label and not self.ident_low:
                found.append((0, n, 1, n))
        return found

    def row(self, person: Person, i: int) -> list[Any]:
        return [self._cell(c.key, person, i) for c in self.columns]

    def _cell(self, key: Any, person: Person, i: int) -> Any:
        if key in person.cells:
            return person.cells[key]
        if isinstance(key, tuple) and key[0] == "noise":
            return key[2] + i if isinstance(key[2], int) else key[2]
        return None

    def marks(self, record: Record) -> dict[Key, list[int]]:
        """0-based columns of each mark; both columns of a subject that stands there twice."""
        return {
            m: [n for n, c in enumerate(self.columns) if c.key in (m, ("twin", m), ("any", m[1]), "mark")]
            for m in record.marks
        }


def ordered(hand: Hand, groups: list[Group]) -> list[Col]:
    if hand.mess("columns in another order", 3):
        groups = hand.shuffled(groups)
    return [c for group in groups for c in group]


# ---- rows ----------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One row of a sheet that is being built. parts: records in it with the first and the last column, 1-based."""

    cells: list[Any]
    kind: str
    parts: list[tuple[Record, int, int, dict[Key, list[int]]]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)


TITLES: tuple[list[Any], ...] = (
    ["示例小学2026—2027学年度第一学期考试成绩表"], ["成绩统计表"], ["考试时间：2026年11月5日"], [None, "各班成绩登记表"], ["学校：示例小学", None, "2026年秋"],
)  # fmt: skip
TOTALS = ("平均分", "合计", "及格率", "最高分", "优秀人数", "班级平均", "平 均 分", "标准差", "满分")
FOOTERS = (
    "制表人：某某",
    "第 1 页 共 2 页",
    "注：Q 表示缺考，N 表示免考",
    "备注：",
    "审核：某某　　制表：某某",
    "共1页",
)


def pupil_line(plan: Plan, person: Person, i: int) -> Line:
    cells = plan.row(person, i)
    if all(is_blank(v) for v in cells):
        return Line(cells, BLANK)
    return Line(cells, PUPIL, [(person.record, 1, len(plan.columns), plan.marks(person.record))])


def heading_lines(rows: Iterable[Sequence[Any]]) -> list[Line]:
    return [Line(list(row), HEADING) for row in rows]


def _header(plan: Plan) -> list[Line]:
    lines = heading_lines(plan.header())
    lines[0].merges = plan.merges()
    return lines


def blank_line(hand: Hand) -> Line:
    return Line(hand.one(([], [None, None], ["", " ", "　"])), BLANK)


def _total(hand: Hand, plan: Plan) -> Line:
    """平均分 and the like: the words in an identity column, figures under the marks."""
    keys = [c.key for c in plan.columns]
    at = keys.index("name") if "name" in keys and (hand.rarely(2) or "id" not in keys) else keys.index("id")
    cells: list[Any] = [hand.one((75.5, 70, "98%")) if isinstance(k, tuple) and k[0] != "noise" else None for k in keys]
    cells[at] = hand.one(TOTALS)
    return Line(cells, TOTAL)


def table_lines(hand: Hand, plan: Plan, people: Sequence[Person], title: Sequence[Any] | None = None) -> list[Line]:
    """A table: titles, header, rows, and what stands between and after them."""
    lines = heading_lines([title]) if title else []
    if not title and hand.mess("titles above the header", 3):
        lines += heading_lines(hand.one(TITLES) for _ in range(hand.number(1, 2)))
        lines += [blank_line(hand)] if hand.rarely(3) else []
    lines += _header(plan)
    again = hand.mess("header again on the next page", 5)
    gaps = hand.mess("blank rows between", 5)
    for i, person in enumerate(people):
        if again and i and hand.rarely(3):
            lines += [_total(hand, plan)] if hand.rarely(4) else []
            lines += heading_lines([hand.one((["续表"], ["（续表）"], ["成绩统计表（续）"]))]) if hand.rarely(2) else []
            lines += _header(plan)
        if gaps and hand.rarely(3):
            lines.append(blank_line(hand))
        lines.append(pupil_line(plan, person, i))
    if hand.mess("平均分 and other totals below", 4):
        lines += [blank_line(hand)] if hand.rarely(3) else []
        lines += [_total(hand, plan) for _ in range(hand.number(1, 2))]
    if hand.mess("制表人 and footnotes below", 5):
        lines.append(Line([hand.one(FOOTERS)], TOTAL))
    return lines


def sheet_of(name: str, lines: Sequence[Line], hidden: bool = False) -> tuple[MessySheet, list[tuple[Record, Spot]]]:
    """Lines as a sheet, and where each record stands in it."""
    placed = [
        (record, Spot(name, n, first, last, {k: [(n, c + 1) for c in columns] for k, columns in marks.items()}))
        for n, line in enumerate(lines, 1)
        for record, first, last, marks in line.parts
    ]
    merges = [(n + a, b, n + c, d) for n, line in enumerate(lines) for a, b, c, d in line.merges]
    return MessySheet(name, [line.cells for line in lines], [line.kind for line in lines], hidden, merges), placed


def transposed_sheet(
    hand: Hand, name: str, plan: Plan, people: Sequence[Person]
) -> tuple[MessySheet, list[tuple[Record, Spot]]]:
    """Pupils as columns, labels down the first one."""
    across = [plan.header()[-1], *(plan.row(p, i) for i, p in enumerate(people))]
    rows = [list(cells) for cells in zip(*across, strict=True)]
    above = [list(hand.one(TITLES)) for _ in range(hand.number(0, 2))] if hand.rarely(2) else []
    placed = []
    for i, person in enumerate(people):
        marks = {k: [(len(above) + c + 1, i + 2) for c in columns] for k, columns in plan.marks(person.record).items()}
        placed.append((person.record, Spot(name, 0, i + 2, i + 2, marks)))
    return MessySheet(name, above + rows, [HEADING] * len(above) + [PUPIL] * len(rows)), placed
