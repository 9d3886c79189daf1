"""Requests of owners, by JSON."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from app.identity.guard import ApiReading, ApiWriting
from app.portal import requests, requestwork
from app.portal.owner_models import OwnerRequest, RequestKind, RequestState
from app.robots.life_models import Wipe
from app.robots.transfers import WipeStatement
from app.service import tickets
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, Number, PageOut, Sent, Words

router = APIRouter(prefix="/api/v1/owner-requests", tags=["owner requests"])


class RequestOut(BaseModel):
    """What an owner asked for, and what became of it."""

    number: int
    kind: RequestKind
    state: RequestState
    serial: str
    customer: int
    words: str
    new_name: str
    new_email: str
    made_at: datetime
    decided_at: datetime | None
    decided_by: str
    why: str
    ticket: str | None

    @classmethod
    def of(cls, row: OwnerRequest) -> Self:
        return cls(
            number=row.number,
            kind=row.kind,
            state=row.state,
            serial=row.unit.serial,
            customer=row.customer.number,
            words=row.words,
            new_name=row.new_name,
            new_email=row.new_email,
            made_at=row.made_at,
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            why=row.why,
            ticket=tickets.label(row.ticket) if row.ticket is not None else None,
        )


class TakenOut(BaseModel):
    """The ticket that a request went into."""

    ticket: str


class DeclineIn(Sent):
    why: str = Field(max_length=2_000, description="The owner reads it.")


class ConfirmIn(Sent):
    """`customer` names one who is known (`C-12`); empty: one is made of what the owner said."""

    wipe: Wipe = Field(strict=False)
    statement: str = Field("", max_length=2_000)
    customer: Words = ""


class ConfirmedOut(BaseModel):
    """The number of the customer whose the robot is now."""

    customer: int


@router.get("", responses=refusals())
def list_owner_requests(
    session: ReadSession,
    actor: ApiReading,
    cursor: Cursor = "",
    state: Annotated[RequestState | None, Query(description="Only those.")] = None,
) -> PageOut[RequestOut]:
    """Requests, newest first, 50 a page."""
    page = requests.listed(session, actor, state=state, cursor=cursor or None)
    return PageOut(items=[RequestOut.of(row) for row in page.items], next=page.next)


@router.get("/{number}", responses=refusals(404))
def show_owner_request(session: ReadSession, actor: ApiReading, number: Number) -> RequestOut:
    return RequestOut.of(requests.by_number(session, actor, number))


@router.post("/{number}/take", responses=refusals_of_writing(404))
@once
def take_over_owner_request(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
) -> TakenOut:
    """A ticket is booked for it; one that is open gets it as a note."""
    found = requests.by_number(session, actor, number)
    return TakenOut(ticket=tickets.label(requestwork.take_over(session, actor, found)))


@router.post("/{number}/decline", responses=refusals_of_writing(404))
@once
def decline_owner_request(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    sent: DeclineIn,
) -> RequestOut:
    found = requests.by_number(session, actor, number)
    requestwork.decline(session, actor, found, why=sent.why)
    return RequestOut.of(found)


@router.post("/{number}/confirm", responses=refusals_of_writing(404))
@once
def confirm_owner_transfer(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    sent: ConfirmIn,
) -> ConfirmedOut:
    """The robot is the new owner's; the key before it ends."""
    found = requests.by_number(session, actor, number)
    given = requestwork.Confirmed(WipeStatement(sent.wipe, sent.statement), customer=sent.customer)
    return ConfirmedOut(customer=requestwork.confirm_transfer(session, actor, found, given).number)
