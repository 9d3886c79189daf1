"""Firmware versions as makers write them: their order, ranges of them, and combinations known bad.

One order for all: numbers as numbers (4.9 < 4.10), missing places as zero (4.1 = 4.1.0), test
releases before their release (1.2.3-rc1 < 1.2.3), letters and build numbers after it (4.1 < 4.1a <
4.1b < 4.1.1). What follows a plus sign is build information and does not count (SemVer 2.0, 10).
A date is three numbers, however it is written (20240301 = 2024-03-01).
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.kernel.errors import Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import msg

MAX_LENGTH = 100
MAX_RANGE = 300

# (rank, number, word): rank says what kind of piece it is, and with it which comes first.
_Piece = tuple[int, int, str]
VersionKey = tuple[tuple[int, ...], tuple[_Piece, ...]]

_TEST, _END, _WORD, _NUMBER = range(4)
_TEST_RELEASES = {
    "dev": 0, "snapshot": 0, "nightly": 0, "alpha": 1, "beta": 2, "preview": 3, "pre": 3, "rc": 4,
}  # fmt: skip
_PLAIN_RELEASES = frozenset({"final", "release", "stable", "ga"})
# What stands before the first number: "v", "FW ", "build_", also after a model's name: "G1_V1.0".
_LABEL = re.compile(
    r"^(?:[a-z][a-z0-9]*[\s_-]+(?=v\d))?(?:version|ver|firmware|fw|release|build|v|r)[\s._:-]*(?=\d)"
)
_DATE = re.compile(
    r"^((?:19|20)\d\d)([-./_]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)", re.ASCII
)
_RELEASE = re.compile(r"^\d+(?:\.\d+)*", re.ASCII)
_PIECE = re.compile(r"[0-9]+|[^\W\d_]+")


class UnreadableVersion(Refused):
    code = "unreadable_version"


@lru_cache(maxsize=4096)  # a range asks for its ends at every comparison
def version_key(version: str) -> VersionKey:
    """The place of a version in the order of all versions: compare keys with `<` and `==`."""
    said = _said(version).split("+", 1)[0].strip()
    said = _LABEL.sub("", said)
    said = _DATE.sub(lambda date: f"{date[1]}.{date[3]}.{date[4]}", said)
    release = _RELEASE.match(said)
    numbers = [int(number) for number in release[0].split(".")] if release else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    rest = _PIECE.findall(said[release.end() :] if release else said)
    pieces = [_piece(word) for word in rest if word not in _PLAIN_RELEASES]
    return tuple(numbers), (*pieces, (_END, 0, ""))


def _piece(word: str) -> _Piece:
    if word.isdecimal():
        return _NUMBER, int(word), ""
    if word in _TEST_RELEASES:
        return _TEST, _TEST_RELEASES[word], ""
    return _WORD, 0, word


def _said(version: str) -> str:
    said = search_key(version)
    if not said or len(said) > MAX_LENGTH:
        raise UnreadableVersion(
            msg("A version has 1 to {most} characters.", most=MAX_LENGTH), field="version"
        )
    return said


_Test = Callable[[VersionKey, VersionKey], bool]
_TESTS: Mapping[str, _Test] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_CLAUSE = re.compile(r"(>=|<=|==|!=|=|>|<)?\s*([^<>=!,;]+)")
_MATHEMATICAL = str.maketrans({"≥": ">=", "≤": "<=", "≠": "!=", ";": ","})
ANY = "*"


@dataclass(frozen=True, slots=True)
class VersionRange:
    """Versions that pass every clause: `>=4.1,<4.3`, `4.2.1` (that one alone), `*` (all).

    The plain order counts: 4.3-rc1 is below 4.3, and so passes `<4.3`.
    """

    clauses: tuple[tuple[str, str], ...]

    def contains(self, version: str) -> bool:
        key = version_key(version)
        return all(_TESTS[test](key, version_key(bound)) for test, bound in self.clauses)

    def __str__(self) -> str:
        return ",".join(f"{test}{version}" for test, version in self.clauses) or ANY


def read_range(text: str) -> VersionRange:
    """The range that a text says. Refuses what cannot be read, and a range that nothing is in."""
    if len(text) > MAX_RANGE:
        raise _unreadable(text)
    said = search_key(text).translate(_MATHEMATICAL)
    if said == ANY:
        return VersionRange(())
    clauses: list[tuple[str, str]] = []
    for part in re.split(r",|(?<=[^\s<>=!,])\s+(?=[<>=!])", said):
        clause = _CLAUSE.fullmatch(part.strip())
        if clause is None:
            raise _unreadable(text)
        test = clause[1] or "=="
        clauses.append(("==" if test == "=" else test, clause[2].strip()))
    keys = tuple((test, version_key(version)) for test, version in clauses)
    if _is_empty(keys):
        raise UnreadableVersion(
            msg("No version can be in the range “{range}”.", range=text), field="firmware"
        )
    return VersionRange(tuple(clauses))


def _unreadable(text: str) -> UnreadableVersion:
    return UnreadableVersion(
        msg(
            "“{range}” is no range of versions; write for example >=4.1,<4.3.",
            range=text[:MAX_LENGTH],
        ),
        field="firmware",
    )


def _is_empty(keys: Sequence[tuple[str, VersionKey]]) -> bool:
    """Whether lower and upper clauses leave nothing between them."""
    lows = [(key, test == ">") for test, key in keys if test in {">=", ">", "=="}]
    highs = [(key, test == "<") for test, key in keys if test in {"<=", "<", "=="}]
    if not lows or not highs:
        return False
    low, above = max(lows)
    high = min(key for key, _ in highs)
    below = any(open_end for key, open_end in highs if key == high)
    excluded = any(test == "!=" and key == low for test, key in keys)
    return low > high or (low == high and (above or below or excluded))


@dataclass(frozen=True, slots=True)
class BadCombination:
    """Versions that must not be in one robot together: all parts of `parts` at the same time.

    `parts` maps what carries a version (`robot`, `controller`, `ai_model`, a slot class) to the
    range that is bad; `models` names the models concerned, none meaning all of them.
    """

    code: str
    reason: str
    parts: Mapping[str, VersionRange]
    models: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BadMatch:
    """A combination found; `versions` are the culprits. Not `certain` where one is unrecorded."""

    rule: BadCombination
    versions: tuple[tuple[str, str], ...]
    certain: bool


def bad_combinations(
    rules: Iterable[BadCombination], *, model: str, installed: Mapping[str, Sequence[str | None]]
) -> tuple[BadMatch, ...]:
    """The rules that a robot breaks, certain ones first.

    `installed` gives for each part the versions in the robot, one per component; None for a
    component whose version nobody recorded. A part that is not there breaks nothing.
    """
    matches = [
        match
        for rule in rules
        if (not rule.models or search_key(model) in rule.models)
        and (match := _match(rule, installed)) is not None
    ]
    return tuple(sorted(matches, key=lambda match: not match.certain))


def _match(rule: BadCombination, installed: Mapping[str, Sequence[str | None]]) -> BadMatch | None:
    culprits: list[tuple[str, str]] = []
    certain = True
    for part, bad in rule.parts.items():
        versions = installed.get(part, ())
        found = [version for version in versions if version is not None and bad.contains(version)]
        if not found and None not in versions:
            return None
        certain = certain and bool(found)
        culprits += [(part, version) for version in found]
    return BadMatch(rule, tuple(culprits), certain)
