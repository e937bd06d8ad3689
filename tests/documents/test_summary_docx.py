"""书面总结 as a Word document: opens, says the sheet's text, carries nothing else (spec §3, §7)."""

from __future__ import annotations

import io
import re
import time
import zipfile
from datetime import date
from xml.etree import ElementTree

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm
from hypothesis import given, settings
from hypothesis import strategies as st

from xlbangfu.documents.summary_docx import is_heading, paper_title, summary_docx, text_lines

HEADER = {
    "school": "测试小学",
    "term": "2026秋",
    "grade": "三年级",
    "class_name": "1班",
    "homeroom_teacher": "测试班主任",
}
PAPER = {
    "subject": "语文",
    "teacher": "测试语文",
    "document": "中期总结",
    "text": "一、转化结果\n名单上有 2 人：示例甲、测试乙。\n\n二、下一步\n继续。",
    "state": "已定稿",
    "handed_in_on": date(2026, 11, 10),
}
ODD = st.text(st.characters(codec=None, categories=None), max_size=60)


def opened(paper=PAPER, header=HEADER):
    return docx.Document(io.BytesIO(summary_docx(paper, header)))


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def texts(document) -> list[str]:
    return [p.text for p in document.paragraphs]


class TestWhatItSays:
    """Spec §3: title, the text as it stands in the sheet, teacher and date."""

    def test_school_term_class_subject_and_document_stand_on_top(self):
        assert texts(opened())[:2] == ["测试小学　2026秋", "三年级1班语文学困生转化中期总结"]

    @pytest.mark.parametrize(
        ("document", "class_name", "title"),
        [
            ("转化方案", "1班", "三年级1班语文学困生转化方案"),
            ("期末总结", "三年级1班", "三年级1班语文学困生转化期末总结"),
            ("期末总结", None, "三年级语文学困生转化期末总结"),
        ],
    )
    def test_the_title_says_each_thing_once(self, document, class_name, title):
        assert paper_title({**PAPER, "document": document}, {**HEADER, "class_name": class_name}) == title

    def test_the_body_is_the_sheets_text_paragraph_by_paragraph(self):
        body = ["一、转化结果", "名单上有 2 人：示例甲、测试乙。", "二、下一步", "继续。"]
        assert texts(opened())[2:-2] == body

    def test_headings_are_real_headings_and_long_numbered_sentences_are_not(self):
        long = "一、教师在教育教学中要面向全体学生，注重全体学生的发展。"
        found = opened({**PAPER, "text": f"一、学情\n{long}"})
        assert [p.style.name for p in found.paragraphs[2:4]] == ["Heading 1", "Normal"]

    def test_teacher_and_date_close_it(self):
        assert texts(opened())[-2:] == ["教师：测试语文", "2026年11月10日"]

    def test_a_paper_not_handed_in_leaves_the_date_to_the_pen(self):
        assert re.fullmatch(r"　+年　+月　+日", texts(opened({**PAPER, "handed_in_on": None}))[-1])

    def test_blank_settings_leave_no_gaps(self):
        found = texts(opened({**PAPER, "teacher": None}, dict.fromkeys(HEADER)))
        assert found[0] == "语文学困生转化中期总结"
        assert "None" not in "".join(found)

    @pytest.mark.parametrize(("state", "marked"), [("草稿", True), (None, True), ("已定稿", False)])
    def test_a_draft_says_on_every_page_that_it_is_one(self, state, marked):
        head = opened({**PAPER, "state": state}).sections[0].header
        assert ("草稿" in head.paragraphs[0].text) is marked


class TestHowItLooks:
    """A4 in Chinese fonts, pages numbered."""

    def test_the_page_is_a4(self):
        section = opened().sections[0]
        assert (round(section.page_width / Mm(1)), round(section.page_height / Mm(1))) == (210, 297)

    @pytest.mark.parametrize(("style", "font"), [("Normal", "仿宋"), ("Title", "黑体"), ("Heading 1", "黑体")])
    def test_chinese_has_its_own_font_in_every_style(self, style, font):
        document = opened()
        fonts = document.styles[style].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == font
        assert fonts.get(qn("w:hint")) == "eastAsia", "“” and · in Latin letters look broken"
        themed = [a for f in document.styles.element.iter(qn("w:rFonts")) for a in f.attrib if "Theme" in a]
        assert themed == [], "a theme font would win over ours"

    def test_pages_are_numbered_by_word_itself(self):
        foot = opened().sections[0].footer.paragraphs[0]._p
        assert [f.get(qn("w:instr")) for f in foot.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]
        assert "".join(t.text for t in foot.iter(qn("w:t"))) == "第 1 页，共 1 页"


class TestWhatItCarries:
    """Spec §7: nothing is left in properties, comments or hidden parts."""

    def test_properties_are_blank(self):
        properties = opened().core_properties
        for name in ("author", "last_modified_by", "title", "subject", "keywords", "comments", "category"):
            assert getattr(properties, name) == ""
        assert properties.created is None and properties.modified is None

    def test_only_the_parts_of_a_plain_document_are_there(self):
        found = {re.sub(r"\d", "", name) for name in parts(summary_docx(PAPER, HEADER))}
        assert found <= {
            "[Content_Types].xml",
            "_rels/.rels",
            "docProps/core.xml",
            "word/document.xml",
            "word/_rels/document.xml.rels",
            "word/styles.xml",
            "word/settings.xml",
            "word/fontTable.xml",
            "word/theme/theme.xml",
            "word/header.xml",
            "word/footer.xml",
        }

    def test_no_part_names_a_program_a_person_or_an_editing_session(self):
        for name, content in parts(summary_docx(PAPER, HEADER)).items():
            assert not re.search(rb"python|Microsoft Macintosh|w:rsid |rsidRoot|w:comment|w:vanish|w:del ", content), (
                name
            )

    def test_a_name_that_the_text_does_not_have_is_nowhere(self):
        for content in parts(summary_docx(PAPER, HEADER)).values():
            assert HEADER["homeroom_teacher"].encode() not in content

    def test_the_same_row_gives_the_same_bytes_at_any_hour(self, monkeypatch):
        first = summary_docx(PAPER, HEADER)
        monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
        monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2_000_000_000))
        assert summary_docx(PAPER, HEADER) == first
        with zipfile.ZipFile(io.BytesIO(first)) as archive:
            assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


class TestOddTexts:
    """What people paste into a cell must not break the file."""

    @settings(max_examples=60, deadline=None)
    @given(ODD, ODD, ODD)
    def test_any_text_makes_a_document_that_opens(self, text, teacher, school):
        content = summary_docx({**PAPER, "text": text, "teacher": teacher}, {**HEADER, "school": school})
        for name, part in parts(content).items():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(part)
        found = docx.Document(io.BytesIO(content))
        assert found.paragraphs[-2].text.startswith("教师：")

    @given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1), max_size=6))
    def test_paragraphs_survive_in_order_whatever_breaks_the_lines(self, lines):
        for mark in ("\n", "\r\n", "\r", "\v", "\u2028", "\n\n"):
            assert text_lines(mark.join(lines)) == lines

    def test_control_characters_go_and_the_words_stay(self):
        assert text_lines("一、学\x00情\x07\n\ud800\ufffe示例甲\t上升") == ["一、学情", "示例甲\t上升"]

    def test_markup_stays_text(self):
        assert "<w:p>&amp;</w:p>" in texts(opened({**PAPER, "text": "<w:p>&amp;</w:p>"}))

    @given(st.text(max_size=40))
    def test_a_heading_is_short_and_starts_with_a_chinese_number(self, line):
        if is_heading(line):
            assert line[0] in "一二三四五六七八九十" and "、" in line[:4] and len(line) <= 28
