"""What a workbook says about itself, held against what its rows say: stale or edited figures, a touched list. Pure.

Source: spec §6, §4.4 (frozen list).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from xlbangfu import schema
from xlbangfu.issues import Issue, reminder
from xlbangfu.office.parts import Parts
from xlbangfu.programme.freezing import still_pending
from xlbangfu.programme.numbers import percent, plain
from xlbangfu.schema import CONVERSION_STATS, Kind
from xlbangfu.table import Row

# What is compared, the most telling first; the cell of the first that differs is named.
_COMPARED = (
    "rate", "base", "converted", "not_converted", "absent", "transferred", "added", "target", "met", "expected", "luck",
)  # fmt: skip
_ROUNDING = 1e-6  # a cell keeps 15 digits, a hand-typed figure fewer


def compare_stats(parts: Parts, recomputed: Sequence[Row]) -> list[Issue]:
    """A 提醒 for every row of 转化统计 that differs from its recomputation with the workbook's own norms."""
    now = {(r["subject"], r["phase"]): r for r in recomputed}
    issues = []
    for row in parts.rows(CONVERSION_STATS):
        key = (row.get("subject"), row.get("phase"))
        right = now.get(key)
        if right is None:
            issues.append(_unknown_row(parts, row))
        elif (code := next((c for c in _COMPARED if not _alike(row.get(c), right.get(c))), None)) is not None:
            issues.append(_stale(parts, row, right, code))
    return issues


def _alike(stored: Any, right: Any) -> bool:
    if isinstance(stored, (int, float, Fraction)) and isinstance(right, (int, float, Fraction)):
        return math.isclose(float(stored), float(right), abs_tol=_ROUNDING)
    return (stored or None) == (right or None) if not isinstance(stored, Fraction) else stored == right


def _shown(code: str, value: Any) -> str:
    if value is None:
        return "空白"
    if CONVERSION_STATS.column(code).kind is Kind.SHARE:
        return percent(value)
    return value if isinstance(value, str) else plain(Fraction(value))


def _stale(parts: Parts, row: Row, right: Row, code: str) -> Issue:
    label = CONVERSION_STATS.column(code).label
    message = (
        f"{row['subject']}{row['phase']}的{label}是 {_shown(code, row.get(code))}，"
        f"按工作簿里现有的数据应为 {_shown(code, right.get(code))}；汇总用重算的数"
    )
    mend = "请在班级工作簿里再点一次“计算转化率”。"
    return parts.locate(reminder(CONVERSION_STATS.label, "merge.stale_stats", message, mend, row=row.at, column=label))


def _unknown_row(parts: Parts, row: Row) -> Issue:
    message = f"{row.get('subject') or '（无学科）'}{row.get('phase') or ''}这一行没有对应的名单，没有采用"
    mend = "请在班级工作簿里再点一次“计算转化率”。"
    return parts.locate(reminder(CONVERSION_STATS.label, "merge.stale_stats", message, mend, row=row.at, column="学科"))


def check_list(parts: Parts, followed: int) -> list[Issue]:
    """A 提醒 where figures rest on a list of `followed` rows that is not frozen, or not decided yet."""
    if parts.frozen is not None:
        return []
    label = schema.CASELOAD.label
    issues = []
    if followed:
        message = "名单还没有冻结，转化率按现在已确认的行计算"
        issues.append(reminder(label, "merge.not_frozen", message, "请在班级工作簿里点“冻结名单”。"))
    if waiting := still_pending(parts.rows(schema.CASELOAD)):
        message = f"还有 {len(waiting)} 行待定，没有计入"
        issues.append(
            reminder(label, "merge.pending", message, "请教师确认后再合并一次。", row=waiting[0].at, column="确认")
        )
    return [parts.locate(i) for i in issues]
