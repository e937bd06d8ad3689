"""Who may see what, in the one place where it is decided; and what a file carries unseen (spec §7)."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from xlbangfu import schema
from xlbangfu.documents.pages_poster import poster_file
from xlbangfu.documents.privacy import (
    CARDS,
    NEVER,
    OUTPUTS,
    PAGE,
    POSTER,
    SLIPS,
    SMALLEST_COUNT,
    SUPPRESSED,
    WRITTEN,
    Output,
    Reader,
    allow,
    leftovers,
    output,
    suppress_small,
)
from xlbangfu.documents.summary_docx import summary_docx
from xlbangfu.table import Row

COLUMNS = sorted({c.code for sheet in schema.TABLES for c in sheet.columns})
PARTS = [(o.name, part) for o in OUTPUTS.values() for part in o.parts]


class TestTheAllowLists:
    @pytest.mark.parametrize(("name", "part"), PARTS)
    def test_a_row_of_every_column_there_is_comes_out_with_the_allowed_ones_alone(self, name: str, part: str) -> None:
        row = Row(dict.fromkeys([*COLUMNS, *OUTPUTS[name].parts[part], "newly_added_column"], "词"), at=7)
        (narrowed,) = allow(name, [row], part)
        assert set(narrowed) == OUTPUTS[name].parts[part]
        assert narrowed.at == 7
        assert not set(narrowed) & NEVER[OUTPUTS[name].reader]

    @pytest.mark.parametrize("reader", list(Reader))
    def test_an_output_that_allowed_what_its_reader_may_never_see_cannot_be_defined(self, reader: Reader) -> None:
        for column in NEVER[reader]:
            with pytest.raises(ValueError, match=column):
                Output("样本", reader, {"rows": frozenset((column, "name"))})

    def test_every_reader_is_kept_from_telephones_parents_and_care(self) -> None:
        for reader in Reader:
            assert {"phone", "parent", "family", "care", "psych_on", "aid_on"} <= NEVER[reader]

    def test_parents_and_the_public_are_kept_from_marks_ranks_and_the_list(self) -> None:
        for reader in (Reader.PARENT, Reader.PUBLIC):
            assert {"score", "z", "percentile", "basis", "case_type", "confirmed", "rci", "tutee", "tutor"} <= NEVER[
                reader
            ]

    def test_the_public_sees_neither_学号_nor_subject(self) -> None:
        assert {"pupil_id", "subject", "role"} <= NEVER[Reader.PUBLIC]
        assert output(POSTER).parts["rows"] == {"name", "partners"}

    def test_the_columns_that_are_forbidden_are_columns_that_exist(self) -> None:
        """A misspelt one would forbid nothing."""
        assert set().union(*NEVER.values()) <= set(COLUMNS)

    def test_unknown_outputs_and_parts_let_nothing_through(self) -> None:
        for call in (lambda: allow("样本", []), lambda: allow(POSTER, [], "样本"), lambda: suppress_small({}, "样本")):
            with pytest.raises(LookupError):
                call()

    @pytest.mark.parametrize("number", [58, 58.5, Fraction(117, 2), -1.25])
    def test_a_number_cannot_pass_for_a_level(self, number: Any) -> None:
        with pytest.raises(ValueError, match="at_final"):
            allow(SLIPS, [{"subject": "语文", "at_final": number}], "levels")
        assert allow(CARDS, [{"subject": "语文", "final": number}], "marks")[0]["final"] == number

    def test_a_date_is_no_number(self) -> None:
        assert allow(SLIPS, [{"made_on": date(2026, 9, 10)}], PAGE)[0]["made_on"] == date(2026, 9, 10)

    def test_what_was_said_in_心理辅导_is_blank_and_that_it_was_held_is_not(self) -> None:
        row = {"date": date(2026, 9, 10), "form": "心理辅导", "minutes": 30, "content": "样本", "effect": 4}
        (kept,) = allow(CARDS, [row], "sessions")
        assert kept == {**row, "content": None, "effect": None}
        (other,) = allow(CARDS, [{**row, "form": "一对一"}], "sessions")
        assert other["content"] == "样本"

    def test_written_summaries_are_for_the_office(self) -> None:
        assert output(WRITTEN).reader is Reader.OFFICE
        assert allow(WRITTEN, [{"subject": "语文", "text": "正文", "phone": "1"}]) == [
            {"subject": "语文", "text": "正文"}
        ]


class TestSmallCounts:
    @given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 60)))
    def test_under_five_is_not_told_in_public_and_told_at_school(self, counts: dict[str, int]) -> None:
        public = suppress_small(counts, POSTER)
        assert public == {k: n if n >= SMALLEST_COUNT else SUPPRESSED for k, n in counts.items()}
        assert suppress_small(counts, CARDS) == counts


# ---- what a file carries unseen ------------------------------------------------------------------------


def workbook(change: Callable[[Any], None] = lambda book: None) -> bytes:
    """A workbook as openpyxl saves it, with nothing in its properties, changed by `change`."""
    book = openpyxl.Workbook()
    book.properties.creator = ""
    book.active["A1"] = "学习伙伴"
    change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def document(change: Callable[[Any], None] = lambda paper: None) -> bytes:
    """A written summary as the program makes it, opened and changed by `change`."""
    row = {"subject": "语文", "teacher": "测试语文", "document": "中期总结", "text": "正文", "state": "草稿"}
    paper = docx.Document(io.BytesIO(summary_docx(row, {"school": "测试小学", "term": "2026秋"})))
    change(paper)
    stream = io.BytesIO()
    paper.save(stream)
    return stream.getvalue()


def printed() -> bytes:
    """A sheet for the wall as the program makes it."""
    return poster_file({"class_label": "三年级1班"}, [{"name": "示例甲", "partners": "测试乙"}], date(2026, 9, 10))


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    """The package with one part more, or in place of the one of that name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for old in source.namelist():
            if old != name:
                target.writestr(old, source.read(old))
        target.writestr(name, data)
    return stream.getvalue()


def replaced(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        part = source.read(name)
    assert old in part
    return with_part(content, name, part.replace(old, new))


def _hide_sheet(book: Any) -> None:
    book.create_sheet("名单").sheet_state = "hidden"


def _hide_sheet_well(book: Any) -> None:
    book.create_sheet("名单").sheet_state = "veryHidden"


def _hide_row(book: Any) -> None:
    book.active["A2"] = "名单"
    book.active.row_dimensions[2].hidden = True


def _hide_column(book: Any) -> None:
    book.active.column_dimensions["C"].hidden = True


def _comment(book: Any) -> None:
    book.active["A1"].comment = Comment("样本", "测试教师")


def _define_name(book: Any) -> None:
    book.defined_names["名单"] = DefinedName("名单", attr_text="Sheet!$A$1")


def _link(book: Any) -> None:
    book.active["A1"].hyperlink = "https://example.org/"


def _invisible_format(book: Any) -> None:
    book.active["A1"].number_format = ";;;"


def _author(book: Any) -> None:
    book.properties.creator = "测试教师"


def _company(book: Any) -> None:
    book.properties.keywords = "名单"


PLANTED_IN_WORKBOOKS: list[tuple[Callable[[Any], None], str]] = [
    (_hide_sheet, "隐藏的工作表"),
    (_hide_sheet_well, "隐藏的工作表"),
    (_hide_row, "隐藏的行"),
    (_hide_column, "隐藏的列"),
    (_comment, "批注"),
    (_define_name, "定义的名称"),
    (_link, "外部链接"),
    (_invisible_format, "看不见的数字格式"),
    (_author, "文档属性"),
    (_company, "文档属性"),
]
PLANTED_PARTS = [
    ("xl/vbaProject.bin", "宏或控件"),
    ("xl/embeddings/oleObject1.bin", "嵌入对象"),
    ("xl/externalLinks/externalLink1.xml", "外部链接"),
    ("xl/connections.xml", "外部链接"),
    ("customXml/item1.xml", "自定义数据"),
    ("docProps/custom.xml", "自定义数据"),
    ("xl/pivotCache/pivotCacheRecords1.xml", "缓存的数据"),
    ("xl/printerSettings/printerSettings1.bin", "打印机信息"),
    ("xl/threadedComments/threadedComment1.xml", "批注"),
    ("xl/persons/person.xml", "批注"),
    ("docProps/thumbnail.jpeg", "缩略图"),
]


class TestLeftovers:
    """spec §7: before a file leaves, it is scanned."""

    def test_a_clean_workbook_and_a_clean_document_have_none(self) -> None:
        def dressed(book: Any) -> None:
            book.active.print_area = "A1:B2"
            book.active.print_title_rows = "1:1"
            book.active.oddFooter.left.text = "2026秋"
            book.properties.title = "学习伙伴"
            book.properties.created = datetime(2026, 9, 10)

        assert leftovers(workbook(dressed)) == []
        assert leftovers(printed()) == []
        assert leftovers(document()) == []

    @pytest.mark.parametrize(("plant", "finding"), PLANTED_IN_WORKBOOKS, ids=lambda x: getattr(x, "__name__", x))
    def test_what_was_planted_in_a_workbook_is_found(self, plant: Callable[[Any], None], finding: str) -> None:
        assert finding in leftovers(workbook(plant))

    @pytest.mark.parametrize(("name", "finding"), PLANTED_PARTS)
    def test_a_part_that_has_no_business_there_is_found(self, name: str, finding: str) -> None:
        assert finding in leftovers(with_part(workbook(), name, b"<x/>"))

    def test_a_text_that_no_cell_shows_is_found(self) -> None:
        content = replaced(printed(), "xl/sharedStrings.xml", b"</sst>", "<si><t>名单</t></si></sst>".encode())
        assert leftovers(content) == ["没有显示的文字"]

    def test_a_manager_or_company_in_the_programs_own_properties_is_found(self) -> None:
        content = replaced(workbook(), "docProps/app.xml", b"</Properties>", b"<Manager>x</Manager></Properties>")
        assert leftovers(content) == ["文档属性"]

    def test_a_documents_hidden_text_changes_comments_and_author_are_found(self) -> None:
        def vanish(paper: Any) -> None:
            paper.add_paragraph().add_run("名单").font.hidden = True

        def author(paper: Any) -> None:
            paper.core_properties.author = "测试教师"

        assert leftovers(document(vanish)) == ["隐藏的文字"]
        assert leftovers(document(author)) == ["文档属性"]
        changed = replaced(document(), "word/document.xml", b"<w:body>", b'<w:body><w:ins w:id="1" w:author="x"/>')
        assert leftovers(changed) == ["修订记录"]
        assert "批注" in leftovers(with_part(document(), "word/comments.xml", b"<x/>"))

    def test_the_school_may_stand_in_the_properties_where_it_is_allowed(self) -> None:
        content = document(lambda paper: setattr(paper.core_properties, "author", "测试小学&附属"))
        assert leftovers(content) == ["文档属性"]
        assert leftovers(content, allowed=["测试小学&附属"]) == []

    def test_a_path_will_do(self, tmp_path: Any) -> None:
        file = tmp_path / "名单.xlsx"
        file.write_bytes(workbook(_hide_sheet))
        assert leftovers(file) == ["隐藏的工作表"]

    @given(st.binary(max_size=200))
    def test_a_file_that_cannot_be_read_is_a_finding_and_not_a_crash(self, junk: bytes) -> None:
        assert leftovers(junk) != []

    def test_half_a_file_is_a_finding(self) -> None:
        content = workbook()
        assert leftovers(content[: len(content) // 2]) == ["读不出来的文件"]

    def test_a_pdfs_author_script_and_attachment_are_found(self) -> None:
        assert leftovers(b"%PDF-1.6 /Title(x)/Producer(y) %%EOF") == []
        assert leftovers(b"%PDF-1.6 /Author(x) %%EOF") == ["文档属性"]
        assert leftovers(b"%PDF-1.6 /EmbeddedFiles 3 0 R /S/JavaScript %%EOF") == ["嵌入对象", "宏或控件"]
        assert leftovers(b"%PDF-1.6 /Title(x)") == ["读不出来的文件"]

    def test_in_a_pdf_the_bytes_of_pictures_and_text_say_nothing_and_packed_objects_do(self) -> None:
        assert leftovers(b"%PDF-1.6 <</Length 9>> stream\n /Author(x) endstream %%EOF") == []
        packed = zlib.compress(b"1 0 /Author(x)")
        assert leftovers(b"%PDF-1.6 <</Type/ObjStm/N 1>>\nstream\r\n" + packed + b"\nendstream %%EOF") == ["文档属性"]
