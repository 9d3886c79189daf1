"""From a point's readings to its result, as bytes: the same on every machine and database.

Pure: no clock, no database. Floats are written as the shortest text that reads back as the very
same number, figures of procedures as they were typed.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.calibration import equipment
from app.calibration.budgets import Stated, row_of
from app.calibration.engine import ENGINE
from app.calibration.figures import figure
from app.calibration.job_models import JobEquipment, Phase
from app.calibration.methods import METHODS, MethodValue, inputs_of
from app.calibration.metrology.budget import BudgetRow, combine, expand
from app.calibration.metrology.decision import DecisionRule
from app.calibration.metrology.descriptive import grubbs, mean
from app.calibration.metrology.evaluation import Criteria, Evaluation, evaluate
from app.calibration.metrology.limits import Limits
from app.calibration.metrology.units import parse_unit
from app.calibration.procedure_models import (
    BudgetLine,
    ProcedurePoint,
    ProcedureVersion,
    RowSource,
)
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import Refused

_LEAST_FOR_OUTLIERS = 3
_ALIKE = 1e-12


@dataclass(frozen=True, slots=True)
class Taken:
    """A reading as it counts: the newest of its place, with why it is left out, if it is."""

    seq: int
    numbers: tuple[float, ...]
    raw: str = ""
    excluded: str = ""


Given = Mapping[int, Sequence[Taken]]
Roles = Mapping[str, JobEquipment]


@dataclass(slots=True)
class _Figures:
    """What a point comes to; the fields that stay empty are not to be had."""

    value: float | None = None
    sd: float | None = None
    rows: tuple[BudgetRow, ...] = ()
    extra: Mapping[str, float] = field(default_factory=dict)
    evaluation: Evaluation | None = None
    trouble: str = ""
    trouble_facts: Mapping[str, str] = field(default_factory=dict)


def evaluate_point(
    version: ProcedureVersion,
    point: ProcedurePoint,
    phase: Phase,
    readings: Given,
    roles: Roles,
) -> bytes:
    """The result of one point in canonical JSON.

    `readings` are those of the point and of its inputs, by seq; `roles` the job's equipment with
    certificates and their results. Points, budget and procedure must be loaded.
    """
    inputs = _inputs(version, point, phase, readings, roles)
    found = _figures(version, point, readings, roles)
    return canonical(
        {
            **inputs,
            "inputs_sha256": sha256_hex(canonical(inputs)),
            **_said(version, point, readings, found),
        }
    )


def _inputs(
    version: ProcedureVersion,
    point: ProcedurePoint,
    phase: Phase,
    readings: Given,
    roles: Roles,
) -> dict[str, object]:
    """Everything that the result is made of, so that its hash says whether anything changed."""
    wanted = inputs_of(point) or (point.seq,)
    others = {other.seq: other for other in version.points}
    used = {line.role for line in point.budget} | {point.role}
    used |= {others[seq].role for seq in wanted if seq in others}
    return {
        "engine": ENGINE,
        "procedure": version.procedure.code,
        "version": version.number,
        "version_sha256": version.content_sha256,
        "phase": phase,
        "point": {
            "seq": point.seq,
            "label": point.label,
            "target": point.target,
            "quantity": point.quantity,
            "unit": point.unit,
            "method": point.method,
            "nominal": point.nominal,
            "lower": point.lower,
            "upper": point.upper,
        },
        "readings": {str(seq): [_written(one) for one in readings.get(seq, ())] for seq in wanted},
        "equipment": [_used(roles[role]) for role in sorted(used) if role in roles],
    }


def _written(one: Taken) -> dict[str, object]:
    return {
        "seq": one.seq,
        "typed": one.raw,
        "numbers": [exact(number) for number in one.numbers],
        "excluded": one.excluded,
    }


def _used(chosen: JobEquipment) -> dict[str, object]:
    certificate = chosen.certificate
    return {
        "role": chosen.role,
        "issuer": certificate.issuer,
        "certificate": certificate.number,
        "calibrated_on": certificate.calibrated_on,
        "resolution": chosen.resolution,
        "resolution_unit": chosen.resolution_unit,
    }


def _figures(
    version: ProcedureVersion, point: ProcedurePoint, readings: Given, roles: Roles
) -> _Figures:
    """Value, budget and verdict; what the core refuses is said in the result itself."""
    found = _Figures()
    try:
        method = METHODS[point.method]
        made: MethodValue = method.evaluate(point, _series(version, point, readings, roles))
        found.value, found.sd, found.extra = made.value, made.sd, made.extra
        level = _level(point, readings, made.value)
        lines = [_row(line, point, roles, level) for line in point.budget]
        found.rows = (*made.rows, *(line for line in lines if line is not None))
        found.evaluation = _evaluation(version, point, found.value, found.rows)
    except Refused as refusal:
        found.trouble = refusal.message.template
        found.trouble_facts = {key: str(fact) for key, fact in refusal.message.facts.items()}
        found.evaluation = None
    return found


def _series(
    version: ProcedureVersion, point: ProcedurePoint, readings: Given, roles: Roles
) -> dict[int, list[tuple[float, ...]]]:
    """Readings that count, each minus the known error of what it was read with."""
    by_seq = {other.seq: other for other in version.points}
    return {
        seq: [
            _corrected(by_seq[seq], one.numbers, roles)
            for one in readings.get(seq, ())
            if not one.excluded
        ]
        for seq in inputs_of(point) or (point.seq,)
        if seq in by_seq
    }


def _corrected(
    point: ProcedurePoint, numbers: tuple[float, ...], roles: Roles
) -> tuple[float, ...]:
    chosen = roles.get(point.role)
    if chosen is None or len(numbers) != 1:
        return numbers
    error = equipment.correction_for(chosen.certificate, point.unit, numbers[0])
    return (numbers[0] - error,)


def _level(point: ProcedurePoint, readings: Given, value: float | None) -> float | None:
    """Where on a reference's scale it is used: at the mean of what was read."""
    own = [one.numbers[0] for one in readings.get(point.seq, ()) if not one.excluded]
    return mean(own) if own and point.components == 1 else value


def _row(
    line: BudgetLine, point: ProcedurePoint, roles: Roles, level: float | None
) -> BudgetRow | None:
    """A row of the budget; `None` for a reference that nobody has chosen yet."""
    if line.source is RowSource.FIXED:
        return row_of(line)
    chosen = roles.get(line.role)
    if chosen is None:
        return None
    unit = line.unit or point.unit
    if line.source is RowSource.REFERENCE:
        return row_of(line, Stated(*equipment.expanded_for(chosen.certificate, unit, level)))
    step = float(chosen.resolution or 0) * _scale(chosen.resolution_unit, unit)
    return row_of(line, Stated(step))


def _scale(written: str, wanted: str) -> float:
    """How many of the wanted unit one of the written one is; 1 where neither is stated."""
    if not written or not wanted or written == wanted:
        return 1.0
    ratio = parse_unit(written).factor / parse_unit(wanted).factor
    return 1.0 if abs(ratio - 1) < _ALIKE else ratio


def _evaluation(
    version: ProcedureVersion,
    point: ProcedurePoint,
    value: float | None,
    rows: Sequence[BudgetRow],
) -> Evaluation | None:
    """The verdict; none for a point without limits, or as long as no uncertainty is known."""
    if not any(row.contribution for row in rows):
        return None
    limits = limits_of(point)
    if limits is None:
        return None
    criteria = Criteria(
        limits=limits,
        rule=DecisionRule(
            rule=version.rule, guard_ratio=float(version.guard_ratio), party=version.party
        ),
        coverage=float(version.coverage),
    )
    return evaluate(value, rows, criteria=criteria)


def limits_of(point: ProcedurePoint) -> Limits | None:
    """The tolerance of a point; `None` where it is for information only."""
    if not point.lower and not point.upper:
        return None
    return Limits(figure(point.lower), figure(point.upper))


def _said(
    version: ProcedureVersion, point: ProcedurePoint, readings: Given, found: _Figures
) -> dict[str, object]:
    counted = [one for one in readings.get(point.seq, ()) if not one.excluded]
    evaluation = found.evaluation
    return {
        "n": _least(point, readings),
        "wanted": point.readings,
        "value": exact(found.value),
        "sd": exact(found.sd),
        "extra": {key: exact(value) for key, value in sorted(found.extra.items())},
        **_uncertainty(version, found),
        "ratio": exact(evaluation.ratio) if evaluation else None,
        "conformance": exact(evaluation.conformance) if evaluation else None,
        "rule": version.rule,
        "guard_ratio": version.guard_ratio,
        "party": version.party,
        "guard": exact(evaluation.decision.guard) if evaluation else None,
        "verdict": evaluation.decision.verdict if evaluation else None,
        "why": evaluation.decision.reason if evaluation else None,
        "wants_better": bool(evaluation and evaluation.wants_better_equipment),
        "outlier": outlier(counted),
        "trouble": found.trouble,
        "trouble_facts": found.trouble_facts,
    }


def _least(point: ProcedurePoint, readings: Given) -> int:
    """How many readings count; of a computed point the fewest of its inputs."""
    places = inputs_of(point) or (point.seq,)
    return min(sum(not one.excluded for one in readings.get(seq, ())) for seq in places)


def _uncertainty(version: ProcedureVersion, found: _Figures) -> dict[str, object]:
    """The budget line by line, and U; without a contribution there is none."""
    if not any(row.contribution for row in found.rows) or found.trouble:
        return {"budget": [], "standard": None, "dof": None, "factor": None, "expanded": None}
    if found.evaluation is not None:
        combined, expanded = found.evaluation.combined, found.evaluation.uncertainty
    else:
        combined = combine(found.rows)
        expanded = expand(combined.standard, dof=combined.dof, coverage=float(version.coverage))
    return {
        "budget": list(_budget(found.rows, combined.contributions, combined.shares)),
        "coverage": version.coverage,
        "standard": exact(expanded.standard),
        "dof": exact(expanded.dof),
        "factor": exact(expanded.factor),
        "expanded": exact(expanded.expanded),
    }


def _budget(
    rows: Iterable[BudgetRow], contributions: Iterable[float], shares: Iterable[float]
) -> Iterable[dict[str, object]]:
    for row, contribution, share in zip(rows, contributions, shares, strict=True):
        yield {
            "name": row.name,
            "evaluation": row.evaluation,
            "distribution": row.distribution,
            "value": exact(row.value),
            "divisor": exact(row.divisor),
            "sensitivity": exact(row.sensitivity),
            "dof": exact(row.dof),
            "group": row.group,
            "contribution": exact(contribution),
            "share": exact(share),
        }


def outlier(counted: Sequence[Taken]) -> int | None:
    """The place of a reading that Grubbs' test finds suspicious. It is shown, never left out."""
    if len(counted) < _LEAST_FOR_OUTLIERS or any(len(one.numbers) != 1 for one in counted):
        return None
    test = grubbs([one.numbers[0] for one in counted])
    return counted[test.index].seq if test.suspicious else None


def exact(value: float | None) -> str | None:
    """The shortest text of the very number; `None` for none, and for infinitely many degrees."""
    return None if value is None or math.isinf(value) else repr(float(value))


def read_content(content: bytes | str) -> dict[str, object]:
    """A result's content as it was written."""
    kept: dict[str, object] = json.loads(content)
    return kept


def number_in(content: Mapping[str, object], key: str) -> float | None:
    """A float of a result's content."""
    kept = content.get(key)
    return float(kept) if isinstance(kept, str) else None
