"""Whether a sensitivity coefficient really leads from an input's unit to the result's.

Units are written as on a data sheet: `N·m/rad`, `m/s^2`, `mm`, `%`; everything after the slash
divides. An angle has no dimension, but degrees and radians differ by their factor.
"""

import math
import re
from dataclasses import dataclass

from app.calibration.metrology.errors import OutOfRange
from app.kernel.text import msg

Dimension = tuple[int, int, int, int, int, int]  # metre, kilogram, second, ampere, kelvin, pixel

_NONE: Dimension = (0, 0, 0, 0, 0, 0)
_FACTOR = re.compile(r"([^\d\s^·*/-]+|1)(?:\^(-?\d))?")
# Superscripts, and two look-alikes that keyboards and data sheets mix up.
_SPELLINGS = str.maketrans({"²": "^2", "³": "^3", "\u03bc": "\u00b5", "\u2126": "\u03a9"})
_SAME_FACTOR = 1e-9


@dataclass(frozen=True, slots=True)
class Unit:
    """How many SI units one of it is, and its dimension."""

    factor: float
    dimension: Dimension

    def times(self, other: "Unit", power: int = 1) -> "Unit":
        """This unit times a power of another."""
        a, b, c, d, e, f = (
            x + power * y for x, y in zip(self.dimension, other.dimension, strict=True)
        )
        return Unit(self.factor * other.factor**power, (a, b, c, d, e, f))

    def same(self, other: "Unit") -> bool:
        """Equal in dimension and in size."""
        return self.dimension == other.dimension and math.isclose(
            self.factor, other.factor, rel_tol=_SAME_FACTOR
        )


_LENGTH: Dimension = (1, 0, 0, 0, 0, 0)
_MASS: Dimension = (0, 1, 0, 0, 0, 0)
_TIME: Dimension = (0, 0, 1, 0, 0, 0)
_CURRENT: Dimension = (0, 0, 0, 1, 0, 0)
_TEMPERATURE: Dimension = (0, 0, 0, 0, 1, 0)
_PIXEL: Dimension = (0, 0, 0, 0, 0, 1)
_FORCE: Dimension = (1, 1, -2, 0, 0, 0)
_PRESSURE: Dimension = (-1, 1, -2, 0, 0, 0)
_ENERGY: Dimension = (2, 1, -2, 0, 0, 0)
_POWER: Dimension = (2, 1, -3, 0, 0, 0)
_VOLTAGE: Dimension = (2, 1, -3, -1, 0, 0)
_RESISTANCE: Dimension = (2, 1, -3, -2, 0, 0)
_FREQUENCY: Dimension = (0, 0, -1, 0, 0, 0)

_KNOWN = {
    "1": Unit(1.0, _NONE),
    "%": Unit(0.01, _NONE),
    "ppm": Unit(1e-6, _NONE),
    "rad": Unit(1.0, _NONE),
    "mrad": Unit(1e-3, _NONE),
    "deg": Unit(math.pi / 180, _NONE),
    "°": Unit(math.pi / 180, _NONE),
    "m": Unit(1.0, _LENGTH),
    "mm": Unit(1e-3, _LENGTH),
    "\u00b5m": Unit(1e-6, _LENGTH),
    "kg": Unit(1.0, _MASS),
    "g": Unit(1e-3, _MASS),
    "s": Unit(1.0, _TIME),
    "ms": Unit(1e-3, _TIME),
    "min": Unit(60.0, _TIME),
    "h": Unit(3600.0, _TIME),
    "Hz": Unit(1.0, _FREQUENCY),
    "A": Unit(1.0, _CURRENT),
    "mA": Unit(1e-3, _CURRENT),
    "K": Unit(1.0, _TEMPERATURE),
    "°C": Unit(1.0, _TEMPERATURE),  # a difference: uncertainties know no zero point
    "px": Unit(1.0, _PIXEL),
    "N": Unit(1.0, _FORCE),
    "mN": Unit(1e-3, _FORCE),
    "kN": Unit(1e3, _FORCE),
    "Pa": Unit(1.0, _PRESSURE),
    "J": Unit(1.0, _ENERGY),
    "W": Unit(1.0, _POWER),
    "V": Unit(1.0, _VOLTAGE),
    "mV": Unit(1e-3, _VOLTAGE),
    "\u03a9": Unit(1.0, _RESISTANCE),
    "m\u03a9": Unit(1e-3, _RESISTANCE),
}


# Where a scale's zero lies in the unit that shares its degree (SI Brochure 2.3.4).
_ZERO = {"°C": 273.15, "K": 0.0}


def level_in(value: float, *, written: str, wanted: str) -> float | None:
    """An absolute level in another unit, such as 293.15 K as 20 °C; `None` for another quantity.

    A difference, an error or an uncertainty knows no zero point: those take the factor alone.
    """
    if written == wanted:
        return value
    if written in _ZERO and wanted in _ZERO:
        return value + _ZERO[written] - _ZERO[wanted]
    one, other = parse_unit(written), parse_unit(wanted)
    return value * one.factor / other.factor if one.dimension == other.dimension else None


def parse_unit(text: str) -> Unit:
    """The unit written, such as `N·m`, `m/s^2` or `mm/°C`; raises `OutOfRange` for unknown ones."""
    above, *below = text.translate(_SPELLINGS).split("/")
    if len(below) > 1:
        raise OutOfRange(msg("Write the unit “{text}” with one slash.", text=text))
    unit = Unit(1.0, _NONE)
    for power, part in zip((1, -1), (above, *below), strict=False):
        for written in re.split("[·*]", part):
            unit = unit.times(*_read_factor(written.strip(), power, text))
    return unit


def leads_to(*, sensitivity_unit: str, input_unit: str, result_unit: str) -> bool:
    """Whether c_i u(x_i) comes out in the result's unit, in size too (JCGM 100:2008 5.1.3).

    c in m/rad with u in degrees does not lead to metres, although the dimensions agree.
    """
    product = parse_unit(sensitivity_unit).times(parse_unit(input_unit))
    return product.same(parse_unit(result_unit))


def _read_factor(written: str, power: int, text: str) -> tuple[Unit, int]:
    match = _FACTOR.fullmatch(written)
    if match is None or match[1] not in _KNOWN:
        raise OutOfRange(msg("“{part}” in “{text}” is not a known unit.", part=written, text=text))
    sign_and_power = power * int(match[2] or 1)
    return _KNOWN[match[1]], sign_and_power
