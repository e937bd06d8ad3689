"""Which spreadsheet programs this machine has, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xlbangfu.install.machine import MAC, WINDOWS, Machine
from xlbangfu.install.registry import COMPUTER, USER

EXCEL, WPS, LIBREOFFICE = "Excel", "WPS", "LibreOffice"
OFFICE_KEY = r"Software\Microsoft\Office"
_APP_PATHS = r"Software\Microsoft\Windows\CurrentVersion\App Paths"
_LINUX_FOLDERS = ("/usr/lib/libreoffice", "/usr/lib64/libreoffice", "/opt/libreoffice*")
_MAC_APPLICATIONS = "/Applications"
_NEWEST_OFFICE = "16.0"  # 2016, 2019, 2021, 2024 and Microsoft 365 all call themselves that


@dataclass(frozen=True)
class Program:
    """A spreadsheet program: its name, its program file, and a remark where buttons are not served."""

    name: str
    path: Path
    remark: str = ""


def find_programs(machine: Machine) -> list[Program]:
    """Every spreadsheet program found, supported or not; the supported LibreOffice comes before packed ones."""
    found: list[Program] = []
    if excel := find_excel(machine):
        found.append(Program(EXCEL, excel))
    if wps := _first(_wps(machine)):
        found.append(Program(WPS, wps, "命令照常可用；按钮没有在 WPS 中试过"))
    if soffice := find_office(machine):
        found.append(Program(LIBREOFFICE, soffice))
    return found + list(_packed_offices(machine))


def find_excel(machine: Machine) -> Path | None:
    """Excel's program file, None where there is none."""
    return _first(_excels(machine))


def find_office(machine: Machine) -> Path | None:
    """LibreOffice's program soffice, None where there is none (a flatpak or snap does not count)."""
    return _first(_offices(machine))


def excel_version(machine: Machine) -> str:
    """The version that Excel's settings are kept under, such as 16.0: the newest one in the registry."""
    found = [
        name
        for hive in (USER, COMPUTER)
        for name in machine.registry.subkeys(hive, OFFICE_KEY)
        if re.fullmatch(r"\d+\.\d", name) and machine.registry.exists(hive, rf"{OFFICE_KEY}\{name}\Excel")
    ]
    return max(found, key=float, default=_NEWEST_OFFICE)


def _first(candidates: Iterator[Path]) -> Path | None:
    return next((path for path in candidates if path.exists()), None)


def _app_path(machine: Machine, program: str) -> Iterator[Path]:
    for hive in (USER, COMPUTER):
        text = machine.registry.values(hive, rf"{_APP_PATHS}\{program}").get("")
        if isinstance(text, str) and text.strip():
            yield Path(text.strip().strip('"'))


def _excels(machine: Machine) -> Iterator[Path]:
    if machine.platform == MAC:
        yield from (top / "Microsoft Excel.app" for top in _applications(machine))
    if machine.platform != WINDOWS:
        return
    # WPS registers itself under foreign names on some machines: only a file of Excel's own name counts.
    yield from (path for path in _app_path(machine, "excel.exe") if path.name.lower() == "excel.exe")
    for top in (OFFICE_KEY, r"Software\WOW6432Node\Microsoft\Office"):
        for version in machine.registry.subkeys(COMPUTER, top):
            folder = machine.registry.values(COMPUTER, rf"{top}\{version}\Excel\InstallRoot").get("Path")
            if isinstance(folder, str):
                yield Path(folder) / "EXCEL.EXE"


def _wps(machine: Machine) -> Iterator[Path]:
    if machine.platform == MAC:
        yield from (top / "wpsoffice.app" for top in _applications(machine))
    elif machine.platform == WINDOWS:
        for program in ("et.exe", "wps.exe", "ksolaunch.exe"):
            yield from _app_path(machine, program)
    elif found := machine.which("et"):
        yield Path(found)


def _offices(machine: Machine) -> Iterator[Path]:
    for name in ("soffice", "libreoffice"):
        if (found := machine.which(name)) and not found.startswith(("/snap/", "/var/lib/flatpak/")):
            yield Path(found)
    if machine.platform == WINDOWS:
        yield from _app_path(machine, "soffice.exe")
        for hive in (USER, COMPUTER):
            folder = machine.registry.values(hive, r"Software\LibreOffice\UNO\InstallPath").get("")
            if isinstance(folder, str):
                yield Path(folder) / "soffice.exe"
        for variable in ("ProgramFiles", "ProgramFiles(x86)"):
            if top := machine.environ.get(variable):
                yield Path(top) / "LibreOffice" / "program" / "soffice.exe"
    elif machine.platform == MAC:
        yield from (top / "LibreOffice.app/Contents/MacOS/soffice" for top in _applications(machine))
    else:
        for folder in _LINUX_FOLDERS:
            yield from sorted(Path("/").glob(f"{folder.lstrip('/')}/program/soffice"), reverse=True)


def _packed_offices(machine: Machine) -> Iterator[Program]:
    """A flatpak or snap lives in a box of its own: its macros cannot start our launcher."""
    places = {
        "flatpak": machine.home / ".var/app/org.libreoffice.LibreOffice",
        "snap": machine.home / "snap/libreoffice",
    }
    for kind, path in places.items():
        if path.exists():
            yield Program(
                f"{LIBREOFFICE}（{kind}）", path, f"{kind} 版的按钮不能启动本程序，请改装发行版或官网的 LibreOffice"
            )


def _applications(machine: Machine) -> tuple[Path, Path]:
    return Path(_MAC_APPLICATIONS), machine.home / "Applications"
