"""识别学困生, 全部确认, 冻结名单. Source: spec §3, §4.3, §4.4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from xlbangfu import schema
from xlbangfu.actions.book import Book, Outcome, Refused, Replace
from xlbangfu.programme import freezing
from xlbangfu.programme.classroom import BASELINE
from xlbangfu.programme.screening import doubtful_rows, merge_caseload, missing_baseline
from xlbangfu.programme.screening import screen as screen_class
from xlbangfu.schema import CASELOAD, CONVERSIONS, OBSERVATIONS, PENDING, YES
from xlbangfu.table import Row


def per_subject(book: Book, rows: Iterable[Mapping[str, object]]) -> dict[str, int]:
    """Number of rows by 学科: every subject of 任课, in its order, then the others."""
    counted = Counter(str(r.get("subject")) for r in rows)
    known = {s.name: counted.pop(s.name, 0) for s in book.room.subjects}
    return known | dict(sorted(counted.items()))


def subject_words(counts: Mapping[str, int]) -> str:
    """「语文 11 人、数学 11 人」."""
    return "、".join(f"{subject} {n} 人" for subject, n in counts.items()) or "0 人"


def screen(book: Book) -> Outcome:
    """Flag pupils by the policy and update the caseload by key; what a teacher decided stays."""
    room = book.room
    if sentence := missing_baseline(room):
        no_name = not room.exam(BASELINE)
        raise Refused(sentence, book.setting_cell("baseline_exam") if no_name else book.cell(schema.SCORES, "exam"))
    flagged = screen_class(room, book.table(OBSERVATIONS).rows)
    rows = merge_caseload(room, book.table(CASELOAD).rows, flagged, book.today)
    doubtful_rows(room, rows)
    counts = per_subject(book, flagged)
    pending = sum(r.get("confirmed") == PENDING and r.get("standing") == schema.STILL for r in rows)
    return Outcome(
        f"识别完成：{subject_words(counts)}；{pending} 条待确认",
        {"识别": len(flagged), "待确认": pending, **counts},
        {CASELOAD.label: rows},
        rows=(CASELOAD, rows),
    )


def confirm(book: Book) -> Outcome:
    """Turn 待定 into 是: all rows that still qualify, or those of the pupils named by --pupil."""
    wanted = set(book.options.get("pupils") or ())
    unknown = sorted(wanted - set(book.room.pupils))
    if unknown and not book.options.get("in_folder"):
        raise Refused(f"名册里没有学号 {'、'.join(unknown)}，没有确认任何一行；请核对后再试。")
    rows, done = [], 0
    for row in book.table(CASELOAD):
        waiting = row.get("confirmed") in (None, PENDING) and row.get("standing") != schema.NO_LONGER
        if waiting and (not wanted or row["pupil_id"] in wanted):
            row, done = row.changed(confirmed=YES), done + 1
        rows.append(row)
    confirmed = sum(r.get("confirmed") == YES for r in rows)
    return Outcome(
        f"确认完成：新确认 {done} 条，共 {confirmed} 条已确认",
        {"新确认": done, "已确认": confirmed},
        {CASELOAD.label: rows},
        rows=(CASELOAD, rows),
    )


def freeze(book: Book) -> Outcome:
    """Freeze the confirmed list: dates in 学困生, the same rows in 转化, 冻结校验 in 设置."""
    caseload = book.table(CASELOAD).rows
    frozen = book.frozen
    if frozen is not None:
        days = sorted({r["frozen_on"].isoformat() for r in book.as_typed(CASELOAD) if r.get("frozen_on")})
        day = days[0] if days else str(book.settings.get("freeze_check")).partition(";")[0]
        return Outcome(
            f"名单已在 {day} 冻结，共 {len(frozen.types)} 条，没有改动",
            {"冻结": len(frozen.types), "新冻结": 0},
            rows=(CASELOAD, caseload),
        )
    if pending := freezing.still_pending(caseload):
        places = "、".join(f"第 {r.at} 行" for r in pending[:3] if r.at)
        raise Refused(
            f"“学困生”还有 {len(pending)} 条待定（{places}{'等' if len(pending) > 3 else ''}），"
            "请先确认，或点“全部确认”，再冻结。",
            book.cell(CASELOAD, "confirmed", pending[0].at),
        )
    after, listed, new_check = freezing.freeze(caseload, book.today)
    if not listed:
        return Outcome("没有已确认的学困生，名单没有冻结", {"冻结": 0, "新冻结": 0}, rows=(CASELOAD, caseload))
    counted = sum(r["case_type"] != schema.WATCH for r in listed)
    return Outcome(
        f"名单已冻结：{len(listed)} 条，其中 {counted} 条计入转化率基数",
        {"冻结": len(listed), "新冻结": len(listed), "基数": counted},
        {CASELOAD.label: after, CONVERSIONS.label: Replace([Row(r) for r in listed])},
        {"freeze_check": new_check},
        rows=(CASELOAD, after),
    )
