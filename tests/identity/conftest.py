"""A store with people in it."""

from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from app.identity.models import Staff, Terminal
from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel.actor import Actor
from app.stores.models import Store, Till
from tests.makers.identity import BADGE, a_person, a_terminal
from tests.makers.stores import a_store


@dataclass(slots=True)
class House:
    """A manager, a seller with a badge, and a device that the manager enrolled."""

    store: Store
    till: Till
    petra: Staff
    jana: Staff
    terminal: Terminal

    @property
    def manager(self) -> Actor:
        return actor_for(self.petra, terminal=None)

    @property
    def seller(self) -> Actor:
        return actor_for(self.jana, terminal=None)


@pytest.fixture
def house(session: Session) -> House:
    store = a_store(session)
    till = Till(store_id=store.id, name="Till 1")
    session.add(till)
    session.flush()
    petra = a_person(session, store, "Petra Krause", role=Role.MANAGER, pin="4812")
    jana = a_person(session, store, badge=BADGE)
    return House(store, till, petra, jana, a_terminal(session, store, petra, till=till))
