"""Balance and gait figures."""

import math
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.calibration.metrology.balance import (
    MassPoint,
    cost_of_transport,
    push_impulse,
    stability_margin,
    support_polygon,
    sway,
    symmetry_index,
    zero_moment_point,
)
from app.calibration.metrology.errors import NotDetermined, OutOfRange, TooFewReadings
from tests.calibration.metrology.strategies import modest, orders, small

SQUARE = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0), (1.0, 1.0), (1.0, 0.0)]


def test_at_rest_the_zero_moment_point_is_below_the_centre_of_mass() -> None:
    links = [MassPoint(10, 0.0, 1.0, 0, 0), MassPoint(30, 0.2, 0.5, 0, 0)]

    assert zero_moment_point(links, gravity=9.81) == pytest.approx(0.15)


def test_acceleration_moves_the_zero_moment_point_back() -> None:
    link = MassPoint(35, 0.0, 0.8, 1.0, 0.19)

    assert zero_moment_point([link], gravity=9.81) == pytest.approx(-0.08)
    with pytest.raises(OutOfRange, match="presses"):
        zero_moment_point([MassPoint(35, 0, 0.8, 0, -9.81)], gravity=9.81)


def test_support_is_the_hull_of_the_contacts() -> None:
    assert support_polygon(SQUARE) == ((0, 0), (2, 0), (2, 2), (0, 2))
    with pytest.raises(NotDetermined, match="no area"):
        support_polygon([(0, 0), (1, 1), (2, 2)])


@pytest.mark.parametrize(
    ("point", "margin"),
    [((1, 1), 1), ((0.5, 1), 0.5), ((0, 1), 0), ((3, 1), -1), ((5, 6), -5)],
)
def test_the_margin_is_positive_within(point: tuple[float, float], margin: float) -> None:
    assert stability_margin(point, SQUARE) == pytest.approx(margin)


def test_contacts_that_almost_coincide_do_no_harm() -> None:
    contacts = [(0.0, 0.0), (1.0, 0.0), (1.0, 1e-174), (0.0, 1.0)]

    assert stability_margin((0.25, 0.25), contacts) == pytest.approx(0.25)


def test_symmetry_of_two_legs() -> None:
    assert symmetry_index(1.1, 0.9) == pytest.approx(20)
    assert symmetry_index(1.0, 0.0) == pytest.approx(200)
    with pytest.raises(OutOfRange):
        symmetry_index(0, 0)


def test_sway_is_about_the_mean() -> None:
    found = sway([(1.0, 5.0), (3.0, 5.0), (1.0, 5.0), (3.0, 5.0)])

    assert (found.x, found.y, found.radial) == pytest.approx((1, 0, 1))
    with pytest.raises(TooFewReadings):
        sway([(1, 1)])


def test_cost_of_transport_has_no_unit() -> None:
    found = cost_of_transport(981 * 35 * 0.5, mass=35, distance=100, gravity=9.81)

    assert found == pytest.approx(0.5)


def test_a_push_is_force_over_time() -> None:
    assert push_impulse([0, 0.1, 0.2], [0, 100, 0]) == pytest.approx(10)


clouds = st.lists(st.tuples(small, small), min_size=3, max_size=8)


@modest
@given(clouds, st.tuples(small, small), st.floats(-3, 3), orders)
def test_the_margin_ignores_order_and_heading(
    contacts: list[tuple[float, float]], point: tuple[float, float], turn: float, order: Random
) -> None:
    assume(_area(contacts) > 1e-3)

    def turned(p: tuple[float, float]) -> tuple[float, float]:
        return (
            p[0] * math.cos(turn) - p[1] * math.sin(turn),
            p[0] * math.sin(turn) + p[1] * math.cos(turn),
        )

    moved = [turned(p) for p in order.sample(contacts, len(contacts))]
    assert stability_margin(turned(point), moved) == pytest.approx(
        stability_margin(point, contacts), abs=1e-9
    )


@modest
@given(st.floats(0, 100), st.floats(0, 100), st.floats(0.1, 100))
def test_symmetry_is_antisymmetric_and_free_of_units(
    left: float, right: float, factor: float
) -> None:
    assume(left + right > 1e-6)

    assert symmetry_index(right, left) == pytest.approx(-symmetry_index(left, right))
    assert symmetry_index(factor * left, factor * right) == pytest.approx(
        symmetry_index(left, right)
    )


def _area(contacts: list[tuple[float, float]]) -> float:
    """Twice the largest triangle: 0 for points on one line."""
    (x0, y0), *rest = contacts
    return max(
        abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)) for x1, y1 in rest for x2, y2 in rest
    )
