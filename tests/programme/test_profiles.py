"""First drafts of 档案. Source: spec §3, §4.7."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from xlbangfu import schema
from xlbangfu.programme.profiles import draft_causes, draft_profiles, observed_causes

PUPIL, OTHER = "2026030101", "2026030102"
TODAY = date(2026, 9, 21)


def seen(category: str, severity: int | None = 3, subject: str | None = None, pupil: str = PUPIL) -> dict[str, Any]:
    return {"pupil_id": pupil, "subject": subject, "category": category, "severity": severity, "date": TODAY}


OBSERVATIONS = st.lists(
    st.builds(
        seen,
        st.sampled_from(schema.SIGNAL_CATEGORIES),
        st.one_of(st.none(), st.integers(1, 5)),
        st.sampled_from([None, "语文", "数学"]),
        st.sampled_from([PUPIL, OTHER]),
    ),
    max_size=12,
)


class TestCauses:
    """spec §4.7: drafted from 观察 of the term, 基础薄弱 when there is none."""

    def test_nothing_observed_gives_基础薄弱(self) -> None:
        assert draft_causes(PUPIL, "语文", [seen("心理", pupil=OTHER), seen("心理", subject="数学")]) == ("基础薄弱",)
        assert observed_causes(PUPIL, "语文", []) == ()

    def test_the_most_often_seen_goes_first(self) -> None:
        rows = [seen("心理", 5), seen("学习习惯", 1), seen("学习习惯", 1)]
        assert draft_causes(PUPIL, "语文", rows) == ("学习习惯", "心理")

    def test_of_those_seen_as_often_the_gravest_goes_first(self) -> None:
        assert draft_causes(PUPIL, "语文", [seen("学习态度", 2), seen("心理", 4)]) == ("心理", "学习态度")

    def test_ties_stand_in_the_order_of_the_schema(self) -> None:
        rows = [seen("家庭经济"), seen("行为"), seen("学习态度")]
        assert draft_causes(PUPIL, None, rows) == ("学习态度", "行为", "家庭经济")

    def test_a_row_without_subject_counts_for_every_subject(self) -> None:
        assert draft_causes(PUPIL, "数学", [seen("生活"), seen("心理", subject="语文")]) == ("生活",)

    def test_综合_and_no_subject_take_every_row(self) -> None:
        rows = [seen("生活"), seen("心理", subject="语文"), seen("行为", subject="数学")]
        for subject in (None, schema.GENERAL_SUBJECT):
            assert set(draft_causes(PUPIL, subject, rows)) == {"生活", "心理", "行为"}

    def test_a_category_that_is_no_cause_and_a_blank_one_are_passed_over(self) -> None:
        rows = [seen("别的"), {"pupil_id": PUPIL}]
        assert draft_causes(PUPIL, None, rows) == ("基础薄弱",)

    @given(OBSERVATIONS, st.randoms(use_true_random=False), st.sampled_from([None, "语文", "综合"]))
    def test_the_order_of_the_rows_cannot_matter(self, rows: list[Any], shuffler: Any, subject: str | None) -> None:
        shuffled = list(rows)
        shuffler.shuffle(shuffled)
        causes = draft_causes(PUPIL, subject, rows)
        assert causes == draft_causes(PUPIL, subject, shuffled)
        assert len(set(causes)) == len(causes) >= 1
        assert set(causes) <= set(schema.CAUSES)


class TestProfiles:
    """spec §3: 建立档案 adds rows whose key is missing, for confirmed pupils."""

    roster = (
        {"pupil_id": PUPIL, "name": "测试甲", "interests": "画画、足球", "good_at": "数学、美术"},
        {"pupil_id": OTHER, "name": "测试乙"},
    )

    def case(self, pupil: str = PUPIL, subject: str = "语文", confirmed: str | None = "是") -> dict[str, Any]:
        return {"pupil_id": pupil, "name": "名单上的名字", "subject": subject, "confirmed": confirmed}

    def draft(self, caseload: list[Any], observations: list[Any] = [], existing: Any = ()) -> list[Any]:  # noqa: B006
        return draft_profiles(caseload, self.roster, observations, existing, TODAY, "测试班主任")

    def test_one_for_each_confirmed_pupil_in_the_order_of_the_caseload(self) -> None:
        rows = self.draft([self.case(OTHER), self.case(PUPIL), self.case(PUPIL, "数学")])
        assert [r["pupil_id"] for r in rows] == [OTHER, PUPIL]

    def test_none_for_pupils_not_confirmed_or_with_one_already(self) -> None:
        caseload = [self.case(PUPIL, confirmed="待定"), self.case(PUPIL, "数学", None), self.case(OTHER)]
        assert self.draft(caseload, existing={OTHER}) == []

    def test_none_for_nobody(self) -> None:
        assert self.draft([]) == []

    def test_holds_what_is_known_and_leaves_the_rest_to_the_teacher(self) -> None:
        (row,) = self.draft([self.case()], [seen("学习方法", subject="数学"), seen("心理")])
        assert list(row) == [c.code for c in schema.PROFILES.columns]
        assert {code: value for code, value in row.items() if value is not None} == {
            "pupil_id": PUPIL,
            "name": "测试甲",
            "causes": ("学习方法", "心理"),
            "interests": "画画、足球",
            "strengths": "擅长数学、美术",
            "created_on": TODAY,
            "created_by": "测试班主任",
        }
        assert row.at is None

    def test_a_pupil_missing_from_the_roster_keeps_the_name_of_the_list(self) -> None:
        (row,) = self.draft([self.case("2026030199")])
        assert (row["name"], row["interests"], row["strengths"]) == ("名单上的名字", None, None)

    def test_running_again_adds_nothing(self) -> None:
        caseload = [self.case(PUPIL), self.case(OTHER)]
        first = self.draft(caseload)
        assert self.draft(caseload, existing={r["pupil_id"] for r in first}) == []
