"""Books, sheets, tables, names, the app: through xlwings' public API on a live LibreOffice, in both doors."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
import xlwings

import office_host
from office_host import attached, needs_soffice, running_office
from xlbangfu.schema import TABLES
from xlbangfu.workbook.errors import WorkbookError

pytestmark = [pytest.mark.libreoffice, needs_soffice, pytest.mark.xdist_group("libreoffice")]

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[office_host.OfficeHost]:
    with running_office(tmp_path_factory.mktemp("books")) as host:
        yield host


@pytest.fixture(scope="module", params=[False, True], ids=["in-process", "bridge"])
def book(office, request) -> Iterator[Any]:
    with attached(office, office.open_copy(), bridge=request.param) as found:
        yield found


@pytest.fixture
def sheet(book) -> Any:
    """An empty sheet of the test's own."""
    return book.sheets.add(f"页 {next(_numbers)}", after=book.sheets[-1])


class TestABook:
    def test_has_its_path(self, book):
        assert book.name == "帮扶 台账.xlsm"
        assert book.fullname.endswith("本/帮扶 台账.xlsm")

    def test_is_found_by_path_and_by_name(self, book):
        assert xlwings.Book(book.fullname) == book
        assert xlwings.books["帮扶 台账.xlsm"].fullname in [b.fullname for b in xlwings.books]
        assert book.name in [b.name for b in book.app.books]

    def test_can_stand_for_the_caller(self, book, monkeypatch):
        monkeypatch.setattr(xlwings.Book, "_mock_caller", None, raising=False)
        book.set_mock_caller()
        assert xlwings.Book.caller().fullname == book.fullname

    def test_is_another_one_than_a_closed_one(self, office, book):
        path = office.open_copy(name="另一本.xlsm")
        other = book.app.books["另一本.xlsm"]
        assert other.fullname == str(path) and other != book
        other.close()
        with pytest.raises(WorkbookError, match="已经关闭"):
            other.sheets["名册"].range("A1").value  # noqa: B018 - read for its error
        assert book.sheets["名册"]["A1"].value == "学号"  # the line holds

    def test_opens_files(self, office, book, tmp_path):
        path = tmp_path / "新 的.xlsx"
        new = openpyxl.Workbook()
        new.active["A1"] = "你好"
        new.save(path)
        opened = xlwings.Book(path)
        assert opened.sheets[0]["A1"].value == "你好"
        opened.close()

    def test_saves_in_place_and_as_a_copy(self, office, book, tmp_path):
        path, copy = tmp_path / "存 的.xlsx", tmp_path / "副 本.xlsx"
        openpyxl.Workbook().save(path)
        other = xlwings.Book(path)
        other.sheets[0]["B2"].value = "张三"
        other.save()
        other.sheets[0]["B2"].value = "李四"
        other.save(copy)
        assert other.fullname == str(path) and xlwings.Book(path) == other
        other.close()
        assert openpyxl.load_workbook(path).active["B2"].value == "张三"
        assert openpyxl.load_workbook(copy).active["B2"].value == "李四"

    def test_refuses_an_unknown_format(self, book, tmp_path):
        with pytest.raises(WorkbookError):
            book.save(tmp_path / "a.docx")

    def test_runs_macros(self, book):
        book.macro("Bangfu.Btn_check")()  # starts the command in 使用说明, which this copy has none of
        with pytest.raises(KeyError):
            book.macro("NoSuchMacro")()

    def test_comes_to_the_front(self, book):
        book.activate()
        book.sheets["成绩"].activate()
        assert book.sheets.active.name == "成绩"
        assert xlwings.books.active == book


class TestSheets:
    def test_stand_in_their_order(self, book):
        names = [s.name for s in book.sheets]
        assert names[0] == "首页" and book.sheets[0].name == "首页" and len(book.sheets) == len(names)
        assert book.sheets["名册"].index == names.index("名册") + 1
        assert "名册" in book.sheets and "没有" not in book.sheets
        assert book.sheet_names == names

    def test_are_missed_by_name(self, book):
        with pytest.raises(KeyError):
            book.sheets["没有"]

    def test_belong_to_the_book(self, book):
        assert book.sheets["名册"].book == book and book.sheets["名册"] == book.sheets["名册"]

    def test_are_renamed_hidden_moved_and_deleted(self, sheet, book):
        sheet["A1"].value = 1
        sheet.name = "改名 后"
        assert sheet["A1"].value == 1
        sheet.visible = False
        assert sheet.visible is False
        sheet.visible = True
        sheet.move(before=book.sheets[0])
        assert book.sheets[0].name == "改名 后"
        sheet.delete()
        assert "改名 后" not in book.sheets
        with pytest.raises(WorkbookError, match="改名"):
            sheet["A1"].value = 2

    def test_know_that_they_are_protected(self, sheet):
        assert sheet.impl.protected is False

    def test_are_cleared(self, sheet):
        sheet["B2"].value = [[1, 2]]
        sheet.clear_contents()
        assert sheet.used_range.address == "$A$1"


class TestTables:
    def test_carry_the_names_of_the_schema(self, book):
        for planned in TABLES[:6]:
            page = book.sheets[planned.label]
            labels = [column.label for column in planned.columns]
            table = page.tables[planned.table]
            assert (table.name, table.display_name, table.parent.name) == (planned.table, planned.table, planned.label)
            assert table.header_row_range.options(ndim=1).value[: len(labels)] == labels

    def test_are_listed_by_sheet(self, book):
        page = book.sheets["名册"]
        assert [t.name for t in page.tables] == ["tblRoster"] and len(page.tables) == 1
        assert page.tables[0].name == "tblRoster"
        assert "tblRoster" in page.tables and "tblScores" not in page.tables and "没有" not in page.tables
        with pytest.raises(KeyError):
            page.tables["tblScores"]

    def test_are_found_in_any_case(self, book):
        assert book.sheets["名册"].tables["TBLROSTER"].name == "tblRoster"

    def test_grow_and_shrink(self, book):
        page = book.sheets["观察"]
        table = page.tables["tblObservations"]
        columns = table.range.shape[1]
        table.resize(page.range((1, 1), (40, columns)))
        assert table.range.shape == (40, columns)
        assert table.data_body_range.shape == (39, columns)
        table.resize(page.range((1, 1), (2, columns)))
        assert table.data_body_range.address == page.range((2, 1), (2, columns)).address

    def test_are_reached_through_their_names(self, book):
        page = book.sheets["名册"]
        body = page.tables["tblRoster"].data_body_range
        assert page.range("tblRoster").address == body.address
        assert page.range("tblRoster[#All]").address == page.tables["tblRoster"].range.address
        assert page["tblRoster[姓名]"].address == body[:, 1].address
        assert page["B2"].table.name == "tblRoster" and page["AA1"].table is None
        with pytest.raises(KeyError):
            page.range("tblRoster[没有]")

    def test_are_added_renamed_and_filtered(self, sheet):
        sheet["B2"].value = [["a", "b"], [1, 2], [3, 4]]
        table = sheet.tables.add(sheet["B2:C4"], name="tblNew")
        assert table.show_autofilter is True and table.data_body_range.value == [[1, 2], [3, 4]]
        table.show_autofilter = False
        assert table.show_autofilter is False
        table.name = "tblOther"
        assert [t.name for t in sheet.tables] == ["tblOther"]
        assert table.totals_row_range is None and table.show_headers

    def test_are_written_where_a_filter_hides_rows(self, book, office, sheet):
        sheet["A1"].value = [["姓名", "班"], *([f"生{i}", i % 2] for i in range(1, 11))]
        table = sheet.tables.add(sheet["A1:B11"], name="tblFiltered")
        data = office_host.document(office, book.fullname).DatabaseRanges.getByName("tblFiltered")
        descriptor = data.getFilterDescriptor()
        field = office_host.struct("com.sun.star.sheet.TableFilterField2")
        field.Field, field.Operator = 1, office_host.constant("com.sun.star.sheet.FilterOperator2.EQUAL")
        field.IsNumeric, field.NumericValue = True, 1.0
        descriptor.setFilterFields2((field,))
        data.refresh()
        assert sheet["A3"].rows.hidden is True and sheet["A2"].rows.hidden is False
        assert sheet["A2:A11"].rows.hidden is None
        body = table.data_body_range
        body.value = [[f"新{i}", "x"] for i in range(10)]
        assert body.value == [[f"新{i}", "x"] for i in range(10)]
        body.clear_contents()
        assert body.value == [[None, None]] * 10

    def test_are_not_resized_on_a_protected_sheet(self, book, office, sheet):
        sheet["A1"].value = [["a"], ["b"]]
        table = sheet.tables.add(sheet["A1:A2"], name="tblGuarded")
        office_host.document(office, book.fullname).Sheets.getByName(sheet.name).protect("")
        with pytest.raises(WorkbookError, match="有保护"):
            table.resize(sheet["A1:A3"])
        assert table.range.shape == (2, 1)


class TestNames:
    def test_lead_to_their_cells(self, book):
        status = book.names["XB_STATUS"]
        assert status.refers_to_range.sheet.name == "首页"
        assert status.refers_to == f"=首页!{status.refers_to_range.address}"
        assert book.sheets["名册"].range("XB_STATUS") == status.refers_to_range
        status.refers_to_range.value = "完成"
        assert book.names["xb_status"].refers_to_range.value == "完成"

    def test_are_listed(self, book):
        names = [n.name for n in book.names]
        assert "XB_STATUS" in names and "XB_STATUS" in book.names and "没有" not in book.names
        assert len(book.names) == len(names)
        with pytest.raises(KeyError):
            book.names["没有"]

    def test_may_be_formulas(self, book):
        with pytest.raises(ValueError, match="no range"):
            _ = book.names["XB_ROSTER_NAMES"].refers_to_range
        assert book.names["XB_ROSTER_NAMES"].refers_to.startswith("=名册!$B$2:INDEX(名册!$B$2:$B$500,MAX(1,")

    def test_are_added_changed_and_deleted(self, book, sheet):
        sheet["B2:C3"].name = "XB_NEW"
        name = book.names["XB_NEW"]
        assert name.refers_to == f"='{sheet.name}'!$B$2:$C$3"
        assert sheet["B2:C3"].name.name == "XB_NEW" and sheet["A1"].name is None
        name.refers_to = f"='{sheet.name}'!$A$1"
        assert name.refers_to_range.address == "$A$1"
        name.name = "XB_NEWER"
        del book.names["XB_NEWER"]
        assert "XB_NEWER" not in book.names


class TestTheApp:
    def test_is_libreoffice(self, book, office):
        app = book.app
        assert app.pid == office.pid and app.version.major >= 7
        assert app.engine.name == "libreoffice" and xlwings.apps.active == app
        assert [a.pid for a in xlwings.apps] == [office.pid]

    def test_goes_on_calculating_while_it_is_told_not_to(self, book, sheet, office):
        """A killed Python would leave it switched off; see engine.App.calculation."""
        app = book.app
        sheet["A1"].value = [[1, "=A1+1"]]
        assert app.calculation == "automatic"
        with app.properties(calculation="manual"):
            assert app.calculation == "manual"
            assert office_host.document(office, book.fullname).isAutomaticCalculationEnabled()
            sheet["A1"].value = 5
            assert sheet["B1"].value == 6
            app.calculate()
        assert app.calculation == "automatic"
        with pytest.raises(ValueError, match="no way to calculate"):
            app.calculation = "sometimes"

    def test_says_what_the_teacher_has_chosen(self, book, office):
        office_host.document(office, book.fullname).enableAutomaticCalculation(False)
        assert book.app.calculation == "manual"

    def test_remembers_switches_and_freezes_nothing(self, book, office):
        document = office_host.document(office, book.fullname)
        for name in ("screen_updating", "display_alerts", "enable_events", "interactive"):
            setattr(book.app, name, False)
            assert getattr(book.app, name) is False
            assert not document.hasControllersLocked() and not document.isActionLocked()
            setattr(book.app, name, True)

    def test_has_a_status_bar(self, book):
        assert book.app.status_bar is False
        with book.app.properties(status_bar="正在导入…"):
            assert book.app.status_bar == "正在导入…"
        assert book.app.status_bar is False

    def test_knows_the_selection(self, book):
        book.sheets["成绩"]["B3:C4"].select()
        assert book.sheets.active.name == "成绩"
        assert book.selection.address == "$B$3:$C$4" and book.selection.sheet.name == "成绩"
        assert book.app.selection.address == "$B$3:$C$4"

    def test_answers_at_once_without_a_screen(self, book):
        assert book.app.alert("你好") == "ok"
        assert book.app.alert("继续吗？", "问题", "yes_no_cancel", "critical") in ("yes", "no", "cancel")

    def test_does_not_serve_everything(self, book):
        with pytest.raises(NotImplementedError):
            _ = book.sheets["名册"].pictures
        with pytest.raises(NotImplementedError):
            book.sheets["名册"]["A1"].add_note("x")
