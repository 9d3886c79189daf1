"""The house's database and stores, for whoever acts at the machine itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app import logs
from app.identity import staff
from app.identity.house import command_line
from app.kernel import migrating, queueing
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.settings import Settings
from app.stores import desk
from app.stores.models import Store


@contextmanager
def database_at(settings: Settings) -> Iterator[Database]:
    """The database, at its newest shape; raises Refused when it is not."""
    logs.only_warnings()
    if not migrating.is_current(settings.database):
        raise Refused(msg("The database is not up to date. Run: quatrefoil migrate"))
    database = Database(settings.database)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def at_store(code: str) -> Iterator[tuple[Session, Actor]]:
    """A transaction at the store with this code, or at the only one there is."""
    with database_at(Settings()) as database, database.transaction() as session:
        store = store_named(session, code)
        queueing.enter(session, store.id)
        yield session, command_line(store.id)


@contextmanager
def about(login: str) -> Iterator[tuple[Session, Actor]]:
    """A transaction at the store of a person."""
    with database_at(Settings()) as database, database.transaction() as session:
        store_id = staff.by_login(session, login).store_id
        queueing.enter(session, store_id)
        yield session, command_line(store_id)


def store_named(session: Session, code: str) -> Store:
    stores = desk.stores(session)
    wanted = [store for store in stores if code in ("", store.code)]
    if len(wanted) == 1:
        return wanted[0]
    if not stores:
        raise Refused(msg("There is no store yet. Run: quatrefoil store add"))
    codes = ", ".join(store.code for store in stores)
    raise Refused(msg("Name one of the stores with --store: {codes}.", codes=codes))
