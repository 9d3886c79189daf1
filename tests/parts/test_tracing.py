"""A component's passport tells its whole way: through the store room and through robots."""

import re

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app import wiring
from app.identity.roles import Role
from app.kernel.actor import Actor
from app.parts import issuing
from app.robots import choosing, fitting
from app.robots.occupancy import Work
from app.robots.slot_models import Control
from app.stores.models import Store
from tests.makers.browsing import a_browser
from tests.makers.identity import a_person, a_session
from tests.makers.parts import a_part, stocked_serials
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan

pytestmark = pytest.mark.only_on("sqlite")


def test_the_passport_shows_bins_benches_and_robots(
    session: Session, store: Store, manager: Actor, app: FastAPI
) -> None:
    # given
    wiring.connect()
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "G1-1")
    drive = a_part(session, manager, "AK-80", control=Control.SERIAL)
    (one,) = stocked_serials(session, manager, drive, "AK-1")
    knee, ticket = "left_knee.actuator", Work(reference="T-1001")
    issuing.issue(session, manager, "ticket:T-1001", drive.id, component_id=one.id)
    fitting.fit(session, manager, unit, knee, part=choosing.Part(component_id=one.id), work=ticket)
    fitting.remove(session, manager, unit, knee, work=ticket)
    cookie = a_session(session, a_person(session, store, "Mei Lin", role=Role.PARTS))
    session.commit()
    # when
    page = a_browser(app, cookie).get(f"/robots/components/{one.id}").text
    # then
    ledger = page[page.index("In the stock ledger") :]
    cells = re.findall(r"<td>\s*([^<]+?)\s*</td>", ledger)
    way = [cell for cell in cells if cell in {"Bench", "In a robot", "Store room", "Supplier"}]
    assert way == [
        *("In a robot", "Bench"),
        *("Bench", "In a robot"),
        *("Store room", "Bench"),
        *("Supplier", "Store room"),
    ]
    assert 'href="/service/tickets/1001"' in ledger
    where = page[page.index("Where</dt>") : page.index("Part number</dt>")]
    assert "Bench" in where
