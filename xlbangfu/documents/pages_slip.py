"""家长反馈单: one A4 page for the parents of one child, and all of them in one file for the homeroom teacher to print.

Source: spec §7, §3.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from xlbangfu.documents.pages import CENTRED, HEADER, HEADING, LABEL, PLAIN, SMALL, TITLE, VALUE, Cell, Page, Paper
from xlbangfu.documents.privacy import PAGE, SLIPS, SLIPS_TO_PRINT, allow
from xlbangfu.programme.slips import Slip
from xlbangfu.table import Row
from xlbangfu.workbook.template.looks import INK, LINE, MUTED

SLIP_TITLE = "学习成长反馈单"
PRINT_TITLE = "家长反馈单打印件"
PRINT_NOTE = "请逐页分发，勿整份转发。"
_WIDTHS = (56,) * 12
_LEVEL_COLUMNS = (("学科", 0, 2), ("学期初", 3, 4), ("期中", 5, 6), ("期末", 7, 8), ("变化", 9, 11))
_LEVEL_CODES = ("subject", "at_baseline", "at_midterm", "at_final", "growth")
_POINTS = 10.5
_HEADING = {**HEADING, "font_size": 12, "bottom": 1, "bottom_color": LINE}
_BODY = {**PLAIN, "font_size": 11, "indent": 1}


def slip_file(slip: Slip) -> bytes:
    """The .xlsx of one child, for the child's parents."""
    (head,) = allow(SLIPS, [slip.page], PAGE)
    paper = Paper(SLIP_TITLE, head["made_on"])
    _draw(paper.page(SLIP_TITLE, _WIDTHS, points=_POINTS), SLIPS, slip)
    return paper.close()


def print_file(slips: Sequence[Slip], made_on: date) -> bytes:
    """The .xlsx with a cover and one page per child, for the homeroom teacher. At least one slip."""
    paper = Paper(PRINT_TITLE, made_on)
    _draw_cover(paper.page("分发登记", _WIDTHS, points=_POINTS), slips)
    for number, slip in enumerate(slips, 1):
        (head,) = allow(SLIPS_TO_PRINT, [slip.page], PAGE)
        _draw(paper.page(f"{number}_{head['name']}", _WIDTHS, points=_POINTS), SLIPS_TO_PRINT, slip)
    return paper.close()


def _draw(page: Page, output: str, slip: Slip) -> None:
    (head,) = allow(output, [slip.page], PAGE)
    _draw_head(page, head)
    _draw_levels(page, allow(output, slip.levels, "levels"), head.get("scale"))
    for row in allow(output, slip.paragraphs, "paragraphs"):
        page.gap(7)
        page.line(Cell(0, page.last, row["heading"], _HEADING), least=24)
        page.line(Cell(0, page.last, row["text"], _BODY, most=24), least=22)
    _draw_close(page, head)
    page.finish()


def _draw_head(page: Page, head: Row) -> None:
    page.line(
        Cell(0, page.last, head.get("school"), {"align": "center", "font_size": 12, "font_color": MUTED}), least=20
    )
    page.line(Cell(0, page.last, SLIP_TITLE, {**TITLE, "font_size": 24}), least=46)
    page.line(*_field(0, "姓名", head["name"]), *_field(6, "班级", head.get("class_label")), least=25)
    page.line(*_field(0, "学期", head.get("term")), *_field(6, "日期", head.get("made_on")), least=25)
    greeting = f"{head['name']}家长：\n您好！感谢您的陪伴和支持。下面是孩子这段时间在学校的学习和成长情况。"
    page.gap(10)
    page.line(Cell(0, page.last, greeting, _BODY), least=22)


def _field(first: int, label: str, value: object) -> tuple[Cell, Cell]:
    """A label and its value over half the line."""
    bold = {"border": 1, "border_color": LINE, "align": "center", "bold": True}
    return Cell(first, first, label, LABEL), Cell(first + 1, first + 5, value, bold)


def _draw_levels(page: Page, levels: Sequence[Row], scale: str | None) -> None:
    if not levels:
        return
    page.gap(7)
    page.line(Cell(0, page.last, "学习水平", {**HEADING, "font_size": 12}), least=26)
    page.line(*(Cell(first, last, label, HEADER) for label, first, last in _LEVEL_COLUMNS), least=27)
    for row in levels:
        cells = zip(_LEVEL_CODES, _LEVEL_COLUMNS, strict=True)
        page.line(*(Cell(first, last, row[code], CENTRED, most=2) for code, (_, first, last) in cells), least=26)
    if scale:
        page.line(Cell(0, page.last, scale, SMALL), least=16)


def _draw_close(page: Page, head: Row) -> None:
    """The signature of the school, and the part that comes back."""
    page.gap(8)
    teacher = f"班主任：{head.get('homeroom_teacher') or '　　　　　　'}"
    page.line(Cell(0, page.last, teacher, {"align": "right", "font_size": 12, "font_color": INK}), least=20)
    page.gap(14)
    cut = {"align": "center", "font_size": 9, "font_color": MUTED, "top": 3, "top_color": MUTED}
    page.line(Cell(0, page.last, "回执（沿虚线剪下，请孩子带回学校）", cut), least=20)
    page.line(*_field(0, "姓名", head["name"]), *_field(6, "班级", head.get("class_label")), least=25)
    page.line(Cell(0, 1, "家长的话", LABEL), Cell(2, page.last, "", VALUE), least=70)
    page.line(
        Cell(0, 1, "家长签名", LABEL),
        Cell(2, 5, "", VALUE),
        Cell(6, 7, "日期", LABEL),
        Cell(8, page.last, "　　　年　　月　　日", CENTRED),
        least=30,
    )


def _draw_cover(page: Page, slips: Sequence[Slip]) -> None:
    (head,) = allow(SLIPS_TO_PRINT, [slips[0].page], PAGE)
    names = allow(SLIPS_TO_PRINT, [{"name": s.page.get("name")} for s in slips], "register")
    page.line(Cell(0, page.last, PRINT_TITLE, TITLE), least=36)
    about = " ".join(str(head[c]) for c in ("school", "class_label", "term", "made_on") if head.get(c))
    page.line(Cell(0, page.last, about, {"align": "center", "font_color": MUTED}), least=22)
    page.gap(6)
    warning = f"{PRINT_NOTE}\n本文件供班主任打印，里面有多名学生的情况；每一页只交给本人的家长。"
    page.line(Cell(0, page.last, warning, {**CENTRED, "bold": True, "font_size": 12}), least=34)
    page.gap(8)
    columns = (("序号", 0, 0), ("姓名", 1, 4), ("已发", 5, 6), ("回执", 7, 8), ("备注", 9, 11))
    page.line(*(Cell(first, last, label, HEADER) for label, first, last in columns), least=24)
    for number, row in enumerate(names, 1):
        texts = (number, row["name"], "", "", "")
        cells = zip(texts, columns, strict=True)
        page.line(*(Cell(first, last, text, CENTRED) for text, (_, first, last) in cells), least=22)
    page.finish(f"共 {len(slips)} 张。{PRINT_NOTE}")
