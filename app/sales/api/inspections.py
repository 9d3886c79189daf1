"""The pre-delivery inspection by JSON, below a robot's own address."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.robots import makers, registry
from app.robots.models import Unit
from app.robots.readings import ReadingIn
from app.robots.states import UnitState
from app.sales import checklists, inspections
from app.sales.api.answering import as_typed, naming_answers
from app.sales.api.shapes import Answers, ItemOut, items_out
from app.sales.models import Inspection
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Sent

router = APIRouter(prefix="/api/v1/robots/{serial:path}/inspection", tags=["robots"])
_Maker = Annotated[str, Query(description="Needed where two makers share the serial number.")]


class InspectionIn(Sent):
    """`reading`: what the robot counts and what runs in it, as it was read."""

    answers: Answers
    reading: ReadingIn = ReadingIn()


class InspectionOut(BaseModel):
    """An inspection that was done."""

    passed: bool
    at: datetime
    by: str


class InspectionState(BaseModel):
    """`checklist` is what to answer while the robot waits for an inspection, else empty."""

    serial: str
    state: UnitState
    checklist: list[ItemOut]
    last: InspectionOut | None


@router.get("", responses=refusals(404, 409))
def ask_inspection(
    session: ReadSession, actor: ApiReading, serial: str, maker: _Maker = ""
) -> InspectionState:
    """What there is to look at, and the last inspection."""
    unit = _unit(session, actor, serial, maker)
    return _state(session, actor, unit)


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def inspect_robot(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    maker: _Maker = "",
    body: InspectionIn,
) -> InspectionState:
    """Record an inspection. Passed: the robot is for sale. Failed: it stays received."""
    actor.require("robots.inspect")
    unit = _unit(session, actor, serial, maker)
    items = []
    if unit.state is UnitState.RECEIVED:
        items = checklists.items_of(inspections.checklist_for(session, actor, unit))
    with naming_answers({inspections.READING: "reading."}):
        typed = as_typed(body.answers, items) if items else {}
        typed |= body.reading.as_typed(inspections.READING)
        inspections.inspect(session, actor, unit, typed)
    return _state(session, actor, unit)


def _unit(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    actor.require("robots.view")
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)


def _state(session: Session, actor: Actor, unit: Unit) -> InspectionState:
    last = inspections.latest(session, unit.id)
    items = []
    if unit.state is UnitState.RECEIVED:
        items = checklists.items_of(inspections.checklist_for(session, actor, unit))
    return InspectionState(
        serial=unit.serial,
        state=unit.state,
        checklist=items_out(items),
        last=_inspection_out(last) if last is not None else None,
    )


def _inspection_out(inspection: Inspection) -> InspectionOut:
    return InspectionOut(passed=inspection.passed, at=inspection.at, by=inspection.by)
