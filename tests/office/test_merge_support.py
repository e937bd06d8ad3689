"""帮扶投入, 教师 and 先进个人 (spec §6)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from office.merge_samples import Classroom, merged
from xlbangfu.office.merge_support import AWAITING_OFFICE, band_of

DOCUMENTS = ("转化方案", "中期总结", "期末总结")


def taught(name="1班", marks=(90, 91, 92), papers=DOCUMENTS, teacher="测试甲", **more) -> Classroom:
    """Three listed pupils of ten whose midterm and final marks are `marks`; the class itself is the reference."""
    room = Classroom("三年级", name, teachers={"语文": teacher, "数学": "测试闲"}, **more)
    ids = room.add_pupils(10)
    for exam in ("入学", "期中", "期末"):
        room.scores[exam, "语文"] = {p: 50 + i for i, p in enumerate(ids)}
        if exam != "入学":
            room.scores[exam, "语文"] |= dict(zip(ids, marks, strict=False))
    room.listed = [{"pupil_id": p, "subject": "语文", "case_type": "学困", "reference": "本班"} for p in ids[:3]]
    room.written = [{"subject": "语文", "document": d, "handed_in_on": date(2026, 9, 20)} for d in papers]
    return room


def award(rooms, teacher="测试甲"):
    (row,) = [r for r in merged(rooms).tables["先进个人"] if r["teacher"] == teacher]
    return row


class TestAward:
    def test_nobody_is_named_before_the_office_has_entered_its_records(self):
        row = award([taught()])
        assert (row["both_met"], row["award"], row["faults"]) == ("是", AWAITING_OFFICE, AWAITING_OFFICE)
        assert row["reason"] == "期中达标（3/3，目标 40%）；期末达标（3/3，目标 60%）；失误与普遍不满的记录待教务处登记"

    def test_a_missed_target_is_named_with_its_figures(self):
        row = award([taught(marks=(1, 2, 92))])
        assert (row["midterm_met"], row["final_met"], row["both_met"]) == ("否", "否", "否")
        assert row["reason"] == "期中未达标（1/3，目标 40%）；期末未达标（1/3，目标 60%）；条件未满足"

    def test_is_judged_over_all_own_pupils_of_all_classes(self):
        rooms = [taught(), taught("2班", marks=(1, 1, 1))]  # 3 of 6: enough for 40 %, not for 60 %
        row = award(rooms)
        assert (row["midterm_met"], row["final_met"]) == ("是", "否")

    def test_a_paper_that_is_missing_is_named(self):
        row = award([taught(papers=DOCUMENTS[:2])])
        assert (row["both_met"], row["documents"]) == ("是", "2/3")
        assert "材料未交：三年级1班语文期末总结；条件未满足" in row["reason"]

    def test_a_teacher_with_base_0_is_not_applicable(self):
        row = award([taught()], "测试闲")
        assert (row["both_met"], row["award"], row["reason"]) == ("不适用", "不适用", "名单上没有人，不参评")

    def test_a_phase_without_results_is_open(self):
        room = taught()
        room.scores["期末", "语文"] = {}
        row = award([room])
        assert (row["final_met"], row["both_met"], row["award"]) == (None, None, AWAITING_OFFICE)
        assert "期末还没有成绩" in row["reason"]

    @pytest.mark.parametrize(("second", "verdict"), [((90, 91, 92), "是"), ((1, 2, 3), None)])
    def test_targets_that_differ_are_judged_by_class(self, second, verdict):
        rooms = [taught(), taught("2班", marks=second, targets=(Fraction(1, 2), Fraction(7, 10)))]
        row = award(rooms)
        assert row["midterm_met"] == verdict
        assert "目标不一，按班看：三年级1班语文达标、三年级2班语文" in row["reason"]

    def test_a_policy_without_targets_says_so(self):
        row = award([taught(targets=(None, None))])
        assert (row["midterm_met"], row["both_met"]) == (None, None)
        assert "期中 3/3，未设目标" in row["reason"]


class TestTeachers:
    def test_sessions_are_those_that_the_teacher_held_in_the_term(self):
        room = taught()
        pupil = room.listed[0]["pupil_id"]
        base = {"pupil_id": pupil, "subject": "语文", "date": date(2026, 10, 1), "minutes": 30, "by": "测试甲"}
        room.sessions = [
            base,
            {**base, "by": "测试 甲", "minutes": None},
            {**base, "by": "别人"},
            {**base, "date": date(2026, 8, 1)},
        ]
        rows = [r for r in merged([room]).tables["教师"] if r["teacher"] == "测试甲"]
        assert [(r["phase"], r["sessions"], r["minutes"]) for r in rows] == [("期中", 2, 30), ("期末", 2, 30)]

    def test_drop_outs_are_counted_once_over_the_classes_taught(self):
        rooms = [taught(), taught("2班")]
        for room in rooms:
            room.pupils[list(room.pupils)[-1]] = ("流失", date(2026, 12, 1))
        found = {r["teacher"]: r["dropped_out"] for r in merged(rooms).tables["教师"]}
        assert found == {"测试甲": 2, "测试闲": 2}

    def test_a_subject_without_a_teacher_is_the_homeroom_teachers(self):
        assert "测试班主任" in {r["teacher"] for r in merged([taught(teacher=None)]).tables["教师"]}


class TestDosage:
    @pytest.mark.parametrize(
        ("sessions", "band"),
        [
            (0, "0 次"),
            (1, "1–3 次"),
            (3, "1–3 次"),
            (4, "4–7 次"),
            (15, "8–15 次"),
            (16, "16 次以上"),
            (99, "16 次以上"),
        ],
    )
    def test_every_number_of_sessions_has_a_band(self, sessions, band):
        assert band_of(sessions) == band

    def test_sessions_up_to_the_phase_stand_beside_its_conversion(self):
        room = taught(marks=(1, 91, 92))
        ids = [c["pupil_id"] for c in room.listed]
        base = {"subject": "语文", "minutes": 20, "date": date(2026, 10, 1)}
        room.sessions = [{**base, "pupil_id": ids[0]}, {**base, "pupil_id": ids[1], "subject": None}]
        room.sessions += [{**base, "pupil_id": ids[1], "date": date(2027, 1, 18)}]  # after the final exam
        rows = {(r["by"], r["band"], r["subject"]): r for r in merged([room]).tables["帮扶投入"]}
        none, some = rows["按辅导次数", "0 次", None], rows["按辅导次数", "1–3 次", None]
        assert (none["listed"], none["base"], none["converted"], none["sessions"]) == (1, 1, 1, 0)
        assert (some["listed"], some["base"], some["converted"], some["sessions"]) == (2, 2, 1, 2)
        assert rows["按学科", None, "语文"]["minutes"] == 40
        assert rows["按学科", None, "语文"]["sessions_each"] == pytest.approx(2 / 3)

    def test_pupils_and_sessions_of_all_bands_are_those_of_the_school(self):
        rooms = [taught(), taught("2班")]
        rows = merged(rooms).tables["帮扶投入"]
        for by in ("按辅导次数", "按学科", "按班级"):
            assert sum(r["listed"] for r in rows if r["by"] == by) == 6
