"""The workbook template: what it is built from, and what a teacher finds in it."""

from __future__ import annotations

import re
import zipfile

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from pyopenvba import ExcelFile, check_file
from pyopenvba.apps.excel import ExcelApplication

from xlbangfu import schema
from xlbangfu.actions.catalogue import ACTIONS, OFFICE, action
from xlbangfu.schema import SETTING_ROWS, SETTINGS, TABLES, Kind, Writer
from xlbangfu.workbook.template import build_template, macro_source, sources, template_path, verify_template
from xlbangfu.workbook.template.highlights import HIGHLIGHTS
from xlbangfu.workbook.template.looks import WRITER_COLOUR
from xlbangfu.workbook.template.ranges import LAST_ROW
from xlbangfu.workbook.template.steps import BIG_LINKS, STEPS, more_links
from xlbangfu.workbook.template.tables import FIRST_SUBJECTS, number_format, sheet_columns
from xlbangfu.workbook.template.vba import button_macro

BY_SHEET = pytest.mark.parametrize("sheet", TABLES, ids=lambda s: s.label)


@pytest.fixture(scope="module")
def book():
    return openpyxl.load_workbook(template_path(), keep_vba=True)


@pytest.fixture
def excel():
    """The template in pyOpenVBA's Excel, where formulas compute with Excel's rules."""
    return ExcelApplication.open(template_path())


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
        assert "缺少" in found[0]
        assert "功能区" in found[0]
        assert "多出" in found[1]
        assert "stray" in found[1]
        assert "不一致" in found[2]
        assert "宏" in found[2]

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
        formats = {(s.label, c.label): number_format(c) for s in TABLES for c in s.columns if c.kind is not Kind.TEXT}
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
            named = sheet.columns.index(sheet.column("name")) + 1
            subject = sheet.has("subject") and sheet.columns[named : named + 1] == (sheet.column("subject"),)
            assert ws.freeze_panes == get_column_letter(named + 1 + subject) + "2"
        assert ws.sheet_properties.pageSetUpPr.fitToPage
        assert (ws.page_setup.paperSize, ws.page_setup.fitToWidth or 1, ws.page_setup.fitToHeight) == (9, 1, 0)
        assert (ws.page_setup.orientation == "landscape") is sheet.landscape
        assert ws.print_title_rows == "$1:$1"
        assert "&P" in ws.oddFooter.center.text
        assert ws.oddHeader.left.text == "&A"

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
                assert rule.type == "date"
                assert "2026-09-01" in rule.error
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
                assert len(rule.prompt or "") <= 255
                assert len(rule.error or "") <= 255
                assert len(rule.promptTitle or "") <= 32
                assert len(rule.formula1 or "") <= 255

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
        assert rule.type is None
        assert "缺考" in rule.prompt


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
        cells = (c for row in book[schema.HOME].iter_rows() for c in row if c.hyperlink)
        links = {cell.hyperlink.location.split("!")[0].strip("'") for cell in cells}
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
