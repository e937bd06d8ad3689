"""A real LibreOffice window for tests: real mouse clicks and real keys on a screen of its own, and a look at the cells.

    with Window(template_path(), environment={"XLBANGFU_DATA": str(data)}) as window:
        window.enter("设置", "B2", "测试小学")
        window.click("识别学困生")
        window.wait_status(lambda text: "完成" in text)
        window.screenshot("after-screening")

Xvfb is the screen, xdotool the hand, python3-uno the eye (tests/window_observer.py, a process of its own). There is no
window manager, as nothing here needs one. The workbook is copied into a fresh folder whose name has a blank and Chinese
in it; profile and HOME are fresh too, so that nothing of the person at this machine gets in. Regional settings are
zh-CN (2026/9/1 is a date), captions of LibreOffice itself stay English. A window stands after about 2 s.

What is as on a teacher's desk, and surprises: AutoCorrect turns a typed "abc" into "Abc"; a validity rule stops
`type_at` with a dialog, but neither `enter` nor `enter_rows`, as little as it stops pasting; a click behind an open
dialog is lost, so `click` refuses it.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

SHOTS_VARIABLE = "XLBANGFU_SHOTS"
STATUS = "XB_STATUS"
OBSERVER = Path(__file__).with_name("window_observer.py")
PROGRAMS = ("soffice", "Xvfb", "xdotool", "import")
CONFIRM = ("Open", "Save", "Select", "OK", "打开", "保存", "选择", "确定")
START_SECONDS, SECONDS = 60.0, 20.0
CLICK_SECONDS = 1.0  # what a dialog may take to close
DOUBLE_CLICK_SECONDS = 0.6  # LibreOffice takes two clicks within 0.5 s for one double click
DIE_WITH_PARENT = 1  # prctl(PR_SET_PDEATHSIG)
_serial = itertools.count(1)


class WindowError(AssertionError):
    """What stood in the way, in one sentence; the screenshot's path comes along where there is one."""


class _NotYet(Exception):
    """The time is over."""


@dataclass(frozen=True)
class Cell:
    """What a cell shows, holds and computes. value: text, number, or None for an empty cell."""

    text: str
    value: str | float | None
    formula: str


@dataclass(frozen=True)
class Dialog:
    """An open dialog: its words, its number of entry fields, the captions of its buttons with their places."""

    title: str
    text: str
    buttons: Mapping[str, tuple[int, int]]
    fields: int = 0


@functools.cache
def observer_python() -> str | None:
    """A Python that can `import uno`, or None."""
    ask = "import sys; sys.path.append('/usr/lib/python3/dist-packages'); import uno"
    beside = [str(p) for p in Path("/opt").glob("libreoffice*/program/python")]
    for python in ("/usr/bin/python3", *beside, "/usr/lib/libreoffice/program/python", sys.executable):
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if subprocess.run([python, "-c", ask], capture_output=True, timeout=20).returncode == 0:
                return python
    return None


def what_is_missing() -> str:
    """Why no window can be opened on this machine; "" if one can."""
    if sys.platform != "linux":
        return "a window test needs Linux"
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return "" if observer_python() else "no Python with python3-uno"


def needs_window(test: Any) -> Any:
    """Mark of a test that opens a window: `libreoffice`, skipped with a reason where something is missing."""
    missing = what_is_missing()
    return pytest.mark.libreoffice(pytest.mark.skipif(bool(missing), reason=missing or "all is there")(test))


# ---- the profile ----

_COMMON, _SETUP = "/org.openoffice.Office.Common", "/org.openoffice.Setup"
QUIET = (  # (node, property, value): no wizard, no tip, no news, no recovery, LibreOffice's own file dialogs
    (f"{_COMMON}/Misc", "FirstRun", "false"),
    (f"{_COMMON}/Misc", "ShowTipOfTheDay", "false"),
    (f"{_COMMON}/Misc", "UseSystemFileDialog", "false"),
    (f"{_COMMON}/Misc", "CrashReport", "false"),
    (f"{_COMMON}/Save/Document", "WarnAlienFormat", "false"),
    ("/org.openoffice.Office.Recovery/AutoSave", "Enabled", "false"),
    ("/org.openoffice.Office.Recovery/RecoveryInfo", "Enabled", "false"),
    (f"{_SETUP}/Product", "ooSetupLastVersion", "99.0"),
    (f"{_SETUP}/Product", "LastTimeDonateShown", "4102444800"),
    (f"{_SETUP}/Product", "LastTimeGetInvolvedShown", "4102444800"),
    (f"{_SETUP}/Office", "ooSetupInstCompleted", "true"),
    (f"{_SETUP}/L10N", "ooSetupSystemLocale", "zh-CN"),
)
_SECURITY = f"{_COMMON}/Security/Scripting"
MACROS_ON = ((_SECURITY, "MacroSecurityLevel", "0"),)
MACROS_OFF = ((_SECURITY, "MacroSecurityLevel", "3"),)


def prepare_profile(profile: Path, *, macros: bool = True) -> None:
    """A LibreOffice profile that asks nothing at its start; one that exists keeps what it has.

    macros: whether the macros of documents may run; if not, LibreOffice says so when it opens one that has some.
    """
    path = profile / "user" / "registrymodifications.xcu"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<oor:items xmlns:oor="http://openoffice.org/2001/registry"></oor:items>',
            encoding="utf-8",
        )
    text = path.read_text(encoding="utf-8")
    items = [_item(*i) for i in (*QUIET, *(MACROS_ON if macros else MACROS_OFF))]
    new = "".join(i for i in items if i not in text)
    path.write_text(text.replace("</oor:items>", new + "</oor:items>"), encoding="utf-8")


def _item(node: str, name: str, value: str) -> str:
    return (
        f'<item oor:path="{node}"><prop oor:name="{name}" oor:op="fuse"><value>{escape(value)}</value></prop></item>\n'
    )


# ---- the window ----


class Window:
    """One office with one screen. Use it in a `with`, or call close(); both clean up whatever happened.

    workbook: copied to `folder` (fresh unless named) before it is opened; `path` is the copy.
    environment: variables of the office and so of what its macros start; None takes one out.
    profile: a profile of your own (an extension installed); it is made quiet, and kept on close.
    macros: False for a workbook in a folder that is not trusted; LibreOffice's words about that are clicked away.
    Raises WindowError when the window does not come.
    """

    def __init__(
        self,
        workbook: Path,
        *,
        environment: Mapping[str, str | None] | None = None,
        profile: Path | None = None,
        folder: Path | None = None,
        macros: bool = True,
        size: tuple[int, int] = (1400, 900),
    ) -> None:
        self.size, self.macros = size, macros
        self._root = Path(tempfile.mkdtemp(prefix="xlbangfu-window-"))
        self.home = self._root / "home"
        self.home.mkdir()
        self.folder = folder or self._root / "班级 一"
        self.profile = profile or self._root / "profile"
        self._last_click = (-1, -1, 0.0)
        self._running: dict[str, subprocess.Popen[Any]] = {}
        self._finish = weakref.finalize(self, _clean_up, self._running, self._root)  # also at exit of the interpreter
        try:
            prepare_profile(self.profile, macros=macros)
            self.folder.mkdir(parents=True, exist_ok=True)
            self.path = self.folder / workbook.name
            shutil.copyfile(workbook, self.path)
            self._start(environment or {})
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End office and screen and remove what they left, in any state they may be in."""
        with contextlib.suppress(Exception):
            if self._running["office"].poll() is None and not self.dialogs():
                self._ask("leave", patience=3)
                self._running["office"].wait(5)
        self._finish()
        if hasattr(self, "path"):
            (self.path.parent / f".~lock.{self.path.name}#").unlink(missing_ok=True)

    # ---- start ----

    def _start(self, environment: Mapping[str, str | None]) -> None:
        self._environment = self._surroundings(environment)
        self._environment["DISPLAY"] = self._screen()
        pipe = f"xlbangfu-{os.getpid()}-{next(_serial)}"
        self._log = self._root / "office.log"
        command = [
            "soffice", "--norestore", "--nologo", f"-env:UserInstallation={self.profile.as_uri()}",
            f"--accept=pipe,name={pipe};urp;", str(self.path),
        ]  # fmt: skip
        with self._log.open("wb") as log:
            self._running["office"] = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self._running["observer"] = subprocess.Popen(
            [str(observer_python()), str(OBSERVER)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._ask("connect", pipe=pipe, seconds=START_SECONDS, patience=START_SECONDS + 5)
        self._wait_document(self.path, START_SECONDS)

    def _surroundings(self, environment: Mapping[str, str | None]) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "XLBANGFU_")) and k != "LD_PRELOAD"}
        given = {"HOME": str(self.home), "SAL_USE_VCLPLUGIN": "gen", "LANG": "C.UTF-8", **environment}
        return {k: v for k, v in {**kept, **given}.items() if v is not None}

    def _screen(self) -> str:
        """Start Xvfb on a display that it finds free itself; its name, like :7."""
        told, tell = os.pipe()
        width, height = self.size
        command = ["Xvfb", "-displayfd", str(tell), "-screen", "0", f"{width}x{height}x24"]
        self._running["screen"] = subprocess.Popen(
            [*command, "-nolisten", "tcp", "-noreset"],
            pass_fds=[tell], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=_die_with_parent,
        )  # fmt: skip
        os.close(tell)
        with os.fdopen(told, "rb") as pipe:
            ready, _, _ = select.select([pipe], [], [], START_SECONDS)
            number = pipe.readline().strip() if ready else b""
        if not number:
            raise WindowError("Xvfb gave no display")
        return f":{number.decode()}"

    def _wait_document(self, path: Path, seconds: float) -> None:
        width, height = self.size
        given = {"path": str(path), "width": width, "height": height, "seconds": seconds}
        done = self._ask("watch", **given, patience=seconds + 5)
        if not done and not self.macros:
            self.press_in_dialog("OK")
            done = self._ask("watch", **given, patience=seconds + 5)
        self._undisturbed(done)

    def _undisturbed(self, done: bool) -> None:
        if not done:
            raise self._error("a dialog is in the way")

    # ---- conversation with the observer ----

    def _ask(self, what: str, *, patience: float = SECONDS, **given: Any) -> Any:
        observer = self._running.get("observer")
        if observer is None or observer.stdin is None or observer.stdout is None:
            raise WindowError("the window is closed")
        try:
            observer.stdin.write(json.dumps({"do": what, "with": given}).encode() + b"\n")
            observer.stdin.flush()
            line = observer.stdout.readline() if self._hears(observer.stdout, patience) else b""
        except OSError:
            line = b""
        if not line:
            _end(observer)  # its answer, if it ever came, would be taken for that to the next question
            self._running.pop("observer", None)
            raise WindowError(f"no answer to {what!r}; LibreOffice {self._office_says()}")
        answer = json.loads(line)
        if "fails" in answer:
            raise self._error(answer["fails"], what)
        return answer["gives"]

    def _hears(self, answer: Any, patience: float) -> bool:
        """Wait for an answer, but not for one of an office that is gone."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            ready, _, _ = select.select([answer], [], [], 0.5)
            if ready:
                return True
            if self._running["office"].poll() is not None:
                return False
        return False

    def _office_says(self) -> str:
        state = "is hanging" if self._running["office"].poll() is None else "has ended"
        return f"{state}: {self._log.read_text(errors='replace')[-500:]}"

    def _error(self, sentence: str, asked: str = "") -> WindowError:
        shown = ""
        if asked != "dialogs":  # else one failing question would ask itself for ever
            with contextlib.suppress(Exception):
                shown += "".join(f"\nopen dialog: {d.title!r} {d.text!r} {list(d.buttons)}" for d in self.dialogs())
            with contextlib.suppress(Exception):
                shown += f"\nscreenshot: {self.screenshot(f'error-{next(_serial)}')}"
        return WindowError(sentence + shown)

    def wait(self, ready: Callable[[], Any], what: str, timeout: float = SECONDS) -> Any:
        """The first true value of `ready`. Raises WindowError naming `what` after `timeout` seconds."""
        try:
            return self._wait(ready, timeout)
        except _NotYet:
            raise self._error(f"{what}: not within {timeout:g} s") from None

    def _wait(self, ready: Callable[[], Any], timeout: float) -> Any:
        end = time.monotonic() + timeout
        while not (found := ready()):
            if time.monotonic() > end:
                raise _NotYet
            time.sleep(0.04)
        return found

    # ---- mouse and keyboard ----

    def _xdotool(self, *words: object) -> str:
        done = subprocess.run(
            ["xdotool", *map(str, words)], env=self._environment, capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            raise self._error(f"xdotool {' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout

    def click_at(self, x: int, y: int) -> None:
        """A left click at a place of the screen; never the second half of a double click."""
        if self._last_click[:2] == (x, y):
            time.sleep(max(0.0, self._last_click[2] + DOUBLE_CLICK_SECONDS - time.monotonic()))
        self._xdotool("mousemove", x, y, "click", 1)
        self._last_click = (x, y, time.monotonic())

    def _click_in_dialog(self, x: int, y: int) -> None:
        """A click in a dialog, which a window manager would have given the keyboard by now."""
        place = self._xdotool("mousemove", x, y, "getmouselocation", "--shell")
        window = dict(line.split("=") for line in place.split())["WINDOW"]
        self._give_keyboard(window, "dialog_is_active")
        self.click_at(x, y)

    def _give_keyboard(self, window: str, is_active: str) -> None:
        """Do the window manager's work: else the first click may only bring the window to life, and is lost."""
        self._xdotool("windowfocus", "--sync", window)
        with contextlib.suppress(_NotYet):
            self._wait(lambda: self._ask(is_active), 1)

    def _turn_to_workbook(self) -> None:
        self._give_keyboard(str(self._ask("window_id")), "window_is_active")

    def keys(self, *keys: str) -> None:
        """Press keys in the workbook's window, e.g. keys("ctrl+s")."""
        self._turn_to_workbook()
        self._xdotool("key", "--clearmodifiers", *keys)

    # ---- buttons on the sheets ----

    def button(self, caption: str) -> tuple[int, int]:
        """Centre of a form button on the screen; its sheet comes to the front and scrolls if need be."""
        x, y = self._ask("button", caption=caption)
        return x, y

    def buttons(self) -> list[str]:
        """Captions of all form buttons of the workbook."""
        return list(self._ask("buttons"))

    def click(self, caption: str) -> None:
        """Press a form button with the mouse. Raises WindowError for an unknown caption or behind a dialog."""
        if self.dialogs():
            raise self._error(f"a dialog covers the button {caption}")
        # After a dialog nobody but a window manager would give the window the keyboard back, and a press of a button
        # that has to take it first can lose its release.
        self._turn_to_workbook()
        self.click_at(*self.button(caption))

    # ---- cells ----

    def go(self, sheet: str) -> None:
        """Bring a sheet to the front."""
        self._ask("go", sheet=sheet)

    def select(self, sheet: str, where: str) -> None:
        """Select cells, as the name box does: "B5", "A2:A9"."""
        self._ask("select", sheet=sheet, where=where)

    def type_at(self, sheet: str, where: str, text: str) -> None:
        """Really type ASCII into a cell and press Enter; returns when the cell is left or a dialog has opened."""
        if not text.isascii():
            raise ValueError(f"a keyboard has no {text!r}; use enter()")
        self.select(sheet, where)
        self._turn_to_workbook()
        self._xdotool("type", "--delay", 4, text)
        self._xdotool("key", "Return")
        left = f"{sheet}.{where}"
        self.wait(lambda: self._ask("selected") != left or self.dialogs(), f"Enter in {left}")

    def enter(self, sheet: str, where: str, text: str) -> None:
        """Put any text into a cell through the input line's command: parsed as if typed."""
        self._undisturbed(self._ask("enter", sheet=sheet, where=where, text=text))

    def enter_rows(self, sheet: str, top_left: str, rows: Sequence[Sequence[object]]) -> None:
        """Many cells at once, parsed as if typed; None leaves a cell as it is. About 10,000 cells a second.

        Dates, percentages, formulas and texts with signs in front are typed one by one, at about 500 a second.
        """
        texts = [[None if v is None else _typed(v) for v in row] for row in rows]
        self._ask("enter_rows", patience=300, sheet=sheet, where=top_left, rows=texts)

    def cell(self, sheet: str, where: str) -> Cell:
        """What stands in one cell."""
        return Cell(*self._ask("cell", sheet=sheet, where=where))

    def cells(self, sheet: str, where: str) -> list[list[str]]:
        """The shown texts of a range, e.g. "A1:D20": one list per row. About 1,000 cells a second."""
        return list(self._ask("cells", patience=120, sheet=sheet, where=where))

    def values(self, sheet: str, where: str) -> list[list[str | float]]:
        """What a range holds: texts and numbers (dates too are numbers), "" for nothing. Fast at any size."""
        return list(self._ask("values", sheet=sheet, where=where))

    def named(self, name: str) -> Cell:
        """The cell of a defined name."""
        return Cell(*self._ask("named", name=name))

    def put_named(self, name: str, text: str) -> None:
        """Set the cell of a defined name, e.g. XB_PYTHON to a stub program."""
        self._ask("put_named", name=name, text=text)

    def status(self) -> str:
        """The text of the status cell."""
        return self.named(STATUS).text

    def wait_status(self, wanted: Callable[[str], bool], timeout: float = SECONDS) -> str:
        """The status as soon as `wanted` is true of it. Raises WindowError with the last one seen."""
        end = time.monotonic() + timeout
        while not wanted(text := self.status()):
            if time.monotonic() > end:
                raise self._error(f"after {timeout:g} s the status is {text!r}")
            time.sleep(0.04)
        return text

    def uno(self, expression: str) -> Any:
        """The value of a Python expression over `doc`, `desktop`, `context`, for what has no method here."""
        return self._ask("uno_value", expression=expression)

    def dispatch(self, command: str, **options: Any) -> bool:
        """Run a command such as .uno:Undo; False when it waits behind a dialog that it opened."""
        return bool(self._ask("dispatch", command=command, options=options))

    # ---- documents ----

    def documents(self) -> list[Path]:
        """The workbooks that are open."""
        return [Path(p) for p in self._ask("documents")]

    def look_at(self, path: Path) -> None:
        """Wait for another workbook that a program opens, and look at that one from now on."""
        self._wait_document(path, SECONDS)
        self._ask("to_front")

    def open(self, path: Path | None, *, as_template: bool = False) -> None:
        """Open one more workbook, where it lies; it is the one looked at from now on. None: a new empty one.

        as_template: as a new document that was never saved.
        """
        done = self._ask("open", path=str(path or ""), as_template=as_template, patience=60)
        if not done and path and not self.macros:
            self.press_in_dialog("OK")
            self._wait_document(path, SECONDS)
        else:
            self._undisturbed(done)

    def close_document(self) -> None:
        """Close the workbook looked at without saving."""
        self._ask("close_document")

    def save_as(self, path: Path, *, aside: bool = False) -> bool:
        """Save by LibreOffice in the format of the suffix; False behind a dialog. aside: as a copy."""
        return bool(self._ask("store", path=str(path), aside=aside))

    # ---- dialogs ----

    def dialogs(self) -> list[Dialog]:
        """All open dialogs, the one on top first."""
        return [
            Dialog(d["title"], d["text"], {k: (v[0], v[1]) for k, v in d["buttons"].items() if v}, d["fields"])
            for d in self._ask("dialogs")
        ]

    def dialog(self) -> Dialog | None:
        """The dialog on top, or None."""
        return next(iter(self.dialogs()), None)

    def wait_dialog(self, timeout: float = SECONDS) -> Dialog:
        """The dialog on top, as soon as there is one."""
        found: Dialog = self.wait(self.dialog, "a dialog", timeout)
        return found

    def press_in_dialog(self, caption: str, timeout: float = SECONDS) -> None:
        """Click a button of the open dialog with the mouse and wait until that dialog is gone."""
        found: Dialog = self.wait(lambda: self._dialog_with(caption), f"a dialog with the button {caption}", timeout)
        self._press_until(lambda: self._dialog_with(caption) == found, caption, timeout)

    def _press_until(self, open_still: Callable[[], bool], caption: str, timeout: float) -> None:
        """Click as often as a dialog needs: one click in some twenty is lost on one that has just opened."""
        end = time.monotonic() + timeout
        while open_still():
            if time.monotonic() > end:
                raise self._error(f"the dialog did not end with {caption}")
            if top := self._dialog_with(caption):
                self._click_in_dialog(*top.buttons[caption])
            with contextlib.suppress(_NotYet):
                self._wait(lambda: not open_still(), CLICK_SECONDS)

    def _dialog_with(self, caption: str) -> Dialog | None:
        return next((d for d in self.dialogs() if caption in d.buttons), None)

    def pick_path(self, path: Path, timeout: float = SECONDS) -> None:
        """Answer LibreOffice's own file or folder dialog with a path."""
        confirm: str = self.wait(self._confirm_caption, "a file dialog", timeout)
        self._ask("set_field", text=str(path))
        self._press_until(lambda: bool(self._confirm_caption()), confirm, timeout)

    def _confirm_caption(self) -> str | None:
        """The button that ends the file dialog on top; None when there is no such dialog on top."""
        top = self.dialog()
        return next((c for c in CONFIRM if c in top.buttons), None) if top and top.fields else None

    # ---- menus and toolbars ----

    def menu(self, *path: str) -> None:
        """Click through the menu bar: menu("Edit", "Undo"). An entry may be named by its beginning."""
        self._turn_to_workbook()
        try:
            self._menu(path)
        except WindowError:  # a menu that was still closing swallows the click
            self._close_menus(len(path))
            self._menu(path)

    def _menu(self, path: Sequence[str]) -> None:
        for depth in range(1, len(path) + 1):
            self.click_at(*self._ask("menu_item", path=path[:depth]))

    def _close_menus(self, depth: int) -> None:
        for _ in range(depth):
            self._xdotool("key", "Escape")

    def menu_items(self, *path: str) -> list[str]:
        """The entries under a menu, which is opened for it and closed again; the menu bar's for no path."""
        with self.menu_open(*path) as entries:
            return entries

    @contextlib.contextmanager
    def menu_open(self, *path: str) -> Iterator[list[str]]:
        """A menu stands open for the time of a `with`; gives its entries."""
        self.menu(*path)
        try:
            yield self.wait(lambda: self._ask("menu_items", path=path), f"entries of the menu {path}", 5)
        finally:
            self._close_menus(len(path))

    def tools(self, bar: str) -> list[str]:
        """The captions on a toolbar; none when it is not shown."""
        return list(self._ask("tools", bar=bar))

    def click_tool(self, bar: str, caption: str) -> None:
        """Click a toolbar's button with the mouse."""
        self._turn_to_workbook()
        self.click_at(*self._ask("tool", bar=bar, name=caption))

    # ---- pictures ----

    def screenshot(self, name: str) -> Path:
        """The whole screen as <name>.png in the folder of XLBANGFU_SHOTS, or in a temporary one."""
        path = shots_folder() / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], env=self._environment, check=True, timeout=60)
        return path


@functools.cache
def _own_shots_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="xlbangfu-shots-"))


def shots_folder() -> Path:
    """Where screenshots go."""
    named = os.environ.get(SHOTS_VARIABLE)
    folder = Path(named) if named else _own_shots_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _typed(value: object) -> str:
    """What a person types for a value."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


# ---- the end ----


def _die_with_parent() -> None:
    """Between fork and exec: the screen must not outlive a killed test run, and the office dies with its screen."""
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


def _clean_up(running: dict[str, subprocess.Popen[Any]], root: Path) -> None:
    for name in ("observer", "office", "screen"):
        if process := running.pop(name, None):
            _end(process)
    shutil.rmtree(root, ignore_errors=True)


def _end(process: subprocess.Popen[Any]) -> None:
    """Kill a process with everything it started (the office is a script that starts another program)."""
    own_group = _group(process.pid) == process.pid
    for number, patience in ((signal.SIGTERM, 2), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number) if own_group else process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    if own_group:  # what is left of the group when its leader is gone
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for pipe in _pipes(process):
        pipe.close()


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return pid  # the leader has ended; its group keeps the number while a member lives


def _pipes(process: subprocess.Popen[Any]) -> Iterator[Any]:
    yield from (p for p in (process.stdin, process.stdout) if p)
