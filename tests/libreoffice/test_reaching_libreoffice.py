"""Finding a running LibreOffice, connecting with it, and what happens when it is not there, dies or hangs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import office_host
from office_host import attached, needs_soffice, running_office, start_office
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.libreoffice import attach, connect

pytestmark = [pytest.mark.libreoffice, needs_soffice, pytest.mark.xdist_group("libreoffice")]

BOTH_DOORS = pytest.mark.parametrize("bridge", [False, True], ids=["in-process", "bridge"])


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[office_host.OfficeHost]:
    """One as a teacher starts it: it listens on no pipe of its own."""
    with running_office(tmp_path_factory.mktemp("reach"), listening=False) as host:
        yield host


@pytest.fixture(scope="module")
def path(office) -> Path:
    return office.open_copy()


@pytest.fixture
def doomed(tmp_path) -> Iterator[office_host.OfficeHost]:
    """A LibreOffice to be killed."""
    host = start_office(tmp_path)
    yield host
    host.quit()


class TestAttaching:
    @BOTH_DOORS
    def test_asks_libreoffice_to_listen(self, office, path, bridge):
        with attached(office, path, bridge=bridge) as book:
            assert book.sheets["名册"]["A1"].value == "学号"
            line = book.impl.line
            assert isinstance(line, connect.Bridge if bridge else connect.InProcess)
            assert connect.lines() == [line]

    def test_takes_the_pipe_that_libreoffice_was_started_with(self):
        given = connect.Office(7, Path("/x"), ("--headless", "--accept=pipe,name=abc;urp;", "/a/b.xlsm"))
        assert given.pipe == "abc" and connect.Office(7, Path("/x")).pipe == "xlbangfu_7"

    def test_finds_the_document_without_a_process_id(self, path):
        connect.forget()
        assert attach(path).fullname == str(path)
        assert attach(os.path.relpath(path)).fullname == str(path)

    def test_follows_links_to_the_file(self, path, tmp_path):
        (tmp_path / "捷径.xlsm").symlink_to(path)
        assert attach(tmp_path / "捷径.xlsm").fullname == str(path)

    def test_keeps_its_connection(self, office, path):
        first = attach(path, soffice_pid=office.pid)
        assert attach(path, soffice_pid=office.pid).impl.line is first.impl.line

    @BOTH_DOORS
    def test_says_when_the_workbook_is_not_open(self, office, path, bridge, tmp_path):
        with (
            attached(office, path, bridge=bridge),
            pytest.raises(WorkbookError, match="没有打开这个工作簿") as caught,
        ):
            attach(tmp_path / "别的.xlsm", soffice_pid=office.pid)
        assert caught.value.path == str(tmp_path / "别的.xlsm")

    def test_leaves_a_libreoffice_alone_that_has_nothing_to_do_with_it(self, office, monkeypatch, tmp_path):
        other = tmp_path / "别的.xlsm"
        other.touch()
        monkeypatch.setattr(connect, "reach", None)  # to be called for it would be an error
        for path in (other, tmp_path / "没有.xlsm"):
            with pytest.raises(WorkbookError, match="没有打开这个工作簿"):
                attach(path)

    def test_says_when_no_libreoffice_runs(self, monkeypatch, tmp_path):
        monkeypatch.setattr(connect, "offices_of_this_user", lambda: iter(()))
        for pid in (None, 2**22 + 1):
            with pytest.raises(WorkbookError, match="没有找到正在运行的 LibreOffice") as caught:
                attach(tmp_path / "a.xlsm", soffice_pid=pid)
            assert caught.value.path == str(tmp_path / "a.xlsm")

    def test_says_when_nothing_can_be_reached(self, office, path, monkeypatch):
        """A process that is no LibreOffice: its pipe stays silent, and so does whoever should pass our request on."""
        connect.forget()
        monkeypatch.setattr(connect, "CONNECT_SECONDS", 0.5)
        monkeypatch.setattr(connect, "offices", lambda *_: [connect.Office(os.getpid(), Path("/nowhere"))])
        with pytest.raises(WorkbookError, match="连不上"):
            attach(path)

    def test_says_when_there_is_no_python_for_the_bridge(self, office, path, monkeypatch):
        connect.forget()
        monkeypatch.setenv(connect.BRIDGE_VARIABLE, "1")
        monkeypatch.setattr(connect, "_office_python", lambda program: None)
        with pytest.raises(WorkbookError, match="python3-uno"):
            attach(path, soffice_pid=office.pid)
        monkeypatch.setattr(connect, "_office_python", lambda program: Path(sys.executable))  # has no uno
        with pytest.raises(WorkbookError, match="python3-uno"):
            attach(path, soffice_pid=office.pid)

    def test_takes_the_bridge_where_uno_is_for_another_python(self, tmp_path):
        (tmp_path / "uno.py").write_text("import pyuno\n", "utf-8")
        (tmp_path / "libpyuno.so").write_bytes(b"\x7fELF..libpython3.8.so.1.0..")
        assert connect._built_for(tmp_path / "uno.py", tmp_path) == (3, 8)
        (tmp_path / "libpyuno.so").write_bytes(b"\x7fELF")
        assert connect._built_for(tmp_path / "uno.py", tmp_path) == ()


class TestAClickInLibreOffice:
    def test_finds_the_libreoffice_that_started_it(self, office, path, tmp_path):
        """The workbook's own macro starts a program with Shell; that program needs no process id."""
        script = tmp_path / "clicked.py"
        script.write_text(
            "import sys\n"
            "from xlbangfu.workbook.libreoffice import attach, connect\n"
            "book = attach(sys.argv[-1])\n"
            "book.names['XB_STATUS'].refers_to_range.value = f'{sys.argv[2]} {book.app.pid}'\n",
            "utf-8",
        )
        book = attach(path, soffice_pid=office.pid)
        book.names["XB_PYTHON"].refers_to_range.value = f"{sys.executable} {script}"
        book.macro("Bangfu.Btn_check")()
        status = book.names["XB_STATUS"].refers_to_range
        end = time.monotonic() + 20
        while status.value != f"check {office.pid}" and time.monotonic() < end:
            time.sleep(0.05)
        assert status.value == f"check {office.pid}"


class TestALibreOfficeThatDies:
    @BOTH_DOORS
    def test_gives_a_clear_error_in_the_middle_of_work(self, doomed, bridge):
        with attached(doomed, doomed.open_copy(), bridge=bridge) as book:
            cells = book.sheets["名册"].range((2, 1), (3000, 10))
            threading.Timer(0.5, doomed.kill).start()

            def work() -> None:
                end = time.monotonic() + 20
                while time.monotonic() < end:
                    cells.value = "x"

            with pytest.raises(WorkbookError, match="LibreOffice 没有回应"):
                work()
            start = time.monotonic()
            for act in (lambda: cells.value, lambda: setattr(cells, "value", "x"), lambda: book.sheets[0].name):
                with pytest.raises(WorkbookError, match="LibreOffice 没有回应"):
                    act()
            assert connect.lines() == []
            assert time.monotonic() - start < 1

    @BOTH_DOORS
    def test_is_not_waited_for_when_it_hangs(self, doomed, bridge, monkeypatch):
        with attached(doomed, doomed.open_copy(), bridge=bridge) as book:
            monkeypatch.setattr(connect, "CALL_SECONDS", 0.5)
            os.kill(doomed.pid, signal.SIGSTOP)
            try:
                with pytest.raises(WorkbookError, match="LibreOffice 没有回应"):
                    book.sheets["名册"]["A1"].value  # noqa: B018 - read for its error
                connect.forget()
                monkeypatch.setattr(connect, "CONNECT_SECONDS", 0.5)
                with pytest.raises(WorkbookError, match="连不上"):
                    attach(book.fullname, soffice_pid=doomed.pid)
            finally:
                os.kill(doomed.pid, signal.SIGCONT)


class TestABridgeThatDies:
    def test_gives_a_clear_error_and_can_be_built_again(self, office, path):
        with attached(office, path, bridge=True) as book:
            book.impl.line._process.kill()
            with pytest.raises(WorkbookError, match="没有回应"):
                book.sheets["名册"]["A1"].value  # noqa: B018 - read for its error
            assert attach(path, soffice_pid=office.pid).sheets["名册"]["A1"].value == "学号"

    def test_ends_with_its_parent(self, office, path):
        script = (
            "import sys, os\n"
            "from xlbangfu.workbook.libreoffice import attach\n"
            "book = attach(sys.argv[1], soffice_pid=int(sys.argv[2]))\n"
            "print(book.impl.line._process.pid, flush=True)\n"
            "os._exit(0)"  # no clean-up of any kind
        )
        pid = int(run_python(script, path, office, bridge=True))
        end = time.monotonic() + 5
        while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
            time.sleep(0.02)
        assert not Path(f"/proc/{pid}").exists()


def run_python(script: str, path: Path, office: Any, *, bridge: bool) -> str:
    """What a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), str(office.pid)],
        env={**os.environ, "XLBANGFU_BRIDGE": "1" if bridge else ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


class TestAFreshPython:
    """What a click pays for."""

    @BOTH_DOORS
    def test_leaves_without_a_crash_and_imports_no_big_library(self, office, path, bridge):
        script = (
            "import sys\n"
            "from xlbangfu.workbook.libreoffice import attach\n"
            "assert 'xlwings' not in sys.modules\n"
            "book = attach(sys.argv[1], soffice_pid=int(sys.argv[2]))\n"
            "assert book.sheets['名册']['A1'].value == '学号'\n"
            "big = ('pandas', 'numpy', 'polars', 'matplotlib', 'PIL')\n"
            "print([name for name in big if name in sys.modules])\n"
            "import pandas\n"
            "print(pandas.DataFrame([[1]]).shape, [p for p in sys.path if 'dist-packages' in p or 'libreoffice' in p])\n"
            "print(__import__.__module__)\n"
        )
        assert run_python(script, path, office, bridge=bridge).splitlines() == ["[]", "(1, 1) []", "builtins"]

    @BOTH_DOORS
    def test_is_quick(self, office, path, bridge):
        """Well under 150 ms on an idle computer (see docs); the bound leaves room for a busy one."""
        script = (
            "import sys, time\n"
            "from xlbangfu.workbook.lightxlwings import import_xlwings\n"
            "import_xlwings()\n"
            "import xlbangfu.workbook.libreoffice.engine\n"
            "from xlbangfu.workbook.libreoffice import attach\n"
            "start = time.perf_counter()\n"
            "book = attach(sys.argv[1], soffice_pid=int(sys.argv[2]))\n"
            "for name in ('名册', '成绩', '学困生', '设置', '帮扶计划'):\n"
            "    book.sheets[name].range((1, 1), (60, 15)).options(ndim=2).value\n"
            "book.sheets['观察'].range((2, 1), (61, 9)).value = [['x', 1.5] * 4 + [None]] * 60\n"
            "print(time.perf_counter() - start)\n"
        )
        seconds = min(float(run_python(script, path, office, bridge=bridge)) for _ in range(3))
        assert seconds < 1.0
