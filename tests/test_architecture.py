"""Who may import whom (docs/design.md), counted from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import xlbangfu
from xlbangfu.actions.catalogue import ACTIONS, RIBBON_GROUPS
from xlbangfu.schema import BY_LABEL, TAB_ORDER, TABLES

PACKAGE = Path(xlbangfu.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
TOP = tuple(f"xlbangfu.{room}" for room in ("cli", "buttons", "click", "install", "menu", "doctor", "demo"))
GROUND = ("xlbangfu.schema", "xlbangfu.table", "xlbangfu.issues")


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found - {"xlbangfu"}  # `from xlbangfu import schema` names the room it wants


def ours(modules: set[str], *rooms: str) -> set[str]:
    return {m for m in modules if any(m == r or m.startswith(r + ".") for r in rooms)}


def files_of(*rooms: str) -> list[Path]:
    return [f for f in FILES if ours({module_of(f)}, *rooms)]


@pytest.mark.parametrize("path", files_of("xlbangfu.schema", "xlbangfu.table"), ids=module_of)
def test_the_ground_floor_imports_nothing_of_ours(path):
    assert ours(imports_of(path), "xlbangfu") == set()


@pytest.mark.parametrize("path", files_of("xlbangfu.programme"), ids=module_of)
class TestTheRules:
    def test_import_the_standard_library_and_the_ground_floor_only(self, path):
        outside = (
            {m.split(".")[0] for m in imports_of(path)} - set(sys.stdlib_module_names) - {"xlbangfu", "__future__"}
        )
        assert outside == set()
        assert ours(imports_of(path), "xlbangfu") <= ours(imports_of(path), "xlbangfu.programme", *GROUND)

    def test_have_no_clock_no_chance_and_no_files(self, path):
        text = path.read_text(encoding="utf-8")
        assert not {m.split(".")[0] for m in imports_of(path)} & {"random", "time", "os", "pathlib", "io", "shutil"}
        assert ".today()" not in text
        assert ".now()" not in text


@pytest.mark.parametrize("path", files_of("xlbangfu.workbook"), ids=module_of)
def test_the_doors_know_no_action_and_no_rule_but_how_to_read_a_number(path):
    above = ours(imports_of(path), "xlbangfu.actions", "xlbangfu.office", "xlbangfu.console", *TOP)
    if "template" in path.parts:
        above -= ours(above, "xlbangfu.actions.catalogue") | {"xlbangfu.actions"}
    assert above == set()
    rules = ours(imports_of(path), "xlbangfu.programme")
    assert rules <= ours(rules, "xlbangfu.programme.numbers")


@pytest.mark.parametrize("path", files_of("xlbangfu.actions", "xlbangfu.imports", "xlbangfu.office"), ids=module_of)
def test_actions_know_nothing_of_who_calls_them(path):
    assert ours(imports_of(path), *TOP) == set()


@pytest.mark.parametrize("path", files_of("xlbangfu.documents", "xlbangfu.restricted"), ids=module_of)
def test_files_beside_the_workbook_are_made_from_rows_by_rules_and_know_no_action(path):
    above = ours(imports_of(path), "xlbangfu.actions", "xlbangfu.office", "xlbangfu.console", *TOP)
    if module_of(path) == "xlbangfu.documents.pdf":  # it looks for a program that prints
        above -= ours(above, "xlbangfu.install.machine", "xlbangfu.install.programs") | {"xlbangfu.install"}
    assert above == set()


def test_the_side_of_libreoffice_imports_nothing_of_ours_but_its_own_files():
    """desk.py and its two helpers run under LibreOffice's own Python (docs/design.md)."""
    own = {f"xlbangfu.workbook.libreoffice.{name}" for name in ("desk", "deskbase", "desktext")}
    for path in FILES:
        if module_of(path) in own:
            rooms = {".".join(m.split(".")[:4]) for m in ours(imports_of(path), "xlbangfu")}
            assert rooms <= own | {"xlbangfu.workbook.libreoffice"}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_nothing_imports_the_command_line(path):
    if module_of(path) not in ("xlbangfu.cli", "xlbangfu.demo.term", "xlbangfu.demo"):
        assert ours(imports_of(path), "xlbangfu.cli") == set()


class TestTheCatalogue:
    def test_names_sheets_that_exist_and_groups_of_the_ribbon(self):
        for action in ACTIONS:
            assert {*action.reads, *action.writes} <= set(TAB_ORDER)
            assert action.group in RIBBON_GROUPS

    def test_an_action_reads_what_it_writes(self):
        for action in ACTIONS:
            if action.available:
                assert {w for w in action.writes if w in BY_LABEL} <= set(action.reads)

    @pytest.mark.parametrize("action", [a for a in ACTIONS if a.available], ids=lambda a: a.id)
    def test_every_available_action_has_a_function(self, action):
        assert callable(action.load())


class TestTheSchema:
    def test_labels_codes_and_table_names_are_unique(self):
        assert len({s.label for s in TABLES}) == len({s.code for s in TABLES}) == len({s.table for s in TABLES})
        for sheet in TABLES:
            assert len({c.label for c in sheet.columns}) == len({c.code for c in sheet.columns}) == len(sheet.columns)

    def test_every_tab_stands_once(self):
        assert len(set(TAB_ORDER)) == len(TAB_ORDER)
        assert {s.label for s in TABLES} < set(TAB_ORDER)


def test_help_pays_for_no_workbook_library():
    script = (
        "import sys, contextlib, io\n"
        "from xlbangfu.cli import build_parser\n"
        "build_parser().format_help()\n"
        "print([m for m in ('numpy','pandas','openpyxl','xlwings','rich','python_calamine','xlsxwriter') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
