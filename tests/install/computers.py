"""Other people's computers: a home folder, a registry and programs that are not there, for the tests of install."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xlbangfu import __version__
from xlbangfu.install import programs
from xlbangfu.install.files import remove_folders
from xlbangfu.install.machine import Machine
from xlbangfu.install.processes import run_quietly
from xlbangfu.install.registry import COMPUTER, USER, Value
from xlbangfu.menu import MenuError

OFFICE = r"Software\Microsoft\Office\16.0\Excel"
LOCATIONS = rf"{OFFICE}\Security\Trusted Locations"


class FakeRegistry:
    """Two hives of keys with values, as winreg would show them; a key above another one exists, as there."""

    def __init__(self, keys: Mapping[tuple[str, str], Mapping[str, Value]] | None = None) -> None:
        self.keys: dict[tuple[str, str], dict[str, Value]] = {}
        for (hive, key), values in (keys or {}).items():
            self._make(hive, key).update(values)

    def _make(self, hive: str, key: str) -> dict[str, Value]:
        parts = key.split("\\")
        for n in range(1, len(parts) + 1):
            self.keys.setdefault((hive, "\\".join(parts[:n])), {})
        return self.keys[hive, key]

    def exists(self, hive: str, key: str) -> bool:
        return (hive, key) in self.keys

    def subkeys(self, hive: str, key: str) -> list[str]:
        below = re.compile(re.escape(key) + r"\\([^\\]+)")
        return [m[1] for h, k in self.keys if h == hive and (m := below.fullmatch(k))]

    def values(self, hive: str, key: str) -> dict[str, Value]:
        return dict(self.keys.get((hive, key), {}))

    def create(self, key: str, values: Mapping[str, Value]) -> None:
        self._make(USER, key).update(values)

    def delete(self, key: str) -> None:
        if self.subkeys(USER, key):
            raise PermissionError("a key with keys below it")  # as winreg.DeleteKey
        del self.keys[USER, key]

    def snapshot(self) -> dict[tuple[str, str], dict[str, Value]]:
        return {place: dict(values) for place, values in self.keys.items()}


class FakeMenu:
    """unopkg on any profile: the menu is one small file in it. trouble: what it says instead of doing anything."""

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble

    def _place(self, profile: Path | None) -> Path:
        if self.trouble:
            raise MenuError(self.trouble)
        assert profile is not None
        return profile / "user" / "uno_packages" / "menu"

    def install_extension(self, soffice: Path, profile: Path | None = None) -> None:
        place = self._place(profile)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(__version__)

    def remove_extension(self, soffice: Path, profile: Path | None = None) -> bool:
        place = self._place(profile)
        if not place.exists():
            return False
        place.unlink()
        remove_folders(map(str, place.parents))  # the real one leaves some; here all has to be as it was
        return True

    def extension_version_installed(self, soffice: Path, profile: Path | None = None) -> str | None:
        place = self._place(profile)
        return place.read_text() if place.exists() else None


def _nobody(profile: Path) -> str:
    return ""


def _starts(words: Sequence[str]) -> tuple[int, str]:
    return 0, f"xlbangfu {__version__}"


def computer(
    top: Path,
    platform: str = "linux",
    *,
    excel: bool = False,
    office: bool = False,
    registry: FakeRegistry | None = None,
    busy: Callable[[Path], str] = _nobody,
    run: Callable[[Sequence[str]], tuple[int, str]] = _starts,
    **more: Any,
) -> Machine:
    """A computer below `top` with a Chinese user name, and the programs that are asked for."""
    home = top / "家" / "王 老师"
    home.mkdir(parents=True, exist_ok=True)
    registry = registry or FakeRegistry()
    if excel and platform == "darwin":
        (home / "Applications" / "Microsoft Excel.app").mkdir(parents=True, exist_ok=True)
    elif excel:
        program = _program(top, "EXCEL.EXE")
        app = r"Software\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
        registry._make(COMPUTER, app)[""] = str(program)
        registry._make(USER, OFFICE)
    soffice = str(_program(top, "soffice")) if office else None
    data = home / "数据 xlbangfu"
    python = _program(top, "python.exe" if platform == "win32" else "python3")
    return Machine(
        **{
            "platform": platform,
            "home": home,
            "environ": {"APPDATA": str(home / "AppData" / "Roaming")},
            "registry": registry,
            "executable": python,
            "frozen": False,
            "launcher": data / ("xlbangfu.cmd" if platform == "win32" else "xlbangfu"),
            "data": data,
            "which": lambda name: soffice if name == "soffice" else None,
            "busy": busy,
            "menu": FakeMenu(),
            "run": run,
            **more,
        }
    )


def _program(top: Path, name: str) -> Path:
    path = top / "程序 文件" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def nothing_standard(monkeypatch) -> None:
    """No program of the computer that runs the tests is found in a standard folder."""
    monkeypatch.setattr(programs, "_LINUX_FOLDERS", ())
    monkeypatch.setattr(programs, "_MAC_APPLICATIONS", "/nowhere")


def tree(top: Path) -> dict[str, tuple[bytes | None, int]]:
    """Everything below a folder: bytes (None for a folder) and mode, by relative path."""
    return {
        str(p.relative_to(top)): (None if p.is_dir() else p.read_bytes(), p.stat().st_mode)
        for p in sorted(top.rglob("*"))
    }


def really_run(words: Sequence[str]) -> tuple[int, str]:
    """For tests whose launcher starts a real Python."""
    return run_quietly(words)
