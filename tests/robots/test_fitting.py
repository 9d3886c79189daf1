"""Parts go into slots, come out, and change places; both passports change, or neither."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock, events
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.robots import components, fitting, insides, timeline
from app.robots.choosing import Part
from app.robots.components import Identity
from app.robots.events import ComponentFitted, ComponentRemoved
from app.robots.fitting import Place
from app.robots.insides import Change
from app.robots.models import Unit
from app.robots.occupancy import Work
from app.robots.slot_models import Component, Control, Occupant
from app.robots.states import UnitState
from app.stores.models import Store
from tests.makers.books import breaches_of
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan, class_of
from tests.robots.conftest import a_store, an_actor

KNEE, OTHER_KNEE, BATTERY = "left_knee.actuator", "right_knee.actuator", "battery.1"


def knee(serial: str = "AK-1") -> Part:
    return Part(part_number="AK-80", serial=serial)


@pytest.fixture
def unit(session: Session, store: Store) -> Unit:
    a_plan(session, a_model(session))
    return a_unit(session, store, "G1-1")


def inside(session: Session, unit: Unit) -> dict[str, str]:
    return {
        place.path: str(components.occupant_label(place.now))
        for place in insides.view(session, unit).places
        if place.now is not None
    }


def lines(session: Session, unit: Unit) -> list[str]:
    return [str(line.summary) for line in timeline.of_unit(session, unit.id).items]


def test_a_part_is_fitted_taken_out_and_fitted_again(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given
    first = fitting.fit(session, manager, unit, KNEE, part=knee())
    # when
    fitting.remove(session, manager, unit, KNEE, work=Work(reason="noise", reference="T-1"))
    again = fitting.fit(session, manager, unit, KNEE, part=knee())
    fitting.remove(session, manager, unit, KNEE)
    # then
    assert again.component_id == first.component_id
    assert inside(session, unit) == {}
    stays = components.stays(session, first.component_id or 0)
    assert [stay.removal_reference for stay, _ in stays] == ["", "T-1"]
    assert lines(session, unit)[::-1] == [
        "Fitted, left knee: AK-80 AK-1",
        "Taken out, left knee: AK-80 AK-1 (T-1: noise)",
        "Fitted, left knee: AK-80 AK-1",
        "Taken out, left knee: AK-80 AK-1",
    ]
    assert breaches_of(session) == []


def test_a_slot_holds_one_component(session: Session, manager: Actor, unit: Unit) -> None:
    fitting.fit(session, manager, unit, KNEE, part=knee())
    with pytest.raises(Conflict, match="left knee of G1-1 holds AK-80 AK-1 since") as refusal:
        fitting.fit(session, manager, unit, KNEE, part=knee("AK-2"))
    assert refusal.value.link == "/robots/G1-1/slots/left_knee.actuator"


def test_a_component_sits_in_one_robot(
    session: Session, store: Store, manager: Actor, unit: Unit
) -> None:
    other = a_unit(session, store, "G1-2")
    fitting.fit(session, manager, unit, KNEE, part=knee())
    with pytest.raises(Conflict, match="AK-80 AK-1 sits in G1-1, left knee") as refusal:
        fitting.fit(session, manager, other, OTHER_KNEE, part=Part(serial=" ak-1 "))
    assert refusal.value.link == "/robots/G1-1/slots/left_knee.actuator"


def test_a_part_number_that_is_not_allowed_is_refused_with_those_that_are(
    session: Session, store: Store, manager: Actor
) -> None:
    a_plan(session, a_model(session, "H1"), (KNEE,), allowed={KNEE: ("M-107", "M-108")})
    unit = a_unit(session, store, model=a_model(session, "H1"))
    with pytest.raises(Refused, match=r"AK-80 is not allowed in left knee\. Allowed: M-107, M-108"):
        fitting.fit(session, manager, unit, KNEE, part=knee())
    fitting.fit(session, manager, unit, KNEE, part=Part("ｍ-107", "7"))


def test_the_only_allowed_part_number_need_not_be_said(
    session: Session, store: Store, manager: Actor
) -> None:
    a_plan(session, a_model(session, "H1"), (KNEE,), allowed={KNEE: ("M-107",)})
    unit = a_unit(session, store, model=a_model(session, "H1"))
    fitting.fit(session, manager, unit, KNEE, part=Part(serial="007"))
    assert inside(session, unit) == {KNEE: "M-107 007"}


def test_a_new_component_needs_its_part_number_and_a_serial_slot_its_serial(
    session: Session, manager: Actor, unit: Unit
) -> None:
    with pytest.raises(Refused, match="AK-1 is not known yet") as unknown:
        fitting.fit(session, manager, unit, KNEE, part=Part(serial="AK-1"))
    with pytest.raises(Refused, match="takes a component with its serial number") as lot:
        fitting.fit(session, manager, unit, KNEE, part=Part("AK-80", lot="L7"))
    assert (unknown.value.field, lot.value.field) == ("part_number", "serial")


def test_a_battery_is_no_knee(session: Session, manager: Actor, unit: Unit) -> None:
    spare = components.register(session, manager, Identity("B-1", class_of(BATTERY), "BT-22"))
    with pytest.raises(Refused, match="BT-22 B-1 is no Actuator"):
        fitting.fit(session, manager, unit, KNEE, part=Part(component_id=spare.id))


def test_a_slot_by_lot_takes_a_part_without_serial(
    session: Session, store: Store, manager: Actor
) -> None:
    a_plan(session, a_model(session, "H1"), (KNEE, OTHER_KNEE), control=Control.LOT)
    unit = a_unit(session, store, model=a_model(session, "H1"))
    with pytest.raises(Refused, match="takes a part with its lot"):
        fitting.fit(session, manager, unit, KNEE, part=Part("AK-80"))
    fitting.fit(session, manager, unit, KNEE, part=Part("AK-80", lot="24-11"))
    fitting.fit(session, manager, unit, OTHER_KNEE, part=Part("AK-80", lot="24-11"))
    assert inside(session, unit) == {
        KNEE: "AK-80, lot 24-11",
        OTHER_KNEE: "AK-80, lot 24-11",
    }


def test_two_components_with_one_serial_are_told_apart_by_part_number(
    session: Session, manager: Actor, unit: Unit
) -> None:
    for number in ("AK-80", "AK-90"):
        components.register(session, manager, Identity("7", class_of(KNEE), number))
    with pytest.raises(Refused, match="Several components have the serial 7: AK-80, AK-90"):
        fitting.fit(session, manager, unit, KNEE, part=Part(serial="7"))
    fitting.fit(session, manager, unit, KNEE, part=Part("ak-90", "7"))
    assert inside(session, unit) == {KNEE: "AK-90 7"}


def test_nothing_comes_out_before_it_went_in(session: Session, manager: Actor, unit: Unit) -> None:
    now = clock.now()
    fitting.fit(session, manager, unit, KNEE, part=knee(), work=Work(at=now - timedelta(days=2)))
    with pytest.raises(Refused, match=r"Only from .* on") as early:
        fitting.remove(session, manager, unit, KNEE, work=Work(at=now - timedelta(days=3)))
    with pytest.raises(Refused, match="is not over yet"):
        fitting.remove(session, manager, unit, KNEE, work=Work(at=now + timedelta(days=1)))
    assert early.value.field == "at"
    fitting.remove(session, manager, unit, KNEE, work=Work(at=now - timedelta(days=1)))
    with pytest.raises(Refused, match="Only from"):
        fitting.fit(session, manager, unit, KNEE, part=knee("X"), work=Work(at=now - timedelta(2)))


def test_what_was_meant_is_taken_out_or_nothing(
    session: Session, manager: Actor, unit: Unit
) -> None:
    seen = fitting.fit(session, manager, unit, KNEE, part=knee())
    fitting.replace(session, manager, unit, KNEE, part=knee("AK-2"), expected=seen.id)
    with pytest.raises(Conflict, match="holds AK-80 AK-2 by now"):
        fitting.remove(session, manager, unit, KNEE, expected=seen.id)
    assert lines(session, unit)[0] == "Part swapped, left knee: AK-80 AK-1 → AK-80 AK-2"
    with pytest.raises(Conflict, match="right knee of G1-1 is empty"):
        fitting.remove(session, manager, unit, OTHER_KNEE)


def test_two_robots_swap_in_one_step(
    session: Session, store: Store, manager: Actor, unit: Unit
) -> None:
    # given
    other = a_unit(session, store, "G1-2")
    fitting.fit(session, manager, unit, KNEE, part=knee())
    fitting.fit(session, manager, other, OTHER_KNEE, part=knee("AK-2"))
    # when
    fitting.swap(session, manager, Place(unit, KNEE), Place(other, OTHER_KNEE))
    # then
    assert inside(session, unit) == {KNEE: "AK-80 AK-2"}
    assert inside(session, other) == {OTHER_KNEE: "AK-80 AK-1"}
    assert lines(session, other)[0] == (
        "Swapped with G1-1, left knee; right knee: AK-80 AK-2 → AK-80 AK-1"
    )


def test_a_part_moves_to_an_empty_place_and_leaves_its_own_open(
    session: Session, store: Store, manager: Actor, unit: Unit
) -> None:
    donor = a_unit(session, store, "G1-2", state=UnitState.RETIRED)
    donor.state = UnitState.RECEIVED
    fitting.fit(session, manager, donor, KNEE, part=knee())
    donor.state = UnitState.RETIRED
    fitting.swap(session, manager, Place(unit, KNEE), Place(donor, KNEE), work=Work("cannibalised"))
    assert inside(session, unit) == {KNEE: "AK-80 AK-1"}
    assert inside(session, donor) == {}
    assert lines(session, donor)[0].endswith("AK-80 AK-1 → – (cannibalised)")
    with pytest.raises(Conflict, match="retired: parts come out, none go in"):
        fitting.swap(session, manager, Place(unit, KNEE), Place(donor, KNEE))


def test_a_swap_that_is_refused_changes_neither_robot(
    session: Session, store: Store, manager: Actor, unit: Unit
) -> None:
    # given a robot whose knee takes only another part
    model = a_model(session, "H1")
    a_plan(session, model, (KNEE,), allowed={KNEE: ("M-107",)})
    other = a_unit(session, store, "H1-1", model=model)
    fitting.fit(session, manager, unit, KNEE, part=knee())
    fitting.fit(session, manager, other, KNEE, part=Part(serial="M1"))
    # when
    with pytest.raises(Refused, match="AK-80 is not allowed"):
        fitting.swap(session, manager, Place(unit, KNEE), Place(other, KNEE))
    with pytest.raises(Refused, match="between two places"):
        fitting.swap(session, manager, Place(unit, KNEE), Place(unit, KNEE))
    with pytest.raises(Conflict, match="Both places are empty"):
        fitting.swap(session, manager, Place(unit, OTHER_KNEE), Place(unit, BATTERY))
    # then
    assert inside(session, unit) == {KNEE: "AK-80 AK-1"}
    assert inside(session, other) == {KNEE: "M-107 M1"}


def test_news_goes_up_in_the_same_transaction(session: Session, manager: Actor, unit: Unit) -> None:
    heard: list[object] = []

    def hear(_session: Session, news: ComponentFitted | ComponentRemoved) -> None:
        heard.append((type(news).__name__, news.slot_path, news.part_number, news.reference))

    events.listen(ComponentFitted, hear)
    events.listen(ComponentRemoved, hear)
    try:
        fitting.fit(session, manager, unit, KNEE, part=knee(), work=Work(reference="T-9"))
        fitting.remove(session, manager, unit, KNEE, work=Work(reference="T-10"))
    finally:
        events._listeners[ComponentFitted].remove(hear)
        events._listeners[ComponentRemoved].remove(hear)
    assert heard == [
        ("ComponentFitted", KNEE, "AK-80", "T-9"),
        ("ComponentRemoved", KNEE, "AK-80", "T-10"),
    ]


def test_only_who_may_fit_fits_and_only_in_robots_that_are_here(
    session: Session, store: Store, manager: Actor, unit: Unit
) -> None:
    with pytest.raises(Forbidden):
        fitting.fit(session, an_actor(store, Role.SALES), unit, KNEE, part=knee())
    expected = a_unit(session, store, "G1-9", state=UnitState.EXPECTED)
    with pytest.raises(Conflict, match="has not arrived"):
        fitting.fit(session, manager, expected, KNEE, part=knee())
    with pytest.raises(NotFound, match="no slot “tail”"):
        fitting.fit(session, manager, unit, "tail", part=knee())


def test_a_component_of_another_store_is_neither_seen_nor_taken(
    session: Session, manager: Actor, unit: Unit
) -> None:
    elsewhere = a_store(session, "BER")
    theirs = components.register(
        session, an_actor(elsewhere), Identity("AK-1", class_of(KNEE), "AK-80")
    )
    with pytest.raises(Conflict, match="Another store of the house has the component AK-1"):
        fitting.fit(session, manager, unit, KNEE, part=knee())
    with pytest.raises(NotFound):
        fitting.fit(session, manager, unit, KNEE, part=Part(component_id=theirs.id))


def test_what_differs_from_how_it_was_built_comes_first(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given a robot that came with both knees
    for path, serial in ((KNEE, "AK-1"), (OTHER_KNEE, "AK-2")):
        came = fitting.fit(session, manager, unit, path, part=knee(serial))
        fitting.remove(session, manager, unit, path)
        session.execute(insert(Occupant).values(**row_of(came) | {"as_built": True}))
    fitting.replace(session, manager, unit, OTHER_KNEE, part=knee("AK-3"))
    fitting.remove(session, manager, unit, KNEE)
    fitting.fit(session, manager, unit, BATTERY, part=Part("BT-22", "B-1"))
    # when
    seen = insides.view(session, unit)
    # then
    assert [(place.path, place.change) for place in seen.changed_first] == [
        (OTHER_KNEE, Change.CHANGED),
        (KNEE, Change.MISSING),
        (BATTERY, Change.ADDED),
    ]
    assert (seen.known, seen.wanted, seen.completeness_bp) == (2, 3, 6666)
    # when the old part goes back in, it is as built again
    fitting.replace(session, manager, unit, OTHER_KNEE, part=knee("AK-2"))
    changes = {place.path: place.change for place in insides.view(session, unit).places}
    assert changes[OTHER_KNEE] is Change.SAME


def row_of(stay: Occupant) -> dict[str, object]:
    moment = stay.until
    names = ("store_id", "unit_id", "slot_id", "component_id", "part_number", "part_key")
    texts = ("lot", "lot_key", "firmware", "reference", "reason", "fitted_by")
    empty = dict.fromkeys(("removal_reference", "removal_reason", "removed_by"), "")
    return {name: getattr(stay, name) for name in names + texts} | {"since": moment} | empty


def test_the_database_itself_refuses_what_no_history_can_be(
    session: Session, store: Store, manager: Actor, unit: Unit
) -> None:
    stay = fitting.fit(session, manager, unit, KNEE, part=knee())
    fitting.remove(session, manager, unit, KNEE)
    now = clock.now()
    kept = row_of(stay)
    other = a_unit(session, store, "G1-2")
    for broken in (
        insert(Occupant).values(**kept | {"since": stay.since - timedelta(days=1)}),
        insert(Occupant).values(
            **kept | {"unit_id": other.id, "since": stay.since - timedelta(days=1), "until": now}
        ),
        insert(Occupant).values(**kept | {"until": now - timedelta(days=9)}),
        update(Occupant).where(Occupant.id == stay.id).values(until=now),
        update(Occupant).where(Occupant.id == stay.id).values(until=None),
        update(Occupant).where(Occupant.id == stay.id).values(unit_id=other.id),
        delete(Occupant).where(Occupant.id == stay.id),
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(broken)
    assert breaches_of(session) == []


def test_what_a_component_is_can_be_corrected_but_not_into_another_one(
    session: Session, manager: Actor
) -> None:
    one, two = (
        components.register(session, manager, Identity("7", class_of(KNEE), number))
        for number in ("AK-80", "AK-90")
    )
    components.identify(session, manager, two, Identity("7", class_of(KNEE), "AK-95", lot=" L 1 "))
    assert (two.part_number, two.lot, two.lot_key) == ("AK-95", "L 1", "l 1")
    with pytest.raises(Conflict, match="on record already"):
        components.identify(session, manager, two, Identity("7", class_of(KNEE), one.part_number))
    assert session.get(Component, two.id) is two
