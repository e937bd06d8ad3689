"""An .xlsx or .xlsm as grids, transitional or Strict: its parts found through their relationships, read in a stream.

A library that hands over a finished grid tells neither error cells from blanks nor hidden rows from others, and
lays out every cell down to the last. Macros, links and objects are other parts, and nobody opens them here.
Source: spec §3.1, §8; ECMA-376 part 1, 18.3 (worksheets), 18.4 (shared strings), 18.8 (styles).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlbangfu.imports.grids import Budget, Damaged, SheetGrid, TooMuch, Unreadable
from xlbangfu.imports.numberformats import Format, read_format
from xlbangfu.imports.xlsxsheet import Book, SheetReader, clean
from xlbangfu.imports.xmlstream import Reader
from xlbangfu.workbook import xmlbytes
from xlbangfu.workbook.errors import WorkbookUnreadable
from xlbangfu.workbook.packageparts import Parts
from xlbangfu.workbook.ziparchive import Archive, ArchiveTooLarge

MAX_SMALL_PART_BYTES = 4 * 2**20  # the workbook part and relationships; a large school's are some 50 kB
MAX_CELL_FORMATS = 100_000  # Excel stops at 65,490

_AS_XLSX = "请用 Excel 或 WPS 打开后另存为 .xlsx 再试"
_OTHERS = (  # what else is a zip: a part that only it has, what it is, and what to do
    ("xl/workbook.bin", "是 .xlsb 工作簿，不能导入", _AS_XLSX),
    ("content.xml", "是 .ods 表格，不能导入", _AS_XLSX),
    ("word/document.xml", "是 Word 文档，不是表格", "请把里面的表格粘贴到 Excel，存为 .xlsx 再试"),
    ("ppt/presentation.xml", "是演示文稿，不是表格", "请把里面的表格粘贴到 Excel，存为 .xlsx 再试"),
    ("Index/Document.iwa", "是 Numbers 表格，不能导入", "请在 Numbers 里导出为 Excel（.xlsx）再试"),
)


def read_xlsx(data: bytes) -> list[SheetGrid]:
    """The worksheets in order. Raises Unreadable."""
    try:
        archive = Archive(data)
        return _Workbook(archive).grids()
    except ArchiveTooLarge as problem:
        raise TooMuch("展开后过大或内容异常，为安全起见不打开") from problem
    except WorkbookUnreadable as problem:
        raise Damaged from problem


class _Workbook:
    def __init__(self, archive: Archive) -> None:
        _refuse_others(archive)
        self._archive = archive
        self._budget = Budget()
        self._parts = Parts(archive, self._small)

    def grids(self) -> list[SheetGrid]:
        book_part = self._parts.workbook_part
        found = self._parts.workbook()
        holder = xmlbytes.parse(self._small(book_part)).child("sheets")
        if holder is None or len(holder.all("sheet")) != len(found.sheets):
            raise Damaged("里有工作表的内容缺失，文件不完整或已损坏")
        sheets = [sheet for sheet in found.sheets if sheet.kind == "worksheet"]
        if not sheets:
            raise Unreadable("里没有工作表", "请核对是不是选错了文件")
        book = Book(self._strings(), self._formats(), found.date1904, self._budget)
        return [
            SheetReader(book).read(self._archive.pieces(s.part)).grid(clean(s.name), s.state != "visible")
            for s in sheets
        ]

    def _small(self, name: str) -> bytes:
        pieces: list[bytes] = []
        for piece in self._archive.pieces(name):
            pieces.append(piece)
            if sum(map(len, pieces)) > MAX_SMALL_PART_BYTES:
                raise TooMuch
        return b"".join(pieces)

    def _related(self, kind: str) -> Iterator[bytes] | None:
        found = self._parts.related(self._parts.workbook_part, kind)
        return self._archive.pieces(found[0]) if found else None

    def _strings(self) -> list[str]:
        pieces = self._related("sharedStrings")
        return _Strings(self._budget).read(pieces) if pieces is not None else []

    def _formats(self) -> dict[int, Format]:
        pieces = self._related("styles")
        return _Styles().read(pieces) if pieces is not None else {}


def _refuse_others(archive: Archive) -> None:
    names = archive.names
    for part, what, mend in _OTHERS:
        if part in names:
            raise Unreadable(what, mend)
    if not any(name.lower() == "[content_types].xml" for name in names):
        raise Unreadable("是压缩包，不是工作簿", "请先解压，再选择里面的表格")


class _Strings(Reader):
    """Shared strings: rich text joined, phonetic guides (拼音) left out."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._pieces: list[str] = []
        self._phonetic = False
        self.strings: list[str] = []
        self.starts = {"si": self._begin, "t": self._want, "rPh": self._skip}
        self.ends = {"si": self._finish, "t": self._unwant, "rPh": self._resume}

    def read(self, pieces: Iterator[bytes]) -> list[str]:
        self.run(pieces)
        if self.root != "sst":
            raise Damaged
        return self.strings

    def _begin(self, attributes: Mapping[str, str]) -> None:
        self._pieces = []

    def _want(self, attributes: Mapping[str, str]) -> None:
        self.text = None if self._phonetic else self._pieces

    def _unwant(self) -> None:
        self.text = None

    def _skip(self, attributes: Mapping[str, str]) -> None:
        self._phonetic = True

    def _resume(self) -> None:
        self._phonetic = False

    def _finish(self) -> None:
        self.budget.take_characters(8)  # an empty text takes room too
        self.strings.append(clean("".join(self._pieces)))


class _Styles(Reader):
    """Cell style number → what its number format makes of numbers, for those that make something."""

    def __init__(self) -> None:
        super().__init__()
        self._codes: dict[int, str] = {}
        self._used: list[int] = []
        self._in_cells = False
        self.starts = {"numFmt": self._code, "cellXfs": self._enter, "xf": self._style}
        self.ends = {"cellXfs": self._leave}

    def read(self, pieces: Iterator[bytes]) -> dict[int, Format]:
        self.run(pieces)
        if self.root != "styleSheet":
            raise Damaged
        known = {number: read_format(number, self._codes.get(number)) for number in set(self._used)}
        return {style: form for style, number in enumerate(self._used) if (form := known[number]) is not None}

    def _code(self, attributes: Mapping[str, str]) -> None:
        if len(self._codes) < MAX_CELL_FORMATS:
            self._codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")

    def _enter(self, attributes: Mapping[str, str]) -> None:
        self._in_cells = True

    def _leave(self) -> None:
        self._in_cells = False

    def _style(self, attributes: Mapping[str, str]) -> None:
        if self._in_cells:
            if len(self._used) == MAX_CELL_FORMATS:
                raise TooMuch
            self._used.append(int(attributes.get("numFmtId", "0")))
