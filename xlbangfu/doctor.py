"""诊断: what works on this machine, row by row, and the mend for each row that does not. Source: spec §9, design.

The rows about Excel, LibreOffice and the launcher come from the steps of `install`, so that the two cannot differ.
A row is a failure where something that must work does not; what `install` has not set up yet is a 提醒, and what
belongs to a program that is not here is 不适用.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from xlbangfu.install.errors import Refusal
from xlbangfu.install.findings import ADVICE, Finding, advice, bad, good, missing, not_here, reinstall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xlbangfu.install.machine import Machine
    from xlbangfu.install.receipt import Receipt

__all__ = ["Finding", "doctor", "doctor_command", "examine"]

OLDEST_PYTHON = (3, 11)
PACKAGES = ("xlwings", "openpyxl", "pandas", "python-calamine", "XlsxWriter", "pyarrow", "platformdirs", "rich")


def examine(machine: Machine | None = None) -> list[Finding]:
    """Everything that this version needs, in the order a person would mend it; another machine is for tests."""
    from xlbangfu.install.machine import this_machine

    machine = machine or this_machine()
    return [
        _python(),
        *_packages(machine.frozen),
        _xlwings(machine.frozen),
        _policy(machine.frozen),
        _template(machine.frozen),
        *_writing(machine.data),
        *_programs(machine),
        *_installed(machine),
    ]


# ---- this program --------------------------------------------------------------------------------------


def _python() -> Finding:
    found = ".".join(str(n) for n in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST_PYTHON:
        return bad("Python", found, "请安装 Python 3.11 或更新的版本。")
    return good("Python", found)


def _packages(frozen: bool) -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield good(f"软件包 {name}", version(name))
        except PackageNotFoundError:
            if frozen:  # what was built in need not carry its label; whether it is there shows when it is used
                yield good(f"软件包 {name}", "随程序")
            else:
                yield bad(f"软件包 {name}", "没有安装", f"请运行：python -m pip install {name}")


def _xlwings(frozen: bool) -> Finding:
    """Importing is more than being installed: on Windows it needs pywin32, and its own libraries beside Python."""
    try:
        import xlwings
    except Exception as problem:  # an ImportError, a missing library, a license complaint: all mean no live click
        mend = reinstall("请运行：python -m pip install --upgrade xlwings", frozen=frozen)
        return bad("xlwings 可用", f"{type(problem).__name__}：{problem}", mend)
    return good("xlwings 可用", str(xlwings.__version__))


def _policy(frozen: bool) -> Finding:
    from xlbangfu.policy import PolicyError, list_policies, load_policy

    try:
        names = list_policies()
        load_policy("S7")
    except PolicyError as problem:
        return bad("制度文件", str(problem), reinstall("请重新安装 xlbangfu。", frozen=frozen))
    return good("制度文件", "、".join(names))


def _template(frozen: bool) -> Finding:
    from xlbangfu.schema import SCHEMA_VERSION
    from xlbangfu.workbook.errors import WorkbookError
    from xlbangfu.workbook.package import Package
    from xlbangfu.workbook.template import template_path

    try:
        sheets = len(Package.open(template_path()).sheets)
    except (OSError, WorkbookError) as problem:
        return bad("工作簿模板", str(problem), reinstall("请重新安装 xlbangfu。", frozen=frozen))
    return good("工作簿模板", f"版本 {SCHEMA_VERSION}，{sheets} 张表")


def _writing(data: Path) -> Iterator[Finding]:
    yield _can_write("临时文件夹可写", Path(tempfile.gettempdir()))
    yield _can_write("数据文件夹可写", data)


def _can_write(item: str, folder: Path) -> Finding:
    """Tried, not asked: Windows answers wrongly. A folder that is not there yet is tried in the one above it."""
    there = next(p for p in (folder, *folder.parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write("试写".encode())
    except OSError as problem:
        return bad(item, f"{folder}：{problem.strerror}", "请检查磁盘空间和这个文件夹的权限。")
    return good(item, str(folder))


# ---- spreadsheet programs and what install set up --------------------------------------------------------


def _programs(machine: Machine) -> Iterator[Finding]:
    from xlbangfu.install.programs import EXCEL, LIBREOFFICE, WPS, find_programs

    found = find_programs(machine)
    for name in (EXCEL, WPS, LIBREOFFICE):
        if name not in {p.name for p in found}:
            yield not_here(name, "没有安装")
    for program in found:
        yield (
            advice(program.name, str(program.path), program.remark)
            if program.remark
            else good(program.name, str(program.path))
        )
    if not found:
        yield advice("表格软件", "一个也没有找到", "命令照常可用；打开工作簿需要 Excel、WPS 或 LibreOffice。")


def _installed(machine: Machine) -> Iterator[Finding]:
    from xlbangfu.install.receipt import Receipt, read_receipt
    from xlbangfu.install.steps import STEPS

    try:
        receipt = read_receipt(machine.data)
    except Refusal as problem:
        receipt = Receipt(machine.data)
        yield bad("安装记录", str(problem), "处理后请运行：xlbangfu install")
    for step in STEPS:
        yield from step.findings(machine, receipt)
    yield _bridge(machine, receipt)


def _bridge(machine: Machine, receipt: Receipt) -> Finding:
    """Some Python on this machine must be able to talk to LibreOffice: its own, or the distribution's."""
    from xlbangfu.install.programs import find_office

    item = "LibreOffice 的 Python 接口"
    soffice = find_office(machine)
    if soffice is None:
        return not_here(item, "没有找到 LibreOffice")
    for python in _office_pythons(soffice):
        if python.exists() and machine.run([str(python), "-c", "import uno"])[0] == 0:
            return good(item, str(python))
    mend = (
        "请运行：sudo apt install python3-uno（其他发行版请装同名软件包）"
        if machine.platform == "linux"
        else "请重新安装 LibreOffice，并选上 Python 组件。"
    )
    return missing(item, "没有找到能 import uno 的 Python", mend, expected=bool(receipt.entries))


def _office_pythons(soffice: Path) -> Iterator[Path]:
    folder = Path(os.path.realpath(soffice)).parent
    yield from (folder / "python.exe", folder / "python", folder.parent / "Resources" / "python")
    yield from (Path("/usr/bin/python3"), Path(sys.executable))


# ---- showing it ------------------------------------------------------------------------------------------


def doctor() -> list[Finding]:
    """The action behind the button: the findings, for whoever shows them."""
    return examine()


def doctor_command(*, as_json: bool) -> int:
    """Print the table; 0 if nothing fails, 1 otherwise."""
    findings = doctor()
    works = all(f.works for f in findings)
    if as_json:
        rows = [f.as_json() for f in findings]
        print(json.dumps({"action": "doctor", "ok": works, "rows": rows}, ensure_ascii=False))
        return 0 if works else 1
    for f in findings:
        print(f"{f.state}　{f.item}：{f.found}" + (f"\n　　　→ {f.mend}" if f.mend else ""))
    print(_last_words(findings))
    return 0 if works else 1


def _last_words(findings: list[Finding]) -> str:
    failing = sum(not f.works for f in findings)
    advised = sum(f.note == ADVICE for f in findings)
    if failing:
        return f"有 {failing} 项问题。请按箭头后的办法逐项处理，再运行一次 xlbangfu doctor。"
    return "一切正常。" + (f"另有 {advised} 条提醒。" if advised else "")
