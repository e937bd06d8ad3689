"""From the grid of a sheet to a checked table and cell-addressed problems.

Columns are found by their header, so a teacher may move them or add own ones. Source: spec §3, design.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from xlbangfu.issues import Issue, error, reminder
from xlbangfu.programme.numbers import clean_text
from xlbangfu.schema import SETTING_ROWS, SETTINGS, Column, Kind, Sheet
from xlbangfu.table import Row, Table
from xlbangfu.workbook.cells import empty_value, encode, is_blank, take

HEADER_SEARCH_ROWS = 12
Grid = Sequence[Sequence[Any]]


def column_letters(number: int) -> str:
    """1 → A, 27 → AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """A1 address of a 1-based row and column."""
    return f"{column_letters(column)}{row}"


@dataclass(frozen=True)
class Parsed:
    """A sheet as read.

    table: checked rows. original: the same values by sheet row, as they stood (to tell what changed).
    header: code name (or 学科 of a by-subject sheet) → 1-based column. last_row: last row with anything in the
    table's columns. rearranged: the sentence why nothing may be written to the sheet, "" if all is in place.
    """

    sheet: Sheet
    table: Table
    issues: tuple[Issue, ...] = ()
    original: Mapping[int, Row] = field(default_factory=dict)
    header: Mapping[str, int] = field(default_factory=dict)
    header_row: int = 1
    last_row: int = 1
    width: int = 0
    rearranged: str = ""

    def locate(self, issue: Issue) -> Issue:
        """The problem with its A1 address, where its row and column are known."""
        if issue.row is None:
            return issue
        code = next((c.code for c in self.sheet.columns if c.label == issue.column), issue.column)
        return issue.at(address(issue.row, self.header.get(code) or min(self.header.values(), default=1)))


def _header_key(value: Any) -> str:
    return clean_text(value).replace(" ", "").replace("\n", "")


def _find_header(sheet: Sheet, grid: Grid) -> int | None:
    """0-based index of the header row: the row near the top with most of the labels, at least a key's."""
    labels = {_header_key(c.label) for c in sheet.columns}
    best, found = 0, None
    for i, row in enumerate(grid[:HEADER_SEARCH_ROWS]):
        hits = len(labels & {_header_key(v) for v in row if not is_blank(v)})
        if hits > best:
            best, found = hits, i
    return found if best >= min(2, len(labels)) else None


def _map_header(sheet: Sheet, cells: Sequence[Any]) -> tuple[dict[str, int], list[str]]:
    """Code name → 1-based column, and the labels that stand twice."""
    known = {_header_key(c.label): c.code for c in sheet.columns}
    header: dict[str, int] = {}
    twice = []
    for number, value in enumerate(cells, 1):
        if is_blank(value):
            continue
        key = _header_key(value)
        code = known.get(key) or (str(value).strip() if sheet.by_subject else None)
        if code is None:
            continue
        if code in header:
            twice.append(str(value).strip())
        else:
            header[code] = number
    return header, twice


def absent(sheet: Sheet) -> Parsed:
    """A sheet that is not in the workbook: no rows, one problem, nothing to write to."""
    message = f"工作簿里没有“{sheet.label}”这张表"
    issue = error(sheet.label, "table.missing", message, "请从备份恢复这张表，不要改名或删除。")
    return Parsed(sheet, Table([c.code for c in sheet.columns]), (issue,), rearranged=message)


def with_issues(parsed: Parsed, issues: Sequence[Issue]) -> Parsed:
    """The same sheet with further problems."""
    return replace(parsed, issues=(*parsed.issues, *issues))


def _no_header(sheet: Sheet, grid: Grid) -> Parsed:
    filled = any(not is_blank(v) for row in grid for v in row)
    message = f"“{sheet.label}”找不到表头" + ("" if filled else "，整张表是空的")
    labels = "、".join(c.label for c in sheet.columns[:6])
    issue = error(sheet.label, "table.header", message, f"请恢复表头（{labels}…），不要改名或合并。")
    return Parsed(sheet, Table([c.code for c in sheet.columns]), (issue,), rearranged=message)


def parse(sheet: Sheet, grid: Grid) -> Parsed:
    """Read one sheet. grid: rows of raw cell values from A1 on, blanks None or ""."""
    top = _find_header(sheet, grid)
    if top is None:
        return _no_header(sheet, grid)
    header, twice = _map_header(sheet, grid[top])
    missing = [c.label for c in sheet.columns if c.code not in header]
    issues = [
        error(sheet.label, "table.column_missing", f"“{sheet.label}”缺少列“{label}”", "请恢复这一列的表头。")
        for label in missing
    ]
    issues += [
        error(
            sheet.label,
            "table.column_twice",
            f"“{sheet.label}”有两列都叫“{label}”，只读左边一列",
            "请改掉一个表头。",
        )
        for label in twice
    ]
    rows, row_issues, last = _read_rows(sheet, grid, top, header)
    broken = missing or twice
    reason = f"“{sheet.label}”的表头被改动（{'、'.join(missing or twice)}）" if broken else ""
    return Parsed(
        sheet,
        Table([c.code for c in sheet.columns], rows),
        tuple(issues + row_issues),
        {r.at: Row(r, r.at) for r in rows if r.at is not None},
        header,
        top + 1,
        last,
        max((n for n, v in enumerate(grid[top], 1) if not is_blank(v)), default=0),
        reason,
    )


def _read_rows(sheet: Sheet, grid: Grid, top: int, header: Mapping[str, int]) -> tuple[list[Row], list[Issue], int]:
    rows: list[Row] = []
    issues: list[Issue] = []
    last, gap = top + 1, False
    columns = [(sheet.column(code) if sheet.has(code) else None, code, n - 1) for code, n in header.items()]
    places = [n for _, _, n in columns]
    labels = [(_header_key(c.label), header[c.code] - 1) for c in sheet.columns if c.code in header]
    blank = {c.code: empty_value(c.kind) for c in sheet.columns}
    for i in range(top + 1, len(grid)):
        cells = grid[i]
        width = len(cells)
        if all(is_blank(cells[n]) for n in places if n < width):
            gap = True
            continue
        if _is_repeated_header(labels, cells):
            last = i + 1  # new rows go under it, not over it
            continue
        row, found = _read_row(sheet, cells, Row(blank, i + 1), columns)
        rows.append(row)
        issues += found
        if gap and rows[:-1]:
            issues.append(
                reminder(
                    sheet.label,
                    "table.gap",
                    "这一行上面有空行，仍已计入",
                    "建议删去空行，让表格连在一起。",
                    row=i + 1,
                )
            )
        last, gap = i + 1, False
    return rows, issues, last


def _is_repeated_header(labels: Sequence[tuple[str, int]], cells: Sequence[Any]) -> bool:
    return len(labels) > 1 and all(n < len(cells) and _header_key(cells[n]) == label for label, n in labels)


def _read_row(
    sheet: Sheet, cells: Sequence[Any], row: Row, columns: Sequence[tuple[Column | None, str, int]]
) -> tuple[Row, list[Issue]]:
    """Fill a blank row from its cells."""
    issues = []
    width = len(cells)
    for column, code, n in columns:
        raw = cells[n] if n < width else None
        if column is None:  # a 学科 of 成绩: rules read the cell
            row[code] = None if is_blank(raw) else raw
            continue
        if raw is None or raw == "":
            continue
        value, problem = take(column, raw)
        row[code] = value
        if problem is not None:
            issues.append(
                error(sheet.label, problem.rule, problem.message, problem.mend, row=row.at, column=column.label)
            )
    return row, issues


# ---- 设置 ---------------------------------------------------------------------------------------------


def parse_settings(parsed: Parsed) -> tuple[dict[str, Any], list[Issue]]:
    """设置 as code name → value (blank None), with a problem per value that cannot be taken."""
    by_label = {s.label: s for s in SETTING_ROWS}
    values: dict[str, Any] = {s.code: None for s in SETTING_ROWS}
    issues: list[Issue] = []
    told: set[str] = set()
    for row in parsed.table:
        found = by_label.get(clean_text(row.get("item")))
        raw = row.get("value")
        if found is None or is_blank(raw):
            continue
        if found.code in told:
            issues.append(_setting_twice(found.label, row.at))
            continue
        told.add(found.code)
        column = Column(found.label, found.code, found.kind, choices=found.choices, low=found.low, high=found.high)
        value, problem = take(column, raw)
        if problem is None and found.kind is Kind.SHARE and not _is_usable_share(found.code, value):
            value, problem = None, _share_problem(found.label)
        values[found.code] = value
        if problem is not None:
            issues.append(error(SETTINGS.label, problem.rule, problem.message, problem.mend, row=row.at, column="值"))
    for code in ("policy", "schema_version"):
        default = next(s.default for s in SETTING_ROWS if s.code == code)
        values[code] = values[code] or (int(default) if code == "schema_version" else default)
    return values, issues


def _setting_twice(label: str, row: int | None) -> Issue:
    message = f"“{label}”在前面已经填过，这一行没有用"
    return error(SETTINGS.label, "table.setting_twice", message, "请删去其中一行。", row=row, column="值")


def _is_usable_share(code: str, share: Fraction) -> bool:
    """识别比例 lies between 0 and 1; a target may be all of the base."""
    return 0 < share < 1 or (share == 1 and code != "share")


def _share_problem(label: str) -> Any:
    from xlbangfu.workbook.cells import CellProblem

    return CellProblem("cell.range", f"“{label}”应在 0 到 100% 之间", "请填例如 20% 或 0.2。")


def set_setting(parsed: Parsed, code: str, value: Any) -> list[Row]:
    """The rows of 设置 with one value replaced; a missing row is added at the end."""
    from xlbangfu.schema import setting

    known = setting(code)
    text = encode(value)
    rows: list[Row] = list(parsed.table.rows)
    for i, row in enumerate(rows):
        if clean_text(row.get("item")) == known.label:
            rows[i] = row.changed(value=text)
            return rows
    return [*rows, Row({"item": known.label, "value": text, "note": known.note})]


def own_labels(parsed: Parsed, grid: Grid) -> dict[int, str]:
    """Header texts of the columns that somebody added: 1-based column → text. grid: the sheet from A1 on."""
    ours = set(parsed.header.values())
    top = grid[parsed.header_row - 1] if parsed.header_row <= len(grid) else ()
    labels = {number: str(cell).strip() for number, cell in enumerate(top, 1) if not is_blank(cell)}
    return {number: label for number, label in labels.items() if number not in ours and label}


def with_rows(parsed: Parsed, rows: list[Row]) -> Parsed:
    """The same sheet with other rows in its table (after identities were resolved)."""
    return replace(parsed, table=Table(parsed.table.columns, rows))
