"""A sale's deposit on its page: asked, come by transfer, kept by rule; and paying on account."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, till_at
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, StoreError
from app.kernel.money import parse_money
from app.kernel.text import msg
from app.payments import arrivals, booking
from app.payments.models import TillSession
from app.sales import deposits, onaccount, orders, totals
from app.sales.models import Order
from app.sales.pages.orders import sale_page
from app.sales.quoteforms import ArrivalForm, CancelForm, DepositForm
from app.stores import desk
from app.web.forms import StoreForm
from app.web.idempotent import once
from app.web.sessions import WriteSession
from app.web.wire import Number

router = APIRouter(prefix="/sales")


@router.post("/{number}/deposit")
@once
def ask(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[DepositForm, Form()],
) -> Response:
    def act(order: Order) -> None:
        amount, days, free_days, keep_bp = form.read(totals.of_order(order).gross)
        today = desk.business_day_of(desk.store_of(session, order.store_id))
        rule = deposits.rule_from(today, days=days, free_days=free_days, keep_bp=keep_bp)
        deposits.ask(session, actor, order, amount, rule=rule)

    return _acted(request, session, actor, number, act=act, form=form)


@router.post("/{number}/arrival")
@once
def receive(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[ArrivalForm, Form()],
) -> Response:
    """A transfer that the bank statement shows; the sale may be on account already."""

    def act(order: Order) -> None:
        bill = orders.bill_of(session, order)
        if bill is None:
            raise Conflict(msg("Nothing is asked for sale {number} yet.", number=order.number))
        amount = parse_money(form.amount, order.currency, field="amount")
        arrivals.receive(session, actor, bill, amount=amount, note=form.note)

    return _acted(request, session, actor, number, act=act, form=form)


@router.post("/{number}/on-account")
@once
def put_on_account(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],
) -> Response:
    def act(order: Order) -> None:
        onaccount.put(session, actor, order)

    return _acted(request, session, actor, number, act=act, form=form)


@router.post("/{number}/cancel")
@once
def cancel(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[CancelForm, Form()],
) -> Response:
    """By the rule of its deposit; cash goes back out of this till's drawer."""

    def act(order: Order) -> None:
        end = deposits.cancel_free if form.waive else deposits.cancel
        end(session, actor, order, reason=form.reason, till_session=_drawer(request, session))

    return _acted(request, session, actor, number, act=act, form=form)


def _drawer(request: Request, session: Session) -> TillSession | None:
    """The open session of the till at which this page is shown."""
    till_id = till_at(request)
    return booking.open_session_at(session, till_id) if till_id is not None else None


def _acted(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Callable[[Order], object],
    form: StoreForm,
) -> Response:
    order = orders.by_number(session, actor, number)
    try:
        act(order)
    except StoreError as refusal:
        session.rollback()
        order = orders.by_number(session, actor, number)
        return sale_page(request, session, actor, order, typed=form.typed(), refusal=refusal)
    return RedirectResponse(f"/sales/{number}", 303)
