"""The LibreOffice side of the engine: some coarse operations on open spreadsheets, over UNO.

The same file serves twice. Inside our own process `connect` gives a `Desk`. Run as a program by LibreOffice's Python
(`python desk.py <pipe name>`) it is the bridge: one JSON request a line on stdin, {"do": name, "with": [arguments]},
one JSON answer a line on stdout, {"ok": result} or {"error": kind, "detail": English text}; UTF-8; it ends with stdin.

Arguments and results are JSON-able. A `book` is a document's RuntimeUID. An `area` is [sheet name, top, left, bottom,
right], from 0, ends inside. Nothing here locks controllers or opens undo contexts: a killed Python leaves no trace.

A call on a known UNO object costs 0.2-0.4 ms, a new object 1.2 ms (its types are asked for), so objects are kept and
blocks are read and written whole. Never hand setDataArray anything but str and float: None is written as #N/A, and a
bool among them was seen to crash LibreOffice 7.4. Standard library and `uno` only, Python 3.8 and newer.
"""

from __future__ import annotations

import datetime
import importlib
import io
import json
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any, Sequence  # noqa: UP035 - LibreOffice 7 brings Python 3.8

if TYPE_CHECKING or __package__:
    from xlbangfu.workbook.libreoffice import desktext
    from xlbangfu.workbook.libreoffice.deskbase import (
        GONE,
        LOCKED,
        LOST,
        MISSING,
        REFUSED,
        SILENT,
        Book,
        DeskBase,
        DeskError,
    )
else:  # run as a program: its own folder is on the path, ours is not
    import desktext
    from deskbase import GONE, LOCKED, LOST, MISSING, REFUSED, SILENT, Book, DeskBase, DeskError

if TYPE_CHECKING:
    from xlbangfu.workbook.libreoffice.deskbase import Area
    from xlbangfu.workbook.libreoffice.desktext import Place

# com.sun.star.sheet.CellFlags
CONTENTS = 1 | 2 | 4 | 16  # value, date, text, formula
FORMATS = 32 | 64 | 256  # hard attributes, styles, attributes inside a text
NOTES = 8
FORMULA_CELLS = 16

ERRORS = {532: "#DIV/0!", 32767: "#N/A", 525: "#NAME?", 524: "#REF!", 519: "#VALUE!", 502: "#NUM!", 503: "#NUM!"}
ERRORS[521] = "#NULL!"

FILTERS = {
    ".xlsm": "Calc MS Excel 2007 VBA XML",
    ".xlsx": "Calc MS Excel 2007 XML",
    ".xls": "MS Excel 97",
    ".ods": "calc8",
    ".csv": "Text - txt - csv (StarCalc)",
    ".pdf": "calc_pdf_Export",
}
HORIZONTAL = {"STANDARD": "general", "LEFT": "left", "CENTER": "center", "RIGHT": "right", "REPEAT": "fill"}
HORIZONTAL["BLOCK"] = "justify"
VERTICAL = {0: "bottom", 1: "top", 2: "center", 3: "bottom", 4: "justify"}  # 0 is "standard", drawn at the bottom
PLAIN = {"font_color": "CharColor", "color": "CellBackColor", "wrap": "IsTextWrapped"}
# Asian letters have a font of their own in LibreOffice; Excel has one for all.
FONTS = {"size": "CharHeight", "font": "CharFontName", "bold": "CharWeight", "italic": "CharPosture"}
HMM_PER_POINT = 2540 / 72  # LibreOffice measures in 1/100 mm


def connect(pipe: str, patience: float) -> Desk:
    """The desk of the LibreOffice that listens on `pipe`; tries again for `patience` seconds.

    Raises DeskError(SILENT) where nobody does, DeskError(MISSING) where this Python has no `uno`.
    """
    try:
        uno = importlib.import_module("uno")
    except ImportError as error:
        raise DeskError(MISSING, str(error)) from None
    failure = uno.getClass("com.sun.star.uno.Exception")
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    end = time.monotonic() + patience
    while True:
        try:
            return Desk(uno, resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"))
        except failure as error:
            if time.monotonic() >= end:
                raise DeskError(SILENT, f"{pipe}: {error}") from None
        time.sleep(0.02)


class Desk(DeskBase):
    """Operations on the spreadsheets that are open in one LibreOffice."""

    def call(self, name: str, arguments: Sequence[Any]) -> Any:
        """The result of the operation `name`. Raises DeskError, and nothing else that comes from LibreOffice."""
        if name not in OPERATIONS:
            raise DeskError(REFUSED, f"no operation {name}")
        try:
            return getattr(self, name)(*arguments)
        except self._disposed as error:
            raise DeskError(GONE if self._alive() else LOST, str(error)) from None
        except self._failure as error:
            if not self._alive():
                raise DeskError(LOST, str(error)) from None
            raise DeskError(REFUSED, f"{name} {type(error).__name__}: {error}") from None

    # ---- documents ------------------------------------------------------------------------------------

    def version(self) -> str:
        """LibreOffice's version, e.g. "7.4"."""
        provider = self._service("com.sun.star.configuration.ConfigurationProvider")
        node = self._uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        node.Name, node.Value = "nodepath", "/org.openoffice.Setup/Product"
        access = provider.createInstanceWithArguments("com.sun.star.configuration.ConfigurationAccess", (node,))
        return str(access.getByName("ooSetupVersion"))

    def find(self, path: str) -> dict[str, Any] | None:
        """The row of `books` of the document with that path, None if it is not open here."""
        for row in self.books():
            if row["path"] and _same_file(row["path"], path):
                return row
        return None

    def open_book(self, path: str, macros: int = 3, read_only: bool = False) -> str:
        """Opens a file in a window and gives its book; `macros` is UNO's MacroExecMode, 3 as the settings say, 4 yes."""
        how = (self._property("MacroExecutionMode", macros), self._property("ReadOnly", read_only))
        document = self._desktop.loadComponentFromURL(self._uno.systemPathToFileUrl(path), "_blank", 0, how)
        if document is None:
            raise DeskError(REFUSED, f"cannot open {path}")
        self._books[str(document.RuntimeUID)] = Book(document)
        return str(document.RuntimeUID)

    def new_book(self) -> str:
        """A new, empty spreadsheet."""
        document = self._desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, ())
        self._books[str(document.RuntimeUID)] = Book(document)
        return str(document.RuntimeUID)

    def quit(self) -> None:
        """Closes every spreadsheet without saving it, then LibreOffice."""
        for row in self.books():
            self.close_book(row["book"])
        self._desktop.terminate()

    def close_book(self, book: str) -> None:
        """Closes the document without saving it."""
        self._document(book).close(True)
        self._books.pop(book, None)

    def save(self, book: str, path: str | None) -> None:
        """Stores the document: in place, or a copy under `path`, whose ending says the format."""
        document = self._document(book)
        if path is None:
            document.store()
            return
        ending = os.path.splitext(path)[1].lower()
        if ending not in FILTERS:
            raise DeskError(REFUSED, f"no file format for {ending}")
        document.storeToURL(self._uno.systemPathToFileUrl(path), (self._property("FilterName", FILTERS[ending]),))

    def show(self, book: str) -> None:
        """Brings the document's window to the front."""
        frame = self._controller(book).Frame
        frame.activate()
        frame.ContainerWindow.toFront()

    # ---- sheets ---------------------------------------------------------------------------------------

    def sheets(self, book: str) -> dict[str, Any]:
        """The sheets' names in order, and the name of the active one."""
        names = [str(name) for name in self._book(book).lazy("Sheets").ElementNames]
        controller = self._document(book).CurrentController
        return {"names": names, "active": str(controller.ActiveSheet.Name) if controller else names[0]}

    def sheet_state(self, book: str, sheet: str) -> dict[str, bool]:
        """Is the sheet visible, is it protected?"""
        found = self._sheet(book, sheet)
        return {"visible": bool(found.IsVisible), "protected": bool(found.isProtected())}

    def change_sheet(self, book: str, sheet: str, what: str, value: Any) -> None:
        """One change to the sheets: "add" and "move" (value: position), "rename", "visible", "delete", "activate"."""
        sheets = self._book(book).lazy("Sheets")
        if what == "add":
            sheets.insertNewByName(sheet, value)
            return
        found = self._sheet(book, sheet)
        if what == "rename":
            found.Name = value
        elif what == "visible":
            found.IsVisible = value
        elif what == "move":
            sheets.moveByName(sheet, value)
        elif what == "delete":
            sheets.removeByName(sheet)
        else:
            self._controller(book).setActiveSheet(found)

    def used(self, book: str, sheet: str) -> list[int]:
        """Top, left, bottom, right of what is used on the sheet; the first cell of an empty one."""
        cursor = self._sheet(book, sheet).createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        return desktext.box_of(cursor.RangeAddress)

    # ---- values ---------------------------------------------------------------------------------------

    def read(self, book: str, area: Area, errors: bool) -> dict[str, Any]:
        """The values of an area.

        rows: str ("" for an empty cell), float, or a list of one text for an error: its name, or "" unless `errors`.
        marks: [kind, top, left, bottom, right] within the area for numbers that are "date", "datetime", "time", "bool".
        zero: year, month, day of the number 0.
        """
        cells = self._cells(book, area)
        rows = [list(row) for row in cells.getDataArray()]
        top, left = area[1], area[2]
        wrong = [(r, c) for r, row in enumerate(rows) for c, value in enumerate(row) if value is None]
        for r, c in wrong:
            rows[r][c] = [ERRORS.get(cells.getCellByPosition(c, r).getError(), "#VALUE!") if errors else ""]
        numbers = {(top + r, left + c): 0 for r, row in enumerate(rows) for c, v in enumerate(row) if type(v) is float}
        marks = [
            [kind, box[0] - top, box[1] - left, box[2] - top, box[3] - left]
            for kind, *box in self._kinds(book, area[0], numbers)
            if kind != "text"
        ]
        zero = self._book(book).lazy("NullDate")
        return {"rows": rows, "marks": marks, "zero": [zero.Year, zero.Month, zero.Day]}

    def write(self, book: str, area: Area, rows: Sequence[Sequence[Any]]) -> None:
        """Fills an area; every cell of it, hidden or not.

        Of `rows`: None empties a cell, str is text and never parsed, float a number, bool a truth value,
        {"date": number, "kind": "date" | "datetime" | "time"} a date that keeps a date format of its cell, and
        {"formula": "=…", "row": r, "column": c} a formula in Excel's English, written as if for that cell.
        Raises DeskError(LOCKED) before anything is changed.
        """
        cells = self._cells(book, area)
        self._check_open(book, area[0], cells)
        places = {
            (r, c): value
            for r, row in enumerate(rows, area[1])
            for c, value in enumerate(row, area[2])
            if value is not None
        }
        special = {place: value for place, value in places.items() if not isinstance(value, str)}
        kinds = self._kind_of_each(book, area[0], special)
        formulas = {}
        formats: dict[Place, int] = {}
        for place, value in special.items():
            kind = kinds.get(place, "")
            if code := desktext.wanted_format(value, kind):
                formats[place] = self._format_key(book, code)
            if desktext.is_formula(value) and kind != "text":  # Excel keeps a formula in a text cell as text
                formulas[place] = self._parse(book, value)
        zero = self._book(book).lazy("NullDate")  # 1904-01-01 in a workbook from an old Mac
        shift = (datetime.date(1899, 12, 30) - datetime.date(zero.Year, zero.Month, zero.Day)).days
        cells.setDataArray(
            tuple(
                tuple(desktext.content(value, shift, (r, c) in formulas) for c, value in enumerate(row, area[2]))
                for r, row in enumerate(rows, area[1])
            )
        )
        sheet = self._sheet(book, area[0])
        for key, *box in desktext.blocks(formats):
            sheet.getCellRangeByPosition(box[1], box[0], box[3], box[2]).NumberFormat = key
        texts = {place: parsed for place, parsed in formulas.items() if isinstance(parsed, str)}
        for _, *box in desktext.blocks(dict.fromkeys(texts, 0)):  # jumps come by the hundred: one call for a run
            run = sheet.getCellRangeByPosition(box[1], box[0], box[3], box[2])
            columns = range(box[1], box[3] + 1)
            run.setFormulaArray(tuple(tuple(texts[r, c] for c in columns) for r in range(box[0], box[2] + 1)))
        for (r, c), parsed in formulas.items():
            if (r, c) not in texts:
                sheet.getCellByPosition(c, r).setTokens(parsed)

    def formulas(self, book: str, area: Area) -> list[list[str]]:
        """What stands in the cells as text: formulas in Excel's English, numbers as digits, TRUE, "" for an empty cell."""
        cells = self._cells(book, area)
        texts = [[str(text) for text in row] for row in cells.getFormulaArray()]
        found = self.read(book, area, False)
        real = {
            (r - area[1], c - area[2])
            for address in cells.queryContentCells(FORMULA_CELLS).getRangeAddresses()
            for r, c in desktext.places_of(desktext.box_of(address))
        }
        truths = {place for kind, *box in found["marks"] if kind == "bool" for place in desktext.places_of(box)}
        for r, row in enumerate(found["rows"]):
            for c, value in enumerate(row):
                if (r, c) in real:
                    texts[r][c] = self._excel_formula(book, texts[r][c])
                elif isinstance(value, str):  # the array marks a text that looks like a number with '
                    texts[r][c] = value
                elif (r, c) in truths:
                    texts[r][c] = {0.0: "FALSE", 1.0: "TRUE"}.get(value, texts[r][c])
        return texts

    def clear(self, book: str, area: Area, what: str) -> None:
        """Empties "contents", "formats" or "all" of an area."""
        cells = self._cells(book, area)
        self._check_open(book, area[0], cells)
        flags = {"contents": CONTENTS, "formats": FORMATS, "all": CONTENTS | FORMATS | NOTES}[what]
        cells.clearContents(flags)
        if what != "formats" and cells.queryContentCells(CONTENTS).Count:  # silent where it will not, as in an array
            raise DeskError(REFUSED, "contents are still there")

    def copy(self, book: str, area: Area, target: Sequence[Any]) -> None:
        """Copies an area with its formats to [sheet, row, column] of the same book."""
        destination = self._sheet(book, target[0]).getCellByPosition(target[2], target[1])
        end = (target[1] + area[3] - area[1], target[2] + area[4] - area[2])
        self._check_open(book, target[0], self._cells(book, [target[0], target[1], target[2], *end]))
        self._sheet(book, target[0]).copyRange(destination.CellAddress, self._cells(book, area).RangeAddress)

    def go(self, book: str, area: Area, how: str) -> list[int]:
        """The box one gets to from an area: "region", "merged" (the whole merged cell), "up", "down", "left", "right"."""
        sheet = self._sheet(book, area[0])
        cell = sheet.getCellRangeByPosition(area[2], area[1], area[2], area[1])
        if how in ("region", "merged"):
            cursor = sheet.createCursorByRange(cell)
            if how == "region":
                cursor.collapseToCurrentRegion()
            else:
                cursor.collapseToMergedArea()
            return desktext.box_of(cursor.RangeAddress)
        end = self.used(book, area[0])
        size = sheet.RangeAddress
        row, column = _jump(sheet, area, how, end, (size.EndRow, size.EndColumn))
        return [row, column, row, column]

    # ---- how cells look -------------------------------------------------------------------------------

    def look(self, book: str, area: Area, what: str) -> Any:
        """One property of an area, None where its cells differ. See `dress` for the words."""
        cells = self._cells(book, area)
        if what == "number_format":
            key = self._only_format(cells)
            return None if key is None else self._format_code(book, key)
        if what == "merged":
            top, left, bottom, right = self.go(book, area, "merged")
            if top <= area[1] and left <= area[2] and bottom >= area[3] and right >= area[4]:
                return (top, left) != (bottom, right)
            return None if cells.getIsMerged() else False
        if what in ("rows_hidden", "columns_hidden"):
            return self._hidden(book, area, what == "rows_hidden")
        if what in ("width", "height"):
            lines = cells.Columns if what == "width" else cells.Rows
            sizes = {line.Width if what == "width" else line.Height for line in desktext.items(lines)}
            return sizes.pop() / HMM_PER_POINT if len(sizes) == 1 else None
        name = {"halign": "HoriJustify", "valign": "VertJustify", **PLAIN, **FONTS}[what]
        if self._mixed(cells, name):
            return None
        value = getattr(cells, name)
        if what == "bold":
            return bool(value > 100)
        if what == "italic":
            return value.value != "NONE"
        if what == "halign":
            return HORIZONTAL.get(value.value, "general")
        if what == "valign":
            return VERTICAL.get(value, "bottom")
        return None if what == "color" and value == -1 else value

    def dress(self, book: str, area: Area, what: str, value: Any) -> None:
        """Sets one property: number_format (Excel's code), color and font_color (0xRRGGBB, None for none), bold, italic,
        size (points), font, wrap, halign, valign, width and height (points), rows_hidden, columns_hidden, merged.
        """
        cells = self._cells(book, area)
        self._check_open(book, area[0], cells)
        if what == "number_format":
            cells.NumberFormat = self._format_key(book, value)
        elif what == "merged":
            cells.merge(value)
        elif what == "rows_hidden":
            cells.Rows.IsVisible = not value
        elif what == "columns_hidden":
            cells.Columns.IsVisible = not value
        elif what == "width":
            cells.Columns.Width = round(value * HMM_PER_POINT)
        elif what == "height":
            cells.Rows.Height = round(value * HMM_PER_POINT)
        elif what == "halign":
            name = {v: k for k, v in HORIZONTAL.items()}.get(value, "CENTER" if "center" in value else "BLOCK")
            cells.HoriJustify = self._uno.Enum("com.sun.star.table.CellHoriJustify", name)
        elif what == "valign":
            cells.VertJustify = {"top": 1, "center": 2, "bottom": 3}.get(value, 4)
        elif what in PLAIN:
            setattr(cells, PLAIN[what], -1 if value is None else value)
        else:
            if what == "bold":
                value = 150.0 if value else 100.0
            elif what == "italic":
                value = self._uno.Enum("com.sun.star.awt.FontSlant", "ITALIC" if value else "NONE")
            for script in ("", "Asian", "Complex"):
                setattr(cells, FONTS[what] + script, value)

    def autofit(self, book: str, area: Area, axis: str) -> None:
        """Fits the "rows" or "columns" of an area to what stands in them."""
        cells = self._cells(book, area)
        if axis == "rows":
            cells.Rows.OptimalHeight = True
        else:
            cells.Columns.OptimalWidth = True

    # ---- links, tables, names -------------------------------------------------------------------------

    def link(self, book: str, sheet: str, row: int, column: int) -> str | None:
        """Where a cell's link leads, as Excel writes it ("#'表'!B5" inside the workbook); None without a link."""
        fields = self._sheet(book, sheet).getCellByPosition(column, row).getTextFields()
        for field in desktext.each(fields.createEnumeration()):
            if hasattr(field, "URL"):
                return self._excel_link(book, str(field.URL))
        return None

    def set_links(self, book: str, sheet: str, links: Sequence[Sequence[Any]]) -> None:
        """Makes links of cells: [row, column, target, text] each; targets as Excel writes them."""
        page = self._sheet(book, sheet)
        document = self._document(book)
        if page.isProtected():
            for row, column, _, _ in links:
                self._check_open(book, sheet, page.getCellByPosition(column, row))
        for row, column, target, text in links:
            cell = page.getCellByPosition(column, row)
            field = document.createInstance("com.sun.star.text.TextField.URL")
            field.URL = desktext.office_link(target)
            field.Representation = text
            cell.setString("")
            cell.insertTextContent(cell.createTextCursor(), field, False)

    def tables(self, book: str) -> list[str]:
        """The names of all tables (database ranges) of the book."""
        return [str(name) for name in self._book(book).lazy("DatabaseRanges").ElementNames]

    def table(self, book: str, name: str) -> dict[str, Any]:
        """One table: its name as written, area, and whether it has a header row, totals, filter buttons."""
        found = self._table(book, name)
        address = found.DataArea
        sheet = str(self._book(book).lazy("Sheets").ElementNames[address.Sheet])
        flags = {"header": "ContainsHeader", "totals": "TotalsRow", "filter": "AutoFilter"}
        row = {word: bool(getattr(found, flag)) for word, flag in flags.items()}
        return {"name": str(found.Name), "area": [sheet, *desktext.box_of(address)], **row}

    def change_table(self, book: str, name: str, what: str, value: Any) -> None:
        """One change: "area", "rename", "header", "totals", "filter" (bool), "add" (area), "delete"."""
        ranges = self._book(book).lazy("DatabaseRanges")
        if what == "add":
            ranges.addNewByName(name, self._cells(book, value).RangeAddress)
            return
        found = self._table(book, name)
        if what == "area":
            for sheet in {value[0], self.table(book, name)["area"][0]}:
                if self._sheet(book, sheet).isProtected():  # as Excel: no resizing there
                    raise DeskError(LOCKED, sheet)
            found.setDataArea(self._cells(book, value).RangeAddress)
        elif what == "rename":
            found.Name = value
            self._book(book).tables.pop(name, None)
        elif what == "delete":
            ranges.removeByName(found.Name)
            self._book(book).tables.pop(name, None)
        else:
            setattr(found, {"header": "ContainsHeader", "totals": "TotalsRow", "filter": "AutoFilter"}[what], value)

    def names(self, book: str, sheet: str | None) -> list[str]:
        """The defined names of the book, or of a sheet."""
        return [str(name) for name in self._names(book, sheet).ElementNames]

    def name(self, book: str, sheet: str | None, name: str) -> dict[str, Any]:
        """One defined name: as written, and its area (None if it is no plain range)."""
        found = self._name(book, sheet, name)
        cells = found.getReferredCells()
        area = None
        if cells is not None:
            area = [str(cells.Spreadsheet.Name), *desktext.box_of(cells.RangeAddress)]
        return {"name": str(found.Name), "area": area}

    def refers(self, book: str, sheet: str | None, name: str) -> str:
        """What a defined name stands for, as a formula in Excel's English: the first of a book costs some 50 ms."""
        return self._excel_formula(book, "=" + str(self._name(book, sheet, name).Content))

    def change_name(self, book: str, sheet: str | None, name: str, what: str, value: Any) -> None:
        """One change: "add" and "refers" (formula in Excel's English), "rename", "delete"."""
        names = self._names(book, sheet)
        if what in ("add", "refers"):
            content = self._office_formula(book, value)
            if what == "refers":
                self._name(book, sheet, name).Content = content
            else:
                names.addNewByName(name, content, self._uno.createUnoStruct("com.sun.star.table.CellAddress"), 0)
            return
        found = self._name(book, sheet, name)
        if what == "rename":
            found.Name = value
        else:
            names.removeByName(found.Name)

    # ---- the person in front of the screen ------------------------------------------------------------

    def selection(self, book: str) -> list[Any] | None:
        """The selected area (the first of several); None if something else is selected."""
        selected = self._controller(book).Selection
        if selected is None:
            return None
        if not hasattr(selected, "RangeAddress"):
            if not hasattr(selected, "getRangeAddresses") or not selected.Count:
                return None
            selected = selected.getByIndex(0)
        return [str(selected.Spreadsheet.Name), *desktext.box_of(selected.RangeAddress)]

    def select(self, book: str, area: Area) -> None:
        """Shows the sheet and selects the area."""
        controller = self._controller(book)
        controller.setActiveSheet(self._sheet(book, area[0]))
        controller.select(self._cells(book, area))

    def message(self, book: str, text: str, title: str, buttons: str, warning: bool) -> str:
        """Shows a message box in LibreOffice and gives the word of the button pressed: ok, cancel, yes, no."""
        number = {"ok": 1, "ok_cancel": 2, "yes_no": 3, "yes_no_cancel": 4}[buttons]
        kind = "WARNINGBOX" if warning else "INFOBOX" if buttons == "ok" else "QUERYBOX"
        toolkit = self._service("com.sun.star.awt.Toolkit")
        window = self._controller(book).Frame.ContainerWindow
        box_type = self._uno.Enum("com.sun.star.awt.MessageBoxType", kind)
        box = toolkit.createMessageBox(window, box_type, number, title, text)
        try:
            answer = {1: "ok", 2: "yes", 3: "no"}.get(box.execute(), "cancel")
            return "ok" if buttons == "ok" else answer  # closed by Esc, or without a screen: 0
        finally:
            box.dispose()

    def pick(self, book: str, title: str, folder: bool, patterns: Sequence[Sequence[str]]) -> str | None:
        """The path of a file or folder that the person chooses in LibreOffice's dialog, None if cancelled.

        The dialog starts in the folder of the document.

        patterns: ["Excel", "*.xlsx;*.xlsm"] each, the first one preset.
        """
        if folder:
            picker = self._service("com.sun.star.ui.dialogs.FolderPicker")
        else:
            picker = self._manager.createInstanceWithArgumentsAndContext(
                "com.sun.star.ui.dialogs.FilePicker", (0,), self._context
            )
            for label, pattern in patterns:
                picker.appendFilter(label, pattern)
        picker.setTitle(title)
        place = str(self._document(book).URL)
        if place.startswith("file:"):
            picker.setDisplayDirectory(place.rsplit("/", 1)[0])
        if picker.execute() != 1:
            return None
        url = picker.getDirectory() if folder else picker.getFiles()[0]
        return str(self._uno.fileUrlToSystemPath(url))

    def status(self, book: str, text: str | None) -> None:
        """Shows a text in the status bar of the window; None gives the bar back."""
        indicator = self._indicators.get(book)
        if indicator is None:
            indicator = self._indicators[book] = self._controller(book).Frame.createStatusIndicator()
        indicator.start(text or "", 0)  # also before the end: this clears what a killed program left there
        if text is None:
            indicator.end()

    def calculation(self, book: str, automatic: bool | None) -> bool:
        """Does the document calculate by itself? Switches it when `automatic` is given."""
        document = self._document(book)
        if automatic is False:
            document.calculate()  # what nobody has looked at yet is still 0
        if automatic is not None:
            document.enableAutomaticCalculation(automatic)
        return bool(document.isAutomaticCalculationEnabled())

    def calculate(self, book: str) -> None:
        """Calculates every formula of the document, also those with results that another program left in the file."""
        self._document(book).calculateAll()

    def run_macro(self, book: str, name: str, arguments: Sequence[Any]) -> Any:
        """The result of the document's macro "Module.Sub" or "Sub", waited for."""
        document = self._document(book)
        libraries = document.BasicLibraries
        library = "VBAProject" if libraries.hasByName("VBAProject") else "Standard"
        if "." not in name:
            modules = libraries.getByName(library)
            head = re.compile(rf"^\s*(public\s+|private\s+)?(sub|function)\s+{re.escape(name)}\b", re.I | re.M)
            found = [m for m in modules.ElementNames if head.search(str(modules.getByName(m)))]
            if not found:
                raise DeskError(MISSING, name)
            name = f"{found[0]}.{name}"
        url = f"vnd.sun.star.script:{library}.{name}?language=Basic&location=document"
        try:
            script = document.getScriptProvider().getScript(url)
        except self._failure as error:
            raise DeskError(MISSING, f"{name}: {error}") from None
        result = script.invoke(tuple(arguments), (), ())[0]
        return result if isinstance(result, (str, int, float, bool, type(None))) else str(result)


OPERATIONS = frozenset(name for name in dir(Desk) if not name.startswith("_") and name != "call")


def _jump(sheet: Any, area: Area, how: str, used: list[int], last: Place) -> Place:
    """Where Ctrl+arrow leads from the area's first cell: the end of a filled run, the next filled cell, or the edge."""
    row, column = area[1], area[2]
    down, forward = how in ("up", "down"), how in ("down", "right")
    here, far, edge = (row, used[2], last[0]) if down else (column, used[3], last[1])
    here = min(here, far + 1)  # beyond what is used all cells are alike
    if forward and here >= far:
        end = edge
    else:
        first, final = (here, far) if forward else (0, here)
        box = (column, first, column, final) if down else (first, row, final, row)
        texts = [text for line in sheet.getCellRangeByPosition(*box).getFormulaArray() for text in line]
        filled = [bool(text) for text in (texts if forward else reversed(texts))]
        step = 1
        if filled[:2] == [True, True]:
            while filled[step + 1 : step + 2] == [True]:
                step += 1
        else:
            while step < len(filled) and not filled[step]:
                step += 1
        end = (edge if forward else 0) if step >= len(filled) else here + step if forward else here - step
    return (end, column) if down else (row, end)


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))


def serve(pipe: str) -> None:
    """The bridge: answers requests until stdin ends. The first one is "connect" with the seconds to keep trying."""
    requests = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8")
    answers = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    desk: Desk | None = None
    for line in requests:
        request = json.loads(line)
        try:
            if request["do"] == "connect":
                desk = connect(pipe, *request["with"])
                answer: dict[str, Any] = {"ok": None}
            elif desk is None:
                answer = {"error": LOST, "detail": "not connected"}
            else:
                answer = {"ok": desk.call(request["do"], request["with"])}
        except DeskError as error:
            answer = {"error": error.kind, "detail": error.detail}
        except Exception as error:  # a fault of ours must reach the other side as an answer
            answer = {"error": REFUSED, "detail": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.argv[1])
