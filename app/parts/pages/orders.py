"""Purchase orders: the list, one order, and what is done with it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused, StoreError
from app.kernel.money import parse_money
from app.kernel.quantity import parse_quantity, row_number
from app.kernel.text import Text, msg
from app.parts import (
    catalogue,
    purchase_lists,
    purchase_papers,
    purchasing,
    scanned,
    suppliers,
)
from app.parts.buyforms import CodeForm, DraftForm, LineForm, ReasonForm, SendForm
from app.parts.buying_models import PurchaseOrder
from app.parts.models import Part
from app.parts.pages.going import go
from app.parts.pages.onorder import order_view
from app.parts.purchase_lists import SHOW_LABELS, Show
from app.web.errors import status_of
from app.web.forms import Reading, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number

router = APIRouter(prefix="/parts/orders")

_SHOWS = {show.value: show for show in Show}


@router.get("")
def list_orders(
    request: Request, session: ReadSession, actor: SignedIn, show: str = "", cursor: str = ""
) -> Response:
    chosen = _SHOWS.get(show, Show.OPEN)
    return _list(request, session, actor, chosen, cursor=cursor)


@router.post("")
@once
def draft_order(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[DraftForm, Form()]
) -> Response:
    try:
        supplier = suppliers.by_id(session, actor, form.read())
        order = purchasing.draft(session, actor, supplier)
    except StoreError as refusal:
        session.rollback()
        return _list(
            request,
            session,
            actor,
            Show.OPEN,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/parts/orders/{order.number}", 303)


@router.post("/open")
def open_order(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[CodeForm, Form()]
) -> Response:
    """The label of an order, or its number, leads to its delivery."""
    actor.require("stock.view")
    wanted = purchasing.read_number(scanned.read(form.code).text)
    if wanted is None:
        raise NotFound(msg("“{code}” is no purchase order.", code=form.code[:60]), field="code")
    order = purchasing.by_number(session, actor, wanted)
    is_awaited = order.sent_at is not None and order.closed_at is None
    below = "/receive" if is_awaited and actor.may("purchases.receive") else ""
    return go(request, f"/parts/orders/{order.number}{below}")


@router.get("/{number}")
def show_order(
    request: Request, session: ReadSession, actor: SignedIn, number: Number, receipt: str = ""
) -> Response:
    """One order; `receipt` is the delivery that was just booked."""
    actor.require("stock.view")
    order = purchasing.by_number(session, actor, number)
    return order_view(request, session, order, booked=row_number(receipt))


@router.get("/{number}/order.pdf")
def print_order(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    actor.require("stock.view")
    order = purchasing.by_number(session, actor, number)
    pdf = purchase_papers.order_pdf(
        session, order, public_url=request.app.state.settings.public_url
    )
    name = f"{purchasing.label(order)}.pdf"
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/{number}/lines")
@once
def add_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[LineForm, Form()],
) -> Response:
    def act(order: PurchaseOrder) -> None:
        quantity, price = form.read(order.currency)
        part = _part_called(session, actor, form.part)
        purchasing.add_line(session, actor, order, part, quantity=quantity, price=price)

    return _act(request, session, actor, number, act, typed=form.typed(), about="line")


@router.post("/{number}/lines/{position}")
@once
def change_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    position: Number,
    form: Annotated[LineForm, Form()],
) -> Response:
    def act(order: PurchaseOrder) -> None:
        seen = Reading()
        quantity = seen.take("quantity", lambda: parse_quantity(form.quantity), 1)
        price = seen.take(
            "price", lambda: parse_money(form.price, order.currency, field="price"), None
        )
        seen.done()
        if price is not None:
            purchasing.change_line(session, actor, order, position, quantity=quantity, price=price)

    return _act(request, session, actor, number, act, typed=form.typed(), about=str(position))


@router.post("/{number}/lines/{position}/remove")
def remove_line(
    request: Request, session: WriteSession, actor: Acting, number: Number, position: Number
) -> Response:
    return _act(
        request,
        session,
        actor,
        number,
        lambda order: purchasing.remove_line(session, actor, order, position),
    )


@router.post("/{number}/lines/{position}/close")
def close_rest(
    request: Request, session: WriteSession, actor: Acting, number: Number, position: Number
) -> Response:
    """What is still open of a line will not come."""
    return _act(
        request,
        session,
        actor,
        number,
        lambda order: purchasing.close_rest(session, actor, order, position),
    )


@router.post("/{number}/send")
@once
def send_order(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[SendForm, Form()],
) -> Response:
    def act(order: PurchaseOrder) -> None:
        expected_on, rate = form.read()
        purchasing.send(session, actor, order, expected_on=expected_on, rate_micro=rate)

    return _act(request, session, actor, number, act, typed=form.typed(), about="send")


@router.post("/{number}/cancel")
def cancel_order(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    return _act(
        request,
        session,
        actor,
        number,
        lambda order: purchasing.cancel(session, actor, order, reason=form.reason),
        typed=form.typed(),
        about="cancel",
    )


def _part_called(session: Session, actor: Actor, text: str) -> Part:
    """The one part with this number; raises Refused naming those that it may mean."""
    found = catalogue.by_code(session, actor, scanned.read(text).text)
    if len(found) == 1:
        return found[0]
    alike = found or catalogue.find(session, actor, text)
    if not alike:
        raise NotFound(msg("No part {number}.", number=text[:60]), field="part")
    if len(alike) == 1:
        return alike[0]
    raise Refused(
        msg("Several parts: {parts}.", parts=", ".join(part.number for part in alike)),
        field="part",
    )


def _act(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    act: Callable[[PurchaseOrder], None],
    *,
    typed: dict[str, str] | None = None,
    about: str = "",
) -> Response:
    """Do something with an order and show it; a refusal stands at the form it is `about`."""
    order = purchasing.by_number(session, actor, number)
    try:
        act(order)
    except StoreError as refusal:
        session.rollback()
        order = purchasing.by_number(session, actor, number)
        return order_view(
            request,
            session,
            order,
            typed=typed,
            about=about,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/parts/orders/{number}", 303)


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    show: Show,
    *,
    cursor: str = "",
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "parts/orders.html",
        status=status,
        page=purchase_lists.orders(session, actor, show, cursor=cursor or None),
        show=show,
        shows=SHOW_LABELS,
        cursor=cursor,
        suppliers=suppliers.in_use(session, actor),
        problems=problems or {},
    )
