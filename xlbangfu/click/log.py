"""What clicks did and where they failed, for whoever mends it: no names, no scores, no cell contents."""

from __future__ import annotations

import os
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from xlbangfu import __version__, places

MOST_BYTES = 512 * 1024  # then the former half is kept beside it


def note(action_id: str, result: str, seconds: float) -> None:
    """One line: when, which button, how it ended, how long it took."""
    _write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {action_id} {result} {seconds:.2f}s\n")


def note_failure(action_id: str, problem: BaseException) -> str:
    """The kind of failure and the lines of code it came from, without its words, which may hold a name.

    Gives the number under which it stands in the log.
    """
    number = f"{datetime.now():%m%d-%H%M%S}"
    frames = traceback.extract_tb(problem.__traceback__)
    where = " < ".join(f"{_short(f.filename)}:{f.lineno} {f.name}" for f in reversed(frames))
    causes: list[str] = []
    cause: BaseException | None = problem
    while cause is not None and len(causes) < 5:
        causes.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    _write(f"{number} {__version__} {action_id} {' from '.join(causes)} at {where}\n")
    return number


def _short(name: str) -> str:
    """The last parts of a path: the first ones may hold a person's name."""
    return "/".join(Path(name).parts[-3:])


def _write(line: str) -> None:
    with suppress(OSError):  # a log that cannot be written must not stop a click
        path = places.log_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > MOST_BYTES:
            os.replace(path, path.with_suffix(".old.log"))
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
