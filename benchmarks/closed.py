"""Closed workbooks against the script a colleague would write (pandas + openpyxl): medians and ratios of one run.

    python benchmarks/closed.py [rounds]

Both sides run in turn, so that a drift of the machine's speed falls on both. Times are in milliseconds.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from classbooks import fill, make_class, pupil_ids, run_term  # noqa: E402
from xlbangfu import schema  # noqa: E402
from xlbangfu.table import Row  # noqa: E402
from xlbangfu.workbook.changes import plan_change  # noqa: E402
from xlbangfu.workbook.closed import ClosedWorkbook  # noqa: E402

FIVE = (schema.ROSTER, schema.TEACHING, schema.SCORES, schema.CASELOAD, schema.SESSIONS)
SCRIPT = """
import sys, pandas as pd, openpyxl
path = sys.argv[1]
tables = {name: pd.read_excel(path, engine="openpyxl", sheet_name=name, dtype={"学号": str}) for name in %r}
scores = tables["成绩"]
base = scores[scores["考试"] == "入学"]
flagged = {s: base[base[s] <= base[s].quantile(0.2)] for s in ("语文", "数学", "英语")}
book = openpyxl.load_workbook(path, keep_vba=True)
sheet = book["学困生"]
for s, rows in flagged.items():
    for i, row in enumerate(rows.itertuples(), 2):
        sheet.cell(i, 5).value = f"{s} {row[2]}"
book.save(path)
"""


# Compiled modules are kept between runs on a teacher's machine; a set-up that forbids it would time the compiler.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def started(*words: str) -> None:
    """One whole process, its output thrown away."""
    quiet = subprocess.DEVNULL
    subprocess.run([sys.executable, *words], check=True, stdout=quiet, stderr=quiet, env=ENVIRONMENT, cwd=ROOT)


def in_turn(rounds: int, *works: Callable[[], object], after: Callable[[], object] = lambda: None) -> list[float]:
    """Median milliseconds of each piece of work, run one after the other `rounds` times after a warm-up.

    after: what follows each round, and is not timed.
    """
    times: list[list[float]] = [[] for _ in works]
    for count in range(rounds + 1):
        for work, taken in zip(works, times, strict=True):
            started = time.perf_counter()
            work()
            if count:
                taken.append((time.perf_counter() - started) * 1000)
        after()
    return [statistics.median(t) for t in times]


def show(what: str, ours: float, theirs: float, other: str) -> None:
    print(f"{what:<44} {ours:9.1f} ms   {other:<28} {theirs:9.1f} ms   ratio {ours / theirs:.4f}")


def sample(folder: Path) -> Path:
    """A class of 55 after the term, with 400 sessions."""
    path = make_class(folder, n=55)
    start = date(2026, 9, 7)
    sessions = [
        {"date": start + timedelta(days=i % 60), "pupil_id": p, "subject": "语文", "form": "一对一", "minutes": 20}
        for i, p in enumerate((pupil_ids(55) * 8)[:400])
    ]
    fill(path, {schema.SESSIONS: sessions})
    run_term(path)
    return path


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    import openpyxl
    import pandas as pd

    with tempfile.TemporaryDirectory() as name:
        ENVIRONMENT["XLBANGFU_DATA"] = os.environ["XLBANGFU_DATA"] = str(Path(name) / "data")
        folder = Path(name)
        path = sample(folder)
        print(f"class workbook: 55 pupils, 400 sessions, {path.stat().st_size / 1000:.0f} kB; {rounds} rounds\n")

        def read_ours() -> None:
            door = ClosedWorkbook(path)
            for sheet in FIVE:
                door.read(sheet)

        def read_theirs() -> None:
            for sheet in FIVE:
                pd.read_excel(path, sheet_name=sheet.label, engine="openpyxl")

        show("read five tables, checked and typed", *in_turn(rounds, read_ours, read_theirs), "pandas + openpyxl")

        written, thinned = folder / "ours.xlsm", folder / "theirs.xlsm"
        shutil.copy(path, written)
        shutil.copy(path, thinned)
        turn = [0]

        def write_ours() -> None:
            door = ClosedWorkbook(written)
            parsed = door.read(schema.CASELOAD)
            turn[0] += 1
            rows = [Row(r, r.at).changed(basis=f"第 {turn[0]} 次") for r in parsed.table.rows]
            change = plan_change(parsed, rows)
            assert change is not None
            door.write([change])

        def write_theirs() -> None:
            book = openpyxl.load_workbook(thinned, keep_vba=True)
            sheet = book[schema.CASELOAD.label]
            for row in range(2, sheet.max_row + 1):
                sheet.cell(row, 5).value = f"第 {turn[0]} 次"
            book.save(thinned)

        show(
            "read and change one table, fsync, backup",
            *in_turn(rounds, write_ours, write_theirs),
            "openpyxl load + save",
        )

        script = SCRIPT % [s.label for s in FIVE]
        fresh = folder / "click.xlsm"

        def click_ours() -> None:
            shutil.copy(path, fresh)
            started("-m", "xlbangfu.cli", "screen", str(fresh))

        def click_theirs() -> None:
            shutil.copy(path, fresh)
            started("-c", script, str(fresh))

        ours, theirs, nothing = in_turn(max(rounds // 2, 3), click_ours, click_theirs, lambda: started("-c", "pass"))
        show("command 识别学困生, whole process, cold", ours, theirs, "script: pandas + openpyxl")
        show("  the same", ours, nothing, "python -c pass")


if __name__ == "__main__":
    main()
