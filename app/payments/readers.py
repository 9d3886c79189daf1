"""The card readers of the card service's account, and which of them stands beside a till."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.db import Database
from app.payments.intents import ReaderReport
from app.payments.stripe_gate import gate_of
from app.stores import desk
from app.stores.models import Till


def all_of(database: Database) -> list[ReaderReport]:
    """Every reader that the card service knows. Asks it: never inside a transaction."""
    return gate_of(database).readers()


def register(session: Session, actor: Actor, till: Till, reader_id: str) -> None:
    """This reader stands beside this till from now on; an empty id means none does."""
    desk.change_till(session, actor, till, printer=till.printer, reader_id=reader_id)


def add_simulated(database: Database, label: str, *, country: str) -> ReaderReport:
    """A reader of test mode, for the demo. Asks the card service: never inside a transaction."""
    return gate_of(database).add_simulated_reader(label, country=country)
