"""From the opened restricted workbook, in memory: the latest 日期 per 学号 and what is wrong; nothing else.

The cells that say something about a pupil (观察, 辅导, 金额 …) are parsed and forgotten here, and no message
repeats what stands in a cell, as a teacher may have typed into the wrong column. Source: spec §3, §7, §8.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlbangfu.issues import Issue, error
from xlbangfu.restricted.crypt import Damaged, decrypt
from xlbangfu.restricted.sheets import ABOUT, DATED
from xlbangfu.schema import Sheet
from xlbangfu.workbook.bounds import too_far_out
from xlbangfu.workbook.errors import WorkbookLocked
from xlbangfu.workbook.parsing import Grid, Parsed, absent, address, parse

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

    from xlbangfu.workbook.package import Package

NAMED_IN_ROWS = 40  # 说明 names its class near the top


@dataclass(frozen=True)
class Records:
    """What the class workbook may know.

    latest: code of the sheet → 学号 → latest 日期; None for a sheet that could not be read (it says nothing).
    grade, class_name: as 说明 names them, "" where it does not. issues: with the file's name and cell.
    """

    latest: Mapping[str, Mapping[str, date] | None]
    grade: str = ""
    class_name: str = ""
    issues: tuple[Issue, ...] = ()


def read_records(path: Path, password: str, known: Collection[str], today: date) -> Records:
    """Open the file and look at its dates. known: 学号 of 名册; other rows, and rows of the future, are problems.

    One that a spreadsheet program has open is read as it was last saved. Nothing is written anywhere.
    Raises WrongPassword, NotEncrypted, Damaged, WorkbookLocked (in use, may not be read).
    """
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise WorkbookLocked(f"“{path.name}”读不出来，请保存并关闭它再点一次。", path=path) from problem
    return records_of(decrypt(data, password, path.name), path.name, known, today)


def records_of(data: bytes, file: str, known: Collection[str], today: date) -> Records:
    """The same from the plain .xlsx bytes. file: its name, for the problems. Raises Damaged."""
    opened = _Opened(data, file)
    latest: dict[str, Mapping[str, date] | None] = {}
    issues: list[Issue] = []
    for sheet in DATED:
        parsed = parse(sheet, opened.grid(sheet.label)) if opened.has(sheet.label) else absent(sheet)
        issues += [parsed.locate(issue) for issue in parsed.issues if issue.family == "table"]
        if not {"pupil_id", "date"} <= set(parsed.header):
            latest[sheet.code] = None
            continue
        days: dict[str, date] = {}
        for pupil_id, day in _dated(sheet, parsed, known, today, issues):
            days[pupil_id] = max(day, days.get(pupil_id, day))
        latest[sheet.code] = days
    grade, class_name = _class_named(opened.grid(ABOUT)) if opened.has(ABOUT) else ("", "")
    return Records(latest, grade, class_name, tuple(replace(issue, file=file) for issue in issues))


def _dated(
    sheet: Sheet, parsed: Parsed, known: Collection[str], today: date, issues: list[Issue]
) -> Iterator[tuple[str, date]]:
    """学号 and 日期 of the rows that count; the other rows become problems."""
    for row in parsed.table:
        pupil_id, day = row.get("pupil_id"), row.get("date")
        if not pupil_id or pupil_id not in known:
            issues.append(_nobody(sheet, parsed, row.at, bool(pupil_id)))
        elif day is None:
            text, mend = "日期是空的或读不出来，这一行没有计入", "请按 2026-09-01 的样子填写日期。"
            issues.append(_problem(sheet, parsed, "no_date", text, mend, row.at, "date"))
        elif day > today:
            text, mend = "日期在今天以后，这一行没有计入", "请改成实际发生的日期。"
            issues.append(_problem(sheet, parsed, "future", text, mend, row.at, "date"))
        else:
            yield pupil_id, day


def _nobody(sheet: Sheet, parsed: Parsed, row: int, given: bool) -> Issue:
    if given:
        text, mend = "这一行的学号不在名册里，没有计入", "请按文本填写学号，与“名册”一致（前面的 0 不要丢）。"
        return _problem(sheet, parsed, "unknown", text, mend, row, "pupil_id")
    text = "这一行没有学号或学号读不出来，没有计入"
    return _problem(sheet, parsed, "no_id", text, "请按文本填写学号。", row, "pupil_id")


def _problem(sheet: Sheet, parsed: Parsed, rule: str, message: str, mend: str, row: int, code: str) -> Issue:
    label = sheet.column(code).label
    found = error(sheet.label, f"restricted.{rule}", message, mend, row=row, column=label)
    return found.at(address(row, parsed.header[code]))


def _class_named(grid: Grid) -> tuple[str, str]:
    """年级 and 班级 as 说明 gives them: the first filled cell to the right of the word."""
    found = {"年级": "", "班级": ""}
    for cells in grid[:NAMED_IN_ROWS]:
        texts = [_text(value) for value in cells]
        for place, text in enumerate(texts):
            if text in found and not found[text]:
                found[text] = next((other for other in texts[place + 1 :] if other), "")
    return found["年级"], found["班级"]


def _text(value: Any) -> str:
    from xlbangfu.imports.classes import class_label

    return class_label(value)


# ---- the workbook in memory ---------------------------------------------------------------------------


class _Opened:
    """The sheets as grids, within the bounds that every foreign file has. Raises Damaged."""

    def __init__(self, data: bytes, file: str) -> None:
        from python_calamine import CalamineWorkbook

        from xlbangfu.workbook.package import Package

        self._file = file
        self._package: Package = self._told(lambda: Package(data))
        self._calamine: CalamineWorkbook = self._told(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)))

    def has(self, label: str) -> bool:
        """True if there is a worksheet of that name."""
        return any(sheet.name == label and sheet.kind == "worksheet" for sheet in self._package.sheets)

    def grid(self, label: str) -> Grid:
        """Raw values from A1 on."""
        if too_far_out(self._told(lambda: self._package.sheet_bytes(label))):
            words = f"“{self._file}”的“{label}”有内容远在表格之外，读不下；请删去表格以外的内容，保存后再点一次。"
            raise Damaged(words, sheet=label)
        grid: Grid = self._told(lambda: self._calamine.get_sheet_by_name(label).to_python(skip_empty_area=False))
        return grid

    def _told(self, work: Callable[[], Any]) -> Any:
        """What the work gives; one sentence for whatever stops it, calamine's panics included."""
        try:
            return work()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:  # pyo3's PanicException is no Exception
            words = "的内容异常、过大或已损坏，为安全起见没有读取；请用 Excel 打开，另存一份（保留密码）再点一次。"
            raise Damaged(f"“{self._file}”{words}") from problem
