"""总览: the school on one page, key figures, conversion with interval and expectation, two charts, what to know.

Source: spec §6 (总览), §4.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from xlsxwriter.worksheet import Worksheet

from xlbangfu import schema
from xlbangfu.office import merge_columns as sheets
from xlbangfu.office.combine import School
from xlbangfu.office.merge_charts import Block, rate_chart, write_reaches
from xlbangfu.office.merge_figures import GRADE, SCHOOL, SUBJECT
from xlbangfu.office.merge_sheets import Book, cell_look, header_text, shown_value, write_cell
from xlbangfu.programme.numbers import percent
from xlbangfu.schema import Column
from xlbangfu.table import Row
from xlbangfu.workbook.template.looks import BLUE, LINE, MUTED, PALE_BLUE, WHITE

LAST = 15  # column P
HALF_COLUMNS = 7
RIGHT = 9  # first column of the right half
COLUMN_WIDTH = 8.4
CHART_ROWS = 12
_CHARACTERS_A_LINE = 66  # Chinese ones, over all columns
_PIXELS = 73  # of a column

_BY_CODE: dict[str, Column] = {c.code: c for c in sheets.DETAIL_COLUMNS[sheets.STATISTICS]}
_PHASES = tuple(
    _BY_CODE[code]
    for code in (
        "phase", "reference", "base", "converted", "not_converted", "absent", "transferred", "added", "rate", "low",
        "high", "target", "met", "expected", "net", "luck",
    )
)  # fmt: skip
_HALF_CODES = ("base", "rate", "low", "high", "expected", "net")
_READING = (
    "怎么读：转化率 = 已转化 ÷ 基数。后段学生中总有一部分不帮扶也会离开后段，这就是“预期自然转化率”；"
    "净转化率 = 转化率 − 预期。“偶然达标概率”是完全没有作用也能达标的机会。人数少的班级区间很宽，不宜比较名次。"
)


def write_overview(book: Book, school: School, today: date) -> None:
    """The first sheet."""
    sheet = book.sheet(sheets.OVERVIEW)
    sheet.set_column(0, LAST, COLUMN_WIDTH)
    about = f"制表日期 {today.isoformat()}；合并 {school.counts['班级']} 个班级工作簿，全部数字由各班明细重新计算。"
    book.title(sheet, f"{school.school}{school.term}学困生帮扶汇总", about)
    _cards(book, sheet, school)
    at = _phase_table(book, sheet, school, 7)
    at = _halves(book, sheet, school, at + 1)
    last = _notes(book, sheet, school, at + 1)
    sheet.fit_to_pages(1, 1)
    sheet.center_horizontally()
    sheet.print_area(0, 0, last, LAST)


# ---- key figures ---------------------------------------------------------------------------------------


def _cards(book: Book, sheet: Worksheet, school: School) -> None:
    rows = {r["phase"]: r for r in school.stats if r["level"] == SCHOOL}
    counts = school.counts
    cards = [
        ("班级", str(counts["班级"])),
        ("在读学生", str(counts["学生"])),
        ("名单人次", str(counts["名单"])),
        ("辅导记录", str(counts["辅导"])),
        *((f"{phase}转化率", _rate_words(rows.get(phase))) for phase in schema.PHASES),
        ("错误 / 提醒", f"{counts['错误']} / {counts['提醒']}"),
        ("未采用 / 读不了", f"{counts['未采用']} / {counts['读不了']}"),
    ]
    label = book.looks.cell(font_color=MUTED, bg_color=PALE_BLUE, align="center", border=1, border_color=WHITE)
    value = book.looks.cell(
        font_size=16, bold=True, font_color=BLUE, bg_color=PALE_BLUE, align="center", border=1, border_color=WHITE
    )
    sheet.set_row(3, 18)
    sheet.set_row(4, 32)
    for i, (name, figure) in enumerate(cards):
        sheet.merge_range(3, 2 * i, 3, 2 * i + 1, "", label)
        sheet.write_string(3, 2 * i, name, label)
        sheet.merge_range(4, 2 * i, 4, 2 * i + 1, "", value)
        sheet.write_string(4, 2 * i, figure, value)


def _rate_words(row: Row | None) -> str:
    if row is None or row["rate"] is None:
        return "—"
    return percent(row["rate"])


# ---- tables --------------------------------------------------------------------------------------------


def _section(book: Book, sheet: Worksheet, at: int, column: int, text: str) -> None:
    sheet.write_string(at, column, text, book.looks.cell(font_size=12, bold=True, font_color=BLUE))


def _headers(book: Book, sheet: Worksheet, at: int, column: int, columns: Sequence[Column]) -> None:
    head = book.looks.cell(
        bold=True, font_color=WHITE, bg_color=BLUE, text_wrap=True, align="center", border=1, border_color=LINE
    )
    sheet.set_row(at, 32)
    for i, one in enumerate(columns):
        sheet.write_string(at, column + i, header_text(one), head)


def _lines(book: Book, sheet: Worksheet, at: int, column: int, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    for i, row in enumerate(rows):
        for j, one in enumerate(columns):
            write_cell(sheet, (at + i, column + j), shown_value(one, row), cell_look(book, one, row, band=i % 2 == 1))


def _phase_table(book: Book, sheet: Worksheet, school: School, at: int) -> int:
    """Both phases over the whole school; returns the next free row."""
    rows = [r for r in school.stats if r["level"] == SCHOOL]
    _section(book, sheet, at - 1, 0, "全校转化")
    _headers(book, sheet, at, 0, _PHASES)
    _lines(book, sheet, at + 1, 0, _PHASES, rows)
    return at + 2 + len(rows)


def _halves(book: Book, sheet: Worksheet, school: School, at: int) -> int:
    """By subject on the left, by grade on the right, a chart under each; returns the next free row."""
    at_phase = [r for r in school.stats if r["phase"] == school.phase]
    halves = (
        (0, "按学科", "subject", [r for r in at_phase if r["level"] == SUBJECT]),
        (RIGHT, "按年级", "grade", [r for r in at_phase if r["level"] == GRADE and r["subject"] is None]),
    )
    charts_at = at + 3 + max(len(rows) for *_, rows in halves)
    for column, words, code, rows in halves:
        columns = [_BY_CODE[code], *(_BY_CODE[c] for c in _HALF_CODES)]
        _section(book, sheet, at, column, f"{words}（{school.phase}）")
        _headers(book, sheet, at + 1, column, columns)
        _lines(book, sheet, at + 2, column, columns, rows)
        if any(r["rate"] is not None for r in rows):
            aside = LAST + 2 + (2 if column else 0)
            write_reaches(book, sheet, at + 1, aside, rows)
            places = {c.code: column + i for i, c in enumerate(columns)} | {"above": aside, "below": aside + 1}
            block = Block(sheets.OVERVIEW, at + 2, at + 1 + len(rows), places)
            chart = rate_chart(book.workbook, f"{school.phase}转化率，{words}", block, code)
            _insert(sheet, chart, charts_at, column, f"{school.phase}转化率与预期自然转化率，{words}，数字见上表")
    return charts_at + CHART_ROWS


def _insert(sheet: Worksheet, chart: Any, at: int, column: int, words: str) -> None:
    chart.set_size({"width": HALF_COLUMNS * _PIXELS - 12, "height": CHART_ROWS * 24 - 8})
    sheet.insert_chart(at, column, chart, {"y_offset": 4, "description": words})


# ---- what to know --------------------------------------------------------------------------------------


def _notes(book: Book, sheet: Worksheet, school: School, at: int) -> int:
    """One merged row per sentence, as high as it needs; returns the last row."""
    _section(book, sheet, at, 0, "说明")
    look = book.looks.cell(text_wrap=True, valign="top")
    said = _sentences(school)
    for i, sentence in enumerate(said, 1):
        lines = -(-len(sentence) // _CHARACTERS_A_LINE)
        sheet.set_row(at + i, 17 * lines + 3)
        sheet.merge_range(at + i, 0, at + i, LAST, "", look)
        sheet.write_string(at + i, 0, sentence, look)
    return at + len(said)


def _sentences(school: School) -> list[str]:
    """All that a reader must know, most general first."""
    said = [_READING]
    said += [f"{r['phase']}：{r['note']}。" for r in school.stats if r["level"] == SCHOOL and r["note"]]
    said += school.notes
    if school.care:
        shown = "、".join(f"{category} {n} 人" for category, n in school.care.items())
        said.append(f"名单上的学生中：{shown}（一人可有几项；只计人数）。")
    if school.counts["错误"] or school.counts["读不了"]:
        said.append("有错误待处理，见“数据问题”；处理后请再合并一次。")
    return said
