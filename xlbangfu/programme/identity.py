"""Who a row is about: by 学号, else by a name that is unique in 名册; never a guess.

Source: spec §3 (either may be typed), §3.1 (identity).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xlbangfu.issues import Issue, error
from xlbangfu.programme.letters import solid_text
from xlbangfu.schema import PAIRS, PEER, ROSTER, Sheet
from xlbangfu.table import Row

# What keyboards, systems and copied texts put between the parts of a name; 。 is what a Chinese keyboard gives for a dot.
_DOTS = re.compile("[.·•・‧∙⋅․‥…。˙\u0387\u1427\u16eb\u25aa\u25cf\u2981\u2e31\u2e33\u318d\ua78f\uff0e\uff61\uff65]+")
_CAPITALS = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}


def name_key(name: object) -> str:
    """A name for matching: NFKC, no blanks, all middle dots alike, a = A. Shown names stay as written.

    Signs behind a name (「测试甲*」, 「测试甲(转)」) are kept: whether it is that pupil is for people to say. Rare
    characters stay apart, also those of a private area that no other program knows.

    >>> name_key("测 试 • 艾山") == name_key("测试·艾山"), name_key("测试甲*") == name_key("测试甲")
    (True, False)
    """
    dotted = _DOTS.sub("·", "" if name is None else str(name))
    return _DOTS.sub("·", solid_text(dotted)).translate(_CAPITALS)


@dataclass
class Directory:
    """Who is in the class: names by 学号, and 学号 by name (several for namesakes)."""

    names: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, pupils: Iterable[Mapping[str, str]]) -> Directory:
        """From rows with pupil_id and name."""
        found = cls()
        for row in pupils:
            found.add(row["pupil_id"], row.get("name") or "")
        return found

    def add(self, pupil_id: str, name: str) -> None:
        """Take one pupil in; the first of a 学号 counts."""
        if pupil_id not in self.names:
            self.names[pupil_id] = name
            if name:
                self.by_name.setdefault(name_key(name), []).append(pupil_id)


@dataclass(frozen=True)
class Match:
    """pupil_id where the pair names one pupil; else why not."""

    pupil_id: str | None = None
    rule: str = ""
    message: str = ""
    mend: str = ""


def match(directory: Directory, pupil_id: str | None, name: str | None) -> Match:
    """The pupil that 学号 and 姓名 name together; either may be blank, but not both."""
    if pupil_id:
        if pupil_id not in directory.names:
            return Match(None, "identity.unknown", f"名册里没有学号 {pupil_id}", "请核对学号，或先把学生加进名册。")
        known = directory.names[pupil_id]
        if name and known and name_key(name) != name_key(known):
            return Match(
                None,
                "identity.contradiction",
                f"学号 {pupil_id} 与姓名“{name}”对不上（名册里是“{known}”）",
                "请改正学号或姓名，只留一个也可以。",
            )
        return Match(pupil_id)
    if not name:
        return Match(None, "identity.missing", "这一行没有学号，也没有姓名", "请填学号或姓名。")
    found = directory.by_name.get(name_key(name), [])
    if len(found) == 1:
        return Match(found[0])
    if found:
        return Match(None, "identity.ambiguous", f"名册里有 {len(found)} 个“{name}”", "请填学号。")
    return Match(None, "identity.unknown", f"名册里没有“{name}”", "请核对姓名，或先把学生加进名册。")


def resolve_roster(rows: Iterable[Row]) -> tuple[list[Row], Directory, list[Issue]]:
    """Rows of 名册 that count, the directory they make, and the problems."""
    kept: list[Row] = []
    directory = Directory()
    issues: list[Issue] = []
    for row in rows:
        pupil_id = row.get("pupil_id")
        if not pupil_id:
            message = f"“{row.get('name') or '（无姓名）'}”没有学号，这一行没有计入"
            issues.append(_at(ROSTER, "identity.missing", message, "请填学号。", row.at))
        elif pupil_id in directory.names:
            message = f"学号 {pupil_id} 出现了两次，后一行没有计入"
            issues.append(_at(ROSTER, "identity.duplicate", message, "请改正学号或删去一行。", row.at))
        else:
            directory.add(pupil_id, row.get("name") or "")
            kept.append(row)
    return kept, directory, issues


def _at(sheet: Sheet, rule: str, message: str, mend: str, row: int | None, column: str = "学号") -> Issue:
    return error(sheet.label, rule, message, mend, row=row, column=column)


def resolve(sheet: Sheet, rows: Iterable[Row], directory: Directory) -> tuple[list[Row], list[Issue]]:
    """Rows that name one pupil, both cells filled; the others become problems and are not counted.

    Tables without 学号 pass through. Rows of one key after the first are problems too.
    """
    if sheet is PAIRS:
        return _unique(sheet, *_resolve_pairs(rows, directory))
    if sheet is ROSTER or not (sheet.has("pupil_id") and sheet.has("name")):
        return _unique(sheet, list(rows), []) if sheet.key and sheet is not ROSTER else (list(rows), [])
    kept: list[Row] = []
    issues: list[Issue] = []
    for row in rows:
        found = match(directory, row.get("pupil_id"), row.get("name"))
        if found.pupil_id is None:
            issues.append(_at(sheet, found.rule, found.message + "，这一行没有计入", found.mend, row.at))
            continue
        kept.append(
            _with_ids(
                sheet,
                row.changed(pupil_id=found.pupil_id, name=row.get("name") or directory.names[found.pupil_id]),
            )
        )
    return _unique(sheet, kept, issues)


def _with_ids(sheet: Sheet, row: Row) -> Row:
    if sheet.has("plan_id") and not row.get("plan_id") and row.get("subject"):
        row = row.changed(plan_id=f"{row['pupil_id']}-{row['subject']}")
    return row


def pair_id(tutee_id: str, subject: str, form: str | None, tutor_id: str | None) -> str:
    """结对号: 学号-学科-小帮手学号, 师生: 学号-学科-师; other forms without a tutor's 学号 carry the form."""
    if tutor_id:
        return f"{tutee_id}-{subject}-{tutor_id}"
    return f"{tutee_id}-{subject}-{'师' if form in (None, '', '师生') else form}"


def _resolve_pairs(rows: Iterable[Row], directory: Directory) -> tuple[list[Row], list[Issue]]:
    kept: list[Row] = []
    issues: list[Issue] = []
    for row in rows:
        tutee = match(directory, row.get("tutee_id"), row.get("tutee"))
        if tutee.pupil_id is None:
            text = tutee.message + "，这一行没有计入"
            issues.append(_at(PAIRS, tutee.rule, text, tutee.mend, row.at, "帮扶对象学号"))
            continue
        row = row.changed(tutee_id=tutee.pupil_id, tutee=row.get("tutee") or directory.names[tutee.pupil_id])
        if (row.get("form") or PEER) == PEER:
            tutor = match(directory, row.get("tutor_id"), row.get("tutor"))
            if tutor.pupil_id is None:
                text = tutor.message + "，这一行没有计入"
                issues.append(_at(PAIRS, tutor.rule, text, tutor.mend, row.at, "小帮手学号"))
                continue
            row = row.changed(tutor_id=tutor.pupil_id, tutor=row.get("tutor") or directory.names[tutor.pupil_id])
        if not row.get("pair_id") and row.get("subject"):
            row = row.changed(pair_id=pair_id(row["tutee_id"], row["subject"], row.get("form"), row.get("tutor_id")))
        kept.append(row)
    return kept, issues


def _unique(sheet: Sheet, rows: list[Row], issues: list[Issue]) -> tuple[list[Row], list[Issue]]:
    if not sheet.key:
        return rows, issues
    seen: set[tuple[object, ...]] = set()
    kept: list[Row] = []
    for row in rows:
        key = tuple(row.get(k) for k in sheet.key)
        if key in seen and all(key):
            labels = "、".join(sheet.column(k).label for k in sheet.key)
            shown = " ".join(str(k) for k in key)
            message = f"{labels}与前面一行相同（{shown}），这一行没有计入"
            issues.append(
                _at(
                    sheet,
                    "identity.duplicate",
                    message,
                    "请删去或改正其中一行。",
                    row.at,
                    sheet.column(sheet.key[0]).label,
                )
            )
            continue
        seen.add(key)
        kept.append(row)
    return kept, issues
