"""doctor: failures, reminders and 不适用 on computers of every kind."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from install.computers import LOCATIONS, FakeMenu, computer, nothing_standard, really_run, tree
from install.test_installing import back, go, put
from xlbangfu import __version__, doctor
from xlbangfu.install import xcu
from xlbangfu.install.registry import USER
from xlbangfu.policy import PolicyError


@pytest.fixture(autouse=True)
def _nothing_standard(monkeypatch):
    nothing_standard(monkeypatch)


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "甲").mkdir()
    return tmp_path / "甲"


def rows(machine) -> dict[str, doctor.Finding]:
    return {f.item: f for f in doctor.examine(machine)}


def states(machine) -> set[str]:
    return {f.state for f in doctor.examine(machine)}


@pytest.mark.parametrize("platform", ["win32", "darwin", "linux"])
class TestOnEveryPlatform:
    def test_a_computer_without_a_spreadsheet_program_has_no_failure(self, tmp_path, platform):
        found = rows(computer(tmp_path, platform))
        assert all(f.works for f in found.values())
        for item in (
            "Excel",
            "WPS",
            "LibreOffice",
            "启动程序",
            "Excel 加载项",
            "xlwings 设置",
            "Excel 启动的程序",
            "LibreOffice 菜单",
            "LibreOffice 的 Python 接口",
        ):
            assert found[item].state == "不适用", item
        assert found["表格软件"].state == "提醒"

    def test_before_install_everything_missing_is_a_reminder(self, tmp_path, platform):
        machine = computer(tmp_path, platform, excel=platform != "linux", office=True)
        found = rows(machine)
        assert all(f.works for f in found.values())
        assert (found["启动程序"].state, found["启动程序"].found) == ("提醒", "未安装")
        assert all(f.mend for f in found.values() if f.state == "提醒")

    def test_after_install_all_is_well_and_nothing_was_written(self, tmp_path, platform, folder):
        machine = computer(tmp_path, platform, excel=platform != "linux", office=True)
        go(machine, folder)
        files = tree(tmp_path)
        assert states(machine) <= {"正常", "不适用"}
        assert tree(tmp_path) == files

    def test_after_uninstall_it_is_as_before(self, tmp_path, platform, folder):
        machine = computer(tmp_path, platform, excel=platform != "linux", office=True)
        before = doctor.examine(machine)
        go(machine, folder)
        back(machine)
        assert doctor.examine(machine) == before


class TestWhatBreaksAfterInstall:
    @pytest.fixture
    def machine(self, tmp_path, folder):
        machine = computer(tmp_path, "win32", excel=True, office=True)
        go(machine, folder)
        return machine

    def failing(self, machine, item) -> doctor.Finding:
        found = [f for f in doctor.examine(machine) if not f.works]
        assert [f.item for f in found] == [item]
        assert found[0].mend
        return found[0]

    def test_the_launcher_is_gone(self, machine):
        machine.launcher.unlink()
        assert self.failing(machine, "启动程序").found == "未安装"

    @pytest.mark.parametrize(("code", "said", "word"), [(1, "", "启动不了"), (0, "xlbangfu 0.0.1", "另一版")])
    def test_the_launcher_does_not_start_or_is_of_another_version(self, tmp_path, folder, code, said, word):
        def run(words):
            return (code, said) if "--version" in words else (0, "")

        machine = computer(tmp_path, office=True, run=run)
        go(machine, folder)
        assert word in self.failing(machine, "启动程序").found

    def test_the_launcher_may_not_be_executed(self, tmp_path):
        machine = computer(tmp_path, office=True)
        go(machine)
        machine.launcher.chmod(0o644)
        assert "不能执行" in self.failing(machine, "启动程序").found

    def test_the_launcher_starts_another_python_of_this_version(self, machine):
        machine.launcher.write_bytes(b"another")
        assert rows(machine)["启动程序"].state == "提醒"

    def test_the_add_in_is_gone(self, machine):
        (machine.xlstart / "xlwings.xlam").unlink()
        self.failing(machine, "Excel 加载项")

    def test_the_add_in_is_of_another_xlwings(self, machine):
        (machine.xlstart / "xlwings.xlam").write_bytes(b"older")
        assert "不是这一版" in self.failing(machine, "Excel 加载项").found

    @pytest.mark.parametrize(
        ("value", "word"),
        [(b"", "没有设置"), (b"/gone/python.exe", "不存在"), (b"/bin/sh", "另一个程序")],
    )
    def test_the_interpreter_is_not_this_one(self, machine, value, word):
        machine.xlwings_conf.write_bytes(b'"INTERPRETER_WIN","%b"\r\n' % value)
        assert word in self.failing(machine, "xlwings 设置").found

    def test_the_interpreter_cannot_import_this_program(self, tmp_path, folder):
        def run(words):
            return (1, "") if "-B" in words else (0, f"xlbangfu {__version__}")

        machine = computer(tmp_path, "win32", excel=True, run=run)
        go(machine, folder)
        assert "启动不了本程序" in self.failing(machine, "xlwings 设置").found

    def test_the_location_is_gone(self, machine, folder):
        del machine.registry.keys[USER, rf"{LOCATIONS}\Location0"]
        assert str(folder) in self.failing(machine, "Excel 受信任位置").found

    def test_all_locations_are_switched_off(self, machine):
        machine.registry.keys[USER, LOCATIONS]["AllLocationsDisabled"] = 1
        assert "停用" in self.failing(machine, "Excel 受信任位置").found

    def test_libreoffice_forgot_the_folder(self, machine):
        machine.office_settings.write_text(xcu.EMPTY)
        self.failing(machine, "LibreOffice 可信任文件夹")

    def test_macros_are_switched_off_in_libreoffice(self, machine):
        item = f'<item oor:path="{xcu.SCRIPTING}"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>'
        text = machine.office_settings.read_text().replace("</oor:items>", item + "</oor:items>")
        machine.office_settings.write_text(text)
        assert "停用" in self.failing(machine, "LibreOffice 可信任文件夹").found

    def test_libreoffices_settings_cannot_be_read(self, machine):
        machine.office_settings.write_text("<")
        self.failing(machine, "LibreOffice 可信任文件夹")

    @pytest.mark.parametrize(("version", "word"), [(None, "未安装"), ("0.0.1", "另一版：0.0.1")])
    def test_the_menu_is_gone_or_of_another_version(self, machine, version, word):
        place = machine.office_profile / "user" / "uno_packages" / "menu"
        place.unlink() if version is None else place.write_text(version)
        found = self.failing(machine, "LibreOffice 菜单")
        assert word in found.found
        assert "退出 LibreOffice" in found.mend

    def test_no_python_can_talk_to_libreoffice(self, tmp_path):
        def run(words):
            return (1, "") if "import uno" in words else (0, f"xlbangfu {__version__}")

        machine = computer(tmp_path, office=True, run=run)
        assert rows(machine)["LibreOffice 的 Python 接口"].state == "提醒"
        go(machine)
        assert "python3-uno" in self.failing(machine, "LibreOffice 的 Python 接口").mend

    def test_the_receipt_cannot_be_read(self, tmp_path):
        machine = computer(tmp_path)
        put(machine.data / "install.json", b"{")
        self.failing(machine, "安装记录")


class TestReminders:
    def test_a_menu_that_unopkg_refuses_is_never_a_failure(self, tmp_path, folder):
        go(computer(tmp_path, office=True), folder)
        row = rows(computer(tmp_path, office=True, menu=FakeMenu("不允许用 root 身份。")))["LibreOffice 菜单"]
        assert (row.state, row.found) == ("提醒", "不允许用 root 身份。")

    def test_foreign_conda_settings(self, tmp_path):
        machine = computer(tmp_path, "win32", excel=True)
        put(machine.xlwings_conf, b'"CONDA PATH","C:\\conda"\r\n"CONDA ENV","base"\r\n')
        assert rows(machine)["xlwings 的 CONDA 设置"].state == "提醒"

    def test_a_trusted_share_that_excel_is_not_told_to_allow(self, tmp_path):
        machine = computer(tmp_path, "win32", excel=True)
        machine.registry._make(USER, rf"{LOCATIONS}\Location5")["Path"] = "\\\\server\\班级\\"
        assert any("server" in f.found and f.state == "提醒" for f in doctor.examine(machine))

    def test_wps_is_named_honestly(self, tmp_path):
        machine = computer(tmp_path, which=lambda name: str(tmp_path) if name == "et" else None)
        assert rows(machine)["WPS"].state == "提醒"


class TestThisProgram:
    def test_a_missing_package_names_its_mend(self, tmp_path, monkeypatch):
        monkeypatch.setattr(doctor, "PACKAGES", ("nosuchpackage",))
        row = rows(computer(tmp_path))["软件包 nosuchpackage"]
        assert (row.works, "pip install nosuchpackage" in row.mend) == (False, True)

    def test_a_frozen_program_is_mended_by_another_copy_and_not_by_pip(self, tmp_path, monkeypatch):
        def broken(*_: object):
            raise PolicyError(tmp_path / "S7.toml", "", "", "读不了")

        monkeypatch.setitem(sys.modules, "xlwings", None)
        monkeypatch.setattr("xlbangfu.policy.load_policy", broken)
        monkeypatch.setattr("xlbangfu.workbook.template.template_path", lambda: tmp_path / "没有.xlsm")
        monkeypatch.setattr("xlbangfu.install.excel._xlwings_folder", lambda: tmp_path)
        failing = [f for f in doctor.examine(computer(tmp_path, "win32", excel=True, frozen=True)) if not f.works]
        assert [f.item for f in failing] == ["xlwings 可用", "制度文件", "工作簿模板", "Excel 加载项"]
        assert all("请重新拷贝整个文件夹" in f.found + f.mend for f in failing)
        assert not any("pip" in f.found + f.mend for f in failing)

    def test_an_old_python(self, tmp_path, monkeypatch):
        monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
        assert not rows(computer(tmp_path))["Python"].works

    def test_a_folder_that_cannot_be_written(self, tmp_path):
        machine = computer(tmp_path, data=tmp_path / "文件" / "数据")
        put(tmp_path / "文件", b"a file where a folder should be")
        assert not rows(machine)["数据文件夹可写"].works


class TestTheCommand:
    def use(self, monkeypatch, machine) -> None:
        monkeypatch.setattr("xlbangfu.install.machine.this_machine", lambda: machine)

    def test_exit_code_and_words(self, tmp_path, monkeypatch, capsys):
        machine = computer(tmp_path, office=True)
        self.use(monkeypatch, machine)
        assert doctor.doctor_command(as_json=False) == 0
        assert "一切正常。另有" in capsys.readouterr().out
        go(machine)
        machine.launcher.unlink()
        capsys.readouterr()
        assert doctor.doctor_command(as_json=False) == 1
        out = capsys.readouterr().out
        assert "有问题　启动程序：未安装\n　　　→ 请运行：xlbangfu install" in out
        assert "有 1 项问题" in out

    def test_json_is_one_object(self, tmp_path, monkeypatch, capsys):
        self.use(monkeypatch, computer(tmp_path))
        assert doctor.doctor_command(as_json=True) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["action"], answer["ok"]) == ("doctor", True)
        assert {"item", "works", "found", "mend", "note", "state"} == set(answer["rows"][0])

    def test_a_real_launcher_is_really_started(self, tmp_path):
        machine = computer(tmp_path, office=True, run=really_run, executable=Path(sys.executable))
        go(machine)
        assert rows(machine)["启动程序"].state == "正常"
