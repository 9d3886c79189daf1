"""Battery capacity, energy, resistance and state of health.

A figure means nothing without its rate, temperature and cut-off (capacity), or pulse time, state
of charge and temperature (resistance): store them beside it. Discharge current is positive.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import (
    finite,
    finite_all,
    not_negative,
    positive,
    same_length,
)
from app.calibration.metrology.errors import OutOfRange
from app.calibration.metrology.sampled import trapezoids
from app.kernel.text import msg

_SECONDS_PER_HOUR = 3600.0
_MV_PER_V = 1000.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """Charge (A h) and its standard uncertainty."""

    charge: float
    standard_uncertainty: float


def capacity(
    times: Sequence[float],
    currents: Sequence[float],
    *,
    relative_gain_uncertainty: float = 0.0,
    zero_uncertainty: float = 0.0,
) -> Capacity:
    """C = integral of I dt / 3600 by trapezoids over n >= 2 samples (s, A), times rising.

    u(C) joins the shunt's relative gain uncertainty, which usually dominates, and that of its
    zero (A) over the whole time.
    """
    charge = trapezoids(times, msg("currents"), currents) / _SECONDS_PER_HOUR
    gain = charge * not_negative(msg("gain uncertainty"), relative_gain_uncertainty)
    hours = (times[-1] - times[0]) / _SECONDS_PER_HOUR
    zero = hours * not_negative(msg("zero uncertainty"), zero_uncertainty)
    return Capacity(charge, math.hypot(gain, zero))


def energy(times: Sequence[float], voltages: Sequence[float], currents: Sequence[float]) -> float:
    """Energy (W h) = integral of V I dt / 3600 by trapezoids over n >= 2 samples (s, V, A)."""
    volts = finite_all(msg("voltages"), voltages)
    amps = finite_all(msg("currents"), currents)
    same_length(msg("voltages"), volts, msg("currents"), amps)
    watts = [v * i for v, i in zip(volts, amps, strict=True)]
    return trapezoids(times, msg("powers"), watts) / _SECONDS_PER_HOUR


def state_of_health(measured: float, rated: float) -> float:
    """SOH = C / C_rated x 100 %, both in A h at the same rate and temperature."""
    return 100 * not_negative(msg("capacity"), measured) / positive(msg("rated capacity"), rated)


def pulse_resistance(
    *, voltage_before: float, voltage_after: float, current_before: float, current_after: float
) -> float:
    """R_DC = (V0 - V1)/(I1 - I0) (ohm) at a fixed time into a current pulse (IEC 62660-1 7.4).

    Raises `OutOfRange` when the current did not change.
    """
    step = finite(msg("current"), current_after) - finite(msg("current before"), current_before)
    if step == 0:
        raise OutOfRange(msg("The current did not change: no resistance can be found."))
    drop = finite(msg("voltage before"), voltage_before) - finite(msg("voltage"), voltage_after)
    return drop / step


def cell_spread(voltages: Sequence[float]) -> float:
    """Highest minus lowest cell voltage, in mV, of n >= 2 cells (V)."""
    cells = finite_all(msg("cell voltages"), voltages, at_least=2)
    return (max(cells) - min(cells)) * _MV_PER_V
