"""What may not stand in a text for parents: another child's name, a word that labels, a mark, a rank.

Source: spec §7; 《关于加强义务教育学校考试管理的通知》 2021 (no ranking, no publication of results).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from xlbangfu.programme.identity import name_key

# Words that put a child below others or into a drawer. Whole enough not to meet harmless ones: 最后一名, for
# 最后 alone may end any letter; 差生, for 差 alone stands in 差不多.
DEFICIT_WORDS = (
    *("学困", "双困", "困难生", "困难学生", "学习困难", "差生", "后进", "落后", "倒数", "垫底", "末位", "最后一名"),
    *("吊车尾", "拖后腿", "不及格", "问题学生", "问题生", "坏孩子", "坏学生", "笨", "蠢", "傻", "懒", "脑子慢"),
    *("智力低", "智力差", "弱智", "低能", "多动症", "自闭", "抑郁", "孤僻", "残疾", "贫困", "特困", "低保"),
    *("单亲", "离异", "留守", "没出息", "不求上进", "朽木", "帮扶", "识别线", "转化率", "已转化", "未转化"),
    *("智商", "残障", "经济困难", "家庭困难", "标准分", "百分位", "排名", "名次", "位次", "名列"),
)
_MARK = re.compile(r"\d+(?:\.\d+)?分(?![钟之享成类组批层别])")
_NUMBER = r"[\d一二三四五六七八九十百]+"
_WHOLE = "(?:全班|班级|班上|班里|本班|年级|全校|学校)"
_SUBJECT = "(?:语文|数学|英语|科学|总分|成绩|单科)"
_RANK = re.compile(
    rf"[第前]{_NUMBER}名|第{_NUMBER}位|{_WHOLE}的?[第前]{_NUMBER}(?![次个天周年])|{_SUBJECT}第{_NUMBER}(?![次个天周课单章])"
)
_TOLD_MARK = re.compile(
    r"考了?(?:了|到|出)?\d+(?![次个天周页道])|从\d+(?:\.\d+)?(?:分)?(?:提高|上升|进步|提升|下降|降|升)?到\d+(?![次个天周点号页道:：])"
    r"|(?:[一二三四五六七八九]十[一二三四五六七八九]?|十[一二三四五六七八九])分(?![钟之享成类组批层别])|[一二三四五六七八九]百[零一二三四五六七八九十]*分(?![钟之享成类组批层别])"
)
_STOPS = "。！？!?；; "
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_SHORTEST_NAME = 2  # characters; a name of one would be met in any sentence
_OWN = "\x00"  # stands where the child's own name stood


def parent_text_problems(
    text: str, own_name: str, other_names: Iterable[str], words: Iterable[str] = DEFICIT_WORDS
) -> list[str]:
    """What must not stand in this text, as Chinese phrases; [] for a text that may go to the child's parents.

    own_name: of the child it is for; it may stand there, also where another's name is part of it.
    other_names: of everybody else in the class; names of one character are not looked for. Blanks and middle
    dots inside names and words make no difference. Marks (「58 分」) and ranks (「第 3 名」) are found by their form.
    Source: spec §7.
    """
    plain, own = _flat(text), _flat(own_name)
    masked = plain.replace(own, _OWN) if own else plain
    found = []
    for name in dict.fromkeys(other_names):
        other = _flat(name)
        if len(other) < _SHORTEST_NAME or other == own:
            continue
        if other in (plain if own and own in other else masked):
            found.append(f"其他学生的名字“{name}”")
    found += [f"“{word}”" for word in words if _flat(word) in masked]
    found += [f"分数“{hit}”" for hit in (*_MARK.findall(masked), *_TOLD_MARK.findall(masked))]
    found += [f"名次“{hit}”" for hit in _RANK.findall(masked)]
    return found


def _flat(text: str) -> str:
    """The text for searching: NFKC, without blanks and middle dots."""
    return name_key(text).replace("·", "") if text else ""


def name_forms(name: str) -> Iterator[str]:
    """A pupil's name as a teacher may write it: whole, without the surname, the part before the dot.

    >>> list(name_forms("示例甲")), list(name_forms("测试·乙丙"))
    (['示例甲', '例甲'], ['测试·乙丙', '测试', '乙丙'])
    """
    whole = name_key(name)
    yield whole
    parts = whole.split("·")
    if len(parts) > 1:
        yield from (part for part in parts if len(part) >= _SHORTEST_NAME)
    elif len(whole) > _SHORTEST_NAME and whole[-2:].isalpha():
        yield whole[-2:]


def sentences(text: str) -> list[str]:
    """The text cut after each full stop, exclamation, question mark, semicolon and line end; empty ones left out.

    >>> sentences("字写得好；爱劳动。")
    ['字写得好；', '爱劳动。']
    """
    return [piece for found in _SENTENCE.findall(text) if (piece := found.strip()).rstrip(_STOPS)]
