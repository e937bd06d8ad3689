"""计算转化率, 进步分析, 班级汇总. Source: spec §3, §4.4."""

from __future__ import annotations

from collections.abc import Sequence

from xlbangfu import schema
from xlbangfu.actions.book import Book, Outcome, Refused, Replace
from xlbangfu.programme import conversion
from xlbangfu.programme import progress as progress_rules
from xlbangfu.programme.classroom import BASELINE
from xlbangfu.programme.numbers import percent
from xlbangfu.schema import (
    CASELOAD,
    CONVERSION_STATS,
    CONVERSIONS,
    FINAL,
    MIDTERM,
    OBSERVATIONS,
    PROCESS,
    PROGRESS,
    SESSIONS,
)
from xlbangfu.table import Row
from xlbangfu.workbook.cells import encode


def _stat_words(stats: Sequence[Row], phase: str) -> str:
    """「期中：语文 4/10（40%，达标）」 for the subjects that have a base."""
    parts = []
    for row in stats:
        if row["phase"] == phase and row["rate"] is not None:
            met = {"是": "，达标", "否": "，未达标"}.get(row["met"] or "", "")
            parts.append(f"{row['subject']} {row['converted']}/{row['base']}（{percent(row['rate'])}{met}）")
    return f"{phase}：{'、'.join(parts)}" if parts else ""


def convert(book: Book) -> Outcome:
    """Conversion at midterm and final for the frozen list, every rate with its interval and expectation."""
    room = book.room
    caseload, known = book.table(CASELOAD).rows, book.table(CONVERSIONS).rows
    frozen = book.frozen
    if not room.exam(BASELINE):
        sentence = "“设置”里没有填“基线考试”，请填上基线考试的名称后再点一次。"
        raise Refused(sentence, book.setting_cell("baseline_exam"))
    found = conversion.convert(room, caseload, book.table(PROCESS).rows, frozen, known)
    words = [w for w in (_stat_words(found.stats, MIDTERM), _stat_words(found.stats, FINAL)) if w]
    return Outcome(
        "转化率：" + ("；".join(words) or "还没有可以计算的阶段"),
        {"名单": len(found.rows)},
        {CONVERSIONS.label: Replace(found.rows), CONVERSION_STATS.label: Replace(found.stats)},
        rows=(CONVERSIONS, found.rows),
        stats=(CONVERSION_STATS, found.stats),
    )


def progress(book: Book) -> Outcome:
    """How far every followed pupil moved, with the dosage beside it."""
    room = book.room
    caseload = book.table(CASELOAD).rows
    rows = progress_rules.progress(
        room, caseload, book.table(SESSIONS).rows, book.table(OBSERVATIONS).rows, book.frozen
    )
    up = sum(r["trend"] in (schema.UP, schema.RELIABLE_UP) for r in rows)
    reliable = sum(r["trend"] == schema.RELIABLE_UP for r in rows)
    return Outcome(
        f"进步分析完成：{len(rows)} 条，上升 {up} 条，其中可靠进步 {reliable} 条",
        {"进步": len(rows), "上升": up, "可靠进步": reliable},
        {PROGRESS.label: Replace(rows)},
        rows=(PROGRESS, rows),
    )


def summarise(book: Book) -> Outcome:
    """Fill the one-page 汇总 from the tables as they stand."""
    from xlbangfu.programme.summary import summarise as summarise_class
    from xlbangfu.workbook.summary_layout import MAX_SUBJECTS, summary_cells

    room, settings = book.room, book.settings
    if len(room.subjects) > MAX_SUBJECTS:
        raise Refused(
            f"“任课”里有 {len(room.subjects)} 个学科，汇总页最多放 {MAX_SUBJECTS} 个，请先合并或删去不用的学科。"
        )
    stats = book.table(CONVERSION_STATS).rows
    found = summarise_class(
        room,
        book.table(CASELOAD).rows,
        book.table(schema.PLANS).rows,
        book.table(schema.PAIRS).rows,
        book.table(SESSIONS).rows,
        book.table(schema.ACTIVITY).rows,
        stats,
        book.table(PROGRESS).rows,
    )
    codes = ("school", "grade", "class_name", "homeroom_teacher", "term")
    fields = {code: settings.get(code) for code in codes} | {"policy": room.policy.name}
    title = f"{settings.get('grade') or ''}{settings.get('class_name') or ''}学困生帮扶汇总"
    blocks = {"conversion": found.conversion, "support": found.support, "progress": found.progress}
    cells = summary_cells(title, fields | {"made_on": book.today}, blocks, found.notes)
    listed = sum(r["listed"] for r in found.conversion)
    sessions = found.support[-1]["sessions"]
    return Outcome(
        f"班级汇总完成：名单 {listed} 条，辅导 {sessions} 次，已写入“汇总”",
        {"名单": listed, "辅导": sessions},
        pages={schema.SUMMARY: {at: encode(value) for at, value in cells.items()}},
        stats=(CONVERSION_STATS, stats),
    )
