"""Which file holds the restricted records of a class workbook. Source: spec §3 (beside the class workbook)."""

from __future__ import annotations

from pathlib import Path

from xlbangfu.documents.places import RESTRICTED, is_restricted


def shared_file(book: Path) -> Path:
    """受限档案.xlsx beside the workbook: the name where a class has its folder to itself."""
    return book.with_name(f"{RESTRICTED}.xlsx")


def own_file(book: Path) -> Path:
    """The name that says whose it is, where several classes share a folder.

    >>> own_file(Path("三年级1班.xlsm")).name
    '三年级1班_受限档案.xlsx'
    """
    return book.with_name(f"{book.stem}_{RESTRICTED}.xlsx")


def existing_file(book: Path) -> Path | None:
    """The file that is there, of this class by its name first; None where there is none yet.

    Whether 受限档案.xlsx is this class's is told only by its 说明, behind the password.
    """
    return next((path for path in (own_file(book), shared_file(book)) if path.is_file()), None)


def new_file(book: Path) -> Path:
    """Where a new one goes: 受限档案.xlsx where no other class workbook shares the folder. Looks into the folder."""
    return own_file(book) if _shares_its_folder(book) else shared_file(book)


def _shares_its_folder(book: Path) -> bool:
    from xlbangfu.workbook.closed import looks_like_class_workbook

    for path in sorted(book.parent.glob("*.xls[xm]")):
        if path.name.startswith(("~$", ".")) or path.name == book.name or is_restricted(path):
            continue
        if looks_like_class_workbook(path) is not False:  # one that cannot be read may be a class's
            return True
    return False
