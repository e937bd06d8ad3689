"""Printed pages: A4, long and rare names, text that stays text, the same bytes for the same words (spec §3, §7, §8)."""

from __future__ import annotations

import io
from datetime import date
from fractions import Fraction
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printedbooks import cell_texts
from xlbangfu.documents.pages import PAGE_PIXELS, Cell, Paper, shortened, text_pixels, words, wrapped
from xlbangfu.documents.pages_card import card_file
from xlbangfu.documents.pages_poster import poster_file
from xlbangfu.documents.pages_slip import PRINT_NOTE, SLIP_TITLE, print_file, slip_file
from xlbangfu.documents.privacy import leftovers
from xlbangfu.programme.cards import Card
from xlbangfu.programme.slips import Slip
from xlbangfu.table import Row

DAY = date(2026, 9, 10)
HEAD = {
    "school": "测试小学",
    "term": "2026秋",
    "class_label": "三年级1班",
    "homeroom_teacher": "测试班主任",
    "made_on": DAY,
}
LONG_NAMES = ("测试古丽·样本江·甲", "示例阿卜杜热合曼丁", "样𠮷丙")
ODD = st.text(st.characters(codec=None, categories=None), max_size=40)


def slip(name: str = "示例甲", paragraphs: int = 4, text: str = "字写得工整。", subjects: int = 3) -> Slip:
    levels = [
        Row(
            {
                "subject": f"学科{i}",
                "at_baseline": "待合格",
                "at_midterm": "低于年级平均",
                "at_final": "良",
                "growth": "有进步",
            }
        )
        for i in range(subjects)
    ]
    rows = [Row({"heading": f"标题{i}", "text": text}) for i in range(paragraphs)]
    return Slip("001", Row({**HEAD, "name": name, "scale": "等级说明"}), levels, rows)


def card(name: str = "示例甲", rows: int = 3, text: str = "讲一道题") -> Card:
    marks = {
        "subject": "语文",
        "case_type": "学困",
        "baseline": Fraction(117, 2),
        "baseline_z": -1.254,
        "final_state": "未转化",
    }
    plan = {
        "subject": "语文",
        "goal": "期末高于识别线 61 分",
        "measure": text,
        "per_week": Fraction(1, 2),
        "starts": DAY,
        "ends": DAY,
    }
    session = {"date": DAY, "form": "一对一", "minutes": 20, "content": text}
    return Card(
        "001",
        Row({**HEAD, "pupil_id": "001", "name": name}),
        Row({"causes": ("学习习惯", "心理"), "strengths": text}),
        [Row(marks)] * rows,
        [Row(plan)] * rows,
        [Row({"subject": "语文", "form": "生生", "tutor": "测试乙"})],
        [Row({"form": "一对一", "sessions": rows, "minutes": 20 * rows})],
        [Row(session)] * rows,
    )


def poster(rows: int = 3, name: str = "示例", text: str = "测试乙、样本丙") -> bytes:
    return poster_file(HEAD, [Row({"name": f"{name}{i}", "partners": text}) for i in range(rows)], DAY)


EVERY_FILE = {
    "slip": lambda text="样本": slip_file(slip(text, text=text)),
    "print": lambda text="样本": print_file([slip(text, text=text), slip("测试乙")], DAY),
    "card": lambda text="样本": card_file([card(text, text=text), card("测试乙")], DAY),
    "poster": lambda text="样本": poster(name=text, text=text),
}
every_file = pytest.mark.parametrize("make", EVERY_FILE.values(), ids=EVERY_FILE)


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


@every_file
class TestEveryFile:
    def test_is_set_up_for_a4_one_page_wide_with_everything_in_the_print_area(self, make: Any) -> None:
        for sheet in opened(make()).worksheets:
            assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "portrait")
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert sheet.page_setup.fitToWidth in (None, 1)
            last = openpyxl.utils.get_column_letter(sheet.max_column)
            assert sheet.print_area.replace("$", "").endswith(f"A1:{last}{sheet.max_row}")

    def test_carries_nothing_but_its_pages(self, make: Any) -> None:
        content = make()
        assert leftovers(content) == []
        properties = opened(content).properties
        told = [
            getattr(properties, p)
            for p in ("creator", "lastModifiedBy", "subject", "description", "keywords", "category")
        ]
        assert not any(told)
        assert properties.title

    def test_has_the_same_bytes_for_the_same_words(self, make: Any) -> None:
        assert make() == make()

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "{=1}", "http://example.org/", "007", "=样本戊"])
    def test_writes_text_as_text(self, make: Any, text: str) -> None:
        content = make(text)
        cells = [c for sheet in opened(content).worksheets for row in sheet.iter_rows() for c in row if c.value]
        assert not [c for c in cells if c.data_type in "fn"], "no formula and no number that was a text"
        assert not [c for c in cells if c.hyperlink]
        assert any(text in str(c.value) for c in cells)

    @settings(max_examples=25, deadline=None)
    @given(text=ODD)
    def test_whatever_a_cell_holds_the_file_opens(self, make: Any, text: str) -> None:
        content = make(text)
        assert cell_texts(content)
        assert leftovers(content) == []

    @pytest.mark.parametrize("name", LONG_NAMES)
    def test_a_long_or_rare_name_stands_whole(self, make: Any, name: str) -> None:
        assert any(name in found for found in cell_texts(make(name)))


class TestSlips:
    def test_every_child_has_a_page_of_one_sheet(self) -> None:
        book = opened(slip_file(slip()))
        assert book.sheetnames == [SLIP_TITLE]
        assert book.worksheets[0].page_setup.fitToHeight in (None, 1)

    def test_the_print_file_starts_with_a_cover_that_says_how_to_hand_out(self) -> None:
        content = print_file([slip("示例甲"), slip("示例甲"), slip("测试乙")], DAY)
        cover, *pages = opened(content).worksheets
        assert any(PRINT_NOTE in str(c.value) for row in cover.iter_rows() for c in row)
        assert [p.title for p in pages] == ["1_示例甲", "2_示例甲", "3_测试乙"]
        assert PRINT_NOTE not in "".join(str(c.value) for p in pages for row in p.iter_rows() for c in row)

    def test_without_any_result_there_is_no_empty_table(self) -> None:
        assert "学习水平" not in cell_texts(slip_file(slip(subjects=0)))


class TestCards:
    def test_one_sheet_per_pupil_each_on_one_page(self) -> None:
        book = opened(card_file([card("示例甲", rows=12, text="很长的内容" * 30), card("测试乙", rows=0)], DAY))
        assert book.sheetnames == ["1_示例甲", "2_测试乙"]
        assert all(ws.page_setup.fitToHeight in (None, 1) for ws in book.worksheets)

    def test_marks_z_and_state_are_told_and_a_repeated_target_once(self) -> None:
        texts = cell_texts(card_file([card()], DAY))
        assert "58.5 / -1.25" in texts and "未转化" in texts
        assert texts.count("期末高于识别线 61 分") == 1 and texts.count("同上") == 2
        assert "0.5 次/周" in texts and "困难原因" in texts

    def test_empty_parts_say_so(self) -> None:
        assert cell_texts(card_file([card(rows=0)], DAY)).count("（暂无）") == 3


class TestPosters:
    @pytest.mark.parametrize(("pupils", "pages"), [(1, 1), (28, 1), (29, 2), (60, 2), (61, 3)])
    def test_sixty_pupils_take_two_pages_with_the_header_on_each(self, pupils: int, pages: int) -> None:
        (sheet,) = opened(poster(pupils)).worksheets
        assert int(sheet.page_setup.fitToHeight or 1) == pages
        first, last = (int(n) for n in sheet.print_title_rows.replace("$", "").split(":"))
        assert first == last
        assert [sheet.cell(first, c).value for c in (1, 2)] == ["姓名", "学习伙伴"]

    def test_the_date_of_printing_does_not_stand_there(self) -> None:
        assert not any("2026-09-10" in text for text in cell_texts(poster()))


class TestWords:
    def test_values_are_printed_as_a_teacher_writes_them(self) -> None:
        assert [words(v) for v in (None, DAY, Fraction(117, 2), -1.254, ("甲", "乙"), "a\r\nb", 3)] == [
            "", "2026-09-10", "58.5", "-1.25", "甲、乙", "a\nb", "3",
        ]  # fmt: skip

    @given(ODD)
    def test_no_control_character_and_no_half_character_is_printed(self, text: str) -> None:
        printed = words(text)
        assert all(c == "\n" or c.isprintable() or ord(c) > 0x7F for c in printed)
        printed.encode("utf-8")

    @given(st.text("甲乙 ab12\n", max_size=120), st.integers(40, PAGE_PIXELS), st.integers(1, 4))
    def test_a_shortened_text_takes_no_more_lines_and_is_a_beginning(self, text: str, pixels: int, most: int) -> None:
        short = shortened(text, pixels, 10, most)
        assert wrapped(short, pixels, 10) <= most or most == 1
        assert short == text or text.startswith(short.removesuffix("…"))

    @given(st.text("甲乙ab12", max_size=60), st.integers(40, 600))
    def test_a_wider_cell_never_needs_more_lines(self, text: str, pixels: int) -> None:
        assert wrapped(text, pixels, 10) >= wrapped(text, pixels + 50, 10) >= 1
        assert text_pixels(text, 20) == pytest.approx(2 * text_pixels(text, 10))

    @settings(deadline=None)
    @given(st.lists(ODD, min_size=1, max_size=4))
    def test_any_tab_name_is_made_one_that_excel_takes(self, names: list[str]) -> None:
        paper = Paper("样本", DAY)
        for name in names:
            page = paper.page(name, (100,))
            page.line(Cell(0, 0, "样本"))
            page.finish()
        titles = [t.lower() for t in opened(paper.close()).sheetnames]
        assert len(set(titles)) == len(names)
        assert all(0 < len(t) <= 31 and not set(t) & set("[]:*?/\\") for t in titles)
