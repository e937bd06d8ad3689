"""What goes from one term's class workbook into the next one's, and what stays behind. Pure: tables in, tables out.

Carried is what is true of the pupils or was decided for longer than a term; what happened in the term, and what
was computed of it, stays in its workbook. Source: spec §2 (step 10), §3, §6 (rollover).
"""

from __future__ import annotations

from typing import Any

from xlbangfu import schema
from xlbangfu.actions.book import Refused
from xlbangfu.issues import Issue, reminder
from xlbangfu.office.rollover_exam import carried_norms, note_exam, previous_exam, score_columns
from xlbangfu.office.rollover_names import grade_of, next_class, next_grade
from xlbangfu.office.rollover_tables import Fate, NewTerm, NextBook, OldBook
from xlbangfu.programme.numbers import clean_text, exact_share
from xlbangfu.programme.plans import ADJUSTED, ADVICE, DRAFT, RUNNING
from xlbangfu.programme.terms import Term, exam_in_term, read_term
from xlbangfu.schema import NORMS, PAIRS, PLANS, PROFILES, ROSTER, SCORES, SETTINGS, TEACHING, Kind
from xlbangfu.table import Row
from xlbangfu.workbook.cells import encode, is_blank

TAKEN, LEFT = "带走", "未带走"
_GONE = (schema.MOVED_OUT, schema.DROPPED_OUT)
_OPEN_PLANS = (None, DRAFT, RUNNING, ADJUSTED)
# 设置 that is no matter of one term. 期中依据 and 期末依据 go with the exams that are named anew, and with the grade.
_KEPT_SETTINGS = (
    "school",
    "homeroom_teacher",
    "policy",
    "share",
    "midterm_target",
    "final_target",
    "max_tutees",
    "max_gap_days",
    "zeros_absent",
    "leader",
    "members",
    "academic_office",
    "moral_office",
    "counsellor",
    "study_adviser",
)


def plan_next(old: OldBook, new: NewTerm) -> NextBook:
    """The next term's workbook made from this one.

    Raises Refused where the old term cannot be read or is not before the new one, and for pupils who have left
    school by then.
    """
    issues: list[Issue] = []
    before = _term_of(old, new)
    grade, class_name = _names(old, before.septembers_to(new.term), new, issues)
    _note_gap(old, before, new, issues)
    counted = {row.at for row in old.tables[ROSTER.label]}
    fates = [_fate(row, counted) for row in old.roster]
    issues += [_left_behind(f) for f in fates if f.reason and f.row.at in counted]
    going = {f.row["pupil_id"] for f in fates if not f.reason}
    exam = previous_exam(old)
    called = exam_in_term(exam, before) if exam not in ("", old.settings.get("previous_exam")) else exam
    note_exam(old, exam, issues)
    tables = {
        TEACHING.label: list(old.tables[TEACHING.label]),
        ROSTER.label: [_pupil(f.row, going) for f in fates if not f.reason],
        SCORES.label: [r.changed(exam=called) for r in _of(old, SCORES, going) if exam and r.get("exam") == exam],
        NORMS.label: carried_norms(old, exam, grade=grade, exam_name=called),
        PROFILES.label: [r.changed(slip_on=None) for r in _of(old, PROFILES, going)],
        PLANS.label: _plans(old, going),
        PAIRS.label: _pairs(old, going, issues),
    }
    _note_own_settings(old, issues)
    settings = {code: _as_exact(old, code) for code in _KEPT_SETTINGS} | {
        "grade": grade,
        "class_name": class_name,
        "term": new.text,
        "term_start": new.start,
        "term_end": new.end,
        "previous_exam": called,
    }
    kept = {code: value for code, value in settings.items() if not is_blank(value)}
    return NextBook(kept, tables, score_columns(old), fates, issues)


# ---- term, grade, class --------------------------------------------------------------------------------


def _term_of(old: OldBook, new: NewTerm) -> Term:
    text = clean_text(old.settings.get("term"))
    found = read_term(text)
    if found is None:
        what = f"是“{text}”，看不出是哪个学期" if text else "没有填"
        raise Refused(f"“设置”的“学期”{what}，不能结转；请改成 2026秋 的样子再试。")
    if found >= new.term:
        raise Refused(f"这是“{text}”的工作簿，新学期“{new.text}”不比它晚；请核对 --term。")
    return found


def _names(old: OldBook, years: int, new: NewTerm, issues: list[Issue]) -> tuple[str, str]:
    """年级 and 班级 of the new term."""
    grade, name = str(old.settings.get("grade") or ""), str(old.settings.get("class_name") or "")
    known = grade_of(grade, name)
    if known and next_grade(known, years) is None:
        raise Refused(f"{known}的学生到“{new.text}”已经毕业，没有新学期的工作簿。")
    moved, called = next_grade(grade, years) if grade else None, next_class(grade, name, years)
    if moved is not None and not moved.told:
        message = f"年级“{grade}”看不出该怎样升级，照原样带走"
        issues.append(_about(old, "grade", "rollover.grade", message, "请在新工作簿的“设置”里核对年级。"))
    if not called.told:
        message = f"班级“{name}”里有没有年级看不出来，照原样带走"
        issues.append(_about(old, "class_name", "rollover.class", message, "请在新工作簿的“设置”里核对班级。"))
    return (moved.text if moved is not None else ""), called.text


def _note_gap(old: OldBook, before: Term, new: NewTerm, issues: list[Issue]) -> None:
    if (between := before.terms_to(new.term) - 1) > 0:
        message = f"从“{old.settings['term']}”到“{new.text}”中间隔了 {between} 个学期"
        issues.append(_about(old, "term", "rollover.gap", message, "请核对 --term；确实如此就不用改。"))


def _about(old: OldBook, code: str, rule: str, message: str, mend: str) -> Issue:
    label = schema.setting(code).label
    at = next((r.at for r in old.setting_rows if clean_text(r.get("item")) == label), None)
    return reminder(SETTINGS.label, rule, message, mend, row=at, column="值")


# ---- 设置 ----------------------------------------------------------------------------------------------


def _as_exact(old: OldBook, code: str) -> Any:
    """The value of a setting; a share that a number cell would round (1/3) as it was typed."""
    value = old.settings.get(code)
    known = schema.setting(code)
    if known.kind is not Kind.SHARE or value is None or exact_share(encode(value)) == value:
        return value
    return next(r.get("value") for r in old.setting_rows if clean_text(r.get("item")) == known.label)


def _note_own_settings(old: OldBook, issues: list[Issue]) -> None:
    known = {s.label for s in schema.SETTING_ROWS}
    own = [r for r in old.setting_rows if clean_text(r.get("item")) not in known and not is_blank(r.get("value"))]
    for row in own:
        message = f"自己加的一行“{row.get('item') or ''}”没有带走"
        issues.append(reminder(SETTINGS.label, "rollover.setting", message, "需要时请在新工作簿里补上。", row=row.at))


# ---- pupils --------------------------------------------------------------------------------------------


def _fate(row: Row, counted: set[int | None]) -> Fate:
    """Whether a row of 名册 is carried; one that does not count is named by the reading already."""
    if row.at not in counted:
        return Fate(row, "学号与前面一行相同" if row.get("pupil_id") else "没有学号")
    status, since = row.get("status"), row.get("status_date")
    if status in _GONE:
        return Fate(row, f"{status}（{since.isoformat()}）" if since else str(status))
    return Fate(row)


def _left_behind(fate: Fate) -> Issue:
    row = fate.row
    message = f"{row.get('name') or '（无姓名）'}（学号 {row['pupil_id']}）{fate.reason}，没有带到新学期"
    mend = "如果还在本班，请在新工作簿的“名册”里加上。"
    return reminder(ROSTER.label, "rollover.left", message, mend, row=row.at, column="学号")


def _pupil(row: Row, going: set[str]) -> Row:
    """在读 and 转入 begin the term alike; 休学 goes on, with its date."""
    avoid = tuple(p for p in row.get("avoid") or () if p in going)
    if row.get("status") == schema.ON_LEAVE:
        return row.changed(avoid=avoid)
    return row.changed(status=schema.ACTIVE, status_date=None, avoid=avoid)


def _of(old: OldBook, sheet: schema.Sheet, going: set[str]) -> list[Row]:
    return [row for row in old.tables[sheet.label] if row.get("pupil_id") in going]


def _plans(old: OldBook, going: set[str]) -> list[Row]:
    """Open plans as they run on: what was adjusted last term is how they run now, and no adjustment of the new one.

    A measure that the program proposed at midterm and nobody took up stays behind.
    """
    return [
        r.changed(ends=None, adjustment=None, state=RUNNING if r.get("state") == ADJUSTED else r.get("state"))
        for r in _of(old, PLANS, going)
        if r.get("state") in _OPEN_PLANS and not (r.get("state") == DRAFT and r.get("adjustment") == ADVICE)
    ]


def _pairs(old: OldBook, going: set[str], issues: list[Issue]) -> list[Row]:
    """Pairs that run with the teacher's word, as they stand; 待定 would let the next proposal replace them.

    Pairs that a teacher refused go along, so that they are not proposed again (spec §4.5).
    """
    kept = []
    for row in old.tables[PAIRS.label]:
        if row.get("confirmed") == schema.NO and {row.get("tutee_id"), row.get("tutor_id")} <= going:
            kept.append(row)
            continue
        if row.get("confirmed") != schema.YES or row.get("state") == schema.ENDED or row.get("tutee_id") not in going:
            continue
        if row.get("tutor_id") and row["tutor_id"] not in going:
            message = f"小帮手 {row.get('tutor') or row['tutor_id']} 已经离开，与 {row.get('tutee')} 的结对没有带走"
            mend = "识别、确认以后点“推荐结对”另找小帮手。"
            issues.append(reminder(PAIRS.label, "rollover.pair", message, mend, row=row.at))
            continue
        kept.append(row)
    return kept
