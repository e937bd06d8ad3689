"""One class through the term: what its teachers type, and the buttons they press, part by part.

Each part runs in a process of its own where there are several. Buttons are the same actions that the ribbon and
the command line start; typing goes through `Hands`. Source: spec §2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.runner import Report, run_closed
from xlbangfu.demo import cupboard, happenings
from xlbangfu.demo.hands import Hands, row_at, where
from xlbangfu.demo.school import (
    BASELINE,
    EXAM_DAYS,
    FINAL,
    MESSY_CLASS,
    MIDTERM,
    MIDTERM_BY_PROCESS,
    OWN_POLICY,
    OWN_POLICY_GRADE,
    SCHOOL,
    SUBJECTS,
    TERM_END,
    SchoolClass,
    make_school,
)
from xlbangfu.policy import list_policies, policy_folders
from xlbangfu.restricted.where import existing_file
from xlbangfu.schema import AUDIT, CASELOAD, PAIRS, PLANS, ROSTER, SCORES, WRITTEN, YES
from xlbangfu.table import Row
from xlbangfu.workbook.closed import ClosedWorkbook

KEEPS_RECORDS = "1班"
LIST_DAY, MIDTERM_DAY, CLOSING_DAY = date(2026, 9, 11), date(2026, 11, 10), date(2027, 1, 20)
_FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


class Desk:
    """One class workbook with the class it belongs to. pressed: ids of the buttons; reports: what each said."""

    def __init__(self, path: Path, made: SchoolClass) -> None:
        self.path, self.made = path, made
        self.pressed: list[str] = []
        self.reports: list[Report] = []

    def press(self, *action_ids: str, today: date, **options: Any) -> None:
        """Press buttons one after the other, on that day."""
        for action_id in action_ids:
            if BY_ID[action_id].available:
                self.pressed.append(action_id)
                self.reports.append(run_closed(BY_ID[action_id], self.path, today=today, options=options))

    def keep_restricted(self, today: date) -> None:
        """The passworded workbook: made by the button, filled in, and its dates read by the button. One class each grade."""
        if self.made.name != KEEPS_RECORDS:
            return
        for fill in (True, False):
            self.press("restricted", today=today, password=cupboard.PASSWORD)
            file = existing_file(self.path)
            if fill and file is not None:
                cupboard.type_records(file, happenings.restricted(self.made, supported(self.hands())))

    def hands(self) -> Hands:
        """Hands on the workbook for one sitting."""
        return Hands(ClosedWorkbook(self.path))

    def write_down(self, *typing: Callable[[Hands, SchoolClass], None]) -> None:
        """One sitting: open, type, save."""
        hands = self.hands()
        for what in typing:
            what(hands, self.made)
        hands.save()


# ---- September -----------------------------------------------------------------------------------------


def _settings(hands: Hands, made: SchoolClass) -> None:
    hands.set(
        school=SCHOOL,
        homeroom_teacher=made.homeroom,
        leader="校长甲",
        members="主任甲、主任乙",
        academic_office="主任甲",
        moral_office="主任乙",
        counsellor="心理老师甲",
        study_adviser="顾问老师甲",
    )
    if made.grade in MIDTERM_BY_PROCESS:
        hands.set(midterm_basis=schema.BY_PROCESS)


def _own_policy(hands: Hands, made: SchoolClass) -> None:
    if made.grade == OWN_POLICY_GRADE:
        hands.set(policy=OWN_POLICY)


def _roster_details(hands: Hands, made: SchoolClass) -> None:
    """What only the homeroom teacher knows: seats, hobbies, volunteers, who had better sit apart."""
    for pupil in made.pupils:
        hands.change(
            ROSTER,
            where(pupil_id=pupil.pupil_id),
            seat=pupil.seat,
            interests=pupil.interests,
            volunteer=YES if pupil.volunteer else None,
            good_at=pupil.good_at or None,
            care=(pupil.care,) if pupil.care else (),
            avoid=(pupil.avoid,) if pupil.avoid else (),
        )


def _moves(first: date, last: date) -> Callable[[Hands, SchoolClass], None]:
    """Who came and went on those days, both included."""

    def type_moves(hands: Hands, made: SchoolClass) -> None:
        for pupil in made.pupils:
            if pupil.joined and first <= pupil.joined <= last:
                row = {"pupil_id": pupil.pupil_id, "name": pupil.name, "gender": pupil.gender, "seat": pupil.seat}
                hands.add(ROSTER, {**row, "status": schema.MOVED_IN, "status_date": pupil.joined})
            if pupil.left and first <= pupil.left <= last:
                hands.change(
                    ROSTER,
                    where(pupil_id=pupil.pupil_id),
                    status=pupil.left_as,
                    status_date=pupil.left,
                )

    return type_moves


def _observed(hands: Hands, made: SchoolClass) -> None:
    hands.add(schema.OBSERVATIONS, *happenings.observations(made))


def _make_a_mess(hands: Hands, made: SchoolClass) -> None:
    """One workbook as workbooks are: 「85分」, full-width digits, a wrong 学号, a blank row, a name of two pupils."""
    if made.key != MESSY_CLASS:
        return
    marks = make_school().marks[BASELINE]
    typed = [p for p in made.pupils if isinstance(marks.get(p.pupil_id, {}).get("语文"), float)][:2]
    one, other = typed
    hands.add(
        SCORES,
        {"exam": BASELINE, "pupil_id": one.pupil_id, "语文": f"{marks[one.pupil_id]['语文']:g}分"},
        {
            "exam": BASELINE,
            "pupil_id": other.pupil_id.translate(_FULL_WIDTH),
            "name": f"{other.name[0]} {other.name[1:]}",
            "语文": f"{marks[other.pupil_id]['语文']:g}".translate(_FULL_WIDTH),
        },
    )
    hands.add(SCORES, {"exam": BASELINE, "pupil_id": "0230399", "语文": 77}, blank_rows=1)
    namesake = next(p.name for p in made.pupils if sum(q.name == p.name for q in made.pupils) > 1)
    hands.add(
        schema.OBSERVATIONS,
        {"date": date(2026, 9, 8), "name": namesake, "source": "家长", "category": "学习习惯", "severity": 3},
    )


def opening(desk: Desk) -> None:
    """Before the first exam comes in: the workbook is set up."""
    desk.write_down(_settings, _roster_details, _moves(date(2026, 9, 1), LIST_DAY), _observed, _make_a_mess)
    if OWN_POLICY in list_policies(policy_folders(desk.path.parent)):
        desk.write_down(_own_policy)


# ---- the list, plans and pairs ---------------------------------------------------------------------------


def _sick_notes(exam: str) -> Callable[[Hands, SchoolClass], None]:
    """病假 where the office had no mark."""

    def type_notes(hands: Hands, made: SchoolClass) -> None:
        marks = make_school().marks[exam]
        for pupil in made.pupils:
            for subject in SUBJECTS:
                if marks.get(pupil.pupil_id, {}).get(subject, "") is None:
                    hands.change(
                        SCORES,
                        where(exam=exam, pupil_id=pupil.pupil_id),
                        **{subject: "病假"},
                    )

    return type_notes


def _turn_down(hands: Hands, made: SchoolClass) -> None:
    refused = happenings.refused_rows(made, hands.see(CASELOAD))
    hands.change(CASELOAD, lambda row: (row["pupil_id"], row["subject"]) in refused, confirmed=schema.NO)


def supported(hands: Hands) -> list[Row]:
    """Rows of 学困生 as the teacher sees them: confirmed and frozen, in a subject."""
    return [r for r in hands.see(CASELOAD) if r["confirmed"] == YES and r["frozen_on"] and r["subject"] in SUBJECTS]


def _work_on_plans(hands: Hands, made: SchoolClass) -> None:
    """Drafts are put into force, one is reworded, one measure is the teacher's own, found by name alone."""
    chance = made.chance("plans")
    hands.change(PLANS, where(state="草案"), state="执行")
    together = {r["plan_id"] for r in hands.see(PLANS) if chance.random() < 0.3}
    hands.change(PLANS, lambda row: row["plan_id"] in together, with_pupil=YES, with_parents=YES)
    rows = supported(hands)
    if not rows:
        return
    mine = chance.choice(rows)
    hands.change(
        PLANS,
        where(pupil_id=mine["pupil_id"], subject=mine["subject"]),
        goal="先做到每次作业当天订正，再看分数",
    )
    hands.add(
        PLANS,
        {
            "measure_id": "自1",
            "pupil_id": mine["pupil_id"],
            "subject": mine["subject"],
            "measure": "放学前读一页书给小组长听",
            "category": "教学",
            "per_week": 5,
            "responsible": made.homeroom,
            "state": "执行",
        },
    )


def _decide_pairs(agree: float, refuse: float, day: date) -> Callable[[Hands, SchoolClass], None]:
    """The teacher agrees to a share of the proposals, refuses some, and leaves the rest for later."""

    def decide(hands: Hands, made: SchoolClass) -> None:
        chance = made.chance(f"pairs {agree}")
        for waiting in [r for r in hands.see(PAIRS) if r["confirmed"] == schema.PENDING]:
            drawn = chance.random()
            if drawn < agree:
                values = {"confirmed": YES, "state": "进行", "starts": day}
            elif drawn < agree + refuse:
                values = {"confirmed": schema.NO}
            else:
                continue
            hands.change(PAIRS, row_at(waiting.at), **values)

    return decide


def _volunteer(hands: Hands, made: SchoolClass) -> None:
    """A grown-up volunteer whom the teacher adds to 结对 by hand; the 结对号 is left to the program."""
    if rows := supported(hands):
        mine = made.chance("volunteer").choice(rows)
        hands.add(
            PAIRS,
            {
                "tutee_id": mine["pupil_id"],
                "subject": mine["subject"],
                "form": "家长志愿者",
                "tutor": "志愿者甲",
                "confirmed": YES,
                "starts": date(2026, 9, 21),
                "state": "进行",
            },
        )


def _half_term(phase: str) -> Callable[[Hands, SchoolClass], None]:
    def type_half(hands: Hands, made: SchoolClass) -> None:
        rows = supported(hands)
        held = happenings.sessions(made, rows, hands.see(PAIRS), phase)
        hands.add(schema.SESSIONS, *held, *happenings.care(made, held, phase))
        hands.add(schema.ACTIVITY, *happenings.activities(made, phase))
        if made.key == MESSY_CLASS and phase == MIDTERM and rows:
            row = {"pupil_id": rows[0]["pupil_id"], "subject": rows[0]["subject"], "by": made.homeroom}
            hands.add(schema.SESSIONS, {**row, "date": "九月底", "form": "一对一", "minutes": "半小时"})

    return type_half


def _interest(day: date, lift: int) -> Callable[[Hands, SchoolClass], None]:
    return lambda hands, made: hands.add(schema.OBSERVATIONS, *happenings.interest(made, supported(hands), day, lift))


def _hand_in(document: str) -> Callable[[Hands, SchoolClass], None]:
    """The teachers read their drafts and hand them in; one of them adds a line of their own first."""

    def hand_in(hands: Hands, made: SchoolClass) -> None:
        papers = hands.see(WRITTEN)
        for at, day in happenings.handed_in(made, papers, document).items():
            hands.change(WRITTEN, row_at(at), state="已定稿", handed_in_on=day)
        mine = [r for r in papers if r["document"] == document and r["text"]]
        if mine:
            hands.change(WRITTEN, row_at(mine[0].at), text=f"{mine[0]['text']}\n另：已与班主任商量过，照此办理。")

    return hand_in


def _attest(day: date) -> Callable[[Hands, SchoolClass], None]:
    def attest(hands: Hands, made: SchoolClass) -> None:
        for at, text in happenings.attested(made, hands.see(AUDIT), day).items():
            hands.change(AUDIT, row_at(at), evidence=text)

    return attest


def listing(desk: Desk) -> None:
    """Screen, decide, freeze; plans, pairs and groups; the first half of the term's sessions."""
    desk.write_down(_sick_notes(BASELINE))
    desk.press("check", "screen", today=LIST_DAY)
    desk.write_down(_turn_down)
    desk.press("confirm", "freeze", today=LIST_DAY)
    desk.press("profile", "plan", today=LIST_DAY)
    desk.write_down(_work_on_plans)
    for agree, refuse in ((0.7, 0.12), (0.6, 0.0)):
        desk.press("pair", today=LIST_DAY)
        desk.write_down(_decide_pairs(agree, refuse, date(2026, 9, 14)))
    desk.write_down(_volunteer)
    desk.press("group", today=LIST_DAY)
    desk.press("written", "poster", today=LIST_DAY, pdf=False)
    desk.write_down(_interest(date(2026, 9, 11), 0), _hand_in("转化方案"))
    desk.write_down(_half_term(MIDTERM), _moves(LIST_DAY + timedelta(1), EXAM_DAYS[MIDTERM]))


# ---- midterm and final -----------------------------------------------------------------------------------


def _evidence(phase: str) -> Callable[[Hands, SchoolClass], None]:
    def type_evidence(hands: Hands, made: SchoolClass) -> None:
        share = 0.93 if phase == MIDTERM and made.grade in MIDTERM_BY_PROCESS else 0.15
        hands.add(schema.PROCESS, *happenings.evidence(made, supported(hands), phase, share))

    return type_evidence


def _adjust_plans(hands: Hands, made: SchoolClass) -> None:
    """Where the midterm was not enough, the first measure of the plan is changed and the teacher says why."""
    behind = {
        (r["pupil_id"], r["subject"])
        for r in hands.see(schema.CONVERSIONS)
        if r["midterm_state"] == schema.NOT_CONVERTED
    }
    seen: set[tuple[str, str]] = set()
    for row in list(hands.see(PLANS)):
        key = (row["pupil_id"], row["subject"])
        if key in behind and key not in seen and row["state"] == "执行":
            seen.add(key)
            hands.change(PLANS, row_at(row.at), state="调整", adjustment="期中未达到，每周加一次面批")


def _add_newcomers(hands: Hands, made: SchoolClass) -> None:
    """A pupil who came after the freezing does badly at midterm: the teacher adds the row by name."""
    marks = make_school().marks[MIDTERM]
    for pupil in made.pupils:
        if pupil.joined and pupil.joined > LIST_DAY and isinstance(marks.get(pupil.pupil_id, {}).get("数学"), float):
            hands.add(
                CASELOAD,
                {
                    "name": pupil.name,
                    "subject": "数学",
                    "case_type": schema.STRUGGLING,
                    "basis": "期中前转入，教师提出",
                    "confirmed": YES,
                    "teacher": made.teachers["数学"],
                },
            )


def midterm(desk: Desk) -> None:
    """Midterm: conversion and progress, plans adjusted, a pupil added; the second half's sessions."""
    desk.write_down(_sick_notes(MIDTERM), _evidence(MIDTERM))
    desk.press("check", "convert", "progress", "group", today=MIDTERM_DAY)
    desk.write_down(_adjust_plans, _add_newcomers)
    desk.press("profile", "plan", "pair", "screen", "convert", today=MIDTERM_DAY)
    desk.press("written", "slips", "audit", today=MIDTERM_DAY, pdf=False)
    desk.write_down(_hand_in("中期总结"), _attest(MIDTERM_DAY))
    desk.keep_restricted(MIDTERM_DAY)
    desk.write_down(_half_term(FINAL), _moves(EXAM_DAYS[MIDTERM] + timedelta(1), EXAM_DAYS[FINAL]))


def closing(desk: Desk) -> None:
    """Final: the same, and the page for the office. Every button is pressed once more: decisions stay."""
    desk.write_down(_sick_notes(FINAL), _evidence(FINAL), _interest(date(2027, 1, 8), 2))
    desk.write_down(_moves(EXAM_DAYS[FINAL] + timedelta(1), TERM_END))
    desk.press("check", "screen", "profile", "plan", "pair", "group", today=CLOSING_DAY)
    desk.press("convert", "progress", today=CLOSING_DAY)
    desk.press("written", "slips", "cards", "poster", today=CLOSING_DAY, pdf=False)
    desk.write_down(_hand_in("期末总结"))
    desk.press("audit", "summarise", today=CLOSING_DAY)


PARTS: dict[str, Callable[[Desk], None]] = {
    "开学": opening,
    "识别与帮扶": listing,
    "期中": midterm,
    "期末": closing,
}


def run_part(part: str, path: Path, key: tuple[str, str]) -> list[Report]:
    """One part of one class's term; what every button said. Picklable, so that a process can run it."""
    desk = Desk(path, make_school().of(*key))
    PARTS[part](desk)
    return [replace(r, rows=[], planned=[]) for r in desk.reports]


def count_class(path: Path) -> dict[str, int]:
    """What stands in one class workbook: rows by table and decision, problems by level."""
    hands = Hands(ClosedWorkbook(path))
    caseload, pairs = [r for r in hands.see(CASELOAD) if r["subject"]], hands.see(PAIRS)
    found = {"学生": len(hands.see(ROSTER)), "识别": len(caseload)}
    found |= {kind: sum(r["case_type"] == kind for r in caseload) for kind in schema.CASE_TYPES}
    found |= {
        "确认": sum(r["confirmed"] == YES for r in caseload),
        "不同意": sum(r["confirmed"] == schema.NO for r in caseload),
        "冻结": sum(r["frozen_on"] is not None for r in caseload),
        "档案": len(hands.see(schema.PROFILES)),
        "计划": len({r["plan_id"] for r in hands.see(PLANS)}),
        "措施": len(hands.see(PLANS)),
        "自加措施": sum(r["measure_id"] == "自1" for r in hands.see(PLANS)),
        "结对确认": sum(r["confirmed"] == YES for r in pairs),
        "结对不同意": sum(r["confirmed"] == schema.NO for r in pairs),
        "结对待定": sum(r["confirmed"] == schema.PENDING for r in pairs),
        "小组": len({r["group_id"] for r in hands.see(schema.GROUPS)}),
        "辅导": len(hands.see(schema.SESSIONS)),
    }
    found |= {result: sum(r["result"] == result for r in hands.see(AUDIT)) for result in schema.AUDIT_RESULTS}
    helped = {r["pupil_id"] for r in hands.see(schema.SESSIONS)} | {r["name"] for r in hands.see(schema.SESSIONS)}
    frozen = {(r["pupil_id"], r["name"]) for r in caseload if r["frozen_on"]}
    issues = hands.see(schema.ISSUES)
    return found | {
        "对象": len(frozen),
        "没有辅导": sum(not helped & set(who) for who in frozen),
        "错误": sum(r["level"] == schema.ERROR for r in issues),
        "提醒": sum(r["level"] == schema.REMINDER for r in issues),
    }
