"""Clicks as processes of their own that can be made to die, fail or wait at any step of the code; what they leave behind.

    clicker = Clicker(office)
    path = clicker.open(source)
    assert clicker.click("screen", path).code == 0
    clicker.click("screen", path, Stop("xlbangfu.workbook.live:LiveWorkbook._fit", 1, BEFORE))

A click is forked from a process that has imported the program and connected with nothing (half a second saved each);
`real=True` starts a whole one. Run as a program, this file is that process: there it imports nothing that a click
does not.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from office_host import OfficeHost

BEFORE, AFTER = "before", "after"
KILL, FAIL, WAIT, NO_ROOM = "kill", "fail", "wait", "no room"
SECRET = "张三丰 02600001 机密"  # what a failure may carry and nothing may show
LINE = "xlbangfu.workbook.libreoffice.connect:Line.call"
CHANGING = ("write", "dress", "clear", "change_table", "calculation")  # what a click asks LibreOffice to change
TODAY = "2026-09-10"


class Stop(tuple):  # type: ignore[type-arg]
    """Where a click is stopped: function ("module:Class.name"), at which call, before or after it, and how.

    of: only calls whose second argument is one of these words (desk operations), or from functions of that name.
    """

    def __new__(cls, function: str, call: int = 1, when: str = BEFORE, how: str = KILL, of: Sequence[str] = ()) -> Stop:
        return super().__new__(cls, (function, call, when, how, tuple(of)))

    def __repr__(self) -> str:
        return f"{self[3]} {self[2]} {self[1]} {self[0].rpartition(':')[2]}"


# ---- the process ---------------------------------------------------------------------------------------


def _install(stop: list[Any], calls: dict[str, int], gate: str) -> None:
    from importlib import import_module

    function, call, when, how, of = stop
    module, names = function.split(":")
    *owners, name = names.split(".")
    holder: Any = import_module(module)
    for owner in owners:
        holder = getattr(holder, owner)
    plain = getattr(holder, name)

    def stopped(*arguments: Any, **named: Any) -> Any:
        caller = sys._getframe(1).f_code.co_name
        if of and not (caller in of or (len(arguments) > 1 and arguments[1] in of)):
            return plain(*arguments, **named)
        calls[function] = calls.get(function, 0) + 1
        mine = calls[function] == call
        if mine and when == BEFORE:
            _stop(how, gate)
        result = plain(*arguments, **named)
        if mine and when == AFTER:
            _stop(how, gate)
        return result

    setattr(holder, name, stopped)


def _stop(how: str, gate: str) -> None:
    if how == KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == FAIL:
        raise RuntimeError(SECRET)
    elif how == NO_ROOM:
        raise OSError(28, "No space left on device")
    else:
        with open(gate, "w"):
            pass
        while os.path.exists(gate):
            time.sleep(0.005)


def _run(told: dict[str, Any], words: list[str]) -> int:
    from xlbangfu.workbook.libreoffice import connect

    connect._ancestor = lambda: connect._read_process(told["office"])  # as if that LibreOffice had started us
    calls: dict[str, int] = {}
    for stop in told["stops"]:
        _install(stop, calls, told["gate"])
    from xlbangfu.cli import main

    code = main(words)
    if told["note"]:
        with open(told["note"], "w", encoding="utf-8") as file:
            json.dump({"calls": calls, "modules": sorted(sys.modules)}, file)
    return code


def _serve() -> None:
    """Requests on stdin, one JSON object a line: a click to fork (answer: its pid), or a pid to wait for."""
    from importlib import import_module

    for name in (
        "cli",
        "click.press",
        "actions.runner",
        "actions.undo",
        "actions.screening",
        "workbook.live",
        "schema",
    ):
        import_module(f"xlbangfu.{name}")
    from pathlib import Path

    from xlbangfu.workbook.libreoffice import connect
    from xlbangfu.workbook.lightxlwings import import_xlwings

    import_xlwings()
    import_module("xlbangfu.workbook.libreoffice.engine")
    connect._load_uno(Path(sys.argv[2]))
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            answer = os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])
        else:
            answer = os.fork()
            if not answer:
                _be(asked)
        print(answer, flush=True)


def _be(asked: dict[str, Any]) -> None:
    code = 70
    try:
        for descriptor, path in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
        os.environ["XLBANGFU_DATA"] = asked["data"]
        code = _run(asked["told"], asked["words"])
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 71
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


# ---- the test's side -----------------------------------------------------------------------------------


class Clicked:
    """How a click ended: exit code (below zero: killed by that signal), both streams, what the status cell said."""

    def __init__(self, code: int, out: str, err: str, said: str) -> None:
        self.code, self.out, self.err, self.said = code, out, err, said

    def __repr__(self) -> str:
        return f"Clicked({self.code}, {self.out!r}, {self.err!r}, {self.said!r})"


class Clicker:
    """Starts clicks on the workbooks that are open in one LibreOffice, and looks at these through UNO alone."""

    def __init__(self, office: OfficeHost, folder: Path) -> None:
        self.office, self.folder = office, folder
        self.gate = folder / "gate"
        self._numbers = 0
        self._server: subprocess.Popen[str] | None = None

    def close(self) -> None:
        """End the process that clicks are forked from."""
        if self._server is not None:
            assert self._server.stdin is not None
            self._server.stdin.close()
            self._server.wait(timeout=10)

    # -- clicking ------------------------------------------------------------------------------------

    def click(self, action_id: str, path: Path, *stops: Stop, real: bool = False, today: str = TODAY) -> Clicked:
        """One click, waited for."""
        return self.start(action_id, path, *stops, real=real, today=today).wait()

    def start(self, action_id: str, path: Path, *stops: Stop, real: bool = False, today: str = TODAY) -> Running:
        """A click under way."""
        self._numbers += 1
        stem = self.folder / f"{self._numbers}"
        told = {"office": self.office.pid, "stops": stops, "gate": str(self.gate), "note": f"{stem}.note"}
        words = ["click", action_id, str(path), "--today", today]
        return Running(self, path, stem, told, words, real)

    def _ask(self, asked: dict[str, Any]) -> int:
        import subprocess

        if self._server is None:
            program = os.path.dirname(os.path.realpath(f"/proc/{self.office.pid}/exe"))
            self._server = subprocess.Popen(
                [sys.executable, __file__, "--serve", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=_environment(),
            )
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    # -- looking -------------------------------------------------------------------------------------

    def open(self, source: Path) -> Path:
        """A fresh copy, open in LibreOffice."""
        return self.office.open_copy(source, source.name)

    def close_book(self, path: Path) -> None:
        """Close it without saving."""
        line = self.office.line
        line.call("close_book", line.call("find", str(path))["book"])

    def document(self, path: Path) -> Any:
        """The UNO document."""
        from office_host import document

        return document(self.office, str(path))

    def is_open(self, path: Path) -> bool:
        """Does this LibreOffice still have it?"""
        return self.office.line.call("find", str(path)) is not None

    @staticmethod
    def struct(name: str, **members: Any) -> Any:
        """A new UNO struct."""
        from office_host import struct

        return struct(name, **members)

    @staticmethod
    def enum(name: str, value: str) -> Any:
        """A value of a UNO enumeration."""
        return sys.modules["uno"].Enum(name, value)

    def sheet(self, path: Path, label: str) -> Any:
        """The UNO sheet."""
        return self.document(path).Sheets.getByName(label)

    def cell(self, path: Path, label: str, name: str) -> Any:
        """The UNO cell, by its A1 name."""
        return self.sheet(path, label).getCellRangeByName(name).getCellByPosition(0, 0)

    def said(self, path: Path) -> str:
        """The status cell."""
        from xlbangfu.schema import STATUS_CELL

        return str(self.document(path).NamedRanges.getByName(STATUS_CELL).getReferredCells().getDataArray()[0][0])

    def tables(self, path: Path, *labels: str, formats: Sequence[str] = ()) -> dict[str, Any]:
        """Formulas and values of sheets and where their tables lie: all but 日志 unless named; the status cell left out.

        formats: sheets whose number formats are told, too, of the first 120 rows, filled or not.
        """
        from xlbangfu import schema

        document = self.document(path)
        sheets, ranges = document.Sheets, document.DatabaseRanges
        names = [name for name in labels or sheets.ElementNames if labels or name != schema.LOG.label]
        found: dict[str, Any] = {}
        for name in names:
            sheet = sheets.getByName(name)
            cursor = sheet.createCursor()
            cursor.gotoEndOfUsedArea(True)
            texts = cursor.getFormulaArray()
            cells = {(r, c): text for r, row in enumerate(texts, 1) for c, text in enumerate(row, 1) if text != ""}
            if name == schema.HOME:
                cells.pop(self._status_place(document), None)
            found[name] = cells
            if name in formats:
                area = sheet.getCellRangeByPosition(0, 0, 25, 119)
                found[f"{name} formats"] = {
                    (a.StartRow, a.StartColumn, a.EndRow, a.EndColumn): part.NumberFormat
                    for part in _each(area.getUniqueCellFormatRanges())
                    for a in part.getRangeAddresses()
                }
        tables = [schema.BY_LABEL[name].table for name in names if name in schema.BY_LABEL]
        for name in tables:
            if ranges.hasByName(name):
                a = ranges.getByName(name).DataArea
                found[name] = (a.Sheet, a.StartRow, a.StartColumn, a.EndRow, a.EndColumn)
        return found

    @staticmethod
    def _status_place(document: Any) -> tuple[int, int]:
        from xlbangfu.schema import STATUS_CELL

        area = document.NamedRanges.getByName(STATUS_CELL).getReferredCells().RangeAddress
        return area.StartRow + 1, area.StartColumn + 1


def _each(container: Any) -> Iterator[Any]:
    return (container.getByIndex(i) for i in range(container.Count))


def _environment() -> dict[str, str]:
    from pathlib import Path

    return {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONDONTWRITEBYTECODE": "1"}


class Running:
    """A click under way. note: what the process told when it ended by itself."""

    def __init__(
        self, clicker: Clicker, path: Path, stem: Path, told: dict[str, Any], words: list[str], real: bool
    ) -> None:
        import subprocess

        self.clicker, self.path = clicker, path
        self._out, self._err, self._note = (stem.with_suffix(f".{end}") for end in ("out", "err", "note"))
        self._process: subprocess.Popen[bytes] | None = None
        if real:
            command = [sys.executable, __file__, json.dumps(told), *words]
            with self._out.open("wb") as out, self._err.open("wb") as err:
                self._process = subprocess.Popen(command, stdout=out, stderr=err, env=_environment())
            self.pid = self._process.pid
        else:
            asked = {"told": told, "words": words, "out": str(self._out), "err": str(self._err)}
            self.pid = clicker._ask({**asked, "data": os.environ["XLBANGFU_DATA"]})

    def reached(self, seconds: float = 20) -> Running:
        """Wait until it stands at its WAIT."""
        end = time.monotonic() + seconds
        while not self.clicker.gate.exists():
            assert time.monotonic() < end, "the click never came to its stop"
            time.sleep(0.005)
        return self

    def go_on(self) -> Running:
        """Let it go on from its WAIT."""
        self.clicker.gate.unlink()
        return self

    def wait(self, seconds: float = 60) -> Clicked:
        """Its end."""
        if self._process is not None:
            code = self._process.wait(timeout=seconds)
        else:
            code = self.clicker._ask({"wait": self.pid})
        try:
            said = self.clicker.said(self.path)
        except Exception:  # the workbook or LibreOffice itself is gone
            said = ""
        return Clicked(code, self._out.read_text("utf-8"), self._err.read_text("utf-8"), said)

    @property
    def note(self) -> dict[str, Any]:
        """Calls of the functions stopped at, and the modules that were loaded at the end."""
        found: dict[str, Any] = json.loads(self._note.read_text("utf-8"))
        return found


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        _serve()
    else:
        sys.exit(_run(json.loads(sys.argv[1]), sys.argv[2:]))
