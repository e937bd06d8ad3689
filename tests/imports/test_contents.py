"""Every cell of a file is read right or left as it is: 学号, marks, names (spec §3.1, §4)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.programme.identity import name_key
from xlbangfu.programme.letters import solid_text, visible_text
from xlbangfu.programme.scores import looks_like_a_date, read_score
from xlbangfu.workbook.cells import lost_digits, read_id


def each(words_: str) -> list[str]:
    """The words of a line."""
    return words_.split()


UNSEEN = ["\u200b", "\ufeff", "\u00ad", "\u2060", "\u200e"]
BLANKS = [" ", "\u3000", "\u00a0", "\u2009", "\t"]


class TestPupilNumbers:
    """§3.1: 学号 as number, text, with leading zeros; digits that are lost are never guessed."""

    @pytest.mark.parametrize(
        ("cell", "number"),
        [
            ("'007", "007"), ("０２６０００１", "0260001"), ("026\u200b0001", "0260001"), ("026\u00a00001", "0260001"), ("\ufeff007", "007"),
            ("20260301\t", "20260301"), ("20260301.0", "20260301"), ("20260301.00", "20260301"), ('="0071"', "0071"), ("3E17", "3E17"),
            ("2024E01", "2024E01"), ("1.5", "1.5"), ("G360111201512123456", "G360111201512123456"), (0, "0"), (Fraction(7), "7"),
        ],
    )  # fmt: skip
    def test_are_text_as_typed(self, cell, number):
        assert read_id(cell) == (number, None)

    @pytest.mark.parametrize(
        "cell", ["3.60111E+17", "5.11301e+17", "３．６Ｅ＋１７", "3E+17", "2.02603E+09", "360111201512123456.0", 3.6e17]
    )
    def test_that_went_through_a_number_are_refused_with_the_way_to_export_them_again(self, cell):
        number, problem = read_id(cell)
        assert number is None and problem.rule == "cell.id_digits"
        assert "文本" in problem.mend and "重新导出" in problem.mend and ".xlsx" in problem.mend

    @pytest.mark.parametrize(
        "cell",
        [1.5, -5, -0.5, True, False, date(2026, 3, 2), datetime(2026, 3, 2), time(8), timedelta(1), float("nan")],
    )
    def test_cells_that_hold_something_else_are_said(self, cell):
        number, problem = read_id(cell)
        assert number is None and problem.rule == "cell.id" and problem.mend

    @pytest.mark.parametrize(
        "cell", [None, "", " ", "\u200b", "无", "暂无", "-", "——", "/", "nan", "NaN", "NULL", "#N/A", "?"]
    )
    def test_words_for_no_number_are_none(self, cell):
        assert read_id(cell) == (None, None)

    @given(st.text("0123456789GX", min_size=1, max_size=19), st.integers(0, 18), st.sampled_from(UNSEEN + BLANKS))
    def test_what_nobody_sees_makes_no_difference(self, number, at, sign):
        assert read_id(number[:at] + sign + number[at:]) == read_id(number) == (number, None)

    @given(st.one_of(st.text(), st.integers(), st.floats(), st.fractions(), st.dates(), st.booleans()))
    def test_any_cell_is_text_or_a_problem(self, cell):
        number, problem = read_id(cell)
        assert number is None or (isinstance(number, str) and number and problem is None)


class TestLostDigits:
    """§3.1: a CSV that Excel has saved says 360111201512123000 where 360111201512123456 stood."""

    def test_all_long_numbers_of_a_column_end_in_zeros(self):
        column = ["360111201512123000", "360111201602021000", "45", "", "G360111201512123456"]
        assert lost_digits(column) == {"360111201512123000", "360111201602021000"}

    def test_one_of_eighteen_digits_is_telling_and_two_of_sixteen_are_not(self):
        assert lost_digits(["360111201512123000"])
        assert not lost_digits(["3601112015121230", "3601112015121240"])
        assert not lost_digits(["360111201512123000"[:16]] * 9)  # one number nine times is one
        assert lost_digits(["3601112015121230", "3601112015121240", "3601112015121250"])

    def test_one_number_with_its_last_digits_says_that_none_are_lost(self):
        assert not lost_digits(["360111201512123000", "360111201602021000", "360111201602021001"])

    def test_texts_are_given_back_as_they_stand(self):
        assert lost_digits([" ３６０１１１２０１５１２１２３０００"]) == {" ３６０１１１２０１５１２１２３０００"}

    @given(st.lists(st.integers(10**17, 10**18 - 1), min_size=1, max_size=60))
    def test_every_column_that_a_spreadsheet_has_cut_is_found(self, numbers):
        cut = [str(n // 1000 * 1000) for n in numbers]
        assert lost_digits(cut) == set(cut)

    @given(st.lists(st.text("0123456789", max_size=15)))
    def test_shorter_numbers_are_never_suspected(self, texts):
        assert lost_digits(texts) == frozenset()


ABSENT = each(
    "缺考 缺 病假 事假 请假 未扫 未扫描 — —— × ✗ x X Q q - -- / 未考 未参加 缺席 缺考(病) 缺考（事假） 病假缺考 因病缺考 缺考-病假 缺考：病假 （缺考） 【缺考】 缺考，不计排名 "
    "未扫，不计排名 未扫(不计排名) 病 请病假 因病请假"
)
EXEMPT = each(
    "免考 免修 随班就读 N n 36，剔除 36（不计排名） 36(剔除，不计排名) 36.5分，剔除 免考（病假） 剔除 不计排名"
)
UNKNOWN = each(
    "无 作弊 85+ 85* 八十五 >100 9O 1OO 85,5 1,000 85% 90/100 +5 85。5 缺考(36) 缺考(免考) 免考(缺考) 85-90 85(补考) 补考 1e2 85:30 TRUE 一 二 ① 8² 85① ٣ ٣分 ８٣ 60→85 "
    "85分半 (85) 36(随班就读) 缺考36"
)


class TestMarks:
    """§3.1: words and forms of real files; what is not sure stays text, and is listed."""

    @pytest.mark.parametrize("cell", [*ABSENT, "缺\u3000考", "缺\n考", "\ufeff缺考", "缺\u200b考"])
    def test_a_pupil_who_was_not_there(self, cell):
        assert (read_score(cell).absence, read_score(cell).result) == ("缺考", None)

    @pytest.mark.parametrize("cell", EXEMPT)
    def test_a_pupil_who_does_not_count(self, cell):
        assert (read_score(cell).absence, read_score(cell).result) == ("免考", None)

    @pytest.mark.parametrize(("cell", "absence"), [("缓考", "缓考"), ("缓考(病假)", "缓考"), ("缓", "缓考")])
    def test_a_pupil_who_sits_it_later(self, cell, absence):
        assert read_score(cell).absence == absence

    @pytest.mark.parametrize("cell", ["休学", "转学", "转出"])
    def test_a_pupil_who_left_is_absent_and_名册_should_say_so(self, cell):
        assert read_score(cell).absence == "缺考" and "名册" in read_score(cell).note

    @pytest.mark.parametrize(
        ("cell", "mark"),
        [
            ("85分", 85), ("85 分", 85), ("８５", 85), ("85.0", 85), ("85．5", Fraction(171, 2)), ("0分", 0), ("\ufeff85", 85), ("85\u200b", 85),
            ("85\u00a0", 85), ("\t85\t", 85), ("085", 85), (85.0, 85), (" １００分 ", 100), ("8\u00a0", 8),
        ],
    )  # fmt: skip
    def test_a_mark_however_it_is_written(self, cell, mark):
        assert read_score(cell).result == Fraction(mark)

    @pytest.mark.parametrize("cell", [*UNKNOWN, "8 5", "85\n90", "85\u200b90", "85\u00ad90", "85 90"])
    def test_what_is_not_sure_is_no_mark(self, cell):
        assert isinstance(read_score(cell).result, str) and read_score(cell).absence is None

    @pytest.mark.parametrize(
        "cell", [True, False, date(2026, 3, 2), datetime(2026, 3, 2), time(8, 5), timedelta(hours=85)]
    )
    def test_cells_of_other_kinds_are_no_marks(self, cell):
        assert isinstance(read_score(cell).result, str)

    @pytest.mark.parametrize(
        ("cell", "level"), [("优", "优"), ("优 秀", "优秀"), ("Ａ＋", "A+"), ("A +", "A+"), ("待\u200b合格", "待合格")]
    )
    def test_a_level_without_its_blanks(self, cell, level):
        assert read_score(cell).result == level

    @given(st.text("0123456789０９.．,-+()（分考缺剔除、，O①²\u200b\u3000 /", max_size=7))
    def test_a_number_is_read_only_where_the_text_is_that_number(self, cell):
        result = read_score(cell).result
        if isinstance(result, Fraction):
            said = re.sub(r"\s*分\Z", "", unicodedata.normalize("NFKC", cell.replace("\u200b", "")).strip())
            assert "①" not in cell and "²" not in cell and not re.search("[0-9０９]\u200b+[0-9０９]", cell)
            assert Fraction(said) == result

    @given(st.text(max_size=8))
    def test_any_text_is_a_result_or_an_absence_or_blank(self, cell):
        reading = read_score(cell)
        assert reading.result is None or reading.absence is None
        assert reading.blank or visible_text(cell)


class TestDates:
    """§3.1: 3-2 that became a date is explained, not read."""

    @pytest.mark.parametrize(
        "cell",
        [
            date(2026, 3, 2), datetime(2026, 3, 2), time(8, 5), timedelta(1), "3月2日", "2026-03-02", "2026/3/2", "2026年3月2日", "8:05", "2-Mar", "Mar-02",
            "2026-03-02 00:00:00", "26-3-2",
        ],
    )  # fmt: skip
    def test_what_only_a_date_looks_like(self, cell):
        assert looks_like_a_date(cell)

    @pytest.mark.parametrize(
        "cell", [None, "", 85, 46083, "85", "85.5", "3-2", "3.2", "3/2", "85分", "优", "缺考", True, "-"]
    )
    def test_what_does_not(self, cell):
        assert not looks_like_a_date(cell)


NAMES = st.text("测试甲乙丙示例样本𬭎𬭛𠮷\ue000\ue001艾山", min_size=1, max_size=5)


class TestNames:
    """§3.1: names with inner spaces, · variants, rare characters."""

    @given(NAMES, st.integers(0, 5), st.sampled_from([*UNSEEN, *BLANKS, "\n", "\ufe00", "\U000e0100"]))
    def test_blanks_and_what_nobody_sees_make_no_difference(self, name, at, sign):
        assert name_key(name[:at] + sign + name[at:]) == name_key(name)

    @pytest.mark.parametrize("dot", [*"·•・‧∙⋅.．･｡。․᛫⸱ㆍꞏ▪˙\u0387", " · ", "··", "……"])
    def test_all_dots_are_one(self, dot):
        assert name_key(f"测试{dot}艾山") == name_key("测试·艾山") != name_key("测试艾山")

    @pytest.mark.parametrize("sign", ["、", "-", "*", "/", "，", "一", "_"])
    def test_other_signs_are_no_dots(self, sign):
        assert name_key(f"测试{sign}艾山") not in (name_key("测试·艾山"), name_key("测试艾山"))

    @pytest.mark.parametrize("marked", ["测试甲*", "测试甲(转)", "测试甲（借读）", "测试甲1", "测试甲①"])
    def test_marks_behind_a_name_are_not_dropped_in_silence(self, marked):
        assert name_key(marked) != name_key("测试甲")

    def test_a_compatibility_form_is_the_character_itself(self):
        assert name_key("\uf9dc") == name_key("隆") == name_key("隆\ufe00")

    def test_case_and_width_of_latin_letters_make_no_difference(self):
        assert name_key("Ａli 测试") == name_key("ALI测试") == name_key("ali测试")

    @given(NAMES, NAMES)
    def test_two_names_never_get_one_key(self, one, other):
        assert (name_key(one) == name_key(other)) is (one == other)

    @given(st.text(max_size=10))
    def test_a_key_is_its_own_key(self, name):
        assert name_key(name_key(name)) == name_key(name)

    @given(st.text(max_size=10))
    def test_nothing_but_blanks_and_unseen_signs_is_dropped_from_any_text(self, text):
        kept = set(unicodedata.normalize("NFD", solid_text(text)))
        for c in unicodedata.normalize("NFKD", text):
            gone = c.isspace() or unicodedata.category(c) == "Cf" or "\ufe00" <= c <= "\ufe0f"
            assert c in kept or gone or unicodedata.category(c) in ("Mn", "Cn")
