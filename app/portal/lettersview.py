"""What staff see of the letters about a repair; on the ticket's page only whether any can go."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.messaging import choices, queries
from app.messaging.choices import Way
from app.messaging.models import Topic
from app.messaging.queries import MessageRow
from app.service import tickets
from app.service.models import Ticket


@dataclass(frozen=True, slots=True)
class Written:
    """The letters about a repair, the newest first; `way` None: the customer gets none."""

    customer: Customer | None
    way: Way | None
    rows: list[MessageRow]


def panel(session: Session, actor: Actor, ticket: Ticket) -> Mapping[str, object]:  # noqa: ARG001
    """Asks nothing of the database: the letters stand on a page of their own."""
    customer = ticket.customer
    return {
        "letters": page(ticket),
        "is_told": customer is not None and bool(customer.email or customer.phone),
        "customer": customer,
    }


def page(ticket: Ticket) -> str:
    return f"{tickets.page(ticket)}/letters"


def of_ticket(session: Session, actor: Actor, ticket: Ticket) -> Written:
    """What was written about a repair, and where the next letter goes."""
    actor.require("customers.view")
    customer = ticket.customer
    way = choices.way_to(session, customer, Topic.REPAIR) if customer is not None else None
    rows = queries.about(session, ticket.store_id, tickets.reference(ticket))
    return Written(customer, way, rows[::-1])
