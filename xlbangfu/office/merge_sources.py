"""Where everything came from and what went wrong: the sheets 来源 and 数据问题. Pure. Source: spec §6."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xlbangfu import schema
from xlbangfu.issues import Issue, error, reminder
from xlbangfu.office.merge_choice import MERGED, class_label
from xlbangfu.office.merge_files import Unread
from xlbangfu.office.merge_norms import GradeNorms
from xlbangfu.office.merge_order import squeezed
from xlbangfu.office.parts import Parts
from xlbangfu.table import Row

WHOLE_FILE = "（整个文件）"  # where a problem is that no sheet can be named for


@dataclass(frozen=True)
class Gathered:
    """All files of a folder after reading.

    read: class workbooks. unread: files of which nothing was taken. copies: file → the file with the same content
    that stands for it.
    """

    read: Sequence[Parts] = ()
    unread: Sequence[Unread] = ()
    copies: Mapping[str, str] = field(default_factory=dict)


def bad_policy(parts: Parts, reason: str) -> Issue:
    """The 错误 that a class is not merged because its 制度 cannot be used."""
    told = error(
        schema.SETTINGS.label, "merge.policy", f"{class_label(parts)}没有合并：{reason}", "请改正后再合并一次。"
    )
    return replace(told, file=parts.file)


def file_issues(gathered: Gathered) -> list[Issue]:
    """A 错误 for every file that could not be read, a 提醒 for every copy."""
    issues = [
        replace(error(WHOLE_FILE, "merge.file", f"{item.reason}，没有合并", item.mend), file=item.file)
        for item in gathered.unread
        if not item.harmless
    ]
    for file, same in gathered.copies.items():
        told = reminder(WHOLE_FILE, "merge.copy", f"与“{same}”内容完全相同，只读了一份", "可以删去多余的一份。")
        issues.append(replace(told, file=file))
    return issues


def school_name_issues(adopted: Sequence[Parts]) -> list[Issue]:
    """A 提醒 where classes name different schools."""
    names = school_names(adopted)
    if len(names) < 2:
        return []
    message = f"“设置”里的学校名称不一：{'、'.join(names)}"
    return [reminder(schema.SETTINGS.label, "merge.school", message, "请核对；不同学校请分开合并。")]


def school_names(adopted: Iterable[Parts]) -> list[str]:
    """The names of 学校 in 设置, each once, sorted."""
    return sorted({str(p.settings["school"]) for p in adopted if p.settings.get("school")})


def issue_row(issue: Issue) -> Row:
    """A problem as a row of 数据问题."""
    codes = ("level", "file", "sheet", "cell", "message", "mend")
    return Row({code: getattr(issue, code) or None for code in codes})


def source_rows(gathered: Gathered, results: Mapping[str, str], norms: Mapping[str, GradeNorms]) -> list[Row]:
    """来源: one row per file met, in the order of their paths. results: file → what became of it."""
    digests = {p.file: p.sha256 for p in gathered.read} | {u.file: u.sha256 for u in gathered.unread}
    rows = [_source_row(parts, results[parts.file], norms) for parts in gathered.read]
    for file, same in gathered.copies.items():
        rows.append(Row({"file": file, "sha256": digests.get(same), "result": f"未读：与“{same}”相同"}))
    for item in gathered.unread:
        prefix = "未读" if item.harmless else "读不了"
        rows.append(Row({"file": item.file, "sha256": item.sha256 or None, "result": f"{prefix}：{item.reason}"}))
    return sorted(rows, key=lambda r: (r["file"], r["result"]))


def _source_row(parts: Parts, result: str, norms: Mapping[str, GradeNorms]) -> Row:
    settings = parts.settings
    used = norms.get(squeezed(settings.get("grade"))) if result == MERGED else None
    return Row(
        {
            "file": parts.file,
            "grade": settings.get("grade"),
            "class_name": settings.get("class_name"),
            "term": settings.get("term"),
            "policy": settings.get("policy"),
            "roster": len(parts.rows(schema.ROSTER)),
            "scores": len(parts.rows(schema.SCORES)),
            "caseload": len(parts.rows(schema.CASELOAD)),
            "sessions": len(parts.rows(schema.SESSIONS)),
            "last_log": parts.last_log,
            "result": result,
            "norms": used.source_words() if used is not None else None,
            "sha256": parts.sha256,
        }
    )
