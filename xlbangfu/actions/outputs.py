"""The files of a button, put in place one by one: each the old one or the new one, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from xlbangfu.actions.book import OutputFile, Refused
from xlbangfu.workbook.atomic import replace_file
from xlbangfu.workbook.errors import WorkbookError


def sealed(path: Path, content: bytes, *, pdf: bool = False, own: Callable[[bytes], bool] | None = None) -> OutputFile:
    """The file, looked through before it leaves. Raises Refused where it carries more than its pages show.

    Source: spec §7.
    """
    from xlbangfu.documents.privacy import leftovers

    if found := leftovers(content):
        raise Refused(f"“{path.name}”没有生成：里面有不该带出去的内容（{'、'.join(found)}），请把这句话告诉教务处。")
    return OutputFile(path, content, pdf, own=own)


@dataclass(frozen=True)
class _Due:
    """One file as it is to stand: where, whether it does not yet, and whether its PDF is wanted."""

    file: OutputFile
    path: Path
    differs: bool
    pdf: bool


def _due(file: OutputFile, pdf: bool) -> _Due:
    path = _target(file)
    differs = not _stands(path, file.content)
    return _Due(file, path, differs, file.pdf and pdf and (differs or not path.with_suffix(".pdf").is_file()))


def files_to_write(files: Sequence[OutputFile], *, pdf: bool = True) -> list[Path]:
    """The files that do not stand as they should yet, PDFs included; nothing is written."""
    found = []
    for due in (_due(file, pdf) for file in files):
        found += [due.path] if due.differs else []
        found += [due.path.with_suffix(".pdf")] if due.pdf else []
    return found


def write_files(files: Sequence[OutputFile], *, pdf: bool = True) -> tuple[list[str], str]:
    """(paths written, what to add to the status line). A file that stands as it should is left alone, with its PDF.

    pdf: False to leave the PDFs out, which take seconds.
    Raises Refused where a file or its folder cannot be written; files before it in the order then stand.
    """
    written: list[Path] = []
    wanted: list[Path] = []
    told = ""
    for due in (_due(file, pdf) for file in files):  # one by one: each looks at the folder as the last one left it
        if due.path != due.file.path:
            told += f"；“{due.file.path.name}”有人改过，没有覆盖，新的是“{due.path.name}”"
        if due.differs:
            _write(due.file, due.path)
            written.append(due.path)
        if due.pdf:
            wanted.append(due.path)
    if not wanted:
        return [str(path) for path in written], told
    from xlbangfu.documents.pdf import to_pdf

    result = to_pdf(wanted)
    return [str(p) for p in (*written, *result.made)], told + (f"（{result.reason}）" if result.reason else "")


def _stands(path: Path, content: bytes) -> bool:
    try:
        return path.is_file() and path.read_bytes() == content
    except OSError:
        return False


def _target(file: OutputFile) -> Path:
    """Where the file goes: its own place, or the next name that no person has written into."""
    path, number = file.path, 2
    while file.own is not None and path.is_file() and not _stands(path, file.content) and not file.own(_read(path)):
        path, number = file.path.with_stem(f"{file.path.stem}（{number}）"), number + 1
    return path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise Refused(f"“{path.name}”可能正打开着，没有写入；请关闭它再点一次。") from problem


def _write(file: OutputFile, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Refused(f"文件夹“{path.parent}”写不进去，请检查权限和磁盘空间后再点一次。") from problem
    try:
        replace_file(path, file.content, lambda made: _check(made, file.content), new=file.new, backup=False)
    except FileExistsError as problem:
        raise Refused(f"“{path.name}”刚刚被别的程序建立了，没有改动它；请再点一次。") from problem
    except WorkbookError as problem:
        raise Refused(f"“{path.name}”可能正打开着，没有写入；请关闭它再点一次。") from problem


def _check(written: Path, content: bytes) -> None:
    if written.read_bytes() != content:
        raise OSError(f"not as written: {written.name}")
