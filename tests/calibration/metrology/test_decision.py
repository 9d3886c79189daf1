"""Verdicts at and around the limits."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.calibration.metrology.decision import (
    DecisionRule,
    MeasuredUncertainty,
    Party,
    Reason,
    Rule,
    Verdict,
    decide,
    guarded_acceptance,
    iso_14253_1,
    non_binary,
    simple_acceptance,
)
from app.calibration.metrology.errors import NotANumber, OutOfRange
from app.calibration.metrology.limits import (
    LEAST_RATIO,
    WANTED_RATIO,
    Limits,
    uncertainty_ratio,
)
from tests.calibration.metrology.strategies import NOT_NUMBERS, modest

TOLERANCE = Limits(-1.0, 1.0)
U = MeasuredUncertainty(standard=0.1, expanded=0.2)

RULES = [
    DecisionRule(Rule.SIMPLE),
    DecisionRule(Rule.GUARD_BAND),
    DecisionRule(Rule.NON_BINARY),
    DecisionRule(Rule.ISO_14253_1, party=Party.SUPPLIER),
    DecisionRule(Rule.ISO_14253_1, party=Party.RECEIVER),
]


def verdict(value: float | None, rule: DecisionRule, limits: Limits = TOLERANCE) -> Verdict:
    return decide(value, limits=limits, uncertainty=U, rule=rule).verdict


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_simple_acceptance_takes_the_limit_itself(value: float) -> None:
    assert simple_acceptance(value, limits=TOLERANCE).verdict is Verdict.PASS


def test_simple_acceptance_compares_unrounded() -> None:
    just_over = math.nextafter(1.0, 2.0)

    assert simple_acceptance(just_over, limits=TOLERANCE).verdict is Verdict.FAIL


def test_a_guard_band_moves_the_limits_inwards() -> None:
    assert guarded_acceptance(0.75, limits=TOLERANCE, guard=0.25).verdict is Verdict.PASS
    assert guarded_acceptance(0.76, limits=TOLERANCE, guard=0.25).verdict is Verdict.FAIL
    assert guarded_acceptance(-0.76, limits=TOLERANCE, guard=0.25).verdict is Verdict.FAIL


def test_the_guard_band_is_r_times_u() -> None:
    rule = DecisionRule(Rule.GUARD_BAND, guard_ratio=0.5)

    assert decide(0.0, limits=TOLERANCE, uncertainty=U, rule=rule).guard == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.75, Verdict.PASS),
        (0.80, Verdict.CONDITIONAL_PASS),
        (1.00, Verdict.CONDITIONAL_PASS),
        (1.10, Verdict.CONDITIONAL_FAIL),
        (1.25, Verdict.CONDITIONAL_FAIL),
        (1.26, Verdict.FAIL),
        (-0.75, Verdict.PASS),
        (-1.00, Verdict.CONDITIONAL_PASS),
        (-1.25, Verdict.CONDITIONAL_FAIL),
        (-1.26, Verdict.FAIL),
    ],
)
def test_non_binary_has_four_zones(value: float, expected: Verdict) -> None:
    assert non_binary(value, limits=TOLERANCE, guard=0.25).verdict is expected


@pytest.mark.parametrize(
    ("value", "supplier", "receiver"),
    [
        (0.0, Verdict.PASS, Verdict.PASS),
        (0.83, Verdict.PASS, Verdict.PASS),
        (0.84, Verdict.CONDITIONAL_FAIL, Verdict.CONDITIONAL_PASS),
        (1.16, Verdict.CONDITIONAL_FAIL, Verdict.CONDITIONAL_PASS),
        (1.17, Verdict.FAIL, Verdict.FAIL),
    ],
)
def test_iso_14253_decides_against_who_has_to_prove(
    value: float, supplier: Verdict, receiver: Verdict
) -> None:
    # w = 1.645 u = 0.1645
    assert verdict(value, RULES[3]) is supplier
    assert verdict(value, RULES[4]) is receiver


def test_iso_14253_widens_its_band_when_few_dof_stand_behind_u() -> None:
    few = MeasuredUncertainty(standard=0.1, expanded=0.3, dof=3)
    decision = iso_14253_1(0.0, limits=TOLERANCE, uncertainty=few, party=Party.SUPPLIER)

    assert decision.guard == pytest.approx(0.2353, abs=5e-5)  # t(0.95; 3) = 2.353


@pytest.mark.parametrize("rule", RULES)
def test_a_missing_reading_is_never_a_pass(rule: DecisionRule) -> None:
    decision = decide(None, limits=TOLERANCE, uncertainty=U, rule=rule)

    assert decision.verdict is Verdict.INCONCLUSIVE
    assert decision.reason is Reason.MISSING_READING


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("bad", NOT_NUMBERS)
def test_a_reading_that_is_no_number_is_refused(rule: DecisionRule, bad: float) -> None:
    with pytest.raises(NotANumber):
        decide(bad, limits=TOLERANCE, uncertainty=U, rule=rule)


@pytest.mark.parametrize("rule", RULES[1:4])
@pytest.mark.parametrize("value", [0.0, 0.05, 5.0])
def test_an_empty_acceptance_zone_is_inconclusive(rule: DecisionRule, value: float) -> None:
    decision = decide(value, limits=Limits(-0.1, 0.1), uncertainty=U, rule=rule)

    assert decision.verdict is Verdict.INCONCLUSIVE
    assert decision.reason is Reason.UNCERTAINTY_TOO_LARGE


def test_a_receiver_without_a_pass_zone_can_still_reject_or_accept() -> None:
    narrow = Limits(-0.1, 0.1)

    assert verdict(0.0, RULES[4], narrow) is Verdict.CONDITIONAL_PASS
    assert verdict(0.3, RULES[4], narrow) is Verdict.FAIL


def test_a_zone_of_one_point_is_not_empty() -> None:
    assert guarded_acceptance(0.0, limits=TOLERANCE, guard=1.0).verdict is Verdict.PASS
    assert guarded_acceptance(0.1, limits=TOLERANCE, guard=1.0).verdict is Verdict.FAIL


def test_one_sided_limits_guard_one_side() -> None:
    at_most, at_least = Limits(None, 1.0), Limits(1.0, None)

    assert guarded_acceptance(-1e6, limits=at_most, guard=0.25).verdict is Verdict.PASS
    assert guarded_acceptance(0.76, limits=at_most, guard=0.25).verdict is Verdict.FAIL
    assert guarded_acceptance(1e6, limits=at_least, guard=0.25).verdict is Verdict.PASS
    assert guarded_acceptance(1.24, limits=at_least, guard=0.25).verdict is Verdict.FAIL
    assert non_binary(1.1, limits=at_most, guard=0.25).verdict is Verdict.CONDITIONAL_FAIL
    assert guarded_acceptance(0.0, limits=at_most, guard=1e6).reason is Reason.OUTSIDE


def test_limits_make_sense() -> None:
    with pytest.raises(OutOfRange, match="lower or an upper"):
        Limits(None, None)
    with pytest.raises(OutOfRange, match="not below"):
        Limits(1.0, 1.0)
    with pytest.raises(NotANumber):
        Limits(math.nan, 1.0)


def test_a_verdict_always_has_an_uncertainty() -> None:
    with pytest.raises(OutOfRange):
        MeasuredUncertainty(standard=0.1, expanded=0.0)
    with pytest.raises(OutOfRange):
        guarded_acceptance(0.0, limits=TOLERANCE, guard=-0.1)


def test_a_party_belongs_to_iso_14253_alone() -> None:
    with pytest.raises(OutOfRange, match="ISO 14253-1"):
        DecisionRule(Rule.ISO_14253_1)
    with pytest.raises(OutOfRange, match="ISO 14253-1"):
        DecisionRule(Rule.SIMPLE, party=Party.SUPPLIER)


def test_uncertainty_ratio_compares_tolerance_with_u() -> None:
    assert uncertainty_ratio(TOLERANCE, 0.25) == WANTED_RATIO
    assert uncertainty_ratio(TOLERANCE, 1.0) == LEAST_RATIO
    assert uncertainty_ratio(Limits(None, 1.0), 0.25) is None


RANK = {
    Verdict.FAIL: 0,
    Verdict.CONDITIONAL_FAIL: 1,
    Verdict.CONDITIONAL_PASS: 2,
    Verdict.PASS: 3,
}
near = st.floats(-2, 2)


@modest
@given(st.sampled_from(RULES), near, near)
def test_nearer_to_the_middle_is_never_worse(rule: DecisionRule, one: float, other: float) -> None:
    inner, outer = sorted((one, other), key=abs)

    assert RANK[verdict(inner, rule)] >= RANK[verdict(outer, rule)]


@modest
@given(st.sampled_from(RULES), near)
def test_symmetric_limits_judge_both_signs_alike(rule: DecisionRule, value: float) -> None:
    assert verdict(value, rule) is verdict(-value, rule)


@modest
@given(st.sampled_from(RULES), near, st.sampled_from([0.25, 8.0, 1024.0]))
def test_a_change_of_unit_changes_no_verdict(
    rule: DecisionRule, value: float, factor: float
) -> None:
    scaled = decide(
        value * factor,
        limits=Limits(-factor, factor),
        uncertainty=MeasuredUncertainty(U.standard * factor, U.expanded * factor),
        rule=rule,
    )

    assert scaled.verdict is verdict(value, rule)


@modest
@given(near, st.floats(0, 0.9), st.floats(0, 0.9))
def test_a_wider_guard_band_never_accepts_more(value: float, one: float, other: float) -> None:
    narrow, wide = sorted((one, other))
    strict = guarded_acceptance(value, limits=TOLERANCE, guard=wide).verdict
    assume(strict is Verdict.PASS)

    assert guarded_acceptance(value, limits=TOLERANCE, guard=narrow).verdict is Verdict.PASS


@modest
@given(near)
def test_what_passes_for_the_supplier_passes_for_the_receiver(value: float) -> None:
    assert RANK[verdict(value, RULES[4])] >= RANK[verdict(value, RULES[3])]
