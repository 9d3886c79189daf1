"""The rows of a point's budget: whether they can be, and what the metrology core makes of them."""

import math
from dataclasses import dataclass

from app.calibration.figures import figure
from app.calibration.metrology.budget import (
    BudgetRow,
    Distribution,
    Evaluation,
    divisor,
)
from app.calibration.metrology.errors import MeasurementRefused
from app.calibration.metrology.units import leads_to
from app.calibration.procedure_models import BudgetLine, RowSource
from app.calibration.procedureinputs import RowInput
from app.calibration.typed import Typing, is_unit
from app.kernel.text import Text, msg

DEFAULT_FACTOR = 2.0
_LONGEST_NAME = 100
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Stated:
    """What a piece of equipment brings to a row: U with its k, or the step of its indication."""

    value: float
    factor: float = DEFAULT_FACTOR


def row_of(line: BudgetLine | RowInput, stated: Stated | None = None) -> BudgetRow:
    """A kept line as a row of the core; one read from equipment needs what that states.

    A reference's U is divided by its k, a resolution by 2 sqrt(3), whatever the line names.
    """
    sensitivity = float(line.sensitivity)
    dof = figure(line.dof)
    known = {
        "sensitivity": sensitivity,
        "dof": math.inf if dof is None else dof,
    }
    group = line.correlation_group
    if line.source is RowSource.FIXED:
        return BudgetRow(
            line.name,
            line.evaluation,
            line.distribution,
            float(line.value),
            _divides(line.distribution, figure(line.parameter)),
            group=group,
            **known,
        )
    if stated is None:
        raise ValueError(f"the row {line.name!r} is read from equipment")
    if line.source is RowSource.RESOLUTION:
        distribution, divides = Distribution.RESOLUTION, divisor(Distribution.RESOLUTION)
    else:
        distribution = Distribution.NORMAL
        divides = divisor(Distribution.NORMAL, coverage_factor=stated.factor)
    return BudgetRow(
        line.name, line.evaluation, distribution, stated.value, divides, group=group, **known
    )


def read_row(
    seen: Typing, row: RowInput, *, result_unit: str, roles: frozenset[str], prefix: str
) -> RowInput:
    """The row as it is kept; problems stand at `{prefix}{field}`."""
    read = RowInput(
        name=seen.text(f"{prefix}name", row.name, most=_LONGEST_NAME, required=True),
        source=row.source,
        role=row.role.strip(),
        evaluation=row.evaluation,
        distribution=row.distribution,
        value=seen.figure(f"{prefix}value", row.value, least=0.0),
        unit=seen.unit(f"{prefix}unit", row.unit or result_unit),
        parameter=seen.figure(f"{prefix}parameter", row.parameter, least=0.0),
        sensitivity=seen.figure(f"{prefix}sensitivity", row.sensitivity or "1"),
        sensitivity_unit=seen.unit(f"{prefix}sensitivity_unit", row.sensitivity_unit or "1"),
        dof=seen.figure(f"{prefix}dof", row.dof, least=1.0),
        correlation_group=seen.text(
            f"{prefix}correlation_group", row.correlation_group, most=_LONGEST_WORD
        ),
    )
    for field, problem in _problems(read, result_unit=result_unit, roles=roles):
        seen.refuse(f"{prefix}{field}", problem)
    return read


def _problems(row: RowInput, *, result_unit: str, roles: frozenset[str]) -> list[tuple[str, Text]]:
    return [*_source_problems(row, roles), *_shape_problems(row), *_unit_problems(row, result_unit)]


def _source_problems(row: RowInput, roles: frozenset[str]) -> list[tuple[str, Text]]:
    if row.source is RowSource.FIXED:
        found = []
        if row.role:
            found.append(("role", msg("A fixed value is read from no equipment.")))
        if not row.value:
            found.append(("value", msg("Please fill this in.")))
        return found
    if row.role not in roles:
        return [("role", msg("Choose one of the version's equipment roles."))]
    if row.evaluation is Evaluation.STATISTICAL:
        return [("evaluation", msg("What equipment states is of type B."))]
    return []


def _shape_problems(row: RowInput) -> list[tuple[str, Text]]:
    found: list[tuple[str, Text]] = []
    if row.sensitivity and float(row.sensitivity) == 0:
        found.append(("sensitivity", msg("With a sensitivity of zero the row counts for nothing.")))
    if row.evaluation is Evaluation.STATISTICAL and not row.dof:
        found.append(("dof", msg("A row of type A needs its degrees of freedom.")))
    if row.source is not RowSource.FIXED:
        return found
    try:
        _divides(row.distribution, figure(row.parameter))
    except MeasurementRefused as refusal:
        found.append(("parameter", refusal.message))
    return found


def _unit_problems(row: RowInput, result_unit: str) -> list[tuple[str, Text]]:
    """Whether c_i u(x_i) really comes out in the point's unit."""
    if not all(map(is_unit, (row.unit, row.sensitivity_unit, result_unit))):
        return []
    if leads_to(
        sensitivity_unit=row.sensitivity_unit, input_unit=row.unit, result_unit=result_unit
    ):
        return []
    return [
        (
            "sensitivity_unit",
            msg(
                "{sensitivity} times {unit} does not give {result}.",
                sensitivity=row.sensitivity_unit,
                unit=row.unit,
                result=result_unit,
            ),
        )
    ]


def _divides(distribution: Distribution, parameter: float | None) -> float:
    if distribution is Distribution.NORMAL:
        return divisor(distribution, coverage_factor=parameter)
    if distribution is Distribution.TRAPEZOIDAL:
        return divisor(distribution, top_ratio=parameter)
    return divisor(distribution, coverage_factor=parameter)
