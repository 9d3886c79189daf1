"""A store whose people keep a book of customers."""

from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.identity.models import Staff
from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel.actor import Actor
from app.stores.models import Store
from tests.makers.identity import Screen, a_person, a_session
from tests.makers.stores import a_store


@dataclass(slots=True)
class House:
    store: Store
    petra: Staff
    manager: Actor
    seller: Actor
    auditor: Actor


@pytest.fixture
def house(session: Session) -> House:
    store = a_store(session)
    petra = a_person(session, store, "Petra Krause", role=Role.MANAGER)
    jana = a_person(session, store)
    ada = a_person(session, store, "Ada Lang", role=Role.AUDITOR)
    manager, seller, auditor = (actor_for(one, terminal=None) for one in (petra, jana, ada))
    return House(store, petra, manager, seller, auditor)


@pytest.fixture
def screen(app: FastAPI, session: Session, house: House) -> Screen:
    """The manager's browser."""
    cookie = a_session(session, house.petra)
    session.commit()
    return Screen(app, cookie=cookie)
