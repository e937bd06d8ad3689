"""xlwings without pandas, numpy and their like in sight."""

from __future__ import annotations

import subprocess
import sys

import pytest

BIG = "('pandas', 'numpy', 'polars', 'matplotlib', 'PIL')"


def run_python(script: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


class TestImportingXlwings:
    def test_imports_no_big_library_and_leaves_no_trace(self):
        script = (
            "import sys\n"
            "from xlbangfu.workbook.lightxlwings import import_xlwings\n"
            "xw = import_xlwings()\n"
            f"print(xw is sys.modules['xlwings'], [n for n in {BIG} if n in sys.modules])\n"
            "import xlwings, numpy, pandas\n"
            "print(xlwings is import_xlwings(), pandas.DataFrame({'a': [1]}).shape)\n"
        )
        assert run_python(script) == ["True []", "True (1, 1)"]

    def test_leaves_what_is_loaded_already(self):
        script = (
            "import pandas, sys\n"
            "from xlbangfu.workbook.lightxlwings import import_xlwings\n"
            "print(import_xlwings().main.pd is pandas, sys.modules['pandas'] is pandas)\n"
        )
        assert run_python(script) == ["True True"]

    @pytest.mark.parametrize("fault", ["ImportError", "KeyboardInterrupt"])
    def test_takes_the_blinds_away_after_a_failure(self, fault):
        script = (
            "import sys, importlib\n"
            "from xlbangfu.workbook import lightxlwings\n"
            f"def fail(name): raise {fault}\n"
            "lightxlwings.importlib.import_module = fail\n"
            f"try: lightxlwings.import_xlwings()\nexcept {fault}: print([n for n in {BIG} if n in sys.modules])\n"
        )
        assert run_python(script) == ["[]"]
