"""The text of a 转化方案: who is on the list, what is aimed at, what will be done, with whom and when.

Source: spec §3 (书面总结), §4.4, §4.7, §5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from xlbangfu import schema
from xlbangfu.programme.chances import successes_needed
from xlbangfu.programme.classroom import BASELINE
from xlbangfu.programme.numbers import percent, plain
from xlbangfu.programme.rules import LeaveZone, describe_criterion, describe_exit, uses
from xlbangfu.programme.written_facts import Course
from xlbangfu.programme.written_words import frequency, on_day, open_point, short_measure, signed, span, tally
from xlbangfu.table import Row

# The paper goes to the office with names in it: what would tell of a pupil's home or mind stays in the class.
PRIVATE_CAUSES = ("心理", "生活", "家庭经济", "身体健康")
PRIVATE_CATEGORIES = ("心理", "生活", "资助")
_OTHER = "其他"


def plan_text(course: Course) -> str:
    """The draft of a 转化方案, paragraphs separated by line breaks. Source: spec §3."""
    return "\n".join(
        [
            "一、学情",
            *_who(course),
            *_how_found(course),
            "二、目标",
            *_aims(course),
            "三、措施",
            *_measures(course),
            "四、结对与小组",
            *_partners(course),
            "五、时间安排",
            *_calendar(course),
        ]
    )


# ---- 学情 ----------------------------------------------------------------------------------------------


def _who(course: Course) -> list[str]:
    listed, watched = course.counted, course.watched
    first = f"本学科名单上有 {len(listed)} 人：{course.names(listed)}。" if listed else "本学科没有计入转化率的学生。"
    dual = sum(course.types[p] == schema.DUAL for p in listed)
    if dual:
        first += f"其中双困 {dual} 人，学业之外还要关心行为表现。"
    if watched:
        first += f"另有关注 {len(watched)} 人：{course.names(watched)}，同样帮扶，不计入转化率。"
    if course.frozen_on is not None:
        first += f"名单于{on_day(course.frozen_on)}冻结，期中、期末的转化率都按这份名单计算。"
    else:
        first += "名单已经教师确认，还没有冻结。"
    return [first]


def _how_found(course: Course) -> list[str]:
    room = course.room
    exam, day = room.exam(BASELINE), room.day(BASELINE)
    baseline = f"基线为“{exam}”{f'（{on_day(day)}）' if day else ''}" if exam else "没有基线考试"
    rule = describe_criterion(room.policy.academic, room.share)
    found = f"识别办法按“{room.policy.name}”：{rule}；{baseline}，{_references(course)}。"
    every = [c for p in course.pupils for c in course.causes_of(p)]
    causes = [c for c in every if c not in PRIVATE_CAUSES]
    several = "（一人可有几项）" if len(causes) > len(course.pupils) else ""
    words = f"主要困难原因：{tally(causes, '人', schema.CAUSES)}{several}。" if causes else ""
    if len(causes) < len(every):
        words += "其他原因见档案，不在这里列出。"
    return [found + _standing(course), words]


def _references(course: Course) -> str:
    kinds = Counter(r.get("reference") for p, r in course.cases.items() if p in course.types)
    grade, own = kinds[schema.GRADE_REFERENCE], kinds[schema.CLASS_REFERENCE]
    if grade and own:
        return f"{grade} 人与年级比较，{own} 人与本班比较（当时还没有年级常模）"
    if own:
        return "与本班比较（当时还没有年级常模）"
    return "与全年级比较" if grade else "没有比较的参照"


def _standing(course: Course) -> str:
    """Where the baseline left the counted pupils: points from the mean, levels, or nothing."""
    cases = [course.cases.get(p, Row()) for p in course.counted]
    gaps = [Fraction(r["from_mean"]) for r in cases if r.get("from_mean") is not None]
    levels = [r["baseline"] for r in cases if isinstance(r.get("baseline"), str)]
    unknown = sum(r.get("baseline") is None for r in cases)
    words = []
    if gaps:
        words.append(_gap(gaps))
    if levels:
        words.append(f"基线等级：{tally(levels, '人')}")
    if unknown:
        words.append(f"没有基线成绩的 {unknown} 人")
    return "；".join(words) + "。" if words else ""


def _gap(gaps: Sequence[Fraction]) -> str:
    if max(gaps) < 0:
        return f"低于均分 {span([-g for g in gaps], '分')}"
    low, high = (signed(plain(gap, 1)) for gap in (min(gaps), max(gaps)))
    return f"与均分的差从 {low} 分到 {high} 分（负数为低于均分）"


# ---- 目标 ----------------------------------------------------------------------------------------------


def _aims(course: Course) -> list[str]:
    room = course.room
    exams = [p for p in schema.PHASES if not course.by_process(p)]
    lines = []
    if exams:
        when = "" if len(exams) == len(schema.PHASES) else f"（{exams[0]}）"
        zone = f"识别线是后{percent(room.share)}的分数线。" if uses(room.policy.exit, LeaveZone) else ""
        lines.append(f"转化的标准{when}：{describe_exit(room.policy.exit)}。{zone}")
    if processed := [p for p in schema.PHASES if course.by_process(p)]:
        lines.append(f"{'、'.join(processed)}按过程评价，“目标达成”为“达成”或“超额”的算转化。")
    base = len(course.counted)
    aims = [_aim(phase, target, base) for phase in schema.PHASES if (target := room.target(phase)) is not None]
    lines.append(f"转化目标：{'；'.join(aims)}。" if aims else open_point("学校还没有定期中、期末的转化目标。"))
    lines.append(
        "每名学生的具体目标写在帮扶计划里。低分学生有一部分本来就会回升，"
        "所以期中、期末看转化率时，同时看预期自然转化率和净转化率。"
    )
    return lines


def _aim(phase: str, target: Fraction, base: int) -> str:
    people = f"，按 {base} 人计至少 {successes_needed(target, base)} 人" if base else ""
    return f"{phase} {percent(target)}{people}"


# ---- 措施 ----------------------------------------------------------------------------------------------


def _measures(course: Course) -> list[str]:
    planned = [p for p in course.pupils if course.measures([p])]
    without = [p for p in course.pupils if p not in planned]
    lines = []
    if planned:
        rows = course.measures(planned)
        each = span([len(course.measures([p])) for p in planned], "条")
        lines.append(f"{len(planned)} 人有帮扶计划，共 {len(rows)} 条措施，每人 {each}。")
        lines += measure_lines(rows)
        lines += _made_with(course, planned)
    if without:
        lines.append(open_point(f"还没有帮扶计划的 {len(without)} 人：{course.names(without)}，待补。"))
    return lines


def measure_lines(rows: Sequence[Row]) -> list[str]:
    """One line per category: each measure with the number of pupils and how often, then who is responsible.

    >>> measure_lines([Row({"category": "教学", "measure": "错题本", "pupil_id": "1", "responsible": "测试乙"})])
    ['教学：错题本（1 人）。由测试乙负责。']
    """
    lines = []
    for category in (*schema.MEASURE_CATEGORIES, _OTHER):
        own = [r for r in rows if (r.get("category") or _OTHER) == category]
        if own and category in PRIVATE_CATEGORIES:
            lines.append(f"{category}：按学生的情况安排，不在这里列出。")
        elif own:
            people = [name for name, _ in Counter(r["responsible"] for r in own if r.get("responsible")).most_common()]
            who = f"由{'、'.join(people)}负责。" if people else ""
            lines.append(f"{category}：{'、'.join(_by_measure(own))}。{who}")
    return lines


def _by_measure(rows: Iterable[Row]) -> list[str]:
    """「一对一补缺（5 人，每周 2 次）」 per measure, those for the most pupils first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(short_measure(row), []).append(row)
    lines = []
    for name, own in sorted(found.items(), key=lambda item: -len({r["pupil_id"] for r in item[1]})):
        often = {r.get("per_week") for r in own}
        only = often.pop() if len(often) == 1 else None
        times = f"，{frequency(Fraction(only))}" if only else ""
        lines.append(f"{name}（{len({r['pupil_id'] for r in own})} 人{times}）")
    return lines


def _made_with(course: Course, planned: Sequence[str]) -> list[str]:
    words = []
    for code, partner in (("with_pupil", "学生"), ("with_parents", "家长")):
        n = sum(any(r.get(code) == schema.YES for r in course.plans[p]) for p in planned)
        if n:
            words.append(f"与{partner}一起制定的 {n} 份")
    return [f"计划中{'，'.join(words)}。"] if words else []


# ---- 结对与小组, 时间安排 ------------------------------------------------------------------------------


def _partners(course: Course) -> list[str]:
    pairs = course.pairs
    alone = [p for p in course.pupils if p not in {r["tutee_id"] for r in pairs}]
    first = (
        f"已确认结对 {len(pairs)} 对：{tally((r.get('form') for r in pairs), '对', schema.PAIR_FORMS)}。"
        if pairs
        else ""
    )
    if alone:
        first += open_point(f"还没有结对的 {len(alone)} 人：{course.names(alone)}，待定。")
    groups = {r["group_id"] for r in course.records.groups if r.get("group_id")}
    own = {r["group_id"] for r in course.records.groups if r.get("group_id") and r.get("pupil_id") in course.types}
    if not groups:
        return [first, open_point("互助小组还没有编，待定。")]
    return [first, f"全班编成 {len(groups)} 个互助小组，本学科的帮扶对象分在其中 {len(own)} 个组，同组互助。"]


def _calendar(course: Course) -> list[str]:
    room = course.room
    gap = room.settings.get("max_gap_days") or room.policy.max_gap_days
    start = room.settings.get("term_start")
    lines = [
        f"{on_day(start) if start else '开学'}起：识别、确认名单，建立档案，制定计划，结对编组。",
        f"平时：按计划辅导，每次登记；同一名学生两次辅导相隔不超过 {gap} 天。",
    ]
    for phase, then in zip(schema.PHASES, ("写中期总结，调整计划", "写期末总结，交教务处核实"), strict=True):
        basis = "过程评价" if course.by_process(phase) else f"考试“{room.exam(phase)}”"
        lines.append(f"{phase}（{_when(room.day(phase))}，{basis}）：计算转化率，{then}。")
    return lines


def _when(day: date | None) -> str:
    return on_day(day) if day else "日期待定"
