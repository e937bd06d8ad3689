"""The school workbook: every table of a `School` as a sheet, by XlsxWriter, the same bytes for the same figures.

No macros, no formulas, no clock: the date is an argument. Source: spec §6, §7, §8.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from xlbangfu.office import merge_columns as sheets
from xlbangfu.office.combine import School
from xlbangfu.office.merge_audit import write_matrix
from xlbangfu.office.merge_charts import Block, dosage_chart, rate_chart, write_reaches
from xlbangfu.office.merge_detail import SUFFIX, detail_folder
from xlbangfu.office.merge_overview import write_overview
from xlbangfu.office.merge_sheets import HEADER_ROW, Book, write_table
from xlbangfu.office.merge_support import BY_SESSIONS
from xlbangfu.table import Row
from xlbangfu.workbook.template.looks import GREEN, GREY, ORANGE, default_style

ALL = "全部"
_CHART_ROWS = 13
_CHART_PIXELS = (560, 296)  # width, height

_ABOUT = {
    sheets.GRADES: "每个年级先列全部学科，再列各学科；学科合在一起时，每名学生每科算一人次。",
    sheets.CLASSES: "每个班先列全部学科，再列各学科及任课教师；人数少的班只供参考。",
    sheets.SUBJECTS: "全校各年级合在一起。",
    sheets.TEACHERS: "本人所教各班的名单合在一起；失误记录由教务处登记。净转化率是提示，不是结论。",
    sheets.AWARDS: "条件：期中、期末都达标，材料交齐，没有失误记录。失误记录由教务处登记后才能评出。",
    sheets.PUPILS: "各班跟踪的全部学生，每人每科一行；“计入”写明是否算进转化率。",
    sheets.AUDIT_DETAIL: "各班“落实”表的逐条结果和证据；缺谁只在班级工作簿里看得到。",
    sheets.ISSUES: "错误 = 有内容没有计入；提醒 = 已计入，但请核对。改正后请再合并一次。",
    sheets.SOURCES: "文件夹里的每个文件一行；sha256 是文件内容的指纹，可用来核对。",
}
_NOTHING_AUDITED = "各班工作簿的“落实”表都还是空的，没有可以汇总的内容。"


def workbook_bytes(school: School, out: Path, today: date) -> bytes:
    """The .xlsx as bytes. out: where it will lie (the sheets name the Parquet folder beside it)."""
    stream = io.BytesIO()
    workbook = Workbook(stream, {"in_memory": True, **default_style()})
    moment = datetime(today.year, today.month, today.day)
    workbook.set_properties({"title": f"{school.term}学困生帮扶汇总", "created": moment, "comments": ""})
    book = Book(workbook, f"{school.school} {school.term} 学困生帮扶汇总".strip())
    write_overview(book, school, today)
    _table_sheets(book, school, detail_folder(out).name)
    workbook.close()
    return stream.getvalue()


def write_workbook(out: Path, data: bytes) -> None:
    """Put the workbook in place, all of it or nothing; the former one stays as .bak. Raises WorkbookError."""
    from xlbangfu.workbook.atomic import replace_file
    from xlbangfu.workbook.closed import open_calamine

    def reopens(path: Path) -> None:
        open_calamine(path)

    replace_file(out, data, check=reopens)


def _table_sheets(book: Book, school: School, folder: str) -> None:
    for name in sheets.SHEETS[1:]:
        if name == sheets.DOSAGE:
            _dosage_sheet(book, school, folder)
            continue
        sheet = book.sheet(name, _COLOURS.get(name, GREEN))
        if name == sheets.AUDIT:
            _matrix_sheet(book, sheet, school)
            continue
        rows = [_spoken(row, name) for row in school.tables[name]]
        book.title(sheet, _heading(name, school), _ABOUT[name])
        columns = sheets.SCHOOL_COLUMNS[name]
        write_table(book, sheet, columns, rows, strong=_is_total(name), elsewhere=f"{folder}/{parquet_of(name)}")
        sheet.freeze_panes(HEADER_ROW + 1, _FROZEN_COLUMNS.get(name, 1))


def _matrix_sheet(book: Book, sheet: Worksheet, school: School) -> None:
    if any(block.audited for block in school.audit):
        write_matrix(book, sheet, school.audit, _heading(sheets.AUDIT, school))
    else:
        book.title(sheet, _heading(sheets.AUDIT, school), _NOTHING_AUDITED)
        sheet.set_column(0, 0, 80)


_COLOURS = {sheets.ISSUES: ORANGE, sheets.SOURCES: GREY}
_FROZEN_COLUMNS = {sheets.GRADES: 3, sheets.CLASSES: 5, sheets.SUBJECTS: 2, sheets.TEACHERS: 1, sheets.PUPILS: 5}


def _heading(name: str, school: School) -> str:
    return f"{school.term} {name}".strip()


def parquet_of(name: str) -> str:
    """The Parquet file that holds the rows of a sheet."""
    return (name if name in sheets.DETAIL_COLUMNS else sheets.STATISTICS) + SUFFIX


def _spoken(row: Row, name: str) -> Row:
    """The row with 「全部」 where a group has no subject of its own."""
    if name in (sheets.GRADES, sheets.CLASSES) and row.get("subject") is None:
        return row.changed(subject=ALL)
    return row


def _is_total(name: str) -> Callable[[Row], bool]:
    if name not in (sheets.GRADES, sheets.CLASSES):
        return lambda row: False
    return lambda row: row.get("subject") == ALL


# ---- 帮扶投入 -------------------------------------------------------------------------------------------


def _dosage_sheet(book: Book, school: School, folder: str) -> None:
    """Two charts on top, the table under them."""
    name = sheets.DOSAGE
    sheet = book.sheet(name, GREEN)
    about = (
        f"到{school.phase}为止的辅导与{school.phase}转化；不分学科的辅导计入每一科。"
        "辅导多的往往是更困难的学生，这里只看关系，不说明因果。"
    )
    book.title(sheet, _heading(name, school), about)
    rows, columns = school.tables[name], sheets.SCHOOL_COLUMNS[name]
    places = {c.code: i for i, c in enumerate(columns)}
    by_band = [r for r in rows if r["by"] == BY_SESSIONS]
    by_class = [i for i, r in enumerate(rows) if r["class_name"] is not None]
    with_net = any(rows[i]["net"] is not None for i in by_class)
    charts = any(r["rate"] is not None for r in by_band)
    top = HEADER_ROW + (_CHART_ROWS if charts else 0)
    last = write_table(book, sheet, columns, rows, top=top, elsewhere=f"{folder}/{parquet_of(name)}")
    sheet.print_area(0, 0, last, len(columns) - 1)
    width, height = _CHART_PIXELS
    if charts:
        aside = len(columns) + 1
        write_reaches(book, sheet, top, aside, by_band)
        block = Block(name, top + 1, top + len(by_band), {**places, "above": aside, "below": aside + 1})
        chart = rate_chart(book.workbook, f"辅导次数与{school.phase}转化率", block, "band")
        chart.set_size({"width": width, "height": height})
        sheet.insert_chart(
            HEADER_ROW, 0, chart, {"x_offset": 4, "y_offset": 4, "description": "各辅导次数组的转化率与预期"}
        )
    if charts and with_net:
        block = Block(name, top + 1 + by_class[0], top + 1 + by_class[-1], places)
        scatter = dosage_chart(book.workbook, "各班人均辅导次数与净转化率", block)
        scatter.set_size({"width": width, "height": height})
        sheet.insert_chart(
            HEADER_ROW, 0, scatter, {"x_offset": width + 16, "y_offset": 4, "description": "各班人均辅导次数与净转化率"}
        )
