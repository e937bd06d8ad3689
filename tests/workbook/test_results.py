"""Formulas that rest on a change lose their stored result, and no others (§8: right when next opened)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.sample_books import hand_made, parts, table_xml, worksheet
from xlbangfu.workbook import formulas
from xlbangfu.workbook.cellxml import LAST_COLUMN, LAST_ROW, address
from xlbangfu.workbook.formulas import Formula, Names, Untraceable
from xlbangfu.workbook.package import Edit, Package
from xlbangfu.workbook.tablexml import Table
from xlbangfu.workbook.xmlbytes import parse

TABLE = Table(parse(table_xml("tbl", "B2:D9", ("学号", "语文", "数学")).encode()), "成绩", "part")
NAMES = Names(
    ["首页", "名册", "成绩", "三 (1)", "it's"],
    lambda name: TABLE if name.casefold() == "tbl" else None,
    {
        ("名单", None): "名册!$A$2:$A$60",
        ("名单", "成绩"): "成绩!$B$2",
        ("左边", None): "首页!A1",
        ("乱", None): "OFFSET(名册!$A$1,1,0)",
        ("圈", None): "圈+1",
    },
)


def reads(text: str, shift: tuple[int, int] = (0, 0)) -> set[str]:
    """What a formula in 首页!C5 reads, as text."""
    places = formulas.reads(text, "首页", 5, 3, NAMES, shift)
    return {f"{p[0]}!{address(p[1], p[2])}:{address(p[3], p[4])}" for p in places}


class TestWhatAFormulaReads:
    @pytest.mark.parametrize(
        ("text", "areas"),
        [
            ("A1+$B$2", {"首页!A1:A1", "首页!B2:B2"}),
            ("SUM(b3:a1)", {"首页!A1:B3"}),
            ('名册!A1&"成绩!B2"', {"名册!A1:A1"}),
            ("'三 (1)'!A1+'it''s'!B2", {"三 (1)!A1:A1", "it's!B2:B2"}),
            ("SUM(名册:'三 (1)'!A1)", None),
            ("SUM('名册:三 (1)'!A1)", {"名册!A1:A1", "成绩!A1:A1", "三 (1)!A1:A1"}),
            ("SUM(名册:成绩!A1)", {"名册!A1:A1", "成绩!A1:A1"}),
            ("COUNTA(名册!$A:$A)", {f"名册!A1:A{LAST_ROW}"}),
            ("SUM(3:4)", {"首页!A3:XFD4"}),
            ("LOG10(A1)+1E3+1E+3+2.5+TRUE", {"首页!A1:A1"}),
            ("[1]外部!A1+'[2]外 部'!A1+A2", {"首页!A2:A2"}),
            ("tbl[语文]", {"成绩!C2:C9"}),
            ("SUM(tbl[[语文]:[数学]])", {"成绩!B2:D9"}),
            ("tbl[[#This Row],[语文]]", {"成绩!C5:C5"}),
            ("tbl[@数学]", {"成绩!D5:D5"}),
            ("ROWS(tbl[])", {"成绩!B2:D9"}),
            ("COUNTA(名单)", {"名册!A2:A60"}),
            ("成绩!名单", {"成绩!B2:B2"}),
            ("左边", {"首页!C5:C5"}),
            ("SUMIF(名册!A1:A9,1,名册!B1)", {f"名册!A1:{address(LAST_ROW, LAST_COLUMN)}"}),
            ('HYPERLINK("#名册!A1","名册")', set()),
            ("SUM({1,2;3,4})+#N/A+名册!#REF!", set()),
            ("_xlfn.LET(_xlpm.x,A1,_xlpm.x*2)", {"首页!A1:A1"}),
            ('IF(A1="a""b",1,0)', {"首页!A1:A1"}),
        ],
    )
    def test_references(self, text, areas):
        if areas is None:
            with pytest.raises(Untraceable):
                reads(text)
        else:
            assert reads(text) == areas

    @pytest.mark.parametrize(
        "text",
        [
            'INDIRECT("A1")',
            "OFFSET(A1,1,1)",
            "A1:INDEX(B:B,3)",
            "INDEX(B:B,3):A1",
            "A1#",
            "没有这个名字",
            "乱",
            "圈",
            "x!A1",
        ],
    )
    def test_what_cannot_be_followed(self, text):
        with pytest.raises(Untraceable):
            reads(text)

    def test_dependants_of_a_shared_formula_read_further_on(self):
        assert reads("A1+$A1+A$1+$A$1", (2, 1)) == {"首页!B3:B3", "首页!A3:A3", "首页!B1:B1", "首页!A1:A1"}

    def test_reading_by_words_and_by_tokens_agree(self):
        texts = ["A1+名册!B2*SUM(C1:C9)", 'IF(A1>3,"x(y",名单)', "LOG10(成绩!$A$1:B2)", "SUM(3:4,$A:B)"]
        for text in texts:
            whole = formulas._Reader("首页", 5, 3, NAMES, (0, 0), 0).read(text)
            assert set(whole) == set(formulas.reads(text, "首页", 5, 3, NAMES))


class TestWhatIsStale:
    @given(
        st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(0, 3), st.integers(0, 2)), max_size=14),
        st.sets(st.tuples(st.integers(1, 9), st.integers(1, 4)), max_size=3),
    )
    def test_exactly_what_can_be_reached_from_the_change(self, areas, changed):
        """Formula number i stands in column 9, row i, and reads one area or, for every third, that of another."""
        found = []
        for number, (row, column, height, width) in enumerate(areas, 1):
            area = ("s", row, column, row + height, column + width)
            other = ("s", row, 9, row + height, 9)
            found.append(Formula(("s", number, 9, number, 9), [other if number % 3 == 0 else area]))
        stale, cells = set(), set(changed)
        while True:
            new = {
                i
                for i, formula in enumerate(found)
                if any(t <= r <= b and le <= c <= ri for _, t, le, b, ri in formula.reads for r, c in cells)
            }
            if new == stale:
                break
            stale, cells = new, set(changed) | {(i + 1, 9) for i in new}
        places = formulas.runs("s", sorted(changed))
        assert formulas.stale(found, places) == sorted(stale)

    def test_a_long_chain_against_the_reading_order_is_taken_whole(self):
        chain = [Formula(("s", row, 1, row, 1), [("s", row + 1, 1, row + 1, 1)]) for row in range(1, 101)]
        assert formulas.stale(chain, [("s", 101, 1, 101, 1)]) == list(range(100))

    @given(st.sets(st.tuples(st.integers(1, 20), st.integers(1, 5))))
    def test_runs_cover_the_cells_and_nothing_else(self, cells):
        runs = formulas.runs("s", sorted(cells))
        covered = [(row, c) for _, top, c, bottom, _ in runs for row in range(top, bottom + 1)]
        assert sorted(covered) == sorted(cells)


def results(package: Package) -> dict[str, str]:
    """The stored results of formula cells on the first sheet after the change."""
    xml = parts(package.to_bytes())["xl/worksheets/sheet1.xml"].decode()
    found = re.findall(r'<c r="(\w+)"[^>]*?><f[^>]*?(?:/>|>[^<]*</f>)(?:<v>([^<]*)</v>)?', xml)
    return {place: value for place, value in found if value}


class TestInAWorkbook:
    def test_shared_array_and_text_formulas(self):
        rows = (
            '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="shared" ref="B1:B3" si="0">A1*2</f><v>2</v></c>'
            '<c r="C1"><f t="array" ref="C1:C2">A1:A2</f><v>1</v></c><c r="D1" t="str"><f>"n"&amp;B2</f><v>n4</v></c></row>'
            '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><f t="shared" si="0"/><v>4</v></c><c r="C2"><v>2</v></c></row>'
            '<row r="3"><c r="A3"><v>3</v></c><c r="B3"><f t="shared" si="0"/><v>6</v></c></row>'
        )
        package = Package(hand_made(worksheet(rows)))
        package.edit_cells("表", [Edit(3, 1, 30)])
        assert results(package) == {"B1": "2", "B2": "4", "C1": "1", "D1": "n4"}
        package.edit_cells("表", [Edit(2, 1, 20)])
        assert results(package) == {"B1": "2"}
        xml = parts(package.to_bytes())["xl/worksheets/sheet1.xml"].decode()
        assert '<c r="C2"/>' in xml
        assert '<c r="D1"><f>"n"&amp;B2</f></c>' in xml

    def test_through_other_sheets_and_names(self):
        first = '<row r="1"><c r="A1"><f>二!A1</f><v>1</v></c><c r="B1"><f>名</f><v>1</v></c><c r="C1"><f>三!A1</f><v>1</v></c></row>'
        second = '<row r="1"><c r="A1"><f>三!B1</f><v>1</v></c></row>'
        third = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>1</v></c></row>'
        names = "<definedNames><definedName name='名'>三!$B$1</definedName></definedNames>"
        sheets = [("二", worksheet(second)), ("三", worksheet(third))]
        package = Package(hand_made(worksheet(first), more_sheets=sheets, book_extra=names))
        package.edit_cells("三", [Edit(1, 2, 9)])
        assert results(package) == {"C1": "1"}
        assert b"<v>1</v>" not in parts(package.to_bytes())["xl/worksheets/sheet2.xml"]

    def test_a_table_that_grows_is_a_change_for_what_reads_it(self):
        rows = (
            '<row r="1"><c r="A1" t="inlineStr"><is><t>甲</t></is></c>'
            '<c r="C1"><f>ROWS(tbl[])</f><v>1</v></c><c r="D1"><f>ROW(Z9)</f><v>9</v></c></row>'
        )
        package = Package(hand_made(worksheet(rows), tables=[table_xml("tbl", "A1:A2", ["甲"])]))
        package.extend_table("tbl", 5)
        assert results(package) == {"D1": "9"}

    def test_a_formula_that_reaches_anywhere_is_always_computed_anew(self):
        rows = '<row r="1"><c r="A1"><f>INDIRECT("B"&amp;1)</f><v>1</v></c><c r="C1"><f>A1</f><v>1</v></c></row>'
        package = Package(hand_made(worksheet(rows), more_sheets=[("二", worksheet(""))]))
        package.edit_cells("二", [Edit(5, 5, 1)])
        assert results(package) == {}

    def test_prefixed_and_unusual_sheets_too(self):
        xml = (
            '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row><x:c>'
            "<x:v>1</x:v></x:c><x:c t='str'><!-- --><x:f>A1&amp;\"\"</x:f><x:v><![CDATA[1]]></x:v></x:c></x:row>"
            "</x:sheetData></x:worksheet>"
        )
        package = Package(hand_made(xml))
        package.edit_cells("表", [Edit(1, 1, 2)])
        assert (
            '<x:c r="B1"><!-- --><x:f>A1&amp;""</x:f></x:c>'
            in parts(package.to_bytes())["xl/worksheets/sheet1.xml"].decode()
        )
