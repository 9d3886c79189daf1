"""Motor torque constant, reference torque of a weighted arm, and static friction."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import between, finite, not_negative, positive
from app.calibration.metrology.descriptive import differences, max_abs, share_of_full_scale
from app.calibration.metrology.line import fit_line
from app.kernel.text import msg

AIR_DENSITY = 1.2  # kg/m^3, conventional (OIML D 28)
_STRAIGHT = math.pi / 2


@dataclass(frozen=True, slots=True)
class TorqueConstant:
    """K_t (N m/A), zero (N m), their standard uncertainties; linearity as share of full scale."""

    constant: float
    u_constant: float
    zero: float
    u_zero: float
    linearity: float


def torque_constant(
    currents: Sequence[float], torques: Sequence[float], *, full_scale: float
) -> TorqueConstant:
    """Slope of reference torque (N m) on motor current (A), n >= 3, by least squares.

    Linearity is max |residual| / full scale (N m). Raises as `fit_line`.
    """
    line = fit_line(currents, torques)
    return TorqueConstant(
        constant=line.slope,
        u_constant=line.u_slope,
        zero=line.intercept,
        u_zero=line.u_intercept,
        linearity=share_of_full_scale(max_abs(line.residuals), full_scale),
    )


def hysteresis(up: Sequence[float], down: Sequence[float], *, full_scale: float) -> float:
    """max |up - down| / full scale over the same n >= 1 load steps, in the channel's unit.

    `down` is listed by load step, like `up`, not by time.
    """
    return share_of_full_scale(max_abs(differences(up, down)), full_scale)


@dataclass(frozen=True, slots=True)
class ReferenceTorque:
    """Torque of a weight on a lever and its standard uncertainty (N m)."""

    torque: float
    standard_uncertainty: float


def reference_torque(
    *,
    mass: tuple[float, float],
    gravity: tuple[float, float],
    arm: tuple[float, float],
    tilt: tuple[float, float],
) -> ReferenceTorque:
    """tau = m g L cos(theta), each factor given as (value, standard uncertainty).

    kg, local m/s^2, m, and rad from horizontal with |theta| < 90 degrees. (u/tau)^2 =
    (u_m/m)^2 + (u_g/g)^2 + (u_L/L)^2 + (tan(theta) u_theta)^2. A level arm therefore has no
    first-order part from its tilt; put u_theta^2/2 in the budget if that matters.
    """
    theta = between(msg("tilt"), tilt[0], -_STRAIGHT, _STRAIGHT)
    factors = ((msg("mass"), mass), (msg("gravity"), gravity), (msg("lever arm"), arm))
    relative = [
        not_negative(msg("standard uncertainty"), u) / positive(name, value)
        for name, (value, u) in factors
    ]
    relative.append(math.tan(theta) * not_negative(msg("standard uncertainty"), tilt[1]))
    torque = mass[0] * gravity[0] * arm[0] * math.cos(theta)
    return ReferenceTorque(torque, torque * math.hypot(*relative))


def static_friction(breakaway_positive: float, breakaway_negative: float) -> float:
    """Half the difference of the break-away torques (or currents) in both directions, >= 0."""
    forward = finite(msg("break-away torque"), breakaway_positive)
    return abs(forward - finite(msg("break-away torque"), breakaway_negative)) / 2


def buoyancy_factor(mass_density: float, *, air_density: float = AIR_DENSITY) -> float:
    """1 - rho_air / rho_mass (densities in kg/m^3), to multiply a weight by; steel: 1 - 1.5e-4."""
    return 1 - not_negative(msg("air density"), air_density) / positive(
        msg("density of the weight"), mass_density
    )
