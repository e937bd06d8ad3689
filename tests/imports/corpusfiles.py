"""What must come of each file in tests/imports/corpus: its sheets, or the words of its refusal (spec §3.1, §8).

A file's name tells its defect and who made it: 仿制 is by hand from the format, anything else by the program named
(加密 without a program: msoffcrypto over XlsxWriter). corpus/make_corpus.py makes them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from xlbangfu.imports.grids import NOT_CALCULATED, error_value
from xlbangfu.imports.reading import PasswordNeeded
from xlbangfu.workbook.errors import WorkbookError, WorkbookUnreadable

CORPUS = Path(__file__).parent / "corpus"
PASSWORD = "123456"

HEADER = ["学号", "姓名", "语文", "数学"]
NUMBERS = [
    HEADER,
    ["0260301", "示例甲", 85.0, 92.5],
    ["0260302", "测试乙", 78.0, "缺考"],
    ["0260303", "样本丙", 60.0, 71.0],
]
TEXTS = [
    HEADER,
    ["0260301", "示例甲", "85", "92.5"],
    ["0260302", "测试乙", "78", "缺考"],
    ["0260303", "样本丙", "60", "71"],
]
DIVIDED = error_value("#DIV/0!")
FOURTH = date(2024, 3, 1)
# Zeros by number format, rich, phonetic and inline text, an error, an uncalculated formula, a date.
BY_HAND = [
    HEADER,
    ["0260301", "示例甲", 85.0, 92.5],
    ["0260302", "测试乙", DIVIDED, "缺考"],
    ["0260303", "样本丙", NOT_CALCULATED, FOURTH],
]
EVERYTHING = [
    ["期中成绩"],
    [*HEADER, "日期"],
    ["0260301", "示例甲", 85.0, 92.5, date(2024, 3, 3)],
    ["0260302", "测试乙", DIVIDED, "缺考", date(2024, 3, 4)],
    ["0260303", "样本丙", 60.0, 71.0, date(2024, 3, 5)],
]
PAGE_2003 = [
    ["期中成绩"],
    [],
    [*HEADER, "日期"],
    ["0260301", "示例甲", 85.0, 92.5, FOURTH],
    ["0260302", "测试乙", DIVIDED, "缺考", FOURTH],
    ["0260303", "样本丙", NOT_CALCULATED, True],
]
HIDDEN_SHEET = ("说明", [["不用看"]])


@dataclass(frozen=True)
class Case:
    """What must come. sheets: (name, rows) in order, the second and later ones hidden; none for a refusal.

    words: what the sentence must contain. only_first: so many rows are compared, the rest is blank but for a far cell.
    """

    sheets: tuple[tuple[str, list[list[Any]]], ...] = ()
    words: tuple[str, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    merges: tuple[tuple[int, int, int, int], ...] = ()
    password: str = ""
    error: type[WorkbookError] = WorkbookUnreadable
    only_first: int = 0


def rows(found: list[list[Any]], *more: tuple[str, list[list[Any]]], sheet: str = "成绩", **rest: Any) -> Case:
    return Case(((sheet, found), *more), **rest)


def refused(*words: str, **rest: Any) -> Case:
    return Case(words=words, **rest)


def text(name: str, found: list[list[Any]] = TEXTS) -> tuple[str, Case]:
    return name, rows(found, sheet=Path(name).stem)


def replaced(found: list[list[Any]], row: int, column: int, value: Any) -> list[list[Any]]:
    """The rows with another value in one cell, 0-based."""
    copy = [list(cells) for cells in found]
    copy[row][column] = value
    return copy


_AS_CSV = ("其实是文本表格", "扩展名改为 .csv")
_AS_XLSX = "另存为 .xlsx"
_DAMAGED = ("已损坏", "重新下载")
_BOMB = ("内容异常", "不打开")
_DECLARED = ("声明", "另存")
_QUOTE = ("第 5 行的引号没有配对", "补上或删去")
_EVERYTHING = rows(EVERYTHING, HIDDEN_SHEET, hidden_rows=(5,), merges=((1, 1, 1, 5),))
_PAGE_2003 = rows(PAGE_2003, HIDDEN_SHEET, hidden_rows=(5,), merges=((1, 1, 2, 5),))
_DATES = [["学号", "一", "二", "三", "四", "五"], ["1", FOURTH, FOURTH, FOURTH, datetime(2024, 3, 1, 12), time(12)]]
_LATER = date(2028, 3, 2)  # the same numbers counted from 1904
_DATES_1904 = [
    _DATES[0],
    ["1", _LATER, _LATER, _LATER, datetime(2028, 3, 2, 12), datetime(1904, 1, 1, 12)],
]

CASES: dict[str, Case] = {
    # ---- text tables
    **dict(
        text(name)
        for name in (
            "仿制-UTF-8.csv", "仿制-UTF-8有BOM.csv", "仿制-GBK.csv", "仿制-UTF-16有BOM制表符.txt",
            "仿制-UTF-16无BOM.csv", "仿制-UTF-16大端无BOM.csv", "仿制-制表符.tsv", "仿制-公式保护的零.csv",
            "仿制-只有CR换行.csv", "仿制-DOS结束符.csv",
        )
    ),
    **dict(
        (
            text("仿制-GB18030生僻字.csv", replaced(TEXTS, 1, 1, "示例𬀩")),
            text("仿制-分号.csv", replaced(TEXTS, 1, 3, "92,5")),
            text("仿制-第一行是sep.csv", [[], *TEXTS]),
            text("仿制-引号里有换行.csv", replaced(TEXTS, 2, 3, "缺考\n（病假）")),
        )
    ),
    "仿制-UTF-8坏字节.csv": refused("第 3 行", "认不出来的字符", _AS_XLSX),
    "仿制-前半UTF-8后半GBK.csv": refused("第 5 行", "认不出来的字符", _AS_XLSX),
    "仿制-Big5.csv": refused("Big5", _AS_XLSX),
    "仿制-有空字符.csv": refused("第 3 行", "空字符", "重新导出"),
    "仿制-全是空字符.csv": refused("不是文本表格", _AS_XLSX),
    "仿制-引号没有配对.csv": refused(*_QUOTE),
    "仿制-引号没有配对到文件末尾.csv": refused(*_QUOTE),
    "仿制-两处引号吞掉几行.csv": refused(*_QUOTE),
    "仿制-两处引号吞掉一行.csv": refused(*_QUOTE),
    "仿制-列太多.csv": refused("第 1 行", "17002 列"),
    # ---- what only a name makes a table
    "仿制-其实是csv.xls": refused(*_AS_CSV),
    "仿制-其实是csv.xlsx": refused(*_AS_CSV),
    "仿制-其实是UTF-16文本.xls": refused(*_AS_CSV),
    "仿制-网页.xls": refused("网页（HTML）", _AS_XLSX),
    "仿制-网页GBK.xls": refused("网页（HTML）", _AS_XLSX),
    "仿制-XHTML网页.xls": refused("网页（HTML）", _AS_XLSX),
    "仿制-网页.csv": refused("网页（HTML）", _AS_XLSX),
    "LibreOffice存的网页改名.xls": refused("网页（HTML）", _AS_XLSX),
    "仿制-单个文件网页MHTML.xls": refused("网页（MHTML）", _AS_XLSX),
    "仿制-别的XML.xls": refused("XML 文件", _AS_XLSX),
    "仿制-其实是PDF.xlsx": refused("PDF", "要 Excel 表格"),
    "仿制-其实是图片.xls": refused("图片", "要 Excel 表格"),
    "仿制-其实是RAR.xlsx": refused("压缩包", "先解压"),
    "仿制-压缩包里的表格.xlsx": refused("压缩包", "先解压"),
    "仿制-空压缩包.xlsx": refused("压缩包", "先解压"),
    "仿制-乱字节.xls": refused("不是 Excel 工作簿", "重新下载"),
    "仿制-空文件.xlsx": refused("空文件", "重新导出"),
    "仿制-空文件.csv": refused("空文件", "重新导出"),
    "仿制-表格.et": refused("不是能导入的文件类型", _AS_XLSX),
    "仿制-表格.numbers": refused("不是能导入的文件类型", _AS_XLSX),
    "LibreOffice存的ods.ods": refused("不是能导入的文件类型", _AS_XLSX),
    "LibreOffice存的ods改名.xlsx": refused(".ods", _AS_XLSX),
    "仿制-其实是xlsb.xlsx": refused(".xlsb", _AS_XLSX),
    "仿制-其实是Word文档.xlsx": refused("Word 文档", "粘贴到 Excel"),
    "python-docx写的Word文档.xlsx": refused("Word 文档", "粘贴到 Excel"),
    "仿制-其实是Numbers.xlsx": refused("Numbers", "导出为 Excel"),
    "仿制-其实是xlsx.xls": rows(BY_HAND),
    "仿制-其实是xlsx.csv": refused("其实是 Excel 工作簿", "改回"),
    "LibreOffice存的xls改名.xlsx": _EVERYTHING,
    "LibreOffice存的xls改名.csv": refused("其实是 Excel 工作簿", "改回"),
    # ---- .xlsx as programs write it
    "XlsxWriter写的.xlsx": _EVERYTHING,
    "LibreOffice存的.xlsx": _EVERYTHING,
    "pandas写的.xlsx": rows(NUMBERS),
    "XlsxWriter行内文字.xlsx": rows(NUMBERS),
    "XlsxWriter整行整列格式.xlsx": rows(NUMBERS),
    "XlsxWriter筛选藏起的行.xlsx": rows(NUMBERS, hidden_rows=(4,)),
    "XlsxWriter日期.xlsx": rows(_DATES),
    "XlsxWriter日期从1904年起.xlsx": rows(_DATES_1904),
    "XlsxWriter最远的单元格.xlsx": refused("第 1048576 行、第 16384 列", "删去表格以外"),
    "openpyxl公式没算.xlsx": rows(replaced(NUMBERS, 2, 2, NOT_CALCULATED)),
    # ---- .xlsx as the format allows it
    **{
        f"仿制-{name}.xlsx": rows(BY_HAND)
        for name in (
            "普通", "Strict", "标签带前缀", "单引号属性", "单元格没有坐标", "UTF-16的工作表", "注释和CDATA",
            "嵌入对象", "外部链接", "条目名是上级目录", "工作表部件名不同大小写",
        )
    },
    "仿制-带宏.xlsm": rows(BY_HAND),
    "仿制-共享公式没有值.xlsx": rows(
        [HEADER, ["0260301", "示例甲", NOT_CALCULATED], ["0260302", "样本丙", NOT_CALCULATED]]
    ),
    "仿制-转义和空格.xlsx": rows(
        [
            ["学号", "姓名", "语\r\n文", "数学\t"],
            ["0260301", " 示例甲\u00a0", 85.0, 92.5],
            BY_HAND[2],
            ["0260303", "_x0041_样本😀", NOT_CALCULATED, FOURTH],
        ]
    ),
    "仿制-十八位数字.xlsx": rows(
        [
            HEADER,
            [110101200001010011.0, "示例甲", 85.0, 92.5],
            [260302.0, *BY_HAND[2][1:]],
            [260303.0, *BY_HAND[3][1:]],
        ]
    ),
    "仿制-是非值.xlsx": rows(replaced(BY_HAND, 1, 2, True)),
    "仿制-ISO日期.xlsx": rows(BY_HAND),
    "仿制-隐藏行.xlsx": rows(BY_HAND, hidden_rows=(3, 4)),
    "仿制-合并单元格.xlsx": rows(BY_HAND, merges=((5, 1, 5, 4), (2, 2, 3, 2))),
    "仿制-单元格错误值写法不同.xlsx": rows(replaced(BY_HAND, 2, 2, error_value("#N/A"))),
    # ---- .xlsx that is damaged or made to harm
    "仿制-最远的单元格.xlsx": refused("第 1048576 行、第 16384 列", "删去表格以外"),
    "仿制-同一格写了两次.xlsx": refused(*_DAMAGED),
    "仿制-文字编号不存在.xlsx": refused(*_DAMAGED),
    "仿制-工作表不见了.xlsx": refused("内容缺失", "重新下载"),
    "仿制-工作表不是XML.xlsx": refused(*_DAMAGED),
    "仿制-没有工作簿部件.xlsx": refused(*_DAMAGED),
    "仿制-截断.xlsx": refused(*_DAMAGED),
    "仿制-压缩炸弹-工作表.xlsx": refused(*_BOMB),
    "仿制-压缩炸弹-共享文字.xlsx": refused(*_BOMB),
    "仿制-压缩炸弹-样式.xlsx": refused(*_BOMB),
    "仿制-压缩炸弹-没人读的部件.xlsx": refused(*_BOMB),
    "仿制-没有空隙的长标签.xlsx": refused("超出了能导入的范围", "删去表格以外"),
    "仿制-层层嵌套.xlsx": refused("超出了能导入的范围", "删去表格以外"),
    "仿制-实体炸弹-工作表.xlsx": refused(*_DECLARED),
    "仿制-实体炸弹-共享文字.xlsx": refused(*_DECLARED),
    "仿制-实体炸弹-样式.xlsx": refused(*_DECLARED),
    "仿制-实体炸弹-工作簿.xlsx": refused(*_DAMAGED),
    # ---- .xls
    "LibreOffice存的.xls": _EVERYTHING,
    "LibreOffice存的日期从1904年起.xls": rows(_DATES_1904),
    "LibreOffice存的最远的单元格.xls": rows(NUMBERS, only_first=4),
    "LibreOffice存的截断.xls": refused(*_DAMAGED),
    "仿制-DIMENSIONS很大.xls": _EVERYTHING,
    "仿制-扇区链绕圈.xls": refused(*_DAMAGED),
    "仿制-只有开头像xls.xls": refused(*_DAMAGED),
    "仿制-BIFF2没有代码页.xls": rows(NUMBERS, sheet="Sheet 1"),
    "仿制-BIFF5代码页936.xls": rows(NUMBERS),
    "仿制-BIFF5代码页1252.xls": rows(NUMBERS),
    "仿制-BIFF5没有代码页.xls": rows(NUMBERS),
    # ---- SpreadsheetML 2003
    "仿制-SpreadsheetML2003.xls": _PAGE_2003,
    "仿制-SpreadsheetML2003有BOM.xls": _PAGE_2003,
    "仿制-SpreadsheetML2003是UTF-16.xls": _PAGE_2003,
    "仿制-SpreadsheetML2003是GB2312.xls": _PAGE_2003,
    "仿制-SpreadsheetML2003.xlsx": _PAGE_2003,
    "仿制-SpreadsheetML2003.csv": refused("XML 表格", "扩展名改为 .xls"),
    "仿制-SpreadsheetML2003实体.xls": refused(*_DECLARED),
    "仿制-SpreadsheetML2003截断.xls": refused(*_DAMAGED),
    "仿制-SpreadsheetML2003编码不对.xls": refused(*_DAMAGED),
    "仿制-SpreadsheetML2003最远的单元格.xls": refused("第 1000000 行、第 16000 列", "删去表格以外"),
    "仿制-SpreadsheetML2003行号太大.xls": refused(*_DAMAGED),
    "仿制-SpreadsheetML2003没有表.xls": refused("没有工作表", "选错了文件"),
    # ---- under a password
    "加密-密码是123456.xlsx": rows(NUMBERS, password=PASSWORD),
    "加密-LibreOffice-密码是123456.xlsx": rows(NUMBERS, password=PASSWORD),
    "加密-LibreOffice-密码是123456.xls": rows(NUMBERS, password=PASSWORD),
    "加密-默认密码.xlsx": rows(NUMBERS),
    "加密-LibreOffice-默认密码.xls": rows(NUMBERS),
    "加密-截断.xlsx": refused("请输入密码", error=PasswordNeeded),
    "仿制-加密轮数过多.xlsx": refused("加密方式不能识别", "去掉密码"),
}  # fmt: skip
