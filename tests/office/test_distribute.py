"""distribute: one workbook per class, nothing overwritten, no row of the roster lost (spec §3, §6, §9)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classbooks import rows_of
from imports.tablefiles import table, workbook
from xlbangfu import schema
from xlbangfu.imports.filerows import ROSTER_FILE
from xlbangfu.office.distribute import CREATED, EXTENDED, FAILED, UNCHANGED, distribute
from xlbangfu.office.distribute_plan import sort_roster
from xlbangfu.schema import ERROR, REMINDER
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.parsing import parse_settings

TODAY = date(2026, 9, 1)
NOW = datetime(2026, 9, 1, 8, 30)
HEAD = ["年级", "班级", "学号", "姓名", "性别"]
PUPILS = [
    ["三年级", "1班", "0260101", "测试甲", "男"],
    ["三年级", "1班", "0260102", "测试乙", "女"],
    ["三年级", "2班", "0260201", "测试丙", "男"],
    ["四年级", "1班", "0260301", "测试丁", "女"],
]
TEACHING = [
    ["年级", "班级", "学科", "任课教师", "满分", "计分方式", "等级"],
    ["三年级", "", "语文", "教师甲", 100, "", ""],
    ["三年级", "2班", "语文", "教师乙", 100, "", ""],
    ["三年级", "", "科学", "教师丙", "", "等级", "优,良,合格,待合格"],
    ["三年级", "1班", "班主任", "教师丁", "", "", ""],
    ["四年级", "1班", "数学", "教师戊", 120, "", ""],
]


def hand_out(tmp_path: Path, rows=PUPILS, *, teaching=None, head=HEAD, out="班级", **options):
    """distribute on these rows."""
    roster = workbook(tmp_path / "名册.xlsx", [["某校名册"], head, *rows])
    file = workbook(tmp_path / "任课.xlsx", teaching) if teaching else None
    return distribute(roster, tmp_path / out, teaching=file, today=TODAY, now=lambda: NOW, **options)


def settings_of(path: Path) -> dict:
    """设置 as it stands in the file."""
    return parse_settings(ClosedWorkbook(path).read(schema.SETTINGS))[0]


def names(path: Path) -> list[str]:
    """Names in 名册."""
    return [r["name"] for r in rows_of(path, schema.ROSTER)]


class TestNewWorkbooks:
    def test_every_class_gets_its_pupils_under_its_own_name(self, tmp_path):
        report = hand_out(tmp_path)
        made = sorted(p.name for p in (tmp_path / "班级").iterdir())
        assert made == ["三年级1班.xlsm", "三年级2班.xlsm", "四年级1班.xlsm"]
        assert names(tmp_path / "班级" / "三年级1班.xlsm") == ["测试甲", "测试乙"]
        assert [r["pupil_id"] for r in rows_of(tmp_path / "班级" / "四年级1班.xlsm", schema.ROSTER)] == ["0260301"]
        assert report.exit_code == 0
        assert (report.accounting.read, report.accounting.taken, report.accounting.headings) == (6, 4, 2)
        assert report.accounting.balanced

    def test_设置_holds_what_was_given(self, tmp_path):
        hand_out(
            tmp_path, teaching=TEACHING, policy="S7", term="2026秋", previous="三下期末", baseline="入学@2026-09-05",
            midterm="期中", final="期末@2027年1月15日", start=date(2026, 9, 1), end=date(2027, 1, 20),
        )  # fmt: skip
        found = settings_of(tmp_path / "班级" / "三年级1班.xlsm")
        expected = {
            "grade": "三年级", "class_name": "1班", "homeroom_teacher": "教师丁", "policy": "S7", "term": "2026秋",
            "previous_exam": "三下期末", "baseline_exam": "入学", "baseline_date": date(2026, 9, 5), "midterm_exam": "期中",
            "midterm_date": None, "final_exam": "期末", "final_date": date(2027, 1, 15),
            "term_start": date(2026, 9, 1), "term_end": date(2027, 1, 20),
        }  # fmt: skip
        assert {code: found[code] for code in expected} == expected

    def test_任课_and_the_columns_of_成绩_follow_the_teaching_file(self, tmp_path):
        hand_out(tmp_path, teaching=TEACHING)
        second = tmp_path / "班级" / "三年级2班.xlsm"
        found = [
            (r["subject"], r["teacher"], r["full_points"], r["scoring"], r["levels"])
            for r in rows_of(second, schema.TEACHING)
        ]
        assert found == [("语文", "教师乙", 100, "分数", None), ("科学", "教师丙", None, "等级", "优,良,合格,待合格")]
        parsed = ClosedWorkbook(second).read(schema.SCORES)
        assert list(parsed.header) == ["exam", "pupil_id", "name", "语文", "科学"]
        assert settings_of(second)["homeroom_teacher"] is None
        fourth = tmp_path / "班级" / "四年级1班.xlsm"
        assert [r["subject"] for r in rows_of(fourth, schema.TEACHING)] == ["数学"]

    def test_no_reading_problem_stands_in_a_new_workbook(self, tmp_path):
        hand_out(tmp_path, teaching=TEACHING, term="2026秋", baseline="入学")
        for path in sorted((tmp_path / "班级").iterdir()):
            door = ClosedWorkbook(path)
            for sheet in schema.TABLES:
                parsed = door.read(sheet)
                assert (parsed.issues, parsed.rearranged) == ((), "")

    @pytest.mark.parametrize(
        ("given", "file"),
        [("2", "三年级2.xlsm"), ("302", "三年级302.xlsm"), ("三年级2班", "三年级2班.xlsm"), (2, "三年级2.xlsm")],
    )
    def test_班级_is_kept_as_given(self, tmp_path, given, file):
        hand_out(tmp_path, [["三年级", given, "0260101", "测试甲", "男"]])
        assert settings_of(tmp_path / "班级" / file)["class_name"] == str(given)

    @pytest.mark.parametrize(
        ("given", "grade"), [("三年级二班", "三年级"), ("302", "三年级"), ("初三1班", "初三"), ("三(2)班", "三年级")]
    )
    def test_年级_may_be_in_the_name_of_the_class(self, tmp_path, given, grade):
        report = hand_out(tmp_path, [["", given, "0260101", "测试甲", "男"]])
        assert [(r["年级"], r["班级"]) for r in report.rows] == [(grade, given)]

    def test_年级_may_be_given_for_the_whole_file(self, tmp_path):
        report = hand_out(tmp_path, [["2班", "0260101", "测试甲"]], head=["班级", "学号", "姓名"], grade="3")
        assert [(r["年级"], r["班级"]) for r in report.rows] == [("三年级", "2班")]

    def test_one_class_written_in_two_ways_is_one_workbook(self, tmp_path):
        rows = [
            ["三年级", "2班", "1", "测试甲", ""],
            ["3年级", "二班", "2", "测试乙", ""],
            ["三年级", "2班", "3", "测试丙", ""],
        ]
        report = hand_out(tmp_path, rows)
        assert [(r["年级"], r["班级"], r["人数"]) for r in report.rows] == [("三年级", "2班", 3)]
        assert [i.rule for i in report.issues] == ["distribute.spelling"]

    def test_a_class_without_pupils_names_needs_none(self, tmp_path):
        report = hand_out(tmp_path, [["GP", "0001"], ["MS", "0002"]], head=["班级", "学号"], grade="全年级")
        assert [r["班级"] for r in report.rows] == ["GP", "MS"]
        assert report.exit_code == 0

    def test_names_that_no_file_may_have_are_made_safe(self, tmp_path):
        report = hand_out(tmp_path, [["三年级", "../实验:班", "1", "测试甲", ""]])
        (row,) = report.rows
        assert Path(row["文件"]).parent == tmp_path / "班级"
        assert settings_of(Path(row["文件"]))["class_name"] == "../实验:班"

    def test_the_log_says_who_made_it(self, tmp_path):
        hand_out(tmp_path)
        (row,) = rows_of(tmp_path / "班级" / "三年级1班.xlsm", schema.LOG)
        assert (row["at"], row["action"], row["result"]) == (NOW, "分发", "新建 三年级1班，2 人")


class TestRowsThatAreListed:
    @pytest.mark.parametrize(
        ("row", "words"),
        [
            (["", "2班", "1", "测试甲", ""], "看不出年级"),
            (["", "1012", "1", "测试甲", ""], "看不出年级"),
            (["三年级", "", "1", "测试甲", ""], "没有班级"),
            (["三年级", 3.1, "1", "测试甲", ""], "班级看不懂"),
            (["三年级", "2班", "", "测试甲", ""], "没有学号"),
            (["三年级", "2班", 123456789012345678, "测试甲", ""], "末尾几位已丢失"),
            (["四年级", "三年级2班", "1", "测试甲", ""], "对不上"),
        ],
    )
    def test_with_sheet_cell_and_reason(self, tmp_path, row, words):
        report = hand_out(tmp_path, [*PUPILS, row])
        (issue,) = [i for i in report.issues if i.level == ERROR]
        assert words in issue.message
        assert (issue.file, issue.sheet, issue.row) == ("名册.xlsx", "Sheet1", 7)
        assert report.exit_code == 1
        assert (report.accounting.taken, report.accounting.listed) == (4, 1)

    def test_a_number_of_two_pupils_is_given_to_neither(self, tmp_path):
        rows = [*PUPILS, ["三年级", "2班", "0260101", "测试戊", "男"]]
        report = hand_out(tmp_path, rows)
        assert [i.row for i in report.issues if i.level == ERROR] == [3, 7]
        assert names(tmp_path / "班级" / "三年级1班.xlsm") == ["测试乙"]

    def test_the_same_row_twice_counts_once(self, tmp_path):
        report = hand_out(tmp_path, [*PUPILS, PUPILS[0]])
        assert names(tmp_path / "班级" / "三年级1班.xlsm") == ["测试甲", "测试乙"]
        assert [(i.level, i.row) for i in report.issues] == [(REMINDER, 7)]

    def test_two_classes_never_go_to_one_file(self, tmp_path):
        rows = [["三年级", "A/1", "1", "测试甲", ""], ["三年级", "A:1", "2", "测试乙", ""]]
        report = hand_out(tmp_path, rows)
        assert len(report.rows) == 1
        assert report.accounting.taken == report.accounting.listed == 1

    def test_if_no_row_has_a_class_nothing_is_made(self, tmp_path):
        report = hand_out(tmp_path, [["", "", "1", "测试甲", ""]])
        assert report.exit_code == 3
        assert not (tmp_path / "班级").exists()

    def test_rows_of_the_teaching_file_without_use_are_said(self, tmp_path):
        more = [*TEACHING, ["六年级", "", "语文", "教师己", "", "", ""], ["三年级", "1班", "", "教师庚", "", "", ""]]
        report = hand_out(tmp_path, teaching=more)
        assert sorted((i.level, i.row) for i in report.issues) == sorted([(REMINDER, 7), (ERROR, 8)])

    def test_two_teachers_of_one_subject_are_said(self, tmp_path):
        report = hand_out(tmp_path, teaching=[*TEACHING, ["四年级", "1班", "数学", "教师辛", 120, "", ""]])
        assert [i.rule for i in report.issues if i.level == ERROR] == ["distribute.teaching_twice"]
        assert [r["teacher"] for r in rows_of(tmp_path / "班级" / "四年级1班.xlsm", schema.TEACHING)] == ["教师戊"]


class TestExistingWorkbooks:
    def test_a_second_run_changes_nothing(self, tmp_path):
        hand_out(tmp_path, teaching=TEACHING, baseline="入学")
        before = {p.name: p.read_bytes() for p in (tmp_path / "班级").iterdir()}
        report = hand_out(tmp_path, teaching=TEACHING, baseline="入学")
        assert report.written == []
        assert report.issues == []
        assert {r["结果"] for r in report.rows} == {UNCHANGED}
        assert {p.name: p.read_bytes() for p in (tmp_path / "班级").iterdir()} == before

    def test_new_pupils_are_added_and_every_other_difference_is_listed(self, tmp_path):
        hand_out(tmp_path, teaching=TEACHING, baseline="入学")
        later = [
            ["三年级", "1班", "0260101", "测试甲", "女"],
            ["三年级", "1班", "0260103", "测试己", "男"],
            *PUPILS[2:],
        ]
        teaching = [list(row) for row in TEACHING]
        teaching[1][3] = "教师壬"
        report = hand_out(tmp_path, later, teaching=teaching, baseline="摸底")
        first = tmp_path / "班级" / "三年级1班.xlsm"
        assert names(first) == ["测试甲", "测试乙", "测试己"]
        assert rows_of(first, schema.ROSTER)[0]["gender"] == "男"
        assert settings_of(first)["baseline_exam"] == "入学"
        said = {(i.file, i.sheet, i.cell) for i in report.issues if i.file.startswith("三年级1班")}
        baseline_row = next(r.at for r in rows_of(first, schema.SETTINGS) if r["item"] == "基线考试")
        assert said == {
            ("三年级1班.xlsm", "设置", f"B{baseline_row}"),
            ("三年级1班.xlsm", "任课", "B2"),
            ("三年级1班.xlsm", "名册", "A3"),
        }
        assert [(i.rule, i.cell) for i in report.issues if i.file == "名册.xlsx"] == [("import.differs", "E3")]
        assert {r["文件"].rsplit("/", 1)[-1]: r["结果"] for r in report.rows}["三年级1班.xlsm"] == EXTENDED
        assert report.exit_code == 0

    def test_a_workbook_that_was_renamed_is_still_that_class(self, tmp_path):
        hand_out(tmp_path)
        folder = tmp_path / "班级"
        (folder / "三年级1班.xlsm").rename(folder / "测试老师的.xlsm")
        report = hand_out(tmp_path, [*PUPILS, ["三年级", "1班", "0260109", "测试新", "男"]])
        assert not (folder / "三年级1班.xlsm").exists()
        assert names(folder / "测试老师的.xlsm")[-1] == "测试新"
        assert report.exit_code == 0

    def test_another_file_of_that_name_is_never_overwritten(self, tmp_path):
        (tmp_path / "班级").mkdir()
        other = workbook(tmp_path / "班级" / "三年级2班.xlsm", [["别的内容"]])
        before = other.read_bytes()
        report = hand_out(tmp_path)
        assert other.read_bytes() == before
        assert {r["班级"]: r["结果"] for r in report.rows if r["年级"] == "三年级"} == {"1班": CREATED, "2班": FAILED}
        assert [i.row for i in report.issues if i.file == "名册.xlsx"] == [5]
        assert (report.accounting.taken, report.accounting.listed) == (3, 1)
        assert report.accounting.balanced

    def test_a_workbook_of_another_term_is_left_alone(self, tmp_path):
        hand_out(tmp_path, term="2026秋")
        report = hand_out(tmp_path, term="2027春")
        assert {r["结果"] for r in report.rows} == {FAILED}
        assert report.exit_code == 3


class TestOptions:
    def test_planning_writes_nothing(self, tmp_path):
        report = hand_out(tmp_path, plan=True)
        assert not (tmp_path / "班级").exists()
        assert report.planned == [
            "新建 三年级1班.xlsm（2 人）",
            "新建 三年级2班.xlsm（1 人）",
            "新建 四年级1班.xlsm（1 人）",
        ]

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"policy": "S99"}, "S99"),
            ({"baseline": "入学@昨天"}, "名称@日期"),
            ({"start": date(2027, 1, 1), "end": date(2026, 9, 1)}, "学期"),
        ],
    )
    def test_an_option_that_cannot_be_is_refused_before_anything_is_made(self, tmp_path, options, words):
        report = hand_out(tmp_path, **options)
        assert report.exit_code == 3
        assert words in report.message
        assert not (tmp_path / "班级").exists()

    def test_nothing_unfinished_stays_behind(self, tmp_path):
        hand_out(tmp_path)
        assert all(p.suffix == ".xlsm" for p in (tmp_path / "班级").rglob("*"))


GRADES = st.sampled_from(["", "三年级", "3", "四年级", "初三"])
CLASSES = st.sampled_from(["", "1班", "一班", "三年级1班", "302", "2", "1012", "初三1班"])
NUMBERS = st.sampled_from(["", "1", "2", "3", "4", 5, 123456789012345678])
NAMES = st.sampled_from(["", "测试甲", "测试乙", "平均分"])


@given(st.lists(st.tuples(GRADES, CLASSES, NUMBERS, NAMES), max_size=20), st.randoms(use_true_random=False))
def test_every_row_goes_to_one_class_or_is_listed_and_order_does_not_matter(rows, chance):
    head = ["年级", "班级", "学号", "姓名"]
    plan = sort_roster(table([head, *rows], ROSTER_FILE))
    assert plan.accounting.balanced
    assert plan.accounting.read == len(rows) + 1
    taken = [row.number for c in plan.classes for row in c.rows]
    assert len(taken) == len(set(taken)) == plan.accounting.taken
    assert len({c.file_name.casefold() for c in plan.classes}) == len(plan.classes)
    shuffled = list(rows)
    chance.shuffle(shuffled)
    again = sort_roster(table([head, *shuffled], ROSTER_FILE))
    assert [_members(c) for c in again.classes] == [_members(c) for c in plan.classes]


def _members(one) -> tuple:
    return one.grade, one.name, one.file_name, sorted((str(r.raw("pupil_id")), str(r.raw("name"))) for r in one.rows)
