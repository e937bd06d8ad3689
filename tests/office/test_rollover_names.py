"""Terms, grades and the names of classes a term later (spec §3, §3.1, §6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.imports.classes import class_of, grade_key
from xlbangfu.office.rollover_names import NextName, grade_of, next_class, next_grade
from xlbangfu.programme.terms import AUTUMN, SPRING, Term, exam_in_term, read_term

TERMS = st.builds(Term, st.integers(2000, 2097), st.sampled_from((AUTUMN, SPRING)))
NUMERALS = "一二三四五六七八九十"


class TestTerms:
    @pytest.mark.parametrize(
        "text",
        [
            "2026秋", "２０２６秋", " 2026 年 秋 ", "2026年秋季学期", "2026秋期", "2026-2027学年第一学期",
            "2026—2027学年度第1学期", "2026-27学年上学期", "2026学年第一学期", "2026-2027学年(上)",
            "2026～2027学年秋季学期", "2026-2027-1", "2026-2027第一学期", "二〇二六年秋",
        ],
    )  # fmt: skip
    def test_one_term_is_written_in_many_ways(self, text):
        assert read_term(text) == Term(2026, AUTUMN)

    @pytest.mark.parametrize(
        "text", ["2027春", "2027年春季学期", "2026-2027学年第二学期", "2026学年下学期", "2026-2027-2"]
    )
    def test_spring_belongs_to_the_school_year_that_began_before_it(self, text):
        assert read_term(text) == Term(2026, SPRING)

    @pytest.mark.parametrize(
        "text", [None, "", "2026", "秋", "2027年第一学期", "2026上", "2026-2028学年第一学期", "2026秋天", "3026秋"]
    )
    def test_what_names_no_term_for_certain_names_none(self, text):
        assert read_term(text) is None

    @given(TERMS)
    def test_the_label_names_the_term(self, term):
        assert read_term(term.label) == term
        ordinal = "一" if term.half == AUTUMN else "二"
        assert read_term(f"{term.school_year}-{term.school_year + 1}学年第{ordinal}学期") == term

    @given(TERMS, TERMS)
    def test_later_is_by_the_calendar_and_septembers_are_those_between(self, one, other):
        def months(t: Term) -> int:  # of its first day: September, or February of the year after
            return t.school_year * 12 + 9 if t.half == AUTUMN else (t.school_year + 1) * 12 + 2

        assert (one < other) == (months(one) < months(other))
        if one < other:
            between = [m for m in range(months(one) + 1, months(other) + 1) if m % 12 == 9]
            assert one.septembers_to(other) == len(between)
            assert one.terms_to(other) == sum(m % 12 in (2, 9) for m in range(months(one) + 1, months(other) + 1))

    @pytest.mark.parametrize(
        ("exam", "called"),
        [
            ("期末", "2026秋期末"), ("期末考试", "2026秋期末考试"), ("月考2", "2026秋月考2"),
            ("2026秋期末", "2026秋期末"), ("26秋期末", "26秋期末"), ("三上期末", "三上期末"),
            ("三年级上学期期末", "三年级上学期期末"),
        ],
    )  # fmt: skip
    def test_an_exam_that_goes_into_the_next_term_tells_which_term_it_is_of(self, exam, called):
        assert exam_in_term(exam, Term(2026, AUTUMN)) == called


class TestGrades:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("一年级", "二年级"), ("五年级", "六年级"), ("3年级", "4年级"), ("3", "4"), ("三", "四"), ("小三", "小四"),
            ("小学三年级", "小学四年级"), ("七年级", "八年级"), ("初一", "初二"), ("高二", "高三"), (" 三年级 ", "四年级"),
        ],
    )  # fmt: skip
    def test_move_on_by_one_as_they_were_written(self, before, after):
        assert next_grade(before, 1) == NextName(after)

    @pytest.mark.parametrize("grade", ["六年级", "6", "小六", "九年级", "初三", "高三", "十二年级"])
    def test_the_last_one_of_a_school_has_no_next(self, grade):
        assert next_grade(grade, 1) is None

    @pytest.mark.parametrize("grade", ["混合", "全年级", "三年级（实验）"])
    def test_words_that_are_no_grade_are_kept_and_that_is_told(self, grade):
        assert next_grade(grade, 1) == NextName(grade, told=False)

    @given(st.integers(1, 6), st.integers(0, 7), st.sampled_from(["{}年级", "{}", "小{}", "小学{}年级"]), st.booleans())
    def test_grade_arithmetic_is_addition_up_to_graduation(self, number, years, form, digits):
        def written(n: int) -> str:
            return form.format(n if digits else NUMERALS[n - 1])

        found = next_grade(written(number), years)
        if years and number + years > 6:
            assert found is None
        else:
            assert found == NextName(written(number + years))


class TestNamesOfClasses:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("三年级2班", "四年级2班"), ("三年级三班", "四年级三班"), ("3年级2班", "4年级2班"), ("三(2)班", "四(2)班"),
            ("三（２）班", "四（２）班"), ("三2班", "四2班"), ("小三2班", "小四2班"), ("302", "402"), ("302班", "402班"),
            ("3.2", "4.2"), ("3-2", "4-2"), ("3(2)班", "4(2)班"), ("三·2", "四·2"), ("三年级 2班", "四年级 2班"),
        ],
    )  # fmt: skip
    def test_the_grade_in_the_name_moves_and_nothing_else(self, before, after):
        assert next_class("三年级", before, 1) == NextName(after)

    @pytest.mark.parametrize(
        "name", ["2班", "2", "(2)班", "三班", "3班", "十二班", "阳光班", "GP", "2023级3班", "23级3班", ""]
    )
    def test_a_name_without_a_grade_stays(self, name):
        assert next_class("三年级", name, 1) == NextName(name)

    @pytest.mark.parametrize("name", ["402", "四年级2班", "3A", "三实验班", "1012", "32班"])
    def test_what_cannot_be_told_stays_and_is_told(self, name):
        assert next_class("三年级", name, 1) == NextName(name, told=False)

    def test_without_年级_only_a_grade_that_is_written_out_moves(self):
        assert next_class("", "三年级2班", 1) == NextName("四年级2班")
        assert next_class("", "302", 1) == NextName("302", told=False)
        assert grade_of("", "六年级1班") == "六年级"
        assert grade_of("", "602") == ""

    @given(
        st.integers(1, 5), st.integers(1, 20), st.integers(0, 1),
        st.sampled_from(["{g}年级{n}班", "{g}({n})班", "{d}{n:02}", "{d}{n:02}班", "{n}班", "{n}", "{d}年级{n}班", "小{g}{n}班"]),
    )  # fmt: skip
    def test_it_is_the_same_class_of_the_next_grade(self, grade, number, years, form):
        """Whatever the merge and distribute compare classes by, only the grade differs."""
        before, after = f"{NUMERALS[grade - 1]}年级", f"{NUMERALS[grade + years - 1]}年级"
        name = form.format(g=NUMERALS[grade - 1], d=grade, n=number)
        found = next_class(before, name, years)
        assert class_of(after, found.text).number == class_of(before, name).number
        assert class_of(after, found.text).grade == grade_key(after)
        if years == 0:
            assert found == NextName(name)
