"""学习成长反馈单 for the parents of one child: levels and growth, what was done, what is good, what helps at home.

Never a mark, a rank or another child; that the child is on a list is not said either. What a teacher typed is
taken sentence by sentence, and a sentence that must not go to parents stays behind with a 提醒.
Source: spec §7, §3 (档案.反馈单日期).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from xlbangfu import schema
from xlbangfu.issues import Issue, reminder
from xlbangfu.programme import rules
from xlbangfu.programme.classroom import Classroom, in_term
from xlbangfu.programme.conversion import latest_goals
from xlbangfu.programme.parent_levels import GOAL_WORDS, NOTHING, levels_row, scale_words
from xlbangfu.programme.parent_text import name_forms, parent_text_problems, sentences
from xlbangfu.programme.plans import CLOSED
from xlbangfu.programme.records import Records, running_pairs
from xlbangfu.schema import PHASES, PLANS, PROFILES, ROSTER, Sheet
from xlbangfu.table import Row

GROWTH, SUPPORT, STRENGTHS, FAMILY = "孩子的变化", "学校和老师做了什么", "孩子的闪光点", "在家可以这样做"
MOST_TIPS = 3

FORM_WORDS = {
    "一对一": "一对一辅导",
    "小组": "小组学习",
    "课后辅导": "课后辅导",
    "课外辅导班": "课外学习班",
    "心理辅导": "谈心陪伴",
    "家访": "家访",
    "家长沟通": "家校沟通",
    "生活关爱": "生活关心",
    "学习方法指导": "学习方法指导",
    "技能培训": "技能活动",
    "师生谈话": "师生谈心",
}
# What helps at home, by 困难原因; the cause itself is not named.
TIPS = {
    "基础薄弱": "每天用十分钟，和孩子一起温习当天学过的一点内容，先讲会的，不会的记下来问老师。",
    "学习态度": "每天问一问“今天学会了什么”，多肯定孩子的认真和坚持。",
    "学习方法": "请孩子当小老师，把当天学的内容讲给家里人听。",
    "学习习惯": "和孩子商定固定的学习时间和地方，写完一起收拾书包。",
    "学习兴趣": "顺着孩子的爱好，一起读一本书，或做一个小实践。",
    "行为": "和孩子约定一两条家里的小规则，做到了就及时夸一夸。",
    "心理": "每天留一点时间听孩子说说心里话，先听完，再一起想办法。",
    "生活": "保证早睡早起吃早餐，让孩子自己整理书桌和衣物。",
    "家庭经济": "需要图书或学习用品时，随时和班主任联系。",
    "身体健康": "留意孩子的睡眠、用眼和锻炼，有不舒服及时告诉老师。",
}
USUAL_TIP = "每天陪孩子读一会儿书，聊一聊学校里的新鲜事。"


@dataclass(frozen=True)
class Slip:
    """One child's page. page: its head. levels: a row per subject. paragraphs: heading and text, a sentence or two
    to the line.

    left_out: what of the teacher's texts does not stand on it, and which cell that is.
    """

    pupil_id: str
    page: Row
    levels: list[Row]
    paragraphs: list[Row]
    left_out: list[Issue] = field(default_factory=list)


def draft_slip(room: Classroom, records: Records, pupil_id: str, today: date) -> Slip:
    """The slip of one pupil of 名册. records: of the whole class. today: the date on the slip.

    Raises KeyError for a pupil who is not in 名册. Source: spec §7.
    """
    checked = _Checked(room, pupil_id)
    own = records.of(pupil_id)
    levels = [row for s in room.subjects if (row := levels_row(room, own.process, s.name, pupil_id)) is not None]
    texts = {
        GROWTH: _growth(room, own, levels),
        SUPPORT: _support(room, own),
        STRENGTHS: _strengths(checked, own),
        FAMILY: _family(checked, own),
    }
    paragraphs = []
    for heading, lines in texts.items():
        kept = [line for line in lines if not checked.problems(line)]
        if heading == FAMILY:
            kept = [f"{i}. {line}" for i, line in enumerate(kept, 1)]
        if kept:
            paragraphs.append(Row({"heading": heading, "text": "\n".join(kept)}))
    settings = room.settings
    page = Row(
        {
            "school": settings.get("school"),
            "term": settings.get("term"),
            "class_label": f"{room.grade}{settings.get('class_name') or ''}",
            "homeroom_teacher": settings.get("homeroom_teacher"),
            "made_on": today,
            "name": room.name_of(pupil_id) or NOTHING,
            "scale": scale_words(room.policy.bands)
            if any(room.subject(r["subject"]).full_points for r in levels)
            else None,
        }
    )
    return Slip(pupil_id, page, levels, paragraphs, checked.left_out)


# ---- the paragraphs ------------------------------------------------------------------------------------

_Lines: TypeAlias = list[str]


def _growth(room: Classroom, own: Records, levels: Sequence[Row]) -> _Lines:
    by_word: dict[str, list[str]] = {}
    for row in levels:
        by_word.setdefault(row["growth"], []).append(row["subject"])
    good = [f"{'、'.join(by_word[w])}{w}" for w in ("进步明显", "有进步") if w in by_word]
    lines = [f"和学期初相比，孩子的{'，'.join(good)}，值得夸一夸。"] if good else []
    if steady := by_word.get("保持平稳"):
        lines.append(f"{'、'.join(steady)}保持平稳。")
    if uneven := by_word.get("有些起伏"):
        lines.append(f"{'、'.join(uneven)}有些起伏，老师会和孩子一起找办法，也请您多给一些鼓励。")
    lines += _evidence(room, own)
    grown = [r for r in own.progress if r.get("interest_before") is not None and r.get("interest_after") is not None]
    if any(r["interest_after"] > r["interest_before"] for r in grown):
        lines.append("孩子对学习的兴趣比学期初更浓了。")
    return lines or ["学期还在进行，期中、期末以后会向您反馈孩子的变化。"]


def _evidence(room: Classroom, own: Records) -> _Lines:
    """过程评价 of the latest phase that has any, where the table of levels does not show it."""
    for phase in reversed(PHASES):
        goals = {key[1]: goal for key, goal in latest_goals(own.process, phase)[0].items()}
        if goals and room.basis(phase) == schema.BY_EXAM:
            order = [s.name for s in room.subjects]
            listed = sorted(goals, key=lambda s: (order.index(s) if s in order else len(order), s))
            by_goal = {g: [s for s in listed if goals[s] == g] for g in reversed(schema.GOAL_LEVELS)}
            told = "，".join(f"{'、'.join(found)}{GOAL_WORDS[g]}" for g, found in by_goal.items() if found)
            return [f"平时的课堂和作业：{told}。"]
    return []


def _support(room: Classroom, own: Records) -> _Lines:
    held: dict[str, int] = {}
    for row in own.sessions:
        if in_term(row, room.settings):
            word = FORM_WORDS.get(row.get("form") or "", "其他关心")
            held[word] = held.get(word, 0) + 1
    order = [w for w in (*FORM_WORDS.values(), "其他关心") if w in held]
    lines = []
    if order:
        told = "、".join(f"{word} {held[word]} 次" for word in order)
        lines.append(f"本学期为孩子安排了：{told}。")
    forms = {r.get("form") or schema.PEER for r in running_pairs(own.pairs)}
    if schema.PEER in forms:
        lines.append("孩子有学习伙伴，一起学、互相帮。")
    if schema.BY_TEACHER in forms:
        lines.append("老师和孩子结对，多陪伴、多指点。")
    if forms - {schema.PEER, schema.BY_TEACHER}:
        lines.append("有志愿者定期陪伴孩子学习。")
    role = next((r.get("role") for r in own.groups if r.get("group_id")), "")
    if role is None or role == schema.ROLES[-1]:
        lines.append("孩子参加了班里的互助小组。")
    elif role:
        lines.append(f"孩子在班里的互助小组担任{role}。")
    return lines or ["老师会在课堂上多关注孩子，有变化随时和您联系。"]


def _strengths(checked: _Checked, own: Records) -> _Lines:
    pupil, profile = checked.pupil, own.profile or Row()
    strengths = checked.typed(PROFILES, profile, "strengths")
    if not strengths and (good_at := checked.typed(ROSTER, pupil, "good_at")):
        strengths = f"擅长{good_at}"
    interests = checked.typed(PROFILES, profile, "interests") or checked.typed(ROSTER, pupil, "interests")
    lines = [f"{strengths}。"] if strengths else []
    if interests:
        lines.append(f"兴趣爱好：{interests}。")
    return lines or ["孩子每天都在成长，老师会继续发现和记录孩子的闪光点。"]


def _family(checked: _Checked, own: Records) -> _Lines:
    """Measures that the plan gives to the family, then tips for the causes; at most three."""
    agreed = [
        checked.typed(PLANS, r, "measure")
        for r in own.plans
        if r.get("category") == "家校" and r.get("responsible") == rules.PARENT and r.get("state") not in CLOSED
    ]
    causes: Iterable[str] = (own.profile or Row()).get("causes") or [
        c for r in own.plans for c in r.get("causes") or ()
    ]
    tips = [f"{text}。" for text in dict.fromkeys(agreed) if text] + [TIPS[c] for c in causes if c in TIPS]
    return list(dict.fromkeys(tips))[:MOST_TIPS] or [USUAL_TIP]


# ---- what must not go to parents -----------------------------------------------------------------------


class _Checked:
    """Texts for one child's parents: lets through what may stand there, notes what a teacher has to reword."""

    def __init__(self, room: Classroom, pupil_id: str) -> None:
        self.pupil = room.pupils[pupil_id]
        self.name: str = self.pupil.get("name") or ""
        self.others = [r.get("name") or "" for p, r in room.pupils.items() if p != pupil_id]
        own = set(name_forms(self.name))
        self.forms = [form for name in self.others for form in name_forms(name) if form not in own]
        self.left_out: list[Issue] = []

    def problems(self, text: str) -> list[str]:
        """What must not stand in a text of ours: full names only, for ours name nobody by chance."""
        return parent_text_problems(text, self.name, self.others)

    def typed(self, sheet: Sheet, row: Row, code: str) -> str:
        """What of a typed cell may stand on the slip, without a full stop at its end; "" for nothing."""
        kept = []
        for sentence in sentences(str(row.get(code) or "")):
            if found := parent_text_problems(sentence, self.name, self.forms):
                self._leave_out(sheet, row, code, found)
            else:
                kept.append(sentence)
        return "".join(kept).rstrip("。；; ")

    def _leave_out(self, sheet: Sheet, row: Row, code: str, found: Sequence[str]) -> None:
        label = sheet.column(code).label
        issue = reminder(
            sheet.label,
            "slips.text",
            f"{self.name} 的“{label}”里有{'、'.join(found)}，这一句没有印在反馈单上",
            "请改写这一句，再点一次“家长反馈单”。",
            row=row.at,
            column=label,
        )
        if issue not in self.left_out:
            self.left_out.append(issue)
