"""A robot's calibrations: what holds, what is due, what has to pass, and the job that does it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import demands, impact, jobs, robotaddresses, robotcases, standing
from app.calibration.pages import due, recalibration, rules
from app.calibration.standing import Holds
from app.calibration.validityforms import PlanForm, WaiveForm
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import addresses, makers, registry
from app.robots.models import Unit
from app.robots.slotnames import name_of
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter()
for part in (due, rules, recalibration):
    router.include_router(part.router)

_HERE = "/calibration/robots/{serial}"


def asked_unit(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    """The robot that an address names; raises NotFound, or SharedSerial without its maker."""
    actor.require("calibration.view")
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)


@router.get("/calibration/robots/unit")
@router.get(_HERE)
def show_robot(
    request: Request, session: ReadSession, actor: SignedIn, *, serial: str, maker: str = ""
) -> Response:
    unit = asked_unit(session, actor, serial, maker)
    return _show(request, session, actor, unit, maker=maker)


@router.post("/calibration/robots/unit/plan")
@router.post(f"{_HERE}/plan")
@once
def plan_job(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[PlanForm, Form()],
    maker: str = "",
) -> Response:
    """A job by the procedure that is asked for, for the ticket that made it due."""
    unit = asked_unit(session, actor, serial, maker)
    try:
        job = jobs.plan_due(session, actor, unit, code=form.code, reference=form.reference)
    except StoreError as refusal:
        session.rollback()
        unit = asked_unit(session, actor, serial, maker)
        return _show(request, session, actor, unit, maker=maker, refused=(form, refusal))
    return RedirectResponse(jobs.page(job), 303)


@router.post("/calibration/robots/unit/demands/{demand_id}/waive")
@router.post(f"{_HERE}/demands/{{demand_id}}/waive")
def waive_demand(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    demand_id: RowId,
    form: Annotated[WaiveForm, Form()],
    maker: str = "",
) -> Response:
    """It is not needed, for a reason that stays on record."""
    unit = asked_unit(session, actor, serial, maker)
    try:
        demands.waive(session, actor, demands.by_id(session, actor, demand_id), reason=form.reason)
    except StoreError as refusal:
        session.rollback()
        unit = asked_unit(session, actor, serial, maker)
        return _show(
            request, session, actor, unit, maker=maker, refused=(form, refusal), at=demand_id
        )
    return RedirectResponse(robotaddresses.robot_page(unit.serial, maker=maker), 303)


def _show(
    request: Request,
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    maker: str,
    refused: tuple[StoreForm, StoreError] | None = None,
    at: int = 0,
) -> Response:
    rows = standing.standing(session, unit)
    form, refusal = refused or (None, None)
    status = 200
    if refusal is not None:
        status = 422 if is_htmx(request) else status_of(refusal)
    typed: dict[str, Any] = form.typed() if form else {}
    case = robotcases.open_of(session, unit)
    return render(
        request,
        "calibration/robot.html",
        status=status,
        unit=unit,
        rows=[row for row in rows if row.holds is not Holds.NEVER],
        never=[row for row in rows if row.holds is Holds.NEVER],
        blocking=[row for row in rows if row.blocks],
        robot_page=addresses.robot_page(unit.serial, maker=maker),
        plan_page=robotaddresses.plan_page(unit.serial, maker=maker),
        waive_page=lambda demand_id: robotaddresses.waive_page(unit.serial, demand_id, maker=maker),
        recalibration_page=lambda slot: robotaddresses.recalibration_page(
            unit.serial, slot, maker=maker
        ),
        swapped=[(slot, name_of(slot.path)) for slot in standing.swapped(session, unit, rows)],
        case_label=impact.label(case) if case else "",
        case_page=impact.page(case) if case else "",
        may_measure=actor.may("calibration.measure"),
        may_waive=actor.may("calibration.review"),
        typed=typed,
        at=at,
        problems=problems_of(refusal) if refusal else {},
        link=getattr(refusal, "link", None) if refusal else None,
    )
