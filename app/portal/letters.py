"""How a letter about a repair or a sale is written: to whom, with a fresh link, and once.

A letter rests for a minute before it leaves, and a newer one of the same kind takes its place: who
corrects a date twice in a minute writes one mail, and what was recalled at once is not told at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.identity import house
from app.kernel.text import Text, msg
from app.messaging import choices, delivery, messages
from app.messaging.messages import Letter
from app.messaging.models import Message, Topic
from app.robots.models import RobotModel, Unit
from app.service import links, tickets
from app.service.models import Ticket

RESTS = timedelta(minutes=1)
_AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Words:
    """What a letter says; `link` is asked only when somebody gets it."""

    subject: Text
    lines: Sequence[Text]
    link: Callable[[], str]


def about_ticket(
    session: Session,
    ticket: Ticket,
    kind: str,
    mark: object,
    words: Words,
    *,
    at_once: bool = False,
) -> Message | None:
    """A letter to the ticket's customer. `mark` tells it from others of its `kind`."""
    return _write(
        session,
        store_id=ticket.store_id,
        customer_id=ticket.customer_id,
        topic=Topic.REPAIR,
        key=(tickets.reference(ticket), kind, mark),
        words=words,
        rests=_AT_ONCE if at_once else RESTS,
    )


def about_sale(
    session: Session,
    *,
    store_id: int,
    customer_id: int | None,
    key: tuple[str, str, object],
    words: Words,
    is_repair: bool = False,
) -> Message | None:
    """A letter to whoever buys, or owns; `key` is reference, kind and mark."""
    return _write(
        session,
        store_id=store_id,
        customer_id=customer_id,
        topic=Topic.REPAIR if is_repair else Topic.SALE,
        key=key,
        words=words,
        rests=_AT_ONCE,
    )


def take_back(session: Session, ticket: Ticket, kind: str) -> int:
    """A letter of this kind that has not left yet is not true any more."""
    reference = tickets.reference(ticket)
    return messages.take_back(session, ticket.store_id, reference, keys=f"{reference}:{kind}:")


def repair_link(session: Session, ticket: Ticket, below: str = "") -> Callable[[], str]:
    """The ticket's public page, by a key that is made for this letter."""

    def made() -> str:
        token = links.new(session, house.writing_letters(ticket.store_id), ticket)
        return f"{delivery.start_of(session)}/s/{token}{below}"

    return made


def robot_of(session: Session, unit_id: int) -> Text:
    """Which robot a letter is about."""
    unit = session.get_one(Unit, unit_id)
    model = session.get_one(RobotModel, unit.model_id)
    return msg("{model}, serial number {serial}", model=model.name, serial=unit.serial)


def _write(
    session: Session,
    *,
    store_id: int,
    customer_id: int | None,
    topic: Topic,
    key: tuple[str, str, object],
    words: Words,
    rests: timedelta,
) -> Message | None:
    if customer_id is None:
        return None
    customer = session.get_one(Customer, customer_id)
    if choices.way_to(session, customer, topic) is None:
        return None
    reference, kind, mark = key
    if rests:
        messages.take_back(session, store_id, reference, keys=f"{reference}:{kind}:")
    letter = Letter(
        topic=topic,
        reference=reference,
        key=f"{reference}:{kind}:{mark}",
        subject=words.subject,
        lines=words.lines,
        link=words.link(),
        rests=rests,
    )
    return messages.write(
        session,
        store_id=store_id,
        customer_id=customer_id,
        letter=letter,
        start=delivery.start_of(session),
    )
