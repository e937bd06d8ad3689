"""docs/policies.md says what the files say, and no sentence of the source is forgotten. Source: spec §5.

The source itself is not in the repository: it is looked for in the folder named by XLBANGFU_SEEDS, else in
shared/seeds beside the checkout; without it the tests that read it are skipped.
"""

from __future__ import annotations

import csv
import importlib.util
import os
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.policy import find_policy, load_policy
from xlbangfu.policy_file import read_toml
from xlbangfu.programme import rules

ROOT = Path(__file__).parents[1]
NAMES = tuple(f"S{n}" for n in range(1, 12))
HEADER = ["line", "sentence", "opening", "places", "why"]
# spec §5: lines of the source, first and last of each stretch.
LINES = {
    "S1": ((1, 27),),
    "S2": ((28, 55),),
    "S3": ((56, 70), (192, 198)),
    "S4": ((71, 90),),
    "S5": ((91, 107),),
    "S6": ((108, 123),),
    "S7": ((124, 139),),
    "S8": ((140, 140),),
    "S9": ((141, 159),),
    "S10": ((160, 176),),
    "S11": ((177, 191),),
}
LAST_LINE = 198
_ENDS = re.compile(r"(?<=[。！？；])")


def _seeds() -> Path | None:
    named = os.environ.get("XLBANGFU_SEEDS")
    folder = Path(named) if named else ROOT.parent / "shared" / "seeds"
    return next(iter(sorted(folder.glob("*.txt"))), None)


SEED = _seeds()
needs_seed = pytest.mark.skipif(SEED is None, reason="the source text is not here (XLBANGFU_SEEDS names its folder)")


def pieces(line: str) -> list[str]:
    """A line of the source cut after each mark that ends a sentence; blank pieces are none."""
    return [piece.strip() for piece in _ENDS.split(line) if piece.strip()]


@cache
def source() -> tuple[str, ...]:
    assert SEED is not None
    return tuple(SEED.read_text("utf-8").split("\n"))


@cache
def generator() -> ModuleType:
    """docs/make_policies.py, which is a tool of the checkout and in no package."""
    spec = importlib.util.spec_from_file_location("make_policies", ROOT / "docs" / "make_policies.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@cache
def sentences(name: str) -> list[Any]:
    return list(generator().read_sentences(ROOT / "docs" / "policies" / f"{name}.csv"))


@cache
def clauses(name: str) -> dict[str, rules.Clause]:
    return {clause.id: clause for clause in load_policy(name).clauses}


def value_at(values: Any, key: str) -> Any:
    """What stands in a file under a dotted key, entries of a list by their id; None for nothing.

    >>> value_at({"measures": [{"id": "M01", "who": "班主任"}]}, "measures.M01.who")
    '班主任'
    """
    for part in key.split("."):
        if isinstance(values, list):
            values = next((v for v in values if isinstance(v, dict) and v.get("id") == part), None)
        else:
            values = values.get(part) if isinstance(values, dict) else None
    return values


class TestThePage:
    """docs/policies.md is made from the files and cannot drift."""

    def test_is_what_the_generator_makes(self) -> None:
        page = (ROOT / "docs" / "policies.md").read_text("utf-8")
        assert page == generator().current_page(), "run `.venv/bin/python docs/make_policies.py`"

    def test_has_every_clause_and_every_sentence(self) -> None:
        page = (ROOT / "docs" / "policies.md").read_text("utf-8")
        for name in NAMES:
            part = page.split(f"\n## {name} ")[1].split("\n## ")[0]
            first_cells = [line.split(" | ")[0].removeprefix("| ") for line in part.splitlines()]
            assert [c for c in first_cells if c in clauses(name)] == list(clauses(name))
            assert [c for c in first_cells if c.isdecimal()] == [str(s.line) for s in sentences(name)]

    def test_shows_every_row_as_one_row_of_its_table(self) -> None:
        rows = [line for line in generator().current_page().splitlines() if line.startswith("|")]
        widths = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
        starts = [i for i, row in enumerate(rows) if row.startswith("| ---")]
        for i, following in zip(starts, [*starts[1:], len(rows) + 1], strict=True):
            assert set(widths[i - 1 : following - 1]) == {widths[i]}

    @given(st.text(alphabet="a|*_<`[\\中", max_size=8))
    def test_shows_any_text_as_it_is(self, text: str) -> None:
        cell = generator()._cell(text)
        assert re.sub(r"\\([\\|*_<`\[])", r"\1", cell) == text
        assert not re.search(r"(?<!\\)(?:\\\\)*[|*_<`\[]", cell)

    def test_marks_an_opening_that_goes_on(self) -> None:
        row = generator()._sentence
        sentence = generator().Sentence
        assert row(sentence(1, 2, "一二三四五六七八九十百千", ("S1-1", "exit"), ""))[2:4] == [
            "一二三四五六七八九十百千…",
            "S1-1 exit",
        ]
        assert row(sentence(1, 1, "短句。", (), "背景"))[2:] == ["短句。", "—", "背景"]


@pytest.mark.parametrize("name", NAMES)
class TestTheRowsOfAPolicy:
    """spec §5: clauses for what the source asks, and for the rest a reason."""

    def test_have_the_agreed_columns(self, name: str) -> None:
        with (ROOT / "docs" / "policies" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert rows[0] == HEADER
        assert {len(row) for row in rows} == {len(HEADER)}

    def test_name_every_clause(self, name: str) -> None:
        named = {place for s in sentences(name) for place in s.places}
        assert set(clauses(name)) - named == set()

    def test_name_only_places_that_exist(self, name: str) -> None:
        values = read_toml(find_policy(name))
        for s in sentences(name):
            for place in s.places:
                assert place in clauses(name) or value_at(values, place) is not None, (s.line, s.piece, place)
            assert len(set(s.places)) == len(s.places), (s.line, s.piece)

    def test_say_why_wherever_nothing_is_computed(self, name: str) -> None:
        for s in sentences(name):
            if all(place in clauses(name) and clauses(name)[place].kind != rules.COMPUTED for place in s.places):
                assert s.why.strip(), (s.line, s.piece)

    def test_follow_the_lines_of_the_source_in_order(self, name: str) -> None:
        wanted = [line for first, last in LINES[name] for line in range(first, last + 1)]
        order = [(wanted.index(s.line), s.piece) for s in sentences(name)]
        assert order == sorted(set(order))
        assert list(dict.fromkeys(s.line for s in sentences(name))) == wanted

    @needs_seed
    def test_are_the_pieces_of_the_source_none_missing_and_none_extra(self, name: str) -> None:
        wanted = [
            (line, n, piece[: generator().OPENING])
            for first, last in LINES[name]
            for line in range(first, last + 1)
            for n, piece in enumerate(pieces(source()[line - 1]), start=1)
        ]
        assert [(s.line, s.piece, s.opening) for s in sentences(name)] == wanted


def test_every_line_of_the_source_belongs_to_exactly_one_policy() -> None:
    held = [line for stretches in LINES.values() for first, last in stretches for line in range(first, last + 1)]
    assert sorted(held) == list(range(1, LAST_LINE + 1))


@needs_seed
def test_the_source_has_as_many_lines_as_the_policies_share() -> None:
    assert len(source()) == LAST_LINE
    assert all(line.strip() for line in source())


@given(st.text(alphabet="甲乙 。！？；,", max_size=30))
def test_cutting_a_line_loses_nothing_but_blanks(line: str) -> None:
    assert "".join(pieces(line)).replace(" ", "") == line.replace(" ", "")
    assert all(piece and not re.search("[。！？；].", piece) for piece in pieces(line))
