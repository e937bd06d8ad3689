"""LibreOffice with Chinese captions, as a teacher has it: for the manual's pictures.

Where Debian's language pack is not installed, it is fetched through apt and put beside a copy of the programs; the
LibreOffice of this machine and the lists of its packages stay as they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from window import WindowError, prepare_profile

PACKAGE = "libreoffice-l10n-zh-cn"
CAPTIONS = ("/org.openoffice.Office.Linguistic/General", "UILocale", "zh-CN")
NO_PAGE_LINES = ("/org.openoffice.Office.Calc/Layout/Line", "PageBreak", "false")  # Excel shows none either
_END = "</oor:items>"


def chinese_profile(profile: Path, *, macros: bool = True) -> Path:
    """Make a profile (a new one, or one that has an extension) a teacher's: Chinese captions, nothing in the way.

    macros: whether the macros of documents may run.
    """
    prepare_profile(profile, macros=macros)
    path = profile / "user" / "registrymodifications.xcu"
    text = path.read_text(encoding="utf-8")
    items = "".join(
        f'<item oor:path="{node}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>\n'
        for node, name, value in (CAPTIONS, NO_PAGE_LINES)
    )
    path.write_text(text.replace(_END, items + _END), encoding="utf-8")
    return profile


def path_with_chinese_office(folder: Path) -> str:
    """A PATH whose soffice knows Chinese; what had to be fetched for it goes into `folder`.

    Raises WindowError where there is neither a language pack nor a way to get one.
    """
    path = os.environ.get("PATH", os.defpath)
    soffice = shutil.which("soffice")
    if soffice is None:
        raise WindowError("no soffice on the PATH")
    program = Path(soffice).resolve().parent
    if (program / "resource" / "zh_CN").exists():
        return path
    folder.mkdir(parents=True)
    try:
        _run("apt-get", "download", PACKAGE, cwd=folder)
        _run("dpkg", "-x", str(next(folder.glob("*.deb"))), "pack", cwd=folder)
        return f"{_with_pack(program.parent, folder) / 'program'}{os.pathsep}{path}"
    except (OSError, StopIteration, subprocess.SubprocessError) as problem:
        raise WindowError(f"the pictures need Chinese captions: apt-get install {PACKAGE} ({problem})") from problem


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, timeout=120)


def _with_pack(office: Path, folder: Path) -> Path:
    """A copy of `office` that has the pack and looks for itself where it lies now."""
    copy, registry = folder / "office", folder / "registry"
    pack = folder / "pack" / office.relative_to("/")
    shutil.copytree(office, copy, symlinks=True)
    shutil.copytree((office / "share" / "registry").resolve(), registry)
    shutil.copytree(pack / "program" / "resource", copy / "program" / "resource", dirs_exist_ok=True)
    shutil.copytree(pack / "share" / ".registry", registry, dirs_exist_ok=True)
    settings = copy / "program" / "fundamentalrc"
    text = settings.read_text(encoding="utf-8")
    text = text.replace((office / "share" / "registry").resolve().as_uri(), registry.as_uri())
    settings.write_text(text.replace(office.as_uri(), copy.as_uri()), encoding="utf-8")
    return copy
