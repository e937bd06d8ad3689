"""From a process id to operations on the spreadsheets that are open in that LibreOffice.

Three steps: find the soffice process; have it listen on a pipe (a second soffice hands an --accept to the one that is
running: measured 0.15 s; it listens until it ends, for this user only, and nothing stays in the settings); talk to it, in this process where LibreOffice's
`uno` was built for our Python, else over a bridge that LibreOffice's own Python runs. Each step has a time limit, and
both ways run the same `desk.py`. XLBANGFU_BRIDGE=1 forces the bridge.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import importlib.util
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.libreoffice import desk, deskbase
from xlbangfu.workbook.libreoffice.deskbase import DeskError

BRIDGE_VARIABLE = "XLBANGFU_BRIDGE"
CONNECT_SECONDS = 10.0  # a busy school computer; usually 0.1
CALL_SECONDS = 60.0
# These wait for a person, a file or a macro. None: as long as LibreOffice lives.
PATIENT: dict[str, float | None] = {"message": None, "pick": None, "run_macro": None, "open_book": 300, "save": 300}
PATIENT["calculate"] = 300

SENTENCES = {
    deskbase.LOST: "LibreOffice 没有回应，可能已经关闭。请重新打开工作簿，再试一次。",
    deskbase.GONE: "这个工作簿（或其中的工作表）在 LibreOffice 里已经关闭、删除或改名。请重新打开工作簿，再试一次。",
    deskbase.READ_ONLY: "这个工作簿在 LibreOffice 里是以只读方式打开的，不能写入（也许别人正打开着它）。请关闭后重新打开，再试一次。",
    deskbase.LOCKED: "工作表“{detail}”有保护，锁定的单元格不能写入。请在“工具”菜单里取消工作表保护，再试一次。",
    deskbase.REFUSED: "LibreOffice 没有接受这一步操作。请关闭正在编辑的单元格和对话框，再试一次。",
}
NOT_CONNECTED = "连不上正在运行的 LibreOffice。请保存工作簿，关闭 LibreOffice 后重新打开，再试一次。"
NO_PYTHON = "LibreOffice 的 Python 组件没有安装（Linux 上叫 python3-uno）。请安装后再试一次。"


def trouble(error: DeskError) -> Exception:
    """What the caller gets for a failed operation: KeyError for an unknown name, else a WorkbookError."""
    if error.kind == deskbase.MISSING:
        return KeyError(error.detail)
    sheet = error.detail if error.kind == deskbase.LOCKED else None
    return WorkbookError(SENTENCES[error.kind].format(detail=error.detail), sheet=sheet)


# ---- the process --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Office:
    """A running LibreOffice: process id, folder of its programs, its command line (Linux; else empty)."""

    pid: int
    program: Path
    arguments: tuple[str, ...] = ()

    @property
    def pipe(self) -> str:
        """The pipe that it was started to listen on, else the one we ask it for."""
        for argument in self.arguments:
            if found := re.match(r"--?accept=pipe,name=([^,;]+)", argument):
                return found[1]
        return f"xlbangfu_{self.pid}"


def offices(pid: int | None, path: str) -> list[Office]:
    """The LibreOffices that may have `path` open.

    The one with that process id, else the one that started us, else those of this user that hold the file open: a
    LibreOffice that has nothing to do with it must not be asked to listen, nor keep us waiting while it starts or ends.
    """
    if sys.platform.startswith("linux"):
        if pid is not None:
            return [office for office in [_read_process(pid)] if office]
        parent = _ancestor()
        return [parent] if parent else [office for office in offices_of_this_user() if _may_hold(office, path)]
    return [Office(found, _default_program()) for found in ([pid] if pid is not None else _default_instance())]


def any_office() -> bool:
    """Does this user run any LibreOffice? (Linux; elsewhere False, where `offices` has found none.)"""
    return sys.platform.startswith("linux") and any(True for _ in offices_of_this_user())


def _may_hold(office: Office, path: str) -> bool:
    """Is the file among those that the process has open? LibreOffice keeps it open; True where we may not look."""
    try:
        return any(_same(handle, path) for handle in Path(f"/proc/{office.pid}/fd").iterdir())
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _same(handle: Path, path: str) -> bool:
    try:
        return os.path.samefile(handle, path)
    except OSError:  # a socket of which nothing is known, a file that was closed meanwhile
        return False


def _read_process(pid: int) -> Office | None:
    folder = Path("/proc") / str(pid)
    try:
        arguments = (folder / "cmdline").read_bytes().decode("utf-8", "surrogateescape").split("\0")
        program = Path(os.readlink(folder / "exe").removesuffix(" (deleted)")).parent  # an update under way
    except OSError:
        return None
    return Office(pid, program, tuple(arguments[1:])) if arguments[0] else None  # a zombie has no command line


def _ancestor() -> Office | None:
    pid = os.getppid()
    while pid > 1:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        except OSError:
            return None
        name, rest = stat[stat.index("(") + 1 :].rsplit(")", 1)
        if name == "soffice.bin":
            return _read_process(pid)
        pid = int(rest.split()[1])
    return None


def offices_of_this_user() -> Iterator[Office]:
    """Every soffice.bin of this user, the oldest process id first (Linux)."""
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda f: int(f.name)):
        with contextlib.suppress(OSError):
            mine = folder.stat().st_uid == os.getuid()
            if mine and (folder / "comm").read_text("utf-8", "replace").strip() == "soffice.bin":
                office = _read_process(int(folder.name))
                if office:
                    yield office


def _default_instance() -> list[int]:
    """Process ids of LibreOffice on Windows and macOS; without one, a second soffice would start LibreOffice."""
    if sys.platform == "win32":
        command = ["tasklist", "/FI", "IMAGENAME eq soffice.bin", "/FO", "CSV", "/NH"]
        pattern = r'"soffice\.bin","(\d+)"'
    else:
        command, pattern = ["pgrep", "-x", "soffice"], r"(\d+)"
    try:
        done = subprocess.run(command, capture_output=True, timeout=CONNECT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [int(found) for found in re.findall(pattern, done.stdout.decode("ascii", "replace"))]


def _default_program() -> Path:
    if sys.platform == "win32":
        import winreg

        for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            with contextlib.suppress(OSError):
                return Path(winreg.QueryValue(root, r"SOFTWARE\LibreOffice\UNO\InstallPath"))
        return Path(os.environ.get("PROGRAMFILES", r"C:\Program Files")) / "LibreOffice" / "program"
    return Path("/Applications/LibreOffice.app/Contents/MacOS")


# ---- the line -----------------------------------------------------------------------------------------


class Line:
    """A connection to one LibreOffice; `call` is all that the engine uses."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.broken = False
        self.flags: dict[str, Any] = {}  # what an xlwings App remembers

    def call(self, name: str, *arguments: Any) -> Any:
        """The result of a desk operation. Raises WorkbookError, or KeyError where a name is unknown."""
        try:
            if self.broken:
                raise DeskError(deskbase.LOST, "the line broke before")
            return self._ask(name, arguments, PATIENT.get(name, CALL_SECONDS))
        except DeskError as error:
            self.broken = self.broken or error.kind == deskbase.LOST
            raise trouble(error) from error

    def connect(self, patience: float) -> bool:
        """Connects; False if nobody listens on the pipe within that many seconds.

        Raises WorkbookError where somebody listens and does not answer, or where this Python has no `uno`.
        """
        try:
            self._ask("connect", [patience], patience + CONNECT_SECONDS)
        except DeskError as error:
            if error.kind == deskbase.SILENT:
                return False
            self.close()
            raise WorkbookError(NO_PYTHON if error.kind == deskbase.MISSING else NOT_CONNECTED) from error
        return True

    def _ask(self, name: str, arguments: Sequence[Any], seconds: float | None) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        """Gives up the connection; LibreOffice is left as it is."""
        self.broken = True


_Job = tuple[Callable[[], Any], "queue.SimpleQueue[tuple[bool, Any]]"]


class InProcess(Line):
    """The desk in this process, in a thread of its own so that a call that hangs can be given up."""

    def __init__(self, pid: int, pipe: str) -> None:
        super().__init__(pid)
        self._pipe = pipe
        self.desk: desk.Desk | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True, name="xlbangfu-libreoffice").start()

    def _work(self) -> None:
        for job, answer in iter(self._jobs.get, None):
            try:
                answer.put((True, job()))
            except DeskError as error:
                answer.put((False, error))
            except Exception as error:  # a fault of ours; over the bridge it arrives in the same way
                answer.put((False, DeskError(deskbase.REFUSED, f"{type(error).__name__}: {error}")))

    def close(self) -> None:
        """Lets the thread end; one that hangs in LibreOffice ends with this process."""
        super().close()
        self._jobs.put(None)

    def _ask(self, name: str, arguments: Sequence[Any], seconds: float | None) -> Any:
        answer: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
        self._jobs.put((lambda: self._do(name, arguments), answer))
        try:
            good, result = answer.get(timeout=seconds)
        except queue.Empty:
            raise DeskError(deskbase.LOST, f"{name}: no answer in {seconds} s") from None
        if good:
            return result
        raise result

    def _do(self, name: str, arguments: Sequence[Any]) -> Any:
        if name == "connect":
            self.desk = desk.connect(self._pipe, *arguments)
            return None
        if self.desk is None:
            raise DeskError(deskbase.LOST, "not connected")
        return self.desk.call(name, arguments)


class Bridge(Line):
    """The desk in a process of LibreOffice's own Python."""

    def __init__(self, pid: int, pipe: str, python: Path) -> None:
        super().__init__(pid)
        # Our virtual environment means nothing to LibreOffice's Python.
        theirs = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "__PYVENV"))}
        self._process = subprocess.Popen(
            [python, desk.__file__, pipe],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env=theirs,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._turn = threading.Lock()
        threading.Thread(target=self._listen, daemon=True, name="xlbangfu-bridge").start()
        atexit.register(self.close)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def _ask(self, name: str, arguments: Sequence[Any], seconds: float | None) -> Any:
        if not self._turn.acquire(timeout=-1 if seconds is None else seconds):  # a box may be open that nobody answers
            raise DeskError(deskbase.LOST, f"{name}: another request has no answer yet")
        try:
            line = self._line_for(name, arguments, seconds)
        finally:
            self._turn.release()
        if not line:
            self.close()
            raise DeskError(deskbase.LOST, "the bridge ended")
        answer = json.loads(line)
        if "error" in answer:
            raise DeskError(answer["error"], answer["detail"])
        return answer["ok"]

    def _line_for(self, name: str, arguments: Sequence[Any], seconds: float | None) -> str:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": name, "with": arguments}) + "\n")
            self._process.stdin.flush()
            return self._answers.get(timeout=seconds)
        except (OSError, ValueError, queue.Empty) as error:
            self._process.kill()
            self.close()
            raise DeskError(deskbase.LOST, f"{name}: bridge {error!r}") from None
        except KeyboardInterrupt:  # the answer would be taken for that of the next request
            self._process.kill()
            self.close()
            raise

    def close(self) -> None:
        """Ends the bridge process."""
        atexit.unregister(self.close)
        self.broken = True
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()


_lines: dict[int, Line] = {}


def reach(office: Office) -> Line:
    """A line to that LibreOffice, the same one as last time while it holds. Raises WorkbookError."""
    known = _lines.get(office.pid)
    if known and not known.broken:
        return known
    line = open_line(office)
    listen(office, line)
    _lines[office.pid] = line
    return line


def lines() -> list[Line]:
    """The lines that hold, the latest first."""
    return [line for line in reversed(_lines.values()) if not line.broken]


def forget() -> None:
    """Closes all lines; the next `attach` connects anew."""
    for line in _lines.values():
        line.close()
    _lines.clear()


def listen(office: Office, line: Line) -> None:
    """Connects a new line; has LibreOffice listen first where it does not yet. Raises WorkbookError."""
    if line.connect(0.0):
        return
    _hand_over(office)
    if not line.connect(CONNECT_SECONDS):
        line.close()
        raise WorkbookError(NOT_CONNECTED)


def open_line(office: Office) -> Line:
    """A new line to that LibreOffice, not connected yet. Raises WorkbookError where no Python fits."""
    if not os.environ.get(BRIDGE_VARIABLE) and _load_uno(office.program):
        return InProcess(office.pid, office.pipe)
    python = _office_python(office.program)
    if python is None:
        raise WorkbookError(NO_PYTHON)
    return Bridge(office.pid, office.pipe, python)


def _hand_over(office: Office) -> None:
    """Asks the running LibreOffice to listen on our pipe; a soffice of the same profile passes the request on."""
    command = [str(office.program / "soffice"), f"--accept=pipe,name={office.pipe};urp;"]
    command += ["--norestore", "--nologo", "--nodefault"]
    command += [a for a in office.arguments if a.startswith("-env:UserInstallation=") or a == "--headless"]
    try:
        # In a session of its own: soffice is a script that starts a program that starts a program.
        second = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise WorkbookError(NOT_CONNECTED) from error
    try:
        second.wait(timeout=CONNECT_SECONDS)
    except subprocess.TimeoutExpired:  # the first one is gone or hangs, and the second one would have stayed
        if sys.platform == "win32":
            second.kill()
        else:
            os.killpg(second.pid, signal.SIGKILL)


# ---- LibreOffice's uno --------------------------------------------------------------------------------

_SYSTEM_UNO = ("/usr/lib/python3/dist-packages/uno.py", "/usr/lib/python3/site-packages/uno.py")


def _load_uno(program: Path) -> bool:
    """Loads LibreOffice's `uno` into this process if it was built for our Python; False if there is none."""
    if "uno" in sys.modules:
        return True
    if not sys.platform.startswith("linux"):  # there LibreOffice is bound to the Python it brings
        return False
    for path in (program / "uno.py", *map(Path, _SYSTEM_UNO)):
        if path.is_file() and _built_for(path, program) == sys.version_info[:2]:
            try:
                _load_by_file(path)
            except ImportError:
                continue
            return True
    return False


def _built_for(path: Path, program: Path) -> tuple[int, ...]:
    """The version of Python that the library behind this uno.py is linked with; () if unknown."""
    with contextlib.suppress(OSError):
        if found := re.search(r"sys\.path\.append\('([^']+)'\)", path.read_text("utf-8")[:500]):
            program = Path(found[1])
        if linked := re.search(rb"libpython(\d+)\.(\d+)", (program / "libpyuno.so").read_bytes()):
            return int(linked[1]), int(linked[2])
    return ()


def _load_by_file(path: Path) -> None:
    """By file, so that the folder (with foreign packages in it) stays off our path, and without uno's import hook."""
    spec = importlib.util.spec_from_file_location("uno", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    before, plain_import = list(sys.path), builtins.__import__
    if (path.parent / "pyuno.so").is_file():
        sys.path.append(str(path.parent))
    sys.modules["uno"] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules["uno"]
        raise
    finally:
        sys.path[:] = before
        builtins.__import__ = plain_import


def _office_python(program: Path) -> Path | None:
    """The Python that can import `uno`: LibreOffice's own, else the system's."""
    candidates = [program / "python", program / "python.exe", program.parent / "Resources" / "python"]
    candidates += [Path("/usr/bin/python3")] if sys.platform.startswith("linux") else []
    return next((path for path in candidates if path.is_file()), None)
