"""The one list of actions: ribbon, sheet buttons, commands, manual and log names all come from it.

Data only: importing it costs nothing, and a click loads just the one module that its action names.
Source: spec §3 (buttons), §9 (commands).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

PREPARE, SCREEN, SUPPORT, EVALUATE, OUTPUT, OFFICE, OTHER = (
    "准备",
    "识别",
    "帮扶",
    "评估",
    "输出",
    "教务",
    "其他",
)
FILE, FOLDER, PASSWORD = "file", "folder", "password"
FILE_PASSWORD = "import_password"  # what a run lacks that met an encrypted file to import
RIBBON_GROUPS = (PREPARE, SCREEN, SUPPORT, EVALUATE, OUTPUT, OFFICE, OTHER)


@dataclass(frozen=True)
class Action:
    """One button: `id` is the ribbon control's id, `command` the word of the command line.

    reads / writes: labels of the sheets the action needs and may change (数据问题 and 日志 are always written
    by the machinery around it). function: "module:name", or "" while this version lacks the action.
    asks: what a button has to be told first: FILE, FOLDER or PASSWORD, "" for nothing.
    Actions of one `command` are told apart by --kind, which takes their labels.
    """

    id: str
    label: str
    group: str
    command: str
    tip: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    function: str = ""
    asks: str = ""

    @property
    def picks(self) -> str:
        """What the macro itself asks for, with its file dialog; everything else is asked by the program."""
        return self.asks if self.asks in (FILE, FOLDER) else ""

    @property
    def available(self) -> bool:
        """True if this version can run it; the ribbon greys out the others."""
        return bool(self.function)

    def load(self) -> Callable[..., Any]:
        """The function behind the button. Raises LookupError when this version lacks it."""
        if not self.function:
            raise LookupError(self.id)
        module, name = self.function.split(":")
        loaded: Callable[..., Any] = getattr(import_module(module), name)
        return loaded


DOCUMENTS = "documents"
_BASIS = ("设置", "任课", "名册")
_ON_ONE_PUPIL = (
    *_BASIS, "成绩", "常模", "学困生", "观察", "档案", "帮扶计划", "结对", "小组", "辅导记录", "过程评价", "转化",
    "进步",
)  # fmt: skip

ACTIONS: tuple[Action, ...] = (
    Action(
        "import_roster", "导入名册", PREPARE, "import-roster", "从文件导入本班学生，只填空白，不覆盖。",
        (*_BASIS, "导入对照"), ("名册", "导入对照"), "xlbangfu.actions.imports:import_roster", FILE,
    ),
    Action(
        "import_scores", "导入成绩", PREPARE, "import-scores", "从成绩表导入一次考试的成绩。",
        (*_BASIS, "成绩", "导入对照"), ("成绩", "导入对照"), "xlbangfu.actions.imports:import_scores", FILE,
    ),
    Action(
        "import_norms", "导入常模", PREPARE, "import-norms", "导入教务处下发的年级常模。",
        (*_BASIS, "常模"), ("常模",), "xlbangfu.actions.imports:import_norms", FILE,
    ),
    Action(
        "check", "检查数据", PREPARE, "check", "检查各表，问题列在“数据问题”。",
        (
            *_BASIS, "成绩", "常模", "观察", "学困生", "档案", "帮扶计划", "结对", "小组", "小组评比", "辅导记录",
            "活动", "过程评价", "转化", "转化统计", "进步", "落实", "书面总结",
        ),
        ("成绩", "观察", "档案", "帮扶计划", "结对", "小组", "辅导记录", "过程评价"),
        "xlbangfu.actions.checking:check",
    ),
    Action(
        "screen", "识别学困生", SCREEN, "screen", "按制度在全班中识别，结果待教师确认。",
        (*_BASIS, "成绩", "常模", "观察", "学困生"), ("学困生",), "xlbangfu.actions.screening:screen",
    ),
    Action(
        "confirm", "全部确认", SCREEN, "confirm", "把仍为“待定”的行改为“是”。",
        (*_BASIS, "学困生"), ("学困生",), "xlbangfu.actions.screening:confirm",
    ),
    Action(
        "freeze", "冻结名单", SCREEN, "freeze", "冻结名单，作为转化率的基数。",
        (*_BASIS, "学困生", "转化"), ("学困生", "转化", "设置"), "xlbangfu.actions.screening:freeze",
    ),
    Action(
        "profile", "建立档案", SUPPORT, "profile", "为已确认的学生起草档案。",
        (*_BASIS, "学困生", "观察", "档案"), ("档案",), "xlbangfu.actions.support:profile",
    ),
    Action(
        "restricted", "受限档案", SUPPORT, "restricted", "心理与资助记录，另存带密码的工作簿；本簿只记日期。",
        (*_BASIS, "学困生", "档案"), ("档案",), "xlbangfu.actions.restricted:restricted", PASSWORD,
    ),
    Action(
        "plan", "起草计划", SUPPORT, "plan", "按困难原因从措施库起草帮扶计划。",
        (*_BASIS, "成绩", "常模", "学困生", "观察", "档案", "帮扶计划", "转化"), ("帮扶计划",),
        "xlbangfu.actions.support:plan",
    ),
    Action(
        "pair", "推荐结对", SUPPORT, "pair", "为已确认的学生推荐小帮手。",
        (*_BASIS, "成绩", "常模", "学困生", "结对"), ("结对",), "xlbangfu.actions.pairing:pair",
    ),
    Action(
        "group", "编排小组", SUPPORT, "group", "编排互助小组并计算小组评比。",
        (*_BASIS, "成绩", "常模", "学困生", "结对", "小组", "小组评比", "辅导记录"),
        ("小组", "小组评比", "设置"), "xlbangfu.actions.grouping:group",
    ),
    Action(
        "session", "登记辅导", SUPPORT, "session", "为选中的学生各登记一次辅导。",
        (*_BASIS, "辅导记录"), ("辅导记录",), "xlbangfu.actions.sessions:session",
    ),
    Action(
        "convert", "计算转化率", EVALUATE, "convert", "按冻结名单计算转化率，并列出区间与预期。",
        (*_BASIS, "成绩", "常模", "学困生", "过程评价", "转化", "转化统计"),
        ("转化", "转化统计"), "xlbangfu.actions.evaluation:convert",
    ),
    Action(
        "progress", "进步分析", EVALUATE, "progress", "每名帮扶对象的成绩变化与辅导量。",
        (*_BASIS, "成绩", "常模", "学困生", "观察", "辅导记录", "转化", "进步"), ("进步",),
        "xlbangfu.actions.evaluation:progress",
    ),
    Action(
        "audit", "落实检查", EVALUATE, "audit", "制度逐条与证据对照，缺什么列出来。",
        (
            *_BASIS, "成绩", "常模", "观察", "学困生", "档案", "帮扶计划", "结对", "小组", "小组评比", "辅导记录",
            "活动", "过程评价", "转化", "转化统计", "落实", "书面总结",
        ),
        ("落实",), "xlbangfu.actions.auditing:audit_clauses",
    ),
    Action(
        "summarise", "班级汇总", OUTPUT, "summarise", "一页 A4 的班级汇总，可打印。",
        (*_BASIS, "学困生", "帮扶计划", "结对", "辅导记录", "活动", "转化统计", "进步"), ("汇总",),
        "xlbangfu.actions.evaluation:summarise",
    ),
    Action(
        "written", "书面总结", OUTPUT, DOCUMENTS, "起草转化方案与总结，并导出 Word 文档。",
        (
            *_BASIS, "成绩", "常模", "学困生", "观察", "帮扶计划", "结对", "小组", "辅导记录", "活动", "过程评价",
            "转化", "转化统计", "进步", "书面总结",
        ),
        ("书面总结",), "xlbangfu.actions.written:written",
    ),
    Action(
        "slips", "家长反馈单", OUTPUT, DOCUMENTS, "每名学生一张，只含本人，没有分数和名次。", _ON_ONE_PUPIL, ("档案",),
        "xlbangfu.actions.printing:slips",
    ),
    Action(
        "cards", "档案卡", OUTPUT, DOCUMENTS, "打印帮扶对象的档案卡，供班主任用。", _ON_ONE_PUPIL, (),
        "xlbangfu.actions.printing:cards",
    ),
    Action(
        "poster", "结对张贴表", OUTPUT, DOCUMENTS, "可张贴的学习伙伴表，不显示名单。",
        (*_BASIS, "结对", "小组"), (), "xlbangfu.actions.printing:poster",
    ),
    Action(
        "merge", "合并班级工作簿", OFFICE, "merge", "合并一个文件夹里的班级工作簿。",
        function="xlbangfu.office.merge:merge", asks=FOLDER,
    ),
    Action("verify", "核实成绩", OFFICE, "verify", "用正式检测成绩核实各班上报。"),
    Action(
        "undo", "撤销上一步", OTHER, "undo", "撤销上一次按钮所做的改动；再点一次恢复。", ("设置",),
        function="xlbangfu.actions.undo:undo",
    ),
    Action("doctor", "诊断", OTHER, "doctor", "检查本机安装，并说明怎么修。", function="xlbangfu.doctor:doctor"),
    Action("guide", "使用说明", OTHER, "guide", "打开使用说明。", function="xlbangfu.guide:guide"),
)  # fmt: skip

BY_ID: dict[str, Action] = {a.id: a for a in ACTIONS}


def action(action_id: str) -> Action:
    """The action with that id. Raises KeyError."""
    return BY_ID[action_id]
