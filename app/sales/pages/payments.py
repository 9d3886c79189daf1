"""Taking money at the counter. Card payments talk to the reader outside any transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import Acting, SignedIn
from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.payments import bills, cards
from app.payments.models import PaymentAttempt
from app.payments.states import AttemptState
from app.sales import cart, checkout, orders
from app.sales.forms import TenderForm
from app.sales.models import Order
from app.sales.pages.paying import after, end_of_sale, order_meant, order_named
from app.sales.pages.till import Visit, closing_dialog
from app.web.forms import StoreForm
from app.web.idempotent import once, remember, was_sent
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter(prefix="/counter")
_FAILED = {AttemptState.DECLINED, AttemptState.CANCELLED}


class Ask(StrEnum):
    """What a dialog asks before it is done."""

    CASH = "cash"
    TRANSFER = "transfer"
    SPLIT = "split"
    QUOTE = "quote"
    VOID = "void"


@router.get("/ask/{what}")
def ask(request: Request, session: ReadSession, actor: SignedIn, what: Ask) -> Response:
    """The dialog for another amount than all that is due, for a quote, for voiding."""
    visit = Visit(request, session, actor)
    order = visit.require_basket()
    due = cart.due(session, order)
    return render(
        request,
        "sales/ask_dialog.html",
        block="dialog",
        what=what.value,
        order=order,
        due=due,
        cash_due=cart.cash_due(session, order, due),
        till=visit.place.till,
    )


@router.post("/pay/cash")
@once
def pay_cash(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[TenderForm, Form()],
) -> Response:
    visit = Visit(request, session, actor)
    order = order_meant(visit, form)
    given = form.read(order.currency)
    checkout.pay_cash(session, actor, order, amount=given.amount, tendered=given.tendered)
    return after(visit, order)


@router.post("/pay/transfer")
@once
def pay_transfer(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[TenderForm, Form()],
) -> Response:
    visit = Visit(request, session, actor)
    order = order_meant(visit, form)
    given = form.read(order.currency)
    checkout.pay_transfer(session, actor, order, amount=given.amount, note=given.note)
    return after(visit, order)


@router.post("/pay/card")
def pay_card(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    form: Annotated[TenderForm, Form()],
) -> Response:
    """Start a card payment: the attempt is committed before the reader hears of it.

    A second click, and the same form from a page of before, only look at what became of the first.
    """
    session.rollback()
    with _writing(request, actor) as own:
        visit = Visit(request, own, actor)
        begins = not was_sent(request, own, actor, form)
        order = order_meant(visit, form) if begins else order_named(visit, form.order)
        attempt_id = None
        if begins and _live(own, order) is None:
            given = form.read(order.currency)
            attempt = checkout.start_card(own, actor, order, amount=given.amount)
            attempt_id = attempt.id if attempt else None
            remember(request, own, actor, form)
    if attempt_id is not None:
        cards.refresh(database_of(request), attempt_id)
    return closing_dialog(_show_payment(request, actor, number=order.number))


@router.get("/payment/{number}")
def look(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    """Ask the reader how it stands; the waiting cart polls this."""
    attempt = _live(session, orders.by_number(session, actor, number))
    session.rollback()
    if attempt is not None and attempt.state is not AttemptState.UNKNOWN:
        # an unknown outcome is asked again by a person's hand only
        cards.refresh(database_of(request), attempt.id)
    return _show_payment(request, actor, number=number)


@router.post("/payment/{number}/cancel")
def cancel(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    """Stop waiting for the card, if it has not been charged meanwhile."""
    return _with_live(request, session, actor, number, cards.cancel)


@router.post("/payment/{number}/reconcile")
def reconcile(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    """Ask the card service what became of a payment whose outcome is unknown."""
    return _with_live(request, session, actor, number, cards.reconcile)


def _with_live(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    act: Callable[[Database, Actor, int], AttemptState],
) -> Response:
    """Do something about the payment under way, outside any transaction of ours."""
    attempt = _live(session, orders.by_number(session, actor, number))
    session.rollback()
    if attempt is not None:
        act(database_of(request), actor, attempt.id)
    return _show_payment(request, actor, number=number)


def _show_payment(request: Request, actor: Actor, *, number: int) -> Response:
    """How the payment stands: the end of the sale when it is paid, else the cart."""
    with database_of(request).reading() as session:
        order = orders.by_number(session, actor, number)
        visit = Visit(request, session, actor)
        if order.settled_at is not None:
            return end_of_sale(visit, order)
        attempt = _latest(session, order)
        failed = attempt is not None and attempt.state in _FAILED
        if failed and order.placed_at is not None:
            _let_go(request, actor, number)
        return visit.show(order, scan="hit" if not failed else "miss")


def _let_go(request: Request, actor: Actor, number: int) -> None:
    """Nothing was paid: what the basket keeps ends by time again."""
    with _writing(request, actor) as session:
        order = orders.by_number(session, actor, number)
        bill = bills.by_reference(session, actor.store_id, orders.reference(order))
        if bill is not None and not bills.paid(session, bill):
            checkout.free_after_failure(
                session, order, minutes=Visit(request, session, actor).minutes
            )


def _live(session: Session, order: Order) -> PaymentAttempt | None:
    bill = bills.by_reference(session, order.store_id, orders.reference(order))
    return bills.live_attempt(session, bill) if bill else None


def _latest(session: Session, order: Order) -> PaymentAttempt | None:
    bill = bills.by_reference(session, order.store_id, orders.reference(order))
    attempts = bills.attempts_of(session, bill) if bill else []
    return attempts[-1] if attempts else None


@contextmanager
def _writing(request: Request, actor: Actor) -> Iterator[Session]:
    with database_of(request).transaction() as session:
        queueing.enter(session, actor.store_id)
        yield session
