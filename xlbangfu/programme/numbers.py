"""Exact numbers from cells, and numbers as a teacher reads them.

Everything a rule compares is a `Fraction` of the cell's decimal text: 0.2 typed in a cell is exactly 1/5,
never the binary number next to it. Source: spec §4.1, §4.2.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

# Bounded, so that no cell text can make a number of a million digits.
_DECIMAL = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})\Z")
_RATIO = re.compile(r"(\d{1,9})\s*/\s*([1-9]\d{0,8})\Z")
_BEYOND = 10**40  # as many digits as a text may have; squares of such numbers still fit a float


def clean_text(value: object) -> str:
    """The text of a cell: full-width forms folded (NFKC), outer blanks gone; None gives ''."""
    return "" if value is None else unicodedata.normalize("NFKC", str(value)).strip()


def exact(value: object) -> Fraction | None:
    """The exact number that a cell's decimal text says; None where it says none.

    Floats are taken by their shortest decimal text, as a spreadsheet shows them; beyond ±10⁴⁰ nothing is a
    number. Source: spec §4.2.

    >>> exact(0.2), exact("８５.5"), exact("缺考")
    (Fraction(1, 5), Fraction(171, 2), None)
    """
    if isinstance(value, (bool, date, datetime)) or value is None:
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if isinstance(value, (int, float, Decimal, Fraction)):
        if not -_BEYOND < value < _BEYOND:  # NaN is not between either
            return None
        return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    text = clean_text(value)
    return Fraction(text) if _DECIMAL.match(text) else None


def exact_share(value: object) -> Fraction | None:
    """A share from 0.2, 「20%」 or 「1/5」, exactly; None where the cell says none.

    >>> exact_share("20%"), exact_share("1/5"), exact_share(0.07)
    (Fraction(1, 5), Fraction(1, 5), Fraction(7, 100))
    """
    if isinstance(value, str):
        text = clean_text(value)
        if text.endswith("%"):
            number = exact(text[:-1].strip())
            return None if number is None else number / 100
        if ratio := _RATIO.match(text):
            return Fraction(int(ratio[1]), int(ratio[2]))
    return exact(value)


def plain(value: Fraction | float, digits: int = 2) -> str:
    """The number with at most `digits` decimals and no trailing zeros, rounded half up in size.

    >>> plain(Fraction(174, 10)), plain(61.0), plain(Fraction(-1, 3))
    ('17.4', '61', '-0.33')
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    number = Fraction(value) if not isinstance(value, float) else Fraction(repr(value))
    scale = 10**digits
    units = math.floor(abs(number) * scale + Fraction(1, 2))
    whole, rest = divmod(units, scale)
    decimals = f"{rest:0{digits}d}".rstrip("0") if digits else ""
    sign = "-" if number < 0 and units else ""
    return f"{sign}{whole}" + (f".{decimals}" if decimals else "")


def percent(value: Fraction | float, digits: int = 1) -> str:
    """The share as 「40%」, at most `digits` decimals.

    >>> percent(Fraction(2, 5)), percent(Fraction(1, 3))
    ('40%', '33.3%')
    """
    hundred = Fraction(value) if not isinstance(value, float) else Fraction(repr(value))
    return plain(hundred * 100, digits) + "%"
