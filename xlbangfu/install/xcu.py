"""LibreOffice's list of folders whose macros may run (SecureURL), patched as text in registrymodifications.xcu.

Measured with LibreOffice 7.4: a folder in the list covers the folders below it; an address counts only when it is
escaped as LibreOffice escapes it itself (brackets and quotes stay, Chinese does not). LibreOffice writes the whole
file anew whenever it ends, in the very form used here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote, unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape, unescape

EMPTY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    "</oor:items>\n"
)
SCRIPTING, SECURE_URL = "/org.openoffice.Office.Common/Security/Scripting", "SecureURL"

_OOR = "{http://openoffice.org/2001/registry}"
_LEFT_ALONE = "/!$&'()*+,=@:~"
_ITEM = re.compile(
    rf'<item\b[^>]*\boor:path="{re.escape(SCRIPTING)}"[^>]*>(?:(?!</item>).)*</item>', re.DOTALL
)  # fmt: skip
_PROP = re.compile(rf'<prop\b[^>]*\boor:name="{SECURE_URL}"[^>]*(?:/>|>(?:(?!</prop>).)*</prop>)', re.DOTALL)
_VALUE = re.compile(r"<value\b(?P<attributes>[^>]*?)(?:/>|>(?P<inside>(?:(?!</value>).)*)</value>)", re.DOTALL)
_END = "</oor:items>"
_QUOTES = {"&apos;": "'", "&quot;": '"'}


class UnknownForm(Exception):
    """The file is not written as LibreOffice writes it; it is better left alone."""


@dataclass(frozen=True)
class Splice:
    """One edit: at `start`, `removed` gives way to `inserted`."""

    start: int
    removed: str
    inserted: str

    def apply(self, text: str) -> str:
        """The edited text."""
        return text[: self.start] + self.inserted + text[self.start + len(self.removed) :]


def folder_url(folder: PurePath) -> str:
    """A folder's address, escaped as LibreOffice escapes it.

    >>> from pathlib import PurePosixPath, PureWindowsPath
    >>> folder_url(PurePosixPath("/家/三年级 (1)"))
    'file:///%E5%AE%B6/%E4%B8%89%E5%B9%B4%E7%BA%A7%20(1)'
    >>> folder_url(PureWindowsPath("C:/帮扶"))
    'file:///C:/%E5%B8%AE%E6%89%B6'
    """
    text = folder.as_posix()
    if text.startswith("//"):  # a share of another computer: //server/folder
        return "file:" + quote(text, safe=_LEFT_ALONE)
    return "file://" + ("" if text.startswith("/") else "/") + quote(text, safe=_LEFT_ALONE)


def folder_name(url: str) -> str:
    """An address as a person knows the folder.

    >>> folder_name("file:///C:/%E5%B8%AE%E6%89%B6")
    'C:/帮扶'
    """
    return re.sub(r"^/(?=[A-Za-z]:)", "", unquote(url).removeprefix("file://"))


def read_trusted(text: str) -> list[str]:
    """The addresses in force, in order. Raises UnknownForm for a file that is not well-formed."""
    props = _parsed_props(text)
    return [it.text or "" for it in props[-1].iterfind("value/it")] if props else []


def read_setting(text: str, name: str) -> str | None:
    """Another setting of the same node (MacroSecurityLevel, DisableMacrosExecution); None where it is not set."""
    values = [prop.findtext("value") for prop in _parsed_props(text, name)]
    return values[-1] if values else None


def is_covered(url: str, trusted: Iterable[str]) -> bool:
    """Whether a folder or one above it is in the list."""
    return any(url == t.rstrip("/") or url.startswith(t.rstrip("/") + "/") for t in trusted if t)


def plan_trust(text: str, urls: Sequence[str]) -> Splice:
    """The edit that adds addresses to the list and leaves every other byte alone.

    urls: at least one, none in the list yet. Raises UnknownForm if the list cannot be found for certain, or if
    the edited file would not say just that.
    """
    before = read_trusted(text)
    splice = _splice(text, "".join(f"<it>{escape(url)}</it>" for url in urls))
    if read_trusted(splice.apply(text)) != [*before, *urls]:
        raise UnknownForm("the edited list does not read as meant")
    return splice


def forget_trust(text: str, urls: Sequence[str], splice: Splice) -> str:
    """The file without these addresses: exactly as it was if our edit is still there, else only they go.

    splice: the edit that put them in. Raises UnknownForm as `plan_trust` does.
    """
    wanted = [url for url in read_trusted(text) if url not in urls]
    if text.count(splice.inserted) == 1:
        exact = text.replace(splice.inserted, splice.removed)
        if _reads_as(exact, wanted):
            return exact
    loose = _without(text, urls, whole=splice.inserted.startswith("<item"))
    if not _reads_as(loose, wanted):
        raise UnknownForm("the list cannot be edited for certain")
    return loose


def _reads_as(text: str, wanted: list[str]) -> bool:
    try:
        return read_trusted(text) == wanted
    except UnknownForm:
        return False


def _parsed_props(text: str, name: str = SECURE_URL) -> list[ElementTree.Element]:
    if "<!DOCTYPE" in text:
        raise UnknownForm("a document type")
    try:
        root = ElementTree.fromstring(text.encode())
    except ElementTree.ParseError as problem:
        raise UnknownForm(str(problem)) from problem
    return [
        prop
        for item in root.iterfind("item")
        if item.get(f"{_OOR}path") == SCRIPTING
        for prop in item.iterfind("prop")
        if prop.get(f"{_OOR}name") == name
    ]


def _found_props(text: str) -> list[tuple[int, str]]:
    """Start and text of every SecureURL as text, checked against what a parser finds.

    Raises UnknownForm where the two differ: a comment, other prefixes, the setting inside a nested node.
    """
    found = [(i.start() + p.start(), p[0]) for i in _ITEM.finditer(text) for p in _PROP.finditer(i[0])]
    root = ElementTree.fromstring(text.encode())
    everywhere = [e for e in root.iter("prop") if e.get(f"{_OOR}name") == SECURE_URL]
    if not len(found) == len(_parsed_props(text)) == len(everywhere):
        raise UnknownForm("the list stands in an unknown form")
    return found


def _splice(text: str, added: str) -> Splice:
    props = _found_props(text)
    value = _VALUE.search(props[-1][1]) if props else None
    if value is None:
        return _new_item(text, added)
    start = props[-1][0] + value.start()
    if "separator" in value["attributes"]:
        raise UnknownForm("a list with a separator of its own")
    if value["inside"] is None or "nil" in value["attributes"]:
        return Splice(start, value[0], f"<value>{added}</value>")
    return Splice(start + len(value[0]) - len("</value>"), "", added)


def _new_item(text: str, added: str) -> Splice:
    start = text.rfind(_END)
    if start < 0:
        raise UnknownForm("no end of the list of settings")
    prop = f'<prop oor:name="{SECURE_URL}" oor:op="fuse"><value>{added}</value></prop>'
    return Splice(start, "", f'<item oor:path="{SCRIPTING}">{prop}</item>\n')


def _without(text: str, urls: Sequence[str], *, whole: bool) -> str:
    """whole: if nothing is left in the list, the item goes too, since it was ours."""
    start, prop = _found_props(text)[-1]
    left = re.sub(r"<it>([^<]*)</it>", lambda it: "" if unescape(it[1], _QUOTES) in urls else it[0], prop)
    if whole and "<it>" not in left:
        item = next(i for i in _ITEM.finditer(text) if i.start() <= start < i.end())
        if item[0].count("<prop") == 1:
            return text[: item.start()] + text[item.end() :].removeprefix("\n")
    return text[:start] + left + text[start + len(prop) :]
