"""How a clause is held against the workbook, in one Chinese phrase: for 落实, `policy show` and docs/policies.md.

Source: spec §5 (clauses and checks).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from xlbangfu.programme import rules

EVIDENCE_TOLD = "在“落实”的“佐证”里写日期和做了什么"
NOT_CHECKED = "不逐班核对"
Given = Mapping[str, rules.ParameterValue]


def describe_check(clause: rules.Clause) -> str:
    """What has to be found for this clause, with its figures in words.

    Any clause of a file that loads gives a phrase: a parameter that is missing is said to be missing, a check
    that is unknown is named. Source: spec §5.

    >>> given = {"times": 1, "per": "月", "forms": ("师生谈话",)}
    >>> describe_check(rules.Clause("a", "一", "计算", "每月谈话。", "sessions_per_pupil", given))
    '每名已确认的学生每月师生谈话不少于 1 次'
    """
    if clause.kind == rules.DECLARED:
        return NOT_CHECKED
    if clause.kind == rules.EVIDENCED:
        often = f"，{_rate(clause.parameters)}" if "times" in clause.parameters else ""
        return EVIDENCE_TOLD + often
    words = _WORDS.get(clause.check)
    if words is None:
        return f"没有“{clause.check}”这种检查" if clause.check else "没有写怎样核对"
    return words(clause.parameters)


def describe_cadence(cadence: rules.Cadence) -> str:
    """How often, as 「每周 1 次」; says so where the school still has to fill it in.

    >>> describe_cadence(rules.Cadence("talk", "师生谈话", 1, "月"))
    '每月 1 次'
    """
    return "次数没有写" if cadence.times is None else f"每{cadence.per} {cadence.times} 次"


_SPOKEN = {"一对一": "一对一辅导", "小组": "小组辅导"}  # forms that do not say on their own what is done

# ---- pieces ---------------------------------------------------------------------------------------------


def _list(given: Given, name: str) -> str:
    """The values of a parameter joined by 、; "" where it is absent."""
    value = given.get(name, ())
    return "、".join(_SPOKEN.get(v, v) for v in value) if isinstance(value, tuple) else str(value)


def _named(given: Given, name: str) -> str:
    """The same of a parameter that has to be there."""
    return _list(given, name) or "（没有写）"


def _sum(given: Given, name: str) -> str:
    """Forms or kinds that are counted together."""
    value = given.get(name, ())
    return _named(given, name) + ("合计" if isinstance(value, tuple) and len(value) > 1 else "")


def _period(given: Given) -> str:
    per = given.get("per")
    return f"每{per}" if per else "每（多久没有写）"


def _least(given: Given) -> str:
    times = given.get("times")
    return f"不少于 {times} 次" if times is not None else "（次数没有写）"


def _rate(given: Given) -> str:
    return _period(given) + _least(given)


def _each(given: Given) -> str:
    """「期中、期末各」: the phases of a check that looks at each of them."""
    value = given.get("phases", ())
    return _named(given, "phases") + ("各" if isinstance(value, tuple) and len(value) > 1 else "")


# ---- one phrase per check, in the order of checks.CHECKS ------------------------------------------------

_PUPIL = "每名已确认的学生"


def _profiles(given: Given) -> str:
    whose = "全班每名学生" if given.get("everyone") is True else _PUPIL
    return f"{whose}有档案" + (f"，写明{_list(given, 'fields')}" if given.get("fields") else "")


def _tutors(given: Given) -> str:
    return f"{_PUPIL}有结对的人" + (f"（{_list(given, 'forms')}）" if given.get("forms") else "")


def _sessions(given: Given) -> str:
    what = _sum(given, "forms") if given.get("forms") else "辅导（形式不限）"
    return f"{_PUPIL}{_period(given)}{what}{_least(given)}"


def _groups(given: Given) -> str:
    return "全班每名学生都编入互助小组" + (f"，{_each(given)}评比一次" if given.get("phases") else "")


_WORDS: dict[str, Callable[[Given], str]] = {
    "roles_named": lambda g: f"“设置”或“任课”里写明由谁担任：{_named(g, 'roles')}",
    "profiles_exist": _profiles,
    "plans_exist": lambda g: f"{_PUPIL}有帮扶计划",
    "plans_complete": lambda g: f"每份帮扶计划写明{_named(g, 'parts')}",
    "plans_made_with": lambda g: f"每份帮扶计划有{_named(g, 'partners')}参与制定",
    "plans_adjusted": lambda g: f"{_named(g, 'phase')}没有转化的学生，计划在这之后作了调整",
    "study_plans_exist": lambda g: f"{_PUPIL}有学习计划（计划里有学法类措施）",
    "resources_named": lambda g: "每份帮扶计划写明资源",
    "tutors_exist": _tutors,
    "sessions_per_pupil": _sessions,
    "sessions_held": lambda g: f"全班{_period(g)}{_sum(g, 'forms')}{_least(g)}",
    "sessions_by_staff": lambda g: f"全班{_period(g)}由{_named(g, 'staff')}进行的辅导{_least(g)}",
    "activities_held": lambda g: f"{_period(g)}{_sum(g, 'categories')}{_least(g)}",
    "parents_contacted": lambda g: f"{_PUPIL}{_period(g)}联系家长（家访、家长沟通）{_least(g)}",
    "documents_handed_in": lambda g: f"各学科按时交{_named(g, 'documents')}",
    "psych_file_exists": lambda g: f"{_PUPIL}有心理档案",
    "aid_given": lambda g: "每名经济困难的学生有资助记录",
    "list_decided": lambda g: "识别名单逐条确认，并已冻结",
    "evaluated": lambda g: f"{_each(g)}评估过每名帮扶对象（考试或过程评价）",
    "conversion_reached": lambda g: f"各学科{_named(g, 'phase')}转化率达到目标",
    "discovery_sources": lambda g: f"困难由不少于 {_named(g, 'sources')} 方发现（教师、同学、家长、本人）",
    "groups_scored": _groups,
    "interest_assessed": lambda g: f"{_PUPIL}的学习兴趣前后各评过一次",
    "slips_produced": lambda g: f"{_PUPIL}有家长反馈单",
    "everyone_improved": lambda g: f"{_named(g, 'phase')}时名单上每名学生都有进步",
    "responsibility_given": lambda g: f"{_PUPIL}有激励类措施，或在小组里有角色（组员不算）",
    "no_sanction_recorded": lambda g: f"教务处没有登记{_list(g, 'kinds') or '失误、流失、普遍不满'}（班级里不记）",
}
