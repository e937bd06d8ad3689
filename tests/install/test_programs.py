"""Finding spreadsheet programs, and who uses LibreOffice's settings."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from install.computers import FakeRegistry, computer, nothing_standard
from xlbangfu.install import programs, running
from xlbangfu.install.programs import excel_version, find_excel, find_programs
from xlbangfu.install.registry import COMPUTER, USER, EmptyRegistry, this_registry

APPS = r"Software\Microsoft\Windows\CurrentVersion\App Paths"


@pytest.fixture(autouse=True)
def _nothing_standard(monkeypatch):
    nothing_standard(monkeypatch)


def file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def names(machine) -> list[str]:
    return [p.name for p in find_programs(machine)]


class TestOnWindows:
    def test_excel_by_its_application_path(self, tmp_path):
        assert names(computer(tmp_path, "win32", excel=True)) == ["Excel"]

    def test_excel_by_its_install_root(self, tmp_path):
        excel = file(tmp_path / "Office16" / "EXCEL.EXE")
        root = {(COMPUTER, r"Software\Microsoft\Office\16.0\Excel\InstallRoot"): {"Path": str(excel.parent)}}
        assert find_excel(computer(tmp_path, "win32", registry=FakeRegistry(root))) == excel

    def test_another_program_under_excels_name_is_not_excel(self, tmp_path):
        et = file(tmp_path / "et.exe")
        keys = {(COMPUTER, rf"{APPS}\excel.exe"): {"": str(et)}, (USER, rf"{APPS}\et.exe"): {"": f'"{et}"'}}
        machine = computer(tmp_path, "win32", registry=FakeRegistry(keys))
        assert names(machine) == ["WPS"]
        assert "没有在 WPS 中试过" in find_programs(machine)[0].remark

    def test_what_was_uninstalled_and_left_its_key_does_not_count(self, tmp_path):
        keys = {(COMPUTER, rf"{APPS}\excel.exe"): {"": str(tmp_path / "gone" / "EXCEL.EXE")}}
        assert names(computer(tmp_path, "win32", registry=FakeRegistry(keys))) == []

    @pytest.mark.parametrize(
        "key", [(COMPUTER, r"Software\LibreOffice\UNO\InstallPath"), (USER, r"Software\LibreOffice\UNO\InstallPath")]
    )
    def test_libreoffice_by_its_key(self, tmp_path, key):
        soffice = file(tmp_path / "program" / "soffice.exe")
        assert names(computer(tmp_path, "win32", registry=FakeRegistry({key: {"": str(soffice.parent)}}))) == [
            "LibreOffice"
        ]

    def test_libreoffice_in_its_standard_folder(self, tmp_path):
        file(tmp_path / "LibreOffice" / "program" / "soffice.exe")
        machine = computer(tmp_path, "win32", environ={"ProgramFiles": str(tmp_path)})
        assert names(machine) == ["LibreOffice"]

    @pytest.mark.parametrize(
        ("versions", "newest"), [([], "16.0"), (["9.0", "15.0"], "15.0"), (["Common", "16.0"], "16.0")]
    )
    def test_the_newest_version_with_excel_counts(self, tmp_path, versions, newest):
        keys = {(USER, rf"Software\Microsoft\Office\{v}\Excel"): {} for v in versions}
        keys[USER, r"Software\Microsoft\Office\99.0\Word"] = {}
        assert excel_version(computer(tmp_path, "win32", registry=FakeRegistry(keys))) == newest


class TestElsewhere:
    def test_on_the_mac(self, tmp_path):
        machine = computer(tmp_path, "darwin")
        for app in ("Microsoft Excel.app", "wpsoffice.app", "LibreOffice.app/Contents/MacOS"):
            (machine.home / "Applications" / app).mkdir(parents=True)
        file(machine.home / "Applications/LibreOffice.app/Contents/MacOS/soffice")
        assert names(machine) == ["Excel", "WPS", "LibreOffice"]

    def test_libreoffice_of_the_website_on_linux(self, tmp_path, monkeypatch):
        for version in ("7.6", "24.8"):
            file(tmp_path / f"libreoffice{version}" / "program" / "soffice")
        monkeypatch.setattr(programs, "_LINUX_FOLDERS", (f"{tmp_path}/libreoffice*",))
        assert names(computer(tmp_path)) == ["LibreOffice"]

    @pytest.mark.parametrize("box", [".var/app/org.libreoffice.LibreOffice", "snap/libreoffice"])
    def test_a_flatpak_or_snap_is_named_as_not_supported(self, tmp_path, box):
        machine = computer(tmp_path, which=lambda name: "/snap/bin/libreoffice" if name == "libreoffice" else None)
        (machine.home / box).mkdir(parents=True)
        (found,) = find_programs(machine)
        assert "请改装" in found.remark

    def test_there_is_no_registry(self):
        if sys.platform != "win32":
            registry = this_registry()
            assert isinstance(registry, EmptyRegistry)
            assert (registry.exists(USER, "x"), registry.subkeys(USER, "x"), registry.values(USER, "x")) == (
                False,
                [],
                {},
            )
            registry.delete("x")
            with pytest.raises(OSError, match="no registry"):
                registry.create("x", {})


class TestWhoUsesTheSettings:
    @pytest.fixture
    def profile(self, tmp_path):
        (tmp_path / "4").mkdir()
        return tmp_path / "4"

    @pytest.mark.parametrize("lock", [None, "", f"[Lockdata]\nUser=x\nHost={socket.gethostname()}\n"])
    def test_nobody_with_no_lock_or_one_that_a_crash_left(self, profile, lock, monkeypatch):
        monkeypatch.setattr(running, "_listed", lambda: False)
        if lock is not None:
            (profile / ".lock").write_text(lock)
        assert running.profile_user(profile) == ""

    def test_somebody_at_another_computer(self, profile):
        (profile / ".lock").write_text("[Lockdata]\nHost=教室-12\n")
        assert "教室-12" in running.profile_user(profile)

    @pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
    @pytest.mark.parametrize(
        ("words", "variables", "used"),
        [
            (["-env:UserInstallation=file://{profile}"], {}, True),
            (["-env:UserInstallation=file:///another%20one"], {}, False),
            ([], {"HOME": "/another/home"}, False),
            ([], {}, True),
        ],
    )
    def test_a_process_of_this_profile(self, tmp_path, words, variables, used):
        profile = tmp_path / "配置 4"
        profile.mkdir()
        program = tmp_path / "soffice.bin"
        program.symlink_to("/bin/sleep")
        words = [w.replace("{profile}", str(profile).replace("配置 4", "%E9%85%8D%E7%BD%AE%204")) for w in words]
        child = subprocess.Popen([program, "30"], env={**os.environ, **variables})
        try:
            time.sleep(0.1)
            folder = Path(f"/proc/{child.pid}")
            assert folder in running._linux_processes()
            assert running._uses(_with_words(tmp_path, folder, words), profile) is used
        finally:
            child.kill()
            child.wait()


def _with_words(tmp_path: Path, process: Path, words: list[str]) -> Path:
    """The process as /proc shows it, with other words on its command line."""
    copy = tmp_path / "proc"
    copy.mkdir()
    (copy / "environ").write_bytes((process / "environ").read_bytes())
    (copy / "cmdline").write_bytes(b"\0".join([b"soffice.bin", *(w.encode() for w in words)]))
    return copy
