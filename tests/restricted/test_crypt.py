"""A file that opens with its password and with nothing else (spec §3, §7, §8)."""

from __future__ import annotations

import io
import logging
import time

import msoffcrypto
import olefile
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msoffcrypto.exceptions import InvalidKeyError

from restrictedbooks import MARKER, PASSWORD, plain_workbook, psych
from xlbangfu.restricted import crypt
from xlbangfu.restricted.crypt import Damaged, NotEncrypted, RestrictedError, WrongPassword, decrypt, encrypt

PLAIN = plain_workbook({"心理档案": [psych("02600001", "2026-09-01")]})
SEALED = encrypt(PLAIN, PASSWORD)
slow = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def opened(data: bytes) -> tuple[bytes, str]:
    """What is inside, or the sentence why not."""
    try:
        return decrypt(data, PASSWORD, "x"), ""
    except RestrictedError as problem:
        return b"", problem.message


class TestTheFile:
    def test_is_what_office_calls_agile_with_aes_256(self):
        with olefile.OleFileIO(io.BytesIO(SEALED)) as container:
            header = container.openstream("EncryptionInfo").read()
        assert header[:4] == b"\4\0\4\0"
        assert header.count(b'cipherAlgorithm="AES"') == 2 and header.count(b'keyBits="256"') == 2

    def test_opens_with_its_password_by_the_library_itself(self):
        file = msoffcrypto.OfficeFile(io.BytesIO(SEALED))
        assert file.is_encrypted()
        file.load_key(PASSWORD, verify_password=True)
        inside = io.BytesIO()
        file.decrypt(inside, verify_integrity=True)
        assert inside.getvalue() == PLAIN

    def test_does_not_open_with_another_one_by_the_library_itself(self):
        with pytest.raises(InvalidKeyError):
            msoffcrypto.OfficeFile(io.BytesIO(SEALED)).load_key(PASSWORD.upper(), verify_password=True)

    def test_shows_nothing_of_what_is_inside(self):
        for text in (MARKER, "02600001", "心理档案", "测试小学", PASSWORD):
            for encoding in ("utf-8", "utf-16-le", "gb18030"):
                assert text.encode(encoding) not in SEALED
        assert PLAIN[:200] not in SEALED

    def test_is_another_one_every_time(self):
        assert encrypt(PLAIN, PASSWORD)[2048:] != SEALED[2048:]

    @slow
    @given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=60))
    def test_comes_back_whole_with_any_password(self, password):
        assert decrypt(encrypt(PLAIN, password), password, "x") == PLAIN

    @pytest.mark.parametrize(
        ("data", "password"),
        [(b"no archive", PASSWORD), (PLAIN, ""), (SEALED, PASSWORD)],
        ids=["text", "no password", "sealed"],
    )
    def test_is_not_made_of_what_is_no_workbook_or_without_a_password(self, data, password):
        with pytest.raises(ValueError, match="needed"):
            encrypt(data, password)


class TestWhatDoesNotOpen:
    @pytest.mark.parametrize("wrong", ["ABC-2026", "abc-2027", " abc-2026", "暗号六个字啊", "a" * 300])
    def test_a_wrong_password_may_be_asked_for_again(self, wrong):
        with pytest.raises(WrongPassword) as caught:
            decrypt(SEALED, wrong, "受限档案.xlsx")
        assert caught.value.needs == "password"
        assert "受限档案.xlsx" in caught.value.message and wrong not in caught.value.message

    def test_a_file_without_a_password_is_not_read(self):
        with pytest.raises(NotEncrypted, match="没有打开密码"):
            decrypt(PLAIN, PASSWORD, "受限档案.xlsx")

    @pytest.mark.parametrize("data", [b"", b"text", SEALED[:8], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000)])
    def test_what_is_no_such_file_is_one_sentence(self, data):
        with pytest.raises(Damaged, match="“受限档案"):
            decrypt(data, PASSWORD, "受限档案.xlsx")

    @slow
    @given(st.integers(0, len(SEALED) - 1))
    def test_a_file_that_was_cut_off_anywhere_is_one_sentence(self, length):
        inside, told = opened(SEALED[:length])
        assert inside == PLAIN or told.startswith("“x”打不开")  # whole only if cut in the padding at its end

    @slow
    @given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
    def test_a_byte_that_changed_is_never_another_kind_of_failure(self, place, change):
        data = bytearray(SEALED)
        data[place] ^= change
        inside, told = opened(bytes(data))
        assert len(inside) == len(PLAIN) or "“x”" in told


def with_header(change) -> bytes:
    """The sealed file with another EncryptionInfo of the same length, blanks taken from between its attributes."""
    with olefile.OleFileIO(io.BytesIO(SEALED)) as container:
        old = container.openstream("EncryptionInfo").read()
    new = change(old)
    spare = len(new) - len(old)
    blanks = b" " * 16
    while spare > 0 and blanks in new:
        taken = min(spare, 15)
        new = new.replace(blanks, blanks[taken:], 1)
        spare -= taken
    assert spare <= 0
    new += b" " * -spare
    assert SEALED.count(old[8:500]) == 1
    start = SEALED.index(old[:500])
    assert SEALED[start : start + len(old)] == old
    return SEALED[:start] + new + SEALED[start + len(old) :]


class TestAHeaderMadeToDoHarm:
    """Bounded before anything is computed (spec §8)."""

    def test_the_harness_itself_changes_nothing(self):
        assert with_header(lambda header: header) == SEALED

    @pytest.mark.parametrize("quote", [b'"', b"'"])
    def test_ten_million_rounds_are_refused_at_once(self, quote):
        many = b"spinCount=" + quote + b"9999999" + quote
        started = time.perf_counter()
        with pytest.raises(Damaged):
            decrypt(with_header(lambda header: header.replace(b'spinCount="100000"', many)), PASSWORD, "x")
        assert time.perf_counter() - started < 0.5

    def test_entities_are_not_expanded(self):
        declared = b'<!DOCTYPE e [<!ENTITY a "x">]><encryption '
        with pytest.raises(Damaged):
            decrypt(with_header(lambda header: header.replace(b"<encryption ", declared, 1)), PASSWORD, "x")

    def test_more_than_the_most_bytes_are_refused_unread(self, monkeypatch):
        monkeypatch.setattr(crypt, "MAX_FILE_BYTES", len(SEALED) - 1)
        with pytest.raises(Damaged):
            decrypt(SEALED, PASSWORD, "x")

    def test_a_longer_header_than_any_is_refused(self, monkeypatch):
        monkeypatch.setattr(crypt, "MAX_INFO_BYTES", 500)
        with pytest.raises(Damaged):
            decrypt(SEALED, PASSWORD, "x")


def test_no_password_and_no_key_reaches_a_log_even_at_its_chattiest(caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("msoffcrypto", "msoffcrypto.method.ecma376_standard"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    decrypt(encrypt(PLAIN, PASSWORD), PASSWORD, "x")
    with pytest.raises(WrongPassword):
        decrypt(SEALED, "wrong-one", "x")
    assert [record for record in caplog.records if record.name.startswith("msoffcrypto")] == []
    assert PASSWORD not in caplog.text and "wrong-one" not in caplog.text
