"""What every action inherits: nothing lost, nothing done twice, nothing half done (spec §3, §8; style)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from classbooks import ACTIONS_ON_A_CLASS, fill, make_class, rows_of, run, run_term, set_cells, steps_before
from xlbangfu import schema
from xlbangfu.actions.catalogue import ACTIONS

WORKBOOK_ACTIONS = ACTIONS_ON_A_CLASS
HEAVY = ("numpy", "pandas", "openpyxl", "xlwings", "scipy", "rich")


def test_the_term_names_every_workbook_action_of_the_catalogue():
    here = {
        a.id for a in ACTIONS if a.available and a.group not in ("教务", "其他") and not a.command.startswith("import-")
    }
    assert here == {*ACTIONS_ON_A_CLASS, "session"}, "a session is an event: pressing twice is two of them"


@pytest.fixture(scope="module")
def term(tmp_path_factory) -> Path:
    """A class after the whole term."""
    path = make_class(tmp_path_factory.mktemp("term"))
    run_term(path)
    return path


@pytest.fixture
def book(term, tmp_path) -> Path:
    """A copy of it to work on."""
    path = tmp_path / term.name
    path.write_bytes(term.read_bytes())
    return path


@pytest.mark.parametrize("action_id", WORKBOOK_ACTIONS)
class TestEveryAction:
    def test_changes_nothing_the_second_time(self, action_id, book):
        run(action_id, book)
        before = book.read_bytes()
        report = run(action_id, book)
        assert report.ok
        assert str(book) not in report.written
        assert book.read_bytes() == before

    def test_writes_nothing_when_only_planning(self, action_id, tmp_path):
        path = make_class(tmp_path, n=12)
        for earlier in steps_before(action_id):
            run(earlier, path)
        before = path.read_bytes()
        planned = run(action_id, path, plan=True)
        assert path.read_bytes() == before
        assert planned.written == []
        done = run(action_id, path)
        assert bool(planned.planned) == bool(done.written), "the plan says just what the run does"

    def test_survives_an_empty_class(self, action_id, tmp_path):
        path = make_class(tmp_path, n=0)
        report = run(action_id, path)
        assert report.message
        assert not any("Traceback" in i.message for i in report.issues)

    def test_survives_a_class_of_one(self, action_id, tmp_path):
        path = make_class(tmp_path, n=1)
        for earlier in (*steps_before(action_id), action_id):
            report = run(earlier, path)
        assert report.ok, report.message
        assert rows_of(path, schema.CASELOAD) == [], "nobody is in the bottom share of one (spec §4.2)"

    def test_refuses_a_workbook_without_one_of_its_sheets_and_leaves_it_alone(self, action_id, book, tmp_path):
        action = next(a for a in ACTIONS if a.id == action_id)
        broken = tmp_path / "缺表.xlsm"
        workbook = openpyxl.load_workbook(book, keep_vba=True)
        lost = (action.writes or action.reads)[-1]
        del workbook[lost]
        workbook.save(broken)
        before = broken.read_bytes()
        report = run(action_id, broken)
        assert not report.ok or any(i.rule == "table.missing" and lost in i.message for i in report.issues)
        if not report.ok:
            assert lost in report.message
            assert broken.read_bytes() == before

    def test_reports_one_json_object_of_the_agreed_shape(self, action_id, book):
        found = run(action_id, book).as_json()
        assert json.loads(json.dumps(found, ensure_ascii=False)) == found
        assert {"action", "ok", "book", "counts", "rows", "stats", "issues", "written", "seconds"} <= set(found)
        for issue in found["issues"]:
            assert {"level", "sheet", "cell", "rule", "message"} <= set(issue)

    def test_reads_only_what_it_declares_and_writes_only_what_it_declares(self, action_id, tmp_path):
        path = make_class(tmp_path, n=12)
        for earlier in steps_before(action_id):
            run(earlier, path)
        action = next(a for a in ACTIONS if a.id == action_id)
        before = _sheet_texts(path)
        run(action_id, path)
        changed = {label for label, text in _sheet_texts(path).items() if text != before[label]}
        formulas = {schema.HOME}  # live figures follow the sheets
        assert changed - formulas <= {*action.writes, schema.ISSUES.label, schema.LOG.label}

    def test_a_blank_row_in_the_middle_loses_nobody(self, action_id, tmp_path):
        path = make_class(tmp_path, n=12)
        set_cells(
            path, schema.ROSTER, {5: dict.fromkeys(("pupil_id", "name", "gender", "status", "seat", "volunteer"))}
        )
        for earlier in (*steps_before(action_id), action_id):
            report = run(earlier, path)
        assert report.ok
        assert any(i.rule == "table.gap" for i in report.issues)
        assert len(rows_of(path, schema.ROSTER)) == 11


def _sheet_texts(path: Path) -> dict[str, list[list[object]]]:
    workbook = openpyxl.load_workbook(path, data_only=False)
    return {s.title: [[c.value for c in row] for row in s.iter_rows()] for s in workbook.worksheets}


class TestDecisions:
    """Cells that a teacher decides survive every re-run of every button (spec §3)."""

    def test_a_no_typed_between_two_runs_survives(self, tmp_path):
        path = make_class(tmp_path)
        run_term(path, "screen")
        set_cells(path, schema.CASELOAD, {0: {"confirmed": "否", "teacher": "测试任课"}})
        for action_id in ACTIONS_ON_A_CLASS:
            run(action_id, path)
            run(action_id, path)
        row = rows_of(path, schema.CASELOAD)[0]
        assert (row["confirmed"], row["teacher"], row["frozen_on"]) == ("否", "测试任课", None)

    def test_edited_plans_profiles_and_pairs_survive(self, book):
        set_cells(book, schema.PLANS, {0: {"measure": "每天听写五个词", "adjustment": "期中后加一次", "state": "调整"}})
        set_cells(book, schema.PROFILES, {0: {"family": "祖辈照料", "strengths": "爱画画"}})
        set_cells(book, schema.PAIRS, {0: {"confirmed": "是", "reason": "两人同桌"}, 1: {"confirmed": "否"}})
        kept = {s: rows_of(book, s)[:2] for s in (schema.PLANS, schema.PROFILES, schema.PAIRS)}
        for action_id in ACTIONS_ON_A_CLASS:
            assert run(action_id, book).ok
        assert all(row.pop("slip_on") for row in rows_of(book, schema.PROFILES)[:2]), "the program's own column"
        for sheet, rows in kept.items():
            found = rows_of(book, sheet)[: len(rows)]
            assert [{**r, "slip_on": None} for r in found] == [{**r, "slip_on": None} for r in rows]

    def test_a_refused_pair_is_never_proposed_again(self, book):
        refused = rows_of(book, schema.PAIRS)[0]["pair_id"]
        set_cells(book, schema.PAIRS, {0: {"confirmed": "否"}})
        run("pair", book)
        ids = [r["pair_id"] for r in rows_of(book, schema.PAIRS)]
        assert ids.count(refused) == 1

    def test_a_plan_that_exists_gets_no_second_draft(self, book):
        plans = len(rows_of(book, schema.PLANS))
        run("plan", book)
        assert len(rows_of(book, schema.PLANS)) == plans

    def test_rows_that_no_longer_qualify_are_marked_and_kept(self, book):
        caseload = rows_of(book, schema.CASELOAD)
        first = caseload[0]
        scores = rows_of(book, schema.SCORES)
        index = next(i for i, r in enumerate(scores) if (r["exam"], r["pupil_id"]) == ("入学", first["pupil_id"]))
        set_cells(book, schema.SCORES, {index: {first["subject"]: 100}})
        run("screen", book)
        after = rows_of(book, schema.CASELOAD)
        assert len(after) >= len(caseload)
        assert after[0]["standing"] == "不再符合"
        assert (after[0]["confirmed"], after[0]["screened_on"]) == (first["confirmed"], first["screened_on"])

    def test_a_hand_made_group_is_kept_when_a_pupil_joins(self, book):
        groups = rows_of(book, schema.GROUPS)
        first_group = [r["pupil_id"] for r in groups if r["group_id"] == "1"]
        set_cells(book, schema.GROUPS, {0: {"group_name": "小海豚组"}})
        fill(book, {schema.ROSTER: [{"pupil_id": "02609999", "name": "测试新", "status": "转入", "gender": "男"}]})
        assert run("group", book).ok
        after = rows_of(book, schema.GROUPS)
        assert [r["pupil_id"] for r in after if r["group_name"] == "小海豚组" or r["group_id"] == "1"] == first_group
        assert sum(r["pupil_id"] == "02609999" for r in after) == 1


class TestNames:
    def test_a_row_typed_with_the_name_alone_is_taken_and_completed(self, book):
        fill(book, {schema.SESSIONS: [{"name": "测试03", "subject": "语文", "form": "一对一", "minutes": 20}]})
        run("check", book)
        row = rows_of(book, schema.SESSIONS)[-1]
        assert row["pupil_id"] == "02600003"

    @pytest.mark.parametrize(
        ("typed", "rule"),
        [
            ({"name": "查无此人"}, "identity.unknown"),
            ({"pupil_id": "999"}, "identity.unknown"),
            ({"pupil_id": "02600003", "name": "测试04"}, "identity.contradiction"),
            ({"subject": "语文"}, "identity.missing"),
        ],
    )
    def test_a_row_that_names_nobody_is_listed_with_its_cell_and_not_counted(self, book, typed, rule):
        fill(book, {schema.SESSIONS: [{"form": "一对一", "minutes": 20, "subject": "语文", **typed}]})
        report = run("check", book)
        found = [i for i in report.issues if i.sheet == schema.SESSIONS.label]
        assert [i.rule for i in found] == [rule]
        assert found[0].cell == "B2"
        listed = rows_of(book, schema.ISSUES)
        assert any(r["place"] == "辅导记录!B2" and r["rule"] == rule for r in listed)
        progress = run("progress", book)
        assert all(r["辅导次数"] == 0 for r in progress.rows)

    def test_namesakes_need_a_number(self, book):
        fill(book, {schema.ROSTER: [{"pupil_id": "02600999", "name": "测试03", "status": "在读"}]})
        fill(book, {schema.SESSIONS: [{"name": "测试03", "subject": "语文", "form": "一对一", "minutes": 20}]})
        report = run("check", book)
        assert "identity.ambiguous" in [i.rule for i in report.issues]
        assert rows_of(book, schema.SESSIONS)[-1]["pupil_id"] is None

    def test_a_problem_that_was_mended_leaves_the_list(self, book):
        fill(book, {schema.SESSIONS: [{"name": "查无此人", "subject": "语文", "minutes": 20}]})
        run("check", book)
        set_cells(book, schema.SESSIONS, {0: {"name": "测试05"}})
        run("check", book)
        assert [r for r in rows_of(book, schema.ISSUES) if "查无此人" in r["problem"]] == []


class TestLogAndLocks:
    def test_one_log_row_per_run_that_changed_something_without_names(self, term):
        log = rows_of(term, schema.LOG)
        assert len(log) == len({r["action"] for r in log}), "each action once"
        names = {r["name"] for r in rows_of(term, schema.ROSTER)}
        assert not [r for r in log if any(n in r["result"] for n in names)]

    def test_a_workbook_open_elsewhere_is_refused_for_writing(self, tmp_path):
        path = make_class(tmp_path)
        (tmp_path / f"~${path.name}").write_bytes(bytes([4]) + "测试".encode("gbk") + b" " * 60)
        before = path.read_bytes()
        report = run("screen", path)
        assert not report.ok
        assert "打开" in report.message
        assert path.read_bytes() == before

    def test_a_newer_template_is_refused(self, tmp_path):
        path = make_class(tmp_path, n=3, schema_version=99)
        report = run("screen", path)
        assert not report.ok
        assert "99" in report.message

    def test_an_unknown_policy_is_refused_by_name(self, tmp_path):
        path = make_class(tmp_path, n=3, policy="S99")
        report = run("screen", path)
        assert not report.ok
        assert "S99" in report.message

    def test_freezing_waits_for_the_teacher(self, tmp_path):
        path = make_class(tmp_path)
        run_term(path, "screen")
        report = run("freeze", path)
        assert not report.ok
        assert "待定" in report.message


def test_no_class_size_action_pays_for_a_heavy_import(tmp_path):
    """Design: a click on a closed file has none of the big libraries in sys.modules."""
    path = make_class(tmp_path, n=12)
    script = (
        "import sys; from classbooks import *; from pathlib import Path\n"
        f"p = Path({str(path)!r})\n"
        "run_term(p)\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.strip() == "[]"


class TestTheFrozenListCannotBeEmptied:
    """Rows cannot leave the base (intention to treat, spec §4.4)."""

    @pytest.fixture
    def base(self, book):
        return {(r["学科"], r["阶段"]): r["基数"] for r in run("convert", book).stats}

    def check(self, book, base, rule):
        report = run("convert", book)
        assert {(r["学科"], r["阶段"]): r["基数"] for r in report.stats} == base
        assert rule in [i.rule for i in report.issues]
        assert report.exit_code == 1

    def test_by_taking_a_pupil_off_the_roster(self, book, base):
        victim = rows_of(book, schema.CONVERSIONS)[0]["pupil_id"]
        index = [r["pupil_id"] for r in rows_of(book, schema.ROSTER)].index(victim)
        set_cells(book, schema.ROSTER, {index: dict.fromkeys(c.code for c in schema.ROSTER.columns)})
        self.check(book, base, "identity.unknown")

    def test_by_deleting_the_row_in_the_caseload(self, book, base):
        set_cells(book, schema.CASELOAD, {0: dict.fromkeys(c.code for c in schema.CASELOAD.columns)})
        self.check(book, base, "freeze.missing")

    def test_by_deleting_the_row_in_the_conversions(self, book, base):
        set_cells(book, schema.CONVERSIONS, {0: dict.fromkeys(c.code for c in schema.CONVERSIONS.columns)})
        self.check(book, base, "freeze.changed")

    def test_by_taking_back_the_confirmation(self, book, base):
        set_cells(book, schema.CASELOAD, {0: {"confirmed": "否"}})
        report = run("convert", book)
        assert {(r["学科"], r["阶段"]): r["基数"] for r in report.stats} == base

    def test_a_pupil_confirmed_later_is_shown_as_new_and_stays_out(self, book, base):
        scores = rows_of(book, schema.SCORES)
        listed = {(r["pupil_id"], r["subject"]) for r in rows_of(book, schema.CASELOAD)}
        index = next(i for i, r in enumerate(scores) if r["exam"] == "入学" and (r["pupil_id"], "语文") not in listed)
        set_cells(book, schema.SCORES, {index: {"语文": 1}})
        run("screen", book)
        run("confirm", book)
        report = run("convert", book)
        new = [r for r in report.rows if r["学号"] == scores[index]["pupil_id"] and r["学科"] == "语文"]
        assert [(r["期中状态"], r["期末状态"]) for r in new] == [("新增", "新增")]
        assert {(r["学科"], r["阶段"]): r["基数"] for r in report.stats} == base
        assert {r["新增"] for r in report.stats if r["学科"] == "语文"} == {1}

    def test_by_clearing_the_freeze_check(self, book, base):
        settings = [r["item"] for r in rows_of(book, schema.SETTINGS)]
        set_cells(book, schema.SETTINGS, {settings.index("冻结校验"): {"value": None}})
        self.check(book, base, "freeze.cleared")


def test_a_second_freezing_says_the_first_day_even_if_the_check_was_cleared(book):
    settings = [r["item"] for r in rows_of(book, schema.SETTINGS)]
    set_cells(book, schema.SETTINGS, {settings.index("冻结校验"): {"value": None}})
    report = run("freeze", book)
    assert "2026-09-10" in report.message
    assert report.counts["新冻结"] == 0


class TestARefusalNamesItsCell:
    """What a click shows the teacher (spec §3): the sheet and the cell that the sentence is about."""

    def test_an_undecided_row_keeps_the_list_from_being_frozen(self, tmp_path):
        path = make_class(tmp_path)
        run_term(path, "screen")
        report = run("freeze", path)
        assert (report.ok, report.place) == (False, ("学困生", "J2"))

    @pytest.mark.parametrize("action_id", ["screen", "convert"])
    def test_a_missing_baseline(self, action_id, tmp_path):
        path = make_class(tmp_path, n=3, baseline_exam=None)
        report = run(action_id, path)
        label, cell = report.place
        assert label == "设置"
        assert openpyxl.load_workbook(path)[label][cell].offset(0, -1).value == "基线考试"

    def test_no_scores(self, tmp_path):
        path = make_class(tmp_path, n=3, baseline_exam="没有考过")
        assert run("screen", path).place == ("成绩", "A2")

    def test_an_unknown_policy(self, tmp_path):
        path = make_class(tmp_path, n=3, policy="S99")
        label, cell = run("screen", path).place
        assert openpyxl.load_workbook(path)[label][cell].value == "S99"

    def test_no_subject(self, tmp_path):
        path = make_class(tmp_path, n=3)
        set_cells(path, schema.TEACHING, dict.fromkeys(range(3), dict.fromkeys(("subject", "scoring"))))
        file = tmp_path / "成绩.csv"
        file.write_text("考试,学号,语文\n入学,02600001,81\n", encoding="utf-8")
        assert run("import_scores", path, file=file, file_name=file.name).place == ("任课", "A2")
