"""The password at the command line: not shown, not on standard output, typed twice for a new file (spec §7, §9)."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from xlbangfu.restricted.terminal import VARIABLE, NoPassword, read_password

SCRIPT = (
    "import sys\n"
    "from xlbangfu.restricted.terminal import NoPassword, read_password\n"
    "try:\n"
    "    open(sys.argv[2], 'w').write(read_password(sys.argv[1] == 'new'))\n"
    "except NoPassword as problem:\n"
    "    open(sys.argv[2], 'w').write(f'refused: {problem}')\n"
)
posix_only = pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is a POSIX matter")


def test_a_script_gives_it_in_the_environment(monkeypatch):
    monkeypatch.setenv(VARIABLE, "abc-2026")
    assert read_password(True) == read_password(False) == "abc-2026"


@posix_only
class TestTyped:
    def typed(self, tmp_path, what: str, *lines: str) -> tuple[str, str]:
        """(what came of it, what the terminal showed) for lines typed one after the other."""
        import pty

        answer = tmp_path / "answer"
        environment = {k: v for k, v in os.environ.items() if k != VARIABLE}
        child, master = pty.fork()
        if child == 0:
            os.execve(sys.executable, [sys.executable, "-c", SCRIPT, what, str(answer)], environment)
        shown = b""
        try:
            for line in lines:
                shown += self._until_it_asks(master)
                os.write(master, line.encode() + b"\n")
            while chunk := self._read(master):
                shown += chunk
        finally:
            os.close(master)
            os.waitpid(child, 0)
        return answer.read_text(encoding="utf-8"), shown.decode()

    def _until_it_asks(self, master: int) -> bytes:
        seen = b""
        while not seen.rstrip(b" ").endswith("：".encode()):
            chunk = self._read(master)
            assert chunk, seen.decode()
            seen += chunk
        time.sleep(0.05)  # getpass switches the echo off before it prompts, but flushes what was typed too early
        return seen

    @staticmethod
    def _read(master: int) -> bytes:
        try:
            return os.read(master, 4096)
        except OSError:  # the other side is gone
            return b""

    def test_once_for_a_file_that_is_there(self, tmp_path):
        answer, shown = self.typed(tmp_path, "old", "my-secret-1")
        assert answer == "my-secret-1"
        assert "密码" in shown and "my-secret" not in shown

    def test_twice_for_a_new_one(self, tmp_path):
        answer, shown = self.typed(tmp_path, "new", "my-secret-1", "my-secret-1")
        assert answer == "my-secret-1"
        assert "忘了无法找回" in shown and "再输一次" in shown and "my-secret" not in shown

    def test_again_where_it_is_weak_or_differs(self, tmp_path):
        answer, shown = self.typed(tmp_path, "new", "short", "my-secret-1", "my-secret-2", "my-secret-3", "my-secret-3")
        assert answer == "my-secret-3"
        assert "太短" in shown and "不一样" in shown

    def test_three_times_in_vain_is_enough(self, tmp_path):
        answer, _ = self.typed(tmp_path, "new", "a", "b", "c")
        assert answer.startswith("refused: ") and "没有改动" in answer

    def test_nothing_typed_is_a_refusal(self, tmp_path):
        assert "没有输入密码" in self.typed(tmp_path, "old", "")[0]

    def test_without_a_terminal_it_is_not_read_in_the_open(self, tmp_path):
        answer = tmp_path / "answer"
        environment = {k: v for k, v in os.environ.items() if k != VARIABLE}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, "old", str(answer)],
            env=environment, input=b"my-secret-1\n", capture_output=True, start_new_session=True, timeout=30,
        )  # fmt: skip
        assert VARIABLE in answer.read_text(encoding="utf-8")
        assert done.stdout == b""


def test_giving_up_with_the_keyboard_is_a_refusal(monkeypatch):
    def interrupted(prompt):
        raise KeyboardInterrupt

    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("getpass.getpass", interrupted)
    with pytest.raises(NoPassword, match="没有输入密码"):
        read_password(False)
