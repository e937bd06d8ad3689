"""What a click leaves behind when it dies, meets another one, or meets a workbook that teachers have had their way with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from classbooks import fill, make_class, pupil_ids, run, set_cells
from clickers import AFTER, BEFORE, FAIL, LINE, NO_ROOM, SECRET, WAIT, Clicked, Clicker, Stop
from office_host import attached, needs_soffice, running_office, start_office
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.runner import run_action
from xlbangfu.places import DATA_VARIABLE
from xlbangfu.workbook.journal import Journal
from xlbangfu.workbook.live import LiveWorkbook

pytestmark = [pytest.mark.libreoffice, needs_soffice, pytest.mark.xdist_group("clicks")]

JOURNAL = "xlbangfu.workbook.journal:Journal"
WITHIN_A_WRITE = "xlbangfu.workbook.libreoffice.desktext:blocks"  # values are in, formats and formulas not yet
KILLED = -9
TOUCHED = ("学困生", "转化", "转化统计", "帮扶计划", "数据问题", "设置")
DATED = ("学困生", "转化", "帮扶计划")


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
    *(("screen", stop) for stop in (before_change(4), SETTLING)),
    ("plan", within_write(1)),
    ("convert", before_change(5)),
]
KILLS_THEN_UNDO = [
    *(("screen", stop) for stop in (before_change(2), SETTLED)),
    ("freeze", before_change(3)),
    ("convert", SETTLING),
]
KILLS_OF_UNDO = [before_change(3), SETTLING]
if os.environ.get("XLBANGFU_EVERY_KILL") == "1":  # four minutes
    changes = {"screen": 6, "confirm": 4, "freeze": 6, "plan": 5, "convert": 6}
    others = (within_write(1), within_write(2), NOTED, SETTLING, SETTLED)
    KILLS = KILLS_THEN_UNDO = [
        (action_id, stop)
        for action_id, last in changes.items()
        for stop in (*map(before_change, range(1, last + 1)), *others)
    ]
    KILLS_OF_UNDO = [*map(before_change, range(2, 7)), within_write(1), SETTLING, SETTLED]


def looked_at(clicker: Clicker, path: Path) -> dict[str, Any]:
    """What kills are judged by: cells, formats and tables of the sheets that the actions write."""
    return clicker.tables(path, *TOUCHED, formats=DATED)


@pytest.fixture(scope="module")
def copies(clicker) -> Iterator[dict[str, Path]]:
    """The copy of a workbook that all kills of an action are tried on."""
    yield {}
    clicker.office.close_all()


@pytest.fixture(scope="module")
def undisturbed(clicker, states, copies) -> Callable[[str], tuple[Any, Any]]:
    """Tables before and after an action that nobody disturbed."""
    known: dict[str, tuple[Any, Any]] = {}

    def of(action_id: str) -> tuple[Any, Any]:
        if action_id not in known:
            path = copies[action_id] = clicker.open(states[action_id])
            before = looked_at(clicker, path)
            assert clicker.click(action_id, path).code == 0
            known[action_id] = before, looked_at(clicker, path)
            assert before != known[action_id][1]
            assert clicker.click("undo", path).code == 0
            Journal(path)._path(".json").unlink()
        return known[action_id]

    return of


@pytest.fixture
def victim(clicker, states, copies, undisturbed) -> Callable[[str], Path]:
    """That copy as it was at first; a new one where a test left it changed or closed."""

    def of(action_id: str) -> Path:
        before = undisturbed(action_id)[0]
        path = copies[action_id]
        if clicker.is_open(path):
            if looked_at(clicker, path) == before:
                return path
            clicker.close_book(path)
        copies[action_id] = clicker.open(states[action_id])
        return copies[action_id]

    return of


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

    @pytest.mark.parametrize("stop", KILLS_OF_UNDO, ids=names_of)
    def test_a_step_back_goes_one_whole_way_or_the_other(self, stop, clicker, victim, undisturbed):
        before, after = undisturbed("screen")
        path = victim("screen")
        assert clicker.click("screen", path).code == 0
        assert clicker.click("undo", path, stop).code == KILLED
        usable(clicker, path)
        again = clicker.click("undo", path)
        assert again.code == 0
        assert looked_at(clicker, path) == after
        assert "已恢复“识别学困生”的结果" in again.said or "已回到撤销之前" in again.said
        assert clicker.click("undo", path).code == 0
        assert looked_at(clicker, path) == before

    def test_setting_right_may_itself_be_killed(self, clicker, victim, undisturbed):
        before, _ = undisturbed("screen")
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
        assert "学困生!J3、学困生!K5 保留您后来的填写" in clicked.said
        assert clicker.cell(path, "名册", "N4").getString() == "爱画画"
        assert clicker.cell(path, "学困生", "K5").getString() == "王老师"
        now = clicker.tables(path, "学困生")["学困生"]
        assert now[3, 10] == "是"
        assert {c: now.get((3, c)) for c in (1, 2, 3, 4, 5)} == {
            c: after["学困生"].get((3, c)) for c in (1, 2, 3, 4, 5)
        }
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
    rows = by_row(cells)
    found = {(row.get(1, ""), row.get(3, "")): row for row in rows.values()}
    assert len(found) == len(rows), "two rows of one key, or several without"
    return found


def turn_round(clicker: Clicker, path: Path) -> None:
    """The filled rows of 学困生 from the last to the first, as sorting leaves them."""
    filled = [r for r, _ in clicker.tables(path, "学困生")["学困生"]]
    area = clicker.sheet(path, "学困生").getCellRangeByPosition(0, 1, 14, max(filled) - 1)
    area.setDataArray(tuple(reversed(area.getDataArray())))


class TestRowsThatMove:
    def test_after_a_step_are_not_undone_in_the_wrong_place(self, clicker, states):
        """全部确认, of 待定 and of one 是 that a teacher had given; then the rows move. That 是 stays where it belongs."""
        path = clicker.open(states["confirm"])
        clicker.cell(path, "学困生", "J3").setString("是")
        mine = clicker.cell(path, "学困生", "A3").getString(), clicker.cell(path, "学困生", "C3").getString()
        assert clicker.click("confirm", path).code == 0
        turn_round(clicker, path)
        moved = clicker.tables(path, "学困生")
        clicked = clicker.click("undo", path)
        assert clicked.code == 3 and "学困生!" in clicked.said
        assert clicker.tables(path, "学困生") == moved
        rows = {(row.get(1, "").lstrip("'"), row.get(3)): row for row in by_row(moved["学困生"]).values()}
        assert rows[mine][10] == "是"
        clicker.close_book(path)


def by_row(cells: dict[tuple[int, int], str]) -> dict[int, dict[int, str]]:
    """Cells of a sheet by row and column."""
    rows: dict[int, dict[int, str]] = {}
    for (r, c), text in cells.items():
        rows.setdefault(r, {})[c] = text
    return rows


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


# ---- protected -----------------------------------------------------------------------------------------


class TestAProtectedSheet:
    @pytest.mark.parametrize("label", ["学困生", "数据问题", "日志"])
    def test_refuses_the_whole_click(self, label, clicker, victim, undisturbed):
        """The first, a later and the last sheet that 识别 writes."""
        before, _ = undisturbed("screen")
        path = victim("screen")
        logged = clicker.tables(path, "日志")
        clicker.sheet(path, label).protect("")
        clicked = clicker.click("screen", path)
        clicker.sheet(path, label).unprotect("")
        assert clicked.code == 3
        assert label in clicked.said and "保护" in clicked.said and clicked.said.count("。") <= 2
        assert looked_at(clicker, path) == before
        assert clicker.tables(path, "日志") == logged
        assert Journal(path).pending is None and Journal(path).last is None

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
        _, after = undisturbed("screen")
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


# ---- workbooks as teachers leave them ------------------------------------------------------------------


def find_shown(clicker: Clicker, path: Path, label: str, rows: int = 12) -> list[bool]:
    """Which of the first rows of a sheet can be seen."""
    lines = clicker.sheet(path, label).Rows
    return [bool(lines.getByIndex(r).IsVisible) for r in range(rows)]


class TestFiltersAndHiding:
    def test_rows_that_a_filter_hides_are_written_and_stay_hidden(self, clicker, states):
        path = clicker.open(states["confirm"])
        table = clicker.document(path).DatabaseRanges.getByName("tblCaseload")
        wanted = clicker.struct("com.sun.star.sheet.TableFilterField", Field=2, IsNumeric=False, StringValue="语文")
        wanted.Operator = clicker.enum("com.sun.star.sheet.FilterOperator", "EQUAL")
        table.AutoFilter = True
        filtering = table.getFilterDescriptor()
        filtering.setFilterFields((wanted,))
        filtering.ContainsHeader = True
        table.refresh()
        shown = find_shown(clicker, path, "学困生")
        assert not all(shown[1:7])
        assert clicker.click("confirm", path).code == 0
        assert clicker.click("freeze", path).code == 0
        cells = clicker.tables(path, "学困生")["学困生"]
        rows = {r for r, c in cells if r > 1}
        assert {cells[r, 10] for r in rows} == {"是"}
        assert all((r, 15) in cells for r in rows)
        assert find_shown(clicker, path, "学困生") == shown
        assert table.AutoFilter and [f.StringValue for f in table.getFilterDescriptor().getFilterFields()] == ["语文"]
        clicker.close_book(path)

    def test_hidden_rows_columns_and_sheets_are_like_others(self, clicker, victim, undisturbed):
        before, after = undisturbed("screen")
        path = victim("screen")
        table = clicker.document(path).DatabaseRanges.getByName("tblCaseload")
        table.AutoFilter = True
        lines = [
            clicker.sheet(path, "成绩").Rows.getByIndex(4),
            clicker.sheet(path, "学困生").Rows.getByIndex(2),
            clicker.sheet(path, "学困生").Columns.getByIndex(1),
            *(clicker.sheet(path, label) for label in ("学困生", "数据问题", "日志")),
        ]
        for line in lines:
            line.IsVisible = False
        assert clicker.click("screen", path).code == 0
        assert looked_at(clicker, path) == after
        assert [line.IsVisible for line in lines] == [False] * 6
        assert find_shown(clicker, path, "学困生")[:4] == [True, True, False, True]
        assert table.AutoFilter and table.ContainsHeader
        for line in lines:
            line.IsVisible = True
        assert clicker.click("undo", path).code == 0
        assert looked_at(clicker, path) == before


def rename_header(clicker: Clicker, path: Path) -> Callable[[], None]:
    cell = clicker.cell(path, "学困生", "J1")
    cell.setString("是否确认")
    return lambda: cell.setString("确认")


def rename_sheet(clicker: Clicker, path: Path) -> Callable[[], None]:
    sheet = clicker.sheet(path, "学困生")
    sheet.Name = "我的学困生"
    return lambda: setattr(sheet, "Name", "学困生")


def delete_the_log(clicker: Clicker, path: Path) -> Callable[[], None]:
    clicker.document(path).Sheets.removeByName("日志")
    return lambda: clicker.close_book(path)


def make_it_a_range(clicker: Clicker, path: Path) -> Callable[[], None]:
    ranges = clicker.document(path).DatabaseRanges
    area = ranges.getByName("tblCaseload").DataArea
    ranges.removeByName("tblCaseload")
    return lambda: ranges.addNewByName("tblCaseload", area)


def merge(label: str, cells: str) -> Callable[[Clicker, Path], Callable[[], None]]:
    def in_the_table(clicker: Clicker, path: Path) -> Callable[[], None]:
        area = clicker.sheet(path, label).getCellRangeByName(cells)
        area.merge(True)
        return lambda: area.merge(False)

    return in_the_table


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (rename_header, ("学困生", "确认")),
        (rename_sheet, ("学困生",)),
        (make_it_a_range, ("学困生", "不再是表格")),
        (merge("学困生", "B3:C4"), ("学困生", "C3", "合并")),
        (merge("数据问题", "A1:A2"), ("数据问题", "A2", "合并")),
        (delete_the_log, ("日志",)),
    ],
    ids=["header renamed", "sheet renamed", "no table", "merged", "merged with a header", "no log"],
)
def test_a_workbook_rearranged_is_refused_and_left_as_it_is(spoil, words, clicker, victim):
    path = victim("screen")
    mend = spoil(clicker, path)
    before = clicker.tables(path)
    try:
        clicked = clicker.click("screen", path)
        assert clicked.code == 3
        assert all(word in clicked.said for word in words), clicked.said
        assert clicker.tables(path) == before
        assert Journal(path).pending is None and Journal(path).last is None
        assert not clicked.err and not clicked.out
    finally:
        mend()


class TestOwnColumns:
    def test_in_the_middle_with_what_is_in_them_stay(self, clicker, states, undisturbed):
        """Between two columns that 识别 fills: text in two colours, a link, a number, a formula."""
        _, after = undisturbed("screen")
        path = clicker.open(states["screen"])
        sheet = clicker.sheet(path, "学困生")
        sheet.Columns.insertByIndex(4, 1)
        clicker.cell(path, "学困生", "E1").setString("我的备注")
        coloured = clicker.cell(path, "学困生", "E3")
        coloured.setString("先红后黑")
        cursor = coloured.createTextCursor()
        cursor.gotoStart(False)
        cursor.goRight(1, True)
        cursor.CharColor = 0xFF0000
        link = clicker.document(path).createInstance("com.sun.star.text.TextField.URL")
        link.URL, link.Representation = "#名册.B2", "去名册"
        linked = clicker.cell(path, "学困生", "E4")
        linked.insertTextContent(linked.createTextCursor(), link, False)
        clicker.cell(path, "学困生", "E2").setFormula("=1+1")
        clicker.cell(path, "学困生", "E5").setValue(3.5)
        assert clicker.click("screen", path).code == 0
        now = clicker.tables(path, "学困生")["学困生"]
        own = {r: now.get((r, 5)) for r in range(1, 6)}
        assert own == {1: "我的备注", 2: "=1+1", 3: "先红后黑", 4: "去名册", 5: "3.5"}
        moved = {(r, c - (c > 5)): text for (r, c), text in now.items() if c != 5}
        assert moved == after["学困生"]
        assert linked.getTextFields().createEnumeration().hasMoreElements(), "the link is gone"
        cursor.gotoStart(False)
        cursor.goRight(1, True)
        assert cursor.CharColor == 0xFF0000
        assert clicker.click("undo", path).code == 0
        left = clicker.tables(path, "学困生")["学困生"]
        assert {place: text for place, text in left.items() if place[0] > 1} == {
            (r, 5): text for r, text in own.items() if r > 1
        }
        clicker.close_book(path)

    def test_are_found_wherever_the_teacher_has_moved_them(self, clicker, states, undisturbed):
        _, after = undisturbed("screen")
        path = clicker.open(states["screen"])
        for one, other in (("A1", "K1"), ("B1", "H1")):
            first, second = clicker.cell(path, "学困生", one), clicker.cell(path, "学困生", other)
            text = first.getString()
            first.setString(second.getString())
            second.setString(text)
        places = {1: 11, 11: 1, 2: 8, 8: 2}
        assert clicker.click("screen", path).code == 0
        now = clicker.tables(path, "学困生")["学困生"]
        assert {(r, places.get(c, c)): text for (r, c), text in now.items()} == after["学困生"]
        clicker.close_book(path)

    def test_headers_typed_beside_a_table_after_a_step_survive_its_undoing(self, clicker, states):
        path = clicker.open(states["screen"])
        assert clicker.click("screen", path).code == 0
        clicker.cell(path, "学困生", "P1").setString("我的列")
        table = clicker.document(path).DatabaseRanges.getByName("tblCaseload")
        area = table.DataArea
        area.EndColumn += 1  # as Excel does it when one types beside a table
        table.setDataArea(area)
        assert clicker.click("undo", path).code == 0
        assert clicker.cell(path, "学困生", "P1").getString() == "我的列"
        clicker.close_book(path)


def test_errors_and_formulas_in_columns_of_the_program_come_back_when_undone(clicker, states):
    path = clicker.open(states["confirm"])
    clicker.cell(path, "学困生", "E2").setFormula("=1/0")
    clicker.cell(path, "学困生", "E3").setFormula('="手工"&"依据"')
    clicker.cell(path, "学困生", "F4").setFormula("=NA()")
    before = clicker.tables(path, "学困生", "数据问题", formats=("学困生",))
    clicked = clicker.click("screen", path)
    assert clicked.code == 0
    now = clicker.tables(path, "学困生")["学困生"]
    assert now[2, 5].startswith("后20%") and now[3, 5].startswith("后20%") and now[4, 6] != "=NA()"
    assert clicker.click("undo", path).code == 0
    assert clicker.tables(path, "学困生", "数据问题", formats=("学困生",)) == before
    clicker.close_book(path)


ODD = ("=1+1", "001", "3-2", "-", "'单引号", "2026-09-01", "１２３", "+86", "1e3", "TRUE", "@我", "𠮷👩‍🎓é", "3/4",
       "  空格  ", "50%", "第一行\n第二行", "很长" * 4500)  # fmt: skip


def odd_class(folder: Path) -> Path:
    """A class of pupils whose names, seats and notes look like anything but text, and one long 学号."""
    path = make_class(folder, n=len(ODD))
    set_cells(
        path, schema.ROSTER, {i: {"name": text[:40], "seat": text[:20], "note": text} for i, text in enumerate(ODD)}
    )
    long_id = "330102201801011234"
    fill(path, {
        schema.ROSTER: [{"pupil_id": long_id, "name": "长号", "status": "在读"}],
        schema.SCORES: [{"exam": "入学", "pupil_id": long_id, "语文": 1, "数学": 2, "英语": "３"}],
        schema.OBSERVATIONS: [
            {"date": date(2026, 9, 8), "pupil_id": pupil_ids(9)[i], "subject": "语文", "source": "教师", "category": "行为",
             "severity": 5, "note": text}
            for i, text in enumerate(ODD[:9])
        ],
    })  # fmt: skip
    return path


@pytest.mark.parametrize(
    ("n", "action_ids"),
    [
        (0, ("screen",)),
        (1, ("screen", "confirm")),
        (80, ("screen",)),
        (-1, ("check", "screen")),
    ],
    ids=["nobody", "one pupil", "eighty", "odd texts"],
)
def test_the_open_workbook_says_what_the_closed_one_would(n, action_ids, clicker, tmp_path):
    """LibreOffice opens the file that the commands made, and both are looked at in the same way."""
    path = make_class(tmp_path / "班", n=n) if n >= 0 else odd_class(tmp_path / "班")
    opened = clicker.open(path)
    for action_id in action_ids:
        report = run(action_id, path)
        clicked = clicker.click(action_id, opened)
        assert (clicked.code == 0, clicked.err) == (report.ok, "")
        assert clicked.said.startswith(report.message)
    if n:
        expected = clicker.open(path)
        assert clicker.tables(opened) == clicker.tables(expected)
        clicker.close_book(expected)
    clicker.close_book(opened)


# ---- what stays as it was ------------------------------------------------------------------------------


class TestTheTeachersPlace:
    def test_sheet_and_selections_stay(self, clicker, victim, undisturbed):
        before, _ = undisturbed("screen")
        path = victim("screen")
        controller = clicker.document(path).CurrentController
        for label, cells in (("学困生", "D4:E9"), ("名册", "B3"), ("成绩", "C5:D6")):
            controller.setActiveSheet(clicker.sheet(path, label))
            controller.select(clicker.sheet(path, label).getCellRangeByName(cells))
        view = controller.getViewData()
        for action_id in ("screen", "undo"):
            assert clicker.click(action_id, path).code == 0
            assert controller.ActiveSheet.Name == "成绩"
            assert controller.Selection.AbsoluteName.endswith("$C$5:$D$6")
            assert controller.getViewData() == view
        assert looked_at(clicker, path) == before

    def test_a_document_that_calculates_by_hand_goes_on_so(self, clicker, victim, undisturbed):
        path = victim("screen")
        document = clicker.document(path)
        document.enableAutomaticCalculation(False)
        try:
            assert clicker.click("screen", path).code == 0
            assert not document.isAutomaticCalculationEnabled()
            assert looked_at(clicker, path) == undisturbed("screen")[1]
            assert clicker.click("undo", path).code == 0
            assert not document.isAutomaticCalculationEnabled()
        finally:
            document.enableAutomaticCalculation(True)

    def test_a_refusal_goes_to_the_cell(self, clicker, states):
        path = clicker.open(states["screen"])
        assert clicker.click("screen", path).code == 0
        clicker.cell(path, "学困生", "J2").setString("否")
        controller = clicker.document(path).CurrentController
        controller.setActiveSheet(clicker.sheet(path, "首页"))
        clicked = clicker.click("undo", path)
        assert clicked.code == 3 and "学困生!J2" in clicked.said
        assert controller.Selection.AbsoluteName == "$学困生.$J$2"
        clicker.close_book(path)

    def test_a_click_that_changes_nothing_changes_the_status_line_alone(self, clicker, states):
        """The document counts as modified all the same: the status line is a cell."""
        path = clicker.open(states["screen"])
        assert clicker.click("screen", path).code == 0
        document = clicker.document(path)
        tables, log = clicker.tables(path), clicker.tables(path, "日志")
        document.setModified(False)
        manager = document.getUndoManager()
        depth = len(manager.getAllUndoActionTitles())
        assert clicker.click("screen", path).code == 0
        assert clicker.tables(path) == tables and clicker.tables(path, "日志") == log
        assert len(manager.getAllUndoActionTitles()) - depth == 1
        assert document.isModified()
        clicker.close_book(path)

    def test_ctrl_z_after_a_click_takes_back_too_little_and_the_step_can_still_be_undone(self, clicker, states):
        """One entry a write. LibreOffice 7.4 moves the tables' borders back, but empties no cell that had been empty."""
        path = clicker.open(states["screen"])
        before = clicker.tables(path, *TOUCHED)
        manager = clicker.document(path).getUndoManager()
        assert not manager.getAllUndoActionTitles()
        assert clicker.click("screen", path).code == 0
        after = clicker.tables(path, *TOUCHED)
        assert 4 <= len(manager.getAllUndoActionTitles()) <= 8
        while manager.getAllUndoActionTitles():
            manager.undo()
        now = clicker.tables(path, *TOUCHED)
        assert now["tblCaseload"] == before["tblCaseload"] != after["tblCaseload"]
        assert now["学困生"] in (before["学困生"], after["学困生"])
        clicker.click("undo", path)
        assert clicker.tables(path, *TOUCHED) == before
        clicker.close_book(path)


# ---- trouble -------------------------------------------------------------------------------------------


def one_sentence(text: str) -> bool:
    """A line or two in Chinese and nothing of a program's own."""
    return bool(text) and text.count("\n") <= 1 and "Traceback" not in text and "Error" not in text and "。" in text


def nothing_private(data: Path, clicked: Clicked, path: Path, clicker: Clicker) -> None:
    """No name, 学号 or cell text of the class in the log, on the streams or in the status line."""
    told = "".join(file.read_text("utf-8") for file in (data / "log").iterdir())
    words = [SECRET, *SECRET.split(), *pupil_ids(20), *(f"测试{i:02d}" for i in range(1, 21)), "王老师"]
    for text in (told, clicked.out, clicked.err, clicked.said):
        assert not [word for word in words if word in text]
        assert "Traceback" not in text


class TestTrouble:
    @pytest.mark.parametrize(
        "function",
        [
            "xlbangfu.actions.screening:screen_class",
            f"{JOURNAL}.settle",
            "xlbangfu.workbook.livecells:_write_block",
        ],
    )
    def test_of_the_programs_own_is_one_sentence_and_a_number(self, function, clicker, victim, undisturbed, data):
        before, after = undisturbed("screen")
        path = victim("screen")
        clicked = clicker.click("screen", path, Stop(function, how=FAIL))
        assert clicked.code in (1, 3) and not clicked.out and not clicked.err
        assert one_sentence(clicked.said)
        nothing_private(data, clicked, path, clicker)
        log = (data / "log" / "xlbangfu.log").read_text("utf-8")
        if clicked.code == 1:
            number = clicked.said.rpartition("编号 ")[2].rstrip("。")
            assert f"{number} " in log and "RuntimeError" in log
        assert looked_at(clicker, path) in (before, after)
        clicker.click("undo", path)
        assert looked_at(clicker, path) == before

    def test_a_workbook_closed_in_mid_click(self, clicker, states):
        path = clicker.open(states["screen"])
        click = clicker.start("screen", path, Stop(LINE, 3, how=WAIT, of=("write", "change_table"))).reached()
        clicker.close_book(path)
        clicked = click.go_on().wait()
        assert clicked.code == 3 and not clicked.out
        assert one_sentence(clicked.err)
        clicker.office.open(path)
        assert clicker.click("screen", path).code == 0
        clicker.close_book(path)

    def test_libreoffice_killed_in_mid_click(self, clicker, states, tmp_path, data):
        office = start_office(tmp_path)
        other = Clicker(office, tmp_path)
        try:
            path = other.open(states["screen"])
            stop = Stop(LINE, 3, how=WAIT, of=("write", "change_table"))
            click = other.start("screen", path, stop, real=True).reached()
            office.kill()
            clicked = click.go_on().wait(seconds=20)
            assert clicked.code == 3 and not clicked.out
            assert one_sentence(clicked.err)
            nothing_private(data, clicked, path, clicker)
        finally:
            other.close()
            office.quit()
        (path.parent / f".~lock.{path.name}#").unlink()  # LibreOffice would ask whether to open it all the same
        clicker.office.open(path)
        assert clicker.click("screen", path).code == 0
        clicker.close_book(path)

    def test_a_document_opened_for_reading(self, clicker, states, tmp_path):
        path = shutil.copyfile(states["screen"], tmp_path / "只读.xlsm")
        clicker.office.open(path, read_only=True)
        before = clicker.tables(path)
        clicked = clicker.click("screen", path)
        assert clicked.code == 3 and not clicked.out
        assert one_sentence(clicked.err) and "只读" in clicked.err
        assert clicker.tables(path) == before
        assert Journal(path).pending is None
        clicker.close_book(path)

    def test_a_document_never_saved(self, clicker, tmp_path):
        book = clicker.office.new()
        clicked = clicker.click("screen", tmp_path / "未命名 1")
        assert clicked.code == 3 and not clicked.out
        assert one_sentence(clicked.err) and "保存" in clicked.err
        clicker.office.line.call("close_book", book)

    def test_no_folder_for_what_the_program_keeps(self, clicker, victim, undisturbed, data):
        _, after = undisturbed("screen")
        path = victim("screen")
        data.write_text("a file where the folder should be", "utf-8")
        clicked = clicker.click("screen", path)
        assert clicked.code == 0 and "不能撤销" in clicked.said and not clicked.err
        assert looked_at(clicker, path) == after
        assert clicker.click("undo", path).code == 3

    def test_a_full_disk_leaves_no_half_note(self, clicker, states, undisturbed, data):
        _, after = undisturbed("screen")
        path = clicker.open(states["screen"])
        clicked = clicker.click("screen", path, Stop("os:fsync", how=NO_ROOM))
        assert clicked.code == 0 and "不能撤销" in clicked.said
        assert looked_at(clicker, path) == after
        assert [file.name for file in (data / "undo").iterdir()] == []
        clicker.close_book(path)

    def test_a_step_that_could_not_be_noted_is_not_skipped_by_undo(self, clicker, states, data):
        """The step before it must not be taken back from under it."""
        path = clicker.open(states["screen"])
        assert clicker.click("screen", path).code == 0
        assert "不能撤销" in clicker.click("confirm", path, Stop("os:fsync", how=NO_ROOM)).said
        now = clicker.tables(path, *TOUCHED)
        assert clicker.click("undo", path).code == 3
        assert clicker.tables(path, *TOUCHED) == now
        clicker.close_book(path)


def test_a_click_pays_for_nothing_that_it_does_not_need(clicker, victim, undisturbed):
    path = victim("screen")
    click = clicker.start("screen", path, real=True)
    assert click.wait().code == 0
    loaded = {name.partition(".")[0] for name in click.note["modules"]}
    assert not loaded & {"numpy", "pandas", "openpyxl", "scipy", "rich", "pyarrow", "matplotlib", "PIL", "lxml"}
    assert "xlwings" in loaded
    assert clicker.click("undo", path).code == 0


# ---- whatever a teacher does -----------------------------------------------------------------------------


class Model:
    """What the tables must say: a teacher's cells among the steps of buttons, one step deep."""

    PLACES = ("学困生!J2", "学困生!J4", "学困生!K3", "学困生!E2", "学困生!A9", "学困生!P2", "名册!N3", "数据问题!C2")

    def __init__(self, clicker: Clicker, path: Path, book: Any) -> None:
        self.clicker, self.path, self.book = clicker, path, book
        self.before: dict[str, Any] | None = None
        self.after: dict[str, Any] = {}

    def now(self) -> dict[str, Any]:
        found = self.clicker.tables(self.path, "学困生", "名册", "数据问题", "设置")
        return {(sheet, place): text for sheet in found for place, text in cells_of(found[sheet])}

    def press(self, action_id: str) -> Any:
        before = self.now()
        report = run_action(BY_ID[action_id], LiveWorkbook(self.book), today=date(2026, 9, 10))
        after = self.now()
        if action_id == "undo":
            self.judge(report, before, after)
        if report.written:
            self.before, self.after = before, after
        else:
            assert after == before
        return report

    def judge(self, report: Any, stood: dict[Any, str], stands: dict[Any, str]) -> None:
        """Every cell as before the step, but for what a person has changed since; or nothing and a cell named."""
        if report.ok:
            assert self.before is not None
            places = {*self.before, *self.after, *stood, *stands}
            edited = {p for p in places if self.after.get(p) != stood.get(p)}
            for place in places:
                wanted = stood if place in edited else self.before
                large = place[1] == "area" and self.typed_below(place[0], stands)
                assert large or stands.get(place) == wanted.get(place), place
        else:
            assert "!" in report.message or "没有可以撤销" in report.message
            assert stands == stood

    def typed_below(self, table: str, stands: dict[Any, str]) -> bool:
        """A table stays as large as it is where somebody has typed in its last rows."""
        label = next(sheet.label for sheet in schema.TABLES if sheet.table == table)
        bottom = self.before[table, "area"][3] + 1  # type: ignore[index]
        return any(sheet == label and place[0] > bottom for sheet, place in stands)

    def type(self, where: str, text: str) -> None:
        self.clicker.cell(self.path, *where.split("!")).setString(text)


def cells_of(found: Any) -> list[tuple[Any, Any]]:
    """The cells of a sheet, or one entry for where a table lies."""
    return list(found.items()) if isinstance(found, dict) else [("area", found)]


TYPING = st.tuples(st.sampled_from(Model.PLACES), st.sampled_from(["否", "是", "", "=1+1", "001"]))
STORY = st.tuples(st.sampled_from(["confirm", "screen"]), st.lists(TYPING, max_size=2), st.lists(TYPING, max_size=1))


@pytest.fixture(scope="module")
def model(clicker, states) -> Iterator[Model]:
    path = clicker.open(states["screen"])
    with attached(clicker.office, path, bridge=False) as book:
        yield Model(clicker, path, book)


@settings(
    max_examples=5,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STORY)
def test_undo_restores_exactly_or_refuses_naming_cells(model, story):
    """Action, typing, undo, typing, undo; each story goes on where the last one ended, in the same workbook."""
    action_id, typed, typed_later = story
    model.press(action_id)
    for later in (typed, typed_later):
        for where, text in later:
            model.type(where, text)
        model.press("undo")
