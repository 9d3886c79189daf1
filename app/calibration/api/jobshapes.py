"""Jobs, readings and results on the wire."""

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.calibration import jobs, review
from app.calibration.adjustments import AdjustmentInput
from app.calibration.evaluating import read_content
from app.calibration.job_models import (
    Adjustment,
    CalibrationJob,
    CalibrationResult,
    JobReason,
    JobState,
    Phase,
    Reading,
    ReadingSource,
)
from app.calibration.jobview import Desk
from app.calibration.metrology.decision import Verdict
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.readings import Took
from app.calibration.surroundings import Conditions
from app.calibration.typedreading import LONGEST, Mark
from app.web.wire import Sent, Words

_Long = Annotated[str, Field(max_length=4_000)]
_Figure = Annotated[str, Field(max_length=40, description="Decimal text.")]
_Version = Annotated[
    int | None, Field(description="The job's version as last seen; another one is a conflict.")
]


class JobIn(Sent):
    """`unit` is a serial; `procedure` a code."""

    unit: Words
    procedure: Annotated[str, Field(max_length=40)]
    points: Annotated[
        list[Annotated[int, Field(ge=1, le=100_000)]],
        Field(max_length=2_000, description="Places of the points to measure; none: all."),
    ] = []
    targets: Annotated[
        list[Annotated[str, Field(max_length=180)]],
        Field(max_length=2_000, description="The points at these targets, besides."),
    ] = []
    reason: Annotated[JobReason, Field(strict=False)] = JobReason.SCHEDULED
    reference: Annotated[str, Field(max_length=64)] = ""


class ConditionsIn(Sent):
    """Degrees Celsius and per cent."""

    temperature: _Figure = ""
    humidity: _Figure = ""
    place: Words = ""
    condition: _Long = ""
    deviations: _Long = ""
    received_at: Annotated[datetime | None, Field(strict=False)] = None
    version: _Version = None

    def read(self) -> Conditions:
        return Conditions(**self.model_dump(exclude={"version"}))


class AlsoIn(Sent):
    targets: Annotated[
        list[Annotated[str, Field(max_length=180)]], Field(min_length=1, max_length=2_000)
    ]


class WhyIn(Sent):
    reason: Words


class EquipmentIn(Sent):
    """A reference by asset number or serial, for a role of the procedure."""

    role: Annotated[str, Field(max_length=40)]
    equipment: Words
    version: _Version = None


class SpotIn(Sent):
    point: Annotated[int, Field(ge=1, le=100_000)]
    phase: Annotated[Phase, Field(strict=False)] = Phase.AS_FOUND
    mark: Annotated[Mark, Field(strict=False, description="The decimal mark.")] = Mark.POINT
    version: _Version = None


class ReadingIn(SpotIn):
    """`reading` as a display shows it: one number, or several parted by semicolons."""

    reading: Annotated[str, Field(max_length=LONGEST)]
    unit: Annotated[str, Field(max_length=32, description="Checked against the point's.")] = ""


class ColumnIn(SpotIn):
    """One reading a line: all of them, or none."""

    column: Annotated[str, Field(max_length=400_000)]


class AgainIn(Sent):
    """A reading once more, and why."""

    reading: Annotated[str, Field(max_length=LONGEST)]
    reason: Words
    mark: Annotated[Mark, Field(strict=False)] = Mark.POINT
    version: _Version = None


class AdjustmentIn(Sent):
    target: Annotated[str, Field(max_length=180)]
    parameter: Annotated[str, Field(max_length=100)]
    after: Annotated[str, Field(max_length=100)]
    before: Annotated[str, Field(max_length=100)] = ""
    unit: Annotated[str, Field(max_length=32)] = ""
    firmware: Annotated[str, Field(max_length=64)] = ""
    note: Annotated[str, Field(max_length=2_000)] = ""
    version: _Version = None

    def read(self) -> AdjustmentInput:
        return AdjustmentInput(**self.model_dump(exclude={"version"}))


class SeenIn(Sent):
    version: _Version = None


class ReviewIn(Sent):
    pin: Annotated[str, Field(max_length=64)]
    note: _Long = ""


class JobRowOut(BaseModel):
    number: int
    label: str
    unit: str
    procedure: str
    state: JobState
    reason: JobReason
    reference: str
    performer: str
    made_at: datetime


class PointOut(BaseModel):
    seq: int
    label: str
    target: str
    unit: str
    lower: str
    upper: str
    readings: int
    is_required: bool


class ReadingOut(BaseModel):
    id: int
    point: int
    phase: Phase
    seq: int
    typed: str
    numbers: list[float]
    unit: str
    source: ReadingSource
    taken_at: datetime
    taken_by: str
    replaces: int | None
    reason: str
    excluded: str


class ResultOut(BaseModel):
    """`content` is the result with its budget, floats as text that reads back exactly."""

    point: int
    phase: Phase
    readings: int
    value: float | None
    expanded: float | None
    factor: float | None
    conformance: float | None
    verdict: Verdict | None
    engine: str
    inputs_sha256: str
    content: dict[str, Any]


class AdjustmentOut(BaseModel):
    target: str
    parameter: str
    before: str
    after: str
    unit: str
    firmware: str
    at: datetime
    by: str
    note: str


class RoleOut(BaseModel):
    role: str
    equipment: str | None
    certificate: str | None
    is_frozen: bool


class MissingOut(BaseModel):
    point: int
    phase: Phase
    have: int
    wanted: int


class ShiftOut(BaseModel):
    """As found against as left last time, with both U combined."""

    point: int
    before: float
    now: float
    combined: float
    is_large: bool


class JobOut(BaseModel):
    number: int
    label: str
    version: int
    unit: str
    procedure: str
    procedure_version: int
    state: JobState
    reason: JobReason
    reference: str
    performer: str
    reviewer: str
    is_self_reviewed: bool
    started_at: datetime | None
    measured_at: datetime | None
    reviewed_at: datetime | None
    ended_at: datetime | None
    unadjusted_by: str
    points: list[PointOut]
    is_part: bool
    equipment: list[RoleOut]
    adjustments: list[AdjustmentOut]
    missing: list[MissingOut]
    shifts: list[ShiftOut]


class ReadingsOut(BaseModel):
    items: list[ReadingOut]


class ResultsOut(BaseModel):
    items: list[ResultOut]


class TookOut(BaseModel):
    """What was taken, what it led to, and the job's version for the next one."""

    version: int
    readings: list[ReadingOut]
    results: list[ResultOut]


def job_out(desk: Desk) -> JobOut:
    job, version = desk.job, desk.job.procedure_version
    same = (
        "number version state reason reference performer reviewer is_self_reviewed started_at "
        "measured_at reviewed_at ended_at unadjusted_by"
    )
    return JobOut(
        **{name: getattr(job, name) for name in same.split()},
        label=jobs.label(job),
        unit=job.unit.serial,
        procedure=version.procedure.code,
        procedure_version=version.number,
        is_part=bool(desk.left_out),
        points=[_point(line.point) for line in desk.lines],
        equipment=[_role(desk, need.role) for need in desk.needs],
        adjustments=[_adjustment(row) for row in desk.made],
        missing=[
            MissingOut(
                point=gap.point.seq, phase=gap.phase, have=gap.count, wanted=gap.point.readings
            )
            for gap in desk.gaps
        ],
        shifts=[_shift(one) for one in desk.shifts],
    )


def took_out(job: CalibrationJob, took: Took) -> TookOut:
    points = jobs.points_of(job)
    return TookOut(
        version=job.version,
        readings=[reading_out(row, points) for row in took.rows],
        results=[result_out(row, points) for row in took.results],
    )


def reading_out(
    row: Reading, points: dict[int, ProcedurePoint], *, excluded: str = ""
) -> ReadingOut:
    return ReadingOut(
        id=row.id,
        point=points[row.point_id].seq,
        phase=row.phase,
        seq=row.seq,
        typed=row.raw_text,
        numbers=json.loads(row.numbers),
        unit=row.unit,
        source=row.source,
        taken_at=row.taken_at,
        taken_by=row.taken_by,
        replaces=row.replaces_id,
        reason=row.reason,
        excluded=excluded,
    )


def result_out(row: CalibrationResult, points: dict[int, ProcedurePoint]) -> ResultOut:
    return ResultOut(
        point=points[row.point_id].seq,
        phase=row.phase,
        readings=row.readings,
        value=row.value,
        expanded=row.expanded,
        factor=row.factor,
        conformance=row.conformance,
        verdict=row.verdict,
        engine=row.engine,
        inputs_sha256=row.inputs_sha256,
        content=read_content(row.content),
    )


def _point(point: ProcedurePoint) -> PointOut:
    return PointOut(**{name: getattr(point, name) for name in PointOut.model_fields})


def _adjustment(row: Adjustment) -> AdjustmentOut:
    return AdjustmentOut(**{name: getattr(row, name) for name in AdjustmentOut.model_fields})


def _role(desk: Desk, role: str) -> RoleOut:
    chosen = desk.roles.get(role)
    return RoleOut(
        role=role,
        equipment=chosen.equipment.asset_number if chosen else None,
        certificate=chosen.certificate.number if chosen else None,
        is_frozen=chosen is not None and chosen.frozen_at is not None,
    )


def _shift(one: review.Shift) -> ShiftOut:
    return ShiftOut(
        point=one.point.seq,
        before=one.before,
        now=one.now,
        combined=one.combined,
        is_large=one.is_large,
    )
