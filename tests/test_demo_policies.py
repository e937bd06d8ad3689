"""Each of the eleven 制度 runs the made-up school's whole term, and its audit means something. Source: spec §5, §9."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from classbooks import rows_of, run, set_cells
from xlbangfu import schema
from xlbangfu.demo import run_demo
from xlbangfu.policy import list_policies, load_policy
from xlbangfu.programme import rules

CLOSING = date(2027, 1, 20)
DONE, PARTLY, NOT_DONE, NOT_APPLICABLE = schema.AUDIT_RESULTS


RUN: dict[str, Path] = {}  # 制度 → the folder of its term in this process


# One process for each 制度, so that its term is run once.
@pytest.fixture(params=[pytest.param(p, marks=pytest.mark.xdist_group(f"policy-{p}")) for p in list_policies()])
def term(request, tmp_path_factory):
    """(policy, folder after the term) of one class."""
    name = request.param
    if name not in RUN:
        folder = tmp_path_factory.mktemp(name) / "demo"
        assert run_demo(folder, policy=name, grades=("五年级1班",), jobs=1) == 0
        RUN[name] = folder
    return load_policy(name), RUN[name]


def books(folder: Path) -> list[Path]:
    return sorted((folder / "班级").glob("*.xlsm"))


def audited(folder: Path) -> dict[str, set[str]]:
    """Clause → results over the classes."""
    found: dict[str, set[str]] = {}
    for book in books(folder):
        for row in rows_of(book, schema.AUDIT):
            found.setdefault(row["clause"], set()).add(row["result"])
    return found


class TestTheTermUnderEveryPolicy:
    def test_it_merges_with_every_class_counted(self, term):
        policy, folder = term
        sources = run_merge(folder)
        assert [s["结果"] for s in sources] == ["已合并"]
        assert {s["制度"] for s in sources} == {policy.id}

    def test_its_audit_has_real_and_missing_evidence(self, term):
        """Some computed clause is carried out and some is not: neither by its kind, but by what stands on the sheets."""
        policy, folder = term
        computed = {c.id for c in policy.clauses if c.kind == rules.COMPUTED}
        results = audited(folder)
        assert set(results) == {c.id for c in policy.clauses}
        assert any(DONE in results[c] for c in computed)
        assert any(results[c] & {PARTLY, NOT_DONE} for c in computed)
        assert all(results[c.id] == {NOT_APPLICABLE} for c in policy.clauses if c.kind == rules.DECLARED)

    def test_what_is_missing_is_named(self, term):
        _, folder = term
        for book in books(folder):
            for row in rows_of(book, schema.AUDIT):
                assert bool(row["gap"]) == (row["result"] in (PARTLY, NOT_DONE)) or "流失" in row["figures"], row

    def test_an_attestation_that_goes_and_comes_turns_its_clause(self, term):
        policy, folder = term
        book = books(folder)[0]
        attested = [c.id for c in policy.clauses if c.kind == rules.EVIDENCED]
        if not attested:
            pytest.skip(f"{policy.id} has no clause that rests on an attestation")
        at = next(i for i, r in enumerate(rows_of(book, schema.AUDIT)) if r["clause"] == attested[0])
        for text, result in (("看过", NOT_DONE), ("2026年12月3日 年级组检查，有记录", DONE)):
            set_cells(book, schema.AUDIT, {at: {"evidence": text}})
            assert run("audit", book, today=CLOSING).ok
            assert rows_of(book, schema.AUDIT)[at]["result"] == result

    def test_missing_plans_and_sessions_turn_their_clauses_when_they_are_typed(self, term):
        """The evidence that a policy's computed clauses lack is typed, clause by clause; each turns to 落实."""
        policy, folder = term
        book = books(folder)[-1]
        turned = 0
        for clause in policy.clauses:
            if clause.check in REPAIRS and _result(book, clause.id) in (PARTLY, NOT_DONE):
                REPAIRS[clause.check](book, clause)
                assert run("audit", book, today=CLOSING).ok
                assert _result(book, clause.id) == DONE, clause.id
                turned += 1
        assert turned, f"{policy.id}: nothing to repair"


def _result(book: Path, clause: str) -> str:
    return next(r["result"] for r in rows_of(book, schema.AUDIT) if r["clause"] == clause)


def _supported(book: Path) -> list:
    return [r for r in rows_of(book, schema.CASELOAD) if r["confirmed"] == "是" and r["subject"]]


def _type(book: Path, sheet: schema.Sheet, rows: list[dict]) -> None:
    from classbooks import fill

    fill(book, {sheet: rows})


def _days() -> list[date]:
    """A day of every week of the term, and one of every fortnight's other half besides."""
    return [date.fromordinal(d) for d in range(date(2026, 9, 2).toordinal(), CLOSING.toordinal(), 3)]


def _sessions(book: Path, clause: rules.Clause) -> None:
    """Every pupil gets every kind of session all the time."""
    given = clause.parameters
    pupils = {r["pupil_id"] for r in _supported(book)}
    forms = given.get("forms") or ("家访",)
    staff = given.get("staff") or ("教师",)
    times = int(given["times"])
    rows = [
        {"date": day, "pupil_id": p, "form": forms[0], "minutes": 10 + n, "by": "示例老师", "staff": staff[0]}
        for p in sorted(pupils)
        for day in _days()
        for n in range(times)
    ]
    _type(book, schema.SESSIONS, rows)


def _activities(book: Path, clause: rules.Clause) -> None:
    kinds = clause.parameters["categories"]
    rows = [{"date": day, "category": kinds[0], "topic": f"示例 {n}"} for n in range(3) for day in _days()]
    _type(book, schema.ACTIVITY, rows)


def _papers(book: Path, clause: rules.Clause) -> None:
    rows = rows_of(book, schema.WRITTEN)
    set_cells(book, schema.WRITTEN, {i: {"handed_in_on": date(2027, 1, 18)} for i, _ in enumerate(rows)})


def _together(book: Path, clause: rules.Clause) -> None:
    rows = rows_of(book, schema.PLANS)
    set_cells(book, schema.PLANS, {i: {"with_pupil": "是", "with_parents": "是"} for i, _ in enumerate(rows)})


def _psych(book: Path, clause: rules.Clause) -> None:
    rows = rows_of(book, schema.PROFILES)
    dates = {"psych_on": date(2026, 11, 2), "aid_on": date(2026, 11, 3)}
    set_cells(book, schema.PROFILES, {i: dates for i, _ in enumerate(rows)})


REPAIRS = {
    "sessions_per_pupil": _sessions,
    "sessions_held": _sessions,
    "sessions_by_staff": _sessions,
    "parents_contacted": _sessions,
    "activities_held": _activities,
    "documents_handed_in": _papers,
    "plans_made_with": _together,
    "psych_file_exists": _psych,
}


def run_merge(folder: Path) -> list[dict]:
    """来源 of a fresh merge of the folder."""
    from xlbangfu.office.merge import merge

    report = merge(folder / "班级", folder / "再合并.xlsx", jobs=1, today=CLOSING)
    assert report.ok, report.message
    assert json.dumps(report.as_json(), ensure_ascii=False)
    return [r for r in report.rows if r["文件"].endswith(".xlsm")]


def test_an_attestation_typed_before_any_audit_ends_no_merge(tmp_path):
    """spec §6: one odd workbook never stops the merge; the class shows 未查."""
    from classbooks import fill, make_class
    from xlbangfu.office.merge import merge

    early, audited = make_class(tmp_path / "早"), make_class(tmp_path / "查", class_name="2班")
    fill(early, {schema.AUDIT: [{"clause": "S7-2-1", "evidence": "2026-09-08 班会"}]})
    assert run("audit", audited).ok
    report = merge(tmp_path, tmp_path / "汇总.xlsx", jobs=1, today=CLOSING)
    assert report.ok and report.written, report.message


def test_last_terms_adjustments_are_none_of_the_new_term(tmp_path):
    """spec §6: open plans go along; what was adjusted before does not carry out this term's clause."""
    from classbooks import make_class, run_term
    from xlbangfu.office.rollover import rollover
    from xlbangfu.programme.plans import ADVICE, is_adjusted

    old = make_class(tmp_path / "旧", n=14)
    run_term(old, "plan")
    set_cells(old, schema.PLANS, {0: {"state": "调整", "adjustment": "期中后加一次"}, 1: {"adjustment": ADVICE}})
    report = rollover(old, tmp_path / "新", term="2027春", today=date(2027, 2, 20))
    assert report.ok, report.message
    carried = rows_of(Path(report.written[0]), schema.PLANS)
    assert len(carried) == len(rows_of(old, schema.PLANS)) - 1, "the proposal that nobody took up stays behind"
    assert not any(is_adjusted(r) for r in carried)
    assert carried[0]["state"] == "执行"
