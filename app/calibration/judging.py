"""Results judged again after what they rest on was found wrong: by how much each of them shifts.

Of a value that was read, the shift is the error times its sensitivity; a computed value is made
anew from shifted readings, so that an error common to all of them falls out where it does.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import equipment
from app.calibration.figures import figure
from app.calibration.job_models import CalibrationResult
from app.calibration.methods import METHODS
from app.calibration.metrology.decision import DecisionRule, MeasuredUncertainty
from app.calibration.metrology.impact import Effect, reassess
from app.calibration.metrology.limits import Limits
from app.calibration.procedure_models import BudgetLine, ProcedurePoint, RowSource
from app.calibration.reach import Touched
from app.kernel.errors import Refused

# results whose readings are taken up again at once
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Error:
    """By how much it was wrong in its unit, with the doubt of that; no bias: nobody knows."""

    bias: float | None
    doubt: float = 0.0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class _Gain:
    """How much of the error reaches a value, and whether that is exact or the most it can be."""

    times: float
    is_exact: bool = True


def assess(session: Session, error: Error, found: Sequence[Touched]) -> list[dict[str, object]]:
    """Each result judged again, as the row of an item."""
    known = _Known(error, _sensitivities(session, {one.point_id for one in found}))
    made_anew = _computed(session, known, [one for one in found if one.inputs])
    return [_item(one, known, made_anew.get(one.result_id)) for one in found]


@dataclass(slots=True)
class _Known:
    """The error of what was wrong, and how it reaches each point by the role it played there."""

    error: Error
    sensitivities: Mapping[tuple[int, str], tuple[float, str]]
    scales: dict[tuple[str, str], float | None] = field(default_factory=dict)
    limits: dict[tuple[str, str], Limits] = field(default_factory=dict)
    rules: dict[tuple[object, str, object], DecisionRule] = field(default_factory=dict)

    def gain(self, point_id: int, role: str, unit: str, *, shown: str) -> float | None:
        """From the error's unit into the point's; None for another quantity.

        A row of the budget may be in a unit of its own, which its sensitivity carries over; down a
        chain the error may become another quantity, in which the last reference shows it.
        """
        times, own_unit = self.sensitivities.get((point_id, role), (1.0, ""))
        scale = self._scale(self.error.unit, own_unit or unit)
        if scale is None and shown:
            scale = self._scale(shown, own_unit or unit)
        return None if scale is None else scale * times

    def limits_of(self, lower: str, upper: str) -> Limits:
        key = (lower, upper)
        if key not in self.limits:
            self.limits[key] = Limits(figure(lower), figure(upper))
        return self.limits[key]

    def rule_of(self, row: object) -> DecisionRule:
        key = (row.rule, row.guard_ratio, row.party)  # type: ignore[attr-defined]
        if key not in self.rules:
            rule, ratio, party = key
            self.rules[key] = DecisionRule(rule=rule, guard_ratio=float(ratio), party=party)
        return self.rules[key]

    def _scale(self, written: str, unit: str) -> float | None:
        if (written, unit) not in self.scales:
            known = equipment.scale(written, unit) if written else None
            self.scales[written, unit] = known
        return self.scales[written, unit]


def _item(one: Touched, known: _Known, made_anew: _Gain | None) -> dict[str, object]:
    row, bias = one.row, known.error.bias
    said: dict[str, object] = {
        "result_id": one.result_id,
        "unit_id": one.unit_id,
        "shift": 0.0,
        "value": row.value,
        "conformance": row.conformance,
        "effect": Effect.UNAFFECTED if row.verdict is None else Effect.MAY_CHANGE,
        "reason": "",
        "disposed_by": "",
    }
    gain = made_anew or _direct(one, known)
    if bias is None or gain is None or row.value is None:
        return said
    said["shift"] = bias * gain.times
    said["value"] = row.value - bias * gain.times
    if row.verdict is None or not row.standard:
        return said
    again = reassess(
        row.value,
        limits=known.limits_of(row.lower, row.upper),
        uncertainty=MeasuredUncertainty(
            row.standard, row.expanded, float("inf") if row.dof is None else row.dof
        ),
        rule=known.rule_of(row),
        bias=bias,
        bias_uncertainty=known.error.doubt,
        sensitivity=gain.times,
    )
    said |= {"conformance": again.conformance, "effect": again.effect}
    if not gain.is_exact and again.effect is Effect.UNAFFECTED:
        # the most that it can shift says nothing of which way
        said["effect"] = Effect.MAY_CHANGE
    return said


def _direct(one: Touched, known: _Known) -> _Gain | None:
    gain = known.gain(one.point_id, one.role, one.row.unit, shown=one.unit)
    return None if gain is None else _Gain(gain * one.factor, is_exact=not one.inputs)


def _computed(session: Session, known: _Known, found: Sequence[Touched]) -> dict[int, _Gain]:
    """By result: what a computed value shifts by when its readings are shifted, for each unit of
    the error. Readings of several components have no known direction: there it stays the most.
    """
    if not found or not known.error.bias:
        return {}
    points = _points(session, {one.row.version_id for one in found})
    made: dict[int, _Gain] = {}
    for start in range(0, len(found), _AT_ONCE):
        part = {one.result_id: one for one in found[start : start + _AT_ONCE]}
        rows = session.execute(
            select(CalibrationResult.id, CalibrationResult.content).where(
                CalibrationResult.id.in_(part)
            )
        )
        for result_id, content in rows:
            one = part[result_id]
            gain = _made_anew(one, json.loads(content), known, points[one.row.version_id])
            if gain is not None:
                made[result_id] = gain
    return made


def _made_anew(
    one: Touched,
    content: Mapping[str, object],
    known: _Known,
    points: Mapping[int, ProcedurePoint],
) -> _Gain | None:
    point, bias = points[one.row.seq], known.error.bias
    written = content.get("readings")
    if not isinstance(written, dict) or bias is None:
        return None
    series = {int(seq): _numbers(rows) for seq, rows in written.items()}
    if any(len(numbers) != 1 for rows in series.values() for numbers in rows):
        return None
    shifted = dict(series)
    for seq, factor in one.inputs.items():
        other = points[seq]
        gain = known.gain(other.id, other.role, other.unit, shown=one.unit)
        if gain is None:
            return None
        shifted[seq] = [(row[0] - bias * gain * factor,) for row in series.get(seq, [])]
    method = METHODS[point.method]
    try:
        before, after = (method.evaluate(point, given).value for given in (series, shifted))
    except Refused:
        return None
    return None if before is None or after is None else _Gain((before - after) / bias)


def _numbers(rows: Iterable[Mapping[str, object]]) -> list[tuple[float, ...]]:
    """The readings that count, as the result's content has them."""
    found = []
    for row in rows:
        numbers = row["numbers"]
        if not row["excluded"] and isinstance(numbers, list):
            found.append(tuple(float(number) for number in numbers))
    return found


def _points(session: Session, version_ids: Collection[int]) -> dict[int, dict[int, ProcedurePoint]]:
    """The points of some versions by their places."""
    found: dict[int, dict[int, ProcedurePoint]] = {version_id: {} for version_id in version_ids}
    for point in session.scalars(
        select(ProcedurePoint).where(ProcedurePoint.version_id.in_(version_ids))
    ):
        found[point.version_id][point.seq] = point
    return found


def _sensitivities(
    session: Session, point_ids: Collection[int]
) -> dict[tuple[int, str], tuple[float, str]]:
    """c_i of a reference's row in the budget of each point by its role, with the row's unit."""
    if not point_ids:
        return {}
    rows = session.execute(
        select(BudgetLine.point_id, BudgetLine.role, BudgetLine.sensitivity, BudgetLine.unit).where(
            BudgetLine.point_id.in_(point_ids), BudgetLine.source == RowSource.REFERENCE
        )
    )
    found: dict[tuple[int, str], tuple[float, str]] = {}
    for point_id, role, sensitivity, unit in rows:
        value = abs(figure(sensitivity) or 1.0)
        if value >= found.get((point_id, role), (0.0, ""))[0]:
            found[point_id, role] = (value, unit)
    return found
