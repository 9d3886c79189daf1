"""Whether a point can be: its target, its method with inputs and settings, its limits, its unit."""

import re
from collections.abc import Sequence
from dataclasses import replace

from app.calibration.figures import figure
from app.calibration.methods import (
    METHODS,
    Method,
    Result,
    inputs_of,
    reading_units,
)
from app.calibration.metrology.errors import MeasurementRefused
from app.calibration.metrology.limits import Limits
from app.calibration.metrology.units import Unit, parse_unit
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.procedureinputs import PointInput
from app.calibration.typed import Typing, is_unit
from app.kernel.text import msg

MOST_READINGS = 500
_LONGEST_TARGET = 180
_LONGEST_QUANTITY = 40
_TARGET = re.compile(r"robot|(joint|frame|slot):[^\s:]\S*")
_ANGLES = frozenset({"rad", "mrad", "deg", "°"})
_RESULTS: dict[Result, Unit] = {
    Result.RATIO: parse_unit("1"),
    Result.LENGTH: parse_unit("m"),
    Result.CHARGE: parse_unit("A·h"),
    Result.PIXELS: parse_unit("px"),
}


def read_point(
    seen: Typing,
    point: PointInput,
    *,
    others: Sequence[ProcedurePoint],
    roles: frozenset[str],
) -> PointInput:
    """The point as it is kept; `others` are the version's other points, as inputs."""
    method = METHODS.get(point.method)
    unit = seen.unit("unit", point.unit)
    target = seen.text("target", point.target, most=_LONGEST_TARGET, required=True)
    if target and not _TARGET.fullmatch(target):
        seen.refuse(
            "target", msg("Write robot, or joint:, frame: or slot: with its name behind it.")
        )
    role = point.role.strip()
    if role and role not in roles:
        seen.refuse("role", msg("Choose one of the version's equipment roles."))
    if method is None:
        seen.refuse("method", msg("Choose one of the methods."))
    read = replace(
        point,
        label=seen.text("label", point.label, required=True),
        target=target,
        quantity=seen.text("quantity", point.quantity, most=_LONGEST_QUANTITY, required=True),
        unit=unit,
        role=role,
        # a computed point has no numbers of its own
        components=point.components if point.readings else 1,
        nominal=seen.figure("nominal", point.nominal),
        lower=seen.figure("lower", point.lower),
        upper=seen.figure("upper", point.upper),
    )
    _check_limits(seen, read)
    if method is None:
        return read
    _check_result(seen, method, unit)
    _check_readings(seen, method, read)
    _check_inputs(seen, method, read, others)
    return replace(read, settings=_read_settings(seen, method, point.settings))


def _check_limits(seen: Typing, point: PointInput) -> None:
    """One side alone is a tolerance too; the nominal value lies within."""
    if any(field in seen.problems for field in ("lower", "upper", "nominal")):
        return
    lower, upper = figure(point.lower), figure(point.upper)
    if lower is None and upper is None:
        return
    try:
        limits = Limits(lower, upper)
    except MeasurementRefused as refusal:
        seen.refuse("lower" if lower is not None else "upper", refusal.message)
        return
    nominal = figure(point.nominal)
    if nominal is not None and not limits.contain(nominal):
        seen.refuse("nominal", msg("The nominal value lies outside its own limits."))


def _check_result(seen: Typing, method: Method, unit: str) -> None:
    if not is_unit(unit):
        return
    if method.result is Result.ANGLE:
        if unit not in _ANGLES:
            seen.refuse("unit", msg("This method gives an angle: rad, mrad or deg."))
    elif method.result is not Result.ANY:
        wanted = _RESULTS[method.result]
        if parse_unit(unit).dimension != wanted.dimension or unit in _ANGLES:
            seen.refuse("unit", msg("The result of this method has not such a unit."))


def _check_readings(seen: Typing, method: Method, point: PointInput) -> None:
    if not 0 <= point.readings <= MOST_READINGS:
        seen.refuse("readings", msg("Readings are from 0 to {most}.", most=MOST_READINGS))
    elif point.readings == 0:
        if method.inputs == 0:
            seen.refuse("readings", msg("This method needs readings of its own."))
    elif not method.measured:
        seen.refuse("readings", msg("This method is computed from other points: write 0."))
    elif point.readings < method.least:
        seen.refuse(
            "readings", msg("This method needs {least} readings or more.", least=method.least)
        )
    if point.readings > 0 and point.components not in method.components:
        seen.refuse(
            "components",
            msg(
                "A reading of this method has so many numbers: {counts}.",
                counts=", ".join(map(str, method.components)),
            ),
        )


def _check_inputs(
    seen: Typing, method: Method, point: PointInput, others: Sequence[ProcedurePoint]
) -> None:
    if point.readings > 0:
        if point.inputs:
            seen.refuse("inputs", msg("A point with readings of its own reads no others."))
        return
    if len(point.inputs) != method.inputs:
        seen.refuse(
            "inputs",
            msg("This method reads {count} other points; name their numbers.", count=method.inputs),
        )
        return
    known = {other.seq: other for other in others}
    for place, seq in enumerate(point.inputs):
        other = known.get(seq)
        if other is None:
            seen.refuse("inputs", msg("There is no other point {seq} here.", seq=seq))
        elif other.readings == 0:
            seen.refuse("inputs", msg("Point {seq} is computed itself.", seq=seq))
        else:
            _check_input(seen, method, point, other, place)


def _check_input(
    seen: Typing, method: Method, point: PointInput, other: ProcedurePoint, place: int
) -> None:
    if other.components not in method.components:
        seen.refuse(
            "inputs",
            msg("A reading of point {seq} has {count} numbers: this method cannot use it.",
                seq=other.seq, count=other.components),
        )  # fmt: skip
        return
    if other.readings < method.least:
        seen.refuse(
            "inputs",
            msg("Point {seq} has fewer than {least} readings.", seq=other.seq, least=method.least),
        )
    wanted = method.input_reads[place] if method.input_reads else (point.unit,)
    if not all(map(is_unit, (*wanted, *reading_units(other)))):
        return
    given = tuple(parse_unit(unit) for unit in reading_units(other))
    expected = tuple(parse_unit(unit) for unit in wanted)
    if len(expected) == 1:
        expected = expected * len(given)
    fits = len(expected) == len(given) and all(
        one.same(other_one) for one, other_one in zip(given, expected, strict=True)
    )
    if not fits:
        seen.refuse(
            "inputs",
            msg(
                "Point {seq} is read in {given}; this method takes {wanted}.",
                seq=other.seq,
                given=", ".join(dict.fromkeys(reading_units(other))),
                wanted=", ".join(wanted),
            ),
        )


def _read_settings(seen: Typing, method: Method, given: dict[str, str]) -> dict[str, str]:
    """Those that the method asks for, and no others."""
    return {
        setting.key: seen.take(
            f"setting_{setting.key}",
            lambda setting=setting: setting.read(given.get(setting.key, "")),  # type: ignore[misc]
            "",
        )
        for setting in method.settings
    }


def users_of(point: ProcedurePoint, others: Sequence[ProcedurePoint]) -> list[ProcedurePoint]:
    """The computed points that read it."""
    return [other for other in others if point.seq in inputs_of(other)]
