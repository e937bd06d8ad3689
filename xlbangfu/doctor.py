"""诊断: what works on this machine, row by row, and the mend for each row that does not. Source: spec §9, design."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

OLDEST_PYTHON = (3, 11)
PACKAGES = ("xlwings", "openpyxl", "pandas", "python-calamine", "XlsxWriter", "pyarrow", "rich")


@dataclass(frozen=True)
class Finding:
    """One row: what was looked at, whether it works, what was found, how to mend it."""

    item: str
    works: bool
    found: str
    mend: str = ""


def examine() -> list[Finding]:
    """Everything that this version needs, in the order a person would mend it."""
    return [_python(), *_packages(), _policy(), *_template(), _writing(), _spreadsheet()]


def _python() -> Finding:
    found = ".".join(str(n) for n in sys.version_info[:3])
    works = sys.version_info[:2] >= OLDEST_PYTHON
    return Finding("Python", works, found, "" if works else "请安装 Python 3.11 或更新的版本。")


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(f"软件包 {name}", True, version(name))
        except PackageNotFoundError:
            yield Finding(f"软件包 {name}", False, "没有安装", f"请运行：python -m pip install {name}")


def _policy() -> Finding:
    from xlbangfu.policy import PolicyError, list_policies, load_policy

    try:
        names = list_policies()
        load_policy("S7")
    except PolicyError as problem:
        return Finding("制度文件", False, str(problem), "请重新安装 xlbangfu。")
    return Finding("制度文件", True, "、".join(names))


def _template() -> Iterator[Finding]:
    from xlbangfu.schema import SCHEMA_VERSION
    from xlbangfu.workbook.errors import WorkbookError
    from xlbangfu.workbook.package import Package
    from xlbangfu.workbook.template import template_path

    try:
        path = template_path()
        sheets = len(Package.open(path).sheets)
    except (OSError, WorkbookError) as problem:
        yield Finding("工作簿模板", False, str(problem), "请重新安装 xlbangfu，或运行：xlbangfu template build")
        return
    yield Finding("工作簿模板", True, f"版本 {SCHEMA_VERSION}，{sheets} 张表")


def _writing() -> Finding:
    try:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "试写.txt").write_text("ok", encoding="utf-8")
    except OSError as problem:
        return Finding("临时文件夹可写", False, str(problem), "请检查磁盘空间和权限。")
    return Finding("临时文件夹可写", True, tempfile.gettempdir())


def _spreadsheet() -> Finding:
    """A spreadsheet program is needed to open the workbooks, not to run the commands."""
    program = shutil.which("soffice") or shutil.which("libreoffice") or shutil.which("et")
    if program or sys.platform in ("win32", "darwin"):
        return Finding("表格软件", True, program or "Excel 或 WPS（本机未检测）")
    return Finding("表格软件", True, "没有找到；命令照常可用，打开工作簿需要 Excel、WPS 或 LibreOffice")


def doctor() -> list[Finding]:
    """The action behind the button: the findings, for whoever shows them."""
    return examine()


def doctor_command(*, as_json: bool) -> int:
    """Print the table; 0 if everything works, 1 otherwise."""
    findings = doctor()
    works = all(f.works for f in findings)
    if as_json:
        print(json.dumps({"action": "doctor", "ok": works, "rows": [asdict(f) for f in findings]}, ensure_ascii=False))
        return 0 if works else 1
    for f in findings:
        print(f"{'正常' if f.works else '有问题'}　{f.item}：{f.found}" + (f"\n　　　→ {f.mend}" if f.mend else ""))
    print("一切正常。" if works else "请按箭头后的办法逐项处理，再运行一次 xlbangfu doctor。")
    return 0 if works else 1
