"""From one point's readings and budget to everything that its result states."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.calibration.metrology.budget import (
    BudgetRow,
    CombinedUncertainty,
    Correlations,
    ExpandedUncertainty,
    combine,
    expand,
    type_a_row,
)
from app.calibration.metrology.checks import finite, finite_all
from app.calibration.metrology.decision import (
    Decision,
    DecisionRule,
    MeasuredUncertainty,
    Reason,
    Verdict,
    decide,
)
from app.calibration.metrology.descriptive import mean, sample_sd
from app.calibration.metrology.limits import LEAST_RATIO, WANTED_RATIO, Limits, uncertainty_ratio
from app.calibration.metrology.risk import conformance_probability
from app.kernel.text import msg

REPEATABILITY = "repeatability"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a procedure fixes before measuring: limits, decision rule, coverage probability."""

    limits: Limits
    rule: DecisionRule
    coverage: float = 0.9545


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A point's result in the quantity's unit.

    `value` is `None` for a missing reading, and `conformance` p_c with it. `ratio` is the test
    uncertainty ratio, `None` for a one-sided tolerance.
    """

    value: float | None
    combined: CombinedUncertainty
    uncertainty: ExpandedUncertainty
    ratio: float | None
    conformance: float | None
    decision: Decision

    @property
    def wants_better_equipment(self) -> bool:
        """Whether the ratio is below 4: the verdict stands, with a warning."""
        return self.ratio is not None and self.ratio < WANTED_RATIO


@dataclass(frozen=True, slots=True)
class ReadingsEvaluation:
    """The evaluation of a mean, with the number of readings and their spread (n >= 2)."""

    readings: int
    sd: float | None
    evaluation: Evaluation


def evaluate(
    value: float | None,
    rows: Iterable[BudgetRow],
    *,
    criteria: Criteria,
    correlations: Correlations | None = None,
) -> Evaluation:
    """Uncertainty, p_c and verdict of a figure, such as AP or a backlash, with its budget rows.

    Same inputs, same bits. A ratio below 1 gives no verdict under any rule; `None` is a missing
    reading and never passes. Raises as `combine` and `decide`.
    """
    combined = combine(rows, correlations=correlations)
    expanded = expand(combined.standard, dof=combined.dof, coverage=criteria.coverage)
    measured = MeasuredUncertainty(expanded.standard, expanded.expanded, expanded.dof)
    limits = criteria.limits
    ratio = uncertainty_ratio(limits, expanded.expanded)
    decision = decide(value, limits=limits, uncertainty=measured, rule=criteria.rule)
    if value is not None and ratio is not None and ratio < LEAST_RATIO:
        decision = Decision(Verdict.INCONCLUSIVE, Reason.UNCERTAINTY_TOO_LARGE, decision.guard)
    conformance = (
        None
        if value is None
        else conformance_probability(
            value, standard_uncertainty=expanded.standard, limits=limits, dof=expanded.dof
        )
    )
    return Evaluation(value, combined, expanded, ratio, conformance, decision)


def evaluate_readings(
    readings: Sequence[float],
    rows: Sequence[BudgetRow],
    *,
    criteria: Criteria,
    correction: float = 0.0,
    correlations: Correlations | None = None,
) -> ReadingsEvaluation:
    """Evaluate the mean of repeated readings plus a known correction.

    With n >= 2 a type A row named "repeatability" joins the budget; `rows` are the others. No
    reading at all is a missing value. Angles must be unwrapped (see `rotation.angle_spread`).
    """
    values = finite_all(msg("readings"), readings, at_least=0)
    shift = finite(msg("correction"), correction)
    repeated = len(values) > 1
    budget = (*rows, type_a_row(REPEATABILITY, values)) if repeated else tuple(rows)
    return ReadingsEvaluation(
        readings=len(values),
        sd=sample_sd(values) if repeated else None,
        evaluation=evaluate(
            mean(values) + shift if values else None,
            budget,
            criteria=criteria,
            correlations=correlations,
        ),
    )
