"""书面总结: which papers are due, and their first drafts.

Source: spec §3 (书面总结), §4.4, §5 (documents of a policy).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from xlbangfu import schema
from xlbangfu.programme.classroom import Classroom
from xlbangfu.programme.conversion import IN_BASE
from xlbangfu.programme.freezing import FrozenList
from xlbangfu.programme.numbers import clean_text
from xlbangfu.programme.written_facts import Course, Records, courses
from xlbangfu.programme.written_plan import plan_text
from xlbangfu.programme.written_summary import summary_text
from xlbangfu.table import Row

PLAN_DOCUMENT = schema.DOCUMENTS[0]
PHASE_OF = dict(zip(schema.DOCUMENTS[1:], schema.PHASES, strict=True))
DRAFT, SETTLED = schema.DOCUMENT_STATES


@dataclass(frozen=True)
class Waiting:
    """A paper that is due and cannot be drafted yet. reason and mend: Chinese, mend says what to do."""

    subject: str
    document: str
    reason: str
    mend: str


@dataclass(frozen=True)
class Drafts:
    """rows: new rows of 书面总结, by subject as in 任课, then in the order of schema.DOCUMENTS."""

    rows: list[Row]
    waiting: list[Waiting]


def draft_papers(
    room: Classroom,
    records: Records,
    existing: Sequence[Row],
    today: date,
    frozen: FrozenList | None = None,
) -> Drafts:
    """A draft for every paper of the 制度 that is due by now and has no row, for each subject with a list.

    existing: the rows of 书面总结; what stands in them is never looked at beyond the key.
    Source: spec §3.
    """
    known = {(clean_text(r.get("subject")), clean_text(r.get("document"))) for r in existing}
    wanted = room.policy.documents or schema.DOCUMENTS
    rows: list[Row] = []
    waiting: list[Waiting] = []
    for course in courses(room, records, frozen):
        for document in (d for d in schema.DOCUMENTS if d in wanted):
            if (clean_text(course.subject), document) in known:
                continue
            text = _text(course, document, today)
            if isinstance(text, Waiting):
                waiting.append(text)
            elif text:
                rows.append(_row(course, document, text))
    return Drafts(rows, waiting)


def _row(course: Course, document: str, text: str) -> Row:
    return Row(
        {
            "subject": course.subject,
            "teacher": course.teacher or None,
            "document": document,
            "text": text,
            "state": DRAFT,
            "handed_in_on": None,
        }
    )


def _text(course: Course, document: str, today: date) -> str | Waiting | None:
    """The draft, why it has to wait, or None where it is not due."""
    if document == PLAN_DOCUMENT:
        return _plan(course)
    phase = PHASE_OF[document]
    day = course.room.day(phase) or course.room.settings.get("term_end")
    reached = day is not None and today >= day
    stat = course.stat(phase)
    if course.pupils and stat is not None and _has_figures(course, phase, reached=reached):
        return summary_text(course, phase, stat)
    if course.pupils and reached:
        return Waiting(course.subject, document, *_missing(course, phase))
    return None


def _plan(course: Course) -> str | Waiting | None:
    if course.pending:
        reason = f"名单还有 {course.pending} 条待定"
        mend = "请在“学困生”里确认名单，再点一次“书面总结”。"
        return Waiting(course.subject, PLAN_DOCUMENT, reason, mend)
    return plan_text(course) if course.pupils else None


def _has_figures(course: Course, phase: str, *, reached: bool) -> bool:
    """True once every row of the base has its state; a list that never can have one waits for the day only."""
    states = [course.state(p, phase) for p in course.counted]
    if any(s in (None, schema.NOT_SAT, schema.AWAITING_NORMS) for s in states):
        return False
    return reached or any(s in IN_BASE for s in states)


def _missing(course: Course, phase: str) -> tuple[str, str]:
    states = {course.state(p, phase) for p in course.counted}
    if course.stat(phase) is None or None in states:
        return f"{phase}转化率还没有计算", "请先点“计算转化率”，再点一次“书面总结”。"
    if schema.AWAITING_NORMS in states:
        return f"{phase}的年级常模还没有导入", "请先导入常模，点“计算转化率”，再点一次“书面总结”。"
    sheet = "过程评价" if course.by_process(phase) else "成绩"
    return f"{phase}的{sheet}还没有登记", f"请先在“{sheet}”里登记，点“计算转化率”，再点一次“书面总结”。"
