"""A file is replaced whole or not at all, and its former version is kept (§8)."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from xlbangfu.workbook import atomic
from xlbangfu.workbook.errors import WorkbookError, WorkbookLocked

OLD, NEW = b"old" * 50_000, b"new" * 60_000
posix_only = pytest.mark.skipif(os.name != "posix", reason="modes, links and SIGKILL are POSIX matters")


def accept(path: Path) -> None:
    """A check that finds nothing wrong."""


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "三年级2班.xlsx"
    path.write_bytes(OLD)
    return path


def beside(target: Path) -> set[str]:
    return set(os.listdir(target.parent))


class TestReplacing:
    def test_the_new_version_stands_and_the_old_one_is_the_backup(self, target):
        seen = []
        atomic.replace_file(target, NEW, lambda path: seen.append((path.parent, path.read_bytes())))
        assert target.read_bytes() == NEW
        assert Path(atomic.backup_path(target)).read_bytes() == OLD
        assert seen == [(target.parent, NEW)]
        assert beside(target) == {"三年级2班.xlsx", "三年级2班.xlsx.bak"}

    def test_only_one_backup_is_kept_the_latest(self, target):
        for content in (b"second", b"third", b"fourth"):
            atomic.replace_file(target, content, accept)
        assert target.read_bytes() == b"fourth"
        assert Path(atomic.backup_path(target)).read_bytes() == b"third"
        assert len(beside(target)) == 2

    def test_a_file_that_does_not_exist_yet_is_made(self, tmp_path):
        atomic.replace_file(tmp_path / "new.xlsx", NEW, accept)
        assert os.listdir(tmp_path) == ["new.xlsx"]

    def test_a_check_that_fails_leaves_everything_as_it_was(self, target):
        def refuse(path: Path) -> None:
            raise WorkbookError("不行")

        with pytest.raises(WorkbookError, match="不行"):
            atomic.replace_file(target, NEW, refuse)
        assert target.read_bytes() == OLD
        assert beside(target) == {target.name}

    def test_a_version_that_was_not_read_is_not_overwritten(self, target):
        expected = atomic.stamp(target.stat())
        target.write_bytes(b"meanwhile")
        with pytest.raises(WorkbookLocked, match="又被别的程序改过"):
            atomic.replace_file(target, NEW, accept, expected)
        assert target.read_bytes() == b"meanwhile"
        assert beside(target) == {target.name}

    @posix_only
    def test_the_mode_is_kept(self, target):
        target.chmod(0o640)
        atomic.replace_file(target, NEW, accept)
        assert stat.S_IMODE(target.stat().st_mode) == 0o640

    @posix_only
    def test_a_symbolic_link_stays_a_link_to_the_new_version(self, target, tmp_path):
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        link = folder / "link.xlsx"
        link.symlink_to(target)
        atomic.replace_file(link, NEW, accept)
        assert link.is_symlink()
        assert target.read_bytes() == NEW
        assert os.listdir(folder) == ["link.xlsx"]

    def test_without_hard_links_the_backup_is_a_copy(self, target, monkeypatch):
        def no_links(source: str, link: str) -> None:
            raise OSError(1, "not on this file system")

        monkeypatch.setattr(os, "link", no_links)
        atomic.replace_file(target, NEW, accept)
        atomic.replace_file(target, b"third", accept)
        assert Path(atomic.backup_path(target)).read_bytes() == NEW
        assert len(beside(target)) == 2

    def test_names_at_the_limit_of_the_file_system_work(self, tmp_path):
        target = tmp_path / ("班" * 82 + ".xlsx")
        target.write_bytes(OLD)
        atomic.replace_file(target, NEW, accept)
        assert target.read_bytes() == NEW


class TestSystemErrorsBecomeSentences:
    @pytest.mark.parametrize(
        ("problem", "kind", "sentence"),
        [
            (PermissionError(13, "denied"), WorkbookLocked, "不能写入"),
            (OSError(28, "no space"), WorkbookError, "磁盘空间不够"),
            (OSError(5, "io"), WorkbookError, "没有写成"),
        ],
    )
    def test_at_the_flush_and_at_the_rename(self, target, monkeypatch, problem, kind, sentence):
        def fail(*arguments: object) -> None:
            raise problem

        for call in ("fsync", "replace"):
            with monkeypatch.context() as patched:
                patched.setattr(os, call, fail)
                with pytest.raises(kind, match=sentence) as error:
                    atomic.replace_file(target, NEW, accept)
            assert error.value.path == str(target)
            assert target.read_bytes() == OLD
            assert beside(target) <= {target.name, target.name + ".bak"}

    @posix_only
    def test_a_read_only_file_is_not_replaced(self, target, monkeypatch):
        monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
        with pytest.raises(WorkbookLocked, match="只读"):
            atomic.replace_file(target, NEW, accept)
        assert target.read_bytes() == OLD


@posix_only
class TestLeftovers:
    def leftover(self, target: Path, age_seconds: float, suffix: str = ".tmp") -> Path:
        path = Path(f"{atomic._leftover_prefix(str(target))}999-abc{suffix}")
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age_seconds,) * 2)
        return path

    def test_a_killed_run_s_files_are_cleared_next_time(self, target):
        old = self.leftover(target, 60)
        passing = self.leftover(target, 60, ".tmp.bak")
        atomic.replace_file(target, NEW, accept)
        assert not old.exists()
        assert not passing.exists()

    def test_a_file_still_being_written_is_left_alone(self, target):
        held = self.leftover(target, 60)
        with open(held, "rb+") as file:
            atomic._hold(file)
            child = f"from xlbangfu.workbook import atomic; atomic.replace_file({str(target)!r}, b'x', lambda p: None)"
            subprocess.run([sys.executable, "-c", child], check=True)
        assert held.exists()

    def test_other_people_s_files_are_left_alone(self, target):
        others = [target.with_name(name) for name in (".~lock.a#", "~$a.xlsx", ".~xlbangfu-00000000-1-a.tmp", "a.tmp")]
        for other in others:
            other.write_bytes(b"x")
            os.utime(other, (1, 1))
        fresh = self.leftover(target, 0)
        atomic.replace_file(target, NEW, accept)
        assert all(path.exists() for path in (*others, fresh))


KILL_AT_LINE = """
    import os, signal, sys
    from pathlib import Path
    from xlbangfu.workbook import atomic

    folder = Path(sys.argv[1])
    OLD, OLDER, NEW = b"old" * 50_000, b"older", b"new" * 60_000
    lines = [0]

    def attempt(kill_at):
        '''Replace the file in a child that dies before its kill_at-th line of atomic.py; True if it lived.'''
        place = folder / str(kill_at)
        place.mkdir()
        target = place / "a.xlsx"
        target.write_bytes(OLD)
        (place / "a.xlsx.bak").write_bytes(OLDER)
        child = os.fork()
        if child == 0:
            seen = 0
            def trace(frame, event, argument):
                nonlocal seen
                if frame.f_code.co_filename != atomic.__file__:
                    return None
                if event == "line":
                    seen += 1
                    if seen == kill_at:
                        os.kill(os.getpid(), signal.SIGKILL)
                return trace
            sys.settrace(trace)
            atomic.replace_file(target, NEW, lambda path: path.read_bytes() == NEW or os._exit(3))
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
        content, backup = target.read_bytes(), (place / "a.xlsx.bak").read_bytes()
        assert content in (OLD, NEW), kill_at
        assert backup in (OLD, OLDER), kill_at
        assert content == OLD or backup == OLD, kill_at
        for leftover in place.iterdir():
            os.utime(leftover, (1, 1))
        atomic.replace_file(target, b"next", lambda path: None)
        assert sorted(p.name for p in place.iterdir()) == ["a.xlsx", "a.xlsx.bak"], kill_at
        assert (place / "a.xlsx.bak").read_bytes() == content, kill_at
        return os.WIFEXITED(status), content == NEW

    kill_at, outcomes = 0, []
    while not outcomes or not outcomes[-1][0]:
        kill_at += 1
        outcomes.append(attempt(kill_at))
    print(len(outcomes) - 1, sum(new for _, new in outcomes[:-1]))
"""

WRITE_FOR_EVER = """
    import itertools, sys
    from xlbangfu.workbook import atomic

    print("ready", flush=True)
    for letter in itertools.cycle("ab"):
        atomic.replace_file(sys.argv[1], letter.encode() * 400_000, lambda path: None)
"""


@posix_only
class TestKilledAtAnyMoment:
    def test_before_every_line_of_the_code(self, tmp_path):
        command = [sys.executable, "-c", textwrap.dedent(KILL_AT_LINE), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        killed, with_new_version = map(int, done.stdout.split())
        assert killed > 40
        assert 0 < with_new_version < killed

    def test_at_random_moments(self, tmp_path):
        target = tmp_path / "a.xlsx"
        rng = random.Random(1)
        for _ in range(12):
            target.write_bytes(b"a" * 400_000)
            command = [sys.executable, "-c", textwrap.dedent(WRITE_FOR_EVER), str(target)]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
                assert writer.stdout.readline() == b"ready\n"
                time.sleep(rng.uniform(0, 0.05))
                writer.send_signal(signal.SIGKILL)
            content = target.read_bytes()
            assert len(content) == 400_000
            assert content in (b"a" * 400_000, b"b" * 400_000)
