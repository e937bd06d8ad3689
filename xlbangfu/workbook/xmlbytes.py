"""XML as bytes with places: find elements by expat's byte offsets, change an attribute, escape a text.

Parts are never rebuilt from a tree; a change is a splice into the bytes that are there.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from xlbangfu.workbook.errors import WorkbookUnreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable

MAIN = frozenset(
    (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
)

_ATTRIBUTE = re.compile(rb"""\s+([^\s=/>]+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG = re.compile(rb"""<([^\s/>]+)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(/?)>""")
_DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")
_ENTITY = re.compile(r"&(#x[0-9A-Fa-f]+|#[0-9]+|amp|lt|gt|quot|apos);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
# What XML 1.0 cannot hold, written _xHHHH_; a literal _xHHHH_ is told apart by escaping its first mark.
# Source: ECMA-376 part 1, 22.4.2.4 (bstr).
_ILLEGAL = "\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff"
_TO_ESCAPE = re.compile(f"[{_ILLEGAL}]|_(?=x[0-9A-Fa-f]{{4}}(?:_|[{_ILLEGAL}]))")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

_REFUSED = "文件里有一部分内容已损坏，无法读取；请用 Excel 打开并另存一次，或改用备份（.bak）。"


class Element:
    """One element of a part.

    name and space: local name and namespace. attributes: by local name, or "namespace name" where prefixed.
    data[start:inner] is the start tag, data[inner:inner_end] the content, data[start:end] the whole;
    an empty tag has inner == inner_end == end. parent: None for the root.
    """

    __slots__ = (
        "attributes", "children", "end", "inner", "inner_end", "name", "parent", "prefix", "space", "start",
    )  # fmt: skip

    def __init__(self, full_name: str, attributes: dict[str, str], parent: Element | None, start: int) -> None:
        # expat gives "name", "namespace name" or "namespace name prefix".
        parts = full_name.split(" ")
        self.space, self.name, self.prefix = (*parts, "")[:3] if len(parts) > 1 else ("", full_name, "")
        self.attributes = attributes
        self.parent = parent
        self.children: list[Element] = []
        self.start = self.inner = self.inner_end = self.end = start

    def child(self, name: str) -> Element | None:
        """The first child of that local name."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def all(self, name: str) -> list[Element]:
        """All children of that local name."""
        return [child for child in self.children if child.name == name]


def parse(data: bytes) -> Element:
    """The root element of a part. Raises WorkbookUnreadable (not well-formed, DOCTYPE, not UTF-8)."""
    parser = _parser(data)
    parser.namespace_prefixes = True
    stack: list[Element] = []
    roots: list[Element] = []

    def opened(name: str, attributes: dict[str, str]) -> None:
        parent = stack[-1] if stack else None
        element = Element(name, attributes, parent, parser.CurrentByteIndex)
        if parent is None:
            roots.append(element)
        else:
            parent.children.append(element)
        stack.append(element)

    def closed(name: str) -> None:
        element = stack.pop()
        tag = _TAG.match(data, element.start)
        if tag is None:
            raise WorkbookUnreadable(_REFUSED)
        element.inner = element.inner_end = element.end = tag.end()
        if not tag[3]:
            element.inner_end = parser.CurrentByteIndex
            element.end = data.index(b">", element.inner_end) + 1

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    _run(parser, data)
    return roots[0]


def check(data: bytes) -> None:
    """Raise WorkbookUnreadable unless `data` is well-formed UTF-8 XML without DOCTYPE."""
    _run(_parser(data), data)


def texts(fragment: bytes) -> list[tuple[str, str]]:
    """(path of local names, own text) of every element of a fragment, in document order.

    Namespaces are not resolved, for a fragment's prefixes are declared further up. For cell contents that
    hold comments, CDATA or processing instructions; the plain ones are read by regular expressions.
    """
    parser = expat.ParserCreate("utf-8")
    found: list[list[str]] = []
    open_at: list[int] = []

    def opened(name: str, attributes: dict[str, str]) -> None:
        above = found[open_at[-1]][0] if len(open_at) > 1 else ""
        open_at.append(len(found))
        found.append([f"{above}/{name.rpartition(':')[2]}", ""])

    def closed(name: str) -> None:
        open_at.pop()

    def text(piece: str) -> None:
        found[open_at[-1]][1] += piece

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text
    _run(parser, b"<x>" + fragment + b"</x>")
    return [(path.removeprefix("/"), own) for path, own in found[1:]]


def attributes(tag: bytes) -> list[tuple[bytes, bytes]]:
    """(name, value as written) of a start tag or of the attributes in one, in order."""
    return [(m[1], m[2][1:-1]) for m in _ATTRIBUTE.finditer(tag)]


def attributes_without(tag: bytes, names: Container[bytes]) -> bytes:
    """The attributes of a start tag (or of the attributes in one) as written, less those of `names`."""
    return b"".join(m[0] for m in _ATTRIBUTE.finditer(tag) if m[1] not in names)


def with_attribute(tag: bytes, name: bytes, value: bytes | None) -> bytes:
    """The start tag with one attribute set (None: taken out); everything else stays byte for byte."""
    for match in _ATTRIBUTE.finditer(tag):
        if match[1] == name:
            if value is None:
                return tag[: match.start()] + tag[match.end() :]
            return tag[: match.start(2)] + b'"' + value + b'"' + tag[match.end(2) :]
    if value is None:
        return tag
    close = len(tag) - (2 if tag.endswith(b"/>") else 1)
    head = tag[:close].rstrip()
    return head + b" " + name + b'="' + value + b'"' + tag[close:]


def splice(data: bytes, changes: Iterable[tuple[int, int, bytes]]) -> bytes:
    """`data` with each data[start:end] replaced; insertions at one place keep the order given."""
    pieces: list[bytes] = []
    position = 0
    for start, end, new in sorted(changes, key=lambda change: change[:2]):
        if start < position:
            raise ValueError(f"changes overlap at byte {start}")
        pieces += (data[position:start], new)
        position = end
    pieces.append(data[position:])
    return b"".join(pieces)


def escape(text: str) -> bytes:
    """Text as it stands between two tags; characters that XML cannot hold become _xHHHH_."""
    if "_" in text or not text.isprintable():
        text = _TO_ESCAPE.sub(lambda m: f"_x{ord(m[0]):04X}_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()


def escape_attribute(text: str) -> bytes:
    """Text as it stands inside double quotes; a line break becomes _x000a_, as Excel writes table columns."""
    encoded = escape(text).replace(b'"', b"&quot;")
    return encoded.replace(b"\n", b"_x000a_").replace(b"\t", b"_x0009_")


def unescape(raw: bytes) -> str:
    """The text that stands as `raw` between two tags, entities and _xHHHH_ decoded."""
    text = raw.decode()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        if "&#" in text:
            text = _ENTITY.sub(_entity, text)
        else:
            text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
            text = text.replace("&apos;", "'").replace("&amp;", "&")
    return decoded(text)


def decoded(text: str) -> str:
    """Text with its _xHHHH_ decoded."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)


def _entity(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] != "#":
        return _ENTITIES[name]
    return chr(int(name[2:], 16) if name[1] == "x" else int(name[1:]))


def _parser(data: bytes) -> expat.XMLParserType:
    declared = _DECLARED.match(data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or (declared is not None and declared[1].lower() != b"utf-8"):
        raise WorkbookUnreadable("文件用了少见的文字编码；请用 Excel 打开，另存为 .xlsx 或 .xlsm。")
    parser = expat.ParserCreate("utf-8", " ")
    parser.StartDoctypeDeclHandler = _doctype
    return parser


def _doctype(*declaration: object) -> None:
    raise WorkbookUnreadable("文件里有不允许的 XML 声明（DOCTYPE），为安全起见不打开。")


def _run(parser: expat.XMLParserType, data: bytes) -> None:
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        raise WorkbookUnreadable(_REFUSED) from None
