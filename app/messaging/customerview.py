"""What a copy of a customer's data and their erasure take from messages."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.customers.events import CustomerErased
from app.customers.models import Customer
from app.kernel import clock
from app.kernel.actor import Actor
from app.messaging import messages
from app.messaging.models import ContactChoice, Message


def chapter(session: Session, actor: Actor, customer: Customer) -> object:  # noqa: ARG001
    """Every message to the customer, as it was written, for the copy of their data."""
    rows = session.scalars(
        select(Message).where(Message.customer_id == customer.id).order_by(Message.id)
    )
    return [
        {
            "written_at": row.written_at,
            "sent_at": row.sent_at,
            "by": row.channel,
            "to": row.address,
            "subject": row.subject,
            "body": messages.without_keys(row.body),
        }
        for row in rows
    ]


def on_customer_erased(session: Session, event: CustomerErased) -> None:
    """Listens in `app.wiring`. Words and addresses go, that something was sent stays; what still
    waits is not sent any more.
    """
    of_customer = Message.customer_id == event.customer_id
    session.execute(
        update(Message)
        .where(of_customer, Message.sent_at.is_(None), Message.given_up_at.is_(None))
        .values(given_up_at=clock.now())
    )
    session.execute(
        update(Message)
        .where(of_customer)
        .values(address="", subject="", body="", stop_link="", stop_hash=None, last_error="")
    )
    session.execute(delete(ContactChoice).where(ContactChoice.customer_id == event.customer_id))
