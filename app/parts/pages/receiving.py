"""The packing table of one order: scan what comes out of the box, then book it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.errors import StoreError
from app.kernel.text import Text, msg
from app.parts import purchasing, receiving
from app.parts.buyforms import UnpackForm, read_booking
from app.parts.buying_models import PurchaseOrder, Supplier
from app.parts.pages.going import go
from app.parts.receiving import Booking, Heard, Scan
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import Number, RowId

router = APIRouter(prefix="/parts/orders/{number}/receive")

_PAGE = "parts/receive.html"
REASONS = (
    msg("Damaged"),
    msg("Does not work"),
    msg("Wrong part"),
    msg("Incomplete"),
)


@router.get("")
def show_table(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    actor.require("purchases.receive")
    order = purchasing.by_number(session, actor, number)
    if order.sent_at is None or order.closed_at is not None:
        return RedirectResponse(f"/parts/orders/{number}", 303)
    return _table(request, session, order)


@router.post("")
@once
def book_delivery(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Submitted,
) -> Response:
    """Everything on the table is booked at once."""
    order = purchasing.by_number(session, actor, number)
    try:
        receipt = receiving.book(session, actor, order, read_booking(form.values, order.currency))
    except StoreError as refusal:
        session.rollback()
        order = purchasing.by_number(session, actor, number)
        return _table(
            request,
            session,
            order,
            typed=form.values,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(_booked(order, receipt.number), 303)


@router.post("/scan")
def scan(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[UnpackForm, Form()],
) -> Response:
    """One scan. The same scan id twice counts once; the order's own label books."""
    order = purchasing.by_number(session, actor, number)
    heard = receiving.scan(
        session,
        actor,
        order,
        Scan(form.code, form.position, form.rejected_for(), form.scan_id),
    )
    if heard.other is not None:
        return go(request, f"/parts/orders/{heard.other}/receive")
    if heard.is_end:
        receipt = receiving.book(session, actor, order, Booking())
        return go(request, _booked(order, receipt.number))
    return _answer(request, session, order, heard)


@router.post("/lines/{position}/all")
def take_all(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    position: Number,
) -> Response:
    """The rest of a line lies there, counted by eye."""
    order = purchasing.by_number(session, actor, number)
    receiving.take_all(session, actor, order, position)
    return _answer(request, session, order, Heard(position))


@router.post("/lines/{position}/clear")
def clear_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    position: Number,
) -> Response:
    order = purchasing.by_number(session, actor, number)
    receiving.empty_line(session, actor, order, position)
    return _answer(request, session, order, Heard(position))


@router.post("/scans/{scan_row}/remove")
def take_back(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    scan_row: RowId,
) -> Response:
    """A scan that was none."""
    order = purchasing.by_number(session, actor, number)
    receiving.take_back(session, actor, order, scan_row)
    return _answer(request, session, order, Heard())


def _booked(order: PurchaseOrder, receipt: int) -> str:
    return f"/parts/orders/{order.number}?receipt={receipt}"


def _answer(request: Request, session: Session, order: PurchaseOrder, heard: Heard) -> Response:
    if not is_htmx(request):
        return RedirectResponse(f"/parts/orders/{order.number}/receive", 303)
    response = _table(request, session, order, heard=heard)
    response.headers["X-Scan"] = "hit"
    return response


def _table(
    request: Request,
    session: Session,
    order: PurchaseOrder,
    *,
    heard: Heard | None = None,
    typed: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    table = receiving.table_of(session, order)
    heard = heard or Heard()
    current = next((row for row in table.lines if row.line.position == heard.position), None)
    return render(
        request,
        _PAGE,
        block="answer",
        status=status,
        order=order,
        label=purchasing.label(order),
        supplier=session.get_one(Supplier, order.supplier_id),
        table=table,
        current=current,
        said=heard.said,
        reasons=REASONS,
        typed=typed or {},
        problems=problems or {},
        fragment=is_htmx(request),
    )
