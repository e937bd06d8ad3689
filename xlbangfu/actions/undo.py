"""撤销上一步: put back what the last action changed; pressed again, it restores it. Source: spec §3."""

from __future__ import annotations

from xlbangfu.actions.book import Book, Outcome, Refused
from xlbangfu.workbook.journal import Journal, Step, compare


def undo(book: Book) -> Outcome:
    """Every cell of the last step as it stood before, values and number formats; 日志 only grows.

    Refused where a person has edited one of these cells since.
    """
    step = Journal(book.door.path).last
    if step is None:
        raise Refused("没有可以撤销的步骤：还没有用按钮改动过这个工作簿，或者已在别的电脑上改动。")
    standing = compare(book.door, step)
    if standing.not_taken:
        raise Refused(f"没有可以撤销的改动：“{step.title}”的改动已经不在表里（可能关闭时没有保存）。")
    if edited := standing.edited:
        raise Refused(
            f"没有撤销：{standing.named()} 在“{step.title}”之后又改过，撤销会丢掉这些修改；请直接在表里改。",
            edited[0],
        )
    back = step.reversed()
    return Outcome(
        _words(step),
        {"恢复": step.size, "表": len(step.sheets)},
        changes=back.changes(book.door),
        step=(step.title, back.undoes),
    )


def _words(step: Step) -> str:
    sheets = "、".join(dict.fromkeys(s.sheet for s in step.sheets))
    if step.undoes:
        return f"已恢复“{step.title}”的结果（{sheets}，{step.size} 格）；再点一次可以撤销"
    return f"已撤销“{step.title}”（{sheets}，{step.size} 格恢复原样）；再点一次可以恢复"
