"""Screening and conversion of hundreds of random classes, figure by figure against the oracle (spec §4.1–4.4)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from fractions import Fraction

import pytest

import oracle
from builders import BASELINE_DAY, FINAL_DAY, LADDER, MIDTERM_DAY, TODAY, classroom, norms_row, policy, pupil_ids
from xlbangfu.programme.conversion import convert
from xlbangfu.programme.freezing import freeze, read_frozen_list
from xlbangfu.programme.screening import merge_caseload, screen

EXAMS = {"基线": "入学", "期中": "期中", "期末": "期末"}
CODES = {"基线": "baseline", "期中": "midterm", "期末": "final"}
LOW_TO_HIGH = LADDER[::-1]
WORLDS = 300


def draw_pupil(chance):
    """状态 and 状态日期, mostly an ordinary pupil."""
    if chance.random() < 0.75:
        return "在读", None
    days = [BASELINE_DAY, MIDTERM_DAY, FINAL_DAY]
    since = chance.choice([None, *(d + timedelta(k) for d in days for k in (-1, 0, 1))])
    return chance.choice(["转入", "转出", "休学", "流失"]), since


def draw_cell(chance, ability, kind, spread):
    """What stands in one cell: a result near the ability, with ties, now and then something else."""
    if chance.random() < 0.12:
        return chance.choice(
            ["缺考", "免考", "缓考", None, None, 0 if kind == "marks" else "缺考", 130 if kind == "marks" else None]
        )
    x = ability + chance.gauss(0, 0.6)
    if kind == "levels":
        return LOW_TO_HIGH[min(3, max(0, round(1.5 + x * spread)))]
    return min(100, max(1, round((65 + 12 * x * spread) * 2) / 2))


def draw_world(seed):
    chance = random.Random(seed)
    ids = pupil_ids(chance.choice([1, 2, 5, 12, 24, 30, 45]))
    ability = {p: chance.gauss(0, 1) for p in ids}
    kinds = {point: chance.choice(["marks", "marks", "levels"]) for point in oracle.POINTS}
    spread = {
        point: chance.choice([1, 1, 1, 0.3, 0.05] if point == "基线" else [1, 1, 1, 0.3, 0]) for point in oracle.POINTS
    }
    cells = {
        point: {
            p: draw_cell(chance, ability[p], kinds[point], spread[point])
            for p in chance.sample(ids, len(ids))
            if chance.random() < 0.97
        }
        for point in oracle.POINTS
    }
    if chance.random() < 0.1:
        cells["期末"] = dict.fromkeys(ids)
    by_grade = chance.random() < 0.5
    grade = {
        point: draw_grade(chance, kinds[point], spread[point]) if by_grade and chance.random() < 0.9 else None
        for point in oracle.POINTS
    }
    return oracle.World(
        share=chance.choice([Fraction(1, 5), Fraction(7, 100), Fraction(1, 4), Fraction(1, 2), Fraction(9, 10)]),
        target={"期中": Fraction(2, 5), "期末": chance.choice([Fraction(3, 5), Fraction(7, 25), Fraction(1)])},
        pupils={p: draw_pupil(chance) for p in ids},
        days={
            p: d if chance.random() < 0.9 else None
            for p, d in zip(oracle.POINTS, (BASELINE_DAY, MIDTERM_DAY, FINAL_DAY), strict=True)
        },
        cells=cells,
        ladder=LOW_TO_HIGH,
        full_points=chance.choice([Fraction(100), None]),
        zeros_absent=chance.random() < 0.8,
        grade=grade,
        grade_r={
            p: Fraction(chance.randint(-20, 110), 100) if grade[p] and chance.random() < 0.7 else None
            for p in ("期中", "期末")
        },
    )


def draw_grade(chance, kind, spread):
    """Results of a grade, without the class's own cells: what 常模 says is taken as it is."""
    return [
        x if isinstance(x, str) else Fraction(str(x))
        for x in (draw_cell(chance, chance.gauss(0, 1), kind, spread) for _ in range(60))
        if x is not None and x not in oracle.ABSENCES and x not in (0, 130)
    ]


def run_project(world):
    """The same class through screening, freezing and conversion: (rows of 学困生, conversions)."""
    norms = [
        norms_row(
            EXAMS[point], results, levels=LADDER if isinstance(results[0], str) else (), r=world.grade_r.get(point)
        )
        for point, results in world.grade.items()
        if results is not None
    ]
    room = classroom(
        {EXAMS[point]: {"语文": column} for point, column in world.cells.items()},
        subjects=[{"subject": "语文", "full_points": world.full_points, "levels": ",".join(LADDER)}],
        pupils=[{"pupil_id": p, "status": s, "status_date": d} for p, (s, d) in world.pupils.items()],
        rules_in_force=policy(
            share=str(world.share), midterm=str(world.target["期中"]), final=str(world.target["期末"])
        ),
        norms=norms,
        zeros_absent="是" if world.zeros_absent else "否",
        **{f"{CODES[point]}_date": day for point, day in world.days.items()},
    )
    caseload = [r.changed(confirmed="是") for r in merge_caseload(room, [], screen(room, ()), TODAY)]
    after, listed, check = freeze(caseload, TODAY)
    return caseload, convert(room, after, (), read_frozen_list(check, after, listed), listed)


def same(one, other):
    return one == pytest.approx(other, abs=1e-9) if one is not None and other is not None else one is other


def agrees_with_norms(world):
    """Kinds that a mixed column would decide are left to other tests: every valid cell here is of one kind."""
    return all(
        len({isinstance(x, str) for x in column.values() if x is not None and x not in oracle.ABSENCES}) <= 1
        for column in world.cells.values()
    )


def compare(seed):
    """Assert that project and oracle say the same of one class; give the states met, to see what was tested."""
    world = draw_world(seed)
    assert agrees_with_norms(world)
    caseload, found = run_project(world)
    wanted = oracle.screened(world)
    assert {r["pupil_id"]: r["baseline"] for r in caseload} == {p: w[0] for p, w in wanted.items()}
    for row in caseload:
        _, z, percentile, kind = wanted[row["pupil_id"]]
        assert same(row["z"], z) and row["percentile"] == percentile and row["reference"] == kind
    met = Counter()
    for phase in ("期中", "期末"):
        states = oracle.states(world, phase)
        assert {r["pupil_id"]: r[f"{CODES[phase]}_state"] for r in found.rows} == {p: s for p, (s, _) in states.items()}
        assert all(same(r[f"{CODES[phase]}_chance"], states[r["pupil_id"]][1]) for r in found.rows)
        met.update(s for s, _ in states.values())
        [row] = [r for r in found.stats if r["phase"] == phase]
        compare_figures(row, oracle.figures(world, phase), met)
    return met


def compare_figures(row, wanted, met):
    names = {"基数": "base", "已转化": "converted", "未转化": "not_converted", "缺考": "absent", "转出": "transferred"}
    assert {label: row[code] for label, code in names.items()} == {label: wanted[label] for label in names}
    assert row["base"] == row["converted"] + row["not_converted"] + row["absent"]
    assert row["rate"] == wanted["转化率"]
    for label, code in (("预期", "expected"), ("净", "net"), ("偶然", "luck")):
        assert same(row[code], wanted[label]), label
    interval = wanted["区间"] or (None, None)
    assert same(row["low"], interval[0]) and same(row["high"], interval[1])
    if wanted["达标"] is not None:
        assert row["met"] == ("是" if wanted["达标"] else "否")
        met["with expectation" if row["expected"] is not None else "without expectation"] += 1


def test_hundreds_of_random_classes_agree_with_the_oracle_figure_by_figure():
    met = Counter()
    for seed in range(WORLDS):
        try:
            met.update(compare(seed))
        except AssertionError as wrong:
            raise AssertionError(f"class {seed}: {wrong}") from wrong
    for state in ("已转化", "未转化", "缺考", "转出", "未考", "待常模", "不适用"):
        assert met[state] >= 10, f"{state} hardly occurs: nothing is proved about it"
    assert met["with expectation"] >= 50 and met["without expectation"] >= 20
