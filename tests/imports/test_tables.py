"""Every row of a file is taken, listed or skipped for a reason: none is lost (spec §3.1)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imports.tablefiles import table, workbook
from xlbangfu.imports.accounting import Accounting
from xlbangfu.imports.filerows import ROSTER_FILE, SCORE_FILE
from xlbangfu.imports.reading import SheetGrid
from xlbangfu.imports.tables import read_table, tables_of
from xlbangfu.schema import REMINDER

HEAD = ["学号", "姓名", "语文", "数学"]


def pupil(i: int) -> list:
    return [f"20260301{i:02d}", f"测试{i}", 60 + i, 70 + i]


class TestRows:
    def test_titles_repeated_headers_blanks_and_totals_are_skipped_and_counted(self):
        file = table(
            [
                ["某校期中成绩表"],
                HEAD,
                pupil(1),
                [],
                ["三年级2班成绩"],
                HEAD,
                pupil(2),
                ["平均分", "", 61.5, 71.5],
                ["", "及格率", "100%", "100%"],
                ["制表人：测试", "", "", ""],
            ]
        )
        assert [row.number for row in file.rows] == [3, 7]
        a = file.accounting
        assert (a.read, a.headings, a.blanks, a.totals, a.listed) == (10, 4, 1, 3, 0)

    def test_a_header_in_another_order_holds_for_the_rows_below_it(self):
        file = table([HEAD, pupil(1), ["姓名", "学号", "数学", "语文"], ["测试2", "2026030102", 72, 62]])
        assert [(r.raw("pupil_id"), r.raw("name")) for r in file.rows] == [
            ("2026030101", "测试1"),
            ("2026030102", "测试2"),
        ]

    def test_figures_above_the_header_are_listed_and_not_taken_for_a_title(self):
        file = table([["某校", "", "", ""], ["人数", 45, "", ""], [1, "测试0", 88, 99], HEAD, pupil(1)])
        assert [i.cell for i in file.issues] == ["A3"]
        assert (file.accounting.headings, file.accounting.listed) == (3, 1)

    def test_a_row_without_number_and_name_is_data_to_be_listed(self):
        file = table([HEAD, ["", "", 80, 90]])
        assert len(file.rows) == 1

    def test_a_lone_name_is_a_pupil_and_no_title(self):
        assert len(table([HEAD, ["", "测试成绩", "", ""]]).rows) == 1

    def test_left_out_columns_are_said_once_with_their_cell(self):
        file = table(
            [["学号", "姓名", "语文", "总分", "名次", "特长", "学校"], ["1", "测试甲", 80, 80, 1, "画画", "某校"]]
        )
        said = {i.message.split("，")[0]: (i.cell, i.level) for i in file.issues}
        assert said == {
            "“总分”、“名次”是合计、平均或名次": ("D1", REMINDER),
            "“特长”没有认出来": ("F1", REMINDER),
            "“学校”不属于成绩": ("G1", REMINDER),
        }


class TestSheets:
    def test_every_sheet_with_a_header_is_read_and_the_others_are_said(self, tmp_path):
        sheets = {
            "1班": [HEAD, pupil(1)],
            "填写说明": [["说明"], ["缺考填 Q"]],
            "2班": [HEAD, pupil(2)],
            "空": [],
            "旧": [HEAD, pupil(3)],
        }
        file = read_table(workbook(tmp_path / "成绩.xlsx", sheets, hidden=["旧"]), SCORE_FILE)
        assert [(r.sheet, r.raw("name")) for r in file.rows] == [("1班", "测试1"), ("2班", "测试2")]
        assert sorted(i.sheet for i in file.issues) == ["填写说明", "旧"]
        a = file.accounting
        assert (a.read, a.unread, a.headings) == (8, 4, 2)

    def test_formatting_down_to_row_5000_adds_no_rows(self, tmp_path):
        import xlsxwriter

        book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
        sheet = book.add_worksheet()
        for i, row in enumerate([HEAD, pupil(1)]):
            sheet.write_row(i, 0, row)
        sheet.write_blank(4999, 200, None, book.add_format({"bold": True}))
        book.close()
        assert read_table(tmp_path / "a.xlsx", SCORE_FILE).accounting.read == 2


ANY_CELL = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.integers(-5, 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["学号", "姓名", "平均分", "缺考", "语文", "成绩", "班排", "三年级2班", "制表人：某", "2026030101", "测试甲"]
    ),
)


@given(st.lists(st.lists(ANY_CELL, max_size=6), max_size=25), st.sampled_from([SCORE_FILE, ROSTER_FILE]))
def test_rows_read_are_rows_of_data_listed_or_skipped_whatever_stands_in_them(rows, wanted):
    grid = SheetGrid("表", [["学号", "姓名", "语文", "总分"], ["1", "测试甲", 80, 80], *rows])
    file = tables_of("测试.xlsx", [grid], wanted)
    a = file.accounting
    assert a.read == len(rows) + 2 == len(file.rows) + a.listed + a.skipped
    numbers = [row.number for row in file.rows]
    assert len(numbers) == len(set(numbers))
    assert sum(i.rule == "import.layout" for i in file.issues) == a.listed


@given(st.lists(st.integers(0, 50), min_size=14, max_size=14))
def test_accountings_add_up(parts):
    one = Accounting(sum(parts[:7]), *parts[:7])
    two = Accounting(sum(parts[7:]), *parts[7:])
    assert one.balanced
    assert (one + two).balanced
    assert not Accounting(one.read + 1, *parts[:6]).balanced
