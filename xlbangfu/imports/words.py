"""What the cells of a header and the first words of a row say: which column is what, which row is no pupil.

The words themselves are in vocabulary.py. Source: spec §3.1 (headers are matched by a table of synonyms).
"""

from __future__ import annotations

from functools import lru_cache

from xlbangfu.imports.examwords import (
    bare_label,
    exam_phase,
    full_marks,
    is_exam_label,
    other_exam,
    split_exam,
    subject_label,
)
from xlbangfu.imports.rowwords import is_full_marks_row, is_total_text
from xlbangfu.imports.vocabulary import (
    KNOWN_SUBJECTS,
    OTHER_LABEL,
    PART_WORDS,
    ROLE_WORDS,
    SCORE_ENDING,
    SCORE_WORDS,
    SUBJECT_ALIASES,
    TOTAL_LABEL,
    WEAK_IDS,
)
from xlbangfu.programme.letters import solid_text
from xlbangfu.schema import ROSTER

__all__ = [
    "IDENTITY_ROLES",
    "KNOWN_SUBJECTS",
    "ROLE_WORDS",
    "ROSTER_ROLES",
    "SCORE_WORDS",
    "WEAK_IDS",
    "bare_label",
    "exam_phase",
    "full_marks",
    "header_key",
    "is_exam_label",
    "is_full_marks_row",
    "is_known_subject",
    "is_other_label",
    "is_part_word",
    "is_score_word",
    "is_total_label",
    "is_total_text",
    "other_exam",
    "role_of",
    "same_subject",
    "split_exam",
    "subject_label",
]


def header_key(value: object) -> str:
    """A header cell for comparing: folded, without blanks, stars and outer colons."""
    return solid_text(value).strip("*:#·").casefold()


_ROLES: dict[str, tuple[str, int]] = {
    header_key(word): (role, rank) for role, words in ROLE_WORDS.items() for rank, word in enumerate(words)
}
IDENTITY_ROLES = frozenset({"pupil_id", "name"})
ROSTER_ROLES = frozenset(c.code for c in ROSTER.columns)
_KNOWN_SUBJECTS = frozenset(KNOWN_SUBJECTS)


@lru_cache(maxsize=8192)
def role_of(value: str) -> tuple[str, int] | None:
    """The role that a header cell names, and how good the word is (0 = best); None for another word."""
    return _ROLES.get(header_key(value)) or _ROLES.get(header_key(bare_label(value)))


def is_known_subject(label: str) -> bool:
    """True for the usual names of subjects."""
    return label in _KNOWN_SUBJECTS


def is_score_word(value: object) -> bool:
    """True for 「成绩」, 「得分」…: the mark itself under a subject's name."""
    return header_key(bare_label(value)) in SCORE_WORDS


def is_part_word(value: object) -> bool:
    """True for 「平时」, 「期末」…: one of several marks under a subject's name."""
    bare = header_key(bare_label(value))
    return bare in PART_WORDS or SCORE_ENDING.sub("", bare) in PART_WORDS


def is_total_label(value: object) -> bool:
    """True for columns that are sums, means or ranks: read, never kept (spec §3.1)."""
    return bool(TOTAL_LABEL.search(header_key(value)))


def is_other_label(value: object) -> bool:
    """True for the usual columns that are neither results nor of use: 序号, 学校代码, 考场…"""
    return bool(OTHER_LABEL.match(header_key(bare_label(value))))


def same_subject(one: str, other: str) -> bool:
    """True if two labels name one subject.

    >>> same_subject("道法", "道德与法治"), same_subject("科学", "数学")
    (True, False)
    """
    return one == other or any(one in group and other in group for group in SUBJECT_ALIASES)
