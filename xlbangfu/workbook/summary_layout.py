"""Where every figure of 汇总 stands: one A4 page, as data.

The template draws the page from it and the action 班级汇总 fills it, so the two cannot disagree.
Rows and columns count from 1, as in A1. Standard library only. Source: spec §3 (汇总).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COUNT, SHARE, MEAN, TEXT, DATE = "0", "0.0%", "0.0", "@", "yyyy-mm-dd"
MAX_SUBJECTS = 12
TOTAL = "全班"  # the row of the class as a whole, after the subjects
LAST_COLUMN = 17  # Q
COLUMN_PIXELS = (64, 66) + (42,) * (LAST_COLUMN - 2)


@dataclass(frozen=True)
class SummaryField:
    """One figure that stands alone: its label in (row, label_col), its value in (row, col) to (row, last_col)."""

    code: str
    label: str
    row: int
    label_col: int
    col: int
    last_col: int
    number_format: str = TEXT


@dataclass(frozen=True)
class SummaryColumn:
    """One column of a block. `group`: the heading above it, if any. `span`: merged cells, the value in the first."""

    code: str
    label: str
    col: int
    number_format: str = COUNT
    group: str = ""
    span: int = 1

    @property
    def last_col(self) -> int:
        """The last of the merged columns."""
        return self.col + self.span - 1


@dataclass(frozen=True)
class SummaryBlock:
    """A small table: title, header, then `max_rows` rows from `first_row`."""

    code: str
    title: str
    title_row: int
    header_row: int
    first_row: int
    max_rows: int
    columns: tuple[SummaryColumn, ...]

    @property
    def last_row(self) -> int:
        """The last row that may hold figures."""
        return self.first_row + self.max_rows - 1

    @property
    def first_col(self) -> int:
        """The block's left edge."""
        return self.columns[0].col

    @property
    def last_col(self) -> int:
        """The block's right edge."""
        return self.columns[-1].last_col


@dataclass(frozen=True)
class SummaryLayout:
    """The whole page. `title`: its cell. `notes`: block of merged lines, one text each (code `text`)."""

    title: tuple[int, int]
    fields: tuple[SummaryField, ...]
    blocks: tuple[SummaryBlock, ...]
    chart_row: int
    chart_rows: int
    notes: SummaryBlock

    def block(self, code: str) -> SummaryBlock:
        """The block of that code name. Raises KeyError."""
        for block in (*self.blocks, self.notes):
            if block.code == code:
                return block
        raise KeyError(code)

    @property
    def last_row(self) -> int:
        """The last row of the page."""
        return self.notes.last_row


def _phase(prefix: str, group: str, first: int) -> tuple[SummaryColumn, ...]:
    parts = (
        ("base", "基数", COUNT),
        ("converted", "已转化", COUNT),
        ("rate", "转化率", SHARE),
        ("interval", "区间", TEXT),
        ("expected", "预期", SHARE),
        ("target", "目标", SHARE),
        ("met", "达标", TEXT),
    )
    return tuple(
        SummaryColumn(f"{prefix}_{code}", label, first + i, form, group) for i, (code, label, form) in enumerate(parts)
    )


_CONVERSION = SummaryBlock(
    "conversion",
    "各学科转化",
    title_row=5,
    header_row=7,
    first_row=8,
    max_rows=MAX_SUBJECTS,
    columns=(
        SummaryColumn("subject", "学科", 1, TEXT),
        SummaryColumn("teacher", "任课教师", 2, TEXT),
        SummaryColumn("listed", "名单\n人数", 3),
        *_phase("midterm", "期中", 4),
        *_phase("final", "期末", 11),
    ),
)
_SUPPORT = SummaryBlock(
    "support",
    "帮扶投入",
    title_row=31,
    header_row=32,
    first_row=33,
    max_rows=MAX_SUBJECTS + 1,  # and the row TOTAL
    columns=(
        SummaryColumn("subject", "学科", 1, TEXT),
        SummaryColumn("sessions", "辅导次数", 2),
        SummaryColumn("minutes", "时长\n(分钟)", 3),
        SummaryColumn("per_pupil", "人均\n次数", 4, MEAN),
        SummaryColumn("activities", "活动\n次数", 5),
        SummaryColumn("pairs", "结对数", 6),
        SummaryColumn("plans", "计划数", 7),
    ),
)
_PROGRESS = SummaryBlock(
    "progress",
    "进步（人数）",
    title_row=31,
    header_row=32,
    first_row=33,
    max_rows=MAX_SUBJECTS + 1,
    columns=(
        SummaryColumn("subject", "学科", 10, TEXT, span=3),
        SummaryColumn("reliable_up", "可靠\n进步", 13),
        SummaryColumn("up", "上升", 14),
        SummaryColumn("level", "持平", 15),
        SummaryColumn("down", "下降", 16),
        SummaryColumn("reliable_down", "可靠\n退步", 17),
    ),
)
_NOTES = SummaryBlock("notes", "说明", 47, 47, 48, 5, (SummaryColumn("text", "说明", 1, TEXT, span=LAST_COLUMN),))

SUMMARY_CELLS = SummaryLayout(
    title=(1, 1),
    fields=(
        SummaryField("school", "学校", 2, 1, 2, 5),
        SummaryField("grade", "年级", 2, 6, 7, 8),
        SummaryField("class_name", "班级", 2, 9, 10, 11),
        SummaryField("homeroom_teacher", "班主任", 2, 12, 13, 17),
        SummaryField("term", "学期", 3, 1, 2, 5),
        SummaryField("policy", "制度", 3, 6, 7, 11),
        SummaryField("made_on", "日期", 3, 12, 13, 17, DATE),
    ),
    blocks=(_CONVERSION, _SUPPORT, _PROGRESS),
    chart_row=21,
    chart_rows=9,
    notes=_NOTES,
)


def summary_cells(
    title: str,
    fields: Mapping[str, Any],
    blocks: Mapping[str, Sequence[Mapping[str, Any]]],
    notes: Sequence[str] = (),
) -> dict[tuple[int, int], Any]:
    """Every cell of the page that the program owns: (row, column) → value, None where a cell is to be blank.

    fields: code of a SummaryField → value. blocks: code of a block → one mapping (column code → value) per row.
    Rows that the block has and the class has not are blanked, so a second run leaves no old figure behind.
    Raises ValueError when a block has more rows than the page.

    >>> cells = summary_cells("三年级2班", {"term": "2026秋"}, {"support": [{"subject": "语文", "sessions": 3}]})
    >>> cells[(1, 1)], cells[(33, 2)], cells[(34, 2)]
    ('三年级2班', 3, None)
    """
    cells: dict[tuple[int, int], Any] = {SUMMARY_CELLS.title: title}
    for field in SUMMARY_CELLS.fields:
        cells[(field.row, field.col)] = fields.get(field.code)
    for block in SUMMARY_CELLS.blocks:
        cells.update(_block_cells(block, blocks.get(block.code, ())))
    cells.update(_block_cells(SUMMARY_CELLS.notes, [{"text": text} for text in notes]))
    return cells


def _block_cells(block: SummaryBlock, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[int, int], Any]:
    if len(rows) > block.max_rows:
        raise ValueError(f"{block.title}: {len(rows)} rows, the page has {block.max_rows}")
    blank: Mapping[str, Any] = {}
    padded = [*rows, *[blank] * (block.max_rows - len(rows))]
    return {
        (block.first_row + i, column.col): row.get(column.code)
        for i, row in enumerate(padded)
        for column in block.columns
    }
