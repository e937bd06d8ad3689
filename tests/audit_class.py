"""An invented class that keeps every clause, and ways to break each check of the audit and to mend it again.

Ten pupils, three of them on the list in four rows; a term from September to January that is over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from builders import BASELINE_DAY, SETTINGS, case_row, classroom, policy, pupil_ids
from xlbangfu import schema
from xlbangfu.programme.audit import CHECK_FUNCTIONS, Evidence, Finding
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


def _baseline() -> dict[str, dict[str, int]]:
    """入学: the two pupils on the list of a subject have its two lowest marks."""
    found = {s: {p: 70 + 2 * i for i, p in enumerate(EVERYBODY)} for s in ("语文", "数学")}
    for i, (pupil, subject) in enumerate(LISTED):
        found[subject][pupil] = 50 + i
    return found


def _after() -> dict[str, dict[str, int]]:
    marks = _baseline()
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
        default_factory=lambda: [{"subject": "语文", "teacher": "测试教师甲"}, {"subject": "数学", "teacher": "测试教师乙"}]
    )
    roster: dict[str, dict[str, Any]] = field(default_factory=lambda: {p: {} for p in EVERYBODY})
    cells: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {"入学": _baseline(), "期中": _after(), "期末": _after()}
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


def _mixed(rows: Iterable[Any], shuffle: Random | None) -> list[Any]:
    found = list(rows)
    if shuffle is not None:
        shuffle.shuffle(found)
    return found


_ROLES: dict[str, Any] = {
    **SETTINGS,
    **dict.fromkeys(("leader", "members", "academic_office", "moral_office", "counsellor", "study_adviser"), "测试领导"),
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


# ---- how to break and mend -----------------------------------------------------------------------------

Change = Callable[[World], None]


def one(pupil: str = FIRST) -> Callable[[Row], bool]:
    """Rows about that pupil."""
    return lambda r: pupil in (r.get("pupil_id"), r.get("tutee_id"))


def _case(item: str) -> tuple[str, str]:
    """示例甲（语文） → its two parts."""
    found = re.fullmatch(r"(.+)（(.+)）", item)
    assert found is not None, item
    return found[1], found[2]


def _cells(w: World, exam: str, values: Mapping[tuple[str, str], Any]) -> None:
    for (pupil, subject), value in values.items():
        if value is None:
            w.cells[exam][subject].pop(pupil, None)
        else:
            w.cells[exam][subject][pupil] = value


def fall_back(exam: str, *cases: tuple[str, str]) -> Change:
    """These have the marks of the baseline again: nobody is converted or better."""
    before = _baseline()
    return lambda w: _cells(w, exam, {(p, s): before[s][p] for p, s in cases})


def clear(*exams: str) -> Change:
    def cleared(w: World) -> None:
        for exam in exams:
            w.cells[exam] = {"语文": {}, "数学": {}}

    return cleared


def _hold(sheet: Sheet, **values: Any) -> Callable[[World, str], None]:
    """Mends 「10-01 至 10-31」 by a row on its first day."""

    def held(w: World, item: str) -> None:
        month, day = map(int, item[:5].split("-"))
        about = {"pupil_id": FIRST} if sheet.has("pupil_id") else {}
        w.add(sheet, date=date(2026 if month > 8 else 2027, month, day), **about, **values)

    return held


def _sit_with(form: str) -> Callable[[World, str], None]:
    """Mends 「示例甲（缺 1 个月）」 by a session in every month."""

    def sat(w: World, item: str) -> None:
        for day in MONTHS:
            w.add(schema.SESSIONS, date=day, pupil_id=w.id_of(_case(item)[0]), form=form)

    return sat


def _name_role(w: World, role: str) -> None:
    if role == "任课教师":
        for row in w.teaching:
            row["teacher"] = "测试教师"
    elif role == "小帮手":
        w.add(schema.SESSIONS, date=MONTHS[0], pupil_id=FIRST, staff="小帮手")
    elif role == "家长":
        w.put(schema.PLANS, with_parents="是")
    else:
        w.settings[{"组长": "leader", "班主任": "homeroom_teacher"}[role]] = "测试领导"


def _no_roles(w: World) -> None:
    w.settings |= {"leader": None, "homeroom_teacher": None}
    w.teaching = [{"subject": "语文"}, {"subject": "数学"}]
    w.drop(schema.SESSIONS)
    w.drop(schema.PAIRS)
    w.put(schema.PLANS, with_parents="否")


def _undecided(w: World) -> None:
    w.caseload = [r.changed(confirmed="待定", frozen_on=None) for r in w.caseload]
    w.frozen = False


def _decide(w: World, item: str) -> None:
    if item == "请点“冻结名单”":
        w.frozen = True
        return
    name, subject = _case(item)
    w.caseload = [
        r.changed(confirmed="是") if (r["pupil_id"], r["subject"]) == (w.id_of(name), subject) else r for r in w.caseload
    ]


def _group(w: World, item: str) -> None:
    if item == "请点“编排小组”":
        for p in EVERYBODY:
            w.add(schema.GROUPS, group_id="1", pupil_id=p)
    elif item.endswith("没有评比"):
        w.add(schema.CONTEST, group_id="1", phase=item[:2], score=1)
    else:
        w.add(schema.GROUPS, group_id="1", pupil_id=w.id_of(item.removesuffix("没有编组")))


def _evaluate(w: World, item: str) -> None:
    name, place = _case(item)
    _cells(w, place[-2:], {(w.id_of(name), place[:-2]): HIGH})


def _convert(w: World, item: str) -> None:
    subject = item.partition("（")[0]
    _cells(w, "期末", {(p, s): HIGH for p, s in LISTED if s == subject})


def _improve(w: World, item: str) -> None:
    name, subject = _case(item)
    _cells(w, "期末", {(w.id_of(name), subject): HIGH})


def _hand_in(w: World, item: str) -> None:
    w.add(schema.WRITTEN, subject=item[:2], document=item[2:], handed_in_on=MONTHS[-1])


def _date_in_profile(code: str) -> Callable[[World, str], None]:
    return lambda w, name: w.put(schema.PROFILES, one(w.id_of(name)), **{code: MONTHS[0]})


def _plan_anew(w: World, item: str) -> None:
    name, subject = _case(item)
    w.drop(schema.PLANS, lambda r: (r["pupil_id"], r["subject"]) == (w.id_of(name), subject))
    add_plan(w, w.id_of(name), subject)


def nobody(w: World) -> None:
    """Nobody on the list."""
    w.caseload = []


def empty(w: World) -> None:
    """Everybody has left the class."""
    w.roster = {p: {"status": "转出"} for p in EVERYBODY}


def just_begun(w: World) -> None:
    """The tenth of September; no event has happened yet."""
    w.today = EARLY


def no_care(w: World) -> None:
    w.roster = {p: {} for p in EVERYBODY}


@dataclass(frozen=True)
class Trial:
    """One check: what it is asked for, what takes away part and all of its evidence, and how one item is mended.

    missing: what is told after `some`. unasked: changes after which there is nothing to judge.
    """

    check: str
    given: Mapping[str, Any]
    some: Change
    every: Change
    mend: Callable[[World, str], None]
    missing: tuple[str, ...]
    unasked: tuple[Change, ...] = (nobody, empty)
    start: Change = lambda _: None

    def find(self, world: World, shuffle: Random | None = None) -> Finding:
        """What the check says of that class."""
        return CHECK_FUNCTIONS[self.check](world.evidence(shuffle), self.given)

    def world(self, *changes: Change) -> World:
        """The class that keeps it, after these changes."""
        w = kept()
        for change in (self.start, *changes):
            change(w)
        return w


def _lose(sheet: Sheet, *, which: Callable[[Row], bool] = one(), **values: Any) -> Change:
    """Blank cells of rows, or without any take the rows away."""
    return lambda w: w.put(sheet, which, **values) if values else w.drop(sheet, which)


def _all(_: Row) -> bool:
    return True


def _in_october(r: Row) -> bool:
    return r["date"] == MONTHS[1]


NAME, CASES = ("测试101",), ("测试101（语文）", "测试101（数学）")
A_MONTH = {"times": 1, "per": "月"}
TRIALS = (
    Trial(
        "roles_named", {"roles": ("组长", "班主任", "任课教师", "小帮手", "家长")},
        lambda w: w.settings.update(leader=None), _no_roles, _name_role, ("组长",), (),
    ),
    Trial(
        "list_decided", {}, lambda w: w.caseload.__setitem__(0, w.caseload[0].changed(confirmed="待定")),
        _undecided, _decide, CASES[:1], (nobody,),
    ),
    Trial(
        "discovery_sources", {"sources": 3}, _lose(schema.OBSERVATIONS, which=lambda r: r["source"] == "家长"),
        _lose(schema.OBSERVATIONS, which=_all),
        lambda w, item: w.add(schema.OBSERVATIONS, date=EARLY, pupil_id=FIRST, source=item[2:4]),
        ("没有家长的反映", "没有本人的反映"), (),
    ),
    Trial(
        "responsibility_given", {}, _lose(schema.PLANS, category="教学"),
        _lose(schema.PLANS, which=_all, category="教学"),
        lambda w, name: w.put(schema.GROUPS, one(w.id_of(name)), role="记录员"), NAME,
    ),
    Trial(
        "tutors_exist", {}, _lose(schema.PAIRS, confirmed="待定"), _lose(schema.PAIRS, which=_all, confirmed="否"),
        lambda w, name: w.put(schema.PAIRS, one(w.id_of(name)), confirmed="是"), NAME,
    ),
    Trial(
        "profiles_exist", {"fields": ("困难原因", "优势")}, _lose(schema.PROFILES, causes=()),
        _lose(schema.PROFILES, which=_all, strengths=None),
        lambda w, name: w.put(schema.PROFILES, one(w.id_of(name)), causes=("心理",), strengths="爱画画"), NAME,
    ),
    Trial(
        "profiles_exist", {"everyone": True}, _lose(schema.PROFILES, which=one(EVERYBODY[-1])),
        _lose(schema.PROFILES, which=_all),
        lambda w, name: w.add(schema.PROFILES, pupil_id=w.id_of(name)), ("测试110",), (empty,),
    ),
    Trial("plans_exist", {}, _lose(schema.PLANS), _lose(schema.PLANS, which=_all, state="终止"), _plan_anew, CASES),
    Trial(
        "plans_complete", {"parts": ("目标", "措施", "周期")}, _lose(schema.PLANS, goal=None),
        _lose(schema.PLANS, which=_all, ends=None), _plan_anew, CASES,
    ),
    Trial(
        "plans_made_with", {"partners": ("学生", "家长")}, _lose(schema.PLANS, with_parents="否"),
        _lose(schema.PLANS, which=_all, with_pupil=None), _plan_anew, CASES,
    ),
    Trial(
        "plans_adjusted", {"phase": "期中"}, _lose(schema.PLANS, adjustment=None),
        _lose(schema.PLANS, which=_all, adjustment=None), _plan_anew, CASES,
        (nobody, just_begun, lambda w: _cells(w, "期中", dict.fromkeys(LISTED, HIGH))), fall_back("期中", *LISTED),
    ),
    Trial(
        "study_plans_exist", {}, _lose(schema.PLANS, category="教学"),
        _lose(schema.PLANS, which=lambda r: r["category"] == "学法"),
        lambda w, name: add_plan(w, w.id_of(name), "语文", "学法"), NAME,
    ),
    Trial(
        "resources_named", {}, _lose(schema.PLANS, resources=None), _lose(schema.PLANS, which=_all, resources=None),
        _plan_anew, CASES,
    ),
    Trial(
        "sessions_per_pupil", {**A_MONTH, "forms": ("一对一",)},
        _lose(schema.SESSIONS, which=lambda r: one()(r) and _in_october(r)), _lose(schema.SESSIONS, which=_all),
        _sit_with("一对一"), ("测试101（缺 1 个月）",),
    ),
    Trial(
        "parents_contacted", A_MONTH, _lose(schema.SESSIONS, which=lambda r: one()(r) and _in_october(r)),
        _lose(schema.SESSIONS, which=_all), _sit_with("家长沟通"), ("测试101（缺 1 个月）",),
    ),
    Trial(
        "sessions_held", {**A_MONTH, "forms": ("一对一", "课后辅导")}, _lose(schema.SESSIONS, which=_in_october),
        _lose(schema.SESSIONS, which=_all), _hold(schema.SESSIONS, form="课后辅导"), ("10-01 至 10-31",), (just_begun,),
    ),
    Trial(
        "sessions_by_staff", {**A_MONTH, "staff": ("小帮手",)}, _lose(schema.SESSIONS, which=_in_october),
        _lose(schema.SESSIONS, which=_all), _hold(schema.SESSIONS, staff="小帮手"), ("10-01 至 10-31",), (just_begun,),
    ),
    Trial(
        "activities_held", {**A_MONTH, "categories": ("家长会",)}, _lose(schema.ACTIVITY, which=_in_october),
        _lose(schema.ACTIVITY, which=_all), _hold(schema.ACTIVITY, category="家长会"), ("10-01 至 10-31",), (just_begun,),
    ),
    Trial(
        "documents_handed_in", {"documents": schema.DOCUMENTS},
        _lose(schema.WRITTEN, which=lambda r: (r["subject"], r["document"]) == ("语文", "中期总结")),
        _lose(schema.WRITTEN, which=_all, handed_in_on=None), _hand_in, ("语文中期总结",),
    ),
    Trial(
        "documents_handed_in", {"documents": ("期末总结",)},
        _lose(schema.WRITTEN, which=lambda r: r["subject"] == "语文"), _lose(schema.WRITTEN, which=_all), _hand_in,
        ("语文期末总结",), (nobody, empty, just_begun),
    ),
    Trial(
        "psych_file_exists", {}, _lose(schema.PROFILES, psych_on=None),
        _lose(schema.PROFILES, which=_all, psych_on=None), _date_in_profile("psych_on"), NAME,
    ),
    Trial(
        "aid_given", {}, _lose(schema.PROFILES, which=one(SECOND), aid_on=None),
        _lose(schema.PROFILES, which=_all), lambda w, name: w.add(schema.PROFILES, pupil_id=w.id_of(name), aid_on=EARLY),
        ("测试102",), (no_care, empty),
    ),
    Trial(
        "slips_produced", {}, _lose(schema.PROFILES, slip_on=None), _lose(schema.PROFILES, which=_all, slip_on=None),
        _date_in_profile("slip_on"), NAME,
    ),
    Trial(
        "evaluated", {"phases": schema.PHASES}, lambda w: _cells(w, "期末", {LISTED[0]: None}), clear("期中", "期末"),
        _evaluate, ("测试101（语文期末）",), (nobody, just_begun),
    ),
    Trial(
        "conversion_reached", {"phase": "期末"}, fall_back("期末", LISTED[0], LISTED[2]), fall_back("期末", *LISTED),
        _convert, ("语文（0/2）",), (nobody, clear("期末"), lambda w: setattr(w, "policy", policy(final=None))),
    ),
    Trial(
        "everyone_improved", {"phase": "期末"}, fall_back("期末", LISTED[0]), fall_back("期末", *LISTED),
        _improve, CASES[:1], (nobody, clear("期末")),
    ),
    Trial(
        "interest_assessed", {}, _lose(schema.OBSERVATIONS, which=lambda r: one()(r) and r["date"] == MONTHS[-1]),
        _lose(schema.OBSERVATIONS, which=_all), lambda w, name: add_interest(w, w.id_of(name)), NAME,
    ),
    Trial(
        "groups_scored", {"phases": schema.PHASES}, _lose(schema.GROUPS), _lose(schema.GROUPS, which=_all),
        _group, ("测试101没有编组",), (empty,),
    ),
)  # fmt: skip
