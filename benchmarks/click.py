"""A click on a workbook that is open in LibreOffice: whole process, spawn to done, per action; ratios of one run.

    python benchmarks/click.py [rounds]

Beside each action stand, in turn with it: the floor (`python -c "import xlwings"` and reading the action's tables
through the same engine, nothing computed or written), and what a colleague would write (`import pandas, xlwings`, the
tables as data frames, one table written back). Every round undoes what it did, by the button. Medians, milliseconds.
Needs LibreOffice. A second table says what the floor is made of.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from closed import ENVIRONMENT, in_turn  # noqa: E402

from classbooks import TERM, TODAY, make_class, run  # noqa: E402
from office_host import SOFFICE, OfficeHost, running_office  # noqa: E402
from xlbangfu.actions.catalogue import BY_ID  # noqa: E402

FLOOR = """
import sys
import xlwings
from xlbangfu.workbook.libreoffice import attach
book = attach(sys.argv[1])
for label in sys.argv[2:]:
    sheet = book.sheets[label]
    sheet.range((1, 1), sheet.used_range.last_cell).options(ndim=2).value
"""
NAIVE = """
import sys
import pandas as pd
import xlwings as xw
from xlbangfu.workbook.libreoffice import attach
book = attach(sys.argv[1])
target = sys.argv[2]
frames = {label: book.sheets[label].used_range.options(pd.DataFrame, index=False).value for label in sys.argv[3:]}
book.sheets[target].range("A1").options(index=False).value = frames[target].astype(object)
"""


class Clicks:
    """One open workbook and the processes that are started on it."""

    def __init__(self, office: OfficeHost, path: Path, data: Path) -> None:
        self.path = path
        self.environment = {**ENVIRONMENT, "XLBANGFU_DATA": str(data)}

    def start(self, *words: str) -> None:
        """One whole process; raises where it fails."""
        command = [sys.executable, *words]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, cwd=ROOT, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{words[:4]}: {done.stderr[-800:]}")

    def click(self, action_id: str) -> None:
        """The very command that the macro starts."""
        self.start(
            "-E", "-P", "-X", "utf8", "-m", "xlbangfu.cli", "click", action_id, str(self.path), "--today", str(TODAY)
        )


def measure(rounds: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        closed = make_class(folder / "closed", n=45)
        with running_office(folder / "office") as office:
            print(f"LibreOffice, a class of 45, {rounds} rounds; milliseconds, medians")
            head = ("action", "click", "floor", "naive", "click/floor", "click/naive")
            print(f"{head[0]:<12}" + "".join(f"{h:>13}" for h in head[1:]))
            shares = []
            for action_id in TERM:
                times = _one(office, closed, action_id, folder, rounds)
                ours, floor, naive = times
                shares.append(ours / naive)
                print(f"{action_id:<12}{ours:13.0f}{floor:13.0f}{naive:13.0f}{ours / floor:13.2f}{ours / naive:13.2f}")
                run(action_id, closed)
            print(f"{'median':<12}{'':39}{'':13}{statistics.median(shares):13.2f}")
            _parts(office, closed, folder, rounds)


def _one(office: OfficeHost, closed: Path, action_id: str, folder: Path, rounds: int) -> list[float]:
    """Medians of the click, the floor and the naive chain for one action on the workbook as it is before it."""
    action = BY_ID[action_id]
    path = office.open_copy(closed, "班级.xlsm")
    clicks = Clicks(office, path, folder / f"data-{action_id}")
    labels = [label for label in action.reads if label != "汇总"]
    target = next((w for w in action.writes if w in labels), labels[-1])
    scratch = office.open_copy(closed, "草稿.xlsm")  # the naive chain writes over what it read
    naive = Clicks(office, scratch, folder / "data-naive")
    times = in_turn(
        rounds,
        lambda: clicks.click(action_id),
        lambda: clicks.start("-c", FLOOR, str(path), *labels),
        lambda: naive.start("-c", NAIVE, str(scratch), target, *labels),
        after=lambda: clicks.click("undo"),
    )
    office.close_all()
    shutil.rmtree(folder / f"data-{action_id}", ignore_errors=True)
    return times


def _parts(office: OfficeHost, closed: Path, folder: Path, rounds: int) -> None:
    path = office.open_copy(closed, "班级.xlsm")
    clicks = Clicks(office, path, folder / "data-parts")
    attach = "from xlbangfu.workbook.libreoffice import attach; import sys; attach(sys.argv[1])"
    light = "from xlbangfu.workbook.lightxlwings import import_xlwings; import_xlwings()"
    parts = {
        "python -c pass": ("-c", "pass"),
        "import xlwings": ("-c", "import xlwings"),
        "import xlwings, light": ("-c", light),
        "light, attach": ("-c", attach, str(path)),
        "import pandas, xlwings": ("-c", "import pandas, xlwings"),
    }
    works = [lambda words=words: clicks.start(*words) for words in parts.values()]
    print("\nwhat it is made of")
    for label, taken in zip(parts, in_turn(rounds, *works), strict=True):
        print(f"{label:<28}{taken:10.0f} ms")


def main() -> None:
    """Run the benchmark, or say why not."""
    if SOFFICE is None:
        print("没有 LibreOffice，跳过（the soffice program is not installed）")
        return
    os.environ["XLBANGFU_DATA"] = tempfile.mkdtemp(prefix="xlbangfu-bench-")
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5)


if __name__ == "__main__":
    main()
