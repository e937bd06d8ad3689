"""An invented class that keeps every clause of any 制度, to be changed and held against the audit.

Ten pupils, three of them on the list in four rows; a term from September to January that is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from builders import BASELINE_DAY, FINAL_DAY, SETTINGS, case_row, classroom, policy, pupil_ids
from xlbangfu import schema
from xlbangfu.programme.audit import Evidence
from xlbangfu.programme.classroom import is_active
from xlbangfu.programme.conversion import convert
from xlbangfu.programme.freezing import FrozenList
from xlbangfu.programme.rules import Policy
from xlbangfu.schema import Sheet
from xlbangfu.table import Row

AFTER_TERM, EARLY = date(2027, 1, 21), date(2026, 9, 10)
MONTHS = (date(2026, 9, 15), date(2026, 10, 15), date(2026, 11, 15), date(2026, 12, 15), date(2027, 1, 15))
EVERYBODY = pupil_ids(10)
FIRST, SECOND, THIRD = EVERYBODY[:3]
LISTED = ((FIRST, "语文"), (FIRST, "数学"), (SECOND, "语文"), (THIRD, "数学"))
HIGH = 99


def baseline() -> dict[str, dict[str, int]]:
    """入学: the two pupils on the list of a subject have its two lowest marks."""
    found = {s: {p: 70 + 2 * i for i, p in enumerate(EVERYBODY)} for s in ("语文", "数学")}
    for i, (pupil, subject) in enumerate(LISTED):
        found[subject][pupil] = 50 + i
    return found


def _after() -> dict[str, dict[str, int]]:
    marks = baseline()
    for pupil, subject in LISTED:
        marks[subject][pupil] = HIGH
    return marks


@dataclass
class World:
    """One class in its sheets; change it, then ask for `evidence()`."""

    names: dict[str, str] = field(default_factory=lambda: {p: f"测试{p[-3:]}" for p in EVERYBODY})
    today: date = AFTER_TERM
    settings: dict[str, Any] = field(default_factory=dict)
    teaching: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"subject": "语文", "teacher": "测试教师甲"},
            {"subject": "数学", "teacher": "测试教师乙"},
        ]
    )
    roster: dict[str, dict[str, Any]] = field(default_factory=lambda: {p: {} for p in EVERYBODY})
    cells: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {"入学": baseline(), "期中": _after(), "期末": _after()}
    )
    caseload: list[Row] = field(
        default_factory=lambda: [case_row(p, s, screened_on=BASELINE_DAY, frozen_on=EARLY) for p, s in LISTED]
    )
    tables: dict[str, list[Row]] = field(default_factory=dict)
    norms: list[dict[str, Any]] = field(default_factory=list)
    frozen: bool = True
    policy: Policy = field(default_factory=policy)

    def rows(self, sheet: Sheet) -> list[Row]:
        return self.tables.setdefault(sheet.label, [])

    def add(self, sheet: Sheet, **values: Any) -> None:
        """One row, the other cells blank as the parser leaves them."""
        self.rows(sheet).append(Row({**{c.code: None for c in sheet.columns}, **values}))

    def drop(self, sheet: Sheet, which: Callable[[Row], bool] = lambda _: True) -> None:
        """Take rows away."""
        self.tables[sheet.label] = [r for r in self.rows(sheet) if not which(r)]

    def put(self, sheet: Sheet, which: Callable[[Row], bool] = lambda _: True, **values: Any) -> None:
        """Set cells of rows."""
        for row in self.rows(sheet):
            if which(row):
                row.update(values)

    def id_of(self, name: str) -> str:
        return next(p for p, n in self.names.items() if n == name)

    def evidence(self, shuffle: Random | None = None) -> Evidence:
        """What the audit sees. shuffle: every sheet's rows but those of 任课 in another order."""
        mix: Callable[[Iterable[Any]], list[Any]] = lambda rows: _mixed(rows, shuffle)  # noqa: E731
        everybody = [{"pupil_id": p, "name": self.names[p], **more} for p, more in self.roster.items()]
        room = classroom(
            self.cells,
            subjects=self.teaching,
            pupils=mix(everybody),
            rules_in_force=self.policy,
            norms=self.norms,
            **_ROLES | self.settings,
        )
        caseload = mix(r.changed(name=self.names.get(r["pupil_id"])) for r in self.caseload)
        types = {(r["pupil_id"], r["subject"]): r["case_type"] for r in caseload if r.get("frozen_on") and r["subject"]}
        frozen = FrozenList(types) if self.frozen else None
        tables = {label: mix(rows) for label, rows in self.tables.items()}
        followed = [
            r for r in caseload if r.get("confirmed") == "是" and is_active(room.pupils.get(r["pupil_id"]) or {})
        ]
        found = convert(room, caseload, tables.get("过程评价", ()), frozen)
        return Evidence(room, self.today, followed, caseload, tables, found, self.frozen)


def one(pupil: str) -> Callable[[Row], bool]:
    """Rows about that pupil."""
    return lambda r: pupil in (r.get("pupil_id"), r.get("tutee_id"))


def _mixed(rows: Iterable[Any], shuffle: Random | None) -> list[Any]:
    found = list(rows)
    if shuffle is not None:
        shuffle.shuffle(found)
    return found


_ROLES: dict[str, Any] = {
    **SETTINGS,
    **dict.fromkeys(
        ("leader", "members", "academic_office", "moral_office", "counsellor", "study_adviser"), "测试领导"
    ),
}


def kept() -> World:
    """The class that keeps every clause."""
    w = World()
    for p in EVERYBODY:
        texts = dict.fromkeys(("family", "interests", "strengths", "attitude", "methods"), "写了")
        days = {"slip_on": MONTHS[1], "psych_on": MONTHS[0], "aid_on": MONTHS[0]}
        w.add(schema.PROFILES, pupil_id=p, causes=("基础薄弱",), **texts, **days)
        w.add(schema.GROUPS, group_id=str(EVERYBODY.index(p) // 5 + 1), pupil_id=p, role="组员")
    for p, s in LISTED:
        for category in ("教学", "学法", "激励"):
            add_plan(w, p, s, category)
        w.add(schema.PAIRS, tutee_id=p, subject=s, form="生生", tutor_id=EVERYBODY[-1], confirmed="是", state="进行")
    for day in MONTHS:
        for p in (FIRST, SECOND, THIRD):
            for form, staff in (("一对一", "教师"), ("家访", "教师"), ("小组", "小帮手")):
                w.add(schema.SESSIONS, date=day, pupil_id=p, subject="语文", form=form, staff=staff, minutes=20)
        w.add(schema.ACTIVITY, date=day, category="家长会")
    for source in ("教师", "同学", "家长"):
        w.add(schema.OBSERVATIONS, date=EARLY, pupil_id=FIRST, source=source, category="学习习惯", severity=3)
    for p in (FIRST, SECOND, THIRD):
        add_interest(w, p)
    for s in ("语文", "数学"):
        for document, day in zip(schema.DOCUMENTS, (EARLY, date(2026, 11, 6), date(2027, 1, 16)), strict=True):
            w.add(schema.WRITTEN, subject=s, document=document, handed_in_on=day)
    for group in ("1", "2"):
        for phase in schema.PHASES:
            w.add(schema.CONTEST, group_id=group, phase=phase, score=3)
    for p in (SECOND, EVERYBODY[5]):
        w.roster[p]["care"] = ("经济困难",)
    return w


def add_plan(w: World, pupil: str, subject: str, category: str = "教学") -> None:
    """A whole plan of one measure."""
    w.add(
        schema.PLANS,
        plan_id=f"{pupil}-{subject}", measure_id=category, pupil_id=pupil, subject=subject, goal="期末高于识别线",
        measure="每天听写五个词", category=category, resources="听写本", with_pupil="是", with_parents="是",
        starts=EARLY, ends=MONTHS[-1], state="执行", adjustment="期中后加一次",
    )  # fmt: skip


def add_interest(w: World, pupil: str) -> None:
    for day in (EARLY, MONTHS[-1]):
        w.add(schema.OBSERVATIONS, date=day, pupil_id=pupil, source="教师", category="学习兴趣", initiative=3)


# ---- what may happen to a class ------------------------------------------------------------------------


def nobody(w: World) -> None:
    """Nobody on the list."""
    w.caseload = []


def empty(w: World) -> None:
    """Everybody has left the class."""
    w.roster = {p: {"status": "转出"} for p in EVERYBODY}


def just_begun(w: World) -> None:
    """The tenth of September; no event has happened yet."""
    w.today = EARLY


def final_ahead(w: World) -> None:
    """The day before the final exam: no marks of it yet."""
    w.today = FINAL_DAY - timedelta(1)
    w.cells["期末"] = {"语文": {}, "数学": {}}


def no_care(w: World) -> None:
    w.roster = {p: {} for p in EVERYBODY}
