"""Mixed study groups with a role for everybody, and the score of the group contest.

Every pupil is in exactly one group; pupils better kept apart are apart wherever that is possible at all;
caseload pupils and boys are spread evenly, confirmed pairs sit together, the groups are about equally strong.
Source: spec §4.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from xlbangfu.programme.mixing import best_partition
from xlbangfu.programme.partition import Problem, members
from xlbangfu.schema import ROLES

GROUP_SIZE = 5
LARGEST_GROUP = 6  # beside groups edited by hand, whose sizes are the teacher's
BOY = "男"
LEADER, REPRESENTATIVE, RECORDER, KEEPER, MEMBER = ROLES
_BILLION = 10**9


@dataclass(frozen=True)
class GroupPupil:
    """One pupil 在读/转入. avoid: pupil_ids better kept apart; it holds whichever of the two names the other.

    gender: 男 is a boy, anything else is not. mean_z: mean standard score over the subjects, in SD; None
    counts as 0 in a group's mean and comes last for 组长.
    """

    pupil_id: str
    name: str
    gender: str = ""
    on_caseload: bool = False
    avoid: frozenset[str] = frozenset()
    mean_z: float | None = None


@dataclass(frozen=True)
class StudyGroup:
    """members: pupil_ids in order. roles: pupil_id to 角色. kept: edited by hand, left as it was."""

    members: tuple[str, ...]
    roles: Mapping[str, str]
    kept: bool


@dataclass(frozen=True)
class GroupPlan:
    """groups: kept ones first in the order given, then new ones, larger first, then by smallest pupil_id.

    conflicts: 不宜结对 pairs that are in one group all the same, smaller pupil_id first, in order.
    proven: the first three criteria of the new groups are proven to be the best possible.
    """

    groups: tuple[StudyGroup, ...]
    conflicts: tuple[tuple[str, str], ...]
    proven: bool


@dataclass(frozen=True)
class ContestRow:
    """One row of 小组评比. mean_change: in SD, None when no member has one. sessions: of all members."""

    group_id: str
    mean_change: float | None
    sessions: int
    score: float


def group_sizes(pupils: int, groups: int | None = None) -> tuple[int, ...]:
    """Sizes of ⌈n/5⌉ groups (or of that many `groups`), larger first, differing by at most 1.

    >>> group_sizes(7), group_sizes(3), group_sizes(0)
    ((4, 3), (3,), ())
    """
    count = -(-pupils // GROUP_SIZE) if groups is None else groups
    if not count:
        return ()
    each, more = divmod(pupils, count)
    return (each + 1,) * more + (each,) * (count - more)


def plan_groups(
    pupils: Iterable[GroupPupil],
    confirmed_pairs: Iterable[tuple[str, str]] = (),
    kept: Sequence[Sequence[str]] = (),
) -> GroupPlan:
    """Mixed groups for the class, the same whatever the order of the rows.

    pupils: all 在读/转入, each pupil_id once. confirmed_pairs: (tutee_id, tutor_id), others than pupils are
    ignored. kept: pupil_ids of each group edited by hand; pupils no longer there are left out, a pupil in
    two of them stays in the first. ⌈n/5⌉ groups counting the kept ones, more only where the others would
    stand in groups above 6. In this order: fewest 不宜结对 inside a group, caseload pupils per group differ
    by at most 1, boys likewise, most confirmed pairs together, least variance of group means.
    Raises ValueError for a pupil_id given twice.
    Source: spec §4.6.
    """
    ordered = sorted(pupils, key=lambda pupil: pupil.pupil_id)
    by_id = {pupil.pupil_id: pupil for pupil in ordered}
    if len(by_id) != len(ordered):
        raise ValueError("a pupil_id occurs twice among the pupils")
    kept_groups = _kept_groups(kept, by_id)
    settled = {pupil_id for group in kept_groups for pupil_id in group}
    rest = [pupil for pupil in ordered if pupil.pupil_id not in settled]
    wanted = len(group_sizes(len(ordered))) - len(kept_groups)
    sizes = group_sizes(len(rest), max(wanted, -(-len(rest) // LARGEST_GROUP)) if rest else 0)
    masks, proven = best_partition(_problem(rest, confirmed_pairs, sizes))
    new_groups = [tuple(rest[index].pupil_id for index in members(mask)) for mask in masks]
    new_groups.sort(key=lambda group: (-len(group), group))
    groups = [_study_group(group, by_id, kept=True) for group in kept_groups]
    groups += [_study_group(group, by_id, kept=False) for group in new_groups]
    return GroupPlan(tuple(groups), tuple(_conflicts(groups, by_id)), proven)


def _kept_groups(kept: Sequence[Sequence[str]], by_id: Mapping[str, GroupPupil]) -> list[tuple[str, ...]]:
    """The kept groups without pupils who left or who are in an earlier one; no empty groups."""
    seen: set[str] = set()
    groups = []
    for group in kept:
        present = sorted({pupil_id for pupil_id in group if pupil_id in by_id} - seen)
        seen.update(present)
        if present:
            groups.append(tuple(present))
    return groups


def _problem(
    pupils: Sequence[GroupPupil], confirmed_pairs: Iterable[tuple[str, str]], sizes: tuple[int, ...]
) -> Problem:
    """The pupils as numbers in order of pupil_id."""
    index = {pupil.pupil_id: number for number, pupil in enumerate(pupils)}
    avoided = [(pupil.pupil_id, other) for pupil in pupils for other in pupil.avoid]
    return Problem(
        sizes=sizes,
        conflicts=_links(index, avoided),
        caseload=sum(1 << number for number, pupil in enumerate(pupils) if pupil.on_caseload),
        boys=sum(1 << number for number, pupil in enumerate(pupils) if pupil.gender == BOY),
        partners=_links(index, confirmed_pairs),
        values=tuple(round((pupil.mean_z or 0.0) * _BILLION) for pupil in pupils),
    )


def _links(index: Mapping[str, int], pairs: Iterable[tuple[str, str]]) -> tuple[int, ...]:
    """Per pupil the mask of those linked with them, either way; unknown ids and oneself left out."""
    masks = [0] * len(index)
    for one, other in pairs:
        if one in index and other in index and one != other:
            masks[index[one]] |= 1 << index[other]
            masks[index[other]] |= 1 << index[one]
    return tuple(masks)


def _study_group(group: tuple[str, ...], by_id: Mapping[str, GroupPupil], kept: bool) -> StudyGroup:
    roles = _roles([by_id[pupil_id] for pupil_id in group])
    return StudyGroup(group, {pupil_id: roles[pupil_id] for pupil_id in group}, kept)


def _roles(group: Sequence[GroupPupil]) -> dict[str, str]:
    """One role each: 组长 to the strongest, the others in the order of their pupil_id.

    Nothing here depends on the caseload: the sheet is posted, and a role must not give anybody away (spec §7).
    """
    leader = min(group, key=_strength)
    others = sorted((pupil for pupil in group if pupil is not leader), key=lambda pupil: pupil.pupil_id)
    special = (REPRESENTATIVE, RECORDER, KEEPER)
    roles = {pupil.pupil_id: special[i] if i < len(special) else MEMBER for i, pupil in enumerate(others)}
    return {leader.pupil_id: LEADER, **roles}


def _strength(pupil: GroupPupil) -> tuple[bool, float, str]:
    """Sort key: highest mean z first, without one last, ties by pupil_id."""
    return pupil.mean_z is None, -(pupil.mean_z or 0.0), pupil.pupil_id


def _conflicts(groups: Iterable[StudyGroup], by_id: Mapping[str, GroupPupil]) -> list[tuple[str, str]]:
    """The 不宜结对 pairs inside groups, in order."""
    return sorted(
        (one, other)
        for group in groups
        for one, other in combinations(group.members, 2)
        if other in by_id[one].avoid or one in by_id[other].avoid
    )


def contest_scores(
    z_changes: Mapping[str, float | None],
    sessions: Mapping[str, int],
    groups: Mapping[str, Sequence[str]],
    progress_weight: Fraction,
    session_weight: Fraction,
) -> list[ContestRow]:
    """One row per group, in the order of `groups`: progress counts, and so does help that was given.

    z_changes: pupil_id to mean change of z over the pupil's subjects, in SD; None or missing = no change
    known. sessions: pupil_id to number of sessions. groups: 组号 to pupil_ids.
    score = progress_weight × mean change of the members that have one + session_weight × sessions per
    member; a group in which nobody has a change scores by its sessions alone. Source: spec §4.6.

    >>> contest_scores({"a": 0.5, "b": None}, {"a": 3, "b": 1}, {"1": "ab"}, Fraction(10), Fraction(1, 2))
    [ContestRow(group_id='1', mean_change=0.5, sessions=4, score=6.0)]
    """
    rows = []
    for group_id, group in groups.items():
        known = [Fraction(change) for pupil in group if (change := z_changes.get(pupil)) is not None]
        mean = sum(known, Fraction(0)) / len(known) if known else None
        held = sum(sessions.get(pupil, 0) for pupil in group)
        credit = session_weight * Fraction(held, len(group)) if group else Fraction(0)
        score = credit if mean is None else progress_weight * mean + credit
        rows.append(ContestRow(group_id, None if mean is None else float(mean), held, float(score)))
    return rows
