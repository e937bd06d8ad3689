"""The pure part of norms: cells of a grade in, rows of 常模 out (spec §4.1, §4.2)."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from xlbangfu.imports.classes import ClassName
from xlbangfu.issues import Issue
from xlbangfu.office.norms_pool import Limits, People, Pool, Pupil, Sitting, norms_rows
from xlbangfu.programme.scores import read_score


def sitting(pupil_id: str, reading, exam: str = "入学", **more) -> Sitting:
    """One cell of an invented pupil."""

    def issue(level, rule, message, mend):
        return schema_issue(level, rule, message)

    return Sitting(
        Pupil("3", pupil_id, f"测试{pupil_id}"), exam, "语文", reading, issue, ("a", "b", int(pupil_id)), Limits(**more)
    )


def schema_issue(level, rule, message):
    """A problem without a place."""
    return Issue(level, "成绩", rule, message)


class TestWhoIsWho:
    def keys(self, *pupils: Pupil) -> list[str]:
        people = People(pupils)
        return [people.key(p) for p in pupils]

    def test_a_number_is_one_pupil_with_or_without_a_name(self):
        one, two = self.keys(Pupil("3", "7", "测试甲"), Pupil("3", "7", ""))
        assert one == two != ""

    def test_a_number_of_two_names_is_two_pupils_and_nobody_without_a_name(self):
        one, two, nameless = self.keys(Pupil("3", "7", "测试甲"), Pupil("3", "7", "测试乙"), Pupil("3", "7", ""))
        assert one != two
        assert nameless == ""

    def test_class_and_name_stand_for_the_only_number_they_have(self):
        second, third = ClassName("3", "2"), ClassName("3", "3")
        numbered, unnumbered, other = self.keys(
            Pupil("3", "7", "测试甲", second), Pupil("3", "", "测试甲", second), Pupil("3", "", "测试甲", third)
        )
        assert numbered == unnumbered
        assert other not in ("", numbered)

    def test_namesakes_of_one_class_are_never_joined(self):
        second = ClassName("3", "2")
        *_, unnumbered = self.keys(
            Pupil("3", "7", "测试甲", second), Pupil("3", "8", "测试甲", second), Pupil("3", "", "测试甲", second)
        )
        assert unnumbered == ""

    def test_a_name_without_a_class_is_nobody(self):
        assert self.keys(Pupil("3", "", "测试甲")) == [""]


def test_a_distribution_too_long_for_a_cell_is_listed():
    pool = Pool()
    for i in range(5000):
        pool.add(sitting(str(i), read_score(i / 7)), "三年级")
    assert norms_rows(pool, lambda g: Fraction(1, 5), lambda g: "") == []
    assert [i.rule for i in pool.issues] == ["norms.too_long"]


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 40).map(lambda n: Fraction(n, 2)), min_size=1, max_size=40),
    st.sampled_from([Fraction(1, 5), Fraction(7, 100), Fraction(55, 100)]),
)
def test_cut_mean_and_counts_are_those_of_the_sorted_list(marks, share):
    pool = Pool()
    for i, x in enumerate(marks):
        pool.add(sitting(str(i), read_score(x)), "三年级")
    (row,) = norms_rows(pool, lambda g: share, lambda g: "")
    ordered = sorted(marks)
    place = -(-share.numerator * len(marks) // share.denominator)
    expected = ordered[place - 1]
    if expected == ordered[-1]:
        expected = max((x for x in ordered if x < ordered[-1]), default=None)
    assert row["cut"] == expected
    assert row["next"] == (None if expected is None else min(x for x in ordered if x > expected))
    assert row["mean"] == sum(marks) / len(marks)
    assert row["n"] == len(marks)
