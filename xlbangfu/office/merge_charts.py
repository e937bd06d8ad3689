"""The native charts of the school workbook: conversion with its interval, always beside what chance would do.

Source: spec §4.4 (a rate is never shown bare), §6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range_abs
from xlsxwriter.worksheet import Worksheet

from xlbangfu.office.merge_sheets import Book
from xlbangfu.table import Row
from xlbangfu.workbook.template.looks import BLUE, FONT, INK, LINE, MUTED, ORANGE, WHITE

_FONT = {"name": FONT, "size": 9, "color": INK}
_GRID = {"visible": True, "line": {"color": LINE, "width": 0.5}}


@dataclass(frozen=True)
class Block:
    """Where rows of a table stand that a chart shows: sheet, first and last row, and column by code (from 0)."""

    sheet: str
    first: int
    last: int
    columns: Mapping[str, int]

    def range(self, code: str) -> str:
        """「='总览'!$D$13:$D$15」."""
        column = self.columns[code]
        return f"='{self.sheet}'!{xl_range_abs(self.first, column, self.last, column)}"


def rate_chart(workbook: Workbook, title: str, block: Block, category: str) -> Any:
    """A bar for 预期自然转化率, on it a dot for 转化率 with its 95 % interval: above the bar is more than chance."""
    chart: Any = workbook.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": "预期自然转化率（没有帮扶也会转化的）",
            "categories": block.range(category),
            "values": block.range("expected"),
            "fill": {"color": "#F3D3B0"},
            "border": {"color": ORANGE, "width": 0.75},
            "gap": 120,
        }
    )
    dots: Any = workbook.add_chart({"type": "line"})
    dots.add_series(
        {
            "name": "转化率（竖线为 95% 区间）",
            "categories": block.range(category),
            "values": block.range("rate"),
            "line": {"none": True},
            "marker": {"type": "circle", "size": 9, "fill": {"color": BLUE}, "border": {"color": WHITE}},
            "data_labels": {"value": True, "position": "right", "num_format": "0%", "font": {**_FONT, "color": BLUE}},
            "y_error_bars": {
                "type": "custom",
                "plus_values": block.range("above"),
                "minus_values": block.range("below"),
                "line": {"color": BLUE, "width": 1.5},
            },
        }
    )
    chart.combine(dots)
    _dress(chart, title)
    chart.set_x_axis({"num_font": _FONT, "line": {"color": MUTED}, "major_tick_mark": "none"})
    chart.set_y_axis(
        {
            "num_font": _FONT, "num_format": "0%", "min": 0, "max": 1, "major_unit": 0.2, "major_gridlines": _GRID,
            "line": {"none": True},
        }
    )  # fmt: skip
    return chart


def write_reaches(book: Book, sheet: Worksheet, top: int, column: int, rows: Sequence[Row]) -> None:
    """How far the interval reaches above and below each rate, in two columns from (top, column): charts need cells.

    They stand beside the printed area, in grey, under a heading that says what they are.
    """
    look = book.looks.cell(font_color=MUTED, num_format="0.0%", align="center")
    for i, words in enumerate(("图表用：区间上延", "图表用：区间下延")):
        sheet.write_string(top, column + i, words, book.looks.cell(font_color=MUTED, text_wrap=True, align="center"))
    for i, row in enumerate(rows, 1):
        if row["rate"] is not None:
            sheet.write_number(top + i, column, row["high"] - float(row["rate"]), look)
            sheet.write_number(top + i, column + 1, float(row["rate"]) - row["low"], look)


def dosage_chart(workbook: Workbook, title: str, block: Block) -> Any:
    """One point per class: sessions per listed pupil against 净转化率."""
    chart: Any = workbook.add_chart({"type": "scatter"})
    chart.add_series(
        {
            "name": "每点一个班",
            "categories": block.range("sessions_each"),
            "values": block.range("net"),
            "marker": {"type": "circle", "size": 7, "fill": {"color": BLUE}, "border": {"color": WHITE}},
        }
    )
    _dress(chart, title)
    chart.set_legend({"none": True})
    name = {"size": 9, "name": FONT, "bold": False, "color": MUTED}
    chart.set_x_axis(
        {
            "name": "人均辅导次数",
            "name_font": name,
            "num_font": _FONT,
            "num_format": "0.0",
            "label_position": "low",
            "major_gridlines": _GRID,
        }
    )
    chart.set_y_axis(
        {
            "name": "净转化率（转化率 − 预期）", "name_font": name, "num_font": _FONT, "num_format": "0%",
            "major_gridlines": _GRID, "label_position": "low",
        }
    )  # fmt: skip
    return chart


def _dress(chart: Any, title: str) -> None:
    chart.set_title(
        {"name": title, "name_font": {"name": FONT, "size": 11, "bold": True, "color": INK}, "overlay": False}
    )
    chart.set_legend({"position": "bottom", "font": _FONT})
    chart.set_chartarea({"border": {"color": LINE}})
    chart.show_blanks_as("gap")
