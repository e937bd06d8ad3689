"""Headers are found under titles, in one row or two, and every column is one thing (spec §3.1)."""

from __future__ import annotations

import pytest

from imports.tablefiles import table
from xlbangfu.imports import words
from xlbangfu.imports.filerows import ROSTER_FILE
from xlbangfu.imports.headers import OTHER, SCORE, TOTAL, find_header, looks_like_scores
from xlbangfu.workbook.errors import WorkbookUnreadable

PUPIL = ["2026030101", "测试甲", 85, 90]


def kinds(*rows):
    """label → kind of every column under the first header."""
    header = find_header(rows)
    assert header is not None
    return {c.label: c.kind for c in header.columns}


class TestSynonyms:
    @pytest.mark.parametrize(
        ("label", "role"),
        [
            ("学号", "pupil_id"), ("学籍号", "pupil_id"), ("考号", "pupil_id"), (" 学 号 ", "pupil_id"), ("*学号", "pupil_id"),
            ("姓名", "name"), ("学生姓名", "name"), ("名字", "name"), ("姓　名", "name"), ("姓名（必填）", "name"),
            ("班级名称", "class_name"), ("年级", "grade"), ("性别", "gender"), ("考试名称", "exam"), ("联系电话", "phone"),
        ],
    )  # fmt: skip
    def test_a_header_cell_names_its_role(self, label, role):
        found = words.role_of(label)
        assert found is not None
        assert found[0] == role

    def test_no_word_stands_for_two_roles(self):
        everything = [words.header_key(w) for row in words.ROLE_WORDS.values() for w in row]
        assert len(everything) == len(set(everything))

    @pytest.mark.parametrize(
        "label", ["总分", "合计", "名次", "班级排名", "年级名次", "三主科", "理综", "平均分", "班排", "语数英总分"]
    )
    def test_sums_and_ranks_are_told_from_subjects(self, label):
        assert words.is_total_label(label)

    @pytest.mark.parametrize("label", words.KNOWN_SUBJECTS)
    def test_no_subject_is_taken_for_a_sum(self, label):
        assert not words.is_total_label(label)
        assert words.role_of(label) is None

    @pytest.mark.parametrize("label", ["语文成绩", "语文(满分120)", "语文得分", " 语 文 "])
    def test_a_subject_is_known_by_its_name_alone(self, label):
        assert words.subject_label(label) == "语文"

    @pytest.mark.parametrize(
        "text",
        [
            "平均分",
            "班级平均",
            "合计",
            "及格率",
            "优秀人数",
            "最高分",
            "制表人：测试",
            "审核：",
            "备注",
            "第 1 页",
            "标准差",
        ],
    )
    def test_closing_rows_are_no_pupils(self, text):
        assert words.is_total_text(text)

    @pytest.mark.parametrize("name", ["测试甲", "平安", "高分明", "合欢", "满意", "统一", "备战", "总理", "级长"])
    def test_names_are_no_closing_rows(self, name):
        assert not words.is_total_text(name)


class TestOneRow:
    def test_the_header_is_found_under_titles_and_blank_rows(self):
        header = find_header(
            [["某校三年级期中成绩表"], [], ["2026年11月", "", ""], ["学号", "姓名", "语文", "数学"], PUPIL]
        )
        assert header is not None
        assert (header.first_row, header.last_row) == (4, 4)

    def test_a_paragraph_of_rules_above_is_no_header(self):
        header = find_header([["规则：学号、姓名必须填写；语文、数学填数字"], ["学号", "姓名", "语文", "数学"], PUPIL])
        assert header is not None
        assert header.first_row == 2

    def test_an_unknown_column_is_a_subject_iff_its_cells_look_like_results(self):
        found = kinds(["学号", "姓名", "国学", "特长"], ["1", "测试甲", 88, "画画"], ["2", "测试乙", "缺考", "唱歌"])
        assert found["国学"] == SCORE
        assert found["特长"] == OTHER

    def test_numbers_that_are_no_results_are_none(self):
        found = kinds(["序号", "考场", "学号", "姓名", "语文", "总分"], [1, 3, "1", "测试甲", 88, 88])
        assert found["序号"] == found["考场"] == OTHER
        assert found["总分"] == TOTAL

    def test_of_two_numbers_学号_counts_before_考号(self):
        header = find_header([["考号", "学号", "姓名", "语文"], ["9", "1", "测试甲", 80]])
        assert header is not None
        assert header.role("pupil_id").label == "学号"

    def test_levels_look_like_results_and_words_do_not(self):
        assert looks_like_scores(["优", "良", "待合格", "缺考"])
        assert not looks_like_scores(["好", "很好", "一般"])
        assert not looks_like_scores([])
        assert not looks_like_scores(["缺考", "缺考"])

    def test_an_explanation_of_columns_is_no_header(self):
        assert find_header([["学号", "必填，不能重复"], ["姓名", "必填"]]) is None


class TestTwoRows:
    def test_the_mark_under_a_merged_subject_is_its_result(self):
        file = table(
            [
                ["姓名", "学号", "语文", "", "", "总分", "", ""],
                ["", "", "成绩", "班排", "年排", "总分", "班排", "年排"],
                ["测试甲", 1, 85, 3, 30, 300, 4, 44],
            ]
        )
        (_, header), *_ = file.headers
        assert [(c.subject, c.number) for c in header.scores] == [("语文", 3)]
        assert len(file.rows) == 1
        assert any("名次" in i.message and "总分" in i.message for i in file.issues)

    def test_identity_labels_may_stand_in_the_second_row(self):
        file = table(
            [
                ["", "", "语文", "", "数学", ""],
                ["学号", "姓名", "成绩", "名次", "成绩", "名次"],
                ["1", "测试甲", 85, 3, 90, 1],
            ]
        )
        (_, header), *_ = file.headers
        assert [(c.subject, c.number) for c in header.scores] == [("语文", 3), ("数学", 5)]
        assert file.accounting.headings == 2

    def test_parts_of_a_subject_stay_apart(self):
        header = find_header([["学号", "姓名", "语文", ""], ["", "", "平时", "期末"], ["1", "测试甲", 80, 90]])
        assert header is not None
        assert [(c.subject, c.group) for c in header.scores] == [("语文", "平时"), ("语文", "期末")]

    def test_exams_above_subjects_stay_apart(self):
        header = find_header(
            [
                ["学号", "姓名", "期中考试", "", "期末考试", ""],
                ["", "", "语文", "数学", "语文", "数学"],
                ["1", "测试甲", 1, 2, 3, 4],
            ]
        )
        assert header is not None
        assert [(c.subject, c.group) for c in header.scores] == [
            ("语文", "期中考试"), ("数学", "期中考试"), ("语文", "期末考试"), ("数学", "期末考试"),
        ]  # fmt: skip

    def test_a_first_pupil_without_identity_is_not_taken_for_a_second_header_row(self):
        header = find_header([["学号", "姓名", "语文"], ["", "", 85], ["1", "测试甲", 90]])
        assert header is not None
        assert header.last_row == 1


class TestSheets:
    def test_a_file_without_a_header_is_refused_with_what_it_needs(self):
        with pytest.raises(WorkbookUnreadable, match="学号"):
            table([["随便", "写写"], [1, 2]], ROSTER_FILE)

    def test_成绩_alone_on_a_sheet_named_after_a_subject_is_that_subject(self):
        file = table([["学号", "姓名", "成绩"], ["1", "测试甲", 80]], sheet="数学")
        assert [c.subject for c in file.rows[0].header.scores] == ["数学"]
