"""Handing over by JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import Invalid
from app.kernel.signatures import read_signature
from app.kernel.text import msg
from app.payments.models import IssuedDocument
from app.robots.models import Unit
from app.robots.readings import ReadingIn
from app.sales import cart, checklists, handovers, orders
from app.sales.api.answering import as_typed, naming_answers
from app.sales.api.shapes import Answers, ItemOut, items_out
from app.sales.models import Handover, Order
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, Sent, Words

router = APIRouter(prefix="/api/v1/orders/{number}/handover", tags=["orders"])


class HandoverIn(Sent):
    """`signature` is a PNG as a data URL; empty where the name is typed only."""

    answers: Answers
    signer: Words
    signature: Annotated[str, Field(max_length=500_000)] = ""
    readings: Annotated[dict[Words, ReadingIn], Field(max_length=100)] = Field(
        default={}, description="What was read off the robots, by serial number."
    )


class HandoverOut(BaseModel):
    """Done: `protocol` is the number of its document."""

    order: int
    serials: list[str]
    protocol: str
    signer: str
    at: datetime
    by: str


class ReadyOut(BaseModel):
    """What has to be answered to hand this order over."""

    order: int
    checklist: list[ItemOut]


@router.get("", responses=refusals(404, 409))
def ask_handover(session: ReadSession, actor: ApiReading, number: Number) -> ReadyOut:
    """The checklist to answer; 409 tells what is still missing, or that it was done."""
    actor.require("robots.handover")
    order = orders.by_number(session, actor, number)
    checklist = handovers.checklist_for(session, actor, order)
    return ReadyOut(order=number, checklist=items_out(checklists.items_of(checklist)))


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def hand_over(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: HandoverIn,
) -> HandoverOut:
    """Everything at once: protocol, ownership, custody, start of warranty. Or nothing."""
    actor.require("robots.handover")
    order = orders.by_number(session, actor, number)
    units = {unit.serial: unit for unit in handovers.require_ready(session, actor, order)}
    items = checklists.items_of(handovers.checklist_for(session, actor, order))
    signed = read_signature(body.signer, body.signature)
    typed = as_typed(body.answers, items)
    named: dict[str, str] = {}
    for serial, reading in body.readings.items():
        prefix = handovers.reading_prefix(_named(units, serial))
        named[prefix] = f"readings.{serial}."
        typed |= reading.as_typed(prefix)
    with naming_answers(named):
        done = handovers.hand_over(session, actor, order, typed=typed, signed=signed)
    return _handover_out(session, order, done)


def _named(units: Mapping[str, Unit], serial: str) -> Unit:
    unit = units.get(serial)
    if unit is None:
        raise Invalid(
            msg("Please look at the marked fields."),
            problems={f"readings.{serial}": msg("This robot is not on the sale.")},
        )
    return unit


def _handover_out(session: Session, order: Order, done: Handover) -> HandoverOut:
    lines = cart.lines(order)
    return HandoverOut(
        order=order.number,
        serials=[view.serial for view in lines if view.serial],
        protocol=session.get_one(IssuedDocument, done.document_id).label,
        signer=done.signer,
        at=done.at,
        by=done.by,
    )
