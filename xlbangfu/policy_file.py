"""A 制度 file as sections read value by value, each mistake told with file, key and what is allowed.

Floats are never made: a decimal stays text until it becomes a Fraction. Source: spec §4.2, §5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from xlbangfu.programme.numbers import clean_text, exact_share

MAX_BYTES = 1_000_000
_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_TOML_HABITS = "引号、逗号、等号用英文半角，文字用引号括起来，同一个名字只写一次"
T = TypeVar("T")


class PolicyError(Exception):
    """A 制度 that cannot be used, in one Chinese sentence.

    file: name of the file, or of the 制度 that was asked for. key: dotted key, or 「第 3 行」.
    allowed: what may stand there, in Chinese.
    """

    def __init__(self, file: str, key: str, allowed: str, sentence: str) -> None:
        super().__init__(file, key, allowed, sentence)
        self.file = file
        self.key = key
        self.allowed = allowed
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class DecimalText(str):
    """A number with a decimal point as it stands in the file."""

    __slots__ = ()


class _Required:
    """The default of a key that must be there."""


REQUIRED = _Required()


def read_toml(path: Path) -> dict[str, Any]:
    """The whole file as plain values, numbers with a decimal point as `DecimalText`.

    UTF-8 with or without BOM, else GB 18030 (an older Windows editor's "ANSI").
    Raises PolicyError for a file that cannot be opened, is too large or is no TOML.
    """
    import tomllib

    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as problem:
        allowed = "能打开的文件"
        raise PolicyError(path.name, "文件", allowed, f"制度文件 {path.name} 打不开，请检查它是否被占用。") from problem
    if len(raw) > MAX_BYTES:
        allowed = "不超过 1 MB 的文本文件"
        raise PolicyError(path.name, "文件", allowed, f"制度文件 {path.name} 太大；这里要{allowed}。")
    try:
        return tomllib.loads(decoded(raw), parse_float=DecimalText)
    except (ValueError, RecursionError) as problem:
        found = _LINE.search(str(problem))
        key = f"第 {found[1]} 行" if found else "文件末尾"
        sentence = f"制度文件 {path.name} 的{key}读不懂；请检查：{_TOML_HABITS}。"
        raise PolicyError(path.name, key, _TOML_HABITS, sentence) from problem


def decoded(raw: bytes) -> str:
    """The text of a policy file: UTF-8 with or without BOM, else GB 18030. Raises UnicodeDecodeError."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


class Section:
    """One table of the file, read key by key; `done` refuses what nobody asked for.

    key: dotted key of the table, "" for the file itself. ours: dotted keys marked our_default, shared by all
    sections of a file. Every reading method raises PolicyError for a value that is not allowed.
    """

    def __init__(self, file: str, values: Mapping[str, Any], key: str = "", ours: set[str] | None = None) -> None:
        self.file = file
        self.values = values
        self.key = key
        self.ours: set[str] = set() if ours is None else ours
        self._asked: dict[str, None] = {"our_default": None}
        self._note_ours()

    def _note_ours(self) -> None:
        mark = self.values.get("our_default", False)
        if mark is True:
            self.ours.add(self.key)
        elif isinstance(mark, list) and all(isinstance(k, str) and k in self.values for k in mark):
            self.ours.update(self.path(k) for k in mark)
        elif mark is not False:
            self.fail("our_default", "true，或本节里各项名字的列表")

    def path(self, key: str) -> str:
        """The dotted key from the top of the file."""
        return f"{self.key}.{key}" if self.key else key

    def fail(self, key: str, allowed: str, what: str = "") -> NoReturn:
        """Raise the PolicyError for that key. what: in place of 「写着“…”」 or 「没有填」."""
        if not what:
            value = self.values.get(key)
            what = f"没有填{_meant(key, self._unasked())}" if value is None else f"写着“{_shown(value)}”"
        path = self.path(key)
        raise PolicyError(self.file, path, allowed, f"制度文件 {self.file} 的 {path} {what}；这里要填：{allowed}。")

    def _take(self, key: str, default: object, allowed: str) -> Any:
        self._asked[key] = None
        value = self.values.get(key)
        if value is None or value == "":
            if isinstance(default, _Required):
                self.fail(key, allowed)
            return None
        return value

    def text(self, key: str, default: str | _Required = REQUIRED) -> str:
        """One line of text."""
        allowed = "引号里的一行文字"
        value = self._take(key, default, allowed)
        if value is None:
            return str(default)
        if not isinstance(value, str) or isinstance(value, DecimalText) or "\n" in value:
            self.fail(key, allowed)
        return value.strip()

    def date(self, key: str) -> str:
        """A date as 2026-09-01, written bare or in quotes; "" where there is none."""
        value = self.values.get(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            text = self.text(key, "")
            try:
                return date.fromisoformat(text).isoformat() if text else ""
            except ValueError:
                self.fail(key, "像 2026-09-01 这样的日期，或不填")
        self._asked[key] = None
        return value.isoformat()

    def choice(self, key: str, choices: Sequence[str], default: str | _Required = REQUIRED) -> str:
        """One of `choices`."""
        value = self._take(key, default, _either(choices))
        if value is None:
            return str(default)
        if value not in choices:
            self.fail(key, _either(choices), _not_one_of(value, choices))
        return str(value)

    def choices(
        self, key: str, choices: Sequence[str], default: Sequence[str] | _Required = REQUIRED
    ) -> tuple[str, ...]:
        """A list of one or more of `choices`, each once."""
        allowed = f"方括号里的一项或几项，不重复：{'、'.join(choices)}"
        value = self._take(key, default, allowed)
        if value is None:
            return () if isinstance(default, _Required) else tuple(default)
        if not isinstance(value, list) or not value or len({str(v) for v in value}) < len(value):
            self.fail(key, allowed)
        for item in value:
            if item not in choices:
                self.fail(key, allowed, _not_one_of(item, choices))
        return tuple(value)

    def integer(self, key: str, low: int, high: int, default: T | _Required = REQUIRED) -> int | T:
        """A whole number from `low` to `high`."""
        allowed = f"{low} 到 {high} 的整数"
        value = self._take(key, default, allowed)
        if value is None and not isinstance(default, _Required):
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(key, allowed)
        return value

    def number(
        self, key: str, high: int, default: Fraction | _Required = REQUIRED, *, positive: bool = False
    ) -> Fraction:
        """An exact number from 0 (above 0 if `positive`) to `high`, from 0.5, 1 or "1/2"."""
        allowed = f"{'大于 0' if positive else '0'} 到 {high} 的数，如 0.5 或 1/2"
        value = self._take(key, default, allowed)
        if value is None and isinstance(default, Fraction):
            return default
        exact = None if "%" in clean_text(value) else exact_share(value)
        if exact is None or not 0 <= exact <= high or (positive and exact == 0):
            self.fail(key, allowed)
        return exact

    def share(
        self, key: str, default: T | _Required = REQUIRED, *, zero: bool = False, one: bool = False
    ) -> Fraction | T:
        """An exact share from 0.2, "20%" or "1/5". zero, one: whether that end of [0, 1] is allowed."""
        low, high = "不小于 0" if zero else "大于 0", "不超过 1" if one else "小于 1"
        allowed = f"{low}、{high}的数，如 40%、0.4 或 2/5"
        value = self._take(key, default, allowed)
        if value is None and not isinstance(default, _Required):
            return default
        exact = exact_share(value)
        if exact is None or not 0 <= exact <= 1 or (exact == 0 and not zero) or (exact == 1 and not one):
            self.fail(key, allowed)
        return exact

    def section(self, key: str, needed: str = "") -> Section:
        """The table under that key, empty if absent. needed: what it must say; then absence is an error."""
        self._asked[key] = None
        value = self.values.get(key)
        if value is None and not needed:
            value = {}
        if not isinstance(value, dict):
            self.fail(key, needed or f"一节 [{self.path(key)}]")
        return Section(self.file, value, self.path(key), self.ours)

    def sections(self, key: str, *, least: int = 0) -> list[Section]:
        """The tables of a list under that key, named by their id if they have one. Equal ids are an error."""
        self._asked[key] = None
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value) or len(value) < least:
            self.fail(key, f"各项组成的列表 [[{self.path(key)}]]" + (f"，至少 {least} 项" if least else ""))
        seen: set[str] = set()
        for item in value:
            name = item.get("id")
            if name is not None and str(name) in seen:
                self.fail(key, "每项一个不同的 id", f"里 id “{_shown(name)}”出现了两次")
            if name is not None:
                seen.add(str(name))
        return [
            Section(self.file, v, self.path(f"{key}.{v.get('id', f'第{n}项')}"), self.ours)
            for n, v in enumerate(value, start=1)
        ]

    def free_keys(self) -> list[str]:
        """Keys of a table whose names the file chooses itself, in file order."""
        return [key for key in self.values if key != "our_default"]

    def done(self) -> None:
        """Refuse keys that were never asked for, with the likeliest meant one."""
        for key in self._unasked():
            known = [k for k in self._asked if k != "our_default"]
            self.fail(key, _either(known), f"是不认识的项{_meant(key, known)}")

    def _unasked(self) -> list[str]:
        return [key for key in self.values if key not in self._asked]


def _shown(value: object) -> str:
    text = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return text if len(text) <= 30 else text[:30] + "…"


def _either(choices: Sequence[str]) -> str:
    return "、".join(choices)


def _not_one_of(value: object, choices: Sequence[str]) -> str:
    return f"写着“{_shown(value)}”{_meant(str(value), choices)}"


def _meant(word: str, choices: Sequence[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word, choices, n=1)
    return f"（是不是 {close[0]}？）" if close else ""
