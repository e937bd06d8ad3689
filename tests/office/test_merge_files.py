"""Which files of a folder are read, and that every one is accounted for (spec §6, §8)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from office.merge_samples import double_or_die
from xlbangfu.office.merge_files import apart_from_copies, find_files, shown_name
from xlbangfu.office.merge_order import natural_key, subject_key
from xlbangfu.office.merge_pool import map_items, worker_count


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in" / "三年级" / "深" / "更深").mkdir(parents=True)
    return tmp_path / "in"


def put(path: Path, data: bytes = b"PK") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def found(folder, out=None):
    candidates, left_out = find_files(folder, out or folder / "学校汇总.xlsx")
    return [c.file for c in candidates], {u.file: u for u in left_out}


class TestFindingFiles:
    def test_any_depth_in_an_order_of_its_own(self, folder):
        put(folder / "三年级" / "深" / "更深" / "b.xlsm")
        put(folder / "三年级" / "a.XLSX")
        assert found(folder)[0] == ["三年级/a.XLSX", "三年级/深/更深/b.xlsm"]

    @pytest.mark.parametrize(
        "name",
        ["~$1班.xlsm", ".~lock.1班.xlsm#", "._1班.xlsm", "1班.xlsm.bak", "说明.docx", ".1班.xlsm.7-a.xlbangfu-tmp"],
    )
    def test_what_only_looks_like_a_workbook_is_none(self, folder, name):
        put(folder / name)
        put(folder / ".hidden" / "1班.xlsm")
        assert found(folder) == ([], {})

    @pytest.mark.parametrize("name", ["1班.xls", "1班.et", "1班.ods", "1班.xlsb"])
    def test_another_format_is_a_candidate_so_that_it_cannot_vanish(self, folder, name):
        put(folder / name)
        assert found(folder)[0] == [name]

    def test_restricted_records_and_the_output_itself_are_left_out_without_a_problem(self, folder):
        put(folder / "三年级" / "受限档案.xlsx")
        out = put(folder / "学校汇总.xlsx")
        names, left_out = found(folder, out)
        assert names == []
        assert all(u.harmless for u in left_out.values())
        assert set(left_out) == {"三年级/受限档案.xlsx", "学校汇总.xlsx"}

    @pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
    def test_a_link_out_of_the_folder_is_not_followed(self, folder, tmp_path):
        outside = put(tmp_path / "别处" / "2班.xlsm")
        (folder / "2班.xlsm").symlink_to(outside)
        (folder / "3班.xlsm").symlink_to(tmp_path / "没有.xlsm")
        (folder / "子").symlink_to(outside.parent)
        names, left_out = found(folder)
        assert names == []
        assert {f: u.harmless for f, u in left_out.items()} == {"2班.xlsm": False, "3班.xlsm": False}

    @pytest.mark.skipif(sys.platform != "linux", reason="names of raw bytes")
    def test_a_name_that_is_no_utf8_can_be_shown(self, folder):
        raw = os.fsencode(folder) + b"/" + "三班.xlsm".encode("gb18030")
        with open(raw, "wb") as file:
            file.write(b"PK")
        assert found(folder)[0] == ["三班.xlsm"]
        assert shown_name("a" + os.sep + "b") == "a/b"


def test_of_identical_files_the_path_that_sorts_last_is_read(folder):
    for name in ("a.xlsm", "z.xlsm", "三年级/m.xlsm"):
        put(folder / name, b"same")
    put(folder / "b.xlsm", b"other")
    candidates, _ = find_files(folder, folder / "o.xlsx")
    kept, copies = apart_from_copies(candidates)
    assert [c.file for c in kept] == ["b.xlsm", "三年级/m.xlsm"]
    assert copies == {"a.xlsm": "三年级/m.xlsm", "z.xlsm": "三年级/m.xlsm"}


class TestThePool:
    def test_results_stand_in_the_order_of_the_items(self):
        done = []
        results = map_items(double_or_die, range(6), crashed=str, jobs=2, progress=lambda *p: done.append(p))
        assert results == [0, 2, 4, 6, 8, 10]
        assert done == [(i, 6) for i in range(1, 7)]

    def test_an_item_that_kills_its_process_costs_only_itself(self):
        items = [1, 13, 2, 7, 13, 3]
        assert map_items(double_or_die, items, crashed=lambda i: f"dead {i}", jobs=2) == [
            2, "dead 13", 4, "dead 7", "dead 13", 6,
        ]  # fmt: skip

    def test_one_job_needs_no_process(self):
        assert map_items(lambda i: os.getpid(), [1, 2], crashed=lambda i: 0, jobs=1) == [os.getpid()] * 2

    def test_never_more_workers_than_items_and_at_least_one(self):
        assert worker_count(8, 3) == 3
        assert worker_count(None, 0) == 1
        with pytest.raises(ValueError, match="at least 1"):
            worker_count(0, 3)


def test_grades_classes_and_subjects_sort_as_a_school_reads_them():
    assert sorted(["三年级", "十一年级", "二年级", "初一"], key=natural_key) == ["二年级", "三年级", "十一年级", "初一"]
    assert sorted(["10班", "2班", "1班"], key=natural_key) == ["1班", "2班", "10班"]
    assert sorted(["英语", "编程", "语文", "数学"], key=subject_key) == ["语文", "数学", "英语", "编程"]
