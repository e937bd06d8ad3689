"""policy list / show / lint / new: which 制度 there are, what one says, whether it holds together, and a school's own.

Source: spec §5, §9.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlbangfu.actions.policy_copy import new_policy, planned_policy
from xlbangfu.policy import PolicyError, find_policy, lint_policy, list_policies, load_policy
from xlbangfu.programme.clause_words import describe_check
from xlbangfu.programme.numbers import percent
from xlbangfu.programme.rules import COMPUTED, Clause, Policy, describe_criterion, describe_exit
from xlbangfu.schema import ERROR, REMINDER
from xlbangfu.workbook.errors import WorkbookError

if TYPE_CHECKING:
    from xlbangfu.programme.lint import PolicyIssue

LOADING = "policy.load"  # rule of a finding about a file that cannot be used at all


def policy_command(
    word: str, name: str, folder: Path | None, *, as_json: bool, source: str = "S7", plan: bool = False
) -> int:
    """Run one of the words; exit codes as spec §9 (1: lint found an error, 3: no such 制度, or nothing written).

    source, plan: for `new` alone: the 制度 to copy, and whether only to say what would be written.
    """
    folders = (folder,) if folder is not None else ()
    try:
        if word == "list":
            return _list(folders, as_json)
        if word == "show":
            return _show(load_policy(name, folders), as_json)
        if word == "new":
            return _new(source, name, folder or Path(), as_json, plan)
        return _lint(name, folders, as_json)
    except (PolicyError, WorkbookError) as problem:
        found = {"action": f"policy {word}", "ok": False, "message": str(problem)}
        print(json.dumps(found, ensure_ascii=False) if as_json else str(problem))
        return 3


def _target(share: Any) -> str | None:
    return None if share is None else percent(share)


def _list(folders: Sequence[Path], as_json: bool) -> int:
    rows, broken = [], []
    for name in list_policies(folders):
        try:
            policy = load_policy(name, folders)
        except PolicyError as problem:  # one bad file must not hide the others
            broken.append(str(problem))
            continue
        rows.append(
            {
                "id": policy.id,
                "名称": policy.name,
                "来源": policy.source,
                "期中目标": _target(policy.midterm_target),
                "期末目标": _target(policy.final_target),
            }
        )
    if as_json:
        issues = [{"level": ERROR, "rule": LOADING, "message": text} for text in broken]
        print(json.dumps({"action": "policy list", "ok": True, "rows": rows, "issues": issues}, ensure_ascii=False))
        return 1 if broken else 0
    for row in rows:
        targets = f"期中 {row['期中目标'] or '未设'}、期末 {row['期末目标'] or '未设'}"
        print(f"{row['id']}　{row['名称']}　目标：{targets}　来源：{row['来源']}")
    for text in broken:
        print(f"{ERROR}　{text}")
    return 1 if broken else 0


def _show(policy: Policy, as_json: bool) -> int:
    found = {
        "id": policy.id,
        "名称": policy.name,
        "来源": policy.source,
        "日期": policy.date,
        "识别": describe_criterion(policy.academic, policy.share),
        "另列": [describe_criterion(rule, policy.share) for rule in policy.beside],
        "转化": describe_exit(policy.exit),
        "期中目标": _target(policy.midterm_target),
        "期末目标": _target(policy.final_target),
        "每名小帮手最多对象数": policy.max_tutees,
        "措施": [f"{m.id} {m.name}（{m.category}）" for m in policy.measures],
        "条款": [f"{c.id} {c.requirement}（{_how(c)}）" for c in policy.clauses],
        "本程序的默认值": sorted(policy.our_defaults),
    }
    if as_json:
        print(json.dumps({"action": "policy show", "ok": True, "rows": [found]}, ensure_ascii=False))
        return 0
    for label, value in found.items():
        if isinstance(value, list):
            print(f"{label}：{len(value)} 条")
            for line in value:
                print(f"　{line}")
        else:
            print(f"{label}：{value if value is not None else '未设'}")
    return 0


def _how(clause: Clause) -> str:
    """Kind of the clause and, where something is counted, what."""
    return f"{clause.kind}：{describe_check(clause)}" if clause.kind == COMPUTED else clause.kind


def _lint(name: str, folders: Sequence[Path], as_json: bool) -> int:
    issues = lint_policy(name, folders)
    bad = any(i.level == ERROR for i in issues)
    if as_json:
        found = {"action": "policy lint", "ok": not bad, "issues": _issue_rows(issues)}
        print(json.dumps(found, ensure_ascii=False))
    elif not issues:
        print(f"制度 {name} 没有发现问题。")
    else:
        if not any(i.rule == LOADING for i in issues):
            print(f"{find_policy(name, folders).name}：{_how_many(issues)}")
        _print_issues(issues)
    return 1 if bad else 0


def _issue_rows(issues: Iterable[PolicyIssue]) -> list[dict[str, str]]:
    return [{"level": i.level, "key": i.key, "rule": i.rule, "message": i.problem, "mend": i.mend} for i in issues]


def _how_many(issues: Sequence[PolicyIssue]) -> str:
    counts = {level: sum(i.level == level for i in issues) for level in (ERROR, REMINDER)}
    return "、".join(f"{level} {n} 条" for level, n in counts.items() if n)


def _print_issues(issues: Iterable[PolicyIssue]) -> None:
    for i in issues:
        if i.rule == LOADING:  # the sentence itself names file, key and what is allowed
            print(f"{i.level}　{i.problem}")
        else:
            print(f"{i.level} {i.key}：{i.problem}　→ {i.mend}")


def _new(source: str, name: str, folder: Path, as_json: bool, plan: bool) -> int:
    path = planned_policy(source, name, folder)[0] if plan else new_policy(source, name, folder)
    issues = [] if plan else lint_policy(path.stem, [folder])
    bad = any(i.level == ERROR for i in issues)
    words = (
        f"将由 {source} 复制出 {path}（没有写入）。"
        if plan
        else f"已由 {source} 复制出本校的制度：{path}。{_next_step(path)}"
    )
    if as_json:
        found = {
            "action": "policy new",
            "ok": True,
            "message": words,
            "written": [] if plan else [str(path)],
            "issues": _issue_rows(issues),
        }
        print(json.dumps(found, ensure_ascii=False))
    else:
        print(words)
        _print_issues(issues)
    return 1 if bad else 0


def _next_step(path: Path) -> str:
    return (
        "下一步：用记事本改里面的数字和文字；放在班级工作簿旁边，或旁边的“制度”文件夹里；"
        f"再在“设置”的“制度”里填“{path.stem}”。改完可以用 policy lint 检查。"
    )
