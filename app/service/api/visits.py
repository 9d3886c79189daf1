"""Visits on site as JSON: the address that a ticket is worked on at, and the way there."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.service import tickets, visits
from app.service.api.asked import asked_ticket
from app.service.models import Ticket
from app.service.visits import VisitInput
from app.stores import desk
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import MoneyOut, PriceIn, Sent, Words

router = APIRouter(prefix="/api/v1/tickets", tags=["service"])

_Number = Annotated[str, Path(max_length=20, description="`T-12`, or 12.")]


class VisitIn(Sent):
    """Where the robot stands, and who opens the door there."""

    address: Annotated[str, Field(max_length=1_000)]
    contact: Words = ""


class TravelIn(Sent):
    description: Words
    price: PriceIn


class VisitOut(BaseModel):
    """`on_site` false: the ticket is worked on in the workshop."""

    ticket: str
    on_site: bool
    address: str
    contact: str


class TravelOut(BaseModel):
    """The line of the ticket's estimate, by its key."""

    ticket: str
    key: str
    description: str
    price: MoneyOut


@router.get("/{number}/visit", responses=refusals(404))
def show_visit(session: ReadSession, actor: ApiReading, *, number: _Number) -> VisitOut:
    """Where a ticket is worked on."""
    actor.require("service.view")
    return _out(session, asked_ticket(session, actor, number))


@router.post("/{number}/visit", responses=refusals_of_writing(404))
@once
def go_there(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: VisitIn,
) -> VisitOut:
    """It is worked on at this address, or from now on at another one."""
    ticket = asked_ticket(session, actor, number)
    visits.go_there(session, actor, ticket, VisitInput(sent.address, sent.contact))
    return _out(session, ticket)


@router.post("/{number}/visit/end", responses=refusals_of_writing(404))
@once
def stay_here(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
) -> VisitOut:
    """The robot comes to the workshop after all."""
    ticket = asked_ticket(session, actor, number)
    visits.stay_here(session, actor, ticket)
    return _out(session, ticket)


@router.post("/{number}/visit/travel", status_code=201, responses=refusals_of_writing(404))
@once
def add_travel(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: TravelIn,
) -> TravelOut:
    """The way there becomes a line of the estimate. 409 where the ticket is not on site."""
    ticket = asked_ticket(session, actor, number)
    line = visits.add_travel(
        session, actor, ticket, price=sent.price.money(), description=sent.description
    )
    currency = desk.store_of(session, actor.store_id).currency
    return TravelOut(
        ticket=tickets.label(ticket),
        key=line.key,
        description=line.description,
        price=MoneyOut.minor(line.unit_price_minor, currency),
    )


def _out(session: Session, ticket: Ticket) -> VisitOut:
    row = visits.of_ticket(session, ticket)
    return VisitOut(
        ticket=tickets.label(ticket),
        on_site=row is not None,
        address=row.address if row else "",
        contact=row.contact if row else "",
    )
