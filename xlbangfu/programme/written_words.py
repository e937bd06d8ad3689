"""Turns of phrase that the written summaries share. Source: spec §3, §4.4."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from xlbangfu.programme.numbers import percent, plain

_MARKS = re.compile("[：:，,。；;]")
_LEAST_CHANCE = Fraction(1, 2000)  # what would be rounded to 0%


def open_point(sentence: str) -> str:
    """What the teacher has to fill in, in brackets that catch the eye."""
    return f"【{sentence}】"


def on_day(day: date) -> str:
    """「2026年9月12日」."""
    return f"{day.year}年{day.month}月{day.day}日"


def tally(values: Iterable[Any], unit: str, order: Sequence[str] = ()) -> str:
    """「一对一 12 次、小组 8 次」: the most frequent first, ties in the order given; blanks left out.

    >>> tally(["小组", "一对一", "一对一", None], "次")
    '一对一 2 次、小组 1 次'
    """
    counted = Counter(v for v in values if v)
    place = {word: i for i, word in enumerate(order)}
    ranked = sorted(counted, key=lambda v: (-counted[v], place.get(v, len(place)), v))
    return "、".join(f"{v} {counted[v]} {unit}" for v in ranked)


def span(values: Sequence[Fraction | float | int], unit: str) -> str:
    """「3 至 7 次」, or 「3 次」 where all are alike. At least one value.

    >>> span([3, 7], "次"), span([2], "次")
    ('3 至 7 次', '2 次')
    """
    low, high = plain(Fraction(min(values)), 1), plain(Fraction(max(values)), 1)
    return f"{low} {unit}" if low == high else f"{low} 至 {high} {unit}"


def frequency(per_week: Fraction) -> str:
    """频次 in words.

    >>> frequency(Fraction(2)), frequency(Fraction(1, 4)), frequency(Fraction(3, 4))
    ('每周 2 次', '4 周 1 次', '每周 0.75 次')
    """
    if 0 < per_week < 1 and (1 / per_week).denominator == 1:
        return f"{1 / per_week} 周 1 次"
    return f"每周 {plain(per_week)} 次"


def people(names: Sequence[str], most: int) -> str:
    """「2 人：示例甲、测试乙」; more than `most` are named by the first three and their number.

    >>> people(["示例甲", "测试乙"], 3), people(["示例甲", "测试乙", "样本丙", "样例丁"], 3)
    ('2 人：示例甲、测试乙', '4 人：示例甲、测试乙、样本丙等')
    """
    shown = names if len(names) <= most else names[:3]
    return f"{len(names)} 人：{'、'.join(shown)}{'等' if len(shown) < len(names) else ''}"


def chance(share: Any) -> str:
    """A probability as a percentage; one that is not nought is not called so.

    >>> chance(0.31), chance(0.0), chance(0.0001)
    ('31%', '0%', '不到 0.1%')
    """
    return "不到 0.1%" if 0 < share < _LEAST_CHANCE else percent(share)


def short_measure(row: Mapping[str, Any]) -> str:
    """What a 措施 is called: its words up to the first mark.

    >>> short_measure({"measure": "分层作业：量少、先易后难，当天订正"})
    '分层作业'
    """
    text = str(row.get("measure") or row.get("measure_id") or "未写明的措施")
    return next((part for part in _MARKS.split(text) if part.strip()), text).strip()


def signed_points(share: Any) -> str:
    """A difference of shares.

    >>> signed_points(Fraction(1, 200)), signed_points(-0.034)
    ('+0.5 个百分点', '−3.4 个百分点')
    """
    text = signed(plain(Fraction(share) * 100, 1))
    return f"{'' if text.startswith('−') or text == '0' else '+'}{text} 个百分点"


def signed(number: str) -> str:
    """The number with a real minus sign, which no line ends behind."""
    return number.replace("-", "−")


def rate_words(stat: Mapping[str, Any]) -> str:
    """The rate of a row of 转化统计, never bare: 「4/10（40%），基数 10 人，95% 区间 16.8% 至 68.7%」.

    The row has a base. Source: spec §4.4.
    """
    base, converted = stat["base"], stat.get("converted") or 0
    words = f"{converted}/{base}（{percent(Fraction(converted, base))}），基数 {base} 人"
    if stat.get("low") is None or stat.get("high") is None:
        return f"{words}，区间未计算"
    return f"{words}，95% 区间 {percent(stat['low'])} 至 {percent(stat['high'])}"
