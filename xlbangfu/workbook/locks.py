"""Who has a workbook open, by the lock files that spreadsheet programs put beside it.

Excel and WPS write an owner file `~$name` (the user's name in it), LibreOffice a lock file `.~lock.name#`.
Measured with LibreOffice 7.4 on Linux: it takes no fcntl lock on the document but keeps it open, before and
after saving, so a lock file of this user on this machine whose document no process holds is left from a
crash. On Windows Excel and LibreOffice deny others to open the document for writing. Anywhere else a leftover
cannot be told apart, and the message says how to remove it.
Source: spec §8; LibreOffice svl/source/misc (documentlockfile.cxx, msodocumentlockfile.cxx).
"""

from __future__ import annotations

import os

from xlbangfu.workbook.errors import WorkbookLocked

OFFICE, LIBREOFFICE = "Excel 或 WPS", "LibreOffice"
_OWNER_FILE_LEAST_BYTES = 162
_OWNER_NAME_MOST_UNITS = 52
_READ_AT_MOST_BYTES = 4_096


class LockOwner:
    """Who has a workbook open. name: as the program gives it, "" if it gives none. program: for messages.

    lock: path of the lock file. certain: True if the system itself says that the document is in use.
    """

    __slots__ = ("certain", "lock", "name", "program")

    def __init__(self, name: str, program: str, lock: str, certain: bool) -> None:
        self.name, self.program, self.lock, self.certain = name, program, lock, certain

    def __repr__(self) -> str:
        return f"LockOwner({self.name!r}, {self.program!r}, {self.lock!r}, certain={self.certain})"


def who_has_it_open(path: str | os.PathLike[str]) -> LockOwner | None:
    """Who has the workbook open in Excel, WPS or LibreOffice; None if nobody or a crash left its mark."""
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    for lock, program in (
        (os.path.join(folder, f"~${name}"), OFFICE),
        (os.path.join(folder, f".~lock.{name}#"), LIBREOFFICE),
    ):
        try:
            with open(lock, "rb") as file:
                content = file.read(_READ_AT_MOST_BYTES)
        except FileNotFoundError:
            continue
        except OSError:  # Excel keeps its owner file closed to others on some systems
            content = b""
        fields = _lock_fields(content) if program == LIBREOFFICE else [_owner_name(content)]
        in_use = _in_use(target, _is_ours(fields))
        if in_use is not False:
            return LockOwner(_display_name(fields), program, lock, in_use is True)
    return None


def refuse_if_open(path: str | os.PathLike[str]) -> None:
    """Raise WorkbookLocked, saying who has the workbook open and what to do."""
    owner = who_has_it_open(path)
    if owner is None:
        return
    name = os.path.basename(path)
    who = f"{owner.name} 在 {owner.program} 中" if owner.name else f"{owner.program} "
    message = f"“{name}”正被{who}打开，请先保存并关闭它再试。"
    if not owner.certain:
        lock = os.path.basename(owner.lock)
        message += f"如果确定没有人打开它，请删除同一文件夹里的隐藏文件“{lock}”后再试。"
    raise WorkbookLocked(message, path=path)


def _owner_name(content: bytes) -> str:
    """The name in an owner file of Excel or WPS.

    One byte of length, the name in the machine's code page up to byte 54 or 55, its length in two bytes, the
    name in UTF-16.
    """
    if len(content) >= _OWNER_FILE_LEAST_BYTES:
        at = 54
        # Filled up with blanks to 55 by Excel, with zeros to 54 by Word and by some versions of WPS.
        if content[at] == 0x20 and (content[at - 1] or content[at - 2]):
            at = 55
        units = content[at]
        if 0 < units <= _OWNER_NAME_MOST_UNITS:
            return _clean(content[at + 2 : at + 2 + 2 * units].decode("utf-16-le", "replace"))
    short = content[1 : 1 + content[0]] if content else b""
    for encoding in ("utf-8", "gb18030"):
        try:
            return _clean(short.decode(encoding))
        except UnicodeDecodeError:
            continue
    return ""


def _lock_fields(content: bytes) -> list[str]:
    """Display name, system user, host, time, profile of a LibreOffice lock file (escaped by \\)."""
    fields, field, escaped = [], "", False
    for letter in content.decode("utf-8", "replace"):
        if escaped:
            field, escaped = field + letter, False
        elif letter == "\\":
            escaped = True
        elif letter in ",;":
            fields.append(_clean(field))
            field = ""
            if letter == ";":
                break
        else:
            field += letter
    return fields


def _display_name(fields: list[str]) -> str:
    return next((field for field in fields[:2] if field), "")


def _clean(name: str) -> str:
    """A name fit for one line of a message."""
    return "".join(letter for letter in name if letter.isprintable()).strip()[:_OWNER_NAME_MOST_UNITS]


def _is_ours(fields: list[str]) -> bool:
    """True if a LibreOffice lock was made by this user on this machine."""
    if os.name != "posix" or len(fields) < 3:
        return False
    import pwd

    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return False
    return fields[1] == user and fields[2].partition(".")[0] == os.uname().nodename.partition(".")[0]


def _in_use(target: str, ours: bool) -> bool | None:
    """True if the system says the document is in use, False if it says it is not, None if it cannot tell."""
    if not os.path.exists(target):
        return None
    if os.name != "posix":
        return not _opens_for_writing(target)
    if os.access(target, os.W_OK) and not _opens_for_writing(target):
        return True  # a network folder that keeps Windows' sharing rules
    held = _held_by_a_process(target)
    return held if held or ours else None


def _opens_for_writing(target: str) -> bool:
    try:
        with open(target, "r+b"):
            return True
    except OSError:
        return False


def _held_by_a_process(target: str) -> bool | None:
    """True if a process of this machine has the file open, None where that cannot be seen for sure."""
    try:
        processes = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return None
    if str(os.getpid()) not in processes:
        return None
    answer: bool | None = False
    for process in processes:
        folder = f"/proc/{process}/fd"
        try:
            descriptors = os.listdir(folder)
        except OSError:
            continue  # another user's, or just ended
        for descriptor in descriptors:
            try:
                held = os.readlink(f"{folder}/{descriptor}")
            except OSError:
                continue
            if held == target:
                return True
            if os.path.basename(held) == os.path.basename(target):
                answer = None  # perhaps the same file seen from within a sandbox (flatpak, snap)
    return answer
