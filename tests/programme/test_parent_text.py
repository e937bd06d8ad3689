"""What may not stand in a text for parents (spec §7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbangfu.programme.parent_text import DEFICIT_WORDS, name_forms, parent_text_problems, sentences

OWN, OTHER = "示例甲", "测试乙"
HARMLESS = st.text("的了和在课堂认真完成作业喜欢画画，。 ", max_size=20)


class TestNames:
    @given(HARMLESS, HARMLESS)
    def test_another_childs_name_is_found_wherever_it_stands(self, before: str, after: str) -> None:
        assert parent_text_problems(before + OTHER + after, OWN, [OTHER]) == [f"其他学生的名字“{OTHER}”"]

    @given(HARMLESS, HARMLESS)
    def test_the_own_name_may_stand_there(self, before: str, after: str) -> None:
        assert parent_text_problems(before + OWN + after, OWN, [OTHER, OWN]) == []

    def test_a_name_that_is_part_of_the_own_one_is_not_meant(self) -> None:
        assert parent_text_problems("示例甲乙爱劳动", "示例甲乙", ["例甲", "示例甲"]) == []
        assert parent_text_problems("示例甲乙和示例甲是好朋友", "示例甲乙", ["示例甲"]) != []

    def test_a_name_that_holds_the_own_one_is_found(self) -> None:
        assert parent_text_problems("和示例甲丙一起读书", OWN, ["示例甲丙"]) != []
        assert parent_text_problems("示例甲爱读书", OWN, ["示例甲丙"]) == []

    @pytest.mark.parametrize("written", ["测试·乙丙", "测试乙丙", "测 试 乙 丙", "测试•乙丙", "测试．乙丙"])
    def test_blanks_and_middle_dots_hide_nobody(self, written: str) -> None:
        assert parent_text_problems(f"帮{written}拿书", OWN, ["测试·乙丙"]) != []

    def test_a_name_of_one_character_is_not_looked_for(self) -> None:
        assert parent_text_problems("一乙两乙", OWN, ["乙", "", None or ""]) == []

    def test_the_given_name_and_the_part_before_the_dot_are_names_too(self) -> None:
        assert set(name_forms("欧测试乙")) == {"欧测试乙", "试乙"}
        assert set(name_forms("测试·样本乙")) == {"测试·样本乙", "测试", "样本乙"}
        assert list(name_forms("测乙")) == ["测乙"]
        assert list(name_forms("测试01")) == ["测试01"], "digits are no given name"


class TestWords:
    @pytest.mark.parametrize("word", DEFICIT_WORDS)
    def test_every_word_of_the_list_is_found(self, word: str) -> None:
        assert f"“{word}”" in parent_text_problems(f"老师说{word}呢", OWN, [])

    @pytest.mark.parametrize(
        "text", ["语文 58 分", "考了58.5分。", "得９２分", "第 3 名", "前十名", "全班第5", "第二十一位"]
    )
    def test_marks_and_ranks_are_found_by_their_form(self, text: str) -> None:
        assert parent_text_problems(text, OWN, []) != []

    @pytest.mark.parametrize(
        "text",
        [
            "每天读书 20 分钟",
            "十分努力",
            "能分享，也能分工",
            "三分之一的时间",
            "两名同学",
            "同伴的名字",
            "最后祝您一切顺利",
            "和上次差不多",
            "当小组里的一名组长",
            "把兴趣转化为动力",
            "喜欢智力游戏",
            "克服困难，坚持练字",
        ],
    )
    def test_harmless_sentences_pass(self, text: str) -> None:
        assert parent_text_problems(text, OWN, [OTHER]) == []

    def test_a_words_blank_hides_it_no_better(self) -> None:
        assert parent_text_problems("学 困 生", OWN, []) == ["“学困”"]


@given(st.text("字写得好。；！？\n ", max_size=30))
def test_sentences_lose_nothing_but_blanks_and_lonely_marks(text: str) -> None:
    pieces = sentences(text)
    kept, letters = "".join(pieces), "字写得好"
    assert [c for c in kept if c in letters] == [c for c in text if c in letters]
    assert all(any(c in letters for c in piece) for piece in pieces)
