"""The commands on real pupils' scores give the table of the data's README, to the last pupil (spec §4, §9)."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from real_data import EXPECTED, MISSING, SOURCES, Source
from xlbangfu.cli import main

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
    pytest.mark.xdist_group("real-data"),
]


def command(*words: object, allowed: tuple[int, ...] = (0,)) -> dict:
    """One command as typed, with --json; its one object."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main([*(str(w) for w in words), "--json"])
    found = json.loads(out.getvalue())
    assert code in allowed, (code, words, json.dumps(found, ensure_ascii=False)[:3000])
    return found


def run_term(source: Source, books: Path) -> dict:
    """distribute … merge, as the office types it; the merged figures."""
    baseline, *later = source.exams
    points = ["--baseline", baseline, "--final", later[-1]]
    if len(later) > 1:
        points += ["--midterm", later[0]]
    command(
        "distribute", source.roster, "-o", books, "--teaching", source.teaching, "--term", "2026秋",
        "--grade", source.grade, *points,
    )  # fmt: skip
    for exam, file in source.exams.items():
        command("import-scores", books, file, "--exam", exam)
    norms = command("norms", books, "-o", books.parent / "常模.xlsx", "--baseline", baseline, "--into", books)
    for word in (("screen",), ("confirm", "--all"), ("freeze",), ("convert",)):
        command(word[0], books, *word[1:])
    merged = command("merge", books, "-o", books.parent / "学校汇总.xlsx", "--jobs", "1")
    return {"norms": norms, "merged": merged}


@pytest.fixture(scope="module", params=sorted(SOURCES))
def real(request, tmp_path_factory):
    """A data set after its term, with what was printed."""
    out = tmp_path_factory.mktemp(request.param)
    source = SOURCES[request.param](out)
    return source, out / "班级", run_term(source, out / "班级")


class TestRealPupils:
    def test_the_caseload_is_that_of_the_table(self, real):
        source, books, _ = real
        again = command("screen", books)
        flagged = [row for book in again["books"] for row in book["rows"]]
        for line in EXPECTED[source.name]:
            assert sum(r["学科"] == line.subject for r in flagged) == line.flagged
            assert {r["参照"] for r in flagged if r["学科"] == line.subject} == {"年级"}

    def test_the_norms_are_those_of_the_table(self, real):
        source, _, printed = real
        rows = {(r["考试"], r["学科"]): r for r in printed["norms"]["rows"]}
        for line in EXPECTED[source.name]:
            first, later = rows[next(iter(source.exams)), line.subject], rows[line.exam, line.subject]
            assert (first["人数"], float(first["识别线"])) == (line.valid, line.cut)
            assert (later["人数"], float(later["识别线"])) == (line.valid_later, line.cut_later)
            assert round(later["与基线相关"], 3) == line.r

    def test_conversions_and_expected_rates_are_those_of_the_table(self, real):
        source, _, printed = real
        stats = [r for r in printed["merged"]["stats"] if r["层级"] == "学科"]
        phases = dict(zip(reversed(source.exams), ("期末", "期中"), strict=False))
        for line in EXPECTED[source.name]:
            (row,) = [r for r in stats if r["学科"] == line.subject and r["阶段"] == phases[line.exam]]
            assert row["转化率"] == f"{line.converted}/{line.flagged}"
            assert row["基数"] == line.flagged
            assert row["缺考"] == line.absent
            assert round(row["预期自然转化率"] * 100, 1) == line.expected_percent

    def test_every_class_agrees_with_the_merge(self, real):
        _, books, printed = real
        mine = {}
        for book in command("convert", books)["books"]:
            for row in book["stats"]:
                key = row["学科"], row["阶段"]
                counts = [row[c] for c in ("基数", "已转化", "未转化", "缺考", "转出")]
                mine[key] = [a + b for a, b in zip(mine.get(key, [0] * 5), counts, strict=True)]
        for row in printed["merged"]["stats"]:
            if row["层级"] == "学科" and row["基数"]:
                base, converted, missed, absent, left = mine[row["学科"], row["阶段"]]
                assert [row["已转化"], row["未转化"], row["转出"]] == [converted, missed, left]
                # A class in which nobody sat is 未考 by itself; among classes that sat, its pupils were absent.
                unsat = row["基数"] - base
                assert row["缺考"] == absent + unsat
                assert (unsat > 0) == ("按缺考计" in (row["说明"] or ""))


def test_the_document_carries_the_very_figures_that_the_other_tests_check():
    document = (Path(__file__).parents[1] / "docs" / "real-data.md").read_text(encoding="utf-8")
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in document.splitlines() if line.startswith("| ")]
    shown = {tuple(r[1:]) for r in rows}
    for lines in EXPECTED.values():
        for e in lines:
            wanted = (
                str(e.valid), f"{e.cut:g}", str(e.flagged), str(e.valid_later), f"{e.cut_later:g}",
                f"{e.converted}/{e.flagged}", str(e.absent), f"{e.r:.3f}", f"{e.expected_percent:.1f} %",
            )  # fmt: skip
            assert wanted in shown
