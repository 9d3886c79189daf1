"""What a reference found out of tolerance does to results it once gave (ISO/IEC 17025 7.10)."""

import math
from dataclasses import dataclass
from enum import StrEnum

from app.calibration.metrology.checks import finite, not_negative
from app.calibration.metrology.decision import DecisionRule, MeasuredUncertainty, decide
from app.calibration.metrology.limits import Limits
from app.calibration.metrology.risk import conformance_probability
from app.kernel.text import msg

_VALUE = msg("value")
_BIAS = msg("bias of the reference")
_SENSITIVITY = msg("sensitivity")
_DOUBT = msg("uncertainty of the bias")


class Effect(StrEnum):
    """How far the old verdict can still be trusted."""

    UNAFFECTED = "unaffected"
    MAY_CHANGE = "may_change"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Reassessment:
    """A result judged again: the shift Delta, the value y - Delta, u inflated, p_c and effect."""

    shift: float
    value: float
    standard_uncertainty: float
    conformance: float
    effect: Effect


def reassess(
    value: float,
    *,
    limits: Limits,
    uncertainty: MeasuredUncertainty,
    rule: DecisionRule,
    bias: float,
    bias_uncertainty: float = 0.0,
    sensitivity: float = 1.0,
) -> Reassessment:
    """Judge an old result as if the reference had been off by its whole bias all along.

    `bias` and its standard uncertainty are in the reference's unit and `sensitivity` c_i carries
    them to the result's; Delta = bias c_i is the worst case, since the reference drifted from 0.
    The verdict is taken again with U as it was and with U inflated by the bias's own doubt: if
    both differ from the old verdict it changes, if one does it may change. A shift that jumps
    across the whole tolerance may change it too.
    """
    y = finite(_VALUE, value)
    shift = finite(_BIAS, bias) * finite(_SENSITIVITY, sensitivity)
    doubt = not_negative(_DOUBT, bias_uncertainty) * abs(sensitivity)
    inflated = math.hypot(uncertainty.standard, doubt)
    growth = inflated / uncertainty.standard
    wider = MeasuredUncertainty(inflated, uncertainty.expanded * growth, uncertainty.dof)
    old = decide(y, limits=limits, uncertainty=uncertainty, rule=rule).verdict
    again = [
        decide(y - shift, limits=limits, uncertainty=spread, rule=rule).verdict
        for spread in (uncertainty, wider)
    ]
    differing = sum(verdict is not old for verdict in again)
    jumped = _sides(y, limits) * _sides(y - shift, limits) < 0
    effect = (Effect.UNAFFECTED, Effect.MAY_CHANGE, Effect.CHANGES)[differing]
    if jumped and effect is Effect.UNAFFECTED:
        effect = Effect.MAY_CHANGE
    conformance = conformance_probability(
        y - shift, standard_uncertainty=inflated, limits=limits, dof=uncertainty.dof
    )
    return Reassessment(shift, y - shift, inflated, conformance, effect)


def _sides(value: float, limits: Limits) -> int:
    """-1 below the lower limit, 1 above the upper, 0 within."""
    if limits.lower is not None and value < limits.lower:
        return -1
    return int(limits.upper is not None and value > limits.upper)
