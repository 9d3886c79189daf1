"""What a file says: values as written, by target and parameter, and what is wrong with it."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.kernel.csvreading import decoded
from app.kernel.errors import Refused, TooLarge
from app.kernel.text import Text, msg

MOST_BYTES = 5_000_000
MOST_FINDINGS = 50_000
MOST_PROBLEMS = 500
LONGEST_NAME = 160
LONGEST_PARAMETER = 100
LONGEST_VALUE = 4_000
LONGEST_UNIT = 32
ROBOT = "robot"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?\.?(nan|inf|infinity)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Finding:
    """One value as written: of `joint:NAME`, `frame:NAME` or `robot`, in the file's unit."""

    target: str
    parameter: str
    value: str
    unit: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about a line: a problem that keeps the file out, or a note that does not."""

    line: int | None
    text: Text


@dataclass(frozen=True, slots=True)
class Content:
    """All that a reader has to say of a file."""

    findings: tuple[Finding, ...]
    problems: tuple[Remark, ...]
    notes: tuple[Remark, ...]


class BadFile(Refused):
    """The file as a whole cannot be read; `line` is where, if it is known."""

    code = "calibration_file"

    def __init__(self, message: Text, line: int | None = None) -> None:
        said = (
            message if line is None else msg("Line {line}: {problem}", line=line, problem=message)
        )
        super().__init__(said, field="file")
        self.line = line


@dataclass(slots=True)
class Sheet:
    """Findings and remarks while a file is read."""

    findings: list[Finding] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    _seen: dict[tuple[str, str], int | None] = field(default_factory=dict)

    def add(
        self, target: str, parameter: str, value: str, *, unit: str = "", line: int | None = None
    ) -> None:
        """A value that the file states; one stated twice is a problem, for which one is meant?"""
        problem = _cannot_be(target, parameter, value, unit)
        key = (target, parameter)
        if problem is None and key in self._seen:
            problem = msg(
                "{parameter} of {target} is stated twice, first on line {first}.",
                parameter=parameter,
                target=target,
                first=self._seen[key] or "–",
            )
        if problem is not None:
            self.problem(line, problem)
            return
        if len(self.findings) >= MOST_FINDINGS:
            raise BadFile(msg("A file states at most {most} values.", most=MOST_FINDINGS), line)
        self._seen[key] = line
        self.findings.append(Finding(target, parameter, value, unit, line))

    def number(
        self, target: str, parameter: str, value: str, *, unit: str = "", line: int | None = None
    ) -> float | None:
        """The same for a value that must be a number; gives it, or None where it is none."""
        try:
            number = read_number(value)
        except Refused as refusal:
            self.problem(
                line,
                msg(
                    "{parameter} of {target}: {problem}",
                    parameter=parameter,
                    target=target,
                    problem=refusal.message,
                ),
            )
            return None
        self.add(target, parameter, value, unit=unit, line=line)
        return number

    def problem(self, line: int | None, text: Text) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Remark(line, text))

    def note(self, line: int | None, text: Text) -> None:
        if len(self.notes) < MOST_PROBLEMS:
            self.notes.append(Remark(line, text))

    def content(self) -> Content:
        """What was found. Raises BadFile for a file that says nothing at all."""
        if not self.findings and not self.problems:
            raise BadFile(msg("The file states no value that is known here."))
        return Content(tuple(self.findings), tuple(self.problems), tuple(self.notes))


def read_number(written: str) -> float:
    """A finite number in plain writing. Raises Refused for what is none, NaN and infinity."""
    said = written.strip()
    if _NOT_FINITE.fullmatch(said):
        raise Refused(msg("“{said}” is not a finite number.", said=said[:40]))
    if not _NUMBER.fullmatch(said):
        raise Refused(msg("“{said}” is not a number.", said=said[:40]))
    number = float(said)
    if not math.isfinite(number):
        raise Refused(msg("“{said}” is not a finite number.", said=said[:40]))
    return number


def text_of(data: bytes, *, encoding: str = "", most: int = MOST_BYTES) -> str:
    """The file as text, with or without a byte order mark, in Unicode, GB18030 or Windows-1252."""
    check_size(data, most=most)
    return decoded(data, encoding)[0]


def check_size(data: bytes, *, most: int = MOST_BYTES) -> None:
    """Refuse what no reader should even see."""
    if len(data) > most:
        raise TooLarge(msg("A file has at most {most} MB.", most=most / 1_000_000), field="file")
    if not data.strip():
        raise BadFile(msg("The file is empty."))


def is_text(said: str) -> bool:
    """Whether it can be written down at all; JSON and YAML can name halves of characters."""
    try:
        said.encode()
    except UnicodeEncodeError:
        return False
    return True


def joint(name: str) -> str:
    return f"joint:{name}"


def frame(name: str) -> str:
    return f"frame:{name}"


def list_text(items: Sequence[str]) -> str:
    """A list as one value, its items as they were written."""
    return f"[{', '.join(items)}]"


def _cannot_be(target: str, parameter: str, value: str, unit: str) -> Text | None:
    for name, said, longest in (
        (msg("target"), target, LONGEST_NAME),
        (msg("parameter"), parameter, LONGEST_PARAMETER),
    ):
        if not said or said.endswith(":") or len(said) > longest or not said.isprintable():
            return msg(
                "The {name} “{said}” is not a readable name of at most {most} characters.",
                name=name,
                said="".join(sign for sign in said[:40] if sign.isprintable()),
                most=longest,
            )
    if len(value) > LONGEST_VALUE:
        return msg("A value has at most {most} characters.", most=LONGEST_VALUE)
    if "\x00" in value or not is_text(value):
        return msg("A value of {target} is not readable text.", target=target)
    if len(unit) > LONGEST_UNIT:
        return msg("A unit has at most {most} characters.", most=LONGEST_UNIT)
    return None


@dataclass(frozen=True, slots=True)
class Declared:
    """What a person says of a file, because the file does not.

    `target` of values that name none; `joints` in the order of the file's arrays; `known_joints`
    and `travel` (rad) are the robot's own; `counts` of an encoder's turn.
    """

    target: str = ""
    joints: tuple[str, ...] = ()
    counts: int = 4096
    known_joints: frozenset[str] = frozenset()
    travel: Mapping[str, tuple[float, float]] = field(default_factory=dict)


UNDECLARED = Declared()
