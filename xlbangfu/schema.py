"""Every sheet and column of the class workbook as data: the one source of truth.

The template, the readers, the checks, the command line's JSON and the documents are derived from here;
adding a column is a change in this file alone. Source: spec §3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SCHEMA_VERSION = 1


class Kind(Enum):
    """What a cell of a column holds, after parsing."""

    TEXT = "text"  # str
    ID = "id"  # 学号: str, leading zeros kept
    IDS = "ids"  # several 学号: tuple[str, ...]
    INTEGER = "integer"  # int
    NUMBER = "number"  # Fraction of the cell's decimal text
    SHARE = "share"  # Fraction in [0, 1]; typed as 0.2 or 20%
    DATE = "date"  # datetime.date
    DATETIME = "datetime"  # datetime.datetime
    CHOICE = "choice"  # str, one of Column.choices
    CHOICES = "choices"  # tuple[str, ...], each one of Column.choices, joined with 、 in the cell
    SCORE = "score"  # a number, a level or 缺考/免考/缓考 (programme.scores reads it)
    LINK = "link"  # text that jumps to a cell of this workbook


class Writer(Enum):
    """Who decides what stands in a column (or, for a sheet, the tab colour)."""

    TEACHER = "teacher"
    PROGRAM = "program"
    DRAFT = "draft"  # the program writes it once, when it adds the row; afterwards it is the teacher's
    SYSTEM = "system"
    OFFICE = "office"


@dataclass(frozen=True)
class Column:
    """One column: `label` is the header cell, `code` the name used in code."""

    label: str
    code: str
    kind: Kind = Kind.TEXT
    writer: Writer = Writer.TEACHER
    key: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""
    low: int | None = None
    high: int | None = None
    default: str = ""
    width: float = 10.0  # characters
    hint: str = ""  # input message shown to the teacher

    @property
    def program_owned(self) -> bool:
        """True where a re-run may replace what stands in an existing row."""
        return self.writer in (Writer.PROGRAM, Writer.SYSTEM)


@dataclass(frozen=True)
class Sheet:
    """One sheet that holds one table, its header in row 1."""

    label: str
    code: str
    table: str  # displayName of the Excel table
    writer: Writer
    columns: tuple[Column, ...]
    about: str = ""  # one Chinese sentence for the manual and 首页
    events: bool = False  # no key: every row is an event, programs only append
    by_subject: bool = False  # one further column per 学科 of 任课
    landscape: bool = True
    prepared_rows: int = 60  # rows that carry dropdowns and borders from the start
    optional: bool = False  # workbooks made before the sheet came lack it, which is no problem

    @property
    def key(self) -> tuple[str, ...]:
        """Code names of the key columns, in column order."""
        return tuple(c.code for c in self.columns if c.key)

    def column(self, code: str) -> Column:
        """The column of that code name. Raises KeyError."""
        for column in self.columns:
            if column.code == code:
                return column
        raise KeyError(f"{self.code}.{code}")

    def has(self, code: str) -> bool:
        """True if the sheet has a column of that code name."""
        return any(c.code == code for c in self.columns)


@dataclass(frozen=True)
class Setting:
    """One row of 设置: 项目 (label), 值, 说明 (note)."""

    label: str
    code: str
    kind: Kind = Kind.TEXT
    note: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    writer: Writer = Writer.TEACHER


# ---- vocabularies -------------------------------------------------------------------------------------

ACTIVE, MOVED_IN, MOVED_OUT, ON_LEAVE, DROPPED_OUT = "在读", "转入", "转出", "休学", "流失"
STATUSES = (ACTIVE, MOVED_IN, MOVED_OUT, ON_LEAVE, DROPPED_OUT)
ABSENT, EXEMPT, DEFERRED = "缺考", "免考", "缓考"
ABSENCES = (ABSENT, EXEMPT, DEFERRED)
YES, NO, PENDING = "是", "否", "待定"
YES_NO = (YES, NO)
DECISIONS = (PENDING, YES, NO)
MARKS, LEVELS = "分数", "等级"
STRUGGLING, DUAL, WATCH = "学困", "双困", "关注"
CASE_TYPES = (STRUGGLING, DUAL, WATCH)
STILL, NO_LONGER = "仍符合", "不再符合"
GRADE_REFERENCE, CLASS_REFERENCE = "年级", "本班"
REFERENCES = (GRADE_REFERENCE, CLASS_REFERENCE)
GENERAL_SUBJECT = "综合"
MIDTERM, FINAL = "期中", "期末"
PHASES = (MIDTERM, FINAL)
BY_EXAM, BY_PROCESS = "考试", "过程评价"
CONVERTED, NOT_CONVERTED, TRANSFERRED, ADDED = "已转化", "未转化", "转出", "新增"
NOT_SAT, AWAITING_NORMS, NOT_APPLICABLE = "未考", "待常模", "不适用"
STATES = (CONVERTED, NOT_CONVERTED, ABSENT, TRANSFERRED, ADDED, NOT_SAT, AWAITING_NORMS, NOT_APPLICABLE)
CARE = ("留守", "单亲", "经济困难", "残疾", "随迁", "其他")
SIGNAL_SOURCES = ("教师", "同学", "家长", "本人")
BEHAVIOUR = "行为"
SIGNAL_CATEGORIES = ("学习态度", "学习方法", "学习习惯", "学习兴趣", BEHAVIOUR, "心理", "生活", "家庭经济")
WEAK_FOUNDATION = "基础薄弱"
CAUSES = (WEAK_FOUNDATION, *SIGNAL_CATEGORIES, "身体健康")
MEASURE_CATEGORIES = ("教学", "学法", "心理", "生活", "家校", "活动", "资助", "激励")
GOAL_LEVELS = ("未达成", "基本达成", "达成", "超额")
PLAN_STATES = ("草案", "执行", "调整", "完成", "终止")
PEER, BY_TEACHER = "生生", "师生"
PAIR_FORMS = (PEER, BY_TEACHER, "志愿者", "家长志愿者")
PROPOSED, ENDED = "拟定", "结束"
PAIR_STATES = (PROPOSED, "进行", ENDED)
ROLES = ("组长", "学科代表", "记录员", "材料员", "组员")
SESSION_FORMS = (
    "一对一",
    "小组",
    "课后辅导",
    "课外辅导班",
    "心理辅导",
    "家访",
    "家长沟通",
    "生活关爱",
    "学习方法指导",
    "技能培训",
    "师生谈话",
)
SESSION_STAFF = ("教师", "学习顾问", "心理教师", "小帮手", "志愿者", "家长志愿者")
ACTIVITIES = (
    "家长会",
    "心理健康讲座",
    "技能培训",
    "实践活动",
    "学科竞赛",
    "兴趣课",
    "领导小组会议",
    "家长志愿者活动",
)
AUDIT_RESULTS = ("落实", "部分", "未落实", NOT_APPLICABLE)
DOCUMENTS = ("转化方案", "中期总结", "期末总结")
DOCUMENT_STATES = ("草稿", "已定稿")
ERROR, REMINDER = "错误", "提醒"
ISSUE_LEVELS = (ERROR, REMINDER)
EVIDENCE = ("作业", "课堂", "口头", "辅导小测", "观察")
RELIABLE_UP, RELIABLE_DOWN, UP, DOWN, LEVEL = "可靠进步", "可靠退步", "上升", "下降", "持平"
TRENDS = (RELIABLE_UP, UP, LEVEL, DOWN, RELIABLE_DOWN)

_P, _D, _T = Writer.PROGRAM, Writer.DRAFT, Writer.TEACHER


def _pupil_id(*, key: bool = False, writer: Writer = Writer.TEACHER) -> Column:
    return Column(
        "学号",
        "pupil_id",
        Kind.ID,
        writer,
        key=key,
        width=14,
        hint="按文本填写，前面的 0 不会丢；也可以只填姓名。",
    )


def _name(writer: Writer = Writer.TEACHER) -> Column:
    return Column("姓名", "name", Kind.TEXT, writer, width=10, hint="从下拉框选名册里的姓名；同名的请填学号。")


def _subject(*, key: bool = False, writer: Writer = Writer.TEACHER, hint: str = "") -> Column:
    return Column("学科", "subject", Kind.TEXT, writer, key=key, width=8, hint=hint or "与“任课”表里的学科同名。")


TEACHING = Sheet(
    "任课",
    "teaching",
    "tblTeaching",
    Writer.TEACHER,
    (
        Column("学科", "subject", key=True, width=10, hint="每个学科一行；成绩表有同名的一列。"),
        Column("任课教师", "teacher", width=12),
        Column("满分", "full_points", Kind.NUMBER, unit="分", low=0, width=8, hint="留空表示不检查上限。"),
        Column("计分方式", "scoring", Kind.CHOICE, choices=(MARKS, LEVELS), default=MARKS, width=10),
        Column("等级", "levels", width=22, hint="从高到低，用逗号隔开，例如：优,良,合格,待合格。"),
    ),
    about="本班各学科的教师、满分和计分方式。",
    landscape=False,
    prepared_rows=15,
)

ROSTER = Sheet(
    "名册",
    "roster",
    "tblRoster",
    Writer.TEACHER,
    (
        Column("学号", "pupil_id", Kind.ID, key=True, width=14, hint="按文本填写，前面的 0 不会丢。"),
        Column("姓名", "name", width=10),
        Column("性别", "gender", Kind.CHOICE, choices=("男", "女"), width=6),
        Column("状态", "status", Kind.CHOICE, choices=STATUSES, default=ACTIVE, width=8),
        Column("状态日期", "status_date", Kind.DATE, width=12, hint="转入、转出、休学、流失的日期。"),
        Column("座位", "seat", width=8, hint="第几排-第几列，例如 3-4。"),
        Column("兴趣爱好", "interests", width=14, hint="多项用顿号隔开。"),
        Column("志愿帮扶", "volunteer", Kind.CHOICE, choices=YES_NO, width=8),
        Column("擅长学科", "good_at", width=12, hint="多项用顿号隔开。"),
        Column("关爱类别", "care", Kind.CHOICES, choices=CARE, width=12, hint="多项用顿号隔开。"),
        Column("家长", "parent", width=10),
        Column("电话", "phone", width=14),
        Column("不宜结对", "avoid", Kind.IDS, width=16, hint="不宜与其结对的同学学号，多个用顿号隔开。"),
        Column("备注", "remark", width=16),
    ),
    about="全班学生，其他各表都以此为准。",
)

SCORES = Sheet(
    "成绩",
    "scores",
    "tblScores",
    Writer.TEACHER,
    (
        Column("考试", "exam", key=True, width=12, hint="考试名称，与“设置”里的一致。"),
        Column("学号", "pupil_id", Kind.ID, key=True, width=14, hint="按文本填写；也可以只填姓名。"),
        _name(),
    ),
    about="每次考试每名学生一行，每个学科一列；缺考、免考、缓考照实填写。",
    by_subject=True,
    landscape=False,
    prepared_rows=240,
)
SCORE_HINT = "填分数或等级；没考的填 缺考、免考 或 缓考；留空表示未登记。"

NORMS = Sheet(
    "常模",
    "norms",
    "tblNorms",
    Writer.OFFICE,
    (
        Column("年级", "grade", key=True, width=8, writer=_P),
        Column("考试", "exam", key=True, width=12, writer=_P),
        Column("学科", "subject", key=True, width=8, writer=_P),
        Column("人数", "n", Kind.INTEGER, _P, unit="人", low=0, width=8),
        Column("均分", "mean", Kind.NUMBER, _P, width=9),
        Column("标准差", "sd", Kind.NUMBER, _P, low=0, width=9),
        Column("识别比例", "share", Kind.SHARE, _P, width=9),
        Column("识别线", "cut", Kind.SCORE, _P, width=8),
        Column("线上次分", "next", Kind.SCORE, _P, width=9),
        Column("基线考试", "baseline_exam", width=12, writer=_P),
        Column("与基线相关", "baseline_r", Kind.NUMBER, _P, width=10),
        Column("分布", "distribution", width=30, writer=_P),
    ),
    about="教务处下发的年级数据，请勿改动。",
    prepared_rows=30,
)

OBSERVATIONS = Sheet(
    "观察",
    "observations",
    "tblObservations",
    Writer.TEACHER,
    (
        Column("日期", "date", Kind.DATE, width=12),
        _pupil_id(),
        _name(),
        _subject(hint="留空表示不分学科。"),
        Column("来源", "source", Kind.CHOICE, choices=SIGNAL_SOURCES, width=8),
        Column("类别", "category", Kind.CHOICE, choices=SIGNAL_CATEGORIES, width=10),
        Column("程度", "severity", Kind.INTEGER, low=1, high=5, width=6, hint="1 到 5，5 最严重。"),
        Column("描述", "text", width=30),
        Column("主动性", "initiative", Kind.INTEGER, low=1, high=5, width=8, hint="1 到 5，5 最好；学习兴趣用。"),
        Column("兴趣", "interest", Kind.INTEGER, low=1, high=5, width=6, hint="1 到 5，5 最好；学习兴趣用。"),
        Column(
            "参与度",
            "participation",
            Kind.INTEGER,
            low=1,
            high=5,
            width=8,
            hint="1 到 5，5 最好；学习兴趣用。",
        ),
    ),
    about="教师、同学、家长、本人反映的情况，一事一行。",
    events=True,
)

CASELOAD = Sheet(
    "学困生",
    "caseload",
    "tblCaseload",
    Writer.DRAFT,
    (
        _pupil_id(key=True, writer=_P),
        _name(_P),
        _subject(key=True, writer=_P),
        Column("类型", "case_type", Kind.CHOICE, _P, choices=CASE_TYPES, width=7),
        Column("依据", "basis", writer=_P, width=44),
        Column("基线成绩", "baseline", Kind.SCORE, _P, width=9),
        Column("与均分差", "from_mean", Kind.NUMBER, _P, unit="分", width=9),
        Column("标准分", "z", Kind.NUMBER, _P, width=8),
        Column("百分位", "percentile", Kind.SHARE, _P, width=8),
        Column("确认", "confirmed", Kind.CHOICE, _D, choices=DECISIONS, default=PENDING, width=7),
        Column("责任教师", "teacher", writer=_D, width=10),
        Column("识别日期", "screened_on", Kind.DATE, _D, width=12),
        Column("现状", "standing", Kind.CHOICE, _P, choices=(STILL, NO_LONGER), width=9),
        Column("参照", "reference", Kind.CHOICE, _P, choices=REFERENCES, width=7),
        Column("冻结日期", "frozen_on", Kind.DATE, _P, width=12),
    ),
    about="按制度识别出的名单，由教师确认。",
)

PROCESS = Sheet(
    "过程评价",
    "process",
    "tblProcess",
    Writer.TEACHER,
    (
        Column("日期", "date", Kind.DATE, width=12),
        _pupil_id(),
        _name(),
        _subject(),
        Column("阶段", "phase", Kind.CHOICE, choices=PHASES, width=7),
        Column("目标达成", "goal", Kind.CHOICE, choices=GOAL_LEVELS, width=10),
        Column("依据", "evidence", Kind.CHOICE, choices=EVIDENCE, width=10),
        Column("评价人", "by", width=10),
    ),
    about="不靠考试的评价，只记帮扶对象。",
    events=True,
)

PROFILES = Sheet(
    "档案",
    "profiles",
    "tblProfiles",
    Writer.DRAFT,
    (
        _pupil_id(key=True, writer=_D),
        _name(_P),
        Column("困难原因", "causes", Kind.CHOICES, _D, choices=CAUSES, width=22, hint="多项用顿号隔开。"),
        Column("家庭状况", "family", width=18),
        Column("兴趣爱好", "interests", writer=_D, width=14),
        Column("优势", "strengths", width=16),
        Column("学习态度", "attitude", width=16),
        Column("学习方法", "methods", width=16),
        Column("建档日期", "created_on", Kind.DATE, _D, width=12),
        Column("建档人", "created_by", writer=_D, width=10),
        Column("反馈单日期", "slip_on", Kind.DATE, _P, width=12),
        Column("心理档案日期", "psych_on", Kind.DATE, _P, width=13),
        Column("资助日期", "aid_on", Kind.DATE, _P, width=12),
    ),
    about="每名帮扶对象一份档案。",
)

PLANS = Sheet(
    "帮扶计划",
    "plans",
    "tblPlans",
    Writer.DRAFT,
    (
        Column("计划号", "plan_id", Kind.TEXT, _D, key=True, width=18, hint="学号-学科；可留空，由程序填写。"),
        Column("措施号", "measure_id", Kind.TEXT, _D, key=True, width=8),
        _pupil_id(writer=_D),
        _name(_D),
        _subject(writer=_D),
        Column("困难原因", "causes", Kind.CHOICES, _D, choices=CAUSES, width=16),
        Column("目标", "goal", writer=_D, width=24),
        Column("目标值", "goal_value", Kind.SCORE, _D, width=8),
        Column("措施", "measure", writer=_D, width=30),
        Column("类别", "category", Kind.CHOICE, _D, choices=MEASURE_CATEGORIES, width=7),
        Column("频次", "per_week", Kind.NUMBER, _D, unit="次/周", low=0, width=9),
        Column("责任人", "responsible", writer=_D, width=10),
        Column("资源", "resources", writer=_D, width=14),
        Column("学生参与", "with_pupil", Kind.CHOICE, choices=YES_NO, width=8),
        Column("家长参与", "with_parents", Kind.CHOICE, choices=YES_NO, width=8),
        Column("开始", "starts", Kind.DATE, _D, width=12),
        Column("结束", "ends", Kind.DATE, _D, width=12),
        Column("状态", "state", Kind.CHOICE, _D, choices=PLAN_STATES, default="草案", width=7),
        Column("调整说明", "adjustment", width=18),
    ),
    about="每条措施一行；程序起草，教师修改。",
)

PAIRS = Sheet(
    "结对",
    "pairs",
    "tblPairs",
    Writer.DRAFT,
    (
        Column("结对号", "pair_id", Kind.TEXT, _D, key=True, width=26, hint="可留空，由程序填写。"),
        Column("帮扶对象学号", "tutee_id", Kind.ID, _D, width=14),
        Column("帮扶对象", "tutee", writer=_D, width=10),
        _subject(writer=_D),
        Column("形式", "form", Kind.CHOICE, _D, choices=PAIR_FORMS, width=10),
        Column("小帮手学号", "tutor_id", Kind.ID, _D, width=14),
        Column("小帮手", "tutor", writer=_D, width=10),
        Column("匹配分", "match", Kind.INTEGER, _D, width=8),
        Column("理由", "reason", writer=_D, width=34),
        Column("确认", "confirmed", Kind.CHOICE, _D, choices=DECISIONS, default=PENDING, width=7),
        Column("开始", "starts", Kind.DATE, _D, width=12),
        Column("状态", "state", Kind.CHOICE, _D, choices=PAIR_STATES, default=PROPOSED, width=7),
    ),
    about="小帮手与帮扶对象；程序推荐，教师确认。",
)

GROUPS = Sheet(
    "小组",
    "groups",
    "tblGroups",
    Writer.DRAFT,
    (
        Column("组号", "group_id", Kind.TEXT, _D, width=7),
        Column("组名", "group_name", writer=_D, width=12),
        _pupil_id(key=True, writer=_D),
        _name(_D),
        Column("角色", "role", Kind.CHOICE, _D, choices=ROLES, width=10),
    ),
    about="互助小组，全班每人在且只在一组。",
    landscape=False,
)

CONTEST = Sheet(
    "小组评比",
    "contest",
    "tblContest",
    Writer.PROGRAM,
    (
        Column("组号", "group_id", Kind.TEXT, _P, key=True, width=8),
        Column("阶段", "phase", Kind.CHOICE, _P, key=True, choices=PHASES, width=8),
        Column("平均进步", "mean_change", Kind.NUMBER, _P, unit="标准分", width=12),
        Column("辅导次数", "sessions", Kind.INTEGER, _P, unit="次", width=10),
        Column("得分", "score", Kind.NUMBER, _P, width=10),
    ),
    about="各组的进步与互助得分。",
    landscape=False,
    prepared_rows=30,
)

SESSIONS = Sheet(
    "辅导记录",
    "sessions",
    "tblSessions",
    Writer.TEACHER,
    (
        Column("日期", "date", Kind.DATE, width=12),
        _pupil_id(),
        _name(),
        _subject(),
        Column("形式", "form", Kind.CHOICE, choices=SESSION_FORMS, width=12),
        Column("时长", "minutes", Kind.INTEGER, unit="分钟", low=1, high=600, width=10),
        Column("辅导人", "by", width=10),
        Column("身份", "staff", Kind.CHOICE, choices=SESSION_STAFF, width=10),
        Column("内容", "content", width=30),
        Column("效果", "effect", Kind.INTEGER, low=1, high=5, width=6, hint="1 到 5，5 最好。"),
        Column("下一步", "next_step", width=20),
    ),
    about="每次辅导一行。",
    events=True,
    prepared_rows=400,
)

ACTIVITY = Sheet(
    "活动",
    "activities",
    "tblActivities",
    Writer.TEACHER,
    (
        Column("日期", "date", Kind.DATE, width=12),
        Column("类别", "category", Kind.CHOICE, choices=ACTIVITIES, width=14),
        Column("主题", "topic", width=28),
        Column("主持人", "host", width=10),
        Column("参加人数", "attendance", Kind.INTEGER, unit="人", low=0, width=10),
        Column("备注", "remark", width=24),
    ),
    about="家长会、讲座、培训等集体活动。",
    events=True,
)

CONVERSIONS = Sheet(
    "转化",
    "conversions",
    "tblConversions",
    Writer.PROGRAM,
    (
        _pupil_id(key=True, writer=_P),
        _name(_P),
        _subject(key=True, writer=_P),
        Column("类型", "case_type", Kind.CHOICE, _P, choices=CASE_TYPES, width=7),
        Column("基线成绩", "baseline", Kind.SCORE, _P, width=9),
        Column("期中成绩", "midterm", Kind.SCORE, _P, width=9),
        Column("期末成绩", "final", Kind.SCORE, _P, width=9),
        Column("基线标准分", "baseline_z", Kind.NUMBER, _P, width=10),
        Column("期中标准分", "midterm_z", Kind.NUMBER, _P, width=10),
        Column("期末标准分", "final_z", Kind.NUMBER, _P, width=10),
        Column("期中状态", "midterm_state", Kind.CHOICE, _P, choices=STATES, width=9),
        Column("期末状态", "final_state", Kind.CHOICE, _P, choices=STATES, width=9),
        Column("期中自然概率", "midterm_chance", Kind.SHARE, _P, width=12),
        Column("期末自然概率", "final_chance", Kind.SHARE, _P, width=12),
    ),
    about="冻结名单上每名学生每科的转化情况。",
)

CONVERSION_STATS = Sheet(
    "转化统计",
    "conversion_stats",
    "tblConversionStats",
    Writer.PROGRAM,
    (
        _subject(key=True, writer=_P),
        Column("任课教师", "teacher", writer=_P, width=10),
        Column("阶段", "phase", Kind.CHOICE, _P, key=True, choices=PHASES, width=7),
        Column("参照", "reference", Kind.CHOICE, _P, choices=REFERENCES, width=7),
        Column("基数", "base", Kind.INTEGER, _P, unit="人", width=7),
        Column("已转化", "converted", Kind.INTEGER, _P, unit="人", width=8),
        Column("未转化", "not_converted", Kind.INTEGER, _P, unit="人", width=8),
        Column("缺考", "absent", Kind.INTEGER, _P, unit="人", width=7),
        Column("转出", "transferred", Kind.INTEGER, _P, unit="人", width=7),
        Column("新增", "added", Kind.INTEGER, _P, unit="人", width=7),
        Column("转化率", "rate", Kind.SHARE, _P, width=8),
        Column("区间下限", "low", Kind.SHARE, _P, width=9),
        Column("区间上限", "high", Kind.SHARE, _P, width=9),
        Column("目标", "target", Kind.SHARE, _P, width=7),
        Column("达标", "met", Kind.CHOICE, _P, choices=(*YES_NO, NOT_APPLICABLE), width=8),
        Column("预期自然转化率", "expected", Kind.SHARE, _P, width=14),
        Column("净转化率", "net", Kind.SHARE, _P, width=9),
        Column("偶然达标概率", "luck", Kind.SHARE, _P, width=12),
        Column("说明", "note", writer=_P, width=36),
    ),
    about="各学科各阶段的转化率，连同区间与预期。",
    prepared_rows=30,
)

PROGRESS = Sheet(
    "进步",
    "progress",
    "tblProgress",
    Writer.PROGRAM,
    (
        _pupil_id(key=True, writer=_P),
        _name(_P),
        _subject(key=True, writer=_P),
        Column("阶段", "phase", Kind.CHOICE, _P, key=True, choices=PHASES, width=7),
        Column("成绩", "score", Kind.SCORE, _P, width=8),
        Column("标准分", "z", Kind.NUMBER, _P, width=8),
        Column("变化", "change", Kind.NUMBER, _P, unit="标准分", width=10),
        Column("可靠变化", "rci", Kind.NUMBER, _P, width=9),
        Column("趋势", "trend", Kind.CHOICE, _P, choices=TRENDS, width=10),
        Column("兴趣前", "interest_before", Kind.NUMBER, _P, width=8),
        Column("兴趣后", "interest_after", Kind.NUMBER, _P, width=8),
        Column("辅导次数", "sessions", Kind.INTEGER, _P, unit="次", width=9),
        Column("辅导分钟", "minutes", Kind.INTEGER, _P, unit="分钟", width=9),
    ),
    about="每名帮扶对象的成绩变化与辅导量。",
)

AUDIT = Sheet(
    "落实",
    "audit",
    "tblAudit",
    Writer.DRAFT,
    (
        Column("条款", "clause", Kind.TEXT, _P, key=True, width=10),
        Column("要求", "requirement", writer=_P, width=36),
        Column("佐证", "evidence", width=24, hint="日期和做了什么，例如：2026-10-12 召开家长会。"),
        Column("结果", "result", Kind.CHOICE, _P, choices=AUDIT_RESULTS, width=9),
        Column("证据", "figures", writer=_P, width=30),
        Column("缺口", "gap", Kind.LINK, _P, width=30),
    ),
    about="制度逐条与证据对照。",
)

WRITTEN = Sheet(
    "书面总结",
    "written",
    "tblWritten",
    Writer.DRAFT,
    (
        _subject(key=True, writer=_D),
        Column("教师", "teacher", writer=_D, width=10),
        Column("文种", "document", Kind.CHOICE, _D, key=True, choices=DOCUMENTS, width=10),
        Column("正文", "text", writer=_D, width=70),
        Column("状态", "state", Kind.CHOICE, _D, choices=DOCUMENT_STATES, default="草稿", width=9),
        Column("提交日期", "handed_in_on", Kind.DATE, width=12),
    ),
    about="转化方案、中期总结、期末总结。",
    prepared_rows=20,
)

# What a column of an imported file may be said to be; another text is the name of a subject.
LEAVE_OUT = "不导入"
COLUMN_WORDS = (
    LEAVE_OUT, "学号", "姓名", "年级", "班级", "考试", "学科", "成绩", "性别", "状态", "座位", "家长", "电话", "备注",
    "语文", "数学", "英语", "科学", "道德与法治", "音乐", "美术", "体育", "信息科技", "劳动", "综合实践",
)  # fmt: skip

MAPPING = Sheet(
    "导入对照",
    "mapping",
    "tblMapping",
    Writer.PROGRAM,
    (
        Column("表头式样", "shape", writer=_P, key=True, width=11),
        Column("列", "place", writer=_P, key=True, width=5),
        Column("表头", "label", writer=_P, width=16),
        Column("样例", "sample", writer=_P, width=20),
        Column("认作", "found", writer=_P, width=20),
        Column(
            "改为",
            "chosen",
            choices=COLUMN_WORDS,
            width=14,
            hint="认错了才填：选一项，或写学科名；再导入一次就照此办理，以后同样表头的文件也一样。",
        ),
        Column("文件", "file", writer=_P, width=20),
    ),
    about="导入的文件里每一列被认作什么；认错了填“改为”。",
    prepared_rows=20,
    optional=True,
)

ISSUES = Sheet(
    "数据问题",
    "issues",
    "tblIssues",
    Writer.PROGRAM,
    (
        Column("级别", "level", Kind.CHOICE, _P, choices=ISSUE_LEVELS, width=7),
        Column("位置", "place", Kind.LINK, _P, width=22),
        Column("问题", "problem", writer=_P, width=44),
        Column("怎么改", "mend", writer=_P, width=40),
        Column("编号", "rule", writer=_P, width=20),
    ),
    about="程序发现的问题，点“位置”跳到单元格。",
    events=True,
)

LOG = Sheet(
    "日志",
    "log",
    "tblLog",
    Writer.SYSTEM,
    (
        Column("时间", "at", Kind.DATETIME, Writer.SYSTEM, width=18),
        Column("操作", "action", writer=Writer.SYSTEM, width=16),
        Column("结果", "result", writer=Writer.SYSTEM, width=50),
        Column("用时", "seconds", Kind.NUMBER, Writer.SYSTEM, unit="秒", width=9),
    ),
    about="每次改动一行，只增不改。",
    events=True,
    landscape=False,
)

SETTINGS = Sheet(
    "设置",
    "settings",
    "tblSettings",
    Writer.TEACHER,
    (
        Column("项目", "item", writer=Writer.SYSTEM, key=True, width=18),
        Column("值", "value", width=26),
        Column("说明", "note", writer=Writer.SYSTEM, width=60),
    ),
    about="学校、学期、考试名称和本班的数字。",
    landscape=False,
    prepared_rows=0,
)

SETTING_ROWS = (
    Setting("学校", "school"),
    Setting("学期", "term", note="例如 2026秋。"),
    Setting("年级", "grade", note="例如 三年级。"),
    Setting("班级", "class_name", note="例如 2班；同一年级内不重复。"),
    Setting("班主任", "homeroom_teacher"),
    Setting("制度", "policy", note="制度编号或学校自己的制度文件名。", default="S7"),
    Setting("学期开始", "term_start", Kind.DATE),
    Setting("学期结束", "term_end", Kind.DATE),
    Setting("上次考试", "previous_exam", note="用来看成绩是否下降；可留空。"),
    Setting("基线考试", "baseline_exam", note="识别所依据的考试或入学观察，与成绩表里的名称一致。"),
    Setting("期中考试", "midterm_exam", note="没有期中考试就留空，改用过程评价。"),
    Setting("期末考试", "final_exam"),
    Setting("基线日期", "baseline_date", Kind.DATE),
    Setting("期中日期", "midterm_date", Kind.DATE),
    Setting("期末日期", "final_date", Kind.DATE),
    Setting(
        "期中依据",
        "midterm_basis",
        Kind.CHOICE,
        "留空：填了期中考试就是考试，否则过程评价。",
        choices=(BY_EXAM, BY_PROCESS),
    ),
    Setting(
        "期末依据",
        "final_basis",
        Kind.CHOICE,
        "留空：填了期末考试就是考试，否则过程评价。",
        choices=(BY_EXAM, BY_PROCESS),
    ),
    Setting("导入文件", "import_file", note="打不开选择文件的窗口时，在这里写文件的完整路径。"),
    Setting("合并文件夹", "merge_folder", note="打不开选择文件夹的窗口时，在这里写文件夹的完整路径。"),
    Setting("识别比例", "share", Kind.SHARE, "留空用制度的数；例如 20%。"),
    Setting("期中目标", "midterm_target", Kind.SHARE, "留空用制度的数；例如 40%。"),
    Setting("期末目标", "final_target", Kind.SHARE, "留空用制度的数；例如 60%。"),
    Setting("每名小帮手最多对象数", "max_tutees", Kind.INTEGER, "留空用制度的数。", low=1, high=10),
    Setting(
        "最长辅导间隔天数",
        "max_gap_days",
        Kind.INTEGER,
        "超过这些天没有辅导的学生会在首页提示；默认 14。",
        low=1,
        high=120,
    ),
    Setting(
        "全零视为缺考",
        "zeros_absent",
        Kind.CHOICE,
        "一名学生一次考试各科都是 0 时按缺考计；默认 是。",
        choices=YES_NO,
    ),
    Setting("组长", "leader", note="领导小组组长。"),
    Setting("组员", "members", note="领导小组组员，多人用顿号隔开。"),
    Setting("教务", "academic_office"),
    Setting("德育", "moral_office"),
    Setting("心理教师", "counsellor"),
    Setting("学习顾问", "study_adviser"),
    Setting("冻结校验", "freeze_check", note="程序填写，请勿改动。", writer=Writer.SYSTEM),
    Setting("编组校验", "group_check", note="程序填写，请勿改动。", writer=Writer.SYSTEM),
    Setting(
        "模板版本",
        "schema_version",
        Kind.INTEGER,
        "程序填写，请勿改动。",
        default=str(SCHEMA_VERSION),
        writer=Writer.SYSTEM,
    ),
)

# Tabs in the order of the term; 首页, 汇总 and 使用说明 are pages without a table (workbook.template).
HOME, SUMMARY, GUIDE = "首页", "汇总", "使用说明"
TABLES: tuple[Sheet, ...] = (
    SETTINGS,
    TEACHING,
    ROSTER,
    SCORES,
    NORMS,
    OBSERVATIONS,
    CASELOAD,
    PROFILES,
    PLANS,
    PAIRS,
    GROUPS,
    CONTEST,
    SESSIONS,
    ACTIVITY,
    PROCESS,
    CONVERSIONS,
    CONVERSION_STATS,
    PROGRESS,
    AUDIT,
    WRITTEN,
    MAPPING,
    ISSUES,
    LOG,
)
TAB_ORDER: tuple[str, ...] = (
    HOME,
    *(s.label for s in TABLES if s not in (MAPPING, ISSUES, LOG)),
    SUMMARY,
    MAPPING.label,
    ISSUES.label,
    LOG.label,
    GUIDE,
)
# Named cells through which the macros and Python talk: the status line, and what a picker chose.
STATUS_CELL, PICKED_CELL, RUNNING_CELL = "XB_STATUS", "XB_PICKED", "XB_SAY_RUNNING"
BY_LABEL: dict[str, Sheet] = {s.label: s for s in TABLES}


def setting(code: str) -> Setting:
    """The row of 设置 with that code name. Raises KeyError."""
    for row in SETTING_ROWS:
        if row.code == code:
            return row
    raise KeyError(code)
