"""撤销上一步 on closed workbooks: back to the byte that counts, and never over somebody's later typing (spec §3)."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.table import Table

from classbooks import ACTIONS_ON_A_CLASS, fill, make_class, rows_of, run, run_term, set_cells, steps_before
from xlbangfu import places, schema
from xlbangfu.cli import main
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.journal import Journal, compare, note_step


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    """A data folder of the test's own."""
    folder = tmp_path / "数据"
    monkeypatch.setenv(places.DATA_VARIABLE, str(folder))
    return folder


def told(path: Path) -> dict[str, object]:
    """Every value, number format and table of the sheets, 日志 and the live figures of 首页 left out."""
    book = openpyxl.load_workbook(path)
    found: dict[str, object] = {}
    for sheet in book.worksheets:
        if sheet.title in (schema.LOG.label, schema.HOME):
            continue
        cells = {
            c.coordinate: (c.value, c.number_format) for row in sheet.iter_rows() for c in row if c.value is not None
        }
        tables = {t.name: (t.ref, t.column_names) for t in sheet.tables.values() if isinstance(t, Table)}
        found[sheet.title] = (cells, tables)
    return found


@pytest.mark.parametrize("action_id", ACTIONS_ON_A_CLASS)
def test_an_action_undone_is_as_if_never_pressed_and_undone_again_as_if_never_undone(action_id, tmp_path):
    path = make_class(tmp_path, n=14)
    for earlier in steps_before(action_id):
        run(earlier, path)
    was = told(path)
    report = run(action_id, path)
    after = told(path)
    if str(path) not in report.written:
        pytest.skip("this action had nothing to change here")
    assert run("undo", path).ok
    assert told(path) == was
    assert run("undo", path).ok
    assert told(path) == after


def test_it_works_after_the_workbook_was_closed_and_another_process_runs_it(tmp_path, capsys):
    path = make_class(tmp_path, n=14)
    before = told(path)
    main(["screen", str(path)])
    capsys.readouterr()
    assert main(["undo", str(path)]) == 0
    assert "已撤销“识别学困生”" in capsys.readouterr().out
    assert told(path) == before


def test_it_refuses_where_a_person_has_edited_and_names_the_cells(tmp_path):
    path = make_class(tmp_path, n=14)
    run("screen", path)
    set_cells(path, schema.CASELOAD, {0: {"confirmed": "否"}, 1: {"teacher": "测试任课"}})
    before = path.read_bytes()
    report = run("undo", path)
    assert not report.ok
    assert "学困生!J2" in report.message
    assert "学困生!K3" in report.message
    assert report.place == ("学困生", "J2")
    assert path.read_bytes() == before


def test_typing_elsewhere_is_no_obstacle_and_stays(tmp_path):
    path = make_class(tmp_path, n=14)
    run("screen", path)
    set_cells(path, schema.ROSTER, {0: {"interests": "画画"}})
    assert run("undo", path).ok
    assert rows_of(path, schema.CASELOAD) == []
    assert rows_of(path, schema.ROSTER)[0]["interests"] == "画画"


def test_a_row_typed_under_the_table_keeps_the_table_large(tmp_path):
    path = make_class(tmp_path, n=14)
    run_term(path, "freeze")
    run("profile", path)
    area = ClosedWorkbook(path).table_area("档案", "tblProfiles")
    fill(path, {schema.PROFILES: [{"pupil_id": "02600001"}]})
    assert run("undo", path).ok
    grown = ClosedWorkbook(path).table_area("档案", "tblProfiles")
    assert grown[2] == area[2] + 1
    assert [r["pupil_id"] for r in rows_of(path, schema.PROFILES)] == ["02600001"]


def test_a_column_that_an_import_added_goes_again(tmp_path):
    path = make_class(tmp_path, n=3)
    fill(path, {schema.TEACHING: [{"subject": "科学"}]})
    file = tmp_path / "科学.csv"
    file.write_text("学号,科学\n02600001,81\n02600002,64\n", encoding="utf-8")
    before = told(path)
    assert run("import_scores", path, file=file, file_name=file.name, exam="入学").ok
    after = told(path)
    assert "科学" in str(after["成绩"])
    assert run("undo", path).ok
    assert told(path) == before
    assert run("undo", path).ok
    assert told(path) == after


def test_a_formula_that_was_replaced_comes_back(tmp_path):
    path = make_class(tmp_path, n=14)
    run("screen", path)
    book = openpyxl.load_workbook(path, keep_vba=True)
    book["学困生"]["E2"] = '="手工"&"依据"'
    book.save(path)
    run("screen", path)
    assert openpyxl.load_workbook(path)["学困生"]["E2"].value.startswith("后20%")
    assert run("undo", path).ok
    assert openpyxl.load_workbook(path)["学困生"]["E2"].value == '="手工"&"依据"'


def test_with_nothing_to_undo_it_says_so(tmp_path):
    report = run("undo", make_class(tmp_path, n=3))
    assert (report.ok, report.exit_code) == (False, 3)
    assert "没有可以撤销的步骤" in report.message


def test_a_workbook_closed_without_saving_has_nothing_to_undo(tmp_path):
    path = make_class(tmp_path, n=14)
    saved = path.read_bytes()
    run("screen", path)
    path.write_bytes(saved)
    report = run("undo", path)
    assert not report.ok
    assert "没有保存" in report.message


def test_planning_an_undo_lists_the_cells_and_writes_nothing(tmp_path):
    path = make_class(tmp_path, n=14)
    run("screen", path)
    before = path.read_bytes()
    report = run("undo", path, plan=True)
    assert report.planned
    assert all("（清空）" in line for line in report.planned if line.startswith("学困生!"))
    assert path.read_bytes() == before


def test_the_log_only_grows(tmp_path):
    path = make_class(tmp_path, n=14)
    run("screen", path)
    run("undo", path)
    assert [r["action"] for r in rows_of(path, schema.LOG)][-2:] == ["识别学困生", "撤销上一步"]


class TestARunThatWasKilled:
    """Between noting the step and settling it (spec §8)."""

    def noted(self, path: Path) -> Journal:
        door = ClosedWorkbook(path)
        book_step = Journal(path).last
        assert book_step is not None
        journal = Journal(path)
        journal.begin(book_step)
        assert compare(door, book_step) is not None
        return journal

    def test_before_the_write_nothing_happened_and_the_step_before_can_still_be_undone(self, tmp_path):
        path = make_class(tmp_path, n=14)
        run("screen", path)
        screened = told(path)
        run("confirm", path)
        confirm = Journal(path).last
        run("undo", path)
        assert told(path) == screened
        Journal(path).begin(confirm)  # noted, then killed
        report = run("check", path)
        assert report.ok
        assert Journal(path).pending is None

    def test_after_the_write_the_step_counts_as_taken(self, tmp_path):
        path = make_class(tmp_path, n=14)
        before = told(path)
        run("screen", path)
        self.noted(path)
        Journal(path)._path(".json").unlink()
        assert run("undo", path).ok
        assert told(path) == before

    def test_a_broken_note_is_no_step(self, tmp_path):
        path = make_class(tmp_path, n=14)
        run("screen", path)
        for file in places.undo_folder().iterdir():
            file.write_text('{"version": 99}', encoding="utf-8")
        assert "没有可以撤销" in run("undo", path).message


class TestTheNote:
    def test_nobody_else_can_read_it_and_it_stays_small(self, tmp_path):
        path = make_class(tmp_path, n=40)
        run("screen", path)
        (file,) = places.undo_folder().iterdir()
        assert file.stat().st_size < 100_000
        if os.name == "posix":
            assert file.stat().st_mode & 0o077 == 0
            assert file.parent.stat().st_mode & 0o077 == 0

    def test_the_folder_is_bounded(self, tmp_path, monkeypatch):
        from xlbangfu.workbook import journal

        monkeypatch.setattr(journal, "KEPT_WORKBOOKS", 3)
        for i in range(5):
            run("screen", make_class(tmp_path / str(i), n=14))
        assert len(list(places.undo_folder().iterdir())) == 3

    def test_the_note_of_another_process_is_left_alone(self, tmp_path, monkeypatch):
        from xlbangfu.workbook import journal

        monkeypatch.setattr(journal, "KEPT_WORKBOOKS", 1)
        run("screen", make_class(tmp_path / "1", n=14))
        theirs = places.undo_folder() / "another.pending"
        theirs.write_text("{}", encoding="utf-8")
        run("screen", make_class(tmp_path / "2", n=14))
        assert theirs.exists()

    def test_a_full_disk_does_not_stop_the_action_but_is_said(self, tmp_path, monkeypatch, own_data):
        path = make_class(tmp_path, n=14)
        own_data.parent.mkdir(exist_ok=True)
        own_data.write_text("a file where the folder should be", encoding="utf-8")
        report = run("screen", path)
        assert report.ok
        assert "不能撤销" in report.message
        assert rows_of(path, schema.CASELOAD)

    def test_it_reads_back_as_it_was_written(self, tmp_path):
        path = make_class(tmp_path, n=14)
        run("screen", path)
        step = Journal(path).last
        Journal(path).begin(step)
        assert Journal(path).pending == step

    def test_a_refused_write_leaves_no_trace(self, tmp_path):
        path = make_class(tmp_path, n=14)
        (path.parent / f"~${path.name}").write_bytes(b"\x04user" + b" " * 160)
        report = run("screen", path)
        assert not report.ok
        assert Journal(path).pending is None
        assert Journal(path).last is None


def test_a_folder_of_workbooks_is_undone_together(tmp_path, capsys):
    for name in ("一班", "二班"):
        run("screen", make_class(tmp_path, n=14, name=f"{name}.xlsm", class_name=name))
    assert main(["undo", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [b["ok"] for b in found["books"]] == [True, True]
    assert rows_of(tmp_path / "一班.xlsm", schema.CASELOAD) == []


def test_the_way_back_touches_no_other_part_of_the_file(tmp_path):
    path = make_class(tmp_path, n=14)
    run("screen", path)
    with zipfile.ZipFile(path) as package:
        before = {n: package.read(n) for n in package.namelist()}
    run("undo", path)
    with zipfile.ZipFile(path) as package:
        changed = {n for n in package.namelist() if package.read(n) != before.get(n)}
    assert not {n for n in changed if "vba" in n or "custom" in n or "drawing" in n or "chart" in n}


def test_a_step_notes_the_cells_before_and_after(tmp_path):
    path = make_class(tmp_path, n=3)
    door = ClosedWorkbook(path)
    from datetime import datetime

    from xlbangfu.workbook.changes import SheetChange

    change = SheetChange("名册", {(2, 2): "新名", (9, 1): "02609999"}, "tblRoster", 9)
    step = note_step(door, "测试", [change], datetime(2026, 9, 1))
    (sheet,) = step.sheets
    assert [(p, b.value, a.value) for p, b, a in sheet.cells] == [
        ((2, 2), "测试01", "新名"),
        ((9, 1), None, "02609999"),
    ]
    assert (sheet.area_before[2], sheet.area_after[2]) == (4, 9)


def test_a_sheet_that_was_deleted_since_is_named_and_holds_nothing_else_up(tmp_path):
    path = make_class(tmp_path, n=14)
    run("screen", path)
    Journal(path).begin(Journal(path).last)  # killed, and then a sheet of the step was deleted
    book = openpyxl.load_workbook(path, keep_vba=True)
    del book["数据问题"]
    book.save(path)
    assert "数据问题" in run("undo", path).message
    assert run("confirm", path).ok
