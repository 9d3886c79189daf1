"""Specific and global risks against JCGM 106, ILAC-G8 and published tables."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.distributions import normal_quantile, student_cdf
from app.calibration.metrology.errors import NotANumber, OutOfRange
from app.calibration.metrology.limits import Limits
from app.calibration.metrology.risk import (
    conformance_probability,
    global_risk,
    nonconformance_probability,
    tail_probabilities,
)
from tests.calibration.metrology.strategies import modest


def test_jcgm_106_7_4_two_sided_tolerance() -> None:
    limits = Limits(12.5, 16.3)
    below, above = tail_probabilities(13.6, standard_uncertainty=1.8, limits=limits)
    conforming = conformance_probability(13.6, standard_uncertainty=1.8, limits=limits)

    assert conforming == pytest.approx(0.66, abs=5e-3)
    assert conforming == pytest.approx(0.66262979, abs=5e-9)
    assert above == pytest.approx(0.066807, abs=5e-7)
    assert below == pytest.approx(0.270561, abs=5e-6)


# sandialabs/suncal, checked there against an independent spreadsheet: limits 9 to 11, u = 0.4.
# Its middle figure is handed down as 0.105738091; Phi(-1.25) + Phi(-3.75) = 0.105649774 +
# 0.000088417 = 0.105738191, so one digit got lost on the way.
SPECIFIC_RISKS = [(10, 0.0124193307), (10.5, 0.105738191), (12, 0.9937903347)]


@pytest.mark.parametrize(("value", "risk"), SPECIFIC_RISKS)
def test_specific_risk(value: float, risk: float) -> None:
    found = nonconformance_probability(value, standard_uncertainty=0.4, limits=Limits(9.0, 11.0))

    assert found == pytest.approx(risk, abs=5e-10)


# ILAC-G8:09/2019 section 5: guard band in u, largest probability of false acceptance.
ILAC_G8 = [(0, 0.5), (1.64, 0.0505026), (2, 0.0227501), (3, 0.0013499)]


@pytest.mark.parametrize(("guard", "risk"), ILAC_G8)
def test_false_acceptance_at_the_guarded_limit(guard: float, risk: float) -> None:
    found = nonconformance_probability(
        1 - guard * 0.1, standard_uncertainty=0.1, limits=Limits(None, 1.0)
    )

    assert found == pytest.approx(risk, abs=5e-8)


def test_few_degrees_of_freedom_use_students_t() -> None:
    found = nonconformance_probability(
        0.8, standard_uncertainty=0.1, limits=Limits(None, 1.0), dof=4
    )

    assert found == pytest.approx(student_cdf(-2, 4))


# Deaver: fleet N(0, 1), limits +-SL, measurement 1/TUR, acceptance K SL.
DEAVER = [(2, 4, 1, 0.008, 0.0149), (2.5, 4, 1, 0.0025, 0.0053), (2, 2, 0.91, 0.008, 0.066)]


@pytest.mark.parametrize(("limit", "ratio", "factor", "accept", "reject"), DEAVER)
def test_global_risk_of_deaver(
    limit: float, ratio: float, factor: float, accept: float, reject: float
) -> None:
    risk = global_risk(
        limits=Limits(-limit, limit),
        fleet_mean=0,
        fleet_sd=1,
        standard_uncertainty=1 / ratio,
        guard=(1 - factor) * limit,
    )

    assert risk.false_accept == pytest.approx(accept, abs=5e-4)
    assert risk.false_reject == pytest.approx(reject, abs=5e-4)


# NCSLI draft RP-19: in-tolerance probability, PFA %, CPFA % at a ratio of 4.
RP_19 = [
    (0.60, 4.8386, 8.2601),
    (0.70, 3.9223, 5.7232),
    (0.80, 2.8558, 3.6323),
    (0.90, 1.6000, 1.7988),
    (0.95, 0.8710, 0.9239),
    (0.99, 0.1999, 0.2024),
]


@pytest.mark.parametrize(("in_tolerance", "false_accept", "conditional"), RP_19)
def test_global_risk_of_rp_19(in_tolerance: float, false_accept: float, conditional: float) -> None:
    sigma = 1 / normal_quantile((1 + in_tolerance) / 2)
    risk = global_risk(
        limits=Limits(-1.0, 1.0), fleet_mean=0, fleet_sd=sigma, standard_uncertainty=sigma / 4
    )

    assert 100 * risk.false_accept == pytest.approx(false_accept, abs=0.02)
    assert 100 * risk.conditional_false_accept == pytest.approx(conditional, abs=0.02)


def test_an_empty_acceptance_zone_rejects_the_whole_fleet() -> None:
    risk = global_risk(
        limits=Limits(-1.0, 1.0), fleet_mean=0, fleet_sd=1, standard_uncertainty=1, guard=1.5
    )

    assert (risk.false_accept, risk.accepted, risk.conditional_false_accept) == (0, 0, 0)
    assert risk.false_reject == pytest.approx(math.erf(1 / math.sqrt(2)))


@pytest.mark.parametrize(("sd", "u"), [(1.0, 1e-4), (1e-4, 1.0)])
def test_very_unequal_scales_lose_no_probability(sd: float, u: float) -> None:
    risk = global_risk(limits=Limits(None, 0.0), fleet_mean=0, fleet_sd=sd, standard_uncertainty=u)

    # Two normal variables about one limit: the wrong sides are atan(u/sd) / (2 pi) each.
    expected = math.atan2(u, sd) / (2 * math.pi)
    assert risk.false_accept == pytest.approx(expected, rel=1e-9)
    assert risk.false_reject == pytest.approx(expected, rel=1e-9)


def test_unusable_inputs_are_refused() -> None:
    with pytest.raises(OutOfRange, match="above zero"):
        conformance_probability(0, standard_uncertainty=0, limits=Limits(None, 1.0))
    with pytest.raises(NotANumber):
        conformance_probability(math.nan, standard_uncertainty=1, limits=Limits(None, 1.0))
    with pytest.raises(OutOfRange):
        global_risk(limits=Limits(None, 1.0), fleet_mean=0, fleet_sd=0, standard_uncertainty=1)


near = st.floats(-3, 3)
us = st.floats(0.01, 2)


@modest
@given(near, us)
def test_probabilities_add_up(value: float, u: float) -> None:
    limits = Limits(-1.0, 1.0)
    inside = conformance_probability(value, standard_uncertainty=u, limits=limits)
    tails = tail_probabilities(value, standard_uncertainty=u, limits=limits)

    assert 0 <= inside <= 1
    assert inside + math.fsum(tails) == pytest.approx(1)


@modest
@given(near, near, us)
def test_a_value_nearer_to_the_middle_conforms_more_probably(
    one: float, other: float, u: float
) -> None:
    inner, outer = sorted((one, other), key=abs)
    limits = Limits(-1.0, 1.0)

    assert (
        conformance_probability(inner, standard_uncertainty=u, limits=limits)
        >= conformance_probability(outer, standard_uncertainty=u, limits=limits) - 1e-15
    )


@modest
@given(near, us, st.floats(0, 0.9), st.floats(0, 0.9))
def test_a_wider_guard_trades_false_acceptance_for_false_rejection(
    centre: float, u: float, one: float, other: float
) -> None:
    narrow, wide = (
        global_risk(
            limits=Limits(-1.0, 1.0),
            fleet_mean=centre,
            fleet_sd=0.7,
            standard_uncertainty=u,
            guard=guard,
        )
        for guard in sorted((one, other))
    )

    assert wide.false_accept <= narrow.false_accept + 1e-13
    assert wide.false_reject >= narrow.false_reject - 1e-13
    assert wide.accepted <= narrow.accepted + 1e-13
