"""How a customer is reached: by their choice, else by what is known of them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.identity.secrets import token_hash
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import Text, msg
from app.messaging.models import Channel, ContactChoice, Message, Topic

CHANNEL_LABELS: dict[Channel, Text] = {
    Channel.MAIL: msg("E-mail"),
    Channel.TEXT: msg("Text message"),
    Channel.NONE: msg("No messages"),
}
# What a customer may stop; the rest is about their own robot or money.
STOPPABLE = frozenset({Topic.SURVEY, Topic.NEWS})
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Way:
    """Where a message goes."""

    channel: Channel
    address: str


def of(session: Session, customer_id: int) -> ContactChoice | None:
    """What the customer chose; None: nothing."""
    return session.scalar(select(ContactChoice).where(ContactChoice.customer_id == customer_id))


def way_to(session: Session, customer: Customer, topic: Topic) -> Way | None:
    """How to reach a customer about something; None where they do not want it, or cannot be."""
    if not (customer.email or customer.phone):
        return None
    return way_by(of(session, customer.id), customer, topic)


def way_by(choice: ContactChoice | None, customer: Customer, topic: Topic) -> Way | None:
    """The same by what the customer chose."""
    if customer.erased_at is not None:
        return None
    if choice is not None and choice.stopped_at is not None and topic in STOPPABLE:
        return None
    if topic is Topic.NEWS and customer.marketing_consent_at is None:
        return None
    wanted = choice.channel if choice is not None else None
    if wanted is Channel.NONE:
        return None
    addresses = {Channel.MAIL: customer.email, Channel.TEXT: customer.phone}
    order = [wanted] if wanted is not None else []
    for channel in (*order, Channel.MAIL, Channel.TEXT):
        if addresses[channel]:
            return Way(channel, addresses[channel])
    return None


def choose(
    session: Session,
    actor: Actor,
    customer: Customer,
    *,
    channel: Channel | None,
    stops_news: bool,
) -> None:
    """Write down how a customer wants to be reached, and whether only about their own affairs."""
    actor.require("customers.edit")
    row = _row(session, customer.id)
    before = {"channel": row.channel, "stopped": row.stopped_at is not None}
    row.channel = channel
    if stops_news != (row.stopped_at is not None):
        row.stopped_at = clock.now() if stops_news else None
    session.flush()
    audit.record(
        session,
        actor,
        "customer.contact_chosen",
        subject=f"customer:{customer.number}",
        before=before,
        after={"channel": channel, "stopped": stops_news},
    )


def address_by(session: Session, customer: Customer, topic: Topic, channel: Channel) -> str:
    """Where a message that was written goes now; empty: nowhere, since the customer does not want
    it any more, or cannot be reached in this way.
    """
    if way_to(session, customer, topic) is None:
        return ""
    return customer.email if channel is Channel.MAIL else customer.phone


def customer_of_key(session: Session, key: str) -> Customer:
    """Whom a stop link is for, in whichever of their messages it stands; raises NotFound, in the
    same words whatever was guessed.
    """
    found = None
    if 0 < len(key) <= _LONGEST:
        kept = token_hash(key)
        by_message = select(Message.customer_id).where(Message.stop_hash == kept)
        by_choice = select(ContactChoice.customer_id).where(ContactChoice.stop_hash == kept)
        found = session.scalar(by_message) or session.scalar(by_choice)
    if found is None:
        raise NotFound(msg("This link is not in force any more."))
    return session.get_one(Customer, found)


def stop(session: Session, customer: Customer) -> None:
    """The customer wants nothing but what is about their own affairs. Twice is once."""
    row = _row(session, customer.id)
    if row.stopped_at is not None:
        return
    row.stopped_at = clock.now()
    customer.marketing_consent_at = None
    customer.version += 1
    session.flush()
    house = Actor(store_id=customer.store_id, name="customer", role="customer")
    audit.record(
        session,
        house,
        "customer.news_stopped",
        subject=f"customer:{customer.number}",
        after={"stopped": True},
    )


def _row(session: Session, customer_id: int) -> ContactChoice:
    row = of(session, customer_id)
    if row is None:
        row = ContactChoice(customer_id=customer_id)
        session.add(row)
        session.flush()
    return row
