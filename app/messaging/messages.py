"""Writing messages: in the customer's language, by their channel, once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.identity.secrets import new_token, token_hash
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.db import add_if_new
from app.kernel.errors import Conflict, NotFound
from app.kernel.text import Text, msg
from app.messaging import choices
from app.messaging.models import Channel, Message, Topic
from app.stores import desk
from app.stores.models import Store
from app.web.i18n import LANGUAGES, Speech, speech

_LONGEST_TEXT = 600
_KEYS = re.compile(r"(?<=[/=])[A-Za-z0-9_-]{40,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is said: `lines` in order, then where `link` leads. A text message leaves the greeting.

    `key` is what must not be said twice (`ticket:T-12:ready:3`). `rests` is how long it lies here
    first, so that what is changed at once can be taken back (`take_back`).
    """

    topic: Topic
    reference: str
    key: str
    subject: Text
    lines: Sequence[Text] = field(default_factory=tuple)
    link: str = ""
    rests: timedelta = timedelta(0)


def write(
    session: Session, *, store_id: int, customer_id: int, letter: Letter, start: str = ""
) -> Message | None:
    """Write a letter to a customer; it goes out after the commit. None where they get none: they
    chose so, cannot be reached, or this was said already.

    `start` is the address under which customers reach the service: for the link that stops.
    """
    customer = session.get_one(Customer, customer_id)
    way = choices.way_to(session, customer, letter.topic)
    if way is None or _is_said(session, store_id, letter.key):
        return None
    store = desk.store_of(session, store_id)
    said = speech(language_for(customer, store), store.zone)
    stops = letter.topic in choices.STOPPABLE and bool(start)
    stop_key = new_token() if stops else ""
    stop_link = f"{start}/u/{stop_key}" if stops else ""
    now = clock.now()
    values = {
        "store_id": store_id,
        "customer_id": customer.id,
        "topic": letter.topic,
        "channel": way.channel,
        "address": way.address,
        "language": said.language,
        "reference": letter.reference,
        "key": letter.key,
        "subject": said.say(letter.subject)[:200],
        "body": _body(said, store, customer, letter, channel=way.channel, stop_link=stop_link),
        "stop_link": stop_link,
        "stop_hash": token_hash(stop_key) if stops else None,
        "written_at": now,
        "due_at": now + letter.rests,
        "tries": 0,
        "last_error": "",
    }
    return add_if_new(session, Message, values, key=("store_id", "key"))


def take_back(session: Session, store_id: int, reference: str, *, keys: str) -> int:
    """What begins with `keys` about one thing and still rests is not sent: how many letters that
    were. What was due once stays, though no server took it yet.
    """
    taken = session.execute(
        delete(Message)
        .where(
            Message.store_id == store_id,
            Message.reference == reference,
            Message.key.startswith(keys, autoescape=True),
            Message.sent_at.is_(None),
            Message.tries == 0,
            Message.due_at > clock.now(),
        )
        .returning(Message.id)
    )
    return len(taken.all())


def language_for(customer: Customer, store: Store) -> str:
    """The customer's language, else the store's."""
    wanted = customer.language or store.language
    return wanted if wanted in LANGUAGES else "en"


def without_keys(text: str) -> str:
    """As staff read it: they neither answer the customer's survey nor approve the estimate."""
    return _KEYS.sub("…", text)


def by_id(session: Session, actor: Actor, message_id: int) -> Message:
    """A message of the actor's store; raises NotFound."""
    actor.require("customers.view")
    found = session.get(Message, message_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such message in this store."))
    return found


def try_again(session: Session, actor: Actor, message: Message) -> None:
    """Send what was given up, to where the customer is reached now: in the same way as long as
    there is one, since its words were put for that.
    """
    actor.require("customers.edit")
    if message.given_up_at is None:
        raise Conflict(msg("This message was not given up."))
    customer = session.get_one(Customer, message.customer_id)
    way = choices.way_to(session, customer, message.topic)
    if way is None:
        raise Conflict(msg("This customer cannot be reached any more, or does not want to be."))
    same = choices.address_by(session, customer, message.topic, message.channel)
    if same:
        message.address = same
    else:
        message.channel, message.address = way.channel, way.address
    message.given_up_at, message.tries, message.due_at = None, 0, clock.now()
    message.last_error = ""
    session.flush()
    audit.record(session, actor, "message.tried_again", subject=f"message:{message.id}", after={})


def _is_said(session: Session, store_id: int, key: str) -> bool:
    said = select(Message.id).where(Message.store_id == store_id, Message.key == key)
    return session.scalar(said) is not None


def _body(
    said: Speech,
    store: Store,
    customer: Customer,
    letter: Letter,
    *,
    channel: Channel,
    stop_link: str,
) -> str:
    lines = [said.say(line) for line in letter.lines]
    no_more = []
    if stop_link:
        no_more = [said.say(msg("To get no more of these: {link}", link=stop_link))]
    if channel is Channel.TEXT:
        words = " ".join([f"{store.name}:", said.say(letter.subject), *lines])
        return " ".join(part for part in (words[:_LONGEST_TEXT], letter.link, *no_more) if part)
    name = customer.contact_name or customer.name
    greeting = said.say(msg("Hello {name},", name=name))
    closing = [said.say(msg("Kind regards")), store.name, *_reach(store)]
    link = [letter.link] if letter.link else []
    return "\n\n".join([greeting, *lines, *link, "\n".join(closing), *no_more])


def _reach(store: Store) -> list[str]:
    town = " ".join(part for part in (store.postcode, store.city) if part)
    street = ", ".join(part for part in (store.street, town) if part)
    return [part for part in (street, store.phone, store.email) if part]
