"""An empty screen with a keyboard for a small window of our own (tests/window.py has the one for a whole office)."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAMS = ("Xvfb", "xdotool", "import")
SECONDS = 20.0


def what_is_missing() -> list[str]:
    """What a window of tkinter needs and this machine lacks."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    missing += [] if importlib.util.find_spec("_tkinter") else ["tkinter"]
    return missing + ([] if sys.platform == "linux" else ["Linux"])


needs_screen = pytest.mark.skipif(bool(what_is_missing()), reason=f"not there: {', '.join(what_is_missing())}")


class Screen:
    """A display: `name` is like :7. keys and type_text press what a hand would."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def environment(self) -> dict[str, str]:
        """For programs that are to show themselves here."""
        return {**os.environ, "DISPLAY": self.name}

    def tool(self, *words: str) -> str:
        """What xdotool says, "" where it finds nothing."""
        done = subprocess.run(["xdotool", *words], env=self.environment, capture_output=True, text=True, timeout=30)
        return done.stdout.strip()

    def keys(self, *names: str) -> None:
        """Press keys, one after the other."""
        for name in names:
            self.tool("key", name)

    def type_text(self, text: str) -> None:
        """Type ASCII text."""
        self.tool("type", "--delay", "15", text)

    def windows(self, kind: str) -> list[str]:
        """Numbers of the visible windows of that class (the name that a program gives to its windows)."""
        return self.tool("search", "--onlyvisible", "--class", f"^{kind}$").split()

    def wait_window(self, kind: str) -> str:
        """Until a window of that class stands and has the keyboard; its title."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if self.tool("getwindowfocus") in (found := self.windows(kind)) and found:
                return self.tool("getwindowfocus", "getwindowname")
            time.sleep(0.05)
        raise AssertionError(f"no window {kind}")

    def wait_gone(self, window: str) -> None:
        """Until the window of that number is no longer there."""
        until = time.monotonic() + SECONDS
        while self.tool("getwindowname", window):
            assert time.monotonic() < until, f"the window {window} stays"
            time.sleep(0.05)

    def picture(self, path: Path) -> Path:
        """The whole screen as a .png."""
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment, check=True, timeout=60)
        return path


@contextlib.contextmanager
def screen(width: int = 900, height: int = 600) -> Iterator[Screen]:
    """An Xvfb on a display that it finds free itself."""
    told, tell = os.pipe()
    command = ["Xvfb", "-displayfd", str(tell), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[tell], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(tell)
    try:
        with os.fdopen(told, "rb") as pipe:
            ready, _, _ = select.select([pipe], [], [], SECONDS)
            number = pipe.readline().decode().strip() if ready else ""
        assert number, "Xvfb gave no display"
        yield Screen(f":{number}")
    finally:
        process.terminate()
        process.wait(10)
