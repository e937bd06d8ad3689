"""Freezing the list: who is in the base, for good.

The list is the rows of 转化 other than 新增; 冻结校验 in 设置 says what it was. Source: spec §4.4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xlbangfu import schema
from xlbangfu.issues import Issue, error
from xlbangfu.table import Row

Key = tuple[str, str]  # 学号, 学科


def list_hash(keys: Iterable[Key]) -> str:
    """SHA-256 over the sorted 「学号|学科」 lines, as hex."""
    lines = sorted(f"{pupil}|{subject}" for pupil, subject in keys)
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def freeze_check(day: date, keys: Sequence[Key]) -> str:
    """The text of 设置.冻结校验: date;count;hash."""
    return f"{day.isoformat()};{len(keys)};{list_hash(keys)}"


def key_of(row: Mapping[str, Any]) -> Key:
    """学号 and 学科 of a row."""
    return row.get("pupil_id") or "", row.get("subject") or ""


def is_added(row: Mapping[str, Any]) -> bool:
    """True for a row of 转化 that came after the freezing."""
    return schema.ADDED in (row.get("midterm_state"), row.get("final_state"))


def freezable(row: Mapping[str, Any]) -> bool:
    """Confirmed and still qualifying: what a freezing takes. 关注 rows are taken too, but never counted."""
    return row.get("confirmed") == schema.YES and row.get("standing") != schema.NO_LONGER and all(key_of(row))


def still_pending(caseload: Iterable[Row]) -> list[Row]:
    """Rows that the teacher has not decided yet."""
    return [
        r
        for r in caseload
        if r.get("pupil_id") and r.get("confirmed") in (None, schema.PENDING) and r.get("standing") != schema.NO_LONGER
    ]


@dataclass(frozen=True)
class FrozenList:
    """The rows counted from now on: (学号, 学科) → 类型 when frozen, and → 参照 as 学困生 keeps it.

    issues: what was changed by hand.
    """

    types: Mapping[Key, str]
    references: Mapping[Key, str] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()


def _from_conversions(conversions: Iterable[Row]) -> dict[Key, str]:
    return {
        key_of(r): r.get("case_type") or schema.STRUGGLING for r in conversions if not is_added(r) and all(key_of(r))
    }


def read_frozen_list(check: str | None, caseload: Sequence[Row], conversions: Sequence[Row]) -> FrozenList | None:
    """The frozen list, or None while nothing is frozen.

    caseload, conversions: the rows as they stand, also those whose pupil 名册 no longer has: taking a pupil off
    the roster must not take the pupil out of the base.
    A row missing or changed in 学困生 still counts and is an error; where 转化 itself was changed, the rows that
    学困生 keeps as frozen stand in for it if they agree with 冻结校验; a 冻结校验 that was cleared while 冻结日期
    stands does not undo the freezing. Source: spec §4.4.
    """
    types = _from_conversions(conversions)
    kept = {key_of(r): r.get("case_type") or schema.STRUGGLING for r in caseload if r.get("frozen_on")}
    if not check and not kept.keys() & types.keys():
        return None
    issues: list[Issue] = []
    wanted = (check or "").rpartition(";")[2]
    if list_hash(types) != wanted:
        both = {**kept, **types}
        agreeing = next((c for c in (kept, both) if list_hash(c) == wanted), None)
        issues.append(_list_changed(restored=agreeing is not None) if check else _check_cleared())
        types = agreeing if agreeing is not None else both
    issues += _compare(types, caseload)
    references = {key_of(r): r["reference"] for r in caseload if r.get("reference")}
    return FrozenList(types, references, tuple(issues))


def _list_changed(*, restored: bool) -> Issue:
    message = "名单与冻结时不一致" + ("，已按冻结时的名单计算" if restored else "")
    mend = "冻结后的行请不要删除或改动；请从备份恢复，或与教务处联系。"
    return error(schema.CONVERSIONS.label, "freeze.changed", message, mend)


def _check_cleared() -> Issue:
    message = "“冻结校验”是空的，但“学困生”里有冻结日期，仍按冻结的名单计算"
    mend = "请从备份恢复“冻结校验”；如果名单还没有冻结过，请清空“学困生”里的“冻结日期”。"
    return error(schema.SETTINGS.label, "freeze.cleared", message, mend)


def _compare(types: Mapping[Key, str], caseload: Sequence[Row]) -> list[Issue]:
    present = {key_of(r): r for r in caseload}
    issues = []
    for pupil, subject in sorted(types):
        row = present.get((pupil, subject))
        if row is None:
            message, at = f"冻结名单里的 {pupil} {subject} 已不在“学困生”表，仍计入基数", None
        elif what := _changed(row, types[pupil, subject]):
            message, at = f"{pupil} {subject} 冻结后{what}，仍按冻结时的名单计算", row.at
        else:
            continue
        issues.append(
            error(schema.CASELOAD.label, "freeze.missing", message, "请恢复这一行；名单冻结后不能移出。", row=at)
        )
    return issues


def _changed(row: Row, case_type: str) -> str:
    """What a person changed in a frozen row of 学困生, "" for nothing: 类型 only where it decides on the base."""
    if not row.get("frozen_on"):
        return "冻结日期被清除"
    if row.get("confirmed") != schema.YES:
        return f"“确认”改成了“{row.get('confirmed') or '空白'}”"
    if (row.get("case_type") == schema.WATCH) is not (case_type == schema.WATCH):
        return f"“类型”由“{case_type}”改成了“{row.get('case_type') or '空白'}”"
    return ""


def freeze(caseload: Sequence[Row], today: date) -> tuple[list[Row], list[Row], str]:
    """Put the date on the rows that are frozen: (caseload after, rows for 转化, 冻结校验).

    Source: spec §4.4.
    """
    taken = [r for r in caseload if freezable(r)]
    keys = {key_of(r) for r in taken}
    after = [r.changed(frozen_on=today) if key_of(r) in keys else r for r in caseload]
    listed = [
        Row(
            {
                "pupil_id": r["pupil_id"],
                "name": r.get("name"),
                "subject": r["subject"],
                "case_type": r.get("case_type") or schema.STRUGGLING,
                "baseline": r.get("baseline"),
                "baseline_z": r.get("z"),
            }
        )
        for r in taken
    ]
    return after, listed, freeze_check(today, sorted(keys))
