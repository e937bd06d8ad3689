"""What a number in a cell stands for under its number format: itself, a date, or text with zeros in front.

Source: spec §3.1 (leading zeros held by number format); ECMA-376 part 1, 18.8.30 and 18.8.31 (formats).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from xlbangfu.workbook.cells import ID_DIGITS_KEPT

# Built in under a number instead of a code; 27 … 36 and 50 … 58 are those of Chinese and Japanese Excel.
_DATES = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))
_ELAPSED = 46
_SHARES = frozenset({9, 10})  # 0%, 0.00%
_BESIDE = re.compile(r'"[^"]*"?|\\.|_.|\*.|AM/PM|A/P|上午/下午|General|G/通用格式|通用格式', re.IGNORECASE | re.DOTALL)
_CLOCK = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BRACKET = re.compile(r"\[[^\]]*\]?")
_DATE_LETTER = re.compile(r"[ymdhs]", re.IGNORECASE)
_ZEROS = re.compile(r'(?:\[\$-[0-9A-Fa-f]+\])?(?:"([0-9A-Za-z]{1,20})"|((?:\\[0-9A-Za-z]){1,20}))?(0{1,20})\Z')
_DAY_0, _DAY_0_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_LEAP_DAY = 60  # 29 February 1900, which never was; days before it count from one day later
_LAST_DAY = 2_958_466  # 1 January 10000


@dataclass(frozen=True)
class Format:
    """A number format that makes more of a number than a number. width: digits shown at least."""

    is_date: bool = False
    elapsed: bool = False
    prefix: str = ""
    width: int = 0
    is_share: bool = False


def read_format(number: int, code: str | None) -> Format | None:
    """What a format makes of numbers, by its code, else by its built-in number; None for an ordinary number.

    >>> read_format(164, "0000"), read_format(164, '"2026"000').prefix, read_format(164, "0.00")
    (Format(is_date=False, elapsed=False, prefix='', width=4, is_share=False), '2026', None)
    >>> read_format(164, 'yyyy"年"m"月"').is_date, read_format(14, None).is_date
    (True, True)
    """
    if code is None:
        if number in _SHARES:
            return Format(is_share=True)
        return Format(elapsed=True) if number == _ELAPSED else Format(is_date=True) if number in _DATES else None
    first = code.partition(";")[0]
    zeros = _ZEROS.match(first)
    if zeros:
        prefix = zeros[1] or (zeros[2] or "").replace("\\", "")
        return Format(prefix=prefix, width=len(zeros[3])) if prefix or len(zeros[3]) > 1 else None
    bare = _BESIDE.sub("", first)
    if "%" in bare:
        return Format(is_share=True)
    if _CLOCK.search(bare):
        return Format(elapsed=True)
    return Format(is_date=True) if _DATE_LETTER.search(_BRACKET.sub("", bare)) else None


def number_as_shown(number: float, form: Format | None, date1904: bool = False) -> Any:
    """The number, a date, datetime, time or timedelta, or the text of a whole number with what its format adds.

    A number that no date is stays a number, and so does one of more than 15 digits: it may have lost some.
    """
    if form is None:
        return number
    if form.is_date:
        return _moment(number, date1904)
    if form.is_share:
        return f"{number * 100:.10g}%"  # 0.85 that is shown as 85% is no mark of 0.85, nor surely one of 85
    if form.elapsed:
        return timedelta(days=number) if abs(number) < _LAST_DAY else number
    if number < 0 or not number.is_integer() or number >= 10**ID_DIGITS_KEPT:
        return number
    return form.prefix + str(int(number)).zfill(form.width)


def _moment(number: float, date1904: bool) -> float | date | time:
    if not 0 <= number < _LAST_DAY or math.isnan(number):
        return number
    milliseconds = round(number % 1 * 86_400_000)
    days = int(number) if date1904 or number >= _LEAP_DAY else int(number) + 1
    try:
        moment = (_DAY_0_1904 if date1904 else _DAY_0) + timedelta(days=days, milliseconds=milliseconds)
    except OverflowError:
        return number
    if number < 1 and not date1904:
        return moment.time()
    return moment if milliseconds else moment.date()
