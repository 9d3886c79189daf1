"""What the pages of messages show."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.customers.panels import Panel, PanelRow
from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.messaging import choices, messages
from app.messaging.models import Channel, ContactChoice, Message, Topic
from app.web import paging
from app.web.paging import Page

_MOST_ROWS = 20


class Fate(StrEnum):
    """How far a message came."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


FATE_LABELS: dict[Fate, Text] = {
    Fate.WAITING: msg("Waits to be sent"),
    Fate.SENT: msg("Sent"),
    Fate.GIVEN_UP: msg("Given up"),
}
FATE_TONES: dict[Fate, str] = {Fate.WAITING: "hold", Fate.SENT: "ok", Fate.GIVEN_UP: "bad"}
TOPIC_LABELS: dict[Topic, Text] = {
    Topic.REPAIR: msg("Repair"),
    Topic.SALE: msg("Sale"),
    Topic.SURVEY: msg("Survey"),
    Topic.NEWS: msg("News"),
}


@dataclass(frozen=True, slots=True)
class MessageRow:
    message: Message
    customer: Customer

    @property
    def fate(self) -> Fate:
        if self.message.sent_at is not None:
            return Fate.SENT
        return Fate.GIVEN_UP if self.message.given_up_at is not None else Fate.WAITING

    @property
    def body(self) -> str:
        return messages.without_keys(self.message.body)

    @property
    def label(self) -> Text:
        return FATE_LABELS[self.fate]

    @property
    def tone(self) -> str:
        return FATE_TONES[self.fate]


def listed(
    session: Session, actor: Actor, *, fate: Fate | None = None, cursor: str | None = None
) -> Page[MessageRow]:
    """The store's messages, the newest first."""
    actor.require("customers.view")
    wanted = (
        select(Message, Customer)
        .join(Customer, Customer.id == Message.customer_id)
        .where(Message.store_id == actor.store_id)
        .order_by(Message.id.desc())
        .limit(paging.PAGE + 1)
    )
    match fate:
        case Fate.SENT:
            wanted = wanted.where(Message.sent_at.is_not(None))
        case Fate.GIVEN_UP:
            wanted = wanted.where(Message.given_up_at.is_not(None))
        case Fate.WAITING:
            wanted = wanted.where(Message.sent_at.is_(None), Message.given_up_at.is_(None))
    if cursor:
        (last,) = paging.decode(cursor, int)
        wanted = wanted.where(Message.id < last)
    rows = [MessageRow(message, customer) for message, customer in session.execute(wanted)]
    shown = rows[: paging.PAGE]
    more = len(rows) > paging.PAGE
    return Page(shown, paging.encode(shown[-1].message.id) if more else None)


def about(session: Session, store_id: int, reference: str) -> list[MessageRow]:
    """What was written about one thing, oldest first."""
    rows = session.execute(
        select(Message, Customer)
        .join(Customer, Customer.id == Message.customer_id)
        .where(Message.store_id == store_id, Message.reference == reference)
        .order_by(Message.id)
    )
    return [MessageRow(message, customer) for message, customer in rows]


def panel(session: Session, actor: Actor, customer: Customer) -> Panel:
    """How a customer is reached, and what was written to them, newest first."""
    rows = session.execute(
        select(Message, ContactChoice)
        .select_from(Customer)
        .outerjoin(Message, Message.customer_id == Customer.id)
        .outerjoin(ContactChoice, ContactChoice.customer_id == Customer.id)
        .where(Customer.id == customer.id)
        .order_by(Message.id.desc())
        .limit(_MOST_ROWS)
    ).all()
    written = filter(None, (message for message, _ in rows))
    shown = [MessageRow(message, customer) for message in written]
    return Panel(
        title=msg("Messages"),
        nothing=msg("Nothing was written to this customer yet."),
        rows=[
            *_reached(actor, customer, rows[0][1]),
            *(
                PanelRow(
                    name=row.message.subject,
                    href=f"/messages/{row.message.id}",
                    facts=(row.message.written_at, row.message.address),
                    state=(row.label, row.tone),
                )
                for row in shown
            ),
        ],
    )


def _reached(actor: Actor, customer: Customer, choice: ContactChoice | None) -> list[PanelRow]:
    """How messages reach this customer; it leads to where that is chosen."""
    if not actor.may("customers.edit") or customer.erased_at is not None:
        return []
    way = choices.way_by(choice, customer, Topic.REPAIR)
    return [
        PanelRow(
            name=way.address if way else "–",
            href=f"/messages/choices/{customer.number}",
            facts=(msg("Where messages go"),),
            state=(choices.CHANNEL_LABELS[way.channel if way else Channel.NONE], ""),
        )
    ]
