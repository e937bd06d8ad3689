"""The frozen program's first lines: what a frozen process has to settle before `xlbangfu.cli` may run."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from collections.abc import Sequence


def fill_streams() -> None:
    """Give a process without a console something to print into.

    The windowless twin has None for both streams, and the command line flushes stdout.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (open while the process lives)


def restore_library_path() -> None:
    """Put back the LD_LIBRARY_PATH of whoever started us, so that programs we start find their own libraries.

    PyInstaller's bootloader points it at our folder; a soffice or python3 started from here would load our
    libstdc++ and libpython. The loader reads it when a process starts, so changing it costs this process nothing.
    """
    if sys.platform == "win32":
        return
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if before is None:
        os.environ.pop("LD_LIBRARY_PATH", None)
    else:
        os.environ["LD_LIBRARY_PATH"] = before


def import_all(names: Sequence[str]) -> int:
    """1 if one of these modules cannot be imported, 0 otherwise; each failure is a line. For smoke.py.

    A module that the build forgot is missed only when somebody needs it; this asks for all of them.
    """
    failed = 0
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as problem:
            print(f"{name}: {problem}")
            failed = 1
    return failed


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; the exit code."""
    if arguments[:1] == ["--import-all"]:
        return import_all(arguments[1:])
    from xlbangfu.cli import main

    return main()


if __name__ == "__main__":
    multiprocessing.freeze_support()  # a worker of the merge is this same program: it ends inside this call
    fill_streams()
    restore_library_path()
    sys.exit(run(sys.argv[1:]))
