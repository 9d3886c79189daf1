"""How each method makes one figure of readings, with the part of its budget that they give.

Pure, over the metrology core. Rows of type A are in the unit of the result. A figure that needs
more readings than there are is `None`; readings that contradict the formula are refused by the
core.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.calibration.figures import vector
from app.calibration.metrology.battery import capacity, state_of_health
from app.calibration.metrology.budget import BudgetRow, pooled_row, type_a_row
from app.calibration.metrology.camera import reprojection_error
from app.calibration.metrology.descriptive import max_abs as largest_magnitude
from app.calibration.metrology.descriptive import mean, root_mean_square, sample_sd
from app.calibration.metrology.evaluation import REPEATABILITY
from app.calibration.metrology.force_torque import (
    centre_of_pressure,
    centre_of_pressure_error,
)
from app.calibration.metrology.force_torque import weight_error as share_of_weight
from app.calibration.metrology.imu import six_position
from app.calibration.metrology.joint import backlash as backlash_of
from app.calibration.metrology.pose import (
    barycentre,
    distance_figures,
    follows_iso_9283,
    position_accuracy,
    position_repeatability,
)
from app.calibration.metrology.rotation import angle_difference, angle_spread
from app.calibration.metrology.units import parse_unit

Series = Sequence[tuple[float, ...]]
_AXES = {"x": 0, "y": 1, "z": 2}
_TWO = 2


@dataclass(frozen=True, slots=True)
class MethodValue:
    """A figure in the point's unit; `sd` is the readings' spread where the figure has one."""

    value: float | None
    rows: tuple[BudgetRow, ...] = ()
    sd: float | None = None
    extra: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """What a figure is made of: readings (its own, or of its inputs in turn) and settings."""

    unit: str
    nominal: float | None
    inputs: tuple[Series, ...]
    settings: Mapping[str, str]

    def singles(self, place: int = 0) -> list[float]:
        return [reading[0] for reading in self.inputs[place]]

    def number(self, key: str) -> float:
        return float(self.settings[key])


def mean_of(source: Source) -> MethodValue:
    """Arithmetic mean; numbers of one reading are added up first."""
    return _averaged([math.fsum(reading) for reading in source.inputs[0]])


def angle_mean(source: Source) -> MethodValue:
    """Mean direction, free of the wrap at 360 degrees, on the turn of the nominal value."""
    factor = parse_unit(source.unit).factor
    spread = angle_spread(value * factor for value in source.singles())
    nominal = (source.nominal or 0.0) * factor
    value = (nominal + angle_difference(spread.mean, nominal)) / factor
    deviations = [deviation / factor for deviation in spread.deviations]
    return MethodValue(value, _repeatability(deviations), _sd(deviations))


def zero_offset(source: Source) -> MethodValue:
    """What is to be ADDED to the joint's reading: reference minus mean reading."""
    factor = parse_unit(source.unit).factor
    spread = angle_spread(value * factor for value in source.singles())
    reference = source.number("reference") * factor
    deviations = [deviation / factor for deviation in spread.deviations]
    return MethodValue(
        angle_difference(reference, spread.mean) / factor,
        _repeatability(deviations),
        _sd(deviations),
    )


def max_abs(source: Source) -> MethodValue:
    """Largest magnitude; a single reading's spread is its repeatability."""
    values = source.singles()
    return _single(largest_magnitude(values), values)


def largest(source: Source) -> MethodValue:
    """Largest reading; a single reading's spread is its repeatability."""
    values = source.singles()
    return _single(max(values), values)


def vector_length(source: Source) -> MethodValue:
    """Length of the mean vector; the spread is taken along it."""
    return _along(source.inputs[0], (0.0,) * len(source.inputs[0][0]))


def pose_accuracy(source: Source) -> MethodValue:
    attained = source.inputs[0]
    commanded = vector(source.settings["commanded"])
    figure = position_accuracy(commanded, attained)
    result = _along(attained, commanded)
    x, y, z = figure.components
    return MethodValue(
        figure.distance, result.rows, result.sd, {"x": x, "y": y, "z": z, **_cycles(attained)}
    )


def pose_repeatability(source: Source) -> MethodValue:
    figure = position_repeatability(source.inputs[0])
    row = pooled_row(
        REPEATABILITY,
        pooled_sd=figure.standard_uncertainty,
        readings=1,
        dof=figure.cycles - 1,
    )
    extra = {"mean_distance": figure.mean_distance, "s": figure.sd, **_cycles(source.inputs[0])}
    return MethodValue(figure.repeatability, (row,), figure.sd, extra)


def distance_accuracy(source: Source) -> MethodValue:
    first, second = _pairs(source)
    commanded = ((0.0, 0.0, 0.0), (source.number("distance"), 0.0, 0.0))
    figures = distance_figures(commanded=commanded, first=first, second=second)
    distances = [math.dist(one, other) for one, other in zip(first, second, strict=True)]
    extra = {"repeatability": figures.repeatability, **_cycles(first)}
    return MethodValue(figures.accuracy, _repeatability(distances), sample_sd(distances), extra)


def backlash(source: Source) -> MethodValue:
    above, below = source.singles(0), source.singles(1)
    figure = backlash_of(above, below)
    rows = (
        type_a_row(f"{REPEATABILITY}, from above", above),
        type_a_row(f"{REPEATABILITY}, from below", below, sensitivity=-1.0),
    )
    return MethodValue(figure.backlash, rows)


def six_position_bias(source: Source) -> MethodValue:
    axis = _AXES[source.settings["axis"]]
    figures = _six(source)
    return MethodValue(figures.bias[axis], _half_rows(source, axis, 1.0))


def six_position_scale(source: Source) -> MethodValue:
    """Scale error: (up - down)/(2 g) - 1, in the point's unit (1, %, ppm)."""
    axis = _AXES[source.settings["axis"]]
    factor = parse_unit(source.unit).factor
    per_reading = 1 / (source.number("gravity") * factor)
    error = (_six(source).scale[axis] - 1) / factor
    return MethodValue(error, _half_rows(source, axis, per_reading))


def reprojection_rms(source: Source) -> MethodValue:
    """RMS distance; a reading is the distance, its two parts, or both points (4 numbers)."""
    seen = source.inputs[0]
    distances = [_reprojected(reading) for reading in seen]
    value = root_mean_square(distances)
    extra = {"points": float(len(seen))}
    if len(seen[0]) == 2 * _TWO:
        error = reprojection_error([r[:_TWO] for r in seen], [r[_TWO:] for r in seen])
        extra |= {"axis_sd_u": error.axis_sd[0], "axis_sd_v": error.axis_sd[1]}
    if value == 0 or len(distances) < _TWO:
        return MethodValue(value, extra=extra)
    squares = [distance * distance for distance in distances]
    return MethodValue(
        value,
        (type_a_row(REPEATABILITY, squares, sensitivity=1 / (2 * value)),),
        sample_sd(distances),
        extra,
    )


def discharged(source: Source) -> MethodValue:
    """Charge of a discharge record of times (s) and currents (A)."""
    record = source.inputs[0]
    charge = _charge(record)
    seconds = record[-1][0] - record[0][0]
    # 1 A h is 3600 A s
    return MethodValue(
        charge * 3600 / parse_unit(source.unit).factor,
        extra={"seconds": seconds, "mean_current": charge * 3600 / seconds},
    )


def health(source: Source) -> MethodValue:
    """State of health of a discharge record, in the point's unit (%, 1)."""
    share = state_of_health(_charge(source.inputs[0]), source.number("rated"))
    return MethodValue(share / 100 / parse_unit(source.unit).factor)


def weight_error(source: Source) -> MethodValue:
    """How far the feet's forces are off the robot's weight, as a share of it."""
    forces = [math.fsum(reading) for reading in source.inputs[0]]
    masses, gravity = source.singles(1), source.number("gravity")
    force, mass = mean(forces), mean(masses)
    scale = 1 / parse_unit(source.unit).factor
    value = share_of_weight([force], mass=mass, gravity=gravity) * scale
    return MethodValue(
        value,
        (
            *_repeatability(forces, "force", scale / (mass * gravity)),
            *_repeatability(masses, "mass", -scale * force / (mass * mass * gravity)),
        ),
        extra={"force": force, "mass": mass},
    )


def pressure_centre(source: Source) -> MethodValue:
    """Distance of the mean centre of pressure from the plumb mark; wrenches in N and N m."""
    least = source.number("least_force")
    factor = parse_unit(source.unit).factor
    mark = vector(source.settings["mark"])
    centres = [
        tuple(axis / factor for axis in centre_of_pressure(wrench, least_force=least))
        for wrench in source.inputs[0]
    ]
    x, y = mean(c[0] for c in centres), mean(c[1] for c in centres)
    result = _along(centres, mark)
    return MethodValue(
        centre_of_pressure_error((x, y), mark), result.rows, result.sd, {"x": x, "y": y}
    )


def _averaged(values: Sequence[float]) -> MethodValue:
    return MethodValue(mean(values), _repeatability(values), _sd(values))


def _single(value: float, values: Sequence[float]) -> MethodValue:
    if len(values) < _TWO:
        return MethodValue(value)
    spread = sample_sd(values)
    row = pooled_row(REPEATABILITY, pooled_sd=spread, readings=1, dof=len(values) - 1)
    return MethodValue(value, (row,), spread, {"mean": mean(values)})


def _repeatability(
    values: Sequence[float], of: str = "", sensitivity: float = 1.0
) -> tuple[BudgetRow, ...]:
    """The row of a mean; a single reading says nothing of its spread."""
    name = f"{REPEATABILITY}, {of}" if of else REPEATABILITY
    return (type_a_row(name, values, sensitivity=sensitivity),) if len(values) > 1 else ()


def _sd(values: Sequence[float]) -> float | None:
    return sample_sd(values) if len(values) > 1 else None


def _along(points: Series, origin: Sequence[float]) -> MethodValue:
    """Distance of the mean point from an origin, with the spread in that direction."""
    centre = [mean(axis) for axis in zip(*points, strict=True)]
    offset = [c - o for c, o in zip(centre, origin, strict=True)]
    length = math.hypot(*offset)
    if length == 0:  # no direction: the widest axis stands for all
        axes = [[p - c for p in axis] for axis, c in zip(zip(*points, strict=True), centre,
                                                         strict=True)]  # fmt: skip
        along = max(axes, key=largest_magnitude)
    else:
        along = [
            math.fsum((p - c) * o / length for p, c, o in zip(point, centre, offset, strict=True))
            for point in points
        ]
    return MethodValue(length, _repeatability(along), _sd(along))


def _cycles(attained: Series) -> dict[str, float]:
    """With fewer than 30 cycles a figure is only derived from ISO 9283."""
    return {
        "cycles": float(len(attained)),
        "follows_iso_9283": float(follows_iso_9283(len(attained))),
    }


def _pairs(source: Source) -> tuple[Series, Series]:
    """Two poses, cycle by cycle; what one has more than the other is not looked at yet."""
    first, second = source.inputs
    both = min(len(first), len(second))
    return first[:both], second[:both]


def _six(source: Source) -> "_SixFigures":
    """Inputs are +x, -x, +y, -y, +z, -z up."""
    means = [barycentre(readings) for readings in source.inputs]
    found = six_position(means[0::2], means[1::2], gravity=source.number("gravity"))
    return _SixFigures(found.bias, found.scale)


@dataclass(frozen=True, slots=True)
class _SixFigures:
    bias: tuple[float, float, float]
    scale: tuple[float, float, float]


def _half_rows(source: Source, axis: int, factor: float) -> tuple[BudgetRow, ...]:
    """Both attitudes of an axis go into the figure by half."""
    up = [reading[axis] for reading in source.inputs[2 * axis]]
    down = [reading[axis] for reading in source.inputs[2 * axis + 1]]
    return (
        *_repeatability(up, "up", factor / 2),
        *_repeatability(down, "down", factor / 2),
    )


def _reprojected(reading: Sequence[float]) -> float:
    if len(reading) == 2 * _TWO:
        return math.dist(reading[:_TWO], reading[_TWO:])
    return math.hypot(*reading)


def _charge(record: Series) -> float:
    return capacity([time for time, _ in record], [current for _, current in record]).charge
