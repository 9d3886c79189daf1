"""What a copy of a customer's data and their erasure take from requests."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.customers.events import CustomerErased
from app.customers.models import Customer
from app.kernel import clock
from app.kernel.actor import Actor
from app.portal import requests
from app.portal.owner_models import OwnerRequest, OwnerRequestPhoto, RequestState


def chapter(session: Session, actor: Actor, customer: Customer) -> object:  # noqa: ARG001
    """Everything they asked for, for the copy of their data."""
    rows = session.scalars(
        select(OwnerRequest)
        .where(OwnerRequest.customer_id == customer.id)
        .order_by(OwnerRequest.id)
    )
    return [
        {
            "number": requests.label(row),
            "kind": row.kind,
            "made_at": row.made_at,
            "words": row.words,
            "new_owner": row.new_name,
            "new_owner_email": row.new_email,
            "state": row.state,
            "answer": row.why,
        }
        for row in rows
    ]


def on_customer_erased(session: Session, event: CustomerErased) -> None:
    """Listens in `app.wiring`. Words, names and pictures go; what waits is declined."""
    theirs = OwnerRequest.customer_id == event.customer_id
    session.execute(
        delete(OwnerRequestPhoto).where(
            OwnerRequestPhoto.request_id.in_(select(OwnerRequest.id).where(theirs))
        )
    )
    session.execute(
        update(OwnerRequest)
        .where(theirs, OwnerRequest.state == RequestState.OPEN)
        .values(state=RequestState.DECLINED, decided_at=clock.now(), decided_by="messages")
    )
    session.execute(
        update(OwnerRequest).where(theirs).values(words="", new_name="", new_email="", why="")
    )
