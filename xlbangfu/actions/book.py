"""What an action sees of a workbook, and what it gives back.

The machinery around every action (runner) reads, resolves who a row is about, gathers problems, plans the
cells to change, and writes; an action only turns tables into tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from xlbangfu import schema
from xlbangfu.actions.catalogue import Action
from xlbangfu.issues import Issue
from xlbangfu.programme.classroom import Classroom
from xlbangfu.programme.freezing import FrozenList, read_frozen_list
from xlbangfu.programme.identity import Directory, resolve, resolve_roster
from xlbangfu.programme.numbers import clean_text
from xlbangfu.programme.rules import Policy
from xlbangfu.schema import Sheet
from xlbangfu.table import Row, Table
from xlbangfu.workbook.changes import SheetChange
from xlbangfu.workbook.contents import Place
from xlbangfu.workbook.door import Door
from xlbangfu.workbook.parsing import Parsed, parse_settings, with_rows


class Refused(Exception):
    """Nothing was written, and the sentence says why and what to do. place: sheet and cell to look at, if any."""

    def __init__(self, message: str, place: tuple[str, Place] | None = None) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True)
class Replace:
    """All rows of a table that only the program writes, in order; what stood there before goes."""

    rows: Sequence[Row]


@dataclass(frozen=True)
class OutputFile:
    """A file that a button makes beside the workbook.

    pdf: whether a PDF of the same name goes beside it. new: it must not exist yet, and is never made anew.
    own: bytes that stand there → whether a program made them and nobody changed them since; what a person changed is
    left alone and the new file gets the next free name. None: such a file is not for writing in.
    """

    path: Path
    content: bytes = field(repr=False)
    pdf: bool = False
    new: bool = False
    own: Callable[[bytes], bool] | None = None


@dataclass
class Outcome:
    """What an action gives back.

    message: the one status line. sheets: label → rows (known rows with their place, new ones without) or
    `Replace`. settings: code → value for 设置. pages: label → {(row, column): value} for pages without a table.
    rows, stats: what `--json` shows, with the sheet whose labels they carry.
    changes: the very cells to set, instead of all that, for a step back; step: its title and direction.
    files: made anew at every press, before the workbook is written. columns: of an imported file, as they were seen.
    """

    message: str
    counts: dict[str, int] = field(default_factory=dict)
    sheets: dict[str, Sequence[Row] | Replace] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, Mapping[tuple[int, int], Any]] = field(default_factory=dict)
    rows: tuple[Sheet, Sequence[Row]] | None = None
    stats: tuple[Sheet, Sequence[Row]] | None = None
    issues: Sequence[Issue] = ()
    changes: Sequence[SheetChange] | None = None
    step: tuple[str, bool] | None = None
    files: Sequence[OutputFile] = ()
    columns: Sequence[Any] = ()


class Book:
    """One class workbook for the length of one action. Reads only the sheets that the action declares."""

    def __init__(
        self,
        door: Door,
        action: Action,
        *,
        today: date,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.door, self.action, self.today = door, action, today
        self.options: Mapping[str, Any] = options or {}
        self.parsed: dict[str, Parsed] = {}
        self.issues: list[Issue] = []
        self._room: Classroom | None = None
        self._policy: Policy | None = None
        self._frozen: FrozenList | None = None
        self.frozen_read = False
        self.examined = False
        self.settings, problems = parse_settings(self._read(schema.SETTINGS))
        self.issues += problems
        self.directory = Directory()
        self._check_version()

    def _check_version(self) -> None:
        version = self.settings["schema_version"]
        if version > schema.SCHEMA_VERSION:
            raise Refused(
                f"这个工作簿的模板版本是 {version}，比本程序（{schema.SCHEMA_VERSION}）新，请先升级程序再打开。"
            )

    @property
    def path(self) -> Path:
        """The workbook."""
        return self.door.path

    def _read(self, sheet: Sheet) -> Parsed:
        if sheet.label not in self.parsed:
            parsed = self.door.read(sheet)
            self.issues += parsed.issues if parsed.header or not sheet.optional else ()
            self.parsed[sheet.label] = parsed
        return self.parsed[sheet.label]

    def table_if_there(self, sheet: Sheet) -> Table | None:
        """The rows of an optional sheet; None in a workbook that lacks it."""
        table = self.table(sheet)
        return table if self.parsed[sheet.label].header else None

    def table(self, sheet: Sheet) -> Table:
        """The rows of a sheet that count, each naming one pupil of 名册 where it names one.

        Raises LookupError for a sheet that the action did not declare.
        """
        if sheet.label not in self.action.reads:
            raise LookupError(f"{self.action.id} does not declare reading {sheet.label}")
        if sheet.label in self.parsed:
            return self.parsed[sheet.label].table
        parsed = self._read(sheet)
        if sheet is schema.ROSTER:
            rows, self.directory, problems = resolve_roster(parsed.table)
        else:
            if sheet.has("pupil_id") or sheet is schema.PAIRS:
                self.table(schema.ROSTER)
            rows, problems = resolve(sheet, parsed.table, self.directory)
        self.issues += problems
        self.parsed[sheet.label] = with_rows(parsed, rows)
        return self.parsed[sheet.label].table

    def as_typed(self, sheet: Sheet) -> list[Row]:
        """All rows of a declared sheet as they stand, also those that name no pupil of 名册."""
        self.table(sheet)
        return list(self.parsed[sheet.label].original.values())

    def cell(self, sheet: Sheet, code: str, row: int | None = None) -> tuple[str, Place] | None:
        """Where a refusal sends the teacher: a cell of a sheet that was read, by default the first below the header."""
        parsed = self.parsed.get(sheet.label)
        if parsed is None or code not in parsed.header:
            return None
        return sheet.label, (row or parsed.header_row + 1, parsed.header[code])

    def setting_cell(self, code: str) -> tuple[str, Place] | None:
        """The cell of 设置 that holds this setting."""
        label = schema.setting(code).label
        rows = self.parsed[schema.SETTINGS.label].table
        at = next((r.at for r in rows if clean_text(r.get("item")) == label), None)
        return self.cell(schema.SETTINGS, "value", at) if at else None

    @property
    def frozen(self) -> FrozenList | None:
        """The frozen list (None while nothing is frozen); what was changed in it by hand is noted once."""
        if not self.frozen_read:
            self.frozen_read = True
            caseload, conversions = self.as_typed(schema.CASELOAD), self.as_typed(schema.CONVERSIONS)
            self._frozen = read_frozen_list(self.settings.get("freeze_check"), caseload, conversions)
            self.issues += self._frozen.issues if self._frozen is not None else ()
        return self._frozen

    @property
    def policy(self) -> Policy:
        """The 制度 that 设置 names. Raises Refused with the sentence of the policy error."""
        if self._policy is None:
            from xlbangfu.policy import PolicyError, load_policy, policy_folders

            try:
                self._policy = load_policy(self.settings["policy"], policy_folders(self.path.parent))
            except PolicyError as problem:
                raise Refused(str(problem), self.setting_cell("policy")) from problem
        return self._policy

    @property
    def room(self) -> Classroom:
        """The class as the rules see it, from the tables that the action declares."""
        if self._room is None:
            optional = {s: self.table(s) for s in (schema.SCORES, schema.NORMS) if s.label in self.action.reads}
            self._room = Classroom(
                self.settings,
                self.policy,
                self.table(schema.TEACHING),
                self.table(schema.ROSTER),
                optional.get(schema.SCORES),
                optional.get(schema.NORMS),
            )
        return self._room

    def examine(self) -> None:
        """Note what is wrong with any exam, so that the list does not depend on which button was last.

        Only where the action looked at the class with its scores.
        """
        if self._room is not None and schema.SCORES.label in self.parsed:
            self._room.examine()
            self.examined = True

    def all_issues(self) -> list[Issue]:
        """Problems met so far, by the reading and by the rules."""
        return [*self.issues, *(self._room.issues if self._room is not None else ())]
