"""What is fitted, taken out or swapped in robots stands in the ledger, or does not happen."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.parts import homecoming, issuing, models, moving, places, reservations, stock
from app.parts.errors import Promised
from app.parts.models import Movement, Part, PlaceKind
from app.robots import asbuilt, choosing, components, fitting
from app.robots.components import Identity
from app.robots.fitting import Place
from app.robots.models import Unit
from app.robots.occupancy import Work
from app.robots.slot_models import Component, Control
from app.stores.models import Store
from tests.makers.books import breaches_of
from tests.makers.parts import a_bin, a_part, stocked, stocked_serials
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan

KNEE, OTHER_KNEE, BATTERY = "left_knee.actuator", "right_knee.actuator", "battery.1"
TICKET = "ticket:T-1001"


@pytest.fixture(autouse=True)
def _wired() -> None:
    wiring.connect()


@pytest.fixture
def unit(session: Session, store: Store) -> Unit:
    a_plan(session, a_model(session))
    return a_unit(session, store, "G1-1")


@pytest.fixture
def drive(session: Session, manager: Actor) -> Part:
    return a_part(session, manager, "AK-80", control=Control.SERIAL)


@pytest.fixture
def one(session: Session, manager: Actor, drive: Part) -> Component:
    (component,) = stocked_serials(session, manager, drive, "AK-1", cost_minor=90_000)
    return component


def the(component: Component) -> choosing.Part:
    return choosing.Part(component_id=component.id)


def way_of(session: Session, component: Component) -> list[tuple[str, str, int]]:
    """From, to and change of value of each line of a component."""
    named = {place.id: place.name for place in session.scalars(select(models.Place))}
    lines = select(Movement).where(Movement.component_id == component.id).order_by(Movement.id)
    return [
        (named[line.from_place_id], named[line.to_place_id], line.value_change)
        for line in session.scalars(lines)
    ]


def test_what_is_fitted_leaves_the_bin_and_what_is_taken_out_lies_on_the_bench(
    session: Session, manager: Actor, unit: Unit, one: Component
) -> None:
    # when
    fitting.fit(session, manager, unit, KNEE, part=the(one))
    fitting.remove(session, manager, unit, KNEE, work=Work(reference=TICKET))
    # then: within a day it comes back at its cost
    assert way_of(session, one) == [
        ("Supplier", "Store", 90_000),
        ("Store", "In a robot", -90_000),
        ("In a robot", "Bench", 90_000),
    ]
    (issued,) = issuing.outstanding(session, manager.store_id, TICKET)
    assert issued.component is one
    assert breaches_of(session) == []


def test_what_was_issued_for_the_job_is_fitted_from_the_bench(
    session: Session, manager: Actor, unit: Unit, drive: Part, one: Component
) -> None:
    issuing.issue(session, manager, TICKET, drive.id, component_id=one.id)
    # when: as people write a ticket
    fitting.fit(session, manager, unit, KNEE, part=the(one), work=Work(reference="t-1001"))
    # then
    assert issuing.outstanding(session, manager.store_id, TICKET) == []
    assert breaches_of(session) == []


def test_what_lies_on_the_bench_for_another_job_is_not_fitted(
    session: Session, manager: Actor, unit: Unit, drive: Part, one: Component
) -> None:
    issuing.issue(session, manager, TICKET, drive.id, component_id=one.id)
    with pytest.raises(Conflict, match="AK-80 AK-1 lies on the bench for ticket T-1001"):
        fitting.fit(session, manager, unit, KNEE, part=the(one), work=Work(reference="S-7"))


def test_what_is_kept_for_another_job_is_refused_and_the_job_is_named(
    session: Session, manager: Actor, unit: Unit, drive: Part, one: Component
) -> None:
    # given
    reservations.reserve(
        session,
        manager,
        drive.id,
        owner=TICKET,
        holder="Bo",
        minutes=None,
        component_id=one.id,
    )
    # when, then
    with pytest.raises(Promised, match=r"AK-80 AK-1 is kept for ticket T-1001 \(Bo\)"):
        fitting.fit(session, manager, unit, KNEE, part=the(one), work=Work(reference="S-7"))


def test_the_owner_of_the_promise_fits_it_and_the_promise_is_used_up(
    session: Session, manager: Actor, unit: Unit, drive: Part, one: Component
) -> None:
    # given
    reservations.reserve(
        session, manager, drive.id, owner=TICKET, holder="Bo", minutes=None, component_id=one.id
    )
    # when
    fitting.fit(session, manager, unit, KNEE, part=the(one), work=Work(reference=TICKET))
    # then
    assert reservations.blockers(session, drive.id) == []
    assert breaches_of(session) == []


def test_what_lies_in_quarantine_is_not_fitted(
    session: Session, manager: Actor, unit: Unit, drive: Part, one: Component
) -> None:
    aside = a_bin(session, manager, "Q-1", PlaceKind.QUARANTINE)
    moving.move(session, manager, drive.id, to=aside, component_id=one.id)
    with pytest.raises(Conflict, match="cannot be handed out: it is at Q-1"):
        fitting.fit(session, manager, unit, KNEE, part=the(one))


def test_what_the_store_never_had_is_the_customers_own(
    session: Session, manager: Actor, unit: Unit, drive: Part
) -> None:
    # when
    stay = fitting.fit(
        session, manager, unit, KNEE, part=choosing.Part(part_number="AK-80", serial="AK-9")
    )
    # then
    component = session.get_one(Component, stay.component_id)
    assert way_of(session, component) == [("Customer", "In a robot", 0)]
    assert stock.free(session, drive.id) == 0
    assert breaches_of(session) == []


def test_what_was_inside_before_the_ledger_began_enters_it_when_it_comes_out(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given: fitted while nobody kept stock of it
    stay = fitting.fit(
        session, manager, unit, KNEE, part=choosing.Part(part_number="AK-80", serial="AK-9")
    )
    a_part(session, manager, "AK-80", control=Control.SERIAL)
    # when
    fitting.remove(session, manager, unit, KNEE)
    # then
    component = session.get_one(Component, stay.component_id)
    assert way_of(session, component) == [
        ("Opening stock", "In a robot", 0),
        ("In a robot", "Bench", 0),
    ]
    assert breaches_of(session) == []


def test_two_robots_swap_and_nothing_lies_on_the_bench_after(
    session: Session, store: Store, manager: Actor, unit: Unit, drive: Part
) -> None:
    # given
    first, second = stocked_serials(session, manager, drive, "AK-1", "AK-2", cost_minor=500)
    other = a_unit(session, store, "G1-2")
    fitting.fit(session, manager, unit, KNEE, part=the(first))
    fitting.fit(session, manager, other, OTHER_KNEE, part=the(second))
    # when
    fitting.swap(session, manager, Place(unit, KNEE), Place(other, OTHER_KNEE))
    # then
    robot = places.standard(session, manager.store_id, PlaceKind.ROBOT)
    assert homecoming.place_of(session, first.id) is robot
    assert homecoming.place_of(session, second.id) is robot
    assert breaches_of(session) == []


def test_pieces_without_serial_follow_by_number(
    session: Session, manager: Actor, store: Store
) -> None:
    # given
    a_plan(session, a_model(session), control=Control.NONE)
    unit = a_unit(session, store, "G1-1")
    cable = a_part(session, manager, "CABLE")
    stocked(session, manager, cable, quantity=2, cost_minor=700)
    # when
    fitting.fit(session, manager, unit, KNEE, part=choosing.Part(part_number="cable"))
    # then
    assert stock.free(session, cable.id) == 1
    fitting.swap(session, manager, Place(unit, KNEE), Place(unit, OTHER_KNEE))
    assert stock.free(session, cable.id) == 1
    fitting.remove(session, manager, unit, OTHER_KNEE)
    bench = places.standard(session, manager.store_id, PlaceKind.BENCH)
    assert issuing.on_benches(session, cable.id) == {("", bench): 1}
    assert (cable.valued_quantity, cable.valued_minor) == (2, 1400)
    assert breaches_of(session) == []


def test_pieces_that_are_all_kept_for_others_are_not_fitted(
    session: Session, manager: Actor, store: Store
) -> None:
    a_plan(session, a_model(session), control=Control.NONE)
    unit = a_unit(session, store, "G1-1")
    cable = a_part(session, manager, "CABLE")
    stocked(session, manager, cable)
    reservations.reserve(
        session, manager, cable.id, owner=TICKET, holder="Bo", minutes=None, quantity=1
    )
    with pytest.raises(Promised, match=r"CABLE is kept for ticket T-1001 \(Bo\)"):
        fitting.fit(session, manager, unit, KNEE, part=choosing.Part(part_number="CABLE"))


def test_a_part_kept_by_serial_is_not_fitted_without_one(
    session: Session, manager: Actor, store: Store, drive: Part
) -> None:
    a_plan(session, a_model(session), control=Control.NONE)
    unit = a_unit(session, store, "G1-1")
    with pytest.raises(Refused, match="AK-80 is kept by serial number: scan it"):
        fitting.fit(session, manager, unit, KNEE, part=choosing.Part(part_number=drive.number))


def test_a_movement_into_a_robot_is_undone_at_the_robot_alone(
    session: Session, manager: Actor, unit: Unit, one: Component
) -> None:
    fitting.fit(session, manager, unit, KNEE, part=the(one))
    line = session.scalars(select(Movement).order_by(Movement.id.desc())).first()
    assert line is not None
    with pytest.raises(Refused, match="Undo it there"):
        stock.reverse(session, manager, line.id, reason="wrong")


def test_a_component_on_the_shelf_is_not_inside_because_a_delivery_note_says_so(
    session: Session, store: Store, manager: Actor, one: Component
) -> None:
    a_plan(session, a_model(session), allowed={KNEE: ("AK-80",)})
    brought = a_unit(session, store, "G1-5", components={"left_knee": one.serial})
    assert asbuilt.take_in(session, manager, [brought]) == 0
    assert breaches_of(session) == []


def test_a_component_stays_the_part_that_the_ledger_has_it_as(
    session: Session, manager: Actor, one: Component
) -> None:
    renamed = Identity(one.serial, one.slot_class, "AK-60")
    with pytest.raises(Conflict, match="In the stock ledger this is a AK-80"):
        components.identify(session, manager, one, renamed)
