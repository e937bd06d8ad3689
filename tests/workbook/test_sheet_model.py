"""Worksheet XML of every shape: both indexes agree, and edits read back as a model says (§8)."""

from __future__ import annotations

import random
import re
from io import BytesIO

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from workbook.sample_books import MAIN, SHARED, SHARED_TEXTS, class_book, hand_made, pack, parts, table_xml, worksheet
from xlbangfu.workbook import sheetindex, sheetxml
from xlbangfu.workbook.cellxml import SharedTexts, address
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.package import Edit, Package


def described(index: sheetindex.SheetIndex) -> tuple:
    """Everything an index holds."""
    rows = [
        (
            (row.number, row.start, row.inner, row.inner_end, row.end),
            [(c.column, c.start, c.end, c.attributes, c.content) for c in index.cells(row)],
        )
        for row in index.rows
    ]
    return rows, index.merges, index.columns, index.dimension, index.body, index.prefix


class OddSheet:
    """A random worksheet, and the values a reader sees in it. odd: with what only expat can follow."""

    def __init__(self, seed: int, odd: bool) -> None:
        self.random = random.Random(seed)
        self.odd = odd
        self.prefix = "x:" if odd and self.random.random() < 0.5 else ""
        self.values: dict[tuple[int, int], object] = {}
        rows = []
        number = 0
        for _ in range(self.random.randrange(8)):
            step = self.random.choice((1, 1, 2, 5))
            number += step
            rows.append(self._gap() + self._row(number, named=step > 1 or not odd or self.random.random() < 0.5))
        p, name = self.prefix, "xmlns:x" if self.prefix else "xmlns"
        body = f"<{p}sheetData>{''.join(rows)}{self._gap()}</{p}sheetData>" if rows else f"<{p}sheetData/>"
        self.xml = f'<{p}worksheet {name}="{MAIN}">{body}</{p}worksheet>'

    def _gap(self) -> str:
        return self.random.choice(("", "\n", "<!-- <row> -->" if self.odd else "  "))

    def _row(self, number: int, named: bool) -> str:
        cells, column = [], 0
        for _ in range(self.random.randrange(5)):
            step = self.random.choice((1, 1, 3))
            column += step
            place = step > 1 or not self.odd or self.random.random() < 0.5
            cells.append(self._gap() + self._cell(number, column, place))
        r = f' r="{number}"' if named else ""
        extra = self.random.choice(("", ' spans="1:9"', ' ht="20" customHeight="1"'))
        p = self.prefix
        return f"<{p}row{r}{extra}>{''.join(cells)}</{p}row>" if cells else f"<{p}row{r}{extra}/>"

    def _cell(self, row: int, column: int, named: bool) -> str:
        p, quote = self.prefix, self.random.choice("'\"" if self.odd else '"')
        r = f" r={quote}{address(row, column)}{quote}" if named else ""
        style = self.random.choice(("", f" s={quote}3{quote}"))
        kind = self.random.randrange(6)
        if kind == 0:
            return f"<{p}c{r}{style}/>"
        if kind == 1:
            number = self.random.randrange(-50, 99)
            self.values[row, column] = number
            return f"<{p}c{r}{style}><{p}v>{number}</{p}v></{p}c>"
        if kind == 2:
            self.values[row, column] = SHARED_TEXTS[index := self.random.randrange(4)]
            return f'<{p}c{r}{style} t="s"><{p}v>{index}</{p}v></{p}c>'
        if kind == 3:
            self.values[row, column] = True
            return f'<{p}c{r}{style} t="b"><{p}v>1</{p}v></{p}c>'
        text = self.random.choice(("缺考", "a&b", " x", "c>d"))
        self.values[row, column] = text
        written = f"<![CDATA[{text}]]>" if self.odd and kind == 4 else text.replace("&", "&amp;").replace(">", "&gt;")
        return f'<{p}c{r}{style} t="inlineStr"><{p}is><{p}t xml:space="preserve">{written}</{p}t></{p}is></{p}c>'


VALUES = st.one_of(
    st.none(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.sampled_from(("语文", "后20%", "重", " a<b ", "缺考", "a&b", "=1", "", "多\n行")),
)


class TestAgainstAModel:
    @given(st.integers(0, 10**9))
    def test_both_indexes_agree_on_usual_sheets(self, seed):
        data = OddSheet(seed, odd=False).xml.encode()
        quick = sheetindex.quick_index(data, "表")
        assert quick is not None
        assert described(quick) == described(sheetindex.full_index(data, "表"))

    def test_both_indexes_agree_on_a_class_workbook(self, tmp_path):
        checked = 0
        for name, data in parts(class_book(tmp_path / "a.xlsx")).items():
            if name.startswith("xl/worksheets/sheet"):
                quick = sheetindex.quick_index(data, name)
                assert quick is not None, name
                assert described(quick) == described(sheetindex.full_index(data, name))
                checked += 1
        assert checked == 9

    @settings(max_examples=150)
    @given(
        st.integers(0, 10**9),
        st.booleans(),
        st.dictionaries(st.tuples(st.integers(1, 14), st.integers(1, 10)), VALUES, min_size=1, max_size=25),
    )
    def test_random_edits_of_random_sheets_read_back_as_a_model(self, seed, odd, wanted):
        sheet = OddSheet(seed, odd)
        before = hand_made(sheet.xml, shared=SHARED)
        package = Package(before)
        changed = package.edit_cells("表", [Edit(*place, value) for place, value in wanted.items()])
        model = {**sheet.values, **wanted}
        model = {place: value for place, value in model.items() if value is not None and value != ""}
        after = package.to_bytes()
        assert read_by_openpyxl(after) == model
        assert package.changed == (model != sheet.values)
        untouched = {place for place in sheet.values if place not in changed}
        assert all(model.get(place) == sheet.values[place] for place in untouched)
        expected = {"xl/worksheets/sheet1.xml", "xl/workbook.xml"} if package.changed else set()
        assert {name for name, data in parts(after).items() if parts(before)[name] != data} == expected

    @settings(max_examples=100)
    @given(st.integers(0, 10**9), st.dictionaries(st.tuples(st.integers(1, 12), st.integers(1, 9)), VALUES, min_size=1))
    def test_the_quick_way_and_the_full_way_write_the_same(self, seed, wanted):
        data = OddSheet(seed, odd=False).xml.encode()
        results = []
        for quick in (True, False):
            patcher = sheetxml._Patcher(
                sheetindex.index(data, "表", quick), sheetxml.Options(SharedTexts(SHARED.encode()))
            )
            by_row: dict[int, dict[int, object]] = {}
            for (row, column), value in wanted.items():
                by_row.setdefault(row, {})[column] = value
            patch = patcher.run(by_row)
            results.append(patch and (patch.data, patch.cells, patch.formula_gone))
        assert results[0] == results[1]


def read_by_openpyxl(data: bytes) -> dict[tuple[int, int], object]:
    sheet = openpyxl.load_workbook(BytesIO(data))["表"]
    return {(cell.row, cell.column): cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None}


JUNK = ("", "x", "-1", "A:A", "A0", "1:2:3", "99999999", "²", "&#10;", "A1:XFE9", "r")


class TestStrangeFiles:
    @settings(max_examples=300)
    @given(st.randoms(use_true_random=False))
    def test_attributes_of_any_content_end_in_a_sentence_or_a_good_file(self, rng):
        rows = (
            '<row r="1" spans="1:3"><c r="A1" t="s" s="1"><v>0</v></c><c r="B1" t="inlineStr"><is><t>x</t></is></c></row>'
            '<row r="2"><c r="A2"><f t="shared" ref="A2:A3" si="0">B2</f><v>1</v></c></row>'
            '<row r="3"><c r="A3"><f t="shared" si="0"/><v>1</v></c><c r="C3"><f t="array" ref="C3:C4">B1</f><v>1</v></c></row>'
        )
        before = '<dimension ref="A1:C3"/><cols><col min="1" max="2" style="1"/></cols>'
        after = '<mergeCells count="1"><mergeCell ref="E5:F6"/></mergeCells>'
        names = '<definedNames><definedName name="n" localSheetId="0">表!A1</definedName></definedNames><calcPr calcId="1"/>'
        table = table_xml("tbl", "A1:B2", ("甲", "x"))
        book = parts(hand_made(worksheet(rows, before, after), shared=SHARED, tables=[table], book_extra=names))
        for _ in range(rng.randrange(1, 4)):
            part = rng.choice([name for name in book if name.startswith("xl/") and b'="' in book[name]])
            values = list(re.finditer(rb'="([^"]*)"', book[part]))
            hit = rng.choice(values)
            book[part] = book[part][: hit.start(1)] + rng.choice(JUNK).encode() + book[part][hit.end(1) :]
        sentence = "。"
        try:
            package = Package(pack(book))
            package.edit_cells("表", [Edit(2, 2, "y"), Edit(rng.randrange(1, 9), 4, 5)])
            package.extend_table("tbl", 3)
            package.set_table_columns("tbl", ["甲", "x", "丙"])
            Package(package.to_bytes())
        except WorkbookError as error:
            sentence = error.message
        assert sentence.endswith("。")
