"""Universal screening: hold every pupil against the policy's criteria and say which held, and why.

Source: spec §4.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from xlbangfu import schema
from xlbangfu.issues import error, reminder
from xlbangfu.programme import rules
from xlbangfu.programme.classroom import BASELINE, Classroom, in_term, is_active
from xlbangfu.programme.norms import TOLERANCE, Reference
from xlbangfu.programme.numbers import percent, plain
from xlbangfu.programme.scores import Result
from xlbangfu.schema import DUAL, GENERAL_SUBJECT, GRADE_REFERENCE, STRUGGLING, WATCH
from xlbangfu.table import Row


@dataclass(frozen=True)
class Finding:
    """Whether a criterion held, and the sentences that say so."""

    holds: bool
    reasons: tuple[str, ...] = ()


NOT_FOUND = Finding(False)


@dataclass(frozen=True)
class Case:
    """One pupil in one subject, with everything a criterion may look at."""

    room: Classroom
    pupil: Row
    subject: str
    observations: Sequence[Row]

    @property
    def pupil_id(self) -> str:
        """学号."""
        return str(self.pupil["pupil_id"])

    @property
    def baseline(self) -> tuple[Result, Reference, str] | None:
        """The valid baseline result with the reference it can be held against, and its kind."""
        exam = self.room.exam(BASELINE)
        result = self.room.result(exam, self.subject, self.pupil_id)
        reference, kind = self.room.best_reference(exam, self.subject)
        if result is None or reference is None or not reference.knows(result):
            return None
        return result, reference, kind


def result_words(result: Result) -> str:
    """A result as a teacher reads it: 「58」 or 「“合格”」."""
    return f"“{result}”" if isinstance(result, str) else plain(result, 6)


def _scope(reference: Reference, kind: str) -> str:
    where = "年级" if kind == GRADE_REFERENCE else "按本班"
    return f"{where} {reference.n} 人"


def _bottom_share(rule: rules.BottomShare, case: Case) -> Finding:
    if (known := case.baseline) is None:
        return NOT_FOUND
    result, reference, kind = known
    share = rule.share or case.room.share
    cut = reference.cut(share)
    if cut is None or reference.order(result) > reference.order(cut):
        return NOT_FOUND
    lowered = "，区分度不足，取最高分以下" if reference.cut_is_lowered(share) else ""
    return Finding(
        True,
        (
            f"后{percent(share)}：{result_words(result)} ≤ 识别线 {result_words(cut)}"
            f"（{_scope(reference, kind)}{lowered}）",
        ),
    )


def _mean_words(result: Result, reference: Reference, kind: str) -> str:
    if isinstance(result, Fraction):
        gap = plain(reference.mean - result)
        return f"低于均分 {gap} 分" if gap != "0" else "略低于均分"
    return f"{result_words(result)} 低于{'年级' if kind == GRADE_REFERENCE else '本班'}平均水平"


def _below_mean(_: rules.BelowMean, case: Case) -> Finding:
    if (known := case.baseline) is None or not known[1].below_mean(known[0]):
        return NOT_FOUND
    return Finding(True, (_mean_words(*known),))


def _level_at_most(rule: rules.LevelAtMost, case: Case) -> Finding:
    if (known := case.baseline) is None:
        return NOT_FOUND
    result, reference, _ = known
    if isinstance(result, Fraction) or not reference.knows(rule.level):
        return NOT_FOUND
    if reference.order(result) > reference.order(rule.level):
        return NOT_FOUND
    return Finding(True, (f"等级 {result_words(result)}，不高于 {result_words(rule.level)}",))


def _decline(rule: rules.Decline, case: Case) -> Finding:
    room, previous = case.room, case.room.settings.get("previous_exam") or ""
    if not previous or (known := case.baseline) is None:
        return NOT_FOUND
    kind = known[2]
    if room.reference(previous, case.subject, kind) is None:
        kind = schema.CLASS_REFERENCE  # the same kind for both, or the difference would compare two groups
    before = room.z(previous, case.subject, case.pupil_id, kind)
    after = room.z(room.exam(BASELINE), case.subject, case.pupil_id, kind)
    if before is None or after is None or before - after < rule.sd - TOLERANCE:
        return NOT_FOUND
    return Finding(True, (f"比“{previous}”下降 {plain(before - after)} 个标准差",))


def _reports(case: Case, categories: Iterable[str], severity: int, *, general: bool) -> list[Row]:
    wanted = set(categories)
    subjects = (None, "") if general else (None, "", case.subject)
    return [
        row
        for row in case.observations
        if row.get("pupil_id") == case.pupil_id
        and row.get("subject") in subjects
        and row.get("category") in wanted
        and (row.get("severity") or 0) >= severity
        and row.get("source")
        and in_term(row, case.room.settings)
    ]


def _told_by(case: Case, sources: int, categories: Sequence[str], severity: int, *, general: bool) -> Finding:
    rows = _reports(case, categories, severity, general=general)
    who = sorted({row["source"] for row in rows}, key=schema.SIGNAL_SOURCES.index)
    if len(who) < sources:
        return NOT_FOUND
    what = sorted({row["category"] for row in rows}, key=schema.SIGNAL_CATEGORIES.index)
    worst = max(row["severity"] for row in rows)
    return Finding(True, (f"{'、'.join(who)}反映{'、'.join(what)}（程度 {worst}）",))


def _care(rule: rules.Care, case: Case) -> Finding:
    held = [c for c in case.pupil.get("care") or () if c in rule.categories]
    return Finding(True, (f"关爱类别：{'、'.join(held)}",)) if held else NOT_FOUND


def evaluate(rule: rules.Criterion, case: Case, *, general: bool = False) -> Finding:
    """Whether the rule holds for the case. general: only what has no subject counts. Source: spec §4.3."""
    match rule:
        case rules.AllOf():
            found = [evaluate(part, case, general=general) for part in rule.of]
            reasons = tuple(text for f in found for text in f.reasons)
            return Finding(True, reasons) if all(f.holds for f in found) else NOT_FOUND
        case rules.AnyOf():
            found = [evaluate(part, case, general=general) for part in rule.of]
            return Finding(any(f.holds for f in found), tuple(text for f in found for text in f.reasons))
        case rules.Referral():
            return _told_by(case, rule.sources, rule.categories, rule.severity, general=general)
        case rules.Behaviour():
            return _told_by(case, rule.sources, (schema.BEHAVIOUR,), rule.severity, general=general)
        case rules.Care():
            return _care(rule, case)
        case _ if general:
            return NOT_FOUND
        case rules.BottomShare():
            return _bottom_share(rule, case)
        case rules.BelowMean():
            return _below_mean(rule, case)
        case rules.LevelAtMost():
            return _level_at_most(rule, case)
        case rules.Decline():
            return _decline(rule, case)
    raise TypeError(f"not a criterion: {rule!r}")


def _named(policy: rules.Policy) -> list[rules.Criterion]:
    """Every single criterion the policy names, in its own order, each once."""
    found: dict[rules.Criterion, None] = {}
    for rule in (policy.academic, *policy.beside):
        for part in rules.named_criteria(rule):
            found.setdefault(part)
    return list(found)


_SIGNALS = (rules.Decline, rules.Referral, rules.Behaviour, rules.Care)


def _basis(case: Case, named: Sequence[rules.Criterion], *, general: bool) -> str:
    """Every criterion that held, with its figures; the gap to the mean stands with them where there is one."""
    reasons = [text for rule in named for text in evaluate(rule, case, general=general).reasons]
    if not general and not any(isinstance(rule, rules.BelowMean) for rule in named):
        reasons += evaluate(rules.BelowMean(), case).reasons
    if not general and (known := case.baseline) is not None and known[2] != GRADE_REFERENCE:
        scope = _scope(*known[1:])
        reasons += [] if any(scope in text for text in reasons) else [scope]
    return "；".join(dict.fromkeys(reasons))


def _own_signal(rule: rules.Criterion, case: Case) -> bool:
    """True if the criterion holds and something about this very subject speaks for it, not only general reports."""
    match rule:
        case rules.Decline():
            reported = True
        case rules.Referral():
            reported = _reported_here(case, rule.categories, rule.severity)
        case rules.Behaviour():
            reported = _reported_here(case, (schema.BEHAVIOUR,), rule.severity)
        case _:
            return False
    return reported and evaluate(rule, case).holds


def _reported_here(case: Case, categories: Sequence[str], severity: int) -> bool:
    rows = _reports(case, categories, severity, general=False)
    return any(row.get("subject") == case.subject for row in rows)


def _flag(case: Case, named: Sequence[rules.Criterion]) -> str | None:
    """类型 of the case, or None. A signal that has no subject is not this subject's."""
    behaves = any(isinstance(r, rules.Behaviour) and evaluate(r, case).holds for r in named)
    if evaluate(case.room.policy.academic, case).holds:
        return DUAL if behaves else STRUGGLING
    return WATCH if any(_own_signal(rule, case) for rule in named) else None


def _row(case: Case, case_type: str, basis: str) -> Row:
    known = case.baseline if case.subject != GENERAL_SUBJECT else None
    values: dict[str, Any] = {
        "pupil_id": case.pupil_id,
        "name": case.pupil.get("name"),
        "subject": case.subject,
        "case_type": case_type,
        "basis": basis,
        "baseline": None,
        "from_mean": None,
        "z": None,
        "percentile": None,
        "reference": None,
        "standing": schema.STILL,
    }
    if known is not None:
        result, reference, kind = known
        values |= {
            "baseline": result,
            "from_mean": result - reference.mean if isinstance(result, Fraction) else None,
            "z": reference.z(result),
            "percentile": reference.percentile(result),
            "reference": kind,
        }
    return Row(values)


def _screen_pupil(room: Classroom, pupil: Row, observations: Sequence[Row], named: Sequence[Any]) -> list[Row]:
    rows = []
    for subject in room.subjects:
        case = Case(room, pupil, subject.name, observations)
        if case_type := _flag(case, named):
            rows.append(_row(case, case_type, _basis(case, named, general=False)))
    if not rows:
        case = Case(room, pupil, GENERAL_SUBJECT, observations)
        if any(isinstance(r, _SIGNALS) and evaluate(r, case, general=True).holds for r in named):
            rows.append(_row(case, WATCH, _basis(case, named, general=True)))
    return rows


def _note_references(room: Classroom) -> None:
    exam = room.exam(BASELINE)
    for subject in room.subjects:
        reference, kind = room.best_reference(exam, subject.name)
        if reference is None:
            continue
        if kind != GRADE_REFERENCE:
            room.note(
                reminder(
                    schema.NORMS.label,
                    "screen.no_norms",
                    f"{subject.name}：没有“{exam}”的年级常模，按本班识别",
                    "请向教务处索取常模，导入后再识别一次。",
                )
            )
        if reference.cut(room.share) is None and any(isinstance(r, rules.BottomShare) for r in _named(room.policy)):
            room.note(
                reminder(
                    schema.SCORES.label,
                    "screen.no_spread",
                    f"{subject.name}：“{exam}”人人同分，区分度不足，没有识别线，无人列入后{percent(room.share)}",
                    "请改用其他考试或观察作为基线。",
                )
            )


def screen(room: Classroom, observations: Sequence[Row]) -> list[Row]:
    """One row of 学困生 for each pupil and subject that is flagged now.

    Rows carry the program's columns only (no 确认, 责任教师, dates); order: subject as in 任课, 综合 last, 学号.
    Screened is everybody who was there at the baseline or is there now. Source: spec §4.3.
    """
    named = _named(room.policy)
    there = room.there(room.exam(BASELINE))
    rows = [
        row
        for pupil_id, pupil in room.pupils.items()
        if pupil_id in there or is_active(pupil)
        for row in _screen_pupil(room, pupil, observations, named)
    ]
    _note_references(room)
    order = {s.name: i for i, s in enumerate(room.subjects)}
    return sorted(rows, key=lambda r: (order.get(r["subject"], len(order)), r["pupil_id"]))


def merge_caseload(room: Classroom, existing: Sequence[Row], flagged: Sequence[Row], today: date) -> list[Row]:
    """The caseload after a screening: known rows updated by key, new ones added, none removed.

    What a teacher decides (确认, 责任教师) and the first 识别日期 stay; a frozen row keeps its 参照.
    Rows that no longer qualify are marked 不再符合 and keep their 依据; a row that a teacher added and no screening
    ever flagged stays as typed, so that it can be shown as 新增. Source: spec §3, §4.3, §4.4.
    """
    now = {(r["pupil_id"], r["subject"]): r for r in flagged}
    merged: list[Row] = []
    for row in existing:
        found = now.pop((row.get("pupil_id"), row.get("subject")), None)
        if found is None:
            merged.append(row.changed(standing=schema.NO_LONGER) if _was_flagged(row) else row)
            continue
        kept = {"reference": row["reference"]} if row.get("frozen_on") and row.get("reference") else {}
        decided = {
            "confirmed": row.get("confirmed") or schema.PENDING,
            "screened_on": row.get("screened_on") or today,
        }
        merged.append(row.changed(**{**found, **kept, **decided}))
    for row in flagged:
        if (row["pupil_id"], row["subject"]) in now:
            merged.append(
                row.changed(
                    confirmed=schema.PENDING,
                    teacher=room.teacher_of(row["subject"]),
                    screened_on=today,
                    frozen_on=None,
                )
            )
    return merged


def _was_flagged(row: Row) -> bool:
    """True if a screening flagged the row once; a teacher's own row has neither 识别日期 nor 现状."""
    return bool(row.get("pupil_id") and (row.get("screened_on") or row.get("standing")))


def missing_baseline(room: Classroom) -> str:
    """The sentence that says why screening cannot start, or "" when it can."""
    exam = room.exam(BASELINE)
    if not exam:
        return "“设置”里没有填“基线考试”，请填上基线考试的名称后再点一次。"
    if room.pupils and not any(room.column(exam, s.name).typed for s in room.subjects):
        return f"“成绩”里没有“{exam}”的成绩，请先导入或登记，再点一次。"
    return ""


def doubtful_rows(room: Classroom, caseload: Iterable[Row]) -> None:
    """Note rows of 学困生 whose subject is not in 任课: nothing can be computed for them."""
    known = {s.name for s in room.subjects} | {GENERAL_SUBJECT}
    for row in caseload:
        if row.get("subject") and row["subject"] not in known:
            room.note(
                error(
                    schema.CASELOAD.label,
                    "screen.subject",
                    f"“任课”里没有学科“{row['subject']}”",
                    "请改成“任课”里的学科名，或在“任课”里补上这一科。",
                    row=row.at,
                    column="学科",
                )
            )
