"""The words of headers and closing rows mean one thing each, and no pupil's name is taken for one (spec §3.1)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xlbangfu.imports import words


def each(words_: str) -> list[str]:
    """The words of a line."""
    return words_.split()


SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖"
    "邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文平满均全班区单应合总优良年备注分共男女小中标极比制统审核"
)
GIVEN = "一二三四五六七八九十海明安乐欢意理高低均平优良秀好满分总共计合率线差数值人名次考试级班年区校中小大文武德才子涵宇轩梓浩然思雨欣怡建国志强伟芳"
# Names that are, letter for letter, the first words of a closing row: a 学号 in the row tells them apart.
CANNOT_BE_TOLD = frozenset(
    each(
        "平均 满分 均分 均率 均线 均差 均数 均值 班均 区均 应考 合计 总分 总计 总数 总值 优良 优秀 优分 良好 小计 方差 极差"
    )
)
STATISTICAL = "分率线差数值"  # what may follow such a word: 平均分, 优秀率
MORE_OF_THEM = frozenset(
    each(
        "高分率 均人数 均人次 总人次 全班均 全区均 全校均 班级均 班平均 班总分 班名次 区平均 区总分 区名次 总平均 总人数 年级均 统计人"
    )
)


class TestRoles:
    @pytest.mark.parametrize(
        ("label", "role"),
        [
            ("学生姓名", "name"), ("姓 名", "name"), ("名 字", "name"), ("考生姓名", "name"), ("姓\u200b名", "name"), ("Name", "name"),
            ("学籍号", "pupil_id"), ("全国学籍号", "pupil_id"), ("个人标识码", "pupil_id"), ("教育ID", "pupil_id"), ("学生ID", "pupil_id"),
            ("ID号", "pupil_id"), ("考号", "pupil_id"), ("准考证号", "pupil_id"), ("多考号", "pupil_id"), ("考试号", "pupil_id"),
            ("校内学号", "pupil_id"), ("Student ID", "pupil_id"), ("id", "pupil_id"), ("学号（必填）", "pupil_id"), ("\ufeff学号", "pupil_id"),
            ("班级", "class_name"), ("班", "class_name"), ("所属班级", "class_name"), ("行政班", "class_name"), ("班号", "class_name"),
            ("Class", "class_name"), ("所属年级", "grade"), ("Grade", "grade"), ("男女", "gender"), ("Gender", "gender"),
            ("监护人", "parent"), ("家长电话", "phone"), ("联系电话", "phone"), ("手机号", "phone"), ("考试科目", "subject"),
            ("课程", "subject"), ("Subject", "subject"), ("考试名称", "exam"), ("Exam", "exam"), ("授课教师", "teacher"),
        ],
    )  # fmt: skip
    def test_words_of_school_systems(self, label, role):
        assert words.role_of(label)[0] == role

    @pytest.mark.parametrize(
        "label",
        [
            "班次",
            "校次",
            "考场",
            "考场号",
            "座位号",
            "班内序号",
            "测试",
            "场次",
            "身份证号",
            "得分",
            "names",
            "classes",
            "valid",
        ],
    )
    def test_words_that_are_no_role(self, label):
        assert words.role_of(label) is None

    def test_every_weak_number_is_a_number(self):
        """They are compared by their header key: a capital would never be found."""
        for word in words.WEAK_IDS:
            assert words.header_key(word) == word and words.role_of(word)[0] == "pupil_id"

    def test_the_own_number_of_a_pupil_counts_before_that_of_an_exam(self):
        ranks = {word: words.role_of(word)[1] for word in words.ROLE_WORDS["pupil_id"]}
        weak = [rank for word, rank in ranks.items() if words.header_key(word) in words.WEAK_IDS]
        assert max(r for w, r in ranks.items() if words.header_key(w) not in words.WEAK_IDS) < min(weak)

    @pytest.mark.parametrize(
        "label", ["得分", "成绩", "分数", "卷面分", "原始分", "赋分", "等第", "Score", "成绩（分）"]
    )
    def test_words_for_the_mark_itself(self, label):
        assert words.is_score_word(label)


class TestSubjects:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("道法", "道德与法治"),
            ("语", "语文"),
            ("体健", "体育与健康"),
            ("信科", "信息科技"),
            ("劳技", "劳动"),
            ("生", "生物学"),
        ],
    )
    def test_two_names_of_one_subject(self, one, other):
        assert words.same_subject(one, other) and words.is_known_subject(one) and words.is_known_subject(other)

    @pytest.mark.parametrize(
        ("one", "other"), [("科学", "数学"), ("政治", "道法"), ("外语", "英语"), ("生", "政"), ("地", "体育")]
    )
    def test_two_subjects(self, one, other):
        assert not words.same_subject(one, other)

    @pytest.mark.parametrize("subject", [s for s in words.KNOWN_SUBJECTS if len(s) > 1])
    def test_each_is_told_from_exams_sums_and_closing_rows(self, subject):
        assert (
            not words.is_exam_label(subject) and not words.is_total_text(subject) and not words.is_other_label(subject)
        )
        assert words.split_exam(f"期中{subject}") == ("期中", subject)
        assert words.subject_label(f"{subject}成绩") == words.subject_label(f"{subject}分") == subject


EXAMS = each(
    "期中 期末 期中考试 月考1 第一次月考 九上期末 2026秋期中 单元测试三 入学测 摸底 质量检测 一模 联考 学业水平测试 10月月考 周测5 十月月考 三月考 初三一模 "
    "高一下期中 七下期末 2026-2027学年第一学期期中 期中(2026秋) 月考(一) 下学期期末 下学期末 三年级上学期期末 第五周测试 江南十校联考 考试1 测试2 期末质量监测 "
    "期中成绩 期中成绩表 第一单元 第一单元测试 小升初 三检 20261105期中 第3次考试 二模 第二阶段检测 五年级下册期末 12月份月考"
)
NO_EXAMS = each(
    "平时 总评 作业 过程 语文 成绩 名次 成绩表 Sheet1 三年级2班 考号 考场 测试 考试 检测 三年级 初三 第一学期 2026秋 上学期 学期 单元 期末总评 期末名次 期末班次 "
    "考试科目 入学日期 期中语文 学期成绩 卷面 分数 1 一 姓名 单元测试甲 综合 班级 2026 3-2 三年级2班期中"
)


class TestExams:
    @pytest.mark.parametrize("label", EXAMS)
    def test_names_of_exams(self, label):
        assert words.is_exam_label(label) and words.is_exam_label(f" {label}　")

    @pytest.mark.parametrize("label", [*NO_EXAMS, ""])
    def test_words_that_name_no_exam(self, label):
        assert not words.is_exam_label(label)

    @pytest.mark.parametrize(
        ("label", "exam", "subject"),
        [
            ("期中语文", "期中", "语文"), ("语文期中", "期中", "语文"), ("语文(期中)", "期中", "语文"), ("期中-语文", "期中", "语文"),
            ("期中考试语文成绩", "期中考试", "语文"), ("语文_期末", "期末", "语文"), ("第一次月考数学", "第一次月考", "数学"), ("期中 语文", "期中", "语文"),
            ("语文\n期中", "期中", "语文"), ("语文：期中", "期中", "语文"), ("语文（月考(一)）", "月考(一)", "语文"), ("2026秋期中语文", "2026秋期中", "语文"),
            ("语文期中(120)", "期中", "语文"), ("期中语文（满分120）", "期中", "语文"), ("体育与健康期末", "期末", "体育与健康"), ("生物学期末", "期末", "生物学"),
            ("语文", "", "语文"), ("语文成绩", "", "语文"), ("语文(120)", "", "语文"), ("期中", "", "期中"), ("语文期中排名", "", "语文期中排名"),
            ("英语听力期中", "", "英语听力期中"), ("地区期末", "", "地区期末"), ("期中总分", "", "期中总分"), ("语文平时", "", "语文平时"),
        ],
    )  # fmt: skip
    def test_a_heading_of_exam_and_subject(self, label, exam, subject):
        assert words.split_exam(label) == (exam, subject)

    @given(
        st.sampled_from(EXAMS), st.sampled_from([s for s in words.KNOWN_SUBJECTS if len(s) > 1]),
        st.sampled_from(["{e}{s}", "{s}{e}", "{s}({e})", "{e}-{s}", "{s}_{e}", "{s} {e}", "{e}{s}成绩", "{s}（{e}）", "{e}{s}(100)"]),
    )  # fmt: skip
    def test_any_exam_with_any_subject_comes_apart_again(self, exam, subject, form):
        kept = exam.removesuffix("成绩")
        found = words.split_exam(form.format(e=kept, s=subject))
        if (subject, kept[:2]) not in {
            ("生物", "学业"),
            ("技术", "学业"),
        }:  # 生物学|业水平…: the longer subject is tried first
            assert found == (kept, subject)


class TestFullMarks:
    @pytest.mark.parametrize(
        ("label", "points"),
        [
            ("语文(120)", 120), ("语文（满分100）", 100), ("语文/120分", 120), ("语文/120", 120), ("语文 满分:100", 100), ("语文（100分）", 100),
            ("语文[150]", 150), ("语文(120", 120), ("语文\n120分", 120), ("语文\n（120分）", 120), ("语文满分120", 120), ("语文(总分120)", 120),
            ("语文（100分制）", 100), ("语文（100.5分）", Fraction(201, 2)), ("语文（满分：8分）", 8), ("语文-100分", 100), ("语文（１２０）", 120),
        ],
    )  # fmt: skip
    def test_are_read_from_the_heading(self, label, points):
        assert words.full_marks(label) == points
        assert words.bare_label(label) == words.subject_label(label) == "语文"

    @pytest.mark.parametrize(
        "label",
        [
            "语文", "语文(一)", "语文(3班)", "语文(3)", "语文(12)", "语文2026", "语文(2026)", "语文(A卷)", "语文(30%)", "语文(60分钟)", "语文(10位)",
            "语文/数学", "语文(0分)", "语文(①)", "语文(120)(100)", "语文-2", "语文(37.5)", "语文120", "", "语文（-5分）", "语文(9999分)",
        ],
    )  # fmt: skip
    def test_are_not_guessed(self, label):
        assert words.full_marks(label) is None

    @pytest.mark.parametrize(
        "text",
        ["满分", "卷面满分", "满分值", "各科满分", "总分值", "满分：", "满分（分）", "试卷满分", "分值", " 满 分 "],
    )
    def test_a_row_of_full_marks_is_known_by_its_first_words(self, text):
        assert words.is_full_marks_row(text)

    @pytest.mark.parametrize(
        "text", ["总分", "平均分", "满分率", "满分人数", "满意", "测试甲", "高分", "满分甲", "合计", ""]
    )
    def test_other_rows_are_none(self, text):
        assert not words.is_full_marks_row(text)


TOTALS = each(
    "总分 总分名次 班次 年次 校次 班级排名 进步 赋分总分 三主科 理综 语数英 平均 均分差 班均 合计 名次 年级名次 班排 语文班次 级次 区次 标准分 T分 语数外 语数 物化生 "
    "三科总分 总得分 及格率 进退步 校名次 级名 联考排名 主科总分 小计 文综 理科综合 语+数+英 得分率 超均率"
)
NO_TOTALS = each(
    "语文 学校名称 总评 平时 科目 年级 考次 座次 场次 批次 班级 综合实践 文科班 科学 信息科技 班主任 学期 百分 级部 校区 实验 说明 期中 第一次月考 姓名 学号"
)
OTHERS = each(
    "序号 考场 考场号 座位号 学校代码 身份证号 民族 班内学号 出生日期 是否住校 提交时间 入学日期 政治面貌 身高 No. QQ号"
)


class TestOtherColumns:
    @pytest.mark.parametrize("label", TOTALS)
    def test_sums_and_ranks(self, label):
        assert words.is_total_label(label)

    @pytest.mark.parametrize("label", NO_TOTALS)
    def test_no_sums_and_no_ranks(self, label):
        assert not words.is_total_label(label)

    @pytest.mark.parametrize("label", OTHERS)
    def test_columns_of_no_use(self, label):
        assert words.is_other_label(label) and not words.is_total_label(label)

    @pytest.mark.parametrize("label", ["入学", "入学成绩", "语文", "成绩", "期中", "国学"])
    def test_columns_that_may_be_results(self, label):
        assert not words.is_other_label(label)


CLOSING = each(
    "班级平均 年级平均分 最高分 及格人数 优秀率(%) 实考人数：45 合计 总计 备注：无 注：缺考 制表人：示例 审核： 第1页 以上共45人 全班45人 男生20人女生25人 (续上页) （续上页） "
    "接上表 续表 平均分85.3 平均分：85.3 及格率95% 90分以上 60-69分 ≥90分 后20% 前10名 任课教师 班主任签名： 教务处2026年11月5日 2026年11月5日 单位：分 以下空白 "
    "——以下空白—— 导出时间：2026 本页小计 差值 超均率 标准差 应考 参考人数 缺考：2人 缺考名单：测试甲、测试乙 ※缺考不计 语文平均分 女生平均 男:20女:25 共计45人 总人数45 "
    "注1.缺考不计 A等率 均分 名次 平均 总平均分 高分率 满分 满分率 与年级差 填表说明 全区平均 应到45人,实到44人 及格人数(率) 家长签名 *平均分"
)


class TestClosingRows:
    @pytest.mark.parametrize(
        "text",
        [
            *CLOSING,
            "制表人：测试　审核：样本",
            "统计时间 2026-11-05",
            "打印日期",
            "第1页 共2页",
            "平 均 分",
            "合\u200b计",
        ],
    )
    def test_are_no_pupils(self, text):
        assert words.is_total_text(text)

    @pytest.mark.parametrize(
        "text",
        [
            "", None, "20260301", "302", "45", "90", "G2024", "90-100", "2026-03-02", "360111201512123456", "数学老师", "第二", "共和", "男", "女",
            "总海", "均一", "高分", "班满", "班总", "全班", "续海", "审核", "测试甲*", "测试甲（转）", "中考", 85, 85.5,
        ],
    )  # fmt: skip
    def test_numbers_names_and_single_words_are_not_closing_rows(self, text):
        assert not words.is_total_text(text)

    def test_of_all_names_of_two_characters_these_cannot_be_told(self):
        assert {s + g for s in SURNAMES for g in GIVEN if words.is_total_text(s + g)} == CANNOT_BE_TOLD

    def test_of_names_of_three_characters_only_those_that_begin_like_them(self):
        for name in (
            s + g + h for s in SURNAMES for g in GIVEN[::3] + "均秀分人" for h in "一明安分率线差数值均次人计考级海"
        ):
            if words.is_total_text(name):
                assert name in MORE_OF_THEM or (name[:2] in CANNOT_BE_TOLD and name[2] in STATISTICAL)

    @given(
        st.sampled_from(SURNAMES), st.text(GIVEN, min_size=1, max_size=2), st.sampled_from([" ", "　", "·", "\u200b"])
    )
    @example("平", "均", " ")
    def test_a_blank_in_a_name_changes_nothing_and_a_dot_makes_it_a_name(self, surname, given_name, between):
        told = words.is_total_text(f"{surname}{between}{given_name}")
        assert told is (between != "·" and words.is_total_text(surname + given_name))

    @given(st.text(max_size=40))
    def test_any_text_gets_an_answer_from_every_question(self, text):
        for ask in (
            words.is_exam_label,
            words.is_total_text,
            words.is_full_marks_row,
            words.is_total_label,
            words.is_other_label,
        ):
            assert isinstance(ask(text), bool)
        assert words.full_marks(text) is None or 0 < words.full_marks(text) <= 1000
        exam, _ = words.split_exam(text)
        assert not exam or words.is_exam_label(exam)

    @pytest.mark.parametrize(
        "text", ["1" * 3000 + "x", "一" * 3000, "(" * 5000, "全班" * 5000 + "x", "期中" * 3000 + "x", " :" * 3000]
    )
    def test_long_texts_take_no_time(self, text):
        """A cell may hold 32,767 characters; a pattern that tries every way to cut them would never end."""
        for ask in (
            words.is_exam_label,
            words.is_total_text,
            words.is_full_marks_row,
            words.split_exam,
            words.full_marks,
        ):
            ask(text)
