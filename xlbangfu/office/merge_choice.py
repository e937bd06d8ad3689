"""Which class workbooks count, and where a pupil counts who stands in two classes. Pure.

Source: spec §6 (the same class twice, another term, the same pupil in two classes).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from xlbangfu import schema
from xlbangfu.issues import Issue, error, reminder
from xlbangfu.office.merge_order import natural_key, squeezed
from xlbangfu.office.parts import Parts
from xlbangfu.programme.classroom import is_active
from xlbangfu.programme.identity import name_key

ClassKey = tuple[str, str, str]  # 年级, 班级, 学期, blanks and full-width forms apart
Seat = tuple[str, str]  # file, 学号: one row of 名册
MERGED = "已合并"


@dataclass
class Choice:
    """What a folder comes down to.

    term: the one that is merged, "" if none. adopted: workbooks that count, in school order. results: file →
    「已合并」 or why it does not count. issues: everything a person should know about it.
    """

    term: str = ""
    adopted: list[Parts] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def class_key(parts: Parts) -> ClassKey:
    """年级, 班级 and 学期 as they are compared."""
    return tuple(squeezed(parts.settings.get(c)) for c in ("grade", "class_name", "term"))  # type: ignore[return-value]


def class_label(parts: Parts) -> str:
    """「三年级2班」, as it is written in 设置."""
    return f"{parts.settings.get('grade') or ''}{parts.settings.get('class_name') or ''}"


def school_order(parts: Parts) -> tuple[object, ...]:
    """Sorts workbooks by 年级, then 班级."""
    grade, name, _ = class_key(parts)
    return natural_key(grade), natural_key(name), parts.file


def choose(read: Iterable[Parts], term: str | None = None) -> Choice:
    """The workbooks that are merged: one per class, all of one term. term: 学期 asked for, None = most frequent.

    Source: spec §6.
    """
    choice = Choice()
    by_class: dict[ClassKey, list[Parts]] = {}
    for parts in sorted(read, key=lambda p: p.file):
        if blank := _blank_settings(parts):
            choice.results[parts.file] = f"未采用：“设置”没有填{blank}"
            told = error(
                schema.SETTINGS.label,
                "merge.class",
                f"“设置”没有填{blank}，这个工作簿没有合并",
                f"请填写{blank}后再合并一次。",
            )
            choice.issues.append(replace(told, file=parts.file))
        else:
            by_class.setdefault(class_key(parts), []).append(parts)
    single = [_latest(same, choice) for same in by_class.values()]
    choice.term = squeezed(term) if term else _most_frequent(class_key(p)[2] for p in single)
    for parts in sorted(single, key=school_order):
        if class_key(parts)[2] == choice.term:
            choice.results[parts.file] = MERGED
            choice.adopted.append(parts)
        else:
            _other_term(parts, choice)
    return choice


def _blank_settings(parts: Parts) -> str:
    key = class_key(parts)
    return "、".join(f"“{label}”" for label, value in zip(("年级", "班级", "学期"), key, strict=True) if not value)


def _latest(same: Sequence[Parts], choice: Choice) -> Parts:
    """Of several workbooks of one class the one with the later last 日志 time; on a tie the path that sorts last."""
    winner = max(same, key=lambda p: (p.last_log or datetime.min, p.file))
    for parts in same:
        if parts is not winner:
            why = "日志更晚" if parts.last_log != winner.last_log else "日志时间相同，路径排在后面"
            choice.results[parts.file] = f"未采用：同一个班级另有“{winner.file}”（{why}）"
            message = f"{class_label(parts)}有两个工作簿，采用了“{winner.file}”，本文件没有计入"
            told = reminder(
                schema.SETTINGS.label, "merge.class_twice", message, "请核对哪一个是最新的，把另一个移出文件夹。"
            )
            choice.issues.append(replace(told, file=parts.file))
    return winner


def _most_frequent(terms: Iterable[str]) -> str:
    counted = Counter(terms)
    return max(counted, key=lambda t: (counted[t], t), default="")


def _other_term(parts: Parts, choice: Choice) -> None:
    own = parts.settings.get("term")
    choice.results[parts.file] = f"未采用：学期是 {own}"
    message = f"{class_label(parts)}的学期是 {own}，本次合并的是 {choice.term}，本文件没有计入"
    told = reminder(schema.SETTINGS.label, "merge.term", message, "学期填错了请改正；要合并那个学期请用 --term 指明。")
    choice.issues.append(replace(told, file=parts.file))


# ---- the same pupil in two classes ----------------------------------------------------------------------


@dataclass(frozen=True)
class Seats:
    """Rows of 名册 that do not count in their class. elsewhere: seat → where the pupil is counted, "" = nowhere."""

    elsewhere: Mapping[Seat, str]
    issues: tuple[Issue, ...] = ()

    def counts(self, file: str, pupil_id: str) -> bool:
        """True unless the pupil is counted in another class, or in none."""
        return (file, pupil_id) not in self.elsewhere


def find_double_seats(adopted: Sequence[Parts]) -> Seats:
    """Pupils 在读 in two classes: counted where 状态日期 is later, else in neither.

    A blank date is earlier than any (there from the start); equal dates, blanks among them, decide nothing. One 学号 under two different names is two pupils, never one. Source: spec §6.
    """
    holders: dict[str, list[tuple[Parts, int]]] = {}
    for parts in adopted:
        for i, row in enumerate(parts.rows(schema.ROSTER)):
            if is_active(row):
                holders.setdefault(row["pupil_id"], []).append((parts, i))
    elsewhere: dict[Seat, str] = {}
    issues: list[Issue] = []
    strangers: Counter[tuple[str, str]] = Counter()
    for pupil_id in sorted(p for p, held in holders.items() if len(held) > 1):
        for same in _one_person_each(holders[pupil_id], strangers):
            if len(same) > 1:
                _settle(pupil_id, same, elsewhere, issues)
    by_file = {p.file: p for p in adopted}
    for (one, other), n in sorted(strangers.items()):
        issues.append(_strangers(by_file[one], by_file[other], n))
    return Seats(elsewhere, tuple(issues))


def _one_person_each(
    held: Sequence[tuple[Parts, int]], strangers: Counter[tuple[str, str]]
) -> list[list[tuple[Parts, int]]]:
    """Rows with one 学号 by name; a row without a name goes with the first."""
    people: dict[str, list[tuple[Parts, int]]] = {}
    for parts, i in held:
        name = name_key(parts.rows(schema.ROSTER)[i].get("name"))
        people.setdefault(name or next(iter(people), ""), []).append((parts, i))
    if "" in people and len(people) > 1:
        nameless = people.pop("")
        next(iter(people.values())).extend(nameless)
    groups = list(people.values())
    for group in groups[1:]:
        strangers[groups[0][0][0].file, group[0][0].file] += 1
    return groups


def _settle(pupil_id: str, same: Sequence[tuple[Parts, int]], elsewhere: dict[Seat, str], issues: list[Issue]) -> None:
    rows = [(parts, parts.rows(schema.ROSTER)[i]) for parts, i in same]
    dates = [row.get("status_date") for _, row in rows]
    latest = max((d for d in dates if d is not None), default=None)
    winner = rows[dates.index(latest)][0] if latest is not None and dates.count(latest) == 1 else None
    classes = "、".join(class_label(p) for p, _ in rows)
    for parts, row in rows:
        if parts is winner:
            continue
        elsewhere[parts.file, pupil_id] = class_label(winner) if winner is not None else ""
        name = row.get("name") or pupil_id
        if winner is not None:
            message = f"{name}（{pupil_id}）同时在{classes}在读，按状态日期计入{class_label(winner)}，本班不计"
            told = reminder(schema.ROSTER.label, "merge.pupil_twice", message, _MOVE_OUT, row=row.at, column="状态")
        else:
            message = f"{name}（{pupil_id}）同时在{classes}在读，状态日期分不出先后，两边都没有计入"
            told = error(schema.ROSTER.label, "merge.pupil_twice", message, _MOVE_OUT, row=row.at, column="状态")
        issues.append(parts.locate(told))


_MOVE_OUT = "请在原来的班把状态改为“转出”并填状态日期，再合并一次。"


def _strangers(one: Parts, other: Parts, n: int) -> Issue:
    message = f"与{class_label(one)}有 {n} 个学号相同而姓名不同，已按不同的学生计"
    told = reminder(schema.ROSTER.label, "merge.same_id", message, "请核对学号；学号最好全校不重复。")
    return other.locate(told)
