"""One class as the rules see it: who was there, who got what, against which reference (spec §4, §4.1)."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import BASELINE_DAY, LADDER, classroom, norms_row, policy, pupil_ids
from xlbangfu.programme.classroom import Classroom, in_term, is_active, left_by, read_subjects, there_on
from xlbangfu.programme.norms import correlation
from xlbangfu.schema import STATUSES
from xlbangfu.table import Row, Table

DAY = date(2026, 11, 5)
BEFORE, ON, AFTER = DAY - timedelta(1), DAY, DAY + timedelta(1)
# status: (day before, on the day, day after, no 状态日期); the last also stands for an exam without a date
PRESENCE = {
    "在读": (True, True, True, True),
    "转入": (True, True, False, True),
    "转出": (False, False, True, False),
    "休学": (False, False, True, False),
    "流失": (False, False, True, False),
}
LEFT = {"转出", "休学"}


class TestPresence:
    """§4: 在读; 转入 with 状态日期 on or before the exam; 转出/休学 with 状态日期 after it."""

    def test_every_status_is_decided_here(self):
        assert set(PRESENCE) == set(STATUSES)

    @pytest.mark.parametrize("status", PRESENCE)
    @pytest.mark.parametrize(("place", "since"), list(enumerate([BEFORE, ON, AFTER, None])))
    def test_who_was_there_on_the_day(self, status, place, since):
        assert there_on({"status": status, "status_date": since}, DAY) is PRESENCE[status][place]

    @pytest.mark.parametrize("status", PRESENCE)
    @pytest.mark.parametrize("since", [BEFORE, ON, AFTER, None])
    def test_without_a_date_of_the_exam_the_status_of_now_decides(self, status, since):
        assert there_on({"status": status, "status_date": since}, None) is PRESENCE[status][3]

    @pytest.mark.parametrize("status", PRESENCE)
    @pytest.mark.parametrize(("place", "since"), list(enumerate([BEFORE, ON, AFTER, None])))
    def test_only_transfers_and_leave_count_as_having_left(self, status, place, since):
        """§4.4: 转出 or 休学 on or before exam t; 流失 stays in the base."""
        gone = status in LEFT and not PRESENCE[status][place]
        assert left_by({"status": status, "status_date": since}, DAY) is gone

    def test_a_blank_status_is_a_pupil_of_the_class(self):
        assert there_on({}, DAY) and there_on({"status": None, "status_date": AFTER}, DAY) and is_active({})

    @pytest.mark.parametrize("status", PRESENCE)
    def test_active_now(self, status):
        assert is_active({"status": status}) is (status in ("在读", "转入"))

    def test_statistics_run_over_those_who_were_there(self):
        """The same pupils, asked at the baseline and at midterm."""
        ids = pupil_ids(6)
        cells = {exam: {"语文": dict(zip(ids, (10, 20, 30, 40, 50, 60), strict=True))} for exam in ("入学", "期中")}
        between = BASELINE_DAY + timedelta(20)
        status = [
            ("在读", None),
            ("转入", between),
            ("转出", between),
            ("休学", between),
            ("流失", between),
            ("转出", None),
        ]
        pupils = [{"pupil_id": p, "status": s, "status_date": d} for p, (s, d) in zip(ids, status, strict=True)]
        room = classroom(cells, pupils=pupils)
        marks = {exam: [int(x) for x, _ in room.reference(exam, "语文", "本班").counts] for exam in cells}
        assert marks == {"入学": [10, 30, 40, 50], "期中": [10, 20]}

    def test_another_exam_has_no_date_and_the_status_of_now_decides(self):
        ids = pupil_ids(2)
        pupils = [{"pupil_id": ids[0]}, {"pupil_id": ids[1], "status": "转出", "status_date": date(2030, 1, 1)}]
        room = classroom({"月考": {"语文": dict.fromkeys(ids, 60)}}, pupils=pupils)
        assert room.there("月考") == {ids[0]}


class TestCells:
    """§4: 缺考, 免考, 缓考, blank and out-of-range values are never zero."""

    def test_nothing_but_valid_marks_enters_the_reference(self):
        ids = pupil_ids(7)
        got = (60, "缺考", "免考", "缓考", None, 101, 80)
        room = classroom(
            {"入学": {"语文": dict(zip(ids, got, strict=True))}},
            subjects=[{"subject": "语文", "full_points": Fraction(100)}],
        )
        found = room.reference("入学", "语文", "本班")
        assert (found.n, found.mean) == (2, 70)
        assert [(i.rule, i.row, i.column) for i in room.issues] == [("score.range", 7, "语文")]

    def test_a_row_of_noughts_is_absent_and_listed(self):
        ids = pupil_ids(3)
        cells = {
            "入学": {"语文": dict(zip(ids, (0, 0, 50), strict=True)), "数学": dict(zip(ids, (0, 1, 60), strict=True))}
        }
        room = classroom(cells, subjects=("语文", "数学"))
        assert room.column("入学", "语文").absences == {ids[0]: "缺考"}
        assert room.result("入学", "语文", ids[1]) == 0 and room.result("入学", "语文", ids[0]) is None
        assert [(i.level, i.rule, i.row) for i in room.issues] == [("提醒", "score.zero_row", 2)]

    def test_the_setting_makes_noughts_count(self):
        ids = pupil_ids(2)
        cells = {"入学": {"语文": dict(zip(ids, (0, 50), strict=True))}}
        room = classroom(cells, zeros_absent="否")
        assert room.result("入学", "语文", ids[0]) == 0 and not room.issues
        assert classroom(cells, zeros_absent="是").result("入学", "语文", ids[0]) is None

    def test_a_nought_beside_a_typed_absence_is_a_nought(self):
        one, two = pupil_ids(2)
        room = classroom(
            {"入学": {"语文": {one: 0, two: 50}, "数学": {one: "缺考", two: 50}}}, subjects=("语文", "数学")
        )
        assert room.result("入学", "语文", one) == 0

    def test_a_mark_set_aside_is_told_with_its_figure(self):
        one, two = pupil_ids(2)
        room = classroom({"入学": {"语文": {one: "36，剔除", two: 50}}})
        assert room.column("入学", "语文").absences == {one: "免考"}
        assert [(i.rule, i.row, "36" in i.message) for i in room.issues] == [("score.excluded", 2, True)]

    def test_rows_of_nobody_in_the_roster_do_not_count(self):
        one, two = pupil_ids(2)
        room = classroom({"入学": {"语文": {one: 60, two: 90}}}, pupils=[{"pupil_id": one}])
        assert room.reference("入学", "语文", "本班").n == 1

    def test_the_rarer_kind_is_rejected_with_its_cell(self):
        ids = pupil_ids(3)
        room = classroom({"入学": {"语文": dict(zip(ids, ("优", "良", 88), strict=True))}})
        assert room.column("入学", "语文").kind == "等级"
        assert [(i.level, i.rule, i.row, i.column) for i in room.issues] == [("错误", "score.mixed", 4, "语文")]

    def test_each_problem_is_noted_once_however_often_it_is_met(self):
        one, two = pupil_ids(2)
        room = classroom({"入学": {"语文": {one: "abc", two: 60}}})
        for _ in range(3):
            room.column("入学", "语文")
            room.result("入学", "语文", one)
        assert [(i.rule, i.row, i.column) for i in room.issues] == [("score.unknown", 2, "语文")]

    def test_no_exam_named_gives_no_result_and_no_reference(self):
        room = classroom({"入学": {"语文": {pupil_ids(1)[0]: 60}}})
        assert room.result("", "语文", pupil_ids(1)[0]) is None and room.reference("", "语文", "本班") is None

    @given(st.randoms(use_true_random=False))
    def test_row_order_cannot_matter(self, chance):
        ids = pupil_ids(9)
        got = [chance.choice([0, 40, 55.5, 61, 88, "缺考", None, "abc", 101]) for _ in ids]
        cells = {"入学": {"语文": dict(zip(ids, got, strict=True))}}
        rooms = [classroom(cells, pupils=[{"pupil_id": p} for p in order]) for order in (ids, chance.sample(ids, 9))]
        one, two = (room.reference("入学", "语文", "本班") for room in rooms)
        assert one == two
        assert sorted(map(str, rooms[0].issues)) == sorted(map(str, rooms[1].issues))


class TestLaddersOverTheTerm:
    """§4.1: level_up needs the level of the baseline at t, though nobody may have it there any more."""

    def test_the_usual_ladder_is_told_by_all_levels_of_the_subject(self):
        ids = pupil_ids(4)
        cells = {
            "入学": {"语文": dict(zip(ids, ("优", "良", "中", "差"), strict=True))},
            "期中": {"语文": dict(zip(ids, ("优", "优", "良", "良"), strict=True))},
        }
        room = classroom(cells)
        assert room.reference("期中", "语文", "本班").ladder == ("差", "中", "良", "优")
        grade = classroom(cells, norms=[norms_row("期中", ["优", "良", "良"], levels=LADDER)])
        assert grade.reference("期中", "语文", "年级").ladder == ("差", "中", "良", "优")

    def test_the_ladder_of_the_subject_comes_before_the_usual_ones(self):
        ids = pupil_ids(2)
        own = ("优", "良", "再努力")
        room = classroom(
            {"入学": {"语文": dict(zip(ids, ("优", "良"), strict=True))}},
            subjects=[{"subject": "语文", "levels": "优,良,再努力"}],
        )
        assert room.column("入学", "语文").ladder == own and room.levels("语文") == own


class TestReferences:
    """§4.1: the grade through 常模 where the exam and subject have a row; else the class itself."""

    CELLS = {"入学": {"语文": dict(zip(pupil_ids(3), (50, 60, 70), strict=True))}}

    def test_the_grade_comes_first(self):
        room = classroom(self.CELLS, norms=[norms_row("入学", range(40, 100))])
        found, kind = room.best_reference("入学", "语文")
        assert kind == "年级" and found.n == 60

    @pytest.mark.parametrize("field", ["grade", "exam", "subject"])
    def test_a_row_for_something_else_is_not_taken(self, field):
        room = classroom(self.CELLS, norms=[{**norms_row("入学", range(40, 100)), field: "别的"}])
        found, kind = room.best_reference("入学", "语文")
        assert kind == "本班" and found.n == 3
        assert room.reference("入学", "语文", "年级") is None

    @pytest.mark.parametrize("text", [None, "", "58", "乱写"])
    def test_an_unreadable_distribution_is_an_error_and_the_class_stands_in(self, text):
        room = classroom(self.CELLS, norms=[{**norms_row("入学", [1, 2]), "distribution": text}])
        assert room.best_reference("入学", "语文")[1] == "本班"
        assert [i.rule for i in room.issues] == ["norms.distribution"]

    def test_norms_in_levels_for_a_class_in_marks_are_an_error(self):
        room = classroom(self.CELLS, norms=[norms_row("入学", ["优", "良"], levels=LADDER)])
        room.reference("入学", "语文", "年级")
        assert [(i.level, i.rule) for i in room.issues] == [("错误", "norms.kind")]

    def test_z_needs_a_result_and_a_reference_of_its_kind(self):
        ids = pupil_ids(3)
        room = classroom(self.CELLS)
        assert room.z("入学", "语文", ids[1], "本班") == 0.0
        assert room.z("入学", "语文", ids[0], "本班") == pytest.approx(-1.224744871)
        assert room.z("入学", "语文", ids[0], "年级") is None and room.z("期中", "语文", ids[0], "本班") is None

    def test_a_class_of_one_pupil(self):
        one = pupil_ids(1)[0]
        room = classroom({"入学": {"语文": {one: 61}}})
        assert room.reference("入学", "语文", "本班").sd == 0 and room.z("入学", "语文", one, "本班") == 0.0

    def test_a_class_of_nobody(self):
        room = classroom({}, pupils=[])
        assert room.best_reference("入学", "语文") == (None, "本班") and room.there("入学") == set()


class TestCorrelation:
    """§4.4: r from 常模; without it, from the class if at least 20 pupils have both exams."""

    @staticmethod
    def room(n, norms=(), **settings):
        ids = pupil_ids(n)
        cells = {
            "入学": {"语文": {p: 50 + i for i, p in enumerate(ids)}},
            "期中": {"语文": {p: 40 + (i * 7) % 23 for i, p in enumerate(ids)}},
        }
        return classroom(cells, norms=norms, **settings)

    def test_twenty_pairs_give_the_r_of_the_class(self):
        wanted = correlation([(Fraction(50 + i), Fraction(40 + (i * 7) % 23)) for i in range(20)])
        assert self.room(20).correlation("期中", "语文") == wanted

    def test_nineteen_pairs_give_none(self):
        assert self.room(19).correlation("期中", "语文") is None

    def test_pairs_are_those_valid_and_there_at_both(self):
        ids = pupil_ids(20)
        cells = {exam: {"语文": {p: 50 + i for i, p in enumerate(ids)}} for exam in ("入学", "期中")}
        cells["期中"]["语文"][ids[0]] = "缺考"
        assert classroom(cells).correlation("期中", "语文") is None
        cells["期中"]["语文"][ids[0]] = 55
        assert classroom(cells).correlation("期中", "语文") is not None
        gone = [{"pupil_id": p} for p in ids[1:]] + [
            {"pupil_id": ids[0], "status": "转出", "status_date": date(2026, 10, 1)}
        ]
        assert classroom(cells, pupils=gone).correlation("期中", "语文") is None

    def test_norms_come_first(self):
        assert self.room(25, [norms_row("期中", range(100), r="0.8125")]).correlation("期中", "语文") == 0.8125

    def test_norms_about_another_baseline_are_not_taken(self):
        other = norms_row("期中", range(100), r="0.8", baseline="上学期期末")
        assert self.room(19, [other]).correlation("期中", "语文") is None
        assert self.room(20, [other]).correlation("期中", "语文") == self.room(20).correlation("期中", "语文")

    def test_norms_without_r_leave_it_to_the_class(self):
        bare = norms_row("期中", range(100))
        assert self.room(20, [bare]).correlation("期中", "语文") == self.room(20).correlation("期中", "语文")

    def test_a_class_where_nothing_varies_has_no_r(self):
        ids = pupil_ids(30)
        cells = {exam: {"语文": dict.fromkeys(ids, 60)} for exam in ("入学", "期中")}
        assert classroom(cells).correlation("期中", "语文") is None


class TestFiguresInForce:
    """§3, 设置: overrides of policy figures (blank = the policy's)."""

    def test_share(self):
        assert classroom({}).share == Fraction(1, 5)
        assert classroom({}, share=Fraction(1, 4)).share == Fraction(1, 4)

    def test_targets(self):
        assert classroom({}).target("期中") == Fraction(2, 5) and classroom({}).target("期末") == Fraction(3, 5)
        assert classroom({}, midterm_target=Fraction(1, 2)).target("期中") == Fraction(1, 2)
        assert classroom({}, rules_in_force=policy(midterm=None)).target("期中") is None

    @pytest.mark.parametrize(
        ("exam", "chosen", "basis"),
        [
            ("期中", None, "考试"),
            (None, None, "过程评价"),
            ("", "", "过程评价"),
            ("期中", "过程评价", "过程评价"),
            (None, "考试", "考试"),
        ],
    )
    def test_basis_is_an_exam_exactly_when_one_is_named_unless_the_school_says_otherwise(self, exam, chosen, basis):
        assert classroom({}, midterm_exam=exam, midterm_basis=chosen).basis("期中") == basis

    def test_teachers(self):
        room = classroom({}, subjects=[{"subject": "语文", "teacher": "测试师"}, {"subject": "数学"}])
        assert [room.teacher_of(s) for s in ("语文", "数学", "综合")] == ["测试师", "测试班主任", "测试班主任"]

    def test_subjects_in_sheet_order_the_first_of_each_name(self):
        rows = [
            {"subject": "数学", "full_points": Fraction(100)},
            {"subject": None},
            {"subject": "语文"},
            {"subject": "数学", "full_points": 5},
        ]
        assert [(s.name, s.full_points) for s in read_subjects(Table((), rows))] == [("数学", 100), ("语文", None)]

    def test_the_first_row_of_a_pupil_and_of_a_score_counts(self):
        roster = Table(
            (), [Row({"pupil_id": "1", "name": "甲"}), Row({"pupil_id": "1", "name": "乙"}), Row({"pupil_id": None})]
        )
        scores = Table(
            (), [Row({"exam": "入学", "pupil_id": "1", "语文": 60}), Row({"exam": "入学", "pupil_id": "1", "语文": 90})]
        )
        room = Classroom({"baseline_exam": "入学"}, policy(), Table((), [{"subject": "语文"}]), roster, scores)
        assert room.pupils["1"]["name"] == "甲" and room.result("入学", "语文", "1") == 60


class TestTerm:
    """§4.3: rows of the term."""

    @pytest.mark.parametrize(
        ("day", "inside"),
        [
            (date(2026, 8, 31), False),
            (date(2026, 9, 1), True),
            (date(2027, 1, 20), True),
            (date(2027, 1, 21), False),
            (None, True),
        ],
    )
    def test_the_term_includes_its_first_and_last_day(self, day, inside):
        term = {"term_start": date(2026, 9, 1), "term_end": date(2027, 1, 20)}
        assert in_term({"date": day}, term) is inside

    def test_a_term_without_dates_holds_everything(self):
        assert in_term({"date": date(1999, 1, 1)}, {}) and in_term(
            {"date": date(1999, 1, 1)}, {"term_end": date(2000, 1, 1)}
        )
