"""The menu 「学困生帮扶」: the extension as a file, and in a real LibreOffice with the mouse."""

from __future__ import annotations

import io
import multiprocessing
import os
import shlex
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from window import Window, needs_window, what_is_missing
from xlbangfu import __version__
from xlbangfu.actions.catalogue import ACTIONS, RIBBON_GROUPS
from xlbangfu.menu import (
    IDENTIFIER,
    MenuError,
    build_extension,
    extension_version_installed,
    install_extension,
    remove_extension,
    unopkg,
)
from xlbangfu.menu.basic import (
    BOTH_QUOTES,
    LIBRARY,
    MODULE,
    NO_LAUNCHER,
    NO_WORKBOOK,
    NOT_SAVED,
    TITLE,
    available_actions,
    basic_source,
    macro_url,
    sub_name,
)
from xlbangfu.menu.extension import CALC, extension_parts
from xlbangfu.workbook.template import template_path
from xlbangfu.workbook.template.ribbon import LARGE

OOR = "{http://openoffice.org/2001/registry}"
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for unopkg is a shell script")


def parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(build_extension())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def child(node: ET.Element, name: str) -> ET.Element:
    return next(n for n in node if n.get(f"{OOR}name") == name)


def value(node: ET.Element, name: str) -> str:
    """The value of a property, the Chinese one where there are several."""
    values = child(node, name).findall("value")
    return values[-1].text or ""


def addon(kind: str) -> ET.Element:
    """Our own node in OfficeMenuBar or OfficeToolBar."""
    root = ET.fromstring(parts()["Addons.xcu"])
    return child(child(child(root, "AddonUI"), kind), IDENTIFIER)


class TestTheFile:
    def test_has_these_parts_all_of_them_xml(self):
        found = parts()
        assert set(found) == {
            "META-INF/manifest.xml", "description.xml", "Addons.xcu", "CalcWindowState.xcu",
            f"{LIBRARY}/script.xlb", f"{LIBRARY}/dialog.xlb", f"{LIBRARY}/{MODULE}.xba",
        }  # fmt: skip
        for text in found.values():
            ET.fromstring(text)

    def test_is_the_same_every_time(self):
        assert build_extension() == build_extension()
        with zipfile.ZipFile(io.BytesIO(build_extension())) as archive:
            assert {e.date_time for e in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}

    def test_the_manifest_names_parts_that_are_there(self):
        space = "{http://openoffice.org/2001/manifest}"
        named = [e.get(f"{space}full-path") for e in ET.fromstring(parts()["META-INF/manifest.xml"])]
        assert all(any(name.startswith(path) for name in parts()) for path in named)
        assert len(named) == 3

    def test_says_which_version_it_is(self):
        space = "{http://openoffice.org/extensions/description/2006}"
        root = ET.fromstring(parts()["description.xml"])
        assert root.find(f"{space}identifier").get("value") == IDENTIFIER
        assert root.find(f"{space}version").get("value") == __version__
        assert root.find(f"{space}display-name/{space}name").text == TITLE

    def test_no_path_of_the_machine_that_built_it(self):
        assert str(Path.home()).encode() not in build_extension()
        assert str(Path(__file__).parents[1]).encode() not in build_extension()


class TestTheMenu:
    def test_has_every_available_action_once_in_its_group(self):
        found = {
            value(group, "Title"): [(value(e, "Title"), value(e, "URL")) for e in child(group, "Submenu")]
            for group in child(addon("OfficeMenuBar"), "Submenu")
        }
        wanted = {g: [(a.label, macro_url(a)) for a in ACTIONS if a.group == g and a.available] for g in RIBBON_GROUPS}
        assert found == {group: entries for group, entries in wanted.items() if entries}

    def test_stands_in_calc_only(self):
        for node in addon("OfficeMenuBar").iter("node"):
            if any(p.get(f"{OOR}name") == "Title" for p in node.findall("prop")):
                assert value(node, "Context") == CALC

    def test_its_node_names_keep_the_order(self):
        for submenu in addon("OfficeMenuBar").iter("node"):
            if submenu.get(f"{OOR}name") == "Submenu":
                names = [n.get(f"{OOR}name") for n in submenu]
                assert names == sorted(set(names))

    def test_is_called_by_its_name(self):
        assert value(addon("OfficeMenuBar"), "Title") == TITLE

    def test_the_toolbar_has_the_most_used_ones(self):
        assert [value(e, "URL") for e in addon("OfficeToolBar")] == [
            macro_url(a) for a in ACTIONS if a.available and a.id in LARGE
        ]


class TestTheMacros:
    def test_one_sub_for_each_address(self):
        subs = Counter(line.split("(")[0][4:] for line in basic_source().splitlines() if line.startswith("Sub "))
        assert subs == Counter(sub_name(a) for a in available_actions())
        for action in available_actions():
            assert f'Sub {sub_name(action)}()\n    RunAction("{action.id}")\nEnd Sub\n' in basic_source()

    def test_the_module_carries_the_source_unchanged(self):
        root = ET.fromstring(parts()[f"{LIBRARY}/{MODULE}.xba"])
        assert root.text == basic_source()
        space = "{http://openoffice.org/2000/script}"
        assert root.get(f"{space}name") == MODULE

    def test_the_library_lists_the_module(self):
        space = "{http://openoffice.org/2000/library}"
        root = ET.fromstring(parts()[f"{LIBRARY}/script.xlb"])
        assert root.get(f"{space}name") == LIBRARY
        assert [e.get(f"{space}name") for e in root] == [MODULE]
        assert len(ET.fromstring(parts()[f"{LIBRARY}/dialog.xlb"])) == 0

    def test_every_block_is_closed(self):
        words = Counter(line.split("(")[0].split(" ")[0] for line in basic_source().splitlines())
        source = basic_source()
        assert words["Sub"] + source.count("Private Sub ") == source.count("End Sub")
        assert source.count("Private Function ") == source.count("End Function")

    def test_parts_are_text_from_the_catalogue_alone(self):
        assert {n: t.encode() for n, t in extension_parts().items()} == parts()


# ---- unopkg, by a stand-in ----


def office(folder: Path, script: str) -> Path:
    """A LibreOffice folder whose unopkg is this shell script; the program soffice in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("soffice", "exit 0"), ("unopkg", script)):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder / "soffice"


@pytest.fixture
def somebody(monkeypatch):
    """Not root, and nobody runs LibreOffice."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr("xlbangfu.install.running.profile_user", lambda profile: "")


@posix_only
@pytest.mark.usefixtures("somebody")
class TestUnopkg:
    def test_adds_the_package_to_the_named_profile(self, tmp_path):
        told = tmp_path / "told"
        soffice = office(tmp_path / "program", f'printf "%s\\n" "$@" > {told}; cp "$5" {tmp_path}/got.oxt')
        install_extension(soffice, tmp_path / "配置 一")
        words = told.read_text(encoding="utf-8").splitlines()
        assert words[:4] == [
            "add", f"-env:UserInstallation={(tmp_path / '配置 一').as_uri()}", "--force", "--suppress-license",
        ]  # fmt: skip
        assert (tmp_path / "got.oxt").read_bytes() == build_extension()
        assert not Path(words[4]).exists()

    def test_without_a_profile_it_is_the_users_own(self, tmp_path):
        told = tmp_path / "told"
        soffice = office(tmp_path / "program", f'echo "$@" > {told}')
        assert extension_version_installed(soffice) is None
        assert told.read_text().strip() == "list"

    def test_is_found_beside_what_soffice_is_a_link_to(self, tmp_path):
        soffice = office(tmp_path / "program", "echo Identifier: org.xlbangfu.menu; echo ' Version: 1.2.3'")
        link = tmp_path / "bin" / "soffice"
        link.parent.mkdir()
        link.symlink_to(soffice)
        assert extension_version_installed(link) == "1.2.3"

    def test_removes_only_what_is_there(self, tmp_path):
        soffice = office(tmp_path / "program", f'echo "$@" >> {tmp_path}/told')
        assert remove_extension(soffice) is False
        soffice = office(
            tmp_path / "program",
            f'echo "$@" >> {tmp_path}/told; test $1 = list && echo Identifier: {IDENTIFIER} && echo Version: 1; exit 0',
        )
        assert remove_extension(soffice) is True
        assert (tmp_path / "told").read_text().splitlines() == ["list", "list", f"remove {IDENTIFIER}"]

    def test_a_failure_is_a_chinese_sentence_with_its_own_words_apart(self, tmp_path):
        soffice = office(tmp_path / "program", "echo ERROR: no space >&2; exit 1")
        with pytest.raises(MenuError, match=r"菜单装不进 LibreOffice.*请退出 LibreOffice") as caught:
            install_extension(soffice, tmp_path / "p")
        assert caught.value.detail == "ERROR: no space"

    def test_one_that_hangs_is_given_up(self, tmp_path, monkeypatch):
        monkeypatch.setattr(unopkg, "SECONDS", 0.2)
        with pytest.raises(MenuError, match=r"超过 0\.2 秒"):
            extension_version_installed(office(tmp_path / "program", "exec sleep 30"))

    def test_a_missing_one_is_named(self, tmp_path):
        with pytest.raises(MenuError, match="没有找到 LibreOffice 的 unopkg"):
            install_extension(tmp_path / "soffice")

    def test_one_that_does_not_start_is_named(self, tmp_path):
        soffice = office(tmp_path / "program", "")
        (tmp_path / "program" / "unopkg").chmod(0o644)
        with pytest.raises(MenuError, match="启动不了"):
            extension_version_installed(soffice)

    def test_not_while_libreoffice_runs(self, tmp_path, monkeypatch):
        asked = []
        monkeypatch.setattr(
            "xlbangfu.install.running.profile_user", lambda profile: asked.append(profile) or "正在运行的 LibreOffice"
        )
        soffice = office(tmp_path / "program", f"touch {tmp_path}/ran")
        for change in (install_extension, remove_extension):
            with pytest.raises(MenuError, match=r"正在运行的 LibreOffice正在使用.*请先退出"):
                change(soffice, tmp_path / "p")
        assert asked == [tmp_path / "p"] * 2
        assert not (tmp_path / "ran").exists()

    def test_not_as_root(self, tmp_path, monkeypatch):
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        with pytest.raises(MenuError, match="root"):
            install_extension(office(tmp_path / "program", ""))


# ---- in a real LibreOffice ----

NOBODY = 65534


def _become(user: int, home: str) -> None:
    os.environ["HOME"] = home
    if os.geteuid() == 0:  # unopkg refuses root, as whom tests often run in a container
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


@pytest.fixture(scope="module")
def own_folder() -> Iterator[Path]:
    """A folder that an account other than root may enter and write."""
    folder = Path(tempfile.mkdtemp(prefix="xlbangfu-menu-"))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


Teacher = Callable[..., Any]


@pytest.fixture(scope="module")
def teacher(own_folder) -> Iterator[Teacher]:
    """Calls a function as an account that is not root."""
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, fork, _become, (NOBODY, str(own_folder))) as account:
        yield lambda work, *given: account.submit(work, *given).result(120)


def the_office() -> Path:
    found = shutil.which("soffice")
    assert found
    return Path(found)


needs_unopkg = pytest.mark.skipif(
    not what_is_missing() and not (the_office().resolve().parent / "unopkg").exists(), reason="no unopkg beside soffice"
)


@pytest.fixture(scope="module")
def profile(own_folder, teacher) -> Path:
    """A profile with the menu in it."""
    teacher(install_extension, the_office(), own_folder / "profile")
    return own_folder / "profile"


@needs_window
@needs_unopkg
@pytest.mark.xdist_group("window")
class TestInstalling:
    def test_goes_in_again_and_out(self, own_folder, teacher):
        here = (the_office(), own_folder / "另一个 profile")
        assert teacher(extension_version_installed, *here) is None
        teacher(install_extension, *here)
        teacher(install_extension, *here)
        assert teacher(extension_version_installed, *here) == __version__
        assert teacher(remove_extension, *here) is True
        assert teacher(remove_extension, *here) is False
        assert teacher(extension_version_installed, *here) is None


class Desk:
    """A window with the menu, and what the stub launcher was told."""

    def __init__(self, window: Window, told: Path) -> None:
        self.window, self.told = window, told

    def words_after(self, press: Callable[[], None]) -> list[str]:
        self.told.unlink(missing_ok=True)
        press()
        self.window.wait(self.told.exists, "the stub's file")
        return self.told.read_text(encoding="utf-8").splitlines()

    def words_of_menu(self, *path: str) -> list[str]:
        return self.words_after(lambda: self.window.menu(TITLE, *path))

    def sentence_after_menu(self) -> str:
        """What a message box says after the click; it is closed again, and nothing was started."""
        self.told.unlink(missing_ok=True)
        self.window.menu(TITLE, "识别", "识别学困生")
        text = self.window.wait_dialog().text
        self.window.press_in_dialog("OK")
        assert not self.told.exists()
        return text


def stub_launcher(launcher: Path) -> Path:
    """A launcher that writes its arguments into a file, one a line; that file."""
    launcher.parent.mkdir(parents=True, exist_ok=True)
    told = launcher.with_name("told.txt")
    made = shlex.quote(str(told))
    launcher.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {made}.new && mv {made}.new {made}\n', encoding="utf-8")
    launcher.chmod(0o755)
    return told


@pytest.fixture(scope="module")
def desk(profile, tmp_path_factory) -> Iterator[Desk]:
    """The template in a window with the menu; macros of documents are switched off."""
    data = tmp_path_factory.mktemp("李 老师")
    told = stub_launcher(data / "xlbangfu")
    with Window(template_path(), profile=profile, environment={"XLBANGFU_DATA": str(data)}, macros=False) as window:
        yield Desk(window, told)


@needs_window
@needs_unopkg
@pytest.mark.xdist_group("window")
class TestInTheWindow:
    def test_the_menu_stands_in_the_menu_bar_with_every_action(self, desk):
        assert TITLE in desk.window.menu_items()
        wanted = {g: [a.label for a in ACTIONS if a.group == g and a.available] for g in RIBBON_GROUPS}
        wanted = {group: labels for group, labels in wanted.items() if labels}
        assert [plain(t) for t in desk.window.menu_items(TITLE)] == list(wanted)
        for group, labels in wanted.items():
            assert [plain(t) for t in desk.window.menu_items(TITLE, group)] == labels

    def test_a_click_starts_the_launcher_although_document_macros_are_off(self, desk):
        assert desk.words_of_menu("识别", "识别学困生") == ["click", "screen", str(desk.window.path)]
        assert desk.window.status() == desk.window.named("XB_SAY_RUNNING").text

    def test_the_toolbar_does_the_same(self, desk):
        assert desk.window.tools(TITLE) == [a.label for a in ACTIONS if a.available and a.id in LARGE]
        words = desk.words_after(lambda: desk.window.click_tool(TITLE, "起草计划"))
        assert words == ["click", "plan", str(desk.window.path)]

    def test_it_looks_as_it_should(self, desk):
        with desk.window.menu_open(TITLE, "准备"):
            shot = desk.window.screenshot("menu")
        assert shot.stat().st_size > 10_000

    def test_it_still_works_after_libreoffice_has_saved_the_workbook(self, desk, tmp_path):
        saved = tmp_path / "由 LibreOffice 保存.xlsm"
        assert desk.window.save_as(saved, aside=True)
        with opened(desk, saved):
            assert desk.words_of_menu("识别", "识别学困生") == ["click", "screen", str(saved)]

    @pytest.mark.parametrize("name", ['三年级 "2"班.xlsm', "O'Brien 的班.xlsm", "100%#1 & $(x) `y`.xlsm"])
    def test_any_name_arrives_as_it_is(self, desk, tmp_path, name):
        path = shutil.copy(template_path(), tmp_path / name)
        with opened(desk, path):
            assert desk.words_of_menu("评估", "计算转化率") == ["click", "convert", str(path)]

    def test_a_name_that_no_command_line_can_carry_is_refused(self, desk, tmp_path):
        with opened(desk, shutil.copy(template_path(), tmp_path / "'\".xlsm")):
            assert desk.sentence_after_menu() == BOTH_QUOTES
            assert "就绪" in desk.window.status()

    def test_another_workbook_is_no_class_workbook(self, desk):
        with opened(desk, None):
            assert desk.sentence_after_menu() == NO_WORKBOOK

    def test_one_that_was_never_saved_has_to_be_saved_first(self, desk, tmp_path):
        plain_book = tmp_path / "无宏.xlsx"  # a template without macros opens without a question
        assert desk.window.save_as(plain_book, aside=True)
        with opened(desk, plain_book, as_template=True):
            assert desk.sentence_after_menu() == NOT_SAVED

    def test_without_a_launcher_it_says_what_to_do(self, desk):
        launcher = desk.told.with_name("xlbangfu")
        away = launcher.rename(launcher.with_name("away"))
        try:
            before = desk.window.status()
            assert desk.sentence_after_menu() == NO_LAUNCHER
            assert desk.window.status() == before
        finally:
            away.rename(launcher)

    def test_the_launcher_of_the_persons_own_folder_comes_after_the_named_one(self, desk):
        launcher = desk.told.with_name("xlbangfu")
        told = stub_launcher(desk.window.home / ".local" / "share" / "xlbangfu" / "xlbangfu")
        assert desk.words_of_menu("其他", "诊断")[:2] == ["click", "doctor"]
        assert not told.exists()
        away = launcher.rename(launcher.with_name("away"))
        try:
            assert Desk(desk.window, told).words_of_menu("其他", "诊断")[:2] == ["click", "doctor"]
        finally:
            away.rename(launcher)
            shutil.rmtree(desk.window.home / ".local")


def plain(entry: str) -> str:
    """A menu's entry without the letter that LibreOffice adds for the keyboard: 识别(B)."""
    return entry[:-3] if entry.endswith(")") and entry[-3] == "(" else entry


class opened:
    """One more workbook in the desk's window, for the time of a `with`."""

    def __init__(self, desk: Desk, path: Path | None, *, as_template: bool = False) -> None:
        self.window, self.path, self.as_template = desk.window, path, as_template

    def __enter__(self) -> None:
        self.window.open(self.path, as_template=self.as_template)

    def __exit__(self, *_: object) -> None:
        for dialog in self.window.dialogs():
            self.window.press_in_dialog(next(iter(dialog.buttons)))
        self.window.close_document()
        self.window.look_at(self.window.path)
