"""受限档案: make the passworded workbook, or read from it which pupils have records, and when.

The class workbook gets two dates per row of 档案 and nothing else. Source: spec §3, §7.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from xlbangfu.actions.book import Book, Outcome, OutputFile, Refused
from xlbangfu.actions.catalogue import PASSWORD
from xlbangfu.imports.classes import class_of, same_class
from xlbangfu.issues import Issue, reminder
from xlbangfu.restricted.crypt import WrongPassword, encrypt
from xlbangfu.restricted.make import make_workbook
from xlbangfu.restricted.password import weakness
from xlbangfu.restricted.read import Records, read_records
from xlbangfu.restricted.sheets import AID, PSYCH
from xlbangfu.restricted.where import existing_file, new_file, own_file, shared_file
from xlbangfu.schema import PROFILES, ROSTER
from xlbangfu.table import Row
from xlbangfu.workbook.atomic import backup_path
from xlbangfu.workbook.locks import who_has_it_open

COLUMN_OF = {PSYCH.code: "psych_on", AID.code: "aid_on"}


class NeedsPassword(Refused):
    """The password is missing, or too weak for a new file; a click asks again."""

    needs = PASSWORD


def restricted(book: Book) -> Outcome:
    """A new 受限档案 where there is none; else 心理档案日期 and 资助日期 in 档案, as its rows stand.

    book.options["password"]: opens the file, or becomes that of a new one. Raises Refused, WorkbookError.
    """
    password = str(book.options.get("password") or "")
    if not password:
        raise NeedsPassword("请输入受限档案的打开密码。")
    if not book.path.parent.is_dir():  # Excel gives a web address for a workbook in a synchronised folder
        raise Refused("这个工作簿不在电脑的文件夹里（可能在网盘上），不能在旁边放受限档案；请先保存到电脑上。")
    book.table(ROSTER)
    found = existing_file(book.path)
    if found is None:
        return _made(book, new_file(book.path), password)
    records = _opened(book, found, password)
    if found == shared_file(book.path) and not _names_this_class(book, records):
        return _made(book, own_file(book.path), password, beside=_class_named(records))
    return _taken(book, found, records)


# ---- the file that is there ----------------------------------------------------------------------------


def _opened(book: Book, file: Path, password: str) -> Records:
    """What the file tells. Raises Refused where its 说明 leaves open whose it is, or its name and its 说明 disagree."""
    shared = file == shared_file(book.path)
    try:
        records = read_records(file, password, book.directory.names, book.today)
    except WrongPassword as problem:
        rename = "如果它是别的班的，请把它改名为“那个班的工作簿名_受限档案.xlsx”，再点一次。" if shared else ""
        raise WrongPassword(f"{problem.message}{rename}", path=file) from None
    if shared and not (records.grade and records.class_name):
        raise Refused(f"“{file.name}”的“说明”页没有写年级和班级，不知道是不是本班的；请在里面补上，保存后再点一次。")
    if not shared and records.class_name and not _names_this_class(book, records):
        raise Refused(
            f"“{file.name}”的“说明”页写的是{_class_named(records)}，与“设置”里的不同；请核对后改成一致的再点一次。"
        )
    return records


def _names_this_class(book: Book, records: Records) -> bool:
    here = class_of(book.settings.get("grade"), book.settings.get("class_name"))
    return same_class(here, class_of(records.grade, records.class_name))


def _class_named(records: Records) -> str:
    return f"“{records.grade}{records.class_name}”"


def _taken(book: Book, file: Path, records: Records) -> Outcome:
    """Dates into 档案; a column whose sheet could not be read stays as it is."""
    book.options = {**book.options, "file_name": file.name}  # what 数据问题 says of this file is said anew
    rows = book.table(PROFILES).rows
    dated = [_with_dates(row, records) for row in rows]
    changed = sum(_dates(new) != _dates(old) for new, old in zip(dated, rows, strict=True))
    counts = {sheet.label: len(records.latest[sheet.code] or ()) for sheet in (PSYCH, AID)}
    words = "、".join(f"{label} {n} 人" for label, n in counts.items())
    still_open = "（文件正打开着，读的是上次保存的内容）" if who_has_it_open(file) else ""
    return Outcome(
        f"受限档案读取完成：{words}；“档案”更新 {changed} 人{still_open}",
        {**counts, "更新": changed},
        {PROFILES.label: dated},
        issues=[*records.issues, *_without_profile(records, {row["pupil_id"] for row in rows})],
    )


def _with_dates(row: Row, records: Records) -> Row:
    days = {COLUMN_OF[code]: found.get(row["pupil_id"]) for code, found in records.latest.items() if found is not None}
    return row.changed(**days)


def _dates(row: Row) -> list[date | None]:
    return [row.get(code) for code in COLUMN_OF.values()]


def _without_profile(records: Records, known: set[str]) -> Iterable[Issue]:
    recorded = {pupil_id for found in records.latest.values() for pupil_id in found or ()}
    for pupil_id in sorted(recorded - known):
        yield reminder(
            PROFILES.label,
            "restricted.no_profile",
            f"学号 {pupil_id} 有受限档案记录，但“档案”里没有这名学生",
            "请先建立档案（点“建立档案”，或在“档案”里加一行学号），再点“受限档案”。",
        )


# ---- a new file ----------------------------------------------------------------------------------------


def _made(book: Book, file: Path, password: str, *, beside: str = "") -> Outcome:
    """An empty file under the password. beside: the class to which a 受限档案.xlsx in this folder belongs."""
    for code in ("grade", "class_name"):
        if not book.settings.get(code):
            raise Refused("请先在“设置”里填好年级和班级，再建受限档案。", book.setting_cell(code))
    if (former := Path(backup_path(file))).exists():  # a person's: this program keeps none
        raise Refused(
            f"工作簿旁边有“{former.name}”，可能是受限档案的备份；请先核对，要用就改回原名，不用就移到别处，再点一次。"
        )
    if reason := weakness(password):
        raise NeedsPassword(reason)
    given = (str(book.settings.get(code) or "") for code in ("school", "grade", "class_name"))
    content = encrypt(make_workbook(*given), password)
    other = f"（“{shared_file(book.path).name}”是{beside}的）" if beside else ""
    return Outcome(
        f"已在工作簿旁边新建“{file.name}”{other}，用刚才的密码打开填写；请记牢密码，忘了无法找回",
        {"新建": 1},
        files=[OutputFile(file, content, new=True)],
        issues=list(_lost(book)),
    )


def _lost(book: Book) -> Iterable[Issue]:
    """档案 has dates, and the file that they came from is not here."""
    if any(any(_dates(row)) for row in book.table(PROFILES)):
        yield reminder(
            PROFILES.label,
            "restricted.lost",
            "“档案”里已有心理档案日期或资助日期，但工作簿旁边原来没有受限档案，新建的是空白的",
            "如果原来的文件移走或改了名，请删去新建的一份，把原来的放回工作簿旁边，再点“受限档案”。",
        )
