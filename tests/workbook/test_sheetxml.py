"""Splicing values into worksheet XML: §8 (only the cells that are meant change)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from workbook.sample_books import SHARED, hand_made, worksheet
from xlbangfu.workbook import cellxml, sheetxml, xmlbytes
from xlbangfu.workbook.cellxml import Link, SharedTexts
from xlbangfu.workbook.errors import WorkbookRearranged, WorkbookUnreadable
from xlbangfu.workbook.package import Package
from xlbangfu.workbook.sheetxml import Edit


def patched(rows: str, *edits: Edit, before: str = "", after: str = "", **options) -> str:
    """The rows after the edits; the whole part if nothing changed is an error of the test."""
    shared = SharedTexts(SHARED.encode())
    data = worksheet(rows, before, after).encode()
    patch = sheetxml.patch(data, "表", edits, sheetxml.Options(shared, **options))
    assert patch is not None
    xmlbytes.check(patch.data)
    return re.search("<sheetData>(.*)</sheetData>", patch.data.decode(), re.S)[1]


def unchanged(rows: str, *edits: Edit) -> bool:
    options = sheetxml.Options(SharedTexts(SHARED.encode()))
    return sheetxml.patch(worksheet(rows).encode(), "表", edits, options) is None


class TestWhatIsWritten:
    @pytest.mark.parametrize(
        ("value", "cell"),
        [
            ("张", '<c r="B1" t="inlineStr"><is><t>张</t></is></c>'),
            (" a ", '<c r="B1" t="inlineStr"><is><t xml:space="preserve"> a </t></is></c>'),
            ("a\nb", '<c r="B1" t="inlineStr"><is><t xml:space="preserve">a\nb</t></is></c>'),
            ("=1+1", '<c r="B1" t="inlineStr"><is><t>=1+1</t></is></c>'),
            ("<&>]]>", '<c r="B1" t="inlineStr"><is><t>&lt;&amp;&gt;]]&gt;</t></is></c>'),
            ("001", '<c r="B1" t="inlineStr"><is><t>001</t></is></c>'),
            (58, '<c r="B1"><v>58</v></c>'),
            (58.0, '<c r="B1"><v>58</v></c>'),
            (-17.4, '<c r="B1"><v>-17.4</v></c>'),
            (Fraction(117, 2), '<c r="B1"><v>58.5</v></c>'),
            (Decimal("58.50"), '<c r="B1"><v>58.5</v></c>'),
            (True, '<c r="B1" t="b"><v>1</v></c>'),
            (dt.date(2026, 9, 1), '<c r="B1"><v>46266</v></c>'),
            (dt.datetime(2026, 9, 1, 12), '<c r="B1"><v>46266.5</v></c>'),
            (dt.date(1900, 1, 1), '<c r="B1"><v>1</v></c>'),
            (
                Link("名册", "B5"),
                '<c r="B1" t="str"><f>HYPERLINK("#\'名册\'!B5","名册!B5")</f><v>名册!B5</v></c>',
            ),
        ],
    )
    def test_every_kind_of_value_has_one_form(self, value, cell):
        assert patched('<row r="1"><c r="A1"/></row>', Edit(1, 2, value)) == f'<row r="1"><c r="A1"/>{cell}</row>'

    def test_none_and_empty_text_clear_the_content_and_keep_the_style(self):
        row = '<row r="1"><c r="A1" s="3" t="s"><v>0</v></c><c r="B1"><v>1</v></c></row>'
        assert patched(row, Edit(1, 1, None)) == '<row r="1"><c r="A1" s="3"/><c r="B1"><v>1</v></c></row>'
        assert patched(row, Edit(1, 2, "")) == '<row r="1"><c r="A1" s="3" t="s"><v>0</v></c><c r="B1"/></row>'

    def test_dates_count_in_the_workbook_s_calendar(self):
        new = patched('<row r="1"/>', Edit(1, 1, dt.date(2026, 9, 1)), date1904=True)
        assert new == '<row r="1"><c r="A1"><v>44804</v></c></row>'

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, 2**53 + 1, dt.date(1899, 1, 1)])
    def test_a_value_that_no_cell_holds_is_a_programming_error(self, value):
        with pytest.raises(ValueError, match=r"cell|number|calendar"):
            patched('<row r="1"/>', Edit(1, 1, value))

    def test_a_text_too_long_for_a_cell_is_refused_with_the_cell(self):
        with pytest.raises(WorkbookRearranged, match="32767") as error:
            patched("", Edit(7, 3, "𠮷" * 16_384))
        assert error.value.cell == "C7"

    def test_two_values_for_one_cell_are_a_programming_error(self):
        with pytest.raises(ValueError, match="two edits of B2"):
            patched("", Edit(2, 2, 1), Edit(2, 2, 2))


class TestWhatStandsAlreadyIsLeftAlone:
    @pytest.mark.parametrize(
        ("cell", "value"),
        [
            ('<c r="A1" t="s"><v>0</v></c>', "语文"),
            ('<c r="A1" t="s"><v>1</v></c>', "后20%"),
            ('<c r="A1" t="s"><v>2</v></c>', "重"),
            ('<c r="A1" t="s"><v>3</v></c>', " a<b "),
            ('<c r="A1" t="inlineStr"><is><r><t>语</t></r><r><t>文</t></r></is></c>', "语文"),
            ('<c r="A1" t="inlineStr"><is><t><![CDATA[a<b]]></t></is></c>', "a<b"),
            ('<c r="A1" t="inlineStr"><is><t>a_x000D_b</t></is></c>', "a\rb"),
            ('<c r="A1" t="str"><f>B1&amp;""</f><v>语文</v></c>', "语文"),
            ('<c r="A1" t="str"><f>B1</f><v></v></c>', None),
            ('<c r="A1"><v>58.50</v></c>', 58.5),
            ('<c r="A1"><v>5.85E1</v></c>', Decimal("58.5")),
            ('<c r="A1"><v><!-- --> 58</v></c>', 58),
            ('<c r="A1"><f>B1</f><v>58</v></c>', 58),
            ('<c r="A1" t="b"><v>1</v></c>', True),
            ('<c r="A1"><v>46266</v></c>', dt.date(2026, 9, 1)),
            ('<c r="A1" t="d"><v>2026-09-01T00:00:00</v></c>', dt.date(2026, 9, 1)),
            ('<c r="A1" s="4"/>', None),
            ('<c r="A1" s="4"/>', ""),
            ('<c r="A1" s="4"></c>', None),
            ("", None),
            ('<c r="A1" t="str"><f>HYPERLINK("#\'名册\'!B5","名册!B5")</f><v>名册!B5</v></c>', Link("名册", "B5")),
        ],
    )
    def test_equal_content(self, cell, value):
        assert unchanged(f'<row r="1">{cell}</row>', Edit(1, 1, value))

    @pytest.mark.parametrize(
        ("cell", "value"),
        [
            ('<c r="A1"><v>0</v></c>', "语文"),
            ('<c r="A1" t="s"><v>0</v></c>', 0),
            ('<c r="A1"><v>1</v></c>', True),
            ('<c r="A1" t="b"><v>1</v></c>', 1),
            ('<c r="A1"><v>58</v></c>', "58"),
            ('<c r="A1" t="e"><v>#N/A</v></c>', "#N/A"),
            ('<c r="A1" t="s"><v>99</v></c>', "99"),
            ('<c r="A1"><v>0</v></c>', None),
            ('<c r="A1" t="str"><v>名册!B5</v></c>', Link("名册", "B5")),
        ],
    )
    def test_another_kind_of_value_is_a_change(self, cell, value):
        assert not unchanged(f'<row r="1">{cell}</row>', Edit(1, 1, value))


class TestWhereAndHow:
    def test_rows_and_cells_go_in_where_they_belong(self):
        rows = '<row r="2"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c></row><row r="5"/>'
        new = patched(rows, Edit(2, 3, 9), Edit(2, 1, 8), Edit(2, 6, 7), Edit(3, 1, 6), Edit(1, 1, 5), Edit(9, 2, 4))
        assert new == (
            '<row r="1"><c r="A1"><v>5</v></c></row>'
            '<row r="2"><c r="A2"><v>8</v></c><c r="B2"><v>1</v></c><c r="C2"><v>9</v></c><c r="D2"><v>2</v></c>'
            '<c r="F2"><v>7</v></c></row><row r="3"><c r="A3"><v>6</v></c></row><row r="5"/>'
            '<row r="9"><c r="B9"><v>4</v></c></row>'
        )

    def test_rows_and_cells_without_addresses_keep_their_places(self):
        rows = '<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c/><c r="D3"><v>4</v></c><c><v>5</v></c></row>'
        new = patched(rows, Edit(1, 2, 20), Edit(2, 1, 21), Edit(3, 3, 23), Edit(3, 6, 26), Edit(4, 1, 9))
        read = openpyxl.load_workbook(BytesIO(hand_made(worksheet(new))))["表"]
        assert list(read.values) == [
            (1, 20, None, None, None, None),
            (21, None, None, None, None, None),
            (None, None, 23, 4, 5, 26),
            (9, None, None, None, None, None),
        ]

    def test_spans_and_dimension_take_in_new_cells_and_never_shrink(self):
        data = worksheet('<row r="2" spans="2:3"><c r="B2"/></row>', '<dimension ref="B2:C2"/>').encode()
        options = sheetxml.Options(SharedTexts(None))
        new = sheetxml.patch(data, "表", [Edit(2, 5, 1), Edit(4, 1, 1)], options).data
        assert b'spans="2:5"' in new
        assert b'<dimension ref="A2:E4"/>' in new
        again = sheetxml.patch(new, "表", [Edit(2, 5, None)], options).data
        assert b'spans="2:5"' in again
        assert b'<dimension ref="A2:E4"/>' in again

    def test_an_empty_sheet_gets_its_first_row(self):
        data = worksheet("").replace("<sheetData></sheetData>", "<sheetData/>").encode()
        new = sheetxml.patch(data, "表", [Edit(3, 1, "a")], sheetxml.Options(SharedTexts(None))).data
        assert b'<sheetData><row r="3"><c r="A3" t="inlineStr"><is><t>a</t></is></c></row></sheetData>' in new

    def test_the_style_of_a_rewritten_cell_stays_and_metadata_of_its_old_content_goes(self):
        row = '<row r="1"><c r="A1" s="2" cm="1" vm="3" ph="1"><v>1</v></c></row>'
        assert patched(row, Edit(1, 1, "x")) == (
            '<row r="1"><c r="A1" s="2" ph="1" t="inlineStr"><is><t>x</t></is></c></row>'
        )

    def test_extensions_of_a_rewritten_cell_stay(self):
        extension = '<extLst><ext uri="{1}"/></extLst>'
        row = f'<row r="1"><c r="A1"><v>1</v>{extension}</c></row>'
        assert patched(row, Edit(1, 1, 2)) == f'<row r="1"><c r="A1"><v>2</v>{extension}</c></row>'

    def test_a_new_cell_takes_the_style_of_its_row_then_above_then_beside_then_its_column(self):
        rows = (
            '<row r="1"><c r="A1" s="1"/><c r="B1" s="1"/><c r="C1" s="1"/></row>'
            '<row r="2"><c r="B2" s="2"/></row><row r="3" s="5" customFormat="1"/><row r="4"/>'
        )
        cols = '<cols><col min="1" max="2" width="9" style="7"/><col min="4" max="4" width="9" style="6"/></cols>'
        edits = [
            Edit(3, 2, 1),
            Edit(4, 1, 1),
            Edit(4, 2, 1),
            Edit(4, 3, 1),
            Edit(4, 4, 1),
            Edit(9, 2, 1),
            Edit(9, 5, 1),
        ]
        new = patched(rows, *edits, before=cols, first_data_row=lambda column: 2, style_from={3: 2, 5: 9})
        styles = dict(re.findall(r'<c r="([A-Z][349])"(?: s="(\d)")?>', new))
        assert styles == {"B3": "5", "A4": "7", "B4": "2", "C4": "2", "D4": "6", "B9": "2", "E9": ""}

    def test_a_cell_above_without_a_style_counts_as_its_neighbour(self):
        rows = '<row r="1"><c r="A1" s="1"/></row><row r="2"><c r="A2"/></row>'
        assert patched(rows, Edit(3, 1, 1)).endswith('<row r="3"><c r="A3"><v>1</v></c></row>')


class TestWhatIsRefused:
    def refused(self, rows: str, *edits: Edit, after: str = "") -> WorkbookRearranged:
        with pytest.raises(WorkbookRearranged) as error:
            patched(rows, *edits, after=after)
        assert error.value.sheet == "表"
        assert error.value.cell in error.value.message
        return error.value

    def test_a_covered_cell_of_a_merged_area(self):
        merged = '<mergeCells count="1"><mergeCell ref="B2:C3"/></mergeCells>'
        assert self.refused("", Edit(3, 2, 1), after=merged).cell == "B3"
        assert patched("", Edit(2, 2, 1), after=merged) == '<row r="2"><c r="B2"><v>1</v></c></row>'
        assert patched("", Edit(4, 2, 1), Edit(3, 3, None), after=merged)

    def test_the_master_of_a_shared_formula_while_others_rest_on_it(self):
        rows = (
            '<row r="1"><c r="A1"><f t="shared" ref="A1:A3" si="0">B1</f><v>1</v></c></row>'
            '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row>'
            '<row r="3"><c r="A3"><f t="shared" si="0"/><v>3</v></c></row>'
        )
        assert self.refused(rows, Edit(1, 1, 9)).cell == "A1"
        assert '<c r="A2"><v>9</v></c>' in patched(rows, Edit(2, 1, 9))
        assert "<f" not in patched(rows, *(Edit(row, 1, 9) for row in (1, 2, 3)))

    def test_a_part_of_an_array_formula(self):
        rows = (
            '<row r="1"><c r="A1"><f t="array" ref="A1:A2">B1:B2</f><v>1</v></c></row>'
            '<row r="2"><c r="A2"><v>2</v></c></row>'
        )
        assert self.refused(rows, Edit(2, 1, 9)).cell == "A2"
        assert "<f" not in patched(rows, Edit(1, 1, 8), Edit(2, 1, 9))
        single = '<row r="1"><c r="A1"><f t="array" ref="A1">SUM(B1:B2)</f><v>1</v></c></row>'
        assert "<f" not in patched(single, Edit(1, 1, 8))

    @pytest.mark.parametrize(
        "rows",
        [
            '<row r="2"/><row r="1"/>',
            '<row r="1"><c r="B1"/><c r="A1"/></row>',
            '<row r="1"><c r="A2"/></row>',
            '<row r="x"/>',
            "<other/>",
        ],
    )
    def test_rows_and_cells_out_of_order(self, rows):
        with pytest.raises(WorkbookRearranged, match="次序混乱"):
            patched(rows, Edit(1, 1, "x"))

    @pytest.mark.parametrize(
        "data",
        [
            worksheet("<row>"),
            '<!DOCTYPE x [<!ENTITY a "b">]>' + worksheet(""),
            '<?xml version="1.0" encoding="gbk"?>' + worksheet(""),
        ],
    )
    def test_xml_that_is_broken_or_not_allowed(self, data):
        with pytest.raises(WorkbookUnreadable):
            sheetxml.patch(data.encode(), "表", [Edit(1, 1, 1)], sheetxml.Options(SharedTexts(None)))


class TestText:
    @given(st.text(st.characters(exclude_categories=())))
    def test_what_is_escaped_is_decoded_to_the_same(self, text):
        escaped = xmlbytes.escape(text)
        xmlbytes.check(b"<t>%b</t>" % escaped)
        assert xmlbytes.unescape(escaped.replace(b"\r", b"")) == text

    @given(st.text("_x0041AFaf\x0b&<", max_size=30))
    def test_marks_that_look_like_escapes_survive(self, text):
        assert xmlbytes.unescape(xmlbytes.escape(text)) == text

    def test_calamine_reads_what_was_meant(self):
        texts = ["a\x0bb", "_x0041_", "a\rb", "_x0041\x0b", "=cmd|'/c'!A1", "+1", "-1", "@x", "𠮷 &<>"]
        package = Package(hand_made(worksheet("")))
        package.edit_cells("表", [Edit(row, 1, text) for row, text in enumerate(texts, 1)])
        read = CalamineWorkbook.from_filelike(BytesIO(package.to_bytes())).get_sheet_by_name("表").to_python()
        assert [row[0] for row in read] == texts


def test_columns_have_their_letters():
    for number, letters in ((1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (16_384, "XFD")):
        assert cellxml.column_letters(number) == letters
        assert cellxml.column_number(letters) == number
    with pytest.raises(ValueError, match="no column"):
        cellxml.column_letters(16_385)
