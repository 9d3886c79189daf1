"""What the customer owes for a repair, taken at this till: at once, by card, or on terms."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn, require_till
from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.payments import bills, cards
from app.payments.states import AttemptState
from app.service import billing, valuepay
from app.service.estimateforms import PayForm
from app.service.forms import BareForm
from app.service.models import Ticket
from app.service.pages.asked import asked_ticket
from app.service.pages.returns import acted, address_of, return_page
from app.stores import desk
from app.web.idempotent import once, remember, was_sent
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")


class Way(StrEnum):
    CASH = "cash"
    TRANSFER = "transfer"
    CREDIT = "credit"
    GIFT_CARD = "gift-card"
    TERMS = "terms"


@dataclass(frozen=True, slots=True)
class Taking:
    """A form of this page, and who sent it from where."""

    request: Request
    session: Session
    actor: Actor
    form: PayForm

    @property
    def till_id(self) -> int:
        """This terminal's till; raises Refused on a device that is none."""
        return require_till(self.request)

    def amounts(self) -> tuple[Money | None, Money | None]:
        """What is to be paid and what was given; raises Invalid."""
        return self.form.read(desk.store_of(self.session, self.actor.store_id).currency)


def _cash(at: Taking, ticket: Ticket) -> None:
    amount, given = at.amounts()
    billing.pay_cash(
        at.session, at.actor, ticket, till_id=at.till_id, amount=amount, tendered=given
    )


def _transfer(at: Taking, ticket: Ticket) -> None:
    amount, _ = at.amounts()
    note = at.form.note
    billing.pay_transfer(at.session, at.actor, ticket, till_id=at.till_id, note=note, amount=amount)


def _credit(at: Taking, ticket: Ticket) -> None:
    amount, _ = at.amounts()
    valuepay.pay_credit(at.session, at.actor, ticket, till_id=at.till_id, amount=amount)


def _gift_card(at: Taking, ticket: Ticket) -> None:
    amount, _ = at.amounts()
    code = at.form.code
    valuepay.pay_gift_card(
        at.session, at.actor, ticket, till_id=at.till_id, code=code, amount=amount
    )


def _terms(at: Taking, ticket: Ticket) -> None:
    days = at.form.read_days(billing.TERMS_DAYS)
    billing.put_on_terms(at.session, at.actor, ticket, days=days)


_TAKE: dict[Way, Callable[[Taking, Ticket], None]] = {
    Way.CASH: _cash,
    Way.TRANSFER: _transfer,
    Way.CREDIT: _credit,
    Way.GIFT_CARD: _gift_card,
    Way.TERMS: _terms,
}


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
                at = Taking(request, own, actor, form)
                amount, _ = at.amounts()
                attempt = billing.start_card(own, actor, ticket, till_id=at.till_id, amount=amount)
                remember(request, own, actor, form)
            attempt_id = attempt.id if attempt else None
    except StoreError as refusal:
        ticket = asked_ticket(session, actor, number)
        refused = ("card", form.typed(), refusal)
        return return_page(request, session, actor, ticket, refused=refused)
    if attempt_id is not None:
        cards.refresh(database, attempt_id)
    return RedirectResponse(f"{address_of(number)}#payments", 303)


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
    return RedirectResponse(f"{address_of(number)}#payments", 303)


@router.post("/{number}/bill/{way}")
@once
def take(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    way: Way,
    form: Annotated[PayForm, Form()],
) -> Response:
    """What comes at once, or later by an invoice. A wrong gift card is counted, as at a counter."""
    at = Taking(request, session, actor, form)
    return acted(
        request,
        session,
        actor,
        number,
        act=lambda ticket: _TAKE[way](at, ticket),
        refused=(way.value, form),
    )
