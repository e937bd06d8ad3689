"""PDFs of finished files, by the spreadsheet program that the machine has.

LibreOffice gets all files in one call, with a profile of its own, so that one that is open is not disturbed; where
there is none, Excel prints the workbooks. Nobody else is asked: where neither is there, the reason says what to do by hand.
Source: spec §3 (print set-up for A4), §8 (files are replaced whole, nothing is sent anywhere).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xlbangfu.documents.leftovers import leftovers
from xlbangfu.workbook.atomic import backup_path, replace_file
from xlbangfu.workbook.errors import WorkbookError

BY_HAND = "没有生成 PDF：请打开文件后打印，或另存为 PDF"
START_SECONDS, FILE_SECONDS = 90, 10  # at most, for the program to start and for each file
_WORKBOOKS = (".xlsx", ".xlsm", ".xls")


@dataclass(frozen=True)
class PdfResult:
    """made: the PDFs, each beside its file. reason: a Chinese clause where one is missing, else ""."""

    made: list[Path] = field(default_factory=list)
    reason: str = ""


def to_pdf(paths: Sequence[Path]) -> PdfResult:
    """A PDF beside each of these files, of the same name; one that stands there is replaced whole.

    Takes up to START_SECONDS + FILE_SECONDS for each file, and gives up after that. Raises nothing for a program
    that is missing or fails: the files themselves are there.
    """
    if not paths:
        return PdfResult()
    with tempfile.TemporaryDirectory(prefix="xlbangfu-pdf-", ignore_cleanup_errors=True) as folder:
        converted = _converted(paths, Path(folder))
        made, reasons = [], []
        for path in paths:
            reason = _put(converted.get(path), path.with_suffix(".pdf"))
            if reason:
                reasons.append(reason)
            else:
                made.append(path.with_suffix(".pdf"))
    return PdfResult(made, "；".join(dict.fromkeys(reasons)))


def _converted(paths: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Finished PDFs in a folder of ours, by the file they are made of; fewer where the program failed."""
    from xlbangfu.install.machine import this_machine
    from xlbangfu.install.programs import find_excel, find_office

    machine = this_machine()
    if soffice := find_office(machine):
        return dict(_by_libreoffice(soffice, paths, folder))
    if find_excel(machine):
        return dict(_by_excel([p for p in paths if p.suffix.lower() in _WORKBOOKS], folder))
    return {}


def _put(pdf: Path | None, target: Path) -> str:
    """Put a finished PDF in its place; why not, where that cannot be done."""
    if pdf is None:
        return BY_HAND
    content = pdf.read_bytes()
    if not content.startswith(b"%PDF") or leftovers(content):
        return BY_HAND
    try:
        replace_file(target, content, _readable)
        Path(backup_path(target)).unlink(missing_ok=True)
    except (WorkbookError, OSError):
        return f"“{target.name}”可能正打开着，没有更新；请关闭它再点一次"
    return ""


def _readable(written: Path) -> None:
    if not written.read_bytes().startswith(b"%PDF"):
        raise OSError(f"not as written: {written.name}")


# ---- LibreOffice ---------------------------------------------------------------------------------------


def _by_libreoffice(soffice: Path, paths: Sequence[Path], folder: Path) -> Iterator[tuple[Path, Path]]:
    """One call for all: copies under plain names, for folders may hold files of one name, and paths any character."""
    copies = {}
    for number, path in enumerate(paths):
        copies[path] = folder / f"{number:04d}{path.suffix.lower()}"
        shutil.copyfile(path, copies[path])
    profile = (folder / "profile").as_uri()
    words = [str(soffice), f"-env:UserInstallation={profile}", "--headless", "--norestore", "--nologo"]
    words += ["--convert-to", "pdf", "--outdir", str(folder), *(copy.name for copy in copies.values())]
    _run(words, folder, START_SECONDS + FILE_SECONDS * len(paths))
    for path, copy in copies.items():
        if (pdf := copy.with_suffix(".pdf")).is_file():
            yield path, pdf


# A click hands on what its own LibreOffice set; another installation crashes over it, or wants a display.
_OF_A_RUNNING_OFFICE = ("URE_BOOTSTRAP", "SAL_USE_VCLPLUGIN")


def _run(words: Sequence[str], folder: Path, seconds: float) -> None:
    """Run a program for at most that long; then it goes, with the programs that it started."""
    options: dict[str, bool] = {"start_new_session": True} if os.name == "posix" else {}
    quiet = subprocess.DEVNULL
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_RUNNING_OFFICE}
    try:
        running = subprocess.Popen(  # type: ignore[call-overload]
            words, cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, **options
        )
    except OSError:
        return
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(running)


def _end(running: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(running.pid)], capture_output=True, check=False)
    else:
        import signal

        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


# ---- Excel ---------------------------------------------------------------------------------------------


def _by_excel(paths: Sequence[Path], folder: Path) -> Iterator[tuple[Path, Path]]:
    """Excel prints each workbook, in an instance of its own that nobody sees. Argued, not seen."""
    import xlwings

    try:
        app = xlwings.App(visible=False, add_book=False)
    except Exception:  # whatever the host says when it cannot start, there is no PDF
        return
    try:
        for number, path in enumerate(paths):
            pdf = folder / f"{number:04d}.pdf"
            try:
                app.books.open(str(path), update_links=False, read_only=True).to_pdf(str(pdf))
            except Exception:
                continue
            yield path, pdf
    finally:
        app.quit()
