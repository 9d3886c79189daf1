"""Claims as JSON: the list, one, prepared for a ticket, and its steps."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.text import msg
from app.service import claimfacts, claimlists, claims, tickets
from app.service.api.asked import asked_ticket
from app.service.claim_models import Claim, ClaimState
from app.service.payers import Payer
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, MoneyOut, PageOut, PriceIn, Sent

router = APIRouter(prefix="/api/v1/claims", tags=["service"])

_Number = Annotated[str, Path(max_length=20, description="`W-12`, or 12.")]


class Step(StrEnum):
    SUBMIT = "submit"
    ANSWER = "answer"
    RESUBMIT = "resubmit"
    SETTLE = "settle"
    WRITE_OFF = "write_off"


class ClaimsIn(Sent):
    ticket: Annotated[str, Field(max_length=20, description="`T-12`, or 12.")]


class StepIn(Sent):
    """`granted` goes with `answer`, `debtor` with `submit`; all but `submit` want a `note` where
    less than everything is granted.
    """

    step: Annotated[Step, Field(strict=False)]
    granted: PriceIn | None = None
    note: Annotated[str, Field(max_length=2_000)] = ""
    their_reference: Annotated[str, Field(max_length=64)] = ""
    debtor: Annotated[str, Field(max_length=200)] = ""


class ClaimRow(BaseModel):
    """`granted` null: nobody has answered yet."""

    number: str
    ticket: str
    payer: Payer
    debtor: str
    state: ClaimState
    amount: MoneyOut
    granted: MoneyOut | None
    their_reference: str
    submitted_at: datetime | None
    settled_at: datetime | None


class ClaimLineOut(BaseModel):
    description: str
    part_number: str
    slot: str
    quantity: int
    amount: MoneyOut
    removed: str
    fitted: str


class OldPartOut(BaseModel):
    """An old part that belongs to the maker; `ended_at` null: it is still to be sent."""

    due_on: date
    ended_at: datetime | None


class ClaimOut(ClaimRow):
    lines: list[ClaimLineOut]
    counters: dict[str, int]
    faults: list[dict[str, str]]
    old_parts: list[OldPartOut]


class ClaimsOut(BaseModel):
    items: list[ClaimRow]


@router.get("", responses=refusals())
def list_claims(
    session: ReadSession,
    actor: ApiReading,
    *,
    state: Annotated[ClaimState | None, Query()] = None,
    cursor: Cursor = "",
) -> PageOut[ClaimRow]:
    """The store’s claims, the newest first."""
    page = claimlists.page(session, actor, state=state, cursor=cursor)
    return PageOut(items=[_row(claim) for claim in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def prepare(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: ClaimsIn,
) -> ClaimsOut:
    """A claim for each maker or insurer who pays something of a ticket and has none yet."""
    ticket = asked_ticket(session, actor, sent.ticket, field="ticket")
    made = claims.draft(session, actor, ticket)
    found = [claims.by_number(session, actor, claim.number) for claim in made]
    return ClaimsOut(items=[_row(claim) for claim in found])


@router.get("/{number}", responses=refusals(404))
def show_claim(session: ReadSession, actor: ApiReading, *, number: _Number) -> ClaimOut:
    return _out(session, actor, _asked(session, actor, number))


@router.post("/{number}/steps", responses=refusals_of_writing(404))
@once
def take_step(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: StepIn,
) -> ClaimOut:
    """Submit, note the answer, submit again, settle, write off. 409 names what may follow."""
    claim = _asked(session, actor, number)
    match sent.step:
        case Step.SUBMIT:
            claims.submit(session, actor, claim, debtor=sent.debtor)
        case Step.ANSWER:
            if sent.granted is None:
                raise Refused(msg("Please fill this in."), field="granted")
            claims.answer(
                session,
                actor,
                claim,
                granted=sent.granted.money(),
                note=sent.note,
                their_reference=sent.their_reference,
            )
        case Step.RESUBMIT:
            claims.resubmit(session, actor, claim, note=sent.note)
        case Step.SETTLE:
            claims.settle(session, actor, claim, note=sent.note)
        case Step.WRITE_OFF:
            claims.write_off(session, actor, claim, note=sent.note)
    return _out(session, actor, claims.by_number(session, actor, claim.number))


def _asked(session: Session, actor: Actor, number: str) -> Claim:
    actor.require("service.claims")
    digits = number.upper().removeprefix("W-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):  # noqa: PLR2004
        raise NotFound(msg("There is no claim {number} in this store.", number=number))
    return claims.by_number(session, actor, int(digits))


def _row(claim: Claim) -> ClaimRow:
    granted = claim.granted_minor
    return ClaimRow(
        number=claims.label(claim),
        ticket=tickets.label(claim.ticket),
        payer=claim.payer,
        debtor=claim.debtor,
        state=claim.state,
        amount=MoneyOut.of(claims.amount_of(claim)),
        granted=None if granted is None else MoneyOut.minor(granted, claim.currency),
        their_reference=claim.their_reference,
        submitted_at=claim.submitted_at,
        settled_at=claim.settled_at,
    )


def _out(session: Session, actor: Actor, claim: Claim) -> ClaimOut:
    ticket = tickets.by_id(session, actor, claim.ticket_id)
    return ClaimOut(
        **dict(_row(claim)),
        lines=[
            ClaimLineOut(
                description=line.description,
                part_number=line.part_number,
                slot=line.slot_path,
                quantity=line.quantity,
                amount=MoneyOut.minor(line.amount_minor, claim.currency),
                removed=line.removed,
                fitted=line.fitted,
            )
            for line in claim.lines
        ],
        counters=claimfacts.counters_read(claim),
        faults=claimfacts.faults_read(claim),
        old_parts=[
            OldPartOut(due_on=core.due_on, ended_at=core.ended_at)
            for core in claimfacts.old_parts(session, ticket)
        ],
    )
