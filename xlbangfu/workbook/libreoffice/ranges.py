"""xlwings' Range over the desk.

What differs from Excel, by LibreOffice's nature or on purpose:
- Text is kept as text, also where it looks like a number or a date; Excel parses what it is given.
- A number put into a cell of format "@" stays a number; Excel would make it text. A formula there becomes text in both.
- A formula with a fault is taken in and shows its error; Excel refuses it. `[@列]` is not understood, `tbl[列]` is.
- `formula` gives TRUE for the formula =TRUE(), as LibreOffice makes this of a truth value in Excel's files.
- A date put into a cell without a date format gets "yyyy-mm-dd"; Excel takes the format of the computer.
- A value written over a link takes the link away; in Excel it stays. `hyperlink` gives links inside the workbook as
  "#'表'!B5"; Excel gives "". A link has no tip of its own.
- `used_range` looks at contents only; Excel counts formatted cells in.
- Cells that a merged cell covers can be written, and keep what is written, unseen.
- `column_width` is in characters of Excel's default font, to within half a character of what Excel says.
- Notes, comments, borders, shapes, charts, pictures, page setup, sorting, inserting and deleting cells, the clipboard:
  not served (NotImplementedError).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xlwings import base_classes, utils

from xlbangfu.workbook.libreoffice import values
from xlbangfu.workbook.libreoffice.values import LAST_COLUMN, LAST_ROW

if TYPE_CHECKING:
    from xlbangfu.workbook.libreoffice.named import Name, Table
    from xlbangfu.workbook.libreoffice.sheets import Sheet

# A column of w characters is w * 7 + 5 pixels wide in Excel's default font (Calibri 11), at 96 to the inch.
PIXELS_PER_CHARACTER, PADDING_PIXELS, POINTS_PER_PIXEL = 7, 5, 0.75


class Range(base_classes.Range):
    """A box of cells: sheet, row and column from 1, number of rows and columns (0 for an empty slice)."""

    max_cells_per_read = None  # the whole block in one call
    max_cells_per_write = None
    has_array = False

    def __init__(self, sheet: Sheet, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        self._sheet = sheet
        self._box = (row, column, rows, columns)
        self.options: dict[str, Any] = {}

    # ---- where ----------------------------------------------------------------------------------------

    @property
    def sheet(self) -> Sheet:
        return self._sheet

    @property
    def coords(self) -> tuple[Any, ...]:
        return (self._sheet, *self._box)

    @property
    def api(self) -> Range:
        """Itself; there is no native object. False for an empty range, as in Excel."""
        return self

    @property
    def row(self) -> int:
        return self._box[0]

    @property
    def column(self) -> int:
        return self._box[1]

    @property
    def shape(self) -> tuple[int, int]:
        return self._box[2:]

    def __len__(self) -> int:
        return self._box[2] * self._box[3]

    def __call__(self, *place: int) -> Range:
        """One cell, counted from 1 along the rows (i) or by row and column (i, j); it may lie outside."""
        row, column = divmod(place[0] - 1, self._box[3]) if len(place) == 1 else (place[0] - 1, place[1] - 1)
        row, column = self.row + row, self.column + column
        if not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
            raise IndexError(f"no cell at row {row}, column {column}")
        return Range(self._sheet, row, column)

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        text = values.address(self._box, row_absolute, col_absolute)
        if external:
            name = f"[{self._sheet.book.name}]{self._sheet.name}"
            return f"'{name}'!{text}" if values.quoted(self._sheet.name) != self._sheet.name else f"{name}!{text}"
        return text

    @property
    def address(self) -> str:
        return self.get_address(True, True, False)

    @property
    def rows(self) -> Range:
        return self

    @property
    def columns(self) -> Range:
        return self

    @property
    def area(self) -> list[Any]:
        """The box as the desk takes it."""
        row, column, rows, columns = self._box
        return [self._sheet.name, row - 1, column - 1, row + rows - 2, column + columns - 2]

    def _do(self, operation: str, *arguments: Any) -> Any:
        return self._sheet.do(operation, self.area, *arguments)

    def _at(self, box: Any) -> Range:
        return self._sheet.at(box)

    # ---- what stands there ----------------------------------------------------------------------------

    @property
    def raw_value(self) -> Any:
        """A scalar for one cell, else rows."""
        if not self:
            return None
        rows = values.decode(self._do("read", bool(self.options.get("err_to_str"))))
        return rows[0][0] if len(self) == 1 else rows

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        if not self:
            return
        row, column, rows, columns = self._box
        fill = not isinstance(value, (list, tuple))  # then a formula is meant for the first cell, as in Excel
        lines = [
            [values.encode(v, row if fill else row + r, column if fill else column + c) for c, v in enumerate(line)]
            for r, line in enumerate(values.as_rows(value, rows, columns))
        ]
        self._do("write", lines)

    @property
    def formula(self) -> Any:
        """What stands in the cell as text, always str: a constant number as its digits, a date as its serial number."""
        if not self:
            return None
        rows = self._do("formulas")
        return rows[0][0] if len(self) == 1 else tuple(map(tuple, rows))

    @formula.setter
    def formula(self, value: Any) -> None:
        self.raw_value = value

    @property
    def formula2(self) -> Any:
        return self.formula

    @formula2.setter
    def formula2(self, value: Any) -> None:
        self.raw_value = value

    def clear_contents(self) -> None:
        if self:
            self._do("clear", "contents")

    def clear_formats(self) -> None:
        self._do("clear", "formats")

    def clear(self) -> None:
        if self:
            self._do("clear", "all")

    def copy(self, destination: Any = None) -> None:
        """Copies to a range of the same book; without a destination NotImplementedError (no clipboard)."""
        if destination is None:
            raise NotImplementedError("Range.copy() without a destination")
        target = destination.impl
        self._do("copy", [target.sheet.name, target.row - 1, target.column - 1])

    # ---- moving about ---------------------------------------------------------------------------------

    def end(self, direction: str) -> Range:
        return self._at(self._do("go", direction))

    @property
    def current_region(self) -> Range:
        return self._at(self._do("go", "region"))

    @property
    def merge_area(self) -> Range:
        return self._at(self._do("go", "merged"))

    def select(self) -> None:
        self._do("select")

    # ---- links, names, tables -------------------------------------------------------------------------

    @property
    def hyperlink(self) -> str:
        target: str | None = self._sheet.do("link", self._sheet.name, self.row - 1, self.column - 1)
        if target is None:
            raise Exception("The cell doesn't seem to contain a hyperlink!")  # xlwings' words
        return target

    def add_hyperlink(self, address: str, text_to_display: str | None = None, screen_tip: str | None = None) -> None:
        """Links every cell; the tip is dropped, LibreOffice shows the target instead."""
        text = address if text_to_display is None else text_to_display
        row, column, rows, columns = self._box
        links = [[r - 1, c - 1, address, text] for r in range(row, row + rows) for c in range(column, column + columns)]
        self._sheet.do("set_links", self._sheet.name, links)

    @property
    def name(self) -> Name | None:
        return self._sheet.book.names.of_area(self.area)

    @name.setter
    def name(self, value: str) -> None:
        self._sheet.book.names.add(value, f"={values.quoted(self._sheet.name)}!{self.address}")

    @property
    def table(self) -> Table | None:
        for table in self._sheet.tables:
            row, column, rows, columns = table.range.coords[1:]
            if row <= self.row < row + rows and column <= self.column < column + columns:
                found: Table = table
                return found
        return None

    # ---- how it looks ---------------------------------------------------------------------------------

    def look(self, what: str) -> Any:
        """A property of the cells, None where they differ; the words are those of `Desk.dress`."""
        return self._do("look", what)

    def dress(self, what: str, value: Any) -> None:
        """Sets a property of the cells."""
        self._do("dress", what, value)

    @property
    def number_format(self) -> str | None:
        return self.look("number_format")  # type: ignore[no-any-return]

    @number_format.setter
    def number_format(self, value: str) -> None:
        self.dress("number_format", value)

    @property
    def color(self) -> tuple[int, int, int] | None:
        return _rgb(self.look("color"))

    @color.setter
    def color(self, value: Any) -> None:
        self.dress("color", _number(value))

    @property
    def font(self) -> Font:
        return Font(self)

    @property
    def wrap_text(self) -> bool | None:
        return self.look("wrap")  # type: ignore[no-any-return]

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        self.dress("wrap", bool(value))

    @property
    def horizontal_alignment(self) -> str | None:
        return self.look("halign")  # type: ignore[no-any-return]

    @horizontal_alignment.setter
    def horizontal_alignment(self, value: str) -> None:
        self.dress("halign", value)

    @property
    def vertical_alignment(self) -> str | None:
        return self.look("valign")  # type: ignore[no-any-return]

    @vertical_alignment.setter
    def vertical_alignment(self, value: str) -> None:
        self.dress("valign", value)

    @property
    def column_width(self) -> float | None:
        points: float | None = self.look("width")
        if points is None:
            return None
        return round(max(0.0, points / POINTS_PER_PIXEL - PADDING_PIXELS) / PIXELS_PER_CHARACTER, 2)

    @column_width.setter
    def column_width(self, value: float) -> None:
        self.dress("width", (value * PIXELS_PER_CHARACTER + PADDING_PIXELS) * POINTS_PER_PIXEL)

    @property
    def row_height(self) -> float | None:
        points = self.look("height")
        return None if points is None else round(float(points), 2)

    @row_height.setter
    def row_height(self, value: float) -> None:
        self.dress("height", value)

    @property
    def row_hidden(self) -> bool | None:
        return self.look("rows_hidden")  # type: ignore[no-any-return]

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self.dress("rows_hidden", value)

    @property
    def column_hidden(self) -> bool | None:
        return self.look("columns_hidden")  # type: ignore[no-any-return]

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        self.dress("columns_hidden", value)

    def autofit(self, axis: str | None = None) -> None:
        for name in ("columns", "rows"):
            if axis in (None, name, name[0]):
                self._do("autofit", name)

    @property
    def merge_cells(self) -> bool | None:
        return self.look("merged")  # type: ignore[no-any-return]

    def merge(self, across: bool) -> None:
        row, column, rows, columns = self._box
        parts = [Range(self._sheet, row + r, column, 1, columns) for r in range(rows)] if across else [self]
        for part in parts:
            part.dress("merged", True)

    def unmerge(self) -> None:
        self.dress("merged", False)


class Font(base_classes.Font):
    """The font of a range."""

    def __init__(self, cells: Range) -> None:
        self._cells = cells

    @property
    def api(self) -> Font:
        return self

    @property
    def bold(self) -> bool | None:
        return self._cells.look("bold")  # type: ignore[no-any-return]

    @bold.setter
    def bold(self, value: bool) -> None:
        self._cells.dress("bold", bool(value))

    @property
    def italic(self) -> bool | None:
        return self._cells.look("italic")  # type: ignore[no-any-return]

    @italic.setter
    def italic(self, value: bool) -> None:
        self._cells.dress("italic", bool(value))

    @property
    def size(self) -> float | None:
        return self._cells.look("size")  # type: ignore[no-any-return]

    @size.setter
    def size(self, value: float) -> None:
        self._cells.dress("size", float(value))

    @property
    def color(self) -> tuple[int, int, int] | None:
        number = self._cells.look("font_color")
        return (0, 0, 0) if number == -1 else _rgb(number)  # -1: automatic

    @color.setter
    def color(self, value: Any) -> None:
        self._cells.dress("font_color", _number(value))

    @property
    def name(self) -> str | None:
        return self._cells.look("font")  # type: ignore[no-any-return]

    @name.setter
    def name(self, value: str) -> None:
        self._cells.dress("font", value)


def _rgb(number: int | None) -> tuple[int, int, int] | None:
    """LibreOffice's 0xRRGGBB as a triple."""
    return None if number is None else (number >> 16 & 255, number >> 8 & 255, number & 255)


def _number(color: Any) -> int | None:
    """0xRRGGBB of a triple, of "#rrggbb" or of Excel's 0xBBGGRR; None for none."""
    if color is None:
        return None
    if isinstance(color, str):
        color = utils.hex_to_rgb(color)  # type: ignore[no-untyped-call]
    elif isinstance(color, int):
        color = utils.int_to_rgb(color)  # type: ignore[no-untyped-call]
    red, green, blue = color
    return int(red) << 16 | int(green) << 8 | int(blue)
