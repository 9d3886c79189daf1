"""A point's whole result, from readings to verdict."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.budget import BudgetRow, Distribution, type_b_row
from app.calibration.metrology.decision import DecisionRule, Reason, Rule, Verdict
from app.calibration.metrology.errors import NotANumber, OutOfRange
from app.calibration.metrology.evaluation import Criteria, evaluate, evaluate_readings
from app.calibration.metrology.limits import Limits
from tests.calibration.metrology.strategies import modest, orders

GUARDED = Criteria(Limits(-1.0, 1.0), DecisionRule(Rule.GUARD_BAND))


def reference(expanded: float = 0.2) -> BudgetRow:
    return type_b_row(
        "reference", distribution=Distribution.NORMAL, value=expanded, coverage_factor=2
    )


def test_readings_and_reference_give_a_whole_result() -> None:
    found = evaluate_readings([0.09, 0.10, 0.11], [reference()], criteria=GUARDED, correction=0.1)
    result = found.evaluation

    assert found.readings == 3
    assert found.sd == pytest.approx(0.01)
    assert result.value == pytest.approx(0.2)
    assert result.uncertainty.standard == pytest.approx(math.hypot(0.1, 0.01 / math.sqrt(3)))
    assert result.uncertainty.factor == pytest.approx(2, abs=1e-3)
    assert result.ratio == pytest.approx(1 / result.uncertainty.expanded)
    assert not result.wants_better_equipment
    assert result.conformance == pytest.approx(1, abs=1e-9)
    assert result.decision.verdict is Verdict.PASS


def test_few_readings_widen_the_coverage_factor() -> None:
    alone = evaluate_readings([0.0, 0.1], [], criteria=GUARDED).evaluation

    assert alone.uncertainty.dof == 1
    assert alone.uncertainty.factor == pytest.approx(13.97, abs=5e-3)


def test_no_reading_is_inconclusive_and_still_has_u() -> None:
    result = evaluate_readings([], [reference()], criteria=GUARDED).evaluation

    assert (result.value, result.conformance) == (None, None)
    assert result.decision.reason is Reason.MISSING_READING
    assert result.uncertainty.expanded == pytest.approx(0.2, abs=1e-6)


def test_one_reading_needs_a_budget() -> None:
    assert evaluate_readings([0.3], [reference()], criteria=GUARDED).sd is None
    with pytest.raises(ValueError, match="budget rows"):
        evaluate_readings([0.3], [], criteria=GUARDED)
    with pytest.raises(OutOfRange, match="zero"):
        evaluate_readings([0.3, 0.3], [], criteria=GUARDED)
    with pytest.raises(NotANumber):
        evaluate_readings([0.3, math.nan], [reference()], criteria=GUARDED)


def test_a_ratio_below_one_gives_no_verdict_even_by_simple_acceptance() -> None:
    simple = Criteria(Limits(-1.0, 1.0), DecisionRule(Rule.SIMPLE))
    result = evaluate(0.0, [reference(1.1)], criteria=simple)

    assert result.decision.verdict is Verdict.INCONCLUSIVE
    assert result.decision.reason is Reason.UNCERTAINTY_TOO_LARGE
    assert evaluate(0.0, [reference(0.9)], criteria=simple).decision.verdict is Verdict.PASS


def test_a_ratio_below_four_is_a_warning() -> None:
    assert evaluate(0.0, [reference(0.3)], criteria=GUARDED).wants_better_equipment
    one_sided = Criteria(Limits(None, 1.0), DecisionRule(Rule.GUARD_BAND))
    assert not evaluate(0.0, [reference(0.3)], criteria=one_sided).wants_better_equipment


@modest
@given(st.lists(st.floats(-2, 2), min_size=2, max_size=8), orders)
def test_a_result_recomputes_to_the_same_bits_in_any_order(
    readings: list[float], order: Random
) -> None:
    rows = [
        reference(),
        type_b_row("display", distribution=Distribution.RESOLUTION, value=0.01),
    ]
    one = evaluate_readings(readings, rows, criteria=GUARDED)
    other = evaluate_readings(order.sample(readings, len(readings)), rows, criteria=GUARDED)

    assert repr(one) == repr(other)
