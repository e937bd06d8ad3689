"""Message boxes, file dialogs and the status bar on a real (virtual) screen; buttons are pressed as a person would."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import office_host
from office_host import attached, needs_soffice, running_office
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.libreoffice import pick_file, pick_folder

pytestmark = [
    pytest.mark.libreoffice,
    needs_soffice,
    pytest.mark.xdist_group("libreoffice"),
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="the Xvfb program is not installed"),
]

WAIT_SECONDS = 60  # a machine that runs other tests beside is slow to draw a box


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    screen, number = next(filter(lambda found: found[1], (start_screen() for _ in range(5))))
    yield f":{number}"
    screen.terminate()
    screen.wait(timeout=10)


def start_screen() -> tuple[subprocess.Popen[bytes], str]:
    """An Xvfb and the number of its display, "" if somebody else took that one at the same moment."""
    reading, writing = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as answers:
        return screen, answers.readline().strip()


@pytest.fixture(scope="module")
def office(tmp_path_factory, display) -> Iterator[office_host.OfficeHost]:
    with running_office(tmp_path_factory.mktemp("screen"), display=display) as host:
        yield host


@pytest.fixture(scope="module", params=[False, True], ids=["in-process", "bridge"])
def book(office, request) -> Iterator[Any]:
    with attached(office, office.open_copy(small_book(office.folder)), bridge=request.param) as found:
        yield found


def small_book(folder: Path) -> Path:
    """A workbook that opens quickly."""
    path = folder / "小.xlsx"
    openpyxl.Workbook().save(path)
    return path


def answer_of(office: office_host.OfficeHost, ask: Callable[[], Any], button: str, typed: str = "") -> Any:
    """What `ask` returns after somebody typed a file's name, if any, and pressed the button of that label."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception as error:
            answers.append(error)

    asking = threading.Thread(target=run, daemon=True)
    asking.start()
    if typed:
        office_host.type_into(office, "File name:", typed, WAIT_SECONDS)
    office_host.press(office, button, WAIT_SECONDS)
    asking.join(WAIT_SECONDS)
    assert answers, "still waiting"
    return answers[0]


class TestAMessageBox:
    @pytest.mark.parametrize(
        ("buttons", "pressed", "word"),
        [
            ("ok", "OK", "ok"),
            ("ok_cancel", "Cancel", "cancel"),
            ("ok_cancel", "OK", "ok"),
            ("yes_no", "No", "no"),
            ("yes_no_cancel", "Yes", "yes"),
            ("yes_no_cancel", "Cancel", "cancel"),
        ],
    )
    def test_gives_xlwings_word_of_the_button(self, office, book, buttons, pressed, word):
        def ask() -> Any:
            return book.app.alert("要把 3 行写进“名册”吗？", "帮扶", buttons, "critical")

        assert answer_of(office, ask, pressed) == word


class TestAPicker:
    def test_gives_nothing_when_cancelled(self, office, book):
        patterns = [("Excel 工作簿", "*.xlsx;*.xlsm"), ("全部文件", "*.*")]
        assert answer_of(office, lambda: pick_file(book, "选成绩表", patterns), "Cancel") is None
        assert answer_of(office, lambda: pick_folder(book, "选文件夹"), "Cancel") is None

    def test_gives_the_path_that_was_typed(self, office, book):
        folder = os.path.dirname(book.fullname)
        path = os.path.join(folder, book.name)

        def ask() -> Any:
            return pick_file(book, "选成绩表")

        assert answer_of(office, ask, "Open", typed=path) == path


class TestTheStatusBar:
    def test_takes_and_gives_back_its_text(self, book):
        for text in ("正在读取…", "第 2 步，共 3 步", False):
            book.app.status_bar = text
            assert book.app.status_bar == text


class TestALibreOfficeThatDiesWithABoxOpen:
    def test_ends_the_waiting(self, tmp_path, display):
        with (
            running_office(tmp_path, display=display) as doomed,
            attached(doomed, doomed.open_copy(small_book(tmp_path)), bridge=False) as book,
        ):
            threading.Timer(1.0, doomed.kill).start()
            start = time.monotonic()
            with pytest.raises(WorkbookError, match="没有回应"):
                book.app.alert("没有人会回答")
            assert time.monotonic() - start < 10
