"""落实检查: the clauses of the 制度 held against the workbook, into the sheet 落实. Source: spec §3, §5."""

from __future__ import annotations

from collections.abc import Sequence

from xlbangfu import schema
from xlbangfu.actions.book import Book, Outcome, Refused, Replace
from xlbangfu.actions.support import supported
from xlbangfu.programme.audit import Audited, Evidence, audit, count_results, gap_text
from xlbangfu.programme.conversion import convert
from xlbangfu.schema import AUDIT, CASELOAD, CONVERSIONS, PROCESS, SETTINGS
from xlbangfu.table import Row
from xlbangfu.workbook.changes import Jump
from xlbangfu.workbook.parsing import address, own_labels

GAP_CHARACTERS = 240  # a link's text holds 255 UTF-16 units
NO_LONGER_A_CLAUSE = "现行制度没有这一条"
_EVENTS = (
    schema.OBSERVATIONS, schema.PROFILES, schema.PLANS, schema.PAIRS, schema.GROUPS, schema.CONTEST, schema.SESSIONS,
    schema.ACTIVITY, schema.PROCESS, schema.WRITTEN,
)  # fmt: skip


def audit_clauses(book: Book) -> Outcome:
    """One row per clause; 佐证 survives, a clause that the 制度 no longer has stays where somebody wrote to it."""
    _refuse_broken_clauses(book)
    standing = {r["clause"]: r for r in book.table(AUDIT) if r.get("clause")}
    evidence = _evidence(book)
    book.table(schema.CONVERSION_STATS)  # what was computed is not believed; it is where a missed target is seen
    audited = audit(book.policy, evidence, {clause: row.get("evidence") for clause, row in standing.items()})
    first = book.parsed[AUDIT.label].header_row + 1
    rows = [_row(book, found, standing.get(found.clause.id), at) for at, found in enumerate(audited, first)]
    clauses = {a.clause.id for a in audited}
    laid: Sequence[Row] | Replace
    if _has_own_columns(book):  # what stands there must stay beside its clause
        rows = [Row(row, standing[row["clause"]].at if row["clause"] in standing else None) for row in rows]
        rows += [_gone(row) for clause, row in standing.items() if clause not in clauses]
        laid = rows
    else:
        rows += [_gone(row) for clause, row in standing.items() if clause not in clauses and row.get("evidence")]
        known = {row.at for row in standing.values()}
        rows += [row for row in book.as_typed(AUDIT) if row.at not in known]  # somebody's own lines
        laid = Replace(rows)
    counts = count_results(audited)
    words = "、".join(f"{result} {n} 条" for result, n in counts.items())
    return Outcome(
        f"落实检查完成：{words}",
        {"条款": len(audited), **counts},
        {AUDIT.label: laid},
        rows=(AUDIT, rows),
    )


def _refuse_broken_clauses(book: Book) -> None:
    """A 制度 file of a school's own may name checks and figures that there are none of: say which, judge nothing."""
    from xlbangfu.programme.lint_clauses import clause_issues

    for issue in clause_issues(book.policy):
        if issue.level == schema.ERROR:
            words = f"制度“{book.policy.id}”的 {issue.key}：{issue.problem}，没有检查；{issue.mend}。"
            raise Refused(words, book.setting_cell("policy"))


def _evidence(book: Book) -> Evidence:
    caseload = book.table(CASELOAD).rows
    found = convert(book.room, caseload, book.table(PROCESS).rows, book.frozen, book.table(CONVERSIONS).rows)
    tables = {sheet.label: book.table(sheet).rows for sheet in _EVENTS}
    return Evidence(book.room, book.today, supported(book), caseload, tables, found, book.frozen is not None)


def _row(book: Book, found: Audited, standing: Row | None, at: int) -> Row:
    """at: the row of the sheet in which it will stand."""
    text = gap_text(found.finding, GAP_CHARACTERS)
    return Row(
        {
            "clause": found.clause.id,
            "requirement": found.clause.requirement,
            "evidence": standing.get("evidence") if standing is not None else None,
            "result": found.finding.result,
            "figures": found.finding.figures or None,
            "gap": _jump(book, found, text, at) if text else None,
        }
    )


def _jump(book: Book, found: Audited, text: str, own_row: int) -> str:
    """The text with a link to the cell where it is mended; plain where that sheet is not to be had."""
    if found.finding.place is None:
        return text
    sheet, code, at = found.finding.place
    if sheet is SETTINGS:
        place = book.setting_cell(_setting_of(found.finding.missing)) or book.cell(SETTINGS, "value")
    else:
        place = book.cell(sheet, code, own_row if sheet is AUDIT else at)
    return Jump(text, place[0], address(*place[1])) if place is not None else text


def _setting_of(missing: Sequence[str]) -> str:
    """Code of the row of 设置 that the first missing thing is about."""
    first = missing[0].partition("、")[0] if missing else ""
    codes = {row.label: row.code for row in schema.SETTING_ROWS}
    return codes.get(first, "term_start")


def _gone(row: Row) -> Row:
    """A clause that the 制度 no longer has."""
    return row.changed(result=schema.NOT_APPLICABLE, figures=NO_LONGER_A_CLAUSE, gap=None)


def _has_own_columns(book: Book) -> bool:
    """True if somebody added columns to 落实."""
    return bool(own_labels(book.parsed[AUDIT.label], book.door.grid(AUDIT.label)))
