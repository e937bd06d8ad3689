"""What a score cell says, and what a column of them is (spec §3.1, §4, §4.1)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import LADDER, pupil_ids
from xlbangfu.programme.scores import (
    BLANK,
    is_zero_row,
    ladder_for,
    read_column,
    read_score,
    split_ladder,
)

ABSENT_WORDS = ("缺", "缺考", "病假", "—", "×", "Q", "未扫", " 缺 考 ", "未扫，不计排名")
EXEMPT_WORDS = (
    "免考",
    "免修",
    "随班就读",
    "N",
    "36，剔除",
    "36,剔除",
    "36 剔除",
    "36（不计排名）",
    "36分，不计排名",
    "36.5、剔除",
)
cells = st.one_of(
    st.none(),
    st.integers(-5, 130),
    st.floats(),
    st.sampled_from([*ABSENT_WORDS, *EXEMPT_WORDS, "缓考", "优", "良", "合格", "待合格", "甲", "85分", "abc", "", " "]),
    st.text(max_size=6),
    st.booleans(),
)


def column(*values, **how):
    """The column of these cells, one per pupil."""
    return read_column({p: read_score(v) for p, v in zip(pupil_ids(len(values)), values, strict=True)}, **how)


def result_list(found, n):
    return [found.results.get(p) for p in pupil_ids(n)]


class TestOneCell:
    """§3.1: the words of real files."""

    @pytest.mark.parametrize("cell", ABSENT_WORDS)
    def test_words_for_a_pupil_who_was_not_there(self, cell):
        assert (read_score(cell).absence, read_score(cell).result) == ("缺考", None)

    @pytest.mark.parametrize("cell", EXEMPT_WORDS)
    def test_words_for_a_pupil_who_does_not_count(self, cell):
        assert (read_score(cell).absence, read_score(cell).result) == ("免考", None)

    @pytest.mark.parametrize("cell", ["36，剔除", "36（不计排名）", "36分，不计排名"])
    def test_a_mark_set_aside_is_kept_in_the_note(self, cell):
        assert "36" in read_score(cell).note

    def test_deferred_is_deferred(self):
        assert read_score("缓考").absence == "缓考"

    @pytest.mark.parametrize("cell", ["85分", "８５分", "85 分", 85, 85.0, "85", "８５"])
    def test_eighty_five_however_it_is_written(self, cell):
        assert read_score(cell).result == Fraction(85)

    @pytest.mark.parametrize("cell", [None, "", "  ", "\u3000", "\n"])
    def test_an_empty_cell_is_blank(self, cell):
        assert read_score(cell) == BLANK and read_score(cell).blank

    def test_zero_is_a_mark_and_not_a_blank(self):
        assert read_score(0).result == 0 and not read_score(0).blank
        assert read_score("0").result == 0

    @given(cells)
    def test_every_cell_is_a_result_or_an_absence_or_blank(self, cell):
        reading = read_score(cell)
        assert (reading.result is None) or (reading.absence is None)

    @pytest.mark.parametrize("cell", [1e-300, 5e-324, 1e300])
    def test_a_number_that_no_mark_can_be_is_not_a_mark(self, cell):
        """§4.1: σ is 0 iff all scores are equal; 1e-300 squared would be lost."""
        assert not isinstance(read_score(cell).result, Fraction)


class TestMarksOrLevels:
    """§4.1: scores or levels is decided from the cells, 任课 is the default, the rarer kind is rejected."""

    def test_levels_among_marks_are_rejected_with_their_pupil(self):
        found = column(80, 70, "良")
        assert found.kind == "分数" and result_list(found, 3) == [80, 70, None]
        assert [(r.pupil_id, r.rule) for r in found.rejected] == [(pupil_ids(3)[2], "score.mixed")]

    def test_marks_among_levels_are_rejected_with_their_pupil(self):
        found = column("优", "良", 88, scoring="分数")
        assert found.kind == "等级" and result_list(found, 3) == ["优", "良", None]
        assert [(r.pupil_id, r.rule) for r in found.rejected] == [(pupil_ids(3)[2], "score.mixed")]

    @pytest.mark.parametrize("scoring", ["分数", "等级"])
    def test_a_tie_follows_the_sheet_of_subjects(self, scoring):
        found = column("优", 88, scoring=scoring)
        assert found.kind == scoring and len(found.results) == len(found.rejected) == 1

    @pytest.mark.parametrize("scoring", ["分数", "等级"])
    def test_without_results_the_sheet_of_subjects_says_the_kind(self, scoring):
        found = column("缺考", None, scoring=scoring)
        assert found.kind == scoring and not found.results and found.typed

    def test_a_word_that_is_no_level_counts_for_neither_kind(self):
        found = column(80, "abc", "xyz", "abc")
        assert found.kind == "分数" and result_list(found, 4) == [80, None, None, None]
        assert {r.rule for r in found.rejected} == {"score.unknown"}

    def test_the_declared_ladder_is_taken_before_the_usual_ones(self):
        found = column("甲", "乙", "丙", levels=("甲", "乙", "丙", "丁"))
        assert found.kind == "等级" and found.ladder == ("甲", "乙", "丙", "丁")

    def test_usual_ladders_are_known_without_being_declared(self):
        assert column("优秀", "及格", "不及格").ladder == ("优秀", "良好", "及格", "不及格")

    def test_no_levels_and_no_ladder_give_no_ladder(self):
        assert ladder_for(["甲", "乙"]) is None
        assert ladder_for(["甲"], ("乙",)) == ("乙",)

    @pytest.mark.parametrize(
        "text",
        ["优,良,合格,待合格", "优，良，合格，待合格", "优、良、合格、待合格", "优 良 合格 待合格", "优>良>合格>待合格"],
    )
    def test_a_ladder_is_parted_by_any_usual_comma(self, text):
        assert split_ladder(text) == LADDER

    @given(st.lists(cells, max_size=12), st.sampled_from(["分数", "等级"]), st.booleans())
    def test_nothing_is_dropped_in_silence(self, values, scoring, bounded):
        """§3.1: cells read = results + absences + rejected + blanks, each pupil in just one of them."""
        found = column(*values, scoring=scoring, full_points=Fraction(100) if bounded else None)
        blank = sum(read_score(v).blank for v in values)
        places = [*found.results, *found.absences, *(r.pupil_id for r in found.rejected)]
        assert len(places) == len(set(places)) == len(values) - blank
        wanted = Fraction if found.kind == "分数" else str
        assert all(isinstance(x, wanted) for x in found.results.values())

    @given(st.lists(cells, max_size=8), st.randoms(use_true_random=False))
    def test_row_order_does_not_matter(self, values, chance):
        pairs = list(zip(pupil_ids(len(values)), values, strict=True))
        shuffled = chance.sample(pairs, len(pairs))
        one, two = (read_column({p: read_score(v) for p, v in order}) for order in (pairs, shuffled))
        assert (one.kind, dict(one.results), dict(one.absences), one.rejected, one.typed) == (
            two.kind, dict(two.results), dict(two.absences), two.rejected, two.typed,
        )  # fmt: skip


class TestRange:
    """§4: out-of-range values are never zero and never counted; §9: any number where 满分 is blank."""

    @pytest.mark.parametrize(
        ("mark", "counts"), [(0, True), (100, True), ("100.01", False), (-1, False), (1000, False)]
    )
    def test_marks_outside_nought_to_full_points_are_rejected(self, mark, counts):
        found = column(mark, 50, 60, full_points=Fraction(100))
        assert (pupil_ids(1)[0] in found.results) is counts
        assert [r.rule for r in found.rejected] == ([] if counts else ["score.range"])

    @pytest.mark.parametrize("mark", ["-1.76", -300, 5000, "0.123456789"])
    def test_without_full_points_any_number_is_a_mark(self, mark):
        assert len(column(mark, 1, 2).results) == 3


class TestZeroRows:
    """§4: a row whose entered cells are all 0, at least one, is a pupil who was not there."""

    @pytest.mark.parametrize(
        ("row", "zero"),
        [
            ((0,), True),
            ((0, 0, 0), True),
            ((0, None, ""), True),
            (("0", "0分"), True),
            ((0, "缺考"), False),
            ((0, 1), False),
            ((0, "待合格"), False),
            ((None, None), False),
            ((), False),
        ],
    )
    def test_which_rows_are_zero_rows(self, row, zero):
        assert is_zero_row(read_score(v) for v in row) is zero

    def test_a_zero_row_is_absent_and_keeps_its_column_typed(self):
        one, two = pupil_ids(2)
        found = read_column({one: read_score(0), two: read_score(50)}, zero_pupils=frozenset({one}))
        assert found.absences == {one: "缺考"} and found.results == {two: 50} and not found.rejected

    def test_a_column_is_untyped_only_while_every_cell_is_blank(self):
        """§4.4: a typed 缺考 is not blank."""
        assert not column(None, "", " ").typed
        assert column(None, "缺考").typed and column(None, "abc").typed and column(0).typed
