"""Small files of settings: written whole or not at all, with the folders above them."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

_TEMPORARY = ".xlbangfu-tmp"


def read_file(path: Path) -> bytes | None:
    """The bytes of a file, None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write_file(path: Path, data: bytes, mode: int | None = None) -> None:
    """Put a new version in place, whole or not at all; the former mode stays unless `mode` is given.

    Symbolic links are followed. The temporary file has a fixed name, so that the next run clears it after a crash.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(target)
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        elif target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def remove_file(path: Path) -> None:
    """Delete a file, and what a crash while writing it may have left."""
    path.unlink(missing_ok=True)
    clear_leftover(path)


def clear_leftover(path: Path) -> None:
    """Delete what a crash while writing this file may have left."""
    _temporary(Path(os.path.realpath(path))).unlink(missing_ok=True)


def missing_folders(path: Path) -> list[Path]:
    """The folders above `path` that do not exist yet, deepest first."""
    return [folder for folder in path.parents if not folder.exists()]


def remove_folders(folders: Iterable[str]) -> None:
    """Delete those of our folders that are empty again; deepest first."""
    for folder in folders:
        try:
            os.rmdir(folder)
        except OSError:  # not empty, not there, or not ours to delete
            continue


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _temporary(target: Path) -> Path:
    return target.with_name(f".{target.name}{_TEMPORARY}")
