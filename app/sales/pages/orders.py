"""Sales as pages: the list, one sale, its handover."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.customers.models import Customer
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.signatures import read_signature
from app.kernel.text import Text
from app.payments import bills, giftview, invoiceview, standing
from app.payments.standing import UNCOVERED
from app.payments.states import ATTEMPT_LABELS
from app.payments.till_reports import TENDER_LABELS
from app.robots import touches
from app.sales import (
    cart,
    checklists,
    giftlines,
    handovers,
    orderlists,
    orders,
    orderstatus,
    quoteview,
    returnview,
    taxview,
    totals,
)
from app.sales.models import Order
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import Number

router = APIRouter(prefix="/sales")


@router.get("")
def list_sales(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    cursor: str | None = None,
    show: str = "all",
) -> Response:
    actor.require("orders.view")
    if show == "handover":
        page = orderlists.waiting_page(session, actor)
    else:
        page = orderlists.order_page(session, actor, cursor=cursor)
    return render(
        request,
        "sales/list.html",
        page=page,
        show=show,
        cursor=cursor,
        labels=orderstatus.STATUS_LABELS,
    )


@router.get("/{number}")
def show_sale(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    actor.require("orders.view")
    return sale_page(request, session, actor, orders.by_number(session, actor, number))


def sale_page(
    request: Request,
    session: Session,
    actor: Actor,
    order: Order,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    """A sale with all that its rooms say of it; after a refusal with what was typed."""
    return render(
        request,
        "sales/order.html",
        status=status_of(refusal) if refusal else 200,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
        **_sale(session, actor, order),
    )


@router.get("/{number}/handover")
def ask_handover(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    actor.require("robots.handover")
    order = orders.by_number(session, actor, number)
    return _handover_page(request, session, actor, order, typed={}, problems={})


@router.post("/{number}/handover")
@once
def hand_over(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Submitted,
) -> Response:
    order = orders.by_number(session, actor, number)
    try:
        signed = read_signature(
            form.values.get("signature_typed", ""), form.values.get("signature", "")
        )
        handovers.hand_over(session, actor, order, typed=form.values, signed=signed)
    except StoreError as refusal:
        session.rollback()
        order = orders.by_number(session, actor, number)
        return _handover_page(
            request,
            session,
            actor,
            order,
            typed=form.values,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/sales/{number}", 303)


def _sale(session: Session, actor: Actor, order: Order) -> dict[str, Any]:
    reference = orders.reference(order)
    documents, invoices_of_sale = invoiceview.about(session, order.store_id, reference)
    bill, attempts = bills.with_attempts(session, order.store_id, reference)
    stands = standing.of(session, bill) if bill else None
    handover = handovers.done(session, order)
    returned = orders.returned_of(session, [order.id])
    return {
        "order": order,
        "stands": orderstatus.derive(
            order,
            bill=bill,
            cover=stands.cover if stands else UNCOVERED,
            handed_over=handover is not None,
            returned=returned,
        ),
        "status_labels": orderstatus.STATUS_LABELS,
        "lines": cart.lines(order),
        "totals": totals.of_order(order),
        "customer": session.get(Customer, order.customer_id) if order.customer_id else None,
        "attempts": attempts,
        "attempt_labels": ATTEMPT_LABELS,
        "tender_labels": TENDER_LABELS,
        "due": stands.due if stands else totals.of_order(order).gross,
        "documents": documents,
        "invoices_of_sale": invoices_of_sale,
        "tax": taxview.of(session, actor, order, stands=stands),
        "gift_cards": [
            giftview.one(session, card) for _, card in giftlines.cards_of(session, order)
        ],
        "handover": handover,
        "robots": orders.robots_waiting(session, order, returned=returned),
        **returnview.panel(session, order, stands=stands, returned=returned),
        **quoteview.panel(session, actor, order, bill, stands=stands),
    }


def _handover_page(
    request: Request,
    session: Session,
    actor: Actor,
    order: Order,
    *,
    typed: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    checklist = handovers.checklist_for(session, actor, order)
    units = handovers.require_ready(session, actor, order)
    return render(
        request,
        "sales/handover.html",
        status=status,
        order=order,
        units=units,
        going_along=handovers.going_along(session, order),
        gates=handovers.gates(session, actor, units),
        readings=[
            (unit, handovers.reading_prefix(unit), touches.asked(session, unit)) for unit in units
        ],
        customer=session.get(Customer, order.customer_id) if order.customer_id else None,
        items=checklists.items_of(checklist),
        typed=typed,
        problems=problems,
    )
