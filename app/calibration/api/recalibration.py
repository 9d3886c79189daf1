"""The short way after a swap as JSON: identity, firmware, offset, and two people at the joint."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.calibration import jobs, recalibration
from app.calibration.api.asked import robot_of
from app.calibration.recalibration import Offsets, Progress
from app.identity import approval
from app.identity.guard import ApiReading, ApiWriting
from app.kernel import queueing
from app.kernel.actor import Actor
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Sent, Words

router = APIRouter(
    prefix="/api/v1/calibration/robots/{serial}/recalibration/{slot}", tags=["calibration"]
)


class SerialIn(Sent):
    serial: Words


class FirmwareIn(Sent):
    firmware: Annotated[str, Field(max_length=64)]


class OffsetIn(Sent):
    """The joint's zero as it was and as it is set now, in `unit`."""

    before: Annotated[str, Field(max_length=40)]
    after: Annotated[str, Field(max_length=40)]
    unit: Annotated[str, Field(max_length=32)] = "deg"
    note: Annotated[str, Field(max_length=2_000)] = ""


class HoldIn(Sent):
    """The PINs of the two people who held the joint; a program is neither of them."""

    pin: Annotated[str, Field(max_length=64)]
    second_pin: Annotated[str, Field(max_length=64)]


class RecalibrationOut(BaseModel):
    """`step` is what is to be done next."""

    serial: str
    slot: str
    target: str
    step: str
    actuator: str
    firmware: str
    before: str
    after: str
    unit: str
    held_by: str
    held_with: str
    job: str | None


@router.get("", responses=refusals(404, 409))
def show_recalibration(
    session: ReadSession, actor: ApiReading, serial: str, slot: str, *, maker: str = ""
) -> RecalibrationOut:
    """How far the short way after a swap is for the actuator in a slot."""
    return _progress_out(_progress(session, actor, (serial, slot, maker)))


@router.post("/identity", responses=refusals_of_writing(404, 409))
@once
def confirm_identity(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    serial: str,
    slot: str,
    *,
    body: SerialIn,
    maker: str = "",
) -> RecalibrationOut:
    def act(here: Progress) -> None:
        recalibration.identify(session, actor, here, body.serial)

    return _done(session, actor, (serial, slot, maker), act)


@router.post("/firmware", responses=refusals_of_writing(404, 409))
@once
def record_actuator_firmware(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    serial: str,
    slot: str,
    *,
    body: FirmwareIn,
    maker: str = "",
) -> RecalibrationOut:
    def act(here: Progress) -> None:
        recalibration.read_firmware(session, actor, here, body.firmware)

    return _done(session, actor, (serial, slot, maker), act)


@router.post("/offset", responses=refusals_of_writing(404, 409))
@once
def record_offset(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    serial: str,
    slot: str,
    *,
    body: OffsetIn,
    maker: str = "",
) -> RecalibrationOut:
    def act(here: Progress) -> None:
        recalibration.set_offset(session, actor, here, Offsets(**body.model_dump()))

    return _done(session, actor, (serial, slot, maker), act)


@router.post("/hold", responses=refusals_of_writing(404, 409))
@once
def confirm_hold(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    serial: str,
    slot: str,
    *,
    body: HoldIn,
    maker: str = "",
) -> RecalibrationOut:
    """Two people stood at the joint when its zero was set. Wrong PINs count, and lock in time."""
    actor.require("calibration.measure")
    # wrong PINs are counted in a transaction of their own, for which ours must be over
    session.rollback()
    database, may = database_of(request), "calibration.measure"
    first = approval.second_person(database, actor, pin=body.pin, permission=may)
    second = approval.second_person(database, first, pin=body.second_pin, permission=may)
    queueing.enter(session, actor.store_id)

    def act(here: Progress) -> None:
        recalibration.hold(session, first, second, here)

    return _done(session, actor, (serial, slot, maker), act)


def _progress(session: Session, actor: Actor, where: tuple[str, str, str]) -> Progress:
    serial, slot, maker = where
    return recalibration.progress(session, actor, robot_of(session, actor, serial, maker), slot)


def _done(
    session: Session, actor: Actor, where: tuple[str, str, str], act: Callable[[Progress], None]
) -> RecalibrationOut:
    act(_progress(session, actor, where))
    return _progress_out(_progress(session, actor, where))


def _progress_out(here: Progress) -> RecalibrationOut:
    row, made = here.row, here.adjustment
    return RecalibrationOut(
        serial=here.unit.serial,
        slot=here.slot.path,
        target=here.target,
        step=here.step.value,
        actuator=here.fitted_label,
        firmware=row.firmware if row else "",
        before=made.before if made else "",
        after=made.after if made else "",
        unit=made.unit if made else "",
        held_by=row.held_by if row else "",
        held_with=row.held_with if row else "",
        job=jobs.label(here.job) if here.job else None,
    )
