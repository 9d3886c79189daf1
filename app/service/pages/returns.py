"""The robot's way back: what is due, taking it at this till, the signature, and the closing."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn, till_at
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.kernel.signatures import read_signature
from app.payments import bills, giftguard, invoiceview, issuing
from app.payments.giftguard import UnknownCode
from app.payments.states import ATTEMPT_LABELS
from app.payments.till_reports import TENDER_LABELS
from app.service import acceptance, billing, claims, guards, loaners, taxchoice, tickets, valuepay
from app.service.claims import CLAIM_LABELS
from app.service.forms import BareForm
from app.service.models import Ticket
from app.service.pages.asked import asked_ticket, frame
from app.service.payers import PAYER_LABELS
from app.service.states import TicketState
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.submitted import Submitted
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")

Act = Callable[[Ticket], object]
Refused = tuple[str, dict[str, Any], StoreError]


@router.get("/{number}/return")
def show_return(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number
) -> Response:
    return return_page(request, session, actor, asked_ticket(session, actor, number))


@router.post("/{number}/return")
@once
def give_back(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Submitted,
) -> Response:
    ticket = asked_ticket(session, actor, number)
    values = form.values
    try:
        signed = read_signature(values.get("signature_typed", ""), values.get("signature", ""))
        acceptance.give_back(
            session,
            actor,
            ticket,
            signed=signed,
            outcome=values.get("outcome", ""),
            note=values.get("note", ""),
        )
    except StoreError as refusal:
        session.rollback()
        ticket = asked_ticket(session, actor, number)
        return return_page(request, session, actor, ticket, refused=("return", values, refusal))
    return RedirectResponse(address_of(number), 303)


@router.post("/{number}/claims")
@once
def draft_claims(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[BareForm, Form()],
) -> Response:
    """A claim for each maker or insurer who pays something and has none yet."""

    def act(ticket: Ticket) -> None:
        claims.draft(session, actor, ticket)

    return acted(request, session, actor, number, act=act, refused=("claims", form))


def acted(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Act,
    refused: tuple[str, StoreForm],
) -> Response:
    ticket = asked_ticket(session, actor, number)
    try:
        act(ticket)
    except StoreError as refusal:
        session.rollback()
        if isinstance(refusal, UnknownCode):
            giftguard.count(database_of(request), actor)
        ticket = asked_ticket(session, actor, number)
        which, form = refused
        return return_page(request, session, actor, ticket, refused=(which, form.typed(), refusal))
    return RedirectResponse(address_of(number), 303)


def return_page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    refused: Refused | None = None,
) -> Response:
    which, typed, refusal = refused or ("", {}, None)
    page = frame(session, actor, ticket, tab="return")
    stands = billing.owed(session, ticket)
    documents = issuing.documents_of(session, ticket.store_id, tickets.reference(ticket))
    attempts = bills.attempts_of(session, stands.bill) if stands.bill else []
    page |= {
        "owed": stands,
        "tax": taxchoice.view(session, actor, ticket),
        "credit": valuepay.credit_for(session, ticket) if stands.due else None,
        "live": next((one for one in attempts if one.settled_at is None), None),
        "attempts": [(one, Money(one.amount_minor, one.currency)) for one in attempts],
        "attempt_labels": ATTEMPT_LABELS,
        "tender_labels": TENDER_LABELS,
        "documents": documents,
        "invoices": invoiceview.of(session, documents),
        "given_back": acceptance.done(session, ticket),
        "is_ready": ticket.state is TicketState.READY,
        "missing": guards.reasons(session, actor, ticket, TicketState.CLOSED)
        if ticket.state is TicketState.RETURNED
        else list(loaners.still_out(session, actor, ticket)),
        "claims": claims.of_ticket(session, ticket),
        "claim_page": claims.page,
        "claim_label": claims.label,
        "claim_amount": claims.amount_of,
        "claim_labels": CLAIM_LABELS,
        "payers": PAYER_LABELS,
        "has_till": till_at(request) is not None,
        "terms_days": billing.TERMS_DAYS,
        "which": which,
        "typed": typed,
        "problems": problems_of(refusal) if refusal else {},
        "refusal": refusal,
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "service/return.html", block="fresh", status=status, **page)


def address_of(number: int) -> str:
    return f"/service/tickets/{number}/return"
