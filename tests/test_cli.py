"""The command line: exit codes, Chinese words, one JSON object (spec §9)."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from classbooks import make_class, run_term
from xlbangfu.cli import build_parser, main, quick


def typed(capsys, *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command."""
    try:
        code = main([str(w) for w in words])
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


class TestExitCodes:
    def test_0_when_done(self, capsys, tmp_path):
        code, out, _ = typed(capsys, "check", make_class(tmp_path, n=3))
        assert (code, "检查完成" in out) == (0, True)

    def test_1_with_an_error_listed(self, capsys, tmp_path):
        code, out, _ = typed(capsys, "check", make_class(tmp_path, n=3, term=None, grade=None))
        assert code == 1
        assert "错误 设置!B" in out

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["confirm", "x.xlsm"], "要给一个"),
            (["nosuch"], "没有这个命令"),
            (["screen"], "缺少参数"),
            (["screen", "x.xlsm", "--nosuch"], "不认识的参数"),
            (["screen", "x.xlsm", "--today", "昨天"], "2026-09-01"),
            (["merge", "x", "-o", "y.xlsx", "--jobs", "0"], "1 或更大"),
        ],
    )
    def test_2_for_wrong_usage_in_chinese(self, capsys, words, said):
        code, _, err = typed(capsys, *words)
        assert code == 2
        assert said in err
        assert "argument" not in err
        assert "error" not in err

    def test_3_when_refused(self, capsys, tmp_path):
        path = tmp_path / "不是工作簿.xlsm"
        path.write_bytes(b"not a workbook")
        code, _, err = typed(capsys, "screen", path)
        assert code == 3
        assert "不是工作簿.xlsm" in err

    def test_3_for_a_file_that_is_not_there(self, capsys, tmp_path):
        code, _, err = typed(capsys, "screen", tmp_path / "没有.xlsm")
        assert (code, "找不到" in err) == (3, True)


@pytest.mark.parametrize("command", sorted(quick()))
def test_a_command_built_alone_is_the_command_built_with_all_others(command, capsys):
    texts = []
    for parser in (build_parser(command), build_parser()):
        with pytest.raises(SystemExit):
            parser.parse_args([command, "--help"])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


class TestFolders:
    @pytest.fixture
    def folder(self, tmp_path):
        make_class(tmp_path / "三年级", n=12)
        make_class(tmp_path / "四年级", n=12, name="四年级1班.xlsm", grade="四年级")
        (tmp_path / "坏文件.xlsm").write_bytes(b"PK\x03\x04 cut off")
        (tmp_path / "~$三年级1班.xlsm").write_bytes(b"owner")
        return tmp_path

    def test_every_class_workbook_is_run_and_a_bad_one_never_stops_it(self, capsys, folder):
        code, out, _ = typed(capsys, "screen", folder, "--json")
        found = json.loads(out)
        assert code == 1
        assert found["ok"] is True
        assert [b["ok"] for b in found["books"]].count(True) == 2
        assert [b["ok"] for b in found["books"]].count(False) == 1

    def test_one_json_object_and_nothing_else_on_standard_output(self, folder):
        done = subprocess.run(
            [sys.executable, "-m", "xlbangfu.cli", "screen", str(folder), "--json"], capture_output=True, text=True
        )
        assert json.loads(done.stdout)["action"] == "screen"

    def test_a_pupil_asked_for_who_is_nowhere_is_said(self, capsys, folder):
        typed(capsys, "screen", folder)
        code, out, _ = typed(capsys, "confirm", folder, "--pupil", "0000000", "--json")
        assert code == 1
        assert "0000000" in json.loads(out)["issues"][0]["message"]

    def test_a_folder_without_class_workbooks_is_refused(self, capsys, tmp_path):
        code, _, err = typed(capsys, "screen", tmp_path)
        assert (code, "没有班级工作簿" in err) == (3, True)


class TestJson:
    def test_convert_gives_rates_as_text_and_intervals_as_pairs(self, capsys, tmp_path):
        path = make_class(tmp_path)
        run_term(path)
        _, out, _ = typed(capsys, "convert", path, "--json")
        stats = json.loads(out)["stats"]
        assert stats
        for row in stats:
            assert row["转化率"] == f"{row['已转化']}/{row['基数']}"
            assert row["区间"] == [row["区间下限"], row["区间上限"]]
            assert row["基数"] == row["已转化"] + row["未转化"] + row["缺考"]

    def test_wrong_usage_prints_the_object_too(self, tmp_path):
        done = subprocess.run(
            [sys.executable, "-m", "xlbangfu.cli", "screen", "--json"], capture_output=True, text=True
        )
        assert done.returncode == 2
        assert json.loads(done.stdout)["ok"] is False

    def test_policy_list_carries_the_agreed_columns(self, capsys):
        _, out, _ = typed(capsys, "policy", "list", "--json")
        row = next(r for r in json.loads(out)["rows"] if r["id"] == "S7")
        assert (row["期中目标"], row["期末目标"]) == ("40%", "60%")
        assert {"名称", "来源"} <= set(row)


class TestTools:
    def test_doctor_says_everything_works_here(self, capsys):
        code, out, _ = typed(capsys, "doctor")
        assert (code, "一切正常" in out) == (0, True)

    def test_template_verify_agrees_with_the_committed_file(self, capsys):
        code, out, _ = typed(capsys, "template", "verify")
        assert (code, "一致" in out) == (0, True)

    def test_template_build_has_a_place_of_its_own_in_a_checkout_only(self, capsys, monkeypatch, tmp_path):
        with monkeypatch.context() as installed:
            installed.setattr("xlbangfu.workbook.template.sources.CHECKOUT", tmp_path)
            code, out, err = typed(capsys, "template", "build")
            assert (code, out, "请写文件名" in err) == (3, "", True)
            code, out, _ = typed(capsys, "template", "build", "--json")
            assert (code, json.loads(out)["ok"]) == (3, False)
        assert list(tmp_path.iterdir()) == []
        assert typed(capsys, "template", "build", tmp_path / "模板.xlsm")[0] == 0
        assert typed(capsys, "template", "verify", tmp_path / "模板.xlsm")[0] == 0

    def test_template_build_says_where_it_cannot_write(self, capsys, tmp_path):
        code, _, err = typed(capsys, "template", "build", tmp_path / "没有" / "模板.xlsm")
        assert (code, "没有写成" in err) == (3, True)

    def test_version(self, capsys):
        assert typed(capsys, "--version")[0] == 0
