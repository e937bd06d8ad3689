"""What the template computes and shows: live figures, charts, the summary page, and LibreOffice's view of it.

Figures are computed twice: by pyOpenVBA's Excel (the rules of Excel) and by LibreOffice where it is installed.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from pyopenvba.apps.excel import ExcelApplication

from xlbangfu import schema
from xlbangfu.schema import SETTING_ROWS
from xlbangfu.workbook.summary_layout import LAST_COLUMN, MAX_SUBJECTS, SUMMARY_CELLS, TOTAL, summary_cells
from xlbangfu.workbook.template import template_path
from xlbangfu.workbook.template.figures import spread_place

TODAY = datetime(2026, 11, 24)


def serial(day: date) -> float:
    """The number under which Excel stores a date."""
    return float((day - date(1899, 12, 30)).days)


@pytest.fixture(scope="module")
def book():
    return openpyxl.load_workbook(template_path(), keep_vba=True)


@pytest.fixture
def excel():
    """The template in pyOpenVBA's Excel, where formulas compute with Excel's rules."""
    app = ExcelApplication.open(template_path())
    app.freeze_clock(TODAY)
    return app


def fill(app, sheet, rows):
    """Rows (code name → value) into a sheet from its second row on."""
    for r, row in enumerate(rows, start=2):
        for code, value in row.items():
            letter = get_column_letter(sheet.columns.index(sheet.column(code)) + 1)
            value = serial(value) if isinstance(value, date) else value
            app.sheet(sheet.label).set_value(f"{letter}{r}", float(value) if isinstance(value, int) else value)


def cell_below(app, label, text):
    """The value under the cell of 首页 that shows `text`."""
    sheet = app.sheet(label)
    for row in range(1, 40):
        for column in range(1, 30):
            if sheet.value(f"{get_column_letter(column)}{row}") == text:
                return sheet.value(f"{get_column_letter(column)}{row + 1}")
    raise AssertionError(text)


class TestTheLiveFigures:
    """Spec §3 首页: caseload, confirmed, sessions this month, pupils without a session, conversion against target."""

    LONG = "33010220000101001"

    def caseload(self):
        base = {"confirmed": "是", "standing": "仍符合", "subject": "语文"}
        return [
            {**base, "pupil_id": "0301", "name": "测试甲"},
            {**base, "pupil_id": "0301", "name": "测试甲", "subject": "数学"},
            {**base, "pupil_id": "0302", "name": "测试乙"},
            {**base, "pupil_id": self.LONG + "1X", "name": "测试丙"},
            {**base, "pupil_id": self.LONG + "2X", "name": "测试丁"},
            {**base, "pupil_id": "0305", "name": "测试戊", "confirmed": "待定"},
            {**base, "pupil_id": "0306", "name": "测试己", "standing": "不再符合"},
        ]

    def test_rows_confirmed_rows_and_sessions_of_the_month(self, excel):
        fill(excel, schema.CASELOAD, self.caseload())
        days = (date(2026, 11, 1), date(2026, 11, 30), date(2026, 10, 31), date(2026, 12, 1))
        fill(excel, schema.SESSIONS, [{"date": d, "pupil_id": "0301"} for d in days])
        assert tile(excel, "名单（行）") == 6
        assert tile(excel, "已确认（行）") == 5
        assert tile(excel, "本月辅导（次）") == 2

    def test_pupils_without_a_session_are_counted_once_by_id_or_by_name(self, excel):
        fill(excel, schema.CASELOAD, self.caseload())
        assert tile(excel, "14天无辅导(人)") == 4
        fill(
            excel,
            schema.SESSIONS,
            [
                {"date": date(2026, 11, 10), "pupil_id": "0301"},  # 14 days ago: in time
                {"date": date(2026, 11, 9), "pupil_id": "0302"},  # 15 days ago: too long
                {"date": date(2026, 11, 20), "pupil_id": self.LONG + "1X"},  # not the other 18-digit pupil
                {"date": date(2026, 11, 20), "name": "测试己"},  # nobody's who counts
            ],
        )
        assert tile(excel, "14天无辅导(人)") == 2
        fill(excel, schema.SESSIONS, [{"date": date(2026, 11, 23), "pupil_id": None, "name": "测试乙"}])
        assert tile(excel, "14天无辅导(人)") == 2  # the first row changed hands: 乙 in, 甲 out

    def test_the_number_of_days_comes_from_the_settings(self, excel):
        row = [s.code for s in SETTING_ROWS].index("max_gap_days") + 2
        fill(excel, schema.CASELOAD, self.caseload()[:1])
        fill(excel, schema.SESSIONS, [{"date": date(2026, 11, 10), "pupil_id": "0301"}])
        excel.sheet("设置").set_value(f"B{row}", 13.0)
        assert tile(excel, "13天无辅导(人)") == 1

    def test_conversion_of_a_phase_sums_the_subjects_and_counts_targets_met(self, excel):
        rows = [
            {"subject": "语文", "phase": "期中", "reference": "年级", "base": 10, "converted": 4, "target": 0.4,
             "met": "是", "expected": 0.3},
            {"subject": "数学", "phase": "期中", "reference": "年级", "base": 4, "converted": 1, "target": 0.4,
             "met": "否", "expected": 0.5},
            {"subject": "英语", "phase": "期中", "reference": "年级", "base": 0, "converted": 0, "target": 0.4,
             "met": "不适用"},
        ]  # fmt: skip
        fill(excel, schema.CONVERSION_STATS, rows)
        values = phase_values(excel, "期中")
        assert values[:2] == [14, 5]
        assert values[2:5] == pytest.approx([5 / 14, (3 + 2) / 14, 0.4])
        assert values[5] == "1 / 2"
        assert phase_values(excel, "期末") == ["—"] * 6
        assert "人数少，仅供参考" in cell_below(excel, schema.HOME, "期末")

    def test_title_and_class_come_from_the_settings(self, excel):
        assert excel.sheet(schema.HOME).value("B2").startswith("先在“设置”里填写")
        for r, row in enumerate(SETTING_ROWS, start=2):
            if row.code in ("school", "term", "grade", "class_name"):
                texts = {"school": "测试小学", "term": "2026秋", "grade": "三年级", "class_name": "2班"}
                excel.sheet("设置").set_value(f"B{r}", texts[row.code])
        assert excel.sheet(schema.HOME).value("B1") == "测试小学　学困生帮扶工作簿"
        assert excel.sheet(schema.HOME).value("B2").startswith("三年级2班")


def tile(app, label):
    """The number above its label on 首页."""
    sheet = app.sheet(schema.HOME)
    for column in range(1, 30):
        letter = get_column_letter(column)
        if sheet.value(f"{letter}6") == label:
            return sheet.value(f"{letter}5")
    raise AssertionError(label)


def phase_values(app, phase):
    """基数, 已转化, 转化率, 预期, 目标, 达标学科 of one phase on 首页."""
    sheet = app.sheet(schema.HOME)
    for row in (8, 9):
        for column in range(1, 30):
            if sheet.value(f"{get_column_letter(column)}{row}") == phase:
                return [sheet.value(f"{get_column_letter(column + i)}{row}") for i in range(1, 7)]
    raise AssertionError(phase)


class TestChartsForAnyNumberOfSubjects:
    @pytest.mark.parametrize("n", range(MAX_SUBJECTS + 1))
    def test_each_subject_has_one_place_in_order_and_evenly_apart(self, n):
        places = [spread_place(slot, n) for slot in range(1, MAX_SUBJECTS + 1)]
        taken = [slot for slot, k in enumerate(places, start=1) if k]
        assert [k for k in places if k] == list(range(1, n + 1))
        gaps = {b - a for a, b in pairwise(taken)}
        assert len(gaps) <= 2
        assert not gaps or max(gaps) - min(gaps) <= 1

    @pytest.mark.parametrize("n", [0, 1, 3, 7, 12])
    def test_the_sheet_computes_the_same_places(self, excel, n):
        block = SUMMARY_CELLS.block("support")
        names = [f"学科{i}" for i in range(1, n + 1)]
        for i, name in enumerate([*names, TOTAL]):
            excel.sheet(schema.SUMMARY).set_value(f"A{block.first_row + i}", name)
        first = SUMMARY_CELLS.block("conversion").first_row
        column = get_column_letter(LAST_COLUMN + 7)
        shown = [excel.sheet(schema.SUMMARY).value(f"{column}{first + i}") for i in range(MAX_SUBJECTS)]
        wanted = [f"学科{k}" if (k := spread_place(slot, n)) else "" for slot in range(1, MAX_SUBJECTS + 1)]
        assert [s or "" for s in shown] == wanted


class TestTheSummaryPage:
    def test_no_two_figures_share_a_cell(self):
        cells = summary_cells("标题", {}, {}, ())
        single = 1 + len(SUMMARY_CELLS.fields)
        blocks = (*SUMMARY_CELLS.blocks, SUMMARY_CELLS.notes)
        assert len(cells) == single + sum(b.max_rows * len(b.columns) for b in blocks)

    def test_values_land_in_cells_drawn_for_them(self, book):
        ws = book[schema.SUMMARY]
        hidden = {(r, c) for m in ws.merged_cells.ranges for r, c in m.cells if (r, c) != (m.min_row, m.min_col)}
        for row, column in summary_cells("标题", {}, {}, ()):
            assert (row, column) not in hidden
            assert row <= SUMMARY_CELLS.last_row
            assert column <= LAST_COLUMN
        for block in SUMMARY_CELLS.blocks:
            for column in block.columns:
                assert ws.cell(block.header_row, column.col).value == column.label
                assert ws.cell(block.first_row, column.col).number_format == column.number_format

    def test_a_second_run_blanks_what_is_no_longer_there(self):
        block = SUMMARY_CELLS.block("support")
        cells = summary_cells("标题", {}, {"support": [{"subject": "语文", "sessions": 3}]})
        assert cells[(block.first_row, 2)] == 3
        assert cells[(block.first_row + 1, 2)] is None

    def test_more_subjects_than_the_page_has_rows_is_an_error(self):
        with pytest.raises(ValueError, match="13 rows"):
            summary_cells("标题", {}, {"conversion": [{"subject": str(i)} for i in range(13)]})

    def test_it_is_one_portrait_page_with_two_native_charts(self, book):
        ws = book[schema.SUMMARY]
        assert ws.sheet_properties.pageSetUpPr.fitToPage
        assert (ws.page_setup.fitToWidth or 1, ws.page_setup.fitToHeight or 1) == (1, 1)
        assert ws.page_setup.orientation in (None, "portrait", "default")
        assert len(ws._charts) == 2


SOFFICE = shutil.which("soffice")
RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>"""


def convert(folder: Path, kind: str) -> Path:
    """The template converted by LibreOffice under a profile of its own that always recalculates."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    source = shutil.copy(template_path(), folder / "book.xlsm")
    command = [SOFFICE, "--headless", f"-env:UserInstallation={profile.as_uri()}", "--convert-to", kind]
    subprocess.run(
        [*command, "--outdir", str(folder / "out"), str(source)], check=True, timeout=180, capture_output=True
    )
    return folder / "out" / f"book.{kind}"


@pytest.mark.libreoffice
@pytest.mark.skipif(SOFFICE is None, reason="soffice (LibreOffice) is not installed")
class TestInLibreOffice:
    def test_it_opens_and_prints_one_page_per_sheet(self, tmp_path):
        pdf = convert(tmp_path, "pdf").read_bytes()
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == len(schema.TAB_ORDER)

    def test_stored_figures_equal_what_libreoffice_computes(self, tmp_path):
        computed = openpyxl.load_workbook(convert(tmp_path, "xlsx"), data_only=True)
        stored = openpyxl.load_workbook(io.BytesIO(template_path().read_bytes()), data_only=True)
        formulas = openpyxl.load_workbook(template_path())
        compared = 0
        for label in (schema.HOME, schema.SUMMARY):
            for row in formulas[label].iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        compared += 1
                        pair = (stored[label][cell.coordinate].value, computed[label][cell.coordinate].value)
                        assert (pair[0] or "") == (pair[1] or ""), (label, cell.coordinate, cell.value)
        assert compared > 100
