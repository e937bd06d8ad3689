"""Put a new version of a file in place of the old one: all of it, or nothing.

The new bytes go to a temporary file beside the target, are flushed to the disk and checked by reopening; the
former version is kept as one backup; then the temporary file is renamed over the target. Whatever moment the
process is killed, the target is the old file or the new one. Source: spec §8.
"""

from __future__ import annotations

import errno
import os
import time
import zlib

from xlbangfu.workbook.errors import WorkbookError, WorkbookLocked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO, TypeAlias

    Stamp: TypeAlias = tuple[int, int, int]

BACKUP_SUFFIX = ".bak"
SETTLING_SECONDS = 5  # between making a temporary file and marking it as held
STALE_SECONDS = 600  # where the system cannot tell whether a temporary file's writer still lives
_TEMPORARY_SUFFIX = ".tmp"
_RENAME_TRIES = 5  # a virus scanner holds a fresh file for a moment on Windows
_RENAME_PAUSE_SECONDS = 0.1


def stamp(status: os.stat_result) -> Stamp:
    """What tells one version of a file from another: time of change, size, identity."""
    return status.st_mtime_ns, status.st_size, status.st_ino


def replace_file(
    path: str | os.PathLike[str],
    data: bytes,
    check: Callable[[Path], None],
    expected: Stamp | None = None,
    *,
    new: bool = False,
    backup: bool = True,
) -> None:
    """Put `data` in place of the file at `path`, whose former version stays beside it as `<name>.bak`.

    check: gets the path of the written temporary file and raises if that is not as it should be.
    expected: stamp of the version that `data` was made from; another version is not overwritten.
    backup: False for what is made anew at every wish: no former version is kept, and none that lies there is touched.
    new: the file must not exist yet, also at the very last moment (FileExistsError).
    Symbolic links are followed, the mode is kept, leftovers of killed runs are cleared away. A file that does
    not exist yet is created. Raises WorkbookLocked (no permission, in use, changed meanwhile), WorkbookError
    (disk full and the like), and whatever `check` raises; the file at `path` is then as it was.
    """
    target = os.path.realpath(path)
    try:
        _replace(target, data, check, expected, new, backup)
    except FileExistsError:
        raise
    except OSError as problem:
        raise _translated(problem, target) from problem


def place_new(made: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """Give a finished file its name, never over another file. Raises FileExistsError if there is one, OSError."""
    try:
        os.link(made, path)
        os.unlink(made)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "exists", os.fspath(path)) from None
        _rename(os.fspath(made), os.fspath(path))


def backup_path(path: str | os.PathLike[str]) -> str:
    """Where the former version of a file is kept."""
    return os.path.realpath(path) + BACKUP_SUFFIX


def _replace(
    target: str, data: bytes, check: Callable[[Path], None], expected: Stamp | None, new: bool, backup: bool
) -> None:
    _clear_leftovers(target)
    before = os.stat(target) if os.path.exists(target) else None
    if before is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "read-only", target)
    temporary = f"{_leftover_prefix(target)}{os.getpid()}-{time.monotonic_ns():x}{_TEMPORARY_SUFFIX}"
    try:
        with open(temporary, "xb") as file:
            _hold(file)
            if before is not None:
                _keep_mode_and_owner(file, before)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if os.name == "posix":
                # Held until the rename, so that another run can see this one is alive.
                _finish(target, temporary, check, expected, new, backup)
        if os.name != "posix":
            _finish(target, temporary, check, expected, new, backup)
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)


def _finish(
    target: str, temporary: str, check: Callable[[Path], None], expected: Stamp | None, new: bool, backup: bool
) -> None:
    from pathlib import Path  # not needed by a reader, and slow to import

    check(Path(temporary))
    if new:
        place_new(temporary, target)
        _sync_folder(os.path.dirname(target))
        return
    exists = os.path.exists(target)
    if expected is not None and (not exists or stamp(os.stat(target)) != expected):
        name = os.path.basename(target)
        message = f"“{name}”在读取之后又被别的程序改过，这次没有写入；请重新执行一次。"
        raise WorkbookLocked(message, path=target)
    if exists and backup:
        _keep_backup(target, temporary + BACKUP_SUFFIX)
    _rename(temporary, target)
    _sync_folder(os.path.dirname(target))


def _keep_backup(target: str, passing: str) -> None:
    """Make `<target>.bak` the present version, by way of the name `passing`: never half there."""
    backup = target + BACKUP_SUFFIX
    if os.path.exists(backup) and os.path.samefile(backup, target):
        # A run killed before its rename left it, and renaming a link onto its like does nothing.
        return
    try:
        try:
            os.link(target, passing)
        except (OSError, NotImplementedError):  # FAT and many network folders have no hard links
            _copy(target, passing)
        _rename(passing, backup)
    finally:
        if os.path.lexists(passing):
            os.unlink(passing)


def _copy(source: str, copy: str) -> None:
    with open(source, "rb") as old, open(copy, "xb") as new:
        while block := old.read(2**20):
            new.write(block)
        new.flush()
        os.fsync(new.fileno())


def _rename(source: str, target: str) -> None:
    for left in reversed(range(_RENAME_TRIES)):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if os.name == "posix" or not left:
                raise
            time.sleep(_RENAME_PAUSE_SECONDS)


def _sync_folder(folder: str) -> None:
    """Make the rename itself durable; Windows offers no such call."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        return  # some network file systems cannot; the rename has happened all the same
    finally:
        os.close(descriptor)


def _keep_mode_and_owner(file: IO[bytes], before: os.stat_result) -> None:
    if os.name != "posix":
        return
    os.fchmod(file.fileno(), before.st_mode & 0o7777)
    own = os.fstat(file.fileno())
    if (own.st_uid, own.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(file.fileno(), before.st_uid, before.st_gid)
        except PermissionError:
            return  # somebody else's file in a shared folder: the new version is the writer's


# ---- leftovers of killed runs -------------------------------------------------------------------------


def _leftover_prefix(target: str) -> str:
    """How temporary files for this target start; short, for a name may be at its limit already."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".~xlbangfu-{zlib.crc32(os.fsencode(name)):08x}-")


def _clear_leftovers(target: str) -> None:
    """Remove temporary files that killed runs left beside this very target."""
    folder, prefix = os.path.split(_leftover_prefix(target))
    for name in os.listdir(folder):
        if not name.startswith(prefix):
            continue
        leftover = os.path.join(folder, name)
        # A backup on its way is a link to the workbook, which nobody marks: ask its temporary file.
        mark = leftover.removesuffix(BACKUP_SUFFIX)
        if mark.endswith(_TEMPORARY_SUFFIX) and (not os.path.lexists(mark) or _is_stale(mark)):
            try:
                os.unlink(leftover)
            except OSError:
                continue  # in use on Windows, or another run was faster


def _hold(file: IO[bytes]) -> None:
    """Mark an open file as being written; the system lets go of the mark when the process dies."""
    try:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return


def _is_stale(temporary: str) -> bool:
    """True if nobody is writing the file any more."""
    try:
        age_seconds = abs(time.time() - os.stat(temporary).st_mtime)
    except OSError:
        return False
    if age_seconds < SETTLING_SECONDS:
        return False
    try:
        import fcntl

        with open(temporary, "rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):  # a system or a file system without such marks
        return age_seconds > STALE_SECONDS
    return True


def _translated(problem: OSError, target: str) -> WorkbookError:
    """The one place where a system error becomes a sentence."""
    name = os.path.basename(target)
    code = errno.errorcode.get(problem.errno or 0, "")
    if isinstance(problem, PermissionError) or code in ("EBUSY", "EROFS", "ETXTBSY"):
        message = f"“{name}”不能写入（正被打开，或文件、文件夹是只读的）；请关闭它、取消只读后再试。"
        return WorkbookLocked(message, path=target)
    if code in ("ENOSPC", "EDQUOT"):
        return WorkbookError(f"磁盘空间不够，“{name}”没有写入；请腾出空间后再试。", path=target)
    return WorkbookError(f"“{name}”没有写成（磁盘或网络出错），原文件没有改动；请稍后再试。", path=target)
