"""What a new password must be. Source: spec §3 (受限档案)."""

from __future__ import annotations

LEAST_CHARACTERS, MOST_CHARACTERS = 6, 255  # 255: what Excel takes
ADVICE = f"至少 {LEAST_CHARACTERS} 个字符，用英文字母、数字和符号"


def weakness(password: str) -> str:
    """Why a new file cannot get this password, one Chinese sentence; "" if it can.

    ASCII only: Excel's box for an opening password takes no Chinese input, and full-width digits look like
    plain ones.

    >>> weakness("abc12")
    '密码太短，至少要 6 个字符。'
    >>> weakness("xiao-2026")
    ''
    """
    if len(password) < LEAST_CHARACTERS:
        return f"密码太短，至少要 {LEAST_CHARACTERS} 个字符。"
    if len(password) > MOST_CHARACTERS:
        return f"密码太长，最多 {MOST_CHARACTERS} 个字符。"
    if not (password.isascii() and password.isprintable()) or password != password.strip():
        return "密码只能用英文字母、数字和英文符号，首尾不能是空格，否则在 Excel 里可能打不开。"
    return ""
