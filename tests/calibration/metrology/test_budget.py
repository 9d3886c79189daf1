"""Uncertainty budgets against the GUM's own examples and EA-4/02."""

import math
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.budget import (
    BudgetRow,
    CombinedUncertainty,
    Distribution,
    Evaluation,
    combine,
    coverage_factor,
    divisor,
    dof_of_estimate,
    expand,
    not_below_capability,
    one_sided_factor,
    pooled_row,
    resolution_counted_with_repeatability,
    truncate_dof,
    type_a_row,
    type_b_row,
    welch_satterthwaite,
)
from app.calibration.metrology.errors import NotANumber, NotDetermined, OutOfRange
from app.calibration.metrology.rounding import round_uncertainty
from tests.calibration.metrology.strategies import modest, orders, sizes


def normal(name: str, u: float, *, c: float = 1.0, dof: float = math.inf) -> BudgetRow:
    return BudgetRow(name, Evaluation.OTHER, Distribution.NORMAL, u, 1.0, c, dof)


def rectangle(name: str, half_width: float, *, c: float = 1.0, dof: float = math.inf) -> BudgetRow:
    return type_b_row(
        name, distribution=Distribution.RECTANGULAR, value=half_width, sensitivity=c, dof=dof
    )


def test_gum_g_4_1_effective_degrees_of_freedom() -> None:
    # Y = b X1 X2 X3 with relative uncertainties in percent from 10, 5 and 15 readings.
    combined = combine(
        [normal("1", 0.25, dof=9), normal("2", 0.57, dof=4), normal("3", 0.82, dof=14)]
    )

    assert combined.standard == pytest.approx(1.03, abs=5e-3)
    assert combined.dof == pytest.approx(19.0, abs=5e-2)
    assert coverage_factor(0.95, combined.dof) == pytest.approx(2.09, abs=5e-3)
    expanded = expand(combined.standard, dof=combined.dof, coverage=0.95).expanded
    assert round_uncertainty(expanded) == Decimal("2.2")


# JCGM 100:2008 Table G.2, column 95.45 % (= EA-4/02 Table E.1).
K_BY_DOF = {1: 13.97, 2: 4.53, 3: 3.31, 4: 2.87, 5: 2.65, 6: 2.52, 7: 2.43, 8: 2.37}
K_BY_DOF |= {10: 2.28, 20: 2.13, 50: 2.05}


@pytest.mark.parametrize(("dof", "k"), K_BY_DOF.items())
def test_coverage_factors_of_table_g_2(dof: int, k: float) -> None:
    assert coverage_factor(0.9545, dof) == pytest.approx(k, abs=5e-3)


def end_gauge() -> CombinedUncertainty:
    """JCGM 100:2008 H.1: nanometres; theta and delta theta act through ls = 0.0500006 m."""
    difference = combine(
        [normal("repeat", 5.8, dof=24), normal("random", 3.9, dof=5), normal("bias", 6.7, dof=8)]
    )
    assert difference.standard == pytest.approx(9.7, abs=5e-2)
    # The GUM works on with the rounded 9.7 nm, which moves the fourth power from 25.45 to 25.6.
    assert difference.dof * (9.7 / difference.standard) ** 4 == pytest.approx(25.6, abs=5e-2)
    length = 50000623.0
    return combine(
        [
            normal("standard", 25.0, dof=18),
            normal("difference", difference.standard, dof=difference.dof),
            rectangle("delta alpha", 1e-6, c=length * 0.1, dof=50),
            rectangle("delta theta", 0.05, c=-length * 1.15e-5, dof=2),
        ]
    )


def test_gum_h_1_end_gauge() -> None:
    combined = end_gauge()
    result = expand(combined.standard, dof=combined.dof, coverage=0.99)

    assert combined.standard == pytest.approx(31.6639, abs=5e-4)  # as GTC 1.5.1
    assert combined.dof == pytest.approx(16.7519, abs=2e-3)
    assert round_uncertainty(combined.standard) == 32
    assert result.dof == 16
    assert result.factor == pytest.approx(2.92, abs=5e-3)
    # The GUM multiplies the rounded 32 nm and prints 93 nm; unrounded it is 92.5 nm.
    assert result.factor * 32 == pytest.approx(93, abs=0.5)
    assert result.expanded == pytest.approx(92.5, abs=0.05)


def test_ea_4_02_s2_weight_of_ten_kilograms() -> None:
    # Grams; the spread of the comparison is pooled, its three readings are not.
    combined = combine(
        [
            type_b_row(
                "standard", distribution=Distribution.NORMAL, value=0.045, coverage_factor=2
            ),
            rectangle("drift", 0.015),
            pooled_row("difference", pooled_sd=0.025, readings=3, dof=math.inf),
            rectangle("eccentricity", 0.010),
            rectangle("buoyancy", 0.010),
        ]
    )
    result = expand(combined.standard)

    assert combined.standard == pytest.approx(0.0292, abs=1e-3)
    assert result.factor == pytest.approx(2, abs=1e-5)
    assert result.expanded == pytest.approx(0.058, abs=1e-3)


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (Distribution.RECTANGULAR, math.sqrt(3)),
        (Distribution.TRIANGULAR, math.sqrt(6)),
        (Distribution.ARCSINE, math.sqrt(2)),
        (Distribution.RESOLUTION, math.sqrt(12)),
    ],
)
def test_divisors(distribution: Distribution, expected: float) -> None:
    assert divisor(distribution) == pytest.approx(expected)


def test_a_trapezoid_lies_between_triangle_and_rectangle() -> None:
    trapezoid = Distribution.TRAPEZOIDAL

    assert divisor(trapezoid, top_ratio=0) == pytest.approx(math.sqrt(6))
    assert divisor(trapezoid, top_ratio=1) == pytest.approx(math.sqrt(3))


def test_a_coverage_factor_never_divides_a_half_width() -> None:
    with pytest.raises(OutOfRange, match="coverage factor"):
        divisor(Distribution.RECTANGULAR, coverage_factor=2)
    with pytest.raises(OutOfRange, match="coverage factor"):
        divisor(Distribution.NORMAL)
    with pytest.raises(OutOfRange, match="trapezoid"):
        divisor(Distribution.TRIANGULAR, top_ratio=0.5)


def test_a_type_a_row_is_the_spread_of_the_mean() -> None:
    row = type_a_row("repeatability", [1.0, 2.0, 3.0, 4.0], sensitivity=-2)

    assert row.standard_uncertainty == pytest.approx(math.sqrt(5 / 3) / 2)
    assert row.contribution == -2 * row.standard_uncertainty
    assert (row.evaluation, row.dof) == (Evaluation.STATISTICAL, 3)


def test_doubt_of_a_quarter_is_eight_degrees_of_freedom() -> None:
    assert dof_of_estimate(0.25) == 8
    assert dof_of_estimate(0) == math.inf
    assert dof_of_estimate(1e-200) == math.inf


def test_dof_are_truncated_downwards_but_not_for_rounding_noise() -> None:
    assert truncate_dof(16.75) == 16
    assert truncate_dof(15.9999999999) == 16
    assert truncate_dof(15.98) == 15
    assert truncate_dof(math.inf) == math.inf
    with pytest.raises(OutOfRange, match="fewer than one"):
        truncate_dof(0.5)


def test_correlated_rows_add_and_their_smallest_dof_counts() -> None:
    rows = [normal("a", 3, dof=50), normal("b", 4, dof=7), normal("c", 0, dof=2)]
    combined = combine(rows, correlations={("a", "b"): 1.0})

    assert combined.standard == pytest.approx(7)
    assert combined.dof == 7
    assert combine(rows).standard == pytest.approx(5)


def test_rows_of_one_group_are_fully_correlated_unless_said_otherwise() -> None:
    def row(name: str, c: float) -> BudgetRow:
        return type_b_row(
            name,
            distribution=Distribution.RESOLUTION,
            value=math.sqrt(12),
            sensitivity=c,
            group="mass A",
        )

    assert combine([row("first", 1), row("second", 1)]).standard == pytest.approx(2)
    eased = combine([row("first", 1), row("second", 1)], correlations={("first", "second"): 0.0})
    assert eased.standard == pytest.approx(math.sqrt(2))
    with pytest.raises(OutOfRange, match="zero"):
        combine([row("first", 1), row("second", -1)])


def test_correlations_that_contradict_are_refused() -> None:
    rows = [normal(name, 1) for name in "abc"]
    pairs = {("a", "b"): 1.0, ("b", "c"): 1.0, ("a", "c"): -1.0}

    with pytest.raises(NotDetermined, match="contradict"):
        combine(rows, correlations=pairs)


@pytest.mark.parametrize(
    ("pair", "r"), [(("a", "x"), 0.5), (("a", "a"), 0.5), (("a", "b"), 1.5), (("a", "b"), math.nan)]
)
def test_unusable_correlations_are_refused(pair: tuple[str, str], r: float) -> None:
    with pytest.raises((OutOfRange, NotANumber)):
        combine([normal("a", 1), normal("b", 1)], correlations={pair: r})


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        combine([])
    with pytest.raises(OutOfRange, match="zero"):
        combine([normal("a", 0)])
    with pytest.raises(OutOfRange, match="same name"):
        combine([normal("a", 1), normal("a", 1)])
    with pytest.raises(OutOfRange, match="negative"):
        normal("a", -1)


def test_u_is_never_below_the_accredited_capability() -> None:
    assert not_below_capability(0.02, 0.05) == 0.05
    assert not_below_capability(0.08, 0.05) == 0.08


def test_resolution_beside_repeatability_is_noticed() -> None:
    resolution = type_b_row("display", distribution=Distribution.RESOLUTION, value=0.01)

    assert resolution_counted_with_repeatability([resolution, type_a_row("spread", [1, 2])])
    assert not resolution_counted_with_repeatability([resolution, rectangle("drift", 1)])


def test_one_sided_factor_of_iso_14253() -> None:
    assert one_sided_factor(0.95) == pytest.approx(1.645, abs=5e-4)


contributions = st.lists(sizes, min_size=1, max_size=6)
dofs = st.floats(1, 200)


@modest
@given(st.lists(st.tuples(sizes, dofs), min_size=1, max_size=6), orders)
def test_the_order_of_rows_does_not_change_a_bit(
    lines: list[tuple[float, float]], order: Random
) -> None:
    rows = [normal(str(i), u, dof=nu) for i, (u, nu) in enumerate(lines)]
    one, other = combine(rows), combine(order.sample(rows, len(rows)))

    assert (one.standard, one.dof) == (other.standard, other.dof)


@modest
@given(st.lists(st.tuples(sizes, dofs), min_size=1, max_size=6))
def test_effective_dof_lie_between_the_smallest_and_the_sum(
    lines: list[tuple[float, float]],
) -> None:
    nus = [nu for _, nu in lines]
    effective = welch_satterthwaite([u for u, _ in lines], nus)

    assert min(nus) * (1 - 1e-12) <= effective <= sum(nus) * (1 + 1e-12)


@modest
@given(contributions, sizes)
def test_a_change_of_unit_scales_the_combined_uncertainty(us: list[float], factor: float) -> None:
    plain = combine([normal(str(i), u, dof=5) for i, u in enumerate(us)])
    scaled = combine([normal(str(i), u, c=factor, dof=5) for i, u in enumerate(us)])

    assert scaled.standard == pytest.approx(factor * plain.standard)
    assert scaled.dof == pytest.approx(plain.dof)
    assert sum(scaled.shares) == pytest.approx(1)


@modest
@given(contributions, sizes)
def test_a_further_row_never_lowers_the_uncertainty(us: list[float], more: float) -> None:
    rows = [normal(str(i), u) for i, u in enumerate(us)]

    assert combine([*rows, normal("more", more)]).standard >= combine(rows).standard


@modest
@given(dofs, dofs, st.floats(0.5, 0.999))
def test_k_falls_with_dof_and_rises_with_coverage(one: float, other: float, p: float) -> None:
    few, many = sorted((one, other))

    assert coverage_factor(p, few) >= coverage_factor(p, many)
    assert coverage_factor(p, few) >= coverage_factor(p / 2, few)
