"""佐证 needs a dated text: which ways of writing a day count, and what only looks like one. Source: spec §3, §5."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_class import World
from builders import SETTINGS
from xlbangfu.programme import rules
from xlbangfu.programme.audit import Finding, audit, dates_in

CLAUSE = rules.Clause("T1-1", "一", rules.EVIDENCED, "课堂平等、和谐。")
START, END = SETTINGS["term_start"], SETTINGS["term_end"]
TODAY = date(2026, 12, 1)


def judge(text: str | None, today: date = TODAY, **settings: date | None) -> Finding:
    """What the audit says of a 佐证 in a term from 2026-09-01 to 2027-01-20."""
    policy = rules.Policy("T1", "测试制度", rules.BottomShare(), rules.LeaveZone(), clauses=(CLAUSE,))
    evidence = World(today=today, settings=dict(settings)).evidence()
    return audit(policy, evidence, {CLAUSE.id: text} if text is not None else {})[0].finding


WITH_YEAR = (
    "2026-10-12 召开家长会", "2026.10.12 召开家长会", "2026/10/12召开家长会", "2026年10月12日召开家长会",
    "2026年10月12号", "2026 年 10 月 12 日", "２０２６．１０．１２ 家长会", "２０２６年１０月１２日", "2026-10-12", "2026-10-12 00:00",
    "20261012 家访", "26.10.12 谈话", "26年10月12日", "二〇二六年十月十二日", "二○二六年十月十二号", "家长会（2026-10-12）",
)  # fmt: skip
WITHOUT_YEAR = (
    "10月12日家长会", "10月12号", "10 月 12 日", "10月12 家访", "10.12 家长会", "10.12家访", "10-12 班会", "10/12 家访",
    "10．12 家访", "１０．１２家访", "十月十二日谈话", "家长会:10.12", "日期：10.12", "（10.12）", "于10.12开会", "1.10.12谈话",
    "10.12班会", "10.12 分组讨论", "10.12课后辅导", "10.12月考分析", "10.12周测", "10.12 年级会", "10.12组织参观", "10.12个别谈话",
    "10.12—10.12", "辅导 3 次，均分提高 9.5 分（10.12）", "本学期10.12、",
)  # fmt: skip
NO_DAY = (
    "召开家长会", "10月召开家长会", "2026年10月", "10月共 3 次", "10月3次", "9-12 月每周一次", "每月一次", "第三周", "三年级",
    "3.5 分", "3.5分钟", "1.5小时", "1.5h", "2.5 倍", "9.5元", "9.5%", "均分提高 9.5", "平均分：9.5", "达 9.8", "共 10.5",
    "10/12 人", "10/12的学生", "10/12 名学生", "1. 2 名学生", "1-6 年级", "3-5 人", "3-5 次", "10-12 岁",
    "3.2 班", "3.2班", "三（3.2）班", "第 3-2 课", "第3-2节", "第（9-2）章", "10.32", "13.5", "0.5", "10.0", "96/100",
    "12:10-12:50 辅导", "下午4.30-5.10", "13812345678", "138-1234-5678", "0571-8812345", "2026030101", "192.168.1.10",
    "2026-13-12", "2026-02-30", "2月30日", "2026-2027学年", "2026秋", "10.12.5.1", "二十三十月一日", "十月一二十日", "十月二十十日", "", "——", "日月",
)  # fmt: skip


class TestDays:
    """spec §3: 佐证 holds the date and what was done, as teachers write dates."""

    @pytest.mark.parametrize("text", WITH_YEAR)
    def test_with_a_year_are_read(self, text):
        assert dates_in(text) == [(2026, 10, 12)]

    @pytest.mark.parametrize("text", WITHOUT_YEAR)
    def test_without_a_year_are_read(self, text):
        assert set(dates_in(text)) == {(None, 10, 12)}

    @pytest.mark.parametrize("text", NO_DAY)
    def test_are_not_seen_in_marks_counts_classes_times_or_numbers(self, text):
        assert dates_in(text) == []

    def test_of_a_text_stand_in_its_order(self):
        text = "9.8-9.12 家访周；10月12日、10月19日班会，1.1 元旦活动；2026年11月3日小结"
        named = [(None, 9, 8), (None, 9, 12), (None, 10, 12), (None, 10, 19), (None, 1, 1), (2026, 11, 3)]
        assert dates_in(text) == named

    def test_of_another_century_keep_their_year(self):
        """1999-10-12 is not the tenth of October of this term."""
        assert dates_in("1999-10-12 颁布；25.10.12 修订") == [(1999, 10, 12), (2025, 10, 12)]

    @given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(["-", ".", "/"]), st.booleans())
    def test_of_any_kind_are_read_in_every_form(self, day, sep, padded):
        parts = [f"{day.month:02}", f"{day.day:02}"] if padded else [str(day.month), str(day.day)]
        month_day, whole = (None, day.month, day.day), (day.year, day.month, day.day)
        assert dates_in(f"{day.year}{sep}{sep.join(parts)} 家访") == [whole]
        assert dates_in(f"{parts[0]}月{parts[1]}日家访") == [month_day]
        assert dates_in(f"{sep.join(parts)} 家访") == [month_day]
        assert dates_in(f"{day:%Y%m%d}家访") == [whole]
        assert dates_in(f"{chinese(day.month)}月{chinese(day.day)}日家访") == [month_day]

    @given(st.text(max_size=60) | st.text("0123456789年月日号.-/ 十二〇", max_size=30))
    def test_are_real_days_whatever_stands_there(self, text):
        for year, month, day in dates_in(text):
            assert date(year or 2000, month, day)


def chinese(number: int) -> str:
    """12 → 十二."""
    digits = " 一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return ((digits[tens] if tens > 1 else "") + "十" if tens else "") + digits[ones].strip()


class TestAttested:
    """spec §5: 佐证 needs a dated text, else 未落实. Of this term, and not ahead."""

    @pytest.mark.parametrize("text", [None, "", "  ", "\u3000", "\n"])
    def test_nothing_is_未落实(self, text):
        found = judge(text)
        assert (found.result, found.figures) == ("未落实", "没有佐证")
        assert found.place is not None and found.place[1] == "evidence"

    @pytest.mark.parametrize("text", NO_DAY[1:6])
    def test_a_text_without_a_day_is_未落实_and_asks_for_one(self, text):
        found = judge(text)
        assert (found.result, found.figures) == ("未落实", "佐证没有日期")
        assert "日期" in found.missing[0]

    @pytest.mark.parametrize("text", [*WITH_YEAR, *WITHOUT_YEAR])
    def test_a_dated_text_is_落实(self, text):
        found = judge(text)
        assert (found.result, found.missing, found.place) == ("落实", (), None)

    @pytest.mark.parametrize(
        "text",
        [
            "2025-10-12 家长会",
            "2027-10-12",
            "2026-08-31 开会",
            "8月31日开会",
            "3.5 家访",
            "2026-12-02 家访",
            "12.2 家访",
        ],
    )
    def test_a_day_of_another_term_or_ahead_is_未落实_and_says_so(self, text):
        found = judge(text)
        assert (found.result, found.figures) == ("未落实", "佐证的日期不在本学期，或还没有到")

    @given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.dates(date(2026, 8, 1), date(2027, 3, 1)))
    def test_a_day_counts_just_from_the_first_of_the_term_to_its_last_or_today(self, day, today):
        inside = START <= day <= min(END, today)
        assert (judge(f"{day} 家访", today).result == "落实") == inside
        in_some_year = any(START <= day.replace(day=min(day.day, 28), year=y) <= min(END, today) for y in (2026, 2027))
        bare = judge(f"{day.month}月{min(day.day, 28)}日家访", today)
        assert (bare.result == "落实") == in_some_year

    @pytest.mark.parametrize(("day", "result"), [(START, "落实"), (END, "落实"), (START - timedelta(1), "未落实")])
    def test_the_first_and_the_last_day_of_the_term_are_in_it(self, day, result):
        for text in (f"{day} 家访", f"{day.month}.{day.day} 家访"):
            assert judge(text, END + timedelta(9)).result == result
        assert judge(f"{END + timedelta(1)} 家访", END + timedelta(9)).result == "未落实"

    def test_one_good_day_is_enough_and_only_such_are_counted(self):
        assert judge("2025-10-12 旧记录；10.12 家长会；10.19 家访；12.30 计划").figures == "有佐证，2 个日期"

    def test_january_of_a_term_over_the_new_year_is_the_next_years(self):
        assert judge("1月8日小结", date(2027, 1, 9)).result == "落实"
        assert judge("1月8日小结", date(2026, 12, 1)).result == "未落实"

    def test_a_term_without_dates_takes_every_day_that_is_past(self):
        none = {"term_start": None, "term_end": None}
        assert judge("12月5日家访", date(2027, 1, 10), **none).result == "落实"
        assert judge("2025-12-05 家访", date(2027, 1, 10), **none).result == "落实"
        assert judge("2027-01-11 家访", date(2027, 1, 10), **none).result == "未落实"

    @given(st.dates(date(2026, 9, 1), date(2027, 1, 20)))
    def test_the_29th_of_february_of_no_leap_year_breaks_nothing(self, today):
        assert judge("2月29日", today).result == "未落实"

    def test_a_statement_is_不适用_with_or_without_a_text(self):
        clause = rules.Clause("T1-0", "前言", rules.DECLARED, "面向全体学生。")
        policy = rules.Policy("T1", "测试制度", rules.BottomShare(), rules.LeaveZone(), clauses=(clause,))
        for texts in ({}, {"T1-0": "2026-10-12 学习文件"}):
            assert audit(policy, World().evidence(), texts)[0].finding.result == "不适用"

    def test_the_wait_for_a_day_ends_on_it(self):
        day = TODAY + timedelta(1)
        assert [judge(f"{day} 家访", d).result for d in (TODAY, day)] == ["未落实", "落实"]
