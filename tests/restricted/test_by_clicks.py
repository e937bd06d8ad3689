"""受限档案 by hand: the button clicked with the mouse, the password typed into its window, in a real LibreOffice (spec §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from classbooks import TODAY, make_class, run_term
from clicked_term import SECONDS, Clicker, write_launcher
from restrictedbooks import PASSWORD, psych, type_into
from screens import Screen, needs_screen
from window import Window, needs_window
from xlbangfu import schema
from xlbangfu.click import ask
from xlbangfu.click.press import NO_PASSWORD, TYPE_PASSWORD
from xlbangfu.restricted.crypt import decrypt

pytestmark = [needs_screen, pytest.mark.xdist_group("windows")]
FILE = "受限档案.xlsx"


@pytest.fixture
def teacher(tmp_path) -> Iterator[Clicker]:
    """A class with 档案, open in a window."""
    path = make_class(tmp_path / "班级", n=12)
    run_term(path, "profile")
    data = tmp_path / "数据"
    write_launcher(data)
    with Window(path, environment={"XLBANGFU_DATA": str(data)}) as window:
        yield Clicker(window, data)


def typing(teacher: Clicker, *lines: str) -> Callable[[], None]:
    """An answer to the password window: these lines, each with Return; no line is Escape."""
    display = Screen(teacher.window._environment["DISPLAY"])

    def answer() -> None:
        assert display.wait_window(ask.CLASS_NAME) == "受限档案"
        (window,) = display.windows(ask.CLASS_NAME)
        teacher.window.screenshot(f"password-{len(lines)}")
        for line in lines:
            display.type_text(line)
            display.keys("Return")
        if not lines:
            display.keys("Escape")
        display.wait_gone(window)

    return answer


def press(teacher: Clicker, *answers: Callable[[], None]) -> str:
    """Click the button, answer its windows; the status line at the end."""
    teacher.press("restricted", today=TODAY, answers=answers)
    return teacher.window.wait_status(lambda text: text not in (TYPE_PASSWORD, ""), SECONDS)


@needs_window
def test_a_file_is_made_filled_and_read_with_the_keyboard_alone(teacher):
    file: Path = teacher.window.path.with_name(FILE)
    assert press(teacher, typing(teacher)) == NO_PASSWORD
    assert not file.exists()
    assert "新建“受限档案.xlsx”" in press(teacher, typing(teacher, PASSWORD, PASSWORD))
    assert decrypt(file.read_bytes(), PASSWORD, FILE)
    pupil = teacher.window.cell("档案", "A2").text
    type_into(file, {"心理档案": [psych(pupil, date(2026, 9, 8))]})
    said = press(teacher, typing(teacher, "abc-2027"), typing(teacher, PASSWORD))
    assert said == "受限档案读取完成：心理档案 1 人、资助 0 人；“档案”更新 1 人"
    door = teacher.door()
    assert [r["psych_on"] for r in door.read(schema.PROFILES).table if r["psych_on"]] == [date(2026, 9, 8)]
