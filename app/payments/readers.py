"""The card readers of the card service's account, and which of them stands beside a till.

All but `put_at` ask the card service, and are never called inside a transaction.
"""

from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, queueing, words
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments.errors import CardServiceRefused
from app.payments.intents import ReaderReport
from app.payments.models import PaymentAttempt
from app.payments.states import LIVE
from app.payments.stripe_gate import Place, StripeGate, gate_of
from app.stores import desk
from app.stores.models import Till

_LONGEST_LABEL = 60
_LONGEST_CODE = 100


def all_of(database: Database) -> list[ReaderReport]:
    """Every reader that the card service knows."""
    return gate_of(database).readers()


def put_at(session: Session, actor: Actor, till: Till, reader_id: str) -> None:
    """This reader stands beside this till from now on; an empty id means none does."""
    desk.change_till(session, actor, till, printer=till.printer, reader_id=reader_id)


def register(database: Database, actor: Actor, *, code: str, label: str) -> ReaderReport:
    """A new reader of this store, by the code that it shows (in test mode: `simulated-s700`).

    Raises Refused, at its field, for a code that the card service does not know.
    """
    actor.require("settings.edit")
    code, label = clean(code)[:_LONGEST_CODE], _label(label)
    if not code:
        raise Refused(msg("Type the words that the reader shows."), field="code")
    gate = gate_of(database)
    with database.reading() as session:
        store = desk.store_of(session, actor.store_id)
    place = gate.place_of(
        Place(
            store=store.code,
            name=store.name,
            country=store.country,
            street=store.street,
            city=store.city,
            postcode=store.postcode,
        )
    )
    try:
        made = gate.register_reader(code, label, place=place)
    except CardServiceRefused as refusal:
        raise Refused(refusal.message, field="code") from refusal
    _note(database, actor, made.id, "reader.registered", label=label)
    return made


def rename(database: Database, actor: Actor, reader_id: str, *, label: str) -> None:
    """What the list calls a reader from now on."""
    actor.require("settings.edit")
    label = _label(label)
    known(database, actor, reader_id)
    gate = gate_of(database)
    _require_there(gate, reader_id)
    gate.rename_reader(reader_id, label)
    _note(database, actor, reader_id, "reader.renamed", label=label)


def remove(database: Database, actor: Actor, reader_id: str) -> None:
    """The account knows this reader no more; the till beside which it stood takes no cards.

    Raises Refused while a payment runs at it. The same twice is once.
    """
    actor.require("settings.edit")
    gate = gate_of(database)
    _require_idle(database, actor, reader_id)
    with suppress(CardServiceRefused):
        gate.remove_reader(reader_id)
    if any(reader.id == reader_id for reader in gate.readers()):
        raise Refused(msg("The card service keeps this reader. Try again in a moment."))
    with database.transaction() as session:
        queueing.enter(session, actor.store_id)
        for till in desk.tills_of(session, actor.store_id):
            if till.reader_id == reader_id:
                put_at(session, actor, till, "")
    _note(database, actor, reader_id, "reader.removed")


def clear(database: Database, actor: Actor, reader_id: str) -> None:
    """Take what a reader still asks off its screen, where no payment of ours waits for it."""
    actor.require("settings.edit")
    _require_idle(database, actor, reader_id)
    gate = gate_of(database)
    _require_there(gate, reader_id)
    gate.clear_reader(reader_id)
    _note(database, actor, reader_id, "reader.cleared")


def known(database: Database, actor: Actor, reader_id: str) -> None:
    """Raises NotFound for a reader beside another store's till."""
    with database.reading() as session:
        elsewhere = session.scalar(
            select(Till.id).where(Till.reader_id == reader_id, Till.store_id != actor.store_id)
        )
    if elsewhere is not None:
        raise NotFound(msg("This reader stands in another store."))


def tills_by_reader(session: Session, actor: Actor) -> dict[str, list[Till]]:
    """The tills of a store, by the reader that stands beside them."""
    found: dict[str, list[Till]] = {}
    for till in desk.tills_of(session, actor.store_id):
        if till.reader_id:
            found.setdefault(till.reader_id, []).append(till)
    return found


def add_simulated(database: Database, label: str, *, country: str) -> ReaderReport:
    """A reader of test mode, for the demo."""
    return gate_of(database).add_simulated_reader(label, country=country)


def _require_idle(database: Database, actor: Actor, reader_id: str) -> None:
    known(database, actor, reader_id)
    with database.reading() as session:
        runs = session.scalar(
            select(PaymentAttempt.id).where(
                PaymentAttempt.store_id == actor.store_id,
                PaymentAttempt.reader_id == reader_id,
                PaymentAttempt.state.in_(LIVE),
            )
        )
    if runs is not None:
        raise Refused(msg("A payment runs at this reader. End it at the till first."))


def _require_there(gate: StripeGate, reader_id: str) -> None:
    """Raises NotFound for a reader that the card service does not know."""
    if all(reader.id != reader_id for reader in gate.readers()):
        raise NotFound(msg("The card service knows no such reader."))


def _label(typed: str) -> str:
    label = words.fitting(typed, most=_LONGEST_LABEL, field="label")
    if not label:
        raise Refused(msg("Give the reader a name, such as the till's."), field="label")
    return label


def _note(database: Database, actor: Actor, reader_id: str, action: str, **after: str) -> None:
    with database.transaction() as session:
        queueing.enter(session, actor.store_id)
        audit.record(session, actor, action, subject=f"reader:{reader_id}"[:120], after=after)
