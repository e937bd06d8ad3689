"""Text tables of the corpus, and files that only their name makes a table. All by hand, from their formats."""

from __future__ import annotations

ROWS = [
    ["学号", "姓名", "语文", "数学"],
    ["0260301", "示例甲", "85", "92.5"],
    ["0260302", "测试乙", "78", "缺考"],
    ["0260303", "样本丙", "60", "71"],
]
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def table(delimiter: str = ",", end: str = "\r\n") -> str:
    return "".join(delimiter.join(row) + end for row in ROWS)


def broken(text: str, line: int) -> bytes:
    """UTF-8 that lost a byte of the first character of a line."""
    lines = text.encode().splitlines(keepends=True)
    at = next(i for i, byte in enumerate(lines[line - 1]) if byte > 0x7F)
    lines[line - 1] = lines[line - 1][: at + 1] + lines[line - 1][at + 2 :]
    return b"".join(lines)


def many(rows: int) -> list[str]:
    return [f"{260300 + n},测试{n},{n % 100},{n % 90}\n" for n in range(rows)]


def _stray_quote(rows: int, *lines: int) -> bytes:
    """A quote before the name in each of these lines (the header is line 1)."""
    text = ["学号,姓名,语文,数学\n", *many(rows)]
    for line in lines:
        text[line - 1] = text[line - 1].replace(",测", ',"测')
    return "".join(text).encode()


def _spread(text: str) -> bytes:
    return text.encode("gb18030")


_PAGE = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS)
PAGE = f'<html><head><meta charset="utf-8"></head><body><table border=1>{_PAGE}</table></body></html>'
MAIL = (
    "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
    f"Content-Type: text/html; charset=utf-8\r\n\r\n{PAGE}\r\n--x--\r\n"
)
TRADITIONAL = "學號,姓名,國語,數學\r\n0260301,範例甲,85,92.5\r\n0260302,測試乙,78,缺考\r\n0260303,樣本丙,60,71\r\n"

TEXTS: dict[str, bytes] = {
    "仿制-UTF-8.csv": table().encode(),
    "仿制-UTF-8有BOM.csv": table().encode("utf-8-sig"),
    "仿制-GBK.csv": table().encode("gbk"),
    "仿制-GB18030生僻字.csv": _spread(table().replace("示例甲", "示例𬀩")),
    "仿制-UTF-16有BOM制表符.txt": table("\t").encode("utf-16"),
    "仿制-UTF-16无BOM.csv": table().encode("utf-16-le"),
    "仿制-UTF-16大端无BOM.csv": table().encode("utf-16-be"),
    "仿制-制表符.tsv": table("\t").encode(),
    "仿制-分号.csv": table(";").replace("92.5", "92,5").encode(),
    "仿制-第一行是sep.csv": ("sep=;\r\n" + table(";")).encode(),
    "仿制-公式保护的零.csv": table().replace("0260301", '="0260301"').encode("gbk"),
    "仿制-只有CR换行.csv": table(end="\r").encode(),
    "仿制-DOS结束符.csv": table().encode("gbk") + b"\x1a",
    "仿制-引号里有换行.csv": table().replace("缺考", '"缺考\n（病假）"').encode(),
    "仿制-UTF-8坏字节.csv": broken(table(), 3),
    "仿制-前半UTF-8后半GBK.csv": table().encode() + table().encode("gbk"),
    "仿制-Big5.csv": TRADITIONAL.encode("big5"),
    "仿制-有空字符.csv": (table() + table()).encode("gbk").replace(b"78", b"78\0", 1),
    "仿制-全是空字符.csv": b"\0" * 3000,
    "仿制-引号没有配对.csv": _stray_quote(300, 5),
    "仿制-引号没有配对到文件末尾.csv": _stray_quote(20, 5),
    "仿制-两处引号吞掉几行.csv": _stray_quote(300, 5, 8),
    "仿制-两处引号吞掉一行.csv": _stray_quote(20, 5, 6),
    "仿制-列太多.csv": ("学号,姓名" + "," * 17_000 + "\n1,示例甲\n").encode(),
    "仿制-其实是csv.xls": table().encode("gbk"),
    "仿制-其实是csv.xlsx": table().encode(),
    "仿制-其实是UTF-16文本.xls": table("\t").encode("utf-16"),
    "仿制-网页.xls": PAGE.encode(),
    "仿制-网页GBK.xls": PAGE.replace("utf-8", "gb2312").encode("gbk"),
    "仿制-XHTML网页.xls": ('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">' + PAGE[6:]).encode(),
    "仿制-网页.csv": PAGE.encode(),
    "仿制-单个文件网页MHTML.xls": MAIL.encode(),
    "仿制-别的XML.xls": '<?xml version="1.0" encoding="UTF-8"?><成绩><学生 学号="1"/></成绩>'.encode(),
    "仿制-其实是PDF.xlsx": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "仿制-其实是图片.xls": PNG,
    "仿制-其实是RAR.xlsx": b"Rar!\x1a\x07\x01\0",
    "仿制-乱字节.xls": bytes(range(1, 256)) * 8,
    "仿制-空文件.xlsx": b"",
    "仿制-空文件.csv": b"",
    "仿制-表格.et": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504,
    "仿制-表格.numbers": b"PK\x03\x04" + b"\0" * 26,
}
