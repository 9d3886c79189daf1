"""Balance and gait: zero-moment point, stability margin, symmetry, sway, cost of transport.

Horizontal coordinates in metres on flat ground at z = 0.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import (
    Vector,
    finite,
    finite_all,
    matrix,
    not_negative,
    positive,
)
from app.calibration.metrology.descriptive import mean, root_mean_square
from app.calibration.metrology.errors import NotDetermined, OutOfRange
from app.calibration.metrology.sampled import trapezoids
from app.kernel.text import msg

Point = tuple[float, float]
_PLANE = 2
_CORNERS = 3


@dataclass(frozen=True, slots=True)
class MassPoint:
    """A link's mass (kg), one horizontal coordinate and height (m), and their accelerations."""

    mass: float
    x: float
    z: float
    x_acceleration: float
    z_acceleration: float


def zero_moment_point(links: Sequence[MassPoint], *, gravity: float) -> float:
    """x = sum m ((z''+g) x - x'' z) / sum m (z''+g) (Vukobratovic and Borovac 2004), in m.

    Once per horizontal axis. Raises `OutOfRange` for a robot in free fall.
    """
    g = positive(msg("gravity"), gravity)
    for link in links:
        positive(msg("mass"), link.mass)
        motion = (link.x, link.z, link.x_acceleration, link.z_acceleration)
        finite_all(msg("motion of a link"), motion)
    support = math.fsum(link.mass * (link.z_acceleration + g) for link in links)
    if not support > 0:
        raise OutOfRange(msg("Nothing presses on the ground: there is no zero-moment point."))
    moment = math.fsum(
        link.mass * ((link.z_acceleration + g) * link.x - link.x_acceleration * link.z)
        for link in links
    )
    return moment / support


def support_polygon(contacts: Sequence[Sequence[float]]) -> tuple[Point, ...]:
    """Convex hull, counter-clockwise, of n >= 3 contact points (n x 2, m).

    Raises `NotDetermined` when they lie on one line.
    """
    points = sorted({(x, y) for x, y in matrix(msg("contact points"), contacts, columns=_PLANE)})
    hull = _half_hull(points) + _half_hull(points[::-1])
    if len(hull) < _CORNERS:
        raise NotDetermined(msg("The contact points span no area."))
    return tuple(hull)


def stability_margin(point: Sequence[float], contacts: Sequence[Sequence[float]]) -> float:
    """Distance (m) from a CoP or ZMP to the nearest edge of support: positive within."""
    x, y = finite(msg("point"), point[0]), finite(msg("point"), point[1])
    polygon = support_polygon(contacts)
    edges = list(zip(polygon, polygon[1:] + polygon[:1], strict=True))
    nearest = min(_distance((x, y), start, end) for start, end in edges)
    inside = all(_turn(start, end, (x, y)) >= 0 for start, end in edges)
    return nearest if inside else -nearest


def symmetry_index(left: float, right: float) -> float:
    """SI = 2 (L - R)/(L + R) x 100 % of a figure of both legs (Robinson et al. 1987).

    Both at least 0 and not both 0; 0 is symmetric, +-200 % is one leg only.
    """
    one, other = not_negative(msg("left"), left), not_negative(msg("right"), right)
    return 100 * 2 * (one - other) / positive(msg("left plus right"), one + other)


@dataclass(frozen=True, slots=True)
class Sway:
    """RMS distance of a centre of pressure from its mean, per axis and together (m)."""

    x: float
    y: float
    radial: float


def sway(track: Sequence[Sequence[float]]) -> Sway:
    """CoP sway of a robot standing still, n >= 2 points (n x 2, m); 30 s is usual."""
    points = matrix(msg("centre of pressure"), track, columns=_PLANE)
    finite_all(msg("centre of pressure"), (x for x, _ in points), at_least=2)
    x, y = (_rms_about_mean(axis) for axis in zip(*points, strict=True))
    return Sway(x, y, math.hypot(x, y))


def cost_of_transport(energy: float, *, mass: float, distance: float, gravity: float) -> float:
    """E / (m g d), dimensionless: joules, kilograms, metres walked, local gravity (m/s^2)."""
    weight = positive(msg("weight"), mass * positive(msg("gravity"), gravity))
    work = positive(msg("weight times distance"), weight * finite(msg("distance"), distance))
    return not_negative(msg("energy"), energy) / work


def push_impulse(times: Sequence[float], forces: Sequence[float]) -> float:
    """Impulse (N s) of a push, trapezoids over n >= 2 samples (s, N), times rising."""
    return trapezoids(times, msg("forces"), forces)


def _rms_about_mean(values: Vector) -> float:
    centre = mean(values)
    return root_mean_square(value - centre for value in values)


def _half_hull(points: Sequence[Point]) -> list[Point]:
    """Lower (or, for reversed points, upper) half of the hull, without its last point."""
    half: list[Point] = []
    for point in points:
        while len(half) > 1 and _turn(half[-2], half[-1], point) <= 0:
            half.pop()
        half.append(point)
    return half[:-1]


def _turn(start: Point, end: Point, point: Point) -> float:
    """Twice the signed area: positive when the point lies left of the edge."""
    return math.fsum(
        (
            (end[0] - start[0]) * (point[1] - start[1]),
            -(end[1] - start[1]) * (point[0] - start[0]),
        )
    )


def _distance(point: Point, start: Point, end: Point) -> float:
    along = (end[0] - start[0], end[1] - start[1])
    square = along[0] ** 2 + along[1] ** 2
    if square == 0:
        return math.dist(point, start)
    share = ((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / square
    nearest = min(max(share, 0.0), 1.0)
    return math.dist(point, (start[0] + nearest * along[0], start[1] + nearest * along[1]))
