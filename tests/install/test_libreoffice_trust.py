"""A real LibreOffice on a patched profile: the macro of a workbook in a trusted folder runs, another one does not."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import time
import uuid
from pathlib import Path

import pytest

from install.computers import tree
from xlbangfu.doctor import _office_pythons
from xlbangfu.install import install_command, uninstall_command, xcu
from xlbangfu.install.libreoffice import OfficeMenu
from xlbangfu.install.machine import this_machine
from xlbangfu.install.running import profile_user
from xlbangfu.workbook.template import template_path

SOFFICE = shutil.which("soffice")
WINDOW = Path(__file__).with_name("office_window.py")


@functools.cache
def uno_python() -> str:
    """A Python that can talk to LibreOffice."""
    for python in _office_pythons(Path(SOFFICE)) if SOFFICE else ():
        if python.exists() and subprocess.run([python, "-c", "import uno"], capture_output=True).returncode == 0:
            return str(python)
    pytest.skip("no Python here can import uno")


pytestmark = [
    pytest.mark.libreoffice,
    pytest.mark.skipif(SOFFICE is None, reason="soffice is not installed"),
]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A person who has never started LibreOffice."""
    path = tmp_path / "家 里"
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.setenv("XLBANGFU_DATA", str(path / "数据"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(OfficeMenu, "find", lambda step, machine: "不在这里试")  # unopkg writes into the profile too
    return path


def workbook_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return Path(shutil.copy(template_path(), folder / "三年级1班.xlsm"))


def opened(book: Path) -> dict[str, object]:
    words = [uno_python(), str(WINDOW), SOFFICE, str(book), f"xlbangfu-{uuid.uuid4().hex}"]
    # No launcher to be found: the press is to show that the macro runs, not to start anything.
    env = {**os.environ, "XLBANGFU_DATA": str(book.parent / "没有"), "PATH": os.defpath}
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_a_trusted_workbook_runs_its_macro_and_a_stranger_does_not(home, tmp_path, capsys):
    awkward = "帮扶 (甲)&'b' +x@~!;=,#%[]"
    ours, strange = workbook_in(tmp_path / awkward / "三年级"), workbook_in(tmp_path / "外来")
    assert install_command([tmp_path / awkward], keep_alive=False, plan=False, as_json=True) == 0

    window = opened(ours)
    assert window["allowed"] is True
    assert window["after"] != window["before"]  # the macro wrote its sentence

    stranger = opened(strange)
    assert stranger["allowed"] is False
    assert stranger["after"] == stranger["before"]

    settings = this_machine().office_settings
    assert len(settings.read_bytes()) > len(xcu.EMPTY) * 4  # LibreOffice has written the file anew, twice
    assert len(xcu.read_trusted(settings.read_text(encoding="utf-8"))) == 1

    assert uninstall_command(everything=False, plan=False, as_json=True) == 0
    assert xcu.read_trusted(settings.read_text(encoding="utf-8")) == []
    assert "SecureURL" not in settings.read_text(encoding="utf-8")
    assert opened(ours)["allowed"] is False
    capsys.readouterr()


def test_a_profile_that_libreoffice_made_is_restored_to_the_last_byte(home, tmp_path):
    book = workbook_in(tmp_path / "甲")
    assert opened(book)["allowed"] is False
    files = tree(home)
    assert install_command([book.parent], keep_alive=False, plan=False, as_json=True) == 0
    assert tree(home) != files
    assert uninstall_command(everything=False, plan=False, as_json=True) == 0
    assert tree(home) == files


def test_installing_is_refused_while_libreoffice_runs(home, tmp_path, capsys):
    folder = tmp_path / "甲"
    folder.mkdir()
    words = [SOFFICE, "--headless", "--norestore", "--nologo"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    office = subprocess.Popen(words, **quiet, start_new_session=True)
    try:
        lock = this_machine().office_settings.parents[1] / ".lock"
        for _ in range(300):
            if lock.exists():
                break
            time.sleep(0.1)
        assert install_command([folder], keep_alive=False, plan=False, as_json=True) == 3
        assert "请先退出 LibreOffice" in capsys.readouterr().out
        assert not this_machine().data.exists()
        left = lock.read_bytes()
    finally:
        os.killpg(office.pid, signal.SIGKILL)  # soffice is a script: the program is its child, in that session
        office.wait()
    for _ in range(100):  # its child is reaped by somebody else, a little later
        if not profile_user(lock.parent):
            break
        time.sleep(0.1)
    lock.write_bytes(left)  # at times it still takes its lock away; one that a crash left is no reason to refuse
    assert install_command([folder], keep_alive=False, plan=False, as_json=True) == 0
