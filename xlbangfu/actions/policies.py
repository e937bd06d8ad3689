"""policy list / show / lint: which 制度 there are, what one says, and whether it holds together. Source: spec §5, §9."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlbangfu.policy import PolicyError, lint_policy, list_policies, load_policy
from xlbangfu.programme.numbers import percent
from xlbangfu.programme.rules import Policy, describe_criterion, describe_exit
from xlbangfu.schema import ERROR


def policy_command(word: str, name: str, folder: Path | None, *, as_json: bool) -> int:
    """Run one of the words; exit codes as spec §9 (1: lint found an error, 3: no such 制度)."""
    folders = (folder,) if folder is not None else ()
    try:
        if word == "list":
            return _list(folders, as_json)
        if word == "show":
            return _show(load_policy(name, folders), as_json)
        return _lint(name, folders, as_json)
    except PolicyError as problem:
        found = {"action": "policy", "ok": False, "message": str(problem)}
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
        issues = [{"level": ERROR, "rule": "policy.load", "message": text} for text in broken]
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
        "条款": [f"{c.id} {c.requirement}（{c.kind}）" for c in policy.clauses],
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


def _lint(name: str, folders: Sequence[Path], as_json: bool) -> int:
    issues = lint_policy(name, folders)
    bad = any(i.level == ERROR for i in issues)
    if as_json:
        rows = [{"level": i.level, "key": i.key, "rule": i.rule, "message": i.problem, "mend": i.mend} for i in issues]
        print(json.dumps({"action": "policy lint", "ok": not bad, "issues": rows}, ensure_ascii=False))
    elif not issues:
        print(f"制度 {name} 没有发现问题。")
    else:
        for i in issues:
            print(f"{i.level} {i.key}：{i.problem}　→ {i.mend}")
    return 1 if bad else 0
