"""xlwings' names and tables over the desk: what a workbook calls its cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from xlbangfu.workbook.libreoffice import values
from xlbangfu.workbook.libreoffice.ranges import Range

if TYPE_CHECKING:
    from xlbangfu.workbook.libreoffice.books import Book
    from xlbangfu.workbook.libreoffice.sheets import Sheet


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
        return str(self._book.do("refers", self._sheet, self._name))

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
        return self._book.cells(area)

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
        return self._book.sheet(self.sheet_name)

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
        return self._book.cells(area)

    def _lines(self) -> tuple[Range | None, Range | None, Range | None]:
        """Header row, body, totals row."""
        found = self._found()
        sheet = self._book.sheet(found["area"][0])
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
