"""Passwords asked in the terminal without showing them: of the restricted records, and of a file to import.

Source: spec §3.1, §7, §9.
"""

from __future__ import annotations

import os

from xlbangfu.restricted.password import ADVICE, weakness

VARIABLE = "XLBANGFU_PASSWORD"  # for scripts
FILE_VARIABLE = "XLBANGFU_FILE_PASSWORD"
TRIES = 3


class NoPassword(Exception):
    """No password came; the sentence says what to do."""


def read_password(new: bool) -> str:
    """The password, from XLBANGFU_PASSWORD or typed; for a new file typed twice. Nothing goes to standard output.

    Raises NoPassword with a Chinese sentence: no terminal, given up, not twice the same.
    """
    if given := os.environ.get(VARIABLE):
        return given
    if not new:
        return _typed("受限档案的密码（输入时不显示）：")
    print_hint = f"要新建受限档案。请设一个打开密码（{ADVICE}），忘了无法找回。\n"
    for _ in range(TRIES):
        first = _typed(f"{print_hint}密码（输入时不显示）：")
        if reason := weakness(first):
            print_hint = f"{reason}\n"
        elif _typed("再输一次：") == first:
            return first
        else:
            print_hint = "两次输入的不一样，请重来。\n"
    raise NoPassword("密码没有设好，什么也没有改动；想好后请再运行一次。")


def read_file_password(sentence: str, *, again: bool) -> str:
    """The password of a file to import, from XLBANGFU_FILE_PASSWORD or typed. sentence: why it is asked.

    again: what was given before did not open the file; a variable is then not read a second time. Raises NoPassword.
    """
    if (given := os.environ.get(FILE_VARIABLE)) and not again:
        return given
    if given:
        raise NoPassword(f"{sentence.partition('，')[0]}；它来自环境变量 {FILE_VARIABLE}，什么也没有改动。")
    return _typed(f"{sentence}\n密码（输入时不显示）：", FILE_VARIABLE)


def _typed(prompt: str, variable: str = VARIABLE) -> str:
    import getpass
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)  # it would show what is typed
            password = getpass.getpass(prompt)
    except (getpass.GetPassWarning, EOFError, OSError) as problem:
        message = f"这里没有可以输入密码的终端；请在终端里运行，或把密码放进环境变量 {variable}。"
        raise NoPassword(message) from problem
    except KeyboardInterrupt:
        password = ""
    if not password:
        raise NoPassword("没有输入密码，什么也没有改动。")
    return password
