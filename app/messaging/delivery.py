"""Delivering what was written: in order for each thing, tried again for days, each once.

A message is claimed before it is handed over and noted after it; only where the other side's answer
is lost in between can it arrive twice, and then under the same id.
"""

import threading
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Connection, Engine, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from app.customers.models import Customer
from app.kernel import clock
from app.kernel.db import Database
from app.kernel.errors import StoreError
from app.messaging import choices, messages
from app.messaging.models import WAITING_SQL, Channel, Message
from app.messaging.transports import FolderTransport, Parcel, SmtpTransport, Transport, Unsendable
from app.settings import Settings
from app.stores.models import Store

log = structlog.get_logger("messages")
# Longer than a server can take that keeps us waiting at every word.
_CLAIM = timedelta(minutes=5)
_LONGEST_WAIT_S = 1800
# A mail server that is down for a weekend loses nothing.
_GIVEN_UP_AFTER = timedelta(days=4)
_FIRST_WAIT_S = 15
# Which transports belong to which database: set once, when the service or a command starts.
_transports: WeakKeyDictionary[Database, dict[Channel, Transport]] = WeakKeyDictionary()
_senders: WeakKeyDictionary[Database, str] = WeakKeyDictionary()
_starts: WeakKeyDictionary[Engine, str] = WeakKeyDictionary()


def connect(database: Database, settings: Settings) -> None:
    """Let messages of this database go where the settings say; what has no way waits."""
    ways: dict[Channel, Transport] = {}
    if settings.smtp_url.get_secret_value():
        ways[Channel.MAIL] = SmtpTransport(settings.smtp_url.get_secret_value())
    if settings.text_folder is not None:
        ways[Channel.TEXT] = FolderTransport(settings.text_folder)
    _transports[database], _senders[database] = ways, settings.mail_from
    _starts[database.writer] = settings.public_url.rstrip("/")


def start_of(session: Session) -> str:
    """The address under which customers reach the service that writes: links begin with it."""
    engine = session.get_bind()
    if isinstance(engine, Connection):
        engine = engine.engine
    return _starts.get(engine, "")


def has_way(database: Database, channel: Channel) -> bool:
    return channel in _transports.get(database, {})


def run_due(database: Database, stopping: threading.Event) -> bool:
    """Deliver the oldest message that is due; False when there is none."""
    if stopping.is_set():
        return False
    message_id = _claimed(database)
    if message_id is None:
        return False
    _deliver(database, message_id)
    return True


def _claimed(database: Database) -> int | None:
    """The oldest message that may go now and that nobody else hands over.

    What was written earlier about the same thing and still waits goes first.
    """
    ways = [channel.value for channel in _transports.get(database, {})]
    if not ways:
        return None
    now = clock.now()
    earlier = aliased(Message, name="earlier")
    waits_behind = (
        select(earlier.id)
        .where(
            earlier.store_id == Message.store_id,
            earlier.reference == Message.reference,
            earlier.id < Message.id,
            earlier.sent_at.is_(None),
            earlier.given_up_at.is_(None),
        )
        .exists()
    )
    is_free = or_(Message.claimed_until.is_(None), Message.claimed_until < now)
    due = (
        select(Message.id)
        .where(
            text("messages.sent_at IS NULL AND messages.given_up_at IS NULL"),
            Message.due_at <= now,
            Message.channel.in_(ways),
            is_free,
            ~waits_behind,
        )
        .order_by(Message.id)
        .limit(1)
    )
    with database.reading() as session:
        message_id = session.scalar(due)
    if message_id is None:
        return None
    with database.transaction() as session:
        mine = session.execute(
            update(Message)
            .where(Message.id == message_id, text(WAITING_SQL), is_free)
            .values(claimed_until=now + _CLAIM)
            .returning(Message.id)
        ).first()
    return message_id if mine is not None else None


def _deliver(database: Database, message_id: int) -> None:
    if not _is_still_wanted(database, message_id):
        return
    with database.reading() as session:
        message = session.get_one(Message, message_id)
        store = session.get_one(Store, message.store_id)
        parcel = _parcel(message, store, _senders[database])
        transport = _transports[database][message.channel]
    try:
        transport.send(parcel)
    except Unsendable as refusal:
        _note(database, message_id, error=str(refusal.message), is_final=True)
    except (StoreError, OSError, ValueError) as error:
        _note(database, message_id, error=str(error) or type(error).__name__)
    except Exception as defect:
        # of ours; it must not keep what is behind it from being delivered
        log.exception("delivery broke", message=message_id)
        _note(database, message_id, error=type(defect).__name__)
    else:
        _note(database, message_id, error="")


def _is_still_wanted(database: Database, message_id: int) -> bool:
    """It goes to where the customer is reached now, which may be elsewhere than when it was written
    for a server that was down; to nobody who stopped it meanwhile, has no such address any more, or
    is forgotten.
    """
    with database.reading() as session:
        message = session.get_one(Message, message_id)
        customer = session.get_one(Customer, message.customer_id)
        address = choices.address_by(session, customer, message.topic, message.channel)
        if address and address == message.address:
            return True
    with database.transaction() as session:
        message = session.get_one(Message, message_id)
        message.address = address or message.address
        if not address:
            message.given_up_at = message.given_up_at or clock.now()
            message.claimed_until, message.last_error = None, ""
    return bool(address)


def _note(database: Database, message_id: int, *, error: str, is_final: bool = False) -> None:
    """What became of one try."""
    now = clock.now()
    with database.transaction() as session:
        message = session.get_one(Message, message_id)
        message.tries += 1
        message.claimed_until = None
        if message.given_up_at is not None:
            return  # its customer was forgotten while it was handed over
        message.last_error = error[:200]
        if not error:
            message.sent_at = now
            # once it has left, nobody reads them here any more
            message.body = messages.without_keys(message.body)
            message.stop_link = messages.without_keys(message.stop_link)
        elif is_final or now - message.written_at > _GIVEN_UP_AFTER:
            message.given_up_at = now
        else:
            message.due_at = now + _wait(message.tries)


def _wait(tries: int) -> timedelta:
    return timedelta(seconds=min(_FIRST_WAIT_S * 2 ** (min(tries, 12) - 1), _LONGEST_WAIT_S))


def _parcel(message: Message, store: Store, sender: str) -> Parcel:
    """The id names the message for ever; the sender is the store's own address where it has one."""
    address = sender or store.email or "store@localhost"
    domain = address.rpartition("@")[2]
    stamp = _stamp(message.written_at)
    return Parcel(
        address=message.address,
        subject=message.subject,
        body=message.body,
        language=message.language,
        message_id=f"{message.id}.{stamp}@{domain}",
        sender=address,
        sender_name=store.name,
        written_at=message.written_at,
        stop_link=message.stop_link,
    )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%S")
