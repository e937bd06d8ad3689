"""The pictures of docs/教师手册.md: a class's term clicked and typed in a real LibreOffice window, page by page.

    python tests/manual_pictures.py [FOLDER]      (make manual: into docs/pictures)

Everything in them is the demo's made-up school. Two runs give the same pictures: days are told to the program, and
what shows the clock (figures of 首页 about this month) is cropped away. Left is the size of the workbook in the file
dialog, as its 日志 tells when it was made. Printed pages need pdftoppm (poppler-utils).
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from chinese_office import chinese_profile, path_with_chinese_office
from clicked_term import ClickDesk, Clicker, School, write_launcher
from screens import Screen
from window import Window, WindowError, what_is_missing
from xlbangfu import schema
from xlbangfu.click import ask
from xlbangfu.demo import cupboard
from xlbangfu.demo import desk as story
from xlbangfu.demo.hands import Hands, row_at
from xlbangfu.demo.school import BASELINE, EXAM_DAYS, FINAL, MIDTERM, PREVIOUS, SchoolClass
from xlbangfu.documents.pdf import to_pdf
from xlbangfu.documents.places import output_folder
from xlbangfu.menu import install_extension
from xlbangfu.restricted.where import existing_file

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
RED, LINE, COLOURS, EDGE = "#D81B1B", 3, 64, 4
SIZE = (1400, 950)  # 首页 whole, down to its last buttons
STABLE_SECONDS, BLINK_SECONDS = 10.0, 1.4
FILE_DAY = datetime(2026, 9, 7, 8, 0)  # what the file dialog shows as the day of a file
DOCTOR_LINES = 12 * 15 + 7  # pixels of the lines that name no folder of this machine
NOWHERE = (1340, 500)  # an empty place of 首页: bars would show a hint
OUT_OF_SIGHT = "AZ900"
PAPER_DPI, PAPER_TOP = 72, 0.045  # of a printed page in a picture; its margin is left out
REASON = 355  # pixels: a 调整说明 is longer than its column
DRAFT_LINES = 23 * 20  # pixels of a draft, which may be longer than the screen
OPEN, OK, YES = "打开(O)", "确定(O)", "是(Y)"
NOBODY = 65534

# Boxes of a cell in every pane of the sheet in front: [pane, cell], each x, y, width, height on the screen.
_CELL = (
    "(lambda walk, box: [[box(t), box(t.getAccessibleCellAt({row}, {column}).AccessibleContext)] for t in"
    " walk(walk, doc.CurrentController.Frame.ContainerWindow.AccessibleContext)])"
    "(lambda walk, c: [c] if c.AccessibleRole == 58 else [x for k in range(c.getAccessibleChildCount())"
    " for x in walk(walk, c.getAccessibleChild(k).AccessibleContext)]"
    " if c.getAccessibleChildCount() < 60 and c.AccessibleRole not in (34, 35, 39, 57, 63) else [],"
    " lambda c: [c.LocationOnScreen.X, c.LocationOnScreen.Y, c.Size.Width, c.Size.Height])"
)
# Boxes of the open dialogs.
_DIALOGS = (
    "[[c.LocationOnScreen.X, c.LocationOnScreen.Y, c.Size.Width, c.Size.Height] for kit in"
    " [context.ServiceManager.createInstanceWithContext('com.sun.star.awt.Toolkit', context)]"
    " for w in [kit.getTopWindow(k) for k in range(kit.getTopWindowCount())] if w.isVisible()"
    " for c in [w.AccessibleContext] if c and c.AccessibleRole in (1, 12, 16, 41)]"
)
_LAST_PANE = "doc.CurrentController.getByIndex(doc.CurrentController.Count - 1)"


@dataclass(frozen=True)
class Box:
    """A part of the screen in pixels: from (left, top) to (right, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    def wider(self, by: int) -> Box:
        """The same with so many pixels more on every side."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def around(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


class TeacherWindow(Window):
    """The window with Chinese captions. Pictures of what stands in the way are taken by `on_dialog`."""

    on_dialog: Callable[[TeacherWindow], object] | None = None

    def pick_path(self, path: Path, timeout: float = 20.0) -> None:
        """Answer the file dialog, whose button has a Chinese caption."""
        self.name_in_dialog(path)
        self.press_in_dialog(OPEN, timeout)

    def name_in_dialog(self, path: Path) -> None:
        """Put the file's name into the file dialog."""
        self.wait(lambda: (top := self.dialog()) and top.fields, "a file dialog")
        self._ask("set_field", text=path.name if path.parent == self.folder else str(path))

    def _wait_document(self, path: Path, seconds: float) -> None:
        """Where macros are not allowed, LibreOffice says so first."""
        if not self.macros:
            self.wait_dialog(seconds)
            if self.on_dialog:
                self.on_dialog(self)
            self.press_in_dialog(OK)
        super()._wait_document(path, seconds)

    def xdotool(self, *words: object) -> None:
        """Keys that go to whatever has the keyboard."""
        self._xdotool(*words)


class PatientClicker(Clicker):
    """A clicker that waits until the click's program has ended: after a refusal it still goes to a cell."""

    def press(self, action_id: str, *, today: date, answers: Sequence[Callable[[], object]] = ()) -> str:
        """Click, answer, and wait for the line that every click leaves in the log when it is done."""
        before = self._done()
        said = super().press(action_id, today=today, answers=answers)
        self.window.wait(lambda: self._done() > before, f"the end of {action_id}")
        return said

    def _done(self) -> int:
        log = self.data / "log" / "xlbangfu.log"
        return log.read_text(encoding="utf-8").count("\n") if log.exists() else 0


class Camera:
    """Takes cropped pictures of a window into a folder."""

    def __init__(self, window: TeacherWindow, folder: Path) -> None:
        self.window, self.folder = window, folder
        self.screen = window.home / "camera"  # goes with the window
        self.screen.mkdir()
        self.taken: list[Path] = []

    # ---- where things are ----

    def cell(self, where: str) -> Box:
        """A cell of the sheet in front, given like "B5"."""
        letters = where.rstrip("0123456789")
        column = 0
        for letter in letters:
            column = 26 * column + ord(letter) - 64
        found = self.window.uno(_CELL.format(row=int(where[len(letters) :]) - 1, column=column - 1))
        for (px, py, pw, ph), (x, y, width, height) in found:
            if px <= x < px + pw and py <= y < py + ph:
                return Box(x, y, min(x + width, px + pw), min(y + height, py + ph))
        raise WindowError(f"{where} is not in sight")

    def cells(self, first: str, last: str) -> Box:
        """From one cell to another."""
        return self.cell(first).around(self.cell(last))

    def sheet(self) -> Box:
        """All that is seen of the sheet in front, without bars and tabs."""
        panes = [Box(x, y, x + w, y + h) for (x, y, w, h), _ in self.window.uno(_CELL.format(row=0, column=0))]
        whole = panes[0]
        for pane in panes:
            whole = whole.around(pane)
        return whole

    def button(self, caption: str) -> Box:
        """A button of 首页."""
        x, y = self.window.button(caption)
        return Box(x - 46, y - 24, x + 46, y + 24)

    def dialog(self) -> Box:
        """The open dialog; it may move once more when it has just opened."""
        last = None
        while (found := self.window.uno(_DIALOGS)) != last or not found:
            last = found
            time.sleep(0.5)
        x, y, width, height = found[0]
        return Box(x, y, x + width, y + height)

    def dialog_button(self, caption: str) -> Box:
        """A button of the open dialog."""
        x, y = self.window.wait_dialog().buttons[caption]
        return Box(x - 42, y - 14, x + 42, y + 14)

    def tab(self) -> int:
        """The bottom edge of the tabs."""
        return self.sheet().bottom + 38

    # ---- taking ----

    def take(self, name: str, part: Box, *marks: Box, blinks: bool = False) -> Path:
        """A picture of a part of the screen, with red frames. blinks: a cursor blinks in it."""
        shot = self._blinking() if blinks else self._still()
        part = Box(max(0, part.left), max(0, part.top), part.right, part.bottom)
        frames = [
            word for m in marks for word in ("-draw", f"roundrectangle {m.left},{m.top} {m.right},{m.bottom} 6,6")
        ]
        return self._keep(name, shot, part, "-fill", "none", "-stroke", RED, "-strokewidth", str(LINE), *frames)

    def paper(self, name: str, pdf: Path, share: float) -> Path:
        """A PDF's first page without its upper margin, down to a share of its height."""
        shot = self.screen / "paper"
        command = ["pdftoppm", "-r", str(PAPER_DPI), "-f", "1", "-singlefile", "-png", str(pdf), str(shot)]
        subprocess.run(command, check=True, timeout=60)
        shot = shot.with_suffix(".png")
        size = subprocess.run(
            ["identify", "-format", "%w %h", str(shot)], check=True, timeout=60, capture_output=True, text=True
        )
        width, height = map(int, size.stdout.split())
        return self._keep(name, shot, Box(0, round(PAPER_TOP * height), width, round(share * height)))

    def _keep(self, name: str, shot: Path, part: Box, *drawn: str) -> Path:
        """What is kept of a picture: a part, with few colours and no metadata."""
        path = self.folder / f"{name}.png"
        crop = f"{part.right - part.left}x{part.bottom - part.top}+{part.left}+{part.top}"
        subprocess.run(
            ["convert", str(shot), *drawn, "-crop", crop, "+repage", "-bordercolor", "#B8BEC6", "-border", "1",
             "-strip", "-dither", "None", "-colors", str(COLOURS), f"png8:{path}"],
            check=True, timeout=60,
        )  # fmt: skip
        self.taken.append(path)
        return path

    def _shoot(self, number: int) -> Path:
        path = self.screen / f"{number}.png"
        command = ["import", "-window", "root", "-strip", str(path)]
        subprocess.run(command, env=self.window._environment, check=True, timeout=60)
        return path

    def _still(self) -> Path:
        """The screen once it does not change any more."""
        end, last = time.monotonic() + STABLE_SECONDS, b""
        time.sleep(0.3)  # what a click has changed is drawn a moment later
        while True:
            path = self._shoot(0)
            now = path.read_bytes()
            if now == last or time.monotonic() > end:
                return path
            last = now
            time.sleep(0.25)

    def _blinking(self) -> Path:
        """One of the states of a screen with a blinking cursor, always the same one."""
        end = time.monotonic() + BLINK_SECONDS
        time.sleep(0.3)
        shots = []
        while time.monotonic() < end or len(shots) < 4:
            shots.append(self._shoot(len(shots)))
        return min(shots, key=lambda p: p.read_bytes())


class Pages:
    """The term, page by page of the manual. `today` moves on as the term does."""

    def __init__(self, window: TeacherWindow, school: School, data: Path, folder: Path) -> None:
        self.window, self.school = window, school
        self.clicker = PatientClicker(window, data)
        self.desk = ClickDesk(self.clicker, school.made)
        self.camera = Camera(window, folder)

    # ---- helpers ----

    def files(self, *paths: Path) -> list[Path]:
        """Put the office's files beside the workbook, where a teacher looks for them."""
        copies = []
        for path in paths:
            copies.append(Path(shutil.copyfile(path, self.window.folder / path.name)))
            set_day(copies[-1])
        return copies

    def press(self, action_id: str, today: date, *answers: Callable[[], object]) -> str:
        """Click a button of 首页."""
        return self.clicker.press(action_id, today=today, answers=answers)

    def pick(self, path: Path) -> Callable[[], None]:
        """The answer to a file dialog."""
        return lambda: self.window.pick_path(path)

    def home(self, name: str, label: str, last_row: int, *, right: bool = False, marked: Sequence[Box] = ()) -> None:
        """首页 from its title down to a row, with the button (if any is named) and the status line framed."""
        self.top()
        camera = self.camera
        last = "Q" if right else "H"
        part = camera.sheet().around(camera.cell(f"{last}{last_row}"))
        part = Box(part.left, part.top, camera.cell(f"{last}{last_row}").right + 8, camera.cell(f"B{last_row}").bottom)
        status = camera.cell("C3").around(camera.cell("H3"))
        camera.take(name, part, *([camera.button(label)] if label else []), status, *marked)

    def top(self) -> None:
        """首页 in front and not scrolled, the mouse on none of its buttons."""
        self.window.select(schema.HOME, OUT_OF_SIGHT)
        self.window.uno(f"{_LAST_PANE}.setFirstVisibleRow(3)")
        self.window.uno(f"{_LAST_PANE}.setFirstVisibleColumn(0)")
        self.window.xdotool("mousemove", *NOWHERE)
        time.sleep(0.3)

    def look(self, sheet: str, *, column: str = "A", row: int = 1) -> Camera:
        """A sheet in front, its cursor out of sight; column: the first one to the right of the frozen ones."""
        self.window.select(sheet, OUT_OF_SIGHT)  # a cell with the cursor shows its input message
        self.window.uno(f"{_LAST_PANE}.setFirstVisibleRow({row - 1})")
        self.window.uno(f"{_LAST_PANE}.setFirstVisibleColumn({ord(column) - 65})")
        time.sleep(0.3)
        return self.camera

    def table(
        self, name: str, sheet: str, last: str, *marks: str, column: str = "A", row: int = 1, left: str = ""
    ) -> None:
        """A table from its header to a cell; marks: ranges like "J2:J9" to be framed. column, row: as in `look`."""
        camera = self.look(sheet, column=column, row=row)
        if left:
            part = camera.cell(f"{left}1").around(camera.cell(last))
        else:
            part = camera.sheet()
            part = Box(part.left, part.top, camera.cell(last).right + EDGE, camera.cell(last).bottom + EDGE)
        camera.take(name, part, *[camera.cells(*m.split(":")) for m in marks])

    # ---- the pages ----

    def page_01(self) -> None:
        """首页 as it is when the workbook comes."""
        self.top()
        camera = self.camera
        part = camera.sheet()
        right = camera.cell("Q3").right + 6
        buttons = camera.button("导入名册").around(camera.button("检查数据"))
        buttons = buttons.around(camera.button("班级汇总"))
        links = camera.cell("H5").around(camera.cell("H20"))
        status = camera.cell("B3").around(camera.cell("H3"))
        more = camera.cell("B22").around(camera.cell("H24"))
        camera.take("01-home", Box(part.left, part.top, right, camera.tab()), status, buttons.wider(4), links, more)

    def page_02(self) -> None:
        """设置 and 任课."""
        self.desk.write_down(story._settings)
        self.table("02-settings", "设置", "C18", "B2:B7")
        self.table("02-teaching", "任课", "E5")

    def page_03(self) -> None:
        """导入名册: the file dialog and the sheet."""
        (roster,) = self.files(write_class_roster(self.school.folder, self.school.made))
        self.press("import_roster", story.LIST_DAY, lambda: self._photograph_dialog(roster))
        self.table("03-roster", "名册", "I12")
        self.desk.write_down(story._moves(date(2026, 9, 1), story.LIST_DAY), story._observed)

    def _photograph_dialog(self, file: Path) -> None:
        self.window.name_in_dialog(file)
        camera = self.camera
        dialog, opened, part = camera.dialog(), camera.dialog_button(OPEN), camera.sheet()
        name = Box(dialog.left + 86, opened.top, opened.left - 14, opened.bottom)
        part = Box(part.left, part.top, dialog.right + 20, dialog.bottom + 20)
        camera.take("03-file", part, name, opened, blinks=True)
        self.window.press_in_dialog(OPEN)

    def page_04(self) -> None:
        """导入成绩, and the question before anything is replaced."""
        scores = self.school.scores
        baseline, previous = self.files(scores[BASELINE], scores[PREVIOUS])
        self.press("import_scores", EXAM_DAYS[BASELINE] + timedelta(3), self.pick(baseline))
        self.home("04-status", "导入成绩", 8)
        self.window.enter("成绩", "E8", "80")
        self.press("import_scores", EXAM_DAYS[BASELINE] + timedelta(4), self.pick(baseline), self._photograph_question)
        self.press("import_scores", EXAM_DAYS[BASELINE] + timedelta(4), self.pick(previous))

    def _photograph_question(self) -> None:
        self.window.wait(lambda: self.window._dialog_with(YES), "the question")
        self.camera.take("04-replace", self.camera.dialog().wider(20), self.camera.dialog_button(YES))
        self._say_yes()

    def _say_yes(self) -> None:
        self.window.press_in_dialog(YES)

    def page_05(self) -> None:
        """导入常模."""
        (norms,) = self.files(self.school.norms[BASELINE])
        self.press("import_norms", EXAM_DAYS[BASELINE] + timedelta(4), self.pick(norms))
        self.home("05-status", "导入常模", 8)
        self.table("05-norms", "常模", "I3")

    def page_06(self) -> None:
        """检查数据."""
        self.desk.write_down(story._sick_notes(BASELINE), slips_of_the_pen)
        self.press("check", story.LIST_DAY)
        self.home("06-check", "检查数据", 8, right=True, marked=[self.camera.cell("J3").around(self.camera.cell("Q3"))])
        self.table("06-issues", "数据问题", "D5", "B2:B5")

    def page_07(self) -> None:
        """识别学困生; 撤销上一步 in between, for page 20."""
        self.press("screen", story.LIST_DAY)
        self.home("07-screen", "识别学困生", 10)
        self.table("07-list", "学困生", "E14", "E2:E14")
        self.press("undo", story.LIST_DAY)
        self.home("20-undo", "撤销上一步", 26)
        self.press("undo", story.LIST_DAY)

    def page_08(self) -> None:
        """确认 one by one, 全部确认, 冻结名单."""
        made = self.school.made
        seen = self.desk.hands().see(schema.CASELOAD)
        refused = story.happenings.refused_rows(made, seen)
        row = next(r.at for r in seen if (r["pupil_id"], r["subject"]) in refused)
        camera = self.look("学困生", column="I", row=max(2, row - 6))
        self.window.select("学困生", f"J{row}")
        self.window.keys("alt+Down")
        part = camera.sheet()
        part = Box(part.left, part.top, camera.cell(f"N{row}").right, camera.cell(f"J{row + 6}").bottom)
        camera.take("08-confirm", part, camera.cell(f"J{row}").wider(2), blinks=True)
        self.window.xdotool("key", "Escape")
        self.desk.write_down(story._turn_down)
        self.press("freeze", story.LIST_DAY)
        self.home("21-refused", "", 8)  # not down to the button, which may be left looking pressed
        self.press("confirm", story.LIST_DAY)
        self.press("freeze", story.LIST_DAY)
        self.home("08-frozen", "冻结名单", 10)

    def page_09(self) -> None:
        """建立档案 and 起草计划."""
        self.press("profile", story.LIST_DAY)
        self.press("plan", story.LIST_DAY)
        self.table("09-profiles", "档案", "G8", "D2:D8", "F2:G8")
        self.table("09-plans", "帮扶计划", "L9", column="I")
        self.desk.write_down(story._work_on_plans)

    def page_10(self) -> None:
        """推荐结对 and 编排小组."""
        for agree, refuse in ((0.7, 0.12), (0.6, 0.0)):
            self.press("pair", story.LIST_DAY)
            self.desk.write_down(story._decide_pairs(agree, refuse, date(2026, 9, 14)))
        self.table("10-pairs", "结对", "J10", "J2:J10", column="G", left="B")
        self.desk.write_down(story._volunteer)
        self.press("group", story.LIST_DAY)
        self.table("10-groups", "小组", "E12")

    def page_11(self) -> None:
        """登记辅导 for three pupils, then the half term's sessions and activities."""
        self.press("written", story.LIST_DAY)
        self.desk.write_down(story._interest(date(2026, 9, 11), 0), story._hand_in("转化方案"))
        self.desk.write_down(story._half_term(MIDTERM))
        self.desk.write_down(story._moves(story.LIST_DAY + timedelta(1), EXAM_DAYS[MIDTERM]))
        camera = self.look("学困生")
        self.window.select("学困生", "B5")
        part = camera.sheet()
        chosen = Box(part.left, part.top, camera.cell("E8").right, camera.cell("E8").bottom)
        camera.take("11-choose", chosen, camera.cell("B5").wider(2))
        self.press("session", date(2026, 11, 5), self._say_yes)
        self._after_sessions()

    def _after_sessions(self) -> None:
        camera, front = self.camera, "doc.CurrentController.ActiveSheet.Name"
        self.window.wait(lambda: self.window.uno(front) == "辅导记录", "辅导记录 in front")
        time.sleep(0.5)  # and the cursor in 内容
        last = int(self.window.uno("doc.CurrentController.Selection.RangeAddress.EndRow")) + 1
        self.window.uno(f"{_LAST_PANE}.setFirstVisibleRow({last - 7})")
        part = camera.sheet()
        part = Box(part.left, part.top, camera.cell(f"I{last}").right, camera.cell(f"I{last + 1}").bottom)
        camera.take("11-sessions", part, camera.cells(f"A{last}", f"D{last}"))

    def page_12(self) -> None:
        """受限档案: a new file with its password, filled in, and its dates read."""
        day = EXAM_DAYS[MIDTERM]
        self.press("restricted", day, lambda: self._type_password(twice=True))
        file = existing_file(self.window.path)
        if file is None:
            raise WindowError("受限档案 was not made")
        supported = story.supported(self.desk.hands())
        cupboard.type_records(file, story.happenings.restricted(self.school.made, supported))
        self.press("restricted", day, self._type_password)
        self.table("12-dates", "档案", "M16", "L9:M16", column="J", row=9)

    def _type_password(self, *, twice: bool = False) -> None:
        """Answer the password window; twice: it is new, and photographed before Return."""
        display = Screen(self.window._environment["DISPLAY"])
        display.wait_window(ask.CLASS_NAME)
        (number,) = display.windows(ask.CLASS_NAME)
        display.type_text(cupboard.PASSWORD)
        if twice:
            display.keys("Return")
            display.type_text(cupboard.PASSWORD)
            told = dict(line.split("=") for line in display.tool("getwindowgeometry", "--shell", number).splitlines())
            x, y, width, height = (int(told[word]) for word in ("X", "Y", "WIDTH", "HEIGHT"))
            self.camera.take("12-password", Box(x, y, x + width, y + height), blinks=True)
        display.keys("Return")
        display.wait_gone(number)

    def page_13(self) -> None:
        """Midterm: 计算转化率."""
        day = EXAM_DAYS[MIDTERM] + timedelta(3)
        scores, norms = self.files(self.school.scores[MIDTERM], self.school.norms[MIDTERM])
        self.press("import_scores", day, self.pick(scores))
        self.press("import_norms", day, self.pick(norms))
        self.desk.write_down(story._sick_notes(MIDTERM), story._evidence(MIDTERM))
        self.press("check", story.MIDTERM_DAY)
        self.press("convert", story.MIDTERM_DAY)
        self.top()
        camera = self.camera
        camera.take("13-home", camera.cell("J7").around(camera.cell("Q10")).wider(3))
        self.table("13-pupils", "转化", "K9", "K2:K9", column="E")
        self.table("14-rate", "转化统计", "M7", "K2:M7", column="C")
        self.table("14-chance", "转化统计", "R7", "P2:R7", column="K")

    def page_15(self) -> None:
        """进步分析, and the measures that 起草计划 proposes after it."""
        self.press("progress", story.MIDTERM_DAY)
        self.table("15-progress", "进步", "M16", "I2:I16", column="F")
        self.press("group", story.MIDTERM_DAY)
        before = len(self.desk.hands().see(schema.PLANS))
        self.press("plan", story.MIDTERM_DAY)
        first, second, *others = [r.at for r in self.desk.hands().see(schema.PLANS)][before:]
        self.desk.write_down(set_states({first: "调整", second: "终止"}))
        camera = self.look("帮扶计划", column="R", row=first)
        part, state = camera.sheet(), camera.cells(f"R{first}", f"R{second}")
        part = Box(part.left, part.top, camera.cell("S1").right + REASON, camera.cell(f"S{first + 5}").bottom)
        camera.take("15-adjust", part, state)
        self.desk.write_down(set_states(dict.fromkeys(others, "调整")), story._add_newcomers)
        for action_id in ("profile", "plan", "pair", "screen", "convert"):
            self.press(action_id, story.MIDTERM_DAY)

    def page_16(self) -> None:
        """书面总结: a new draft."""
        before = len(self.desk.hands().see(schema.WRITTEN))
        self.press("written", story.MIDTERM_DAY)
        camera = self.look("书面总结", row=before + 2)
        text, part = camera.cells(f"D{before + 2}", f"F{before + 2}"), camera.sheet()
        text = Box(text.left, text.top, text.right, text.top + DRAFT_LINES)
        camera.take("16-written", Box(part.left, part.top, text.right + EDGE, text.bottom + EDGE), text)
        self.desk.write_down(story._hand_in("中期总结"))
        self.press("written", story.MIDTERM_DAY)

    def page_17(self) -> None:
        """家长反馈单, 档案卡, 结对张贴表: as they are printed."""
        for action_id in ("slips", "cards", "poster"):
            self.press(action_id, story.MIDTERM_DAY)
        folder = output_folder(self.window.path)
        slips = sorted((folder / "家长反馈单").glob("*.xlsx"))
        # Made here: with the copy of LibreOffice that has Chinese captions, a click's own may be missing.
        slip, poster = to_pdf([slips[0], folder / "结对张贴表.xlsx"]).made
        self.camera.paper("17-slip", slip, 0.385)
        self.camera.paper("17-poster", poster, 0.2555)

    def page_18(self) -> None:
        """落实检查, before and after the teacher has written 佐证."""
        self.press("audit", story.MIDTERM_DAY)
        self.desk.write_down(story._attest(story.MIDTERM_DAY))
        self.press("audit", story.MIDTERM_DAY)
        self.table("18-audit", "落实", "D11", "C4:C11", row=4)
        self.table("18-gaps", "落实", "F11", "F4:F11", column="D", row=4)
        self.desk.write_down(story._half_term(FINAL), story._moves(EXAM_DAYS[MIDTERM] + timedelta(1), EXAM_DAYS[FINAL]))

    def page_19(self) -> None:
        """The final, and 班级汇总."""
        day = EXAM_DAYS[FINAL] + timedelta(3)
        scores, norms = self.files(self.school.scores[FINAL], self.school.norms[FINAL])
        self.press("import_scores", day, self.pick(scores))
        self.press("import_norms", day, self.pick(norms))
        story.closing(self.desk)
        camera = self.look("汇总")
        part = camera.sheet()
        camera.take("19-summary", Box(part.left, part.top, camera.cell("Q2").right + 4, part.bottom))

    def page_21(self) -> None:
        """诊断: its first lines; the rest names folders of this machine."""
        camera = self.camera
        self.window.go(schema.HOME)
        self.window.click("诊断")
        self.window.wait_dialog()
        dialog = camera.dialog()
        camera.take("21-doctor", Box(dialog.left, dialog.top, dialog.right, dialog.top + DOCTOR_LINES))
        self.window.press_in_dialog(OK)

    def all(self) -> None:
        """Every page that this window shows, in the order of the term."""
        for name in sorted(n for n in dir(self) if n.startswith("page_")):
            started = time.monotonic()
            getattr(self, name)()
            print(f"{name} {time.monotonic() - started:.1f} s", file=sys.stderr)


def set_day(path: Path) -> None:
    """Give a file the day that the file dialog is to show."""
    os.utime(path, (FILE_DAY.timestamp(), FILE_DAY.timestamp()))


def slips_of_the_pen(hands: Hands, made: SchoolClass) -> None:
    """What 检查数据 is to find: a 学号 that nobody has, after a blank row, and a name that two pupils have."""
    hands.add(schema.SCORES, {"exam": BASELINE, "pupil_id": "0230399", "语文": 77}, blank_rows=1)
    namesake = next(p.name for p in made.pupils if sum(q.name == p.name for q in made.pupils) > 1)
    seen = {"source": "家长", "category": "学习习惯", "severity": 3}
    hands.add(schema.OBSERVATIONS, {"date": date(2026, 9, 8), "name": namesake, **seen})


def set_states(states: Mapping[int, str]) -> Callable[[Hands, SchoolClass], None]:
    """What the teacher chooses as 状态 in these rows of 帮扶计划."""

    def choose(hands: Hands, made: SchoolClass) -> None:
        for at, state in states.items():
            hands.change(schema.PLANS, row_at(at), state=state)

    return choose


def write_class_roster(folder: Path, made: SchoolClass) -> Path:
    """The class's list as a homeroom teacher keeps it, with what only they know: seats, hobbies, volunteers."""
    import xlsxwriter

    path = folder / "四年级3班名册.xlsx"
    labels = ("学号", "姓名", "性别", "座位", "兴趣爱好", "志愿帮扶", "擅长学科", "关爱类别", "不宜结对")
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
        book.set_properties({"created": FILE_DAY})
        sheet = book.add_worksheet("名册")
        sheet.write_row(0, 0, labels)
        for at, p in enumerate(made.pupils, 1):
            volunteer = schema.YES if p.volunteer else ""
            row = (p.pupil_id, p.name, p.gender, p.seat, p.interests, volunteer, p.good_at, p.care, p.avoid)
            sheet.write_row(at, 0, row)
    return path


# ---- windows of their own: macros not allowed, and the menu ----


def macros_refused(book: Path, folder: Path, home: Path, environment: dict[str, str | None]) -> list[Path]:
    """What LibreOffice says about a workbook in a folder that is not trusted."""
    taken: list[Path] = []

    def photograph(window: TeacherWindow) -> None:
        camera = Camera(window, folder)
        camera.take("01-macros", camera.dialog().wider(4))
        taken.extend(camera.taken)

    TeacherWindow.on_dialog = staticmethod(photograph)
    profile = chinese_profile(home / "没有信任", macros=False)
    try:
        with TeacherWindow(book, environment=environment, profile=profile, macros=False):
            return taken
    finally:
        TeacherWindow.on_dialog = None


def profile_with_menu(profile: Path) -> Path:
    """A profile into which `xlbangfu install` has put the menu; unopkg refuses root, so another account does it."""
    office = Path(shutil.which("soffice") or "soffice")
    if os.geteuid() != 0:
        install_extension(office, profile)
    else:
        os.chown(profile.parent, NOBODY, NOBODY)
        child = multiprocessing.get_context("fork").Process(target=_install_as_nobody, args=(office, profile))
        child.start()
        child.join(120)
        if child.exitcode:
            raise WindowError("the menu could not be installed")
    return chinese_profile(profile)


def _install_as_nobody(office: Path, profile: Path) -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.environ["HOME"] = str(profile.parent)
    install_extension(office, profile)


def with_the_menu(book: Path, folder: Path, home: Path, environment: dict[str, str | None]) -> list[Path]:
    """The workbook after LibreOffice has saved it: no buttons, but the menu."""
    with TeacherWindow(book, environment=environment, profile=profile_with_menu(home / "profile")) as window:
        camera = Camera(window, folder)
        window.select(schema.HOME, OUT_OF_SIGHT)
        window.uno(f"{_LAST_PANE}.setFirstVisibleRow(3)")
        window.uno(f"{_LAST_PANE}.setFirstVisibleColumn(0)")
        window.wait(lambda: "学困生帮扶" in window.menu_items(), "the menu")
        with window.menu_open("学困生帮扶", "识别"):
            part = camera.sheet()
            camera.take("22-menu", Box(0, 0, 830, part.top + 330))
        return camera.taken


def take_all(folder: Path) -> list[Path]:
    """All pictures into a folder; those that stood there before are replaced."""
    if missing := what_is_missing():
        raise WindowError(missing)
    folder.mkdir(parents=True, exist_ok=True)
    with working_folder() as work:
        path = path_with_chinese_office(work / "office")
        data = work / "数据"
        write_launcher(data)
        environment: dict[str, str | None] = {"XLBANGFU_DATA": str(data), "PATH": path}
        (work / "教务处").mkdir()
        school = School(work / "教务处")
        set_day(school.book)
        taken = macros_refused(school.book, folder, work, environment)
        profile = chinese_profile(work / "profile")
        with TeacherWindow(
            school.book, environment=environment, profile=profile, folder=work / "四年级3班", size=SIZE
        ) as window:
            set_day(window.path)
            pages = Pages(window, school, data, folder)
            pages.all()
            saved = work / "保存" / window.path.name
            saved.parent.mkdir()
            window.save_as(saved, aside=True)
            taken += pages.camera.taken
        menu = Path(tempfile.mkdtemp(prefix="xlbangfu-menu-"))
        try:
            taken += with_the_menu(saved, folder, menu, environment)
        finally:
            shutil.rmtree(menu, ignore_errors=True)
    for old in set(folder.glob("*.png")) - set(taken):
        old.unlink()
    return taken


@contextlib.contextmanager
def working_folder() -> Iterator[Path]:
    """A folder with the same name in every run: the file dialog shows it."""
    folder = Path(tempfile.gettempdir()) / "教师手册示例"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: Sequence[str]) -> Any:
    """Take all pictures and say how large they are."""
    taken = take_all(Path(arguments[0]) if arguments else PICTURES)
    for path in sorted(taken):
        print(f"{path.stat().st_size / 1000:6.1f} kB  {path.name}")
    print(f"{sum(p.stat().st_size for p in taken) / 1e6:6.2f} MB in {len(taken)} pictures")


if __name__ == "__main__":
    main(sys.argv[1:])
