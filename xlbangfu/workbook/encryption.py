"""The header of a file under a password, looked at before a password is tried on it.

Source: spec §8; MS-OFFCRYPTO 2.3.4.
"""

from __future__ import annotations

import io
import logging
import re
from typing import Any

MAX_ROUNDS = 1_000_000  # ten times what Office writes; the format would allow ten million, a quarter of a minute
MAX_INFO_BYTES = 64 * 1024  # Office's own is some 1,100
_AGILE = b"\4\0\4\0"  # the version of the header
_ROUNDS = re.compile(rb"spinCount\s*=\s*[\"'](\d{1,20})")


def quiet() -> None:
    """No password and no key into a log: at debug level the library notes keys."""
    logging.getLogger("msoffcrypto").setLevel(logging.CRITICAL)


def ooxml_file(data: bytes) -> Any:
    """msoffcrypto's view of an .xlsx, encrypted or plain."""
    from msoffcrypto.format.ooxml import OOXMLFile

    quiet()
    return OOXMLFile(io.BytesIO(data))


def refuse_odd_header(data: bytes, most_bytes: int = MAX_INFO_BYTES) -> None:
    """Raise ValueError for a header that would take for ever to parse or to try a password on."""
    import olefile

    with olefile.OleFileIO(io.BytesIO(data)) as container, container.openstream("EncryptionInfo") as stream:
        header: bytes = stream.read(most_bytes + 1)
    if len(header) > most_bytes:
        raise ValueError("no header that Office writes")
    if header[:4] == _AGILE and _is_odd(header[8:]):
        raise ValueError("no description that Office writes")


def _is_odd(description: bytes) -> bool:
    """True for XML with declarations (entities), in another encoding than Office's, or with far too many rounds."""
    rounds = [int(number) for number in _ROUNDS.findall(description)]
    return b"<!" in description or b"\0" in description or max(rounds, default=0) > MAX_ROUNDS
