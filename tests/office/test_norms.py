"""norms: the grade's figures from score files and class workbooks, to the last pupil (spec §4.1, §4.2, §6)."""

from __future__ import annotations

import math
import random
from datetime import date
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from classbooks import fill, make_class, rows_of
from imports.tablefiles import text_file, workbook
from real_data import EXPECTED, MISSING, SOURCES
from xlbangfu import schema
from xlbangfu.imports.norms import read_norms_file
from xlbangfu.office.distribute import distribute
from xlbangfu.office.norms import norms, norms_bytes
from xlbangfu.schema import ERROR, REMINDER
from xlbangfu.table import Row
from xlbangfu.workbook.cells import encode

TODAY = date(2026, 9, 10)
HEAD = ["年级", "班级", "学号", "姓名", "考试", "语文", "数学"]


def score_file(tmp_path: Path, rows, name: str = "成绩.xlsx", head=HEAD) -> Path:
    """A score file of these rows."""
    return workbook(tmp_path / name, [head, *rows])


def figures(report):
    """(年级, 考试, 学科) → row."""
    return {(r["年级"], r["考试"], r["学科"]): r for r in report.rows}


def correlation_by_hand(pairs):
    """Pearson's r, naively."""
    n = len(pairs)
    mx, my = sum(x for x, _ in pairs) / n, sum(y for _, y in pairs) / n
    over = sum((x - mx) * (y - my) for x, y in pairs)
    return over / math.sqrt(sum((x - mx) ** 2 for x, _ in pairs) * sum((y - my) ** 2 for _, y in pairs))


class TestScoreFiles:
    def test_every_valid_row_counts_by_grade_exam_and_subject(self, tmp_path):
        rows = [
            ["三年级", "1班", "1", "测试甲", "入学", 50, 80],
            ["三年级", "1班", "2", "测试乙", "入学", 60, "缺考"],
            ["三年级", "2班", "3", "测试丙", "入学", 60, 90],
            ["三年级", "2班", "4", "测试丁", "入学", 70, ""],
            ["三年级", "2班", "5", "测试戊", "入学", "80分", 70],
            ["四年级", "1班", "6", "测试己", "入学", 99, 98],
        ]
        report = norms([score_file(tmp_path, rows)], today=TODAY)
        row = figures(report)["三年级", "入学", "语文"]
        assert (row["人数"], row["均分"], row["识别比例"], row["识别线"], row["线上次分"]) == (5, 64, 0.2, 50, 60)
        assert row["标准差"] == pytest.approx(math.sqrt(104))
        assert row["分布"] == "50:1;60:2;70:1;80:1"
        assert figures(report)["三年级", "入学", "数学"]["分布"] == "70:1;80:1;90:1"
        assert figures(report)["四年级", "入学", "语文"]["人数"] == 1
        assert report.exit_code == 0
        assert report.accounting.balanced

    def test_the_share_in_force_sets_the_cut(self, tmp_path):
        rows = [["三年级", "1班", str(i), f"测试{i}", "入学", i, ""] for i in range(1, 101)]
        found = {
            s: figures(norms([score_file(tmp_path, rows)], share=Fraction(s), today=TODAY)) for s in ("7/100", "1/5")
        }
        key = ("三年级", "入学", "语文")
        assert [(found[s][key]["识别线"], found[s][key]["线上次分"]) for s in found] == [(7, 8), (20, 21)]

    def test_equal_scores_have_no_cut(self, tmp_path):
        rows = [["三年级", "1班", str(i), f"测试{i}", "入学", 80, ""] for i in range(1, 5)]
        row = figures(norms([score_file(tmp_path, rows)], today=TODAY))["三年级", "入学", "语文"]
        assert (row["识别线"], row["线上次分"], row["标准差"]) == (None, None, 0)

    def test_levels_are_decided_over_the_whole_grade(self, tmp_path):
        rows = [
            ["三年级", "1班", str(i), f"测试{i}", "入学", x, ""]
            for i, x in enumerate(["优", "良", "良", "合格", 88], 1)
        ]
        report = norms([score_file(tmp_path, rows)], today=TODAY)
        row = figures(report)["三年级", "入学", "语文"]
        assert (row["人数"], row["分布"], row["识别线"], row["线上次分"]) == (4, "合格:1;良:2;优:1", "合格", "良")
        (issue,) = [i for i in report.issues if i.level == ERROR]
        assert (issue.rule, issue.cell) == ("score.mixed", "F6")

    def test_a_row_of_zeros_is_absent_and_said(self, tmp_path):
        rows = [["三年级", "1班", "1", "测试甲", "入学", 0, 0], ["三年级", "1班", "2", "测试乙", "入学", 0, 50]]
        report = norms([score_file(tmp_path, rows)], today=TODAY)
        assert figures(report)["三年级", "入学", "语文"]["分布"] == "0:1"
        assert [(i.rule, i.row) for i in report.issues] == [("score.zero_row", 2)]

    def test_a_row_whose_grade_is_not_certain_is_listed(self, tmp_path):
        rows = [["", "2班", "1", "测试甲", "入学", 80, 1], ["", "302", "2", "测试乙", "入学", 70, 2]]
        report = norms([score_file(tmp_path, rows)], today=TODAY)
        assert list(figures(report)) == [("三年级", "入学", "语文"), ("三年级", "入学", "数学")]
        assert [(i.level, i.row) for i in report.issues] == [(ERROR, 2)]
        assert (report.accounting.taken, report.accounting.listed) == (1, 1)

    def test_grade_and_exam_may_be_given(self, tmp_path):
        path = text_file(tmp_path / "期中.csv", [["学号", "姓名", "语文"], ["1", "测试甲", "80"]], "gbk")
        assert "--exam" in norms([path], grade="3", today=TODAY).message
        assert list(figures(norms([path], grade="3", exam="期中", today=TODAY))) == [("三年级", "期中", "语文")]

    def test_columns_that_are_no_usual_subject_are_taken_and_said(self, tmp_path):
        path = score_file(
            tmp_path,
            [["三年级", "1", "测试甲", "入学", 80, 180]],
            head=["年级", "学号", "姓名", "考试", "珠心算", "总分"],
        )
        report = norms([path], today=TODAY)
        assert list(figures(report)) == [("三年级", "入学", "珠心算")]
        assert sorted(i.cell for i in report.issues) == ["E1", "F1"]

    def test_one_pupil_twice_is_counted_once_and_two_results_never(self, tmp_path):
        rows = [
            ["三年级", "1班", "1", "测试甲", "入学", 80, 70],
            ["三年级", "2班", "1", "测试甲", "入学", 80, 71],
            ["三年级", "2班", "2", "测试乙", "入学", 90, 60],
        ]
        report = norms([score_file(tmp_path, rows)], today=TODAY)
        assert figures(report)["三年级", "入学", "语文"]["分布"] == "80:1;90:1"
        assert figures(report)["三年级", "入学", "数学"]["分布"] == "60:1"
        assert sorted((i.level, i.cell) for i in report.issues) == sorted(
            [(REMINDER, ""), (ERROR, "G2"), (ERROR, "G3")]
        )

    def test_numbers_that_begin_anew_in_every_class_are_different_pupils(self, tmp_path):
        rows = [["三年级", f"{c}班", 1, f"测试{c}", "入学", 60 + c, ""] for c in (1, 2, 3)]
        report = norms([score_file(tmp_path, rows)], today=TODAY)
        assert figures(report)["三年级", "入学", "语文"]["人数"] == 3

    def test_order_of_rows_and_files_does_not_matter(self, tmp_path):
        chance = random.Random(3)
        rows = [
            [
                "三年级",
                f"{i % 4 + 1}班",
                str(i // 2),
                f"测试{i // 2}",
                e,
                chance.choice([50.5, 60, "缺考", "", "优"]),
                i,
            ]
            for i in range(60)
            for e in ("入学", "期中")
        ]
        one = norms(
            [score_file(tmp_path, rows[:70], "a.xlsx"), score_file(tmp_path, rows[70:], "b.xlsx")],
            baseline="入学",
            today=TODAY,
        )
        files = [tmp_path / "b.xlsx", tmp_path / "a.xlsx"]
        two = norms(files, baseline="入学", today=TODAY)
        chance.shuffle(rows)
        three = norms([score_file(tmp_path, rows, "c.xlsx")], baseline="入学", today=TODAY)
        assert one.rows == two.rows == three.rows
        assert one.issues == two.issues

    @pytest.mark.parametrize("sources", [["没有.xlsx"], ["坏.xlsx"]])
    def test_a_source_that_cannot_be_read_refuses_the_whole(self, tmp_path, sources):
        (tmp_path / "坏.xlsx").write_bytes(b"broken")
        out = tmp_path / "常模.xlsx"
        report = norms([tmp_path / s for s in sources], out, today=TODAY)
        assert report.exit_code == 3
        assert not out.exists()


class TestCorrelation:
    def test_it_is_that_of_the_pupils_who_have_both(self, tmp_path):
        chance = random.Random(7)
        first = {i: chance.randint(40, 100) for i in range(40)}
        later = {i: min(100, first[i] + chance.randint(-10, 10)) for i in range(5, 45) if i in first}
        rows = [["三年级", "1班", str(i), f"测试{i}", "入学", x, ""] for i, x in first.items()]
        rows += [["三年级", "1班", str(i), f"测试{i}", "期末", x, ""] for i, x in later.items()]
        found = figures(norms([score_file(tmp_path, rows)], baseline="入学", today=TODAY))
        row = found["三年级", "期末", "语文"]
        assert row["基线考试"] == "入学"
        assert row["与基线相关"] == pytest.approx(correlation_by_hand([(first[i], x) for i, x in later.items()]))
        assert found["三年级", "入学", "语文"]["与基线相关"] is None

    def test_a_file_without_numbers_is_joined_by_class_and_name_but_never_by_a_namesake(self, tmp_path):
        marks = {"测试甲": (50, 60), "测试乙": (70, 90), "测试丙": (90, 70)}
        one = [["三年级", "1班", str(i), name, "入学", x, ""] for i, (name, (x, _)) in enumerate(marks.items())]
        one += [["三年级", "1班", "8", "测试同", "入学", 10, ""], ["三年级", "1班", "9", "测试同", "入学", 20, ""]]
        two = [["三年级", "一班", name, "期末", y] for name, (_, y) in marks.items()] + [
            ["三年级", "一班", "测试同", "期末", 99]
        ]
        files = [
            score_file(tmp_path, one, "a.xlsx"),
            score_file(tmp_path, two, "b.xlsx", ["年级", "班级", "姓名", "考试", "语文"]),
        ]
        report = norms(files, baseline="入学", today=TODAY)
        row = figures(report)["三年级", "期末", "语文"]
        assert row["人数"] == 4
        assert row["与基线相关"] == pytest.approx(correlation_by_hand(list(marks.values())))
        assert [i.rule for i in report.issues] == ["norms.unknown_pupil"]

    def test_without_the_baseline_it_is_blank_and_said(self, tmp_path):
        rows = [["三年级", "1班", "1", "测试甲", "期末", 80, ""], ["三年级", "1班", "2", "测试乙", "期末", 70, ""]]
        report = norms([score_file(tmp_path, rows)], baseline="入学", today=TODAY)
        assert figures(report)["三年级", "期末", "语文"]["与基线相关"] is None
        assert {i.rule for i in report.issues} == {"norms.no_baseline", "norms.no_correlation"}


@pytest.fixture
def folder(tmp_path) -> Path:
    """三年级1班 with 20 pupils and three exams; 三年级2班 with four of its own, one moved out, one row of zeros."""
    made = tmp_path / "班"
    make_class(made, n=20)
    other = make_class(made, n=0, name="三年级2班.xlsm", class_name="2班")
    pupils = [
        {"pupil_id": "0269001", "name": "别班1", "status": "在读"},
        {"pupil_id": "0269002", "name": "别班2", "status": "转出", "status_date": date(2026, 9, 1)},
        {"pupil_id": "0269003", "name": "别班3", "status": "转入", "status_date": date(2026, 10, 8)},
        {"pupil_id": "0269004", "name": "别班4", "status": "在读"},
    ]
    scores = [
        {"exam": exam, "pupil_id": p["pupil_id"], "语文": x, "数学": x, "英语": x}
        for exam in ("入学", "期中")
        for p, x in zip(pupils, (30, 31, 32, 0), strict=True)
    ]
    fill(other, {schema.ROSTER: pupils, schema.SCORES: scores})
    return made


class TestClassWorkbooks:
    def test_who_was_there_on_the_exams_date_counts_and_zeros_do_not(self, folder):
        report = norms([folder], today=TODAY)
        first, midterm = (figures(report)["三年级", exam, "语文"] for exam in ("入学", "期中"))
        assert first["人数"] == 21
        assert first["分布"].startswith("30:1;")
        assert "31:" not in first["分布"]
        assert "32:" not in first["分布"]
        assert (midterm["人数"], midterm["分布"].split(";")[:2]) == (22, ["30:1", "32:1"])
        zeros = [i for i in report.issues if i.rule == "score.zero_row"]
        assert [(i.file, i.sheet, i.row) for i in zeros] == [
            ("三年级2班.xlsm", "成绩", 5),
            ("三年级2班.xlsm", "成绩", 9),
        ]

    def test_全零视为缺考_may_be_switched_off(self, folder):
        fill(folder / "三年级2班.xlsm", {}, {"zeros_absent": "否"})
        assert figures(norms([folder], today=TODAY))["三年级", "入学", "语文"]["分布"].startswith("0:1;30:1")

    def test_baseline_and_share_are_those_of_the_workbooks(self, folder):
        report = norms([folder], today=TODAY)
        assert {(r["考试"], r["基线考试"]) for r in report.rows} == {("入学", None), ("期中", "入学"), ("期末", "入学")}
        for path in folder.glob("*.xlsm"):
            fill(path, {}, {"share": Fraction(1, 10)})
        assert {r["识别比例"] for r in norms([folder], today=TODAY).rows} == {0.1}

    def test_a_mark_above_its_own_class_满分_does_not_count(self, folder):
        fill(folder / "三年级2班.xlsm", {schema.TEACHING: [{"subject": "科学", "full_points": 20}]})
        fill(
            folder / "三年级2班.xlsm",
            {
                schema.SCORES: [
                    {"exam": "小测", "pupil_id": "0269001", "科学": 30},
                    {"exam": "小测", "pupil_id": "0269004", "科学": 15},
                ]
            },
        )
        report = norms([folder], today=TODAY)
        assert figures(report)["三年级", "小测", "科学"]["分布"] == "15:1"
        assert [(i.rule, i.file) for i in report.issues if i.level == ERROR] == [("score.range", "三年级2班.xlsm")]

    def test_a_pupil_in_two_classes_is_counted_once_and_reported(self, folder):
        twice = make_class(folder, n=0, name="三年级3班.xlsm", class_name="3班")
        fill(
            twice,
            {
                schema.ROSTER: [
                    {"pupil_id": "0269001", "name": "别班1", "status": "转入", "status_date": date(2026, 9, 2)}
                ],
                schema.SCORES: [{"exam": "入学", "pupil_id": "0269001", "语文": 30, "数学": 44, "英语": None}],
            },
        )
        report = norms([folder], today=TODAY)
        assert figures(report)["三年级", "入学", "语文"]["人数"] == 21
        assert "44:1" in figures(report)["三年级", "入学", "数学"]["分布"]
        assert "30:1" not in figures(report)["三年级", "入学", "数学"]["分布"]
        assert {i.rule for i in report.issues if "0269001" in i.message} == {"norms.twice"}

    def test_a_workbook_that_cannot_be_read_is_listed_and_the_others_count(self, folder):
        (folder / "坏.xlsm").write_bytes(b"broken")
        report = norms([folder], today=TODAY)
        assert report.rows
        assert [(i.file, i.rule) for i in report.issues if i.level == ERROR] == [("坏.xlsm", "norms.unreadable")]
        assert report.exit_code == 1


class TestWhatIsWritten:
    def test_the_file_holds_the_columns_of_常模_and_reads_back_as_it_was(self, tmp_path, folder):
        out = tmp_path / "常模.xlsx"
        report = norms([folder], out, today=TODAY)
        sheet = openpyxl.load_workbook(out)["常模"]
        assert [c.value for c in sheet[1]] == [c.label for c in schema.NORMS.columns]
        back = read_norms_file(out)
        assert back.issues == ()
        found = [[encode(row[c.code]) for c in schema.NORMS.columns] for row in back.rows]
        assert found == [[row[c.label] for c in schema.NORMS.columns] for row in report.rows]

    def test_the_same_norms_are_the_same_bytes(self, tmp_path, folder):
        norms([folder], tmp_path / "a.xlsx", today=TODAY)
        norms([folder], tmp_path / "b.xlsx", today=date(2030, 1, 1))
        assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()

    def test_text_that_begins_like_a_formula_stays_text(self, tmp_path):
        path = tmp_path / "a.xlsx"
        path.write_bytes(
            norms_bytes([Row({"grade": "三年级", "exam": "=1+1", "subject": "语文", "n": 1, "distribution": "1:1"})])
        )
        cell = openpyxl.load_workbook(path)["常模"]["B2"]
        assert (cell.value, cell.data_type) == ("=1+1", "s")

    def test_into_every_workbook_of_the_grade_and_a_second_run_changes_none(self, tmp_path, folder):
        other = make_class(folder, n=0, name="四年级1班.xlsm", grade="四年级")
        report = norms([folder], tmp_path / "常模.xlsx", into=folder, today=TODAY)
        assert report.exit_code == 0
        for name in ("三年级1班.xlsm", "三年级2班.xlsm"):
            assert len(rows_of(folder / name, schema.NORMS)) == len(report.rows)
        assert rows_of(other, schema.NORMS) == []
        before = [p.read_bytes() for p in sorted(folder.glob("*.xlsm"))]
        again = norms([folder], tmp_path / "常模.xlsx", into=folder, today=TODAY)
        assert again.written == [str(tmp_path / "常模.xlsx")]
        assert [p.read_bytes() for p in sorted(folder.glob("*.xlsm"))] == before

    def test_published_again_they_replace_the_former_ones_and_say_so(self, tmp_path, folder):
        norms([folder], into=folder, today=TODAY)
        fill(folder / "三年级2班.xlsm", {schema.SCORES: [{"exam": "期末", "pupil_id": "0269001", "语文": 33}]})
        report = norms([folder], into=folder, today=TODAY)
        for name in ("三年级1班.xlsm", "三年级2班.xlsm"):
            found = {(r["exam"], r["subject"]): r["n"] for r in rows_of(folder / name, schema.NORMS)}
            assert found["期末", "语文"] == 21
        assert {i.rule for i in report.issues if i.level == REMINDER} >= {"import.differs"}

    def test_planning_writes_nothing(self, tmp_path, folder):
        before = [p.read_bytes() for p in sorted(folder.glob("*.xlsm"))]
        report = norms([folder], tmp_path / "常模.xlsx", into=folder, today=TODAY, plan=True)
        assert report.planned[0] == "写入 常模.xlsx：9 行"
        assert not (tmp_path / "常模.xlsx").exists()
        assert [p.read_bytes() for p in sorted(folder.glob("*.xlsm"))] == before


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
class TestRealPupils:
    def test_norms_straight_from_the_score_files_are_those_of_the_table(self, tmp_path):
        """The files have no 考试 column and no 年级: an adapter adds the exam, the option the grade."""
        source = SOURCES["grade9"](tmp_path)
        files = [_with_exam(path, exam, tmp_path / f"{exam}_1.xlsx") for exam, path in source.exams.items()]
        report = norms(files, baseline="八下期末", grade="初三", today=TODAY)
        _check_table(report)
        a = report.accounting
        assert (a.read, a.taken + a.listed, a.unread) == (620, 606, 12)  # two sheets of instructions

    def test_norms_from_the_class_workbooks_are_the_same_rows(self, tmp_path):
        from xlbangfu.actions.catalogue import BY_ID
        from xlbangfu.actions.imports import import_into_folder

        source = SOURCES["grade9"](tmp_path)
        books = tmp_path / "班级"
        handed = distribute(
            source.roster, books, teaching=source.teaching, grade="初三", baseline="八下期末", today=TODAY
        )
        assert (handed.accounting.taken, handed.accounting.listed, len(handed.rows)) == (303, 0, 7)
        for exam, path in source.exams.items():
            report = import_into_folder(BY_ID["import_scores"], books, path, today=TODAY, options={"exam": exam})
            counts = [b.counts for b in report.books]
            assert sum(c["导入行"] + c["列出行"] for c in counts) == 303
            assert report.exit_code == 0
        report = norms([books], today=TODAY)
        _check_table(report)
        files = [_with_exam(path, exam, tmp_path / f"{exam}_1.xlsx") for exam, path in source.exams.items()]
        assert norms(files, baseline="八下期末", grade="初三", today=TODAY).rows == report.rows


def _with_exam(path: Path, exam: str, out: Path) -> Path:
    """The file with a column 考试 put on the right of its first sheet."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    column = sheet.max_column + 1
    sheet.cell(1, column, "考试")
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, column, exam)
    book.save(out)
    return out


def _check_table(report) -> None:
    rows = figures(report)
    for line in EXPECTED["grade9"]:
        first, later = rows["初三", "八下期末", line.subject], rows["初三", line.exam, line.subject]
        assert (first["人数"], first["识别线"]) == (line.valid, line.cut)
        assert (later["人数"], later["识别线"]) == (line.valid_later, line.cut_later)
        assert round(later["与基线相关"], 3) == line.r
