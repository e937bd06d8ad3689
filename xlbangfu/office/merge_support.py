"""Help given and papers handed in: sessions beside conversion, and what a teacher answers for. Pure.

Source: spec §6 (帮扶投入, 教师, 先进个人), §4.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from xlbangfu import schema
from xlbangfu.office.merge_figures import (
    CLASS,
    SUBJECT,
    TEACHER,
    Followed,
    Group,
    Lesson,
    Place,
    add_up,
)  # fmt: skip
from xlbangfu.office.merge_norms import Member
from xlbangfu.programme.classroom import in_term
from xlbangfu.programme.conversion import IN_BASE
from xlbangfu.programme.freezing import Key
from xlbangfu.programme.identity import name_key
from xlbangfu.programme.numbers import percent
from xlbangfu.programme.progress import Dosage
from xlbangfu.table import Row

AWAITING_OFFICE = "待教务处登记"
BANDS = ((0, 0), (1, 3), (4, 7), (8, 15), (16, None))  # sessions per pupil and subject
BY_SESSIONS = "按辅导次数"


# ---- dosage against conversion --------------------------------------------------------------------------


def band_of(sessions: int) -> str:
    """The group a pupil belongs to by sessions: 「4–7 次」."""
    low, high = next(b for b in reversed(BANDS) if sessions >= b[0])
    if low == high:
        return f"{low} 次"
    return f"{low} 次以上" if high is None else f"{low}–{high} 次"


def dosage_rows(groups: Sequence[Group], dosages: Mapping[int, Dosage], phase: str) -> list[Row]:
    """帮扶投入: by number of sessions, by subject, by class. dosages: by id of the followed row."""
    school = groups[0] if groups else None
    rows = []
    for band in dict.fromkeys(band_of(low) for low, _ in BANDS):
        inside = [f for f in (school.rows if school else ()) if band_of(dosages[id(f)].sessions) == band]
        if any(f.tallied for f in inside):
            rows.append(_dosage_row(BY_SESSIONS, band, Place(), inside, dosages, phase))
    for level, words in ((SUBJECT, "按学科"), (CLASS, "按班级")):
        for group in groups:
            if group.level == level and (level != CLASS or group.place.subject is None):
                rows.append(_dosage_row(words, "", group.place, group.rows, dosages, phase))
    return rows


def _dosage_row(
    by: str, band: str, place: Place, rows: Sequence[Followed], dosages: Mapping[int, Dosage], phase: str
) -> Row:
    counted = [f for f in rows if f.tallied]
    sessions = sum(dosages[id(f)].sessions for f in counted)
    minutes = sum(dosages[id(f)].minutes for f in counted)
    lessons = list({id(f.lesson): f.lesson for f in counted}.values())
    figures = add_up(counted, lessons, place, phase)
    n = len(counted)
    return figures.changed(
        by=by,
        band=band or None,
        listed=n,
        sessions=sessions,
        minutes=minutes,
        sessions_each=sessions / n if n else None,
        minutes_each=minutes / n if n else None,
    )


# ---- teachers ------------------------------------------------------------------------------------------


@dataclass
class Teaching:
    """What one teacher did and answers for, over all own classes. classes: 年级 → 班级."""

    classes: dict[str, list[str]] = field(default_factory=dict)
    subjects: list[str] = field(default_factory=list)
    sessions: int = 0
    minutes: int = 0
    due: int = 0
    handed_in: int = 0
    missing: list[str] = field(default_factory=list)
    dropped_out: set[tuple[str, str]] = field(default_factory=set)


def teaching_of(
    members: Sequence[Member], lessons: Mapping[str, Mapping[str, Lesson]], listed: set[Key]
) -> dict[str, Teaching]:
    """By the teacher's compared name. lessons: file → 学科 → lesson. listed: (file, 学科) with anybody on the list."""
    found: dict[str, Teaching] = {}
    for member in members:
        file = member.parts.file
        gone = {
            (file, r["pupil_id"]) for r in member.parts.rows(schema.ROSTER) if r.get("status") == schema.DROPPED_OUT
        }
        own: dict[str, None] = {}
        for subject, lesson in lessons[file].items():
            if subject == schema.GENERAL_SUBJECT:
                continue
            teacher = name_key(lesson.place.teacher)
            teaching = found.setdefault(teacher, Teaching())
            own.setdefault(teacher)
            _note_lesson(teaching, lesson, gone)
            if (file, subject) in listed:
                _note_papers(teaching, member, lesson)
        _note_sessions(found, member, own)
    return found


def _note_lesson(teaching: Teaching, lesson: Lesson, gone: set[tuple[str, str]]) -> None:
    classes = teaching.classes.setdefault(lesson.place.grade or "", [])
    if lesson.place.class_name and lesson.place.class_name not in classes:
        classes.append(lesson.place.class_name)
    if lesson.place.subject and lesson.place.subject not in teaching.subjects:
        teaching.subjects.append(lesson.place.subject)
    teaching.dropped_out |= gone


def _note_papers(teaching: Teaching, member: Member, lesson: Lesson) -> None:
    """A paper is handed in when it has a 提交日期; due is what the 制度 asks of every subject with a list."""
    subject = lesson.place.subject
    dated = {
        r.get("document")
        for r in member.parts.rows(schema.WRITTEN)
        if r.get("subject") == subject and r.get("handed_in_on") is not None
    }
    for document in member.policy.documents:
        teaching.due += 1
        if document in dated:
            teaching.handed_in += 1
        else:
            teaching.missing.append(f"{lesson.place.grade}{lesson.place.class_name}{subject}{document}")


def _note_sessions(found: Mapping[str, Teaching], member: Member, own: Iterable[str]) -> None:
    teachers = set(own)
    for row in member.parts.rows(schema.SESSIONS):
        teacher = name_key(row.get("by"))
        if teacher and teacher in teachers and in_term(row, member.room.settings):
            found[teacher].sessions += 1
            found[teacher].minutes += row.get("minutes") or 0


def teacher_rows(groups: Iterable[Group], teaching: Mapping[str, Teaching]) -> list[Row]:
    """教师: one row per teacher and phase."""
    rows = []
    for group in groups:
        if group.level != TEACHER:
            continue
        own = teaching[name_key(group.place.teacher)]
        for phase in schema.PHASES:
            rows.append(
                group.figures(phase).changed(
                    subjects="、".join(own.subjects),
                    classes="；".join(f"{grade}{'、'.join(names)}" for grade, names in own.classes.items()),
                    listed=sum(f.tallied for f in group.rows),
                    sessions=own.sessions,
                    minutes=own.minutes,
                    documents=_documents(own),
                    faults=AWAITING_OFFICE,
                    dropped_out=len(own.dropped_out),
                )
            )
    return rows


def _documents(own: Teaching) -> str:
    return f"{own.handed_in}/{own.due}" if own.due else schema.NOT_APPLICABLE


# ---- 先进个人 -------------------------------------------------------------------------------------------


def award_rows(groups: Iterable[Group], teaching: Mapping[str, Teaching]) -> list[Row]:
    """先进个人: who met both targets over all own pupils, with the papers, and the reason for every answer.

    Whether somebody has a 失误 record is known to the office alone, so nobody is named yet. Source: spec §6.
    """
    return [_award(g, teaching[name_key(g.place.teacher)]) for g in groups if g.level == TEACHER]


def _award(group: Group, own: Teaching) -> Row:
    verdicts = {phase: _target_verdict(group, phase) for phase in schema.PHASES}
    met = {phase: verdict[0] for phase, verdict in verdicts.items()}
    reasons = [words for _, words in verdicts.values()]
    papers = not own.missing
    nobody = all(m == schema.NOT_APPLICABLE for m in met.values())
    if own.missing:
        shown = "、".join(own.missing[:3]) + (f"等 {len(own.missing)} 份" if len(own.missing) > 3 else "")
        reasons.append(f"材料未交：{shown}")
    if nobody:
        reasons = ["名单上没有人，不参评"]
    both = _both(list(met.values()))
    if both == schema.YES and papers:
        reasons.append("失误与普遍不满的记录待教务处登记")
    elif both == schema.NO or not papers:
        reasons.append("条件未满足")
    return Row(
        {
            "teacher": group.place.teacher,
            "midterm_met": met[schema.MIDTERM],
            "final_met": met[schema.FINAL],
            "both_met": both,
            "documents": _documents(own),
            "faults": AWAITING_OFFICE,
            "award": schema.NOT_APPLICABLE if nobody else AWAITING_OFFICE,
            "reason": "；".join(dict.fromkeys(reasons)),
        }
    )


def _both(met: Sequence[str | None]) -> str | None:
    if all(m == schema.NOT_APPLICABLE for m in met):
        return schema.NOT_APPLICABLE
    if schema.NO in met:
        return schema.NO
    return schema.YES if all(m == schema.YES for m in met) else None


def _target_verdict(group: Group, phase: str) -> tuple[str | None, str]:
    """(是/否/不适用/None = not known yet, why)."""
    row = group.figures(phase)
    if not row["base"]:
        waiting = any(f.tallied and f.state(phase) in (schema.NOT_SAT, schema.AWAITING_NORMS) for f in group.rows)
        return (None, f"{phase}还没有成绩") if waiting else (schema.NOT_APPLICABLE, f"{phase}没有基数")
    rate = f"{row['converted']}/{row['base']}"
    if row["target"] is not None:
        words = "达标" if row["met"] == schema.YES else "未达标"
        return row["met"], f"{phase}{words}（{rate}，目标 {percent(row['target'], 2)}）"
    return _verdict_by_class(group, phase, rate)


def _verdict_by_class(group: Group, phase: str, rate: str) -> tuple[str | None, str]:
    """Without one target for all: 是 if every class met its own, 否 if none did, else the office decides."""
    found: dict[str, str | None] = {}
    for lesson in group.lessons:
        rows = [f for f in group.rows if f.lesson is lesson]
        if any(f.tallied and f.state(phase) in IN_BASE for f in rows):
            label = f"{lesson.place.grade}{lesson.place.class_name}{lesson.place.subject}"
            found[label] = add_up(rows, [lesson], lesson.place, phase)["met"]
    answers = set(found.values())
    if answers == {None}:
        return None, f"{phase} {rate}，未设目标"
    shown = "、".join(f"{label}{_MET_WORDS[met]}" for label, met in found.items())
    return answers.pop() if len(answers) == 1 else None, f"{phase} {rate}，目标不一，按班看：{shown}"


_MET_WORDS: dict[str | None, str] = {schema.YES: "达标", schema.NO: "未达标", None: "未设目标"}
