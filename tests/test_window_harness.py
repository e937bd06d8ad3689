"""The window of tests/window.py does what the hand of a teacher does: mouse, keys, dialogs, menus, pictures."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from pathlib import Path

import pytest

from window import Window, WindowError, needs_window
from xlbangfu.workbook.template import template_path

pytestmark = [pytest.mark.xdist_group("window"), pytest.mark.libreoffice]


def stub_launcher(folder: Path) -> tuple[Path, Path]:
    """A launcher that writes its arguments into a file, one a line: (launcher, file)."""
    folder.mkdir(parents=True, exist_ok=True)
    launcher, told = folder / "xlbangfu", folder / "told.txt"
    made = shlex.quote(str(told))
    launcher.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {made}.new && mv {made}.new {made}\n', encoding="utf-8")
    launcher.chmod(0o755)
    return launcher, told


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """One window for the tests that leave it as they found it, and the file that the stub writes."""
    folder = tmp_path_factory.mktemp("data")
    launcher, told = stub_launcher(folder)
    with Window(template_path(), environment={"XLBANGFU_DATA": str(folder)}) as window:
        window.put_named("XB_PYTHON", str(launcher))
        yield window, told


@pytest.fixture(autouse=True)
def no_dialog_left(request):
    """A test that fails before a dialog must not fail those after it."""
    yield
    if "desk" in request.fixturenames:
        window, _ = request.getfixturevalue("desk")
        for found in window.dialogs():
            window.press_in_dialog(next(c for c in ("Cancel", "OK") if c in found.buttons))


@needs_window
class TestTheHand:
    def test_a_click_on_a_button_starts_the_launcher_with_the_action_and_the_path(self, desk):
        window, told = desk
        told.unlink(missing_ok=True)
        window.click("识别学困生")
        window.wait(told.exists, "the stub's file")
        assert told.read_text(encoding="utf-8").splitlines() == ["click", "screen", str(window.path)]
        assert "正在处理" in window.wait_status(lambda text: "正在处理" in text)

    def test_a_button_out_of_sight_is_scrolled_into_sight(self, desk):
        window, told = desk
        told.unlink(missing_ok=True)
        window.select("首页", "A400")
        window.click("导入名册")
        window.wait(told.exists, "the stub's file")
        assert told.read_text(encoding="utf-8").splitlines()[1] == "import_roster"
        assert window.uno("doc.CurrentController.Selection.AbsoluteName").endswith("$A$400")

    def test_an_unknown_button_is_named_with_those_that_are_there(self, desk):
        window, _ = desk
        with pytest.raises(WindowError, match=r"no button 不存在; there are .*识别学困生"):
            window.click("不存在")

    def test_keys_go_into_the_cell_and_are_parsed(self, desk):
        window, _ = desk
        window.type_at("观察", "X40", "87.5")
        assert window.cell("观察", "X40").value == 87.5
        window.type_at("观察", "X41", "=X40*2")
        assert window.cell("观察", "X41").value == 175
        assert window.cell("观察", "X41").formula == "=X40*2"

    def test_a_refused_value_opens_the_dialog_of_the_validity_rule(self, desk):
        window, _ = desk
        window.type_at("名册", "C2", "x")
        found = window.wait_dialog()
        assert "请从下拉框选择：男、女。" in found.text
        with pytest.raises(WindowError, match="covers the button"):
            window.click("识别学困生")
        window.press_in_dialog("OK")
        assert window.dialog() is None
        window.keys("Escape")
        assert window.cell("名册", "C2").value is None

    def test_a_menu_is_clicked_through(self, desk):
        window, _ = desk
        window.enter("观察", "X50", "甲")
        window.menu("Edit", "Undo")
        window.wait(lambda: window.cell("观察", "X50").value is None, "undo")
        assert {"File", "Edit", "Sheet"} <= set(window.menu_items())
        assert "Autofilter" in " ".join(window.menu_items("Data")).title().replace(" ", "")

    def test_a_submenu_opens(self, desk):
        window, _ = desk
        window.enter("观察", "X60", "甲")
        window.select("观察", "X60")
        window.menu("Sheet", "Insert Rows", "Rows Above")
        window.wait(lambda: window.cell("观察", "X61").value == "甲", "the new row")
        assert "Rows Below" in window.menu_items("Sheet", "Insert Rows")


@needs_window
class TestTheCells:
    def test_entered_text_is_parsed_as_typed_text(self, desk):
        window, _ = desk
        for text, value in (("测试学校", "测试学校"), ("2026/9/1", 46266.0), ("'007", "007"), ("50%", 0.5)):
            window.enter("观察", "X2", text)
            assert window.cell("观察", "X2").value == value

    def test_many_cells_equal_the_same_cells_typed_one_by_one(self, desk):
        window, _ = desk
        texts = [
            "张三",
            "12",
            "-3.5",
            "2026/9/1",
            "2026-09-01",
            "50%",
            "'007",
            "007",
            "=1+1",
            "真",
            "1e3",
            "TRUE",
            "a 1",
        ]
        texts += ["13912345678", "2班", "9月", "10:30", "(5)", "1,000", "￥5", "１２", "1 2"]
        window.enter_rows("观察", "Y2", [[text] for text in texts])
        window.enter_rows("名册", "A2", [[text] for text in texts])  # a column of texts
        for down, text in enumerate(texts, start=2):
            bulk = window.cell("观察", f"Y{down}"), window.cell("名册", f"A{down}")
            window.enter("观察", "Z2", text)
            window.enter("名册", "A1500", text)
            typed = window.cell("观察", "Z2"), window.cell("名册", "A1500")
            assert [b.value for b in bulk] == [t.value for t in typed], text

    def test_none_leaves_a_cell_and_rows_may_differ_in_length(self, desk):
        window, _ = desk
        window.enter_rows("观察", "AB2", [["甲", "1"], ["乙"], [None, 2.0]])
        window.enter_rows("观察", "AB2", [[None, "9"], ["丙"]])
        assert window.cells("观察", "AB2:AC4") == [["甲", "9"], ["丙", ""], ["", "2"]]
        assert window.values("观察", "AB2:AC4") == [["甲", 9], ["丙", ""], ["", 2]]

    def test_a_class_is_filled_in_fast(self, desk):
        window, _ = desk
        rows = [[f"20260301{i:02d}", f"测试{i}", "男", "在读"] for i in range(60)]
        start = time.monotonic()
        window.enter_rows("名册", "A100", rows)
        assert time.monotonic() - start < 2
        assert window.cells("名册", "A100:D100") == [["2026030100", "测试0", "男", "在读"]]

    def test_a_missing_sheet_is_named(self, desk):
        window, _ = desk
        with pytest.raises(WindowError, match="no sheet 无此表; there are 首页"):
            window.cell("无此表", "A1")

    def test_waiting_for_a_status_says_which_one_was_there(self, desk):
        window, _ = desk
        window.put_named("XB_STATUS", "还早")
        with pytest.raises(WindowError, match="the status is '还早'"):
            window.wait_status(lambda text: False, timeout=0.2)


PICKER = "context.ServiceManager.createInstanceWithContext('com.sun.star.ui.dialogs.{}', context)"
PICK = (  # in a thread, as the answer waits for the person
    "(lambda p: __import__('threading').Thread(target=lambda: (p.setTitle('请选择'), p.execute(), "
    "setattr(doc.NamedRanges.getByName('XB_STATUS').ReferredCells, 'String', uno.fileUrlToSystemPath({})))).start())"
    "(" + PICKER + ")"
)


@needs_window
class TestDialogs:
    def test_a_path_is_picked_in_libreoffices_own_file_dialog(self, desk, tmp_path):
        window, _ = desk
        wanted = tmp_path / "成绩 期中.xlsx"
        wanted.write_bytes(b"")
        window.uno(PICK.format("p.getSelectedFiles()[0]", "FilePicker"))
        window.pick_path(wanted)
        assert window.wait_status(lambda text: "成绩" in text) == str(wanted)

    def test_a_folder_is_picked(self, desk, tmp_path):
        window, _ = desk
        window.uno(PICK.format("p.getDirectory()", "FolderPicker"))
        window.pick_path(tmp_path)
        assert window.wait_status(lambda text: tmp_path.name in text).rstrip("/") == str(tmp_path)


@needs_window
class TestTheWindow:
    def test_a_picture_shows_the_sheet(self, desk, monkeypatch, tmp_path):
        window, _ = desk
        if "XLBANGFU_SHOTS" not in os.environ:
            monkeypatch.setenv("XLBANGFU_SHOTS", str(tmp_path))
        window.go("首页")
        time.sleep(0.3)
        shot = window.screenshot("harness-home")
        assert shot.read_bytes().startswith(b"\x89PNG")
        colours = subprocess.run(["identify", "-format", "%k", shot], capture_output=True, text=True, check=True).stdout
        assert int(colours) > 50

    def test_in_a_folder_that_is_not_trusted_a_click_starts_nothing(self, tmp_path):
        _, told = stub_launcher(tmp_path)
        with Window(template_path(), environment={"XLBANGFU_DATA": str(tmp_path)}, macros=False) as window:
            window.click("识别学困生")
            time.sleep(0.7)
            assert not told.exists()
            assert "就绪" in window.status()

    def test_a_workbook_saved_by_libreoffice_opens_again(self, desk, tmp_path):
        window, _ = desk
        window.enter("观察", "X80", "乙")
        assert window.save_as(tmp_path / "又一份.xlsm", aside=True)
        window.open(tmp_path / "又一份.xlsm")
        assert window.cell("观察", "X80").text == "乙"
        assert set(window.documents()) == {window.path, tmp_path / "又一份.xlsm"}
        window.close_document()
        window.look_at(window.path)
        window.open(None)
        assert window.cell("Sheet1", "A1").value is None
        window.close_document()
        window.look_at(window.path)
        window.click("识别学困生")

    def test_the_end_leaves_nothing(self, tmp_path):
        with Window(template_path(), folder=tmp_path / "甲 乙") as window:
            office, screen = window._running["office"].pid, window._running["screen"].pid
            assert (tmp_path / "甲 乙" / f".~lock.{window.path.name}#").exists()
            root = window._root
        assert [p.name for p in (tmp_path / "甲 乙").iterdir()] == [template_path().name]
        assert not root.exists()
        for pid in (office, screen):
            assert not Path(f"/proc/{pid}").exists()
        with pytest.raises(WindowError, match="closed"):
            window.status()

    def test_an_office_that_died_is_cleaned_up_too(self):
        window = Window(template_path())
        try:
            subprocess.run(["pkill", "-KILL", "-g", str(window._running["office"].pid)], check=True)
            with pytest.raises(WindowError):
                window.wait_status(lambda text: False, timeout=10)
        finally:
            window.close()
        assert not window._root.exists()
