"""A workshop with a customer's robot."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app import wiring
from app.identity.roles import Role
from app.parts.models import Part
from app.robots.slot_models import Component, Control
from app.service import tickets
from app.service.models import Ticket
from app.service.operation_models import SafetyTick
from app.service.states import TicketState
from tests.makers.browsing import Browser, a_browser
from tests.makers.estimates import (
    KNEE_PART,
    SWAP,
    a_code,
    a_part,
    an_operation,
    approved_ticket,
    priced,
)
from tests.makers.identity import a_session
from tests.makers.parts import stocked_serials
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


@pytest.fixture
def prices(session: Session, shop: Workshop) -> None:
    """What the workshop's work costs; and all of the house listens."""
    priced(session, shop)
    wiring.connect()


@pytest.fixture
def part(session: Session, shop: Workshop) -> Part:
    return a_part(session, shop, control=Control.SERIAL)


@pytest.fixture
def actuator(session: Session, shop: Workshop, part: Part) -> Component:
    """On the shelf, for the left knee."""
    (one,) = stocked_serials(session, shop.manager, part, "AK-NEW-1")
    return one


@pytest.fixture
def job(session: Session, shop: Workshop, actuator: Component) -> Ticket:
    """A knee to be swapped: approved, and begun."""
    assert actuator.part_number == KNEE_PART
    an_operation(session, shop, ticks=(SafetyTick.HOIST, SafetyTick.BATTERY_ISOLATED))
    ticket = approved_ticket(session, shop, a_code(SWAP), a_code(KNEE_PART))
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    return ticket
