"""The text of the launcher: the small program that a macro starts.

It starts the very Python that installed it. -E and -P: neither variables of the caller nor the folder it happens
to be in decide what is imported (LibreOffice sets some of its own); unlike -I they still find a package that was
installed with `pip install --user`. -X utf8: the caller's locale decides nothing either. Measured: none of them
costs time at the start.
"""

from __future__ import annotations

import shlex
from pathlib import Path

FLAGS = ("-E", "-P", "-X", "utf8")
MODULE = "xlbangfu.cli"
MARK = "xlbangfu install"


def launcher_command(executable: Path, *, frozen: bool) -> list[str]:
    """The words that start our command line: the frozen program itself, or Python with our module."""
    return [str(executable)] if frozen else [str(executable), *FLAGS, "-m", MODULE]


def shell_launcher(executable: Path, *, frozen: bool) -> bytes:
    """For macOS and Linux."""
    words = " ".join(shlex.quote(w) for w in launcher_command(executable, frozen=frozen))
    return f'#!/bin/sh\n# {MARK} 写成，xlbangfu uninstall 删除。\nexec {words} "$@"\n'.encode()


def batch_launcher(executable: Path, *, frozen: bool) -> bytes:
    """For Windows. cmd reads a batch file line by line in the code page of the moment, so UTF-8 after chcp 65001."""
    program, *rest = launcher_command(executable, frozen=frozen)
    quoted = program.replace("%", "%%")
    lines = ["@echo off", f"rem {MARK}"]
    if not program.isascii():
        lines.append("chcp 65001 >nul")
    lines.append(" ".join([f'"{quoted}"', *rest, "%*"]))
    return ("\r\n".join(lines) + "\r\n").encode()
