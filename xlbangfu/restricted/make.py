"""A new, empty workbook for restricted records: 说明 first, then a table each. Source: spec §3."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from xlbangfu.restricted.sheets import ABOUT, SHEETS

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from xlbangfu.workbook.template.looks import Looks

TITLE = "受限档案"
CREATED = datetime(2026, 1, 1)  # nothing about the person who made it
COLUMN_PIXELS = (14, 76, 620)
LINE_PIXELS = 26
HINTS: Sequence[tuple[str, str]] = (
    ("谁能看", "只给本班需要的老师。打开要密码；密码忘了谁也找不回来，请至少两位老师各自记牢。"),
    ("怎么填", "心理档案一次一行，资助一笔一行，家庭情况一名学生一行；都在表格下面直接接着填，保存即可。"),
    ("学号", "按文本填写，与班级工作簿“名册”里的学号一致，前面的 0 不要丢。"),
    ("日期", "心理档案和资助都要写日期，按 2026-09-01 的样子；不写日期的行不计入。"),
    (
        "读取",
        "保存后，在班级工作簿里点“受限档案”并输入密码：只读取每名学生最近的日期，写进“档案”的“心理档案日期”和"
        "“资助日期”。这里写的内容不会进入班级工作簿、学校汇总或日志。",
    ),
    ("不要改", "工作表的名称、表头，以及本页的年级和班级；升年级后请把本页的年级改过来。"),
    ("改密码", "Excel：文件—信息—保护工作簿—用密码进行加密。WPS：文件—文档加密—密码加密。"),
    ("备份", "程序从不改动这个文件，也不留副本；请自己在安全的地方备份。"),
)


def make_workbook(school: str, grade: str, class_name: str) -> bytes:
    """The plain .xlsx bytes, built in memory; to be encrypted before it goes anywhere.

    school may be "". Holds nothing of any pupil.
    """
    from xlsxwriter import Workbook

    from xlbangfu.workbook.template.looks import Looks, default_style
    from xlbangfu.workbook.template.tables import draw_table

    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True, **default_style()})
    book.set_properties({"title": TITLE, "created": CREATED})
    looks = Looks(book)
    _draw_about(book.add_worksheet(ABOUT), looks, (("学校", school), ("年级", grade), ("班级", class_name)))
    for sheet in SHEETS:
        page = book.add_worksheet(sheet.label)
        draw_table(page, looks, sheet)
        page.set_header("&L&A&R受限资料，仅限有关教师")
        page.set_footer(f"&C第 &P 页，共 &N 页&R{TITLE}")
    book.close()
    return stream.getvalue()


def _draw_about(page: Worksheet, looks: Looks, whose: Sequence[tuple[str, str]]) -> None:
    from xlbangfu.workbook.rowheights import lines_needed
    from xlbangfu.workbook.template.looks import BLUE, GREY, LINE

    page.hide_gridlines(2)
    page.set_tab_color(GREY)
    for column, pixels in enumerate(COLUMN_PIXELS):
        page.set_column_pixels(column, column, pixels, looks.cell())
    line: dict[str, Any] = {"bottom": 1, "bottom_color": LINE, "align": "left"}
    page.set_row_pixels(0, 40)
    page.write_string(0, 1, TITLE, looks.cell(font_size=18, bold=True, font_color=BLUE))
    row = 1
    for word, text in whose:
        shown = looks.cell(num_format="@", **line)
        _line(page, row, LINE_PIXELS, (word, looks.cell(bold=True, **line)), (text, shown))
        row += 1
    row += 1
    for word, text in HINTS:
        pixels = LINE_PIXELS * lines_needed(text, COLUMN_PIXELS[2] / 8)
        heading = looks.cell(bold=True, font_color=BLUE, **line)
        _line(page, row, pixels, (word, heading), (text, looks.cell(text_wrap=True, **line)))
        row += 1
    page.set_paper(9)
    page.fit_to_pages(1, 1)
    page.print_area(0, 0, row - 1, 2)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)


def _line(page: Worksheet, row: int, pixels: int, *cells: tuple[str, Any]) -> None:
    page.set_row_pixels(row, pixels)
    for column, (text, form) in enumerate(cells, start=1):
        page.write_string(row, column, text, form)
