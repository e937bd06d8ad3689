"""Each check of the audit: how to take its evidence away, in part and in whole, and how to mend what it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from audit_class import (
    EARLY,
    EVERYBODY,
    FIRST,
    HIGH,
    LISTED,
    MONTHS,
    SECOND,
    World,
    add_interest,
    add_plan,
    baseline,
    empty,
    final_ahead,
    just_begun,
    kept,
    no_care,
    nobody,
    one,
)  # fmt: skip
from builders import policy
from xlbangfu import schema
from xlbangfu.programme.audit import CHECK_FUNCTIONS, Finding
from xlbangfu.schema import Sheet
from xlbangfu.table import Row

Change = Callable[[World], None]


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
    before = baseline()
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
        r.changed(confirmed="是") if (r["pupil_id"], r["subject"]) == (w.id_of(name), subject) else r
        for r in w.caseload
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


_first = one(FIRST)


def _lose(sheet: Sheet, *, which: Callable[[Row], bool] = _first, **values: Any) -> Change:
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
        _lose(schema.SESSIONS, which=lambda r: _first(r) and _in_october(r)), _lose(schema.SESSIONS, which=_all),
        _sit_with("一对一"), ("测试101（缺 1 个月）",),
    ),
    Trial(
        "parents_contacted", A_MONTH, _lose(schema.SESSIONS, which=lambda r: _first(r) and _in_october(r)),
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
        _convert, ("语文（0/2）",), (nobody, final_ahead, lambda w: setattr(w, "policy", policy(final=None))),
    ),
    Trial(
        "everyone_improved", {"phase": "期末"}, fall_back("期末", LISTED[0]), fall_back("期末", *LISTED),
        _improve, CASES[:1], (nobody, clear("期末")),
    ),
    Trial(
        "interest_assessed", {}, _lose(schema.OBSERVATIONS, which=lambda r: _first(r) and r["date"] == MONTHS[-1]),
        _lose(schema.OBSERVATIONS, which=_all), lambda w, name: add_interest(w, w.id_of(name)), NAME,
    ),
    Trial(
        "groups_scored", {"phases": schema.PHASES}, _lose(schema.GROUPS), _lose(schema.GROUPS, which=_all),
        _group, ("测试101没有编组",), (empty,),
    ),
)  # fmt: skip
