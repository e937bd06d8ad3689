"""install and uninstall on computers of every kind: undone to the last byte, twice is once, refusals write nothing."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from install.computers import LOCATIONS, FakeMenu, FakeRegistry, computer, nothing_standard, tree
from xlbangfu import __version__
from xlbangfu import install as room
from xlbangfu.doctor import examine
from xlbangfu.install import xcu
from xlbangfu.install.command import install, uninstall
from xlbangfu.install.files import read_file
from xlbangfu.install.registry import USER
from xlbangfu.menu import MenuError

FOREIGN_CONF = b'"LICENSE_KEY","secret"\r\n"use udf server","TRUE"\r\n"PYTHONPATH","D:\\x"'
FOREIGN_XCU = xcu.plan_trust(xcu.EMPTY, ["file:///old"]).apply(xcu.EMPTY).encode()
PLACE = {(USER, rf"{LOCATIONS}\Location0"): {"Path": "C:\\Old\\", "Description": "theirs"}}


@pytest.fixture(autouse=True)
def _nothing_standard(monkeypatch):
    nothing_standard(monkeypatch)


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "工作簿 (三年级)&'甲'"
    path.mkdir()
    return path


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def bare(machine):
    return machine


def used(machine):
    """A computer whose person has settings and an older add-in of their own."""
    put(machine.xlwings_conf, FOREIGN_CONF)
    put(machine.office_settings, FOREIGN_XCU)
    put(machine.xlstart / "xlwings.xlam", b"an older add-in")
    put(machine.data / "undo" / "甲", b"undo")
    machine.registry.keys.update({})
    for (hive, key), values in PLACE.items():
        machine.registry._make(hive, key).update(values)
    return machine


KINDS = [
    (platform, excel, office, before)
    for platform in ("win32", "darwin", "linux")
    for excel in ((True, False) if platform != "linux" else (False,))
    for office in (True, False)
    for before in (bare, used)
]


def go(machine, *folders, keep_alive=False, plan=False) -> int:
    return install(folders, keep_alive=keep_alive, plan=plan, as_json=True, machine=machine)


def back(machine, *, everything=False, plan=False) -> int:
    return uninstall(everything=everything, plan=plan, as_json=True, machine=machine)


def said(capsys) -> dict:
    lines = capsys.readouterr().out.splitlines()
    return json.loads(lines[-1])


@pytest.mark.parametrize(("platform", "excel", "office", "before"), KINDS)
class TestOnEveryKindOfComputer:
    @pytest.fixture
    def machine(self, tmp_path, platform, excel, office, before):
        return before(computer(tmp_path, platform, excel=excel, office=office))

    def test_uninstall_leaves_everything_as_it_was(self, machine, folder):
        files, keys = tree(machine.home), machine.registry.snapshot()
        assert go(machine, folder) == 0
        assert go(machine, folder, keep_alive=True) == 0
        assert tree(machine.home) != files
        assert back(machine) == 0
        assert tree(machine.home) == files
        assert machine.registry.snapshot() == keys

    def test_a_second_run_changes_nothing_and_says_so(self, machine, folder, capsys):
        go(machine, folder)
        files, keys = tree(machine.home), machine.registry.snapshot()
        assert go(machine, folder) == 0
        assert "没有要改的" in said(capsys)["message"]
        assert tree(machine.home) == files
        assert machine.registry.snapshot() == keys

    def test_plans_write_nothing_and_name_what_the_run_then_does(self, machine, folder, capsys):
        files, keys = tree(machine.home), machine.registry.snapshot()
        assert go(machine, folder, plan=True) == 0
        planned = said(capsys)
        assert tree(machine.home) == files
        assert machine.registry.snapshot() == keys
        go(machine, folder)
        done = said(capsys)
        assert planned["counts"] == done["counts"]
        assert planned["counts"]["changes"] == len(done["written"]) > 0
        files = tree(machine.home)
        assert back(machine, plan=True) == 0
        assert said(capsys)["counts"] == planned["counts"]
        assert tree(machine.home) == files

    def test_only_what_belongs_to_a_program_that_is_here_is_touched(self, machine, folder, excel, office):
        conf, settings = read_file(machine.xlwings_conf), read_file(machine.office_settings)
        go(machine, folder)
        assert (read_file(machine.xlwings_conf) != conf) is excel
        assert (read_file(machine.office_settings) != settings) is office
        assert machine.launcher.exists()


class TestExcelOnWindows:
    @pytest.fixture
    def machine(self, tmp_path):
        return used(computer(tmp_path, "win32", excel=True))

    def test_gets_the_add_in_of_the_installed_xlwings(self, machine):
        import xlwings

        go(machine)
        source = Path(xlwings.__file__).parent / "addin" / "xlwings.xlam"
        assert (machine.xlstart / "xlwings.xlam").read_bytes() == source.read_bytes()

    @pytest.mark.parametrize(("keep_alive", "server"), [(False, "FALSE"), (True, "TRUE")])
    def test_gets_our_settings_and_keeps_foreign_ones(self, machine, monkeypatch, keep_alive, server):
        import xlwings
        from xlwings.utils import read_user_config

        monkeypatch.setattr(xlwings, "USER_CONFIG_FILE", str(machine.xlwings_conf))
        go(machine, keep_alive=keep_alive)
        assert read_user_config() == {
            "interpreter_win": str(machine.executable),
            "use udf server": server,
            "show console": "FALSE",
            "license_key": "secret",
            "pythonpath": "D:\\x",
        }

    def test_gets_a_trusted_location_beside_those_of_others(self, machine, folder):
        go(machine, folder)
        ours = machine.registry.values(USER, rf"{LOCATIONS}\Location1")
        assert ours.pop("Date")
        assert ours == {"Path": f"{folder}\\", "AllowSubfolders": 1, "Description": "xlbangfu"}
        assert machine.registry.values(USER, rf"{LOCATIONS}\Location0") == PLACE[USER, rf"{LOCATIONS}\Location0"]

    def test_a_folder_inside_a_trusted_one_needs_no_location(self, machine, folder):
        go(machine, folder)
        below = folder / "三年级"
        below.mkdir()
        keys = machine.registry.snapshot()
        go(machine, below)
        assert machine.registry.snapshot() == keys

    def test_several_folders_get_a_location_each(self, machine, tmp_path):
        folders = [tmp_path / name for name in ("甲", "乙")]
        for f in folders:
            f.mkdir()
        go(machine, *folders)
        assert len(machine.registry.subkeys(USER, LOCATIONS)) == 3

    def test_the_newest_office_is_the_one_that_is_set(self, tmp_path, folder):
        old = FakeRegistry({(USER, r"Software\Microsoft\Office\9.0\Excel"): {}})
        machine = computer(tmp_path, "win32", excel=True, registry=old)
        go(machine, folder)
        assert machine.registry.subkeys(USER, LOCATIONS) == ["Location0"]

    def test_an_add_in_that_excel_holds_open_is_an_error_and_the_rest_is_done(self, machine, monkeypatch, capsys):
        from xlbangfu.install import changes

        write = changes._write

        def held(path, *rest):
            if path.suffix == ".xlam":
                raise PermissionError(13, "in use", str(path))
            write(path, *rest)

        monkeypatch.setattr(changes, "_write", held)
        assert go(machine) == 1
        answer = said(capsys)
        assert answer["issues"][0]["level"] == "错误"
        assert "退出 Excel" in answer["issues"][0]["message"]
        assert machine.launcher.exists()
        monkeypatch.undo()
        nothing_standard(monkeypatch)
        assert go(machine) == 0

    def test_a_name_that_the_code_page_lacks_is_refused_before_anything_is_written(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr("locale.getencoding", lambda: "cp1252")
        machine = computer(tmp_path, "win32", excel=True)
        files = tree(machine.home)
        assert go(machine) == 3
        assert "英文文件夹" in said(capsys)["message"]
        assert tree(machine.home) == files


class TestExcelOnTheMac:
    def test_gets_add_in_script_and_settings_where_excel_for_mac_looks(self, tmp_path, folder):
        machine = computer(tmp_path, "darwin", excel=True)
        go(machine, folder)
        library = machine.home / "Library"
        made = {p.name: p for p in library.rglob("*") if p.is_file()}
        assert set(made) == {"xlwings.xlam", "xlwings.conf", next(n for n in made if n.endswith(".applescript"))}
        assert made["xlwings.conf"].parent == library / "Containers" / "com.microsoft.Excel" / "Data"
        assert b'"INTERPRETER_MAC"' in made["xlwings.conf"].read_bytes()


class TestTheFrozenProgram:
    """frozen.txt, which the macro reads: a line for the frozen program, and none any more once Python serves Excel."""

    @pytest.fixture
    def machine(self, tmp_path):
        return self.frozen(tmp_path)

    def frozen(self, tmp_path, platform="win32", **more):
        """xlbangfu.exe with its windowless twin beside it."""
        folder = tmp_path / "程序 文件" / "打包"
        put(folder / "xlbangfu.exe", b"")
        put(folder / "xlbangfuw.exe", b"")
        given = {"excel": True, "frozen": True, "executable": folder / "xlbangfu.exe", **more}
        return computer(tmp_path, platform, **given)

    def test_is_named_for_the_macro_in_the_code_page_of_the_computer(self, machine, monkeypatch):
        monkeypatch.setattr("locale.getencoding", lambda: "gbk")
        assert go(machine) == 0
        assert machine.frozen_note == machine.data / "frozen.txt"
        assert machine.frozen_note.read_bytes() == f"{machine.executable}\r\n".encode("gbk")
        assert b"-m" not in machine.launcher.read_bytes()

    def test_is_the_one_with_a_console_whichever_was_asked_to_install(self, tmp_path, machine):
        go(self.frozen(tmp_path, executable=machine.executable.with_name("xlbangfuw.exe")))
        assert machine.frozen_note.read_bytes().endswith(b"xlbangfu.exe\r\n")

    def test_lies_where_the_macro_looks_whatever_the_data_folder_is(self, tmp_path):
        machine = self.frozen(tmp_path, environ={"LOCALAPPDATA": str(tmp_path / "Local")})
        go(machine)
        assert (tmp_path / "Local" / "xlbangfu" / "frozen.txt").exists()
        assert not (machine.data / "frozen.txt").exists()
        back(machine)
        assert not (tmp_path / "Local").exists()

    def test_needs_the_add_in_but_no_settings_of_an_interpreter(self, machine, capsys):
        go(machine)
        assert (machine.xlstart / "xlwings.xlam").exists()
        assert not machine.xlwings_conf.exists()
        assert "用不到解释器" in str(said(capsys)["rows"])

    def test_is_undone_to_the_last_byte_and_twice_is_once(self, machine, capsys):
        put(machine.frozen_note, b"D:\\another.exe")
        files = tree(machine.home)
        go(machine)
        capsys.readouterr()
        assert go(machine) == 0
        assert "没有要改的" in said(capsys)["message"]
        back(machine)
        assert tree(machine.home) == files

    def test_doctor_says_whether_excel_starts_it(self, machine):
        assert self.row(machine).state == "提醒"
        go(machine)
        assert (self.row(machine).state, self.row(machine).found) == ("正常", str(machine.executable))
        machine.frozen_note.write_bytes(b"D:\\old.exe\r\n")
        assert not self.row(machine).works
        assert "D:\\old.exe" in self.row(machine).found

    @staticmethod
    def row(machine):
        return next(f for f in examine(machine) if f.item == "Excel 启动的程序")

    def test_gives_way_to_a_python_that_is_installed_later(self, tmp_path, machine):
        files = tree(machine.home)
        go(machine)
        python = computer(tmp_path, "win32", excel=True)
        row = self.row(python)
        assert (row.works, row.mend) == (False, "请运行：xlbangfu install")
        assert go(python, plan=True) == 0
        assert machine.frozen_note.exists()
        assert go(python) == 0
        assert not machine.frozen_note.exists()
        assert python.xlwings_conf.exists()
        assert self.row(python).state == "不适用"
        assert go(machine) == 0
        assert machine.frozen_note.exists()
        assert back(python) == 0
        assert tree(machine.home) == files

    @pytest.mark.parametrize("before", [b"D:\\\xcd\xf5\\x.exe\r\n", b""])
    def test_of_somebody_else_is_only_named(self, tmp_path, before, capsys):
        python = computer(tmp_path, "win32", excel=True)
        put(python.frozen_note, before)
        assert go(python) == 0
        rows = said(capsys)["rows"]
        assert [r["state"] for r in rows if r["step"] == "Excel 启动的程序"] == ["未改"]
        assert self.row(python).state == "提醒"
        assert str(python.frozen_note) in self.row(python).mend
        assert python.frozen_note.read_bytes() == before

    def test_that_a_person_pointed_elsewhere_is_somebody_elses(self, tmp_path, machine):
        go(machine)
        machine.frozen_note.write_bytes(b"D:\\mine.exe\r\n")
        go(computer(tmp_path, "win32", excel=True))
        assert machine.frozen_note.read_bytes() == b"D:\\mine.exe\r\n"

    def test_that_was_written_again_after_it_was_removed_stays(self, tmp_path, machine, capsys):
        go(machine)
        python = computer(tmp_path, "win32", excel=True)
        go(python)
        machine.frozen_note.write_bytes(b"D:\\mine.exe\r\n")
        back(python)
        assert machine.frozen_note.read_bytes() == b"D:\\mine.exe\r\n"
        assert str(machine.frozen_note) in str(said(capsys)["issues"])

    def test_at_a_path_that_the_code_page_lacks_is_refused(self, machine, monkeypatch, capsys):
        monkeypatch.setattr("locale.getencoding", lambda: "cp1252")
        assert go(machine) == 3
        assert "英文文件夹" in said(capsys)["message"]

    @pytest.mark.parametrize(("platform", "word"), [("darwin", "装 Python 版"), ("linux", "没有找到 Excel")])
    def test_is_for_windows_only(self, tmp_path, platform, word, capsys):
        machine = self.frozen(tmp_path, platform, excel=platform == "darwin")
        go(machine)
        assert not machine.frozen_note.exists()
        rows = said(capsys)["rows"]
        assert [word in r["message"] for r in rows if r["step"] == "Excel 启动的程序"] == [True]

    def test_cannot_stay_between_clicks(self, machine, capsys):
        assert go(machine, keep_alive=True) == 3
        assert "--keep-alive" in said(capsys)["message"]
        assert not machine.data.exists()


class TestTheMenuOfLibreOffice:
    def test_replaces_an_older_one_and_goes_at_uninstall(self, tmp_path):
        machine = computer(tmp_path, office=True)
        menu = machine.office_profile / "user" / "uno_packages" / "menu"
        put(menu, b"0.0.1")
        go(machine)
        assert menu.read_text() == __version__
        back(machine)
        assert not menu.exists()

    def test_that_somebody_else_installed_in_this_version_stays(self, tmp_path):
        machine = computer(tmp_path, office=True)
        machine.menu.install_extension(Path("soffice"), machine.office_profile)
        files = tree(machine.home)
        go(machine)
        back(machine)
        assert tree(machine.home) == files

    def test_refused_by_unopkg_is_told_and_the_rest_is_done(self, tmp_path, folder, capsys):
        machine = computer(tmp_path, office=True, menu=FakeMenu("LibreOffice 不允许用 root 身份安装菜单。"))
        assert go(machine, folder) == 0
        rows = {r["step"]: r for r in said(capsys)["rows"]}
        assert (rows["LibreOffice 菜单"]["state"], "root" in rows["LibreOffice 菜单"]["message"]) == ("未改", True)
        assert rows["LibreOffice 可信任文件夹"]["state"] == "已改"

    def test_that_does_not_go_in_is_an_error_and_the_rest_is_done(self, tmp_path, folder, monkeypatch, capsys):
        def full(*_: object):
            raise MenuError("菜单装不进 LibreOffice。")

        machine = computer(tmp_path, office=True)
        monkeypatch.setattr(machine.menu, "install_extension", full)
        assert go(machine, folder) == 1
        assert said(capsys)["issues"][0]["message"] == "LibreOffice 菜单：菜单装不进 LibreOffice。"
        assert machine.launcher.exists()
        assert back(machine) == 0

    @pytest.mark.parametrize("gone", ["LibreOffice", "the profile"])
    def test_needs_no_undoing_where_its_libreoffice_is_gone(self, tmp_path, gone):
        machine = computer(tmp_path, office=True)
        go(machine)
        if gone == "LibreOffice":
            (tmp_path / "程序 文件" / "soffice").unlink()
        else:
            shutil.rmtree(machine.office_profile)
        assert back(machine) == 0
        assert not machine.data.exists()

    @pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for unopkg is a shell script")
    def test_is_asked_of_unopkg_with_the_profile_whose_folders_are_trusted(self, tmp_path, monkeypatch):
        from xlbangfu import menu

        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        monkeypatch.setattr("xlbangfu.install.running.profile_user", lambda profile: "")
        machine, told = computer(tmp_path, office=True, menu=menu), tmp_path / "told"
        unopkg = tmp_path / "程序 文件" / "unopkg"
        unopkg.write_text(f"""#!/bin/sh
echo "$1 $2" >> '{told}'
case $1 in
  add) echo "Identifier: {menu.IDENTIFIER}\nVersion: {__version__}" > '{tmp_path}/there';;
  remove) rm '{tmp_path}/there';;
  list) cat '{tmp_path}/there';;
esac
""")
        unopkg.chmod(0o755)
        assert go(machine, plan=True) == 0
        assert not told.exists()  # nobody asks about a profile that is not there: the answer would make one
        assert go(machine) == 0
        (machine.office_profile / "user" / "uno_packages").mkdir(parents=True)
        assert go(machine) == 0
        assert back(machine) == 0
        profile = f"-env:UserInstallation={machine.office_profile.as_uri()}"
        assert told.read_text().splitlines() == [
            f"{verb} {profile}" for verb in ("add", "list", "list", "list", "remove")
        ]


class TestRefusals:
    @pytest.mark.parametrize("name", [".", "Downloads", "下载", "..", "/"])
    def test_a_folder_that_is_too_wide_to_trust(self, tmp_path, name, capsys):
        machine = computer(tmp_path, office=True)
        (machine.home / name).mkdir(exist_ok=True)
        files = tree(tmp_path)
        assert go(machine, machine.home / name) == 3
        answer = said(capsys)
        assert (answer["ok"], "太宽" in answer["message"]) == (False, True)
        assert tree(tmp_path) == files

    def test_a_folder_that_is_not_there(self, tmp_path, capsys):
        assert go(computer(tmp_path), tmp_path / "没有") == 3
        assert "没有这个文件夹" in said(capsys)["message"]

    def test_libreoffice_runs(self, tmp_path, folder, capsys):
        machine = computer(tmp_path, office=True, busy=lambda profile: "正在运行的 LibreOffice")
        files = tree(tmp_path)
        assert go(machine, folder) == 3
        assert "请先退出 LibreOffice" in said(capsys)["message"]
        assert tree(tmp_path) == files
        assert go(machine) == 3  # the menu too has to wait
        go(computer(tmp_path, office=True))
        assert go(machine) == 0  # without a folder there is nothing left to change in LibreOffice

    def test_libreoffice_runs_at_uninstall(self, tmp_path, folder):
        go(computer(tmp_path, office=True), folder)
        files = tree(tmp_path)
        assert back(computer(tmp_path, office=True, busy=lambda profile: "正在运行的 LibreOffice")) == 3
        assert tree(tmp_path) == files

    @pytest.mark.parametrize("data", [b"<oor:items", b"\xff\xfe", b"<a/>"])
    def test_settings_of_libreoffice_in_an_unknown_form(self, tmp_path, folder, data, capsys):
        machine = computer(tmp_path, office=True)
        put(machine.office_settings, data)
        files = tree(tmp_path)
        assert go(machine, folder) == 3
        assert "宏安全性" in said(capsys)["message"]
        assert tree(tmp_path) == files

    @pytest.mark.parametrize("data", [b"{", b"[]", b'{"format": 99, "changes": [], "made": []}'])
    def test_a_receipt_that_cannot_be_read(self, tmp_path, data):
        machine = computer(tmp_path)
        put(machine.data / "install.json", data)
        assert go(machine) == 3
        assert back(machine) == 3
        assert (machine.data / "install.json").read_bytes() == data

    def test_a_receipt_of_another_version_with_an_unknown_step(self, tmp_path, capsys):
        machine = computer(tmp_path)
        put(
            machine.data / "install.json",
            json.dumps({"format": 1, "made": [], "changes": [{"step": "new", "kind": "file"}]}).encode(),
        )
        assert back(machine) == 3
        assert "new" in said(capsys)["message"]


class TestWhatChangedMeanwhile:
    def test_a_changed_file_stays_and_is_named(self, tmp_path, capsys):
        machine = computer(tmp_path)
        go(machine)
        machine.launcher.write_bytes(b"mine now")
        assert back(machine) == 0
        answer = said(capsys)
        assert answer["rows"][0]["state"] == "保留"
        assert str(machine.launcher) in answer["issues"][0]["message"]
        assert tree(machine.data) == {"xlbangfu": (b"mine now", machine.launcher.stat().st_mode)}

    def test_a_setting_that_a_person_changed_stays_and_the_rest_goes(self, tmp_path):
        machine = used(computer(tmp_path, "win32", excel=True))
        go(machine)
        text = machine.xlwings_conf.read_bytes()
        machine.xlwings_conf.write_bytes(text.replace(b'"SHOW CONSOLE","FALSE"', b'"SHOW CONSOLE","TRUE"'))
        back(machine)
        assert machine.xlwings_conf.read_bytes() == b'"SHOW CONSOLE","TRUE"\r\n' + FOREIGN_CONF

    def test_a_setting_that_a_person_added_stays(self, tmp_path):
        machine = computer(tmp_path, "win32", excel=True)
        go(machine)
        with machine.xlwings_conf.open("ab") as file:
            file.write(b'"PYTHONPATH","D:\\y"\r\n')
        back(machine)
        assert machine.xlwings_conf.read_bytes() == b'"PYTHONPATH","D:\\y"\r\n'

    def test_a_location_that_a_person_changed_stays(self, tmp_path, folder):
        machine = computer(tmp_path, "win32", excel=True)
        go(machine, folder)
        machine.registry.keys[USER, rf"{LOCATIONS}\Location0"]["Path"] = "D:\\"
        back(machine)
        assert machine.registry.exists(USER, rf"{LOCATIONS}\Location0")

    def test_what_is_gone_already_is_no_error(self, tmp_path, folder):
        machine = computer(tmp_path, "win32", excel=True, office=True)
        go(machine, folder)
        for path in (machine.launcher, machine.xlwings_conf, machine.office_settings, machine.xlstart / "xlwings.xlam"):
            path.unlink()
        for key in [k for k in machine.registry.keys if "Location0" in k[1]]:
            del machine.registry.keys[key]
        assert back(machine) == 0
        assert not machine.data.exists()

    def test_what_cannot_be_undone_now_stays_in_the_receipt(self, tmp_path, monkeypatch, capsys):
        machine = computer(tmp_path)
        files = tree(machine.home)
        go(machine)

        def held(path):
            raise PermissionError(13, "in use", str(path))

        with monkeypatch.context() as patch:
            patch.setattr("xlbangfu.install.changes.remove_file", held)
            assert back(machine) == 1
        assert "再运行一次" in said(capsys)["message"]
        assert back(machine) == 0
        assert tree(machine.home) == files


class TestUninstall:
    def test_without_a_receipt_there_is_nothing_to_undo(self, tmp_path, capsys):
        machine = computer(tmp_path)
        assert back(machine) == 0
        assert "没有要撤销的" in said(capsys)["message"]

    def test_takes_a_launcher_of_ours_away_even_without_a_receipt(self, tmp_path):
        machine = computer(tmp_path)
        go(machine)
        (machine.data / "install.json").unlink()
        back(machine)
        assert not machine.launcher.exists()

    def test_keeps_undo_and_log_unless_everything_goes(self, tmp_path, capsys):
        machine = computer(tmp_path)
        go(machine)
        put(machine.data / "undo" / "甲", b"1")
        put(machine.data / "log" / "xlbangfu.log", b"2")
        back(machine)
        assert set(tree(machine.data)) == {"undo", "undo/甲", "log", "log/xlbangfu.log"}
        assert back(machine, everything=True, plan=True) == 0
        assert said(capsys)["counts"]["changes"] == 2
        assert machine.data.exists()
        assert back(machine, everything=True) == 0
        assert not machine.data.exists()


class TestWhatAPersonReads:
    def test_install_says_what_was_done_and_how_to_undo_it(self, tmp_path, capsys):
        install([], keep_alive=False, plan=False, as_json=False, machine=computer(tmp_path, office=True))
        out = capsys.readouterr().out
        assert "xlbangfu doctor" in out and "xlbangfu uninstall" in out
        assert "--folder" in out  # no folder was given: the macros will be stopped
        assert "没有找到 Excel" in out

    def test_a_refusal_goes_to_standard_error(self, tmp_path, capsys):
        install([tmp_path / "没有"], keep_alive=False, plan=False, as_json=False, machine=computer(tmp_path))
        shown = capsys.readouterr()
        assert (shown.out, "什么都没有改" in shown.err) == ("", True)

    def test_the_public_commands_use_this_computer(self, tmp_path, monkeypatch, capsys):
        home = tmp_path / "家"
        home.mkdir()
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("XLBANGFU_DATA", str(home / "数据"))
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
        monkeypatch.setenv("PATH", "")  # no soffice: it would leave a profile behind
        assert room.install_command([], keep_alive=False, plan=False, as_json=True) == 0
        assert (home / "数据" / "install.json").exists()
        assert room.uninstall_command(everything=False, plan=False, as_json=True) == 0
        assert tree(home) == {}
