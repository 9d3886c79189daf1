"""Who waits for robots, and an order's deposit, account and cancellation, as JSON."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.identity.guard import ApiReading, ApiWriting
from app.payments import booking
from app.robots import registry
from app.sales import deposits, onaccount, orders, preorders, summaries
from app.sales.api.shapes import OrderOut, order_out
from app.sales.ordering import naming
from app.stores import desk
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import MoneyOut, Number, PriceIn, RowId, Sent, Words

router = APIRouter(prefix="/api/v1")


class PlaceOut(BaseModel):
    """`turn` is 1 for the next; null while the deposit is not paid."""

    id: int
    order: int
    customer_name: str
    turn: int | None
    queued_at: datetime
    ready_at: datetime | None


class QueueOut(BaseModel):
    """Who waits for a model, and the serials that could be given, the oldest first."""

    model: str
    places: list[PlaceOut]
    free: list[str]


class AllocateIn(Sent):
    """`reason` is needed where somebody else is next, and then a manager's leave."""

    serial: Words
    reason: Words = ""


class DepositIn(Sent):
    amount: PriceIn
    days: int = Field(default=14, ge=1, le=365)
    free_days: int = Field(default=0, ge=0, le=365)
    keep_bp: int = Field(default=0, ge=0, le=10_000)


class DepositOut(BaseModel):
    asked: MoneyOut
    paid: MoneyOut
    due: MoneyOut
    due_on: date
    late: bool


class RefundIn(Sent):
    """`till` (id) is the one whose drawer gives cash back; `waive` keeps nothing."""

    reason: Words
    till: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    waive: bool = False


@router.get("/pre-orders", tags=["pre-orders"], responses=refusals())
def list_pre_orders(session: ReadSession, actor: ApiReading) -> list[QueueOut]:
    """Every model that somebody waits for, each queue in turn."""
    return [
        QueueOut(
            model=queue.model.name,
            places=[
                PlaceOut(
                    id=place.row.id,
                    order=place.order.number,
                    customer_name=place.customer,
                    turn=place.turn,
                    queued_at=place.row.queued_at,
                    ready_at=place.row.ready_at,
                )
                for place in queue.places
            ],
            free=[unit.serial for unit in queue.free],
        )
        for queue in preorders.queues(session, actor)
    ]


@router.post(
    "/pre-orders/{row_id}/allocate", tags=["pre-orders"], responses=refusals_of_writing(404)
)
@once
def allocate_robot(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    row_id: RowId,
    body: AllocateIn,
) -> OrderOut:
    """Give a robot to a place in the queue. Answers the order."""
    row = preorders.by_id(session, actor, row_id)
    with naming("serial", inner={"reason": "reason"}):
        unit = registry.by_serial(session, actor, body.serial)
        preorders.allocate(session, actor, row, unit, reason=body.reason)
    order = preorders.order_of(session, actor, row)
    return order_out(summaries.of_order(session, order))


@router.post("/orders/{number}/deposit", tags=["orders"], responses=refusals_of_writing(404))
@once
def ask_deposit(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: DepositIn,
) -> DepositOut:
    """Ask for a deposit, or change what was asked while nothing of it was paid."""
    order = orders.by_number(session, actor, number)
    today = desk.business_day_of(desk.store_of(session, order.store_id))
    rule = deposits.rule_from(today, days=body.days, free_days=body.free_days, keep_bp=body.keep_bp)
    deposits.ask(session, actor, order, body.amount.money(), rule=rule)
    stands = deposits.require_stands(session, order)
    return DepositOut(
        asked=MoneyOut.of(stands.asked),
        paid=MoneyOut.of(stands.paid),
        due=MoneyOut.of(stands.due),
        due_on=stands.due_on,
        late=stands.is_late,
    )


@router.post("/orders/{number}/on-account", tags=["orders"], responses=refusals_of_writing(404))
@once
def put_order_on_account(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
) -> OrderOut:
    """Complete the order now; what is due is paid within the customer's terms and limit."""
    order = orders.by_number(session, actor, number)
    onaccount.put(session, actor, order)
    return order_out(summaries.of_order(session, order))


@router.post(
    "/orders/{number}/cancel-with-refund", tags=["orders"], responses=refusals_of_writing(404)
)
@once
def cancel_with_refund(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: RefundIn,
) -> OrderOut:
    """Cancel an order that is not complete: the fee of its deposit's rule is kept, the rest goes
    back by the ways that it came.
    """
    order = orders.by_number(session, actor, number)
    drawer = None
    if body.till is not None:
        with naming("till"):
            desk.till_by_id(session, actor, body.till)
        drawer = booking.open_session_at(session, body.till)
    end = deposits.cancel_free if body.waive else deposits.cancel
    end(session, actor, order, reason=body.reason, till_session=drawer)
    return order_out(summaries.of_order(session, order))
