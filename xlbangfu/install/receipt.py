"""What `install` changed, in `install.json`: each change is written down before it is made.

So a crash at any moment leaves a receipt that knows at least as much as was done; undoing a change that was never
made finds everything as before and does nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlbangfu.install.errors import Refusal
from xlbangfu.install.files import missing_folders, remove_folders, write_file

NAME, BACKUPS, FORMAT = "install.json", "install-backup", 1


@dataclass
class Receipt:
    """The changes in the order they were made, each as the dictionary that `changes.read_change` takes."""

    path: Path
    entries: list[dict[str, Any]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)

    @property
    def backups(self) -> Path:
        """Where former versions of whole files are kept, each under its SHA-256."""
        return self.path.parent / BACKUPS

    def has(self, step: str) -> bool:
        """Whether a step has changed anything on this machine."""
        return any(entry.get("step") == step for entry in self.entries)

    def add(self, entry: dict[str, Any]) -> None:
        """Write down a change that is about to be made."""
        self.entries.append(entry)
        self.save()

    def drop(self, entry: dict[str, Any]) -> None:
        """Forget a change that has been undone."""
        self.entries.remove(entry)
        if self.path.exists():
            self.save()

    def save(self) -> None:
        """Write the file, whole or not at all."""
        from xlbangfu import __version__

        content = {"format": FORMAT, "version": __version__, "made": self.made, "changes": self.entries}
        write_file(self.path, json.dumps(content, ensure_ascii=False, indent=1).encode())

    def close(self) -> None:
        """Delete the file, the backups and the folders made for them, once nothing is left to undo."""
        import shutil

        shutil.rmtree(self.backups, ignore_errors=True)
        self.path.unlink(missing_ok=True)
        remove_folders(self.made)


def read_receipt(folder: Path) -> Receipt:
    """The receipt in the data folder; an empty one if nothing was installed.

    Raises Refusal for a file that cannot be read or comes from a newer version.
    """
    path = folder / NAME
    try:
        content = json.loads(path.read_bytes())
        if content["format"] > FORMAT:
            raise Refusal(f"安装记录 {path} 来自更新的版本，请用那个版本的 xlbangfu。")
        return Receipt(path, list(content["changes"]), list(content["made"]))
    except FileNotFoundError:
        return Receipt(path, made=[str(folder) for folder in missing_folders(path)])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise Refusal(f"安装记录读不懂：{path}。请改名保存后再运行；以前的改动要按“安装”文档手工撤销。") from problem
