"""xlwings' Sheet and Sheets over the desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from xlbangfu.workbook.libreoffice import values
from xlbangfu.workbook.libreoffice.named import Names, Table, Tables
from xlbangfu.workbook.libreoffice.ranges import Range
from xlbangfu.workbook.libreoffice.values import LAST_COLUMN, LAST_ROW

if TYPE_CHECKING:
    from xlbangfu.workbook.libreoffice.books import Book


class Sheets(base_classes.Sheets):
    """The sheets of a book, in their order."""

    def __init__(self, book: Book) -> None:
        self.book = book

    @property
    def api(self) -> Sheets:
        return self

    def names(self) -> list[str]:
        """The sheets' names in order."""
        return list(self.book.do("sheets")["names"])

    @property
    def active(self) -> Sheet:
        return Sheet(self.book, self.book.do("sheets")["active"])

    def __call__(self, name_or_index: str | int) -> Sheet:
        names = self.names()
        if isinstance(name_or_index, int):
            if not 0 < name_or_index <= len(names):
                raise KeyError(name_or_index)
            return Sheet(self.book, names[name_or_index - 1])
        for name in names:
            if name.lower() == name_or_index.lower():
                return Sheet(self.book, name)
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return len(self.names())

    def __iter__(self) -> Iterator[Sheet]:
        return (Sheet(self.book, name) for name in self.names())

    def __contains__(self, name: str) -> bool:
        return name.lower() in (own.lower() for own in self.names())

    def add(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        names = self.names()
        if before:
            at = names.index(before.name)
        elif after:
            at = names.index(after.name) + 1
        else:
            at = names.index(self.active.name)
        if name is None:
            name = next(f"Sheet{i}" for i in range(1, len(names) + 2) if f"Sheet{i}" not in names)
        self.book.do("change_sheet", name, "add", at)
        return Sheet(self.book, name)


class Sheet(base_classes.Sheet):
    """A sheet, known by its name; when somebody else renames it, operations raise WorkbookError."""

    def __init__(self, book: Book, name: str) -> None:
        self._book = book
        self._name = name

    def do(self, operation: str, *arguments: Any) -> Any:
        """The result of a desk operation on this sheet's book."""
        return self._book.do(operation, *arguments)

    def at(self, box: Any) -> Range:
        """The range of a box as the desk gives it: top, left, bottom, right from 0, ends inside."""
        top, left, bottom, right = box
        return Range(self, top + 1, left + 1, bottom - top + 1, right - left + 1)

    @property
    def api(self) -> Sheet:
        return self

    @property
    def book(self) -> Book:
        return self._book

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self.do("change_sheet", self._name, "rename", value)
        self._name = value

    @property
    def index(self) -> int:
        return self._book.sheets.names().index(self._name) + 1

    @property
    def visible(self) -> bool:
        return bool(self.do("sheet_state", self._name)["visible"])

    @visible.setter
    def visible(self, value: bool) -> None:
        self.do("change_sheet", self._name, "visible", bool(value))

    @property
    def protected(self) -> bool:
        """Is the sheet protected? Beyond xlwings, which has no word for it: `sheet.impl.protected`."""
        return bool(self.do("sheet_state", self._name)["protected"])

    def activate(self) -> None:
        self.do("change_sheet", self._name, "activate", None)

    def select(self) -> None:
        self.activate()

    def delete(self) -> None:
        self.do("change_sheet", self._name, "delete", None)

    def move(self, before: Sheet | None, after: Sheet | None) -> None:
        names = self._book.sheets.names()
        at = names.index(before.name) if before else names.index(after.name) + 1 if after else 0
        self.do("change_sheet", self._name, "move", at)

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        """Cells by address, name or table, by (row, column), by two corners, or by (row, column, rows, columns)."""
        if arg2 is None and isinstance(arg1, tuple) and len(arg1) == 4:
            return Range(self, *arg1)
        first = self._one(arg1)
        if arg2 is None:
            return first
        second = self._one(arg2)
        top, left = min(first.row, second.row), min(first.column, second.column)
        bottom = max(r.row + r.shape[0] for r in (first, second))
        right = max(r.column + r.shape[1] for r in (first, second))
        return Range(self, top, left, bottom - top, right - left)

    def _one(self, arg: Any) -> Range:
        if isinstance(arg, Range):
            return arg
        if isinstance(arg, tuple):
            row, column = arg
            if not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
                raise IndexError("Attempted to access 0-based Range. xlwings/Excel Ranges are 1-based.")
            return Range(self, row, column)
        if "!" in arg:
            name, arg = arg.rsplit("!", 1)
            other = name.strip("'").replace("''", "'")
            if other.lower() != self._name.lower():
                return self._book.sheets(other)._one(arg)
        box = values.parse_address(arg)
        return Range(self, *box) if box else self._named(arg)

    def _named(self, text: str) -> Range:
        """A defined name, a table's rows ("tblRoster"), or a part of it ("tblRoster[#All]", "tblRoster[姓名]")."""
        found = re.fullmatch(r"([^\[\]]+)(?:\[([^\[\]]*)\])?", text)
        if found is None:
            raise KeyError(text)
        name, part = found.groups()
        for names in (self.names, self._book.names):
            if part is None and names.contains(name):
                return names(name).refers_to_range
        return Table(self._book, name).part(part)

    @property
    def cells(self) -> Range:
        return Range(self, 1, 1, LAST_ROW, LAST_COLUMN)

    @property
    def used_range(self) -> Range:
        return self.at(self.do("used", self._name))

    def clear_contents(self) -> None:
        self.used_range.clear_contents()

    def clear_formats(self) -> None:
        self.cells.clear_formats()

    def clear(self) -> None:
        self.cells.clear()

    def autofit(self, axis: str | None = None) -> None:
        self.used_range.autofit(axis)

    @property
    def names(self) -> Names:
        return Names(self._book, self._name)

    @property
    def tables(self) -> Tables:
        return Tables(self)
