"""Each method against a case worked out by hand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from app.calibration.methodfigures import MethodValue
from app.calibration.methods import METHODS
from app.calibration.metrology.errors import MeasurementRefused

G = 9.80665


@dataclass
class Point:
    """A point as the rows of `procedure_points` have it."""

    seq: int = 1
    unit: str = "mm"
    method: str = "mean"
    nominal: str = ""
    inputs: str = "[]"
    settings: str = "{}"
    readings: int = 2
    components: int = 1


def figure(
    method: str,
    *series: Sequence[tuple[float, ...]],
    settings: dict[str, str] | None = None,
    **of: Any,
) -> MethodValue:
    """The value of a method; several series are the inputs of a computed point."""
    computed = len(series) > 1
    point = Point(
        method=method,
        settings=json.dumps(settings or {}),
        inputs=json.dumps(list(range(2, 2 + len(series)))) if computed else "[]",
        readings=0 if computed else len(series[0]),
        **of,
    )
    first = 2 if computed else 1
    return METHODS[method].evaluate(point, dict(enumerate(series, start=first)))


def test_a_mean_has_the_spread_of_its_readings_as_a_row() -> None:
    found = figure("mean", [(1.0,), (2.0,), (3.0,)])

    assert found.value == 2.0
    assert found.sd == 1.0
    (row,) = found.rows
    assert row.standard_uncertainty == pytest.approx(3**-0.5)
    assert row.dof == 2


def test_a_single_reading_says_nothing_of_its_spread() -> None:
    assert figure("mean", [(1.5,)]) == MethodValue(1.5)


@pytest.mark.parametrize("key", METHODS)
def test_without_readings_there_is_no_value(key: str) -> None:
    method = METHODS[key]
    places = max(method.inputs, 1)
    inputs = json.dumps(list(range(2, 2 + places))) if not method.measured else "[]"
    point = Point(method=key, inputs=inputs, readings=0 if not method.measured else 2)

    assert method.evaluate(point, {}) == MethodValue(None)


def test_359_9_and_0_1_degrees_mean_0() -> None:
    found = figure("angle_mean", [(359.9,), (0.1,)], unit="deg", nominal="0")

    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert found.sd == pytest.approx(0.2 / 2**0.5)


def test_a_mean_angle_stands_on_the_turn_of_its_nominal_value() -> None:
    assert figure("angle_mean", [(-1.0,), (1.0,)], unit="deg", nominal="360").value == 360.0


def test_angles_all_around_have_no_mean() -> None:
    with pytest.raises(MeasurementRefused):
        figure("angle_mean", [(0.0,), (120.0,), (240.0,)], unit="deg")


def test_a_zero_offset_is_what_is_added_to_the_reading() -> None:
    found = figure("zero_offset", [(0.3,), (0.5,)], unit="deg", settings={"reference": "0"})

    assert found.value == pytest.approx(-0.4)


def test_pose_accuracy_and_repeatability_of_three_cycles() -> None:
    attained = [(101.0, 0.0, 0.0), (103.0, 0.0, 0.0), (102.0, 0.0, 0.0)]
    accuracy = figure("pose_accuracy", attained, settings={"commanded": "100; 0; 0"})
    repeatability = figure("pose_repeatability", attained)

    # distances from the barycentre 1, 1, 0: mean 2/3, s = sqrt(1/3)
    assert accuracy.value == 2.0
    assert accuracy.sd == 1.0
    assert accuracy.extra["follows_iso_9283"] == 0.0
    assert repeatability.value == pytest.approx(2 / 3 + 3 * 3**-0.5)


def test_a_distance_is_compared_cycle_by_cycle() -> None:
    first = [(0.0, 0.0, 0.0), (0.0, 0.0, 0.0)]
    second = [(301.0, 0.0, 0.0), (303.0, 0.0, 0.0)]

    assert figure("distance_accuracy", first, second, settings={"distance": "300"}).value == 2.0


def test_backlash_is_the_way_between_both_approaches() -> None:
    above = [(1.0,)] * 4 + [(1.5,)]
    below = [(0.1,)] * 5

    found = figure("backlash", above, below)

    assert found.value == pytest.approx(1.0)
    assert len(found.rows) == 2


def test_six_positions_give_bias_and_scale_back() -> None:
    """Axis x with bias 0.05 and scale 1.01, the others perfect."""
    axes = [(G, 0, 0), (-G, 0, 0), (0, G, 0), (0, -G, 0), (0, 0, G), (0, 0, -G)]
    attitudes = [[(1.01 * x + 0.05, float(y), float(z))] for x, y, z in axes]
    settings = {"axis": "x", "gravity": str(G)}

    bias = figure("six_position_bias", *attitudes, settings=settings, unit="m/s^2")
    scale = figure("six_position_scale", *attitudes, settings=settings, unit="%")

    assert bias.value == pytest.approx(0.05)
    assert scale.value == pytest.approx(1.0)


def test_reprojection_is_the_same_however_it_is_written() -> None:
    whole = [(10.0, 10.0, 10.3, 10.4), (5.0, 5.0, 5.6, 5.8)]
    parts = [(0.3, 0.4), (0.6, 0.8)]
    lengths = [(0.5,), (1.0,)]

    values = [figure("reprojection_rms", one, unit="px").value for one in (whole, parts, lengths)]

    assert values == pytest.approx([(1.25 / 2) ** 0.5] * 3)


def test_a_discharge_of_nine_ampere_for_an_hour() -> None:
    record = [(0.0, 9.0), (1800.0, 9.0), (3600.0, 9.0)]
    settings = {"rated": "10"}

    assert figure("capacity", record, unit="A·h").value == pytest.approx(9.0)
    point = Point(
        unit="%", method="state_of_health", inputs="[2]", readings=0, settings=json.dumps(settings)
    )
    assert METHODS["state_of_health"].evaluate(point, {2: record}).value == pytest.approx(90.0)


def test_a_record_whose_time_stands_still_is_refused() -> None:
    with pytest.raises(MeasurementRefused):
        figure("capacity", [(0.0, 9.0), (0.0, 9.0)], unit="A·h")


def test_feet_that_show_one_percent_too_much() -> None:
    half = 0.5 * 1.01 * 35.0 * G
    forces = [(half, half)]

    found = figure("weight_error", forces, [(35.0,)], settings={"gravity": str(G)}, unit="%")

    assert found.value == pytest.approx(1.0)


def test_the_centre_of_pressure_off_its_mark() -> None:
    """My = -0.6 N m under 200 N is 3 mm forward, Mx = 0.8 N m 4 mm aside."""
    wrench = [(0.0, 0.0, 200.0, 0.8, -0.6, 0.0)]
    settings = {"mark": "0; 0", "least_force": "50"}

    assert figure("pressure_centre", wrench, settings=settings).value == pytest.approx(5.0)


def test_a_foot_in_the_air_has_no_centre_of_pressure() -> None:
    settings = {"mark": "0; 0", "least_force": "50"}

    with pytest.raises(MeasurementRefused):
        figure("pressure_centre", [(0.0, 0.0, 1.0, 0.0, 0.0, 0.0)], settings=settings)


def test_the_largest_of_several_runs_counts() -> None:
    assert figure("stopping", [(0.4,), (0.6,), (0.5,)], unit="m").value == 0.6
    assert figure("max_abs", [(0.4,), (-0.6,), (0.5,)]).value == 0.6


def test_the_same_readings_give_the_same_bits() -> None:
    readings = [(0.1 * place, 0.2, 0.3 / (place + 1)) for place in range(30)]
    settings = {"commanded": "0; 0; 0"}

    first = figure("pose_accuracy", readings, settings=settings)
    again = figure("pose_accuracy", readings, settings=settings)

    assert repr(first) == repr(again)
    assert first.extra["follows_iso_9283"] == 1.0
