"""Whether a draft may be released: complete, consistent, and honest about what it follows."""

import re

from app.calibration.drafts import read_with_budget
from app.calibration.figures import figure
from app.calibration.methods import inputs_of
from app.calibration.metrology.decision import DecisionRule
from app.calibration.metrology.errors import MeasurementRefused
from app.calibration.metrology.pose import follows_iso_9283
from app.calibration.procedure_models import ProcedurePoint, ProcedureVersion
from app.calibration.procedureinputs import PointInput, RowInput
from app.kernel.errors import Invalid
from app.kernel.text import Text, msg

_POSES = frozenset({"pose_accuracy", "pose_repeatability", "distance_accuracy"})
_SAYS_ISO_9283 = re.compile(r"iso\s*9283|12642", re.IGNORECASE)
_SAYS_DERIVED = re.compile(r"derived", re.IGNORECASE)
_TWO = 2


def check_complete(version: ProcedureVersion) -> None:
    """Raises Invalid with a problem by field for a loaded draft that must not be released."""
    problems = problems_of(version)
    if problems:
        raise Invalid(
            msg("The draft cannot be released yet: {first}", first=next(iter(problems.values()))),
            problems=problems,
        )


def problems_of(version: ProcedureVersion) -> dict[str, Text]:
    """What stands against a release; fields are `standard`, `points`, `point-3-lower`, ..."""
    problems: dict[str, Text] = {}
    if not version.points:
        problems["points"] = msg("A procedure needs at least one point.")
    elif all(not (point.lower or point.upper) for point in version.points):
        problems["points"] = msg("No point has limits: nothing could ever pass or fail.")
    try:
        DecisionRule(version.rule, float(version.guard_ratio), version.party)
    except MeasurementRefused as refusal:
        problems["rule"] = refusal.message
    if _claims_iso_9283(version):
        problems["standard"] = msg(
            "With fewer than 30 cycles a pose test is “ISO 9283-derived”; write that."
        )
    for point in version.points:
        for field, problem in _of_point(version, point).items():
            problems[f"point-{point.seq}-{field}"] = problem
    unused = {need.role for need in version.needs} - _roles_used(version)
    for role in sorted(unused):
        problems.setdefault(
            "needs", msg("No point and no budget row uses the role {role}.", role=role)
        )
    return problems


def _of_point(version: ProcedureVersion, point: ProcedurePoint) -> dict[str, Text]:
    others = [other for other in version.points if other is not point]
    try:
        rows = [RowInput.of(line) for line in point.budget]
        read_with_budget(version, PointInput.of(point), rows, others=others)
    except Invalid as refusal:
        return dict(refusal.problems)
    has_limits = figure(point.lower) is not None or figure(point.upper) is not None
    if has_limits and not point.budget and _fewest_readings(version, point) < _TWO:
        return {"budget": msg("Without a budget row or a second reading there is no uncertainty.")}
    return {}


def _fewest_readings(version: ProcedureVersion, point: ProcedurePoint) -> int:
    read = inputs_of(point)
    return min((other.readings for other in version.points if other.seq in read), default=0) or (
        point.readings
    )


def _claims_iso_9283(version: ProcedureVersion) -> bool:
    """A test of fewer cycles that names the standard without saying that it only follows it."""
    said = f"{version.title}\n{version.standard}"
    if not _SAYS_ISO_9283.search(said) or _SAYS_DERIVED.search(said):
        return False
    return any(
        not follows_iso_9283(_fewest_readings(version, point))
        for point in version.points
        if point.method in _POSES
    )


def _roles_used(version: ProcedureVersion) -> set[str]:
    return {point.role for point in version.points} | {
        line.role for point in version.points for line in point.budget
    }
