"""A workshop with a customer's robot."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.identity.roles import Role
from tests.makers.browsing import Browser, a_browser
from tests.makers.identity import a_session
from tests.makers.service import Workshop, a_workshop
from tests.robots.conftest import listening


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Workshop:
    made = a_workshop(session, tmp_path / "var")
    session.commit()
    return made


@pytest.fixture
def bench(session: Session, app: FastAPI, shop: Workshop) -> Browser:
    """The technician's browser."""
    cookie = a_session(session, shop.people[Role.TECHNICIAN])
    session.commit()
    return a_browser(app, cookie)


@pytest.fixture
def office(session: Session, app: FastAPI, shop: Workshop) -> Browser:
    """The manager's browser."""
    cookie = a_session(session, shop.people[Role.MANAGER])
    session.commit()
    return a_browser(app, cookie)


@pytest.fixture
def statements_of_app(app: FastAPI) -> Iterator[list[str]]:
    """Every SQL statement of the service from here on."""
    with listening(app.state.database) as seen:
        yield seen
