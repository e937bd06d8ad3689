"""What a step may know about the computer, in one object, so that a test can hand in another computer."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from xlbangfu.install.processes import run_quietly
from xlbangfu.install.registry import Registry, this_registry

WINDOWS, MAC = "win32", "darwin"


class Menus(Protocol):
    """The menu in a profile of LibreOffice, as `xlbangfu.menu` has it. Everything raises MenuError."""

    def install_extension(self, soffice: Path, profile: Path | None = None) -> None:
        """Put it in."""

    def remove_extension(self, soffice: Path, profile: Path | None = None) -> bool:
        """Take it out; False if it was not there."""

    def extension_version_installed(self, soffice: Path, profile: Path | None = None) -> str | None:
        """The version that is there, None without one."""


@dataclass(frozen=True)
class Machine:
    """One user's account on one computer.

    platform: as sys.platform. environ: the variables that name folders. executable: the Python that runs now, or
    the frozen program. launcher, data: see `places`. which: finds a program on PATH. busy: says who uses a
    LibreOffice profile, "" for nobody. menu: LibreOffice's menu. run: starts a program, gives exit code and output.
    """

    platform: str
    home: Path
    environ: Mapping[str, str]
    registry: Registry
    executable: Path
    frozen: bool
    launcher: Path
    data: Path
    which: Callable[[str], str | None]
    busy: Callable[[Path], str]
    menu: Menus
    run: Callable[[Sequence[str]], tuple[int, str]] = field(repr=False)

    @property
    def appdata(self) -> Path:
        """%APPDATA%, the roaming half of a Windows profile."""
        return Path(self.environ.get("APPDATA") or self.home / "AppData" / "Roaming")

    @property
    def xlstart(self) -> Path:
        """The folder whose workbooks Excel opens at start: what it answers as Application.StartupPath."""
        if self.platform == MAC:
            return self.home.joinpath(
                *("Library", "Group Containers", "UBF8T346G9.Office"),
                *("User Content.localized", "Startup.localized", "Excel"),
            )
        return self.appdata / "Microsoft" / "Excel" / "XLSTART"

    @property
    def xlwings_conf(self) -> Path:
        """xlwings' settings of the user, as its VBA looks for them."""
        if self.platform == MAC:
            return self.home.joinpath("Library", "Containers", "com.microsoft.Excel", "Data", "xlwings.conf")
        return self.home / ".xlwings" / "xlwings.conf"

    @property
    def office_settings(self) -> Path:
        """LibreOffice's file of the user's settings."""
        if self.platform == WINDOWS:
            top = self.appdata / "LibreOffice"
        elif self.platform == MAC:
            top = self.home / "Library" / "Application Support" / "LibreOffice"
        else:
            top = Path(self.environ.get("XDG_CONFIG_HOME") or self.home / ".config") / "libreoffice"
        return top / "4" / "user" / "registrymodifications.xcu"

    @property
    def office_profile(self) -> Path:
        """The folder of LibreOffice that holds `user`."""
        return self.office_settings.parents[1]

    @property
    def frozen_note(self) -> Path:
        """The file in which Excel's macro reads where the frozen program is; whatever XLBANGFU_DATA says, it looks here."""
        local = self.environ.get("LOCALAPPDATA")
        return (Path(local) / "xlbangfu" if local else self.data) / "frozen.txt"

    @property
    def encoding(self) -> str:
        """What VBA reads text files in: the ANSI code page on Windows."""
        import locale

        return locale.getencoding() if self.platform == WINDOWS else "utf-8"


def this_machine() -> Machine:
    """The computer and the account that we run on."""
    from xlbangfu import menu, places
    from xlbangfu.install.running import profile_user

    return Machine(
        platform=sys.platform,
        home=Path.home(),
        environ=os.environ,
        registry=this_registry(),
        executable=Path(sys.executable),
        frozen=bool(getattr(sys, "frozen", False)),
        launcher=places.launcher_path(),
        data=places.data_folder(),
        which=shutil.which,
        busy=profile_user,
        menu=menu,
        run=run_quietly,
    )
