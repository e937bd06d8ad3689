"""Many rows listed for one reason become one line that names all their cells: 120 such lines are read by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from xlbangfu.issues import Issue, short
from xlbangfu.schema import ERROR

AT_MOST = 10  # lines for one reason on one sheet
_RANGES = 30  # in one line; more make another line
_REASONS = {
    "import.unknown": "不在名册里，或没有那个班的工作簿",
    "import.no_class": "没有写班级或班级看不懂，分不清是哪个班的",
    "import.no_exam": "没有写是哪次考试",
    "import.no_result": "没有本班学科的成绩",
    "import.other_exam": "是另一次考试",
    "import.no_number": "没有学号，名册里也没有这个姓名",
}
_CELL = re.compile(r"([A-Z]+)(\d+)")


def gathered(issues: Sequence[Issue]) -> list[Issue]:
    """The issues in their order; those of rows that share a reason, where they are many, in a line per 30 stretches of cells."""
    groups: dict[tuple[str, str, str], list[Issue]] = {}
    for issue in issues:
        groups.setdefault(_key(issue), []).append(issue)
    found: list[Issue] = []
    for issue in issues:
        group = groups[_key(issue)]
        if issue.rule not in _REASONS or len(group) <= AT_MOST:
            found.append(replace(issue, message=short(issue.message)))
        elif issue is group[0]:
            found += _lines(group)
    return found


def _key(issue: Issue) -> tuple[str, str, str]:
    return (issue.file, issue.sheet, issue.rule if _CELL.fullmatch(issue.cell) else issue.message)


def _lines(group: Sequence[Issue]) -> Iterator[Issue]:
    level = ERROR if any(i.level == ERROR for i in group) else group[0].level
    ranges = list(_ranges(sorted({_place(i.cell) for i in group})))
    for at in range(0, len(ranges), _RANGES):
        some = ranges[at : at + _RANGES]
        rows = sum(last - first + 1 for _, first, last in some)
        shown = "、".join(f"{c}{a}" if a == b else f"{c}{a}–{c}{b}" for c, a, b in some)
        message = f"有 {rows} 行{_REASONS[group[0].rule]}，没有导入：{shown}"
        column, first, _ = some[0]
        yield replace(group[0], level=level, message=message, row=first, cell=f"{column}{first}")


def _place(cell: str) -> tuple[str, int]:
    found = _CELL.fullmatch(cell)
    return (found[1], int(found[2])) if found else ("", 0)


def _ranges(places: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int, int]]:
    """Column, first and last row of each stretch of cells under each other."""
    start = 0
    for n in range(1, len(places) + 1):
        if n == len(places) or places[n] != (places[n - 1][0], places[n - 1][1] + 1):
            yield (places[start][0], places[start][1], places[n - 1][1])
            start = n
