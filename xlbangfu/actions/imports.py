"""导入名册, 导入成绩, 导入常模: a file into one workbook, or one file spread over a folder of workbooks.

Blank cells are filled; a value that differs is listed with both and replaced only when asked. Every row of the
file is taken, listed with its reason, or about another class. Source: spec §3, §3.1, §9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from xlbangfu.actions.book import Book, Outcome, Refused, Replace
from xlbangfu.actions.catalogue import BY_ID, Action
from xlbangfu.actions.report import preview
from xlbangfu.actions.runner import FolderReport, Progress, Report, class_workbooks, open_closed, run_closed
from xlbangfu.imports.accounting import NOTHING_READ, Accounting
from xlbangfu.imports.classes import grade_key
from xlbangfu.imports.exams import exam_key, exams_of
from xlbangfu.imports.filerows import ROSTER_FILE, SCORE_FILE, FileRow, NoHeader, TableFile, Wanted
from xlbangfu.imports.gathering import gathered
from xlbangfu.imports.identify import Found, Roll, Rolls, who_is
from xlbangfu.imports.mapping import NO_CHOICES, Choices, SeenColumn, mapping_rows, own_samples, read_choices
from xlbangfu.imports.memory import Memory
from xlbangfu.imports.norms import NormsFile, NormsMerge, read_norms_file
from xlbangfu.imports.roster import Merged, RosterMerge
from xlbangfu.imports.scores import ScoreMerge
from xlbangfu.imports.tables import Opening, read_table
from xlbangfu.issues import Issue
from xlbangfu.programme.classroom import is_active, read_subjects
from xlbangfu.schema import ERROR, MAPPING, NO, NORMS, REMINDER, ROSTER, SCORES, SETTINGS, TEACHING
from xlbangfu.table import Row
from xlbangfu.workbook.errors import WorkbookError
from xlbangfu.workbook.parsing import parse_settings

DIFFERENCES_SHOWN = 3
Share = TableFile | NormsFile | str  # of one workbook; or the sentence why the workbook cannot be read

# ---- one workbook --------------------------------------------------------------------------------------


def import_roster(book: Book) -> Outcome:
    """Pupils of this class from a roster file."""
    try:
        file = _table(book, ROSTER_FILE)
    except NoHeader as unknown:
        return _asked_for_columns(book, unknown)
    existing = book.table(ROSTER).rows

    def merge(overwrite: bool) -> Merged:
        taking = RosterMerge(existing, _roll(book), unnumbered=_unnumbered(book), overwrite=overwrite)
        return taking.take(file.rows)

    merged = _asked(book, merge)
    _forget_filled(book, merged.rows)
    return _outcome(book, "导入名册", ROSTER.label, merged, file, "新增", "人")


def import_scores(book: Book) -> Outcome:
    """Results of this class from a score file, for the exam that the user or the file names."""
    try:
        file = _table(book, SCORE_FILE)
    except NoHeader as unknown:
        return _asked_for_columns(book, unknown)
    exams = exams_of(file, book.options.get("exam"))
    subjects = read_subjects(book.table(TEACHING))
    if not subjects:
        sentence = "“任课”里还没有学科，不知道要导入哪些成绩；请先在“任课”里填好学科再导入。"
        raise Refused(sentence, book.cell(TEACHING, "subject"))
    exams = {n: tuple(_planned(book, name) for name in names) for n, names in exams.items()}
    existing, zeros_absent = book.table(SCORES).rows, book.settings.get("zeros_absent") != NO

    def merge(overwrite: bool) -> Merged:
        taking = ScoreMerge(existing, _roll(book), subjects, overwrite=overwrite, zeros_absent=zeros_absent)
        return taking.take(file, exams)

    merged = _asked(book, merge)
    merged.issues += _unplanned_exams(book, file, sorted({name for names in exams.values() for name in names}))
    return _outcome(book, "导入成绩", SCORES.label, merged, file, "新增", "行")


def import_norms(book: Book) -> Outcome:
    """The norms of this grade from the office's file."""
    found = book.options.get("parsed_file")
    file = found if isinstance(found, NormsFile) else read_norms_file(_path(book), _opening(book).grids(_path(book)))
    grade = book.settings.get("grade")
    if not grade:
        sentence = "“设置”里还没有填年级，不知道要导入哪个年级的常模；请先填年级再导入。"
        raise Refused(sentence, book.setting_cell("grade"))
    levels = {s.name: s.levels for s in read_subjects(book.table(TEACHING))}
    existing = book.table(NORMS).rows
    merged = _asked(book, lambda overwrite: NormsMerge(existing, grade, levels, overwrite=overwrite).take(file))
    if not merged.taken:
        merged.issues.append(_no_norms(file, grade))
    return _outcome(book, "导入常模", NORMS.label, merged, file, "新增", "行")


def _no_norms(file: NormsFile, grade: str) -> Issue:
    message = f"文件里没有“{grade}”的常模"
    return Issue(
        REMINDER, file.sheet, "import.no_norms", message, "请核对“设置”里的年级，或向教务处索取。", file=file.name
    )


def _path(book: Book) -> Path:
    """The file to import: the one given, else 设置.导入文件."""
    given = book.options.get("file") or book.settings.get("import_file")
    if not given:
        raise Refused("没有选择要导入的文件；请选择文件，或在“设置”的“导入文件”里写上它的完整路径。")
    return Path(given)


def _table(book: Book, wanted: Wanted) -> TableFile:
    found = book.options.get("parsed_file")
    if isinstance(found, TableFile):
        return found
    return read_table(_path(book), wanted, _opening(book))


def _opening(book: Book) -> Opening:
    choices = _choices(book) if MAPPING.label in book.action.reads else NO_CHOICES
    return Opening(choices, tuple(book.options.get("passwords") or ()))


def _choices(book: Book) -> Choices:
    """What 导入对照 says of columns, with what the command line says on top."""
    table = book.table_if_there(MAPPING)
    return read_choices(table.rows if table is not None else ()).with_named(book.options.get("columns") or {})


def _columns_seen(book: Book, columns: Sequence[SeenColumn]) -> dict[str, Sequence[Row] | Replace]:
    """导入对照 after a file of this workbook was seen; files of a folder are kept track of there."""
    if "parsed_file" in book.options or MAPPING.label not in book.action.writes:
        return {}
    table = book.table_if_there(MAPPING)
    return {} if table is None else {MAPPING.label: mapping_rows(table.rows, columns, _choices(book))}


def _asked_for_columns(book: Book, unknown: NoHeader) -> Outcome:
    """A file without a header that we know: its columns go to 导入对照, if that was wanted. Raises NoHeader."""
    seen = _columns_seen(book, unknown.columns)
    if not book.options.get("ask_columns") or not unknown.columns or not seen:
        raise unknown
    name = _path(book).name
    message = (
        f"“{name}”的 {len(unknown.columns)} 列已列在“{MAPPING.label}”；请在“改为”里选好学号、姓名和学科，再导入一次"
    )
    return Outcome(message, sheets=seen, columns=unknown.columns)


def _overwrite(book: Book) -> bool:
    return bool(book.options.get("replace"))


def _asked(book: Book, merge: Callable[[bool], Merged]) -> Merged:
    """The merge; what differs is replaced if that was asked for, or if whoever pressed the button says so now.

    options["ask_replace"]: called with the number of differing values and the first of them in words.
    """
    overwrite = _overwrite(book)
    merged = merge(overwrite)
    ask = book.options.get("ask_replace")
    if merged.differing and not overwrite and ask is not None:
        told = [i.message.removesuffix("，没有改动") for i in merged.issues if i.rule == "import.differs"]
        if ask(merged.differing, told[:DIFFERENCES_SHOWN]):
            merged, overwrite = merge(True), True
    merged.replaced = overwrite
    return merged


def _planned(book: Book, exam: str) -> str:
    """The exam under the name that 设置 has for it: 期中 is 期中考试 there."""
    known = _exams_of_settings(book)
    alike = [name for name in known if exam_key(name) == exam_key(exam)]
    return alike[0] if exam not in known and len(alike) == 1 else exam


def _exams_of_settings(book: Book) -> list[str]:
    codes = ("previous_exam", "baseline_exam", "midterm_exam", "final_exam")
    return list(dict.fromkeys(str(name) for code in codes if (name := book.settings.get(code))))


def _roll(book: Book) -> Roll:
    """This workbook's pupils; rows that were already sorted out by class are not asked for their class again."""
    active = frozenset(row["pupil_id"] for row in book.table(ROSTER) if is_active(row))
    if "parsed_file" in book.options:
        return Roll(book.directory, None, active)
    return Roll.of(book.directory, book.settings.get("grade"), book.settings.get("class_name"), active)


def _unnumbered(book: Book) -> list[Row]:
    """Rows of 名册 with a name and no 学号, which a roster file may bring."""
    typed = book.parsed[ROSTER.label].original.items()
    return [Row(row, at) for at, row in typed if not row.get("pupil_id") and row.get("name")]


def _forget_filled(book: Book, rows: Sequence[Row]) -> None:
    """Rows of 名册 that got their 学号 just now are no problem any more."""
    filled = {row.at for row in rows if row.get("pupil_id")}
    book.issues[:] = [
        i for i in book.issues if not (i.sheet == ROSTER.label and i.rule == "identity.missing" and i.row in filled)
    ]


def _unplanned_exams(book: Book, file: TableFile, exams: Sequence[str]) -> list[Issue]:
    """An exam under a name that 设置 does not know is kept, but nothing is computed from it."""
    known = _exams_of_settings(book)
    mend = "识别和转化只看“设置”里的考试；是同一次考试请把名称改成一样。"
    return [
        Issue(
            REMINDER,
            SETTINGS.label,
            "import.exam",
            f"“{exam}”不是“设置”里的考试（{'、'.join(known)}）",
            mend,
            file=file.name,
        )
        for exam in exams
        if known and exam not in known
    ]


def _outcome(
    book: Book, what: str, sheet: str, merged: Merged, file: TableFile | NormsFile, added: str, unit: str
) -> Outcome:
    base = file.accounting
    accounting = replace(
        base,
        taken=base.taken + merged.taken,
        listed=base.listed + merged.listed,
        elsewhere=base.elsewhere + merged.elsewhere,
    )
    parts = [f"{added} {merged.added} {unit}", f"填入 {merged.filled} 格"]
    if merged.differing:
        parts.append(f"{merged.differing} 处与原有不同（{'已替换' if merged.replaced else '没有改动'}）")
    columns = own_samples(file.columns, merged.mine) if isinstance(file, TableFile) else ()
    issues = gathered([*file.issues, *merged.issues])
    # A file that brings nothing new and holds no surprise is no reason to write.
    news = merged.added or merged.filled or merged.listed or (merged.differing and merged.replaced)
    remembered = columns if news or not all(c.known and not c.chosen for c in columns) else ()
    hint = _another_class(book, file) if merged.elsewhere and not merged.taken and isinstance(file, TableFile) else ""
    return Outcome(
        f"{what}完成：{'，'.join(parts)}；{accounting.sentence()}{hint}",
        {**accounting.counts(), "新增": merged.added, "填入": merged.filled, "不同": merged.differing},
        {sheet: merged.rows, **_columns_seen(book, remembered)},
        issues=issues,
        columns=columns,
    )


def _another_class(book: Book, file: TableFile) -> str:
    """Nothing of the file is about this class: most likely the wrong file, or 设置 is wrong. Said, no reason to write."""
    own = f"{book.settings.get('grade') or ''}{book.settings.get('class_name') or ''}"
    given = file.rows[0].class_text()
    where = f"，文件里有“{given}”" if given is not None else ""
    return f"；没有一行是本班（{own}）的{where}，请核对选的文件，和“设置”里的年级、班级"


# ---- one file over a folder ----------------------------------------------------------------------------


def import_into_folder(
    action: Action,
    folder: Path,
    file: Path,
    *,
    today: date,
    options: Mapping[str, Any] | None = None,
    plan: bool = False,
    progress: Progress | None = None,
) -> FolderReport:
    """Spread one file over the class workbooks below a folder.

    Every row lands in exactly one workbook or in the report's issues; problems of the whole file stand there
    too. The file is read once. A file that cannot be read is one refused report, and nothing is written.
    """
    report = FolderReport(action.command)
    given = {**(options or {}), "file": file, "file_name": file.name}
    books = class_workbooks(folder, report.skipped)
    try:
        memory = Memory(folder, given.get("columns"))
        opening = Opening(memory.choices, tuple(given.get("passwords") or ()))
        spread = _spread(action, books, file, given, report, opening)
    except (Refused, WorkbookError) as refusal:
        refused = Report(action.command, str(folder))
        refused.refuse_for(refusal)
        report.books, report.columns = [refused], refused.columns
        return report
    report.columns = preview(spread.columns)
    _run_shares(action, books, spread.shares, given, report, today=today, plan=plan, progress=progress)
    if spread.accounting is not None:
        report.accounting = _whole(spread, books, report.books)
    if not plan and spread.columns:
        memory.remember(spread.columns, report.written, report.issues)
    report.issues = gathered(report.issues)
    return report


@dataclass
class _Spread:
    """Each workbook's share of a file, or the sentence why the workbook cannot be read.

    accounting: of the rows that go to no workbook; None for 常模, whose rows go to every class of their grade.
    """

    shares: Mapping[Path, Share]
    columns: Sequence[SeenColumn] = ()
    accounting: Accounting | None = None


def _whole(spread: _Spread, books: Sequence[Path], reports: Sequence[Report]) -> Accounting:
    """Where every row of the file went, over all workbooks."""
    whole = spread.accounting or NOTHING_READ
    for book, report in zip(books, reports, strict=True):
        share = spread.shares.get(book)
        if isinstance(share, TableFile) and report.ok:
            taken, listed, elsewhere = (report.counts[word] for word in ("导入行", "列出行", "其他班级行"))
            whole += Accounting(taken=taken, listed=listed, elsewhere=elsewhere)
        elif isinstance(share, TableFile):
            whole += Accounting(listed=len(share.rows))
    return whole


def norms_into_folder(
    folder: Path,
    file: NormsFile,
    *,
    today: date,
    replace_differing: bool,
    plan: bool = False,
    progress: Progress | None = None,
) -> FolderReport:
    """Rows of 常模 into every class workbook of their grade below a folder; rows without one are issues."""
    action = BY_ID["import_norms"]
    report = FolderReport(action.command)
    books = class_workbooks(folder, report.skipped)
    options = {"file_name": file.name, "replace": replace_differing}
    shares = _norms_shares(books, file, report)
    _run_shares(action, books, shares, options, report, today=today, plan=plan, progress=progress)
    return report


def _run_shares(
    action: Action,
    books: Sequence[Path],
    shares: Mapping[Path, Share],
    options: Mapping[str, Any],
    report: FolderReport,
    *,
    today: date,
    plan: bool,
    progress: Progress | None,
) -> None:
    """Run the import on every workbook that has a share of the file."""
    for done, book in enumerate(books):
        if progress is not None:
            progress(done, len(books))
        report.books.append(_import_share(action, book, shares.get(book), options, today, plan, report))
    if progress is not None:
        progress(len(books), len(books))


def _import_share(
    action: Action,
    book: Path,
    share: Share | None,
    options: Mapping[str, Any],
    today: date,
    plan: bool,
    report: FolderReport,
) -> Report:
    if isinstance(share, str):  # the workbook cannot be read
        return Report(action.command, str(book), ok=False, message=share)
    if share is None:
        return Report(action.command, str(book), message="文件里没有这个班的内容，没有改动")
    found = run_closed(action, book, today=today, options={**options, "parsed_file": share}, plan=plan)
    if not found.ok and isinstance(share, TableFile):
        for row in share.rows:
            message = f"“{book.name}”没有写入，这一行没有导入：{found.message}"
            report.issues.append(row.error("import.refused", message, "处理好那个工作簿后再导入一次。"))
    return found


def _spread(
    action: Action,
    books: Sequence[Path],
    file: Path,
    options: Mapping[str, Any],
    report: FolderReport,
    opening: Opening,
) -> _Spread:
    """Sort the rows of a file to the workbooks; what goes to none of them is in the report's issues."""
    if action.id == "import_norms":
        return _Spread(_norms_shares(books, read_norms_file(file, opening.grids(file)), report))
    table = read_table(file, ROSTER_FILE if action.id == "import_roster" else SCORE_FILE, opening)
    others: list[FileRow] = []
    if action.id == "import_scores":
        exams = exams_of(table, options.get("exam"))
        others = [row for n, row in enumerate(table.rows) if n not in exams]
        table = replace(table, rows=tuple(replace(table.rows[n], exams=exams[n]) for n in exams))
        report.issues += [
            r.issue(REMINDER, "import.other_exam", "是另一次考试，没有导入", "", r.header.role("exam")) for r in others
        ]
    report.issues += table.issues
    rolls, readable, shares = _read_rolls(action, books)
    mine: dict[Path, list[FileRow]] = {}
    placing, nowhere = Rolls(rolls), 0
    for row in table.rows:
        placed = placing.place(who_is(row))
        if isinstance(placed, Found):
            report.issues.append(placed.issue(row))
            nowhere += 1
        else:
            mine.setdefault(readable[placed], []).append(row)
    base = table.accounting
    accounting = replace(base, listed=base.listed + nowhere, elsewhere=len(others))
    return _Spread(shares | {book: table.share(rows) for book, rows in mine.items()}, table.columns, accounting)


def _read_rolls(action: Action, books: Sequence[Path]) -> tuple[list[Roll], list[Path], dict[Path, Share]]:
    """The pupils of every workbook that can be read, and the sentences about the others."""
    rolls: list[Roll] = []
    readable: list[Path] = []
    refused: dict[Path, Share] = {}
    for path in books:
        try:
            book = Book(open_closed(path), action, today=date.min)
            rolls.append(_roll(book))
            readable.append(path)
        except (Refused, WorkbookError) as refusal:
            refused[path] = str(refusal)
    return rolls, readable, refused


def _norms_shares(books: Sequence[Path], file: NormsFile, report: FolderReport) -> dict[Path, Share]:
    """Every workbook gets the rows of its grade; rows of a grade without a workbook are listed."""
    report.issues += file.issues
    shares: dict[Path, Share] = {}
    placed: set[int] = set()
    for path in books:
        try:
            door = open_closed(path)
            grade = parse_settings(door.read(SETTINGS))[0].get("grade")
        except WorkbookError as refusal:
            shares[path] = str(refusal)
            continue
        mine = [n for n, row in enumerate(file.rows) if grade and grade_key(row.get("grade")) == grade_key(grade)]
        placed.update(mine)
        if mine:
            rows = tuple(file.rows[n] for n in mine)
            shares[path] = NormsFile(file.name, file.sheet, rows, (), Accounting(read=len(rows)))
    for n, row in enumerate(file.rows):
        if n not in placed:
            message = f"没有“{row.get('grade') or '（空白）'}”的工作簿，这一行没有导入"
            report.issues.append(file.issue(ERROR, "import.no_workbook", message, "请核对年级的写法。", row))
    return shares
