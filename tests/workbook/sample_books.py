"""Workbooks for the tests of the closed door: made by XlsxWriter, by hand, or passed through LibreOffice."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SURNAMES = "甲乙丙丁戊己庚辛壬癸"

needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="the soffice program is not installed")


SHARED = (  # the shared strings of the small packages
    f'<sst xmlns="{MAIN}" count="4" uniqueCount="4"><si><t>语文</t></si>'
    '<si><r><t>后</t></r><r><rPr><b/></rPr><t>20%</t></r></si><si><t>重</t><rPh sb="0" eb="1"><t>chóng</t></rPh></si>'
    '<si><t xml:space="preserve"> a&lt;b </t></si></sst>'
)
SHARED_TEXTS = ("语文", "后20%", "重", " a<b ")


# ---- packages as parts --------------------------------------------------------------------------------


def parts(book: Path | bytes) -> dict[str, bytes]:
    """Every part of a package, by name."""
    with zipfile.ZipFile(io.BytesIO(book) if isinstance(book, bytes) else book) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(contents: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A package of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 9, 1, 8, 0, 0)), content, method)
    return buffer.getvalue()


def repacked(book: Path, changes: Mapping[str, Callable[[bytes], bytes] | None]) -> None:
    """The book with some parts passed through a function; None takes a part out."""
    contents = parts(book)
    for name, change in changes.items():
        if change is None:
            del contents[name]
        else:
            contents[name] = change(contents[name])
    book.write_bytes(pack(contents))


def differing(before: Path | bytes, after: Path | bytes) -> set[str]:
    """Names of the parts that are new, gone or not byte-identical."""
    old, new = parts(before), parts(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


# ---- by hand ------------------------------------------------------------------------------------------


def hand_made(
    sheet: str,
    *,
    shared: str | None = None,
    tables: Iterable[str] = (),
    book_extra: str = "",
    more_sheets: Iterable[tuple[str, str]] = (),
) -> bytes:
    """A small package. sheet: XML of the worksheet 表; shared: of the shared strings; tables: of its tables.

    more_sheets: (name, XML) of further ones; book_extra: XML behind `<sheets>` in the workbook part.
    """
    tables, sheets = list(tables), [("表", sheet), *more_sheets]
    listed = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="rId{i}"/>' for i, (n, _) in enumerate(sheets, 1))
    links = [(f"rId{i}", "worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(sheets) + 1)]
    links += [("rIdS", "styles", "styles.xml")]
    contents: dict[str, str] = {
        "[Content_Types].xml": _content_types(len(sheets), len(tables), shared is not None),
        "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets>{book_extra}</workbook>',
        "xl/styles.xml": _styles(),
    }
    for number, (_, xml) in enumerate(sheets, 1):
        contents[f"xl/worksheets/sheet{number}.xml"] = xml
    if shared is not None:
        contents["xl/sharedStrings.xml"] = shared
        links.append(("rIdT", "sharedStrings", "sharedStrings.xml"))
    if tables:
        table_links = [(f"rId{i}", "table", f"../tables/table{i}.xml") for i in range(1, len(tables) + 1)]
        contents["xl/worksheets/_rels/sheet1.xml.rels"] = _relations(table_links)
        contents.update({f"xl/tables/table{i}.xml": xml for i, xml in enumerate(tables, 1)})
    contents["xl/_rels/workbook.xml.rels"] = _relations(links)
    return pack(contents)


def worksheet(rows: str, before: str = "", after: str = "") -> str:
    """A worksheet with these rows; before and after: XML around sheetData."""
    return f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def table_xml(name: str, ref: str, labels: Iterable[str], number: int = 1, **attributes: str) -> str:
    """A table part."""
    labels = list(labels)
    columns = "".join(f'<tableColumn id="{i}" name="{label}"/>' for i, label in enumerate(labels, 1))
    extra = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return (
        f'<table xmlns="{MAIN}" id="{number}" name="{name}" displayName="{name}" ref="{ref}"{extra}>'
        f'<autoFilter ref="{ref}"/><tableColumns count="{len(labels)}">{columns}</tableColumns></table>'
    )


def _relations(links: list[tuple[str, str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="{key}" Type="{RELATIONS}/{kind}" Target="{target}"/>' for key, kind, target in links
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{lines}</Relationships>'


def _content_types(sheets: int, tables: int, shared: bool) -> str:
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    named = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
    named += [(f"/xl/worksheets/sheet{i}.xml", "worksheet") for i in range(1, sheets + 1)]
    named += [(f"/xl/tables/table{i}.xml", "table") for i in range(1, tables + 1)]
    named += [("/xl/sharedStrings.xml", "sharedStrings")] if shared else []
    lines = "".join(f'<Override PartName="{part}" ContentType="{main}.{kind}+xml"/>' for part, kind in named)
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="{relations}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{lines}</Types>'
    )


def _styles() -> str:
    """Nine cell formats; number 8 is a date."""
    formats = "".join(f'<xf numFmtId="{14 if i == 8 else 0}" fontId="0" fillId="0" borderId="0"/>' for i in range(9))
    return (
        f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill>'
        '<patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
        f'<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="9">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


# ---- by XlsxWriter ------------------------------------------------------------------------------------


def class_book(path: Path, pupils: int = 55, macros: bool = False) -> Path:
    """A class workbook with everything that a rewrite loses: 40 parts, invented pupils."""
    vba = _vba_project(path.parent) if macros else None
    book = xlsxwriter.Workbook(path)
    if vba is not None:
        book.add_vba_project(io.BytesIO(vba), True)
    text, date = book.add_format({"num_format": "@", "locked": False}), book.add_format({"num_format": "yyyy-mm-dd"})
    bold = book.add_format({"bold": True, "font_color": "#C00000"})
    names = ("首页", "设置", "名册", "成绩", "学困生", "帮扶计划", "辅导记录", "转化", "数据问题")
    sheets = {name: book.add_worksheet(name) for name in names}
    _roster(sheets["名册"], pupils, text, date)
    _scores(book, sheets["成绩"], pupils, text)
    _logs(sheets, pupils, text, date)
    home = sheets["首页"]
    home.write_rich_string("A1", bold, "学困生", "帮扶")
    home.write_formula("B2", "=COUNTA(tblRoster[学号])", None, pupils)
    home.write_formula("B3", "=AVERAGE(tblScores[语文])", None, 71.5)
    home.write_formula("B4", "=B3*2", None, 143)
    home.write_formula("B5", '="共"&B2&"人"', None, f"共{pupils}人")
    home.write_formula("B6", "=1+1", None, 2)
    home.write_dynamic_array_formula("D2:D2", "=SUM(tblScores[数学])", None, 3000)
    home.merge_range("A10:C10", "合并的一行")
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=成绩!$C$2:$C$20", "name": "语文"})
    home.insert_chart("F2", chart)
    home.insert_image("F20", "dot.png", {"image_data": io.BytesIO(_dot_png())})
    home.insert_textbox("K2", "说明")
    home.insert_button("A12", {"macro": "BtnImport", "caption": "导入成绩", "width": 90, "height": 24})
    home.write_url("A13", "internal:'名册'!A1", string="名册")
    book.define_name("XB_STATUS", "=首页!$B$9")
    book.define_name("成绩!名单", "=成绩!$A$2:$A$60")
    book.set_properties({"title": "班级工作簿", "author": "测试"})
    book.set_custom_property("schema", 1)
    book.close()
    return path


def _roster(sheet, pupils, text, date):
    rows = [
        (f"20260301{i:02d}", f"测试{SURNAMES[i % 10]}{i}", "男女"[i % 2], "在读", 46000 + i)
        for i in range(1, pupils + 1)
    ]
    labels = ("学号", "姓名", "性别", "状态", "状态日期")
    _table(sheet, "tblRoster", labels, rows, {0: text, 4: date})
    sheet.data_validation(1, 2, 200, 2, {"validate": "list", "source": ["男", "女"]})
    sheet.data_validation(1, 3, 200, 3, {"validate": "list", "source": ["在读", "转出"], "input_title": "状态"})
    sheet.write_comment("B2", "请核对姓名")
    sheet.write_comment("A3", "学号是文字")
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 0, 14, text)
    sheet.set_paper(9)
    sheet.set_header("&C名册")
    sheet.protect("", {"objects": True})


def _scores(book, sheet, pupils, text):
    rows = [
        ("期末", f"20260301{i:02d}", 40 + i % 60, 95.5 - i % 50, "缺考" if i == 7 else 60 + i % 40)
        for i in range(1, pupils + 1)
    ]
    _table(sheet, "tblScores", ("考试", "学号", "语文", "数学", "英语"), rows, {1: text})
    sheet.conditional_format("C2:E200", {"type": "data_bar", "data_bar_2010": True, "bar_solid": True})
    sheet.conditional_format("D2:D200", {"type": "icon_set", "icon_style": "3_arrows"})
    red = book.add_format({"font_color": "red"})
    sheet.conditional_format("C2:C200", {"type": "formula", "criteria": "=AND(ISNUMBER(C2),C2<60)", "format": red})
    for i in range(2, 10):
        sheet.add_sparkline(i, 7, {"range": f"成绩!C{i}:E{i}"})
    sheet.write_formula("I2", "=C2+D2", None, 137.5)
    sheet.write_formula("I3", "=C3+D3", None, 137.5)


def _logs(sheets, pupils, text, date):
    number = [f"20260301{i % pupils + 1:02d}" for i in range(400)]
    rows = [(46000 + i % 90, number[i], "语文", "一对一", 40, "讲错题") for i in range(400)]
    _table(
        sheets["辅导记录"], "tblSessions", ("日期", "学号", "学科", "形式", "时长", "内容"), rows, {0: date, 1: text}
    )
    rows = [(number[i], f"测试{i}", "语文", "学困", "后20%", 58, -17.4, "待定") for i in range(12)]
    labels = ("学号", "姓名", "学科", "类型", "依据", "基线成绩", "与均分差", "确认")
    _table(sheets["学困生"], "tblCaseload", labels, rows, {0: text})
    _table(sheets["转化"], "tblConversions", ("学号", "学科", "状态"), rows=[("", "", "")], formats={0: text})
    _table(sheets["数据问题"], "tblIssues", ("级别", "位置", "问题"), rows=[("", "", "")], formats={})
    _table(sheets["帮扶计划"], "tblPlans", ("计划号", "措施号", "目标"), rows=[("", "", "")], formats={})
    for row, (label, value) in enumerate((("学期", "2026秋"), ("年级", "三年级"), ("班级", "2班")), 1):
        sheets["设置"].write_row(row, 0, (label, value))


def _table(sheet, name, labels, rows, formats):
    columns = [{"header": label, **({"format": formats[i]} if i in formats else {})} for i, label in enumerate(labels)]
    data = [[None if value == "" else value for value in row] for row in rows]
    sheet.add_table(0, 0, len(data), len(labels) - 1, {"name": name, "columns": columns, "data": data})


def _dot_png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">2I5B", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
        + chunk(b"IEND", b"")
    )


def _vba_project(folder: Path) -> bytes:
    from pyopenvba import ExcelFile

    first, second = folder / "_first.xlsm", folder / "_second.xlsm"
    book = xlsxwriter.Workbook(folder / "_first.xlsx")
    for _ in range(9):
        book.add_worksheet()
    book.close()
    (folder / "_first.xlsx").rename(first)
    with ExcelFile(str(first)) as file:
        file.add_vba_project()
        file.vba_project().add_module("Bangfu", "Option Explicit\r\nPublic Sub BtnImport()\r\nEnd Sub\r\n")
        file.save(str(second))
    with ExcelFile(str(second)) as file:
        return file.vba_project_bytes()


# ---- through LibreOffice ------------------------------------------------------------------------------

XLSX_FILTER = "xlsx:Calc MS Excel 2007 XML"
XLSM_FILTER = "xlsm:Calc MS Excel 2007 VBA XML"


def converted(books: Iterable[Path], folder: Path, profile: Path, to: str = XLSX_FILTER) -> list[Path]:
    """The books loaded and stored by LibreOffice, with a profile of their own."""
    books, folder = list(books), folder / to.partition(":")[0]
    folder.mkdir(parents=True, exist_ok=True)
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", to]
    subprocess.run([*command, "--outdir", folder, *books], check=True, capture_output=True, timeout=180)
    found = [folder / f"{book.stem}.{to.partition(':')[0]}" for book in books]
    assert all(book.exists() for book in found)
    return found


def without_cached_results(xml: bytes) -> bytes:
    """Sheet XML with the stored result of every formula taken out, for comparisons."""
    return re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", xml)
