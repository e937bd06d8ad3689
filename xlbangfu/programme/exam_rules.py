"""Where a 制度 collides with the national rules on exams in compulsory education.

《关于加强义务教育学校考试管理的通知》 (Ministry of Education, 2021): no paper exam in grades 1–2; one end-of-term
exam a term in the others (junior secondary may have one midterm), no weekly, monthly or unit exams under any
name, none across schools; levels instead of marks; results are neither ranked nor published, and nobody is
seated, grouped or labelled by them. The words to look for are data; a phrase that forbids them is no collision.
Source: spec §5 (`policy lint`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.lint_issue import PolicyIssue, error, reminder

NOTICE = "《关于加强义务教育学校考试管理的通知》"
_BY_PROCESS = "小学期中用过程评价：在“设置”的“期中依据”里填“过程评价”"


@dataclass(frozen=True)
class ExamRule:
    """Words that collide with one rule. pattern: a regular expression, searched in one phrase at a time.

    certain: the words leave no doubt (错误), else they are for people to look at (提醒).
    """

    id: str
    certain: bool
    pattern: str
    rule: str
    mend: str


_GAP = "[^不]{0,8}"  # a 不 between two words of a pattern turns its sense
_EXAM = "考试?(?![核察勤评虑场])"
_HELD = "(?:都|各|的|统一|组织|进行|安排|举行|至少|一次|[一二两三1-9]次){0,3}"
_RESULTS = "(?:成绩|分数|总分|考试结果)"
_SHOWN = "(?:公布|公示|公开(?!课)|张榜|张贴|上墙)"
_RANKING = "不按考试结果排名"
_NO_RANKING = "删去排名，用等级和与自己比的进步来评价"
_FREQUENT = "每学期只组织一次期末考试，不组织周考、月考、单元考试，也不用测验等名义变相考试"
_NO_FREQUENT = "改用课堂、作业、口头等过程评价"

EXAM_RULES: tuple[ExamRule, ...] = (
    ExamRule(
        "lower_grades",
        True,
        rf"(?<![十三四五六七八九])(?:[一二12][、和至到]?[一二12]?年级|低年级|低段){_GAP}(?:考试|笔试|纸笔|试卷|测验|统考)",
        "小学一、二年级不进行纸笔考试",
        "一、二年级改用过程评价",
    ),
    ExamRule(
        "frequent_exams",
        True,
        rf"(?:周|月|单元){_EXAM}|每(?:天|日|周|月|个?单元){_HELD}考试|每学期{_HELD}[两二三四五六2-9]次(?:统一)?考试",
        _FREQUENT,
        _NO_FREQUENT,
    ),
    ExamRule(
        "frequent_exams",
        False,
        r"(?:周|月|单元)(?:测验|测试|检测|测(?!评))|限时练习|学情调研|摸底考|模拟考",
        _FREQUENT,
        _NO_FREQUENT,
    ),
    ExamRule(
        "exams_across_schools",
        True,
        rf"(?<!传)统考|联考|(?:区域性|跨校|校际){_GAP}考试",
        "不组织区域性或跨校的考试",
        "改为本校的期末考试",
    ),
    ExamRule(
        "midterm_exam",
        False,
        r"(?:期中|半期|中期)(?:考试?(?![核察评])|测试|测验|检测|统测)",
        "小学期中不组织考试，初中可以安排一次",
        _BY_PROCESS,
    ),
    ExamRule("ranking", True, rf"{_RESULTS}{_GAP}(?:排名|名次|排序|排队)|{_SHOWN}{_GAP}(?:排名|名次)", _RANKING, _NO_RANKING),
    ExamRule("ranking", False, r"排名|名次|排行榜", _RANKING, _NO_RANKING),
    ExamRule(
        "publication",
        True,
        rf"{_SHOWN}{_GAP}{_RESULTS}|{_RESULTS}{_GAP}{_SHOWN}|家长群{_GAP}{_RESULTS}|{_RESULTS}{_GAP}家长群",
        "考试结果不公布，也不在家长群里传播",
        "改为用适当方式单独告知学生本人和家长",
    ),
    ExamRule(
        "labelling",
        True,
        rf"[按据以]{_GAP}(?:成绩|分数|名次|考试结果){_GAP}(?:分班|编班|排座|调座|编排座)|{_SHOWN}{_GAP}[困进]生[^不]{{0,3}}名单",
        "不按考试结果分班、排座位、“贴标签”",
        "删去这一做法；帮扶名单只给相关教师看",
    ),
    ExamRule(
        "marks",
        False,
        rf"百分制|按分数(?:评价|评定|记)|(?:告知|通知|发给|反馈){_GAP}分数",
        "考试成绩实行等级评价，一般分 4 至 5 个等级",
        "改用等级",
    ),
)  # fmt: skip

_PHRASES = re.compile(r"[^，。；：！？,;:!?\n]+")
_FORBIDDEN = r"不得|不准|不许|不能|不可|不应|不再|不宜|严禁|禁止|杜绝|避免|取消|停止|废止|没有|从不"
_DENIED_BEFORE = re.compile(rf"(?:{_FORBIDDEN}).*\Z|不(?![仅但光只断良])[^不]{{0,6}}\Z")
_DENIED_AFTER = re.compile(rf"[^不]{{0,6}}(?:{_FORBIDDEN}|不(?![仅但光只断良]))")


def collisions(text: str) -> list[tuple[ExamRule, str]]:
    """The rules that this text collides with, each once, and the words that say so; [] for none.

    >>> [(rule.id, words) for rule, words in collisions("每月月考一次，公布成绩；不排名。")]
    [('frequent_exams', '月考'), ('publication', '公布成绩')]
    """
    found: dict[str, tuple[ExamRule, str]] = {}
    for rule in EXAM_RULES:
        words = _words(rule, text)
        if words:
            found.setdefault(rule.id, (rule, words))
    return list(found.values())


def _words(rule: ExamRule, text: str) -> str:
    for phrase in _PHRASES.findall(text):
        for hit in re.finditer(rule.pattern, phrase):
            before, after = phrase[: hit.start()], phrase[hit.end() :]
            if not _DENIED_BEFORE.search(before) and not _DENIED_AFTER.match(after):
                return hit[0]
    return ""


def exam_issues(policy: rules.Policy) -> Iterator[PolicyIssue]:
    """Every text of the 制度 that collides, and a midterm that rests on an exam. Source: spec §5."""
    for key, text in _texts(policy):
        for rule, words in collisions(text):
            told = error if rule.certain else reminder
            problem = f"“{words}”不合{NOTICE}：{rule.rule}"
            yield told(key, problem, rule.mend, f"exam_{rule.id}")
    yield from _midterm(policy)


def _texts(policy: rules.Policy) -> Iterator[tuple[str, str]]:
    """What the file says in words, by its dotted key."""
    for role, duty in policy.roles.items():
        yield f"roles.{role}", duty
    for cadence in policy.cadences:
        yield f"cadences.{cadence.id}", cadence.about
    for measure in policy.measures:
        yield f"measures.{measure.id}", f"{measure.name}；{measure.resources}"
    for clause in policy.clauses:
        yield f"clauses.{clause.id}", clause.requirement


def _midterm(policy: rules.Policy) -> Iterator[PolicyIssue]:
    """One reminder where a midterm figure is asked for that an exam has to give."""
    asking = [
        f"clauses.{clause.id}"
        for clause in policy.clauses
        if clause.check == "conversion_reached" and clause.parameters.get("phase") == schema.MIDTERM
    ]
    if policy.midterm_target is not None:
        asking.append("targets.midterm")
    if asking and needs_exam(policy.exit):
        problem = f"期中转化按“{rules.describe_exit(policy.exit)}”算，要有期中考试；{NOTICE}规定小学期中不考试"
        yield reminder(asking[0], problem, f"{_BY_PROCESS}；初中有期中考试的可以不改", "exam_midterm_exam")


def needs_exam(rule: rules.ExitRule) -> bool:
    """True if nobody can meet the exit rule on process evidence alone (目标达成)."""
    match rule:
        case rules.GoalMet():
            return False
        case rules.ExitAny():
            return all(needs_exam(part) for part in rule.of)
        case rules.ExitAll():
            return any(needs_exam(part) for part in rule.of)
        case _:
            return True
