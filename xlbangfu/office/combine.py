"""From the parts of all class workbooks to the tables of the school. Pure: same parts in any order, same tables.

Source: spec §6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlbangfu import schema
from xlbangfu.issues import Issue, sort_key
from xlbangfu.office import merge_columns as sheets
from xlbangfu.office.merge_audit import AuditBlock, audit_blocks
from xlbangfu.office.merge_checks import check_list, compare_stats
from xlbangfu.office.merge_choice import Choice, Seats, choose, class_label, find_double_seats
from xlbangfu.office.merge_figures import followed_rows, lessons_of
from xlbangfu.office.merge_norms import GradeNorms, Member, cells_in_words, norms_in_force, room_of
from xlbangfu.office.merge_order import natural_key
from xlbangfu.office.merge_sources import (
    Gathered,
    bad_policy,
    file_issues,
    issue_row,
    school_name_issues,
    school_names,
    source_rows,
)
from xlbangfu.office.merge_tables import CountedClass, care_counts, figures_and_tables, latest_phase
from xlbangfu.office.parts import Parts
from xlbangfu.programme.classroom import Classroom, is_active
from xlbangfu.programme.conversion import Conversions, convert
from xlbangfu.programme.numbers import percent
from xlbangfu.programme.rules import Policy, describe_exit
from xlbangfu.table import Row

__all__ = ["Gathered", "School", "combine"]


@dataclass
class School:
    """Everything the school workbook and the Parquet folder show.

    phase: the one that 总览 and 帮扶投入 look at. stats: one row per group and phase. tables: sheet or dataset →
    rows under the code names of merge_columns. care: 关爱类别 → pupils on a list. audit: the matrices of 落实. notes: sentences for 总览.
    classes: number of adopted workbooks.
    """

    school: str = ""
    term: str = ""
    phase: str = schema.MIDTERM
    classes: int = 0
    stats: list[Row] = field(default_factory=list)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    care: dict[str, int] = field(default_factory=dict)
    audit: list[AuditBlock] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def combine(
    gathered: Gathered,
    policies: Mapping[str, Policy],
    *,
    bad_policies: Mapping[str, str] | None = None,
    term: str | None = None,
) -> School:
    """The school's tables. policies: file → its 制度; bad_policies: file → why there is none.

    term: the 学期 to merge, None = the most frequent.
    """
    choice = choose(gathered.read, term)
    _drop_without_policy(choice, bad_policies or {})
    seats = find_double_seats(choice.adopted)
    members = [Member(p, policies[p.file], room_of(p, policies[p.file])) for p in choice.adopted]
    norms = norms_in_force(members, seats)
    labels = _policy_labels(members)
    classes = [_count_class(m, norms[m.grade], seats, labels[m.parts.file]) for m in members]
    school = School("、".join(school_names(choice.adopted)), _term(choice), latest_phase(classes), len(classes))
    school.stats, school.tables = figures_and_tables(classes, school.phase)
    school.care = care_counts(classes, seats)
    school.audit = audit_blocks(members, labels)
    school.issues = _all_issues(gathered, choice, seats, norms, classes)
    school.tables[sheets.ISSUES] = [issue_row(i) for i in school.issues]
    school.tables[sheets.SOURCES] = source_rows(gathered, choice.results, norms)
    school.counts = _counts(school, gathered, classes, seats)
    school.notes = _notes(classes, norms)
    return school


def _drop_without_policy(choice: Choice, bad_policies: Mapping[str, str]) -> None:
    for parts in [p for p in choice.adopted if p.file in bad_policies]:
        choice.adopted.remove(parts)
        choice.results[parts.file] = f"未采用：{bad_policies[parts.file].rstrip('。')}"
        choice.issues.append(bad_policy(parts, bad_policies[parts.file].rstrip("。")))


def _term(choice: Choice) -> str:
    """学期 as the first class writes it."""
    return next((str(p.settings["term"]).strip() for p in choice.adopted), choice.term)


# ---- one class -----------------------------------------------------------------------------------------


def _count_class(member: Member, norms: GradeNorms, seats: Seats, label: str) -> CountedClass:
    """Conversion of one class with the norms in force; what its own sheets say is checked beside it."""
    parts = member.parts
    room, found = member.room, _converted(member.room, parts)
    issues = compare_stats(parts, found.stats)
    if norms.made:
        room = room_of(parts, member.policy, norms.table_for(member.room))
        found = _converted(room, parts)
    lessons = lessons_of(member, room, found, label)
    followed = followed_rows(member, room, found, lessons, seats)
    counted = CountedClass(member, room, lessons, followed, issues)
    issues += check_list(parts, len(followed))
    _read_every_score(member.room, parts)
    issues += [parts.locate(i) for i in member.room.issues]
    return counted


def _read_every_score(room: Classroom, parts: Parts) -> None:
    """Cells of every exam that do not count become problems, whether or not a figure rests on them."""
    for exam in sorted({r["exam"] for r in parts.rows(schema.SCORES) if r.get("exam")}):
        for subject in room.subjects:
            room.column(exam, subject.name)


def _converted(room: Classroom, parts: Parts) -> Conversions:
    caseload, known = parts.rows(schema.CASELOAD), parts.rows(schema.CONVERSIONS)
    return convert(room, caseload, parts.rows(schema.PROCESS), parts.frozen, known)


def _policy_labels(members: Sequence[Member]) -> dict[str, str]:
    """File → how its 制度 is named; two contents under one name are told apart by their first class."""
    seen: dict[str, list[tuple[Policy, str]]] = {}
    labels = {}
    for member in members:
        known = seen.setdefault(member.policy.id, [])
        label = next((text for policy, text in known if policy == member.policy), "")
        if not label:
            label = member.policy.id + (f"（{class_label(member.parts)}的版本）" if known else "")
            known.append((member.policy, label))
        labels[member.parts.file] = label
    return labels


# ---- the school ----------------------------------------------------------------------------------------


def _all_issues(
    gathered: Gathered,
    choice: Choice,
    seats: Seats,
    norms: Mapping[str, GradeNorms],
    classes: Sequence[CountedClass],
) -> list[Issue]:
    """Every problem once, errors first, then by file; the order does not depend on how they were found."""
    found: list[Issue] = [*choice.issues, *seats.issues, *file_issues(gathered), *school_name_issues(choice.adopted)]
    found += [i for grade in norms.values() for i in grade.issues]
    found += [i for c in classes for i in (*c.parts.issues, *c.issues)]
    return sorted(dict.fromkeys(found), key=lambda i: (i.level != schema.ERROR, sort_key(i), i.cell, i.mend))


def _counts(school: School, gathered: Gathered, classes: Sequence[CountedClass], seats: Seats) -> dict[str, int]:
    results = [str(r["result"]) for r in school.tables[sheets.SOURCES]]
    pupils = sum(
        is_active(row) and seats.counts(c.parts.file, row["pupil_id"])
        for c in classes
        for row in c.parts.rows(schema.ROSTER)
    )
    return {
        "文件": len(results),
        "班级": len(classes),
        "学生": pupils,
        "名单": sum(f.tallied for c in classes for f in c.followed),
        "辅导": sum(len(c.parts.rows(schema.SESSIONS)) for c in classes),
        "未采用": sum(r.startswith("未采用") for r in results),
        "相同": len(gathered.copies),
        "读不了": sum(not u.harmless for u in gathered.unread),
        "错误": sum(i.level == schema.ERROR for i in school.issues),
        "提醒": sum(i.level == schema.REMINDER for i in school.issues),
    }


def _notes(classes: Sequence[CountedClass], norms: Mapping[str, GradeNorms]) -> list[str]:
    """What a reader of the figures must know: rules, targets, norms."""
    notes = []
    rooms: dict[str, list[CountedClass]] = {}
    for own in classes:
        label = next(iter(own.lessons.values())).policy if own.lessons else own.member.policy.id
        rooms.setdefault(label, []).append(own)
    for label, same in sorted(rooms.items(), key=lambda item: natural_key(item[0])):
        policy = same[0].member.policy
        words = f"制度 {label}（{len(same)} 个班）：转化 = {describe_exit(policy.exit)}"
        notes.append(f"{words}；目标 期中 {_targets(same, schema.MIDTERM)}、期末 {_targets(same, schema.FINAL)}。")
    for grade in sorted(norms, key=natural_key):
        if norms[grade].made:
            notes.append(
                f"{grade}：各班的常模不一致或没有，{cells_in_words(norms[grade].made)}按合并的成绩重算，"
                "所以这些转化率可能与班级工作簿里的不同。"
            )
    return notes


def _targets(classes: Sequence[CountedClass], phase: str) -> str:
    found: dict[Any, None] = dict.fromkeys(c.room.target(phase) for c in classes)
    shown = sorted(found, key=lambda t: (t is None, t or 0))
    return "或".join("未设" if t is None else percent(t, 2) for t in shown)
