"""The workbook template: what it is built from, what a teacher finds in it, and what its live figures say."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from pyopenvba import ExcelFile, check_file
from pyopenvba.apps.excel import ExcelApplication

from xlbangfu import schema
from xlbangfu.actions.catalogue import ACTIONS, OFFICE, action
from xlbangfu.schema import SETTING_ROWS, SETTINGS, TABLES, Kind, Writer
from xlbangfu.workbook.summary_layout import LAST_COLUMN, MAX_SUBJECTS, SUMMARY_CELLS, TOTAL, summary_cells
from xlbangfu.workbook.template import build_template, macro_source, sources, template_path, verify_template
from xlbangfu.workbook.template.figures import spread_place
from xlbangfu.workbook.template.highlights import HIGHLIGHTS
from xlbangfu.workbook.template.looks import WRITER_COLOUR
from xlbangfu.workbook.template.ranges import LAST_ROW
from xlbangfu.workbook.template.steps import BIG_LINKS, STEPS, more_links
from xlbangfu.workbook.template.tables import FIRST_SUBJECTS, number_format, sheet_columns
from xlbangfu.workbook.template.vba import button_macro

TODAY = datetime(2026, 11, 24)
BY_SHEET = pytest.mark.parametrize("sheet", TABLES, ids=lambda s: s.label)


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


def changed_copy(path, part, change, drop=()):
    """The template at `path` with one part changed, written part by part."""
    with zipfile.ZipFile(template_path()) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if name in drop:
                continue
            data = source.read(name)
            target.writestr(name, change(data) if name == part else data)
    return path


class TestTheBuild:
    def test_it_gives_the_same_bytes_every_time(self):
        assert build_template() == build_template()

    def test_the_committed_file_equals_its_sources(self):
        assert verify_template() == []

    def test_it_stays_small_enough_to_hand_out_by_the_dozen(self):
        assert template_path().stat().st_size < 200_000

    def test_the_package_is_sound(self):
        assert check_file(template_path()).ok
        with ExcelFile(template_path()) as host:
            assert host.validate() == []

    def test_it_calls_itself_a_macro_workbook(self):
        with zipfile.ZipFile(template_path()) as package:
            assert b"ms-excel.sheet.macroEnabled.main+xml" in package.read("[Content_Types].xml")

    def test_it_carries_no_name_of_a_person_and_no_hidden_sheet(self, book):
        assert book.properties.creator == "xlbangfu"
        assert {ws.sheet_state for ws in book} == {"visible"}

    def test_a_packaged_copy_is_found_before_the_checkout(self, monkeypatch, tmp_path):
        (tmp_path / sources.TEMPLATE_NAME).write_bytes(b"packaged")
        monkeypatch.setattr(sources, "PACKAGED", tmp_path)
        assert template_path().read_bytes() == b"packaged"
        assert "RunAction" in macro_source(sources.MODULE)


class TestVerify:
    def test_it_names_the_sheet_whose_part_differs(self, tmp_path):
        part = f"xl/worksheets/sheet{schema.TAB_ORDER.index('学困生') + 1}.xml"
        copy = changed_copy(tmp_path / "changed.xlsm", part, lambda data: data.replace(b"landscape", b"portrait"))
        assert [(part in s, "学困生" in s) for s in verify_template(copy)] == [(True, True)]

    def test_it_names_a_changed_macro_a_missing_and_an_extra_part(self, tmp_path):
        copy = changed_copy(
            tmp_path / "changed.xlsm", "xl/vbaProject.bin", lambda data: data + b"x", drop=("customUI/customUI.xml",)
        )
        with zipfile.ZipFile(copy, "a") as package:
            package.writestr("xl/stray.xml", "<x/>")
        found = verify_template(copy)
        assert len(found) == 3
        assert "缺少" in found[0] and "功能区" in found[0]
        assert "多出" in found[1] and "stray" in found[1]
        assert "不一致" in found[2] and "宏" in found[2]

    def test_a_repacked_copy_with_the_same_parts_is_the_same_template(self, tmp_path):
        assert verify_template(changed_copy(tmp_path / "same.xlsm", "", lambda data: data)) == []

    def test_a_missing_or_broken_file_is_a_sentence_not_an_exception(self, tmp_path):
        assert "没有找到" in verify_template(tmp_path / "none.xlsm")[0]
        broken = tmp_path / "broken.xlsm"
        broken.write_bytes(b"PK but not a zip")
        assert "不是完整的" in verify_template(broken)[0]

    def test_stale_macros_are_named(self, monkeypatch):
        stale = macro_source(sources.RIBBON).replace("识别学困生", "认学困生")
        monkeypatch.setattr("xlbangfu.workbook.template.verify.macro_source", lambda name: stale)
        assert any("customUI.xml" in s and "按钮清单" in s for s in verify_template())


class TestTheSheets:
    def test_tabs_stand_in_the_order_of_the_term(self, book):
        assert tuple(book.sheetnames) == schema.TAB_ORDER

    @BY_SHEET
    def test_the_tab_colour_says_who_writes(self, book, sheet):
        assert book[sheet.label].sheet_properties.tabColor.rgb[2:] == WRITER_COLOUR[sheet.writer][1:]

    @BY_SHEET
    def test_it_holds_one_real_table_from_a1_with_the_schemas_headers(self, book, sheet):
        ws = book[sheet.label]
        (table,) = ws.tables.values()
        labels = [c.label for c in sheet.columns] + (list(FIRST_SUBJECTS) if sheet.by_subject else [])
        assert table.displayName == sheet.table
        assert [c.name for c in table.tableColumns] == labels
        assert [ws.cell(1, i).value for i in range(1, len(labels) + 1)] == labels
        rows = {SETTINGS: len(SETTING_ROWS), schema.TEACHING: len(FIRST_SUBJECTS)}.get(sheet, 1)
        assert table.ref == f"A1:{get_column_letter(len(labels))}{rows + 1}"

    @BY_SHEET
    def test_each_header_shows_by_colour_who_fills_the_column(self, book, sheet):
        for place, column in enumerate(sheet_columns(sheet), start=1):
            fill_colour = book[sheet.label].cell(1, place).fill.fgColor.rgb
            assert fill_colour[2:] == WRITER_COLOUR[column.writer][1:], column.label

    @BY_SHEET
    def test_every_column_is_formatted_as_a_whole_so_a_new_row_needs_nothing(self, book, sheet):
        ws = book[sheet.label]
        for place, column in enumerate(sheet_columns(sheet), start=1):
            (whole,) = (d for d in ws.column_dimensions.values() if d.min <= place <= d.max)
            assert whole.number_format == number_format(column), column.label
            assert whole.width >= column.width
            if sheet is not SETTINGS:
                assert ws.cell(2, place).number_format == number_format(column), column.label

    def test_ids_are_text_dates_are_dates_shares_are_per_cent(self, book):
        formats = {
            (s.label, c.label): number_format(c) for s in TABLES for c in s.columns if c.kind is not Kind.TEXT
        }
        assert formats["名册", "学号"] == formats["名册", "不宜结对"] == "@"
        assert formats["辅导记录", "日期"] == "yyyy-mm-dd"
        assert formats["转化统计", "转化率"] == "0.0%"
        assert formats["学困生", "标准分"] == "0.00"
        assert formats["学困生", "基线成绩"] == "General"

    @BY_SHEET
    def test_the_header_stays_in_sight_and_the_page_fits_a4(self, book, sheet):
        ws = book[sheet.label]
        assert ws.freeze_panes.endswith("2")
        if sheet.has("name"):
            assert ws.freeze_panes == get_column_letter(sheet.columns.index(sheet.column("name")) + 2) + "2"
        assert ws.sheet_properties.pageSetUpPr.fitToPage
        assert (ws.page_setup.paperSize, ws.page_setup.fitToWidth or 1, ws.page_setup.fitToHeight) == (9, 1, 0)
        assert (ws.page_setup.orientation == "landscape") is sheet.landscape
        assert ws.print_title_rows == "$1:$1"
        assert "&P" in ws.oddFooter.center.text and ws.oddHeader.left.text == "&A"

    def test_rows_may_grow_with_wrapped_text(self, book):
        for sheet in TABLES:
            assert not book[sheet.label].sheet_format.customHeight

    def test_a_new_workbook_starts_with_three_subjects_and_the_default_settings(self, book):
        teaching, settings = book["任课"], book["设置"]
        assert [teaching.cell(r, 1).value for r in range(2, 5)] == list(FIRST_SUBJECTS)
        assert {teaching.cell(r, 4).value for r in range(2, 5)} == {"分数"}
        for r, row in enumerate(SETTING_ROWS, start=2):
            assert settings.cell(r, 1).value == row.label
            assert (settings.cell(r, 2).value or "") == (1 if row.code == "schema_version" else row.default)
            assert (settings.cell(r, 3).value or "") == row.note


def validations(ws):
    """Every validation of a sheet by the cells it covers."""
    return {str(v.sqref): v for v in ws.data_validations.dataValidation}


class TestDropdownsAndMessages:
    @BY_SHEET
    def test_every_column_checks_what_the_schema_declares(self, book, sheet):
        if sheet is SETTINGS:
            return
        rules = validations(book[sheet.label])
        for place, column in enumerate(sheet.columns, start=1):
            letter = get_column_letter(place)
            rule = rules.get(f"{letter}2:{letter}{LAST_ROW}")
            if column.kind is Kind.CHOICE:
                assert rule.formula1.strip('"').split(",") == list(column.choices)
                assert rule.errorStyle in (None, "stop")
            if column.kind is Kind.DATE:
                assert rule.type == "date" and "2026-09-01" in rule.error
            if column.kind in (Kind.INTEGER, Kind.NUMBER, Kind.SHARE):
                assert rule.type == ("whole" if column.kind is Kind.INTEGER else "decimal")
                low = 0 if column.kind is Kind.SHARE else column.low
                high = 1 if column.kind is Kind.SHARE else column.high
                assert low is None or float(rule.formula1) == low
                assert high is None or float(rule.formula2) == high
            if column.kind is Kind.CHOICES:
                assert rule.type is None, "several choices in one cell: a list would refuse them"
                assert "、".join(column.choices) in rule.prompt or column.program_owned

    @BY_SHEET
    def test_hints_and_units_are_input_messages(self, book, sheet):
        if sheet is SETTINGS or sheet.writer is Writer.OFFICE:
            return
        rules = validations(book[sheet.label])
        for place, column in enumerate(sheet.columns, start=1):
            rule = rules.get(f"{get_column_letter(place)}2:{get_column_letter(place)}{LAST_ROW}")
            if column.program_owned:
                assert "请勿改动" in rule.prompt
                continue
            assert column.hint in (rule.prompt or "" if rule else "")
            assert column.unit in (rule.prompt or "" if rule else "")

    def test_messages_and_lists_keep_excels_limits(self, book):
        for ws in book:
            for rule in ws.data_validations.dataValidation:
                assert len(rule.prompt or "") <= 255 and len(rule.error or "") <= 255
                assert len(rule.promptTitle or "") <= 32 and len(rule.formula1 or "") <= 255

    def test_names_come_from_the_roster_and_others_only_warn(self, book):
        for sheet in TABLES:
            for column in sheet.columns:
                if column.code not in ("name", "tutee", "tutor") or sheet is schema.ROSTER:
                    continue
                letter = get_column_letter(sheet.columns.index(column) + 1)
                rule = validations(book[sheet.label])[f"{letter}2:{letter}{LAST_ROW}"]
                assert (rule.formula1, rule.errorStyle) == ("XB_ROSTER_NAMES", "warning")

    def test_each_setting_has_its_own_rule(self, book):
        rules = validations(book["设置"])
        for r, row in enumerate(SETTING_ROWS, start=2):
            rule = rules.get(f"B{r}")
            kinds = {Kind.DATE: "date", Kind.SHARE: "decimal", Kind.INTEGER: "whole", Kind.CHOICE: "list"}
            if row.kind in kinds:
                assert rule.type == kinds[row.kind], row.label
            if row.choices:
                assert rule.formula1.strip('"').split(",") == list(row.choices)
            if row.note:
                assert rule.prompt == row.note

    def test_scores_say_how_to_enter_an_absence_and_refuse_nothing(self, book):
        rule = validations(book["成绩"])[f"D2:D{LAST_ROW}"]
        assert rule.type is None and "缺考" in rule.prompt


class TestHighlights:
    def test_each_names_an_existing_sheet_and_column(self):
        sheets = {s.code: s for s in TABLES}
        for item in HIGHLIGHTS:
            assert item.column == "" or sheets[item.sheet].has(item.column)

    def test_no_rule_paints_an_empty_row(self, book, excel):
        for sheet in TABLES:
            if sheet in (SETTINGS, schema.TEACHING):
                continue
            probe = excel.sheet(sheet.label)
            for formula in formulas_of(book[sheet.label]):
                probe.set_value("ZZ2", f"={formula}")
                assert probe.value("ZZ2") is False, (sheet.label, formula)

    @pytest.mark.parametrize(
        ("label", "cells", "signal"),
        [
            ("学困生", {"A2": "0301", "J2": "待定"}, '="待定"'),
            ("学困生", {"A2": "0301", "M2": "不再符合"}, '="不再符合"'),
            ("数据问题", {"A2": "错误"}, '="错误"'),
            ("名册", {"A2": "0301", "A3": "0301"}, "SUMPRODUCT"),
            ("转化统计", {"E2": 4.0}, "<5"),
            ("成绩", {"D2": 101.0}, "XB_FULL_POINTS"),
            ("成绩", {"D2": "缺考"}, '="缺考"'),
        ],
    )
    def test_a_rule_holds_when_it_should(self, book, excel, label, cells, signal):
        excel.sheet("任课").set_value("C2", 100.0)
        probe = excel.sheet(label)
        for reference, value in cells.items():
            probe.set_value(reference, value)
        (formula, *_) = (f for f in formulas_of(book[label]) if signal in f)
        probe.set_value("ZZ2", f"={formula}")
        assert probe.value("ZZ2") is True


def formulas_of(ws):
    """The formulas of a sheet's conditional formats, as they stand for row 2."""
    return [f for area in ws.conditional_formatting for rule in area.rules for f in rule.formula]


class TestTheHomePage:
    def test_every_action_of_a_class_that_this_version_has_is_a_button(self):
        with zipfile.ZipFile(template_path()) as package:
            drawing = package.read("xl/drawings/vmlDrawing1.vml").decode()
        macros = re.findall(r"<x:FmlaMacro>\[0\]!(\w+)</x:FmlaMacro>", drawing)
        captions = re.findall(r"<font [^>]*>([^<]+)</font>", drawing)
        wanted = {a.id: a.label for a in ACTIONS if a.available and a.group != OFFICE and a.id != "guide"}
        assert dict(zip(macros, captions, strict=True)) == {button_macro(i): label for i, label in wanted.items()}

    def test_every_step_names_known_actions_and_links_to_its_sheet(self, book):
        for step in STEPS:
            assert all(action(i).label for i in step.action_ids)
            assert step.sheet in schema.TAB_ORDER
        assert BIG_LINKS == ("名册", "成绩", "学困生", "帮扶计划", "结对", "辅导记录", "转化", "汇总")

    def test_every_other_sheet_stands_under_more(self, book):
        links = {link.location.split("!")[0].strip("'") for link in book[schema.HOME]._hyperlinks}
        assert links == set(schema.TAB_ORDER) - {schema.HOME}
        assert set(more_links()) | set(BIG_LINKS) == links

    def test_the_named_cells_of_the_macros_exist(self, book):
        for name, text in (("XB_RUNPYTHON", "xlwings.xlam!RunPython"), ("XB_PYTHON", "xlbangfu")):
            assert named_cell(book, name).value == text
        assert "就绪" in named_cell(book, "XB_STATUS").value

    def test_every_sentence_a_macro_can_say_is_a_named_chinese_cell(self, book):
        for name in set(re.findall(r"XB_SAY_\w+", macro_source(sources.MODULE))):
            assert re.search(r"[\u4e00-\u9fff]", named_cell(book, name).value)

    def test_the_manual_lists_every_button_with_its_tip(self, book):
        texts = {str(c.value) for row in book[schema.GUIDE].iter_rows() for c in row if c.value}
        for a in ACTIONS:
            assert a.label in texts
            assert any(t.startswith(a.tip) and (a.available or "暂未提供" in t) for t in texts)


def named_cell(book, name):
    ((label, reference),) = book.defined_names[name].destinations
    return book[label][reference.replace("$", "")]


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
        assert len(gaps) <= 2 and (not gaps or max(gaps) - min(gaps) <= 1)

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
            assert row <= SUMMARY_CELLS.last_row and column <= LAST_COLUMN
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
    subprocess.run([*command, "--outdir", str(folder / "out"), str(source)], check=True, timeout=180, capture_output=True)
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
