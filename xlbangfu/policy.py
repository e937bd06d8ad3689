"""Finding and loading a 制度: a TOML file becomes a `Policy`, every figure exactly as its decimal text says.

A bad file gives a `PolicyError` with file, key and what is allowed; the first problem met is the one told.
Read by hand and not by a schema library: shares and rule trees need our own conversion anyway, and the
sentence has to name the words that are allowed. Source: spec §5, §4.2 (exact shares).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from xlbangfu import schema
from xlbangfu.policy_file import REQUIRED, PolicyError, Section, read_toml
from xlbangfu.programme import rules
from xlbangfu.programme.numbers import clean_text

if TYPE_CHECKING:
    from fractions import Fraction

    from xlbangfu.programme.lint import PolicyIssue

__all__ = [
    "PolicyError",
    "find_policy",
    "is_allowed_name",
    "lint_policy",
    "list_policies",
    "load_policy",
    "policy_folders",
]

BUILT_IN = Path(__file__).parent / "policies"
SUBFOLDER = "制度"
FOLDERS_UP = 3  # classes lie in folders of their grade, term and school; the 制度 may lie with any of them
_NAME = re.compile(r'[^./\\:*?"<>|\x00-\x1f][^/\\:*?"<>|\x00-\x1f]{0,59}\Z')
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?:\..*)?\Z", re.IGNORECASE)  # names Windows keeps

# ---- finding -------------------------------------------------------------------------------------------


def load_policy(name: str, folders: Sequence[Path] = ()) -> rules.Policy:
    """The 制度 of that name, e.g. "S7" or the name of a school's own file.

    Looked up as <folder>/<name>.toml and <folder>/制度/<name>.toml in each of `folders`, then among our own.
    Its id is the file's name, so that two files are never taken for one 制度.
    Raises PolicyError for an unknown or forbidden name and for a file that cannot be used.
    Source: spec §5.
    """
    path = find_policy(name, folders)
    return _policy(Section(path.name, read_toml(path)), path.stem)


def is_allowed_name(name: str) -> bool:
    """True for a name that no folder can be left by and that every system takes as a file's name."""
    return _NAME.match(name) is not None and ".." not in name and _DEVICE.match(name) is None


def policy_folders(folder: Path) -> tuple[Path, ...]:
    """Where a workbook of that folder looks for its 制度, nearest first: the folder and the few above it.

    One rule for the buttons and the merge, so that both hold a class to the same 制度.
    """
    place = folder.resolve()
    return (place, *list(place.parents)[:FOLDERS_UP])


def find_policy(name: str, folders: Sequence[Path] = ()) -> Path:
    """The file behind a 制度's name; small and full-width letters will do where no other file is meant.

    Raises PolicyError when the name is forbidden (anything that could leave the folder) or nobody has it.
    """
    wanted = name.strip().removesuffix(".toml")
    if not is_allowed_name(wanted):
        allowed = "制度编号（如 S7）或制度文件名，不带文件夹"
        raise PolicyError(name, "制度", allowed, f"制度名称“{name}”不能用；请填{allowed}。")
    known: dict[str, Path] = {}
    for path in _files(folders):
        known.setdefault(path.stem, path)
    alike = [stem for stem in known if clean_text(stem).casefold() == clean_text(wanted).casefold()]
    if wanted in known:
        return known[wanted]
    if len(alike) == 1:
        return known[alike[0]]
    names = "、".join(sorted(known, key=_natural))
    raise PolicyError(name, "制度", names, f"找不到制度“{wanted}”；现有：{names}。请改“设置”里的“制度”。")


def list_policies(folders: Sequence[Path] = ()) -> list[str]:
    """Names that `load_policy` finds, S2 before S10, each once; the files are not opened."""
    return sorted({path.stem for path in _files(folders)}, key=_natural)


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    """Candidate files, those that win a name first; a link that leads out of its folder is none."""
    for place in [*(p for folder in folders for p in (folder, folder / SUBFOLDER)), BUILT_IN]:
        if place.is_dir():
            home = place.resolve()
            for path in sorted(place.glob("*.toml")):
                if _NAME.match(path.stem) and path.is_file() and path.resolve().parent == home:
                    yield path


def _natural(name: str) -> list[tuple[int, int, str]]:
    pieces = re.findall(r"\d+|\D+", name)
    return [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces]


def lint_policy(name: str, folders: Sequence[Path] = ()) -> list[PolicyIssue]:
    """What is missing or contradictory in a 制度; a file that cannot be loaded is one 错误.

    Raises nothing for an unknown name or a bad file. Source: spec §5.
    """
    from xlbangfu.programme.lint import PolicyIssue, policy_issues

    try:
        path = find_policy(name, folders)
        section = Section(path.name, read_toml(path))
        policy = _policy(section, path.stem)
    except PolicyError as problem:
        return [PolicyIssue(schema.ERROR, problem.key, str(problem), problem.allowed, "policy.load")]
    issues = policy_issues(policy)
    declared = section.text("id")
    if declared != policy.id:
        told = f"文件里的 id 是“{declared}”，程序按文件名“{policy.id}”算"
        issues.insert(0, PolicyIssue(schema.REMINDER, "id", told, f"把 id 改成“{policy.id}”", "policy.id"))
    return issues


# ---- the file's sections, one function each ------------------------------------------------------------


def _policy(top: Section, name: str) -> rules.Policy:
    top.text("id")
    screening = top.section("screening", "[screening]，写明谁是学困生")
    targets, limits, contest = top.section("targets"), top.section("limits"), top.section("contest")
    cadences = _cadences(top.section("cadences"))
    policy = rules.Policy(
        id=name,
        name=top.text("name"),
        source=top.text("source", ""),
        date=top.date("date"),
        share=screening.share("share", rules.Policy.share),
        academic=_criterion(screening.section("academic", '一条识别规则，如 { rule = "bottom_share" }')),
        beside=tuple(_criterion(s) for s in screening.sections("beside")),
        exit=_exit(top.section("exit", '[exit]，写明什么算“转化”，如 rule = "leave_zone"')),
        midterm_target=targets.share("midterm", None, one=True),
        final_target=targets.share("final", None, one=True),
        max_tutees=limits.integer("max_tutees", 1, 10, rules.Policy.max_tutees),
        max_gap_days=limits.integer("max_gap_days", 1, 120, rules.Policy.max_gap_days),
        pair_weights=_pair_weights(top.section("pair_weights")),
        contest_progress_weight=contest.number("progress_weight", 1000, rules.Policy.contest_progress_weight),
        contest_session_weight=contest.number("session_weight", 1000, rules.Policy.contest_session_weight),
        bands=_bands(top.section("bands")),
        roles=_roles(top.section("roles")),
        documents=top.choices("documents", schema.DOCUMENTS, ()),
        cadences=cadences,
        measures=tuple(_measure(s) for s in top.sections("measures")),
        clauses=tuple(_clause(s, cadences) for s in top.sections("clauses")),
        our_defaults=frozenset(top.ours),
    )
    for section in (screening, targets, limits, contest, top):
        section.done()
    return policy


def _all_criteria(s: Section) -> tuple[rules.Criterion, ...]:
    return tuple(_criterion(part) for part in s.sections("of", least=1))


_CRITERIA: dict[str, Callable[[Section], rules.Criterion]] = {
    "bottom_share": lambda s: rules.BottomShare(s.share("share", None)),
    "below_mean": lambda s: rules.BelowMean(),
    "level_at_most": lambda s: rules.LevelAtMost(s.text("level")),
    "decline": lambda s: rules.Decline(s.number("sd", 10)),
    "referral": lambda s: rules.Referral(
        s.integer("sources", 1, len(schema.SIGNAL_SOURCES)),
        s.choices("categories", schema.SIGNAL_CATEGORIES),
        s.integer("severity", 1, 5),
    ),
    "behaviour": lambda s: rules.Behaviour(
        s.integer("sources", 1, len(schema.SIGNAL_SOURCES)), s.integer("severity", 1, 5)
    ),
    "care": lambda s: rules.Care(s.choices("categories", schema.CARE)),
    "all_of": lambda s: rules.AllOf(_all_criteria(s)),
    "any_of": lambda s: rules.AnyOf(_all_criteria(s)),
}


def _criterion(s: Section) -> rules.Criterion:
    criterion = _CRITERIA[s.choice("rule", tuple(_CRITERIA))](s)
    s.done()
    return criterion


def _all_exits(s: Section) -> tuple[rules.ExitRule, ...]:
    return tuple(_exit(part) for part in s.sections("of", least=1))


_EXITS: dict[str, Callable[[Section], rules.ExitRule]] = {
    "leave_zone": lambda s: rules.LeaveZone(),
    "reach_average": lambda s: rules.ReachAverage(),
    "gain": lambda s: rules.Gain(s.number("sd", 10)),
    "level_up": lambda s: rules.LevelUp(s.integer("levels", 0, 10)),
    "goal_met": lambda s: rules.GoalMet(),
    "all_of": lambda s: rules.ExitAll(_all_exits(s)),
    "any_of": lambda s: rules.ExitAny(_all_exits(s)),
}


def _exit(s: Section) -> rules.ExitRule:
    rule = _EXITS[s.choice("rule", tuple(_EXITS))](s)
    s.done()
    return rule


def _pair_weights(s: Section) -> dict[str, Fraction]:
    weights = {key: s.number(key, 100, usual) for key, usual in rules.PAIR_WEIGHTS.items()}
    s.done()
    return weights


def _bands(s: Section) -> tuple[tuple[str, Fraction], ...]:
    """Levels for parents, high to low; an absent section gives the usual ones."""
    names = s.free_keys()
    if not names:
        return rules.BANDS
    bands = tuple((name, s.share(name, zero=True)) for name in names)
    for (_, upper), (name, share) in pairwise(bands):
        if share >= upper:
            s.fail(name, "比上一级小的数（从高到低排列）")
    if bands[-1][1] != 0:
        s.fail(names[-1], "0%（最低一级从 0 开始）")
    return bands


def _roles(s: Section) -> dict[str, str]:
    names = s.free_keys()
    for name in names:
        if name not in rules.ROLE_NAMES:
            s.fail(name, "、".join(rules.ROLE_NAMES), "不是认识的角色")
    return {name: s.text(name) for name in names}


def _cadences(s: Section) -> tuple[rules.Cadence, ...]:
    found = []
    for name in s.free_keys():
        part = s.section(name)
        times = part.integer("times", 1, 200, None)
        per = part.choice("per", rules.PERIODS, REQUIRED if times else "")
        found.append(rules.Cadence(name, part.text("about"), times, per))
        part.done()
    return tuple(found)


def _measure(s: Section) -> rules.Measure:
    measure = rules.Measure(
        id=s.text("id"),
        name=s.text("name"),
        category=s.choice("category", schema.MEASURE_CATEGORIES),
        causes=s.choices("causes", schema.CAUSES),
        per_week=s.number("per_week", 21, positive=True),
        who=s.choice("who", rules.ROLE_NAMES),
        resources=s.text("resources", ""),
    )
    s.done()
    return measure


def _clause(s: Section, cadences: Sequence[rules.Cadence]) -> rules.Clause:
    """One clause; a cadence that it names gives it `times` and `per`, unless it has its own."""
    parameters = _parameters(s.section("parameters"))
    named = s.choice("cadence", [c.id for c in cadences], "")
    cadence = next((c for c in cadences if c.id == named), None)
    if cadence is not None and cadence.times is not None:
        parameters = {"times": cadence.times, "per": cadence.per, **parameters}
    clause = rules.Clause(
        id=s.text("id"),
        article=s.text("article"),
        kind=s.choice("kind", rules.CLAUSE_KINDS),
        requirement=s.text("requirement"),
        check=s.text("check", ""),
        parameters=parameters,
        cadence=named,
    )
    s.done()
    return clause


def _parameters(s: Section) -> dict[str, rules.ParameterValue]:
    """Values of a check as written; whether the check knows them is for lint to say."""
    found: dict[str, rules.ParameterValue] = {}
    for key in s.free_keys():
        value = s.values[key]
        if isinstance(value, list) and value and all(type(v) is str for v in value):
            found[key] = tuple(value)
        elif type(value) in (int, bool, str):
            found[key] = value
        else:
            s.fail(key, "整数、文字、true/false 或文字的列表")
    return found
