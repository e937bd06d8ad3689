"""Names of classes are understood where they are certain, and left alone where they are not (spec §3.1, §9)."""

from __future__ import annotations

from datetime import date

import pytest

from xlbangfu.imports.classes import (
    ClassName,
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

SECOND_OF_THIRD = ("三年级2班", "三年级二班", "三（2）班", "三(二)班", "三2班", "3年级2班", "小三2班", "三年级 2 班")


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


@pytest.mark.parametrize("text", ["1012", "2023届", "A班", "GP", "3.2"])
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
