"""What a copy of a customer's data and their erasure take from what they wrote to the store."""

from sqlalchemy import delete, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from app.customers.events import CustomerErased
from app.customers.models import Customer
from app.kernel import clock
from app.kernel.actor import Actor
from app.payments.models import Bill, IssuedDocument
from app.portal.owner_models import DocumentLink
from app.portal.talk_models import IS_UNREAD, TalkMessage
from app.robots.life_models import PassportLink
from app.robots.models import Ownership
from app.service.models import Ticket, TicketLink

_ERASURE = "erasure"


def chapter(session: Session, actor: Actor, customer: Customer) -> object:  # noqa: ARG001
    """Both sides of every conversation about their repairs."""
    rows = session.execute(
        select(Ticket.number, TalkMessage)
        .join(Ticket, Ticket.id == TalkMessage.ticket_id)
        .where(Ticket.customer_id == customer.id)
        .order_by(TalkMessage.id)
    )
    return [
        {
            "number": f"T-{number}",
            "at": row.at,
            "from_customer": row.from_customer,
            "by": row.by,
            "text": row.text,
        }
        for number, row in rows
    ]


def on_customer_erased(session: Session, event: CustomerErased) -> None:
    """Listens in `app.wiring`. The words go; that something was written stays. And no key in an old
    letter opens anything any more: behind some stand papers with their name.
    """
    theirs = select(Ticket.id).where(Ticket.customer_id == event.customer_id)
    said = TalkMessage.ticket_id.in_(theirs)
    session.execute(update(TalkMessage).where(said).values(text=""))
    # nobody waits for an answer any more
    session.execute(
        update(TalkMessage)
        .where(said, sql(IS_UNREAD))
        .values(read_at=clock.now(), read_by=_ERASURE)
    )
    owned = select(Ownership.id).where(Ownership.customer_id == event.customer_id)
    for link, of_them in (
        (TicketLink, TicketLink.ticket_id.in_(theirs)),
        (PassportLink, PassportLink.ownership_id.in_(owned)),
    ):
        session.execute(
            update(link)
            .where(of_them, link.revoked_at.is_(None))
            .values(revoked_at=clock.now(), revoked_by=_ERASURE)
        )
    papers = (
        select(IssuedDocument.id)
        .join(
            Bill,
            (Bill.store_id == IssuedDocument.store_id)
            & (Bill.reference == IssuedDocument.reference),
        )
        .where(Bill.customer_id == event.customer_id)
    )
    session.execute(delete(DocumentLink).where(DocumentLink.document_id.in_(papers)))
