"""Motor calibrations as LeRobot keeps them: one JSON object of motors.

An encoder's count jumps from its last value to 0 once a turn. Where that wrap lies inside the
travel, a joint leaps while it moves; so the range, the homing offset and the robot's own limits
are checked against it (middle of the range = 0 rad).
"""

import json
import math
from typing import NoReturn

from app.calibration.readers.findings import (
    UNDECLARED,
    BadFile,
    Content,
    Declared,
    Sheet,
    is_text,
    joint,
    read_number,
    text_of,
)
from app.kernel.errors import Refused
from app.kernel.text import msg

_MOST_BYTES = 500_000
_NEEDED = ("id", "drive_mode", "homing_offset", "range_min", "range_max")
_COUNTS = ("homing_offset", "range_min", "range_max")
_MOST_ID = 253
_MOST_MOTORS = 500
_ROUNDING = 1e-9


def read_motors(data: bytes, declared: Declared = UNDECLARED) -> Content:
    """Every motor's five numbers; `declared.counts` are the steps of its encoder's turn."""
    text = text_of(data, most=_MOST_BYTES)
    motors = _parsed(text)
    lines = _lines(text, motors)
    sheet = Sheet()
    ids: dict[int, str] = {}
    for name, motor in motors.items():
        line = lines.get(name)
        numbers = _numbers(sheet, name, motor, line)
        if numbers is None:
            continue
        first = ids.setdefault(numbers["id"], name)
        if first != name:
            sheet.problem(
                line,
                msg("{name} has the id {id} of {other}.", name=name, id=numbers["id"], other=first),
            )
        _check(sheet, name, numbers, line, declared)
    return sheet.content()


def _parsed(text: str) -> dict[str, object]:
    try:
        found = json.loads(
            text,
            parse_constant=_no_number,
            parse_float=_as_written,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as broken:
        raise BadFile(
            msg("The file cannot be read as JSON: {reason}", reason=broken.msg[:120]), broken.lineno
        ) from broken
    except (RecursionError, ValueError) as broken:
        raise BadFile(
            msg("The file cannot be read as JSON: {reason}", reason=str(broken)[:120])
        ) from broken
    if not isinstance(found, dict) or not found:
        raise BadFile(msg("The file names no motors."))
    if len(found) > _MOST_MOTORS:
        raise BadFile(msg("A file names at most {most} motors.", most=_MOST_MOTORS))
    return found


def _no_number(said: str) -> NoReturn:
    raise BadFile(msg("“{said}” is not a finite number.", said=said))


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    named: dict[str, object] = {}
    for name, value in pairs:
        if not is_text(name) or (isinstance(value, str) and not is_text(value)):
            raise BadFile(msg("A text in the file is not readable."))
        if name in named:
            raise BadFile(msg("“{name}” stands here twice.", name=name[:80]))
        named[name] = value
    return named


def _as_written(said: str) -> str:
    """A number with a point stays as it was written; 1e999 is none."""
    try:
        read_number(said)
    except Refused as refusal:
        raise BadFile(refusal.message) from refusal
    return said


def _lines(text: str, motors: dict[str, object]) -> dict[str, int]:
    """Where each motor's name stands for the first time."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        for name in motors:
            if name not in found and json.dumps(name, ensure_ascii=False) in line:
                found[name] = number
    return found


def _numbers(sheet: Sheet, name: str, motor: object, line: int | None) -> dict[str, int] | None:
    if not isinstance(motor, dict):
        sheet.problem(line, msg("{name} is no motor.", name=name[:80]))
        return None
    numbers: dict[str, int] = {}
    for key in _NEEDED:
        value = motor.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**31:
            sheet.problem(
                line, msg("{name} needs a whole number as {key}.", name=name[:80], key=key)
            )
            return None
        numbers[key] = value
    for key, value in motor.items():
        if isinstance(value, str | int):
            sheet.add(
                joint(name), key, str(value), unit="count" if key in _COUNTS else "", line=line
            )
        else:
            sheet.problem(
                line, msg("{name}: {key} is not one value.", name=name[:80], key=key[:80])
            )
    return numbers


def _check(
    sheet: Sheet, name: str, numbers: dict[str, int], line: int | None, declared: Declared
) -> None:
    last = declared.counts - 1
    low, high = numbers["range_min"], numbers["range_max"]
    if not 0 <= numbers["id"] <= _MOST_ID:
        sheet.problem(line, msg("{name}: {id} is no id of a motor.", name=name, id=numbers["id"]))
    if low >= high:
        sheet.problem(
            line,
            msg(
                "{name}: the range goes from {low} to {high}, so the encoder's wrap lies inside the"
                " travel. Set the homing offset anew and record the range again.",
                name=name,
                low=low,
                high=high,
            ),
        )
        return
    if low < 0 or high > last:
        sheet.problem(
            line,
            msg(
                "{name}: the range {low} to {high} does not lie within 0 to {last}; was the homing"
                " offset {offset} left in it?",
                name=name,
                low=low,
                high=high,
                last=last,
                offset=numbers["homing_offset"],
            ),
        )
        return
    if abs(numbers["homing_offset"]) > declared.counts // 2:
        sheet.problem(
            line,
            msg(
                "{name}: the homing offset {offset} is more than half a turn of {counts} counts.",
                name=name,
                offset=numbers["homing_offset"],
                counts=declared.counts,
            ),
        )
    _check_wrap(sheet, name, (low, high), line, declared)


def _check_wrap(
    sheet: Sheet, name: str, range_: tuple[int, int], line: int | None, declared: Declared
) -> None:
    """Whether the robot's own limits reach beyond where the count jumps."""
    low, high = range_
    if (low, high) == (0, declared.counts - 1):
        sheet.note(
            line,
            msg("{name} takes the whole turn; its count wraps within the travel.", name=name),
        )
        return
    limits = declared.travel.get(name)
    if limits is None:
        return
    step = 2 * math.pi / declared.counts
    middle = (low + high) / 2
    below, above = (0 - middle) * step, (declared.counts - middle) * step
    if limits[0] < below - _ROUNDING or limits[1] > above + _ROUNDING:
        sheet.problem(
            line,
            msg(
                "{name}: the encoder wraps at {below} and {above} rad, inside the robot's limits"
                " {lower} to {upper} rad.",
                name=name,
                below=round(below, 3),
                above=round(above, 3),
                lower=round(limits[0], 3),
                upper=round(limits[1], 3),
            ),
        )
