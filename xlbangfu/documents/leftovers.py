"""What a finished file carries besides what its pages show: hidden sheets, comments, properties, names, links.

A file is scanned before it is handed out. Nothing is expanded or run: the parts of the package are searched as
bytes, within the bounds that any archive is read in. Source: spec §7, §8.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Collection, Iterator
from html import unescape
from pathlib import Path

from xlbangfu.workbook.errors import WorkbookUnreadable
from xlbangfu.workbook.ziparchive import Archive

UNREADABLE = "读不出来的文件"

# By the name of a part of the package.
_PARTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("批注", re.compile(r"(?:^|/)(?:comments|threadedComments|persons|people)")),
    ("宏或控件", re.compile(r"vbaProject|macrosheets/|activeX/|ctrlProps/|customUI/", re.IGNORECASE)),
    ("嵌入对象", re.compile(r"embeddings/|oleObject", re.IGNORECASE)),
    ("外部链接", re.compile(r"externalLinks/|/connections\.xml|queryTables/")),
    ("自定义数据", re.compile(r"^customXml/|^docProps/custom\.xml")),
    ("缓存的数据", re.compile(r"pivotCache|slicerCache|revisions/")),
    ("打印机信息", re.compile(r"printerSettings/")),
    ("缩略图", re.compile(r"^docProps/thumbnail")),
)

# By what stands in a part whose name matches.
_CONTENTS: tuple[tuple[str, re.Pattern[str], re.Pattern[bytes]], ...] = tuple(
    (finding, re.compile(part), re.compile(content))
    for finding, part, content in (
        ("隐藏的工作表", r"^xl/workbook\.xml", rb'<(?:\w+:)?sheet\s[^>]*state="(?:hidden|veryHidden)"'),
        ("隐藏的行", r"^xl/worksheets/", rb'<(?:\w+:)?row\s[^>]*hidden="(?:1|true)"'),
        ("隐藏的列", r"^xl/worksheets/", rb'<(?:\w+:)?col\s[^>]*hidden="(?:1|true)"'),
        ("批注", r"^xl/worksheets/", rb"<(?:\w+:)?legacyDrawing\s"),
        ("另存的视图", r"^xl/worksheets/", rb"<(?:\w+:)?customSheetView\s"),
        ("看不见的数字格式", r"^xl/styles\.xml", rb'formatCode="\s*;+\s*"'),
        ("外部链接", r"\.rels$", rb'TargetMode="External"'),
        ("隐藏的文字", r"^word/", rb"<w:(?:vanish|webHidden)\b"),
        ("修订记录", r"^word/", rb"<w:(?:ins|del|moveFrom|moveTo)\s"),
        ("批注", r"^word/", rb"<w:comment(?:Reference|RangeStart)\b"),
        ("自定义数据", r"^word/settings\.xml", rb"<w:docVars?\b"),
    )
)
_NAME = re.compile(rb'<(?:\w+:)?definedName\s[^>]*?name="([^"]*)"')
_PRINT_NAMES = (b"_xlnm.Print_Area", b"_xlnm.Print_Titles")
_PROPERTY = re.compile(rb"<(?:\w+:)?(\w+)(?:\s[^>]*)?>([^<]+)</")
# Of core and app properties: who, what about, from where. The title and the dates may stay.
_TELLING = frozenset(
    b"creator lastModifiedBy subject description keywords category contentStatus identifier Company Manager"
    b" HyperlinkBase Template".split()
)
_STRING = re.compile(rb"<(?:\w+:)?si[ />]")
_STRING_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*t="s"[^>]*>\s*<(?:\w+:)?v>(\d+)<')
_PDF: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("文档属性", re.compile(rb"/(?:Author|Keywords|Subject)\s*[<(]")),
    ("嵌入对象", re.compile(rb"/EmbeddedFiles?\b")),
    ("宏或控件", re.compile(rb"/(?:JavaScript|Launch|AcroForm)\b")),
    ("外部链接", re.compile(rb"/URI\s*\(")),
    ("批注", re.compile(rb"/Subtype\s*/(?:Text|Popup|FreeText)\b")),
)
# Streams are text and pictures, whose bytes may look like anything; those of objects are looked into.
_STREAM = re.compile(rb"(/ObjStm\b[^\0]{0,200}?)?\bstream\r?\n(.*?)endstream", re.DOTALL)
_MOST_OBJECT_BYTES = 2**24
_PDF_END_BYTES = 1024  # a whole file says so within its last bytes


def leftovers(file: str | os.PathLike[str] | bytes, allowed: Collection[str] = ()) -> list[str]:
    """What a finished .xlsx, .docx or .pdf carries besides its pages, each kind once; [] for a clean file.

    file: a path, or the file's bytes. allowed: texts that may stand in the document properties (the school).
    A file that cannot be read is one finding. Raises OSError for a path that cannot be opened.
    Source: spec §7.
    """
    data = file if isinstance(file, bytes) else Path(file).read_bytes()
    if data.startswith(b"%PDF"):
        if b"%%EOF" not in data[-_PDF_END_BYTES:]:
            return [UNREADABLE]
        objects = _STREAM.sub(_objects, data)
        return _unique(name for name, pattern in _PDF if pattern.search(objects))
    try:
        archive = Archive(data)
        return _unique(_in_package(archive, archive.read, frozenset(allowed)))
    except WorkbookUnreadable:
        return [UNREADABLE]


def _unique(findings: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(findings))


def _objects(stream: re.Match[bytes]) -> bytes:
    """What a stream of a PDF holds of objects: nothing, or what is packed in it."""
    if stream[1] is None:
        return b""
    try:
        return zlib.decompressobj().decompress(stream[2], _MOST_OBJECT_BYTES)
    except zlib.error:
        return b""


def _in_package(archive: Archive, read: Callable[[str], bytes], allowed: frozenset[str]) -> Iterator[str]:
    for name in archive.names:
        yield from (finding for finding, pattern in _PARTS if pattern.search(name))
        content = read(name)
        for finding, part, pattern in _CONTENTS:
            if re.search(part, name) and pattern.search(content):
                yield finding
        if name.startswith("docProps/"):
            yield from _properties(content, allowed)
        if name == "xl/workbook.xml" and any(n not in _PRINT_NAMES for n in _NAME.findall(content)):
            yield "定义的名称"
    if "xl/sharedStrings.xml" in archive and _unused_strings(archive):
        yield "没有显示的文字"


def _properties(content: bytes, allowed: frozenset[str]) -> Iterator[str]:
    for tag, value in _PROPERTY.findall(content):
        text = unescape(value.decode("utf-8", "replace")).strip()
        if tag in _TELLING and text and text not in allowed:
            yield "文档属性"


def _unused_strings(archive: Archive) -> bool:
    """True if the table of strings holds one that no cell shows."""
    strings = len(_STRING.findall(archive.read("xl/sharedStrings.xml")))
    sheets = (archive.read(n) for n in archive.names if n.startswith("xl/worksheets/") and n.endswith(".xml"))
    shown = {int(index) for content in sheets for index in _STRING_CELL.findall(content)}
    return len(shown) < strings
