"""A private LibreOffice for tests: own profile, own folder, no screen, ended cleanly.

    with running_office(tmp_path_factory.mktemp("office")) as office:
        path = office.open_copy(TEMPLATE)              # a fresh copy, open in a window, macros allowed
        book = libreoffice.attach(path, soffice_pid=office.pid)

`needs_soffice` skips a test with a reason where there is no soffice; put it beside `pytest.mark.libreoffice`. Start one
per module (two seconds), open one copy per test (half a second). `listening=False` starts it like a teacher's, without
--accept (two seconds more); `display=":77"` shows it on that X display instead of running headless.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xlbangfu.workbook.libreoffice import attach, connect

TEMPLATE = Path(__file__).parent.parent / "workbook_template.xlsm"
SOFFICE = shutil.which("soffice")
ALWAYS_EXECUTE = 4  # com.sun.star.document.MacroExecMode
START_SECONDS, SETTLE_SECONDS = 60, 2.5

needs_soffice = pytest.mark.skipif(SOFFICE is None, reason="the soffice program is not installed")

# Without this a document opened from the command line shows a modal warning about its macros.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>0</value></prop></item>
</oor:items>
"""


class OfficeHost:
    """A running soffice. `pid` is that of soffice.bin, which macros and `attach` know it by."""

    def __init__(
        self, folder: Path, process: subprocess.Popen[bytes], office: connect.Office, line: connect.Line
    ) -> None:
        self.folder = folder
        self.pid = office.pid
        self.line = line  # a connection of the tests' own, apart from those that `attach` makes
        self._process = process
        self._copies = 0

    @property
    def alive(self) -> bool:
        """Does the process still run?"""
        return self._process.poll() is None and soffice_bin(self.folder) is not None

    def open_copy(self, source: Path = TEMPLATE, name: str = "帮扶 台账.xlsm") -> Path:
        """The path of a copy of `source` in a folder of its own, open in this LibreOffice."""
        self._copies += 1
        folder = self.folder / f"第 {self._copies} 本"  # Chinese and a blank, as at school
        folder.mkdir()
        path = folder / name
        shutil.copyfile(source, path)
        self.open(path)
        return path

    def open(self, path: Path, *, read_only: bool = False) -> str:
        """Opens a file in a window with its macros allowed, and gives the desk's id of the document."""
        return str(self.line.call("open_book", str(path), ALWAYS_EXECUTE, read_only))

    def new(self) -> str:
        """Opens an empty spreadsheet and gives the desk's id of it."""
        return str(self.line.call("new_book"))

    def close_all(self) -> None:
        """Closes every document without saving it."""
        for row in self.line.call("books"):
            self.line.call("close_book", row["book"])

    def kill(self) -> None:
        """Ends the process at once, as a crash would."""
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait(timeout=10)

    def quit(self) -> None:
        """Ends the process cleanly, or by force where it does not answer."""
        if self.alive:
            with contextlib.suppress(Exception):  # the connection may break before the answer
                self.line.call("quit")
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(timeout=10)
        self.line.close()


def soffice_bin(folder: Path) -> connect.Office | None:
    """The soffice.bin started in that folder; what we start is a script that starts a program that starts it."""
    mark = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    return next((office for office in connect.offices_of_this_user() if mark in office.arguments), None)


def start_office(folder: Path, *, listening: bool = True, display: str | None = None) -> OfficeHost:
    """Starts soffice in `folder`; the caller has to `quit` it. See the module."""
    assert SOFFICE is not None
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, "utf-8")
    command = [SOFFICE, "--norestore", "--nologo", f"-env:UserInstallation={profile.as_uri()}"]
    command += [] if display else ["--headless"]
    command += [f"--accept=pipe,name=xlbangfu_test_{uuid.uuid4().hex};urp;"] if listening else []
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, **({"DISPLAY": display} if display else {})},
    )
    try:
        office = _settled(folder, process, listening)
        line = connect.open_line(office)
        if listening:
            end = time.monotonic() + START_SECONDS
            while not line.connect(1.0):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"soffice does not answer; exit code {process.poll()}")
        else:
            connect.listen(office, line)
        return OfficeHost(folder, process, soffice_bin(folder) or office, line)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise


def _settled(folder: Path, process: subprocess.Popen[bytes], listening: bool) -> connect.Office:
    """The soffice.bin of a new profile. It starts a second time, under another process id, about a second later.

    Whoever asks for something in between becomes the first instance, and ours would end as the second one.
    """
    end = time.monotonic() + START_SECONDS
    found, since = None, time.monotonic()
    while time.monotonic() < end and process.poll() is None:
        office = soffice_bin(folder)
        if office is None or office != found:
            found, since = office, time.monotonic()
        elif listening or time.monotonic() - since > SETTLE_SECONDS:
            return office
        time.sleep(0.05)
    raise RuntimeError(f"soffice did not start; exit code {process.poll()}")


@contextlib.contextmanager
def running_office(folder: Path, *, listening: bool = True, display: str | None = None) -> Iterator[OfficeHost]:
    """A LibreOffice for the length of a with block."""
    host = start_office(folder, listening=listening, display=display)
    try:
        yield host
    finally:
        host.quit()


@contextlib.contextmanager
def attached(office: OfficeHost, path: Path, *, bridge: bool) -> Iterator[Any]:
    """The xlwings Book of an open document, in this process or over the bridge; the connection ends with the block."""
    before = os.environ.pop(connect.BRIDGE_VARIABLE, None)
    if bridge:
        os.environ[connect.BRIDGE_VARIABLE] = "1"
    try:
        connect.forget()
        yield attach(path, soffice_pid=office.pid)
    finally:
        connect.forget()
        os.environ.pop(connect.BRIDGE_VARIABLE, None)
        if before is not None:
            os.environ[connect.BRIDGE_VARIABLE] = before


def document(office: OfficeHost, path_or_id: str) -> Any:
    """The UNO document of that path or desk id, for what xlwings has no word for."""
    assert isinstance(office.line, connect.InProcess)
    found = office.line.desk.find(path_or_id)
    return office.line.desk._document(found["book"] if found else path_or_id)


def struct(name: str, **members: Any) -> Any:
    """A new UNO struct."""
    made = sys.modules["uno"].createUnoStruct(name)
    for member, value in members.items():
        setattr(made, member, value)
    return made


def constant(name: str) -> Any:
    """A UNO constant."""
    return sys.modules["uno"].getConstantByName(name)


ALERT, DIALOG, PUSH_BUTTON, TEXT = 1, 12, 44, 60  # com.sun.star.accessibility.AccessibleRole


def press(office: OfficeHost, label: str, seconds: float) -> None:
    """Presses the button of that label in the dialog that is or will be open."""
    _wait_for_part(office, PUSH_BUTTON, label, seconds).doAccessibleAction(0)


def type_into(office: OfficeHost, label: str, text: str, seconds: float) -> None:
    """Puts a text into the field of that label in the dialog that is or will be open."""
    _wait_for_part(office, TEXT, label, seconds).setText(text)


def _wait_for_part(office: OfficeHost, role: int, label: str, seconds: float) -> Any:
    assert isinstance(office.line, connect.InProcess)
    toolkit = office.line.desk._service("com.sun.star.awt.Toolkit")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(AttributeError):  # windows may vanish while we look at them
            for i in range(toolkit.getTopWindowCount()):
                window = toolkit.getTopWindow(i).getAccessibleContext()
                if window.getAccessibleRole() in (ALERT, DIALOG):
                    for part in _walk(window, 0):
                        if part.getAccessibleRole() == role and part.getAccessibleName() == label:
                            return part
        time.sleep(0.05)
    raise AssertionError(f"no part of a dialog is called {label}")


def _walk(part: Any, depth: int) -> Iterator[Any]:
    if part is None:
        return
    yield part
    for i in range(min(part.getAccessibleChildCount(), 50)) if depth < 8 else ():
        child = part.getAccessibleChild(i)
        if child is not None:
            yield from _walk(child.getAccessibleContext(), depth + 1)
