"""Who may see what of every file that leaves the workbook: the one place where it is decided.

Each output has one reader, and for each part of its page an allow-list of columns. The pages draw what `allow`
lets through and nothing else; what a reader may never see is listed apart, and an output that allowed it could not
even be defined. `leftovers` looks into a finished file for what does not show on its pages. Source: spec §7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

from xlbangfu.documents.leftovers import leftovers as leftovers
from xlbangfu.table import Row


class Reader(Enum):
    """The class of a reader, narrowest circle last but one; 公开 is everybody who walks past."""

    TEACHER = "本人"
    HOMEROOM = "班主任"
    OFFICE = "教务处"
    PARENT = "家长"
    PUBLIC = "公开"


PAGE, ROWS = "page", "rows"  # the head of a page, and its table where it has but one
SLIPS, SLIPS_TO_PRINT, CARDS, POSTER, WRITTEN = (
    "家长反馈单",
    "家长反馈单_打印",
    "档案卡",
    "结对张贴表",
    "书面总结",
)
SMALLEST_COUNT = 5
SUPPRESSED = f"少于 {SMALLEST_COUNT}"


def _columns(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Columns by their code names in schema, whatever the sheet.
_FAMILY = _columns("phone parent family care psych_on aid_on")
_MARKS = _columns(
    "score baseline midterm final from_mean z baseline_z midterm_z final_z percentile change rci cut mean sd"
    " distribution goal_value match mean_change"
)
_CASELOAD = _columns(
    "case_type basis confirmed standing reference frozen_on screened_on causes trend midterm_state final_state"
    " midterm_chance final_chance plan_id pair_id measure_id"
)
_PAIR_ROLES = _columns("tutor tutee tutor_id tutee_id reason")
_PERSON = _columns("pupil_id subject gender seat role volunteer good_at interests remark")
NEVER: Mapping[Reader, frozenset[str]] = {
    Reader.TEACHER: _FAMILY,
    Reader.HOMEROOM: _FAMILY,  # paper lies about; the workbook has it
    Reader.OFFICE: _FAMILY,
    Reader.PARENT: _FAMILY | _MARKS | _CASELOAD | _PAIR_ROLES,
    Reader.PUBLIC: _FAMILY | _MARKS | _CASELOAD | _PAIR_ROLES | _PERSON,
}
_NO_NUMBERS = (Reader.PARENT, Reader.PUBLIC)  # a mark cannot slip through under the name of a level
# Rows of 辅导记录 of this form keep that it was held, and nothing of what was said.
CONFIDENTIAL_FORM, CONFIDENTIAL_COLUMNS = "心理辅导", ("content", "effect", "next_step")


@dataclass(frozen=True)
class Output:
    """One kind of file: who reads it, and part of its page → columns that may stand there.

    Raises ValueError where a part allows what the reader may never see.
    """

    name: str
    reader: Reader
    parts: Mapping[str, frozenset[str]]

    def __post_init__(self) -> None:
        for part, columns in self.parts.items():
            if forbidden := columns & NEVER[self.reader]:
                raise ValueError(f"{self.name}.{part}: {sorted(forbidden)} not for {self.reader.value}")


def _output(name: str, reader: Reader, **parts: str) -> Output:
    return Output(name, reader, {part: _columns(columns) for part, columns in parts.items()})


_HEAD = "school term class_label"
_SLIP_PARTS = {
    PAGE: f"{_HEAD} homeroom_teacher made_on name scale",
    "levels": "subject at_baseline at_midterm at_final growth",
    "paragraphs": "heading text",
}
OUTPUTS: Mapping[str, Output] = {
    o.name: o
    for o in (
        _output(SLIPS, Reader.PARENT, **_SLIP_PARTS),
        _output(SLIPS_TO_PRINT, Reader.HOMEROOM, register="name", **_SLIP_PARTS),
        _output(
            CARDS,
            Reader.HOMEROOM,
            page=f"{_HEAD} homeroom_teacher made_on pupil_id name gender seat created_on created_by",
            portrait="causes strengths interests attitude methods",
            marks=(
                "subject case_type baseline baseline_z midterm midterm_z midterm_state final final_z final_state"
                " trend interest_before interest_after"
            ),
            plan="subject goal measure responsible per_week starts ends state adjustment",
            pairs="subject form tutor state",
            dosage="form sessions minutes",
            sessions="date subject form minutes by content effect",
        ),
        _output(POSTER, Reader.PUBLIC, page=_HEAD, rows="name partners"),
        _output(
            WRITTEN,
            Reader.OFFICE,
            page=f"{_HEAD} grade class_name homeroom_teacher made_on",
            rows="subject teacher document text state handed_in_on",
        ),
    )
}


def output(name: str) -> Output:
    """The output of that name. Raises LookupError for one that is not registered."""
    if name not in OUTPUTS:
        raise LookupError(f"no output is called {name}")
    return OUTPUTS[name]


def allow(name: str, rows: Iterable[Mapping[str, Any]], part: str = ROWS) -> list[Row]:
    """The rows with only the columns that the reader of this output may see in that part of its page.

    Places in the sheet are kept, other columns are gone; what was said in 心理辅导 is blank whatever the reader.
    Raises LookupError for an unknown output or part, ValueError where a number stands in a row for 家长 or 公开:
    what they see are words. Source: spec §7.
    """
    found = output(name)
    if part not in found.parts:
        raise LookupError(f"{name} has no part {part}")
    narrowed = [_narrowed(row, found.parts[part]) for row in rows]
    if found.reader in _NO_NUMBERS:
        numbers = {c for row in narrowed for c, v in row.items() if isinstance(v, (int, float, Fraction))}
        if numbers:
            raise ValueError(f"{name}.{part}: numbers in {sorted(numbers)}")
    return narrowed


def _narrowed(row: Mapping[str, Any], columns: frozenset[str]) -> Row:
    kept = Row({c: v for c, v in row.items() if c in columns}, getattr(row, "at", None))
    if row.get("form") == CONFIDENTIAL_FORM:
        kept.update({c: None for c in CONFIDENTIAL_COLUMNS if c in kept})
    return kept


def suppress_small(counts: Mapping[str, int], name: str) -> dict[str, int | str]:
    """The counts as the reader of this output may see them: under 5 is 「少于 5」 in 公开, also 0.

    Only counts that do not add up to a shown total: the rest would tell. Raises LookupError.
    Source: spec §7.
    """
    public = output(name).reader is Reader.PUBLIC
    return {key: SUPPRESSED if public and n < SMALLEST_COUNT else n for key, n in counts.items()}
