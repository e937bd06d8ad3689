"""The xlwings engine itself: Engine, its apps (one per LibreOffice process), and `attach`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import xlwings
from xlwings import base_classes

from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.libreoffice import connect, values
from xlbangfu.workbook.libreoffice.books import Book, Books
from xlbangfu.workbook.libreoffice.connect import Line
from xlbangfu.workbook.libreoffice.ranges import Range

NOT_OPEN = "LibreOffice 里没有打开这个工作簿。请先用 LibreOffice 打开并保存它，再试一次。"
NOT_RUNNING = "没有找到正在运行的 LibreOffice。请先用 LibreOffice 打开工作簿，再试一次。"


class Engine:
    """What xlwings asks of an engine."""

    name = "libreoffice"
    type = "desktop"

    @property
    def apps(self) -> Apps:
        return Apps()

    @staticmethod
    def prepare_xl_data_element(x: Any, options: Any) -> Any:
        """A value on its way to a cell."""
        return values.plain(x)

    @staticmethod
    def clean_value_data(data: Any, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: bool) -> Any:
        """Values on their way from cells."""
        return values.clean(data, datetime_builder, empty_as, number_builder, err_to_str)


engine = Engine()


def attach(path: str, soffice_pid: int | None = None) -> xlwings.Book:
    """The open workbook, see the package's `attach`; `path` is absolute."""
    if engine.name not in [known.name for known in xlwings.engines]:
        xlwings.engines.add(xlwings.Engine(impl=engine))
    xlwings.engines[engine.name].activate()
    found = connect.offices(soffice_pid, path)
    trouble = WorkbookError(NOT_OPEN if found or connect.any_office() else NOT_RUNNING)
    for office in found:
        try:
            line = connect.reach(office)
            row = line.call("find", path)
        except WorkbookError as error:
            trouble = error
            continue
        if row is not None:
            return xlwings.Book(impl=Book(line, row))
    raise trouble.placed(path)


class Apps(base_classes.Apps):
    """The LibreOffice processes that this process is connected with, the latest first."""

    def _all(self) -> list[App]:
        return [App(line) for line in connect.lines()]

    def keys(self) -> list[int]:
        return [app.pid for app in self._all()]

    def __iter__(self) -> Iterator[App]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, pid: int) -> App:
        for app in self._all():
            if app.pid == pid:
                return app
        raise KeyError(pid)

    @staticmethod
    def cleanup() -> None:
        """Nothing to do: we start no LibreOffice."""


def _flag(name: str) -> property:
    """A switch that is only remembered. To freeze the window would leave it frozen if this Python were killed."""

    def get(self: App) -> bool:
        return bool(self.line.flags.get(name, True))

    def put(self: App, value: bool) -> None:
        self.line.flags[name] = value

    return property(get, put)


class App(base_classes.App):
    """A LibreOffice process, seen from one of its books: calculation, status bar, messages are those of that book.

    Got from xlwings.apps, it looks from the book in front.
    """

    screen_updating = _flag("screen_updating")
    display_alerts = _flag("display_alerts")
    enable_events = _flag("enable_events")
    interactive = _flag("interactive")
    visible = _flag("visible")

    def __init__(self, line: Line, home: Book | None = None) -> None:
        self.line = line
        self._home = home

    @property
    def home(self) -> Book:
        """The book that this app is seen from."""
        if self._home is None:
            self._home = self.books.active
        return self._home

    @property
    def api(self) -> App:
        return self

    @property
    def engine(self) -> Engine:
        return engine

    @property
    def pid(self) -> int:
        return self.line.pid

    @property
    def version(self) -> str:
        """LibreOffice's version, e.g. "7.4"."""
        return str(self.line.call("version"))

    @property
    def books(self) -> Books:
        return Books(self.line, self)

    def activate(self, steal_focus: bool = False) -> None:
        """Nothing: activating a book brings its window to the front."""

    def quit(self) -> None:
        """Closes LibreOffice with all its spreadsheets, without saving them."""
        self.line.call("quit")
        self.line.close()

    @property
    def selection(self) -> Range | None:
        area = self.home.do("selection")
        return None if area is None else self.home.cells(area)

    @property
    def calculation(self) -> str:
        told: str | None = self.line.flags.get(f"calculation {self.home.key}")
        return told or self._really_calculates()

    @calculation.setter
    def calculation(self, value: str) -> None:
        """Remembered, not carried out: switching it on again costs a calculation of everything (0.2 s for a class
        workbook, which LibreOffice otherwise does when it paints), and a killed Python would leave it switched off.
        """
        if value not in ("automatic", "semiautomatic", "manual"):
            raise ValueError(f"no way to calculate: {value!r}")
        told = value if value != self._really_calculates() else None
        self.line.flags[f"calculation {self.home.key}"] = told

    def _really_calculates(self) -> str:
        return "automatic" if self.home.do("calculation", None) else "manual"

    def calculate(self) -> None:
        self.home.do("calculate")

    @property
    def status_bar(self) -> str | bool:
        text: str | bool = self.line.flags.get(f"status {self.home.key}", False)
        return text

    @status_bar.setter
    def status_bar(self, value: str | bool) -> None:
        self.home.do("status", str(value) if value is not False else None)
        self.line.flags[f"status {self.home.key}"] = value

    def alert(self, prompt: str, title: str | None, buttons: str, mode: str | None, callback: Any) -> str:
        """The word of the button pressed in a message box of LibreOffice; waits for the person."""
        answer = self.home.do("message", prompt or "", title or "", buttons or "ok", mode == "critical")
        return str(answer)

    def run(self, macro: str, args: list[Any]) -> Any:
        """The result of a macro, "Module.Sub", of the book named before the "!"."""
        found = re.fullmatch(r"(?:'(.+)'|([^!']+))!(.+)", macro)
        if found is None:
            return self.home.do("run_macro", macro, args)
        name = found[1] or found[2]
        book = self.home if self.home.name.lower() == name.lower() else self.books(name)
        return book.do("run_macro", found[3], args)
