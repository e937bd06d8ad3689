"""Words of a 制度 that collide with the national rules on exams, and words that only look like it.

Source: spec §5 (`policy lint`: no paper exam in grades 1–2, one end-of-term exam in the others, levels instead of
marks, no ranking and no publication; a midterm exam gets a reminder).
"""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.exam_rules import EXAM_RULES, collisions, exam_issues

COLLIDING = {
    "lower_grades": ("一年级期末考试", "一、二年级每学期笔试", "低年级纸笔测验", "一年级到六年级期末考试"),
    "frequent_exams": (
        "每月月考一次",
        "组织周考",
        "每周一次考试",
        "单元考试",
        "每学期组织两次考试",
        "每周单元测试",
        "限时练习",
    ),
    "exams_across_schools": ("参加区域性考试", "全县统考", "三校联考"),
    "midterm_exam": ("期中考试", "半期考一次", "期中测试", "中期检测"),
    "ranking": ("按成绩排名", "成绩分班级排名次", "给学生排名", "张榜公布名次"),
    "publication": ("公布成绩", "张榜公示学生分数", "考试成绩上墙", "在家长群里发成绩"),
    "labelling": ("按考试成绩排座位", "依据成绩分班", "张贴学困生名单"),
    "marks": ("用百分制评定", "按分数评价", "向家长反馈考试分数"),
}
HARMLESS = (
    "每月考核教师一次",
    "三月考察学情",
    "周末志愿者辅导",
    "弘扬优良传统，考虑差异",
    "三年级以上期末考试",
    "三至六年级期末考试",
    "每学期一次期末考试",
    "每天复习，迎接期末考试",
    "成绩向本人和家长单独说明",
    "公开课展示学习成果",
    "中期写出书面总结",
    "结合学科检测成绩核实转化结果",
    "比较前后两次成绩的差异",
    "学困生转化先进个人名单公示",
    "排队放学守秩序",
    "辅导小测",
)
PROHIBITIONS = ("不得", "严禁", "禁止", "不准", "避免", "取消", "学校从不")
EVERY = [(rule, text) for rule, texts in COLLIDING.items() for text in texts]


class TestWordsThatCollide:
    """spec §5."""

    def test_are_there_for_every_rule(self) -> None:
        assert set(COLLIDING) == {rule.id for rule in EXAM_RULES}

    @pytest.mark.parametrize(("rule", "text"), EVERY)
    def test_are_found_and_quoted(self, rule: str, text: str) -> None:
        found = {r.id: words for r, words in collisions(f"学校{text}，并写总结。")}
        assert rule in found
        assert found[rule] in text

    @pytest.mark.parametrize("text", HARMLESS)
    def test_are_not_seen_in_harmless_ones(self, text: str) -> None:
        assert collisions(text) == []

    @given(st.sampled_from(EVERY), st.sampled_from(PROHIBITIONS))
    def test_are_no_collision_where_they_are_forbidden(self, case: tuple[str, str], prohibition: str) -> None:
        assert collisions(prohibition + case[1]) == []

    @pytest.mark.parametrize(
        "text",
        [
            "成绩不排名、不公布",
            "成绩和名次一律不公布",
            "名次一律不公布",
            "考试结果不公布",
            "一二年级不考试",
            "月考一律取消",
        ],
    )
    def test_are_no_collision_where_they_are_denied(self, text: str) -> None:
        assert collisions(text) == []

    def test_are_a_collision_after_不仅(self) -> None:
        assert "publication" in {rule.id for rule, _ in collisions("不仅公布成绩，还发奖状")}

    @given(st.lists(st.sampled_from([*HARMLESS, *(text for _, text in EVERY)]), max_size=4))
    def test_are_found_phrase_by_phrase(self, phrases: list[str]) -> None:
        """Whatever stands in the phrases around makes no difference."""
        alone = {rule.id for phrase in phrases for rule, _ in collisions(phrase)}
        assert {rule.id for rule, _ in collisions("，".join(phrases))} == alone

    @given(st.text(alphabet="一二年级期中末月周单元考试成绩分数排名公布不得按张榜家长群，。", max_size=30))
    def test_never_name_a_rule_twice_nor_words_that_are_not_there(self, text: str) -> None:
        found = collisions(text)
        assert len({rule.id for rule, _ in found}) == len(found)
        assert all(words in text for _, words in found)

    def test_every_pattern_is_a_regular_expression_that_finds_something(self) -> None:
        every = "，".join(text for _, text in EVERY)
        for rule in EXAM_RULES:
            assert re.search(rule.pattern, every), rule.id


class TestAPolicy:
    """spec §5: clauses that collide with the national rules, with the key to look at."""

    def issues(self, **parts: object) -> list[tuple[str, str, str]]:
        policy = rules.Policy("x", "x", rules.BottomShare(), rules.LeaveZone(), **parts)  # type: ignore[arg-type]
        return [(i.level, i.key, i.rule) for i in exam_issues(policy)]

    def test_is_held_against_its_clauses(self) -> None:
        clause = rules.Clause("c1", "一", rules.DECLARED, "每月月考，公布成绩并给学生排名。")
        assert self.issues(clauses=(clause,)) == [
            (schema.ERROR, "clauses.c1", "policy.exam_frequent_exams"),
            (schema.ERROR, "clauses.c1", "policy.exam_ranking"),
            (schema.ERROR, "clauses.c1", "policy.exam_publication"),
        ]

    def test_is_held_against_its_measures_duties_and_cadences(self) -> None:
        measure = rules.Measure("M1", "补缺", "教学", ("基础薄弱",), Fraction(1), "任课教师", "单元测验卷")
        found = self.issues(
            measures=(measure,),
            roles={"教务": "每学期统考一次"},
            cadences=(rules.Cadence("a", "月考后的谈话", 1, "月"),),
        )
        assert [key for _, key, _ in found] == ["roles.教务", "cadences.a", "measures.M1"]

    def test_says_which_rule_and_what_to_do(self) -> None:
        clause = rules.Clause("c1", "一", rules.EVIDENCED, "张榜公布考试成绩。")
        (issue,) = exam_issues(rules.Policy("x", "x", rules.BottomShare(), rules.LeaveZone(), clauses=(clause,)))
        assert issue.problem.startswith("“张榜公布考试成绩”不合《关于加强义务教育学校考试管理的通知》")
        assert "单独告知" in issue.mend
