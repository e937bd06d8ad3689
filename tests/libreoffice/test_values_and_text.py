"""What needs no LibreOffice: values on their way to cells and back, addresses, formula texts, blocks of cells."""

from __future__ import annotations

import ast
import datetime as dt
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.workbook.libreoffice import desk, deskbase, desktext, values
from xlbangfu.workbook.libreoffice.values import clean, decode, encode, parse_address, plain


class TestPlainValues:
    @pytest.mark.parametrize(
        ("value", "found"),
        [
            (None, None),
            (float("nan"), None),
            (pandas.NaT, None),
            (pandas.NA, None),
            (numpy.float64(1.5), 1.5),
            (numpy.int64(3), 3),
            (numpy.bool_(True), True),
            (numpy.str_("x"), "x"),
            (numpy.datetime64("2024-09-01T08:00:00.000000001"), dt.datetime(2024, 9, 1, 8)),
            (numpy.datetime64("NaT"), None),
            (pandas.Timestamp("2024-09-01"), pandas.Timestamp("2024-09-01")),
            (Fraction(1, 8), 0.125),
            (Decimal("0.1"), 0.1),
        ],
    )
    def test_come_from_numbers_of_all_kinds(self, value, found):
        assert plain(value) == found and type(plain(value)) is type(found)

    @pytest.mark.parametrize("value", [float("inf"), numpy.float64("-inf")])
    def test_are_finite(self, value):
        with pytest.raises(ValueError, match="infinity"):
            plain(value)

    @pytest.mark.parametrize("value", [object(), {"a": 1}, {1}, b"x"])
    def test_are_nothing_else(self, value):
        with pytest.raises(TypeError, match="cannot hold"):
            plain(value)


class TestEncoding:
    @pytest.mark.parametrize(
        ("value", "code"),
        [
            ("x", "x"),
            ("", None),
            ("'", None),
            ("'=x", "=x"),
            ("=", "="),
            ("=A1", {"formula": "=A1", "row": 4, "column": 1}),
            (True, True),
            (7, 7),
            (dt.date(2024, 9, 1), {"date": 45536.0, "kind": "date"}),
            (dt.datetime(2024, 9, 1), {"date": 45536.0, "kind": "date"}),
            (dt.datetime(2024, 9, 1, 12, tzinfo=dt.UTC), {"date": 45536.5, "kind": "datetime"}),
            (dt.time(6), {"date": 0.25, "kind": "time"}),
            (dt.date(1, 1, 1), {"date": -693593.0, "kind": "date"}),
        ],
    )
    def test_says_what_a_cell_shall_hold(self, value, code):
        assert encode(value, 5, 2) == code

    def test_knows_the_shape(self):
        assert values.as_rows("x", 2, 2) == [["x", "x"], ["x", "x"]]
        assert values.as_rows([1, 2], 1, 2) == [[1, 2]]
        for wrong in ([[1]], [[1, 2], [3]], []):
            with pytest.raises(ValueError, match="shape"):
                values.as_rows(wrong, 2, 2)


class TestDecoding:
    def test_follows_the_marks(self):
        found = {
            "rows": [["x", 1.0, 45536.0], ["", 0.0, ["#N/A"]], ["y", 5.0, 1e300]],
            "marks": [["bool", 0, 1, 2, 1], ["date", 0, 2, 2, 2]],
            "zero": [1899, 12, 30],
        }
        assert decode(found) == [["x", True, dt.datetime(2024, 9, 1)], [None, False, "#N/A"], ["y", 5.0, 1e300]]

    def test_cleans_as_xlwings_does(self):
        rows = [["x", 1.5, True, None, values.ErrorText("#N/A"), dt.datetime(2024, 9, 1, 8)]]
        as_date = lambda year, month, day, **_: dt.date(year, month, day)  # noqa: E731
        assert clean(rows, dt.datetime, None, None, False) == [["x", 1.5, True, None, None, rows[0][5]]]
        assert clean(rows, as_date, "-", round, True) == [["x", 2, True, "-", "#N/A", dt.date(2024, 9, 1)]]

    @given(st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 31)))
    def test_gives_back_any_moment_to_the_millisecond(self, moment):
        code = encode(moment, 1, 1)
        found = decode({"rows": [[code["date"]]], "marks": [["date", 0, 0, 0, 0]], "zero": [1899, 12, 30]})[0][0]
        assert abs(found - moment) <= dt.timedelta(milliseconds=1)


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "box"),
        [
            ("A1", (1, 1, 1, 1)),
            ("$b$2:C3", (2, 2, 2, 2)),
            ("C3:B2", (2, 2, 2, 2)),
            ("XFD1048576", (1_048_576, 16_384, 1, 1)),
            ("A:C", (1, 1, 1_048_576, 3)),
            ("2:2", (2, 1, 1, 16_384)),
            ("A0", None),
            ("XFE1", None),
            ("A1048577", None),
            ("名册", None),
            ("A1:B", None),
        ],
    )
    def test_are_read(self, text, box):
        assert parse_address(text) == box

    @given(st.integers(1, 16_384))
    def test_letters_and_numbers_agree(self, column):
        assert values.column_number(values.letters(column)) == column

    @given(st.integers(1, 1000), st.integers(1, 1000), st.integers(1, 50), st.integers(1, 50), st.booleans())
    def test_are_read_as_written(self, row, column, rows, columns, absolute):
        box = (row, column, rows, columns)
        assert parse_address(values.address(box, absolute, not absolute)) == box


class TestFormulaTexts:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("IF(A1,TRUE,false)", "IF(A1,TRUE(),false())"),
            ('IF(TRUE(),"TRUE",X.TRUE)', 'IF(TRUE(),"TRUE",X.TRUE)'),
            ("'TRUE'!A1+TRUE!A1", "'TRUE'!A1+TRUE!A1"),
            ("ISTRUE(A1)", "ISTRUE(A1)"),
        ],
    )
    def test_truth_is_called(self, text, found):
        assert desktext.truth_calls(text) == found

    @pytest.mark.parametrize(
        ("excel", "office"),
        [
            ("=SUM(tbl[甲],名册!A1)", "=SUM(tbl[甲];$名册.A1)"),
            ("=IF('a, b'!$B$2>1,\"x,y\",tbl[乙])", "=IF($'a, b'.$B$2>1;\"x,y\";tbl[乙])"),
        ],
    )
    def test_tables_are_named_in_both_languages(self, excel, office):
        assert desktext.names_table(excel)
        assert desktext.office_text(excel) == office and desktext.excel_text(office) == excel

    def test_brackets_in_texts_name_no_table(self):
        assert not desktext.names_table("=\"[x]\"&'[a]b'!A1")

    @pytest.mark.parametrize(
        ("office", "excel"),
        [
            ("YYYY-MM-DD HH:MM:SS", "yyyy-mm-dd hh:mm:ss"),
            ('YYYY"年M"M"月"', 'yyyy"年M"m"月"'),
            ("H:MM AM/PM", "h:mm AM/PM"),
            ("[$-804]D", "[$-804]d"),
        ],
    )
    def test_date_formats_have_small_letters(self, office, excel):
        assert desktext.small_letters(office) == excel

    @pytest.mark.parametrize(
        ("target", "url"),
        [
            ("#'一 班'!$B$5", "#'一 班'.B5"),
            ("#名册!B5", "#'名册'.B5"),
            ("#'it''s'!A1", "#'it''s'.A1"),
            ("#XB_STATUS", "#XB_STATUS"),
            ("https://a.b/#c!d", "https://a.b/#c!d"),
        ],
    )
    def test_links_are_quoted(self, target, url):
        assert desktext.office_link(target) == url


class TestBlocks:
    @given(st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 6)), st.integers(0, 2), max_size=49))
    def test_cover_every_cell_once_with_its_value(self, cells):
        found = {}
        for value, *box in desktext.blocks(cells):
            for place in desktext.places_of(box):
                assert place not in found
                found[place] = value
        assert found == cells

    def test_are_few(self):
        column = {(r, c): "date" for r in range(60) for c in (3, 4)} | {(r, 7): "time" for r in range(60)}
        assert desktext.blocks(column) == [("date", 0, 3, 59, 4), ("time", 0, 7, 59, 7)]


class TestTheSideOfLibreOffice:
    FILES = [Path(module.__file__) for module in (desk, deskbase, desktext)]

    @pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
    def test_runs_on_the_python_that_libreoffice_brings(self, path):
        ast.parse(path.read_text("utf-8"), feature_version=(3, 8))

    @pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
    def test_needs_nothing_of_ours(self, path):
        names = {
            name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert names - set(sys.stdlib_module_names) <= {"xlbangfu", "desktext", "deskbase"}

    def test_has_operations_and_no_back_doors(self):
        assert {"read", "write", "formulas", "tables", "books"} <= desk.OPERATIONS
        assert not [name for name in desk.OPERATIONS if name.startswith("_") or name == "call"]
