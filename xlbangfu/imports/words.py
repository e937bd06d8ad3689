"""The words that headers and closing rows are written in, as data: which column is what, which row is no pupil.

A new synonym is one more word here. Source: spec §3.1 (headers are matched by a table of synonyms).
"""

from __future__ import annotations

import re
from functools import lru_cache

from xlbangfu.programme.numbers import clean_text
from xlbangfu.schema import ROSTER

# Role → its header words, the best first: of two columns of one role the better word counts.
ROLE_WORDS: dict[str, tuple[str, ...]] = {
    "pupil_id": (
        "学号", "学生学号", "学籍号", "全国学籍号", "学籍辅号", "个人标识码", "学生编号", "学生号", "考号", "考生号",
        "准考证号", "准考证", "考籍号",
    ),
    "name": ("姓名", "学生姓名", "名字", "学生名字", "考生姓名", "考生", "学生"),
    "grade": ("年级", "年级名称", "所在年级", "就读年级", "年段"),
    "class_name": ("班级", "班级名称", "班别", "所在班级", "就读班级", "行政班", "行政班级", "教学班", "班"),
    "gender": ("性别",),
    "exam": ("考试", "考试名称", "考试名", "测试名称", "测验名称", "考次"),
    "subject": ("学科", "科目", "课程", "学科名称", "科目名称", "课程名称"),
    "teacher": ("任课教师", "任课老师", "任教教师", "任教老师", "科任教师", "科任老师", "教师", "老师", "教师姓名"),
    "full_points": ("满分", "满分值", "卷面满分", "试卷满分"),
    "scoring": ("计分方式", "记分方式", "评分方式"),
    "levels": ("等级", "等级设置", "等级名称"),
    "homeroom_teacher": ("班主任", "班主任姓名", "班主任老师"),
    "status": ("状态", "学生状态", "学籍状态", "在校状态"),
    "status_date": ("状态日期", "异动日期", "变动日期"),
    "seat": ("座位", "座次"),
    "interests": ("兴趣爱好", "爱好", "兴趣"),
    "volunteer": ("志愿帮扶",),
    "good_at": ("擅长学科", "优势学科"),
    "care": ("关爱类别", "关爱类型"),
    "parent": ("家长", "家长姓名", "监护人", "监护人姓名"),
    "phone": ("电话", "联系电话", "家长电话", "联系方式", "手机", "手机号", "手机号码", "电话号码"),
    "avoid": ("不宜结对",),
    "remark": ("备注", "说明"),
}  # fmt: skip

WEAK_IDS = frozenset({"考号", "考生号", "准考证号", "准考证", "考籍号"})  # given anew for each exam

KNOWN_SUBJECTS = (
    "语文", "数学", "英语", "外语", "日语", "俄语", "物理", "化学", "生物", "生物学", "道德与法治", "道法", "品德",
    "思想品德", "思想政治", "政治", "历史", "地理", "历史与社会", "科学", "音乐", "美术", "艺术", "体育", "体育与健康",
    "信息技术", "信息科技", "信息", "通用技术", "劳动", "劳动技术", "综合实践", "综合实践活动", "书法", "阅读", "写作",
    "口语", "听力", "心理健康", "健康",
)  # fmt: skip

# Names of one and the same subject; a file and 任课 may use different ones.
SUBJECT_ALIASES = (
    frozenset({"道德与法治", "道法"}),
    frozenset({"品德", "思想品德"}),
    frozenset({"思想政治", "政治"}),
    frozenset({"生物", "生物学"}),
    frozenset({"体育", "体育与健康"}),
    frozenset({"信息技术", "信息科技", "信息"}),
    frozenset({"劳动", "劳动技术"}),
    frozenset({"综合实践", "综合实践活动"}),
)

SCORE_WORDS = frozenset(
    {"成绩", "得分", "分数", "原始分", "卷面分", "卷面成绩", "考试成绩", "考分", "实得分", "分", "等第", "等级"}
)
PART_WORDS = frozenset({"平时", "期中", "期末", "总评", "月考", "单元", "过程", "作业"})  # several marks of one subject
_TOTAL = re.compile(
    r"总分|合计|总计|总成绩|平均|均分|名次|排名|位次|班排|年排|级排|校排|段排|区排|县排|市排|联排|班名|级名|校名次|进退"
    r"|(?:三|两|主|文|理|语数外|语数英)(?:大)?(?:主)?(?:科|综)(?:\Z|总|分)|\A(?:语数外|语数英|文综|理综|全科|[二三四五六七八九]科)"
)
_OTHER_COLUMNS = re.compile(
    r"\A(?:序号|编号|行号|no\.?|id|学校|学校名称|学校代码|班级代码|年级代码|考场|考场号|座位号|座号|身份证.*|证件.*|出生.*|年龄|"
    r"民族|籍贯|住址|家庭住址|地址|邮编|入学.*|届别|学段|校区|学生人数|人数|日期|时间)\Z"
)
_BRACKETED = re.compile(r"[(\[{【<〔].*?[)\]}】>〕]")
_SCORE_ENDING = re.compile(r"(?:考试成绩|卷面成绩|原始分|卷面分|成绩|得分|分数)\Z")

_STATISTIC = (
    r"(?:班级?|本班|全班|年级|全年级|级|学校|全校|全区|区|总|单科|各科)?"
    r"(?:总?平均|均|最高|最低|及格|优秀|优良|良好|低分|不及格|合格|待合格|参考|实考|应考|缺考|总|满)(?:分数?|率|人数|数|值|成绩|线)?"
    r"|(?:班级?|年级|全校)?(?:标准差|中位数|众数|方差|极差|难度|区分度|总计|合计|小计|累计|总人数|人数|比例|名次|排名)"
    r"|离均差|以下空白|平均"
)
_CLOSING = (
    r"(?:制表|填表|统计|审核|打印|核对|校对|录入|登分|教务处?|班主任|任课教师|任课老师|科任教师|阅卷|日期|时间|单位|学校|说明|备注|注|附)"
    r"[^:]{0,6}:.*|(?:制表|填表|审核|统计|核对|登分)人.*|备注|说明|第\d+页.*|共\d+页.*"
)
_TOTAL_ROW = re.compile(rf"(?:{_STATISTIC}|{_CLOSING}):?\Z")


def header_key(value: object) -> str:
    """A header cell for comparing: folded, without blanks, stars and outer colons."""
    return re.sub(r"\s+", "", clean_text(value)).strip("*:：#·").casefold()


def bare_label(value: object) -> str:
    """A header cell without remarks in brackets, as shown: 「语文（满分120）」 gives 「语文」."""
    text = re.sub(r"\s+", "", clean_text(value)).strip("*:：#·")
    return _BRACKETED.sub("", text) or text


_ROLES: dict[str, tuple[str, int]] = {
    header_key(word): (role, rank) for role, words in ROLE_WORDS.items() for rank, word in enumerate(words)
}
IDENTITY_ROLES = frozenset({"pupil_id", "name"})
ROSTER_ROLES = frozenset(c.code for c in ROSTER.columns)
_KNOWN_SUBJECTS = frozenset(KNOWN_SUBJECTS)


@lru_cache(maxsize=8192)
def role_of(value: str) -> tuple[str, int] | None:
    """The role that a header cell names, and how good the word is (0 = best); None for another word."""
    return _ROLES.get(header_key(value)) or _ROLES.get(header_key(bare_label(value)))


def subject_label(value: object) -> str:
    """The subject that a header cell names: 「语文成绩」, 「语文(120)」 give 「语文」; other words as they are."""
    bare = bare_label(value)
    return _SCORE_ENDING.sub("", bare) or bare


def is_known_subject(label: str) -> bool:
    """True for the usual names of subjects."""
    return label in _KNOWN_SUBJECTS


def is_score_word(value: object) -> bool:
    """True for 「成绩」, 「得分」…: the mark itself under a subject's name."""
    return header_key(bare_label(value)) in SCORE_WORDS


def is_part_word(value: object) -> bool:
    """True for 「平时」, 「期末」…: one of several marks under a subject's name."""
    bare = header_key(bare_label(value))
    return bare in PART_WORDS or _SCORE_ENDING.sub("", bare) in PART_WORDS


def is_total_label(value: object) -> bool:
    """True for columns that are sums, means or ranks: read, never kept (spec §3.1)."""
    return bool(_TOTAL.search(header_key(value)))


def is_other_label(value: object) -> bool:
    """True for the usual columns that are neither results nor of use: 序号, 学校代码, 考场…"""
    return bool(_OTHER_COLUMNS.match(header_key(bare_label(value))))


def is_total_text(value: object) -> bool:
    """True for the first words of a row that is no pupil: 平均分, 合计, 及格率, 制表人：…"""
    return bool(_TOTAL_ROW.match(re.sub(r"\s+", "", clean_text(value))))


def same_subject(one: str, other: str) -> bool:
    """True if two labels name one subject.

    >>> same_subject("道法", "道德与法治"), same_subject("科学", "数学")
    (True, False)
    """
    return one == other or any(one in group and other in group for group in SUBJECT_ALIASES)
