"""The whole term of the demo, clicked and typed in a real LibreOffice window, against the same steps as commands."""

from __future__ import annotations

import shutil

import pytest

from clicked_term import Clicker, School, differences, term_by_clicks, term_by_commands, write_launcher
from window import Window, needs_window
from xlbangfu.workbook.closed import ClosedWorkbook


@needs_window
@pytest.mark.libreoffice
@pytest.mark.xdist_group("window")
def test_clicking_and_typing_the_term_gives_the_same_tables_as_the_commands(tmp_path):
    school = School(tmp_path)
    closed = tmp_path / "对照" / school.book.name
    closed.parent.mkdir()
    shutil.copy(school.book, closed)
    expected = term_by_commands(school, closed)

    data = tmp_path / "数据"
    write_launcher(data)
    with Window(school.book, environment={"XLBANGFU_DATA": str(data)}) as window:
        clicker = Clicker(window, data)
        said = term_by_clicks(school, clicker)
        window.screenshot("term-done")
        assert [a for a, _ in said] == [a for a, _ in expected]
        for (action_id, ours), (_, theirs) in zip(said, expected, strict=True):
            assert ours.startswith(theirs), action_id
        assert differences(clicker.door(), ClosedWorkbook(closed)) == []
