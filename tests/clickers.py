"""Clicks as their own processes, that can be made to die, fail or wait at any step of the code, and what they leave.

    clicker = Clicker(office, data_folder)
    path = clicker.open(source)
    assert clicker.click("screen", path).code == 0
    clicker.click("screen", path, Stop("xlbangfu.workbook.live:LiveWorkbook._fit", 1, BEFORE, KILL))

Run as a program it is that process; there it imports nothing that a click does not.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

BEFORE, AFTER = "before", "after"
KILL, FAIL, WAIT, LOSE_DISK = "kill", "fail", "wait", "lose disk"
SECRET = "张三丰 0260 机密"  # what a failure may carry and nothing may show


class Stop(tuple[str, int, str, str]):
    """Where a click is stopped: function ("module:Class.name"), at which call, before or after it, and how."""

    def __new__(cls, function: str, call: int, when: str, how: str = KILL) -> Stop:
        return super().__new__(cls, (function, call, when, how))

    def __repr__(self) -> str:
        return f"{self[3]} {self[2]} call {self[1]} of {self[0].rpartition('.')[2]}"


# ---- the process ---------------------------------------------------------------------------------------


def _install(stop: list[Any], calls: dict[str, int], gate: str) -> None:
    from importlib import import_module

    function, call, when, how = stop
    module, names = function.split(":")
    *owners, name = names.split(".")
    holder: Any = import_module(module)
    for owner in owners:
        holder = getattr(holder, owner)
    plain = getattr(holder, name)

    def stopped(*arguments: Any, **named: Any) -> Any:
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
    elif how == LOSE_DISK:
        raise OSError(28, "No space left on device")
    else:
        with open(gate, "w"):
            pass
        while os.path.exists(gate):
            time.sleep(0.005)


def _run() -> int:
    told = json.loads(sys.argv[1])
    from xlbangfu.workbook.libreoffice import connect

    connect._ancestor = lambda: connect._read_process(told["office"])  # as if that LibreOffice had started us
    calls: dict[str, int] = {}
    for stop in told["stops"]:
        _install(stop, calls, told["gate"])
    from xlbangfu.cli import main

    code = main(sys.argv[2:])
    if told["note"]:
        with open(told["note"], "w", encoding="utf-8") as file:
            json.dump({"calls": calls, "modules": sorted(sys.modules)}, file)
    return code


if __name__ == "__main__":
    sys.exit(_run())
