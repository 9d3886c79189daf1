"""The links by which a sale is paid from home: made, shown once with a code, revoked."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import msg
from app.payments import cards, links, linkview
from app.payments.linkforms import About, LinkForm, shown
from app.payments.models import Bill
from app.sales import checkout, orders
from app.sales.models import Order
from app.settings import Settings
from app.web.errors import status_of
from app.web.forms import StoreForm
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter(prefix="/sales")


@router.get("/{number}/payment-link")
def show_links(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    actor.require("counter.sell")
    return _page(request, session, orders.by_number(session, actor, number))


@router.post("/{number}/payment-link")
def make_sale_link(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[LinkForm, Form()],
) -> Response:
    """A link, told this once: so the answer is kept for nobody to replay. The sale's total is
    fixed with it, as with any first tender; what it keeps is free again in time if nobody opens it.
    """
    order = orders.by_number(session, actor, number)
    settings: Settings = request.app.state.settings
    try:
        amount, days = form.read(order.currency)
        key = links.make(session, actor, _bill(session, actor, order), amount=amount, days=days)
        minutes = settings.link_claim_hours * 60
        checkout.keep_for_link(session, order, minutes=minutes)
    except StoreError as refusal:
        session.rollback()
        order = orders.by_number(session, actor, number)
        return _page(request, session, order, form=form, refusal=refusal)
    return _page(request, session, order, link=f"{settings.public_url.rstrip('/')}/pay/{key}")


@router.post("/{number}/payment-link/revoke")
@once
def revoke_links(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    """No link to this sale opens anything any more."""
    bill = orders.bill_of(session, orders.by_number(session, actor, number))
    if bill is not None:
        links.revoke_all(session, actor, bill)
    return RedirectResponse(f"/sales/{number}/payment-link", 303)


@router.post("/{number}/payment-link/close")
def close_page(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    """Close the payment page that is open, so that the sale can be paid otherwise; or ask again."""
    bill = orders.bill_of(session, orders.by_number(session, actor, number))
    online = linkview.for_staff(session, bill)["online"]
    session.rollback()
    if online is not None:
        cards.cancel(database_of(request), actor, online.id)
    return RedirectResponse(f"/sales/{number}/payment-link", 303)


def _bill(session: Session, actor: Actor, order: Order) -> Bill:
    """The sale's bill; its total is fixed with the link. No till has to be open for that."""
    return checkout.fix(session, actor, order)[0]


def _page(
    request: Request,
    session: Session,
    order: Order,
    *,
    link: str = "",
    form: LinkForm | None = None,
    refusal: StoreError | None = None,
) -> Response:
    about = About(
        label=f"S-{order.number}",
        page=f"/sales/{order.number}",
        crumbs=(("/sales", msg("Sales")),),
    )
    bill = orders.bill_of(session, order)
    return render(
        request,
        "payments/payment_link.html",
        status=status_of(refusal) if refusal else 200,
        **shown(session, bill, about, link=link, form=form, refusal=refusal),
    )
