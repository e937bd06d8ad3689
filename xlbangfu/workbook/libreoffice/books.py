"""xlwings' Book, Sheet, Name and Table, with their collections, over the desk."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from xlbangfu.workbook.libreoffice import values
from xlbangfu.workbook.libreoffice.ranges import Range
from xlbangfu.workbook.libreoffice.values import LAST_COLUMN, LAST_ROW

if TYPE_CHECKING:
    from xlbangfu.workbook.libreoffice.connect import Line
    from xlbangfu.workbook.libreoffice.engine import App


class Book(base_classes.Book):
    """An open document. Its path is looked up when the object is made: "save as" in between makes a new object needed."""

    def __init__(self, line: Line, row: dict[str, Any]) -> None:
        self.line = line
        self._row = row

    def do(self, operation: str, *arguments: Any) -> Any:
        """The result of a desk operation on this document."""
        return self.line.call(operation, self._row["book"], *arguments)

    @property
    def api(self) -> Book:
        return self

    @property
    def key(self) -> str:
        """The document's own id, the same for every object of it."""
        return str(self._row["book"])

    @property
    def name(self) -> str:
        return os.path.basename(self.fullname)

    @property
    def fullname(self) -> str:
        return str(self._row["path"] or self._row["title"])

    @property
    def app(self) -> App:
        from xlbangfu.workbook.libreoffice.engine import App

        return App(self.line, self)

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def names(self) -> Names:
        return Names(self)

    def activate(self) -> None:
        self.do("show")

    def save(self, path: str | None = None, password: str | None = None) -> None:
        """Saves in place, or a copy under `path` (unlike Excel's "save as" the document keeps its own path).

        LibreOffice's .xlsm loses code names, table styles and buttons: never the teacher's own file.
        """
        if password is not None:
            raise NotImplementedError("saving with a password")
        self.do("save", os.path.abspath(path) if path else None)

    def close(self) -> None:
        self.do("close_book")


class Books(base_classes.Books):
    """The spreadsheets that are open in one LibreOffice."""

    def __init__(self, line: Line, app: Any) -> None:
        self._line = line
        self._app = app

    @property
    def app(self) -> Any:
        return self._app

    @property
    def api(self) -> Books:
        return self

    def _all(self) -> list[Book]:
        return [Book(self._line, row) for row in self._line.call("books")]

    def __iter__(self) -> Iterator[Book]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    @property
    def active(self) -> Book:
        """The document in front; with a text document in front, the first spreadsheet."""
        return self(1)

    def __call__(self, name_or_index: str | int) -> Book:
        found = self._all()
        if isinstance(name_or_index, str):
            found = [book for book in found if book.name.lower() == name_or_index.lower()]
            name_or_index = 1
        if not 0 < name_or_index <= len(found):
            raise KeyError(name_or_index)
        return found[name_or_index - 1]

    def __contains__(self, name: str) -> bool:
        return any(book.name.lower() == name.lower() for book in self._all())

    def _by_key(self, key: str) -> Book:
        return next(book for book in self._all() if book.key == key)

    def add(self) -> Book:
        return self._by_key(self._line.call("new_book"))

    def open(self, fullname: str, *_: Any, **__: Any) -> Book:
        """Opens a file that is not open yet; the other arguments are Excel's and ignored."""
        return self._by_key(self._line.call("open_book", os.path.abspath(fullname)))


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


class Names(base_classes.Names):
    """The defined names of a book (those that belong to one sheet excepted), or of a sheet."""

    def __init__(self, book: Book, sheet: str | None = None) -> None:
        self._book = book
        self._sheet = sheet

    @property
    def api(self) -> Names:
        return self

    def _all(self) -> list[str]:
        return list(self._book.do("names", self._sheet))

    def __call__(self, name_or_index: str | int) -> Name:
        names = self._all()
        if isinstance(name_or_index, int):
            return Name(self._book, self._sheet, names[name_or_index - 1])
        for name in names:
            if name.lower() == name_or_index.lower():
                return Name(self._book, self._sheet, name)
        raise KeyError(name_or_index)

    def snapshot(self) -> list[tuple[str, Name]]:
        return [(name, Name(self._book, self._sheet, name)) for name in self._all()]

    def contains(self, name_or_index: str | int) -> bool:
        names = self._all()
        if isinstance(name_or_index, int):
            return 1 <= name_or_index <= len(names)
        return name_or_index.lower() in (name.lower() for name in names)

    def __len__(self) -> int:
        return len(self._all())

    def add(self, name: str, refers_to: str) -> Name:
        self._book.do("change_name", self._sheet, name, "add", refers_to)
        return Name(self._book, self._sheet, name)

    def of_area(self, area: list[Any]) -> Name | None:
        """The name that stands for exactly that area, None if there is none."""
        for _, name in self.snapshot():
            if name.area == area:
                return name
        return None


class Name(base_classes.Name):
    """A defined name."""

    def __init__(self, book: Book, sheet: str | None, name: str) -> None:
        self._book = book
        self._sheet = sheet
        self._name = name

    @property
    def api(self) -> Name:
        return self

    def _found(self) -> dict[str, Any]:
        return dict(self._book.do("name", self._sheet, self._name))

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._book.do("change_name", self._sheet, self._name, "rename", value)
        self._name = value

    @property
    def refers_to(self) -> str:
        return str(self._found()["refers"])

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self._book.do("change_name", self._sheet, self._name, "refers", value)

    @property
    def area(self) -> list[Any] | None:
        """Its cells as the desk gives them, None for a formula or a constant."""
        area: list[Any] | None = self._found()["area"]
        return area

    @property
    def refers_to_range(self) -> Range:
        area = self.area
        if area is None:
            raise ValueError(f"{self._name} refers to no range of cells")
        return Sheet(self._book, area[0]).at(area[1:])

    def delete(self) -> None:
        self._book.do("change_name", self._sheet, self._name, "delete", None)


class Tables(base_classes.Collection, base_classes.Tables):
    """The tables of a sheet: Excel's tables are LibreOffice's database ranges, under the same names."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    @property
    def api(self) -> Tables:
        return self

    @property
    def parent(self) -> Sheet:
        return self._sheet

    def _all(self) -> list[Table]:
        tables = [Table(self._sheet.book, name) for name in self._sheet.do("tables")]
        return [table for table in tables if table.sheet_name == self._sheet.name]

    def __call__(self, key: str | int) -> Table:
        if isinstance(key, str):
            table = Table(self._sheet.book, key)
            if table.sheet_name != self._sheet.name:
                raise KeyError(key)
            return table
        return self._all()[key - 1]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Table]:
        return iter(self._all())

    def __contains__(self, key: str) -> bool:
        try:
            self(key)
        except KeyError:
            return False
        return True

    def add(  # type: ignore[override]  # xlwings passes a name, which its own base class forgets
        self, source: Any = None, name: str | None = None, has_headers: bool = True, **_: Any
    ) -> Table:
        """A table over `source`, with filter buttons; the other arguments are Excel's and ignored."""
        if name is None:
            taken = self._sheet.do("tables")
            name = next(f"Table{i}" for i in range(1, len(taken) + 2) if f"Table{i}" not in taken)
        self._sheet.do("change_table", name, "add", source.impl.area)
        table = Table(self._sheet.book, name)
        table.change("header", has_headers)
        table.change("filter", has_headers)
        return table


class Table(base_classes.Table):
    """A table, known by its name in any case. Raises KeyError where the book has none of that name."""

    def __init__(self, book: Book, name: str) -> None:
        self._book = book
        self._name = str(self._book.do("table", name)["name"])

    def _found(self) -> dict[str, Any]:
        return dict(self._book.do("table", self._name))

    def change(self, what: str, value: Any) -> None:
        """One change, in the words of `Desk.change_table`."""
        self._book.do("change_table", self._name, what, value)

    @property
    def api(self) -> Table:
        return self

    @property
    def sheet_name(self) -> str:
        """The name of the sheet that it stands on."""
        return str(self._found()["area"][0])

    @property
    def parent(self) -> Sheet:
        return Sheet(self._book, self.sheet_name)

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self.change("rename", value)
        self._name = value

    @property
    def display_name(self) -> str:
        return self._name

    @display_name.setter
    def display_name(self, value: str) -> None:
        self.name = value

    @property
    def range(self) -> Range:
        area = self._found()["area"]
        return Sheet(self._book, area[0]).at(area[1:])

    def _lines(self) -> tuple[Range | None, Range | None, Range | None]:
        """Header row, body, totals row."""
        found = self._found()
        sheet = Sheet(self._book, found["area"][0])
        top, left, bottom, right = found["area"][1:]
        header = sheet.at((top, left, top, right)) if found["header"] else None
        totals = sheet.at((bottom, left, bottom, right)) if found["totals"] else None
        top, bottom = top + bool(header), bottom - bool(totals)
        return header, sheet.at((top, left, bottom, right)) if top <= bottom else None, totals

    @property
    def header_row_range(self) -> Range | None:
        return self._lines()[0]

    @property
    def data_body_range(self) -> Range | None:
        return self._lines()[1]

    @property
    def totals_row_range(self) -> Range | None:
        return self._lines()[2]

    @property
    def insert_row_range(self) -> None:
        return None

    def part(self, part: str | None) -> Range:
        """The cells that "tblRoster[part]" means. Raises KeyError for a column it has not."""
        header, body, totals = self._lines()
        places = {None: body, "#Data": body, "#Headers": header, "#Totals": totals, "#All": self.range}
        if part in places:
            found = places[part]
        else:
            labels = values.as_rows(header.raw_value, *header.shape)[0] if header else []
            if part not in labels or body is None:
                raise KeyError(f"{self._name}[{part}]")
            found = Range(body.sheet, body.row, body.column + labels.index(part), body.shape[0], 1)
        if found is None:
            raise KeyError(f"{self._name}[{part}]")
        return found

    def resize(self, range: Any) -> None:
        """Moves the table's borders, like Excel only; the cells stay as they are."""
        self.change("area", range.impl.area)

    @property
    def show_autofilter(self) -> bool:
        return bool(self._found()["filter"])

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self.change("filter", bool(value))

    @property
    def show_headers(self) -> bool:
        return bool(self._found()["header"])

    @show_headers.setter
    def show_headers(self, value: bool) -> None:
        self.change("header", bool(value))

    @property
    def show_totals(self) -> bool:
        return bool(self._found()["totals"])

    @show_totals.setter
    def show_totals(self, value: bool) -> None:
        self.change("totals", bool(value))
