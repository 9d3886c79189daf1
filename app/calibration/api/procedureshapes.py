"""What procedures look like on the wire. Figures are decimal text, as they are kept."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from app.calibration.methods import METHODS, inputs_of, settings_of
from app.calibration.metrology.budget import Distribution, Evaluation
from app.calibration.metrology.decision import Party, Rule
from app.calibration.previewing import Preview
from app.calibration.procedure_models import (
    BudgetLine,
    EquipmentNeed,
    ProcedurePoint,
    ProcedureVersion,
    RowSource,
    VersionState,
)
from app.calibration.procedureinputs import NeedInput, PointInput, RowInput, VersionInput
from app.web.wire import Sent, Words

Figure = Annotated[str, Field(max_length=40)]
Unit = Annotated[str, Field(max_length=32)]
Word = Annotated[str, Field(max_length=40)]
Long = Annotated[str, Field(max_length=20_000)]
_LARGEST = 2**63 - 1
_RuleIn = Annotated[Rule, Field(strict=False)]
_PartyIn = Annotated[Party | None, Field(strict=False)]


class VersionIn(Sent):
    """`guard_ratio` is r of w = r U; `coverage` a probability such as 0.9545."""

    title: Words
    model_id: Annotated[int | None, Field(ge=1, le=_LARGEST)] = None
    method: Long = ""
    standard: Words = ""
    rule: _RuleIn = Rule.GUARD_BAND
    guard_ratio: Figure = "1"
    party: _PartyIn = None
    coverage: Figure = "0.9545"
    temperature_from: Figure = ""
    temperature_to: Figure = ""
    humidity_to: Figure = ""
    valid_months: int | None = None
    valid_hours: int | None = None

    def read(self) -> VersionInput:
        return VersionInput(**{name: getattr(self, name) for name in VersionInput.__slots__})


class ProcedureIn(VersionIn):
    code: Word


class DraftIn(Sent):
    """The version that the next one begins as, and the model it is for (none: every model)."""

    of: Annotated[int, Field(ge=1, le=_LARGEST)]
    model_id: Annotated[int | None, Field(ge=1, le=_LARGEST)] = None


class NeedIn(Sent):
    role: Word
    kind: Word
    largest_expanded: Figure = ""
    unit: Unit = ""

    def read(self) -> NeedInput:
        return NeedInput(**self.model_dump())


class NeedsIn(Sent):
    items: Annotated[list[NeedIn], Field(max_length=60)]


class RowIn(Sent):
    """`parameter` is k of a normal row or the ratio of a trapezoid; `dof` empty: infinite."""

    name: Annotated[str, Field(max_length=100)]
    source: Annotated[RowSource, Field(strict=False)] = RowSource.FIXED
    role: Word = ""
    evaluation: Annotated[Evaluation, Field(strict=False)] = Evaluation.OTHER
    distribution: Annotated[Distribution, Field(strict=False)] = Distribution.RECTANGULAR
    value: Figure = ""
    unit: Unit = ""
    parameter: Figure = ""
    sensitivity: Figure = "1"
    sensitivity_unit: Unit = ""
    dof: Figure = ""
    correlation_group: Word = ""

    def read(self) -> RowInput:
        return RowInput(**{name: getattr(self, name) for name in RowInput.__slots__})


class PointIn(Sent):
    """A point with its whole budget; one without readings is computed from `inputs`."""

    label: Words
    target: Annotated[str, Field(max_length=180)]
    quantity: Word
    unit: Unit
    method: Word = "mean"
    settings: Annotated[dict[str, str], Field(max_length=20)] = {}
    inputs: Annotated[list[int], Field(max_length=20)] = []
    nominal: Figure = ""
    lower: Figure = ""
    upper: Figure = ""
    readings: int = 1
    components: int = 1
    role: Word = ""
    is_required: bool = True
    budget: Annotated[list[RowIn], Field(max_length=60)] = []

    def read(self) -> tuple[PointInput, list[RowInput]]:
        said = {name: getattr(self, name) for name in PointInput.__slots__}
        said["inputs"] = tuple(self.inputs)
        return PointInput(**said), [row.read() for row in self.budget]


class CopyIn(Sent):
    """The body whose slots give points."""

    plan_id: Annotated[int, Field(ge=1, le=_LARGEST)]


class RetireIn(Sent):
    reason: Words = ""


class NeedOut(BaseModel):
    role: str
    kind: str
    largest_expanded: str
    unit: str

    @classmethod
    def of(cls, need: EquipmentNeed) -> Self:
        return cls(
            role=need.role, kind=need.kind, largest_expanded=need.largest_expanded, unit=need.unit
        )


class RowOut(BaseModel):
    seq: int
    name: str
    source: RowSource
    role: str
    evaluation: Evaluation
    distribution: Distribution
    value: str
    unit: str
    parameter: str
    sensitivity: str
    sensitivity_unit: str
    dof: str
    correlation_group: str

    @classmethod
    def of(cls, line: BudgetLine) -> Self:
        return cls(**{name: getattr(line, name) for name in cls.model_fields})


class PlannedOut(BaseModel):
    """What the budget comes to before anybody measures; `accepted` are the acceptance limits."""

    expanded: float | None
    factor: float | None
    dof: float | None
    ratio: float | None
    guard: float | None
    accepted_lower: float | None
    accepted_upper: float | None
    notes: list[str]

    @classmethod
    def of(cls, planned: Preview) -> Self:
        u = planned.uncertainty
        return cls(
            expanded=u.expanded if u else None,
            factor=u.factor if u else None,
            dof=u.dof if u and u.dof < float("inf") else None,
            ratio=planned.ratio,
            guard=planned.guard,
            accepted_lower=None if planned.is_empty else planned.lower,
            accepted_upper=None if planned.is_empty else planned.upper,
            notes=[str(note) for note in planned.notes],
        )


class PointOut(BaseModel):
    seq: int
    label: str
    target: str
    quantity: str
    unit: str
    method: str
    settings: dict[str, str]
    inputs: list[int]
    nominal: str
    lower: str
    upper: str
    readings: int
    components: int
    role: str
    is_required: bool
    budget: list[RowOut]
    planned: PlannedOut

    @classmethod
    def of(cls, point: ProcedurePoint, planned: Preview) -> Self:
        same = set(cls.model_fields) - {"settings", "inputs", "budget", "planned"}
        return cls(
            **{name: getattr(point, name) for name in same},
            settings=settings_of(point),
            inputs=list(inputs_of(point)),
            budget=[RowOut.of(line) for line in point.budget],
            planned=PlannedOut.of(planned),
        )


class VersionLineOut(BaseModel):
    """A version in a list."""

    id: int
    code: str
    number: int
    title: str
    state: VersionState
    model_id: int | None
    points: int
    rule: Rule
    released_at: datetime | None
    released_by: str


class VersionsOut(BaseModel):
    items: list[VersionLineOut]


class VersionOut(BaseModel):
    """`seen` names this state of a draft; `content_sha256` is set by the release."""

    id: int
    code: str
    number: int
    state: VersionState
    title: str
    model_id: int | None
    method: str
    standard: str
    rule: Rule
    guard_ratio: str
    party: Party | None
    coverage: str
    temperature_from: str
    temperature_to: str
    humidity_to: str
    valid_months: int | None
    valid_hours: int | None
    made_at: datetime
    made_by: str
    released_at: datetime | None
    released_by: str
    retired_at: datetime | None
    retired_by: str
    content_sha256: str
    needs: list[NeedOut]
    points: list[PointOut]

    @classmethod
    def of(cls, version: ProcedureVersion, planned: list[Preview]) -> Self:
        same = set(cls.model_fields) - {"code", "needs", "points"}
        return cls(
            **{name: getattr(version, name) for name in same},
            code=version.procedure.code,
            needs=[NeedOut.of(need) for need in version.needs],
            points=[
                PointOut.of(point, one) for point, one in zip(version.points, planned, strict=True)
            ],
        )


class DiscardedOut(BaseModel):
    """The draft that is no more."""

    id: int
    number: int


class SkippedOut(BaseModel):
    what: str
    why: str


class CopiedOut(BaseModel):
    """Numbers of the new points, and what got none."""

    points: list[int]
    skipped: list[SkippedOut]


class SettingOut(BaseModel):
    key: str
    label: str
    kind: str
    unit: str


class MethodOut(BaseModel):
    """What a point may name: numbers of a reading, fewest readings, points it is computed from."""

    key: str
    label: str
    about: str
    components: list[int]
    least: int
    measured: bool
    inputs: int
    settings: list[SettingOut]


class MethodsOut(BaseModel):
    items: list[MethodOut]

    @classmethod
    def all(cls) -> Self:
        return cls(
            items=[
                MethodOut(
                    key=method.key,
                    label=str(method.label),
                    about=str(method.about),
                    components=list(method.components),
                    least=method.least,
                    measured=method.measured,
                    inputs=method.inputs,
                    settings=[
                        SettingOut(
                            key=one.key, label=str(one.label), kind=one.kind.value, unit=one.unit
                        )
                        for one in method.settings
                    ],
                )
                for method in METHODS.values()
            ]
        )


class ClauseOut(BaseModel):
    number: int
    label: str
    quantity: str
    unit: str


class ClausesOut(BaseModel):
    standard: str
    items: list[ClauseOut]
