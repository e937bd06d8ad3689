"""xlwings.conf: our keys go in and out, every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.install.conf import find_lines, make_line, plan_lines, read_value, swap_lines

FOREIGN = st.sampled_from(
    [
        b'"LICENSE_KEY","abc,def"',
        '"PYTHONPATH","D:\\脚本"'.encode("gbk"),
        b"",
        b"junk without a comma",
        b'"SHOW CONSOLE","TRUE"',
        b'"show console" , "True"',
        b'"USE UDF SERVER","True"',
        b'"USE UDF SERVER 2","x"',
    ]
)
FILES = st.builds(
    lambda lines, end, last: end.join(lines) + (end if last else b""),
    st.lists(FOREIGN, max_size=6),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
)


class TestSettingAKey:
    @given(FILES, st.sampled_from(["SHOW CONSOLE", "USE UDF SERVER", "INTERPRETER_WIN"]))
    def test_it_reads_back_and_undoing_restores_every_byte(self, data, key):
        line = make_line(key, "新 值", "gbk")
        before, after = plan_lines(data, key, line)
        new = swap_lines(data, key, before, after)
        assert read_value(new, key, "gbk") == "新 值"
        assert plan_lines(new, key, line) == (after, after)
        assert swap_lines(new, key, after, before) == data

    def test_a_line_of_another_key_in_any_code_stays(self):
        foreign = '"PYTHONPATH","D:\\脚本"\r\n'.encode("gbk")
        before, after = plan_lines(foreign, "SHOW CONSOLE", b'"SHOW CONSOLE","FALSE"')
        assert swap_lines(foreign, "SHOW CONSOLE", before, after) == b'"SHOW CONSOLE","FALSE"\r\n' + foreign

    def test_every_line_of_a_key_that_stands_twice_is_set(self):
        data = b'"A","1"\n"B","2"\n"a","3"'
        before, after = plan_lines(data, "A", b'"A","9"')
        assert swap_lines(data, "A", before, after) == b'"A","9"\n"B","2"\n"A","9"'

    def test_a_new_file_on_windows_gets_windows_line_ends(self):
        assert plan_lines(b"", "A", b'"A","1"', b"\r\n") == ([], [b'"A","1"\r\n'])


class TestRefusing:
    @pytest.mark.parametrize("value", ['a"b', "a\nb", "a\rb"])
    def test_a_value_that_vba_cannot_read(self, value):
        with pytest.raises(ValueError, match="Input"):
            make_line("A", value, "utf-8")

    def test_a_character_that_the_code_page_lacks(self):
        with pytest.raises(UnicodeEncodeError):
            make_line("A", "C:\\張三", "ascii")

    def test_a_byte_order_mark(self):
        with pytest.raises(ValueError, match="mark"):
            plan_lines(b'\xef\xbb\xbf"A","1"', "A", b'"A","2"')


def test_a_key_is_not_the_beginning_of_another():
    assert find_lines(b'"USE UDF SERVER 2","x"\n', "USE UDF SERVER") == []


def test_an_unquoted_line_counts_as_vba_reads_it():
    assert read_value(b"SHOW CONSOLE,False\n", "SHOW CONSOLE", "utf-8") == "False"
