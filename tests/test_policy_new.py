"""policy new: a school's own copy of a 制度. Source: spec §5 (a school copies a file, changes figures), §8, §9."""

from __future__ import annotations

import json
import re
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlbangfu.actions import policy_copy
from xlbangfu.actions.policies import policy_command
from xlbangfu.actions.policy_copy import new_policy
from xlbangfu.policy import PolicyError, find_policy, list_policies, load_policy
from xlbangfu.workbook.errors import WorkbookError

SMALLEST = """\
id = "甲校"
name = "甲校的制度"
[screening]
academic = { rule = "bottom_share" }
[exit]
rule = "leave_zone"
"""


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    left = [name for name in files(tmp_path) if not name.endswith(".toml")]
    assert left == [], "nothing but policies is left lying about"


class TestACopy:
    """spec §5."""

    @pytest.mark.parametrize("source", list_policies())
    def test_of_each_of_ours_says_the_same_under_its_own_name(self, folder: Path, source: str) -> None:
        path = new_policy(source, "我校", folder)
        assert path == folder / "我校.toml"
        ours, copy = load_policy(source), load_policy("我校", [folder])
        assert copy == replace(ours, id="我校", name="我校", source=copy.source)
        assert source in copy.source and ours.name in copy.source

    def test_keeps_every_comment_and_every_other_line(self, folder: Path) -> None:
        new_policy("S7", "我校", folder)
        old = find_policy("S7").read_text("utf-8").splitlines()
        new = (folder / "我校.toml").read_text("utf-8").splitlines()
        assert [line for line in new if line not in old] == [
            *new[:1],
            'id = "我校"',
            'name = "我校"',
            'source = "由“学困生帮扶制度（标准化文件）”（S7）复制，供本校修改"',
        ]
        assert [line for line in old if line not in new and not re.match("(id|name|source) =", line)] == []

    def test_keeps_its_clause_ids_so_that_佐证_stay_with_their_clauses(self, folder: Path) -> None:
        new_policy("S7", "我校", folder)
        assert [c.id for c in load_policy("我校", [folder]).clauses] == [c.id for c in load_policy("S7").clauses]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    def test_of_a_school_s_own_file_is_utf8_whatever_that_was(self, folder: Path, encoding: str, ending: str) -> None:
        text = ("# 说明\n" + SMALLEST).replace("\n", ending)
        (folder / "甲校.toml").write_bytes(text.encode(encoding))
        raw = new_policy("甲校", "乙校", folder).read_bytes()
        assert not raw.startswith(b"\xef\xbb\xbf")
        assert raw.decode("utf-8").count("\n") == raw.decode("utf-8").count(ending)
        assert "# 说明" in raw.decode("utf-8")
        assert load_policy("乙校", [folder]).source == "由“甲校的制度”（甲校）复制，供本校修改"

    def test_of_a_copy_names_the_copy(self, folder: Path) -> None:
        new_policy("S7", "甲校", folder)
        new_policy("甲校", "乙校", folder)
        assert load_policy("乙校", [folder]).source == "由“甲校”（甲校）复制，供本校修改"

    def test_may_lie_in_the_folder_制度_beside_the_workbooks(self, folder: Path) -> None:
        (folder / "制度").mkdir()
        new_policy("S3", "我校", folder / "制度")
        assert load_policy("我校", [folder]).date == "2014-10-28"

    @pytest.mark.parametrize("written", ["我校", " 我校 ", "我校.toml"])
    def test_takes_its_name_as_people_type_it(self, folder: Path, written: str) -> None:
        assert new_policy("S7", written, folder).name == "我校.toml"

    @settings(deadline=None, max_examples=40)
    @given(st.text(min_size=1, max_size=12))
    def test_under_any_name_whatever_is_found_by_that_name_or_refused(self, name: str) -> None:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            (folder / "甲校.toml").write_text(SMALLEST, "utf-8")
            try:
                path = new_policy("甲校", name, folder)
            except PolicyError:
                assert set(files(folder)) == {"甲校.toml"}
            else:
                assert path.parent == folder
                assert load_policy(path.stem, [folder]).name == path.stem
                assert tomllib.loads(path.read_text("utf-8"))["id"] == path.stem

    @pytest.mark.parametrize(
        "top",
        [
            "id = '甲校'  # 编号\nname = '甲校的制度'\nsource = '旧'\n",
            'name="甲校的\\"制度\\""\nid="甲校"\n',
            'name = "甲校的制度"\ndocuments = [\n  "转化方案",\n]\nid = "甲校"\n',
        ],
    )
    def test_of_a_file_laid_out_in_another_way_is_right(self, folder: Path, top: str) -> None:
        (folder / "甲校.toml").write_text(top + SMALLEST.split("\n", 2)[2], "utf-8")
        new_policy("甲校", "乙校", folder)
        old, copy = load_policy("甲校", [folder]), load_policy("乙校", [folder])
        assert copy == replace(old, id="乙校", name="乙校", source=copy.source)

    @pytest.mark.parametrize(
        "top", ['"id" = "甲校"\n"name" = "甲校的制度"\n', 'id = """甲校"""\nname = "甲校的制度"\n']
    )
    def test_of_a_file_whose_first_lines_are_not_understood_is_refused(self, folder: Path, top: str) -> None:
        (folder / "甲校.toml").write_text(top + SMALLEST.split("\n", 2)[2], "utf-8")
        with pytest.raises(PolicyError, match="各占一行"):
            new_policy("甲校", "乙校", folder)
        assert set(files(folder)) == {"甲校.toml"}


class TestNothingIsOverwritten:
    """spec §8: never forced."""

    def test_a_file_of_that_name_stays_as_it_is(self, folder: Path) -> None:
        (folder / "我校.toml").write_text(SMALLEST, "utf-8")
        before = files(folder)
        for name in ("我校", "我校.toml"):
            with pytest.raises(PolicyError, match=r"已经有“我校\.toml”，没有改动它"):
                new_policy("S7", name, folder)
        assert files(folder) == before

    def test_a_name_that_only_looks_different_is_taken(self, folder: Path) -> None:
        (folder / "Wo1.toml").write_text(SMALLEST, "utf-8")
        for name in ("wo1", "ＷＯ１"):
            with pytest.raises(PolicyError, match="已经有"):
                new_policy("S7", name, folder)

    def test_a_name_in_the_folder_制度_below_is_taken(self, folder: Path) -> None:
        (folder / "制度").mkdir()
        (folder / "制度" / "我校.toml").write_text(SMALLEST, "utf-8")
        with pytest.raises(PolicyError, match="已经有"):
            new_policy("S7", "我校", folder)

    def test_a_link_that_leads_nowhere_is_taken(self, folder: Path) -> None:
        (folder / "我校.toml").symlink_to(folder / "没有.toml")
        with pytest.raises(PolicyError, match="已经有"):
            new_policy("S7", "我校", folder)
        assert not (folder / "没有.toml").exists()

    def test_a_file_that_appears_meanwhile_stays_as_it_is(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        usual = policy_copy.replace_file

        def late(path: Path, *rest: object) -> None:
            path.write_text("别人的", "utf-8")
            usual(path, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(policy_copy, "replace_file", late)
        with pytest.raises(PolicyError, match="已经有"):
            new_policy("S7", "我校", folder)
        assert files(folder) == {"我校.toml": "别人的".encode()}

    @pytest.mark.parametrize("name", ["S7", "s7", "Ｓ７", "S11.toml"])
    def test_a_name_of_ours_is_refused(self, folder: Path, name: str) -> None:
        with pytest.raises(PolicyError, match="程序自带的制度"):
            new_policy("S7", name, folder)

    @pytest.mark.parametrize("name", ["../我校", "a/b", "a\\b", "..", ".", "", " ", "C:我校", "CON", "nul", "甲" * 61, "a..b", "甲\x7f", "甲\u200b"])  # fmt: skip
    def test_a_forbidden_name_is_refused(self, folder: Path, name: str) -> None:
        with pytest.raises(PolicyError, match="不能用；请用") as caught:
            new_policy("S7", name, folder)
        assert caught.value.key == "制度"

    def test_a_source_that_cannot_be_used_is_refused_before_anything_is_written(self, folder: Path) -> None:
        (folder / "坏.toml").write_text(SMALLEST.replace("bottom_share", "bottom"), "utf-8")
        before = files(folder)
        for source in ("坏", "没有这份"):
            with pytest.raises(PolicyError):
                new_policy(source, "我校", folder)
        assert files(folder) == before

    def test_a_folder_that_is_not_there_is_not_made(self, folder: Path) -> None:
        with pytest.raises(PolicyError, match="请先建好"):
            new_policy("S7", "我校", folder / "没有")
        assert not (folder / "没有").exists()


class TestTheCommand:
    """spec §9: Chinese for people, one JSON object, exit codes."""

    def run(self, capsys: pytest.CaptureFixture[str], folder: Path, **options: object) -> tuple[int, str]:
        words = {"word": "new", "name": "我校", "as_json": False, "source": "S7", **options}
        code = policy_command(folder=folder, **words)  # type: ignore[arg-type]
        return code, capsys.readouterr().out

    def test_says_where_the_file_is_and_what_comes_next(self, capsys, folder):
        code, out = self.run(capsys, folder)
        assert code == 0
        for part in (str(folder / "我校.toml"), "“设置”的“制度”里填“我校”", "policy lint"):
            assert part in out

    def test_lints_what_it_made(self, capsys, folder):
        (folder / "甲校.toml").write_text(SMALLEST, "utf-8")
        code, out = self.run(capsys, folder, source="甲校")
        assert code == 1
        assert "错误 measures：措施库不足两条" in out

    def test_with_plan_writes_nothing(self, capsys, folder):
        code, out = self.run(capsys, folder, plan=True)
        assert (code, files(folder)) == (0, {})
        assert "我校.toml" in out and "没有写入" in out

    def test_refuses_with_one_sentence(self, capsys, folder):
        self.run(capsys, folder)
        code, out = self.run(capsys, folder)
        assert code == 3
        assert out == "已经有“我校.toml”，没有改动它；请换一个名称，或先把旧文件移走。\n"

    def test_says_what_the_disk_says(self, capsys, folder, monkeypatch):
        def full(*_: object) -> None:
            raise WorkbookError("磁盘空间不够。")

        monkeypatch.setattr(policy_copy, "replace_file", full)
        assert self.run(capsys, folder) == (3, "磁盘空间不够。\n")

    def test_gives_one_json_object(self, capsys, folder):
        code, out = self.run(capsys, folder, as_json=True)
        found = json.loads(out)
        assert (code, found["action"], found["ok"]) == (0, "policy new", True)
        assert found["written"] == [str(folder / "我校.toml")]
        assert {"level", "key", "rule", "message", "mend"} == set(found["issues"][0])
        code, out = self.run(capsys, folder, as_json=True)
        assert (code, json.loads(out)["ok"]) == (3, False)


class TestTheOtherWords:
    """spec §9: show and lint."""

    def test_show_says_how_each_computed_clause_is_checked(self, capsys):
        assert policy_command("show", "S7", None, as_json=False) == 0
        out = capsys.readouterr().out
        assert "（计算：每名已确认的学生每月师生谈话不少于 1 次）" in out
        assert "S7-7-4 使学校成为学困生生活的乐园。（声明）" in out

    def test_lint_names_the_file_the_key_and_what_to_do(self, capsys, tmp_path):
        (tmp_path / "甲校.toml").write_text(SMALLEST, "utf-8")
        assert policy_command("lint", "甲校", tmp_path, as_json=False) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "甲校.toml：错误 1 条、提醒 3 条"
        assert any(line.startswith("错误 measures：") and " → " in line.replace("　", " ") for line in lines)

    def test_lint_of_a_file_that_cannot_be_read_names_it_once(self, capsys, tmp_path):
        (tmp_path / "甲校.toml").write_text("id = \n", "utf-8")
        assert policy_command("lint", "甲校", tmp_path, as_json=False) == 1
        out = capsys.readouterr().out
        assert out.startswith("错误　制度文件 甲校.toml 的第 1 行读不懂；")
        assert out.count("\n") == 1 and out.count("引号、逗号") == 1
