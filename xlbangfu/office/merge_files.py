"""Which files of a folder are to be read: every spreadsheet at any depth, each accounted for.

Files that only look like workbooks (owner and lock files, hidden ones) are none. Source: spec §6, §8.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xlbangfu.documents.places import is_our_output, is_restricted

# What a class workbook may have been saved as; all but the first two are read as "save it again as .xlsm".
SPREADSHEETS = (".xlsm", ".xlsx", ".xls", ".xlsb", ".xltm", ".xltx", ".et", ".ett", ".ods")
_BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class Candidate:
    """One file to be read. file: its path below the folder, as people read it. size: in bytes."""

    path: Path
    file: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Unread:
    """A file (or subfolder) of which nothing was taken, and why.

    harmless: it was never meant to be merged (an earlier result, restricted records), so it is no problem.
    """

    file: str
    reason: str
    mend: str = ""
    sha256: str = ""
    size: int = 0
    harmless: bool = False


def shown_name(relative: str) -> str:
    """A path as text that can stand in a cell: forward slashes; names that are not UTF-8 read as GB 18030.

    Unpacking a zip made on a Chinese Windows leaves such names.
    """
    raw = os.fsencode(relative.replace(os.sep, "/"))
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def find_files(folder: Path, out: Path) -> tuple[list[Candidate], list[Unread]]:
    """Every spreadsheet below the folder, in an order of its own, and what is left out with the reason.

    out: the workbook about to be written, which is no input. Links are followed only to files inside the folder.
    """
    root = folder.resolve()
    found: list[Candidate] = []
    left_out: list[Unread] = []
    outputs: dict[str, int] = {}
    for path in _walk(folder, left_out):
        file = shown_name(os.path.relpath(path, folder))
        if is_our_output(path):
            outputs[file.rpartition("/")[0]] = outputs.get(file.rpartition("/")[0], 0) + 1
        elif reason := _left_out(path, root, out):
            left_out.append(Unread(file, *reason, harmless=not reason[1]))
        elif (candidate := _hashed(path, file)) is not None:
            found.append(candidate)
        else:
            left_out.append(
                Unread(file, "读不出来（没有权限，或正被其他程序占用）", "请关闭这个文件、检查权限后再合并一次。")
            )
    for place, n in outputs.items():  # one line for all of them: a class has dozens
        left_out.append(Unread(f"{place}/（{n} 个文件）", "班级工作簿生成的文件，不作为来源", harmless=True))
    return sorted(found, key=lambda c: (c.file, str(c.path))), left_out


def _walk(folder: Path, left_out: list[Unread]) -> Iterator[Path]:
    def closed(problem: OSError) -> None:
        name = shown_name(os.path.relpath(problem.filename or folder, folder))
        left_out.append(Unread(name, "这个文件夹打不开", "请检查文件夹的权限后再合并一次。"))

    for place, subfolders, names in os.walk(folder, onerror=closed):
        subfolders[:] = sorted(d for d in subfolders if not d.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(SPREADSHEETS) and not name.startswith(("~$", ".")):
                yield Path(place) / name


def _left_out(path: Path, root: Path, out: Path) -> tuple[str, str] | None:
    """Why a file is not read at all, and what to do about it ("" if nothing)."""
    if is_restricted(path):  # the passworded workbook beside a class workbook: never opened here (spec §3)
        return "受限档案，不读取", ""
    if not path.is_file():
        return ("链接指向的文件不存在", "请放回文件，或删去这个链接。") if path.is_symlink() else ("不是文件", "")
    target = path.resolve()
    if root not in target.parents:
        return "链接指向文件夹以外，没有读取", "请把文件本身放进文件夹。"
    if out.exists() and target == out.resolve():
        return "本次汇总的输出文件，不作为来源", ""
    return None


def _hashed(path: Path, file: str) -> Candidate | None:
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as opened:
            while block := opened.read(_BLOCK_BYTES):
                digest.update(block)
                size += len(block)
    except OSError:
        return None
    return Candidate(path, file, digest.hexdigest(), size)


def apart_from_copies(candidates: Sequence[Candidate]) -> tuple[list[Candidate], dict[str, str]]:
    """One file of each content (the path that sorts last), and which file every other one is a copy of.

    Source: spec §6 (identical sha256: one is read).
    """
    kept: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda c: c.file):
        kept[candidate.sha256] = candidate
    copies = {c.file: kept[c.sha256].file for c in candidates if kept[c.sha256] is not c}
    return sorted(kept.values(), key=lambda c: c.file), copies
