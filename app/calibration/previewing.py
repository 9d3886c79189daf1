"""What a point's budget would come to, before anybody measures: u, U, the ratio, what is accepted.

Equipment is not chosen yet: a reference stands in with the largest U that its role allows, a
resolution with the value planned in its row. The spread of the readings is whatever is assumed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.budgets import DEFAULT_FACTOR, Stated, row_of
from app.calibration.figures import figure
from app.calibration.metrology.budget import (
    BudgetRow,
    CombinedUncertainty,
    Evaluation,
    ExpandedUncertainty,
    combine,
    expand,
    one_sided_factor,
    pooled_row,
    resolution_counted_with_repeatability,
)
from app.calibration.metrology.decision import CONFORMANCE_PROBABILITY, Rule
from app.calibration.metrology.errors import MeasurementRefused
from app.calibration.metrology.evaluation import REPEATABILITY
from app.calibration.metrology.limits import (
    LEAST_RATIO,
    WANTED_RATIO,
    Limits,
    uncertainty_ratio,
)
from app.calibration.procedure_models import ProcedureVersion, RowSource
from app.calibration.procedureinputs import NeedInput, PointInput, RowInput
from app.kernel.text import Text, msg


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One line of the budget as it would stand; `standard` is u(x_i) in its own unit."""

    name: str
    unit: str
    standard: float
    sensitivity: float
    contribution: float
    share: float
    dof: float
    is_assumed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """`guard` is w; `lower` and `upper` are the acceptance limits, `None` on an open side."""

    rows: tuple[PlannedRow, ...] = ()
    uncertainty: ExpandedUncertainty | None = None
    ratio: float | None = None
    guard: float | None = None
    lower: float | None = None
    upper: float | None = None
    limits: Limits | None = None
    notes: tuple[Text, ...] = ()
    is_empty: bool = False


def preview(
    version: ProcedureVersion,
    point: PointInput,
    rows: Sequence[RowInput],
    *,
    spread: float | None = None,
) -> Preview:
    """Of a point as it was read; `spread` is the assumed sd of one reading, in its unit."""
    notes: list[Text] = []
    try:
        planned, assumed = _planned(version, rows, notes)
    except MeasurementRefused as refusal:
        return Preview(notes=(refusal.message,))
    if spread is not None and spread > 0:
        planned.append(_spread_row(point, spread))
    elif max(point.readings, len(point.inputs)) > 1:
        notes.append(msg("The spread of the readings will be added."))
    if not planned:
        return Preview(notes=(*notes, msg("No row has a value yet.")))
    try:
        combined = combine(planned)
        expanded = expand(combined.standard, dof=combined.dof, coverage=float(version.coverage))
        limits = _limits(point)
    except MeasurementRefused as refusal:
        return Preview(notes=(*notes, refusal.message))
    units = {row.name: row.unit for row in rows}
    table = _table(planned, combined, units=units, unit=point.unit, assumed=assumed)
    return _judged(version, table, expanded, limits, _notes(planned, point, notes))


def _planned(
    version: ProcedureVersion, rows: Sequence[RowInput], notes: list[Text]
) -> tuple[list[BudgetRow], set[str]]:
    """Rows with a value, and the names of those that equipment will overwrite."""
    needs = {need.role: NeedInput.of(need) for need in version.needs}
    planned, assumed = [], {REPEATABILITY}
    for row in rows:
        stated = None if row.source is RowSource.FIXED else _stated(row, needs.get(row.role))
        if row.source is not RowSource.FIXED:
            if stated is None:
                notes.append(
                    msg("“{row}” is not known before the equipment is chosen.", row=row.name)
                )
                continue
            assumed.add(row.name)
        planned.append(row_of(row, stated))
    return planned, assumed


def _stated(row: RowInput, need: NeedInput | None) -> Stated | None:
    planned = figure(row.value)
    if planned is not None:
        return Stated(planned, figure(row.parameter) or DEFAULT_FACTOR)
    if row.source is RowSource.RESOLUTION or need is None:
        return None
    largest = figure(need.largest_expanded)
    return Stated(largest) if largest is not None and need.unit == row.unit else None


def _spread_row(point: PointInput, spread: float) -> BudgetRow:
    readings = max(point.readings, 1)
    return pooled_row(REPEATABILITY, pooled_sd=spread, readings=readings, dof=max(readings - 1, 1))


def _limits(point: PointInput) -> Limits | None:
    lower, upper = figure(point.lower), figure(point.upper)
    return None if lower is None and upper is None else Limits(lower, upper)


def _table(
    planned: Sequence[BudgetRow],
    combined: CombinedUncertainty,
    *,
    units: dict[str, str],
    unit: str,
    assumed: set[str],
) -> tuple[PlannedRow, ...]:
    return tuple(
        PlannedRow(
            row.name,
            units.get(row.name, unit),
            row.standard_uncertainty,
            row.sensitivity,
            abs(contribution),
            share,
            row.dof,
            row.name in assumed,
        )
        for row, contribution, share in zip(
            planned, combined.contributions, combined.shares, strict=True
        )
    )


def _notes(planned: Sequence[BudgetRow], point: PointInput, notes: list[Text]) -> list[Text]:
    repeated = point.readings > 1 and not any(
        row.evaluation is Evaluation.STATISTICAL for row in planned
    )
    rows = [*planned, _spread_row(point, 1.0)] if repeated else planned
    if resolution_counted_with_repeatability(rows):
        notes.append(
            msg("Resolution and spread of the readings both count; the certificate will say so.")
        )
    if any(row.group for row in planned):
        notes.append(msg("Rows of one group count as fully correlated; the smallest dof is used."))
    return notes


def _judged(
    version: ProcedureVersion,
    table: tuple[PlannedRow, ...],
    expanded: ExpandedUncertainty,
    limits: Limits | None,
    notes: list[Text],
) -> Preview:
    if limits is None:
        notes.append(msg("Without limits the point is for information only."))
        return Preview(table, expanded, notes=tuple(notes))
    guard = _guard(version, expanded)
    ratio = uncertainty_ratio(limits, expanded.expanded)
    empty = not limits.leaves_room(guard)
    if ratio is not None and ratio < LEAST_RATIO:
        notes.append(msg("U is wider than the tolerance: no verdict would be given."))
    elif empty:
        notes.append(msg("The guard band leaves nothing to accept."))
    elif ratio is not None and ratio < WANTED_RATIO:
        notes.append(msg("The tolerance is less than four times U wide: better equipment helps."))
    return Preview(
        table,
        expanded,
        ratio,
        guard,
        None if limits.lower is None else limits.lower + guard,
        None if limits.upper is None else limits.upper - guard,
        limits,
        tuple(notes),
        empty,
    )


def _guard(version: ProcedureVersion, expanded: ExpandedUncertainty) -> float:
    match version.rule:
        case Rule.SIMPLE:
            return 0.0
        case Rule.ISO_14253_1:
            return one_sided_factor(CONFORMANCE_PROBABILITY, expanded.dof) * expanded.standard
    return float(version.guard_ratio) * expanded.expanded
