"""The card of one pupil for the homeroom teacher (spec §7, §3)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import TODAY, case_row, classroom, pupil_ids
from xlbangfu.programme.cards import LAST_SESSIONS, Card, draft_card
from xlbangfu.programme.records import Records
from xlbangfu.table import Row

IDS = pupil_ids(4)
PUPIL, OTHER = IDS[:2]
SECRETS = {"parent": "样家长", "phone": "13900000000", "care": ("经济困难",), "remark": "样备注"}


def card(cells: Any = None, settings: Any = {}, **tables: Any) -> Card:  # noqa: B006
    pupils = [{"pupil_id": p, "name": f"示例{i}", **SECRETS} for i, p in enumerate(IDS)]
    tables.setdefault("caseload", [case_row(PUPIL)])
    return draft_card(classroom(cells or {}, pupils=pupils, **settings), Records(**tables), PUPIL, TODAY)


def session(day: int, **values: Any) -> Row:
    return Row({"date": date(2026, 10, day), "pupil_id": PUPIL, "form": "一对一", "minutes": 20, **values})


def test_marks_z_and_states_stand_at_the_three_points() -> None:
    cells = {
        "入学": {"语文": dict(zip(IDS, (50, 60, 70, 60), strict=True))},
        "期末": {"语文": {PUPIL: "缺考", OTHER: 60}},
    }
    states = Row({"pupil_id": PUPIL, "subject": "语文", "midterm_state": "未考", "final_state": "缺考"})
    (row,) = card(cells, conversions=[states]).marks
    assert (row["baseline"], row["midterm"], row["final"]) == (Fraction(50), None, None)
    assert row["baseline_z"] == pytest.approx(-(2**0.5))
    assert (row["midterm_state"], row["final_state"]) == ("未考", "缺考")


def test_a_row_without_a_subject_has_no_marks() -> None:
    (row,) = card({"入学": {"语文": {PUPIL: 50}}}, caseload=[case_row(PUPIL, "综合")]).marks
    assert row["baseline"] is None and row["baseline_z"] is None


def test_trend_and_interest_come_from_the_latest_phase() -> None:
    steps = [
        Row(
            {
                "pupil_id": PUPIL,
                "subject": "语文",
                "phase": phase,
                "trend": trend,
                "interest_before": 2,
                "interest_after": after,
            }
        )
        for phase, trend, after in (("期末", "可靠进步", 4), ("期中", "持平", 3))
    ]
    (row,) = card(progress=steps).marks
    assert (row["trend"], row["interest_before"], row["interest_after"]) == ("可靠进步", 2, 4)


@given(st.permutations(range(1, 13)))
def test_the_last_six_sessions_stand_there_oldest_first_whatever_their_order(days: list[int]) -> None:
    found = card(sessions=[session(day) for day in days])
    assert [r["date"].day for r in found.sessions] == list(range(12 - LAST_SESSIONS + 1, 13))
    assert found.dosage == [{"form": "一对一", "sessions": 12, "minutes": 240}]


def test_sessions_of_another_pupil_or_term_do_not_count() -> None:
    found = card(sessions=[session(1), session(2, pupil_id=OTHER), session(3, date=date(2026, 3, 1))])
    assert found.dosage == [{"form": "一对一", "sessions": 1, "minutes": 20}]


def test_forms_stand_in_the_order_of_the_schema_and_unknown_minutes_are_none() -> None:
    found = card(sessions=[session(1, form="师生谈话", minutes=None), session(2), session(3, form=None)])
    assert [(r["form"], r["minutes"]) for r in found.dosage] == [("一对一", 20), ("师生谈话", 0), ("其他", 20)]


def test_pairs_are_those_in_which_the_pupil_is_helped_and_that_run() -> None:
    pair = {"subject": "语文", "form": "生生", "confirmed": "是", "state": "进行", "tutee_id": PUPIL, "tutor_id": OTHER}
    rows = [
        Row(pair),
        Row({**pair, "tutee_id": OTHER, "tutor_id": PUPIL}),
        Row({**pair, "state": "结束"}),
        Row({**pair, "confirmed": "待定"}),
    ]
    assert len(card(pairs=rows).pairs) == 1


def test_what_stays_in_the_workbook_is_on_no_part_of_the_card() -> None:
    """spec §7: telephone, parents, 家庭状况, 关爱类别, dates of restricted records."""
    profile = Row(
        {"pupil_id": PUPIL, "family": "家中情况样本", "psych_on": date(2026, 10, 9), "aid_on": date(2026, 10, 8)}
    )
    shown = str(card(profiles=[profile]))
    for secret in (
        *SECRETS,
        "样家长",
        "13900000000",
        "经济困难",
        "样备注",
        "家中情况样本",
        "2026, 10, 9",
        "2026, 10, 8",
    ):
        assert secret not in shown


def test_a_pupil_without_a_profile_has_a_card_all_the_same() -> None:
    found = card()
    assert found.page["name"] == "示例0"
    assert found.page["created_on"] is None and found.portrait["causes"] is None
