"""Who has a workbook open, and what a crash left behind (§8)."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from workbook.sample_books import class_book, needs_libreoffice
from xlbangfu.workbook import locks
from xlbangfu.workbook.errors import WorkbookLocked

posix_only = pytest.mark.skipif(os.name != "posix", reason="on Windows the system itself tells")


def owner_file(name: str, code_page: str = "gbk", filler: bytes = b" ", size: int = 165) -> bytes:
    """An owner file as Excel (165 bytes, blanks) and Word or WPS (162 bytes, zeros) write them."""
    short = name.encode(code_page)
    head = bytes([len(short)]) + short
    wide = len(name).to_bytes(2, "little") + name.encode("utf-16-le")
    head_size = 55 if size == 165 else 54
    return (head.ljust(head_size, filler) + wide).ljust(size, b"\0")[:size]


def libreoffice_lock(*fields: str) -> bytes:
    return (",".join(fields) + ";").encode()


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "三年级2班.xlsx"
    path.write_bytes(b"x")
    return path


@posix_only
class TestOwnerFiles:
    @pytest.mark.parametrize(
        "content",
        [
            owner_file("张老师"),
            owner_file("张老师", filler=b"\0", size=162),
            owner_file("张老师", code_page="utf-8"),
            b"\x06" + "张老师".encode("gbk"),
            b"\x09" + "张老师".encode(),
        ],
    )
    def test_excel_s_and_wps_name_their_user(self, book, content):
        book.with_name("~$三年级2班.xlsx").write_bytes(content)
        owner = locks.who_has_it_open(book)
        assert (owner.name, owner.program, owner.certain) == ("张老师", "Excel 或 WPS", False)

    def test_the_message_names_who_and_how_to_remove_a_leftover(self, book):
        book.with_name("~$三年级2班.xlsx").write_bytes(owner_file("Zhang San"))
        with pytest.raises(WorkbookLocked) as error:
            locks.refuse_if_open(book)
        assert error.value.message == (
            "“三年级2班.xlsx”正被Zhang San 在 Excel 或 WPS 中打开，请先保存并关闭它再试。"
            "如果确定没有人打开它，请删除同一文件夹里的隐藏文件“~$三年级2班.xlsx”后再试。"
        )
        assert error.value.path == book

    @pytest.mark.parametrize(
        "content",
        [b"", b"\xff" * 165, b"\0" * 165, b"\x34", os.urandom(200)],
        ids=["empty", "ones", "zeros", "short", "noise"],
    )
    def test_an_odd_owner_file_still_refuses(self, book, content):
        book.with_name("~$三年级2班.xlsx").write_bytes(content)
        owner = locks.who_has_it_open(book)
        assert owner is not None
        assert owner.name.isprintable()
        with pytest.raises(WorkbookLocked):
            locks.refuse_if_open(book)

    def test_a_book_that_this_machine_holds_open_needs_no_hint(self, book):
        book.with_name("~$三年级2班.xlsx").write_bytes(owner_file("张老师"))
        if not Path("/proc/self/fd").exists():
            pytest.skip("only Linux shows who holds a file")
        with open(book, "rb"), pytest.raises(WorkbookLocked) as error:
            locks.refuse_if_open(book)
        assert error.value.message.endswith("请先保存并关闭它再试。")


@posix_only
class TestLibreOfficeLocks:
    def lock(self, book: Path, *fields: str) -> Path:
        path = book.with_name(f".~lock.{book.name}#")
        path.write_bytes(libreoffice_lock(*fields))
        return path

    def mine(self) -> tuple[str, str]:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name, os.uname().nodename

    def test_the_display_name_or_the_system_user_is_named(self, book):
        self.lock(book, "李 老师", "li", "pc-3", "23.11.2026 08:00", "file:///home/li")
        assert locks.who_has_it_open(book).name == "李 老师"
        self.lock(book, "", "li", "pc-3", "23.11.2026 08:00", "file:///home/li")
        assert locks.who_has_it_open(book).name == "li"
        self.lock(book, r"a\,b\;c\\", "li", "pc-3", "", "")
        assert locks.who_has_it_open(book).name == "a,b;c\\"

    def test_a_lock_of_another_machine_or_user_is_believed(self, book):
        user, host = self.mine()
        for fields in (("", user, "another-machine"), ("", "somebody-else", host), ("", user)):
            self.lock(book, *fields, "23.11.2026 08:00", "file:///x")
            assert locks.who_has_it_open(book) is not None

    def test_a_lock_of_one_s_own_crash_is_no_obstacle(self, book):
        if not Path("/proc/self/fd").exists():
            pytest.skip("only Linux shows who holds a file")
        self.lock(book, "", *self.mine(), "23.11.2026 08:00", "file:///x")
        assert locks.who_has_it_open(book) is None
        locks.refuse_if_open(book)
        with open(book, "rb"):
            assert locks.who_has_it_open(book).certain
        # A file of the same name held open elsewhere may be this one, seen from within a sandbox.
        other = book.parent / "sandbox"
        other.mkdir()
        (other / book.name).write_bytes(b"y")
        with open(other / book.name, "rb"):
            assert not locks.who_has_it_open(book).certain

    def test_links_lead_to_the_book_s_own_folder(self, book, tmp_path):
        link = tmp_path / "elsewhere" / "link.xlsx"
        link.parent.mkdir()
        link.symlink_to(book)
        self.lock(book, "李老师", "li", "pc-3", "", "")
        assert locks.who_has_it_open(link).name == "李老师"


def test_a_book_nobody_has_open_is_free(book):
    assert locks.who_has_it_open(book) is None
    locks.refuse_if_open(book)


@pytest.mark.libreoffice
@needs_libreoffice
@posix_only
def test_libreoffice_itself_open_then_killed(tmp_path):
    """A real soffice holds the book: refused. Killed, it leaves its lock file: no obstacle."""
    book = class_book(tmp_path / "三年级2班.xlsx", pupils=3)
    profile = (tmp_path / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--norestore", "--nologo", str(book)]
    lock = book.with_name(f".~lock.{book.name}#")
    office = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while locks.who_has_it_open(book) is None and time.monotonic() < deadline:
            time.sleep(0.2)
        owner = locks.who_has_it_open(book)
        assert owner is not None
        assert (owner.program, owner.certain) == ("LibreOffice", True)
    finally:
        os.killpg(office.pid, signal.SIGKILL)
        office.wait()
    time.sleep(0.5)
    assert lock.exists()
    assert locks.who_has_it_open(book) is None
