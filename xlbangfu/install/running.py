"""Whether LibreOffice runs on a profile: it would write its settings file anew at its end, over ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def profile_user(profile: Path) -> str:
    """Who uses the LibreOffice profile at `profile` (the folder above `user`), as a phrase; "" for nobody.

    A lock file alone is no proof: a crash leaves it. It counts when it comes from another computer, whose
    processes we cannot see, or when LibreOffice runs here.
    """
    host = _lock_host(profile / ".lock")
    if host and host != _this_host():
        return f"另一台电脑（{host}）上的 LibreOffice"
    if sys.platform == "linux":
        running = any(_uses(process, profile) for process in _linux_processes())
    else:
        running = host is not None and _listed()
    return "正在运行的 LibreOffice" if running else ""


def _lock_host(lock: Path) -> str | None:
    """The computer named in a lock file; None without one."""
    try:
        lines = lock.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((line[5:].strip() for line in lines if line.startswith("Host=")), "")


def _this_host() -> str:
    import socket

    return socket.gethostname()


def _linux_processes() -> list[Path]:
    found: list[Path] = []
    if sys.platform == "win32":  # for the type checker: a user has no number there
        return found
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == os.getuid() and (process / "comm").read_text().strip() == "soffice.bin":
                found.append(process)
        except OSError:  # it ended meanwhile
            continue
    return found


def _uses(process: Path, profile: Path) -> bool:
    """A process started for another profile (tests, converters) or for another home is no danger to this one."""
    try:
        words = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        variables = (process / "environ").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return False
    named = [w.partition("=")[2] for w in words if w.startswith("-env:UserInstallation=")]
    if named:
        from urllib.parse import unquote

        return Path(unquote(named[0].removeprefix("file://"))) == profile
    home = next((v[5:] for v in variables if v.startswith("HOME=")), None)
    return home is None or Path(home) == Path.home()


def _listed() -> bool:
    from xlbangfu.install.processes import run_quietly

    if sys.platform == "win32":
        return "soffice.bin" in run_quietly(["tasklist", "/FI", "IMAGENAME eq soffice.bin", "/NH"])[1]
    return run_quietly(["pgrep", "-x", "soffice"])[0] == 0
