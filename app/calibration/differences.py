"""How a value of a file differs from the one before it: exactly, as both were written."""

import json
import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from app.calibration.metrology.camera import extrinsic_delta
from app.calibration.metrology.errors import MeasurementRefused
from app.calibration.metrology.rotation import RigidTransform, rotation_matrix
from app.kernel.text import Text, msg

_ORDER = 4
_SHORTEST_FORM = 12


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed: `amount` for one number, a sentence for all else; neither: it is the same."""

    amount: str = ""
    text: Text | None = None

    @property
    def changed(self) -> bool:
        return bool(self.amount) or self.text is not None


SAME = Difference()


def between(before: str, after: str, *, unit_before: str, unit_after: str) -> Difference:
    """From one writing to the next; `0.10` and `0.1` are the same number."""
    if unit_before != unit_after:
        return Difference(text=msg("The unit was {unit}.", unit=unit_before or "–"))
    if before == after:
        return SAME
    one, other = _decimal(before), _decimal(after)
    if one is not None and other is not None:
        return Difference(amount=_signed(other - one)) if one != other else SAME
    old, new = _matrix(before), _matrix(after)
    if old is not None and new is not None:
        return _moved(old, new)
    return _listed(before, after)


def _decimal(written: str) -> Decimal | None:
    try:
        number = Decimal(written.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 400 else None  # noqa: PLR2004


def _signed(amount: Decimal) -> str:
    short = f"{amount:f}"
    if len(short) > 2 * _SHORTEST_FORM:
        short = f"{amount:.6g}"
    return short if amount < 0 else f"+{short}"


def _listed(before: str, after: str) -> Difference:
    one, other = _numbers(before), _numbers(after)
    if one is None or other is None:
        return Difference(text=msg("Was “{before}”.", before=before[:80]))
    if len(one) != len(other):
        return Difference(
            text=msg("Had {before} numbers, has {after}.", before=len(one), after=len(other))
        )
    moved = [abs(new - old) for old, new in zip(one, other, strict=True)]
    largest = max(moved, default=0.0)
    if not largest:
        return SAME
    return Difference(
        text=msg(
            "Largest change {amount}, at number {place}.",
            amount=f"{largest:.4g}",
            place=moved.index(largest) + 1,
        )
    )


def _moved(before: list[list[float]], after: list[list[float]]) -> Difference:
    try:
        delta = extrinsic_delta(_transform(before), _transform(after))
    except MeasurementRefused:
        return Difference(text=msg("Changed."))
    if not delta.distance and not delta.angle:
        return SAME
    return Difference(
        text=msg(
            "Moved by {distance} mm and turned by {angle}°.",
            distance=f"{delta.distance * 1000:.3f}",
            angle=f"{math.degrees(delta.angle):.4f}",
        )
    )


def _transform(matrix: list[list[float]]) -> RigidTransform:
    x, y, z = (row[3] for row in matrix[:3])
    return RigidTransform(rotation_matrix([row[:3] for row in matrix[:3]]), (x, y, z))


def _matrix(written: str) -> list[list[float]] | None:
    found = _parsed(written)
    if not isinstance(found, list) or len(found) != _ORDER:
        return None
    rows = [row for row in found if isinstance(row, list) and len(row) == _ORDER]
    if len(rows) != _ORDER or not all(
        isinstance(number, int | float) for row in rows for number in row
    ):
        return None
    return [[float(number) for number in row] for row in rows]


def _numbers(written: str) -> list[float] | None:
    found = _parsed(written)
    if not isinstance(found, list) or not all(isinstance(each, int | float) for each in found):
        return None
    return [float(each) for each in found]


def _parsed(written: str) -> object:
    if not written.startswith("["):
        return None
    try:
        return json.loads(written, parse_int=float)
    except (ValueError, RecursionError):
        return None
