"""档案卡 of one supported pupil for the homeroom teacher: one page with what the workbook knows of them.

Telephone, parents' names, 家庭状况, 关爱类别 and the dates of restricted records stay in the workbook: paper lies
about. Source: spec §7, §3 (档案, 帮扶计划, 结对, 辅导记录, 转化, 进步).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from xlbangfu import schema
from xlbangfu.programme.classroom import BASELINE, POINTS, Classroom, in_term
from xlbangfu.programme.conversion import CODES, reference_kind
from xlbangfu.programme.freezing import key_of
from xlbangfu.programme.records import Records, running_pairs
from xlbangfu.schema import GENERAL_SUBJECT, PHASES
from xlbangfu.table import Row

LAST_SESSIONS = 6
_PORTRAIT = ("causes", "strengths", "interests", "attitude", "methods")
_PLAN = ("subject", "goal", "measure", "responsible", "per_week", "starts", "ends", "state", "adjustment")
_SESSION = ("date", "subject", "form", "minutes", "by", "content", "effect")


@dataclass(frozen=True)
class Card:
    """One pupil's page, in parts, each rows by code name.

    page and portrait: one row each. marks: a row per subject of the caseload, marks exact, z in SD. plan: a row
    per measure. pairs: those in which the pupil is helped. dosage: per form, in schema order, of the term.
    sessions: the last six of the term, oldest first.
    """

    pupil_id: str
    page: Row
    portrait: Row
    marks: list[Row]
    plan: list[Row]
    pairs: list[Row]
    dosage: list[Row]
    sessions: list[Row]


def draft_card(room: Classroom, records: Records, pupil_id: str, today: date) -> Card:
    """The card of one pupil of 名册. records: of the whole class. today: the date on the card.

    Raises KeyError for a pupil who is not in 名册. Source: spec §7.
    """
    own, pupil = records.of(pupil_id), room.pupils[pupil_id]
    profile = own.profile or Row()
    held = sorted((r for r in own.sessions if in_term(r, room.settings)), key=lambda r: r.get("date") or date.min)
    portrait = Row({c: profile.get(c) for c in _PORTRAIT})
    portrait["interests"] = portrait["interests"] or pupil.get("interests")
    return Card(
        pupil_id,
        _page(room, pupil, profile, today),
        portrait,
        [_marks(room, own, case) for case in own.caseload],
        [Row({c: r.get(c) for c in _PLAN}) for r in own.plans],
        [
            Row({c: r.get(c) for c in ("subject", "form", "tutor", "state")})
            for r in running_pairs(own.pairs)
            if r.get("tutee_id") == pupil_id
        ],
        _dosage(held),
        [Row({c: r.get(c) for c in _SESSION}) for r in held[-LAST_SESSIONS:]],
    )


def _page(room: Classroom, pupil: Mapping[str, object], profile: Row, today: date) -> Row:
    settings = room.settings
    return Row(
        {
            **{code: settings.get(code) for code in ("school", "term", "homeroom_teacher")},
            "class_label": f"{room.grade}{settings.get('class_name') or ''}",
            "made_on": today,
            **{code: pupil.get(code) for code in ("pupil_id", "name", "gender", "seat")},
            **{code: profile.get(code) for code in ("created_on", "created_by")},
        }
    )


def _marks(room: Classroom, own: Records, case: Row) -> Row:
    """One subject: marks and z at the three points, states of 转化, trend and interest of the latest 进步."""
    key, row = key_of(case), Row({c: case.get(c) for c in ("subject", "case_type")})
    kind = reference_kind(room, key, {key: case["reference"]} if case.get("reference") else {})
    for point in POINTS:
        code = "baseline" if point == BASELINE else CODES[point]
        seen = key[1] != GENERAL_SUBJECT and room.exam(point)
        row[code] = room.result(room.exam(point), key[1], key[0]) if seen else None
        row[f"{code}_z"] = room.z(room.exam(point), key[1], key[0], kind) if seen else None
    states = next((r for r in own.conversions if key_of(r) == key), Row())
    for phase in PHASES:
        row[f"{CODES[phase]}_state"] = states.get(f"{CODES[phase]}_state")
    steps = {r.get("phase"): r for r in own.progress if key_of(r) == key}
    latest = next((steps[p] for p in reversed(PHASES) if p in steps), Row())
    row.update({code: latest.get(code) for code in ("trend", "interest_before", "interest_after")})
    return row


def _dosage(held: list[Row]) -> list[Row]:
    """Sessions and minutes per form; a form of the teacher's own comes last."""
    by_form: dict[str, list[Row]] = {}
    for row in held:
        by_form.setdefault(row.get("form") or "其他", []).append(row)
    order = {form: i for i, form in enumerate(schema.SESSION_FORMS)}
    return [
        Row({"form": form, "sessions": len(rows), "minutes": sum(r.get("minutes") or 0 for r in rows)})
        for form, rows in sorted(by_form.items(), key=lambda item: order.get(item[0], len(order)))
    ]
