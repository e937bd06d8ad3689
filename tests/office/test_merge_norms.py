"""Which norms the merge counts with (spec §6: the workbooks' own where all classes carry the same row, else made)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from office.merge_samples import Classroom, merged, parts_of
from xlbangfu.office.merge_choice import find_double_seats
from xlbangfu.office.merge_norms import Member, norms_in_force, room_of
from xlbangfu.programme.norms import Reference
from xlbangfu.programme.scores import Result

CARRIED = ([Fraction(x) for x in (40, 50, 60, 70, 80)], 0.8)


def classes(n=2, flagged="年级", carried=(True, True)) -> list[Classroom]:
    rooms = []
    for i in range(n):
        room = Classroom("三年级", f"{i + 1}班")
        ids = room.add_pupils(6)
        for j, exam in enumerate(("入学", "期中", "期末")):
            room.scores[exam, "语文"] = {p: 50 + 10 * i + 3 * k + (j * k) % 4 for k, p in enumerate(ids)}
        room.listed = [{"pupil_id": ids[0], "subject": "语文", "case_type": "学困", "reference": flagged}]
        if carried[i]:
            room.norms = {
                (e, "语文"): (CARRIED[0], CARRIED[1] if e != "入学" else None) for e in ("入学", "期中", "期末")
            }
        rooms.append(room)
    return rooms


def in_force(rooms):
    parts = [parts_of(r) for r in rooms]
    members = [Member(p, r.policy(), room_of(p, r.policy())) for p, r in zip(parts, rooms, strict=True)]
    return norms_in_force(members, find_double_seats(parts))["三年级"]


def test_rows_that_all_classes_carry_alike_are_used():
    norms = in_force(classes())
    assert norms.made == []
    assert set(norms.carried) == {(e, "语文") for e in ("入学", "期中", "期末")}
    assert norms.source_words() == "用工作簿里的常模"


@pytest.mark.parametrize("change", ["missing", "distribution", "r"])
def test_a_row_that_differs_in_one_class_is_made_anew_from_all_rows(change):
    rooms = classes()
    if change == "missing":
        del rooms[1].norms["期中", "语文"]
    elif change == "distribution":
        rooms[1].norms["期中", "语文"] = ([*CARRIED[0], Fraction(81)], 0.8)
    else:
        rooms[1].norms["期中", "语文"] = (CARRIED[0], 0.7)
    norms = in_force(rooms)
    assert norms.made == [("期中", "语文")]
    row = norms.rows["期中", "语文"]
    merged_marks = [Fraction(x) for r in rooms for x in r.scores["期中", "语文"].values()]
    made = Reference.of(merged_marks)
    assert made is not None
    assert (row["n"], row["distribution"]) == (12, made.distribution())
    assert row["baseline_exam"] == "入学"
    assert norms.source_words() == "期中（语文）按合并的成绩重算，其余用工作簿里的常模"


def test_no_norms_anywhere_are_made_only_where_a_list_was_flagged_by_the_grade():
    assert set(in_force(classes(carried=(False, False))).made) == {(e, "语文") for e in ("入学", "期中", "期末")}
    alone = in_force(classes(flagged="本班", carried=(False, False)))
    assert (alone.made, alone.rows) == ([], {})


def test_the_school_says_where_norms_were_made():
    rooms = classes(carried=(True, False))
    school = merged(rooms)
    assert any("按合并的成绩重算" in n for n in school.notes)
    assert all("按合并的成绩重算" in r["norms"] for r in school.tables["来源"])


def test_a_pupil_who_changed_class_in_between_is_one_pair():
    from datetime import date

    rooms = classes(carried=(False, False))
    one, two = rooms
    mover = next(iter(one.pupils))
    one.pupils[mover] = ("转出", date(2026, 10, 1))
    two.pupils[mover], two.names[mover] = ("转入", date(2026, 10, 1)), one.names[mover]
    del one.scores["期中", "语文"][mover]
    two.scores["期中", "语文"][mover] = 1
    both = in_force(rooms).rows["期中", "语文"]
    two.names[mover] = "测试另一人"
    other = in_force(rooms).rows["期中", "语文"]
    assert both["n"] == other["n"]
    assert both["baseline_r"] != other["baseline_r"]  # of two persons with one 学号 nobody is paired


def test_the_rarer_way_of_writing_is_left_out_and_told():
    rooms = classes(n=2, carried=(False, False))
    levels: list[Result] = ["优", "良", "合格", "优", "良"]
    rooms[1].scores["期中", "语文"] = dict(zip(rooms[1].pupils, levels, strict=False))
    norms = in_force(rooms)
    assert norms.rows["期中", "语文"]["n"] == 6
    (issue,) = norms.issues
    assert (issue.rule, issue.file) == ("merge.norms_kind", "三年级2班.xlsm")
    assert "5 个成绩" in issue.message
