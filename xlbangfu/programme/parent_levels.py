"""What parents see of results: levels in words and how far their child came, never a mark or a place.

Source: spec §7, §4.4 (RCI).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.classroom import BASELINE, POINTS, Classroom
from xlbangfu.programme.conversion import latest_goals
from xlbangfu.programme.norms import TOLERANCE
from xlbangfu.programme.numbers import percent
from xlbangfu.programme.progress import LEVEL_WITHIN_SD, trend
from xlbangfu.schema import CLASS_REFERENCE, GRADE_REFERENCE, PHASES
from xlbangfu.table import Row

NEAR_SD = 0.5  # spec §7
NOTHING = "—"
ABSENCE_WORDS = {schema.ABSENT: "未参加", schema.EXEMPT: "免考", schema.DEFERRED: "缓考"}
GOAL_WORDS = dict(zip(schema.GOAL_LEVELS, ("正在努力", "基本达到目标", "达到目标", "超出目标"), strict=True))
GROWTH_WORDS = {
    schema.RELIABLE_UP: "进步明显",
    schema.UP: "有进步",
    schema.LEVEL: "保持平稳",
    schema.DOWN: "有些起伏",
    schema.RELIABLE_DOWN: "有些起伏",
}


def band(result: Fraction, full_points: Fraction, bands: Sequence[tuple[str, Fraction]] = rules.BANDS) -> str:
    """The level of a mark by its share of 满分. bands: name and least share, high to low, the last at 0.

    >>> band(Fraction(85), Fraction(100)), band(Fraction(1699, 20), Fraction(100))
    ('优', '良')
    """
    return next((name for name, least in bands if result >= least * full_points), bands[-1][0])


def near_average(z: float, reference: str) -> str:
    """高于/接近/低于 the average of that reference group; |z| up to 0.5 is near.

    >>> near_average(0.5, "年级"), near_average(-0.6, "本班")
    ('接近年级平均', '低于本班平均')
    """
    word = "接近" if abs(z) <= NEAR_SD + TOLERANCE else "高于" if z > 0 else "低于"
    return f"{word}{reference}平均"


def shown_level(room: Classroom, exam: str, subject: str, pupil_id: str) -> str:
    """What parents see of one exam and subject: a level in words, 「—」 for nothing entered. Source: spec §7."""
    if not exam:
        return NOTHING
    result, full_points = room.result(exam, subject, pupil_id), room.subject(subject).full_points
    if result is None:
        return ABSENCE_WORDS.get(room.column(exam, subject).absences.get(pupil_id, ""), NOTHING)
    if isinstance(result, str):
        return result
    if full_points:
        return band(result, full_points, room.policy.bands)
    kind = room.best_reference(exam, subject)[1]
    z = room.z(exam, subject, pupil_id, kind)
    return NOTHING if z is None else near_average(z, kind)


def growth_word(room: Classroom, subject: str, pupil_id: str) -> str:
    """How far the pupil came since the baseline, by the latest exam that says; 「—」 where none does.

    Against the grade where both exams have it, else against the class. Source: spec §4.4 (RCI), §7.
    """
    for phase in reversed(PHASES):
        exams = room.exam(BASELINE), room.exam(phase)
        grade = all(room.reference(exam, subject, GRADE_REFERENCE) is not None for exam in exams)
        kind = GRADE_REFERENCE if grade else CLASS_REFERENCE
        before, after = (room.z(exam, subject, pupil_id, kind) for exam in exams)
        if before is not None and after is not None:
            return GROWTH_WORDS[_trend(before, after, room.correlation(phase, subject))]
    return NOTHING


def _trend(before: float, after: float, r: float | None) -> str:
    if r is not None:
        return trend(before, after, r)
    if abs(after - before) < LEVEL_WITHIN_SD:
        return schema.LEVEL
    return schema.UP if after > before else schema.DOWN


def levels_row(room: Classroom, process: Sequence[Row], subject: str, pupil_id: str) -> Row | None:
    """One subject at the three points with the growth since; None where nothing is known of the pupil.

    Columns: subject, at_baseline, at_midterm, at_final, growth, all words. process: rows of 过程评价; they
    stand for a phase that rests on them. Source: spec §7.
    """
    seen = {}
    for point in POINTS:
        if point in PHASES and room.basis(point) == schema.BY_PROCESS:
            goal = latest_goals(process, point)[0].get((pupil_id, subject))
            seen[point] = GOAL_WORDS[goal] if goal else NOTHING
        else:
            seen[point] = shown_level(room, room.exam(point), subject, pupil_id)
    if all(word == NOTHING for word in seen.values()):
        return None
    words = dict(zip(("at_baseline", "at_midterm", "at_final"), seen.values(), strict=True))
    return Row({"subject": subject, **words, "growth": growth_word(room, subject, pupil_id)})


def scale_words(bands: Sequence[tuple[str, Fraction]]) -> str:
    """What the levels mean, for the foot of the slip."""
    words = "，".join(f"{name} {percent(least)} 及以上" for name, least in bands if least)
    return f"等级按得分占满分的比例划分：{words}。每次检测难易不同，“变化”已按平均水平折算。"
