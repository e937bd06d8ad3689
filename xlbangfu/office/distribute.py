"""One class workbook for every class of a whole-school roster; an existing workbook only gains new pupils.

Source: spec §6 (distribute), §9.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from xlbangfu import schema
from xlbangfu.actions.book import Refused
from xlbangfu.actions.runner import Report, class_workbooks
from xlbangfu.imports.classes import class_of, grade_key, grade_label
from xlbangfu.imports.identify import Roll
from xlbangfu.imports.roster import RosterMerge, shown
from xlbangfu.imports.tables import NOTHING_READ, ROSTER_FILE, TEACHING_FILE, Accounting, read_table
from xlbangfu.issues import Issue, sort_key
from xlbangfu.office.distribute_plan import ClassKey, ClassPlan, SchoolPlan, assign_teaching, sort_roster
from xlbangfu.programme.identity import Directory, resolve_roster
from xlbangfu.programme.numbers import clean_text
from xlbangfu.schema import ERROR, LOG, REMINDER, ROSTER, SCORES, SETTINGS, TEACHING
from xlbangfu.table import Row
from xlbangfu.workbook.cells import encode, is_blank, read_date, same
from xlbangfu.workbook.changes import SheetChange, plan_change
from xlbangfu.workbook.closed import ClosedWorkbook
from xlbangfu.workbook.errors import WorkbookError, WorkbookUnreadable
from xlbangfu.workbook.parsing import Parsed, parse_settings, set_setting, with_rows

CREATED, EXTENDED, UNCHANGED, FAILED = "新建", "新增学生", "没有改动", "没有写入"
Progress = Callable[[int, int], None]


@dataclass
class DistributeReport(Report):
    """What was handed out. rows: one per class (年级, 班级, 人数, 新增, 结果, 文件). accounting: of the roster."""

    accounting: Accounting = NOTHING_READ
    books: list[Path] = field(default_factory=list, repr=False)
