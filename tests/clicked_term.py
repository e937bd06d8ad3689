"""A class's term by hand: every button clicked with the mouse, everything else typed, in a real LibreOffice window.

The same story as the demo's (`xlbangfu.demo.desk`), and beside it the same steps as commands on a closed copy.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from window import Window
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.runner import run_closed
from xlbangfu.demo import inputs
from xlbangfu.demo.desk import PARTS, Desk
from xlbangfu.demo.hands import Hands
from xlbangfu.demo.school import BASELINE, EXAM_DAYS, FINAL, MIDTERM, PREVIOUS, TERM, TERM_END, TERM_START, make_school
from xlbangfu.workbook.changes import SheetChange
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.contents import Content, Place, bounding
from xlbangfu.workbook.live import LiveWorkbook
from xlbangfu.workbook.parsing import address

CLASS = ("四年级", "3班")  # the messy one
READY = "可以点击"
SECONDS = 60.0


def write_launcher(data: Path) -> Path:
    """The program that the macro starts: this checkout's, on the day that stands in the file `today` beside it."""
    data.mkdir(parents=True, exist_ok=True)
    launcher = data / "xlbangfu"
    day = shlex.quote(str(data / "today"))
    launcher.write_text(
        f'#!/bin/sh\n[ -s {day} ] && set -- "$@" --today "$(cat {day})"\n'
        f'exec {shlex.quote(sys.executable)} -m xlbangfu.cli "$@" 2>>{shlex.quote(str(data / "stderr"))}\n',
        encoding="utf-8",
    )
    launcher.chmod(0o755)
    return launcher


class Clicker:
    """A teacher at the window: clicks a button and waits for its line."""

    def __init__(self, window: Window, data: Path, shot: Callable[[str], object] | None = None) -> None:
        self.window, self.data, self.shot = window, data, shot
        self.said: list[tuple[str, str]] = []

    def press(self, action_id: str, *, today: date, answers: Sequence[Callable[[], object]] = ()) -> str:
        """Click the action's button; answer what it asks; what the status line says when it is done."""
        (self.data / "today").write_text(today.isoformat(), encoding="utf-8")
        window = self.window
        window.put_named(schema.STATUS_CELL, READY)
        window.go(schema.HOME)
        window.click(BY_ID[action_id].label)
        for answer in answers:
            answer()
        running = window.named(schema.RUNNING_CELL).text
        try:
            said = window.wait_status(lambda text: text not in (READY, running, ""), SECONDS)
        except AssertionError as problem:
            raise AssertionError(f"{action_id}: {problem}\n{self._trouble()}") from problem
        self.said.append((action_id, said))
        return said

    def _trouble(self) -> str:
        """What the click's process left on standard error and in the log."""
        files = (self.data / "stderr", self.data / "log" / "xlbangfu.log")
        return "\n".join(f.read_text(encoding="utf-8")[-2000:] for f in files if f.exists())

    def door(self) -> LiveWorkbook:
        """The open workbook, to look at."""
        from xlbangfu.workbook.libreoffice import attach

        return LiveWorkbook(attach(self.window.path))


class TypingHands(Hands):
    """Hands that look at the open workbook and type into its window."""

    def __init__(self, clicker: Clicker) -> None:
        super().__init__(clicker.door())
        self.window = clicker.window

    def put(self, changes: Sequence[SheetChange]) -> None:
        """Type every cell; None is the Delete key."""
        for change in changes:
            top, left, bottom, right = bounding(change.cells)
            rows = [
                [_keyed(change, (r, c)) if (r, c) in change.cells else None for c in range(left, right + 1)]
                for r in range(top, bottom + 1)
            ]
            self.window.enter_rows(change.sheet, address(top, left), rows)


def _keyed(change: SheetChange, place: Place) -> Any:
    """What to type for a cell. Full-width digits as text need the apostrophe, or LibreOffice (and Excel) makes a
    number of them; not so in a text column, where LibreOffice would keep the apostrophe.
    """
    value = change.cells[place]
    if value is None:
        return ""
    is_mark = change.sheet == schema.SCORES.label and place[1] > len(schema.SCORES.columns)
    return f"'{value}" if is_mark and isinstance(value, str) and re.fullmatch("[０-９．]+", value) else value


class ClickDesk(Desk):
    """The demo's desk, with a mouse and a keyboard."""

    def __init__(self, clicker: Clicker, made: Any) -> None:
        super().__init__(clicker.window.path, made)
        self.clicker = clicker

    def press(self, *action_ids: str, today: date, **options: Any) -> None:
        """Click the buttons one after the other, on that day."""
        for action_id in action_ids:
            if BY_ID[action_id].available:
                self.clicker.press(action_id, today=today)

    def keep_restricted(self, today: date) -> None:
        """The window for a password has tests of its own (tests/restricted/test_by_clicks.py)."""

    def hands(self) -> Hands:
        """Hands at the keyboard."""
        return TypingHands(self.clicker)


class ClosedDesk(Desk):
    """The same on a closed workbook, but for what the clicks leave out."""

    def keep_restricted(self, today: date) -> None:
        """As `ClickDesk`."""


class School:
    """What the office makes before a class can begin: its workbook, score files, norms."""

    def __init__(self, folder: Path) -> None:
        from xlbangfu.demo.term import find_books
        from xlbangfu.office.distribute import distribute

        self.folder, self.school = folder, make_school()
        self.made = self.school.of(*CLASS)
        distribute(
            inputs.write_roster(folder, self.school),
            folder / "班级",
            teaching=inputs.write_teaching(folder, self.school),
            policy="S7",
            term=TERM,
            previous=PREVIOUS,
            baseline=f"{BASELINE}@{EXAM_DAYS[BASELINE]}",
            midterm=f"{MIDTERM}@{EXAM_DAYS[MIDTERM]}",
            final=f"{FINAL}@{EXAM_DAYS[FINAL]}",
            start=TERM_START,
            end=TERM_END,
            today=TERM_START,
        )
        self.book = find_books(folder / "班级", self.school)[CLASS]
        self.scores = {e: inputs.write_scores(folder, self.school, e) for e in (PREVIOUS, BASELINE, MIDTERM, FINAL)}
        self.norms = {
            exam: self._norms(exam, others)
            for exam, others in ((BASELINE, (PREVIOUS,)), (MIDTERM, (BASELINE,)), (FINAL, (BASELINE,)))
        }

    def _norms(self, exam: str, others: Sequence[str]) -> Path:
        from xlbangfu.office.norms import norms

        out = self.folder / f"常模_{exam}.xlsx"
        norms([self.scores[e] for e in (*others, exam)], out, baseline=BASELINE, today=TERM_START)
        return out

    def steps(self) -> list[tuple[str, Any]]:
        """The term in order: ("part", name) or (id of an import, file, day)."""
        return [
            ("part", "开学"),
            ("import_scores", (self.scores[PREVIOUS], TERM_START + timedelta(3))),
            ("import_scores", (self.scores[BASELINE], EXAM_DAYS[BASELINE] + timedelta(3))),
            ("import_norms", (self.norms[BASELINE], EXAM_DAYS[BASELINE] + timedelta(3))),
            ("part", "识别与帮扶"),
            ("import_scores", (self.scores[MIDTERM], EXAM_DAYS[MIDTERM] + timedelta(3))),
            ("import_norms", (self.norms[MIDTERM], EXAM_DAYS[MIDTERM] + timedelta(3))),
            ("part", "期中"),
            ("import_scores", (self.scores[FINAL], EXAM_DAYS[FINAL] + timedelta(3))),
            ("import_norms", (self.norms[FINAL], EXAM_DAYS[FINAL] + timedelta(3))),
            ("part", "期末"),
        ]


def term_by_commands(school: School, path: Path) -> list[tuple[str, str]]:
    """The same steps on a closed workbook; what every action said."""
    desk = ClosedDesk(path, school.made)
    said: list[tuple[str, str]] = []
    for what, given in school.steps():
        if what == "part":
            before = len(desk.reports)
            PARTS[given](desk)
            said += list(zip(desk.pressed[before:], (r.message for r in desk.reports[before:]), strict=True))
        else:
            file, day = given
            report = run_closed(BY_ID[what], path, today=day, options={"file": file, "file_name": file.name})
            said.append((what, report.message))
    return said


def term_by_clicks(school: School, clicker: Clicker) -> list[tuple[str, str]]:
    """The term in the window; what every button said."""
    desk = ClickDesk(clicker, school.made)
    for what, given in school.steps():
        if what == "part":
            PARTS[given](desk)
        else:
            file, day = given
            clicker.press(what, today=day, answers=[lambda file=file: clicker.window.pick_path(file)])
    return clicker.said


def differences(live: LiveWorkbook, closed: ClosedWorkbook) -> list[str]:
    """Cells of the tables that say something else; of 日志 neither when nor how long."""
    found = []
    for sheet in schema.TABLES:
        ours, theirs = _cells(live, sheet), _cells(closed, sheet)
        for place in sorted(set(ours) | set(theirs)):
            here, there = Content(ours.get(place)), Content(theirs.get(place))
            if not here.says_the_same(there):
                found.append(f"{sheet.label}!{address(*place)}: {here.value!r} / {there.value!r}")
    return found


def _cells(door: Any, sheet: schema.Sheet) -> dict[tuple[int, int], Any]:
    parsed = door.read(sheet)
    left_out = {parsed.header[c] for c in ("at", "seconds")} if sheet is schema.LOG else set()
    return {
        (r, c): value
        for r, row in enumerate(door.grid(sheet.label), 1)
        for c, value in enumerate(row, 1)
        if value not in (None, "") and c not in left_out
    }
