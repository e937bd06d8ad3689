"""How far each supported pupil moved, whether that is more than noise, and what was done (spec §3, §4.4)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import TODAY, case_row, classroom, norms_row, pupil_ids
from xlbangfu.programme.chances import beyond_regression, reliable_change
from xlbangfu.programme.freezing import freeze, read_frozen_list
from xlbangfu.programme.progress import dosage, progress, trend
from xlbangfu.table import Row

IDS = pupil_ids(25)
ONE, TWO = IDS[:2]
BASELINE = [30 + 2 * i for i in range(25)]
MIDTERM = [60, 20, *[33 + 2 * i for i in range(2, 25)]]


def room_of(first=BASELINE, second=MIDTERM, *, subjects=("语文",), **more):
    cells = {
        "入学": {"语文": dict(zip(IDS, first, strict=False))},
        "期中": {"语文": dict(zip(IDS, second, strict=False))},
    }
    return classroom(cells, subjects=subjects, **more)


def session(pupil=ONE, **values):
    return Row({"date": date(2026, 10, 1), "pupil_id": pupil, "subject": "语文", "minutes": 30, **values})


class TestTrend:
    """§4.4: 「可靠进步」 only if RCI ≥ 1.96 and also corrected for regression to the mean."""

    @given(st.floats(-3, 1), st.floats(-3, 3), st.floats(0, 0.99))
    def test_reliable_progress_needs_both(self, before, after, r):
        both = reliable_change(before, after, r) >= 1.96 and beyond_regression(before, after, r) >= 1.96
        assert (trend(before, after, r) == "可靠进步") is both

    def test_a_large_change_that_regression_explains_is_only_a_rise(self):
        """z from −2.5 to −0.3 with r = 0.7: RCI 2.84, corrected 2.03; from −2.5 to −0.5: RCI 2.58, corrected 1.75."""
        assert trend(-2.5, -0.3, 0.7) == "可靠进步"
        assert reliable_change(-2.5, -0.5, 0.7) > 1.96 and trend(-2.5, -0.5, 0.7) == "上升"

    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            (-1.0, 0.9, "上升"),
            (-1.0, -1.0, "持平"),
            (-1.0, -1.09, "持平"),
            (-1.0, -1.2, "下降"),
            (0.0, -2.0, "可靠退步"),
        ],
    )
    def test_words(self, before, after, words):
        assert trend(before, after, 0.5) == words

    @given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-1, 1))
    def test_the_word_never_contradicts_the_sign(self, before, after, r):
        word = trend(before, after, r)
        assert word in ("可靠进步", "上升", "持平", "下降", "可靠退步")
        if after >= before:
            assert word not in ("下降", "可靠退步")
        else:
            assert word not in ("上升", "可靠进步")


class TestRows:
    """§3, 进步: one row per followed pupil, subject and phase that was sat."""

    def test_figures_of_a_row(self):
        room = room_of()
        [row] = progress(room, [case_row(ONE)], [session(), session(minutes=None)], [])
        z0, zt = (room.z(exam, "语文", ONE, "本班") for exam in ("入学", "期中"))
        r = room.correlation("期中", "语文")
        assert (row["phase"], row["score"], row["z"], row["change"]) == ("期中", 60, zt, zt - z0)
        assert row["rci"] == pytest.approx(reliable_change(z0, zt, r)) and row["trend"] == trend(z0, zt, r)
        assert (row["sessions"], row["minutes"], row["name"]) == (2, 30, "测试101")

    def test_without_r_both_are_blank(self):
        rows = progress(room_of(BASELINE[:19], MIDTERM[:19]), [case_row(ONE)], [], [])
        assert [(r["rci"], r["trend"]) for r in rows] == [(None, None)] and rows[0]["change"] is not None

    @pytest.mark.parametrize("at", [0, 1])
    def test_without_either_result_the_change_is_blank(self, at):
        columns = [list(BASELINE), list(MIDTERM)]
        columns[at][0] = "缺考"
        [row] = progress(room_of(*columns), [case_row(ONE)], [], [])
        assert (row["change"], row["rci"], row["trend"]) == (None, None, None)
        assert (row["score"] is None) is (at == 1)

    def test_both_exams_are_held_against_the_kind_the_list_was_flagged_by(self):
        norms = [norms_row("入学", range(20, 90)), norms_row("期中", range(10, 100), r="0.8")]
        room = room_of(norms=norms)
        for kind in ("年级", "本班"):
            [row] = progress(room, [case_row(ONE, reference=kind)], [], [])
            assert row["z"] == room.z("期中", "语文", ONE, kind)

    def test_a_row_deleted_from_the_caseload_is_followed_as_it_would_be_flagged_today(self):
        """The same kind that its conversion is counted by: 年级 where the baseline has norms (§4.1, §4.4)."""
        room = room_of(norms=[norms_row("入学", range(20, 90)), norms_row("期中", range(10, 100), r="0.8")])
        after, listed, check = freeze([case_row(ONE, reference="年级"), case_row(TWO, reference="年级")], TODAY)
        frozen = read_frozen_list(check, after[1:], listed)
        row = next(r for r in progress(room, after[1:], [], [], frozen) if r["pupil_id"] == ONE)
        assert row["z"] == room.z("期中", "语文", ONE, "年级")

    def test_the_frozen_list_is_followed_and_not_what_is_confirmed_now(self):
        after, listed, check = freeze([case_row(ONE)], TODAY)
        later = [after[0].changed(confirmed="否"), case_row(TWO)]
        frozen = read_frozen_list(check, later, listed)
        assert [r["pupil_id"] for r in progress(room_of(), later, [], [], frozen)] == [ONE]

    def test_watched_pupils_are_followed_general_rows_are_not(self):
        rows = progress(room_of(), [case_row(ONE, case_type="关注"), case_row(TWO, "综合", case_type="关注")], [], [])
        assert [r["pupil_id"] for r in rows] == [ONE]

    def test_phases_not_sat_have_no_row(self):
        assert progress(room_of(second=[None] * 25), [case_row(ONE)], [], []) == []
        assert progress(room_of(midterm_exam=None), [case_row(ONE)], [], []) == []
        assert progress(classroom({}, pupils=[]), [], [], []) == []

    def test_order_of_rows_is_that_of_subjects_then_numbers(self):
        rows = [case_row(TWO), case_row(ONE)]
        assert progress(room_of(), rows, [], []) == progress(room_of(), rows[::-1], [], [])


class TestDosage:
    """§1: dosage = count and minutes of sessions."""

    UNTIL = date(2026, 11, 5)

    @pytest.mark.parametrize(
        ("values", "counts"),
        [
            ({}, True),
            ({"subject": None}, True),
            ({"subject": "数学"}, False),
            ({"pupil_id": TWO}, False),
            ({"date": date(2026, 11, 5)}, True),
            ({"date": date(2026, 11, 6)}, False),
            ({"date": date(2026, 8, 1)}, False),
            ({"date": None}, True),
        ],
    )
    def test_which_sessions_count(self, values, counts):
        held = dosage([session(**values)], (ONE, "语文"), self.UNTIL, room_of())
        assert (held.sessions, held.minutes) == ((1, 30) if counts else (0, 0))

    def test_identical_rows_all_count(self):
        """§3: every row is an event."""
        assert dosage([session(), session()], (ONE, "语文"), None, room_of()).sessions == 2


class TestInterest:
    """§3: 学习兴趣 before and after (主动性, 兴趣, 参与度 1–5)."""

    def row(self, **values):
        return Row(
            {
                "date": date(2026, 9, 8),
                "pupil_id": ONE,
                "subject": "语文",
                "initiative": None,
                "interest": None,
                "participation": None,
                **values,
            }
        )

    def read(self, *rows):
        [found] = progress(room_of(), [case_row(ONE)], [], rows)
        return found["interest_before"], found["interest_after"]

    def test_the_first_and_the_last(self):
        rows = [
            self.row(date=date(2026, 10, 20), initiative=4, interest=5, participation=4),
            self.row(initiative=2, interest=1),
            self.row(date=date(2026, 10, 1), interest=3),
        ]
        assert self.read(*rows) == (Fraction(3, 2), Fraction(13, 3)) == self.read(*rows[::-1])

    def test_one_alone_has_no_after_and_none_has_neither(self):
        assert self.read(self.row(interest=3)) == (3, None) and self.read() == (None, None) == self.read(self.row())

    def test_other_subjects_other_pupils_and_later_days_are_left_out(self):
        assert self.read(
            self.row(interest=3),
            self.row(interest=5, subject="数学"),
            self.row(interest=5, pupil_id=TWO),
            self.row(interest=5, date=date(2026, 12, 1)),
        ) == (3, None)
