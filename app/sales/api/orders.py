"""Orders as JSON: the basket that a program gives."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from app.identity.guard import ApiReading, ApiWriting
from app.payments.taxforms import TaxIn
from app.sales import ordering, orderlists, orders, summaries, taxchoice
from app.sales.api.shapes import (
    LineIn,
    OrderIn,
    OrderOut,
    OrderRowOut,
    order_out,
    row_out,
)
from app.settings import Settings
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, Number, PageOut, Sent

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])


class CancelIn(Sent):
    """`reason` is needed where the order has lines."""

    reason: Annotated[str, Field(max_length=200)] = ""


@router.get("", responses=refusals())
def list_orders(
    session: ReadSession, actor: ApiReading, cursor: Cursor = ""
) -> PageOut[OrderRowOut]:
    """Orders, newest first, 50 a page."""
    actor.require("orders.view")
    page = orderlists.order_page(session, actor, cursor=cursor or None)
    return PageOut(items=[row_out(row) for row in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def open_order(
    request: Request, session: WriteSession, actor: ApiWriting, body: OrderIn
) -> OrderOut:
    """A new order with its lines, or nothing at all. Its robots and pieces are kept for a while:
    409 for a robot that is sold or kept for somebody else.
    """
    order = ordering.open_with(
        session,
        actor,
        [line.wish() for line in body.lines],
        till_id=body.till,
        customer_number=body.customer,
        minutes=claim_minutes(request),
    )
    return order_out(summaries.of_order(session, order))


@router.get("/{number}", responses=refusals(404))
def show_order(session: ReadSession, actor: ApiReading, number: Number) -> OrderOut:
    """One order with its lines, sums, payments and papers."""
    actor.require("orders.view")
    return order_out(summaries.of_order(session, orders.by_number(session, actor, number)))


@router.post("/{number}/lines", status_code=201, responses=refusals_of_writing(404))
@once
def add_line(
    request: Request, session: WriteSession, actor: ApiWriting, number: Number, body: LineIn
) -> OrderOut:
    """One more line; the same product again counts up. Answers the whole order."""
    order = orders.by_number(session, actor, number)
    ordering.add(session, actor, order, body.wish(), minutes=claim_minutes(request))
    return order_out(summaries.of_order(session, order))


@router.post("/{number}/tax", responses=refusals_of_writing(404))
@once
def tax_order(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: TaxIn,
) -> OrderOut:
    """Tax an order otherwise than by rule, with a reason; or by rule again."""
    order = orders.by_number(session, actor, number)
    if body.treatment is None:
        taxchoice.by_rule(session, actor, order)
    else:
        taxchoice.choose(session, actor, order, body.treatment, reason=body.reason)
    return order_out(summaries.of_order(session, order))


@router.post("/{number}/cancel", responses=refusals_of_writing(404))
@once
def cancel_order(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: CancelIn,
) -> OrderOut:
    """Void an order from which nothing was paid; what it kept is free again."""
    order = orders.by_number(session, actor, number)
    orders.cancel(session, actor, order, reason=body.reason)
    return order_out(summaries.of_order(session, order))


def claim_minutes(request: Request) -> int:
    """How long a basket keeps what it holds."""
    settings: Settings = request.app.state.settings
    return settings.claim_minutes
