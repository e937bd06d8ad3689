"""档案卡: one A4 page per supported pupil, for the homeroom teacher. Source: spec §7, §3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from xlbangfu.documents.pages import CENTRED, HEADER, HEADING, LABEL, TITLE, VALUE, Cell, Page, Paper, words
from xlbangfu.documents.privacy import CARDS, PAGE, allow
from xlbangfu.programme.cards import Card
from xlbangfu.programme.numbers import plain
from xlbangfu.table import Row
from xlbangfu.workbook.template.looks import MUTED

CARD_TITLE = "学生帮扶档案卡"
KEEP = "内部资料，由班主任保管，勿张贴、勿外传"
NONE_YET = "（暂无）"
_WIDTHS = (56,) * 12
_POINTS = 9
_SMALL_WRAP = {"font_size": 8.5}
Columns = tuple[tuple[str, int, int], ...]  # header, first and last column

_MARKS: Columns = (
    ("学科", 0, 0),
    ("类型", 1, 1),
    ("基线", 2, 3),
    ("期中", 4, 6),
    ("期末", 7, 9),
    ("趋势", 10, 10),
    ("兴趣", 11, 11),
)
_PLAN: Columns = (
    ("学科", 0, 0),
    ("目标", 1, 2),
    ("措施", 3, 7),
    ("责任人", 8, 8),
    ("频次", 9, 9),
    ("起止", 10, 10),
    ("状态", 11, 11),
)
_PAIRS: Columns = (("学科", 0, 2), ("形式", 3, 5), ("结对人", 6, 8), ("状态", 9, 11))
_SESSIONS: Columns = (
    ("日期", 0, 1),
    ("学科", 2, 2),
    ("形式", 3, 4),
    ("分钟", 5, 5),
    ("辅导人", 6, 6),
    ("内容", 7, 10),
    ("效果", 11, 11),
)


def card_file(cards: Sequence[Card], made_on: date) -> bytes:
    """The .xlsx, one page per card. At least one."""
    paper = Paper(CARD_TITLE, made_on)
    for number, card in enumerate(cards, 1):
        _draw(paper, number, card)
    return paper.close()


def _draw(paper: Paper, number: int, card: Card) -> None:
    (head,) = allow(CARDS, [card.page], PAGE)
    (portrait,) = allow(CARDS, [card.portrait], "portrait")
    page = paper.page(f"{number}_{head.get('name')}", _WIDTHS, points=_POINTS)
    _draw_head(page, head)
    _draw_portrait(page, portrait)
    _block(page, "学业情况（成绩 / 标准分 / 状态）", _MARKS, map(_marks_texts, allow(CARDS, card.marks, "marks")))
    _block(page, "帮扶计划", _PLAN, _plan_texts(allow(CARDS, card.plan, "plan")), most=3)
    pairs = allow(CARDS, card.pairs, "pairs")
    _block(page, "结对", _PAIRS, ([r.get(c) for c in ("subject", "form", "tutor", "state")] for r in pairs))
    sessions = allow(CARDS, card.sessions, "sessions")
    title = f"辅导记录：{_dosage_words(allow(CARDS, card.dosage, 'dosage'))}"
    _block(page, title, _SESSIONS, map(_session_texts, sessions))
    _draw_signatures(page)
    page.finish(KEEP)


def _draw_head(page: Page, head: Row) -> None:
    about = " ".join(str(head[c]) for c in ("school", "class_label", "term") if head.get(c))
    page.line(Cell(0, page.last, about, {"align": "center", "font_color": MUTED, "font_size": 10}), least=18)
    page.line(Cell(0, page.last, CARD_TITLE, TITLE), least=34)
    _fields(page, ("姓名", head.get("name")), ("学号", head.get("pupil_id")), ("性别", head.get("gender")))
    _fields(
        page, ("班主任", head.get("homeroom_teacher")), ("座位", head.get("seat")), ("打印日期", head.get("made_on"))
    )
    _fields(
        page,
        ("建档人", head.get("created_by")),
        ("建档日期", head.get("created_on")),
        ("班级", head.get("class_label")),
    )


def _fields(page: Page, *pairs: tuple[str, object]) -> None:
    cells = []
    for place, (label, value) in enumerate(pairs):
        first = place * 4
        cells += [Cell(first, first, label, LABEL), Cell(first + 1, first + 3, value, {**CENTRED, "text_wrap": False})]
    page.line(*cells, least=19)


def _draw_portrait(page: Page, portrait: Row) -> None:
    labels = {
        "causes": "困难原因",
        "strengths": "优势",
        "interests": "兴趣爱好",
        "attitude": "学习态度",
        "methods": "学习方法",
    }
    for code, label in labels.items():
        page.line(Cell(0, 1, label, LABEL), Cell(2, page.last, portrait.get(code), VALUE, most=2), least=18)


def _block(page: Page, title: str, columns: Columns, rows: Iterable[Sequence[object]], most: int = 2) -> None:
    page.gap(4)
    page.line(Cell(0, page.last, title, {**HEADING, "font_size": 10, "text_wrap": True}, most=2), least=17)
    page.line(*(Cell(first, last, label, HEADER) for label, first, last in columns), least=17)
    drawn = 0
    for texts in rows:
        cells = [
            Cell(first, last, text, _look(last - first), most=most)
            for text, (_, first, last) in zip(texts, columns, strict=True)
        ]
        page.line(*cells, least=17)
        drawn += 1
    if not drawn:
        page.line(Cell(0, page.last, NONE_YET, {**CENTRED, "font_color": MUTED}), least=17)


def _look(span: int) -> dict[str, Any]:
    """Long texts stand to the left, short ones in the middle."""
    return {**(VALUE if span >= 3 else CENTRED), **_SMALL_WRAP}


def _marks_texts(row: Row) -> list[object]:
    interest = [words(row.get(c)) for c in ("interest_before", "interest_after") if row.get(c) is not None]
    points = [_result(row, code) for code in ("baseline", "midterm", "final")]
    return [row.get("subject"), row.get("case_type"), *points, row.get("trend"), "→".join(interest)]


def _result(row: Row, code: str) -> str:
    """「58 / -1.23 / 未转化」, with what there is of it."""
    mark, z, state = row.get(code), row.get(f"{code}_z"), row.get(f"{code}_state")
    return " / ".join(part for part in (words(mark), plain(z) if z is not None else "", words(state)) if part)


def _plan_texts(rows: Sequence[Row]) -> Iterator[list[object]]:
    """One line per measure; a target that the line above has already is 同上."""
    above: object = None
    for row in rows:
        goal = (row.get("subject"), row.get("goal"))
        days = [_short(row[c]) for c in ("starts", "ends") if row.get(c)]
        measure = words(row.get("measure"))
        if row.get("adjustment"):
            measure += f"（调整：{words(row['adjustment'])}）"
        per_week = row.get("per_week")
        yield [
            row.get("subject"),
            "同上" if goal == above and goal[1] else goal[1],
            measure,
            row.get("responsible"),
            "" if per_week is None else f"{plain(Fraction(per_week))} 次/周",
            "\n".join(days),
            row.get("state"),
        ]
        above = goal


def _short(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _dosage_words(rows: Sequence[Row]) -> str:
    if not rows:
        return "本学期还没有"
    sessions, minutes = (sum(r[c] for r in rows) for c in ("sessions", "minutes"))
    told = "、".join(f"{r['form']} {r['sessions']} 次" for r in rows)
    return f"本学期共 {sessions} 次、{minutes} 分钟（{told}），最近几次："


def _session_texts(row: Row) -> list[object]:
    return [row.get(c) for c in ("date", "subject", "form", "minutes", "by", "content", "effect")]


def _draw_signatures(page: Page) -> None:
    page.gap(8)
    cells = []
    for place, label in enumerate(("班主任", "任课教师", "教务处")):
        first = place * 4
        cells += [Cell(first, first, label, LABEL), Cell(first + 1, first + 3, "", VALUE)]
    page.line(*cells, least=28)
