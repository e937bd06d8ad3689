"""The sheet for the wall: everybody is on it, and nobody can be told (spec §7, §4.5, §4.6)."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.programme.poster import ALONE, CIRCLE, MOST_CIRCLES, between_pupils, poster_rows, study_circles
from xlbangfu.table import Row

PUPILS = 12


def roster(n: int = PUPILS, **changes: Any) -> list[Row]:
    return [Row({"pupil_id": f"0{i:03d}", "name": f"测试{i}号", "status": "在读", **changes}) for i in range(n)]


def pair(one: int, two: int, **values: Any) -> Row:
    """A confirmed pair of pupils by their place in the roster: `two` helps `one`."""
    return Row(
        {
            "tutee_id": f"0{one:03d}",
            "tutor_id": f"0{two:03d}",
            "subject": "语文",
            "form": "生生",
            "confirmed": "是",
            "state": "进行",
            **values,
        }
    )


def in_groups(n: int = PUPILS, size: int = 5) -> list[Row]:
    return [Row({"pupil_id": f"0{i:03d}", "group_id": str(i // size + 1)}) for i in range(n)]


def sheet(pairs: list[Row], groups: list[Row] | None = None, n: int = PUPILS) -> list[Row]:
    pupils = roster(n)
    return poster_rows(pupils, between_pupils(pairs, pupils), in_groups(n) if groups is None else groups)


def partners(rows: list[Row]) -> dict[str, set[str]]:
    return {r["name"]: set(r["partners"].split("、")) - {ALONE} for r in rows}


LINKS = st.lists(
    st.tuples(st.integers(0, PUPILS - 1), st.integers(0, PUPILS - 1)).filter(lambda p: p[0] != p[1]), max_size=14
)
GROUPS = st.lists(st.sampled_from(["", "1", "2", "3"]), min_size=PUPILS, max_size=PUPILS)


class TestEverybodyIsOnIt:
    """spec §7: in 学号 order, every pupil of the class, partners side by side."""

    def test_shorter_numbers_stand_first_and_pupils_who_left_do_not_stand_there(self) -> None:
        pupils = [Row({"pupil_id": i, "name": f"测试{i}", "status": s}) for i, s in (("10", "在读"), ("9", "转入"))]
        gone = [
            Row({"pupil_id": i, "name": f"测试{i}", "status": s})
            for i, s in (("1", "转出"), ("2", "休学"), ("3", "流失"))
        ]
        assert [r["name"] for r in poster_rows([*pupils, *gone], (), ())] == ["测试9", "测试10"]

    @given(LINKS, GROUPS)
    def test_each_once_with_partners_on_both_sides_and_nobody_alone(
        self, links: list[tuple[int, int]], groups: list[str]
    ) -> None:
        rows = sheet(
            [pair(*link) for link in links],
            [Row({"pupil_id": f"0{i:03d}", "group_id": g}) for i, g in enumerate(groups)],
        )
        assert [r["name"] for r in rows] == [f"测试{i}号" for i in range(PUPILS)]
        beside = partners(rows)
        for name, found in beside.items():
            assert found, name
            assert name not in found
            assert all(name in beside[other] for other in found)
        for one, two in links:
            assert f"测试{two}号" in beside[f"测试{one}号"]

    @given(LINKS, GROUPS)
    def test_who_has_no_pair_has_a_partner_of_the_own_group(
        self, links: list[tuple[int, int]], groups: list[str]
    ) -> None:
        beside = study_circles(groups, {frozenset(link) for link in links})
        for pupil in set(range(PUPILS)) - {p for link in links for p in link}:
            own = {i for i, g in enumerate(groups) if g == groups[pupil]} - {pupil}
            mine = set().union(*(c for c in beside if pupil in c))
            assert not own or own & mine

    def test_a_class_of_one_and_of_nobody(self) -> None:
        assert sheet([], n=1) == [{"name": "测试0号", "partners": ALONE}]
        assert sheet([], n=0) == []

    def test_without_groups_neighbours_by_学号_are_joined_and_the_last_three_together(self) -> None:
        found = partners(sheet([], groups=[], n=5))
        assert found["测试0号"] == {"测试1号"}
        assert found["测试4号"] == {"测试2号", "测试3号"}

    def test_the_last_one_of_a_group_joins_a_circle_of_it(self) -> None:
        found = partners(sheet([pair(0, 1), pair(2, 3)], n=5))
        assert found["测试4号"] == {"测试0号", "测试1号"}

    def test_pupils_who_are_each_the_only_one_of_a_group_are_joined_with_each_other(self) -> None:
        assert study_circles(["1", "2", "3"], []) == [frozenset({0, 1, 2})]

    def test_namesakes_are_told_apart_by_seat_and_else_by_number(self) -> None:
        same = [
            Row({"pupil_id": str(i), "name": "测试甲", "seat": s}) for i, s in enumerate(("1-2", "3-4", None, None))
        ]
        assert [r["name"] for r in poster_rows(same, (), ())] == [
            "测试甲（1-2）",
            "测试甲（3-4）",
            "测试甲（3）",
            "测试甲（4）",
        ]


class TestNobodyCanBeTold:
    """spec §7: never who is on the caseload, who helps whom, in which subject."""

    @given(LINKS, st.lists(st.booleans(), min_size=14, max_size=14), st.randoms(use_true_random=False))
    def test_with_other_pupils_helped_in_other_subjects_the_sheet_is_the_same(
        self, links: list[tuple[int, int]], turned: list[bool], shuffler: Any
    ) -> None:
        before = [pair(*link) for link in links]
        after = [
            pair(*(reversed(link) if turn else link), subject="数学", form="志愿者", reason="差距合适", match=9)
            for link, turn in zip(links, turned, strict=False)
        ]
        shuffler.shuffle(after)
        groups = in_groups()
        shuffler.shuffle(groups)
        assert sheet(before) == sheet(after, groups)

    @given(st.integers(2, CIRCLE), st.data())
    def test_in_a_circle_the_one_in_the_middle_looks_like_the_others(self, size: int, data: Any) -> None:
        """Any other pairs that hold the same pupils together give the same sheet."""
        members = data.draw(st.permutations(range(PUPILS)))[:size]
        star = [pair(members[0], m) for m in members[1:]]
        path = [pair(a, b) for a, b in pairwise(members)]
        every = [pair(a, b) for a, b in combinations(members, 2)]
        assert sheet(star) == sheet(path) == sheet(every)

    @given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)).filter(lambda p: p[0] != p[1]), max_size=40))
    def test_nobody_is_in_more_circles_than_a_helper_may_be(self, links: list[tuple[int, int]]) -> None:
        circles = study_circles(["1"] * 30, {frozenset(link) for link in links})
        assert all(sum(p in c for c in circles) <= MOST_CIRCLES for p in range(30))
        assert not any(a < b for a in circles for b in circles)

    def test_a_child_whom_a_teacher_helps_looks_like_one_whom_nobody_helps(self) -> None:
        by_teacher = pair(0, 0, form="师生", tutor_id=None)
        by_parent = pair(3, 0, form="家长志愿者", tutor_id="家长", tutor="样家长")
        assert sheet([by_teacher, by_parent, pair(1, 2)]) == sheet([pair(1, 2)])

    def test_what_was_not_confirmed_or_has_ended_does_not_stand_there(self) -> None:
        waiting, refused, over = (pair(0, 9, confirmed="待定"), pair(1, 9, confirmed="否"), pair(2, 9, state="结束"))
        assert sheet([waiting, refused, over]) == sheet([])

    def test_nothing_stands_there_but_names(self) -> None:
        rows = sheet([pair(0, 1), pair(5, 9)])
        assert {frozenset(r) for r in rows} == {frozenset(("name", "partners"))}
        assert not any(f"0{i:03d}" in str(r) for r in rows for i in range(PUPILS))
