"""The demo's term, recomputed from its input files by code that knows nothing of the programme (spec §4, §6)."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from math import ceil
from pathlib import Path

import openpyxl
import pytest

from classbooks import TERM, rows_of, run, set_cells
from xlbangfu import schema
from xlbangfu.demo import MARKER, run_demo

pytestmark = pytest.mark.xdist_group("demo")
SUBJECTS = ("语文", "数学", "英语")
LADDER = ("待合格", "合格", "良", "优")
FINAL_DAY = date(2027, 1, 13)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder after the term, and what was printed as JSON."""
    folder = tmp_path_factory.mktemp("demo") / "demo-out"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert run_demo(folder, as_json=True) == 0
    return folder, json.loads(out.getvalue())


# ---- read with openpyxl, computed by hand ------------------------------------------------------------------


def sheet_rows(path: Path, sheet: str | None = None, header: int = 1) -> list[dict]:
    workbook = openpyxl.load_workbook(path, data_only=True)
    rows = list((workbook[sheet] if sheet else workbook.active).iter_rows(values_only=True))
    return [dict(zip(rows[header - 1], r, strict=True)) for r in rows[header:] if any(v is not None for v in r)]


def order(value: object) -> Fraction | None:
    """A number that grows with the result; None for 缺考 and the like."""
    if isinstance(value, (int, float)):
        return Fraction(str(value))
    return Fraction(LADDER.index(value)) if value in LADDER else None


def results(folder: Path, exam: str) -> dict[tuple[str, str], dict[str, Fraction]]:
    """(年级, 学科) → 学号 → result, from the office's score file; rows of zeros were not there."""
    found: dict[tuple[str, str], dict[str, Fraction]] = defaultdict(dict)
    for row in sheet_rows(folder / f"成绩_{exam}.xlsx", header=2):
        entered = [row[s] for s in SUBJECTS if row[s] is not None]
        if entered and all(v == 0 for v in entered):
            continue
        for subject in SUBJECTS:
            if (value := order(row[subject])) is not None:
                found[row["年级"], subject][row["学号"]] = value
    return found


def cut_of(values: list[Fraction]) -> Fraction:
    """The ⌈n/5⌉-th score from below, or the largest below the top where that is the top."""
    ranked = sorted(values)
    cut = ranked[ceil(Fraction(len(ranked), 5)) - 1]
    return cut if cut < ranked[-1] else max(v for v in ranked if v < ranked[-1])


def books(folder: Path) -> list[Path]:
    return sorted((folder / "班级").glob("*.xlsm"))


def identity(path: Path) -> tuple[str, str]:
    settings = {r["项目"]: r["值"] for r in sheet_rows(path, "设置")}
    return settings["年级"], settings["班级"]


def conversions(path: Path, grade: str, final: dict) -> dict[str, Counter]:
    """By subject: what became of every frozen row that counts, from the score file and 名册."""
    roster = {r["学号"]: r for r in sheet_rows(path, "名册")}
    found: dict[str, Counter] = defaultdict(Counter)
    for row in sheet_rows(path, "学困生"):
        if row["冻结日期"] is None or row["类型"] == "关注":
            continue
        pupil, subject = roster[row["学号"]], row["学科"]
        left = pupil["状态日期"] is not None and pupil["状态日期"].date() <= FINAL_DAY
        results_there = final[grade, subject]
        if pupil["状态"] in ("转出", "休学") and left:
            state = "转出"
        elif (pupil["状态"] == "流失" and left) or row["学号"] not in results_there:
            state = "缺考"
        else:
            above = results_there[row["学号"]] > cut_of(list(results_there.values()))
            state = "已转化" if above else "未转化"
        found[subject][state] += 1
    return found


# ---- tests ---------------------------------------------------------------------------------------------------


class TestFigures:
    def test_the_caseload_of_every_class_is_the_bottom_fifth_of_its_grade(self, demo):
        folder, _ = demo
        baseline = results(folder, "开学测")
        for path in books(folder):
            grade, name = identity(path)
            mine = {r["学号"] for r in sheet_rows(folder / "成绩_开学测.xlsx", header=2) if (r["年级"], r["班级"]) == (grade, name)}
            wanted = {
                (pupil, subject)
                for subject in SUBJECTS
                for pupil, value in baseline[grade, subject].items()
                if pupil in mine and value <= cut_of(list(baseline[grade, subject].values()))
            }
            flagged = {
                (r["学号"], r["学科"])
                for r in sheet_rows(path, "学困生")
                if r["类型"] in ("学困", "双困") and r["现状"] == "仍符合"
            }
            assert flagged == wanted, path.name

    def test_the_final_conversion_of_every_class_and_of_the_school(self, demo):
        folder, printed = demo
        final = results(folder, "期末")
        school: Counter = Counter()
        for path in books(folder):
            grade, _ = identity(path)
            wanted = conversions(path, grade, final)
            for row in sheet_rows(path, "转化统计"):
                if row["阶段"] == "期末":
                    counts = wanted[row["学科"]]
                    for state in ("已转化", "未转化", "缺考", "转出"):
                        assert row[state] == counts[state], (path.name, row["学科"], state)
                    assert row["基数"] == counts["已转化"] + counts["未转化"] + counts["缺考"]
                    school.update(counts)
        (whole,) = [r for r in printed["stats"] if (r["层级"], r["阶段"]) == ("全校", "期末")]
        assert {s: whole[s] for s in ("已转化", "未转化", "缺考", "转出")} == {s: school[s] for s in ("已转化", "未转化", "缺考", "转出")}
        assert whole["转化率"] == f"{school['已转化']}/{whole['基数']}"

    def test_the_school_workbook_shows_the_same(self, demo):
        folder, _ = demo
        shown = {
            (r["年级"], r["班级"], r["学科"], r["阶段"]): (r["已转化"], r["基数"])
            for r in sheet_rows(folder / "学校汇总.xlsx", "班级", header=3)
        }
        checked = 0
        for path in books(folder):
            grade, name = identity(path)
            for row in sheet_rows(path, "转化统计"):
                assert shown[grade, name, row["学科"], row["阶段"]] == (row["已转化"], row["基数"])
                checked += 1
        assert checked == 7 * 3 * 2

    def test_an_honest_programme_finds_next_to_no_effect_where_there_is_none(self, demo):
        _, printed = demo
        (whole,) = [r for r in printed["stats"] if (r["层级"], r["阶段"]) == ("全校", "期末")]
        assert abs(whole["净转化率"]) < 0.08


class TestTheSchool:
    def test_has_what_real_schools_have(self, demo):
        folder, _ = demo
        assert len(books(folder)) >= 6
        caseload = [r for p in books(folder) for r in sheet_rows(p, "学困生")]
        assert {"是", "否"} <= {r["确认"] for r in caseload}
        roster = [r for p in books(folder) for r in sheet_rows(p, "名册")]
        assert {"在读", "转入", "转出", "流失"} <= {r["状态"] for r in roster}
        names = Counter(r["姓名"] for r in sheet_rows(folder / "全校名册.xlsx", header=2))
        assert max(names.values()) > 1, "duplicate names"
        scores = [v for r in sheet_rows(folder / "成绩_期末.xlsx", header=2) for v in (r[s] for s in SUBJECTS)]
        assert set(LADDER) <= {v for v in scores if isinstance(v, str)}, "a subject in levels"
        assert any(isinstance(v, float) and v % 1 for v in scores), "half points"

    def test_exams_are_correlated_as_real_ones_are(self, demo):
        folder, _ = demo
        norms = sheet_rows(folder / "常模_期末.xlsx", "常模")
        r = [float(row["与基线相关"]) for row in norms if row["考试"] == "期末" and row["与基线相关"] is not None]
        assert len(r) == 9
        assert 0.7 < sum(r) / len(r) < 0.9

    def test_the_messy_workbook_lists_its_mess_and_loses_nothing(self, demo):
        folder, _ = demo
        listed = sheet_rows(folder / "班级" / "四年级3班.xlsm", "数据问题")
        assert {r["级别"] for r in listed} == {"错误", "提醒"}
        assert all(r["位置"] and r["问题"] for r in listed)
        assert any("0230399" in r["问题"] for r in listed)

    def test_no_number_that_could_be_a_telephone(self, demo):
        folder, _ = demo
        for path in books(folder):
            texts = " ".join(str(v) for r in sheet_rows(path, "名册") for v in r.values())
            assert not re.search(r"1[3-9]\d{9}", texts)


class TestAgain:
    def test_every_button_on_every_workbook_writes_nothing_the_second_time(self, demo):
        folder, _ = demo
        for path in books(folder)[::3]:
            for action_id in TERM:
                run(action_id, path, today=date(2027, 1, 20))
            before = path.read_bytes()
            for action_id in TERM:
                report = run(action_id, path, today=date(2027, 1, 21))
                assert report.written == [], (path.name, action_id)
            assert path.read_bytes() == before

    def test_a_decision_typed_between_two_runs_survives_all_buttons(self, demo, tmp_path):
        folder, _ = demo
        path = tmp_path / "副本.xlsm"
        path.write_bytes(books(folder)[0].read_bytes())
        index = next(i for i, r in enumerate(rows_of(path, schema.PAIRS)) if r["confirmed"] == "是")
        set_cells(path, schema.PAIRS, {index: {"reason": "两家住得近", "state": "结束"}})
        for action_id in TERM:
            assert run(action_id, path, today=date(2027, 1, 20)).ok
        row = rows_of(path, schema.PAIRS)[index]
        assert (row["confirmed"], row["reason"], row["state"]) == ("是", "两家住得近", "结束")

    def test_two_runs_give_the_same_school(self, demo, tmp_path):
        folder, printed = demo
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            run_demo(tmp_path / "again", as_json=True, jobs=1)
        again = json.loads(out.getvalue())
        assert again["counts"] == printed["counts"]
        assert again["stats"] == printed["stats"]
        for name in ("成绩_期末.xlsx", "全校名册.xlsx", "常模_期末.xlsx"):
            assert digest(tmp_path / "again" / name) == digest(folder / name)

    def test_a_folder_of_something_else_is_left_alone(self, tmp_path, capsys):
        (tmp_path / "重要.docx").write_text("x", encoding="utf-8")
        assert run_demo(tmp_path) == 3
        assert [p.name for p in tmp_path.iterdir()] == ["重要.docx"]
        assert "没有写入" in capsys.readouterr().err


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_story_is_chinese_and_says_the_figures_and_the_paths(tmp_path, capsys):
    assert run_demo(tmp_path / "demo-out") == 0
    told = capsys.readouterr().out
    assert 12 <= len(told.splitlines()) <= 25
    assert not re.search(r"[A-Za-z]{4,}", re.sub(r"\S*[/\\]\S*|\S+\.xls\w", "", told)), "no English"
    assert str(tmp_path / "demo-out" / "学校汇总.xlsx") in told
    assert (tmp_path / "demo-out" / MARKER).exists()
    workbook = openpyxl.load_workbook(tmp_path / "demo-out" / "学校汇总.xlsx", data_only=True)
    assert {"总览", "年级", "班级", "学科", "教师", "先进个人", "学困生总册", "来源"} <= set(workbook.sheetnames)
    rows = sheet_rows(tmp_path / "demo-out" / "学校汇总.xlsx", "学科", header=3)
    total = [r for r in rows if r["阶段"] == "期末"]
    assert f"{sum(r['已转化'] for r in total)}/{sum(r['基数'] for r in total)}" in told
