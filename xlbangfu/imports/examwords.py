"""Names of exams in headings and on sheets, and what a heading such as 「期中语文(120)」 is made of.

Source: spec §3.1 (several exams in one file, full marks in the header).
"""

from __future__ import annotations

import re
from fractions import Fraction

from xlbangfu.imports.vocabulary import BRACKETED, KNOWN_SUBJECTS, SCORE_ENDING
from xlbangfu.programme.letters import solid_text, visible_text

_HAN = "一二三四五六七八九十"
_NO = rf"(?:\d{{1,2}}|[{_HAN}]{{1,3}})"
_HALF = r"(?:[上下](?:学期(?![中末])|期(?![中末初])|册|学(?=期[中末]))?)?"
# An exam's name is nothing but pieces such as 2026 · 秋 · 九上 · 第一次 · 月考 · 成绩, one of the first kind at least.
# At each place the first piece that fits is taken, so that no text takes long.
_PIECE = re.compile(
    r"(?P<exam>期中|期末|期初|半期|月考|月测|月检|周测|周考|周练|周清|段考|小测|堂测|随堂测|入学|开学考|摸底|质检|学情|统考|统测|联考|抽测|抽考|抽检"
    r"|模拟|学考|会考|中考|高考|小升初|毕业考|结业考|分班考|补考|诊断|质量(?=检|监|测|调|抽)|学业(?:水平|质量)(?=考|测|检|监|合)|适应性(?=考|测|练)"
    r"|单元(?=考|测|检|练|卷|评)|阶段性?(?=考|测|检|练|评)|[^\W\d]{1,6}校联考|mid-?term|final"
    rf"|第?{_NO}[模诊检]|第{_NO}(?:单元|阶段)|单元{_NO}|第{_NO}[次周](?=考|测|检)|{_NO}月份?(?=考|测|检|质|调)"
    rf"|(?:考试|测试|测验|检测|测评)(?=[(]?{_NO}[)]?\Z))"
    rf"|20\d{{6}}|20\d\d(?:[-—~/](?:20)?\d\d)?(?:学年度?|年)?|\d\d[-/]\d\d学年度?|\d{{1,2}}[./]\d{{1,2}}|{_NO}月份?|\d{{1,2}}日|第{_NO}(?:次|周|学月)"
    r"|第?[一二12上下本]学期(?![中末])|[上下本]期(?![中末初])|[上下本]学(?=期[中末])|[春秋](?:季|学期)?|学期(?!末)|学年度?"
    rf"|(?:小学|初中|高中|[小初高])?(?:{_NO}年级|[{_HAN}](?!模)){_HALF}|[全本]?[校市区县省]|学业|学科|综合|阶段性?|单元"
    rf"|考试|测试|测验|检测|监测|调研|调测|测评|评价|评估|检查|抽测|分析|成绩[单册表]?|得分|分数?|性|测|考|检|练习?|卷|{_NO}|[()\[\]【】·._—~:#-]",
    re.IGNORECASE,
)
_NO_EXAM = re.compile(r"总评|平时|作业|过程|名次|排名|[班级校年]次|[班级校年]排")
_SUBJECTS = sorted((s for s in KNOWN_SUBJECTS if len(s) > 1), key=len, reverse=True)
_MARKS_ENDING = re.compile(r"(?:成绩|得分|分数)\Z")

_OPENING, _CLOSING = tuple("([【"), tuple(")]】")

_POINTS = r"(?P<points>\d{1,4}(?:\.\d)?)"
_SAID_FULL = re.compile(
    rf"(?:(?:卷面|试卷|总分)?(?:满分|总分|分值)[值为是]?\s*[:=]?\s*{_POINTS}\s*分?|{_POINTS.replace('points', 'told')}\s*分(?:制|满分)?)"
)
_IN_BRACKETS = re.compile(r"[(\[{【<〔]\s*(?P<inside>[^()\[\]{}【】<>〔〕]*?)\s*(?:[)\]}】>〕]|\Z)")
_AT_THE_END = re.compile(
    r"(?P<label>.*?[^\d\s/|:,(-])(?P<joint>\s*[/|:,-]\s*|\s+|(?=满分|卷面满分|试卷满分))(?P<inside>\S.*)\Z", re.DOTALL
)
_LEAST, _MOST = 20, 1000  # of a bare number in brackets: 语文(3) is a class or a part, 语文(2026) a year


_PHASES = re.compile(r"期中|期末|月考|单元|入学|开学|摸底|周测|周考|[一二三]模|补考|平时|作业|过程|总评")
_SAME_PHASE = {"开学": "入学", "摸底": "入学", "周考": "周测"}
_DAILY = frozenset({"平时", "作业", "过程", "总评"})


def exam_phase(text: str) -> str:
    """The point of the term that an exam's name, a title or a heading speaks of: 期中, 期末, 月考, 平时 …; "" for none or two.

    >>> exam_phase("三年级2班期末考试成绩"), exam_phase("2026秋开学摸底"), exam_phase("期中期末成绩"), exam_phase("质量检测")
    ('期末', '入学', '', '')
    """
    found = {_SAME_PHASE.get(word, word) for word in _PHASES.findall(solid_text(text))}
    return found.pop() if len(found) == 1 else ""


def other_exam(told: str, exam: str) -> bool:
    """True if a title or heading is certainly not about that exam: 期末 is not 期中, and 平时 is no exam of another name.

    >>> other_exam("期末成绩", "期中考试"), other_exam("语文平时", "质量检测"), other_exam("测验", "期中")
    (True, True, False)
    """
    one, two = exam_phase(told), exam_phase(exam)
    return bool(one) and one != two and (bool(two) or one in _DAILY)


def is_exam_label(text: str) -> bool:
    """True for the name of an exam, as a heading or a sheet's name: 期中, 第一次月考, 九上期末, 2026秋期中, 周测5.

    >>> [is_exam_label(t) for t in ("单元测试三", "10月月考", "平时", "成绩表", "三年级2班")]
    [True, True, False, False, False]
    """
    solid = solid_text(text)
    if _NO_EXAM.search(solid):
        return False
    at, told = 0, False
    while at < len(solid):
        if (piece := _PIECE.match(solid, at)) is None:
            return False
        at, told = piece.end(), told or piece["exam"] is not None
    return told


def split_exam(label: str) -> tuple[str, str]:
    """The exam and the subject that one heading names together; no exam ("") where it is not just these two.

    Subjects are the known ones of two characters or more; the exam is as written, without what joins the two.

    >>> split_exam("期中语文"), split_exam("数学（第一次月考）"), split_exam("语文成绩")
    (('期中', '语文'), ('第一次月考', '数学'), ('', '语文'))
    """
    whole = _MARKS_ENDING.sub("", _without_full_marks(label))
    for subject in _SUBJECTS:
        for rest in (whole.removeprefix(subject), whole.removesuffix(subject)):
            if rest != whole and is_exam_label(exam := _unbracketed(_MARKS_ENDING.sub("", rest))):
                return exam, subject
    return "", subject_label(label)


def _unbracketed(text: str) -> str:
    """Joints and brackets around it taken away; brackets inside stay whole: 月考(一)."""
    text = text.strip("-—_·:/|.~")
    return text[1:-1] if text[:1] in _OPENING and text[-1:] in _CLOSING else text


def full_marks(label: str) -> Fraction | None:
    """The 满分 in points that a heading says: 语文(120), 语文（满分100）, 语文/120分; None where it says none.

    A bare number counts from 20 to 1000 and only in fives: 语文(3), 语文(2026) and 数学(A卷) say none.

    >>> full_marks("语文(120)"), full_marks("语文 满分:100"), full_marks("语文(3班)")
    (Fraction(120, 1), Fraction(100, 1), None)
    """
    text = visible_text(label)
    found = {points for part in _said_parts(text) if (points := _points(*part)) is not None}
    return found.pop() if len(found) == 1 else None


def _said_parts(text: str) -> list[tuple[str, bool]]:
    """Remarks in brackets and behind a joint, each with whether a bare number may be meant by it."""
    parts = [(match["inside"], True) for match in _IN_BRACKETS.finditer(text)]
    if match := _AT_THE_END.match(text):
        parts.append((match["inside"].strip(), "/" in match["joint"]))
    return parts


def _points(remark: str, bare: bool) -> Fraction | None:
    if match := _SAID_FULL.fullmatch(remark):
        points = Fraction(match["points"] or match["told"])
        return points if 0 < points <= _MOST else None
    if bare and remark.isdecimal() and remark.isascii() and _LEAST <= int(remark) <= _MOST and int(remark) % 5 == 0:
        return Fraction(int(remark))
    return None


def _without_full_marks(label: object) -> str:
    """The heading without blanks and without what it says of its 满分."""
    text = visible_text(label)
    match = _AT_THE_END.match(text)
    if match and _points(match["inside"].strip(), "/" in match["joint"]) is not None:
        text = match["label"]
    text = _IN_BRACKETS.sub(lambda m: "" if _points(m["inside"], True) is not None else m[0], text)
    return solid_text(text).strip("*:#·")


def bare_label(value: object) -> str:
    """A header cell without remarks, as shown: 「语文（满分120）」, 「语文(一)」 and 「语文/120分」 give 「语文」."""
    text = _without_full_marks(value)
    return BRACKETED.sub("", text) or text


def subject_label(value: object) -> str:
    """The subject that a header cell names: 「语文成绩」, 「语文(120)」 give 「语文」; other words as they are."""
    bare = bare_label(value)
    ended = SCORE_ENDING.sub("", bare)
    if ended.endswith("分") and ended[:-1] in _SUBJECTS:
        return ended[:-1]
    return ended or bare
