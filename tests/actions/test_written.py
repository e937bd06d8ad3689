"""The button 书面总结 on a class workbook (spec §3)."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import docx
import pytest

from classbooks import fill, make_class, rows_of, run, run_term, set_cells
from xlbangfu import schema
from xlbangfu.actions.book import Book
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.written import written
from xlbangfu.documents.places import output_folder
from xlbangfu.workbook.closed import ClosedWorkbook

NINE = {f"{s}_{d}.docx" for s in ("语文", "数学", "英语") for d in schema.DOCUMENTS}
BLANK = dict.fromkeys(c.code for c in schema.WRITTEN.columns)


def press_all(path: Path, *action_ids: str) -> None:
    for action_id in action_ids:
        report = run(action_id, path)
        assert report.ok, report.message


@pytest.fixture(scope="module")
def term(tmp_path_factory) -> Path:
    """A class after the term's buttons, before the papers."""
    path = make_class(tmp_path_factory.mktemp("term"))
    press_all(path, "screen", "confirm", "freeze", "profile", "plan", "pair", "group", "convert", "progress")
    return path


@pytest.fixture
def book(term, tmp_path) -> Path:
    path = tmp_path / term.name
    path.write_bytes(term.read_bytes())
    return path


def press(path: Path, **options):
    report = run("written", path, **options)
    assert report.ok, report.message
    return report


def folder_of(path: Path) -> Path:
    return output_folder(path) / "书面总结"


def said_in(path: Path) -> list[str]:
    return [p.text for p in docx.Document(str(path)).paragraphs]


class TestDrafts:
    def test_every_paper_that_is_due_gets_a_row_and_a_document(self, book):
        report = press(book)
        assert report.message == "书面总结完成：新起草 9 份，导出 9 份到“三年级1班_输出/书面总结”"
        assert report.counts == {"新起草": 9, "导出": 9, "待数据": 0}
        rows = rows_of(book, schema.WRITTEN)
        assert [(r["subject"], r["document"]) for r in rows] == [
            (s, d) for s in ("语文", "数学", "英语") for d in schema.DOCUMENTS
        ]
        assert {r["state"] for r in rows} == {"草稿"}
        assert {p.name for p in folder_of(book).iterdir()} == NINE

    def test_the_document_says_what_the_sheet_says(self, book):
        press(book)
        row = rows_of(book, schema.WRITTEN)[1]
        assert said_in(folder_of(book) / "语文_中期总结.docx")[2:-2] == row["text"].split("\n")

    def test_twice_is_once_in_the_workbook_and_in_the_files(self, book):
        press(book)
        before = {p.name: p.read_bytes() for p in folder_of(book).iterdir()}
        workbook = book.read_bytes()
        report = press(book, today=date(2027, 1, 19))
        assert report.counts["新起草"] == 0
        assert book.read_bytes() == workbook
        assert {p.name: p.read_bytes() for p in folder_of(book).iterdir()} == before

    def test_a_list_that_is_not_there_yet_makes_nothing(self, tmp_path):
        path = make_class(tmp_path, n=12)
        report = press(path)
        assert "请先识别、确认" in report.message
        assert rows_of(path, schema.WRITTEN) == []
        assert not folder_of(path).exists()

    def test_an_undecided_list_is_told_where_the_teacher_looks(self, tmp_path):
        path = make_class(tmp_path, n=12)
        press_all(path, "screen")
        first, second = press(path), press(path)
        assert [i.rule for i in first.issues if i.family == "written"] == ["written.waiting"] * 3
        assert any(r["rule"] == "written.waiting" and "待定" in r["problem"] for r in rows_of(path, schema.ISSUES))
        assert second.written == [], "the same reminder is no change"
        run("confirm", path)
        press(path)
        assert not any(r["rule"] == "written.waiting" for r in rows_of(path, schema.ISSUES))

    def test_planning_says_what_would_be_made_and_makes_nothing(self, book):
        before = book.read_bytes()
        report = press(book, plan=True)
        assert any("语文_转化方案.docx" in line for line in report.planned)
        assert book.read_bytes() == before
        assert not output_folder(book).exists()


class TestTheTeachersWords:
    """Spec §3: never rewrites a draft text in a row that exists; delete the row for a new draft."""

    def test_an_edited_text_survives_and_is_what_is_exported(self, book):
        press(book)
        set_cells(book, schema.WRITTEN, {1: {"text": "一、小结\n示例甲进步明显。", "state": "已定稿"}})
        press(book)
        assert rows_of(book, schema.WRITTEN)[1]["text"] == "一、小结\n示例甲进步明显。"
        assert "示例甲进步明显。" in said_in(folder_of(book) / "语文_中期总结.docx")

    def test_a_deleted_row_comes_back_as_a_new_draft(self, book):
        press(book)
        drafted = rows_of(book, schema.WRITTEN)[1]["text"]
        set_cells(book, schema.WRITTEN, {1: {"text": "改坏了"}})
        set_cells(book, schema.WRITTEN, {1: BLANK})
        assert press(book).counts["新起草"] == 1
        again = {(r["subject"], r["document"]): r["text"] for r in rows_of(book, schema.WRITTEN)}
        assert again["语文", "中期总结"] == drafted

    def test_a_paper_of_the_teachers_own_is_exported_too(self, book):
        fill(book, {schema.WRITTEN: [{"subject": "书法/选修", "document": "期末总结", "text": "写得好。"}]})
        assert press(book).counts == {"新起草": 9, "导出": 10, "待数据": 0}
        assert (folder_of(book) / "书法_选修_期末总结.docx").is_file()

    def test_subjects_that_make_one_file_name_make_two_files(self, book):
        rows = [{"subject": s, "document": "转化方案", "text": f"{s}稿。"} for s in ("音乐/合唱", "音乐?合唱")]
        fill(book, {schema.WRITTEN: rows})
        press(book)
        assert "音乐/合唱稿。" in said_in(folder_of(book) / "音乐_合唱_转化方案.docx")
        assert "音乐?合唱稿。" in said_in(folder_of(book) / "音乐_合唱_转化方案_2.docx")

    def test_a_paper_that_stands_twice_is_listed_and_drafted_no_third_time(self, book):
        rows = [{"subject": "语文", "document": "转化方案", "text": text} for text in ("甲稿。", "乙稿。")]
        fill(book, {schema.WRITTEN: rows})
        report = press(book)
        assert [i.cell for i in report.issues if i.sheet == "书面总结"] == ["A3"]
        assert "甲稿。" in said_in(folder_of(book) / "语文_转化方案.docx")
        assert {p.name for p in folder_of(book).iterdir()} == NINE

    @pytest.mark.parametrize(
        ("typed", "column"),
        [
            ({"subject": "语文", "document": "转化方案"}, "正文"),
            ({"subject": "语文", "text": "只有正文"}, "文种"),
            ({"document": "转化方案", "text": "只有正文"}, "学科"),
        ],
    )
    def test_a_row_that_makes_no_document_is_listed_with_its_cell(self, book, typed, column):
        fill(book, {schema.WRITTEN: [typed]})
        [issue] = [i for i in press(book).issues if i.rule == "written.blank"]
        assert (issue.sheet, issue.column) == ("书面总结", column)
        assert issue.cell.endswith("2")

    def test_odd_characters_in_a_cell_do_not_break_the_export(self, book):
        fill(
            book, {schema.WRITTEN: [{"subject": "语文", "document": "转化方案", "text": "一、学情\n=甲\x0b<乙>&\t丙"}]}
        )
        press(book)
        assert said_in(folder_of(book) / "语文_转化方案.docx")[2:-2] == ["一、学情", "=甲", "<乙>&\t丙"]


class TestTheFiles:
    def test_outcome_holds_readable_documents_before_anything_is_written(self, book):
        outcome = written(Book(ClosedWorkbook(book), BY_ID["written"], today=date(2027, 1, 18)))
        assert {f.path.name for f in outcome.files} == NINE
        assert all(docx.Document(io.BytesIO(f.content)).paragraphs for f in outcome.files)
        assert not output_folder(book).exists()

    def test_a_document_that_carries_more_than_its_page_shows_is_not_handed_out(self, book, monkeypatch):
        monkeypatch.setattr("xlbangfu.documents.summary_docx._drop_leftovers", lambda document: None)
        before = book.read_bytes()
        report = run("written", book)
        assert not report.ok and "没有生成" in report.message
        assert book.read_bytes() == before and not output_folder(book).exists()

    def test_the_message_for_the_log_names_no_pupil(self, book):
        report = press(book)
        assert not any(r["name"] in report.message for r in rows_of(book, schema.ROSTER))


def test_a_paper_that_a_teacher_went_on_writing_in_word_is_left_alone(tmp_path):
    """Nothing lost: what was saved by another program since is not overwritten, the new one lies beside it."""

    path = make_class(tmp_path, n=14)
    run_term(path, "plan")
    first = Path(next(p for p in run("written", path).written if p.endswith(".docx")))
    document = docx.Document(str(first))
    document.add_paragraph("教师在 Word 里接着写的一段。")
    stream = io.BytesIO()
    document.save(stream)
    first.write_bytes(stream.getvalue())
    report = run("written", path)
    assert first.read_bytes() == stream.getvalue()
    beside = first.with_stem(f"{first.stem}（2）")
    assert report.written == [str(beside)] and f"“{first.name}”有人改过" in report.message
    assert run("written", path).written == [], "the third press finds both as they should be"
