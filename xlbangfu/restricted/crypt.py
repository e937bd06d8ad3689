"""Bytes of a workbook under a password, and back; in memory only.

Encrypting gives Office's agile scheme (AES-256, SHA-512, 100,000 rounds), which Excel, WPS and LibreOffice open.
Read is also what they make of it when they save: LibreOffice 7.4 goes back to the standard scheme (AES-128).
No password and no key ever reaches a message or a log. Source: spec §3, §7, §8; MS-OFFCRYPTO 2.3.4.
"""

from __future__ import annotations

import io

from xlbangfu.workbook.encryption import MAX_INFO_BYTES, ooxml_file, refuse_odd_header
from xlbangfu.workbook.errors import WorkbookError

MAX_FILE_BYTES = 50 * 2**20
_ZIP, _COMPOUND_FILE = b"PK\3\4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class RestrictedError(WorkbookError):
    """The restricted workbook cannot be opened; nothing was changed."""


class WrongPassword(RestrictedError):
    """The password does not open the file."""

    needs = "password"  # a click may ask again


class NotEncrypted(RestrictedError):
    """Somebody saved the file without its password."""


class Damaged(RestrictedError):
    """The file is cut off, damaged, or something else."""


def encrypt(data: bytes, password: str) -> bytes:
    """The .xlsx bytes as a file that opens with the password, tried once before it is given out.

    Raises ValueError for what is no .xlsx or an empty password.
    """
    if not data.startswith(_ZIP) or not password:
        raise ValueError("an .xlsx and a password are needed")
    sealed = io.BytesIO()
    ooxml_file(data).encrypt(password, sealed)
    if decrypt(sealed.getvalue(), password, "") != data:  # what cannot be opened again would be lost for good
        raise ValueError("the encrypted file does not open")
    return sealed.getvalue()


def decrypt(data: bytes, password: str, name: str) -> bytes:
    """The .xlsx bytes inside a file that opens with the password. name: of the file, for messages.

    Raises WrongPassword, NotEncrypted, Damaged. What is inside is untrusted and not looked at here.
    """
    if data.startswith(_ZIP):
        raise NotEncrypted(
            f"“{name}”没有打开密码，为保护学生没有读取；请用 Excel 打开，在“文件—信息—保护工作簿”里用密码加密后保存，再点一次。"
        )
    if not data.startswith(_COMPOUND_FILE) or len(data) > MAX_FILE_BYTES:
        raise _damaged(name)
    return _opened(data, password, name)


def _opened(data: bytes, password: str, name: str) -> bytes:
    from msoffcrypto.exceptions import InvalidKeyError

    inside = io.BytesIO()
    try:
        refuse_odd_header(data, MAX_INFO_BYTES)
        file = ooxml_file(data)
        try:
            file.load_key(password, verify_password=True)
        except InvalidKeyError:
            raise WrongPassword(f"密码打不开“{name}”，请核对后再输一次（注意大小写和输入法）。") from None
        # Its sum over the whole (HMAC) is not asked for: only the agile scheme has one, and the parts have their own.
        file.decrypt(inside)
    except WrongPassword:
        raise
    except Exception as problem:  # the libraries raise a dozen kinds for a file that was cut off or made up
        raise _damaged(name) from problem
    return inside.getvalue()


def _damaged(name: str) -> Damaged:
    return Damaged(f"“{name}”打不开：文件不完整、已损坏，或不是加密的 .xlsx；请先用 Excel 打开看看，打不开就换回备份。")
