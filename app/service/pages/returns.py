"""The robot's way back: what is due, taking it at this till, the signature, and the closing."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.errors import Refused as RefusedByRule
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.kernel.signatures import read_signature
from app.kernel.text import msg
from app.payments import bills, cards, giftguard, invoiceview, issuing
from app.payments.giftguard import UnknownCode
from app.payments.states import ATTEMPT_LABELS, AttemptState
from app.payments.till_reports import TENDER_LABELS
from app.service import acceptance, billing, claims, guards, loaners, tickets, valuepay
from app.service.claims import CLAIM_LABELS
from app.service.estimateforms import PayForm
from app.service.forms import BareForm
from app.service.models import Ticket
from app.service.pages.asked import asked_ticket, frame
from app.service.payers import PAYER_LABELS
from app.service.states import TicketState
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once, remember, was_sent
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
    return _page(request, session, actor, asked_ticket(session, actor, number))


@router.post("/{number}/bill/cash")
@once
def pay_cash(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[PayForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        amount, tendered = form.read(_currency(session, actor))
        billing.pay_cash(
            session, actor, ticket, till_id=_till_id(request), amount=amount, tendered=tendered
        )

    return _do(request, session, actor, number, act=act, refused=("cash", form))


@router.post("/{number}/bill/transfer")
@once
def pay_transfer(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[PayForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        amount, _ = form.read(_currency(session, actor))
        billing.pay_transfer(
            session, actor, ticket, till_id=_till_id(request), note=form.note, amount=amount
        )

    return _do(request, session, actor, number, act=act, refused=("transfer", form))


@router.post("/{number}/bill/credit")
@once
def pay_credit(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[PayForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        amount, _ = form.read(_currency(session, actor))
        valuepay.pay_credit(session, actor, ticket, till_id=_till_id(request), amount=amount)

    return _do(request, session, actor, number, act=act, refused=("credit", form))


@router.post("/{number}/bill/gift-card")
@once
def pay_gift_card(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[PayForm, Form()],
) -> Response:
    """A wrong code is counted, as at the counter."""

    def act(ticket: Ticket) -> None:
        amount, _ = form.read(_currency(session, actor))
        till_id = _till_id(request)
        valuepay.pay_gift_card(
            session, actor, ticket, till_id=till_id, code=form.code, amount=amount
        )

    return _do(request, session, actor, number, act=act, refused=("gift-card", form))


@router.post("/{number}/bill/terms")
@once
def put_on_terms(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[PayForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        days = form.read_days(billing.TERMS_DAYS)
        billing.put_on_terms(session, actor, ticket, days=days)

    return _do(request, session, actor, number, act=act, refused=("terms", form))


@router.post("/{number}/bill/card")
def pay_card(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    number: Number,
    form: Annotated[PayForm, Form()],
) -> Response:
    """Start a card payment: the attempt is committed before the reader hears of it. A second click
    finds the attempt of the first and only looks at it; one after that has come to its end begins
    no other.
    """
    asked_ticket(session, actor, number)
    session.rollback()
    database = database_of(request)
    try:
        with database.transaction() as own:
            queueing.enter(own, actor.store_id)
            ticket = asked_ticket(own, actor, number)
            begins = not was_sent(request, own, actor, form)
            bill = billing.owed(own, ticket).bill
            attempt = bills.live_attempt(own, bill) if bill else None
            if begins and attempt is None:
                amount, _ = form.read(_currency(own, actor))
                attempt = billing.start_card(
                    own, actor, ticket, till_id=_till_id(request), amount=amount
                )
                remember(request, own, actor, form)
            attempt_id = attempt.id if attempt else None
    except StoreError as refusal:
        ticket = asked_ticket(session, actor, number)
        refused = ("card", form.typed(), refusal)
        return _page(request, session, actor, ticket, refused=refused)
    if attempt_id is not None:
        cards.refresh(database, attempt_id)
    return RedirectResponse(f"{_address(number)}#payments", 303)


@router.post("/{number}/bill/look")
def look(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    number: Number,
    form: Annotated[BareForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    """Ask the reader how it stands with the payment under way."""
    bill = billing.owed(session, asked_ticket(session, actor, number)).bill
    attempt = bills.live_attempt(session, bill) if bill else None
    session.rollback()
    if attempt is not None and attempt.state is not AttemptState.UNKNOWN:
        cards.refresh(database_of(request), attempt.id)
    elif attempt is not None:
        cards.reconcile(database_of(request), actor, attempt.id)
    return RedirectResponse(f"{_address(number)}#payments", 303)


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
        return _page(request, session, actor, ticket, refused=("return", values, refusal))
    return RedirectResponse(_address(number), 303)


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

    return _do(request, session, actor, number, act=act, refused=("claims", form))


def _do(
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
        return _page(request, session, actor, ticket, refused=(which, form.typed(), refusal))
    return RedirectResponse(_address(number), 303)


def _page(
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
        "has_till": getattr(request.state, "till_id", None) is not None,
        "terms_days": billing.TERMS_DAYS,
        "which": which,
        "typed": typed,
        "problems": problems_of(refusal) if refusal else {},
        "refusal": refusal,
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "service/return.html", block="fresh", status=status, **page)


def _till_id(request: Request) -> int:
    """This terminal's till; raises Refused on a device that is none."""
    till_id = getattr(request.state, "till_id", None)
    if till_id is None:
        raise RefusedByRule(
            msg("This device is not enrolled as a till. A manager enrols it once."),
            link="/settings/terminals",
        )
    return int(till_id)


def _currency(session: Session, actor: Actor) -> str:
    return desk.store_of(session, actor.store_id).currency


def _address(number: int) -> str:
    return f"/service/tickets/{number}/return"
