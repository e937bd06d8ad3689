"""plan_pairs against worked examples, brute force and the hard rules (spec §4.5)."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlbangfu.programme.pairing import (
    PairNeed,
    PairPupil,
    PairWeights,
    PriorPair,
    Unmatched,
    plan_pairs,
    seat_place,
)

SUBJECTS = ("语文", "数学", "英语")
NOTHING = PairWeights(*[0] * 8)


def pupil(pupil_id, z=None, **more):
    return PairPupil(pupil_id, f"测试{pupil_id}", z=z or {}, **more)


def chosen(plan):
    return {(pair.tutee_id, pair.subject): pair.tutor_id for pair in plan.pairs}


def one_pair(tutee, tutor, weights=None, subject="语文", prior=()):
    """The plan for one tutee and one possible tutor."""
    return plan_pairs([tutee, tutor], [PairNeed(tutee.pupil_id, subject)], {(tutee.pupil_id, subject)}, prior, weights)


def may_pair(tutee, tutor, subject, on_caseload):
    """The hard rules on one pair, written down once more."""
    return (
        tutor.status == "在读"
        and tutor.pupil_id != tutee.pupil_id
        and (tutor.pupil_id, subject) not in on_caseload
        and subject in tutor.z
        and subject in tutee.z
        and tutor.z[subject] - tutee.z[subject] >= 0.5 - 1e-9
        and tutor.z[subject] >= -1e-9
        and tutor.pupil_id not in tutee.avoid
        and tutee.pupil_id not in tutor.avoid
    )


def plain_score(tutee, tutor, subject, weights, prior):
    """The score in plain fractions, each feature as the spec names it."""
    gap = Fraction(round((tutor.z[subject] - tutee.z[subject]) * 10**9), 10**9)
    seats = [seat_place(one.seat) for one in (tutee, tutor)]
    near = Fraction(0)
    if None not in seats:
        distance = abs(seats[0][0] - seats[1][0]) + abs(seats[0][1] - seats[1][1])
        near = min(Fraction(1), max(Fraction(0), Fraction(5 - distance, 4)))
    features = {
        "volunteer": int(tutor.volunteer),
        "good_at": int(subject in tutor.good_at),
        "gap": max(Fraction(0), 1 - abs(gap - 1)),
        "same_gender": int(bool(tutee.gender) and tutee.gender == tutor.gender),
        "near_seat": near,
        "shared_interests": int(bool(tutee.interests & tutor.interests)),
        "mutual_help": int(
            any(s != subject and s in tutor.z and tutee.z[s] - tutor.z[s] >= 0.5 - 1e-9 for s in tutee.z)
        ),
        "kept": int(
            any(
                (row.tutee_id, row.tutor_id, row.decision) == (tutee.pupil_id, tutor.pupil_id, "是")
                and row.subject != subject
                for row in prior
            )
        ),
    }
    return round(1000 * sum(Fraction(getattr(weights, name)) * value for name, value in features.items()))


def brute_force(pupils, needs, on_caseload, prior, weights, max_tutees):
    """(unmatched, -total, tutor ranks) of the best of all assignments, as spec §4.5 orders them."""
    by_id = {one.pupil_id: one for one in pupils}
    ids = sorted(by_id)
    served = {(row.tutee_id, row.subject) for row in prior if row.decision == "是"}
    refused = {(row.tutee_id, row.subject, row.tutor_id) for row in prior if row.decision == "否"}
    load = Counter(row.tutor_id for row in prior if row.decision == "是" and row.form == "生生")
    todo = [need for need in sorted(set(needs)) if (need.pupil_id, need.subject) not in served]
    options = [
        [
            (place, plain_score(by_id[need.pupil_id], by_id[tutor], need.subject, weights, prior))
            for place, tutor in enumerate(ids)
            if may_pair(by_id[need.pupil_id], by_id[tutor], need.subject, on_caseload)
            and (need.pupil_id, need.subject, tutor) not in refused
        ]
        for need in todo
    ]
    best = None

    def try_from(position, unmatched, total, places):
        nonlocal best
        if position == len(todo):
            key = (unmatched, -total, places)
            best = key if best is None or key < best else best
            return
        try_from(position + 1, unmatched + 1, total, [*places, len(ids)])
        for place, score in options[position]:
            if load[ids[place]] < max_tutees:
                load[ids[place]] += 1
                try_from(position + 1, unmatched, total + score, [*places, place])
                load[ids[place]] -= 1

    try_from(0, 0, 0, [])
    return todo, ids, best


def plan_key(plan, todo, ids):
    """The same key of the plan's own answer."""
    found = {(pair.tutee_id, pair.subject): pair for pair in plan.pairs if not pair.fixed}
    rows = [found.get((need.pupil_id, need.subject)) for need in todo]
    return (
        len(plan.unmatched),
        -sum(row.score_points for row in rows if row),
        [ids.index(row.tutor_id) if row else len(ids) for row in rows],
    )


def random_class(rng, size, needs, coarse):
    """A class with its caseload: needs are the weakest in each subject; coarse z make many ties."""
    ids = [f"20260301{number:02d}" for number in range(1, size + 1)]
    level = {one: rng.uniform(-1.8, 1.8) for one in ids}
    pupils = [
        PairPupil(
            one,
            f"测试{one}",
            rng.choice(["男", "女", ""]),
            rng.choice(["在读"] * 9 + ["转出"]),
            rng.choice([f"{place // 8 + 1}-{place % 8 + 1}", "", "靠窗"]),
            frozenset(rng.sample(["足球", "画画", "下棋", "唱歌"], rng.randint(0, 2))),
            rng.random() < 0.4,
            frozenset(rng.sample(SUBJECTS, rng.randint(0, 2))),
            frozenset(rng.sample(ids, 1)) if rng.random() < 0.2 else frozenset(),
            {s: round(level[one] + rng.uniform(-1, 1), 0 if coarse else 6) for s in SUBJECTS if rng.random() < 0.95},
        )
        for place, one in enumerate(ids)
    ]
    ranked = sorted((one.z[s], one.pupil_id, s) for one in pupils for s in one.z)
    on_caseload = {(one, s) for _, one, s in ranked[:needs]}
    return pupils, [PairNeed(*row) for row in on_caseload], on_caseload


def random_prior(rng, pupils, needs, rows):
    return [
        PriorPair(
            need.pupil_id,
            need.subject,
            rng.choice(["生生", "生生", "师生", "志愿者"]),
            rng.choice(pupils).pupil_id,
            rng.choice(["待定", "是", "否", "否"]),
        )
        for need in (rng.choice(needs) for _ in range(rows))
    ]


class TestWorkedExamples:
    def test_a_volunteer_who_is_good_at_it_and_sits_next_to_the_tutee_gets_every_reason(self):
        tutee = pupil("01", {"语文": -1.0, "数学": 0.8}, gender="男", seat="3-4", interests=frozenset({"足球"}))
        tutor = pupil(
            "02",
            {"语文": 0.0, "数学": 0.0},
            gender="男",
            seat="3排5列",
            volunteer=True,
            good_at=frozenset({"语文"}),
            interests=frozenset({"足球", "画画"}),
        )
        (pair,) = one_pair(tutee, tutor).pairs
        assert pair.reason == "志愿帮扶；擅长语文；差距适中；座位相邻；有共同爱好；数学可互助"
        assert pair.score_points == 1000 + 1000 + 2000 + 500 + 500 + 1000
        assert not pair.fixed

    @pytest.mark.parametrize(
        ("gap", "points"), [(0.5, 1000), (0.75, 1500), (1.0, 2000), (1.25, 1500), (1.5, 1000), (2.0, 0), (3.0, 0)]
    )
    def test_a_gap_of_one_sd_is_best_and_larger_gaps_count_less(self, gap, points):
        (pair,) = one_pair(pupil("01", {"语文": -0.5}), pupil("02", {"语文": gap - 0.5})).pairs
        assert pair.score_points == points

    @pytest.mark.parametrize(
        ("seat", "points"), [("3-4", 500), ("4-4", 500), ("4-5", 375), ("5-5", 250), ("6-5", 125), ("7-5", 0), ("", 0)]
    )
    def test_near_seats_fall_linearly_to_nothing_at_distance_five(self, seat, points):
        weights = replace(NOTHING, near_seat=Fraction(1, 2))
        plan = one_pair(pupil("01", {"语文": -1}, seat="3-4"), pupil("02", {"语文": 1}, seat=seat), weights)
        assert plan.pairs[0].score_points == points

    def test_same_gender_counts_only_where_the_school_sets_it_and_both_are_known(self):
        boy, other_boy = pupil("01", {"语文": -1}, gender="男"), pupil("02", {"语文": 1}, gender="男")
        assert "同性别" not in one_pair(boy, other_boy).pairs[0].reason
        weighted = replace(NOTHING, same_gender=1)
        assert one_pair(boy, other_boy, weighted).pairs[0].score_points == 1000
        unknown = [replace(one, gender="") for one in (boy, other_boy)]
        assert one_pair(*unknown, weighted).pairs[0].score_points == 0

    def test_weights_may_be_decimals_and_the_sum_is_rounded_once(self):
        weights = replace(NOTHING, volunteer=Decimal("0.0004"), good_at=Decimal("0.0004"))
        tutor = pupil("02", {"语文": 1}, volunteer=True, good_at=frozenset({"语文"}))
        assert one_pair(pupil("01", {"语文": -1}), tutor, weights).pairs[0].score_points == 1

    def test_a_pair_without_any_feature_still_has_a_reason_in_words(self):
        (pair,) = one_pair(pupil("01", {"语文": -2}), pupil("02", {"语文": 2})).pairs
        assert pair.score_points == 0
        assert pair.reason == "该学科学有余力"

    def test_a_tutor_confirmed_in_another_subject_is_preferred(self):
        tutee = pupil("01", {"语文": -1, "数学": -1})
        tutors = [pupil("02", {"语文": 0, "数学": 0}), pupil("03", {"语文": 0, "数学": 0})]
        prior = [PriorPair("01", "数学", "生生", "03", "是")]
        needs = [PairNeed("01", "语文"), PairNeed("01", "数学")]
        plan = plan_pairs([tutee, *tutors], needs, {("01", "语文"), ("01", "数学")}, prior)
        assert chosen(plan) == {("01", "语文"): "03", ("01", "数学"): "03"}
        assert plan.pairs[1].reason == "差距适中；曾结对"

    def test_fewest_without_a_tutor_beats_the_best_match(self):
        """02 suits 01 best, but only 02 can help 04."""
        pupils = [
            pupil("01", {"语文": -1}),
            pupil("02", {"语文": 0}, volunteer=True),
            pupil("03", {"语文": 2}),
            pupil("04", {"语文": -1}, avoid=frozenset({"03"})),
        ]
        needs = [PairNeed("01", "语文"), PairNeed("04", "语文")]
        plan = plan_pairs(pupils, needs, {("01", "语文"), ("04", "语文")}, [], max_tutees=1)
        assert chosen(plan) == {("01", "语文"): "03", ("04", "语文"): "02"}

    def test_ties_go_to_the_smaller_tutee_then_the_smaller_tutor(self):
        pupils = [pupil(one, {"语文": z}) for one, z in (("04", -1), ("03", -1), ("02", 0), ("01", 0))]
        needs = [PairNeed("04", "语文"), PairNeed("03", "语文")]
        on_caseload = {("03", "语文"), ("04", "语文")}
        assert chosen(plan_pairs(pupils, needs, on_caseload, [], max_tutees=1)) == {
            ("03", "语文"): "01",
            ("04", "语文"): "02",
        }
        alone = plan_pairs(pupils[:3], needs, on_caseload, [], max_tutees=1)
        assert chosen(alone) == {("03", "语文"): "02"}
        assert alone.unmatched == (Unmatched("04", "语文", "符合条件的小帮手名额已满"),)

    def test_an_empty_class_has_an_empty_plan(self):
        plan = plan_pairs([], [], set(), [])
        assert (plan.pairs, plan.unmatched, plan.broken) == ((), (), ())

    def test_a_pupil_given_twice_and_a_negative_limit_are_refused(self):
        with pytest.raises(ValueError, match="twice"):
            plan_pairs([pupil("01"), pupil("01")], [], set(), [])
        with pytest.raises(ValueError, match="negative"):
            plan_pairs([], [], set(), [], max_tutees=-1)


class TestHardRules:
    tutee = pupil("01", {"语文": -0.5})
    tutor = pupil("02", {"语文": 0.0})

    def test_the_smallest_allowed_gap_is_half_an_sd_inclusively(self):
        assert one_pair(self.tutee, self.tutor).pairs
        noisy = replace(self.tutee, z={"语文": -0.5 + 1e-10})
        assert one_pair(noisy, self.tutor).pairs
        assert not one_pair(replace(self.tutee, z={"语文": -0.5 + 2e-9}), self.tutor).pairs

    def test_a_tutor_at_the_mean_may_and_one_below_it_may_not(self):
        low = replace(self.tutee, z={"语文": -2.0})
        assert one_pair(low, replace(self.tutor, z={"语文": -1e-10})).pairs
        assert not one_pair(low, replace(self.tutor, z={"语文": -2e-9})).pairs

    @pytest.mark.parametrize("status", ["转入", "转出", "休学", "流失"])
    def test_a_tutor_who_is_not_in_the_class_as_usual_is_not_proposed(self, status):
        assert not one_pair(self.tutee, replace(self.tutor, status=status)).pairs

    @pytest.mark.parametrize("side", ["tutee", "tutor"])
    def test_avoid_holds_whichever_side_names_it(self, side):
        tutee = replace(self.tutee, avoid=frozenset({"02"} if side == "tutee" else ()))
        tutor = replace(self.tutor, avoid=frozenset({"01"} if side == "tutor" else ()))
        assert not one_pair(tutee, tutor).pairs

    def test_a_pupil_on_the_caseload_may_tutor_in_another_subject_only(self):
        needs = [PairNeed("01", "语文")]
        for subject, expected in (("语文", {}), ("数学", {("01", "语文"): "02"})):
            plan = plan_pairs([self.tutee, self.tutor], needs, {("01", "语文"), ("02", subject)}, [])
            assert chosen(plan) == expected

    @pytest.mark.parametrize(
        ("tutee", "tutor", "reason"),
        [
            (pupil("01", {}), pupil("02", {"语文": 1}), "没有语文的基线成绩，无法推荐小帮手"),
            (pupil("01", {"语文": -1}), pupil("02", {"数学": 1}), "没有符合条件的小帮手"),
        ],
    )
    def test_without_a_baseline_score_nobody_tutors_and_nobody_is_tutored(self, tutee, tutor, reason):
        plan = one_pair(tutee, tutor)
        assert plan.pairs == ()
        assert plan.unmatched == (Unmatched("01", "语文", reason),)

    def test_a_need_of_a_pupil_who_is_not_in_the_roster_is_listed(self):
        plan = plan_pairs([self.tutor], [PairNeed("99", "语文")], set(), [])
        assert plan.unmatched == (Unmatched("99", "语文", "名册中没有这名学生"),)

    def test_the_limit_counts_rows_over_all_subjects(self):
        tutee = pupil("01", dict.fromkeys(SUBJECTS, -1.0))
        tutor = pupil("02", dict.fromkeys(SUBJECTS, 0.0))
        needs = [PairNeed("01", s) for s in SUBJECTS]
        for limit in range(5):
            plan = plan_pairs([tutee, tutor], needs, {("01", s) for s in SUBJECTS}, [], max_tutees=limit)
            assert len(plan.pairs) == min(limit, 3)
            assert len(plan.unmatched) == 3 - min(limit, 3)


class TestDecisionsOfTheTeacher:
    tutee = pupil("01", {"语文": -1})
    tutors = (pupil("02", {"语文": 0}), pupil("03", {"语文": 0}))
    needs = (PairNeed("01", "语文"),)
    on_caseload = frozenset({("01", "语文")})

    def plan(self, *prior, **more):
        return plan_pairs([self.tutee, *self.tutors], self.needs, self.on_caseload, prior, **more)

    def test_a_refused_pair_is_never_proposed_again(self):
        assert chosen(self.plan(PriorPair("01", "语文", "生生", "02", "否"))) == {("01", "语文"): "03"}
        both = self.plan(PriorPair("01", "语文", "生生", "02", "否"), PriorPair("01", "语文", "生生", "03", "否"))
        assert both.unmatched == (Unmatched("01", "语文", "符合条件的小帮手都已确认为“否”或已结束"),)

    def test_a_refusal_in_one_subject_says_nothing_about_another(self):
        plan = self.plan(PriorPair("01", "数学", "生生", "02", "否"))
        assert chosen(plan) == {("01", "语文"): "02"}

    def test_a_confirmed_pair_stays_whoever_would_be_better(self):
        plan = self.plan(PriorPair("01", "语文", "生生", "03", "是"))
        assert [(pair.tutor_id, pair.fixed, pair.reason) for pair in plan.pairs] == [("03", True, "教师已确认")]
        assert plan.unmatched == plan.broken == ()

    def test_the_score_of_a_fixed_pair_takes_no_credit_from_its_own_row_or_subject(self):
        prior = [PriorPair("01", "语文", "生生", "02", "是")]
        weights = replace(NOTHING, kept=1, mutual_help=1)
        upside_down = pupil("02", {"语文": -2})
        assert one_pair(self.tutee, upside_down, weights, prior=prior).pairs[0].score_points == 0

    @pytest.mark.parametrize("form", ["师生", "志愿者", "家长志愿者"])
    def test_a_confirmed_helper_of_any_form_fills_the_need(self, form):
        plan = self.plan(PriorPair("01", "语文", form, "", "是"))
        assert plan.pairs == plan.unmatched == plan.broken == ()

    def test_a_pending_row_has_no_influence(self):
        assert self.plan(PriorPair("01", "语文", "生生", "03", "待定")) == self.plan()

    def test_fixed_pairs_use_up_the_tutors_places(self):
        other = PriorPair("09", "数学", "生生", "02", "是")
        assert chosen(self.plan(other, max_tutees=1))[("01", "语文")] == "03"
        assert chosen(self.plan(other, max_tutees=2))[("01", "语文")] == "02"

    def test_an_ended_pair_frees_both_and_is_not_proposed_again(self):
        ended = PriorPair("01", "语文", "生生", "02", "是", ended=True)
        assert chosen(self.plan(ended, max_tutees=1)) == {("01", "语文"): "03"}

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"status": "转出"}, "小帮手的状态不是“在读”"),
            ({"avoid": frozenset({"01"})}, "两人不宜结对"),
            ({"z": {"数学": 1.0}}, "小帮手没有语文的基线成绩"),
            ({"z": {"语文": -0.2}}, "小帮手的语文基线成绩低于平均"),
            ({"z": {"语文": -0.6}}, "小帮手的语文基线成绩低于平均；两人的语文基线成绩差距不足"),
        ],
    )
    def test_a_fixed_pair_that_breaks_a_rule_now_stays_and_is_listed(self, change, reason):
        tutor = replace(self.tutors[0], **change)
        plan = one_pair(self.tutee, tutor, prior=[PriorPair("01", "语文", "生生", "02", "是")])
        assert [(pair.tutor_id, pair.fixed) for pair in plan.pairs] == [("02", True)]
        assert [(row.tutee_id, row.subject, row.tutor_id, row.reason) for row in plan.broken] == [
            ("01", "语文", "02", reason)
        ]

    def test_every_other_broken_rule_has_its_sentence(self):
        def broken(*prior, on_caseload=self.on_caseload, **more):
            plan = plan_pairs([self.tutee, *self.tutors], self.needs, on_caseload, prior, **more)
            assert len([pair for pair in plan.pairs if pair.fixed]) == len(prior)
            return [row.reason for row in plan.broken]

        fixed = PriorPair("01", "语文", "生生", "02", "是")
        assert broken(fixed) == []
        assert broken(fixed, on_caseload={("02", "语文")}) == ["小帮手本人也在语文学困生名单中"]
        assert broken(fixed, max_tutees=0) == ["小帮手的帮扶对象超过 0 名"]
        assert broken(fixed, replace(fixed, tutor_id="03")) == ["语文已有另一位小帮手"]
        assert broken(replace(fixed, tutor_id="88")) == ["小帮手不在名册中"]
        assert broken(replace(fixed, tutee_id="88")) == ["帮扶对象不在名册中"]
        assert "小帮手和帮扶对象是同一人" in broken(replace(fixed, tutor_id="01"), on_caseload=frozenset())[0]


class TestSeats:
    @pytest.mark.parametrize(
        "seat", ["3-4", "3排4列", "3,4", "3，4", "３－４", "第3排第4列", "第三排第四列", "第4列第3排", " 3 / 4 ", "3.4"]
    )
    def test_the_usual_ways_to_write_a_seat_are_read(self, seat):
        assert seat_place(seat) == (3, 4)

    def test_chinese_numbers_above_ten_are_read(self):
        assert seat_place("十二排二十列") == (12, 20)

    @pytest.mark.parametrize("seat", ["", "靠窗", "3", "A3-4", "2026-03-04 00:00:00", "3-4-5", "第三排"])
    def test_anything_else_is_no_seat(self, seat):
        assert seat_place(seat) is None


class TestOptimality:
    @settings(max_examples=300, deadline=None)
    @given(st.randoms(use_true_random=False), st.integers(1, 3), st.booleans())
    def test_small_classes_have_exactly_the_brute_force_answer(self, rng, max_tutees, coarse):
        pupils, needs, on_caseload = random_class(rng, rng.randint(2, 8), rng.randint(1, 5), coarse)
        if not needs:
            return
        prior = random_prior(rng, pupils, needs, rng.randint(0, 3))
        weights = rng.choice(
            [PairWeights(), NOTHING, PairWeights(1, 0, 0), PairWeights(gap=0, same_gender=Fraction(1, 3))]
        )
        plan = plan_pairs(pupils, needs, on_caseload, prior, weights, max_tutees)
        todo, ids, best = brute_force(pupils, needs, on_caseload, prior, weights, max_tutees)
        assert plan_key(plan, todo, ids) == best

    def test_scarce_tutors_and_many_ties_have_exactly_the_brute_force_answer(self):
        """Five needs, five tutors and few places, where most classes leave somebody out."""
        rng = random.Random(11)
        left_out = 0
        for _ in range(300):
            tutees = [pupil(f"1{n}", {"语文": rng.choice([-1.0, -0.5])}) for n in range(rng.randint(3, 5))]
            ids = [one.pupil_id for one in tutees]
            tutors = [
                pupil(
                    f"2{n}",
                    {"语文": rng.choice([0.0, 0.5])},
                    volunteer=rng.random() < 0.5,
                    avoid=frozenset(one for one in ids if rng.random() < 0.6),
                )
                for n in range(rng.randint(1, 5))
            ]
            needs, on_caseload = [PairNeed(one, "语文") for one in ids], {(one, "语文") for one in ids}
            limit = rng.randint(1, 3)
            plan = plan_pairs([*tutees, *tutors], needs, on_caseload, [], PairWeights(), limit)
            todo, everyone, best = brute_force([*tutees, *tutors], needs, on_caseload, [], PairWeights(), limit)
            assert plan_key(plan, todo, everyone) == best
            left_out += bool(plan.unmatched)
        assert left_out > 50


class TestWholeClasses:
    """Classes of 55 with 40 needs and a sheet with decisions on it."""

    @pytest.fixture(params=range(12))
    def case(self, request):
        rng = random.Random(request.param)
        pupils, needs, on_caseload = random_class(rng, 55, 40, coarse=request.param % 2 == 0)
        return pupils, needs, on_caseload, random_prior(rng, pupils, needs, 15), 1 + request.param % 3

    def test_every_hard_rule_holds(self, case):
        pupils, needs, on_caseload, prior, limit = case
        by_id = {one.pupil_id: one for one in pupils}
        plan = plan_pairs(pupils, needs, on_caseload, prior, None, limit)
        refused = {(row.tutee_id, row.subject, row.tutor_id) for row in prior if row.decision == "否"}
        fixed_load = Counter(pair.tutor_id for pair in plan.pairs if pair.fixed)
        load = Counter(pair.tutor_id for pair in plan.pairs)
        proposed = [pair for pair in plan.pairs if not pair.fixed]
        assert proposed
        for pair in proposed:
            assert may_pair(by_id[pair.tutee_id], by_id[pair.tutor_id], pair.subject, on_caseload)
            assert (pair.tutee_id, pair.subject, pair.tutor_id) not in refused
            assert load[pair.tutor_id] <= limit
            assert not any(digit in pair.reason for digit in "0123456789")
        assert all(load[one] <= max(limit, fixed_load[one]) for one in load)

    def test_every_need_is_served_once_or_listed(self, case):
        pupils, needs, on_caseload, prior, limit = case
        plan = plan_pairs(pupils, needs, on_caseload, prior, None, limit)
        served = {(row.tutee_id, row.subject) for row in prior if row.decision == "是"}
        proposed = [(pair.tutee_id, pair.subject) for pair in plan.pairs if not pair.fixed]
        listed = [(row.tutee_id, row.subject) for row in plan.unmatched]
        assert sorted(proposed + listed) == sorted({(need.pupil_id, need.subject) for need in needs} - served)

    def test_confirmed_pairs_are_kept(self, case):
        pupils, needs, on_caseload, prior, limit = case
        plan = plan_pairs(pupils, needs, on_caseload, prior, None, limit)
        confirmed = {(p.tutee_id, p.subject, p.tutor_id) for p in prior if p.decision == "是" and p.form == "生生"}
        assert {(p.tutee_id, p.subject, p.tutor_id) for p in plan.pairs if p.fixed} == confirmed

    def test_the_order_of_the_rows_does_not_matter(self, case):
        pupils, needs, on_caseload, prior, limit = case
        plan = plan_pairs(pupils, needs, on_caseload, prior, None, limit)
        rng = random.Random(1)
        shuffled = [rng.sample(rows, len(rows)) for rows in (pupils, needs, prior)]
        assert plan_pairs(shuffled[0], shuffled[1], sorted(on_caseload), shuffled[2], None, limit) == plan

    def test_its_own_answer_as_pending_rows_gives_the_same_answer(self, case):
        pupils, needs, on_caseload, prior, limit = case
        plan = plan_pairs(pupils, needs, on_caseload, prior, None, limit)
        decided = [row for row in prior if row.decision != "待定"]
        own = [PriorPair(p.tutee_id, p.subject, "生生", p.tutor_id, "待定") for p in plan.pairs if not p.fixed]
        assert plan_pairs(pupils, needs, on_caseload, decided + own, None, limit) == plan

    def test_its_own_answer_confirmed_stays_and_breaks_no_rule(self, case):
        pupils, needs, on_caseload, _, limit = case
        plan = plan_pairs(pupils, needs, on_caseload, [], None, limit)
        own = [PriorPair(p.tutee_id, p.subject, "生生", p.tutor_id, "是") for p in plan.pairs]
        again = plan_pairs(pupils, needs, on_caseload, own, None, limit)
        assert chosen(again) == chosen(plan)
        assert again.broken == ()
        assert {(row.tutee_id, row.subject) for row in again.unmatched} == {
            (row.tutee_id, row.subject) for row in plan.unmatched
        }
