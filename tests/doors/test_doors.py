"""One suite over every door: what an action reads and writes is the same in a closed file, LibreOffice and Excel."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from classbooks import ACTIONS_ON_A_CLASS, PASSWORD, TERM, TODAY, fill, make_class, run, run_term
from livehosts import BRIDGE, KINDS, host, why_not
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.runner import run_action
from xlbangfu.table import Row
from xlbangfu.workbook.changes import Jump, SheetChange, plan_change
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.contents import Content, Formula
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.journal import Journal, compare, note_step

pytestmark = [pytest.mark.libreoffice, pytest.mark.xdist_group("doors")]


@pytest.fixture(scope="module", params=KINDS)
def hosts(request, tmp_path_factory):
    if reason := why_not(request.param):
        pytest.skip(reason)
    with host(request.param, tmp_path_factory.mktemp("door") / "班级 一") as opened:
        yield opened


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("XLBANGFU_DATA", str(tmp_path / "数据"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    return make_class(tmp_path_factory.mktemp("plain"), n=14)


@pytest.fixture(scope="module")
def late(tmp_path_factory) -> Path:
    path = make_class(tmp_path_factory.mktemp("late"), n=14)
    run_term(path)
    return path


@pytest.fixture
def door(hosts, plain):
    yield hosts.open(plain)
    hosts.close()


def rows(door: Any, sheet: schema.Sheet) -> list[dict[str, Any]]:
    return [dict(r) for r in door().read(sheet).table]


def content(door: Any, sheet: str, row: int, column: int) -> Content:
    return door().contents(sheet, [(row, column)])[row, column]


class TestReading:
    def test_identity_is_text_with_its_zeros_and_dates_are_dates(self, door):
        assert rows(door, schema.ROSTER)[0]["pupil_id"] == "02600001"
        found = door().read(schema.SETTINGS)
        value = next(r["value"] for r in found.table if r["item"] == "学期开始")
        assert value in ("2026-09-01", date(2026, 9, 1))

    def test_a_missing_sheet_is_a_problem_and_no_crash(self, door):
        strange = schema.Sheet("没有的表", "x", "tblX", schema.Writer.TEACHER, schema.ROSTER.columns)
        parsed = door().read(strange)
        assert [i.rule for i in parsed.issues] == ["table.missing"]
        assert parsed.rearranged

    def test_every_sheet_reads_as_from_the_closed_file(self, hosts, late):
        opened = hosts.open(late)
        for sheet in schema.TABLES:
            ours, theirs = opened().read(sheet), ClosedWorkbook(late).read(sheet)
            assert [dict(r) for r in ours.table] == [dict(r) for r in theirs.table], sheet.label
            assert (ours.header, ours.last_row, ours.issues) == (theirs.header, theirs.last_row, theirs.issues)
        hosts.close()


class TestWriting:
    def test_what_was_written_reads_back(self, door):
        values = {
            (20, 1): "00712", (20, 2): "=SUM(A1)", (20, 3): "男", (20, 4): "转入", (20, 5): date(2026, 9, 3),
            (20, 6): "3-4", (20, 7): "画画\n唱歌", (20, 8): None, (20, 14): "+86 …’",
        }  # fmt: skip
        door().write([SheetChange("名册", values, "tblRoster", 20)])
        found = door().contents("名册", values)
        for place, value in values.items():
            assert found[place].says_the_same(Content(value)), place
            assert not found[place].formula
        assert door().table_area("名册", "tblRoster")[2] == 20

    def test_numbers_truths_and_times(self, door):
        moment = datetime(2026, 9, 3, 8, 15, 30)
        door().write(
            [
                SheetChange("成绩", {(60, 4): 88.5, (60, 5): 0, (60, 6): "缺考"}, "tblScores", 60),
                SheetChange("日志", {(9, 1): moment, (9, 4): 0.25}, "tblLog", 9),
            ]
        )
        assert content(door, "成绩", 60, 4).value == 88.5
        assert content(door, "成绩", 60, 5).value == 0
        assert content(door, "日志", 9, 1).says_the_same(Content(moment))

    def test_none_clears_and_the_rest_of_the_row_stays(self, door):
        door().write([SheetChange("名册", {(2, 3): None}, "tblRoster", 2)])
        found = rows(door, schema.ROSTER)[0]
        assert (found["gender"], found["pupil_id"], found["name"]) == (None, "02600001", "测试01")

    def test_a_jump_shows_its_text(self, door):
        door().write([SheetChange("数据问题", {(2, 2): Jump("名册!B5", "名册", "B5")}, "tblIssues", 2)])
        found = content(door, "数据问题", 2, 2)
        assert found.formula == '=HYPERLINK("#\'名册\'!B5","名册!B5")'
        assert found.value == "名册!B5"

    def test_a_formula_can_be_put_back(self, door):
        door().write([SheetChange("名册", {(3, 14): Formula('=B3&"同学"', "测试02同学")}, "tblRoster", 3)])
        assert content(door, "名册", 3, 14).formula == '=B3&"同学"'

    def test_a_new_subject_gets_its_column(self, door):
        parsed = door().read(schema.SCORES)
        changed = [parsed.table.rows[0].changed(科学=91), *parsed.table.rows[1:]]
        door().write([plan_change(parsed, changed)])
        area = door().table_area("成绩", "tblScores")
        assert rows(door, schema.SCORES)[0]["科学"] == 91
        assert area[3] == parsed.width + 1

    def test_a_very_long_text_arrives_whole(self, door):
        text = "；".join(f"{n / 2:g}:{n}" for n in range(2500))
        door().write([SheetChange("常模", {(2, 12): text}, "tblNorms", 2)])
        assert content(door, "常模", 2, 12).value == text

    def test_the_same_cell_twice_in_one_run_of_changes(self, door):
        door().write([SheetChange("名册", {(2, 2): "新名"}, "tblRoster", 2)])
        door().write([SheetChange("名册", {(2, 2): "测试01"}, "tblRoster", 2)])
        assert rows(door, schema.ROSTER)[0]["name"] == "测试01"

    def test_a_sheet_without_its_table_is_refused(self, door):
        with pytest.raises(WorkbookError) as refusal:
            door().write([SheetChange("首页", {(40, 2): "x"}, "tblHome", 40)])
        assert "不再是表格" in refusal.value.message


@pytest.fixture(scope="module")
def states(tmp_path_factory) -> dict[str, Path]:
    """The workbook as it is before each action of the term."""
    path = make_class(tmp_path_factory.mktemp("term"), n=14)
    found = {}
    for action_id in TERM:
        found[action_id] = path.parent / action_id / path.name
        found[action_id].parent.mkdir()
        shutil.copyfile(path, found[action_id])
        run(action_id, path)
    for action_id in set(ACTIONS_ON_A_CLASS) - set(TERM):
        found[action_id] = found["summarise"].parents[1] / action_id / path.name
        found[action_id].parent.mkdir()
        shutil.copyfile(path, found[action_id])
    return found


OPTIONS = {"pdf": False, "password": PASSWORD}


@pytest.mark.parametrize("action_id", ACTIONS_ON_A_CLASS)
def test_every_action_does_the_same_through_every_door_and_back(hosts, action_id, states, tmp_path):
    """The contract that every button inherits (style): same words, same tables; twice is once; undone and redone."""
    if hosts.kind == BRIDGE and action_id not in ("screen", "summarise"):
        pytest.skip("the bridge runs the same code: two actions will do")
    closed = tmp_path / "对照" / states[action_id].name
    closed.parent.mkdir()
    shutil.copyfile(states[action_id], closed)
    opened = hosts.open(states[action_id])
    before = everything(opened)
    report = run_action(BY_ID[action_id], opened(), today=TODAY, options=OPTIONS)
    expected = run_action(BY_ID[action_id], ClosedWorkbook(closed), today=TODAY, options=OPTIONS)
    assert (report.ok, report.message) == (expected.ok, expected.message)
    assert (report.rows, report.stats, report.counts) == (expected.rows, expected.stats, expected.counts)
    assert bool(report.written) == bool(expected.written)
    after = everything(opened)
    for sheet in schema.TABLES:
        if sheet is not schema.LOG:
            assert rows(opened, sheet) == [dict(r) for r in ClosedWorkbook(closed).read(sheet).table], sheet.label
    again = run_action(BY_ID[action_id], opened(), today=TODAY, options=OPTIONS)
    assert str(opened().path) not in again.written
    if str(opened().path) in report.written:
        assert run_action(BY_ID["undo"], opened(), today=TODAY).ok
        assert everything(opened) == before
        assert run_action(BY_ID["undo"], opened(), today=TODAY).ok
        assert everything(opened) == after
    hosts.close()


def everything(door: Any) -> dict[str, Any]:
    """Values, formulas, date formats and table areas of all sheets but 日志."""
    found: dict[str, Any] = {}
    for sheet in schema.TABLES:
        if sheet is schema.LOG:
            continue
        opened = door()
        grid = opened.grid(sheet.label)
        places = [(r, c) for r, row in enumerate(grid, 1) for c, v in enumerate(row, 1) if v not in (None, "")]
        dates = [p for p in places if isinstance(grid[p[0] - 1][p[1] - 1], date)]
        cells = {
            p: (c.formula or str(c.value), c.number_format)
            for p, c in opened.contents(sheet.label, places, dates).items()
        }
        found[sheet.label] = (cells, opened.table_area(sheet.label, sheet.table))
    return found


class TestAStepAcrossDoors:
    def test_a_step_noted_in_one_door_compares_in_another(self, hosts, door, plain):
        from xlbangfu.workbook.closed import ClosedWorkbook

        parsed = door().read(schema.ROSTER)
        change = plan_change(
            parsed, [*parsed.table.rows, Row({"pupil_id": "02609999", "status_date": date(2026, 9, 2)})]
        )
        step = note_step(door(), "测试", [change], datetime(2026, 9, 2))
        journal = Journal(plain)
        journal.begin(step)
        assert compare(ClosedWorkbook(plain), journal.pending).not_taken
        door().write([change])
        assert compare(door(), journal.pending).taken


def test_fill_and_the_doors_agree_on_what_typing_leaves(hosts, tmp_path):
    path = make_class(tmp_path, n=3)
    fill(path, {schema.SESSIONS: [{"date": date(2026, 9, 9), "pupil_id": "02600001", "minutes": 20}]})
    opened = hosts.open(path)
    assert rows(opened, schema.SESSIONS)[0]["date"] == date(2026, 9, 9)
    hosts.close()
