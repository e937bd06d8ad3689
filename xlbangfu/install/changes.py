"""The reversible changes. Each knows how to do itself, how to undo itself, and its line in the receipt.

Undoing looks first: what is as we left it goes back to what it was; what is gone needs nothing; what a person
changed meanwhile stays, and is named. That also undoes a change that a crash kept from being made.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Protocol

from xlbangfu.install import conf, xcu
from xlbangfu.install.errors import Refusal
from xlbangfu.install.files import clear_leftover, digest, missing_folders, read_file, remove_file, remove_folders
from xlbangfu.install.files import write_file as _write
from xlbangfu.install.machine import Machine
from xlbangfu.install.programs import find_office
from xlbangfu.install.registry import USER, Value

RESTORED, ABSENT, KEPT = "已还原", "已经不在", "后来改过，保留"


class Change(Protocol):
    """One thing that `install` changes."""

    kind: ClassVar[str]

    @property
    def words(self) -> str:
        """What it does, for a person: a verb and the place."""

    @property
    def place(self) -> str:
        """The file or registry key."""

    def entry(self) -> dict[str, Any]:
        """Its line in the receipt, without step and kind."""

    def prepare(self, backups: Path) -> None:
        """Keep what doing it would lose."""

    def do(self, machine: Machine) -> None:
        """Make the change. Raises OSError, or Refusal if the place changed since it was planned."""

    def undo(self, machine: Machine, backups: Path) -> str:
        """RESTORED, ABSENT or KEPT. Raises OSError or Refusal where it cannot."""


def _made(path: Path) -> list[str]:
    return [str(folder) for folder in missing_folders(path)]


@dataclass(frozen=True)
class WriteFile:
    """A whole file is written or removed; a former one is kept as a backup."""

    kind: ClassVar[str] = "file"
    path: str
    label: str
    after: str | None  # SHA-256; None: the file is removed
    before: str | None  # SHA-256, the backup's name; None: there was no file
    mode: int | None = None
    made: list[str] = field(default_factory=list)
    content: bytes = field(default=b"", repr=False, compare=False)

    @classmethod
    def plan(cls, path: Path, content: bytes, label: str, mode: int | None = None) -> list[Change]:
        """The change, none if the file is so already."""
        old = read_file(path)
        if old == content and (mode is None or path.stat().st_mode & mode == mode):
            return []
        before = None if old is None else digest(old)
        return [cls(str(path), label, digest(content), before, mode, _made(path), content)]

    @classmethod
    def plan_removal(cls, path: Path, label: str) -> list[Change]:
        """The change after which the file is gone, none if there is no file."""
        old = read_file(path)
        return [] if old is None else [cls(str(path), label, None, digest(old))]

    @property
    def words(self) -> str:
        if self.after is None:
            return f"删除{self.label}：{self.path}"
        return f"{'写入' if self.before is None else '更换'}{self.label}：{self.path}"

    @property
    def place(self) -> str:
        return self.path

    def entry(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "content"}

    def prepare(self, backups: Path) -> None:
        if self.before is None:
            return
        old = Path(self.path).read_bytes()
        if digest(old) != self.before:
            raise Refusal(f"{self.path} 刚刚被别的程序改动，请再运行一次。")
        _write(backups / self.before, old, Path(self.path).stat().st_mode & 0o777)

    def do(self, machine: Machine) -> None:
        if self.after is None:
            remove_file(Path(self.path))
        else:
            _write(Path(self.path), self.content, self.mode)

    def undo(self, machine: Machine, backups: Path) -> str:
        path = Path(self.path)
        now = read_file(path)
        clear_leftover(path)
        if now is None and self.after is not None:
            remove_folders(self.made)
            return ABSENT
        if now is not None and digest(now) not in (self.after, self.before):
            return KEPT
        if self.before is None:
            remove_file(path)
            remove_folders(self.made)
        else:
            backup = backups / self.before
            if (old := read_file(backup)) is None:
                raise Refusal(f"找不到 {path} 的备份 {backup}，请手工恢复这个文件。")
            _write(path, old, backup.stat().st_mode & 0o777)
        return RESTORED


@dataclass(frozen=True)
class SetLine:
    """One key of xlwings.conf is set; lines are kept as base64, since they may be in any code."""

    kind: ClassVar[str] = "conf"
    path: str
    key: str
    value: str
    before: list[str]
    after: list[str]
    created: bool
    made: list[str] = field(default_factory=list)

    @classmethod
    def plan(cls, machine: Machine, key: str, value: str) -> list[Change]:
        """The change, none if the key is so already. Raises Refusal for a file or value that VBA could not read."""
        path = machine.xlwings_conf
        old = read_file(path)
        newline = b"\r\n" if machine.platform == "win32" else b"\n"
        try:
            line = conf.make_line(key, value, machine.encoding)
            before, after = conf.plan_lines(old or b"", key, line, newline)
        except UnicodeEncodeError as problem:
            raise Refusal(f"“{value}”里有本机编码写不出的字，Excel 读不到；请把程序放到英文文件夹。") from problem
        except ValueError as problem:
            raise Refusal(f"{path} 或“{value}”不是 xlwings 能读的样子，请另存为不带 BOM 的文本再运行。") from problem
        if before == after:
            return []
        return [cls(str(path), key, value, _texts(before), _texts(after), old is None, _made(path))]

    @property
    def words(self) -> str:
        return f"xlwings 设置 {self.key} = {self.value}：{self.path}"

    @property
    def place(self) -> str:
        return self.path

    def entry(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def prepare(self, backups: Path) -> None:
        return

    def do(self, machine: Machine) -> None:
        path, before = Path(self.path), _lines(self.before)
        old = read_file(path) or b""
        if conf.find_lines(old, self.key) != before:
            raise Refusal(f"{self.path} 刚刚被别的程序改动，请再运行一次。")
        _write(path, conf.swap_lines(old, self.key, before, _lines(self.after)))

    def undo(self, machine: Machine, backups: Path) -> str:
        path, before, after = Path(self.path), _lines(self.before), _lines(self.after)
        old = read_file(path)
        clear_leftover(path)
        now = conf.find_lines(old or b"", self.key)
        if old is None or now == before or not now:
            self._clear(path, old)
            return ABSENT
        if now != after:
            return KEPT
        new = conf.swap_lines(old, self.key, after, before)
        if new or not self.created:
            _write(path, new)
        else:
            self._clear(path, new)
        return RESTORED

    def _clear(self, path: Path, content: bytes | None) -> None:
        """A file that we made and that holds nothing any more goes, with its folders."""
        if self.created and not content:
            remove_file(path)
            remove_folders(self.made)


def _texts(lines: list[bytes]) -> list[str]:
    return [base64.b64encode(line).decode() for line in lines]


def _lines(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(text) for text in texts]


@dataclass(frozen=True)
class TrustFolders:
    """Folders are added to LibreOffice's trusted ones."""

    kind: ClassVar[str] = "xcu"
    path: str
    urls: list[str]
    removed: str
    inserted: str
    created: bool
    made: list[str] = field(default_factory=list)

    @classmethod
    def plan(cls, path: Path, urls: list[str]) -> list[Change]:
        """The change, none if all are covered already. Raises Refusal for a file in an unknown form."""
        text = _settings(path)
        content = xcu.EMPTY if text is None else text
        try:
            trusted = xcu.read_trusted(content)
            new = [u for u in dict.fromkeys(urls) if not xcu.is_covered(u, trusted)]
            if not new:
                return []
            splice = xcu.plan_trust(content, new)
        except xcu.UnknownForm as problem:
            raise _unknown(path) from problem
        return [cls(str(path), new, splice.removed, splice.inserted, text is None, _made(path))]

    @property
    def words(self) -> str:
        return f"LibreOffice 信任 {'、'.join(map(xcu.folder_name, self.urls))}：{self.path}"

    @property
    def place(self) -> str:
        return self.path

    def entry(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def prepare(self, backups: Path) -> None:
        return

    def do(self, machine: Machine) -> None:
        path = Path(self.path)
        text = _settings(path)
        try:
            splice = xcu.plan_trust(xcu.EMPTY if text is None else text, self.urls)
        except xcu.UnknownForm as problem:
            raise _unknown(path) from problem
        if (splice.removed, splice.inserted) != (self.removed, self.inserted):
            raise Refusal(f"{path} 刚刚被别的程序改动，请再运行一次。")
        _write(path, splice.apply(xcu.EMPTY if text is None else text).encode())

    def undo(self, machine: Machine, backups: Path) -> str:
        path = Path(self.path)
        text = _settings(path)
        clear_leftover(path)
        try:
            if text is None or not set(self.urls) & set(xcu.read_trusted(text)):
                self._clear(path, text)
                return ABSENT
            new = xcu.forget_trust(text, self.urls, xcu.Splice(0, self.removed, self.inserted))
        except xcu.UnknownForm as problem:
            raise _unknown(path) from problem
        _write(path, new.encode())
        self._clear(path, new)
        return RESTORED

    def _clear(self, path: Path, text: str | None) -> None:
        if self.created and text in (None, xcu.EMPTY):
            remove_file(path)
            remove_folders(self.made)


def _settings(path: Path) -> str | None:
    data = read_file(path)
    try:
        return None if data is None else data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise _unknown(path) from problem


def _unknown(path: Path) -> Refusal:
    return Refusal(
        f"LibreOffice 的设置文件不是认得的样子，没有改动：{path}。"
        "请在 LibreOffice 里手工处理：工具 → 选项 → 安全 → 宏安全性 → 可信任来源 → 可信任的文件位置。"
    )


@dataclass(frozen=True)
class AddKey:
    """A key with values is added to the user's registry; `made`: the keys above it that did not exist."""

    kind: ClassVar[str] = "registry"
    key: str
    values: dict[str, Value]
    label: str
    made: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        return f"{self.label}：HKCU\\{self.key}"

    @property
    def place(self) -> str:
        return f"HKCU\\{self.key}"

    def entry(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def prepare(self, backups: Path) -> None:
        return

    def do(self, machine: Machine) -> None:
        if machine.registry.exists(USER, self.key):
            raise Refusal(f"{self.place} 刚刚被别的程序占用，请再运行一次。")
        machine.registry.create(self.key, self.values)

    def undo(self, machine: Machine, backups: Path) -> str:
        registry = machine.registry
        there = registry.exists(USER, self.key)
        if there and not registry.values(USER, self.key).items() <= self.values.items():
            return KEPT
        if there:
            registry.delete(self.key)
        for key in self.made:
            if registry.exists(USER, key) and not registry.subkeys(USER, key) and not registry.values(USER, key):
                registry.delete(key)
        return RESTORED if there else ABSENT


@dataclass(frozen=True)
class AddMenu:
    """Our menu is put into a profile of LibreOffice, over an older version of it."""

    kind: ClassVar[str] = "menu"
    soffice: str
    profile: str
    version: str

    @property
    def words(self) -> str:
        return f"装入菜单 {self.version}：{self.profile}"

    @property
    def place(self) -> str:
        return self.profile

    def entry(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def prepare(self, backups: Path) -> None:
        return

    def do(self, machine: Machine) -> None:
        machine.menu.install_extension(Path(self.soffice), Path(self.profile))

    def undo(self, machine: Machine, backups: Path) -> str:
        soffice, profile = self._office(machine), Path(self.profile)
        if soffice is None or not profile.exists():  # with LibreOffice, or with its profile, the menu went too
            return ABSENT
        return RESTORED if machine.menu.remove_extension(soffice, profile) else ABSENT

    def _office(self, machine: Machine) -> Path | None:
        """The LibreOffice that got the menu, or the one that came in its stead."""
        then = Path(self.soffice)
        return then if then.exists() else find_office(machine)


KINDS: dict[str, Any] = {c.kind: c for c in (WriteFile, SetLine, TrustFolders, AddKey, AddMenu)}


def write_entry(step: str, change: Change) -> dict[str, Any]:
    """A change as it stands in the receipt."""
    return {"step": step, "kind": change.kind, **change.entry()}


def read_change(entry: dict[str, Any]) -> Change:
    """The change that an entry of the receipt tells of. Raises Refusal for a kind that this version does not know."""
    try:
        known = {k: v for k, v in entry.items() if k not in ("step", "kind")}
        change: Change = KINDS[entry["kind"]](**known)
    except (KeyError, TypeError) as problem:
        raise Refusal(f"安装记录里有这一版不认识的一项：{entry.get('kind')}。") from problem
    return change
