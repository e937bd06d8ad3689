"""What a row below a header is when it is no pupil's: a title or repeated line, a blank, a total. Source: spec §3.1."""

from __future__ import annotations

from typing import Any

from xlbangfu.imports import words
from xlbangfu.imports.classes import class_in_text
from xlbangfu.imports.headers import OTHER, SCORE, Cells, Header, cell, text_of
from xlbangfu.programme.scores import ladder_for, read_score
from xlbangfu.workbook.cells import is_blank

HEADING, BLANK_ROW, TOTAL_ROW = "heading", "blank", "total"
_LONGEST_LABEL = 6
_SHORTEST_TITLE = 6  # characters of a title that stands where names do
_TITLE_WORDS = (
    "成绩", "名册", "名单", "花名册", "统计", "一览", "登记", "情况", "汇总", "考试", "学校", "小学", "中学",
)  # fmt: skip


def row_kind(row: Cells, header: Header, identity: frozenset[str] = words.IDENTITY_ROLES) -> str:
    """HEADING, BLANK_ROW or TOTAL_ROW; "" for a row with data."""
    filled = [(n, v) for n, v in enumerate(row, 1) if not is_blank(v)]
    if not filled:
        return BLANK_ROW
    named = {c.number: v for c in header.columns if c.role in identity and not is_blank(v := cell(row, c.number))}
    told = [text_of(v) for v in ([*named.values()] if named else [filled[0][1]])]
    first = text_of(filled[0][1])
    number = header.role("pupil_id")
    if number is not None and words.is_total_text(text_of(cell(row, number.number))):
        return TOTAL_ROW  # 合计 | 45, 制表人 | 某某
    if all(words.is_total_text(text) for text in told) or (not _is_named(named) and words.is_total_text(first)):
        return "" if not named and _is_result(filled[0], header) else TOTAL_ROW
    if len(filled) == 1 and not _is_cell_of_class(filled[0][0], header) and _is_title(first, filled[0][0], header):
        return HEADING
    return HEADING if all(_is_remark(v) for _, v in filled) else ""


def is_lone_text(row: Cells, header: Header) -> bool:
    """A text that stands alone in its row and may be a title: no result, no number of a pupil, too long for a name."""
    filled = [(n, v) for n, v in enumerate(row, 1) if not is_blank(v)]
    if len(filled) != 1:
        return False
    number, text = filled[0][0], text_of(filled[0][1])
    column = next((c for c in header.columns if c.number == number), None)
    if _is_cell_of_class(number, header):
        return False
    if column is None or column.kind == OTHER:
        return bool(text)
    if column.kind == SCORE or column is header.result:
        return False
    return len(text) >= _SHORTEST_TITLE and not text.isascii()


def _is_result(first: tuple[int, Any], header: Header) -> bool:
    """True for 缺考 or 85分 in a column of results: the row is about somebody, though it does not say whom."""
    if first[0] not in {c.number for c in header.scores}:
        return False
    reading = read_score(first[1])
    if isinstance(reading.result, str):
        return ladder_for([reading.result]) is not None
    return not reading.blank


def _is_cell_of_class(number: int, header: Header) -> bool:
    """True for the column 班级 or 年级: what stands there alone is a row without a pupil, and no title."""
    return number in {c.number for c in header.columns if c.role in ("class_name", "grade")}


def _is_remark(value: Any) -> bool:
    """True for 「班级：三年级2班」, 「班主任：某」: a label and what it says in one cell."""
    label, colon, _ = text_of(value).partition(":")
    return bool(colon) and 1 < len(label) <= _LONGEST_LABEL


def _is_named(named: dict[int, Any]) -> bool:
    return any(not words.is_total_text(text_of(v)) for v in named.values())


def _is_title(text: str, number: int, header: Header) -> bool:
    """True for a line of its own such as 「三年级2班期中成绩表」; a lone name under 姓名 is no title."""
    if class_in_text(text):
        return True
    name = header.role("name")
    if name is not None and name.number == number and len(text) < _SHORTEST_TITLE:
        return False
    return any(word in text for word in _TITLE_WORDS)


def names_a_post(row: Cells, header: Header) -> bool:
    """True for 「班主任」 in the column 学科 of a teaching table: who has the post, and no signature below a table."""
    column = header.role("subject")
    return column is not None and words.role_of(text_of(cell(row, column.number))) is not None
