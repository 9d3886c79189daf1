"""What robots count, and which versions run in them, as JSON."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from app.identity.guard import ApiReading, ApiWriting
from app.robots import counters, firmware, revisions
from app.robots.api.configuration import robot_asked
from app.robots.counters import MOST, SECONDS_PER_HOUR
from app.robots.slot_models import Counter, FirmwareRecord, VersionOf
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Sent, Words

router = APIRouter(prefix="/api/v1/robots", tags=["upkeep"])

_Maker = Annotated[str, Query(description="Needed where two makers share the serial number.")]
_When = Annotated[
    AwareDatetime | None, Field(strict=False, description="Before now; without it, now.")
]
_Hours = Annotated[Decimal, Field(strict=False, ge=0, le=10**9, max_digits=12, decimal_places=2)]
_Count = Annotated[int, Field(ge=0, le=MOST)]


class CountersIn(Sent):
    """What the robot's counters show; those that were not read are left out."""

    hours: _Hours | None = None
    steps: _Count | None = None
    falls: _Count | None = None
    cycles: _Count | None = None
    at: _When = None
    reference: Words = ""

    def values(self) -> dict[Counter, int]:
        read = {
            Counter.HOURS: _seconds(self.hours) if self.hours is not None else None,
            Counter.STEPS: self.steps,
            Counter.FALLS: self.falls,
            Counter.CYCLES: self.cycles,
        }
        return {counter: value for counter, value in read.items() if value is not None}


class ExchangeIn(Sent):
    """A meter that began anew: it stood at `last` and goes on from `first`."""

    counter: Counter = Field(strict=False)
    last: _Hours
    first: _Hours = Decimal(0)
    reason: Words
    reference: Words = ""


class CounterOut(BaseModel):
    """`shown` by the present meter, `total` over all meters: hours, or pieces."""

    counter: Counter
    meter: int
    shown: float
    total: float
    at: datetime


class CountersOut(BaseModel):
    items: list[CounterOut]


class RevisionIn(Sent):
    """What stands on the type plate; `reason` where another one is on record."""

    revision: Words
    reason: Words = ""


class RevisionOut(BaseModel):
    hardware_revision: str


class VersionIn(Sent):
    """The version that runs; the same as before confirms it."""

    part: VersionOf = Field(strict=False)
    version: Words
    at: _When = None
    reference: Words = ""


class VersionOut(BaseModel):
    part: VersionOf
    version: str
    before: str
    at: datetime
    reference: str
    by: str


class VersionsOut(BaseModel):
    """What runs now by part, and what was recorded, newest first."""

    now: dict[str, str]
    items: list[VersionOut]


@router.get("/{serial:path}/counters", responses=refusals(404, 409))
def show_counters(
    session: ReadSession, actor: ApiReading, *, serial: str, maker: _Maker = ""
) -> CountersOut:
    """What each counter showed last."""
    unit = robot_asked(session, actor, serial, maker)
    standings = counters.latest(session, unit.id).values()
    return CountersOut(
        items=[
            CounterOut(
                counter=one.counter,
                meter=one.meter,
                shown=_number(one.counter, one.value),
                total=_number(one.counter, one.total),
                at=one.at,
            )
            for one in standings
        ]
    )


@router.post("/{serial:path}/counters", responses=refusals_of_writing(404))
@once
def push_counters(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: CountersIn,
    maker: _Maker = "",
) -> CountersOut:
    """Keep what a robot's counters show; for robots and docks with a token of their own."""
    unit = robot_asked(session, actor, serial, maker)
    counters.read(session, actor, unit, sent.values(), at=sent.at, reference=sent.reference)
    return show_counters(session, actor, serial=serial, maker=maker)


@router.post("/{serial:path}/counters/exchange", responses=refusals_of_writing(404))
@once
def exchange_meter(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: ExchangeIn,
    maker: _Maker = "",
) -> CountersOut:
    """Say that a counter began anew, so that it may show less than before."""
    unit = robot_asked(session, actor, serial, maker)
    in_seconds = sent.counter is Counter.HOURS
    counters.exchange(
        session,
        actor,
        unit,
        sent.counter,
        last=_seconds(sent.last) if in_seconds else int(sent.last),
        first=_seconds(sent.first) if in_seconds else int(sent.first),
        reason=sent.reason,
        reference=sent.reference,
    )
    return show_counters(session, actor, serial=serial, maker=maker)


@router.get("/{serial:path}/firmware", responses=refusals(404, 409))
def show_versions(
    session: ReadSession, actor: ApiReading, *, serial: str, maker: _Maker = ""
) -> VersionsOut:
    """The versions that run in a robot as a whole, and what was recorded of them."""
    unit = robot_asked(session, actor, serial, maker)
    now = firmware.versions(session, unit)
    return VersionsOut(
        now={str(part): version for part, version in now.items()},
        items=[_version(record) for record in firmware.history(session, unit.id)],
    )


@router.post("/{serial:path}/firmware", status_code=201, responses=refusals_of_writing(404))
@once
def record_version(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: VersionIn,
    maker: _Maker = "",
) -> VersionOut:
    """Record the version that runs in a robot, its controller or its AI model."""
    unit = robot_asked(session, actor, serial, maker)
    record = firmware.record(
        session, actor, unit, sent.part, sent.version, at=sent.at, reference=sent.reference
    )
    return _version(record)


@router.post("/{serial:path}/revision", responses=refusals_of_writing(404))
@once
def record_revision(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    sent: RevisionIn,
    maker: _Maker = "",
) -> RevisionOut:
    """Record the hardware revision on the type plate; a correction gives its reason."""
    unit = robot_asked(session, actor, serial, maker)
    revisions.record(session, actor, unit, sent.revision, reason=sent.reason)
    return RevisionOut(hardware_revision=unit.hardware_revision)


def _seconds(hours: Decimal) -> int:
    return int(hours * SECONDS_PER_HOUR)


def _number(counter: Counter, value: int) -> float:
    return float(counters.shown(counter, value))


def _version(record: FirmwareRecord) -> VersionOut:
    return VersionOut(
        part=record.part,
        version=record.version,
        before=record.before,
        at=record.at,
        reference=record.reference,
        by=record.by,
    )
