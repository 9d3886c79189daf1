"""Loaners as JSON: which are free, what is lent to a ticket’s customer, out and back."""

from datetime import date, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from app.identity.guard import ApiReading, ApiWriting
from app.robots import makers, registry
from app.robots.loans import Lending
from app.robots.readings import ReadingIn
from app.robots.slot_models import Counter
from app.service import loaners, tickets
from app.service.api.asked import asked_ticket
from app.service.loaners import Lent
from app.service.models import Ticket
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId, Sent, Words

router = APIRouter(prefix="/api/v1", tags=["service"])

_Number = Annotated[str, Path(max_length=20, description="`T-12`, or 12.")]
_Long = Annotated[str, Field(max_length=2_000)]
_READ = "What was read off it."


class FreeLoanerOut(BaseModel):
    serial: str
    maker: str
    model: str


class FreeLoanersOut(BaseModel):
    items: list[FreeLoanerOut]


class LendIn(Sent):
    """It goes to the ticket's customer. `reading`: what it counted as it went."""

    serial: Words
    maker: Words = Field(default="", description="Where two makers share the serial number.")
    due_on: date | None = Field(default=None, strict=False)
    condition: _Long = ""
    reading: ReadingIn = Field(default=ReadingIn(), description=_READ)


class BackIn(Sent):
    condition: _Long = ""
    reading: ReadingIn = Field(default=ReadingIn(), description=_READ)


class LoanerOut(BaseModel):
    """`counts`: what was read off it, as it went first; hours in seconds."""

    id: int
    serial: str
    model: str
    due_on: date | None
    out_at: datetime
    back_at: datetime | None
    counts: dict[Counter, list[int]]

    @classmethod
    def of(cls, lent: Lent) -> Self:
        return cls(
            id=lent.loan.id,
            serial=lent.unit.serial,
            model=lent.unit.model.name,
            due_on=lent.loan.due_on,
            out_at=lent.loan.out_at,
            back_at=lent.loan.in_at,
            counts={counter: list(values) for counter, values in lent.counts.items()},
        )


class LoanersOut(BaseModel):
    ticket: str
    items: list[LoanerOut]


@router.get("/loaners", responses=refusals())
def list_free_loaners(
    session: ReadSession,
    actor: ApiReading,
    *,
    most: Annotated[int, Query(ge=1, le=50)] = 50,
) -> FreeLoanersOut:
    """Robots that the store keeps to lend, and has in the house."""
    actor.require("service.view")
    return FreeLoanersOut(
        items=[
            FreeLoanerOut(serial=one.serial, maker=one.maker.name, model=one.model.name)
            for one in loaners.free(session, actor)[:most]
        ]
    )


@router.get("/tickets/{number}/loaners", responses=refusals(404))
def list_loaners(session: ReadSession, actor: ApiReading, *, number: _Number) -> LoanersOut:
    """What was lent to the ticket’s customer, and what is still out."""
    actor.require("service.view")
    ticket = asked_ticket(session, actor, number)
    return _out(ticket, loaners.of_ticket(session, ticket))


@router.post("/tickets/{number}/loaners", status_code=201, responses=refusals_of_writing(404))
@once
def lend_loaner(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: LendIn,
) -> LoanersOut:
    """Give a loaner to the ticket’s customer. 409 where one is out already, or it may not go."""
    ticket = asked_ticket(session, actor, number)
    maker_id = makers.maker_called(session, sent.maker).id if sent.maker else None
    unit = registry.by_serial(session, actor, sent.serial, maker_id=maker_id)
    to = Lending(due_on=sent.due_on, condition=sent.condition, touch=sent.reading.touch())
    loaners.lend(session, actor, ticket, unit, to)
    return _out(ticket, loaners.of_ticket(session, ticket))


@router.post("/tickets/{number}/loaners/{loan_id}/back", responses=refusals_of_writing(404))
@once
def take_loaner_back(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    loan_id: RowId,
    sent: BackIn,
) -> LoanersOut:
    """It is back, and was read."""
    ticket = asked_ticket(session, actor, number)
    touch = sent.reading.touch()
    loaners.take_back(session, actor, ticket, loan_id, condition=sent.condition, touch=touch)
    return _out(ticket, loaners.of_ticket(session, ticket))


def _out(ticket: Ticket, lent: list[Lent]) -> LoanersOut:
    return LoanersOut(ticket=tickets.label(ticket), items=[LoanerOut.of(one) for one in lent])
