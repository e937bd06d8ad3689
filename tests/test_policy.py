"""The policy loader and the default policy S7. Source: spec §4.2, §4.3, §4.4, §5."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlbangfu import schema
from xlbangfu.policy import PolicyError, find_policy, lint_policy, list_policies, load_policy
from xlbangfu.policy_file import MAX_BYTES, Section, read_toml
from xlbangfu.programme import rules
from xlbangfu.programme.pairing import PairWeights

SMALLEST = """
id = "我校"
name = "测试制度"
[screening]
academic = { rule = "bottom_share" }
[exit]
rule = "leave_zone"
"""


def write(folder: Path, text: str, name: str = "我校", encoding: str = "utf-8") -> Path:
    path = folder / f"{name}.toml"
    path.write_bytes(text.encode(encoding))
    return path


def loaded(folder: Path, text: str) -> rules.Policy:
    write(folder, text)
    return load_policy("我校", [folder])


def refused(folder: Path, text: str) -> PolicyError:
    write(folder, text)
    with pytest.raises(PolicyError) as caught:
        load_policy("我校", [folder])
    return caught.value


def with_line(section: str, line: str) -> str:
    """SMALLEST with one line put into one of its sections."""
    assert section in SMALLEST
    return SMALLEST.replace(section, f"{section}\n{line}")


class TestFiguresAreExact:
    """spec §4.2: Fraction of the decimal text, never of a binary float."""

    @given(st.integers(1, 10**9 - 1), st.integers(1, 9))
    def test_every_decimal_share_is_the_fraction_of_its_text(self, digits: int, places: int) -> None:
        text = f"0.{digits % 10**places or 1:0{places}d}"
        assert Section("f", {"share": _parsed(f"x = {text}")}).share("share") == Fraction(text)
        assert Section("f", {"share": text}).share("share") == Fraction(text)

    @given(st.integers(1, 99_999))
    def test_every_percentage_is_a_hundredth_of_its_text(self, thousandths: int) -> None:
        text = f"{thousandths // 1000}.{thousandths % 1000:03d}"
        assert Section("f", {"share": f"{text}%"}).share("share") == Fraction(text) / 100

    @given(st.integers(1, 9_999), st.integers(1, 9_999))
    def test_every_ratio_is_itself(self, top: int, bottom: int) -> None:
        if top < bottom:
            assert Section("f", {"share": f"{top}/{bottom}"}).share("share") == Fraction(top, bottom)

    @given(st.decimals(min_value=0, max_value=10, places=6, allow_nan=False))
    def test_every_decimal_number_is_the_fraction_of_its_text(self, value: object) -> None:
        text = format(value, "f")  # type: ignore[arg-type]
        assert Section("f", {"sd": _parsed(f"x = {text}")}).number("sd", 10) == Fraction(text)

    @pytest.mark.parametrize("written", ["0.2", '"0.2"', '"20%"', '"20％"', '"1/5"', '"０.２"'])
    def test_a_fifth_is_a_fifth_however_it_is_written(self, tmp_path: Path, written: str) -> None:
        assert loaded(tmp_path, with_line("[screening]", f"share = {written}")).share == Fraction(1, 5)

    def test_a_target_of_all_is_allowed_and_none_is_none(self, tmp_path: Path) -> None:
        policy = loaded(tmp_path, SMALLEST + '[targets]\nfinal = 1\nmidterm = ""\n')
        assert (policy.midterm_target, policy.final_target) == (None, Fraction(1))


def _parsed(text: str) -> object:
    import tomllib

    from xlbangfu.policy_file import DecimalText

    return tomllib.loads(text, parse_float=DecimalText)["x"]


class TestMistakesAreToldWithFileKeyAndWhatIsAllowed:
    """spec §5: a bad policy file gives an error with file, key and what is allowed."""

    @pytest.mark.parametrize(
        ("section", "line", "key", "allowed"),
        [
            ("[screening]", "share = 1.5", "screening.share", "大于 0、小于 1"),
            ("[screening]", "share = 0", "screening.share", "大于 0、小于 1"),
            ("[screening]", "share = 1e-1", "screening.share", "40%"),
            ("[screening]", "share = nan", "screening.share", "40%"),
            ("[screening]", "share = true", "screening.share", "40%"),
            ("[screening]", "our_default = 1", "screening.our_default", "true"),
            ("[screening]", 'our_default = ["shares"]', "screening.our_default", "true"),
            ("[screening]", 'beside = [ { rule = "behaviour", sources = 1 } ]', "screening.beside.第1项.severity", "1 到 5"),
            ("[screening]", 'beside = [ { rule = "care", categories = ["贫困"] } ]', "screening.beside.第1项.categories", "经济困难"),
            ("[screening]", 'beside = [ { rule = "care", categories = [] } ]', "screening.beside.第1项.categories", "残疾"),
            ("[screening]", 'beside = [ { rule = "decline", sd = "50%" } ]', "screening.beside.第1项.sd", "0.5"),
            ("[screening]", 'beside = [ { rule = "any_of", of = [] } ]', "screening.beside.第1项.of", "至少 1 项"),
            ("[screening]", 'beside = [ { rule = "behavior" } ]', "screening.beside.第1项.rule", "behaviour"),
            ("[screening]", 'beside = { rule = "decline" }', "screening.beside", "列表"),
            ("[exit]", "sd = 0.5", "exit.sd", "rule"),
        ],
    )  # fmt: skip
    def test_in_a_value(self, tmp_path: Path, section: str, line: str, key: str, allowed: str) -> None:
        problem = refused(tmp_path, with_line(section, line))
        assert (problem.file, problem.key) == ("我校.toml", key)
        assert allowed in problem.allowed
        for part in (problem.file, problem.key, problem.allowed):
            assert part in str(problem)

    @pytest.mark.parametrize(
        ("tail", "key", "allowed"),
        [
            ("[targets]\nmidterm = 1.4", "targets.midterm", "大于 0、不超过 1"),
            ("[targets]\nfinal = -0.5", "targets.final", "大于 0、不超过 1"),
            ("[limits]\nmax_tutees = 0", "limits.max_tutees", "1 到 10 的整数"),
            ("[limits]\nmax_tutees = 2.0", "limits.max_tutees", "1 到 10 的整数"),
            ("[limits]\nmax_tutees = true", "limits.max_tutees", "1 到 10 的整数"),
            ("[limits]\nmax_tuttees = 2", "limits.max_tuttees", "max_tutees"),
            ("[pair_weights]\ngap = -1", "pair_weights.gap", "0 到 100"),
            ('[bands]\n"优" = 0.5\n"良" = 0.6\n"差" = 0', "bands.良", "比上一级小"),
            ('[bands]\n"优" = 0.5\n"良" = 0.4', "bands.良", "0%"),
            ('[roles]\n"校工" = "看门"', "roles.校工", "班主任"),
            ('[cadences.a]\nabout = "家访"\ntimes = 1', "cadences.a.per", "周"),
            ('[[measures]]\nid = "M1"\nname = "甲"\ncategory = "体育"', "measures.M1.category", "教学"),
            ('[[measures]]\nid = "M1"\n[[measures]]\nid = "M1"', "measures", "不同的 id"),
            ('[[clauses]]\nid = "c"\ncadence = "x"', "clauses.c.cadence", ""),
            ('[[clauses]]\nid = "c"\nparameters = { a = 0.5 }', "clauses.c.parameters.a", "整数"),
            ('[schreening]\nshare = 0.2', "schreening", "screening"),
        ],
    )  # fmt: skip
    def test_in_a_section(self, tmp_path: Path, tail: str, key: str, allowed: str) -> None:
        problem = refused(tmp_path, SMALLEST + tail)
        assert (problem.file, problem.key) == ("我校.toml", key)
        assert allowed in problem.allowed

    def test_an_unknown_key_suggests_the_one_that_was_meant(self, tmp_path: Path) -> None:
        assert "是不是 share？" in str(refused(tmp_path, with_line("[screening]", "shar = 0.2")))

    def test_a_missing_key_suggests_the_one_that_stands_there(self, tmp_path: Path) -> None:
        problem = refused(tmp_path, SMALLEST.replace("[exit]", "[exits]"))
        assert problem.key == "exit"
        assert "是不是 exits？" in str(problem)
        assert "转化" in problem.allowed

    def test_a_line_that_is_no_toml_is_named_by_its_number(self, tmp_path: Path) -> None:
        problem = refused(tmp_path, 'id = "我校"\nname = “测试制度”\n')
        assert problem.key == "第 2 行"
        assert "英文半角" in str(problem)

    @pytest.mark.parametrize("date", ["2014-10-28", '"2014-10-28"'])
    def test_a_date_is_bare_or_quoted(self, tmp_path: Path, date: str) -> None:
        assert loaded(tmp_path, f"date = {date}\n{SMALLEST}").date == "2014-10-28"

    @pytest.mark.parametrize("date", ["2014-10-28T08:00:00", '"去年"', "20141028"])
    def test_another_date_is_refused(self, tmp_path: Path, date: str) -> None:
        assert refused(tmp_path, f"date = {date}\n{SMALLEST}").key == "date"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_every_encoding_that_windows_editors_save_is_read(self, tmp_path: Path, encoding: str) -> None:
        write(tmp_path, SMALLEST, encoding=encoding)
        assert load_policy("我校", [tmp_path]).name == "测试制度"

    @pytest.mark.parametrize("raw", [b"\xff\xfe\x00\x81", b"\x81", b"x = " + b"[" * 20_000, b"#" * (MAX_BYTES + 1)])
    def test_rubbish_is_refused_in_chinese(self, tmp_path: Path, raw: bytes) -> None:
        path = tmp_path / "我校.toml"
        path.write_bytes(raw)
        with pytest.raises(PolicyError, match=r"制度文件 我校\.toml"):
            read_toml(path)

    @settings(deadline=None, max_examples=60)
    @given(st.binary(max_size=60))
    def test_no_bytes_whatever_give_another_exception(self, raw: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "乱.toml").write_bytes(SMALLEST.encode() + raw)
            with contextlib.suppress(PolicyError):
                load_policy("乱", [Path(folder)])


class TestNames:
    """spec §5, §8: a school names its file in 设置; paths never leave the chosen folder."""

    @pytest.mark.parametrize(
        "name",
        ["../S7", "a/b", "a\\b", "..", ".", "", " ", "C:S7", "S7\x00", "a..b", "/etc/passwd", "CON", "nul.x", "甲" * 61],
    )  # fmt: skip
    def test_that_could_leave_the_folder_are_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(PolicyError) as caught:
            find_policy(name, [tmp_path])
        assert caught.value.key == "制度"

    def test_a_link_out_of_the_folder_is_not_followed(self, tmp_path: Path) -> None:
        inner = tmp_path / "班级"
        inner.mkdir()
        (inner / "偷看.toml").symlink_to(write(tmp_path, SMALLEST))
        with pytest.raises(PolicyError):
            find_policy("偷看", [inner])

    def test_the_book_s_folder_goes_before_its_制度_and_that_before_ours(self, tmp_path: Path) -> None:
        assert find_policy("S7", [tmp_path]).parent.name == "policies"
        (tmp_path / "制度").mkdir()
        below = write(tmp_path / "制度", SMALLEST, "S7")
        assert find_policy("S7", [tmp_path]) == below
        beside = write(tmp_path, SMALLEST, "S7")
        assert find_policy("S7", [tmp_path]) == beside

    def test_an_unknown_name_lists_those_there_are(self, tmp_path: Path) -> None:
        write(tmp_path, SMALLEST)
        with pytest.raises(PolicyError, match=r"找不到制度“S99”；现有：.*S7.*我校"):
            load_policy("S99", [tmp_path])

    @pytest.mark.parametrize("name", ["S7", "s7", "Ｓ７", " S7 ", "S7.toml"])
    def test_a_name_is_found_as_people_type_it(self, name: str) -> None:
        assert load_policy(name).id == "S7"

    def test_are_listed_in_natural_order_each_once(self, tmp_path: Path) -> None:
        for name in ("X10", "X2", "S7"):
            write(tmp_path, SMALLEST, name)
        names = list_policies([tmp_path])
        assert names.index("X2") < names.index("X10")
        assert names.count("S7") == 1

    def test_a_copied_file_counts_under_its_own_name(self, tmp_path: Path) -> None:
        """Rates of different 制度 are never summed (spec §6), so two files are never one 制度."""
        write(tmp_path, find_policy("S7").read_text("utf-8"))
        assert load_policy("我校", [tmp_path]).id == "我校"
        assert (schema.REMINDER, "id") in [(i.level, i.key) for i in lint_policy("我校", [tmp_path])]

    def test_a_folder_that_is_not_there_is_passed_over(self, tmp_path: Path) -> None:
        assert load_policy("S7", [tmp_path / "没有"]).id == "S7"


class TestRules:
    """spec §4.3, §4.4: the rules of S1, S8, S9, S10 and S11 can be written, as §5 gives them."""

    def academic(self, folder: Path, rule: str) -> rules.Criterion:
        return loaded(folder, SMALLEST.replace('{ rule = "bottom_share" }', rule)).academic

    def test_all_of_below_mean_and_referral(self, tmp_path: Path) -> None:
        rule = """{ rule = "all_of", of = [
            { rule = "below_mean" },
            { rule = "referral", sources = 1, categories = ["学习习惯", "学习方法", "学习态度"], severity = 3 } ] }"""
        wanted = rules.AllOf((rules.BelowMean(), rules.Referral(1, ("学习习惯", "学习方法", "学习态度"), 3)))
        assert self.academic(tmp_path, rule) == wanted

    def test_any_of_decline_and_care_and_level(self, tmp_path: Path) -> None:
        rule = """{ rule = "any_of", of = [ { rule = "decline", sd = "1/2" },
            { rule = "care", categories = ["经济困难", "残疾"] }, { rule = "level_at_most", level = "待合格" } ] }"""
        wanted = rules.AnyOf(
            (rules.Decline(Fraction(1, 2)), rules.Care(("经济困难", "残疾")), rules.LevelAtMost("待合格"))
        )
        assert self.academic(tmp_path, rule) == wanted

    def test_a_bottom_share_of_its_own(self, tmp_path: Path) -> None:
        assert self.academic(tmp_path, '{ rule = "bottom_share", share = "25%" }') == rules.BottomShare(Fraction(1, 4))

    def test_behaviour_beside(self, tmp_path: Path) -> None:
        text = with_line("[screening]", 'beside = [ { rule = "behaviour", sources = 1, severity = 3 } ]')
        assert loaded(tmp_path, text).beside == (rules.Behaviour(1, 3),)

    def test_any_of_gain_and_goal_met_as_exit(self, tmp_path: Path) -> None:
        exit_rule = 'rule = "any_of"\nof = [ { rule = "gain", sd = 0.5 }, { rule = "goal_met" } ]'
        policy = loaded(tmp_path, SMALLEST.replace('rule = "leave_zone"', exit_rule))
        assert policy.exit == rules.ExitAny((rules.Gain(Fraction(1, 2)), rules.GoalMet()))

    def test_trees_are_walked_and_searched(self) -> None:
        tree = rules.ExitAll((rules.LeaveZone(), rules.ExitAny((rules.Gain(Fraction(1)), rules.GoalMet()))))
        assert list(rules.named_criteria(tree)) == [
            rules.LeaveZone(),
            rules.Gain(Fraction(1)),
            rules.GoalMet(),
        ]
        assert rules.uses(tree, rules.GoalMet)
        assert rules.uses(tree, rules.ExitAny)
        assert not rules.uses(tree, rules.LevelUp)

    def test_rules_of_different_names_are_never_equal(self) -> None:
        assert len({rules.BelowMean(), rules.LeaveZone(), rules.ReachAverage(), rules.GoalMet()}) == 4

    def test_are_described_in_a_few_words(self) -> None:
        both = rules.AllOf((rules.BottomShare(), rules.AnyOf((rules.BelowMean(), rules.Behaviour(2, 3)))))
        assert rules.describe_criterion(both, Fraction(1, 5)) == (
            "后20%，且（低于均分，或至少 2 方反映行为偏差（程度 3 以上））"
        )
        assert rules.describe_exit(rules.ExitAll((rules.ReachAverage(), rules.LevelUp(1)))) == (
            "达到平均分，且等级比基线提高 1 级以上"
        )


class TestS7:
    """spec §5: the default policy, S3 with targets 40 % and 60 %; what the source leaves open is marked ours."""

    policy = load_policy("S7")

    def test_carries_the_rules_and_targets_of_the_specification(self) -> None:
        assert self.policy.academic == rules.BottomShare()
        assert self.policy.share == Fraction(1, 5)
        assert self.policy.exit == rules.LeaveZone()
        assert (self.policy.midterm_target, self.policy.final_target) == (Fraction(2, 5), Fraction(3, 5))

    def test_marks_as_ours_what_the_source_does_not_say(self) -> None:
        for key in (
            "screening.share",
            "screening.academic",
            "exit.rule",
            "cadences.care.times",
            "limits.max_tutees",
        ):
            assert self.policy.is_ours(key)
        for key in ("targets.midterm", "targets.final", "documents", "roles"):
            assert not self.policy.is_ours(key)

    def test_lints_without_an_error(self) -> None:
        """Its midterm rests on an exam, which primary schools no longer hold: a reminder (spec §5)."""
        assert [(i.level, i.rule) for i in lint_policy("S7")] == [(schema.REMINDER, "policy.exam_midterm_exam")]

    def test_has_clauses_for_every_article_in_the_order_of_the_source(self) -> None:
        articles = list(dict.fromkeys(clause.article for clause in self.policy.clauses))
        assert articles == ["前言", "一", "二", "三", "四", "五", "六", "七", "八"]

    def test_asks_for_each_written_document_once(self) -> None:
        asked = [c.parameters["documents"] for c in self.policy.clauses if c.check == "documents_handed_in"]
        assert asked == [(d,) for d in schema.DOCUMENTS]
        assert self.policy.documents == schema.DOCUMENTS

    def test_takes_times_from_the_cadence_that_a_clause_names(self) -> None:
        clause = next(c for c in self.policy.clauses if c.id == "S7-7-3")
        assert clause.parameters == {"forms": ("师生谈话",), "times": 1, "per": "月"}

    def test_has_measures_for_every_cause_and_category(self) -> None:
        assert {m.category for m in self.policy.measures} == set(schema.MEASURE_CATEGORIES)
        for cause in schema.CAUSES:
            assert sum(cause in m.causes for m in self.policy.measures) >= 2, cause

    def test_has_measures_for_压担子_搭台子_给梯子(self) -> None:
        named = {m.name[:3] for m in self.policy.measures if m.category == "激励"}
        assert named == {"压担子", "搭台子", "给梯子"}

    def test_gives_pairing_each_of_its_weights(self) -> None:
        assert PairWeights(**self.policy.pair_weights) == PairWeights()

    def test_travels_to_a_worker_process(self) -> None:
        assert pickle.loads(pickle.dumps(self.policy)) == self.policy

    def test_the_smallest_file_gets_our_usual_figures(self, tmp_path: Path) -> None:
        small = loaded(tmp_path, SMALLEST)
        for code in (
            "share",
            "max_tutees",
            "max_gap_days",
            "pair_weights",
            "bands",
            "contest_progress_weight",
        ):
            assert getattr(small, code) == getattr(self.policy, code), code


def test_importing_the_loader_brings_nothing_heavy() -> None:
    """design: imports that a click does not need are not paid by the click."""
    heavy = ("pandas", "numpy", "scipy", "msgspec", "tomllib", "difflib", "xlbangfu.programme.lint")
    code = f"import sys, xlbangfu.policy; print([m for m in {heavy!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
