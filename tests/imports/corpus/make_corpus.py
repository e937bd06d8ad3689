"""Writes the corpus anew: `cd tests; python -m imports.corpus.make_corpus`. Every name tells the defect.

仿制 in a name: made by hand from the format (make_texts, make_zips, make_old). All others come from the program that
the name tells; those of LibreOffice stay as they are where it or its Python bridge (uno) is missing.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter

from imports.corpus.make_old import OLD
from imports.corpus.make_texts import TEXTS
from imports.corpus.make_zips import zips

HERE = Path(__file__).parent
PASSWORD, EVERYBODYS = "123456", "VelvetSweatshop"
HEADER = ("学号", "姓名", "语文", "数学")
PUPILS = (("0260301", "示例甲", 85, 92.5), ("0260302", "测试乙", 78, "缺考"), ("0260303", "样本丙", 60, 71))


def _with_xlsxwriter(fill: Callable[[Any, Any], None], **options: Any) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    fill(book, book.add_worksheet("成绩"))
    book.close()
    return out.getvalue()


def _plain(book: Any, sheet: Any) -> None:
    for r, row in enumerate((HEADER, *PUPILS)):
        for c, value in enumerate(row):
            sheet.write_string(r, c, value) if isinstance(value, str) else sheet.write_number(r, c, value)


def _everything(book: Any, sheet: Any) -> None:
    """Title merged, zeros by format, an error, a date, a hidden row, a hidden sheet."""
    zeros, day = book.add_format({"num_format": "0000000"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range("A1:E1", "期中成绩")
    sheet.write_row(1, 0, (*HEADER, "日期"))
    for r, (number, name, *marks) in enumerate(PUPILS, 2):
        sheet.write_number(r, 0, int(number), zeros)
        sheet.write_row(r, 1, (name, *marks))
        sheet.write_number(r, 4, 45352 + r, day)
    sheet.write_formula("C4", "=1/0", None, "#DIV/0!")
    sheet.set_row(4, None, None, {"hidden": True})
    book.add_worksheet("说明").hide()
    book.worksheets()[1].write("A1", "不用看")


def _filtered(book: Any, sheet: Any) -> None:
    _plain(book, sheet)
    sheet.autofilter("A1:D4")
    sheet.filter_column("C", "x > 60")
    sheet.set_row(3, None, None, {"hidden": True})
    sheet.set_row(9, None, None, {"hidden": True})  # blank


def _formatted_far(book: Any, sheet: Any) -> None:
    _plain(book, sheet)
    border = book.add_format({"border": 1})
    for row in range(4, 1500):
        for column in range(4):
            sheet.write_blank(row, column, None, border)
    for column in range(4, 16_384, 3):
        sheet.write_blank(3, column, None, border)
    sheet.set_row(1_048_575, 20, border)
    sheet.set_column("A:XFD", 9, border)


def _far(book: Any, sheet: Any) -> None:
    _plain(book, sheet)
    sheet.write_number(1_048_575, 16_383, 1)


def _last_cell_of_xls(book: Any, sheet: Any) -> None:
    _plain(book, sheet)
    sheet.write_string(65_535, 255, "远")


def _charts_only(book: Any, sheet: Any) -> None:
    sheet.hide()
    book.worksheets_objs.remove(sheet)
    book.add_chartsheet("图").set_chart(book.add_chart({"type": "line"}))


def _dates(book: Any, sheet: Any) -> None:
    formats = ("yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "m-d", "yyyy/m/d h:mm", "h:mm")
    sheet.write_row(0, 0, ("学号", *("一", "二", "三", "四", "五")))
    sheet.write_string(1, 0, "1")
    for c, (code, number) in enumerate(zip(formats, (45352, 45352, 45352, 45352.5, 0.5), strict=True), 1):
        sheet.write_number(1, c, number, book.add_format({"num_format": code}))


def _with_openpyxl() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "成绩"
    for row in (HEADER, *PUPILS):
        sheet.append(row)
    sheet["C3"] = "=70+8"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _with_pandas() -> bytes:
    import pandas

    out = io.BytesIO()
    pandas.DataFrame(PUPILS, columns=list(HEADER)).to_excel(out, sheet_name="成绩", index=False)
    return out.getvalue()


def _sealed(data: bytes, password: str) -> bytes:
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def _with_python_docx() -> bytes:
    import docx

    out = io.BytesIO()
    docx.Document().save(out)
    return out.getvalue()


def programs() -> dict[str, bytes]:
    """What Python libraries write."""
    plain = _with_xlsxwriter(_plain)
    sealed = _sealed(plain, PASSWORD)
    return {
        "XlsxWriter写的.xlsx": _with_xlsxwriter(_everything),
        "XlsxWriter行内文字.xlsx": _with_xlsxwriter(_plain, constant_memory=True),
        "XlsxWriter筛选藏起的行.xlsx": _with_xlsxwriter(_filtered),
        "XlsxWriter整行整列格式.xlsx": _with_xlsxwriter(_formatted_far),
        "XlsxWriter最远的单元格.xlsx": _with_xlsxwriter(_far),
        "XlsxWriter日期.xlsx": _with_xlsxwriter(_dates),
        "XlsxWriter日期从1904年起.xlsx": _with_xlsxwriter(_dates, date_1904=True),
        "pandas写的.xlsx": _with_pandas(),
        "openpyxl公式没算.xlsx": _with_openpyxl(),
        "python-docx写的Word文档.xlsx": _with_python_docx(),
        "加密-密码是123456.xlsx": sealed,
        "加密-默认密码.xlsx": _sealed(plain, EVERYBODYS),
        "加密-截断.xlsx": sealed[: len(sealed) // 2],
        "仿制-加密轮数过多.xlsx": sealed.replace(b" cipherAlgorithm", b"cipherAlgorithm", 1).replace(
            b'"100000"', b'"9999999"'
        ),
    }


# ---- LibreOffice -----------------------------------------------------------------------------------------

_STORE = """
import sys, time, uno
from com.sun.star.beans import NamedValue, PropertyValue
def given(**values): return tuple(PropertyValue(n, 0, v, 0) for n, v in values.items())
here = uno.getComponentContext()
resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
for _ in range(120):
    try:
        there = resolver.resolve(f"uno:pipe,name={sys.argv[1]};urp;StarOffice.ComponentContext"); break
    except Exception: time.sleep(0.5)
desktop = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
for job in sys.argv[2:]:
    source, target, kind, password = job.split("|")
    book = desktop.loadComponentFromURL(source, "_blank", 0, given(Hidden=True))
    more = {"Password": password} if password else {}
    if password and "2007" in kind:
        keys = (NamedValue("CryptoType", "Standard"), NamedValue("OOXPassword", password))
        more = {"EncryptionData": uno.Any("[]com.sun.star.beans.NamedValue", keys)}
    book.storeToURL(target, given(FilterName=kind, **more))
    book.close(True)
try: desktop.terminate()
except Exception: pass
"""
_XLS, _XLSX, _ODS, _HTML = "MS Excel 97", "Calc MS Excel 2007 XML", "calc8", "HTML (StarCalc)"


def libreoffice() -> dict[str, bytes]:
    """What LibreOffice makes of workbooks like those above."""
    plain, everything = _with_xlsxwriter(_plain), _with_xlsxwriter(_everything)
    jobs = {
        "LibreOffice存的.xls": (everything, _XLS, ""),
        "LibreOffice存的.xlsx": (everything, _XLSX, ""),
        "LibreOffice存的日期从1904年起.xls": (_with_xlsxwriter(_dates, date_1904=True), _XLS, ""),
        "LibreOffice存的最远的单元格.xls": (_with_xlsxwriter(_last_cell_of_xls), _XLS, ""),
        "LibreOffice存的ods.ods": (plain, _ODS, ""),
        "LibreOffice存的ods改名.xlsx": (plain, _ODS, ""),
        "LibreOffice存的网页改名.xls": (plain, _HTML, ""),
        "加密-LibreOffice-密码是123456.xls": (plain, _XLS, PASSWORD),
        "加密-LibreOffice-默认密码.xls": (plain, _XLS, EVERYBODYS),
        "加密-LibreOffice-密码是123456.xlsx": (plain, _XLSX, PASSWORD),
    }
    soffice = shutil.which("soffice")
    if soffice is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        made = _stored(soffice, Path(folder), jobs)
    if xls := made.get("LibreOffice存的.xls"):
        made["LibreOffice存的xls改名.xlsx"] = xls
        made["LibreOffice存的xls改名.csv"] = xls
        made["LibreOffice存的截断.xls"] = xls[: len(xls) // 2]
        made["仿制-DIMENSIONS很大.xls"] = _with_dimensions(xls)
        made["仿制-扇区链绕圈.xls"] = _in_a_circle(xls)
    return made


def _stored(soffice: str, folder: Path, jobs: dict[str, tuple[bytes, str, str]]) -> dict[str, bytes]:
    pipe = f"corpus{uuid.uuid4().hex}"
    lines = []
    for number, (data, kind, password) in enumerate(jobs.values()):
        source, target = folder / f"{number}.xlsx", folder / f"{number}.out"
        source.write_bytes(data)
        lines.append("|".join((source.as_uri(), target.as_uri(), kind, password)))
    office = subprocess.Popen(
        [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore",
         f"--accept=pipe,name={pipe};urp"]
    )  # fmt: skip
    try:
        subprocess.run(["/usr/bin/python3", "-c", _STORE, pipe, *lines], check=True, timeout=180)
    finally:
        time.sleep(1)
        office.terminate()
        office.wait(30)
    found = {name: folder / f"{number}.out" for number, name in enumerate(jobs)}
    return {name: path.read_bytes() for name, path in found.items() if path.exists()}


def _with_dimensions(data: bytes) -> bytes:
    """An .xls whose DIMENSIONS record claims every cell that there is."""
    at = data.index(b"\x00\x02\x0e\x00")
    claimed = (0).to_bytes(4, "little") + (65_536).to_bytes(4, "little") + b"\0\0\0\1\0\0"
    return data[: at + 4] + claimed + data[at + 18 :]


def _in_a_circle(data: bytes) -> bytes:
    """An .xls whose content leads from its second sector back to the first: some readers go round for good."""
    table = 512 + 512 * int.from_bytes(data[76:80], "little")
    entry = data.rindex("Root Entry".encode("utf-16-le"))
    start = int.from_bytes(data[entry + 116 : entry + 120], "little")
    at = table + 4 * (start + 1)
    return data[:at] + start.to_bytes(4, "little") + data[at + 4 :]


def main() -> None:
    made = {**TEXTS, **zips(), **OLD, **programs(), **libreoffice()}
    for name, data in made.items():
        (HERE / name).write_bytes(data)
        if len(data) > 100_000:
            print("too large:", name, len(data))
    print(len(made), "files,", sum(map(len, made.values())), "bytes")


if __name__ == "__main__":
    main()
