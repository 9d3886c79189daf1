"""Pages of places and of the ledger: where pieces lie, and where they went."""

import re

import pytest
from sqlalchemy.orm import Session

from app import wiring
from app.kernel.actor import Actor
from app.parts import arrivals, ledgerlook, places, stock
from app.parts.models import PlaceKind
from app.robots import choosing, components, fitting
from app.robots.bodyplan import SlotClass
from app.robots.components import Identity
from app.robots.slot_models import Control
from app.stores.models import Store
from tests.makers.browsing import Browser
from tests.makers.parts import shelved
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan

pytestmark = pytest.mark.only_on("sqlite")


def test_the_ledger_shows_what_was_left_after_each_movement_over_its_pages(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    part = shelved(session, clerk, "KNEE-L")
    for _ in range(25):
        stock.receive(session, clerk, part.id, quantity=2, reason="delivery")
    session.commit()

    first = browser.get("/parts/KNEE-L").text
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    second = browser.get(following[1].replace("&amp;", "&"), htmx=True).text

    left = [int(text) for page in (first, second) for text in
            re.findall(r'\+2</td>\s*<td class="n">(\d+)</td>', page)]  # fmt: skip
    assert left == list(range(50, 0, -2))


def test_a_serial_parts_pieces_are_named_where_they_lie(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    part = shelved(session, clerk, "AK-80", control=Control.SERIAL, slot_class=SlotClass.ACTUATOR)
    manager = Actor(
        store_id=clerk.store_id,
        name="Petra",
        role="manager",
        permissions=clerk.permissions | {"robots.fit"},
    )
    identity = Identity("AK-80-0001", SlotClass.ACTUATOR, "AK-80")
    component = components.register(session, manager, identity)
    stock.receive(session, clerk, part.id, quantity=1, reason="delivery", component=component)
    session.commit()

    page = browser.get("/parts/AK-80").text

    assert f"/robots/components/{component.id}" in page
    assert "by serial number" in page


def test_a_place_is_added_found_renamed_labelled_and_left(browser: Browser) -> None:
    answer = browser.post("/parts/places", kind="bin", name="Rack C, shelf 4", code="C-04-2")
    page = answer.headers["location"]

    assert "Nothing lies here" in browser.get(page).text
    assert "C-04-2" in browser.get("/parts/places?q=c-04", htmx=True).text
    assert browser.post(page, name="Rack C", code="C-04-3").status_code == 303
    assert browser.get(f"{page}/label.zpl").content.startswith(b"^XA")
    assert browser.get(f"{page}/label").status_code == 200
    assert browser.post(f"{page}/archive").status_code == 303
    assert "C-04-3" not in browser.get("/parts/places").text


def test_a_place_that_cannot_be_is_refused_at_its_field(browser: Browser) -> None:
    browser.post("/parts/places", kind="bin", name="Rack C", code="C-04-2")

    twin = browser.post("/parts/places", kind="bin", name="Typed", code="c-04-2")
    strange = browser.post("/parts/places", kind="moon", name="Typed", code="X")
    nameless = browser.post("/parts/places", kind="bin", name="", code="X")

    for refused, field, status in (
        (twin, "code", 409),
        (strange, "kind", 422),
        (nameless, "name", 422),
    ):
        assert refused.status_code == status
        assert f'id="place-{field}-error"' in refused.text


def test_what_lies_in_a_place_is_listed_and_keeps_it_from_the_archive(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    place = places.add(session, clerk, kind=PlaceKind.BIN, name="Rack C", code="C-1")
    part = shelved(session, clerk, "GR-LT", control=Control.LOT)
    stock.receive(session, clerk, part.id, quantity=3, reason="x", lot="Lot 7/A", place=place)
    session.commit()

    page = browser.get(f"/parts/places/{place.id}").text

    assert "/parts/GR-LT" in page
    assert "Lot 7/A" in page
    assert browser.post(f"/parts/places/{place.id}/archive").status_code == 409
    assert "/parts/GR-LT" in browser.get(f"/parts?place={place.id}").text


def test_the_ledger_names_the_robot_that_a_component_went_into_and_came_out_of(
    session: Session, clerk: Actor, store: Store
) -> None:
    wiring.connect()
    part = shelved(session, clerk, "AK-80", control=Control.SERIAL, slot_class=SlotClass.ACTUATOR)
    a_plan(session, a_model(session))
    robots = [a_unit(session, store, f"G1-{number}") for number in (1, 2)]
    bench = Actor(
        store_id=store.id, name="Emre", role="x", permissions=clerk.permissions | {"robots.fit"}
    )
    (component,) = arrivals.components(session, clerk, [(part, "S-1", "")]).values()
    stock.receive(session, clerk, part.id, quantity=1, reason="x", component=component)
    given = choosing.Part(component_id=component.id)
    for robot in robots:
        fitting.fit(session, bench, robot, "left_knee.actuator", part=given)
        fitting.remove(session, bench, robot, "left_knee.actuator")

    lines = ledgerlook.movements(session, part).items

    named = [line.robot.serial if line.robot else "" for line in lines]
    assert named == ["G1-2", "G1-2", "G1-1", "G1-1", ""]
