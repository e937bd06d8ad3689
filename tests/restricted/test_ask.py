"""The window that asks for a password: a real one, real keys (spec §3, §7)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from screens import Screen, needs_screen, screen
from window import SHOTS_VARIABLE, shots_folder
from xlbangfu.click import ask

pytestmark = needs_screen

TITLE = "受限档案"
SCRIPT = (
    "import json, sys\n"
    "from xlbangfu.click.ask import ask_password\n"
    "print(json.dumps(ask_password(sys.argv[1], sys.argv[2], again=sys.argv[3] == 'new')))\n"
)


@pytest.fixture(scope="module")
def display() -> Iterator[Screen]:
    with screen() as found:
        yield found


class Asked:
    """A window that stands open in a process of its own."""

    def __init__(self, display: Screen, again: bool = False, prompt: str = "请输入“受限档案.xlsx”的打开密码。") -> None:
        self.display = display
        words = [sys.executable, "-c", SCRIPT, TITLE, prompt, "new" if again else "old"]
        self.process = subprocess.Popen(words, env=display.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self) -> Asked:
        assert self.display.wait_window(ask.CLASS_NAME) == TITLE
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()

    def answer(self) -> str | None:
        """What came of it; the window is gone and said nothing else."""
        out, err = self.process.communicate(timeout=20)
        assert err == b""
        assert not self.display.windows(ask.CLASS_NAME)
        found: str | None = json.loads(out)
        return found


@pytest.fixture
def once(display) -> Iterator[Asked]:
    with Asked(display) as asked:
        yield asked


@pytest.fixture
def twice(display) -> Iterator[Asked]:
    with Asked(display, again=True) as asked:
        yield asked


class TestOnce:
    def test_it_takes_what_is_typed_and_goes_with_return(self, once, display):
        display.type_text("abc-2026 x!")
        display.keys("Return")
        assert once.answer() == "abc-2026 x!"

    def test_escape_gives_up(self, once, display):
        display.type_text("abc-2026")
        display.keys("Escape")
        assert once.answer() is None

    def test_nothing_typed_is_told_and_the_window_stays(self, once, display):
        display.keys("Return")
        display.type_text("abc-2026")
        display.keys("Return")
        assert once.answer() == "abc-2026"

    def test_the_buttons_are_reached_by_the_keyboard(self, once, display):
        display.type_text("abc-2026")
        display.keys("Tab", "space")
        assert once.answer() == "abc-2026"

    def test_cancel_is_the_second_button(self, once, display):
        display.type_text("abc-2026")
        display.keys("Tab", "Tab", "Return")
        assert once.answer() is None

    def test_an_old_password_may_be_as_weak_as_it_was(self, once, display):
        display.type_text("1")
        display.keys("Return")
        assert once.answer() == "1"


class TestTwice:
    def test_return_goes_to_the_second_field_and_then_ends(self, twice, display):
        for _ in range(2):
            display.type_text("abc-2026")
            display.keys("Return")
        assert twice.answer() == "abc-2026"

    @pytest.mark.parametrize("typed", [("abc-2026", "abc-2027"), ("abc", "abc"), ("", "")])
    def test_what_differs_or_is_weak_is_told_and_asked_again(self, twice, display, typed):
        for text in (*typed, "xyz-2026", "xyz-2026"):
            display.type_text(text)
            display.keys("Return")
        assert twice.answer() == "xyz-2026"

    def test_escape_gives_up_in_the_second_field_too(self, twice, display):
        display.type_text("abc-2026")
        display.keys("Return", "Escape")
        assert twice.answer() is None


def test_no_picture_of_it_shows_the_password(display, tmp_path, monkeypatch):
    """Two passwords of one length look alike: only stars are drawn."""
    monkeypatch.setenv(SHOTS_VARIABLE, str(tmp_path / "shots"))
    pictures = []
    for number, text in enumerate(("WWWWWW-1", "iiiiii.2")):
        with Asked(display) as asked:
            display.type_text(text)
            display.keys("Shift_L")
            pictures.append(display.picture(shots_folder() / f"password-{number}.png"))
            display.keys("Escape")
            assert asked.answer() is None
    seen = [subprocess.run(["convert", p, "-depth", "8", "rgb:-"], capture_output=True).stdout for p in pictures]
    assert len(seen[0]) == 900 * 600 * 3
    assert sum(a != b for a, b in zip(*seen, strict=True)) < 200, "but for the blinking cursor"


class TestWhereNoWindowCanBe:
    def test_without_a_screen_it_says_what_to_do(self, monkeypatch):
        monkeypatch.setenv("DISPLAY", ":9999")
        with pytest.raises(ask.NoWindow, match="xlbangfu restricted"):
            ask.ask_password(TITLE, "密码", again=False)

    def test_without_tkinter_too(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "tkinter", None)
        with pytest.raises(ask.NoWindow, match="终端"):
            ask.ask_password(TITLE, "密码", again=True)


def test_the_cross_gives_up(display):
    """What a window manager asks for is what the window has told it to."""
    cross = (
        "import tkinter\n"
        "shown = tkinter.Tk.mainloop\n"
        "def mainloop(self, n=0):\n"
        "    self.after(300, lambda: self.tk.eval(self.protocol('WM_DELETE_WINDOW')))\n"
        "    shown(self, n)\n"
        "tkinter.Tk.mainloop = mainloop\n"
    )
    words = [sys.executable, "-c", cross + SCRIPT, TITLE, "密码", "old"]
    done = subprocess.run(words, env=display.environment, capture_output=True, text=True, timeout=20)
    assert (done.stdout.strip(), done.stderr) == ("null", "")


def test_importing_it_costs_no_tkinter():
    script = "import sys, xlbangfu.click.ask; print('tkinter' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
