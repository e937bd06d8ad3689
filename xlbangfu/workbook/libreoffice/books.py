"""xlwings' Book and Books over the desk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from xlbangfu.workbook.libreoffice.named import Names
from xlbangfu.workbook.libreoffice.sheets import Sheet, Sheets

if TYPE_CHECKING:
    from xlbangfu.workbook.libreoffice.connect import Line
    from xlbangfu.workbook.libreoffice.engine import App
    from xlbangfu.workbook.libreoffice.ranges import Range


class Book(base_classes.Book):
    """An open document. Its path is looked up when the object is made: "save as" in between makes a new object needed."""

    def __init__(self, line: Line, row: dict[str, Any]) -> None:
        self.line = line
        self._row = row

    def do(self, operation: str, *arguments: Any) -> Any:
        """The result of a desk operation on this document."""
        return self.line.call(operation, self._row["book"], *arguments)

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name, which must be written exactly so."""
        return Sheet(self, name)

    def cells(self, area: Sequence[Any]) -> Range:
        """The range of an area as the desk gives it: sheet, top, left, bottom, right."""
        return Sheet(self, area[0]).at(area[1:])

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
