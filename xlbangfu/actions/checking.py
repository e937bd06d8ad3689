"""检查数据: read every sheet, list every problem with its cell, fill the other half of 学号 and 姓名.

Source: spec §3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from xlbangfu import schema
from xlbangfu.actions.book import Book, Outcome
from xlbangfu.issues import Issue, error, reminder
from xlbangfu.programme.classroom import BASELINE, POINTS
from xlbangfu.schema import SCORES, SETTINGS, Sheet


def check(book: Book) -> Outcome:
    """Look at everything; change nothing but 数据问题 and half-filled 学号 / 姓名 pairs."""
    issues: list[Issue] = []
    for label in book.action.reads:
        sheet = schema.BY_LABEL[label]
        table = book.table(sheet) if sheet is not SETTINGS else None
        if table is not None and sheet.events:
            issues += _identical_rows(sheet, table.rows)
    issues += _settings(book)
    issues += _score_columns(book)
    issues += _without_sessions(book)
    _ = book.frozen  # notes what was changed by hand
    book.examine()
    found = [*book.all_issues(), *issues]
    errors = len({i for i in found if i.level == schema.ERROR})
    reminders = len({i for i in found if i.level == schema.REMINDER})
    words = f"{errors} 条错误、{reminders} 条提醒" if found else "没有发现问题"
    return Outcome(f"检查完成：{words}", {"错误": errors, "提醒": reminders}, issues=issues)


def _exams(book: Book) -> list[str]:
    return sorted({row["exam"] for row in book.table(SCORES) if row.get("exam")})


def _identical_rows(sheet: Sheet, rows: list[Any]) -> Iterator[Issue]:
    """Event rows that are alike all count, and a person should know."""
    content = [tuple(sorted((k, str(v)) for k, v in row.items())) for row in rows]
    counted = Counter(content)
    seen: set[Any] = set()
    for row, key in zip(rows, content, strict=True):
        if counted[key] > 1 and key in seen:
            yield reminder(
                sheet.label,
                "check.identical",
                "这一行与前面的一行完全相同，两行都计入",
                "如果是重复登记，请删去一行。",
                row=row.at,
            )
        seen.add(key)


def _settings(book: Book) -> Iterator[Issue]:
    rows = {row.get("item"): row.at for row in book.parsed[SETTINGS.label].table}
    for code in ("term", "grade", "class_name", "baseline_exam"):
        if not book.settings.get(code):
            label = schema.setting(code).label
            yield error(
                SETTINGS.label,
                "check.setting",
                f"“{label}”没有填",
                "请在“值”一列填上。",
                row=rows.get(label),
                column="值",
            )
    exams = set(_exams(book))
    for point in POINTS:
        exam = book.room.exam(point)
        if exam and exams and exam not in exams and point == BASELINE:
            yield error(
                SETTINGS.label,
                "check.exam",
                f"“成绩”里没有叫“{exam}”的考试",
                f"请改成成绩表里的名称（{'、'.join(sorted(exams)[:4])}）。",
                row=rows.get(f"{point}考试"),
                column="值",
            )
    start, end = book.settings.get("term_start"), book.settings.get("term_end")
    if start and end and start > end:
        yield error(
            SETTINGS.label,
            "check.term",
            "学期开始晚于学期结束",
            "请改正日期。",
            row=rows.get("学期开始"),
            column="值",
        )


def _without_sessions(book: Book) -> Iterator[Issue]:
    """Supported pupils whose last session lies longer back than 最长辅导间隔天数; nobody after the term."""
    from xlbangfu.actions.support import supported
    from xlbangfu.programme.progress import last_session_days

    end = book.settings.get("term_end")
    if end is not None and book.today > end:
        return
    most = book.settings.get("max_gap_days") or book.room.policy.max_gap_days
    held = book.table(schema.SESSIONS).rows
    for row, day, was_held in last_session_days(supported(book), held, book.settings, book.today):
        if (book.today - day).days > most:  # the day, not the number of days: the same words tomorrow
            since = f"上次辅导是 {day}" if was_held else f"{day} 列入名单以来没有辅导"
            yield reminder(
                schema.CASELOAD.label,
                "check.no_session",
                f"{row.get('name') or row['pupil_id']}：{since}，已超过 {most} 天",
                "请安排辅导，并登记在“辅导记录”。",
                row=row.at,
                column=schema.CASELOAD.column("name").label,
            )


def _score_columns(book: Book) -> Iterator[Issue]:
    """Columns of 成绩 that no subject of 任课 claims, and subjects without a column."""
    known = {s.name for s in book.room.subjects}
    header = book.parsed[SCORES.label].header
    fixed = {c.code for c in SCORES.columns}
    for name in sorted(set(header) - fixed - known):
        if any(row.get(name) is not None for row in book.table(SCORES)):
            yield reminder(
                SCORES.label,
                "check.column",
                f"“{name}”列不是“任课”里的学科，没有计入",
                "如果是学科，请在“任课”里加一行。",
                row=book.parsed[SCORES.label].header_row,
                column=name,
            )
    for name in sorted(known - set(header)):
        yield reminder(
            SCORES.label,
            "check.no_column",
            f"“成绩”里没有“{name}”这一列",
            "导入成绩时会自动加上，也可以自己加。",
        )
