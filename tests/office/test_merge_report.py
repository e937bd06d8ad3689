"""The school workbook as a file: native charts, print-ready, plain text, the same bytes, and it opens (spec §6, §8)."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from office.merge_samples import Classroom, merged, random_school
from xlbangfu.issues import error
from xlbangfu.office import merge_sheets, report
from xlbangfu.office.merge_columns import SCHOOL_COLUMNS, SHEETS
from xlbangfu.office.merge_detail import detail_files
from xlbangfu.office.merge_sources import issue_row
from xlbangfu.table import Row

TODAY = date(2027, 1, 22)
OUT = Path("学校汇总.xlsx")


def school_of(seed=33):
    return merged(random_school(seed))


@pytest.fixture(scope="module")
def data() -> bytes:
    return report.workbook_bytes(school_of(), OUT, TODAY)


@pytest.fixture(scope="module")
def book(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def parts_of_file(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {n: archive.read(n).decode("utf-8") for n in archive.namelist()}


def body(sheet):
    """Rows under the header, as {header: value}."""
    rows = list(sheet.iter_rows(values_only=True))
    top = next(i for i, row in enumerate(rows) if sum(isinstance(v, str) for v in row) > 3)
    return [dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :]]


class TestTheWorkbook:
    def test_has_every_sheet_with_just_the_columns_of_the_allow_list(self, book):
        assert tuple(book.sheetnames) == SHEETS
        for name, columns in SCHOOL_COLUMNS.items():
            if name == "落实":  # no class has filled it: one sentence
                assert "没有可以汇总的内容" in book[name]["A2"].value
                continue
            headers = [merge_sheets.header_text(c) for c in columns]
            assert any(list(row[: len(headers)]) == headers for row in book[name].iter_rows(values_only=True)), name

    def test_shows_the_figures_of_the_tables(self, book):
        for name in ("年级", "班级", "学科"):
            rows = school_of().tables[name]
            shown = body(book[name])
            assert len(shown) == len(rows)
            for one, row in zip(shown, rows, strict=True):
                assert one["基数"] == row["base"]
                assert one["学科"] == (row["subject"] or "全部")
                if row["rate"] is not None:
                    assert one["转化率"] == pytest.approx(float(row["rate"]))

    def test_a_rate_without_a_base_is_not_applicable_and_never_zero(self, book):
        for name in ("年级", "班级", "学科", "教师"):
            for row in body(book[name]):
                if row["基数"] == 0:
                    assert row["转化率"] in (None, "不适用")

    def test_has_no_formula_no_macro_no_hidden_sheet_and_no_clock(self, data, book):
        files = parts_of_file(data)
        assert not any("vba" in n.lower() for n in files)
        assert all(s.sheet_state == "visible" for s in book)
        assert not any(re.search(r"<f[ >]", text) for n, text in files.items() if "worksheets/sheet" in n)
        assert book.properties.created.date() == book.properties.modified.date() == TODAY
        assert report.workbook_bytes(school_of(), OUT, TODAY) == data

    def test_is_ready_for_print_on_a4_landscape_with_repeated_headers(self, book):
        for sheet in book:
            assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9), sheet.title
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            if sheet.title not in ("总览", "落实"):
                assert sheet.print_title_rows, sheet.title

    def test_has_native_charts_whose_ranges_hold_numbers(self, data, book):
        charts = [text for name, text in parts_of_file(data).items() if name.startswith("xl/charts/chart")]
        assert len(charts) == 4
        for text in charts:
            ranges = re.findall(r"<c:f>'(.+?)'!(.+?)</c:f>", text)
            assert ranges
            for sheet, area in ranges:
                first, _, last = area.replace("$", "").partition(":")
                values = [c.value for row in book[sheet][f"{first}:{last or first}"] for c in row]
                assert any(v is not None for v in values), (sheet, area)

    def test_expectation_stands_beside_conversion_in_every_rate_chart(self, data):
        charts = [t for n, t in parts_of_file(data).items() if n.startswith("xl/charts/chart") and "barChart" in t]
        assert len(charts) == 3
        assert all("预期自然转化率" in t and "errBars" in t for t in charts)


class TestTextFromElsewhere:
    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "{=1}", "http://example.invalid/", "007"])
    def test_stays_text(self, text):
        room = Classroom("三年级", text, teachers={"语文": text, "数学": text})
        room.add_pupils(3)
        made = openpyxl.load_workbook(io.BytesIO(report.workbook_bytes(merged([room]), OUT, TODAY)))
        cells = [c for row in made["班级"].iter_rows() for c in row if c.value == text]
        assert cells
        assert all(c.data_type in ("s", "inlineStr") and c.hyperlink is None for c in cells)

    def test_that_is_too_long_for_a_cell_is_cut(self):
        assert len(merge_sheets.text_of("长" * 40_000)) < 32_767

    def test_control_characters_do_not_break_the_file(self):
        school = school_of()
        school.issues.append(error("名册", "x.y", "坏\x01字\x0b符￾"))
        school.tables["数据问题"] = [issue_row(i) for i in school.issues]
        found = openpyxl.load_workbook(io.BytesIO(report.workbook_bytes(school, OUT, TODAY)))
        assert found["数据问题"].max_row > 3


class TestMoreRowsThanASheetHolds:
    def test_are_in_the_parquet_file_and_the_sheet_says_so(self, monkeypatch):
        school = school_of()
        rows = len(school.tables["学困生总册"])
        monkeypatch.setattr(merge_sheets, "EXCEL_ROWS", rows)
        made = openpyxl.load_workbook(io.BytesIO(report.workbook_bytes(school, OUT, TODAY)))
        (said,) = [r["年级"] for r in body(made["学困生总册"])]
        assert said == f"共 {rows} 行，超过 Excel 一张表的上限，全部在“学校汇总_明细/学困生总册.parquet”里。"
        assert "学困生总册.parquet" in detail_files(school)

    def test_every_sheet_names_a_file_that_is_written(self):
        files = detail_files(school_of())
        assert {report.parquet_of(name) for name in SHEETS[1:]} <= set(files)


def test_rows_are_as_high_as_their_text():
    columns = SCHOOL_COLUMNS["数据问题"]
    short = merge_sheets.row_pixels(columns, Row({"message": "短"}))
    long = merge_sheets.row_pixels(columns, Row({"message": "长" * 100}))
    assert (short, long > 2 * short) == (24, True)


@pytest.mark.libreoffice
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it_and_prints_every_sheet(data, tmp_path):
    path = tmp_path / "学校汇总.xlsx"
    path.write_bytes(data)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    pdf = (tmp_path / "学校汇总.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) >= len(SHEETS)
