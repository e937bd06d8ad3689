"""LibreOffice's settings: folders go into the list and out of it, every other byte stays."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.install.xcu import (
    EMPTY,
    SCRIPTING,
    Splice,
    UnknownForm,
    folder_url,
    forget_trust,
    is_covered,
    plan_trust,
    read_setting,
    read_trusted,
)

OURS = "file:///%E5%AE%B6/%E5%B8%AE%E6%89%B6%20(1)&'b'"
OTHER = '<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>\n'
LEVEL = (
    f'<item oor:path="{SCRIPTING}"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>\n'
)


def settings(*items: str) -> str:
    return EMPTY.replace("</oor:items>", "".join(items) + "</oor:items>")


def secure(value: str) -> str:
    return f'<item oor:path="{SCRIPTING}"><prop oor:name="SecureURL" oor:op="fuse">{value}</prop></item>\n'


FORMS = {
    "nothing at all": EMPTY,
    "other settings only": settings(OTHER, LEVEL),
    "an empty list as LibreOffice writes it": settings(OTHER, secure("<value></value>"), LEVEL),
    "a closed empty list": settings(secure("<value/>")),
    "a nil list": settings(secure('<value xsi:nil="true"/>')),
    "no value": settings(secure("")),
    "two foreign folders": settings(OTHER, secure("<value><it>file:///a</it><it>file:///b%20c</it></value>"), LEVEL),
    "several lines": settings(secure("\n  <value>\n   <it>file:///a&amp;b</it>\n  </value>\n")),
    "two settings in one item": settings(
        f'<item oor:path="{SCRIPTING}"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>1</value></prop>'
        '<prop oor:name="SecureURL" oor:op="fuse"><value><it>file:///a</it></value></prop></item>'
    ),
    "windows line ends": settings(OTHER, secure("<value><it>file:///a</it></value>")).replace("\n", "\r\n"),
}
ALL_FORMS = pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)


@ALL_FORMS
class TestTrusting:
    def test_adds_the_folder_and_changes_nothing_else(self, text):
        new = plan_trust(text, [OURS]).apply(text)
        assert read_trusted(new) == [*read_trusted(text), OURS]
        assert read_setting(new, "MacroSecurityLevel") == read_setting(text, "MacroSecurityLevel")
        assert ElementTree.fromstring(new.encode()).tag.endswith("items")

    def test_is_undone_to_the_last_byte(self, text):
        splice = plan_trust(text, [OURS, "file:///second"])
        assert forget_trust(splice.apply(text), [OURS, "file:///second"], splice) == text

    def test_is_undone_when_other_things_changed_meanwhile(self, text):
        splice = plan_trust(text, [OURS])
        later = splice.apply(text).replace("</oor:items>", OTHER + "</oor:items>")
        assert forget_trust(later, [OURS], splice) == text.replace("</oor:items>", OTHER + "</oor:items>")

    def test_a_folder_that_a_person_added_after_ours_stays(self, text):
        splice = plan_trust(text, [OURS])
        later = splice.apply(text)
        theirs = plan_trust(later, ["file:///theirs"])
        later = theirs.apply(later)
        assert read_trusted(forget_trust(later, [OURS], splice)) == [*read_trusted(text), "file:///theirs"]


def test_two_installs_are_undone_in_reverse():
    first = plan_trust(EMPTY, ["file:///a"])
    one = first.apply(EMPTY)
    second = plan_trust(one, ["file:///b"])
    two = second.apply(one)
    assert forget_trust(forget_trust(two, ["file:///b"], second), ["file:///a"], first) == EMPTY


def test_our_item_goes_when_libreoffice_has_written_it_another_way():
    splice = plan_trust(settings(OTHER), ["file:///a'b"])
    rewritten = settings(OTHER, secure("<value><it>file:///a&apos;b</it></value>"), LEVEL)
    assert forget_trust(rewritten, ["file:///a'b"], splice) == settings(OTHER, LEVEL)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1, unique=True))
def test_any_folder_name_reads_back_and_can_be_undone(names):
    urls = [folder_url(PurePosixPath("/班级") / name) for name in names]
    urls = list(dict.fromkeys(urls))
    splice = plan_trust(FORMS["two foreign folders"], urls)
    new = splice.apply(FORMS["two foreign folders"])
    assert read_trusted(new)[2:] == urls
    assert forget_trust(new, urls, splice) == FORMS["two foreign folders"]


class TestUnknownForms:
    CASES = {
        "not well-formed": EMPTY + "<",
        "not XML": "ini=1",
        "a comment with the list in it": settings(f"<!-- {secure('<value/>')} -->"),
        "a separator": settings(secure('<value oor:separator=",">file:///a,file:///b</value>')),
        "nested nodes": settings(
            '<item oor:path="/org.openoffice.Office.Common/Security"><node oor:name="Scripting">'
            '<prop oor:name="SecureURL" oor:op="fuse"><value><it>file:///a</it></value></prop></node></item>'
        ),
        "another prefix": EMPTY.replace("oor:", "x:").replace("xmlns:oor", "xmlns:x"),
        "a document type": EMPTY.replace("<oor:items", '<!DOCTYPE x [<!ENTITY a "b">]><oor:items'),
        "no end tag": '<oor:items xmlns:oor="http://openoffice.org/2001/registry"/>',
    }

    @pytest.mark.parametrize("text", CASES.values(), ids=CASES)
    def test_are_left_alone(self, text):
        with pytest.raises(UnknownForm):
            plan_trust(text, [OURS])


class TestAddresses:
    def test_are_escaped_as_libreoffice_does_it(self):
        """Read from a document's URL in LibreOffice 7.4; with any of these escaped otherwise the folder is not trusted."""
        name = "/帮扶 (甲)&'b' +x@~!;=,#%[]$*:^{}|\"<>`?_.-é"
        url = "file:///%E5%B8%AE%E6%89%B6%20(%E7%94%B2)&'b'%20+x@~!%3B=,%23%25%5B%5D$*:%5E%7B%7D%7C%22%3C%3E%60%3F_.-%C3%A9"
        assert folder_url(PurePosixPath(name)) == url

    def test_of_windows(self):
        assert folder_url(PureWindowsPath("D:\\帮 扶")) == "file:///D:/%E5%B8%AE%20%E6%89%B6"
        assert (
            folder_url(PureWindowsPath("\\\\服务器\\班级")) == "file://%E6%9C%8D%E5%8A%A1%E5%99%A8/%E7%8F%AD%E7%BA%A7/"
        )

    @pytest.mark.parametrize(
        ("url", "covered"),
        [("file:///a/b", True), ("file:///a", True), ("file:///ab", False), ("file:///", False)],
    )
    def test_a_folder_covers_those_below_it(self, url, covered):
        assert is_covered(url, ["", "file:///a/"]) is covered


def test_the_last_of_two_lists_is_the_one_in_force():
    text = settings(secure("<value><it>file:///old</it></value>"), secure("<value><it>file:///new</it></value>"))
    assert read_trusted(text) == ["file:///new"]
    assert read_trusted(plan_trust(text, [OURS]).apply(text)) == ["file:///new", OURS]


def test_a_splice_is_plain():
    assert Splice(1, "b", "XY").apply("abc") == "aXYc"
