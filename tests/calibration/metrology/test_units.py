"""Sensitivity coefficients have to lead to the result's unit."""

import math

import pytest

from app.calibration.metrology.errors import OutOfRange
from app.calibration.metrology.units import leads_to, parse_unit


@pytest.mark.parametrize(
    ("sensitivity", "given", "result", "leads"),
    [
        ("m/rad", "rad", "m", True),
        ("m/rad", "deg", "m", False),  # off by pi/180, though the dimension agrees
        ("mm/deg", "deg", "mm", True),
        ("N·m/A", "A", "N·m", True),
        ("N·m/A", "V", "N·m", False),
        ("m", "1/K", "m/°C", True),
        ("m/s²", "s^2", "m", True),
        ("1", "mm", "m", False),
        ("1", "J", "N·m", True),
        ("%", "N", "mN", False),
    ],
)
def test_units_are_checked_in_kind_and_size(
    sensitivity: str, given: str, result: str, *, leads: bool
) -> None:
    assert leads_to(sensitivity_unit=sensitivity, input_unit=given, result_unit=result) is leads


def test_look_alike_letters_are_one_unit() -> None:
    assert parse_unit("\u00b5m") == parse_unit("\u03bcm")
    assert parse_unit("\u2126") == parse_unit("\u03a9")
    assert parse_unit("°").factor == pytest.approx(math.pi / 180)


@pytest.mark.parametrize("text", ["furlong", "m/s/s", "m^", "", "m·", "5m"])
def test_unknown_units_are_refused(text: str) -> None:
    with pytest.raises(OutOfRange):
        parse_unit(text)
