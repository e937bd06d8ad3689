"""From the grid of a sheet to checked rows and cell-addressed problems (spec §3)."""

from __future__ import annotations

import math
from datetime import date, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlbangfu import schema
from xlbangfu.issues import error
from xlbangfu.schema import SETTING_ROWS, TABLES, Kind
from xlbangfu.workbook.cells import encode
from xlbangfu.workbook.parsing import address, column_letters, parse, parse_settings, set_setting, with_rows

ROSTER = schema.ROSTER
LABELS = [c.label for c in ROSTER.columns]
odd_cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.datetimes(),
    st.dates(),
    st.text(max_size=6),
    st.sampled_from([*LABELS[:4], "是", "在读", 0, "", " ", "#REF!"]),
)


def grid(*rows, header=LABELS):
    """A sheet of 名册: a header row, then these rows (学号, 姓名, …)."""
    return [list(header), *map(list, rows)]


def found(parsed):
    return [(r["pupil_id"], r["name"], r.at) for r in parsed.table]


class TestAddresses:
    @pytest.mark.parametrize(
        ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (702, "ZZ"), (703, "AAA"), (16384, "XFD")]
    )
    def test_columns(self, number, letters):
        assert column_letters(number) == letters and address(7, number) == f"{letters}7"


class TestHeaders:
    """design: columns are found by their header, so a teacher may move them or add own ones."""

    @given(st.permutations(LABELS), st.lists(st.sampled_from(["我的备注", "", None, "总分"]), max_size=3))
    def test_columns_may_be_moved_and_own_ones_added(self, order, own):
        header = [*own, *order]
        row = [f"值{label}" if label in ("学号", "姓名") else None for label in header]
        parsed = parse(ROSTER, grid(row, header=header))
        assert found(parsed) == [("值学号", "值姓名", 2)] and not parsed.issues and not parsed.rearranged
        assert parsed.header["name"] == header.index("姓名") + 1

    @pytest.mark.parametrize("at", range(len(LABELS)))
    @pytest.mark.parametrize("instead", ["改了名", None])
    def test_a_renamed_or_missing_header_is_an_error_and_bars_writing(self, at, instead):
        header = [*LABELS[:at], instead, *LABELS[at + 1 :]]
        parsed = parse(ROSTER, grid(["01", "测试甲"], header=header))
        assert [(i.rule, LABELS[at] in i.message) for i in parsed.issues] == [("table.column_missing", True)]
        assert LABELS[at] in parsed.rearranged and len(parsed.table) == 1

    def test_a_header_that_stands_twice_is_an_error_and_the_left_one_is_read(self):
        parsed = parse(ROSTER, grid(["01", *["测试甲"] * 13, "02"], header=[*LABELS, "学号"]))
        assert [i.rule for i in parsed.issues if i.rule.startswith("table")] == ["table.column_twice"]
        assert parsed.table.rows[0]["pupil_id"] == "01" and "学号" in parsed.rearranged

    @pytest.mark.parametrize(
        "header",
        [[f" {x} " for x in LABELS], [x.replace("", " ") for x in LABELS], [f"{x[0]}\n{x[1:]}" for x in LABELS]],
    )
    def test_blanks_and_breaks_in_a_header_do_not_matter(self, header):
        assert found(parse(ROSTER, grid(["01", "测试甲"], header=header))) == [("01", "测试甲", 2)]

    def test_title_rows_above_are_passed_over(self):
        parsed = parse(ROSTER, [["三年级1班名册"], [None], LABELS, ["01", "测试甲"]])
        assert found(parsed) == [("01", "测试甲", 4)] and parsed.header_row == 3

    @pytest.mark.parametrize("sheet", [[], [[]], [[None, ""]], [["甲", "乙"], ["丙"]], [["学号"]]])
    def test_no_header_at_all_is_one_error(self, sheet):
        parsed = parse(ROSTER, sheet)
        assert [i.rule for i in parsed.issues] == ["table.header"] and parsed.rearranged and len(parsed.table) == 0

    def test_subjects_are_columns_of_their_own(self):
        header = ["考试", "学号", "姓名", "语文", " 数学 ", None, "总分"]
        parsed = parse(schema.SCORES, [header, ["入学", "01", None, 60, "缺考", None, 120]])
        assert parsed.table.rows[0] == {
            "exam": "入学",
            "pupil_id": "01",
            "name": None,
            "语文": 60,
            "数学": "缺考",
            "总分": 120,
        }
        assert parsed.header["数学"] == 5

    @pytest.mark.parametrize("sheet", TABLES, ids=lambda s: s.label)
    def test_every_sheet_of_the_schema_reads_its_own_header(self, sheet):
        parsed = parse(sheet, [[c.label for c in sheet.columns]])
        assert not parsed.issues and not parsed.rearranged and parsed.last_row == parsed.header_row == 1


class TestRows:
    """§3: reading goes to the last used row below the header; after a blank row it still counts, with a 提醒."""

    def test_a_row_typed_under_the_table_counts(self):
        parsed = parse(ROSTER, grid(["01", "测试甲"], ["02", "测试乙"]))
        assert found(parsed) == [("01", "测试甲", 2), ("02", "测试乙", 3)] and parsed.last_row == 3

    def test_after_blank_rows_it_counts_with_a_reminder(self):
        parsed = parse(ROSTER, grid(["01", "测试甲"], [], [None, " "], ["02", "测试乙"], ["03"]))
        assert [r.at for r in parsed.table] == [2, 5, 6]
        assert [(i.level, i.rule, i.row) for i in parsed.issues] == [("提醒", "table.gap", 5)]

    def test_blank_rows_before_the_first_and_after_the_last_are_nothing(self):
        parsed = parse(ROSTER, grid([], ["01"], [], [None] * 20))
        assert [r.at for r in parsed.table] == [3] and not parsed.issues and parsed.last_row == 3

    def test_rows_may_be_shorter_than_the_header(self):
        parsed = parse(ROSTER, grid(["01"], []))
        assert parsed.table.rows[0]["name"] is None and parsed.table.rows[0]["care"] == ()

    def test_a_header_repeated_per_page_is_no_row(self):
        parsed = parse(ROSTER, grid(["01"], LABELS, ["02"]))
        assert [r.at for r in parsed.table] == [2, 4] and not parsed.issues

    def test_a_header_repeated_at_the_end_is_not_written_over(self):
        assert parse(ROSTER, grid(["01"], LABELS)).last_row == 3

    def test_cells_beyond_the_table_are_nobodys_business(self):
        parsed = parse(ROSTER, grid(["01", *[None] * 13, "草稿"], [*[None] * 14, "草稿"]))
        assert [r.at for r in parsed.table] == [2]


class TestBadCells:
    """§3: a problem names the cell and what to do; the rest of the row counts."""

    def test_the_cell_is_named(self):
        row = dict.fromkeys(LABELS) | {"学号": 310104201512123456, "姓名": "测试甲", "状态": "走了", "状态日期": "开学"}
        parsed = parse(ROSTER, grid(["01"], row.values()))
        located = [(parsed.locate(i).cell, i.rule, i.level) for i in parsed.issues]
        assert located == [("A3", "cell.id_digits", "错误"), ("D3", "cell.choice", "错误"), ("E3", "cell.date", "错误")]
        assert parsed.table.rows[1]["name"] == "测试甲" and parsed.table.rows[1]["pupil_id"] is None
        assert [parsed.locate(i).place for i in parsed.issues][1] == "名册!D3"

    def test_in_a_moved_column_too(self):
        parsed = parse(
            ROSTER, grid(["坏", "01"], header=["状态", "学号", *(x for x in LABELS if x not in ("状态", "学号"))])
        )
        assert [parsed.locate(i).cell for i in parsed.issues] == ["A2"]

    def test_a_problem_of_the_whole_sheet_has_no_cell(self):
        parsed = parse(ROSTER, [])
        assert parsed.locate(parsed.issues[0]) == parsed.issues[0]

    def test_a_cell_of_a_subject_is_named_by_its_header(self):
        parsed = parse(schema.SCORES, [["考试", "学号", "姓名", "语文"], ["入学", "01", None, "abc"]])
        assert parsed.locate(error("成绩", "score.unknown", "…", row=2, column="语文")).cell == "D2"

    @settings(max_examples=60)
    @given(st.sampled_from(TABLES), st.lists(st.lists(odd_cells, max_size=16), max_size=6))
    def test_no_grid_whatever_raises(self, sheet, rows):
        for cells in (rows, [[c.label for c in sheet.columns], *rows]):
            parsed = parse(sheet, cells)
            for issue in parsed.issues:
                assert issue.message and issue.mend
                if issue.row is not None:
                    assert parsed.locate(issue).cell and parsed.header_row < issue.row <= len(cells)
            assert all(set(r) >= {c.code for c in sheet.columns} for r in parsed.table)
            assert len({r.at for r in parsed.table}) == len(parsed.table)

    @settings(max_examples=60)
    @given(st.data())
    def test_every_cell_of_every_row_is_a_value_or_a_problem(self, data):
        """§3.1: nothing is dropped in silence."""
        row = [data.draw(odd_cells) for _ in LABELS]
        parsed = parse(ROSTER, grid(["01"], row))
        for read in parsed.table.rows[1:]:
            troubled = {i.column for i in parsed.issues if i.row == read.at}
            for column, raw in zip(ROSTER.columns, row, strict=True):
                blank = raw is None or (isinstance(raw, str) and not raw.strip())
                if not blank and column.label not in troubled and raw not in ("'", "、"):
                    assert read[column.code] not in (None, ()) or not str(raw).strip(
                        " '、,;/，；\x1f\x1e\x1d\x1c\x85\u2028\u2029"
                    ), (column.label, raw)


class TestSettings:
    """§3, 设置: 项目, 值, 说明."""

    @staticmethod
    def settings(**values):
        rows = [[s.label, values.get(s.code), s.note] for s in SETTING_ROWS]
        return parse(schema.SETTINGS, [["项目", "值", "说明"], *rows])

    def read(self, **values):
        return parse_settings(self.settings(**values))

    def test_blank_settings(self):
        values, issues = self.read()
        assert values["policy"] == "S7" and values["schema_version"] == schema.SCHEMA_VERSION and not issues
        assert {v for k, v in values.items() if k not in ("policy", "schema_version")} == {None}

    @pytest.mark.parametrize(
        ("code", "cell", "value"),
        [
            ("term_start", datetime(2026, 9, 1), date(2026, 9, 1)),
            ("term_start", "2026-09-01", date(2026, 9, 1)),
            ("share", "20%", Fraction(1, 5)),
            ("share", 0.2, Fraction(1, 5)),
            ("share", 0.07, Fraction(7, 100)),
            ("final_target", "100%", Fraction(1)),
            ("max_tutees", 3, 3),
            ("max_gap_days", "14", 14),
            ("midterm_basis", "过程评价", "过程评价"),
            ("zeros_absent", "否", "否"),
            ("baseline_exam", 2026, "2026"),
            ("class_name", "2班", "2班"),
        ],
    )
    def test_values(self, code, cell, value):
        values, issues = self.read(**{code: cell})
        assert values[code] == value and not issues

    @pytest.mark.parametrize(
        ("code", "cell"),
        [
            ("share", "120%"), ("share", 0), ("share", 1), ("share", "-20%"), ("share", "很多"), ("share", 20),
            ("midterm_target", "120%"), ("midterm_target", "1.5"), ("midterm_target", 0), ("midterm_target", 40), ("final_target", math.nan),
            ("term_start", "开学"), ("max_tutees", 0), ("max_tutees", 1.5), ("max_gap_days", 1000),
            ("midterm_basis", "看情况"), ("zeros_absent", "也许"),
        ],
    )  # fmt: skip
    def test_bad_values_are_problems_with_their_cell_and_count_as_blank(self, code, cell):
        parsed = self.settings(**{code: cell})
        values, issues = parse_settings(parsed)
        place = next(n for n, s in enumerate(SETTING_ROWS, 2) if s.code == code)
        assert values[code] is None and [parsed.locate(i).cell for i in issues] == [f"B{place}"]

    def test_rows_may_stand_in_any_order_and_unknown_ones_are_left_alone(self):
        parsed = parse(
            schema.SETTINGS,
            [["项目", "值", "说明"], ["学期", "2026秋"], ["我的项目", "x"], ["学 校", None], ["年级", "三年级"]],
        )
        values, issues = parse_settings(parsed)
        assert (values["term"], values["grade"], values["school"]) == ("2026秋", "三年级", None) and not issues

    def test_of_two_rows_with_one_name_the_first_counts_and_is_the_one_written(self):
        parsed = parse(schema.SETTINGS, [["项目", "值", "说明"], ["学期", "2026秋"], ["学期", "2027春"]])
        values, issues = parse_settings(parsed)
        assert values["term"] == "2026秋" and [(i.level, parsed.locate(i).cell) for i in issues] == [("错误", "B3")]
        assert [r["value"] for r in set_setting(parsed, "term", "2027秋")] == ["2027秋", "2027春"]

    @pytest.mark.parametrize("setting", SETTING_ROWS, ids=lambda s: s.label)
    def test_what_is_set_is_read(self, setting):
        value = {
            Kind.DATE: date(2026, 9, 1),
            Kind.SHARE: Fraction(1, 4),
            Kind.INTEGER: 3,
            Kind.CHOICE: setting.choices[-1] if setting.choices else None,
        }.get(setting.kind, "测试")
        parsed = self.settings()
        rows = set_setting(parsed, setting.code, value)
        assert parse_settings(with_rows(parsed, rows))[0][setting.code] == value
        bare = parse(schema.SETTINGS, [["项目", "值", "说明"]])
        [row] = set_setting(bare, setting.code, value)
        assert (row["item"], row["value"], row.at) == (setting.label, encode(value), None)
