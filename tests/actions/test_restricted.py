"""受限档案: a workbook of its own beside the class's; only that a record exists, and when, comes back (spec §3, §7, §8)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from classbooks import TODAY, fill, make_class, pupil_ids, rows_of, run, run_term, set_cells
from restrictedbooks import MARKER, PASSWORD, aid, everything_in, plain_workbook, psych, type_into
from xlbangfu import places, schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.actions.runner import run_path
from xlbangfu.click import log
from xlbangfu.restricted.crypt import decrypt, encrypt

NAME = "受限档案.xlsx"
DAY = date(2026, 9, 8)


@pytest.fixture(scope="module")
def profiled(tmp_path_factory) -> Path:
    """A class of which some pupils have a 档案."""
    path = make_class(tmp_path_factory.mktemp("class"), n=12)
    run_term(path, "profile")
    return path


@pytest.fixture(scope="module")
def made(profiled, tmp_path_factory) -> Path:
    """An empty restricted workbook of that class, made once: deriving keys takes its time."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copyfile(profiled, folder / profiled.name)
    assert run("restricted", folder / profiled.name, password=PASSWORD).ok
    return folder / NAME


@pytest.fixture
def book(profiled, tmp_path, monkeypatch) -> Path:
    """A copy in a folder of its own, with no restricted workbook yet."""
    monkeypatch.setenv(places.DATA_VARIABLE, str(tmp_path / "数据"))
    path = tmp_path / "班级" / profiled.name
    path.parent.mkdir()
    shutil.copyfile(profiled, path)
    return path


@pytest.fixture
def file(book, made) -> Path:
    """The empty restricted workbook beside it."""
    shutil.copyfile(made, book.with_name(NAME))
    return book.with_name(NAME)


def take(path: Path, **options):
    return run("restricted", path, password=PASSWORD, **options)


def dates(path: Path) -> dict[str, tuple[date | None, date | None]]:
    """学号 → 心理档案日期, 资助日期 of the rows of 档案 that have either."""
    rows = {r["pupil_id"]: (r["psych_on"], r["aid_on"]) for r in rows_of(path, schema.PROFILES)}
    return {pupil: found for pupil, found in rows.items() if any(found)}


def profiles(path: Path) -> list[str]:
    return [r["pupil_id"] for r in rows_of(path, schema.PROFILES)]


class TestANewFile:
    def test_lies_beside_the_workbook_and_opens_with_the_password(self, book):
        before = book.read_bytes()
        report = take(book)
        assert report.ok and report.written == [str(book.with_name(NAME))]
        assert NAME in report.message and "忘了无法找回" in report.message
        assert decrypt(book.with_name(NAME).read_bytes(), PASSWORD, NAME).startswith(b"PK")
        assert book.read_bytes() == before, "the class workbook says nothing new"

    @pytest.mark.parametrize("password", ["", None])
    def test_without_a_password_is_asked_for(self, book, password):
        report = run("restricted", book, password=password)
        assert (report.ok, report.written, "密码" in report.message) == (False, [], True)
        assert not book.with_name(NAME).exists()

    @pytest.mark.parametrize("password", ["12345", "密码很长很长", "ａｂｃ１２３", "abc-2026 ", "x" * 256])
    def test_with_a_password_that_would_lock_people_out_is_not_made(self, book, password):
        report = run("restricted", book, password=password)
        assert (report.ok, report.needs) == (False, "password")
        assert password not in report.message
        assert not book.with_name(NAME).exists()

    def test_is_only_named_when_planning(self, book):
        report = take(book, plan=True)
        assert any(NAME in line for line in report.planned)
        assert sorted(p.name for p in book.parent.iterdir()) == [book.name]

    @pytest.mark.parametrize("code", ["grade", "class_name"])
    def test_needs_to_know_whose_it_is(self, tmp_path, code):
        path = make_class(tmp_path, n=3, **{code: None})
        report = take(path)
        assert (report.ok, report.place[0]) == (False, "设置")
        assert not path.with_name(NAME).exists()

    def test_has_the_class_s_name_in_its_own_where_classes_share_a_folder(self, book):
        other = make_class(book.parent, n=3, name="三年级2班.xlsm", class_name="2班")
        assert take(book).written == [str(book.with_name(f"{book.stem}_{NAME}"))]
        assert take(other).written == [str(other.with_name(f"{other.stem}_{NAME}"))]

    def test_is_made_for_each_class_of_a_folder(self, book):
        make_class(book.parent, n=3, name="三年级2班.xlsm", class_name="2班")
        report = run_path(BY_ID["restricted"], book.parent, today=TODAY, options={"password": PASSWORD})
        assert [one.ok for one in report.books] == [True, True]
        assert len(list(book.parent.glob(f"*_{NAME}"))) == 2
        again = run_path(BY_ID["restricted"], book.parent, today=TODAY, options={"password": PASSWORD})
        assert [one.counts["心理档案"] for one in again.books] == [0, 0]

    def test_without_the_old_one_is_told_where_dates_stood(self, book, file):
        type_into(file, {"心理档案": [psych(profiles(book)[0], DAY)]})
        take(book)
        file.rename(file.with_name("备份.xlsx.old"))
        report = take(book)
        assert "restricted.lost" in [i.rule for i in report.issues]
        assert dates(book), "nothing is blanked by a file that is gone"

    def test_is_not_made_over_a_backup_that_somebody_kept(self, book):
        backup = book.with_name(f"{NAME}.bak")
        backup.write_bytes(b"records of a year")
        report = take(book)
        assert not report.ok and backup.name in report.message
        assert backup.read_bytes() == b"records of a year" and not book.with_name(NAME).exists()

    def test_in_no_folder_is_refused(self, book, monkeypatch):
        """Excel gives a web address for a workbook in a synchronised folder."""
        from xlbangfu.workbook.closed import ClosedWorkbook

        monkeypatch.setattr(ClosedWorkbook, "path", property(lambda door: Path("https://cloud.example/三年级1班.xlsm")))
        report = take(book)
        assert not report.ok and "保存到电脑" in report.message


class TestTheFileThatIsThere:
    def test_is_never_overwritten(self, book, file):
        before = file.read_bytes()
        for password in (PASSWORD, "another-1", "x"):
            run("restricted", book, password=password)
        assert file.read_bytes() == before
        assert sorted(p.name for p in book.parent.iterdir() if p.suffix == ".xlsx") == [NAME]

    def test_gives_the_latest_dates_to_the_rows_of_the_profiles(self, book, file):
        one, two, *rest = profiles(book)
        type_into(
            file,
            {
                "心理档案": [psych(one, DAY), psych(one, DAY - timedelta(3)), psych(two, TODAY)],
                "资助": [aid(one, date(2026, 3, 1))],
            },
        )
        report = take(book)
        assert dates(book) == {one: (DAY, date(2026, 3, 1)), two: (TODAY, None)}
        assert report.counts == {"心理档案": 2, "资助": 1, "更新": 2}
        assert report.message == "受限档案读取完成：心理档案 2 人、资助 1 人；“档案”更新 2 人"
        assert report.written == [str(book)] and report.rows == []
        assert rest, "others have none"

    def test_changes_two_columns_and_nothing_else_of_a_profile(self, book, file):
        set_cells(book, schema.PROFILES, {0: {"family": "祖辈照料", "strengths": "爱画画"}})
        before = rows_of(book, schema.PROFILES)
        type_into(file, {"心理档案": [psych(before[0]["pupil_id"], DAY)]})
        take(book)
        after = rows_of(book, schema.PROFILES)
        assert after == [before[0].changed(psych_on=DAY), *before[1:]]

    def test_changes_nothing_the_second_time(self, book, file):
        type_into(file, {"心理档案": [psych(profiles(book)[0], DAY), psych("09999999", DAY)]})
        take(book)
        before = book.read_bytes()
        report = take(book)
        assert report.ok and report.written == []
        assert book.read_bytes() == before

    def test_whose_record_vanished_leaves_a_blank_and_undo_brings_the_date_back(self, book, file, made):
        pupil = profiles(book)[0]
        type_into(file, {"心理档案": [psych(pupil, DAY)]})
        take(book)
        shutil.copyfile(made, file)
        assert take(book).counts["更新"] == 1
        assert dates(book) == {}
        assert run("undo", book).ok
        assert dates(book) == {pupil: (DAY, None)}

    def test_whose_sheet_was_deleted_blanks_nothing(self, book, file):
        import io

        import openpyxl

        pupil = profiles(book)[0]
        type_into(file, {"心理档案": [psych(pupil, DAY)], "资助": [aid(pupil, DAY)]})
        take(book)
        workbook = openpyxl.load_workbook(io.BytesIO(decrypt(file.read_bytes(), PASSWORD, NAME)))
        del workbook["心理档案"]
        stream = io.BytesIO()
        workbook.save(stream)
        file.write_bytes(encrypt(stream.getvalue(), PASSWORD))
        report = take(book)
        assert dates(book) == {pupil: (DAY, DAY)}
        assert [(i.rule, i.file) for i in report.issues] == [("table.missing", NAME)]
        assert report.exit_code == 1

    def test_with_a_record_of_somebody_without_a_profile_is_a_reminder(self, book, file):
        pupil = next(p for p in pupil_ids(12) if p not in profiles(book))
        type_into(file, {"心理档案": [psych(pupil, DAY)]})
        report = take(book)
        (issue,) = report.issues
        assert (issue.level, issue.sheet, issue.rule) == ("提醒", "档案", "restricted.no_profile")
        assert pupil in issue.message and "先建立档案" in issue.mend
        fill(book, {schema.PROFILES: [{"pupil_id": pupil}]})
        assert take(book).issues == []
        assert dates(book) == {pupil: (DAY, None)}
        assert [r for r in rows_of(book, schema.ISSUES) if r["rule"] == "restricted.no_profile"] == []

    def test_with_rows_that_do_not_count_lists_them_until_they_are_mended(self, book, file, made):
        type_into(file, {"资助": [aid("09999999", DAY), aid(profiles(book)[0], TODAY + timedelta(1))]})
        report = take(book)
        assert [(i.place, i.rule) for i in report.issues] == [
            (f"{NAME}：资助!B2", "restricted.unknown"),
            (f"{NAME}：资助!A3", "restricted.future"),
        ]
        assert {r["place"] for r in rows_of(book, schema.ISSUES)} >= {f"{NAME}：资助!B2", f"{NAME}：资助!A3"}
        shutil.copyfile(made, file)
        take(book)
        assert [r for r in rows_of(book, schema.ISSUES) if r["rule"].startswith("restricted")] == []

    def test_that_somebody_has_open_is_read_and_that_is_said(self, book, file):
        type_into(file, {"心理档案": [psych(profiles(book)[0], DAY)]})
        (file.parent / f"~${NAME}").write_bytes(bytes([4]) + "测试".encode("gbk") + b" " * 160)
        with file.open("rb"):  # as the program that has it open does
            report = take(book)
        assert report.ok and "上次保存的内容" in report.message
        assert dates(book)

    @pytest.mark.parametrize("wrong", ["ABC-2026", "暗号六个字啊"])
    def test_does_not_open_with_another_password_and_nothing_changes(self, book, file, wrong):
        before = book.read_bytes()
        report = run("restricted", book, password=wrong)
        assert (report.ok, report.needs, report.exit_code) == (False, "password", 3)
        assert "如果它是别的班的，请把它改名" in report.message and wrong not in report.message
        assert book.read_bytes() == before

    def test_without_its_password_or_damaged_is_refused(self, book, file):
        file.write_bytes(plain_workbook())
        assert "没有打开密码" in take(book).message
        file.write_bytes(b"damaged")
        report = take(book)
        assert not report.ok and NAME in report.message

    def test_is_planned_without_being_written(self, book, file):
        type_into(file, {"心理档案": [psych(profiles(book)[0], DAY)]})
        before = book.read_bytes()
        report = take(book, plan=True)
        assert any("心理档案日期" in line or "档案!" in line for line in report.planned)
        assert book.read_bytes() == before


class TestAnotherClassS:
    """受限档案.xlsx in a folder that two classes share."""

    @pytest.fixture
    def theirs(self, book) -> Path:
        path = book.with_name(NAME)
        plain = plain_workbook({"心理档案": [psych(profiles(book)[0], DAY)]}, class_name="2班")
        path.write_bytes(encrypt(plain, PASSWORD))
        return path

    def test_file_is_not_taken_and_the_class_gets_one_of_its_own(self, book, theirs):
        before = theirs.read_bytes()
        report = take(book)
        own = book.with_name(f"{book.stem}_{NAME}")
        assert report.written == [str(own)] and "“三年级2班”" in report.message
        assert theirs.read_bytes() == before
        type_into(own, {"资助": [aid(profiles(book)[1], DAY)]})
        take(book)
        assert dates(book) == {profiles(book)[1]: (None, DAY)}

    def test_file_that_names_nobody_is_asked_about(self, book, theirs):
        theirs.write_bytes(encrypt(plain_workbook(grade="", class_name=""), PASSWORD))
        report = take(book)
        assert not report.ok and "说明" in report.message
        assert list(book.parent.glob(f"*_{NAME}")) == []

    def test_file_under_this_class_s_name_is_a_contradiction(self, book, theirs):
        theirs.rename(book.with_name(f"{book.stem}_{NAME}"))
        report = take(book)
        assert not report.ok and "“三年级2班”" in report.message
        assert dates(book) == {}

    @pytest.mark.parametrize("written", [("3年级", "1"), ("三年级", "三(1)班"), ("三年级", "301")])
    def test_name_may_be_written_in_another_way(self, book, theirs, written):
        grade, class_name = written
        theirs.write_bytes(encrypt(plain_workbook(grade=grade, class_name=class_name), PASSWORD))
        assert take(book).counts["心理档案"] == 0


def test_nothing_of_a_record_leaves_its_file(book, file, capsys):
    """Neither a word nor the password: not in the class workbook, report, JSON, log, journal or a leftover (spec §7)."""
    pupil = profiles(book)[0]
    rows = [psych(pupil, DAY), psych(MARKER, DAY), psych(pupil, MARKER), psych(None, None)]
    money = [aid(pupil, DAY), aid(pupil, MARKER), aid(MARKER, None)]
    family = [{"学号": pupil, "家庭成员": MARKER, "经济情况": MARKER, "需要关注": MARKER}]
    type_into(file, {"心理档案": rows, "资助": money, "家庭情况": family})
    sealed = file.read_bytes()
    report = take(book)
    log.note("restricted", "done", 0.1)
    for wrong in (MARKER, PASSWORD + "x"):
        try:
            run("restricted", book, password=wrong)
        except Exception as problem:  # whatever it is, its kind alone is noted
            log.note_failure("restricted", problem)
    assert report.ok and len(report.issues) == 5 and dates(book) == {pupil: (DAY, DAY)}
    told = json.dumps(report.as_json(), ensure_ascii=False, default=str) + repr(report) + capsys.readouterr().out
    elsewhere = [p for p in book.parents[1].rglob("*") if p.is_file() and p != file]
    assert {p.suffix for p in elsewhere} >= {".xlsm", ".bak", ".json", ".log"}
    kept = everything_in(elsewhere)
    assert str(DAY).encode() in kept, "the search sees what the journal holds"
    for secret in (MARKER, "QX7", "7731", PASSWORD):
        assert secret not in told
        for encoding in ("utf-8", "utf-16-le", "gb18030", "unicode_escape"):
            assert secret.encode(encoding) not in kept
            assert secret.encode(encoding) not in sealed
    assert file.read_bytes() == sealed


def test_a_failure_in_the_middle_is_logged_without_a_word_of_it(book, file, monkeypatch):
    """What a click notes of a crash is kinds and lines of code."""

    def broken(*_):
        raise RuntimeError(f"{PASSWORD} {MARKER}")

    monkeypatch.setattr("xlbangfu.actions.restricted.read_records", broken)
    with pytest.raises(RuntimeError) as caught:
        take(book)
    log.note_failure("restricted", caught.value)
    text = places.log_path().read_text(encoding="utf-8")
    assert "RuntimeError" in text and PASSWORD not in text and MARKER not in text


KILLED = (
    "import os, signal, sys\n"
    "from datetime import date\n"
    "from pathlib import Path\n"
    "from xlbangfu.workbook import atomic\n"
    "from classbooks import run\n"
    "die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
    "place, when = sys.argv[2:]\n"
    "done = getattr(atomic, place)\n"
    "def stop(*given):\n"
    "    die() if when == 'before' else (done(*given), die())\n"
    "setattr(atomic, place, stop)\n"
    f"run('restricted', Path(sys.argv[1]), password={PASSWORD!r})\n"
)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX matter")
@pytest.mark.parametrize("when", ["before", "after"])
class TestKilled:
    def killed(self, book, place, when) -> None:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
        done = subprocess.run([sys.executable, "-c", KILLED, str(book), place, when], env=env, timeout=60)
        assert done.returncode == -signal.SIGKILL
        for leftover in book.parent.glob(".~xlbangfu-*"):  # as if some time had gone by
            os.utime(leftover, (time.time() - 3600,) * 2)

    @pytest.mark.parametrize("place", ["_hold", "place_new"])
    def test_while_the_file_is_made_it_is_there_whole_or_not_at_all(self, book, place, when):
        before = book.read_bytes()
        self.killed(book, place, when)
        made = book.with_name(NAME)
        assert made.exists() == ((place, when) == ("place_new", "after"))
        assert not made.exists() or decrypt(made.read_bytes(), PASSWORD, NAME)
        assert book.read_bytes() == before
        assert take(book).ok and decrypt(made.read_bytes(), PASSWORD, NAME)

    @pytest.mark.parametrize("place", ["_hold", "_rename"])
    def test_while_dates_are_written_the_workbook_is_the_old_or_the_new_one(self, book, file, place, when):
        pupil = profiles(book)[0]
        type_into(file, {"心理档案": [psych(pupil, DAY)]})
        sealed = file.read_bytes()
        self.killed(book, place, when)
        assert dates(book) in ({}, {pupil: (DAY, None)})
        assert file.read_bytes() == sealed
        assert take(book).ok and dates(book) == {pupil: (DAY, None)}
        assert MARKER.encode() not in everything_in(p for p in book.parent.iterdir() if p != file)


def test_reading_pays_for_no_heavy_import(book, file):
    """Design: a class-size action on a closed file has none of the big libraries in sys.modules."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom classbooks import run\n"
        f"assert run('restricted', Path({str(book)!r}), password={PASSWORD!r}).ok\n"
        "print([m for m in ('numpy', 'pandas', 'openpyxl', 'xlwings', 'xlsxwriter', 'tkinter', 'docx') if m in sys.modules])"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.strip() == "[]"
