"""What the operations of `desk` share: documents and sheets, locks, number formats, formulas in two languages.

Runs in our process and, beside `desk`, in LibreOffice's own Python: standard library and `uno` only, Python 3.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Sequence  # noqa: UP035 - LibreOffice 7 brings Python 3.8

if TYPE_CHECKING or __package__:
    from xlbangfu.workbook.libreoffice import desktext
else:  # run as a program: its own folder is on the path, ours is not
    import desktext

if TYPE_CHECKING:
    from xlbangfu.workbook.libreoffice.desktext import Block, Place

    Area = Sequence[Any]

# What went wrong, as the other side sees it.
SILENT = "silent"  # nobody listens on the pipe
LOST = "lost"  # no connection, or LibreOffice is gone
GONE = "gone"  # the document was closed, the sheet was deleted or renamed
LOCKED = "locked"  # the sheet is protected and a cell is locked
READ_ONLY = "read-only"  # the document is open for reading only
MISSING = "missing"  # no table, name, macro of that name; no `uno`
REFUSED = "refused"  # LibreOffice raised; the detail says what

# com.sun.star.util.NumberFormat: what a number means, by the format of its cell
DATE_BIT, TIME_BIT, TEXT_FORMAT, BOOL_FORMAT = 2, 4, 256, 1024

EXCEL_A1 = 1  # com.sun.star.sheet.AddressConvention.XL_A1
EXCEL_WORDS = 4  # com.sun.star.sheet.FormulaLanguage.XL_ENGLISH

LOCALE_STEP = 10000  # between the keys of one standard format in two locales; General has a multiple of it


class DeskError(Exception):
    """An operation failed: `kind` is one of the words above, `detail` English text for the log."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class Book:
    """A document with the objects of it that are worth keeping."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.sheets: dict[str, Any] = {}
        self.tables: dict[str, Any] = {}
        self.kinds: dict[int, str] = {}  # key of a number format -> kind
        self.keys: dict[str, int] = {}  # Excel's format code -> key
        self._lazy: dict[str, Any] = {}

    def lazy(self, name: str) -> Any:
        """A property of the document that is an object and stays the same, e.g. "Sheets"."""
        if name not in self._lazy:
            self._lazy[name] = getattr(self.document, name)
        return self._lazy[name]


class DeskBase:
    """The objects behind the operations. Methods of one underscore: for `desk` alone."""

    def __init__(self, uno: Any, context: Any) -> None:
        self._uno = uno
        self._failure = uno.getClass("com.sun.star.uno.Exception")
        self._disposed = uno.getClass("com.sun.star.lang.DisposedException")
        self._context = context
        self._manager = context.ServiceManager
        self._desktop = self._service("com.sun.star.frame.Desktop")
        self._books: dict[str, Book] = {}
        self._indicators: dict[str, Any] = {}
        self._parsers: dict[str, tuple[Any, Any]] = {}

    def books(self) -> list[dict[str, Any]]:
        """The open spreadsheets: book, path ("" when never saved), title; the one in front first."""
        found: list[dict[str, Any]] = []
        front = self._desktop.getCurrentComponent()
        front_uid = getattr(front, "RuntimeUID", None)
        for document in desktext.each(self._desktop.Components.createEnumeration()):
            if not hasattr(document, "Sheets"):  # the start centre, a text
                continue
            uid = str(document.RuntimeUID)
            if uid not in self._books:
                self._books[uid] = Book(document)
            url = str(document.URL)
            path = self._uno.fileUrlToSystemPath(url) if url.startswith("file:") else url
            row = {"book": uid, "path": path, "title": str(document.Title)}
            found.insert(0 if uid == front_uid else len(found), row)
        return found

    def _alive(self) -> bool:
        try:
            return bool(self._desktop.getImplementationName())
        except self._failure:
            return False

    def _service(self, name: str) -> Any:
        return self._manager.createInstanceWithContext(name, self._context)

    def _property(self, name: str, value: Any) -> Any:
        made = self._uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        made.Name, made.Value = name, value
        return made

    def _book(self, book: str) -> Book:
        if book not in self._books:
            self.books()
        if book not in self._books:
            raise DeskError(GONE, f"book {book}")
        return self._books[book]

    def _document(self, book: str) -> Any:
        return self._book(book).document

    def _controller(self, book: str) -> Any:
        controller = self._document(book).CurrentController
        if controller is None:
            raise DeskError(REFUSED, "the document has no window")
        return controller

    def _sheet(self, book: str, name: str) -> Any:
        kept = self._book(book).sheets
        try:
            if name in kept and kept[name].Name == name:  # a sheet may be renamed or deleted at any time
                return kept[name]
        except self._failure:
            pass
        sheets = self._book(book).lazy("Sheets")
        if not sheets.hasByName(name):
            kept.pop(name, None)
            raise DeskError(GONE, f"sheet {name}")
        kept[name] = sheets.getByName(name)
        return kept[name]

    def _cells(self, book: str, area: Area) -> Any:
        sheet, top, left, bottom, right = area
        return self._sheet(book, sheet).getCellRangeByPosition(left, top, right, bottom)

    def _mixed(self, cells: Any, name: str) -> bool:
        """Do the cells differ in that property? Its value is then the default one, and tells nothing."""
        return bool(cells.getPropertyState(name).value == "AMBIGUOUS_VALUE")

    def _check_open(self, book: str, sheet: str, cells: Any) -> None:
        """Raises where the cells may not be changed: setDataArray would raise there as well, but clearContents and
        formats would do nothing, and single cells would let everything in.
        """
        if self._document(book).isReadonly():
            raise DeskError(READ_ONLY)
        if not self._sheet(book, sheet).isProtected():
            return
        mixed = self._mixed(cells, "CellProtection")
        parts = desktext.items(cells.getUniqueCellFormatRanges()) if mixed else [cells]
        if any(part.CellProtection.IsLocked for part in parts):
            raise DeskError(LOCKED, sheet)

    def _kinds(self, book: str, sheet: str, places: dict[Place, Any]) -> list[Block]:
        """What numbers mean there, by format, in boxes: "date", "datetime", "time", "bool", "text"; else no box.

        A box may reach beyond the places. One look at all of them, then at their runs or at the sheet's formats,
        whichever are fewer: each costs 1.5 ms.
        """
        if not places:
            return []
        whole = desktext.bounds(places)
        cells = self._cells(book, [sheet, *whole])
        key = self._only_format(cells)
        if key is not None:
            kind = self._kind(book, key)
            return [(kind, *whole)] if kind else []
        formats = cells.getUniqueCellFormatRanges()
        runs = [box[1:] for box in desktext.blocks(dict.fromkeys(places))]
        if len(runs) < formats.Count:
            found = []
            for box in runs:
                cells = self._cells(book, [sheet, *box])
                key = self._only_format(cells)
                if key is None:
                    found += self._kinds_of_formats(book, cells.getUniqueCellFormatRanges())
                else:
                    found.append((self._kind(book, key), *box))
        else:
            found = self._kinds_of_formats(book, formats)
        return [box for box in found if box[0]]

    def _only_format(self, cells: Any) -> int | None:
        return None if self._mixed(cells, "NumberFormat") else int(cells.NumberFormat)

    def _kinds_of_formats(self, book: str, formats: Any) -> list[Block]:
        found = []
        for part in desktext.items(formats):
            kind = self._kind(book, part.NumberFormat)
            if kind:
                for address in part.getRangeAddresses():
                    top, left, bottom, right = desktext.box_of(address)
                    found.append((kind, top, left, bottom, right))
        return found

    def _kind_of_each(self, book: str, sheet: str, places: Iterable[Place]) -> dict[Place, str]:
        wanted = dict.fromkeys(places)
        return {place: kind for kind, *part in self._kinds(book, sheet, wanted) for place in desktext.places_of(part)}

    def _kind(self, book: str, key: int) -> str:
        kinds = self._book(book).kinds
        if key not in kinds:
            number = self._book(book).lazy("NumberFormats").getByKey(key).Type
            if number & BOOL_FORMAT:
                kinds[key] = "bool"
            elif number & TEXT_FORMAT:
                kinds[key] = "text"
            else:
                kinds[key] = {DATE_BIT: "date", TIME_BIT: "time", DATE_BIT | TIME_BIT: "datetime"}.get(number & 6, "")
        return kinds[key]

    def _format_key(self, book: str, code: str) -> int:
        """The document's key of one of Excel's format codes, in the locale of the system as after loading a file.

        In another locale the code would get a mark of it, [$-409], when the file is saved.
        """
        keys = self._book(book).keys
        if code not in keys:
            formats = self._book(book).lazy("NumberFormats")
            system = self._uno.createUnoStruct("com.sun.star.lang.Locale")
            if code == desktext.GENERAL:
                keys[code] = formats.getStandardIndex(system)
            elif code == desktext.TRUTH:
                keys[code] = formats.getStandardFormat(BOOL_FORMAT, system)
            else:
                english = self._uno.createUnoStruct("com.sun.star.lang.Locale")
                english.Language, english.Country = "en", "US"
                keys[code] = formats.addNewConverted(code, english, system)
        return keys[code]

    def _format_code(self, book: str, key: int) -> str:
        found = self._book(book).lazy("NumberFormats").getByKey(key)
        code, number = str(found.FormatString), found.Type
        if number & BOOL_FORMAT or key % LOCALE_STEP == 0:
            return desktext.GENERAL  # Excel's truth values have no format of their own
        return desktext.small_letters(code) if number & 6 else code

    def _hidden(self, book: str, area: Area, rows: bool) -> bool | None:
        sheet, top, left, bottom, right = area
        line = [sheet, top, left, bottom, left] if rows else [sheet, top, left, top, right]
        shown = [desktext.box_of(a) for a in self._cells(book, line).queryVisibleCells().getRangeAddresses()]
        count = sum(box[2] - box[0] + 1 if rows else box[3] - box[1] + 1 for box in shown)
        return True if count == 0 else False if count == (bottom - top if rows else right - left) + 1 else None

    def _table(self, book: str, name: str) -> Any:
        kept = self._book(book).tables
        try:
            if name in kept and kept[name].Name.lower() == name.lower():
                return kept[name]
        except self._failure:
            pass
        ranges = self._book(book).lazy("DatabaseRanges")
        for written in ranges.ElementNames:
            if written.lower() == name.lower():  # as Excel
                kept[name] = ranges.getByName(written)
                return kept[name]
        raise DeskError(MISSING, f"table {name}")

    def _names(self, book: str, sheet: str | None) -> Any:
        return self._book(book).lazy("NamedRanges") if sheet is None else self._sheet(book, sheet).NamedRanges

    def _name(self, book: str, sheet: str | None, name: str) -> Any:
        names = self._names(book, sheet)
        for written in names.ElementNames:
            if written.lower() == name.lower():
                return names.getByName(written)
        raise DeskError(MISSING, f"name {name}")

    # ---- formulas -------------------------------------------------------------------------------------

    def _pair(self, book: str) -> tuple[Any, Any]:
        """Two parsers of the document: Excel's English, and LibreOffice's own."""
        if book not in self._parsers:
            document = self._document(book)
            excel = document.createInstance("com.sun.star.sheet.FormulaParser")
            excel.CompileEnglish = True
            excel.FormulaConvention = EXCEL_A1
            mapper = document.createInstance("com.sun.star.sheet.FormulaOpCodeMapper")
            excel.OpCodeMap = mapper.getAvailableMappings(EXCEL_WORDS, 0x7FFFFFFF)  # without it "," is an error
            own = document.createInstance("com.sun.star.sheet.FormulaParser")
            own.CompileEnglish = True
            self._parsers[book] = (excel, own)
        return self._parsers[book]

    def _at(self, row: int = 0, column: int = 0) -> Any:
        place = self._uno.createUnoStruct("com.sun.star.table.CellAddress")
        place.Row, place.Column = row, column
        return place

    def _parse(self, book: str, formula: dict[str, Any]) -> Any:
        """What to put into cells for a formula: tokens, or LibreOffice's text where tokens would be wrong."""
        text = formula["formula"]
        if desktext.calls_texts(text):  # jumps come by the hundred, and parsing one costs 2 ms
            return desktext.separated_by(";", text)
        if desktext.names_table(text):
            return desktext.office_text(text)
        at = self._at(formula["row"], formula["column"])
        return self._pair(book)[0].parseFormula(desktext.truth_calls(text[1:]), at)

    def _excel_formula(self, book: str, text: str) -> str:
        """LibreOffice's text of a formula in Excel's words; references are texts, so any place will do."""
        if text.startswith("{=") and text.endswith("}"):
            text = text[1:-1]
        if text in ("=TRUE()", "=FALSE()"):  # so it reads TRUE, a constant, from Excel's files
            return text[1:-2]
        if not desktext.DIFFERS.search(text):
            return text
        if desktext.calls_texts(text):
            return desktext.separated_by(",", text)
        if desktext.names_table(text):
            return desktext.excel_text(text)
        excel, own = self._pair(book)
        return "=" + str(excel.printFormula(own.parseFormula(text[1:], self._at()), self._at()))

    def _office_formula(self, book: str, text: str) -> str:
        excel, own = self._pair(book)
        tokens = excel.parseFormula(text[1:] if text.startswith("=") else text, self._at())
        return str(own.printFormula(tokens, self._at()))

    def _excel_link(self, book: str, url: str) -> str:
        if not url.startswith("#"):
            return url
        for name in self._book(book).lazy("Sheets").ElementNames:
            for start in ("#" + name, "#$" + name, "#" + desktext.in_quotes(name), "#$" + desktext.in_quotes(name)):
                if url.startswith(start + "."):
                    return "#" + desktext.in_quotes(name) + "!" + url[len(start) + 1 :]
        return url
