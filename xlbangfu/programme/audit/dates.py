"""The dates that a teacher's sentence names, however they are written. Pure. Source: spec §3 (佐证), §5.

A bare 10.12 is a date unless what stands around it says that it is a mark, a count, a class or a lesson:
teachers write 「10.12 家长会」 as well as 「均分提高 9.5 分」 and 「3.2 班」 (spec §3.1).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

Named = tuple[int | None, int, int]  # year where one is written, month, day

_FORMS = re.compile(
    r"(?<!\d)(?:"
    r"(?P<y1>\d{4})\s*[-./年]\s*(?P<m1>\d{1,2})\s*[-./月]\s*(?P<d1>\d{1,2})"  # 2026-10-12, 2026年10月12日
    r"|(?P<y2>20\d\d)(?P<m2>0[1-9]|1[0-2])(?P<d2>[0-3]\d)"  # 20261012
    r"|(?<!\d[-./])(?P<y3>\d\d)"
    r"(?:(?P<s3>[-./])(?P<m3>\d{1,2})(?P=s3)|年(?P<m4>\d{1,2})月)(?P<d3>\d{1,2})(?(s3)(?!(?P=s3)\d))"  # 26.10.12
    r"|(?P<m5>\d{1,2})\s*月\s*(?P<d5>\d{1,2})(?P<told>\s*[日号])?"  # 10月12日
    r"|(?<!\d\d[-./])(?<!\d:)(?P<m6>\d{1,2})(?P<s6>[-./])(?P<d6>\d{1,2})(?!(?P=s6)\d)"  # 10.12; no blanks: 「1. 2 人」
    r")(?!\d)"
)
_COUNTED = re.compile(  # what makes the number before it no day; 「10.12 班会」「10.12 分组讨论」「1.1 元旦」 are days
    r"\s*\)?\s*(?:[人位次岁天倍页遍份%‰°]|小时|课时|分(?![组层享析类批工])|名(?!师)|节(?![日假])|班(?![会级队主干委])"
    r"|课(?![后外堂间上前题程文本])|年级(?![会组大])|年(?!级)|个(?![别人体案性])|元(?!旦)|点(?![评名])|题(?!目)"
    r"|月(?![考底末初])|周(?![一二三四五六日天末测会记])|单元(?![测考检])|组(?![织建长员内会])|级(?!部))"
    r"|[A-Za-z]|[.:]\d"
)
_NO_DAY_AFTER = (*"第约共得达分高低升降+¥$", "超过", "至少", "上午", "中午", "下午", "晚上", "早上")

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0}
_NUMERAL = f"[{''.join(_DIGITS)}十]"
_CHINESE = re.compile(rf"(?<!{_NUMERAL}){_NUMERAL}{{1,4}}(?=\s*[年月日号])")


def dates_in(text: str) -> list[Named]:
    """The days that a text names, in its order: 2026-10-12, 2026年10月12日, 10月12日, 10.12, 十月十二日, 20261012.

    Impossible days (2月30日) and months without a day are left out; so are marks, counts and times.

    >>> dates_in("2026年9月8日班会；10.12 家长会，3.2 班到 12/18 人")
    [(2026, 9, 8), (None, 10, 12)]
    """
    folded = _CHINESE.sub(_in_digits, unicodedata.normalize("NFKC", text))
    found = []
    for match in _FORMS.finditer(folded):
        year, month, day = _numbers(match)
        if match["told"] is None and year is None and _is_no_day(folded, match):
            continue
        try:
            date(year or 2000, month, day)
        except ValueError:
            continue
        found.append((year, month, day))
    return found


def _in_digits(match: re.Match[str]) -> str:
    """十二 → 12, 二〇二六 → 2026; what is no number stays."""
    tens, ten, ones = match[0].partition("十")
    if not ten:
        return "".join(str(_DIGITS[c]) for c in match[0])
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return match[0]
    return str(_DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0))


def _numbers(match: re.Match[str]) -> Named:
    year = match["y1"] or match["y2"] or (match["y3"] and f"20{match['y3']}")
    month = next(filter(None, map(match.group, ("m1", "m2", "m3", "m4", "m5", "m6"))))
    day = next(filter(None, map(match.group, ("d1", "d2", "d3", "d5", "d6"))))
    return int(year) if year else None, int(month), int(day)


def _is_no_day(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()].rstrip(" :"), text[match.end() :]
    if match["s6"] == "/" and after.lstrip().startswith("的"):  # 1/2 的学生
        return True
    return before.endswith((*_NO_DAY_AFTER, "第(")) or _COUNTED.match(after) is not None
