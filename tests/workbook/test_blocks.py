"""Scattered cells as rectangles: every cell once, no other cell changed (hypothesis); text that stays text."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.workbook.blocks import blocks, guarded, is_safe, may_reformat
from xlbangfu.workbook.contents import bounding

ROWS, COLUMNS = 8, 6
VALUES = st.sampled_from([None, "甲", "001", 3.0, "=1+1", True, "a b", date(2026, 9, 1)])
PLACES = st.tuples(st.integers(1, ROWS), st.integers(1, COLUMNS))


@st.composite
def sheets(draw):
    """Standing values, which of them are formulas, and cells to change."""
    standing = [[draw(VALUES) for _ in range(COLUMNS)] for _ in range(ROWS)]
    formulas = draw(st.sets(PLACES))
    cells = draw(st.dictionaries(PLACES, st.sampled_from(["新", None, 1.5, "002"]), min_size=1))
    return standing, formulas, cells


def cut(standing, formulas, area):
    top, left, bottom, right = area
    rows = range(top, bottom + 1)
    held = [[standing[r - 1][c - 1] for c in range(left, right + 1)] for r in rows]
    typed = [
        ["=A1*2" if (r, c) in formulas else str(standing[r - 1][c - 1] or "") for c in range(left, right + 1)]
        for r in rows
    ]
    return held, typed


@given(sheets())
def test_every_cell_is_in_one_block_and_what_a_block_covers_else_is_safe_to_write_back(sheet):
    standing, formulas, cells = sheet
    area = bounding(cells)
    held, typed = cut(standing, formulas, area)
    seen = {}
    for block in blocks(cells, held, typed, area):
        for r, row in enumerate(block.rows):
            for c, value in enumerate(row):
                place = block.row + r, block.column + c
                assert place not in seen
                seen[place] = value
    assert set(cells) <= set(seen)
    for place, value in seen.items():
        if place in cells:
            assert value == cells[place]
        else:
            was = standing[place[0] - 1][place[1] - 1]
            assert value == was
            assert place not in formulas
            assert was is None or guarded(was) == was


def test_a_new_table_is_one_block():
    cells = {(r, c): "甲" for r in range(2, 60) for c in range(1, 16)}
    area = bounding(cells)
    blank = [[None] * 15 for _ in range(58)]
    assert len(blocks(cells, blank, blank, area)) == 1


def test_blank_cells_between_are_written_along():
    cells = {(2, 1): "甲", (2, 3): "乙", (3, 2): "丙"}
    held = [["甲", None, "乙"], [None, "丙", None]]
    assert len(blocks(cells, held, [["", "", ""], ["", "", ""]], (2, 1, 3, 3))) == 1


def test_a_number_or_a_formula_between_is_left_alone():
    cells = {(2, 1): "甲", (2, 3): "乙"}
    for between, formula in ((5.0, "5"), ("x", "=A1")):
        found = blocks(cells, [["旧", between, "旧"]], [["旧", formula, "旧"]], (2, 1, 2, 3))
        assert [(b.row, b.column, b.rows) for b in found] == [(2, 1, [["甲"]]), (2, 3, [["乙"]])]


class TestGuardedText:
    def test_what_excel_would_parse_is_marked(self):
        for text in (
            "001", "3-2", "1/2", "2026-09-01", "9月1日", "50%", "1e5", "=1+1", "+86 138", "-", "@a", "'x", "TRUE",
            "true", "12:30", "￥50", "Mar 3", "3-Mar", "１２", "#N/A", "(5)", "一月一日", "1,000", " 5",
        ):  # fmt: skip
            assert guarded(text) == f"'{text}", text

    def test_plain_words_are_not(self):
        for text in (
            "张三",
            "语文",
            "后20%：58 ≤ 识别线 61（年级 312 人）",
            "是",
            "待定",
            "三年级2班",
            "A-甲",
            "期中",
            "may be",
        ):
            assert guarded(text) == text, text
        assert guarded("") == ""


def test_dates_and_marked_text_may_change_a_number_format():
    assert may_reformat(date(2026, 9, 1)) and may_reformat("001")
    assert not may_reformat("甲") and not may_reformat(3) and not may_reformat(None)


def test_safe_means_plain_text_or_nothing():
    assert is_safe(None, "") and is_safe("甲", "甲")
    assert not is_safe("001", "001") and not is_safe(3.0, "3") and not is_safe("甲", "=A1")
