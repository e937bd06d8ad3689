"""What an import asks before it writes: password, exam, columns, replacing; the boxes answered by the test (spec §3, §3.1)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from classbooks import TODAY
from imports.corpusfiles import CORPUS
from imports.tablefiles import workbook
from messycases import HEAD, ODD, make_messy_class
from office_host import attached, needs_soffice, running_office
from restrictedbooks import PASSWORD
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.click import press as pressing
from xlbangfu.click.ask import NoWindow
from xlbangfu.click.face import NO, YES, Face
from xlbangfu.click.press import DONE, NO_PASSWORD, NO_WINDOW_FOR_FILE, REFUSED, press
from xlbangfu.restricted.crypt import encrypt
from xlbangfu.workbook.live import LiveWorkbook

pytestmark = [pytest.mark.libreoffice, needs_soffice, pytest.mark.xdist_group("doors")]
WRONG = "wrong-Pass-7"
MARKS = [HEAD, ["0260301", "示例甲", 80, 81], ["0260302", "测试乙", "缺", 71]]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with running_office(tmp_path_factory.mktemp("press")) as host:
        yield host


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return make_messy_class(tmp_path_factory.mktemp("source"))


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XLBANGFU_DATA", str(tmp_path / "数据"))
    return tmp_path / "数据"


@pytest.fixture
def book(office, source, data):
    with attached(office, office.open_copy(source), bridge=False) as found:
        yield found
    office.close_all()


@dataclass
class Teacher:
    """Answers boxes and password windows in turn; remembers every word that was shown."""

    chosen: Path
    answers: list[str] = field(default_factory=list)
    passwords: list[str | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def sit_down(self, monkeypatch: pytest.MonkeyPatch) -> Teacher:
        say, show = Face.say, Face.show
        monkeypatch.setattr(Face, "chosen", lambda face, asks: str(self.chosen))
        monkeypatch.setattr(Face, "ask", lambda face, question, cancel=False: self._box(question))
        monkeypatch.setattr(Face, "say", lambda face, text: (self.said.append(text), say(face, text))[1])
        monkeypatch.setattr(Face, "show", lambda face, *place: (self.shown.append(place), show(face, *place))[1])
        monkeypatch.setattr("xlbangfu.click.ask.ask_password", self._password)
        return self

    def _box(self, question: str) -> str:
        self.asked.append(question)
        self.order.append("box")
        return self.answers.pop(0)

    def _password(self, title: str, prompt: str, *, again: bool) -> str | None:
        assert not again
        self.titles.append(title)
        self.prompts.append(prompt)
        self.order.append("password")
        return self.passwords.pop(0)

    def everything(self) -> str:
        """Every word that the teacher could read."""
        return "\n".join([*self.asked, *self.prompts, *self.said])


def status(book: Any) -> str:
    return str(book.names[schema.STATUS_CELL].refers_to_range.value)


def tables(book: Any) -> dict[str, list[list[Any]]]:
    """What every table shows."""
    door = LiveWorkbook(book)
    return {sheet.label: [list(row) for row in door.grid(sheet.label)] for sheet in schema.TABLES}


def rows(book: Any, sheet: schema.Sheet) -> list[Any]:
    return LiveWorkbook(book).read(sheet).table.rows


def marks(book: Any, exam: str) -> dict[str, Any]:
    return {r["pupil_id"]: r["语文"] for r in rows(book, schema.SCORES) if r["exam"] == exam}


def sealed(folder: Path, grid: Sequence[Sequence[Any]], name: str = "成绩.xlsx") -> Path:
    """A file under PASSWORD."""
    plain = workbook(folder / f"明文{name}", grid)
    path = folder / name
    path.write_bytes(encrypt(plain.read_bytes(), PASSWORD))
    plain.unlink()
    return path


@pytest.fixture
def teacher(monkeypatch) -> Iterator[Any]:
    """Makes the teacher of this test."""
    made: list[Teacher] = []

    def sit(chosen: Path, *answers: str, passwords: Sequence[str | None] = ()) -> Teacher:
        made.append(Teacher(chosen, list(answers), list(passwords)).sit_down(monkeypatch))
        return made[-1]

    yield sit
    assert [(t.answers, t.passwords) for t in made] == [([], [])] * len(made), "not everything was asked"


class TestThePassword:
    def test_is_asked_again_while_it_does_not_open_the_file(self, book, teacher, tmp_path):
        file = sealed(tmp_path, [["考试", *HEAD], ["期中", *MARKS[1]]])
        t = teacher(file, passwords=[WRONG, WRONG, PASSWORD])
        assert press(book, "import_scores", today=TODAY) == DONE
        assert "加了打开密码" in t.prompts[0]
        assert all("密码打不开" in p and file.name in p for p in t.prompts[1:])
        assert marks(book, "期中") == {"0260301": 80}
        assert "导入成绩完成" in status(book)

    def test_given_up_changes_nothing_after_any_number_of_tries(self, book, teacher, tmp_path):
        before = tables(book)
        teacher(sealed(tmp_path, MARKS), passwords=[WRONG, None])
        assert press(book, "import_scores", today=TODAY) == REFUSED
        assert status(book) == NO_PASSWORD
        assert tables(book) == before

    def test_where_no_window_can_be_the_sentence_says_how_to_do_without(self, book, teacher, tmp_path, monkeypatch):
        before = tables(book)
        teacher(sealed(tmp_path, MARKS))

        def no_window(*words: object, **more: object) -> None:
            raise NoWindow

        monkeypatch.setattr("xlbangfu.click.ask.ask_password", no_window)
        assert press(book, "import_scores", today=TODAY) == REFUSED
        assert status(book) == NO_WINDOW_FOR_FILE
        assert "去掉密码" in NO_WINDOW_FOR_FILE
        assert tables(book) == before

    def test_is_kept_while_the_exam_is_asked_for(self, book, teacher, tmp_path):
        t = teacher(sealed(tmp_path, MARKS, "期末.xlsx"), YES, passwords=[PASSWORD])
        assert press(book, "import_scores", today=TODAY) == DONE
        assert t.order == ["password", "box"]
        assert "这是“期末”的成绩吗" in t.asked[0]
        assert marks(book, "期末") == {"0260301": 80, "0260302": "缺考"}

    def test_is_kept_while_replacing_is_asked_for(self, book, teacher, tmp_path):
        file = sealed(tmp_path, [["考试", *HEAD], ["期末", "0260301", "示例甲", 95, 60]])
        t = teacher(file, YES, passwords=[PASSWORD])
        assert press(book, "import_scores", today=TODAY) == DONE
        assert t.order == ["password", "box"]
        assert "1 处与表里原有的不同" in t.asked[0]
        assert marks(book, "期末") == {"0260301": 95}

    def test_is_kept_while_columns_are_asked_for(self, book, teacher, tmp_path):
        t = teacher(sealed(tmp_path, ODD), YES, passwords=[PASSWORD])
        assert press(book, "import_scores", today=TODAY) == DONE
        assert t.order == ["password", "box"]
        assert [r["label"] for r in rows(book, schema.MAPPING)] == ODD[0]

    @pytest.mark.parametrize("action_id", ["import_roster", "import_scores", "import_norms"])
    def test_is_asked_for_by_every_import_under_its_own_name(self, book, teacher, tmp_path, action_id):
        t = teacher(sealed(tmp_path, MARKS), passwords=[WRONG, None])
        assert press(book, action_id, today=TODAY) == REFUSED
        assert t.titles == [BY_ID[action_id].label] * 2
        assert status(book) == NO_PASSWORD

    def test_that_excel_gives_every_protected_book_is_not_asked_for(self, book, teacher):
        t = teacher(CORPUS / "加密-默认密码.xlsx", YES)
        assert press(book, "import_scores", today=TODAY) == DONE
        assert t.order == ["box"]
        assert len(marks(book, "入学")) == 3

    def test_stands_in_no_log_no_cell_and_no_sentence(self, book, teacher, tmp_path, data):
        file = sealed(tmp_path, [["考试", *HEAD], ["期末", "0260301", "示例甲", 95, "很好"]])
        t = teacher(file, YES, passwords=[WRONG, PASSWORD])
        assert press(book, "import_scores", today=TODAY) == DONE
        t.chosen = sealed(tmp_path, MARKS, "另.xlsx")
        t.passwords += [WRONG, None]
        assert press(book, "import_scores", today=TODAY) == REFUSED
        kept = [p.read_bytes().decode("utf-8", "replace") for p in data.rglob("*") if p.is_file()]
        assert kept
        for secret in (WRONG, PASSWORD):
            assert secret not in t.everything()
            assert secret not in str(tables(book))
            assert not any(secret in text for text in kept)

    def test_stands_in_no_log_either_when_the_program_fails(self, book, teacher, tmp_path, data, monkeypatch):
        plain = pressing._run

        def failing(face: Face, action: Any, today: Any, options: Mapping[str, Any]) -> Any:
            if options.get("passwords") == (PASSWORD,):
                raise RuntimeError(f"{options}")
            return plain(face, action, today, dict(options))

        monkeypatch.setattr(pressing, "_run", failing)
        t = teacher(sealed(tmp_path, MARKS), passwords=[PASSWORD])
        assert press(book, "import_scores", today=TODAY) == pressing.FAILED
        kept = [p.read_bytes().decode("utf-8", "replace") for p in data.rglob("*") if p.is_file()]
        assert "RuntimeError" in "".join(kept)
        assert PASSWORD not in "".join(kept) + t.everything()


class TestAHeaderThatNobodyKnows:
    def test_is_listed_in_its_sheet_after_a_yes_to_be_named_there(self, book, teacher, tmp_path):
        t = teacher(workbook(tmp_path / "a.xlsx", ODD), YES)
        before = tables(book)
        assert press(book, "import_scores", today=TODAY) == DONE
        assert "要把这个文件的 4 列列到“导入对照”" in t.asked[0]
        assert [(r["place"], r["label"], r["chosen"]) for r in rows(book, schema.MAPPING)] == [
            (letter, label, None) for letter, label in zip("ABCD", ODD[0], strict=True)
        ]
        changed = {label for label, cells in tables(book).items() if cells != before[label]}
        assert changed == {schema.MAPPING.label, schema.LOG.label}
        assert "4 列已列在“导入对照”" in status(book)
        assert book.sheets.active.name == "导入对照"

    def test_is_refused_after_a_no_and_nothing_is_written(self, book, teacher, tmp_path):
        t = teacher(workbook(tmp_path / "a.xlsx", ODD), NO)
        before = tables(book)
        assert press(book, "import_scores", today=TODAY) == REFUSED
        assert tables(book) == before
        assert t.asked[0].startswith(status(book))
        assert "a.xlsx" in status(book)

    def test_once_named_the_next_press_takes_the_file(self, book, teacher, tmp_path):
        t = teacher(workbook(tmp_path / "a.xlsx", ODD), YES)
        press(book, "import_scores", today=TODAY)
        parsed = LiveWorkbook(book).read(schema.MAPPING)
        said = {"childid": "学号", "called": "姓名", "yuwen": "语文", "rank": "不导入"}
        for row in parsed.table:
            book.sheets["导入对照"].range((row.at, parsed.header["chosen"])).value = said[row["label"]]
        t.answers += [YES]
        assert press(book, "import_scores", today=TODAY) == DONE
        assert marks(book, "入学") == {"0260301": 80, "0260302": 70}
        assert {r["label"]: r["chosen"] for r in rows(book, schema.MAPPING)} == said

    def test_nothing_is_offered_where_there_is_no_row_that_could_be_one(self, book, teacher, tmp_path):
        teacher(workbook(tmp_path / "空.xlsx", [[None]]))
        before = tables(book)
        assert press(book, "import_scores", today=TODAY) == REFUSED
        assert tables(book) == before


class TestReplacing:
    FILE = (["考试", *HEAD], ["期末", "0260301", "示例甲", 95, 60], ["期末", "0260302", "测试乙", 70, 71])

    def test_what_the_line_says_is_all_that_the_press_did(self, book, teacher, tmp_path):
        teacher(workbook(tmp_path / "a.xlsx", self.FILE), YES)
        assert press(book, "import_scores", today=TODAY) == DONE
        assert status(book).startswith("导入成绩完成：新增 1 行，填入 3 格，1 处与原有不同（已替换）")

    def test_one_step_back_takes_the_whole_press_away(self, book, teacher, tmp_path):
        before = tables(book)
        teacher(workbook(tmp_path / "a.xlsx", self.FILE), YES)
        assert press(book, "import_scores", today=TODAY) == DONE
        assert press(book, "undo", today=TODAY) == DONE
        after = tables(book)
        assert [label for label in after if after[label] != before[label] and label != schema.LOG.label] == []


@pytest.mark.parametrize(
    "name", ["仿制-网页.xls", "LibreOffice存的截断.xls", "加密-截断.xlsx", "仿制-压缩炸弹-样式.xlsx"]
)
def test_a_file_that_cannot_be_read_changes_nothing(book, teacher, tmp_path, name):
    file = Path(shutil.copy(CORPUS / name, tmp_path / name))
    teacher(file, passwords=["123456"] if name.startswith("加密") else [])
    before = tables(book)
    assert press(book, "import_scores", today=TODAY) == REFUSED
    assert tables(book) == before
