"""From the parts of all class workbooks to the tables of the school. Pure: same parts in any order, same tables.

Source: spec §6.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

from xlbangfu import schema
from xlbangfu.issues import Issue, error, reminder, sort_key
from xlbangfu.office import merge_columns as sheets
from xlbangfu.office.merge_checks import check_list, compare_stats
from xlbangfu.office.merge_choice import MERGED, Seats, choose, class_label, find_double_seats
from xlbangfu.office.merge_figures import (
    Followed,
    Group,
    Lesson,
    followed_rows,
    group,
    lessons_of,
    stats_of,
)
from xlbangfu.office.merge_files import Unread
from xlbangfu.office.merge_norms import GradeNorms, Member, norms_in_force, room_of
from xlbangfu.office.merge_order import natural_key
from xlbangfu.office.merge_support import award_rows, dosage_rows, teacher_rows, teaching_of
from xlbangfu.office.parts import Parts
from xlbangfu.programme.classroom import Classroom, is_active
from xlbangfu.programme.conversion import CODES, Conversions, convert
from xlbangfu.programme.freezing import FrozenList, key_of, read_frozen_list
from xlbangfu.programme.progress import Dosage, dosage
from xlbangfu.programme.rules import Policy
from xlbangfu.programme.scores import Result
from xlbangfu.table import Row


@dataclass
class School:
    """Everything the school workbook and the Parquet folder show.

    tables: sheet or dataset → rows under the code names of merge_columns. stats: one row per group and phase.
    phase: the one that 总览 and 帮扶投入 look at. care: 关爱类别 → pupils on the list. notes: sentences for 总览.
    """

    school: str = ""
    term: str = ""
    phase: str = schema.MIDTERM
    stats: list[Row] = field(default_factory=list)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    care: dict[str, int] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Class:
    """One adopted class after counting."""

    member: Member
    room: Classroom
    lessons: dict[str, Lesson]
    followed: list[Followed]
    issues: list[Issue]

    @property
    def parts(self) -> Parts:
        return self.member.parts


def combine(
    read: Sequence[Parts],
    policies: Mapping[str, Policy | str],
    *,
    unread: Sequence[Unread] = (),
    copies: Mapping[str, str] | None = None,
    term: str | None = None,
) -> School:
    """The school's tables. policies: file → its 制度, or the sentence why it cannot be used.

    unread: files of which nothing was taken. copies: file → the read file with the same content. term: the 学期 to
    merge, None = the most frequent.
    """
    judged = [p for p in read if isinstance(policies[p.file], Policy)]
    choice = choose(judged, term)
    for parts in read:
        if parts not in judged:
            choice.results[parts.file] = f"未采用：{policies[parts.file]}"
            choice.issues.append(_bad_policy(parts, str(policies[parts.file])))
    seats = find_double_seats(choice.adopted)
    members = []
    for parts in choice.adopted:
        policy = policies[parts.file]
        assert isinstance(policy, Policy)
        members.append(Member(parts, policy, room_of(parts, policy)))
    norms = norms_in_force(members, seats)
    labels = _policy_labels(members)
    classes = [_count_class(m, norms[m.grade], seats, labels[m.parts.file]) for m in members]
    school = School(_school_name(choice.adopted), _term_words(choice.adopted), _latest_phase(classes))
    _fill_tables(school, classes, seats)
    school.issues = _all_issues(classes, [*choice.issues, *seats.issues, *_grade_issues(norms)], unread, copies or {})
    school.issues += _school_issues(choice.adopted)
    school.issues = sorted(dict.fromkeys(school.issues), key=sort_key)
    school.tables[sheets.ISSUES] = [_issue_row(i) for i in school.issues]
    school.tables[sheets.SOURCES] = _source_rows(read, choice.results, norms, unread, copies or {})
    school.counts = _counts(school, classes, seats)
    school.notes = _school_notes(norms, members)
    return school


# ---- one class -----------------------------------------------------------------------------------------


def _count_class(member: Member, norms: GradeNorms, seats: Seats, label: str) -> _Class:
    """Conversion of one class with the norms in force, its own figures checked beside it."""
    parts = member.parts
    caseload, known = parts.rows(schema.CASELOAD), parts.rows(schema.CONVERSIONS)
    frozen = read_frozen_list(parts.settings.get("freeze_check"), caseload, known)
    own = _converted(member.room, parts, frozen)
    room, found = member.room, own
    if norms.made:
        room = room_of(parts, member.policy, norms.table_for(member.room))
        found = _converted(room, parts, frozen)
    lessons = lessons_of(member, room, found, label)
    issues = [parts.locate(i) for i in (*member.room.issues, *room.issues, *(frozen.issues if frozen else ()))]
    issues += compare_stats(parts, own.stats)
    issues += check_list(parts, frozen=frozen is not None, followed=len(found.rows))
    return _Class(member, room, lessons, followed_rows(member, room, found, lessons, seats), issues)


def _converted(room: Classroom, parts: Parts, frozen: FrozenList | None) -> Conversions:
    caseload, known = parts.rows(schema.CASELOAD), parts.rows(schema.CONVERSIONS)
    return convert(room, caseload, parts.rows(schema.PROCESS), frozen, known)


def _policy_labels(members: Sequence[Member]) -> dict[str, str]:
    """File → how its 制度 is named; two contents under one name are told apart by their first class."""
    seen: dict[str, list[tuple[Policy, str]]] = {}
    labels = {}
    for member in members:
        known = seen.setdefault(member.policy.id, [])
        label = next((text for policy, text in known if policy == member.policy), None)
        if label is None:
            label = member.policy.id + (f"（{class_label(member.parts)}的版本）" if known else "")
            known.append((member.policy, label))
        labels[member.parts.file] = label
    return labels


def _latest_phase(classes: Iterable[_Class]) -> str:
    """期末 once anybody has a result there, else 期中."""
    sat = any(f.tallied and f.state(schema.FINAL) in (schema.CONVERTED, schema.NOT_CONVERTED) for c in classes for f in c.followed)
    return schema.FINAL if sat else schema.MIDTERM


# ---- tables --------------------------------------------------------------------------------------------


def _fill_tables(school: School, classes: Sequence[_Class], seats: Seats) -> None:
    lessons = {c.parts.file: c.lessons for c in classes}
    followed = [f for c in classes for f in c.followed]
    dosages = {id(f): d for c in classes for f, d in _dosages(c, school.phase)}
    groups = group([lesson for c in classes for lesson in c.lessons.values()], followed)
    school.stats = stats_of(groups)
    listed = {(c.parts.file, f.row["subject"]) for c in classes for f in c.followed if f.tallied}
    teaching = teaching_of([c.member for c in classes], lessons, listed)
    school.tables = {
        sheets.STATISTICS: school.stats,
        **{name: [r for r in school.stats if r["level"] == name] for name in (sheets.GRADES, sheets.CLASSES, sheets.SUBJECTS)},
        sheets.TEACHERS: teacher_rows(groups, teaching),
        sheets.AWARDS: award_rows(groups, teaching),
        sheets.PUPILS: [_pupil_row(c, f, dosages[id(f)]) for c in classes for f in c.followed],
        sheets.DOSAGE: dosage_rows(groups, dosages, school.phase),
        sheets.AUDIT: [_with_class(c, r, policy=c.member.policy.id) for c in classes for r in c.parts.rows(schema.AUDIT)],
        sheets.SCORES: [row for c in classes for row in _score_rows(c)],
    }
    for name, sheet in _PLAIN_TABLES.items():
        school.tables[name] = [_with_class(c, r) for c in classes for r in c.parts.rows(sheet)]
    school.care = _care(classes, seats)


_PLAIN_TABLES = {
    sheets.ROSTER: schema.ROSTER,
    sheets.PROCESS: schema.PROCESS,
    sheets.SESSIONS: schema.SESSIONS,
    sheets.PAPERS: schema.WRITTEN,
}


def _dosages(own: _Class, phase: str) -> list[tuple[Followed, Dosage]]:
    sessions = own.parts.rows(schema.SESSIONS)
    by_pupil: dict[str, list[Row]] = {}
    for row in sessions:
        by_pupil.setdefault(row["pupil_id"], []).append(row)
    until = own.room.day(phase)
    return [(f, dosage(by_pupil.get(f.row["pupil_id"], ()), key_of(f.row), until, own.room)) for f in own.followed]


def _with_class(own: _Class, row: Mapping[str, Any], **more: Any) -> Row:
    settings = own.parts.settings
    found = {"grade": settings["grade"], "class_name": settings["class_name"], **more}
    return Row({**row, **found, "file": own.parts.file, "sha256": own.parts.sha256})


def _pupil_row(own: _Class, followed: Followed, held: Dosage) -> Row:
    if not followed.counted:
        counted = f"否：计入{followed.elsewhere}" if followed.elsewhere else "否：两班在读，未定"
    elif not followed.tallied:
        counted = "否：只关注" if followed.row["case_type"] == schema.WATCH else "否：综合"
    else:
        counted = "否：新增" if followed.state(schema.FINAL) == schema.ADDED else schema.YES
    return _with_class(
        own,
        followed.row,
        teacher=followed.lesson.place.teacher,
        reference=followed.reference,
        sessions=held.sessions,
        minutes=held.minutes,
        counted=counted,
    )


def _score_rows(own: _Class) -> list[Row]:
    """One row per pupil, exam and subject with anything that counts in the cell."""
    room = own.room
    rows = []
    exams = dict.fromkeys(r["exam"] for r in own.parts.rows(schema.SCORES) if r.get("exam"))
    for exam in sorted(exams, key=natural_key):
        for subject in (s.name for s in room.subjects):
            column = room.column(exam, subject)
            for pupil_id in sorted({*column.results, *column.absences}):
                result: Result | None = column.results.get(pupil_id)
                values = {
                    "exam": exam,
                    "subject": subject,
                    "pupil_id": pupil_id,
                    "name": room.pupils[pupil_id].get("name"),
                    "mark": result if isinstance(result, Fraction) else None,
                    "level_name": result if isinstance(result, str) else None,
                    "absence": column.absences.get(pupil_id) if result is None else None,
                }
                rows.append(_with_class(own, values))
    return rows


def _care(classes: Sequence[_Class], seats: Seats) -> dict[str, int]:
    """Pupils on the list per 关爱类别: counts only (spec §7)."""
    counted: Counter[str] = Counter()
    for own in classes:
        listed = {f.row["pupil_id"] for f in own.followed}
        for row in own.parts.rows(schema.ROSTER):
            if row["pupil_id"] in listed and seats.counts(own.parts.file, row["pupil_id"]):
                counted.update(row.get("care") or ())
    return {category: counted[category] for category in schema.CARE if counted[category]}


# ---- what went wrong, and where everything came from -----------------------------------------------------


def _bad_policy(parts: Parts, reason: str) -> Issue:
    told = error(schema.SETTINGS.label, "merge.policy", f"{class_label(parts)}没有合并：{reason}", "请改正后再合并一次。")
    return replace(told, file=parts.file)


def _all_issues(
    classes: Iterable[_Class], school_wide: Sequence[Issue], unread: Sequence[Unread], copies: Mapping[str, str]
) -> list[Issue]:
    found = [i for c in classes for i in (*c.parts.issues, *c.issues)]
    found += school_wide
    for item in unread:
        if not item.harmless:
            found.append(replace(error("", "merge.file", f"{item.reason}，没有合并", item.mend), file=item.file))
    for file, same in copies.items():
        told = reminder("", "merge.copy", f"与“{same}”内容完全相同，只读了一份", "可以删去多余的一份。")
        found.append(replace(told, file=file))
    return found


def _grade_issues(norms: Mapping[str, GradeNorms]) -> list[Issue]:
    return [i for grade in norms.values() for i in grade.issues]


def _school_issues(adopted: Sequence[Parts]) -> list[Issue]:
    names = sorted({str(p.settings["school"]) for p in adopted if p.settings.get("school")})
    if len(names) < 2:
        return []
    message = f"设置里的学校名称不一：{'、'.join(names)}"
    return [reminder(schema.SETTINGS.label, "merge.school", message, "请核对；不同学校请分开合并。")]


def _issue_row(issue: Issue) -> Row:
    codes = ("level", "file", "sheet", "cell", "message", "mend")
    return Row({code: getattr(issue, code) or None for code in codes})


def _source_rows(
    read: Iterable[Parts],
    results: Mapping[str, str],
    norms: Mapping[str, GradeNorms],
    unread: Iterable[Unread],
    copies: Mapping[str, str],
) -> list[Row]:
    """来源: one row per file met, in the order of their paths."""
    by_file = {p.file: p for p in read}
    rows = [_source_row(p, results[p.file], norms) for p in by_file.values()]
    for file, same in copies.items():
        digest = by_file[same].sha256 if same in by_file else next((u.sha256 for u in unread if u.file == same), "")
        rows.append(Row({"file": file, "sha256": digest, "result": f"未读：与“{same}”相同"}))
    for item in unread:
        prefix = "未读" if item.harmless else "读不了"
        rows.append(Row({"file": item.file, "sha256": item.sha256 or None, "result": f"{prefix}：{item.reason}"}))
    return sorted(rows, key=lambda r: (r["file"], r["result"]))


def _source_row(parts: Parts, result: str, norms: Mapping[str, GradeNorms]) -> Row:
    settings = parts.settings
    merged = result == MERGED
    used = norms.get("".join(str(settings.get("grade") or "").split())) if merged else None
    return Row(
        {
            "file": parts.file,
            "grade": settings.get("grade"),
            "class_name": settings.get("class_name"),
            "term": settings.get("term"),
            "policy": settings.get("policy"),
            "roster": len(parts.rows(schema.ROSTER)),
            "scores": len(parts.rows(schema.SCORES)),
            "caseload": len(parts.rows(schema.CASELOAD)),
            "sessions": len(parts.rows(schema.SESSIONS)),
            "last_log": parts.last_log,
            "result": result,
            "norms": used.source_words() if used is not None else None,
            "sha256": parts.sha256,
        }
    )
