"""Every check in words, with and without what may be left out. Source: spec §5."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.policy import list_policies, load_policy
from xlbangfu.programme import rules
from xlbangfu.programme.checks import CHECKS, Parameter
from xlbangfu.programme.clause_words import EVIDENCE_TOLD, NOT_CHECKED, describe_cadence, describe_check

ONE_EACH = {
    "roles_named": ({"roles": ("组长", "班主任")}, "“设置”或“任课”里写明由谁担任：组长、班主任"),
    "profiles_exist": ({}, "每名已确认的学生有档案"),
    "plans_exist": ({}, "每名已确认的学生有帮扶计划"),
    "plans_complete": ({"parts": ("目标", "周期")}, "每份帮扶计划写明目标、周期"),
    "plans_made_with": ({"partners": ("学生",)}, "每份帮扶计划有学生参与制定"),
    "plans_adjusted": ({"phase": "期中"}, "期中没有转化的学生，计划在这之后作了调整"),
    "study_plans_exist": ({}, "每名已确认的学生有学习计划（计划里有学法类措施）"),
    "resources_named": ({}, "每份帮扶计划写明资源"),
    "tutors_exist": ({}, "每名已确认的学生有结对的人"),
    "sessions_per_pupil": ({"times": 1, "per": "周"}, "每名已确认的学生每周辅导（形式不限）不少于 1 次"),
    "sessions_held": ({"times": 2, "per": "月", "forms": ("家访",)}, "全班每月家访不少于 2 次"),
    "sessions_by_staff": (
        {"times": 2, "per": "两周", "staff": ("志愿者", "小帮手")},
        "全班每两周由志愿者、小帮手进行的辅导不少于 2 次",
    ),
    "activities_held": ({"times": 1, "per": "半学期", "categories": ("家长会",)}, "每半学期家长会不少于 1 次"),
    "parents_contacted": ({"times": 1, "per": "月"}, "每名已确认的学生每月联系家长（家访、家长沟通）不少于 1 次"),
    "documents_handed_in": ({"documents": ("中期总结",)}, "各学科按时交中期总结"),
    "psych_file_exists": ({}, "每名已确认的学生有心理档案"),
    "aid_given": ({}, "每名经济困难的学生有资助记录"),
    "list_decided": ({}, "识别名单逐条确认，并已冻结"),
    "evaluated": ({"phases": ("期中", "期末")}, "期中、期末各评估过每名帮扶对象（考试或过程评价）"),
    "conversion_reached": ({"phase": "期末"}, "各学科期末转化率达到目标"),
    "discovery_sources": ({"sources": 2}, "困难由不少于 2 方发现（教师、同学、家长、本人）"),
    "groups_scored": ({}, "全班每名学生都编入互助小组"),
    "interest_assessed": ({}, "每名已确认的学生的学习兴趣前后各评过一次"),
    "slips_produced": ({}, "每名已确认的学生有家长反馈单"),
    "everyone_improved": ({"phase": "期末"}, "期末时名单上每名学生都有进步"),
    "responsibility_given": ({}, "每名已确认的学生有激励类措施，或在小组里有角色（组员不算）"),
    "no_sanction_recorded": ({}, "教务处没有登记失误、流失、普遍不满（班级里不记）"),
}
WITH_MORE = [
    ("profiles_exist", {"everyone": True, "fields": ("家庭状况", "优势")}, "全班每名学生有档案，写明家庭状况、优势"),
    ("profiles_exist", {"everyone": False}, "每名已确认的学生有档案"),
    ("tutors_exist", {"forms": ("师生", "志愿者")}, "每名已确认的学生有结对的人（师生、志愿者）"),
    (
        "sessions_per_pupil",
        {"times": 1, "per": "月", "forms": ("师生谈话",)},
        "每名已确认的学生每月师生谈话不少于 1 次",
    ),
    (
        "sessions_per_pupil",
        {"times": 2, "per": "学期", "forms": ("一对一", "小组")},
        "每名已确认的学生每学期一对一辅导、小组辅导合计不少于 2 次",
    ),
    ("evaluated", {"phases": ("期末",)}, "期末评估过每名帮扶对象（考试或过程评价）"),
    ("groups_scored", {"phases": ("期中", "期末")}, "全班每名学生都编入互助小组，期中、期末各评比一次"),
    ("no_sanction_recorded", {"kinds": ("失误",)}, "教务处没有登记失误（班级里不记）"),
]


def clause(check: str, parameters: dict[str, Any], kind: str = rules.COMPUTED) -> rules.Clause:
    return rules.Clause("c", "一", kind, "要求。", check, parameters)


class TestACheckInWords:
    """spec §5: what the audit looks for, with its figures."""

    def test_is_known_for_every_check(self) -> None:
        assert list(ONE_EACH) == list(CHECKS)

    @pytest.mark.parametrize("check", CHECKS)
    def test_says_its_required_figures(self, check: str) -> None:
        parameters, words = ONE_EACH[check]
        assert {p.name for p in CHECKS[check].parameters if p.required} == set(parameters)
        assert describe_check(clause(check, parameters)) == words

    @pytest.mark.parametrize(("check", "parameters", "words"), WITH_MORE)
    def test_says_what_may_be_left_out(self, check: str, parameters: dict[str, Any], words: str) -> None:
        assert describe_check(clause(check, parameters)) == words

    @given(st.data())
    def test_names_every_value_that_is_given(self, data: st.DataObject) -> None:
        check = data.draw(st.sampled_from(list(CHECKS.values())))
        parameters = {p.name: data.draw(values(p)) for p in check.parameters}
        words = describe_check(clause(check.name, parameters))
        for value in parameters.values():
            for part in value if isinstance(value, tuple) else [value]:
                assert isinstance(part, bool) or str(part) in words

    @pytest.mark.parametrize("check", [name for name in CHECKS if ONE_EACH[name][0]])
    def test_says_what_is_missing(self, check: str) -> None:
        assert "没有写" in describe_check(clause(check, {}))

    @given(
        st.sampled_from([*CHECKS, "", "没有的检查"]),
        st.dictionaries(
            st.sampled_from(sorted({p.name for c in CHECKS.values() for p in c.parameters})),
            st.one_of(st.integers(), st.booleans(), st.text(max_size=3), st.just(("甲", "乙"))),
        ),
    )
    def test_is_said_of_any_file_that_loads(self, check: str, parameters: dict[str, Any]) -> None:
        words = describe_check(clause(check, parameters))
        assert words
        assert "None" not in words

    def test_of_an_unknown_check_names_it(self) -> None:
        assert "“psych”" in describe_check(clause("psych", {}))

    def test_of_other_kinds_says_what_happens_instead(self) -> None:
        assert describe_check(clause("", {}, rules.DECLARED)) == NOT_CHECKED
        assert describe_check(clause("", {}, rules.EVIDENCED)) == EVIDENCE_TOLD
        often = describe_check(clause("", {"times": 1, "per": "学期"}, rules.EVIDENCED))
        assert often == f"{EVIDENCE_TOLD}，每学期不少于 1 次"


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Values that lint allows for that parameter."""
    if parameter.kind == "count":
        return st.integers(1, 200)
    if parameter.kind == "flag":
        return st.booleans()
    one = st.sampled_from(parameter.choices)
    return one if parameter.kind == "choice" else st.lists(one, min_size=1, unique=True).map(tuple)


@pytest.mark.parametrize("name", list_policies())
def test_no_clause_of_ours_leaves_a_figure_open(name: str) -> None:
    """spec §5: every 定期 has its number."""
    for one in load_policy(name).clauses:
        assert not re.search("没有写|没有“", describe_check(one)), one.id


def test_a_cadence_is_said_with_its_number_or_that_it_has_none() -> None:
    assert describe_cadence(rules.Cadence("a", "家访", 2, "学期")) == "每学期 2 次"
    assert describe_cadence(rules.Cadence("a", "家访")) == "次数没有写"
