"""Which file is a class's (spec §3: beside the class workbook)."""

from __future__ import annotations

import shutil

import pytest

from xlbangfu.restricted.where import existing_file, new_file
from xlbangfu.workbook.template import template_path


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "三年级1班.xlsm"
    shutil.copyfile(template_path(), path)
    return path


def put(folder, *names, content=b""):
    for name in names:
        (folder / name).write_bytes(content)


class TestTheFileThatIsThere:
    def test_none_at_first(self, book):
        assert existing_file(book) is None

    def test_the_shared_name(self, book, tmp_path):
        put(tmp_path, "受限档案.xlsx")
        assert existing_file(book).name == "受限档案.xlsx"

    def test_the_class_s_own_name_goes_first(self, book, tmp_path):
        put(tmp_path, "受限档案.xlsx", "三年级1班_受限档案.xlsx", "三年级2班_受限档案.xlsx")
        assert existing_file(book).name == "三年级1班_受限档案.xlsx"

    def test_a_folder_of_that_name_is_none(self, book, tmp_path):
        (tmp_path / "受限档案.xlsx").mkdir()
        assert existing_file(book) is None


class TestTheNameOfANewOne:
    def test_is_the_short_one_where_the_class_is_alone(self, book):
        assert new_file(book).name == "受限档案.xlsx"

    def test_names_the_class_beside_another_class(self, book, tmp_path):
        shutil.copyfile(book, tmp_path / "三年级2班.xlsx")
        assert new_file(book).name == "三年级1班_受限档案.xlsx"

    def test_names_the_class_beside_a_workbook_that_cannot_be_read(self, book, tmp_path):
        put(tmp_path, "三年级2班.xlsm", content=b"locked away")
        assert new_file(book).name == "三年级1班_受限档案.xlsx"

    def test_owner_files_backups_restricted_files_and_score_sheets_are_no_class(self, book, tmp_path):
        put(tmp_path, "~$三年级1班.xlsm", ".~lock.三年级1班.xlsm#", "三年级1班.xlsm.bak", "三年级2班_受限档案.xlsx")
        import openpyxl

        openpyxl.Workbook().save(tmp_path / "期中成绩.xlsx")
        assert new_file(book).name == "受限档案.xlsx"
