"""首页: the steps of the term with their buttons and links on the left, live figures and a chart on the right."""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from xlbangfu import schema
from xlbangfu.actions.catalogue import Action
from xlbangfu.schema import Writer
from xlbangfu.workbook.template import figures
from xlbangfu.workbook.template.figures import Figure
from xlbangfu.workbook.template.looks import (
    BLUE,
    GREY,
    INK,
    LINE,
    MUTED,
    PALE_BLUE,
    PALE_GREY,
    WHITE,
    WRITER_COLOUR,
    Looks,
)
from xlbangfu.workbook.template.ranges import MAX_SUBJECTS
from xlbangfu.workbook.template.steps import STEPS, Step, more_links, other_actions
from xlbangfu.workbook.template.tables import FIRST_SUBJECTS
from xlbangfu.workbook.template.vba import button_macro

BADGE, TEXT, TEXT_END, BUTTONS = 1, 2, 3, 4  # columns; the link, a gap and the panel follow the buttons
PANEL_COLUMNS, PANEL_PIXELS = 8, 48
BUTTON_PIXELS, LINK_PIXELS, GAP_PIXELS = 96, 88, 10
STEP_ROW = 4  # row of the first step (from 0); each step takes two rows
TITLE_PIXELS, INFO_PIXELS, STATUS_PIXELS, SPACE_PIXELS = 46, 26, 42, 10  # the status may take two lines
TOP_PIXELS, BOTTOM_PIXELS, MORE_PIXELS = 28, 30, 28
READY = "就绪。按左边的步骤做，做到哪一步点哪个按钮；结果会显示在这里。"
_LINK: dict[str, Any] = {"font_color": BLUE, "underline": 1}


class HomePage:
    """Draws 首页; the grid depends only on how many buttons the busiest step has."""

    def __init__(self, book: Workbook, ws: Worksheet, looks: Looks) -> None:
        self.book, self.ws, self.looks = book, ws, looks
        self.button_columns = max(3, *(len(step.actions) for step in STEPS))
        self.link = BUTTONS + self.button_columns
        self.panel = self.link + 2
        self.last = self.panel + PANEL_COLUMNS - 1
        self.more_row = STEP_ROW + 2 * len(STEPS) + 1

    def draw(self) -> None:
        """The whole page."""
        self._grid()
        self._head()
        for number, step in enumerate(STEPS):
            self._step(number, step)
        end = self._more()
        self._figures()
        self._phases()
        self._chart(end)
        self._page(end)

    def _grid(self) -> None:
        ws = self.ws
        ws.hide_gridlines(2)
        ws.set_tab_color(WRITER_COLOUR[Writer.SYSTEM])
        plain = self.looks.cell()
        for first, last, pixels in (
            (0, 0, 10),
            (BADGE, BADGE, 40),
            (TEXT, TEXT_END, 118),
            (BUTTONS, self.link - 1, BUTTON_PIXELS),
            (self.link, self.link, LINK_PIXELS),
            (self.link + 1, self.link + 1, GAP_PIXELS),
            (self.panel, self.last, PANEL_PIXELS),
        ):
            ws.set_column_pixels(first, last, pixels, plain)

    def _head(self) -> None:
        ws, cell = self.ws, self.looks.cell
        for row, pixels in enumerate((TITLE_PIXELS, INFO_PIXELS, STATUS_PIXELS, SPACE_PIXELS)):
            ws.set_row_pixels(row, pixels)
        band = {"bg_color": BLUE, "font_color": WHITE, "align": "left", "indent": 1}
        self._merged(0, BADGE, 0, self.last, figures.title(), cell(**band, font_size=20, bold=True))
        self._merged(1, BADGE, 1, self.last, figures.info(), cell(**band, font_size=11), link=schema.SETTINGS.label)
        grey = {"bg_color": PALE_GREY, "bottom": 1, "bottom_color": LINE}
        ws.write_string(2, BADGE, "状态", cell(**grey, bold=True, align="center", font_color=MUTED))
        ws.merge_range(2, TEXT, 2, self.link, READY, cell(**grey, align="left", text_wrap=True))
        self._blank(2, self.link + 1, self.link + 1, cell(**grey))
        issues = cell(**grey, **_LINK, align="right", indent=1)
        self._merged(2, self.panel, 2, self.last, figures.issues(), issues, link=schema.ISSUES.label)
        status = xl_rowcol_to_cell(2, TEXT, row_abs=True, col_abs=True)
        self.book.define_name(schema.STATUS_CELL, f"={schema.HOME}!{status}")

    def _step(self, number: int, step: Step) -> None:
        ws, cell = self.ws, self.looks.cell
        row = STEP_ROW + 2 * number
        ws.set_row_pixels(row, TOP_PIXELS)
        ws.set_row_pixels(row + 1, BOTTOM_PIXELS)
        badge = cell(
            bold=True,
            font_size=16,
            font_color=WHITE,
            bg_color=BLUE,
            align="center",
            border=1,
            border_color=WHITE,
        )
        ws.merge_range(row, BADGE, row + 1, BADGE, number + 1, badge)
        ws.merge_range(row, TEXT, row, TEXT_END, step.title, cell(bold=True, font_size=12, indent=1, valign="bottom"))
        under = {"bottom": 1, "bottom_color": LINE}
        text = cell(**under, font_size=9, font_color=MUTED, indent=1, valign="top")
        ws.merge_range(row + 1, TEXT, row + 1, TEXT_END, step.text, text)
        self._blank(row + 1, BUTTONS, self.link - 1, cell(**under))
        if step.actions:
            for place, action in enumerate(step.actions):
                self._button(row, BUTTONS + place, action)
        else:
            own = cell(**under, font_size=9, font_color=MUTED, indent=1, valign="top")
            ws.merge_range(row + 1, BUTTONS, row + 1, self.link - 1, "点右边的链接，直接在表里登记。", own)
        self._big_link(row, step.sheet)

    def _button(self, row: int, column: int, action: Action) -> None:
        self.ws.insert_button(
            row, column,
            {
                "macro": button_macro(action.id), "caption": action.label, "description": action.tip,
                "width": BUTTON_PIXELS - 8, "height": TOP_PIXELS + BOTTOM_PIXELS - 14,
                "x_offset": 4, "y_offset": 7,
            },
        )  # fmt: skip

    def _big_link(self, row: int, label: str) -> None:
        frame = {"align": "center", "font_size": 12, "bold": True, **_LINK, "bg_color": PALE_BLUE}
        form = self.looks.cell(**frame, border=1, border_color=WHITE)
        self.ws.merge_range(row, self.link, row + 1, self.link, "", form)
        self._goto(row, self.link, label, form)

    def _more(self) -> int:
        """Links to all other sheets and the buttons of the group 其他; returns the last row used."""
        ws, cell = self.ws, self.looks.cell
        ws.set_row_pixels(self.more_row - 1, SPACE_PIXELS)
        head = cell(bold=True, font_color=WHITE, bg_color=GREY, align="center")
        columns = [c for c in range(TEXT, self.last + 1) if c <= self.link]
        rows = -(-len(more_links()) // len(columns))
        for row in range(self.more_row, self.more_row + rows):
            ws.set_row_pixels(row, MORE_PIXELS)
            self._blank(row, TEXT, self.link, cell(bg_color=PALE_GREY))
        ws.merge_range(self.more_row, BADGE, self.more_row + rows - 1, BADGE, "更多", head)
        form = cell(**_LINK, align="center", bg_color=PALE_GREY)
        for place, label in enumerate(more_links()):
            down, across = divmod(place, len(columns))
            self._goto(self.more_row + down, columns[across], label, form)
        return self._other_buttons(self.more_row + rows)

    def _other_buttons(self, row: int) -> int:
        if not other_actions():
            return row - 1
        self.ws.set_row_pixels(row, TOP_PIXELS)
        self.ws.set_row_pixels(row + 1, BOTTOM_PIXELS)
        text = self.looks.cell(font_size=9, font_color=MUTED, indent=1)
        self.ws.merge_range(row, TEXT, row + 1, TEXT_END, "点错了就撤销；没有反应点诊断。", text)
        for place, action in enumerate(other_actions()):
            self._button(row, BUTTONS + place, action)
        return row + 1

    def _figures(self) -> None:
        """Four tiles: a big number over its name."""
        cell = self.looks.cell
        tiles: tuple[tuple[Figure | str, Figure], ...] = (
            ("名单（行）", figures.listed()),
            ("已确认（行）", figures.confirmed()),
            ("本月辅导（次）", figures.sessions_this_month()),
            (figures.gap_label(), figures.long_without_session()),
        )
        number = cell(font_size=16, bold=True, font_color=BLUE, bg_color=PALE_BLUE, align="center", num_format="0")
        name = cell(font_size=9, font_color=MUTED, bg_color=PALE_BLUE, align="center", valign="top")
        for place, (label, figure) in enumerate(tiles):
            left = self.panel + 2 * place
            self._merged(STEP_ROW, left, STEP_ROW, left + 1, figure, number)
            self._merged(STEP_ROW + 1, left, STEP_ROW + 1, left + 1, label, name)

    def _phases(self) -> None:
        """Conversion against target, one row per phase."""
        ws, cell = self.ws, self.looks.cell
        line = {"bottom": 1, "bottom_color": LINE, "align": "center"}
        head = cell(**line, bold=True, font_size=9, font_color=MUTED)
        top = STEP_ROW + 2
        labels = ("阶段", "基数", "已转化", "转化率", "预期", "目标", "达标学科")
        for place, label in enumerate(labels[:-1]):
            ws.write_string(top, self.panel + place, label, head)
        ws.merge_range(top, self.last - 1, top, self.last, labels[-1], head)
        formats = ("0", "0", "0.0%", "0.0%", "0.0%")
        for down, phase in enumerate(schema.PHASES, start=1):
            row = top + down
            ws.write_string(row, self.panel, phase, cell(**line, bold=True))
            *single, subjects = figures.phase_row(phase)
            for place, (figure, number) in enumerate(zip(single, formats, strict=True), start=1):
                self._formula(row, self.panel + place, figure, cell(**line, num_format=number))
            self._merged(row, self.last - 1, row, self.last, subjects, cell(**line))
        note = cell(font_size=9, font_color=MUTED, text_wrap=True)
        self._merged(top + 3, self.panel, top + 3, self.last, figures.rate_note(), note)

    def _chart(self, end: int) -> None:
        """Caseload per subject as stacked columns; its cells stand in hidden columns right of the panel."""
        top = STEP_ROW + 6
        hint = self.looks.cell(bold=True, bottom=1, bottom_color=LINE)
        self._merged(top, self.panel, top, self.last, figures.chart_hint(), hint)
        first = self.last + 2
        for slot in range(1, MAX_SUBJECTS + 1):
            row = STEP_ROW + slot
            subject = xl_rowcol_to_cell(row, first, col_abs=True)
            shown = figures.spread_subject(slot, figures.first_subjects(), present=FIRST_SUBJECTS)
            self._formula(row, first, shown, self.looks.cell())
            for place, decision in enumerate((schema.YES, schema.PENDING), start=1):
                self._formula(row, first + place, figures.listed_in(subject, decision), self.looks.cell())
        self.ws.set_column(first, first + 2, None, None, {"hidden": True})
        chart = self._caseload_chart(first, STEP_ROW + 1)
        height = sum(self._pixels(row) for row in range(top + 1, end + 1))
        chart.set_size({"width": PANEL_COLUMNS * PANEL_PIXELS, "height": height - 4})
        self.ws.insert_chart(top + 1, self.panel, chart, {"object_position": 2, "x_offset": 0, "y_offset": 4})

    def _caseload_chart(self, column: int, row: int) -> Any:
        chart: Any = self.book.add_chart({"type": "column", "subtype": "stacked"})
        span = (row, row + MAX_SUBJECTS - 1)
        font = {"name": "微软雅黑", "size": 9, "color": MUTED, "bold": False}
        for place, (name, colour, ink) in enumerate((("已确认", BLUE, WHITE), ("待确认", "#E8A33D", INK)), start=1):
            chart.add_series(
                {
                    "name": name,
                    "categories": [schema.HOME, span[0], column, span[1], column],
                    "values": [schema.HOME, span[0], column + place, span[1], column + place],
                    "fill": {"color": colour},
                    "gap": 30,
                    "data_labels": {"value": True, "num_format": "0;;", "font": {**font, "color": ink}},
                }
            )
        chart.set_legend({"position": "bottom", "font": font})
        chart.set_x_axis({"num_font": font, "line": {"color": LINE}, "major_tick_mark": "none", "interval_unit": 1})
        chart.set_y_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
        chart.set_chartarea({"border": {"color": LINE}})
        chart.set_title({"none": True})
        chart.show_hidden_data()
        return chart

    def _pixels(self, row: int) -> int:
        if STEP_ROW <= row < STEP_ROW + 2 * len(STEPS):
            return TOP_PIXELS if (row - STEP_ROW) % 2 == 0 else BOTTOM_PIXELS
        return SPACE_PIXELS if row == self.more_row - 1 else MORE_PIXELS

    def _page(self, end: int) -> None:
        ws = self.ws
        ws.set_paper(9)
        ws.set_landscape()
        ws.fit_to_pages(1, 1)
        ws.print_area(0, 0, end, self.last)
        ws.center_horizontally()
        ws.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        ws.set_footer("&L&D&R内部资料，请妥善保管")
        ws.freeze_panes(STEP_ROW - 1, 0)  # title and status stay in sight
        ws.activate()

    def _formula(self, row: int, column: int, figure: Figure, form: Format) -> None:
        self.ws.write_formula(row, column, figure.formula, form, figure.empty)

    def _merged(
        self,
        row: int,
        first: int,
        last_row: int,
        last: int,
        content: Figure | str,
        form: Format,
        link: str = "",
    ) -> None:
        self.ws.merge_range(row, first, last_row, last, "", form)
        if link:
            self._goto(row, first, link, form)
        if isinstance(content, Figure):
            self._formula(row, first, content, form)
        else:
            self.ws.write_string(row, first, content, form)

    def _goto(self, row: int, column: int, label: str, form: Format) -> None:
        self.ws.write_url(row, column, f"internal:'{label}'!A1", form, label, f"打开“{label}”")

    def _blank(self, row: int, first: int, last: int, form: Format) -> None:
        for column in range(first, last + 1):
            self.ws.write_blank(row, column, None, form)


def draw_home(book: Workbook, ws: Worksheet, looks: Looks) -> None:
    """首页 into `ws`, with the defined name of the status cell."""
    HomePage(book, ws, looks).draw()
