"""How a customer wants to be written to, as they say it themselves on a repair's page."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.text import msg
from app.messaging import choices
from app.messaging.models import Channel, Topic
from app.service.models import Ticket
from app.web.i18n import LANGUAGES

# What the customer's word does: it says how they are reached, and nothing else of them.
_MAY = frozenset({"customers.edit"})


@dataclass(frozen=True, slots=True)
class Reached:
    """How it is now, and by which ways it could be. Whoever has a key sees no address."""

    language: str
    channel: Channel
    channels: tuple[Channel, ...]


def of_ticket(session: Session, ticket: Ticket) -> Reached:
    """Raises NotFound where the robot is nobody's."""
    customer = _customer(session, ticket)
    now = choices.way_to(session, customer, Topic.REPAIR)
    known = {Channel.MAIL: customer.email, Channel.TEXT: customer.phone}
    return Reached(
        language=customer.language,
        channel=now.channel if now is not None else Channel.NONE,
        channels=(*(channel for channel, address in known.items() if address), Channel.NONE),
    )


def choose(session: Session, ticket: Ticket, *, language: str, channel: str) -> None:
    """It holds for everything that is written to them. Raises Refused by field."""
    if language not in LANGUAGES:
        raise Refused(msg("Choose one of these."), field="language")
    now = of_ticket(session, ticket)
    if channel not in now.channels:
        raise Refused(msg("Choose one of these."), field="channel")
    if (language, channel) == (now.language, now.channel):
        return
    customer = _customer(session, ticket)
    actor = Actor(
        store_id=ticket.store_id,
        name="customer",
        role="customer",
        permissions=_MAY,
        role_label=msg("Customer"),
    )
    before = choices.of(session, customer.id)
    stops_news = before is not None and before.stopped_at is not None
    choices.choose(session, actor, customer, channel=Channel(channel), stops_news=stops_news)
    if language == customer.language:
        return
    was, customer.language = customer.language, language
    customer.version += 1
    session.flush()
    audit.record(
        session,
        actor,
        "customer.language_chosen",
        subject=f"customer:{customer.number}",
        before={"language": was},
        after={"language": language},
    )


def _customer(session: Session, ticket: Ticket) -> Customer:
    found = session.get(Customer, ticket.customer_id) if ticket.customer_id else None
    if found is None or found.erased_at is not None:
        raise NotFound(msg("Nobody is written to about this repair."))
    return found
