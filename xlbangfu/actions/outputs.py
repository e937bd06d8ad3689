"""The files of a button, put in place one by one: each the old one or the new one, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlbangfu.actions.book import OutputFile, Refused
from xlbangfu.workbook.atomic import backup_path, replace_file
from xlbangfu.workbook.errors import WorkbookError


def sealed(path: Path, content: bytes, *, pdf: bool = False) -> OutputFile:
    """The file, looked through before it leaves. Raises Refused where it carries more than its pages show.

    Source: spec §7.
    """
    from xlbangfu.documents.privacy import leftovers

    if found := leftovers(content):
        raise Refused(f"“{path.name}”没有生成：里面有不该带出去的内容（{'、'.join(found)}），请把这句话告诉教务处。")
    return OutputFile(path, content, pdf)


def write_files(files: Sequence[OutputFile], *, pdf: bool = True) -> tuple[list[str], str]:
    """(paths of the files, what to add to the status line). A file that stands as it should is left alone.

    pdf: False to leave the PDFs out, which take seconds.
    Raises Refused where a file or its folder cannot be written; files before it in the order then stand.
    """
    for file in files:
        _write(file)
    paths = [file.path for file in files]
    wanted = [file.path for file in files if file.pdf and pdf]
    if not wanted:
        return [str(path) for path in paths], ""
    from xlbangfu.documents.pdf import to_pdf

    result = to_pdf(wanted)
    return [str(path) for path in (*paths, *result.made)], f"（{result.reason}）" if result.reason else ""


def _write(file: OutputFile) -> None:
    path = file.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not file.new and path.is_file() and path.read_bytes() == file.content:
            return
    except OSError as problem:
        raise Refused(f"文件夹“{path.parent}”写不进去，请检查权限和磁盘空间后再点一次。") from problem
    try:
        replace_file(path, file.content, lambda written: _check(written, file.content), new=file.new)
    except FileExistsError as problem:
        raise Refused(f"“{path.name}”刚刚被别的程序建立了，没有改动它；请再点一次。") from problem
    except WorkbookError as problem:
        raise Refused(f"“{path.name}”可能正打开着，没有写入；请关闭它再点一次。") from problem
    if not file.new:  # made anew at every press: there is no former version to keep
        Path(backup_path(path)).unlink(missing_ok=True)


def _check(written: Path, content: bytes) -> None:
    if written.read_bytes() != content:
        raise OSError(f"not as written: {written.name}")
