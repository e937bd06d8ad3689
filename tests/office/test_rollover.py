"""rollover: next term's workbooks from this term's, nobody lost, the old ones untouched (spec §2, §3, §6, §9)."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from classbooks import SETTINGS as AUTUMN_SETTINGS
from classbooks import fill, make_class, pupil_ids, rows_of, run, set_cells
from imports.tablefiles import workbook
from xlbangfu import schema
from xlbangfu.actions.report import FolderReport, Report
from xlbangfu.office.rollover import rollover
from xlbangfu.programme.norms import Reference
from xlbangfu.schema import (
    ERROR,
    NORMS,
    PAIRS,
    PLANS,
    PROFILES,
    REMINDER,
    ROSTER,
    SCORES,
    SETTINGS,
    TEACHING,
)
from xlbangfu.table import Row
from xlbangfu.workbook.changes import SheetChange
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.parsing import parse_settings

TODAY = date(2027, 2, 20)
NOW = datetime(2027, 2, 20, 9, 0)
CARRIED = ("设置", "任课", "名册", "成绩", "常模", "档案", "帮扶计划", "结对", "日志")
ACTIONS_OF_THE_TERM = (
    "check",
    "screen",
    "confirm",
    "freeze",
    "profile",
    "plan",
    "pair",
    "group",
    "convert",
    "progress",
)
FIRST, SECOND, THIRD, FOURTH, FIFTH = pupil_ids(5)

NO_EXAM_NAMED = {"final_exam": None, "midterm_exam": None, "baseline_exam": None}
DECLINE = """
id = "我校"
name = "测试制度：成绩下降"
[screening]
academic = { rule = "decline", sd = "1/2" }
[exit]
rule = "gain"
sd = "1/2"
"""


def roll(source: Path, out: Path, *, term: str = "2027春", **options: Any) -> Any:
    """rollover with a fixed clock."""
    return rollover(source, out, term=term, today=TODAY, now=lambda: NOW, **options)


def settings_of(path: Path) -> dict[str, Any]:
    """设置 as it stands in the file."""
    return parse_settings(ClosedWorkbook(path).read(SETTINGS))[0]


def made(report: Report) -> Path:
    """The workbook that a run made."""
    assert report.ok, report.message
    return Path(report.written[-1] if len(report.written) == 1 else next(p for p in report.written if "班" in p))


def told(report: Report, rule: str) -> list[str]:
    """Messages of that rule."""
    return [i.message for i in report.issues if i.rule == rule]


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """三年级1班 of 2026秋 after the whole term."""
    path = make_class(tmp_path_factory.mktemp("old"))
    for action in ACTIONS_OF_THE_TERM:
        assert run(action, path).ok
    return path


@pytest.fixture
def old(finished, tmp_path) -> Path:
    """A copy of it to work on."""
    path = tmp_path / "旧" / finished.name
    path.parent.mkdir()
    shutil.copy(finished, path)
    return path


class TestTermAndGrade:
    """spec §6: year moved on in September."""

    def test_from_autumn_to_spring_the_class_stays_what_it_is(self, old, tmp_path):
        path = made(roll(old, tmp_path / "新"))
        found = settings_of(path)
        assert path == tmp_path / "新" / "三年级1班.xlsm"
        assert (found["term"], found["grade"], found["class_name"]) == ("2027春", "三年级", "1班")

    def test_from_spring_to_autumn_the_grade_moves_on(self, tmp_path):
        old = make_class(tmp_path / "旧", n=6, term="2026春", class_name="三年级1班")
        path = made(roll(old, tmp_path / "新", term="2026-2027学年第一学期"))
        found = settings_of(path)
        assert path.name == "四年级1班.xlsm"
        assert found["term"] == "2026-2027学年第一学期"
        assert (found["grade"], found["class_name"]) == ("四年级", "四年级1班")

    def test_a_whole_year_later_is_one_september_and_is_told(self, tmp_path):
        old = make_class(tmp_path / "旧", n=2)
        report = roll(old, tmp_path / "新", term="2027秋")
        assert settings_of(made(report))["grade"] == "四年级"
        assert [i.cell for i in report.issues if i.rule == "rollover.gap"] == ["B3"]

    def test_what_cannot_be_told_is_kept_with_a_reminder_at_its_cell(self, tmp_path):
        old = make_class(tmp_path / "旧", n=2, term="2026春", grade="混合", class_name="3A")
        report = roll(old, tmp_path / "新", term="2026秋")
        found = settings_of(made(report))
        assert (found["grade"], found["class_name"]) == ("混合", "3A")
        places = {i.rule: (i.level, i.file, i.cell) for i in report.issues if i.sheet == "设置"}
        assert places == {
            "rollover.grade": (REMINDER, "三年级1班.xlsm", "B4"),
            "rollover.class": (REMINDER, "三年级1班.xlsm", "B5"),
        }

    def test_a_class_that_has_left_school_gets_no_workbook(self, tmp_path):
        old = make_class(tmp_path / "旧", n=2, term="2026春", grade="六年级")
        report = roll(old, tmp_path / "新", term="2026秋")
        assert report.exit_code == 3
        assert "毕业" in report.message
        assert not (tmp_path / "新").exists()
        assert roll(old, tmp_path / "新", term="2026秋").exit_code == 3

    def test_in_the_middle_of_the_last_year_it_does(self, tmp_path):
        old = make_class(tmp_path / "旧", n=2, grade="六年级")
        assert settings_of(made(roll(old, tmp_path / "新")))["grade"] == "六年级"

    @pytest.mark.parametrize("term", ["2026秋", "2026春", "2026-2027学年第一学期"])
    def test_the_new_term_must_be_later(self, old, tmp_path, term):
        report = roll(old, tmp_path / "新", term=term)
        assert (report.exit_code, "不比它晚" in report.message) == (3, True)

    @pytest.mark.parametrize(("own", "words"), [(None, "没有填"), ("本学期", "看不出")])
    def test_a_workbook_that_does_not_say_its_term_is_refused(self, tmp_path, own, words):
        report = roll(make_class(tmp_path / "旧", n=2, term=own), tmp_path / "新")
        assert report.exit_code == 3
        assert words in report.message and "2026秋" in report.message


class TestSettings:
    def test_what_is_no_matter_of_one_term_is_kept_exactly(self, tmp_path):
        given = {
            "policy": "S7", "share": "1/3", "midterm_target": "40%", "final_target": 0.55, "max_tutees": 3,
            "max_gap_days": 10, "zeros_absent": "否", "leader": "示例组长", "members": "示例甲、示例乙",
            "academic_office": "示例教务", "moral_office": "示例德育", "counsellor": "示例心理", "study_adviser": "示例顾问",
        }  # fmt: skip
        old = make_class(tmp_path / "旧", n=2, **given)
        path = made(roll(old, tmp_path / "新"))
        before, after = settings_of(old), settings_of(path)
        kept = (*given, "school", "homeroom_teacher", "grade", "class_name")
        assert {code: after[code] for code in kept} == {code: before[code] for code in kept}
        typed = {row[0]: row[1] for row in ClosedWorkbook(path).grid("设置")}
        assert (typed["识别比例"], typed["期末目标"]) == ("1/3", 0.55), "a number stays a number where it is exact"

    def test_what_belongs_to_the_old_term_is_blank(self, old, tmp_path):
        after = settings_of(made(roll(old, tmp_path / "新")))
        points = [f"{p}_{what}" for p in ("baseline", "midterm", "final") for what in ("exam", "date")]
        blank = (*points, "term_start", "term_end", "midterm_basis", "freeze_check", "group_check", "import_file")
        assert {code: after[code] for code in blank} == dict.fromkeys(blank)

    def test_the_days_of_the_new_term_may_be_given(self, old, tmp_path):
        days = {"start": date(2027, 2, 22), "end": date(2027, 7, 2)}
        after = settings_of(made(roll(old, tmp_path / "新", **days)))
        assert (after["term_start"], after["term_end"]) == tuple(days.values())

    def test_a_row_that_somebody_added_is_told(self, tmp_path):
        old = make_class(tmp_path / "旧", n=2)
        fill(old, {SETTINGS: [{"item": "校区", "value": "东校区"}]})
        assert told(roll(old, tmp_path / "新"), "rollover.setting") == ["自己加的一行“校区”没有带走"]


class TestPupils:
    @pytest.fixture
    def mixed(self, tmp_path) -> Path:
        """One pupil of each 状态, one row without 学号 and one 学号 twice."""
        path = make_class(tmp_path / "旧", n=6)
        changes = {
            0: {"status": "转入", "status_date": date(2026, 10, 1), "avoid": (SECOND, FOURTH)},
            1: {"status": "转出", "status_date": date(2026, 11, 1)},
            2: {"status": "流失", "status_date": None},
            3: {"status": "休学", "status_date": date(2026, 12, 1), "parent": "示例家长", "care": ("留守",)},
            4: {"status": None},
        }
        set_cells(path, ROSTER, changes)
        fill(path, {ROSTER: [{"name": "测试无号", "status": "转出"}, {"pupil_id": FIFTH, "name": "测试重号"}]})
        return path

    def test_everybody_is_carried_or_named_with_the_reason(self, mixed, tmp_path):
        report = roll(mixed, tmp_path / "新")
        fates = [(r["姓名"], r["去向"], r["原因"]) for r in report.rows]
        assert fates == [
            ("测试01", "带走", ""), ("测试02", "未带走", "转出（2026-11-01）"), ("测试03", "未带走", "流失"),
            ("测试04", "带走", ""), ("测试05", "带走", ""), ("测试06", "带走", ""),
            ("测试无号", "未带走", "没有学号"), ("测试重号", "未带走", "学号与前面一行相同"),
        ]  # fmt: skip
        assert len(report.rows) == len(ClosedWorkbook(mixed).read(ROSTER).original)
        assert (report.counts["学生"], report.counts["未带走"]) == (4, 4)
        assert [(i.level, i.cell) for i in report.issues if i.sheet == "名册"] == [
            (REMINDER, "A3"), (REMINDER, "A4"), (ERROR, "A8"), (ERROR, "A9"),
        ]  # fmt: skip
        assert report.exit_code == 1

    def test_在读_and_转入_begin_alike_and_休学_keeps_its_date(self, mixed, tmp_path):
        rows = rows_of(made(roll(mixed, tmp_path / "新")), ROSTER)
        assert [(r["name"], r["status"], r["status_date"]) for r in rows] == [
            ("测试01", "在读", None), ("测试04", "休学", date(2026, 12, 1)), ("测试05", "在读", None), ("测试06", "在读", None),
        ]  # fmt: skip
        assert rows[0]["avoid"] == (FOURTH,), "nobody is kept apart from a pupil who is not there"
        assert (rows[1]["parent"], rows[1]["care"]) == ("示例家长", ("留守",))

    def test_rows_of_pupils_who_left_stay_behind_in_every_table(self, old, tmp_path):
        (one, *_) = rows_of(old, PROFILES)
        at = pupil_ids(24).index(one["pupil_id"])
        set_cells(old, ROSTER, {at: {"status": "转出", "status_date": date(2027, 1, 16)}})
        path = made(roll(old, tmp_path / "新"))
        for sheet in (ROSTER, SCORES, PROFILES, PLANS):
            assert one["pupil_id"] not in {r["pupil_id"] for r in rows_of(path, sheet)}
        assert len(rows_of(path, PROFILES)) == len(rows_of(old, PROFILES)) - 1


class TestTables:
    """spec §6: roster, open profiles and plans carried."""

    def test_events_and_what_was_computed_start_empty(self, old, tmp_path):
        path = made(roll(old, tmp_path / "新"))
        for sheet in schema.TABLES:
            if sheet.label not in CARRIED:
                assert rows_of(path, sheet) == [], sheet.label
        assert [(r["at"], r["action"], r["result"]) for r in rows_of(path, schema.LOG)] == [
            (NOW, "结转", "由上一学期的工作簿结转：三年级1班，24 人")
        ]

    def test_任课_and_the_columns_of_成绩_are_as_they_were(self, tmp_path):
        old = make_class(tmp_path / "旧", n=0)
        fill(old, {TEACHING: [{"subject": "科学", "teacher": "示例教师", "scoring": "等级", "levels": "优,良,合格"}]})
        fill(old, {ROSTER: [{"pupil_id": "001", "name": "示例甲", "status": "在读"}]})
        fill(
            old, {SCORES: [{"exam": "期末", "pupil_id": "001", "书法": 88, "语文": "缺考", "数学": 90.5, "科学": "优"}]}
        )
        path = made(roll(old, tmp_path / "新"))
        assert list(map(dict, rows_of(path, TEACHING))) == list(map(dict, rows_of(old, TEACHING)))
        assert list(ClosedWorkbook(path).read(SCORES).header)[3:] == ["语文", "数学", "英语", "书法", "科学"]
        (row,) = rows_of(path, SCORES)
        assert [row[s] for s in ("语文", "数学", "英语", "书法", "科学")] == ["缺考", 90.5, None, 88, "优"]

    def test_档案_go_on_without_the_date_of_the_slip(self, old, tmp_path):
        days = {"slip_on": date(2027, 1, 18), "psych_on": date(2026, 10, 9), "aid_on": date(2026, 11, 9)}
        set_cells(old, PROFILES, {0: {**days, "family": "示例家庭"}})
        before, after = rows_of(old, PROFILES), rows_of(made(roll(old, tmp_path / "新")), PROFILES)
        assert after[0] == {**before[0], "slip_on": None}
        assert [dict(r) for r in after[1:]] == [dict(r) for r in before[1:]]

    def test_plans_that_are_open_go_on_without_their_end(self, old, tmp_path):
        states = ["草案", "执行", "调整", "完成", "终止"]
        set_cells(old, PLANS, {i: {"state": s, "adjustment": f"示例{i}"} for i, s in enumerate(states)})
        before = [r for r in rows_of(old, PLANS) if r["state"] in states[:3]]
        report = roll(old, tmp_path / "新")
        after = rows_of(made(report), PLANS)
        assert len(after) == len(rows_of(old, PLANS)) - 2
        running = {"调整": "执行"}  # how it runs now is no adjustment of the new term
        assert [dict(r) for r in after] == [
            {**r, "ends": None, "adjustment": None, "state": running.get(r["state"], r["state"])} for r in before
        ]
        assert after[0]["starts"] == date(2026, 9, 1)
        plans = len({r["plan_id"] for r in after})
        assert report.counts["计划"] == plans
        assert f"计划 {plans} 份（请核对目标，填上结束日期）" in report.message

    def test_pairs_that_run_stay_confirmed_and_the_others_stay_behind(self, tmp_path):
        """spec §3: a decision survives; §4.5: a pair that the teacher confirmed before stays."""
        old = make_class(tmp_path / "旧", n=6)
        set_cells(old, ROSTER, {4: {"status": "转出"}})
        pair = {
            "tutee_id": FIRST,
            "subject": "语文",
            "form": "生生",
            "tutor_id": SECOND,
            "confirmed": "是",
            "state": "进行",
        }
        fill(
            old,
            {
                PAIRS: [
                    {**pair, "starts": date(2026, 9, 20)},
                    {**pair, "subject": "数学", "confirmed": "待定", "state": "拟定"},
                    {**pair, "tutor_id": THIRD, "confirmed": "否"},
                    {**pair, "tutor_id": FOURTH, "state": "结束"},
                    {**pair, "subject": "英语", "tutor_id": FIFTH},
                    {**pair, "tutee_id": FIFTH},
                    {**pair, "subject": "英语", "form": "师生", "tutor_id": None, "tutor": "示例教师", "state": None},
                ]
            },
        )
        report = roll(old, tmp_path / "新")
        kept = [(r["pair_id"], r["confirmed"], r["state"], r["starts"]) for r in rows_of(made(report), PAIRS)]
        assert kept == [
            (f"{FIRST}-语文-{SECOND}", "是", "进行", date(2026, 9, 20)),
            (f"{FIRST}-语文-{THIRD}", "否", "进行", None),  # refused: never proposed again (spec §4.5)
            (f"{FIRST}-英语-师", "是", None, None),
        ]
        assert told(report, "rollover.pair") == ["小帮手 测试05 已经离开，与 测试01 的结对没有带走"]

    def test_a_confirmed_pair_is_still_a_fixed_point_of_the_next_proposal(self, old, tmp_path):
        peers = [i for i, r in enumerate(rows_of(old, PAIRS)) if r["form"] == "生生"]
        set_cells(old, PAIRS, {peers[0]: {"confirmed": "是", "state": "进行", "starts": date(2026, 9, 20)}})
        path = made(roll(old, tmp_path / "新"))
        before = rows_of(path, PAIRS)
        fill(path, {}, {"baseline_exam": "2026秋期末"})
        for action in ("check", "screen", "confirm", "pair"):
            assert run(action, path, today=TODAY).ok
        assert [dict(r) for r in rows_of(path, PAIRS)[: len(before)]] == [dict(r) for r in before]
        assert len(before) == 1

    def test_columns_and_sheets_that_a_teacher_added(self, tmp_path):
        old = make_class(tmp_path / "旧", n=3)
        set_cells(old, ROSTER, {1: {"status": "转出"}})
        first = len(ROSTER.columns) + 1
        cells = {(2, first): "示例族", (4, first): "样本族", (2, first + 1): 7.5, (4, first + 1): "=文字"}
        new = {first: "民族", first + 1: "步行分钟"}
        ClosedWorkbook(old).write([SheetChange("名册", cells, ROSTER.table, 4, 1, new)])
        book = openpyxl.load_workbook(old, keep_vba=True)
        book.create_sheet("座位表")
        book.save(old)
        report = roll(old, tmp_path / "新")
        door = ClosedWorkbook(made(report))
        grid = door.grid("名册")
        assert [row[first - 1 : first + 1] for row in grid[:3]] == [
            ["民族", "步行分钟"], ["示例族", 7.5], ["样本族", "=文字"],
        ]  # fmt: skip
        assert door.package().table(ROSTER.table).columns[-2:] == ("民族", "步行分钟")
        assert told(report, "rollover.own_columns") == ["自己加的列“民族”、“步行分钟”照原样带走，公式只带走结果"]
        assert told(report, "rollover.own_sheet") == ["自己加的工作表“座位表”没有带走"]

    def test_a_cell_that_could_not_be_read_is_named(self, tmp_path):
        old = make_class(tmp_path / "旧", n=3)
        place = list(ROSTER.columns).index(ROSTER.column("status_date")) + 1
        ClosedWorkbook(old).write([SheetChange("名册", {(3, place): "去年冬天"}, ROSTER.table, 4)])
        report = roll(old, tmp_path / "新")
        assert [(i.level, i.file, i.place) for i in report.issues if i.family == "cell"] == [
            (ERROR, "三年级1班.xlsm", "三年级1班.xlsm：名册!E3")
        ]

    def test_a_header_that_was_renamed_is_refused_for_its_column_would_be_lost(self, tmp_path):
        old = make_class(tmp_path / "旧", n=3)
        place = list(ROSTER.columns).index(ROSTER.column("parent")) + 1
        book = openpyxl.load_workbook(old, keep_vba=True)
        book["名册"].cell(1, place).value = "家长姓名"
        book.save(old)
        report = roll(old, tmp_path / "新")
        assert (report.exit_code, "家长" in report.message) == (3, True)
        assert not (tmp_path / "新").exists()


class TestThePreviousExam:
    """spec §3 (上次考试), §4.3 (decline)."""

    def test_is_the_final_under_a_name_that_the_new_final_does_not_take(self, old, tmp_path):
        report = roll(old, tmp_path / "新")
        path = made(report)
        assert settings_of(path)["previous_exam"] == "2026秋期末"
        before = {r["pupil_id"]: r for r in rows_of(old, SCORES) if r["exam"] == "期末"}
        after = {r["pupil_id"]: r for r in rows_of(path, SCORES)}
        assert after == {p: {**r, "exam": "2026秋期末"} for p, r in before.items()}
        assert report.message.endswith("上次考试“2026秋期末”")
        assert report.issues == [], "what goes as usual needs no reminder"

    @pytest.mark.parametrize(
        ("given", "scored", "found"),
        [
            ({"final_exam": "三上期末"}, ("入学", "期中", "三上期末"), "三上期末"),
            ({}, ("入学", "期中"), "2026秋期中"),
            ({"final_exam": None, "midterm_exam": None}, ("入学", "月考"), "2026秋入学"),
            (NO_EXAM_NAMED, ("月考一", "月考二"), "2026秋月考二"),
            ({"previous_exam": "上学期期末"}, ("上学期期末",), "上学期期末"),
            ({"previous_exam": "上学期期末"}, ("入学", "上学期期末"), "2026秋入学"),
            ({"previous_exam": "上学期期末", **NO_EXAM_NAMED}, ("月考", "上学期期末"), "2026秋月考"),
            ({}, (), None),
        ],
    )
    def test_is_the_last_exam_with_results(self, tmp_path, given, scored, found):
        old = make_class(tmp_path / "旧", n=0, **given)
        fill(old, {ROSTER: [{"pupil_id": "001", "name": "示例甲", "status": "在读"}]})
        empty = [{"exam": "期末", "pupil_id": "001", "语文": "缺考", "数学": 0}] if "三上期末" not in scored else []
        fill(old, {SCORES: [*({"exam": e, "pupil_id": "001", "语文": 80} for e in scored), *empty]})
        report = roll(old, tmp_path / "新")
        path = made(report)
        assert settings_of(path)["previous_exam"] == found
        assert [r["exam"] for r in rows_of(path, SCORES)] == ([found] if found else [])
        assert bool(told(report, "rollover.exam")) == (found != "三上期末"), "said where it is not the final"

    def test_its_norms_move_on_with_the_cohort(self, tmp_path):
        old = make_class(tmp_path / "旧", n=6, term="2026春")
        norms = {
            "n": 90,
            "mean": 71.2345678901234,
            "sd": 9.5,
            "share": 0.2,
            "cut": 61,
            "next": 61.5,
            "distribution": "50:90",
        }
        kept = {
            "grade": "三年级",
            "exam": "期末",
            "subject": "语文",
            **norms,
            "baseline_exam": "入学",
            "baseline_r": 0.8,
        }
        fill(old, {NORMS: [kept, {**kept, "exam": "期中"}, {**kept, "grade": "四年级"}, {**kept, "subject": "数学"}]})
        before = [r for r in rows_of(old, NORMS) if r["exam"] == "期末" and r["grade"] == "三年级"]
        after = rows_of(made(roll(old, tmp_path / "新", term="2026秋")), NORMS)
        moved = {"grade": "四年级", "exam": "2026春期末", "baseline_exam": None, "baseline_r": None}
        assert [dict(r) for r in after] == [{**r, **moved} for r in before]
        assert len(after) == 2

    def test_screening_finds_a_decline_right_away(self, tmp_path):
        """The figures are worked out here from the two lists of scores, not taken from the program."""
        old = make_class(tmp_path / "旧", n=12, term="2026春", policy="我校")
        (tmp_path / "旧" / "我校.toml").write_text(DECLINE, encoding="utf-8")
        grade_scores = {s: [60 + i / 2 for i in range(60)] for s in ("语文", "数学", "英语")}
        fill(old, {NORMS: [_norms_row("三年级", "期末", s, v) for s, v in grade_scores.items()]})
        report = roll(old, tmp_path / "新", term="2026秋")
        path = made(report)
        exam = settings_of(path)["previous_exam"]
        last = {r["pupil_id"]: r for r in rows_of(path, SCORES) if r["exam"] == exam}
        now = [
            {"exam": "开学测", "pupil_id": p, **{s: r[s] - (14 if p == FIRST else 0) for s in ("语文", "数学", "英语")}}
            for p, r in last.items()
        ]
        fill(path, {SCORES: now}, {"baseline_exam": "开学测"})
        fill(path, {NORMS: [_norms_row("四年级", "开学测", s, v) for s, v in grade_scores.items()]})
        screened = run("screen", path, today=TODAY)
        assert screened.ok, screened.message
        flagged = {(r["pupil_id"], r["subject"]) for r in rows_of(path, schema.CASELOAD)}
        assert flagged == {(FIRST, s) for s in ("语文", "数学", "英语")}
        sd = (sum((x - 74.75) ** 2 for x in grade_scores["语文"]) / 60) ** 0.5
        basis = rows_of(path, schema.CASELOAD)[0]["basis"]
        assert f"比“2026春期末”下降 {14 / sd:.2f} 个标准差" in basis


def _norms_row(grade: str, exam: str, subject: str, scores: list[float]) -> Row:
    found = Reference.of([score_of(x) for x in scores])
    assert found is not None
    return Row({"grade": grade, "exam": exam, "subject": subject, "n": found.n, "distribution": found.distribution()})


def score_of(value: float) -> Any:
    """A score as the rules hold it."""
    from xlbangfu.programme.numbers import exact

    return exact(value)


class TestTheNewWorkbook:
    def test_opens_clean_but_for_the_exam_that_is_not_named_yet(self, old, tmp_path):
        path = made(roll(old, tmp_path / "新"))
        found = run("check", path, today=TODAY)
        errors = [(i.sheet, i.message) for i in found.issues if i.level == ERROR]
        assert errors == [("设置", "“基线考试”没有填")]
        fill(path, {}, {"baseline_exam": "2026秋期末"})
        assert run("check", path, today=TODAY).issues == []

    def test_no_reading_problem_stands_in_it(self, old, tmp_path):
        door = ClosedWorkbook(made(roll(old, tmp_path / "新")))
        for sheet in schema.TABLES:
            parsed = door.read(sheet)
            assert (parsed.issues, parsed.rearranged) == ((), ""), sheet.label
            table = door.package().tables_on(sheet.label)[0]
            assert table.last_row >= parsed.last_row, "the Excel table reaches its last row"

    @pytest.mark.parametrize("n", [0, 1])
    def test_of_an_empty_class_and_of_a_class_of_one(self, tmp_path, n):
        report = roll(make_class(tmp_path / "旧", n=n), tmp_path / "新")
        assert len(rows_of(made(report), ROSTER)) == report.counts["学生"] == n

    def test_goes_through_the_next_rollover(self, old, tmp_path):
        spring = made(roll(old, tmp_path / "春"))
        autumn = made(roll(spring, tmp_path / "秋", term="2027秋"))
        found = settings_of(autumn)
        assert (autumn.name, found["grade"]) == ("四年级1班.xlsm", "四年级")
        assert found["previous_exam"] == "2026秋期末", "no exam was held in between"
        assert len(rows_of(autumn, ROSTER)) == 24

    def test_finds_the_schools_own_制度(self, tmp_path):
        old = make_class(tmp_path / "甲" / "乙" / "丙" / "旧", n=3, policy="我校")
        (old.parent / "我校.toml").write_text(DECLINE, encoding="utf-8")
        out = tmp_path / "远" / "处" / "另" / "有" / "新"
        planned = roll(old, out, plan=True)
        assert planned.planned[-1] == "复制制度文件 我校.toml"
        report = roll(old, out)
        assert (out / "我校.toml").read_bytes() == (old.parent / "我校.toml").read_bytes()
        assert sorted(report.written) == sorted([str(out / "我校.toml"), str(out / "三年级1班.xlsm")])

    def test_a_制度_that_nobody_has_is_an_error_but_no_obstacle(self, tmp_path):
        report = roll(make_class(tmp_path / "旧", n=3, policy="没有"), tmp_path / "新")
        assert settings_of(made(report))["policy"] == "没有"
        assert [i.level for i in report.issues if i.rule == "rollover.policy"] == [ERROR]

    def test_restricted_records_are_left_to_their_keeper(self, tmp_path):
        old = make_class(tmp_path / "旧", n=3, term="2026春")
        kept = workbook(tmp_path / "旧" / "受限档案.xlsx", [["示例"]])
        report = roll(old, tmp_path / "新", term="2026秋")
        (issue,) = [i for i in report.issues if i.rule == "rollover.restricted"]
        assert "四年级1班_受限档案.xlsx" in issue.mend
        assert kept.exists() and [p.name for p in (tmp_path / "新").iterdir()] == ["四年级1班.xlsm"]

    def test_a_workbook_that_is_open_elsewhere_is_read_and_that_is_told(self, tmp_path):
        old = make_class(tmp_path / "旧", n=3)
        (old.parent / f"~${old.name}").write_bytes(b"\x04Test".ljust(165))
        report = roll(old, tmp_path / "新")
        assert report.ok
        assert told(report, "rollover.open") == ["“三年级1班.xlsm”正打开着，没有保存的改动没有带走"]


class TestNothingIsOverwritten:
    def test_the_old_workbook_stays_byte_for_byte(self, old, tmp_path):
        before = old.read_bytes(), old.stat().st_mtime_ns, sorted(old.parent.iterdir())
        roll(old, tmp_path / "新")
        roll(old, tmp_path / "新", plan=True)
        assert (old.read_bytes(), old.stat().st_mtime_ns, sorted(old.parent.iterdir())) == before

    def test_a_second_run_is_refused_and_changes_nothing(self, old, tmp_path):
        path = made(roll(old, tmp_path / "新"))
        before = path.read_bytes()
        report = roll(old, tmp_path / "新")
        assert (report.exit_code, report.written, path.read_bytes()) == (3, [], before)
        assert "三年级1班.xlsm" in report.message and "没有改动" in report.message
        assert [p.name for p in (tmp_path / "新").iterdir()] == ["三年级1班.xlsm"], "nothing unfinished stays behind"

    def test_nor_is_the_workbook_of_that_class_under_another_name(self, old, tmp_path):
        path = made(roll(old, tmp_path / "新"))
        path.rename(path.with_name("示例老师的.xlsm"))
        report = roll(old, tmp_path / "新")
        assert report.exit_code == 3 and "示例老师的.xlsm" in report.message
        assert not path.exists()

    def test_nor_any_other_file_of_that_name(self, old, tmp_path):
        (tmp_path / "新").mkdir()
        other = workbook(tmp_path / "新" / "三年级1班.xlsm", [["别的内容"]])
        before = other.read_bytes()
        report = roll(old, tmp_path / "新")
        assert (report.exit_code, other.read_bytes()) == (3, before)
        assert "没有覆盖" in report.message

    def test_nor_the_old_workbook_when_the_new_one_is_to_lie_beside_it(self, old):
        before = old.read_bytes()
        assert roll(old, old.parent).exit_code == 3
        assert old.read_bytes() == before

    def test_a_workbook_of_another_term_is_not_in_the_way(self, old):
        moved = old.rename(old.with_name("秋季用.xlsm"))
        assert made(roll(moved, old.parent)) == old
        assert settings_of(old)["term"] == "2027春" and settings_of(moved)["term"] == "2026秋"

    def test_planning_says_what_would_be_made_and_writes_nothing(self, old, tmp_path):
        planned = roll(old, tmp_path / "新", plan=True)
        assert not (tmp_path / "新").exists()
        assert planned.written == [] and planned.exit_code == 0
        done = roll(old, tmp_path / "新")
        assert planned.counts == done.counts and planned.rows == done.rows
        counts = "、".join(f"{word} {n}" for word, n in list(done.counts.items())[1:])
        assert planned.planned == [f"新建 三年级1班.xlsm：{counts}"]


class TestAFolder:
    @pytest.fixture
    def school(self, tmp_path) -> Path:
        """Two classes that go on, one that leaves school, a damaged file and a file that is no class workbook."""
        folder = tmp_path / "旧"
        for grade, name in (("三年级", "1班"), ("四年级", "2班"), ("六年级", "1班")):
            make_class(folder / grade, n=4, name=f"{grade}{name}.xlsm", grade=grade, class_name=name, term="2026春")
        (folder / "坏.xlsm").write_bytes(b"not a workbook")
        workbook(folder / "通讯录.xlsx", [["示例"]])
        return folder

    def test_one_bad_file_does_not_stop_the_others(self, school, tmp_path):
        seen: list[tuple[int, int]] = []
        report = roll(school, tmp_path / "新", term="2026秋", progress=lambda done, total: seen.append((done, total)))
        assert isinstance(report, FolderReport)
        assert {Path(r.book).name: r.ok for r in report.books} == {
            "三年级1班.xlsm": True, "四年级2班.xlsm": True, "六年级1班.xlsm": False, "坏.xlsm": False,
        }  # fmt: skip
        assert sorted(p.name for p in (tmp_path / "新").iterdir()) == ["五年级2班.xlsm", "四年级1班.xlsm"]
        assert [Path(p).name for p in report.skipped] == ["通讯录.xlsx"]
        assert report.exit_code == 1
        assert seen == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
        assert len(report.as_json()["books"]) == 4

    def test_a_second_run_refuses_every_one(self, school, tmp_path):
        roll(school, school / "新", term="2026秋")
        before = {p: p.read_bytes() for p in school.rglob("*.xlsm")}
        report = roll(school, school / "新", term="2026秋")
        assert len(report.books) == 4, "what the first run made is no source"
        assert report.exit_code == 3
        assert {p: p.read_bytes() for p in school.rglob("*.xlsm")} == before

    def test_the_new_ones_may_lie_above_the_old_ones(self, school):
        report = roll(school / "三年级", school, term="2026秋")
        assert [Path(p).name for r in report.books for p in r.written] == ["四年级1班.xlsm"]

    @pytest.mark.parametrize("plan", [True, False])
    def test_two_workbooks_of_one_class_do_not_go_to_one_file(self, school, tmp_path, plan):
        shutil.copy(school / "三年级" / "三年级1班.xlsm", school / "副本.xlsm")
        report = roll(school, tmp_path / "新", term="2026秋", plan=plan)
        outcome = {Path(r.book).name: r.ok for r in report.books}
        assert sorted((outcome["三年级1班.xlsm"], outcome["副本.xlsm"])) == [False, True]


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"term": "明年"}, "明年"),
            ({"start": date(2027, 7, 1), "end": date(2027, 2, 1)}, "学期结束"),
        ],
    )
    def test_one_that_cannot_be_is_refused_before_anything_is_read(self, tmp_path, options, words):
        report = roll(tmp_path, tmp_path / "新", **options)
        assert isinstance(report, Report)
        assert report.exit_code == 3 and words in report.message
        assert not (tmp_path / "新").exists()

    def test_a_file_is_no_folder(self, old, tmp_path):
        (tmp_path / "新").write_text("别的")
        assert roll(old, tmp_path / "新").exit_code == 3
        assert (tmp_path / "新").read_text() == "别的"

    @pytest.mark.parametrize("name", ["没有.xlsm", "别的.xlsx"])
    def test_what_is_no_class_workbook_is_refused_with_a_sentence(self, tmp_path, name):
        workbook(tmp_path / "别的.xlsx", [["别的内容"]])
        report = roll(tmp_path / name, tmp_path / "新")
        assert report.exit_code == 3 and report.message
        assert not (tmp_path / "新").exists()


def test_the_sample_settings_name_what_these_tests_take_for_granted():
    assert (AUTUMN_SETTINGS["term"], AUTUMN_SETTINGS["grade"]) == ("2026秋", "三年级")
