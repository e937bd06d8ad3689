"""One class under four 制度: who is on the list, who converts, and why they differ. Source: spec §4.3, §4.4, §5.

Ten invented pupils, one subject. The figures are small enough to check with a pencil: at the baseline the mean is
71 and the second lowest of ten is 50; at the final exam the mean is 74.4 and the second lowest is 60.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from classbooks import SETTINGS, fill, run
from xlbangfu import schema
from xlbangfu.workbook.template import template_path

PUPILS = {f"示例{stem}": f"0{i:03d}" for i, stem in enumerate("甲乙丙丁戊己庚辛壬癸", 1)}
BEFORE = dict(zip(PUPILS, (40, 52, 60, 66, 70, 76, 80, 98, 88, 94), strict=True))
BASELINE = dict(zip(PUPILS, (40, 50, 60, 65, 70, 75, 80, 85, 90, 95), strict=True))
FINAL = dict(zip(PUPILS, (62, 66, 60, 72, 50, 76, 79, 95, 91, 93), strict=True))
SEEN = (  # who, by whom, what, how grave
    ("示例乙", "家长", "学习习惯", 4),
    ("示例丁", "教师", "学习方法", 3),
    ("示例庚", "同学", "学习态度", 5),
    ("示例甲", "教师", "行为", 3),
    ("示例辛", "教师", "行为", 4),
)
CLOSING = date(2027, 1, 18)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "三年级1班.xlsm"
    shutil.copy(template_path(), path)
    exams = {"上次": BEFORE, "入学": BASELINE, "期末": FINAL}
    tables = {
        schema.ROSTER: [{"pupil_id": i, "name": name, "status": "在读"} for name, i in PUPILS.items()],
        schema.SCORES: [
            {"exam": exam, "pupil_id": PUPILS[name], "数学": x} for exam, xs in exams.items() for name, x in xs.items()
        ],
        schema.OBSERVATIONS: [
            {"date": date(2026, 9, 3), "name": who, "subject": "数学", "source": by, "category": what, "severity": n}
            for who, by, what, n in SEEN
        ],
        schema.PROCESS: [
            {"date": date(2027, 1, 12), "name": "示例丁", "subject": "数学", "phase": "期末", "goal": "达成"}
        ],
    }
    fill(path, tables, {**SETTINGS, "previous_exam": "上次"})
    return path


def flagged(book: Path, policy: str) -> dict[str, str]:
    """姓名 → 类型 of the rows of 数学."""
    fill(book, {}, {"policy": policy})
    report = run("screen", book, today=date(2026, 9, 10))
    assert report.ok, report.message
    return {r["姓名"]: r["类型"] for r in report.rows if r["学科"] == "数学"}


def converted(book: Path) -> tuple[str, dict[str, str]]:
    """(转化率 of 数学 at the final, 姓名 → 期末状态), for the list that the policy gives when all is confirmed."""
    for action in ("confirm", "freeze"):
        assert run(action, book, today=date(2026, 9, 11)).ok
    report = run("convert", book, today=CLOSING)
    (stats,) = [s for s in report.stats if (s["学科"], s["阶段"]) == ("数学", "期末")]
    return stats["转化率"], {r["姓名"]: r["期末状态"] for r in report.rows if r["类型"] != "关注"}


class TestTheSameClassUnderFourPolicies:
    def test_s7_takes_the_bottom_fifth_and_lets_go_who_is_above_the_cut(self, book):
        """40 and 50 are at or below 50, the second lowest of ten; 62 and 66 are above 60 at the end."""
        assert flagged(book, "S7") == {"示例甲": "学困", "示例乙": "学困"}
        assert converted(book) == ("2/2", {"示例甲": "已转化", "示例乙": "已转化"})

    def test_s1_wants_a_habit_reported_and_the_average_reached(self, book):
        """乙 and 丁 are below 71 and somebody reported habits or methods; 甲 is lower, but nobody did; 庚 was
        reported and is above the mean: 关注. Neither 66 nor 72 reaches 74.4: nobody converts, where S7 says two of two.
        """
        assert flagged(book, "S1") == {"示例乙": "学困", "示例丁": "学困", "示例庚": "关注"}
        assert converted(book) == ("0/2", {"示例乙": "未转化", "示例丁": "未转化"})

    def test_s8_lists_the_same_bottom_fifth_and_tells_behaviour_apart(self, book):
        """甲 has both (双困); 辛 behaves badly with a good mark: 关注, in no base. Exit as S7."""
        assert flagged(book, "S8") == {"示例甲": "双困", "示例乙": "学困", "示例辛": "关注"}
        assert converted(book) == ("2/2", {"示例甲": "已转化", "示例乙": "已转化"})

    def test_s10_looks_for_decline_attitude_and_method_not_for_low_marks(self, book):
        """辛 fell by more than half a standard deviation, 丁 lacks method, 庚 has a bad attitude; 甲 and 乙, the
        weakest, are not on the list. 辛 gains (0.84 → 1.39), 丁 by the process evidence, 庚 (0.54 → 0.31) not.
        """
        assert flagged(book, "S10") == {"示例丁": "学困", "示例庚": "学困", "示例辛": "学困"}
        assert converted(book) == ("2/3", {"示例丁": "已转化", "示例庚": "未转化", "示例辛": "已转化"})

    def test_no_two_of_the_four_give_the_same_list_and_rate(self, book, tmp_path):
        found = {}
        for policy in ("S1", "S7", "S8", "S10"):
            copy = tmp_path / policy / book.name
            copy.parent.mkdir()
            shutil.copy(book, copy)
            found[policy] = (tuple(sorted(flagged(copy, policy).items())), converted(copy)[0])
        assert len(set(found.values())) == 4


def test_what_is_said_in_general_flags_every_subject_where_the_rule_is_a_report(book):
    """A report without 学科 counts in every subject (spec §4.3, read literally): the teacher confirms by subject."""
    fill(
        book,
        {schema.OBSERVATIONS: [{"name": "示例己", "source": "家长", "category": "学习态度", "severity": 4}]},
        {"policy": "S10"},
    )
    report = run("screen", book, today=date(2026, 9, 10))
    mine = {r["学科"]: r["确认"] for r in report.rows if r["姓名"] == "示例己"}
    assert set(mine) == {"语文", "数学", "英语"}
    assert set(mine.values()) == {"待定"}
