"""Rows that the program writes are tall enough to show their text (LibreOffice does not fit them on opening)."""

from __future__ import annotations

import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classbooks import fill, make_class
from xlbangfu import schema
from xlbangfu.workbook.package import Package
from xlbangfu.workbook.rowheights import LINE_POINTS, MOST_LINES, lines_needed, row_points


class TestLines:
    @pytest.mark.parametrize(
        ("text", "width", "lines"),
        [
            ("", 20, 1),
            ("短", 20, 1),
            ("一二三四五六七八九十" * 2, 20, 2),
            ("第一行\n第二行", 40, 2),
            ("a" * 100, 26, 4),
        ],
    )
    def test_long_text_takes_more_lines(self, text, width, lines):
        assert lines_needed(text, width) == lines

    @given(st.text(max_size=300), st.floats(5, 80))
    def test_a_narrower_column_never_needs_fewer(self, text, width):
        assert lines_needed(text, width) >= lines_needed(text, width + 10) >= 1


class TestRows:
    def test_one_line_asks_for_nothing(self):
        assert row_points(schema.PLANS, {"measure": "一对一补缺", "goal": "期末高于识别线 61 分"}) is None

    def test_the_longest_text_decides_and_there_is_a_bound(self):
        assert row_points(schema.PLANS, {"measure": "字" * 40, "goal": "字"}) == 2 * LINE_POINTS
        assert row_points(schema.WRITTEN, {"text": "字" * 5_000}) == MOST_LINES * LINE_POINTS

    def test_short_columns_never_make_a_row_taller(self):
        assert row_points(schema.ROSTER, {"name": "字" * 100}) is None


def test_a_height_is_suggested_for_new_rows_and_never_fixed(tmp_path):
    path = make_class(tmp_path, n=2)
    seen = [{"name": "测试01", "source": "教师", "text": text} for text in ("短", "短", "很长的描述" * 20)]
    fill(path, {schema.OBSERVATIONS: seen})
    with zipfile.ZipFile(path) as package:
        part = package.read(Package.open(path).sheet(schema.OBSERVATIONS.label).part).decode()
    rows = {int(n): tag for tag, n in re.findall(r'(<row r="(\d+)"[^>]*>)', part)}
    assert " ht=" not in rows[3]
    assert float(re.search(r' ht="([\d.]+)"', rows[4])[1]) > LINE_POINTS
    assert "customHeight" not in rows[4]
