"""使用说明: one A4 page for teachers, generated from the steps and the catalogue, and the small system block."""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from xlbangfu import schema
from xlbangfu.actions.catalogue import ACTIONS, RIBBON_GROUPS
from xlbangfu.schema import Writer
from xlbangfu.workbook.template.looks import (
    BLUE,
    GREY,
    INK,
    LINE,
    MUTED,
    PALE_GREY,
    WHITE,
    WRITER_COLOUR,
    Looks,
)
from xlbangfu.workbook.template.ranges import PYTHON, RUN_FROZEN, RUN_PYTHON
from xlbangfu.workbook.template.steps import STEPS

COLUMN_PIXELS = (14, 92, 128, 430)
FIRST, LAST = 1, 3
COLOURS = (
    (Writer.TEACHER, "蓝色", "教师填写"),
    (Writer.PROGRAM, "绿色", "程序计算，请勿改动"),
    (Writer.DRAFT, "橙色", "程序起草，教师修改和确认"),
    (Writer.SYSTEM, "灰色", "系统或教务处使用"),
)
HINTS = (
    "学号按文本填写，前面的 0 不会丢；学号和姓名填一个即可，同名的请填学号。",
    "缺考、免考、缓考照实填写；留空表示还没登记，不会当作 0 分。",
    "在表格最后一行的下面直接接着填；请不要改表头，也不要在表中间插入合并单元格。",
    "“确认”“状态”和改过的文字由教师说了算，再点按钮也不会被改掉。",
    "点按钮后看首页的“状态”；有问题时看“数据问题”，点“位置”就能跳到那个单元格。",
)
# Named cells that the macros read: name, label, text.
SYSTEM_CELLS = (
    (RUN_PYTHON, "Excel、WPS 调用", "xlwings.xlam!RunPython"),
    (RUN_FROZEN, "免安装版调用", "xlwings.xlam!RunFrozenPython"),
    (PYTHON, "LibreOffice 命令", "xlbangfu"),
    (schema.PICKED_CELL, "选中的文件", ""),
    ("XB_FILE_TYPES", "可导入的文件", "表格文件 (*.xlsx;*.xlsm;*.xls;*.csv),*.xlsx;*.xlsm;*.xls;*.csv"),
    ("XB_PICK_FILE", "选择文件的标题", "请选择要导入的文件"),
    ("XB_PICK_FOLDER", "选择文件夹的标题", "请选择放班级工作簿的文件夹"),
    (schema.RUNNING_CELL, "运行时显示", "正在处理，请稍候……"),
    ("XB_SAY_CANCELLED", "取消时显示", "没有选择，什么也没有改动。"),
    ("XB_SAY_UNSAVED", "未保存时显示", "请先把工作簿保存到电脑上，再点按钮。"),
    (
        "XB_SAY_FAILED",
        "失败时显示",
        "没有找到 xlbangfu。请在命令行运行 xlbangfu install 后重新打开本工作簿；仍不行请联系教务处。",
    ),
)


class GuidePage:
    """Draws 使用说明 from top to bottom."""

    def __init__(self, book: Workbook, ws: Worksheet, looks: Looks) -> None:
        self.book, self.ws, self.looks = book, ws, looks
        self.row = 0

    def draw(self) -> None:
        """The whole page."""
        self.ws.hide_gridlines(2)
        self.ws.set_tab_color(WRITER_COLOUR[Writer.SYSTEM])
        for column, pixels in enumerate(COLUMN_PIXELS):
            self.ws.set_column_pixels(column, column, pixels, self.looks.cell())
        self._title()
        self._steps()
        self._colours()
        self._hints()
        self._buttons()
        self._system()
        self._page()

    def _title(self) -> None:
        form = self.looks.cell(font_size=18, bold=True, font_color=BLUE)
        self._line(38, {FIRST: "学困生帮扶工作簿使用说明"}, form)

    def _steps(self) -> None:
        self._heading("一学期怎么做")
        for number, step in enumerate(STEPS, start=1):
            self._start(21)
            self._put(FIRST, number, align="center", bold=True, font_color=BLUE)
            self._put(FIRST + 1, step.title, bold=True)
            self._put(LAST, f"{step.text}（表：{step.sheet}）")
            self.row += 1

    def _colours(self) -> None:
        self._heading("颜色：谁来填")
        for writer, name, meaning in COLOURS:
            self._start(21)
            self._put(FIRST, name, bg_color=WRITER_COLOUR[writer], font_color=WHITE, bold=True, align="center")
            self._put(FIRST + 1, meaning, last=LAST, indent=1)
            self.row += 1

    def _hints(self) -> None:
        self._heading("填表要点")
        for hint in HINTS:
            self._start(21)
            self._put(FIRST, hint, last=LAST, indent=1)
            self.row += 1

    def _buttons(self) -> None:
        self._heading("每个按钮做什么")
        for group in RIBBON_GROUPS:
            actions = [a for a in ACTIONS if a.group == group]
            first = self.row
            for action in actions:
                self._start(20)
                colour = INK if action.available else MUTED
                self._put(FIRST + 1, action.label, bold=action.available, font_color=colour)
                self._put(
                    LAST,
                    action.tip if action.available else f"{action.tip}（本版本暂未提供）",
                    font_color=colour,
                )
                self.row += 1
            form = self._cell(bold=True, align="center", font_color=GREY)
            if len(actions) > 1:
                self.ws.merge_range(first, FIRST, self.row - 1, FIRST, group, form)
            else:
                self.ws.write_string(first, FIRST, group, form)

    def _system(self) -> None:
        self._heading("系统设置（供程序使用，请勿改动）", GREY)
        for name, label, text in SYSTEM_CELLS:
            self._start(18)
            small: dict[str, Any] = {"font_size": 8, "font_color": MUTED, "bg_color": PALE_GREY}
            self._put(FIRST, label, last=FIRST + 1, indent=1, **small)
            self._put(LAST, text, num_format="@", **small)
            cell = xl_rowcol_to_cell(self.row, LAST, row_abs=True, col_abs=True)
            self.book.define_name(name, f"={schema.GUIDE}!{cell}")
            self.row += 1

    def _page(self) -> None:
        ws = self.ws
        ws.set_paper(9)
        ws.fit_to_pages(1, 1)
        ws.print_area(0, 0, self.row - 1, LAST)
        ws.center_horizontally()
        ws.set_margins(left=0.5, right=0.5, top=0.5, bottom=0.6)
        ws.set_footer("&L学困生帮扶工作簿&C第 &P 页，共 &N 页")

    def _heading(self, text: str, colour: str = BLUE) -> None:
        self.ws.set_row_pixels(self.row, 8)
        self.row += 1
        self._line(
            25,
            {FIRST: text},
            self.looks.cell(bold=True, font_size=11, font_color=WHITE, bg_color=colour, indent=1),
        )

    def _line(self, pixels: int, texts: dict[int, str], form: Any) -> None:
        self._start(pixels)
        for column, text in texts.items():
            self.ws.merge_range(self.row, column, self.row, LAST, text, form)
        self.row += 1

    def _start(self, pixels: int) -> None:
        self.ws.set_row_pixels(self.row, pixels)

    def _put(self, column: int, value: str | int, last: int | None = None, **properties: Any) -> None:
        form = self._cell(**properties)
        if last is None or last == column:
            self.ws.write(self.row, column, value, form)
        else:
            self.ws.merge_range(self.row, column, self.row, last, value, form)

    def _cell(self, **properties: Any) -> Any:
        return self.looks.cell(**{"bottom": 1, "bottom_color": LINE, "align": "left", **properties})


def draw_guide(book: Workbook, ws: Worksheet, looks: Looks) -> None:
    """使用说明 into `ws`, with the defined names of the cells that the macros read."""
    GuidePage(book, ws, looks).draw()
