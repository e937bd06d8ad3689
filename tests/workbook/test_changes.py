"""What a write would change: applied to the grid and read again, the sheet says just what was wanted (spec §3, §8)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlbangfu import schema
from xlbangfu.schema import Column, Kind, Sheet
from xlbangfu.table import Row
from xlbangfu.workbook.cells import empty_value, encode, same
from xlbangfu.workbook.changes import Jump, SheetChange, plan_change
from xlbangfu.workbook.parsing import parse

SHEET = Sheet(
    "测试表",
    "test",
    "tblTest",
    schema.Writer.DRAFT,
    (
        Column("学号", "pupil_id", Kind.ID, key=True),
        Column("姓名", "name"),
        Column("次数", "count", Kind.INTEGER),
        Column("比例", "share", Kind.SHARE),
        Column("日期", "date", Kind.DATE),
        Column("确认", "confirmed", Kind.CHOICE, choices=("是", "否")),
        Column("类别", "care", Kind.CHOICES, choices=("留守", "单亲")),
    ),
)
values = {
    "pupil_id": st.sampled_from([None, "01", "0260001", "310104201512123456"]),
    "name": st.sampled_from([None, "测试甲", "123", "=1+1"]),
    "count": st.sampled_from([None, 0, 1, -7]),
    "share": st.sampled_from([None, Fraction(0), Fraction(1, 5), Fraction(1, 3)]),
    "date": st.sampled_from([None, date(2026, 9, 1)]),
    "confirmed": st.sampled_from([None, "是", "否"]),
    "care": st.sampled_from([(), ("留守",), ("留守", "单亲")]),
}
row_values = st.fixed_dictionaries(values)
junk = st.sampled_from(["坏", 2.5, "2026-13-40", True])


def sheet_grid(order, rows, titles=0):
    """A grid of SHEET: columns in this order, `titles` rows above the header; a row None is a blank one."""
    labels = {c.code: c.label for c in SHEET.columns}
    lines = [["标题"] for _ in range(titles)]
    lines.append([labels[code] for code in order])
    return lines + [[encode(row[code]) for code in order] if row else [] for row in rows]


def carry_out(grid, change):
    """The grid after a door has set the planned cells."""
    cells = [list(row) for row in grid]
    wanted = dict(change.cells) | {(change.header_row, n): text for n, text in change.new_columns.items()}
    for (row, column), value in wanted.items():
        while len(cells) < row:
            cells.append([])
        while len(cells[row - 1]) < column:
            cells[row - 1].append(None)
        cells[row - 1][column - 1] = str(value) if isinstance(value, Jump) else value
    return cells


def blank(row):
    return all(row.get(code) in (None, ()) for code in values)


def alike(row, other):
    return all(same(row.get(code), other.get(code)) for code in values)


class TestModel:
    """Plan, carry out, read again."""

    @settings(max_examples=150)
    @given(
        st.permutations(list(values)),
        st.lists(st.one_of(st.none(), row_values), max_size=6),
        st.integers(0, 2),
        st.data(),
    )
    def test_rows_in_place_and_new_rows_below(self, order, rows, titles, data):
        grid = sheet_grid(order, rows, titles)
        before = parse(SHEET, grid)
        kept = [data.draw(st.sampled_from([r, r.changed(**data.draw(row_values))])) for r in before.table]
        added = [Row(v) for v in data.draw(st.lists(row_values.filter(lambda v: not blank(v)), max_size=3))]
        change = plan_change(before, [*kept, *added])
        after = parse(SHEET, carry_out(grid, change) if change else grid)
        wanted = [r for r in [*kept, *added] if not blank(r)]
        assert len(after.table) == len(wanted)
        assert all(alike(one, other) for one, other in zip(after.table, wanted, strict=True))
        assert [r.at for r in after.table][: len(wanted) - len(added)] == [r.at for r in kept if not blank(r)]
        assert not [i for i in after.issues if i.rule != "table.gap"]
        assert plan_change(after, after.table.rows) is None
        if change:
            assert change.last_row >= max(row for row, _ in change.cells)
            assert all(not same(cell_at(grid, *at), value) for at, value in change.cells.items())

    @settings(max_examples=150)
    @given(
        st.permutations(list(values)),
        st.lists(st.one_of(st.none(), row_values), max_size=6),
        st.lists(row_values, max_size=6),
        st.data(),
    )
    def test_a_program_table_says_just_the_rows_wanted_whatever_stood_there(self, order, rows, wanted, data):
        grid = sheet_grid(order, rows)
        for line in grid[1:]:
            if line and data.draw(st.booleans()):
                line[data.draw(st.integers(0, len(line) - 1))] = data.draw(junk)
        before = parse(SHEET, grid)
        change = plan_change(before, [Row(v) for v in wanted], compact=True)
        applied = carry_out(grid, change) if change else grid
        after = parse(SHEET, applied)
        said = [v for v in wanted if not blank(v)]
        assert len(after.table) == len(said) and all(
            alike(one, other) for one, other in zip(after.table, said, strict=True)
        )
        assert not [i for i in after.issues if i.rule != "table.gap"]
        assert plan_change(after, [Row(v) for v in wanted], compact=True) is None


def cell_at(grid, row, column):
    line = grid[row - 1] if row <= len(grid) else []
    return line[column - 1] if column <= len(line) else None


class TestNothingToDo:
    """§3: a run that would change nothing writes nothing."""

    @given(st.permutations(list(values)), st.lists(st.one_of(st.none(), row_values), max_size=5))
    def test_rows_as_they_stand_give_no_change(self, order, rows):
        parsed = parse(SHEET, sheet_grid(order, rows))
        assert plan_change(parsed, parsed.table.rows) is None

    def test_an_empty_table_stays_empty(self):
        parsed = parse(SHEET, sheet_grid(list(values), []))
        assert plan_change(parsed, []) is None and plan_change(parsed, [], compact=True) is None

    def test_rows_left_out_are_left_alone(self):
        """§3: never deletes a row that a person touched."""
        parsed = parse(SHEET, sheet_grid(list(values), [TestCells.ROW, TestCells.ROW]))
        assert plan_change(parsed, parsed.table.rows[:1]) is None and plan_change(parsed, []) is None

    def test_a_cell_that_could_not_be_read_is_left_as_typed(self):
        """What a teacher typed wrongly stays to be mended."""
        grid = sheet_grid(list(values), [TestCells.ROW])
        grid[1][2] = "很多"
        parsed = parse(SHEET, grid)
        assert parsed.table.rows[0]["count"] is None and plan_change(parsed, parsed.table.rows) is None


class TestCells:
    """§8: a write changes only the cells it means to."""

    ROW = dict.fromkeys(values) | {"pupil_id": "01", "name": "测试甲", "count": 3, "care": ("留守",)}

    def planned(self, order=tuple(values), compact=False, **changed):
        parsed = parse(SHEET, sheet_grid(order, [self.ROW]))
        return plan_change(parsed, [parsed.table.rows[0].changed(**changed)], compact=compact)

    @pytest.mark.parametrize(
        ("changed", "cell"),
        [({"count": 0}, 0), ({"count": None}, None), ({"count": 4}, 4)],
    )
    def test_nought_and_blank_are_two_things(self, changed, cell):
        assert self.planned(**changed).cells == {(2, 3): cell}

    def test_a_nought_in_a_new_row_is_written(self):
        parsed = parse(SHEET, sheet_grid(list(values), []))
        change = plan_change(parsed, [Row({"pupil_id": "01", "count": 0, "share": Fraction(0)})])
        assert change.cells == {(2, 1): "01", (2, 3): 0, (2, 4): 0} and change.last_row == 2

    def test_only_what_differs_is_set_where_the_column_stands(self):
        order = list(values)[::-1]
        assert self.planned(order, name="测试乙").cells == {(2, order.index("name") + 1): "测试乙"}

    def test_lists_and_fractions_as_cells_take_them(self):
        assert self.planned(care=("留守", "单亲"), share=Fraction(1, 4)).cells == {(2, 7): "留守、单亲", (2, 4): 0.25}

    def test_text_that_looks_like_a_formula_stays_text_of_the_same_letters(self):
        assert self.planned(name="=1+1").cells == {(2, 2): "=1+1"}

    def test_a_number_where_a_text_stood_is_a_change(self):
        """学号 12 and 「12」 are not alike in a cell."""
        assert self.planned(pupil_id=1).cells == {(2, 1): 1}

    def test_what_is_left_over_in_a_program_table_is_cleared(self):
        rows = [self.ROW, self.ROW, self.ROW]
        change = plan_change(parse(SHEET, sheet_grid(list(values), rows)), [Row(self.ROW)], compact=True)
        assert set(change.cells.values()) == {None} and {row for row, _ in change.cells} == {3, 4}

    def test_gaps_of_a_program_table_are_closed(self):
        change = plan_change(parse(SHEET, sheet_grid(list(values), [None, self.ROW])), [Row(self.ROW)], compact=True)
        assert {at: v for at, v in change.cells.items() if at[0] == 2} == {
            (2, 1): "01",
            (2, 2): "测试甲",
            (2, 3): 3,
            (2, 7): "留守",
        }

    def test_new_rows_go_under_a_header_repeated_at_the_end(self):
        grid = [*sheet_grid(list(values), [self.ROW]), [c.label for c in SHEET.columns]]
        change = plan_change(parse(SHEET, grid), [Row(self.ROW)])
        assert {row for row, _ in change.cells} == {4}

    def test_a_jump_is_set_once_and_then_reads_the_same(self):
        row = {**self.ROW, "name": Jump("名册!B5", "名册", "B5")}
        parsed = parse(SHEET, sheet_grid(list(values), [self.ROW]))
        change = plan_change(parsed, [Row(row)], compact=True)
        jump = change.cells[2, 2]
        assert (jump, jump.sheet, jump.cell) == ("名册!B5", "名册", "B5")
        after = parse(SHEET, carry_out(sheet_grid(list(values), [self.ROW]), change))
        assert plan_change(after, [Row(row)], compact=True) is None


class TestSubjects:
    """§3, 成绩: one column per 学科; a subject that the sheet lacks gets one on the right."""

    HEADER = ("考试", "学号", "姓名", "语文")

    def test_a_new_subject_is_a_new_column(self):
        parsed = parse(schema.SCORES, [[*self.HEADER], ["入学", "01", None, 60]])
        change = plan_change(
            parsed,
            [parsed.table.rows[0].changed(数学=Fraction(70)), Row({"exam": "期中", "pupil_id": "01", "英语": "优"})],
        )
        assert change.new_columns == {5: "数学", 6: "英语"}
        assert change.cells == {(2, 5): 70, (3, 1): "期中", (3, 2): "01", (3, 6): "优"}
        after = parse(schema.SCORES, carry_out([[*self.HEADER], ["入学", "01", None, 60]], change))
        assert [(r.get("语文"), r.get("数学"), r.get("英语")) for r in after.table] == [
            (60, 70, None),
            (None, None, "优"),
        ]

    def test_beyond_own_columns_of_the_teacher(self):
        parsed = parse(schema.SCORES, [[*self.HEADER, None, "备注"], ["入学", "01", None, 60, None, "好"]])
        assert plan_change(parsed, [parsed.table.rows[0].changed(数学=Fraction(70))]).new_columns == {7: "数学"}

    def test_a_subject_without_values_gets_none(self):
        parsed = parse(schema.SCORES, [[*self.HEADER], ["入学", "01", None, 60]])
        assert plan_change(parsed, [parsed.table.rows[0].changed(数学=None)]) is None


class TestTellingThePlan:
    """§9: --plan prints what would change."""

    def test_one_line_per_cell_in_order(self):
        change = SheetChange("名册", {(3, 1): None, (2, 27): "甲"}, new_columns={28: "数学"})
        assert change.describe() == ["名册!AB1：新增列“数学”", "名册!AA2：甲", "名册!A3：（清空）"]

    @pytest.mark.parametrize("sheet", schema.TABLES, ids=lambda s: s.label)
    def test_every_sheet_takes_a_first_row(self, sheet):
        parsed = parse(sheet, [[c.label for c in sheet.columns]])
        row = Row({c.code: "测试" if c.kind in (Kind.TEXT, Kind.ID) else empty_value(c.kind) for c in sheet.columns})
        change = plan_change(parsed, [row], compact=sheet is schema.ISSUES)
        assert (change.sheet, change.table, change.last_row) == (sheet.label, sheet.table, 2)
