"""What every reader of a file hands over, and the bounds that all of them keep.

Source: spec §3.1, §8 (bounds, untrusted files).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlbangfu.workbook.bounds import MAX_SHEET_CELLS
from xlbangfu.workbook.errors import WorkbookUnreadable

MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
MAX_CELLS = 2_000_000  # of a file, blanks before the last filled cell of a row counted: 5,000 pupils need some 300,000
MAX_ROWS = 4_000_000  # of a file, blank ones above the last filled row counted
MAX_CHARACTERS = 40_000_000  # of a file's texts
MAX_MERGES = 200_000

Range = tuple[int, int, int, int]


@dataclass(frozen=True)
class CellError:
    """A cell whose value cannot be known: an error value, or a formula that was never calculated."""

    words: str

    def __str__(self) -> str:
        return self.words


NOT_CALCULATED = CellError("公式还没有计算过")


def error_value(shown: str) -> CellError:
    """The cell of an error value such as #DIV/0!."""
    return CellError(f"单元格是错误值 {shown}".strip())


@dataclass(frozen=True)
class SheetGrid:
    """One sheet. rows: raw values from A1 on, each row up to its last filled cell, blanks None or ''.

    hidden: the sheet is not shown. hidden_rows: 1-based rows that hold something and are not shown (by hand or by
    a filter). merges: (first row, first column, last row, last column), 1-based, of merged ranges.
    """

    name: str
    rows: Sequence[Sequence[Any]] = field(repr=False)
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    merges: tuple[Range, ...] = ()


class Unreadable(Exception):
    """Why a file is refused: what is wrong with it, and how to mend that. The file's name is put in front."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend

    def sentence(self, path: Path) -> WorkbookUnreadable:
        """The refusal as the teacher reads it."""
        return WorkbookUnreadable(f"“{shown_name(path)}”{self.what}，{self.mend}。", path=path)


class Damaged(Unreadable):
    """A workbook that is cut off or was written wrongly."""

    def __init__(self, what: str = "打不开，文件不完整或已损坏") -> None:
        super().__init__(what, "请重新下载或导出；Excel 能打开的话，另存一份 .xlsx 再试")


class TooMuch(Unreadable):
    """More than any school's table holds."""

    def __init__(self, what: str = "内容太多，超出了能导入的范围") -> None:
        super().__init__(what, "请删去表格以外的内容，或分成几个文件再试")


def shown_name(path: Path) -> str:
    """The file's name for a sentence: line breaks and other control characters do not get into it."""
    return "".join(c if c.isprintable() else " " for c in path.name)


class Budget:
    """How much a file may still hold. Each method raises TooMuch once that is used up."""

    def __init__(self) -> None:
        self.cells, self.rows, self.characters = MAX_CELLS, MAX_ROWS, MAX_CHARACTERS

    def take_cells(self, number: int) -> None:
        """Cells of the grid."""
        self.cells -= number
        if self.cells < 0:
            raise TooMuch

    def take_rows(self, number: int) -> None:
        """Rows of the grid."""
        self.rows -= number
        if self.rows < 0:
            raise TooMuch

    def take_characters(self, number: int) -> None:
        """Characters of texts."""
        self.characters -= number
        if self.characters < 0:
            raise TooMuch


class GridBuilder:
    """A sheet cell by cell, in any order; blank cells need not be told."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._rows: list[Sequence[Any]] = []
        self._columns = 0
        self._hidden: set[int] = set()
        self.merges: list[Range] = []

    def put(self, row: int, column: int, value: Any) -> None:
        """Fill a cell, 1-based. Raises Damaged (outside of any sheet, filled twice) and TooMuch."""
        rows = self._rows
        if not (0 < row <= MAX_ROW and 0 < column <= MAX_COLUMN):
            raise Damaged
        if row > len(rows) or column > self._columns:
            self._grow(row, column)
        cells = rows[row - 1]
        if not isinstance(cells, list):
            cells = rows[row - 1] = []
        missing = column - len(cells)
        if missing <= 0:
            if cells[column - 1] is not None:
                raise Damaged
            cells[column - 1] = value
            return
        self._budget.take_cells(missing)
        if missing > 1:
            cells.extend([None] * (missing - 1))
        cells.append(value)

    def _grow(self, row: int, column: int) -> None:
        self._columns = max(self._columns, column)
        if row > len(self._rows):
            self._budget.take_rows(row - len(self._rows))
        if max(row, len(self._rows)) * self._columns > MAX_SHEET_CELLS:
            last = max(row, len(self._rows))
            raise TooMuch(f"有内容远在第 {last} 行、第 {self._columns} 列，读不下")
        self._rows.extend([()] * (row - len(self._rows)))

    def hide(self, row: int) -> None:
        """The row is not shown."""
        self._hidden.add(row)

    def merge(self, first_row: int, first_column: int, last_row: int, last_column: int) -> None:
        """A merged range, 1-based."""
        if len(self.merges) == MAX_MERGES:
            raise TooMuch
        self.merges.append((first_row, first_column, last_row, last_column))

    def grid(self, name: str, hidden: bool) -> SheetGrid:
        """The sheet as it is now."""
        rows = self._rows
        unseen = tuple(sorted(r for r in self._hidden if r <= len(rows) and rows[r - 1]))
        return SheetGrid(name, rows, hidden, unseen, tuple(self.merges))
