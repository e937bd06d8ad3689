"""Named columns of plain values: what rules take and return, and what a door reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas


class Row(dict[str, Any]):
    """One row: code name → plain value (None = blank); `at` is its row number in the sheet, None if new."""

    __slots__ = ("at",)

    def __init__(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), at: int | None = None) -> None:
        super().__init__(values)
        self.at = at

    def changed(self, **values: Any) -> Row:
        """The same row (same place in the sheet) with some values replaced."""
        return Row({**self, **values}, self.at)


class Table:
    """Rows under named columns.

    columns: code names in sheet order. rows: one `Row` per filled sheet row, in sheet order.
    """

    __slots__ = ("columns", "rows")

    def __init__(self, columns: Iterable[str], rows: Iterable[Row | Mapping[str, Any]] = ()) -> None:
        self.columns = tuple(columns)
        self.rows = [r if isinstance(r, Row) else Row(r) for r in rows]

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"Table({', '.join(self.columns)}: {len(self.rows)} rows)"

    def values(self, column: str) -> list[Any]:
        """One column as a list, blanks as None."""
        return [row.get(column) for row in self.rows]

    def by_key(self, key: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
        """Rows by the values of the key columns; of rows with equal keys the first."""
        found: dict[tuple[Any, ...], Row] = {}
        for row in self.rows:
            found.setdefault(tuple(row.get(k) for k in key), row)
        return found

    def frame(self) -> pandas.DataFrame:
        """The table as a pandas DataFrame, one column per code name. Imports pandas."""
        import pandas as pd

        return pd.DataFrame([{c: row.get(c) for c in self.columns} for row in self.rows], columns=list(self.columns))

    @classmethod
    def from_frame(cls, frame: pandas.DataFrame) -> Table:
        """A table from a DataFrame; NaN, NaT and None become blanks."""
        clean = frame.astype(object).where(frame.notna(), None)
        return cls([str(c) for c in clean.columns], [dict(r) for r in clean.to_dict(orient="records")])
