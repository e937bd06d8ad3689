"""Commands that bring files in: passwords at the terminal, columns named with --map, --plan, one JSON object (spec §3.1, §9)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from classbooks import make_class, rows_of
from imports.tablefiles import workbook
from restrictedbooks import PASSWORD
from xlbangfu import schema
from xlbangfu.cli import main
from xlbangfu.restricted.crypt import encrypt
from xlbangfu.restricted.terminal import FILE_VARIABLE, TRIES

WRONG = "wrong-Pass-7"
SCORES = [["考试", "学号", "姓名", "语文", "特长"], ["月考", "02600001", "测试01", 80, "画画"]]
ROSTER = [["年级", "班级", "学号", "姓名", "特长"], ["三年级", "1班", "0269001", "示例甲", "画画"]]
GRADE_SCORES = [
    ["年级", *SCORES[0]],
    *(["三年级", "月考", f"026{i:04d}", f"示例{i}", 60 + i, "画画"] for i in range(9)),
]
NORMS_ROW = {"年级": "三年级", "考试": "月考", "学科": "语文", "人数": 5, "均分": 58.8, "分布": "58:3;60:2"}
NORMS = [[c.label for c in schema.NORMS.columns], [NORMS_ROW.get(c.label) for c in schema.NORMS.columns]]


@dataclass
class Answers:
    """Passwords typed in turn; the prompts that were shown."""

    waiting: list[str]
    prompts: list[str]

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if not self.waiting:
            raise EOFError  # the terminal is gone
        return self.waiting.pop(0)


@pytest.fixture
def typed(monkeypatch) -> Callable[..., Answers]:
    """What is typed in the terminal; the variable for scripts is not set."""
    monkeypatch.delenv(FILE_VARIABLE, raising=False)

    def typing(*lines: str) -> Answers:
        answers = Answers(list(lines), [])
        monkeypatch.setattr("getpass.getpass", answers)
        return answers

    return typing


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as the one object that it is."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@pytest.fixture
def run(capsys) -> Callable[..., Ran]:
    def ran(*words: object) -> Ran:
        try:
            code = main([str(w) for w in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return Ran(code, *capsys.readouterr())

    return ran


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


FILES = {"名册.xlsx": ROSTER, "成绩.xlsx": SCORES, "年级成绩.xlsx": GRADE_SCORES, "常模.xlsx": NORMS}


def make_office(folder: Path, *, under_password: bool) -> Path:
    """A folder with two classes in 班级, and a file for each command."""
    make_class(folder / "班级", n=3)
    make_class(folder / "班级", n=0, name="三年级2班.xlsm", class_name="2班")
    for name, rows in FILES.items():
        path = workbook(folder / name, rows)
        if under_password:
            path.write_bytes(encrypt(path.read_bytes(), PASSWORD))
    return folder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> dict[bool, Path]:
    """Made once, as a password takes its time: under one or not → folder."""
    return {s: make_office(tmp_path_factory.mktemp("教务处"), under_password=s) for s in (False, True)}


class Office:
    """A folder of `make_office`, copied for one test."""

    def __init__(self, prepared: Path, folder: Path) -> None:
        self.folder = Path(shutil.copytree(prepared, folder))
        self.books = self.folder / "班级"
        self.book = self.books / "三年级1班.xlsm"

    def words(self, command: str) -> list[object]:
        """A command with its arguments."""
        roster, scores, grade, norms = (self.folder / name for name in FILES)
        return {
            "import-roster": ["import-roster", self.book, roster],
            "import-roster, folder": ["import-roster", self.books, roster],
            "import-scores": ["import-scores", self.book, scores],
            "import-scores, folder": ["import-scores", self.books, scores],
            "import-norms": ["import-norms", self.book, norms],
            "import-norms, folder": ["import-norms", self.books, norms],
            "distribute": ["distribute", roster, "-o", self.folder / "新"],
            "norms": ["norms", grade, "-o", self.folder / "出" / "常模.xlsx"],
            "norms, into": ["norms", grade, "--into", self.books],
        }[command]


COMMANDS = (
    "import-roster", "import-roster, folder", "import-scores", "import-scores, folder", "import-norms",
    "import-norms, folder", "distribute", "norms", "norms, into",
)  # fmt: skip


@pytest.fixture
def office(prepared, tmp_path) -> Office:
    return Office(prepared[False], tmp_path / "学校")


@pytest.fixture
def sealed(prepared, tmp_path) -> Office:
    return Office(prepared[True], tmp_path / "学校")


@pytest.mark.parametrize("command", COMMANDS)
class TestThePassword:
    def test_is_asked_for_in_the_terminal_until_it_opens_the_file(self, sealed, run, typed, command):
        answers = typed(WRONG, WRONG, PASSWORD)
        words = sealed.words(command)
        before = contents(sealed.folder)
        ran = run(*words)
        assert (ran.code, ran.err) == (0, "")
        assert "加了打开密码" in answers.prompts[0]
        assert all("密码打不开" in p for p in answers.prompts[1:])
        assert all("输入时不显示" in p for p in answers.prompts)
        assert contents(sealed.folder) != before
        assert PASSWORD not in ran.out and WRONG not in ran.out

    def test_three_tries_are_enough(self, sealed, run, typed, command):
        answers = typed(*[WRONG] * TRIES)
        words = sealed.words(command)
        before = contents(sealed.folder)
        ran = run(*words)
        assert ran.code == 3
        assert len(answers.prompts) == TRIES
        assert "密码打不开" in ran.err
        assert contents(sealed.folder) == before

    def test_nothing_typed_is_a_refusal(self, sealed, run, typed, command):
        typed("")
        words = sealed.words(command)
        before = contents(sealed.folder)
        ran = run(*words)
        assert (ran.code, ran.out, ran.err) == (3, "", "没有输入密码，什么也没有改动。\n")
        assert contents(sealed.folder) == before

    def test_a_script_gives_it_in_the_environment(self, sealed, run, typed, monkeypatch, command):
        answers = typed()
        monkeypatch.setenv(FILE_VARIABLE, PASSWORD)
        words = sealed.words(command)
        before = contents(sealed.folder)
        assert run(*words).code == 0
        assert contents(sealed.folder) != before
        assert answers.prompts == []

    def test_a_wrong_one_in_the_environment_is_a_refusal_and_nobody_is_asked(
        self, sealed, run, typed, monkeypatch, command
    ):
        answers = typed()
        monkeypatch.setenv(FILE_VARIABLE, WRONG)
        words = sealed.words(command)
        before = contents(sealed.folder)
        ran = run(*words, "--json")
        assert (ran.code, ran.json["action"], ran.json["ok"]) == (3, words[0], False)
        assert FILE_VARIABLE in ran.json["message"] and "什么也没有改动" in ran.json["message"]
        assert WRONG not in ran.out + ran.err
        assert answers.prompts == []
        assert contents(sealed.folder) == before

    def test_typed_leaves_standard_output_to_the_one_object(self, sealed, run, typed, command):
        typed(PASSWORD)
        words = sealed.words(command)
        ran = run(*words, "--json")
        assert (ran.code, ran.err) == (0, "")
        assert "books" in ran.json or ran.json["written"]
        assert PASSWORD not in ran.out

    def test_of_a_plan_is_asked_for_too(self, sealed, run, typed, command):
        answers = typed(PASSWORD)
        words = sealed.words(command)
        before = contents(sealed.folder)
        assert run(*words, "--plan").code == 0
        assert len(answers.prompts) == 1
        assert contents(sealed.folder) == before


def test_without_a_terminal_the_sentence_names_the_variable(sealed):
    environment = {k: v for k, v in os.environ.items() if k != FILE_VARIABLE}
    words = [sys.executable, "-m", "xlbangfu.cli", *map(str, sealed.words("import-scores")), "--json"]
    before = contents(sealed.folder)
    done = subprocess.run(
        words,
        env=environment,
        input=f"{PASSWORD}\n",
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
    )
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert (found["action"], found["ok"]) == ("import-scores", False)
    assert FILE_VARIABLE in found["message"]
    assert contents(sealed.folder) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_without_a_password_asks_for_none(office, run, typed, monkeypatch, command):
    answers = typed()
    monkeypatch.setenv(FILE_VARIABLE, WRONG)
    assert run(*office.words(command)).code == 0
    assert answers.prompts == []


WITH_COLUMNS = [c for c in COMMANDS if not c.startswith("import-norms")]


class TestMap:
    @pytest.mark.parametrize("command", WITH_COLUMNS)
    @pytest.mark.parametrize("pair", ["编号", "=学号", "编号=", " = "])
    def test_that_names_no_pair_is_wrong_usage_in_chinese(self, office, run, command, pair):
        ran = run(*office.words(command), "--map", pair)
        assert (ran.code, ran.out) == (2, "")
        assert "列名=是什么" in ran.err and "编号=学号" in ran.err
        assert "argument" not in ran.err and "error" not in ran.err

    def test_is_not_for_norms_whose_columns_are_our_own(self, office, run):
        ran = run(*office.words("import-norms"), "--map", "编号=学号")
        assert ran.code == 2
        assert "不认识的参数" in ran.err

    @pytest.mark.parametrize("command", WITH_COLUMNS)
    def test_says_what_a_column_is(self, office, run, command):
        ran = run(*office.words(command), "--map", "特长=备注", "--plan")
        assert ran.code == 0
        assert "“特长”（画画） → 备注" in ran.out and "改为 备注" in ran.out

    def test_the_last_equals_sign_divides(self, office, run):
        file = workbook(office.folder / "a.xlsx", [["a=b", "语文"], ["02600001", 80]])
        assert run("import-scores", office.book, file, "--exam", "月考", "--map", "a=b=学号").code == 0
        assert [r["语文"] for r in rows_of(office.book, schema.SCORES) if r["exam"] == "月考"] == [80]


class TestPlan:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_says_what_would_be_taken_and_writes_nothing(self, office, run, command):
        words = office.words(command)
        before = contents(office.folder)
        ran = run(*words, "--plan")
        assert (ran.code, ran.err) == (0, "")
        assert "只列出，不写入" in ran.out
        assert contents(office.folder) == before

    @pytest.mark.parametrize("command", WITH_COLUMNS)
    def test_shows_every_column_once_with_what_it_is_taken_for(self, office, run, command):
        ran = run(*office.words(command), "--plan")
        for label in ("学号", "姓名", "特长"):
            assert ran.out.count(f"“{label}”（") == 1
        assert "“特长”（画※） → 没有认出来（不导入）" in ran.out
        assert "--map" in ran.out

    @pytest.mark.parametrize(
        ("command", "taken"),
        [
            ("import-roster", "0269001"), ("import-roster, folder", "0269001"),
            ("import-scores", "月考"), ("import-scores, folder", "月考"),
            ("import-norms", "58:3;60:2"), ("import-norms, folder", "58:3;60:2"),
            ("distribute", "三年级1班"), ("norms", "月考"), ("norms, into", "月考"),
        ],
    )  # fmt: skip
    def test_names_what_would_come_in(self, office, run, command, taken):
        assert taken in run(*office.words(command), "--plan").out

    @pytest.mark.parametrize("command", COMMANDS)
    def test_is_one_object_for_a_program(self, office, run, command):
        ran = run(*office.words(command), "--plan", "--json")
        found = ran.json
        assert (ran.code, ran.err, found["ok"]) == (0, "", True)
        assert command not in WITH_COLUMNS or {"学号", "姓名", "特长"} <= {c["表头"] for c in found["columns"]}


def test_two_files_under_different_passwords_are_read_together(tmp_path, monkeypatch):
    """Every password that was typed is tried on every file (spec §3.1)."""
    from msoffcrypto.format.ooxml import OOXMLFile

    from imports.corpusfiles import PASSWORD
    from imports.tablefiles import workbook
    from xlbangfu.imports.filerows import SCORE_FILE
    from xlbangfu.imports.reading import PasswordNeeded
    from xlbangfu.imports.tables import Opening, read_table

    files = []
    for n, password in enumerate((PASSWORD, "654321")):
        plain = workbook(tmp_path / f"{n}.xlsx", [["学号", "语文"], [f"0260{n}", 80]])
        sealed = tmp_path / f"密{n}.xlsx"
        with plain.open("rb") as source, sealed.open("wb") as out:
            OOXMLFile(source).encrypt(password, out)
        files.append(sealed)
    opening = Opening(passwords=(PASSWORD, "654321"))
    assert [len(read_table(f, SCORE_FILE, opening).rows) for f in files] == [1, 1]
    with pytest.raises(PasswordNeeded):
        read_table(files[1], SCORE_FILE, Opening(passwords=(PASSWORD,)))
