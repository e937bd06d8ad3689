"""The term as eight steps: what 首页 shows as rows of buttons and 使用说明 as a list."""

from __future__ import annotations

from dataclasses import dataclass

from xlbangfu import schema
from xlbangfu.actions.catalogue import ACTIONS, OTHER, Action, action


@dataclass(frozen=True)
class Step:
    """One step of the term. `sheet`: the label of the sheet it fills, shown as a big link."""

    title: str
    text: str
    sheet: str
    action_ids: tuple[str, ...]

    @property
    def actions(self) -> tuple[Action, ...]:
        """The step's actions that this version can run, in order."""
        return tuple(a for a in map(action, self.action_ids) if a.available)


STEPS = (
    Step("准备名单", "先填“设置”和“任课”，再导入名册。", "名册", ("import_roster",)),
    Step("登记成绩", "导入或填写成绩；常模由教务处下发。", "成绩", ("import_scores", "import_norms", "check")),
    Step("识别与确认", "程序识别，教师逐条确认，再冻结名单。", "学困生", ("screen", "confirm", "freeze")),
    Step("档案与计划", "为已确认的学生起草，教师修改定稿。", "帮扶计划", ("profile", "plan", "cards")),
    Step("结对与小组", "推荐小帮手，编排互助小组，教师确认。", "结对", ("pair", "group", "poster")),
    Step("辅导与活动", "每次辅导记一行；活动、观察也随手记。", "辅导记录", ("session", "restricted")),
    Step("期中、期末评估", "登记成绩后计算，对照目标看变化。", "转化", ("convert", "progress", "audit")),
    Step(
        "汇总与总结",
        "打印一页汇总，交书面总结和反馈单。",
        "汇总",
        ("summarise", "written", "slips"),
    ),
)
BIG_LINKS = tuple(step.sheet for step in STEPS)


def more_links() -> tuple[str, ...]:
    """The sheets that 首页 lists under 更多, in tab order."""
    return tuple(t for t in schema.TAB_ORDER if t not in BIG_LINKS and t != schema.HOME)


def other_actions() -> tuple[Action, ...]:
    """The available actions of the group 其他 except the manual, which 首页 links to."""
    return tuple(a for a in ACTIONS if a.group == OTHER and a.available and a.id != "guide")
