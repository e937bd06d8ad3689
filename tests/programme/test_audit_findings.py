"""What the single checks take for evidence, and what they do not. Source: spec §4.4, §5."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_class import AFTER_TERM, EARLY, EVERYBODY, FIRST, LISTED, MONTHS, SECOND, THIRD, World, empty, kept, one
from builders import FINAL_DAY, MIDTERM_DAY, case_row, norms_row, policy, process_row
from xlbangfu import schema
from xlbangfu.programme import rules
from xlbangfu.programme.audit import CHECK_FUNCTIONS, Finding, audit, count_results, gap_text

DAY = timedelta(1)
DONE, PARTLY, NOT_DONE, NOT_APPLICABLE = schema.AUDIT_RESULTS


def find(check: str, world: World, **given_ones: Any) -> Finding:
    return CHECK_FUNCTIONS[check](world.evidence(), given_ones)


class TestRoles:
    """spec §5: roles named. The link leads to the sheet where the first vacant one is filled in."""

    @pytest.mark.parametrize(
        ("role", "sheet", "code"),
        [
            ("组长", schema.SETTINGS, "value"),
            ("心理教师", schema.SETTINGS, "value"),
            ("任课教师", schema.TEACHING, "teacher"),
            ("小帮手", schema.PAIRS, "form"),
            ("志愿者", schema.PAIRS, "form"),
            ("家长志愿者", schema.PAIRS, "form"),
            ("家长", schema.PLANS, "with_parents"),
        ],
    )
    def test_that_are_vacant_lead_to_where_they_are_named(self, role, sheet, code):
        world = World(settings={"leader": None, "counsellor": None}, teaching=[{"subject": "语文"}])
        found = find("roles_named", world, roles=(role,))
        assert (found.result, found.missing, found.place) == (NOT_DONE, (role,), (sheet, code, None))

    def test_one_subject_without_a_teacher_leaves_任课教师_open(self):
        world = kept()
        world.teaching.append({"subject": "英语"})
        assert find("roles_named", world, roles=("任课教师",)).missing == ("任课教师",)

    def test_a_confirmed_pair_without_a_form_is_生生(self):
        world = World()
        world.add(schema.PAIRS, tutee_id=FIRST, subject="语文", confirmed="是")
        assert find("roles_named", world, roles=("小帮手",)).result == DONE
        assert find("tutors_exist", world, forms=("生生",)).missing == ("测试102", "测试103")

    def test_a_volunteer_may_be_a_pair_or_somebody_in_the_sessions(self):
        for sheet, values in (
            (schema.PAIRS, {"form": "志愿者", "confirmed": "是"}),
            (schema.SESSIONS, {"staff": "志愿者"}),
        ):
            world = World()
            world.add(sheet, tutee_id=FIRST, pupil_id=FIRST, **values)
            assert find("roles_named", world, roles=("志愿者",)).result == DONE
            assert find("roles_named", world, roles=("家长志愿者",)).result == NOT_DONE


class TestTheList:
    """spec §3, §4.4: the teacher decides every row, then the list is frozen."""

    def test_still_to_be_frozen_says_so_beside_the_rows_that_wait(self):
        world = kept()
        world.frozen = False
        world.caseload[1] = world.caseload[1].changed(confirmed=None, frozen_on=None)
        found = find("list_decided", world)
        assert (found.result, found.missing) == (PARTLY, ("测试101（数学）", "请点“冻结名单”"))
        assert "3/4" in found.figures and "没有冻结" in found.figures

    def test_of_nobody_confirmed_needs_no_freezing(self):
        """冻结名单 has nothing to freeze then, and would never make it 落实."""
        world = World(frozen=False)
        world.caseload = [r.changed(confirmed="否", frozen_on=None) for r in world.caseload]
        assert find("list_decided", world).result == DONE

    def test_does_not_wait_for_rows_that_no_longer_qualify(self):
        world = kept()
        world.caseload.append(case_row(THIRD, "语文", confirmed="待定", standing="不再符合"))
        found = find("list_decided", world)
        assert found.result == DONE and "4/4" in found.figures
        world.caseload = world.caseload[-1:]
        assert find("list_decided", world).result == NOT_APPLICABLE

    def test_leads_to_the_first_row_that_waits(self):
        world = kept()
        for at, row in enumerate(world.caseload, 2):
            row.at = at
        world.caseload[2] = world.caseload[2].changed(confirmed="待定")
        assert find("list_decided", world).place == (schema.CASELOAD, "confirmed", 4)


class TestPhases:
    """spec §4.4, §5: what belongs to a phase is asked once the phase is over."""

    def test_a_phase_with_a_date_is_over_after_it_and_not_before(self):
        world = kept()
        for today, over in ((MIDTERM_DAY - DAY, False), (MIDTERM_DAY + DAY, True)):
            world.today = today
            assert world.evidence().over("期中") is over

    @pytest.mark.parametrize("row", ["关注", "综合", "转出", "新增", None])
    def test_a_phase_without_a_date_is_not_over_because_of_rows_that_say_nothing(self, row):
        """关注 and 综合 are 不适用, 转出 and 新增 are so from the first day on: none of them sat anything."""
        world = kept()
        world.settings = {"midterm_date": None}
        world.cells["期中"] = {}
        if row == "关注":
            world.caseload.append(case_row(EVERYBODY[4], "语文", case_type="关注", frozen_on=EARLY))
        elif row == "综合":
            world.caseload.append(case_row(EVERYBODY[4], "综合", case_type="关注", frozen_on=EARLY))
        elif row == "转出":
            world.roster[FIRST] = {"status": "转出", "status_date": EARLY}
        elif row == "新增":
            world.caseload.append(case_row(EVERYBODY[4], "语文"))
        evidence = world.evidence()
        assert not evidence.over("期中")
        world.cells["期中"] = {"语文": {EVERYBODY[8]: 60, SECOND: 70}}
        assert world.evidence().over("期中")

    def test_papers_that_are_not_due_are_not_asked_for_beside_those_that_are(self):
        world = kept()
        world.today = EARLY
        world.drop(schema.WRITTEN)
        found = find("documents_handed_in", world, documents=("转化方案", "中期总结"))
        assert (found.result, found.missing) == (NOT_DONE, ("语文转化方案", "数学转化方案"))
        world.add(schema.WRITTEN, subject="语文", document="转化方案", handed_in_on=EARLY)
        world.add(schema.WRITTEN, subject="语文", document="中期总结", handed_in_on=EARLY)
        found = find("documents_handed_in", world, documents=("转化方案", "中期总结"))
        assert (found.result, found.missing) == (PARTLY, ("数学转化方案",))
        assert "1/2" in found.figures

    def test_papers_that_are_all_in_early_are_落实(self):
        world = kept()
        world.today = EARLY
        world.put(schema.WRITTEN, handed_in_on=EARLY)
        assert find("documents_handed_in", world, documents=("期末总结",)).result == DONE

    def test_a_paper_of_tomorrow_is_not_handed_in(self):
        world = kept()
        world.put(schema.WRITTEN, handed_in_on=AFTER_TERM + DAY)
        assert find("documents_handed_in", world, documents=("转化方案",)).result == NOT_DONE

    def test_interest_is_asked_once_before_the_end_and_twice_after_it(self):
        world = kept()
        world.drop(schema.OBSERVATIONS, lambda r: r["date"] == MONTHS[-1])
        world.today = FINAL_DAY - DAY
        assert find("interest_assessed", world) == Finding(DONE, "学习兴趣已评第一次 3/3 人")
        world.today = AFTER_TERM
        found = find("interest_assessed", world)
        assert (found.result, found.figures) == (NOT_DONE, "学习兴趣前后各评过 0/3 人")

    def test_two_ratings_on_one_day_are_not_before_and_after(self):
        world = kept()
        world.put(schema.OBSERVATIONS, date=EARLY)
        assert find("interest_assessed", world).result == NOT_DONE

    def test_the_contest_is_asked_for_the_phases_that_are_over(self):
        world = kept()
        world.drop(schema.CONTEST, lambda r: r["phase"] == "期末")
        found = find("groups_scored", world, phases=schema.PHASES)
        assert (found.result, found.missing, found.place) == (
            PARTLY,
            ("期末没有评比",),
            (schema.CONTEST, "score", None),
        )
        world.today = FINAL_DAY - DAY
        assert find("groups_scored", world, phases=schema.PHASES).result == DONE


class TestEvaluation:
    """spec §4.4: by exam or by process evidence."""

    def test_a_score_that_waits_for_the_norms_is_an_evaluation(self):
        """The teacher has entered all there is; what is missing is the office's."""
        world = kept()
        world.caseload = [r.changed(reference="年级") for r in world.caseload]
        states = {r["final_state"] for r in world.evidence().conversions.rows}
        assert states == {"待常模"}
        assert find("evaluated", world, phases=("期末",)).result == DONE

    def test_equal_scores_of_everybody_are_an_evaluation(self):
        world = kept()
        world.cells["期末"] = {s: dict.fromkeys(EVERYBODY, 80) for s in ("语文", "数学")}
        assert find("evaluated", world, phases=("期末",)).result == DONE

    def test_a_pupil_who_was_away_is_missing_by_name(self):
        world = kept()
        world.cells["期末"]["语文"][SECOND] = "缺考"
        found = find("evaluated", world, phases=schema.PHASES)
        assert (found.missing, found.place) == (("测试102（语文期末）",), (schema.SCORES, "exam", None))

    def test_a_pupil_who_left_before_is_not_missing(self):
        world = kept()
        world.cells["期末"]["语文"].pop(SECOND)
        world.roster[SECOND] = {"status": "转出", "status_date": FINAL_DAY - DAY}
        assert find("evaluated", world, phases=("期末",)).result == DONE

    def test_what_rests_on_过程评价_leads_there(self):
        world = kept()
        world.settings = {"final_basis": "过程评价"}
        world.cells["期末"] = {}
        found = find("evaluated", world, phases=schema.PHASES)
        assert (found.result, found.place) == (PARTLY, (schema.PROCESS, "goal", None))
        world.tables["过程评价"] = [
            process_row(p, "未达成", subject=s, phase="期末", date=FINAL_DAY) for p, s in LISTED
        ]
        assert find("evaluated", world, phases=schema.PHASES).result == DONE

    def test_a_class_that_only_watches_has_nobody_to_evaluate(self):
        world = kept()
        world.caseload = [r.changed(case_type="关注") for r in world.caseload]
        assert find("evaluated", world, phases=("期末",)) == Finding(NOT_APPLICABLE, "没有要评估的学生")
        assert find("everyone_improved", world, phase="期末") == Finding(NOT_APPLICABLE, "期末还没有结果")

    @pytest.mark.parametrize("subjects", [("语文",), ("语文", "数学")])
    def test_a_phase_that_is_over_without_a_rate_is_told_by_subject_until_the_marks_are_in(self, subjects):
        world = kept()
        marks = dict(world.cells["期末"])
        world.cells["期末"] = {s: marks[s] for s in marks if s not in subjects}
        found = find("conversion_reached", world, phase="期末")
        assert found.result == (PARTLY if len(subjects) == 1 else NOT_DONE)
        assert found.missing == tuple(f"{s}没有转化率" for s in subjects)
        world.cells["期末"] = marks
        assert find("conversion_reached", world, phase="期末").result == DONE

    def test_what_cannot_be_judged_yet_says_why(self):
        world = kept()
        world.today = EARLY
        assert find("evaluated", world, phases=schema.PHASES).figures == "还没有到期中"
        world.today = AFTER_TERM
        world.cells["期末"] = {}
        unknown = find("conversion_reached", world, phase="期末")
        assert (unknown.result, unknown.figures) == (NOT_DONE, "没有转化率：语文、数学"), "over, and nobody knows"
        world.today = EARLY
        assert find("conversion_reached", world, phase="期末").figures == "期末还没有可以计算的转化率"
        world.today = AFTER_TERM
        world.policy = policy(final=None)
        assert find("conversion_reached", world, phase="期末").figures == "没有设期末目标"
        world.caseload = []
        for check, given_ones in (("evaluated", {"phases": ("期末",)}), ("everyone_improved", {"phase": "期末"})):
            assert find(check, world, **given_ones) == Finding(NOT_APPLICABLE, "名单上没有人")

    def test_the_rate_stands_with_its_base_target_and_what_chance_would_do(self):
        world = kept()
        assert find("conversion_reached", world, phase="期末").figures == "语文 2/2，目标 60%；数学 2/2，目标 60%"
        world.caseload = [r.changed(reference="年级") for r in world.caseload]
        world.norms = [
            norms_row(exam, range(50, 100), subject=s, r=r)
            for exam, r in (("入学", None), ("期末", "0"))
            for s in ("语文", "数学")
        ]
        found = find("conversion_reached", world, phase="期末")
        assert found.figures.startswith("语文 2/2，目标 60%，预期自然转化率 85%；"), (
            "r = 0: 1 − Φ((59.5 − 74.5) / 14.43)"
        )

    @pytest.mark.parametrize(
        ("goal", "result"), [("未达成", PARTLY), ("基本达成", DONE), ("达成", DONE), ("超额", DONE)]
    )
    def test_a_goal_reached_stands_for_a_mark_that_fell(self, goal, result):
        """spec §5: z_t > z_0, or 目标达成 at least 基本达成."""
        world = kept()
        world.cells["期末"]["语文"][SECOND] = 1
        world.tables["过程评价"] = [process_row(SECOND, goal, phase="期末", date=FINAL_DAY)]
        assert find("everyone_improved", world, phase="期末").result == result

    def test_a_mark_that_stays_where_it_was_is_no_improvement(self):
        world = kept()
        world.cells["期末"] = world.cells["入学"]
        assert find("everyone_improved", world, phase="期末").result == NOT_DONE


class TestPlans:
    """spec §4.7, §5."""

    @pytest.mark.parametrize("check", ["plans_exist", "study_plans_exist", "resources_named", "responsibility_given"])
    def test_that_were_stopped_do_not_count(self, check):
        world = kept()
        world.put(schema.PLANS, state="终止")
        assert find(check, world).result == NOT_DONE

    @pytest.mark.parametrize(("partners", "code"), [(("学生", "家长"), "with_pupil"), (("家长",), "with_parents")])
    def test_that_nobody_took_part_in_lead_to_the_column_of_the_first_asked_for(self, partners, code):
        world = kept()
        world.put(schema.PLANS, with_pupil="否", with_parents="否")
        found = find("plans_made_with", world, partners=partners)
        assert (found.result, found.place) == (NOT_DONE, (schema.PLANS, code, None))

    def test_of_another_subject_do_not_count(self):
        world = kept()
        world.put(schema.PLANS, lambda r: r["subject"] == "数学", subject="英语")
        assert find("plans_exist", world).missing == ("测试101（数学）", "测试103（数学）")

    @pytest.mark.parametrize("values", [{"state": "调整"}, {"adjustment": "换了措施"}])
    def test_are_adjusted_by_their_state_or_by_a_word(self, values):
        world = kept()
        world.cells["期中"] = world.cells["入学"]
        world.put(schema.PLANS, adjustment=None)
        assert find("plans_adjusted", world, phase="期中").result == NOT_DONE
        world.put(schema.PLANS, lambda r: r["category"] == "学法", **values)
        assert find("plans_adjusted", world, phase="期中").result == DONE

    @pytest.mark.parametrize(
        ("part", "blank"), [("目标", "goal"), ("措施", "measure"), ("周期", "starts"), ("周期", "ends")]
    )
    def test_lack_just_the_part_that_is_blank(self, part, blank):
        world = kept()
        world.put(schema.PLANS, **{blank: None})
        assert find("plans_complete", world, parts=(part,)).result == NOT_DONE
        others = tuple(p for p in ("目标", "措施", "周期") if p != part)
        assert (find("plans_complete", world, parts=others).result == DONE) == (blank != "measure")


class TestRecords:
    """spec §3, §5: of the restricted records only the dates are known here."""

    def test_aid_is_asked_for_经济困难_alone(self):
        world = kept()
        world.roster[FIRST]["care"] = ("留守", "单亲")
        world.put(schema.PROFILES, one(FIRST), aid_on=None)
        assert find("aid_given", world).result == DONE
        world.roster[FIRST]["care"] = ("留守", "经济困难")
        assert find("aid_given", world).missing == ("测试101",)

    @pytest.mark.parametrize(("check", "code"), [("slips_produced", "slip_on"), ("aid_given", "aid_on")])
    @pytest.mark.parametrize("day", [date(2026, 6, 30), AFTER_TERM + DAY])
    def test_a_slip_or_aid_of_last_term_or_of_tomorrow_is_none(self, check, code, day):
        world = kept()
        world.put(schema.PROFILES, one(SECOND), **{code: day})
        assert find(check, world).missing == ("测试102",)

    def test_a_psychological_file_of_last_term_is_one(self):
        world = kept()
        world.put(schema.PROFILES, psych_on=date(2026, 6, 30))
        assert find("psych_file_exists", world).result == DONE

    def test_pairs_that_nobody_confirmed_are_none(self):
        world = kept()
        for decision in ("待定", "否", None):
            world.put(schema.PAIRS, one(THIRD), confirmed=decision)
            assert find("tutors_exist", world).missing == ("测试103",)

    def test_the_role_of_a_plain_member_is_no_responsibility(self):
        world = kept()
        world.put(schema.PLANS, category="教学")
        assert find("responsibility_given", world).result == NOT_DONE
        for role in schema.ROLES[:-1]:
            world.put(schema.GROUPS, role=role)
            assert find("responsibility_given", world).result == DONE


class TestNames:
    def test_of_two_pupils_of_one_name_are_told_apart(self):
        """spec §3.1: two people of one name are never merged; who is missing must be clear."""
        world = kept()
        world.names[SECOND] = world.names[EVERYBODY[7]] = "示例甲"
        world.drop(schema.PLANS, one(SECOND))
        assert find("plans_exist", world).missing == (f"示例甲 {SECOND}（语文）",)
        world.drop(schema.PROFILES, one(SECOND))
        assert find("profiles_exist", world).missing == (f"示例甲 {SECOND}",)

    def test_that_are_blank_in_名册_are_told_by_学号(self):
        world = kept()
        world.names[SECOND] = ""
        world.drop(schema.PROFILES, one(SECOND))
        assert find("profiles_exist", world).missing == (SECOND,)

    def test_stand_in_the_order_of_the_list_each_once(self):
        world = kept()
        world.drop(schema.PROFILES)
        assert find("profiles_exist", world).missing == ("测试101", "测试102", "测试103")

    def test_of_pupils_who_left_are_not_asked_for(self):
        world = kept()
        empty(world)
        world.roster[FIRST] = {"status": "转入"}
        world.drop(schema.PROFILES)
        assert find("profiles_exist", world).missing == ("测试101",)
        assert find("profiles_exist", world, everyone=True).missing == ("测试101",)

    def test_of_a_frozen_row_whose_subject_was_cleared_break_nothing(self):
        world = kept()
        world.caseload[0] = world.caseload[0].changed(subject=None)
        world.drop(schema.PLANS)
        assert find("plans_exist", world).missing[0] == "测试101（没有学科）"
        assert find("documents_handed_in", world, documents=("转化方案",)).result == DONE


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


NAMES = st.text(st.sampled_from("示例甲乙丙𠮷𪚥·（）、A"), min_size=1, max_size=9)


class TestTheGap:
    """spec §3: 缺口 is a link, and the text of a link holds 255 UTF-16 units in every host."""

    @given(st.lists(NAMES, max_size=60), st.integers(12, 240))
    def test_never_holds_more_than_a_link_can(self, missing, most):
        text = gap_text(Finding(NOT_DONE, "x", tuple(missing)), most)
        assert (text is None) == (not missing)
        if text is not None:
            assert units(text) <= most

    @given(st.lists(NAMES, min_size=1, max_size=60), st.integers(12, 240))
    def test_tells_all_or_as_many_as_fit_and_the_number_of_all(self, missing, most):
        text = gap_text(Finding(NOT_DONE, "x", tuple(missing)), most)
        whole = "、".join(missing)
        if units(whole) <= most:
            assert text == whole
            return
        tail = f"等 {len(missing)} 项"
        told = [n for n in range(1, len(missing)) if text == "、".join(missing[:n]) + tail]
        if told:
            assert units("、".join(missing[: told[0] + 1]) + tail) > most, "one more would have fitted"
        else:
            told_of_first = len(text) - len(tail)
            assert text == missing[0][:told_of_first] + tail
            assert units(missing[0][: told_of_first + 1] + tail) > most or told_of_first == len(missing[0])

    def test_of_just_so_many_characters_is_told_whole_and_cut_with_one_less(self):
        found = Finding(NOT_DONE, "x", ("示例甲乙丙丁戊己", "示例甲乙丙丁戊己"))
        assert gap_text(found, 17) == "示例甲乙丙丁戊己、示例甲乙丙丁戊己"
        assert gap_text(found, 16) == "示例甲乙丙丁戊己等 2 项"
        assert gap_text(found, 13) == "示例甲乙丙丁戊己等 2 项"
        assert gap_text(found, 12) == "示例甲乙丙丁戊等 2 项"

    def test_of_55_long_rare_names_still_makes_a_link(self):
        """A rare character counts twice: 240 of them would be 480 units, and no link."""
        names = tuple("𠮷" * 6 + f"·{i}" for i in range(55))
        text = gap_text(Finding(NOT_DONE, "x", names), 240)
        assert text is not None
        assert units(text) <= 240 and text.endswith("等 55 项") and text.startswith(names[0])


class TestTheWhole:
    def test_one_finding_per_clause_in_the_order_of_the_policy(self):
        asked = [
            rules.Clause(f"T1-{i}", "一", kind, "要求") for i, kind in enumerate((rules.DECLARED, rules.EVIDENCED) * 3)
        ]
        rules_in_force = rules.Policy("T1", "x", rules.BottomShare(), rules.LeaveZone(), clauses=tuple(asked))
        found = audit(rules_in_force, World().evidence(), {"T1-3": "10.12 班会", "T9-9": "10.12 别的制度"})
        assert [a.clause.id for a in found] == [c.id for c in asked]
        assert [a.finding.result for a in found] == [
            NOT_APPLICABLE,
            NOT_DONE,
            NOT_APPLICABLE,
            DONE,
            NOT_APPLICABLE,
            NOT_DONE,
        ]
        assert count_results(found) == {DONE: 1, PARTLY: 0, NOT_DONE: 2, NOT_APPLICABLE: 3}

    def test_a_policy_without_clauses_has_no_findings(self):
        assert audit(policy(), World().evidence(), {}) == []
        assert count_results([]) == dict.fromkeys(schema.AUDIT_RESULTS, 0)
