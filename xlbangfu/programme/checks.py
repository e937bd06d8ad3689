"""What the audit can hold against the workbook: the known checks and their parameters.

Data only. A clause of a policy names one of these; lint refuses names and parameters that are not here.
Source: spec §5.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbangfu import schema
from xlbangfu.programme.rules import PERIODS, ROLE_NAMES


@dataclass(frozen=True)
class Parameter:
    """One parameter of a check. kind: count (whole number ≥ 1), choice, choices or flag."""

    name: str
    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """One thing that the audit can count. about: in a few Chinese words."""

    name: str
    about: str
    parameters: tuple[Parameter, ...] = ()

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, or None."""
        return next((p for p in self.parameters if p.name == name), None)


PARTNERS = ("学生", "家长")
PLAN_PARTS = ("目标", "措施", "周期")
PROFILE_PARTS = ("困难原因", "家庭状况", "兴趣爱好", "优势", "学习态度", "学习方法")
OFFICE_RECORDS = ("失误", schema.DROPPED_OUT, "普遍不满")

_TIMES = Parameter("times", "count", required=True)
_PER = Parameter("per", "choice", required=True, choices=PERIODS)
_PHASE = Parameter("phase", "choice", required=True, choices=schema.PHASES)
_SESSION_FORMS = Parameter("forms", "choices", choices=schema.SESSION_FORMS)


def _choices(name: str, choices: tuple[str, ...], *, required: bool = True) -> Parameter:
    return Parameter(name, "choices", required, choices)


CHECKS: dict[str, Check] = {
    check.name: check
    for check in (
        Check("roles_named", "“设置”和“任课”里写明这些角色由谁担任", (_choices("roles", ROLE_NAMES),)),
        Check(
            "profiles_exist",
            "每名已确认的学生有档案（everyone：全班每名学生）",
            (_choices("fields", PROFILE_PARTS, required=False), Parameter("everyone", "flag")),
        ),
        Check("plans_exist", "每名已确认的学生有帮扶计划"),
        Check("plans_complete", "每份计划写全这些部分", (_choices("parts", PLAN_PARTS),)),
        Check("plans_made_with", "计划由这些人共同制定", (_choices("partners", PARTNERS),)),
        Check("plans_adjusted", "没有转化的学生，计划在这个阶段后作了调整", (_PHASE,)),
        Check("study_plans_exist", "每名已确认的学生有学习计划（计划里有学法类措施）"),
        Check("resources_named", "每份计划写明资源"),
        Check(
            "tutors_exist",
            "每名已确认的学生有结对的人",
            (_choices("forms", schema.PAIR_FORMS, required=False),),
        ),
        Check("sessions_per_pupil", "每名已确认的学生每个周期的辅导次数", (_TIMES, _PER, _SESSION_FORMS)),
        Check(
            "sessions_held",
            "全班每个周期这些形式的次数",
            (_TIMES, _PER, _choices("forms", schema.SESSION_FORMS)),
        ),
        Check(
            "sessions_by_staff",
            "全班每个周期由这些身份进行的辅导次数",
            (_TIMES, _PER, _choices("staff", schema.SESSION_STAFF)),
        ),
        Check(
            "activities_held",
            "每个周期这些类别的活动次数",
            (_TIMES, _PER, _choices("categories", schema.ACTIVITIES)),
        ),
        Check("parents_contacted", "每名已确认的学生每个周期联系家长的次数", (_TIMES, _PER)),
        Check("documents_handed_in", "各学科按时交这些书面材料", (_choices("documents", schema.DOCUMENTS),)),
        Check("psych_file_exists", "每名已确认的学生有心理档案"),
        Check("aid_given", "每名经济困难的学生有资助记录"),
        Check("list_decided", "识别名单逐条确认，并已冻结"),
        Check("evaluated", "这些阶段评估过每名帮扶对象（考试或过程评价）", (_choices("phases", schema.PHASES),)),
        Check("conversion_reached", "转化率达到制度的目标", (_PHASE,)),
        Check("discovery_sources", "困难由几方发现", (Parameter("sources", "count", required=True),)),
        Check(
            "groups_scored",
            "编了互助小组；写明阶段的，还要有评比",
            (_choices("phases", schema.PHASES, required=False),),
        ),
        Check("interest_assessed", "学习兴趣前后各评过一次"),
        Check("slips_produced", "每名已确认的学生有家长反馈单"),
        Check("everyone_improved", "基数里每名学生都有进步", (_PHASE,)),
        Check("responsibility_given", "给了小岗位或小组角色（激励类措施、角色）"),
        Check("no_sanction_recorded", "教务处没有这些记录", (_choices("kinds", OFFICE_RECORDS, required=False),)),
    )
}
