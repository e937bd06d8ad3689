"""The text of a 中期总结 or 期末总结: what came of it, what was done, pupil by pupil, what is lacking, what is next.

For the office: names are allowed, ranks and marks never stand in it. Source: spec §3 (书面总结), §4.4, §7.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from xlbangfu import schema
from xlbangfu.programme.numbers import plain
from xlbangfu.programme.plans import CLOSED
from xlbangfu.programme.written_facts import Course
from xlbangfu.programme.written_result import result_lines
from xlbangfu.programme.written_words import people, short_measure, span, tally
from xlbangfu.schema import ABSENT, CONVERTED, MIDTERM, NOT_CONVERTED
from xlbangfu.table import Row

_DOWN = (schema.DOWN, schema.RELIABLE_DOWN)
_SHOWN_MEASURES, _NAMED = 6, 8  # more pupils than that are named by the first three and their number


def summary_text(course: Course, phase: str, stat: Row) -> str:
    """The draft for that phase, paragraphs separated by line breaks.

    stat: the subject's row of 转化统计 at the phase. Source: spec §3, §4.4.
    """
    return "\n".join(
        [
            "一、转化结果",
            *result_lines(course, phase, stat),
            "二、所做的工作",
            *_work(course, phase),
            "三、每名学生的情况",
            *_pupils(course, phase),
            "四、存在的问题",
            *_lacking(course, phase, stat),
            "五、下一步",
            *_next_steps(course, phase),
        ]
    )


# ---- 所做的工作 ----------------------------------------------------------------------------------------


def _work(course: Course, phase: str) -> list[str]:
    lines = [_sessions(course, phase), _together(course)]
    held = tally((r["category"] for r in course.activities(phase)), "次", schema.ACTIVITIES)
    lines.append(f"班级活动：{held}。" if held else "没有登记班级活动。")
    if interest := _interest(course, phase):
        lines.append(interest)
    return lines


def _until(course: Course, phase: str) -> str:
    day = course.room.day(phase)
    return f"开学到{phase}（{day.month}月{day.day}日）" if day else f"开学到{phase}"


def _sessions(course: Course, phase: str) -> str:
    held = course.sessions(phase)
    rows = [r for own in held.values() for r in own]
    if not rows:
        return f"{_until(course, phase)}没有登记辅导。"
    text = f"{_until(course, phase)}共辅导 {len(rows)} 人次{_minutes(rows)}"
    if len(held) > 1:
        reached = [len(own) for own in held.values() if own]
        text += f"，平均每人 {plain(Fraction(len(rows), len(held)), 1)} 次；"
        text += f"{len(held)} 人中 {len(reached)} 人有辅导记录，每人 {span(reached, '次')}"
    text += "。"
    if forms := tally((r.get("form") for r in rows), "次", schema.SESSION_FORMS):
        text += f"形式：{forms}。"
    if staff := tally((r.get("staff") for r in rows), "次", schema.SESSION_STAFF):
        text += f"辅导人：{staff}。"
    return text


def _minutes(rows: Sequence[Row]) -> str:
    minutes = sum(r.get("minutes") or 0 for r in rows)
    return f"、{minutes} 分钟" if minutes else ""


def _together(course: Course) -> str:
    pairs = course.pairs
    forms = tally((r.get("form") for r in pairs), "对", schema.PAIR_FORMS)
    groups = len({r["group_id"] for r in course.records.groups if r.get("group_id")})
    paired = f"结对 {len(pairs)} 对{f'（{forms}）' if forms else ''}" if pairs else "没有确认的结对"
    return f"{paired}；{f'全班互助小组 {groups} 个' if groups else '没有编互助小组'}。"


def _interest(course: Course, phase: str) -> str:
    rows = [r for p, r in course.progress(phase).items() if p in course.types]
    both = [
        (Fraction(r["interest_before"]), Fraction(r["interest_after"]))
        for r in rows
        if r.get("interest_before") is not None and r.get("interest_after") is not None
    ]
    if not both:
        return ""
    before, after = (plain(sum(side, Fraction(0)) / len(both), 1) for side in zip(*both, strict=True))
    return (
        f"学习兴趣（主动性、兴趣、参与度平均，5 分最好）前后都评过的 {len(both)} 人，平均由 {before} 分到 {after} 分。"
    )


# ---- 每名学生的情况 ------------------------------------------------------------------------------------


def _pupils(course: Course, phase: str) -> list[str]:
    """One line per pupil in 学号 order, which says nothing about who is better."""
    held, trends, goals = course.sessions(phase), course.trends(phase), course.goals(phase)
    lines = []
    for pupil in course.pupils:
        done = f"辅导 {len(held[pupil])} 次{_minutes(held[pupil])}" if held[pupil] else "没有辅导记录"
        change = f"目标{goals[pupil]}" if course.by_process(phase) and pupil in goals else trends.get(pupil)
        lines.append(
            f"{course.name_of(pupil)}：{'，'.join(w for w in (_state(course, pupil, phase), change) if w)}；{done}。"
        )
    if course.added:
        lines.append(f"名单冻结后新增 {len(course.added)} 人：{course.names(course.added)}，同样帮扶，不计入转化率。")
    if trends and not course.by_process(phase):
        lines.append("上升、持平、下降是与基线相比的方向；“可靠进步”“可靠退步”指变化超出了测量误差。")
    return lines


def _state(course: Course, pupil: str, phase: str) -> str | None:
    if course.types[pupil] == schema.WATCH:
        return "关注对象"
    state = course.state(pupil, phase)
    return course.absent_word(phase) if state == ABSENT else state


# ---- 存在的问题, 下一步 --------------------------------------------------------------------------------


def _lacking(course: Course, phase: str, stat: Row) -> list[str]:
    trends, held = course.trends(phase), course.sessions(phase)
    staying = [p for p in course.pupils if course.state(p, phase) != schema.TRANSFERRED]
    open_cases = [*course.in_state(NOT_CONVERTED, phase), *course.in_state(ABSENT, phase)]
    found = (
        ("没有辅导记录的", [p for p in staying if not held[p]], len(staying)),
        (f"最近一次辅导离{phase}超过 {_gap_days(course)} 天的", _long_ago(course, phase, staying), _NAMED),
        (f"{course.absent_word(phase)}的", course.in_state(ABSENT, phase), _NAMED),
        ("成绩下降的", [p for p in staying if trends.get(p) in _DOWN and not course.by_process(phase)], _NAMED),
        ("没有帮扶计划的", [p for p in staying if p not in course.plans], _NAMED),
        ("没有转化、计划还没有调整的", course.unadjusted(open_cases), _NAMED),
    )
    lines = [f"{what} {people([course.name_of(p) for p in who], most)}。" for what, who, most in found if who]
    if stat.get("met") == schema.NO:
        lines.insert(0, "转化率没有达到目标。")
    return lines or ["从记录看，辅导、评价和计划都没有缺漏。"]


def _gap_days(course: Course) -> int:
    days: int = course.room.settings.get("max_gap_days") or course.room.policy.max_gap_days
    return days


def _long_ago(course: Course, phase: str, pupils: Sequence[str]) -> list[str]:
    day = course.room.day(phase)
    if day is None:
        return []
    held = course.sessions(phase)
    last: dict[str, date] = {
        p: max((r["date"] for r in held[p] if r.get("date")), default=day) for p in pupils if held[p]
    }
    return [p for p in pupils if p in last and (day - last[p]).days > _gap_days(course)]


def _next_steps(course: Course, phase: str) -> list[str]:
    held = course.sessions(phase)
    unhelped = [p for p in course.pupils if not held[p] and course.state(p, phase) != schema.TRANSFERRED]
    rest, absent = course.in_state(NOT_CONVERTED, phase), course.in_state(ABSENT, phase)
    lines = [_carry_on(course, rest, phase)] if rest else []
    if done := course.in_state(CONVERTED, phase):
        keep = (
            "保留结对，辅导可以减少但不停，防止回落，期末再看" if phase == MIDTERM else "下学期开学再看一次，防止回落"
        )
        lines.append(f"已转化的 {len(done)} 人：{keep}。")
    if absent:
        lines.append(f"{course.absent_word(phase)}的 {len(absent)} 人：补评一次，了解现在的水平。")
    if unhelped and phase == MIDTERM:
        lines.append(f"没有辅导记录的 {len(unhelped)} 人：两周内各安排一次辅导。")
    return lines or ["继续关心名单上的学生。"]


def _carry_on(course: Course, pupils: Sequence[str], phase: str) -> str:
    """What the open plans still hold for those who have not got there, what most of them have first."""
    rows = course.measures(pupils, without=CLOSED)
    measures = [name for name, _ in Counter(short_measure(r) for r in rows).most_common()]
    more = "等" if len(measures) > _SHOWN_MEASURES else ""
    named = f"{'、'.join(measures[:_SHOWN_MEASURES])}{more}"
    who = f"未转化的 {len(pupils)} 人："
    if phase == MIDTERM:
        return who + (f"看原有措施（{named}）哪些有效，调整计划。" if measures else "重新写明措施，调整计划。")
    carried = f"，沿用{named}" if measures else ""
    return f"{who}建议下学期重新识别，确认继续帮扶的写明新的措施{carried}。"
