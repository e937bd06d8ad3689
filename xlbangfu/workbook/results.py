"""Taking the stored results out of formulas that rest on changed cells, so that every program computes them.

What this is for and why: `formulas`. Source: spec §8.
"""

from __future__ import annotations

import re

from xlbangfu.workbook import cellxml, formulas, sheetindex, sheetxml, xmlbytes
from xlbangfu.workbook.formulas import Formula, Untraceable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xlbangfu.workbook.formulas import Names, Place
    from xlbangfu.workbook.sheetindex import Cell, SheetIndex

_ACROSS_SHEETS = re.compile(rb""":[^:!"&+*,;()=<>]*!""")  # Sheet1:Sheet3!A1
_VALUE = re.compile(rb"<((?:[\w.-]+:)?v)(?:\s[^>]*)?(?:/>|>.*?</\1\s*>)", re.S)


def without_stale(sheets: Mapping[str, bytes], changed: Iterable[Place], names: Names) -> dict[str, bytes]:
    """New worksheet parts, by sheet name, of the sheets that held a stale result.

    sheets: worksheet parts by sheet name, of all sheets that may hold formulas, as they are after the change.
    changed: what changed.
    """
    changed = list(changed)
    indexes: dict[str, SheetIndex] = {}
    found: list[Formula] = []
    for name in _within_reach(sheets, {place[0] for place in changed}, names):
        try:
            indexes[name], gathered = _gather(sheetindex.index(sheets[name], name), names)
        except sheetindex.Unusual:
            indexes[name], gathered = _gather(sheetindex.index(sheets[name], name, quick=False), names)
        found += gathered
    stale: dict[str, list[Place]] = {}
    for number in formulas.stale(found, changed):
        fills = found[number].fills
        stale.setdefault(fills[0], []).append(fills)
    parts = {name: _without_results(indexes[name], places) for name, places in stale.items()}
    return {name: data for name, data in parts.items() if data != sheets[name]}


def _within_reach(sheets: Mapping[str, bytes], changed: set[str], names: Names) -> list[str]:
    """The sheets whose formulas can rest on one of the changed sheets, directly or through others.

    A formula names what it reads: a sheet, a table (with brackets), a defined name, or it uses a function
    that reaches anywhere. A sheet whose part has none of these words cannot rest on the change.
    """
    anywhere = [name.encode() for name in (*names.defined_names, *formulas.REACHES_ANYWHERE)]
    anywhere = [word.lower() for word in anywhere] + [b"["]
    lowered = {name: data.lower() for name, data in sheets.items() if name not in changed}
    reached = set(changed)
    for name, data in lowered.items():
        if any(word in data for word in anywhere) or _ACROSS_SHEETS.search(data) is not None:
            reached.add(name)
    while True:
        words = [xmlbytes.escape(name.replace("'", "''")).lower() for name in reached]
        left = (name for name in lowered if name not in reached)
        more = {name for name in left if any(word in lowered[name] for word in words)}
        if not more:
            return [name for name in sheets if name in reached]
        reached |= more


def _gather(index: SheetIndex, names: Names) -> tuple[SheetIndex, list[Formula]]:
    """The formulas of one sheet."""
    cells = [(row.number, cell, sheetxml.formula_attributes(cell)) for row, cell in sheetxml.formula_cells(index)]
    masters: dict[bytes, tuple[str, int, int]] = {}
    for row, cell, values in cells:
        if values.get(b"t") == b"shared" and b"ref" in values:
            masters[values.get(b"si", b"")] = (_text(cell), row, cell.column)
    return index, [_formula(index.name, row, cell, values, masters, names) for row, cell, values in cells]


def _formula(
    sheet: str,
    row: int,
    cell: Cell,
    values: dict[bytes, bytes],
    masters: dict[bytes, tuple[str, int, int]],
    names: Names,
) -> Formula:
    column, kind = cell.column, values.get(b"t")
    fills: Place = (sheet, row, column, row, column)
    if kind in (b"array", b"dataTable") and b"ref" in values:
        fills = (sheet, *sheetxml.formula_area(sheet, row, values))
    text, from_row, from_column = _text(cell), row, column
    if kind == b"shared" and not text:
        text, from_row, from_column = masters.get(values.get(b"si", b""), ("", 0, 0))
    if kind == b"dataTable" or not text:
        return Formula(fills, None)
    try:
        shift = row - from_row, column - from_column
        return Formula(fills, formulas.reads(text, sheet, row, column, names, shift))
    except Untraceable:
        return Formula(fills, None)


def _text(cell: Cell) -> str:
    return cellxml.content(cell.content or b"").formula or ""


def _without_results(index: SheetIndex, places: list[Place]) -> bytes:
    """The part without the stored results of the cells in these places."""
    splices: dict[int, tuple[int, int, bytes]] = {}
    for _, top, left, bottom, right in places:
        at = index.position(top)
        while at < len(index.rows) and index.rows[at].number <= bottom:
            row = index.rows[at]
            for cell in index.cells(row):
                if left <= cell.column <= right and cell.content:
                    splices[cell.start] = (cell.start, cell.end, _without_result(index, row.number, cell))
            at += 1
    return xmlbytes.splice(index.data, splices.values())


def _without_result(index: SheetIndex, row: int, cell: Cell) -> bytes:
    content = _VALUE.sub(b"", cell.content or b"")
    if content == cell.content:
        return index.data[cell.start : cell.end]
    p = index.prefix
    attributes = xmlbytes.attributes_without(cell.attributes, (b"t",))
    start = b'<%bc r="%b"%b' % (p, cellxml.address(row, cell.column).encode(), attributes)
    return start + (b">%b</%bc>" % (content, p) if content else b"/>")
