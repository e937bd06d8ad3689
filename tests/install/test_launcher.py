"""The launcher: starts this very Python from anywhere, whatever the paths and the caller's variables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest

from install.computers import computer
from install.test_installing import go
from xlbangfu import __version__
from xlbangfu.install.launcher import batch_launcher, shell_launcher

AWKWARD = '王 老师\'s $HOME `x` "帮扶" %PATH% \\ 表'
posix = pytest.mark.skipif(sys.platform == "win32", reason="the launcher of macOS and Linux is a shell script")


@posix
class TestTheShellScript:
    @pytest.fixture
    def launcher(self, tmp_path):
        """Installed below an awkward name, starting this Python through a link below another."""
        top = tmp_path / AWKWARD
        top.mkdir()
        machine = computer(top, executable=_python_in(top), data=top / "数据", launcher=top / "数据" / "xlbangfu")
        assert go(machine) == 0
        return machine.launcher

    def test_runs_from_another_folder(self, launcher, tmp_path):
        elsewhere = tmp_path / "另一个 文件夹"
        elsewhere.mkdir()
        (elsewhere / "xlbangfu.py").write_text("raise SystemExit('the wrong one')")
        (elsewhere / "json.py").write_text("raise SystemExit('the wrong one')")
        done = subprocess.run([launcher, "--version"], cwd=elsewhere, capture_output=True, text=True)
        assert (done.returncode, done.stdout.strip()) == (0, f"xlbangfu {__version__}"), done.stderr

    def test_the_callers_variables_do_not_decide_what_is_imported(self, launcher, tmp_path):
        (tmp_path / "xlbangfu.py").write_text("raise SystemExit('the wrong one')")
        office = {"PYTHONPATH": str(tmp_path), "PYTHONHOME": str(tmp_path), "LC_ALL": "C", "PATH": os.environ["PATH"]}
        done = subprocess.run([launcher, "--version"], env=office, capture_output=True, text=True)
        assert (done.returncode, done.stdout.strip()) == (0, f"xlbangfu {__version__}"), done.stderr

    def test_hands_on_its_words_and_the_exit_code(self, launcher):
        done = subprocess.run(
            [launcher, "screen", "没有 这个's.xlsm"], capture_output=True, text=True, env={"LC_ALL": "C"}
        )
        assert done.returncode == 3
        assert "没有 这个's.xlsm" in done.stderr

    def test_only_its_owner_may_change_it(self, launcher):
        assert launcher.stat().st_mode & 0o777 == 0o755

    def test_a_lost_executable_bit_is_put_back(self, tmp_path):
        machine = computer(tmp_path)
        go(machine)
        machine.launcher.chmod(0o644)
        go(machine)
        assert os.access(machine.launcher, os.X_OK)


def _python_in(top: Path) -> Path:
    """A virtual environment's Python at an awkward path: a link, and the pyvenv.cfg that says whose it is."""
    here = Path(sys.prefix)
    there = top / "环境 's"
    (there / "bin").mkdir(parents=True)
    if (here / "pyvenv.cfg").exists():
        shutil.copy(here / "pyvenv.cfg", there)
        (there / "lib").symlink_to(here / "lib")
    (there / "bin" / "python").symlink_to(os.path.realpath(sys.executable))
    return there / "bin" / "python"


class TestTheTexts:
    def test_a_frozen_program_is_started_itself(self):
        assert shell_launcher(Path("/opt/帮 扶/xlbangfu"), frozen=True).endswith(
            "\nexec '/opt/帮 扶/xlbangfu' \"$@\"\n".encode()
        )

    def test_a_batch_file_has_windows_line_ends_and_hands_on_its_words(self):
        lines = batch_launcher(Path("C:/Python 3/python.exe"), frozen=False).decode().split("\r\n")
        assert lines[0] == "@echo off"
        assert lines[-2:] == ['"C:/Python 3/python.exe" -E -P -X utf8 -m xlbangfu.cli %*', ""]

    def test_a_batch_file_changes_the_code_page_only_for_a_path_that_needs_it(self):
        assert b"chcp" not in batch_launcher(Path("C:/x.exe"), frozen=True)
        assert b"\r\nchcp 65001 >nul\r\n" in batch_launcher(Path("C:/王/x.exe"), frozen=True)

    def test_a_percent_sign_in_a_path_is_no_variable(self):
        program = PureWindowsPath("C:/100%/x.exe")
        assert b'"C:\\100%%\\x.exe" %*' in batch_launcher(program, frozen=True)
