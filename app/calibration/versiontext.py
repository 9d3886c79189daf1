"""What a version says, as bytes: equal versions have equal bytes and one hash."""

import json

from app.calibration.methods import inputs_of
from app.calibration.procedure_models import ProcedurePoint, ProcedureVersion
from app.kernel.canonical import canonical, sha256_hex

_VERSION = (
    "number",
    "title",
    "model_id",
    "method",
    "standard",
    "rule",
    "guard_ratio",
    "party",
    "coverage",
    "temperature_from",
    "temperature_to",
    "humidity_to",
    "valid_months",
    "valid_hours",
)
_POINT = (
    "seq",
    "label",
    "target",
    "quantity",
    "unit",
    "method",
    "nominal",
    "lower",
    "upper",
    "readings",
    "components",
    "role",
    "is_required",
)
_LINE = (
    "seq",
    "name",
    "source",
    "role",
    "evaluation",
    "distribution",
    "value",
    "unit",
    "parameter",
    "sensitivity",
    "sensitivity_unit",
    "dof",
    "correlation_group",
)
_NEED = ("role", "kind", "largest_expanded", "unit")


def content(version: ProcedureVersion) -> bytes:
    """Canonical JSON of a loaded version, down to its budgets; nothing of who made it, or when."""
    return canonical(
        {
            "code": version.procedure.code,
            **_facts(version, _VERSION),
            "points": [_point(point) for point in version.points],
            "needs": [_facts(need, _NEED) for need in version.needs],
        }
    )


def digest(version: ProcedureVersion) -> str:
    return sha256_hex(content(version))


def _point(point: ProcedurePoint) -> dict[str, object]:
    return {
        **_facts(point, _POINT),
        "settings": json.loads(point.settings),
        "inputs": inputs_of(point),
        "budget": [_facts(line, _LINE) for line in point.budget],
    }


def _facts(row: object, names: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}
