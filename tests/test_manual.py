"""docs/教师手册.md: every picture is there and used, every button explained, every sheet called by its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xlbangfu import schema
from xlbangfu.actions.catalogue import ACTIONS

DOCS = Path(__file__).parents[1] / "docs"
TEXT = (DOCS / "教师手册.md").read_text(encoding="utf-8")
PICTURES = DOCS / "pictures"
MOST_BYTES, MOST_BYTES_TOGETHER = 150_000, 1_600_000
TITLES = {  # what the pages that others send their readers to are about
    1: "打开工作簿", 2: "任课", 4: "成绩", 5: "常模", 7: "识别", 8: "冻结", 10: "结对", 13: "计算转化率", 17: "结对张贴表", 20: "撤销",
}  # fmt: skip
BREAK = '<div style="page-break-after: always"></div>'
PAGES = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]


def named_pictures() -> set[str]:
    return set(re.findall(r"!\[[^\]]+\]\(pictures/([^)]+)\)", TEXT))


def test_every_picture_in_the_manual_exists_and_every_picture_is_in_the_manual():
    assert named_pictures() == {p.name for p in PICTURES.iterdir()}


def test_pictures_are_small():
    sizes = {p.name: p.stat().st_size for p in PICTURES.glob("*.png")}
    assert {name: size for name, size in sizes.items() if size >= MOST_BYTES} == {}
    assert sum(sizes.values()) < MOST_BYTES_TOGETHER


@pytest.mark.parametrize("label", [a.label for a in ACTIONS if a.available])
def test_every_button_is_explained(label):
    assert f"“{label}”" in TEXT


def test_every_sheet_is_called_by_its_name():
    called = set(re.findall(r"[“「]([^”」]+)[”」]表(?![示明])", TEXT))
    assert called
    assert called <= set(schema.TAB_ORDER)


def test_every_row_of_settings_that_is_named_exists():
    labels = {row.label for row in schema.SETTING_ROWS}
    assert set(re.findall(r"“设置”表的“([^”]+)”", TEXT)) <= labels


def test_one_step_a_page_in_order_with_a_picture_and_a_way_out():
    assert [int(page.split("\u3000")[0]) for page in PAGES] == list(range(1, len(PAGES) + 1))
    assert TEXT.count(BREAK) == len(PAGES)  # one after the words before page 1, none after the last
    for page in PAGES:
        title = page.splitlines()[0]
        assert 1 <= page.count("](pictures/") <= 2, title
        assert re.search("如果|您看到的", page), title
        assert "**" in page, title


def test_the_table_at_the_top_leads_to_every_page():
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| ([0-9、]+) \|$", TEXT.split(BREAK)[0], flags=re.MULTILINE)
    numbers = [int(n) for row in rows for n in row.split("、")]
    assert set(numbers) == set(range(1, len(PAGES) + 1))
    assert [n for n in set(numbers) if numbers.count(n) > 1] == [16]  # 书面总结: at the start, and after each exam


def test_references_to_pages_are_right():
    named = {int(n) for found in re.findall(r"第 ?([0-9、]+) 页", TEXT) for n in found.split("、")}
    assert named == set(TITLES)
    for number, title in TITLES.items():
        assert title in PAGES[number - 1].splitlines()[0]


def test_the_teacher_reads_no_english():
    prose = re.sub(r"!?\[[^\]]*\]\([^)]*\)|<[^>]+>", "", TEXT)
    words = set(re.findall(r"[A-Za-z][A-Za-z0-9]+", prose))
    assert words <= {"Excel", "LibreOffice", "Word", "PDF", "Ctrl", "A4", "B95", "S1", "S11"}
