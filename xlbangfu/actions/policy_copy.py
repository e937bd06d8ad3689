"""policy new: a 制度 copied under a school's own name, comments and all, for the school to change.

Source: spec §5 (a school copies a file, changes figures, and names it in 设置), §9.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from xlbangfu.policy import BUILT_IN, PolicyError, find_policy, is_allowed_name, list_policies, load_policy
from xlbangfu.policy_file import DecimalText, decoded, read_toml
from xlbangfu.programme.numbers import clean_text
from xlbangfu.workbook.atomic import replace_file

_FIRST_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
_STRING = r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''
_ALLOWED = '1 到 60 个字，不以点开头，不带 \\ / : * ? " < > | 和连着的两个点'


def new_policy(source: str, name: str, folder: Path) -> Path:
    """Copy the 制度 `source` to <folder>/<name>.toml and say where that is.

    The text is copied with its comments; id and name become `name`, source says what it was copied from.
    Clause ids stay as they are: 落实 keeps its 佐证 by clause, so a class that moves to the copy in the middle
    of a term loses none, and the articles of both can still be held side by side.
    Raises PolicyError for a source that is unknown or cannot be used, a name that is forbidden or taken, and a
    folder that is not there; WorkbookError where the file cannot be written. Nothing is ever overwritten.
    Source: spec §5, §9.
    """
    path, data = planned_policy(source, name, folder)

    def check(written: Path) -> None:
        if written.read_bytes() != data:
            raise OSError(f"not as written: {written.name}")
        if os.path.lexists(path):  # somebody made it meanwhile
            raise _taken(path.name)

    replace_file(path, data, check)
    return path


def planned_policy(source: str, name: str, folder: Path) -> tuple[Path, bytes]:
    """Where `new_policy` would write, and what; raises as it does, and writes nothing."""
    if not folder.is_dir():
        raise PolicyError(
            folder.name, "--folder", "已有的文件夹", f"没有“{folder}”这个文件夹；请先建好，或换一个文件夹。"
        )
    policy = load_policy(source, [folder])
    wanted = _free_name(name, folder)
    target = folder / f"{wanted}.toml"
    if os.path.lexists(target):
        raise _taken(target.name)
    original = find_policy(source, [folder])
    told = {"id": wanted, "name": wanted, "source": f"由“{policy.name}”（{policy.id}）复制，供本校修改"}
    text = _retold(decoded(original.read_bytes()), told)
    if _parsed(text) != {**read_toml(original), **told}:
        allowed = '各占一行，如 id = "S7"，写在各节之前'
        sentence = f"{original.name} 的写法特别，没有复制；请先把 id、name、source 改成{allowed}。"
        raise PolicyError(original.name, "id", allowed, sentence)
    return target, text.encode("utf-8")


def _free_name(name: str, folder: Path) -> str:
    """The name as the file will carry it; raises PolicyError if it may not be used or would hide another 制度."""
    wanted = name.strip().removesuffix(".toml").strip()
    if not is_allowed_name(wanted) or not wanted.isprintable():
        raise PolicyError(name, "制度", _ALLOWED, f"名称“{name}”不能用；请用{_ALLOWED}。")
    for known in list_policies([folder]):
        if _folded(known) == _folded(wanted):
            if (BUILT_IN / f"{known}.toml").is_file():
                own = "程序自带制度以外的名称，如“我校”"
                raise PolicyError(name, "制度", own, f"“{known}”是程序自带的制度，不能同名；请用{own}。")
            raise _taken(f"{known}.toml")
    return wanted


def _folded(name: str) -> str:
    """As policies are found by name: small and full-width letters are alike."""
    return clean_text(name).casefold()


def _taken(file: str) -> PolicyError:
    allowed = "还没有用过的名称"
    return PolicyError(file, "制度", allowed, f"已经有“{file}”，没有改动它；请换一个名称，或先把旧文件移走。")


def _retold(text: str, told: dict[str, str]) -> str:
    """The text with those keys above the first table set anew, one that is missing put after the last found."""
    first = _FIRST_TABLE.search(text)
    top, rest = (text[: first.start()], text[first.start() :]) if first else (text, "")
    ending = "\r\n" if "\r\n" in text else "\n"
    after = 0
    for key, value in told.items():
        line = f"{key} = {json.dumps(value, ensure_ascii=False)}"  # a JSON string is a TOML string
        found = re.search(rf"^{key}[ \t]*=[ \t]*(?:{_STRING})", top, re.MULTILINE)
        if found:
            top = f"{top[: found.start()]}{line}{top[found.end() :]}"
            after = top.find("\n", found.start()) + 1 or len(top)
        else:
            top = f"{top[:after]}{line}{ending}{top[after:]}"
    note = f"# 本校的制度“{told['id']}”：{told['source']}。以下说明和条款编号随原文件。{ending}#{ending}"
    return note + top + rest


def _parsed(text: str) -> dict[str, Any]:
    """The values, or {} where the text is no TOML."""
    try:
        return tomllib.loads(text, parse_float=DecimalText)
    except (ValueError, RecursionError):
        return {}
