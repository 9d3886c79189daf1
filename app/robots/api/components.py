"""Components as JSON: found by serial, corrected, their versions, sent to another store."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel import clock
from app.robots import components, firmware, registry, storemoves, usage
from app.robots.api.configuration import OccupantOut, occupant_out
from app.robots.components import Identity
from app.robots.slot_models import Component, Occupant
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId, Sent, Words

router = APIRouter(prefix="/api/v1", tags=["configuration"])


class StayOut(BaseModel):
    robot: str
    slot: str
    occupant: OccupantOut
    run_s: int | None


class ComponentOut(BaseModel):
    id: int
    serial: str
    slot_class: str
    part_number: str
    name: str
    lot: str
    firmware: str
    made_on: date | None
    stays: list[StayOut]


class CorrectionIn(Sent):
    """What is on record of it from now on, all of it; its serial and class stay."""

    part_number: Words = ""
    name: Words = ""
    lot: Words = ""
    made_on: date | None = Field(default=None, strict=False)


class VersionIn(Sent):
    version: Words
    reference: Words = ""


class SendIn(Sent):
    store: Words = Field(description="The other store's code.")
    reason: Words = ""


class ComponentList(BaseModel):
    items: list[ComponentOut]


@router.get("/components", responses=refusals())
def find_components(
    session: ReadSession,
    actor: ApiReading,
    serial: Annotated[str, Query(description="A component's serial, exactly.")],
) -> ComponentList:
    """Components with this serial number: one, or one for each numbering it is of."""
    actor.require("robots.view")
    found = components.find(session, actor, serial)
    return ComponentList(items=[_component(session, component) for component in found])


@router.get("/components/{component_id}", responses=refusals(404))
def show_component(session: ReadSession, actor: ApiReading, component_id: RowId) -> ComponentOut:
    """A component: what it is, where it is, where it has been."""
    actor.require("robots.view")
    return _component(session, components.by_id(session, actor, component_id))


@router.post("/components/{component_id}", responses=refusals_of_writing(404))
@once
def correct_component(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    component_id: RowId,
    sent: CorrectionIn,
) -> ComponentOut:
    """Correct what is on record of a component."""
    component = components.by_id(session, actor, component_id)
    seen = Identity(component.serial, component.slot_class, **sent.model_dump())
    components.identify(session, actor, component, seen)
    return _component(session, component)


@router.post("/components/{component_id}/firmware", responses=refusals_of_writing(404))
@once
def record_component_version(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    component_id: RowId,
    sent: VersionIn,
) -> ComponentOut:
    """The version that runs in it, in a robot or out of one."""
    actor.require("robots.record")
    component = components.by_id(session, actor, component_id)
    stays = components.stays(session, component_id)
    present = stays[0] if stays and stays[0][0].until is None else None
    unit = registry.by_id(session, actor, present[0].unit_id) if present else None
    firmware.record_in_component(
        session, actor, component, sent.version, unit=unit, reference=sent.reference
    )
    return _component(session, component)


@router.post("/components/{component_id}/send", responses=refusals_of_writing(404))
@once
def send_component(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    component_id: RowId,
    sent: SendIn,
) -> ComponentOut:
    """To another store of the house; it is not found here any more."""
    component = components.by_id(session, actor, component_id)
    storemoves.send(session, actor, component, sent.store, reason=sent.reason)
    return _component(session, component)


def _component(session: Session, component: Component) -> ComponentOut:
    stays = components.stays(session, component.id)
    run = usage.hours_of_stays(session, Occupant.component_id == component.id, at=clock.now())
    return ComponentOut(
        id=component.id,
        serial=component.serial,
        slot_class=str(component.slot_class),
        part_number=component.part_number,
        name=component.name,
        lot=component.lot,
        firmware=component.firmware,
        made_on=component.made_on,
        stays=[
            StayOut(
                robot=unit.serial,
                slot=stay.slot.path,
                occupant=occupant_out(stay),
                run_s=run.get(stay.id),
            )
            for stay, unit in stays
        ],
    )
