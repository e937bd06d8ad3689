"""合并班级工作簿 on real workbooks: what is written, what is refused, and that nothing vanishes (spec §6–§9)."""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from pyarrow import parquet

from classbooks import SUBJECTS, fill, make_class, rows_of, run, set_cells
from office.merge_spoilers import BAD_FILES
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.office import merge as merge_module
from xlbangfu.office.merge import merge
from xlbangfu.office.merge_columns import DETAIL_COLUMNS, SCHOOL_COLUMNS, SHEETS
from xlbangfu.office.norms import norms

TODAY = date(2027, 1, 22)
SECRET = "机密记号"


def make_school(folder: Path) -> Path:
    """Two classes of grade three with the office's norms, frozen lists and sessions; secrets wherever they may be typed."""
    for i in (1, 2):
        path = make_class(folder / "三年级", 16, f"三年级{i}班.xlsm", class_name=f"{i}班")
        teachers = {k: {"teacher": f"测试{s}师"} for k, s in enumerate(SUBJECTS)}
        set_cells(path, schema.TEACHING, teachers)
        ids = {
            k: {"phone": SECRET, "parent": SECRET, "remark": SECRET, "interests": SECRET, "care": ("经济困难",)}
            for k in range(16)
        }
        set_cells(path, schema.ROSTER, ids)
    norms([folder], None, baseline="入学", into=folder, today=TODAY)
    for i, path in enumerate(sorted(folder.rglob("*.xlsm"))):
        if i == 1:
            move_pupils(path)
        for action in ("screen", "confirm", "freeze", "profile", "convert"):
            assert run(action, path).ok
        rows = rows_of(path, schema.CASELOAD)
        session = {
            "date": date(2026, 10, 12),
            "form": "心理辅导",
            "minutes": 30,
            "content": SECRET,
            "next_step": SECRET,
        }
        sessions = [
            {**session, "pupil_id": r["pupil_id"], "subject": r["subject"], "by": "测试语文师"} for r in rows[:5]
        ]
        watched = {
            "date": date(2026, 9, 8),
            "pupil_id": rows[0]["pupil_id"],
            "category": "心理",
            "severity": 3,
            "text": SECRET,
        }
        paper = {"subject": "语文", "document": "转化方案", "text": SECRET, "handed_in_on": date(2026, 9, 20)}
        fill(path, {schema.SESSIONS: sessions, schema.OBSERVATIONS: [watched], schema.WRITTEN: [paper]})
        set_cells(path, schema.PROFILES, {0: {"family": SECRET, "strengths": SECRET}})
    for backup in folder.rglob("*.bak"):
        backup.unlink()
    return folder


def move_pupils(path: Path) -> None:
    """Other 学号 for the second class: make_class gives every class the same."""
    for sheet in (schema.ROSTER, schema.SCORES):
        rows = rows_of(path, sheet)
        set_cells(path, sheet, {i: {"pupil_id": f"1{r['pupil_id'][1:]}"} for i, r in enumerate(rows)})


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    return make_school(tmp_path_factory.mktemp("school"))


@pytest.fixture
def folder(school, tmp_path):
    """A copy of the school to be spoiled."""
    shutil.copytree(school, tmp_path / "in")
    return tmp_path / "in"


def class_one(folder: Path) -> Path:
    return folder / "三年级" / "三年级1班.xlsm"


def sources(report):
    return {r["文件"]: r["结果"] for r in report.rows}


def merged(folder: Path, tmp_path: Path, **options):
    return merge(folder, tmp_path / "out" / "学校汇总.xlsx", **{"jobs": 1, "today": TODAY, **options})


def sheet_rows(path: Path, name: str) -> list[dict]:
    """Rows of a sheet under its headers, which stand in the first row with more than one text."""
    grid = list(openpyxl.load_workbook(path, read_only=True)[name].iter_rows(values_only=True))
    top = next(i for i, row in enumerate(grid) if sum(isinstance(v, str) for v in row) > 1)
    return [dict(zip(grid[top], row, strict=True)) for row in grid[top + 1 :]]


class TestASchool:
    def test_is_one_workbook_with_its_detail_beside_it(self, school, tmp_path):
        report = merged(school, tmp_path)
        assert (report.ok, report.exit_code, report.issues) == (True, 0, [])
        out = tmp_path / "out" / "学校汇总.xlsx"
        assert tuple(openpyxl.load_workbook(out, read_only=True).sheetnames) == SHEETS
        assert report.written[0] == str(out)
        assert {Path(p).stem for p in report.written[1:]} == set(DETAIL_COLUMNS)
        assert all(Path(p).exists() for p in report.written)
        assert report.counts["班级"] == 2
        assert report.counts["学生"] == 32

    def test_says_what_every_class_says_of_itself(self, school, tmp_path):
        stats = merged(school, tmp_path).stats
        for path in sorted(school.rglob("*.xlsm")):
            name = path.stem.removeprefix("三年级")
            for own in rows_of(path, schema.CONVERSION_STATS):
                key = {"层级": "班级", "班级": name, "学科": own["subject"], "阶段": own["phase"]}
                (row,) = [s for s in stats if all(s[k] == v for k, v in key.items())]
                assert (row["基数"], row["已转化"], row["缺考"]) == (own["base"], own["converted"], own["absent"])
                assert row["说明"] == own["note"]
                for label, code in (("预期自然转化率", "expected"), ("偶然达标概率", "luck")):
                    assert row[label] == pytest.approx(own[code] and float(own[code]))

    def test_gives_one_json_object_with_stats_of_every_level(self, school, tmp_path):
        found = json.loads(json.dumps(merged(school, tmp_path).as_json(), ensure_ascii=False))
        assert {"action", "ok", "book", "counts", "rows", "stats", "issues", "written", "seconds"} <= set(found)
        assert {s["层级"] for s in found["stats"]} == {"全校", "年级", "班级", "学科", "教师"}
        (row,) = [s for s in found["stats"] if s["层级"] == "全校" and s["阶段"] == "期中"]
        base, converted = row["基数"], row["已转化"]
        assert row["转化率"] == f"{converted}/{base}"
        assert row["区间"] == [row["区间下限"], row["区间上限"]]

    def test_planned_writes_nothing(self, school, tmp_path):
        report = merged(school, tmp_path, plan=True)
        assert not (tmp_path / "out").exists()
        assert (report.written, len(report.planned)) == ([], 2)
        assert report.stats

    def test_leaves_the_class_workbooks_as_they_are(self, folder, tmp_path):
        before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        merged(folder, tmp_path)
        assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before

    def test_the_catalogue_names_this_function(self):
        assert BY_ID["merge"].load() is merge


class TestTheSameFolder:
    def test_gives_the_same_bytes_in_any_file_order_and_with_any_number_of_processes(
        self, folder, tmp_path, monkeypatch
    ):
        shutil.copy(class_one(folder), folder / "副本.xlsm")
        (folder / "坏.xlsx").write_bytes(b"PK\3\4 broken")
        outputs = [written(merged(folder, tmp_path / "a"))]
        outputs.append(written(merged(folder, tmp_path / "b", jobs=2)))
        found = merge_module.find_files
        monkeypatch.setattr(merge_module, "find_files", lambda *a: tuple(list(reversed(x)) for x in found(*a)))
        outputs.append(written(merged(folder, tmp_path / "c")))
        assert len(outputs[0]) == 1 + len(DETAIL_COLUMNS)
        assert outputs[0] == outputs[1] == outputs[2]

    def test_merged_again_with_the_output_inside_gives_the_same_figures(self, folder):
        out = folder / "学校汇总.xlsx"
        first = merge(folder, out, jobs=1, today=TODAY)
        shutil.copy(out, folder / "三年级" / "去年汇总.xlsx")
        second = merge(folder, out, jobs=1, today=TODAY)
        assert second.stats == first.stats
        assert sources(second)["学校汇总.xlsx"] == "未读：本次汇总的输出文件，不作为来源"
        assert sources(second)["三年级/去年汇总.xlsx"] == "未读：以前的学校汇总，不作为来源"
        assert second.exit_code == 0

    def test_progress_counts_the_files(self, school, tmp_path):
        ticks = []
        merged(school, tmp_path, progress=lambda done, total: ticks.append((done, total)))
        assert ticks == [(1, 2), (2, 2)]


def written(report) -> dict[str, bytes]:
    return {Path(p).name: Path(p).read_bytes() for p in report.written}


class TestABadFile:
    @pytest.mark.parametrize("kind", BAD_FILES)
    def test_never_stops_the_merge_and_never_vanishes(self, folder, tmp_path, kind):
        spoil, words = BAD_FILES[kind]
        spoil(class_one(folder))
        report = merged(folder, tmp_path)
        assert (report.ok, report.exit_code) == (True, 1)
        assert report.counts["班级"] == 1
        result = sources(report)["三年级/三年级1班.xlsm"]
        assert result.startswith("读不了：")
        assert words in result
        (issue,) = [i for i in report.issues if i.file == "三年级/三年级1班.xlsm"]
        assert (issue.level, issue.rule) == ("错误", "merge.file")
        assert issue.mend.startswith("请") or "请" in issue.mend
        out = tmp_path / "out" / "学校汇总.xlsx"
        assert "三年级/三年级1班.xlsm" in [r["文件"] for r in sheet_rows(out, "数据问题")]
        assert "三年级/三年级1班.xlsm" in [r["文件"] for r in sheet_rows(out, "来源")]

    def test_that_kills_its_worker_is_told_and_the_others_are_merged(self, folder, tmp_path, monkeypatch):
        from office.merge_samples import read_or_die

        monkeypatch.setattr(merge_module, "read_parts", read_or_die)
        report = merged(folder, tmp_path, jobs=2)
        assert sources(report) == {"三年级/三年级1班.xlsm": "读不了：读取时程序崩溃", "三年级/三年级2班.xlsm": "已合并"}
        assert report.exit_code == 1

    def test_a_workbook_open_elsewhere_is_read_all_the_same(self, folder, tmp_path):
        (class_one(folder).parent / "~$三年级1班.xlsm").write_bytes(b"\x05admin" + bytes(160))
        assert merged(folder, tmp_path).counts["班级"] == 2

    def test_an_identical_copy_is_read_once_and_told(self, folder, tmp_path):
        shutil.copy(class_one(folder), folder / "三年级" / "副本.xlsm")
        report = merged(folder, tmp_path)
        results = sources(report)
        assert results["三年级/副本.xlsm"] == "已合并"
        assert results["三年级/三年级1班.xlsm"] == "未读：与“三年级/副本.xlsm”相同"
        assert [i.rule for i in report.issues] == ["merge.copy"]
        assert report.exit_code == 0


class TestWhatAClassSaysWrongly:
    def test_edited_figures_are_told_with_their_cell(self, folder, tmp_path):
        path = class_one(folder)
        rows = rows_of(path, schema.CONVERSION_STATS)
        edited = next(i for i, r in enumerate(rows) if r["base"])
        set_cells(path, schema.CONVERSION_STATS, {edited: {"converted": 99}})
        report = merged(folder, tmp_path)
        (issue,) = report.issues
        assert (issue.level, issue.rule, issue.sheet) == ("提醒", "merge.stale_stats", "转化统计")
        assert issue.cell == f"F{edited + 2}"
        assert "99" in issue.message

    def test_a_changed_frozen_list_is_an_error_and_still_counts(self, folder, tmp_path):
        before = merged(folder, tmp_path / "a").stats
        path = class_one(folder)
        set_cells(path, schema.CONVERSIONS, {0: {"subject": "科学"}})
        report = merged(folder, tmp_path / "b")
        assert "freeze.changed" in [i.rule for i in report.issues if i.level == "错误"]
        assert report.exit_code == 1
        assert report.stats == before

    def test_an_unknown_policy_leaves_the_class_out(self, folder, tmp_path):
        fill(class_one(folder), {}, {"policy": "没有这个"})
        report = merged(folder, tmp_path)
        assert sources(report)["三年级/三年级1班.xlsm"].startswith("未采用：找不到制度")
        assert [(i.level, i.rule) for i in report.issues] == [("错误", "merge.policy")]

    def test_a_policy_file_beside_the_merged_folder_is_found(self, folder, tmp_path):
        from xlbangfu.policy import BUILT_IN

        fill(class_one(folder), {}, {"policy": "我校"})
        (folder / "我校.toml").write_bytes((BUILT_IN / "S7.toml").read_bytes())
        report = merged(folder, tmp_path)
        assert report.counts["班级"] == 2
        (row,) = [s for s in report.stats if s["层级"] == "全校" and s["阶段"] == "期中"]
        assert "制度不一" in row["说明"]


class TestARefusal:
    def refused(self, report, words):
        assert (report.ok, report.exit_code, report.written) == (False, 3, [])
        assert words in report.message

    def test_of_a_folder_that_is_none(self, tmp_path):
        self.refused(merged(tmp_path / "没有", tmp_path), "找不到文件夹")

    def test_of_a_folder_without_workbooks(self, tmp_path):
        (tmp_path / "空").mkdir()
        self.refused(merged(tmp_path / "空", tmp_path), "没有班级工作簿")

    def test_of_nothing_but_bad_files_keeps_the_earlier_result(self, folder, tmp_path):
        merged(folder, tmp_path)
        out = tmp_path / "out" / "学校汇总.xlsx"
        before = out.read_bytes()
        for path in folder.rglob("*.xlsm"):
            path.write_bytes(path.name.encode())
        report = merged(folder, tmp_path)
        self.refused(report, "没有一个能合并")
        assert [i.rule for i in report.issues] == ["merge.file"] * 2
        assert out.read_bytes() == before

    def test_to_overwrite_a_class_workbook(self, folder):
        target = folder / "三年级" / "三年级2班.xlsx"
        shutil.copy(folder / "三年级" / "三年级2班.xlsm", target)
        self.refused(merge(folder, target, jobs=1, today=TODAY), "不会覆盖")

    def test_of_another_ending(self, folder, tmp_path):
        self.refused(merge(folder, tmp_path / "汇总.xls", jobs=1, today=TODAY), ".xlsx")

    def test_while_the_result_is_open(self, school, tmp_path):
        merged(school, tmp_path)
        owner = b"\x06\xe5\xbc\xa0" + bytes(51) + b"\x02\x00" + "张三".encode("utf-16le") + bytes(104)
        (tmp_path / "out" / "~$学校汇总.xlsx").write_bytes(owner[:165].ljust(165, b"\0"))
        self.refused(merged(school, tmp_path), "打开")

    def test_of_a_term_that_nobody_has(self, school, tmp_path):
        self.refused(merged(school, tmp_path, term="2030春"), "2030春")


class TestPrivacy:
    def test_nothing_secret_leaves_the_classes(self, school, tmp_path):
        report = merged(school, tmp_path)
        with zipfile.ZipFile(report.written[0]) as archive:
            for name in archive.namelist():
                assert SECRET not in archive.read(name).decode("utf-8", "replace"), name
        for path in report.written[1:]:
            assert SECRET not in str(parquet.read_table(path).to_pydict()), path

    def test_care_is_counted_and_never_named_with_a_pupil(self, school, tmp_path):
        report = merged(school, tmp_path)
        texts = [
            str(v) for row in openpyxl.load_workbook(report.written[0])["总览"].iter_rows(values_only=True) for v in row
        ]
        assert any("经济困难" in t and "只计人数" in t for t in texts)
        for name in SHEETS[1:]:
            for row in openpyxl.load_workbook(report.written[0])[name].iter_rows(values_only=True):
                assert not any("经济困难" in str(v) for v in row), name

    @pytest.mark.parametrize("columns", [*SCHOOL_COLUMNS.values(), *DETAIL_COLUMNS.values()])
    def test_no_column_of_the_allow_list_is_one_that_must_stay(self, columns):
        labels = {c.label for c in columns}
        assert not labels & {
            "电话",
            "家长",
            "家庭状况",
            "关爱类别",
            "描述",
            "内容",
            "依据",
            "备注",
            "不宜结对",
            "下一步",
            "正文",
        }

    def test_a_bad_cell_in_a_private_column_is_told_without_its_content(self, folder, tmp_path):
        set_cells(class_one(folder), schema.ROSTER, {0: {"care": (SECRET,)}})
        report = merged(folder, tmp_path)
        (issue,) = report.issues
        assert (issue.sheet, issue.file) == ("名册", "三年级/三年级1班.xlsm")
        assert issue.cell
        assert SECRET not in issue.message


class TestTheDetail:
    def test_has_every_row_with_its_file_and_fingerprint(self, school, tmp_path):
        report = merged(school, tmp_path)
        tables = {Path(p).stem: parquet.read_table(p).to_pylist() for p in report.written[1:]}
        digests = {r["文件"]: r["sha256"] for r in tables["来源"]}
        for name in ("名册", "成绩", "学困生总册", "辅导记录", "书面总结"):
            assert tables[name], name
            assert all(digests[r["来源文件"]] == r["sha256"] for r in tables[name])
        assert len(tables["名册"]) == 32
        assert len(tables["成绩"]) == 2 * 3 * 3 * 16
        assert len(tables["转化统计"]) == len(report.stats)
        assert {r["学号"][0] for r in tables["名册"]} == {"0", "1"}  # leading zeros are kept

    def test_what_else_lies_in_the_folder_stays(self, school, tmp_path):
        folder = tmp_path / "out" / "学校汇总_明细"
        folder.mkdir(parents=True)
        (folder / "我的笔记.txt").write_text("x")
        merged(school, tmp_path)
        assert (folder / "我的笔记.txt").read_text() == "x"
