"""What somebody says of a procedure before it is looked at: figures as typed."""

from dataclasses import dataclass, field

from app.calibration.methods import inputs_of, settings_of
from app.calibration.metrology.budget import Distribution, Evaluation
from app.calibration.metrology.decision import Party, Rule
from app.calibration.procedure_models import (
    BudgetLine,
    EquipmentNeed,
    ProcedurePoint,
    ProcedureVersion,
    RowSource,
)


@dataclass(frozen=True, slots=True)
class VersionInput:
    """What a version says of itself; coverage is a probability such as 0.9545."""

    title: str
    model_id: int | None = None
    method: str = ""
    standard: str = ""
    rule: Rule = Rule.GUARD_BAND
    guard_ratio: str = "1"
    party: Party | None = None
    coverage: str = "0.9545"
    temperature_from: str = ""
    temperature_to: str = ""
    humidity_to: str = ""
    valid_months: int | None = None
    valid_hours: int | None = None

    @classmethod
    def of(cls, version: ProcedureVersion) -> "VersionInput":
        return cls(**{name: getattr(version, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class NeedInput:
    """A role for reference equipment; `largest_expanded` is the U that is still good enough."""

    role: str
    kind: str
    largest_expanded: str = ""
    unit: str = ""

    @classmethod
    def of(cls, need: EquipmentNeed) -> "NeedInput":
        return cls(need.role, need.kind, need.largest_expanded, need.unit)


@dataclass(frozen=True, slots=True)
class RowInput:
    """A budget row; units left empty are the point's, and 1 for the sensitivity."""

    name: str
    source: RowSource = RowSource.FIXED
    role: str = ""
    evaluation: Evaluation = Evaluation.OTHER
    distribution: Distribution = Distribution.RECTANGULAR
    value: str = ""
    unit: str = ""
    parameter: str = ""
    sensitivity: str = "1"
    sensitivity_unit: str = ""
    dof: str = ""
    correlation_group: str = ""

    @classmethod
    def of(cls, line: BudgetLine) -> "RowInput":
        return cls(**{name: getattr(line, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class PointInput:
    """A point; a computed one has no readings and reads the points named in `inputs`."""

    label: str
    target: str
    quantity: str
    unit: str
    method: str = "mean"
    settings: dict[str, str] = field(default_factory=dict)
    inputs: tuple[int, ...] = ()
    nominal: str = ""
    lower: str = ""
    upper: str = ""
    readings: int = 1
    components: int = 1
    role: str = ""
    is_required: bool = True

    @classmethod
    def of(cls, point: ProcedurePoint) -> "PointInput":
        same = {
            name: getattr(point, name)
            for name in cls.__slots__
            if name not in {"settings", "inputs"}
        }
        return cls(**same, settings=settings_of(point), inputs=inputs_of(point))
