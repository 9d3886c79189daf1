"""What makes a measurement unusable, each with a sentence for the person at the bench.

They are refusals of the store and `ValueError`s at once: rules let them pass to the page,
imports catch the latter.
"""

from app.kernel.errors import Refused


class MeasurementRefused(Refused, ValueError):
    """The figures given cannot be computed with."""

    code = "measurement_refused"


class NotANumber(MeasurementRefused):
    """A value is NaN, infinite, absent, or larger than any physical quantity."""

    code = "not_a_number"


class TooFewReadings(MeasurementRefused):
    """The figure asked for is undefined for so few readings."""

    code = "too_few_readings"


class ShapeMismatch(MeasurementRefused):
    """Lists that belong together differ in length, or a matrix has not the shape needed."""

    code = "shape_mismatch"


class OutOfRange(MeasurementRefused):
    """A parameter lies outside the range in which the formula holds."""

    code = "out_of_range"


class NotDetermined(MeasurementRefused):
    """The readings do not settle the parameters: rank is lost or the system is ill conditioned."""

    code = "not_determined"
