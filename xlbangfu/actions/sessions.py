"""登记辅导: one new row of 辅导记录 for each chosen pupil, with today's date. Source: spec §3 (登记辅导)."""

from __future__ import annotations

from collections.abc import Sequence

from xlbangfu.actions.book import Book, Outcome, Refused
from xlbangfu.schema import CASELOAD, GENERAL_SUBJECT, PAIRS, ROSTER, SESSIONS, Sheet
from xlbangfu.table import Row
from xlbangfu.workbook.parsing import Parsed

# Sheets on which pupils are chosen: the columns that say who, and in which subject.
CHOOSING: dict[Sheet, tuple[str, str]] = {
    CASELOAD: ("pupil_id", "subject"),
    PAIRS: ("tutee_id", "subject"),
    ROSTER: ("pupil_id", ""),
}
HOW_TO_CHOOSE = "请先在“学困生”“结对”或“名册”里选中学生所在的行（可以选多行），再点“登记辅导”。"
Chosen = tuple[str, str | None]  # 学号 and 学科


def session(book: Book) -> Outcome:
    """Add a session for every chosen pupil; pressing again is another session.

    Options: chosen, pairs of 学号 and 学科; or pupils (学号) with one subject for all; form, minutes, by.
    """
    chosen: Sequence[Chosen] = book.options.get("chosen") or [
        (pupil, book.options.get("subject")) for pupil in book.options.get("pupils") or ()
    ]
    if not chosen:
        raise Refused(f"没有选中学生。{HOW_TO_CHOOSE}")
    pupils = {row["pupil_id"]: row for row in book.table(ROSTER) if row.get("pupil_id")}
    if unknown := sorted({pupil for pupil, _ in chosen} - set(pupils)):
        raise Refused(f"名册里没有学号 {'、'.join(unknown)}，没有登记；请核对后再试。")
    _refuse_unknown_subject(book)
    added = [_new_row(book, pupil, pupils[pupil].get("name"), subject) for pupil, subject in dict.fromkeys(chosen)]
    return Outcome(
        f"已登记 {len(added)} 次辅导，请在“辅导记录”里补填内容",
        {"登记": len(added)},
        {SESSIONS.label: [*book.table(SESSIONS).rows, *added]},
        rows=(SESSIONS, added),
    )


def _refuse_unknown_subject(book: Book) -> None:
    subject = book.options.get("subject")
    known = [s.name for s in book.room.subjects]
    if subject and subject not in known:
        raise Refused(f"“任课”里没有学科“{subject}”，没有登记；可以填：{'、'.join(known)}。")


def _new_row(book: Book, pupil_id: str, name: str | None, subject: str | None) -> Row:
    return Row(
        {
            "date": book.today,
            "pupil_id": pupil_id,
            "name": name,
            "subject": subject if subject != GENERAL_SUBJECT else None,
            "form": book.options.get("form"),
            "minutes": book.options.get("minutes"),
            "by": book.options.get("by"),
        }
    )


def chosen_in(parsed: Parsed, first: int, last: int) -> list[Chosen]:
    """The pupils of rows `first` to `last` of a sheet of `CHOOSING`, in sheet order."""
    who, what = CHOOSING[parsed.sheet]
    return [
        (row[who], row.get(what) if what else None)
        for row in parsed.table
        if row.at is not None and first <= row.at <= last and row.get(who)
    ]
