"""Which workbooks count, and where a pupil counts who stands in two classes (spec §6)."""

from __future__ import annotations

from datetime import date, datetime
from itertools import permutations

import pytest

from office.merge_samples import Classroom, parts_of
from xlbangfu.office.merge_choice import MERGED, choose, find_double_seats

EARLY, LATE = datetime(2026, 12, 1, 9), datetime(2027, 1, 16, 9)


def book(name="1班", file="", log=None, term="2026秋", grade="三年级", pupils=2):
    room = Classroom(grade, name, file=file, log=log, term=term)
    room.add_pupils(pupils)
    return parts_of(room)


def adopted(choice):
    return [p.file for p in choice.adopted]


class TestTheSameClassTwice:
    def test_the_later_last_log_time_wins(self):
        choice = choose([book(file="z.xlsm", log=EARLY), book(file="a.xlsm", log=LATE)])
        assert adopted(choice) == ["a.xlsm"]
        assert choice.results["z.xlsm"] == "未采用：同一个班级另有“a.xlsm”（日志更晚）"
        assert [(i.rule, i.level, i.file) for i in choice.issues] == [("merge.class_twice", "提醒", "z.xlsm")]

    @pytest.mark.parametrize("log", [None, EARLY])
    def test_on_a_tie_the_path_that_sorts_last_wins(self, log):
        for order in permutations(["a.xlsm", "b/a.xlsm", "c.xlsm"]):
            assert adopted(choose([book(file=f, log=log) for f in order])) == ["c.xlsm"]

    def test_a_workbook_never_used_loses_against_one_with_a_log(self):
        assert adopted(choose([book(file="z.xlsm"), book(file="a.xlsm", log=EARLY)])) == ["a.xlsm"]

    def test_blanks_and_full_width_digits_do_not_make_another_class(self):
        choice = choose([book(name="２ 班", file="a.xlsm"), book(name="2班", file="b.xlsm")])
        assert adopted(choice) == ["b.xlsm"]

    def test_the_same_class_of_another_term_is_no_rival(self):
        choice = choose([book(file="a.xlsm", log=EARLY), book(file="b.xlsm", log=LATE, term="2027春"), book("2班")])
        assert "a.xlsm" in adopted(choice)


class TestTheTerm:
    def test_is_the_most_frequent(self):
        choice = choose([book("1班"), book("2班"), book("3班", term="2027春")])
        assert choice.term == "2026秋"
        assert choice.results["三年级3班.xlsm"] == "未采用：学期是 2027春"
        assert [i.rule for i in choice.issues] == ["merge.term"]

    def test_on_a_tie_is_the_later_text(self):
        for order in permutations([book("1班"), book("2班", term="2027春")]):
            assert choose(order).term == "2027春"

    def test_is_counted_by_class_not_by_copies(self):
        rooms = [book("1班", file=f"{c}.xlsm", term="2027春") for c in "abc"] + [book("1班"), book("2班")]
        assert choose(rooms).term == "2026秋"

    def test_is_the_one_asked_for(self):
        assert (
            choose([book("1班"), book("2班"), book("3班", term="2027春")], "２０２７春")
            .adopted[0]
            .settings["class_name"]
            == "3班"
        )


def test_a_workbook_without_grade_class_or_term_is_not_counted_and_says_which():
    choice = choose([book(name=""), book("2班")])
    assert adopted(choice) == ["三年级2班.xlsm"]
    (issue,) = choice.issues
    assert (issue.level, issue.sheet, issue.file) == ("错误", "设置", "三年级.xlsm")
    assert "“班级”" in issue.message


def test_classes_stand_in_school_order():
    rooms = [book("10班"), book("2班"), book("1班", grade="四年级"), book("1班", grade="十年级")]
    shown = [p.settings["grade"] + p.settings["class_name"] for p in choose(rooms).adopted]
    assert shown == ["三年级2班", "三年级10班", "四年级1班", "十年级1班"]
    assert all(r == MERGED for r in choose(rooms).results.values())


class TestAPupilInTwoClasses:
    def seats(self, *rows, names=("测试甲", "测试甲")):
        """rows: (status, date) of one 学号, a class each."""
        rooms = []
        for i, (row, name) in enumerate(zip(rows, names, strict=False), 1):
            room = Classroom("三年级", f"{i}班", pupils={"2026030101": row}, names={"2026030101": name})
            rooms.append(parts_of(room))
        found = find_double_seats(rooms)
        return found, [found.counts(p.file, "2026030101") for p in rooms]

    def test_counts_where_the_date_is_later(self):
        found, counts = self.seats(("在读", date(2026, 9, 1)), ("转入", date(2026, 10, 8)))
        assert counts == [False, True]
        (issue,) = found.issues
        assert (issue.level, issue.rule, issue.cell, issue.file) == (
            "提醒",
            "merge.pupil_twice",
            "D2",
            "三年级1班.xlsm",
        )
        assert "计入三年级2班" in issue.message

    def test_a_blank_date_is_earlier_than_any(self):
        _, counts = self.seats(("在读", None), ("转入", date(2026, 10, 8)))
        assert counts == [False, True]

    @pytest.mark.parametrize("day", [None, date(2026, 9, 1)])
    def test_counts_in_neither_when_the_dates_are_equal_or_blank(self, day):
        found, counts = self.seats(("在读", day), ("在读", day))
        assert counts == [False, False]
        assert [i.level for i in found.issues] == ["错误", "错误"]

    def test_who_has_left_one_class_is_in_one_class(self):
        found, counts = self.seats(("转出", date(2026, 10, 7)), ("转入", date(2026, 10, 8)))
        assert counts == [True, True]
        assert found.issues == ()

    def test_one_number_under_two_names_is_two_pupils(self):
        found, counts = self.seats(("在读", None), ("在读", None), names=("测试甲", "测试乙"))
        assert counts == [True, True]
        assert [(i.level, i.rule) for i in found.issues] == [("提醒", "merge.same_id")]

    def test_three_classes_leave_the_latest(self):
        dates = [date(2026, 9, d) for d in (1, 3, 2)]
        _, counts = self.seats(*(("在读", d) for d in dates), names=("测试甲",) * 3)
        assert counts == [False, True, False]
