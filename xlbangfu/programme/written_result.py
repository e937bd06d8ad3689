"""The 转化结果 of a written summary: the rate with everything that has to stand beside it. Source: spec §4.4."""

from __future__ import annotations

from xlbangfu import schema
from xlbangfu.programme.conversion import SMALL_BASE
from xlbangfu.programme.numbers import percent
from xlbangfu.programme.rules import describe_exit
from xlbangfu.programme.written_facts import Course
from xlbangfu.programme.written_words import chance, on_day, rate_words, signed_points
from xlbangfu.schema import CONVERTED, FINAL, MIDTERM, NOT_CONVERTED
from xlbangfu.table import Row

_OUTSIDE = (("转出", "transferred"), ("新增", "added"))
_EXPECTED = "预期自然转化率"
_SAID_ELSEWHERE = ("人数少", "未设目标", _EXPECTED, "名单上没有人")  # parts of 说明 that the text says itself


def result_lines(course: Course, phase: str, stat: Row) -> list[str]:
    """The paragraphs under 转化结果. stat: the subject's row of 转化统计 at the phase. Source: spec §4.4."""
    lines = [_standard(course, phase), _counts(course, phase, stat)]
    if stat.get("base"):
        lines.append(f"转化率 {rate_words(stat)}。{_against_target(stat)}")
        lines += _honest(stat)
    if phase == FINAL and (before := course.stat(MIDTERM)) is not None and before.get("base"):
        lines.append(f"期中时的转化率 {rate_words(before)}。")
    return lines


def _standard(course: Course, phase: str) -> str:
    day = course.room.day(phase)
    when = f"（{on_day(day)}）" if day else ""
    if course.by_process(phase):
        return f"{phase}{when}按过程评价，“目标达成”为“达成”或“超额”的算转化。"
    return f"{phase}{when}依据“{course.room.exam(phase)}”的成绩，转化的标准是{describe_exit(course.room.policy.exit)}。"


def _counts(course: Course, phase: str, stat: Row) -> str:
    outside = [f"{word} {stat[code]} 人" for word, code in _OUTSIDE if stat.get(code)]
    if course.watched:
        outside.append(f"关注 {len(course.watched)} 人")
    beside = f"基数之外：{'、'.join(outside)}。" if outside else ""
    notes = [n for n in (stat.get("note") or "").split("；") if n and not any(word in n for word in _SAID_ELSEWHERE)]
    remarks = f"说明：{'；'.join(notes)}。" if notes else ""
    if not stat.get("base"):
        return f"没有可以计算转化率的学生，转化率不适用。{beside}{remarks}"
    parts = [f"{CONVERTED} {stat.get('converted') or 0} 人", f"{NOT_CONVERTED} {stat.get('not_converted') or 0} 人"]
    if stat.get("absent"):
        parts.append(f"{course.absent_word(phase)} {stat['absent']} 人（计入基数）")
    return f"名单上计入基数的 {stat['base']} 人：{'、'.join(parts)}。{beside}{remarks}"


def _against_target(stat: Row) -> str:
    target = stat.get("target")
    if target is None:
        return "学校没有定这一阶段的转化目标。"
    met = {schema.YES: "，达到目标", schema.NO: "，没有达到目标"}.get(stat.get("met") or "", "")
    return f"目标是 {percent(target)}{met}。"


def _honest(stat: Row) -> list[str]:
    """What chance and regression to the mean have in it; a rate alone would be taken for the effect of support."""
    small = "人数少，仅供参考。" if stat["base"] < SMALL_BASE else ""
    caution = "低分学生有一部分本来就会回升，转化率不能全算成帮扶的成效"
    if stat.get("expected") is None:
        reason = next((n for n in (stat.get("note") or "").split("；") if _EXPECTED in n), f"没有{_EXPECTED}")
        return [f"{reason}，也没有净转化率和偶然达标概率。", f"{small}{caution}。"]
    words = f"不做任何帮扶也会转化的比例（{_EXPECTED}）估计为 {percent(stat['expected'])}"
    if stat.get("net") is not None:
        words += f"，净转化率 {signed_points(stat['net'])}"
    if stat.get("luck") is not None:
        words += f"；没有任何作用也能达到目标的概率（偶然达标概率）是 {chance(stat['luck'])}"
    return [f"{words}。", f"{small}{caution}；一个班的净转化率也只是线索，不是结论。"]
