"""The characters of a text file: UTF-8, UTF-16 or GB18030, and never a guess that turns names into others.

Source: spec §3.1 (encodings of text tables).
"""

from __future__ import annotations

import re

from xlbangfu.imports.grids import Unreadable

MEND = "请用 Excel 打开后另存为 .xlsx 或“CSV UTF-8”再试"
_HIGH = bytes(range(0x80, 0x100))
_CONTROLS = bytes(b for b in range(0x20) if b not in b"\t\n\f\r\x1a")
_UTF8_HANZI = re.compile(rb"[\xe3-\xe9\xef][\x80-\xbf]{2}")
_USUAL = re.compile("[\t\r\n -~\u00b7\u2000-\u206f\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
_SAMPLE = 200_000
_GB_FREQUENT, _BIG5_FREQUENT = range(0xB0A1, 0xD7FA), range(0xA440, 0xC67F)  # the first level of each


def decode(data: bytes) -> str:
    """The text of a file, without byte order mark and without the end mark of DOS programs.

    Raises Unreadable, with the line where it can be told. Bytes that are broken UTF-8 are not taken for GB18030.
    """
    text = _decoded(data).removesuffix("\x1a")
    at = text.find("\0")
    if at >= 0:
        raise Unreadable(f"第 {line_of(text, at)} 行里有空字符，文件可能已损坏", "请重新导出，或" + MEND[1:])
    return text


def line_of(text: str | bytes, at: int) -> int:
    """The 1-based line in which the character or byte at that place stands; lines end with CR, LF or both."""
    before = text[:at]
    if isinstance(before, str):
        before = before.encode("utf-8", "replace")
    before = before.replace(b"\r\n", b"\n")
    return before.count(b"\n") + before.count(b"\r") + 1


def _decoded(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        return _strictly(data[3:], "utf-8")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(data, "utf-16")
    if b"\0" in data and (wide := _as_utf16(data)) is not None:
        return wide
    sample = data[:_SAMPLE]
    if (len(sample) - len(sample.translate(None, _CONTROLS))) * 100 > len(sample):
        raise Unreadable("不是文本表格（或编码认不出来）", MEND)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if _is_mostly_utf8(data):
        return _strictly(data, "utf-8")
    text = _strictly(data, "gb18030")
    if _is_rather_big5(sample, text[:_SAMPLE]):
        raise Unreadable("的文字编码像是繁体的 Big5，不能直接导入", MEND)
    return text


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as problem:
        if encoding == "utf-16":
            raise Unreadable("的文字编码不完整，文件可能没有下载完", "请重新下载或导出") from problem
        line = line_of(data, problem.start)
        raise Unreadable(f"第 {line} 行有认不出来的字符（编码不一致或已损坏）", MEND) from problem


def _as_utf16(data: bytes) -> str | None:
    """The text of UTF-16 without byte order mark, if it is that."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        sample = text[:_SAMPLE]
        if len(_USUAL.findall(sample)) * 10 >= len(sample) * 9:
            return text
    return None


def _is_mostly_utf8(data: bytes) -> bool:
    """True for UTF-8 with some broken bytes. In GB18030 hardly a hundredth of the bytes look like this."""
    high = len(data) - len(data.translate(None, _HIGH))
    found = len(_UTF8_HANZI.findall(data))
    return found * 3 >= high * 0.7 or (found > 2 and found * 3 >= high * 0.3)


def _is_rather_big5(data: bytes, text: str) -> bool:
    """True where the text read as GB18030 has few frequent characters, and read as Big5 hardly others."""
    beyond_ascii = _BEYOND_ASCII.findall(text)
    if _share(beyond_ascii, "gb2312", _GB_FREQUENT) >= 0.6:
        return False
    try:
        other = data.decode("cp950", "ignore" if len(data) == _SAMPLE else "strict")
    except UnicodeDecodeError:
        return False
    return _share(_BEYOND_ASCII.findall(other), "cp950", _BIG5_FREQUENT) > 0.9


def _share(characters: list[str], encoding: str, frequent: range) -> float:
    """How many of the characters are among the frequent ones of their encoding."""
    codes = (int.from_bytes(c.encode(encoding, "ignore"), "big") for c in characters)
    return sum(code in frequent for code in codes) / max(len(characters), 1)
