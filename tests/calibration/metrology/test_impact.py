"""Old results judged again after a reference was found bad."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.decision import DecisionRule, MeasuredUncertainty, Rule
from app.calibration.metrology.impact import Effect, Reassessment, reassess
from app.calibration.metrology.limits import Limits
from tests.calibration.metrology.strategies import modest

RANK = [Effect.UNAFFECTED, Effect.MAY_CHANGE, Effect.CHANGES]


def judged(
    value: float, *, bias: float, doubt: float = 0.0, sensitivity: float = 1.0
) -> Reassessment:
    return reassess(
        value,
        limits=Limits(-1.0, 1.0),
        uncertainty=MeasuredUncertainty(standard=0.1, expanded=0.2),
        rule=DecisionRule(Rule.GUARD_BAND),
        bias=bias,
        bias_uncertainty=doubt,
        sensitivity=sensitivity,
    )


def test_a_small_shift_leaves_a_central_result_alone() -> None:
    found = judged(0.1, bias=0.2)

    assert found.effect is Effect.UNAFFECTED
    assert found.value == pytest.approx(-0.1)
    assert found.conformance > 0.999999


def test_a_shift_over_the_acceptance_limit_changes_the_verdict() -> None:
    found = judged(-0.5, bias=0.6)

    assert found.effect is Effect.CHANGES
    assert found.conformance == pytest.approx(0.158655, abs=5e-6)


def test_a_doubtful_bias_may_change_the_verdict() -> None:
    assert judged(-0.5, bias=0.25, doubt=0.1).effect is Effect.MAY_CHANGE


def test_the_sensitivity_carries_the_bias_to_the_result() -> None:
    found = judged(0.0, bias=0.1, doubt=0.03, sensitivity=-2)

    assert found.shift == pytest.approx(-0.2)
    assert found.standard_uncertainty == pytest.approx((0.1**2 + 0.06**2) ** 0.5)


def test_a_fail_that_jumps_across_the_tolerance_may_change() -> None:
    assert judged(1.5, bias=3.0).effect is Effect.MAY_CHANGE


@modest
@given(st.floats(-0.7, 0.7), st.floats(0, 3), st.floats(0, 3))
def test_a_larger_bias_never_helps_a_passed_result(value: float, one: float, other: float) -> None:
    small, large = sorted((one, other))

    assert RANK.index(judged(value, bias=large).effect) >= RANK.index(
        judged(value, bias=small).effect
    )
