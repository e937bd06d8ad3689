"""Every file that a school may send is read as it is meant or refused in one sentence, within bounds (spec §3.1, §8).

The files lie in corpus/, what must come of each in corpusfiles.py.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from imports.corpus.make_old import OLD
from imports.corpus.make_texts import TEXTS
from imports.corpus.make_zips import zips
from imports.corpusfiles import CASES, CORPUS, PASSWORD
from xlbangfu.imports.grids import CellError
from xlbangfu.imports.reading import PasswordNeeded, SheetGrid, WrongImportPassword, read_table_file
from xlbangfu.workbook.errors import WorkbookError

READABLE = [name for name, case in CASES.items() if case.sheets]
REFUSED = [name for name, case in CASES.items() if not case.sheets]
BY_PROGRAMS = [n for n in READABLE if not n.startswith(("仿制", "加密")) and "最远" not in n and "1904" not in n]
BY_PROGRAMS.remove("LibreOffice存的xls改名.xlsx")  # calamine goes by the name
SEALED = [name for name in READABLE if CASES[name].password]
# What a sentence may say in Latin letters: programs and kinds of files, as teachers know them.
KNOWN_WORDS = {"Excel", "WPS", "Word", "Numbers", "PDF", "HTML", "MHTML", "XML", "CSV", "UTF", "Big"}
KNOWN_WORDS |= {"csv", "xls", "xlsx", "xlsm", "xlsb", "tsv", "ods"}
MEGABYTE = 2**20


def outcome(path: Path, password: str = "") -> list[SheetGrid] | str:
    """The grids, or the sentence of the refusal."""
    try:
        return read_table_file(path, password)
    except WorkbookError as problem:
        return problem.message


def plain(grids: list[SheetGrid]) -> list[tuple[str, list[list[Any]]]]:
    return [(grid.name, [list(row) for row in grid.rows]) for grid in grids]


def test_every_file_is_in_the_list_and_the_list_names_no_other():
    files = {path.name for path in CORPUS.iterdir() if path.is_file() and path.suffix != ".py" and path.name[0] != "."}
    assert files == set(CASES)
    assert max(path.stat().st_size for path in CORPUS.iterdir()) < 100_000


class TestFilesThatAreRead:
    @pytest.mark.parametrize("name", READABLE)
    def test_give_what_stands_in_them(self, name):
        case = CASES[name]
        grids = read_table_file(CORPUS / name, case.password)
        found = plain(grids)
        if case.only_first:
            assert not any(any(row) for row in found[0][1][case.only_first : -1])
            found = [(sheet, rows[: case.only_first]) for sheet, rows in found]
        assert found == list(case.sheets)
        assert [grid.hidden for grid in grids] == [False] + [True] * (len(grids) - 1)
        assert grids[0].hidden_rows == case.hidden_rows
        assert grids[0].merges == case.merges

    @pytest.mark.parametrize("name", BY_PROGRAMS)
    def test_agree_with_another_reader_wherever_that_sees_a_value(self, name):
        """calamine leaves out errors, uncalculated formulas and the zeros of number formats."""
        import python_calamine

        book = python_calamine.CalamineWorkbook.from_path(str(CORPUS / name))
        compared = 0
        for grid in read_table_file(CORPUS / name):
            theirs = book.get_sheet_by_name(grid.name).to_python(skip_empty_area=False)
            assert len(grid.rows) == len(theirs)
            for ours, row in zip(grid.rows, theirs, strict=True):
                for mine, other in zip(ours, row, strict=False):
                    if other != "" and not isinstance(mine, CellError):
                        compared += 1
                        assert mine == other or mine == f"{other:07.0f}"
        assert compared > 10

    @pytest.mark.parametrize("name", [n for n in READABLE if n not in SEALED])
    def test_read_the_same_with_a_password_that_they_do_not_need(self, name):
        assert read_table_file(CORPUS / name, "不需要") == read_table_file(CORPUS / name)


class TestFilesThatAreRefused:
    @pytest.mark.parametrize("name", REFUSED)
    def test_say_which_file_what_is_wrong_and_what_to_do(self, name):
        case = CASES[name]
        with pytest.raises(case.error) as caught:
            read_table_file(CORPUS / name)
        message = caught.value.message
        assert name in message
        assert all(word in message for word in case.words), message
        assert message.endswith("。") and "请" in message

    @pytest.mark.parametrize("name", REFUSED)
    def test_speak_chinese_and_tell_nothing_of_what_is_inside(self, name):
        message = str(outcome(CORPUS / name)).replace(name, "")
        assert set(re.findall("[A-Za-z]+", message)) <= KNOWN_WORDS
        assert not any(word in message for word in ("示例甲", "测试乙", "样本丙", "0260301"))


class TestPasswords:
    @pytest.mark.parametrize("name", SEALED)
    def test_are_asked_for(self, name):
        with pytest.raises(PasswordNeeded) as caught:
            read_table_file(CORPUS / name)
        assert caught.value.needs == "import_password"
        assert name in caught.value.message and "请输入密码" in caught.value.message

    @pytest.mark.parametrize("name", SEALED)
    def test_that_are_wrong_are_said_so_and_not_repeated(self, name, caplog):
        caplog.set_level("DEBUG")
        with pytest.raises(WrongImportPassword) as caught:
            read_table_file(CORPUS / name, "wrong-one")
        assert caught.value.needs == "import_password"
        assert "核对" in caught.value.message
        assert "wrong-one" not in caught.value.message + caplog.text

    @pytest.mark.parametrize("name", SEALED)
    def test_that_open_a_file_reach_no_log(self, name, caplog):
        caplog.set_level("DEBUG")
        read_table_file(CORPUS / name, PASSWORD)
        assert PASSWORD not in caplog.text.replace(name, "")


_ALL_IN_ONE = """
import json, resource, sys
from pathlib import Path
from xlbangfu.imports.reading import read_table_file
from xlbangfu.workbook.errors import WorkbookError
import xlrd, msoffcrypto.format.ooxml, msoffcrypto.format.xls97, olefile
import xlbangfu.imports.xlsxfiles, xlbangfu.imports.xlsfiles, xlbangfu.imports.textfiles
def peak():  # not ru_maxrss, which begins with that of the process that started this one
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**30, used + 2**30))
before, found = peak(), {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    if path.suffix != ".py" and path.is_file():
        for password in {"", sys.argv[2]}:
            try: read_table_file(path, password)
            except WorkbookError: pass
        found[path.name] = peak() - before
print(json.dumps(found))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits and figures of memory are Linux's")
class TestMemory:
    def test_no_file_takes_more_than_some_hundred_megabytes(self):
        peaks = run_apart(_ALL_IN_ONE, str(CORPUS), PASSWORD)
        assert max(peaks.values()) < 300 * MEGABYTE, max(peaks.items(), key=lambda item: item[1])

    def test_a_hundred_thousand_formatted_rows_cost_next_to_nothing(self, tmp_path):
        """Whole columns formatted down: 800,000 cells of which none holds anything."""
        row = "".join(f'<c r="{column}%d" s="1"/>' for column in "ABCDEFGH")
        blank = "".join(f'<row r="{n}">{row % ((n,) * 8)}</row>' for n in range(5, 100_005))
        folder = tmp_path / "files"
        folder.mkdir()
        _with_sheet_data(folder / "a.xlsx", blank)
        assert len(read_table_file(folder / "a.xlsx")[0].rows) == 4
        assert run_apart(_ALL_IN_ONE, str(folder), "")["a.xlsx"] < 100 * MEGABYTE

    def test_more_texts_than_any_school_has_are_refused_before_they_are_all_in_memory(self, tmp_path):
        folder = tmp_path / "files"
        folder.mkdir()
        chance = random.Random(5)
        some = "".join(f"<si><t>{chance.random()}</t></si>" for _ in range(700))
        with zipfile.ZipFile(CORPUS / "仿制-普通.xlsx") as archive:
            strings = archive.read("xl/sharedStrings.xml").decode()
        _with_part(folder / "a.xlsx", "xl/sharedStrings.xml", strings.replace("</sst>", some * 2500 + "</sst>"))
        assert 20 * MEGABYTE < run_apart(_ALL_IN_ONE, str(folder), "")["a.xlsx"] < 300 * MEGABYTE


def run_apart(script: str, *arguments: str) -> dict[str, int]:
    """Peak memory in bytes above the start, after each file, in a process that may take 1 GiB more than it has."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, int] = json.loads(done.stdout)
    return found


def _with_sheet_data(path: Path, more: str) -> None:
    with zipfile.ZipFile(CORPUS / "仿制-普通.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    _with_part(path, "xl/worksheets/sheet1.xml", sheet.replace("</sheetData>", more + "</sheetData>"))


def _with_part(path: Path, part: str, content: str | bytes) -> None:
    with zipfile.ZipFile(CORPUS / "仿制-普通.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**parts, part: content}.items():
            archive.writestr(name, data)


# ---- chance ----------------------------------------------------------------------------------------------


def mutated(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Cut off, with some bits turned, with a piece of another file, or with a piece twice or missing."""
    at, length = chance.randrange(len(data)), chance.randrange(1, 64)
    way = chance.randrange(5)
    if way == 0:
        return data[:at]
    if way == 1:
        turned = bytearray(data)
        for _ in range(chance.randrange(1, 12)):
            turned[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(turned)
    if way == 2:
        from_there = chance.randrange(len(other))
        return data[:at] + other[from_there : from_there + length] + data[at + length :]
    if way == 3:
        return data[:at] + data[at : at + length] * 2 + data[at + length :]
    return data[:at] + data[at + length :]


def mutated_part(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """The same to one part inside a zip, so that what comes after unpacking meets it."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    victim = chance.choice([name for name, part in parts.items() if part])
    parts[victim] = mutated(parts[victim], other, chance)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


class TestFilesDamagedByChance:
    """Grids or a WorkbookError with a sentence, and nothing else."""

    SMALL = [n for n in READABLE if "最远" not in n and "加密" not in n and "整行整列" not in n]
    ZIPS = ["仿制-普通.xlsx", "仿制-Strict.xlsx", "XlsxWriter写的.xlsx", "LibreOffice存的.xlsx", "仿制-合并单元格.xlsx"]

    def check(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)
        found = outcome(path, PASSWORD)
        assert found and (isinstance(found, list) or found.endswith("。")), found

    @pytest.mark.parametrize("seed", range(4))
    def test_as_a_whole(self, tmp_path, seed):
        chance = random.Random(seed)
        for turn in range(100):
            name, other = chance.choice(self.SMALL), chance.choice(self.SMALL)
            data = mutated((CORPUS / name).read_bytes(), (CORPUS / other).read_bytes(), chance)
            self.check(tmp_path / f"{turn}{Path(name).suffix}", data)

    @pytest.mark.parametrize("seed", range(4))
    def test_inside_a_zip(self, tmp_path, seed):
        chance = random.Random(seed)
        for turn in range(75):
            name, other = chance.choice(self.ZIPS), chance.choice(self.SMALL)
            data = mutated_part((CORPUS / name).read_bytes(), (CORPUS / other).read_bytes(), chance)
            self.check(tmp_path / f"{turn}.xlsx", data)

    def test_under_a_password(self, tmp_path):
        chance = random.Random(0)
        for turn in range(12):
            name = SEALED[turn % len(SEALED)]
            data = mutated((CORPUS / name).read_bytes(), b"\0" * 64, chance)
            self.check(tmp_path / f"{turn}{Path(name).suffix}", data)

    @pytest.mark.parametrize("name", ["仿制-普通.xlsx", "LibreOffice存的.xls", "仿制-SpreadsheetML2003.xls"])
    def test_cut_off_anywhere_never_gives_a_part_of_the_rows(self, tmp_path, name):
        data, whole = (CORPUS / name).read_bytes(), plain(read_table_file(CORPUS / name))
        path = tmp_path / name
        for length in range(1, len(data), max(1, len(data) // 150)):
            path.write_bytes(data[:length])
            found = outcome(path)
            assert isinstance(found, str) or plain(found) == whole


def test_what_is_made_by_hand_is_what_its_makers_make():
    """Zips are compared unpacked, for their bytes depend on zlib."""
    for name, data in {**TEXTS, **OLD, **zips()}.items():
        assert unpacked((CORPUS / name).read_bytes()) == unpacked(data), name


def unpacked(data: bytes) -> bytes | dict[str, bytes]:
    if not zipfile.is_zipfile(BytesIO(data)):
        return data if not data.startswith(b"PK") else data[:30]
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name)[:10_000] for name in archive.namelist() if not name.endswith("成绩.xlsx")}
