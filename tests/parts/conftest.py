"""A store with one part, and those who may move it."""

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.identity.models import Staff
from app.identity.roles import Role, permissions_of
from app.identity.signing import actor_for
from app.kernel.actor import Actor
from app.parts import catalogue
from app.parts.models import Part
from app.stores.models import Store
from tests.makers.browsing import Browser, a_browser
from tests.makers.identity import a_person, a_session
from tests.makers.stores import a_store


@pytest.fixture
def store(session: Session) -> Store:
    return a_store(session)


def an_actor(store: Store, role: Role = Role.MANAGER) -> Actor:
    return Actor(
        store_id=store.id,
        name="Petra Krause",
        role=role.value,
        permissions=permissions_of(role),
        staff_id=1,
    )


@pytest.fixture
def manager(store: Store) -> Actor:
    return an_actor(store)


@pytest.fixture
def knee(session: Session, manager: Actor) -> Part:
    return catalogue.add_part(
        session, manager, number="KNEE-L", name="Knee, left", gtin="4006381333931"
    )


@pytest.fixture
def clerk(session: Session, store: Store) -> Actor:
    return actor_for(a_person(session, store, "Mei Lin", role=Role.PARTS), terminal=None)


@pytest.fixture
def browser(app: FastAPI, session: Session, clerk: Actor) -> Browser:
    """The clerk's."""
    cookie = a_session(session, session.get_one(Staff, clerk.staff_id))
    session.commit()
    return a_browser(app, cookie)


def as_role(app: FastAPI, session: Session, store: Store, role: Role) -> Browser:
    cookie = a_session(session, a_person(session, store, f"{role.value} one", role=role))
    session.commit()
    return a_browser(app, cookie)
