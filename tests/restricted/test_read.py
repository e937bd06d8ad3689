"""What comes out of the restricted workbook: that a record exists, and when (spec §3, §7, §8)."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restrictedbooks import (
    MARKER,
    PASSWORD,
    aid,
    filled,
    plain_workbook,
    psych,
    save_in_libreoffice,
    saved,
)
from window import needs_window
from xlbangfu.restricted.crypt import Damaged, NotEncrypted, RestrictedError, WrongPassword, encrypt
from xlbangfu.restricted.read import Records, read_records, records_of
from xlbangfu.workbook import ziparchive
from xlbangfu.workbook.errors import WorkbookLocked

TODAY = date(2026, 9, 10)
KNOWN = [f"0260000{i}" for i in range(1, 6)]
FILE = "受限档案.xlsx"
EMPTY = plain_workbook()


def read(tables) -> Records:
    return records_of(filled(EMPTY, tables), FILE, KNOWN, TODAY)


def found(records: Records) -> list[tuple[str, str]]:
    return [(issue.place, issue.rule) for issue in records.issues]


class TestTheDates:
    def test_are_the_latest_of_each_sheet_and_pupil(self):
        records = read(
            {
                "心理档案": [
                    psych(KNOWN[0], date(2026, 9, 3)),
                    psych(KNOWN[0], date(2026, 9, 1)),
                    psych(KNOWN[1], TODAY),
                ],
                "资助": [aid(KNOWN[0], date(2026, 3, 1))],
            }
        )
        assert records.latest == {
            "psych": {KNOWN[0]: date(2026, 9, 3), KNOWN[1]: TODAY},
            "aid": {KNOWN[0]: date(2026, 3, 1)},
        }
        assert records.issues == ()

    def test_of_an_empty_workbook_are_none(self):
        records = records_of(EMPTY, FILE, KNOWN, TODAY)
        assert (records.latest, records.issues) == ({"psych": {}, "aid": {}}, ())
        assert (records.grade, records.class_name) == ("三年级", "1班")

    @pytest.mark.parametrize("typed", ["2026-9-1", "2026/09/01", "2026年9月1日", 46266])
    def test_may_be_typed_as_teachers_do(self, typed):
        assert read({"心理档案": [psych(KNOWN[0], typed)]}).latest["psych"] == {KNOWN[0]: date(2026, 9, 1)}

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.integers(0, 6), st.integers(-400, 40)), max_size=12))
    def test_are_what_a_count_by_hand_gives_and_every_row_is_taken_or_listed(self, drawn):
        pupils = [*KNOWN, "09999999", "09999998"]
        rows = [(pupils[who], TODAY + timedelta(days=days)) for who, days in drawn]
        records = read({"心理档案": [psych(*row) for row in rows], "资助": [aid(*row) for row in rows]})
        taken = [(who, day) for who, day in rows if who in KNOWN and day <= TODAY]
        by_hand = {who: max(day for other, day in taken if other == who) for who, _ in taken}
        assert records.latest == {"psych": by_hand, "aid": by_hand}
        assert len(records.issues) == 2 * (len(rows) - len(taken))


class TestARowThatDoesNotCount:
    @pytest.mark.parametrize(
        ("pupil_id", "day", "place", "rule"),
        [
            ("09999999", TODAY, "A2", "restricted.unknown"),
            (2600001, TODAY, "A2", "restricted.unknown"),
            (None, TODAY, "A2", "restricted.no_id"),
            (None, None, "A2", "restricted.no_id"),
            (123456789012345678, TODAY, "A2", "restricted.no_id"),
            (KNOWN[0], None, "B2", "restricted.no_date"),
            (KNOWN[0], "上周", "B2", "restricted.no_date"),
            (KNOWN[0], date(2026, 9, 11), "B2", "restricted.future"),
        ],
    )
    def test_is_listed_with_file_sheet_and_cell(self, pupil_id, day, place, rule):
        records = read({"心理档案": [psych(pupil_id, day)]})
        assert found(records) == [(f"{FILE}：心理档案!{place}", rule)]
        assert records.latest["psych"] == {}

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def test_never_repeats_a_word_of_it_whatever_column_it_was_typed_into(self, data):
        """A teacher who is one column off types an observation where the date belongs (spec §7)."""
        values = st.sampled_from([MARKER, None, KNOWN[0], date(2026, 9, 1), 7731.5])
        rows = [{w: data.draw(values) for w in ("学号", "日期", "观察", "辅导", "记录人")} for _ in range(3)]
        money = [{w: data.draw(values) for w in ("日期", "学号", "项目", "来源", "金额", "经办人")} for _ in range(3)]
        records = read({"心理档案": rows, "资助": money})
        assert MARKER not in repr(records) and "7731" not in repr(records)


class TestASheetThatWasRearranged:
    def test_a_missing_one_says_nothing_about_anybody(self):
        book = openpyxl.load_workbook(io.BytesIO(filled(EMPTY, {"资助": [aid(KNOWN[0], TODAY)]})))
        del book["心理档案"]
        records = records_of(saved(book), FILE, KNOWN, TODAY)
        assert records.latest == {"psych": None, "aid": {KNOWN[0]: TODAY}}
        assert found(records) == [(f"{FILE}：心理档案", "table.missing")]

    @pytest.mark.parametrize(("cell", "known"), [("A1", False), ("B1", False), ("C1", True)])
    def test_a_renamed_header_matters_where_it_is_needed(self, cell, known):
        book = openpyxl.load_workbook(io.BytesIO(filled(EMPTY, {"心理档案": [psych(KNOWN[0], TODAY)]})))
        book["心理档案"][cell] = "别的"
        records = records_of(saved(book), FILE, KNOWN, TODAY)
        assert records.latest["psych"] == ({KNOWN[0]: TODAY} if known else None)
        assert "table.column_missing" in [issue.rule for issue in records.issues]

    def test_columns_and_sheets_of_a_teacher_s_own_are_no_matter(self):
        book = openpyxl.load_workbook(io.BytesIO(filled(EMPTY, {"心理档案": [psych(KNOWN[0], TODAY)]})))
        book["心理档案"].insert_cols(1)
        book["心理档案"]["A1"] = "序号"
        book.create_sheet("我的笔记", 0)["A1"] = MARKER
        records = records_of(saved(book), FILE, KNOWN, TODAY)
        assert records.latest["psych"] == {KNOWN[0]: TODAY} and records.issues == ()

    def test_without_its_first_page_it_names_no_class(self):
        book = openpyxl.load_workbook(io.BytesIO(EMPTY))
        del book["说明"]
        records = records_of(saved(book), FILE, KNOWN, TODAY)
        assert (records.grade, records.class_name) == ("", "")


class TestTheFile:
    @pytest.fixture
    def path(self, tmp_path) -> Path:
        path = tmp_path / FILE
        path.write_bytes(encrypt(filled(EMPTY, {"心理档案": [psych(KNOWN[0], TODAY)]}), PASSWORD))
        return path

    def test_is_read_and_left_as_it_is(self, path):
        before = path.read_bytes(), path.stat().st_mtime_ns
        assert read_records(path, PASSWORD, KNOWN, TODAY).latest["psych"] == {KNOWN[0]: TODAY}
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before

    @pytest.mark.parametrize("lock", [f"~${FILE}", f".~lock.{FILE}#"])
    def test_is_read_while_somebody_has_it_open(self, path, lock):
        (path.parent / lock).write_bytes(bytes([4]) + "测试".encode("gbk") + b" " * 160)
        assert read_records(path, PASSWORD, KNOWN, TODAY).latest["psych"]

    def test_that_the_system_keeps_closed_is_one_sentence(self, path, monkeypatch):
        def closed(self):
            raise PermissionError(13, "in use", str(self))

        monkeypatch.setattr(Path, "read_bytes", closed)
        with pytest.raises(WorkbookLocked, match="关闭"):
            read_records(path, PASSWORD, KNOWN, TODAY)

    def test_opens_with_its_password_only(self, path):
        with pytest.raises(WrongPassword):
            read_records(path, "abc-2027", KNOWN, TODAY)
        path.write_bytes(EMPTY)
        with pytest.raises(NotEncrypted):
            read_records(path, PASSWORD, KNOWN, TODAY)

    def test_is_never_laid_open_on_the_disk(self, path, tmp_path):
        """No file is opened for writing while it is read (spec §3)."""
        script = (
            "import sys, os, tempfile\n"
            "from datetime import date\n"
            "from pathlib import Path\n"
            "opened = []\n"
            "WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND\n"
            "def hear(event, given):\n"
            "    if event == 'open' and (given[2] & WRITES or set(str(given[1])) & set('wxa+')):\n"
            "        opened.append(str(given[0]))\n"
            "    elif event in ('os.rename', 'shutil.copyfile', 'tempfile.mkstemp', 'subprocess.Popen'):\n"
            "        opened.append(event)\n"
            "sys.dont_write_bytecode = True\n"
            "sys.addaudithook(hear)\n"
            "from xlbangfu.restricted.read import read_records\n"
            f"found = read_records(Path({str(path)!r}), {PASSWORD!r}, {KNOWN!r}, date(2026, 9, 10))\n"
            "print(len(found.latest['psych']), opened)\n"
            f"open({str(tmp_path / 'seen')!r}, 'w').close()\n"
            "print(len(opened))\n"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout.split("\n")[:2] == ["1 []", "1"], "the ear itself hears a file that is written"


class TestSavedByOtherPrograms:
    def test_openpyxl_s_plain_rewriting_is_read(self):
        book = openpyxl.load_workbook(io.BytesIO(filled(EMPTY, {"资助": [aid(KNOWN[2], "2026-09-01")]})))
        assert records_of(saved(book), FILE, KNOWN, TODAY).latest["aid"] == {KNOWN[2]: date(2026, 9, 1)}

    @needs_window
    def test_libreoffice_opens_it_and_what_it_saves_is_read(self, tmp_path):
        path = tmp_path / FILE
        path.write_bytes(encrypt(filled(EMPTY, {"心理档案": [psych(KNOWN[0], date(2026, 9, 1))]}), PASSWORD))
        before = path.read_bytes()
        save_in_libreoffice(path, tmp_path, "心理档案", "B2", "2026-09-09")
        assert path.read_bytes() != before
        with pytest.raises(WrongPassword):
            read_records(path, "abc-2027", KNOWN, TODAY)
        records = read_records(path, PASSWORD, KNOWN, TODAY)
        assert (records.latest["psych"], records.issues) == ({KNOWN[0]: date(2026, 9, 9)}, ())
        assert (records.grade, records.class_name) == ("三年级", "1班")


def repacked(**changed: bytes) -> bytes:
    """The empty workbook with other contents for some parts (named by their last word)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(EMPTY)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            key = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, changed.get(key, old.read(name)))
    return out.getvalue()


class TestWhatIsInsideIsUntrusted:
    """Bounded as every foreign archive is (spec §8)."""

    def test_a_bomb_is_refused(self):
        bomb = repacked(sheet2=b"<worksheet>" + b" " * (ziparchive.MAX_RATIO * 50_000) + b"</worksheet>")
        with pytest.raises(Damaged, match="受限档案"):
            records_of(bomb, FILE, KNOWN, TODAY)

    def test_a_cell_at_the_end_of_the_world_is_refused(self):
        book = openpyxl.load_workbook(io.BytesIO(EMPTY))
        book["心理档案"]["XFD1048576"] = 1
        with pytest.raises(Damaged, match="心理档案"):
            records_of(saved(book), FILE, KNOWN, TODAY)

    def test_entities_are_refused(self):
        with zipfile.ZipFile(io.BytesIO(EMPTY)) as archive:
            part = archive.read("xl/workbook.xml")
        evil = part.replace(b"<workbook ", b'<!DOCTYPE w [<!ENTITY a "aaaa">]><workbook ', 1)
        assert evil != part
        with pytest.raises(Damaged):
            records_of(repacked(workbook=evil), FILE, KNOWN, TODAY)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, len(EMPTY) - 1), st.integers(1, 255))
    def test_a_byte_that_changed_is_one_sentence_or_no_matter(self, place, change):
        data = bytearray(EMPTY)
        data[place] ^= change
        try:
            records = records_of(bytes(data), FILE, KNOWN, TODAY)
        except RestrictedError:
            return
        assert set(records.latest) == {"psych", "aid"}
