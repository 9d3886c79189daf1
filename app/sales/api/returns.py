"""Returns by JSON: what can come back, taking it back, and giving back what is held."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import Invalid, Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.quantity import MOST
from app.kernel.text import Text, msg
from app.payments import refunds
from app.payments.models import Tender
from app.payments.refund_models import Refund
from app.payments.states import RefundState
from app.robots.life_models import Wipe
from app.robots.transfers import WipeStatement
from app.sales import exchanges, moneyback, orders, returnables, returns, summaries
from app.sales.api.shapes import OrderOut, order_out
from app.sales.models import Order
from app.sales.moneyback import Back
from app.sales.return_models import Condition, Return
from app.sales.returnables import Returnable
from app.sales.returns import Item
from app.stores import desk
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import MoneyIn, MoneyOut, Number, Sent

router = APIRouter(prefix="/api/v1/orders/{number}", tags=["payments"])
_MOST_ITEMS = 200
TillId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Said = Annotated[str, Field(max_length=200)]


class ItemIn(Sent):
    """Pieces of one line, by its position. Goods say their `condition`; a robot that its owner has
    had says in `wipe` (and `statement`) what became of the data in it.
    """

    position: Annotated[int, Field(ge=1, le=10_000)]
    quantity: Annotated[int, Field(ge=1, le=MOST)] = 1
    condition: Annotated[Condition, Field(strict=False)] | None = None
    serials: Annotated[list[Said], Field(max_length=1_000)] = []
    note: Said = ""
    wipe: Annotated[Wipe, Field(strict=False)] | None = None
    statement: Annotated[str, Field(max_length=2_000)] = ""

    def item(self) -> Item:
        data = WipeStatement(self.wipe or Wipe.NO_DATA, self.statement)
        return Item(
            self.position, self.quantity, self.condition, tuple(self.serials), self.note, data
        )


class BackIn(Sent):
    """A part of one payment, by its number; without `tender` it goes by the way that it came. A
    `note` says to which account a transfer is sent.
    """

    payment: Annotated[int, Field(ge=1, le=10_000)]
    amount: MoneyIn
    tender: Annotated[Tender, Field(strict=False)] | None = None
    note: Said = ""


class ReturnIn(Sent):
    """Without `refunds` the store holds the money for the customer. `till` gives the cash."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=_MOST_ITEMS)]
    refunds: Annotated[list[BackIn], Field(max_length=_MOST_ITEMS)] = []
    till: TillId | None = None


class RefundIn(Sent):
    """What is held of an order goes back."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]
    refunds: Annotated[list[BackIn], Field(min_length=1, max_length=_MOST_ITEMS)]
    till: TillId | None = None


class ReturnableOut(BaseModel):
    """A line: `left` pieces can come back, unless `obstacle` says why none can."""

    position: int
    description: str
    serial: str | None
    sold: int
    returned: int
    left: int
    serials: list[str]
    obstacle: str | None
    asks_for_data: bool


class ReturnOut(BaseModel):
    number: int
    at: datetime
    by: str
    approved_by: str
    reason: str
    credited: MoneyOut


class RefundOut(BaseModel):
    """Money that went back, or is on its way: it is out once it is `paid_out`."""

    number: int
    tender: Tender
    state: RefundState
    amount: MoneyOut
    reason: str
    note: str
    failure: str
    started_at: datetime
    started_by: str
    settled_at: datetime | None


class ReturnsOut(BaseModel):
    """What came back of an order and what can; `held` is what the store has for its customer."""

    lines: list[ReturnableOut]
    returns: list[ReturnOut]
    refunds: list[RefundOut]
    held: MoneyOut
    most: MoneyOut = Field(description="What is left of the payments, by which refunds are bound.")


class DoneOut(BaseModel):
    """What was done, and what has become of the order."""

    back: ReturnsOut
    order: OrderOut


@router.get("/returns", responses=refusals(404))
def show_returns(session: ReadSession, actor: ApiReading, number: Number) -> ReturnsOut:
    """What came back of an order, what still can, and what the store holds."""
    actor.require("orders.view")
    return _back(session, orders.by_number(session, actor, number))


@router.post("/returns", status_code=201, responses=refusals_of_writing(404))
@once
def return_goods(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: ReturnIn,
) -> DoneOut:
    """Take things of an order back, credit them and give the money back, in one act or not at all.

    422 for what cannot come back, and for what the token's role may not do without a manager.
    """
    order = orders.by_number(session, actor, number)
    if body.till is not None:
        desk.till_by_id(session, actor, body.till)
    with _naming_items(body.items):
        returns.take_back(
            session,
            actor,
            order,
            [one.item() for one in body.items],
            reason=body.reason,
            plan=_plan(session, order, body.refunds),
            till_id=body.till,
        )
    return _done(session, order)


@router.post("/refunds", status_code=201, responses=refusals_of_writing(404))
@once
def refund_held(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: RefundIn,
) -> DoneOut:
    """Give back what the store holds of an order: what a return left over, what came too much."""
    order = orders.by_number(session, actor, number)
    if body.till is not None:
        desk.till_by_id(session, actor, body.till)
    plan = _plan(session, order, body.refunds)
    moneyback.give_held(session, actor, order, plan, reason=body.reason, till_id=body.till)
    return _done(session, order)


def _plan(session: Session, order: Order, asked: Sequence[BackIn]) -> list[Back]:
    """Payments by their numbers; raises Invalid for those that are none."""
    if not asked:
        return []
    bill = orders.bill_of(session, order)
    known = refunds.returnable(session, bill) if bill else []
    payments = {one.attempt.number: one.attempt for one in known}
    problems: dict[str, Text] = {}
    plan = []
    for index, one in enumerate(asked):
        attempt = payments.get(one.payment)
        amount = one.amount.money()
        if attempt is None:
            problems[f"refunds.{index}.payment"] = msg("There is no such payment to give back.")
        elif amount.currency != order.currency:
            problems[f"refunds.{index}.amount"] = msg(
                "This store counts in {currency}.", currency=order.currency
            )
        elif not 0 < amount.minor <= MOST_MINOR:
            problems[f"refunds.{index}.amount"] = msg(
                "An amount to give back is more than nothing."
            )
        else:
            plan.append(Back(attempt.id, amount, one.tender, one.note))
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    return plan


@contextmanager
def _naming_items(items: Sequence[ItemIn]) -> Iterator[None]:
    """Problems of the form's fields become problems of what was sent: `items.0.quantity`."""
    places = {str(one.position): index for index, one in enumerate(items)}
    try:
        yield
    except Invalid as refusal:
        raise Invalid(refusal.message, problems=_sent(refusal.problems, places)) from refusal
    except Refused as refusal:
        if refusal.field in {"statement", "wipe", "serials", "quantity"}:
            refusal.field = "items"
        raise


def _sent(problems: Mapping[str, Text], places: Mapping[str, int]) -> dict[str, Text]:
    named = {}
    for field, text in problems.items():
        name, _, position = field.partition("-")
        named[f"items.{places[position]}.{name}" if position in places else field] = text
    return named


def _done(session: Session, order: Order) -> DoneOut:
    session.expire_all()
    return DoneOut(back=_back(session, order), order=order_out(summaries.of_order(session, order)))


def _back(session: Session, order: Order) -> ReturnsOut:
    bill = orders.bill_of(session, order)
    payments = refunds.returnable(session, bill) if bill else []
    nothing = Money(0, order.currency)
    return ReturnsOut(
        lines=[_line(one) for one in returnables.of_order(session, order)]
        if order.settled_at
        else [],
        returns=[_return(row) for row in returns.of_order(session, order)],
        refunds=[_refund(row) for row in refunds.of_bill(session, bill)] if bill else [],
        held=MoneyOut.of(exchanges.held(session, order)),
        most=MoneyOut.of(sum((one.left for one in payments), nothing)),
    )


def _line(one: Returnable) -> ReturnableOut:
    return ReturnableOut(
        position=one.line.position,
        description=one.line.description,
        serial=one.serial or None,
        sold=one.line.quantity,
        returned=one.returned,
        left=one.left,
        serials=list(one.serials),
        obstacle=str(one.obstacle) if one.obstacle else None,
        asks_for_data=one.asks_for_data,
    )


def _return(row: Return) -> ReturnOut:
    return ReturnOut(
        number=row.number,
        at=row.at,
        by=row.by,
        approved_by=row.approved_by,
        reason=row.reason,
        credited=MoneyOut.minor(row.credited_minor, row.currency),
    )


def _refund(row: Refund) -> RefundOut:
    return RefundOut(
        number=row.number,
        tender=row.tender,
        state=row.state,
        amount=MoneyOut.minor(row.amount_minor, row.currency),
        reason=row.reason,
        note=row.note,
        failure=row.failure,
        started_at=row.started_at,
        started_by=row.started_by,
        settled_at=row.settled_at,
    )
