"""落实: the matrix of classes × clauses, one block for each 制度, and how many classes carry out each clause.

What each class's own 落实 says is taken as it stands; the merge reads no plans, files or records to count anew.
Source: spec §5, §6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from xlsxwriter.worksheet import Worksheet

from xlbangfu import schema
from xlbangfu.office.merge_norms import Member
from xlbangfu.office.merge_sheets import HEADER_ROW, Book
from xlbangfu.programme.rules import Policy
from xlbangfu.workbook.template.looks import BLUE, LINE, MUTED, SIGNALS, WHITE

DONE, PARTLY, NOT_DONE, NOT_APPLICABLE = schema.AUDIT_RESULTS
NOT_LOOKED = "未查"
SHORT = {DONE: "落实", PARTLY: "部分", NOT_DONE: "未", NOT_APPLICABLE: "—", NOT_LOOKED: NOT_LOOKED}
LEGEND = "落实 = 有证据；部分 = 还缺一些；未 = 没有证据；— = 不逐班核对或还没有到时候；未查 = 这个班没有做过落实检查。"
_SIGNALS = {DONE: "good", PARTLY: "attention", NOT_DONE: "weak", NOT_APPLICABLE: "muted", NOT_LOOKED: "small"}
_ID_WIDTH, _CLASS_WIDTH = 5.6, 8.0
_COUNT_COLUMNS = 5  # number of columns on the right for the sums of a class
_TEXT_COLUMNS = 12  # columns over which a requirement is written


@dataclass(frozen=True)
class ClassAudit:
    """One class: clause id → result; clauses that its sheet lacks are missing."""

    grade: str
    class_name: str
    results: Mapping[str, str]

    def result(self, clause: str) -> str:
        """The result, 未查 without one."""
        return self.results.get(clause, NOT_LOOKED)


@dataclass
class AuditBlock:
    """All classes under one 制度. label: as the other sheets name it."""

    label: str
    policy: Policy
    classes: list[ClassAudit] = field(default_factory=list)

    @property
    def audited(self) -> bool:
        """True if any class has looked."""
        return any(c.results for c in self.classes)

    def counts(self, clause: str) -> dict[str, int]:
        """Classes by result of one clause."""
        found = [c.result(clause) for c in self.classes]
        return {result: found.count(result) for result in SHORT}


def audit_blocks(members: Iterable[Member], labels: Mapping[str, str]) -> list[AuditBlock]:
    """One block for each 制度 in the order of the classes. labels: file → label of its 制度."""
    blocks: dict[str, AuditBlock] = {}
    for member in members:
        label = labels[member.parts.file]
        block = blocks.setdefault(label, AuditBlock(label, member.policy))
        rows = member.parts.rows(schema.AUDIT)  # a 佐证 may be typed before anything was judged
        results = {r["clause"]: r["result"] for r in rows if r.get("clause") and r.get("result")}
        settings = member.parts.settings
        block.classes.append(ClassAudit(settings.get("grade") or "", settings.get("class_name") or "", results))
    return list(blocks.values())


# ---- the sheet -------------------------------------------------------------------------------------------


def write_matrix(book: Book, sheet: Worksheet, blocks: Sequence[AuditBlock], title: str) -> None:
    """The sheet 落实: for each 制度 the matrix, then its clauses in words with their counts."""
    book.title(sheet, title, LEGEND)
    widest = max((len(b.policy.clauses) for b in blocks), default=0)
    sheet.set_column(0, 1, _CLASS_WIDTH)
    sheet.set_column(2, 1 + widest + _COUNT_COLUMNS, _ID_WIDTH)
    at = HEADER_ROW
    for block in blocks:
        at = _clauses(book, sheet, block, _matrix(book, sheet, block, at) + 1) + 2


def _matrix(book: Book, sheet: Worksheet, block: AuditBlock, at: int) -> int:
    clauses = block.policy.clauses
    words = f"制度 {block.label}　{block.policy.name}：{len(block.classes)} 个班、{len(clauses)} 条"
    sheet.set_row(at, 26)
    sheet.write_string(at, 0, words, book.looks.cell(font_size=12, bold=True, font_color=BLUE))
    head = book.looks.cell(
        bold=True, font_color=WHITE, bg_color=BLUE, text_wrap=True, align="center", border=1, border_color=LINE,
        font_size=8,
    )  # fmt: skip
    at += 1
    sheet.set_row(at, 36)
    start = _shared_start([c.id for c in clauses])
    labels = ["年级", "班级", *(c.id.removeprefix(start) for c in clauses), *SHORT.values()]
    for column, text in enumerate(labels):
        sheet.write_string(at, column, text, head)
    plain = book.looks.cell(align="center", border=1, border_color=LINE, font_size=9)
    for own in block.classes:
        at += 1
        sheet.write_string(at, 0, own.grade, plain)
        sheet.write_string(at, 1, own.class_name, plain)
        for column, clause in enumerate(clauses, 2):
            _write_result(book, sheet, (at, column), own.result(clause.id))
        found = [own.result(c.id) for c in clauses]
        for column, result in enumerate(SHORT, 2 + len(clauses)):
            sheet.write_number(at, column, found.count(result), plain)
    return at + 1


def _shared_start(ids: Sequence[str]) -> str:
    """「S7-」 where every clause begins with it: the block says which 制度.

    >>> _shared_start(["S7-5-1", "S7-5-2"])
    'S7-'
    """
    start = ids[0].partition("-")[0] + "-" if ids else ""
    return start if all(i.startswith(start) and i != start for i in ids) else ""


def _write_result(book: Book, sheet: Worksheet, at: tuple[int, int], result: str) -> None:
    look = book.looks.cell(align="center", border=1, border_color=LINE, font_size=9, **_of(result))
    sheet.write_string(*at, SHORT.get(result, result), look)


def _of(result: str) -> dict[str, object]:
    return {k: v for k, v in SIGNALS[_SIGNALS.get(result, "small")].items() if k != "bold"}


def _clauses(book: Book, sheet: Worksheet, block: AuditBlock, at: int) -> int:
    """The clauses in words, each with the number of classes by result."""
    small = book.looks.cell(font_color=MUTED, font_size=9)
    sheet.write_string(at, 0, "各条写的是什么，各有几个班：", small)
    plain = book.looks.cell(border=1, border_color=LINE, font_size=9, text_wrap=True)
    number = book.looks.cell(align="center", border=1, border_color=LINE, font_size=9)
    for clause in block.policy.clauses:
        at += 1
        sheet.merge_range(at, 0, at, 1, "", plain)
        sheet.write_string(at, 0, clause.id, plain)
        sheet.merge_range(at, 2, at, 1 + _TEXT_COLUMNS, "", plain)
        sheet.write_string(at, 2, clause.requirement, plain)
        counts = block.counts(clause.id)
        words = "、".join(f"{SHORT[r] if r != NOT_APPLICABLE else r} {n}" for r, n in counts.items() if n)
        sheet.merge_range(at, 2 + _TEXT_COLUMNS, at, 5 + _TEXT_COLUMNS, "", number)
        sheet.write_string(at, 2 + _TEXT_COLUMNS, words, number)
        if len(clause.requirement) > 36:
            sheet.set_row_pixels(at, 42)
    return at
