"""What teachers write down during the term: observations, sessions, activities, evidence, papers. Pure.

Everything is drawn from the class's own random numbers and from what the teacher sees on the sheets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from xlbangfu.demo.school import (
    BASELINE,
    EXAM_DAYS,
    FINAL,
    MIDTERM,
    SUBJECTS,
    TERM_START,
    Pupil,
    SchoolClass,
)
from xlbangfu.programme.audit.records import POOR
from xlbangfu.restricted.sheets import AID, AID_ITEMS, AID_SOURCES, PSYCH
from xlbangfu.schema import Sheet
from xlbangfu.table import Row

SUPPORT_STARTS = date(2026, 9, 14)
PAPERS_DUE = {"转化方案": date(2026, 9, 14), "中期总结": date(2026, 11, 10), "期末总结": date(2027, 1, 15)}
HALVES = {MIDTERM: (SUPPORT_STARTS, EXAM_DAYS[MIDTERM]), FINAL: (date(2026, 11, 9), EXAM_DAYS[FINAL])}

_REPORTS = {
    "学习态度": ("课堂上常走神", "作业拖到第二天才交"),
    "学习方法": ("只抄不想，错题不订正", "不会预习和复习"),
    "学习习惯": ("书包里找不到练习册", "写字时坐不住"),
    "行为": ("课间常与同学起争执", "上课随意离开座位"),
    "心理": ("回答问题时很紧张",),
    "生活": ("常常没吃早饭就来",),
    "家庭经济": ("缺少学习用品",),
}
_SOURCES = ("教师", "同学", "家长", "本人")
_CONTENTS = {
    "语文": ("生字词听写与订正", "朗读一段课文并说大意", "看图写话，先说后写"),
    "数学": ("口算十题，讲一道错题", "用小棒摆一摆，说说算理", "应用题找关键句"),
    "英语": ("单词认读与拼写", "听录音跟读一段对话", "句型替换练习"),
}
_NEXT = ("下次先复查错题", "改用小卡片练", "加一道变式", None, None)
_ACTIVITIES = (
    (date(2026, 9, 10), "领导小组会议", "开学初帮扶工作布置"),
    (date(2026, 9, 25), "家长会", "本学期帮扶安排"),
    (date(2026, 10, 21), "心理健康讲座", "怎样面对不会的题"),
    (date(2026, 11, 13), "家长会", "期中情况沟通"),
    (date(2026, 12, 4), "学科竞赛", "班级口算与认读小赛"),
    (date(2026, 12, 18), "实践活动", "种一盆植物并做记录"),
    (date(2026, 10, 16), "兴趣课", "手工与口算游戏"),
    (date(2026, 10, 28), "技能培训", "怎样用错题本"),
    (date(2026, 11, 27), "家长志愿者活动", "家长讲职业故事"),
)


def _weekday(chance: Random, start: date, end: date) -> date:
    """A school day from start on and before end."""
    day = start + timedelta(days=chance.randrange((end - start).days))
    return day - timedelta(days=max(0, day.weekday() - 4)) if day.weekday() > 4 and day - start > timedelta(2) else day


def _who(made: SchoolClass, pupil: Pupil, chance: Random) -> dict[str, str]:
    """Some type the 学号, some the name; of namesakes always the 学号."""
    namesakes = sum(p.name == pupil.name for p in made.pupils)
    return {"name": pupil.name} if namesakes == 1 and chance.random() < 0.5 else {"pupil_id": pupil.pupil_id}


def observations(made: SchoolClass) -> list[dict[str, Any]]:
    """What was reported in September: mostly about those who find it hard, from several sources."""
    chance = made.chance("observations")
    there = [p for p in made.weakest() if p.sits(EXAM_DAYS[BASELINE])]
    rows = []
    for pupil in chance.sample(there[: len(there) // 3], 9) + chance.sample(there[len(there) // 3 :], 3):
        category = chance.choice(("行为", "行为", *_REPORTS))
        for source in chance.sample(_SOURCES, chance.choice((1, 1, 2))):
            rows.append(
                {
                    "date": _weekday(chance, TERM_START, date(2026, 9, 11)),
                    **_who(made, pupil, chance),
                    "subject": chance.choice(SUBJECTS) if category.startswith("学习") else None,
                    "source": source,
                    "category": category,
                    "severity": chance.choice((2, 3, 3, 4, 5)),
                    "text": chance.choice(_REPORTS[category]),
                }
            )
    return rows


def interest(made: SchoolClass, caseload: Sequence[Row], day: date, lift: int) -> list[dict[str, Any]]:
    """主动性, 兴趣 and 参与度 of the supported pupils on one day; lift: points more than in September, at most."""
    chance = made.chance(f"interest {day}")
    rows = []
    for row in caseload:
        if chance.random() < 0.75:
            marks = [min(5, chance.choice((1, 2, 2, 3, 3)) + chance.randint(0, lift)) for _ in range(3)]
            rows.append(
                {
                    "date": day,
                    "pupil_id": row["pupil_id"],
                    "subject": row["subject"],
                    "source": "教师",
                    "category": "学习兴趣",
                    "severity": 2,
                    "initiative": marks[0],
                    "interest": marks[1],
                    "participation": marks[2],
                }
            )
    return rows


def sessions(made: SchoolClass, caseload: Sequence[Row], pairs: Sequence[Row], phase: str) -> list[dict[str, Any]]:
    """Sessions of one half of the term: some pupils have many, some none; tutors helped in some of them."""
    chance = made.chance(f"sessions {phase}")
    tutors = {(r["tutee_id"], r["subject"]): r["tutor"] for r in pairs if r.get("confirmed") == "是" and r["tutor_id"]}
    names = {p.pupil_id: p for p in made.pupils}
    rows = []
    for row in caseload:
        for _ in range(chance.choice((0, 0, 1, 2, 3, 4, 5, 7))):
            rows.append(_session(made, chance, names[row["pupil_id"]], row["subject"], tutors, phase))
    if made.key == ("五年级", "2班") and phase == FINAL and caseload:
        rows += _all_at_once(made, caseload)
    return sorted(rows, key=lambda r: (r["date"], str(r.get("pupil_id")), str(r.get("name")), r["subject"]))


def _session(
    made: SchoolClass, chance: Random, pupil: Pupil, subject: str, tutors: dict[tuple[str, str], str], phase: str
) -> dict[str, Any]:
    tutor = tutors.get((pupil.pupil_id, subject))
    by_tutor = tutor is not None and chance.random() < 0.4
    form = chance.choice(("一对一", "一对一", "小组", "课后辅导", "学习方法指导", "师生谈话", "家长沟通"))
    return {
        "date": _weekday(chance, *HALVES[phase]),
        **_who(made, pupil, chance),
        "subject": subject,
        "form": "一对一" if by_tutor else form,
        "minutes": chance.choice((15, 20, 20, 30, 40)),
        "by": tutor if by_tutor else made.teachers.get(subject, made.homeroom),
        "staff": "小帮手" if by_tutor else "教师",
        "content": chance.choice(_CONTENTS.get(subject, ("谈心，商量一件小事",))),
        "effect": chance.choice((2, 3, 3, 4, 4, 5)),
        "next_step": chance.choice(_NEXT),
    }


def _all_at_once(made: SchoolClass, caseload: Sequence[Row]) -> list[dict[str, Any]]:
    """One teacher writes a fortnight's sessions on one day in the same words: worth a look when merging."""
    mine = [r for r in caseload if r["subject"] == SUBJECTS[0]]
    same = {"date": date(2027, 1, 8), "form": "课后辅导", "minutes": 40, "by": made.homeroom, "staff": "教师"}
    return [
        {**same, "pupil_id": r["pupil_id"], "subject": r["subject"], "content": "已辅导", "effect": 4} for r in mine
    ]


def activities(made: SchoolClass, phase: str) -> list[dict[str, Any]]:
    """Meetings and events of one half of the term; not every class holds all of them."""
    chance = made.chance(f"activities {phase}")
    first, last = (TERM_START, HALVES[MIDTERM][1]) if phase == MIDTERM else HALVES[FINAL]
    return [
        {
            "date": day,
            "category": category,
            "topic": topic,
            "host": made.homeroom,
            "attendance": 6 if category == "领导小组会议" else len(made.pupils) - chance.randint(0, 6),
        }
        for day, category, topic in _ACTIVITIES
        if first <= day < last and (category == "家长会" or chance.random() < 0.7)
    ]


def evidence(made: SchoolClass, caseload: Sequence[Row], phase: str, share: float) -> list[dict[str, Any]]:
    """过程评价 of a share of the supported pupils in the last week before the phase's exam."""
    chance = made.chance(f"evidence {phase}")
    day = EXAM_DAYS[phase]
    return [
        {
            "date": day - timedelta(days=chance.randint(1, 4)),
            "pupil_id": row["pupil_id"],
            "subject": row["subject"],
            "phase": phase,
            "goal": chance.choice(("未达成", "未达成", "基本达成", "基本达成", "基本达成", "达成", "达成", "超额")),
            "evidence": chance.choice(("作业", "课堂", "口头", "辅导小测")),
            "by": made.teachers[row["subject"]],
        }
        for row in caseload
        if row["subject"] in made.teachers and chance.random() < share
    ]


def handed_in(made: SchoolClass, papers: Sequence[Row], document: str) -> dict[int, date]:
    """Which rows of 书面总结 their teachers hand in, and when; here and there one is missing. Keys: sheet rows."""
    chance = made.chance(document)
    found = {}
    for row in papers:
        if row.get("document") == document and row.at is not None:
            late = timedelta(days=chance.randint(0, 5))
            if chance.random() < 0.88:
                found[row.at] = PAPERS_DUE[document] + late
    return found


def attested(made: SchoolClass, clauses: Sequence[Row], day: date) -> dict[int, str]:
    """What the homeroom teacher writes down as 佐证, for about two thirds of the clauses that want one."""
    chance = made.chance("attested")
    found = {}
    for row in clauses:
        if row.get("figures") == "没有佐证" and row.at is not None and chance.random() < 0.65:
            when = day - timedelta(days=chance.randint(1, 20))
            found[row.at] = f"{when:%Y-%m-%d} {chance.choice(_ATTESTED)}"
    return found


_ATTESTED = ("教研活动中交流，有记录", "班会上说明，有照片存档", "年级组检查过，记录在册")


def care(made: SchoolClass, held: Sequence[dict[str, Any]], phase: str) -> list[dict[str, Any]]:
    """What others than the subject's teachers do: the counsellor, the adviser, volunteers, visits at home.

    held: the sessions of that half; who was forgotten there is forgotten here.
    """
    numbers = {p.name: p.pupil_id for p in made.pupils}
    chance = made.chance(f"care {phase}")
    first, last = HALVES[phase]
    rows = []
    for pupil_id in sorted({r.get("pupil_id") or numbers[r["name"]] for r in held}):
        for form, minutes, by, staff, content in _CARE:
            if chance.random() < 0.3:
                rows.append(
                    {
                        "date": _weekday(chance, first, last),
                        "pupil_id": pupil_id,
                        "form": form,
                        "minutes": minutes,
                        "by": by or made.homeroom,
                        "staff": staff,
                        "content": content,
                        "effect": chance.choice((3, 4)),
                    }
                )
    return sorted(rows, key=lambda r: (r["date"], r["pupil_id"], r["form"]))


def restricted(made: SchoolClass, caseload: Sequence[Row]) -> dict[Sheet, list[dict[str, Any]]]:
    """Psychological records of most supported pupils, and aid for most of those in 经济困难."""
    chance = made.chance("restricted")
    first, last = HALVES[MIDTERM]
    records = [
        {
            "pupil_id": pupil_id,
            "date": _weekday(chance, first, last),
            "observation": "示例：上课时紧张",
            "support": "示例：谈心一次",
            "by": "心理老师甲",
        }
        for pupil_id in dict.fromkeys(r["pupil_id"] for r in caseload)
        if chance.random() < 0.8
    ]
    aid = [
        {
            "date": _weekday(chance, first, last),
            "pupil_id": pupil.pupil_id,
            "item": chance.choice(AID_ITEMS[:3]),
            "source": chance.choice(AID_SOURCES),
            "amount": chance.choice((100, 200, 300)),
            "by": "主任甲",
        }
        for pupil in made.pupils
        if pupil.care == POOR and chance.random() < 0.7
    ]
    return {PSYCH: records, AID: aid}


_CARE = (
    ("心理辅导", 30, "心理老师甲", "心理教师", "学着说出心里的着急"),
    ("学习方法指导", 20, "顾问老师甲", "学习顾问", "一起排一周的学习计划"),
    ("家访", 40, "", "教师", "了解在家的作息"),
    ("生活关爱", 10, "", "教师", "问问早饭和睡眠"),
    ("技能培训", 30, "", "教师", "整理书包和错题本"),
    ("课外辅导班", 40, "", "教师", "兴趣阅读班"),
    ("课后辅导", 30, "志愿者甲", "志愿者", "周末一起读书"),
    ("课后辅导", 30, "家长志愿者甲", "家长志愿者", "陪着做手工"),
)


def refused_rows(made: SchoolClass, caseload: Iterable[Row]) -> set[tuple[str, str]]:
    """学号 and 学科 of the rows that a teacher turns down: nearest to the cut, where the list is long."""
    chance = made.chance("refused")
    found = set()
    rows = [r for r in caseload if r["subject"] in SUBJECTS and r.get("percentile") is not None]
    for subject in SUBJECTS:
        mine = sorted((r for r in rows if r["subject"] == subject), key=lambda r: (r["percentile"], r["pupil_id"]))
        if len(mine) >= 6 and chance.random() < 0.6:
            found.add((mine[-1]["pupil_id"], subject))
    return found
