"""Decision rules: from a value, its uncertainty and limits to a verdict.

The rule is agreed before measuring (ISO/IEC 17025:2017 7.1.3). Unrounded figures are compared,
and every zone is a closed interval: a value on the acceptance limit passes.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.calibration.metrology.budget import one_sided_factor
from app.calibration.metrology.checks import finite, not_negative, positive
from app.calibration.metrology.errors import OutOfRange
from app.calibration.metrology.limits import Limits
from app.kernel.text import msg

CONFORMANCE_PROBABILITY = 0.95  # ISO 14253-1:2017, default
# names made once: a case judges thousands of results again
_VALUE = msg("value")
_GUARD = msg("guard band")
_RATIO = msg("guard band ratio")
_STANDARD = msg("standard uncertainty")
_EXPANDED = msg("expanded uncertainty")


class Verdict(StrEnum):
    """What a result says about its tolerance."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    CONDITIONAL_PASS = "cond_pass"  # noqa: S105 - a verdict, not a password
    CONDITIONAL_FAIL = "cond_fail"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Reason(StrEnum):
    """Why the verdict is what it is."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    NEAR_LIMIT_INSIDE = "near_limit_inside"
    NEAR_LIMIT_OUTSIDE = "near_limit_outside"
    NOT_PROVEN_CONFORMING = "not_proven_conforming"
    NOT_PROVEN_NONCONFORMING = "not_proven_nonconforming"
    MISSING_READING = "missing_reading"
    UNCERTAINTY_TOO_LARGE = "uncertainty_too_large"


class Party(StrEnum):
    """Who has to prove something (ISO 14253-1:2017)."""

    SUPPLIER = "supplier"  # proves conformance
    RECEIVER = "receiver"  # proves non-conformance


class Rule(StrEnum):
    """The decision rules that a procedure can name."""

    SIMPLE = "simple"
    GUARD_BAND = "guard_band"
    ISO_14253_1 = "iso_14253_1"
    NON_BINARY = "non_binary"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, its reason, and the guard band w that was used, in the quantity's unit."""

    verdict: Verdict
    reason: Reason
    guard: float


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """A rule with what it needs: r of w = r U, or the party of ISO 14253-1."""

    rule: Rule
    guard_ratio: float = 1.0
    party: Party | None = None

    def __post_init__(self) -> None:
        not_negative(_RATIO, self.guard_ratio)
        if (self.rule is Rule.ISO_14253_1) != (self.party is not None):
            raise OutOfRange(
                msg("ISO 14253-1 asks who has to prove something, and only that rule does.")
            )


@dataclass(frozen=True, slots=True)
class MeasuredUncertainty:
    """u and U of one result in the quantity's unit, and the degrees of freedom behind u."""

    standard: float
    expanded: float
    dof: float = float("inf")

    def __post_init__(self) -> None:
        positive(_STANDARD, self.standard)
        positive(_EXPANDED, self.expanded)


def decide(
    value: float | None, *, limits: Limits, uncertainty: MeasuredUncertainty, rule: DecisionRule
) -> Decision:
    """The verdict of a rule; `None` is a missing reading and is never a pass.

    `value`, `limits` and `uncertainty` share one unit. Raises `NotANumber` for NaN or infinity.
    """
    if rule.party is not None:
        return iso_14253_1(value, limits=limits, uncertainty=uncertainty, party=rule.party)
    guard = rule.guard_ratio * uncertainty.expanded
    if rule.rule is Rule.NON_BINARY:
        return non_binary(value, limits=limits, guard=guard)
    if rule.rule is Rule.GUARD_BAND:
        return guarded_acceptance(value, limits=limits, guard=guard)
    return simple_acceptance(value, limits=limits)


def simple_acceptance(value: float | None, *, limits: Limits) -> Decision:
    """Pass within the limits, fail outside: w = 0 (ILAC-G8:09/2019 4.2.1, JCGM 106:2012 8.2).

    The probability of false acceptance reaches 50 % at the limit.
    """
    return guarded_acceptance(value, limits=limits, guard=0.0)


def guarded_acceptance(value: float | None, *, limits: Limits, guard: float) -> Decision:
    """Pass within limits moved inwards by w, else fail (ILAC-G8:09/2019 4.2.2, JCGM 106 8.3).

    `guard` is w = r U >= 0. When nothing is left between the limits the result is inconclusive.
    """
    unable = _no_verdict(value, limits, guard)
    if unable or value is None:
        return unable or Decision(Verdict.INCONCLUSIVE, Reason.MISSING_READING, guard)
    if limits.contain_guarded(value, guard):
        return Decision(Verdict.PASS, Reason.INSIDE, guard)
    return Decision(Verdict.FAIL, Reason.OUTSIDE, guard)


def non_binary(value: float | None, *, limits: Limits, guard: float) -> Decision:
    """Pass, conditional pass within w inside, conditional fail within w outside, or fail.

    ILAC-G8:09/2019 4.2.3. `guard` is w = r U >= 0; an empty pass zone is inconclusive.
    """
    unable = _no_verdict(value, limits, guard)
    if unable or value is None:
        return unable or Decision(Verdict.INCONCLUSIVE, Reason.MISSING_READING, guard)
    if limits.contain_guarded(value, guard):
        return Decision(Verdict.PASS, Reason.INSIDE, guard)
    if limits.contain(value):
        return Decision(Verdict.CONDITIONAL_PASS, Reason.NEAR_LIMIT_INSIDE, guard)
    if limits.contain_guarded(value, -guard):
        return Decision(Verdict.CONDITIONAL_FAIL, Reason.NEAR_LIMIT_OUTSIDE, guard)
    return Decision(Verdict.FAIL, Reason.OUTSIDE, guard)


def iso_14253_1(
    value: float | None,
    *,
    limits: Limits,
    uncertainty: MeasuredUncertainty,
    party: Party,
    conformance: float = CONFORMANCE_PROBABILITY,
) -> Decision:
    """Conformance proven, non-conformance proven, or neither (ISO 14253-1:2017).

    w is the one-sided factor (1.645 for 95 %) times u. In the zone where nothing is proven the
    party that has to prove loses: a supplier gets a conditional fail (not to be delivered as
    conforming), a receiver a conditional pass (not to be rejected). A supplier without any
    acceptance zone gets no verdict.
    """
    guard = one_sided_factor(conformance, uncertainty.dof) * uncertainty.standard
    if party is Party.SUPPLIER:
        unable = _no_verdict(value, limits, guard)
        if unable:
            return unable
    if value is None:
        return Decision(Verdict.INCONCLUSIVE, Reason.MISSING_READING, guard)
    reading = finite(_VALUE, value)
    if limits.leaves_room(guard) and limits.contain_guarded(reading, guard):
        return Decision(Verdict.PASS, Reason.INSIDE, guard)
    if not limits.contain_guarded(reading, -guard):
        return Decision(Verdict.FAIL, Reason.OUTSIDE, guard)
    if party is Party.SUPPLIER:
        return Decision(Verdict.CONDITIONAL_FAIL, Reason.NOT_PROVEN_CONFORMING, guard)
    return Decision(Verdict.CONDITIONAL_PASS, Reason.NOT_PROVEN_NONCONFORMING, guard)


def _no_verdict(value: float | None, limits: Limits, guard: float) -> Decision | None:
    """The inconclusive cases: nothing was read, or U swallows the whole tolerance."""
    not_negative(_GUARD, guard)
    if value is None:
        return Decision(Verdict.INCONCLUSIVE, Reason.MISSING_READING, guard)
    finite(_VALUE, value)
    if not limits.leaves_room(guard):
        return Decision(Verdict.INCONCLUSIVE, Reason.UNCERTAINTY_TOO_LARGE, guard)
    return None
