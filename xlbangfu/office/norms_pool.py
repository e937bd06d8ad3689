"""All results of a grade in one place, and the rows of 常模 that follow from them. Pure.

Nothing depends on the order of files or rows. Source: spec §4.1, §4.2, §4.4 (r), §6 (norms).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from xlbangfu.imports.classes import ClassName
from xlbangfu.imports.words import KNOWN_SUBJECTS
from xlbangfu.issues import Issue
from xlbangfu.programme.identity import name_key
from xlbangfu.programme.norms import Reference, correlation, paired_values
from xlbangfu.programme.scores import Reading, Result, read_column
from xlbangfu.schema import ERROR, MARKS, NORMS, REMINDER
from xlbangfu.table import Row

LONGEST_CELL = 32_767  # characters that a cell of a workbook holds

T = TypeVar("T")
Column = tuple[str, str, str]  # grade as compared, 考试, 学科


@dataclass(frozen=True)
class Limits:
    """What 任课 says of a subject in one class (nothing, for a score file)."""

    scoring: str = MARKS
    full_points: Fraction | None = None
    levels: tuple[str, ...] = ()


NO_LIMITS = Limits()


@dataclass(eq=False)
class Pupil:
    """Who a row is about. grade: as compared. pupil_id: own 学号, "" without one. class_name: None if not told."""

    grade: str
    pupil_id: str
    name: str
    class_name: ClassName | None = None
    since: date | None = None  # 状态日期

    @cached_property
    def called(self) -> tuple[str, str, str]:
        """Grade, class and name: what identifies a pupil without 学号."""
        number = self.class_name.number if self.class_name is not None else ""
        return (self.grade, number, name_key(self.name) if self.name else "")


@dataclass(eq=False)
class Sitting:
    """One cell that counts towards the norms: a pupil's result in an exam and subject, or 缺考.

    issue: makes a problem of just this cell. order: file, sheet and place in it.
    """

    pupil: Pupil
    exam: str
    subject: str
    reading: Reading
    issue: Callable[[str, str, str, str], Issue]
    order: tuple[str, str, int]
    limits: Limits = NO_LIMITS

    @property
    def source(self) -> str:
        """The file that the cell is from."""
        return self.order[0]


# ---- who is who ----------------------------------------------------------------------------------------


class People:
    """Keys under which the cells of one pupil are brought together; "" for a pupil who cannot be told apart.

    By 学号, where it stands for one name only; by 学号 and name, where it stands for several (numbers that begin
    anew in each class); without 学号 by class and name, taken for a 学号 where just one pupil is called so there.
    """

    def __init__(self, pupils: Iterable[Pupil]) -> None:
        self._names: dict[str, set[str]] = {}
        self._ids: dict[tuple[str, str, str], set[str]] = {}
        everybody = dict.fromkeys(pupils)
        for pupil in everybody:
            if pupil.pupil_id:
                names = self._names.setdefault(pupil.pupil_id, set())
                if pupil.name:
                    names.add(pupil.called[2])
                    self._ids.setdefault(pupil.called, set()).add(pupil.pupil_id)
        self._keys = {pupil: self._find(pupil) for pupil in everybody}

    def key(self, pupil: Pupil) -> str:
        """The key of one of the pupils given at the start."""
        return self._keys[pupil]

    def _find(self, pupil: Pupil) -> str:
        if pupil.pupil_id:
            return self._by_id(pupil.pupil_id, pupil)
        if not pupil.name or not pupil.called[1]:
            return ""
        ids = self._ids.get(pupil.called, set())
        if len(ids) == 1:
            return self._by_id(next(iter(ids)), pupil)
        return "" if ids else "·".join(pupil.called)

    def _by_id(self, pupil_id: str, pupil: Pupil) -> str:
        if len(self._names[pupil_id]) < 2:
            return pupil_id
        return f"{pupil_id} {pupil.called[2]}" if pupil.name else ""


# ---- one exam and subject of one grade -----------------------------------------------------------------


@dataclass
class Pooled:
    """A reference and the results behind it, by pupil key (pupils who cannot be told apart are in the reference)."""

    reference: Reference
    results: Mapping[str, Result]


@dataclass
class Pool:
    """Cells of all sources. issues: what was met on the way."""

    sittings: list[Sitting] = field(default_factory=list)
    grades: dict[str, Counter[str]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def add(self, sitting: Sitting, grade_label: str) -> None:
        """Take one cell; blank cells are none."""
        self.grades.setdefault(sitting.pupil.grade, Counter())[grade_label] += 1
        self.sittings.append(sitting)

    def grade_label(self, grade: str) -> str:
        """The grade as it is written most often, of equals the first in order of text."""
        written = self.grades[grade]
        return min(written, key=lambda label: (-written[label], label))

    def pooled(self) -> dict[Column, Pooled]:
        """The reference of every grade, exam and subject with a valid result."""
        people = People(s.pupil for s in self.sittings)
        self._report_unknown(people)
        columns: dict[Column, dict[str, list[Sitting]]] = {}
        for n, s in enumerate(sorted(self.sittings, key=lambda s: s.order)):
            key = people.key(s.pupil) or f"#{n}"
            columns.setdefault((s.pupil.grade, s.exam, s.subject), {}).setdefault(key, []).append(s)
        self._settle_grades(columns)
        found = {}
        for column, cells in sorted(columns.items()):
            single = {key: one for key, several in cells.items() if (one := self._single(several)) is not None}
            if (pooled := self._pool(single)) is not None:
                found[column] = pooled
        return found

    def _report_unknown(self, people: People) -> None:
        lost = {s.order[:2] for s in self.sittings if not people.key(s.pupil)}
        for source, sheet in sorted(lost):
            message = "有的行没有学号，班级和姓名也认不出是谁：成绩计入常模，但不用于与基线的相关"
            self.issues.append(Issue(REMINDER, sheet, "norms.unknown_pupil", message, "请补上学号。", file=source))

    def _settle_grades(self, columns: Mapping[Column, dict[str, list[Sitting]]]) -> None:
        """A pupil with a cell for one exam and subject in two grades counts in neither."""
        holders: dict[tuple[str, str, str], list[Column]] = {}
        for column, cells in columns.items():
            for key in cells:
                if not key.startswith("#"):
                    holders.setdefault((column[1], column[2], key), []).append(column)
        for (_, _, key), held in sorted(holders.items()):
            if len(held) > 1:
                cells_of = [s for column in held for s in columns[column].pop(key)]
                self._refuse(cells_of, "同一名学生在两个年级都有这一科成绩，都没有计入")

    def _single(self, several: Sequence[Sitting]) -> Sitting | None:
        """The one cell that counts for a pupil: all say the same, else the one with the latest 状态日期."""
        first = several[0]
        if len(several) == 1:
            return first
        if len({(s.reading.result, s.reading.absence) for s in several}) == 1:
            self._say_once(several)
            return first
        newest = max((s.pupil.since for s in several if s.pupil.since is not None), default=None)
        latest = [s for s in several if newest is not None and s.pupil.since == newest]
        if len(latest) == 1:
            self._say_once(several, "成绩不同，按状态日期较晚的计")
            return latest[0]
        self._refuse(several, "同一名学生这一科有两个不同的成绩，都没有计入")
        return None

    def _say_once(self, several: Sequence[Sitting], how: str = "只计一次") -> None:
        first = several[0]
        where = "、".join(dict.fromkeys(s.source for s in several))
        message = (
            f"{first.pupil.name}（学号 {first.pupil.pupil_id or '无'}）的“{first.exam}”成绩在 {where} 里不止一处，{how}"
        )
        issue = Issue(
            REMINDER, first.order[1], "norms.twice", message, "已转班请把原班的状态改为转出。", file=first.source
        )
        self.issues.append(issue)

    def _refuse(self, several: Sequence[Sitting], why: str) -> None:
        for s in several:
            others = "、".join(dict.fromkeys(o.source for o in several if o is not s))
            mend = f"请与 {others} 核对后改正。"
            self.issues.append(
                s.issue(ERROR, "norms.contradiction", f"{s.pupil.name}“{s.exam}”{s.subject}：{why}", mend)
            )

    def _pool(self, cells: Mapping[str, Sitting]) -> Pooled | None:
        """Marks or levels is decided over the whole grade; every mark is held against its own class's 满分."""
        limits = [s.limits for s in cells.values()]
        scoring = _most_common(limit.scoring for limit in limits) or MARKS
        levels = _most_common(limit.levels for limit in limits if limit.levels) or ()
        column = read_column({key: s.reading for key, s in cells.items()}, scoring=scoring, levels=levels)
        for rejected in column.rejected:
            cell = cells[rejected.pupil_id]
            self.issues.append(cell.issue(ERROR, rejected.rule, f"{rejected.message}，没有计入", "请核对后改正。"))
        results = {key: x for key, x in column.results.items() if self._in_range(cells[key], x)}
        reference = Reference.of(results.values(), column.kind, column.ladder)
        if reference is None:
            return None
        return Pooled(reference, {key: x for key, x in results.items() if not key.startswith("#")})

    def _in_range(self, s: Sitting, result: Result) -> bool:
        full = s.limits.full_points
        if full is None or isinstance(result, str) or 0 <= result <= full:
            return True
        message = f"{float(result):g} 不在 0 到 {float(full):g} 之间，没有计入"
        self.issues.append(s.issue(ERROR, "score.range", message, "请核对分数，或“任课”里的满分。"))
        return False


def _most_common(values: Iterable[T]) -> T | None:
    counted = Counter(values)
    return min(counted, key=lambda v: (-counted[v], str(v)), default=None)


# ---- rows of 常模 --------------------------------------------------------------------------------------


def norms_rows(pool: Pool, share_of: Callable[[str], Fraction], baseline_of: Callable[[str], str]) -> list[Row]:
    """One row of 常模 per grade, exam and subject. share_of, baseline_of: by grade as compared."""
    pooled = pool.pooled()
    rows = []
    for column in sorted(pooled, key=lambda c: _order(c, baseline_of(c[0]))):
        grade, exam, subject = column
        row = _row(pool.grade_label(grade), exam, subject, pooled[column].reference, share_of(grade))
        baseline = baseline_of(grade)
        if baseline and exam != baseline:
            r = _correlation(pooled.get((grade, baseline, subject)), pooled[column])
            row |= {"baseline_exam": baseline if r is not None else None, "baseline_r": r}
            if r is None:
                pool.issues.append(_no_correlation(row, baseline))
        if len(row["distribution"]) > LONGEST_CELL:
            pool.issues.append(_too_long(row))
            continue
        rows.append(row)
    return rows


def _row(grade: str, exam: str, subject: str, reference: Reference, share: Fraction) -> Row:
    cut = reference.cut(share)
    return Row(
        {
            "grade": grade,
            "exam": exam,
            "subject": subject,
            "n": reference.n,
            "mean": reference.mean,
            "sd": reference.sd,
            "share": share,
            "cut": cut,
            "next": None if cut is None else reference.next_above(cut),
            "baseline_exam": None,
            "baseline_r": None,
            "distribution": reference.distribution(),
        }
    )


def _correlation(one: Pooled | None, two: Pooled) -> float | None:
    if one is None:
        return None
    return correlation(paired_values(one.results, two.results, one.reference, two.reference))


def _no_correlation(row: Row, baseline: str) -> Issue:
    message = f"“{row['exam']}”{row['subject']}与“{baseline}”没有可以配对的成绩，“与基线相关”留空"
    return Issue(REMINDER, NORMS.label, "norms.no_correlation", message, "把两次考试的成绩一起作为来源再算一次。")


def _too_long(row: Row) -> Issue:
    message = f"{row['grade']}“{row['exam']}”{row['subject']}的不同分数太多，一个单元格放不下，没有生成常模"
    return Issue(ERROR, NORMS.label, "norms.too_long", message, "请减少分数的小数位数。")


def _order(column: Column, baseline: str) -> tuple[object, ...]:
    grade, exam, subject = column
    known = KNOWN_SUBJECTS.index(subject) if subject in KNOWN_SUBJECTS else len(KNOWN_SUBJECTS)
    return (_natural(grade), exam != baseline, _natural(exam), known, subject)


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|\D+", text)
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]
