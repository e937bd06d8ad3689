"""The last step of a workbook, kept outside it: what stood in every cell that an action changed, and what it put there.

One step per workbook in the user's data folder, keyed by the workbook's path. A step is noted as pending before
the write and settled after it, so that a click that was killed halfway is known and set right by the next one.
Both doors use the same file. Source: spec §3 (撤销上一步), §8.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from xlbangfu import places
from xlbangfu.schema import BY_LABEL, LOG
from xlbangfu.workbook.changes import Jump, SheetChange
from xlbangfu.workbook.contents import Area, Content, Place, content_of, from_json, to_json
from xlbangfu.workbook.door import Door
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.parsing import address

KEPT_WORKBOOKS = 300  # a step of more workbooks than this: the oldest are forgotten
KEPT_BYTES = 64 * 2**20
_SETTLED, _PENDING = ".json", ".pending"


@dataclass(frozen=True)
class SheetStep:
    """One sheet's part of a step: cells as (place, before, after), and where its table lay and lies.

    keys: cells of the key columns (学号 …) in the rows of these cells that the step left alone. Where one says
    something else now, the rows have been sorted, inserted or deleted, and the places are no longer theirs.
    """

    sheet: str
    cells: tuple[tuple[Place, Content, Content], ...]
    table: str = ""
    header_row: int = 1
    area_before: Area | None = None
    area_after: Area | None = None
    keys: tuple[tuple[Place, Content], ...] = ()

    def reversed(self) -> SheetStep:
        """The way back."""
        back = tuple((place, after, before) for place, before, after in self.cells)
        return replace(self, cells=back, area_before=self.area_after, area_after=self.area_before)

    def change(self, door: Door) -> SheetChange:
        """The cells to set so that the sheet says what it said after the step; columns added since stay in its table."""
        header, cells, formats = {}, {}, {}
        for place, before, after in self.cells:
            if self.table and place[0] == self.header_row:
                if after.value:  # a column comes back with its header; one that goes takes its header along
                    header[place[1]] = str(after.value)
                continue
            cells[place] = after.typed
            if after.number_format and after.number_format != before.number_format:
                formats[place] = after.number_format
        area = self.area_after
        if area and not self._takes_columns and (now := door.table_area(self.sheet, self.table)):
            area = (*area[:3], max(area[3], now[3]))
        last = area[2] if area else 0
        return SheetChange(self.sheet, cells, self.table, last, self.header_row, header, formats=formats, area=area)

    @property
    def _takes_columns(self) -> bool:
        """True if columns go away with their headers."""
        return any(place[0] == self.header_row and not after.value for place, _, after in self.cells)


@dataclass(frozen=True)
class Step:
    """What one action changed. title: the button's label. undoes: True for a step back.

    mode: how the host was calculating before the write, "" for a closed file.
    """

    title: str
    at: datetime
    sheets: tuple[SheetStep, ...]
    undoes: bool = False
    mode: str = ""

    def reversed(self) -> Step:
        """The step that takes this one back."""
        return replace(self, sheets=tuple(s.reversed() for s in reversed(self.sheets)), undoes=not self.undoes)

    def changes(self, door: Door) -> list[SheetChange]:
        """What has to be written for the step to be taken on the workbook as it stands."""
        return [s.change(door) for s in self.sheets]

    @property
    def size(self) -> int:
        """Number of cells."""
        return sum(len(s.cells) for s in self.sheets)


# ---- taking notes --------------------------------------------------------------------------------------


def note_step(door: Door, title: str, changes: Iterable[SheetChange], at: datetime, *, undoes: bool = False) -> Step:
    """What these changes will do to the workbook as it stands now; 日志 is append only and stays out."""
    sheets = [_note_sheet(door, c) for c in changes if c.sheet != LOG.label]
    return Step(title, at.replace(microsecond=0), tuple(sheets), undoes, door.calculation)


def _note_sheet(door: Door, change: SheetChange) -> SheetStep:
    area = door.table_area(change.sheet, change.table) if change.table else None
    wanted: dict[Place, Any] = {(change.header_row, column): text for column, text in change.new_columns.items()}
    if area and change.area:  # headers of columns that a step back takes away
        wanted |= {(change.header_row, column): None for column in range(change.area[3] + 1, area[3] + 1)}
    wanted |= {p: v.formula() if isinstance(v, Jump) else v for p, v in change.cells.items()}
    keys = _key_places(door, change) if change.table else []
    before = door.contents(change.sheet, [*wanted, *keys], _reformatted(door, wanted))
    cells = _cells(wanted, before, change)
    if not change.table:
        return SheetStep(change.sheet, cells)
    after = area and (change.area or _grown(area, change))
    whose = tuple((place, before[place]) for place in keys)
    return SheetStep(change.sheet, cells, change.table, change.header_row, area, after, whose)


def _cells(
    wanted: dict[Place, Any], before: dict[Place, Content], change: SheetChange
) -> tuple[tuple[Place, Content, Content], ...]:
    found = []
    for place, value in sorted(wanted.items()):
        after = replace(content_of(value), number_format=change.formats.get(place, ""))
        found.append((place, before[place], after))
    return tuple(found)


def _reformatted(door: Door, wanted: dict[Place, Any]) -> list[Place]:
    """Cells whose number format the write might change; in a closed file a cell keeps its own."""
    if door.all_at_once:
        return []
    from xlbangfu.workbook.blocks import may_reformat  # a command on a closed file need not pay for it

    return [place for place, value in wanted.items() if may_reformat(value)]


def _key_places(door: Door, change: SheetChange) -> list[Place]:
    """Filled key cells in the rows of a change that it does not write itself: they say whose rows these are."""
    sheet = BY_LABEL.get(change.sheet)
    if sheet is None:
        return []
    parsed = door.read(sheet)
    columns = [(code, parsed.header[code]) for code in sheet.key if code in parsed.header]
    rows = sorted({row for row, _ in change.cells if row in parsed.original})
    return [
        (row, column)
        for row in rows
        for code, column in columns
        if (row, column) not in change.cells and parsed.original[row].get(code) is not None
    ]


def _grown(area: Area, change: SheetChange) -> Area:
    top, left, bottom, right = area
    return top, left, max(bottom, change.last_row), max(right, *change.new_columns, right)


# ---- where a workbook stands ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """How the workbook compares with a step: places by sheet that say what was before, after, or something else."""

    before: tuple[tuple[str, Place], ...]
    after: tuple[tuple[str, Place], ...]
    else_: tuple[tuple[str, Place], ...]

    @property
    def taken(self) -> bool:
        """The step stands in the workbook, untouched."""
        return not self.before and not self.else_

    @property
    def not_taken(self) -> bool:
        """The workbook is as it was before the step."""
        return not self.after and not self.else_

    @property
    def edited(self) -> tuple[tuple[str, Place], ...]:
        """Cells that a person has changed since the step was taken."""
        return (*self.else_, *self.before)

    def named(self, most: int = 5) -> str:
        """The edited cells: 「学困生!J5、学困生!J7 等 9 格」; of a step that broke off only what says something else."""
        found = self.else_ or self.before
        words = "、".join(f"{sheet}!{address(*place)}" for sheet, place in found[:most])
        return words if len(found) <= most else f"{words} 等 {len(found)} 格"


def compare(door: Door, step: Step) -> Standing:
    """Where the workbook stands now. Cells that the step did not really change count for neither side."""
    before, after, others = [], [], []
    for sheet in step.sheets:
        try:
            looked_at = [place for place, _, _ in sheet.cells] + [place for place, _ in sheet.keys]
            now = door.contents(sheet.sheet, looked_at)
        except WorkbookError:  # the sheet is gone: nothing of the step can be put back there
            others += [(sheet.sheet, place) for place, _, _ in sheet.cells]
            continue
        for place, was, is_ in sheet.cells:
            if now[place].says_the_same(is_):
                if not was.says_the_same(is_):
                    after.append((sheet.sheet, place))
            elif now[place].says_the_same(was):
                before.append((sheet.sheet, place))
            else:
                others.append((sheet.sheet, place))
        others += [(sheet.sheet, place) for place, was in sheet.keys if not now[place].says_the_same(was)]
    return Standing(tuple(before), tuple(after), tuple(others))


def only(step: Step, wanted: Sequence[tuple[str, Place]]) -> Step:
    """The step cut down to some of its cells."""
    chosen = set(wanted)
    sheets = [
        replace(s, cells=tuple(c for c in s.cells if (s.sheet, c[0]) in chosen))
        for s in step.sheets
        if any((s.sheet, c[0]) in chosen for c in s.cells)
    ]
    return replace(step, sheets=tuple(sheets))


# ---- the file ------------------------------------------------------------------------------------------


class Journal:
    """The last step of one workbook. Methods that write raise OSError."""

    def __init__(self, book: str | os.PathLike[str]) -> None:
        name = os.fspath(book)
        if "://" not in name:
            name = os.path.normcase(os.path.realpath(name))
        self._stem = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self._folder = places.undo_folder()

    @property
    def last(self) -> Step | None:
        """The last step that was carried out; None if there is none that can be read."""
        return self._read(_SETTLED)

    @property
    def pending(self) -> Step | None:
        """A step whose write was begun and never settled: its process was killed."""
        return self._read(_PENDING)

    def begin(self, step: Step) -> None:
        """Note the step before it is written."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self._path(_PENDING)
        passing = target.with_suffix(f".{os.getpid()}")
        words = json.dumps(_step_to_json(step), ensure_ascii=False, separators=(",", ":"))  # dump() is ten times slower
        try:
            with open(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(words)
                file.flush()
                os.fsync(file.fileno())
            os.replace(passing, target)
        except OSError:
            passing.unlink(missing_ok=True)
            raise

    def settle(self) -> None:
        """The step was written: it is the last one now."""
        if self._path(_PENDING).exists():
            os.replace(self._path(_PENDING), self._path(_SETTLED))
            self._forget_oldest()

    def drop(self) -> None:
        """The step was not written: forget it; the last one stays."""
        self._path(_PENDING).unlink(missing_ok=True)

    def _path(self, ending: str) -> Path:
        return self._folder / f"{self._stem}{ending}"

    def _read(self, ending: str) -> Step | None:
        try:
            return _step_from_json(json.loads(self._path(ending).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return None  # none there, or one of another version: there is nothing to put back

    def _forget_oldest(self) -> None:
        """Keep the folder bounded; called where a step has just been added."""
        room = KEPT_BYTES
        for number, (size, path) in enumerate(_newest_first(self._folder)):
            room -= size
            if number and (number >= KEPT_WORKBOOKS or room < 0):
                path.unlink(missing_ok=True)


def _newest_first(folder: Path) -> Iterator[tuple[int, Path]]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_SETTLED):  # another process may be at work here: what it begins is its own
                with suppress(FileNotFoundError):
                    found.append((entry.stat(), Path(entry.path)))
    found.sort(key=lambda entry: entry[0].st_mtime_ns, reverse=True)
    for status, path in found:
        yield status.st_size, path


VERSION = 1


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "version": VERSION,
        "title": step.title,
        "at": step.at.isoformat(),
        "undoes": step.undoes,
        "mode": step.mode,
        "sheets": [
            {
                "sheet": s.sheet,
                "table": s.table,
                "header_row": s.header_row,
                "area": [s.area_before, s.area_after],
                "cells": [[*place, to_json(before), to_json(after)] for place, before, after in s.cells],
                "keys": [[*place, to_json(content)] for place, content in s.keys],
            }
            for s in step.sheets
        ],
    }


def _step_from_json(found: dict[str, Any]) -> Step:
    if found["version"] != VERSION:
        raise ValueError("a step of another version")
    sheets = [_sheet_step_from_json(s) for s in found["sheets"]]
    return Step(found["title"], datetime.fromisoformat(found["at"]), tuple(sheets), found["undoes"], found["mode"])


def _sheet_step_from_json(found: dict[str, Any]) -> SheetStep:
    before, after = (area and (area[0], area[1], area[2], area[3]) for area in found["area"])
    cells = tuple(((row, column), from_json(old), from_json(new)) for row, column, old, new in found["cells"])
    keys = tuple(((row, column), from_json(content)) for row, column, content in found.get("keys", ()))
    return SheetStep(found["sheet"], cells, found["table"], found["header_row"], before, after, keys)
