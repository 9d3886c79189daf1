"""Paying an order by JSON. What talks to the card reader does so outside any transaction."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Invalid, NotFound
from app.kernel.money import MOST_MINOR
from app.kernel.text import Text, msg
from app.payments import bills, cards, giftguard, schemes
from app.payments.giftguard import UnknownCode
from app.payments.models import PaymentAttempt, Tender
from app.payments.states import LIVE, AttemptState
from app.sales import checkout, creditpay, giftpay, orders, summaries, voucherpay
from app.sales.api.shapes import AttemptOut, OrderOut, attempt_out, order_out
from app.sales.models import Order
from app.sales.ordering import naming
from app.stores import desk
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import MoneyIn, Number, PageOut, Sent

router = APIRouter(prefix="/api/v1/orders/{number}/payments", tags=["payments"])
# What is taken by this address: the others have addresses of their own.
_HERE = frozenset({Tender.CASH, Tender.CARD, Tender.TRANSFER, Tender.STORE_CREDIT, Tender.VOUCHER})
_WITH_CODE = frozenset({Tender.VOUCHER, Tender.STORE_CREDIT})
_BELONGS = {
    "tendered": Tender.CASH,
    "note": Tender.TRANSFER,
    "scheme": Tender.VOUCHER,
    "evidence": Tender.VOUCHER,
}


class GivenIn(MoneyIn):
    """As money, and more than nothing."""

    amount: int = Field(gt=0, le=MOST_MINOR)


class PaymentIn(Sent):
    """Without `amount`: all that is due. `tendered` is what the customer gives in cash, `note` the
    transfer's text, `till` the id of the till that takes it, where the order lies at none. A
    voucher says its `scheme` and `code`, and what the scheme asks for in `evidence`; it pays what
    the scheme says. `store_credit` is the customer's, or the `code` of a gift card: as far as that
    goes, where no amount is said.
    """

    tender: Annotated[Tender, Field(strict=False)]
    amount: GivenIn | None = None
    tendered: GivenIn | None = None
    note: Annotated[str, Field(max_length=200)] = ""
    scheme: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    code: Annotated[str, Field(max_length=64)] = ""
    evidence: Annotated[str, Field(max_length=200)] = ""
    till: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


class PaymentOut(BaseModel):
    """The payment, and what has become of the order; no payment where nothing was owed."""

    payment: AttemptOut | None
    order: OrderOut


@router.get("", responses=refusals(404))
def list_payments(
    request: Request, session: ReadSession, actor: ApiReading, number: Number
) -> PageOut[AttemptOut]:
    """Every try to pay, oldest first. One that waits at the reader is asked about first."""
    actor.require("orders.view")
    order = orders.by_number(session, actor, number)
    waiting = [one for one in _attempts(session, order) if one.state in LIVE]
    session.rollback()
    # an unknown outcome is asked about again on somebody's word only
    for attempt in waiting:
        if attempt.state is not AttemptState.UNKNOWN:
            cards.refresh(database_of(request), attempt.id)
    with database_of(request).reading() as after:
        found = _attempts(after, orders.by_number(after, actor, number))
        return PageOut(items=[attempt_out(attempt) for attempt in found], next=None)


@router.post(
    "",
    status_code=201,
    response_model=PaymentOut,
    responses={
        202: {"model": PaymentOut, "description": "The card payment is on its way to the reader."},
        **refusals_of_writing(404, 429),
    },
)
@once
def pay(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: PaymentIn,
) -> JSONResponse:
    """Take money: cash, transfers, credit and vouchers are paid at once (201). A card payment is
    begun (202): it goes to the reader after this answer, and `GET` tells how it stands.
    """
    actor.require("counter.sell")
    order = orders.by_number(session, actor, number)
    _check(body, order.currency)
    if body.till is not None:
        with naming("till"):
            desk.till_by_id(session, actor, body.till)
    try:
        attempt = _take(session, actor, order, body)
    except UnknownCode:
        session.rollback()
        giftguard.count(database_of(request), actor)
        raise
    begun = attempt is not None and attempt.state in LIVE
    answer = PaymentOut(
        payment=attempt_out(attempt) if attempt is not None else None,
        order=order_out(summaries.of_order(session, order)),
    )
    return JSONResponse(answer.model_dump(mode="json"), 202 if begun else 201)


@router.post("/{payment}/cancel", responses=refusals_of_writing(404))
def cancel_payment(
    request: Request, session: ReadSession, actor: ApiReading, number: Number, payment: Number
) -> AttemptOut:
    """Stop waiting for the card, unless it was charged meanwhile; again is the same as once."""
    actor.require("counter.sell")
    return _settle(request, session, actor, (number, payment), cards.cancel)


@router.post("/{payment}/reconcile", responses=refusals_of_writing(404))
def reconcile_payment(
    request: Request, session: ReadSession, actor: ApiReading, number: Number, payment: Number
) -> AttemptOut:
    """Ask the card service what became of a payment; again is the same as once."""
    if not actor.may("payments.reconcile"):
        actor.require("counter.sell")
    return _settle(request, session, actor, (number, payment), cards.reconcile)


def _take(session: Session, actor: Actor, order: Order, body: PaymentIn) -> PaymentAttempt | None:
    amount = body.amount.money() if body.amount else None
    if body.tender is Tender.CASH:
        tendered = body.tendered.money() if body.tendered else None
        return checkout.pay_cash(
            session, actor, order, amount=amount, tendered=tendered, till_id=body.till
        )
    if body.tender is Tender.TRANSFER:
        return checkout.pay_transfer(
            session, actor, order, amount=amount, note=body.note, till_id=body.till
        )
    if body.tender is Tender.VOUCHER:
        with naming("scheme"):
            scheme = schemes.by_id(session, actor, body.scheme or 0)
        voucher = voucherpay.pay(
            session,
            actor,
            order,
            scheme,
            code=body.code,
            evidence=body.evidence,
            till_id=body.till,
        )
        return session.get_one(PaymentAttempt, voucher.attempt_id)
    if body.tender is Tender.STORE_CREDIT and body.code:
        return giftpay.pay(session, actor, order, code=body.code, amount=amount, till_id=body.till)
    if body.tender is Tender.STORE_CREDIT:
        return creditpay.pay(session, actor, order, amount=amount, till_id=body.till)
    return checkout.start_card(session, actor, order, amount=amount, till_id=body.till)


def _check(body: PaymentIn, currency: str) -> None:
    """What belongs to another tender, or is in another currency, is told, not lost."""
    problems: dict[str, Text] = {}
    if body.tender not in _HERE:
        problems["tender"] = msg("This is not how to pay here.")
    for name, tender in _BELONGS.items():
        if getattr(body, name) and body.tender is not tender:
            problems[name] = msg("This goes with another tender.")
    if body.code and body.tender not in _WITH_CODE:
        problems["code"] = msg("This goes with another tender.")
    if body.tender is Tender.VOUCHER and body.amount is not None:
        problems["amount"] = msg("This goes with another tender.")
    for name, given in (("amount", body.amount), ("tendered", body.tendered)):
        if given is not None and given.currency != currency:
            problems[name] = msg("This bill is in {currency}.", currency=currency)
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)


def _settle(
    request: Request,
    session: Session,
    actor: Actor,
    which: tuple[int, int],
    act: Callable[[Database, Actor, int], AttemptState],
) -> AttemptOut:
    """Do something about one payment, outside any transaction of ours."""
    number, payment = which
    attempt_id = _attempt(session, orders.by_number(session, actor, number), payment).id
    session.rollback()
    act(database_of(request), actor, attempt_id)
    with database_of(request).reading() as after:
        return attempt_out(after.get_one(PaymentAttempt, attempt_id))


def _attempts(session: Session, order: Order) -> list[PaymentAttempt]:
    bill = bills.by_reference(session, order.store_id, orders.reference(order))
    return bills.attempts_of(session, bill) if bill else []


def _attempt(session: Session, order: Order, number: int) -> PaymentAttempt:
    for attempt in _attempts(session, order):
        if attempt.number == number:
            return attempt
    raise NotFound(msg("There is no such payment in this store."))
