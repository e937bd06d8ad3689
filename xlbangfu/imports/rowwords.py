"""Rows that are no pupil, by their first words: 平均分, 合计, 制表人：…, 以上共45人, 满分.

A name that is such a word (平均, 满分, 合计, 应考, 方差) cannot be told from it here: whoever reads the table takes
the row for a pupil's where a 学号 stands in it. Source: spec §3.1.
"""

from __future__ import annotations

import re

from xlbangfu.imports.vocabulary import BRACKETED, KNOWN_SUBJECTS
from xlbangfu.programme.letters import solid_text

_SUBJECTS = "|".join(s for s in KNOWN_SUBJECTS if len(s) > 1)
_SCOPE = (  # 班 and 区 are surnames too: alone they count before a few words only
    rf"(?:[本全]班|班级|(?:[一二三四五六七八九]|\d)年级(?:[(]?[一二三四五六七八九十\d]{{1,3}}[)]?班)?|全?年级|全?年段|学校|[全本][校区县市]|单科|各科|学科|本页|[男女]生|{_SUBJECTS}"
    r"|[班级校区县市](?=平均|均|最高|最低|及格|合格率|优秀[率人]|优良[率人]|低分率|总分|总人数|名次|排名|参考|实考|应考))"
)
_STATISTIC = (
    rf"{_SCOPE}{{0,2}}(?:"
    r"(?:总?平均|均|最高|最低|及格|优秀|优良|良好|低分|不及格|不合格|合格|待合格|参考|参评|应考|实考|到考|缺考|应到|实到|优分|优生|达标)"
    r"(?:分数?|率|人数|人次|数|值|成绩|线|差)?"
    r"|总(?:分数?|分值|数|值|成绩|人数|人次)|满分(?:数|值)?|[高满]分(?:率|人数|段)|[A-E](?:等级?|级)?(?:率|人数)"
    r"|标准差|中位数|众数|方差|极差|难度|区分度|信度|得分率|标准分|总计|合计|小计|累计|人数|比例|名次|排名|超均率|均分差|离均差|差值|人均分?|折合分"
    r"|与(?:年级|全校|全区)(?:平均分?|均分)?(?:之?差|比较)|三率之?和|一分[三四]率|综合指数|学科指数)"
)
_FIGURE = r"\d+(?:\.\d+)?"
_COUNTS = re.compile(
    r"(?=.*\d)(?=.*[人名男女共计考到])(?:以上|全班|本班|班级|全?年级|全校|本页|其中|共|总|合|计|有|[男女]生?|学生|同学|应|实|参|缺|免|考|到|人|数|名|位|\d|[:,;、。=()/])+\Z"
)
_BAND = re.compile(
    rf"(?:[<>≥≤≧≦]=?{_FIGURE}分?|{_FIGURE}分?(?:[-~至到—]{_FIGURE})?(?:分段?|分?及?以[上下]))(?:人数|人|率|段|以[上下])*\Z|[前后]\d+(?:%|名|人).{{0,8}}\Z"
)
_WRITERS = r"制表|填表|统计|审核|打印|导出|制作|核对|校对|复核|录入|登分|登记|填报|阅卷|监考|命题"
_CLOSING = re.compile(
    rf"(?:{_WRITERS}|教务|教导|班主任|任课|科任|授课|教师|老师|家长|校长|主任|负责人|日期|时间|单位|学校|班级|年级|考试|科目|数据来源|说明|备注"
    r"|注|附|表|提示|要求|人数|[男女]生?|缺考|免考|缓考|应考|实考)[^:]{0,8}:.*"
    rf"|(?:{_WRITERS})(?:人|者|教师|老师|单位|部门|日期|时间).*"
    r"|(?:任课|科任|授课|监考|阅卷)(?:教师|老师)(?:签[名字])?|班主任(?:签[名字])?|(?:教师|老师|家长)签[名字]|签[名字]"
    r"|备注|说明|注|附注|填表说明|注意事项|注[1-9一二三]?[.、].*"
    r"|第[\d一二三四五六七八九十]+页.*|共\d+页.*|\d+/\d+页|以下空白|以下无正文|(?:[接续转]|上接|下接|承)[上下前]?[页表]?[页表]\d*|续"
    r"|(?:.{0,12}[处室校学组科])?20\d\d年\d{1,2}月(?:\d{1,2}日)?|教务处|教导处|教科室|年级组"
)
_TOTAL_ROW = re.compile(rf"(?:{_STATISTIC}(?:[:=]?{_FIGURE}[%人分名]*)?|{_CLOSING.pattern}):?\Z")
_FULL_MARKS_ROW = re.compile(
    r"(?:各科|各学科|各题|学科|科目|单科|试卷|卷面|考试|总)?(?:满分|总分值|分值)(?:值|分值|分数|标准)?(?:[:=]?\d+分?)?|full(?:marks?|scores?|points)"
)
_EDGES = "*·—–-=_#。.,;、~"


def is_total_text(value: object) -> bool:
    """True for the first words of a row that is no pupil: 平均分, 合计, 及格率, 制表人：…, 男生20人女生25人.

    >>> is_total_text("优秀率(%)"), is_total_text("（续上页）"), is_total_text("测试甲")
    (True, True, False)
    """
    solid = solid_text(value).strip(_EDGES)
    if solid.startswith("※") or _COUNTS.match(solid) or _BAND.match(solid):
        return True
    bare = BRACKETED.sub("", solid).strip(_EDGES) or re.sub(r"[()\[\]【】]", "", solid)
    return bool(_TOTAL_ROW.match(bare) or _TOTAL_ROW.match(solid))


def is_full_marks_row(text: str) -> bool:
    """True for the first words of a row that gives the 满分 of each column, not marks.

    >>> is_full_marks_row("卷面满分"), is_full_marks_row("满分（分）"), is_full_marks_row("总分")
    (True, True, False)
    """
    bare = BRACKETED.sub("", solid_text(text)).strip(_EDGES + ":").casefold()
    return _FULL_MARKS_ROW.fullmatch(bare) is not None
