"""What a cell accepts and what it says when selected: data validation, derived from the schema.

Dropdowns refuse other words; names and subjects only warn, since a new pupil may be typed before the roster is.
The check of the whole workbook stays with 检查数据: a pasted cell passes no validation.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from xlbangfu.schema import ROSTER, SCORE_HINT, TEACHING, Column, Kind, Setting, Sheet, Writer
from xlbangfu.workbook.template.looks import WRITER_WORDS
from xlbangfu.workbook.template.ranges import ROSTER_NAMES, SUBJECT_NAMES

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
_NAME_CODES = ("name", "tutee", "tutor")
_MESSAGE_LIMIT = 255  # Excel refuses longer input messages
_WIDEST = 10**6

Rule = dict[str, Any]


def column_rule(sheet: Sheet, column: Column) -> Rule:
    """The validation of one column, in XlsxWriter's words: kind of check, input message, error message."""
    rule = _check(column, sheet)
    rule.update(_message(column.label, column_message(sheet, column)))
    return rule


def column_message(sheet: Sheet, column: Column) -> str:
    """What a teacher reads on selecting a cell of the column."""
    writer = Writer.OFFICE if sheet.writer is Writer.OFFICE else column.writer
    if writer is not Writer.TEACHER and writer is not Writer.DRAFT:
        return WRITER_WORDS[writer]
    parts = [column.hint, _unit(column), _several(column)]
    if not any(parts):
        parts = [_expected(column)]
    if writer is Writer.DRAFT:
        parts.append("程序起草，可以修改。")
    return "".join(part for part in parts if part)


def score_rule(subject: str) -> Rule:
    """A cell of a subject's column in 成绩: anything goes in, 检查数据 lists what cannot be read."""
    return {"validate": "any", **_message(subject, SCORE_HINT)}


def setting_rule(row: Setting) -> Rule:
    """The validation of the value cell of one row of 设置."""
    rule = _check(Column(row.label, row.code, row.kind, choices=row.choices, low=row.low, high=row.high))
    rule.update(_message(row.label, row.note or _expected_of(row.kind)))
    return rule


def header_rule(sheet: Sheet) -> Rule:
    """The note on the sheet's first header cell: what the sheet is for."""
    return {"validate": "any", **_message(sheet.label, sheet.about)}


def _check(column: Column, sheet: Sheet | None = None) -> Rule:
    if sheet is not None and column.code in _NAME_CODES and sheet is not ROSTER:
        return _listed(f"={ROSTER_NAMES}", "名册里没有这个姓名。确定要这样填吗？", strict=False)
    if sheet is not None and column.code == "subject" and sheet is not TEACHING:
        return _listed(f"={SUBJECT_NAMES}", "“任课”表里没有这个学科。确定要这样填吗？", strict=False)
    if column.kind is Kind.CHOICE:
        return _listed(list(column.choices), f"请从下拉框选择：{'、'.join(column.choices)}。", strict=True)
    if column.kind is Kind.TEXT and column.choices:
        return _listed(list(column.choices), "下拉框里没有这一项。确定要这样填吗？", strict=False)
    if column.kind is Kind.DATE:
        return {
            "validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY,
            **_refusal("请填写日期，例如 2026-09-01。"),
        }  # fmt: skip
    if column.kind in (Kind.INTEGER, Kind.NUMBER, Kind.SHARE):
        return _number(column)
    return {"validate": "any"}


def _number(column: Column) -> Rule:
    if column.kind is Kind.SHARE:
        return _between("decimal", 0, 1, "请填 0 到 1 之间的比例，例如 20% 或 0.2。")
    whole = "integer" if column.kind is Kind.INTEGER else "decimal"
    word = "整数" if column.kind is Kind.INTEGER else "数"
    low = -_WIDEST if column.low is None else column.low
    high = _WIDEST if column.high is None else column.high
    if column.high is not None:
        return _between(whole, low, high, f"请填 {low} 到 {high} 的{word}。")
    if column.low is not None:
        return _between(whole, low, high, f"请填不小于 {low} 的{word}。")
    return _between(whole, low, high, f"请填{word}。")


def _between(kind: str, low: int, high: int, sentence: str) -> Rule:
    return {"validate": kind, "criteria": "between", "minimum": low, "maximum": high, **_refusal(sentence)}


def _listed(source: str | list[str], sentence: str, strict: bool) -> Rule:
    kind = "stop" if strict else "warning"
    return {"validate": "list", "source": source, "error_type": kind, **_refusal(sentence)}


def _refusal(sentence: str) -> Rule:
    return {"error_title": "请检查填写", "error_message": sentence[:_MESSAGE_LIMIT]}


def _message(title: str, text: str) -> Rule:
    return {"input_title": title, "input_message": text[:_MESSAGE_LIMIT]} if text else {}


def _unit(column: Column) -> str:
    return f"单位：{column.unit}。" if column.unit else ""


def _several(column: Column) -> str:
    return f"可填：{'、'.join(column.choices)}。" if column.kind is Kind.CHOICES else ""


def _expected(column: Column) -> str:
    return "从下拉框选择。" if column.kind is Kind.CHOICE else _expected_of(column.kind)


def _expected_of(kind: Kind) -> str:
    return {
        Kind.DATE: "填日期，例如 2026-09-01。",
        Kind.SHARE: "填比例，例如 20%。",
        Kind.CHOICE: "从下拉框选择。",
    }.get(kind, "")
