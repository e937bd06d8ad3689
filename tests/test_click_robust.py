"""What a click leaves behind when it dies, meets another one, or meets a workbook that teachers have had their way with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
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


@pytest.fixture
def opened(clicker, states) -> Iterator[Any]:
    """Opens the workbook as it stands before an action; closes all at the end."""
    yield lambda action_id: clicker.open(states[action_id])
    clicker.office.close_all()


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


def writes(first: int, last: int) -> list[Stop]:
    """Killed before the first change of the workbook, before the second, …"""
    return [Stop(LINE, call, of=("write", "dress", "clear", "change_table")) for call in range(first, last + 1)]


NOTED = [Stop(f"{JOURNAL}.begin", 1, when) for when in (BEFORE, AFTER)]
SETTLED = [Stop(f"{JOURNAL}.settle", 1, when) for when in (BEFORE, AFTER)]
INSIDE = [Stop(WITHIN_A_WRITE, call, of=("write",)) for call in (1, 2, 3)]

KILLS = (
    [("screen", stop) for stop in (*NOTED, *writes(1, 7), *INSIDE, *SETTLED)]
    + [("freeze", stop) for stop in (*writes(2, 5), INSIDE[1])]
    + [("plan", stop) for stop in (*writes(2, 3), INSIDE[0], SETTLED[0])]
    + [("convert", stop) for stop in (*writes(4, 5), *writes(22, 23), INSIDE[0], SETTLED[0])]
)


@pytest.fixture(scope="module")
def undisturbed(clicker, states, tmp_path_factory) -> Any:
    """Tables before and after an action that nobody disturbed."""
    known: dict[str, tuple[Any, Any]] = {}

    def of(action_id: str) -> tuple[Any, Any]:
        if action_id not in known:
            path = clicker.open(states[action_id])
            before = clicker.tables(path, *TOUCHED, formats=True)
            assert clicker.click(action_id, path).code == 0
            known[action_id] = before, clicker.tables(path, *TOUCHED, formats=True)
            assert before != known[action_id][1]
        return known[action_id]

    return of


@pytest.fixture(scope="module")
def victim(clicker, states, undisturbed) -> Any:
    """The one copy of a workbook that all kills of an action are tried on; a new one where a test left it changed."""
    known: dict[str, Path] = {}

    def of(action_id: str) -> Path:
        before = undisturbed(action_id)[0]
        if action_id not in known or clicker.tables(known[action_id], *TOUCHED, formats=True) != before:
            known[action_id] = clicker.open(states[action_id])
        return known[action_id]

    yield of
    clicker.office.close_all()


@pytest.mark.parametrize(("action_id", "stop"), KILLS, ids=lambda value: repr(value).strip("'"))
class TestKilled:
    def test_the_next_click_does_what_an_undisturbed_one_does(self, action_id, stop, clicker, victim, undisturbed):
        before, after = undisturbed(action_id)
        path = victim(action_id)
        assert clicker.click(action_id, path, stop).code == -9
        usable(clicker, path)
        assert clicker.click(action_id, path).code == 0
        assert clicker.tables(path, *TOUCHED, formats=True) == after
        assert Journal(path).pending is None
        assert clicker.click("undo", path).code == 0
        assert clicker.tables(path, *TOUCHED, formats=True) == before

    def test_undoing_restores_what_stood_before(self, action_id, stop, clicker, victim, undisturbed):
        before, _ = undisturbed(action_id)
        path = victim(action_id)
        assert clicker.click(action_id, path, stop).code == -9
        clicker.click("undo", path)
        assert clicker.tables(path, *TOUCHED, formats=True) == before
        assert Journal(path).pending is None
