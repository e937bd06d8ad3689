"""Where the files of a class workbook lie, and what may stand in their names."""

from __future__ import annotations

import re
from pathlib import Path

OUTPUT_SUFFIX = "_输出"
OUTPUT_SUBFOLDERS = ("书面总结", "家长反馈单")
OUTPUT_FILES = ("家长反馈单_打印", "档案卡", "结对张贴表")
RESTRICTED = "受限档案"
IMPORT_COLUMNS = "导入对照.xlsx"  # what the office has said of the columns of its files
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?=\.|\Z)", re.IGNORECASE)  # names Windows keeps
MAX_PART = 60  # characters; a path of Windows holds 260 in all


def output_folder(book: Path) -> Path:
    """The folder beside a class workbook into which its buttons put files: <workbook>_输出."""
    return book.parent / f"{book.stem}{OUTPUT_SUFFIX}"


def file_part(text: object) -> str:
    """Any cell's text as part of a file name: nothing that a system forbids, never empty, at most MAX_PART long.

    >>> file_part("语文/数学 ")
    '语文_数学'
    >>> file_part("..")
    '_'
    """
    part = _NOT_IN_NAMES.sub("_", str(text)).strip(" .")[:MAX_PART].strip(" .")
    return f"_{part}" if _DEVICE.match(part) else part or "_"


def is_restricted(path: Path) -> bool:
    """True for a workbook of restricted records, by its name."""
    return path.stem.startswith(RESTRICTED) or path.stem.endswith(f"_{RESTRICTED}")


def is_our_output(path: Path) -> bool:
    """True for a file that the program made, by its folder and name: none of them is a class workbook.

    Anything else that somebody moved into the folder is for its reader to judge.
    """
    if path.name == IMPORT_COLUMNS:
        return True
    if path.parent.name.endswith(OUTPUT_SUFFIX):
        return path.stem in OUTPUT_FILES
    return path.parent.parent.name.endswith(OUTPUT_SUFFIX) and path.parent.name in OUTPUT_SUBFOLDERS
