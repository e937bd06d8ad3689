"""The extension into a profile of LibreOffice, out of it, and which version is there; by LibreOffice's own unopkg.

Measured with 7.4: 0.1 s a call; while LibreOffice runs on the profile, `add` says 0 and the menu stays away until the
next start, hence the refusal. unopkg itself refuses root.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from xlbangfu.install.errors import Refusal
from xlbangfu.menu.extension import FILE_NAME, IDENTIFIER, build_extension

SECONDS = 120  # the first call on a slow disk makes a whole profile
_HOW_IT_ENDED = 300  # characters of unopkg's own words that help whoever helps the teacher


class MenuError(Refusal):
    """The menu could not be set up; the Chinese sentence says what to do. `detail`: what unopkg said."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


def install_extension(soffice: Path, profile: Path | None = None) -> None:
    """Put the menu into LibreOffice, over an older version if there is one.

    soffice: the program, as found on PATH or in its folder. profile: the folder above `user`; None: the user's own.
    Raises MenuError while LibreOffice runs on the profile, and when unopkg fails.
    """
    _refuse_while_running(profile)
    with tempfile.TemporaryDirectory(prefix="xlbangfu-") as folder:
        package = Path(folder) / FILE_NAME
        package.write_bytes(build_extension())
        _run(soffice, profile, "add", "--force", "--suppress-license", str(package))


def remove_extension(soffice: Path, profile: Path | None = None) -> bool:
    """Take the menu out; False if it was not there. Raises MenuError as `install_extension` does."""
    _refuse_while_running(profile)
    if extension_version_installed(soffice, profile) is None:
        return False
    _run(soffice, profile, "remove", IDENTIFIER)
    return True


def extension_version_installed(soffice: Path, profile: Path | None = None) -> str | None:
    """The version of the menu that LibreOffice has, such as "0.1.0"; None without the menu. Raises MenuError.

    Also while LibreOffice runs. A named profile without any extension is not asked: unopkg would fill its folder.
    """
    _refuse_root()
    if profile is not None and not (profile / "user" / "uno_packages").exists():
        return None
    return version_in(_run(soffice, profile, "list"))


def version_in(listing: str) -> str | None:
    """The version of our extension in what `unopkg list` prints, in any language of the user.

    >>> version_in("All deployed user extensions:\\n\\nIdentifier: org.xlbangfu.menu\\n  Version: 0.1.0\\n")
    '0.1.0'
    """
    ours = False
    for line in listing.splitlines():
        label, _, value = (word.strip() for word in line.partition(":"))
        if label == "Identifier":
            ours = value == IDENTIFIER
        elif ours and label == "Version":
            return value
    return None


def unopkg_program(soffice: Path) -> Path:
    """unopkg beside soffice, or beside what soffice is a link to. Raises MenuError."""
    names = ("unopkg.com", "unopkg.exe") if sys.platform == "win32" else ("unopkg",)  # .com waits and prints
    for folder in dict.fromkeys((soffice.resolve().parent, soffice.parent)):
        for name in names:
            if (folder / name).is_file():
                return folder / name
    raise MenuError(f"没有找到 LibreOffice 的 unopkg（应在 {soffice.parent}），请重新安装 LibreOffice。")


def _run(soffice: Path, profile: Path | None, *words: str) -> str:
    """What unopkg printed. Raises MenuError when it fails or takes too long."""
    _refuse_root()
    command = [str(unopkg_program(soffice)), words[0], *_profile_words(profile), *words[1:]]
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
            env=_environment(), creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
    except subprocess.TimeoutExpired as problem:
        raise MenuError(f"LibreOffice 的 unopkg 超过 {SECONDS} 秒没有完成，请重启电脑后再试。") from problem
    except OSError as problem:
        raise MenuError(f"LibreOffice 的 unopkg 启动不了：{command[0]}", str(problem)) from problem
    if done.returncode != 0:
        raise MenuError(_failure(words[0], profile), _readable(done.stderr or done.stdout)[-_HOW_IT_ENDED:])
    return _readable(done.stdout)


def _failure(verb: str, profile: Path | None) -> str:
    what = {"add": "菜单装不进 LibreOffice", "remove": "菜单没有删掉"}.get(verb, "查不到 LibreOffice 的扩展")
    where = f"（{profile}）" if profile else ""
    return f"{what}{where}。请退出 LibreOffice，检查文件夹的权限和磁盘空间，再运行一次。"


def _readable(output: bytes) -> str:
    return output.decode("utf-8", "replace").strip()


def _profile_words(profile: Path | None) -> Sequence[str]:
    return () if profile is None else (f"-env:UserInstallation={profile.absolute().as_uri()}",)


def _environment() -> dict[str, str]:
    """Ours, without what a caller's Python would hand on to LibreOffice's own Python."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}


def _refuse_root() -> None:
    if sys.platform != "win32" and os.geteuid() == 0:
        raise MenuError("LibreOffice 不允许用 root 身份安装菜单，请用平时打开工作簿的账号运行。")


def _refuse_while_running(profile: Path | None) -> None:
    from xlbangfu.install.machine import this_machine
    from xlbangfu.install.running import profile_user

    if user := profile_user(profile or this_machine().office_settings.parents[1]):
        raise MenuError(f"{user}正在使用。请先退出 LibreOffice（Windows 还包括右下角的快速启动），再运行一次。")
