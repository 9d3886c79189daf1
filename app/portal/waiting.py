"""What customers wait for at the store: requests of owners, and messages that nobody has read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, text, union_all
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.portal.owner_models import KIND_LABELS, OwnerRequest, RequestKind, RequestState
from app.portal.talk_models import IS_UNREAD, TalkMessage
from app.service.models import Ticket

_MOST = 10
_MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Waits:
    """Something of a customer's that waits, since when, and where it is answered."""

    label: str
    page: str
    what: Text
    customer: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first of it, and how much there is."""

    rows: Sequence[Waits]
    count: int


def panel(session: Session, actor: Actor) -> Waiting | None:
    """What waits, the longest first, and how much that is: one statement. None for nothing."""
    if not actor.may("service.view"):
        return None
    found: Iterable[tuple[Any, ...]] = session.execute(_asked(actor.store_id))
    rows = list(found)
    return Waiting([_shown(*row[:-1]) for row in rows], rows[0][-1]) if rows else None


def open_requests(session: Session, actor: Actor) -> int:
    """How many requests of owners wait."""
    counted = session.scalar(
        select(func.count())
        .select_from(OwnerRequest)
        .where(OwnerRequest.store_id == actor.store_id, OwnerRequest.state == RequestState.OPEN)
    )
    return counted or 0


def _asked(store_id: int) -> Select[tuple[Any, ...]]:
    by_ticket = (
        select(TalkMessage.ticket_id, func.min(TalkMessage.at).label("since"))
        .where(text(IS_UNREAD))
        .group_by(TalkMessage.ticket_id)
        .subquery()
    )
    unread = (
        select(
            literal(_MESSAGE).label("kind"),
            Ticket.number.label("number"),
            func.coalesce(Customer.name, "").label("customer"),
            by_ticket.c.since,
        )
        .select_from(by_ticket)
        .join(Ticket, Ticket.id == by_ticket.c.ticket_id)
        .outerjoin(Customer, Customer.id == Ticket.customer_id)
        .where(Ticket.store_id == store_id)
    )
    requests = (
        select(OwnerRequest.kind, OwnerRequest.number, Customer.name, OwnerRequest.made_at)
        .join(Customer, Customer.id == OwnerRequest.customer_id)
        .where(OwnerRequest.store_id == store_id, OwnerRequest.state == RequestState.OPEN)
    )
    both = union_all(unread, requests).subquery()
    columns = (both.c.kind, both.c.number, both.c.customer, both.c.since)
    return select(*columns, func.count().over()).order_by(both.c.since, both.c.number).limit(_MOST)


def _shown(kind: str, number: int, customer: str, since: datetime) -> Waits:
    if kind == _MESSAGE:
        what, label, page = msg("Message"), f"T-{number}", f"/service/tickets/{number}#talk"
    else:
        what, label = KIND_LABELS[RequestKind(kind)], f"R-{number}"
        page = f"/service/requests/{number}"
    return Waits(label, page, what, customer, since)
