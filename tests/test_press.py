"""What a press asks and says, on a workbook open in LibreOffice; the boxes answered by the test (spec §3, a click)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from classbooks import TODAY, make_class, pupil_ids, run_term
from office_host import attached, needs_soffice, running_office
from restrictedbooks import PASSWORD, plain_workbook, psych
from xlbangfu import schema
from xlbangfu.click import press as pressing
from xlbangfu.click.face import CANCELLED, Face
from xlbangfu.click.press import DONE, REFUSED, press
from xlbangfu.restricted.crypt import decrypt, encrypt
from xlbangfu.workbook.live import LiveWorkbook

pytestmark = [pytest.mark.libreoffice, needs_soffice, pytest.mark.xdist_group("doors")]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with running_office(tmp_path_factory.mktemp("press")) as host:
        yield host


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("XLBANGFU_DATA", str(tmp_path / "数据"))


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    path = make_class(tmp_path_factory.mktemp("source"), n=14)
    run_term(path, "pair")
    return path


@pytest.fixture
def book(office, source):
    with attached(office, office.open_copy(source), bridge=False) as found:
        yield found
    office.close_all()


class Answers:
    """A teacher in front of the boxes: answers in turn, remembers what was asked."""

    def __init__(self, monkeypatch, *, chosen: str = "", answers: tuple[str, ...] = ()) -> None:
        self.asked: list[str] = []
        self.told: list[str] = []
        waiting = list(answers)
        monkeypatch.setattr(Face, "chosen", lambda face, asks: chosen)
        monkeypatch.setattr(
            Face, "ask", lambda face, question, cancel=False: (self.asked.append(question), waiting.pop(0))[1]
        )
        monkeypatch.setattr(Face, "tell", lambda face, text: self.told.append(text))
        monkeypatch.setattr("xlbangfu.click.ask.ask_password", lambda title, prompt, again: None)


def status(book) -> str:
    return book.names[schema.STATUS_CELL].refers_to_range.value


def rows(book, sheet):
    return LiveWorkbook(book).read(sheet).table.rows


def score_file(folder: Path, name: str, marks: dict[str, float], exam: str = "") -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append([*(["考试"] if exam else []), "学号", "语文"])
    for pupil, mark in marks.items():
        sheet.append([*([exam] if exam else []), pupil, mark])
    path = folder / name
    workbook.save(path)
    return path


class TestImports:
    def test_a_file_that_names_its_exam_asks_nothing(self, book, tmp_path, monkeypatch):
        teacher = Answers(monkeypatch, chosen=str(score_file(tmp_path, "新.xlsx", {"02600001": 77}, "月考")))
        assert press(book, "import_scores", today=TODAY) == DONE
        assert teacher.asked == []
        assert [r["语文"] for r in rows(book, schema.SCORES) if r["exam"] == "月考"] == [77]
        assert "导入成绩完成" in status(book)

    def test_the_exam_is_asked_for_the_likeliest_first(self, book, tmp_path, monkeypatch):
        file = score_file(tmp_path, "三1班期末成绩.xlsx", {"02600001": 77})
        teacher = Answers(monkeypatch, chosen=str(file), answers=("no", "yes", "no"))
        assert press(book, "import_scores", today=TODAY) == DONE
        assert "“期末”" in teacher.asked[0]
        assert "“入学”" in teacher.asked[1]

    def test_without_an_exam_nothing_is_imported(self, book, tmp_path, monkeypatch):
        file = score_file(tmp_path, "成绩.xlsx", {"02600001": 77})
        Answers(monkeypatch, chosen=str(file), answers=("no", "cancel"))
        before = rows(book, schema.SCORES)
        assert press(book, "import_scores", today=TODAY) == REFUSED
        assert "没有选定考试" in status(book)
        assert rows(book, schema.SCORES) == before

    @pytest.mark.parametrize(("answer", "mark"), [("no", "kept"), ("yes", 1)])
    def test_what_differs_is_replaced_only_after_a_yes(self, book, tmp_path, monkeypatch, answer, mark):
        old = next(r["语文"] for r in rows(book, schema.SCORES) if r["exam"] == "入学")
        file = score_file(tmp_path, "成绩.xlsx", {pupil_ids(1)[0]: 1}, "入学")
        teacher = Answers(monkeypatch, chosen=str(file), answers=(answer,))
        press(book, "import_scores", today=TODAY)
        assert "1 处与表里原有的不同" in teacher.asked[0]
        now = next(r["语文"] for r in rows(book, schema.SCORES) if r["exam"] == "入学")
        assert now == (old if mark == "kept" else mark)

    def test_cancel_changes_nothing(self, book, monkeypatch):
        Answers(monkeypatch, chosen=CANCELLED)
        assert press(book, "import_roster", today=TODAY) == REFUSED
        assert status(book) == "没有选择，什么也没有改动。"

    def test_without_a_picker_the_cell_of_the_settings_counts(self, book, tmp_path, monkeypatch):
        file = score_file(tmp_path, "新.xlsx", {"02600001": 66}, "月考")
        settings = LiveWorkbook(book).read(schema.SETTINGS)
        at = next(r.at for r in settings.table if r["item"] == "导入文件")
        book.sheets["设置"].range((at, settings.header["value"])).value = str(file)
        Answers(monkeypatch, chosen="")
        assert press(book, "import_scores", today=TODAY) == DONE
        assert [r["语文"] for r in rows(book, schema.SCORES) if r["exam"] == "月考"] == [66]

    def test_a_file_that_is_none_is_one_sentence(self, book, tmp_path, monkeypatch):
        path = tmp_path / "坏.xlsx"
        path.write_bytes(b"not a workbook")
        Answers(monkeypatch, chosen=str(path))
        assert press(book, "import_scores", today=TODAY) == REFUSED
        assert "坏.xlsx" in status(book)


class TestSessions:
    def test_each_selected_row_gets_one_and_the_cursor_waits_in_content(self, book, monkeypatch):
        Answers(monkeypatch)
        sheet = book.sheets["学困生"]
        sheet.activate()
        sheet.range("A2:C4").select()
        wanted = [(r["pupil_id"], r["subject"]) for r in rows(book, schema.CASELOAD)[:3]]
        assert press(book, "session", today=TODAY) == DONE
        found = rows(book, schema.SESSIONS)
        assert [(r["pupil_id"], r["subject"]) for r in found] == wanted
        assert {r["date"] for r in found} == {TODAY}
        assert book.sheets.active.name == "辅导记录"
        assert book.selection.address == "$I$2"

    def test_from_the_first_sheet_it_asks_first(self, book, monkeypatch):
        sheet = book.sheets["学困生"]
        sheet.activate()
        sheet.range("A2").select()
        book.sheets["首页"].activate()
        teacher = Answers(monkeypatch, answers=("no",))
        assert press(book, "session", today=TODAY) == REFUSED
        assert "1 条各登记一次" in teacher.asked[0]
        assert rows(book, schema.SESSIONS) == []
        assert book.sheets.active.name == "首页"

    def test_a_header_is_nobody(self, book, monkeypatch):
        Answers(monkeypatch)
        book.sheets["名册"].activate()
        book.sheets["名册"].range("A1").select()
        assert press(book, "session", today=TODAY) == REFUSED
        assert "请先在" in status(book)


class TestRestrictedRecords:
    """The password comes from a window of its own (spec §3); tests/restricted/test_ask.py types into the real one."""

    @pytest.fixture
    def passwords(self, monkeypatch):
        """Answers in turn, None = cancelled; what was asked, and whether twice."""
        asked: list[tuple[str, bool]] = []
        waiting: list[str | None] = []

        def answer(title, prompt, *, again):
            asked.append((prompt, again))
            return waiting.pop(0)

        monkeypatch.setattr("xlbangfu.click.ask.ask_password", answer)
        return waiting, asked

    def test_the_first_press_sets_a_password_twice_and_makes_the_file(self, book, passwords):
        waiting, asked = passwords
        waiting.append(PASSWORD)
        assert press(book, "restricted", today=TODAY) == DONE
        made = Path(book.fullname).with_name("受限档案.xlsx")
        assert decrypt(made.read_bytes(), PASSWORD, made.name)
        (prompt, again) = asked[0]
        assert again and "忘了无法找回" in prompt
        assert "受限档案.xlsx" in status(book) and PASSWORD not in status(book)

    def test_the_next_one_asks_once_and_again_until_it_opens_and_dates_come_in(self, book, passwords):
        waiting, asked = passwords
        pupil = rows(book, schema.PROFILES)[0]["pupil_id"]
        made = Path(book.fullname).with_name("受限档案.xlsx")
        made.write_bytes(encrypt(plain_workbook({"心理档案": [psych(pupil, date(2026, 9, 8))]}), PASSWORD))
        waiting += ["abc-2027", PASSWORD]
        assert press(book, "restricted", today=TODAY) == DONE
        assert rows(book, schema.PROFILES)[0]["psych_on"] == date(2026, 9, 8)
        assert [again for _, again in asked] == [False, False]
        assert "密码打不开" in asked[1][0]
        assert status(book).startswith("受限档案读取完成：心理档案 1 人")
        assert press(book, "undo", today=TODAY) == DONE
        assert rows(book, schema.PROFILES)[0]["psych_on"] is None

    def test_giving_up_changes_nothing(self, book, passwords):
        waiting, _ = passwords
        waiting.append(None)
        assert press(book, "restricted", today=TODAY) == REFUSED
        assert status(book) == "没有输入密码，什么也没有改动。"
        assert not Path(book.fullname).with_name("受限档案.xlsx").exists()

    def test_where_no_window_can_be_the_sentence_names_the_command(self, book, monkeypatch):
        monkeypatch.setenv("DISPLAY", ":9999")
        assert press(book, "restricted", today=TODAY) == REFUSED
        assert "xlbangfu restricted" in status(book)


class TestButtonsWithoutATable:
    def test_the_guide_comes_to_the_front(self, book):
        assert press(book, "guide", today=TODAY) == DONE
        assert book.sheets.active.name == "使用说明"

    def test_the_doctor_says_each_row_in_a_box(self, book, monkeypatch):
        teacher = Answers(monkeypatch)
        assert press(book, "doctor", today=TODAY) == DONE
        assert "诊断完成" in status(book)
        assert "Python" in teacher.told[0]

    def test_the_merge_writes_beside_the_folder_and_leaves_this_workbook_alone(self, book, tmp_path, monkeypatch):
        folder = tmp_path / "班级"
        for name in ("1班", "2班"):
            run_term(make_class(folder, n=8, name=f"{name}.xlsm", class_name=name), "freeze")
        Answers(monkeypatch, chosen=str(folder))
        before = [rows(book, s) for s in schema.TABLES]
        assert press(book, "merge", today=TODAY) == DONE
        assert (tmp_path / "学校汇总.xlsx").exists()
        assert str(tmp_path / "学校汇总.xlsx") in status(book)
        assert [rows(book, s) for s in schema.TABLES] == before

    def test_a_merge_without_a_folder_is_one_sentence(self, book, monkeypatch):
        Answers(monkeypatch, chosen="")
        assert press(book, "merge", today=TODAY) == REFUSED
        assert "合并文件夹" in status(book)


class TestTrouble:
    def test_a_refusal_shows_its_cell(self, book):
        press(book, "undo", today=TODAY)
        assert "没有可以撤销的步骤" in status(book)
        press(book, "screen", today=date(2026, 9, 11))
        press(book, "check", today=TODAY)

    def test_an_error_is_named_by_its_cell(self, book):
        book.sheets["辅导记录"].range("A2").value = [["九月底", "02600001", None, "语文"]]
        press(book, "check", today=TODAY)
        assert "先看 辅导记录!A2" in status(book)

    def test_an_action_that_this_version_lacks_is_said(self, book, monkeypatch):
        monkeypatch.setitem(pressing.BY_ID, "check", replace(pressing.BY_ID["check"], function=""))
        assert press(book, "check", today=TODAY) == REFUSED
        assert "这一版还没有“检查数据”" in status(book)

    def test_every_action_of_the_catalogue_ends_in_a_line(self, book, monkeypatch):
        from xlbangfu.actions.catalogue import ACTIONS

        for action in ACTIONS:
            Answers(monkeypatch, chosen=CANCELLED, answers=("no",))
            book.names[schema.STATUS_CELL].refers_to_range.value = "等待"
            press(book, action.id, today=TODAY)
            assert status(book) not in ("等待", None, ""), action.id
            assert "意外" not in status(book), (action.id, status(book))


def test_no_special_is_forgotten():
    from xlbangfu.actions.catalogue import BY_ID

    assert set(pressing._SPECIAL) <= set(BY_ID)
