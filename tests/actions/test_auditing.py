"""落实检查 on the real template: what the teacher typed stays, and every gap leads to where it is mended.

Source: spec §3 (sheet 落实), §5, §9 (JSON).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from classbooks import fill, make_class, pupil_ids, rows_of, run, run_term, set_cells
from xlbangfu import schema
from xlbangfu.actions.catalogue import BY_ID
from xlbangfu.policy import BUILT_IN, list_policies, load_policy
from xlbangfu.schema import AUDIT
from xlbangfu.table import Row

DAY = date(2026, 12, 1)
TEXT = "2026-10-12 课堂展示，人人发言"
JUMP = re.compile(r"=HYPERLINK\(\"#'(.+)'!([A-Z]+)(\d+)\",\"(.*)\"\)")
ATTESTED = ("S7-2-1", "S7-3-1", "S7-4-6")


@pytest.fixture(scope="module")
def term(tmp_path_factory) -> Path:
    """A class of twelve after the buttons of the term up to the conversion."""
    path = make_class(tmp_path_factory.mktemp("term"), n=12)
    run_term(path, "convert")
    return path


@pytest.fixture
def book(term, tmp_path) -> Path:
    path = tmp_path / term.name
    path.write_bytes(term.read_bytes())
    return path


def audited(path: Path, day: date = DAY) -> dict[str, dict[str, Any]]:
    """Run it; the rows of the report by 条款."""
    report = run("audit", path, today=day)
    assert report.ok, report.message
    return {r["条款"]: r for r in report.rows}


def standing(path: Path) -> dict[str, Row]:
    return {r["clause"]: r for r in rows_of(path, AUDIT)}


def type_into(path: Path, typed: Mapping[str, Mapping[str, Any]]) -> None:
    """Type into rows of 落实, found by their 条款."""
    order = [r["clause"] for r in rows_of(path, AUDIT)]
    set_cells(path, AUDIT, {order.index(clause): cells for clause, cells in typed.items()})


def own_policy(folder: Path, *without: str, extra: str = "", name: str = "我校") -> None:
    """A copy of S7 beside the workbook, without some clauses and with others in front."""
    head, *clauses = (BUILT_IN / "S7.toml").read_text("utf-8").split("[[clauses]]\n")
    kept = [c for c in clauses if not any(f'id = "{clause}"' in c for clause in without)]
    assert len(kept) == len(clauses) - len(without)
    text = "[[clauses]]\n".join([head.replace('id = "S7"', f'id = "{name}"'), *([extra] if extra else []), *kept])
    (folder / f"{name}.toml").write_text(text, "utf-8")


def links(path: Path) -> dict[str, tuple[str, str, int, str]]:
    """条款 → (sheet, column, row, text) that its 缺口 leads to; texts without a link are left out."""
    sheet = openpyxl.load_workbook(path, keep_vba=True)[AUDIT.label]
    found = {}
    for row in sheet.iter_rows(min_row=2, max_col=6, values_only=True):
        if (match := JUMP.fullmatch(str(row[5]))) is not None:
            found[str(row[0])] = (match[1], match[2], int(match[3]), match[4])
    return found


def header_of(path: Path, sheet: str, column: str) -> Any:
    return openpyxl.load_workbook(path, keep_vba=True)[sheet][f"{column}1"].value


class TestWhatTheTeacherTyped:
    """spec §3: 佐证 survives re-runs; a row that a person touched is never deleted."""

    def test_in_佐证_is_judged_and_survives_every_further_run(self, book):
        assert audited(book)["S7-2-1"]["结果"] == "未落实"
        type_into(book, {"S7-2-1": {"evidence": TEXT}})
        for day in (DAY, date(2027, 1, 21)):
            row = audited(book, day)["S7-2-1"]
            assert (row["佐证"], row["结果"], row["缺口"]) == (TEXT, "落实", None)
            assert standing(book)["S7-2-1"]["evidence"] == TEXT

    def test_in_佐证_stays_with_its_clause_when_the_制度_changes(self, book):
        audited(book)
        type_into(book, {c: {"evidence": f"{TEXT}（{c}）"} for c in ATTESTED})
        extra = 'id = "我-0"\narticle = "一"\nkind = "佐证"\nrequirement = "开学前家访一次。"\n\n'
        own_policy(book.parent, "S7-3-1", "S7-6-1", extra=extra)
        fill(book, {}, {"policy": "我校"})
        rows = audited(book)
        assert next(iter(rows)) == "我-0"
        assert "S7-6-1" not in rows, "nobody wrote to that row"
        for clause in ATTESTED:
            assert rows[clause]["佐证"] == f"{TEXT}（{clause}）"
        assert (rows["S7-3-1"]["结果"], rows["S7-3-1"]["证据"]) == ("不适用", "现行制度没有这一条")
        assert [r["clause"] for r in rows_of(book, AUDIT)] == list(rows)
        fill(book, {}, {"policy": "S7"})
        back = audited(book)
        assert {c: (back[c]["佐证"], back[c]["结果"]) for c in ATTESTED} == {
            c: (f"{TEXT}（{c}）", "落实") for c in ATTESTED
        }
        assert "我-0" not in back
        assert back["S7-6-1"]["结果"] == "未落实"

    def test_under_the_table_without_a_条款_survives(self, book):
        audited(book)
        fill(
            book, {AUDIT: [{"requirement": "我自己的一条", "evidence": "10.12 家访三户"}, {"evidence": "10.19 补一次"}]}
        )
        for _ in range(2):
            audited(book)
            own = [r for r in rows_of(book, AUDIT) if not r["clause"]]
            assert [(r["requirement"], r["evidence"], r["result"]) for r in own] == [
                ("我自己的一条", "10.12 家访三户", None),
                (None, "10.19 补一次", None),
            ]

    def test_before_the_first_run_is_taken_up(self, book):
        fill(book, {AUDIT: [{"clause": "S7-3-1", "evidence": TEXT}, {"evidence": "10.12 家访三户"}]})
        assert audited(book)["S7-3-1"]["结果"] == "落实"
        assert [r["evidence"] for r in rows_of(book, AUDIT) if r["evidence"]] == [TEXT, "10.12 家访三户"]

    def test_follows_its_clause_where_the_rows_were_sorted_by_hand(self, book):
        audited(book)
        type_into(book, {c: {"evidence": f"{TEXT}（{c}）"} for c in ATTESTED})
        backwards = rows_of(book, AUDIT)[::-1]
        set_cells(book, AUDIT, dict(enumerate(backwards)))
        rows = audited(book)
        assert {c: rows[c]["佐证"] for c in ATTESTED} == {c: f"{TEXT}（{c}）" for c in ATTESTED}
        assert [r["clause"] for r in rows_of(book, AUDIT)] == [c.id for c in load_policy("S7").clauses]

    def test_as_a_mere_date_cell_stays_and_counts_as_text(self, book):
        audited(book)
        at = standing(book)["S7-2-1"].at
        workbook = openpyxl.load_workbook(book, keep_vba=True)
        cell = workbook["落实"].cell(at, 3, date(2026, 10, 12))
        cell.number_format = "yyyy/m/d"
        workbook.save(book)
        row = audited(book)["S7-2-1"]
        assert (row["佐证"], row["结果"]) == ("2026-10-12", "落实")
        assert openpyxl.load_workbook(book)["落实"].cell(at, 3).value.date() == date(2026, 10, 12), "left as typed"

    def test_over_the_programs_own_columns_is_put_right(self, book):
        audited(book)
        before = standing(book)
        type_into(book, {"S7-2-1": {"result": "落实", "figures": "都好", "gap": None}})
        audited(book)
        assert standing(book) == before

    def test_a_deleted_row_comes_back(self, book):
        audited(book)
        before = [r["clause"] for r in rows_of(book, AUDIT)]
        set_cells(book, AUDIT, {3: dict.fromkeys(c.code for c in AUDIT.columns)})
        audited(book)
        assert [r["clause"] for r in rows_of(book, AUDIT)] == before

    def test_in_a_second_row_of_one_clause_is_not_wiped(self, book):
        audited(book)
        fill(book, {AUDIT: [{"clause": "S7-2-1", "evidence": "10.19 又一次"}]})
        run("audit", book, today=DAY)
        assert "10.19 又一次" in [r["evidence"] for r in rows_of(book, AUDIT)]


class TestRuns:
    def test_a_second_run_writes_nothing(self, book):
        """spec §3: a run that would change nothing writes nothing, not even a log row."""
        audited(book)
        before = book.read_bytes()
        report = run("audit", book, today=DAY)
        assert (report.written, book.read_bytes()) == ([], before)

    def test_another_day_without_news_writes_nothing(self, book):
        audited(book, date(2026, 12, 2))
        report = run("audit", book, today=date(2026, 12, 3))
        assert report.written == []

    def test_a_plan_says_the_cells_and_writes_nothing(self, book):
        before = book.read_bytes()
        report = run("audit", book, today=DAY, plan=True)
        assert report.planned and book.read_bytes() == before
        assert all(line.startswith(("落实!", "数据问题!")) for line in report.planned)

    def test_only_落实_changes(self, book):
        sheets = [s for s in schema.TABLES if s not in (AUDIT, schema.LOG, schema.ISSUES)]
        before = {s.label: rows_of(book, s) for s in sheets}
        audited(book)
        assert {s.label: rows_of(book, s) for s in sheets} == before

    def test_the_log_has_counts_and_no_names(self, book):
        """spec §7: logs carry no names."""
        audited(book)
        line = rows_of(book, schema.LOG)[-1]["result"]
        assert "落实检查完成" in line
        assert not [r["name"] for r in rows_of(book, schema.ROSTER) if r["name"] in line]

    def test_figures_have_no_names_and_gaps_do(self, book):
        rows = audited(book)
        names = [r["name"] for r in rows_of(book, schema.ROSTER)]
        assert not [r["条款"] for r in rows.values() if any(n in r["证据"] for n in names)]
        assert any(n in rows["S7-6-1"]["缺口"] for n in names)

    def test_the_counts_are_in_the_message_and_add_up(self, book):
        report = run("audit", book, today=DAY)
        results = [r["结果"] for r in report.rows]
        assert report.counts == {"条款": len(results), **{r: results.count(r) for r in schema.AUDIT_RESULTS}}
        words = "、".join(f"{r} {results.count(r)} 条" for r in schema.AUDIT_RESULTS)
        assert report.message == f"落实检查完成：{words}"

    def test_a_row_that_is_no_clause_is_not_counted(self, book):
        fill(book, {AUDIT: [{"evidence": "10.12 家访三户"}, {"clause": "S0-1", "evidence": TEXT}]})
        report = run("audit", book, today=DAY)
        assert report.counts["条款"] == len(load_policy("S7").clauses) == len(report.rows) - 2

    def test_the_report_is_one_json_object_with_the_sheets_labels(self, book):
        """spec §9: `rows` use the Chinese column labels of the sheet that the action fills."""
        found = run("audit", book, today=DAY).as_json()
        assert json.loads(json.dumps(found, ensure_ascii=False)) == found
        assert (found["action"], found["ok"], found["stats"]) == ("audit", True, [])
        assert all(list(row) == [c.label for c in AUDIT.columns] for row in found["rows"])
        assert found["written"] == [str(book)]
        assert set(found["counts"]) == {"条款", *schema.AUDIT_RESULTS}

    def test_what_is_done_between_two_runs_turns_the_row(self, book):
        assert audited(book)["S7-6-1"]["结果"] == "未落实"
        set_cells(book, schema.PAIRS, {i: {"confirmed": "是"} for i in range(len(rows_of(book, schema.PAIRS)))})
        row = audited(book)["S7-6-1"]
        assert (row["结果"], row["缺口"]) == ("落实", None)
        assert standing(book)["S7-6-1"]["gap"] is None


WHERE = {  # clause of S7 → sheet and column that its gap leads to
    "S7-1-2": ("观察", "主动性"),
    "S7-4-1": ("书面总结", "提交日期"),
    "S7-5-3": ("转化", "姓名"),
    "S7-6-1": ("结对", "确认"),
    "S7-6-3": ("辅导记录", "身份"),
    "S7-7-1": ("辅导记录", "日期"),
    "S7-7-2": ("辅导记录", "形式"),
}


class TestLinks:
    """spec §3: 缺口 names who or what is missing, with a link to the sheet."""

    @pytest.mark.parametrize("clause", WHERE)
    def test_lead_to_the_column_where_it_is_mended(self, book, clause):
        audited(book)
        sheet, column, row, text = links(book)[clause]
        assert (sheet, header_of(book, sheet, column)) == WHERE[clause]
        assert row >= 2
        assert text == standing(book)[clause]["gap"]

    def test_stand_wherever_the_table_was_moved_by_the_teacher(self, book):
        """Columns are found by their header (design): 理由 and 确认 have changed places here."""
        workbook = openpyxl.load_workbook(book, keep_vba=True)
        for reason, confirmed in zip(*workbook["结对"]["I:J"], strict=True):
            reason.value, confirmed.value = confirmed.value, reason.value
        workbook.save(book)
        audited(book)
        assert links(book)["S7-6-1"][:2] == ("结对", "I")

    def test_lead_to_the_first_row_that_waits_for_a_decision(self, tmp_path):
        path = make_class(tmp_path, n=12, policy="我校")
        extra = 'id = "我-1"\narticle = "一"\nkind = "计算"\nrequirement = "名单逐条确认。"\ncheck = "list_decided"\n\n'
        own_policy(tmp_path, extra=extra)
        run_term(path, "screen")
        set_cells(path, schema.CASELOAD, {0: {"confirmed": "是"}, 1: {"confirmed": "否"}})
        audited(path)
        assert links(path)["我-1"][:3] == ("学困生", "J", 4)

    @pytest.mark.parametrize(("code", "label"), [("leader", "组长"), ("members", "组员")])
    def test_of_a_vacant_role_lead_to_its_line_of_设置(self, tmp_path, code, label):
        other = {"leader": "members", "members": "leader"}[code]
        path = make_class(tmp_path, n=6, policy="S5", **{other: "测试校长"})
        audited(path)
        sheet, column, row, text = links(path)["S5-2-1"]
        assert (sheet, text) == ("设置", label)
        cells = openpyxl.load_workbook(path, keep_vba=True)["设置"]
        assert (cells[f"A{row}"].value, cells[f"{column}1"].value) == (label, "值")

    @pytest.mark.parametrize(("code", "label"), [("term_start", "学期开始"), ("term_end", "学期结束")])
    def test_of_a_term_without_dates_lead_to_the_blank_one(self, tmp_path, code, label):
        path = make_class(tmp_path, n=12, **{code: None})
        run_term(path, "freeze")
        assert label in audited(path)["S7-7-1"]["缺口"]
        sheet, _, row, _ = links(path)["S7-7-1"]
        assert (sheet, openpyxl.load_workbook(path, keep_vba=True)[sheet][f"A{row}"].value) == ("设置", label)

    def test_of_a_佐证_lead_to_the_cell_beside_them_from_the_second_run_on(self, book):
        """Rows that stand already know where they are."""
        audited(book)
        type_into(book, {c: {"evidence": "开了班会"} for c in ATTESTED})
        audited(book)
        rows = {r["clause"]: r.at for r in rows_of(book, AUDIT)}
        assert {c: links(book)[c][:3] for c in ATTESTED} == {c: ("落实", "C", rows[c]) for c in ATTESTED}

    def test_of_a_佐证_lead_to_the_cell_beside_them_from_the_first_run_on(self, book):
        audited(book)
        rows = {r["clause"]: r.at for r in rows_of(book, AUDIT)}
        assert {c: links(book)[c][:3] for c in ATTESTED} == {c: ("落实", "C", rows[c]) for c in ATTESTED}

    def test_of_a_missed_target_lead_to_转化统计(self, book):
        row = audited(book)["S7-5-1"]
        assert row["缺口"]
        sheet, column, *_ = links(book)["S7-5-1"]
        assert (sheet, header_of(book, sheet, column)) == ("转化统计", "达标")

    def test_of_55_pupils_with_long_rare_names_are_still_links(self, tmp_path):
        """A formula's text holds 255 UTF-16 units, and 𠮷 is two of them."""
        path = make_class(tmp_path, n=55)
        names = {i: {"name": f"𠮷𠮷𠮷·示例𠮷𠮷{i:02d}"} for i in range(55)}
        set_cells(path, schema.ROSTER, names)
        fill(path, {schema.CASELOAD: [
            {"pupil_id": p, "subject": "语文", "case_type": "学困", "confirmed": "是", "standing": "仍符合", "reference": "本班"}
            for p in pupil_ids(55)
        ]})  # fmt: skip
        rows = audited(path)
        assert rows["S7-6-1"]["缺口"].endswith("等 55 项")
        for sheet, _, _, text in links(path).values():
            assert sheet in schema.TAB_ORDER
            assert len(text.encode("utf-16-le")) // 2 <= 255

    def test_hold_a_name_with_quotes(self, tmp_path):
        path = make_class(tmp_path, n=12)
        set_cells(path, schema.ROSTER, {i: {"name": f'示例"{i}"号'} for i in range(12)})
        run_term(path, "freeze")
        assert '示例"' in audited(path)["S7-6-1"]["缺口"]
        assert '示例""' in links(path)["S7-6-1"][3]
        assert run("audit", path, today=DAY).written == []


class TestOddWorkbooks:
    @pytest.mark.parametrize("label", BY_ID["audit"].reads)
    def test_without_one_of_its_sheets_are_refused_or_audited_and_never_break(self, book, label):
        audited(book)
        workbook = openpyxl.load_workbook(book, keep_vba=True)
        del workbook[label]
        broken = book.with_name("缺表.xlsm")
        workbook.save(broken)
        before = broken.read_bytes()
        report = run("audit", broken, today=DAY)
        told = [report.message, *(i.message for i in report.issues)]
        assert any(label in words for words in told)
        if not report.ok:
            assert broken.read_bytes() == before
        else:
            assert len(report.rows) == len(load_policy("S7").clauses)

    def test_with_a_renamed_header_in_落实_are_refused_by_name(self, book):
        workbook = openpyxl.load_workbook(book, keep_vba=True)
        workbook["落实"]["C1"] = "我的佐证"
        workbook.save(book)
        before = book.read_bytes()
        report = run("audit", book, today=DAY)
        assert not report.ok and "佐证" in report.message
        assert book.read_bytes() == before

    def test_with_a_bad_cell_say_so_and_are_audited(self, book):
        fill(book, {schema.SESSIONS: [{"pupil_id": pupil_ids(12)[0], "subject": "语文", "form": "一对一"}]})
        workbook = openpyxl.load_workbook(book, keep_vba=True)
        workbook["辅导记录"]["A2"] = "上周三"
        workbook["设置"]["B8"] = "九月"
        workbook.save(book)
        report = run("audit", book, today=DAY)
        assert report.ok
        assert {(i.sheet, i.cell) for i in report.issues if i.rule == "cell.date"} == {
            ("辅导记录", "A2"),
            ("设置", "B8"),
        }
        assert len(report.rows) == len(load_policy("S7").clauses)

    @pytest.mark.parametrize("n", [0, 1])
    @pytest.mark.parametrize("day", [date(2026, 8, 1), DAY, date(2027, 6, 1)])
    def test_of_nobody_or_one_pupil_are_audited(self, tmp_path, n, day):
        path = make_class(tmp_path, n=n)
        rows = audited(path, day)
        assert list(rows) == [c.id for c in load_policy("S7").clauses]
        assert rows["S7-4-2"]["证据"] == "名单上没有人"

    def test_with_namesakes_say_which_one_is_missing(self, book):
        listed = rows_of(book, schema.CASELOAD)[0]
        fill(book, {schema.ROSTER: [{"pupil_id": "02609999", "name": listed["name"], "status": "在读"}]})
        assert f"{listed['name']} {listed['pupil_id']}" in audited(book)["S7-6-1"]["缺口"]


class TestPolicies:
    """spec §5: eleven 制度 as data, each held against any class."""

    @pytest.mark.parametrize("policy", list_policies())
    def test_every_one_audits_an_empty_class(self, tmp_path, policy):
        path = make_class(tmp_path, n=0, policy=policy)
        for day in (date(2026, 8, 1), DAY, date(2027, 2, 1)):
            rows = audited(path, day)
            assert list(rows) == [c.id for c in load_policy(policy).clauses]
        results = {r["结果"] for r in rows.values()}
        assert results <= set(schema.AUDIT_RESULTS)
        assert "未落实" in results or not any(c.kind == "佐证" for c in load_policy(policy).clauses)

    @pytest.mark.parametrize("policy", list_policies())
    def test_every_one_audits_a_class_after_the_term(self, tmp_path, policy):
        path = make_class(tmp_path, n=16, policy=policy)
        run_term(path)
        for day in (date(2026, 9, 10), DAY, date(2027, 2, 1)):
            rows = audited(path, day)
            results = [r["结果"] for r in rows.values()]
            assert set(results) <= set(schema.AUDIT_RESULTS)
            assert all(bool(r["缺口"]) for r in rows.values() if r["结果"] in ("部分", "未落实"))
        assert "未落实" in results
        assert run("audit", path, today=day).written == []

    def test_a_file_with_a_check_that_does_not_exist_is_refused_by_its_key(self, book):
        """spec §5: a bad policy file gives an error with file, key and what is allowed."""
        own_policy(
            book.parent, extra='id = "我-1"\narticle = "一"\nkind = "计算"\nrequirement = "x"\ncheck = "plan_exist"\n\n'
        )
        fill(book, {}, {"policy": "我校"})
        before = book.read_bytes()
        report = run("audit", book, today=DAY)
        assert not report.ok
        assert all(words in report.message for words in ("我校", "clauses.我-1.check", "plan_exist", "plans_exist"))
        assert report.place[0] == "设置"
        assert book.read_bytes() == before
