"""Tables that grow, and their columns: definition, header cells and filter say the same (§3, §8)."""

from __future__ import annotations

import io

import openpyxl
import pytest

from workbook.sample_books import hand_made, parts, table_xml, worksheet
from xlbangfu.workbook.errors import WorkbookRearranged
from xlbangfu.workbook.package import Edit, Package


class TestTables:
    ROWS = '<row r="1"><c r="A1" s="1" t="inlineStr"><is><t>学号</t></is></c><c r="B1" s="2" t="inlineStr"><is><t>语文</t></is></c></row>'

    def package(self, rows: str = "", after: str = "", ref: str = "A1:B2", tables: tuple[str, ...] = (), **attributes):
        first = table_xml("tbl", ref, ("学号", "语文"), **attributes)
        return Package(hand_made(worksheet(self.ROWS + rows, after=after), tables=[first, *tables]))

    def table_part(self, package: Package) -> str:
        return parts(package.to_bytes())["xl/tables/table1.xml"].decode()

    def test_a_table_grows_with_its_filter_and_never_shrinks(self):
        package = self.package(insertRow="1")
        assert package.extend_table("tbl", 9)
        assert not package.extend_table("tbl", 5)
        assert package.table("tbl").reference == "A1:B9"
        expected = table_xml("tbl", "A1:B9", ("学号", "语文"))
        assert self.table_part(package) == expected

    def test_a_totals_row_is_in_the_way(self):
        package = self.package('<row r="2"><c r="A2"/></row>', totalsRowCount="1", ref="A1:B3")
        with pytest.raises(WorkbookRearranged, match="汇总行（A3）"):
            package.extend_table("tbl", 9)
        with pytest.raises(WorkbookRearranged, match="B3 在表格的汇总行里"):
            package.edit_cells("表", [Edit(3, 2, 5)])
        with pytest.raises(WorkbookRearranged, match="有汇总行"):
            package.set_table_columns("tbl", ["学号", "语文", "数学"])
        assert not package.changed

    def test_another_table_or_merged_cells_are_in_the_way(self):
        package = self.package(tables=(table_xml("other", "B6:C8", ("甲", "乙"), 2),))
        with pytest.raises(WorkbookRearranged, match="B6 处有另一个表格"):
            package.extend_table("tbl", 7)
        assert package.extend_table("tbl", 5)
        package = self.package(after='<mergeCells count="1"><mergeCell ref="A4:A5"/></mergeCells>')
        with pytest.raises(WorkbookRearranged, match="A4 处有合并单元格"):
            package.extend_table("tbl", 4)

    def test_columns_are_added_on_the_right_with_new_ids(self):
        package = self.package('<row r="2"><c r="A2" t="inlineStr"><is><t>1</t></is></c></row>')
        assert package.set_table_columns("tbl", ["学号", "语文", "数<学", "英\n语"])
        read = openpyxl.load_workbook(io.BytesIO(package.to_bytes()))["表"]
        assert [cell.value for cell in read[1]] == ["学号", "语文", "数<学", "英\n语"]
        xml = self.table_part(package)
        assert 'ref="A1:D2"><autoFilter ref="A1:D2"/><tableColumns count="4">' in xml
        assert '<tableColumn id="3" name="数&lt;学"/><tableColumn id="4" name="英_x000a_语"/></tableColumns>' in xml
        assert package.table("tbl").columns == ("学号", "语文", "数<学", "英\n语")
        assert b'<c r="D1" s="2"' in package.sheet_bytes("表")

    def test_existing_columns_keep_their_definition(self):
        formula = "<calculatedColumnFormula>1+1</calculatedColumnFormula>"
        xml = (
            table_xml("tbl", "A1:B2", ("学号", "语文"))
            .replace('<tableColumn id="2" name="语文"/>', "")
            .replace(
                "</tableColumns>",
                f'<tableColumn id="7" name="语文" dataDxfId="0">{formula}</tableColumn></tableColumns>',
            )
        )
        package = Package(hand_made(worksheet(self.ROWS), tables=[xml]))
        package.set_table_columns("tbl", ["号", "语文", "数学"])
        new = self.table_part(package)
        assert (
            f'<tableColumn id="7" name="语文" dataDxfId="0">{formula}</tableColumn><tableColumn id="8" name="数学"/>'
            in new
        )
        assert '<tableColumn id="1" name="号"/>' in new

    def test_an_empty_table_may_be_renamed_and_narrowed(self):
        package = self.package()
        assert package.set_table_columns("tbl", ["姓名"])
        assert package.table("tbl").reference == "A1:A2"
        read = openpyxl.load_workbook(io.BytesIO(package.to_bytes()))["表"]
        assert [cell.value for cell in read[1]] == ["姓名", None]

    def test_a_table_with_data_keeps_its_columns(self):
        package = self.package('<row r="9"><c r="B9"><v>1</v></c></row>')
        with pytest.raises(WorkbookRearranged, match="B9 已有内容，不能改列名"):
            package.set_table_columns("tbl", ["学号", "数学"])
        with pytest.raises(WorkbookRearranged, match="B9"):
            package.set_table_columns("tbl", ["学号"])

    def test_content_beside_the_table_is_in_the_way(self):
        package = self.package('<row r="2"><c r="C2"><v>1</v></c></row>')
        with pytest.raises(WorkbookRearranged, match="C2 已有内容"):
            package.set_table_columns("tbl", ["学号", "语文", "数学"])

    @pytest.mark.parametrize(("labels", "reason"), [(["学号", ""], "B1 不能为空"), (["学号", "学号"], "“学号”重复")])
    def test_labels_no_table_can_have(self, labels, reason):
        with pytest.raises(WorkbookRearranged, match=reason):
            self.package().set_table_columns("tbl", labels)

    def test_a_table_that_has_vanished_is_a_sentence(self):
        with pytest.raises(WorkbookRearranged, match="找不到表格“tblScores”"):
            self.package().extend_table("tblScores", 5)

    def test_new_rows_take_the_style_of_the_table_s_rows_not_of_its_header(self):
        package = self.package('<row r="2"><c r="A2" s="4"/></row>')
        package.edit_cells("表", [Edit(3, 1, "x"), Edit(3, 2, "y")])
        assert b'<c r="A3" s="4" t="inlineStr">' in package.sheet_bytes("表")
        assert b'<c r="B3" t="inlineStr">' in package.sheet_bytes("表")
