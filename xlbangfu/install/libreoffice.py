"""The steps for LibreOffice: trusted folders, the menu, and the launcher that both start."""

from __future__ import annotations

import os
from collections.abc import Iterator

from xlbangfu import __version__
from xlbangfu.install import launcher, xcu
from xlbangfu.install.changes import AddMenu, Change, TrustFolders, WriteFile
from xlbangfu.install.errors import Refusal
from xlbangfu.install.files import read_file
from xlbangfu.install.findings import Finding, advice, bad, good, missing, not_here
from xlbangfu.install.machine import WINDOWS, Machine
from xlbangfu.install.programs import find_office
from xlbangfu.install.receipt import Receipt
from xlbangfu.install.step import INSTALL, INSTALL_FOLDER, Step, Wish
from xlbangfu.menu.unopkg import MenuError


def _needs_office(machine: Machine) -> str:
    return "" if find_office(machine) else "没有找到 LibreOffice"


def _refuse_in_use(machine: Machine) -> None:
    """LibreOffice writes its settings anew when it ends: what we wrote meanwhile would be lost."""
    if user := machine.busy(machine.office_profile):
        raise Refusal(
            f"{user}正在使用设置，现在改会在它退出时丢失。请先退出 LibreOffice（Windows 还包括右下角的快速启动），"
            f"再运行一次；若确实没有运行，请删除 {machine.office_profile / '.lock'}。"
        )


class TrustedSource(Step):
    """LibreOffice's trusted file locations: macros of workbooks in these folders run without a question."""

    id, label = "source", "LibreOffice 可信任文件夹"
    menu = "LibreOffice：工具 → 选项 → LibreOffice → 安全 → 宏安全性"

    def find(self, machine: Machine) -> str:
        return _needs_office(machine)

    def plan(self, machine: Machine, wish: Wish) -> list[Change]:
        if not wish.folders:
            return []
        return TrustFolders.plan(machine.office_settings, [xcu.folder_url(f) for f in wish.folders])

    def ready(self, machine: Machine) -> None:
        """Not while LibreOffice runs."""
        _refuse_in_use(machine)

    def check(self, machine: Machine, receipt: Receipt) -> Iterator[Finding]:
        path = machine.office_settings
        text = (read_file(path) or xcu.EMPTY.encode()).decode("utf-8", "replace")
        try:
            yield self._check(text, receipt)
        except xcu.UnknownForm:
            yield missing(self.label, f"读不懂 {path}", f"请在 {self.menu} 里核对。", expected=receipt.has(self.id))

    def _check(self, text: str, receipt: Receipt) -> Finding:
        if xcu.read_setting(text, "DisableMacrosExecution") == "true":
            return bad(self.label, "宏被整个停用了", f"请管理员放行，或在 {self.menu} 里改。")
        trusted = xcu.read_trusted(text)
        ours = [url for e in receipt.entries if e.get("step") == self.id for url in e["urls"]]
        if lost := [xcu.folder_name(url) for url in ours if not xcu.is_covered(url, trusted)]:
            return bad(self.label, f"不见了：{'、'.join(lost)}", INSTALL_FOLDER)
        if trusted:
            return good(self.label, "、".join(map(xcu.folder_name, trusted)))
        mend = f"{INSTALL_FOLDER}；或在 {self.menu} → 可信任来源 里添加。"
        return advice(self.label, "还没有；打开工作簿时宏会被拦下", mend)


class OfficeMenu(Step):
    """The menu 「学困生帮扶」: it works where document macros are off, and after LibreOffice has saved the workbook.

    What unopkg refuses (root, above all) leaves the machine without the menu, not without the rest.
    """

    id, label = "menu", "LibreOffice 菜单"

    def find(self, machine: Machine) -> str:
        return _needs_office(machine)

    def plan(self, machine: Machine, wish: Wish) -> list[Change]:
        soffice = find_office(machine)
        version, trouble = self._look(machine)
        if soffice is None or trouble or version == __version__:
            return []
        return [AddMenu(str(soffice), str(machine.office_profile), __version__)]

    def ready(self, machine: Machine) -> None:
        """Not while LibreOffice runs: it would neither show the menu nor notice that it went."""
        _refuse_in_use(machine)

    def remark(self, machine: Machine) -> str:
        """What keeps unopkg from being asked, such as root."""
        return self._look(machine)[1]

    def check(self, machine: Machine, receipt: Receipt) -> Iterator[Finding]:
        version, trouble = self._look(machine)
        if trouble:
            yield advice(self.label, trouble)
        elif version == __version__:
            yield good(self.label, f"版本 {version}")
        else:
            found = f"是另一版：{version}" if version else "未安装"
            yield missing(self.label, found, f"{INSTALL}（先退出 LibreOffice）", expected=receipt.has(self.id))

    def _look(self, machine: Machine) -> tuple[str | None, str]:
        """The version that is there, and why it cannot be known."""
        soffice = find_office(machine)
        try:
            there = machine.menu.extension_version_installed(soffice, machine.office_profile) if soffice else None
        except MenuError as problem:
            return None, str(problem)
        return there, ""


class Launcher(Step):
    """The small program that a LibreOffice macro starts; it starts this very Python, or the frozen program.

    The frozen one with its console, which LibreOffice starts hidden: `--version` has to be heard by doctor.
    """

    id, label = "launcher", "启动程序"

    def find(self, machine: Machine) -> str:
        """For every machine: LibreOffice may come later, and a script may call it too."""
        return ""

    def plan(self, machine: Machine, wish: Wish) -> list[Change]:
        write = launcher.batch_launcher if machine.platform == WINDOWS else launcher.shell_launcher
        mode = None if machine.platform == WINDOWS else 0o755
        return WriteFile.plan(machine.launcher, write(machine.executable, frozen=machine.frozen), self.label, mode)

    def check(self, machine: Machine, receipt: Receipt) -> Iterator[Finding]:
        yield self._check(machine, receipt)

    def _check(self, machine: Machine, receipt: Receipt) -> Finding:
        path = machine.launcher
        if not path.exists():
            if not receipt.has(self.id) and not find_office(machine):
                return not_here(self.label, "没有 LibreOffice，用不到")
            return missing(self.label, "未安装", INSTALL, expected=receipt.has(self.id))
        if machine.platform != WINDOWS and not os.access(path, os.X_OK):
            return bad(self.label, f"不能执行：{path}", INSTALL)
        code, said = machine.run([str(path), "--version"])
        if code != 0:
            return bad(self.label, f"启动不了：{path}", INSTALL)
        if __version__ not in said.split():
            return bad(self.label, f"是另一版：{said}", INSTALL)
        if self.plan(machine, Wish()):
            return advice(self.label, f"启动的是另一处安装的同一版：{path}", INSTALL)
        return good(self.label, str(path))
