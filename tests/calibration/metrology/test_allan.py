"""Allan deviations against NBS Monograph 140 and NIST SP 1065."""

import math
from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.allan import (
    FLICKER_FLOOR,
    AllanPoint,
    allan_curve,
    allan_deviation,
    degrees_per_root_hour,
    modified_allan_deviation,
    noise_coefficients,
    octave_factors,
    overlapping_allan_deviation,
)
from app.calibration.metrology.errors import NotANumber, TooFewReadings
from tests.calibration.metrology.strategies import modest, values

# NBS Monograph 140 Annex 8.E (NIST SP 1065 p. 107): nine frequencies, tau0 = 1 s.
NBS_9 = [892.0, 809.0, 823.0, 798.0, 671.0, 644.0, 883.0, 903.0, 677.0]


def test_nbs_nine_points() -> None:
    assert allan_deviation(NBS_9) == pytest.approx(91.22945, abs=5e-6)
    assert allan_deviation(NBS_9, factor=2) == pytest.approx(115.8082, abs=5e-5)
    assert overlapping_allan_deviation(NBS_9) == pytest.approx(91.22945, abs=5e-6)
    assert overlapping_allan_deviation(NBS_9, factor=2) == pytest.approx(85.95287, abs=5e-6)
    assert modified_allan_deviation(NBS_9) == pytest.approx(91.22945, abs=5e-6)
    assert modified_allan_deviation(NBS_9, factor=2) == pytest.approx(74.78849, abs=5e-6)


def generator() -> Iterator[int]:
    """The congruential generator of NIST SP 1065 p. 108."""
    n = 1234567890
    while True:
        yield n
        n = 16807 * n % 2147483647


NBS_1000 = [n / 2147483647 for n in islice(generator(), 1000)]


def test_the_generator_is_the_published_one() -> None:
    assert list(islice(generator(), 4)) == [1234567890, 395529916, 1209410747, 633705974]


# NIST SP 1065 p. 108: factor, overlapping and plain Allan deviation of 1000 values.
SP_1065 = [(1, 0.2922319, 0.2922319), (10, 0.09159953, 0.09965736), (100, 0.03241343, 0.03897804)]


@pytest.mark.parametrize(("factor", "overlapping", "plain"), SP_1065)
def test_sp_1065_thousand_points(factor: int, overlapping: float, plain: float) -> None:
    assert overlapping_allan_deviation(NBS_1000, factor=factor) == pytest.approx(
        overlapping, rel=5e-7
    )
    assert allan_deviation(NBS_1000, factor=factor) == pytest.approx(plain, rel=5e-7)


def test_a_curve_has_octaves_and_their_doubt() -> None:
    curve = allan_curve(NBS_1000, sample_time=0.01)

    assert octave_factors(1000) == (1, 2, 4, 8, 16, 32, 64, 128, 256)
    assert [point.tau for point in curve] == pytest.approx([0.01 * m for m in octave_factors(1000)])
    assert curve[0].relative_error == pytest.approx(1 / math.sqrt(2 * 999))
    assert curve[-1].relative_error == pytest.approx(1 / math.sqrt(2 * (1000 / 256 - 1)))


def test_coefficients_are_read_from_a_textbook_curve() -> None:
    white, floor, walk = 0.02, 0.003, 0.0005

    def sigma(tau: float) -> float:
        variance = white**2 / tau + (FLICKER_FLOOR * floor) ** 2 + walk**2 * tau / 3
        return math.sqrt(variance)

    curve = [AllanPoint(2.0**i, sigma(2.0**i), 0.1) for i in range(-12, 30)]
    found = noise_coefficients(curve)

    assert found.white_noise == pytest.approx(white, rel=0.03)
    assert found.rate_random_walk == pytest.approx(walk, rel=0.03)
    assert found.minimum_reached
    assert found.bias_instability > floor


def test_white_noise_alone_has_no_walk_and_no_floor() -> None:
    source = Random(3)
    rates = [source.gauss(0.1, 0.2) for _ in range(4096)]
    curve = allan_curve(rates, sample_time=0.01, factors=[1, 2, 4, 8, 16, 32])
    found = noise_coefficients(curve)

    assert found.white_noise == pytest.approx(0.2 * math.sqrt(0.01), rel=0.1)
    assert found.rate_random_walk is None
    assert not found.minimum_reached


def test_a_silent_sensor_has_no_slopes() -> None:
    found = noise_coefficients(allan_curve([1.0] * 8, sample_time=1))

    assert (found.white_noise, found.rate_random_walk, found.bias_instability) == (None, None, 0)


def test_degrees_per_root_hour() -> None:
    assert degrees_per_root_hour(math.radians(0.005)) == pytest.approx(0.3)


def test_too_short_a_record_is_refused() -> None:
    with pytest.raises(TooFewReadings, match="at least 10"):
        overlapping_allan_deviation(NBS_9, factor=5)
    with pytest.raises(TooFewReadings):
        overlapping_allan_deviation(NBS_9, factor=0)
    with pytest.raises(TooFewReadings):
        noise_coefficients(allan_curve(NBS_9, sample_time=1)[:1])
    with pytest.raises(NotANumber):
        allan_deviation([1.0, math.nan])


records = st.lists(values, min_size=6, max_size=30)


@modest
@given(records, values, st.floats(-10, 10))
def test_a_bias_changes_nothing_and_a_unit_scales(
    rates: list[float], bias: float, factor: float
) -> None:
    plain = overlapping_allan_deviation(rates, factor=2)
    moved = overlapping_allan_deviation([factor * y + bias for y in rates], factor=2)

    assert moved == pytest.approx(abs(factor) * plain, abs=1e-8)


@modest
@given(records)
def test_time_may_run_backwards(rates: list[float]) -> None:
    assert overlapping_allan_deviation(rates[::-1], factor=2) == pytest.approx(
        overlapping_allan_deviation(rates, factor=2), abs=1e-9
    )


@modest
@given(records)
def test_at_one_sample_all_three_agree(rates: list[float]) -> None:
    assert allan_deviation(rates) == overlapping_allan_deviation(rates)
    assert modified_allan_deviation(rates) == pytest.approx(allan_deviation(rates), abs=1e-9)
