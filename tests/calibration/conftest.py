"""A laboratory with people, a reference, a released procedure and a robot."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from tests.calibration.drafts import an_actor
from tests.makers.browsing import Browser, a_browser
from tests.makers.calibration import Lab, a_lab
from tests.makers.identity import a_session
from tests.makers.stores import a_store
from tests.robots.conftest import listening


@pytest.fixture
def lab(session: Session) -> Lab:
    made = a_lab(session)
    session.commit()
    return made


@pytest.fixture
def bench(session: Session, app: FastAPI, lab: Lab) -> Browser:
    """The technician's browser."""
    cookie = a_session(session, lab.people[Role.TECHNICIAN])
    session.commit()
    return a_browser(app, cookie)


@pytest.fixture
def office(session: Session, app: FastAPI, lab: Lab) -> Browser:
    """The metrologist's browser."""
    cookie = a_session(session, lab.people[Role.METROLOGIST])
    session.commit()
    return a_browser(app, cookie)


@pytest.fixture
def statements_of_app(app: FastAPI) -> Iterator[list[str]]:
    """Every SQL statement of the service from here on."""
    with listening(app.state.database) as seen:
        yield seen


@pytest.fixture
def mei(session: Session) -> Actor:
    return an_actor(a_store(session).id)
