"""What a step of `install` is: find, plan, do, undo, check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xlbangfu.install.changes import Change
from xlbangfu.install.errors import Refusal
from xlbangfu.install.findings import Finding, bad, not_here
from xlbangfu.install.machine import Machine
from xlbangfu.install.receipt import Receipt

INSTALL = "请运行：xlbangfu install"
INSTALL_FOLDER = "请运行：xlbangfu install --folder 放工作簿的文件夹"


@dataclass(frozen=True)
class Wish:
    """What the person asked for: folders whose macros may run, and whether Python stays between clicks."""

    folders: tuple[Path, ...] = ()
    keep_alive: bool = False


class Step:
    """One step. A subclass says what it is for, what is to do, and whether it works; changes undo themselves.

    id: stands in the receipt, never change it. label: what a person reads.
    """

    id: str
    label: str

    def find(self, machine: Machine) -> str:
        """Why this step is not for this machine; "" if it is."""
        raise NotImplementedError

    def plan(self, machine: Machine, wish: Wish) -> list[Change]:
        """What there is to change; nothing if all is so already. Raises Refusal. Writes nothing."""
        raise NotImplementedError

    def remark(self, machine: Machine) -> str:
        """Why something stays as it is although one might expect a change; "" where there is nothing to say."""
        return ""

    def check(self, machine: Machine, receipt: Receipt) -> Iterator[Finding]:
        """What doctor says, for a machine that this step is for."""
        raise NotImplementedError

    def ready(self, machine: Machine) -> None:
        """Raise Refusal if nothing can be changed or undone at the moment."""

    def do(self, machine: Machine, change: Change) -> None:
        """Make one of the planned changes. Raises OSError, Refusal."""
        change.do(machine)

    def undo(self, machine: Machine, change: Change, backups: Path) -> str:
        """Undo one change of the receipt; how it went. Raises OSError, Refusal."""
        return change.undo(machine, backups)

    def findings(self, machine: Machine, receipt: Receipt) -> list[Finding]:
        """The rows of doctor: `check`, or one 不适用. What cannot be looked at is a row too."""
        try:
            reason = self.find(machine)
            return [not_here(self.label, reason)] if reason else list(self.check(machine, receipt))
        except Refusal as problem:
            return [bad(self.label, str(problem), INSTALL)]
        except OSError as problem:
            return [bad(self.label, f"读不到 {problem.filename}：{problem.strerror}", "请检查这个文件的权限。")]
