"""How the parts of a workbook package hang together: relationships, sheets, names, calculation settings.

Source: ECMA-376 part 2, 9.3 (relationships); part 1, 18.2 (workbook).
"""

from __future__ import annotations

import posixpath

from xlbangfu.workbook import xmlbytes
from xlbangfu.workbook.errors import WorkbookUnreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xlbangfu.workbook.xmlbytes import Element
    from xlbangfu.workbook.ziparchive import Archive

_CONTENT_TYPES = "[Content_Types].xml"
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_BEFORE_CALC_PR = ("sheets", "functionGroups", "externalReferences", "definedNames")
_NO_WORKBOOK = "文件里没有可用的工作簿内容，不是 .xlsx 或 .xlsm；请用 Excel 打开后另存为 .xlsx 或 .xlsm。"


class Sheet:
    """A sheet of the workbook. kind: worksheet, chartsheet, dialogsheet or macrosheet. state: visible, hidden
    or veryHidden."""

    __slots__ = ("kind", "name", "part", "state")

    def __init__(self, name: str, part: str, kind: str, state: str) -> None:
        self.name, self.part, self.kind, self.state = name, part, kind, state

    def __repr__(self) -> str:
        return f"Sheet({self.name!r}, {self.part!r})"


class Book:
    """What the workbook part tells: sheets in order, names by (name, local sheet or None), calendar."""

    __slots__ = ("date1904", "defined_names", "sheets")

    def __init__(self, sheets: list[Sheet], defined_names: dict[tuple[str, str | None], str], date1904: bool) -> None:
        self.sheets, self.defined_names, self.date1904 = sheets, defined_names, date1904


class Relation:
    """One relationship: its id, the last word of its type, and the part it leads to."""

    __slots__ = ("element", "id", "kind", "part")

    def __init__(self, element: Element, part: str) -> None:
        self.element, self.part = element, part
        self.id = element.attributes.get("Id", "")
        self.kind = element.attributes.get("Type", "").rpartition("/")[2]


class Parts:
    """The relationships of a package. read: gives a part as it is now, by its name in the archive."""

    def __init__(self, archive: Archive, read: Callable[[str], bytes]) -> None:
        """Raises WorkbookUnreadable if there is no workbook part."""
        self._read = read
        self._relations: dict[str, list[Relation]] = {}
        # Part names are compared without case; some tools write "/xl/Workbook.xml" for "xl/workbook.xml".
        self._by_case = {name.lower(): name for name in archive.names}
        found = self.related("", "officeDocument")
        if not found:
            raise WorkbookUnreadable(_other_archive(archive))
        self.workbook_part = found[0]
        if self.workbook_part.endswith(".bin"):
            raise WorkbookUnreadable("这是 .xlsb 工作簿，不能处理；请用 Excel 打开，另存为 .xlsx 或 .xlsm。")

    def relations(self, part: str) -> list[Relation]:
        """The relationships of a part ("": of the package) that lead to parts which exist."""
        if part not in self._relations:
            self._relations[part] = self._read_relations(part)
        return self._relations[part]

    def _read_relations(self, part: str) -> list[Relation]:
        folder, _, name = part.rpartition("/")
        own = self._by_case.get(posixpath.join(folder, "_rels", name + ".rels").lower())
        if own is None:
            return []
        found: list[Relation] = []
        for element in xmlbytes.parse(self._read(own)).all("Relationship"):
            target = element.attributes.get("Target", "")
            full = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            known = self._by_case.get(full.lower())
            if known is not None and element.attributes.get("TargetMode") != "External":
                found.append(Relation(element, known))
        return found

    def related(self, part: str, kind: str) -> list[str]:
        """The parts to which a part is related in one way, such as "table"."""
        return [relation.part for relation in self.relations(part) if relation.kind == kind]

    def workbook(self) -> Book:
        """Sheets, names and calendar. Raises WorkbookUnreadable."""
        root = xmlbytes.parse(self._read(self.workbook_part))
        if root.name != "workbook" or root.space not in xmlbytes.MAIN:
            raise WorkbookUnreadable(_NO_WORKBOOK)
        relations = {relation.id: relation for relation in self.relations(self.workbook_part)}
        sheets: list[Sheet] = []
        order: list[str] = []
        holder = root.child("sheets")
        for element in holder.all("sheet") if holder is not None else ():
            name = xmlbytes.decoded(element.attributes.get("name", ""))
            order.append(name)
            relation = relations.get(_relation_id(element))
            if relation is not None:
                state = element.attributes.get("state", "visible")
                sheets.append(Sheet(name, relation.part, relation.kind, state))
        properties = root.child("workbookPr")
        given = properties.attributes.get("date1904", "0") if properties is not None else "0"
        return Book(sheets, self._defined_names(root, order), given in ("1", "true"))

    def without_calculation_chain(self) -> dict[str, bytes | None]:
        """Content types and relationships without the calculation chain, and None for the chain itself."""
        chain = [one for one in self.relations(self.workbook_part) if one.kind == "calcChain"]
        if not chain:
            return {}
        folder, _, name = self.workbook_part.rpartition("/")
        relations_part = self._by_case[posixpath.join(folder, "_rels", name + ".rels").lower()]
        types_part = self._by_case.get(_CONTENT_TYPES.lower(), _CONTENT_TYPES)
        types = self._read(types_part)
        gone = {"/" + one.part.lower() for one in chain}
        overrides = [
            (element.start, element.end, b"")
            for element in xmlbytes.parse(types).all("Override")
            if element.attributes.get("PartName", "").lower() in gone
        ]
        cut = [(one.element.start, one.element.end, b"") for one in chain]
        return {
            types_part: xmlbytes.splice(types, overrides),
            relations_part: xmlbytes.splice(self._read(relations_part), cut),
            **{one.part: None for one in chain},
        }

    def _defined_names(self, root: Element, order: list[str]) -> dict[tuple[str, str | None], str]:
        data = self._read(self.workbook_part)
        names: dict[tuple[str, str | None], str] = {}
        holder = root.child("definedNames")
        for element in holder.all("definedName") if holder is not None else ():
            local = element.attributes.get("localSheetId", "")
            sheet = order[int(local)] if local.isdecimal() and int(local) < len(order) else None
            text = xmlbytes.unescape(data[element.inner : element.inner_end])
            names[element.attributes.get("name", ""), sheet] = text
        return names


def refuse_other_files(data: bytes) -> None:
    """Raise WorkbookUnreadable, saying what the file is, unless it starts like a zip."""
    if data.startswith(b"PK\3\4"):
        return
    if not data:
        raise WorkbookUnreadable("文件是空的（0 字节），可能没有下载完；请重新取得或改用备份（.bak）。")
    if data.startswith(_COMPOUND_FILE):
        if _ENCRYPTED_STREAM in data:
            raise WorkbookUnreadable("工作簿设了打开密码，无法读取；请在 Excel 里取消打开密码后再试。")
        raise WorkbookUnreadable("这是旧格式（.xls 或 WPS 的 .et）；请用 Excel 打开，另存为 .xlsx 或 .xlsm。")
    raise WorkbookUnreadable("这不是 Excel 工作簿（或已损坏）；请用 Excel 打开后另存为 .xlsx 或 .xlsm。")


def with_full_calculation(data: bytes) -> bytes:
    """The workbook part saying fullCalcOnLoad; only that changes, or `calcPr` is put in its place."""
    root = xmlbytes.parse(data)
    settings = root.child("calcPr")
    if settings is not None:
        if settings.attributes.get("fullCalcOnLoad") in ("1", "true"):
            return data
        tag = data[settings.start : settings.inner]
        new = xmlbytes.with_attribute(tag, b"fullCalcOnLoad", b"1")
        return xmlbytes.splice(data, [(settings.start, settings.inner, new)])
    before = [element.end for element in root.children if element.name in _BEFORE_CALC_PR]
    if not before:
        raise WorkbookUnreadable(_NO_WORKBOOK)
    prefix = root.prefix.encode() + b":" if root.prefix else b""
    return xmlbytes.splice(data, [(max(before), max(before), b'<%bcalcPr fullCalcOnLoad="1"/>' % prefix)])


def _relation_id(element: Element) -> str:
    for name, value in element.attributes.items():
        space, _, local = name.partition(" ")
        if space.endswith("/relationships") and local.partition(" ")[0] == "id":
            return value
    return ""


def _other_archive(archive: Archive) -> str:
    if "mimetype" in archive:
        return "这是 OpenDocument 表格（.ods）；请打开后另存为 .xlsx 或 .xlsm。"
    return _NO_WORKBOOK
