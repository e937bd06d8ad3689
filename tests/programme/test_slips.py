"""The slip for one child's parents: levels and growth, kind words, nobody else (spec §7)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import TODAY, case_row, classroom, norms_row, pupil_ids
from xlbangfu.programme.parent_levels import (
    GROWTH_WORDS,
    NEAR_SD,
    NOTHING,
    band,
    growth_word,
    levels_row,
    near_average,
    scale_words,
    shown_level,
)
from xlbangfu.programme.parent_text import DEFICIT_WORDS, parent_text_problems
from xlbangfu.programme.records import Records
from xlbangfu.programme.rules import BANDS
from xlbangfu.programme.slips import FAMILY, GROWTH, STRENGTHS, SUPPORT, TIPS, USUAL_TIP, Slip, draft_slip
from xlbangfu.schema import CAUSES, GOAL_LEVELS, SESSION_FORMS
from xlbangfu.table import Row

IDS = pupil_ids(30)
PUPIL, OTHER = IDS[0], IDS[1]
NAMES = {p: f"示例{i}" for i, p in enumerate(IDS)} | {PUPIL: "示例甲乙", OTHER: "测试丙丁"}
ROSTER = [{"pupil_id": p, "name": NAMES[p]} for p in IDS]


def room(cells: dict[str, Any] | None = None, pupils: Any = ROSTER, **settings: Any) -> Any:
    return classroom(cells or {}, pupils=pupils, **settings)


def scores(*values: Any) -> dict[str, Any]:
    return dict(zip(IDS, values, strict=False))


def slip(cells: dict[str, Any] | None = None, pupils: Any = ROSTER, settings: Any = {}, **tables: Any) -> Slip:  # noqa: B006
    tables.setdefault("caseload", [case_row(PUPIL)])
    return draft_slip(room(cells, pupils, **settings), Records(**tables), PUPIL, TODAY)


def text(found: Slip, heading: str) -> str:
    return next(r["text"] for r in found.paragraphs if r["heading"] == heading)


def whole(found: Slip) -> str:
    return "\n".join(
        [*map(str, found.page.values()), *(str(v) for r in found.levels + found.paragraphs for v in r.values())]
    )


def session(form: str = "一对一", pupil: str = PUPIL, **values: Any) -> Row:
    return Row({"date": date(2026, 10, 8), "pupil_id": pupil, "subject": "语文", "form": form, "minutes": 20, **values})


class TestLevels:
    """spec §7: marks become levels by the policy's bands of 满分; without 满分 by |z| 0.5; levels stay levels."""

    @given(st.fractions(0, 150), st.fractions(1, 150))
    def test_a_band_is_the_highest_whose_share_the_mark_reaches(self, mark: Fraction, full: Fraction) -> None:
        reached = [name for name, least in BANDS if mark / full >= least]
        assert band(mark, full) == reached[0]

    def test_a_mark_on_the_line_is_above_it(self) -> None:
        assert [band(Fraction(x), Fraction(120)) for x in ("102", "101.5", "84", "72", "71.5", "0")] == [
            "优", "良", "良", "合格", "待合格", "待合格",
        ]  # fmt: skip

    @given(st.floats(-4, 4), st.sampled_from(["年级", "本班"]))
    def test_near_the_average_reaches_half_a_deviation_to_both_sides(self, z: float, whose: str) -> None:
        word = near_average(z, whose)
        assert word.endswith(f"{whose}平均")
        assert word.startswith("接近") == (abs(z) <= NEAR_SD + 1e-9)
        assert word.startswith("高于") == (z > NEAR_SD + 1e-9)

    def test_with_full_points_marks_are_bands_and_never_numbers(self) -> None:
        found = room({"入学": {"语文": scores(58, 90)}}, subjects=[{"subject": "语文", "full_points": Fraction(100)}])
        assert shown_level(found, "入学", "语文", PUPIL) == "待合格"

    def test_without_full_points_the_grade_is_the_measure_and_else_the_class(self) -> None:
        cells = {"入学": {"语文": scores(50, 60, 70)}}
        by_grade = room(cells, norms=[norms_row("入学", [50, 50, 50, 40])])
        assert shown_level(by_grade, "入学", "语文", PUPIL) == "高于年级平均"
        assert shown_level(room(cells), "入学", "语文", PUPIL) == "低于本班平均"

    def test_a_level_is_shown_as_itself_and_an_absence_in_words(self) -> None:
        found = room({"入学": {"语文": scores("良", "缺考", "免考", "缓考", "优")}})
        shown = [shown_level(found, "入学", "语文", p) for p in IDS[:6]]
        assert shown == ["良", "未参加", "免考", "缓考", "优", NOTHING]

    def test_a_phase_on_process_evidence_says_the_goal_in_words(self) -> None:
        goals = [
            Row({"pupil_id": PUPIL, "subject": "语文", "phase": "期中", "goal": g, "date": TODAY}) for g in GOAL_LEVELS
        ]
        row = levels_row(room({}, midterm_exam=None), goals[2:3], "语文", PUPIL)
        assert row is not None
        assert (row["at_baseline"], row["at_midterm"]) == (NOTHING, "达到目标")

    def test_a_subject_in_which_nothing_is_known_has_no_line(self) -> None:
        assert levels_row(room({"入学": {"语文": scores(None, 70)}}), (), "语文", PUPIL) is None

    def test_the_foot_says_what_the_levels_mean_only_where_marks_became_levels(self) -> None:
        assert "优 85% 及以上" in scale_words(BANDS)
        full = {"subjects": [{"subject": "语文", "full_points": Fraction(100)}]}
        assert slip({"入学": {"语文": scores(58)}}, settings=full).page["scale"]
        assert slip({"入学": {"语文": scores("良")}}).page["scale"] is None


class TestGrowth:
    def grown(self, before: list[Any], after: list[Any], **settings: Any) -> str:
        return growth_word(
            room({"入学": {"语文": scores(*before)}, "期末": {"语文": scores(*after)}}, **settings), "语文", PUPIL
        )

    def test_far_ahead_with_a_known_correlation_is_great_progress(self) -> None:
        rest = list(range(60, 89))
        assert self.grown([50, *rest], [95, *rest]) == "进步明显"

    def test_without_a_correlation_the_direction_alone_counts(self) -> None:
        assert self.grown([50, 60, 70], [70, 60, 50]) == "有进步"
        assert self.grown([50, 60, 70], [55, 65, 75]) == "保持平稳"
        assert self.grown([70, 60, 50], [50, 60, 70]) == "有些起伏"

    def test_both_exams_are_seen_against_the_same_group(self) -> None:
        """A grade's norms for one of the two exams would compare two scales."""
        assert self.grown([50, 60, 70], [50, 60, 70], norms=[norms_row("期末", [10, 20, 90])]) == "保持平稳"

    def test_before_the_first_phase_there_is_nothing_to_say(self) -> None:
        assert growth_word(room({"入学": {"语文": scores(50, 60)}}), "语文", PUPIL) == NOTHING
        assert "期中、期末以后" in text(slip({"入学": {"语文": scores(50, 60)}}), GROWTH)

    def test_what_went_well_is_said_first_and_the_rest_kindly(self) -> None:
        subjects = ("语文", "数学")
        cells = {
            "入学": {"语文": scores(50, 60, 70), "数学": scores(70, 60, 50)},
            "期末": {"语文": scores(70, 60, 50), "数学": scores(50, 60, 70)},
        }
        said = text(slip(cells, settings={"subjects": subjects}), GROWTH)
        assert said.index("语文有进步") < said.index("数学有些起伏")
        assert parent_text_problems(said, "", []) == []

    def test_no_word_of_growth_hurts(self) -> None:
        assert not any(parent_text_problems(word, "", []) for word in GROWTH_WORDS.values())

    def test_more_interest_is_said_and_less_is_not(self) -> None:
        def told(before: int, after: int) -> bool:
            row = Row({"pupil_id": PUPIL, "interest_before": Fraction(before), "interest_after": Fraction(after)})
            return "更浓" in text(slip(progress=[row]), GROWTH)

        assert (told(2, 4), told(4, 2), told(3, 3)) == (True, False, False)

    def test_process_evidence_beside_an_exam_is_told_by_subject(self) -> None:
        rows = [
            Row({"pupil_id": PUPIL, "subject": s, "phase": "期中", "goal": g, "date": TODAY})
            for s, g in (("数学", "未达成"), ("语文", "达成"))
        ]
        assert "语文达到目标，数学正在努力" in text(slip(process=rows), GROWTH)


class TestSupport:
    def test_sessions_are_counted_by_form_in_words(self) -> None:
        rows = [session(), session(), session("师生谈话"), session(pupil=OTHER), session(date=date(2025, 3, 1))]
        assert text(slip(sessions=rows), SUPPORT) == "本学期为孩子安排了：一对一辅导 2 次、师生谈心 1 次。"

    @pytest.mark.parametrize("form", SESSION_FORMS)
    def test_every_form_has_a_kind_word(self, form: str) -> None:
        said = text(slip(sessions=[session(form)]), SUPPORT)
        assert "其他" not in said
        assert parent_text_problems(said, "", []) == []

    def test_a_partner_is_named_neither_by_name_nor_by_role(self) -> None:
        pair = {"subject": "语文", "form": "生生", "confirmed": "是", "state": "进行"}
        helped = Row({**pair, "tutee_id": PUPIL, "tutor_id": OTHER, "tutor": NAMES[OTHER]})
        helping = Row({**pair, "tutee_id": OTHER, "tutor_id": PUPIL, "tutee": NAMES[OTHER]})
        assert (
            text(slip(pairs=[helped]), SUPPORT)
            == text(slip(pairs=[helping]), SUPPORT)
            == "孩子有学习伙伴，一起学、互相帮。"
        )
        assert "伙伴" not in text(slip(pairs=[helped.changed(confirmed="待定")]), SUPPORT)

    def test_a_role_in_the_group_is_told(self) -> None:
        assert "担任记录员" in text(slip(groups=[Row({"pupil_id": PUPIL, "group_id": "1", "role": "记录员"})]), SUPPORT)
        assert "参加" in text(slip(groups=[Row({"pupil_id": PUPIL, "group_id": "1", "role": "组员"})]), SUPPORT)

    def test_there_is_something_to_say_even_when_nothing_was_recorded(self) -> None:
        found = slip()
        assert [r["heading"] for r in found.paragraphs] == [GROWTH, SUPPORT, STRENGTHS, FAMILY]
        assert all(r["text"] for r in found.paragraphs)


class TestHome:
    @pytest.mark.parametrize("cause", CAUSES)
    def test_every_cause_has_a_tip_that_does_not_name_it(self, cause: str) -> None:
        said = text(slip(profiles=[Row({"pupil_id": PUPIL, "causes": (cause,)})]), FAMILY)
        assert said == f"1. {TIPS[cause]}"
        assert parent_text_problems(said, "", []) == []
        assert "困难" not in said and "薄弱" not in said and cause not in said

    def test_measures_that_the_plan_gives_to_the_family_go_first(self) -> None:
        plan = {"pupil_id": PUPIL, "category": "家校", "causes": ("学习习惯", "学习兴趣", "生活")}
        rows = [
            Row({**plan, "measure": "家庭学习角：一起读书", "responsible": "家长", "state": "执行"}),
            Row({**plan, "measure": "家访：了解家庭情况和困难", "responsible": "测试班主任", "state": "执行"}),
            Row({**plan, "measure": "已经停了", "responsible": "家长", "state": "终止"}),
        ]
        lines = text(slip(plans=rows), FAMILY).split("\n")
        assert lines == ["1. 家庭学习角：一起读书。", f"2. {TIPS['学习习惯']}", f"3. {TIPS['学习兴趣']}"]

    def test_without_a_cause_there_is_a_tip_all_the_same(self) -> None:
        assert text(slip(), FAMILY) == f"1. {USUAL_TIP}"


class TestWhatATeacherTyped:
    """spec §7: their own child alone; what must not stand there stays behind, with the cell."""

    def profile(self, strengths: str, at: int = 5) -> Row:
        return Row({"pupil_id": PUPIL, "strengths": strengths, "interests": "画画"}, at)

    def test_the_sentence_with_anothers_name_stays_behind_and_the_cell_is_told(self) -> None:
        found = slip(profiles=[self.profile("字写得工整。常和测试丙丁一起打扫；会唱歌")])
        assert text(found, STRENGTHS) == "字写得工整。会唱歌。\n兴趣爱好：画画。"
        (issue,) = found.left_out
        assert (issue.level, issue.sheet, issue.row, issue.column) == ("提醒", "档案", 5, "优势")
        assert "其他学生的名字" in issue.message and "请改写" in issue.mend

    def test_a_given_name_is_a_name_but_not_the_own_one(self) -> None:
        assert slip(profiles=[self.profile("常帮丙丁拿书")]).left_out != []
        assert slip(profiles=[self.profile("甲乙爱读书")]).left_out == []

    def test_a_namesakes_name_is_the_childs_own(self) -> None:
        pupils = [*ROSTER, {"pupil_id": "1", "name": NAMES[PUPIL]}]
        assert slip(pupils=pupils, profiles=[self.profile("示例甲乙爱读书")]).left_out == []

    def test_a_cell_of_the_roster_is_told_as_one(self) -> None:
        pupils = [{"pupil_id": PUPIL, "name": "示例甲乙", "good_at": "跑步第一名"}, *ROSTER[1:]]
        (issue,) = slip(pupils=pupils).left_out
        assert (issue.sheet, issue.column) == ("名册", "擅长学科")

    @given(
        st.lists(
            st.sampled_from(
                [
                    "字好",
                    "爱劳动",
                    "测试丙丁",
                    "示例5",
                    "58 分",
                    "第3名",
                    *DEFICIT_WORDS[:12],
                    "。",
                    "；",
                    "，",
                    "示例甲乙",
                    "丙 丁",
                ]
            ),
            max_size=12,
        ),
        st.booleans(),
    )
    def test_whatever_was_typed_no_other_name_no_mark_and_no_hurting_word_is_printed(
        self, pieces: list[str], in_plan: bool
    ) -> None:
        typed = "".join(pieces)
        plan = Row({"pupil_id": PUPIL, "category": "家校", "measure": typed, "responsible": "家长"}, 9)
        found = slip(profiles=[] if in_plan else [self.profile(typed)], plans=[plan] if in_plan else [])
        others = [name for p, name in NAMES.items() if p != PUPIL]
        printed = "\n".join(r["text"] for r in found.paragraphs)
        assert parent_text_problems(printed, NAMES[PUPIL], others) == []

    def test_a_sentence_of_ours_that_holds_a_pupils_name_is_left_out_too(self) -> None:
        pupils = [*ROSTER, {"pupil_id": "1", "name": "新鲜事"}]
        assert FAMILY not in [r["heading"] for r in slip(pupils=pupils).paragraphs]


class TestTheWholeSlip:
    def test_says_nothing_of_the_list(self) -> None:
        case = case_row(PUPIL, case_type="双困", basis="后20%：58 ≤ 识别线 61", z=-1.5, baseline=Fraction(58))
        states = Row({"pupil_id": PUPIL, "subject": "语文", "final_state": "未转化"})
        found = slip({"入学": {"语文": scores(58, 60)}}, caseload=[case], conversions=[states])
        assert parent_text_problems(whole(found), NAMES[PUPIL], [n for p, n in NAMES.items() if p != PUPIL]) == []
        assert "58" not in whole(found) and "1.5" not in whole(found)

    def test_the_order_of_the_records_cannot_matter(self) -> None:
        sessions = [session(), session("家访"), session("小组")]
        goals = [
            Row({"pupil_id": PUPIL, "subject": s, "phase": "期中", "goal": "达成", "date": TODAY})
            for s in ("语文", "数学")
        ]
        one = slip(sessions=sessions, process=goals)
        assert one == slip(sessions=sessions[::-1], process=goals[::-1])

    def test_a_pupil_who_is_not_in_the_roster_is_an_error_of_the_caller(self) -> None:
        with pytest.raises(KeyError):
            draft_slip(room(), Records(), "999", TODAY)
