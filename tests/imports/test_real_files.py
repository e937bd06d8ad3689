"""Every score sheet of real data is imported, or refused for a reason that a teacher would accept (spec §3.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

import real_data
from imports.realfiles import HEAD, lines

DOCS = Path(__file__).parents[2] / "docs" / "imports.md"
needs_data = pytest.mark.skipif(bool(real_data.MISSING), reason=real_data.MISSING)


def documented() -> list[str]:
    """The rows of the table in docs/imports.md."""
    text = DOCS.read_text(encoding="utf-8").splitlines()
    start = text.index(HEAD) + 2
    rows = []
    for line in text[start:]:
        if not line.startswith("|"):
            break
        rows.append(line)
    return rows


@needs_data
def test_the_table_in_the_docs_is_what_the_commands_do():
    found = list(lines())
    assert all(line.balanced for line in found)
    assert [str(line) for line in found] == documented()


@needs_data
def test_no_file_of_the_folder_is_left_out_of_the_table():
    files = {
        str(p.relative_to(real_data.FOLDER))
        for p in real_data.FOLDER.rglob("*")
        if p.suffix in (".xlsx", ".csv") and p.is_file()
    }
    assert {row.split("|")[1].strip() for row in documented()} == files


def test_only_files_without_a_pupil_to_name_are_refused():
    refused = [row for row in documented() if "| refused |" in row]
    assert [row.split("|")[1].strip() for row in refused] == ["student-mat.csv"]
