"""使用说明: the term step by step, and what each button does. Source: spec §3."""

from __future__ import annotations

from collections.abc import Iterator

from xlbangfu.actions.catalogue import ACTIONS, RIBBON_GROUPS
from xlbangfu.workbook.template.steps import STEPS


def guide() -> list[str]:
    """The lines of the guide: the steps of the term, then the buttons by group with their commands."""
    return [*_steps(), "", *_buttons(), "", "图文版：docs/教师手册.md；工作簿里的“使用说明”表也有这些内容。"]


def _steps() -> Iterator[str]:
    yield "一学期怎么做"
    for number, step in enumerate(STEPS, start=1):
        yield f"  {number} {step.title}：{step.text}（表：{step.sheet}）"


def _buttons() -> Iterator[str]:
    yield "每个按钮做什么（括号里是命令）"
    for group in RIBBON_GROUPS:
        for action in ACTIONS:
            if action.group == group and action.available:
                yield f"  {group} · {action.label}（xlbangfu {action.command}）：{action.tip}"


def guide_command(*, as_json: bool) -> int:
    """Print the guide."""
    from xlbangfu import console

    lines = guide()
    return console.say("guide", "\n".join(lines), as_json=as_json)
