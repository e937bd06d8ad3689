"""Universal screening: every criterion at its edge, 类型, 依据 word by word, and a caseload that keeps decisions (spec §4.3)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import LADDER, TODAY, case_row, classroom, norms_row, policy, pupil_id, pupil_ids, report_row
from xlbangfu.programme import rules
from xlbangfu.programme.screening import doubtful_rows, merge_caseload, missing_baseline, screen
from xlbangfu.schema import CARE, SIGNAL_CATEGORIES, SIGNAL_SOURCES

ONE, TWO = pupil_ids(2)
HABITS = ("学习习惯", "学习方法", "学习态度")
ONE_BAD_HABIT = rules.Referral(1, HABITS, 3)
TWO_SOURCES = rules.Referral(2, HABITS, 3)
BEHAVES = rules.Behaviour(1, 3)
POOR = rules.Care(("经济困难", "残疾"))
NEVER = rules.LevelAtMost("没有这一级")
FAIR = (70, 80)  # pupil ONE is below the mean, TWO above it; neither by a criterion unless told


def flagged(rows):
    return {(r["pupil_id"], r["subject"]): r["case_type"] for r in rows}


def room_of(marks=FAIR, academic=NEVER, beside=(), *, share="1/5", pupils=None, subjects=("语文",), norms=(), **set_to):
    """A class whose baseline marks in 语文 (or all subjects) are these, under a 制度 with these rules."""
    ids = pupil_ids(len(marks))
    cells = {"入学": {s if isinstance(s, str) else s["subject"]: dict(zip(ids, marks, strict=True)) for s in subjects}}
    known = pupils if pupils is not None else [{"pupil_id": p} for p in ids]
    rules_in_force = policy(academic, beside=beside, share=share)
    return classroom(cells, rules_in_force=rules_in_force, pupils=known, subjects=subjects, norms=norms, **set_to)


def basis(room, reports=(), pupil=ONE, subject="语文"):
    """依据 of that row."""
    return next(r["basis"] for r in screen(room, reports) if (r["pupil_id"], r["subject"]) == (pupil, subject))


class TestBottomShare:
    """§4.2 and bottom_share(p)."""

    def test_at_the_cut_is_inside_and_just_above_is_outside(self):
        found = screen(room_of(("61", "61.5", 70, 80, 90), rules.BottomShare()), ())
        assert flagged(found) == {(ONE, "语文"): "学困"}

    def test_ties_at_the_cut_are_all_inside(self):
        found = screen(room_of((61, 61, 61, 80, 90), rules.BottomShare()), ())
        assert len(found) == 3

    def test_the_share_of_the_class_comes_before_that_of_the_policy(self):
        room = room_of(range(10, 20), rules.BottomShare(), share=None)
        assert len(screen(room, ())) == 2
        room.settings["share"] = Fraction(3, 10)
        assert len(screen(room, ())) == 3

    def test_all_equal_flags_nobody_and_says_so(self):
        room = room_of((60, 60, 60), rules.BottomShare())
        assert screen(room, ()) == []
        assert any("区分度不足" in i.message and i.level == "提醒" for i in room.issues)

    def test_more_than_the_rest_at_the_top_is_said_in_the_basis(self):
        room = room_of((60, 70, *[100] * 9), rules.BottomShare(), share="1/2")
        assert len(screen(room, ())) == 2
        assert "区分度不足" in basis(room)

    def test_twenty_per_cent_of_fifty_five_is_eleven(self):
        assert len(screen(room_of(range(1, 56), rules.BottomShare()), ())) == 11


class TestBelowMean:
    """below_mean: x < μ, exactly."""

    @pytest.mark.parametrize(("marks", "held"), [((59, 60, 61), [ONE]), ((60, 60), []), (("0.1", "0.2", "0.3"), [ONE])])
    def test_the_pupil_at_the_mean_is_not_below_it(self, marks, held):
        assert [r["pupil_id"] for r in screen(room_of(marks, rules.BelowMean()), ())] == held


class TestLevelAtMost:
    """level_at_most(level)."""

    def test_the_level_itself_and_worse_hold_better_do_not(self):
        room = room_of(LADDER, rules.LevelAtMost("合格"))
        assert [r["baseline"] for r in screen(room, ())] == ["合格", "待合格"]

    def test_a_class_in_marks_has_no_level(self):
        assert screen(room_of((10, 20, 90), rules.LevelAtMost("合格")), ()) == []

    def test_a_level_off_the_ladder_holds_for_nobody(self):
        assert screen(room_of(LADDER, rules.LevelAtMost("丙")), ()) == []


class TestDecline:
    """decline(d): z(上次考试) − z(基线考试) ≥ d, inclusively with 1e-9."""

    @staticmethod
    def room(before, after, d, previous="上次"):
        ids = pupil_ids(len(before))
        cells = {
            "上次": {"语文": dict(zip(ids, before, strict=True))},
            "入学": {"语文": dict(zip(ids, after, strict=True))},
        }
        return classroom(cells, rules_in_force=policy(rules.Decline(Fraction(d))), previous_exam=previous)

    def test_a_decline_of_just_d_holds(self):
        """Two pupils change places: z falls from +1 to −1, by 2 exactly."""
        assert flagged(screen(self.room((90, 50), (50, 90), "2"), ())) == {(ONE, "语文"): "学困"}
        assert screen(self.room((90, 50), (50, 90), "2.000001"), ()) == []

    def test_rounding_of_z_does_not_decide(self):
        """z of (1,2,4)/(4,2,1) is irrational; d is its float, a hair above or below by rounding."""
        room = self.room((4, 2, 1), (1, 2, 4), "1")
        fall = room.z("上次", "语文", ONE, "本班") - room.z("入学", "语文", ONE, "本班")
        for nudge, held in ((0, 1), (9e-10, 1), (2e-9, 0)):
            assert len(screen(self.room((4, 2, 1), (1, 2, 4), Fraction(fall) + Fraction(nudge)), ())) == held

    @pytest.mark.parametrize("previous", [None, "", "没考过"])
    def test_without_a_previous_exam_it_does_not_hold(self, previous):
        assert screen(self.room((90, 50), (50, 90), "0.1", previous), ()) == []

    @pytest.mark.parametrize(("before", "after"), [("缺考", 50), (None, 50), (90, "缺考"), (90, None)])
    def test_without_either_z_it_does_not_hold(self, before, after):
        assert ONE not in {r["pupil_id"] for r in screen(self.room((before, 50, 70), (after, 90, 70), "0.1"), ())}

    def test_the_basis_says_how_much(self):
        assert basis(self.room((90, 50), (50, 90), "2")).startswith("比“上次”下降 2 个标准差")


class TestReferral:
    """referral(n, categories, severity): rows of the term, of the 学科 or without one, from n different 来源."""

    def held(self, rule, *reports, **set_to):
        return flagged(screen(room_of(academic=rule, **set_to), reports))

    def test_one_report_of_that_severity(self):
        assert self.held(ONE_BAD_HABIT, report_row(ONE)) == {(ONE, "语文"): "学困"}
        assert self.held(ONE_BAD_HABIT, report_row(ONE, severity=2)) == {}
        assert self.held(ONE_BAD_HABIT, report_row(ONE, severity=None)) == {}
        assert self.held(ONE_BAD_HABIT, report_row(ONE, severity=5)) == {(ONE, "语文"): "学困"}

    def test_two_rows_of_teachers_are_one_source(self):
        teacher, again, parent = report_row(ONE), report_row(ONE, category="学习方法"), report_row(ONE, source="家长")
        assert self.held(TWO_SOURCES, teacher, again) == {}
        assert self.held(TWO_SOURCES, teacher, parent) == {(ONE, "语文"): "学困"}

    def test_the_second_source_must_be_severe_enough_too(self):
        assert self.held(TWO_SOURCES, report_row(ONE), report_row(ONE, source="家长", severity=2)) == {}

    @pytest.mark.parametrize("category", SIGNAL_CATEGORIES)
    def test_only_the_categories_of_the_policy(self, category):
        assert bool(self.held(ONE_BAD_HABIT, report_row(ONE, category=category))) is (category in HABITS)

    @pytest.mark.parametrize(
        ("day", "inside"),
        [(date(2026, 8, 31), False), (date(2026, 9, 1), True), (date(2027, 1, 20), True), (date(2027, 1, 21), False)],
    )
    def test_rows_of_the_term(self, day, inside):
        assert bool(self.held(ONE_BAD_HABIT, report_row(ONE, date=day))) is inside

    @pytest.mark.parametrize(("subject", "inside"), [("语文", True), (None, True), ("", True), ("数学", False)])
    def test_rows_of_the_subject_or_without_one(self, subject, inside):
        assert bool(self.held(ONE_BAD_HABIT, report_row(ONE, subject=subject))) is inside

    @pytest.mark.parametrize("source", [None, ""])
    def test_a_row_without_a_source_comes_from_nobody(self, source):
        assert self.held(ONE_BAD_HABIT, report_row(ONE, source=source)) == {}

    def test_reports_are_about_the_pupil_they_name(self):
        assert self.held(ONE_BAD_HABIT, report_row(TWO)) == {(TWO, "语文"): "学困"}

    def test_the_basis_names_sources_and_categories_once_and_the_worst(self):
        reports = [
            report_row(ONE, source="家长", severity=4),
            report_row(ONE),
            report_row(ONE, category="学习态度"),
            report_row(ONE, severity=1, source="本人"),
        ]
        room = room_of((80, 70), TWO_SOURCES)
        assert basis(room, reports) == "教师、家长反映学习态度、学习习惯（程度 4）；按本班 2 人"


class TestCareAndBehaviour:
    """care(categories), behaviour(n, severity)."""

    @pytest.mark.parametrize("care", CARE)
    def test_care_holds_for_the_categories_of_the_policy(self, care):
        pupils = [{"pupil_id": ONE, "care": (care,)}, {"pupil_id": TWO, "care": ()}]
        found = flagged(screen(room_of(academic=rules.AllOf((rules.BelowMean(), POOR)), pupils=pupils), ()))
        assert found == ({(ONE, "语文"): "学困"} if care in POOR.categories else {})

    def test_behaviour_looks_at_behaviour_alone(self):
        room = room_of(beside=[rules.Behaviour(2, 3)])
        once, twice = report_row(ONE, category="行为"), report_row(ONE, category="行为", source="同学")
        assert screen(room, [once]) == [] and screen(room, [once, report_row(ONE, source="家长")]) == []
        assert flagged(screen(room, [once, twice])) == {(ONE, "语文"): "关注"}


class TestTrees:
    """all-of / any-of."""

    TREES = {
        "all": rules.AllOf((rules.BelowMean(), ONE_BAD_HABIT)),
        "any": rules.AnyOf((rules.BelowMean(), ONE_BAD_HABIT)),
        "all in any": rules.AnyOf((NEVER, rules.AllOf((rules.BelowMean(), ONE_BAD_HABIT)))),
        "any in all": rules.AllOf((rules.BelowMean(), rules.AnyOf((NEVER, ONE_BAD_HABIT)))),
    }

    @pytest.mark.parametrize("tree", TREES)
    @pytest.mark.parametrize("low", [True, False])
    @pytest.mark.parametrize("reported", [True, False])
    def test_truth_table(self, tree, low, reported):
        room = room_of((70, 80) if low else (80, 70), self.TREES[tree])
        found = flagged(screen(room, [report_row(ONE)] if reported else ()))
        held = (low or reported) if tree == "any" else (low and reported)
        assert (found.get((ONE, "语文")) == "学困") is held


class TestTypes:
    """类型: 学困 by the academic rule, 双困 with behaviour too, 关注 by a signal alone; 综合 for a signal without a subject."""

    BAD = report_row(ONE, category="行为")

    def room(self, low=True, **more):
        return room_of(
            (10, 70, 70, 80, 90) if low else (90, 70, 70, 80, 10), rules.BottomShare(), [BEHAVES, ONE_BAD_HABIT], **more
        )

    @pytest.mark.parametrize(
        ("low", "reports", "wanted"),
        [
            (True, (), "学困"),
            (True, (BAD,), "双困"),
            (True, (BAD.changed(subject=None),), "双困"),
            (True, (BAD.changed(subject="数学"),), "学困"),
            (True, (report_row(ONE),), "学困"),
            (False, (BAD,), "关注"),
            (False, (report_row(ONE),), "关注"),
            (False, (), None),
        ],
    )
    def test_types(self, low, reports, wanted):
        assert flagged(screen(self.room(low), reports)).get((ONE, "语文")) == wanted

    def test_a_signal_without_a_subject_is_one_row_of_its_own(self):
        room = room_of((90, 70, 10), beside=[BEHAVES], subjects=("语文", "数学"))
        found = screen(room, [self.BAD.changed(subject=None)])
        assert flagged(found) == {(ONE, "综合"): "关注"}
        assert (found[0]["baseline"], found[0]["z"], found[0]["reference"]) == (None, None, None)
        assert found[0]["basis"] == "教师反映行为（程度 3）"

    def test_unless_the_pupil_has_another_row(self):
        found = flagged(screen(self.room(low=True), [report_row(ONE, subject=None)]))
        assert (ONE, "综合") not in found and found[ONE, "语文"] == "学困"

    def test_a_report_about_a_subject_is_that_subjects_whatever_is_said_in_general(self):
        """A general report more must not take the row of the subject away."""
        room = room_of((90, 70, 10), beside=[BEHAVES], subjects=("语文", "数学"))
        reports = [self.BAD, self.BAD.changed(subject=None, source="家长")]
        assert flagged(screen(room, reports[:1])) == {(ONE, "语文"): "关注"}
        assert flagged(screen(room, reports)) == {(ONE, "语文"): "关注"}

    def test_two_sources_of_which_one_speaks_in_general_are_the_subjects(self):
        room = room_of((90, 70, 10), beside=[rules.Behaviour(2, 3)], subjects=("语文", "数学"))
        reports = [self.BAD, self.BAD.changed(subject=None, source="家长")]
        assert flagged(screen(room, reports)) == {(ONE, "语文"): "关注"}

    def test_care_has_no_subject(self):
        pupils = [{"pupil_id": ONE, "care": ("残疾",)}, {"pupil_id": TWO}]
        assert flagged(screen(room_of(beside=[POOR], pupils=pupils), ())) == {(ONE, "综合"): "关注"}

    def test_a_pupil_without_any_result_may_still_be_watched(self):
        room = room_of(("缺考", 70, 80), beside=[BEHAVES])
        found = screen(room, [self.BAD])
        assert flagged(found) == {(ONE, "语文"): "关注"} and found[0]["basis"] == "教师反映行为（程度 3）"


class TestBasis:
    """依据 lists every criterion that held, with its figures."""

    def test_the_words_of_the_spec(self):
        """「后20%：58 ≤ 识别线 61（年级 312 人）；低于均分 17.4 分」"""
        others = [61] * 62 + [79] * 247
        rest = Fraction("75.4") * 312 - 58 - sum(others)
        others += [rest / 2, rest / 2]
        assert rest / 2 == Fraction("85.9")
        room = room_of((58, 90), rules.BottomShare(), norms=[norms_row("入学", [58, *others])])
        assert basis(room) == "后20%：58 ≤ 识别线 61（年级 312 人）；低于均分 17.4 分"
        row = screen(room, ())[0]
        assert row["reference"] == "年级" and row["from_mean"] == Fraction("-17.4")
        assert row["percentile"] == Fraction(1, 624) and row["z"] == pytest.approx(room.z("入学", "语文", ONE, "年级"))

    def test_without_norms_it_says_by_the_class_and_a_reminder_says_so_too(self):
        room = room_of((58, 70, 80, 90, 100), rules.BottomShare())
        assert basis(room) == "后20%：58 ≤ 识别线 58（按本班 5 人）；低于均分 21.6 分"
        assert [(i.level, i.rule) for i in room.issues] == [("提醒", "screen.no_norms")]

    @pytest.mark.parametrize(
        ("academic", "words"),
        [
            (rules.BelowMean(), "低于均分 20 分；按本班 3 人"),
            (
                rules.AllOf((rules.BelowMean(), ONE_BAD_HABIT)),
                "低于均分 20 分；教师反映学习习惯（程度 3）；按本班 3 人",
            ),
        ],
    )
    def test_a_rule_without_a_cut_score_says_by_the_class_as_well(self, academic, words):
        """§4.1: else the class itself, and then 依据 says 「按本班」."""
        assert basis(room_of((60, 80, 100), academic), [report_row(ONE)]) == words

    def test_with_norms_nothing_is_said_about_the_class(self):
        room = room_of((60, 80, 100), rules.BelowMean(), norms=[norms_row("入学", [60, 80, 100])])
        assert basis(room) == "低于均分 20 分" and room.issues == []
        screen(room, ())
        assert room.issues == []

    def test_every_criterion_that_held_stands_in_the_order_of_the_policy(self):
        room = room_of((10, 70, 70, 80, 90), rules.BottomShare(), [BEHAVES, ONE_BAD_HABIT])
        assert basis(room, [report_row(ONE), report_row(ONE, category="行为", source="同学", severity=5)]) == (
            "后20%：10 ≤ 识别线 10（按本班 5 人）；同学反映行为（程度 5）；教师反映学习习惯（程度 3）；低于均分 54 分"
        )

    def test_in_the_bottom_share_and_yet_not_below_the_mean(self):
        room = room_of((50, 50, 50, 50, 50, 50, 50, 50, 60, 1), rules.BottomShare(), share="1/5")
        assert "低于均分" not in basis(room)

    def test_levels_are_quoted(self):
        room = room_of(("待合格", "优", "优", "良", "良"), rules.BottomShare())
        assert basis(room) == "后20%：“待合格” ≤ 识别线 “待合格”（按本班 5 人）；“待合格” 低于本班平均水平"
        row = screen(room, ())[0]
        assert row["from_mean"] is None and row["baseline"] == "待合格" and row["z"] < 0

    def test_care_names_what_is_so(self):
        pupils = [{"pupil_id": ONE, "care": ("留守", "残疾", "经济困难")}, {"pupil_id": TWO}]
        assert basis(room_of((80, 70), beside=[POOR], pupils=pupils), subject="综合") == "关爱类别：残疾、经济困难"


class TestWhoIsScreened:
    """§4: statistics over those who were there; screened are they and who is there now."""

    @pytest.mark.parametrize(
        ("status", "since", "listed"),
        [
            ("在读", None, True),
            ("转入", date(2026, 9, 20), True),
            ("转出", date(2026, 9, 20), True),
            ("转出", date(2026, 9, 5), False),
            ("休学", None, False),
        ],
    )
    def test_by_status(self, status, since, listed):
        pupils = [
            {"pupil_id": ONE, "status": status, "status_date": since},
            *({"pupil_id": p} for p in pupil_ids(5)[1:]),
        ]
        room = room_of((10, 70, 70, 80, 90), rules.AnyOf((rules.BottomShare(), rules.BelowMean())), pupils=pupils)
        assert ((ONE, "语文") in flagged(screen(room, ()))) is listed

    def test_nobody_at_all(self):
        assert screen(classroom({}, pupils=[]), ()) == []

    def test_one_pupil_alone_is_not_flagged(self):
        assert screen(room_of((10,), rules.AnyOf((rules.BottomShare(), rules.BelowMean()))), ()) == []


class TestOrder:
    """§4.3: same input, same flags, same text: nothing depends on row order."""

    @settings(max_examples=40)
    @given(st.data())
    def test_shuffling_every_table_changes_nothing(self, data):
        chance = data.draw(st.randoms(use_true_random=False))
        ids = pupil_ids(7)
        drawn = {s: [chance.choice([10, 20, 20.5, 30, "缺考", None]) for _ in ids] for s in ("语文", "数学")}
        reports = [
            report_row(
                chance.choice(ids),
                subject=chance.choice(["语文", "数学", None]),
                source=chance.choice(SIGNAL_SOURCES),
                category=chance.choice(["行为", "学习习惯", "学习态度"]),
                severity=chance.randint(1, 5),
            )
            for _ in range(8)
        ]
        care = {p: chance.choice([(), ("残疾",)]) for p in ids}
        both = []
        for order in (ids, chance.sample(ids, 7)):
            cells = {"入学": {s: {p: drawn[s][ids.index(p)] for p in order} for s in drawn}}
            room = classroom(
                cells,
                pupils=[{"pupil_id": p, "care": care[p]} for p in order],
                subjects=("语文", "数学"),
                rules_in_force=policy(rules.AnyOf((rules.BottomShare(), TWO_SOURCES)), beside=[BEHAVES, POOR]),
            )
            both.append(screen(room, chance.sample(reports, len(reports))))
        assert both[0] == both[1]
        assert [r["subject"] for r in both[0]] == sorted(
            (r["subject"] for r in both[0]), key=("语文", "数学", "综合").index
        )


class TestMergingTheCaseload:
    """§3: what a teacher decides survives every re-run; rows that no longer qualify are marked, not removed."""

    LATER = date(2026, 10, 1)

    def room(self):
        return room_of((10, 70, 70, 80, 90), rules.BottomShare())

    def test_new_rows_wait_for_the_teacher(self):
        room = self.room()
        merged = merge_caseload(room, [], screen(room, ()), TODAY)
        assert [
            (r["pupil_id"], r["confirmed"], r["teacher"], r["screened_on"], r["standing"], r["frozen_on"])
            for r in merged
        ] == [(ONE, "待定", "测试班主任", TODAY, "仍符合", None)]

    def test_a_second_screening_changes_nothing(self):
        room = self.room()
        first = merge_caseload(room, [], screen(room, ()), TODAY)
        assert merge_caseload(room, first, screen(room, ()), self.LATER) == first

    @pytest.mark.parametrize("decision", ["是", "否"])
    def test_decisions_and_the_first_date_stay(self, decision):
        room = self.room()
        [row] = merge_caseload(room, [], screen(room, ()), TODAY)
        decided = row.changed(confirmed=decision, teacher="测试乙", basis="旧的依据", z=None)
        [merged] = merge_caseload(room, [decided], screen(room, ()), self.LATER)
        assert (merged["confirmed"], merged["teacher"], merged["screened_on"]) == (decision, "测试乙", TODAY)
        assert merged["basis"] == row["basis"] and merged["z"] == row["z"]

    def test_a_row_that_no_longer_qualifies_is_marked_and_keeps_its_basis(self):
        room = self.room()
        old = case_row(TWO, basis="后20%：…", screened_on=TODAY)
        merged = merge_caseload(room, [old], screen(room, ()), self.LATER)
        assert [(r["pupil_id"], r["standing"]) for r in merged] == [(TWO, "不再符合"), (ONE, "仍符合")]
        assert merged[0] == old.changed(standing="不再符合")

    def test_a_row_that_qualifies_again_is_marked_again(self):
        room = self.room()
        [row] = merge_caseload(room, [], screen(room, ()), TODAY)
        [merged] = merge_caseload(room, [row.changed(standing="不再符合")], screen(room, ()), self.LATER)
        assert merged["standing"] == "仍符合"

    @pytest.mark.parametrize(("frozen_on", "kept"), [(TODAY, "年级"), (None, "本班")])
    def test_a_frozen_row_keeps_the_reference_it_was_flagged_by(self, frozen_on, kept):
        room = self.room()
        old = case_row(ONE, reference="年级", frozen_on=frozen_on)
        [merged] = merge_caseload(room, [old], screen(room, ()), self.LATER)
        assert merged["reference"] == kept and merged["frozen_on"] == frozen_on

    def test_rows_keep_their_place_and_nothing_is_lost(self):
        room = self.room()
        rows = [case_row(TWO), case_row(ONE), case_row(pupil_id(3), "体育")]
        for i, row in enumerate(rows):
            row.at = 2 + i
        merged = merge_caseload(room, rows, screen(room, ()), self.LATER)
        assert [(r["pupil_id"], r.at) for r in merged] == [(TWO, 2), (ONE, 3), (pupil_id(3), 4)]

    def test_blanks_of_a_hand_typed_row_are_filled(self):
        room = self.room()
        [merged] = merge_caseload(room, [case_row(ONE, confirmed=None, screened_on=None)], screen(room, ()), self.LATER)
        assert (merged["confirmed"], merged["screened_on"]) == ("待定", self.LATER)


class TestBeforeScreening:
    """§3: one sentence that says which cell and what to do."""

    def test_no_baseline_named(self):
        assert "基线考试" in missing_baseline(room_of(baseline_exam=None))

    def test_no_score_of_the_baseline(self):
        assert "摸底" in missing_baseline(room_of(baseline_exam="摸底"))

    def test_ready(self):
        assert missing_baseline(room_of()) == "" and missing_baseline(classroom({}, pupils=[])) == ""

    def test_rows_of_a_subject_that_is_not_taught_are_told(self):
        room = room_of()
        doubtful_rows(room, [case_row(ONE, "体育", at=3), case_row(ONE, "语文"), case_row(ONE, "综合")])
        assert [(i.level, i.rule, i.column) for i in room.issues] == [("错误", "screen.subject", "学科")]
