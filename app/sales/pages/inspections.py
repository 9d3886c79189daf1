"""The pre-delivery inspection as a page of the robot."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.robots import addresses, concerned, makers, registry, touches
from app.robots.models import Unit
from app.robots.states import UnitState
from app.sales import checklists, inspections
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted

router = APIRouter(prefix="/robots")


@router.get("/{serial:path}/inspection")
def ask_inspection(
    request: Request, session: ReadSession, actor: SignedIn, serial: str, maker: str = ""
) -> Response:
    """The checklist to fill in, or the last inspection as it was signed."""
    actor.require("robots.view")
    unit = _unit(session, actor, serial, maker)
    return _page(request, session, actor, unit, typed={}, problems={})


@router.post("/{serial:path}/inspection")
def inspect(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Submitted,
    maker: str = "",
) -> Response:
    unit = _unit(session, actor, serial, maker)
    try:
        inspections.inspect(session, actor, unit, form.values)
    except StoreError as refusal:
        session.rollback()
        return _page(
            request,
            session,
            actor,
            _unit(session, actor, serial, maker),
            typed=form.values,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(addresses.robot_page(unit.serial, maker=maker), 303)


def _unit(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    """The robot; `maker` is named only where two makers share the serial."""
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    typed: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    last = inspections.latest(session, unit.id)
    open_now = unit.state is UnitState.RECEIVED
    checklist = inspections.checklist_of(session, actor, unit, None if open_now else last)
    return render(
        request,
        "sales/inspection.html",
        status=status,
        unit=unit,
        open_now=open_now,
        concerns=concerned.waiting(concerned.of_unit(session, unit)),
        bulletin_page=addresses.bulletin_page,
        last=last,
        answers=inspections.answers_of(last) if last else {},
        items=checklists.items_of(checklist) if checklist else [],
        typed=typed,
        problems=problems,
        asked=touches.asked(session, unit) if open_now else [],
        reading_prefix=inspections.READING,
    )
