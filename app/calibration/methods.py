"""The methods that a procedure's points can name, and what each of them asks for.

A method is looked up by its key for as long as results exist that were computed with it; a change
of what one computes is a new key. `Method.evaluate` is pure and the same to the last bit.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.calibration import methodfigures as made
from app.calibration.figures import figure, read_figure, read_vector
from app.calibration.methodfigures import MethodValue, Series, Source
from app.kernel.errors import Refused
from app.kernel.text import Text, msg

__all__ = ["METHODS", "Method", "MethodValue", "inputs_of", "reading_units", "settings_of"]


class PointFacts(Protocol):
    """What a method asks of a point; a row of `procedure_points` has it."""

    seq: int
    unit: str
    method: str
    nominal: str
    inputs: str
    settings: str
    readings: int
    components: int


class SettingKind(StrEnum):
    FIGURE = "figure"
    VECTOR = "vector"
    PLANE = "plane"
    AXIS = "axis"


class Result(StrEnum):
    """What kind of unit the result has to have."""

    ANY = "any"
    ANGLE = "angle"
    RATIO = "ratio"
    LENGTH = "length"
    CHARGE = "charge"
    PIXELS = "pixels"


@dataclass(frozen=True, slots=True)
class Setting:
    """A figure that a method needs besides; `unit` empty: the point's own."""

    key: str
    label: Text
    kind: SettingKind = SettingKind.FIGURE
    unit: str = ""

    def read(self, text: str) -> str:
        """As it is kept; raises Refused for what cannot be."""
        if not text.strip():
            raise Refused(msg("Please fill this in."), field=self.key)
        match self.kind:
            case SettingKind.FIGURE:
                return read_figure(text, field=self.key)
            case SettingKind.VECTOR:
                return read_vector(text, length=3, field=self.key)
            case SettingKind.PLANE:
                return read_vector(text, length=2, field=self.key)
        axis = text.strip().lower()
        if axis not in {"x", "y", "z"}:
            raise Refused(msg("The axis is x, y or z."), field=self.key)
        return axis


@dataclass(frozen=True, slots=True)
class Method:
    """`components` are the numbers that one reading may have, `reads` their units (empty: the
    point's). `inputs` is how many other points it can be computed from (0: only measured), with
    units in `input_reads` where they are not the point's.
    """

    key: str
    label: Text
    about: Text
    figure: Callable[[Source], MethodValue]
    components: tuple[int, ...] = (1,)
    least: int = 1
    reads: tuple[str, ...] = ()
    measured: bool = True
    inputs: int = 0
    input_reads: tuple[tuple[str, ...], ...] = ()
    settings: tuple[Setting, ...] = ()
    result: Result = Result.ANY

    def evaluate(
        self,
        point: PointFacts,
        series: Mapping[int, Series],
        settings: Mapping[str, str] | None = None,
    ) -> MethodValue:
        """The figure of `series` (readings by seq); no value while readings are missing."""
        places = inputs_of(point) or (point.seq,)
        given = tuple(tuple(tuple(one) for one in series.get(seq, ())) for seq in places)
        if any(len(one) < self.least for one in given):
            return MethodValue(None)
        kept = settings_of(point) if settings is None else settings
        return self.figure(Source(point.unit, figure(point.nominal), given, kept))


def inputs_of(point: PointFacts) -> tuple[int, ...]:
    """Seqs of the points that a computed one reads; empty for a measured one."""
    return tuple(json.loads(point.inputs)) if point.readings == 0 else ()


def settings_of(point: PointFacts) -> dict[str, str]:
    return {key: str(value) for key, value in json.loads(point.settings).items()}


def reading_units(point: PointFacts) -> tuple[str, ...]:
    """The unit of each number of one reading."""
    method = METHODS.get(point.method)
    if method is not None and method.reads:
        return method.reads
    return (point.unit,) * point.components


_GRAVITY = Setting("gravity", msg("local gravity"), unit="m/s^2")
_AXIS = Setting("axis", msg("axis"), SettingKind.AXIS)

_ALL: Iterable[Method] = (
    Method(
        "mean",
        msg("Mean"),
        msg("The mean of the readings; several numbers of one reading are added up."),
        made.mean_of,
        components=(1, 2, 3, 4),
    ),
    Method(
        "angle_mean",
        msg("Mean angle"),
        msg("The mean direction, free of the jump at 360 degrees, next to the nominal value."),
        made.angle_mean,
        result=Result.ANGLE,
    ),
    Method(
        "zero_offset",
        msg("Zero offset"),
        msg("What is to be added to the joint's reading: reference angle minus mean reading."),
        made.zero_offset,
        settings=(Setting("reference", msg("reference angle")),),
        result=Result.ANGLE,
    ),
    Method(
        "max_abs",
        msg("Largest deviation"),
        msg("The reading farthest from zero, without its sign."),
        made.max_abs,
    ),
    Method("stopping", msg("Largest of several runs"), msg("The largest reading."), made.largest),
    Method(
        "vector_length",
        msg("Length of a mean vector"),
        msg("Of readings with two or three components."),
        made.vector_length,
        components=(2, 3),
    ),
    Method(
        "pose_accuracy",
        msg("Pose accuracy (AP)"),
        msg("Distance from the commanded position to the barycentre of those attained."),
        made.pose_accuracy,
        components=(3,),
        least=2,
        inputs=1,
        settings=(Setting("commanded", msg("commanded position"), SettingKind.VECTOR),),
        result=Result.LENGTH,
    ),
    Method(
        "pose_repeatability",
        msg("Pose repeatability (RP)"),
        msg("Mean distance from the barycentre plus three standard deviations."),
        made.pose_repeatability,
        components=(3,),
        least=2,
        inputs=1,
        result=Result.LENGTH,
    ),
    Method(
        "distance_accuracy",
        msg("Distance accuracy (AD)"),
        msg("Mean distance of two poses attained in turn, minus the commanded distance."),
        made.distance_accuracy,
        components=(3,),
        least=2,
        measured=False,
        inputs=2,
        settings=(Setting("distance", msg("commanded distance")),),
        result=Result.LENGTH,
    ),
    Method(
        "backlash",
        msg("Backlash"),
        msg("Difference of the means of one target approached from above and from below."),
        made.backlash,
        least=5,
        measured=False,
        inputs=2,
    ),
    Method(
        "six_position_bias",
        msg("Bias by six positions"),
        msg("Half the sum of an axis pointing up and down; inputs +x, -x, +y, -y, +z, -z up."),
        made.six_position_bias,
        components=(3,),
        measured=False,
        inputs=6,
        settings=(_AXIS, _GRAVITY),
    ),
    Method(
        "six_position_scale",
        msg("Scale error by six positions"),
        msg("Half the difference of an axis up and down over gravity, minus one."),
        made.six_position_scale,
        components=(3,),
        measured=False,
        inputs=6,
        input_reads=(("m/s^2",),) * 6,
        settings=(_AXIS, _GRAVITY),
        result=Result.RATIO,
    ),
    Method(
        "reprojection_rms",
        msg("Reprojection error (RMS)"),
        msg("One number: the error; two: along both image axes; four: point seen, point expected."),
        made.reprojection_rms,
        components=(1, 2, 4),
        least=2,
        inputs=1,
        result=Result.PIXELS,
    ),
    Method(
        "capacity",
        msg("Capacity by discharge"),
        msg("Charge of a record of time and current, from its first to its last row."),
        made.discharged,
        components=(2,),
        least=2,
        reads=("s", "A"),
        inputs=1,
        input_reads=(("s", "A"),),
        result=Result.CHARGE,
    ),
    Method(
        "state_of_health",
        msg("State of health"),
        msg("Capacity of a discharge record over the rated capacity."),
        made.health,
        components=(2,),
        least=2,
        measured=False,
        inputs=1,
        input_reads=(("s", "A"),),
        settings=(Setting("rated", msg("rated capacity"), unit="A·h"),),
        result=Result.RATIO,
    ),
    Method(
        "weight_error",
        msg("Weight shown by the feet"),
        msg("Sum of vertical forces against the weight; inputs: forces of the feet, mass."),
        made.weight_error,
        components=(1, 2, 3, 4),
        measured=False,
        inputs=2,
        input_reads=(("N",), ("kg",)),
        settings=(_GRAVITY,),
        result=Result.RATIO,
    ),
    Method(
        "pressure_centre",
        msg("Centre of pressure"),
        msg("Distance of the centre of pressure of a wrench from the mark under a plumb line."),
        made.pressure_centre,
        components=(6,),
        reads=("N", "N", "N", "N·m", "N·m", "N·m"),
        settings=(
            Setting("mark", msg("plumb mark"), SettingKind.PLANE),
            Setting("least_force", msg("least force"), unit="N"),
        ),
        result=Result.LENGTH,
    ),
)

METHODS: dict[str, Method] = {method.key: method for method in _ALL}
