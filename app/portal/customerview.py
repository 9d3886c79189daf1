"""What a copy of a customer's data and their erasure take from what they wrote to the store."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.customers.events import CustomerErased
from app.customers.models import Customer
from app.kernel.actor import Actor
from app.portal.talk_models import TalkMessage
from app.service.models import Ticket


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
    """Listens in `app.wiring`. The words go; that something was written stays."""
    theirs = select(Ticket.id).where(Ticket.customer_id == event.customer_id)
    session.execute(update(TalkMessage).where(TalkMessage.ticket_id.in_(theirs)).values(text=""))
