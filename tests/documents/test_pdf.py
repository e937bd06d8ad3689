"""PDFs beside the files: made in one call, replaced whole, and a sentence where none can be made (spec §3, §8)."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from office_host import needs_soffice
from xlbangfu.documents import pdf
from xlbangfu.documents.pages_poster import poster_file
from xlbangfu.documents.pdf import BY_HAND, PdfResult, to_pdf
from xlbangfu.documents.privacy import leftovers
from xlbangfu.install import programs
from xlbangfu.table import Row

DAY = date(2026, 9, 10)
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for soffice is a shell script")


def poster(path: Path, pupils: int = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [Row({"name": f"测试{i}", "partners": "示例阿卜杜热合曼丁"}) for i in range(pupils)]
    path.write_bytes(poster_file({"school": "测试小学", "class_label": "三年级1班", "term": "2026秋"}, rows, DAY))
    return path


def pages(path: Path) -> list[tuple[float, float]]:
    """Width and height in points of each page."""
    boxes = re.findall(rb"/Type\s*/Page\b[^s].*?/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", path.read_bytes(), re.DOTALL)
    return [(float(w), float(h)) for w, h in boxes]


def pdf_text(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode("utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PdfResult:
    """Two files of one name in two folders, one of them with sixty pupils, and one that is no workbook, in one call."""
    folder = tmp_path_factory.mktemp("班 级")
    broken = folder / "坏.xlsx"
    broken.write_bytes(b"PK\x03\x04 not a workbook")
    return to_pdf([poster(folder / "甲" / "表.xlsx"), poster(folder / "乙" / "表.xlsx", 60), broken])


@pytest.mark.libreoffice
@needs_soffice
@pytest.mark.xdist_group("libreoffice")
class TestByLibreOffice:
    def test_every_good_file_has_one_beside_it_and_a_bad_one_is_told(self, made: PdfResult) -> None:
        assert [f"{p.parent.name}/{p.name}" for p in made.made[:2]] == ["甲/表.pdf", "乙/表.pdf"]
        assert (made.reason, len(made.made)) in ((BY_HAND, 2), ("", 3)), "LibreOffice may take the bad one for a text"

    def test_pages_are_a4_and_as_many_as_the_print_set_up_says(self, made: PdfResult) -> None:
        assert [len(pages(p)) for p in made.made[:2]] == [1, 2]
        for path in made.made[:2]:
            assert all(abs(w - 595.3) < 1 and abs(h - 841.9) < 1 for w, h in pages(path))

    def test_they_carry_nothing_but_their_pages(self, made: PdfResult) -> None:
        assert [leftovers(p) for p in made.made[:2]] == [[], []]

    def test_no_backup_and_no_temporary_file_is_left_beside_them(self, made: PdfResult) -> None:
        folder = made.made[0].parents[1]
        assert {p.suffix for p in folder.rglob("*") if p.is_file()} == {".xlsx", ".pdf"}

    @pytest.mark.skipif(shutil.which("pdftotext") is None, reason="the pdftotext program is not installed")
    def test_the_text_is_chinese_and_the_header_stands_on_every_page(self, made: PdfResult) -> None:
        first, second, *_ = pdf_text(made.made[1]).split("\f")
        assert "三年级1班 学习伙伴" in first
        for page in (first, second):
            assert "姓名" in page and "示例阿卜杜热合曼丁" in page
        assert "测试0 " in first and "测试59" in second

    def test_an_older_pdf_is_replaced(self, tmp_path: Path) -> None:
        path = poster(tmp_path / "表.xlsx")
        path.with_suffix(".pdf").write_bytes(b"old")
        assert to_pdf([path]) == PdfResult([path.with_suffix(".pdf")], "")
        assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


@pytest.fixture
def no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_office", lambda machine: None)
    monkeypatch.setattr(programs, "find_excel", lambda machine: None)


def stand_in(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is found as soffice and does this."""
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(programs, "find_office", lambda machine: program)


class TestWhereNoneCanBeMade:
    def test_nothing_to_do_asks_nobody(self) -> None:
        assert to_pdf([]) == PdfResult([], "")

    def test_without_a_program_the_reason_says_what_to_do(self, tmp_path: Path, no_program: None) -> None:
        assert to_pdf([poster(tmp_path / "表.xlsx")]) == PdfResult([], BY_HAND)
        assert "打印" in BY_HAND and "另存为 PDF" in BY_HAND

    @posix_only
    def test_a_program_that_hangs_is_ended_with_what_it_started(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stand_in(tmp_path, f"sleep 60 & echo $! > {tmp_path}/child; wait", monkeypatch)
        monkeypatch.setattr(pdf, "START_SECONDS", 1)
        monkeypatch.setattr(pdf, "FILE_SECONDS", 0)
        started = time.monotonic()
        assert to_pdf([poster(tmp_path / "表.xlsx")]) == PdfResult([], BY_HAND)
        assert time.monotonic() - started < 20
        child = Path("/proc") / (tmp_path / "child").read_text().strip() / "cmdline"
        time.sleep(0.2)
        assert not child.exists() or child.read_bytes() == b"", "gone, or waiting to be buried"

    @posix_only
    @pytest.mark.parametrize("made", ["", "not a pdf", "%PDF-1.6 /Author(x) %%EOF", "%PDF-1.6 cut off"])
    def test_a_pdf_that_is_none_or_carries_more_is_not_handed_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str
    ) -> None:
        script = f"for f in *.xlsx; do printf '{made}' > ${{f%.xlsx}}.pdf; done".replace("%PDF", "%%PDF").replace(
            "%%EOF", "%%%%EOF"
        )
        stand_in(tmp_path, script, monkeypatch)
        assert to_pdf([poster(tmp_path / "表.xlsx")]) == PdfResult([], BY_HAND)
        assert not (tmp_path / "表.pdf").exists()

    @posix_only
    def test_a_good_one_from_the_stand_in_is_handed_out(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The tests above fail for their own reason and not because of the stand-in."""
        stand_in(tmp_path, "for f in *.xlsx; do printf '%%PDF-1.6 %%%%EOF' > ${f%.xlsx}.pdf; done", monkeypatch)
        path = poster(tmp_path / "表.xlsx")
        assert to_pdf([path]) == PdfResult([tmp_path / "表.pdf"], "")

    @posix_only
    def test_a_pdf_that_cannot_be_replaced_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        stand_in(tmp_path, "for f in *.xlsx; do printf '%%PDF-1.6 %%%%EOF' > ${f%.xlsx}.pdf; done", monkeypatch)
        path = poster(tmp_path / "表.xlsx")
        (tmp_path / "表.pdf").mkdir()
        result = to_pdf([path])
        assert result.made == [] and "“表.pdf”可能正打开着" in result.reason
