"""书面总结: drafts in the sheet, and every row as a Word document beside the workbook. Source: spec §3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from xlbangfu import schema
from xlbangfu.actions.book import Book, Outcome, OutputFile
from xlbangfu.actions.outputs import sealed
from xlbangfu.documents.places import file_part, output_folder
from xlbangfu.issues import Issue, reminder
from xlbangfu.programme.written import Drafts, draft_papers
from xlbangfu.programme.written_facts import Records
from xlbangfu.schema import WRITTEN
from xlbangfu.table import Row

FOLDER = "书面总结"  # also the name under which documents.privacy knows this output
_RECORDS = (
    schema.CASELOAD,
    schema.OBSERVATIONS,
    schema.PLANS,
    schema.PAIRS,
    schema.GROUPS,
    schema.SESSIONS,
    schema.ACTIVITY,
    schema.PROCESS,
    schema.CONVERSIONS,
    schema.CONVERSION_STATS,
    schema.PROGRESS,
)


def written(book: Book) -> Outcome:
    """Draft the papers that are due and have no row, and export every row as it stands."""
    existing = book.table(WRITTEN).rows
    records = Records(**{sheet.code: book.table(sheet).rows for sheet in _RECORDS})
    drafts = draft_papers(book.room, records, existing, book.today, book.frozen)
    rows = [*existing, *drafts.rows]
    files = list(_files(book, rows))
    return Outcome(
        _message(drafts, files, rows),
        {"新起草": len(drafts.rows), "导出": len(files), "待数据": len(drafts.waiting)},
        {WRITTEN.label: rows},
        rows=(WRITTEN, rows),
        issues=[*_waiting(drafts), *_unfit(existing)],
        files=files,
    )


def _message(drafts: Drafts, files: Sequence[OutputFile], rows: Sequence[Row]) -> str:
    if not rows and not drafts.waiting:
        return "书面总结：名单上还没有人，没有要写的；请先识别、确认"
    words = f"书面总结完成：新起草 {len(drafts.rows)} 份，导出 {len(files)} 份"
    if files:
        folder = files[0].path.parent
        words += f"到“{folder.parent.name}/{folder.name}”"
    if drafts.waiting:
        words += f"；{len(drafts.waiting)} 份还缺数据，见“数据问题”"
    return words


def _waiting(drafts: Drafts) -> Iterator[Issue]:
    for paper in drafts.waiting:
        message = f"{paper.subject}{paper.document}还不能起草：{paper.reason}"
        yield reminder(WRITTEN.label, "written.waiting", message, paper.mend)


def _exportable(row: Row) -> bool:
    return all(row.get(code) for code in ("subject", "document", "text"))


def _unfit(existing: Iterable[Row]) -> Iterator[Issue]:
    """Rows that make no document, with the cell that is blank."""
    for row in existing:
        blank = next((code for code in ("subject", "document", "text") if not row.get(code)), None)
        if blank:
            label = WRITTEN.column(blank).label
            mend = "请填上；要程序重新起草，请删除这一行再点一次。" if blank == "text" else "请填上后再点一次。"
            yield reminder(
                WRITTEN.label, "written.blank", f"“{label}”是空的，这一份没有导出", mend, row=row.at, column=label
            )


def _files(book: Book, rows: Sequence[Row]) -> Iterator[OutputFile]:
    """书面总结/<学科>_<文种>.docx for each row that says all three; a second one of a name gets a number."""
    from xlbangfu.documents.privacy import PAGE, allow
    from xlbangfu.documents.summary_docx import is_untouched, summary_docx

    folder = output_folder(book.path) / FOLDER
    [header] = allow(FOLDER, [book.settings], PAGE)
    taken: set[str] = set()
    for row in allow(FOLDER, [r for r in rows if _exportable(r)]):
        path = _free(folder, f"{file_part(row['subject'])}_{file_part(row['document'])}", taken)
        yield sealed(path, summary_docx(row, header), own=is_untouched)


def _free(folder: Path, stem: str, taken: set[str]) -> Path:
    """A name nobody took yet; systems that fold case would put two papers into one file."""
    name, n = stem, 1
    while name.casefold() in taken:
        n += 1
        name = f"{stem}_{n}"
    taken.add(name.casefold())
    return folder / f"{name}.docx"
