"""What a click leaves behind when it dies, meets another one, or meets a workbook that teachers have had their way with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from classbooks import make_class, run
from clickers import AFTER, BEFORE, LINE, Clicker, Stop
from office_host import needs_soffice, running_office
from xlbangfu import schema
from xlbangfu.places import DATA_VARIABLE
from xlbangfu.workbook.journal import Journal

pytestmark = [pytest.mark.libreoffice, needs_soffice, pytest.mark.xdist_group("clicks")]

JOURNAL = "xlbangfu.workbook.journal:Journal"
WITHIN_A_WRITE = "xlbangfu.workbook.libreoffice.desktext:blocks"  # values are in, formats and formulas not yet
KILLED = -9
TOUCHED = ("名册", "学困生", "转化", "转化统计", "帮扶计划", "数据问题", "设置")


@pytest.fixture(scope="module")
def clicker(tmp_path_factory) -> Iterator[Clicker]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        made = Clicker(office, tmp_path_factory.mktemp("clicks"))
        yield made
        made.close()


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch) -> Path:
    """A data folder of the test's own."""
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "数据"))
    return tmp_path / "数据"


@pytest.fixture(scope="module")
def states(tmp_path_factory) -> dict[str, Path]:
    """The workbook of one class as it stands before each of these actions."""
    folder = tmp_path_factory.mktemp("class")
    path = make_class(folder, n=10)
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_VARIABLE, str(folder / "数据"))
        for action_id, earlier in (
            ("screen", ("check",)),
            ("confirm", ("screen",)),
            ("freeze", ("confirm",)),
            ("plan", ("freeze", "profile")),
            ("convert", ("plan", "pair", "group")),
        ):
            for step in earlier:
                assert run(step, path).ok
            found[action_id] = folder / action_id / path.name
            found[action_id].parent.mkdir()
            shutil.copyfile(path, found[action_id])
    return found


def usable(clicker: Clicker, path: Path) -> None:
    """The window is not frozen, cells take values, formulas follow them."""
    document = clicker.document(path)
    assert document.isAutomaticCalculationEnabled()
    assert not document.hasControllersLocked()
    assert not document.isActionLocked()
    cell, other = (clicker.cell(path, schema.ROSTER.label, name) for name in ("Z1", "Z2"))
    other.setFormula("=Z1*2")
    for number in (21, 22):
        cell.setValue(number)
        assert other.getValue() == 2 * number
    for one in (cell, other):
        one.clearContents(1 | 16)


# ---- killed --------------------------------------------------------------------------------------------

NOTED = Stop(f"{JOURNAL}.begin", when=AFTER)
SETTLING, SETTLED = (Stop(f"{JOURNAL}.settle", when=when) for when in (BEFORE, AFTER))


def before_change(call: int) -> Stop:
    """Killed before the workbook is changed for the n-th time: cells of the first sheet, its table, the second …"""
    return Stop(LINE, call, of=("write", "dress", "clear", "change_table"))


def within_write(call: int) -> Stop:
    """Killed with the values of a block in and its formats and formulas not."""
    return Stop(WITHIN_A_WRITE, call, of=("write",))


KILLS = [
    *(("screen", stop) for stop in (NOTED, *map(before_change, (2, 3, 4, 5, 6)), within_write(2), SETTLING, SETTLED)),
    *(("freeze", stop) for stop in (before_change(2), before_change(4))),
    *(("plan", stop) for stop in (before_change(2), within_write(1))),
    *(("convert", stop) for stop in (before_change(5), SETTLING)),
]
KILLS_THEN_UNDO = [
    *(("screen", stop) for stop in (NOTED, *map(before_change, (2, 3, 4)), SETTLED)),
    *(("freeze", stop) for stop in (before_change(3), SETTLING)),
    ("plan", before_change(2)),
    ("convert", before_change(5)),
]
if os.environ.get("XLBANGFU_EVERY_KILL") == "1":  # four minutes
    every = [*map(before_change, range(1, 8)), *map(within_write, range(1, 4)), NOTED, SETTLING, SETTLED]
    KILLS = KILLS_THEN_UNDO = [(a, stop) for a in ("screen", "confirm", "freeze", "plan", "convert") for stop in every]


@pytest.fixture(scope="module")
def undisturbed(clicker, states) -> Callable[[str], tuple[Any, Any]]:
    """Tables before and after an action that nobody disturbed."""
    known: dict[str, tuple[Any, Any]] = {}

    def of(action_id: str) -> tuple[Any, Any]:
        if action_id not in known:
            path = clicker.open(states[action_id])
            before = looked_at(clicker, path)
            assert clicker.click(action_id, path).code == 0
            known[action_id] = before, looked_at(clicker, path)
            assert before != known[action_id][1]
            clicker.close_book(path)
        return known[action_id]

    return of


def looked_at(clicker: Clicker, path: Path) -> dict[str, Any]:
    """What kills are judged by: cells, formats and tables of the sheets that the actions write."""
    return clicker.tables(path, *TOUCHED, formats=True)


@pytest.fixture(scope="module")
def victim(clicker, states, undisturbed) -> Iterator[Callable[[str], Path]]:
    """The copy of a workbook that all kills of an action are tried on; a new one where a test left it changed."""
    known: dict[str, Path] = {}

    def of(action_id: str) -> Path:
        before = undisturbed(action_id)[0]
        if action_id in known and looked_at(clicker, known[action_id]) != before:
            clicker.close_book(known.pop(action_id))
        if action_id not in known:
            known[action_id] = clicker.open(states[action_id])
        return known[action_id]

    yield of
    for path in known.values():
        clicker.close_book(path)


def names_of(value: object) -> str:
    return repr(value).strip("'")


class TestKilled:
    @pytest.mark.parametrize(("action_id", "stop"), KILLS, ids=names_of)
    def test_the_next_click_does_what_an_undisturbed_one_does(self, action_id, stop, clicker, victim, undisturbed):
        before, after = undisturbed(action_id)
        path = victim(action_id)
        assert clicker.click(action_id, path, stop).code == KILLED
        usable(clicker, path)
        assert clicker.click(action_id, path).code == 0
        assert looked_at(clicker, path) == after
        assert Journal(path).pending is None
        assert clicker.click("undo", path).code == 0
        assert looked_at(clicker, path) == before

    @pytest.mark.parametrize(("action_id", "stop"), KILLS_THEN_UNDO, ids=names_of)
    def test_undoing_restores_what_stood_before(self, action_id, stop, clicker, victim, undisturbed):
        before, _ = undisturbed(action_id)
        path = victim(action_id)
        assert clicker.click(action_id, path, stop).code == KILLED
        clicker.click("undo", path)
        assert looked_at(clicker, path) == before
        assert Journal(path).pending is None

    @pytest.mark.parametrize("stop", [before_change(2), before_change(3), before_change(4), SETTLING], ids=names_of)
    def test_a_step_back_goes_one_whole_way_or_the_other(self, stop, clicker, victim, undisturbed):
        before, after = undisturbed("screen")
        path = victim("screen")
        assert clicker.click("screen", path).code == 0
        assert clicker.click("undo", path, stop).code == KILLED
        usable(clicker, path)
        again = clicker.click("undo", path)
        assert again.code == 0
        assert looked_at(clicker, path) == after
        assert "恢复" in again.said
        assert clicker.click("undo", path).code == 0
        assert looked_at(clicker, path) == before

    def test_setting_right_may_itself_be_killed(self, clicker, victim, undisturbed):
        before, after = undisturbed("screen")
        path = victim("screen")
        assert clicker.click("screen", path, before_change(4)).code == KILLED
        assert clicker.click("screen", path, before_change(2)).code == KILLED  # cells put back, the table not yet
        assert clicker.click("undo", path).code in (0, 3)
        assert looked_at(clicker, path) == before


class TestTypingAfterAKill:
    def test_stays_with_its_row_and_is_named(self, clicker, states, undisturbed):
        _, after = undisturbed("screen")
        path = clicker.open(states["screen"])
        assert clicker.click("screen", path, before_change(2)).code == KILLED
        clicker.cell(path, "学困生", "J3").setString("是")
        clicker.cell(path, "学困生", "K5").setString("王老师")
        clicker.cell(path, "名册", "N4").setString("爱画画")
        clicked = clicker.click("screen", path)
        assert clicked.code == 0
        assert "学困生!J3" in clicked.said and "保留" in clicked.said
        assert clicker.cell(path, "名册", "N4").getString() == "爱画画"
        assert clicker.cell(path, "学困生", "K5").getString() == "王老师"
        now = clicker.tables(path, "学困生")["学困生"]
        assert now[3, 10] == "是"
        assert {c: now.get((3, c)) for c in (1, 2, 3, 4, 5)} == {c: after["学困生"].get((3, c)) for c in (1, 2, 3, 4, 5)}
        assert keys(now) == keys(after["学困生"])
        clicker.close_book(path)

    def test_into_what_was_all_written_is_an_edit_like_any_other(self, clicker, states, undisturbed):
        _, after = undisturbed("screen")
        path = clicker.open(states["screen"])
        assert clicker.click("screen", path, SETTLING).code == KILLED
        clicker.cell(path, "学困生", "J3").setString("否")
        clicked = clicker.click("undo", path)
        assert clicked.code == 3 and "学困生!J3" in clicked.said
        assert clicker.click("screen", path).code == 0
        expected = {**after["学困生"], (3, 10): "否"}
        assert clicker.tables(path, "学困生")["学困生"] == expected
        clicker.close_book(path)

    def test_rows_sorted_meanwhile_are_not_taken_apart(self, clicker, states, undisturbed):
        _, after = undisturbed("screen")
        path = clicker.open(states["screen"])
        assert clicker.click("screen", path, before_change(2)).code == KILLED
        turn_round(clicker, path)
        assert clicker.click("screen", path).code == 0
        now = clicker.tables(path, "学困生")["学困生"]
        assert rows_by_key(now) == rows_by_key(after["学困生"])
        clicker.close_book(path)


def keys(cells: dict[tuple[int, int], str]) -> list[tuple[str, str]]:
    """学号 and 学科 of 学困生, in an order of their own."""
    return sorted((text, cells.get((r, 3), "")) for (r, c), text in cells.items() if c == 1)


def rows_by_key(cells: dict[tuple[int, int], str]) -> dict[tuple[str, str], dict[int, str]]:
    """Rows of 学困生 by their key."""
    rows: dict[int, dict[int, str]] = {}
    for (r, c), text in cells.items():
        rows.setdefault(r, {})[c] = text
    found = {(row.get(1, ""), row.get(3, "")): row for row in rows.values()}
    assert len(found) == len(rows), "two rows of one key, or several without"
    return found


def turn_round(clicker: Clicker, path: Path) -> None:
    """The filled rows of 学困生 from the last to the first, as sorting leaves them."""
    filled = [r for r, _ in clicker.tables(path, "学困生")["学困生"]]
    area = clicker.sheet(path, "学困生").getCellRangeByPosition(0, 1, 14, max(filled) - 1)
    area.setDataArray(tuple(reversed(area.getDataArray())))


# ---- two at once ---------------------------------------------------------------------------------------


class TestTwoAtOnce:
    def test_one_runs_and_the_other_is_told(self, clicker, victim, undisturbed):
        before, after = undisturbed("screen")
        path = victim("screen")
        first = clicker.start("screen", path, Stop(LINE, 3, how=WAIT, of=("write", "change_table"))).reached()
        second = clicker.click("screen", path)
        assert (second.code, second.said) == (3, "上一次点击还没有做完，请等它完成后再点。")
        assert clicker.click("undo", path).code == 3
        assert first.go_on().wait().code == 0
        assert looked_at(clicker, path) == after
        assert Journal(path).last.title == "识别学困生"
        assert clicker.click("undo", path).code == 0
        assert looked_at(clicker, path) == before

    def test_another_workbook_is_not_held_up(self, clicker, victim, states):
        path, other = victim("screen"), clicker.open(states["confirm"])
        first = clicker.start("screen", path, Stop(LINE, 1, how=WAIT, of=("write",))).reached()
        assert clicker.click("confirm", other).code == 0
        assert first.go_on().wait().code == 0
        assert clicker.click("undo", path).code == 0
        clicker.close_book(other)


# ---- protected -----------------------------------------------------------------------------------------


class TestAProtectedSheet:
    @pytest.mark.parametrize("label", ["学困生", "数据问题", "日志"])
    def test_refuses_the_whole_click(self, label, clicker, states, undisturbed):
        """The first, a later and the last sheet that 识别 writes."""
        before, after = undisturbed("screen")
        path = clicker.open(states["screen"])
        assert clicker.click("import_roster", path).code == 3  # nothing chosen: no step
        clicker.cell(path, "任课", "B2").setString("王老师")
        earlier = looked_at(clicker, path)
        logged = clicker.tables(path, "日志")
        clicker.sheet(path, label).protect("")
        clicked = clicker.click("screen", path)
        assert clicked.code == 3
        assert label in clicked.said and "保护" in clicked.said and clicked.said.count("。") <= 2
        assert looked_at(clicker, path) == earlier
        assert clicker.tables(path, "日志") == logged
        assert Journal(path).pending is None and Journal(path).last is None
        clicker.sheet(path, label).unprotect("")
        assert clicker.click("screen", path).code == 0
        clicker.close_book(path)

    def test_leaves_the_step_before_to_be_undone(self, clicker, victim, undisturbed):
        before, after = undisturbed("screen")
        path = victim("screen")
        assert clicker.click("screen", path).code == 0
        clicker.sheet(path, "日志").protect("")
        assert clicker.click("confirm", path).code == 3
        assert looked_at(clicker, path) == after
        clicked = clicker.click("undo", path)
        assert clicked.code == 3 and "日志" in clicked.said
        clicker.sheet(path, "日志").unprotect("")
        assert clicker.click("undo", path).code == 0
        assert looked_at(clicker, path) == before

    def test_with_open_cells_that_cannot_grow_refuses_as_well(self, clicker, victim, undisturbed):
        before, _ = undisturbed("screen")
        path = victim("screen")
        sheet = clicker.sheet(path, "学困生")
        open_cells(sheet)
        sheet.protect("")
        clicked = clicker.click("screen", path)
        assert clicked.code == 3 and "学困生" in clicked.said
        assert clicker.tables(path, "学困生", "数据问题") == {k: before[k] for k in before if k in PLAIN_KEYS}
        assert Journal(path).pending is None
        sheet.unprotect("")

    def test_that_no_action_writes_is_no_obstacle(self, clicker, victim, undisturbed):
        before, after = undisturbed("screen")
        path = victim("screen")
        clicker.sheet(path, "成绩").protect("")
        assert clicker.click("screen", path).code == 0
        assert looked_at(clicker, path) == after
        clicker.sheet(path, "成绩").unprotect("")
        assert clicker.click("undo", path).code == 0


PLAIN_KEYS = ("学困生", "数据问题", "tblCaseload", "tblIssues")


def open_cells(sheet: Any) -> None:
    """Every cell of a sheet unlocked, as the dialog does it."""
    protection = sheet.CellProtection
    protection.IsLocked = False
    sheet.CellProtection = protection
