"""What each column was taken for is shown, can be corrected, and is remembered for the same header (spec §3.1)."""

from __future__ import annotations

import contextlib
import io
import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from classbooks import make_class, rows_of
from imports.tablefiles import table, workbook
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.imports import import_into_folder
from xlbangfu.actions.runner import run_closed
from xlbangfu.cli import main
from xlbangfu.imports.filerows import SCORE_FILE, NoHeader
from xlbangfu.imports.mapping import Choices, read_choices
from xlbangfu.imports.tables import tables_of
from xlbangfu.schema import LEAVE_OUT
from xlbangfu.table import Row

TODAY = date(2026, 11, 5)
ODD = [["childid", "called", "yuwen", "rank"], ["02600001", "测试01", 80, 3], ["02600002", "测试02", 70, 5]]
SAID = {"childid": "学号", "called": "姓名", "yuwen": "语文", "rank": LEAVE_OUT}


def seen(rows, **options):
    """header text → what the column was taken for."""
    return {c.label: c.found for c in table(rows, **options).columns}


class TestThePreview:
    def test_every_column_is_named_with_what_it_was_taken_for(self):
        rows = [
            ["学号", "姓名", "语文(100)", "总分", "特长", "身份证号"],
            ["02600001", "测试甲", 80, 80, "画画", "360111"],
        ]
        assert seen(rows) == {
            "学号": "学号",
            "姓名": "姓名",
            "语文(100)": "语文",
            "总分": "合计、平均或名次（不导入）",
            "特长": "没有认出来（不导入）",
            "身份证号": "其他（不导入）",
        }

    def test_samples_show_the_form_and_not_who_it_is(self):
        rows = [["学号", "姓名", "语文", "证"], ["02600001", "测试甲", 85.5, "36011120150101001X"]]
        assert [c.sample for c in table(rows).columns] == ["02…1", "测※※", "85.5", "36…X"]

    def test_exams_and_long_tables_say_what_their_columns_are(self):
        assert seen([["学号", "学科", "得分"], ["1", "语文", 80]])["得分"] == "成绩"
        assert seen([["学号", "期中语文", "期末语文"], ["1", 80, 90]])["期末语文"] == "期末语文"

    def test_a_file_without_a_known_header_offers_the_likeliest_row(self):
        with pytest.raises(NoHeader) as caught:
            table([["某校"], *ODD])
        assert [c.label for c in caught.value.columns] == ["childid", "called", "yuwen", "rank"]
        assert not any(c.known for c in caught.value.columns[:2])


class TestWhatWasSaid:
    def test_holds_for_the_same_header_and_for_no_other(self):
        with pytest.raises(NoHeader) as caught:
            table(ODD)
        rows = [Row({"shape": c.shape, "place": c.place, "chosen": SAID[c.label]}) for c in caught.value.columns]
        choices = read_choices(rows)
        from xlbangfu.imports.reading import SheetGrid

        found = tables_of("a.xlsx", [SheetGrid("表", ODD)], SCORE_FILE, choices)
        assert [(r.raw("pupil_id"), r.raw("name")) for r in found.rows] == [
            ("02600001", "测试01"),
            ("02600002", "测试02"),
        ]
        assert [c.subject for c in found.rows[0].header.scores] == ["语文"]
        with pytest.raises(NoHeader):
            tables_of("a.xlsx", [SheetGrid("表", [["x", *ODD[0]], *ODD[1:]])], SCORE_FILE, choices)

    def test_a_known_column_can_be_left_out_or_be_another(self):
        rows = [["学号", "姓名", "语文", "数学"], ["1", "测试甲", 80, 90]]
        found = table(rows, choices=Choices(named={"语文": LEAVE_OUT, "数学": "期末语文"}))
        assert [(c.label, c.subject, c.group) for c in found.rows[0].header.scores] == [("数学", "语文", "期末")]

    def test_a_header_that_repeats_on_each_page_is_still_no_pupil(self):
        found = table([*ODD, ODD[0], ["02600003", "测试03", 60, 1]], choices=Choices(named=SAID))
        assert [r.raw("name") for r in found.rows] == ["测试01", "测试02", "测试03"]
        assert found.accounting.headings == 2


@pytest.fixture
def book(tmp_path) -> Path:
    """三年级1班 with three pupils, 学号 02600001…"""
    return make_class(tmp_path / "班", n=3)


def imported(book, file, **options):
    return run_closed(
        BY_ID["import_scores"], book, today=TODAY, options={"file": file, "file_name": file.name, **options}
    )


def marks(book, exam="月考"):
    return {r["pupil_id"]: r["语文"] for r in rows_of(book, schema.SCORES) if r["exam"] == exam}


class TestInTheWorkbook:
    def test_the_columns_seen_stand_in_their_sheet_once(self, tmp_path, book):
        file = workbook(tmp_path / "a.xlsx", [["学号", "语文", "特长"], ["02600001", 80, "画画"]])
        imported(book, file, exam="月考")
        rows = rows_of(book, schema.MAPPING)
        assert [(r["place"], r["label"], r["found"]) for r in rows] == [
            ("A", "学号", "学号"), ("B", "语文", "语文"), ("C", "特长", "没有认出来（不导入）"),
        ]  # fmt: skip
        before = book.read_bytes()
        again = imported(book, file, exam="月考")
        assert again.written == []
        assert book.read_bytes() == before

    def test_what_the_command_says_is_kept_and_holds_the_next_time(self, tmp_path, book):
        file = workbook(tmp_path / "a.xlsx", ODD)
        assert imported(book, file, exam="月考").needs == "mapping"
        assert imported(book, file, exam="月考", columns=SAID).ok
        assert marks(book) == {"02600001": 80, "02600002": 70}
        assert {r["label"]: r["chosen"] for r in rows_of(book, schema.MAPPING)} == SAID
        later = workbook(tmp_path / "b.xlsx", [ODD[0], ["02600003", "测试03", 60, 1]])
        assert imported(book, later, exam="月考").ok
        assert marks(book)["02600003"] == 60

    def test_an_unknown_header_can_be_listed_there_for_the_teacher_to_say(self, tmp_path, book):
        file = workbook(tmp_path / "a.xlsx", ODD)
        report = imported(book, file, exam="月考", ask_columns=True)
        assert report.ok
        assert "导入对照" in report.message
        rows = rows_of(book, schema.MAPPING)
        assert [r["label"] for r in rows] == ODD[0]
        assert marks(book) == {}

    def test_a_plan_shows_the_columns_and_writes_nothing(self, tmp_path, book):
        file = workbook(tmp_path / "a.xlsx", ODD)
        before = book.read_bytes()
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            words = [w for label, said in SAID.items() for w in ("--map", f"{label}={said}")]
            code = main(["import-scores", str(book), str(file), "--exam", "月考", "--plan", *words])
        assert code == 0
        assert "“yuwen”（80、70） → 语文，改为 语文" in out.getvalue()
        assert "读取 3 行：导入 2 行" in out.getvalue()
        assert book.read_bytes() == before

    def test_json_names_the_columns_too(self, tmp_path, book):
        file = workbook(tmp_path / "a.xlsx", ODD)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = main(["import-scores", str(book), str(file), "--exam", "月考", "--json"])
        assert code == 3
        assert [c["表头"] for c in json.loads(out.getvalue())["columns"]] == ODD[0]

    def test_a_workbook_from_before_that_sheet_takes_the_file_all_the_same(self, tmp_path, book):
        old = openpyxl.load_workbook(book, keep_vba=True)
        del old[schema.MAPPING.label]
        old.save(book)
        report = imported(book, workbook(tmp_path / "a.xlsx", ODD), exam="月考", columns=SAID)
        assert report.ok
        assert not [i for i in report.issues if schema.MAPPING.label in i.sheet]
        assert marks(book) == {"02600001": 80, "02600002": 70}


class TestInAFolder:
    def test_what_was_said_is_kept_beside_the_workbooks(self, tmp_path, book):
        folder = book.parent
        file = workbook(tmp_path / "a.xlsx", ODD)

        def spread(**options):
            return import_into_folder(
                BY_ID["import_scores"], folder, file, today=TODAY, options={"exam": "月考", **options}
            )

        refused = spread()
        assert refused.exit_code == 3
        assert [c["表头"] for c in refused.columns] == ODD[0]
        assert not (folder / "导入对照.xlsx").exists()
        done = spread(columns=SAID)
        assert done.exit_code == 0
        assert done.written == [str(folder / "导入对照.xlsx")]
        assert marks(book) == {"02600001": 80, "02600002": 70}
        again = spread()
        assert (again.exit_code, again.written, again.skipped) == (0, [], [])

    def test_a_damaged_memory_is_said_and_not_written_over(self, tmp_path, book):
        (book.parent / "导入对照.xlsx").write_bytes(b"PK\x03\x04broken")
        report = import_into_folder(
            BY_ID["import_scores"],
            book.parent,
            workbook(tmp_path / "a.xlsx", ODD),
            today=TODAY,
            options={"columns": SAID},
        )
        assert report.exit_code == 3
        assert "导入对照.xlsx" in report.books[0].message
