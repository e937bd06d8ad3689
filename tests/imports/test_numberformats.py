"""What a number stands for under its format: leading zeros, dates, or only a number (spec §3.1)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.imports.numberformats import number_as_shown, read_format
from xlbangfu.imports.reading import read_table_file


def shown(number: float, code: str | None, built_in: int = 164, date1904: bool = False):
    return number_as_shown(number, read_format(built_in, code), date1904)


class TestZeros:
    @given(st.integers(0, 10**15 - 1), st.integers(2, 20))
    def test_are_put_in_front_up_to_the_width_of_the_format(self, number, width):
        text = shown(float(number), "0" * width)
        assert text == f"{number:0{width}d}"

    @pytest.mark.parametrize(
        ("code", "text"),
        [("0000", "0007"), ("0000;-0000", "0007"), ('"2026"000', "2026007"), ("\\S000", "S007"), ('"S"0', "S7"),
         ("[$-804]000", "007")],
    )  # fmt: skip
    def test_and_what_stands_before_them_belong_to_the_text(self, code, text):
        assert shown(7.0, code) == text

    @pytest.mark.parametrize("code", ["0", "0.00", "#,##0", "General", "@", '0"分"', '"第"0"名"', "[Red]0", "0.0E+00"])
    def test_are_not_invented_where_the_format_holds_none(self, code):
        assert shown(7.0, code) == 7.0

    @pytest.mark.parametrize("number", [-7.0, 7.5, 110101200001010011.0, 10.0**15])
    def test_are_not_put_before_what_is_no_whole_number_or_has_lost_digits(self, number):
        """A 学籍号 of 18 digits in a number cell stays a number, which is refused later."""
        assert shown(number, "000000000000000000") == number


@pytest.mark.parametrize(("code", "text"), [("0%", "85%"), ("0.00%", "85%"), ('0"%"', 0.85)])
def test_a_share_is_shown_as_one_and_is_no_mark(code, text):
    assert shown(0.85, code) == text


class TestDates:
    DAY = date(2024, 3, 1)

    @pytest.mark.parametrize(
        "code",
        ["yyyy-mm-dd", "m-d", "m/d/yy", 'yyyy"年"m"月"d"日"', "[$-804]yyyy/m/d;@", "[$-F800]dddd\\,\\ mmmm\\ dd", "mmm-yy",
         "[DBNum1]m月d日"],
    )  # fmt: skip
    def test_are_told_by_the_letters_of_the_format(self, code):
        assert shown(45352.0, code) == self.DAY

    @pytest.mark.parametrize("number", [14, 15, 16, 17, 22, 27, 31, 36, 50, 57, 58])
    def test_are_told_by_the_numbers_of_built_in_formats(self, number):
        assert shown(45352.0, None, number) == self.DAY

    @pytest.mark.parametrize("code", ['0"d"', '"month" 0', "[Yellow]0", "0_d", "General", "G/通用格式", "*d0"])
    def test_are_not_seen_in_letters_that_are_only_shown(self, code):
        assert shown(45352.0, code) == 45352.0

    def test_have_their_time_of_day(self):
        assert shown(45352.5, "yyyy-mm-dd") == datetime(2024, 3, 1, 12)
        assert shown(0.5, "h:mm") == time(12)
        assert shown(1.5, "[h]:mm") == timedelta(hours=36)

    def test_count_from_1904_where_the_book_says_so(self):
        assert shown(45352.0 - 1462, "yyyy-mm-dd", date1904=True) == self.DAY

    def test_before_march_1900_are_those_that_excel_shows(self):
        assert [shown(n, "yyyy-mm-dd") for n in (1.0, 59.0, 61.0)] == [
            date(1900, 1, 1),
            date(1900, 2, 28),
            date(1900, 3, 1),
        ]

    @pytest.mark.parametrize("number", [-1.0, 2_958_466.0, 1e300])
    def test_that_are_none_stay_numbers(self, number):
        assert shown(number, "yyyy-mm-dd") == number

    @given(st.floats(0, 2_958_465.9))
    def test_of_any_number_are_a_date_or_a_time(self, number):
        assert isinstance(shown(number, "yyyy-mm-dd hh:mm"), (date, time))


def test_another_reader_takes_the_same_formats_for_dates(tmp_path: Path):
    import python_calamine

    codes = ["yyyy-mm-dd", "h:mm", "[h]:mm", "m-d", "General", "0.00", "mm:ss.0", '"第"0"名"', "[Red]0", "#,##0.00",
             'yyyy"年"m"月"d"日"', "@", '0"分"', "[DBNum1]0", '上午/下午h"时"mm"分"']  # fmt: skip
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet()
    for row, code in enumerate(codes):
        for column, number in enumerate((0, 0.5, 1, 59, 61, 45352, 45352.75)):
            sheet.write_number(row, column, number, book.add_format({"num_format": code}))
    book.close()
    theirs = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "a.xlsx")).get_sheet_by_index(0).to_python()
    assert [list(row) for row in read_table_file(tmp_path / "a.xlsx")[0].rows] == theirs
