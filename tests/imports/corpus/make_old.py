"""SpreadsheetML 2003 pages and old .xls streams of the corpus, by hand from their formats."""

from __future__ import annotations

import struct

SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
_OPEN = (
    f'<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="{SPACE}" xmlns:o="urn:schemas-microsoft-com:office:office" '
    f'xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:ss="{SPACE}" xmlns:html="http://www.w3.org/TR/REC-html40">'
)
_STYLES = (
    '<Styles><Style ss:ID="Default" ss:Name="Normal"/><Style ss:ID="s1"><NumberFormat ss:Format="0000000"/></Style>'
    '<Style ss:ID="s2" ss:Parent="s1"><Font ss:Bold="1"/></Style>'
    '<Style ss:ID="s3"><NumberFormat ss:Format="Short Date"/></Style></Styles>'
)


def cell(kind: str, value: str, more: str = "") -> str:
    return f'<Cell{more}><Data ss:Type="{kind}">{value}</Data></Cell>'


_HEADER = "".join(cell("String", label) for label in ("学号", "姓名", "语文", "数学", "日期"))
_TABLE = (
    '<Table><Column ss:StyleID="s1"/>'
    f'<Row><Cell ss:MergeAcross="4" ss:MergeDown="1"><Data ss:Type="String">期中成绩</Data></Cell></Row>'
    f'<Row ss:Index="3">{_HEADER}</Row>'
    f"<Row>{cell('Number', '260301')}{cell('String', '示例甲')}{cell('Number', '85')}{cell('Number', '92.5')}"
    f"{cell('DateTime', '2024-03-01T00:00:00.000')}</Row>"
    f'<Row ss:Hidden="1">{cell("Number", "260302", chr(32) + "ss:StyleID=" + chr(34) + "s2" + chr(34))}'
    '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>测试</B><Font>乙</Font></ss:Data>'
    '<Comment ss:Author="x"><ss:Data xmlns="http://www.w3.org/TR/REC-html40"><B>批注</B></ss:Data></Comment></Cell>'
    f"{cell('Error', '#DIV/0!')}{cell('String', '缺考', chr(32) + 'ss:Index=' + chr(34) + '4' + chr(34))}"
    f"{cell('Number', '45352', chr(32) + 'ss:StyleID=' + chr(34) + 's3' + chr(34))}</Row>"
    f'<Row>{cell("Number", "260303")}{cell("String", "样本丙")}<Cell ss:Formula="=1+1"/>{cell("Boolean", "1")}</Row>'
    "</Table>"
)
_HIDDEN_SHEET = (
    f'<Worksheet ss:Name="说明"><Table><Row>{cell("String", "不用看")}</Row></Table>'
    '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions>'
    "</Worksheet>"
)


def page(encoding: str = "UTF-8", table: str = _TABLE, before: str = "") -> str:
    sheet = f'<Worksheet ss:Name="成绩">{table}</Worksheet>{_HIDDEN_SHEET}'
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{before}{_OPEN}{_STYLES}{sheet}</Workbook>'


_ENTITIES = '<!DOCTYPE x [<!ENTITY a "哈哈哈哈"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_FAR_TABLE = _TABLE.replace(
    "</Table>", '<Row ss:Index="1000000"><Cell ss:Index="16000">' + cell("String", "远")[6:] + "</Row></Table>"
)
_ROW_TOO_FAR = _TABLE.replace("</Table>", f'<Row ss:Index="2000000000">{cell("String", "远")}</Row></Table>')


# ---- BIFF records ----------------------------------------------------------------------------------------


def record(code: int, content: bytes) -> bytes:
    return struct.pack("<HH", code, len(content)) + content


_ROWS = [
    ("学号", "姓名", "语文", "数学"),
    ("0260301", "示例甲", 85.0, 92.5),
    ("0260302", "测试乙", 78.0, "缺考"),
    ("0260303", "样本丙", 60.0, 71.0),
]


def _biff2() -> bytes:
    """A bare stream of 1987 with Chinese in the system's code page, as small export programs still write it."""
    cells = []
    for r, row in enumerate(_ROWS):
        for c, value in enumerate(row):
            place = struct.pack("<HH3x", r, c)
            if isinstance(value, str):
                text = value.encode("gbk")
                cells.append(record(0x0004, place + bytes([len(text)]) + text))
            else:
                cells.append(record(0x0003, place + struct.pack("<d", value)))
    return record(0x0009, struct.pack("<HH", 2, 0x10)) + b"".join(cells) + record(0x000A, b"")


def _biff5(code_page: int | None) -> bytes:
    """A stream of Excel 95 without its container."""
    cells = []
    for r, row in enumerate(_ROWS):
        for c, value in enumerate(row):
            place = struct.pack("<HHH", r, c, 0)
            if isinstance(value, str):
                text = value.encode("gbk")
                cells.append(record(0x0204, place + struct.pack("<H", len(text)) + text))
            else:
                cells.append(record(0x0203, place + struct.pack("<d", value)))
    name = "成绩".encode("gbk")
    first = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0005, 0x096C, 0x07C9))
    if code_page is not None:
        first += record(0x0042, struct.pack("<H", code_page))
    sheet_record = 4 + 6 + 1 + len(name)
    start = len(first) + sheet_record + 4
    globals_ = (
        first + record(0x0085, struct.pack("<IBB", start, 0, 0) + bytes([len(name)]) + name) + record(0x000A, b"")
    )
    sheet = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0010, 0x096C, 0x07C9)) + b"".join(cells)
    return globals_ + sheet + record(0x000A, b"")


OLD: dict[str, bytes] = {
    "仿制-SpreadsheetML2003.xls": page().encode(),
    "仿制-SpreadsheetML2003有BOM.xls": page().encode("utf-8-sig"),
    "仿制-SpreadsheetML2003是UTF-16.xls": page("UTF-16").encode("utf-16"),
    "仿制-SpreadsheetML2003是GB2312.xls": page("gb2312").encode("gb2312"),
    "仿制-SpreadsheetML2003.xlsx": page().encode(),
    "仿制-SpreadsheetML2003.csv": page().encode(),
    "仿制-SpreadsheetML2003实体.xls": page(before=_ENTITIES).encode(),
    "仿制-SpreadsheetML2003截断.xls": page().encode()[:1900],
    "仿制-SpreadsheetML2003编码不对.xls": page("UTF-8").encode("gbk"),
    "仿制-SpreadsheetML2003最远的单元格.xls": page(table=_FAR_TABLE).encode(),
    "仿制-SpreadsheetML2003行号太大.xls": page(table=_ROW_TOO_FAR).encode(),
    "仿制-SpreadsheetML2003没有表.xls": (
        f'<?xml version="1.0"?>{_OPEN}{_STYLES}</Workbook>'
    ).encode(),
    "仿制-BIFF2没有代码页.xls": _biff2(),
    "仿制-BIFF5代码页936.xls": _biff5(936),
    "仿制-BIFF5代码页1252.xls": _biff5(1252),
    "仿制-BIFF5没有代码页.xls": _biff5(None),
    "仿制-只有开头像xls.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000,
}  # fmt: skip
