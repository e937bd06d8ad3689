"""Names of classes are understood where they are certain, and left alone where they are not (spec §3.1, §9)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.imports.classes import (
    ClassName,
    class_in_text,
    class_label,
    class_of,
    contradicts,
    grade_in_class,
    grade_key,
    grade_label,
    grades_agree,
    parse_class,
    same_class,
)

SECOND_OF_THIRD = (
    "三年级2班", "三年级二班", "三（2）班", "三(二)班", "三2班", "3年级2班", "小三2班", "三年级 2 班", "三年级02班", "小学三年级2班",
    "三年级第2班", "三年级2班(45人)", "三年级2班*", "三年2班", "三年级\u200b2班", "三年级２班",
)  # fmt: skip
# May be something else: hold where the grade agrees.
LIKELY = (
    "302", "302班", "3.2", "３．２", "3-2", "3—2", "3。2", "三.2", "3·2", "3_2", "3.2班", "3(2)班", "三二班", "3.02", 3.2, 3.02,
)  # fmt: skip


@pytest.mark.parametrize("text", SECOND_OF_THIRD)
def test_one_class_may_be_written_in_many_ways(text):
    assert parse_class(text) == ClassName("3", "2")
    assert grade_in_class(text) == "三年级"


@pytest.mark.parametrize(
    ("text", "number"),
    [("2", "2"), ("2班", "2"), ("二班", "2"), ("(2)班", "2"), (2.0, "2"), ("十二班", "12"), ("二十一班", "21")],
)
def test_a_number_alone_has_no_grade(text, number):
    assert parse_class(text) == ClassName("", number)
    assert grade_in_class(text) == ""


@pytest.mark.parametrize(
    ("text", "grade"), [("初三1班", "初三"), ("高一3班", "高一"), ("九年级1班", "九年级"), ("302", "三年级")]
)
def test_grades_are_shown_as_schools_say_them(text, grade):
    assert grade_in_class(text) == grade


@pytest.mark.parametrize("text", ["1012", "2023届", "A班", "GP", "2024级2班", "三年级"])
def test_what_is_not_certain_is_only_itself(text):
    assert grade_in_class(text) == ""


@pytest.mark.parametrize("value", [3.1, date(2026, 3, 2), True, None])
def test_a_number_that_lost_a_digit_or_became_a_date_is_no_class(value):
    assert class_label(value) == ""


def test_three_digits_follow_the_grade_beside_them():
    assert class_of("三年级", "302") == ClassName("3", "2")
    assert class_of("五年级", "302") == ClassName("5", "302")
    assert not contradicts("五年级", "302")


def test_a_written_grade_that_is_another_one_contradicts():
    assert contradicts("四年级", "三年级2班")
    assert not contradicts("三年级", "三年级2班")
    assert not contradicts("初三", "九年级2班")
    assert not contradicts("全年级", "2班")


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("初三", "九年级", True),
        ("初三", "八年级", True),
        ("初三", "三年级", False),
        ("高一", "十年级", True),
        ("3", "三年级", True),
    ],
)
def test_grades_of_two_schemes_may_be_one(one, other, may):
    assert grades_agree(grade_key(one), grade_key(other)) is may
    assert grades_agree(grade_key(other), grade_key(one)) is may


def test_classes_are_one_by_number_and_no_contradiction_of_grades():
    assert same_class(ClassName("3", "2"), ClassName("", "2"))
    assert not same_class(ClassName("3", "2"), ClassName("4", "2"))
    assert not same_class(ClassName("3", "2"), ClassName("3", "1"))


@pytest.mark.parametrize(
    ("given", "shown"),
    [(3.0, "三年级"), ("3", "三年级"), ("三", "三年级"), ("3年级", "3年级"), ("初三", "初三"), ("一年级", "一年级")],
)
def test_a_grade_is_kept_as_given_unless_it_is_a_bare_number(given, shown):
    assert grade_label(given) == shown


@pytest.mark.parametrize("text", LIKELY)
def test_what_reads_as_grade_and_class_holds_only_where_the_grade_agrees(text):
    found = parse_class(text)
    assert (found.grade, found.number, found.certain) == ("3", "2", False)
    assert class_of("三年级", text) == ClassName("3", "2")
    assert class_of("五年级", text).number != "2"


@pytest.mark.parametrize(("cell", "number"), [("3.1", "1"), ("3.10", "10"), ("3.20", "20"), (3.11, "11"), (3.9, "9")])
def test_classes_above_nine_are_told_where_the_cell_tells_them(cell, number):
    assert class_of("三年级", cell) == ClassName("3", number)


@pytest.mark.parametrize("cell", [3.1, 4.1, 3.123, -3.2, float("nan"), float("inf")])
def test_a_number_cell_that_may_have_lost_its_zero_is_no_class(cell):
    """3.1 was 3.1 or 3.10."""
    assert class_label(cell) == "" and parse_class(cell) == ClassName("", "")


@pytest.mark.parametrize(
    ("text", "grade", "number"),
    [
        ("一年级（1）班", "1", "1"), ("1年1班", "1", "1"), ("一(1)", "1", "1"), ("一班", "", "1"), ("01班", "", "1"), ("2.0", "", "2"),
        ("初三(1)班", "初3", "1"), ("初中三年级1班", "初3", "1"), ("高一3班", "高1", "3"), ("高中一年级3班", "高1", "3"),
        ("初中七年级2班", "7", "2"), ("十一年级2班", "11", "2"), ("三年级甲班", "3", "甲"), ("三年级A班", "3", "a"),
        ("三年级实验班", "3", "实验"), ("实验班", "", "实验"), ("三十二班", "", "32"), ("小学22班", "", "小学22"), ("三年级0班", "", "三年级0"),
        ("3月2日", "", "3月2日"), ("三年级2班(南校区)", "3", "2班(南校区)"), ("初三班", "", "初三"),
    ],
)  # fmt: skip
def test_names_of_every_kind(text, grade, number):
    assert parse_class(text) == ClassName(grade, number)


class TestYearsOfEntry:
    """§3.1: when the pupils came is no grade; two years are two classes."""

    @pytest.mark.parametrize("text", ["2024级1班", "2024级(1)班", "24级1班", "2024级一班", "２０２４级０１班"])
    def test_one_class_in_many_ways(self, text):
        assert parse_class(text) == ClassName("", "1", cohort="2024级")
        assert grade_in_class(text) == ""

    def test_classes_of_two_years_are_never_one(self):
        one, other = parse_class("2024级1班"), parse_class("2023级1班")
        assert one != other and not same_class(one, other)
        assert not same_class(one, parse_class("2024届1班")) and not same_class(one, parse_class("初2024级1班"))

    def test_it_is_a_class_of_a_grade_only_where_a_cell_says_so(self):
        third = class_of("三年级", "1班")
        assert not same_class(third, parse_class("2024级1班"))
        assert same_class(third, class_of("三年级", "2024级1班"))
        assert not same_class(third, class_of("四年级", "2024级1班"))
        assert same_class(class_of("三年级", "2024级1班"), parse_class("2024级（1）班"))

    def test_in_the_column_of_grades_it_says_no_grade_either(self):
        assert class_of("2024级", "三年级2班") == ClassName("3", "2", cohort="2024级")
        assert not contradicts("2024级", "三年级2班") and contradicts("2024级", "2023级2班")


class TestTitles:
    """§3.1: title rows above the header, several classes in one book."""

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("某某小学三年级（2）班期中成绩表", "三年级(2)班"), ("2026年秋三年级二班学生名册", "三年级二班"), ("302班成绩", "302班"),
            ("三(2)班", "三(2)班"), ("（2）班", "(2)班"), ("二班", "二班"), ("班级：三(2)班", "三(2)班"), ("班级:2班", "2班"), ("3.2班", "3.2班"),
            ("三年级2班(302班)", "三年级2班"), ("某中学七年级2班", "七年级2班"), ("某某中学初三（1）班", "初三(1)班"), ("2024级3班成绩", "2024级3班"),
            ("三年级A班", "三年级A班"), ("三年级2班班主任", "三年级2班"), ("三年级二班会考成绩", "三年级二班"), ("12班期末", "12班"),
            ("2026学年三年级(2)班3月2日", "三年级(2)班"), ("某小学六年级12班第3次月考", "六年级12班"),
        ],
    )  # fmt: skip
    def test_the_class_that_a_title_speaks_of(self, text, name):
        assert class_in_text(text) == name

    @pytest.mark.parametrize(
        "text",
        [
            "", "2026秋", "第3次月考", "三年级期中成绩", "302", "3.2", "三年级 (2)", "Sheet1", "3.2班会", "9.1班会", "2026.3.2班级", "班主任", "班级",
            "三年级1班、2班", "1-3班", "三年级1-3班", "三年级(1)(2)班", "三（1、2）班", "1班2班", "三年级1班和四年级1班", "三年级一二班", "共12班",
            "三年级共12班", "2班三年级", "2026年2班", "二〇二六年二班", "某中学三年级2班", "期中考试(2班)", "示例实验学校（3）班", "2026级1班2026级2班",
        ],
    )  # fmt: skip
    def test_no_class_several_or_perhaps_one(self, text):
        assert class_in_text(text) == ""

    @given(
        st.integers(1, 9),
        st.integers(1, 20),
        st.sampled_from(["{g}年级{n}班", "{g}({n})班", "{d}年级{n}班", "{d}{n:02}班"]),
    )
    def test_what_a_title_says_is_the_class_itself(self, grade, number, form):
        name = form.format(g="一二三四五六七八九"[grade - 1], d=grade, n=number)
        assert class_in_text(f"2026年秋某某小学{name}期中成绩表") == name
        assert class_of(grade, name) == ClassName(str(grade), str(number))

    @given(st.text("三年级12班班级()、-2026秋期中成绩小学A.", max_size=14))
    def test_whatever_is_found_stands_there_and_is_one_class(self, text):
        name = class_in_text(text)
        assert name in text
        assert not name or parse_class(name).number
