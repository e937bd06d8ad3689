"""Looks into a running LibreOffice for tests/window.py: run by a Python that has `uno`, JSON lines in and out.

A process of its own, because pyuno can take its interpreter down when the office dies under it, and because the
Python of the tests need not be the one that python3-uno was built for. It only looks and fills in cells; mouse and
keyboard are xdotool's business.

A request is {"do": name, "with": {…}}, an answer {"gives": …} or {"fails": sentence}.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ACTIVE, EDITABLE, SHOWING = 1, 6, 25  # com.sun.star.accessibility.AccessibleStateType
ALERT, DIALOG, FILE_CHOOSER, FRAME, OPTION_PANE = 1, 12, 16, 21, 41  # …AccessibleRole
MENU, MENU_BAR, MENU_ITEM, CHECK_MENU_ITEM, RADIO_MENU_ITEM, TEXT, TOOL_BAR = 34, 35, 36, 5, 47, 60, 63
PUSH_BUTTON, TOGGLE_BUTTON, BUTTON_DROPDOWN, BUTTON_MENU, SPREADSHEET = 44, 62, 68, 69, 84
DIALOGS = (ALERT, DIALOG, FILE_CHOOSER, OPTION_PANE)
BUTTONS = (PUSH_BUTTON, TOGGLE_BUTTON, BUTTON_DROPDOWN, BUTTON_MENU)
MENU_ROLES = (MENU, MENU_ITEM, CHECK_MENU_ITEM, RADIO_MENU_ITEM)
WORDS = (30, 86, 60)  # label, static text, text: what a message box says
TOO_MANY = 400  # a list with more entries is data, not a control
XWINDOW = 6  # com.sun.star.lang.SystemDependent.SYSTEM_XWINDOW
MACROS_AS_CONFIGURED = 3  # com.sun.star.document.MacroExecMode.USE_CONFIG
SAVED_AS = {".xlsm": "Calc MS Excel 2007 VBA XML", ".xlsx": "Calc MS Excel 2007 XML", ".ods": "calc8"}
NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?")
WORD = re.compile(r"[^\W\d_]")
TRUTH = ("true", "false")


class Trouble(Exception):
    """Something that the test should be told in one sentence."""


class Observer:
    """One connection to one office, and the workbook that the test is about."""

    def __init__(self, uno: Any) -> None:
        self.uno = uno
        self.context: Any = None
        self.desktop: Any = None
        self.doc: Any = None
        self.size = (0, 0)

    # ---- connection ----

    def connect(self, pipe: str, seconds: float) -> None:
        local = self.uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        self.context = self._until(lambda: self._resolved(resolver, pipe), seconds, "LibreOffice gave no connection")
        self.desktop = self._service("com.sun.star.frame.Desktop")

    def _resolved(self, resolver: Any, pipe: str) -> Any:
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:  # whatever pyuno raises while nobody listens
            return None

    def _service(self, name: str) -> Any:
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    def _until(self, ready: Callable[[], Any], seconds: float, otherwise: str) -> Any:
        end = time.monotonic() + seconds
        while not (found := ready()):
            if time.monotonic() > end:
                raise Trouble(f"{otherwise} within {seconds:g} s")
            time.sleep(0.02)
        return found

    # ---- documents ----

    def documents(self) -> list[str]:
        return [self.uno.fileUrlToSystemPath(d.URL) for d in self._documents() if d.URL]

    def _documents(self) -> Iterator[Any]:
        for component in self.desktop.Components:  # the Start Center is one, and has no sheets
            if hasattr(component, "Sheets") and component.CurrentController:
                yield component

    def watch(self, path: str, width: int, height: int, seconds: float) -> bool:
        """Wait for the workbook's window and size it; False when a dialog is in the way."""
        self.size = (width, height)
        end = time.monotonic() + seconds
        while not (found := self._document(path)):
            if self.dialogs():
                return False
            if time.monotonic() > end:
                raise Trouble(f"{path} did not open within {seconds:g} s")
            time.sleep(0.02)
        self.doc = found
        self._resize()
        return True

    def _document(self, path: str) -> Any:
        for doc in self._documents():
            if doc.URL and Path(self.uno.fileUrlToSystemPath(doc.URL)) == Path(path):
                return doc
        return None

    def _resize(self) -> None:
        from com.sun.star.awt.PosSize import POSSIZE

        self._window().setPosSize(0, 0, *self.size, POSSIZE)
        self._until(self._settled, 5, "the window did not take its size")

    def _settled(self) -> bool:
        place = self._window().PosSize
        return (place.Width, place.Height) == self.size

    def open(self, path: str, as_template: bool) -> bool:
        """Open one more workbook, with the macro rules of the profile; it becomes the one looked at. "": a new one."""
        url = self.uno.systemPathToFileUrl(path) if path else "private:factory/scalc"
        given = {"MacroExecutionMode": MACROS_AS_CONFIGURED, "AsTemplate": as_template}
        options = tuple(self._property(k, v) for k, v in given.items())
        opened: list[Any] = []
        done = self._undisturbed(lambda: opened.append(self.desktop.loadComponentFromURL(url, "_blank", 0, options)))
        if done:
            self.doc = opened[0]
            self._resize()
        return done

    def close_document(self) -> None:
        self.doc.setModified(False)
        self.doc.close(True)
        self.doc = None

    def store(self, path: str, aside: bool) -> bool:
        """Save by LibreOffice; False when a dialog is in the way. aside: the open workbook keeps its name."""
        url = self.uno.systemPathToFileUrl(path)
        options = (self._property("FilterName", SAVED_AS[Path(path).suffix]),)
        save = self.doc.storeToURL if aside else self.doc.storeAsURL
        return self._undisturbed(lambda: save(url, options))

    def leave(self) -> None:
        for doc in list(self._documents()):
            doc.setModified(False)
            doc.close(True)
        self.desktop.terminate()

    # ---- cells ----

    def go(self, sheet: str) -> None:
        controller = self.doc.CurrentController
        controller.setActiveSheet(self._sheet(sheet))
        self._until(lambda: controller.ActiveSheet.Name == sheet, 5, f"{sheet} did not come to the front")

    def select(self, sheet: str, where: str) -> None:
        self.go(sheet)
        self._dispatch(".uno:GoToCell", ToPoint=where)

    def selected(self) -> str:
        place = self.doc.CurrentController.Selection
        return str(getattr(place, "AbsoluteName", "")).replace("$", "")

    def enter(self, sheet: str, where: str, text: str) -> bool:
        """Type through the input line's command; False when a dialog (a stop of a validity rule) is open."""
        self.select(sheet, where)
        return self._undisturbed(lambda: self._dispatch(".uno:EnterString", StringName=text))

    def enter_rows(self, sheet: str, where: str, rows: Sequence[Sequence[str | None]]) -> None:
        """Many cells at once, as typed: plain words and numbers by column, the rest one by one."""
        place = self._sheet(sheet).getCellRangeByName(where).CellAddress
        columns = max(map(len, rows), default=0)
        self.doc.lockControllers()  # a repaint per cell costs six times the writing
        try:
            for k in range(columns):
                texts = [row[k] if k < len(row) else None for row in rows]
                self._enter_column(self._sheet(sheet), place.Column + k, place.Row, texts)
        finally:
            self.doc.unlockControllers()

    def _enter_column(self, sheet: Any, column: int, top: int, texts: Sequence[str | None]) -> None:
        column_range = sheet.getCellRangeByPosition(column, top, column, top + len(texts) - 1)
        as_text = self._keeps_text(column_range)
        run: list[tuple[Any]] = []
        for down, text in enumerate([*texts, None]):
            plain = None if text is None else _plain(text, as_text)
            if plain is not None:
                run.append((plain,))
                continue
            if run:
                first = top + down - len(run)
                sheet.getCellRangeByPosition(column, first, column, top + down - 1).setDataArray(tuple(run))
                run = []
            if text is not None:
                sheet.getCellByPosition(column, top + down).FormulaLocal = text

    def _keeps_text(self, cells: Any) -> bool | None:
        """True: formatted as text, False: not; None: mixed, so that every cell has to be typed."""
        key = cells.NumberFormat
        return None if key is None else self.doc.NumberFormats.getByKey(key).FormatString == "@"

    def cell(self, sheet: str, where: str) -> list[Any]:
        return self._seen(self._sheet(sheet).getCellRangeByName(where).getCellByPosition(0, 0))

    def cells(self, sheet: str, where: str) -> list[list[str]]:
        found = self._sheet(sheet).getCellRangeByName(where)
        place = found.RangeAddress
        across, down = place.EndColumn - place.StartColumn + 1, place.EndRow - place.StartRow + 1
        return [[found.getCellByPosition(c, r).String for c in range(across)] for r in range(down)]

    def values(self, sheet: str, where: str) -> list[list[Any]]:
        return [list(row) for row in self._sheet(sheet).getCellRangeByName(where).getDataArray()]

    def named(self, name: str) -> list[Any]:
        return self._seen(self._named(name))

    def put_named(self, name: str, text: str) -> None:
        self._named(name).String = text

    def _named(self, name: str) -> Any:
        if not self.doc.NamedRanges.hasByName(name):
            raise Trouble(f"no defined name {name}")
        return self.doc.NamedRanges.getByName(name).ReferredCells.getCellByPosition(0, 0)

    def _seen(self, cell: Any) -> list[Any]:
        kind = cell.Type.value
        if kind == "FORMULA":
            kind = "VALUE" if cell.FormulaResultType2 == 1 else "TEXT"
        value = {"EMPTY": None, "VALUE": cell.Value}.get(kind, cell.String)
        return [cell.String, value, cell.Formula]

    def _sheet(self, name: str) -> Any:
        if not self.doc.Sheets.hasByName(name):
            raise Trouble(f"no sheet {name}; there are {'、'.join(self.doc.Sheets.ElementNames)}")
        return self.doc.Sheets.getByName(name)

    def _dispatch(self, command: str, **options: Any) -> None:
        helper = self._service("com.sun.star.frame.DispatchHelper")
        given = tuple(self._property(k, v) for k, v in options.items())
        helper.executeDispatch(self.doc.CurrentController.Frame, command, "", 0, given)

    def dispatch(self, command: str, options: dict[str, Any]) -> bool:
        return self._undisturbed(lambda: self._dispatch(command, **options))

    def _property(self, name: str, value: Any) -> Any:
        from com.sun.star.beans import PropertyValue

        given = PropertyValue()
        given.Name, given.Value = name, value
        return given

    def _undisturbed(self, act: Callable[[], Any]) -> bool:
        """Do it; False when it waits behind a dialog, which then stands open for the test."""
        failed: list[BaseException] = []

        def run() -> None:
            try:
                act()
            except BaseException as problem:
                failed.append(problem)

        worker = threading.Thread(target=run, daemon=True)
        worker.start()
        worker.join(0.3)
        while worker.is_alive() and not self.dialogs():
            worker.join(0.1)
        if failed:
            raise failed[0]
        return not worker.is_alive()

    # ---- what the eye sees ----

    def _window(self) -> Any:
        return self.doc.CurrentController.Frame.ContainerWindow

    def window_id(self) -> int:
        handle = self._window().getWindowHandle(self.uno.ByteSequence(b""), XWINDOW)
        return int(getattr(handle, "WindowHandle", handle))

    def window_is_active(self) -> bool:
        above = self._frame().AccessibleParent
        return above is not None and _is(above.AccessibleContext, ACTIVE)

    def to_front(self) -> None:
        self._window().toFront()

    def _tops(self) -> Iterator[Any]:
        """Accessible contexts of the top windows in sight; menus have none of their own and are left out."""
        toolkit = self._service("com.sun.star.awt.Toolkit")
        for k in range(toolkit.getTopWindowCount()):
            try:
                window = toolkit.getTopWindow(k)
                if window.isVisible() and (found := window.AccessibleContext):
                    yield found
            except Exception:  # it closed while we looked
                continue

    def dialogs(self) -> list[dict[str, Any]]:
        """The dialogs that are open, the one on top first."""
        for _ in range(3):  # one that opens or closes while we look raises this or that
            with contextlib.suppress(Exception):
                return [self._dialog(c) for c in self._tops() if c.AccessibleRole in DIALOGS]
            time.sleep(0.05)
        return [self._dialog(c) for c in self._tops() if c.AccessibleRole in DIALOGS]

    def _dialog(self, context: Any) -> dict[str, Any]:
        parts = list(_below(context))
        texts = [c.AccessibleName for c in parts if c.AccessibleRole in WORDS and c.AccessibleName]
        buttons = {c.AccessibleName: _centre(c) for c in parts if c.AccessibleRole in BUTTONS}
        fields = sum(c.AccessibleRole == TEXT and _is(c, EDITABLE) for c in parts)
        title = context.AccessibleName
        return {"title": title, "text": "\n".join(texts), "buttons": buttons, "fields": fields}

    def dialog_is_active(self) -> bool:
        """True once the dialog on top has taken note of having the keyboard; it does so a moment after the screen."""
        top = next((c for c in self._tops() if c.AccessibleRole in DIALOGS), None)
        return top is not None and _is(top, ACTIVE)

    def set_field(self, text: str) -> None:
        """Put text into the last entry field of the dialog on top: the file name of LibreOffice's own picker."""
        for context in self._tops():
            if context.AccessibleRole in DIALOGS:
                fields = [c for c in _below(context) if c.AccessibleRole == TEXT and _is(c, EDITABLE)]
                if fields and fields[-1].setText(text):
                    return
        raise Trouble("no dialog with an entry field is open")

    def button(self, caption: str) -> list[int]:
        """Centre of a form button on the screen; brings its sheet and its cell into sight."""
        sheet, model, shape = self._form_button(caption)
        self.go(sheet.Name)
        self._scroll_to(sheet, shape)
        controller = self.doc.CurrentController
        return self._steady(lambda: controller.getControl(model).AccessibleContext, f"the button {caption}")

    def buttons(self) -> list[str]:
        return [shape.Control.Label for _, shape in self._form_shapes()]

    def _form_button(self, caption: str) -> tuple[Any, Any, Any]:
        for sheet, shape in self._form_shapes():
            if shape.Control.Label == caption:
                return sheet, shape.Control, shape
        raise Trouble(f"no button {caption}; there are {'、'.join(self.buttons()) or 'none'}")

    def _form_shapes(self) -> Iterator[tuple[Any, Any]]:
        for sheet in self.doc.Sheets:
            for shape in sheet.DrawPage:
                if shape.supportsService("com.sun.star.drawing.ControlShape") and hasattr(shape.Control, "Label"):
                    yield sheet, shape

    def _scroll_to(self, sheet: Any, shape: Any) -> None:
        """Scroll only when the button is out of sight: neither selection nor a title in view should move for it."""
        column, row = _cell_at(sheet, shape.Position.X, shape.Position.Y)
        controller = self.doc.CurrentController
        seen = [controller.getByIndex(k).VisibleRange for k in range(controller.Count)]
        last = controller.getByIndex(controller.Count - 1)  # below and right of a frozen title
        if not any(r.StartColumn <= column < r.EndColumn for r in seen):
            last.setFirstVisibleColumn(max(0, column - 1))
        if not any(r.StartRow <= row < r.EndRow for r in seen):  # the last one may be cut off, so it does not count
            last.setFirstVisibleRow(max(0, row - 3))

    def _steady(self, look: Callable[[], Any], what: str, seconds: float = 5) -> list[int]:
        """Centre of something once it is in sight and stands still; scrolling is drawn a moment later."""
        end, last = time.monotonic() + seconds, None
        while time.monotonic() < end:
            now = None
            with contextlib.suppress(Exception):  # it is being drawn
                context = look()
                now = _centre(context) if context and _is(context, SHOWING) else None
            if now and now == last:
                return now
            last = now
            time.sleep(0.03)
        raise Trouble(f"{what} did not come into sight")

    def menu_item(self, path: Sequence[str]) -> list[int]:
        """Centre of an entry of the menu bar, or of a menu that is open."""
        return self._steady(lambda: self._menu_entry(path), "menu " + " > ".join(path), seconds=2)

    def menu_items(self, path: Sequence[str]) -> list[str]:
        """The entries under a menu that is open; of the menu bar itself for an empty path."""
        above = self._menu_entry(path) if path else self._menu_bar()
        return [c.AccessibleName for c in _children(above) if c.AccessibleRole in MENU_ROLES and c.AccessibleName]

    def _menu_bar(self) -> Any:
        found = next((c for c in _children(self._frame()) if c.AccessibleRole == MENU_BAR), None)
        if found is None:
            raise Trouble("the window has no menu bar")
        return found

    def _menu_entry(self, path: Sequence[str]) -> Any:
        """The entry, or None while its menu is not drawn yet: entries get their names when a menu opens."""
        found = self._menu_bar()
        for name in path:
            entries = [c for c in _children(found) if c.AccessibleRole in MENU_ROLES]
            exact = [c for c in entries if c.AccessibleName == name]
            begins = [c for c in entries if c.AccessibleName.startswith(name)]  # "Undo: Input"
            if not (exact or begins):
                return None
            found = (exact or begins)[0]
        return found

    def tool(self, bar: str, name: str) -> list[int]:
        """Centre of a toolbar's button."""
        return self._steady(lambda: self._tool(bar, name), f"button {name} of the toolbar {bar}")

    def _tool(self, bar: str, name: str) -> Any:
        tools = self._bar(bar)
        return next((c for c in _children(tools) if c.AccessibleName == name), None) if tools else None

    def _bar(self, name: str) -> Any:
        bars = (c for c in _below(self._frame()) if c.AccessibleRole == TOOL_BAR)
        return next((c for c in bars if c.AccessibleName == name), None)

    def tools(self, bar: str) -> list[str]:
        found = self._bar(bar)
        return [c.AccessibleName for c in _children(found) if c.AccessibleRole in BUTTONS] if found else []

    def _frame(self) -> Any:
        return self._window().AccessibleContext

    def uno_value(self, expression: str) -> Any:
        """The value of a Python expression over `doc`, `desktop`, `context` and `uno`: a way out for rare needs."""
        names = {"doc": self.doc, "desktop": self.desktop, "context": self.context, "uno": self.uno}
        return eval(expression, names)


# ---- plain functions over accessible contexts, cells, texts ----


def _children(context: Any) -> Iterator[Any]:
    """Children that are there and in sight; lists of data are left out."""
    count = context.getAccessibleChildCount()
    for k in range(count if count <= TOO_MANY else 0):
        try:
            child = context.getAccessibleChild(k).AccessibleContext
            if child and _is(child, SHOWING):
                yield child
        except Exception:  # rows of a list box have no context; others are gone by now
            continue


def _below(context: Any) -> Iterator[Any]:
    """Everything in sight below, but no cells."""
    for child in _children(context):
        yield child
        if child.AccessibleRole != SPREADSHEET:
            yield from _below(child)


def _is(context: Any, state: int) -> bool:
    return bool(context.getAccessibleStateSet().contains(state))


def _centre(context: Any) -> list[int] | None:
    place, size = context.LocationOnScreen, context.Size
    if size.Width <= 0 or size.Height <= 0:
        return None
    return [place.X + size.Width // 2, place.Y + size.Height // 2]


def _cell_at(sheet: Any, x: int, y: int) -> tuple[int, int]:
    """Column and row of the cell under a place given in hundredths of a millimetre."""
    column = _last(lambda c: x >= sheet.getCellByPosition(c, 0).Position.X, 1023)
    return column, _last(lambda r: y >= sheet.getCellByPosition(0, r).Position.Y, 65535)


def _last(holds: Callable[[int], bool], high: int) -> int:
    """The greatest number up to `high` for which it holds; it holds for 0, and once it fails it fails on."""
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _plain(text: str, as_text: bool | None) -> str | float | None:
    """What a cell gets when this is typed, where that is certain; None where only LibreOffice can say.

    as_text: the cell is formatted as text; None if not known.
    """
    if as_text is None or text.strip() != text or "\n" in text:
        return None
    if as_text:
        return None if text.startswith(("'", "=")) else text
    if NUMBER.fullmatch(text):
        return float(text)
    return text if WORD.match(text) and text.lower() not in TRUTH else None


# ---- the conversation ----


def _uno() -> Any:
    """python3-uno, also where it is not on the path of this Python."""
    try:
        return importlib.import_module("uno")
    except ImportError:
        sys.path.append("/usr/lib/python3/dist-packages")
        return importlib.import_module("uno")


def _answer(observer: Observer, line: str) -> dict[str, Any]:
    request = json.loads(line)
    try:
        return {"gives": getattr(observer, request["do"])(**request["with"])}
    except Trouble as problem:
        return {"fails": str(problem)}
    except Exception:
        return {"fails": traceback.format_exc(limit=-3)}


def main() -> None:
    """Answer until the input ends."""
    observer = Observer(_uno())
    for line in sys.stdin:
        print(json.dumps(_answer(observer, line), default=str), flush=True)


if __name__ == "__main__":
    main()
