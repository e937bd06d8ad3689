"""One click at a time on a workbook: the second one is told so. The system lets go of the lock when Python dies."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from xlbangfu import places


class Busy(Exception):
    """Another click on this workbook is still running."""


@contextmanager
def one_click(book: str) -> Iterator[None]:
    """Hold the workbook for one click. Raises Busy. A folder that cannot be written holds nobody up."""
    folder = places.data_folder() / "run"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(os.path.normcase(book).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        file = open(folder / f"{name}.lock", "a+b")  # noqa: SIM115 -- closed below
    except OSError:
        yield
        return
    with file:
        if not _taken(file.fileno()):
            raise Busy
        yield


def _taken(descriptor: int) -> bool:
    try:
        if os.name == "posix":
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    return True
