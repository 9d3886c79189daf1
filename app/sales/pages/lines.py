"""Changing the cart: quantity, discount, removal, customer, parking, voiding, quote."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.customers import book
from app.identity import approval
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.sales import cart, counterquotes, lines, orderlists, orders, parking
from app.sales.errors import DiscountTooBig
from app.sales.forms import (
    CustomerChoiceForm,
    DiscountForm,
    NewCustomerForm,
    ParkForm,
    QuantityForm,
    QuoteForm,
    ReasonForm,
)
from app.sales.pages.till import Visit, back_into_dialog, closing_dialog
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter(prefix="/counter")


@router.post("/lines/{position}/quantity")
def set_quantity(
    request: Request,
    session: WriteSession,
    actor: Acting,
    position: Number,
    form: Annotated[QuantityForm, Form()],
) -> Response:
    visit = Visit(request, session, actor)
    order = visit.require_basket()
    line = lines.line_at(order, position)
    lines.set_quantity(session, actor, order, line, quantity=form.read(), minutes=visit.minutes)
    return visit.show(order, selected=position)


@router.post("/lines/{position}/remove")
def remove(
    request: Request,
    session: WriteSession,
    actor: Acting,
    position: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    """Take a line out; the answer offers to put it back."""
    visit = Visit(request, session, actor)
    order = visit.require_basket()
    line = lines.line_at(order, position)
    undo = cart.undo_of(session, line)
    lines.remove(session, actor, order, line)
    return visit.show(order, removed=undo)


@router.get("/lines/{position}/discount")
def ask_discount(
    request: Request, session: ReadSession, actor: SignedIn, position: Number
) -> Response:
    order = Visit(request, session, actor).require_basket()
    lines.line_at(order, position)
    return _discount_dialog(request, position, form={}, problems={})


@router.post("/lines/{position}/discount")
def give_discount(
    request: Request,
    session: WriteSession,
    actor: Acting,
    position: Number,
    form: Annotated[DiscountForm, Form()],
) -> Response:
    visit = Visit(request, session, actor)
    try:
        given = form.read()
        approved_by = _big_discount(visit, given.pin) if given.pin else None
        order = visit.require_basket()
        lines.discount(
            session,
            actor,
            order,
            lines.line_at(order, position),
            percent_bp=given.percent_bp,
            reason=given.reason,
            approved_by=approved_by,
        )
    except StoreError as refusal:
        session.rollback()
        return _discount_dialog(
            request,
            position,
            form=form.typed(),
            problems=problems_of(refusal),
            ask_pin=isinstance(refusal, DiscountTooBig) or bool(form.pin),
            status=status_of(refusal),
        )
    return closing_dialog(visit.show(order, selected=position))


@router.get("/customer")
def ask_customer(request: Request, session: ReadSession, actor: SignedIn, q: str = "") -> Response:
    """Search the book, or write a new customer down."""
    actor.require("counter.sell")
    return render(
        request,
        "sales/customer_dialog.html",
        block="matches" if q else "dialog",
        q=q,
        matches=book.find(session, actor, q, most=8),
        form={},
        problems={},
        twins=[],
    )


@router.post("/customer")
def choose_customer(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[CustomerChoiceForm, Form()],
) -> Response:
    visit = Visit(request, session, actor)
    order = visit.basket()
    number = clean(form.number)
    if not (number.isascii() and number.isdigit() and len(number) < 10):  # noqa: PLR2004
        raise Refused(msg("Choose a customer from the list."), field="number")
    customer = book.by_number(session, actor, int(number))
    orders.set_customer(session, actor, order, customer.id)
    return closing_dialog(visit.show(order))


@router.post("/customer/new")
@once
def add_customer(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[NewCustomerForm, Form()],
) -> Response:
    """A new customer onto the sale; warns once when somebody like that is in the book."""
    visit = Visit(request, session, actor)
    typed = form.read()
    try:
        book.checked(typed)
        twins = book.likely_duplicates(session, actor, typed)
        if not twins or form.despite_duplicates:
            order = visit.basket()
            customer = book.add(session, actor, typed)
            orders.set_customer(session, actor, order, customer.id)
            return closing_dialog(visit.show(order))
        problems: dict[str, Text] = {}
        status = 409
    except StoreError as refusal:
        session.rollback()
        twins, problems, status = [], problems_of(refusal), status_of(refusal)
    return back_into_dialog(
        render(
            request,
            "sales/customer_dialog.html",
            block="dialog",
            status=status,
            q="",
            matches=[],
            form=form.typed(),
            problems=problems,
            twins=twins,
        )
    )


@router.post("/park")
def park(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[ParkForm, Form()],
) -> Response:
    visit = Visit(request, session, actor)
    parking.park(session, actor, visit.require_basket(), label=form.label)
    return visit.show(None)


@router.get("/parked")
def show_parked(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("counter.sell")
    waiting = orderlists.rows(session, actor, parking.parked(session, actor))
    return render(request, "sales/parked_dialog.html", block="dialog", waiting=waiting)


@router.post("/void")
def void(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    visit = Visit(request, session, actor)
    orders.cancel(session, actor, visit.require_basket(), reason=form.reason)
    return closing_dialog(visit.show(None))


@router.post("/quote")
@once
def quote(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[QuoteForm, Form()],
) -> Response:
    """Make a quote of the basket, sent as it lies there; its page makes the customer's link."""
    visit = Visit(request, session, actor)
    made = counterquotes.quote_basket(session, actor, visit.require_basket(), days=form.read())
    return visit.go(f"/sales/quotes/{made.number}")


def _discount_dialog(
    request: Request,
    position: int,
    *,
    form: dict[str, str],
    problems: dict[str, Text],
    ask_pin: bool = False,
    status: int = 200,
) -> Response:
    return back_into_dialog(
        render(
            request,
            "sales/discount_dialog.html",
            block="dialog",
            status=status,
            position=position,
            form=form,
            problems=problems,
            ask_pin=ask_pin,
        )
    )


def _big_discount(visit: Visit, pin: str) -> Actor:
    database = database_of(visit.request)
    may = "counter.big_discount"
    return approval.behind_pin(database, visit.session, visit.actor, pin=pin, permission=may)
