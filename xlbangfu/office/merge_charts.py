"""The native charts of the school workbook: conversion with its interval, always beside what chance would do.

Source: spec §4.4 (a rate is never shown bare), §6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range_abs

from xlbangfu.table import Row
from xlbangfu.workbook.template.looks import BLUE, FONT, INK, LINE, MUTED, ORANGE

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


def rate_chart(workbook: Workbook, title: str, block: Block, category: str, rows: Sequence[Row]) -> Any:
    """Columns of 转化率 with their 95 % intervals, 预期自然转化率 as a mark beside each."""
    chart: Any = workbook.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": "转化率（细线为 95% 区间）",
            "categories": block.range(category),
            "values": block.range("rate"),
            "fill": {"color": BLUE},
            "gap": 90,
            "overlap": -5,
            "y_error_bars": {
                "type": "custom",
                "plus_values": [_reach(r, "high") for r in rows],
                "minus_values": [_reach(r, "low") for r in rows],
                "line": {"color": INK, "width": 1},
            },
        }
    )
    chart.add_series(
        {
            "name": "预期自然转化率（没有帮扶也会转化的）",
            "categories": block.range(category),
            "values": block.range("expected"),
            "fill": {"color": "#F3C48F"},
            "border": {"color": ORANGE},
        }
    )
    _dress(chart, title)
    chart.set_x_axis({"num_font": _FONT, "line": {"color": MUTED}, "major_tick_mark": "none"})
    chart.set_y_axis(
        {"num_font": _FONT, "num_format": "0%", "min": 0, "max": 1, "major_gridlines": _GRID, "line": {"none": True}}
    )
    return chart


def _reach(row: Row, bound: str) -> float:
    """Length of the error bar on that side; 0 without a rate."""
    if row.get("rate") is None or row.get(bound) is None:
        return 0.0
    return abs(float(row[bound]) - float(row["rate"]))


def dosage_chart(workbook: Workbook, title: str, block: Block) -> Any:
    """One point per class: sessions per listed pupil against 净转化率."""
    chart: Any = workbook.add_chart({"type": "scatter"})
    chart.add_series(
        {
            "name": "每点一个班",
            "categories": block.range("sessions_each"),
            "values": block.range("net"),
            "marker": {"type": "circle", "size": 7, "fill": {"color": BLUE}, "border": {"color": "#FFFFFF"}},
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
            "num_format": "0",
            "min": 0,
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
