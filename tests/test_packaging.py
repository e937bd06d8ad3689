"""The one-folder build: its lists are right, and the workflow that builds it on Windows is one. Nothing is built here."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from xlbangfu import __version__
from xlbangfu.actions.catalogue import ACTIONS
from xlbangfu.policy import BUILT_IN
from xlbangfu.workbook.template.sources import MACRO_FILES, PACKAGED, TEMPLATE_NAME

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "packaging" / "xlbangfu.spec"
WORKFLOW = ROOT / ".github" / "workflows" / "windows.yml"


def load(name: str) -> ModuleType:
    """A file of packaging/, which is no package: an `__init__.py` there would hide the library of that name."""
    spec = importlib.util.spec_from_file_location(f"frozen_{name}", ROOT / "packaging" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


contents, entry = load("contents"), load("entry")


class TestTheContents:
    def test_it_collects_the_module_behind_every_button(self):
        wanted = {action.function.split(":")[0] for action in ACTIONS if action.available}
        assert wanted <= set(contents.hidden_imports())

    def test_it_collects_only_modules_that_exist(self):
        missing = [name for name in contents.hidden_imports() if importlib.util.find_spec(name) is None]
        assert missing == []

    def test_it_ships_files_that_exist(self):
        assert [source for source, _ in contents.data_files() if not Path(source).is_file()] == []

    def test_it_puts_each_file_where_the_package_looks_for_it(self):
        shipped = {f"{folder}/{Path(source).name}" for source, folder in contents.data_files()}
        package = BUILT_IN.parent.parent
        wanted = [*BUILT_IN.glob("*.toml"), PACKAGED / TEMPLATE_NAME, *(PACKAGED / "macros" / n for n in MACRO_FILES)]
        assert {path.relative_to(package).as_posix() for path in wanted} <= shipped
        assert "xlwings/addin/xlwings.xlam" in shipped

    def test_it_ships_as_a_file_what_another_python_runs(self):
        shipped = {f"{folder}/{Path(source).name}" for source, folder in contents.data_files()}
        present = {f"xlbangfu/{name}" for name in contents.STANDALONE if (contents.PACKAGE / name).is_file()}
        assert present <= shipped

    def test_it_ships_no_other_source_and_no_cache(self):
        ours = {Path(s).relative_to(contents.PACKAGE).as_posix() for s, f in contents.data_files() if is_ours(s)}
        assert {name for name in ours if name.endswith((".py", ".pyc"))} <= set(contents.STANDALONE)

    def test_it_needs_every_requirement_and_what_those_require(self):
        assert {"xlwings", "pandas", "numpy", "pyarrow", "platformdirs"} <= contents.needed_distributions()

    def test_it_leaves_the_tools_of_developers_out(self):
        foreign = set(contents.foreign_modules())
        assert {"pytest", "_pytest", "hypothesis", "scipy"} <= foreign
        assert not foreign & {"xlbangfu", "pandas", "numpy", "pyarrow", "openpyxl", "xlsxwriter", "xlwings"}

    def test_it_excludes_nothing_that_it_collects(self):
        left_out = (*contents.EXCLUDED, *contents.foreign_modules())
        collected = contents.hidden_imports()
        assert [m for m in collected if any(m == x or m.startswith(f"{x}.") for x in left_out)] == []

    @pytest.mark.parametrize(
        "kept", ["pyarrow/libarrow.so.2600", "pyarrow/libarrow_python.so.2600", "pyarrow/arrow.dll", "xlbangfu/src/x.h"]
    )
    def test_it_keeps_what_is_loaded(self, kept):
        assert contents.wanted(kept)

    @pytest.mark.parametrize(
        "dropped",
        [
            "pyarrow/libarrow_flight.so.2600",
            "libarrow_s3.so.2600",
            "pyarrow/arrow_python_flight.dll",
            "pyarrow/libarrow_python.so",
            "pyarrow/libarrow_python.so.2600.1.0",
            "pyarrow/include/arrow/api.h",
            "pyarrow/array.pxi",
            "xlwings-0.37.8.dist-info/direct_url.json",
        ],
    )
    def test_it_drops_what_nothing_reads(self, dropped):
        assert not contents.wanted(dropped)


def is_ours(source: str) -> bool:
    return Path(source).is_relative_to(contents.PACKAGE)


class TestTheEntry:
    def test_it_gives_a_windowless_process_something_to_print_into(self, monkeypatch):
        monkeypatch.setattr(sys, "stdout", None)
        entry.fill_streams()
        with sys.stdout as stream:
            assert stream.name == os.devnull

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no LD_LIBRARY_PATH")
    @pytest.mark.parametrize("before", [None, "/opt/lib"])
    def test_it_puts_the_callers_library_path_back(self, monkeypatch, before):
        monkeypatch.setenv("LD_LIBRARY_PATH", "/ours/_internal")
        monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
        if before is not None:
            monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
        entry.restore_library_path()
        assert os.environ.get("LD_LIBRARY_PATH") == before
        assert "LD_LIBRARY_PATH_ORIG" not in os.environ

    def test_it_hands_everything_else_to_the_command_line(self, monkeypatch, capsys):
        monkeypatch.setattr(sys, "argv", ["xlbangfu", "--version"])
        with pytest.raises(SystemExit):
            entry.run(["--version"])
        assert capsys.readouterr().out.strip() == f"xlbangfu {__version__}"

    def test_it_names_modules_that_cannot_be_imported(self, capsys):
        assert entry.import_all(["json"]) == 0
        assert entry.import_all(["json", "xlbangfu.nothing"]) == 1
        assert "xlbangfu.nothing" in capsys.readouterr().out


class TestTheRecipes:
    def test_its_spec_starts_from_the_entry_and_the_lists(self):
        text = SPEC.read_text(encoding="utf-8")
        compile(text, SPEC.name, "exec")
        used = set(re.findall(r"contents\.(\w+)", text)) - {"py"}
        assert [name for name in used if not hasattr(contents, name)] == []
        assert '"entry.py"' in text

    def test_its_target_builds_and_tries(self):
        recipe = re.search(r"^frozen:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert recipe is not None
        assert "packaging/xlbangfu.spec" in recipe[1]
        assert "packaging/smoke.py" in recipe[1]

    def test_its_folder_hides_no_library(self):
        assert not (ROOT / "packaging" / "__init__.py").exists()


@pytest.fixture(name="jobs")
def read_jobs() -> dict[str, Any]:
    yaml = pytest.importorskip("ruamel.yaml", reason="comes with check-jsonschema")
    loaded: dict[str, Any] = yaml.YAML(typ="safe").load(WORKFLOW.read_text(encoding="utf-8"))
    assert {"push", "pull_request", "workflow_dispatch"} <= set(loaded["on"])
    found: dict[str, Any] = loaded["jobs"]
    return found


class TestTheWorkflow:
    def test_it_keeps_the_schema_of_github(self):
        if importlib.util.find_spec("check_jsonschema") is None:
            pytest.skip("check-jsonschema is not installed")
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
        done = subprocess.run([*command, str(WORKFLOW)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_it_builds_tries_and_hands_over(self, jobs):
        steps = list(commands(jobs["frozen"]))
        order = ["requirements.lock", "packaging/xlbangfu.spec", "packaging/smoke.py"]
        at = [next(i for i, step in enumerate(steps) if word in step) for word in order]
        assert at == sorted(at)
        last = jobs["frozen"]["steps"][-1]
        assert last["uses"].startswith("actions/upload-artifact@")
        assert last["with"]["path"] == "dist/"

    def test_it_runs_the_tests_of_the_readme(self, jobs):
        assert "python -m pytest -q" in commands(jobs["tests"])

    def test_it_runs_on_windows_with_the_oldest_python_we_promise(self, jobs):
        for job in jobs.values():
            assert job["runs-on"] == "windows-latest"
            pythons = [s["with"]["python-version"] for s in job["steps"] if "setup-python" in s.get("uses", "")]
            assert pythons == ["3.11"]

    def test_it_names_only_files_that_exist(self):
        named = re.findall(r"\bpackaging/[\w.]+", WORKFLOW.read_text(encoding="utf-8"))
        assert [name for name in named if not (ROOT / name).is_file()] == []


def commands(job: dict[str, Any]) -> Iterator[str]:
    """Shell lines of a job, in order."""
    return (step["run"] for step in job["steps"] if "run" in step)
