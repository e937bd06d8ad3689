"""Which norms the merge counts with: the workbooks' own where a grade agrees, else made from the merged rows. Pure.

Source: spec §6 (figures are recomputed), §4.1 (reference), §4.4 (r).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlbangfu import schema
from xlbangfu.issues import Issue, error
from xlbangfu.office.merge_choice import Seats
from xlbangfu.office.merge_order import natural_key, squeezed, subject_key
from xlbangfu.office.parts import Parts
from xlbangfu.programme.classroom import BASELINE, POINTS, Classroom
from xlbangfu.programme.freezing import Key, key_of
from xlbangfu.programme.identity import name_key
from xlbangfu.programme.norms import Reference, correlation, paired_values, read_distribution
from xlbangfu.programme.rules import Policy
from xlbangfu.programme.scores import Result
from xlbangfu.schema import LEVELS, MARKS, NORMS
from xlbangfu.table import Row, Table

Cell = tuple[str, str]  # 考试, 学科
_SAME = ("distribution", "baseline_exam", "baseline_r")  # what makes two rows of 常模 the same


def room_of(parts: Parts, policy: Policy, norms: Table | None = None) -> Classroom:
    """The class as the rules see it. norms: those to count with, None = the workbook's own."""
    return Classroom(
        parts.settings,
        policy,
        parts.table(schema.TEACHING),
        parts.table(schema.ROSTER),
        parts.table(schema.SCORES),
        norms if norms is not None else parts.table(NORMS),
    )


def reference_kinds(parts: Parts) -> dict[Key, str]:
    """参照 by row of the list: as 学困生 says it, else as the frozen list keeps it."""
    kept = dict(parts.frozen.references) if parts.frozen is not None else {}
    return kept | {key_of(r): r["reference"] for r in parts.rows(schema.CASELOAD) if r.get("reference")}


@dataclass(frozen=True)
class Member:
    """One adopted class: its parts, its 制度 and its room with its own norms."""

    parts: Parts
    policy: Policy
    room: Classroom

    @property
    def grade(self) -> str:
        """年级 as it is compared."""
        return squeezed(self.parts.settings.get("grade"))

    def results(self, exam: str, subject: str, seats: Seats) -> dict[str, Result]:
        """Valid results of those who were there on the exam's date and count in this class."""
        there = self.room.there(exam)
        found = self.room.column(exam, subject).results
        return {p: x for p, x in found.items() if p in there and seats.counts(self.parts.file, p)}


@dataclass
class GradeNorms:
    """The norms in force for one grade. carried, made: (考试, 学科) by where the figures come from."""

    rows: dict[Cell, Row] = field(default_factory=dict)
    carried: list[Cell] = field(default_factory=list)
    made: list[Cell] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def table_for(self, room: Classroom) -> Table:
        """The norms as that class's 常模."""
        rows = [row.changed(grade=room.grade) for row in self.rows.values()]
        return Table([c.code for c in NORMS.columns], rows)

    def source_words(self) -> str:
        """What 来源 says about them."""
        if not self.made:
            return "用工作簿里的常模" if self.carried else "没有常模，按本班"
        return f"{cells_in_words(self.made)}按合并的成绩重算" + ("，其余用工作簿里的常模" if self.carried else "")


def cells_in_words(cells: Iterable[Cell]) -> str:
    """「期中（语文、数学）、期末（语文）」."""
    by_exam: dict[str, list[str]] = {}
    for exam, subject in sorted(cells, key=lambda c: (natural_key(c[0]), subject_key(c[1]))):
        by_exam.setdefault(exam, []).append(subject)
    return "、".join(f"{exam}（{'、'.join(subjects)}）" for exam, subjects in by_exam.items())


def norms_in_force(members: Sequence[Member], seats: Seats) -> dict[str, GradeNorms]:
    """Norms of every grade. members: all adopted classes, in school order. Source: spec §6."""
    grades: dict[str, list[Member]] = {}
    for member in members:
        grades.setdefault(member.grade, []).append(member)
    return {grade: _grade_norms(same, seats) for grade, same in grades.items()}


def _grade_norms(members: Sequence[Member], seats: Seats) -> GradeNorms:
    norms = GradeNorms()
    holders = _holders(members)
    baselines = Counter(m.room.exam(BASELINE) for m in members if m.room.exam(BASELINE))
    baseline = max(baselines, key=lambda name: (baselines[name], name), default="")
    references: dict[Cell, Reference] = {}
    # Baselines first: r of a later exam needs them.
    for cell in sorted(holders, key=lambda c: (c[0] not in baselines, natural_key(c[0]), subject_key(c[1]))):
        rows = [m.room.norms_row(*cell) for m in holders[cell]]
        if (same := _same_row(rows)) is not None:
            norms.carried.append(cell)
            norms.rows[cell] = same
            references |= _readable(cell, same, holders[cell][0])
        elif any(rows) or _flagged_by_grade(holders[cell], cell[1]):
            reference = _merged_reference(cell, holders[cell], seats, norms.issues)
            if reference is not None:
                norms.made.append(cell)
                references[cell] = reference
                r = _merged_correlation(cell, baseline, holders[cell], seats, references)
                norms.rows[cell] = _made_row(cell, reference, baseline, r)
    return norms


def _holders(members: Sequence[Member]) -> dict[Cell, list[Member]]:
    """(考试, 学科) → the classes that have that exam as 基线, 期中 or 期末 and teach that subject."""
    holders: dict[Cell, list[Member]] = {}
    for member in members:
        for exam in dict.fromkeys(e for p in POINTS if (e := member.room.exam(p))):
            for subject in member.room.subjects:
                holders.setdefault((exam, subject.name), []).append(member)
    return holders


def _same_row(rows: Sequence[Row | None]) -> Row | None:
    """The row that all classes carry alike, None if they do not."""
    first = rows[0]
    if first is None or any(r is None or [r.get(c) for c in _SAME] != [first.get(c) for c in _SAME] for r in rows):
        return None
    return first


def _readable(cell: Cell, row: Mapping[str, Any], member: Member) -> dict[Cell, Reference]:
    try:
        levels = member.room.subject(cell[1]).levels
        return {cell: read_distribution(row.get("distribution") or "", levels)}
    except ValueError:
        return {}


def _flagged_by_grade(members: Iterable[Member], subject: str) -> bool:
    """True if a list of these classes was flagged against the grade: then a rate needs the grade's norms."""
    return any(
        kind == schema.GRADE_REFERENCE and key[1] == subject
        for member in members
        for key, kind in reference_kinds(member.parts).items()
    )


def _merged_reference(cell: Cell, members: Sequence[Member], seats: Seats, issues: list[Issue]) -> Reference | None:
    """The reference of all rows of the grade; of marks and levels, and of ladders, the rarer kind is left out."""
    columns = [(m, m.room.column(*cell), m.results(*cell, seats)) for m in members]
    counted: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for _, column, results in columns:
        counted[column.kind, column.ladder] += len(results)
    kind, ladder = max(sorted(counted), key=lambda k: counted[k])
    taken: list[Result] = []
    for member, column, results in columns:
        fitting = [x for x in results.values() if column.kind == kind and (kind == MARKS or x in ladder)]
        taken += fitting
        if len(fitting) < len(results):
            issues.append(_left_out(cell, member, len(results) - len(fitting), kind))
    return Reference.of(taken, kind, ladder if kind == LEVELS else ())


def _left_out(cell: Cell, member: Member, n: int, kind: str) -> Issue:
    exam, subject = cell
    message = f"“{exam}”{subject}有 {n} 个成绩与年级其他班的写法不同（年级多数是{kind}），没有算进年级常模"
    mend = "请与其他班统一用分数或同一套等级，再合并一次。"
    return member.parts.locate(error(schema.SCORES.label, "merge.norms_kind", message, mend))


def _merged_correlation(
    cell: Cell, baseline: str, members: Sequence[Member], seats: Seats, references: Mapping[Cell, Reference]
) -> float | None:
    """r between the baseline and this exam over the merged rows; None where there is no baseline to compare."""
    exam, subject = cell
    one, two = references.get((baseline, subject)), references.get(cell)
    if one is None or two is None or exam == baseline:
        return None
    # By 学号 and name over the whole grade: who changed class in between is one pair, two pupils of one 学号 are two.
    first, second = (
        {_person(m, p): x for m in members for p, x in m.results(e, subject, seats).items()} for e in (baseline, exam)
    )
    return correlation(paired_values(first, second, one, two))


def _person(member: Member, pupil_id: str) -> str:
    return f"{pupil_id}|{name_key(member.room.pupils[pupil_id].get('name'))}"


def _made_row(cell: Cell, reference: Reference, baseline: str, r: float | None) -> Row:
    exam, subject = cell
    later = exam != baseline
    return Row(
        {
            "exam": exam,
            "subject": subject,
            "n": reference.n,
            "distribution": reference.distribution(),
            "baseline_exam": baseline if later and r is not None else None,
            "baseline_r": r,
        }
    )
