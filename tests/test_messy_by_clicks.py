"""Messy files brought in by the buttons in a real LibreOffice window, against the same by commands (spec §3, §3.1)."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from classbooks import TODAY
from clicked_term import READY, SECONDS, Clicker, differences, write_launcher
from imports.corpusfiles import CORPUS, PASSWORD
from messycases import CASES, YES, Case, from_corpus, make_messy_class
from screens import Screen, needs_screen
from window import Window, needs_window
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.runner import run_closed
from xlbangfu.cli import main
from xlbangfu.click import ask
from xlbangfu.click.press import NO_PASSWORD, TYPE_PASSWORD
from xlbangfu.restricted.terminal import FILE_VARIABLE
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.live import LiveWorkbook

pytestmark = [needs_screen, pytest.mark.xdist_group("windows")]
RUNNING = ("", READY, TYPE_PASSWORD)


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return make_messy_class(tmp_path_factory.mktemp("班"))


@pytest.fixture(scope="module")
def clicker(source, tmp_path_factory) -> Iterator[Clicker]:
    """One LibreOffice for all files."""
    data = tmp_path_factory.mktemp("数据")
    write_launcher(data)
    with Window(source, environment={"XLBANGFU_DATA": str(data)}) as window:
        yield Clicker(window, data)


@dataclass
class Desk:
    """A fresh copy of the class in the window, and one on disk for the command."""

    clicker: Clicker
    live: Path
    closed: Path
    folder: Path

    @property
    def door(self) -> LiveWorkbook:
        from xlbangfu.workbook.libreoffice import attach

        return LiveWorkbook(attach(self.live))

    def click(self, case: Case, file: Path, *, give_up: bool = False) -> str:
        """Press the button, choose the file, answer what comes; the status line at the end.

        Choosing takes a second: files made here stand already in the cell where Excel's macro leaves what was chosen.
        """
        window = self.clicker.window
        answers: list[Callable[[], object]] = []
        if (CORPUS / file.name).exists():
            answers.append(lambda: window.pick_path(file))
        else:
            window.put_named(schema.PICKED_CELL, str(file))
        if case.passwords or give_up:
            answers.append(lambda: self._type(BY_ID[case.action].label, case.passwords))
        answers += [lambda a=a: window.press_in_dialog(a) for a in case.answers]
        self.clicker.press(case.action, today=TODAY, answers=answers)
        running = window.named(schema.RUNNING_CELL).text
        return window.wait_status(lambda text: text not in (*RUNNING, running), SECONDS)

    def _type(self, title: str, lines: tuple[str, ...]) -> None:
        """These lines into the password windows, each with Return; no line is Escape."""
        display = Screen(self.clicker.window._environment["DISPLAY"])
        for number, line in enumerate(lines or ("",)):
            assert display.wait_window(ask.CLASS_NAME) == title
            (box,) = display.windows(ask.CLASS_NAME)
            self.clicker.window.screenshot(f"import-password-{number if lines else 'given-up'}")
            display.type_text(line)
            display.keys("Return" if lines else "Escape")
            display.wait_gone(box)

    def command(self, case: Case, file: Path) -> tuple[int, str, dict[str, Any]]:
        """Exit code, sentence and report of the same on the closed copy."""
        if case.ask_columns:
            options = {"file": file, "file_name": file.name, "ask_columns": True}
            report = run_closed(BY_ID[case.action], self.closed, today=TODAY, options=options)
            return report.exit_code, report.message, report.as_json()
        out = io.StringIO()
        words = [BY_ID[case.action].command, self.closed, file, *case.words, "--json", "--today", TODAY]
        with contextlib.redirect_stdout(out):
            code = main([str(w) for w in words])
        report = json.loads(out.getvalue())
        return code, report["message"], report

    def compare(self) -> list[str]:
        """What differs between the two copies."""
        return differences(self.door, ClosedWorkbook(self.closed))


@pytest.fixture
def desk(clicker, source, tmp_path) -> Iterator[Desk]:
    live, closed = (tmp_path / name / source.name for name in ("打开 的", "关着的"))
    for path in (live, closed):
        path.parent.mkdir()
        shutil.copyfile(source, path)
    window = clicker.window
    window.open(live)
    try:
        yield Desk(clicker, live, closed, tmp_path)
    finally:
        for dialog in window.dialogs():
            window.press_in_dialog(next(iter(dialog.buttons)))
        window.close_document()
        window.look_at(window.path)


def errors_said(report: dict[str, Any]) -> str:
    """What the status line adds where something could not be taken."""
    errors = sum(i["level"] == schema.ERROR for i in report["issues"])
    return f"；有 {errors} 条错误，先看 " if errors else ""


@needs_window
class TestTheSameAsTheCommand:
    @pytest.mark.parametrize("name", [n for n, c in CASES.items() if not c.kept])
    def test_every_sheet_says_the_same(self, desk, monkeypatch, name):
        case = CASES[name]
        monkeypatch.setenv(FILE_VARIABLE, PASSWORD)
        file = case.make(desk.folder)
        sheet = schema.ROSTER if case.action == "import_roster" else schema.SCORES
        before = len(ClosedWorkbook(desk.closed).read(sheet).table.rows)
        code, message, report = desk.command(case, file)
        said = desk.click(case, file)
        assert code in (0, 1)
        assert desk.compare() == []
        assert said.startswith(message + errors_said(report))
        assert (said == message) == (code == 0)
        door = ClosedWorkbook(desk.closed)
        assert len(door.read(sheet).table.rows) - before == case.taken
        assert {r["rule"] for r in door.read(schema.ISSUES).table.rows} >= set(case.rules)
        assert door.read(schema.MAPPING).table.rows != []

    @pytest.mark.parametrize("name", [n for n, c in CASES.items() if c.kept])
    def test_what_is_refused_is_refused_in_the_same_words_and_nothing_is_written(self, desk, source, name):
        case = CASES[name]
        file = case.make(desk.folder)
        code, message, _ = desk.command(case, file)
        said = desk.click(case, file)
        assert (code, said) == (3, message)
        assert file.name in said
        assert desk.closed.read_bytes() == source.read_bytes()
        assert desk.compare() == []


UNDER_A_PASSWORD = from_corpus("加密-LibreOffice-密码是123456.xls")


@needs_window
class TestThePasswordWindow:
    def test_one_step_back_takes_all_of_it_away(self, desk):
        case = Case(UNDER_A_PASSWORD, passwords=(PASSWORD,), answers=(YES,))
        assert desk.click(case, case.make(desk.folder)).startswith("导入成绩完成：新增 3 行，填入 6 格")
        rows = [r for r in desk.door.read(schema.SCORES).table.rows if r["exam"] == "入学"]
        assert [(r["pupil_id"], r["语文"], r["数学"]) for r in rows] == [
            ("0260301", 85, 92.5), ("0260302", 78, "缺考"), ("0260303", 60, 71),
        ]  # fmt: skip
        desk.clicker.press("undo", today=TODAY)
        assert [d for d in desk.compare() if not d.startswith(schema.LOG.label)] == []

    def test_escape_gives_up_and_nothing_is_written(self, desk):
        case = Case(UNDER_A_PASSWORD)
        assert desk.click(case, case.make(desk.folder), give_up=True) == NO_PASSWORD
        assert desk.compare() == []
