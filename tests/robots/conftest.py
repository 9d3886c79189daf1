"""A store with people in it, and a browser in which one of them is signed in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import Customer, CustomerKind
from app.identity import secrets, tokens
from app.identity.guard import SESSION_COOKIE
from app.identity.models import Staff, StaffSession
from app.identity.roles import Role, permissions_of
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.tax import PriceMode
from app.stores import desk
from app.stores.models import Store

SignIn = Callable[[Role], TestClient]


@pytest.fixture
def store(session: Session) -> Store:
    return a_store(session)


def a_store(session: Session, code: str = "LEJ", *, currency: str = "EUR") -> Store:
    return desk.create(
        session,
        code=code,
        name=f"Vierblatt {code}",
        legal_name="Vierblatt GmbH",
        currency=currency,
        price_mode=PriceMode.GROSS,
        zone="Europe/Berlin",
        country="DE",
    )


def an_actor(store: Store, role: Role = Role.MANAGER, *, name: str = "Petra Krause") -> Actor:
    return Actor(
        store_id=store.id, name=name, role=role.value, permissions=permissions_of(role), staff_id=1
    )


@pytest.fixture
def manager(store: Store) -> Actor:
    return an_actor(store)


@pytest.fixture
def signed_in(session: Session, store: Store, client: TestClient) -> SignIn:
    """`signed_in(Role.SALES)` is a browser of a person with that role; commits the session."""

    def sign_in(role: Role = Role.MANAGER) -> TestClient:
        person = Staff(
            store_id=store.id,
            login=role.value,
            login_key=role.value,
            name="Jana Voss",
            role=role,
            password_hash="-",
        )
        session.add(person)
        session.flush()
        token = secrets.new_token()
        now = clock.now()
        session.add(
            StaffSession(
                token_hash=secrets.token_hash(token),
                staff_id=person.id,
                terminal_id=None,
                started_at=now,
                seen_at=now,
                expires_at=now + timedelta(hours=1),
            )
        )
        session.commit()
        client.cookies.set(SESSION_COOKIE, token)
        return client

    return sign_in


@pytest.fixture
def bearer(session: Session, store: Store) -> Callable[[Role], dict[str, str]]:
    """`bearer(Role.MANAGER)` gives the headers of a program with that role; commits the session."""

    def headers(role: Role = Role.MANAGER) -> dict[str, str]:
        token = tokens.create(session, an_actor(store), name="import", role=role)
        session.commit()
        return {"Authorization": f"Bearer {token}"}

    return headers


def a_customer(session: Session, actor: Actor, name: str) -> Customer:
    return book.add(session, actor, CustomerInput(kind=CustomerKind.PERSON, name=name))


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """Every SQL statement of the test's own sessions from here on."""
    with listening(database) as seen:
        yield seen


@pytest.fixture
def statements_of_app(app: FastAPI, client: TestClient) -> Iterator[list[str]]:  # noqa: ARG001
    """Every SQL statement of the service from here on."""
    with listening(app.state.database) as seen:
        yield seen


_LOOKED_AFTER_BESIDE = ("outbox_items", "part_imports")


@contextmanager
def listening(database: Database) -> Iterator[list[str]]:
    """What requests ask; not what is looked after beside them, whenever that happens to be."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not any(table in statement for table in _LOOKED_AFTER_BESIDE):
            seen.append(statement)

    for engine in (database.writer, database.reader):
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in (database.writer, database.reader):
        event.remove(engine, "before_cursor_execute", note)
