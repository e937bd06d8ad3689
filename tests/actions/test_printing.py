"""家长反馈单, 档案卡, 结对张贴表 from a real workbook: every file is opened and held against who may read it.

Source: spec §7, §3.
"""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from classbooks import TODAY, fill, make_class, rows_of, run, run_term, set_cells
from printedbooks import (
    SECRET_FAMILY,
    SECRET_PARENT,
    SECRET_PHONE,
    SECRET_TALK,
    cell_texts,
    full_class,
    raw_texts,
)
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.documents.pages_slip import PRINT_NOTE
from xlbangfu.documents.places import output_folder
from xlbangfu.documents.privacy import CARDS, POSTER, SLIPS, SLIPS_TO_PRINT, leftovers
from xlbangfu.programme.parent_text import DEFICIT_WORDS, name_forms, parent_text_problems
from xlbangfu.programme.rules import BANDS

CASELOAD_WORDS = (
    "学困",
    "双困",
    "识别",
    "后20%",
    "标准分",
    "百分位",
    "转化",
    "帮扶",
    "排名",
    "名次",
    "小帮手",
    "对象",
    "冻结",
    "确认",
)
SECRETS = (SECRET_PHONE, SECRET_PARENT, SECRET_FAMILY, SECRET_TALK, "经济困难", "留守")
# Every number that a parents' slip may hold: dates, the term, the class, the scale, counts, places in a list.
ALLOWED_NUMBERS = re.compile(r"2026-09-10|2026秋|三年级1班|\d+(?:\.\d+)?% 及以上| \d+ 次|^\d\. ", re.MULTILINE)


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of 40 with long names, everything printed once."""
    path = full_class(tmp_path_factory.mktemp("printed"), 40)
    for action_id in ("slips", "cards", "poster"):
        report = run(action_id, path)
        assert report.ok, report.message
    return path


@pytest.fixture
def book(term: Path, tmp_path: Path) -> Path:
    path = tmp_path / term.name
    path.write_bytes(term.read_bytes())
    return path


@pytest.fixture(scope="module")
def names(term: Path) -> dict[str, str]:
    """学号 → 姓名 of the whole class."""
    return {r["pupil_id"]: r["name"] for r in rows_of(term, schema.ROSTER)}


def outputs(path: Path) -> dict[str, bytes]:
    folder = output_folder(path)
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def slip_files(path: Path) -> dict[str, bytes]:
    """学号 → the file for that child's parents."""
    return {Path(name).stem.split("_")[0]: data for name, data in outputs(path).items() if name.startswith(f"{SLIPS}/")}


def supported(path: Path) -> set[str]:
    return {r["pupil_id"] for r in rows_of(path, schema.CASELOAD) if r["confirmed"] == "是"}


class TestEveryFile:
    def test_is_there_for_its_reader_and_no_other(self, term: Path) -> None:
        made = outputs(term)
        assert {n for n in made if not n.startswith(SLIPS + "/")} == {
            f"{n}.xlsx" for n in (SLIPS_TO_PRINT, CARDS, POSTER)
        }
        assert set(slip_files(term)) == supported(term)

    def test_carries_nothing_hidden_no_comment_no_property_and_no_link(self, term: Path) -> None:
        assert {name: leftovers(data) for name, data in outputs(term).items()} == {name: [] for name in outputs(term)}

    def test_holds_no_telephone_no_parent_no_family_and_nothing_said_in_心理辅导(self, term: Path) -> None:
        for name, data in outputs(term).items():
            package = "\n".join(raw_texts(data))
            assert not [s for s in SECRETS if s in package], name

    def test_has_no_formula_and_no_number_in_a_public_or_parents_cell(self, term: Path) -> None:
        for name, data in outputs(term).items():
            if name.startswith((SLIPS, POSTER)):
                for sheet in openpyxl.load_workbook(io.BytesIO(data)).worksheets:
                    held = [c for row in sheet.iter_rows() for c in row if c.value is not None and c.column > 1]
                    assert {c.data_type for c in held} <= {"s", "inlineStr"}, name


class TestParents:
    """spec §7: their own child alone, levels and growth, never a mark, never a rank."""

    def test_no_other_childs_name_stands_anywhere_in_the_package(self, term: Path, names: dict[str, str]) -> None:
        for pupil, data in slip_files(term).items():
            own = set(name_forms(names[pupil]))
            others = [n for p, n in names.items() if p != pupil]
            for part in raw_texts(data):
                assert not [n for n in others if n in part and n not in own]
            assert parent_text_problems("\n".join(cell_texts(data)), names[pupil], others, ()) == []

    def test_no_hurting_word_and_nothing_of_the_list_stands_there(self, term: Path) -> None:
        for pupil, data in slip_files(term).items():
            printed = "\n".join(cell_texts(data))
            assert not [w for w in (*DEFICIT_WORDS, *CASELOAD_WORDS) if w in printed], pupil

    def test_no_number_stands_there_that_could_be_a_mark_or_a_rank(self, term: Path) -> None:
        for pupil, data in slip_files(term).items():
            rest = [ALLOWED_NUMBERS.sub("", text) for text in cell_texts(data)]
            assert not [t for t in rest if re.search(r"\d", t)], pupil

    def test_no_mark_of_the_child_stands_in_any_part_of_the_package(self, term: Path) -> None:
        scores = rows_of(term, schema.SCORES)
        for pupil, data in slip_files(term).items():
            marks = {str(float(r[s])) for r in scores if r["pupil_id"] == pupil for s in ("语文", "数学", "英语")}
            texts = "\n".join(t for t in raw_texts(data) if "<si>" in t)
            assert not [m for m in marks if m in texts]

    def test_levels_are_those_of_the_marks(self, term: Path) -> None:
        scores = {(r["exam"], r["pupil_id"]): r["语文"] for r in rows_of(term, schema.SCORES)}
        for pupil, data in slip_files(term).items():
            texts = cell_texts(data)
            at = texts.index("语文")
            wanted = [
                next(name for name, least in BANDS if float(scores[exam, pupil]) >= float(least) * 100)
                for exam in ("入学", "期中", "期末")
            ]
            assert texts[at + 1 : at + 4] == wanted

    def test_the_file_to_print_has_one_child_to_a_page_and_says_how_to_hand_out(
        self, term: Path, names: dict[str, str]
    ) -> None:
        cover, *pages = openpyxl.load_workbook(io.BytesIO(outputs(term)[f"{SLIPS_TO_PRINT}.xlsx"])).worksheets
        assert PRINT_NOTE in "".join(str(c.value) for row in cover.iter_rows() for c in row)
        assert len(pages) == len(supported(term))
        for page, pupil in zip(pages, sorted(supported(term)), strict=True):
            printed = "\n".join(str(c.value) for row in page.iter_rows() for c in row if c.value)
            others = [n for p, n in names.items() if p != pupil]
            assert names[pupil] in printed
            assert parent_text_problems(printed, names[pupil], others) == []


class TestTheDayIsNoted:
    """spec §3: 档案.反馈单日期 (program)."""

    def test_with_todays_date_and_a_second_press_on_that_day_changes_nothing(self, book: Path) -> None:
        assert {r["slip_on"] for r in rows_of(book, schema.PROFILES)} == {TODAY}
        before = book.read_bytes()
        assert run("slips", book).ok
        assert book.read_bytes() == before
        run("slips", book, today=date(2026, 11, 12))
        assert {r["slip_on"] for r in rows_of(book, schema.PROFILES)} == {date(2026, 11, 12)}

    def test_nothing_else_of_the_profile_changes(self, term: Path, tmp_path: Path) -> None:
        path = full_class(tmp_path, 24)
        before = rows_of(path, schema.PROFILES)
        run("slips", path)
        assert [r.changed(slip_on=None) for r in rows_of(path, schema.PROFILES)] == before

    def test_a_child_without_a_profile_gets_a_slip_and_the_teacher_a_reminder(self, book: Path) -> None:
        lost = rows_of(book, schema.PROFILES)[0]["pupil_id"]
        set_cells(book, schema.PROFILES, {0: dict.fromkeys(c.code for c in schema.PROFILES.columns)})
        report = run("slips", book)
        assert report.counts["反馈单"] == len(supported(book))
        assert lost not in {r["pupil_id"] for r in rows_of(book, schema.PROFILES)}
        (issue,) = [i for i in report.issues if i.rule == "slips.profile"]
        assert "建立档案" in issue.mend and issue.level == "提醒"

    def test_a_reminder_that_was_heeded_is_gone(self, book: Path) -> None:
        set_cells(book, schema.PROFILES, {0: dict.fromkeys(c.code for c in schema.PROFILES.columns)})
        run("slips", book)
        run("profile", book)
        run("slips", book)
        assert not [r for r in rows_of(book, schema.ISSUES) if (r["rule"] or "").startswith("slips.")]


class TestWhatATeacherTyped:
    def test_a_sentence_with_anothers_name_is_not_printed_and_its_cell_is_listed(
        self, book: Path, names: dict[str, str]
    ) -> None:
        profiles = rows_of(book, schema.PROFILES)
        pupil = profiles[2]["pupil_id"]
        other = next(n for p, n in names.items() if p != pupil and len(n) == 3)
        set_cells(book, schema.PROFILES, {2: {"strengths": f"字写得工整。常和{other}一起打扫。"}})
        report = run("slips", book)
        (issue,) = [i for i in report.issues if i.rule == "slips.text"]
        column = [c.code for c in schema.PROFILES.columns].index("strengths")
        assert (issue.sheet, issue.cell) == ("档案", f"{chr(ord('A') + column)}{profiles[2].at}")
        assert any(r["place"] == f"档案!{issue.cell}" for r in rows_of(book, schema.ISSUES))
        printed = "".join(raw_texts(slip_files(book)[pupil]))
        assert "字写得工整" in printed and other not in printed
        assert "1 处文字没有印上" in report.message and other not in report.message


class TestTheHomeroomTeacher:
    def test_the_cards_show_marks_states_and_sessions_of_every_supported_pupil(
        self, term: Path, names: dict[str, str]
    ) -> None:
        book = openpyxl.load_workbook(io.BytesIO(outputs(term)[f"{CARDS}.xlsx"]))
        assert [ws.title.split("_", 1)[1] for ws in book.worksheets] == [
            re.sub(r"[\[\]:*?/\\']", "_", names[p]) for p in sorted(supported(term))
        ]
        texts = cell_texts(outputs(term)[f"{CARDS}.xlsx"])
        assert "心理辅导" in texts and "学困" in texts and "草案" in texts
        assert any(t.startswith("辅导记录：本学期共") for t in texts)

    def test_a_changed_workbook_is_not_written_by_cards_or_poster(self, book: Path) -> None:
        before = book.read_bytes()
        assert run("cards", book).ok and run("poster", book).ok
        assert book.read_bytes() == before

    def test_a_pupil_without_a_profile_has_a_card_and_the_teacher_a_reminder(self, book: Path) -> None:
        set_cells(book, schema.PROFILES, {0: dict.fromkeys(c.code for c in schema.PROFILES.columns)})
        report = run("cards", book)
        assert report.counts["档案卡"] == len(supported(book))
        assert [i.rule for i in report.issues if i.rule.startswith("cards.")] == ["cards.profile"]


class TestTheWall:
    """spec §7: who is on the caseload cannot be told from a posted sheet."""

    def poster(self, path: Path) -> bytes:
        assert run("poster", path).ok
        return outputs(path)[f"{POSTER}.xlsx"]

    def test_it_holds_the_names_of_the_class_in_order_and_nothing_of_the_list(
        self, term: Path, names: dict[str, str]
    ) -> None:
        (sheet,) = openpyxl.load_workbook(io.BytesIO(outputs(term)[f"{POSTER}.xlsx"])).worksheets
        column = [r[0].value for r in sheet.iter_rows() if r[0].value]
        assert column[column.index("姓名") + 1 :] == [names[p] for p in sorted(names)]
        package = "\n".join(raw_texts(outputs(term)[f"{POSTER}.xlsx"]))
        words = (*CASELOAD_WORDS, *DEFICIT_WORDS, "语文", "数学", "英语", "组长", "教师")
        assert not [w for w in words if w in package]
        assert not [p for p in names if p in package], "no 学号"

    def test_both_partners_of_every_confirmed_pair_stand_in_one_row(self, term: Path, names: dict[str, str]) -> None:
        (sheet,) = openpyxl.load_workbook(io.BytesIO(outputs(term)[f"{POSTER}.xlsx"])).worksheets
        beside = {r[0].value: (r[1].value or "").split("、") for r in sheet.iter_rows()}
        pairs = [r for r in rows_of(term, schema.PAIRS) if r["confirmed"] == "是" and r["tutor_id"]]
        assert pairs
        for row in pairs:
            one, two = names[row["tutee_id"]], names[row["tutor_id"]]
            assert two in beside[one] and one in beside[two]

    def test_another_caseload_with_the_same_partners_gives_the_very_same_file(self, book: Path) -> None:
        """Every pair turned round, every subject another, nobody or everybody on the list."""
        before = self.poster(book)
        turned: dict[int, dict[str, Any]] = {
            i: {
                "tutee_id": r["tutor_id"],
                "tutee": r["tutor"],
                "tutor_id": r["tutee_id"],
                "tutor": r["tutee"],
                "subject": "英语" if r["subject"] != "英语" else "数学",
                "pair_id": f"样本{i}",
                "reason": "样本",
                "match": i,
            }
            for i, r in enumerate(rows_of(book, schema.PAIRS))
            if r["tutor_id"]
        }
        set_cells(book, schema.PAIRS, turned)
        blank = dict.fromkeys(c.code for c in schema.CASELOAD.columns)
        set_cells(book, schema.CASELOAD, dict.fromkeys(range(len(rows_of(book, schema.CASELOAD))), blank))
        assert self.poster(book) == before

    def test_a_pair_that_is_not_confirmed_changes_nothing(self, book: Path) -> None:
        before = self.poster(book)
        rows = rows_of(book, schema.PAIRS)
        set_cells(book, schema.PAIRS, {i: {"confirmed": "否"} for i, r in enumerate(rows) if r["confirmed"] != "是"})
        assert self.poster(book) == before

    def test_the_button_does_not_even_read_the_list_the_marks_or_the_files(self) -> None:
        assert not {"学困生", "成绩", "常模", "档案", "帮扶计划", "辅导记录", "转化", "进步"} & set(
            BY_ID["poster"].reads
        )

    def test_without_a_confirmed_pair_nothing_is_posted_and_the_teacher_is_told(self, tmp_path: Path) -> None:
        path = make_class(tmp_path, n=12)
        report = run("poster", path)
        assert report.ok and "确认" in report.message and report.written == []

    def test_pupils_without_a_group_are_told_by_number_only(self, book: Path, names: dict[str, str]) -> None:
        set_cells(book, schema.GROUPS, {0: dict.fromkeys(c.code for c in schema.GROUPS.columns)})
        (issue,) = [i for i in run("poster", book).issues if i.rule == "poster.group"]
        assert "有 1 人" in issue.message and not [n for n in names.values() if n in issue.message]


class TestEveryPrintingButton:
    @pytest.mark.parametrize("action_id", ["slips", "cards"])
    def test_without_anybody_confirmed_makes_no_file_and_says_why(self, action_id: str, tmp_path: Path) -> None:
        path = make_class(tmp_path, n=12)
        run("screen", path)
        report = run(action_id, path)
        assert report.ok and "确认" in report.message
        assert outputs(path) == {}

    @pytest.mark.parametrize("action_id", ["slips", "cards", "poster"])
    def test_only_names_its_files_when_planning(self, action_id: str, book: Path) -> None:
        before = book.read_bytes()
        report = run(action_id, book, plan=True, today=date(2026, 12, 1))
        assert any(output_folder(book).name in line for line in report.planned)
        assert not output_folder(book).exists() and book.read_bytes() == before

    @pytest.mark.parametrize("action_id", ["slips", "cards", "poster"])
    def test_a_file_with_something_unseen_in_it_does_not_leave(
        self, action_id: str, book: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("xlbangfu.documents.privacy.leftovers", lambda *a: ["批注"])
        report = run(action_id, book)
        assert not report.ok and "批注" in report.message
        assert not output_folder(book).exists()

    def test_the_status_line_and_the_log_hold_no_name(self, term: Path, names: dict[str, str]) -> None:
        for row in rows_of(term, schema.LOG):
            assert not [n for n in names.values() if n in row["result"]]

    def test_a_slip_for_a_pupil_with_a_name_no_file_can_have_is_made(self, book: Path) -> None:
        profiles = rows_of(book, schema.PROFILES)
        pupil = profiles[0]["pupil_id"]
        index = [r["pupil_id"] for r in rows_of(book, schema.ROSTER)].index(pupil)
        set_cells(book, schema.ROSTER, {index: {"name": "样本/甲:乙?"}})
        for sheet in (schema.CASELOAD, schema.PROFILES):
            rows = rows_of(book, sheet)
            set_cells(book, sheet, {i: {"name": None} for i, r in enumerate(rows) if r["pupil_id"] == pupil})
        assert run("slips", book).ok
        assert pupil in slip_files(book)


def test_the_slips_of_a_class_of_one_supported_child(tmp_path: Path) -> None:
    path = make_class(tmp_path, n=6)
    case = {"pupil_id": "02600003", "subject": "语文", "case_type": "学困", "confirmed": "是", "standing": "仍符合"}
    fill(path, {schema.CASELOAD: [case]})
    report = run("slips", path)
    assert report.counts["反馈单"] == 1
    assert len(outputs(path)) == 2


class TestTheFolder:
    def test_slips_of_children_who_get_none_now_are_named(self, tmp_path):
        """spec §7: a slip that lies there from before must not be handed out by mistake."""
        path = make_class(tmp_path, n=14)
        run_term(path, "plan")
        assert run("slips", path).ok
        gone = rows_of(path, schema.CASELOAD)[0]["pupil_id"]
        at = next(i for i, r in enumerate(rows_of(path, schema.ROSTER)) if r["pupil_id"] == gone)
        set_cells(path, schema.ROSTER, {at: {"status": "转出", "status_date": TODAY}})
        found = [i for i in run("slips", path).issues if i.rule == "slips.before"]
        assert len(found) == 1 and gone in found[0].message

    def test_a_second_press_writes_no_file_and_a_busy_workbook_gets_none(self, tmp_path):
        """spec §3, §9: nothing changes, nothing is written; refused means nothing written."""
        path = make_class(tmp_path, n=14)
        run_term(path, "plan")
        path.with_name(f".~lock.{path.name}#").write_text(",somebody,elsewhere,01.09.2026 08:00,file:///x;", "utf-8")
        refused = run("slips", path)
        assert not refused.ok and refused.written == []
        assert not output_folder(path).exists()
        path.with_name(f".~lock.{path.name}#").unlink()
        assert len(run("slips", path).written) > 2
        again = run("slips", path)
        assert again.written == [] and run("slips", path, plan=True).planned == []
