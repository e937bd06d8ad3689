"""Workbooks of the corpus that no program here writes, by hand from ECMA-376. Nothing in them is anybody's."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET = "xl/worksheets/sheet1.xml"
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="0000000"/>'
    '<numFmt numFmtId="165" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>'
    '<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="14"/></cellXfs>'
    "</styleSheet>"
)
# 学号 by number format, names as shared, rich and inline text, an error, a formula without a value, a date.
DATA = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c>'
    '<c r="D1" t="s"><v>3</v></c></row>'
    '<row r="2"><c r="A2" s="1"><v>260301</v></c><c r="B2" t="s"><v>4</v></c><c r="C2"><v>85</v></c>'
    '<c r="D2"><v>92.5</v></c></row>'
    '<row r="3"><c r="A3" s="1"><v>260302</v></c><c r="B3" t="inlineStr"><is><t>测试乙</t></is></c>'
    '<c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="D3" t="str"><f>"缺"&amp;"考"</f><v>缺考</v></c></row>'
    '<row r="4"><c r="A4" s="1"><v>260303</v></c><c r="B4" t="s"><v>5</v></c><c r="C4"><f>59+1</f></c>'
    '<c r="D4" s="2"><v>45352</v></c></row>'
)
STRINGS = (
    "<si><t>学号</t></si><si><t>姓名</t></si><si><t>语文</t></si><si><t>数学</t></si>"
    '<si><r><t>示例</t></r><r><rPr><b/></rPr><t>甲</t></r><rPh sb="0" eb="2"><t>shili</t></rPh></si>'
    '<si><t>样本丙</t><phoneticPr fontId="1"/></si>'
)


def parts(data: str = DATA, strings: str = STRINGS, after: str = "") -> dict[str, str | bytes]:
    """The parts of a small workbook."""
    types = "".join(
        f'<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
        for part, kind in (
            ("xl/workbook.xml", "sheet.main"), (_SHEET, "worksheet"),
            ("xl/sharedStrings.xml", "sharedStrings"), ("xl/styles.xml", "styles"),
        )
    )  # fmt: skip
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>',
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="成绩" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            {
                "rId1": ("worksheet", "worksheets/sheet1.xml"),
                "rId2": ("sharedStrings", "sharedStrings.xml"),
                "rId3": ("styles", "styles.xml"),
            }
        ),
        _SHEET: f'{_HEAD}<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData>{after}</worksheet>',
        "xl/sharedStrings.xml": f'{_HEAD}<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/styles.xml": _STYLES,
    }


def _relations(given: Mapping[str, tuple[str, str]]) -> str:
    one = "".join(
        f'<Relationship Id="{i}" Type="{RELATIONS}/{kind}" Target="{to}"/>' for i, (kind, to) in given.items()
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{one}</Relationships>'


def packed(content: Mapping[str, str | bytes]) -> bytes:
    """The parts as a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 9, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def changed(old: str, new: str, part: str = _SHEET) -> bytes:
    """The small workbook with something else in one part."""
    content = parts()
    before = content[part]
    assert isinstance(before, str) and old in before, (part, old)
    return packed({**content, part: before.replace(old, new)})


def _strict() -> bytes:
    content = {name: str(data).replace(MAIN, STRICT_MAIN) for name, data in parts().items()}
    content = {name: data.replace(RELATIONS, STRICT_RELATIONS) for name, data in content.items()}
    return packed(content)


def _prefixed() -> bytes:
    content = parts()
    sheet = str(content[_SHEET]).replace("</", "\0").replace("<?", "\1").replace("<", "<x:")
    sheet = sheet.replace("\0", "</x:").replace("\1", "<?").replace("xmlns=", "xmlns:x=")
    return packed({**content, _SHEET: sheet})


def _without_places() -> bytes:
    return packed(parts(re.sub(r' r="[A-Z]?\d"', "", DATA)))


def _bomb(part: str, filling: str) -> bytes:
    content = parts()
    whole = str(content[part])
    at = whole.rfind("</", 0, len(whole))
    return packed({**content, part: whole[:at] + filling * (12 * 2**20 // len(filling)) + whole[at:]})


def _entities(part: str, root: str) -> bytes:
    declared = '<!DOCTYPE x [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return changed(f"<{root} ", f"{declared}]><{root} ", part)


def _with(more: Mapping[str, str | bytes]) -> bytes:
    return packed({**parts(), **more})


def _without(*names: str) -> bytes:
    return packed({name: data for name, data in parts().items() if name not in names})


def _linked() -> bytes:
    link = '<Relationship Id="rId9" Type="' + RELATIONS + '/externalLink" Target="externalLinks/externalLink1.xml"/>'
    target = (
        f'<Relationship Id="rId1" Type="{RELATIONS}/externalLinkPath" Target="file:///nowhere/other.xlsx" '
        'TargetMode="External"/>'
    )
    content = parts()
    relations = str(content["xl/_rels/workbook.xml.rels"])
    return packed(
        {
            **content,
            "xl/_rels/workbook.xml.rels": relations.replace("</Relationships>", link + "</Relationships>"),
            "xl/externalLinks/externalLink1.xml": f'<externalLink xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
            '<externalBook r:id="rId1"/></externalLink>',
            "xl/externalLinks/_rels/externalLink1.xml.rels": _relations({}).replace("></", ">" + target + "</"),
        }
    )


_SHARED = (
    '<row r="2"><c r="A2" s="1"><v>260301</v></c><c r="B2" t="s"><v>4</v></c><c r="C2"><f t="shared" ref="C2:C3" '
    'si="0">1+1</f></c><c r="D2"/></row><row r="3"><c r="A3" s="1"><v>260302</v></c><c r="B3" t="s"><v>5</v></c>'
    '<c r="C3"><f t="shared" si="0"/></c></row>'
)
_ESCAPES = (
    "<si><t>学号</t></si><si><t>姓名</t></si><si><t>语_x000D_\n文</t></si><si><t>数学_x0009_</t></si>"
    '<si><t xml:space="preserve"> 示例甲\u00a0</t></si><si><t>_x005F_x0041_样本_xD83D__xDE00_</t></si>'
)
_LONG = DATA.replace("<v>260301</v>", "<v>110101200001010011</v>").replace(' s="1"', "")
_TRUTH = DATA.replace('<c r="C2"><v>85</v>', '<c r="C2" t="b"><v>1</v>')
_ISO = DATA.replace('<c r="D4" s="2"><v>45352</v>', '<c r="D4" t="d"><v>2024-03-01T00:00:00</v>')
_COMMENTED = DATA.replace('<row r="3">', '<!-- <c r="E2"><v>9</v></c> --><row r="3">').replace(
    "<is><t>测试乙</t></is>", "<is><t><![CDATA[测试乙]]></t></is>"
)
_FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
_HIDDEN = DATA.replace('<row r="3">', '<row r="3" hidden="1">').replace(
    '<row r="4">', '<row r="4" ht="0" customHeight="1">'
)
_MERGED = '<mergeCells count="2"><mergeCell ref="A5:D5"/><mergeCell ref="B2:B3"/></mergeCells>'
_GARBLED_UTF16 = str(parts()[_SHEET]).replace("UTF-8", "UTF-16").encode("utf-16")


def zips() -> dict[str, bytes]:
    """All of them by name."""
    return {
        "仿制-普通.xlsx": packed(parts()),
        "仿制-Strict.xlsx": _strict(),
        "仿制-标签带前缀.xlsx": _prefixed(),
        "仿制-单引号属性.xlsx": packed(parts(DATA.replace('"', "'").replace("'缺'&amp;'考'", "1"))),
        "仿制-单元格没有坐标.xlsx": _without_places(),
        "仿制-UTF-16的工作表.xlsx": _with({_SHEET: _GARBLED_UTF16}),
        "仿制-注释和CDATA.xlsx": packed(parts(_COMMENTED)),
        "仿制-共享公式没有值.xlsx": packed(parts(DATA[: DATA.index("<row r=\"2\">")] + _SHARED)),
        "仿制-转义和空格.xlsx": packed(parts(strings=_ESCAPES)),
        "仿制-十八位数字.xlsx": packed(parts(_LONG)),
        "仿制-是非值.xlsx": packed(parts(_TRUTH)),
        "仿制-ISO日期.xlsx": packed(parts(_ISO)),
        "仿制-隐藏行.xlsx": packed(parts(_HIDDEN)),
        "仿制-合并单元格.xlsx": packed(parts(after=_MERGED)),
        "仿制-带宏.xlsm": _with({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"Sub AutoOpen()" * 40}),
        "仿制-嵌入对象.xlsx": _with({"xl/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0" * 100}),
        "仿制-外部链接.xlsx": _linked(),
        "仿制-条目名是上级目录.xlsx": _with({"../../不该写出来.txt": "x", "/etc/x": "x", "xl\\甲:乙?.xml": "<x/>"}),
        "仿制-工作表部件名不同大小写.xlsx": changed("worksheets/sheet1.xml", "/xl/Worksheets/Sheet1.xml", "xl/_rels/workbook.xml.rels"),
        "仿制-单元格错误值写法不同.xlsx": changed("#DIV/0!", "#N/A"),
        "仿制-最远的单元格.xlsx": packed(parts(DATA + _FAR)),
        "仿制-同一格写了两次.xlsx": packed(parts(DATA.replace("</row>", '<c r="A1" t="s"><v>1</v></c></row>', 1))),
        "仿制-文字编号不存在.xlsx": packed(parts(DATA.replace("<v>5</v>", "<v>500</v>"))),
        "仿制-压缩炸弹-工作表.xlsx": _bomb(_SHEET, '<row r="9"><c r="A9"/></row>'),
        "仿制-压缩炸弹-共享文字.xlsx": _bomb("xl/sharedStrings.xml", "<si><t>炸</t></si>"),
        "仿制-压缩炸弹-样式.xlsx": _bomb("xl/styles.xml", "<dxf/>"),
        "仿制-压缩炸弹-没人读的部件.xlsx": _with({"xl/media/image1.png": b"\0" * (12 * 2**20)}),
        "仿制-没有空隙的长标签.xlsx": changed("<sheetData>", "<sheetData " + "a" * 3_900_000 + '="">'),
        "仿制-层层嵌套.xlsx": changed("</sheetData>", "<a>" * 200 + "</a>" * 200 + "</sheetData>"),
        "仿制-实体炸弹-工作表.xlsx": _entities(_SHEET, "worksheet"),
        "仿制-实体炸弹-共享文字.xlsx": _entities("xl/sharedStrings.xml", "sst"),
        "仿制-实体炸弹-样式.xlsx": _entities("xl/styles.xml", "styleSheet"),
        "仿制-实体炸弹-工作簿.xlsx": _entities("xl/workbook.xml", "workbook"),
        "仿制-工作表不见了.xlsx": _without(_SHEET),
        "仿制-工作表不是XML.xlsx": _with({_SHEET: "<worksheet><sheetData><row"}),
        "仿制-没有工作簿部件.xlsx": _without("xl/workbook.xml"),
        "仿制-其实是xlsb.xlsx": packed({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\x83\x01\0"}),
        "仿制-其实是Word文档.xlsx": packed({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}),
        "仿制-其实是Numbers.xlsx": packed({"Index/Document.iwa": b"\0\1\2"}),
        "仿制-压缩包里的表格.xlsx": packed({"成绩.xlsx": packed(parts())}),
        "仿制-空压缩包.xlsx": b"PK\x05\x06" + b"\0" * 18,
        "仿制-其实是xlsx.xls": packed(parts()),
        "仿制-其实是xlsx.csv": packed(parts()),
        "仿制-截断.xlsx": packed(parts())[:1500],
    }  # fmt: skip
