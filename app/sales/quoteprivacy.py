"""What a customer's copy of data and erasure take from quotes."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from app.customers.events import CustomerErased
from app.customers.models import Customer
from app.kernel import clock
from app.kernel.actor import Actor
from app.sales import quotes
from app.sales.quote_models import Quote, QuoteLink, QuoteVersion

_BY = "data protection"


def chapter(session: Session, actor: Actor, customer: Customer) -> object:
    """Every quote to the customer with its versions, for the copy of their data."""
    found = session.scalars(
        select(Quote)
        .where(Quote.store_id == actor.store_id, Quote.customer_id == customer.id)
        .options(selectinload(Quote.versions).selectinload(QuoteVersion.lines))
        .order_by(Quote.id)
    )
    return [
        {
            "number": quote.number,
            "made_at": quote.made_at,
            "withdrawn_at": quote.withdrawn_at,
            "versions": [
                {
                    "version": version.version,
                    "total": quotes.sums(quote, version).gross,
                    "sent_at": version.sent_at,
                    "accepted_at": version.accepted_at,
                    "accepted_by": version.accepted_by,
                }
                for version in quote.versions
            ],
        }
        for quote in found
    ]


def on_customer_erased(session: Session, event: CustomerErased) -> None:
    """Listens in `app.wiring`: what was only offered is offered no more, and no link opens it."""
    now = clock.now()
    session.execute(
        update(Quote)
        .where(
            Quote.customer_id == event.customer_id,
            Quote.order_id.is_(None),
            Quote.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now, withdrawn_by=_BY, withdraw_reason=_BY)
    )
    theirs = select(Quote.id).where(Quote.customer_id == event.customer_id)
    session.execute(
        update(QuoteLink)
        .where(QuoteLink.quote_id.in_(theirs), QuoteLink.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=_BY)
    )
