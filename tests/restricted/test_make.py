"""The new, empty workbook: sheets, dropdowns, print setup, and nothing about anybody (spec §3, §7)."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from xlbangfu.restricted.make import make_workbook
from xlbangfu.restricted.sheets import ABOUT, AID, FAMILY, PSYCH, SHEETS

PLAIN = make_workbook("测试小学", "三年级", "1班")


@pytest.fixture(scope="module")
def book():
    return openpyxl.load_workbook(io.BytesIO(PLAIN))


def test_the_first_page_says_whose_it_is_and_the_sheets_follow(book):
    assert book.sheetnames == [ABOUT, "心理档案", "资助", "家庭情况"]
    words = {row[1].value: row[2].value for row in book[ABOUT].iter_rows()}
    assert (words["学校"], words["年级"], words["班级"]) == ("测试小学", "三年级", "1班")
    assert "密码忘了谁也找不回来" in words["谁能看"]


def test_the_columns_are_those_of_the_specification(book):
    def header(label):
        return [cell.value for cell in book[label][1]]

    assert header("心理档案") == ["学号", "日期", "观察", "辅导", "记录人"]
    assert header("资助") == ["日期", "学号", "项目", "来源", "金额", "经办人"]
    assert header("家庭情况")[0] == "学号"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda s: s.label)
class TestEverySheet:
    def test_is_an_excel_table_printed_on_a4_with_its_header_on_every_page(self, sheet, book):
        page = book[sheet.label]
        assert list(page.tables) == [sheet.table]
        assert page.page_setup.paperSize == int(page.PAPERSIZE_A4)
        assert page.page_setup.fitToHeight == 0 and page.print_title_rows == "$1:$1"
        assert "受限资料" in page.oddHeader.right.text

    def test_takes_ids_as_text_and_dates_as_dates(self, sheet, book):
        """Where the next row will be typed, too: column formats reach down."""
        page = book[sheet.label]
        for number, column in enumerate(sheet.columns, start=1):
            letter = openpyxl.utils.get_column_letter(number)
            wanted = {"pupil_id": "@", "date": "yyyy-mm-dd"}.get(column.code)
            if wanted:
                assert page.column_dimensions[letter].number_format == wanted

    def test_explains_each_cell_that_needs_it(self, sheet, book):
        rules = {str(rule.sqref): rule for rule in book[sheet.label].data_validations.dataValidation}
        for number, column in enumerate(sheet.columns, start=1):
            letter = openpyxl.utils.get_column_letter(number)
            rule = rules.get(f"{letter}2:{letter}2000")
            if column.choices:
                assert rule.type == "list" and rule.formula1 == f'"{",".join(column.choices)}"'
            elif column.code == "date":
                assert rule.type == "date"
            elif column.code == "amount":
                assert (rule.type, rule.formula1) == ("decimal", "0")


def test_the_dropdowns_of_aid_are_those_of_the_specification():
    assert AID.column("item").choices == ("生活费", "学费", "教材", "关爱基金", "其他")
    assert AID.column("source").choices == ("政府", "学校", "社会")
    assert AID.column("amount").unit == "元"


def test_no_word_of_it_is_a_table_of_the_class_workbook():
    from xlbangfu import schema

    assert not {s.label for s in SHEETS} & set(schema.TAB_ORDER)
    assert not {s.table for s in SHEETS} & {s.table for s in schema.TABLES}
    assert {s.code for s in (PSYCH, AID, FAMILY)} == {s.code for s in SHEETS}


def test_its_properties_and_hidden_corners_hold_nobody(book):
    properties = book.properties
    assert (properties.creator, properties.lastModifiedBy, properties.description, properties.subject) == (
        None, None, None, None,
    )  # fmt: skip
    assert all(page.sheet_state == "visible" for page in book)
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as archive:
        assert not [name for name in archive.namelist() if "comment" in name or "custom" in name.lower()]


def test_a_class_without_a_school_is_made_too():
    words = openpyxl.load_workbook(io.BytesIO(make_workbook("", "三年级", "2")))[ABOUT]
    assert words["C4"].value == "2"
