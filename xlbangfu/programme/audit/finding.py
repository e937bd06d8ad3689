"""What a check of the audit says, and the two ways in which most of them come to it. Pure.

A finding never names a pupil in `figures`, which go to the office; `missing` names them, for the class alone.
Source: spec §5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from xlbangfu import schema
from xlbangfu.programme.audit.evidence import Evidence, Pupil
from xlbangfu.schema import Sheet
from xlbangfu.table import Row

DONE, PARTLY, NOT_DONE, NOT_APPLICABLE = schema.AUDIT_RESULTS
NOBODY = "名单上没有人"

Place: TypeAlias = tuple[Sheet, str, int | None]  # sheet, code of the column, row (None: the first below the header)
Parameters: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """What a check found. result: one of schema.AUDIT_RESULTS. figures: in words, without names.

    missing: who or what is missing, in words. place: where to mend it.
    """

    result: str
    figures: str
    missing: tuple[str, ...] = ()
    place: Place | None = None


def judged(met: int, total: int, figures: str, missing: Sequence[str], place: Place) -> Finding:
    """落实 if all are met, 未落实 if none is, 部分 between. total must be above zero."""
    result = DONE if met >= total else PARTLY if met else NOT_DONE
    return Finding(result, figures, () if result == DONE else tuple(missing), None if result == DONE else place)


def nothing_to_judge(words: str) -> Finding:
    return Finding(NOT_APPLICABLE, words)


def per_pupil(evidence: Evidence, has: Callable[[Pupil], bool], what: str, place: Place) -> Finding:
    """Each supported pupil has something, or is missing by name."""
    pupils = evidence.pupils
    if not pupils:
        return nothing_to_judge(NOBODY)
    without = [p.name for p in pupils if not has(p)]
    met = len(pupils) - len(without)
    return judged(met, len(pupils), f"{what} {met}/{len(pupils)} 人", without, place)


def per_row(evidence: Evidence, has: Callable[[Row], bool], what: str, place: Place) -> Finding:
    """Each supported row (pupil and subject) has something; missing ones are told with the subject."""
    rows = evidence.followed
    if not rows:
        return nothing_to_judge(NOBODY)
    without = [evidence.case(r) for r in rows if not has(r)]
    met = len(rows) - len(without)
    return judged(met, len(rows), f"{what} {met}/{len(rows)} 条", without, place)
