"""A store with one part, and those who may move it."""

import pytest
from sqlalchemy.orm import Session

from app.identity.roles import Role, permissions_of
from app.kernel.actor import Actor
from app.parts import catalogue
from app.parts.models import Part
from app.stores.models import Store
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
