"""What is inside robots, as JSON: slots with their occupants, now or at a moment; fit, take out."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.robots import fitting, insides, makers, registry
from app.robots.choosing import Part
from app.robots.fitting import Place as SlotOf
from app.robots.insides import Change, Place
from app.robots.models import Unit
from app.robots.moments import moment_of
from app.robots.occupancy import Work
from app.robots.slot_models import Occupant
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Sent, Words

router = APIRouter(prefix="/api/v1", tags=["configuration"])

_Maker = Annotated[str, Query(description="Needed where two makers share the serial number.")]
_SlotPath = Annotated[str, Path(description="Such as `left_knee.actuator`.")]
_At = Annotated[
    AwareDatetime | None, Query(description="What was inside at that moment; without it, now.")
]
_When = Annotated[
    AwareDatetime | None, Field(strict=False, description="Before now; without it, now.")
]


class WorkIn(Sent):
    """Why, and for which ticket."""

    reference: Words = ""
    reason: Words = ""
    at: _When = None

    def work(self) -> Work:
        return Work(reason=self.reason, reference=self.reference, at=self.at)


class FitIn(WorkIn):
    """A component by `component` or by `serial` (and `part_number`); else a part by number, lot."""

    component: int | None = Field(default=None, ge=1, le=2**63 - 1)
    serial: Words = ""
    part_number: Words = ""
    lot: Words = ""
    firmware: Words = ""

    def part(self) -> Part:
        return Part(
            part_number=self.part_number,
            serial=self.serial,
            lot=self.lot,
            firmware=self.firmware,
            component_id=self.component,
        )


class ReplaceIn(FitIn):
    """`occupant` is what is to come out; refused if it is no longer there."""

    occupant: int | None = Field(default=None, ge=1, le=2**63 - 1)


class RemoveIn(WorkIn):
    """`occupant` is what is to come out; refused if it is no longer there."""

    occupant: int | None = Field(default=None, ge=1, le=2**63 - 1)


class SwapIn(WorkIn):
    """The other place; without `serial` it is in the same robot."""

    serial: Words = ""
    maker: Words = ""
    slot: Words


class OccupantOut(BaseModel):
    """`component` is the id of what has a serial number; `until` null: it is there now."""

    id: int
    component: int | None
    part_number: str
    serial: str
    lot: str
    firmware: str
    since: datetime
    until: datetime | None
    as_built: bool
    reference: str
    reason: str


class SlotOut(BaseModel):
    """`run_s`: seconds that the robot ran with this occupant, null where nobody knows."""

    slot: str
    slot_class: str
    side: str
    parent: str | None
    control: str
    change: Change
    occupant: OccupantOut | None
    as_built: OccupantOut | None
    run_s: int | None


class ConfigurationOut(BaseModel):
    """`known` of `wanted` slots have an occupant on record. No `revision`: no slots are known."""

    serial: str
    at: datetime
    revision: str | None
    known: int
    wanted: int
    slots: list[SlotOut]


@router.get("/robots/{serial:path}/configuration", responses=refusals(404, 409))
def show_configuration(
    session: ReadSession, actor: ApiReading, *, serial: str, maker: _Maker = "", at: _At = None
) -> ConfigurationOut:
    """What is inside a robot, now or at a moment, beside what it was built with."""
    unit = robot_asked(session, actor, serial, maker)
    moment = moment_of(at)
    inside = insides.view(session, unit, at=moment if at is not None else None)
    return ConfigurationOut(
        serial=unit.serial,
        at=moment,
        revision=inside.plan.revision if inside.plan else None,
        known=inside.known,
        wanted=inside.wanted,
        slots=[_slot(place) for place in inside.places],
    )


@router.post(
    "/robots/{serial:path}/slots/{slot}/fit", status_code=201, responses=refusals_of_writing(404)
)
@once
def fit_part(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    slot: _SlotPath,
    sent: FitIn,
    maker: _Maker = "",
) -> OccupantOut:
    """Fit a part into an empty slot."""
    unit = robot_asked(session, actor, serial, maker)
    fitted = fitting.fit(session, actor, unit, slot, part=sent.part(), work=sent.work())
    return occupant_out(fitted)


@router.post(
    "/robots/{serial:path}/slots/{slot}/replace",
    status_code=201,
    responses=refusals_of_writing(404),
)
@once
def replace_part(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    slot: _SlotPath,
    sent: ReplaceIn,
    maker: _Maker = "",
) -> OccupantOut:
    """Take out what sits in a slot and fit another part, in one step."""
    unit = robot_asked(session, actor, serial, maker)
    fitted = fitting.replace(
        session,
        actor,
        unit,
        slot,
        part=sent.part(),
        work=sent.work(),
        expected=sent.occupant,
    )
    return occupant_out(fitted)


@router.post("/robots/{serial:path}/slots/{slot}/remove", responses=refusals_of_writing(404))
@once
def remove_part(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    slot: _SlotPath,
    sent: RemoveIn,
    maker: _Maker = "",
) -> OccupantOut:
    """Take out what sits in a slot."""
    unit = robot_asked(session, actor, serial, maker)
    taken = fitting.remove(session, actor, unit, slot, work=sent.work(), expected=sent.occupant)
    return occupant_out(taken)


@router.post("/robots/{serial:path}/slots/{slot}/swap", responses=refusals_of_writing(404))
@once
def swap_parts(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    slot: _SlotPath,
    sent: SwapIn,
    maker: _Maker = "",
) -> ConfigurationOut:
    """Swap what sits in two places, of one robot or of two; one of them may be empty."""
    unit = robot_asked(session, actor, serial, maker)
    other = robot_asked(session, actor, sent.serial, sent.maker) if sent.serial else unit
    fitting.swap(session, actor, SlotOf(unit, slot), SlotOf(other, sent.slot), work=sent.work())
    return show_configuration(session, actor, serial=serial, maker=maker)


def robot_asked(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    """The robot that an address names; raises NotFound, or Conflict for two makers' serial."""
    actor.require("robots.view")
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)


def occupant_out(stay: Occupant) -> OccupantOut:
    component = stay.component
    return OccupantOut(
        id=stay.id,
        component=stay.component_id,
        part_number=component.part_number if component else stay.part_number,
        serial=component.serial if component else "",
        lot=component.lot if component else stay.lot,
        firmware=stay.firmware,
        since=stay.since,
        until=stay.until,
        as_built=stay.as_built,
        reference=stay.reference,
        reason=stay.reason,
    )


def _slot(place: Place) -> SlotOut:
    return SlotOut(
        slot=place.path,
        slot_class=place.slot_class,
        side=str(place.side),
        parent=place.parent_path,
        control=str(place.slot.control),
        change=place.change,
        occupant=occupant_out(place.now) if place.now else None,
        as_built=occupant_out(place.built) if place.built else None,
        run_s=place.run_s,
    )
