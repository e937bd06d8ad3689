"""The sheets that hold one table each: header, formats, dropdowns, print setup; all derived from the schema."""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from xlbangfu import schema
from xlbangfu.schema import SETTINGS, Column, Kind, Sheet, Writer
from xlbangfu.workbook.rowheights import LONG, PAGE, column_width, wraps
from xlbangfu.workbook.template import rules
from xlbangfu.workbook.template.highlights import draw_highlights
from xlbangfu.workbook.template.looks import BLUE, LINE, PALE_GREY, WHITE, WRITER_COLOUR, Looks
from xlbangfu.workbook.template.ranges import LAST_ROW

FIRST_SUBJECTS = ("语文", "数学", "英语")
HEADER_PIXELS = 36
SCORE_WIDTH = 9.0
_FREEZE_AFTER = ("name", "tutee", "item", "subject")

NUMBER_FORMATS = {
    Kind.ID: "@",
    Kind.IDS: "@",
    Kind.CHOICE: "@",
    Kind.CHOICES: "@",
    Kind.INTEGER: "0",
    Kind.SHARE: "0.0%",
    Kind.DATE: "yyyy-mm-dd",
    Kind.DATETIME: "yyyy-mm-dd hh:mm",
}


def number_format(column: Column) -> str:
    """The column's number format.

    Text that a teacher types is text ("@"), so 3-4 stays a seat and not a date. Long text of the program stays
    General: older Excel shows #### for text-formatted cells above 255 characters.
    """
    if column.kind is Kind.TEXT:
        return "General" if column.width >= LONG and column.writer is not Writer.TEACHER else "@"
    if column.kind is Kind.NUMBER:
        return "0.00" if column.program_owned else "General"
    return NUMBER_FORMATS.get(column.kind, "General")


def draw_tables(book: Workbook, looks: Looks) -> None:
    """Every sheet of `schema.TABLES` into the worksheets that already stand in tab order."""
    for sheet in schema.TABLES:
        draw_table(_worksheet(book, sheet.label), looks, sheet)


def draw_table(ws: Worksheet, looks: Looks, sheet: Sheet) -> None:
    """One sheet: its table from A1, and everything a teacher meets in it."""
    columns = sheet_columns(sheet)
    ws.set_tab_color(WRITER_COLOUR[sheet.writer])
    _columns(ws, looks, columns)
    _table(ws, looks, sheet, columns)
    _rules(ws, sheet, columns)
    draw_highlights(ws, looks, sheet, len(columns))
    _freeze(ws, sheet)
    _print_setup(ws, sheet)
    ws.ignore_errors({"number_stored_as_text": f"A1:XFD{LAST_ROW}"})


def sheet_columns(sheet: Sheet) -> tuple[Column, ...]:
    """The sheet's columns, in 成绩 followed by one per subject that a new workbook starts with."""
    if not sheet.by_subject:
        return sheet.columns
    subjects = (Column(s, s, Kind.SCORE, Writer.TEACHER, width=SCORE_WIDTH) for s in FIRST_SUBJECTS)
    return (*sheet.columns, *subjects)


def _worksheet(book: Workbook, label: str) -> Worksheet:
    ws = book.get_worksheet_by_name(label)
    if ws is None:
        raise KeyError(label)
    return ws


def _points(pixels: int) -> float:
    return pixels * 0.75


def _columns(ws: Worksheet, looks: Looks, columns: tuple[Column, ...]) -> None:
    for place, (column, properties) in enumerate(zip(columns, _properties(columns), strict=True)):
        ws.set_column(place, place, column_width(column), looks.cell(**properties))


def _properties(columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    """The cells' look by column; in a sheet of whole paragraphs all are read from the top."""
    top = {"valign": "top"} if any(column.width > PAGE for column in columns) else {}
    return [_cell_properties(column) | top for column in columns]


def _cell_properties(column: Column) -> dict[str, Any]:
    properties: dict[str, Any] = {"num_format": number_format(column)}
    if column.kind in (Kind.TEXT, Kind.IDS, Kind.CHOICES, Kind.LINK):
        properties.update(align="left", indent=1)
        if wraps(column):  # from the top: where a row is too low, the first line at least shows whole
            properties.update(text_wrap=True, valign="top")
    elif column.kind is Kind.NUMBER:
        properties.update(align="right", indent=1)
    else:
        properties["align"] = "center"
    if column.kind is Kind.LINK:
        properties.update(font_color=BLUE, underline=1)
    if column.kind is Kind.ID:
        properties["shrink"] = True  # a 19-character 学籍号 stays whole
    return properties


def _header_properties(column: Column) -> dict[str, Any]:
    colour = WRITER_COLOUR[column.writer]
    return {
        "bold": True, "font_color": WHITE, "bg_color": colour, "border": 1, "border_color": LINE,
        "align": "left", "indent": 1, "text_wrap": True, "num_format": "@",
    }  # fmt: skip


def _table(ws: Worksheet, looks: Looks, sheet: Sheet, columns: tuple[Column, ...]) -> None:
    rows = _first_rows(sheet)
    headers = [{"header": c.label, "header_format": looks.cell(**_header_properties(c))} for c in columns]
    options = {"name": sheet.table, "columns": headers, "style": None, "autofilter": sheet is not SETTINGS}
    ws.add_table(0, 0, len(rows), len(columns) - 1, options)
    ws.set_row(0, _points(HEADER_PIXELS))
    for r, row in enumerate(rows, start=1):
        for c, (column, value, look) in enumerate(zip(columns, row, _properties(columns), strict=True)):
            properties = dict(look)
            if sheet is SETTINGS:
                properties.update(_setting_cell(schema.SETTING_ROWS[r - 1], column))
            ws.write(r, c, value, looks.cell(**properties))


def _first_rows(sheet: Sheet) -> list[tuple[Any, ...]]:
    """What a new workbook already holds; one blank row where it holds nothing."""
    if sheet is SETTINGS:
        return [(s.label, _default(s), s.note) for s in schema.SETTING_ROWS]
    if sheet is schema.TEACHING:
        return [(subject, None, None, schema.MARKS, None) for subject in FIRST_SUBJECTS]
    return [(None,) * len(sheet_columns(sheet))]


def _default(row: schema.Setting) -> str | int | None:
    if not row.default:
        return None
    return int(row.default) if row.kind is Kind.INTEGER else row.default


def _setting_cell(row: schema.Setting, column: Column) -> dict[str, Any]:
    if column.code == "item":
        return {"bold": True}
    grey: dict[str, Any] = {"bg_color": PALE_GREY, "font_color": "#6B7280"}
    if column.code == "note":
        return {"font_color": "#6B7280"}
    kind = Column(row.label, row.code, row.kind)
    properties: dict[str, Any] = {"num_format": number_format(kind), "align": "left", "text_wrap": True}
    return {**properties, **grey} if row.writer is Writer.SYSTEM else properties


def _rules(ws: Worksheet, sheet: Sheet, columns: tuple[Column, ...]) -> None:
    ws.data_validation(0, 0, 0, 0, rules.header_rule(sheet))
    if sheet is SETTINGS:
        for r, row in enumerate(schema.SETTING_ROWS, start=1):
            _validate(ws, r, 1, r, rules.setting_rule(row))
        return
    for place, column in enumerate(columns):
        own = place < len(sheet.columns)
        rule = rules.column_rule(sheet, column) if own else rules.score_rule(column.label)
        _validate(ws, 1, place, LAST_ROW - 1, rule)


def _validate(ws: Worksheet, first: int, column: int, last: int, rule: rules.Rule) -> None:
    if rule["validate"] != "any" or "input_message" in rule:
        ws.data_validation(first, column, last, column, rule)


def _freeze(ws: Worksheet, sheet: Sheet) -> None:
    """Header row and, where the sheet has them, the columns that say whose row it is, and in which subject."""
    ws.freeze_panes(1, frozen_columns(sheet))


def frozen_columns(sheet: Sheet) -> int:
    """How many columns stay in sight: through the name and a 学科 right behind it; of 转化统计 through 阶段."""
    codes = [column.code for column in sheet.columns]
    if sheet is schema.CONVERSION_STATS:
        return codes.index("phase") + 1
    at = next((codes.index(code) + 1 for code in _FREEZE_AFTER if code in codes), 0)
    return at + 1 if codes[at : at + 1] == ["subject"] and at else at


def _print_setup(ws: Worksheet, sheet: Sheet) -> None:
    ws.set_paper(9)  # A4
    if sheet.landscape:
        ws.set_landscape()
    ws.fit_to_pages(1, 0)
    ws.repeat_rows(0)
    ws.center_horizontally()
    ws.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.7)
    ws.set_header("&L&A&R内部资料，请妥善保管")
    ws.set_footer("&L&D&C第 &P 页，共 &N 页&R学困生帮扶工作簿")
