"""The customer's quote: where its link leads. Read, accept, pay the deposit; without a script.

Reading pages only read; only who holds a key comes to writing at all.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, StoreError
from app.kernel.money import Money
from app.kernel.quantity import document_number
from app.kernel.signatures import read_signature
from app.kernel.text import Text, msg
from app.payments import bills, checkouts, issuing, papers, standing, stripe_gate
from app.payments.models import IssuedDocument, PaymentAttempt, Tender
from app.sales import accepting, deposits, orders, orderstatus, quotelinks, quotes, quoteview
from app.sales.models import Order
from app.sales.quote_models import Quote
from app.sales.quoteforms import NameForm
from app.sales.quotes import QuoteState
from app.settings import Settings
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.i18n import language_of, speech
from app.web.rendering import render
from app.web.sessions import ReadSession, database_of
from app.web.unlisted import unlisted

router = APIRouter(prefix="/o")

# What a customer's word does: it makes the order of what was offered.
_MAY = frozenset({"counter.sell", "orders.view"})


@router.get("/{token}")
def show_offer(request: Request, session: ReadSession, *, token: str, go: str = "") -> Response:
    """The version that was sent last; once accepted, what is to be paid and how far it is. Where a
    payment at the card service's page is open, how that stands; `go`: on to that page at once.
    """
    quote = quotelinks.quote_of(session, token)
    order = _order_of(session, _customer(quote, ""), quote)
    live = _live_page(session, order) if order else None
    if order is None or live is None:
        return _page(request, session, token, quote=quote)
    session.rollback()
    try:
        checkouts.refresh(database_of(request), live.id)
        address = _address(request, token, live.id, name=f"S-{order.number}")
    except StoreError as refusal:
        return _page(request, session, token, refusal=refusal)
    return _page(request, session, token, address=address, goes_on=bool(go and address))


@router.get("/{token}/quote.pdf")
def show_paper(session: ReadSession, *, token: str) -> Response:
    """The quote as its paper."""
    quote = quotelinks.quote_of(session, token)
    version = quotes.sent_of(quote)
    document = session.get(IssuedDocument, version.document_id) if version else None
    if document is None:
        raise NotFound(msg("There is no quote at this address."))
    content, label = issuing.content_of(document), document.label
    session.rollback()  # a PDF takes a second
    answer = Response(
        papers.pdf(content),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{label}.pdf"'},
    )
    return unlisted(answer)


@router.post("/{token}/accept")
def accept(
    request: Request, session: ReadSession, *, token: str, form: Annotated[NameForm, Form()]
) -> Response:
    """The customer's yes, to the version that stood on the page. Twice is the same as once."""

    def act(own: Session, quote: Quote) -> str:
        accepting.accept(
            own,
            _customer(quote, form.by),
            quote,
            version=document_number(form.version) or 0,
            signed=read_signature(form.by, form.signature),
        )
        return f"/o/{token}"

    return _acted(request, session, token, act=act, typed=form.typed())


@router.post("/{token}/pay")
def pay(
    request: Request,
    session: ReadSession,
    *,
    token: str,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    """Begin to pay the deposit or, when that is paid, the rest; or go on where it was begun. The
    card service is asked when nothing of ours is locked.
    """
    quote = quotelinks.quote_of(session, token)
    session.rollback()
    try:
        with database_of(request).transaction() as own:
            queueing.enter(own, quote.store_id)
            attempt_id, name = _begun(own, quotelinks.quote_of(own, token))
        _address(request, token, attempt_id, name=name)
    except StoreError as refusal:
        return _page(request, session, token, refusal=refusal)
    return unlisted(RedirectResponse(f"/o/{token}?go=1", 303))


def _address(request: Request, token: str, attempt_id: int, *, name: str) -> str:
    """The card service's page for an attempt; empty when that is over. No transaction is open."""
    settings: Settings = request.app.state.settings
    here = f"{settings.public_url.rstrip('/')}/o/{token}"
    return checkouts.open_page(database_of(request), attempt_id, name=name, here=here)


def _begun(session: Session, quote: Quote) -> tuple[int, str]:
    """The attempt whose page is to be opened, and what its page calls it."""
    actor = _customer(quote, "")
    order = _order_of(session, actor, quote)
    bill = orders.bill_of(session, order) if order else None
    if order is None or bill is None or order.cancelled_at is not None:
        raise Conflict(msg("Accept the quote first, then pay."))
    live = _live_page(session, order)
    if live is None:
        amount = deposits.next_payment(session, order)
        live = checkouts.start(session, bill, amount, by=actor.name)
    return live.id, f"S-{order.number}"


def _live_page(session: Session, order: Order) -> PaymentAttempt | None:
    """The payment at the card service's page that is not decided yet."""
    bill = orders.bill_of(session, order)
    live = bills.live_attempt(session, bill) if bill else None
    return live if live is not None and live.tender is Tender.ONLINE else None


def _acted(
    request: Request,
    session: Session,
    token: str,
    *,
    act: Callable[[Session, Quote], str],
    typed: dict[str, Any],
) -> Response:
    quote = quotelinks.quote_of(session, token)
    session.rollback()
    try:
        with database_of(request).transaction() as own:
            queueing.enter(own, quote.store_id)
            there = act(own, quotelinks.quote_of(own, token))
    except StoreError as refusal:
        return _page(request, session, token, typed=typed, refusal=refusal)
    return unlisted(RedirectResponse(there, 303))


def _customer(quote: Quote, name: str) -> Actor:
    return Actor(
        store_id=quote.store_id,
        name=name.strip()[:200] or quote.customer.name,
        role="customer",
        permissions=_MAY,
        role_label=msg("Customer"),
    )


def _order_of(session: Session, actor: Actor, quote: Quote) -> Order | None:
    if quote.order_id is None:
        return None
    return orders.by_id(session, actor, quote.order_id)


def _page(
    request: Request,
    session: Session,
    token: str,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
    address: str = "",
    goes_on: bool = False,
    quote: Quote | None = None,
) -> Response:
    """The page; `quote` where it was read just now and nothing was written since."""
    if quote is None:
        session.rollback()
        quote = quotelinks.quote_of(session, token)
    version = quotes.sent_of(quote)
    if version is None:
        raise NotFound(msg("There is no quote at this address."))
    store = desk.store_of(session, quote.store_id)
    order = _order_of(session, _customer(quote, ""), quote)
    shown = quoteview.shown(session, quote, version)
    answer = render(
        request,
        "sales/offer.html",
        status=status_of(refusal) if refusal else 200,
        speech=speech(language_of(request), store.zone),
        store=store,
        here=f"/o/{token}",
        address=address,
        goes_on=goes_on,
        can_accept=shown["state"] is QuoteState.SENT,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
        **shown,
        **(_after(session, order) if order else {"order": None}),
        has_card_service=stripe_gate.is_connected(database_of(request)),
    )
    unlisted(answer)
    # its forms need an origin, which a page without any referrer does not send
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def _after(session: Session, order: Order) -> dict[str, Any]:
    """What is to be paid of an accepted quote, and how far it is."""
    bill, row = orders.bill_of(session, order), deposits.of_order(session, order)
    how = standing.of(session, bill) if bill else None
    nothing = Money(0, order.currency)
    paid, due = (how.paid, how.due) if how else (nothing, nothing)
    today = deposits.today_of(session, order)
    deposit = deposits.as_paid(row, paid, today) if row is not None else None
    status = orderstatus.of(session, order, stands=how)
    return {
        "order": order,
        "order_status": _told(status),
        "deposit_stands": deposit,
        "next_payment": min(deposit.due, due) if deposit and deposit.due else due,
        "paid": paid,
        "due": due,
        "steps": _steps(order, deposit, status),
    }


def _told(status: orderstatus.OrderStatus) -> Text:
    """A status in the customer's words: that a basket is parked is the counter's business."""
    ordered = status in {orderstatus.OrderStatus.OPEN, orderstatus.OrderStatus.PARKED}
    return msg("Ordered") if ordered else orderstatus.STATUS_LABELS[status]


def _steps(
    order: Order, deposit: deposits.Stands | None, status: orderstatus.OrderStatus
) -> list[dict[str, object]]:
    """Accepted, deposit, robot, handover: what is done and what comes next."""
    handed = status in {orderstatus.OrderStatus.HANDED_OVER, orderstatus.OrderStatus.CLOSED}
    done: list[tuple[object, bool]] = [(msg("Accepted"), True)]
    if deposit is not None:
        done.append((msg("Deposit paid"), not deposit.due))
    waits = any(line.product.model_id is not None and line.unit_id is None for line in order.lines)
    if any(line.product.model_id is not None for line in order.lines):
        done.append((msg("Your robot is here"), not waits))
    done.append((msg("Paid"), order.settled_at is not None))
    done.append((msg("Handed over"), handed))
    current = next((index for index, (_, is_done) in enumerate(done) if not is_done), len(done))
    return [
        {"title": title, "state": "done" if is_done else ("current" if index == current else "")}
        for index, (title, is_done) in enumerate(done)
    ]
