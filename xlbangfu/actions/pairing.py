"""推荐结对: tutors for the confirmed rows. Source: spec §3, §4.5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xlbangfu import schema
from xlbangfu.actions.book import Book, Outcome
from xlbangfu.actions.support import supported
from xlbangfu.issues import Issue, reminder
from xlbangfu.programme.classroom import BASELINE, Classroom
from xlbangfu.programme.identity import pair_id
from xlbangfu.programme.numbers import clean_text
from xlbangfu.schema import BY_TEACHER, CASELOAD, ENDED, NO, PAIRS, PEER, PENDING, PROPOSED, STILL, YES
from xlbangfu.table import Row
from xlbangfu.workbook.cells import LIST_PARTS

if TYPE_CHECKING:
    from xlbangfu.programme.pairing import PairingPlan, PairPupil


def pair(book: Book) -> Outcome:
    """Tutors for every confirmed row; 是 stays, 否 is never proposed again, 待定 may be replaced."""
    from xlbangfu.programme.pairing import PairNeed, PairWeights, PriorPair, plan_pairs

    room, existing = book.room, book.table(PAIRS).rows
    needs = [PairNeed(r["pupil_id"], r["subject"]) for r in supported(book)]
    on_caseload = {
        (r["pupil_id"], r["subject"])
        for r in book.table(CASELOAD)
        if r.get("confirmed") != NO and (r.get("standing") == STILL or r.get("frozen_on"))
    }
    prior = [
        PriorPair(
            r["tutee_id"],
            r.get("subject") or "",
            r.get("form") or PEER,
            r.get("tutor_id") or "",
            r.get("confirmed") or PENDING,
            r.get("state") == ENDED,
        )
        for r in existing
    ]
    weights = PairWeights(**dict(room.policy.pair_weights))
    planned = plan_pairs(_pair_pupils(room), needs, on_caseload, prior, weights, room.max_tutees)
    drafts, notes = _drafts(room, planned, existing)
    rows = _place(existing, drafts, {(n.pupil_id, n.subject) for n in needs})
    peers = sum(d["form"] == PEER for d in drafts)
    fixed = sum(p.fixed for p in planned.pairs)
    return Outcome(
        f"推荐结对完成：生生 {peers} 对、师生 {len(drafts) - peers} 对待确认；已确认的 {fixed} 对保持不变",
        {"生生": peers, "师生": len(drafts) - peers, "已确认": fixed},
        {PAIRS.label: rows},
        rows=(PAIRS, drafts),
        issues=[*notes, *_broken_notes(planned, existing)],
    )


def _pair_pupils(room: Classroom) -> list[PairPupil]:
    from xlbangfu.programme.pairing import PairPupil

    exam = room.exam(BASELINE)
    kinds = {s.name: room.best_reference(exam, s.name)[1] for s in room.subjects}
    pupils = []
    for pupil_id, row in room.pupils.items():
        z = {s: room.z(exam, s, pupil_id, kind) for s, kind in kinds.items()}
        pupils.append(
            PairPupil(
                pupil_id,
                row.get("name") or "",
                row.get("gender") or "",
                row.get("status") or schema.ACTIVE,
                row.get("seat") or "",
                _words(row.get("interests")),
                row.get("volunteer") == YES,
                _words(row.get("good_at")),
                frozenset(row.get("avoid") or ()),
                {s: value for s, value in z.items() if value is not None},
            )
        )
    return pupils


def _words(text: str | None) -> frozenset[str]:
    return frozenset(w for w in LIST_PARTS.split(clean_text(text)) if w)


def _drafts(room: Classroom, planned: PairingPlan, existing: Sequence[Row]) -> tuple[list[Row], list[Issue]]:
    """New rows of 结对: peers, and the subject's teacher where no tutor could be found."""
    refused = {r.get("pair_id") for r in existing if r.get("confirmed") == NO}
    drafts = [
        _pair_row(room, p.tutee_id, p.subject, PEER, p.tutor_id, p.score_points, p.reason)
        for p in planned.pairs
        if not p.fixed
    ]
    notes = []
    for lone in planned.unmatched:
        row = _pair_row(room, lone.tutee_id, lone.subject, BY_TEACHER, None, None, lone.reason)
        if row["pair_id"] in refused:
            message = f"{row['tutee']} {lone.subject} 没有合适的小帮手，师生结对也已标为“否”"
            notes.append(reminder(PAIRS.label, "pair.none", message, "请自行安排志愿者，或把“否”改为“待定”后再推荐。"))
        else:
            drafts.append(row)
    return sorted(drafts, key=lambda r: (r["tutee_id"], r["subject"])), notes


def _pair_row(
    room: Classroom, tutee: str, subject: str, form: str, tutor: str | None, points: int | None, reason: str
) -> Row:
    helper = room.pupils[tutor].get("name") if tutor else room.teacher_of(subject)
    return Row(
        {
            "pair_id": pair_id(tutee, subject, form, tutor),
            "tutee_id": tutee,
            "tutee": room.pupils[tutee].get("name"),
            "subject": subject,
            "form": form,
            "tutor_id": tutor,
            "tutor": helper or None,
            "match": points,
            "reason": reason,
            "confirmed": PENDING,
            "state": PROPOSED,
        }
    )


def _place(existing: Sequence[Row], drafts: Sequence[Row], needs: set[tuple[str, str]]) -> list[Row]:
    """结对 after a proposal: a waiting row of the same need takes the new draft, unless it says the same.

    Waiting rows of a need that is no more are marked 结束, never removed.
    """
    fresh = {(d["tutee_id"], d["subject"]): d for d in drafts}
    rows = []
    for row in existing:
        key = (row["tutee_id"], row.get("subject"))
        waiting = (row.get("confirmed") or PENDING) == PENDING and row.get("state") != ENDED
        if waiting and key in fresh:
            draft = fresh.pop(key)
            row = row if row.get("pair_id") == draft["pair_id"] else row.changed(**draft)
        elif waiting and key not in needs:
            row = row.changed(state=ENDED)
        rows.append(row)
    return [*rows, *(d for d in drafts if (d["tutee_id"], d["subject"]) in fresh)]


def _broken_notes(planned: PairingPlan, existing: Sequence[Row]) -> list[Issue]:
    places = {(r["tutee_id"], r.get("subject"), r.get("tutor_id") or ""): r.at for r in existing}
    return [
        reminder(
            PAIRS.label,
            "pair.broken",
            f"已确认的结对现在不合要求：{b.reason}；仍然保留",
            "如要更换，请把“确认”改为“否”后再推荐。",
            row=places.get((b.tutee_id, b.subject, b.tutor_id)),
        )
        for b in planned.broken
    ]
