"""Starting a program to hear what it says."""

from __future__ import annotations

import os
from collections.abc import Sequence


def run_quietly(words: Sequence[str]) -> tuple[int, str]:
    """Exit code and output of a program; −1 and the system's words where it does not start within half a minute.

    It runs in its own folder, as RunPython does it: the folder of whoever asks must not decide what is imported.
    """
    import subprocess

    folder = os.path.dirname(words[0]) or None
    try:
        done = subprocess.run(
            list(words), capture_output=True, stdin=subprocess.DEVNULL, cwd=folder, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return -1, str(problem)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace").strip()
