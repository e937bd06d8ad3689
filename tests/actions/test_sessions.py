"""登记辅导: one row per chosen pupil, events that add up (spec §3)."""

from __future__ import annotations

import pytest

from classbooks import TODAY, make_class, rows_of, run, run_term, set_cells
from xlbangfu import schema
from xlbangfu.actions.sessions import chosen_in
from xlbangfu.cli import main
from xlbangfu.workbook.closed import ClosedWorkbook


def test_each_pupil_gets_a_row_with_todays_date(tmp_path):
    path = make_class(tmp_path, n=5)
    words = [
        "--pupil",
        "02600001,02600003",
        "--subject",
        "语文",
        "--form",
        "一对一",
        "--minutes",
        "30",
        "--by",
        "王老师",
    ]
    assert main(["session", str(path), *words, "--today", TODAY.isoformat()]) == 0
    rows = rows_of(path, schema.SESSIONS)
    assert [(r["pupil_id"], r["name"]) for r in rows] == [("02600001", "测试01"), ("02600003", "测试03")]
    for row in rows:
        assert (row["date"], row["subject"], row["form"], row["minutes"], row["by"]) == (
            TODAY, "语文", "一对一", 30, "王老师",
        )  # fmt: skip
        assert (row["content"], row["effect"], row["staff"]) == (None, None, None)


def test_pressing_twice_is_two_sessions_and_undo_takes_the_last_one_back(tmp_path):
    path = make_class(tmp_path, n=5)
    run("session", path, pupils=["02600001"])
    run("session", path, pupils=["02600001"])
    assert len(rows_of(path, schema.SESSIONS)) == 2
    assert run("undo", path).ok
    assert len(rows_of(path, schema.SESSIONS)) == 1


def test_what_stands_there_stays_and_new_rows_go_below(tmp_path):
    path = make_class(tmp_path, n=5)
    run("session", path, pupils=["02600001"])
    set_cells(path, schema.SESSIONS, {0: {"content": "练口算", "effect": 4}})
    run("session", path, pupils=["02600002"])
    first, second = rows_of(path, schema.SESSIONS)
    assert (first["content"], first["effect"], second["pupil_id"]) == ("练口算", 4, "02600002")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "没有选中学生"),
        ({"pupils": ["09999999"]}, "09999999"),
        ({"pupils": ["02600001"], "subject": "炼金术"}, "炼金术"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(tmp_path, options, said):
    path = make_class(tmp_path, n=5)
    before = path.read_bytes()
    report = run("session", path, **options)
    assert (report.ok, said in report.message) == (False, True)
    assert path.read_bytes() == before


def test_planning_writes_nothing(tmp_path):
    path = make_class(tmp_path, n=5)
    before = path.read_bytes()
    assert run("session", path, plan=True, pupils=["02600001"]).planned
    assert path.read_bytes() == before


class TestChoosing:
    """The rows that a teacher selects."""

    @pytest.fixture(scope="class")
    def door(self, tmp_path_factory):
        path = make_class(tmp_path_factory.mktemp("choose"))
        run_term(path, "pair")
        return ClosedWorkbook(path)

    @pytest.mark.parametrize("sheet", [schema.CASELOAD, schema.PAIRS, schema.ROSTER], ids=lambda s: s.label)
    def test_each_sheet_says_who_and_in_which_subject(self, door, sheet):
        parsed = door.read(sheet)
        rows = [r for r in parsed.table if 3 <= r.at <= 5]
        found = chosen_in(parsed, 3, 5)
        who = "tutee_id" if sheet is schema.PAIRS else "pupil_id"
        assert [p for p, _ in found] == [r[who] for r in rows]
        assert [s for _, s in found] == [None if sheet is schema.ROSTER else r["subject"] for r in rows]

    def test_the_header_and_blank_rows_are_nobody(self, door):
        assert chosen_in(door.read(schema.CASELOAD), 1, 1) == []
        assert chosen_in(door.read(schema.CASELOAD), 900, 950) == []

    def test_a_general_row_is_a_session_without_a_subject(self, tmp_path):
        path = make_class(tmp_path, n=5)
        run("session", path, chosen=[("02600001", schema.GENERAL_SUBJECT), ("02600001", schema.GENERAL_SUBJECT)])
        (row,) = rows_of(path, schema.SESSIONS)
        assert row["subject"] is None
