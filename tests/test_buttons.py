"""What a button starts in Excel, with an xlwings that is not there: the workbook that calls, or a sentence."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from xlbangfu import buttons, places
from xlbangfu.cli import main

OF_EXCEL = ["--wb=三年级1班.xlsm", "--from_xl=1", "--app=C:\\Office\\Microsoft Excel", "--hwnd=1"]


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv(places.DATA_VARIABLE, str(tmp_path / "数据"))


@pytest.fixture
def pressed(monkeypatch):
    """Actions that were pressed, with the workbook; every press ends in 3, as a refused one does."""
    done: list[tuple[object, str]] = []

    def press(book, action_id, *, today=None):
        done.append((book, action_id))
        return 3

    monkeypatch.setattr("xlbangfu.click.press.press", press)
    return done


def xlwings_whose_caller_is(monkeypatch, caller) -> None:
    monkeypatch.setitem(sys.modules, "xlwings", SimpleNamespace(Book=SimpleNamespace(caller=caller)))


def nobody() -> None:
    raise Exception("Book.caller() must not be called directly, says 王小明")  # a bare one, as xlwings raises it


class TestAButtonInExcel:
    def test_presses_on_the_workbook_that_calls(self, monkeypatch, pressed):
        xlwings_whose_caller_is(monkeypatch, lambda: "班")
        assert buttons.run("screen") == 3
        assert pressed == [("班", "screen")]

    def test_by_run_frozen_python_ends_well_once_the_workbook_was_told(self, monkeypatch, pressed):
        xlwings_whose_caller_is(monkeypatch, lambda: "班")
        assert main(["click", "screen", *OF_EXCEL]) == 0
        assert pressed == [("班", "screen")]


@pytest.mark.parametrize("start", [buttons.run, lambda action: main(["click", action])], ids=["run", "click"])
class TestWhereNoWorkbookCalls:
    def test_it_says_so_in_one_sentence_and_refuses(self, monkeypatch, pressed, capsys, start):
        xlwings_whose_caller_is(monkeypatch, nobody)
        assert start("screen") == 3
        shown = capsys.readouterr()
        assert (shown.out, shown.err.splitlines()) == ("", [buttons.NO_CALLER])
        assert pressed == []

    def test_the_log_names_the_failure_without_its_words(self, monkeypatch, capsys, start):
        xlwings_whose_caller_is(monkeypatch, nobody)
        start("screen")
        log = places.log_path().read_text(encoding="utf-8")
        assert " screen Exception at " in log
        assert "王小明" not in log


def test_to_excel_it_speaks_in_the_code_page_of_the_computer(monkeypatch):
    """xlwings shows the words of a program that failed in a box, and reads them as VBA reads every text file."""
    said = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(said, encoding="utf-8", write_through=True))
    monkeypatch.setattr(sys, "argv", ["xlbangfu", "click", "screen", *OF_EXCEL])
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("locale.getencoding", lambda: "gbk")
    buttons._tell(buttons.NO_CALLER)
    assert said.getvalue().decode("gbk").strip() == buttons.NO_CALLER


@pytest.mark.parametrize("more", [[], OF_EXCEL], ids=["at the command line", "as Excel would"])
def test_the_real_xlwings_without_an_excel(more):
    words = [sys.executable, "-m", "xlbangfu.cli", "click", "screen", *more]
    done = subprocess.run(words, env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}, capture_output=True)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    if sys.platform != "win32":  # there the words are in the code page of the computer
        assert done.stderr.decode().strip() == buttons.NO_CALLER
