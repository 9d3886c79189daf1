"""The short way after an actuator was swapped, one step after the other."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import jobs, recalibration, robotaddresses
from app.calibration.recalibration import Progress, Step
from app.calibration.states import JOB_LABELS
from app.calibration.validityforms import FirmwareForm, HoldForm, OffsetForm, SerialForm
from app.identity import approval
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import addresses, makers, registry
from app.robots.slotnames import name_of
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession, database_of

router = APIRouter()
_HERE = "/calibration/robots/{serial}/recalibrate"
_UNIT = "/calibration/robots/unit/recalibrate"


@router.get(_UNIT)
@router.get(_HERE)
def show_recalibration(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    slot: str,
    maker: str = "",
) -> Response:
    """How far it is, and the one thing to do next."""
    here = _progress(session, actor, serial, slot, maker)
    return _show(request, here, maker=maker)


@router.post(f"{_UNIT}/identity")
@router.post(f"{_HERE}/identity")
@once
def confirm_identity(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    slot: str,
    form: Annotated[SerialForm, Form()],
    maker: str = "",
) -> Response:
    def act(here: Progress) -> None:
        recalibration.identify(session, actor, here, form.serial)

    return _do(request, session, actor, (serial, slot, maker), act=act, form=form)


@router.post(f"{_UNIT}/firmware")
@router.post(f"{_HERE}/firmware")
@once
def record_actuator_firmware(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    slot: str,
    form: Annotated[FirmwareForm, Form()],
    maker: str = "",
) -> Response:
    def act(here: Progress) -> None:
        recalibration.read_firmware(session, actor, here, form.firmware)

    return _do(request, session, actor, (serial, slot, maker), act=act, form=form)


@router.post(f"{_UNIT}/offset")
@router.post(f"{_HERE}/offset")
@once
def record_offset(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    slot: str,
    form: Annotated[OffsetForm, Form()],
    maker: str = "",
) -> Response:
    def act(here: Progress) -> None:
        recalibration.set_offset(session, actor, here, form.read())

    return _do(request, session, actor, (serial, slot, maker), act=act, form=form)


@router.post(f"{_UNIT}/hold")
@router.post(f"{_HERE}/hold")
@once
def confirm_hold(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    slot: str,
    form: Annotated[HoldForm, Form()],
    maker: str = "",
) -> Response:
    """The second person's PIN is asked for outside our own transaction: wrong ones are counted."""
    try:
        second = approval.behind_pin(
            database_of(request), session, actor, pin=form.pin, permission="calibration.measure"
        )
    except StoreError as refusal:
        session.rollback()
        here = _progress(session, actor, serial, slot, maker)
        return _show(request, here, maker=maker, refused=(HoldForm(), refusal))

    def act(here: Progress) -> None:
        recalibration.hold(session, actor, second, here)

    return _do(request, session, actor, (serial, slot, maker), act=act, form=HoldForm())


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    where: tuple[str, str, str],
    *,
    act: Callable[[Progress], None],
    form: StoreForm,
) -> Response:
    serial, slot, maker = where
    here = _progress(session, actor, serial, slot, maker)
    address = robotaddresses.recalibration_page(here.unit.serial, here.slot.path, maker=maker)
    try:
        act(here)
    except StoreError as refusal:
        session.rollback()
        here = _progress(session, actor, serial, slot, maker)
        return _show(request, here, maker=maker, refused=(form, refusal))
    return RedirectResponse(address, 303)


def _progress(session: Session, actor: Actor, serial: str, slot: str, maker: str) -> Progress:
    maker_id = makers.maker_called(session, maker).id if maker else None
    unit = registry.by_serial(session, actor, serial, maker_id=maker_id)
    return recalibration.progress(session, actor, unit, slot)


def _show(
    request: Request,
    here: Progress,
    *,
    maker: str,
    refused: tuple[StoreForm, StoreError] | None = None,
) -> Response:
    form, refusal = refused or (None, None)
    status = 200
    if refusal is not None:
        status = 422 if is_htmx(request) else status_of(refusal)
    unit, slot = here.unit, here.slot
    typed = SerialForm().typed() | FirmwareForm().typed() | OffsetForm().typed()
    return render(
        request,
        "calibration/recalibrate.html",
        status=status,
        here=here,
        unit=unit,
        slot=slot,
        slot_name=name_of(slot.path),
        step=here.step.value,
        steps=here.steps,
        is_done=here.step is Step.DONE,
        job_page=jobs.page(here.job) if here.job else "",
        job_label=jobs.label(here.job) if here.job else "",
        job_state=JOB_LABELS[here.job.state] if here.job else None,
        act_page=lambda step: robotaddresses.recalibration_page(
            unit.serial, slot.path, maker=maker, step=step
        ),
        page=robotaddresses.robot_page(unit.serial, maker=maker),
        robot_page=addresses.robot_page(unit.serial, maker=maker),
        slot_page=addresses.page_below(unit.serial, "slots", slot.path, maker=maker),
        form=typed | (form.typed() if form else {}),
        problems=problems_of(refusal) if refusal else {},
        link=getattr(refusal, "link", None) if refusal else None,
    )
