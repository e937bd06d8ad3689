"""Making a new class workbook: from the template, aside, and into its place only when it is finished."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xlbangfu.actions.book import Refused
from xlbangfu.actions.runner import class_workbooks
from xlbangfu.imports.classes import class_of, grade_key
from xlbangfu.office.distribute_plan import ClassKey
from xlbangfu.schema import SETTINGS
from xlbangfu.workbook.atomic import place_new
from xlbangfu.workbook.changes import SheetChange, plan_change
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.parsing import Parsed, parse_settings, set_setting, with_rows

SCRATCH = ".xlbangfu-"  # prefix of the folder in which new workbooks are made
UNFINISHED = ".新建.xlsm"  # with a leading dot nobody takes it for a class workbook, should this run be killed


def settings_of_classes(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """设置 of every class workbook below the folder, in path order; one that cannot be read is passed over."""
    for path in class_workbooks(folder):
        try:
            yield path, parse_settings(ClosedWorkbook(path).read(SETTINGS))[0]
        except WorkbookError:
            continue


def class_key(grade: str, name: str) -> ClassKey:
    """What tells one class from another, however its name is written."""
    return grade_key(grade), class_of(grade, name).number


def copy_template(path: Path) -> Path:
    """A new class workbook from the template; gives `path`. Raises Refused where the template is missing."""
    from xlbangfu.workbook.template import template_path

    try:
        shutil.copyfile(template_path(), path)
    except FileNotFoundError as problem:
        raise Refused("找不到工作簿模板 workbook_template.xlsm，请重新安装程序") from problem
    return path


def move_new(made: Path, path: Path) -> None:
    """Put a finished workbook in its place, never over another file. Raises Refused if there is one."""
    try:
        place_new(made, path)
    except FileExistsError as problem:
        raise Refused(f"“{path.name}”刚刚被别的程序建立了") from problem


def settings_change(parsed: Parsed, values: Mapping[str, Any]) -> SheetChange | None:
    """The cells of 设置 to be set so that it holds `values` (by code); None if it already does."""
    filled = parsed
    for code, value in values.items():
        filled = with_rows(filled, set_setting(filled, code, value))
    return plan_change(parsed, filled.table.rows)
