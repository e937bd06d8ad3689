"""Compares a template with its sources part by part, so that a difference is named and not only found."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from xlbangfu import schema
from xlbangfu.workbook.template.build import RIBBON_PART, build
from xlbangfu.workbook.template.sources import macro_source
from xlbangfu.workbook.template.vba import generated_macros

_SHEET_PART = re.compile(r"xl/worksheets/sheet(\d+)\.xml$")


def verify(path: Path) -> list[str]:
    """Chinese sentences, one per part that differs, is missing or is too many; [] if all agree.

    Parts are compared unpacked: how hard a zip library squeezes them is not a difference.
    """
    findings = _stale_macros()
    try:
        found = _parts(path.read_bytes())
    except FileNotFoundError:
        return [*findings, f"没有找到模板文件 {path}；请运行 xlbangfu template build。"]
    except zipfile.BadZipFile:
        return [*findings, f"{path.name} 不是完整的工作簿文件；请运行 xlbangfu template build。"]
    wanted = _parts(build())
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            findings.append(f"模板缺少部件 {describe(name)}。")
        elif name not in wanted:
            findings.append(f"模板多出部件 {describe(name)}。")
        elif wanted[name] != found[name]:
            findings.append(f"部件 {describe(name)} 与源不一致；请运行 xlbangfu template build。")
    return findings


def describe(part: str) -> str:
    """A part's name with what it is: the sheet's label, the macros, the ribbon.

    >>> describe("xl/worksheets/sheet1.xml")
    'xl/worksheets/sheet1.xml（首页）'
    """
    sheet = _SHEET_PART.match(part)
    if sheet and int(sheet[1]) <= len(schema.TAB_ORDER):
        return f"{part}（{schema.TAB_ORDER[int(sheet[1]) - 1]}）"
    words = {"xl/vbaProject.bin": "宏", RIBBON_PART: "功能区", "xl/styles.xml": "格式"}
    return f"{part}（{words[part]}）" if part in words else part


def _stale_macros() -> list[str]:
    return [
        f"macros/{name} 与按钮清单不一致；请运行 xlbangfu template build。"
        for name, text in generated_macros().items()
        if macro_source(name) != text
    ]


def _parts(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
