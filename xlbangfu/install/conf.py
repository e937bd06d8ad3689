"""Lines of xlwings.conf: `"KEY","VALUE"`, one setting a line, keys without regard to case.

All on bytes: VBA reads the file in the code page of the computer, and a foreign line in whatever code must come
through untouched. Keys are ASCII. Where a key stands twice, VBA takes the first line and xlwings' Python the last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BOM = b"\xef\xbb\xbf"


def make_line(key: str, value: str, encoding: str) -> bytes:
    """The line for one setting, without its end.

    Raises ValueError for a value with a quote, a line break, or a character that the code page lacks.
    """
    if '"' in value or "\n" in value or "\r" in value:
        raise ValueError("VBA's Input # cannot read such a value")
    return f'"{key}","{value}"'.encode(encoding)


def find_lines(data: bytes, key: str) -> list[bytes]:
    """Every line that sets the key, with its end."""
    wanted = _pattern(key)
    return [line for line in data.splitlines(keepends=True) if wanted.match(line)]


def read_value(data: bytes, key: str, encoding: str) -> str | None:
    """What VBA finds for the key: the first line's value; None where it is not set.

    >>> read_value(b'"SHOW CONSOLE","FALSE"', "show console", "utf-8")
    'FALSE'
    """
    lines = find_lines(data, key)
    if not lines:
        return None
    return lines[0].partition(b",")[2].strip().strip(b'"').decode(encoding, "replace")


def plan_lines(data: bytes, key: str, line: bytes, newline: bytes = b"\n") -> tuple[list[bytes], list[bytes]]:
    """The lines that set the key now, and those to put in their stead; the same lists if nothing is to do.

    newline: for a file that shows none of its own. A new key goes to the front: unlike the end of the file, that can be undone to the last byte.
    Raises ValueError for a file that begins with a byte order mark, which VBA reads as part of the first key.
    """
    if data.startswith(_BOM):
        raise ValueError("byte order mark")
    now = find_lines(data, key)
    if now:
        return now, [line + _end(old) for old in now]
    first = next(iter(data.splitlines(keepends=True)), b"")
    return [], [line + (_end(first) or newline)]


def swap_lines(data: bytes, key: str, old: Sequence[bytes], new: Sequence[bytes]) -> bytes:
    """The file with the key's lines `old` replaced by `new`, one by one; none on one side: put in front, taken out."""
    if not old:
        return b"".join(new) + data
    wanted, left = _pattern(key), list(new)
    kept = []
    for line in data.splitlines(keepends=True):
        if not wanted.match(line):
            kept.append(line)
        elif left:
            kept.append(left.pop(0))
    return b"".join(kept)


def _end(line: bytes) -> bytes:
    return line[len(line.rstrip(b"\r\n")) :]


def _pattern(key: str) -> re.Pattern[bytes]:
    return re.compile(rb'[ \t]*"?' + re.escape(key.encode()) + rb'"?[ \t]*,', re.IGNORECASE)
