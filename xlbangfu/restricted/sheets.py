"""The sheets of the restricted workbook as data. They are no tables of the class workbook. Source: spec §3."""

from __future__ import annotations

from xlbangfu.schema import Column, Kind, Sheet, Writer

AID_ITEMS = ("生活费", "学费", "教材", "关爱基金", "其他")
AID_SOURCES = ("政府", "学校", "社会")
ABOUT = "说明"  # the first page: whose workbook it is, and how to use it


def _pupil_id() -> Column:
    hint = "按文本填写，前面的 0 不会丢；与班级工作簿“名册”里的学号一致。"
    return Column("学号", "pupil_id", Kind.ID, width=14, hint=hint)


PSYCH = Sheet(
    "心理档案",
    "psych",
    "tblPsych",
    Writer.TEACHER,
    (
        _pupil_id(),
        Column("日期", "date", Kind.DATE, width=12),
        Column("观察", "observation", width=40),
        Column("辅导", "support", width=40),
        Column("记录人", "by", width=10),
    ),
    about="一次观察或辅导一行，直接在下面接着填。",
    events=True,
)

AID = Sheet(
    "资助",
    "aid",
    "tblAid",
    Writer.TEACHER,
    (
        Column("日期", "date", Kind.DATE, width=12),
        _pupil_id(),
        Column("项目", "item", Kind.CHOICE, choices=AID_ITEMS, width=12),
        Column("来源", "source", Kind.CHOICE, choices=AID_SOURCES, width=10),
        Column("金额", "amount", Kind.NUMBER, unit="元", low=0, width=12),
        Column("经办人", "by", width=10),
    ),
    about="一笔资助一行，直接在下面接着填。",
    events=True,
    landscape=False,
)

FAMILY = Sheet(
    "家庭情况",
    "family",
    "tblFamily",
    Writer.TEACHER,
    (
        _pupil_id(),
        Column("更新日期", "date", Kind.DATE, width=12),
        Column("家庭成员", "members", width=24),
        Column("主要照料人", "carer", width=14),
        Column("经济情况", "means", width=24),
        Column("需要关注", "attention", width=40, hint="例如变故、疾病、监护情况。"),
        Column("记录人", "by", width=10),
    ),
    about="一名学生一行，情况有变化就改这一行。",
    events=True,
)

SHEETS = (PSYCH, AID, FAMILY)
DATED = (PSYCH, AID)  # the sheets of which the class workbook knows the latest 日期
