"""A component goes to another store of the house, and is one thing there as here."""

from collections.abc import Callable
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.robots import checks, components, fitting, storemoves
from app.robots.choosing import Part
from app.robots.models import Unit
from app.robots.slot_models import Component
from app.stores.models import Store
from tests.makers.bulletins import a_component
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import SignIn, a_store, an_actor
from tests.robots.sending import send

KNEE = "left_knee.actuator"
PART = Part(part_number="AK-80", serial="K1")


@pytest.fixture
def unit(session: Session, store: Store) -> Unit:
    a_plan(session, a_model(session))
    return a_unit(session, store, "A1")


@pytest.fixture
def component(session: Session, unit: Unit) -> Component:
    return a_component(session, unit, "K1")


def test_what_was_sent_is_the_other_stores_and_keeps_its_passport(
    session: Session, manager: Actor, unit: Unit, component: Component
) -> None:
    # given
    berlin = a_store(session, "BER")
    fitting.fit(session, manager, unit, KNEE, part=PART)
    with pytest.raises(Conflict, match="AK-80 K1 sits in A1, left knee"):
        storemoves.send(session, manager, component, "BER", reason="")
    fitting.remove(session, manager, unit, KNEE)
    # when
    storemoves.send(session, manager, component, " ber ", reason="They wait for it")
    # then: nobody takes it for ours, nor for another one
    with pytest.raises(NotFound):
        components.by_id(session, manager, component.id)
    with pytest.raises(Conflict, match="Another store"):
        fitting.fit(session, manager, unit, KNEE, part=PART)
    there = an_actor(berlin)
    other = a_unit(session, berlin, "B1")
    fitting.fit(session, there, other, KNEE, part=PART)
    assert [one.serial for _, one in components.stays(session, component.id)] == ["B1", "A1"]
    (passage,) = storemoves.passages(session, component)
    assert (str(passage.start), str(passage.end), passage.reason) == (
        "Store Vierblatt LEJ", "Store Vierblatt BER", "They wait for it",
    )  # fmt: skip
    assert list(checks.breaches(session)) == []


def test_it_goes_to_another_store_of_the_house_and_by_whom_may(
    session: Session, store: Store, manager: Actor, component: Component
) -> None:
    for nowhere in ("BER", store.code, ""):
        with pytest.raises(Refused, match="no other store"):
            storemoves.send(session, manager, component, nowhere, reason="")
    a_store(session, "BER")
    with pytest.raises(Refused, match="At most 200"):
        storemoves.send(session, manager, component, "BER", reason="x" * 201)
    with pytest.raises(Forbidden):
        storemoves.send(session, an_actor(store, Role.SALES), component, "BER", reason="")


def test_its_page_sends_it_and_shows_no_way_into_another_store(
    session: Session, component: Component, signed_in: SignIn
) -> None:
    # given: one that came from Berlin, where it sat in a robot
    berlin = a_store(session, "BER")
    there, other = an_actor(berlin), a_unit(session, berlin, "B1")
    came = a_component(session, other, "K2")
    fitting.fit(session, there, other, KNEE, part=Part(part_number="AK-80", serial="K2"))
    fitting.remove(session, there, other, KNEE)
    storemoves.send(session, there, came, "LEJ", reason="")
    browser = signed_in(Role.TECHNICIAN)
    # when
    page = unescape(browser.get(f"/robots/components/{came.id}").text)
    wrong, _, again = send(browser, f"/robots/components/{component.id}/send", reason="Why not")
    done, _, _ = send(browser, f"/robots/components/{component.id}/send", store="BER")
    # then
    assert "B1" in page
    assert "/robots/B1" not in page
    assert "Store Vierblatt BER" in page
    assert (wrong, done) == (422, 303)
    assert 'value="Why not"' in again
    assert browser.get(f"/robots/components/{component.id}").status_code == 404


def test_programs_correct_and_send_components(
    session: Session,
    component: Component,
    client: TestClient,
    bearer: Callable[[Role], dict[str, str]],
) -> None:
    # given
    a_store(session, "BER")
    headers = bearer(Role.TECHNICIAN)
    address = f"/api/v1/components/{component.id}"
    # when
    corrected = client.post(address, headers=headers, json={"part_number": "AK-80", "lot": "24-11"})
    versioned = client.post(f"{address}/firmware", headers=headers, json={"version": "2.0.4"})
    lost = client.post(f"{address}/send", headers=headers, json={"store": "MUC"})
    sent = client.post(f"{address}/send", headers=headers, json={"store": "BER"})
    # then
    assert (corrected.status_code, corrected.json()["lot"]) == (200, "24-11")
    assert (versioned.status_code, versioned.json()["firmware"]) == (200, "2.0.4")
    assert (lost.status_code, lost.json()["field"]) == (422, "store")
    assert sent.status_code == 200
    assert client.get(address, headers=headers).status_code == 404
