"""The steps for Excel: add-in, settings, the frozen program, trusted locations. None was ever run in a real Excel."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from xlbangfu.install import conf
from xlbangfu.install.changes import AddKey, Change, SetLine, WriteFile
from xlbangfu.install.errors import Refusal
from xlbangfu.install.files import digest, read_file
from xlbangfu.install.findings import Finding, advice, bad, good, missing, reinstall
from xlbangfu.install.machine import MAC, Machine
from xlbangfu.install.programs import OFFICE_KEY, excel_version, find_excel
from xlbangfu.install.receipt import Receipt, read_receipt
from xlbangfu.install.registry import USER
from xlbangfu.install.step import INSTALL, INSTALL_FOLDER, Step, Wish


def _needs_excel(machine: Machine) -> str:
    return "" if find_excel(machine) else "没有找到 Excel"


def _takes_code(machine: Machine, program: Path) -> bool:
    return machine.run([str(program), "-B", "-c", "import xlbangfu"])[0] == 0


def _same_program(one: Path, other: Path) -> bool:
    """Whether two programs are one, python.exe and pythonw.exe counting as one."""

    def key(path: Path) -> str:
        return os.path.normcase(path.with_name(re.sub(r"w?(\.exe)?$", "", path.name)))

    return key(one) == key(other)


class AddIn(Step):
    """xlwings' add-in in Excel's start folder, so that the macros find RunPython and RunFrozenPython.

    Copied by us and not by `xlwings addin install`: that starts Excel to ask for the folder, answers in English,
    hides its errors, writes settings of its own, and cannot be undone. Source: xlwings/cli.py, 0.37.8.
    """

    id, label = "addin", "Excel 加载项"

    def find(self, machine: Machine) -> str:
        return _needs_excel(machine)

    def plan(self, machine: Machine, wish: Wish) -> list[Change]:
        return [c for target, source in self._files(machine) for c in WriteFile.plan(target, source, self.label)]

    def check(self, machine: Machine, receipt: Receipt) -> Iterator[Finding]:
        mend = f"{INSTALL}（先退出 Excel）"
        for target, source in self._files(machine):
            now = read_file(target)
            if now == source:
                yield good(self.label, str(target))
            else:
                found = "未安装" if now is None else f"不是这一版 xlwings 的：{target}"
                yield missing(self.label, found, mend, expected=receipt.has(self.id))

    def _files(self, machine: Machine) -> Iterator[tuple[Path, bytes]]:
        package, mend = _xlwings_folder(), reinstall("请运行：python -m pip install xlwings", frozen=machine.frozen)
        add_in = read_file(package / "addin" / "xlwings.xlam") if package else None
        if package is None or add_in is None:
            raise Refusal(f"没有找到 xlwings 的加载项。{mend}")
        yield machine.xlstart / "xlwings.xlam", add_in
        if machine.platform == MAC:  # RunPython needs a script of its own there, named after the version
            scripts = machine.home / "Library" / "Application Scripts" / "com.microsoft.Excel"
            yield from ((scripts / s.name, s.read_bytes()) for s in sorted(package.glob("xlwings-*.applescript")))


def _xlwings_folder() -> Path | None:
    """Where xlwings lies, without importing it; None if it is not installed."""
    from importlib.util import find_spec

    spec = find_spec("xlwings")
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


class Settings(Step):
    """The user's xlwings.conf: which Python a click starts, without a console window, anew for each click or not.

    Anew for each click by default (USE UDF SERVER = FALSE). That costs the start of Python every time, but a click
    cannot inherit what yesterday's click left in memory, and after an update the next click runs the new program.
    With --keep-alive (TRUE, Windows only) one Python stays: clicks are faster, and Excel must be restarted after an
    update. Foreign keys stay. None of this is for a frozen program: RunFrozenPython is told which program to start.
    """

    id, label = "conf", "xlwings 设置"

    def find(self, machine: Machine) -> str:
        return _needs_excel(machine) or ("不带 Python 的程序用不到解释器的设置" if machine.frozen else "")

    def plan(self, machine: Machine, wish: Wish) -> list[Change]:
        wanted = {
            self._interpreter_key(machine): str(machine.executable),
            "USE UDF SERVER": "TRUE" if wish.keep_alive else "FALSE",
            "SHOW CONSOLE": "FALSE",
        }
        return [c for key, value in wanted.items() for c in SetLine.plan(machine, key, value)]

    def check(self, machine: Machine, receipt: Receipt) -> Iterator[Finding]:
        data = read_file(machine.xlwings_conf) or b""
        yield self._interpreter(machine, data, expected=receipt.has(self.id))
        if all(conf.read_value(data, key, machine.encoding) for key in ("CONDA PATH", "CONDA ENV")):
            yield advice(
                "xlwings 的 CONDA 设置",
                "每次点击会先激活那个 conda 环境",
                f"若不需要，请在 {machine.xlwings_conf} 里删去 CONDA PATH 和 CONDA ENV 两行。",
            )

    def _interpreter_key(self, machine: Machine) -> str:
        return "INTERPRETER_MAC" if machine.platform == MAC else "INTERPRETER_WIN"

    def _interpreter(self, machine: Machine, data: bytes, *, expected: bool) -> Finding:
        value = conf.read_value(data, self._interpreter_key(machine), machine.encoding)
        if not value:
            return missing(self.label, "没有设置解释器", INSTALL, expected=expected)
        program = Path(os.path.expandvars(value))
        if not program.exists():
            return missing(self.label, f"解释器不存在：{value}", INSTALL, expected=expected)
        if not _same_program(program, machine.executable):
            return missing(self.label, f"解释器是另一个程序：{value}", INSTALL, expected=expected)
        if not _takes_code(machine, program):
            return bad(self.label, f"解释器启动不了本程序：{value}", "请重新安装 xlbangfu，再运行 xlbangfu install。")
        kept = (conf.read_value(data, "USE UDF SERVER", machine.encoding) or "").upper() == "TRUE"
        return good(self.label, f"{value}，{'点击之间常驻' if kept else '每次点击新启动'}")


class FrozenProgram(Step):
    """frozen.txt: its first line names the program without Python that the macro starts by RunFrozenPython.

    The program with a console, not its windowless twin: xlwings shows in a box what it says on standard error. The
    macro takes RunPython only where this file is missing, so a Python that is installed later removes it again.
    """

    id, label = "frozen", "Excel 启动的程序"

    def find(self, machine: Machine) -> str:
        if machine.frozen and machine.platform == MAC:
            return "Mac 版 Excel 启动不了不带 Python 的程序；要用 Excel 里的按钮，请装 Python 版"
        if machine.frozen:
            return _needs_excel(machine)
        return "" if machine.frozen_note.exists() else "不带 Python 的程序才用得到"

    def plan(self, machine: Machine, wish: Wish) -> list[Change]:
        if machine.frozen:
            return WriteFile.plan(machine.frozen_note, _frozen_line(machine), self.label)
        if self._is_ours(machine, read_receipt(machine.data)):
            return WriteFile.plan_removal(machine.frozen_note, self.label)
        return []

    def remark(self, machine: Machine) -> str:
        """What a file that somebody else left does."""
        foreign = not machine.frozen and not self._is_ours(machine, read_receipt(machine.data))
        return f"{self._old_program(machine)}（不是由 install 写成，没有动它）" if foreign else ""

    def check(self, machine: Machine, receipt: Receipt) -> Iterator[Finding]:
        now = read_file(machine.frozen_note)
        if machine.frozen and now == _frozen_line(machine):
            yield good(self.label, str(_with_console(machine.executable)))
        elif machine.frozen:
            found = "未安装" if now is None else self._old_program(machine)
            yield missing(self.label, found, INSTALL, expected=receipt.has(self.id))
        elif self._is_ours(machine, receipt):
            yield bad(self.label, self._old_program(machine), INSTALL)
        else:
            yield advice(self.label, self._old_program(machine), f"不需要时请删除 {machine.frozen_note}")

    def _is_ours(self, machine: Machine, receipt: Receipt) -> bool:
        """Whether the file is as we wrote it."""
        now = read_file(machine.frozen_note)
        ours = [e["after"] for e in receipt.entries if e.get("step") == self.id and e.get("kind") == WriteFile.kind]
        return now is not None and digest(now) in ours

    def _old_program(self, machine: Machine) -> str:
        lines = (read_file(machine.frozen_note) or b"").decode(machine.encoding, "replace").splitlines()
        return f"Excel 的按钮会启动另一个程序：{lines[0] if lines else '（空）'}"


def _frozen_line(machine: Machine) -> bytes:
    """The content of frozen.txt, as VBA reads it. Raises Refusal for a path that the code page lacks."""
    program = _with_console(machine.executable)
    try:
        return f"{program}\r\n".encode(machine.encoding)
    except UnicodeEncodeError as problem:
        raise Refusal(f"“{program}”里有本机编码写不出的字，Excel 读不到；请把程序放到英文文件夹。") from problem


def _with_console(program: Path) -> Path:
    """xlbangfu.exe beside xlbangfuw.exe, whichever of them runs now."""
    other = program.with_name(f"{program.stem.removesuffix('w')}{program.suffix}")
    return other if other.exists() else program


class TrustedLocation(Step):
    """Excel's trusted locations: macros of workbooks in these folders run without a question. Windows only."""

    id, label = "location", "Excel 受信任位置"
    description = "xlbangfu"
    menu = "Excel：文件 → 选项 → 信任中心 → 信任中心设置 → 受信任位置"

    def find(self, machine: Machine) -> str:
        if machine.platform == MAC:
            return "Mac 版 Excel 没有受信任位置，打开工作簿时请选“启用宏”"
        return _needs_excel(machine)

    def plan(self, machine: Machine, wish: Wish) -> list[Change]:
        names = {name.lower() for name in machine.registry.subkeys(USER, self._top(machine))}
        trusted, changes = self._trusted(machine), []
        for folder in wish.folders:
            path = _windows_folder(folder)
            if _inside(path, trusted):
                continue
            number = next(n for n in range(len(names) + 1) if f"location{n}" not in names)
            names.add(f"location{number}")
            trusted.append((path, True))
            changes.append(self._location(machine, f"Location{number}", path))
        return changes

    def check(self, machine: Machine, receipt: Receipt) -> Iterator[Finding]:
        policy = machine.registry.values(USER, self._top(machine)).get("AllLocationsDisabled")
        if policy == 1:
            yield missing(self.label, "受信任位置全部停用了", self.menu, expected=receipt.has(self.id))
            return
        ours = [e for e in receipt.entries if e.get("step") == self.id]
        lost = [e for e in ours if not machine.registry.exists(USER, e["key"])]
        trusted = [path for path, _ in self._trusted(machine)]
        if lost:
            yield bad(self.label, f"不见了：{'、'.join(e['values']['Path'] for e in lost)}", INSTALL_FOLDER)
        elif ours:
            yield good(self.label, "、".join(e["values"]["Path"] for e in ours))
        else:
            found = f"没有由本程序加入的（已有 {len(trusted)} 个）"
            yield advice(self.label, found, f"{INSTALL_FOLDER}；或在 {self.menu} 里添加。")
        for share in (p for p in trusted if p.startswith("\\\\")):
            if machine.registry.values(USER, self._top(machine)).get("AllowNetworkLocations") != 1:
                yield advice(self.label, f"网络位置 {share} 还没有放行", f"{self.menu} → 允许网络上的受信任位置")

    def _top(self, machine: Machine) -> str:
        return rf"{OFFICE_KEY}\{excel_version(machine)}\Excel\Security\Trusted Locations"

    def _trusted(self, machine: Machine) -> list[tuple[str, bool]]:
        """Path and whether subfolders count, of every location."""
        top = self._top(machine)
        rows = [machine.registry.values(USER, rf"{top}\{name}") for name in machine.registry.subkeys(USER, top)]
        return [(str(r["Path"]), r.get("AllowSubfolders") == 1) for r in rows if r.get("Path")]

    def _location(self, machine: Machine, name: str, path: str) -> Change:
        top = self._top(machine)
        key = rf"{top}\{name}"
        parts = key.split("\\")
        above = ["\\".join(parts[:n]) for n in range(len(parts) - 1, 0, -1)]
        return AddKey(
            key,
            {
                "Path": path,
                "AllowSubfolders": 1,
                "Description": self.description,
                "Date": date.today().isoformat(),
            },
            f"Excel 信任 {path}",
            [a for a in above if not machine.registry.exists(USER, a)],
        )


def _windows_folder(folder: Path) -> str:
    return str(folder).rstrip("\\/") + "\\"


def _inside(path: str, trusted: list[tuple[str, bool]]) -> bool:
    def plain(text: str) -> str:
        return os.path.expandvars(text).replace("/", "\\").rstrip("\\").casefold() + "\\"

    return any(plain(path) == plain(t) or (below and plain(path).startswith(plain(t))) for t, below in trusted)
