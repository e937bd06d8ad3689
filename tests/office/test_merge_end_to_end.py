"""The merge on real files: nothing stops it, nothing vanishes, nothing depends on order (spec §6)."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from classbooks import make_class, rows_of, run_term, set_cells
from xlbangfu import schema
from xlbangfu.office.merge import merge
from xlbangfu.workbook.closed import looks_like_class_workbook

TODAY = date(2027, 1, 22)
pytestmark = pytest.mark.xdist_group("merge")


@pytest.fixture(scope="module")
def term(tmp_path_factory) -> Path:
    """Two classes after their term, in folders of different depth."""
    folder = tmp_path_factory.mktemp("school")
    for place, name in ((folder / "三年级", "1班"), (folder / "三年级" / "新楼", "2班")):
        path = make_class(place, n=26, name=f"三年级{name}.xlsm", class_name=name)
        if name == "2班":
            roster = rows_of(path, schema.ROSTER)
            ids = {r["pupil_id"]: f"1{r['pupil_id'][1:]}" for r in roster}
            set_cells(path, schema.ROSTER, {i: {"pupil_id": ids[r["pupil_id"]]} for i, r in enumerate(roster)})
            scores = rows_of(path, schema.SCORES)
            set_cells(path, schema.SCORES, {i: {"pupil_id": ids[r["pupil_id"]]} for i, r in enumerate(scores)})
        run_term(path)
    return folder


@pytest.fixture
def school(term, tmp_path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(term, tmp_path / "school"))


def merged(folder: Path, **options):
    out = folder.parent / f"{options.pop('name', '学校汇总')}.xlsx"
    return merge(folder, out, today=TODAY, **{"jobs": 1, **options}), out


def sources(out: Path) -> list[dict]:
    rows = list(openpyxl.load_workbook(out, data_only=True)["来源"].iter_rows(values_only=True))
    top = next(i for i, r in enumerate(rows) if r and "文件" in r)
    return [dict(zip(rows[top], r, strict=True)) for r in rows[top + 1 :] if r[0]]


class TestEveryFile:
    def test_stands_in_the_sources_with_its_hash(self, school):
        report, out = merged(school)
        assert report.exit_code == 0, report.issues
        listed = {r["文件"]: r for r in sources(out)}
        for path in school.rglob("*.xlsm"):
            row = next(r for name, r in listed.items() if name.endswith(path.name))
            assert hashlib.sha256(path.read_bytes()).hexdigest() in row.values()

    @pytest.mark.parametrize(
        "content",
        [b"", b"not a workbook", b"PK\x03\x04 cut off", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)],
        ids=["empty", "text", "truncated", "encrypted"],
    )
    def test_that_is_bad_never_stops_the_merge_and_never_vanishes(self, school, content):
        (school / "坏文件.xlsm").write_bytes(content)
        report, out = merged(school)
        assert report.ok
        assert report.exit_code == 1
        assert any("坏文件" in str(r["文件"]) for r in sources(out))
        assert any("坏文件" in (i.file or i.message) for i in report.issues)
        assert report.counts["班级"] == 2

    def test_of_an_open_workbook_is_read_and_owner_files_are_no_workbooks(self, school):
        (school / "三年级" / "~$三年级1班.xlsm").write_bytes(bytes(165))
        report, out = merged(school)
        assert report.counts["班级"] == 2
        assert not [r for r in sources(out) if "~$" in str(r["文件"])]

    def test_that_is_a_copy_is_read_once_and_said(self, school):
        shutil.copy(school / "三年级" / "三年级1班.xlsm", school / "副本.xlsm")
        report, out = merged(school)
        assert report.counts["班级"] == 2
        assert len([r for r in sources(out) if "副本" in str(r["文件"])]) == 1

    def test_of_the_same_class_twice_only_the_later_counts(self, school):
        path = school / "三年级" / "旧版本.xlsm"
        shutil.copy(school / "三年级" / "三年级1班.xlsm", path)
        log = rows_of(path, schema.LOG)
        earlier = {i: {"at": r["at"].replace(year=2020)} for i, r in enumerate(log)}
        set_cells(path, schema.LOG, earlier)
        report, out = merged(school)
        assert report.counts["班级"] == 2
        row = next(r for r in sources(out) if "旧版本" in str(r["文件"]))
        assert any("未采用" in str(v) for v in row.values())

    def test_stays_as_it_was(self, school):
        before = {p: p.read_bytes() for p in school.rglob("*.xlsm")}
        merged(school)
        assert {p: p.read_bytes() for p in school.rglob("*.xlsm")} == before


class TestTheResult:
    def test_does_not_depend_on_names_order_or_processes(self, school):
        one, first = merged(school, name="一")
        two, second = merged(school, name="二", jobs=2)
        assert one.stats == two.stats
        sheets = [
            {s.title: list(s.iter_rows(values_only=True)) for s in openpyxl.load_workbook(out)}
            for out in (first, second)
        ]
        assert sheets[0] == sheets[1]

    def test_is_no_class_workbook_and_a_second_merge_leaves_it_out(self, school):
        out = school / "学校汇总.xlsx"
        merge(school, out, jobs=1, today=TODAY)
        assert looks_like_class_workbook(out) is False
        again = merge(school, school / "学校汇总2.xlsx", jobs=1, today=TODAY)
        assert again.counts["班级"] == 2

    def test_has_the_rows_as_parquet_beside_it_without_private_columns(self, school):
        import pyarrow.parquet as parquet

        _, out = merged(school)
        folder = out.with_name(f"{out.stem}_明细")
        tables = {p.stem: parquet.read_table(p) for p in folder.glob("*.parquet")}
        rows = sum(len(rows_of(p, schema.CASELOAD)) for p in school.rglob("*.xlsm"))
        assert tables["学困生总册"].num_rows == rows
        for name, table in tables.items():
            assert not {"电话", "家长", "家庭状况", "关爱类别", "描述", "内容"} & set(table.column_names), name

    def test_shows_no_private_column_on_any_sheet(self, school):
        _, out = merged(school)
        for sheet in openpyxl.load_workbook(out):
            cells = {str(c) for row in sheet.iter_rows(values_only=True) for c in row if c is not None}
            assert not {"电话", "家长", "家庭状况", "描述"} & cells, sheet.title

    def test_has_native_charts(self, school):
        _, out = merged(school)
        assert sum(len(s._charts) for s in openpyxl.load_workbook(out)) >= 3

    def test_an_empty_folder_is_refused_and_nothing_written(self, tmp_path):
        (tmp_path / "空").mkdir()
        report, out = merged(tmp_path / "空")
        assert (report.ok, report.exit_code) == (False, 3)
        assert not out.exists()

    def test_planning_writes_nothing(self, school):
        _, out = merged(school, plan=True)
        assert not out.exists()
