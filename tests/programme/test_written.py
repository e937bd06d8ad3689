"""书面总结: what is due, and what the drafts say (spec §3, §4.4, §5, §7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import (
    BASELINE_DAY,
    FINAL_DAY,
    MIDTERM_DAY,
    TODAY,
    case_row,
    classroom,
    norms_row,
    policy,
    process_row,
    pupil_ids,
    report_row,
)
from xlbangfu.programme.conversion import convert
from xlbangfu.programme.freezing import FrozenList
from xlbangfu.programme.progress import dosage, progress
from xlbangfu.programme.written import Drafts, draft_papers
from xlbangfu.programme.written_facts import Records, courses
from xlbangfu.table import Row

IDS = pupil_ids(30)
WEAK = IDS[:6]
AFTER = FINAL_DAY + timedelta(1)
SUBJECTS = [{"subject": "语文", "teacher": "测试语文"}, {"subject": "数学", "teacher": "测试数学"}]
PLAN, MID, END = "转化方案", "中期总结", "期末总结"


def results(weak: Sequence[Any], subject: str = "语文") -> dict[str, dict[str, Any]]:
    """One exam in which the six weak pupils got these, and everybody else from 70 up, all different."""
    return {subject: {**dict(zip(WEAK, weak, strict=True)), **{p: 70 + i for i, p in enumerate(IDS[6:])}}}


CELLS = {
    "入学": results(["41.5", "43.5", "45.5", "47.5", "49.5", "51.5"]),
    "期中": results(["40.5", "95.5", "46.5", "98.5", "缺考", "93.5"]),
    "期末": results(["42.5", "94.5", "97.5", "99.5", "48.5", "44.5"]),
}


def listed(*pupils: str, **values: Any) -> list[Row]:
    return [case_row(p, from_mean=Fraction(-30), baseline=Fraction(45), **values) for p in pupils or WEAK]


def session(pupil: str, day: date = date(2026, 10, 1), **values: Any) -> Row:
    return Row(
        {"pupil_id": pupil, "subject": "语文", "date": day, "form": "一对一", "minutes": 20, "staff": "教师", **values}
    )


def measure(pupil: str, name: str = "分层作业：量少", **values: Any) -> Row:
    return Row(
        {
            "plan_id": f"{pupil}-语文",
            "pupil_id": pupil,
            "subject": "语文",
            "measure": name,
            "category": "教学",
            "per_week": Fraction(2),
            "responsible": "测试语文",
            "state": "执行",
            **values,
        }
    )


def pair(tutee: str, **values: Any) -> Row:
    return Row({"tutee_id": tutee, "subject": "语文", "form": "生生", "confirmed": "是", "state": "进行", **values})


def drafts(
    cells: Any = CELLS,
    caseload: Sequence[Row] | None = None,
    *,
    today: date = AFTER,
    existing: Sequence[Row] = (),
    frozen: FrozenList | None = None,
    computed: bool = True,
    with_progress: bool = True,
    tables: Any = None,
    **room_settings: Any,
) -> Drafts:
    """The papers of a class whose 转化, 转化统计 and 进步 stand as the buttons would have left them."""
    room = classroom(cells, subjects=SUBJECTS, **room_settings)
    cases = listed() if caseload is None else list(caseload)
    given_tables = dict(tables or {})
    if computed:
        found = convert(room, cases, given_tables.get("process", ()), frozen)
        given_tables = {"conversions": found.rows, "conversion_stats": found.stats, **given_tables}
    if with_progress:
        sessions, observations = given_tables.get("sessions", ()), given_tables.get("observations", ())
        given_tables.setdefault("progress", progress(room, cases, sessions, observations, frozen))
    return draft_papers(room, Records(caseload=cases, **given_tables), existing, today, frozen)


def text_of(found: Drafts, document: str, subject: str = "语文") -> str:
    [text] = [r["text"] for r in found.rows if (r["subject"], r["document"]) == (subject, document)]
    return text


def lines_of(found: Drafts, document: str, heading: str) -> list[str]:
    """The paragraphs under the heading of that word."""
    lines = text_of(found, document).split("\n")
    start = next(i for i, line in enumerate(lines) if re.fullmatch(f"[一二三四五]、{heading}", line))
    rest = lines[start + 1 :]
    return rest[: next((i for i, line in enumerate(rest) if re.match("[一二三四五]、", line)), len(rest))]


def keys(found: Drafts) -> list[tuple[str, str]]:
    return [(r["subject"], r["document"]) for r in found.rows]


class TestWhatIsDue:
    """Spec §3: rows whose key is missing are added; §5: the documents of the policy."""

    def test_every_subject_with_a_list_gets_every_document_in_order(self):
        cells = {exam: {**columns, **results(range(40, 46), "数学")} for exam, columns in CELLS.items()}
        cases = [case_row(p, s) for s in ("数学", "语文") for p in WEAK]
        assert keys(drafts(cells, cases)) == [(s, d) for s in ("语文", "数学") for d in (PLAN, MID, END)]

    def test_a_row_is_a_draft_of_the_subjects_teacher_that_nobody_handed_in(self):
        row = drafts().rows[0]
        assert (row["teacher"], row["state"], row["handed_in_on"]) == ("测试语文", "草稿", None)

    def test_only_the_documents_of_the_policy_are_drafted(self):
        rules = replace(policy(), documents=(END, PLAN))
        assert keys(drafts(rules_in_force=rules)) == [("语文", PLAN), ("语文", END)]

    def test_a_row_that_exists_gets_no_second_draft_whatever_it_says(self):
        existing = [Row({"subject": "语文", "document": MID, "text": "教师自己写的"}, at=2)]
        assert keys(drafts(existing=existing)) == [("语文", PLAN), ("语文", END)]

    def test_nobody_on_the_list_is_nothing_to_write(self):
        found = drafts(caseload=[])
        assert (found.rows, found.waiting) == ([], [])

    def test_a_pupil_watched_without_a_subject_makes_no_paper(self):
        assert keys(drafts(caseload=[case_row(WEAK[0], "综合", case_type="关注")])) == []

    def test_a_subject_that_任课_does_not_know_comes_last_under_the_homeroom_teacher(self):
        found = drafts(caseload=[*listed(), case_row(WEAK[0], "书法")], today=TODAY, computed=False)
        assert [(r["subject"], r["teacher"]) for r in found.rows] == [("语文", "测试语文"), ("书法", "测试班主任")]


class TestWhenItIsDue:
    """A plan once the list is there; a summary once its figures are there, never before."""

    def test_a_plan_waits_for_the_teachers_decisions_and_says_how_many(self):
        found = drafts(caseload=[*listed(), case_row(IDS[7], confirmed="待定")], today=TODAY, computed=False)
        assert found.rows == []
        [waiting] = found.waiting
        assert (waiting.subject, waiting.document) == ("语文", PLAN)
        assert "1 条待定" in waiting.reason and "学困生" in waiting.mend

    def test_after_the_freezing_a_new_undecided_row_holds_nothing_up(self):
        frozen = FrozenList({(p, "语文"): "学困" for p in WEAK}, {(p, "语文"): "本班" for p in WEAK})
        cases = [*listed(frozen_on=TODAY), case_row(IDS[7], confirmed="待定")]
        assert ("语文", PLAN) in keys(drafts(caseload=cases, frozen=frozen))

    def test_before_the_midterm_there_is_a_plan_and_no_word_of_a_summary(self):
        found = drafts({"入学": CELLS["入学"]}, today=MIDTERM_DAY - timedelta(1))
        assert (keys(found), found.waiting) == ([("语文", PLAN)], [])

    def test_states_before_the_day_are_figures_enough(self):
        found = drafts({k: CELLS[k] for k in ("入学", "期中")}, today=MIDTERM_DAY - timedelta(1))
        assert keys(found) == [("语文", PLAN), ("语文", MID)]

    @pytest.mark.parametrize(
        ("cells", "more", "reason"),
        [
            (CELLS, {"computed": False}, "转化率还没有计算"),
            ({"入学": CELLS["入学"]}, {}, "成绩还没有登记"),
            ({"入学": CELLS["入学"]}, {"midterm_exam": None}, "过程评价还没有登记"),
        ],
    )
    def test_a_day_that_passed_without_figures_is_said(self, cells, more, reason):
        found = drafts(cells, today=MIDTERM_DAY, **more)
        assert keys(found) == [("语文", PLAN)]
        assert [w.document for w in found.waiting] == [MID]
        assert reason in found.waiting[0].reason
        assert "再点一次" in found.waiting[0].mend

    def test_norms_that_have_not_come_hold_the_summary_back(self):
        cases = listed(reference="年级")
        norms = [norms_row("入学", range(40, 100))]
        found = drafts(caseload=cases, norms=norms, today=MIDTERM_DAY)
        assert keys(found) == [("语文", PLAN)]
        assert "常模" in found.waiting[0].reason

    def test_one_state_that_is_missing_holds_the_summary_back(self):
        room = classroom(CELLS, subjects=SUBJECTS)
        found = convert(room, listed(*WEAK[:5]))
        late = drafts(tables={"conversions": found.rows, "conversion_stats": found.stats}, today=MIDTERM_DAY)
        assert keys(late) == [("语文", PLAN)]
        assert "还没有计算" in late.waiting[0].reason

    def test_a_list_of_watched_pupils_is_summed_up_when_the_day_has_come(self):
        cases = listed(WEAK[0], case_type="关注")
        assert keys(drafts(caseload=cases, today=MIDTERM_DAY - timedelta(1))) == [("语文", PLAN)]
        found = drafts(caseload=cases, today=MIDTERM_DAY)
        assert keys(found) == [("语文", PLAN), ("语文", MID)]
        assert "转化率不适用" in text_of(found, MID)


class TestAPlan:
    """转化方案: the situation, the aims, the measures, partners, the calendar (spec §3, §4.7)."""

    def test_says_who_is_on_the_list_how_they_were_found_and_how_far_from_the_mean(self):
        cases = listed(*WEAK[:2])
        cases[1] = cases[1].changed(from_mean=Fraction(-55, 2))
        found = drafts(caseload=cases, computed=False)
        one, two, *_ = lines_of(found, PLAN, "学情")
        assert one.startswith("本学科名单上有 2 人：测试101、测试102。")
        assert "后20%" in two and "与本班比较" in two and "低于均分 27.5 至 30 分" in two

    def test_one_pupil_reads_as_one(self):
        found = drafts(caseload=listed(WEAK[0]), computed=False)
        assert "本学科名单上有 1 人：测试101。" in text_of(found, PLAN)
        assert "低于均分 30 分。" in text_of(found, PLAN)

    def test_levels_are_counted_and_a_missing_baseline_is_said(self):
        cases = [case_row(WEAK[0], baseline="待合格"), case_row(WEAK[1], baseline=None)]
        text = text_of(drafts(caseload=cases, computed=False), PLAN)
        assert "基线等级：待合格 1 人；没有基线成绩的 1 人。" in text

    def test_a_gap_above_the_mean_is_not_called_below_it(self):
        cases = [case_row(WEAK[0], from_mean=Fraction(-3)), case_row(WEAK[1], from_mean=Fraction(2))]
        text = text_of(drafts(caseload=cases, computed=False), PLAN)
        assert "低于均分 " not in text
        assert "从 −3 分到 2 分" in text

    def test_causes_come_from_the_plans_else_from_what_was_seen_this_term(self):
        observed = [report_row(WEAK[1]), report_row(WEAK[2], date=date(2026, 3, 1))]
        tables = {"plans": [measure(WEAK[0], causes=("心理", "学习方法"))], "observations": observed}
        text = text_of(drafts(caseload=listed(*WEAK[:3]), tables=tables, computed=False), PLAN)
        assert (
            "主要困难原因：基础薄弱 1 人、学习方法 1 人、学习习惯 1 人（一人可有几项）" in text
            or "学习习惯 1 人。" in text
        )
        assert "心理 1 人" not in text, "the paper goes to the office (spec §7)"
        assert "其他原因见档案，不在这里列出。" in text

    def test_dual_and_watched_pupils_are_told_apart(self):
        cases = [*listed(WEAK[0]), case_row(WEAK[1], case_type="双困"), case_row(WEAK[2], case_type="关注")]
        [one, *_] = lines_of(drafts(caseload=cases, computed=False), PLAN, "学情")
        assert one.startswith("本学科名单上有 2 人：测试101、测试102。其中双困 1 人")
        assert "关注 1 人：测试103，同样帮扶，不计入转化率" in one

    def test_the_target_is_said_in_pupils(self):
        assert "期中 40%，按 6 人计至少 3 人；期末 60%，按 6 人计至少 4 人" in text_of(drafts(), PLAN)

    def test_a_target_that_the_school_has_not_set_is_left_open_for_the_teacher(self):
        text = text_of(drafts(rules_in_force=policy(midterm=None, final=None), computed=False), PLAN)
        assert "【学校还没有定期中、期末的转化目标。】" in text

    def test_the_exit_rule_is_in_words_and_process_evidence_has_its_own(self):
        text = text_of(drafts(computed=False, midterm_exam=None), PLAN)
        assert "转化的标准（期末）：高于识别线。识别线是后20%的分数线。" in text
        assert "期中按过程评价" in text

    def test_measures_are_counted_by_category_with_who_and_how_often(self):
        plans = [
            measure(WEAK[0]),
            measure(WEAK[1]),
            measure(WEAK[1], "谈心，多鼓励", category="心理", per_week=Fraction(1, 2), responsible="测试班主任"),
        ]
        found = drafts(caseload=listed(*WEAK[:3]), tables={"plans": plans}, computed=False)
        lines = lines_of(found, PLAN, "措施")
        assert lines[0] == "2 人有帮扶计划，共 3 条措施，每人 1 至 2 条。"
        assert "教学：分层作业（2 人，每周 2 次）。由测试语文负责。" in lines
        assert "心理：按学生的情况安排，不在这里列出。" in lines
        assert lines[-1] == "【还没有帮扶计划的 1 人：测试103，待补。】"

    def test_measures_that_were_given_up_are_no_measures(self):
        tables = {"plans": [measure(WEAK[0], state="终止")]}
        found = drafts(caseload=listed(WEAK[0]), tables=tables, computed=False)
        assert lines_of(found, PLAN, "措施") == ["【还没有帮扶计划的 1 人：测试101，待补。】"]

    def test_partners_are_those_confirmed_and_the_others_are_named(self):
        pairs = [pair(WEAK[0]), pair(WEAK[1], confirmed="待定"), pair(WEAK[2], state="结束")]
        groups = [Row({"group_id": str(i % 4), "pupil_id": p}) for i, p in enumerate(IDS)]
        tables = {"pairs": pairs, "groups": groups}
        lines = lines_of(drafts(caseload=listed(*WEAK[:3]), tables=tables, computed=False), PLAN, "结对与小组")
        assert lines[0] == "已确认结对 1 对：生生 1 对。【还没有结对的 2 人：测试102、测试103，待定。】"
        assert "4 个互助小组" in lines[1] and "其中 3 个组" in lines[1]

    def test_dates_that_are_not_set_are_said_to_be_open(self):
        text = text_of(drafts(computed=False, midterm_date=None), PLAN)
        assert "期中（日期待定，考试“期中”）" in text
        assert f"期末（{FINAL_DAY.year}年" in text

    def test_a_pupil_whom_the_roster_lost_keeps_the_name_of_the_list(self):
        frozen = FrozenList({(p, "语文"): "学困" for p in (*WEAK, "2026039999")})
        cases = [*listed(), case_row("2026039999", name="样本离")]
        assert "样本离" in text_of(drafts(caseload=cases, frozen=frozen), PLAN)


class TestTheResult:
    """A rate is never shown bare (spec §4.4)."""

    def test_the_rate_stands_with_base_interval_expectation_target_and_luck(self):
        lines = lines_of(drafts(), MID, "转化结果")
        assert "名单上计入基数的 6 人：已转化 3 人、未转化 2 人、缺考 1 人（计入基数）。" in lines
        [rate] = [line for line in lines if line.startswith("转化率")]
        assert rate == "转化率 3/6（50%），基数 6 人，95% 区间 18.8% 至 81.2%。目标是 40%，达到目标。"
        [expected] = [line for line in lines if "预期自然转化率" in line]
        assert "净转化率" in expected and "偶然达标概率" in expected
        assert any("本来就会回升" in line for line in lines)

    def test_the_final_paper_recalls_the_midterm_with_its_base_and_interval(self):
        assert lines_of(drafts(), END, "转化结果")[-1].startswith("期中时的转化率 3/6（50%），基数 6 人，95% 区间")

    def test_a_small_base_is_said_to_be_small(self):
        assert "人数少，仅供参考" in text_of(drafts(caseload=listed(*WEAK[:4])), MID)
        assert "人数少" not in text_of(drafts(caseload=listed(*WEAK[:5])), MID)

    def test_without_a_correlation_the_reason_stands_in_place_of_the_expectation(self):
        few = {exam: {"语文": dict(list(columns["语文"].items())[:12])} for exam, columns in CELLS.items()}
        text = text_of(drafts(few), MID)
        assert "没有预期自然转化率，也没有净转化率和偶然达标概率" in text
        assert "相关系数" in text

    def test_no_target_is_said(self):
        assert "学校没有定这一阶段的转化目标" in text_of(drafts(rules_in_force=policy(midterm=None)), MID)

    def test_those_outside_the_base_are_counted_beside_it(self):
        frozen = FrozenList({(p, "语文"): "学困" for p in WEAK}, {(p, "语文"): "本班" for p in WEAK})
        pupils = [{"pupil_id": p} for p in IDS]
        pupils[0] |= {"status": "转出", "status_date": date(2026, 10, 1)}
        text = text_of(drafts(caseload=listed(*WEAK, IDS[7]), frozen=frozen, pupils=pupils), MID)
        assert "名单上计入基数的 5 人" in text
        assert "基数之外：转出 1 人、新增 1 人。" in text
        assert "名单冻结后新增 1 人：测试108，同样帮扶，不计入转化率。" in text

    def test_equal_scores_for_all_give_no_rate_and_the_reason(self):
        cells = {**CELLS, "期中": {"语文": dict.fromkeys(IDS, 60)}}
        text = text_of(drafts(cells), MID)
        assert "转化率不适用" in text and "区分度不足" in text
        assert "区间" not in text

    def test_a_phase_of_process_evidence_says_so_and_has_no_natural_rate(self):
        process = [process_row(p, g) for p, g in zip(WEAK, ("达成", "超额", "未达成", "基本达成"), strict=False)]
        found = drafts(tables={"process": process}, midterm_exam=None)
        text = text_of(found, MID)
        assert "按过程评价，“目标达成”为“达成”或“超额”的算转化" in text
        assert "转化率 2/6（33.3%），基数 6 人" in text
        assert "没有过程评价 2 人（计入基数）" in text
        assert "按过程评价，没有预期自然转化率" in text
        assert "缺考" not in text
        assert "测试102：已转化，目标超额；没有辅导记录。" in text


class TestTheWork:
    """What was done: sessions, forms, partners, activities, interest (spec §3)."""

    def test_sessions_up_to_the_phase_are_summed_per_pupil_and_form(self):
        held = [
            session(WEAK[0]),
            session(WEAK[0], form="小组", staff="小帮手", minutes=40),
            session(WEAK[1], subject=None, minutes=None),
            session(WEAK[2], FINAL_DAY),
            session(WEAK[3], subject="数学"),
            session(IDS[9]),
        ]
        found = drafts(tables={"sessions": held})
        [line, *_] = lines_of(found, MID, "所做的工作")
        assert line.startswith(
            "开学到期中（11月5日）共辅导 3 人次、60 分钟，平均每人 0.5 次；6 人中 2 人有辅导记录，每人 1 至 2 次。"
        )
        assert "形式：一对一 2 次、小组 1 次。" in line and "辅导人：教师 2 次、小帮手 1 次。" in line
        assert "共辅导 4 人次" in text_of(found, END)

    def test_no_session_no_activity_no_pair_is_said(self):
        lines = lines_of(drafts(), MID, "所做的工作")
        assert lines == [
            "开学到期中（11月5日）没有登记辅导。",
            "没有确认的结对；没有编互助小组。",
            "没有登记班级活动。",
        ]

    def test_activities_of_the_term_up_to_the_phase_count(self):
        days = (date(2026, 9, 20), date(2026, 10, 20), date(2026, 12, 20), date(2026, 5, 1), None)
        activities = [Row({"date": d, "category": "家长会"}) for d in days]
        found = drafts(tables={"activities": activities})
        assert "班级活动：家长会 3 次。" in text_of(found, MID)
        assert "班级活动：家长会 4 次。" in text_of(found, END)

    def test_interest_is_compared_for_those_assessed_twice(self):
        def seen(pupil, day, mark):
            marks = dict.fromkeys(("initiative", "interest", "participation"), mark)
            return report_row(pupil, date=day, category="学习兴趣", **marks)

        early, late = BASELINE_DAY, date(2026, 11, 1)
        observations = [seen(WEAK[0], early, 2), seen(WEAK[0], late, 4), seen(WEAK[1], early, 1)]
        text = text_of(drafts(tables={"observations": observations}), MID)
        assert "前后都评过的 1 人，平均由 2 分到 4 分" in text

    @given(st.data())
    def test_a_session_counts_here_just_when_progress_counts_it(self, data):
        days = st.none() | st.dates(date(2026, 8, 25), date(2027, 1, 25))
        rows = data.draw(
            st.lists(
                st.builds(
                    lambda p, s, d: session(p, d, subject=s),
                    st.sampled_from([*WEAK, IDS[9]]),
                    st.sampled_from(["语文", "数学", None]),
                    days,
                ),
                max_size=20,
            )
        )
        room = classroom(CELLS, subjects=SUBJECTS)
        [course] = courses(room, Records(caseload=listed(), sessions=rows), None)
        for phase, until in (("期中", MIDTERM_DAY), ("期末", FINAL_DAY)):
            for pupil, own in course.sessions(phase).items():
                assert len(own) == dosage(rows, (pupil, "语文"), until, room).sessions


class TestPupilByPupil:
    """One line each, in 学号 order, in words (spec §7: no rank, no marks)."""

    def test_each_pupil_has_state_direction_and_sessions(self):
        lines = lines_of(drafts(tables={"sessions": [session(WEAK[0])] * 2}), MID, "每名学生的情况")
        assert [line.partition("：")[0] for line in lines[:6]] == [f"测试{p[-3:]}" for p in WEAK]
        assert re.fullmatch("测试101：未转化，(持平|下降|上升)；辅导 2 次、40 分钟。", lines[0])
        assert lines[1] == "测试102：已转化，可靠进步；没有辅导记录。"
        assert lines[4] == "测试105：缺考；没有辅导记录。"

    def test_without_进步_the_direction_still_stands_and_reliable_is_not_claimed(self):
        text = text_of(drafts(with_progress=False), MID)
        assert "测试102：已转化，上升；" in text
        assert "，可靠进步；" not in text

    def test_a_watched_pupil_is_called_so(self):
        cases = [*listed(*WEAK[:5]), case_row(WEAK[5], case_type="关注")]
        assert any(
            line.startswith("测试106：关注对象，") for line in lines_of(drafts(caseload=cases), MID, "每名学生的情况")
        )


class TestWhatIsLackingAndNext:
    """Computed from the records, not invented."""

    def test_names_those_without_a_session_the_absent_and_plans_left_as_they_were(self):
        plans = [measure(p) for p in WEAK[:5]]
        plans[0]["adjustment"] = "加一次面批"
        sessions = [session(p, MIDTERM_DAY) for p in WEAK[1:]]
        lines = lines_of(drafts(tables={"plans": plans, "sessions": sessions}), MID, "存在的问题")
        assert "没有辅导记录的 1 人：测试101。" in lines
        assert "缺考的 1 人：测试105。" in lines
        assert "没有帮扶计划的 1 人：测试106。" in lines
        assert "没有转化、计划还没有调整的 2 人：测试103、测试105。" in lines
        assert "转化率没有达到目标。" not in lines

    def test_a_long_pause_is_told_by_the_schools_own_figure(self):
        sessions = [session(p, MIDTERM_DAY - timedelta(21 if p == WEAK[0] else 20)) for p in WEAK]
        lines = lines_of(drafts(tables={"sessions": sessions}, max_gap_days=20), MID, "存在的问题")
        assert "最近一次辅导离期中超过 20 天的 1 人：测试101。" in lines

    def test_nothing_lacking_is_said_and_not_left_blank(self):
        cells = {**CELLS, "期中": results(["95.5", "96.5", "97.5", "98.5", "99.5", "93.5"])}
        tables = {"plans": [measure(p) for p in WEAK], "sessions": [session(p, MIDTERM_DAY) for p in WEAK]}
        assert lines_of(drafts(cells, tables=tables), MID, "存在的问题") == ["从记录看，辅导、评价和计划都没有缺漏。"]

    def test_a_target_missed_comes_first(self):
        assert lines_of(drafts(rules_in_force=policy(midterm="60%")), MID, "存在的问题")[0] == "转化率没有达到目标。"

    def test_the_next_steps_take_up_the_open_plans_of_those_not_converted(self):
        plans = [measure(WEAK[0]), measure(WEAK[2], "错题本：每周", state="完成"), measure(WEAK[1], "听背：每天")]
        lines = lines_of(drafts(tables={"plans": plans}), MID, "下一步")
        assert lines[0] == "未转化的 2 人：看原有措施（分层作业）哪些有效，调整计划。"
        assert lines[1].startswith("已转化的 3 人：")
        assert lines[2].startswith("缺考的 1 人：")
        assert lines[3] == "没有辅导记录的 6 人：两周内各安排一次辅导。"

    def test_the_final_paper_looks_to_the_next_term(self):
        assert "建议下学期重新识别" in text_of(drafts(), END)


MARKS = st.integers(0, 200).map(lambda n: f"{n // 2}.5" if n % 2 else str(n // 2))
CELL = st.one_of(MARKS, st.sampled_from(["缺考", "免考", None]))
RATE = re.compile(r"(?<!自然)(?<!净)转化率 (\d+)/(\d+)（([\d.]+)%），基数 (\d+) 人，95% 区间 ([\d.]+)% 至 ([\d.]+)%")


class TestEveryDraft:
    """Whatever the class looks like."""

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.tuples(CELL, CELL, CELL), max_size=24),
        st.lists(st.sampled_from(["学困", "双困", "关注"]), max_size=24),
        st.lists(st.tuples(st.integers(0, 23), st.dates(date(2026, 9, 1), date(2027, 1, 15))), max_size=12),
        st.sampled_from(["考试", "过程评价"]),
    )
    def test_reads_as_sentences_with_no_bare_rate_no_marks_and_no_ranks(self, cells, types, held, basis):
        ids = pupil_ids(len(cells))
        exams = {
            exam: {"语文": {p: row[i] for p, row in zip(ids, cells, strict=True)}}
            for i, exam in enumerate(("入学", "期中", "期末"))
        }
        cases = [case_row(p, case_type=t) for p, t in zip(ids, types, strict=False)]
        sessions = [session(ids[i], day) for i, day in held if i < len(ids)]
        process = [process_row(p, "达成") for p in ids[:3]]
        tables = {"sessions": sessions, "process": process}
        found = drafts(exams, cases, tables=tables, pupils=[{"pupil_id": p} for p in ids], midterm_basis=basis)
        for row in found.rows:
            text = row["text"]
            assert not re.search(r"None|nan|inf|Fraction|\{|\}|Row\(|：。|、。|，。|。。|；；", text)
            assert all(line and line == line.strip() for line in text.split("\n"))
            assert not re.search("名次|排名|第 ?\\d+ ?名|倒数", text)
            self.check_rates(text)
            if row["document"] != PLAN:
                body = text.partition("三、每名学生的情况")[2].partition("四、")[0]
                assert not re.search(r"\d+(\.\d)? ?分(?!钟)|\.5", body), "no marks beside a name"

    @staticmethod
    def check_rates(text: str) -> None:
        for line in text.split("\n"):
            shown = re.findall(r"(?<!自然)(?<!净)转化率[^。；]*?\d+/\d+", line)
            whole = RATE.findall(line)
            assert len(shown) == len(whole), "a rate stands with its base and interval"
            for converted, base, share, people, low, high in whole:
                assert base == people and int(base) > 0
                assert abs(float(share) - 100 * int(converted) / int(base)) <= 0.05
                assert float(low) <= float(share) + 0.05 and float(share) <= float(high) + 0.05

    def test_row_order_of_the_sheets_does_not_matter(self):
        tables = {
            "plans": [measure(p) for p in WEAK],
            "sessions": [session(p, minutes=10 + i) for i, p in enumerate(WEAK)],
            "pairs": [pair(p) for p in WEAK[:4]],
        }
        backwards = {name: rows[::-1] for name, rows in tables.items()}
        assert drafts(tables=tables).rows == drafts(caseload=listed()[::-1], tables=backwards).rows
