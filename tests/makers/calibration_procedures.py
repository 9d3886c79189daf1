"""Readings that fit a point of any method, for tests that measure by whole procedures."""

from app.calibration.figures import figure
from app.calibration.methods import settings_of
from app.calibration.procedure_models import ProcedurePoint

G = 9.80665
_UP: dict[str, tuple[float, float, float]] = {
    f"{sign}{axis}": (
        weight if axis == "x" else 0.0,
        weight if axis == "y" else 0.0,
        weight if axis == "z" else 0.0,
    )
    for axis in "xyz"
    for sign, weight in (("+", G), ("-", -G))
}


def fitting_readings(point: ProcedurePoint) -> list[tuple[float, ...]]:
    """As many as the point needs, close to its nominal value, never all the same."""
    return [_reading(point, place) for place in range(point.readings)]


def _reading(point: ProcedurePoint, place: int) -> tuple[float, ...]:
    little = (place % 3 - 1) / 1000
    by_quantity = {
        "force": (171.0 + 100 * little, 172.0),
        "mass": (35.0 + little,),
    }
    by_method: dict[str, tuple[float, ...]] = {
        "capacity": (300.0 * place, 8.9),
        "pressure_centre": (0.0, 0.0, 170.0, 0.17 + little, -0.17, 0.0),
        "vector_length": (0.2 + little,) * point.components,
        "reprojection_rms": (0.2 + little,) * point.components,
        "stopping": (0.5 + little,),
    }
    if point.method == "pose_accuracy":
        x, y, z = (float(part) for part in settings_of(point)["commanded"].split(";"))
        return (x + 0.5 + 100 * little, y, z + 50 * little)
    if point.method == "vector_length" and point.unit == "m/s^2":
        attitude = next(name for name in _UP if f"{name} up" in point.label)
        return tuple(axis + little for axis in _UP[attitude])
    if point.method == "mean" and point.quantity in by_quantity:
        return by_quantity[point.quantity]
    at_nominal = ((figure(point.nominal) or 0.0) + 10 * little,)
    return by_method.get(point.method, at_nominal)
