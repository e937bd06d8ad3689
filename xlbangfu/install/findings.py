"""One row of 诊断: what was looked at, whether it works, how to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

GOOD, BAD, ADVICE, NOT_HERE = "正常", "有问题", "提醒", "不适用"


@dataclass(frozen=True)
class Finding:
    """One row: what was looked at, whether it works, what was found, how to mend it.

    note: 提醒 or 不适用 for a row that is no failure and yet not simply 正常.
    """

    item: str
    works: bool
    found: str
    mend: str = ""
    note: str = ""

    @property
    def state(self) -> str:
        """正常, 有问题, 提醒 or 不适用."""
        return self.note or (GOOD if self.works else BAD)

    def as_json(self) -> dict[str, Any]:
        """The row for --json."""
        return {**asdict(self), "state": self.state}


COPY_AGAIN = "请重新拷贝整个文件夹。"


def reinstall(words: str, *, frozen: bool) -> str:
    """How to mend the program itself: `words` where Python has it, else the folder it came in."""
    return COPY_AGAIN if frozen else words


def good(item: str, found: str) -> Finding:
    """It works."""
    return Finding(item, True, found)


def bad(item: str, found: str, mend: str) -> Finding:
    """It does not work, and should."""
    return Finding(item, False, found, mend)


def advice(item: str, found: str, mend: str = "") -> Finding:
    """No failure, but worth a look."""
    return Finding(item, True, found, mend, ADVICE)


def not_here(item: str, found: str) -> Finding:
    """Belongs to a program that this machine has not got."""
    return Finding(item, True, found, "", NOT_HERE)


def missing(item: str, found: str, mend: str, *, expected: bool) -> Finding:
    """A failure where `install` had put it (`expected`), else advice: nobody is blamed for what was never set up."""
    return bad(item, found, mend) if expected else advice(item, found, mend)
