"""The links by which a repair is paid from home: made, shown once with a code, revoked."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import msg
from app.payments import bills, cards, links, linkview
from app.payments.linkforms import About, LinkForm, shown
from app.payments.models import Bill
from app.service import billing, tickets
from app.service.models import Ticket
from app.settings import Settings
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")


@router.get("/{number}/payment-link")
def show_repair_links(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    actor.require("counter.sell")
    return _page(request, session, tickets.by_number(session, actor, number))


@router.post("/{number}/payment-link")
def make_repair_link(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[LinkForm, Form()],
) -> Response:
    """A link, told this once: so the answer is kept for nobody to replay."""
    ticket = tickets.by_number(session, actor, number)
    try:
        amount, days = form.read(desk.store_of(session, ticket.store_id).currency)
        key = links.make(session, actor, _bill(session, actor, ticket), amount=amount, days=days)
    except StoreError as refusal:
        session.rollback()
        ticket = tickets.by_number(session, actor, number)
        return _page(request, session, ticket, form=form, refusal=refusal)
    settings: Settings = request.app.state.settings
    return _page(request, session, ticket, link=f"{settings.public_url.rstrip('/')}/pay/{key}")


@router.post("/{number}/payment-link/revoke")
@once
def revoke_repair_links(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    """No link to this repair opens anything any more."""
    bill = _known(session, tickets.by_number(session, actor, number))
    if bill is not None:
        links.revoke_all(session, actor, bill)
    return RedirectResponse(f"/service/tickets/{number}/payment-link", 303)


@router.post("/{number}/payment-link/close")
def close_repair_page(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    """Close the payment page that is open, so that it can be paid otherwise; or ask again."""
    bill = _known(session, tickets.by_number(session, actor, number))
    online = linkview.for_staff(session, bill)["online"]
    session.rollback()
    if online is not None:
        cards.cancel(database_of(request), actor, online.id)
    return RedirectResponse(f"/service/tickets/{number}/payment-link", 303)


def _bill(session: Session, actor: Actor, ticket: Ticket) -> Bill:
    """The repair's bill over the customer's share; raises Conflict before the work is done."""
    actor.require("counter.sell")
    stands = billing.owed(session, ticket)
    if stands.bill is not None and stands.on_terms:
        return stands.bill
    return billing.raise_bill(session, actor, ticket)


def _known(session: Session, ticket: Ticket) -> Bill | None:
    return bills.by_reference(session, ticket.store_id, tickets.reference(ticket))


def _page(
    request: Request,
    session: Session,
    ticket: Ticket,
    *,
    link: str = "",
    form: LinkForm | None = None,
    refusal: StoreError | None = None,
) -> Response:
    about = About(
        label=tickets.label(ticket),
        page=tickets.page(ticket),
        crumbs=(("/service", msg("Workshop")),),
    )
    bill = _known(session, ticket)
    return render(
        request,
        "payments/payment_link.html",
        status=status_of(refusal) if refusal else 200,
        **shown(session, bill, about, link=link, form=form, refusal=refusal),
    )
