"""The live figures of 首页 as formulas, each with the value it has in an empty workbook.

Only functions that Excel 2010, WPS and LibreOffice 7 share, on plain ranges; no array entry is needed, since
SUMPRODUCT evaluates its arguments as arrays. 学号 are compared as text through MATCH: COUNTIF would turn them
into numbers and see two 18-digit 学籍号 with equal beginnings as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xlbangfu import schema
from xlbangfu.schema import CASELOAD, CONVERSION_STATS, ISSUES, SESSIONS, TEACHING
from xlbangfu.workbook.template.ranges import (
    CASELOAD_LAST,
    MAX_SUBJECTS,
    column_range,
    setting_text,
    setting_value,
)

Value = str | int | float
DEFAULT_GAP_DAYS = 14
SMALL_BASE = 5


@dataclass(frozen=True)
class Figure:
    """A formula and its value in an empty workbook (what a host shows that does not recalculate on opening)."""

    formula: str
    empty: Value


def title() -> Figure:
    """The workbook's title with the school's name once it is known."""
    school = setting_text("school")
    return Figure(f'=IF({school}="","学困生帮扶工作簿",{school}&"　学困生帮扶工作簿")', "学困生帮扶工作簿")


def info() -> Figure:
    """Class, homeroom teacher, term and policy; before 设置 is filled in, what to do first."""
    grade, class_name, term = (setting_text(c) for c in ("grade", "class_name", "term"))
    missing = "先在“设置”里填写学校、学期、年级和班级（点这里前往）"
    line = (
        f'{grade}&{class_name}&"　　班主任 "&{setting_text("homeroom_teacher")}&"　　学期 "&{term}'
        f'&"　　制度 "&{setting_text("policy")}'
    )
    return Figure(f'=IF(OR({grade}="",{class_name}="",{term}=""),"{missing}",{line})', missing)


def listed() -> Figure:
    """Rows of 学困生 that still qualify."""
    ids, standing = _caseload("pupil_id"), _caseload("standing")
    return Figure(f'=SUMPRODUCT(({ids}<>"")*({standing}<>"{schema.NO_LONGER}"))', 0)


def confirmed() -> Figure:
    """Of these, rows that a teacher has confirmed."""
    return Figure(f"=SUMPRODUCT({_open_rows()})", 0)


def sessions_this_month() -> Figure:
    """Rows of 辅导记录 dated in the current month."""
    days = column_range(SESSIONS, "date")
    first = "DATE(YEAR(TODAY()),MONTH(TODAY()),1)"
    following = "DATE(YEAR(TODAY()),MONTH(TODAY())+1,1)"
    return Figure(f'=COUNTIFS({days},">="&{first},{days},"<"&{following})', 0)


def long_without_session() -> Figure:
    """Confirmed pupils (each counted once) with no session within 最长辅导间隔天数, by 学号 or, without one, by name."""
    key, name, flag = _caseload("pupil_id"), _caseload("name"), f"({_open_rows()})"
    recent = f"ISNUMBER({_session('date')})*({_session('date')}>=TODAY()-{gap_days()})"
    by_id = f'ISNA(MATCH({key}&"|1",{_session("pupil_id")}&"|"&{recent},0))'
    nameless = f'{recent}*({_session("pupil_id")}="")'
    by_name = f'ISNA(MATCH({name}&"|1",{_session("name")}&"|"&{nameless},0))'
    first_row = f'(MATCH({key}&"|"&{flag},{key}&"|"&{flag},0)=ROW({key})-1)'
    return Figure(f"=SUMPRODUCT({flag}*{first_row}*{by_id}*{by_name})", 0)


def gap_days() -> str:
    """Formula text: 最长辅导间隔天数, 14 where it is blank."""
    value = setting_value("max_gap_days")
    return f"IFERROR(IF(N({value})>0,{value},{DEFAULT_GAP_DAYS}),{DEFAULT_GAP_DAYS})"


def gap_label() -> Figure:
    """The figure's name with the number of days in force."""
    return Figure(f'={gap_days()}&"天无辅导(人)"', f"{DEFAULT_GAP_DAYS}天无辅导(人)")


def issues() -> Figure:
    """How many rows of each level stand in 数据问题."""
    levels = column_range(ISSUES, "level")
    count = {level: f'COUNTIF({levels},"{level}")' for level in schema.ISSUE_LEVELS}
    text = f'"数据问题：错误 "&{count[schema.ERROR]}&" 个，提醒 "&{count[schema.REMINDER]}&" 个（点这里查看）"'
    return Figure(
        f'=IF({"+".join(count.values())}=0,"数据问题：没有",{text})',
        "数据问题：没有",
    )


def phase_row(phase: str) -> tuple[Figure, ...]:
    """One phase: 基数, 已转化, 转化率, 预期, 目标, and how many subjects met it, all from 转化统计."""
    phases = _stats("phase")
    base = f'SUMIFS({_stats("base")},{phases},"{phase}")'
    converted = f'SUMIFS({_stats("converted")},{phases},"{phase}")'
    known = f'({phases}="{phase}")*ISNUMBER({_stats("expected")})*ISNUMBER({_stats("base")})'
    known_base = f'SUMIFS({_stats("base")},{phases},"{phase}",{_stats("expected")},">=0")'
    expected = f"SUMPRODUCT({known},{_stats('expected')},{_stats('base')})"
    target = setting_value("midterm_target" if phase == schema.MIDTERM else "final_target")
    own_target = f'IFERROR(IF(N({target})>0,{target},"—"),"—")'
    met, judged = (f'COUNTIFS({phases},"{phase}",{_stats("met")},"{word}")' for word in (schema.YES, schema.NO))
    return (
        Figure(f'=IF({base}=0,"—",{base})', "—"),
        Figure(f'=IF({base}=0,"—",{converted})', "—"),
        Figure(f'=IF({base}=0,"—",{converted}/{base})', "—"),
        Figure(f'=IF({known_base}=0,"—",{expected}/{known_base})', "—"),
        Figure(f'=IFERROR(AVERAGEIFS({_stats("target")},{phases},"{phase}"),{own_target})', "—"),
        Figure(f'=IF({met}+{judged}=0,"—",{met}&" / "&({met}+{judged}))', "—"),
    )


def rate_note() -> Figure:
    """What has to be said beside the rates: small numbers, and rates of two kinds of reference in one sum."""
    base = _stats("base")
    kinds = "*".join(f'(COUNTIF({_stats("reference")},"{r}")>0)' for r in schema.REFERENCES)
    small = f'IF(SUMPRODUCT(ISNUMBER({base})*({base}>0)*({base}<{SMALL_BASE}))>0,"部分学科人数少，仅供参考。","")'
    mixed = f'IF({kinds}>0,"各科参照（年级、本班）不同，合计仅供参考。","")'
    waiting = "冻结名单并计算转化率后，这里显示各阶段结果。"
    return Figure(f'=IF(COUNT({base})=0,"{waiting}",{small}&{mixed}&"明细见“转化统计”。")', waiting)


def chart_hint() -> Figure:
    """The line above the chart: how to read it, or what to do while there is nothing to see."""
    empty = "还没有名单：登记成绩后，点“识别学困生”。"
    return Figure(f'=IF({listed().formula[1:]}=0,"{empty}","各学科名单人数（已确认、待确认）")', empty)


def spread_place(slot: int, subjects: int) -> int:
    """Which of n `subjects` (from 1) stands in place `slot` (1 to 12) of a chart, spread evenly; 0 for none.

    The k-th of n falls on place ⌊12(k − ½)/n⌋ + 1; in whole numbers, so that the sheet computes the same.

    >>> [spread_place(slot, 3) for slot in range(1, 13)]
    [0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0]
    """
    k = (2 * subjects * (slot - 1) + 35) // 24
    return k if subjects and 24 * k < 2 * subjects * slot + 12 else 0


def spread_subject(slot: int, subjects: str, total: str = "", present: Sequence[str] = ()) -> Figure:
    """The subject in place `slot` of a chart, by `spread_place`.

    subjects: absolute range of the subject cells, without gaps; total: a last row that is no subject;
    present: the subjects that stand there in a new workbook.
    """
    n = f'SUMPRODUCT(({subjects}<>"")*({subjects}<>"{total}"))'
    k = f"INT((2*{n}*{slot - 1}+35)/24)"
    place = spread_place(slot, len(present))
    return Figure(
        f'=IF({n}=0,"",IF(24*{k}<2*{n}*{slot}+12,INDEX({subjects},{k})&"",""))',
        present[place - 1] if place else "",
    )


def first_subjects() -> str:
    """The cells of 任课 that name the subjects of the chart."""
    return column_range(TEACHING, "subject", MAX_SUBJECTS + 1)


def listed_in(subject_cell: str, decision: str) -> Figure:
    """Rows of 学困生 of the subject in `subject_cell` with that 确认; 0 for a blank cell."""
    rows = f'({_caseload("subject")}={subject_cell})*({_caseload("standing")}<>"{schema.NO_LONGER}")'
    return Figure(f'=IF({subject_cell}="",0,SUMPRODUCT({rows}*({_caseload("confirmed")}="{decision}")))', 0)


def _open_rows() -> str:
    return (
        f'({_caseload("pupil_id")}<>"")*({_caseload("confirmed")}="{schema.YES}")'
        f'*({_caseload("standing")}<>"{schema.NO_LONGER}")'
    )


def _caseload(code: str) -> str:
    return column_range(CASELOAD, code, CASELOAD_LAST)


def _session(code: str) -> str:
    return column_range(SESSIONS, code)


def _stats(code: str) -> str:
    return column_range(CONVERSION_STATS, code, 100)
